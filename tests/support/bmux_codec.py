"""As much of bmux's codec as the contexts of a plugin need: no names, no tags, fields in their order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence


def number(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def data(value: bytes) -> bytes:
    return number(len(value)) + value


def text(value: str) -> bytes:
    return data(value.encode())


NOTHING = number(0)

#: Product, version, plugin API and plugin ABI; then the folders.
_HOST = text("host") + text("1") + number(1) + number(0) + number(1) + number(0)
_CONNECTION = text("/c") + NOTHING + text("/r") + text("/d") + text("/s")


def _settings(settings: Mapping[str, object]) -> bytes:
    """Some settings, as JSON in a text; and those of all plugins, of which there are none."""
    return number(1) + text(json.dumps(settings)) + NOTHING


def lifecycle(settings: Mapping[str, object]) -> bytes:
    """The context of an activation: seven empty lists, the host, the settings, no bridge."""
    lists = NOTHING * 7
    return text("upstream") + lists + _HOST + _CONNECTION + _settings(settings) + NOTHING


def invocation(command: str, arguments: Sequence[str]) -> bytes:
    """The context of a command: after the settings no client, an unknown source, no bridge."""
    given = number(len(arguments)) + b"".join(map(text, arguments))
    start = text("upstream") + text(command) + given + NOTHING * 8
    return start + _HOST + _CONNECTION + _settings({}) + NOTHING * 3


def event(kind: str, payload: object) -> bytes:
    return text(kind) + text(json.dumps(payload))


def service(interface: str, operation: str, payload: bytes) -> bytes:
    """A request in its envelope: a query of the host's to a plugin."""
    registered = text("upstream.counter") + number(0) + text(interface) + number(1)
    request = text("caller") + registered + text(operation) + data(payload)
    context = text("upstream") + request + NOTHING * 6
    context += _HOST + _CONNECTION + _settings({}) + NOTHING * 2
    return number(1) + number(0) + number(0) + data(context)


class Reader:
    """Values one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self) -> int:
        value = shift = 0
        while True:
            byte = self._data[self._at]
            self._at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7

    def signed(self) -> int:
        value = self.number()
        return value >> 1 ^ -(value & 1)

    def data(self) -> bytes:
        size = self.number()
        self._at += size
        return self._data[self._at - size : self._at]

    def text(self) -> str:
        return self.data().decode()
