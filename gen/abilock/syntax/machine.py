"""The compiled grammar, and the two loops that run it: one over characters, one over tokens.

Lark compiles the grammar. Its own loops build rich tokens and keep what a general tool needs; a
description with 10,000 slots took several times as long in them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, chain, repeat
from operator import call, itemgetter
from typing import Any

from abilock.source import SourceFile, Span
from abilock.syntax import ast
from abilock.syntax.builder import Builder, Repeated
from abilock.syntax.grammar import table
from abilock.syntax.lexemes import PlacedToken

#: What the parse table calls the end of the input.
END = "$END"
#: What the grammar calls the parameters and the result of a slot.
_SIGNATURE = "signature"
#: The groups of a pattern, named and not.
_GROUP = re.compile(r"(?<!\\)\((?!\?[^P])(\?P<\w+>)?")
#: What brackets and separators do to the depth.
_DEPTHS = {
    **dict.fromkeys(("LBRACE", "LPAR", "LSQB"), 1),
    **dict.fromkeys(("RBRACE", "RPAR", "RSQB"), -1),
    **dict.fromkeys(("COMMA", "SEMICOLON"), 0),
}


#: What makes a value of the children of a rule, tokens included.
Make = Callable[[Sequence[Any]], Any]


@dataclass(frozen=True, slots=True)
class Reduction:
    """The last ``size`` values become one, made by ``make``, which stands for the rule ``origin``.
    Without ``make`` they are children of the rule around it; one of them then stays what it is."""

    size: int
    make: Make | None
    origin: str


#: By terminal: the state to go to, or what to reduce first. By rule: the state to go to.
Row = Mapping[str, int | Reduction]


@dataclass(frozen=True, slots=True)
class Moves:
    """How a stretch of tokens becomes one value, with which the parser goes to ``state``: each step picks
    children from the tokens, behind which stands what the steps before it made. The value is the last."""

    steps: tuple[tuple[Make, Callable[[Sequence[Any]], Sequence[Any]]], ...]
    state: int


class _Met(dict[tuple[int, tuple[str, ...]], Moves | None]):
    """The moves for stretches, found when they are met, by the state before them and the kinds of their
    tokens and of the one behind; None if they are no value by themselves."""

    def __init__(self, rows: Sequence[Row]) -> None:
        super().__init__()
        self._rows = rows

    def __missing__(self, key: tuple[int, tuple[str, ...]]) -> Moves | None:
        found = self[key] = _moves(self._rows, *key)
        return found


@dataclass(frozen=True, slots=True)
class Machine:
    """``lexer`` has one named group per terminal, ``words`` is the same without groups; ``kinds`` has
    the terminals that are fixed text, by that, and ``spellings`` the texts by terminal; the first of
    ``rows`` is where to start. ``met``: stretches that were met so far."""

    lexer: re.Pattern[str]
    words: re.Pattern[str]
    kinds: Mapping[str, str]
    spellings: Mapping[str, str]
    rows: Sequence[Row]
    met: _Met


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
    tokens: str = made["tokens"]
    spellings: dict[str, str] = made["spellings"]
    reductions = [
        Reduction(size, _maker(builder, name, size, alias, stays), name)
        for name, size, alias, stays, _ in made["rules"]
    ]
    rows = tuple(
        {symbol: to if to >= 0 else reductions[-1 - to] for symbol, to in row.items()}
        for row in made["rows"]
    )
    kinds = {text: name for name, text in spellings.items()}
    return Machine(
        re.compile(tokens),
        re.compile(_GROUP.sub("(?:", tokens)),
        kinds,
        spellings,
        rows,
        _Met(rows),
    )


class _Inline(list[Any]):
    """The children of a rule that is part of the rule around it: ``_separator``, and what Lark makes of
    ``(…)*``."""


def _maker(builder: Builder, name: str, size: int, alias: str, stays: bool) -> Make | None:
    """What to do with the children of a rule."""
    is_only = size == 1 and (stays or alias in Builder.TRANSPARENT)
    return None if name.startswith("_") or is_only else getattr(builder, alias)


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


class _Stack:
    """The states and values of a parser that began in ``base``; ``make`` applies what a rule makes."""

    def __init__(
        self, rows: Sequence[Row], base: int, make: Callable[[Make, list[Any]], object]
    ) -> None:
        self.rows = rows
        self.states = [base]
        self.values: list[Any] = []
        self._make = make

    def shift(self, kind: str, value: object) -> bool:
        """Take a token, after all that is to be reduced before it; whether it fits."""
        step = self.reduced(kind)
        if type(step) is not int:
            return False
        self.push(step, value)
        return True

    def take(self, rule: str, value: object) -> bool:
        """Take what a rule that begins with a bracket has made already; whether it fits."""
        self.reduced("LPAR")
        step = self.rows[self.states[-1]].get(rule)
        if type(step) is not int:
            return False
        self.push(step, value)
        return True

    def push(self, state: int, value: object) -> None:
        self.states.append(state)
        self.values.append(value)

    def reduced(self, kind: str, least: int = 0) -> int | Reduction | None:
        """Where a token leads after all that is to be reduced before it, of ``least`` values or more. What
        is beneath the base stays, and so does a whole item."""
        step = self.rows[self.states[-1]].get(kind)
        while type(step) is Reduction and least <= step.size <= len(self.values):
            if kind == END and step.origin == "item":
                break
            self._reduce(step)
            step = self.rows[self.states[-1]].get(kind)
        return step

    def _reduce(self, step: Reduction) -> None:
        size, make = step.size, step.make
        states, values = self.states, self.values
        if size == 1 and make is None:
            states.pop()
        else:
            behind = len(values) - size
            children = _join(values[behind:])
            del values[behind:], states[behind + 1 :]
            values.append(children if make is None else self._make(make, children))
        states.append(self.rows[states[-1]][step.origin])  # type: ignore[arg-type]  # a rule leads to a state


def lexemes(text: str) -> Iterator[tuple[str, int, int]]:
    """The kind, start and end of everything in ``text``, blanks and comments included."""
    found = machine()
    kinds = found.kinds
    for match in found.lexer.finditer(text):
        kind = match.lastgroup or ""
        if kind == "NAME":
            kind = kinds.get(match.group(), kind)
        yield kind, match.start(), match.end()


def pieces(text: str, source: SourceFile) -> Iterator[tuple[str, str, int, int, SourceFile]]:
    """The values of a token for everything in the ``text`` of a source, blanks and comments included, in a
    third of the time: what something is depends on its text alone, and most texts occur often."""
    words: list[str] = machine().words.findall(text)
    kinds = map(_Kinds(machine()).__getitem__, words)
    ends = [*accumulate(map(len, words))]
    return zip(kinds, words, chain((0,), ends), ends, repeat(source), strict=False)


class _Kinds(dict[str, str]):
    """The kinds of texts, found when they are asked for."""

    def __init__(self, found: Machine) -> None:
        super().__init__(found.kinds)
        self._lexer = found.lexer

    def __missing__(self, text: str) -> str:
        match = self._lexer.match(text)
        kind = self[text] = (match and match.lastgroup) or ""
        return kind


def run(tokens: Sequence[PlacedToken], alike: dict[str, ast.Signature] | None = None) -> object:
    """What the start rule makes of the tokens, or a :class:`Stop`.

    What is done with tokens depends on their kinds, and members of the same kinds are many. So it is found
    out once for each sequence of kinds between separators.

    ``alike``: signatures of slots by their text, those of the tokens of one file so far; without it each
    slot gets one of its own.
    """
    found = machine()
    stack = _Stack(found.rows, 0, call)
    kinds = [token.type for token in tokens]
    at = 0
    for start, end in chain(_stretches(kinds), ((len(tokens), 0),)):
        for at in range(at, start):  # noqa: B020 - goes on where the stretch before it ended
            if not stack.shift(kinds[at], tokens[at]):
                return Stop(at, _accepted(stack.states, found.rows))
        at = start
        if end and stack.reduced(kinds[start], least=1) is not None:
            opening = _opening(kinds, start, end) if alike is not None else end
            text = _text(tokens, opening, end)
            values: list[Any] = [*tokens[start:end]]
            stretch = kinds[start:end]
            if alike is not None and text in alike:
                values[opening - start :] = [_repeated(alike[text], tokens[opening])]
                stretch[opening - start :] = [_SIGNATURE]
            moves = found.met[stack.states[-1], (*stretch, kinds[end])]
            if moves is not None:
                for make, pick in moves.steps:
                    values.append(make(pick(values)))
                stack.push(moves.state, values[-1])
                at = end
                if alike is not None and text and type(values[-1]) is ast.Slot:
                    alike.setdefault(text, values[-1].alike)
    step = stack.reduced(END)
    if type(step) is Reduction and step.make is not None:
        return step.make(stack.values[-step.size :])
    return Stop(len(tokens), _accepted(stack.states, found.rows))


def _opening(kinds: Sequence[str], start: int, end: int) -> int:
    """The bracket of a signature behind ``fn NAME`` in a stretch; its end if there is none."""
    for at in range(start, end - 2):
        if kinds[at] == "FN":
            return at + 2 if kinds[at + 2] == "LPAR" else end
    return end


def _text(tokens: Sequence[PlacedToken], start: int, end: int) -> str:
    """The text of some tokens and of what is between them."""
    if start == end:
        return ""
    first = tokens[start]
    return first.source.text[first.start : tokens[end - 1].end]


def _repeated(alike: ast.Signature, opening: PlacedToken) -> Repeated:
    """A signature that is written like another one; that may end before its last token."""
    end = opening.start + alike.span.end - alike.span.start
    return Repeated(alike, Span(opening.file, opening.start, end))


def _stretches(kinds: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where something begins and ends between separators and outer brackets, such as members of a body."""
    depth = start = 0
    for at, kind in enumerate(kinds):
        if kind not in _DEPTHS:
            continue
        step = _DEPTHS[kind]
        if depth == 1 and step <= 0 and start < at:
            yield start, at
        depth += step
        if depth == 1 and step >= 0:
            start = at + 1


def _moves(rows: Sequence[Row], base: int, kinds: Sequence[str]) -> Moves | None:
    """The moves for tokens of these kinds, the last of which is behind them."""
    steps: list[tuple[Make, Callable[[Sequence[Any]], Sequence[Any]]]] = []
    behind = len(kinds) - 1

    def note(make: Make, children: list[int]) -> int:
        steps.append((make, _picker(children)))
        return behind + len(steps) - 1

    stack = _Stack(rows, base, note)
    for at, kind in enumerate(kinds[:-1]):
        if not (stack.take(kind, at) if kind == _SIGNATURE else stack.shift(kind, at)):
            return None
    stack.reduced(kinds[-1])
    if not steps or stack.values != [behind + len(steps) - 1]:
        return None
    return Moves(tuple(steps), stack.states[-1])


def _picker(places: Sequence[int]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    # Of one place, `itemgetter` would get what is there, and no sequence.
    if len(places) < 2:
        return itemgetter(slice(places[0], places[0] + 1) if places else slice(0))
    return itemgetter(*places)


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
