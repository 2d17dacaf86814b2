"""What other programs take for syntax stays text."""

from __future__ import annotations

import json
from pathlib import Path

from abilock.descriptions import repository_name
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


def test_what_is_in_no_repository_is_named_absolutely() -> None:
    found = json.loads(as_sarif(report("m", "/a b/x.abi")))["runs"][0]["results"][0]
    place = found["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "file:///a%20b/x.abi"}
    assert '"uri": "file:///C:/x.abi"' in as_sarif(report("m", "C:/x.abi"))


def test_names_count_from_the_top_of_the_repository(tmp_path: Path) -> None:
    inner = tmp_path / "sdk"
    inner.mkdir()
    assert repository_name(inner, "abi/x.abi") == "abi/x.abi"
    (tmp_path / ".git").touch()
    assert repository_name(inner, "abi/x.abi") == "sdk/abi/x.abi"
    assert repository_name(inner, "../y.abi") == "y.abi"
    assert repository_name(inner, "../../y.abi") == (tmp_path.parent / "y.abi").as_posix()
