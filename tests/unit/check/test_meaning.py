"""What attributes say agrees with itself, and with the types and signatures that it is said of."""

from __future__ import annotations

import pytest

from support.library import codes_of, library_of, read_text

#: What the descriptions below are about.
BEFORE = """
    allocator heap = malloc/free;
    enum Err { Fine, Bad, Worse = 300 }
    enum Side { Left, Right }
    open enum Code: i32 { GOOD = 0, EVIL = -7 }
    const SUCCESS: i32 = 0;
    opaque Session;
    @string(ptr, len) struct Str { ptr: *const char, len: usize }
    @string(ptr, len) struct MaybeStr { ptr: *const char?, len: usize }
    @error_buffer(text) struct Error { text: [char; 16], code: Code }
    @result(code, text) struct Outcome { code: i32, text: own *mut char? @nul }
    @result(code) struct Bare { code: i32 }
    struct Point { x: u32, y: f64 }
    callback Visitor(@ctx ctx: *mut void, n: u32);
    callback Plain(n: u32);
"""


def messages(text: str) -> list[str]:
    _, report = read_text(BEFORE + text)
    return [f"{found.code.number} {found.message}" for found in report.sorted()]


def hints(text: str) -> list[str | None]:
    _, report = read_text(BEFORE + text)
    return [found.hint for found in report.sorted()]


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        # outcomes
        ("@ok(0) entry fn f();", "A0407", "`@ok` is about the result, and `f` returns nothing"),
        ("@fails(< 0) entry fn f();", "A0407", "`@fails` is about the result"),
        ("@must_use entry fn f();", "A0407", "`@must_use` is about the result"),
        ("@errors(Err) entry fn f();", "A0407", "`@errors` is about the result"),
        ("@fails(< 0) entry fn f() -> u32;", "A0302", "no value of `u32` is < 0"),
        ("@fails(-1) entry fn f() -> usize;", "A0302", "-1 does not fit `usize`"),
        ("@ok(256) entry fn f() -> u8;", "A0302", "256 does not fit `u8`"),
        ("@ok(3) entry fn f() -> Err;", "A0302", "no value of `Err` is 3"),
        ("@fails(< 0) entry fn f() -> Err;", "A0302", "no value of `Err` is < 0"),
        ("@fails(null) entry fn f() -> u32;", "A0407", "`u32` is never null"),
        ("@fails(null) entry fn f() -> *mut u8;", "A0407", "`*mut u8` is never null"),
        ("@fails(null) entry fn f() -> Str;", "A0407", "`Str` is never null"),
        ("@fails(0) entry fn f() -> *mut u8?;", "A0407", "takes a pointer for a number"),
        ("@fails(< 0) entry fn f() -> *mut u8?;", "A0407", "has no order"),
        ("@fails(true) entry fn f() -> i32;", "A0407", "is no `bool`"),
        ("@ok(0) entry fn f() -> Point;", "A0407", "`Point` has no numbers"),
        ("@ok(Fine) @errors(Err) entry fn f() -> Outcome;", "A0407", "`Outcome` has no numbers"),
        (
            "@ok(0) @fails(<= 0) entry fn f() -> i32;",
            "A0408",
            "0 is a success of `f` and a failure",
        ),
        ("@ok(> 5) @fails(7) entry fn f() -> i32;", "A0408", "7 is a success of `f` and a failure"),
        ("@ok(Fine) @fails(Err::Fine) entry fn f() -> Err;", "A0408", "0 is a success of `f` and"),
        (
            "@ok(null) @fails(null) entry fn f() -> *mut u8?;",
            "A0408",
            "`null` is a success of `f` and",
        ),
        (
            "@ok(true) @fails(1) entry fn f() -> bool;",
            "A0408",
            "1 is a success of `f` and a failure",
        ),
        ("@retry(1) entry fn f();", "A0407", "`@retry` is about the result"),
        ("@retry(1) entry fn f() -> i32;", "A0407", "no parameter of `f` is room"),
        (
            "@ok(1) @retry(1) entry fn f(a: *mut u8 @capacity(n), n: usize) -> i32;",
            "A0408",
            "1 is a success of `f` and the wish for more room",
        ),
        (
            "vtable V { state: *mut void, @absent(0) fn f(self: const) -> i32; }",
            "A0408",
            "what a null slot returns, and `f` is never null",
        ),
        (
            "vtable V { state: *mut void, @absent(0) optional fn f(self: const); }",
            "A0407",
            "`@absent` is about the result",
        ),
        (
            "vtable V { state: *mut void, @ok(0) @absent(1) optional fn f(self: const) -> i32; }",
            "A0408",
            "`f` would fail with that",
        ),
        (
            "vtable V { state: *mut void, @fails(< 0) @absent(-1) optional fn f(self: const) -> i32; }",
            "A0408",
            "`f` would fail with that",
        ),
        (
            "vtable V { state: *mut void,"
            " @absent(0) optional fn f(self: const, a: *mut u8 @out) -> i32; }",
            "A0408",
            "`f` writes something, which null does not",
        ),
        (
            "vtable V { state: *mut void, @absent(> 0) optional fn f(self: const) -> i32; }",
            "A0408",
            "`f` returns one value",
        ),
        (
            "vtable V { state: *mut void, @absent(300) optional fn f(self: const) -> u8; }",
            "A0302",
            "300 does not fit `u8`",
        ),
        ("@ok(0) entry fn f() -> i32 @ok(1);", "A0403", "`@ok` is said of `f` and of its result"),
        ("@noreturn entry fn f() -> u32;", "A0408", "does not return, and yet it has a result"),
        ('@truth("no") entry fn f() -> i32;', "A0407", "no message comes out of `f`"),
        ('@truth("no") entry fn f() -> Bare;', "A0407", "no message comes out of `f`"),
        ("@errors(Err) entry fn f() -> Side;", "A0407", "nothing that comes out of `f` carries"),
        ("@errors(Err) entry fn f() -> *mut u8?;", "A0407", "carries a value of `Err`"),
        ("@errors(Err) entry fn f() -> i32 @as(Side);", "A0407", "carries a value of `Err`"),
        ("@errors(Err) entry fn f() -> u8;", "A0302", "300 does not fit `u8`"),
        (
            "@errors(Err) @error(e) entry fn f(e: *mut Error) -> bool;",
            "A0407",
            "carries a value of `Err`",
        ),
        ("@error(e) entry fn f(e: *mut Point);", "A0407", "and `e` is `*mut Point`"),
        ("@error(e) entry fn f(e: *mut u8);", "A0407", "and `e` is `*mut u8`"),
        ("@error(e) entry fn f(e: *const Error);", "A0407", "`e`, which is `*const`"),
        ("@ok(Gut) entry fn f() -> Err;", "A0201", "`Err` has no value `Gut`"),
        ("@ok(Left) entry fn f() -> Err;", "A0201", "`Err` has no value `Left`"),
        ("@ok(SUCESS) entry fn f() -> i32;", "A0201", "unknown name `SUCESS`"),
        ("@ok(Fine) entry fn f() -> i32;", "A0407", "it is open whose `Fine` is meant"),
        ("entry fn f() -> u64 @invalid(-1);", "A0302", "-1 does not fit `u64`"),
        ("@invalid(-1) type Handle = u64;", "A0302", "-1 does not fit `u64`"),
        ("struct S { a: u8 @none(256) }", "A0302", "256 does not fit `u8`"),
        ("struct S { a: u8 @none(8) : 3 }", "A0302", "which holds 0 to 7 in 3 bits"),
        ("struct S { @default(null) a: *mut u8 }", "A0407", "`@default` does not fit `a`"),
        ("entry fn f() -> *mut u8 @end(null);", "A0407", "`*mut u8` is never null"),
        ("entry fn f() -> *mut u8 @end(nonnull);", "A0407", "`*mut u8` is never null"),
        ("entry fn f() -> i32 @end(empty);", "A0407", "`i32` has no length"),
        ("@result(code, text) struct S { code: i32, text: u32 }", "A0407", "`text` is `u32`"),
        ("@failure(text) struct S { text: u32 }", "A0407", "`@failure` needs a text"),
        ("@error_buffer(text) struct S { text: [u32; 4] }", "A0407", "needs a text"),
        ("@ok(0) entry static level: u32;", "A0402", "`@ok` is about a function"),
        # pointers, lengths, views
        ("entry fn f(a: *const u32 @out);", "A0407", "`a`, which is `*const`"),
        ("entry fn f(a: *mut u32 @out @inout);", "A0408", "`a` is `@out` and `@inout`"),
        ("entry fn f(a: *mut Session @out);", "A0407", "nobody knows the size of `Session`"),
        ("entry fn f(a: *mut void @out);", "A0407", "nobody knows the size of `void`"),
        (
            "entry fn f(a: *mut u8 @capacity(n) @written(n), n: usize);",
            "A0407",
            "write a number to `n`, which is `usize`",
        ),
        (
            "entry fn f(a: *mut u8 @capacity(n) @written(m), n: usize, m: *const usize);",
            "A0407",
            "write a number to `m`, which is `*const usize`",
        ),
        (
            "struct S { a: *mut u8 @capacity(n) @written(m), n: usize, m: f32 }",
            "A0407",
            "write a number to `m`, which is `f32`",
        ),
        ("entry fn f(a: *const u8 @capacity(n), n: usize);", "A0407", "which is `*const`"),
        ("entry fn f(a: *mut usize @len(a));", "A0408", "`@len` of `a` names `a` itself"),
        ("entry fn f(a: *mut usize @size(2 * a));", "A0408", "`@size` of `a` names `a` itself"),
        ("entry fn f(a: *mut usize @written(a));", "A0408", "`@written` of `a` names `a` itself"),
        ("entry fn f(a: *const *const u8 @lens(a));", "A0408", "`@lens` of `a` names `a` itself"),
        ("entry fn f(a: *const u8 @lens(n), n: *const usize);", "A0407", "`a` is `*const u8`"),
        (
            "entry fn f(a: *const *const u8 @lens(n), n: *const f32);",
            "A0407",
            "`n` is `*const f32`",
        ),
        ("entry fn f(a: *const u8 @len(-5));", "A0302", "there cannot be -5"),
        ("entry fn f(a: *const u32 @nul);", "A0407", "`@nul` ends text, and `a` is `*const u32`"),
        ("entry fn f(a: *const *const char @nul);", "A0407", "`@nul` ends text"),
        ("entry fn f(a: *const u16 @nul);", "A0407", "so it is not UTF-8"),
        ("entry fn f(a: *const u8 @nul @encoding(utf16));", "A0407", "units of 16 bits"),
        ("entry fn f(a: *const u16 @encoding(ascii));", "A0407", "comes in bytes"),
        ("entry fn f(a: u32 @encoding(utf8));", "A0407", "`@encoding` is about text or bytes"),
        ("entry fn f(a: Point @json);", "A0407", "`@json` is about text or bytes"),
        ("@json struct S { x: u8 }", "A0407", "`@json` is about text or bytes"),
        ("entry fn f(a: *const u8 @until_value(256));", "A0302", "256 does not fit `u8`"),
        ("entry fn f(a: *const Point @until_value(0));", "A0407", "`Point` has no numbers"),
        ("entry fn f(a: *const char @nul @until_value(0));", "A0408", "ends with NUL and with"),
        ("@string(p, n) struct S { p: *const u32, n: usize }", "A0407", "characters or bytes"),
        ("@bytes(p, n) struct S { p: *const Point, n: usize }", "A0407", "a pointer to bytes"),
        ("@list(p, n) struct S { p: *const void, n: usize }", "A0407", "elements of a known size"),
        ("@list(p, n) struct S { p: *mut Session, n: usize }", "A0407", "of a known size"),
        (
            "@string(p, n) @encoding(utf16) struct S { p: *const u8, n: usize }",
            "A0407",
            "units of 16 bits for UTF-16",
        ),
        (
            "@string(p, n) @bytes(p, n) struct S { p: *const u8, n: usize }",
            "A0408",
            "`@string` and",
        ),
        ("struct S { a: u8 @as(Err) }", "A0302", "300 does not fit `u8`"),
        ("struct S { a: u32 @as(Err) : 2 }", "A0302", "which holds 0 to 3 in 2 bits"),
        ("struct S { a: u32 @as(Code) }", "A0302", "-7 does not fit `u32`"),
        ("struct S { a: f32 @as(Err) }", "A0407", "`@as` goes on an integer"),
        ("struct S { a: *mut u8 @to(Point) }", "A0407", "`a` is `*mut u8`"),
        ("entry fn f() -> Bare @to(Point);", "A0407", "the result of `f` is `Bare`"),
        # ownership
        ("entry fn f(a: own u8);", "A0212", "`u8` is a plain value"),
        ("entry fn f(a: own Err);", "A0212", "`Err` is a plain value"),
        ("entry fn f(a: own Point);", "A0212", "nothing in `Point` has an end"),
        ("entry fn f(a: own *mut u8 @free(n), n: u32);", "A0407", "`n`, which is no function"),
        ("entry fn f(a: u8 @owned(heap));", "A0407", "`@owned` is about memory"),
        ("entry fn f(a: *mut u8 @owned(heap));", "A0408", "`a` is only lent"),
        ("entry fn f(a: *mut u8 @consumed(always));", "A0408", "`a` is only lent"),
        ("entry fn f(a: *mut Str @depth(shell));", "A0408", "`a` is only lent"),
        ("entry fn f(a: u8 @until(call));", "A0407", "`@until` is about memory"),
        ("entry fn f(a: *mut u8 @keeps(a)) -> *mut u8;", "A0408", "`@keeps` of `a` names `a`"),
        (
            "@free(end) opaque Thing; entry fn end(other: *mut Session);",
            "A0609",
            "`end` takes `*mut Session` first",
        ),
        ("@free(end) opaque Thing; entry fn end();", "A0609", "`end` takes nothing"),
        ("@drop(x) struct S { x: u32 }", "A0407", "`@drop` calls `x`, which is no function"),
        ("@release(end) struct S { end: fn(x: u32) }", "A0609", "`end` takes `u32` first"),
        (
            "@refcounted(up, down) opaque N; entry fn up(n: *mut N); entry fn down(n: u64);",
            "A0609",
            "`down` takes `u64` first",
        ),
        (
            "@refcounted(up, up) opaque N; entry fn up(n: *mut N, by: u32);",
            "A0609",
            "`up` takes more than that",
        ),
        (
            "@clone(copy) vtable V { state: *mut void, fn copy(self: const) -> *mut void; }",
            "A0609",
            "`@clone` calls `copy` with the object alone",
        ),
        (
            "@clone(copy) vtable V { state: *mut void, fn copy(self: own) -> own *mut void; }",
            "A0609",
            "`@clone` calls `copy` with the object alone",
        ),
        (
            "vtable V { state: *mut void, drop fn a(self: own); drop fn b(self: own); }",
            "A0609",
            "`b` ends the object, and so does `a`",
        ),
        (
            "@drop(a) vtable V { state: *mut void, fn a(self: own); drop fn b(self: own); }",
            "A0408",
            "`@drop` names `a`, but the `drop fn` is `b`",
        ),
        (
            "@drop(a) vtable V { state: *mut void, fn a(self: own, n: u32); }",
            "A0609",
            "that is not what it takes",
        ),
        # objects
        ("vtable V { state: u8, fn f(self: mut); }", "A0608", "and it is `u8`"),
        ("vtable V { state: *const void, fn f(self: mut); }", "A0608", "`state` is `*const`"),
        ("@object(c) vtable V { c: [u8; 4], fn f(self: mut); }", "A0608", "and it is `[u8; 4]`"),
        (
            "@context vtable T { fn f(self: mut); }"
            " @object(c, t) struct S { c: *const void, t: *const T }",
            "A0608",
            "`f` takes it as `self: mut`",
        ),
        ("@object(c, t) struct S { c: *mut void, t: *mut Point }", "A0407", "needs a pointer to a"),
        ("struct S { @struct_size n: f32 }", "A0407", "`@struct_size` goes on an integer"),
        ("struct S { @struct_size n: u32 : 4, m: u8 }", "A0407", "`n` is a bit-field"),
        ("union U { @struct_size n: u32, m: u8 }", "A0407", "whose members overlap"),
        ("struct S { @struct_size n: u32, @struct_size m: u32 }", "A0408", "both hold the size"),
        ("vtable V { @get fn f(n: u32) -> u32; }", "A0609", "takes nothing, and `f` takes `n`"),
        ("vtable V { @get fn f(); }", "A0609", "has a value, and `f` returns nothing"),
        ("vtable V { @get fn a() -> u8; @set(a) fn b(); }", "A0609", "and `b` takes nothing"),
        (
            "vtable V { @get fn a() -> u8; @set(a) fn b(m: u8, n: u8); }",
            "A0609",
            "set to one value",
        ),
        ("vtable V { @get fn a() -> u8; @set(b) fn c(n: u8); }", "A0406", "has no such property"),
        ("vtable V { @handle(h) fn f(h: bool); }", "A0407", "needs a handle, and `h` is `bool`"),
        ("vtable V { @handle(h) fn f(h: *mut u64 @out); }", "A0408", "holds nothing yet"),
        ("vtable V { @handle(h) fn f(h: *mut u32); }", "A0407", "and `h` is `*mut u32`"),
        ("vtable V { @handle(h) fn f(h: *const (*mut void)); }", "A0407", "needs a handle"),
        ("vtable V { @create fn f() -> *const u8; }", "A0407", "`f` returns `*const u8`"),
        ("@object(self) struct S { n: u32 }", "A0407", "where the functions of `S` are"),
        (
            "@context vtable T { fn f(self: mut); }"
            " @object(self, t) struct A { t: *const T } @object(self, t) struct B { t: *const T }",
            "A0608",
            "slots of `T` take `A` itself, and `B` points to the table as well",
        ),
        (
            "vtable T { state: *mut void, fn f(self: mut); }"
            " @object(self, t) struct A { t: *const T }",
            "A0608",
            "`A` is its own context, and `T.f` takes `*mut void`",
        ),
        ("vtable V { state: *mut void, @reserved(zero) fn f(self: mut); }", "A0408", "to null"),
        # of which nothing comes
        ("@object(c) vtable V { c: *mut void, fn f(); }", "A0409", "no slot of `V` takes `self`"),
        ("@context vtable V { fn f(n: u32); }", "A0409", "no slot of `V` takes `self`"),
        ("@object(c) struct S { c: *mut void }", "A0409", "`S` has no functions"),
        ("@exclusive struct S { c: u8 }", "A0409", "`@exclusive` is about calls"),
        ('@strip("_f") vtable V { fn f(); }', "A0409", 'ends with "_f"'),
        ("struct S { @value c: u8 }", "A0409", "`c` is a plain field"),
        ("@hidden @handshake entry fn f();", "A0409", "`f` is `@hidden`"),
        ('struct S { @hidden @py("d") c: u8 }', "A0409", "`c` is `@hidden`"),
        ("entry fn f(@default(1) n: *mut u32 @out);", "A0409", "nobody gives a value for it"),
        # loading
        ("entry fn f(@path p: *const char @nul);", "A0409", "no loader calls `f`"),
        ("@handshake entry fn f(@path p: *const u64);", "A0407", "`@path` is the name of a file"),
        ("vtable V { @handshake fn f(); }", "A0409", "nothing at load leads to `V`"),
        (
            "vtable V { @handshake fn f(n: u32); } @handshake entry static const v: V;",
            "A0609",
            "what to give it for `n`",
        ),
        (
            "compat semver; struct N { a: u8, @hidden b: u8 } struct S { @version v: N }",
            "A0407",
            "a version as text, or as a struct of its numbers",
        ),
        (
            "compat semver; struct N { a: u8, b: f32 } struct S { @version v: N }",
            "A0407",
            "a version as text, or as a struct of its numbers",
        ),
        # names in C
        ('@c("A", "B") struct S { n: u8 }', "A0404", "what values begin with, and `S` has none"),
        ('@c("A", "-") enum E { A }', "A0405", "the beginning of identifiers"),
        ("vtable V { @destroy(h) fn f(h: f32); }", "A0407", "needs a handle"),
        ("vtable V { @destroy fn f(a: u64, b: u64); }", "A0609", "it is open which parameter"),
        ("vtable V { @create(o) fn f(o: *mut Session); }", "A0407", "which is `*mut Session`"),
        ("vtable V { @create(o) fn f(o: *const u64); }", "A0407", "which is `*const u64`"),
        ("vtable V { @create fn f(); }", "A0407", "needs a handle, and `f` returns nothing"),
        # callbacks
        ("entry fn f(cb: Plain);", "A0607", "`cb` does not say how long it may be called"),
        ("entry fn f(cb: Plain?);", "A0607", "`cb` does not say"),
        ("entry fn f((fn())?);", "A0607", "parameter 1 of `f` does not say"),
        ("type Cb = fn(); entry fn f(cb: Cb);", "A0607", "`cb` does not say"),
        ("struct S { f: fn(cb: fn()) }", "A0607", "`cb` does not say"),
        ("struct S { cb: Visitor @ctx(c), c: *mut void }", "A0607", "`cb` does not say"),
        ("union S { cb: Visitor @ctx(c), c: *mut void }", "A0607", "`cb` does not say"),
        ("struct S { cb: [Visitor; 2] @ctx(c), c: *mut void }", "A0607", "`cb` does not say"),
        ("struct S { _: struct { cb: Visitor @ctx(c), c: *mut void } }", "A0607", "`cb` does not"),
        ("callback Two(@ctx a: *mut void, @ctx b: *mut void);", "A0608", "has two contexts"),
        ("callback Number(@ctx a: u64);", "A0608", "a context is a pointer, and `a` is `u64`"),
        ("entry fn f(@ctx c: *mut void);", "A0608", "`f` is no callback"),
        ("entry fn f(a: u32 @ctx(c), c: *mut void);", "A0608", "and `a` is none"),
        (
            "entry fn f(cb: Visitor @scope(call) @ctx);",
            "A0608",
            "does not say where its context is",
        ),
        ("entry fn f(cb: Visitor @scope(call));", "A0608", "`cb` needs a context"),
        ("entry fn f(cb: Visitor @scope(call) @ctx(n), n: usize);", "A0608", "and `n` is `usize`"),
        (
            "entry fn f(cb: Visitor @scope(call) @ctx(c), c: *const void);",
            "A0608",
            "`cb` takes its context as `*mut`",
        ),
        (
            "entry fn f(cb: Plain @scope(call) @ctx(c), c: *mut void);",
            "A0608",
            "none of its parameters is marked",
        ),
        ("entry fn f(cb: Visitor @scope(call) @ctx(cb));", "A0408", "names `cb` itself"),
        (
            "entry fn f(a: *mut u8 @destroy(d), d: fn(p: *mut void) @scope(call));",
            "A0407",
            "is none",
        ),
        (
            "entry fn f(cb: Plain @scope(forever) @destroy(d), d: u32);",
            "A0407",
            "called with the context, and it is `u32`",
        ),
        # loading
        ("compat integer(SUCCESS);", "A0507", "`integer` compares a number"),
        ("compat accepts(1, 2);", "A0507", "`accepts` compares a number"),
        ("compat size_first;", "A0507", "no struct starts with one"),
        (
            "compat size_first; vtable V { fn f(); @struct_size n: u32 }",
            "A0507",
            "no struct starts",
        ),
        (
            "struct S { u: union { @version v: Str, n: u64 } } entry fn f() -> S;",
            "A0402",
            "`S.u` is a union, and none knows which member is meant",
        ),
        (
            "struct I { @version v: Str } struct S { all: *const I @len(n), n: usize }"
            " entry fn f() -> S;",
            "A0402",
            "`I` only stands in lists, arrays and unions",
        ),
        (
            "struct I { @triple v: Str } @list(all, n) struct S { all: *const I, n: usize }"
            " entry fn f() -> S;",
            "A0402",
            "no loader reads `v`: `I` only",
        ),
        (
            "struct I { @version v: Str } struct N { i: I } type A = [N; 2]; struct S { all: A }"
            " @handshake entry fn f() -> *const S;",
            "A0402",
            "`I` only stands in lists, arrays and unions",
        ),
        (
            "struct I { head: struct { @version v: Str } } union U { i: I, n: u8 }"
            " entry fn f() -> *const U;",
            "A0402",
            "`I.head` only stands in lists, arrays and unions",
        ),
        ("struct S { @version v: u32 }", "A0407", "`major.minor` compares a version as text"),
        ("compat accepts(1); struct S { @version v: Str }", "A0407", "`accepts` compares a number"),
        (
            '@version const ABI: str = "1.2";',
            "A0407",
            "`@version` goes on a version, and `ABI` is '1.2'",
        ),
        ("struct S { @version a: Str, @version b: Str }", "A0408", "two fields say `@version`"),
        ("struct S { @triple a: Str } struct T { @triple a: Str }", "A0408", "two fields say"),
        ("struct S { @triple a: u32 }", "A0407", "`@triple` goes on text"),
        ("@handshake entry fn f(version: u32);", "A0609", "a loader calls `f`"),
        ("@manifest(toml) entry fn f(size: usize) -> Str;", "A0609", "a loader calls `f`"),
        ("@manifest(toml) entry fn f() -> u32;", "A0407", "a manifest is text or bytes"),
        ("@manifest(toml) entry static f: u32;", "A0407", "a manifest is text or bytes"),
        (
            "allocator own_heap = take/give; entry fn take() -> *mut void; entry fn give(p: *mut void);",
            "A0609",
            "`take` allocates memory",
        ),
        (
            "allocator own_heap = take/give; entry fn take(n: usize) -> *mut void;"
            " entry fn give(p: *const void);",
            "A0609",
            "`give` frees memory",
        ),
        ("allocator unix = malloc/free @unix;", "A0610", "`unix` has no scheme for Windows"),
        (
            'const HOST: u8 = 1; @range("a") const A: str = "1.x"; @manifest(json) @handshake'
            " entry fn f() -> *const char @nul @until(library);",
            "A0407",
            "`@range` goes on a version, and `A` is '1.x'",
        ),
        (
            '@range("a", 4) const A: str = "1.2.3"; @manifest(toml) @handshake'
            " entry fn f() -> *const char @nul @until(library);",
            "A0407",
            "`A` is '1.2.3'.4",
        ),
        ('@range("a") const A: i8 = 4;', "A0409", "none has a range for `A`"),
        (
            '@range("a") const A: i8 = 4; @manifest(toml) entry fn f() -> *const char @nul'
            " @until(library);",
            "A0409",
            "no manifest in JSON or TOML is read at load",
        ),
        # names
        ('@py("Err") struct S { x: u8 }', "A0107", "`S` and `Err` are both `Err` in Python"),
        ('struct S { @py("y") x: u8, y: u8 }', "A0107", "`y` and `x` are both `y`"),
        ('struct S { @py("y") x: u8, _: struct { y: u8 } }', "A0107", "`y` and `x` are both `y`"),
        ("entry fn test_open(); entry fn open();", "A0107", "are both `open` in Python"),
        ("vtable V { fn close(); fn close_(); }", "A0107", "are both `close_` in Python"),
        ('enum E { @py("B") A, B }', "A0107", "`B` and `A` are both `B`"),
        ('entry fn f(@py("b") a: u8, b: u8);', "A0107", "`b` and `a` are both `b`"),
        (
            'vtable V { state: *mut void, fn f(self: mut, @py("self") a: u8); }',
            "A0107",
            "`a` and `self` are both `self`",
        ),
        ('@strip("_fn") vtable V { fn a_fn(); fn a(); }', "A0107", "`a` and `a_fn` are both `a`"),
        ('@strip("_f") vtable V { fn pass_f(); fn pass_(); }', "A0107", "are both `pass_`"),
    ],
)
def test_contradiction(text: str, code: str, says: str) -> None:
    (found,) = messages(text)
    assert found.startswith(code)
    assert says in found
    assert hints(text) != [None], "say what to do"


