"""How what attributes say differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import assert_never

from abilock.compat.changes import Change, Kind
from abilock.model.attributes import (
    Applied,
    ArgumentValue,
    Attribute,
    Attributes,
    Below,
    Formula,
    Number,
    Text,
    Word,
)
from abilock.model.version import Version

#: Attributes that only names in one language depend on, and those that the layout has said already.
SILENT = frozenset({"py", "c", "rust", "strip", "hidden", "path", "packed", "align"})


def meaning(
    subject: str, old: Attributes, new: Attributes, renamed: Mapping[str, str]
) -> Iterator[Change]:
    """One change per attribute that came, went or says something else.

    ``renamed``: what arguments name by another name now.
    """
    names = {each.name: None for each in (*old.all, *new.all)}
    for name in names:
        if name in SILENT:
            continue
        before, after = old.get(name), new.get(name)
        texts = attribute_text(before, renamed), attribute_text(after, {})
        if texts[0] != texts[1]:
            spans = before.span if before else None, after.span if after else None
            yield Change(Kind.MEANING_CHANGED, subject, *texts, *spans, detail=name)


def attribute_text(attribute: Attribute | None, renamed: Mapping[str, str]) -> str:
    """ex) ``@len(key_len)``; nothing for none"""
    if attribute is None:
        return ""
    if not attribute.arguments:
        return f"@{attribute.name}"
    return f"@{attribute.name}({', '.join(_text(each, renamed) for each in attribute.arguments)})"


def _text(value: ArgumentValue, renamed: Mapping[str, str]) -> str:
    match value:
        case Word():
            return renamed.get(value.text, value.text)
        case Text():
            return f'"{value.text}"'
        case Number():
            return str(value.value)
        case Below():
            return f"{value.operator} {value.value}"
        case Applied():
            return f"{value.name}({', '.join(_text(each, renamed) for each in value.arguments)})"
        case Formula():
            words = (renamed.get(word, word) for word in value.text.split(" "))
            return " ".join(words)
        case Version():
            return str(value)
        case _:
            assert_never(value)
