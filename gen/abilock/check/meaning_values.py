"""Values that attributes name: each must be one that its type has.

ex) ``0`` in ``@ok(0)``, ``< 0``, ``null``, ``NotFound``
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from abilock.check.advice import listed
from abilock.check.constants import integer_range
from abilock.check.meaning_types import VIEWS, Facts, text
from abilock.check.meaning_walk import Use, named
from abilock.check.symbols import nearest
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.model import decls, scalars, types
from abilock.model.attributes import ArgumentValue, Attribute, Below, Number, Word

#: Beyond every integer type, so that a float's range has ends.
_FAR = 1 << 128
_NO_NUMBERS = "leave it out, or name a value that the type has"
#: An address, and what C casts to one.
_ADDRESSES = (-(1 << 63), (1 << 64) - 1)


@dataclass(frozen=True, slots=True)
class Domain:
    """The numbers that a type can be; ``only``: those that a closed enum declares."""

    least: int
    greatest: int
    only: frozenset[int] | None = None

    def within(self, least: int, greatest: int) -> Iterator[tuple[int, int]]:
        """The stretches of numbers from ``least`` to ``greatest`` that there are."""
        if self.only is not None:
            yield from ((n, n) for n in sorted(self.only) if least <= n <= greatest)
        elif max(least, self.least) <= min(greatest, self.greatest):
            yield max(least, self.least), min(greatest, self.greatest)


@dataclass(frozen=True, slots=True)
class Covered:
    """The values that an argument stands for: stretches of numbers, or a word such as ``null``."""

    stretches: tuple[tuple[int, int], ...] = ()
    word: str | None = None

    def meets(self, other: Covered) -> bool:
        if self.word is not None or other.word is not None:
            return self.word == other.word
        return any(
            mine[0] <= theirs[1] and theirs[0] <= mine[1]
            for mine in self.stretches
            for theirs in other.stretches
        )


class Values:
    """Judges the values of one attribute after another."""

    def __init__(self, facts: Facts, report: Report) -> None:
        self._facts = facts
        self._report = report

    def covered(
        self,
        given: ArgumentValue,
        attribute: Attribute,
        use: Use,
        enums: Sequence[decls.EnumDecl] = (),
    ) -> Covered | None:
        """What a value of ``attribute`` stands for among the values of ``use``, or None after reporting
        that it is none of them. ``enums``: further ones whose values may be named."""
        subject = self._facts.subject(use)
        match given:
            case Word("null" | "nonnull" | "empty"):
                return self._word(given.text, attribute, use)
            case Word("true" | "false"):
                return self._truth(given.text, attribute, use)
            case Word():
                return self._enum_value(given.text, attribute, use, enums)
            case Number() | Below():
                domain = self.domain(subject, use.bits)
                if domain is None:
                    self._misfit(attribute, use, "has no numbers", _NO_NUMBERS)
                    return None
                return self._number(given, attribute, use, domain)
            case _:
                return Covered()

    def domain(self, given: types.Type, bits: int | None = None) -> Domain | None:
        """The numbers that a type can be, in so many ``bits``; None if it is no number."""
        enum = self._facts.enum(given)
        if enum is not None:
            least, greatest = integer_range(enum.underlying)
            closed = enum.kind is decls.EnumKind.CLOSED
            return Domain(
                least, greatest, frozenset(v.value for v in enum.values) if closed else None
            )
        resolved = self._facts.resolve(given)
        if isinstance(resolved, types.Pointer):
            return Domain(*_ADDRESSES)
        if not isinstance(resolved, types.Scalar):
            return None
        if resolved.name == "bool":
            return Domain(0, 1)
        if resolved.name in scalars.FLOAT_SCALARS:
            return Domain(-_FAR, _FAR)
        least, greatest = integer_range(resolved.name)
        if bits is not None:
            least, greatest = (
                (-(1 << bits - 1), (1 << bits - 1) - 1) if least else (0, (1 << bits) - 1)
            )
        return Domain(least, greatest)

    def enum_of(self, use: Use) -> decls.EnumDecl | None:
        """The enum that a value is of: by its type, or by ``@as``."""
        enum = self._facts.enum(self._facts.subject(use))
        if enum is None:
            declared = self._facts.find(named(self._facts.said(use, "as")) or "")
            enum = declared if isinstance(declared, decls.EnumDecl) else None
        return enum

    # --- one kind of value each

    def _number(
        self, given: Number | Below, attribute: Attribute, use: Use, domain: Domain
    ) -> Covered | None:
        shown = text(self._facts.subject(use))
        stretches: list[tuple[int, int]]
        if isinstance(given, Number):
            stretches = list(domain.within(given.value, given.value))
            if not stretches and domain.only is not None:
                self._refuse(attribute, use, f"no value of {shown} is {given.value}", domain)
                return None
            if not stretches:
                self._out_of_range(given.value, attribute, use, domain)
                return None
            if self._facts.pointer(self._facts.subject(use)) is not None and given.value == 0:
                self._report.add(
                    catalog.ATTRIBUTE_TYPE,
                    use.place(attribute),
                    f"`@{attribute.name}` takes a pointer for a number",
                    hint="a pointer that is 0 is `null`",
                )
                return None
        else:
            if self._facts.pointer(self._facts.subject(use)) is not None:
                self._misfit(attribute, use, "has no order", "name single values, such as `null`")
                return None
            stretches = [s for ends in _ends(given) for s in domain.within(*ends)]
            if not stretches:
                self._refuse(
                    attribute, use, f"no value of {shown} is {given.operator} {given.value}", domain
                )
                return None
        return Covered(tuple(stretches))

    def _out_of_range(self, value: int, attribute: Attribute, use: Use, domain: Domain) -> None:
        subject = self._facts.subject(use)
        scalar = self._facts.integer(subject)
        in_bits = f" in {use.bits} bits" if use.bits is not None else ""
        self._report.add(
            catalog.OUT_OF_RANGE,
            use.place(attribute),
            f"{value} does not fit {text(subject)}, which holds {domain.least} to"
            f" {domain.greatest}{in_bits}",
            hint=f"a -1 that was cast is `{scalar}::MAX`"
            if scalar and value == -1
            else "choose a wider type or another value",
        )

    def _refuse(self, attribute: Attribute, use: Use, message: str, domain: Domain) -> None:
        self._report.add(
            catalog.OUT_OF_RANGE,
            use.place(attribute),
            f"{message}, so `@{attribute.name}` says nothing of {use.label}",
            hint=f"its values are {_range(domain)}",
        )

    def _misfit(self, attribute: Attribute, use: Use, problem: str, hint: str) -> None:
        shown = text(self._facts.subject(use))
        self._report.add(
            catalog.ATTRIBUTE_TYPE,
            use.place(attribute),
            f"`@{attribute.name}` does not fit {use.label}: {shown} {problem}",
            hint=hint,
        )

    def _word(self, word: str, attribute: Attribute, use: Use) -> Covered | None:
        facts, subject = self._facts, self._facts.subject(use)
        if word == "empty":
            if not facts.has_length(use):
                hint = "say its length, for example with `@len(…)`, or name another value"
                self._misfit(attribute, use, "has no length, so it is never empty", hint)
                return None
        elif not self.can_be_null(subject) and not facts.is_nullable(use.type):
            is_pointer = facts.pointer(subject) is not None or facts.signature(subject) is not None
            self._misfit(
                attribute,
                use,
                "is never null",
                "add `?` behind the type" if is_pointer else "name a value that it can have",
            )
            return None
        return Covered(word=word)

    def can_be_null(self, given: types.Type) -> bool:
        """Whether a pointer may be null, or the pointer of a view."""
        record = self._facts.record(given)
        if record is None:
            return self._facts.is_nullable(given)
        views = (record.attributes.get(view) for view in VIEWS)
        data = (record.find(named(view) or "") for view in views)
        return any(each is not None and self._facts.is_nullable(each.type) for each in data)

    def _truth(self, word: str, attribute: Attribute, use: Use) -> Covered | None:
        if self._facts.scalar(self._facts.subject(use)) != "bool":
            problem = f"is no `bool`, so it is never {word}"
            self._misfit(attribute, use, problem, "name a value that it can have")
            return None
        number = int(word == "true")
        return Covered(((number, number),))

    def _enum_value(
        self, name: str, attribute: Attribute, use: Use, enums: Sequence[decls.EnumDecl]
    ) -> Covered | None:
        own = self.enum_of(use)
        known = [enum for enum in (own, *enums) if enum is not None]
        for enum in known:
            for value in enum.values:
                if value.name == name:
                    number = Number(value.value)
                    domain = self.domain(self._facts.subject(use), use.bits)
                    if domain is None:
                        self._misfit(attribute, use, "has no numbers", _NO_NUMBERS)
                        return None
                    return self._number(number, attribute, use, domain)
        if not known:
            if not any(name in values for values in self._facts.value_names()):
                constants = self._facts.constants()
                self._unknown(f"unknown name `{name}`", name, constants, attribute, use)
                return None
            self._misfit(
                attribute,
                use,
                f"is no enum, so it is open whose `{name}` is meant",
                f"write `Enum::{name}`, or say `@as(Enum)` of the type",
            )
            return None
        among = [value.name for enum in known for value in enum.values]
        self._unknown(f"`{known[0].name}` has no value `{name}`", name, among, attribute, use)
        return None

    def _unknown(
        self, message: str, name: str, among: Sequence[str], attribute: Attribute, use: Use
    ) -> None:
        known = listed([f"`{each}`" for each in among]) if among else "a number"
        self._report.add(
            catalog.UNKNOWN_NAME,
            use.place(attribute),
            message,
            hint=nearest(name, among) or f"it takes {known}",
        )


def _range(domain: Domain) -> str:
    """ex) ``0 to 255``, ``0, 1 or 300``"""
    if domain.only is not None:
        return listed([str(number) for number in sorted(domain.only)])
    return f"{domain.least} to {domain.greatest}"


def _ends(given: Below) -> Iterator[tuple[int, int]]:
    match given.operator:
        case "<":
            yield -_FAR, given.value - 1
        case "<=":
            yield -_FAR, given.value
        case ">":
            yield given.value + 1, _FAR
        case _:
            yield given.value, _FAR
