"""Changes that are one thing by one rule and another by role, target or formula: all findings, by hand."""

from __future__ import annotations

import pytest

from abilock.compat.findings import Finding, Level
from abilock.compat.verdict import judge
from abilock.model.targets import TRIPLES
from support.library import library_of
from unit.compat.test_judging import HOST, PLUGIN, cells_of, verdict_of

S = "struct T {{ {} }}"
V = "vtable T {{ state: *mut void, {} }}"
OBJECT = "@object(self) vtable T {{ x: u32, fn a(self: const); {} drop fn d(self: own); }}"
ON_MAIN = "@thread(main) vtable T {{ state: *mut void, {} }}"
LINUX = 'targets "x86_64-unknown-linux-gnu";'
SIZED = "compat size_first;"
ARM = 'targets "aarch64-unknown-linux-gnu";'
NARROW = [each for each in TRIPLES if each.split("-")[0] in ("i686", "armv7", "wasm32")]
WIDE = [each for each in TRIPLES if each not in NARROW]
CALL = "entry fn f(cb: Cb @scope(call) @ctx(c), c: {0}); callback Cb(@ctx c: {0});"

#: What was, what is, and of each finding its code, subject, level and cells.
CASES: dict[str, tuple[str, str, list[str]]] = {
    # bits without a name
    "padding bits are put to use": (
        S.format("a: u32 : 3, _: u32 : 5, b: u32 : 8") + PLUGIN,
        S.format("a: u32 : 3, n: u32 : 5, b: u32 : 8") + PLUGIN,
        ["C0212 T.n breaking: misread - - -"],
    ),
    "some padding bits are put to use": (
        S.format("a: u32 : 3, _: u32 : 5, b: u32 : 8") + PLUGIN,
        S.format("a: u32 : 3, @since(1.3.0) n: u32 : 2, _: u32 : 3, b: u32 : 8") + PLUGIN,
        ["C0212 T.n append-only: gated - - -"],
    ),
    "bits are given up": (
        S.format("a: u32 : 3, n: u32 : 5, b: u32 : 8") + PLUGIN,
        S.format("a: u32 : 3, _: u32 : 5, b: u32 : 8") + PLUGIN,
        ["C0203 T.n breaking: - misread compile compile"],
    ),
    "padding bits go where nothing moves": (
        S.format("a: u32 : 3, b: u32 : 8, _: u32 : 5") + PLUGIN,
        S.format("a: u32 : 3, b: u32 : 8") + PLUGIN,
        [],
    ),
    "padding bits go from between others": (
        S.format("a: u32 : 3, _: u32 : 5, b: u32 : 8") + PLUGIN,
        S.format("a: u32 : 3, b: u32 : 8") + PLUGIN,
        ["C0203 T._ breaking: misread misread - -"],
    ),
    "padding bits get more": (
        S.format("a: u32 : 3, _: u32 : 5, b: u32 : 8") + PLUGIN,
        S.format("a: u32 : 3, _: u32 : 6, b: u32 : 8") + PLUGIN,
        ["C0209 T._ breaking: misread misread - -"],
    ),
    # what a size tells
    "a size covers padding as well": (
        LINUX + SIZED + S.format("@struct_size s: u64, a: u32") + PLUGIN,
        LINUX + SIZED + S.format("@struct_size s: u64, a: u32, @since(1.3.0) b: u32") + PLUGIN,
        ["C0212 T.b breaking: misread - - -"],
    ),
    "a size covers padding of a host": (
        LINUX + S.format("@struct_size s: u64, a: u32, c: f64") + HOST,
        LINUX + S.format("@struct_size s: u64, a: u32, @since(1.3.0) b: u32, c: f64") + HOST,
        ["C0212 T.b breaking: - misread - -"],
    ),
    "a version tells of padding, too": (
        S.format("@struct_size s: u64, a: u32") + PLUGIN,
        S.format("@struct_size s: u64, a: u32, @since(1.3.0) b: u32") + PLUGIN,
        ["C0201 T.b append-only: gated - - -"],
    ),
    # what is passed in memory
    "what is in memory before and after grows": (
        LINUX + S.format("a: [u64; 3]") + "entry fn f(t: T);",
        LINUX + S.format("a: [u64; 3], @since(1.3.0) b: u64") + "entry fn f(t: T);",
        ["C0201 T.b breaking: call call - -"],
    ),
    "what is in memory before and after is returned": (
        ARM + S.format("a: [u64; 3]") + "entry fn f() -> T;",
        ARM + S.format("a: [u64; 3], @since(1.3.0) b: u64") + "entry fn f() -> T;",
        ["C0201 T.b breaking: call call - -"],
    ),
    "what is passed is aligned to more": (
        LINUX + S.format("a: [u64; 4]") + "entry fn f(n: u32, t: T);",
        LINUX + "@align(16)" + S.format("a: [u64; 4]") + "entry fn f(n: u32, t: T);",
        ["C0214 T breaking: call call - -"],
    ),
    # what may be written
    "a caller's data becomes constant": (
        "entry fn f(p: *mut u32);",
        "entry fn f(p: *const u32);",
        ["C0308 f.p breaking: const - compile -"],
    ),
    "a host slot's data becomes constant": (
        V.format("fn a(self: mut, p: *mut u32);") + HOST,
        V.format("fn a(self: mut, p: *const u32);") + HOST,
        ["C0308 T.a.p breaking: - const - compile"],
    ),
    "a result becomes constant": (
        "entry fn f() -> *mut u32;",
        "entry fn f() -> *const u32;",
        ["C0308 f.return breaking: - const compile -"],
    ),
    "a field becomes constant": (
        S.format("p: *mut u32") + PLUGIN,
        S.format("p: *const u32") + PLUGIN,
        ["C0308 T.p breaking: - const - compile"],
    ),
    "an opaque object becomes constant": (
        "opaque O; entry fn f(p: *mut O);",
        "opaque O; entry fn f(p: *const O);",
        ["C0308 f.p compatible: - - compile -"],
    ),
    "an opaque object becomes mutable": (
        "opaque O; entry fn f(p: *const O);",
        "opaque O; entry fn f(p: *mut O);",
        ["C0309 f.p compatible: - - compile const"],
    ),
    "a context becomes constant": (
        CALL.format("*mut void"),
        CALL.format("*const void"),
        ["C0308 Cb.c compatible: - - - compile", "C0308 f.c compatible: - - compile -"],
    ),
    # null in the place of a slot
    "null stands for something": (
        V.format("optional fn a(self: mut) -> i32;") + PLUGIN,
        V.format("@absent(0) optional fn a(self: mut) -> i32;") + PLUGIN,
        ["C1012 T.a append-only: - falls - falls"],
    ),
    "null in a host's table stands for something": (
        V.format("optional fn a(self: mut) -> i32;") + HOST,
        V.format("@absent(0) optional fn a(self: mut) -> i32;") + HOST,
        ["C1012 T.a append-only: falls - falls -"],
    ),
    "null stands for nothing any more": (
        V.format("@absent(0) optional fn a(self: mut) -> i32;") + PLUGIN,
        V.format("optional fn a(self: mut) -> i32;") + PLUGIN,
        ["C1012 T.a breaking: misread - misread -"],
    ),
    "null stands for something else": (
        V.format("@absent(0) optional fn a(self: mut) -> i32;") + PLUGIN,
        V.format("@absent(1) optional fn a(self: mut) -> i32;") + PLUGIN,
        ["C1012 T.a breaking: misread misread misread misread"],
    ),
    "null comes with what it stands for": (
        V.format("fn a(self: mut) -> i32;") + PLUGIN,
        V.format("@absent(1) optional fn a(self: mut) -> i32;") + PLUGIN,
        ["C0107 T.a breaking: - null - null"],
    ),
    # padding
    "a hole on some targets": (
        S.format("a: *const u8, b: u32, c: *const u8") + PLUGIN,
        S.format("a: *const u8, b: u32, n: u32, c: *const u8") + PLUGIN,
        [
            "C0202 T.n breaking: misread misread - - narrow",
            "C0212 T.n breaking: misread - - - wide",
        ],
    ),
    "padding at the end on some targets": (
        S.format("a: *const u8, b: u32") + PLUGIN,
        S.format("a: *const u8, b: u32, n: u32") + PLUGIN,
        ["C1401 T.n breaking: past - - - narrow", "C0212 T.n breaking: misread - - - wide"],
    ),
    "padding at the end on some targets, gated": (
        S.format("a: *const u8, b: u32") + PLUGIN,
        S.format("a: *const u8, b: u32, @since(1.3.0) n: u32") + PLUGIN,
        ["C0201 T.n append-only: gated - - -"],
    ),
    "padding of what is held, on some targets": (
        S.format("a: *const u8, b: u32") + "struct U { t: T, z: u32 } entry fn f() -> *const U;",
        S.format("a: *const u8, b: u32, @since(1.3.0) n: u32")
        + "struct U { t: T, z: u32 } entry fn f() -> *const U;",
        [
            "C0201 T.n breaking: misread misread - - narrow",
            "C0212 T.n append-only: gated - - - wide",
        ],
    ),
    "a hole, and more at the end": (
        S.format("a: u8, b: u32") + PLUGIN,
        S.format("a: u8, n: u8, b: u32, @since(1.3.0) z: u64") + PLUGIN,
        ["C0212 T.n breaking: misread - - -", "C0201 T.z append-only: gated - - -"],
    ),
    "a hole, said to be filled before it was": (
        S.format("a: u8, b: u32") + PLUGIN,
        S.format("a: u8, @since(1.0.0) n: u8, b: u32") + PLUGIN,
        ["C1404 T.n breaking: past - - -"],
    ),
    "what is kept, with room for it on some targets only": (
        S.format("a: u32, @reserved(zero) k: [usize; 4]") + PLUGIN,
        S.format("a: u32, @since(1.3.0) n: u64, @reserved(zero) k: [usize; 3]") + PLUGIN,
        [
            "C0202 T.n breaking: misread misread - - narrow",
            "C0210 T.n append-only: - - - - wide",
            "C0312 T.k breaking: misread misread - - narrow",
        ],
    ),
    "bits of what is kept": (
        S.format("a: u32 : 1, @reserved(zero) k: u32 : 31") + PLUGIN,
        S.format("a: u32 : 1, @since(1.3.0) n: u32 : 3, @reserved(zero) k: u32 : 28") + PLUGIN,
        ["C0210 T.n append-only: - - - -"],
    ),
    # what somebody else makes room for
    "appended to what is given, and written": (
        S.format("a: u32") + "entry fn f(t: *mut T @inout);",
        S.format("a: u32, @since(1.3.0) n: u32") + "entry fn f(t: *mut T @inout);",
        ["C0201 T.n breaking: misread beyond misread misread"],
    ),
    "appended to what is given with its size, and written": (
        S.format("@struct_size s: u32, a: u32") + "entry fn f(t: *mut T @inout);",
        S.format("@struct_size s: u32, a: u32, @since(1.3.0) n: u32")
        + "entry fn f(t: *mut T @inout);",
        ["C0201 T.n append-only: gated gated - -"],
    ),
    "appended to what a plugin gives, and its host writes": (
        S.format("a: u32") + "vtable H { state: *mut void, fn g(self: const, t: *mut T @inout); }"
        "entry fn f(h: *const H);",
        S.format("a: u32, @since(1.3.0) n: u32")
        + "vtable H { state: *mut void, fn g(self: const, t: *mut T @inout); }"
        "entry fn f(h: *const H);",
        ["C0201 T.n breaking: beyond misread misread misread"],
    ),
    "another name of another struct": (
        "struct A { x: u32 } struct B { x: u64 } type T = A; entry fn f() -> *const T;",
        "struct A { x: u32 } struct B { x: u64 } type T = B; entry fn f() -> *const T;",
        ["C0301 T breaking: misread misread compile compile"],
    ),
    "an array that takes padding": (
        S.format("a: u32, b: [u8; 1]") + PLUGIN,
        S.format("a: u32, b: [u8; 4]") + PLUGIN,
        ["C0312 T.b breaking: misread - - -"],
    ),
    "an array that leaves padding": (
        S.format("a: u32, b: [u8; 4]") + PLUGIN,
        S.format("a: u32, b: [u8; 1]") + PLUGIN,
        ["C0312 T.b breaking: - misread - -"],
    ),
    "a variable that is a longer array": (
        "entry static const t: [u32; 2];",
        "entry static const t: [u32; 3];",
        ["C0312 t breaking: past - - -"],
    ),
    # slots and fields
    "a function in a struct that another one replaces": (
        S.format("a: fn(x: u32), b: u32") + PLUGIN,
        S.format("n: fn(x: u32, y: u64) -> u64, b: u32") + PLUGIN,
        ["C0207 T.n breaking: slot slot compile compile"],
    ),
    "a slot becomes a number": (
        V.format("fn a(self: mut)") + PLUGIN,
        V.format("a: usize") + PLUGIN,
        ["C0218 T.a breaking: misread slot compile compile"],
    ),
    # what is computed
    "a constant that others are made of": (
        "const A: u32 = 4; const B: u32 = A * 2; const C: u32 = B + 1;" + S.format("a: [u8; C]"),
        "const A: u32 = 5; const B: u32 = A * 2; const C: u32 = B + 1;" + S.format("a: [u8; C]"),
        ["C0605 A breaking: past past - -"],
    ),
    "constants that both changed": (
        "const A: u32 = 4; const B: u32 = A * 2;",
        "const A: u32 = 5; const B: u32 = A * 3;",
        [
            "C0605 A breaking: misread misread - -",
            "C0605 B breaking: misread misread - -",
        ],
    ),
    "a length that is a constant's value by chance": (
        "const A: u32 = 4;" + S.format("a: [u8; 4]") + PLUGIN,
        "const A: u32 = 5;" + S.format("a: [u8; 5]") + PLUGIN,
        ["C0605 A breaking: misread misread - -", "C0312 T.a breaking: past - - -"],
    ),
    "values of an enum that are counted on from a constant": (
        "const A: u32 = 4; enum E { X = A, Y } const C: u32 = E::Y; entry fn f() -> E;",
        "const A: u32 = 6; enum E { X = A, Y } const C: u32 = E::Y; entry fn f() -> E;",
        ["C0605 A breaking: misread misread - -"],
    ),
    "a constant that is a value of an enum": (
        "enum E { X, Y } const C: u32 = E::Y; entry fn f() -> E;",
        "enum E { W, X, Y } const C: u32 = E::Y; entry fn f() -> E;",
        ["C0807 E.W breaking: misread misread - unknown"],
    ),
    "attributes and bits made of a constant": (
        "const A: i32 = 4; struct T { lo: u32 : A, hi: u32 : 9 } entry fn f() -> i32 @ok(A);"
        " entry fn g(t: *const [u8; A]) -> *const T;",
        "const A: i32 = 6; struct T { lo: u32 : A, hi: u32 : 9 } entry fn f() -> i32 @ok(A);"
        " entry fn g(t: *const [u8; A]) -> *const T;",
        ["C0605 A breaking: misread past misread misread"],
    ),
    # names of the same
    "a callback that is written out": (
        "callback Cb(x: u32) -> u32; entry fn f(cb: Cb @scope(call));",
        "entry fn f(cb: (fn(x: u32) -> u32) @scope(call));",
        ["C0402 Cb compatible: - - compile compile"],
    ),
    "a callback that is written out, and another": (
        "callback Cb(x: u32) -> u32; entry fn f(cb: Cb @scope(call));",
        "callback Cb(x: u32) -> u32; entry fn f(cb: (fn(x: u64) -> u32) @scope(call));",
        ["C0303 f.cb.x breaking: call call - compile"],
    ),
    "another callback that is the same": (
        "callback A(x: u32); callback B(x: u32); entry fn f(cb: A @scope(call));",
        "callback A(x: u32); callback B(x: u32); entry fn f(cb: B @scope(call));",
        [],
    ),
    "another callback": (
        "callback A(x: u32); callback B(x: u64); entry fn f(cb: A @scope(call));",
        "callback A(x: u32); callback B(x: u64); entry fn f(cb: B @scope(call));",
        ["C0301 f.cb breaking: call call compile compile"],
    ),
    "values of an enum in an integer": (
        "enum E: u32 { A, B } entry fn f(x: E);",
        "enum E: u32 { A, B } entry fn f(x: u32 @as(E));",
        ["C0301 f.x compatible: - - - -"],
    ),
    "any integer in place of an enum": (
        "enum E: u32 { A, B } entry fn f(x: E);",
        "enum E: u32 { A, B } entry fn f(x: u32);",
        ["C0301 f.x breaking: unknown - unknown -"],
    ),
    "an enum in place of any integer": (
        "enum E: u32 { A, B } entry fn f(x: u32);",
        "enum E: u32 { A, B } entry fn f(x: E);",
        ["C0301 f.x breaking: - unknown - unknown"],
    ),
    "an enum of another width in place of an integer": (
        "enum E: u8 { A, B } entry fn f(x: u32);",
        "enum E: u8 { A, B } entry fn f(x: E);",
        ["C0301 f.x breaking: call call compile compile"],
    ),
    "a handle in a call and in a struct": (
        "type H = u32; struct T { a: H, b: u8 } entry fn f(h: H) -> *const T;",
        "type H = u64; struct T { a: H, b: u8 } entry fn f(h: H) -> *const T;",
        ["C0303 H breaking: call call silent silent"],
    ),
    # numbers that loaders compare
    "an entry that says it was there": (
        "entry fn f();",
        "entry fn f(); @since(1.1.0) entry fn g();",
        ["C0501 g breaking: missing - missing -"],
    ),
    "one more number": (
        "compat accepts(1, 2); @version entry static v: u32;",
        "compat accepts(1, 2, 3); @version entry static v: u32;",
        ["C0002 test compatible: - - - -"],
    ),
    "a number that goes back": (
        "compat integer(N); const N: u32 = 2; @version entry static v: u32;",
        "compat integer(N); const N: u32 = 1; @version entry static v: u32;",
        ["C0001 test breaking: - - - -"],
    ),
    # what was kept for later
    "part of what was kept": (
        S.format("a: u32, @reserved(zero) r: [u32; 3], b: u64") + PLUGIN,
        S.format("a: u32, n: u32, @reserved(zero) r: [u32; 2], b: u64") + PLUGIN,
        ["C0210 T.n append-only: - - - -"],
    ),
    "all of what was kept": (
        S.format("a: u32, @reserved(zero) r: [u32; 2], b: u64") + PLUGIN,
        S.format("a: u32, n: u32, m: u32, b: u64") + PLUGIN,
        ["C0210 T.m append-only: - - - -", "C0210 T.n append-only: - - - -"],
    ),
    "more than what was kept": (
        S.format("a: u32, @reserved(zero) r: u32, b: u64") + PLUGIN,
        S.format("a: u32, n: u64, b: u64") + PLUGIN,
        ["C0210 T.n breaking: misread misread - -"],
    ),
    "a slot in what was kept": (
        V.format("fn a(self: mut); @reserved(zero) r: *const void?") + PLUGIN,
        V.format("fn a(self: mut); @since(1.3.0) fn n(self: mut)") + PLUGIN,
        ["C0210 T.n append-only: gated - null -"],
    ),
    "a slot of the host in what was kept": (
        V.format("fn a(self: mut); @reserved(zero) r: *const void?") + HOST,
        V.format("fn a(self: mut); @since(1.3.0) fn n(self: mut)") + HOST,
        ["C0210 T.n breaking: - null - null"],
    ),
    "an optional slot in an array that was kept": (
        V.format("fn a(self: mut); @reserved(zero) r: [usize; 2]") + HOST,
        V.format("fn a(self: mut); optional fn n(self: mut); @reserved(zero) r: [usize; 1]") + HOST,
        ["C0210 T.n append-only: - - - falls"],
    ),
    "less is kept, and others move": (
        S.format("a: u32, @reserved(zero) r: [u32; 2], b: u32") + PLUGIN,
        S.format("a: u32, @reserved(zero) r: u32, b: u32") + PLUGIN,
        ["C0301 T.r breaking: misread misread compile compile"],
    ),
    # names, and more
    "a type that was renamed and grew": (
        "struct A { x: u32, y: u32 } entry fn f() -> *const A;",
        "struct B { x: u32, y: u32, @since(1.3.0) z: u32 } entry fn f() -> *const B;",
        ["C0403 B compatible: - - compile compile", "C0201 B.z append-only: gated - - -"],
    ),
    "a vtable that was renamed, and a slot of it": (
        "vtable A { state: *mut void, fn a(self: mut); fn b(self: mut) -> u8; }"
        " entry fn f() -> *const A;",
        "vtable B { state: *mut void, fn a(self: mut); fn c(self: mut) -> u8; }"
        " entry fn f() -> *const B;",
        ["C0403 B compatible: - - compile compile", "C0104 B.c compatible: - - compile compile"],
    ),
    "a type that another one stands in for": (
        "struct A { x: u32, y: u32 } entry fn f() -> *const A;",
        "struct B { p: u64, q: u64 } entry fn f() -> *const B;",
        [
            "C0401 B compatible: - - - -",
            "C0307 f.return breaking: misread misread compile compile",
            "C0402 A compatible: - - compile compile",
        ],
    ),
    "a struct that was written out": (
        S.format("h: struct { a: u32, b: f32 }, z: u8") + PLUGIN,
        "struct H { a: u32, b: f32 }" + S.format("h: H, z: u8") + PLUGIN,
        ["C0401 H compatible: - - - -"],
    ),
    # how long what is lent lives
    "for the call, as always": (
        "entry fn f(p: *const char @nul);",
        "entry fn f(p: *const char @nul @until(call));",
        [],
    ),
    "an object, for the call only": (
        V.format("fn a(self: mut);") + "entry fn f(t: *const T);",
        V.format("fn a(self: mut);") + "entry fn f(t: *const T @until(call));",
        ["C0907 f.t breaking: freed - freed -"],
    ),
    "a slot of a table that is its own object": (
        OBJECT.format("") + "entry fn f() -> own *const T?;",
        OBJECT.replace("drop fn d(self: own);", "drop fn d(self: own); {}").format(
            "", "@since(1.3.0) fn b(self: const);"
        )
        + "entry fn f() -> own *const T?;",
        ["C0101 T.b append-only: gated - null -"],
    ),
    "a pointer and what it leads to, one way and both ways": (
        "entry fn f(p: *const (*const c_char), q: *const (*const c_char)?);",
        "entry fn f(p: *const (*const c_char?)?, q: *const (*const c_char?));",
        [
            "C0310 f.p breaking: null - null -",
            "C0311 f.q breaking: - null - null",
            "C0310 f.q breaking: null - null -",
        ],
    ),
    # threads that the table names
    "a slot as its table, and its table as a slot": (
        ON_MAIN.format("@thread(any) fn a(); fn b(); fn c(); @thread(main) fn d();") + HOST,
        ON_MAIN.format("fn a(); @thread(any) fn b(); @thread(main) fn c(); fn d();") + HOST,
        ["C1209 T.a breaking: thread - thread -", "C1210 T.b breaking: - thread - thread"],
    ),
    # bits
    "a bit-field that is two now": (
        S.format("a: u32 : 6") + PLUGIN,
        S.format("a: u32 : 3, b: u32 : 3") + PLUGIN,
        ["C1401 T.b breaking: misread - - -", "C0209 T.a breaking: misread misread - -"],
    ),
}


