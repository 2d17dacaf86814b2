"""What changes do to whom, that are rarer than those of ``test_judging``: cells written by hand."""

from __future__ import annotations

import pytest

from abilock.compat.changes import Kind
from abilock.compat.findings import Level, version_text
from abilock.compat.flows import worst
from abilock.compat.outcomes import Outcome
from abilock.compat.table import RULES
from abilock.compat.verdict import judge
from abilock.model.targets import TRIPLES
from abilock.present.verdict_text import verdict_text
from support.library import library_of
from support.pairs import PAIRS
from unit.compat.test_judging import CASES as USUAL
from unit.compat.test_judging import HOST, PLUGIN, Case, cells_of, verdict_of

LINUX, WINDOWS = "x86_64-unknown-linux-gnu", "x86_64-pc-windows-msvc"
ALLOCATORS = "allocator heap = malloc/free; allocator other = give/take; "
NEXT = "callback Next(@ctx user: *mut void, item: *const u32?{}); "
EACH = NEXT + "entry fn each(next: Next @scope(end) @ctx(user), user: *mut void);"
WATCH = "callback Told(@ctx c: *mut void); entry fn on({}); entry fn off(); entry fn end();"
WHY = "@error_buffer(text, len) struct Why { text: [u8; 16], len: usize } "
OWN = "opaque T; entry fn one(t: own *mut T); entry fn two(t: own *mut T); entry fn f() -> own *mut T{};"
HANDLES = (
    "type H = u32; @create entry fn f() -> H; {}entry fn g() -> H; @destroy(h) entry fn end(h: H);"
)

