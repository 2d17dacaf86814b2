"""Whatever fails, and whenever: the tree is what it was or what it should be, and edits stay."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from abilock.diagnostics.report import Report
from abilock.emit.disk import Disk
from abilock.emit.staging import STAGING
from unit.emit.harness import (
    NEW,
    OLD,
    Dying,
    FailingDisk,
    codes,
    killed_at,
    run,
    snapshot,
    tree,
    writer,
)

TESTS = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    # What is on the disk after a power failure is not what is tested here.
    monkeypatch.setattr(os, "fsync", lambda handle: None)


def no_space() -> OSError:
    return OSError(errno.ENOSPC, "No space left on device")


def is_mixture(root: Path) -> bool:
    return writer(root).interruption() is not None


def steps(root: Path) -> Iterator[tuple[Path, int]]:
    """A project with the old tree for each change that a run makes to the disk, and its number."""
    counting = FailingDisk(0, Dying)
    run(root / "0", OLD)
    run(root / "0", NEW, counting)
    assert tree(root / "0") == NEW
    for nth in range(1, counting.calls + 1):
        run(root / f"{nth}", OLD)
        yield root / f"{nth}", nth


def test_a_refused_step_leaves_the_tree_as_it_was(tmp_path: Path) -> None:
    for root, nth in steps(tmp_path):
        before = snapshot(root)
        report = run(root, NEW, FailingDisk(nth, no_space))
        if report.diagnostics:
            assert codes(report) == ["output-unwritable"]
            assert "left as it was" in str(report.diagnostics[0].hint)
            assert tree(root) == OLD, nth
            assert {k: v for k, v in snapshot(root).items() if STAGING not in k} == before, nth
        else:
            assert tree(root) == NEW, nth
        assert not is_mixture(root)
        assert codes(run(root, NEW)) == []
        assert tree(root) == NEW


def test_a_refused_step_leaves_nothing_behind(tmp_path: Path) -> None:
    """All but a disk that refuses to clean up, too, for which the next run does."""
    for root, nth in steps(tmp_path):
        before = snapshot(root)
        disk = FailingDisk(nth, no_space)
        if run(root, NEW, disk).diagnostics:
            assert snapshot(root) == before, nth


def test_a_disk_that_refuses_for_good(tmp_path: Path) -> None:
    """Then nothing can be undone either; which is said, and put right by the next run."""
    mixtures = 0
    for root, nth in steps(tmp_path):
        report = run(root, NEW, FailingDisk(nth, no_space, for_good=True))
        hints = " ".join(str(found.hint) for found in report.diagnostics)
        if is_mixture(root):
            mixtures += 1
            assert "half-written" in hints
        else:
            assert tree(root) == (OLD if report.diagnostics else NEW), nth
            assert "half-written" not in hints
        assert codes(run(root, NEW)) == []
        assert tree(root) == NEW
    assert mixtures


@pytest.mark.parametrize("then", [OLD, NEW], ids=["old", "new"])
def test_a_killed_run_is_finished_or_undone_by_the_next(
    tmp_path: Path, then: dict[str, str]
) -> None:
    for root, nth in steps(tmp_path):
        with pytest.raises(Dying):
            run(root, NEW, killed_at(nth))
        mixed = is_mixture(root)
        report = Report()
        assert writer(root).recover(report)
        assert codes(report) == []
        assert tree(root) == (NEW if mixed or tree(root) == NEW else OLD)
        assert codes(run(root, then)) == []
        assert tree(root) == then
        assert not (root / "generated" / STAGING).exists()


class RefusesThenDies(FailingDisk):
    """Refuses one change, and dies so many changes later, while it is being undone."""

    def __init__(self, nth: int, later: int) -> None:
        super().__init__(nth, no_space)
        self._last = nth + later

    def count(self) -> None:
        if self.calls >= self._last:
            raise Dying
        super().count()


_LATER = [pytest.param(each, marks=pytest.mark.slow if each % 3 else ()) for each in range(1, 12)]


@pytest.mark.parametrize("later", _LATER)
def test_a_run_that_is_killed_while_it_undoes(tmp_path: Path, later: int) -> None:
    for root, nth in steps(tmp_path):
        with suppress(Dying):
            run(root, NEW, RefusesThenDies(nth, later))
        report = Report()
        assert writer(root).recover(report)
        assert codes(report) == []
        assert tree(root) in (OLD, NEW), (nth, later)
        assert codes(run(root, NEW)) == []
        assert tree(root) == NEW


def test_recovery_that_is_killed_is_recovered(tmp_path: Path) -> None:
    killed_in_the_middle(tmp_path)
    for nth in range(1, 30):
        try:
            writer(tmp_path, killed_at(nth)).recover(Report())
        except Dying:
            continue
        break
    assert tree(tmp_path) == NEW


def test_sigkill_in_the_middle(tmp_path: Path) -> None:
    """The same with a real process and a real signal, once for each of the first steps."""
    script = """
import os, signal, sys
from pathlib import Path
from unit.emit import harness
class Killing(harness.FailingDisk):
    def count(self):
        self.calls += 1
        if self.calls == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
