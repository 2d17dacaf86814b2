"""What is written in other words, in another order or with other docs is no change."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from abilock.compat.findings import Level
from abilock.compat.verdict import judge
from abilock.model.decls import Library
from abilock.syntax import ast
from support.descriptions import descriptions
from support.mutants.same import redocumented, reformatted, reordered
from support.mutants.trees import meaning_of, tree_of

ABIS = sorted((Path(__file__).parents[3] / "abi").glob("*.abi"))
each_abi = pytest.mark.parametrize("path", ABIS, ids=[path.stem for path in ABIS])


def assert_same(old: ast.File, new: ast.File) -> None:
    before, after = meaning_of(old), meaning_of(new)
    assert before is not None
    assert after is not None
    verdict = judge(before, after)
    assert verdict.findings == ()
    assert verdict.level is None
    assert verdict.is_honest


def assert_all_same(file: ast.File, random: Random) -> None:
    assert_same(file, tree_of(reformatted(file, random)))
    assert_same(file, redocumented(file))
    assert_same(file, reordered(file, random))


@each_abi
def test_other_blanks(path: Path) -> None:
    file = tree_of(path.read_text("utf-8"))
    text = reformatted(file, Random(path.stem))
    assert "\n///" not in text
    assert_same(file, tree_of(text))


@each_abi
def test_other_docs(path: Path) -> None:
    file = tree_of(path.read_text("utf-8"))
    assert_same(file, redocumented(file))


@each_abi
def test_another_order(path: Path) -> None:
    file, random = tree_of(path.read_text("utf-8")), Random(path.stem)
    other = reordered(file, random)
    assert other.items != file.items
    assert_same(file, other)


_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


@settings(max_examples=10, suppress_health_check=_QUIET)
@given(text=descriptions(), random=st.randoms(use_true_random=False))
def test_random_descriptions(text: str, random: Random) -> None:
    assert_all_same(tree_of(text), random)


@pytest.mark.slow
@settings(max_examples=200, suppress_health_check=_QUIET)
@given(text=descriptions(), random=st.randoms(use_true_random=False))
def test_many_random_descriptions(text: str, random: Random) -> None:
    assert_all_same(tree_of(text), random)


OUTCOME = (
    "enum E: i32 { OK = 0, BAD = 1 } @error_buffer(b, n) struct Err { b: *mut char, n: usize }"
)
READ = "entry fn f(b: *mut u8 @capacity(c) @written(n), c: usize, n: *mut usize{}) -> i32{};"


@pytest.mark.parametrize(
    ("of_the_function", "of_the_result"),
    [
        (f"@ok(0) {READ.format('', '')}", READ.format("", " @ok(0)")),
        (
            f"@retry(-2) @fails(< 0) {READ.format('', '')}",
            READ.format("", " @fails(< 0) @retry(-2)"),
        ),
        (f"@errors(E) @ok(0) {READ.format('', '')}", f"@ok(0) {READ.format('', ' @errors(E)')}"),
        (
            f"@error(e) {READ.format(', e: *mut Err', '')}",
            READ.format(", e: *mut Err", " @error(e)"),
        ),
        (
            "callback C(x: u32) -> i32; vtable V { @fails(0) fn f(self: const) -> i32; }",
            "callback C(x: u32) -> i32; vtable V { fn f(self: const) -> i32 @fails(0); }",
        ),
        ("@fails(0) callback C(x: u32) -> i32;", "callback C(x: u32) -> i32 @fails(0);"),
        (
            "opaque O; @keeps(o) entry fn f(o: *const O) -> *const O;",
            "opaque O; entry fn f(o: *const O) -> *const O @keeps(o);",
        ),
    ],
)
def test_what_is_said_of_a_function_or_of_its_result(
    of_the_function: str, of_the_result: str
) -> None:
    one, other = (f"{OUTCOME} {each}" for each in (of_the_function, of_the_result))
    assert_same(small(one), small(other))
    assert_same(small(other), small(one))


def small(text: str) -> ast.File:
    return tree_of(f"abi t 1.2.0; {text}")


TABLE = "vtable V {{ state: *mut void, {} fn a(self: const); {} fn b(self: const); }}"


@pytest.mark.parametrize("word", ["@thread(any)", "@exclusive", "@blocking", "@reentrant"])
def test_what_a_table_says_of_its_slots(word: str) -> None:
    whole, each = f"{word} {TABLE.format('', '')}", TABLE.format(word, word)
    assert_same(small(whole), small(each))
    assert_same(small(each), small(whole))
    [change] = judge(*map(library_of_tree, (whole, TABLE.format(word, "")))).findings
    assert change.subject == "V"  # which is told once, since one slot has lost it


def library_of_tree(text: str) -> Library:
    library = meaning_of(small(text))
    assert library is not None
    return library


def test_the_usual_object_of_a_table() -> None:
    table = TABLE.format("", "")
    assert_same(small(table), small(f"@object(state) {table}"))


def test_another_name_of_an_allocator() -> None:
    """Hurts nobody: what is freed is freed by the same function."""
    text = "allocator {0} = malloc/free; entry fn f() -> own *mut char? @nul @owned({0});"
    found = judge(library_of_tree(text.format("h")), library_of_tree(text.format("k"))).findings
    assert {each.level for each in found} == {Level.COMPATIBLE}
    other = text.replace("malloc/free", "process_heap").format("k")
    found = judge(library_of_tree(text.format("h")), library_of_tree(other)).findings
    assert Level.BREAKING in {each.level for each in found}


@pytest.mark.parametrize(
    ("named", "spelled"),
    [
        ("type S = *const char @nul; entry fn f(s: S);", "entry fn f(s: *const char @nul);"),
        ("type S = *const char @nul; entry fn f() -> S;", "entry fn f() -> *const char @nul;"),
        ("type S = *const char @nul; struct T { s: S }", "struct T { s: *const char @nul }"),
        (
            "type S = *const char @nul; struct T { s: S }",
            "type R = *const char @nul; struct T { s: R }",
        ),
        (
            "opaque O; type H = own *mut O @free(end); entry fn end(o: *mut O); entry fn f() -> H;",
            "opaque O; entry fn end(o: *mut O); entry fn f() -> own *mut O @free(end);",
        ),
        (
            "@invalid(0) type H = u64; entry fn f(h: H);",
            "entry fn f(h: u64 @invalid(0));",
        ),
    ],
)
def test_what_an_alias_stands_for(named: str, spelled: str) -> None:
    assert_same(small(named), small(spelled))
    assert_same(small(spelled), small(named))
