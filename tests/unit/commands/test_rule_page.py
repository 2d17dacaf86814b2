"""What the page of a rule of compatibility says of its pair of descriptions."""

from __future__ import annotations

import pytest

from abilock.commands.explain import explain
from abilock.commands.rule_page import rule_page, verdict_on
from abilock.compat.table import RULES, RULES_BY_CODE
from abilock.diagnostics.explained import page_of

INSERTED = RULES_BY_CODE["C0102"]


def test_a_page_tells_whom_it_hurts_and_what_to_do_instead() -> None:
    page = rule_page(INSERTED)
    assert page.startswith("# C0102 slot-inserted\n\nA vtable has a new slot before others")
    assert "This is **breaking**: `Till.count` was added before others that were there.\n" in page
    assert (
        "| old plugin, new host | calls the wrong function | calls or follows a null pointer |"
        in page
    )
    assert "Version 1.1.0 is enough under `compat major.minor`." in page
    headings = [line for line in page.splitlines() if line.startswith("## ")]
    assert headings == ["## Before", "## After", "## Verdict", "## Why", "## Instead"]


def test_a_page_tells_on_which_targets_it_is_so() -> None:
    assert "\nThat holds on `i686-unknown-linux-gnu`, `i686-pc-windows-msvc`." in rule_page(
        RULES_BY_CODE["C0710"]
    )
    assert "That holds on" not in rule_page(INSERTED)


def test_an_alignment_is_told_with_what_it_was() -> None:
    page = rule_page(RULES_BY_CODE["C0208"])
    assert "is aligned differently: `lanes: [f32; 4]` -> `@align(16) lanes: [f32; 4]`." in page


def test_nothing_of_what_is_written_gets_lost() -> None:
    for rule in (INSERTED, RULES_BY_CODE["C1901"]):
        shown, _, reason = page_of(rule.code, rule.slug).partition("## Why\n")
        told = rule_page(rule)
        assert told.startswith(shown)
        assert told.endswith(f"## Why\n{reason}")


def test_a_pair_with_an_error_has_no_page_that_hides_it() -> None:
    with pytest.raises(AssertionError):
        verdict_on(("abi shop 1.0.0;\n", "abi shop\n"))


def test_pages_are_found_by_code_and_by_name() -> None:
    by_code, by_name = explain("c0102"), explain("slot-inserted")
    assert by_code.result == by_name.result
    assert by_code.code == 0
    assert all(explain(rule.code).result.startswith(f"# {rule.code} ") for rule in RULES.values())
