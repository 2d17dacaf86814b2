"""The page of a rule of compatibility: what it is about, two descriptions, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources

from abilock.compat.findings import Finding, Rule, Verdict
from abilock.compat.outcomes import Pairings
from abilock.compat.verdict import judge
from abilock.diagnostics.report import Report
from abilock.model.decls import Library
from abilock.pipeline import read_library
from abilock.source import SourceFile
from abilock.syntax.formatter import format_file
from abilock.syntax.parser import parse

_OLD, _NEW = "abi shop 1.2.0; ", "abi shop 1.3.0; "
#: What has no pair in the table: the one is about versions, and nothing goes by the other now.
_VERSIONS = "entry fn shop_open();"


def rule_page(rule: Rule) -> str:
    """The page, as Markdown. What is written for people about the rule stands before the pair."""
    page = resources.files("abilock.compat").joinpath("pages", f"{rule.code}-{rule.slug}.md")
    head = f"# {rule.code} {rule.slug}\n\n{_sentence(rule)}\n"
    if page.is_file():
        head = page.read_text("utf-8")
    pair = pair_of(rule)
    if pair is None:
        return head
    return "\n".join([head, *_example(rule, *pair)]) + "\n"


def pair_of(rule: Rule) -> tuple[str, str] | None:
    """Two descriptions with one change between them, formatted; None if there is no example."""
    if rule.slug == "version-lowered":
        return _formatted(_NEW + _VERSIONS), _formatted(_OLD + _VERSIONS)
    pair = _pairs().get(rule.code)
    return None if pair is None else (_formatted(_OLD + pair[0]), _formatted(_NEW + pair[1]))


def verdict_on(pair: tuple[str, str]) -> Verdict:
    """What is said of a pair, which has to be right."""
    old, new = (_library(text) for text in pair)
    return judge(old, new)


@cache
def _pairs() -> Mapping[str, tuple[str, str]]:
    text = resources.files("abilock.compat").joinpath("examples.txt").read_text("utf-8")
    found: dict[str, tuple[str, str]] = {}
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    for code, old, new in zip(lines[::3], lines[1::3], lines[2::3], strict=True):
        found[code] = old.removeprefix("- "), new.removeprefix("+ ")
    return found


def _formatted(text: str) -> str:
    source = SourceFile("shop.abi", text)
    return format_file(parse(source, Report()), source)


def _library(text: str) -> Library:
    def read(name: str, report: Report) -> SourceFile:
        source = SourceFile(name, text)
        report.add_source(source)
        return source

    library = read_library("shop.abi", Report(), read)
    assert library is not None, text
    return library


def _sentence(rule: Rule) -> str:
    return f"{rule.title[0].upper()}{rule.title[1:]}."


def _example(rule: Rule, old: str, new: str) -> Iterator[str]:
    yield "## For example"
    yield ""
    yield from ("Before:", "", "```abi", old.rstrip(), "```", "")
    yield from ("After:", "", "```abi", new.rstrip(), "```", "")
    verdict = verdict_on((old, new))
    for finding in verdict.findings:
        if finding.rule.code == rule.code:
            yield from _finding(finding)
    if not verdict.is_honest:
        yield f"It needs version {verdict.required}, and {verdict.declared} is declared."
    else:
        library = _library(new)
        yield f"Version {verdict.required} is enough under `compat {library.compat.rule}`."


def _finding(finding: Finding) -> Iterator[str]:
    yield f"This is **{finding.level.value}**: {finding.message}."
    yield from (f"- {each.text}" for each in finding.consequences)
    yield ""
    if finding.cells.binary == finding.cells.source == Pairings():
        yield "Nobody suffers, compiled or as source."
    else:
        binary, source = finding.cells.binary, finding.cells.source
        yield "| | as compiled | the older side, compiled again |"
        yield "| --- | --- | --- |"
        for name, one, other in (
            ("old plugin, new host", binary.old_plugin_new_host, source.old_plugin_new_host),
            ("new plugin, old host", binary.new_plugin_old_host, source.new_plugin_old_host),
        ):
            yield f"| {name} | {one.value} | {other.value} |"
    yield ""
    if finding.hint:
        yield f"Instead: {finding.hint}."
        yield ""
