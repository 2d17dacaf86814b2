"""Type checkers have nothing to say of packages with handles, nor of hosts that use them rightly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.library import library_of
from support.rendering import unformatted

pytestmark = pytest.mark.slow

DESCRIPTION = """
abi box 1.0.0;
opaque Db;
opaque Stmt;
type File = i32 @invalid(-1);
@create(out) @ok(0) entry fn box_open(
    name: *const char @nul, size: *mut u32 @out, out: *mut (*mut Db?) @out,
) -> i32;
@destroy(db) entry fn box_close(db: own *mut Db);
@handle(db) @create entry fn box_prepare(db: *mut Db) -> own *mut Stmt?;
@destroy(stmt) entry fn box_finish(stmt: own *mut Stmt);
entry fn box_step(stmt: *mut Stmt) -> i32;
entry fn box_both(db: *mut Db, other: *const Db) -> bool;
@create entry fn box_file() -> File;
@destroy(file) entry fn box_end(file: File);
@handle(file) entry fn box_read(file: File) -> u32;
optional entry fn box_where() -> *mut void?;
entry fn box_current() -> File;
"""

HOST = """
from __future__ import annotations

import box


def use(path: str) -> int:
    plugin = box.load(path)
    db, size = plugin.open("x")
    with db, plugin.open("y")[0] as other:
        statement: box.Stmt | None = db.prepare()
        if statement is not None:
            size += statement.step()
            statement.close()
        same: bool = db.both(other)
    file: box.File | None = plugin.file()
    if file is not None and plugin.offers("where") and file.offers("read") and not file.closed:
        size += file.read()
    return size if same else 0
"""

WRONG = """
import box

plugin = box.load("x")
plugin.open("x").close()  # wrong
plugin.open("x")[0].both(plugin.file())  # wrong
plugin.file().read()  # wrong
plugin.read(3)  # wrong
plugin.offers(3)  # wrong
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("typing")
    for path, text in unformatted(library_of(DESCRIPTION), "cffi").items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    python = root / "python"
    (python / "host.py").write_text(HOST, encoding="utf-8")
    (python / "wrong.py").write_text(WRONG, encoding="utf-8")
    return python


def test_mypy_is_content(folder: Path) -> None:
    assert mypy(folder, "box", "host.py") == []


def test_mypy_tells_wrong_uses(folder: Path) -> None:
    wrong = [at for at, line in enumerate(WRONG.splitlines(), 1) if line.endswith("# wrong")]
    assert mypy(folder, "wrong.py") == [f"wrong.py:{at}" for at in wrong]


@pytest.mark.tool("node")
def test_pyright_is_content(folder: Path) -> None:
    config = folder / "pyrightconfig.json"
    config.write_text(json.dumps({"typeCheckingMode": "strict", "include": ["host.py"]}))
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--project", str(config)],
        env={**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] == 1
    assert [each for each in report["generalDiagnostics"] if each["severity"] == "error"] == []


def mypy(folder: Path, *paths: str) -> list[str]:
    """Where it finds something."""
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-pretty", *paths],
        cwd=folder,
        env={**os.environ, "MYPYPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    found = [line for line in done.stdout.splitlines() if ": error: " in line]
    return [line.split(": error: ")[0] for line in found]
