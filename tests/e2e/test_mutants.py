"""Each kind of change, made at random places of the three descriptions, is told as what it is.

What must be said of each stands in ``support/mutants``, by hand; how layouts change is what compilers
measure on the headers from before and after.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

import pytest

from abilock.compat.findings import Finding
from abilock.compat.verdict import judge
from abilock.host import host_triple
from abilock.model.decls import Library
from abilock.model.targets import TRIPLES
from abilock.syntax import ast
from abilock.syntax.formatter import format_file
from support.mutants import MUTATORS, Mutant, Mutator
from support.mutants.measured import (
    Effects,
    Header,
    Measured,
    claimed,
    claimed_elsewhere,
    effects,
    measured_here,
)
from support.mutants.trees import Site, meaning_of, sites, tree_of

ABIS = sorted((Path(__file__).parents[2] / "abi").glob("*.abi"))
NAMES = [path.stem for path in ABIS]
SMALL = ["bmux", "statevec"]
#: Any number will do: it says which places are tried.
SEED = 20
#: Kinds of change that cannot be made without another one in any of the three are not here.
KINDS = 85


@dataclass(frozen=True)
class Base:
    """A description as it is."""

    file: ast.File
    library: Library
    sites: tuple[Site, ...]


@cache
def base(name: str) -> Base:
    file = tree_of(next(path for path in ABIS if path.stem == name).read_text("utf-8"))
    library = meaning_of(file)
    assert library is not None
    return Base(file, library, tuple(sites(file)))


def mutants(
    mutator: Mutator, name: str, most: int, random: Random
) -> Iterator[tuple[str, Mutant, Library]]:
    """As many as there are, at most so many, which are right by themselves, and where each is."""
    places = [each for each in base(name).sites if each.what in mutator.places]
    random.shuffle(places)
    tried = made = 0
    for site in places:
        mutant = mutator.mutant(site, random)
        if mutant is None:
            continue
        tried += 1
        library = meaning_of(mutant.file)
        if library is not None:
            made += 1
            yield f"{mutator.name} at {name}: {site.name}", mutant, library
        if made >= most or tried >= 8 * most:
            return


def problems(where: str, mutant: Mutant, name: str, library: Library) -> Iterator[str]:
    """What is told wrongly of a mutant, and of the way back."""
    ways = ((base(name).library, library), (library, base(name).library))
    for row, subjects, (old, new) in zip(mutant.rows, mutant.subjects, ways, strict=False):
        findings = judge(old, new).findings
        if len(findings) != 1:
            yield f"{where}: {[(each.rule.slug, each.subject) for each in findings]}"
            continue
        [found] = findings
        wrong = [*row.problems(found, mutant.providers)]
        if subjects != "*" and found.subject not in subjects.split("|"):
            wrong.append(f"it is about {found.subject}, and should be about {subjects}")
        if wrong:
            yield f"{where} ({row.kind}): {'; '.join(wrong)}"


def assert_told(names: list[str], most: int, mutators: list[Mutator], seed: int) -> Counter[str]:
    """Every mutant of these is told as what it is. How many of each there were."""
    random = Random(seed)
    found: list[str] = []
    seen: Counter[str] = Counter()
    for mutator in mutators:
        for name in names:
            for where, mutant, library in mutants(mutator, name, most, random):
                seen[mutator.name] += len(mutant.rows)
                found += problems(where, mutant, name, library)
    assert not found, f"seed {seed}, {len(found)} wrong:\n" + "\n".join(found[:20])
    return seen


def test_a_few_mutants_are_told_as_what_they_are() -> None:
    mutators = Random(SEED).sample(MUTATORS, 36)
    assert sum(assert_told(SMALL, 1, mutators, SEED).values()) >= 60


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_mutants_are_told_as_what_they_are(name: str) -> None:
    """Together thousands; each kind of change is made in at least one of the three."""
    seen = assert_told([name], 15, MUTATORS, SEED)
    assert sum(seen.values()) > 900


@pytest.mark.slow
def test_every_kind_of_change_can_be_made() -> None:
    """Nothing hides in what no description has room for."""
    random, made = Random(SEED), set()
    for mutator in MUTATORS:
        for name in (*SMALL, "drasi"):
            if any(True for _ in mutants(mutator, name, 1, random)):
                made.add(mutator.name)
                break
    assert made == {each.name for each in MUTATORS}
    assert len({row.kind for each in MUTATORS for row in each.rows}) >= KINDS


def test_a_mutant_is_what_a_person_can_write() -> None:
    """Written down and read again, it means the same."""
    random = Random(SEED)
    for mutator in random.sample(MUTATORS, 12):
        for _, mutant, library in mutants(mutator, "bmux", 1, random):
            again = meaning_of(tree_of(format_file(mutant.file)))
            assert again is not None
            assert judge(library, again).findings == ()


# --- what layouts become


LAYOUT = (
    "slot_inserted slot_appended slots_swapped field_inserted fields_swapped packed aligned"
    " field_aligned parameter_added sign_changed widened narrowed other_kind_of_number respelled"
    " array_longer struct_made_union enum_widened constant_changed made_mutable type_renamed"
).split()
LINUX = "x86_64-unknown-linux-gnu"


@cache
def header(name: str) -> Header:
    return Header(base(name).library)


@cache
def before(name: str, triple: str) -> Measured:
    return header(name).measured(triple)


def both_ways(
    name: str, most: int, seed: int, kinds: list[str]
) -> Iterator[tuple[str, Header, tuple[Finding, Finding]]]:
    """Mutants that change layouts, with what is said of the way there and of the way back."""
    random = Random(seed)
    for mutator in MUTATORS:
        if mutator.name in kinds:
            for where, _, library in mutants(mutator, name, most, random):
                old = base(name).library
                ways = judge(old, library).findings, judge(library, old).findings
                if all(len(each) == 1 for each in ways):
                    yield where, Header(library), (ways[0][0], ways[1][0])


def wrong_effects(where: str, finding: Finding, old: Measured, new: Measured) -> Iterator[str]:
    """What a finding claims of the first target, and what is so."""
    said, found = claimed(finding, LINUX), effects(old, new)
    if said != found:
        yield f"{where}: it says {said}, and the compiler {found}"


def wrong_elsewhere(
    where: str, finding: Finding, name: str, other: Header, *, back: bool
) -> Iterator[str]:
    for triple, told, sizes, count in claimed_elsewhere(finding):
        pair = before(name, triple), other.measured(triple)
        found: Effects = effects(*(pair[::-1] if back else pair))
        moved = [each for each in found.moved if each.partition(".")[0] == told]
        if sizes is not None and found.sizes.get(told) != sizes:
            yield f"{where}, {triple}: {told} {sizes}, and the compiler {found.sizes.get(told)}"
        if sizes is not None and len(moved) != count:
            yield f"{where}, {triple}: moves {count} of {told}, and the compiler {moved}"


def test_layouts_change_as_compilers_say() -> None:
    """On the target that speaks for all; the others are looked at where there is more time."""
    found: list[str] = []
    seen = 0
    for where, other, (there, back) in both_ways("statevec", 1, SEED, LAYOUT[3:8]):
        old, new = before("statevec", LINUX), other.measured(LINUX)
        found += [*wrong_effects(where, there, old, new), *wrong_effects(where, back, new, old)]
        seen += bool(effects(old, new).sizes)
    assert not found, f"seed {SEED}:\n" + "\n".join(found[:10])
    assert seen >= 3


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_layouts_change_as_all_compilers_say(name: str, cc: list[str], tmp_path: Path) -> None:
    """libclang on every target that a finding names, and the compiler of this machine."""
    found: list[str] = []
    made = [*both_ways(name, 6, SEED, LAYOUT)]
    here = host_triple()
    assert here in TRIPLES
    measured = measured_here([header(name), *(each for _, each, _ in made)], here, cc, tmp_path)
    changed = 0
    for (where, other, (there, back)), mine in zip(made, measured[1:], strict=True):
        old, new = before(name, LINUX), other.measured(LINUX)
        found += [*wrong_effects(where, there, old, new), *wrong_effects(where, back, new, old)]
        found += wrong_elsewhere(where, there, name, other, back=False)
        found += wrong_elsewhere(where, back, name, other, back=True)
        if here == LINUX:
            found += [*wrong_effects(f"{where}, here", there, measured[0], mine)]
        changed += bool(effects(old, new).moved or effects(old, new).sizes)
    assert not found, f"seed {SEED}:\n" + "\n".join(found[:10])
    assert changed >= 15
