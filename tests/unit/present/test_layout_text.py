"""Layouts as text: what is in them, and that several targets side by side lose nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from abilock.layout.engine import lay_out, lay_out_all
from abilock.layout.shapes import AggregateLayout, Layout
from abilock.layout.target import TARGETS, find_target
from abilock.model import decls
from abilock.model.types import Aggregate
from abilock.outputs.layout.table import table
from abilock.present.layout_rows import Kind, rows_of
from abilock.present.layout_text import layout_text
from support.golden import assert_golden
from support.library import library_at, library_of
from support.models import sample

CASES = Path(__file__).parents[2] / "cases" / "layout"
CORNERS = library_at(CASES / "corners.abi")
HOST = "x86_64-unknown-linux-gnu"
COLOR = re.compile(r"\x1b\[\d*m")


def text_of(
    library: decls.Library, triples: Sequence[str], *names: str, color: bool = False
) -> str:
    layouts = [lay_out(library, find_target(triple)) for triple in triples]
    return layout_text(library, layouts, names, color=color)


@pytest.mark.parametrize(
    ("name", "triples"),
    [("host", [HOST]), ("all", [target.triple for target in TARGETS])],
    ids=["host", "all"],
)
def test_corners(name: str, triples: Sequence[str], bless: bool) -> None:
    assert_golden(CASES / f"corners.{name}.txt", text_of(CORNERS, triples), bless)


def test_colours_change_no_text() -> None:
    for triples in ([HOST], [target.triple for target in TARGETS]):
        plain, painted = text_of(CORNERS, triples), text_of(CORNERS, triples, color=True)
        assert "\x1b" not in plain
        assert COLOR.sub("", painted) == plain
        assert not re.search(r" $", plain, re.MULTILINE)


def test_what_is_unused_stands_out() -> None:
    for line in text_of(CORNERS, [HOST], color=True).splitlines():
        plain = COLOR.sub("", line)
        is_unused = " -- hole" in plain or " -- padding" in plain or " _: u32" in plain
        assert ("\x1b[33m" in line) == is_unused, line
        helps = " -- cache line" in plain or plain.endswith((" size", f"[{HOST}]"))
        assert ("\x1b[2m" in line) == helps, line


def test_side_by_side_each_target_has_its_rows() -> None:
    """The cells of a column are the rows of its target, no more, no less, and in their order."""
    for library in sample(60, seed=5):
        layouts = lay_out_all(library, TARGETS)
        for record in _records(library):
            expected = {
                tuple((row.offset, row.size) for row in rows_of(record, _shape(layout, record)))
                for layout in layouts
            }
            text = layout_text(library, layouts, [record.name])
            assert set(_columns(text)) == expected, text


def _records(library: decls.Library) -> Iterator[Aggregate | decls.Vtable]:
    for declaration in library.declarations:
        if isinstance(declaration, Aggregate | decls.Vtable):
            yield declaration


def _shape(layout: Layout, record: decls.Declaration) -> AggregateLayout:
    shape = layout.types[record.name]
    assert isinstance(shape, AggregateLayout)
    return shape


def _columns(text: str) -> list[tuple[tuple[str, str], ...]]:
    """Offsets and sizes of each column, read by where they stand below the head."""
    lines = text.splitlines()
    at = next(
        at for at, line in enumerate(lines) if re.match(r" +(slot +)?(offset|at) +size", line)
    )
    ends = [found.end() for found in re.finditer("(offset|at) +size", lines[at])]
    starts = [0, *(end + len("  |") for end in ends[:-1])]
    if "slot" in lines[at]:
        starts[0] = lines[at].index("slot") + len("slot")
    columns: list[list[tuple[str, str]]] = [[] for _ in ends]
    for line in lines[at + 1 :]:
        if re.match(r"  ([A-Z]: )?size ", line):
            break
        for column, start, end in zip(columns, starts, ends, strict=True):
            cell = line[start:end].split()
            if cell:
                column.append((cell[0], cell[1] if len(cell) > 1 else ""))
    return [tuple(column) for column in columns]


def test_every_cache_line_begins_somewhere() -> None:
    for library in sample(150, seed=6):
        layout = lay_out(library, find_target(HOST))
        for record in _records(library):
            found: list[int] = []
            for row in rows_of(record, _shape(layout, record)):
                if row.kind is Kind.CACHE_LINE:
                    first, _, last = row.offset.partition("-")
                    found += range(int(first), int(last or first) + 1, 64)
            expected = list(range(64, _shape(layout, record).size, 64))
            assert found == expected, layout_text(library, [layout], [record.name])


def test_a_cache_line_is_told_at_the_member_that_it_begins_in() -> None:
    library = library_of("struct S { a: [u8; 40], b: [u8; 200], c: u8, @align(64) d: u8 }")
    lines = [line.split(None, 1) for line in text_of(library, [HOST]).splitlines()[2:-2]]
    assert lines == [
        ["0", "40  a: [u8; 40]"],
        ["40", "200  b: [u8; 200]"],
        ["64-192", "-- cache lines 1 to 3, the last was 48 bytes ago"],
        ["240", "1  c: u8"],
        ["241", "15  -- hole, 15 bytes"],
        ["256", "-- cache line 4"],
        ["256", "1  d: u8"],
        ["257", "63  -- padding, 63 bytes"],
    ]


def test_bits_are_told_in_bits() -> None:
    library = library_of(
        "struct S { a: u32 : 3, b: u8, _: u16 : 4, c: u16 : 5, d: u64, e: u8 : 1 }"
    )
    text = text_of(library, [HOST])
    assert [line.strip() for line in text.splitlines()[2:]] == [
        "0:0    :3  a: u32 : 3",
        "0:3    :5  -- hole, 5 bits",
        "1     1  b: u8",
        "2:0    :4  _: u16 : 4",
        "2:4    :5  c: u16 : 5",
        "3:1   :39  -- hole, 39 bits",
        "8     8  d: u64",
        "16:0    :1  e: u8 : 1",
        "16:1   :63  -- padding, 63 bits",
        "size 24, align 8, 6 members",
        "10 bytes and 1 bit used, 3 bit holes of 48 bits, 63 bits of padding",
    ]


def test_targets_that_show_the_same_share_a_column() -> None:
    """Members that are aligned otherwise, at the same place: nothing that a reader could see."""
    text = text_of(
        library_of("struct S { a: u8, _: u32 : 0 }"),
        ["x86_64-pc-windows-msvc", "x86_64-pc-windows-gnu"],
    )
    assert "[all 2 targets]" in text


def test_the_example_of_the_language_reference() -> None:
    text = (CASES.parents[2] / "docs" / "language.md").read_text("utf-8")
    library = library_of(
        "abi key 1.0.0; struct Key { kind: u8, flags: u32 : 3, owners: [*const void; 9],"
        " next: *const Key? }"
    )
    triples = ["x86_64-unknown-linux-gnu", "i686-pc-windows-msvc"]
    command = "abilock layout abi/key.abi " + " ".join(f"--target {triple}" for triple in triples)
    assert f"$ {command}\n{text_of(library, triples)}```" in text
    shown = text.split("```json\n")[1].split("```")[0]
    assert json.loads(shown) == table(library, lay_out(library, TARGETS[0]))["types"]["Key"]
