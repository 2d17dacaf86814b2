"""Texts by key that outlive a run, for those who need not know where they are kept."""

from __future__ import annotations

from typing import Protocol


class Memory(Protocol):
    """A dictionary is one."""

    def get(self, key: str, /) -> str | None: ...

    def __setitem__(self, key: str, text: str, /) -> None: ...
