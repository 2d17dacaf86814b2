"""Python is formatted piece by piece, which makes no difference to what black makes of the whole."""

from __future__ import annotations

from pathlib import Path

import black
import pytest

from abilock.render.formatting import finish

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "generated").rglob("*.py"))
MODE = black.Mode(line_length=100, target_versions={black.TargetVersion.PY39})


@pytest.mark.parametrize(
    "text",
    [
        "x=1\ndef f(): pass\ny=2\n",
        "# about f\n@a\n@b\ndef f(): pass\n# tail\n",
        "def f(): pass\n\n\n\n# about C\nclass C:\n  '''\nclass of its own\n'''\n",
        "def f(): pass\n",
        "import a\nif a:\n    def f(): pass\nelse:\n    f = 1\ndef g(): ...\n",
        "async def f(): pass\nx = 1\n",
        "",
    ],
)
def test_pieces_make_the_whole(text: str) -> None:
    expected = black.format_str(text, mode=MODE)
    assert finish("a.py", text, {}).strip("\n") == expected.strip("\n")


@pytest.mark.parametrize("path", MODULES[:: max(1, len(MODULES) // 8)], ids=lambda path: path.name)
def test_black_has_nothing_to_change(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert black.format_str(text, mode=MODE) == text
