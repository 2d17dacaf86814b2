"""Several files are written, or none is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from abilock.emit.whole import write_whole
from unit.emit.harness import snapshot


@pytest.fixture
def files(tmp_path: Path) -> list[tuple[Path, str]]:
    (tmp_path / "lock").write_text("before\n")
    (tmp_path / "lock").chmod(0o640)
    return [
        (tmp_path / "history/a.abi", "a\n"),
        (tmp_path / "history/a/b.abi", "b\n"),
        (tmp_path / "lock", "after\n"),
    ]


def test_all_are_written(files: list[tuple[Path, str]], tmp_path: Path) -> None:
    write_whole(files)
    for path, text in files:
        assert path.read_text() == text
    assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o640
    assert sorted(each.name for each in tmp_path.iterdir()) == ["history", "lock"]


@pytest.mark.parametrize("call", ["replace", "fsync", "chmod"])
@pytest.mark.parametrize("after", range(3))
def test_none_is_if_the_system_refuses_one(
    files: list[tuple[Path, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    after: int,
) -> None:
    (tmp_path / "history/a").mkdir(parents=True)
    before = snapshot(tmp_path)
    real, calls = getattr(os, call), []

    def refused(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == after + 1:
            raise OSError(28, "No space left on device")
        return real(*arguments)

    monkeypatch.setattr(os, call, refused)
    with pytest.raises(OSError, match="No space left"):
        write_whole(files)
    assert snapshot(tmp_path) == before


def test_what_a_link_leads_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("before\n")
    (tmp_path / "link").symlink_to("real")
    write_whole([(tmp_path / "link", "after\n")])
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "after\n"
