"""Plain members: C's own rules, on scalars of each target's size."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from abilock.layout.engine import Measure, lay_out, lay_out_all
from abilock.layout.measure import Extent, is_signed
from abilock.layout.shapes import EnumLayout
from abilock.layout.target import TARGETS, find_target
from abilock.model.types import Array, FunctionPointer, Named, Pointer, Scalar, Void
from support.layout_texts import descriptions
from support.library import library_of
from support.numbers import numbers

LINUX = "x86_64-unknown-linux-gnu"
I686 = "i686-unknown-linux-gnu"
ARM = "armv7-unknown-linux-gnueabihf"
MSVC = "x86_64-pc-windows-msvc"
MSVC_32 = "i686-pc-windows-msvc"


@pytest.mark.parametrize(
    ("scalar", "triple", "size", "align"),
    [
        # System V i386 psABI, figure 2-1: members of 8 bytes are aligned to 4.
        ("i64", I686, 8, 4),
        ("f64", I686, 8, 4),
        ("c_longlong", I686, 8, 4),
        # Microsoft x86: "double", "__int64" on 8; AAPCS32 5.1: fundamental types on their size.
        ("f64", MSVC_32, 8, 8),
        ("u64", ARM, 8, 8),
        # LP64 against LLP64.
        ("c_long", LINUX, 8, 8),
        ("c_ulong", MSVC, 4, 4),
        ("wchar_t", LINUX, 4, 4),
        ("wchar_t", MSVC, 2, 2),
        ("size_t", MSVC, 8, 8),
        ("isize", ARM, 4, 4),
        # System V x86-64 psABI, figure 3.1: _Bool is a byte.
        ("bool", LINUX, 1, 1),
        ("f32", LINUX, 4, 4),
    ],
)
def test_scalars(scalar: str, triple: str, size: int, align: int) -> None:
    found = numbers(f"struct S {{ a: u8, b: {scalar} }}", triple)
    assert found == (size + align, align, {"a": 0, "b": align})


def test_signs() -> None:
    """AAPCS32 7.1.1, AAPCS64 10.1.1: plain ``char`` and ``wchar_t`` have none; Apple's have one."""
    signs = {
        triple: (
            is_signed("c_char", find_target(triple)),
            is_signed("wchar_t", find_target(triple)),
        )
        for triple in (LINUX, ARM, "aarch64-apple-darwin", "riscv64gc-unknown-linux-gnu", MSVC)
    }
    assert signs == {
        LINUX: (True, True),
        ARM: (False, False),
        "aarch64-apple-darwin": (True, True),
        "riscv64gc-unknown-linux-gnu": (False, True),
        MSVC: (True, False),
    }
    assert is_signed("isize", find_target(LINUX))
    assert not is_signed("bool", find_target(LINUX))


def test_a_struct_ends_at_a_multiple_of_its_alignment() -> None:
    """C11 6.7.2.1p17: so that arrays of it are aligned."""
    text = "struct A { a: u32, b: u8 } struct S { x: [A; 2], y: u8 }"
    assert numbers(text, LINUX) == (20, 4, {"x": 0, "y": 16})


def test_a_union_is_as_large_as_its_largest_member() -> None:
    """C11 6.7.2.1p16; it is padded to its alignment, which may be that of another member."""
    assert numbers("union S { a: [u8; 9], b: u64 }", LINUX) == (16, 8, {"a": 0, "b": 0})
    assert numbers("union S { a: [u8; 9], b: u64 }", I686) == (12, 4, {"a": 0, "b": 0})


def test_nested_members_have_dotted_names() -> None:
    text = "struct S { a: u8, head: struct { x: u8, y: u32 }, _: union { i: u16, f: f64 } }"
    expected = {"a": 0, "head": 4, "head.x": 4, "head.y": 8, "i": 16, "f": 16}
    assert numbers(text, LINUX) == (24, 8, expected)


