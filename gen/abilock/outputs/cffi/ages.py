"""What only newer plugins have, and whether anything that is read tells how old a plugin is."""

from __future__ import annotations

from collections.abc import Iterator

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.model.attributes import Attributes
from abilock.model.decls import EntryFunction, EntryStatic, Vtable, members_of
from abilock.model.types import Aggregate, Field, Nested
from abilock.outputs.cffi.handshake import handshakes, variables, versions
from abilock.outputs.cffi.package import Package
from abilock.outputs.cffi.told import told_fields

#: What plugins say of themselves, by the attribute for it.
_SAID = {"version": "which version a plugin has", "triple": "which target a plugin was made for"}


def report_ages(package: Package, report: Report) -> None:
    """Report slots and fields of which nobody can tell whether a plugin has them, and what nobody reads of
    that which would tell it."""
    library = package.library
    read = {attribute: _read(package, attribute) for attribute in _SAID}
    for attribute, known in read.items():
        if not known and not (attribute == "version" and _has_ranges(package)):
            _report_unread(package, attribute, report)
    if library.compat.tells_age and read["version"]:
        return
    for declared in library.declarations:
        if not isinstance(declared, (Aggregate, Vtable)) or declared.name in library.imported:
            continue
        if package.forms.size_field(declared.name) is not None:
            continue
        for member in members_of(declared):
            since = member.attributes.version("since")
            if since is not None and not member.attributes.has("hidden"):
                report.add(
                    catalog.SINCE_UNTOLD,
                    member.span,
                    f"Python looks at `{declared.name}.{member.name}` in plugins older than {since} too,"
                    " since nothing tells it how old they are",
                    hint=f"begin `{declared.name}` with its size, `@struct_size size: usize`, or have"
                    " plugins tell their version as text, with `@version` where it stands",
                )


def _read(package: Package, attribute: str) -> bool:
    """Whether anything that says so is read at load."""
    entries = tuple(package.entries.all())
    statics = variables(package.library)
    asked = (*handshakes(package, entries, statics), *versions(package, entries))
    fields = (
        told.field
        for step in asked
        for _, name in step.types
        for told in told_fields(package, name, attribute)
    )
    carriers = (*(each.entry for each in asked), *statics, *fields)
    return any(each.attributes.has(attribute) for each in carriers)


def _has_ranges(package: Package) -> bool:
    """Whether versions are compared with those of a manifest that is read at load."""
    declared = package.library.declared
    return any(
        each.attributes.has("handshake") and each.attributes.has("manifest") for each in declared
    ) and any(each.attributes.has("range") for each in declared)


def _report_unread(package: Package, attribute: str, report: Report) -> None:
    for declared in package.library.declarations:
        if declared.name in package.library.imported:
            continue
        carriers: list[tuple[str, Field | EntryFunction | EntryStatic]] = []
        if isinstance(declared, EntryFunction | EntryStatic):
            carriers.append((declared.name, declared))
        elif isinstance(declared, Aggregate | Vtable):
            carriers.extend(_fields(declared.name, declared))
        for label, carrier in carriers:
            is_size = carrier.attributes.has("struct_size")
            if is_size and package.library.compat.rule == "size_first":
                continue
            if carrier.attributes.has(attribute):
                report.add(
                    catalog.VERSION_UNREAD,
                    carrier.span,
                    f"`{label}` says {_SAID[attribute]}, and no host in Python reads that",
                    hint=_hint(carrier.attributes),
                )


def _hint(attributes: Attributes) -> str:
    if attributes.has("hidden"):
        return "leave `@hidden` out"
    if attributes.has("struct_size") or attributes.has("reserved"):
        return "give it a field of its own: sizes and what is reserved are no part of what Python reads"
    return (
        "say `@handshake` of the entry that is, returns or holds it; loaders do not look"
        " into structs without a name, lengths and what is `@hidden` or newer than some plugins"
    )


def _fields(label: str, holder: Aggregate | Vtable) -> Iterator[tuple[str, Field]]:
    for each in members_of(holder):
        if isinstance(each, Field):
            yield f"{label}.{each.name or '_'}", each
            if isinstance(each.type, Nested):
                yield from _fields(f"{label}.{each.name or '_'}", each.type.aggregate)
