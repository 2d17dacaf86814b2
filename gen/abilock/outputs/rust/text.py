"""Docs, string literals and attributes: text of the description, made safe for Rust."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from abilock.model.attributes import Attributes, Text
from abilock.model.types import Doc, Signature, Type
from abilock.outputs.comments import markdown_lines, rust_doc_lines, visible
from abilock.outputs.rust.attributes import Call, attribute_lines
from abilock.outputs.wording import remarks


def doc_lines(doc: Doc, *more: Iterable[str]) -> tuple[str, ...]:
    """The doc comment, then each further paragraph that is not empty."""
    lines = list(doc.lines)
    for paragraph in more:
        added = [line for line in paragraph if line]
        if added:
            lines += ["", *added] if any(line.strip() for line in lines) else added
    return rust_doc_lines(markdown_lines(lines))


def attribute_remarks(
    attributes: Attributes, own: bool = False, type_: Type | None = None
) -> tuple[str, ...]:
    """What attributes mean, but for ``@deprecated``, which Rust has an attribute of its own for."""
    spoken = tuple(each for each in attributes.all if each.name != "deprecated")
    return remarks(Attributes(spoken), own, type_)


def signature_lines(signature: Signature, receiver: str) -> tuple[str, ...]:
    """What there is to know of parameters and result: Rust has no docs on those of a type.

    ``receiver`` is what a slot's ``self`` is called.

    ex) ``- `key`: Never empty. Valid during the call; do not free it.``
    """
    lines = []
    for each in signature.parameters:
        words = [line.strip() for line in each.doc.lines if line.strip()]
        words += attribute_remarks(each.attributes, each.own, each.type)
        name = receiver if each.receiver else each.name
        if words and name:
            lines.append(f"- `{name}`: {' '.join(words)}")
    result = signature.result
    words = list(attribute_remarks(result.attributes, result.own, result.type)) if result else []
    return (*lines, f"- Returns: {' '.join(words)}") if words else tuple(lines)


def string_literal(text: str) -> str:
    """ex) ``"a\\"b"``; what cannot be seen is escaped"""
    return f'"{"".join(_escaped(char) for char in text)}"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if char == " " or (char.isprintable() and not unicodedata.category(char).startswith("C")):
        return char
    return f"\\u{{{ord(char):x}}}"


def deprecation_lines(attributes: Attributes) -> tuple[str, ...]:
    """ex) ``#[deprecated(since = "0.8.0", note = "use open2")]``"""
    attribute = attributes.get("deprecated")
    if attribute is None:
        return ()
    arguments = [f'since = "{attributes.version("deprecated")}"']
    for each in attribute.arguments:
        if isinstance(each, Text):
            arguments.append(f"note = {string_literal(visible(each.text))}")
    return attribute_lines(Call("deprecated", tuple(arguments)))
