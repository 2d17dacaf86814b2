"""The two streams of a process: results on one, what is said about them on the other."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from typing import TextIO


def prepare_streams() -> None:
    """Results are UTF-8 whatever the locale says, and no message is lost for a letter that a terminal
    does not have."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    if isinstance(sys.stderr, TextIOWrapper):
        sys.stderr.reconfigure(errors="backslashreplace")
    elif sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for as long as we run


class Unwritten(Exception):
    """Standard output takes no more. ``reason``: why; None if its reader went away, as ``head`` does."""

    def __init__(self, reason: OSError | None) -> None:
        self.reason = reason


def write(text: str) -> None:
    """Put a result, or a part of it, on standard output.

    Raises:
        Unwritten: it cannot be written.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        # Python would complain again while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise Unwritten(None if isinstance(error, BrokenPipeError) else error) from None


def tell(text: str) -> None:
    """Put on standard error what is said beside the result. Where that takes no more, nobody hears it, and
    the result is what it is."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        # Python would fail again while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def wants_color(choice: str, stream: TextIO) -> bool:
    if choice == "auto":
        return stream.isatty() and not os.environ.get("NO_COLOR")
    return choice == "always"
