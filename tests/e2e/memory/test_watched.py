"""The tests of the Python packages once more, with every access to memory watched."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.memory import under_sanitizers, under_valgrind

pytestmark = pytest.mark.slow

SANITIZERS = pytest.mark.tool("gcc", "sanitizers", "python-headers")
VALGRIND = pytest.mark.tool("gcc", "valgrind", "python-headers")

#: Each ABI, and the small ones of the single shapes.
PLACES = {
    "shapes": "tests/e2e/shapes",
    "drasi": "tests/e2e/drasi_python",
    "statevec": "tests/e2e/test_statevec_python.py",
}
#: Tests of how large the process grows, which says nothing here.
MEASURED = "held"
PLANTED = "tests/e2e/memory/planted.py"


@SANITIZERS
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_sanitizers_find_nothing(place: str, tmp_path: Path) -> None:
    done = under_sanitizers(tmp_path, place, "-k", f"not rust and not {MEASURED}")
    assert done.passed, done.said


@SANITIZERS
def test_sanitizers_find_what_is_freed_twice(tmp_path: Path) -> None:
    done = under_sanitizers(tmp_path, PLANTED, "-k", "twice")
    assert not done.passed
    assert "double-free" in done.said


@VALGRIND
@pytest.mark.parametrize("place", [PLACES["drasi"], PLACES["statevec"]], ids=["drasi", "statevec"])
def test_valgrind_finds_nothing(place: str, tmp_path: Path) -> None:
    # Processes that end in the middle of their work, and libraries that are refused and closed, end with
    # all that they have.
    chosen = f"not rust and not exit and not refused and not {MEASURED}"
    done, findings = under_valgrind(tmp_path, place, "-k", chosen)
    assert done.passed, done.said
    assert not findings, "\n\n".join(findings)


@VALGRIND
@pytest.mark.parametrize(
    ("fault", "kind", "function"),
    [("gone", "InvalidRead", ""), ("lost", "Leak_DefinitelyLost", "lost")],
)
def test_valgrind_finds(fault: str, kind: str, function: str, tmp_path: Path) -> None:
    _, findings = under_valgrind(tmp_path, PLANTED, "-k", fault)
    assert any(each.startswith(kind) and function in each for each in findings), findings
