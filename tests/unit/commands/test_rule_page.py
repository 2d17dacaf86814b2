"""Every rule of compatibility has a page, whose pair of descriptions shows that rule."""

from __future__ import annotations

import pytest

from abilock.commands.explain import explain
from abilock.commands.rule_page import pair_of, rule_page, verdict_on
from abilock.compat.findings import Rule
from abilock.compat.table import RULES

#: What nothing goes by now: every attribute has a rule of its own.
NOT_SHOWN = {"meaning-changed"}
SHOWN = [rule for rule in RULES.values() if rule.slug not in NOT_SHOWN]


@pytest.mark.parametrize("rule", SHOWN, ids=lambda rule: rule.slug)
def test_the_pair_of_a_rule_shows_it(rule: Rule) -> None:
    pair = pair_of(rule)
    assert pair is not None
    codes = {found.rule.code for found in verdict_on(pair).findings}
    assert rule.code in codes
    # An addition brings the value that counts the others along, and order is a matter of two.
    assert len(codes) == 1 or rule.slug in ("sentinel-moved", "since-out-of-order")


def test_a_page_tells_whom_it_hurts_and_what_to_do_instead() -> None:
    page = rule_page(next(rule for rule in SHOWN if rule.slug == "slot-inserted"))
    assert page.startswith("# C0102 slot-inserted\n\nA slot was added before others.\n")
    assert (
        "| old plugin, new host | calls the wrong function | calls or follows a null pointer |"
        in page
    )
    assert "Instead: move it behind all others and write `@since(1.3.0)` before it." in page
    assert "Version 1.3.0 is enough under `compat major.minor`." in page


def test_pages_are_found_by_code_and_by_name() -> None:
    by_code, by_name = explain("c0102"), explain("slot-inserted")
    assert by_code.result == by_name.result
    assert by_code.code == 0
