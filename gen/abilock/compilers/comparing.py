"""What a compiler says beside what is computed: every type that it lays out otherwise, at its cause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from abilock.compat.uses import uses
from abilock.compilers.commands import Compiler
from abilock.compilers.probe import Answers, Place, Said, as_word
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Diagnostic, Note
from abilock.layout.measure import scalar_extent
from abilock.layout.shapes import AggregateLayout, Layout, TypeLayout
from abilock.model.decls import Constant, Declaration, EnumDecl, Library, members_of
from abilock.model.mentions import mentioned_types
from abilock.model.types import Field, Nested, Scalar
from abilock.outputs.c_declarations import C_SCALARS
from abilock.source import Span

_BYTE = 8
#: How many differences a message names and a note behind it, and how many types a note.
_SHOWN, _MORE = 3, 6
_NAMES = 6
#: How options begin that change layouts.
_LAYOUT_OPTIONS = (
    *("-fshort-enums", "-fno-short-enums", "-fpack-struct", "-fshort-wchar", "-fshort-double"),
    *("-malign-double", "-mno-align-double", "-mms-bitfields", "-mno-ms-bitfields", "-fms-"),
    *("-mstructure-size-boundary", "-mabi", "-mlong-double", "-mpcc-bitfields", "/Zp", "-Zp"),
)
_WHY = (
    "what is compiled with it and what is generated for others reads and calls different places,"
    " and nothing tells while a plugin is loaded"
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One number that is another: ``what`` it is of, ``theirs`` and ``ours``, and where it comes from.

    ex) ``b at offset``, ``8``, ``4``
    """

    what: str
    theirs: str
    ours: str
    span: Span | None

    @property
    def text(self) -> str:
        return f"{self.what} {self.theirs} instead of {self.ours}"


def contradictions(
    library: Library, layout: Layout, answers: Answers, compiler: Compiler
) -> Iterator[Diagnostic]:
    """A finding for each type or value that a compiler has otherwise. What holds such a type differs for
    that alone, and is told with it."""
    found = dict(_types(library, layout, answers))
    scalars = dict(_scalars(answers, layout))
    held = _held(library, found)
    for name, differences in found.items():
        if not held[name]:
            declared = library.find(name)
            holders = [other for other, causes in held.items() if name in causes]
            notes = tuple(_notes(declared, differences, scalars, holders))
            yield _finding(name, differences, notes, layout, compiler)
    yield from _values(library, answers, layout, compiler)
    if not found:
        yield from _in_signatures(library, scalars, layout, compiler)


def _finding(
    name: str,
    differences: tuple[Difference, ...],
    notes: tuple[Note, ...],
    layout: Layout,
    compiler: Compiler,
) -> Diagnostic:
    shown = ", ".join(each.text for each in differences[:_SHOWN])
    more = len(differences) - _SHOWN
    if more > 0:
        shown += f" and {more} more"
    return Diagnostic(
        catalog.LAYOUT_CONTRADICTED,
        f"`{compiler.text}` has `{name}` otherwise on {layout.target.triple}: {shown}",
        differences[0].span,
        _hint(compiler),
        (*notes, Note(_WHY)),
    )


def _hint(compiler: Compiler) -> str:
    options = [each for each in compiler.command[1:] if each.startswith(_LAYOUT_OPTIONS)]
    if options:
        told = ", ".join(f"`{each}`" for each in options)
        return (
            f"compile plugins and hosts without {told}, as others do who read the description;"
            " or describe what it makes of the type"
        )
    return (
        "look for options and pragmas that change layouts, in the command or in a script that it runs;"
        f" `abilock explain {catalog.LAYOUT_CONTRADICTED.number}` tells what else it can be"
    )


def _notes(
    declared: Declaration,
    differences: tuple[Difference, ...],
    scalars: Mapping[str, tuple[Difference, ...]],
    holders: list[str],
) -> Iterator[Note]:
    if len(differences) > _SHOWN:
        others = [each.text for each in differences[_SHOWN : _SHOWN + _MORE]]
        left = len(differences) - _SHOWN - len(others)
        yield Note(f"also {', '.join(others)}{f' and {left} more' if left else ''}")
    mentioned = {each.name for each in mentioned_types(declared) if isinstance(each, Scalar)}
    for name, reasons in scalars.items():
        if name in mentioned:
            told = ", ".join(each.text for each in reasons)
            yield Note(f"`{C_SCALARS[name]}` differs already: {told}")
    if holders:
        names = ", ".join(f"`{each}`" for each in holders[:_NAMES])
        more = f" and {len(holders) - _NAMES} more" if len(holders) > _NAMES else ""
        yield Note(f"what holds it differs with it: {names}{more}")