def told(found: Finding) -> str:
    where = {None: "", tuple(NARROW): " narrow", tuple(WIDE): " wide"}[found.targets]
    level, cells = found.level.value, " ".join(cells_of(found))
    return f"{found.rule.code} {found.subject} {level}: {cells}{where}"


@pytest.mark.parametrize("name", CASES)
def test_every_finding_is_the_expected_one(name: str) -> None:
    old, new, expected = CASES[name]
    findings = verdict_of(old, new).findings
    assert [told(each) for each in findings] == expected
    assert all(each.hint for each in findings if each.level is Level.BREAKING)


def test_what_is_made_of_another_name_is_told_under_it() -> None:
    old, new, _ = CASES["a handle in a call and in a struct"]
    (found,) = verdict_of(old, new).findings
    assert [each.text for each in found.consequences] == [
        "`T.a`, `f` use `H`",
        "`T.a` holds it: moves 1 member by 4 bytes",
        "`T` grows from 8 to 16 bytes",
        "other numbers on 1 target",
        "reached through `f`",
    ]


def test_what_is_computed_is_told_under_what_it_is_computed_from() -> None:
    old, new, _ = CASES["a constant that others are made of"]
    (found,) = verdict_of(old, new).findings
    assert [each.text for each in found.consequences] == [
        "`B` has another value: `8` -> `10`",
        "`C` has another value: `9` -> `11`",
        "`T.a` has another length: `[u8; 9]` -> `[u8; 11]`",
        "`T` grows from 9 to 11 bytes",
    ]