harness.run(Path(sys.argv[1]), harness.NEW, Killing(0, harness.Dying))
"""
    run(tmp_path, OLD)
    for nth in range(1, 26, 3):
        died = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path), str(nth)],
            check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])},
        )
        assert died.returncode in (0, -9)
        assert codes(run(tmp_path, OLD)) == []
        assert tree(tmp_path) == OLD


# --- what happened between the kill and the next run


class DiesAtMove(FailingDisk):
    """Dies before the ``nth`` file is moved or removed; the first move is that of the journal."""

    def __init__(self, nth: int) -> None:
        super().__init__(0, Dying)
        self._left = nth

    def _move(self) -> None:
        self._left -= 1
        if self._left <= 0:
            raise Dying

    def replace(self, source: Path, target: Path) -> None:
        self._move()
        super().replace(source, target)

    def remove(self, path: Path) -> None:
        self._move()
        super().remove(path)


def killed_in_the_middle(root: Path, nth: int = 2) -> None:
    run(root, OLD)
    with pytest.raises(Dying):
        run(root, NEW, DiesAtMove(nth))
    assert is_mixture(root)


@pytest.mark.parametrize("path", ["x/a.h", "x/gone/b.h", "x/deep/er/c.h"])
@pytest.mark.parametrize("nth", range(2, 9))
def test_edits_made_after_the_kill_stay(tmp_path: Path, path: str, nth: int) -> None:
    killed_in_the_middle(tmp_path, nth)
    edited = tmp_path / "generated" / path
    edited.parent.mkdir(parents=True, exist_ok=True)
    edited.write_text("precious\n")
    report = run(tmp_path, NEW)
    assert codes(report) == ["output-edited"]
    assert f"generated/{path} was changed" in report.diagnostics[0].message
    assert tree(tmp_path) == {**NEW, path: "precious\n"}


@pytest.mark.parametrize("nth", range(2, 9))
def test_a_file_deleted_after_the_kill_comes_back(tmp_path: Path, nth: int) -> None:
    killed_in_the_middle(tmp_path, nth)
    (tmp_path / "generated/x/a.h").unlink()
    assert codes(run(tmp_path, NEW)) == []
    assert tree(tmp_path) == NEW


def test_an_edit_while_a_run_prepares(tmp_path: Path) -> None:
    run(tmp_path, OLD)

    class Edits(Disk):
        def write(self, path: Path, data: bytes) -> None:
            super().write(path, data)
            (tmp_path / "generated/x/a.h").write_text("precious\n")

    assert codes(run(tmp_path, NEW, Edits())) == ["output-edited"]
    assert tree(tmp_path) == {**OLD, "x/a.h": "precious\n"}
    assert not is_mixture(tmp_path)


def test_recovery_does_not_write_through_a_link(tmp_path: Path) -> None:
    root, outside = tmp_path / "project", tmp_path / "outside"
    killed_in_the_middle(root)
    outside.mkdir()
    (outside / "a.h").write_text("theirs\n")
    (root / "generated/x").rename(tmp_path / "moved")
    (root / "generated/x").symlink_to(outside)
    assert "output-edited" in codes(run(root, NEW))
    assert {p.name: p.read_text() for p in outside.rglob("*")} == {"a.h": "theirs\n"}


def test_recovery_behind_a_linked_output_folder_deletes_nothing(tmp_path: Path) -> None:
    root, outside = tmp_path / "project", tmp_path / "outside"
    (outside / STAGING).mkdir(parents=True)
    (outside / STAGING / "0.new").write_text("theirs\n")
    root.mkdir()
    (root / "generated").symlink_to(outside)
    assert codes(run(root, NEW)) == ["output-escapes"]
    assert (outside / STAGING / "0.new").exists()


def test_a_linked_staging_folder_is_not_followed(tmp_path: Path) -> None:
    root, outside = tmp_path / "project", tmp_path / "outside"
    (root / "generated").mkdir(parents=True)
    outside.mkdir()
    (root / "generated" / STAGING).symlink_to(outside)
    assert codes(run(root, NEW)) == ["output-escapes"]
    assert list(outside.iterdir()) == []


def test_a_file_in_place_of_the_staging_folder(tmp_path: Path) -> None:
    (tmp_path / "generated").mkdir()
    (tmp_path / "generated" / STAGING).write_text("mine\n")
    assert codes(run(tmp_path, NEW)) == ["output-not-ours"]


def test_files_of_others_in_the_staging_folder_stay(tmp_path: Path) -> None:
    theirs = tmp_path / "generated" / STAGING / "notes.txt"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("mine\n")
    assert codes(run(tmp_path, NEW)) == []
    assert tree(tmp_path) == NEW
    assert theirs.read_text() == "mine\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"format": 1, "steps": [[0, "../../victim", null, null]], "folders": []}',
        '{"format": 1, "steps": [], "folders": ["../x"]}',
        '{"format": 1, "steps": [["0", "x/a.h", null, null]], "folders": []}',
        '{"format": 2, "steps": [], "folders": []}',
    ],
)
def test_a_journal_that_is_none(tmp_path: Path, text: str) -> None:
    run(tmp_path, OLD)
    (tmp_path / "victim").write_text("theirs\n")
    staging = tmp_path / "generated" / STAGING
    staging.mkdir()
    (staging / "journal.json").write_text(text)
    assert codes(run(tmp_path, NEW)) == []
    assert tree(tmp_path) == NEW
    assert (tmp_path / "victim").read_text() == "theirs\n"


def test_no_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a FAT drive: old files are copied instead, and come back from the copies."""

    def refuse(*arguments: object, **options: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    for root, nth in steps(tmp_path):
        before = snapshot(root)
        if run(root, NEW, FailingDisk(nth, no_space)).diagnostics:
            assert snapshot(root) == before, nth