def test_a_vtable_is_a_struct_of_pointers() -> None:
    text = (
        "vtable S { state: *mut void, fn get(self: const) -> u8; tag: u8, optional fn put(n: u8) }"
    )
    assert numbers(text, LINUX) == (32, 8, {"state": 0, "get": 8, "tag": 16, "put": 24})
    assert numbers(text, ARM) == (16, 4, {"state": 0, "get": 4, "tag": 8, "put": 12})


@pytest.mark.parametrize(
    ("text", "kind", "size", "signed"),
    [
        # C11 6.7.2.2p4 leaves it to the compiler: all of these take `int` (no -fshort-enums).
        ("enum E { A, B = 7 }", "enum", 4, True),
        ("enum E: u8 { A }", "enum", 1, False),
        ("open enum E: i16 { A = -1 }", "enum", 2, True),
        ("flags E: u64 { A = 1 }", "flags", 8, False),
    ],
)
def test_enums(text: str, kind: str, size: int, signed: bool) -> None:
    found = lay_out(library_of(text), find_target(LINUX)).types["E"]
    assert isinstance(found, EnumLayout)
    assert (found.kind, found.size, found.signed) == (kind, size, signed)


def test_measure_knows_every_type() -> None:
    library = library_of(
        "callback Cb(); type Row = [u32; 3]; type Rows = [Row; 2]; enum E: u16 { A } opaque O;"
        " struct S { a: Rows, e: E, cb: Cb? }"
    )
    measure = Measure(library, find_target(I686))
    assert measure.extent(Named("Rows")) == Extent(24, 4)
    assert measure.extent(Named("S")) == Extent(32, 4)
    assert measure.extent(Array(Named("E"), 5)) == Extent(10, 2)
    assert measure.extent(Named("Cb")) == measure.extent(Pointer(Void(), True)) == Extent(4, 4)
    assert measure.extent(Scalar("wchar_t")) == Extent(4, 4)
    callback = library.find("Cb")
    assert measure.extent(FunctionPointer(callback.signature)) == Extent(4, 4)  # type: ignore[union-attr]
    for bare in (Void(), Named("O")):
        with pytest.raises(KeyError):
            measure.extent(bare)


def test_types_stand_in_the_librarys_order() -> None:
    library = library_of("struct B { a: *mut A } struct A { b: B } enum C { X } type D = A;")
    assert list(lay_out(library, TARGETS[0]).types) == ["B", "A", "C"]


def test_laying_out_all_is_laying_out_each() -> None:
    library = library_of(
        "struct S { a: c_char, b: c_long, c: wchar_t, _: u16 : 3, d: bool : 1, e: i64 : 33, f: f64 }"
        "open enum E: c_char { A }  @packed(2) struct P { s: S, x: u8 : 3, _: u32 : 0 }"
        "struct Wide { @align(16) x: u8 }  vtable T { at: *mut void, big: u64, fn a(); fn b(); }"
        "vtable U { size: u32, fn a(); inner: struct { x: u64 }, fn b(); bits: u16 : 3 }"
        "vtable V { wide: Wide, fn a(); }  @packed(1) struct Q { x: u8, v: V }"
    )
    together = lay_out_all(library, iter(TARGETS))
    assert together == tuple(lay_out(library, target) for target in TARGETS)


@settings(max_examples=20)
@given(text=descriptions(types=10))
def test_laying_out_all_of_anything_is_laying_out_each(text: str) -> None:
    library = library_of(text)
    together = lay_out_all(library, TARGETS)
    assert together == tuple(lay_out(library, target) for target in TARGETS)


def test_members_match_their_declarations_one_for_one() -> None:
    text = "struct S { a: u8, _: u8 : 0, _: union { b: u8, c: u8 }, _: u32 : 3, d: u8 : 2 }"
    found = lay_out(library_of(text), TARGETS[0]).types["S"]
    assert not isinstance(found, EnumLayout)
    assert [member.name for member in found.members] == ["a", "", "", "", "d"]
    assert [member.bit_size for member in found.members] == [None, 0, None, 3, 2]
