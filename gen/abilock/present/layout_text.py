"""Layouts for people, in the manner of pahole: offsets, sizes, holes, cache lines, and several targets
side by side where they differ."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from string import ascii_uppercase

from abilock.layout.gaps import amount, find_gaps, gaps_text
from abilock.layout.placement import BYTE
from abilock.layout.shapes import AggregateLayout, EnumLayout, Layout
from abilock.model import decls
from abilock.model.targets import describe_targets
from abilock.model.types import Aggregate
from abilock.present.layout_rows import CACHE_LINE, Row, rows_of
from abilock.present.layout_table import table_lines
from abilock.present.paint import Paint

_WIDTH = 100


def layout_text(
    library: decls.Library,
    layouts: Sequence[Layout],
    names: Sequence[str] = (),
    *,
    color: bool = False,
) -> str:
    """Every type that has a layout, or the named ones, in the library's order.

    ex)
        struct FfiResult  [x86_64-unknown-linux-gnu]
          offset  size
               0     4  error_code: i32
               4     4  -- hole, 4 bytes
               8     8  error_msg: *mut c_char?
          size 16, align 8, 2 members
          12 bytes used, 1 hole of 4 bytes
    """
    blocks = []
    for declaration in library.declarations:
        if names and declaration.name not in names:
            continue
        if declaration.name in layouts[0].types:
            blocks.append("\n".join(_block(declaration, layouts, Paint(color))))
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _block(
    declaration: decls.Declaration, layouts: Sequence[Layout], paint: Paint
) -> Iterator[str]:
    groups = _groups(declaration, layouts)
    title = f"{groups[0].shape.kind} {paint.strong(declaration.name)}"
    if len(groups) == 1:
        triples = groups[0].triples
        where = triples[0] if len(triples) == 1 else f"all {len(triples)} targets"
        yield f"{title}  {paint.faint(f'[{where}]')}"
    else:
        everything = [layout.target.triple for layout in layouts]
        yield title
        for letter, group in zip(ascii_uppercase, groups, strict=False):
            yield from _wrapped(f"  {letter}: ", _where(group.triples, everything))
    if isinstance(declaration, decls.EnumDecl):
        yield from _values(declaration)
    else:
        yield from table_lines([group.rows for group in groups], paint)
    for letter, group in zip(ascii_uppercase, groups, strict=False):
        prefix = f"{letter}: " if len(groups) > 1 else ""
        for line in _summary(declaration, group.shape):
            yield f"  {prefix}{line}"
            prefix = " " * len(prefix)


@dataclass(frozen=True, slots=True)
class _Group:
    """The targets on which a type looks the same; ``rows`` are those of a record."""

    shape: AggregateLayout | EnumLayout
    rows: tuple[Row, ...]
    triples: tuple[str, ...]


def _groups(declaration: decls.Declaration, layouts: Sequence[Layout]) -> list[_Group]:
    """The different layouts of a type, in the order of their first targets."""
    found: dict[object, _Group] = {}
    for layout in layouts:
        shape = layout.types[declaration.name]
        rows: tuple[Row, ...] = ()
        if isinstance(shape, AggregateLayout):
            assert isinstance(declaration, Aggregate | decls.Vtable)
            rows = rows_of(declaration, shape)
        key = (shape.size, shape.align, _sign(shape), rows)
        known = found.get(key, _Group(shape, rows, ()))
        found[key] = replace(known, triples=(*known.triples, layout.target.triple))
    return list(found.values())


def _where(triples: Sequence[str], among: Sequence[str]) -> str:
    return triples[0] if len(triples) == 1 else describe_targets(triples, among)


def _wrapped(head: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_on_hyphens=False,
    )


def _values(enum: decls.EnumDecl) -> Iterator[str]:
    width = max((len(str(value.value)) for value in enum.values), default=1)
    for value in enum.values:
        yield f"  {value.value:>{width}}  {value.name}"


def _sign(shape: AggregateLayout | EnumLayout) -> str:
    if isinstance(shape, AggregateLayout):
        return ""
    return "signed" if shape.signed else "unsigned"


def _summary(declaration: decls.Declaration, shape: AggregateLayout | EnumLayout) -> Iterator[str]:
    """ex) ``size 552, align 8, 10 members, 9 cache lines, the last of 40 bytes``, and what is unused"""
    head = f"size {shape.size}, align {shape.align}"
    if isinstance(shape, EnumLayout):
        yield f"{head}, {_sign(shape)}"
        return
    what = "slot" if isinstance(declaration, decls.Vtable) else "member"
    count = len(declaration.slots if isinstance(declaration, decls.Vtable) else shape.members)
    yield f"{head}, {count} {what}{'' if count == 1 else 's'}{_cache_lines(shape.size)}"
    gaps = find_gaps(shape)
    if gaps.bits:
        yield ", ".join((f"{amount(shape.size * BYTE - gaps.bits)} used", *gaps_text(gaps)))


def _cache_lines(size: int) -> str:
    """Nothing for what fits into one."""
    whole, last = divmod(size, CACHE_LINE)
    if whole and last:
        return f", {whole + 1} cache lines, the last of {amount(last * BYTE)}"
    return f", {whole} cache lines" if whole > 1 else ""