def test_what_is_computed_from_an_imported_constant_is_told_under_it() -> None:
    other = (
        "abi other 1.0.0; const WIDE: u32 = {0} * 2; const FREE: u32 = {0};"
        " struct P {{ a: [u8; WIDE] }}"
    )
    text = (
        'abi test 1.{}.0; import "other.abi"; struct S {{ a: [u8; WIDE], p: P, b: [u16; WIDE * 2] }}'
        "entry fn f() -> *const S;"
    )
    old, new = (
        library_of(text.format(minor), {"other.abi": other.format(number)})
        for minor, number in ((2, 2), (3, 4))
    )
    (found,) = judge(old, new).findings
    assert (found.rule.code, found.subject) == ("C0605", "WIDE"), "and nothing of what is not used"
    assert found.new is not None
    assert found.new.file == "other.abi"
    assert [each.text for each in found.consequences][:4] == [
        "`P.a` has another length: `[u8; 4]` -> `[u8; 8]`",
        "`S.a` has another length: `[u8; 4]` -> `[u8; 8]`",
        "`S.b` has another length: `[u16; 8]` -> `[u16; 16]`",
        "`P` grows from 4 to 8 bytes",
    ]
    assert " ".join(cells_of(found)) == "past misread - -"


MODES = "enum Mode: u8 {{ {} }}"


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        ("A = 1, B, C", "A = 1, B, C = 9", "C0811 Mode.C"),
        ("A = 1, B, C", "A = 1, N, B, C", "C0807 Mode.N"),
        ("A = 1, B, C", "A = 1, C, B", "C0812 Mode.C"),
        ("A = 1, B = 2, C = Z", "A = 1, B = 2, C = Z + 1", "C0811 Mode.C"),
    ],
)
def test_what_is_computed_from_an_imported_value_is_told_under_it(
    old: str, new: str, cause: str
) -> None:
    other = "abi other 1.0.0; const Z: u32 = 3; " + MODES
    text = (
        'abi test 1.{}.0; import "other.abi"; const K: u32 = Mode::C * 2;'
        " enum Own: u8 {{ X = Mode::C }} struct S {{ a: [u8; Mode::C], b: [u8; K] }}"
        " entry fn f(own: Own, @default(Mode::C) n: u32) -> *const S;"
    )
    sides = (
        library_of(text.format(minor), {"other.abi": other.format(values)})
        for minor, values in ((2, old), (3, new))
    )
    (found,) = judge(*sides).findings
    assert f"{found.rule.code} {found.subject}" == cause
    assert found.new is not None
    assert found.new.file == "other.abi"
    said = " ".join(each.text for each in found.consequences)
    assert all(f"`{name}` has another" in said for name in ("K", "S.a", "S.b", "f.n"))
    assert any("X = " in line for each in found.consequences for line in each.details)
    assert " ".join(cells_of(found)) == "misread misread - silent"


def test_a_number_of_an_imported_enum_that_nothing_uses_is_no_change() -> None:
    text = 'abi test 1.2.0; import "other.abi"; struct S { a: [u8; Mode::A] } entry fn f() -> S;'
    other = "abi other 1.0.0; " + MODES
    sides = (
        library_of(text, {"other.abi": other.format(values)})
        for values in ("A = 1, B, COUNT", "A = 1, N, B, COUNT")
    )
    assert judge(*sides).findings == ()


@pytest.mark.parametrize(
    ("field", "numbers"), [("@since(1.3.0) b: u32", (1, 2, 3)), ("b: u32", (3,))]
)
def test_what_is_gated_takes_a_number_beside_the_older_ones(
    field: str, numbers: tuple[int, ...]
) -> None:
    rule = "compat accepts({}); @version entry static v: u32; " + PLUGIN
    old = rule.format("1, 2") + S.format("a: u32")
    new = rule.format("{}") + S.format(f"a: u32, {field}")
    assert verdict_of(old, new.replace("{}", "1, 2")).required_numbers == numbers
    honest = verdict_of(old, new.replace("{}", ", ".join(map(str, numbers))))
    assert honest.is_honest
    assert honest.required_numbers == numbers
