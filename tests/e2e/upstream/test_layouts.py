"""The published crates' own types beside those that are generated: sizes, offsets, types and values.

If upstream moves, this fails first, and says where.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from support.upstream import (
    BMUX_NATIVE,
    DRASI,
    STATEVEC,
    Package,
    aliases,
    cargo,
    layouts,
    tables,
    upstream_types,
)

pytestmark = [pytest.mark.slow, pytest.mark.tool("cargo")]

#: What only the description has, and why.
OURS_ALONE: dict[str, set[str]] = {
    # Plain numbers upstream, whose meaning stands in comments, or in code that reads them.
    "drasi": {"FfiRecoveryPolicy"},
    "drasi_0_11_0": {"FfiRecoveryPolicy", "FfiWalCapacityPolicy", "FfiWalAppendError"},
    "statevec": set(),
}

#: What only upstream has, and why.
THEIRS_ALONE: dict[str, set[str]] = {
    "drasi": set(),
    "drasi_0_11_0": set(),
    # The first has no name in the description, as the type of an entry; layout.rs compares it. The second
    # is in no signature.
    "statevec": {"RuntimePluginEntryV1", "RejectedErrorCode"},
}

CRATES = ("drasi-plugin-sdk", "drasi-ffi-primitives", "statevec-api")

each_package = pytest.mark.parametrize(
    "package", [*DRASI.values(), STATEVEC], ids=lambda each: each.name
)


@each_package
def test_types_are_the_same(package: Package, tmp_path: Path) -> None:
    written = tmp_path / "layouts.rs"
    written.write_text(layouts(package, OURS_ALONE[package.bindings]), encoding="utf-8")
    said = cargo(
        package, "test", "--locked", "--quiet", "--test", "layout", UPSTREAM_LAYOUTS=str(written)
    )
    assert "test result: ok" in said


@each_package
def test_no_type_is_left_out(package: Package) -> None:
    described = {*tables(package), *aliases(package)} - OURS_ALONE[package.bindings]
    theirs = upstream_types(package, *CRATES) - THEIRS_ALONE[package.bindings]
    assert theirs == described


def test_bmux_has_the_same_numbers() -> None:
    """It has no types: bytes go in and out, and status codes."""
    said = cargo(BMUX_NATIVE, "test", "--locked", "--quiet", "--test", "layout")
    assert "test result: ok" in said
