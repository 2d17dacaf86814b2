"""The report: an ABI as a reviewer reads it in a diff, an element per line.

A line of an element says what it is and not where, so that one that is inserted is one line. Where things
are stands behind them, for a type and a group of targets on one line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from abilock.model import decls
from abilock.model.targets import TRIPLES, describe_targets
from abilock.model.types import Aggregate
from abilock.outputs.report.elements import element_lines
from abilock.outputs.report.places import place_lines
from abilock.outputs.spec import Layouts, Page

#: In which order; in each of them, by name. So a declaration that moves in the description stays here.
_KINDS: Sequence[type | tuple[type, ...]] = (
    (decls.EntryFunction, decls.EntryStatic),
    decls.Vtable,
    Aggregate,
    decls.EnumDecl,
    decls.Callback,
    decls.Opaque,
    decls.Alias,
    decls.Constant,
)
_LAID_OUT = (decls.Vtable, Aggregate, decls.EnumDecl)


@dataclass(frozen=True, slots=True)
class ReportView:
    """``facts``: what holds for the ABI as a whole; ``parts``: lines that belong together."""

    source: str
    name: str
    version: str
    facts: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...]


def pages(library: decls.Library, layouts: Layouts) -> tuple[Page, ...]:
    """``report.txt``"""
    view = ReportView(
        library.source,
        library.name,
        str(library.version),
        tuple(_facts(library)),
        tuple(_parts(library, layouts)),
    )
    return (Page("report.txt", "report/report.txt.jinja", view),)


def _facts(library: decls.Library) -> Iterator[str]:
    arguments = ", ".join(str(given) for given in library.compat.arguments)
    yield f"compat {library.compat.rule}{f'({arguments})' if arguments else ''}"
    yield f"targets: {describe_targets(library.targets, TRIPLES)}"
    for allocator in library.allocators:
        schemes = ", ".join(
            f"{each.acquire}{f'/{each.release}' if each.release else ''}"
            f"{f' @{each.family}' if each.family else ''}"
            for each in allocator.schemes
        )
        yield f"allocator {allocator.name} = {schemes}"
    for each in library.imports:
        yield f"imports {each.name} {each.version}"


def _parts(library: decls.Library, layouts: Layouts) -> Iterator[tuple[str, ...]]:
    """What its own file declares. Types with members, and enums, are each a part of their own."""
    for kind in _KINDS:
        found = sorted(
            (each for each in library.declared if isinstance(each, kind)),
            key=lambda each: each.name,
        )
        if kind in _LAID_OUT:
            for each in found:
                yield (*element_lines(each), *place_lines(each.name, layouts))
        elif found:
            yield tuple(line for each in found for line in element_lines(each))
