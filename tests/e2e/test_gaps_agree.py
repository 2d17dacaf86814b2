"""What layouts say to be unused is what compilers put nothing into, on random models and every target.

Compilers are asked where fields are; that nothing is anywhere else is worked out here, bit by bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from abilock.layout.engine import lay_out
from abilock.layout.gaps import Gap, find_gaps
from abilock.layout.shapes import AggregateLayout
from abilock.layout.target import TARGETS, Target, find_target
from abilock.model import decls, types
from abilock.model.types import Aggregate, Field
from abilock.outputs.layout.table import table
from support import c_reference
from support.compilers import Answer, Answers, ask_compiler, ask_libclang
from support.models import sample

LIBRARIES = sample(60, seed=7)
HOST = find_target("x86_64-unknown-linux-gnu")


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.triple)
def test_clang(target: Target) -> None:
    text, asked = c_reference.reference(LIBRARIES), list(_questions())
    _compare(target, ask_libclang(text, asked, target.triple))


@pytest.mark.tool("gcc")
def test_gcc(tmp_path: Path) -> None:
    text, asked = c_reference.reference(LIBRARIES), list(_questions())
    _compare(HOST, ask_compiler(text, asked, ["gcc"], tmp_path))


def _questions() -> Iterator[c_reference.Question]:
    for library in LIBRARIES:
        yield from c_reference.questions(library)


def _compare(target: Target, theirs: Answers) -> None:
    seen = 0
    for library in LIBRARIES:
        layout = lay_out(library, target)
        tables = table(library, layout)["types"]
        for record in library.declarations:
            if not isinstance(record, Aggregate | decls.Vtable):
                continue
            expected = _unused(theirs[f"{library.name}_{record.name}"], set(_leaves(record)))
            shape = layout.types[record.name]
            assert isinstance(shape, AggregateLayout)
            gaps = find_gaps(shape)
            found = [*gaps.holes, *([gaps.padding] if gaps.padding else [])]
            said = f"{target.triple}: {library.name}_{record.name}"
            assert [(gap.start, gap.start + gap.bits) for gap in found] == expected, said
            assert (gaps.padding is not None) == (
                expected[-1:] != [] and expected[-1][1] == shape.size * 8
            )
            listed = [*tables[record.name]["holes"], tables[record.name]["padding"]]
            assert [_as_gap(each) for each in listed if each] == found, said
            seen += len(found)
    assert seen > 100


def _leaves(record: Aggregate | decls.Vtable) -> Iterator[str]:
    """The dotted names of the fields that hold something themselves."""
    members = record.members if isinstance(record, decls.Vtable) else record.fields
    for member in members:
        if isinstance(member, Field) and isinstance(member.type, types.Nested):
            prefix = f"{member.name}." if member.name else ""
            yield from (f"{prefix}{name}" for name in _leaves(member.type.aggregate))
        elif member.name:
            yield member.name


def _unused(answer: Answer, leaves: set[str]) -> list[tuple[int, int]]:
    """Stretches of bits in which no field is, from the first to the one behind the last."""
    used = [False] * (answer.size * 8)
    for name, place in answer.places.items():
        if name in leaves:
            used[place.offset : place.offset + place.size] = [True] * place.size
    edges = [
        bit
        for bit in range(len(used) + 1)
        if (bit > 0 and not used[bit - 1]) != (bit < len(used) and not used[bit])
    ]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _as_gap(listed: dict[str, int]) -> Gap:
    if "offset" in listed:
        return Gap(listed["offset"] * 8, listed["size"] * 8)
    return Gap(listed["bit_offset"], listed["bit_size"])
