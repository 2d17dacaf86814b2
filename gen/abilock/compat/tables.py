"""What two layout tables tell of a change: places and sizes, and nothing of what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from abilock.compat.changes import Kind
from abilock.compat.findings import Consequence, Finding, Level, Verdict
from abilock.compat.flows import Flow, Source, cells
from abilock.compat.judging import REWRITE
from abilock.compat.outcomes import Outcome
from abilock.compat.pairing import pair
from abilock.compat.table import RULES
from abilock.compat.verdict import verdict_of
from abilock.compat.versions import Release
from abilock.model.decls import Compat
from abilock.model.version import Version

_FINE = Outcome.FINE
_UNTOLD = "a layout does not say whether `@since` keeps it from being used: compare descriptions"


@dataclass(frozen=True, slots=True)
class Cell:
    """A member of a table; place and size in bits. ``is_slot``: it is a function of a vtable."""

    name: str
    place: int
    size: int
    is_slot: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """A type of a table, with members or with values."""

    kind: str
    size: int
    align: int
    members: tuple[Cell, ...] = ()
    values: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A ``layout/<target>.json``: ``version`` is that of its ABI, 0.0.0 where it says none; ``compat`` the
    rule of a description that it was made of, and None in files, which say none."""

    abi: str
    version: Version
    target: str
    types: Mapping[str, Shape]
    compat: Compat | None = None


def read_table(data: object) -> Table | None:
    """A table from what its JSON says; None if it is none."""
    match data:
        case {"abi": str() as abi, "target": str() as target, "types": dict() as types, **rest}:
            pass
        case _:
            return None
    version = Version.parse(str(rest.get("version", ""))) or Version(0, 0, 0)
    shapes = {str(name): _shape(each) for name, each in types.items()}
    if any(each is None for each in shapes.values()):
        return None
    found = {name: each for name, each in shapes.items() if each is not None}
    return Table(abi, version, target, found)


def _shape(data: object) -> Shape | None:
    match data:
        case {"kind": str() as kind, "size": int() as size, "align": int() as align, **rest}:
            pass
        case _:
            return None
    fields, values = rest.get("fields"), rest.get("values")
    if isinstance(values, dict):
        numbers = {str(name): int(each) for name, each in values.items()}
        return Shape(kind, size, align, values=numbers)
    cells_of = [_cell(each) for each in fields] if isinstance(fields, list) else [None]
    found = tuple(each for each in cells_of if each is not None)
    return Shape(kind, size, align, found) if len(found) == len(cells_of) else None


def _cell(data: object) -> Cell | None:
    match data:
        case {"name": str() as name, "bit_offset": int() as place, "bit_size": int() as size}:
            return Cell(name, place, size, False)
        case {"name": str() as name, "offset": int() as place, "size": int() as size, **rest}:
            return Cell(name, place * 8, size * 8, "slot" in rest)
        case _:
            return None


def judge_tables(old: Table, new: Table) -> Verdict:
    """What changed between two tables of one target. Who provides what, they do not say, so that every
    type is taken to be anybody's, and the rule to be the usual one, if neither is of a description.
    Rules that compare numbers need more than a table has."""
    told = [each.compat for each in (new, old) if each.compat and not each.compat.is_number]
    rule = told[0] if told else Compat("major.minor")
    findings = tuple(_findings(old, new))
    return verdict_of(findings, Release(old.version, rule), Release(new.version, rule))


def _findings(old: Table, new: Table) -> Iterator[Finding]:
    for name, after in new.types.items():
        before = old.types.get(name)
        if before is None:
            yield _finding(Kind.TYPE_ADDED, name, f"`{after.kind} {name}` was added", Flow())
        elif before.kind != after.kind:
            message = f"`{name}` is `{after.kind}` now, and was `{before.kind}`"
            yield _finding(Kind.TYPE_RETARGETED, name, message, Flow.both(Outcome.MISREADS))
        else:
            yield from _of_type(name, before, after)
    for name, before in old.types.items():
        if name not in new.types:
            message = f"`{before.kind} {name}` is gone"
            yield _finding(Kind.TYPE_REMOVED, name, message, Flow(), REWRITE)


def _of_type(name: str, old: Shape, new: Shape) -> Iterator[Finding]:
    if old.values is not None and new.values is not None:
        yield from _of_values(name, old, new)
        return
    found = list(_of_members(name, old, new))
    said = tuple(_consequences(name, old, new))
    if not found and said:
        kind = Kind.ALIGNMENT_CHANGED
        message = f"`{name}` is laid out differently"
        found = [_finding(kind, name, message, Flow.both(Outcome.MISREADS))]
    for at, each in enumerate(found):
        yield _with(each, said) if at == 0 else each


