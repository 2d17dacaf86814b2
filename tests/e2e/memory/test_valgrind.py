"""The tests of the Python packages once more under Valgrind, which also knows what is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.memory import MEASURED, PLANTED, under_valgrind

pytestmark = [pytest.mark.slow, pytest.mark.tool("gcc", "valgrind", "python-headers")]

#: In as few processes as there are workers, since starting and ending one takes a minute.
PLACES = {
    # Loading, and sources, which are most of the time, are watched in the examples, and by sanitizers.
    "drasi": tuple(
        f"tests/e2e/drasi_python/test_{each}.py" for each in ("bootstrap", "reactions", "services")
    ),
    "others": (
        "tests/e2e/test_statevec_python.py",
        *(
            f"tests/e2e/bmux_python/test_{each}.py"
            for each in ("entries", "lifetime", "participants", "registry")
        ),
        "tests/e2e/shapes",
    ),
    # The others hold what the tests above hold, and sanitizers watch them.
    "examples": ("tests/examples/drasi/test_flows.py",),
}
#: Single shapes are those in ready-made form, where memory changes hands in Python: C that carries calls is
#: watched with whole ABIs, and sanitizers watch all of them. Processes that end in the middle of their work
#: end with all that they have.
NOTHING_CHANGES_HANDS = " or ".join(
    [
        *("compiled", "natives", "statics", "refused", "failing_numbers", "meanings", "test_ages"),
        *("descriptions", "written_tables", "what_people_read", "symbols", "local_names"),
        *("arguments", "wrong_answers", "streams_async", "handles_typing", "absent", "variadic"),
        *("versions_of_witnesses", "counted_slots"),
    ]
)
CHOSEN = (
    f"not (rust or exit or command or kill or typed or {MEASURED})"
    f" and (bmux or statevec or drasi or examples or not ({NOTHING_CHANGES_HANDS}))"
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