@pytest.mark.parametrize(
    "text",
    [
        # outcomes
        "@fails(null) entry fn f() -> *mut u8?; @fails(null) entry fn g() -> MaybeStr;",
        "@fails(< 0) entry fn f() -> i64; @fails(< 0) entry fn g() -> f64;",
        "@ok(0) @fails(< 0) entry fn f() -> i32; @ok(true) entry fn g() -> bool;",
        "@ok(Fine) entry fn f() -> Err; @ok(Fine) entry fn g() -> i32 @as(Err);",
        "@ok(Fine) @errors(Err) entry fn f() -> i32; @ok(SUCCESS) entry fn g() -> i32;",
        "@fails(EVIL) entry fn f() -> Code; @ok(9) entry fn g() -> Code;",
        "@invalid(-1) type Handle = *mut void; entry fn f() -> u64 @invalid(u64::MAX);",
        "entry fn f(a: *mut i64 @out @none(-1), b: *mut i32 @out @as(Err));",
        "@errors(Err) entry fn f() -> Outcome; @errors(Err) entry fn g() -> u16;",
        "@errors(Code) @error(e) entry fn f(e: *mut Error?);",
        '@truth("no") entry fn f() -> Outcome; @truth("no") @error(e) entry fn g(e: *mut Error);',
        "entry fn f() -> Str @none(empty); entry fn g() -> *const char @nul @none(empty);",
        "entry fn f() -> *mut u8? @end(null); entry fn g() -> Str @end(empty);",
        "entry fn f(@default(Bad) a: Err, @default(0) b: bool, @default(null) c: Plain? @scope(call));",
        # pointers, lengths, views
        "entry fn f(a: *mut *mut Session @out, b: *mut void @out @size(n), n: usize);",
        "entry fn f(a: *mut u8? @capacity(n) @written(m), n: usize, m: *mut usize);",
        "struct S { a: *mut u8 @capacity(n) @written(m), n: usize, m: usize }",
        "entry fn f(a: *const *const u8 @len(c) @lens(n), n: *const usize @len(c), c: usize);",
        "entry fn f(a: *const u8 @len(n), n: *mut usize @inout, s: *mut Session @inout);",
        "entry fn f(a: *const u16 @nul @encoding(utf16), b: *const wchar_t @nul @encoding(utf16));",
        "entry fn f(a: *mut *mut char @out @nul, b: *const *const char @until_value(0));",
        'entry fn f(a: *const Str @json, b: *const void @wire("x") @size(n), n: usize);',
        "struct S { a: [char; 8] @nul, b: [u8; 4] @encoding(ascii) }",
        "@bytes(p, n) struct S { p: *const void, n: usize }",
        "@string(p, n) struct S { p: [char; 8], n: u8 }",
        "@list(p, n, n) struct S { p: *mut (*mut Session), n: usize }",
        "@result(c, p) struct S { c: i32, p: *const char, v: *mut void? } entry fn f() -> S @to(Point);",
        "entry fn f(a: *mut (*mut void?) @out @to(Point)) -> *mut void? @to(Point);",
        "@optional(found) struct S { value: u32, found: u8 }",
        # ownership: a pointer that must not be written through may still have to be freed
        "entry fn f(a: own *const u8 @owned(heap));",
        "@string(p, n) @owned(heap) struct S { p: *const char, n: usize }",
        "entry fn f(a: own u64 @free(end)); entry fn end(h: u64);",
        "type Handle = u64 @free(end); entry fn f() -> own Handle; entry fn end(h: Handle);",
        "entry fn f(a: own Outcome @consumed(success), b: Outcome @consumed(always));",
        "struct Holder { a: [Outcome; 2] } entry fn f(a: own Holder);",
        "vtable V { state: *mut void, drop fn d(self: own); } entry fn f() -> own V;",
        "@free(end) opaque Thing; entry fn end(a: *mut *mut Thing, size: usize);",
        "@release(go, ctx) struct S { go: fn(x: *mut void), ctx: *mut void }",
        "@release(go) struct S { go: fn(x: *mut S) }",
        "@refcounted(up, down) opaque N; entry fn up(n: *mut N) -> *mut N; entry fn down(n: *mut N);",
        "entry fn f(a: *mut N @refcounted(up, up)); opaque N; entry fn up(n: *mut void);",
        "@clone(c) vtable V { state: *mut void, fn c(self: const) -> own *mut void?; }",
        # objects
        "vtable V { state: *const void, fn f(self: const); drop fn d(self: own); }",
        "vtable V { state: u8, fn f(); }",
        "struct S { version: u32, @struct_size size: u32 }",
        "vtable V { @get fn a(self: const, o: *mut u32 @out) -> i32; state: *mut void }",
        "vtable V { @handle(h) @get fn a(h: *mut void) -> u32; @create fn b() -> own *mut Session; }",
        "vtable V { @get fn a() -> u8; @set(a) fn b(p: *const u8 @len(n), n: usize); }",
        '@strip("_fn") vtable V { @get fn a_fn() -> u8; @set(a) fn set_a_fn(n: u8); }',
        "vtable V { @create(o) fn a(o: *mut u64 @out); @destroy fn b(h: u64); }",
        # callbacks
        "entry fn f(cb: Visitor? @ctx(c) @scope(call), c: *mut void?);",
        "entry fn f(cb: (fn(n: u32) -> bool) @scope(once));",
        "entry fn f(cb: Plain @scope(forever) @destroy(d), d: fn(p: *mut void));",
        "struct Table { a: fn(n: u32) -> u32, b: Plain, c: (fn())? }",
        "vtable V { a: fn(), cb: Visitor @ctx(state), state: *mut void }",
        "@object(c) struct S { cb: Visitor @ctx(c), c: *mut void }",
        "@release(go, c) struct S { go: Release, c: *mut void } callback Release(@ctx c: *mut void);",
        "struct S { @hidden cb: Visitor @ctx(c), c: *mut void }",
        "struct S { p: own *mut u8 @drop(d) @len(n), n: usize, d: fn(p: *mut u8, n: usize) }",
        # loading
        "compat integer(SUCCESS); @version entry static level: i32;",
        "compat accepts(1); @version const ABI: u32 = 1;",
        "compat size_first; vtable V { @struct_size n: u32, fn f(); }",
        '@version const ABI: str = "1.2.0"; struct S { @version v: Str, @triple t: Str }',
        "struct I { @version v: Str } struct S { all: [I; 2], own: I } entry fn f() -> *const S;",
        "struct I { @version v: Str } struct N { next: *const N?, head: struct { i: *const I } }"
        " entry fn f() -> *const N;",
        "struct I { @version v: Str } entry fn f(i: *mut void @to(I));",
        "struct I { @version v: Str } struct S { all: *const I @len(n), n: usize }"
        " entry static i: I; entry fn f() -> S;",
        "struct I { @version v: Str }",
        "@handshake @error(e) entry fn f(@default(1) v: u32, o: *mut u32 @out, e: *mut Error);",
        "@manifest(toml) entry fn f(o: *mut (*const char?) @out @nul);",
        '@range("a", 4) const A: u16 = 1; @manifest(json) @handshake entry fn f() -> *const char @nul'
        " @until(library);",
        '@range("a.b") const A: str = "1.2.3"; @manifest(TOML) @handshake entry fn f() -> *const char @nul'
        " @until(library);",
        "allocator a = take/give; entry fn take(n: usize, align: usize) -> own *mut u8?;"
        " entry fn give(p: own *mut u8?, n: usize, align: usize);",
        "allocator a = malloc/free @unix, process_heap @windows;",
        'targets "x86_64-unknown-linux-gnu"; allocator a = malloc/free @linux;',
        # names
        '@py("type") struct S { @py("match") x: u8 }',
        '@strip("_fn") vtable V { @hidden fn a_fn(); fn a(); fn _fn(); n_fn: u8, n: u8 }',
        # objects that are their own context, and names in C
        "@object(self) vtable V { fn f(self: const); }",
        "@context vtable T { fn f(self: mut); } @object(self, t) struct S { t: *mut T }",
        "@object(self) vtable V { self: *mut void, fn f(self: mut); }",
        "vtable V { @handshake fn f(@path p: *const char @nul); } @handshake entry static v: V;",
        "vtable V { @handshake fn f(); } @handshake entry fn get() -> *const V;",
        "struct N { a: u8, b: u16 } struct S { @version v: N }",
        '@c("a_t") struct A { n: u8 } type a_alias = A; struct S { @c("a_t") n: a_alias }',
    ],
)
def test_no_contradiction(text: str) -> None:
    assert messages(text) == []


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("@fails(null) entry fn f() -> *mut u8;", "add `?` behind the type"),
        (
            "entry fn f(a: *const *const char @nul, n: u32);",
            "an array of texts is `*const Name`, with the alias `type Name = *const char @nul;`",
        ),
        (
            "entry fn f(a: *const u32 @nul);",
            "it is a pointer to a character or byte; `@until_value(0)` ends other arrays",
        ),
        ("@ok(SUCESS) entry fn f() -> i32;", "did you mean `SUCCESS`?"),
        ("@ok(Err::Bat) entry fn f() -> Err;", "did you mean `Bad`?"),
        ("@ok(Bat) entry fn f() -> Err;", "did you mean `Bad`?"),
        ("@ok(Code::X) entry fn f() -> Code;", "it has `GOOD` or `EVIL`"),
        ("entry fn f() -> u32 @none(-1);", "a -1 that was cast is `u32::MAX`"),
        (
            "entry fn f(cb: Visitor @scope(call), c: *mut void, n: u32);",
            "say `@ctx(c)` behind its type",
        ),
        (
            "entry fn f(cb: fn() -> u8);",
            "say it behind the type, such as `(fn(…) -> T) @scope(call)`;"
            " `abilock explain scope` lists what there is",
        ),
        ("vtable V { @get fn size() -> u8; @set(sise) fn b(n: u8); }", "did you mean `size`?"),
    ],
)
def test_hint(text: str, hint: str) -> None:
    assert hints(text) == [hint]


