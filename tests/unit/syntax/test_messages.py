"""What is said about the mistakes that people make."""

from __future__ import annotations

import pytest

from abilock.diagnostics.catalog import SYNTAX
from abilock.diagnostics.report import Report
from abilock.source import SourceFile
from abilock.syntax import ast
from abilock.syntax.limits import MAX_FOREIGN_MESSAGES, MAX_MESSAGES
from abilock.syntax.parser import MAX_BROKEN_MEMBERS, parse

#: What is written in other languages, and slips that are made in all of them.
_SLIPS = [
    # --- objects and slots
    ("vtable V { fn f(‸&self); }", "expected a type, found `&`", "`self: const`"),
    ("vtable V { fn f(‸&mut self); }", "expected a type, found `&`", "`self: mut`"),
    ("vtable V { f‸(self: const); }", "expected `:`, found `(`", "`fn f(…)`"),
    ("vtable V { fn f‸?(self: const); }", "expected `(`, found `?`", "`optional fn`"),
    ("vtable V { drop ‸optional fn f(); }", None, '`optional drop extern "C" fn`'),
    ('vtable V { extern "C" ‸optional fn f(); }', "expected `fn`, found `optional`", "this order"),
    ("vtable V { fn f()‸: u32; }", "expected `,` or `}`, found `:`", "`-> u32`"),
    ("vtable V { fn f() ‸{} }", None, "have no body"),
    ("vtable V { fn f(in ‸a: u32); }", None, "`name: *mut T @out`"),
    ("struct S { optional ‸string name; }", None, "slots and entries"),
    ("vtable V { fn f(mut ‸self); }", None, "`self: mut`"),
    ("vtable V { fn f(const ‸self); }", None, "`self: const`"),
    ("vtable V { fn f ‸@get (); }", "expected `(`, found `@`", "before an item or slot"),
    # --- functions
    ("entry fn f(mut ‸a: u8);", None, "leave `mut` out"),
    ("entry fn f(own a‸: *mut u8);", "expected `)` or `,`, found `:`", "`a: own *mut T`"),
    ("entry fn f(a: out ‸*mut u8);", None, "`*mut T @out`"),
    ("entry fn f() -> *mut u8 ‸own;", "expected `;` or `?`, found `own`", "`own *mut T`"),
    ("entry fn f(a: u8‸&);", "expected `)`, `,` or `?`, found `&`", "a reference is a pointer"),
    ("entry fn f(a: u8 ‸= 1);", "expected `)`, `,` or `?`, found `=`", "`@default(…)`"),
    ("entry fn f(a: u8, ..., ‸b: u8);", "expected `)`, found `b`", "the last parameter"),
    ("entry fn f(a‸...);", None, "without a name"),
    ("entry fn __stdcall ‸f();", "expected `(`, found `f`", "a string before `fn`"),
    ("entry extern ‸C fn f();", "expected a string, found `C`", "a string before `fn`"),
    ("entry static a: u32 ‸= 5;", "expected `;` or `?`, found `=`", "the plugin gives it"),
    ('extern "C" ‸entry fn f();', "expected `callback`, found `entry`", "`entry fn f(…);`"),
    ("callback Cb ‸= fn();", "expected `(`, found `=`", "`callback NAME(…) -> TYPE;`"),
    ("callback void ‸Cb();", "expected `(`, found `Cb`", "`callback Cb();`"),
    ("‸item *item_new(int);", None, "`entry fn item_new(c_int) -> *mut item;`"),
    ('extern "C" ‸{\nint f();\n\nopaque A;', "`{` is never closed", "in no block"),
    ("extern ‸C callback F();", "expected a string, found `C`", "a calling convention is a string"),
    (
        "struct S { a: extern ‸C fn() }",
        "expected `,` or `}`, found `C`",
        "a calling convention is a string",
    ),
    ("entry fn f()‸: u32;", "expected `;`, found `:`", "`-> u32`"),
    ("entry fn f() ‸=> u32;", "expected `->` or `;`, found `=`", "`-> TYPE`"),
    ("entry fn f() -> u32 ‸{ 0 }", "expected `;` or `?`, found `{`", "have no body"),
    ("callback C() -> (‸);", "expected a type, found `)`", "has no `->`"),
    ("entry fn f(u32 ‸a);", None, "the name comes first: `a: u32`"),
    ("entry fn f(a ‸u32);", None, "`a: u32`"),
    ('extern "C" ‸{ fn f(); }', "expected `callback`, found `{`", "`entry fn NAME(…);`"),
    ('extern "C" ‸fn f();', "expected `callback`, found `fn`", "`entry fn f(…);`"),
    ('extern "win64" ‸fn f();', None, '`entry extern "win64" fn f(…);`'),
    ("extern ‸int f(void);", "expected a string, found `int`", "`entry fn f() -> c_int;`"),
    ("‸void f(const char *s, int n);", None, "`entry fn f(s: *const char, n: c_int);`"),
    # --- members and types
    ("struct S { void‸* p; }", "expected `:`, found `*`", "`p: *mut void`"),
    ("vtable V { int ‸g(int a); }", None, "`fn g(a: c_int) -> c_int`"),
    ("vtable V { fn f(self: ‸&mut Self); }", None, "`self: mut`"),
    ("entry ‸int f(int a);", None, "here that is `entry fn f(a: c_int) -> c_int;`"),
    ("callback void ‸cb(void *ctx);", None, "here that is `callback cb(ctx: *mut void);`"),
    ("extern ‸fn f();", None, "`entry fn f(…);`"),
    ("struct S { cb: int ‸(*)(int) }", None, "a function pointer is `fn(…) -> T`"),
    ("entry fn f() -> (u8‸, u8);", None, "there are no tuples"),
    ("struct S { a: dyn ‸T }", None, "is a `vtable`"),
    ("entry fn f(a: out ‸u32);", None, "`name: *mut T @out`"),
    ("struct S { a: *const u8 ‸nul }", None, "attributes begin with `@`: `@nul`"),
    ("struct S { a: u8 ‸more }", None, "a type is a name, "),
    ("enum E { A =‸, B }", None, "a number stands behind `=`"),
    ("const A: u8 =‸;", None, "a number stands behind `=`"),
    ("struct S { a: unsigned ‸int }", "expected `,` or `}`, found `int`", "here that is `c_uint`"),
    ("struct S { a: long ‸long }", None, "here that is `c_longlong`"),
    ("struct S { a: unsigned ‸long long int }", None, "here that is `c_ulonglong`"),
    ("struct S { a: *mut unsigned ‸char }", None, "here that is `*mut c_uchar`"),
    ("struct S { a: [unsigned ‸int; 4] }", None, "here that is `c_uint`"),
    ("struct S { a: const ‸char * }", None, "`*const char @nul`"),
    ("struct S { a: T‸** }", None, "here that is `*mut *mut T`"),
    ("struct S { a: struct ‸T }", None, "here that is `T`"),
    ("entry fn f(a: uint8_t‸*);", None, "here that is `*mut u8`"),
    ("entry fn f() -> unsigned ‸int;", None, "here that is `c_uint`"),
    ("type A = unsigned ‸int;", None, "here that is `c_uint`"),
    ("const A: unsigned ‸int = 3;", None, "here that is `c_uint`"),
    ("enum E: unsigned ‸char { A }", None, "here that is `c_uchar`"),
    ('const A: ‸&str = "";', None, "`const NAME: str = "),
    ("‸static const int A = 3;", None, "here that is `const A: c_int = 3;`"),
    ('‸pub unsafe extern "C" fn f(a: u8);', None, "`entry fn f(…);`"),
    ("‸pub struct S { a: u8 }", None, "leave `pub` out"),
    ("struct ‸@packed S { a: u8 }", None, "`@packed struct Name { … }`"),
    ("struct S { a: std‸::ffi::c_int }", None, "write `c_int`"),
    ("struct S { char ‸*name; }", "expected `:`, found `*`", "`name: *mut char`"),
    ("struct S { ‸const char *name; }", None, "`name: *const char`"),
    ("struct S { unsigned ‸int a : 3; }", "expected `:`, found `int`", "`a: c_uint : 3`"),
    ("struct S { uint8_t ‸data[16]; }", "expected `:`, found `data`", "`data: [u8; 16]`"),
    ("struct S { void ‸(*cb)(int); }", "expected `:`, found `(`", "`cb: fn(c_int)`"),
    ("struct S { struct ‸T *next; }", "expected `:`, found `T`", "`next: *mut T`"),
    ("struct S { pub ‸a: u8 }", "expected `:`, found `a`", "leave `pub` out"),
    ("struct S { a ‸u8 }", "expected `:`, found `u8`", "`a: u8`"),
    ("struct S { a ‸b c }", "expected `:`, found `b`", "`name: type`"),
    ("struct S { a: ‸&str }", "expected a type, found `&`", "`*const char @nul`"),
    ("struct S { a: ‸&[u8] }", "expected a type, found `&`", "a pointer and a length"),
    ("struct S { a: ‸&u8 }", "expected a type, found `&`", "a reference is a pointer"),
    ("struct S { a: Vec‸<u8> }", "expected `,` or `}`, found `<`", "a pointer and a length"),
    ("struct S { a: Box‸<u8> }", "expected `,` or `}`, found `<`", "`own *mut T`"),
    ("struct S { a: T‸<u8> }", "expected `,` or `}`, found `<`", "nothing is generic"),
    ("struct S { a: std‸::string }", "expected `,` or `}`, found `::`", "C++ objects"),
    ("struct S { a: other‸.Str }", "expected `,` or `}`, found `.`", "names have one word"),
    ("struct S { a: const ‸*u8 }", "expected `,` or `}`, found `*`", "`*const u8`"),
    ("struct S { a: unsafe ‸fn() }", None, "leave `unsafe` out"),
    ("struct S { a: ‸@align(8) u32 }", "expected a type, found `@`", "stand before its name"),
    ("struct S { a: [‸]u8 }", "expected a type, found `]`", "a pointer and a length"),
    ("struct S { a: ‸3 }", "expected a type, found `3`", "`name: type : bits`"),
    ("struct S { a: u8;‸; }", "expected `...`, `}` or a name, found `;`", "one separator"),
    ("struct S { struct ‸{ int x; } p; }", "expected `:`, found `{`", "`_: struct { … }`"),
    ("struct S { ‸1: u8 }", None, "a name stands first"),
    ("struct S { var ‸a: u8 }", "expected `:`, found `a`", "leave `var` out"),
    ("struct S { a: repeated ‸string }", "expected `,` or `}`, found `string`", "`@list(…)`"),
    ("struct S { a: *const char ‸nul }", "expected `,` or `}`, found `nul`", "`@nul`"),
    ("struct S { a: const ‸u8 }", "expected `,` or `}`, found `u8`", "a pointer is"),
    ("callback C(a ‸= 3);", None, "a member is `name: type`"),
    ("callback C(a: u8‸\n b: u8);", "expected `)`, `,` or `?` after `u8`", "separated by `,`"),
    ("struct Gr‸öße { a: u8 }", "unexpected characters `öß`", "ASCII letters"),
    ("struct S { a: [‸4]u8 }", "expected a type, found `4`", "the type comes first"),
    ("struct S { a: [u8; ‸*] }", "expected an expression, found `*`", "`*const T @len(N)`"),
    ("struct S { ‸const 3 }", None, "`const` is a word of C"),
    # --- items
    ("struct S ‸: Base { a: u8 }", "expected `{`, found `:`", "no base types"),
    ("struct S‸<T> { a: T }", "expected `{`, found `<`", "nothing is generic"),
    ("@since‸: 1.0.0 opaque A;", None, "`@name(…)`, before an item"),
    ("‸-- text", None, "begins with `//`"),
    ("‸shop open;", None, "items are `abi`"),
    ("‸template<typename T> struct S { a: T };", None, "nothing is generic"),
    ('import "a.abi"‸, "b.abi";', "expected `;`, found `,`", "an `import` of its own"),
    ('import "a.abi" ‸as a;', "expected `;`, found `as`", "by its own name"),
    ("struct S‸;", "expected `{`, found `;`", "`opaque S;`"),
    ("enum E‸;", "expected `:` or `{`, found `;`", "`enum E { A, B }`"),
    ("struct S‸(u32);", "expected `{`, found `(`", "`struct S { value: u32 }`"),
    ("struct alignas‸(8) S { a: u8 }", "expected `{`, found `(`", "`@align(8)`"),
    ("struct S ‸@packed { a: u8 }", "expected `{`, found `@`", "`@packed struct Name { … }`"),
    ("‸packed struct S { a: u8 }", None, "`@packed`"),
    ("‸[[nodiscard]] entry fn f();", None, "attributes are written `@name`"),
    ("opaque A;\n@must_use‸", None, "attributes stand before an item"),
    ("enum class ‸E { A }", "expected `:` or `{`, found `E`", "leave `class` out"),
    ('enum E { A = ‸"x" }', 'expected an expression, found `"x"`', "is an integer"),
    ("enum E { A‸(u32) }", "expected `,` or `}`, found `(`", "is a `union` in a `struct`"),
    ("opaque A ‸opaque B;", "expected `;`, found `opaque`", "ends with `;`"),
    ("enum E { A } ‸E;", None, "ends with its `}`"),
    ("type A ‸u64;", "expected `=`, found `u64`", "`type NAME = TYPE;`"),
    ("‸get: func() -> u32;", None, "between the braces"),
    ("‸ABI a 1.0.0;", None, "did you mean `abi`?"),
    ("‸message M { string a = 1; }", None, "a `struct`"),
    ("‸interface I { }", None, "a `vtable`"),
    ("‸typedef int (*cb)(void *);", None, "`callback cb(*mut void) -> c_int;`"),
    ("‸typedef uint32_t id;", None, "`type id = u32;`"),
    ("‸typedef struct S S;", None, "`opaque S;`"),
    ('abi ‸"shop" 1.0.0;', 'expected a name, found `"shop"`', "`abi shop 1.0.0;`"),
    ("abi shop‸;", "expected a version such as `1.2.3`, found `;`", "`abi shop 1.0.0;`"),
    (
        "abi my‸-shop 1.0.0;",
        "expected a version such as `1.2.3`, found `-`",
        "`abi my_shop 1.0.0;`",
    ),
    ('compat ‸"semver";', 'expected a name, found `"semver"`', "`compat semver;`"),
    ("targets ‸x86_64-linux;", "expected a string, found `x86_64`", "a target is a string"),
    ("import ‸<a.abi>;", "expected a string, found `<`", '`import "other.abi";`'),
    # --- values
    ("const A: i32 = ‸+1;", None, "has no sign"),
    ("const A: f64 = ‸1.5;", None, "no fractions"),
    ("const A: u32‸;", "expected `=`, found `;`", "a constant has a value"),
    ("const N: ‸*const char = 1;", "expected a name, found `*`", "never a pointer"),
    ("const long ‸X = 5;", "expected `:`, found `X`", "`const X: c_long = 5;`"),
    ('const char ‸X[] = "x";', "expected `:`, found `X`", '`const X: str = "x";`'),
    ("const A: u32 = 1 &‸& 2;", "expected an expression, found `&`", "the operators are"),
    ("const A: u32 = 1 ‸== 2;", "expected `;`, found `=`", "the operators are"),
    ("const A: u32 = (u32)‸5;", "expected `;`, found `5`", "no casts"),
    ("enum E { A = E‸.B }", "expected `,` or `}`, found `.`", "`E::B`"),
    ("struct S { a: u8 : ‸1.5 }", "expected an expression, found `1.5`", "no fractions"),
    ("const A: u32 = 5 ‸as u32;", "expected `;`, found `as`", "no casts"),
    ("const A: u32 = sizeof(void*‸);", "expected an expression, found `)`", "write the number"),
    ("@a(b ‸= 1) opaque A;", "expected `(`, `)` or `,`, found `=`", "no names"),
    # --- characters
    (
        "const A: u32 = ‸!0;",
        "unexpected character `!`",
        "`~`; all bits of a `u32` are `0xffff_ffff`",
    ),
    ("enum E { A = ‸'x' }", "unexpected characters `'x'`", "as its number: `0x78`"),
    ("const A: str = ‸“x”;", "unexpected characters `“x”`", '`"…"`'),
    ("const A: i32 = ‸–1;", "unexpected character `–`", "a minus is `-`"),
    ("struct ‸`S` { a: u8 }", "unexpected characters ``S``", "no quotes"),
    ("struct S<‸'a> { a: u8 }", "unexpected characters `'a`", "no lifetimes"),
    ("struct S‸$ { a: u8 }", "unexpected character `$`", "ASCII letters"),
    ("‸#define MAX 10", "unexpected characters `#define MAX 10`", "`const MAX: u32 = 10;`"),
    ("‸#define F(x) \\\n x", "unexpected characters `#define F(x) \\`", "`const NAME: TYPE = 1;`"),
    ("‸#ifdef X\nopaque A;", "unexpected characters `#ifdef X`", "depends on the compiler"),
    ("‸#[repr(C)] struct S { a: u8 }", "unexpected characters `#[repr(C)]`", "leave it out"),
    ("‸# a comment", "unexpected characters `# a comment`", "begins with `//`"),
    # --- numbers and strings
    ("const A: u32 = ‸1__0_;", "`1__0_` is not a number", "one at a time: `1_0`"),
    ("const A: u32 = ‸0x_ff;", "`0x_ff` is not a number", "one at a time: `0xff`"),
    ("const A: u32 = ‸5u;", "`5u` is not a number", "write `5`"),
    ("const A: u32 = ‸0xFFu32;", "`0xFFu32` is not a number", "write `0xFF`"),
    ("const A: u32 = ‸1e6;", "`1e6` is not a number", "no exponent"),
    ("struct ‸3D { a: u8 }", "`3D` is not a number", "does not begin with a digit"),
    ('const A: str = "a‸\\xff";', r"`\xff` is no character: `\x` goes up to `\x7f`", r"`\u{ff}`"),
    ('const A: str = "‸\\x1";', r"`\x` needs two hexadecimal digits", r"`\x1b`"),
    ('const A: str = "‸\\u00e9";', r"`\u` needs braces around its digits", r"`\u{00e9}`"),
    ('const A: str = "‸\\u{d800}";', r"`\u{d800}` is no character", "without surrogates"),
    ('const A: str = "‸\\033";', r"`\033` is octal in C, and not known here", r"`\x1b`"),
    ('const A: str = "‸\\08";', r"`\08` is octal in C, and not known here", r"`\x00`"),
    # --- comments
    ("‸/** a */ opaque A;", "`/**` documents nothing here", "`///` before each line"),
    ("‸/*! a */ opaque A;", "`/*!` documents nothing here", "`///` before each line"),
    (
        "struct S { a: u8, ‸/// x\n b: u8 }",
        "this documents what follows, and not what is before it",
        "above",
    ),
    (
        "struct S {\n ‸///< x\n b: u8 }",
        "this documents what follows, and not what is before it",
        "above",
    ),
]

