"""Layouts for people, in the manner of pahole: offsets, sizes, holes, cache lines, and several targets
side by side where they differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from abilock.layout.shapes import AggregateLayout, EnumLayout, Layout, MemberLayout
from abilock.model import decls, types
from abilock.model.targets import describe_targets
from abilock.model.text import signature_text, slot_words, type_text

_CACHE_LINE = 64


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of a table: offset and size as text, and what stands there."""

    offset: str
    size: str
    text: str


def layout_text(
    library: decls.Library, layouts: Sequence[Layout], names: Sequence[str] = ()
) -> str:
    """Every type that has a layout, or the named ones, in the library's order.

    ex)
        struct FfiResult                       x86_64-unknown-linux-gnu
          offset  size
               0     4  error_code: i32
               4     4  -- hole
               8     8  error_msg: *mut c_char?
          size 16, align 8, 1 hole of 4 bytes
    """
    blocks = []
    for declaration in library.declarations:
        if names and declaration.name not in names:
            continue
        if declaration.name in layouts[0].types:
            blocks.append("\n".join(_block(declaration, layouts)))
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _block(declaration: decls.Declaration, layouts: Sequence[Layout]) -> Iterator[str]:
    groups = _groups(declaration.name, layouts)
    shape = groups[0][0]
    title = f"{shape.kind} {declaration.name}"
    if len(groups) == 1:
        triples = groups[0][1]
        where = triples[0] if len(triples) == 1 else f"all {len(triples)} targets"
        yield f"{title}  [{where}]"
    else:
        everything = [layout.target.triple for layout in layouts]
        yield title
        for letter, (_, triples) in zip(_letters(), groups, strict=False):
            yield f"  {letter}: {describe_targets(triples, everything)}"
    if isinstance(shape, EnumLayout):
        yield from _enum_lines(shape, groups)
    elif isinstance(declaration, decls.Aggregate | decls.Vtable):
        yield from _aggregate_lines(declaration, groups)


_Group = tuple[AggregateLayout | EnumLayout, tuple[str, ...]]


def _groups(name: str, layouts: Sequence[Layout]) -> list[_Group]:
    """The different layouts of a type, each with the targets that have it."""
    found: list[tuple[AggregateLayout | EnumLayout, list[str]]] = []
    for layout in layouts:
        shape = layout.types[name]
        for known, triples in found:
            if known == shape:
                triples.append(layout.target.triple)
                break
        else:
            found.append((shape, [layout.target.triple]))
    return [(shape, tuple(triples)) for shape, triples in found]


