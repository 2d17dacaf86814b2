"""What is known of releases is the same whether they were read just now or by an earlier run."""

from __future__ import annotations

import base64
import pickle
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from abilock.compat.context import Described
from abilock.compat.verdict import judge
from abilock.diagnostics.report import Report
from abilock.lock.lockfile import Lock
from abilock.lock.shelf import DiskStore, Shelf
from abilock.model.decls import Library
from abilock.model.known import KnownRelease
from abilock.progress import unseen
from abilock.releases import known
from abilock.releases.kept import read_kept, written
from abilock.releases.known import known_releases
from abilock.releases.reading import read_release
from abilock.source import SourceFile
from support.library import library_of
from support.releases import DESCRIPTION, describe, release, start

ROOT = Path(__file__).parents[3]
SLOTS = ("one", "two", "three")

Known = Callable[[Library], tuple[KnownRelease, ...]]


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """Three releases, each with a slot more than the one before."""
    start(tmp_path, monkeypatch)
    for count in range(1, 4):
        release(f"{count}.0.0", *SLOTS[:count])
    return Shelf(DiskStore(tmp_path), "abi", "shop")


def lock_of(shelf: Shelf) -> Lock:
    lock = shelf.lock(Report())
    assert lock is not None
    return lock


def asked(
    shelf: Shelf, memory: dict[str, str], version: str, *slots: str
) -> tuple[KnownRelease, ...]:
    """What is known of the releases in a run that has this description."""
    describe(version, *slots)
    source = SourceFile("abi/shop.abi", DESCRIPTION.read_text())
    library = replace(library_of(source.text), source=source.path)
    sources = {source.path: source}
    report = Report()
    found = known_releases(library, shelf, lock_of(shelf), sources, memory, {}, report, unseen)
    assert not report.diagnostics
    return found


def test_what_was_read_once_is_not_read_again(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory: dict[str, str] = {}
    asked(shelf, memory, "3.1.0", *SLOTS)
    descriptions = [("3.1.0", ("one", "two")), ("4.0.0", ("two", "three")), ("2.5.0", ())]
    anew = [asked(shelf, {}, version, *slots) for version, slots in descriptions]
    assert len({each for found in anew for each in found}) > 3
    monkeypatch.setattr(known, "read_release", None)
    assert [asked(shelf, memory, version, *slots) for version, slots in descriptions] == anew


def test_one_that_was_edited_since_is_not_known(shelf: Shelf) -> None:
    memory: dict[str, str] = {}
    asked(shelf, memory, "3.1.0", *SLOTS)
    path = Path("abi/history/shop/2.0.0.abi")
    path.write_text(path.read_text() + "// edited\n")
    describe("4.0.0", "one")
    source = SourceFile("abi/shop.abi", DESCRIPTION.read_text())
    report = Report()
    found = known_releases(
        replace(library_of(source.text), source=source.path),
        *(shelf, lock_of(shelf), {source.path: source}, memory, {}, report, unseen),
    )
    assert [str(each.version) for each in found] == ["1.0.0", "3.0.0"]
    assert [each.code.number for each in report.diagnostics] == ["A1004"]


@pytest.mark.slow
def test_real_releases_are_judged_the_same() -> None:
    """Those of drasi, kept and read anew, on either side, alone and one after the other."""
    shelf = Shelf(DiskStore(ROOT), "abi", "drasi")
    read = {}
    for each in lock_of(shelf).releases:
        found = read_release(shelf, each, Report())
        assert found is not None
        read[str(each.version)] = found
    kept = read_kept(written(read))
    assert kept is not None
    new, side = read["0.8.4"], Described.of(read["0.8.4"], is_reused=True)
    for name in ("0.4.0", "0.8.0", "0.8.3", "0.9.0", "0.11.0"):
        old = read[name]
        for one, other in (
            (judge(old, new), judge(kept[name], side)),
            (judge(new, old), judge(side, kept[name])),
        ):
            assert other == one


# --- what is kept


def test_what_numbers_are_computed_from_is_kept() -> None:
    text = """
abi lib {version};
const A: u32 = {a};
const B: u32 = A * 2;
enum E {{ One = {a}, Two }}
struct S {{ plain: u8, many: [u8; A], inner: struct {{ x: [u8; B] }} }}
"""
    old, new = (library_of(text.format(version=f"1.{a}.0", a=a)) for a in (3, 4))
    kept = read_kept(written({"old": old}))
    assert kept is not None
    for subject in (
        "A",
        "B",
        "E",
        "E.Two",
        "S",
        "S.plain",
        "S.many",
        "S.inner.x",
        "S.inner",
        "X",
        "X.y",
    ):
        meant = old.formulas(subject)
        found = kept["old"].formulas(subject)
        assert found == (meant if meant is not None and meant.names else None), subject
    assert any(each.consequences for each in judge(old, new).findings)
    assert judge(kept["old"], new) == judge(old, new)


class Evil:
    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return __import__("os").system, ("echo >evil.txt",)


@pytest.mark.parametrize("found", [Evil(), {"x": Evil()}, {"x": 1}, ["x"], {"x": pickle.loads}])
def test_what_somebody_put_there_is_no_library(
    found: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = base64.b85encode(zlib.compress(pickle.dumps(found))).decode()
    assert read_kept(text) is None
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "text", ["", "x", "ü", base64.b85encode(zlib.compress(b"no pickle")).decode()]
)
def test_what_is_damaged_is_no_library(text: str) -> None:
    assert read_kept(text) is None
