"""The reference page: everything that an ABI declares, for the people who use it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from abilock.layout.shapes import AggregateLayout, EnumLayout, Layout
from abilock.model import decls
from abilock.model.attributes import Attributes
from abilock.model.text import signature_text, type_text
from abilock.outputs.comments import markdown_cell, markdown_lines
from abilock.outputs.docs.picture import picture
from abilock.outputs.spec import Layouts, Page
from abilock.outputs.wording import remarks


@dataclass(frozen=True, slots=True)
class RowView:
    """One row of a table. ex) ``8``, ``8``, ``` `len: usize` ```, ``Bytes at `ptr`.``"""

    place: str
    size: str
    code: str
    text: str


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
    yield f"Targets: {', '.join(f'`{triple}`' for triple in library.targets)}"
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
    heads = ("offset", "size", "member")
    own = False
    match declaration:
        case decls.Aggregate():
            code = (f"{'union' if declaration.is_union else 'struct'} {declaration.name}",)
            rows = tuple(_members(declaration.fields, _aggregate(declaration.name, layouts[0])))
        case decls.Vtable():
            code = (f"vtable {declaration.name}",)
            rows = tuple(_members(declaration.members, _aggregate(declaration.name, layouts[0])))
        case decls.EnumDecl():
            code = (f"{declaration.kind.value} {declaration.name}: {declaration.underlying}",)
            heads = ("value", "", "name")
            rows = tuple(
                RowView(str(value.value), "", f"`{value.name}`", _text(value.doc, value.attributes))
                for value in declaration.values
            )
        case decls.Callback():
            code = (signature_text(declaration.signature, declaration.name),)
            heads, rows = _PARAMETERS, tuple(_parameters(declaration.signature))
        case decls.EntryFunction():
            kind = "optional entry" if declaration.optional else "entry"
            code = (f"{kind} {signature_text(declaration.signature, declaration.name)}",)
            heads, rows = _PARAMETERS, tuple(_parameters(declaration.signature))
        case decls.EntryStatic():
            code = (f"entry static {declaration.name}: {type_text(declaration.type)}",)
        case decls.Constant():
            value = declaration.value
            shown = repr(value) if isinstance(value, str) else str(value)
            code = (f"const {declaration.name}: {declaration.type} = {shown}",)
        case decls.Alias():
            code = (f"type {declaration.name} = {type_text(declaration.type)}",)
            own = declaration.own
        case decls.Opaque():
            code = (f"opaque {declaration.name}",)
    drawn: tuple[str, ...] = ()
    if isinstance(declaration, decls.Aggregate):
        drawn = picture(_aggregate(declaration.name, layouts[0]))
    return EntryView(
        declaration.name,
        declaration.name.lower(),
        code,
        markdown_lines(declaration.doc.lines),
        remarks(declaration.attributes, own),
        _shape(declaration.name, layouts),
        drawn,
        *heads,
        rows,
    )


_PARAMETERS = ("#", "", "parameter")


def _aggregate(name: str, layout: Layout) -> AggregateLayout:
    shape = layout.types[name]
    assert isinstance(shape, AggregateLayout)
    return shape


def _members(members: Sequence[decls.Member], shape: AggregateLayout) -> Iterator[RowView]:
    for member, placed in zip(members, shape.members, strict=True):
        if placed.bit_offset is None:
            place, size = str(placed.offset), str(placed.size)
        else:
            place, size = f"{placed.bit_offset // 8}:{placed.bit_offset % 8}", f":{placed.bit_size}"
        if isinstance(member, decls.Slot):
            kind = "" if member.kind is decls.SlotKind.PLAIN else f"{member.kind.value} "
            code = f"{kind}{signature_text(member.signature, member.name)}"
            text = [_text(member.doc, member.attributes), *_slot_remarks(member.signature)]
            yield RowView(place, size, f"`{code}`", " ".join(part for part in text if part))
            continue
        own = "own " if member.own else ""
        code = f"{member.name or '_'}: {own}{type_text(member.type)}"
        text_of = _text(member.doc, member.attributes, member.own)
        yield RowView(place, size, f"`{code}`", text_of)


def _slot_remarks(signature: decls.Signature) -> Iterator[str]:
    """What is said of parameters and result, each under its name."""
    for given in signature.parameters:
        said = _text(given.doc, given.attributes, given.own and not given.receiver)
        if said and not given.receiver:
            yield f"`{given.name or '_'}`: {said}"
    if signature.result is not None:
        said = _text(decls.Doc(), signature.result.attributes, signature.result.own)
        if said:
            yield f"Result: {said}"


def _parameters(signature: decls.Signature) -> Iterator[RowView]:
    for index, given in enumerate(signature.parameters, 1):
        own = "own " if given.own else ""
        code = f"`{given.name or '_'}: {own}{type_text(given.type)}`"
        yield RowView(str(index), "", code, _text(given.doc, given.attributes, given.own))
    if signature.result is not None:
        own = "own " if signature.result.own else ""
        said = _text(decls.Doc(), signature.result.attributes, signature.result.own)
        yield RowView("→", "", f"`{own}{type_text(signature.result.type)}`", said)


def _text(doc: decls.Doc, attributes: Attributes, own: bool = False) -> str:
    parts: Iterable[str] = (*doc.lines, *remarks(attributes, own))
    return markdown_cell(" ".join(part for part in parts if part))


def _shape(name: str, layouts: Layouts) -> str:
    """ex) ``size 16, align 8; size 8, align 4 on `i686-unknown-linux-gnu` ``"""
    if name not in layouts[0].types:
        return ""
    groups: dict[tuple[int, int], list[str]] = {}
    for layout in layouts:
        shape: AggregateLayout | EnumLayout = layout.types[name]
        groups.setdefault((shape.size, shape.align), []).append(layout.target.triple)
    shown = []
    for (size, align), triples in groups.items():
        where = ", ".join(f"`{triple}`" for triple in triples)
        shown.append(f"size {size}, align {align}" + (f" on {where}" if len(groups) > 1 else ""))
    return "; ".join(shown)
