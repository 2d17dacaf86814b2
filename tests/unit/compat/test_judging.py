"""What each kind of change does to whom: cells written by hand."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from abilock.compat.findings import Finding, Verdict
from abilock.compat.verdict import judge
from support.library import library_of

#: Ways in which a type ``T`` crosses: made by the plugin, by the host, or by both.
PLUGIN = "entry fn open() -> *const T;"
HOST = "entry fn take(t: *const T);"
BOTH = "entry fn open() -> *const T; entry fn take(t: *const T);"

#: Outcomes, as short as they fit into a table.
WORDS = {
    "-": "FINE",
    "gated": "GATED",
    "falls": "FALLS_BACK",
    "built": "NOT_BUILT",
    "rule": "MISJUDGED",
    "compile": "DOES_NOT_COMPILE",
    "silent": "COMPILES_WRONG",
    "missing": "NOT_FOUND",
    "unknown": "UNKNOWN_VALUE",
    "misread": "MISREADS",
    "null": "CALLS_NULL",
    "call": "WRONG_CALL",
    "slot": "WRONG_FUNCTION",
    "past": "READS_PAST_END",
    "beyond": "WRITES_PAST_END",
    "const": "WRITES_READ_ONLY",
    "leak": "LEAKS",
    "twice": "FREES_TWICE",
    "free": "WRONG_FREE",
    "freed": "USES_FREED",
    "thread": "WRONG_THREAD",
    "time": "WRONG_TIME",
    "context": "WRONG_CONTEXT",
    "unwinds": "UNWINDS",
    "back": "COMES_BACK",
}


@dataclass(frozen=True)
class Case:
    """Two descriptions, what is found, and the cells: old plugin, new host; new plugin, old host; and the
    same of source."""

    old: str
    new: str
    found: str
    cells: str


V = "vtable T {{ state: *mut void, {} }} " + PLUGIN
VH = "vtable T {{ state: *mut void, {} }} " + HOST
S = "struct T {{ {} }} " + PLUGIN
SH = "struct T {{ {} }} " + HOST
A, B, N = "fn a(self: const);", "fn b(self: const);", "fn n(self: const);"

CASES: dict[str, Case] = {
    # slots
    "slot inserted": Case(V.format(A + B), V.format(A + N + B), "C0102 T.n", "slot slot null -"),
    "slot inserted, host's": Case(
        VH.format(A + B), VH.format(A + N + B), "C0102 T.n", "slot slot - null"
    ),
    "slot appended without since": Case(V.format(A), V.format(A + N), "C1401 T.n", "past - null -"),
    "slot appended without since, host's": Case(
        VH.format(A), VH.format(A + N), "C1401 T.n", "- past - null"
    ),
    "slot appended": Case(
        V.format(A), V.format(A + "@since(1.3.0)" + N), "C0101 T.n", "gated - null -"
    ),
    "slot appended that is optional": Case(
        V.format(A), V.format(A + "@since(1.3.0) optional " + N), "C0101 T.n", "gated - falls -"
    ),
    "slot appended, host's": Case(
        VH.format(A), VH.format(A + "@since(1.3.0)" + N), "C0101 T.n", "- past - null"
    ),
    "slot appended, host's with its size": Case(
        "vtable T { @struct_size size: usize, state: *mut void, fn a(self: const); }" + HOST,
        "vtable T { @struct_size size: usize, state: *mut void, fn a(self: const);"
        " @since(1.3.0) fn n(self: const); }" + HOST,
        "C0101 T.n",
        "- gated - null",
    ),
    "slot appended in an array": Case(
        "vtable T { state: *mut void, fn a(self: const); }"
        "struct R { t: *const T @len(n), n: usize } entry fn open() -> *const R;",
        "vtable T { state: *mut void, fn a(self: const); @since(1.3.0) fn n(self: const); }"
        "struct R { t: *const T @len(n), n: usize } entry fn open() -> *const R;",
        "C0101 T.n",
        "slot slot null -",
    ),
    "slot appended that says it was there": Case(
        V.format(A), V.format(A + "@since(1.1.0)" + N), "C1404 T.n", "past - null -"
    ),
    "slot removed": Case(V.format(A + B), V.format(B), "C0103 T.a", "slot slot compile compile"),
    "slot removed at the end": Case(
        V.format(A + B), V.format(A), "C0103 T.b", "- past compile compile"
    ),
    "slot removed at the end, host's": Case(
        VH.format(A + B), VH.format(A), "C0103 T.b", "past - compile compile"
    ),
    "slot renamed": Case(V.format(A), V.format(N), "C0104 T.n", "- - compile compile"),
    "slot moved": Case(V.format(A + B + N), V.format(B + N + A), "C0105 T.a", "slot slot - -"),
    "slot moved and renamed": Case(
        V.format("/// Ends the day, and counts.\nfn day(self: const);" + A + B),
        V.format(A + B + "/// Ends the day and counts all.\nfn shut(self: const);"),
        "C0105 T.shut",
        "slot slot compile compile",
    ),
    "slots swapped": Case(V.format(A + B), V.format(B + A), "C0106 T.a", "slot slot - -"),
    "slot optional": Case(V.format(A), V.format("optional " + A), "C0107 T.a", "- null - null"),
    "slot mandatory": Case(V.format("optional " + A), V.format(A), "C0108 T.a", "null - null -"),
    "slot replaced": Case(
        V.format(A + B),
        V.format("fn n(self: const, x: u64);" + B),
        "C0110 T.n",
        "slot slot compile compile",
    ),
    # fields
    "fields put together": Case(
        S.format("x: u32, y: u32"),
        S.format("p: struct { x: u32, y: u32 }"),
        "C0219 T.p",
        "- - compile compile",
    ),
    "field inserted": Case(
        S.format("a: u32, b: u32"),
        S.format("a: u32, n: u32, b: u32"),
        "C0202 T.n",
        "misread misread - -",
    ),
    "field appended without since": Case(
        S.format("a: u32"), S.format("a: u32, n: u32"), "C1401 T.n", "past - - -"
    ),
    "field appended": Case(
        S.format("a: u32"), S.format("a: u32, @since(1.3.0) n: u32"), "C0201 T.n", "gated - - -"
    ),
    "field appended, host's": Case(
        SH.format("a: u32"), SH.format("a: u32, @since(1.3.0) n: u32"), "C0201 T.n", "- past - -"
    ),
    "field appended to what is passed by value": Case(
        "struct T { a: u64 } entry fn f(t: T);",
        "struct T { a: u64, @since(1.3.0) n: u64 } entry fn f(t: T);",
        "C0201 T.n",
        "call call - -",
    ),
    "field appended to what others hold": Case(
        "struct T { a: u32 } struct R { t: T, z: u32 } entry fn open() -> *const R;",
        "struct T { a: u32, @since(1.3.0) n: u32 } struct R { t: T, z: u32 } entry fn open() -> *const R;",
        "C0201 T.n",
        "misread misread - -",
    ),
    "field appended to what a callee writes": Case(
        "struct T { a: u32 } entry fn f(t: *mut T @out);",
        "struct T { a: u32, @since(1.3.0) n: u32 } entry fn f(t: *mut T @out);",
        "C0201 T.n",
        "misread beyond misread -",
    ),
    "hole filled": Case(
        S.format("a: u8, b: u32"), S.format("a: u8, n: u8, b: u32"), "C0212 T.n", "misread - - -"
    ),
    "field removed": Case(
        S.format("a: u32, b: u32"),
        S.format("b: u32"),
        "C0203 T.a",
        "misread misread compile compile",
    ),
    "field renamed": Case(
        S.format("a: u32"), S.format("n: u32"), "C0204 T.n", "- - compile compile"
    ),
    "fields swapped": Case(
        S.format("a: u32, b: u32"), S.format("b: u32, a: u32"), "C0206 T.a", "misread misread - -"
    ),
    "reserved field used": Case(
        S.format("a: u32, @reserved(zero) spare: u32"),
        S.format("a: u32, n: u32"),
        "C0210 T.n",
        "- - - -",
    ),
    "reserved pointer used": Case(
        S.format("a: u32, @reserved(zero) spare: usize"),
        S.format("a: u32, n: *const u8"),
        "C0210 T.n",
        "null - null -",
    ),
    "field given up": Case(
        S.format("a: u32, b: u32"),
        S.format("a: u32, @reserved(zero) b: u32"),
        "C0211 T.b",
        "- misread compile compile",
    ),
    "packed": Case(
        "struct T { a: u8, b: u32 }" + PLUGIN,
        "@packed struct T { a: u8, b: u32 }" + PLUGIN,
        "C0213 T",
        "misread misread - -",
    ),
    "bit-field": Case(
        S.format("a: u32 : 3, b: u32 : 3"),
        S.format("a: u32 : 4, b: u32 : 3"),
        "C0209 T.a",
        "misread misread - -",
    ),
    "union member that fits": Case(
        "union T { a: u32 }" + PLUGIN,
        "union T { a: u32, n: u8 }" + PLUGIN,
        "C0215 T.n",
        "- unknown - unknown",
    ),
    "union member that fits and is told": Case(
        "union T { a: u32 }" + PLUGIN,
        "union T { a: u32, @since(1.3.0) n: u8 }" + PLUGIN,
        "C0215 T.n",
        "- - - -",
    ),
    "union member that does not fit": Case(
        "union T { a: u32 }" + PLUGIN,
        "union T { a: u32, n: u64 }" + PLUGIN,
        "C0215 T.n",
        "past unknown - unknown",
    ),
    # types
    "width": Case(S.format("a: u32"), S.format("a: u64"), "C0303 T.a", "misread misread - silent"),
    "width of a result": Case(
        V.format("fn a(self: const) -> u32;"),
        V.format("fn a(self: const) -> u64;"),
        "C0303 T.a.return",
        "call call compile silent",
    ),
    "sign": Case(
        S.format("a: u32"), S.format("a: i32"), "C0302 T.a", "misread misread silent silent"
    ),
    "long": Case(S.format("a: c_long"), S.format("a: i64"), "C0305 T.a", "misread misread - -"),
    "integer to float": Case(
        S.format("a: u32"), S.format("a: f32"), "C0304 T.a", "misread misread silent silent"
    ),
    "parameter that may be null": Case(
        V.format("fn a(self: const, p: *const u8);"),
        V.format("fn a(self: const, p: *const u8?);"),
        "C0310 T.a.p",
        "null - null -",
    ),
    "parameter that may not be null": Case(
        V.format("fn a(self: const, p: *const u8?);"),
        V.format("fn a(self: const, p: *const u8);"),
        "C0311 T.a.p",
        "- null - null",
    ),
    "result that may be null": Case(
        V.format("fn a(self: const) -> *const u8;"),
        V.format("fn a(self: const) -> *const u8?;"),
        "C0310 T.a.return",
        "- null - null",
    ),
    "result that may not be null": Case(
        V.format("fn a(self: const) -> *const u8?;"),
        V.format("fn a(self: const) -> *const u8;"),
        "C0311 T.a.return",
        "null - null -",
    ),
    "callback's parameter that may be null": Case(
        "callback T(p: *const u8); entry fn f(t: T @scope(call));",
        "callback T(p: *const u8?); entry fn f(t: T @scope(call));",
        "C0310 T.p",
        "- null - null",
    ),
    "what a callee may write now": Case(
        V.format("fn a(self: const, p: *const u8);"),
        V.format("fn a(self: const, p: *mut u8);"),
        "C0309 T.a.p",
        "- const compile const",
    ),
    "array at the end": Case(
        S.format("a: u8, b: [u8; 4]"), S.format("a: u8, b: [u8; 8]"), "C0312 T.b", "past - - -"
    ),
    # types as such
    "struct to union": Case(
        S.format("a: u32, b: u32"),
        "union T { a: u32, b: u32 }" + PLUGIN,
        "C0404 T",
        "misread misread silent silent",
    ),
    "opaque to struct": Case("opaque T;" + PLUGIN, S.format("a: u32"), "C0404 T", "misread - - -"),
    # entries
    "entry added": Case(
        "entry fn f();", "entry fn f(); entry fn g();", "C0501 g", "missing - missing -"
    ),
    "optional entry added": Case(
        "entry fn f();", "entry fn f(); optional entry fn g();", "C0501 g", "falls - falls -"
    ),
    "entry with since added": Case(
        "entry fn f();", "entry fn f(); @since(1.3.0) entry fn g();", "C0501 g", "gated - missing -"
    ),
    "entry removed": Case(
        "entry fn f(); entry fn g(x: u8);", "entry fn f();", "C0502 g", "- missing - compile"
    ),
    "entry renamed": Case(
        "entry fn f(x: u8);", "entry fn g(x: u8);", "C0503 g", "missing missing missing compile"
    ),
    "entry renamed, symbol kept": Case(
        "entry fn f(x: u8);", '@c("f") entry fn g(x: u8);', "C0503 g", "- - compile compile"
    ),
    "variable const": Case(
        "entry static v: u32;", "entry static const v: u32;", "C0507 v", "- const - compile"
    ),
    # constants
    "constant": Case(
        "const N: u32 = 1; entry fn f();",
        "const N: u32 = 2; entry fn f();",
        "C0605 N",
        "misread misread - -",
    ),
    "constant that is a bound": Case(
        "const N: u32 = 1;" + S.format("a: u8, b: [u8; N]"),
        "const N: u32 = 2;" + S.format("a: u8, b: [u8; N]"),
        "C0605 N",
        "past misread - -",
    ),
    "constant removed": Case(
        "const N: u32 = 1; entry fn f();", "entry fn f();", "C0602 N", "- - compile compile"
    ),
    # functions
    "parameter added": Case(
        V.format("fn a(self: const);"),
        V.format("fn a(self: const, x: u8);"),
        "C0701 T.a.x",
        "call call compile compile",
    ),
    "parameters swapped": Case(
        V.format("fn a(self: const, x: u8, y: u8);"),
        V.format("fn a(self: const, y: u8, x: u8);"),
        "C0705 T.a.x",
        "misread misread silent silent",
    ),
    "parameter renamed": Case(
        V.format("fn a(self: const, x: u8);"),
        V.format("fn a(self: const, y: u8);"),
        "C0703 T.a.y",
        "- - - -",
    ),
    "result added": Case(
        V.format(A),
        V.format("fn a(self: const) -> bool;"),
        "C0706 T.a.return",
        "misread - compile -",
    ),
    "result added to a callback": Case(
        "callback T(x: u8); entry fn f(t: T @scope(call));",
        "callback T(x: u8) -> bool; entry fn f(t: T @scope(call));",
        "C0706 T.return",
        "- misread - compile",
    ),
    "self": Case(V.format(A), V.format("fn a(self: mut);"), "C0708 T.a", "- - compile -"),
    "convention": Case(
        'targets "i686-pc-windows-msvc"; ' + V.format(A),
        'targets "i686-pc-windows-msvc"; ' + V.format('extern "stdcall" ' + A),
        "C0710 T.a",
        "call call compile -",
    ),
    "convention that is the same": Case(
        'targets "x86_64-unknown-linux-gnu"; ' + V.format(A),
        'targets "x86_64-unknown-linux-gnu"; ' + V.format('extern "stdcall" ' + A),
        "C0710 T.a",
        "- - - -",
    ),
    # enums
    "closed enum's value": Case(
        "enum T { A } entry fn f() -> T;",
        "enum T { A, N } entry fn f() -> T;",
        "C0806 T.N",
        "- unknown - unknown",
    ),
    "closed enum's value, host's": Case(
        "enum T { A } entry fn f(t: T);",
        "enum T { A, N } entry fn f(t: T);",
        "C0806 T.N",
        "unknown - unknown -",
    ),
    "open enum's value": Case(
        "open enum T: u8 { A } entry fn f() -> T;",
        "open enum T: u8 { A, N } entry fn f() -> T;",
        "C0806 T.N",
        "- falls - -",
    ),
    "value inserted": Case(
        "enum T { A, B } entry fn f() -> T;",
        "enum T { A, N, B } entry fn f() -> T;",
        "C0807 T.N",
        "misread misread - unknown",
    ),
    "value removed": Case(
        "enum T { A, B } entry fn f() -> T;",
        "enum T { A } entry fn f() -> T;",
        "C0809 T.B",
        "unknown - compile compile",
    ),
    "enum opened": Case(
        "enum T: u8 { A } entry fn f() -> T;",
        "open enum T: u8 { A } entry fn f() -> T;",
        "C0803 T",
        "- unknown - unknown",
    ),
    "enum closed": Case(
        "open enum T: u8 { A } entry fn f() -> T;",
        "enum T: u8 { A } entry fn f() -> T;",
        "C0804 T",
        "unknown - unknown -",
    ),
    "enum's width": Case(
        "enum T: u8 { A } entry fn f() -> T;",
        "enum T: u16 { A } entry fn f() -> T;",
        "C0801 T",
        "misread misread - -",
    ),
    # ownership
    "result handed over": Case(
        "opaque T; entry fn f() -> *mut T;",
        "opaque T; entry fn f() -> own *mut T;",
        "C0901 f.return",
        "twice leak twice leak",
    ),
    "parameter only lent": Case(
        "opaque T; entry fn f(t: own *mut T);",
        "opaque T; entry fn f(t: *mut T);",
        "C0902 f.t",
        "twice leak twice leak",
    ),
    "owner after failure": Case(
        "opaque T; @ok(true) entry fn f(t: own *mut T) -> bool;",
        "opaque T; @ok(true) entry fn f(t: own *mut T @consumed(success)) -> bool;",
        "C0906 f.t",
        "twice leak twice leak",
    ),
    "shorter life": Case(
        "entry fn f() -> *const u8 @nul @until(library);",
        "entry fn f() -> *const u8 @nul;",
        "C0907 f.return",
        "- freed - freed",
    ),
    "longer life": Case(
        "entry fn f() -> *const u8 @nul;",
        "entry fn f() -> *const u8 @nul @until(library);",
        "C0908 f.return",
        "freed - freed -",
    ),
    # what values mean
    "bytes instead of elements": Case(
        "entry fn f(p: *const u16 @len(n), n: usize);",
        "entry fn f(p: *const u16 @size(n), n: usize);",
        "C1002 f.p",
        "past misread past misread",
    ),
    "encoding": Case(
        "entry fn f(p: *const char @nul);",
        "entry fn f(p: *const char @nul @encoding(latin1));",
        "C1007 f.p",
        "misread misread misread misread",
    ),
    "success value": Case(
        "@ok(0) entry fn f() -> i32;",
        "@ok(1) entry fn f() -> i32;",
        "C1101 f",
        "misread misread misread misread",
    ),
    # callbacks and threads
    "scope narrowed": Case(
        "callback C(@ctx c: *mut void); entry fn f(c: C @scope(forever) @ctx(x), x: *mut void);",
        "callback C(@ctx c: *mut void); entry fn f(c: C @scope(call) @ctx(x), x: *mut void);",
        "C1204 f.c",
        "freed - freed -",
    ),
    "scope widened": Case(
        "callback C(@ctx c: *mut void); entry fn f(c: C @scope(call) @ctx(x), x: *mut void);",
        "callback C(@ctx c: *mut void); entry fn f(c: C @scope(forever) @ctx(x), x: *mut void);",
        "C1205 f.c",
        "- freed - freed",
    ),
    "threads": Case(
        "@thread(any) entry fn f();",
        "@thread(main) entry fn f();",
        "C1209 f",
        "- thread - thread",
    ),
    "threads, not said any more": Case(
        "@thread(any) entry fn f();",
        "entry fn f();",
        "C1209 f",
        "- thread - thread",
    ),
    "threads, host's": Case(
        "vtable T { state: *mut void, @thread(any) fn a(self: const); }" + HOST,
        "vtable T { state: *mut void, @thread(main) fn a(self: const); }" + HOST,
        "C1209 T.a",
        "thread - thread -",
    ),
    # ages
    "since removed": Case(
        V.format(A + "@since(1.1.0)" + N), V.format(A + N), "C1403 T.n", "past - - -"
    ),
    "deprecated": Case(V.format(A), V.format("@deprecated(1.3.0)" + A), "C1406 T.a", "- - - -"),
}


def verdict_of(old: str, new: str) -> Verdict:
    return judge(library_of("abi test 1.2.0; " + old), library_of("abi test 1.3.0; " + new))


def cells_of(finding: Finding) -> list[str]:
    short = {name: word for word, name in WORDS.items()}
    binary, source = finding.cells.binary, finding.cells.source
    outcomes = (
        binary.old_plugin_new_host,
        binary.new_plugin_old_host,
        source.old_plugin_new_host,
        source.new_plugin_old_host,
    )
    return [short[each.name] for each in outcomes]


@pytest.mark.parametrize("name", CASES)
def test_a_change_hurts_whom_the_table_says(name: str) -> None:
    case = CASES[name]
    found = verdict_of(case.old, case.new).findings
    assert [f"{each.rule.code} {each.subject}" for each in found] == [case.found]
    assert " ".join(cells_of(found[0])) == case.cells
