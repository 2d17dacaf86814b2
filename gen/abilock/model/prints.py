"""Fingerprints of witnesses: of one text, and of all rows together. ``docs/witness.md`` specifies both."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Protocol


def fingerprint(text: str) -> int:
    """The first four bytes of the SHA-256 of a text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


class Printed(Protocol):
    """A row, as it is described or as a library has it."""

    @property
    def kind(self) -> str: ...
    @property
    def owner(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def form(self) -> int: ...
    @property
    def contract(self) -> int: ...


def fingerprint_of_all(found: Iterable[Printed]) -> str:
    """That of a whole witness, but for its numbers: two with the same one were made of the same ABI."""
    lines = sorted(
        f"{each.kind} {each.owner} {each.name} {each.form:08x} {each.contract:08x}"
        for each in found
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
