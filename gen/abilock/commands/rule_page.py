"""The page of a rule of compatibility: what is written of it, and what the judge says of its pair."""

from __future__ import annotations

import re
from collections.abc import Iterator

from abilock.compat.findings import Finding, Rule, Verdict
from abilock.compat.outcomes import Pairings
from abilock.compat.verdict import judge
from abilock.diagnostics.explained import page_of
from abilock.diagnostics.report import Report
from abilock.model.decls import Library
from abilock.pipeline import read_library
from abilock.source import SourceFile

_BLOCK = re.compile(r"^```abi\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_BEHIND_THE_PAIR = "## Why\n"


def rule_page(rule: Rule) -> str:
    """The page, as Markdown: what is written for people, and between the pair and the reason what the
    judge says of the pair."""
    page = page_of(rule.code, rule.slug)
    pair = pair_of(rule)
    if pair is None:
        return page
    shown, _, reason = page.partition(_BEHIND_THE_PAIR)
    return "\n".join([shown + "## Verdict", "", *_verdict(rule, *pair), _BEHIND_THE_PAIR]) + reason


def pair_of(rule: Rule) -> tuple[str, str] | None:
    """Two descriptions with one change between them; None if the page shows none."""
    shown, _, _ = page_of(rule.code, rule.slug).partition(_BEHIND_THE_PAIR)
    found = _BLOCK.findall(shown)
    return (found[0], found[1]) if found else None


def verdict_on(pair: tuple[str, str]) -> Verdict:
    """What is said of a pair, which has to be right."""
    old, new = (_library(text) for text in pair)
    return judge(old, new)


def _library(text: str) -> Library:
    def read(name: str, report: Report) -> SourceFile:
        source = SourceFile(name, text)
        report.add_source(source)
        return source

    library = read_library("shop.abi", Report(), read)
    assert library is not None, text
    return library


def _verdict(rule: Rule, old: str, new: str) -> Iterator[str]:
    verdict = verdict_on((old, new))
    for finding in verdict.findings:
        if finding.rule.code == rule.code:
            yield from _finding(finding)
    if not verdict.is_honest:
        yield f"It needs version {verdict.required}, and {verdict.declared} is declared."
    else:
        library = _library(new)
        yield f"Version {verdict.required} is enough under `compat {library.compat.rule}`."
    yield ""


def _finding(finding: Finding) -> Iterator[str]:
    yield f"This is **{finding.level.value}**: {finding.message}."
    if finding.consequences:
        yield ""
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
