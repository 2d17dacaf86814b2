"""Text to syntax tree. Syntax errors are reported, and parsing goes on with the next item."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.source import SourceFile
from abilock.syntax import ast, reading
from abilock.syntax.lexemes import PlacedToken
from abilock.syntax.limits import LimitedReport
from abilock.syntax.machine import Stop, run
from abilock.syntax.messages import report_syntax
from abilock.syntax.tokens import begins_item, split_items, tokenize


def parse_file(path: Path, name: str, report: Report) -> ast.File | None:
    """The tree of a file under the name that messages use, or None if it could not be read."""
    source = reading.read_file(path, name, report)
    return parse(source, report) if source is not None else None


def parse(source: SourceFile, report: Report) -> ast.File:
    """The tree of all items that are well-formed; the others are reported."""
    limited = LimitedReport(report)
    with _undisturbed():
        stream = tokenize(source, limited)
        items = []
        waiting = split_items(stream.tokens, limited)[::-1]
        while waiting and not limited.exhausted:
            tokens = waiting.pop()
            item, read = _parse_item(tokens, limited)
            if item is not None:
                items.append(item)
            elif read < len(tokens):
                waiting += _resume(tokens, read)
    return ast.File(source.path, stream.file_docs, tuple(items), stream.comments)


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


def _resume(run: tuple[PlacedToken, ...], failed: int) -> list[tuple[PlacedToken, ...]]:
    """What follows a syntax error, from where the next item seems to begin; a missing ``;`` joins two
    items in one run."""
    for index in range(max(failed, 1), len(run)):
        if begins_item(run, index):
            return [run[index:]]
    return []


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
    found = run(tokens)
    if isinstance(found, Stop):
        report_syntax(tokens, found, report)
        return None, found.at
    return cast(ast.Item, found), len(tokens)