def _letters() -> Iterator[str]:
    return iter("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def _enum_lines(shape: EnumLayout, groups: Sequence[_Group]) -> Iterator[str]:
    width = max((len(str(value)) for _, value in shape.values), default=1)
    for name, value in shape.values:
        yield f"  {value:>{width}}  {name}"
    for letter, (one, _) in zip(_letters(), groups, strict=False):
        prefix = f"{letter}: " if len(groups) > 1 else ""
        sign = "signed" if isinstance(one, EnumLayout) and one.signed else "unsigned"
        yield f"  {prefix}size {one.size}, align {one.align}, {sign}"


def _aggregate_lines(
    declaration: decls.Aggregate | decls.Vtable, groups: Sequence[_Group]
) -> Iterator[str]:
    shapes = [shape for shape, _ in groups if isinstance(shape, AggregateLayout)]
    columns = [list(_rows(declaration, shape, lines=len(shapes) == 1)) for shape in shapes]
    widths = [
        (max(6, *(len(row.offset) for row in rows)), max(4, *(len(row.size) for row in rows)))
        for rows in columns
    ]
    if len(shapes) > 1:
        heads = [
            f"{letter:^{w + s + 2}}" for letter, (w, s) in zip(_letters(), widths, strict=False)
        ]
        yield f"  {'  |  '.join(heads)}".rstrip()
    yield "  " + "  |  ".join(f"{'offset':>{w}}  {'size':>{s}}" for w, s in widths)
    if len(shapes) == 1:
        ((w, s),) = widths
        for row in columns[0]:
            yield f"  {row.offset:>{w}}  {row.size:>{s}}  {row.text}".rstrip()
    else:
        yield from _side_by_side(columns, widths)
    for letter, shape in zip(_letters(), shapes, strict=False):
        prefix = f"{letter}: " if len(shapes) > 1 else ""
        yield f"  {prefix}{_summary(shape)}"


def _side_by_side(
    columns: Sequence[Sequence[_Row]], widths: Sequence[tuple[int, int]]
) -> Iterator[str]:
    """Members of all columns on one line each; holes only where a column has them."""
    places = [0] * len(columns)
    while any(place < len(rows) for place, rows in zip(places, columns, strict=True)):
        heads = [
            rows[place] if place < len(rows) else None
            for place, rows in zip(places, columns, strict=True)
        ]
        holes = [head is not None and head.text.startswith("--") for head in heads]
        shown = [head if head is not None and (hole or not any(holes)) else None
                 for head, hole in zip(heads, holes, strict=True)]  # fmt: skip
        cells = [
            f"{head.offset if head else '':>{w}}  {head.size if head else '':>{s}}"
            for head, (w, s) in zip(shown, widths, strict=True)
        ]
        text = next(head.text for head in shown if head is not None)
        yield f"  {'  |  '.join(cells)}  {text}".rstrip()
        places = [place + (head is not None) for place, head in zip(places, shown, strict=True)]


def _rows(
    declaration: decls.Aggregate | decls.Vtable, shape: AggregateLayout, *, lines: bool
) -> Iterator[_Row]:
    written: Sequence[decls.Member] = (
        declaration.members if isinstance(declaration, decls.Vtable) else declaration.fields
    )
    yield from _member_rows(written, shape, 0, "", lines=lines)


def _member_rows(
    written: Sequence[decls.Member], shape: AggregateLayout, base: int, indent: str, *, lines: bool
) -> Iterator[_Row]:
    end = 0
    line = 0
    holes = {hole.offset: hole for hole in shape.holes()}
    for member, placed in zip(written, shape.members, strict=True):
        if shape.kind != "union" and placed.offset > end and end in holes:
            yield _Row(str(base + end), str(holes[end].size), f"{indent}-- hole")
        reached = (base + placed.offset) // _CACHE_LINE
        if lines and not indent and shape.kind != "union" and reached > line:
            line = reached
            yield _Row("", "", f"-- cache line {line}")
        yield _Row(
            _offset_text(placed, base), _size_text(placed), f"{indent}{_member_text(member)}"
        )
        if placed.nested is not None and isinstance(member, decls.Field):
            assert isinstance(member.type, types.Nested)
            inner = member.type.aggregate.fields
            yield from _member_rows(
                inner, placed.nested, base + placed.offset, indent + "    ", lines=False
            )
        end = max(end, placed.offset + placed.size)
    if shape.size > end:
        yield _Row(str(base + end), str(shape.size - end), f"{indent}-- tail padding")


def _offset_text(placed: MemberLayout, base: int) -> str:
    """ex) ``8``, or ``8:3`` for a bit-field that starts at the fourth bit of byte 8"""
    if placed.bit_offset is None:
        return str(base + placed.offset)
    bits = base * 8 + placed.bit_offset
    return f"{bits // 8}:{bits % 8}"


def _size_text(placed: MemberLayout) -> str:
    return str(placed.size) if placed.bit_size is None else f":{placed.bit_size}"


def _member_text(member: decls.Member) -> str:
    if isinstance(member, decls.Slot):
        return f"{slot_words(member)} {signature_text(member.signature, member.name)}".lstrip()
    own = "own " if member.own else ""
    bits = "" if member.bits is None else f" : {member.bits}"
    return f"{member.name or '_'}: {own}{type_text(member.type)}{bits}"


def _summary(shape: AggregateLayout) -> str:
    parts = [f"size {shape.size}", f"align {shape.align}"]
    inner = [hole for hole in shape.holes() if not hole.tail]
    if inner:
        total = sum(hole.size for hole in inner)
        parts.append(f"{len(inner)} hole{'s' if len(inner) > 1 else ''} of {_bytes(total)}")
    tail = next((hole for hole in shape.holes() if hole.tail), None)
    if tail is not None:
        parts.append(f"{_bytes(tail.size)} of tail padding")
    if shape.size > _CACHE_LINE:
        parts.append(f"{-(-shape.size // _CACHE_LINE)} cache lines")
    return ", ".join(parts)


def _bytes(count: int) -> str:
    return f"{count} byte{'' if count == 1 else 's'}"
