"""Conditions select their targets, and no others."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abilock.layout.target import TARGETS, Target
from abilock.outputs.c_conditions import CANDIDATES, TARGET_CONDITIONS, condition, grouped

#: What the compilers of each target predefine, of all that conditions ask for.
PREDEFINED = {
    "x86_64-unknown-linux-gnu": "__x86_64__ __linux__",
    "aarch64-unknown-linux-gnu": "__aarch64__ __linux__",
    "x86_64-apple-darwin": "__x86_64__ __APPLE__",
    "aarch64-apple-darwin": "__aarch64__ __APPLE__",
    "x86_64-pc-windows-msvc": "_WIN32 _WIN64 _MSC_VER _M_X64",
    "aarch64-pc-windows-msvc": "_WIN32 _WIN64 _MSC_VER _M_ARM64",
    "x86_64-pc-windows-gnu": "_WIN32 _WIN64 __MINGW64__ __x86_64__",
    "i686-unknown-linux-gnu": "__i386__ __linux__",
    "i686-pc-windows-msvc": "_WIN32 _MSC_VER _M_IX86",
    "armv7-unknown-linux-gnueabihf": "__arm__ __linux__",
    "riscv64gc-unknown-linux-gnu": "__riscv __linux__",
    "s390x-unknown-linux-gnu": "__s390x__ __linux__",
    "powerpc64le-unknown-linux-gnu": "__powerpc64__ __linux__",
    "wasm32-unknown-unknown": "__wasm32__",
}


def holds(text: str, target: Target) -> bool:
    """What the preprocessor makes of a condition on a target."""
    defined = PREDEFINED[target.triple].split()
    maximum = 2 ** (8 * target.pointer_size) - 1
    text = re.sub(r"defined\((\w+)\)", lambda match: str(match[1] in defined), text)
    text = text.replace("UINTPTR_MAX", str(maximum)).replace("0xffffffffu", "0xffffffff")
    text = text.replace("&&", " and ").replace("||", " or ").replace("!", " not ")
    return bool(eval(text or "True", {"__builtins__": {}}))


def test_every_target_has_a_condition() -> None:
    triples = [target.triple for target in TARGETS]
    assert list(TARGET_CONDITIONS) == list(PREDEFINED) == triples


@given(st.sets(st.sampled_from(range(len(TARGETS))), min_size=1))
def test_conditions_select_the_group(places: set[int]) -> None:
    group = tuple(TARGETS[place] for place in sorted(places))
    text = condition(group, TARGETS)
    assert tuple(target for target in TARGETS if holds(text, target)) == group


@pytest.mark.parametrize("candidate", [each.text for each in CANDIDATES])
def test_candidates_are_chosen_for_what_they_select(candidate: str) -> None:
    group = tuple(target for target in TARGETS if holds(candidate, target))
    assert condition(group, TARGETS) == candidate


def test_simple_groups_have_simple_conditions() -> None:
    wide = [target for target in TARGETS if target.pointer_size == 8]
    assert condition(TARGETS, TARGETS) == ""
    assert condition(wide, TARGETS) == "UINTPTR_MAX > 0xffffffffu"
    assert condition(wide, wide) == ""


def test_groups_stand_in_the_order_of_their_first_targets() -> None:
    first, second, third = TARGETS[:3]
    assert grouped([(first, "a"), (second, "b"), (third, "a")]) == {
        "a": (first, third),
        "b": (second,),
    }
