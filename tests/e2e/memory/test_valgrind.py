"""The tests of the Python packages once more under Valgrind, which also knows what is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.memory import MEASURED, PLANTED, under_valgrind

pytestmark = [pytest.mark.slow, pytest.mark.tool("gcc", "valgrind", "python-headers")]

#: In as few processes as there are workers, since starting and ending one takes a minute.
PLACES = {
    "drasi": ("tests/e2e/drasi_python",),
    "others": (
        "tests/e2e/test_statevec_python.py",
        "tests/e2e/bmux_python",
        "tests/e2e/shapes",
    ),
}
#: Single shapes are those in ready-made form, where memory changes hands in Python: C that carries calls is
#: watched with whole ABIs, and statics are loaded often and hand nothing over. Processes that end in the
#: middle of their work end with all that they have.
CHOSEN = (
    f"not rust and not exit and not {MEASURED}"
    " and (bmux or statevec or drasi or not (compiled or natives or statics))"
)


@pytest.mark.parametrize("places", PLACES.values(), ids=PLACES)
def test_valgrind_finds_nothing(places: tuple[str, ...], tmp_path: Path) -> None:
    done, findings = under_valgrind(tmp_path, *places, "-k", CHOSEN)
    assert done.passed, done.said
    assert not findings, "\n\n".join(findings)


@pytest.mark.parametrize(
    ("fault", "kind", "function"),
    [("gone", "InvalidRead", ""), ("lost", "Leak_DefinitelyLost", "lost")],
)
def test_valgrind_finds(fault: str, kind: str, function: str, tmp_path: Path) -> None:
    _, findings = under_valgrind(tmp_path, PLANTED, "-k", fault)
    assert any(each.startswith(kind) and function in each for each in findings), findings
