"""The witness beside a header: a macro that puts a record of all that was compiled into a library.

C takes no long literals and MSVC no long lines, so what the record says stands in a macro for each
declaration, and the record is put together of those. They are expanded where a witness is, and nowhere
else: sizes and offsets are those of the compiler that sees them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from abilock.model.c_names import c_globals, declared_c_name
from abilock.model.decls import Library
from abilock.model.naming import macro_prefix, witness_macro, witness_rows_macro, witness_symbol
from abilock.model.witness import Measure, Row, rows
from abilock.outputs.c_conditions import EXACT_CONDITIONS, spelled
from abilock.outputs.c_declarations import CNaming, string_literal
from abilock.outputs.comments import banner, c_comment_lines

#: C99 has compilers take 4095 bytes in a literal.
_ROOM = 4000


@dataclass(frozen=True, slots=True)
class TargetClause:
    """ex) ``#if defined(__x86_64__) && defined(__linux__)`` and ``"x86_64-unknown-linux-gnu"``"""

    directive: str
    triple: str


@dataclass(frozen=True, slots=True)
class ChunkView:
    """A macro with rows, and the member of the record that holds their text.

    ex) ``DRASI_WITNESS_OF_FfiStr``, ``FfiStr``
    """

    macro: str
    member: str
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Letters:
    """What parameters of macros are called: as nothing of the ABI that may stand there.

    ex) ``T`` for rows of types, ``M`` of members, ``N`` of others, ``X`` for what is done to each
    """

    type: str
    member: str
    other: str
    each: str


@dataclass(frozen=True, slots=True)
class WitnessView:
    """All of ``header/witness.h.jinja``. ``header``: the file that includes it. ``macro``: what a plugin
    writes. ``abi``: the first line of the text, as a literal. ``members``: the lines of a list of the
    chunks' members."""

    banner: tuple[str, ...]
    guard: str
    header: str
    macro: str
    letters: Letters
    symbol: str
    abi: str
    count: int
    targets: tuple[TargetClause, ...]
    chunks: tuple[ChunkView, ...]
    members: tuple[str, ...]


def witness_view(library: Library, naming: CNaming) -> WitnessView:
    groups = rows(library)
    letters = _letters(library, groups, naming)
    chunks = tuple(_chunks(library, groups, naming, letters))
    return WitnessView(
        banner=c_comment_lines((banner(library.source),)),
        guard=f"{macro_prefix(library.stem)}_H_WITNESS",
        header=f"{library.stem}.h",
        letters=letters,
        macro=witness_macro(library.name),
        symbol=witness_symbol(library.name),
        abi=string_literal(f"abi {library.name} {library.version}"),
        count=sum(map(len, groups)),
        targets=tuple(_targets(library)),
        chunks=chunks,
        members=_continued(f"{letters.each}({chunk.member})" for chunk in chunks),
    )


def _letters(library: Library, groups: tuple[tuple[Row, ...], ...], naming: CNaming) -> Letters:
    taken = {name for each in library.declarations for name in c_globals(each)}
    for group in groups:
        for row in group:
            if row.measure is Measure.PLACE:
                taken.update(naming.dotted(row.owner, row.name).split("."))

    def fresh(name: str) -> str:
        return fresh(f"{name}_") if name in taken else name

    return Letters(*map(fresh, "TMNX"))


def _targets(library: Library) -> Iterator[TargetClause]:
    word = "#if"
    for triple in library.targets:
        told = spelled(EXACT_CONDITIONS[triple])
        yield TargetClause(f"{word} {told}", string_literal(triple))
        word = "#elif"


def _continued(lines: Iterable[str]) -> tuple[str, ...]:
    """Lines of one macro: all but the last end with a backslash."""
    every = list(lines)
    return (*(f"{line} \\" for line in every[:-1]), *every[-1:])


def _chunks(
    library: Library, groups: tuple[tuple[Row, ...], ...], naming: CNaming, letters: Letters
) -> Iterator[ChunkView]:
    """As many macros for each declaration as its text needs."""
    names = [declared_c_name(each) for each in library.declarations]
    taken = set(names)
    for name, group in zip(names, groups, strict=True):
        member = name
        waiting: list[str] = []
        room = _ROOM
        for row in group:
            literal = string_literal(row.line)
            if waiting and len(literal) > room:
                yield ChunkView(
                    witness_rows_macro(library.name, member), member, _continued(waiting)
                )
                waiting, room = [], _ROOM
                while member in taken:
                    member += "_"
                taken.add(member)
            room -= len(literal)
            waiting.append(_row(name, row, literal, naming, letters))
        yield ChunkView(witness_rows_macro(library.name, member), member, _continued(waiting))


def _row(name: str, row: Row, literal: str, naming: CNaming, letters: Letters) -> str:
    """ex) ``M(FfiStr, ptr, 0x1a2b3c4du, 0x5e6f7a8bu, "field ptr *const u8")``"""
    prints = f"0x{row.form:08x}u, 0x{row.contract:08x}u, {literal}"
    match row.measure:
        case Measure.SIZE:
            return f"{letters.type}({name}, {prints})"
        case Measure.PLACE:
            return f"{letters.member}({name}, {naming.dotted(row.owner, row.name)}, {prints})"
        case _:
            return f"{letters.other}({prints})"