def _of_members(name: str, old: Shape, new: Shape) -> Iterator[Finding]:
    before = [each for each in old.members if "." not in each.name]
    after = [each for each in new.members if "." not in each.name]
    is_union = new.kind == "union"
    found = pair(before, after, lambda each: each.name, lambda one, other: one.size == other.size)
    moved = any(one.place != other.place for one, other in found.kept)
    wrong = Outcome.WRONG_FUNCTION if any(each.is_slot for each in after) else Outcome.MISREADS
    elsewhere = Flow.both(wrong)
    for gone in found.removed:
        flow = elsewhere if moved else Flow(_FINE, Outcome.READS_PAST_END)
        kind = _kind(gone, Kind.SLOT_REMOVED, Kind.FIELD_REMOVED)
        kind = Kind.UNION_MEMBER_REMOVED if is_union else kind
        yield _finding(kind, f"{name}.{gone.name}", f"`{name}.{gone.name}` is gone", flow, REWRITE)
    for came in found.inserted if not is_union else ():
        message = f"`{name}.{came.name}` was added before others that were there"
        kind = _kind(came, Kind.SLOT_INSERTED, Kind.FIELD_INSERTED)
        yield _finding(kind, f"{name}.{came.name}", message, elsewhere)
    for came in (*found.appended, *(found.inserted if is_union else ())):
        message = f"`{name}.{came.name}` was added at the end"
        kind = _kind(came, Kind.SLOT_APPENDED, Kind.FIELD_APPENDED)
        kind = Kind.UNION_MEMBER_ADDED if is_union else kind
        flow = Flow(Outcome.READS_PAST_END, _FINE) if new.size > old.size else Flow()
        yield _finding(kind, f"{name}.{came.name}", message, flow, hint=_UNTOLD)
    for former, now in found.renamed:
        kind = _kind(now, Kind.SLOT_RENAMED, Kind.FIELD_RENAMED)
        kind = Kind.UNION_MEMBER_RENAMED if is_union else kind
        message = f"`{name}.{now.name}` had another name: `{former.name}`"
        yield _finding(kind, f"{name}.{now.name}", message, Flow(), REWRITE)
    for one, other in found.swapped if not is_union else ():
        kind = _kind(one, Kind.SLOTS_SWAPPED, Kind.FIELDS_SWAPPED)
        message = f"`{name}.{one.name}` and `{other.name}` changed places, or names"
        yield _finding(kind, f"{name}.{one.name}", message, elsewhere)
    for each in found.moved if not is_union else ():
        kind = _kind(each, Kind.SLOT_MOVED, Kind.FIELD_MOVED)
        message = f"`{name}.{each.name}` stands at another place"
        yield _finding(kind, f"{name}.{each.name}", message, elsewhere)
    for former, now in found.kept:
        if former.size != now.size:
            message = f"`{name}.{now.name}` takes {now.size} bits now, and took {former.size}"
            yield _finding(
                Kind.WIDTH_CHANGED, f"{name}.{now.name}", message, Flow.both(Outcome.MISREADS)
            )


def _consequences(name: str, old: Shape, new: Shape) -> Iterator[Consequence]:
    places = {each.name: each.place for each in old.members}
    moved = [
        f"{each.name} {_place(places[each.name])} -> {_place(each.place)}"
        for each in new.members
        if each.name in places and places[each.name] != each.place
    ]
    if moved:
        noun = "member" if len(moved) == 1 else "members"
        yield Consequence(f"moves {len(moved)} {noun}", tuple(moved))
    if old.size != new.size:
        verb = "grows" if new.size > old.size else "shrinks"
        yield Consequence(f"`{name}` {verb} from {old.size} to {new.size} bytes")
    if old.align != new.align:
        yield Consequence(f"`{name}` is aligned to {new.align} bytes instead of {old.align}")


def _place(bits: int) -> str:
    return f"bit {bits}" if bits % 8 else str(bits // 8)


def _of_values(name: str, old: Shape, new: Shape) -> Iterator[Finding]:
    before, after = old.values or {}, new.values or {}
    if old.size != new.size:
        message = f"`{name}` takes {new.size} bytes now, and took {old.size}"
        yield _finding(Kind.ENUM_WIDTH_CHANGED, name, message, Flow.both(Outcome.MISREADS))
    for value, number in after.items():
        place = f"{name}.{value}"
        if value not in before:
            message = f"`{place}` = {number} was added"
            flow = Flow(_FINE, Outcome.UNKNOWN_VALUE)
            yield _finding(Kind.VALUE_ADDED, place, message, flow)
        elif before[value] != number:
            message = f"`{place}` has another number: {before[value]} -> {number}"
            yield _finding(Kind.VALUE_RENUMBERED, place, message, Flow.both(Outcome.MISREADS))
    for value in before:
        if value not in after:
            flow = Flow(Outcome.UNKNOWN_VALUE, _FINE)
            place = f"{name}.{value}"
            yield _finding(Kind.VALUE_REMOVED, place, f"`{place}` is gone", flow, REWRITE)


def _kind(cell: Cell, slot: Kind, field: Kind) -> Kind:
    return slot if cell.is_slot else field


def _finding(
    kind: Kind,
    subject: str,
    message: str,
    flow: Flow,
    source: Source | None = None,
    hint: str | None = None,
) -> Finding:
    level = Level.COMPATIBLE if flow == Flow() else Level.BREAKING
    judged = cells(flow, source or Source(), ())
    return Finding(RULES[kind], level, subject, message, judged, hint=hint)


def _with(finding: Finding, said: tuple[Consequence, ...]) -> Finding:
    return Finding(
        finding.rule,
        finding.level,
        finding.subject,
        finding.message,
        finding.cells,
        consequences=said,
        hint=finding.hint,
    )
