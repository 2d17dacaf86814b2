"""Which calls C carries by itself, and which it leaves to Python from the beginning."""

from __future__ import annotations

import pytest

from abilock.outputs.cffi.cdef import cffi_naming
from abilock.outputs.cffi.natives import Native
from abilock.outputs.cffi.package import Package
from support.library import library_of

TEXT = """
allocator heap = malloc/free;
@string(ptr, len) struct Str {{ ptr: *const char, len: usize }}
@string(ptr, len) struct Tagged {{ ptr: *const char, len: usize, tag: u32 }}
@string(ptr, len, cap) @owned(heap) struct Owned {{ ptr: *mut char, len: usize, cap: usize }}
@bytes(ptr, len) struct Room {{ ptr: *mut u8, len: usize }}
@list(ptr, len) struct Numbers {{ ptr: *const i32, len: usize }}
struct Pair {{ a: i32, b: i32 }}
enum Color {{ Red = 0, Green = 1 }}
callback Visit(@ctx ctx: *mut void, number: i32);
vtable Table {{
    state: *mut void,
    {slot}
    drop fn drop(self: own);
}}
entry fn done(text: *mut char);
"""


def native(slot: str) -> Native | None:
    library = library_of(TEXT.format(slot=slot))
    package = Package(library, cffi_naming(library))
    known = package.natives.types()
    made = [package.natives.native(*each, known) for each in package.crossing.calls()]
    (only,) = made
    return only


def whole(slot: str) -> str:
    made = native(slot)
    assert made is not None
    return "\n".join((*made.declarations, *made.body))


@pytest.mark.parametrize(
    "parameters",
    [
        "",
        "a: i8, b: u64, c: bool, d: f32, e: Color, f: c_char, g: c_long",
        "a: Str, b: *const Str, c: *const Str?",
        "a: *const char @nul, b: *const char? @nul, c: *const char @nul @encoding(latin1)",
        "a: *const u8 @len(n), n: u32",
        "a: *const u8 @len(4)",
        "a: *const i32, b: *const Color?",
        "a: *const void, b: *mut void?",
        "a: *mut i32 @out, b: *mut Owned @out, c: *mut Pair @out",
    ],
)
def test_arguments_that_c_takes_apart(parameters: str) -> None:
    assert native(f"fn f(self: const{', ' if parameters else ''}{parameters});") is not None


@pytest.mark.parametrize(
    "parameters",
    [
        "a: wchar_t",
        "a: Tagged",
        "a: Owned",
        "a: Room",
        "a: Numbers",
        "a: Pair",
        "a: *const i32 @len(n), n: u32",
        "a: *mut u8 @len(n), n: u32",
        "a: *const u8 @len(n), b: *const u8 @len(n), n: u32",
        "a: *const u8 @len(n * 2), n: u32",
        "a: own *mut char @nul @owned(heap)",
        "visit: Visit @ctx(ctx) @scope(call), ctx: *mut void",
        "a: i32, ...",
        ", ".join(f"a{number}: *mut i32 @out" for number in range(17)),
    ],
)
def test_arguments_that_are_python_s(parameters: str) -> None:
    assert native(f"fn f(self: const, {parameters});") is None


@pytest.mark.parametrize(
    ("result", "has_after"),
    [
        ("i32", False),
        ("bool", False),
        ("f64", False),
        ("*const void", False),
        ("i32 @none(-1)", False),
        ("*const char? @nul @until(drop)", False),
        # Only where it is longer than Python's sizes, or where its allocator is none of C's.
        ("Str @until(drop)", True),
        ("Owned", True),
        # Always.
        ("Color", True),
        ("Pair", True),
        ("Numbers @until(drop)", True),
        ("Room @until(drop)", True),
        ("own *mut char @nul @free(done)", True),
    ],
)
def test_what_comes_after(result: str, has_after: bool) -> None:
    made = native(f"fn f(self: const) -> {result};")
    assert made is not None
    assert made.has_after == has_after


def test_only_what_blocks_lets_others_run() -> None:
    assert "PyEval_SaveThread" not in whole("fn f(self: const);")
    body = whole("@blocking fn f(self: const) -> i32;")
    assert body.index("SaveThread") < body.index("abi_table->f(") < body.index("RestoreThread")


def test_slots_that_may_be_missing() -> None:
    assert "abi_table->f == NULL" not in whole("fn f(self: const);")
    assert "|| abi_table->f == NULL" in whole("optional fn f(self: const);")
    made = native("@since(0.9.1) fn f(self: const);")
    assert made is not None
    assert made.since == "(0, 9, 1, 1)"


def test_failures_are_told_by_what_the_slot_says() -> None:
    assert "if (abi_signed(abi_result) != 0)" in whole("@ok(0) fn f(self: const) -> i32;")
    assert "if (!(abi_signed(abi_result) == 0 || abi_signed(abi_result) == 1))" in whole(
        "@ok(0, 1) fn f(self: const) -> i32;"
    )
    assert "if (abi_signed(abi_result) < 0)" in whole("@fails(< 0) fn f(self: const) -> i64;")
    assert "if (abi_unsigned(abi_result) == 18446744073709551615ull)" in whole(
        "@fails(18446744073709551615) fn f(self: const) -> u64;"
    )
    assert "if (abi_result == NULL)" in whole("@fails(null) fn f(self: const) -> *const void?;")
