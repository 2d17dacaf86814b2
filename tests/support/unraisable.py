"""Exceptions that nobody could catch, such as those of callbacks."""

from __future__ import annotations

from typing import Any


class Unraisable:
    """What ``sys.unraisablehook`` was told."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, told: Any) -> None:
        self.seen.append(f"{told.exc_type.__name__}: {told.exc_value}")

    def taken(self) -> list[str]:
        """What was told since this was asked last."""
        seen, self.seen = self.seen, []
        return seen
