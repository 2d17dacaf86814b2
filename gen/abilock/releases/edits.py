"""The number of an ABI, written into its description: what changes is the number, and nothing around it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from abilock.compat.findings import Verdict
from abilock.compat.versions import Needs, Release, release_of, required
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
    greatest of them. ``told``: what plugins tell in place of the version, where a constant says it.
    """

    version: Version
    compared: tuple[int, ...] = ()
    constants: tuple[str, ...] = ()
    told: Version | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """Text in place of other text. ex) ``Edit(Span("abi/x.abi", 6, 11), "0.9.0")``"""

    span: Span
    text: str


def numbers(
    old: Library, new: Library, verdict: Verdict, lock: Lock, others: Iterable[Library]
) -> Numbers:
    """What ``new`` has to say, being made of the release ``old``; ``others``: the other releases, which are
    read only where they have numbers of their own."""
    needed = Version.parse(verdict.required)
    assert needed is not None
    raises = verdict.required_numbers != verdict.declared_numbers
    known = tuple(others) if raises or tells_another(new) else ()
    if tells_another(new):
        told = _free_told(needed, old, known)
        wanted = Numbers(_own_version(old, new, verdict, lock), told=told)
    else:
        wanted = Numbers(next_free(needed, old.version, lock.versions))
    if not raises:
        return wanted
    # A number that another release has is as taken as a version.
    taken = max((each for other in known for each in release_of(other).numbers), default=0)
    *rest, greatest = verdict.required_numbers
    compared = (*rest, max(greatest, taken + 1))
    return replace(wanted, compared=compared, constants=tuple(_constants(old, new)))


def tells_another(library: Library) -> bool:
    """Whether a constant says what plugins tell, so that the version of the ABI is not compared."""
    given = (each for each in library.declared if each.attributes.has("version"))
    values = (_value(each) for each in given)
    return any(isinstance(each, str) and Version.parse(each) is not None for each in values)


def _free_told(needed: Version, old: Library, others: Sequence[Library]) -> Version:
    """What plugins are to tell. Who changed nothing that is compared tells what those of ``old`` do."""
    if needed == old.compared_version:
        return needed
    taken = {each.compared_version for each in others}
    return next_free(needed, old.compared_version, taken)


def _own_version(old: Library, new: Library, verdict: Verdict, lock: Lock) -> Version:
    """The version of an ABI whose plugins tell another one: nobody compares it, so that any that is newer
    will do; one that has yet to be found moves as far as one that is compared."""
    if new.version > old.version and lock.find(new.version) is None:
        return new.version
    loader = verdict.loader
    needs = Needs(
        verdict.level,
        refuse_old_plugin=not loader.should_accept_old_plugin,
        refuse_new_plugin=not loader.should_accept_new_plugin,
    )
    before = Release(old.version, old.compat, release_of(old).numbers)
    after = Release(new.version, new.compat, verdict.required_numbers)
    return next_free(required(before, after, needs).version, old.version, lock.versions)


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
    told = told_text(file) if wanted.told is not None else None
    if told is not None and told.value != str(wanted.told):
        found.append(Edit(told.span, f'"{wanted.told}"'))
    for item in file.items if wanted.compared else ():
        if isinstance(item, ast.Constant) and item.name.text in wanted.constants:
            found.append(Edit(item.value.span, str(max(wanted.compared))))
        elif isinstance(item, ast.Compat) and item.rule.parts == ("accepts",):
            whole = item.arguments[0].span.to(item.arguments[-1].span)
            found.append(Edit(whole, ", ".join(map(str, wanted.compared))))
    return tuple(sorted(found, key=lambda each: each.span.start))


def told_text(file: ast.File) -> ast.String | None:
    """Where a description says what its plugins tell in place of its version."""
    constants = (each for each in file.items if isinstance(each, ast.Constant))
    for each in constants:
        is_version = any(given.name.text == "version" for given in each.decor.attributes)
        if is_version and isinstance(each.value, ast.String) and Version.parse(each.value.value):
            return each.value
    return None


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
