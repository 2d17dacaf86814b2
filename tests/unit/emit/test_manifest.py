"""Manifests as abilock writes them, and as git's merges leave them."""

from __future__ import annotations

import itertools

import pytest

from abilock.diagnostics.report import Report
from abilock.emit.manifest import Entry, Manifest, parse_manifest
from abilock.emit.merges import is_in_conflict

ABI = "abi/x.abi"


def manifest(**digests: str) -> str:
    """ex) ``manifest(a="1")`` lists ``x/a``"""
    return Manifest(
        {f"x/{name}": Entry("header", ABI, (sha,)) for name, sha in digests.items()}
    ).text()


def read(text: str) -> tuple[dict[str, tuple[str, ...]], bool] | None:
    """The digests by path, and whether it was merged; None if it is damaged."""
    report = Report()
    found = parse_manifest(text.encode(), "MANIFEST.json", report)
    assert (found is None) == report.failed
    if found is None:
        return None
    return {path: entry.digests for path, entry in found.files.items()}, found.is_merged


def conflict(ours: str, theirs: str, base: str | None = None) -> str:
    """Two texts as git leaves them that agree in their first and last lines."""
    one, other = ours.splitlines(), theirs.splitlines()
    same = len(
        list(itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    )
    middle = ["<<<<<<< HEAD", *one[same:-2]]
    if base is not None:
        middle += ["||||||| 1234567", *base.splitlines()[same:-2]]
    middle += ["=======", *other[same:-2], ">>>>>>> left"]
    return "\n".join([*one[:same], *middle, *one[-2:]]) + "\n"


def test_what_is_written_is_read() -> None:
    assert read(manifest(a="1", b="2")) == ({"x/a": ("1",), "x/b": ("2",)}, False)
    assert read(manifest()) == ({}, False)


def test_abis_are_apart_so_that_git_merges_them() -> None:
    entries = {path: Entry("header", ABI, ("1",)) for path in ("x/a", "x/b", "y/a")}
    text = Manifest(entries).text()
    assert text.count("\n\n") == 1
    assert '"x/b"' in text.split("\n\n")[0]


@pytest.mark.parametrize("base", [None, manifest(a="0", b="2", c="3")])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_conflict_is_read_as_both_sides(base: str | None, ends: str) -> None:
    text = conflict(manifest(a="1", b="2", c="3"), manifest(a="9", b="2", d="4"), base)
    found = read(text.replace("\n", ends))
    assert found is not None
    digests, is_merged = found
    assert is_merged
    assert set(digests["x/a"]) == {"1", "9"} | ({"0"} if base else set())
    assert digests["x/b"] == ("2",)
    assert (digests["x/c"], digests["x/d"]) == (("3",), ("4",))


def test_lines_of_both_sides_are_read_as_both_sides() -> None:
    """As git's union leaves them: a comma may be missing where one was the last."""
    ours, theirs = manifest(a="1", b="2").splitlines(), manifest(a="1", b="3").splitlines()
    text = "\n".join([*ours[:5], *theirs[4:]])
    assert read(text) == ({"x/a": ("1",), "x/b": ("2", "3")}, True)
    # Where it is JSON all the same, the last line does not win.
    text = manifest(a="1", b="2").replace('"x/b"', '"x/a"')
    assert read(text) == ({"x/a": ("1", "2")}, True)


def test_both_sides_stay_until_somebody_generates_them() -> None:
    both = Manifest({"x/a": Entry("header", ABI, ("1", "2"))}).text()
    assert read(both) == ({"x/a": ("1", "2")}, True)


@pytest.mark.parametrize(
    "text",
    [
        manifest(a="1", b="2")[:-4],
        manifest(a="1", b="2").replace('"files"', '"flies'),
        manifest(a="1", b="2").replace('"sha256": "1"', '"sha256": 1'),
        conflict(manifest(a="1"), manifest(a="2")).replace('"x/a"', "x/a"),
        "<<<<<<< HEAD\n=======\n>>>>>>> left\n",
        "{\n}",
    ],
)
def test_what_is_damaged_is_no_merge(text: str) -> None:
    assert read(text) is None


# --- conflicts in other files


@pytest.mark.parametrize(
    "text",
    [
        b"a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> left\n",
        b"<<<<<<< HEAD\r\n=======\r\nc\r\n>>>>>>> some branch\r\n",
        b"<<<<<<< HEAD\nb\n||||||| base\n=======\n>>>>>>> left",
        b"<<<<<<<\nb\n=======\nc\n>>>>>>>\n",
    ],
)
def test_conflicts(text: bytes) -> None:
    assert is_in_conflict(text)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"Title\n=======\n",
        b"<<<<<<< HEAD\nb\n>>>>>>> left\n",
        b">>>>>>> left\n=======\n<<<<<<< HEAD\n",
        b" <<<<<<< HEAD\n=======\n>>>>>>> left\n",
        b"<<<<<<<<<<<<<<\n=======\n>>>>>>> left\n",
    ],
)
def test_no_conflicts(text: bytes) -> None:
    assert not is_in_conflict(text)
