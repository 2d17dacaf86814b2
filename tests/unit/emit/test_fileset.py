"""Only what every system can hold, side by side, gets into a set of files."""

from __future__ import annotations

import pytest

from abilock.diagnostics.report import Report
from abilock.emit.fileset import FileSet
from unit.emit.harness import codes


def added(*paths: str, text: str = "") -> list[str]:
    """The codes of what is reported when files are added at these paths."""
    report = Report()
    files = FileSet()
    for path in paths:
        files.add(path, "header", text, report)
    assert len(list(files)) == len(paths) - len(report.diagnostics)
    return codes(report)


@pytest.mark.parametrize(
    "path",
    [
        *(
            "",
            "/",
            "/x",
            "../x",
            "x/../y",
            "x/..",
            ".",
            "x/./y",
            "x//y",
            "x/",
            "x\\y",
            "c:/x",
            "c:x",
        ),
        *("con", "NUL", "x/aux.h", "x/COM1", "x/lpt9.tar.gz", "aux/include/aux.h", "x/con .h"),
        *("x.", "x/y ", "x/y./z", " x", "x\n", "x\0", "x?", "größe", "x/" + "y" * 256),
        *("MANIFEST.json", "manifest.JSON", ".abilock-staging/0", "x/.abilock-cache/y"),
    ],
)
def test_paths_that_some_system_cannot_hold(path: str) -> None:
    assert added(path) == ["output-escapes"]


@pytest.mark.parametrize(
    "path", ["x", "x/y.h", "x/.clang-format", "console/nul_.h", "x/MANIFEST.json", "a b/c"]
)
def test_paths_that_all_can_hold(path: str) -> None:
    assert added(path) == []


@pytest.mark.parametrize(
    "paths",
    [
        ("x/a.h", "x/a.h"),
        ("x/A.h", "x/a.h"),
        ("X/a.h", "x/b.h"),
        ("x/y/a.h", "x/Y/b.h"),
        ("x/a", "x/a/b"),
        ("x/a/b", "x/a"),
        ("x/A", "x/a/b"),
        ("x/a/b", "x/A"),
    ],
)
def test_paths_that_need_one_name(paths: tuple[str, str]) -> None:
    assert added(*paths) == ["output-duplicate"]
    assert added("x/other", *paths, "x/more") == ["output-duplicate"]


def test_text_without_bytes() -> None:
    assert added("x/a.h", text="\ud800") == ["render-failed"]
