"""The pages of the rules: every rule has one, and what it shows is what the judge says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from abilock.check.attribute_table import ATTRIBUTES
from abilock.compat.changes import Kind
from abilock.compat.findings import Level, Rule
from abilock.compat.meaning import SILENT
from abilock.compat.meaning_kinds import kind_of
from abilock.compat.table import RULES, RULES_BY_CODE
from abilock.compat.verdict import judge
from abilock.diagnostics.explained import page_of
from abilock.diagnostics.render import render_text
from abilock.diagnostics.report import Report
from abilock.model.attributes import Attribute
from abilock.model.decls import Library
from abilock.source import SourceFile, Span
from abilock.syntax.formatter import format_file
from abilock.syntax.parser import parse
from support.library import read_text

PAGES = Path(__file__).parents[3] / "gen" / "abilock" / "compat" / "pages"

#: What comes with a change and says nothing against it.
COMPANIONS = frozenset({"type-added", "constant-added"})
#: Rules that no pair breaks alone: a counter moves only with a value that it counts, and an order has two.
LEADERS: Mapping[str, str] = {
    "sentinel-moved": "value-added",
    "since-out-of-order": "slot-appended",
}
#: The rule for attributes that have none: there are none of them.
WITHOUT_PAIR = frozenset({RULES[Kind.MEANING_CHANGED]})

every_rule = pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.code)
every_pair = pytest.mark.parametrize(
    "rule",
    [each for each in RULES.values() if each not in WITHOUT_PAIR],
    ids=lambda rule: rule.code,
)


@cache
def sections(rule: Rule) -> Mapping[str, str]:
    """The parts of a page by their headings; what stands before them has none."""
    parts = re.split(r"^## (.*)\n", page_of(rule.code, rule.slug), flags=re.MULTILINE)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def blocks(text: str) -> list[str]:
    """The descriptions that stand in a part."""
    return re.findall(r"^```abi\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


@cache
def library_of(text: str) -> Library:
    """What a description means, of which there must be nothing to say."""
    library, report = read_text(text)
    assert not report.sorted(), render_text(report)
    assert library is not None
    return library


def test_every_rule_has_a_page_and_every_page_a_rule() -> None:
    assert {path.name for path in PAGES.iterdir()} == {
        f"{rule.code}-{rule.slug}.md" for rule in RULES_BY_CODE.values()
    }


@every_rule
def test_a_page_has_its_parts(rule: Rule) -> None:
    page = sections(rule)
    pair = [] if rule in WITHOUT_PAIR else ["Before", "After"]
    assert list(page) == ["", *pair, "Why", "Instead"]
    heading, _, text = page[""].partition("\n\n")
    assert heading == f"# {rule.code} {rule.slug}"
    for name, part in (("", text), *page.items()):
        if name not in ("", *pair):
            assert re.match(r"[A-Z`]", part.strip()), name
    assert text.strip().endswith(".")
    assert len(page_of(rule.code, rule.slug).splitlines()) <= 110


@every_pair
def test_the_pair_shows_the_rule_and_nothing_else(rule: Rule) -> None:
    page = sections(rule)
    (before,), (after,) = blocks(page["Before"]), blocks(page["After"])
    verdict = judge(library_of(before), library_of(after))
    slugs = [each.rule.slug for each in verdict.findings]
    aside = COMPANIONS | {LEADERS.get(rule.slug, "")} - {rule.slug}
    assert [slug for slug in slugs if slug == rule.slug or slug not in aside] == [rule.slug]
    # The number is that of an honest release, but where this is the change.
    assert rule.slug == "version-lowered" or verdict.declared == verdict.required


@every_pair
def test_what_is_advised_instead_breaks_nobody(rule: Rule) -> None:
    page = sections(rule)
    (before,) = blocks(page["Before"])
    for instead in blocks(page["Instead"]):
        verdict = judge(library_of(before), library_of(instead))
        assert verdict.level is not Level.BREAKING
        assert verdict.declared == verdict.required


@every_pair
def test_descriptions_are_in_canonical_form(rule: Rule) -> None:
    for text in blocks(page_of(rule.code, rule.slug)):
        source, report = SourceFile("page.abi", text), Report()
        assert format_file(parse(source, report), source) == text


def test_every_attribute_has_a_rule_that_knows_it() -> None:
    span = Span(SourceFile("page.abi", ""), 0, 0)
    for name in set(ATTRIBUTES) - SILENT:
        given = Attribute(name, (), span)
        assert kind_of(name, None, given) is not Kind.MEANING_CHANGED
        assert kind_of(name, given, None) is not Kind.MEANING_CHANGED
