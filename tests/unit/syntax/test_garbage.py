"""Whatever the bytes are, the parser ends in time, and says what is wrong instead of failing."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abilock.diagnostics import catalog
from abilock.diagnostics.catalog import Code
from abilock.diagnostics.render import render_data, render_text
from abilock.diagnostics.report import Report
from abilock.source import SourceFile
from abilock.syntax import ast, reading
from abilock.syntax.formatter import format_file
from abilock.syntax.limits import MAX_MESSAGES
from abilock.syntax.parser import parse
from support.mutations import mutated, mutated_bytes

_ROOT = Path(__file__).parents[3]
_GOOD = [
    """/// A shop.
abi shop 1.2.0;
compat major.minor; // comment
allocator a = malloc/free @unix, process_heap @windows;
const N: usize = (4 + 2) * 0x10;
const S: str = "a\\n\\u{e9}";
@string(ptr, len) struct Str { ptr: *const char, len: usize }
enum E: u8 { A, B = 7, /* C */ }
struct F { lo: u32 : 3, _: union { a: i32, b: [f32; N] }, cb: (fn(x: u8, ...) -> u8 @ok(0))? }
vtable V: C { state: *mut void, optional fn f(self: mut, p: *const (*mut u8?) @len(n), n: u32); }
vtable convention C { state: *mut void, ... optional drop fn d(self: own) }
entry fn open(version: u32) -> own *const V?;
""",
    *(path.read_text("utf-8") for path in sorted(_ROOT.glob("tests/cases/good/*.abi"))),
]
#: More than any of the cases takes on a slow machine; what is not linear takes far longer with so many.
_SECONDS = 5.0


def read(data: bytes) -> tuple[ast.File | None, Report]:
    report = Report()
    source = reading.decode(data, "garbage.abi", report)
    if source is None:
        assert report.failed
        return None, report
    file = parse(source, report)
    if not report.failed:
        # What is accepted can be printed and comes back.
        again = Report()
        printed = reading.decode(format_file(file, source).encode(), "garbage.abi", again)
        assert printed is not None
        assert parse(printed, again) == file
        assert not again.failed, render_text(again)
    return file, report


def check_report(report: Report, length: int) -> None:
    assert len(report.diagnostics) <= 2 * MAX_MESSAGES + 2
    for found in report.diagnostics:
        assert found.message
        if found.span is not None:
            assert 0 <= found.span.start <= found.span.end <= length
    render_text(report)
    render_data(report)


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_bytes(data: bytes) -> None:
    _, report = read(data)
    check_report(report, len(data))


@settings(max_examples=200)
@given(st.text(max_size=120))
def test_text(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    _, report = read(data)
    check_report(report, len(data))


@settings(max_examples=300)
@given(mutated(_GOOD[:1]))
def test_edits(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    _, report = read(data)
    check_report(report, len(data))


@settings(max_examples=60)
@given(mutated(_GOOD))
def test_edits_of_good_files(text: str) -> None:
    _, report = read(text.encode("utf-8", "surrogatepass"))
    check_report(report, len(text))


@settings(max_examples=150)
@given(mutated_bytes(_GOOD[:1]))
def test_edits_of_bytes(data: bytes) -> None:
    _, report = read(data)
    check_report(report, len(data))


_MANY = 40_000

#: Name, text, the code that is reported, or None where the text is a description.
_HOSTILE: list[tuple[str, Callable[[], str], Code | None]] = [
    ("braces", lambda: "struct S " + "{" * _MANY, catalog.TOO_DEEP),
    ("parentheses", lambda: "const A: u8 = " + "(" * _MANY, catalog.TOO_DEEP),
    ("squares", lambda: "type A = " + "[" * _MANY + "u8", catalog.TOO_DEEP),
    ("nested structs", lambda: "type A = " + "struct { a: " * _MANY, catalog.TOO_DEEP),
    ("closed groups", lambda: f"const A: u8 = {'(' * 999}1{')' * 999};", catalog.TOO_DEEP),
    ("attribute calls", lambda: "@a(" + "b(" * _MANY + ")" * _MANY, catalog.TOO_DEEP),
    ("mixed brackets", lambda: "struct S " + "{([" * _MANY, catalog.TOO_DEEP),
    ("closing brackets", lambda: "}" * _MANY, catalog.UNBALANCED),
    ("crossed brackets", lambda: "struct S { a: (u8 ] }" * 1000, catalog.UNBALANCED),
    ("functions", lambda: "type A = " + "fn(a: " * _MANY, catalog.TOO_DEEP),
    ("results", lambda: "type A = " + "fn() -> " * _MANY + "u8;", catalog.TOO_DEEP),
    (
        "wide results",
        lambda: "type A = " + "fn(a: u8, b: u8) -> " * _MANY + "u8;",
        catalog.TOO_DEEP,
    ),
    ("wide sum", lambda: "const A: u8 = " + "a(1, 2) + " * _MANY + "1;", catalog.TOO_DEEP),
    (
        "deep sum",
        lambda: "const A: u8 = " + ("(" + "1+" * 90) * 60 + "1" + ")" * 60,
        catalog.TOO_DEEP,
    ),
    ("stars", lambda: "type A = " + "*" * _MANY + "u8;", catalog.TOO_DEEP),
    ("pointers", lambda: "type A = " + "*const " * _MANY + "u8;", catalog.TOO_DEEP),
    ("sum", lambda: "const A: u8 = 1" + "+1" * _MANY + ";", catalog.TOO_DEEP),
    ("minuses", lambda: "const A: u8 = " + "-" * _MANY + "1;", catalog.TOO_DEEP),
    ("tildes", lambda: "const A: u8 = " + "~" * _MANY + "1;", catalog.TOO_DEEP),
    ("questions", lambda: "type A = *const u8" + "?" * _MANY + ";", catalog.SYNTAX),
    ("owns", lambda: "type A = " + "own " * _MANY + "u8;", catalog.SYNTAX),
    ("paths", lambda: "const A: u8 = a" + "::a" * _MANY + ";", None),
    ("slashes", lambda: "/" * _MANY + "\nabi a 1.0.0;", None),
    ("digits", lambda: "const A: u8 = " + "1" * _MANY + ";", catalog.BAD_NUMBER),
    ("underscores", lambda: "const A: u8 = 1" + "_" * _MANY + ";", catalog.BAD_NUMBER),
    ("separated digits", lambda: "const A: u8 = 1" + "_1" * _MANY + ";", catalog.BAD_NUMBER),
    ("name", lambda: "opaque " + "a" * _MANY + ";", None),
    ("version", lambda: "abi a 1." + "1." * _MANY + "0;", None),
    ("attributes", lambda: "@a " * _MANY + "opaque A;", None),
    ("docs", lambda: "/// a\n" * _MANY + "opaque A;", None),
    ("file docs", lambda: "//! a\n" * _MANY, None),
    ("comments", lambda: "/* a */ " * _MANY, None),
    ("comments inside", lambda: "struct A { " + "/* a */ " * 10_000 + "a: u8 }", None),
    ("parameters", lambda: "callback A(" + "a: u8, " * _MANY + ");", None),
    ("members", lambda: "struct A {" + "a: u8, " * _MANY + "}", None),
    ("values", lambda: "enum A {" + "a, " * _MANY + "}", None),
    ("gaps", lambda: "vtable convention A {" + "... " * _MANY + "}", None),
    ("arguments", lambda: "@a(" + "1, " * _MANY + ") opaque A;", None),
    ("items", lambda: "opaque A;" * _MANY, None),
    ("semicolons", lambda: ";" * _MANY, None),
    ("broken items", lambda: "struct A;\n" * _MANY, catalog.SYNTAX),
    ("keywords", lambda: "struct\n" * _MANY, catalog.SYNTAX),
    ("keywords behind a bad character", lambda: "$\n" + "struct\n" * _MANY, catalog.BAD_CHARACTER),
    ("bad characters in keywords", lambda: "struct\n$\n" * _MANY, catalog.BAD_CHARACTER),
    ("keywords before a bad character", lambda: "struct\n" * _MANY + "$", catalog.BAD_CHARACTER),
    ("one broken item", lambda: "x " * _MANY, catalog.SYNTAX),
    ("strings", lambda: '"a\n' * 5000, catalog.UNTERMINATED),
    ("quotes", lambda: '"' * (_MANY + 1), catalog.UNTERMINATED),
    ("backslashes", lambda: '"' + "\\" * (_MANY + 1), catalog.UNTERMINATED),
    ("zeros", lambda: 'import "' + "\\01" * _MANY + '";', catalog.BAD_ESCAPE),
    ("single quotes", lambda: "'a'" * _MANY, catalog.BAD_CHARACTER),
    ("open quotes", lambda: "'(" * _MANY, catalog.BAD_CHARACTER),
    ("curly quotes", lambda: "“" * _MANY, catalog.BAD_CHARACTER),
    ("attributes of Rust", lambda: "#[" * _MANY, catalog.BAD_CHARACTER),
    ("continued directives", lambda: "#define A \\\n" * _MANY, catalog.BAD_CHARACTER),
    ("block docs", lambda: "/** a */" * _MANY, catalog.DOUBTFUL_DOC),
    ("types of C", lambda: "struct S { " + "a " * _MANY + "}", catalog.SYNTAX),
    ("pointers of C", lambda: "struct S { int " + "*" * 99 + " a; }", catalog.SYNTAX),
    ("functions of C", lambda: "int f(" + "int (*a)(" * 50 + ")" * 51 + ";", catalog.SYNTAX),
    ("escapes", lambda: 'import "' + "\\q" * _MANY + '";', catalog.BAD_ESCAPE),
    ("comment starts", lambda: "/*" * _MANY, catalog.UNTERMINATED),
    ("comment stars", lambda: "/*" + "*" * _MANY + "\n" * _MANY, catalog.UNTERMINATED),
    ("bad characters", lambda: "$ ^" * _MANY, catalog.BAD_CHARACTER),
    ("directives", lambda: "#include <a.h>\n" * 1000, catalog.BAD_CHARACTER),
    ("letters", lambda: "ä" * _MANY, catalog.BAD_CHARACTER),
    ("dots", lambda: "." * _MANY, catalog.SYNTAX),
    ("long line", lambda: "opaque A;" * 1000 + " " * (1024 * 1024), None),
    ("long comment", lambda: "//" + "x" * (4 * 1024 * 1024 - 2), None),
    ("large", lambda: " " * (4 * 1024 * 1024 + 1), catalog.FILE_TOO_LARGE),
    ("blank lines", lambda: "\n" * (4 * 1024 * 1024), None),
    ("controls", lambda: "\a" * (4 * 1024 * 1024), catalog.CONTROL_CHARACTER),
    ("NUL", lambda: "opaque A\0;", catalog.CONTROL_CHARACTER),
    ("form feed", lambda: "opaque A;\f", catalog.CONTROL_CHARACTER),
    ("carriage return", lambda: "opaque A;\ropaque B;", catalog.CONTROL_CHARACTER),
    ("CRLF", lambda: "opaque A;\r\n// a\r\nopaque B;\r\n", None),
    ("byte order mark", lambda: "\ufeffopaque A;", None),
    ("second byte order mark", lambda: "\ufeffopaque \ufeffA;", catalog.CONTROL_CHARACTER),
    ("line separator", lambda: "// a\u2028opaque A;", catalog.CONTROL_CHARACTER),
    ("next line", lambda: "// a\x85opaque A;", catalog.CONTROL_CHARACTER),
    ("bidi", lambda: "// \u202e\nopaque A;", catalog.BIDI_CHARACTER),
    ("bidi isolate", lambda: "/// \u2066\nopaque A;", catalog.BIDI_CHARACTER),
    ("surrogate", lambda: "// \ud800", catalog.NOT_UTF8),
    ("surrogate escape", lambda: 'import "\\u{d800}";', catalog.BAD_ESCAPE),
    ("nothing", lambda: "", None),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "code"), [case[1:] for case in _HOSTILE], ids=[case[0] for case in _HOSTILE]
)
def test_hostile(text: Callable[[], str], code: Code | None) -> None:
    data = text().encode("utf-8", "surrogatepass")
    started = time.process_time()
    report = Report()
    source = reading.decode(data, "hostile.abi", report)
    if source is not None:
        parse(source, report)
    check_report(report, len(data))
    assert time.process_time() - started < _SECONDS
    codes = {found.code for found in report.diagnostics}
    assert code in codes if code else not codes, render_text(report)[:2000]


@pytest.mark.parametrize(
    "text",
    [
        "enum A {" + "a = 1, " * 10_000 + "}",
        "callback A(" + "a: u8, " * 10_000 + ");",
        "struct A {" + "a: u8, // a\n" * 10_000 + "}",
        "// a\n" * 10_000 + "opaque A;",
        "opaque A; /* a */\n" * 10_000,
        "@aaaaaaaaaaaaaaaa " * 10_000 + "opaque A;",
        "callback A(" + "fn(" * 60 + ")" * 60 + ");",
    ],
    ids=["values", "parameters", "members", "comments", "items", "attributes", "depth"],
)
@pytest.mark.slow
def test_formatting_is_linear(text: str) -> None:
    started = time.process_time()
    _, report = read(text.encode())
    assert not report.diagnostics
    assert time.process_time() - started < _SECONDS


def test_the_garbage_collector_is_left_as_it_was() -> None:
    source = SourceFile("a.abi", "opaque A;")
    assert gc.isenabled()
    parse(source, Report())
    assert gc.isenabled()
    gc.disable()
    try:
        parse(source, Report())
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_an_error_hides_no_other_item() -> None:
    file, report = read(b"struct A { a }\nopaque B;\nstruct C { c: }\nopaque D\nopaque E;\n")
    assert file is not None
    assert [item.name.text for item in file.items if isinstance(item, ast.Opaque)] == ["B", "E"]
    assert len(report.diagnostics) == 3
