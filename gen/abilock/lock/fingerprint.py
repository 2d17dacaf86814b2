"""A fingerprint of what an ABI means: equal for two descriptions that both sides can take for each other.

It is the SHA-256 of canonical plain data. Not in it are: the version, docs, layout of the text, the order
of declarations and of enum values, the names of aliases and what only names in one language depend on.
What is left out where it is as usual stays out, so that a new word of the language moves no fingerprint
of a description that does not use it.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, assert_never

from abilock.compat.types import Sides
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
from abilock.model.decls import (
    Alias,
    Allocator,
    Callback,
    Constant,
    Declaration,
    EntryFunction,
    EntryStatic,
    EnumDecl,
    Library,
    Member,
    Opaque,
    Slot,
    Vtable,
)
from abilock.model.scalars import (
    INTEGER_SCALARS,
    NARROWEST_BITS,
    PLATFORM_SIGNED_SCALARS,
    SIGNED_SCALARS,
    WIDEST_BITS,
)
from abilock.model.targets import TRIPLES
from abilock.model.types import (
    Aggregate,
    Array,
    Field,
    FunctionPointer,
    Named,
    Nested,
    Parameter,
    Pointer,
    Scalar,
    Signature,
    Type,
    Void,
)
from abilock.model.used import used_declarations
from abilock.model.version import Version

#: Attributes on which only names in one language depend, or what a binding shows.
_SILENT = frozenset({"py", "rust", "strip", "strip_types", "hidden", "path"})
#: What records and fields have in fields of their own.
_LAYOUT = frozenset({"packed", "align"})
#: What holds where nothing is said.
_USUAL = frozenset({("encoding", "utf8"), ("depth", "deep"), ("consumed", "always")})
#: Integers whose width the target decides each in its own way.
_FAMILIES = {"c_long": "long", "c_ulong": "long", "wchar_t": "wchar"}


def fingerprint(library: Library) -> str:
    """64 hexadecimal digits."""
    text = json.dumps(meaning(library), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def meaning(library: Library) -> dict[str, Any]:
    """Everything that both sides of an ABI have to agree on, as plain data."""
    data = _Data(library)
    compat = library.compat
    return {
        "abi": library.name,
        "compat": [compat.rule, *compat.arguments],
        # Every target that there is may be more by and by; a description that lists none means the same.
        **({"targets": sorted(library.targets)} if library.targets != TRIPLES else {}),
        "allocators": {each.name: _schemes(each) for each in library.allocators},
        "declarations": {
            each.name: data.declaration(each)
            for each in used_declarations(library)
            if not _is_alias(each)
        },
        **data.said(library.attributes),
    }


def _is_alias(declared: Declaration) -> bool:
    return isinstance(declared, Alias)


def _schemes(allocator: Allocator) -> list[list[str | None]]:
    return [[each.acquire, each.release, each.family] for each in allocator.schemes]


class _Data:
    """Declarations of one library as plain data. Whatever has nothing to say is left out."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def declaration(self, declared: Declaration) -> dict[str, Any]:
        """A declaration, without its name."""
        head: dict[str, Any]
        match declared:
            case Constant():
                head = {"kind": "const", "type": declared.type, "value": declared.value}
            case Aggregate():
                return self._record(declared)
            case Vtable():
                head = {"kind": "vtable", "members": [self._member(m) for m in declared.members]}
                return head | self.said(declared.attributes)
            case Opaque():
                head = {"kind": "opaque"}
            case EnumDecl():
                head = self._enum(declared)
            case Callback():
                head = {"kind": "callback", **self._signature(declared.signature)}
            case EntryFunction():
                head = {"kind": "entry", **self._signature(declared.signature)}
                head |= _flags(optional=declared.optional) | _symbol(declared.attributes)
            case EntryStatic():
                head = {"kind": "variable", "type": self._type(declared.type)}
                head |= _flags(optional=declared.optional, const=declared.const)
                head |= _symbol(declared.attributes)
            case Alias():
                raise AssertionError("an alias is what it stands for")
            case _:
                assert_never(declared)
        return head | self.said(declared.attributes)

    def said(self, attributes: Attributes, *silent: str) -> dict[str, Any]:
        """What attributes say, by name."""
        given = {
            each.name: [_argument(value) for value in each.arguments]
            for each in attributes.all
            if each.name not in _SILENT
            and each.name != "c"
            and each.name not in silent
            and not _is_usual(each)
        }
        return {"said": given} if given else {}

    def _said_of(self, type_: Type, attributes: Attributes, *silent: str) -> dict[str, Any]:
        """What attributes say of something of a type: bytes that are UTF-8 are text."""
        data = self.said(attributes, *silent)
        encoding = attributes.get("encoding")
        if encoding is None or not self._are_bytes(type_):
            return data
        said = {**data.get("said", {}), "encoding": list(map(_argument, encoding.arguments))}
        return {"said": said}

    def _are_bytes(self, type_: Type) -> bool:
        return Sides(self._library, self._library, {}).are_bytes(type_)

    # --- members

    def _record(self, record: Aggregate) -> dict[str, Any]:
        head: dict[str, Any] = {
            "kind": "union" if record.is_union else "struct",
            "members": [self._field(each) for each in record.fields],
        }
        if record.is_union:
            # Every member stands at the start, so that their order means nothing.
            head["members"].sort(key=lambda each: json.dumps(each, sort_keys=True))
        for name, value in (("packed", record.packed), ("align", record.align)):
            if value is not None:
                head[name] = value
        return head | self.said(record.attributes, *_LAYOUT)

    def _member(self, member: Member) -> dict[str, Any]:
        if isinstance(member, Field):
            return self._field(member)
        return self._slot(member)

    def _field(self, field: Field) -> dict[str, Any]:
        data = {"name": field.name, "type": self._type(field.type)} | _flags(own=field.own)
        for name, value in (("bits", field.bits), ("align", field.align)):
            if value is not None:
                data[name] = value
        return data | self._said_of(field.type, field.attributes, *_LAYOUT)

    def _slot(self, slot: Slot) -> dict[str, Any]:
        data = {"name": slot.name, "kind": "slot", **self._signature(slot.signature)}
        if slot.receiver is not None:
            data["self"] = slot.receiver.value
        return data | _flags(optional=slot.optional, drop=slot.drop) | self.said(slot.attributes)

    def _enum(self, declared: EnumDecl) -> dict[str, Any]:
        return {
            "kind": declared.kind.value,
            "type": _scalar(declared.underlying),
            "values": {
                each.name: {"value": each.value, **self.said(each.attributes)}
                for each in declared.values
            },
        }

    # --- functions and types

    def _signature(self, signature: Signature) -> dict[str, Any]:
        data: dict[str, Any] = {
            "parameters": [self._parameter(each) for each in signature.parameters]
        }
        result = signature.result
        if result is not None:
            data["result"] = (
                {"type": self._type(result.type)}
                | _flags(own=result.own)
                | self._said_of(result.type, result.attributes)
            )
        if signature.convention != "C":
            data["convention"] = signature.convention
        return data | _flags(variadic=signature.variadic)

    def _parameter(self, parameter: Parameter) -> dict[str, Any]:
        return (
            {"name": parameter.name, "type": self._type(parameter.type)}
            | _flags(own=parameter.own, receiver=parameter.receiver)
            | self._said_of(parameter.type, parameter.attributes)
        )

    def _type(self, given: Type) -> Any:
        match given:
            case Void():
                return "void"
            case Scalar():
                return _scalar(given.name)
            case Pointer():
                inner = self._type(given.pointee)
                return ["mut" if given.mutable else "const", inner, *_null(given.nullable)]
            case Array():
                return ["array", self._type(given.element), given.length]
            case Named():
                declared = self._library.find(given.name)
                if isinstance(declared, Alias):
                    return self._alias(declared, given.nullable)
                return ["named", given.name, *_null(given.nullable)]
            case FunctionPointer():
                return ["fn", self._signature(given.signature), *_null(given.nullable)]
            case Nested():
                return ["written", self._record(given.aggregate)]
            case _:
                assert_never(given)

    def _alias(self, alias: Alias, nullable: bool) -> Any:
        """What it stands for, and what is said of that."""
        inner = self._type(alias.type)
        if nullable and isinstance(inner, list) and "null" not in inner[2:]:
            inner = [*inner, "null"]
        said = {**self.said(alias.type_attributes), **_flags(own=alias.own)}
        own = self.said(alias.attributes, "since", "deprecated", "unstable")
        return ["said", inner, said, own] if said or own else inner


