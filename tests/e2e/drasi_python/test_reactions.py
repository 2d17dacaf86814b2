"""Reactions of the drasi plugins, their results, snapshots and checkpoints, with a host in Python."""

from __future__ import annotations

import json
import queue
import threading
from types import ModuleType
from typing import Any

import cffi
import pytest

from support.drasi_python import (
    Host,
    Identity,
    Store,
    outcomes,
)
from support.unraisable import Unraisable

# --- reactions


class Results:
    """The queue of a reaction's results; the end is None."""

    def __init__(self) -> None:
        self.waiting: queue.Queue[Any] = queue.Queue()
        self.gone = threading.Event()

    def __call__(self, flag: Any) -> Any:
        if flag:
            self.gone.set()
            return None
        return self.waiting.get(timeout=60)

    def put(self, count: int) -> None:
        for _ in range(count):
            self.waiting.put(cffi.FFI().cast("void *", 64))

    def end(self) -> None:
        self.waiting.put(None)


def test_a_reaction_says_what_it_is(host: Host) -> None:
    with host.reaction(durable=True, recovery=1) as reaction:
        assert (reaction.id(), reaction.type_name()) == ("r1", "collector")
        assert reaction.query_ids() == ["q1", "q2"]
        assert not reaction.auto_start()
        assert reaction.is_durable()
        assert not reaction.needs_snapshot_on_fresh_start()
        assert reaction.default_recovery_policy() is host.drasi.RecoveryPolicy.AutoReset
        assert reaction.status() is host.drasi.ComponentStatus.Stopped
    with host.reaction(recovery=9) as reaction:
        assert reaction.default_recovery_policy() == 9


def test_results(host: Host) -> None:
    results = Results()
    with host.reaction() as reaction:
        reaction.initialize(host.context("r1"))
        reaction.start_result_push(results)
        reaction.start()
        results.put(500)
        results.end()
        reaction.stop()
        assert results.gone.wait(60)
    assert host.journal("> results") == ["> results id=r1: 500"]
    drop = host.probe.journal().index("Reaction.drop id=r1")
    assert host.probe.journal().index("> results id=r1: 500") < drop


def test_a_reaction_that_has_enough(host: Host) -> None:
    results = Results()
    with host.reaction(results=3) as reaction:
        reaction.start_result_push(results)
        reaction.start()
        results.put(5)
        assert results.gone.wait(60)
        reaction.stop()
    assert host.journal("> results") == ["> results id=r1: 3"]


def test_results_that_fail_are_over(host: Host, unraisable: Unraisable) -> None:
    gone = threading.Event()

    def fails(flag: Any) -> Any:
        if flag:
            gone.set()
        raise LookupError("gone" if flag else "no queue")

    with host.reaction() as reaction:
        reaction.start_result_push(fails)
        reaction.start()
        assert gone.wait(60)
        reaction.stop()
    assert unraisable.taken() == ["LookupError: no queue", "LookupError: gone"]


# --- snapshots, outboxes, checkpoints


class Rows:
    """An iterator in Python: JSON of what a generator yields."""

    def __init__(self, count: int, error: Exception | None = None) -> None:
        self.rows = (
            json.dumps({"n": index, "t": "ü"}, ensure_ascii=False) for index in range(count)
        )
        self.error = error
        self.closed = 0

    def next(self) -> str:
        row = next(self.rows, "")
        if not row and self.error is not None:
            raise self.error
        return row

    def close(self) -> None:
        self.closed += 1


