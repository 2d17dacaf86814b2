"""The reference page: everything that an ABI declares, for the people who use it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from abilock.layout.shapes import AggregateLayout, EnumLayout, Layout
from abilock.model import decls
from abilock.model.attributes import Attributes
from abilock.model.c_names import given_c_name, value_c_name, value_prefix
from abilock.model.targets import TRIPLES, describe_targets
from abilock.model.text import parameter_text, signature_text, slot_words, type_text
from abilock.outputs.comments import markdown_cell, markdown_lines
from abilock.outputs.docs.picture import picture
from abilock.outputs.spec import Layouts, Page
from abilock.outputs.wording import remarks
from abilock.syntax.printer import string_text


@dataclass(frozen=True, slots=True)
class RowView:
    """One row of a table. ex) ``8``, ``8``, ``` `len: usize` ```, ``Bytes at `ptr`.``"""

    place: str
    size: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class SlotView:
    """A slot of a vtable. Its offset is in the layout tables, where an insertion belongs.

    ``code`` is its signature, one line per parameter if it is long; ``said`` is what is said of each
    parameter and of the result.
    """

    name: str
    code: tuple[str, ...]
    text: tuple[str, ...]
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EntryView:
    """One declaration. ``code`` is how it is written, ``shape`` its size and alignment."""

    name: str
    anchor: str
    code: tuple[str, ...]
    text: tuple[str, ...]
    remarks: tuple[str, ...]
    shape: str
    picture: tuple[str, ...]
    place_head: str
    size_head: str
    code_head: str
    rows: tuple[RowView, ...]
    slots: tuple[SlotView, ...]


@dataclass(frozen=True, slots=True)
class SectionView:
    title: str
    anchor: str
    entries: tuple[EntryView, ...]


@dataclass(frozen=True, slots=True)
class DocsView:
    """What ``docs/reference.md.jinja`` prints."""

    name: str
    version: str
    source: str
    text: tuple[str, ...]
    facts: tuple[str, ...]
    sections: tuple[SectionView, ...]


def pages(library: decls.Library, layouts: Layouts) -> tuple[Page, ...]:
    """The reference of a library."""
    view = DocsView(
        library.name,
        str(library.version),
        library.source,
        markdown_lines(library.doc.lines),
        tuple(_facts(library)),
        tuple(section for section in _sections(library, layouts) if section.entries),
    )
    return (Page(f"docs/{library.name}.md", "docs/reference.md.jinja", view),)


def _facts(library: decls.Library) -> Iterator[str]:
    arguments = ", ".join(str(given) for given in library.compat.arguments)
    rule = f"{library.compat.rule}({arguments})" if arguments else library.compat.rule
    yield f"Compatibility rule: `{rule}`"
    yield f"Targets: {describe_targets(library.targets, TRIPLES)}"
    yield f"Offsets in bytes, where one is given for `{library.targets[0]}`"
    for allocator in library.allocators:
        schemes = ", ".join(
            f"`{scheme.acquire}{f'/{scheme.release}' if scheme.release else ''}`"
            + (f" on {scheme.family}" if scheme.family else "")
            for scheme in allocator.schemes
        )
        yield f"Allocator `{allocator.name}`: {schemes}"


def _sections(library: decls.Library, layouts: Layouts) -> Iterator[SectionView]:
    kinds: Sequence[tuple[str, type | tuple[type, ...]]] = (
        ("Entries", (decls.EntryFunction, decls.EntryStatic)),
        ("Vtables", decls.Vtable),
        ("Structs and unions", decls.Aggregate),
        ("Enums and flags", decls.EnumDecl),
        ("Callbacks", decls.Callback),
        ("Constants", decls.Constant),
        ("Aliases", decls.Alias),
        ("Opaque types", decls.Opaque),
    )
    for title, kind in kinds:
        chosen = [found for found in library.declarations if isinstance(found, kind)]
        yield SectionView(
            title,
            title.lower().replace(" ", "-"),
            tuple(_entry(found, layouts) for found in chosen),
        )


def _entry(declaration: decls.Declaration, layouts: Layouts) -> EntryView:
    code: tuple[str, ...]
    rows: tuple[RowView, ...] = ()
    slots: tuple[SlotView, ...] = ()
    heads = ("offset", "size", "field")
    drawn: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    own = False
    match declaration:
        case decls.Aggregate():
            shape = _aggregate(declaration.name, layouts[0])
            code = (f"{'union' if declaration.is_union else 'struct'} {declaration.name}",)
            rows = tuple(_fields(declaration.fields, shape))
            drawn = picture(shape)
        case decls.Vtable():
            shape = _aggregate(declaration.name, layouts[0])
            code = (f"vtable {declaration.name}",)
            rows = tuple(_fields(declaration.members, shape))
            slots = tuple(_slots(declaration))
        case decls.EnumDecl():
            code = (f"{declaration.kind.value} {declaration.name}: {declaration.underlying}",)
            heads = ("value", "", "name")
            rows = tuple(
                RowView(
                    str(value.value),
                    "",
                    f"`{value.name}`",
                    _text(value.doc, value.attributes, more=_value_in_c(declaration, value)),
                )
                for value in declaration.values
            )
        case decls.Callback():
            code = _signature_lines("callback", declaration.signature, declaration.name)
            said = tuple(_said(declaration.signature))
        case decls.EntryFunction():
            kind = "optional entry" if declaration.optional else "entry"
            code = _signature_lines(kind, declaration.signature, declaration.name)
            said = tuple(_said(declaration.signature))
        case decls.EntryStatic():
            kind = "optional entry static" if declaration.optional else "entry static"
            kind += " const" if declaration.const else ""
            code = (f"{kind} {declaration.name}: {type_text(declaration.type)}",)
        case decls.Constant():
            code = (f"const {declaration.name}: {declaration.type} = {_value(declaration.value)}",)
        case decls.Alias():
            code = (f"type {declaration.name} = {type_text(declaration.type)}",)
            own = declaration.own
        case decls.Opaque():
            code = (f"opaque {declaration.name}",)
    return EntryView(
        declaration.name,
        declaration.name.lower(),
        code,
        markdown_lines(declaration.doc.lines),
        (*_safe((*_in_c(declaration.attributes), *remarks(declaration.attributes, own))), *said),
        _shape(declaration.name, layouts),
        drawn,
        *heads,
        rows,
        slots,
    )


#: A signature that is longer stands with one parameter per line.
_LINE = 96


def _signature_lines(kind: str, signature: decls.Signature, name: str) -> tuple[str, ...]:
    whole = f"{kind} {signature_text(signature, name)}".lstrip()
    if len(whole) <= _LINE:
        return (whole,)
    given = [parameter_text(parameter) for parameter in signature.parameters]
    given += ["..."] if signature.variadic else []
    head, _, tail = whole.partition("(")
    result = tail[len(", ".join(given)) :]
    return (f"{head}(", *(f"    {one}," for one in given), result)


def _value(value: int | str) -> str:
    return string_text(value) if isinstance(value, str) else str(value)


def _aggregate(name: str, layout: Layout) -> AggregateLayout:
    shape = layout.types[name]
    assert isinstance(shape, AggregateLayout)
    return shape


def _fields(members: Sequence[decls.Member], shape: AggregateLayout) -> Iterator[RowView]:
    for member, placed in zip(members, shape.members, strict=True):
        if isinstance(member, decls.Slot):
            continue
        if placed.bit_offset is None:
            place, size = str(placed.offset), str(placed.size)
        else:
            place, size = f"{placed.bit_offset // 8}:{placed.bit_offset % 8}", f":{placed.bit_size}"
        own = "own " if member.own else ""
        code = f"`{member.name or '_'}: {own}{type_text(member.type)}`"
        more = _in_c(member.attributes)
        yield RowView(place, size, code, _text(member.doc, member.attributes, member.own, more))


def _slots(vtable: decls.Vtable) -> Iterator[SlotView]:
    for slot in vtable.slots:
        yield SlotView(
            slot.name,
            _signature_lines(slot_words(slot), slot.signature, slot.name),
            markdown_lines(slot.doc.lines),
            (
                *_safe((*_in_c(slot.attributes), *remarks(slot.attributes))),
                *_said(slot.signature),
            ),
        )


def _said(signature: decls.Signature) -> Iterator[str]:
    """What is said of parameters and result, each under its name."""
    for given in signature.parameters:
        text = _text(given.doc, given.attributes, given.own and not given.receiver)
        if text and not given.receiver:
            yield f"`{given.name or '_'}`: {text}"
    if signature.result is not None:
        text = _text(decls.Doc(), signature.result.attributes, signature.result.own)
        if text:
            yield f"Result: {text}"


def _safe(sentences: Iterable[str]) -> Iterator[str]:
    """Sentences may quote strings of the description, and those may hold anything."""
    return (markdown_cell(sentence) for sentence in sentences)


def _in_c(attributes: Attributes) -> tuple[str, ...]:
    """What a name is in headers, if it is another there."""
    given = given_c_name(attributes)
    return () if given is None else (f"In C: `{given}`.",)


def _value_in_c(enum: decls.EnumDecl, value: decls.EnumValue) -> tuple[str, ...]:
    if value_prefix(enum) is None:
        return _in_c(value.attributes)
    return (f"In C: `{value_c_name(enum, value)}`.",)


def _text(
    doc: decls.Doc, attributes: Attributes, own: bool = False, more: tuple[str, ...] = ()
) -> str:
    parts: Iterable[str] = (*doc.lines, *more, *remarks(attributes, own))
    return markdown_cell(" ".join(part for part in parts if part))


def _shape(name: str, layouts: Layouts) -> str:
    """ex) ``size 16, align 8 (64-bit targets); size 8, align 4 (32-bit targets)``"""
    if name not in layouts[0].types:
        return ""
    groups: dict[tuple[int, int], list[str]] = {}
    for layout in layouts:
        shape: AggregateLayout | EnumLayout = layout.types[name]
        groups.setdefault((shape.size, shape.align), []).append(layout.target.triple)
    everything = [layout.target.triple for layout in layouts]
    return "; ".join(
        f"size {size}, align {align}"
        + (f" ({describe_targets(triples, everything)})" if len(groups) > 1 else "")
        for (size, align), triples in groups.items()
    )
