"""Text to syntax tree. Syntax errors are reported, and parsing goes on with the next item."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import cast

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.source import SourceFile
from abilock.syntax import ast, reading
from abilock.syntax.lexemes import PlacedToken
from abilock.syntax.machine import Stop, machine, run
from abilock.syntax.tokens import begins_item, split_items, tokenize

_ITEM_WORDS = (
    "abi compat targets import allocator type const struct union opaque enum open flags callback"
    " vtable entry optional extern".split()
)

#: What messages call a terminal; the others are called by their text.
_NAMED_TERMINALS = {
    "NAME": "a name",
    "INTEGER": "a number",
    "STRING": "a string",
    "VERSION": "a version such as `1.2.3`",
    "$END": "the end of the item",
    "VARIADIC": "`...`",
    "ARROW": "`->`",
    "PATH": "`::`",
    "SHIFT_LEFT": "`<<`",
    "SHIFT_RIGHT": "`>>`",
    "LESS": "`<`",
    "LESS_EQUAL": "`<=`",
    "MORE": "`>`",
    "MORE_EQUAL": "`>=`",
}
_KEYWORDS = frozenset(
    """ABI ALLOCATOR CALLBACK COMPAT CONVENTION DROP ENTRY ENUM EXTERN FLAGS FN IMPORT MUT OPAQUE OPEN
    OPTIONAL OWN STATIC STRUCT TARGETS TYPE UNION VTABLE""".split()
)
_EXPRESSION_START = frozenset({"MINUS", "TILDE", "LPAR", "INTEGER", "NAME"})
_TYPE_START = frozenset({"STAR", "LSQB", "NAME", "LPAR"})
_OPERATORS = frozenset(
    "STAR SLASH PERCENT PLUS MINUS VBAR CIRCUMFLEX AMPERSAND SHIFT_LEFT SHIFT_RIGHT PATH".split()
)


def parse_file(path: Path, name: str, report: Report) -> ast.File | None:
    """The tree of a file under the name that messages use, or None if it could not be read."""
    source = reading.read_file(path, name, report)
    return parse(source, report) if source is not None else None


def parse(source: SourceFile, report: Report) -> ast.File:
    """The tree of all items that are well-formed; the others are reported."""
    with _undisturbed():
        stream = tokenize(source, report)
        items = []
        waiting = split_items(stream.tokens, report)[::-1]
        while waiting:
            tokens = waiting.pop()
            item, read = _parse_item(tokens, report)
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
        _report_syntax(tokens, found.at, found.accepted, report)
        return None, found.at
    return cast(ast.Item, found), len(tokens)


def _report_syntax(
    run: tuple[PlacedToken, ...], at: int, accepted: frozenset[str], report: Report
) -> None:
    """``run[at]`` is not among ``accepted``; ``at`` behind the run means that it ended too early."""
    expected = _expectation(accepted)
    if at == len(run) or _belongs_to_line_before(run, at, accepted):
        before = run[at - 1]
        report.add(
            catalog.SYNTAX,
            before.span.at_end(),
            f"expected {expected} after `{_shown(before)}`",
            hint="an item that has no braces ends with `;`" if "SEMICOLON" in accepted else None,
        )
        return
    found = run[at]
    if found.type == "DOC":
        report.add(
            catalog.STRAY_DOC,
            found.span,
            "a doc comment that documents nothing",
            hint="it stands before what it documents; use `//` for a plain comment",
        )
        return
    report.add(
        catalog.SYNTAX,
        found.span,
        f"expected {expected}, found `{_shown(found)}`",
        hint=_hint(run, at, accepted),
    )


def _belongs_to_line_before(
    run: tuple[PlacedToken, ...], at: int, accepted: frozenset[str]
) -> bool:
    """Whether a separator is missing at the end of the line before, where a reader would put it."""
    return (
        at > 0
        and bool(accepted & {"SEMICOLON", "COMMA"})
        and run[at].line > run[at - 1].line
    )


def _expectation(accepted: frozenset[str]) -> str:
    """ex) ``a type``, ``` `,`, `;` or `}` ```"""
    if accepted >= {"ABI", "STRUCT", "VTABLE"} and "NAME" not in accepted:
        return "an item such as `struct` or `vtable`"
    words: list[str] = []
    rest = set(accepted) - {"DOC", "AT"}
    if rest >= _TYPE_START:
        words.append("a type")
        rest -= _TYPE_START | {"CONST", "EXTERN"}
        rest = {terminal for terminal in rest if not terminal.isalpha()}
    elif rest >= _EXPRESSION_START:
        words.append("an expression")
        rest -= _EXPRESSION_START
    if rest >= _OPERATORS - {"PATH"}:
        rest -= _OPERATORS
    if "NAME" in rest or "a type" in words or "an expression" in words:
        rest -= _KEYWORDS
    words += sorted(_NAMED_TERMINALS.get(terminal) or _spelling(terminal) for terminal in rest)
    if len(words) > 6:
        words = [*words[:6], "…"]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _spelling(terminal: str) -> str:
    text = machine().spellings.get(terminal)
    return f"`{text}`" if text else terminal.lower()


def _shown(token: PlacedToken) -> str:
    text = str(token)
    return text if len(text) <= 40 else f"{text[:40]}…"


def _hint(run: tuple[PlacedToken, ...], at: int, accepted: frozenset[str]) -> str | None:
    found = run[at]
    if "VTABLE" in accepted and "STRUCT" in accepted and found.type == "NAME":
        near = get_close_matches(str(found), _ITEM_WORDS, n=1)
        if near:
            return f"did you mean `{near[0]}`?"
        return f"items are {', '.join(f'`{word}`' for word in _ITEM_WORDS)}"
    if found.type == "QMARK":
        return "`?` comes after a pointer, a callback or a function type in parentheses"
    if {"CONST", "MUT"} <= accepted and "NAME" not in accepted:
        return "a pointer is `*const T` or `*mut T`"
    if found.type == "EQUAL" and "COLON" in accepted:
        return "a member is `name: type`"
    if found.type == "CONST" and "NAME" in accepted:
        return "`const` is a word of C, so it names nothing here"
    return None
