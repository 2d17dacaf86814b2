"""Only what a library has itself is its entry: the system also finds symbols of what it needs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from support.bindings import Bound, Workshop
from support.building import FLAGS, run

DESCRIPTION = """
abi {NAME} 1.0.0;
entry fn mine() -> i32;
optional entry fn getppid() -> i32;
optional entry fn {NAME}_own() -> i32;
optional entry static error_message_count: u32;
"""

SOURCE = """
{NAME}_EXPORT int32_t mine(void) { return 1; }
{NAME}_EXPORT int32_t {name}_own(void) { return 2; }
"""


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


def test_functions_of_libc_are_not_a_plugin_s(bound: Bound) -> None:
    plugin = bound.plugin
    assert (plugin.mine(), plugin.own()) == (1, 2)
    offered = {"mine": True, "own": True, "getppid": False, "error_message_count": False}
    assert {name: plugin.offers(name) for name in offered} == offered
    with pytest.raises(bound.package.NotAvailableError, match="does not export `getppid`"):
        plugin.getppid()


def test_a_library_that_only_needs_the_plugin_is_refused(
    bound: Bound, tmp_path: Path, cc: list[str]
) -> None:
    plugin = Path(bound.plugin.path)
    # The system knows one library of a name.
    real = f"real{bound.plugin.mode.partition('-')[0]}"
    shutil.copy(plugin, tmp_path / f"lib{real}.so")
    (tmp_path / "shim.c").write_text("int nothing(void) { return 0; }\n")
    linked = [f"-L{tmp_path}", "-Wl,--no-as-needed", f"-l{real}", f"-Wl,-rpath,{tmp_path}"]
    run(*cc, *FLAGS, str(tmp_path / "shim.c"), "-o", str(tmp_path / "shim.so"), *linked)
    with pytest.raises(bound.package.MissingSymbolError) as caught:
        bound.package.load(tmp_path / "shim.so", bound.plugin.mode)
    place = tmp_path / f"lib{real}.so"
    assert f"`mine` (that of {place} is not its own)" in str(caught.value)


def test_a_library_has_its_symbols_by_whatever_path(bound: Bound, tmp_path: Path) -> None:
    link = tmp_path / "link.so"
    os.symlink(bound.plugin.path, link)
    assert bound.package.load(link, bound.plugin.mode).mine() == 1
    assert bound.package.load(os.path.relpath(link), bound.plugin.mode).mine() == 1
