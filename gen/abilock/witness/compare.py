"""What was compiled, beside what is described: the same judgement as that of a generated loader.

A difference of layout is one at whatever version: a call through it, or a value of it, is wrong. One of
the contract counts between equal versions only, of which neither may differ; between others, the
compatibility rule has said what it thinks of it. What only one side has is fine if that side is newer,
and says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from abilock.layout.engine import lay_out
from abilock.layout.shapes import AggregateLayout
from abilock.layout.target import Target
from abilock.model.decls import Library
from abilock.model.exact import exact_types
from abilock.model.prints import fingerprint_of_all
from abilock.model.version import Version
from abilock.model.witness import Measure, rows
from abilock.witness.record import Proof, Record


@dataclass(frozen=True, slots=True)
class Described:
    """A row of the description, laid out. ``exact``: the type must have this size and no other."""

    row: Proof
    since: Version | None
    exact: bool


@dataclass(frozen=True, slots=True)
class Ages:
    """How old a library is: no newer than the description, of its very version, and as its plugins tell.
    ``is_known``: it was made of a release, word for word, of which it is known that its plugins are fine
    here, whatever has another name now."""

    is_old: bool
    is_same: bool
    told: Version | None
    is_known: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """``element``: a declaration, or a member of one. ``compiled`` and ``described``: what each side has
    there; empty for nothing. ``contract``: the fingerprint of what was promised, where that is other."""

    element: str
    is_layout: bool
    message: str
    compiled: str
    described: str
    contract: int | None = None


def described(library: Library, target: Target) -> tuple[tuple[Described, ...], ...]:
    """What a witness of the library has to say on a target: by declaration, its members behind it."""
    layout = lay_out(library, target)
    exact = exact_types(library)
    found = []
    for group in rows(library):
        shape = layout.types.get(group[0].name)
        places = (
            {each.name: (each.size, each.offset) for each in shape.flat_fields()}
            if isinstance(shape, AggregateLayout)
            else {}
        )
        made = []
        for row in group:
            size: int | None = None
            offset: int | None = None
            if row.measure is Measure.SIZE and shape is not None:
                size = shape.size
            elif row.measure is Measure.PLACE:
                size, offset = places[row.name]
            proof = Proof(
                row.kind, row.name, row.owner, row.text, size, offset, row.form, row.contract
            )
            made.append(Described(proof, row.since, row.name in exact and not row.owner))
        found.append(tuple(made))
    return tuple(found)


def accepts(rule: str, mine: Version, theirs: Version) -> bool:
    """Whether loaders take a plugin that was compiled for another version. Rules that compare other
    numbers than versions say nothing of that."""
    if rule == "exact":
        return theirs == mine
    if rule == "major.minor":
        return (theirs.major, theirs.minor) == (mine.major, mine.minor)
    if rule == "semver":
        if mine.major:
            return theirs.major == mine.major and theirs >= mine
        if mine.minor:
            return (theirs.major, theirs.minor) == (0, mine.minor) and theirs >= mine
        return theirs == mine
    return True


def differences(
    groups: Sequence[Sequence[Described]],
    record: Record,
    version: Version,
    told: Version | None,
    harmless: str | None = None,
) -> Iterator[Difference]:
    """Where the record is not what the description of this version says, causes before what they move.

    ``told``: what plugins of the record's release tell, in which ``since`` counts; None if nobody knows.
    ``harmless``: the fingerprint of the witnesses of that release, if its plugins are fine.
    """
    compiled: dict[str, dict[str, Proof]] = {}
    for row in record.rows:
        compiled.setdefault(row.owner or row.name, {})[row.name if row.owner else ""] = row
    is_known = harmless is not None and harmless == fingerprint_of_all(record.rows)
    ages = Ages(record.version <= version, record.version == version, told, is_known)
    aliases = [
        (first.row, compiled[first.row.name][""])
        for first, *_ in groups
        if first.row.kind == "alias" and "" in compiled.get(first.row.name, {})
    ]
    renamed = [(one, other) for one, other in aliases if one.contract != other.contract]
    for first, *members in groups:
        found = compiled.get(first.row.name)
        if found is None or "" not in found or first.row.kind == "alias":
            continue
        for each in _declaration(first, members, found, ages):
            means = [
                f"`{one.name}` was `{other.text}` there and is `{one.text}` here"
                for one, other in renamed
                if re.search(rf"\b{one.name}\b", each.described)
            ]
            yield replace(each, message="; ".join((each.message, *means)))


def missing(
    groups: Sequence[Sequence[Described]], record: Record
) -> tuple[tuple[str, Version], ...]:
    """What a library does not have since it is older, and what brought it."""
    have = {(row.owner, row.name) for row in record.rows}
    return tuple(
        (f"{each.row.owner}.{each.row.name}" if each.row.owner else each.row.name, each.since)
        for group in groups
        for each in group
        if each.since is not None and (each.row.owner, each.row.name) not in have
    )


def _declaration(
    first: Described,
    members: Sequence[Described],
    compiled: Mapping[str, Proof],
    ages: Ages,
) -> Iterator[Difference]:
    name, whole = first.row.name, compiled[""]
    if whole.form != first.row.form and not ages.is_known:
        yield _made(name, True, whole, first.row)
        return
    wrong = [found for each in members if (found := _member(each, compiled, ages)) is not None]
    known = {each.row.name for each in members}
    extra = [row for inner, row in compiled.items() if inner and inner not in known]
    layout = [each for each in wrong if each.is_layout]
    if layout:
        more = len(layout) - 1
        also = (
            f"; so are {more} more of it" if more > 1 else "; so is one more of it" if more else ""
        )
        cause = layout[0]
        yield Difference(cause.element, True, cause.message + also, cause.compiled, cause.described)
        return
    if extra and ages.is_old and not ages.is_known:
        is_layout = extra[0].kind != "value"
        text = _spelled(extra[0])
        told = f"compiled with `{text}`, which is not described"
        yield Difference(f"{name}.{extra[0].name}", is_layout, told, text, "")
        return
    sizes = (whole.size, first.row.size)
    is_same = not extra and len(compiled) == len(members) + 1
    if None not in sizes and sizes[0] != sizes[1] and (first.exact or is_same):
        told = f"compiled with {sizes[0]} bytes, described with {sizes[1]}"
        yield Difference(name, True, told, f"{sizes[0]} bytes", f"{sizes[1]} bytes")
        return
    if ages.is_same and whole.contract != first.row.contract:
        yield _made(name, False, whole, first.row)
    yield from wrong


def _member(each: Described, compiled: Mapping[str, Proof], ages: Ages) -> Difference | None:
    row = each.row
    element = f"{row.owner}.{row.name}"
    found = compiled.get(row.name)
    if found is None:
        if ages.is_known:
            return None
        if each.since is not None and ages.told is not None and ages.told < each.since:
            return None
        if row.kind == "value":
            return _made(element, False, None, row) if ages.is_same else None
        there = next(
            (other for inner, other in compiled.items() if inner and _is_at(other, row.offset)),
            None,
        )
        return _made(element, True, there, row)
    is_alike = ages.is_known or found.form == row.form
    if not (is_alike and _agree(found.size, row.size)):
        return _made(element, True, found, row)
    if not _agree(found.offset, row.offset):
        there = next(
            (other for inner, other in compiled.items() if inner and _is_at(other, row.offset)),
            found,
        )
        return _made(element, True, there, row)
    if ages.is_same and found.contract != row.contract:
        return _made(element, False, found, row)
    return None


def _is_at(row: Proof, offset: int | None) -> bool:
    return offset is not None and row.offset == offset


def _agree(one: int | None, other: int | None) -> bool:
    return one is None or other is None or one == other


def _made(element: str, is_layout: bool, found: Proof | None, wanted: Proof) -> Difference:
    described = _spelled(wanted)
    if found is None:
        return Difference(element, is_layout, f"compiled without `{described}`", "", described)
    compiled = _spelled(found)
    numbers = found.size != wanted.size or found.offset != wanted.offset
    mine, theirs = (_numbers(wanted), _numbers(found)) if numbers else ("", "")
    beside = "" if is_layout else ", with other promises"
    message = f"compiled as `{compiled}`{theirs}, described as `{described}`{mine}{beside}"
    contract = None if is_layout else found.contract
    return Difference(element, is_layout, message, compiled, described, contract)


def _numbers(row: Proof) -> str:
    """ex) `` (8 bytes at offset 16)``"""
    if row.size is None:
        return ""
    return f" ({row.size} bytes{'' if row.offset is None else f' at offset {row.offset}'})"


def _spelled(row: Proof) -> str:
    """ex) ``fn id_fn(self: const) -> FfiStr``, ``len: usize``, ``struct FfiStr``"""
    if row.kind in ("slot", "entry", "callback") and "fn(" in row.text:
        return row.text.replace("fn(", f"fn {row.name}(", 1)
    if row.kind == "field":
        return f"{row.name}: {row.text}"
    if row.kind == "value":
        return f"{row.name} = {row.text}"
    return f"{row.kind} {row.name}{f': {row.text}' if row.text else ''}"


def told_promise(version: Version, text: str) -> str:
    """Which promises those are. ex) ``: those of 1.2.0, since when …``"""
    return f": those of {version}" + (f" (since then, {text})" if text else "")