class Query:
    """What a reaction may ask for while it is brought up to date, and the fetcher of a host."""

    def __init__(self, drasi: ModuleType, error: Exception | None = None) -> None:
        self.query_id = "q1"
        self.is_reset = True
        self.drasi = drasi
        self.error = error
        self.made: list[Rows] = []
        self.written: list[tuple[int, int]] = []
        self.closed = 0

    def _rows(self) -> Rows:
        if self.error is not None:
            raise self.error
        self.made.append(Rows(3))
        return self.made[-1]

    def fetch_snapshot(self, query_id: str = "q1") -> Any:
        if query_id != "q1":
            raise LookupError(f"not subscribed to {query_id}")
        return self.drasi.Snapshot(self._rows(), 7, 2**64 - 1)

    def fetch_outbox(self, after_sequence: int) -> Any:
        if after_sequence == 10:
            numbers = {"latest_sequence": 20, "config_hash": 5}
            raise self.drasi.CallError(f"{self.drasi.OUTBOX_GAP_PREFIX}12", value=numbers)
        return self.drasi.Outbox(self._rows(), after_sequence + 3, 5)

    def read_checkpoint(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.drasi.Checkpoint(41, 42) if not self.written else None

    def write_checkpoint(self, checkpoint: Any) -> None:
        if self.error is not None:
            raise self.error
        self.written.append((checkpoint.sequence, checkpoint.config_hash))

    def close(self) -> None:
        self.closed += 1


STEPS = [
    ["read_checkpoint"],
    ["fetch_snapshot"],
    ["fetch_snapshot", "1"],
    ["fetch_outbox", "2"],
    ["write_checkpoint", "8", "9"],
    ["read_checkpoint"],
]


def test_a_reaction_is_brought_up_to_date(host: Host) -> None:
    query = Query(host.drasi)
    with host.reaction(bootstrap=[*STEPS, ["fetch_outbox", "10"]]) as reaction:
        reaction.start()
        reaction.bootstrap(query)
        reaction.stop()
    assert host.journal("Reaction.bootstrap") == ["Reaction.bootstrap id=r1 query=q1 reset=1"]
    said = outcomes(host, [*STEPS, ["fetch_outbox", "10"]])
    assert "41" in said[0]
    assert "42" in said[0]
    assert [text.count('"n"') for text in said[1:4]] == [3, 1, 3]
    assert "18446744073709551615" in said[1]
    assert "ü" in said[1]
    assert query.written == [(8, 9)]
    assert said[5] in ("none", "nothing")
    assert "OutboxGap:12" in said[6]
    assert said[6].endswith("latest=20 hash=5")
    assert [rows.closed for rows in query.made] == [1, 1, 1]


def test_a_reaction_is_brought_up_on_a_thread_of_its_own(host: Host) -> None:
    query = Query(host.drasi)
    with host.reaction(bootstrap=[["fetch_snapshot"]] * 5, workers=4) as reaction:
        reaction.bootstrap(query)
    assert [rows.closed for rows in query.made] == [1] * 5


def test_a_query_that_fails(host: Host) -> None:
    reaction = host.reaction(bootstrap=STEPS, strict=True)
    with reaction, pytest.raises(host.drasi.CallError, match="RuntimeError: kaputt"):
        reaction.bootstrap(Query(host.drasi, RuntimeError("kaputt")))
    assert all("RuntimeError: kaputt" in text for text in outcomes(host, STEPS))


def test_rows_that_fail_are_over(host: Host, unraisable: Unraisable) -> None:
    query = Query(host.drasi)
    query._rows = lambda: Rows(2, OSError("line cut"))  # type: ignore[method-assign]
    with host.reaction(bootstrap=[["fetch_snapshot"]]) as reaction:
        reaction.bootstrap(query)
    assert outcomes(host, [["fetch_snapshot"]])[0].count('"n"') == 2
    assert unraisable.taken() == ["OSError: line cut"]


def test_an_iterator_outlives_the_bootstrap(host: Host) -> None:
    query = Query(host.drasi)
    with host.reaction(bootstrap=[["keep_snapshot"]]) as reaction:
        reaction.start()
        reaction.bootstrap(query)
        assert query.made[0].closed == 0
        reaction.stop()
        assert query.made[0].closed == 1
    assert host.journal("> kept_snapshot")[0].count('"n"') == 3


def test_a_snapshot_fetcher(host: Host) -> None:
    fetcher = Query(host.drasi)
    steps = [["fetcher", "q1"], ["fetcher", "q1", "2"], ["fetcher", "q9"]]
    with host.reaction(start=steps) as reaction:
        reaction.initialize(host.context("r1", snapshot_fetcher=fetcher))
        reaction.start()
        reaction.stop()
    said = outcomes(host, steps)
    assert [text.count('"n"') for text in said] == [3, 2, 0]
    assert "LookupError: not subscribed to q9" in said[2]
    assert [rows.closed for rows in fetcher.made] == [1, 1]
    assert fetcher.closed == 1


def test_services_end_in_the_order_of_the_contract(host: Host) -> None:
    store, identity, fetcher = Store(), Identity(host.drasi), Query(host.drasi)
    results = Results()
    with host.reaction() as reaction:
        reaction.initialize(
            host.context(
                "r1", state_store=store, identity_provider=identity, snapshot_fetcher=fetcher
            )
        )
        reaction.start_result_push(results)
        reaction.start()
        reaction.bootstrap(Query(host.drasi))
        results.put(3)
        results.end()
        assert results.gone.wait(60)
        reaction.stop()
        reaction.deprovision()
        assert (store.closed, identity.closed, fetcher.closed) == (0, 0, 0)
    reaction.close()
    assert (store.closed, identity.closed, fetcher.closed) == (1, 1, 1)
    lines = host.journal()
    begin = lines.index("Reaction.start_result_push id=r1")
    calls = [
        line for line in lines[begin:] if not line.startswith(("> fetch", "> read", "> write"))
    ]
    assert calls == [
        "Reaction.start_result_push id=r1",
        "Reaction.start id=r1",
        "Reaction.bootstrap id=r1 query=q1 reset=1",
        "> results id=r1: 3",
        "Reaction.stop id=r1",
        "Reaction.deprovision id=r1",
        "Reaction.drop id=r1",
        "> drop state store",
        "> drop identity provider",
        "> drop snapshot fetcher",
    ]