def _held(
    library: Library, found: Mapping[str, tuple[Difference, ...]]
) -> dict[str, frozenset[str]]:
    """Of every type that differs, those that differ and that it holds by value, at whatever depth."""
    inside: dict[str, set[str]] = {}
    for name, places in uses(library).embedded.items():
        for place in places:
            inside.setdefault(place.partition(".")[0], set()).add(name)
    held = {}
    for name in found:
        reached = set(inside.get(name, ()))
        waiting = list(reached)
        for each in waiting:  # grows while it is walked
            new = inside.get(each, set()) - reached
            reached |= new
            waiting += new
        held[name] = frozenset(reached & found.keys() - {name})
    return held


# --- numbers that differ


def _types(
    library: Library, layout: Layout, answers: Answers
) -> Iterator[tuple[str, tuple[Difference, ...]]]:
    for name, said in answers.types:
        differences = tuple(_of_type(library.find(name), layout.types[name], said))
        if differences:
            yield name, differences


def _of_type(declared: Declaration, shape: TypeLayout, said: Said) -> Iterator[Difference]:
    spans = dict(_member_spans(declared))
    if isinstance(shape, AggregateLayout):
        theirs = dict(said.places)
        for each in shape.flat_fields():
            if each.name in theirs:
                start, end = each.extent
                ours, is_bits = Place(start, end - start), each.bit_offset is not None
                span = spans.get(each.name, declared.span)
                yield from _of_member(each.name, ours, theirs[each.name], is_bits, span)
    yield from _of_whole(shape.size, shape.align, said, declared.span)


def _of_member(
    name: str, ours: Place, theirs: Place, is_bits: bool, span: Span | None
) -> Iterator[Difference]:
    at, unit = ("bit", 1) if is_bits else ("offset", _BYTE)
    if ours.offset != theirs.offset:
        yield Difference(
            f"`{name}` at {at}", str(theirs.offset // unit), str(ours.offset // unit), span
        )
    if ours.size != theirs.size:
        yield Difference(
            f"`{name}` with {'bits' if is_bits else 'size'}",
            str(theirs.size // unit),
            str(ours.size // unit),
            span,
        )


def _of_whole(size: int, align: int, said: Said, span: Span | None) -> Iterator[Difference]:
    if size != said.size:
        yield Difference("size", str(said.size), str(size), span)
    if align != said.align:
        yield Difference("alignment", str(said.align), str(align), span)


def _member_spans(declared: Declaration) -> Iterator[tuple[str, Span | None]]:
    for member in members_of(declared):
        yield from _spans_in(member, "")


def _spans_in(member: object, prefix: str) -> Iterator[tuple[str, Span | None]]:
    name = f"{prefix}{getattr(member, 'name', '') or ''}"
    span = getattr(member, "span", None)
    if span is not None:
        yield name, span
    if isinstance(member, Field) and isinstance(member.type, Nested):
        inner = f"{name}." if member.name else prefix
        for each in member.type.aggregate.fields:
            yield from _spans_in(each, inner)


def _scalars(answers: Answers, layout: Layout) -> Iterator[tuple[str, tuple[Difference, ...]]]:
    for name, said in answers.scalars:
        ours = scalar_extent(name, layout.target)
        differences = tuple(_of_whole(ours.size, ours.align, said, None))
        if differences:
            yield name, differences


def _in_signatures(
    library: Library,
    scalars: Mapping[str, tuple[Difference, ...]],
    layout: Layout,
    compiler: Compiler,
) -> Iterator[Diagnostic]:
    """Scalars that no type holds by value, where something else mentions them first."""
    for name, differences in scalars.items():
        # Where it only stands by itself, in memory or a register, its alignment moves nothing.
        sizes = [each for each in differences if each.what == "size"]
        declared = next(
            (
                each
                for each in library.declarations
                if not isinstance(each, (EnumDecl, Constant))
                and Scalar(name) in mentioned_types(each)
            ),
            None,
        )
        if sizes and declared is not None:
            placed = tuple(
                Difference(each.what, each.theirs, each.ours, declared.span) for each in sizes
            )
            yield _finding(C_SCALARS[name], placed, (), layout, compiler)


def _values(
    library: Library, answers: Answers, layout: Layout, compiler: Compiler
) -> Iterator[Diagnostic]:
    for (name, inner), theirs in answers.values:
        declared = library.find(name)
        span, what = declared.span, "value"
        if isinstance(declared, EnumDecl):
            meant = next(each for each in declared.values if each.name == inner)
            ours, span = meant.value, meant.span or span
        elif not isinstance(declared, Constant):
            continue
        elif isinstance(declared.value, str):
            ours, what = len(declared.value.encode()) + 1, "size"
        else:
            ours = declared.value
        if theirs != as_word(ours):
            told = f"{name}.{inner}" if inner else name
            signed = theirs - (1 << 64) if ours < 0 else theirs
            difference = Difference(what, str(signed), str(ours), span)
            yield _finding(told, (difference,), (), layout, compiler)
