"""What is said about descriptions that are grammatical and wrong."""

from __future__ import annotations

import pytest

from abilock.diagnostics.report import Diagnostic
from abilock.syntax.foreign import OWN_TYPES, own_type
from support.library import HEADER, codes_of, read_text

#: What is written, with `‸` before the place of the message; a part of the message, one of the hint.
_CASES = [
    # --- `self`
    ("vtable V { state: *mut void, fn f(‸self); }", "says not how", "`self: const`"),
    ("vtable V { state: *mut void, drop fn f(‸self); }", "says not how", "`self: own`"),
    ("entry fn f(‸self);", "the first parameter of a slot", "`ctx: *mut void`"),
    ("vtable V { state: *mut void, fn f(self: ‸Self); }", "unknown type `Self`", "`self: const`"),
    # --- types of other languages
    ("struct S { a: ‸uint32_t }", "unknown type `uint32_t`", "write `u32`"),
    ("struct S { a: ‸int }", "unknown type `int`", "write `c_int`"),
    ("struct S { a: ‸String }", "unknown type `String`", "`*const char @nul`"),
    ("struct S { a: ‸str }", "`str` is a type of constants only", "`*const char @nul`"),
    ("struct S { a: *mut ‸opaque }", "unknown type `opaque`", "`opaque NAME;`"),
    ("struct S { a: ‸u128 }", "unknown type `u128`", "two `u64`"),
    ("struct S { a: *const ‸c_void }", "unknown type `c_void`", "write `void`"),
    ("enum E: ‸uint8_t { A }", "an enum is over an integer type", "write `u8`"),
    ("enum E: ‸f32 { A }", "an enum is over an integer type", "for example `u8`"),
    ("struct FfiStr { a: u8 } struct S { a: ‸FfiStrr }", "unknown type", "mean `FfiStr`?"),
    ("const A: ‸bool = 1;", "an integer or a `str`, not `bool`", "1 or 0"),
    ("const A: ‸f64 = 1;", "an integer or a `str`, not `f64`", "scale"),
    ("const A: u32 = ‸UINT16_MAX;", "unknown name `UINT16_MAX`", "write `u16::MAX`"),
    ("const A: u32 = ‸INT_MAX;", "unknown name `INT_MAX`", "write `c_int::MAX`"),
    ("const A: u32 = ‸sizeof(u32);", "`sizeof(…)` is not a value", "write the number"),
    ("const A: u32 = ‸min(1, 2);", "`min(…)` is not a value", "no functions"),
    ("entry fn f(‸void);", "a parameter cannot be `void`", "write `()`"),
    ("entry fn f(a: ‸void);", "a parameter cannot be `void`", "behind a pointer"),
    ("struct S { a: ‸Foo }", "unknown type `Foo`", "`opaque Foo;`"),
    ("const A: u32 = ‸MAX;", "unknown name `MAX`", "declare it with `const`"),
    ("enum E { A } const X: u32 = ‸A;", "unknown name `A`", "write `E::A`"),
    ("enum E { A = ‸B, B = 1 }", "`B` has no value yet", "before this one"),
    ("enum E { A = ‸A }", "`A` has no value yet", "before this one"),
    ("struct N { a: u8 } const X: u32 = ‸N;", "`N` is not an integer constant", "`Enum::VALUE`"),
    ("entry fn f(); struct S { a: ‸f }", "`f` is not a type", "a `callback`"),
    ("vtable convention c { ... } struct S { a: *mut ‸c }", "`c` is not a type", "follows it"),
    ("const N: u8 = 1; struct S { a: ‸N }", "`N` is not a type", "a built-in one"),
    ("const ‸A: u32 = A;", "`A` needs its own value", "a number"),
    ("const A: u64 = ‸1 << 200;", "a shift by 200 has no value", "0 to 63"),
    ("const A: u64 = ‸1 % 0;", "division by zero has no value", "than 0"),
    ("const A: u64 = ‸(1 << 99) * (1 << 99);", "too large for any type", "64 bits"),
    ("struct S { a: ‸E : 2 } enum E: u8 { A }", "a bit-field is of", "`u8 @as(E)`"),
    ("struct S { a: ‸f32 : 2 }", "a bit-field is of", "such as `u32`"),
    ("struct S { a: u8 : ‸9 }", "a bit-field of `u8` has 1 to 8 bits", "write 1 to 8"),
    # --- numbers that do not fit
    ("const A: u64 = ‸1 << 64;", "does not fit `u64`", "no type is wider"),
    ("const A: i64 = ‸1 << 63;", "does not fit `i64`", "as bits of a `i64`"),
    ("const A: u32 = ‸~0;", "`~0` is -1 and does not fit `u32`", "`0xffff_ffff`"),
    ("const A: u64 = ‸~0;", "`~0` is -1 and does not fit `u64`", "`0xffff_ffff_ffff_ffff`"),
    ("const A: u8 = ‸~3;", "`~3` is -4 and does not fit `u8`", "`0xfc`"),
    ("flags F: u16 { A = ‸~0 }", "does not fit `u16`", "`0xffff`"),
    ("const A: u32 = ‸-1;", "-1 does not fit `u32`", "`0xffff_ffff`"),
    ("const A: usize = ‸~0;", "does not fit `usize`", "`usize` has none"),
    ("const A: u8 = ‸-300;", "-300 does not fit `u8`", "a wider type"),
    ("const A: i32 = ‸0xffff_ffff;", "4294967295 does not fit `i32`", "write `-1`"),
    ("enum E: u8 { A = 255, ‸B }", "256 does not fit `u8`", "counted on"),
    # --- what holds itself
    ("callback C(c: ‸C);", "the type of a function cannot mention itself", "`*const void`"),
    ("callback C() -> ‸C;", "and `C` does: C → C", "in a struct"),
    ("callback A(b: ‸B); callback B(a: A);", "and `A` does: A → B → A", "in a struct"),
    ("type F = fn(f: *const ‸F);", "and `F` does: F → F", "in a struct"),
    ("vtable V { fn f(a: ‸A) } type A = V;", "`A` stands for what", "stands for"),
    ("type A = *mut ‸A;", "the alias `A` stands for itself", "`opaque` or `struct`"),
    ("struct A { b: [‸B; 2] } struct B { a: A }", "`A` contains itself", "`*mut B`"),
    ("struct S { ‸_: u8 }", "`_` is not a name", "padding bits"),
    # --- arrays and functions
    ("struct S { n: u32, tail: [u8; ‸0] }", "at least one element, not 0", "`(T *)(s + 1)`"),
    ('extern ‸"stdcall" callback C(a: u8, ...);', "cannot be", "leave the convention out"),
    ("callback C‸(...);", "`...` needs a parameter before it", "`(count: u32, ...)`"),
    ('extern ‸"__stdcall" callback C();', '"__stdcall"', 'did you mean "stdcall"?'),
    ('struct S { f: extern ‸"Rust" fn() }', '"Rust"', 'known are "C", '),
    ("vtable V: ‸Base { a: u8 }", "unknown vtable convention", "`vtable convention Base {"),
    # --- names
    ("const ‸TEST_SIZE: u32 = 1;", "`TEST_SIZE` and a name of the header", "rename it"),
    ("enum E { A } const ‸E_A: u32 = 1;", "`E_A` and `E::A` are both `E_A`", "one of them"),
    ("struct S { a: u8 } struct ‸S { a: u8 }", "is declared twice", "rename"),
    ("struct S { a: u8, ‸a: u8 }", "`a` stands twice in `S`", "rename"),
    # --- items about the file
    ("compat integer(‸1);", "the name of an integer constant", "`const ABI_VERSION: u32 = 1;`"),
    ("compat exact(‸1);", "`exact` takes nothing", "`compat exact;`"),
    ("‸compat accepts();", "the accepted numbers", "`compat accepts(1, 2);`"),
    ("compat accepts(1, ‸1);", "`accepts` has 1 twice", "leave one"),
    ("compat exact; ‸compat exact;", "`compat` stands twice", "leave one"),
    ('targets "i686-pc-windows-msvc"; ‸targets "i686-pc-windows-msvc";', "twice", "leave one"),
    ('targets ‸"darwin";', 'unknown target "darwin"', '"x86_64-apple-darwin"'),
    ('targets ‸"linux";', 'unknown target "linux"', '"i686-unknown-linux-gnu", …'),
    ("allocator a = ‸mallok/free;", "`mallok` is not an entry", "`malloc/free`"),
    ('import "o.abi"; import ‸"./o.abi";', "o.abi is imported twice", "leave one"),
    ('import ‸"c.h"; struct S { a: T, b: [u8; N] }', "c.h does not start with", "described anew"),
    ('import ‸"missing.abi"; struct S { a: T, b: *const U }', "cannot read", "relative"),
    # --- arguments
    ("@‸repr(C) struct S { a: u8 }", "unknown attribute", "the layout is that of C anyway"),
    ("struct S { ‸@len(4) a: *mut u8 }", "", "behind the type: `name: TYPE @len(formula)`"),
    ("struct S { a: *mut u8 ‸@align(4) }", "", "before the name: `@align(power) name: TYPE`"),
    ("struct S { a: u8 ‸@len(4) }", "goes on a pointer", "behind the type of a pointer"),
    ('@string(‸"a", b) struct S { a: *const u8, b: u32 }', "", "no quotes here: `a`"),
    ("vtable V { ‸@reserved optional fn f(); }", "", "write `@reserved(zero)`"),
    ('struct S { a: u8 } @deprecated(‸"1.0.0") struct T { a: u8 }', "", "no quotes"),
    ("opaque O; entry fn f() -> ‸O;", "cannot be a result", "return a pointer: `own *mut O?`"),
    ("opaque O; entry fn f(a: ‸O);", "cannot be a parameter", "`*const O` if it is only read"),
    ("struct S { a: *mut u8 @until(‸forever) }", "takes `call`, `drop`, `next`", "write `@until("),
    ("struct S { a: *mut u8 @until(‸drap) }", "not `drap`", "did you mean `drop`?"),
    (
        "callback F(); callback C(f: F @scope(‸always));",
        "or `until(…)`, not `always`",
        "write `@scope(",
    ),
    ("struct S { a: *const u8 @encoding(‸7) }", "takes `utf8`, ", "write `@encoding("),
]
_OTHERS = {
    "o.abi": "abi o 1.0.0;",
    "c.h": "#include <a.h>\ntypedef struct { int a; } T;\nint f(T *t);\nint g(T *t);\n",
}


