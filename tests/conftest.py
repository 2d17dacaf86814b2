"""What every test may ask for: compilers, other tools, and the `--bless` switch.

A missing tool fails the test that needs it. A skipped test looks like a passed one, and nobody
reads the list of skips.
"""

from __future__ import annotations

import gc
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import settings

from support.unraisable import Unraisable

ROOT = Path(__file__).parents[1]

# A shell starts what runs in its background with interrupts ignored, and so would all that is started here.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine is slow, which is no finding. On CI a failure must come back when it is run again.
settings.register_profile("abilock", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("abilock")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--bless",
        action="store_true",
        help="write what tests produce into the files that they compare with; such a run fails",
    )


@pytest.fixture(scope="session")
def bless(request: pytest.FixtureRequest) -> bool:
    """Whether expected files are to be rewritten."""
    return bool(request.config.getoption("--bless"))


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the repository."""
    return ROOT


@pytest.fixture(scope="session", autouse=True)
def _light_children() -> Iterator[None]:
    """Hundreds of processes are started. They keep what they compile, as Python does unless it is told
    otherwise, and a pytest in them needs no plugins."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        yield


@pytest.fixture
def unraisable(monkeypatch: pytest.MonkeyPatch) -> Iterator[Unraisable]:
    """No exception goes unnoticed: a test takes those that it expects."""
    hook = Unraisable()
    monkeypatch.setattr(sys, "unraisablehook", hook)
    yield hook
    assert hook.taken() == []


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever has a C compiler and nothing else can run the fast tests."""
    for item in items:
        if item.get_closest_marker("tool"):
            item.add_marker("slow")


@pytest.fixture(scope="module", autouse=True)
def _light_heap() -> None:
    """What is there when a file of tests begins stays until the end. Many tests look for garbage, and need
    not look there: behind other files, that takes each of them a second."""
    gc.collect()
    gc.freeze()


# --- tools


class Tool(NamedTuple):
    """A line of tools/required.txt."""

    name: str
    probe: str
    package: str
    otherwise: str

    @property
    def advice(self) -> str:
        other = f", or: {self.otherwise}" if self.otherwise else ""
        return f"{self.name} is missing; on Debian: apt-get install {self.package}{other}"


@cache
def _required() -> dict[str, Tool]:
    text = (ROOT / "tools" / "required.txt").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    tools = (Tool(*(part.strip() for part in line.split("|"))) for line in lines)
    return {tool.name: tool for tool in tools}


@cache
def _is_there(tool: Tool) -> bool:
    probe = subprocess.run(
        ["sh", "-c", tool.probe], stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    return probe.returncode == 0


def need(*names: str) -> None:
    """Fail, with the way to install it, unless each of these tools works."""
    missing = [tool.advice for tool in map(_required().__getitem__, names) if not _is_there(tool)]
    if missing:
        pytest.fail("\n".join(missing), pytrace=False)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("tool"):
        need(*mark.args)


def _compiler(variable: str, names: tuple[str, ...], ziglang: str, package: str) -> list[str]:
    chosen = os.environ.get(variable)
    if chosen:
        return shlex.split(chosen)
    for name in names:
        if shutil.which(name):
            return [name]
    if find_spec("ziglang"):
        return [sys.executable, "-m", "ziglang", ziglang]
    pytest.fail(
        f"no compiler: none of {', '.join(names)} is on the PATH; `make setup` brings one from PyPI, "
        f"on Debian: apt-get install {package}",
        pytrace=False,
    )


@pytest.fixture(scope="session")
def cc() -> list[str]:
    """The command of a C compiler: ``$CC``, what is installed, or the one that ziglang brings."""
    return _compiler("CC", ("cc", "gcc", "clang"), "cc", "gcc libc6-dev")


@pytest.fixture(scope="session")
def cxx() -> list[str]:
    """The command of a C++ compiler, found in the same way."""
    return _compiler("CXX", ("c++", "g++", "clang++"), "c++", "g++")


@pytest.fixture(scope="session")
def rustc() -> list[str]:
    """The command of the Rust compiler."""
    need("rustc")
    return ["rustc"]
