"""What a query knows: its elements, its rows, its last results, and which reactions want them.

The readers of its sources put changes into the query's inbox, which is bounded: when it is full they
wait, then the streams fill up that they read, then the sources wait. The query's own thread takes what
is there in one go, evaluates it in one transaction of the state store, and hands the results to the
feeds of its reactions.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from .payloads import Change
from .query import Query, Row, number_of
from .state_store import StateStore, StateStoreError

log = logging.getLogger("host.query")

#: How many changes, and how many results, wait at most: upstream's number for both.
MOST_WAITING = 256

Item = TypeVar("Item")
#: One result, in the shape that entries of an outbox have; ``sequence`` counts them.
Result = Mapping[str, Any]


@dataclass(frozen=True)
class Opaque:
    """A change of a release whose content only Rust can read: there was one, and that is all."""

    op: str


class OutboxGapError(LookupError):
    """Some of the wanted results are no longer there."""

    def __init__(self, earliest: int, latest: int) -> None:
        super().__init__(f"results before {earliest} are gone")
        self.earliest = earliest
        self.latest = latest


class Bounded(Generic[Item]):
    """A queue with an end. Whoever is too fast for its reader waits."""

    def __init__(self) -> None:
        self.ended = False
        self._waiting: deque[Item] = deque()
        self._changed = threading.Condition()

    def offer(self, item: Item) -> bool:
        """Wait for room. ``False``: it has ended, and the item was not taken."""
        with self._changed:
            self._changed.wait_for(lambda: self.ended or len(self._waiting) < MOST_WAITING)
            if not self.ended:
                self._waiting.append(item)
                self._changed.notify_all()
            return not self.ended

    def end(self) -> None:
        with self._changed:
            self.ended = True
            self._changed.notify_all()


class Inbox(Bounded[Change | Opaque]):
    """The changes that a query has yet to evaluate, from all of its sources."""

    def take(self) -> list[Change | Opaque]:
        """Everything that is there, as soon as there is anything; nothing at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self.ended or bool(self._waiting))
            batch = list(self._waiting)
            self._waiting.clear()
            self._changed.notify_all()
            return batch


class Feed(Bounded[Result]):
    """The results that a reaction has yet to get. It stays shut until what was missed is in front."""

    _open = False

    def open(self, known: Mapping[str, int], missed: Sequence[Result]) -> None:
        """Let results through: first what was missed, then what came since, but nothing twice.

        ``known`` is the sequence of each query up to which the reaction has everything.
        """
        with self._changed:
            newer = [each for each in self._waiting if each["sequence"] > known[each["query_id"]]]
            self._waiting = deque([*missed, *newer])
            self._open = True
            self._changed.notify_all()

    def next(self) -> Result | None:
        """Wait for the next result; ``None`` is the end."""
        with self._changed:
            self._changed.wait_for(lambda: self.ended or (self._open and bool(self._waiting)))
            # What nobody took is not lost: a reaction with a checkpoint gets it again.
            if self.ended:
                return None
            self._changed.notify_all()
            return self._waiting.popleft()


