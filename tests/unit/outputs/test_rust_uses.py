"""A module imports what it spells, and not what it leaves out."""

from __future__ import annotations

import pytest

from abilock.outputs.rust.uses import used_conventions, used_scalars
from support.library import library_of


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("struct S { a: u8, b: [c_long; 2] }", "u8 c_long"),
        ("struct S { a: u8, _: struct { b: wchar_t } }", "u8 wchar_t"),
        ("struct S { a: u8 : 3, _: u32 : 0 }", "u8"),
        ("vtable V { state: *mut void, fn f(self: mut) -> i32; }", "c_void i32"),
        ("callback C();", ""),
        ("callback C(a: c_char) -> c_int;", "c_char c_int"),
        ('extern "vectorcall" callback C(a: c_char) -> c_int;', "c_void"),
        ("const A: u16 = 1;", "u16"),
        ("enum E: u16 { X }", ""),
        ("enum E: c_long { X }", "c_long"),
        ("open enum E: u16 { X }", "u16"),
        ("entry static level: c_int;", "c_int"),
    ],
)
def test_scalars(text: str, names: str) -> None:
    assert used_scalars(library_of(text)) == frozenset(names.split())


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('extern "stdcall" callback C();', "stdcall"),
        ('extern "C" callback C(a: c_int, ...);', ""),
        ('callback C(a: extern "aapcs" fn(a: u8) @scope(call));', "C aapcs"),
        ('vtable V { state: *mut void, extern "win64" fn f(self: mut); }', "win64"),
        ('entry extern "system" fn open();', "system"),
        ('struct S { f: extern "sysv64" fn() }', "sysv64"),
    ],
)
def test_conventions(text: str, names: str) -> None:
    assert used_conventions(library_of(text)) == frozenset(names.split())
