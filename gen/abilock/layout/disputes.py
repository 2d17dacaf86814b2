"""Constructs that compilers of one and the same target lay out differently, or cannot spell.

``lay_out`` gives them the layout that clang does; whoever accepts them has an ABI that depends on the
compiler. Each was seen with gcc 12 and clang 18.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.layout.target import BitFieldRule, Target, find_target
from abilock.model import decls, types
from abilock.model.targets import describe_targets
from abilock.model.types import Aggregate, Field
from abilock.source import Span

#: `#pragma pack` knows no more (gcc, Microsoft: 1, 2, 4, 8 or 16).
MOST_PACKED = 16


@dataclass(frozen=True, slots=True)
class Dispute:
    """``reason`` completes "compilers disagree: …"; ``member`` is None for the item as a whole, and
    where the member has no name."""

    declaration: str
    member: str | None
    target: Target
    reason: str
    span: Span | None


def disputes(library: decls.Library, targets: Iterable[Target]) -> tuple[Dispute, ...]:
    """Every disputed construct, by target and then in the library's order."""
    records = [
        _as_struct(each)
        for each in library.declarations
        if isinstance(each, Aggregate | decls.Vtable)
    ]
    return tuple(
        found
        for target in targets
        for record in records
        for found in _in_aggregate(record, record.name, target)
    )


def _as_struct(record: Aggregate | decls.Vtable) -> Aggregate:
    if isinstance(record, Aggregate):
        return record
    fields = tuple(member for member in record.members if isinstance(member, Field))
    return Aggregate(record.name, False, fields, span=record.span)


def report_disputes(library: decls.Library, report: Report) -> None:
    """Warn of every disputed construct, once for all the targets that it concerns."""
    groups: dict[tuple[str, str | None, str], list[Dispute]] = {}
    for found in disputes(library, map(find_target, library.targets)):
        key = (found.declaration, found.member, found.reason)
        groups.setdefault(key, []).append(found)
    for (declaration, member, reason), same in groups.items():
        where = describe_targets([found.target.triple for found in same], library.targets)
        what = declaration if member is None else f"{declaration}.{member}"
        report.add(
            catalog.DISPUTED_LAYOUT,
            same[0].span,
            f"compilers disagree on the layout of `{what}` on {where}: {reason}",
            hint="abilock goes with clang; write it another way, or leave the target out",
        )


def _in_aggregate(aggregate: Aggregate, declaration: str, target: Target) -> Iterator[Dispute]:
    if aggregate.packed is not None and aggregate.packed > MOST_PACKED:
        ignored = f"`@packed` to more than {MOST_PACKED} bytes is refused or ignored"
        yield Dispute(declaration, None, target, ignored, aggregate.span)
    for field in aggregate.fields:
        reason = _reason(field, aggregate, target)
        if reason is not None:
            yield Dispute(declaration, field.name, target, reason, field.span or aggregate.span)
        if isinstance(field.type, types.Nested):
            yield from _in_aggregate(field.type.aggregate, declaration, target)


def _reason(field: Field, inside: Aggregate, target: Target) -> str | None:
    if field.align is not None and inside.packed is not None:
        return "packing wins over the member's alignment, except for Microsoft's compiler"
    if field.align is not None and isinstance(field.type, types.Nested):
        # `ALIGN(8) struct { … } x;`; without the `x`, gcc ignores it. No one spelling serves all.
        return (
            "where a type is written out, Microsoft's compiler aligns the type, others the member"
        )
    if field.bits is None:
        return None
    if field.align is not None:
        return "the alignment of a bit-field moves it, its unit or nothing"
    if target.bit_fields is BitFieldRule.MICROSOFT and not target.is_msvc:
        if inside.is_union:
            return "gcc aligns a union for its bit-fields, clang does not"
        if field.bits == 0 and inside.packed is not None:
            return "packing limits how far gcc goes to close a bit-field's unit, but not clang"
    return None
