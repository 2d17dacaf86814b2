"""C text whose data is the answer: what a compiler makes of a header, read from the object that it writes.

Nothing is run, and neither the format of the object nor the machine that it is for matters: numbers are
found behind bytes that nobody else writes, and a bit-field by the bits of an object in which it alone is
set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Literal

from abilock.layout.shapes import AggregateLayout, Layout
from abilock.model.c_names import declared_c_name, value_c_name
from abilock.model.decls import Constant, EnumDecl, Library
from abilock.model.mentions import mentioned_types
from abilock.model.naming import macro_prefix
from abilock.model.types import Scalar
from abilock.outputs.c_declarations import C_SCALARS
from abilock.outputs.header.macros import header_naming
from abilock.outputs.header.view import header_view
from abilock.render.environment import make_environment, render

#: Before the numbers, and before an object of which one field is set.
_NUMBERS, _BITS = 0x61626C6F636B2B01, 0x61626C6F636B2B02
#: Behind the numbers.
_END = 0x61626C6F636B2B03

#: A number as C has it, of 64 bits.
_WORD = 1 << 64


@dataclass(frozen=True, slots=True)
class TypeQuestion:
    """A type, by the name that the description has for it and by the one of the header; and the members
    whose places are asked for, both ways. ex) ``head.class``, ``head.class_``"""

    name: str
    spelled: str
    fields: tuple[tuple[str, str], ...] = ()
    bit_fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Questions:
    """All that is asked about a library. ``scalars``: those that it mentions. ``values``: declarations and,
    of enums, their values, with the expressions whose value is asked for. ex) ``("Op", "Add")``"""

    scalars: tuple[str, ...]
    types: tuple[TypeQuestion, ...]
    values: tuple[tuple[tuple[str, str], str], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a member is, in bits from the start of its type, as the target numbers them."""

    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Said:
    """Size, alignment as a member in bytes, and the places of the members that were asked for."""

    size: int
    align: int
    places: tuple[tuple[str, Place], ...] = ()


@dataclass(frozen=True, slots=True)
class Answers:
    """What a compiler says, under the names that were asked for."""

    scalars: tuple[tuple[str, Said], ...]
    types: tuple[tuple[str, Said], ...]
    values: tuple[tuple[tuple[str, str], int], ...]


def questions(library: Library, layout: Layout, *, has_bit_fields: bool) -> Questions:
    """What there is to ask on one target. ``has_bit_fields``: C++ cannot say where they are."""
    namings = {each.name: header_naming(each) for each in (library, *library.all_imports)}
    types = []
    for declared in library.declarations:
        shape = layout.types.get(declared.name)
        if shape is None:
            continue
        naming = namings[library.imported.get(declared.name, library).name]
        fields = tuple(shape.flat_fields()) if isinstance(shape, AggregateLayout) else ()
        pairs = [(each, (each.name, naming.dotted(shape.name, each.name))) for each in fields]
        types.append(
            TypeQuestion(
                shape.name,
                naming.name(shape.name),
                tuple(pair for each, pair in pairs if each.bit_offset is None),
                tuple(pair for each, pair in pairs if each.bit_offset is not None)
                if has_bit_fields
                else (),
            )
        )
    return Questions(tuple(_scalars(library)), tuple(types), tuple(_values(library)))


def _scalars(library: Library) -> Iterator[str]:
    mentioned = {
        each.name
        for declared in library.declarations
        if not isinstance(declared, (Constant, EnumDecl))
        for each in mentioned_types(declared)
        if isinstance(each, Scalar)
    }
    yield from sorted(mentioned)


def _values(library: Library) -> Iterator[tuple[tuple[str, str], str]]:
    for declared in library.declarations:
        if isinstance(declared, EnumDecl):
            for value in declared.values:
                yield (declared.name, value.name), value_c_name(declared, value)
        elif isinstance(declared, Constant):
            name = declared_c_name(declared)
            is_text = isinstance(declared.value, str)
            yield (declared.name, ""), f"sizeof({name})" if is_text else name


# --- writing


def header_text(library: Library) -> str:
    """The declarations of a library's header and of those that it includes, without the assertions: they
    would end the run, and tell no number."""
    environment = make_environment()
    parts = []
    for each in (*library.all_imports, library):
        view = header_view(each, ())
        bare = replace(view, has_imports=False, imports=(), has_assertions=False, has_witness=False)
        text = render(environment, "header/library.h.jinja", bare)
        quiet = f"#define {macro_prefix(each.name)}_DEPRECATED(why)\n"
        parts.append(f'{quiet}#line 1 "{each.stem}.h"\n{text}')
    return "".join(parts)


