"""The reference page: everything that an ABI declares, for the people who use it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from abilock.layout.shapes import AggregateLayout
from abilock.model import decls
from abilock.model.targets import TRIPLES, describe_targets
from abilock.model.text import parameter_text, signature_text, slot_words, type_text
from abilock.model.types import Aggregate, Nested, Signature, Type
from abilock.outputs.comments import markdown_lines
from abilock.outputs.docs.links import Links, anchors
from abilock.outputs.docs.picture import picture
from abilock.outputs.docs.prose import Prose, in_c
from abilock.outputs.docs.tables import (
    Group,
    TableView,
    enum_table,
    field_table,
    groups_of,
    layout_lines,
    vtable_table,
)
from abilock.outputs.spec import Layouts, Page
from abilock.outputs.wording import remarks, slot_remarks
from abilock.syntax.printer import string_text


@dataclass(frozen=True, slots=True)
class SlotView:
    """A slot of a vtable. Its offset is in the vtable's table, where one line tells of an insertion.

    ``heading`` is as it is to be anchored; ``code`` is its signature, one line per parameter if it is
    long; ``said`` is what is said of it, of each parameter and of the result.
    """

    heading: str
    code: tuple[str, ...]
    text: tuple[str, ...]
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EntryView:
    """One declaration. ``code`` is how it is written; ``layout``: its numbers, or ``layouts``: those of
    each group of targets that differ; ``picture``: the bytes of the first group, which is ``pictured``."""

    name: str
    anchor: str
    code: tuple[str, ...]
    text: tuple[str, ...]
    remarks: tuple[str, ...]
    layout: str = ""
    layouts: tuple[str, ...] = ()
    pictured: str = ""
    picture: tuple[str, ...] = ()
    table: TableView | None = None
    slots: tuple[SlotView, ...] = ()


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


#: The sections, and what is in them.
_SECTIONS: Sequence[tuple[str, type | tuple[type, ...]]] = (
    ("Entries", (decls.EntryFunction, decls.EntryStatic)),
    ("Vtables", decls.Vtable),
    ("Structs and unions", Aggregate),
    ("Enums and flags", decls.EnumDecl),
    ("Callbacks", decls.Callback),
    ("Constants", decls.Constant),
    ("Aliases", decls.Alias),
    ("Opaque types", decls.Opaque),
)


def pages(library: decls.Library, layouts: Layouts) -> tuple[Page, ...]:
    """The reference of a library."""
    chosen = [
        (title, [found for found in library.declarations if isinstance(found, kind)])
        for title, kind in _SECTIONS
    ]
    made = dict(_anchors(library, [(title, found) for title, found in chosen if found]))
    page = _Page(library, layouts, Links(made))
    view = DocsView(
        library.name,
        str(library.version),
        library.source,
        markdown_lines(library.doc.lines),
        tuple(_facts(library)),
        tuple(
            SectionView(title, made[f"# {title}"], tuple(map(page.entry, found)))
            for title, found in chosen
            if found
        ),
    )
    return (Page(f"docs/{library.stem}.md", "docs/reference.md.jinja", view),)


def _anchors(
    library: decls.Library, sections: Iterable[tuple[str, Sequence[decls.Declaration]]]
) -> Iterator[tuple[str, str]]:
    """Where everything is: declarations and slots under their names, sections behind a ``#``."""
    keys = [f"# {library.name} {library.version}"]
    for title, found in sections:
        keys.append(f"# {title}")
        for declaration in found:
            keys.append(declaration.name)
            if isinstance(declaration, decls.Vtable):
                keys += (f"{declaration.name}.{slot.name}" for slot in declaration.slots)
    return zip(keys, anchors(key.removeprefix("# ") for key in keys), strict=True)


def _facts(library: decls.Library) -> Iterator[str]:
    arguments = ", ".join(str(given) for given in library.compat.arguments)
    rule = f"{library.compat.rule}({arguments})" if arguments else library.compat.rule
    yield f"Compatibility rule: `{rule}`"
    yield f"Targets: {describe_targets(library.targets, TRIPLES)}"
    for allocator in library.allocators:
        schemes = ", ".join(
            f"`{scheme.acquire}{f'/{scheme.release}' if scheme.release else ''}`"
            + (f" on {scheme.family}" if scheme.family else "")
            for scheme in allocator.schemes
        )
        yield f"Allocator `{allocator.name}`: {schemes}"
    yield (
        "Pointers: only one with a `?` may be null. `own` hands over: whoever receives it has to end it."
    )
    yield f"Offsets and sizes: in bytes{_BITS if _has_bits(library) else ''}"


_BITS = (
    "; `4:3` is bit 3 of byte 4, and `:5` are 5 bits. Bits count from the lowest one, or from the highest"
    " one where the target is big-endian."
)


def _has_bits(library: decls.Library) -> bool:
    records = (each for each in library.declarations if isinstance(each, Aggregate))
    return any(_holds_bits(record) for record in records)


