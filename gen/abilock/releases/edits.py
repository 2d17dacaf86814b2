"""The number of an ABI, written into its description: what changes is the number, and nothing around it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from abilock.compat.findings import Level, Verdict
from abilock.lock.lockfile import Lock
from abilock.model.decls import Constant, Library
from abilock.model.version import Version
from abilock.releases.numbers import next_free
from abilock.source import Span
from abilock.syntax import ast
from abilock.syntax.tokens import abi_words


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a description is to say: its version, and for rules that compare a number of their own, that.

    ``number`` is None where it need not move. ``constants`` are the names of those that have it.
    """

    version: Version
    number: int | None = None
    constants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """Text in place of other text. ex) ``Edit(Span("abi/x.abi", 6, 11), "0.9.0")``"""

    span: Span
    text: str


def numbers(old: Library, new: Library, verdict: Verdict, lock: Lock) -> Numbers:
    """What ``new`` has to say, being made of the release ``old``."""
    needed = Version.parse(verdict.required) or _next(old.version, verdict.level)
    if needed < new.version and lock.find(new.version) is None:
        needed = new.version
    version = next_free(needed, old.version, lock)
    if verdict.level is not Level.BREAKING:
        return Numbers(version)
    match old.compat.rule:
        case "integer":
            names = tuple(each for each in new.compat.arguments if isinstance(each, str))
            before, after = (_values(each, names) for each in (old, new))
        case "accepts":
            names = tuple(_compared(new))
            before = [each for each in old.compat.arguments if isinstance(each, int)]
            after = [each for each in new.compat.arguments if isinstance(each, int)]
        case _:
            return Numbers(version)
    if not before or not after or max(after) > max(before):
        return Numbers(version)
    asked = int(verdict.required) if verdict.required.isdigit() else 0
    return Numbers(version, max(asked, max(before) + 1), names)


def _next(before: Version, level: Level | None) -> Version:
    """The number after one, by what changed, where the rule of the ABI does not look at it."""
    if level is Level.BREAKING and before.major:
        return Version(before.major + 1, 0, 0)
    if level is Level.BREAKING or (level is not None and before.major):
        return Version(before.major, before.minor + 1, 0)
    return Version(before.major, before.minor, before.patch + (0 if before.pre else 1))


def _compared(library: Library) -> Iterator[str]:
    """The constants that are one of the numbers that a loader accepts."""
    for each in library.declared:
        match each:
            case Constant(value=int(value)) if each.attributes.has("version"):
                if value in library.compat.arguments:
                    yield each.name


def _values(library: Library, names: Sequence[str]) -> list[int]:
    found = (each for each in library.declarations if each.name in names)
    return [
        each.value for each in found if isinstance(each, Constant) and isinstance(each.value, int)
    ]


def edits(file: ast.File, text: str, wanted: Numbers) -> tuple[Edit, ...]:
    """What to change in the text of a description, in the order in which it stands there."""
    found: list[Edit] = []
    words = abi_words(text)
    if words is not None and text[slice(*words[1])] != str(wanted.version):
        found.append(Edit(Span(file.path, *words[1]), str(wanted.version)))
    if wanted.number is not None:
        number = str(wanted.number)
        for item in file.items:
            if isinstance(item, ast.Constant) and item.name.text in wanted.constants:
                found.append(Edit(item.value.span, number))
            elif isinstance(item, ast.Compat) and item.rule.parts == ("accepts",):
                # Numbers of before are those that are broken with.
                whole = item.arguments[0].span.to(item.arguments[-1].span)
                found.append(Edit(whole, number))
    return tuple(sorted(found, key=lambda each: each.span.start))


def apply(raw: str, changes: Sequence[Edit]) -> str:
    """The text of a file with what is changed in it. Places are those in what is read of the file, where
    line ends are one character and a byte order mark is none."""
    places = _Places(raw)
    for each in reversed(changes):
        start, end = places.of(each.span.start), places.of(each.span.end)
        raw = f"{raw[:start]}{each.text}{raw[end:]}"
    return raw


class _Places:
    """Where something is in a file that is somewhere in its text."""

    def __init__(self, raw: str) -> None:
        self._first = int(raw.startswith("\ufeff"))
        # In the text, each of these is where its line ends.
        ends = (found.start() for found in re.finditer("\r\n", raw))
        self._ends = [end - self._first - count for count, end in enumerate(ends)]

    def of(self, offset: int) -> int:
        return offset + self._first + bisect_left(self._ends, offset)
