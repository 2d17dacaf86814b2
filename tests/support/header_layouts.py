"""What compilers make of a generated header: libclang on every target, others on this machine."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clang import cindex

from abilock.layout.shapes import AggregateLayout, EnumLayout, Layout
from abilock.model.decls import Library
from abilock.outputs.c_declarations import CNaming, taken_names

_STUBS = Path(__file__).parent / "include"
#: Clang knows this target by another name.
_CLANG_TRIPLES = {"riscv64gc-unknown-linux-gnu": "riscv64-unknown-linux-gnu"}


@dataclass(frozen=True, slots=True)
class Seen:
    """A type as a compiler lays it out: offsets and widths of fields in bits, by dotted name."""

    size: int
    align: int
    fields: dict[str, tuple[int, int]]


class HeaderError(AssertionError):
    """The compiler did not accept the header."""


def libclang_layouts(header: str, triple: str, *, cplusplus: bool = False) -> dict[str, Seen]:
    """Every struct and union that the header names, as clang lays it out on the target."""
    arguments = [
        f"--target={_CLANG_TRIPLES.get(triple, triple)}",
        "-ffreestanding",
        "-nostdinc",
        f"-I{_STUBS}",
        "-Wall",
        "-Wextra",
        "-Wpedantic",
        "-Werror",
        # gcc's default on Windows, and clang's since 19; others do not know it.
        *(["-mms-bitfields"] if triple.endswith("-windows-gnu") else []),
        "-std=c++17" if cplusplus else "-std=c11",
    ]
    name = "header.hpp" if cplusplus else "header.h"
    arguments += ["-x", "c++" if cplusplus else "c"]
    unit = cindex.Index.create().parse(name, arguments, unsaved_files=[(name, header)])
    problems = [str(found) for found in unit.diagnostics if found.severity >= 2]
    # A header is a header, whatever the main file is called.
    problems = [found for found in problems if "pragma once in main file" not in found]
    if problems:
        raise HeaderError("\n".join(problems[:10]))
    found: dict[str, Seen] = {}
    for cursor in _top_level(unit.cursor):
        is_record = cursor.kind in (cindex.CursorKind.STRUCT_DECL, cindex.CursorKind.UNION_DECL)
        if is_record and cursor.is_definition() and cursor.spelling:
            found[cursor.spelling] = _seen(cursor.type)
    return found


def _top_level(cursor: cindex.Cursor) -> Iterator[cindex.Cursor]:
    for child in cursor.get_children():
        if child.kind in (cindex.CursorKind.LINKAGE_SPEC, cindex.CursorKind.UNEXPOSED_DECL):
            yield from _top_level(child)
        else:
            yield child


def _seen(type_: cindex.Type) -> Seen:
    fields: dict[str, tuple[int, int]] = {}
    _collect(type_, "", 0, fields)
    return Seen(type_.get_size(), type_.get_align(), fields)


def _collect(
    type_: cindex.Type, prefix: str, base: int, fields: dict[str, tuple[int, int]]
) -> None:
    for field in type_.get_fields():
        offset = base + field.get_field_offsetof()
        inner = field.type.get_canonical()
        # Clang names what has no name after its place: "(anonymous at …)".
        anonymous = not field.spelling or "(" in field.spelling
        name = prefix if anonymous else f"{prefix}{field.spelling}"
        if field.is_bitfield():
            if not anonymous:
                fields[name] = (offset, field.get_bitfield_width())
            continue
        if not anonymous:
            fields[name] = (offset, inner.get_size() * 8)
        declared = inner.get_declaration()
        if inner.kind == cindex.TypeKind.RECORD and (
            anonymous or not declared.spelling or "(" in declared.spelling
        ):
            _collect(inner, name if anonymous else f"{name}.", offset, fields)


def ours(library: Library, layout: Layout) -> dict[str, Seen]:
    """Our layouts in the same form, with the names that the header has."""
    naming = CNaming(taken_names(library))
    return {
        name: Seen(
            shape.size,
            shape.align,
            {
                naming.dotted(field.name): (
                    field.offset * 8 if field.bit_offset is None else field.bit_offset,
                    field.size * 8 if field.bit_size is None else field.bit_size,
                )
                for field in shape.flat_fields()
            },
        )
        for name, shape in layout.types.items()
        if isinstance(shape, AggregateLayout)
    }


def enums(layout: Layout) -> dict[str, EnumLayout]:
    return {name: shape for name, shape in layout.types.items() if isinstance(shape, EnumLayout)}


_PROGRAM = """\
#include <stdio.h>
#include <string.h>

/* The first set bit in the order of addresses, and how many are set. */
static void report(const char *name, const void *bytes, size_t size) {
    const unsigned char *at = (const unsigned char *)bytes;
    size_t bit, first = 0, count = 0;
    for (bit = size * 8; bit-- > 0;)
        if (at[bit / 8] >> (bit % 8) & 1) first = bit, count++;
    printf("\\"%s\\": [%zu, %zu],", name, first, count);
}

/* Last, since a constant of the ABI is a macro, whatever its name. */
#include "header.h"

int main(void) {
    printf("{");
PARTS
    printf("\\"\\": null}");
    return 0;
}
"""


def gcc_layouts(
    header: str, library: Library, layout: Layout, command: list[str], language: str, folder: Path
) -> dict[str, Seen]:
    """The types of ``layout`` as a compiler of this machine lays them out, measured by a program:
    plain fields by ``offsetof``, bit-fields by setting all their bits and looking for them."""
    (folder / "header.h").write_text(header, "utf-8")
    naming = CNaming(taken_names(library))
    parts = []
    alignof = "_Alignof" if language == "c" else "alignof"
    for name, seen in ours(library, layout).items():
        parts.append(
            f'printf("\\"{name}\\": [%zu, %zu, {{", sizeof({name}), (size_t){alignof}({name}));'
        )
        shape = layout.types[name]
        assert isinstance(shape, AggregateLayout)
        bits = {field.name for field in shape.flat_fields() if field.bit_offset is not None}
        for field in (field.name for field in shape.flat_fields()):
            written = naming.dotted(field)
            if field in bits:
                ones = f"{{ {name} v; memset(&v, 0, sizeof v); v.{written} = 0; v.{written}--; "
                if seen.fields[written][1] == 1:
                    ones = f"{{ {name} v; memset(&v, 0, sizeof v); v.{written} = 1; "
                parts.append(f'{ones}report("{written}", &v, sizeof v); }}')
            else:
                parts.append(
                    f'printf("\\"{written}\\": [%zu, %zu],", offsetof({name}, {written}) * 8, '
                    f"sizeof((({name} *)0)->{written}) * 8);"
                )
        parts.append('printf("\\"\\": [0, 0]}],");')
    suffix = "c" if language == "c" else "cpp"
    source = folder / f"measure.{suffix}"
    source.write_text(_PROGRAM.replace("PARTS", "\n".join(parts)), "utf-8")
    standard = "-std=c11" if language == "c" else "-std=c++17"
    program = folder / f"measure-{suffix}"
    subprocess.run([*command, standard, "-w", str(source), "-o", str(program)], check=True)
    found = json.loads(subprocess.run([str(program)], capture_output=True, check=True).stdout)
    found.pop("")
    return {
        name: Seen(size, align, {f: (o, w) for f, (o, w) in fields.items() if f})
        for name, (size, align, fields) in found.items()
    }
