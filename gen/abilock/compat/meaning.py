"""How what attributes say differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import assert_never

from abilock.compat.changes import Change
from abilock.compat.meaning_kinds import kind_of
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

#: Attributes of which one says what another said before: one change, and not two.
RIVALS = (
    frozenset({"len", "size", "nul", "until_value", "lens"}),
    frozenset({"string", "bytes", "list", "optional"}),
    frozenset({"result", "failure", "error_buffer", "error", "ok", "fails", "truth"}),
    frozenset({"out", "inout"}),
    frozenset({"free", "drop", "release", "refcounted", "owned"}),
    frozenset({"json", "wire"}),
    frozenset({"get", "set"}),
)
#: What holds where nothing is said.
USUAL = frozenset({"@encoding(utf8)", "@depth(deep)", "@consumed(always)"})
#: Attributes that only names in one language depend on, and those that the layout has said already.
SILENT = frozenset({"py", "c", "rust", "strip", "strip_types", "hidden", "path", "packed", "align"})


def meaning(
    subject: str,
    old: Attributes,
    new: Attributes,
    renamed: Mapping[str, str],
    *,
    are_bytes: bool = False,
    is_object: bool = False,
) -> Iterator[Change]:
    """One change per attribute that came, went or says something else; a length that counts in
    another unit is one as well.

    ``renamed``: what arguments name by another name now. ``are_bytes``: where nothing is said of an
    encoding, it is no text. ``is_object``: it is lent for as long as the object that it is given to.
    """
    # What nothing is said of lives for the call, or until the next one of the same function.
    usual = "next" if subject.endswith(".return") else "drop" if is_object else "call"
    names = {each.name: None for each in (*old.all, *new.all)}
    for name in _merged(names, old, new):
        if name in SILENT:
            continue
        before, after = old.get(name), new.get(name)
        texts = _said(before, renamed, are_bytes), _said(after, {}, are_bytes)
        if texts[0] != texts[1]:
            if before is None:
                before = _rival(name, old, new)
                texts = attribute_text(before, renamed), texts[1]
            spans = before.span if before else None, after.span if after else None
            kind = kind_of(name, before, after, usual=usual)
            if kind is not None:
                yield Change(kind, subject, *texts, *spans, detail=name)


def _said(attribute: Attribute | None, renamed: Mapping[str, str], are_bytes: bool) -> str:
    """As below; nothing for what holds anyway."""
    text = attribute_text(attribute, renamed)
    if are_bytes and attribute is not None and attribute.name == "encoding":
        return text
    return "" if text in USUAL else text


def _merged(names: Mapping[str, None], old: Attributes, new: Attributes) -> Iterator[str]:
    """Of attributes that take each other's place, the one that came."""
    for name in names:
        rivals = next((group for group in RIVALS if name in group), frozenset())
        came = any(new.has(each) and not old.has(each) for each in rivals - {name})
        if not (came and old.has(name) and not new.has(name)):
            yield name


def _rival(name: str, old: Attributes, new: Attributes) -> Attribute | None:
    """What said the same thing before, and is gone."""
    rivals = next((group for group in RIVALS if name in group), frozenset())
    gone = [each for each in old.all if each.name in rivals and not new.has(each.name)]
    return gone[0] if gone else None


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
