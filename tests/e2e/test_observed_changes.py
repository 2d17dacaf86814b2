"""What old and new do to each other is what the cells say: plugins and hosts of both are watched.

Each side does everything that its description lets it do, and says what it means: which function it calls,
what it writes at a place and what it reads there, what it lends and what it gives away. Guards stand behind
everything in memory. What goes wrong is seen in a process of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest

from abilock.compat.flows import worst
from abilock.compat.outcomes import Outcome, Pairings
from abilock.compat.verdict import judge
from support.library import library_of
from support.pairs import PAIRS
from support.pairs.base import Pair
from support.watching.observe import Mix, Observed, observe

WATCHED = tuple(pair for pair in PAIRS if pair.observed)

pytestmark = pytest.mark.slow
every_pair = pytest.mark.parametrize("pair", WATCHED, ids=[pair.slug for pair in WATCHED])


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory, cc: list[str]) -> Mapping[str, Observed]:
    return observe(WATCHED, tmp_path_factory.mktemp("watched"), cc)


def agrees(said: Outcome, seen: Mix) -> bool:
    """Whether an outcome was seen; nothing bad, if it is fine. What compiles and means something else
    shows in any way."""
    if said.is_fine:
        return not seen.bad
    if said is Outcome.COMPILES_WRONG:
        return bool(seen.bad) and not seen.compiled
    return said in seen.outcomes


def told(seen: Mix) -> str:
    return "\n".join(seen.lines) or seen.compiled


def assert_agree(said: Pairings, seen: tuple[Mix, Mix]) -> None:
    for outcome, mix in zip(
        (said.old_plugin_new_host, said.new_plugin_old_host), seen, strict=True
    ):
        assert agrees(outcome, mix), f"{outcome.name}\n{told(mix)}"


@every_pair
def test_each_release_works_with_itself(pair: Pair, observed: Mapping[str, Observed]) -> None:
    for mix in (observed[pair.slug].old, observed[pair.slug].new):
        assert not mix.bad, told(mix)
        assert mix.lines[-1] == "end"


@every_pair
def test_mixes_of_binaries_do_what_is_expected(
    pair: Pair, observed: Mapping[str, Observed]
) -> None:
    assert_agree(pair.cells.binary, observed[pair.slug].binary)


@every_pair
def test_mixes_of_sources_do_what_is_expected(pair: Pair, observed: Mapping[str, Observed]) -> None:
    assert_agree(pair.cells.source, observed[pair.slug].source)


@every_pair
def test_mixes_do_what_the_verdict_says(pair: Pair, observed: Mapping[str, Observed]) -> None:
    findings = judge(library_of(pair.old), library_of(pair.new)).findings
    seen = observed[pair.slug]
    assert_agree(worst_of(each.cells.binary for each in findings), seen.binary)
    assert_agree(worst_of(each.cells.source for each in findings), seen.source)


def test_what_keeps_things_apart_is_seen(observed: Mapping[str, Observed]) -> None:
    """What is gated is really there, and is really not used."""
    for pair in WATCHED:
        cells = pair.cells.binary
        for said, mix in zip(
            (cells.old_plugin_new_host, cells.new_plugin_old_host),
            observed[pair.slug].binary,
            strict=True,
        ):
            if said in (Outcome.GATED, Outcome.FALLS_BACK):
                assert any(said is seen for seen in mix.outcomes), pair.slug


def test_they_are_many() -> None:
    assert len(WATCHED) >= 60


def worst_of(all_of: Iterable[Pairings]) -> Pairings:
    pairings = tuple(all_of)
    return Pairings(
        worst(each.old_plugin_new_host for each in pairings),
        worst(each.new_plugin_old_host for each in pairings),
    )
