"""The host: makes what a configuration names, starts it, and takes it apart in the right order.

A plugin may fail at every step. Then its component is in error, the reason is in the log and in
``failures``, and the host goes on with the others.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import HostError
from .config import Config, checked
from .logs import on_lifecycle, on_log
from .plugins import Plugins, UnknownNameError
from .query import parse
from .reactions import Reaction, Snapshots
from .release import ABI_ERRORS, PATIENCE, Identity, Provider, Release
from .results import LiveQuery
from .secrets import Credentials, Secrets
from .sources import Relay, Source
from .state_store import StateStore

log = logging.getLogger("host")

#: What may go wrong with a plugin, with the memory of one, and what this host finds wrong with one.
TROUBLE = (*ABI_ERRORS, HostError, sqlite3.Error)
#: Reactions whose forwarder never said that it is gone. To end one would be worse than to keep it, as
#: long as the process.
KEPT: list[Reaction] = []


class Host:
    """``with Host(config, plugins=folder, state=file):`` starts everything, and in the end stops it."""

    def __init__(
        self, config: Config, *, plugins: Path, state: Path | None, mode: str | None = None
    ) -> None:
        """
        Args:
            config: as ``demo.json`` has it.
            plugins: their folder. Whatever else is in it is refused, each with the reason.
            state: the file of the state store; without one, nothing outlives the host.
            mode: of the bindings, see docs/python.md.

        Raises:
            ConfigError: the configuration is wrong; nothing was loaded.
            StateStoreError: the file cannot be used.
        """
        self.config = checked(config)
        #: What failed, and why: the component's id and the step.
        self.failures: list[tuple[str, str, str]] = []
        self.store = StateStore(state)
        self.secrets = Secrets()
        # Before the plugins: what the store has of a query may be damaged, and then nothing is to be ended.
        self.queries: dict[str, LiveQuery] = {}
        for each in self._configured("queries"):
            query = parse(each["text"])
            outbox = each.get("outbox", 100)
            self.queries[each["id"]] = LiveQuery(each["id"], query, self.store, outbox)
        self.plugins = Plugins(plugins, mode)
        for plugin in self.plugins.loaded.values():
            plugin.resolve_with(self.secrets.resolve)
        self._sources: list[Source] = []
        self._reactions: list[Reaction] = []
        self._providers: list[Provider] = []
        self._identities: dict[str, Identity] = {}
        self._stopped = False

    def __enter__(self) -> Host:
        try:
            self.start()
        except BaseException:
            # Ctrl-C, say: `with` ends only what has begun, and threads of plugins are running.
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _configured(self, name: str) -> list[Config]:
        return list(self.config.get(name, ()))

    @contextmanager
    def _step(self, id: str, name: str) -> Iterator[None]:
        """One step of a component. A failure is noted, and nobody else's business."""
        try:
            yield
        except TROUBLE as error:
            self._note(id, name, str(error))

    def _note(self, id: str, step: str, reason: str) -> None:
        self.failures.append((id, step, reason))
        log.error("%s: %s failed: %s", id, step, reason)

    # --- start

    def start(self) -> None:
        """Secrets first, since configurations need them; reactions before what they might miss."""
        for each in self._configured("secretStores"):
            with self._step(each["id"], "create"):
                _, factory = self.plugins.making("secret store", each["kind"])
                self.secrets.stores[each["id"]] = factory.create_secret_store(_config(each))
        for each in self._configured("identityProviders"):
            with self._step(each["id"], "create"):
                _, factory = self.plugins.making("identity provider", each["kind"])
                self._identities[each["id"]] = factory.create_identity_provider(_config(each))
        for query in self.queries.values():
            query.start()
        for each in self._configured("reactions"):
            with self._step(each["id"], "create"):
                self._make_reaction(each)
        for reaction in self._reactions:
            if reaction.ready:
                with self._step(reaction.id, "start"):
                    reaction.start(self.store)
        for each in self._configured("sources"):
            with self._step(each["id"], "create"):
                self._make_source(each)
        for source in self._sources:
            if source.ready:
                with self._step(source.id, "start"):
                    source.table.start()
                    source.running = True
            if source.running:
                self._subscribe(source)

    def _make_reaction(self, each: Config) -> None:
        release, factory = self.plugins.making("reaction", each["kind"])
        table = factory.create_reaction(each["id"], _json(each["queries"]), _config(each), True)
        reaction = Reaction(release, each["id"], table)
        self._reactions.append(reaction)
        for id in table.query_ids():
            if id not in self.queries:
                raise UnknownNameError(f"there is no query {id!r}")
            reaction.queries[id] = self.queries[id]
        table.initialize(self._context(release, each, Snapshots(release, reaction.queries)))
        reaction.ready = True

    def _make_source(self, each: Config) -> None:
        release, factory = self.plugins.making("source", each["kind"])
        table = factory.create_source(each["id"], _config(each), True)
        source = Source(release, each["id"], table)
        self._sources.append(source)
        if "bootstrap" in each:
            wanted = each["bootstrap"]
            other, factory = self.plugins.making("bootstrap provider", wanted["kind"])
            if type(other) is not type(release):
                raise HostError(
                    f"it is of SDK {release.version} and its provider of {other.version}: the records of"
                    " one are Rust's own, those of the other bytes"
                )
            provider = factory.create_bootstrap_provider(_config(wanted), _config(each))
            # It ends when the sources are gone: upstream's never end what they ask.
            self._providers.append(provider)
            table.set_bootstrap_provider(Relay(provider))
        table.initialize(self._context(release, each))
        source.ready = True

    def _context(self, release: Release, each: Config, snapshots: Snapshots | None = None) -> Any:
        """What the host offers to a component."""
        wanted = each.get("identity")
        if wanted is not None and wanted not in self._identities:
            raise UnknownNameError(f"there is no identity provider {wanted!r}")
        identity = None if wanted is None else self._identities[wanted]
        return release.binding.RuntimeContext(
            self.config.get("instance", "host"),
            each["id"],
            state_store=self.store,
            log_callback=on_log,
            lifecycle_callback=on_lifecycle,
            identity_provider=identity and Credentials(release.binding, identity),
            snapshot_fetcher=snapshots,
        )

    def _subscribe(self, source: Source) -> None:
        """Each query that names the source gets its initial data, and then its changes."""
        for each in self._configured("queries"):
            if source.id in each["sources"]:
                with self._step(source.id, "subscribe"):
                    count = source.subscribe(self.queries[each["id"]])
                    text = "%s feeds %s, after %d records of initial data"
                    log.info(text, source.id, each["id"], count)

    # --- stop

    def stop(self, *, deprovision: bool = False) -> None:
        """Streams, then sources, queries, reactions, then what they all used. With ``deprovision``,
        components remove for good what they set up elsewhere.
        """
        if self._stopped:
            return
        self._stopped = True
        # Reactions that take nothing more must not hold up a query, nor a query its sources.
        for query in self.queries.values():
            query.refuse()
        for source in self._sources:
            for subscription in source.subscriptions:
                if subscription.broken:
                    self._note(source.id, "stream", "it had ended by itself")
                if not subscription.close():
                    self._note(source.id, "stream", "it is held up")
            self._end(source, deprovision)
            with self._step(source.id, "close"):
                source.table.close()
        for reaction in self._reactions:
            if reaction.feed.ended and reaction.live:
                self._note(reaction.id, "stream", "it had asked for no more results")
            reaction.feed.end()
        for query in self.queries.values():
            query.stop()
            if query.failure is not None:
                self._note(query.id, "evaluate", query.failure)
        for reaction in self._reactions:
            self._end(reaction, deprovision)
            if reaction.forwarding and not reaction.forwarder_gone.wait(PATIENCE):
                reason = "it still waits for results, so it is never ended"
                self._note(reaction.id, "stream", reason)
                KEPT.append(reaction)
                continue
            with self._step(reaction.id, "close"):
                reaction.table.close()
        for used in (*self._providers, *self._identities.values(), self.secrets, self.plugins):
            used.close()
        with self._step("the state store", "sync"):
            self.store.sync()
        self._sources.clear()
        self._reactions.clear()

    def _end(self, component: Source | Reaction, deprovision: bool) -> None:
        if component.running:
            with self._step(component.id, "stop"):
                component.table.stop()
        if deprovision:
            with self._step(component.id, "deprovision"):
                component.table.deprovision()

    def shut(self) -> None:
        """The last thing of all, when no plugin can ask for the store any more."""
        self.store.shut()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _config(each: Config) -> str:
    """What a plugin is told of its part of the configuration."""
    return _json(each.get("config", {}))
