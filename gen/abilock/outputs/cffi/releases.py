"""What a Python package knows of other releases: a line for each, for its loader and for people."""

from __future__ import annotations

from abilock.model.decls import Library
from abilock.model.known import KnownRelease
from abilock.model.version import Version
from abilock.outputs.comments import visible


def release_lines(library: Library) -> tuple[str, ...]:
    """The lines, as parts of a Python string.

    ex) ``0.8.0 0.8.0 refused SourceVtable.start_fn calls the wrong function: …``
    """
    return tuple(_line(each) for each in library.known)


def _line(known: KnownRelease) -> str:
    fit = known.fit.value.replace(" ", "-")
    reason = visible(" ".join(known.reason.split())) or "-"
    line = f"{known.version} {_told(known)} {fit} {known.element or '-'} {reason}"
    return line.replace("\\", "\\\\").replace('"', '\\"')


def _told(known: KnownRelease) -> str:
    """What is no version is refused before anybody looks for it."""
    if isinstance(known.told, str) and Version.parse(known.told) is None:
        return "-"
    return "-" if known.told is None else str(known.told)
