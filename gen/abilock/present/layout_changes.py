"""What changed between two layout tables, one line per type: what a reviewer wants to know first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

_MANY_TYPES = 20
_MANY_NAMES = 4


@dataclass(frozen=True, slots=True)
class Member:
    """``start`` and ``size`` in bits; ``slot``: its number in a vtable, if it has one."""

    start: int
    size: int
    slot: int | None

    @property
    def place(self) -> str:
        """ex) ``slot 7``, ``offset 16``, ``bit 3``"""
        if self.slot is not None:
            return f"slot {self.slot}"
        return f"bit {self.start}" if self.start % 8 else f"offset {self.start // 8}"


@dataclass(frozen=True, slots=True)
class Type:
    """A type with members or with values."""

    kind: str
    size: int
    align: int
    members: Mapping[str, Member]
    values: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Table:
    """``target`` is the first of those that the table holds for."""

    abi: str
    target: str
    types: Mapping[str, Type]


def read_table(data: bytes) -> Table | None:
    """A ``layout/<target>.json``; None if it is none, as after a merge."""
    try:
        found = json.loads(data.decode("utf-8"))
        types = {str(name): _type(entry) for name, entry in found["types"].items()}
        return Table(str(found["abi"]), str(found["target"]), types)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _type(entry: Mapping[str, object]) -> Type:
    match entry:
        case {"kind": str() as kind, "size": int() as size, "align": int() as align}:
            fields, values = entry.get("fields", []), entry.get("values", {})
            if isinstance(fields, list) and isinstance(values, dict):
                members = {str(field["name"]): _member(field) for field in fields}
                numbers = {str(name): int(value) for name, value in values.items()}
                return Type(kind, size, align, members, numbers)
    raise ValueError(entry)


def _member(field: Mapping[str, object]) -> Member:
    match field:
        case {"bit_offset": int() as start, "bit_size": int() as size}:
            return Member(start, size, None)
        case {"offset": int() as offset, "size": int() as size, "slot": int() as slot}:
            return Member(offset * 8, size * 8, slot)
        case {"offset": int() as offset, "size": int() as size}:
            return Member(offset * 8, size * 8, None)
    raise ValueError(field)


def changes(old: Table, new: Table) -> tuple[str, ...]:
    """What a reader should know of the difference; empty if no type has another layout.

    ex) ``drasi on x86_64-unknown-linux-gnu:`` and ``  SourceVtable: paused_fn inserted at slot 7;
    9 slots behind it moved; size 144 -> 152``
    """
    lines = [f"  {line}" for line in _lines(old.types, new.types)]
    if not lines:
        return ()
    more = len(lines) - _MANY_TYPES
    if more > 0:
        lines[_MANY_TYPES:] = [f"  … and {more} more {_plural('type', more)}"]
    return (f"{new.abi} on {new.target}:", *lines)


def _lines(old: Mapping[str, Type], new: Mapping[str, Type]) -> Iterator[str]:
    for name, now in new.items():
        before = old.get(name)
        if before is None:
            yield f"{name}: new {now.kind} of size {now.size}"
            continue
        said = list(_of_type(before, now))
        if said:
            yield f"{name}: {'; '.join(said)}"
    for name in old:
        if name not in new:
            yield f"{name}: removed"


def _of_type(old: Type, new: Type) -> Iterator[str]:
    if old.kind != new.kind:
        yield f"{old.kind} -> {new.kind}"
    yield from _of_members(old.members, new.members)
    yield from _of_values(old.values, new.values)
    for what, before, now in (("size", old.size, new.size), ("align", old.align, new.align)):
        if before != now:
            yield f"{what} {before} -> {now}"


def _of_members(old: Mapping[str, Member], new: Mapping[str, Member]) -> Iterator[str]:
    renamed = dict(_renamed(old, new))
    for was, now in renamed.items():
        yield f"{was} is called {now}"
    came = _outer(name for name in new if name not in old and name not in renamed.values())
    gone = _outer(name for name in old if name not in new and name not in renamed)
    yield from _came(came, old, new)
    if gone:
        yield f"{_names(gone)} removed"
    both = [name for name in old if name in new]
    for name in both:
        if new[name].size != old[name].size:
            yield f"{name} takes {_bytes(old[name].size)} -> {_bytes(new[name].size)}"
    moved = [new[name] for name in _outer(n for n in both if new[n].start != old[n].start)]
    if moved:
        noun = "slot" if all(member.slot is not None for member in moved) else "member"
        behind = "behind it " if len(came) == 1 and _all_behind(moved, new[came[0]]) else ""
        yield f"{len(moved)} {_plural(noun, len(moved))} {behind}moved"


def _outer(names: Iterable[str]) -> list[str]:
    """Without the members of members that are among them. ex) ``head.x`` beside ``head``"""
    found = dict.fromkeys(names)
    return [name for name in found if name.rpartition(".")[0] not in found]


def _renamed(old: Mapping[str, Member], new: Mapping[str, Member]) -> Iterator[tuple[str, str]]:
    """Members that stand where others stood, among the same."""
    if len(old) == len(new):
        for (was, before), (now, after) in zip(old.items(), new.items(), strict=True):
            if was not in new and now not in old and before == after:
                yield was, now


def _came(
    came: Sequence[str], old: Mapping[str, Member], new: Mapping[str, Member]
) -> Iterator[str]:
    """Those that have something behind them that was there before, and those at the end."""
    at = {name: number for number, name in enumerate(new)}
    last = max((at[name] for name in new if name in old), default=-1)
    inserted = [name for name in came if at[name] < last]
    appended = [name for name in came if at[name] > last]
    for those, how in ((inserted, "inserted at"), (appended, "appended at")):
        if those:
            yield f"{_names(those)} {how} {new[those[0]].place}"


def _of_values(old: Mapping[str, int], new: Mapping[str, int]) -> Iterator[str]:
    for name, value in new.items():
        if name not in old:
            yield f"{name} = {value} added"
        elif old[name] != value:
            yield f"{name} = {old[name]} -> {value}"
    gone = [name for name in old if name not in new]
    if gone:
        yield f"{_names(gone)} removed"


def _all_behind(members: Sequence[Member], one: Member) -> bool:
    return all(member.start >= one.start for member in members)


def _names(names: Sequence[str]) -> str:
    """ex) ``a, b and 3 more``"""
    more = len(names) - _MANY_NAMES
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:_MANY_NAMES])} and {more} more"


def _bytes(bits: int) -> str:
    return f"{bits} bits" if bits % 8 else f"{bits // 8} bytes"


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"
