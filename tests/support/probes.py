"""What a test's plugin tells beside the ABI: how many objects it has, and what it has seen."""

from __future__ import annotations

import ctypes
from pathlib import Path


class Probe:
    """The functions ``test_…`` of a plugin."""

    def __init__(self, path: Path) -> None:
        self._library = ctypes.CDLL(str(path))
        for name in ("test_live", "test_made"):
            function = getattr(self._library, name)
            function.restype, function.argtypes = ctypes.c_size_t, [ctypes.c_char_p]
        self._library.test_log.restype = ctypes.c_char_p

    def live(self, kind: str | None = None) -> int:
        """How many objects have not ended."""
        return int(self._library.test_live(kind.encode() if kind else None))

    def made(self, kind: str | None = None) -> int:
        return int(self._library.test_made(kind.encode() if kind else None))

    def journal(self, start: str = "") -> list[str]:
        text: bytes = self._library.test_log()
        lines = text.decode("utf-8", "replace").splitlines()
        return [line for line in lines if line.startswith(start)]