CASES: dict[str, Case] = {
    # the ABI as a whole
    "rule": Case(
        "compat semver; entry fn f();", "compat exact; entry fn f();", "C0002 test", "rule rule - -"
    ),
    "target added": Case(
        f'targets "{LINUX}"; entry fn f();',
        f'targets "{LINUX}", "{WINDOWS}"; entry fn f();',
        f"C0003 {WINDOWS}",
        "- - - -",
    ),
    "target dropped": Case(
        f'targets "{LINUX}", "{WINDOWS}"; entry fn f();',
        f'targets "{LINUX}"; entry fn f();',
        f"C0004 {WINDOWS}",
        "built built compile compile",
    ),
    "allocator": Case(
        "allocator heap = malloc/free; entry fn f();",
        "allocator heap = process_heap; entry fn f();",
        "C0005 heap",
        "free free - -",
    ),
    # types
    "type added": Case("entry fn f();", "struct N { a: u8 } entry fn f();", "C0401 N", "- - - -"),
    "type removed": Case(
        "struct N { a: u8 } entry fn f();", "entry fn f();", "C0402 N", "- - compile compile"
    ),
    "type renamed, and the name kept": Case(
        "struct T { a: u8 }" + PLUGIN,
        "struct N { a: u8 } type T = N;" + PLUGIN,
        "C0405 N",
        "- - - -",
    ),
    # entries
    "entry that may be missing": Case(
        "entry fn f();", "optional entry fn f();", "C0505 f", "- missing - null"
    ),
    "symbol": Case(
        "entry fn f();", '@c("g") entry fn f();', "C0509 f", "missing missing missing compile"
    ),
    "handshake order": Case(
        "@handshake entry fn f(); @handshake entry fn g();",
        "@handshake entry fn g(); @handshake entry fn f();",
        "C0510 g",
        "time time silent -",
    ),
    "handshake": Case("entry fn f();", "@handshake entry fn f();", "C1301 f", "time time silent -"),
    "where the version is": Case(
        "compat accepts(1); entry static w: u32; @version entry static v: u32;",
        "compat accepts(1); @version entry static w: u32; entry static v: u32;",
        "C1302 w",
        "misread misread silent -",
    ),
    # constants
    "constant renamed": Case(
        "const A: u32 = 7; entry fn f();",
        "const B: u32 = 7; entry fn f();",
        "C0603 B",
        "- - compile compile",
    ),
    "constant's type": Case(
        "const A: u32 = 7; entry fn f();",
        "const A: i32 = 7; entry fn f();",
        "C0604 A",
        "- - silent silent",
    ),
    # members
    "slot that ends its object": Case(
        "vtable T { state: *mut void, fn a(self: mut); }" + PLUGIN,
        "vtable T { state: *mut void, drop fn a(self: mut); }" + PLUGIN,
        "C0109 T.a",
        "leak freed - silent",
    ),
    "shared members": Case(
        "vtable convention s { state: *mut void, ... } vtable T: s { fn a(self: const); }"
        " vtable U: s { fn b(self: const); } struct R { t: *const T, u: *const U }"
        " entry fn open() -> *const R;",
        "vtable convention s { state: *mut void, fn n(self: const), ... }"
        " vtable T: s { fn a(self: const); }"
        " vtable U: s { fn b(self: const); } struct R { t: *const T, u: *const U }"
        " entry fn open() -> *const R;",
        "C0111 s.n",
        "slot slot null -",
    ),
    "field replaced": Case(
        "struct T { a: u32, b: u32 }" + PLUGIN,
        "struct T { n: *const u8, b: u32 }" + PLUGIN,
        "C0207 T.n",
        "misread misread compile compile",
    ),
    "field moved": Case(
        "struct T { a: u32, b: u32, c: u32 }" + PLUGIN,
        "struct T { b: u32, c: u32, a: u32 }" + PLUGIN,
        "C0205 T.a",
        "misread misread - -",
    ),
    "slot that is a field": Case(
        "vtable T { state: *mut void, fn a(self: const); }" + PLUGIN,
        "vtable T { state: *mut void, a: u64 }" + PLUGIN,
        "C0218 T.a",
        "misread slot compile compile",
    ),
    "union member renamed": Case(
        "union T { a: u32 }" + PLUGIN,
        "union T { b: u32 }" + PLUGIN,
        "C0217 T.b",
        "- - compile compile",
    ),
    "parameter moved": Case(
        "entry fn f(a: u8, b: u16, c: u32);",
        "entry fn f(b: u16, c: u32, a: u8);",
        "C0704 f.a",
        "call call compile compile",
    ),
    # enums
    "enum's sign": Case(
        "enum T: u8 { A } entry fn f() -> T;",
        "enum T: i8 { A } entry fn f() -> T;",
        "C0802 T",
        "misread misread - -",
    ),
    "enum that is a set": Case(
        "enum T: u8 { A = 1 } entry fn f() -> T;",
        "flags T: u8 { A = 1 } entry fn f() -> T;",
        "C0805 T",
        "- unknown silent silent",
    ),
    "second name": Case(
        "enum T { A } entry fn f() -> T;",
        "enum T { A, B = A } entry fn f() -> T;",
        "C0808 T.B",
        "- - - -",
    ),
    "another number": Case(
        "enum T { A = 1 } entry fn f() -> T;",
        "enum T { A = 2 } entry fn f() -> T;",
        "C0811 T.A",
        "misread misread - -",
    ),
    # who owns what
    "release": Case(
        OWN.format(" @free(one)"),
        OWN.format(" @free(two)"),
        "C0904 f.return",
        "free free free free",
    ),
    "allocator of what is owned": Case(
        ALLOCATORS + "entry fn give(n: usize) -> *mut void; entry fn take(p: *mut void);"
        " entry fn f() -> own *mut char @nul @owned(heap);",
        ALLOCATORS + "entry fn give(n: usize) -> *mut void; entry fn take(p: *mut void);"
        " entry fn f() -> own *mut char @nul @owned(other);",
        "C0903 f.return",
        "free free free free",
    ),
    "depth": Case(
        "allocator heap = malloc/free; struct T { a: u8 } entry fn f() -> own *mut T @owned(heap);",
        "allocator heap = malloc/free; struct T { a: u8 }"
        " entry fn f() -> own *mut T @owned(heap) @depth(shell);",
        "C0905 f.return",
        "leak twice leak twice",
    ),
    "another life": Case(
        "entry fn stop(); entry fn f() -> *const u8 @until(library);",
        "entry fn stop(); entry fn f() -> *const u8 @until(until(stop));",
        "C0909 f.return",
        "freed freed freed freed",
    ),
    # what values mean
    "terminator": Case(
        "entry fn f(p: *const u8 @until_value(0));",
        "entry fn f(p: *const u8 @until_value(1));",
        "C1003 f.p",
        "past past past past",
    ),
    "room": Case(
        "entry fn f(p: *mut u8 @capacity(a) @out, a: usize, b: usize);",
        "entry fn f(p: *mut u8 @capacity(b) @out, a: usize, b: usize);",
        "C1004 f.p",
        "beyond beyond beyond beyond",
    ),
    "view": Case(
        "@string(p, n) struct T { p: *const char, n: usize }" + PLUGIN,
        "@bytes(p, n) struct T { p: *const char, n: usize }" + PLUGIN,
        "C1006 T",
        "misread misread misread misread",
    ),
    "size of itself": Case(
        "struct T { size: usize }" + PLUGIN,
        "struct T { @struct_size size: usize }" + PLUGIN,
        "C1009 T.size",
        "misread misread misread misread",
    ),
    "enum of an integer": Case(
        "enum A: u8 { X } enum B: u8 { X } entry fn f() -> u8 @as(A); entry fn g() -> u8 @as(B);",
        "enum A: u8 { X } enum B: u8 { X } entry fn f() -> u8 @as(B); entry fn g() -> u8 @as(B);",
        "C1010 f.return",
        "misread misread misread misread",
    ),
    "object of a pointer": Case(
        "struct A { a: u8 } struct B { b: u8 } entry fn f(p: *const void @to(A));",
        "struct A { a: u8 } struct B { b: u8 } entry fn f(p: *const void @to(B));",
        "C1011 f.p",
        "misread misread misread misread",
    ),
    "value for nothing": Case(
        "entry fn f() -> i32 @none(-1);",
        "entry fn f() -> i32 @none(0);",
        "C1012 f.return",
        "misread misread misread misread",
    ),
    "default": Case(
        "entry fn f(@default(3) a: u32);",
        "entry fn f(@default(4) a: u32);",
        "C1013 f.a",
        "- - - silent",
    ),
    # success and failure
    "error channel": Case(
        WHY + "@error(w) @ok(true) entry fn f(w: *mut Why @out, v: *mut Why @out) -> bool;",
        WHY + "@error(v) @ok(true) entry fn f(w: *mut Why @out, v: *mut Why @out) -> bool;",
        "C1102 f",
        "misread misread misread misread",
    ),
    "names of failures": Case(
        "enum A { N, X } enum B { N, Y } @ok(0) @errors(A) entry fn f() -> i32;",
        "enum A { N, X } enum B { N, Y } @ok(0) @errors(B) entry fn f() -> i32;",
        "C1103 f",
        "misread misread misread misread",
    ),
    "end of a stream": Case(
        EACH.format(" @end(null)"),
        EACH.format(""),
        "C1104 Next.item",
        "misread misread misread misread",
    ),
    "exceptions": Case("entry fn f();", "@unwinds entry fn f();", "C1105 f", "- unwinds - unwinds"),
    "no return": Case("entry fn f();", "@noreturn entry fn f();", "C1106 f", "back - back -"),
    "a result to look at": Case(
        "entry fn f() -> i32;", "@must_use entry fn f() -> i32;", "C1106 f", "- - - -"
    ),
    # objects, callbacks, threads
    "function that makes handles": Case(
        HANDLES.format(""), HANDLES.format("@create "), "C1202 g", "twice leak twice leak"
    ),
    "function that makes none any more": Case(
        HANDLES.format("@create "), HANDLES.format(""), "C1202 g", "leak twice leak twice"
    ),
    "context of an object": Case(
        "@object(a) vtable T { a: *mut void, b: *mut void, fn f(self: mut); }" + PLUGIN,
        "@object(b) vtable T { a: *mut void, b: *mut void, fn f(self: mut); }" + PLUGIN,
        "C1201 T",
        "context context context context",
    ),
    "property": Case(
        "vtable T { state: *mut void, fn a(self: const) -> u8; }" + PLUGIN,
        "vtable T { state: *mut void, @get fn a(self: const) -> u8; }" + PLUGIN,
        "C1203 T.a",
        "- - - -",
    ),
    "another scope": Case(
        WATCH.format("t: Told @scope(until(off)) @ctx(c), c: *mut void"),
        WATCH.format("t: Told @scope(until(end)) @ctx(c), c: *mut void"),
        "C1206 on.t",
        "freed freed freed freed",
    ),
    "another context": Case(
        WATCH.format("t: Told @scope(call) @ctx(c), c: *mut void, d: *mut void"),
        WATCH.format("t: Told @scope(call) @ctx(d), c: *mut void, d: *mut void"),
        "C1207 on.t",
        "context context context context",
    ),
    "blocking": Case("entry fn f();", "@blocking entry fn f();", "C1211 f", "- - - -"),
    # ages
    "older behind newer": Case(
        "vtable T { state: *mut void, fn a(self: const); }" + PLUGIN,
        "vtable T { state: *mut void, fn a(self: const); @since(1.3.0) fn n(self: const);"
        " @since(1.2.9) fn m(self: const); }" + PLUGIN,
        "C0101 T.n, C1402 T.m",
        "gated - null -",
    ),
    "not discouraged": Case(
        "@deprecated(1.1.0) entry fn f();", "entry fn f();", "C1407 f", "- - - -"
    ),
    "unstable": Case("entry fn f();", "@unstable entry fn f();", "C1408 f", "- - - -"),
    "host's, that it makes": Case(
        "struct T { a: u8, b: u32 }" + HOST,
        "struct T { a: u8, n: u8, b: u32 }" + HOST,
        "C0212 T.n",
        "- misread - -",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_change_hurts_whom_the_table_says(name: str) -> None:
    case = CASES[name]
    found = verdict_of(case.old, case.new).findings
    assert ", ".join(f"{each.rule.code} {each.subject}" for each in found) == case.found
    assert " ".join(cells_of(found[0])) == case.cells


COUNTED = "abi t {}; compat integer(N); const N: u32 = {}; @version entry static v: u32;"


@pytest.mark.parametrize(
    ("old", "new", "needed"),
    [
        ("abi t 1.2.0; entry fn f();", "abi t 1.1.0; entry fn f();", "1.2.0"),
        ("abi t 1.2.0; entry fn f();", "abi t 1.1.0; entry fn f(x: u32);", "1.3.0"),
        (COUNTED.format("1.2.0", 4), COUNTED.format("1.3.0", 3), "1.3.0, with the number 4"),
        (COUNTED.format("1.2.0", 4), COUNTED.format("1.1.0", 3), "1.2.0, with the number 4"),
    ],
)
def test_who_goes_back_to_a_lower_version_is_told(old: str, new: str, needed: str) -> None:
    """And which one it has to be is said once: by the verdict, and with what it finds."""
    verdict = judge(library_of(old), library_of(new))
    first = verdict.findings[0]
    assert (first.rule.code, first.hint) == ("C0001", f"make it {needed}")
    assert version_text(verdict.required, verdict.required_numbers) == needed


@pytest.mark.parametrize(
    ("use", "hint"),
    [
        ("struct U { t: *const T @len(n), n: usize } entry fn f() -> *const U;", "`U.t` has many"),
        ("entry fn f() -> T;", "`T` stands inside of others or crosses by value"),
        ("entry fn f(t: *const T);", "plugins cannot know how old their host is"),
        ("entry fn f() -> *const T;", "move it behind all others and write `@since(1.3.0)`"),
    ],
)
def test_what_would_not_help_is_not_advised(use: str, hint: str) -> None:
    """Where nothing can stand at the end either, an insertion is not to be moved there."""
    found = verdict_of(
        f"struct T {{ a: u32 }} {use}", f"struct T {{ n: u32, a: u32 }} {use}"
    ).findings
    assert (found[0].hint or "").startswith(hint)


FREE = "allocator h = malloc/free;"


@pytest.mark.parametrize(
    ("old", "new", "outcomes"),
    [
        # What is written through a parameter is given by who is called.
        (
            f"{FREE} entry fn f(a: *mut (*mut char) @out @nul);",
            f"{FREE} entry fn f(a: own *mut (*mut char) @out @nul @owned(h));",
            "FREES_TWICE LEAKS",
        ),
        (
            "entry fn f(a: *mut (*const u8) @out);",
            "entry fn f(a: *mut (*mut u8) @out);",
            "WRITES_READ_ONLY FINE",
        ),
        (
            "entry fn f(a: *mut (*const u8) @inout);",
            "entry fn f(a: *mut (*const u8?) @inout);",
            "CALLS_NULL CALLS_NULL",
        ),
        # A variable that is not constant is written by the host, too.
        (
            "enum E: u8 { A, B } entry static f: E;",
            "enum E: u8 { A, B, C } entry static f: E;",
            "UNKNOWN_VALUE UNKNOWN_VALUE",
        ),
        (
            "enum E: u8 { A, B } entry static const f: E;",
            "enum E: u8 { A, B, C } entry static const f: E;",
            "FINE UNKNOWN_VALUE",
        ),
        (
            "entry static f: fn(x: u32);",
            "entry static f: (fn(x: u32))?;",
            "CALLS_NULL CALLS_NULL",
        ),
        # Failures are told by who implements a function, wherever that is said.
        (
            "enum E { A, B } @ok(0) @errors(E) entry fn f() -> i32;",
            "enum E { A, B, C } @ok(0) @errors(E) entry fn f() -> i32;",
            "FINE UNKNOWN_VALUE",
        ),
        # What was kept is zero in what is older.
        (
            "enum E: u32 { A = 1, B } struct S { a: u32, @reserved(zero) r: u32 }"
            " entry fn f(s: *const S, e: E);",
            "enum E: u32 { A = 1, B } struct S { a: u32, @since(1.3.0) p: E }"
            " entry fn f(s: *const S, e: E);",
            "FINE UNKNOWN_VALUE",
        ),
        # What says that it is new is no other name of what was there.
        (
            "vtable V { state: *mut void, fn stop(self: const) -> u32; } entry fn o() -> *const V;",
            "vtable V { state: *mut void, @since(1.3.0) fn count(self: const) -> u32; }"
            " entry fn o() -> *const V;",
            "WRONG_FUNCTION WRONG_FUNCTION",
        ),
        (
            "enum E: u8 { A, STOP } entry fn f(e: E);",
            "enum E: u8 { A, @since(1.3.0) GO } entry fn f(e: E);",
            "UNKNOWN_VALUE UNKNOWN_VALUE",
        ),
        # Behind a pointer, who expects more than there is goes past the end.
        (
            "entry fn f(a: *mut [u8; 4] @out);",
            "entry fn f(a: *mut [u8; 8] @out);",
            "MISREADS WRITES_PAST_END",
        ),
        ("entry fn f(a: *const [u8; 4]);", "entry fn f(a: *const [u8; 8]);", "FINE READS_PAST_END"),
        (
            "struct S { p: *const [u8; 8] } entry fn f() -> *const S;",
            "struct S { p: *const [u8; 4] } entry fn f() -> *const S;",
            "FINE READS_PAST_END",
        ),
        # A type that may change moves nothing but itself, unless others hold it.
        (
            "@unstable struct S { a: u8 } entry fn f(a: *const S);",
            "@unstable struct S { a: u16 } entry fn f(a: *const S);",
            "compatible",
        ),
        (
            "@unstable struct S { a: u8 } struct T { s: S, z: u8 } entry fn f(a: *const T);",
            "@unstable struct S { a: u16 } struct T { s: S, z: u8 } entry fn f(a: *const T);",
            "breaking",
        ),
    ],
)
def test_who_gives_and_who_gets(old: str, new: str, outcomes: str) -> None:
    verdict = verdict_of(old, new)
    if " " not in outcomes:
        assert verdict.level is not None
        assert verdict.level.value == outcomes
        return
    binary = [each.cells.binary for each in verdict.findings]
    worst_of = [
        worst(each.old_plugin_new_host for each in binary).name,
        worst(each.new_plugin_old_host for each in binary).name,
    ]
    assert " ".join(worst_of) == outcomes


@pytest.mark.parametrize("version", ["2.0.0-rc.1", "2.0.0"])
def test_what_comes_before_a_release_is_as_honest(version: str) -> None:
    text = "abi t {}; compat semver; entry fn f(x: {});"
    verdict = judge(
        library_of(text.format("1.1.0", "u32")), library_of(text.format(version, "u64"))
    )
    assert verdict.is_honest


VERSION = "@version entry fn ver() -> *const char @nul @until(library);"


@pytest.mark.parametrize(
    ("declared", "is_made_by_both"),
    [
        (
            "vtable V {{ state: *mut void {} }} entry fn o() -> own *mut V? @free(close);"
            " entry fn close(v: own *mut V);",
            False,
        ),
        (
            "@refcounted(take, give) struct V {{ a: u32 {} }} entry fn o() -> own *mut V?;"
            " entry fn take(v: *mut V); entry fn give(v: *mut V);",
            False,
        ),
        (
            "@drop(close) struct V {{ a: u32, close: fn(v: *mut V) {} }}"
            " entry fn o() -> own *mut V?;",
            False,
        ),
        (
            "struct V {{ a: u32 {} }} @create @fails(null) entry fn make() -> *mut V?;"
            " @handle(v) entry fn use(v: *mut V); @destroy(v) entry fn end(v: *mut V);",
            False,
        ),
        (
            "vtable V {{ state: *mut void {} }} entry fn o() -> own *mut V?;"
            " entry fn take(v: own *mut V);",
            True,
        ),
    ],
)
def test_what_goes_back_to_its_maker_is_made_by_nobody_else(
    declared: str, is_made_by_both: bool
) -> None:
    """So that it may grow: who gets it back made it as large as it expects."""
    [found] = verdict_of(
        f"{VERSION} {declared.format('')}",
        f"{VERSION} {declared.format(', @since(1.3.0) b: u32')}",
    ).findings
    assert found.cells.binary.old_plugin_new_host is Outcome.GATED
    assert (found.cells.binary.new_plugin_old_host is Outcome.READS_PAST_END) == is_made_by_both


GIVEN, TAKEN = "entry fn f() -> *const S;", "entry fn f(s: *const S);"
MOVES = [Outcome.MISREADS, Outcome.MISREADS]


@pytest.mark.parametrize(
    ("declared", "function", "outcomes"),
    [
        ("struct S {{ a: u32, h: struct {{ x: u32 {} }}, z: u8 }}", GIVEN, MOVES),
        ("struct S {{ a: u32, _: struct {{ x: u32 {} }}, z: u8 }}", GIVEN, MOVES),
        ("struct S {{ h: struct {{ x: u32 {} }}, z: u64 }}", TAKEN, MOVES),
        ("struct S {{ @struct_size n: u32, h: struct {{ x: u32 {} }}, z: u8 }}", TAKEN, MOVES),
        (
            "struct S {{ a: u32, _: union {{ x: u32 {} }}, z: u8 }}",
            GIVEN,
            [Outcome.READS_PAST_END, Outcome.MISREADS],
        ),
        (
            "vtable S {{ state: *mut void, h: struct {{ x: u64 {} }}, fn a(self: const); }}",
            GIVEN,
            [Outcome.WRONG_FUNCTION, Outcome.WRONG_FUNCTION],
        ),
        (
            "struct S {{ a: u32, h: struct {{ x: u32 {} }} }}",
            GIVEN,
            [Outcome.GATED, Outcome.FINE],
        ),
    ],
)
def test_what_is_added_inside_of_a_member_moves_what_stands_behind_that(
    declared: str, function: str, outcomes: list[Outcome]
) -> None:
    """Which `@since` is no help against."""
    added = ", @since(1.3.0) y: u64" if " z: u64" in declared or "vtable" in declared else ""
    added = added or ", @since(1.3.0) y: u32"
    if "union" in declared:
        added = ", @since(1.3.0) y: u64"
    [found] = verdict_of(
        f"{declared.format('')} {function}", f"{declared.format(added)} {function}"
    ).findings
    binary = found.cells.binary
    assert [binary.old_plugin_new_host, binary.new_plugin_old_host] == outcomes
    assert "`@since" not in (found.hint or "") or "put it behind all others of `S`" in (
        found.hint or ""
    )


UNTOLD = "raise the number, so that older plugins are refused, or let `V` begin with its size"


@pytest.mark.parametrize(
    ("compat", "size", "since", "hint"),
    [
        ("integer(N)", "", "@since(1.3.0)", UNTOLD),
        ("integer(N)", "", "", UNTOLD),
        ("integer(N)", "", "", "write `@since(1.3.0)` before it; `compat integer` does not tell"),
        ("integer(N)", "@struct_size size: usize,", "", "write `@since(1.3.0)` before it, so that"),
        (
            "size_first",
            "",
            "@since(1.3.0)",
            "`compat size_first` does not tell how old a plugin is",
        ),
    ],
)
def test_since_is_advised_where_something_tells_how_old_a_plugin_is(
    compat: str, size: str, since: str, hint: str
) -> None:
    said = "" if compat == "size_first" else "@version"
    text = (
        f"compat {compat}; const N: u32 = 4; {said} entry static v: u32; entry fn open() -> *const V;"
        " struct Sized { @struct_size size: usize } entry fn other() -> *const Sized;"
        f" vtable V {{ {size} state: *mut void, fn a(self: const); "
    )
    [found] = verdict_of(f"{text} }}", f"{text} {since} fn b(self: const); }}").findings
    assert hint in (found.hint or "")


@pytest.mark.parametrize(
    "room",
    [
        "r: *const T @len(n), n: usize",
        "r: *const T @size(n), n: usize",
        "r: *mut T @capacity(n), n: usize",
        "r: *mut T @written(n), n: *mut usize @out",
        "r: *const *const T @len(n) @lens(sizes), sizes: *const usize, n: usize",
    ],
)
def test_what_stands_side_by_side_never_grows(room: str) -> None:
    """Whichever attribute tells how many there are: the second is looked for at the old place."""
    [grown] = verdict_of(
        f"struct T {{ a: u32 }} entry fn f({room});",
        f"struct T {{ a: u32, @since(1.3.0) b: u32 }} entry fn f({room});",
    ).findings
    assert grown.level is Level.BREAKING
    assert "`f.r` has many of `T` side by side: all but the first move" in [
        each.text for each in grown.consequences
    ]


def test_targets_that_come_and_go_are_told_once() -> None:
    """Whoever is left is hurt by nothing, and a loader there takes old and new."""
    all_of_them = "abi t 1.2.0; entry fn f();"
    some = f'abi t 1.2.1; targets "{LINUX}"; entry fn f();'
    verdict = judge(library_of(all_of_them), library_of(some))
    [gone] = verdict.findings
    others = tuple(each for each in TRIPLES if each != LINUX)
    assert (gone.rule.code, gone.targets, gone.subject) == ("C0004", others, ", ".join(others))
    assert gone.message == f"the ABI does not exist any more on 13 targets: {', '.join(others)}"
    assert cells_of(gone) == ["built", "built", "compile", "compile"]
    assert (verdict.level, verdict.required) == (Level.BREAKING, "1.3.0")
    assert verdict.loader.should_accept_old_plugin
    assert verdict.loader.should_accept_new_plugin
    [come] = judge(library_of(some), library_of(all_of_them.replace("1.2.0", "1.2.2"))).findings
    assert (come.rule.code, come.targets, come.level) == ("C0003", others, Level.COMPATIBLE)
    text = verdict_text(verdict, "t", {})
    assert text.count(others[0]) == 1


def test_the_value_that_counts_the_others_may_move() -> None:
    old, new = "open enum T: u8 { A, COUNT }", "open enum T: u8 { A, N, COUNT }"
    found = verdict_of(f"{old} entry fn f() -> T;", f"{new} entry fn f() -> T;").findings
    told = {each.rule.slug: each.level.value for each in found}
    assert told == {"value-added": "append-only", "sentinel-moved": "compatible"}


def test_nearly_every_kind_of_change_is_in_a_table() -> None:
    cases = (*USUAL.values(), *CASES.values())
    codes = {each.split()[0] for case in cases for each in case.found.split(", ")}
    codes |= {RULES[kind].code for pair in PAIRS for kind in pair.kinds}
    missing = {kind.value for kind in Kind if RULES[kind].code not in codes}
    assert missing <= {
        "version-lowered",
        "sentinel-moved",
        "clone-changed",
        "callback-end-changed",
        "meaning-changed",
    }


@pytest.mark.parametrize(
    ("declared", "said"), [("1.2.0", "1.2.1"), ("1.1.0", "1.2.1"), ("1.2.5", "1.2.5")]
)
def test_hints_name_a_version_that_is_not_released_yet(declared: str, said: str) -> None:
    old = "abi test 1.2.0; vtable V { fn a(); fn b(); } entry fn open() -> *const V;"
    new = old.replace("1.2.0", declared).replace("fn b()", "fn n(); fn b()")
    found = {each.subject: each for each in judge(library_of(old), library_of(new)).findings}
    assert found["V.n"].hint == f"move it behind all others and write `@since({said})` before it"


@pytest.mark.parametrize(
    ("use", "since", "said"),
    [
        ("entry fn give() -> *const T @until(library);", "", "write `@since(1.3.0)` before it, or"),
        ("entry fn give() -> *const T @until(library);", "@since(1.3.0)", None),
        ("entry fn take(t: *const T);", "", "plugins cannot know how old their host is"),
        (
            "entry fn take(t: *const T);",
            "@since(1.3.0)",
            "plugins cannot know how old their host is",
        ),
    ],
)
def test_what_fills_padding_is_said_to_be_gated_only_where_that_helps(
    use: str, since: str, said: str | None
) -> None:
    text = f"abi test VERSION; @handshake @version entry fn v() -> *const char @nul @until(library); {use}"
    old = library_of(text.replace("VERSION", "1.2.0") + "struct T { a: u8, b: u32 }")
    new = library_of(
        text.replace("VERSION", "1.3.0") + f"struct T {{ a: u8, {since} n: u8, b: u32 }}"
    )
    (found,) = judge(old, new).findings
    assert found.rule.code == "C0212"
    assert (found.hint is None) == (said is None)
    assert said is None or (found.hint or "").startswith(said)


def test_an_age_that_came_after_the_release_is_to_be_removed() -> None:
    text = "abi test 1.2.0; vtable V { fn a(); } entry fn open() -> *const V;"
    later = text.replace("1.2.0", "1.3.0").replace("fn a", "@since(1.3.0) fn a")
    (found,) = judge(library_of(text), library_of(later)).findings
    assert found.hint == "remove it: which releases have it cannot change any more"


@pytest.mark.parametrize(
    "use",
    [
        "entry static const all: [Item; 4];",
        "struct All { rows: *const *const Item @len(n) @lens(sizes), sizes: *const u32, n: u32 }"
        " entry fn all() -> *const All;",
    ],
)
def test_what_grew_in_an_array_is_misread_on_both_sides(use: str) -> None:
    old, new = (
        library_of(f"abi test 1.0.{patch}; struct Item {{ a: u32{more} }} {use}")
        for patch, more in ((0, ""), (1, ", @since(1.0.1) b: u32"))
    )
    (found,) = judge(old, new).findings
    assert cells_of(found)[:2] == ["misread", "misread"]
