"""The number of an ABI, written into its description: what changes is the number, and nothing around it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from abilock.compat.findings import Verdict
from abilock.compat.versions import release_of
from abilock.lock.lockfile import Lock
from abilock.model.decls import Constant, Declaration, Library
from abilock.model.version import Version
from abilock.releases.numbers import next_free
from abilock.source import Span
from abilock.syntax import ast
from abilock.syntax.tokens import abi_words


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a description is to say: its version, and for rules that compare numbers of their own, those.

    ``compared`` is empty where they need not move. ``constants`` are the names of those that have the
    greatest of them.
    """

    version: Version
    compared: tuple[int, ...] = ()
    constants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """Text in place of other text. ex) ``Edit(Span("abi/x.abi", 6, 11), "0.9.0")``"""

    span: Span
    text: str


def numbers(
    old: Library, new: Library, verdict: Verdict, lock: Lock, later: Sequence[Library]
) -> Numbers:
    """What ``new`` has to say, being made of the release ``old``; ``later``: the releases that are newer
    than that."""
    needed = Version.parse(verdict.required)
    assert needed is not None
    version = next_free(needed, old.version, lock)
    if verdict.required_numbers == verdict.declared_numbers:
        return Numbers(version)
    # A number that another release has is as taken as a version.
    taken = max((each for other in later for each in release_of(other).numbers), default=0)
    *others, greatest = verdict.required_numbers
    compared = (*others, max(greatest, taken + 1))
    return Numbers(version, compared, tuple(_constants(old, new)))


def _constants(old: Library, new: Library) -> Iterator[str]:
    """The constants that have the number which a loader compares."""
    compat = new.compat
    yield from (each for each in compat.arguments if isinstance(each, str))
    if compat.rule == "accepts":
        former = release_of(old).numbers
        given = (each for each in new.declared if each.attributes.has("version"))
        yield from (each.name for each in given if _value(each) in former)


def _value(declared: Declaration) -> int | str | None:
    return declared.value if isinstance(declared, Constant) else None


def edits(file: ast.File, text: str, wanted: Numbers) -> tuple[Edit, ...]:
    """What to change in the text of a description, in the order in which it stands there."""
    found: list[Edit] = []
    words = abi_words(text)
    if words is not None and text[slice(*words[1])] != str(wanted.version):
        found.append(Edit(Span(file.path, *words[1]), str(wanted.version)))
    for item in file.items if wanted.compared else ():
        if isinstance(item, ast.Constant) and item.name.text in wanted.constants:
            found.append(Edit(item.value.span, str(max(wanted.compared))))
        elif isinstance(item, ast.Compat) and item.rule.parts == ("accepts",):
            whole = item.arguments[0].span.to(item.arguments[-1].span)
            found.append(Edit(whole, ", ".join(map(str, wanted.compared))))
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
