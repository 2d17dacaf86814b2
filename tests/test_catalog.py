"""Every code has a page and a bad file, and each bad file has the message that a user would read."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from abilock.check import check
from abilock.commands.explain import attribute_list
from abilock.diagnostics.catalog import Code, Severity, all_codes
from abilock.diagnostics.explained import page
from abilock.diagnostics.render import render_text
from abilock.diagnostics.report import Report
from abilock.layout.disputes import report_disputes
from abilock.layout.limits import check_limits
from abilock.outputs import OUTPUTS
from abilock.pipeline import lay_out_all
from abilock.syntax.loading import Loaded, load
from abilock.syntax.parser import parse
from abilock.syntax.reading import decode, read_file
from support.golden import assert_golden

ROOT = Path(__file__).parents[1]
BAD = ROOT / "tests" / "cases" / "bad"
PAGES = ROOT / "gen" / "abilock" / "diagnostics" / "pages"
CODES = all_codes()
#: Codes about files and runs rather than text: they are tested where they arise.
WITHOUT_BAD_FILE = re.compile("A0001|A0002|A08..|A09..|A10..|A11..|A12..|A13..")


def _check_file(path: Path, code: Code) -> Report:
    report = Report()
    loaded = load(path.name, lambda name, inner: read_file(path.parent / name, name, inner), report)
    _finish(loaded, report, code)
    return report


def _check_text(text: str, code: Code) -> Report:
    report = Report()
    source = decode(text.encode(), "example.abi", report)
    assert source is not None
    _finish(Loaded((parse(source, report),), {}), report, code)
    return report


def _finish(loaded: Loaded | None, report: Report, code: Code) -> None:
    bindings = code.number.startswith("A07")
    library = check(loaded, report) if loaded is not None else None
    if library is not None:
        check_limits(library, report)
        report_disputes(library, report)
        if bindings:
            for output in OUTPUTS:
                output.limits(library, lay_out_all(library), report)


def test_numbers_and_names_are_unique() -> None:
    assert len({code.number for code in CODES}) == len(CODES)
    assert len({code.slug for code in CODES}) == len(CODES)


@pytest.mark.parametrize("code", CODES, ids=lambda code: str(code.number))
def test_bad_file(code: Code, bless: bool) -> None:
    path = BAD / f"{code.number}-{code.slug}.abi"
    if WITHOUT_BAD_FILE.fullmatch(code.number):
        assert not path.exists()
        return
    report = _check_file(path, code)
    assert {found.code.number for found in report.diagnostics} == {code.number}
    assert_golden(path.with_suffix(".expected"), render_text(report), bless)


def test_no_bad_file_without_a_code() -> None:
    known = {f"{code.number}-{code.slug}" for code in CODES}
    assert {path.stem for path in BAD.iterdir()} <= known


@pytest.mark.parametrize("code", CODES, ids=lambda code: str(code.number))
def test_page_shows_what_it_says(code: Code) -> None:
    text = page(code)
    assert text.startswith(f"# {code.number} {code.slug}\n")
    refused = re.search(r"## (?:Not accepted|Reported)\n\n```abi\n(.*?)```", text, re.S)
    accepted = re.search(r"## Accepted\n\n```abi\n(.*?)```", text, re.S)
    if refused is not None and not code.slug.startswith("import-"):
        found = _check_text(refused[1], code).diagnostics
        assert {one.code.number for one in found} == {code.number}
    if accepted is not None:
        assert _check_text(accepted[1], code).diagnostics == []


def test_warnings_do_not_stop_a_run() -> None:
    for code in CODES:
        if code.severity is Severity.WARNING:
            report = Report()
            report.add(code, None, "just so")
            assert not report.failed


def test_no_page_without_a_code() -> None:
    assert {path.name for path in PAGES.iterdir()} == {
        f"{code.number}-{code.slug}.md" for code in CODES
    }


def test_language_reference_lists_every_attribute() -> None:
    text = (ROOT / "docs" / "language.md").read_text("utf-8")
    assert attribute_list() in text


def test_whoever_reports_says_what_to_do() -> None:
    """Every call that reports something has a hint, and none may come out as nothing."""
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / "gen" / "abilock").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and re.fullmatch(r".*\.add\(\s*catalog\..*|Diagnostic\(.*", ast.unparse(node), re.DOTALL)
        and not _has_hint(node)
        and path.name != "report.py"
    ]
    assert not silent


def _has_hint(call: ast.Call) -> bool:
    values = [each.value for each in call.keywords if each.arg == "hint"] or call.args[3:4]
    return bool(values) and not any(_may_be_none(value) for value in values)


def _may_be_none(value: ast.expr) -> bool:
    match value:
        case ast.Constant(value=None):
            return True
        case ast.IfExp():
            return _may_be_none(value.body) or _may_be_none(value.orelse)
        case ast.BoolOp(op=ast.Or()):
            return _may_be_none(value.values[-1])
        case ast.Call(func=ast.Name(id=name)):
            # What looks for something near, or for a slip, may find none.
            return name in {"nearest", "name_hint", "slip_hint", "usual_hint", "missing_hint"}
        case _:
            return False
