"""What a plugin says of itself without being asked twice: version and target, as described."""

from __future__ import annotations

from collections.abc import Iterator

from abilock.binding.shapes import Form, Item, Number, Shape, Terminated, Value
from abilock.model.decls import Constant, EntryFunction, EntryStatic
from abilock.outputs.c_declarations import string_literal
from abilock.outputs.cffi.entries import Entry
from abilock.outputs.cffi.package import Package
from abilock.outputs.wording import spell_argument

#: What stands for a field that only the plugin's author knows.
_EMPTY = {"str": "''", "int": "0", "bool": "False", "bytes": "b''", "float": "0.0"}


def default_answer(package: Package, entry: Entry) -> tuple[str, ...] | None:
    """The body of an entry that tells a version or the target, if nothing else is asked for there."""
    call = entry.call
    if call.inputs or call.outs or call.rooms or call.result is None:
        return None
    if entry.declared.attributes.has("version"):
        told = _told(package, call.result)
        return None if told is None else (f"return {told}",)
    shape = call.result
    if not isinstance(shape, Value) or package.forms.form(shape.name) is not Form.RECORD:
        return None
    items = package.contents.record(shape.name)
    if not any(each.attributes.has(word) for each in items for word in ("version", "triple")):
        return None
    given: list[str] = []
    for item in items:
        text = _field(package, item)
        if text is None:
            return None
        if text:
            given.append(f"{item.python or item.name}={text},")
    return (f"return {package.names.type(shape.name)}(", *(f"    {each}" for each in given), ")")


def _field(package: Package, item: Item) -> str | None:
    """What a field gets; nothing where it may be left out, and None where nothing fits."""
    if item.attributes.has("version"):
        return _told(package, item.shape)
    annotation = package.names.annotation(item.shape)
    if item.attributes.has("triple") and annotation.startswith("str"):
        return "_abi_triple()"
    if item.has_default or annotation.endswith("| None") or item.attributes.has("since"):
        return ""
    return _EMPTY.get(annotation)


def _told(package: Package, shape: Shape) -> str | None:
    """The version of the description, as a text or number."""
    annotation = package.names.annotation(shape).removesuffix(" | None")
    if annotation == "str":
        return ascii(package.library.compared)
    if annotation != "int":
        return None
    compat = package.library.compat
    if not compat.is_number or not compat.arguments:
        return None
    found = compat.arguments[0]
    if isinstance(found, str):
        constant = package.forms.declaration(found)
        return str(constant.value) if isinstance(constant, Constant) else None
    return str(found)


def version_literal(package: Package, static: EntryStatic) -> str | None:
    """What a variable that tells a version is in C."""
    if not static.attributes.has("version"):
        return None
    shape = package.parts.classifier.shape(static.type, static.attributes, False)
    told = _told(package, shape)
    if told is None or isinstance(shape, Number):
        return told
    return string_literal(package.library.compared) if isinstance(shape, Terminated) else None


def manifest_form(package: Package) -> str | None:
    """The format in which plugins describe themselves. ex) ``toml``"""
    for each in package.library.declared:
        if isinstance(each, EntryFunction) and (given := each.attributes.get("manifest")):
            return spell_argument(given.arguments[0]).lower()
    return None


def ranges(package: Package) -> Iterator[tuple[str, str]]:
    """Of the versions that a manifest has ranges of, the keys and what this ABI has."""
    for each in package.library.declared:
        given = each.attributes.get("range")
        if given is not None and isinstance(each, Constant):
            key, *more = (spell_argument(argument) for argument in given.arguments)
            yield key, ".".join((str(each.value), *more))
