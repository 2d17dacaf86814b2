"""What a diagnostic carries beside the rest if it is about a change between two descriptions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from abilock.diagnostics.catalog import Severity
from abilock.source import Span


class Level(Enum):
    """How much a change asks for. The values are those of a verdict, mildest first."""

    COMPATIBLE = "compatible"
    APPEND_ONLY = "append-only"
    BREAKING = "breaking"

    @property
    def severity(self) -> Severity:
        """How bad it is where the version does not say it."""
        return _SEVERITIES[self]


_SEVERITIES = {
    Level.COMPATIBLE: Severity.NOTE,
    Level.APPEND_ONLY: Severity.WARNING,
    Level.BREAKING: Severity.ERROR,
}


@dataclass(frozen=True, slots=True)
class Mixes:
    """What the two mixes of releases suffer, in words for people and scripts.

    ex) ``Mixes("calls the wrong function", "fine")``
    """

    old_plugin_new_host: str = "fine"
    new_plugin_old_host: str = "fine"


@dataclass(frozen=True, slots=True)
class Changed:
    """A change, as a diagnostic tells it.

    Attributes:
        element: the full name. ex) ``SourceVtable.subscribe_fn.key``
        old: where it stands in the old description, None if it is new.
        new: where it stands in the new description, None if it is gone.
        targets: where this holds; None on all that both descriptions have.
        binary: both sides as they were compiled.
        source: the older side compiled again, as it is, against the newer header.
        severity: None if it is that of the level; a note where the version has moved as far as it must.
        abi: the name of the ABI that it is of.
    """

    level: Level
    element: str
    old: Span | None = None
    new: Span | None = None
    targets: tuple[str, ...] | None = None
    binary: Mixes = Mixes()
    source: Mixes = Mixes()
    severity: Severity | None = None
    abi: str = ""
