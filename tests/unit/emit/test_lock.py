"""One writer at a time, and no lock where it would leave something behind."""

from __future__ import annotations

import errno
import fcntl
from pathlib import Path

import pytest

from abilock.diagnostics.report import Report
from abilock.emit.lock import exclusive
from unit.emit.harness import codes


def test_the_second_waits_and_is_told(tmp_path: Path) -> None:
    report = Report()
    with exclusive(tmp_path, report) as first:
        assert first
        told: list[str] = []
        with exclusive(tmp_path, report, wait=0.1, waiting=lambda: told.append("!")) as second:
            assert not second
        assert told == ["!"]
    assert codes(report) == ["output-busy"]
    with exclusive(tmp_path, report) as third:
        assert third


def test_it_leaves_no_trace(tmp_path: Path) -> None:
    with exclusive(tmp_path, Report()) as held:
        assert held
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [errno.EBADF, errno.ENOLCK, errno.EIO])
def test_what_cannot_be_locked_is_not_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(handle: int, operation: int) -> None:
        raise OSError(number, "refused")

    monkeypatch.setattr(fcntl, "flock", refuse)
    report = Report()
    with exclusive(tmp_path, report, wait=0) as held:
        assert held
    assert report.diagnostics == []


def test_a_file_stands_in_for_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on network drives, where only files that are open for writing can be locked."""
    real = fcntl.flock

    def only_files(handle: int, operation: int) -> None:
        if fcntl.fcntl(handle, fcntl.F_GETFL) & 3 == 0:
            raise OSError(errno.EBADF, "Bad file descriptor")
        real(handle, operation)

    monkeypatch.setattr(fcntl, "flock", only_files)
    report = Report()
    with exclusive(tmp_path, report, leave_no_trace=True):
        assert list(tmp_path.iterdir()) == []
    with exclusive(tmp_path, report), exclusive(tmp_path, report, wait=0) as second:
        assert not second
