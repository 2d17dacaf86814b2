"""Whatever fails, the tree is what it was or what it should be, and nothing of others is touched."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from abilock.diagnostics.report import Report
from abilock.emit.disk import Disk
from abilock.emit.fileset import FileSet
from abilock.emit.writer import STAGING, Writer

ABI = "abi/x.abi"
OLD = {"x/a.h": "old a\n", "x/gone/b.h": "old b\n", "x/same.h": "same\n"}
NEW = {"x/a.h": "new a\n", "x/same.h": "same\n", "x/deep/er/c.h": "new c\n"}


class Dying(BaseException):
    """Stands for a process that is killed: nothing in the product may catch it."""


class FailingDisk(Disk):
    """A disk whose ``nth`` change of the tree fails."""

    def __init__(self, nth: int, failure: Callable[[], BaseException]) -> None:
        self.calls = 0
        self._nth = nth
        self._failure = failure

    def _count(self) -> None:
        self.calls += 1
        if self.calls == self._nth:
            raise self._failure()

    def write(self, path: Path, data: bytes) -> None:
        self._count()
        super().write(path, data)

    def replace(self, source: Path, target: Path) -> None:
        self._count()
        super().replace(source, target)

    def remove(self, path: Path) -> None:
        self._count()
        super().remove(path)

    def make_folder(self, path: Path) -> None:
        self._count()
        super().make_folder(path)

    def remove_tree(self, path: Path) -> None:
        self._count()
        super().remove_tree(path)


def fileset(texts: dict[str, str]) -> FileSet:
    files = FileSet()
    for path, text in texts.items():
        files.add(path, "header", text, Report())
    return files


def run(
    root: Path, texts: dict[str, str], disk: Disk | None = None, *, force: bool = False
) -> Report:
    report = Report()
    writer = Writer(root / "generated", root, "generated", disk)
    if not writer.recover(report):
        return report
    plan = writer.plan(
        fileset(texts),
        dict.fromkeys(texts, ABI),
        {ABI: "0" * 64},
        report,
        keep=frozenset(),
        force=force,
    )
    if plan is not None:
        writer.write(plan, report)
    return report


def codes(report: Report) -> list[str]:
    return [found.code.slug for found in report.sorted()]


def tree(root: Path) -> dict[str, str]:
    """Every file below ``generated``, the manifest and the staging folder left out."""
    folder = root / "generated"
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in folder.rglob("*")
        if path.is_file() and path.name != "MANIFEST.json" and STAGING not in path.parts
    }


def test_writes_removes_and_leaves_alone(tmp_path: Path) -> None:
    assert codes(run(tmp_path, OLD)) == []
    before = (tmp_path / "generated/x/same.h").stat().st_mtime_ns
    assert codes(run(tmp_path, NEW)) == []
    assert tree(tmp_path) == NEW
    assert not (tmp_path / "generated/x/gone").exists()
    assert (tmp_path / "generated/x/same.h").stat().st_mtime_ns == before
    assert not (tmp_path / "generated" / STAGING).exists()


@pytest.mark.parametrize("nth", range(1, 25))
def test_a_refused_step_leaves_the_old_tree_or_is_completed(tmp_path: Path, nth: int) -> None:
    run(tmp_path, OLD)
    disk = FailingDisk(nth, lambda: OSError(errno.ENOSPC, "No space left on device"))
    report = run(tmp_path, NEW, disk)
    if disk.calls < nth:
        assert tree(tmp_path) == NEW
        return
    if not Writer(tmp_path / "generated", tmp_path, "generated").is_interrupted():
        # Either nothing happened yet, which is said, or only cleaning up failed.
        assert tree(tmp_path) == (OLD if report.diagnostics else NEW)
    assert codes(run(tmp_path, NEW)) == []
    assert tree(tmp_path) == NEW


@pytest.mark.parametrize("nth", range(1, 25))
def test_a_killed_run_is_undone_or_completed_by_the_next(tmp_path: Path, nth: int) -> None:
    run(tmp_path, OLD)
    disk = FailingDisk(nth, Dying)
    try:
        run(tmp_path, NEW, disk)
    except Dying:
        pass
    report = Report()
    Writer(tmp_path / "generated", tmp_path, "generated").recover(report)
    assert codes(report) == []
    assert tree(tmp_path) in (OLD, NEW)
    assert codes(run(tmp_path, NEW)) == []
    assert tree(tmp_path) == NEW


def test_sigkill_in_the_middle(tmp_path: Path) -> None:
    """The same with a real process and a real signal, once for each of the first steps."""
    script = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = [{unit!r}]
import test_writer as t
class Killing(t.FailingDisk):
    def _count(self):
        self.calls += 1
        if self.calls == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
t.run(Path(sys.argv[1]), t.NEW, Killing(0, t.Dying))
"""
    run(tmp_path, OLD)
    for nth in range(1, 16):
        died = subprocess.run(
            [sys.executable, "-c", script.format(unit=str(Path(__file__).parent)), str(tmp_path), str(nth)],
            check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert died.returncode in (0, -9)
        assert codes(run(tmp_path, OLD)) == []
        assert tree(tmp_path) == OLD


def test_a_file_of_somebody_else_is_in_the_way(tmp_path: Path) -> None:
    stranger = tmp_path / "generated/x/a.h"
    stranger.parent.mkdir(parents=True)
    stranger.write_text("mine\n")
    assert codes(run(tmp_path, NEW)) == ["output-not-ours"]
    assert tree(tmp_path) == {"x/a.h": "mine\n"}
    assert codes(run(tmp_path, NEW, force=True)) == []
    assert tree(tmp_path) == NEW


def test_files_of_others_stay(tmp_path: Path) -> None:
    run(tmp_path, OLD)
    stranger = tmp_path / "generated/x/gone/notes.txt"
    stranger.write_text("mine\n")
    assert codes(run(tmp_path, NEW)) == []
    assert tree(tmp_path) == {**NEW, "x/gone/notes.txt": "mine\n"}


def test_an_identical_file_is_adopted(tmp_path: Path) -> None:
    run(tmp_path, OLD)
    (tmp_path / "generated/MANIFEST.json").unlink()
    assert codes(run(tmp_path, OLD)) == []


@pytest.mark.parametrize("path", ["x/a.h", "x/gone/b.h"])
def test_a_hand_edited_file_is_not_overwritten(tmp_path: Path, path: str) -> None:
    run(tmp_path, OLD)
    (tmp_path / "generated" / path).write_text("edited\n")
    assert codes(run(tmp_path, NEW)) == ["output-edited"]
    assert tree(tmp_path) == {**OLD, path: "edited\n"}
    assert codes(run(tmp_path, NEW, force=True)) == []
    assert tree(tmp_path) == NEW


@pytest.mark.parametrize("link", ["generated", "generated/x", "generated/x/a.h"])
def test_links_are_not_followed(tmp_path: Path, link: str) -> None:
    outside = tmp_path / "outside"
    root = tmp_path / "project"
    at = root / link
    at.parent.mkdir(parents=True)
    outside.mkdir()
    if link.endswith(".h"):
        (outside / "a.h").write_text("theirs\n")
        at.symlink_to(outside / "a.h")
    else:
        at.symlink_to(outside)
    found = codes(run(root, NEW, force=True))
    assert set(found) == {"output-escapes"}
    assert [path.name for path in outside.iterdir()] in ([], ["a.h"])


def test_a_folder_where_a_file_goes(tmp_path: Path) -> None:
    (tmp_path / "generated/x/a.h").mkdir(parents=True)
    assert codes(run(tmp_path, NEW, force=True)) == ["output-not-ours"]


def test_a_file_where_a_folder_goes(tmp_path: Path) -> None:
    (tmp_path / "generated").mkdir()
    (tmp_path / "generated/x").write_text("mine\n")
    assert set(codes(run(tmp_path, NEW, force=True))) == {"output-not-ours"}
    assert (tmp_path / "generated/x").read_text() == "mine\n"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"files": 3, "sources": {}}', "\xff"])
