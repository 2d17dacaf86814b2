"""A host in Python for each test, with a library of its own, of which nothing is left at its end."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from support.drasi_plugins import (
    PLAIN,
    plugin_in,
)
from support.drasi_python import WAYS, Host, compiled, package_in
from support.unraisable import Unraisable


@pytest.fixture(scope="module")
def drasi(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    with package_in(tmp_path_factory.mktemp("package")) as package:
        yield package


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {"": tmp_path_factory.mktemp("plugins")}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> tuple[str, str]:
    language, mode = request.param
    return str(language), str(mode)


@pytest.fixture
def mode(drasi: ModuleType, way: tuple[str, str]) -> str:
    if way[1] == "compiled":
        compiled(drasi)
    return way[1]


@pytest.fixture
def library(built: dict[str, Path], cc: list[str], way: tuple[str, str], tmp_path: Path) -> Path:
    """The plugin, as a file of this test only."""
    language = way[0]
    if language not in built:
        built[language] = plugin_in(language, cc, built[""], PLAIN)
    return Path(shutil.copy(built[language], tmp_path))


@pytest.fixture
def host(drasi: ModuleType, library: Path, mode: str, unraisable: Unraisable) -> Iterator[Host]:
    late = drasi.late_calls()
    host = Host(drasi, library, mode)
    yield host
    host.close()
    assert drasi.late_calls() == late