def _is_usual(attribute: Attribute) -> bool:
    words = (each.text for each in attribute.arguments if isinstance(each, Word))
    return (attribute.name, *words) in _USUAL


def _flags(**flags: bool) -> dict[str, Any]:
    return {name: True for name, value in flags.items() if value}


def _null(nullable: bool) -> list[str]:
    return ["null"] if nullable else []


def _symbol(attributes: Attributes) -> dict[str, Any]:
    """What an entry is called in a library, where that is not its name."""
    given = attributes.get("c")
    return {"symbol": _argument(given.arguments[0])} if given is not None else {}


def _scalar(name: str) -> str:
    """One word for all names of one integer: ``c_int`` is ``i32``, wherever that is so everywhere."""
    if name not in INTEGER_SCALARS:
        return name
    if name in PLATFORM_SIGNED_SCALARS:
        return name
    sign = "i" if name in SIGNED_SCALARS else "u"
    if WIDEST_BITS[name] == NARROWEST_BITS[name]:
        return f"{sign}{WIDEST_BITS[name]}"
    return f"{sign}{_FAMILIES.get(name, 'size')}"


def _argument(value: ArgumentValue) -> Any:
    match value:
        case Word():
            return value.text
        case Text():
            return ["text", value.text]
        case Number():
            return value.value
        case Below():
            return [value.operator, value.value]
        case Applied():
            return ["applied", value.name, *(_argument(each) for each in value.arguments)]
        case Formula():
            return ["formula", value.text]
        case Version():
            return ["version", str(value)]
        case _:
            assert_never(value)
