"""The commands, and what they print; and that type checkers have nothing to say of the host."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.drasi_example import EXAMPLE, PATHS, PATIENCE, ROOT
from support.examples import shown_on

pytestmark = pytest.mark.slow


def said(*command: str, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **env},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert not done.stderr
    return done.stdout


def test_what_the_commands_print(cc: list[str]) -> None:
    text = said("examples/drasi", CC=" ".join(cc))
    assert re.findall(r"^== (.*)$", text, re.MULTILINE) == [
        "Building the demo plugins",
        "A first start: bootstrap, changes, results",
        "A second start, on the same state: what was missed comes first",
        "The query is another one now: three recovery policies",
        "A plugin that fails at every step",
    ]
    text += said("examples/drasi/follow.py", CC=" ".join(cc))
    for line in README_LINES:
        assert line in text, line
    for line in (
        "plugin.town: logged in as clerk",
        "plugin.town: this is start 2",
        "-- of 0.8.4, counted and given back unread: 1 × delete, 8 × insert, 2 × update",
        "-- bad-bootstrap failed at subscribe: given up after 0 records: the register is closed today",
        "-- sad-deprovision failed at deprovision: 1: deprovision fails, as configured",
    ):
        assert line in text, line


def test_what_the_page_shows_is_what_is_printed() -> None:
    assert len(README_LINES) > 10


#: What the page shows of a run, without what it leaves out.
README_LINES = [
    line.strip().removesuffix(" …")
    for block in shown_on(EXAMPLE / "README.md")
    for line in block.splitlines()
    if line.strip() not in ("", "…")
]


def test_it_is_typed_for_mypy() -> None:
    paths = [
        str(EXAMPLE / each) for each in ("host", "plugins/build.py", "__main__.py", "follow.py")
    ]
    options = ("--strict", "--explicit-package-bases", "--config-file=")
    found = said("-m", "mypy", *options, *paths, MYPYPATH=os.pathsep.join(PATHS))
    assert found.startswith("Success"), found


@pytest.mark.tool("node")
def test_it_is_typed_for_pyright(tmp_path: Path) -> None:
    config = tmp_path / "pyrightconfig.json"
    include = os.path.relpath(EXAMPLE, tmp_path)
    config.write_text(json.dumps({"include": [include], "extraPaths": PATHS}), encoding="utf-8")
    watched = ("--pythonpath", sys.executable, "--project", str(config))
    found = said("-m", "pyright", *watched, PYRIGHT_PYTHON_IGNORE_WARNINGS="1")
    assert "0 errors" in found, found
