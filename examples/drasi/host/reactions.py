"""Reactions of either release: what they missed, what they may ask for, what results they get."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Any

from .recovery import Checkpoints, plan, require_sense
from .release import Lines, ReactionTable, Release
from .results import Feed, LiveQuery, OutboxGapError, Result
from .state_store import StateStore

log = logging.getLogger("host")


class Reaction:
    """A reaction, and how far the host is with it."""

    def __init__(self, release: Release, id: str, table: ReactionTable) -> None:
        self.id = id
        self.table = table
        #: Those that it wants results of, by their ids.
        self.queries: dict[str, LiveQuery] = {}
        self.feed = Feed()
        #: It was made as a whole, it was started, and it has all that it missed.
        self.ready = False
        self.running = False
        self.live = False
        #: Set when the plugin's forwarder has said that it is gone: not before that may the reaction end.
        self.forwarder_gone = threading.Event()
        self.forwarding = False
        self._release = release

    def start(self, store: StateStore) -> None:
        """In upstream's order: what it asks for, what is wired up, what it missed, then live."""
        policy = self.table.default_recovery_policy()
        needs_snapshot = self.table.needs_snapshot_on_fresh_start()
        require_sense(policy, self.table.is_durable(), needs_snapshot, store.durable)
        try:
            self.forwarding = True
            self.table.start_result_push(self._next_result)
            self.table.start()
            self.running = True
            self._bring_up_to_date(store, policy, needs_snapshot)
        except BaseException:
            # It gets nothing, and must not hold up those who would give it something.
            self.feed.end()
            raise

    def _next_result(self, gone: object) -> Any:
        """What the plugin's forwarder asks, on a thread of its: it waits for the next result."""
        if gone:
            # Nobody asks any more, so nothing is kept for it any more.
            self.feed.end()
            self.forwarder_gone.set()
            return None
        while (result := self.feed.next()) is not None:
            # At 0.8.4 none can be made: all that such a reaction ever gets is the end.
            if (told := self._release.result(result)) is not None:
                return told
        return None

    def _bring_up_to_date(self, store: StateStore, policy: int, needs_snapshot: bool) -> None:
        # From here on results wait in the feed, which stays shut until the reaction knows all before.
        for query in self.queries.values():
            query.attach(self.feed)
        checkpoints = Checkpoints(store, self.id)
        plans = {}
        missed: list[Result] = []
        for query in self.queries.values():
            old = checkpoints.read(query.id)
            made = plan(query, old, policy, needs_snapshot, self._release.deliverable)
            log.info("%s, %s: %s", self.id, query.id, made.reason)
            if made.bootstrap:
                self.table.bootstrap(CatchUp(self._release, checkpoints, query, made.is_reset))
            plans[query.id] = made
            missed += made.missed
        # All or none, and only now that every bootstrap has succeeded: a crash before this line
        # does it again. What is delivered again is not confirmed here; the reaction does that when
        # it has worked on it.
        with store.transaction():
            for id, made in plans.items():
                if not made.missed:
                    checkpoints.write(id, made.checkpoint)
        self.feed.open({id: made.checkpoint.sequence for id, made in plans.items()}, missed)
        self.live = True


class CatchUp:
    """What a reaction may ask for while it is brought up to date with a query: a ``BootstrapContext``."""

    def __init__(
        self, release: Release, checkpoints: Checkpoints, query: LiveQuery, is_reset: bool
    ) -> None:
        self.query_id = query.id
        self.is_reset = is_reset
        self._release = release
        self._checkpoints = checkpoints
        self._query = query

    def fetch_snapshot(self) -> Any:
        return self._release.snapshot(self._query)

    def fetch_outbox(self, after_sequence: int) -> Any:
        binding, config_hash = self._release.binding, self._query.query.config_hash
        try:
            found = self._query.results_after(after_sequence)
        except OutboxGapError as gap:
            # The one failure with a form of its own: the text says what is left, the numbers are valid.
            text = f"{binding.OUTBOX_GAP_PREFIX}{gap.earliest}"
            facts = {"latest_sequence": gap.latest, "config_hash": config_hash}
            raise binding.CallError(text, value=facts) from gap
        return binding.Outbox(Lines(found), self._query.sequence, config_hash)

    def read_checkpoint(self) -> Any:
        found = self._checkpoints.read(self.query_id)
        return found and self._release.binding.Checkpoint(found.sequence, found.config_hash)

    def write_checkpoint(self, checkpoint: Any) -> None:
        self._checkpoints.write(self.query_id, checkpoint)


class Snapshots:
    """Snapshots at any time, of a reaction's own queries: a ``SnapshotFetcher``."""

    def __init__(self, release: Release, queries: Mapping[str, LiveQuery]) -> None:
        self._release = release
        self._queries = queries

    def fetch_snapshot(self, query_id: str) -> Any:
        if query_id not in self._queries:
            raise LookupError(f"the reaction is not subscribed to {query_id}")
        return self._release.snapshot(self._queries[query_id])
