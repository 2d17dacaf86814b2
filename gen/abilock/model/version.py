"""Versions as Semantic Versioning 2.0.0 writes and orders them (build metadata is not accepted)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering

_NUMBER = r"(?:0|[1-9][0-9]{0,8})"
_PRE = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION = re.compile(rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_PRE}(?:\.{_PRE})*))?")


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """ex) ``Version(0, 8, 4)``, ``Version(0, 0, 1, ("alpha", "0"))``"""

    major: int
    minor: int
    patch: int
    pre: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Version | None:
        """The version that ``text`` spells, or None if it spells none."""
        match = _VERSION.fullmatch(text)
        if match is None:
            return None
        major, minor, patch, pre = match.groups()
        return cls(int(major), int(minor), int(patch), tuple(pre.split(".")) if pre else ())

    def __str__(self) -> str:
        release = f"{self.major}.{self.minor}.{self.patch}"
        return f"{release}-{'.'.join(self.pre)}" if self.pre else release

    def __lt__(self, other: Version) -> bool:
        return self._order() < other._order()

    def _order(self) -> tuple[int, int, int, bool, list[tuple[bool, int, str]]]:
        """Semver item 11: a pre-release comes before its release, numbers before words."""
        pre = [(not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in self.pre]
        return (self.major, self.minor, self.patch, not self.pre, pre)
