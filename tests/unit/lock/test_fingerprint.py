"""The fingerprint moves with every change that is one, and with nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from abilock.compat.differences import differences
from abilock.lock.fingerprint import fingerprint
from abilock.model.decls import Library
from abilock.model.targets import TRIPLES
from support.library import library_at, library_of
from support.models import libraries
from unit.compat.test_differences import CASES, SAME

#: Changes that the fingerprint sees by themselves: what a description says by other means.
MORE = {
    "what an alias says": (
        "type Text = *const char @nul; struct S { a: Text }",
        "type Text = *const char; struct S { a: Text }",
    ),
    "what is invalid of a handle": (
        "@invalid(0) type H = u64; entry fn f() -> H;",
        "@invalid(1) type H = u64; entry fn f() -> H;",
    ),
    "an entry's symbol": ("entry fn f();", '@c("g") entry fn f();'),
    "who ends the object": (
        "vtable V { state: *mut void, drop fn a(self: own); fn b(self: own); }",
        "vtable V { state: *mut void, fn a(self: own); drop fn b(self: own); }",
    ),
    "an allocator of what is returned": (
        "allocator a = malloc/free; allocator b = process_heap; entry fn f() -> own *mut u8 @owned(a);",
        "allocator a = malloc/free; allocator b = process_heap; entry fn f() -> own *mut u8 @owned(b);",
    ),
}
COMMON = (
    "abi common 1.0.0;\nstruct Point {{ {} }}\nstruct Unused {{ a: u8 }}\nconst MAX: u32 = 3;\n"
)
SHAPES = 'import "common.abi";\nstruct Line { a: Point, b: Point }'


@pytest.mark.parametrize("name", [name for name in CASES if name != "a lower version"])
def test_each_kind_of_change_moves_it(name: str) -> None:
    old, new, _ = CASES[name]
    assert fingerprint(library_of(old)) != fingerprint(library_of(new))


@pytest.mark.parametrize("name", MORE)
def test_what_is_said_moves_it(name: str) -> None:
    old, new = (library_of(text) for text in MORE[name])
    assert fingerprint(old) != fingerprint(new)


@pytest.mark.parametrize("name", SAME)
def test_what_means_the_same_does_not(name: str) -> None:
    old, new = (library_of(text) for text in SAME[name])
    assert fingerprint(old) == fingerprint(new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("abi a 1.0.0; struct S { a: u8 }", "abi a 2.0.0; struct S { a: u8 }"),
        ("struct S { a: c_int }", "struct S { a: i32 }"),
        ("struct S { a: usize }", "struct S { a: size_t }"),
        ('\n@strip_types("Ffi*")\nabi a 1.0.0; opaque FfiA;', "abi a 1.0.0; opaque FfiA;"),
        ("struct S { @hidden a: u8 }", "struct S { a: u8 }"),
        (
            "entry fn f(a: *const char @nul @encoding(utf8));",
            "entry fn f(a: *const char @nul);",
        ),
        (
            "@thread(any) @blocking callback C(@ctx c: *mut void);",
            "@blocking @thread(any) callback C(@ctx c: *mut void);",
        ),
    ],
)
def test_what_nobody_has_to_agree_on_does_not(old: str, new: str) -> None:
    assert fingerprint(library_of(old)) == fingerprint(library_of(new))


def test_what_is_imported_counts_as_far_as_it_is_used() -> None:
    before = library_of(SHAPES, {"common.abi": COMMON.format("x: i32, y: i32")})
    same = COMMON.format("x: i32, y: i32").replace("a: u8", "a: u64").replace("= 3", "= 4")
    other = COMMON.format("x: i64, y: i32")
    assert fingerprint(library_of(SHAPES, {"common.abi": same})) == fingerprint(before)
    assert fingerprint(library_of(SHAPES, {"common.abi": other})) != fingerprint(before)


def test_a_number_that_is_compared_counts_though_another_file_has_it() -> None:
    text = (
        'abi a 1.0.0; import "common.abi"; compat integer(MAX); @version entry static const v: u32;'
    )
    before = library_of(text, {"common.abi": COMMON.format("x: i32")})
    after = library_of(text, {"common.abi": COMMON.format("x: i32").replace("= 3", "= 4")})
    assert fingerprint(before) != fingerprint(after)


@given(libraries(), libraries())
def test_two_libraries_have_one_fingerprint_only_if_nothing_differs(
    one: Library, other: Library
) -> None:
    if fingerprint(one) == fingerprint(other):
        assert [each for each in differences(one, other) if each.detail != "c"] == []


def test_it_is_what_it_was(root: Path) -> None:
    """A lock keeps fingerprints for years. One that changes here makes every lock wrong: whoever means
    that counts up `lockfile.FORMAT`, and has both read."""
    assert fingerprint(library_of(EVERYTHING)) == PINNED
    names = ("drasi", "statevec", "bmux")
    assert len({fingerprint(library_at(root / f"abi/{name}.abi")) for name in names}) == 3


PINNED = "c2ca377f885137f3322f33452748c78de334e62933789e4bd9c15dff1ba2ec4e"
EVERYTHING = """\
abi pinned 1.2.3;
compat integer(NUMBER);
allocator heap = malloc/free @unix, process_heap @windows;
const NUMBER: u32 = 7;
const WORD: str = "é";
@string(ptr, len) struct Str { ptr: *const char, len: usize }
@packed(2) @align(4) struct Bits { lo: u32 : 3, _: u32 : 0, all: [u16; 4], n: struct { x: i8 } }
union Any { a: i64, b: f64 }
flags Mask: u8 { A = 1, B = 2 }
type Bytes = *const u8;
callback Done(@ctx ctx: *mut void, data: Bytes? @len(count) @until(call), count: usize);
vtable Table {
    state: *mut void,
    @fails(< 0) optional fn put(self: mut, key: Str, done: Done @ctx(ctx) @scope(once),
                                ctx: *mut void) -> i32;
    @since(1.1.0) reserve: u32,
    drop fn end(self: own);
}
optional entry fn open(first: c_long, ...) -> own *mut Table? @fails(null);
@version entry static const version: u32;
"""


def test_a_target_more_is_none_for_who_lists_none(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "struct S { a: u8 }"
    before = fingerprint(library_of(text))
    for module in ("abilock.check.header", "abilock.lock.fingerprint"):
        monkeypatch.setattr(f"{module}.TRIPLES", TRIPLES[:-1])
    assert fingerprint(library_of(text)) == before
