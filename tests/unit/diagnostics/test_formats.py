"""What other programs take for syntax stays text."""

from __future__ import annotations

from abilock.diagnostics import catalog
from abilock.diagnostics.formats import as_github, as_markdown, as_sarif
from abilock.diagnostics.report import Diagnostic, Report


def report(message: str, subject: str) -> Report:
    made = Report()
    made.include(Diagnostic(catalog.OUTPUT_STALE, message, None, "two\nlines", subject=subject))
    return made


def test_workflow_commands_are_escaped() -> None:
    text = as_github(report("50%\n::set-output name=x::y", "a,b:c.h"))
    assert text == (
        "::error file=a%2Cb%3Ac.h,title=abilock A0908 output-stale::"
        "50%25%0A::set-output name=x::y%0Ahint: two%0Alines\n"
    )


def test_markdown_shows_what_was_written() -> None:
    text = as_markdown(report("<b>`a_*`_c*", "x"))
    assert r"\<b\>`a_*`\_c\*" in text


def test_names_are_addresses_in_sarif() -> None:
    assert '"uri": "a%20b%3Ac%23.h"' in as_sarif(report("m", "a b:c#.h"))
