"""A host of drasi as its author writes it, and what a type checker makes of it."""

from __future__ import annotations

from typing import assert_type

import drasi


def sources(path: str) -> list[str]:
    plugin = drasi.load(path, mode="ready-made")
    assert_type(plugin, drasi.Plugin)
    found: list[str] = []
    for factory in plugin.registration.source_plugins:
        with factory.create_source("s1", '{"events": 3}', auto_start=True) as source:
            assert_type(source.id(), str)
            assert_type(source.auto_start(), bool)
            assert_type(source.status(), drasi.ComponentStatus)
            found.append(source.type_name())
    return found


class Memory(drasi.StateStore):
    """A state store, with each method that one has to have."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], bytes] = {}

    def get(self, store_id: str, key: str) -> bytes | None:
        return self._values.get((store_id, key))

    def set(self, store_id: str, key: str, value: bytes) -> None:
        self._values[store_id, key] = value


def refusals(folder: str) -> list[drasi.LoadError]:
    return [found for found in drasi.discover(folder) if isinstance(found, drasi.LoadError)]


def tell(error: drasi.CallError) -> str:
    return f"{error.status}: {error.message}"
