"""Bit-fields, rule by rule, on the families of compilers that differ."""

from __future__ import annotations

import pytest

from support.numbers import Where, numbers

LINUX = "x86_64-unknown-linux-gnu"
I686 = "i686-unknown-linux-gnu"
ARM = "armv7-unknown-linux-gnueabihf"
ARM64 = "aarch64-unknown-linux-gnu"
APPLE = "aarch64-apple-darwin"
S390X = "s390x-unknown-linux-gnu"
MINGW = "x86_64-pc-windows-gnu"
MSVC = "x86_64-pc-windows-msvc"
MSVC_32 = "i686-pc-windows-msvc"

Numbers = tuple[int, int, dict[str, Where]]


def check(text: str, expected: dict[str, Numbers]) -> None:
    assert {triple: numbers(text, triple) for triple in expected} == expected


def test_neighbours_share_a_unit() -> None:
    """System V psABI, "Bit-Fields": allocated from right to left, next to each other."""
    shared: Numbers = (4, 4, {"lo": (0, 3), "hi": (3, 5)})
    check("struct S { lo: u32 : 3, hi: u32 : 5 }", dict.fromkeys((LINUX, ARM, MINGW, MSVC), shared))


def test_they_use_what_another_member_left() -> None:
    """The same: a bit-field may share the unit with members that are none. Microsoft's may not: it
    starts a unit of its own ("C Bit Fields": allocated within an integer of its type)."""
    text = "struct S { a: u8, b: u32 : 20, c: u8 }"
    close: Numbers = (8, 4, {"a": 0, "b": (8, 20), "c": 4})
    apart: Numbers = (12, 4, {"a": 0, "b": (32, 20), "c": 8})
    check(text, {LINUX: close, ARM64: close, I686: close, MINGW: apart, MSVC: apart})


def test_they_do_not_cross_a_boundary_of_their_type() -> None:
    """The same: entirely within a unit of its declared type."""
    text = "struct S { a: u32 : 20, b: u32 : 13 }"
    check(text, dict.fromkeys((LINUX, MSVC), (8, 4, {"a": (0, 20), "b": (32, 13)})))


def test_on_i386_the_boundary_is_that_of_four_bytes() -> None:
    """i386 psABI: ``long long`` has 8 bytes but is aligned to 4, so its units overlap."""
    text = "struct S { a: u32, b: u64 : 40 }"
    check(text, {I686: (12, 4, {"a": 0, "b": (32, 40)}), LINUX: (16, 8, {"a": 0, "b": (64, 40)})})


def test_types_of_another_size_share_no_unit_at_microsoft() -> None:
    """ "C Bit Fields", and gcc's manual on -mms-bitfields, rule 3: of the same size."""
    text = "struct S { a: u8 : 3, b: u16 : 3, c: i16 : 3 }"
    mixed: Numbers = (2, 2, {"a": (0, 3), "b": (3, 3), "c": (6, 3)})
    apart: Numbers = (4, 2, {"a": (0, 3), "b": (16, 3), "c": (19, 3)})
    check(text, {LINUX: mixed, ARM: mixed, MINGW: apart, MSVC: apart})


def test_units_are_taken_whole_at_microsoft() -> None:
    """The same: what follows comes behind the unit, not behind the last used byte."""
    text = "struct S { a: u32 : 3, b: u8 }"
    check(
        text,
        {
            LINUX: (4, 4, {"a": (0, 3), "b": 1}),
            MSVC: (8, 4, {"a": (0, 3), "b": 4}),
            MINGW: (8, 4, {"a": (0, 3), "b": 4}),
        },
    )


def test_a_plain_member_ends_the_unit_at_microsoft() -> None:
    """The same: only neighbours share."""
    text = "struct S { a: u32 : 3, b: u32, c: u32 : 3 }"
    apart: Numbers = (12, 4, {"a": (0, 3), "b": 4, "c": (64, 3)})
    check(text, {LINUX: apart, MSVC: apart, MINGW: apart})


def test_bool() -> None:
    """A bit-field of ``_Bool`` lies in a byte."""
    text = "struct S { a: bool : 1, b: bool : 1, c: u32 : 1 }"
    check(
        text,
        {
            LINUX: (4, 4, {"a": (0, 1), "b": (1, 1), "c": (2, 1)}),
            MSVC: (8, 4, {"a": (0, 1), "b": (1, 1), "c": (32, 1)}),
        },
    )


@pytest.mark.parametrize("triple", [LINUX, APPLE, ARM, S390X, MINGW, MSVC])
def test_zero_width_closes_the_unit(triple: str) -> None:
    """C11 6.7.2.1p12."""
    text = "struct S { a: u32 : 3, _: u32 : 0, b: u32 : 3 }"
    assert numbers(text, triple) == (8, 4, {"a": (0, 3), "b": (32, 3)})