#: What is written, with `‸` before the place of the message; the message; a part of the hint.
_CASES = [
    ("struct S { a: u8 ‸b: u32 }", "expected `,` or `}`, found `b`", "`,` or `;` separates"),
    ("struct S {\n a: u8‸\n b: u32\n}", "expected `,` or `}` after `u8`", "`,` or `;` separates"),
    ("struct S { a: ‸, b: u8 }", "expected a type, found `,`", "a type is a name such as `u32`"),
    ("struct S { a ‸}", "expected `:`, found `}`", "`name: type`"),
    ("struct ‸{ a: u8 }", "expected a name, found `{`", "`struct Name { … }`"),
    ("struct S { p: *‸u8 }", "expected `const` or `mut`, found `u8`", "`*const T` or `*mut T`"),
    ("struct S { fn ‸}", "expected `:` or a name, found `}`", "`fn name(parameter: type) -> type`"),
    ("struct‸", None, "`struct Name { field: type }`"),
    ("const Y: u32 = 1 +‸;", None, "an expression is a number"),
    ("struct S { p: ‸&u8 }", "expected a type, found `&`", "a reference is a pointer"),
    ("struct S { p: void‸* }", "expected `,` or `}`, found `*`", "here that is `*mut void`"),
    ("entry fn f(x: *mut (own ‸*mut i32));", None, "`own` stands before the whole type"),
    ("struct S { int ‸a; }", "expected `:`, found `a`", "`a: c_int`"),
    ("struct S { a: u8‸[4] }", "expected `,` or `}`, found `[`", "an array is `[T; N]`"),
    ("struct S { a: [u8‸] }", "expected `;` or `?`, found `]`", "an array is `[T; N]`"),
    ("struct S { a: Option‸<u8> }", "expected `,` or `}`, found `<`", "marked with `?`"),
    ("struct S { a: u8 ‸= 3 }", "expected `,` or `}`, found `=`", "enums and constants"),
    ("struct S { a ‸@len(b): u8 }", "expected `:`, found `@`", "stand before its name"),
    ("struct S { ‸const: u8 }", "expected `...`, `}` or a name, found `const`", "a word of C"),
    ("enum E { A‸: 1 }", "expected `,` or `}`, found `:`", "a value is `NAME = 1`"),
    ("vtable V { fn f‸; }", "expected `(`, found `;`", "`fn name()`"),
    ("entry fn f()‸\nentry fn g();", "expected `->` or `;` after `)`", "ends with `;`"),
    ("entry fn f() ‸u8;", "expected `->` or `;`, found `u8`", "`-> u8`"),
    ("entry ‸f();", "expected `extern`, `fn` or `static`, found `f`", "`entry static NAME: TYPE;`"),
    ("callback C() -> ‸;", "expected a type, found `;`", "has no `->`"),
    ("callback C(a: u8‸; b: u8);", "expected `)` or `,`, found `;`", "separated by `,`"),
    ("const A ‸= 1;", "expected `:`, found `=`", "`const NAME: u32 = 1;`"),
    ("import ‸other;", "expected a string, found `other`", '`import "other.abi";`'),
    ("struct S { a: extern ‸fn() }", None, '`extern "C" fn`'),
    ("struct S { a: *const u8?‸? }", "expected `,` or `}`, found `?`", "`?` comes after a pointer"),
    ("struct S { a: u8, ‸/// x\n }", "a doc comment that documents nothing", "use `//`"),
    ("‸/// x", "a doc comment that documents nothing", "use `//`"),
    ("‸strut S { a: u8 }", None, "did you mean `struct`?"),
    ("‸pub struct S { a: u8 }", None, "leave `pub` out"),
    ("‸class S { }", None, "is a `vtable`"),
    ("‸uint32_t x;", None, "`entry static x: u32;`"),
    ("‸uint32_t x y;", None, "the name comes before the type"),
    ("‸typedef struct { a: u8 } S", None, "`struct S { … }`"),
    ("‸fn f();", None, "`entry fn`"),
    (
        "‸#include <a.h>\nopaque A;",
        "unexpected characters `#include <a.h>`",
        "types of C are built in",
    ),
    ("import ‸'ab';", "unexpected characters `'ab'`", '`"…"`'),
    *_SLIPS,
    ("struct S ‸{\n  a: u8,\n\nstruct T {\n  a: u8,\n}", "`{` is never closed", "with `}`"),
    ("struct S { a: (u8 ‸}", "`}` where `)` is needed", "with `)` first"),
    ("struct S { a: u8 } ‸}", "`}` closes nothing", "leave it out"),
    (
        "struct S { a: *const (*const char ‸@nul) @len(n), n: u8 }",
        "expected `)`, found `@`",
        "on an alias: `type Name = *const char @nul;`",
    ),
]