def probe_text(header: str, asked: Questions) -> str:
    """A C file with the header, and the answers as its data."""
    own = "abilock_probe"
    while own in header:
        own += "_"
    lines = ["#include <stdbool.h>", "#include <stddef.h>", "#include <stdint.h>", header]
    lines.append('#line 1 "probe.c"')
    numbers: list[str] = []
    probes = count()
    spelled: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = [
        (C_SCALARS[name], (), ()) for name in asked.scalars
    ]
    spelled += [
        (
            each.spelled,
            tuple(name for _, name in each.fields),
            tuple(name for _, name in each.bit_fields),
        )
        for each in asked.types
    ]
    for at, (type_, fields, bit_fields) in enumerate(spelled):
        # What `_Alignof` says of a 64-bit scalar on i386 is not its alignment as a member.
        lines.append(f"struct {own}_{at} {{ char c; {type_} t; }};")
        numbers += [f"sizeof({type_})", f"offsetof(struct {own}_{at}, t)"]
        for name in fields:
            numbers += [f"offsetof({type_}, {name})", f"sizeof((({type_} *)0)->{name})"]
        for name in bit_fields:
            probe = next(probes)
            struct = f"struct {own}_bits_{probe}"
            lines.append(f"{struct} {{ unsigned long long mark[2]; {type_} t; }};")
            value = f"{{ {{ {_BITS}ull, {probe}ull }}, {{ .{name} = -1 }} }}"
            lines.append(f"{struct} {own}_value_{probe} = {value};")
            numbers.append(f"offsetof({struct}, t)")
    numbers += [expression for _, expression in asked.values]
    table = ",\n".join(f"(unsigned long long)({each})" for each in numbers)
    rows = ",\n".join(each for each in (f"{_NUMBERS}ull", table, f"{_END}ull") if each)
    return "\n".join((*lines, f"unsigned long long {own}_numbers[] = {{\n{rows}\n}};\n"))


# --- reading


def read_numbers(written: bytes, asked: Questions) -> tuple[int, ...] | None:
    """The answers in an object, one after the other; None if they are not there, as where only a linker
    compiles."""
    try:
        return tuple(_Reader(written).numbers(asked))
    except (ValueError, IndexError):
        return None


def answers_of(numbers: Iterable[int], asked: Questions) -> Answers:
    """The numbers under the names that were asked for."""
    left = iter(numbers)

    def said(names: Iterable[str]) -> Said:
        size, align = next(left), next(left)
        return Said(size, align, tuple((name, Place(next(left), next(left))) for name in names))

    return Answers(
        tuple((name, said(())) for name in asked.scalars),
        tuple(
            (each.name, said(name for name, _ in (*each.fields, *each.bit_fields)))
            for each in asked.types
        ),
        tuple((name, next(left)) for name, _ in asked.values),
    )


class _Reader:
    """Reads one object; what is not as it was written raises ValueError."""

    def __init__(self, written: bytes) -> None:
        self._written = written
        self._order: Literal["little", "big"] = "little"
        if _NUMBERS.to_bytes(8, "little") not in written:
            self._order = "big"
        self._at = self._behind(_NUMBERS)
        self._probes = count()

    def numbers(self, asked: Questions) -> Iterator[int]:
        for _ in asked.scalars:
            yield from (self._next(), self._next())
        for each in asked.types:
            size = self._next()
            yield from (size, self._next())
            for _ in each.fields:
                yield from (self._next() * 8, self._next() * 8)
            for _ in each.bit_fields:
                start = self._behind(_BITS, next(self._probes)) - 16 + self._next()
                place = _set_bits(self._written[start : start + size], self._order)
                yield from (place.offset, place.size)
        for _ in asked.values:
            yield self._next()
        if self._next() != _END:
            raise ValueError("more numbers, or fewer")

    def _next(self) -> int:
        data = self._written[self._at : self._at + 8]
        self._at += 8
        if len(data) < 8:
            raise ValueError("the object ends")
        return int.from_bytes(data, self._order)

    def _behind(self, *marks: int) -> int:
        mark = b"".join(each.to_bytes(8, self._order) for each in marks)
        return self._written.index(mark) + len(mark)


def _set_bits(held: bytes, order: Literal["little", "big"]) -> Place:
    """The bits that are set, which are neighbours."""
    number = int.from_bytes(held, order)
    if not number:
        raise ValueError("a bit-field of no bits")
    lowest, width = (number & -number).bit_length() - 1, number.bit_count()
    return Place(len(held) * 8 - lowest - width if order == "big" else lowest, width)


def as_word(value: int) -> int:
    """A value as an object has it. ex) -1 is 2 ** 64 - 1"""
    return value % _WORD
