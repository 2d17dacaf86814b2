"""A drasi plugin in Python: a source that ticks, and a reaction that writes down the results of queries.

$ python -m drasi_0_11_0.build --plugin ticker:Ticker --output libticker.so
"""

from __future__ import annotations

import dataclasses
import json
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import cffi  # type: ignore[import-untyped,unused-ignore]  # its types are a package of their own
import drasi_0_11_0 as drasi
from drasi_0_11_0 import plugin
from packing import pack, unpack

#: What the host set for the whole library, until it says otherwise for a component.
log: list[drasi.LogCallback] = []


def say(message: str, component: str = "") -> None:
    """A line in the host's log."""
    for callback in log[-1:]:
        callback(
            drasi.LogEntry(
                level=drasi.LogLevel.Info,
                plugin_id="ticker",
                target="ticker",
                message=message,
                timestamp_us=int(time.time() * 1e6),
                instance_id="",
                component_id=component,
            )
        )


# --- what both have


class Component:
    """What sources and reactions have in common: a name, a configuration, and a status."""

    kind = ""

    def __init__(self, name: str, config: dict[str, Any], auto_start: bool) -> None:
        if type(config) is not dict:
            raise TypeError("the configuration has to be an object")
        self._name = name
        self._auto_start = auto_start
        self._status = drasi.ComponentStatus.Added
        self.config = config
        self.context: drasi.RuntimeContext | None = None

    def id(self) -> str:
        return self._name

    def type_name(self) -> str:
        return self.kind

    def auto_start(self) -> bool:
        return self._auto_start

    def properties(self) -> str:
        return json.dumps(self.config)

    def status(self) -> drasi.ComponentStatus:
        return self._status

    def initialize(self, ctx: drasi.RuntimeContext) -> None:
        self.context = ctx

    def start(self) -> None:
        if "refuse" in self.config:
            raise RuntimeError(self.config["refuse"])
        self._status = drasi.ComponentStatus.Running
        say(f"{self._name} runs", self._name)

    def stop(self) -> None:
        self._status = drasi.ComponentStatus.Stopped

    def deprovision(self) -> None:
        pass

    def close(self) -> None:
        """The host is done with it."""
        say(f"{self._name} is gone", self._name)


# --- the source


class Ticks(drasi.ChangeReceiver):
    """Changes for one query, from a thread of their own."""

    def __init__(self, source: str, count: int, pause: float) -> None:
        self._source = source
        self._count = count
        self._pause = pause
        self._over = threading.Event()

    def start_push(self, callback: drasi.ChangePushCallback) -> None:
        threading.Thread(target=self._push, args=(callback,), daemon=True).start()

    def close(self) -> None:
        self._over.set()

    def _push(self, callback: drasi.ChangePushCallback) -> None:
        for number in range(self._count):
            if self._over.wait(self._pause) or not callback(tick(self._source, number)):
                break
        # Exactly once, however it ends: the host may forget the callback then.
        callback(None)


def tick(source: str, number: int) -> drasi.SourceEvent:
    """One change: there is a node more in the graph."""
    now = int(time.time() * 1e6)
    node = {
        "metadata": {
            "reference": {"source_id": source, "element_id": f"tick-{number}"},
            "labels": ["Tick"],
            "effective_from": now // 1000,
        },
        "properties": {"values": {"number": {"Integer": number}}},
    }
    content = {
        "source_id": source,
        "event": {"Change": {"Insert": {"element": {"Node": node}}}},
        "timestamp_us": now,
        "sequence": number,
        "source_position": None,
    }
    return drasi.SourceEvent(payload=pack(content), op=drasi.ChangeOp.Insert, timestamp_us=now)


class TickSource(Component, drasi.Source):
    """Ticks as often, and as fast, as its configuration says."""

    kind = "ticker"

    def dispatch_mode(self) -> drasi.DispatchMode:
        return drasi.DispatchMode.Channel

    def describe_schema(self) -> str:
        properties = [{"name": "number", "dataType": "integer"}]
        return json.dumps({"nodes": [{"label": "Tick", "properties": properties}], "relations": []})

    def subscribe(
        self,
        source_id: str,
        enable_bootstrap: bool,
        query_id: str,
        nodes_json: str,
        relations_json: str,
        resume_from: bytes | None = None,
        request_position_handle: bool = False,
    ) -> drasi.Subscription:
        count, pause = self.config.get("count", 3), self.config.get("pauseMs", 0) / 1000
        return drasi.Subscription(
            query_id=query_id,
            source_id=self.id(),
            receiver=Ticks(self.id(), count, pause),
            position_handle=None,
        )

    def set_bootstrap_provider(self, provider: drasi.BootstrapProvider | None) -> None:
        pass

    def supports_replay(self) -> bool:
        return False

    def remove_position_handle(self, query_id: str) -> None:
        pass


