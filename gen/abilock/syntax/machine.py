"""The compiled grammar, and the two loops that run it: one over characters, one over tokens.

Lark compiles the grammar. Its own loops build rich tokens and keep what a general tool needs; a
description with 10,000 slots took several times as long in them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from abilock.syntax.builder import Builder
from abilock.syntax.grammar import table
from abilock.syntax.lexemes import PlacedToken

#: What the parse table calls the end of the input.
END = "$END"


@dataclass(frozen=True, slots=True)
class Reduction:
    """The last ``size`` values become one, made by ``make``, which stands for the rule ``origin``.
    Without ``make`` the one value stays what it is."""

    size: int
    make: Callable[[list[Any]], Any] | None
    origin: str


#: By terminal: the state to go to, or what to reduce first. By rule: the state to go to.
Row = Mapping[str, int | Reduction]


@dataclass(frozen=True, slots=True)
class Machine:
    """``lexer`` has one named group per terminal; a name that is a keyword is of the kind that
    ``keywords`` says; ``spellings`` has the terminals that are fixed text; the first of ``rows`` is where
    to start."""

    lexer: re.Pattern[str]
    keywords: Mapping[str, str]
    spellings: Mapping[str, str]
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Stop:
    """The index of the token that did not fit, and the terminals that would have. The index behind the
    last token means that the input ended too early."""

    at: int
    accepted: frozenset[str]


@lru_cache(maxsize=1)
def machine() -> Machine:
    """The machine of the grammar."""
    made = table()
    builder = Builder()
    spellings: dict[str, str] = made["spellings"]
    reductions = [
        Reduction(size, _maker(builder, name, size, alias, stays, inlines), name)
        for name, size, alias, stays, inlines in made["rules"]
    ]
    rows = tuple(
        {symbol: to if to >= 0 else reductions[-1 - to] for symbol, to in row.items()}
        for row in made["rows"]
    )
    words = {text: name for name, text in spellings.items() if text.isidentifier()}
    return Machine(re.compile(made["tokens"]), words, spellings, rows)


class _Inline(list[Any]):
    """The children of a rule that is part of the rule around it: ``_separator``, and what Lark makes of
    ``(…)*``."""


def _maker(
    builder: Builder, name: str, size: int, alias: str, stays: bool, inlines: bool
) -> Callable[[list[Any]], Any] | None:
    """What to do with the children of a rule: all of them are handed over, tokens included."""
    if name.startswith("_"):
        return None if size == 1 else _join
    if size == 1 and (stays or alias in Builder.TRANSPARENT):
        return None
    method: Callable[[list[Any]], Any] = getattr(builder, alias)
    return (lambda children: method(_join(children))) if inlines else method


def _join(children: list[Any]) -> list[Any]:
    """The children, with the children of inlined rules in their places. The first list grows in place,
    so that a rule that repeats takes linear time."""
    joined: list[Any]
    if children and type(children[0]) is _Inline:
        joined = children[0]
        rest = children[1:]
    else:
        joined = _Inline()
        rest = children
    for child in rest:
        if type(child) is _Inline:
            joined.extend(child)
        else:
            joined.append(child)
    return joined


def lexemes(text: str) -> Iterator[tuple[str, int, int]]:
    """The kind, start and end of everything in ``text``, blanks and comments included."""
    found = machine()
    keywords = found.keywords
    for match in found.lexer.finditer(text):
        kind = match.lastgroup or ""
        if kind == "NAME":
            kind = keywords.get(match.group(), kind)
        yield kind, match.start(), match.end()


def run(tokens: Sequence[PlacedToken]) -> object:
    """What the start rule makes of the tokens, or a :class:`Stop`."""
    found = machine()
    rows = found.rows
    states = [0]
    values: list[Any] = []
    row = rows[0]
    for at, token in enumerate(tokens):
        kind = token.type
        step = row.get(kind)
        while type(step) is Reduction:
            row = _reduce(step, states, values, rows)
            step = row.get(kind)
        if step is None:
            return Stop(at, _accepted(states, rows))
        states.append(step)  # type: ignore[arg-type]  # what is no reduction is a state
        values.append(token)
        row = rows[step]  # type: ignore[index]  # as above
    step = row.get(END)
    while type(step) is Reduction:
        if step.origin == "item" and step.make is not None:
            return step.make(values[-step.size :])
        row = _reduce(step, states, values, rows)
        step = row.get(END)
    return Stop(len(tokens), _accepted(states, rows))


def _reduce(step: Reduction, states: list[int], values: list[Any], rows: Sequence[Row]) -> Row:
    size, make = step.size, step.make
    if make is None:
        states.pop()
    elif size == 1:
        values[-1] = make([values[-1]])
        states.pop()
    elif size:
        children = values[-size:]
        del values[-size:], states[-size:]
        values.append(make(children))
    else:
        values.append(make([]))
    state = rows[states[-1]][step.origin]
    states.append(state)  # type: ignore[arg-type]  # a rule always leads to a state
    return rows[state]  # type: ignore[index]  # as above


def _accepted(states: Sequence[int], rows: Sequence[Row]) -> frozenset[str]:
    """The terminals that can really come next. Those of the row are too many: a reduction that one of
    them starts may lead to a state that refuses it."""
    return frozenset(
        kind for kind in rows[states[-1]] if kind.isupper() and _would_accept(kind, states, rows)
    )


def _would_accept(kind: str, states: Sequence[int], rows: Sequence[Row]) -> bool:
    trial = list(states)
    while True:
        step = rows[trial[-1]].get(kind)
        if not isinstance(step, Reduction):
            return step is not None
        if kind == END and step.origin == "item":
            return True
        del trial[len(trial) - step.size :]
        trial.append(rows[trial[-1]][step.origin])  # type: ignore[arg-type]  # a rule leads to a state