@pytest.mark.parametrize(("written", "message", "hint"), _CASES, ids=[case[0] for case in _CASES])
def test_message(written: str, message: str | None, hint: str | None) -> None:
    report = Report()
    parse(SourceFile("a.abi", written.replace("‸", "")), report)
    first = report.sorted()[0]
    assert first.span is not None
    assert first.span.start == written.index("‸")
    if message is not None:
        assert first.message == message
    else:
        assert first.message.startswith("expected ")
    assert (hint is None) == (first.hint is None)
    assert hint is None or hint in (first.hint or "")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("struct S { unsigned int a; long long b; fine: u8; void* p; const char *n; also: u8 }", 4),
        ("vtable V { fn a(&self, b: &str) -> u8; fn c(self: mut) u8; fn d(self: mut); }", 2),
        ('enum E { A = , B = "x", C }', 2),
        ("struct S { a: struct { x: int*, y: char* }, b: int* }", 2),
        ("struct S { a: u8 b: u8 c: u8 }", 1),
        ("struct S { a: Map<u8, Vec<u8>>, b: u8, c: int* }", 2),
        ("struct S { a: int*,", 1),
        ("struct S {\n  a: int*,\n\nstruct T { a: int* }\n", 2),
        ("struct S { " + "a: int*, " * 1000 + "}", MAX_BROKEN_MEMBERS + 1),
    ],
)
def test_a_broken_member_hides_no_other(text: str, count: int) -> None:
    report = Report()
    file = parse(SourceFile("a.abi", f"abi a 1.0.0;\n{text}"), report)
    assert len(report.diagnostics) == count
    # What is left of the item is there, and known to lack something.
    assert {item.name.text for item in file.items} <= {"a", *file.incomplete}