class LiveQuery:
    """A query at work. What it knows outlives the process, in the state store."""

    def __init__(self, id: str, query: Query, store: StateStore, outbox: int = 100) -> None:
        self.id = id
        self.query = query
        #: What came of a release that can only be counted, by what it did.
        self.opaque: Counter[str] = Counter()
        self.sequence = 0
        #: Why it evaluates nothing any more, if something went wrong.
        self.failure: str | None = None
        self._store = store
        self._name = f"query:{id}"
        self._most_kept = outbox
        self._elements: dict[str, tuple[frozenset[str], dict[str, Any]]] = {}
        self._outbox: deque[Result] = deque()
        #: What the state store does not have yet; None is what it is to forget.
        self._unsaved: dict[str, object] = {}
        self._lock = threading.RLock()
        self._progress = threading.Condition(self._lock)
        self._taken = 0
        self._feeds: list[Feed] = []
        self._inbox = Inbox()
        self._worker = threading.Thread(target=self._work, name=f"query {id}", daemon=True)
        try:
            self._restore()
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
            raise StateStoreError(
                f"what the state store has of the query {id!r} cannot be read ({error!r}): without"
                f" the entries of its store {self._name!r}, the query begins anew"
            ) from error

    # --- its life

    def start(self) -> None:
        self._worker.start()

    def refuse(self) -> None:
        """Refuse sources, also those that wait for room; what they gave before is evaluated."""
        self._inbox.end()

    def stop(self) -> None:
        self.refuse()
        if self._worker.is_alive():
            self._worker.join()

    def push(self, change: Change | Opaque) -> bool:
        """Where a source puts its changes. ``False``: no more of them."""
        return self._inbox.offer(change)

    def attach(self, feed: Feed) -> None:
        with self._lock:
            self._feeds.append(feed)

    def wait_for(self, changes: int, timeout: float = 60) -> bool:
        """Wait until so many changes were evaluated, since the start."""
        with self._progress:
            return self._progress.wait_for(lambda: self._taken >= changes, timeout)

    # --- what reactions ask

    def rows(self) -> tuple[list[tuple[int, Row]], int]:
        """Every row with its signature, and the sequence that they are of."""
        with self._lock:
            found = {key: self._row(key) for key in self._elements}
            rows = [(number_of(key), row) for key, row in found.items() if row is not None]
            return rows, self.sequence

    def results_after(self, sequence: int) -> list[Result]:
        """The results behind this one. If some of them are gone, that is an :class:`OutboxGapError`."""
        with self._lock:
            earliest = self._outbox[0]["sequence"] if self._outbox else self.sequence + 1
            # A checkpoint from the future is of another life of this query.
            if sequence + 1 < earliest or sequence > self.sequence:
                raise OutboxGapError(earliest, self.sequence)
            return [each for each in self._outbox if each["sequence"] > sequence]

    # --- evaluation

    def _work(self) -> None:
        try:
            while batch := self._inbox.take():
                self._evaluate(batch)
        except Exception as error:
            # What cannot be kept must not be told: the query stops, and its sources are refused.
            kept = isinstance(error, sqlite3.Error)
            what = "cannot write to the state store" if kept else "cannot go on"
            self.failure = f"it {what}: {error or type(error).__name__}"
            log.exception("%s %s", self.id, what)
            self.refuse()
            with self._progress:
                self._progress.notify_all()

    def _evaluate(self, batch: Sequence[Change | Opaque]) -> None:
        with self._lock:
            results = [each for change in batch if (each := self._apply(change))]
            self._save()
            feeds = list(self._feeds)
        # Not under the lock: a full feed waits for its reaction, which may ask for a snapshot.
        for feed in feeds:
            if not all(feed.offer(result) for result in results):
                with self._lock:
                    self._feeds.remove(feed)
        with self._progress:
            self._taken += len(batch)
            self._progress.notify_all()

    def _apply(self, change: Change | Opaque) -> Result | None:
        if isinstance(change, Opaque):
            self.opaque[change.op] += 1
            return None
        key = f"{change.source_id}:{change.element_id}"
        before = self._row(key)
        if change.op == "delete":
            self._elements.pop(key, None)
            self._unsaved[f"element:{key}"] = None
        else:
            _, known = self._elements.get(key, (change.labels, {}))
            properties = {**known, **change.properties}
            self._elements[key] = change.labels, properties
            kept = {"labels": sorted(change.labels), "properties": properties}
            self._unsaved[f"element:{key}"] = kept
        after = self._row(key)
        if before == after:
            return None
        return self._result(_difference(before, after, number_of(key)))

    def _row(self, key: str) -> Row | None:
        found = self._elements.get(key)
        return found and self.query.row(*found)

    # --- memory

    def _restore(self) -> None:
        stored = self._store.get(self._name, "state")
        state = json.loads(stored) if stored else {"sequence": 0, "hash": self.query.config_hash}
        # Sequences never come again. Elements are what they are; results of another query say nothing.
        self.sequence = state["sequence"]
        if state["hash"] != self.query.config_hash:
            kept = self._store.list_keys(self._name)
            self._unsaved = {key: None for key in kept if key.startswith("outbox:")}
        self._save()
        for key in self._store.list_keys(self._name):
            value = json.loads(self._store.get(self._name, key) or b"null")
            kind, _, name = key.partition(":")
            if kind == "element":
                self._elements[name] = (frozenset(value["labels"]), value["properties"])
            elif kind == "outbox":
                self._outbox.append(value)

    def _result(self, difference: dict[str, Any]) -> Result:
        self.sequence += 1
        result = {
            "query_id": self.id,
            "sequence": self.sequence,
            "timestamp": datetime.now(UTC).isoformat(),
            "results": [difference],
            "metadata": {},
        }
        self._outbox.append(result)
        # Names of fixed width, so that they come back in their order.
        self._unsaved[f"outbox:{self.sequence:020}"] = result
        while len(self._outbox) > self._most_kept:
            self._unsaved[f"outbox:{self._outbox.popleft()['sequence']:020}"] = None
        return result

    def _save(self) -> None:
        """What a batch of changes has come to, in one transaction: all or nothing of it is kept."""
        self._unsaved["state"] = {"sequence": self.sequence, "hash": self.query.config_hash}
        kept = {key: value for key, value in self._unsaved.items() if value is not None}
        with self._store.transaction():
            texts = [json.dumps(value).encode() for value in kept.values()]
            self._store.set_many(self._name, list(kept), texts)
            self._store.delete_many(self._name, [key for key in self._unsaved if key not in kept])
        self._unsaved.clear()


def _difference(before: Row | None, after: Row | None, signature: int) -> dict[str, Any]:
    if before is None:
        return {"type": "ADD", "data": after, "row_signature": signature}
    if after is None:
        return {"type": "DELETE", "data": before, "row_signature": signature}
    told = {"data": after, "before": before, "after": after}
    return {"type": "UPDATE", **told, "row_signature": signature}
