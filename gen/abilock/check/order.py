"""Dependency order without recursion: descriptions may nest as deep as their authors like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def dependency_order(
    names: Iterable[str], needs: Mapping[str, Sequence[str]]
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The names, each behind what it needs, otherwise in the order given; and the cycles met.

    A cycle is the names along it, the first one repeated at its end. Names on a cycle are in the
    order as well, at the place where they were met.

    ex) ``dependency_order("ab", {"a": "b"})`` is ``(("b", "a"), ())``
    """
    order: list[str] = []
    cycles: list[tuple[str, ...]] = []
    done: set[str] = set()
    for start in names:
        if start in done:
            continue
        path: list[str] = []
        on_path: set[str] = set()
        pending: list[tuple[str, int]] = [(start, 0)]
        while pending:
            name, position = pending.pop()
            if position == 0:
                path.append(name)
                on_path.add(name)
            wanted = needs.get(name, ())
            while position < len(wanted) and wanted[position] in done:
                position += 1
            if position == len(wanted):
                path.pop()
                on_path.discard(name)
                done.add(name)
                order.append(name)
                continue
            following = wanted[position]
            pending.append((name, position + 1))
            if following in on_path:
                cycles.append((*path[path.index(following) :], following))
            else:
                pending.append((following, 0))
    return tuple(order), tuple(cycles)
