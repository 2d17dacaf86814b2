"""What is remembered is what was said, or nothing; and no run fails for the sake of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abilock.emit import memory
from abilock.emit.cache import CACHE
from abilock.emit.memory import Memory

KEY, OTHER = "a" * 64, "b" * 64
TEXT = 'class A:\n    x = "ü\\n"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A memory of two texts, on the disk."""
    remember(tmp_path, {KEY: TEXT, OTHER: "other"})
    return tmp_path / CACHE / "formatted.jsonl"


def remember(root: Path, texts: dict[str, str]) -> None:
    kept = Memory(root)
    for key, text in texts.items():
        kept[key] = text
    kept.save()


def recalled(root: Path) -> tuple[str | None, str | None]:
    kept = Memory(root)
    return kept.get(KEY), kept.get(OTHER)


@pytest.mark.parametrize("text", [TEXT, "", "\n", "\r\n\0\u2028", "\ud800", '"\\'])
def test_a_text_comes_back(tmp_path: Path, text: str) -> None:
    remember(tmp_path, {OTHER: "other"})
    remember(tmp_path, {KEY: text})
    assert recalled(tmp_path) == (text, "other")


def test_nothing_is_written_before_it_is_saved_and_when_nothing_is_new(file: Path) -> None:
    before = file.stat().st_mtime_ns, file.read_bytes()
    kept = Memory(file.parents[1])
    assert kept.get(KEY) == TEXT
    kept.save()
    kept["c" * 64] = "new"
    assert (file.stat().st_mtime_ns, file.read_bytes()) == before
    Memory(file.parent).save()
    assert not (file.parent / CACHE).exists()


@given(st.data())
def test_a_damaged_file_says_nothing_wrong(data: st.DataObject) -> None:
    whole = b"".join(memory._line(key, text) for key, text in ((KEY, TEXT), (OTHER, "other")))
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = data.draw(
        st.sampled_from(
            [
                whole[:at],
                whole[at:],
                whole[:at] + bytes([whole[at] ^ (1 << at % 8)]) + whole[at + 1 :],
                whole[:at] + b"\n" + whole[at:],
                whole[:at] + whole,
            ]
        )
        | st.binary(max_size=300)
    )
    kept = Memory(Path("/nowhere"))
    kept._lines = memory._by_key(damaged)
    assert kept.get(KEY) in (TEXT, None)
    assert kept.get(OTHER) in ("other", None)


def test_what_is_damaged_is_remembered_anew(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-3])
    assert recalled(file.parents[1]) == (TEXT, None)
    # The new line stands behind the torn one, and shares its fate; the next does not.
    for _ in range(2):
        remember(file.parents[1], {OTHER: "other"})
    assert recalled(file.parents[1]) == (TEXT, "other")


def test_a_file_that_is_too_large_keeps_what_the_run_has_used(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = file.parents[1]
    monkeypatch.setattr(memory, "LIMIT", file.stat().st_size + 10)
    kept = Memory(root)
    assert kept.get(KEY) == TEXT
    kept["c" * 64] = "new"
    kept.save()
    assert file.stat().st_size <= memory.LIMIT
    assert recalled(root) == (TEXT, None)
    assert Memory(root).get("c" * 64) == "new"
    assert [path.name for path in file.parent.iterdir() if path != file] == [".gitignore"]


def test_one_that_others_have_filled_is_not_read(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "LIMIT", 100)
    assert recalled(file.parents[1]) == (None, None)


@pytest.mark.parametrize("what", ["a folder", "a link", "a pipe", "no cache folder", "no project"])
def test_where_it_cannot_be_kept_it_is_not(file: Path, what: str) -> None:
    root = file.parents[1]
    victim = root / "victim"
    victim.write_bytes(file.read_bytes())
    file.unlink()
    if what == "a folder":
        file.mkdir()
    elif what == "a link":
        file.symlink_to(victim)
    elif what == "a pipe":
        os.mkfifo(file)
    elif what == "no cache folder":
        (file.parent / ".gitignore").unlink()
        file.parent.rmdir()
        file.parent.write_text("taken\n")
    else:
        root = root / "none"
    before = victim.read_bytes()
    remember(root, {KEY: TEXT})
    assert recalled(root) == (None, None)
    assert victim.read_bytes() == before


def test_several_processes_at_once(tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from abilock.emit.memory import Memory
for number in range(20):
    kept = Memory(Path(sys.argv[1]))
    kept[f"{sys.argv[2]}-{number}"] = sys.argv[2] * 10_000
    kept.save()
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", script, str(tmp_path)]
    running = [subprocess.Popen([*command, name], env=environment) for name in "xyz"]
    assert [one.wait(60) for one in running] == [0, 0, 0]
    kept = Memory(tmp_path)
    assert all(kept.get(f"{name}-{n}") == name * 10_000 for name in "xyz" for n in range(20))
    lines = (tmp_path / CACHE / "formatted.jsonl").read_bytes().splitlines()
    assert len(lines) == 60
    assert all(json.loads(line.split(b" ", 2)[2]) for line in lines)
