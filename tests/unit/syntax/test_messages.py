"""What is said about the mistakes that people make."""

from __future__ import annotations

import pytest

from abilock.diagnostics.catalog import SYNTAX
from abilock.diagnostics.report import Report
from abilock.source import SourceFile
from abilock.syntax.limits import MAX_MESSAGES
from abilock.syntax.parser import parse

#: What is written, with `‸` before the place of the message; the message; a part of the hint.
_CASES = [
    ("struct S { a: u8 ‸b: u32 }", "expected `,` or `}`, found `b`", "`,` or `;` separates"),
    ("struct S {\n a: u8‸\n b: u32\n}", "expected `,` or `}` after `u8`", "`,` or `;` separates"),
    ("struct S { a: ‸, b: u8 }", "expected a type, found `,`", None),
    ("struct S { a ‸}", "expected `:`, found `}`", "`name: type`"),
    ("struct ‸{ a: u8 }", "expected a name, found `{`", "`struct Name { … }`"),
    ("struct S { p: *‸u8 }", "expected `const` or `mut`, found `u8`", "`*const T` or `*mut T`"),
    ("struct S { p: ‸&u8 }", "expected a type, found `&`", "a reference is a pointer"),
    ("struct S { p: void‸* }", "expected `,` or `}`, found `*`", "`*` comes before the type"),
    ("struct S { int ‸a; }", "expected `:`, found `a`", "`a: int`"),
    ("struct S { a: u8‸[4] }", "expected `,` or `}`, found `[`", "an array is `[T; N]`"),
    ("struct S { a: [u8‸] }", "expected `;` or `?`, found `]`", "an array is `[T; N]`"),
    ("struct S { a: Option‸<u8> }", "expected `,` or `}`, found `<`", "marked with `?`"),
    ("struct S { a: u8 ‸= 3 }", "expected `,` or `}`, found `=`", "enums and constants"),
    ("struct S { a ‸@len(b): u8 }", "expected `:`, found `@`", "before a name, or behind its type"),
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
    ("‸uint32_t x;", None, "the name comes before the type"),
    ("‸typedef struct { a: u8 } S", None, "a type is named by"),
    ("‸fn f();", None, "`entry fn`"),
    ("‸#include <a.h>\nopaque A;", "unexpected characters `#include <a.h>`", "no preprocessor"),
    ("import ‸'a';", "unexpected character `'`", '`"…"`'),
    ("struct S ‸{\n  a: u8,\n\nstruct T {\n  a: u8,\n}", "`{` is never closed", "with `}`"),
    ("struct S { a: (u8 ‸}", "`}` where `)` is needed", None),
    ("struct S { a: u8 } ‸}", "`}` closes nothing", None),
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


def test_there_is_an_end_to_it() -> None:
    report = Report()
    parse(SourceFile("a.abi", "struct;\n" * 1000), report)
    assert len(report.diagnostics) == MAX_MESSAGES + 1
    last = report.diagnostics[-1]
    assert last.code is SYNTAX
    assert "left out" in last.message
