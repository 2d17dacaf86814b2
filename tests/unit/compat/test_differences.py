"""Each kind of change is found where it was made, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given

from abilock.compat.changes import Change
from abilock.compat.differences import differences
from abilock.model.decls import Library
from support.library import library_of
from support.models import libraries

_VERSION = " struct V { @version v: u32 } entry static v: V;"

#: A description, what of it is written another way, and the changes.
CASES: dict[str, tuple[str, str, list[str]]] = {
    "a slot inserted": (
        "vtable V { state: *mut void, fn a(self: const); fn b(self: const); }",
        "vtable V { state: *mut void, fn a(self: const); fn n(self: const); fn b(self: const); }",
        ["slot-inserted V.n"],
    ),
    "a slot appended": (
        "vtable V { state: *mut void, fn a(self: const); }",
        "vtable V { state: *mut void, fn a(self: const); fn n(self: const); }",
        ["slot-appended V.n"],
    ),
    "a slot removed": (
        "vtable V { state: *mut void, fn a(self: const); fn b(self: const, x: u8); }",
        "vtable V { state: *mut void, fn b(self: const, x: u8); }",
        ["slot-removed V.a"],
    ),
    "two slots swapped": (
        "vtable V { state: *mut void, fn a(self: const); fn b(self: const); fn c(self: const); }",
        "vtable V { state: *mut void, fn c(self: const); fn b(self: const); fn a(self: const); }",
        ["slots-swapped V.a c"],
    ),
    "a slot moved": (
        "vtable V { state: *mut void, fn a(self: const); fn b(self: const); fn c(self: const); }",
        "vtable V { state: *mut void, fn b(self: const); fn c(self: const); fn a(self: const); }",
        ["slot-moved V.a"],
    ),
    "a slot moved and renamed, as what is said of it tells": (
        "vtable V { state: *mut void, /// Counts the coins.\nfn a(self: const);"
        " fn b(self: const); fn c(self: const); }",
        "vtable V { state: *mut void, fn b(self: const); fn c(self: const);"
        " /// Counts all coins.\nfn n(self: const); }",
        ["slot-moved V.n a"],
    ),
    "a slot moved and renamed, as its name tells": (
        "vtable V { state: *mut void, fn count_coins(self: const); fn b(self: const);"
        " fn c(self: const); }",
        "vtable V { state: *mut void, fn b(self: const); fn c(self: const);"
        " fn coin_count(self: const); fn countCoins(self: const); }",
        ["slot-inserted V.coin_count", "slot-moved V.countCoins count_coins"],
    ),
    "a slot moved and renamed, as no other is called so": (
        "vtable V { state: *mut void, fn a(self: const, of: u8); fn b(self: const); }",
        "vtable V { state: *mut void, fn b(self: const); fn n(self: const, of: u8); }",
        ["slot-moved V.n a"],
    ),
    "a slot that is gone, and another that others are called like": (
        "vtable V { state: *mut void, fn a(self: const, of: u8); fn b(self: const, of: u8);"
        " fn c(self: const); }",
        "vtable V { state: *mut void, fn b(self: const, of: u8); fn c(self: const);"
        " fn n(self: const, of: u8); }",
        ["slot-removed V.a", "slot-appended V.n"],
    ),
    "a slot that is gone, and another of which something else is said": (
        "vtable V { state: *mut void, /// Counts the coins.\nfn a(self: const, of: u8);"
        " fn b(self: const); }",
        "vtable V { state: *mut void, fn b(self: const);"
        " /// Shuts the door.\nfn n(self: const, of: u8); }",
        ["slot-removed V.a", "slot-appended V.n"],
    ),
    "a slot that is gone, and two that could be it": (
        "vtable V { state: *mut void, /// Counts coins.\nfn a(self: const); fn b(self: const, x: u8); }",
        "vtable V { state: *mut void, fn b(self: const, x: u8);"
        " /// Counts coins.\nfn n(self: const); /// Counts coins.\nfn m(self: const); }",
        ["slot-removed V.a", "slot-appended V.n", "slot-appended V.m"],
    ),
    "a slot renamed behind a new one": (
        "vtable V { state: *mut void, /// Counts coins.\nfn a(self: const); fn b(self: const, x: u8); }",
        "vtable V { state: *mut void, fn x(self: const) -> u32;"
        " /// Counts coins.\nfn n(self: const); fn b(self: const, x: u8); }",
        ["slot-inserted V.x", "slot-renamed V.n"],
    ),
    "a field moved and renamed": (
        "struct S { /// How many there are.\ncount: u32, x: u64, y: u32 }",
        "struct S { x: u64, y: u32, /// How many there are.\nlength: u32 }",
        ["field-moved S.length count"],
    ),
    "a slot renamed": (
        "vtable V { state: *mut void, fn a(self: const) -> u8; fn b(self: const); }",
        "vtable V { state: *mut void, fn n(self: const) -> u8; fn b(self: const); }",
        ["slot-renamed V.n"],
    ),
    "a slot that another one replaces": (
        "vtable V { state: *mut void, fn a(self: const) -> u8; fn b(self: const); }",
        "vtable V { state: *mut void, fn n(self: const, x: u64); fn b(self: const); }",
        ["slot-replaced V.n a"],
    ),
    "a slot that may be missing": (
        "vtable V { state: *mut void, fn a(self: const); }",
        "vtable V { state: *mut void, optional fn a(self: const); }",
        ["slot-made-optional V.a"],
    ),
    "a slot's self": (
        "vtable V { state: *mut void, fn a(self: const); }",
        "vtable V { state: *mut void, fn a(self: mut); }",
        ["receiver-changed V.a"],
    ),
    "a slot's parameter added": (
        "vtable V { state: *mut void, fn a(self: const, x: u8); }",
        "vtable V { state: *mut void, fn a(self: const, x: u8, y: u8); }",
        ["parameter-added V.a.y"],
    ),
    "a slot's result widened": (
        "vtable V { state: *mut void, fn a(self: const) -> u32; }",
        "vtable V { state: *mut void, fn a(self: const) -> u64; }",
        ["width-changed V.a.return"],
    ),
    "two parameters of one type swapped": (
        "callback C(a: u32, b: u32);",
        "callback C(b: u32, a: u32);",
        ["parameters-swapped C.a b"],
    ),
    "a parameter renamed": (
        "callback C(a: u32);",
        "callback C(b: u32);",
        ["parameter-renamed C.b"],
    ),
    "a renamed parameter that attributes name": (
        "callback C(data: *const u8 @len(n), n: u32);",
        "callback C(data: *const u8 @len(size), size: u32);",
        ["parameter-renamed C.size"],
    ),
    "a callback's result": (
        "callback C(a: u32);",
        "callback C(a: u32) -> bool;",
        ["result-added C.return"],
    ),
    "a calling convention": (
        "struct S { f: fn(a: i32) }",
        'struct S { f: extern "stdcall" fn(a: i32) }',
        ["convention-changed S.f"],
    ),
    "a variadic function": (
        "struct S { f: fn(a: i32) }",
        "struct S { f: fn(a: i32, ...) }",
        ["variadic-changed S.f"],
    ),
    "a function behind a pointer": (
        "struct S { f: *mut (fn(a: i32)) }",
        "struct S { f: *mut (fn(a: i32, b: i32)) }",
        ["parameter-added S.f.b"],
    ),
    "an enumerator appended": (
        "open enum E: u8 { A, B }",
        "open enum E: u8 { A, B, C }",
        ["value-added E.C"],
    ),
    "an enumerator inserted before others": (
        "enum E { A, B }",
        "enum E { N, A, B }",
        ["value-inserted E.N", "value-renumbered E.A", "value-renumbered E.B"],
    ),
    "an enumerator removed": ("enum E { A, B }", "enum E { A }", ["value-removed E.B"]),
    "an enumerator renamed": ("enum E { A, B }", "enum E { A, C }", ["value-renamed E.C"]),
    "an enum's width": ("enum E: u8 { A }", "enum E: u16 { A }", ["enum-width-changed E"]),
    "an enum's sign": ("enum E: u8 { A }", "enum E: i8 { A }", ["enum-sign-changed E"]),
    "an enum that is open": ("enum E: u8 { A }", "open enum E: u8 { A }", ["enum-opened E"]),
    "a field appended": (
        "struct S { a: u8 }",
        "struct S { a: u8, b: u8 }",
        ["field-appended S.b"],
    ),
    "a field inserted": (
        "struct S { a: u8, c: u32 }",
        "struct S { a: u8, b: u8, c: u32 }",
        ["field-inserted S.b"],
    ),
    "two fields swapped": (
        "struct S { a: u8, b: u8 }",
        "struct S { b: u8, a: u8 }",
        ["fields-swapped S.a b"],
    ),
    "a field renamed": ("struct S { a: u8 }", "struct S { b: u8 }", ["field-renamed S.b"]),
    "a field's sign": ("struct S { a: u8 }", "struct S { a: i8 }", ["sign-changed S.a"]),
    "a field's width on some targets": (
        "struct S { a: c_long }",
        "struct S { a: i64 }",
        ["target-scalar-changed S.a"],
    ),
    "a field that is a float": (
        "struct S { a: u32 }",
        "struct S { a: f32 }",
        ["value-kind-changed S.a"],
    ),
    "a nested struct": (
        "struct S { a: struct { x: u8 } }",
        "struct S { a: struct { x: u8, y: u8 } }",
        ["field-appended S.a.y"],
    ),
    "a struct inside another": (
        "struct I { x: u8 } struct S { i: I }",
        "struct I { x: u8, y: u8 } struct S { i: I }",
        ["field-appended I.y"],
    ),
    "a reserved field put to use": (
        "struct S { a: u32, @reserved(zero) spare: u32 }",
        "struct S { a: u32, flags: u32 }",
        ["reserved-used S.flags"],
    ),
    "an array's length": (
        "struct S { a: [u8; 4] }",
        "struct S { a: [u8; 8] }",
        ["array-length-changed S.a"],
    ),
    "packing": ("struct S { a: u8 }", "@packed struct S { a: u8 }", ["packing-changed S"]),
    "an alignment": ("struct S { a: u8 }", "@align(8) struct S { a: u8 }", ["alignment-changed S"]),
    "a field's alignment": (
        "struct S { a: u8 }",
        "struct S { @align(8) a: u8 }",
        ["field-alignment-changed S.a"],
    ),
    "a bit-field's width": (
        "struct S { a: u32 : 3 }",
        "struct S { a: u32 : 4 }",
        ["bit-width-changed S.a"],
    ),
    "a union's member": (
        "union U { a: u8 }",
        "union U { b: u32, a: u8 }",
        ["union-member-added U.b"],
    ),
    "a struct that is a union": (
        "struct S { a: u8, b: u8 }",
        "union S { a: u8, b: u8 }",
        ["type-retargeted S"],
    ),
    "an opaque type that is a struct": (
        "opaque S;",
        "struct S { a: u8 }",
        ["type-retargeted S"],
    ),
    "a pointee that is const": (
        "struct S { a: *mut u8 }",
        "struct S { a: *const u8 }",
        ["pointee-made-const S.a"],
    ),
    "a pointer that may be null": (
        "struct S { a: *mut u8 }",
        "struct S { a: *mut u8? }",
        ["null-allowed S.a"],
    ),
    "a pointer's depth": (
        "struct S { a: *mut u8 }",
        "struct S { a: *mut (*mut u8) }",
        ["pointer-depth-changed S.a"],
    ),
    "a pointer to something else": (
        "struct S { a: *mut u8 }",
        "struct S { a: *mut u32 }",
        ["pointee-changed S.a"],
    ),
    "an entry added": ("entry fn f();", "entry fn f(); entry fn g();", ["entry-added g"]),
    "an entry that is a variable": (
        "entry fn f();",
        "entry static f: u32;",
        ["entry-retargeted f"],
    ),
    "an entry that is a variable, and what is said of functions": (
        "@thread(any) @blocking entry fn f();",
        "entry static f: u32;",
        ["entry-retargeted f"],
    ),
    "a parameter that the function speaks of": (
        "@object(state) vtable V { state: *mut void, @error(why) fn f(self: const, why: *mut E) -> bool; }"
        " @error_buffer(text) struct E { text: [u8; 8], n: u32 }",
        "@object(state) vtable V { state: *mut void, @error(out) fn f(self: const, out: *mut E) -> bool; }"
        " @error_buffer(text) struct E { text: [u8; 8], n: u32 }",
        ["parameter-renamed V.f.out"],
    ),
    "a parameter that a result speaks of": (
        "entry fn f(n: u32) -> *const u8 @len(n);",
        "entry fn f(count: u32) -> *const u8 @len(count);",
        ["parameter-renamed f.count"],
    ),
    "a field that another one speaks of": (
        "struct S { data: *const u8 @len(n), n: u32 }",
        "struct S { data: *const u8 @len(count), count: u32 }",
        ["field-renamed S.count"],
    ),
    "an enum that functions speak of": (
        "open enum E: i32 { OK = 0 } @errors(E) @ok(0) entry fn f() -> i32;",
        "open enum F: i32 { OK = 0 } @errors(F) @ok(0) entry fn f() -> i32;",
        ["type-renamed F"],
    ),
    "a value that functions speak of": (
        "open enum E: i32 { OK = 0, BAD = 1 } @ok(OK) entry fn f() -> E;",
        "open enum E: i32 { FINE = 0, BAD = 1 } @ok(FINE) entry fn f() -> E;",
        ["value-renamed E.FINE"],
    ),
    "another value of the same enum": (
        "open enum E: i32 { OK = 0, BAD = 1 } @ok(OK) entry fn f() -> E;",
        "open enum E: i32 { OK = 0, BAD = 1 } @ok(BAD) entry fn f() -> E;",
        ["success-value-changed f ok"],
    ),
    "a constant that loaders compare": (
        "compat integer(N); const N: u32 = 1;" + _VERSION,
        "compat integer(M); const M: u32 = 1;" + _VERSION,
        ["constant-renamed M"],
    ),
    "another constant that loaders compare": (
        "compat integer(N); const N: u32 = 1; const M: u32 = 1;" + _VERSION,
        "compat integer(M); const N: u32 = 1; const M: u32 = 1;" + _VERSION,
        ["compat-changed test"],
    ),
    "what is said of a constant": (
        "const N: u32 = 1;",
        '@deprecated(1.2.0, "use another") const N: u32 = 1;',
        ["made-deprecated N deprecated"],
    ),
    "bytes that are text": (
        "@bytes(p, n) struct B { p: *const u8?, n: usize } entry fn f(b: B);",
        "@bytes(p, n) struct B { p: *const u8?, n: usize } entry fn f(b: B @encoding(utf8));",
        ["encoding-changed f.b encoding"],
    ),
    "plain bytes that are text": (
        "entry fn f(b: *const u8 @len(n), n: usize);",
        "entry fn f(b: *const u8 @len(n) @encoding(utf8), n: usize);",
        ["encoding-changed f.b encoding"],
    ),
    "a variable's type": (
        "entry static v: u32;",
        "entry static v: u64;",
        ["width-changed v"],
    ),
    "a variable that is const": (
        "entry static v: u32;",
        "entry static const v: u32;",
        ["variable-made-const v"],
    ),
    "a constant's value": (
        "const N: u32 = 1;",
        "const N: u32 = 2;",
        ["constant-value N"],
    ),
    "a constant that is an array's length": (
        "const N: u32 = 1; struct S { a: [u8; N] }",
        "const N: u32 = 2; struct S { a: [u8; N] }",
        ["constant-value N", "array-length-changed S.a"],
    ),
    "a struct renamed": (
        "struct S { a: u8 } entry fn f(s: *const S);",
        "struct T { a: u8 } entry fn f(s: *const T);",
        ["type-renamed T"],
    ),
    "a struct renamed that points to itself": (
        "struct S { next: *mut S? } entry fn f(s: *const S);",
        "struct T { next: *mut T? } entry fn f(s: *const T);",
        ["type-renamed T"],
    ),
    "a length that another parameter says": (
        "callback C(data: *const u8 @len(a), a: u32, b: u32);",
        "callback C(data: *const u8 @len(b), a: u32, b: u32);",
        ["length-changed C.data len"],
    ),
    "an allocator": (
        "allocator heap = malloc/free; struct S { a: u8 }",
        "allocator heap = malloc/free @unix, process_heap @windows; struct S { a: u8 }",
        ["allocator-changed heap"],
    ),
    "another name of a pointer that may be null": (
        "type A = *mut u8; struct S { a: A }",
        "type A = *mut u8; struct S { a: A? }",
        ["null-allowed S.a"],
    ),
    "what another name stands for": (
        "type A = u8; struct S { a: A, b: *const A, c: u8 }",
        "type A = u16; struct S { a: A, b: *mut A, c: u8 }",
        ["width-changed A", "pointee-made-mutable S.b"],
    ),
    "a target": (
        'targets "x86_64-unknown-linux-gnu"; struct S { a: u8 }',
        'targets "x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"; struct S { a: u8 }',
        ["target-added aarch64-unknown-linux-gnu"],
    ),
    "a higher version in a constant": (
        '@version const SDK: str = "1.2.0"; const N: u8 = 1;',
        '@version const SDK: str = "1.3.0"; const N: u8 = 1;',
        [],
    ),
    "a lower version in a constant": (
        '@version const SDK: str = "1.3.0";',
        '@version const SDK: str = "1.2.0";',
        ["version-lowered test"],
    ),
    "a result that another type took the place of": (
        "struct R { p: own *mut u8? } entry fn f() -> own *mut u8?;",
        "struct R { p: own *mut u8? } entry fn f() -> R;",
        ["type-changed f.return"],
    ),
    "a lower version": (
        "abi test 1.2.0; struct S { a: u8 }",
        "abi test 1.1.9; struct S { a: u8 }",
        ["version-lowered test"],
    ),
    "a rule": (
        "abi test 1.2.0; compat semver; struct S { a: u8 }",
        "abi test 1.2.0; compat exact; struct S { a: u8 }",
        ["compat-changed test"],
    ),
}

#: Descriptions that say the same.
SAME = {
    "docs": ("struct S { a: u8 }", "/// Words.\nstruct S { /** More. */ a: u8 }"),
    "order": ("struct S { a: u8 } struct T { b: u8 }", "struct T { b: u8 } struct S { a: u8 }"),
    "an alias": ("struct S { a: u8 }", "type Byte = u8; struct S { a: Byte }"),
    "an alias's name": (
        "type A = *mut u8; struct S { a: A? }",
        "type B = *mut u8?; struct S { a: B }",
    ),
    "an alias that nothing uses": ("type A = u8; type B = A;", "type A = u16; type B = A;"),
    "the order of unnamed members": (
        "union U { _: struct { a: u8, b: u32 }, _: struct { c: u64 } }",
        "union U { _: struct { c: u64 }, _: struct { a: u8, b: u32 } }",
    ),
    "names in Python": ("struct S { a: u8 }", '@py("T") struct S { a: u8 }'),
    "the order of enumerators": ("enum E { A = 0, B = 1 }", "enum E { B = 1, A = 0 }"),
    "the order of a union's members": ("union U { a: u8, b: u32 }", "union U { b: u32, a: u8 }"),
    "what holds anyway": (
        "entry fn f(p: *const char @nul);",
        "entry fn f(p: *const char @nul @encoding(utf8));",
    ),
    "a constant's spelling": ("const N: u32 = 16;", "const N: u32 = 0x8 << 1;"),
}


def told(changes: tuple[Change, ...]) -> list[str]:
    return [f"{each.kind.value} {each.subject} {each.detail}".rstrip() for each in changes]


@pytest.mark.parametrize("name", CASES)
def test_each_kind_of_change_is_found(name: str) -> None:
    old, new, expected = CASES[name]
    found = differences(library_of(old), library_of(new))
    assert sorted(told(found)) == sorted(expected)


@pytest.mark.parametrize("name", CASES)
def test_each_change_has_a_place(name: str) -> None:
    """Annotations and SARIF have to point somewhere, also for results and what is said of the whole ABI."""
    old, new, _ = CASES[name]
    found = differences(library_of(old), library_of(new))
    assert [told([each]) for each in found if not (each.old or each.new)] == []


@pytest.mark.parametrize("name", SAME)
def test_what_means_the_same_is_no_change(name: str) -> None:
    old, new = (library_of(text) for text in SAME[name])
    assert told(differences(old, new)) == []
    assert told(differences(new, old)) == []


@given(libraries())
def test_a_library_does_not_differ_from_itself(library: Library) -> None:
    assert differences(library, library) == ()
