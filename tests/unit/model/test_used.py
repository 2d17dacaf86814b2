"""What an ABI takes from the files that it imports, and nothing else of them."""

from __future__ import annotations

import pytest

from abilock.compat.verdict import judge
from abilock.model.used import used_declarations, whole
from support.library import library_of

COMMON = """\
abi common 1.0.0;
struct Inner { x: i32 }
struct Outer { inner: *const Inner }
enum Code { A, B }
enum Other { C }
type Handle = *mut Inner;
const NUMBER: u32 = 3;
entry fn make() -> i32;
"""


def used(text: str) -> list[str]:
    library = library_of(f'import "common.abi";\n{text}', {"common.abi": COMMON})
    return sorted(each.name for each in used_declarations(library))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("opaque Own;", ["Own"]),
        ("struct Own { a: Outer }", ["Inner", "Outer", "Own"]),
        ("struct Own { a: Handle }", ["Handle", "Inner", "Own"]),
        ("entry fn own(a: u8 @as(Code));", ["Code", "own"]),
        ("struct Own { a: struct { b: i32 @as(Code) } }", ["Code", "Own"]),
        ("struct Own { f: fn(a: i32 @as(Code)) -> i32 @as(Other) }", ["Code", "Other", "Own"]),
    ],
)
def test_what_is_used(text: str, names: list[str]) -> None:
    assert used(text) == names


def test_alone_it_is_as_it_was() -> None:
    library = library_of("struct Own { a: u8 }")
    assert whole(library) is library


def test_what_an_imported_type_changes_is_judged() -> None:
    text = 'import "common.abi";\nentry fn own(a: *const Outer) -> i32 @errors(Code);'
    old = library_of(text, {"common.abi": COMMON})
    for before, after, is_change in (
        ("x: i32", "x: i64", True),
        ("{ C }", "{ C = 4 }", False),
        ("= 3", "= 4", False),
        ("make() -> i32", "make() -> i64", False),
    ):
        new = library_of(text, {"common.abi": COMMON.replace(before, after)})
        assert bool(judge(old, new).findings) is is_change, after
