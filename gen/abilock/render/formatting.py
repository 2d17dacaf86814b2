"""Finishing touches to rendered text. The only import of black."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

import black
from black.mode import TargetVersion

#: Line length of generated Python; its readers' editors are as wide as ours.
_MODE = black.Mode(line_length=100, target_versions={TargetVersion.PY39})
_BLANK_RUN = re.compile(r"\n{3,}")
_TRAILING_BLANKS = re.compile(r"[ \t]+$", re.MULTILINE)


def finish(path: str, text: str) -> str:
    """The text as it is written: Python in black's form, everything else without trailing blanks and
    runs of empty lines, with one newline at its end."""
    if path.endswith(".py"):
        return "\n\n\n".join(_formatted(piece) for piece in _pieces(text)) + "\n"
    tidy = _BLANK_RUN.sub("\n\n", _TRAILING_BLANKS.sub("", text))
    return tidy.strip("\n") + "\n"


@lru_cache(maxsize=4096)
def _formatted(piece: str) -> str:
    """Black is what takes longest in a run, and pieces recur: in every package, in every test."""
    return black.format_str(piece, mode=_MODE).strip("\n")


def _pieces(text: str) -> Iterator[str]:
    """The text, cut before every class and function at its top, where black puts two empty lines."""
    lines = text.split("\n")
    start = 0
    for node in ast.parse(text).body:
        if not isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            continue
        first = min((node.lineno, *(each.lineno for each in node.decorator_list))) - 1
        while first > start and lines[first - 1].startswith("#"):
            first -= 1
        piece = "\n".join(lines[start:first])
        if piece.strip():
            yield piece
        start = first
    yield "\n".join(lines[start:])
