"""A host of bmux as its author writes it, and what a type checker makes of it."""

from __future__ import annotations

from typing import assert_type

import bmux


class Registry(bmux.StatefulRegistry):
    def __init__(self) -> None:
        self.plugins: list[bmux.StatefulPlugin] = []

    @property
    def abi_version(self) -> int:
        return 1

    def register_plugin(self, plugin: bmux.StatefulPlugin) -> None:
        self.plugins.append(plugin)


def saved(path: str) -> list[bytes]:
    registry = Registry()
    plugin = bmux.load(path)
    plugin.register_stateful(registry)
    assert_type(plugin.invoke_service(b"ping"), bytes)
    return [each.snapshot().data for each in registry.plugins]