def only(text: str) -> Diagnostic:
    _, report = read_text(text, _OTHERS)
    (found,) = report.diagnostics
    return found


@pytest.mark.parametrize(("written", "message", "hint"), _CASES, ids=[case[0] for case in _CASES])
def test_message(written: str, message: str, hint: str | None) -> None:
    """One slip is one message."""
    found = only(written.replace("‸", ""))
    assert found.span is not None
    assert found.span.start == len(HEADER) + written.index("‸")
    assert message in found.message
    assert (hint is None) == (found.hint is None)
    assert hint is None or hint in (found.hint or "")


@pytest.mark.parametrize(
    "written",
    [
        # What is broken or missing is not missed again where it is used.
        "vtable convention c { state: *mut void, ... drop fn end(self: own }"
        " @object(state) @drop(end) vtable V: c { fn a(self: const) }",
        "@object(state) @drop(end) @thread(any) vtable V: c { fn a(self: const) }",
        "vtable convention c { state: *mut void } @object(state) vtable V: c { fn a(self: const) }",
        "enum E: u8 { A = , B } struct S { e: u8 @as(E), a: [u8; E::B] } const X: u8 = E::A;",
        "enum E: u8 { A = , B } callback C() -> i32 @ok(A) @fails(B);",
        "flags F: u8 { A; @since(1.0.0) B = } callback C() -> i32 @ok(A) @fails(B);",
        "const N: usize = 4 +; struct S { a: [u8; N], b: u8 : N } const M: usize = N * 2;",
        "const N: u8 = 256; struct S { a: [u8; N] } const M: u8 = N + 1; enum E { A = N }",
        "enum E: u8 { A = 256, B, C = A, D = B + 1 } const X: u8 = E::A;",
        "type T = ; struct S { a: T, b: *mut T, c: [T; 2], d: T? } const A: T = 5; enum E: T { A }",
        "type T = Foo; struct S { a: T, b: T? } const A: T = 5; enum E: T { A }",
        "callback C(a: void?);",
        "struct S { a: str? }",
        "allocator a = ; @owned(a) struct S { p: *mut u8 @owned(a) }",
        "allocator a = alloc/dealloc;",
        "entry fn f(p: *mut u8; allocator a = f/f; struct S { p: own *mut u8 @free(f) }",
        "struct S { _: u8 }",
        # One thing that is wrong in two languages is wrong once.
        "entry fn f(); struct f_fn { a: u8 }",
        "struct S { class: u8, class_: u8 }",
    ],
)
def test_one_slip_is_one_message(written: str) -> None:
    only(written)


