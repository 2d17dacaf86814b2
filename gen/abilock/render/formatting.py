"""Finishing touches to rendered text. The only import of black."""

from __future__ import annotations

import ast
import gc
import hashlib
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import import_module

from abilock.memory import Memory

_BLANK_RUN = re.compile(r"\n{3,}")
_TRAILING_BLANKS = re.compile(r"[ \t]+$", re.MULTILINE)

#: What black is asked for. Line length: the readers' editors are as wide as ours.
_LINE_LENGTH = 100
_TARGET = "PY39"
#: Part of every key: to be counted up when :func:`_formatted` makes something else of a piece.
_EDITION = 1


def finish(path: str, text: str, memory: Memory) -> str:
    """The text as it is written: Python in black's form, everything else without trailing blanks and
    runs of empty lines, with one newline at its end.

    Black is what takes longest in a run, and most pieces are those of the last one: ``memory`` is
    asked first. Whatever is in it under other keys makes no difference.
    """
    if path.endswith(".py"):
        return "\n\n\n".join(_remembered(piece, memory) for piece in _pieces(text, memory)) + "\n"
    tidy = _BLANK_RUN.sub("\n\n", _TRAILING_BLANKS.sub("", text))
    return tidy.strip("\n") + "\n"


def _remembered(piece: str, memory: Memory) -> str:
    key = _key(f"{_setting()}\n{piece}")
    found = memory.get(key)
    if found is None:
        memory[key] = found = _formatted(piece)
    return found


def _key(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@cache
def _setting() -> str:
    """Everything beside the piece that the result depends on."""
    return f"{_EDITION} {_black_version()} {_LINE_LENGTH} {_TARGET}"


def _black_version() -> str:
    """Told without importing black, which takes longer than all that is done with what it said."""
    try:
        return str(import_module("_black_version").version)
    except (ImportError, AttributeError):
        from importlib.metadata import version

        return version("black")


@lru_cache(maxsize=4096)
def _formatted(piece: str) -> str:
    """Kept for the process as well: one that makes many projects has many memories."""
    import black
    from black.mode import TargetVersion

    mode = black.Mode(line_length=_LINE_LENGTH, target_versions={TargetVersion[_TARGET]})
    # Looking for cycles in black's trees takes longer than making them.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return black.format_str(piece, mode=mode).strip("\n")
    finally:
        if collecting:
            gc.enable()


def _pieces(text: str, memory: Memory) -> Iterator[str]:
    """The text, cut where that is remembered, or found out: a tree of all of it takes long."""
    key = _key(f"cuts 1\n{text}")
    found = memory.get(key)
    if found is None:
        memory[key] = found = " ".join(map(str, _cuts(text)))
    lines = text.split("\n")
    start = 0
    for cut in map(int, found.split()):
        yield "\n".join(lines[start:cut])
        start = cut
    yield "\n".join(lines[start:])


def _cuts(text: str) -> Iterator[int]:
    """The lines, counted from 0, before which the text is cut: every class and function at its top, where
    black puts two empty lines; but not behind a docstring, where it does not always."""
    lines = text.split("\n")
    start = 0
    tree = ast.parse(text)
    uncut = tree.body[1:2] if ast.get_docstring(tree, clean=False) is not None else []
    for node in tree.body:
        if not isinstance(node, (ast.ClassDef, ast.FunctionDef)) or node in uncut:
            continue
        first = min((node.lineno, *(each.lineno for each in node.decorator_list))) - 1
        while first > start and lines[first - 1].startswith("#"):
            first -= 1
        if any(line.strip() for line in lines[start:first]):
            yield first
            start = first
