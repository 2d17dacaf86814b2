"""``grammar.lark`` as plain data: the pattern of the tokens and the parse table. The only import of Lark.

Compiling a grammar takes longer than reading most descriptions with it, so that what comes of it is
checked in as ``grammar.json``; one that was made of another grammar is not used.
"""

from __future__ import annotations

import hashlib
import json
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lark import Lark
    from lark.grammar import Rule

#: ``made_of``: the digest of the grammar. ``tokens``: one pattern with a named group per terminal.
#: ``spellings``: the terminals that are fixed text. ``rules``: the name of what comes of each, how many
#: values it takes, its alias, whether one value stays what it is, and whether some of the values may be
#: lists that take their own place. ``rows``, the first of which is where to start: by terminal or rule
#: the number of the row to go to, or -1 - the number of the rule to reduce.
Table = dict[str, Any]

JSON = "grammar.json"


def table() -> Table:
    """The table of the grammar: the one that is checked in, unless somebody has changed the grammar."""
    grammar = _file("grammar.lark")
    try:
        found: Table = json.loads(_file(JSON))
        if found["made_of"] == _digest(grammar):
            return found
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return compiled(grammar)


def table_text() -> str:
    """What ``grammar.json`` should be: a line per rule and row, so that changes of it can be seen."""
    made = compiled(_file("grammar.lark"))
    parts = []
    for key, value in made.items():
        text = json.dumps(value)
        if isinstance(value, list):
            lines = (json.dumps(each, separators=(",", ":")) for each in value)
            text = "[\n" + ",\n".join(lines) + "\n]"
        parts.append(f"{json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def compiled(grammar: str) -> Table:
    """The table of a grammar. Its numbers follow from the grammar alone, and not from the order in
    which Lark came across things."""
    from lark import Lark

    lark = Lark(grammar, parser="lalr", lexer="basic", start="item", maybe_placeholders=False)
    fixed = {t.name: t.pattern.value for t in lark.terminals if t.pattern.type == "str"}
    rules = sorted(lark.rules, key=lambda rule: (_rule(rule), str(rule)))
    return {
        "made_of": _digest(grammar),
        "tokens": _tokens(lark, fixed),
        "spellings": dict(sorted(fixed.items())),
        "rules": [_rule(rule) for rule in rules],
        "rows": _rows(lark, {rule: -1 - number for number, rule in enumerate(rules)}),
    }


def _rows(lark: Lark, reductions: dict[Rule, int]) -> list[dict[str, int]]:
    """The states in the order in which they are reached from the first."""
    from lark.parsers.lalr_analysis import Shift

    conf = lark.parse_interactive().parser_state.parse_conf
    order = [conf.start_state]
    numbers = {conf.start_state: 0}
    rows = []
    for state in order:
        row = {}
        for symbol, (action, argument) in sorted(conf.states[state].items()):
            if action is Shift and argument not in numbers:
                numbers[argument] = len(order)
                order.append(argument)
            row[symbol] = numbers[argument] if action is Shift else reductions[argument]
        rows.append(row)
    return rows


def _rule(rule: Rule) -> tuple[str, int, str, bool, bool]:
    name = str(rule.origin.name)
    stays = bool(rule.options.expand1 and not rule.alias)
    inlines = any(not each.is_term and str(each.name).startswith("_") for each in rule.expansion)
    return name, len(rule.expansion), str(rule.alias or name), stays, inlines


def _tokens(lark: Lark, fixed: dict[str, str]) -> str:
    """All terminals as one pattern, in the order in which they are tried. Keywords are left out: they
    are read as names first, so that `abix` is not `abi` and `x`."""
    terminals = sorted(
        (
            terminal
            for terminal in lark.terminals
            if not fixed.get(terminal.name, "").isidentifier()
        ),
        key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name),
    )
    return "|".join(f"(?P<{t.name}>{t.pattern.to_regexp()})" for t in terminals)


def _file(name: str) -> str:
    return resources.files("abilock.syntax").joinpath(name).read_text("utf-8")


def _digest(grammar: str) -> str:
    return hashlib.sha256(grammar.encode("utf-8")).hexdigest()
