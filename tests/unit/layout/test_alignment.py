"""``@packed`` and ``@align``, and where they meet."""

from __future__ import annotations

import pytest

from abilock.layout.engine import lay_out
from abilock.layout.shapes import AggregateLayout
from abilock.layout.target import TARGETS, find_target
from abilock.model import types
from abilock.model.types import Aggregate, Field
from support.models import library
from support.numbers import Where, numbers

LINUX = "x86_64-unknown-linux-gnu"
I686 = "i686-unknown-linux-gnu"
MINGW = "x86_64-pc-windows-gnu"
MSVC = "x86_64-pc-windows-msvc"
MSVC_32 = "i686-pc-windows-msvc"

EVERYWHERE = [target.triple for target in TARGETS]
everywhere = pytest.mark.parametrize("triple", EVERYWHERE)


@everywhere
def test_packed(triple: str) -> None:
    """``#pragma pack``: a member's alignment is the smaller of its own and the limit."""
    assert numbers("@packed struct S { a: u8, b: u32 }", triple) == (5, 1, {"a": 0, "b": 1})
    assert numbers("@packed(2) struct S { a: u8, b: u32 }", triple) == (6, 2, {"a": 0, "b": 2})
    assert numbers("@packed(8) struct S { a: u8, b: u32 }", triple) == (8, 4, {"a": 0, "b": 4})


@everywhere
def test_packing_leaves_the_insides_of_members_alone(triple: str) -> None:
    """docs/language.md: it limits the item's own members."""
    text = "struct A { a: u8, b: u32 } @packed struct S { x: u8, y: A }"
    assert numbers(text, triple) == (9, 1, {"x": 0, "y": 1})
    text = "@packed struct S { x: u8, y: struct { a: u8, b: u32 } }"
    assert numbers(text, triple) == (9, 1, {"x": 0, "y": 1, "y.a": 1, "y.b": 5})


@everywhere
def test_a_packed_union_may_end_anywhere(triple: str) -> None:
    assert numbers("@packed union S { a: [u8; 9], b: u64 }", triple) == (9, 1, {"a": 0, "b": 0})


@everywhere
def test_align_on_a_struct(triple: str) -> None:
    """gcc's manual, ``aligned``; Microsoft, ``__declspec(align)``: the size is padded as well."""
    assert numbers("@align(16) struct S { a: u8 }", triple) == (16, 16, {"a": 0})
    assert numbers("@align(1) struct S { a: u32 }", triple) == (4, 4, {"a": 0})


@everywhere
def test_align_on_a_field(triple: str) -> None:
    text = "struct S { a: u8, @align(16) b: u8, c: u8 }"
    assert numbers(text, triple) == (32, 16, {"a": 0, "b": 16, "c": 17})


def test_align_raises_only() -> None:
    """gcc's manual: "can only increase"; on i386 a ``long long`` starts from 4."""
    assert numbers("struct S { a: u8, @align(4) b: u64 }", LINUX) == (16, 8, {"a": 0, "b": 8})
    assert numbers("struct S { a: u8, @align(4) b: u64 }", I686) == (12, 4, {"a": 0, "b": 4})
    assert numbers("struct S { a: u8, @align(8) b: u64 }", I686) == (16, 8, {"a": 0, "b": 8})


@everywhere
def test_align_of_a_packed_struct(triple: str) -> None:
    """Packing is about the members, alignment about the whole."""
    text = "@packed @align(4) struct S { a: u8, b: u32 }"
    assert numbers(text, triple) == (8, 4, {"a": 0, "b": 1})


def test_an_aligned_type_in_a_packed_struct() -> None:
    """gcc and clang: packing wins, on Windows too. Microsoft, "align": what ``__declspec(align)``
    asks for wins over ``#pragma pack``, however deep inside it is."""
    text = "@align(8) struct A { a: u8 } @packed struct S { x: u8, y: A }"
    for triple in (LINUX, I686, MINGW):
        assert numbers(text, triple) == (9, 1, {"x": 0, "y": 1})
    for triple in (MSVC, MSVC_32):
        assert numbers(text, triple) == (16, 8, {"x": 0, "y": 8})
    deep = "struct A { @align(8) a: u8 } struct B { a: [A; 1] } @packed struct S { x: u8, y: B }"
    assert numbers(deep, MINGW) == (9, 1, {"x": 0, "y": 1})
    assert numbers(deep, MSVC) == (16, 8, {"x": 0, "y": 8})


def test_a_type_that_asks_for_any_alignment_requires_all_of_it() -> None:
    """clang for MSVC: with ``__declspec(align)`` on it, a type's whole alignment is required."""
    places: dict[str, Where] = {"x": 0, "y": 4}
    text = "@align(2) struct A { a: u32 } @packed struct S { x: u8, y: A }"
    assert numbers(text, MSVC) == (8, 4, places)
    assert numbers(text, MINGW) == (5, 1, {"x": 0, "y": 1})


def test_packing_to_more_than_a_member_needs() -> None:
    """Microsoft x86: ``double`` and ``__int64`` have 8, where i386's System V has 4."""
    text = "@packed(8) struct S { a: u8, b: u64 }"
    assert numbers(text, MSVC_32) == (16, 8, {"a": 0, "b": 8})
    assert numbers(text, I686) == (12, 4, {"a": 0, "b": 4})


def test_an_aligned_member_of_a_packed_struct() -> None:
    """The checks refuse it, since this is what compilers do: gcc and clang let packing win ("pragma
    pack" after "aligned"), Microsoft's lets ``__declspec(align)`` win."""
    fields = (
        Field("a", types.Scalar("u8")),
        Field("b", types.Scalar("u8"), align=8),
        Field("c", types.Scalar("u32")),
    )
    given = library([Aggregate("S", False, fields, packed=2)])
    offsets = {}
    for triple in (LINUX, MINGW, MSVC):
        shape = lay_out(given, find_target(triple)).types["S"]
        assert isinstance(shape, AggregateLayout)
        offsets[triple] = (shape.size, [member.offset for member in shape.members])
    assert offsets == {
        LINUX: (8, [0, 2, 4]),
        MINGW: (8, [0, 2, 4]),
        MSVC: (16, [0, 8, 10]),
    }
