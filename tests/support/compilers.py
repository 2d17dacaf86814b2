"""Asks compilers what they make of C text: where members are, and which conditions hold.

Two ways, one answer: libclang, from PyPI, knows every target; any other compiler writes an object
file whose data is the answer, so that nothing needs to run, and neither its format nor the machine
that it is for matters.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Literal

from clang import cindex

#: How clang calls the targets that Rust calls otherwise.
_CLANG_TRIPLES = {"riscv64gc-unknown-linux-gnu": "riscv64-unknown-linux-gnu"}

#: Headers for targets whose own are not here: <stdint.h>, <stddef.h>, <stdbool.h>.
STUBS = Path(__file__).parent / "include"

#: What a header for others must get through.
STRICT = ("-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wno-pragma-once-outside-header")


@dataclass(frozen=True, slots=True)
class Question:
    """A type by its C name, and members whose places are asked for, dotted where nested.

    ex) ``Question("Shop_Key", ("len", "head.x"), bit_fields=("flags",))``
    """

    type: str
    fields: tuple[str, ...] = ()
    bit_fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a member is, in bits from the start of its type, as the target numbers them."""

    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Answer:
    """Size and alignment as a member in bytes, and the places of the members asked for."""

    size: int
    align: int
    places: Mapping[str, Place] = field(default_factory=dict)


Answers = Mapping[str, Answer]


# --- libclang


def ask_libclang(
    text: str,
    questions: Iterable[Question],
    triple: str,
    language: str = "c",
    options: Sequence[str] = ("-w",),
) -> Answers:
    """What clang makes of the text on a target. ``language``: ``c`` or ``c++``."""
    unit = _parse(text, triple, language, options)
    kinds = cindex.CursorKind
    wanted = {kinds.TYPEDEF_DECL, kinds.STRUCT_DECL, kinds.UNION_DECL, kinds.ENUM_DECL}
    types = {each.spelling: each.type for each in _top_level(unit.cursor) if each.kind in wanted}
    return {asked.type: _answer(types[asked.type], asked) for asked in questions}


def conditions_that_hold(
    conditions: Sequence[str], triple: str, options: Sequence[str] = ()
) -> tuple[bool, ...]:
    """Which preprocessor conditions hold on a target; an empty one always does."""
    text = "".join(
        f"#if {condition or 1}\nextern char holds_{at};\n#endif\n"
        for at, condition in enumerate(conditions)
    )
    unit = _parse(f"#include <stdint.h>\n{text}", triple, "c", ("-w", *options))
    found = {cursor.spelling for cursor in unit.cursor.get_children()}
    return tuple(f"holds_{at}" in found for at in range(len(conditions)))


def complaints_of_clang(text: str, triple: str) -> tuple[str, ...]:
    """The errors that clang finds in C text on a target."""
    return _errors(_read(text, triple, "c", ("-w", "-std=c11")))


def _parse(text: str, triple: str, language: str, options: Sequence[str]) -> cindex.TranslationUnit:
    unit = _read(text, triple, language, options)
    errors = _errors(unit)
    assert not errors, "\n".join(errors[:5])
    return unit


def _errors(unit: cindex.TranslationUnit) -> tuple[str, ...]:
    worst = cindex.Diagnostic.Error
    return tuple(str(found) for found in unit.diagnostics if found.severity >= worst)


def _read(text: str, triple: str, language: str, options: Sequence[str]) -> cindex.TranslationUnit:
    # Text alone has no file beside it; a header's witness is in one.
    text = re.sub(r'^#include "\w+\.witness\.h"$', "", text, flags=re.MULTILINE)
    name = "asked.c" if language == "c" else "asked.cpp"
    return cindex.Index.create().parse(
        name,
        args=[
            f"--target={_CLANG_TRIPLES.get(triple, triple)}",
            "-x",
            language,
            "-ffreestanding",
            "-nostdinc",
            f"-I{STUBS}",
            # gcc's default there, and clang's since 19.
            *(["-mms-bitfields"] if triple.endswith("-windows-gnu") else []),
            *options,
        ],
        unsaved_files=[(name, text)],
    )


def _top_level(cursor: cindex.Cursor) -> Iterator[cindex.Cursor]:
    """Declarations, those in ``extern "C"`` as well."""
    for child in cursor.get_children():
        if child.kind in (cindex.CursorKind.LINKAGE_SPEC, cindex.CursorKind.UNEXPOSED_DECL):
            yield from _top_level(child)
        else:
            yield child


def _answer(asked: cindex.Type, question: Question) -> Answer:
    wanted = {*question.fields, *question.bit_fields}
    places = {name: place for name, place in _members(asked, "", 0) if name in wanted}
    assert wanted == places.keys(), f"{question.type} has no {wanted - places.keys()}"
    return Answer(asked.get_size(), asked.get_align(), places)


def _members(record: cindex.Type, prefix: str, base: int) -> Iterator[tuple[str, Place]]:
    """Every member under its dotted name; types that have no name are expanded."""
    for found in record.get_canonical().get_fields():
        offset = base + found.get_field_offsetof()
        # What has no name is spelled as nothing, or as a remark on where it stands.
        own = found.spelling if found.spelling.isidentifier() else ""
        name = f"{prefix}{own}"
        if found.is_bitfield():
            yield name, Place(offset, found.get_bitfield_width())
            continue
        if own:
            yield name, Place(offset, found.type.get_size() * 8)
        if found.type.get_canonical().get_declaration().is_anonymous():
            yield from _members(found.type, f"{name}." if own else prefix, offset)