def test_a_damaged_manifest(tmp_path: Path, text: str) -> None:
    run(tmp_path, OLD)
    (tmp_path / "generated/MANIFEST.json").write_bytes(text.encode("latin-1"))
    assert codes(run(tmp_path, NEW)) == ["manifest-invalid"]
    assert tree(tmp_path) == OLD


@pytest.mark.parametrize("path", ["../../outside", "/etc/passwd", "x/../../y", "c:\\x", "."])
def test_a_hostile_manifest_names_no_file_outside(tmp_path: Path, path: str) -> None:
    run(tmp_path, OLD)
    manifest = tmp_path / "generated/MANIFEST.json"
    entry = f'{{"abi": "{ABI}", "output": "header", "sha256": ""}}'
    shown = path.replace("\\", "\\\\")
    manifest.write_text(f'{{"sources": {{}}, "files": {{"{shown}": {entry}}}}}')
    run(tmp_path, OLD, force=True)
    assert tree(tmp_path) == OLD


def test_paths_that_differ_in_case_only() -> None:
    report = Report()
    files = FileSet()
    files.add("x/A.h", "header", "", report)
    files.add("x/a.h", "header", "", report)
    assert codes(report) == ["output-duplicate"]


def test_check_and_diff_say_what_differs(tmp_path: Path) -> None:
    run(tmp_path, OLD)
    (tmp_path / "generated/x/same.h").write_text("edited\n")
    report = Report()
    writer = Writer(tmp_path / "generated", tmp_path, "generated")
    plan = writer.plan(
        fileset(NEW), dict.fromkeys(NEW, ABI), {}, report, keep=frozenset(), force=True
    )
    assert plan is not None
    before = tree(tmp_path)
    writer.check(plan, report)
    assert set(codes(report)) == {
        "output-stale", "output-edited", "output-missing", "output-surplus"
    }  # fmt: skip
    diff = writer.diff(plan)
    assert "--- a/generated/x/a.h\n+++ b/generated/x/a.h\n@@ -1 +1 @@\n-old a\n+new a\n" in diff
    assert "--- /dev/null\n+++ b/generated/x/deep/er/c.h\n" in diff
    assert "--- a/generated/x/gone/b.h\n+++ /dev/null\n" in diff
    assert tree(tmp_path) == before
