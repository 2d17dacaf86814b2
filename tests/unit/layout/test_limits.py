"""What no target could hold is found, at the place that is to blame, and without much work."""

from __future__ import annotations

import pytest

from abilock.diagnostics.report import Report
from abilock.layout.engine import ENDLESS, Measure, lay_out
from abilock.layout.limits import check_limits, largest_object, too_large
from abilock.layout.target import TARGETS, find_target
from abilock.model.types import Named
from support.library import library_of

LINUX = find_target("x86_64-unknown-linux-gnu")
I686 = find_target("i686-unknown-linux-gnu")


def found(text: str) -> list[tuple[str, str | None, str]]:
    library = library_of(text)
    return [
        (each.declaration, each.member, each.target.triple)
        for each in too_large(library, (LINUX, I686))
    ]


def test_the_largest_objects() -> None:
    """C 6.5.6p9 by way of ``PTRDIFF_MAX`` (gcc); 2^61 - 1 where clang counts bits in 64."""
    assert largest_object(I686) == 2**31 - 1
    assert largest_object(LINUX) == 2**61 - 1
    assert found("struct S { a: [u8; (1 << 31) - 1] }") == []
    assert found("struct S { a: [u8; 1 << 31] }") == [("S", "a", I686.triple)]
    assert found("struct S { a: [u8; (1 << 61) - 1] }") == [("S", "a", I686.triple)]


@pytest.mark.parametrize(
    ("text", "member"),
    [
        ("struct S { x: u8, a: [[u64; 1 << 30]; 1 << 31] }", "a"),
        # Fits alone, not together with what stands before it.
        ("struct S { a: [u8; 1 << 60], b: [u8; 1 << 60] }", "b"),
        # Fits but for its padding.
        ("struct S { a: u64, b: [u8; (1 << 61) - 9] }", "b"),
        # Compilers refuse it also where it is only pointed to.
        ("struct S { a: *mut [u8; 1 << 61] }", "a"),
        ("struct S { a: u8, f: fn(p: *mut [u8; 1 << 61]) -> void }", "f"),
        ("struct S { n: struct { a: u8, b: [u8; 1 << 61] } }", "n"),
        ("struct S { n: struct { a: [u8; 1 << 60], b: [u8; 1 << 60] } }", "n"),
        ("vtable S { fn get(p: *mut [u8; 1 << 61]); }", "get"),
        ("type S = [u8; 1 << 61];", None),
        ("callback S(p: *mut [u8; 1 << 61]);", None),
        ("entry fn S() -> *mut [u8; 1 << 61];", None),
        ("entry static S: [u8; 1 << 61];", None),
    ],
)
def test_the_place_to_blame(text: str, member: str | None) -> None:
    assert ("S", member, LINUX.triple) in found(text)


def test_nothing_to_blame() -> None:
    text = """
        struct A { n: struct { a: u8, _: union { b: u16, c: [u8; 3] } }, p: *mut [A; 1 << 10] }
        vtable V { a: A, fn get(a: *const A) -> u8; }
        callback Cb(a: A) -> A; type T = [A; 4]; entry fn f(cb: Cb @scope(call)) -> A; entry static v: V;
    """
    assert found(text) == []


def test_what_contains_it_is_not_blamed() -> None:
    text = (
        "struct A { a: [u8; 1 << 61] } type B = [A; 2]; struct C { a: A, b: [A; 1 << 40], c: u8 }"
    )
    assert [each for each in found(text) if each[2] == LINUX.triple] == [("A", "a", LINUX.triple)]


def test_one_report_for_all_targets() -> None:
    report = Report()
    check_limits(library_of("struct S { a: u8, b: [u16; 1 << 30] }"), report)
    [said] = report.diagnostics
    assert said.code.slug == "too-large"
    assert said.message == "`S.b` makes it too large for an object on 32-bit targets"


def test_constants_that_do_not_fit_everywhere() -> None:
    report = Report()
    check_limits(
        library_of("const A: usize = 1 << 32; const B: c_ulong = 1; const C: isize = -1 << 31;"),
        report,
    )
    assert [said.message for said in report.diagnostics] == [
        "4294967296 does not fit `usize` on 32-bit targets"
    ]


def test_absurd_numbers_cost_nothing() -> None:
    """Each alias multiplies by 2^62: without an end to it, the last has 37,000 digits."""
    rows = "".join(f"type T{at} = [T{at - 1}; 1 << 62];" for at in range(1, 2000))
    library = library_of(f"struct T0 {{ a: u64 }} {rows} struct S {{ a: T1999, b: T1999 }}")
    assert lay_out(library, LINUX).types["S"].size <= ENDLESS
    assert Measure(library, LINUX).extent(Named("T1999")).size <= ENDLESS
    assert too_large(library, TARGETS)


@pytest.mark.slow
def test_a_long_chain_of_aliases_is_no_deep_recursion() -> None:
    chain = "".join(f"type T{at} = T{at - 1};" for at in range(1, 3000))
    library = library_of(f"struct T0 {{ a: u64 }} {chain} struct S {{ a: T2999 }}")
    assert lay_out(library, LINUX).types["S"].size == 8