def test_a_directive_hides_nothing() -> None:
    report = Report()
    file = parse(SourceFile("a.abi", "#define A 1\nopaque B;\n"), report)
    assert len(file.items) == 1
    assert len(report.diagnostics) == 1


def test_an_unclosed_brace_names_the_next_item() -> None:
    report = Report()
    file = parse(SourceFile("a.abi", "struct S {\n  a: u8,\n\nopaque T;\n"), report)
    (found,) = report.diagnostics
    assert found.notes[0].message == "`opaque` begins the next item"
    assert len(file.items) == 1


@pytest.mark.parametrize(
    ("head", "most"), [("abi a 1.0.0;\n", MAX_MESSAGES), ("", MAX_FOREIGN_MESSAGES)]
)
def test_there_is_an_end_to_it(head: str, most: int) -> None:
    report = Report()
    file = parse(SourceFile("a.abi", head + "struct;\n" * 1000 + "opaque Last;"), report)
    assert len(report.diagnostics) == most + 1
    last = report.diagnostics[-1]
    assert last.code is SYNTAX
    assert "left out" in last.message
    assert "Last" in file.broken


def test_warnings_are_no_errors_however_many() -> None:
    report = Report()
    file = parse(SourceFile("a.abi", "/** a */ opaque A;\n" * 1000), report)
    assert len(report.diagnostics) == MAX_MESSAGES
    assert not report.failed
    assert len(file.items) == 1000


