"""The plugins' memory: bytes under keys, in stores with names, in one SQLite file.

A class with these methods is all that it takes to offer a service to plugins: the generated
bindings of both releases accept it as their ``StateStore``, and turn what it raises into the errors
of the ABI.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# NORMAL is safe against a killed process; against a power cut, what came after the last `sync` may be
# gone. The last line deletes nothing, and fails now if it has to, not when the first plugin writes.
_PREPARATION = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS entries (
    store TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (store, key)
) WITHOUT ROWID;
DELETE FROM entries WHERE store IS NULL;
"""


class StateStoreError(RuntimeError):
    """The file cannot be used, or what is in it."""


class StateStore:
    """Every write is a transaction: after the process was killed all of it is there, or nothing."""

    def __init__(self, path: Path | None) -> None:
        #: Whether it survives the process: what durable reactions ask for.
        self.durable = path is not None
        # Plugins call from threads of theirs; the lock lets one in at a time, as often as it likes.
        self._lock = threading.RLock()
        try:
            self._database = sqlite3.connect(
                path or ":memory:", check_same_thread=False, isolation_level=None
            )
            try:
                self._database.executescript(_PREPARATION)
            except sqlite3.Error:
                self._database.close()
                raise
        except sqlite3.Error as error:
            raise StateStoreError(f"the state store {path} cannot be used: {error}") from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything in the block, or nothing of it. A block in a block belongs to the outer one."""
        with self._lock:
            if self._database.in_transaction:
                yield self._database
                return
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                # A full disk may have ended it already, or not: then what comes next would belong to it.
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    # --- what plugins call

    def get(self, store_id: str, key: str) -> bytes | None:
        with self._lock:
            question = "SELECT value FROM entries WHERE store = ? AND key = ?"
            row = self._database.execute(question, (store_id, key)).fetchone()
        return None if row is None else bytes(row[0])

    def set(self, store_id: str, key: str, value: bytes) -> None:
        self.set_many(store_id, [key], [value])

    def delete(self, store_id: str, key: str) -> None:
        self.delete_many(store_id, [key])

    def contains_key(self, store_id: str, key: str) -> bool:
        return self.get(store_id, key) is not None

    def get_many(self, store_id: str, keys: list[str]) -> list[bytes | None]:
        with self._lock:
            return [self.get(store_id, key) for key in keys]

    def set_many(self, store_id: str, keys: list[str], values: list[bytes]) -> None:
        rows = [(store_id, key, value) for key, value in zip(keys, values, strict=True)]
        with self.transaction() as database:
            database.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?, ?)", rows)

    def delete_many(self, store_id: str, keys: list[str]) -> int:
        delete = "DELETE FROM entries WHERE store = ? AND key = ?"
        with self.transaction() as database:
            return sum(database.execute(delete, (store_id, key)).rowcount for key in keys)

    def clear_store(self, store_id: str) -> int:
        with self.transaction() as database:
            return database.execute("DELETE FROM entries WHERE store = ?", (store_id,)).rowcount

    def list_keys(self, store_id: str) -> list[str]:
        with self._lock:
            question = "SELECT key FROM entries WHERE store = ? ORDER BY key"
            return [str(key) for (key,) in self._database.execute(question, (store_id,))]

    def store_exists(self, store_id: str) -> bool:
        return self.key_count(store_id) > 0

    def key_count(self, store_id: str) -> int:
        return len(self.list_keys(store_id))

    def sync(self) -> None:
        """From the log into the file, and the file onto the disk."""
        with self._lock:
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    # --- what the host calls: a `close()` is what a plugin says when *it* is done with the store.

    def shut(self) -> None:
        with self._lock:
            self._database.close()
