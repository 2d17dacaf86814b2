"""Text to syntax tree. Syntax errors are reported, and parsing goes on with the next item."""

from __future__ import annotations

import gc
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import cast

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.source import SourceFile
from abilock.syntax import ast
from abilock.syntax.lexemes import PlacedToken
from abilock.syntax.limits import LimitedReport
from abilock.syntax.machine import Stop
from abilock.syntax.machine import run as run_machine
from abilock.syntax.messages import report_syntax
from abilock.syntax.tokens import (
    ItemTokens,
    begins_item,
    body,
    declared_names,
    is_description,
    member_around,
    split_items,
    tokenize,
)

#: Broken items of one file after which the rest of it is not looked at.
MAX_FAILURES = 1000
#: Broken members of one item after which the rest of it is not looked at.
MAX_BROKEN_MEMBERS = 50


def parse(source: SourceFile, report: Report, *, shares: bool = False) -> ast.File:
    """The tree of all items that are well-formed; the others are reported. Whoever does not tell nodes
    apart by which they are takes one that ``shares`` signatures among slots."""
    limited = LimitedReport(report, is_description(source.text))
    with _undisturbed():
        stream = tokenize(source, limited)
        items = []
        # A name that had something else in it is none that anybody knows.
        broken = set(stream.lost) | {
            each.text
            for each in (stream.tokens if source.replaced else ())
            if not source.replaced.isdisjoint(range(each.start, each.end))
        }
        waiting = split_items(stream.tokens, limited)[::-1]
        failures = 0
        # Where characters were replaced, equal texts may have been different ones.
        alike: dict[str, ast.Signature] | None = {} if shares and not source.replaced else None
        # Every failure looks through the rest of its run, so their number is limited as well.
        incomplete: dict[str, frozenset[str]] = {}
        while waiting and not limited.exhausted and failures < MAX_FAILURES:
            run = waiting.pop()
            if not run.sound:
                failures += 1
                broken.update(declared_names(run.tokens))
                continue
            end = _end(run, waiting, len(source.text))
            attempt = _Attempt(run.tokens, end, stream.left_out, alike, limited)
            item = attempt.item()
            failures += attempt.failures
            if item is not None:
                items.append(item)
            if isinstance(item, ast.Aggregate | ast.VtableDecl) and attempt.lost:
                incomplete[item.name.text] = frozenset(attempt.lost)
            if item is None:
                broken.update(declared_names(run.tokens[: attempt.following]))
            if attempt.following < len(run.tokens):
                waiting.append(ItemTokens(run.tokens[attempt.following :], sound=True))
        if waiting:
            broken.update(token.text for token in stream.tokens if token.type == "NAME")
    return ast.File(
        source.path, stream.file_docs, tuple(items), stream.comments, frozenset(broken), incomplete
    )


def _end(run: ItemTokens, waiting: Sequence[ItemTokens], end: int) -> int:
    """Where an item ends: one that is not complete goes on to the next."""
    last = run.tokens[-1]
    if last.type in ("SEMICOLON", "RBRACE"):
        return last.end
    return waiting[-1].tokens[0].start if waiting else end


def _has_any(places: Sequence[int], start: int, end: int) -> bool:
    """Whether one of the sorted places is in the stretch."""
    index = bisect_left(places, start)
    return index < len(places) and places[index] < end


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Without the garbage collector: a tree has no cycles, yet all of it would be looked at again and
    again while it grows, which is half of the time that a large file takes."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _resume(run: tuple[PlacedToken, ...], failed: int) -> int:
    """Where the next item seems to begin behind a syntax error, or the end of the run; a missing ``;``
    joins two items in one run."""
    for index in range(max(failed, 1), len(run)):
        if begins_item(run, index):
            return index
    return len(run)


class _Attempt:
    """One item, and what is wrong with it.

    ``lost``: the words of members that were left out since they could not be parsed; ``following``: the
    token where the next item begins; ``failures``: how often something was no item.
    """

    def __init__(
        self,
        tokens: tuple[PlacedToken, ...],
        end: int,
        left_out: Sequence[int],
        alike: dict[str, ast.Signature] | None,
        report: Report,
    ) -> None:
        self._tokens = tokens
        self._end = end
        self._left_out = left_out
        self._alike = alike
        self._report = report
        self.lost: set[str] = set()
        self.following = len(tokens)
        self.failures = 0

    def item(self) -> ast.Item | None:
        """The item, without its members that cannot be parsed; None if nothing is left that is one."""
        found = self._parsed(self._tokens)
        if not isinstance(found, Stop):
            return found
        self.failures += 1
        self.following = _resume(self._tokens, found.at)
        stretches = self._broken_members(found)
        if not stretches:
            return None
        left: tuple[PlacedToken, ...] = ()
        start = 0
        for first, behind in stretches:
            left += self._tokens[start:first]
            self.lost.update(t.text for t in self._tokens[first:behind] if t.text.isidentifier())
            start = behind
        again = run_machine((*left, *self._tokens[start:]))
        # Values of an enum count from the one before them, which may be missing.
        return again if isinstance(again, ast.Aggregate | ast.VtableDecl) else None

    def _broken_members(self, stop: Stop) -> list[tuple[int, int]]:
        """Report what is wrong, and what else is in the body of the item: as if the members that do not
        fit were not written. Where those stand; nothing if that is not all of it."""
        tokens, gone = self._tokens, 0  # what is left to look at, and how much less that is
        found: list[tuple[int, int]] = []
        while len(found) <= MAX_BROKEN_MEMBERS:
            stretch = member_around(tokens, stop.at)
            places = None if stretch is None else (stretch[0] + gone, stretch[1] + gone)
            known = self._was_reported(places)
            report_syntax(tokens, stop, Report() if known else self._report)
            opening = body(tokens, stop.at)
            if stretch is None or places is None or opening is None:
                return []
            if _resume(tokens, stop.at) < len(tokens):
                return []
            found.append(places)
            gone += stretch[1] - opening - 1
            tokens = tokens[: opening + 1] + tokens[stretch[1] :]
            again = self._parsed(tokens)
            if not isinstance(again, Stop):
                return found
            self.failures += 1
            stop = again
        return []

    def _was_reported(self, stretch: tuple[int, int] | None) -> bool:
        """Whether something is left out where the tokens are no item, which was said."""
        if stretch is None:
            return _has_any(self._left_out, self._tokens[0].start, self._end)
        first, behind = stretch
        return _has_any(self._left_out, self._tokens[first - 1].end, self._tokens[behind].start)

    def _parsed(self, tokens: tuple[PlacedToken, ...]) -> ast.Item | Stop | None:
        """What the tokens are; None if they are docs alone, which is reported."""
        if all(token.type == "DOC" for token in tokens):
            self._report.add(
                catalog.STRAY_DOC,
                tokens[0].span,
                "a doc comment that documents nothing",
                hint="use `//` for a plain comment",
            )
            return None
        return cast(ast.Item | Stop, run_machine(tokens, self._alike))
