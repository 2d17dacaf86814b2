"""What is written in other words, in another order or with other docs is no change."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from abilock.compat.verdict import judge
from abilock.syntax import ast
from support.descriptions import descriptions
from support.mutants.same import redocumented, reformatted, reordered
from support.mutants.trees import meaning_of, tree_of

ABIS = sorted((Path(__file__).parents[3] / "abi").glob("*.abi"))
each_abi = pytest.mark.parametrize("path", ABIS, ids=[path.stem for path in ABIS])


def assert_same(old: ast.File, new: ast.File) -> None:
    before, after = meaning_of(old), meaning_of(new)
    assert before is not None
    assert after is not None
    verdict = judge(before, after)
    assert verdict.findings == ()
    assert verdict.level is None
    assert verdict.is_honest


def assert_all_same(file: ast.File, random: Random) -> None:
    assert_same(file, tree_of(reformatted(file, random)))
    assert_same(file, redocumented(file))
    assert_same(file, reordered(file, random))


@each_abi
def test_other_blanks(path: Path) -> None:
    file = tree_of(path.read_text("utf-8"))
    text = reformatted(file, Random(path.stem))
    assert "\n///" not in text
    assert_same(file, tree_of(text))


@each_abi
def test_other_docs(path: Path) -> None:
    file = tree_of(path.read_text("utf-8"))
    assert_same(file, redocumented(file))


@each_abi
def test_another_order(path: Path) -> None:
    file, random = tree_of(path.read_text("utf-8")), Random(path.stem)
    other = reordered(file, random)
    assert other.items != file.items
    assert_same(file, other)


_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


@settings(max_examples=15, suppress_health_check=_QUIET)
@given(text=descriptions(), random=st.randoms(use_true_random=False))
def test_random_descriptions(text: str, random: Random) -> None:
    assert_all_same(tree_of(text), random)


@pytest.mark.slow
@settings(max_examples=300, suppress_health_check=_QUIET)
@given(text=descriptions(), random=st.randoms(use_true_random=False))
def test_many_random_descriptions(text: str, random: Random) -> None:
    assert_all_same(tree_of(text), random)
