"""What crosses as MessagePack since 0.10.0: changes come in, results go out.

The shapes are those that serde gives to drasi-core's types: a variant with content is a map with
one entry, ``{"Insert": {"element": {"Node": …}}}``, one without is its name. A plugin is not
trusted to send them: whatever is not of that shape is a :class:`PayloadError`.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Any, Literal

import msgpack  # type: ignore[import-untyped]  # it has no types

Op = Literal["insert", "update", "delete"]
_OPS: dict[str, Op] = {"Insert": "insert", "Update": "update", "Delete": "delete"}

#: As much as upstream takes: more is a fault of the sender.
MOST_BYTES = 256 * 1024 * 1024
#: How deep values may be in each other. A little less than what serde_json reads, and so what a reaction
#: can be told.
MOST_DEEP = 100

#: What serde takes for a variant's content; a whole number is a float to it as well.
_SCALARS: Mapping[str, Any] = {"Bool": bool, "Integer": int, "Float": (float, int), "String": str}


class PayloadError(ValueError):
    """The bytes are not what they should be."""


@dataclass(frozen=True)
class Change:
    """What happened to a node or relation of a source's graph."""

    op: Op
    source_id: str
    element_id: str
    labels: frozenset[str]
    #: Those that the change has. An update need not have them all.
    properties: Mapping[str, Any]


def decode_event(payload: bytes) -> Change | None:
    """A change from an event of a source; ``None`` if that is about something else, such as control."""
    kind, content = _variant(_member(_unpacked(payload), "event"))
    return _change(content) if kind == "Change" else None


def decode_record(payload: bytes) -> Change | None:
    """A change from a record of a bootstrap."""
    return _change(_member(_unpacked(payload), "change"))


def encode_result(result: Mapping[str, Any]) -> bytes:
    """A result of a query, for a reaction."""
    packed = msgpack.packb(result)
    assert isinstance(packed, bytes)
    return packed


def _unpacked(payload: bytes) -> Any:
    if len(payload) > MOST_BYTES:
        raise PayloadError(f"{len(payload)} bytes are more than a payload may have")
    try:
        return msgpack.unpackb(payload)
    except (ValueError, TypeError, msgpack.UnpackException) as error:
        raise PayloadError(f"no MessagePack: {error or type(error).__name__}") from error


def _change(change: Any) -> Change | None:
    kind, content = _variant(change)
    if kind not in _OPS:
        return None
    if kind == "Delete":
        metadata, properties = _member(content, "metadata"), {}
    else:
        _, element = _variant(_member(content, "element"))
        metadata = _member(element, "metadata")
        properties = _object(_member(element, "properties"))
    reference = _member(metadata, "reference")
    labels = _is(_member(metadata, "labels"), list, "list")
    source, element = (_text(_member(reference, name)) for name in ("source_id", "element_id"))
    return Change(_OPS[kind], source, element, frozenset(map(_text, labels)), properties)


def _object(properties: Any, depth: int = 0) -> dict[str, Any]:
    values = _is(_member(properties, "values"), dict, "map")
    return {_text(name): _value(value, depth) for name, value in values.items()}


def _value(value: Any, depth: int) -> Any:
    """An ``ElementValue``, as Python has it. Times stay what they are: the query compares texts."""
    kind, content = _variant(value)
    if depth > MOST_DEEP:
        raise PayloadError(f"values are more than {MOST_DEEP} deep in each other")
    if kind == "List" and isinstance(content, list):
        return [_value(each, depth + 1) for each in content]
    if kind == "Object":
        return _object(content, depth + 1)
    if kind in _SCALARS:
        _is(content, _SCALARS[kind], kind)
    if kind == "Integer" and not -(2**63) <= content < 2**63:
        raise PayloadError(f"{content} is more than an Integer can be")
    return _plain(content, depth)


def _plain(value: Any, depth: int) -> Any:
    """What JSON has too: MessagePack also has bytes, and types of everybody's own."""
    if depth > MOST_DEEP:
        raise PayloadError(f"values are more than {MOST_DEEP} deep in each other")
    if isinstance(value, list):
        return [_plain(each, depth + 1) for each in value]
    if isinstance(value, dict):
        return {_text(name): _plain(each, depth + 1) for name, each in value.items()}
    return _is(value, (NoneType, bool, int, float, str), "value of a property")


def _text(value: Any) -> Any:
    return _is(value, str, "text")


def _is(value: Any, wanted: type | tuple[type, ...], name: str) -> Any:
    if not isinstance(value, wanted):
        # For people, so not all of it: what was sent may be as long and as deep as it likes.
        raise PayloadError(f"{reprlib.repr(value)} is no {name}")
    return value


def _variant(value: Any) -> tuple[str, Any]:
    if isinstance(value, str):
        return value, None
    if isinstance(value, dict) and len(value) == 1:
        ((name, content),) = value.items()
        return _text(name), content
    raise PayloadError(f"no variant: {reprlib.repr(value)}")


def _member(value: Any, name: str) -> Any:
    if not isinstance(value, dict) or name not in value:
        raise PayloadError(f"no {name!r} in {reprlib.repr(value)}")
    return value[name]
