"""What the pages say of abilock beside other checkers is what it says today; the others were asked then."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from support.pairs import PAIRS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PAGE = (ROOT / "docs/peers.md").read_text("utf-8")


@pytest.fixture(scope="module")
def peers() -> ModuleType:
    """The benchmark, which is no package."""
    spec = importlib.util.spec_from_file_location("peers", ROOT / "benchmarks/peers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["peers"] = module
    spec.loader.exec_module(module)
    return module


def table(text: str, head: str) -> list[list[str]]:
    """The rows of the table whose first cell this is, without its heads."""
    lines = text.split(f"\n| {head} |", 1)[1].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_readme_has_the_numbers_of_the_page() -> None:
    assert table(README, "changes") == table(PAGE, "changes")


def test_the_page_has_every_pair() -> None:
    assert [row[0] for row in table(PAGE, "change")] == [pair.change for pair in PAIRS]
    assert PAGE.count(f"{len(PAIRS)} changes to one plugin ABI") == 1


@pytest.mark.slow
def test_the_page_says_of_abilock_what_it_says_today(peers: ModuleType) -> None:
    rows = table(PAGE, "change")
    for pair, row in zip(PAIRS, rows, strict=True):
        found = peers.ours(pair)
        assert row[1:6] == peers.own_cells(pair, found)
    assert all(peers.ours(pair).stops == pair.must_move for pair in PAIRS)
