"""What a Python package knows of other releases: a line for each, for its loader and for people."""

from __future__ import annotations

from abilock.model.decls import Library
from abilock.model.known import KnownRelease
from abilock.model.version import Version
from abilock.outputs.cffi.code import in_string
from abilock.outputs.comments import visible


def release_lines(library: Library) -> tuple[str, ...]:
    """The lines, as parts of a Python string.

    ex) ``0.8.0 0.8.0 refused 51c8a04d7e92b6f3 SourceVtable.start_fn calls the wrong function: …``
    """
    return tuple(_line(each) for each in library.known)


def promise_lines(library: Library) -> tuple[str, ...]:
    """What other releases promise otherwise, as parts of a Python string.

    ex) ``Shop.sell 5e6f7a8b 1.2.0 `Shop.sell`: another result means success …``
    """
    found: dict[tuple[str, int], str] = {}
    for known in reversed(library.known):
        for each in known.promises:
            said = visible(" ".join(each.text.split()))
            line = f"{each.element} {each.contract:08x} {known.version} {said}".rstrip()
            # Of several releases that promise the same, the newest one tells it.
            found.setdefault((each.element, each.contract), in_string(line))
    return tuple(found.values())


def _line(known: KnownRelease) -> str:
    fit = known.fit.value.replace(" ", "-")
    reason = visible(" ".join(known.reason.split())) or "-"
    facts = f"{known.version} {_told(known)} {fit} {known.witness} {known.element or '-'}"
    return in_string(f"{facts} {reason}")


def _told(known: KnownRelease) -> str:
    """What is no version is refused before anybody looks for it."""
    if isinstance(known.told, str) and Version.parse(known.told) is None:
        return "-"
    return "-" if known.told is None else str(known.told)
