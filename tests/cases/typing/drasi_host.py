"""A host of drasi as its author writes it, and what a type checker makes of it."""

from __future__ import annotations

import dataclasses
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


def changes(receiver: drasi.ChangeReceiverProxy) -> list[str]:
    stream = receiver.stream(timeout=5, full="drop")
    assert_type(stream, drasi.ChangePushStream)
    assert_type(stream.get(), drasi.SourceEvent)
    return [event.op.name for event in stream]


async def entries(registration: drasi.PluginRegistrationProxy) -> list[drasi.LogEntry]:
    async with drasi.LogStream(registration.set_log_callback, capacity=8) as log:
        return [entry async for entry in log]


async def rows(outbox: drasi.OutboxIteratorProxy) -> list[str]:
    return [row async for row in outbox] + list(outbox)


def context() -> drasi.RuntimeContext:
    return drasi.RuntimeContext("host", "s1", log_callback=drasi.LogStream())


def watched(source: drasi.SourceProxy, store: drasi.StateStore) -> list[str]:
    """What a host reads of a struct was the plugin's, and can be closed; what it gives need not be."""
    subscription = source.subscribe("s1", False, "q1", "[]", "[]")
    position: drasi.CData = subscription.position_handle
    assert_type(subscription.bootstrap_receiver, drasi.BootstrapReceiverProxy | None)
    if subscription.bootstrap_receiver is not None:
        subscription.bootstrap_receiver.close()
    with subscription.receiver as receiver:
        assert_type(receiver, drasi.ChangeReceiverProxy)
        given = drasi.RuntimeContext("host", "s1", store)
        given.state_store = store
        print(position, dataclasses.replace(given, component_id="s2"))
        return changes(receiver)
