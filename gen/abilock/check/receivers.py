"""The type of ``self``: untyped where the context is a field, else a pointer to the object itself.

``@object(self)`` makes a table its own context. With ``@object(self, table)`` a struct is, and then the
slots of that ``@context`` table take a pointer to the struct.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Note, Report
from abilock.model import decls, types
from abilock.model.contexts import is_own_context, object_words
from abilock.model.types import Aggregate


def with_receivers(
    declarations: Sequence[decls.Declaration], report: Report
) -> tuple[decls.Declaration, ...]:
    """The declarations, with what their slots take as ``self``."""
    found: list[decls.Declaration] = []
    for declared in declarations:
        if not isinstance(declared, decls.Vtable):
            found.append(declared)
        elif is_own_context(declared):
            found.append(_typed(declared, declared.name))
        else:
            owner = _owner(declared, declarations, report)
            found.append(declared if owner is None else _typed(declared, owner.name))
    return tuple(found)


def _owner(
    table: decls.Vtable, declarations: Sequence[decls.Declaration], report: Report
) -> Aggregate | None:
    """The struct that is the context of a table's slots, if exactly one is."""
    attribute = table.attributes.get("context")
    if attribute is None:
        return None
    pairs = [
        each
        for each in declarations
        if isinstance(each, Aggregate)
        and _leads_to(each, table.name)
        # An ABI that imports a table cannot change what its slots take.
        and _file(each) == _file(table)
    ]
    owners = [each for each in pairs if is_own_context(each)]
    if not owners:
        return None
    if len(pairs) > 1:
        other = next(each for each in pairs if each is not owners[0])
        report.add(
            catalog.BAD_CONTEXT,
            attribute.span,
            f"slots of `{table.name}` take `{owners[0].name}` itself, and `{other.name}` points to the"
            " table as well",
            hint="a table belongs to one struct, or every struct with it has its context in a field",
            notes=(Note("the other struct", other.span),),
        )
    return owners[0]


def _leads_to(pair: Aggregate, table: str) -> bool:
    names = object_words(pair.attributes)
    if len(names) != 2:
        return False
    field = next((each for each in pair.fields if each.name == names[1]), None)
    return (
        field is not None
        and isinstance(field.type, types.Pointer)
        and isinstance(field.type.pointee, types.Named)
        and field.type.pointee.name == table
    )


def _file(declared: Aggregate | decls.Vtable) -> str | None:
    return declared.span.file if declared.span is not None else None


def _typed(table: decls.Vtable, owner: str) -> decls.Vtable:
    members = (
        _slot(member, owner) if isinstance(member, decls.Slot) else member
        for member in table.members
    )
    return replace(table, members=tuple(members))


def _slot(slot: decls.Slot, owner: str) -> decls.Slot:
    if slot.receiver is None or not slot.signature.parameters:
        return slot
    first, *others = slot.signature.parameters
    assert isinstance(first.type, types.Pointer)
    first = replace(first, type=replace(first.type, pointee=types.Named(owner)))
    return replace(slot, signature=replace(slot.signature, parameters=(first, *others)))
