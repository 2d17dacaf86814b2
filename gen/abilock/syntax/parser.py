"""Text to syntax tree. Syntax errors are reported, and parsing goes on with the next item."""

from __future__ import annotations

import gc
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.source import SourceFile
from abilock.syntax import ast, reading
from abilock.syntax.lexemes import PlacedToken
from abilock.syntax.limits import LimitedReport
from abilock.syntax.machine import Stop
from abilock.syntax.machine import run as run_machine
from abilock.syntax.messages import report_syntax
from abilock.syntax.tokens import (
    ItemTokens,
    begins_item,
    declared_names,
    is_description,
    split_items,
    tokenize,
    without_member,
)

#: Broken items of one file after which the rest of it is not looked at.
MAX_FAILURES = 1000
#: Broken members of one item after which the rest of it is not looked at.
MAX_BROKEN_MEMBERS = 50


def parse_file(path: Path, name: str, report: Report) -> ast.File | None:
    """The tree of a file under the name that messages use, or None if it could not be read."""
    source = reading.read_file(path, name, report)
    return parse(source, report) if source is not None else None


def parse(source: SourceFile, report: Report) -> ast.File:
    """The tree of all items that are well-formed; the others are reported."""
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
        # Every failure looks through the rest of its run, so their number is limited as well.
        while waiting and not limited.exhausted and failures < MAX_FAILURES:
            run = waiting.pop()
            item, read = None, len(run.tokens)
            if run.sound:
                # What was left out of an item makes it incomplete, which was said already.
                known = _has_any(
                    stream.left_out, run.tokens[0].start, _end(run, waiting, len(source.text))
                )
                item, read = _parse_item(run.tokens, Report() if known else limited)
            if item is not None:
                items.append(item)
                continue
            failures += 1
            if run.sound:
                failures += _report_members(run.tokens, read, Report() if known else limited)
            following_item = _resume(run.tokens, read)
            broken.update(declared_names(run.tokens[:following_item]))
            if following_item < len(run.tokens):
                waiting.append(ItemTokens(run.tokens[following_item:], sound=True))
        if waiting:
            broken.update(token.text for token in stream.tokens if token.type == "NAME")
    return ast.File(source.path, stream.file_docs, tuple(items), stream.comments, frozenset(broken))


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


def _report_members(tokens: tuple[PlacedToken, ...], failed: int, report: Report) -> int:
    """Report what else is wrong in the body of an item that failed there: as if the members that do not
    fit were not written. How often that was tried."""
    for tried in range(MAX_BROKEN_MEMBERS):
        rest = without_member(tokens, failed)
        if rest is None or _resume(tokens, failed) < len(tokens):
            return tried
        tokens = rest
        item, failed = _parse_item(tokens, report)
        if item is not None:
            return tried + 1
    return MAX_BROKEN_MEMBERS


def _parse_item(tokens: tuple[PlacedToken, ...], report: Report) -> tuple[ast.Item | None, int]:
    """The item, or None and the index of the token that did not fit."""
    if all(token.type == "DOC" for token in tokens):
        report.add(
            catalog.STRAY_DOC,
            tokens[0].span,
            "a doc comment that documents nothing",
            hint="use `//` for a plain comment",
        )
        return None, len(tokens)
    found = run_machine(tokens)
    if isinstance(found, Stop):
        report_syntax(tokens, found, report)
        return None, found.at
    return cast(ast.Item, found), len(tokens)
