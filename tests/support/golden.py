"""Comparing a text with the file that says what it should be."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

_LINES_SHOWN = 120


def assert_golden(path: Path, text: str, bless: bool) -> None:
    """The file holds this text, to the byte.

    With ``bless`` a file that differs is rewritten, and the test fails nevertheless: a run that
    changes what is expected has not shown that anything is right.
    """
    __tracebackhide__ = True
    actual = text.encode("utf-8")
    expected = path.read_bytes() if path.exists() else None
    if expected == actual:
        return
    if bless:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(actual)
        pytest.fail(f"blessed {path}: read its diff, then run without --bless", pytrace=False)
    if expected is None:
        pytest.fail(f"{path} does not exist; `make bless` writes it", pytrace=False)
    pytest.fail(_difference(path, expected.decode("utf-8", "replace"), text), pytrace=False)


def _difference(path: Path, expected: str, actual: str) -> str:
    # Line ends are kept, so that a difference in them shows as one; "\n" alone splits, because
    # a form feed within a line is text.
    diff = list(
        difflib.unified_diff(
            [repr(line)[1:-1] for line in expected.split("\n")],
            [repr(line)[1:-1] for line in actual.split("\n")],
            "expected",
            "actual",
            lineterm="",
        )
    )
    more = len(diff) - _LINES_SHOWN
    if more > 0:
        diff[_LINES_SHOWN:] = [f"… {more} more lines"]
    shown = "\n".join(diff)
    return f"{path} says otherwise; if the new text is right, `make bless`\n{shown}"
