"""A header and a Rust module either hold a target to the numbers of the description, or refuse it."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from abilock.layout.target import TARGETS, Target
from abilock.outputs.conditions import ALWAYS, AllOf, targets_in, where
from abilock.outputs.data_models import MODELS, alike, apart, listed, model_of
from abilock.outputs.rust.conditions import predicate
from support.compilers import complaints_of_clang
from support.library import library_of
from support.rendering import rendered

every_target = pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.triple)

STRUCT = "struct S { a: u64, b: *const void, c: c_long, d: u8 }"


def listing(*triples: str) -> str:
    return "targets " + ", ".join(f'"{each}"' for each in triples) + ";\n"


LISTS = (
    ("x86_64-unknown-linux-gnu",),
    ("x86_64-pc-windows-msvc",),
    ("i686-unknown-linux-gnu", "armv7-unknown-linux-gnueabihf"),
    ("wasm32-unknown-unknown", "s390x-unknown-linux-gnu", "x86_64-apple-darwin"),
    tuple(each.triple for each in TARGETS if each.pointer_size == 8),
)


def test_each_target_is_of_one_model() -> None:
    for target in TARGETS:
        [model] = [each for each in MODELS if target in targets_in(where(each))]
        assert targets_in(where(model)) == alike([target])


def test_nothing_is_refused_where_all_are_listed() -> None:
    library = library_of(STRUCT)
    assert listed(library) == ALWAYS
    assert all(
        "not for this target" not in text for text in rendered(library, "header", "rust").values()
    )


@pytest.mark.parametrize("seed", range(20))
def test_what_is_listed_holds_for_its_models_alone(seed: int) -> None:
    chosen = random.Random(seed).sample(TARGETS, 1 + seed % 7)
    library = library_of(listing(*(each.triple for each in chosen)) + STRUCT)
    assert targets_in(where(listed(library))) == alike(chosen)


@pytest.mark.slow
@every_target
@pytest.mark.parametrize("triples", LISTS, ids=lambda triples: triples[0])
def test_clang_is_told_of_targets_that_are_not_listed(
    target: Target, triples: tuple[str, ...]
) -> None:
    text = rendered(library_of(listing(*triples) + STRUCT), "header")["include/test.h"]
    said = complaints_of_clang(text, target.triple)
    models = {model_of(each) for each in TARGETS if each.triple in triples}
    if model_of(target) in models:
        assert not said
    else:
        assert "test 1.2.0 is not for this target: its description lists" in said[0]


@pytest.mark.parametrize("triples", LISTS, ids=lambda triples: triples[0])
def test_what_is_let_through_is_held_to_the_numbers(triples: tuple[str, ...]) -> None:
    """Targets of one data model as the one that is listed: what is wrong there stops a compiler."""
    text = rendered(library_of(listing(*triples) + STRUCT), "header")["include/test.h"]
    wrong = text.replace("    uint64_t a;\n", "    uint64_t a[2];\n")
    for target in alike(each for each in TARGETS if each.triple in triples):
        assert complaints_of_clang(wrong, target.triple), target.triple


def test_conditions_hold_alike_for_what_is_laid_out_alike() -> None:
    linux, windows = TARGETS[0], TARGETS[4]
    assert predicate([linux], [linux]) == ALWAYS
    wide, among = apart([linux], [linux, windows])
    assert TARGETS[2] in targets_in(wide)
    assert targets_in(among) == alike([linux, windows])
    # Numbers that differ within a model are told apart by what they were given for.
    assert apart([linux], [linux, TARGETS[2]]) == (1, 1 | 4)
    assert isinstance(predicate([linux], TARGETS), AllOf)


@pytest.mark.tool("rustc")
@pytest.mark.parametrize(
    ("triple", "is_told"),
    [
        ("x86_64-unknown-linux-gnu", False),
        ("x86_64-unknown-freebsd", False),
        ("i686-unknown-linux-gnu", True),
        ("aarch64-unknown-linux-gnu", True),
        ("x86_64-unknown-linux-gnux32", True),
        ("wasm32-unknown-unknown", True),
        ("s390x-unknown-linux-gnu", True),
    ],
)
def test_rustc_asks_which_target_it_is(tmp_path: Path, triple: str, is_told: bool) -> None:
    """Without ``core``, which is not here for each of them, the macro is not known where it is called."""
    text = rust("x86_64-unknown-linux-gnu")
    refusal = text[text.index("#[cfg(") : text.index(");\n") + len(");\n")]
    said = complaints_of_rustc(tmp_path, f"#![feature(no_core)]\n#![no_core]\n{refusal}", triple)
    assert ("cannot find macro `compile_error`" in said) is is_told, said


@pytest.mark.tool("rustc")
def test_rustc_says_which_targets_there_are(tmp_path: Path) -> None:
    said = complaints_of_rustc(tmp_path, rust("wasm32-unknown-unknown"))
    assert (
        "test 1.2.0 is not for this target: its description lists wasm32-unknown-unknown." in said
    )


def rust(triple: str) -> str:
    return rendered(library_of(listing(triple) + STRUCT), "rust")["rust/test.rs"]


def complaints_of_rustc(folder: Path, text: str, triple: str | None = None) -> str:
    (folder / "lib.rs").write_text(text, "utf-8")
    command = ["rustc", "--edition=2021", "--crate-type=lib", "--emit=metadata", "lib.rs"]
    chosen = [] if triple is None else ["--target", triple]
    done = subprocess.run(
        [*command, *chosen], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.stderr
