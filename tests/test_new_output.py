"""`make new-output` makes an output that imports, is registered and keeps the rules for templates."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    """A copy of what the script touches, under a path with a space."""
    top = tmp_path / "a house"
    junk = shutil.ignore_patterns("__pycache__")
    for folder in ("gen", "templates", "tools"):
        shutil.copytree(root / folder, top / folder, ignore=junk)
    return top


def python(top: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(top / "gen"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=top, env=environment, capture_output=True, text=True, check=False
    )


def scaffold(top: Path, name: str) -> subprocess.CompletedProcess[str]:
    return python(top, str(top / "tools" / "new_output.py"), name)


@pytest.mark.slow
def test_a_new_output_works_at_once(copy: Path) -> None:
    made = scaffold(copy, "nim_module")
    assert made.returncode == 0, made.stderr
    use = """
import abilock.outputs
from abilock.outputs import OUTPUTS
from abilock.outputs.nim_module.view import NimModuleView
from abilock.render.environment import make_environment, render
assert abilock.outputs.__file__.startswith({top!r})
assert OUTPUTS[-1].name == "nim_module"
assert OUTPUTS[-1].pages.__module__ == "abilock.outputs.nim_module.view"
view = NimModuleView("abi/a.abi", ("A", "B"))
print(render(make_environment(), "nim_module/library.txt.jinja", view), end="")
"""
    used = python(copy, "-c", use.format(top=str(copy)))
    assert used.stdout.splitlines()[1:] == ["A", "B"], used.stderr
    (copy / "a.abi").write_text("abi a 1.0.0;\nstruct A { a: u8 }\n")
    (copy / "pyproject.toml").write_text(
        '[tool.abilock]\nabi = ["a.abi"]\noutputs = ["nim_module"]\n'
    )
    made = python(copy, "-m", "abilock", "generate")
    assert made.stdout == "wrote generated/a/nim_module/a.txt\n", made.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["header", "shared", "spec", "Kotlin", "../x", "class-file", "class", "match", ""]
)
def test_other_names_change_nothing(copy: Path, name: str) -> None:
    before = contents(copy)
    refused = scaffold(copy, name)
    assert refused.returncode == 1
    assert refused.stderr
    assert contents(copy) == before


def contents(top: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in top.rglob("*") if path.is_file()}
