"""Expressions have the values that C and Rust give them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abilock.model.decls import Constant, EnumDecl
from support.library import codes_of, library_of


def value_of(expression: str, type_: str = "i64") -> int:
    found = library_of(f"const X: {type_} = {expression};").find("X")
    assert isinstance(found, Constant)
    assert isinstance(found.value, int)
    return found.value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("4 * 2", 8),
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("-7 / 2", -3),  # truncation, not floor
        ("-7 % 2", -1),
        ("7 % -2", 1),
        ("1 << 4 | 3", 19),
        ("6 & 3 ^ 1 | 8", 11),
        ("~0", -1),
        ("0xf_f", 255),
        ("0b1010_1010", 170),
        ("0o17", 15),
        ("1_000", 1000),
        ("u8::MAX + 1", 256),
        ("i32::MIN", -(1 << 31)),
        ("- -3", 3),
        ("-8 >> 1", -4),
    ],
)
def test_value(expression: str, value: int) -> None:
    assert value_of(expression) == value


@given(left=st.integers(-1000, 1000), right=st.integers(-50, 50).filter(bool))
def test_division_is_that_of_c(left: int, right: int) -> None:
    quotient = value_of(f"{left} / ({right})")
    remainder = value_of(f"{left} % ({right})")
    assert quotient * right + remainder == left
    assert abs(remainder) < abs(right)
    assert remainder == 0 or (remainder < 0) == (left < 0)


@pytest.mark.parametrize(
    "expression", ["1 / 0", "1 % 0", "1 << 200", "1 >> -1", "1 << 100 << 100", "-(1 << 127) * 4"]
)
def test_expression_without_value(expression: str) -> None:
    assert codes_of(f"const X: i64 = {expression};") == ["A0305"]


@pytest.mark.parametrize(
    ("type_", "least", "greatest"),
    [
        ("u8", 0, 255),
        ("i16", -(1 << 15), (1 << 15) - 1),
        ("u64", 0, (1 << 64) - 1),
        ("c_int", -(1 << 31), (1 << 31) - 1),
        ("c_char", -128, 255),
        ("usize", 0, (1 << 64) - 1),
    ],
)
def test_range(type_: str, least: int, greatest: int) -> None:
    assert value_of(str(least), type_) == least
    assert value_of(str(greatest), type_) == greatest
    assert codes_of(f"const X: {type_} = {least} - 1;") == ["A0302"]
    assert codes_of(f"const X: {type_} = {greatest} + 1;") == ["A0302"]


def test_enum_values_count_on() -> None:
    found = library_of("const BASE: u32 = 4; enum E: u8 { A, B = BASE, C, D = A }").find("E")
    assert isinstance(found, EnumDecl)
    assert [(value.name, value.value, value.alias_of) for value in found.values] == [
        ("A", 0, None),
        ("B", 4, None),
        ("C", 5, None),
        ("D", 0, "A"),
    ]


def test_a_constant_may_name_an_enum_value() -> None:
    assert value_of("7") == 7
    found = library_of("const X: u32 = E::B + 1; enum E { A, B = 6 }").find("X")
    assert isinstance(found, Constant)
    assert found.value == 7


def test_a_long_chain_of_constants() -> None:
    count = 3000
    lines = [f"const C{i}: u32 = C{i + 1};" for i in range(count)] + [f"const C{count}: u32 = 5;"]
    found = library_of("\n".join(lines)).find("C0")
    assert isinstance(found, Constant)
    assert found.value == 5


def test_implicit_value_out_of_range() -> None:
    assert codes_of("enum E: u8 { A = 255, B }") == ["A0302"]


def test_flags_count_in_bits() -> None:
    found = library_of("flags F: u8 { A, B, C = 0x10, D, BOTH = A | B }").find("F")
    assert isinstance(found, EnumDecl)
    assert [value.value for value in found.values] == [1, 2, 0x10, 0x20, 3]
