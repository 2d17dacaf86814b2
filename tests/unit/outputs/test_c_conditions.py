"""Conditions select their targets, and no others, whatever compiler is asked."""

from __future__ import annotations

import random

import pytest

from abilock.layout.target import TARGETS, BitFieldRule, Target
from abilock.outputs.c_conditions import (
    AAPCS,
    CANDIDATES,
    EXACT_CONDITIONS,
    FACTS,
    I386,
    TARGET_CONDITIONS,
    condition,
    spelled,
)
from abilock.outputs.conditions import (
    APPLE,
    BITS_64,
    LINUX,
    WINDOWS,
    AllOf,
    AnyOf,
    Expression,
    Not,
    targets_in,
    where,
)
from support.compilers import conditions_that_hold

#: Clang predefines for Windows what Microsoft's compiler does not,
AS_CL = ("-U__clang__", "-U__x86_64__", "-U__aarch64__", "-U__i386__")
#: and not what the headers of MinGW define.
AS_MINGW = ("-D_M_X64=100", "-D_M_AMD64=100")

every_compiler = pytest.mark.parametrize(
    ("target", "options"),
    [
        *((target, ()) for target in TARGETS),
        *((target, AS_CL) for target in TARGETS if target.is_msvc),
        *((target, AS_MINGW) for target in TARGETS if target.triple.endswith("-windows-gnu")),
    ],
    ids=lambda value: value.triple if isinstance(value, Target) else " ".join(value) or "clang",
)

_RANDOM = random.Random(1)
#: Each target alone, each group that a candidate is for, and others.
GROUPS: tuple[tuple[Target, ...], ...] = tuple(
    dict.fromkeys(
        (
            *((target,) for target in TARGETS),
            *(group for places in CANDIDATES if (group := targets_in(places))),
            *(
                tuple(target for target in TARGETS if _RANDOM.random() < share)
                for share in (0.2, 0.5, 0.8) * 100
            ),
        )
    )
)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.triple)
def test_clang_knows_the_facts(target: Target) -> None:
    said = conditions_that_hold(tuple(FACTS.values()), target.triple)
    ours = [target in targets_in(fact.where) for fact in FACTS]
    different = [
        text
        for text, is_ours, is_said in zip(FACTS.values(), ours, said, strict=True)
        if is_ours is not is_said
    ]
    assert not different


@every_compiler
def test_conditions_select_the_group(target: Target, options: tuple[str, ...]) -> None:
    texts = [condition(group, TARGETS) for group in GROUPS if group]
    held = conditions_that_hold(texts, target.triple, options)
    wrong = [
        (text, [each.triple for each in group])
        for text, group, holds in zip(texts, filter(None, GROUPS), held, strict=True)
        if holds is not (target in group)
    ]
    assert not wrong, wrong[:3]


@pytest.mark.parametrize("candidate", CANDIDATES.values(), ids=spelled)
def test_candidates_are_chosen_for_what_they_select(candidate: object) -> None:
    [places] = [places for places, each in CANDIDATES.items() if each is candidate]
    assert condition(targets_in(places), TARGETS) == spelled(CANDIDATES[places])


def test_every_target_has_a_condition_of_its_own() -> None:
    assert list(TARGET_CONDITIONS) == [target.triple for target in TARGETS]
    assert list(EXACT_CONDITIONS) == list(TARGET_CONDITIONS)
    for triple, expression in (*TARGET_CONDITIONS.items(), *EXACT_CONDITIONS.items()):
        assert [target.triple for target in targets_in(where(expression))] == [triple]


@pytest.mark.parametrize(
    "triple",
    [
        "x86_64-unknown-linux-gnux32",
        "aarch64_be-unknown-linux-gnu",
        "arm64_32-apple-watchos",
        "armeb-unknown-linux-gnueabihf",
        "riscv32-unknown-linux-gnu",
        "powerpc64-unknown-linux-gnu",
        "loongarch64-unknown-linux-gnu",
    ],
)
def test_what_is_like_a_target_and_none_has_no_condition(triple: str) -> None:
    texts = [spelled(each) for each in EXACT_CONDITIONS.values()]
    assert not any(conditions_that_hold(texts, triple))


def test_what_the_conditions_of_layout_rules_are_for() -> None:
    assert targets_in(where(I386)) == tuple(each for each in TARGETS if each.int64_align == 4)
    aapcs = tuple(each for each in TARGETS if each.bit_fields is BitFieldRule.AAPCS)
    assert targets_in(where(AAPCS)) == aapcs


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (Not(WINDOWS), "!defined(_WIN32)"),
        (Not(BITS_64), "!(UINTPTR_MAX > 0xffffffffu)"),
        (Not(I386), "!(defined(__i386__) && !defined(_WIN32))"),
        (
            AllOf((AnyOf((APPLE, LINUX)), BITS_64)),
            "(defined(__APPLE__) || defined(__linux__)) && UINTPTR_MAX > 0xffffffffu",
        ),
        (
            AnyOf((AllOf((APPLE, BITS_64)), LINUX)),
            "(defined(__APPLE__) && UINTPTR_MAX > 0xffffffffu) || defined(__linux__)",
        ),
    ],
)
def test_spelling(expression: Expression, text: str) -> None:
    assert spelled(expression) == text


def test_simple_groups_have_simple_conditions() -> None:
    wide = [target for target in TARGETS if target.pointer_size == 8]
    assert condition(TARGETS, TARGETS) == ""
    assert condition(wide, TARGETS) == "UINTPTR_MAX > 0xffffffffu"
    assert condition(wide, wide) == ""


def test_other_groups_are_lists_of_targets() -> None:
    assert condition((TARGETS[0], TARGETS[-1]), TARGETS) == (
        "(defined(__x86_64__) && defined(__linux__)) || (defined(__wasm32__))"
    )
