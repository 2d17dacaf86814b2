"""Doc text stays inside its comment, whatever it says."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abilock.outputs.comments import (
    c_comment_lines,
    markdown_cell,
    markdown_lines,
    python_docstring_lines,
    rust_doc_lines,
    visible,
)

hostile = st.lists(
    st.text(
        alphabet=st.sampled_from(list("ab *//\\?`~<#\"'\n\r\x85\u2028\u202e\tä-=")), max_size=12
    ),
    max_size=6,
)


def test_one_line_is_one_c_comment() -> None:
    assert c_comment_lines(("One.",)) == ("/** One. */",)
    assert c_comment_lines(("", "One.", "", "Two.", "")) == (
        "/**",
        " * One.",
        " *",
        " * Two.",
        " */",
    )
    assert c_comment_lines(()) == c_comment_lines(("", " ")) == ()


@pytest.mark.parametrize(
    ("text", "comment"),
    [
        ("a */ b", "/** a * / b */"),
        ("a /* b", "/** a / * b */"),
        ("*//*/", "/** * // * / */"),
        ("C:\\dir\\", "/** C:\\dir\\ */"),
        ("C:\\dir\\\nD:\\", "/**\n * C:\\dir\\\n * D:\\\n */"),
        ("why??/ so", "/** why??/ so */"),
        ("what??/", "/** what?? / */"),
        ("\u202eevil", "/** <U+202E>evil */"),
        ("Größe 寸法", "/** Größe 寸法 */"),
    ],
)
def test_c_comments_cannot_be_left(text: str, comment: str) -> None:
    assert "\n".join(c_comment_lines((text,))) == comment


@given(hostile)
def test_c_comments_end_where_they_should(lines: list[str]) -> None:
    text = "\n".join(c_comment_lines(lines)).replace("??/", "\\").replace("\\\n", "")
    assert text.count("*/") == text.count("/*") == (1 if text else 0)
    assert not text or (text.startswith("/**") and text.endswith(" */"))


def test_docstrings_escape_quotes_and_backslashes() -> None:
    assert python_docstring_lines(('"""',)) == ('\\"\\"\\"',)
    assert python_docstring_lines(('a """ \\d', 'the "end"')) == (
        'a \\"\\"\\" \\\\d',
        'the "end\\"',
    )


@given(hostile)
def test_docstrings_end_where_they_should(lines: list[str]) -> None:
    body = python_docstring_lines(lines)
    tree = ast.parse('"""{}"""'.format("\n".join(body)))
    assert len(tree.body) == 1
    value = ast.literal_eval('"""{}"""'.format("\n".join(body)))
    visible_lines = [visible(part).rstrip() for line in lines for part in line.splitlines() or [""]]
    assert value.strip("\n") == "\n".join(visible_lines).strip("\n")


@given(hostile)
def test_rust_docs_are_doc_lines_without_tests(lines: list[str]) -> None:
    docs = rust_doc_lines(lines)
    assert all(line.startswith("///") and line.isprintable() for line in docs)
    assert sum(line.startswith("/// ```") for line in docs) % 2 == 0 or "~" in "".join(lines)


def test_rust_fences_are_text() -> None:
    assert rust_doc_lines(("```", "x", "```")) == ("/// ```text", "/// x", "/// ```")
    assert rust_doc_lines(("``` rust", "x")) == ("/// ```text", "/// x", "/// ```")
    assert rust_doc_lines(("```c", "x", "```"))[0] == "/// ```c"
    assert rust_doc_lines(("a", "", "    let x = 1;"))[-1] == "///    let x = 1;"


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("a <b> c", "a \\<b> c"),
        ("`a<b>` <i>", "`a<b>` \\<i>"),
        ("\\`<b>`", "\\`\\<b>\\`"),
        ("\\<b>", "\\<b>"),
        ("\\\\<b>", "\\\\\\<b>"),
        ("``a ` b", "\\`\\`a \\` b"),
        ("# Title", "\\# Title"),
        ("---", "\\---"),
        ("*so* **it** [is](x)", "*so* **it** [is](x)"),
    ],
)
def test_markdown_keeps_markup_without_html(text: str, markdown: str) -> None:
    assert markdown_lines((text,)) == (markdown,)


def test_markdown_closes_fences() -> None:
    assert markdown_lines(("  ```c", "<b>")) == ("```c", "<b>", "```")
    assert markdown_lines(("~~~ a`<b>", "<b>", "~~~", "<b>")) == ("~~~ ab", "<b>", "~~~", "\\<b>")


def test_markdown_cells_are_one_line() -> None:
    assert markdown_cell("a | b\n<c>") == "a \\| b \\<c>"
