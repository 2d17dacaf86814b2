"""Colours for a terminal; text without them is the same text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Paint:
    """``on``: whether there are colours at all."""

    on: bool = False

    def plain(self, text: str) -> str:
        """What needs no colour."""
        return text

    def strong(self, text: str) -> str:
        """What a reader looks for."""
        return self._painted("1", text)

    def faint(self, text: str) -> str:
        """What helps to read the rest."""
        return self._painted("2", text)

    def alert(self, text: str) -> str:
        """What must not be missed."""
        return self._painted("33", text)

    def _painted(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.on and text else text
