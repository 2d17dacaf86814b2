"""The search finds what selects a group of targets, and the simplest of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from abilock.layout.target import TARGETS, Target
from abilock.outputs.conditions import (
    ALWAYS,
    ARCHES,
    BITS_32,
    BITS_64,
    MSVC,
    UNIX,
    WINDOWS,
    AllOf,
    AnyOf,
    Expression,
    Fact,
    Not,
    any_of,
    arch,
    candidates,
    combined,
    grouped,
    mask,
    simplest,
    targets_in,
    where,
)

FACTS = (BITS_64, WINDOWS, UNIX, MSVC, *ARCHES.values())
COMBINED = combined(FACTS)


def holds(expression: Expression, target: Target) -> bool:
    """The meaning of an expression, without sets."""
    match expression:
        case Fact():
            return target in targets_in(expression.where)
        case Not():
            return not holds(expression.of, target)
        case AllOf():
            return all(holds(part, target) for part in expression.parts)
        case AnyOf():
            return any(holds(part, target) for part in expression.parts)


expressions = st.recursive(
    st.sampled_from(FACTS).map(lambda fact: fact),
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, max_size=3).map(lambda parts: AllOf(tuple(parts))),
        st.lists(inner, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
    ),
    max_leaves=8,
)


@given(expressions)
def test_where_an_expression_holds(expression: Expression) -> None:
    expected = tuple(target for target in TARGETS if holds(expression, target))
    assert targets_in(where(expression)) == expected


@given(st.sets(st.sampled_from(TARGETS)), st.sets(st.sampled_from(TARGETS)))
def test_what_is_found_selects_the_group(group: set[Target], others: set[Target]) -> None:
    among = group | others
    found = simplest(COMBINED, group, among)
    if found is not None:
        assert {target for target in among if holds(found, target)} == group


def test_every_candidate_stands_where_it_holds() -> None:
    assert all(where(each) == places for places, each in COMBINED.items())


def test_little_is_preferred_to_much() -> None:
    wide = [target for target in TARGETS if target.pointer_size == 8]
    assert simplest(COMBINED, TARGETS) == ALWAYS
    assert simplest(COMBINED, wide) == BITS_64
    assert simplest(COMBINED, wide, wide) == ALWAYS
    known = combined([BITS_64, BITS_32, UNIX, ARCHES["wasm32"]])
    narrow_unix = [target for target in TARGETS if holds(AllOf((BITS_32, UNIX)), target)]
    assert simplest(known, narrow_unix) == AllOf((BITS_32, UNIX))


def test_of_equals_the_first_is_chosen() -> None:
    left, right = Fact("left", BITS_64.where), Fact("right", BITS_64.where)
    assert simplest(combined([right, left]), targets_in(BITS_64.where)) == right
    assert simplest(candidates([left, right]), targets_in(BITS_64.where)) == left


def test_three_facts_are_joined_in_both_ways() -> None:
    x86, arm, riscv = ARCHES["x86"], ARCHES["arm"], ARCHES["riscv64"]
    known = combined([MSVC, x86, arm, riscv])
    group = targets_in(where(AnyOf((AllOf((MSVC, x86)), arm))))
    assert simplest(known, group) == AnyOf((arm, AllOf((MSVC, x86))))
    assert simplest(known, TARGETS[::3]) is None


def test_one_alone_is_not_wrapped() -> None:
    assert any_of([WINDOWS]) == WINDOWS
    assert any_of([WINDOWS, UNIX]) == AnyOf((WINDOWS, UNIX))


def test_every_target_has_one_architecture() -> None:
    for target in TARGETS:
        assert [name for name, fact in ARCHES.items() if holds(fact, target)] == [arch(target)]


def test_groups_stand_in_the_order_of_their_first_targets() -> None:
    first, second, third = TARGETS[:3]
    assert grouped([(first, "a"), (second, "b"), (third, "a")]) == {
        "a": (first, third),
        "b": (second,),
    }
    assert targets_in(mask([third, first])) == (first, third)
