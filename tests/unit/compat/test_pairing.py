"""Elements are the same by name, and by place and form where the name is gone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from abilock.compat.pairing import Pairing, pair

NAMES = st.lists(st.sampled_from("abcdefgh"), unique=True)


def paired(old: str, new: str) -> Pairing[str]:
    """Letters of one case are alike."""
    return pair(old, new, str, lambda one, other: one.islower() == other.islower())


def test_a_chain_of_renamed_elements_is_followed() -> None:
    assert paired("abcd", "axyd").renamed == (("b", "x"), ("c", "y"))


def test_what_is_not_alike_is_another() -> None:
    found = paired("abd", "aXd")
    assert (found.renamed, found.removed, found.inserted) == ((), ("b",), ("X",))


def test_the_fewest_elements_move() -> None:
    assert paired("abcde", "bcdea").moved == ("a",)
    assert paired("abcde", "eabcd").moved == ("e",)


def test_exchanged_elements_are_pairs() -> None:
    found = paired("abcde", "cbaed")
    assert (found.swapped, found.moved) == ((("a", "c"), ("d", "e")), ())


@given(NAMES, NAMES)
def test_every_element_is_told_once(old: list[str], new: list[str]) -> None:
    found = pair(old, new, str, lambda _one, _other: True)
    before = [one for one, _ in (*found.kept, *found.renamed)]
    after = [other for _, other in (*found.kept, *found.renamed)]
    assert sorted([*before, *found.removed]) == sorted(old)
    assert sorted([*after, *found.inserted, *found.appended]) == sorted(new)
    assert {one for one, other in found.kept} == set(old) & set(new)


@given(NAMES, st.randoms(use_true_random=False))
def test_what_moved_is_all_that_stands_elsewhere(names: list[str], random: object) -> None:
    assert hasattr(random, "shuffle")
    other = list(names)
    random.shuffle(other)
    found = pair(names, other, str, lambda _one, _other: False)
    exchanged = {each for two in found.swapped for each in two} | set(found.moved)
    staying = [each for each in names if each not in exchanged]
    assert staying == [each for each in other if each not in exchanged]
    assert (exchanged == set()) == (names == other)
