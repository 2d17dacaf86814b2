"""Hosts of plugins on the published crates: both ways of calling, and one ledger for all."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from support.drasi_python import compiled, package_in
from support.upstream import BMUX_STATEFUL, DRASI, STATEVEC, Made

COMPILED = pytest.param("compiled", marks=pytest.mark.tool("python-headers"))


@pytest.fixture(scope="session", autouse=True)
def ledger_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Libraries open their ledgers when they make something for the first time, and never again."""
    folder = tmp_path_factory.mktemp("ledger")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UPSTREAM_LEDGER", str(folder))
        yield folder


@pytest.fixture
def made(ledger_folder: Path) -> Iterator[Made]:
    """What a test makes. At its end all of it is dropped, and once, but for what upstream leaks."""
    made = Made(ledger_folder)
    yield made
    gc.collect()
    deadline = time.monotonic() + 20
    while made.alive() != made.leaked and time.monotonic() < deadline:
        time.sleep(0.02)
    assert made.alive() == made.leaked


@pytest.fixture(params=["ready-made", COMPILED], scope="session")
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _packages(stem: str) -> Any:
    @pytest.fixture(scope="session")
    def package(tmp_path_factory: pytest.TempPathFactory, mode: str) -> Iterator[ModuleType]:
        with package_in(tmp_path_factory.mktemp(stem), stem) as module:
            if mode == "compiled":
                compiled(module)
            yield module

    return package


statevec = _packages(STATEVEC.bindings)
bmux = _packages(BMUX_STATEFUL.bindings)


@pytest.fixture(params=list(DRASI), scope="session")
def release(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def drasi(
    tmp_path_factory: pytest.TempPathFactory, release: str, mode: str
) -> Iterator[ModuleType]:
    """The binding of a release."""
    stem = DRASI[release].bindings
    with package_in(tmp_path_factory.mktemp(stem), stem) as module:
        if mode == "compiled":
            compiled(module)
        yield module
