"""One line for each element of an ABI, fully qualified and complete, with neither docs nor numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from abilock.model import decls, types
from abilock.model.attributes import (
    Applied,
    ArgumentValue,
    Attributes,
    Below,
    Formula,
    Number,
    Text,
    Word,
)
from abilock.model.text import parameter_text, slot_words, type_text
from abilock.model.types import Aggregate, Field, FunctionPointer, Nested, Parameter, Signature
from abilock.model.version import Version
from abilock.syntax.printer import string_text

#: Names in Python, and what bindings leave out, are nothing that the two sides of an ABI agree on.
_SILENT = frozenset({"py", "strip", "strip_types", "hidden"})


def element_lines(declared: decls.Declaration) -> Iterator[str]:
    """The declaration, then its members or values, in their order."""
    said = _said(declared.attributes)
    name = declared.name
    match declared:
        case decls.EntryFunction():
            optional = "optional " if declared.optional else ""
            yield f"{optional}entry {_function(declared.signature, name)}{said}"
        case decls.EntryStatic():
            words = f"{'optional ' if declared.optional else ''}entry static"
            const = "const " if declared.const else ""
            yield f"{words} {const}{name}: {type_text(declared.type)}{said}"
        case decls.Vtable():
            convention = f": {declared.convention}" if declared.convention else ""
            yield f"vtable {name}{convention}{said}"
            yield from _members(name, declared.members)
        case Aggregate():
            yield f"{'union' if declared.is_union else 'struct'} {name}{said}"
            yield from _members(name, declared.fields)
        case decls.EnumDecl():
            yield f"{declared.kind.value} {name}: {declared.underlying}{said}"
            for value in declared.values:
                yield f"{name}.{value.name} = {value.value}{_said(value.attributes)}"
        case decls.Callback():
            yield f"callback {name}: {_function(declared.signature)}{said}"
        case decls.Opaque():
            yield f"opaque {name}{said}"
        case decls.Constant():
            given = declared.value
            text = string_text(given) if isinstance(given, str) else str(given)
            yield f"const {name}: {declared.type} = {text}{said}"
        case decls.Alias():
            use = _use(declared.type, declared.own, declared.type_attributes)
            yield f"type {name} = {use}{said}"


def _members(owner: str, members: Sequence[decls.Member]) -> Iterator[str]:
    for member in members:
        if isinstance(member, decls.Slot):
            words = slot_words(member)
            head = f"{words} " if words else ""
            function = _function(member.signature)
            yield f"{owner}.{member.name}: {head}{function}{_said(member.attributes)}"
        else:
            yield from _field(owner, member)


def _field(owner: str, field: Field) -> Iterator[str]:
    """A field, and those of its type if that is written out; what has no name stands in its owner."""
    name = f"{owner}.{field.name or '_'}"
    bits = "" if field.bits is None else f" : {field.bits}"
    yield f"{name}: {_use(field.type, field.own, field.attributes)}{bits}"
    if isinstance(field.type, Nested):
        yield from _members(name if field.name else owner, field.type.aggregate.fields)


def _use(given: types.Type, own: bool, attributes: Attributes) -> str:
    text = _type(given)
    return f"{'own ' if own else ''}{text}{_said(attributes)}"


def _type(given: types.Type) -> str:
    """As :func:`type_text`, with what is said inside of a function."""
    if isinstance(given, FunctionPointer):
        text = _function(given.signature)
        return f"({text})?" if given.nullable else text
    if isinstance(given, Nested):
        return f"{type_text(given)}{_said(given.aggregate.attributes)}"
    return type_text(given)


def _function(signature: Signature, name: str = "") -> str:
    """ex) ``fn(self: const, key: *const u8 @len(key_len), key_len: u32) -> own *mut u8?``"""
    given = [_parameter(each) for each in signature.parameters]
    if signature.variadic:
        given.append("...")
    convention = (
        "" if signature.convention == "C" else f"extern {string_text(signature.convention)} "
    )
    head = f"{convention}fn {name}" if name else f"{convention}fn"
    text = f"{head}({', '.join(given)})"
    if signature.result is None:
        return text
    result = signature.result
    return f"{text} -> {_use(result.type, result.own, result.attributes)}"


def _parameter(parameter: Parameter) -> str:
    if parameter.receiver:
        return f"{parameter_text(parameter)}{_said(parameter.attributes)}"
    text = _use(parameter.type, parameter.own, parameter.attributes)
    return f"{parameter.name}: {text}" if parameter.name is not None else text


def _said(attributes: Attributes) -> str:
    """ex) `` @len(key_len) @until(call)``, with a blank before each; nothing for none"""
    return "".join(
        f" @{each.name}{_arguments(each.arguments)}"
        for each in attributes.all
        if each.name not in _SILENT
    )


def _arguments(given: Sequence[ArgumentValue]) -> str:
    return f"({', '.join(map(_argument, given))})" if given else ""


def _argument(value: ArgumentValue) -> str:
    match value:
        case Word() | Formula():
            return value.text
        case Text():
            return string_text(value.text)
        case Number():
            return str(value.value)
        case Below():
            return f"{value.operator} {value.value}"
        case Applied():
            return f"{value.name}{_arguments(value.arguments)}"
        case Version():
            return str(value)