@pytest.mark.parametrize(
    "written",
    [
        "callback C(‸class: u8, ‸class_: u8);",
        "vtable V { state: *mut void, fn f(self: mut, ‸class: u8, ‸class_: u8); }",
        "struct S { f: fn(‸class: u8, ‸class_: u8) }",
        "struct S { a: struct { f: [*const fn(‸class: u8, ‸class_: u8); 2] } }",
        "entry fn f(cb: (fn(‸class: u8, ‸class_: u8))? @scope(call));",
        "entry fn f() -> fn(‸class: u8, ‸class_: u8);",
        "type T = fn(‸class: u8, ‸class_: u8);",
        "entry static f: fn(‸class: u8, ‸class_: u8);",
        "struct S { ‸class: u8, ‸class_: u8 }",
        "struct S { _: union { ‸class: u8 }, ‸class_: u8 }",
    ],
)
def test_a_collision_points_at_both_names(written: str) -> None:
    first, second = (at for at, char in enumerate(written) if char == "‸")
    found = only(written.replace("‸", ""))
    assert found.span is not None
    assert found.span.start == len(HEADER) + second - 1
    (note,) = found.notes
    assert note.span is not None
    assert note.span.start == len(HEADER) + first


@pytest.mark.parametrize("prefix", "u i s int uint sint fixed sfixed float".split())
@pytest.mark.parametrize("bits", ["8", "16", "32", "64", "32_t", "128"])
def test_types_of_other_languages_have_a_name_here(prefix: str, bits: str) -> None:
    own = own_type(f"{prefix}{bits}")
    if own is None:
        assert (
            (prefix, bits) in {("float", "8"), ("float", "16")}
            or not bits.isdigit()
            or bits == "128"
        )
    else:
        assert own[1:] == bits.removesuffix("_t")
        assert codes_of(f"struct S {{ a: {own} }}") == []