@pytest.mark.parametrize(
    "text", ["/* a */", "/**/", "/***/", "/*** rule ***/", "/// a", "//// a", "// a\n/// b"]
)
def test_comments_that_no_tool_misreads(text: str) -> None:
    report = Report()
    parse(SourceFile("a.abi", f"{text}\nopaque A;"), report)
    assert not report.diagnostics


@pytest.mark.parametrize(
    "text",
    [
        "typedef struct { int a; } Lost;",
        "typedef struct Tag { int a; } Lost;",
        "typedef void (*Lost)(void *ctx);",
        "pub struct Lost { a: u8 }",
        "message Lost { string a = 1; }",
        "int Lost(void);",
        "#define Lost 10",
        "#define Lost 10 \\\n + 1",
        "struct Lost { a $ b: u8 }",
        "opaque Lost opaque Other;",
        "/* struct Lost { a: u8 }",
    ],
)
def test_one_slip_is_one_error(text: str) -> None:
    """What a broken item declares is known to be missing, and the items around it are read."""
    report = Report()
    file = parse(SourceFile("a.abi", f"abi a 1.0.0;\nopaque A;\n{text}\n"), report)
    whole = [item for item in file.items if item.name.text not in file.incomplete]
    assert [type(item).__name__ for item in whole] == ["Abi", "Opaque"]
    assert len(report.diagnostics) == 1
    assert "Lost" in file.broken | file.incomplete.keys()


