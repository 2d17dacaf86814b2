"""What the diff must say of a mutant: by hand, from what an ABI is and not from how it is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from abilock.compat.changes import Kind
from abilock.compat.findings import Finding, Level
from abilock.compat.outcomes import Outcome
from abilock.syntax import ast
from support.mutants.sides import BOTH, HOST, PLUGIN, side_of
from support.mutants.trees import Path, Site, put

#: Words for more than one outcome. What happens to whoever looks for something that stands elsewhere
#: depends on what stands there now.
_WORDS = {
    # members that stand elsewhere, are larger or smaller, or cross calls another way
    "ASTRAY": "MISREADS WRONG_FUNCTION WRONG_CALL READS_PAST_END WRITES_PAST_END CALLS_NULL",
    "ANY": " ".join(each.name for each in Outcome),
    "OK": "FINE GATED FALLS_BACK",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: the kind of change, how grave it is, and what becomes of what one side provides,
    in an older release with a newer reader, and the other way.

    ex) ``Row("null-allowed", "breaking", "FINE CALLS_NULL")``
    """

    kind: str
    level: str
    flow: str = "FINE FINE"

    def problems(self, finding: Finding, providers: frozenset[str]) -> Iterator[str]:
        if finding.rule.slug != Kind(self.kind).value:
            yield f"it is {finding.rule.slug}, and should be {self.kind}"
        if finding.level is not Level(self.level):
            yield f"it is {finding.level.value}, and should be {self.level}"
        new_reader, old_reader = (_outcomes(word) for word in self.flow.split())
        cells = (
            ("old plugin, new host", finding.cells.binary.old_plugin_new_host),
            ("new plugin, old host", finding.cells.binary.new_plugin_old_host),
        )
        wanted = {PLUGIN: (new_reader, old_reader), HOST: (old_reader, new_reader)}
        for at, (name, cell) in enumerate(cells):
            each = [wanted[side][at] for side in sorted(providers)]
            if cell not in _worst(each):
                yield f"{name}: {cell.name}, and should be {self.flow} of {sorted(providers)}"


def _outcomes(word: str) -> frozenset[Outcome]:
    names = (name for part in word.split("|") for name in _WORDS.get(part, part).split())
    return frozenset(Outcome[name] for name in names)


def _worst(given: list[frozenset[Outcome]]) -> frozenset[Outcome]:
    """Where both sides provide, the graver one is told."""
    if len(given) == 1:
        return given[0]
    order = list(Outcome)
    return frozenset(max(a, b, key=order.index) for a in given[0] for b in given[1])


@dataclass(frozen=True, slots=True)
class Mutant:
    """A description with one change in it, and what the diff must say: one finding.

    ``rows``: for the way there, and for the way back where there is one. ``subjects``: the same.
    """

    name: str
    file: ast.File
    rows: tuple[Row, ...]
    subjects: tuple[str, ...]
    providers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Edit:
    """What a mutator makes of a place.

    ``new``: what stands there instead, or at the end of ``path``. ``subject``: what the finding is about,
    if that is not the place itself; ``back``: the same on the way back.
    """

    new: Any
    path: Path | None = None
    subject: str | None = None
    back: str | None = None
    providers: frozenset[str] | None = None


Make = Callable[[Site, Random], Edit | None]


@dataclass(frozen=True, slots=True)
class Mutator:
    """One kind of change, and where it can be made."""

    name: str
    places: frozenset[str]
    rows: tuple[Row, ...]
    make: Make

    def mutant(self, site: Site, random: Random) -> Mutant | None:
        if site.what not in self.places:
            return None
        edit = self.make(site, random)
        if edit is None:
            return None
        path = site.path if edit.path is None else edit.path
        file = edit.new if path == () else put(site.file, path, edit.new)
        subject = edit.subject or site.name
        return Mutant(
            self.name,
            file,
            self.rows,
            (subject, edit.back or subject),
            edit.providers or giver_of(site),
        )


MUTATORS: list[Mutator] = []


def mutator(places: str, there: Row, back: Row | None = None) -> Callable[[Make], Make]:
    """Register a mutator. ``back``: what the same change is when it is taken back."""

    def register(make: Make) -> Make:
        rows = (there,) if back is None else (there, back)
        MUTATORS.append(Mutator(make.__name__, frozenset(places.split()), rows, make))
        return make

    return register


def giver_of(site: Site) -> frozenset[str]:
    """Who provides what stands at a place: the side whose table or function it is, but what a function
    is given comes from the other one."""
    sides = implementers(site)
    if site.what == "parameter":
        sides = other(sides)
    return sides


def implementers(site: Site) -> frozenset[str]:
    """Whose table, callback or entry it is."""
    return side_of(site.file.items, site.owner.name.text)


def other(sides: frozenset[str]) -> frozenset[str]:
    return frozenset({PLUGIN: HOST, HOST: PLUGIN}[side] for side in sides) & BOTH
