"""The comparison that every golden test trusts."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.golden import assert_golden


def test_the_same_text_passes(tmp_path: Path) -> None:
    path = tmp_path / "case.txt"
    path.write_bytes("größe\n".encode())
    assert_golden(path, "größe\n", bless=False)
    assert_golden(path, "größe\n", bless=True)


@pytest.mark.parametrize("held", ["a\nb\n", "a\r\nc\n", "a\nc", ""])
def test_another_text_fails_and_leaves_the_file(tmp_path: Path, held: str) -> None:
    path = tmp_path / "case.txt"
    path.write_bytes(held.encode())
    with pytest.raises(pytest.fail.Exception, match="make bless"):
        assert_golden(path, "a\nc\n", bless=False)
    assert path.read_bytes() == held.encode()


def test_a_missing_file_fails_and_stays_missing(tmp_path: Path) -> None:
    with pytest.raises(pytest.fail.Exception, match="does not exist"):
        assert_golden(tmp_path / "case.txt", "text", bless=False)
    assert not list(tmp_path.iterdir())


def test_blessing_writes_and_fails(tmp_path: Path) -> None:
    path = tmp_path / "new" / "case.txt"
    with pytest.raises(pytest.fail.Exception, match="blessed"):
        assert_golden(path, "a\n", bless=True)
    assert path.read_bytes() == b"a\n"
    assert_golden(path, "a\n", bless=False)
