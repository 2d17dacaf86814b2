"""The tables of reference pages say of every target what its compiler says.

They are read as a person reads them: which columns are for a target, and what stands there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from abilock.layout.target import TARGETS, Target
from abilock.model import decls
from abilock.model.types import Aggregate
from support import c_reference
from support.compilers import Answer, Place, Question, ask_libclang
from support.library import library_at
from support.pages import write_pages

CASES = Path(__file__).parents[1] / "cases"
LIBRARIES = [
    library_at(CASES / "layout/corners.abi"),
    library_at(CASES / "good/kitchen_sink.abi"),
    *map(library_at, sorted((CASES.parents[1] / "abi").glob("*.abi"))),
]


@dataclass(frozen=True)
class Told:
    """What a page tells of a type, for one group of targets."""

    targets: str
    size: int
    align: int
    places: dict[str, Place]


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.name)
def test_tables(library: decls.Library, tmp_path: Path) -> None:
    write_pages(library, tmp_path, "docs")
    text = (tmp_path / "docs" / f"{library.name}.md").read_text("utf-8")
    spoken = _spoken(library)
    asked = list(c_reference.questions(spoken))
    records = {question.type.removeprefix(f"{library.name}_") for question in asked}
    records -= {found.name for found in library.declarations if isinstance(found, decls.EnumDecl)}
    told = {name: list(_told(text, name)) for name in sorted(records)}
    for target in TARGETS:
        theirs = ask_libclang(c_reference.reference([spoken]), asked, target.triple)
        for name, groups in told.items():
            (found,) = [group for group in groups if _means(group.targets, target)]
            answer = theirs[f"{library.name}_{name}"]
            assert (found.size, found.align) == (answer.size, answer.align), (name, target.triple)
            _compare(found.places, answer, f"{name} on {target.triple}")


def _compare(places: dict[str, Place], answer: Answer, where: str) -> None:
    assert places.keys() == answer.places.keys(), where
    for name, place in places.items():
        expected = answer.places[name]
        # Slots have no size on the page.
        assert place.offset == expected.offset, f"{where}: {name}"
        assert place.size in (expected.size, 0), f"{where}: {name}"


def _spoken(library: decls.Library) -> decls.Library:
    """What the reference in C can say, which is everything that has a layout."""
    kinds = (Aggregate, decls.Vtable, decls.EnumDecl, decls.Alias, decls.Callback)
    return replace(
        library,
        declarations=tuple(each for each in library.declarations if isinstance(each, kinds)),
    )


# --- reading


def _told(text: str, name: str) -> Iterator[Told]:
    body = text.split(f"\n### `{name}`\n")[1].split("\n###")[0].split("\n## ")[0]
    heads, _, *rows = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in body.splitlines()
        if line.startswith("|")
    ]
    one = re.search(r"^Layout: size (\d+), align (\d+)", body, re.MULTILINE)
    several = re.findall(
        r"^- (?:\*\*([A-Z])\*\*, )?([^:\n]+): size (\d+), align (\d+)", body, re.MULTILINE
    )
    groups = [("", "all targets", *one.groups())] if one else several
    offsets = [at for at, head in enumerate(heads) if head.endswith("offset")]
    sizes = [at for at, head in enumerate(heads) if head == "size"] or [-1]
    code = next(at for at, head in enumerate(heads) if head in ("field", "member"))
    assert len(offsets) == len(groups)
    for at, (letter, targets, size, align) in enumerate(groups):
        label = letter or (targets.removesuffix(" targets") if not one else "")
        assert heads[offsets[at]] == f"{label} offset".lstrip()
        column = sizes[at if len(sizes) > 1 else 0]
        places = dict(_places(rows, offsets[at], column, code))
        yield Told(targets, int(size), int(align), places)


def _places(
    rows: list[list[str]], offset: int, size: int, code: int
) -> Iterator[tuple[str, Place]]:
    """The dotted names of members; dots before a name say how deep it is inside of others."""
    path: list[str] = []
    for row in rows:
        depth = row[code].count("· ")
        found = re.search(r"`(?:@align\(\d+\) )?(\w+)[:`]", row[code])
        assert found, row
        del path[depth:]
        path.append(found[1])
        if found[1] == "_":
            continue
        name = ".".join(each for each in path if each != "_")
        byte, _, bit = row[offset].partition(":")
        width = row[size] if size >= 0 else "0"
        bits = int(width[1:]) if width[0] == ":" else int(width) * 8
        yield name, Place(int(byte) * 8 + int(bit or 0), bits)


def _means(targets: str, target: Target) -> bool:
    """Whether words like ``64-bit targets but Windows`` are about a target."""
    if ", " in targets:
        return any(_means(part, target) for part in targets.split(", "))
    meant, _, without = targets.partition(" but ")
    if any(_means(part, target) for part in without.split(" and ") if part):
        return False
    if meant.startswith(("64-bit", "32-bit")):
        is_wide = not target.triple.startswith(("i686-", "armv7-", "wasm32-"))
        if is_wide != meant.startswith("64-bit"):
            return False
        meant = meant[len("64-bit ") :] if meant != "64-bit targets" else ""
    return meant in ("", "targets", "all targets", target.triple) or (
        meant == "Windows" and "-windows-" in target.triple
    )


def test_questions_are_asked_of_every_kind() -> None:
    """The reading above would not notice an empty page."""
    asked: list[Question] = list(c_reference.questions(_spoken(LIBRARIES[0])))
    assert sum(len(question.fields) for question in asked) > 20
    assert sum(len(question.bit_fields) for question in asked) > 6