def test_what_is_behind_an_item_excuses_nothing_in_it() -> None:
    report = Report()
    parse(SourceFile("a.abi", "abi a 1.0.0;\nstruct S { a }\n#define A 1\n"), report)
    assert len(report.diagnostics) == 2


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ('extern "stdcall" callback C();', 0),
        ('vtable V { extern "stdcall" fn f() }', 11),
        ('vtable V { @get optional drop extern "stdcall" fn f() }', 16),
        ('entry extern "stdcall" fn f();', 0),
        ('type T = extern "stdcall" fn();', 9),
    ],
)
def test_a_span_begins_with_the_first_word(text: str, start: int) -> None:
    report = Report()
    (item,) = parse(SourceFile("a.abi", text), report).items
    place = item.span
    if isinstance(item, ast.VtableDecl):
        place = item.members[0].span
    elif isinstance(item, ast.Alias):
        place = item.type.type.span
    assert place.start == start


def test_a_bracket_is_missed_once() -> None:
    report = Report()
    text = "abi a 1.0.0;\nvtable W { fn b(self: mut }\nstruct Next { a: u8 }\n"
    file = parse(SourceFile("a.abi", text), report)
    assert [found.message for found in report.diagnostics] == ["`}` where `)` is needed"]
    assert [item.name.text for item in file.items] == ["a", "Next"]
