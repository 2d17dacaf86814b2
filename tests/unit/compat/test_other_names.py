"""A name that is a type in one description and another name of one in the other is what it means."""

from __future__ import annotations

import pytest

from unit.compat.test_judging import verdict_of

FUNCTION = "entry fn f(a: {});"
BY_VALUE = FUNCTION.format("A")
POINTED = FUNCTION.format("*const A")


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("struct A { x: u32 }", "struct B { n: u64, x: u32 } type A = B;", "C0405 B, C0202 B.n"),
        ("struct A { x: u32 }", "struct B { x: u32 } type A = B;", "C0405 B"),
        ("struct A { x: u32 }", "type A = f64;", "C0404 A"),
        ("enum A: u8 { X }", "type A = u8;", "C0404 A"),
        ("type A = u32;", "struct A { x: u32 }", "C0404 A"),
        ("enum A: u8 { X }", "enum B: u16 { X } type A = B;", "C0405 B, C0801 B"),
        ("struct B { x: u32 } type A = B;", "struct A { q: u64, x: u32 }", "C0403 A, C0202 A.q"),
        ("struct B { x: u32 } type A = B;", "struct A { x: u32 }", "C0403 A"),
        (
            "struct B { x: u32 } type A = B;",
            "struct B { x: u32 } struct A { q: u64, x: u32 }",
            "C0404 A",
        ),
        (
            "struct B { x: u32 } type A = B;",
            "struct B { x: u32 } struct A { x: u32 }",
            "C0401 A",
        ),
        (
            "struct A { x: u32 } struct B { x: u64 }",
            "type A = B; struct B { x: u64 }",
            "C0404 A",
        ),
        (
            "vtable A { state: *mut void, fn a(self: const); }",
            "vtable B { state: *mut void, fn z(self: const); fn a(self: const); } type A = B;",
            "C0405 B, C0102 B.z",
        ),
    ],
)
def test_it_is_compared_with_what_it_stands_for(old: str, new: str, found: str) -> None:
    function = POINTED if "vtable" in old else BY_VALUE
    verdict = verdict_of(f"{old} {function}", f"{new} {function}")
    assert ", ".join(f"{each.rule.code} {each.subject}" for each in verdict.findings) == found
    is_same = found in ("C0405 B", "C0403 A", "C0401 A")
    assert verdict.loader.should_accept_old_plugin == is_same
    assert verdict.loader.should_accept_new_plugin == is_same
