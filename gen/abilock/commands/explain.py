"""``abilock explain CODE``: what a code means, why it matters, how to fix it."""

from __future__ import annotations

import json

from abilock.check.attribute_table import ATTRIBUTES, AttributeRule, Kind
from abilock.check.attribute_usage import usage
from abilock.check.symbols import nearest
from abilock.commands.attribute_examples import EXAMPLES, SHOWN
from abilock.commands.outcome import NOTHING_TO_REPORT, Outcome, refused
from abilock.compat.findings import Rule
from abilock.compat.table import RULES
from abilock.diagnostics.catalog import Code, all_codes
from abilock.diagnostics.explained import page, text_beside
from abilock.layout.target import TARGETS, Target

#: What is no code and no attribute.
_TOPICS = ("attributes", "targets", "compat")
#: Arguments whose usage lists what they can be.
_CHOICES = frozenset({Kind.WORD, Kind.MOMENT})


def explain(topic: str | None, *, as_json: bool = False) -> Outcome:
    """The page of a code, by number or name; a list of all codes, attributes or targets."""
    if topic is None:
        return _codes(as_json)
    if topic == "attributes":
        return _told(attribute_list(), [_attribute(rule) for rule in ATTRIBUTES.values()], as_json)
    if topic == "targets":
        return _told(_targets(), [_target(target) for target in TARGETS], as_json)
    if topic == "compat":
        return _told(rules_page(), {"topic": "compat", "page": rules_page()}, as_json)
    for rule in RULES.values():
        is_slug = topic == rule.slug and topic not in ATTRIBUTES
        if is_slug or topic.lower() == rule.code.lower():
            from abilock.commands.rule_page import rule_page

            text = rule_page(rule)
            return _told(text, {**_rule(rule), "page": text}, as_json)
    for code in all_codes():
        if topic.lower() in (code.number.lower(), code.slug):
            return _told(page(code), {**_code(code), "page": page(code)}, as_json)
    name = topic.removeprefix("@").partition("(")[0]
    attribute = ATTRIBUTES.get(name)
    if attribute is not None:
        return _told(_attribute_page(attribute), _attribute(attribute), as_json)
    return refused(f"abilock knows no code and no attribute {topic!r}", _advice(name))


def _advice(name: str) -> str:
    codes = [text for code in all_codes() for text in (code.number, code.slug)]
    meant = nearest(name, (*ATTRIBUTES, *codes, *_TOPICS)) or nearest(name.upper(), codes)
    lists = "`abilock explain` and `abilock explain attributes` list them all"
    return f"{meant} {lists}" if meant else lists


def rules_page() -> str:
    """What each rule of `compat` compares, as Markdown."""
    return text_beside("compat.md")


def _codes(as_json: bool) -> Outcome:
    codes = all_codes()
    rules = tuple(RULES.values())
    width = max(
        len(slug) for slug in [*(each.slug for each in codes), *(each.slug for each in rules)]
    )
    lines = [f"{code.number}  {code.slug:<{width}}  {code.title}" for code in codes]
    lines += [f"{rule.code}  {rule.slug:<{width}}  {rule.title}" for rule in rules]
    data = [*(_code(code) for code in codes), *(_rule(rule) for rule in rules)]
    return _told("\n".join(lines) + "\n", data, as_json)


def _told(text: str, data: object, as_json: bool) -> Outcome:
    result = json.dumps(data, indent=2, ensure_ascii=False) + "\n" if as_json else text
    return Outcome(NOTHING_TO_REPORT, result)


def _code(code: Code) -> dict[str, object]:
    return {
        "code": code.number,
        "name": code.slug,
        "level": code.severity.value,
        "title": code.title,
    }


def _rule(rule: Rule) -> dict[str, object]:
    """As a code; how bad it is depends on the change."""
    return {"code": rule.code, "name": rule.slug, "level": "change", "title": rule.title}


def _attribute(rule: AttributeRule) -> dict[str, object]:
    return {
        "name": rule.name,
        "usage": usage(rule),
        "places": sorted(_place(place.value) for place in rule.places),
        "arguments": [
            {"kind": kind.name.lower(), "is": kind.value, "example": SHOWN[kind]}
            for kind in _kinds(rule)
        ],
        "summary": rule.summary,
        "examples": [each.text for each in EXAMPLES if each.shows(rule.name)],
    }


def _target(target: Target) -> dict[str, object]:
    return {
        "target": target.triple,
        "pointer": target.pointer_size,
        "long": target.long_size,
        "wchar_t": target.wchar_size,
        "wchar_t_signed": target.wchar_signed,
        "char_signed": target.char_signed,
        "bit_fields": target.bit_fields.value,
    }


def attribute_list() -> str:
    """Every attribute, one Markdown table row each; part of the language reference."""
    lines = ["| attribute | stands on | says |", "| --- | --- | --- |"]
    for rule in ATTRIBUTES.values():
        places = ", ".join(sorted(_place(place.value) for place in rule.places))
        summary = rule.summary.replace("|", "\\|")
        lines.append(f"| `{usage(rule)}` | {places} | {summary} |")
    return "\n".join(lines) + "\n"


def argument_list() -> str:
    """Every kind of argument, one Markdown table row each; part of the language reference."""
    lines = ["| argument | is | for example |", "| --- | --- | --- |"]
    for kind in Kind:
        if kind not in _CHOICES:
            lines.append(f"| `{kind.name.lower()}` | {kind.value} | `{SHOWN[kind]}` |")
    return "\n".join(lines) + "\n"


def example_list() -> str:
    """Every attribute at work; part of the language reference."""
    return "\n".join(f"**{each.title}**\n\n```abi\n{each.text}```\n" for each in EXAMPLES)


def _place(words: str) -> str:
    return words.removeprefix("an ").removeprefix("a ")


def _attribute_page(rule: AttributeRule) -> str:
    places = ", ".join(sorted(place.value for place in rule.places))
    summary = f"{rule.summary[0].upper()}{rule.summary[1:]}."
    lines = [f"# {usage(rule)}", "", summary, ""]
    if _kinds(rule):
        lines += [*(f"- `{kind.name.lower()}`: {kind.value}" for kind in _kinds(rule)), ""]
    if any(argument.kind is Kind.MOMENT for argument in rule.arguments):
        lines += [
            f"Instead of a word, `{SHOWN[Kind.MOMENT]}` names the entry or slot that ends it.",
            "",
        ]
    lines += [f"Stands on {places}.", ""]
    for example in EXAMPLES:
        if example.shows(rule.name):
            lines += ["## For example", "", "```abi", *example.text.splitlines(), "```"]
            break
    return "\n".join(lines) + "\n"


def _kinds(rule: AttributeRule) -> tuple[Kind, ...]:
    """What the arguments are, but for choices, which the usage lists."""
    found = dict.fromkeys(argument.kind for argument in rule.arguments)
    return tuple(kind for kind in found if kind not in _CHOICES)


def _targets() -> str:
    lines = ["| target | pointer | long | wchar_t | char | bit-fields |", "| --- " * 6 + "|"]
    for target in TARGETS:
        wchar = f"{'i' if target.wchar_signed else 'u'}{target.wchar_size * 8}"
        char = "signed" if target.char_signed else "unsigned"
        lines.append(
            f"| `{target.triple}` | {target.pointer_size} | {target.long_size} | {wchar} | {char}"
            f" | {target.bit_fields.value} |"
        )
    return "\n".join(lines) + "\n"
