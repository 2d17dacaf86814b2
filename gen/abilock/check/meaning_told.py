"""What plugins say of themselves: it stands where a loader can read it."""

from __future__ import annotations

from collections.abc import Iterator

from abilock.check.meaning_types import Facts
from abilock.check.meaning_walk import Record, Use, Where, named
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.model import types
from abilock.model.attributes import SEVERAL

#: What is said once of a whole plugin.
_SAID = ("version", "triple")


class Told:
    """Refuses fields of which a plugin has many, or none that a loader could choose: one is judged."""

    def __init__(self, facts: Facts, report: Report) -> None:
        self._facts = facts
        self._report = report

    def check(self) -> None:
        carriers = [
            (use, around, name)
            for use, around in self._facts.walk.uses
            for name in _SAID
            if isinstance(around, Record) and use.attributes.has(name)
        ]
        if not carriers:
            return
        single = self._single()
        for use, around, name in carriers:
            assert isinstance(around, Record)
            if around.name.partition(".")[0] in self._facts.library.imported:
                continue
            if around.kind == "union":
                self._refuse(
                    use, name, f"`{around.name}` is a union, and none knows which member is meant"
                )
            elif around.name not in single:
                self._refuse(use, name, f"`{around.name}` only stands in lists, arrays and unions")

    def _refuse(self, use: Use, name: str, reason: str) -> None:
        attribute = use.attributes.get(name)
        self._report.add(
            catalog.MISPLACED_ATTRIBUTE,
            use.place(attribute),
            f"no loader reads {use.label}: {reason}",
            hint=f"a plugin says `@{name}` once: of a field of the struct that an entry with `@handshake`"
            " gives, or of an entry",
        )

    def _single(self) -> set[str]:
        """The records of which there is one, on a way from something that crosses by itself. Nobody knows
        what holds those that nothing here uses."""
        found: set[str] = set()
        held: dict[str, set[str]] = {}
        used: set[str] = set()
        for use, around in self._facts.walk.uses:
            if use.where is Where.ALIAS:
                continue
            holder = around.name if isinstance(around, Record) else None
            for name, is_one in self._led_to(use, around if isinstance(around, Record) else None):
                if name != holder:
                    used.add(name)
                if not is_one or (isinstance(around, Record) and around.kind == "union"):
                    continue
                if holder is None:
                    found.add(name)
                else:
                    held.setdefault(holder, set()).add(name)
        waiting = [
            *found,
            *(each.name for each in self._facts.walk.records if each.name not in used),
        ]
        found.update(waiting)
        for name in waiting:  # grows while it is walked
            for inner in held.get(name, set()) - found:
                found.add(inner)
                waiting.append(inner)
        return found

    def _led_to(self, use: Use, around: Record | None) -> Iterator[tuple[str, bool]]:
        """The records that a use holds or leads to, and whether to one of each."""
        is_one = not any(self._facts.said(use, each) for each in SEVERAL)
        if around is not None and use.name is not None:
            is_one = is_one and named(around.attributes.get("list")) != use.name
        untyped = named(self._facts.said(use, "to"))
        if untyped is not None:
            yield untyped, True
        given = self._facts.resolve(use.type)
        while True:
            match given:
                case types.Pointer(pointee=inner):
                    given = self._facts.resolve(inner)
                case types.Array(element=inner):
                    given, is_one = self._facts.resolve(inner), False
                case types.Nested(aggregate=aggregate):
                    yield aggregate.name, is_one
                    return
                case types.Named(name=name):
                    yield name, is_one
                    return
                case _:
                    return
