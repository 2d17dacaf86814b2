"""A host in Python for each test, with a library of its own, of which nothing is left at its end."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from support.bmux_plugins import plugin_in
from support.bmux_python import WAYS, Host
from support.drasi_python import compiled, package_in
from support.unraisable import Unraisable


@pytest.fixture(scope="module")
def bmux(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    with package_in(tmp_path_factory.mktemp("package"), "bmux") as package:
        yield package


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    return {("", ""): tmp_path_factory.mktemp("plugins")}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> tuple[str, str]:
    language, mode = request.param
    return str(language), str(mode)


@pytest.fixture
def mode(bmux: ModuleType, way: tuple[str, str]) -> str:
    if way[1] == "compiled":
        compiled(bmux)
    return way[1]


@pytest.fixture
def library(
    built: dict[tuple[str, str], Path], cc: list[str], way: tuple[str, str], tmp_path: Path
) -> Callable[..., Path]:
    """The plugin in a variant, as a file of this test only."""

    def build(variant: str = "") -> Path:
        key = (way[0], variant)
        if key not in built:
            folder = built["", ""] / f"{way[0]}-{variant}"
            folder.mkdir()
            built[key] = plugin_in(way[0], cc, folder, variant)
        return Path(shutil.copy(built[key], tmp_path))

    return build


@pytest.fixture
def host(
    bmux: ModuleType, library: Callable[..., Path], mode: str, unraisable: Unraisable
) -> Iterator[Host]:
    """At the end, nothing of the plugin's is left, and C knows no object of Python's."""
    late = bmux.late_calls()
    host = Host(bmux, library(), mode)
    yield host
    host.close()
    assert bmux.late_calls() == late + host.late
    entries = sys.modules[f"{bmux.__name__}._bindings"].binding_for(mode).entries
    # Functions whose addresses were given out belong to no library, and live as long as the process.
    assert [each for each in entries.values() if each.lib.path] == []
