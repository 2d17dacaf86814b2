"""Sources of either release: their initial data, and their changes, on the way into queries."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from . import HostError
from .payloads import Change, PayloadError
from .release import PATIENCE, ChangeReceiver, Provider, Release, SourceTable, Subscribed
from .results import LiveQuery, Opaque

log = logging.getLogger("host.sources")


class BootstrapFailedError(HostError):
    """The initial data of a query did not come, or not as a whole."""


class Relay:
    """A provider of the host's, which asks that of a bootstrap plugin: neither plugin knows the other.

    At 0.8.4 the last argument is the sender of the plugin that wants the records, and the call returns
    when all are sent. At 0.11.0 it answers at once with a stream, which becomes the source's. Either is
    handed on as it is, and with it every record: unread, and without a copy.
    """

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def bootstrap(self, *asked: Any) -> Any:
        return self._provider.bootstrap(*asked)


class Source:
    """A source, and how far the host is with it."""

    def __init__(self, release: Release, id: str, table: SourceTable) -> None:
        self.id = id
        self.table = table
        self.subscriptions: list[Subscription] = []
        #: It was made as a whole, it was started.
        self.ready = False
        self.running = False
        self._release = release

    def subscribe(self, query: LiveQuery) -> int:
        """Push all initial data into a query, if there is any, and then every change. Returns how many
        initial records there were.
        """
        labels = json.dumps(sorted(query.query.labels), ensure_ascii=False)
        # No position handle: it is a counter of Rust's that nobody else can give back.
        found = self.table.subscribe(self.id, True, query.id, labels, "[]")
        try:
            # Before any change: those wait in the plugin until somebody asks.
            records = self._boot(found, partial(self._push, self._release.record, query))
        except BaseException:
            found.receiver.close()
            raise
        take = partial(self._push, self._release.change, query)
        self.subscriptions.append(Subscription(f"{self.id} to {query.id}", found.receiver, take))
        return records

    def _boot(self, found: Subscribed, take: Callable[[Any], bool]) -> int:
        receiver, outcome = found.bootstrap_receiver, found.bootstrap_result_receiver
        if receiver is None:
            return 0
        count = 0
        try:
            told = outcome.stream(timeout=PATIENCE) if outcome is not None else None
            with receiver.stream(timeout=60 * PATIENCE) as records:
                for record in records:
                    count += 1
                    if not take(record):
                        break
            if told is not None:
                result = next(told, None)
                if result is None or result.event_count < 0:
                    # 0.8.4 has no text for that.
                    why = getattr(result, "error", None) or b"nobody says why"
                    text = why.decode("utf-8", "replace")
                    raise BootstrapFailedError(f"given up after {count} records: {text}")
            return count
        except TimeoutError as error:
            raise BootstrapFailedError(f"no end after {count} records") from error
        finally:
            receiver.close()
            if outcome is not None:
                outcome.close()

    def _push(
        self, read: Callable[[Any], Change | Opaque | None], query: LiveQuery, event: Any
    ) -> bool:
        """Push what an event says; one that cannot be read is left out, and the stream goes on."""
        try:
            change = read(event)
        except PayloadError as error:
            log.error("%s: a change that cannot be read is left out: %s", self.id, error)
            return True
        return change is None or query.push(change)


class Subscription:
    """The changes of a source on their way into a query, read by a thread of the host's.

    The stream is the binding's: the plugin's threads put events into it, and wait while it is full.
    So they are never inside of this host's code, and the end of the reader is the end of the
    subscription.
    """

    def __init__(self, name: str, receiver: ChangeReceiver, take: Callable[[Any], bool]) -> None:
        self._receiver = receiver
        self._changes = receiver.stream()
        self._take = take
        self._unwanted = False
        self._reader = threading.Thread(target=self._read, name=name, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        # Whatever happens here, the plugin's threads must not wait for a reader that is gone.
        with self._changes:
            for event in self._changes:
                if not self._take(event):
                    self._unwanted = True
                    break

    @property
    def broken(self) -> bool:
        """Whether the source has ended the stream by itself."""
        return not self._reader.is_alive() and not self._unwanted

    def close(self) -> bool:
        """End the stream, and wait for its reader. ``False``: it is held up."""
        self._unwanted = True
        self._changes.close()
        self._receiver.close()
        self._reader.join(PATIENCE)
        return not self._reader.is_alive()
