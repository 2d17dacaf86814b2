"""What is printed is what was read: parse, format and parse again is the identity."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from abilock.diagnostics.render import render_text
from abilock.diagnostics.report import Report
from abilock.source import SourceFile
from abilock.syntax import ast
from abilock.syntax.formatter import format_file
from abilock.syntax.machine import lexemes
from abilock.syntax.parser import parse
from abilock.syntax.printer import string_text
from support.trees import Shown, files

_ROOT = Path(__file__).parents[3]
_WRITTEN = sorted([*_ROOT.glob("abi/**/*.abi"), *_ROOT.glob("tests/cases/good/*.abi")])

_patient = settings(
    deadline=None,
    max_examples=60,
    # Trees shrink so slowly that nobody would wait for it.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def read(text: str) -> tuple[ast.File, SourceFile]:
    report = Report()
    source = SourceFile("random.abi", text)
    report.add_source(source)
    file = parse(source, report)
    assert not report.failed, render_text(report) + text
    return file, source


def comment_texts(file: ast.File) -> list[str]:
    return [comment.text.rstrip() for comment in file.comments]


@_patient
@given(files())
def test_a_random_tree_comes_back(shown: Shown) -> None:
    file = shown.file
    text = format_file(file)
    parsed, source = read(text)
    assert parsed == file, text
    assert format_file(parsed, source) == text


@pytest.mark.parametrize("value", ["\0", "\0" + "1", "\0\0" + "9x", "\\" + "01", "a\0b", "\x1b[0m"])
def test_a_string_comes_back(value: str) -> None:
    file, _ = read(f"const A: str = {string_text(value)};")
    (constant,) = file.items
    assert isinstance(constant, ast.Constant)
    assert isinstance(constant.value, ast.String)
    assert constant.value.value == value


@_patient
@given(files())
def test_lines_end_in_no_blanks(shown: Shown) -> None:
    text = format_file(shown.file)
    assert text == "" or text.endswith("\n")
    assert not text.startswith("\n")
    assert not text.endswith("\n\n")
    assert "\n\n\n" not in text
    assert all(line == line.rstrip() for line in text.split("\n"))


@pytest.mark.parametrize("path", _WRITTEN, ids=lambda path: path.name)
def test_a_written_file_comes_back(path: Path) -> None:
    file, source = read(path.read_text("utf-8"))
    text = format_file(file, source)
    again, formatted = read(text)
    assert again == file
    assert comment_texts(again) == comment_texts(file)
    assert format_file(again, formatted) == text


_COMMENTS = ["// a", "// b ", "/* c */", "/* d\n     e */", "//// f", "/**/"]
# No line begins in column 1: an item keyword there would begin an item.
_BETWEEN = ["", " ", "\n ", "\n\n ", "\n\n\n ", "  \n  \t\n "]


@st.composite
def _commented(draw: st.DrawFn) -> str:
    """The text of a random tree, with comments and blanks put between any two of its tokens."""
    text = format_file(draw(files()).file)
    out: list[str] = []
    docs_before = False
    number = 0
    for kind, start, end in lexemes(text):
        piece = text[start:end]
        if kind == "FILE_DOC" or kind == "DOC":
            docs_before = True
            out.append(piece)
            continue
        if kind == "WHITESPACE" and docs_before:
            out.append("\n ")  # or the next token would be part of the doc
        elif kind == "WHITESPACE" and draw(st.booleans()):
            out.append(draw(st.sampled_from([" ", "\n ", "\n\n "])))
        else:
            out.append(piece)
        docs_before = False
        if draw(st.integers(0, 7)) == 0:
            number += 1
            comment = draw(st.sampled_from(_COMMENTS)).replace("a", f"a{number}")
            out += [" ", comment.replace("c", f"c{number}"), draw(st.sampled_from(_BETWEEN))]
            if comment.startswith("//") and not out[-1].count("\n"):
                out.append("\n ")
    return "".join(out)


@pytest.mark.slow
@_patient
@given(_commented())
@example("abi a 1.0.0;//x")
@example("struct S { a: fn(x: u8 /* 1 */) -> /* 2 */ u8, }")
@example("struct S { a: fn(x: u8 /* 1 */) -> // 2\n u8 // 3\n, b: u8 }")
@example("callback C(a: (fn() -> u8) // 1\n, b: u8 /* 2 */) -> /* 3 */ fn(/* 4 */) @a /* 5 */;")
def test_comments_stay_in_order(text: str) -> None:
    file, source = read(text)
    formatted = format_file(file, source)
    again, second = read(formatted)
    assert again == file
    assert comment_texts(again) == comment_texts(file)
    assert format_file(again, second) == formatted
