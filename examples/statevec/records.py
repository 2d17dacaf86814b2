"""The records in memory, and transactions on them: what a plugin sees through the host's table."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import statevec
from schema import Record, Schema, SchemaError
from statevec import ErrorKind, ErrorPhase, RecordKey

log = logging.getLogger("statevec.plugin")


@dataclass(frozen=True)
class Event:
    """What a transaction says to the world once it is committed, with the fields of the schema."""

    name: str
    fields: dict[str, Any]


class Table:
    """The records of one type, by system id and by primary key."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.rows: dict[int, bytes] = {}
        self.ids: dict[bytes, int] = {}
        self._ordered: list[int] | None = None

    def put(self, sys_id: int, data: bytes | None) -> bytes | None:
        """Set a record, or remove it: None. Returns what was there."""
        old = self.rows.pop(sys_id, None)
        if old is not None and (key := self.record.primary_key(old)) is not None:
            del self.ids[key]
        if data is not None:
            self.rows[sys_id] = data
            if (key := self.record.primary_key(data)) is not None:
                self.ids[key] = sys_id
        if (old is None) != (data is None):
            self._ordered = None
        return old

    def in_order(self) -> list[int]:
        """All system ids: by primary key, whose bytes sort as the values do, or as they were given."""
        if self._ordered is None:
            ids = [self.ids[key] for key in sorted(self.ids)]
            self._ordered = ids if self.record.key_fields else sorted(self.rows)
        return self._ordered


class Records:
    """All records. The next system id is part of the state, so that a replay gives the same ones."""

    def __init__(self, schema: Schema) -> None:
        self.tables = {kind: Table(record) for kind, record in schema.records.items()}
        self.next_sys_id = 1


class Reading:
    """The host's table for invariants: it reads, and has nothing that changes records."""

    phase = ErrorPhase.ValidateBizInvariants

    def __init__(self, records: Records) -> None:
        self._records = records

    def with_read_typed(
        self, record_kind: int, sys_id: int, visitor: Callable[[bytes], None]
    ) -> bool:
        data = self._table(record_kind).rows.get(sys_id)
        if data is None:
            return False
        visitor(data)
        return True

    def with_read_typed_by_pk(
        self, record_kind: int, pk: bytes, visitor: Callable[[bytes], None]
    ) -> bool:
        table = self._table(record_kind)
        sys_id = table.ids.get(pk)
        if sys_id is None:
            return False
        visitor(table.rows[sys_id])
        return True

    def for_each_record_key(self, kind: int, visitor: Callable[[RecordKey], None]) -> None:
        for sys_id in tuple(self._table(kind).in_order()):
            visitor(RecordKey(kind, sys_id))

    def _table(self, kind: int) -> Table:
        table = self._records.tables.get(kind)
        if table is None:
            raise self._refused(f"there are no records of the kind {kind}")
        return table

    def _refused(self, message: str) -> statevec.StatevecError:
        """What the plugin finds in its error buffer."""
        return statevec.StatevecError(message, phase=self.phase, kind=ErrorKind.HOST_REJECTED)


class Transaction(Reading):
    """The host's table while a command runs. Its changes stay, or leave no trace.

    Each operation is whole in itself: one that is refused has changed nothing, and the plugin may go on.
    """

    phase = ErrorPhase.RunTx

    def __init__(self, records: Records, schema: Schema) -> None:
        super().__init__(records)
        self.events: list[Event] = []
        self._schema = schema
        self._next_sys_id = records.next_sys_id
        self._before: list[tuple[Table, int, bytes | None]] = []

    def create_typed(self, record_kind: int, init: Callable[[memoryview], None]) -> RecordKey:
        table = self._table(record_kind)
        buffer = bytearray(table.record.size)
        init(memoryview(buffer))
        data = bytes(buffer)
        key = table.record.primary_key(data)
        if key in table.ids:
            raise self._refused(f"another {table.record.name} has this primary key")
        sys_id = self._records.next_sys_id
        self._records.next_sys_id += 1
        self._put(table, sys_id, data)
        return RecordKey(record_kind, sys_id)

    def update_typed_by_pk(
        self, record_kind: int, pk: bytes, update: Callable[[memoryview], None]
    ) -> bool:
        table = self._table(record_kind)
        sys_id = table.ids.get(pk)
        if sys_id is None:
            return False
        old = table.rows[sys_id]
        buffer = bytearray(old)
        update(memoryview(buffer))
        new = bytes(buffer)
        if changed := table.record.changed_although_fixed(old, new):
            raise self._refused(f"{table.record.name}.{changed[0]} never changes")
        self._put(table, sys_id, new)
        return True

    def delete_by_pk(self, record_kind: int, pk: bytes) -> bool:
        table = self._table(record_kind)
        sys_id = table.ids.get(pk)
        if sys_id is None:
            return False
        self._put(table, sys_id, None)
        return True

    def emit_typed_event(self, event_kind: int, payload: bytes) -> None:
        message = self._schema.events.get(event_kind)
        if message is None:
            raise self._refused(f"there are no events of the kind {event_kind}")
        # Read here, not when it is told: by then the transaction is done.
        try:
            self.events.append(Event(message.name, message.decode(payload)))
        except SchemaError as error:
            raise self._refused(str(error)) from error

    def debug_log(self, message: str) -> None:
        log.debug("%s", message)

    def _put(self, table: Table, sys_id: int, data: bytes | None) -> None:
        self._before.append((table, sys_id, table.put(sys_id, data)))

    def roll_back(self) -> None:
        """As if it had never been: the last change first, and the system ids are free again."""
        while self._before:
            table, sys_id, old = self._before.pop()
            table.put(sys_id, old)
        self._records.next_sys_id = self._next_sys_id
        self.events.clear()
