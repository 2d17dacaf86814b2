"""The rules: every kind of change has one, and their codes stay as they are."""

from __future__ import annotations

import re

from abilock.compat.changes import Kind
from abilock.compat.table import RULES, RULES_BY_CODE


def test_every_kind_of_change_has_a_rule_of_its_own() -> None:
    assert set(RULES) == set(Kind)
    assert len(RULES_BY_CODE) == len(RULES)


def test_codes_rise_within_their_topic() -> None:
    codes = list(RULES_BY_CODE)
    assert codes == sorted(codes)
    assert all(re.fullmatch(r"C\d{4}", code) for code in codes)


def test_titles_are_words_for_people() -> None:
    assert all(re.fullmatch(r"[a-z].*[^.]", rule.title) for rule in RULES.values())
