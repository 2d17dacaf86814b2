"""Random descriptions through the whole house, and broken ones through as much of it as they reach."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from abilock.layout.limits import check_limits
from support.layout_texts import descriptions
from support.library import library_of, read_text
from support.mutations import mutated
from support.rendering import rendered

ROOT = Path(__file__).parents[2]
GOOD = [
    path.read_text("utf-8")
    for folder in ("abi", "tests/cases/good")
    for path in sorted((ROOT / folder).glob("*.abi"))
]
_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
#: Shrinking would compile for hours; a failing description is printed as it is.
_PHASES = (Phase.explicit, Phase.reuse, Phase.generate)


@pytest.mark.slow
@pytest.mark.tool("rustc")
def test_rustc_agrees_with_random_descriptions(tmp_path: Path) -> None:
    """The module asserts every size, alignment and offset while it is compiled."""

    @settings(max_examples=25, phases=_PHASES, suppress_health_check=_QUIET)
    @given(text=descriptions())
    def compare(text: str) -> None:
        module = rendered(library_of(text), "rust")["rust/random.rs"]
        (tmp_path / "random.rs").write_text(module, "utf-8")
        (tmp_path / "lib.rs").write_text("#![no_std]\n#![deny(warnings)]\npub mod random;\n")
        command = ["rustc", "--edition=2021", "--crate-type=lib", "--emit=metadata", "lib.rs"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[:3000]

    compare()


@pytest.mark.slow
@settings(max_examples=60, suppress_health_check=_QUIET)
@given(text=mutated(GOOD))
def test_an_edited_description_is_judged_without_a_crash(text: str) -> None:
    """It is right, and then every output can be made of it, or there are diagnostics."""
    library, report = read_text(text)
    if library is None:
        assert report.failed
        return
    check_limits(library, report)
    if not report.failed:
        assert rendered(library, "header", "rust", "layout", "docs")
