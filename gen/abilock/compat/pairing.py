"""Which elements of two lists are the same one: by name, and where a name is gone, by place and form."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, TypeVar

T = TypeVar("T")

#: Of more pairs of what is gone and what came, nobody can tell which are one.
MOST_CANDIDATES = 400


@dataclass(frozen=True, slots=True)
class Pairing(Generic[T]):
    """Two lists, told apart.

    ``kept`` are pairs of the same name, ``renamed`` pairs that stand at the same place and are alike.
    ``swapped`` and ``moved`` are pairs of ``kept`` whose order is another one: those that changed places
    with each other, and the fewest others that have to move. ``appended`` stand behind all that was
    there before, ``inserted`` before some of it. ``relocated`` are pairs that have another name and stand
    at another place among the others.
    """

    kept: tuple[tuple[T, T], ...]
    renamed: tuple[tuple[T, T], ...] = ()
    swapped: tuple[tuple[T, T], ...] = ()
    moved: tuple[T, ...] = ()
    removed: tuple[T, ...] = ()
    inserted: tuple[T, ...] = ()
    appended: tuple[T, ...] = ()
    #: Of the removed and the inserted or appended, those that stand where the other stood.
    replaced: tuple[tuple[T, T], ...] = ()
    relocated: tuple[tuple[T, T], ...] = ()


def pair(
    old: Sequence[T],
    new: Sequence[T],
    name: Callable[[T], str],
    alike: Callable[[T, T], bool],
    same: Callable[[T, T], bool] | None = None,
) -> Pairing[T]:
    """The elements of two lists, in which each name stands once.

    ``alike``: whether two elements of different names could be one that was renamed. ``same``: whether
    they are one, by all that is said of them, wherever they stand.
    """
    if [*map(name, old)] == [*map(name, new)]:
        return Pairing(kept=tuple(zip(old, new, strict=True)))
    places = {name(each): index for index, each in enumerate(old)}
    matches = {index: places[name(each)] for index, each in enumerate(new) if name(each) in places}
    kept = dict(matches)
    renamed = _renamed(old, new, matches, alike)
    matches |= renamed
    elsewhere = _elsewhere(old, new, matches, same) if same is not None else {}
    matches |= elsewhere
    found = set(matches.values())
    last = max(matches, default=-1)
    fresh = [index for index in range(len(new)) if index not in matches]
    swapped, moved = _reordered([kept[index] for index in sorted(kept)])
    newer = {place: new[index] for index, place in kept.items()}
    leaving = {place for two in swapped for place in two} | set(moved)
    staying = {index: place for index, place in (kept | renamed).items() if place not in leaving}
    # What stands between the same ones as before only has another name.
    at_place = {
        index: place
        for index, place in elsewhere.items()
        if all((one < index) == (other < place) for one, other in staying.items())
    }
    renamed |= at_place
    return Pairing(
        kept=tuple((old[place], new[index]) for index, place in sorted(kept.items())),
        renamed=tuple((old[place], new[index]) for index, place in sorted(renamed.items())),
        swapped=tuple((newer[one], newer[other]) for one, other in swapped),
        moved=tuple(newer[place] for place in moved),
        removed=tuple(each for place, each in enumerate(old) if place not in found),
        inserted=tuple(new[index] for index in fresh if index < last),
        appended=tuple(new[index] for index in fresh if index > last),
        replaced=tuple(
            (old[place], new[index]) for place, index in _replaced(matches, len(old), fresh)
        ),
        relocated=tuple(
            (old[place], new[index])
            for index, place in sorted(elsewhere.items())
            if index not in at_place
        ),
    )


def _elsewhere(
    old: Sequence[T],
    new: Sequence[T],
    matches: dict[int, int],
    same: Callable[[T, T], bool],
) -> dict[int, int]:
    """New places and the old ones, of what has another name, if it is the only one that it can be."""
    taken = set(matches.values())
    gone = [place for place in range(len(old)) if place not in taken]
    came = [index for index in range(len(new)) if index not in matches]
    if len(gone) * len(came) > MOST_CANDIDATES:
        return {}
    fits = [(index, place) for index in came for place in gone if same(old[place], new[index])]
    by_index = Counter(index for index, _ in fits)
    by_place = Counter(place for _, place in fits)
    return {index: place for index, place in fits if by_index[index] == 1 and by_place[place] == 1}


def _replaced(matches: dict[int, int], count: int, fresh: Sequence[int]) -> list[tuple[int, int]]:
    """Old and new places of what is gone and what came behind the same neighbour."""
    found: list[tuple[int, int]] = []
    taken = set(matches.values())
    at = dict(matches)
    for index in fresh:
        before = at.get(index - 1) if index else -1
        if before is not None and before + 1 < count and before + 1 not in taken:
            at[index] = before + 1
            found.append((before + 1, index))
    return found


def _renamed(
    old: Sequence[T],
    new: Sequence[T],
    matches: dict[int, int],
    alike: Callable[[T, T], bool],
) -> dict[int, int]:
    """New places and the old ones, for what has another name behind the same neighbour."""
    found: dict[int, int] = {}
    taken = set(matches.values())
    for index in range(len(new)):
        if index in matches:
            continue
        before = matches.get(index - 1, found.get(index - 1)) if index else -1
        if before is None:
            continue
        place = before + 1
        if place < len(old) and place not in taken and alike(old[place], new[index]):
            found[index] = place
            taken.add(place)
    return found


def _reordered(places: Sequence[int]) -> tuple[list[tuple[int, int]], list[int]]:
    """Old places in their new order: the pairs that changed places, and the fewest others that moved."""
    if all(one < other for one, other in pairwise(places)):
        return [], []
    ranks = {place: rank for rank, place in enumerate(sorted(places))}
    at = {ranks[place]: index for index, place in enumerate(places)}
    order = sorted(places)
    swapped = [
        (order[rank], order[index])
        for rank, index in sorted(at.items())
        if rank < index and at[index] == rank
    ]
    settled = {place for two in swapped for place in two}
    rest = [place for place in places if place not in settled]
    staying = set(_longest_rising(rest))
    return swapped, [place for place in rest if place not in staying]


def _longest_rising(numbers: Sequence[int]) -> list[int]:
    """The longest subsequence in rising order, by patience sorting."""
    tops: list[int] = []
    piles: list[int] = []
    below: dict[int, int | None] = {}
    for number in numbers:
        pile = bisect_left(tops, number)
        below[number] = piles[pile - 1] if pile else None
        if pile == len(tops):
            tops.append(number)
            piles.append(number)
        else:
            tops[pile] = number
            piles[pile] = number
    found: list[int] = []
    current = piles[-1] if piles else None
    while current is not None:
        found.append(current)
        current = below[current]
    return found[::-1]