@pytest.mark.parametrize(
    "written",
    ["fn(a: u8)", "fn(a: u8) -> void", "fn() -> u8", "(fn())?", "(fn() -> void)?", "Plain"],
)
def test_where_to_say_a_scope_is_where_it_may_be_said(written: str) -> None:
    (hint,) = hints(f"entry fn f(cb: {written});")
    assert hint is not None
    example = hint.split("`")[1]
    said = f"({written}) @scope(call)" if example.startswith("(fn") else f"{written} @scope(call)"
    assert example.endswith(" @scope(call)") or example == "@scope(call)"
    assert messages(f"entry fn f(cb: {said});") == []


def test_the_members_of_a_convention_are_said_once() -> None:
    text = """
        vtable convention C { state: *mut void, @version v: Str, ... }
        vtable A: C { fn f(self: mut); } vtable B: C { fn f(self: mut); }
    """
    assert messages(text) == []
    assert messages(text.replace("*mut void", "u8")) == [
        "A0608 slots get `state` as a pointer to their object, and it is `u8`"
    ]


def test_what_others_declare_is_theirs_to_compare() -> None:
    others = {"base.abi": "abi base 1.0.0; compat accepts(1); @version const BASE: u32 = 1;"}
    text = 'import "base.abi"; @version const MINE: str = "1.2.0"; struct S { a: u8 }'
    assert codes_of(text, others) == []


def test_broken_types_say_nothing_about_meaning() -> None:
    """What is not known is no plain value that nobody can own."""
    assert codes_of("entry fn f(a: own Nope, b: Nowhere @nul);")[0] == "A0201"
    assert set(codes_of("entry fn f(a: own Nope);")) == {"A0201"}


@pytest.mark.slow
def test_a_long_chain_that_owns_something_at_its_end() -> None:
    count = 1500
    chain = "".join(f"struct S{i} {{ x: S{i + 1} }}\n" for i in range(count))
    end = f"struct S{count} {{ x: own *mut u8 }} entry fn f(a: own S0);"
    library_of(chain + end)
    assert codes_of((chain + end).replace("own *mut", "*mut")) == ["A0212"]
