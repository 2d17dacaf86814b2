"""The tests of the Python packages once more, with every access to memory watched by sanitizers."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.memory import MEASURED, PLANTED, under_sanitizers

pytestmark = [pytest.mark.slow, pytest.mark.tool("gcc", "sanitizers", "python-headers")]

#: Each ABI, and the small ones of the single shapes.
PLACES = {
    "shapes": "tests/e2e/shapes",
    "drasi": "tests/e2e/drasi_python",
    "statevec": "tests/e2e/test_statevec_python.py",
    "bmux": "tests/e2e/bmux_python",
    "ladspa": "tests/e2e/test_ladspa.py",
    "examples": "tests/examples",
}


#: What plugins from elsewhere do by themselves is theirs; processes that are killed, or end in the middle
#: of their work, tell nothing.
OTHERS = "every_plugin or kill or test_exit or streams_exit or may_exit or typed or mypy or pyright"


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_sanitizers_find_nothing(place: str, tmp_path: Path) -> None:
    done = under_sanitizers(tmp_path, place, "-k", f"not (rust or {MEASURED} or {OTHERS})")
    assert done.passed, done.said


def test_objects_of_each_shape(tmp_path: Path) -> None:
    """In ready-made form, which is where the memory of objects changes hands."""
    place = "tests/e2e/matrix/test_matrix.py"
    done = under_sanitizers(
        tmp_path, place, "-k", "ready and (object or opaque or pair or outcome)"
    )
    assert done.passed, done.said


def test_sanitizers_find_what_is_freed_twice(tmp_path: Path) -> None:
    done = under_sanitizers(tmp_path, PLANTED, "-k", "twice")
    assert not done.passed
    assert "double-free" in done.said
