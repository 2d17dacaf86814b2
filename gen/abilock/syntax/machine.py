"""The compiled grammar, and the two loops that run it: one over characters, one over tokens.

Lark compiles the grammar and makes the parse table. Its own loops build rich tokens and keep what a
general tool needs; a description with 10,000 slots took several times as long in them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from lark import Lark
from lark.grammar import Rule
from lark.parsers.lalr_analysis import Shift

from abilock.syntax.builder import Builder
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
    ``keywords`` says; ``spellings`` has the terminals that are fixed text."""

    lexer: re.Pattern[str]
    keywords: Mapping[str, str]
    spellings: Mapping[str, str]
    rows: Mapping[int, Row]
    start: int


@dataclass(frozen=True, slots=True)
class Stop:
    """The index of the token that did not fit, and the terminals that would have. The index behind the
    last token means that the input ended too early."""

    at: int
    accepted: frozenset[str]


@lru_cache(maxsize=1)
def machine() -> Machine:
    """The machine of ``grammar.lark``. Making it takes a noticeable part of a short run: it is kept."""
    grammar = resources.files("abilock.syntax").joinpath("grammar.lark").read_text("utf-8")
    lark = Lark(
        grammar,
        parser="lalr",
        lexer="basic",
        start="item",
        maybe_placeholders=False,
    )
    conf = lark.parse_interactive().parser_state.parse_conf
    builder = Builder()
    rows: dict[int, Row] = {}
    for state, actions in conf.states.items():
        rows[state] = {
            symbol: argument
            if action is Shift
            else Reduction(
                len(argument.expansion), _maker(argument, builder), str(argument.origin.name)
            )
            for symbol, (action, argument) in actions.items()
        }
    fixed = {t.name: t.pattern.value for t in lark.terminals if t.pattern.type == "str"}
    words = {text: name for name, text in fixed.items() if text.isidentifier()}
    return Machine(_lexer(lark, words), words, fixed, rows, conf.start_state)


def _lexer(lark: Lark, words: Mapping[str, str]) -> re.Pattern[str]:
    """All terminals as one pattern, in the order in which they are tried. Keywords are left out: they
    are read as names first, so that `abix` is not `abi` and `x`."""
    terminals = sorted(
        (terminal for terminal in lark.terminals if terminal.pattern.value not in words),
        key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name),
    )
    return re.compile("|".join(f"(?P<{t.name}>{t.pattern.to_regexp()})" for t in terminals))


class _Inline(list[Any]):
    """The children of a rule that is part of the rule around it: ``_separator``, and what Lark makes of
    ``(…)*``."""


def _maker(rule: Rule, builder: Builder) -> Callable[[list[Any]], Any] | None:
    """What to do with the children of a rule: all of them are handed over, tokens included."""
    name = str(rule.alias or rule.origin.name)
    inlined = [not symbol.is_term and str(symbol.name).startswith("_") for symbol in rule.expansion]
    alone = len(inlined) == 1
    if rule.origin.name.startswith("_"):
        return None if alone else _join
    if alone and ((rule.options.expand1 and not rule.alias) or name in Builder.TRANSPARENT):
        return None
    method: Callable[[list[Any]], Any] = getattr(builder, name)
    return (lambda children: method(_join(children))) if any(inlined) else method


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
    states = [found.start]
    values: list[Any] = []
    row = rows[found.start]
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


def _reduce(step: Reduction, states: list[int], values: list[Any], rows: Mapping[int, Row]) -> Row:
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


def _accepted(states: Sequence[int], rows: Mapping[int, Row]) -> frozenset[str]:
    """The terminals that can really come next. Those of the row are too many: a reduction that one of
    them starts may lead to a state that refuses it."""
    return frozenset(
        kind for kind in rows[states[-1]] if kind.isupper() and _would_accept(kind, states, rows)
    )


def _would_accept(kind: str, states: Sequence[int], rows: Mapping[int, Row]) -> bool:
    trial = list(states)
    while True:
        step = rows[trial[-1]].get(kind)
        if not isinstance(step, Reduction):
            return step is not None
        if kind == END and step.origin == "item":
            return True
        del trial[len(trial) - step.size :]
        trial.append(rows[trial[-1]][step.origin])  # type: ignore[arg-type]  # a rule leads to a state
