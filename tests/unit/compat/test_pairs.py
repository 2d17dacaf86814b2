"""The verdict of each pair is what was written down for it by hand."""

from __future__ import annotations

from functools import cache

import pytest

from abilock.compat.verdict import judge
from abilock.model.decls import Library
from support.library import read_text
from support.pairs import PAIRS
from support.pairs.base import Pair

every_pair = pytest.mark.parametrize("pair", PAIRS, ids=[pair.slug for pair in PAIRS])


@cache
def library_of(text: str) -> Library:
    """What a description means, of which there must be nothing to say."""
    library, report = read_text(text)
    assert library is not None
    assert report.sorted() == []
    return library


@every_pair
def test_the_verdict_is_the_expected_one(pair: Pair) -> None:
    verdict = judge(library_of(pair.old), library_of(pair.new))
    found = sorted(finding.rule.slug for finding in verdict.findings)
    assert found == sorted(kind.value for kind in pair.kinds)
    assert (verdict.level, verdict.required) == (pair.level, pair.required)
    fine = [finding.cells.binary for finding in verdict.findings]
    expected = pair.cells.binary
    assert (
        all(each.old_plugin_new_host.is_fine for each in fine),
        all(each.new_plugin_old_host.is_fine for each in fine),
    ) == (expected.old_plugin_new_host.is_fine, expected.new_plugin_old_host.is_fine)


def test_they_are_many_and_of_many_kinds() -> None:
    assert len({pair.slug for pair in PAIRS}) == len(PAIRS) >= 70
    assert len({kind for pair in PAIRS for kind in pair.kinds}) >= 60
