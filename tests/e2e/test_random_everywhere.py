"""Random descriptions through the whole house, and broken ones through as much of it as they reach."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from abilock.diagnostics.report import Report
from abilock.model.decls import Library
from abilock.outputs import OUTPUTS
from abilock.pipeline import examine_description, lay_out_all
from abilock.source import SourceFile
from abilock.syntax.reading import decode
from support.layout_texts import descriptions
from support.library import library_of
from support.mutations import mutated
from support.rendering import rendered, unformatted

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
        for path, module in rendered(library_of(text), "rust").items():
            (tmp_path / Path(path).name).write_text(module, "utf-8")
        (tmp_path / "lib.rs").write_text("#![no_std]\n#![deny(warnings)]\npub mod random;\n")
        command = ["rustc", "--edition=2021", "--crate-type=lib", "--emit=metadata", "lib.rs"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[:3000]

    compare()


def _limits(library: Library, report: Report) -> None:
    layouts = lay_out_all(library)
    for output in OUTPUTS:
        output.limits(library, layouts, report)


@pytest.mark.slow
@settings(max_examples=60, suppress_health_check=_QUIET)
@given(text=mutated(GOOD))
def test_an_edited_description_is_judged_without_a_crash(text: str) -> None:
    """It is right, and then every output can be made of it, or there are diagnostics."""

    def read(name: str, report: Report) -> SourceFile | None:
        data = text.encode("utf-8", "surrogatepass")
        return decode(data, name, report) if name == "test.abi" else None

    report = Report()
    examined = examine_description("test.abi", report, read)
    if examined is not None:
        examined.check_further(_limits, report)
    if examined is None or examined.library is None:
        assert report.failed
    elif not report.failed:
        assert unformatted(examined.library, *(each.name for each in OUTPUTS))