@pytest.mark.parametrize("name", sorted(OWN_TYPES))
def test_what_is_offered_is_a_type(name: str) -> None:
    assert codes_of(f"struct S {{ a: {name} }}") == ["A0201"]
    assert codes_of(f"struct S {{ a: *mut {own_type(name)} }}") == []


def test_what_stands_once_does_so_in_imported_files_too() -> None:
    _, report = read_text('import "o.abi";', {"o.abi": "abi o 1.0.0; compat exact; compat semver;"})
    (found,) = report.diagnostics
    assert found.message == "`compat` stands twice in o.abi"


@pytest.mark.parametrize("head", ["", "// a\n", "/// a\n", '@strip("x") ', "#pragma once\n"])
def test_what_is_a_description_is_looked_into(head: str) -> None:
    _, report = read_text('import "o.abi";', {"o.abi": f"{head}abi o 1.0.0; struct;"})
    assert report.diagnostics[-1].message == "expected a name, found `;`"


@pytest.mark.parametrize(
    "text",
    ["", "\x7fELF\x01\0\0\0", "import os\n", "struct S { a }", "Title\n=====\n\nabi a 1.0.0;\n"],
)
def test_other_files_are_not_looked_into(text: str) -> None:
    found = only('import "c.h";')
    assert found.code.slug == "abi-missing"
    _, report = read_text('import "o.abi";', {"o.abi": text})
    assert [one.code for one in report.diagnostics] == [found.code]
