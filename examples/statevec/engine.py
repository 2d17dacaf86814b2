"""The engine: a plugin, its records, and the log from which they come back."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import schema
import statevec
from command_log import CommandLog
from records import Event, Reading, Records, Transaction
from statevec import Command


class Engine:
    """Runs commands one after the other, for one thread at a time. What a command changed is in the log
    before anybody hears of it.

    Opening it runs all logged commands again: the plugin is deterministic, so the records come back as they
    were. Its invariants are checked then.
    """

    def __init__(
        self, plugin: statevec.Plugin, log: Path, config: str = "", sync: bool = True
    ) -> None:
        """
        Args:
            plugin: as ``statevec.load`` gives it; it has been asked for its version by then.
            log: the file; it is made if it is not there.
            config: what the plugin's runtime is created with.
            sync: whether a command's end waits for the disk. Without, the last ones may be lost if the
                machine stops, not if this process does.

        Raises:
            LogError: the log is of another schema, damaged, or in use.
            StatevecError: the plugin does not start, refuses a command that it took before, or the records
                break its invariants.
        """
        self.name = plugin.api.plugin_name()
        self.schema = schema.parse(plugin.api.schema_bytes())
        self.records = Records(self.schema)
        self.replayed = 0
        self._sync = sync
        self._log = CommandLog(log, self.schema.fingerprints)
        try:
            self._runtime = plugin.api.create_runtime(config)
            try:
                self._recover()
            except BaseException:
                self._runtime.close()
                raise
        except BaseException:
            self._log.close()
            raise

    def _recover(self) -> None:
        for command in self._log.replay():
            # Nobody hears of these events: they were told when the command ran first.
            try:
                self._run(command)
            except statevec.StatevecError as error:
                error.add_note(f"This was command {command.ext_seq} of the log, run again.")
                raise
            self.replayed += 1
        self._runtime.validate_biz_invariants(Reading(self.records))

    def submit(self, name: str, /, **fields: Any) -> list[Event]:
        """Run one command of the schema. Returns its events, in order.

        Raises:
            SchemaError: there is no such command, or these are not its fields.
            StatevecError: the plugin refuses. Nothing has changed.
            OSError: the log cannot be written, and nothing has changed; or the disk does not say that it
                has the log. Whether the command outlives a crash is not known then, and none is taken.
        """
        return self.submit_all([(name, fields)])[0]

    def submit_all(self, commands: Iterable[tuple[str, dict[str, Any]]]) -> list[list[Event]]:
        """Run several commands, each a transaction of its own, with one wait for the disk at the end.

        Raises as :meth:`submit`; then those before it are done, and the others were not begun.
        """
        try:
            return [self._run(self._made(name, fields), self._log) for name, fields in commands]
        finally:
            if self._sync:
                self._log.sync()

    def _made(self, name: str, fields: dict[str, Any]) -> Command:
        message = self.schema.commands.get(name)
        if message is None:
            raise schema.SchemaError(f"{self.name} has no command {name!r}")
        now = time.time_ns() // 1000
        return Command(message.kind, self._log.next_seq, now, message.encode(fields))

    def _run(self, command: Command, log: CommandLog | None = None) -> list[Event]:
        """One transaction: all of it, with its entry in the log, or nothing."""
        transaction = Transaction(self.records, self.schema)
        try:
            self._runtime.run_tx(transaction, command)
            if log is not None:
                log.append(command)
        except BaseException:
            # Ctrl-C may come when the entry is there: then it happened.
            if log is None or log.next_seq == command.ext_seq:
                transaction.roll_back()
            raise
        return transaction.events

    def read(self, record: str) -> list[dict[str, Any]]:
        """All records of a type, in order, with their fields."""
        for table in self.records.tables.values():
            if table.record.name == record:
                return [table.record.decode(table.rows[each]) for each in table.in_order()]
        raise schema.SchemaError(f"{self.name} has no records {record!r}")

    def check(self) -> None:
        """
        Raises:
            StatevecError: the records break an invariant of the plugin.
        """
        self._runtime.validate_biz_invariants(Reading(self.records))

    def close(self) -> None:
        """End the runtime, which is told first, and close the log. A second time does nothing."""
        if self._runtime.closed:
            return
        try:
            self._runtime.on_unload()
        finally:
            self._runtime.close()
            self._log.close()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
