"""Two things wrong with one declaration: both are said, whatever they are, and nothing besides."""

from __future__ import annotations

import re
from functools import cache
from itertools import permutations

import pytest

from abilock.diagnostics.report import Report
from abilock.pipeline import examine_description
from abilock.source import SourceFile
from abilock.syntax.reading import decode

HEAD = "abi t 1.0.0; opaque O; callback Visit(a: u32); enum E { A, B }\n"
#: Members of which one thing is wrong; ``#`` is a number that makes them different.
MEMBERS = {
    "unknown type": "m#: Nope#",
    "unknown length": "m#: [u8; NOPE#]",
    "no length": "m#: [u8; 0]",
    "no address space": "m#: [u64; 0xffffffffffffffff]",
    "no target": "m#: [u64; 0x1fffffffffffffff]",
    "no number": "m#: [u8; 1 / 0]",
    "void": "m#: void",
    "opaque": "m#: O",
    "not null": "m#: bool?",
    "nobody's": "m#: own u32",
    "convention": 'm#: extern "foo" fn() -> void',
    "array passed": "m#: fn(a: [u8; 4]) -> void",
    "nested": "m#: struct { x: Nope# }",
    "too deep": f"m#: {'*const ' * 20}u8",
    "too many bits": "m#: u32 : 40",
    "reserved word": "@since(1.0.0) int: u32",
    "twice": "d#: u8, d#: u8",
    "unknown attribute": "m#: u32 @nope#",
    "misplaced attribute": "@hidden m#: u32",
    "attribute names nothing": "m#: *mut u8 @len(n#)",
    "attribute of something else": "m#: u8 @nul",
    "argument": "@align(3) m#: u8",
    "arguments": "@deprecated m#: u8",
    "no colon": "m# u32",
    "no type": "m#: ",
    "no semicolon": "m#: [u8 4]",
    "stray": "m#: $u8",
    "no end": 'm#: "x\n',
}
FORMS = {
    "struct": "struct S { first: u8, %s , %s , last: u8 }",
    "vtable": "vtable S { state: *mut void, %s , %s , fn last(self: mut) }",
}


@cache
def found_in(text: str) -> frozenset[tuple[str, str]]:
    def read(name: str, report: Report) -> SourceFile | None:
        return decode((HEAD + text).encode(), name, report)

    report = Report()
    examine_description("t.abi", report, read)
    return frozenset(
        (found.code.number, re.sub(" for an object on .*", "", found.message))
        for found in report.diagnostics
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("first", MEMBERS)
def test_both_are_said(form: str, first: str) -> None:
    """Each pair in one order in the one form, and in the other order in the other."""
    one = MEMBERS[first].replace("#", "1")
    at = list(MEMBERS).index(first)
    for second in list(MEMBERS)[at:] if form == "struct" else list(MEMBERS)[: at + 1]:
        other = MEMBERS[second].replace("#", "2").replace("int:", "long:")
        alone = found_in(FORMS[form] % (one, "x: u8")) | found_in(FORMS[form] % ("x: u8", other))
        assert found_in(FORMS[form] % (one, other)) == alone, second


def test_what_may_be_in_a_broken_member_is_not_missed() -> None:
    texts = {
        "struct S { data: *mut u8 @len(n), n u32, x: Nope }": {"A0010", "A0201"},
        "@string(ptr, len) struct S { ptr: *const char, len }": {"A0010"},
        "vtable V { state , fn f(self: mut), x: Nope }": {"A0010", "A0201"},
        "vtable convention C { state: , ... } vtable V: C { fn f(self: mut) }": {"A0010"},
        "struct S { a b }": {"A0010"},
        "struct S { opts: , x: Nope } entry fn f(@len(n.opts) a: *mut u8, n: S);": {
            "A0010",
            "A0201",
        },
    }
    for text, codes in texts.items():
        assert {code for code, _ in found_in(text)} == codes, text


def test_three_in_one_declaration() -> None:
    members = "a: Nope, b [u8; 4], c: [u64; 0xffffffffffffffff], d: *mut u8 @len(x), e: ,"
    numbers = sorted(code for code, _ in found_in(f"struct S {{ {members} }}"))
    assert numbers == ["A0010", "A0010", "A0201", "A0213", "A0406"]


@pytest.mark.parametrize("order", list(permutations(["m: Nope", "m2 u8", "m3: [u8; 0]"])))
def test_no_order_hides_anything(order: tuple[str, ...]) -> None:
    codes = {code for code, _ in found_in(f"struct S {{ {', '.join(order)} }}")}
    assert codes == {"A0010", "A0201", "A0303"}
