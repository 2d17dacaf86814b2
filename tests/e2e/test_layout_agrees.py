"""Our layouts are the compilers' layouts, on random models and on every target.

The models are printed by ``support.c_reference``, not by the outputs that the product has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from abilock.layout.disputes import disputes
from abilock.layout.target import TARGETS, BitFieldRule, Target, find_target
from abilock.model.decls import Library
from support.agreement import assert_agreement, disagreements
from support.compilers import Answers, Question, ask_compiler, ask_libclang
from support.models import sample

HOST = find_target("x86_64-unknown-linux-gnu")
I686 = find_target("i686-unknown-linux-gnu")
#: What gcc does for ``-windows-gnu``, on data types of the host; the rest of that target's table is
#: what clang is asked about.
MS_STRUCT = replace(HOST, bit_fields=BitFieldRule.MICROSOFT)
#: Without what gcc and clang are known to disagree on there.
MINGW = find_target("x86_64-pc-windows-gnu")


@cache
def few() -> tuple[Library, ...]:
    return sample(60, seed=1)


@cache
def many() -> tuple[Library, ...]:
    return sample(2000, seed=2)


def undisputed(libraries: tuple[Library, ...]) -> tuple[Library, ...]:
    return tuple(library for library in libraries if not disputes(library, [MINGW]))


def many_undisputed() -> tuple[Library, ...]:
    return undisputed(sample(3000, seed=2))


class Clang:
    """libclang for one target."""

    def __init__(self, target: Target, language: str = "c") -> None:
        self._triple, self._language = target.triple, language

    def __call__(self, text: str, questions: Sequence[Question]) -> Answers:
        return ask_libclang(text, questions, self._triple, self._language)


class Gcc:
    """A compiler of the gcc family, with its options."""

    def __init__(self, folder: Path, *command: str, language: str = "c") -> None:
        self._command, self._folder, self._language = command, folder, language

    def __call__(self, text: str, questions: Sequence[Question]) -> Answers:
        return ask_compiler(text, questions, self._command, self._folder, self._language)


every_target = pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.triple)


@every_target
def test_clang(target: Target) -> None:
    assert_agreement(few(), target, Clang(target))


@every_target
def test_clang_in_cxx(target: Target) -> None:
    assert_agreement(few(), target, Clang(target, "c++"))


@pytest.mark.tool("gcc")
def test_gcc(tmp_path: Path) -> None:
    assert_agreement(few(), HOST, Gcc(tmp_path, "gcc"))


@pytest.mark.tool("gcc")
def test_gcc_on_i686(tmp_path: Path) -> None:
    assert_agreement(few(), I686, Gcc(tmp_path, "gcc", "-m32"))


@pytest.mark.tool("gcc")
def test_gcc_with_the_bit_fields_of_windows(tmp_path: Path) -> None:
    assert_agreement(
        undisputed(sample(120, seed=1)), MS_STRUCT, Gcc(tmp_path, "gcc", "-mms-bitfields")
    )


@pytest.mark.tool("g++")
def test_gxx(tmp_path: Path) -> None:
    assert_agreement(few(), HOST, Gcc(tmp_path, "g++", language="c++"))


@pytest.mark.slow
@every_target
def test_clang_on_many(target: Target) -> None:
    assert_agreement(many(), target, Clang(target))


@pytest.mark.slow
@pytest.mark.tool("gcc")
@pytest.mark.parametrize(
    ("target", "libraries", "options"),
    [
        (HOST, many, ()),
        (I686, many, ("-m32",)),
        (MS_STRUCT, many_undisputed, ("-mms-bitfields",)),
    ],
    ids=["x86_64", "i686", "ms-bitfields"],
)
def test_gcc_on_many(
    target: Target,
    libraries: Callable[[], Sequence[Library]],
    options: Sequence[str],
    tmp_path: Path,
) -> None:
    assert_agreement(libraries(), target, Gcc(tmp_path, "gcc", *options))


@pytest.mark.slow
@pytest.mark.tool("g++")
def test_gxx_on_many(tmp_path: Path) -> None:
    assert_agreement(many(), HOST, Gcc(tmp_path, "g++", language="c++"))


@pytest.mark.parametrize(
    ("target", "other"),
    [
        ("x86_64-unknown-linux-gnu", "i686-unknown-linux-gnu"),
        ("x86_64-unknown-linux-gnu", "x86_64-pc-windows-gnu"),
        ("x86_64-pc-windows-gnu", "x86_64-pc-windows-msvc"),
        ("aarch64-unknown-linux-gnu", "riscv64gc-unknown-linux-gnu"),
    ],
)
def test_the_sample_tells_targets_apart(target: str, other: str) -> None:
    """A comparison that could not fail would find the layouts of one target on another."""
    ask = Clang(find_target(other))
    assert list(disagreements(few(), find_target(target), ask))
