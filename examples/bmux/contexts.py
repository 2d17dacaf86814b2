"""What plugins are told, in bmux's codec.

It has no names and no tags: the fields of a record follow each other in the order of their declaration.
Integers are LEB128; text and lists begin with their length; an option begins with 0 or 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import bmux


@dataclass(frozen=True)
class Folders:
    """Where a plugin finds its files."""

    config: Path
    runtime: Path
    data: Path
    state: Path


def lifecycle(plugin_id: str, folders: Folders, settings: str | None = None) -> bytes:
    """A ``NativeLifecycleContext`` of a host that offers no services and runs no other plugin.

    Args:
        plugin_id: as the plugin's manifest has it.
        settings: those of the plugin, in JSON.
    """
    fields = [
        text(plugin_id),
        texts([]),  # required capabilities
        texts([]),  # provided capabilities
        texts([]),  # services
        texts([]),  # available capabilities
        texts([plugin_id]),  # enabled plugins
        texts([]),  # where plugins were searched
        texts([]),  # registered plugins
        text("abilock example host") + text("1.0"),
        number(bmux.PLUGIN_API_MAJOR) + number(bmux.PLUGIN_API_MINOR),
        number(bmux.NATIVE_ABI_MAJOR) + number(bmux.NATIVE_ABI_MINOR),
        text(str(folders.config)) + texts([str(folders.config)]),
        text(str(folders.runtime)) + text(str(folders.data)) + text(str(folders.state)),
        option(None if settings is None else text(settings)),
        texts([]),  # settings of all plugins
        option(None),  # the address of the function with which plugins call the host
    ]
    return b"".join(fields)


def event(kind: str, payload: str) -> bytes:
    """A ``PluginEvent`` whose payload is a text."""
    return text(kind) + text(payload)


def number(value: int) -> bytes:
    """An unsigned integer: seven bits to a byte, the low ones first, all but the last with the high bit."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def text(value: str) -> bytes:
    encoded = value.encode()
    return number(len(encoded)) + encoded


def texts(values: Iterable[str]) -> bytes:
    encoded = [text(each) for each in values]
    return number(len(encoded)) + b"".join(encoded)


def option(encoded: bytes | None) -> bytes:
    return b"\0" if encoded is None else b"\1" + encoded
