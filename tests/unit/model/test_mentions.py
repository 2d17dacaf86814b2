"""Types are found wherever a declaration has them."""

from __future__ import annotations

import pytest

from abilock.model.decls import Declaration
from abilock.model.mentions import direct_types, mentioned_types
from abilock.model.types import FunctionPointer, Named, Nested, Scalar
from support.library import library_of

LIBRARY = library_of(
    """
    opaque Hidden;
    const A: u8 = 1;
    enum E: u16 { X }
    type T = [*const u32; 2];
    callback C(a: u8, b: (fn(i16) -> f32) @scope(call)) -> i64;
    struct S { a: u8, _: struct { b: [i8; 3], c: T }, _: u32 : 0, d: u32 : 3 }
    vtable V { state: *mut void, fn f(self: mut, a: i32) -> bool; }
    entry fn open(a: *const Hidden) -> u64;
    entry static level: i32;
    """
)


def named(name: str) -> Declaration:
    return next(each for each in LIBRARY.declarations if each.name == name)


@pytest.mark.parametrize(
    ("name", "leaves"),
    [
        ("Hidden", ""),
        ("A", ""),
        ("E", "u16"),
        ("T", "u32"),
        ("C", "u8 i16 f32 i64"),
        ("S", "u8 i8 T u32 u32"),
        ("V", "i32 bool"),
        ("open", "Hidden u64"),
        ("level", "i32"),
    ],
)
def test_every_type_is_found_in_order(name: str, leaves: str) -> None:
    found = mentioned_types(named(name))
    assert [each.name for each in found if isinstance(each, Scalar | Named)] == leaves.split()


def test_types_around_others_are_mentioned_too() -> None:
    assert [type(each).__name__ for each in mentioned_types(named("T"))] == [
        "Array",
        "Pointer",
        "Scalar",
    ]


@pytest.mark.parametrize("name", ["C", "V", "open"])
def test_functions_are_mentioned_as_pointers(name: str) -> None:
    assert any(isinstance(each, FunctionPointer) for each in direct_types(named(name)))


def test_one_level_alone() -> None:
    direct = list(direct_types(named("S")))
    assert [type(each) for each in direct] == [Scalar, Nested, Scalar, Scalar]


def test_a_step_decides_how_deep_to_look() -> None:
    found = mentioned_types(
        named("S"), lambda part: iter(()) if isinstance(part, Nested) else direct_types(part)
    )
    assert [type(each) for each in found] == [Scalar, Nested, Scalar, Scalar]
