"""What is being done, on the last line of a terminal, while it takes long."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from abilock.source import printable

if TYPE_CHECKING:
    import threading

#: Called with what begins now. What has no name, ``""``, has nothing to show.
Progress = Callable[[str], None]

#: How long a run stays silent, and how often it looks for something new to say; in seconds.
DELAY, INTERVAL = 1.0, 0.1
_CLEAR = "\r\x1b[K"


def unseen(step: str) -> None:
    """For those who do not watch."""


class Line:
    """One line of a terminal that tells the current step, from a second after the first step until the
    end of the ``with`` block; then it is gone. On anything but a terminal there is nothing to see.

    A step may be one long call, so that somebody else has to print: a thread does, and is started with
    the first step, as most runs have nothing to do.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._step = ""
        self._shown = ""
        self._thread: threading.Thread | None = None
        self._end: threading.Event | None = None

    def __enter__(self) -> Line:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._thread is not None and self._end is not None:
            self._end.set()
            self._thread.join()

    def __call__(self, step: str) -> None:
        """Begin a step."""
        self._step = step
        if step and self._thread is None and self._stream.isatty():
            self._start()

    def _start(self) -> None:
        # Only who has something to show pays for it.
        import threading

        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, args=(self._end,), daemon=True)
        self._thread.start()

    def _watch(self, end: threading.Event) -> None:
        over = end.wait(DELAY)
        while not over:
            self._show(self._step)
            over = end.wait(INTERVAL)
        self._show("")

    def _show(self, step: str) -> None:
        # A line that breaks in two could not be taken back.
        text = printable(step)[: self._width() - 1]
        if text == self._shown:
            return
        self._shown = text
        try:
            self._stream.write(f"{_CLEAR}{text}")
            self._stream.flush()
        except (OSError, ValueError):
            pass  # the terminal is gone, which is no reason to stop working

    def _width(self) -> int:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or 80
        except (OSError, ValueError):
            return 80
