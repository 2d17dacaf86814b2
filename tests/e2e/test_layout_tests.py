"""Whoever finds a layout test finds in it what it needs, and the command that runs it."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from support.library import library_of
from support.rendering import rendered

ROOT = Path(__file__).parents[2]
ABI = (
    "abi shop 1.0.0; struct S { a: u8, b: u32 : 3, c: u32 : 5, d: usize } vtable V { fn f(x: u8); }"
)
COMMAND = re.compile(r"^(?: \*|//!)? {4,5}((?:cc|c\+\+|rustc|python) .*)$", re.MULTILINE)
FILES = ("layout.c", "layout.cpp", "layout.rs", "test_shop_layout.py")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    outputs = ("header", "rust", "layout", "layout_tests", "cffi")
    for name, text in rendered(library_of(ABI), *outputs).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "tests"


def command(tree: Path, name: str) -> str:
    """The one command in a file."""
    (found,) = COMMAND.findall((tree / name).read_text(encoding="utf-8"))
    return found


def run(tree: Path, line: str) -> int:
    program, _, rest = line.partition(" ")
    program = shlex.quote(sys.executable) if program == "python" else program
    return subprocess.run(["sh", "-c", f"{program} {rest}"], cwd=tree, check=False).returncode


@pytest.mark.tool("gcc", "rustc")
@pytest.mark.parametrize("name", FILES)
def test_the_command_in_the_file_runs_it(tree: Path, name: str) -> None:
    assert run(tree, command(tree, name)) == 0


@pytest.mark.tool("gcc", "rustc")
@pytest.mark.parametrize(
    ("name", "change", "old", "new"),
    [
        ("layout.c", "layout.c", "S, a, 0, 1", "S, a, 1, 1"),
        ("layout.cpp", "layout.c", "S, a, 0, 1", "S, a, 1, 1"),
        ("layout.rs", "layout.rs", "f at 0", "f at 1"),
        (
            "test_shop_layout.py",
            "../layout/x86_64-unknown-linux-gnu.json",
            '"offset": 0',
            '"offset": 1',
        ),
    ],
)
def test_a_wrong_number_fails(tree: Path, name: str, change: str, old: str, new: str) -> None:
    path = tree / change
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    try:
        assert run(tree, command(tree, name)) != 0
    finally:
        path.write_text(text, encoding="utf-8")


def test_the_reference_has_the_same_commands(tree: Path) -> None:
    page = (ROOT / "docs/outputs.md").read_text(encoding="utf-8")
    for name in FILES:
        assert f"`{command(tree, name)}`" in page