class TickSources(drasi.SourcePluginDescriptor):
    """Makes sources of the kind ``ticker``."""

    def kind(self) -> str:
        return "ticker"

    def config_version(self) -> str:
        return "1.0.0"

    def config_schema_json(self) -> str:
        numbers = {"type": "integer", "minimum": 0}
        schema = {"type": "object", "properties": {"count": numbers, "pauseMs": numbers}}
        return json.dumps({"ticker.Config": schema})

    def config_schema_name(self) -> str:
        return "ticker.Config"

    def create_source(self, id: str, config_json: str, auto_start: bool) -> TickSource:
        return TickSource(id, json.loads(config_json), auto_start)


# --- the reaction


class Notes(Component, drasi.Reaction):
    """Writes the results of its queries into the host's log, a line for each."""

    kind = "notes"

    def __init__(
        self, name: str, queries: list[str], config: dict[str, Any], auto_start: bool
    ) -> None:
        super().__init__(name, config, auto_start)
        self._queries = queries

    def query_ids(self) -> list[str]:
        return self._queries

    def start_result_push(self, callback: drasi.ResultPushCallback) -> None:
        threading.Thread(target=self._read, args=(callback,), daemon=True).start()

    def _read(self, callback: drasi.ResultPushCallback) -> None:
        while True:
            result = callback(None)
            if result is None:
                break
            content = unpack(result.payload)
            say(f"{content['query_id']}: {json.dumps(content['results'])}", self.id())
        # Tells the host that nobody asks any more. The pointer is a sign, and leads nowhere.
        callback(cffi.FFI().cast("void *", 1))

    def is_durable(self) -> bool:
        return False

    def needs_snapshot_on_fresh_start(self) -> bool:
        return False

    def default_recovery_policy(self) -> drasi.RecoveryPolicy:
        return drasi.RecoveryPolicy.Strict

    def bootstrap(self, ctx: drasi.BootstrapContext) -> None:
        pass


class NoteReactions(drasi.ReactionPluginDescriptor):
    """Makes reactions of the kind ``notes``."""

    def kind(self) -> str:
        return "notes"

    def config_version(self) -> str:
        return "1.0.0"

    def config_schema_json(self) -> str:
        return json.dumps({"notes.Config": {"type": "object"}})

    def config_schema_name(self) -> str:
        return "notes.Config"

    def create_reaction(
        self, id: str, query_ids_json: str, config_json: str, auto_start: bool
    ) -> Notes:
        return Notes(id, json.loads(query_ids_json), json.loads(config_json), auto_start)


# --- the library


class Offer(drasi.PluginRegistration):
    """What the library offers, and what the host tells it."""

    @property
    def source_plugins(self) -> Sequence[drasi.SourcePluginDescriptor]:
        return [TickSources()]

    @property
    def reaction_plugins(self) -> Sequence[drasi.ReactionPluginDescriptor]:
        return [NoteReactions()]

    @property
    def bootstrap_plugins(self) -> Sequence[drasi.BootstrapPluginDescriptor]:
        return []

    @property
    def identity_provider_plugins(self) -> Sequence[drasi.IdentityProviderPluginDescriptor]:
        return []

    @property
    def secret_store_plugins(self) -> Sequence[drasi.SecretStorePluginDescriptor]:
        return []

    def set_log_callback(self, callback: drasi.LogCallback) -> None:
        log.append(callback)

    def set_lifecycle_callback(self, callback: drasi.LifecycleCallback) -> None:
        pass

    def set_config_resolver(self, callback: Callable[[str], str | None]) -> None:
        pass

    def set_log_level(self, level: drasi.LogLevelFilter) -> None:
        pass


class Ticker(plugin.PluginEntries):
    """What the library exports."""

    def metadata(self) -> drasi.PluginMetadata:
        return dataclasses.replace(super().metadata(), plugin_version="1.0.0")

    def registration(self) -> drasi.PluginRegistration:
        return Offer()
