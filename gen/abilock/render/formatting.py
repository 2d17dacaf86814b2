"""Finishing touches to rendered text. The only import of black."""

from __future__ import annotations

import re

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
        return black.format_str(text, mode=_MODE)
    tidy = _BLANK_RUN.sub("\n\n", _TRAILING_BLANKS.sub("", text))
    return tidy.strip("\n") + "\n"
