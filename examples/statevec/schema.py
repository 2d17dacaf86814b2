"""A plugin's schema: its records, commands and events, and how each of them is written as bytes.

Everything is little-endian and without padding, but for primary keys: their bytes sort as the values do.
"""

from __future__ import annotations

import json
import operator
from dataclasses import dataclass
from typing import Any

#: Numbers by the name of their type: how many bytes, and whether they have a sign.
NUMBERS = {
    "bool": (1, False),
    "u8": (1, False),
    "u16": (2, False),
    "u32": (4, False),
    "u64": (8, False),
    "u128": (16, False),
    "i32": (4, True),
    "i64": (8, True),
}


class SchemaError(ValueError):
    """A schema that this host does not understand, or a value that does not fit into it."""


@dataclass(frozen=True)
class Number:
    """A number, or a truth value."""

    name: str
    size: int
    signed: bool

    def encode(self, value: Any) -> bytes:
        try:
            # No `int(value)`: half of 1.5 would be lost, and "7" is a text.
            number = operator.index(value)
            if self.name == "bool" and number > 1:
                raise OverflowError
            return number.to_bytes(self.size, "little", signed=self.signed)
        except TypeError as error:
            raise SchemaError(f"{value!r} is no {self.name}") from error
        except OverflowError as error:
            raise SchemaError(f"{value} does not fit into {self.name}") from error

    def decode(self, data: bytes) -> tuple[Any, bytes]:
        """The value, and what comes after it."""
        if len(data) < self.size:
            raise SchemaError(f"{self.name} needs {self.size} bytes, and {len(data)} are left")
        value = int.from_bytes(data[: self.size], "little", signed=self.signed)
        return (bool(value) if self.name == "bool" else value), data[self.size :]

    def key(self, data: bytes) -> bytes:
        """The bytes of the value as part of a primary key."""
        if not self.signed:
            return data[::-1]
        # With the sign bit the other way round, negative numbers sort before the others.
        return bytes([data[-1] ^ 0x80]) + data[-2::-1]


@dataclass(frozen=True)
class Octets:
    """Bytes behind their length. With a capacity, they take all of it, the rest being zero."""

    capacity: int | None

    def encode(self, value: bytes) -> bytes:
        if not isinstance(value, bytes):
            raise SchemaError(f"{value!r} is no bytes")
        if len(value) > (65535 if self.capacity is None else self.capacity):
            raise SchemaError(f"{len(value)} bytes are too many")
        return len(value).to_bytes(2, "little") + value.ljust(self.capacity or 0, b"\0")

    def decode(self, data: bytes) -> tuple[bytes, bytes]:
        length = int.from_bytes(data[:2], "little")
        room = length if self.capacity is None else self.capacity
        if length > room or len(data) < 2 + room:
            raise SchemaError(f"{length} bytes do not fit into what is left")
        return data[2 : 2 + length], data[2 + room :]

    def key(self, data: bytes) -> bytes:
        return data[2:]


@dataclass(frozen=True)
class Field:
    """A field of a record, command or event. Only those of records have a place of their own."""

    name: str
    type: Number | Octets
    offset: int = 0
    size: int = 0
    immutable: bool = False

    def of(self, record: bytes) -> bytes:
        return record[self.offset : self.offset + self.size]


@dataclass(frozen=True)
class Record:
    """A type of records."""

    kind: int
    name: str
    size: int
    fields: tuple[Field, ...]
    key_fields: tuple[Field, ...]

    def primary_key(self, data: bytes) -> bytes | None:
        """The key that the record's own bytes make, or None if its type has none."""
        if not self.key_fields:
            return None
        return b"".join(each.type.key(each.of(data)) for each in self.key_fields)

    def decode(self, data: bytes) -> dict[str, Any]:
        return {each.name: each.type.decode(each.of(data))[0] for each in self.fields}

    def changed_although_fixed(self, old: bytes, new: bytes) -> list[str]:
        """The fields that never change, and did."""
        fixed = [each for each in self.fields if each.immutable or each in self.key_fields]
        return [each.name for each in fixed if each.of(old) != each.of(new)]


@dataclass(frozen=True)
class Message:
    """A type of commands, or of events."""

    kind: int
    name: str
    fields: tuple[Field, ...]

    def encode(self, values: dict[str, Any]) -> bytes:
        """
        Raises:
            SchemaError: these are not the fields of the message, or not their values.
        """
        names = [each.name for each in self.fields]
        if set(names) != set(values):
            raise SchemaError(f"{self.name} has the fields {', '.join(names) or 'of none'}")
        return b"".join(self._encoded(each, values[each.name]) for each in self.fields)

    def _encoded(self, field: Field, value: Any) -> bytes:
        try:
            return field.type.encode(value)
        except SchemaError as error:
            raise SchemaError(f"{self.name}.{field.name}: {error}") from error

    def decode(self, payload: bytes) -> dict[str, Any]:
        """
        Raises:
            SchemaError: these are not the bytes of the message.
        """
        values = {}
        for field in self.fields:
            try:
                values[field.name], payload = field.type.decode(payload)
            except SchemaError as error:
                raise SchemaError(f"{self.name}.{field.name}: {error}") from error
        return values


@dataclass(frozen=True)
class Schema:
    """Everything that a plugin declares."""

    fingerprints: dict[str, str]
    records: dict[int, Record]
    commands: dict[str, Message]
    events: dict[int, Message]


def parse(text: bytes) -> Schema:
    """
    Raises:
        SchemaError: this is not a schema of IDL 1.0.
    """
    try:
        idl = json.loads(text)
        if idl["idlVersion"] != "1.0":
            raise SchemaError(f"IDL {idl['idlVersion']} is unknown")
        records = [_record(each) for each in idl["records"]]
        commands = [_message(each) for each in idl["commands"]]
        events = [_message(each) for each in idl["events"]]
        fingerprints = dict(idl["fingerprints"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        if isinstance(error, SchemaError):
            raise
        raise SchemaError(f"this is no schema: {error!r}") from error
    return Schema(
        fingerprints,
        {each.kind: each for each in records},
        {each.name: each for each in commands},
        {each.kind: each for each in events},
    )


def _record(idl: dict[str, Any]) -> Record:
    fields = {
        each["name"]: Field(
            each["name"], _type(each["type"]), each["offset"], each["size"], each["immutable"]
        )
        for each in idl["fields"]
    }
    key = tuple(fields[each] for each in idl["pkFields"]) if idl["hasPk"] else ()
    return Record(idl["kind"], idl["name"], idl["dataSize"], tuple(fields.values()), key)


def _message(idl: dict[str, Any]) -> Message:
    fields = (Field(each["name"], _type(each["type"])) for each in idl["fields"])
    return Message(idl["kind"], idl["name"], tuple(fields))


def _type(idl: Any) -> Number | Octets:
    if idl == "varBytes":
        return Octets(None)
    if isinstance(idl, dict) and "fixedBytes" in idl:
        return Octets(idl["fixedBytes"])
    if isinstance(idl, dict) and "defined" in idl:
        return Number(idl["defined"], 1, False)
    if idl not in NUMBERS:
        raise SchemaError(f"the type {idl!r} is unknown")
    return Number(idl, *NUMBERS[idl])
