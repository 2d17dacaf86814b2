"""Python is formatted piece by piece, which makes no difference to what black makes of the whole."""

from __future__ import annotations

from pathlib import Path

import black
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abilock.render import formatting
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
        "'docs'\n@a\ndef f(): pass\n",
        "async def f(): pass\nx = 1\n",
        "",
    ],
)
def test_pieces_make_the_whole(text: str) -> None:
    expected = black.format_str(text, mode=MODE)
    assert finish("a.py", text, {}).strip("\n") == expected.strip("\n")


#: Statements in every form but black's.
_STATEMENTS = [
    *(
        "x=1",
        "import  b,a",
        "'''text'''",
        "# comment",
        "",
        "if x :\n  y = { 'a':1 }\nelse :\n  y=(2,)",
    ),
    *("def f ( a,b = 1 ) :\n  '''  Docs.'''\n  return(a)", "class C :\n  x:int=1\n\n\n\n  y=2"),
    *("@a\n@b ( 1 )\ndef g():\n\n  pass", "# about D\nclass D ( C ) :\n  def f(self) : pass"),
    "f(" + ", ".join(f"argument_{number}" for number in range(12)) + ")",
]


@settings(max_examples=50)
@given(st.lists(st.sampled_from(_STATEMENTS), max_size=6), st.lists(st.sampled_from(_STATEMENTS)))
def test_what_was_said_before_makes_no_difference(now: list[str], before: list[str]) -> None:
    text = "\n".join(now) + "\n"
    memory: dict[str, str] = {}
    finish("a.py", "\n".join(before) + "\n", memory)
    right = finish("a.py", text, {})
    assert finish("a.py", text, memory) == right
    assert finish("a.py", text, memory) == right
    assert right.strip("\n") == black.format_str(text, mode=MODE).strip("\n")


def test_what_was_said_before_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    memory: dict[str, str] = {}
    text = "x=1\ndef f(): pass\n"
    right = finish("a.py", text, memory)
    monkeypatch.setattr(formatting, "_formatted", pytest.fail)
    assert finish("a.py", text, memory) == right
    with pytest.raises(pytest.fail.Exception):
        finish("a.py", text.replace("1", "2"), memory)


def test_another_black_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    memory: dict[str, str] = {}
    finish("a.py", "x=1", memory)
    monkeypatch.setattr(formatting, "_black_version", lambda: "26.99")
    formatting._setting.cache_clear()
    try:
        finish("a.py", "x=1", memory)
    finally:
        formatting._setting.cache_clear()
    # Where the text is cut is the same; what black makes of it may not be.
    assert len(memory) == 3


def test_the_version_is_that_of_black() -> None:
    assert formatting._black_version() == black.__version__


@pytest.mark.parametrize("path", MODULES[:: max(1, len(MODULES) // 8)], ids=lambda path: path.name)
def test_black_has_nothing_to_change(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert black.format_str(text, mode=MODE) == text
