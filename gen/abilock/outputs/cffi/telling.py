"""How a plugin tells its version, by itself: for hosts that have several bindings to choose from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from abilock.model.c_names import declared_c_name
from abilock.model.decls import EntryFunction, EntryStatic, Library
from abilock.model.mentions import mentioned_types
from abilock.model.types import Named
from abilock.model.witness import exact_types, rows
from abilock.outputs.cffi.handshake import (
    Step,
    require_line,
    tells_later,
    told_fields,
    told_version,
)
from abilock.outputs.cffi.package import Package


@dataclass(frozen=True, slots=True)
class Telling:
    """``fingerprint``: of all that has to be known to read the version; empty if the first thing that a
    host looks at does not tell it. ``told``: the lines that read it; ``judged``: those that judge it."""

    fingerprint: str
    told: tuple[str, ...]
    judged: tuple[str, ...]


_NOTHING = Telling("", ('raise NotAvailableError("nothing tells it at once")',), ())


def telling_of(
    package: Package, handshake: Sequence[Step], statics: Sequence[EntryStatic]
) -> Telling:
    """What a host looks at first of all, if that tells the version."""
    for static in statics:
        if static.attributes.has("version"):
            found = f"library.symbol({declared_c_name(static)!r})[0]"
            expression, is_text = told_version(package, static.type, static.attributes, found)
            lines = ("lib = library", f"return {expression}")
            return _telling(package, static, lines, is_text)
    if not handshake:
        return _NOTHING
    step = handshake[0]
    made = f"shaken(library, {step.entry.name!r}, lambda: {step.made})"
    before = ("lib = library",) if isinstance(step.entry, EntryStatic) else ()
    result = step.entry.signature.result if isinstance(step.entry, EntryFunction) else None
    if result is not None and step.entry.attributes.has("version"):
        expression, is_text = told_version(
            package, result.type, result.attributes, "about", lifted=True
        )
        return _telling(package, step.entry, (f"about = {made}", f"return {expression}"), is_text)
    for leading, name in step.types:
        for field, python in told_fields(package, name, "version"):
            expression, is_text = told_version(
                package, field.type, field.attributes, f"about{leading}.{python}", lifted=True
            )
            if tells_later(package, name):
                before = (*before, "library.version = _ABI_OLDEST")
            lines = (*before, f"about = {made}", f"return {expression}")
            return _telling(package, step.entry, lines, is_text)
    return _NOTHING


def _telling(
    package: Package, entry: EntryFunction | EntryStatic, told: tuple[str, ...], is_text: bool
) -> Telling:
    known = "\n".join(_known(package.library, entry))
    fingerprint = hashlib.sha256(known.encode("utf-8")).hexdigest()[:16]
    return Telling(fingerprint, told, (require_line(package, "found", is_text),))


def _known(library: Library, entry: EntryFunction | EntryStatic) -> Iterator[str]:
    """A line for everything that is read with the entry; what came later is not, where it is behind a
    pointer."""
    needed = {entry.name}
    waiting = [entry.name]
    while waiting:
        for type_ in mentioned_types(library.find(waiting.pop())):
            if isinstance(type_, Named) and type_.name not in needed:
                needed.add(type_.name)
                waiting.append(type_.name)
    exact = exact_types(library)
    for declared, group in zip(library.declarations, rows(library), strict=True):
        if declared.name not in needed:
            continue
        for row in group:
            if row.since is None or row.owner in exact or not row.owner:
                yield f"{row.line} {row.form:08x} {row.contract:08x}"