# --- any other compiler


#: Data that we wrote, and no compiler: before numbers, and before a type of which one field is set.
_NUMBERS, _BITS = 0x6162696C6F636B21, 0x6162696C6F636B3F


def ask_compiler(
    text: str,
    questions: Sequence[Question],
    command: Sequence[str],
    folder: Path,
    language: str = "c",
    includes: Sequence[Path] = (STUBS,),
) -> Answers:
    """What a compiler that takes gcc's options makes of the text.

    Args:
        command: the compiler with the options that choose the target. ex) ``("gcc", "-m32")``
        folder: a scratch folder.
        includes: folders of headers, before those that the compiler has.
    """
    source = folder / ("asked.c" if language == "c" else "asked.cpp")
    source.write_text(f"#include <stddef.h>\n{text}\n{_tables(questions, language)}", "utf-8")
    options = ("-std=gnu11",) if language == "c" else ("-std=gnu++20", "-fpermissive")
    searched = (f"-I{include}" for include in includes)
    files = ("-c", source.name, "-o", "asked.o")
    compiled = subprocess.run(
        (*command, *options, "-w", "-ffreestanding", *searched, *files),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert compiled.returncode == 0, f"{source}: {compiled.stderr[:3000]}"
    return _read_tables((folder / "asked.o").read_bytes(), questions)


def ask_compilers(
    asked: Sequence[tuple[str, Sequence[Question]]], command: Sequence[str], folder: Path
) -> list[Answers]:
    """What a compiler makes of many texts in C, in one run."""
    names = [f"asked_{at}" for at in range(len(asked))]
    for name, (text, questions) in zip(names, asked, strict=True):
        source = f"#include <stddef.h>\n{text}\n{_tables(questions, 'c')}"
        (folder / f"{name}.c").write_text(source, "utf-8")
    sources = [f"{name}.c" for name in names]
    compiled = subprocess.run(
        (*command, "-std=gnu11", "-w", "-c", *sources),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert compiled.returncode == 0, compiled.stderr[:3000]
    return [
        _read_tables((folder / f"{name}.o").read_bytes(), questions)
        for name, (_, questions) in zip(names, asked, strict=True)
    ]


def _tables(questions: Iterable[Question], language: str) -> str:
    """C text whose data is the answer: numbers, and for every bit-field an object of its own in
    which that field alone is set."""
    lines: list[str] = []
    numbers: list[str] = []
    probes = 0
    for at, asked in enumerate(questions):
        # What `_Alignof` says of a 64-bit scalar on i386 is not its alignment as a member.
        lines.append(f"struct asked_{at} {{ char c; {asked.type} t; }};")
        numbers += [f"sizeof({asked.type})", f"offsetof(struct asked_{at}, t)"]
        for name in asked.fields:
            numbers.append(f"offsetof({asked.type}, {name}) * 8ull")
            numbers.append(f"sizeof((({asked.type} *)0)->{name}) * 8ull")
        for name in asked.bit_fields:
            lines.append(_probe(asked.type, name, probes, language))
            numbers.append(f"offsetof(struct asked_bits_{probes}, t)")
            probes += 1
    table = ", ".join([f"{_NUMBERS}ull", *numbers])
    return "\n".join((*lines, f"unsigned long long asked_numbers[] = {{ {table} }};\n"))


def _probe(type_: str, field_name: str, at: int, language: str) -> str:
    struct = f"struct asked_bits_{at}"
    value = f"{{ .{field_name} = -1 }}"
    constant = ""
    if language != "c":
        value = f"[] {{ {type_} t{{}}; t.{field_name} = -1; return t; }}()"
        constant = "constinit "
    return (
        f"{struct} {{ unsigned long long mark[2]; {type_} t; }};\n"
        f"{constant}{struct} asked_value_{at} = {{ {{ {_BITS}ull, {at}ull }}, {value} }};"
    )


def _read_tables(written: bytes, questions: Iterable[Question]) -> Answers:
    order: Literal["little", "big"] = "little"
    if _NUMBERS.to_bytes(8, order) not in written:
        order = "big"

    def start(*marks: int) -> int:
        return written.index(b"".join(mark.to_bytes(8, order) for mark in marks))

    table = written[start(_NUMBERS) + 8 :]
    numbers = (int.from_bytes(table[at : at + 8], order) for at in count(0, 8))
    probes = count()
    answers: dict[str, Answer] = {}
    for asked in questions:
        size, align = next(numbers), next(numbers)
        places = {name: Place(next(numbers), next(numbers)) for name in asked.fields}
        for name in asked.bit_fields:
            held = start(_BITS, next(probes)) + next(numbers)
            places[name] = _set_bits(written[held : held + size], order)
        answers[asked.type] = Answer(size, align, places)
    return answers


def _set_bits(held: bytes, order: Literal["little", "big"]) -> Place:
    """The bits that are set, which are neighbours."""
    number = int.from_bytes(held, order)
    assert number, "a bit-field of no bits"
    lowest, width = (number & -number).bit_length() - 1, number.bit_count()
    assert number >> lowest == (1 << width) - 1, "a bit-field of several pieces"
    return Place(len(held) * 8 - lowest - width if order == "big" else lowest, width)
