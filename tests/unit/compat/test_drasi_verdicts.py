"""What the verdict says of drasi-plugin-sdk's releases is what happened to those who mixed them."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from abilock.compat.findings import Verdict
from abilock.compat.verdict import judge
from abilock.compat.versions import release_of, takes
from abilock.model.decls import Library
from support.drasi_releases import RELEASES
from support.library import library_at

HISTORY = Path(__file__).parents[3] / "abi/history/drasi"

#: Whether a host takes a plugin, and whether that works: `-` is refused, `BAD` taken and wrong. Rows are
#: plugins, columns are hosts, both in the order of the first line.
MATRIX = """
        0.4.0 0.4.3 0.6.0 0.8.0 0.8.1 0.8.2 0.8.4 0.8.5 0.9.0 0.9.1 0.10.0 0.11.0
0.4.0   ok    BAD   -     -     -     -     -     -     -     -     -      -
0.4.3   BAD   ok    -     -     -     -     -     -     -     -     -      -
0.6.0   -     -     ok    -     -     -     -     -     -     -     -      -
0.8.0   -     -     -     ok    BAD   BAD   BAD   BAD   -     -     -      -
0.8.1   -     -     -     BAD   ok    BAD   ok    ok    -     -     -      -
0.8.2   -     -     -     BAD   ok    ok    ok    ok    -     -     -      -
0.8.4   -     -     -     BAD   ok    ok    ok    ok    -     -     -      -
0.8.5   -     -     -     BAD   BAD   BAD   BAD   ok    -     -     -      -
0.9.0   -     -     -     -     -     -     -     -     ok    BAD   -      -
0.9.1   -     -     -     -     -     -     -     -     BAD   ok    -      -
0.10.0  -     -     -     -     -     -     -     -     -     -     ok     -
0.11.0  -     -     -     -     -     -     -     -     -     -     -      ok
"""  # A careful host of 0.8.4 or later asks for the version first; upstream's misreads a plugin of 0.8.1.
COLUMNS = MATRIX.split("\n")[1].split()

#: The number that a release needed where it took another one.
NEEDED = {
    "0.4.3": "0.5.0",
    "0.8.1": "0.9.0",
    "0.8.2": "0.9.0",
    "0.8.5": "0.9.0",
    "0.9.1": "0.10.0",
}


@cache
def released(release: str) -> Library:
    return library_at(HISTORY / f"{release}.abi")


@cache
def verdict(before: str, after: str) -> Verdict:
    return judge(released(before), released(after))


@pytest.mark.parametrize("plugin", COLUMNS)
def test_mixes_end_as_they_did(plugin: str) -> None:
    (row,) = (line.split()[1:] for line in MATRIX.split("\n") if line.startswith(f"{plugin} "))
    assert [_mixed(plugin, host) for host in COLUMNS] == row


def _mixed(plugin: str, host: str) -> str:
    if plugin == host:
        return "ok"
    if not takes(release_of(released(host)), release_of(released(plugin))):
        return "-"
    if COLUMNS.index(plugin) < COLUMNS.index(host):
        loader = verdict(plugin, host).loader
        assert loader.accepts_old_plugin
        return "ok" if loader.should_accept_old_plugin else "BAD"
    loader = verdict(host, plugin).loader
    assert loader.accepts_new_plugin
    return "ok" if loader.should_accept_new_plugin else "BAD"


@pytest.mark.parametrize(("before", "after"), [*pairwise(RELEASES)], ids=RELEASES[1:])
def test_the_number_that_a_release_needed(before: str, after: str) -> None:
    found = verdict(before, after)
    assert found.required == NEEDED.get(after, found.declared)


def test_numbers_are_those_that_plugins_tell() -> None:
    assert verdict("0.9.1", "0.10.0").declared == "0.11.0"
    assert verdict("0.10.0", "0.11.0").declared == "0.13.0"
    # `@since(0.12.0)` lies between what plugins of the two say, so an older one is not asked for it.
    (found,) = (
        each
        for each in verdict("0.10.0", "0.11.0").findings
        if each.subject == "FfiPluginRegistration.set_log_level"
    )
    assert found.cells.binary.are_fine
