"""The parse table that is checked in is that of the grammar, and a changed grammar is used at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from abilock.syntax import grammar
from support.golden import assert_golden

CHECKED_IN = Path(grammar.__file__).with_name(grammar.JSON)


def test_the_table_is_that_of_the_grammar(bless: bool) -> None:
    assert_golden(CHECKED_IN, grammar.table_text(), bless)
    assert grammar.table() == json.loads(grammar.table_text())


@pytest.mark.parametrize("checked_in", [None, "", "{}", "[]", '{"made_of": "another"}'])
def test_a_table_of_another_grammar_is_not_used(
    monkeypatch: pytest.MonkeyPatch, checked_in: str | None
) -> None:
    text = 'item: A\nA: "a"\n'

    def file(name: str) -> str:
        if name != grammar.JSON:
            return text
        return CHECKED_IN.read_text("utf-8") if checked_in is None else checked_in

    monkeypatch.setattr(grammar, "_file", file)
    assert grammar.table() == grammar.compiled(text)