def _holds_bits(record: Aggregate) -> bool:
    return any(
        field.bits is not None
        or (isinstance(field.type, Nested) and _holds_bits(field.type.aggregate))
        for field in record.fields
    )


class _Page:
    """Makes the entries of one page."""

    def __init__(self, library: decls.Library, layouts: Layouts, links: Links) -> None:
        self._library = library
        self._layouts = layouts
        self._links = links

    def entry(self, declaration: decls.Declaration) -> EntryView:
        prose = Prose(self._library, self._links).about(declaration)
        view = EntryView(
            declaration.name,
            self._links.anchors[declaration.name],
            _code(declaration),
            prose.of_doc(declaration.doc),
            tuple(self._said(declaration, prose)),
        )
        if isinstance(declaration, Aggregate | decls.Vtable):
            return self._record(declaration, view, prose)
        if isinstance(declaration, decls.EnumDecl):
            view = replace(view, table=enum_table(declaration, prose))
            return _with_layout(view, groups_of(declaration.name, self._layouts))
        return view

    def _record(self, record: Aggregate | decls.Vtable, view: EntryView, prose: Prose) -> EntryView:
        groups = groups_of(record.name, self._layouts)
        view = _with_layout(view, groups)
        if isinstance(record, decls.Vtable):
            table = vtable_table(record, groups, self._links, prose)
            return replace(view, table=table, slots=tuple(_slots(record, prose)))
        first = groups[0].shape
        assert isinstance(first, AggregateLayout)
        return replace(
            view,
            pictured=groups[0].title,
            picture=picture(first),
            table=field_table(record.fields, groups, self._links, prose),
        )

    def _said(self, declaration: decls.Declaration, prose: Prose) -> Iterator[str]:
        """What there is to say of a declaration besides its text."""
        if declaration.name in self._library.imported:
            owner = self._library.imported[declaration.name]
            yield f"Declared by `{owner.name}` {owner.version}."
        yield from in_c(declaration.attributes)
        yield from prose.of_remarks(remarks(declaration.attributes))
        match declaration:
            case decls.Callback() | decls.EntryFunction():
                yield from prose.of_signature(declaration.signature)
            case decls.Alias():
                yield from prose.of_remarks(remarks(declaration.type_attributes, declaration.own))
                yield from self._see(declaration.type)
            case decls.EntryStatic():
                yield from self._see(declaration.type)
            case _:
                return

    def _see(self, given: Type) -> Iterator[str]:
        known = self._links.mentioned([given])
        if known:
            yield f"See {', '.join(map(self._links.name, known))}."


def _with_layout(view: EntryView, groups: Sequence[Group]) -> EntryView:
    lines = tuple(layout_lines(groups))
    return replace(view, layout=lines[0]) if len(lines) == 1 else replace(view, layouts=lines)


def _slots(vtable: decls.Vtable, prose: Prose) -> Iterator[SlotView]:
    for slot in vtable.slots:
        said = prose.about_slot(slot)
        yield SlotView(
            f"{vtable.name}.{slot.name}",
            _signature_lines(slot_words(slot), slot.signature, slot.name),
            said.of_doc(slot.doc),
            (
                *in_c(slot.attributes),
                *said.of_remarks(slot_remarks(slot)),
                *said.of_signature(slot.signature),
            ),
        )


def _code(declaration: decls.Declaration) -> tuple[str, ...]:
    name = declaration.name
    match declaration:
        case Aggregate():
            return (f"{_record_words(declaration)} {name}",)
        case decls.Vtable():
            return (f"vtable {name}",)
        case decls.EnumDecl():
            return (f"{declaration.kind.value} {name}: {declaration.underlying}",)
        case decls.Callback():
            return _signature_lines("callback", declaration.signature, name)
        case decls.EntryFunction():
            kind = "optional entry" if declaration.optional else "entry"
            return _signature_lines(kind, declaration.signature, name)
        case decls.EntryStatic():
            kind = "optional entry static" if declaration.optional else "entry static"
            kind += " const" if declaration.const else ""
            return (f"{kind} {name}: {type_text(declaration.type)}",)
        case decls.Constant():
            return (f"const {name}: {declaration.type} = {_value(declaration.value)}",)
        case decls.Alias():
            own = "own " if declaration.own else ""
            return (f"type {name} = {own}{type_text(declaration.type)}",)
        case decls.Opaque():
            return (f"opaque {name}",)
        case _:
            assert_never(declaration)


def _record_words(record: Aggregate) -> str:
    """ex) ``@packed(2) struct``"""
    words = ["union" if record.is_union else "struct"]
    if record.align is not None:
        words.insert(0, f"@align({record.align})")
    if record.packed is not None:
        words.insert(0, "@packed" if record.packed == 1 else f"@packed({record.packed})")
    return " ".join(words)


#: A signature that is longer stands with one parameter per line.
_LINE = 96


def _signature_lines(kind: str, signature: Signature, name: str) -> tuple[str, ...]:
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
