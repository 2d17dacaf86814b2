"""Asks compilers for layouts.

Two ways, one answer: libclang, from PyPI, knows every target; a compiler of the gcc family, native
or cross, writes an object file whose data is the answer, so that nothing needs to run.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from clang import cindex

from support.elf import Object, read_object

#: How clang calls the targets that Rust calls otherwise.
_CLANG_TRIPLES = {"riscv64gc-unknown-linux-gnu": "riscv64-unknown-linux-gnu"}

#: Headers for targets whose own are not here: <stdint.h>, <stddef.h>, <stdbool.h>.
STUBS = Path(__file__).parent / "include"


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
    includes: Sequence[Path] = (),
) -> Answers:
    """What clang makes of the text on a target. ``language``: ``c`` or ``c++``."""
    name = "asked.c" if language == "c" else "asked.cpp"
    unit = cindex.Index.create().parse(
        name,
        args=[
            f"--target={_CLANG_TRIPLES.get(triple, triple)}",
            "-x",
            language,
            "-ffreestanding",
            "-nostdinc",
            f"-I{STUBS}",
            *(f"-I{folder}" for folder in includes),
            # gcc's default there, and clang's since 19.
            *(["-mms-bitfields"] if triple.endswith("-windows-gnu") else []),
            "-w",
        ],
        unsaved_files=[(name, text)],
    )
    errors = [found for found in unit.diagnostics if found.severity >= cindex.Diagnostic.Error]
    assert not errors, "\n".join(map(str, errors[:5]))
    types = _declared_types(unit)
    return {asked.type: _answer(types[asked.type], asked) for asked in questions}


def _declared_types(unit: cindex.TranslationUnit) -> dict[str, cindex.Type]:
    kinds = cindex.CursorKind
    wanted = {kinds.TYPEDEF_DECL, kinds.STRUCT_DECL, kinds.UNION_DECL, kinds.ENUM_DECL}
    return {
        cursor.spelling: cursor.type
        for cursor in unit.cursor.get_children()
        if cursor.kind in wanted and cursor.spelling
    }


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


# --- gcc


def ask_gcc(
    text: str,
    questions: Sequence[Question],
    command: Sequence[str],
    folder: Path,
    language: str = "c",
    includes: Sequence[Path] = (STUBS,),
) -> Answers:
    """What a compiler that writes ELF objects makes of the text.

    Args:
        command: the compiler with the options that choose the target. ex) ``("gcc", "-m32")``
        folder: a scratch folder.
    """
    source = folder / ("asked.c" if language == "c" else "asked.cpp")
    source.write_text(f"{text}\n{_tables(questions, language)}", encoding="utf-8")
    options = ("-std=gnu11",) if language == "c" else ("-std=gnu++20", "-fpermissive")
    compiled = subprocess.run(
        (
            *command,
            *options,
            "-w",
            "-ffreestanding",
            *(f"-I{include}" for include in includes),
            "-c",
            source.name,
            "-o",
            "asked.o",
        ),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert compiled.returncode == 0, f"{source}: {compiled.stderr[:3000]}"
    return _read_tables(read_object((folder / "asked.o").read_bytes()), questions)


def _tables(questions: Iterable[Question], language: str) -> str:
    """C text whose data is the answer: numbers, and for every bit-field an object of its own in
    which that field alone is set."""
    lines = ["#include <stddef.h>"]
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
            probes += 1
    table = ", ".join(numbers)
    return "\n".join(
        (
            *lines,
            '__attribute__((section(".asked_numbers"), used))',
            f"unsigned long long asked_numbers[] = {{ {table} }};\n",
        )
    )


def _probe(type_: str, field_name: str, at: int, language: str) -> str:
    head = f'__attribute__((section(".asked_bits_{at}"), used)) {type_} asked_bits_{at} ='
    if language == "c":
        return f"{head} {{ .{field_name} = -1 }};"
    return f"constinit {head} [] {{ {type_} t{{}}; t.{field_name} = -1; return t; }}();"


def _read_tables(written: Object, questions: Iterable[Question]) -> Answers:
    numbers = iter(written.words(".asked_numbers"))
    probes = iter(range(len(written.sections)))
    answers: dict[str, Answer] = {}
    for asked in questions:
        size, align = next(numbers), next(numbers)
        places = {name: Place(next(numbers), next(numbers)) for name in asked.fields}
        for name in asked.bit_fields:
            held = written.sections[f".asked_bits_{next(probes)}"]
            places[name] = _set_bits(held, written.big_endian)
        answers[asked.type] = Answer(size, align, places)
    return answers


def _set_bits(held: bytes, big_endian: bool) -> Place:
    """The bits that are set, which are neighbours."""
    number = int.from_bytes(held, "big" if big_endian else "little")
    lowest, width = (number & -number).bit_length() - 1, number.bit_count()
    assert number >> lowest == (1 << width) - 1, "a bit-field of several pieces"
    return Place(len(held) * 8 - lowest - width if big_endian else lowest, width)