def test_unnamed_ones_align_the_struct_on_arm() -> None:
    """AAPCS32 8.1.8.4 and AAPCS64 10.1.8.4: any bit-field's container aligns the aggregate. Other
    System V compilers, and Apple's, leave unnamed ones out."""
    padded: Numbers = (4, 1, {"a": 0, "b": 3})
    aligned: Numbers = (4, 4, {"a": 0, "b": 3})
    text = "struct S { a: u8, _: u32 : 16, b: u8 }"
    check(text, {LINUX: padded, APPLE: padded, ARM: aligned, ARM64: aligned})


def test_zero_width_ones_align_the_struct_on_arm() -> None:
    """The same rules; elsewhere they move what follows and nothing else."""
    text = "struct S { a: u8, _: u32 : 0, b: u8 }"
    moved: Numbers = (5, 1, {"a": 0, "b": 4})
    aligned: Numbers = (8, 4, {"a": 0, "b": 4})
    check(text, {LINUX: moved, APPLE: moved, ARM: aligned, ARM64: aligned})


def test_zero_width_behind_a_plain_member_is_nothing_at_microsoft() -> None:
    """gcc's manual on -mms-bitfields: "ignored unless it follows another bit-field"."""
    check(
        "struct S { a: u8, _: u32 : 0, b: u8 }",
        dict.fromkeys((MINGW, MSVC), (2, 1, {"a": 0, "b": 1})),
    )
    check(
        "struct S { a: u8 : 3, _: u32 : 0, b: u8 }",
        dict.fromkeys((MINGW, MSVC), (8, 4, {"a": (0, 3), "b": 4})),
    )


def test_in_packed_structs_they_may_cross_boundaries() -> None:
    """gcc and clang: under ``#pragma pack`` a bit-field goes where the last one ended. Microsoft
    still opens a new unit, which then need not be aligned."""
    text = "@packed struct S { a: u32 : 20, b: u32 : 13, c: u8 }"
    crossing: Numbers = (6, 1, {"a": (0, 20), "b": (20, 13), "c": 5})
    units: Numbers = (9, 1, {"a": (0, 20), "b": (32, 13), "c": 8})
    check(text, {LINUX: crossing, ARM: crossing, MINGW: units, MSVC: units, MSVC_32: units})


def test_a_limit_that_limits_nothing_lets_them_cross_as_well() -> None:
    """gcc and clang ask whether there is a ``#pragma pack``, not what it says."""
    text = "@packed(8) struct S { a: u32 : 20, b: u32 : 13 }"
    check(
        text,
        {LINUX: (8, 4, {"a": (0, 20), "b": (20, 13)}), MSVC: (8, 4, {"a": (0, 20), "b": (32, 13)})},
    )


def test_packing_does_not_limit_zero_width_ones() -> None:
    """gcc and clang: it moves what follows as far as unpacked. Microsoft's compiler: it does."""
    text = "@packed struct S { a: u8 : 3, _: u32 : 0, b: u8 }"
    moved: Numbers = (5, 1, {"a": (0, 3), "b": 4})
    check(text, {LINUX: moved, ARM: (8, 4, moved[2]), MSVC: (2, 1, {"a": (0, 3), "b": 1})})


def test_closing_a_packed_unit_on_mingw() -> None:
    """clang's ms_struct: from the last used bit, not from the end of the unit. gcc's closes less,
    which is why the construct is disputed there."""
    text = "@packed struct S { a: u8, b: u32 : 3, _: u32 : 0, c: u32 : 3 }"
    assert numbers(text, MINGW) == (8, 4, {"a": 0, "b": (8, 3), "c": (32, 3)})


def test_in_unions_each_starts_at_the_start() -> None:
    """System V: as many bytes as the bits need, aligned as the type. Microsoft (as clang has it):
    the whole type, which aligns nothing."""
    text = "union S { a: u32 : 3, b: u8 : 5 }"
    places: dict[str, Where] = {"a": (0, 3), "b": (0, 5)}
    check(text, {LINUX: (4, 4, places), ARM: (4, 4, places), MSVC: (4, 1, places)})


def test_bits_are_counted_as_the_target_does() -> None:
    """s390x ELF ABI, "Bit-Fields": from the most significant end; so the numbers stay the same."""
    text = "struct S { a: u8, b: u32 : 4, c: u32 : 20 }"
    check(text, dict.fromkeys((LINUX, S390X), (4, 4, {"a": 0, "b": (8, 4), "c": (12, 20)})))


def test_inside_nested_members_they_count_from_the_outermost() -> None:
    text = "struct S { a: u32, in: struct { x: u8, y: u8 : 3 } }"
    assert numbers(text, LINUX) == (8, 4, {"a": 0, "in": 4, "in.x": 4, "in.y": (40, 3)})


def test_a_bit_field_of_an_alias_is_one_of_its_type() -> None:
    text = "type Word = u16; struct S { a: Word : 9, b: Word : 9 }"
    assert numbers(text, LINUX) == (4, 2, {"a": (0, 9), "b": (16, 9)})
