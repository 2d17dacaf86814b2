"""Every shape alone: each combination round trips, in both directions at once, or is refused with a code.

``docs/shapes.md`` is written from what is found here.
"""

from __future__ import annotations

import gc
import itertools
from pathlib import Path

import pytest

from support.bindings import Workshop
from support.golden import assert_golden
from support.matrix import Kind, plugin, sort, table
from support.matrix_kinds import KINDS
from support.matrix_objects import OBJECTS, OUTCOMES
from support.matrix_runs import Blocks, run, ways

DOCS = Path(__file__).parents[3] / "docs" / "shapes.md"


ALL = (*KINDS, *OUTCOMES, *OBJECTS)
#: Every kind, most of them in the slow tests only.
_SAMPLED = [
    pytest.param(kind, marks=pytest.mark.slow if number % 12 else ())
    for number, kind in enumerate(ALL)
]


@pytest.mark.slow
@pytest.mark.parametrize("kind", _SAMPLED, ids=lambda kind: str(kind.name))
def test_what_works_works(kind: Kind, workshop: Workshop, mode: str) -> None:
    found = sort(kind)
    if not found.working:
        return
    bound = workshop.build(found.description, kind.source + plugin(found.library), mode)
    blocks = Blocks(bound.package, bound.plugin._abi_lib.binding)
    problems: dict[str, list[str]] = {}
    # What is there already need not be looked through after each call.
    gc.collect()
    gc.freeze()
    for case in found.working:
        for absent, way in itertools.product((False, True)[: 1 + case.nullable], ways(case)):
            told = run(case, bound, blocks, absent, way)
            if told:
                label = f"{case.label}{', None' * absent}, {way.value}"
                problems[f"{label}: {' '.join(case.lines())}"] = told
    gc.unfreeze()
    assert not problems, "\n" + "\n".join(f"{label}: {said}" for label, said in problems.items())


@pytest.mark.slow
def test_the_page_says_what_becomes_of_each(bless: bool) -> None:
    assert_golden(DOCS, table([sort(kind) for kind in ALL]), bless)
