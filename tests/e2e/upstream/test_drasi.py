"""Plugins on the published SDKs of drasi under the binding of their release: every shape there is."""

from __future__ import annotations

import json
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import cffi
import pytest

from support.drasi_python import Identity, Once, Store, Stream
from support.msgpack import packed, unpacked
from support.unraisable import Unraisable
from support.upstream import DRASI, Made, built

pytestmark = [pytest.mark.slow, pytest.mark.tool("cargo")]

KINDS = {
    "source": "upstream-sensors",
    "reaction": "upstream-recorders",
    "bootstrap": "upstream-rows",
    "identity_provider": "upstream-badges",
    "secret_store": "upstream-vaults",
}


class Host:
    """A loaded plugin and its five factories."""

    def __init__(self, drasi: ModuleType, release: str, mode: str, path: Path) -> None:
        self.drasi, self.release = drasi, release
        self.plugin = drasi.load(path, mode)
        self.registration = self.plugin.registration
        self.factories = {
            kind: next(iter(getattr(self.registration, f"{kind}_plugins"))) for kind in KINDS
        }

    @property
    def serialized(self) -> bool:
        """Whether contents cross as bytes that anybody can read."""
        return self.release != "0.8.4"

    def source(self, id: str = "s1", **config: object) -> Any:
        return self.factories["source"].create_source(id, json.dumps(config), True)

    def reaction(self, id: str = "r1", **config: object) -> Any:
        text = json.dumps(config)
        return self.factories["reaction"].create_reaction(id, '["q1", "q2"]', text, False)

    def rows(self, **config: object) -> Any:
        made = self.factories["bootstrap"].create_bootstrap_provider
        return made(json.dumps(config), '{"label": "Room"}')

    def badge(self, **config: object) -> Any:
        return self.factories["identity_provider"].create_identity_provider(json.dumps(config))

    def vault(self, **config: object) -> Any:
        return self.factories["secret_store"].create_secret_store(json.dumps(config))

    def context(self, component: str, **services: object) -> Any:
        return self.drasi.RuntimeContext("host", component, **services)

    def close(self) -> None:
        for factory in self.factories.values():
            factory.close()
        self.registration.close()


@pytest.fixture
def host(
    drasi: ModuleType, release: str, mode: str, made: Made, unraisable: Unraisable
) -> Iterator[Host]:
    host = Host(drasi, release, mode, built(DRASI[release]))
    yield host
    host.close()


def subscribed(source: Any, **wanted: object) -> Any:
    return source.subscribe("s1", **{**WANTED, **wanted})


WANTED: dict[str, object] = {
    "enable_bootstrap": False,
    "query_id": "q1",
    "nodes_json": '["Sensor"]',
    "relations_json": "[]",
}


def log_of(host: Host) -> list[Any]:
    entries: list[Any] = []
    host.registration.set_log_callback(entries.append)
    if hasattr(host.registration, "set_log_level"):
        host.registration.set_log_level(host.drasi.LogLevelFilter.Info)
    return entries


def lines(entries: list[Any], start: str) -> list[str]:
    return [entry.message for entry in entries if entry.message.startswith(start)]


def quiet(host: Host) -> None:
    """Callbacks of tests that are over are not called any more."""
    host.registration.set_log_callback(lambda _: None)
    host.registration.set_lifecycle_callback(lambda _: None)


# --- what they are


def test_metadata(host: Host) -> None:
    told = host.plugin.metadata
    assert told.sdk_version == {"0.8.4": "0.8.4", "0.11.0": "0.13.0"}[host.release]
    assert told.plugin_version == host.release


def test_factories(host: Host) -> None:
    for kind, factory in host.factories.items():
        assert factory.kind() == KINDS[kind]
        assert factory.config_version() == "1.0.0"
        assert json.loads(factory.config_schema_json()) == {
            factory.config_schema_name(): {"type": "object"}
        }


def test_a_source_says_what_it_is(host: Host, made: Made) -> None:
    with host.source("süß", schema=True, label="Fühler", broadcast=True, replay=True) as source:
        assert (source.id(), source.type_name()) == ("süß", "upstream-sensors")
        assert source.auto_start()
        assert source.dispatch_mode() is host.drasi.DispatchMode.Broadcast
        assert source.status() is host.drasi.ComponentStatus.Stopped
        assert source.supports_replay()
        assert json.loads(source.properties())["label"] == "Fühler"
        (node,) = json.loads(source.describe_schema())["nodes"]
        assert node["label"] == "Fühler"
        assert [each["name"] for each in node["properties"]] == ["number", "name"]
    with host.source() as plain:
        assert plain.dispatch_mode() is host.drasi.DispatchMode.Channel
        assert json.loads(plain.describe_schema()) is None
        assert not plain.supports_replay()
    assert made()["source"] == 2


# --- changes


def test_changes_from_threads_of_the_plugin(host: Host, made: Made) -> None:
    threads: set[int] = set()

    def taken(event: Any) -> tuple[str, Any]:
        threads.add(threading.get_native_id())
        if host.serialized:
            return event.op.name, unpacked(event.payload)
        with event:
            return event.op.name, event.source_id

    stream = Stream(taken)
    with host.source(events=300, threads=4, buffer=8) as source:
        source.initialize(host.context("s1"))
        source.start()
        assert source.status() is host.drasi.ComponentStatus.Running
        response = subscribed(source)
        assert (response.query_id, response.source_id) == ("q1", "s1")
        assert response.bootstrap_receiver is None
        with response.receiver as receiver:
            receiver.start_push(stream)
            while len(stream.got) < 1200:
                assert not stream._end.wait(0.01)
            source.stop()
            got = stream.wait()
    assert stream.after_end == 0
    assert Counter(op for op, _ in got) == {"Insert": 400, "Update": 400, "Delete": 400}
    assert threading.get_native_id() not in threads
    assert made()["change"] == 1200
    if host.serialized:
        inserted = [each for op, each in got if op == "Insert"]
        numbers = Counter(_properties(each)["number"]["Integer"] for each in inserted)
        assert numbers == dict.fromkeys(range(0, 300, 3), 4)
        first = inserted[0]
        assert _properties(first)["name"] == {"String": "Fühler 0"}
        assert first["source_id"] == "s1"
        assert first["source_position"] == [0] * 8
        assert sorted(each["sequence"] for _, each in got) == list(range(1, 1201))
    else:
        assert {source_id for _, source_id in got} == {"s1"}


def _properties(event: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = event["event"]["Change"]["Insert"]["element"]["Node"]["properties"]
    values: dict[str, Any] = found["values"]
    return values


def test_false_and_a_closed_receiver_end_streams(host: Host) -> None:
    with host.source(events=1000, buffer=1) as source:
        source.start()
        enough = Stream(_end, most=3)
        first = subscribed(source)
        first.receiver.start_push(enough)
        assert len(enough.wait()) == 3
        first.receiver.close()
        source.stop()
        source.start()
        came = threading.Event()
        stream = Stream(lambda event: (_end(event), came.set()))
        second = subscribed(source)
        second.receiver.start_push(stream)
        assert came.wait(60)
        second.receiver.close()
        stream.wait()
        source.stop()


def _end(event: Any) -> None:
    if hasattr(event, "close"):
        event.close()


def test_a_source_that_is_dropped_while_it_pushes(host: Host) -> None:
    came = threading.Event()
    stream = Stream(lambda event: (_end(event), came.set()))
    with host.source(events=10**6, threads=4, buffer=2) as source:
        source.start()
        receiver = subscribed(source).receiver
        receiver.start_push(stream)
        assert came.wait(60)
    receiver.close()
    stream.wait()
    assert stream.after_end == 0


def test_a_position_handle(host: Host) -> None:
    log = log_of(host)
    with host.source(replay=True) as source:
        resumed = {"resume_from": b"\x00\x07", "request_position_handle": True}
        response = subscribed(source, **resumed)
        position = cffi.FFI().cast("uint64_t *", response.position_handle)
        assert position[0] == host.drasi.POSITION_NOTHING_CONFIRMED
        position[0] = 41
        source.remove_position_handle("q1")
        response.receiver.close()
        fresh = subscribed(source, query_id="q2")
        assert not fresh.position_handle
        fresh.receiver.close()
    assert lines(log, "confirmed") == ["confirmed: Some(41)"]
    assert lines(log, "resumes") == ["resumes from [0, 7]"]
    quiet(host)


# --- initial data


class Relay:
    """A provider of the host, which asks that of a plugin."""

    def __init__(self, drasi: ModuleType, inner: Any) -> None:
        self.drasi, self.inner = drasi, inner
        self.asked: list[tuple[Any, ...]] = []

    def bootstrap(self, *request: Any) -> Any:
        self.asked.append(request[:3])
        if hasattr(self.drasi, "BootstrapStream"):
            return self.inner.bootstrap(*request)
        return self.inner.bootstrap(*request[:-1], Forward(request[-1]))

    def close(self) -> None:
        """The source's side never calls it: upstream leaks providers."""


class Forward:
    """Hands records on as they are."""

    def __init__(self, sender: Any) -> None:
        self.sender = sender

    def send(self, event: Any) -> None:
        self.sender.send(event)


@pytest.fixture
def other(drasi: ModuleType, release: str, mode: str, tmp_path: Path) -> Iterator[Host]:
    """A second library that knows nothing of the first."""
    host = Host(drasi, release, mode, Path(shutil.copy(built(DRASI[release]), tmp_path)))
    yield host
    host.close()


@pytest.mark.parametrize("relayed", [True, False], ids=["relayed", "handed-over"])
def test_initial_data_of_another_plugin(host: Host, other: Host, made: Made, relayed: bool) -> None:
    records: Stream = Stream(lambda record: (record.sequence, _told(host, record)))
    outcome = Once()
    rows = other.rows(events=5, position="hier")
    relay = Relay(host.drasi, rows)
    with host.source() as source:
        source.set_bootstrap_provider(relay if relayed else rows)
        source.initialize(host.context("s1"))
        source.start()
        response = subscribed(source, enable_bootstrap=True)
        with response.receiver, response.bootstrap_receiver, response.bootstrap_result_receiver:
            response.bootstrap_result_receiver.start(outcome)
            response.bootstrap_receiver.start_push(records)
            result = outcome.wait()
            got = records.wait()
        source.stop()
    assert [sequence for sequence, _ in got] == [0, 1, 2, 3, 4]
    assert (result.event_count, result.source_position) == (5, b"hier")
    if relayed:
        assert relay.asked == [("q1", ["Sensor"], [])]
        rows.close()
    else:
        # What is given to a source has no end in the SDK.
        made.leaked["bootstrap"] = 1
    if host.serialized:
        (label,) = {record["labels"][0] for _, record in got}
        assert label == "Sensor"


def _told(host: Host, record: Any) -> Any:
    if not host.serialized:
        return record.close()
    told = unpacked(record.payload)
    return told["change"]["Insert"]["element"]["Node"]["metadata"]


def test_initial_data_that_fails(host: Host, unraisable: Unraisable) -> None:
    for fails in ("bootstrap", "later"):
        rows = host.rows(fail=[fails], message="nein")
        records = Stream(_end)
        outcome = Once()
        with host.source() as source, rows:
            source.set_bootstrap_provider(Relay(host.drasi, rows))
            source.start()
            response = subscribed(source, enable_bootstrap=True)
            with response.receiver, response.bootstrap_receiver as receiver:
                response.bootstrap_result_receiver.start(outcome)
                receiver.start_push(records)
                result = outcome.wait()
                records.wait()
            response.bootstrap_result_receiver.close()
            source.stop()
        assert result.event_count < 0
        if host.serialized:
            assert f"{fails}: nein".encode() in result.error
        unraisable.taken()


# --- services


def test_a_state_store_and_an_identity(host: Host) -> None:
    store, identity, log = Store(), Identity(host.drasi), log_of(host)
    services = {"state_store": store, "identity_provider": identity}
    with host.source(store=True, identity=True) as source:
        source.initialize(host.context("s1", **services))
        source.start()
        source.stop()
        source.start()
        source.stop()
        assert store.data == {"s1": {"starts": b"2"}}
        assert store.synced == 2
        source.deprovision()
        assert store.data == {}
    told = 'keys ["a", "b", "starts"], many [("a", [1, 0, 255]), ("b", [])], count 3, '
    told += "there true false, b true c false"
    assert lines(log, "store: ") == [f"store: starts 1, {told}", f"store: starts 2, {told}"]
    assert lines(log, "identity: ") == ["identity: jürgen:sensors"] * 2
    assert {json.loads(context)["host"] for context in identity.asked} == {"sensors"}
    # Each start had a clone, which ends by itself.
    assert identity.closed == 3
    quiet(host)


class Wal:
    """A log of changes that keeps numbers only: no change can be read here."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.sequence = 6

    def register(self, source_id: str, max_events: int, capacity_policy: Any) -> None:
        self.calls.append(("register", (source_id, max_events, capacity_policy.name)))

    def append(self, source_id: str, event: Any) -> int:
        assert event
        self.sequence += 1
        return self.sequence

    def read_from(self, source_id: str, sequence: int) -> list[Any]:
        return []

    def prune_up_to(self, source_id: str, sequence: int) -> int:
        return sequence

    def head_sequence(self, source_id: str) -> int:
        return self.sequence

    def oldest_sequence(self, source_id: str) -> int | None:
        return None

    def event_count(self, source_id: str) -> int:
        return 1

    def delete_wal(self, source_id: str) -> None:
        self.calls.append(("delete_wal", source_id))

    def close(self) -> None:
        self.calls.append(("close", None))


def test_a_log_of_changes(host: Host) -> None:
    log, wal = log_of(host), Wal()
    with host.source(wal=True) as source:
        if not host.serialized:
            with pytest.raises(host.drasi.CallError, match="no log of changes"):
                source.start()
            quiet(host)
            return
        source.initialize(host.context("s1", wal_provider=wal))
        source.start()
        source.stop()
    told = "sequence 7, head 7, oldest None, count 1, read 0, pruned 7"
    assert lines(log, "wal: ") == [f"wal: {told}"]
    assert wal.calls == [
        ("register", ("s1", 1000, "OverwriteOldest")),
        ("delete_wal", "s1"),
        ("close", None),
    ]
    quiet(host)


def test_log_and_lifecycle_of_a_component(host: Host) -> None:
    shared, log, life = log_of(host), [], []  # type: ignore[var-annotated]
    levels = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"]
    if hasattr(host.registration, "set_log_level"):
        host.registration.set_log_level(host.drasi.LogLevelFilter.Trace)
    texts = [[level, f"ü {level}"] for level in levels]
    with host.source(log=texts) as source:
        callbacks = {"log_callback": log.append, "lifecycle_callback": life.append}
        source.initialize(host.context("s1", **callbacks))
        source.start()
        source.stop()
    mine = [entry for entry in log if entry.message.startswith("ü ")]
    assert [entry.level.name.upper() for entry in mine] == levels
    assert {(entry.plugin_id, entry.component_id) for entry in mine} == {("upstream", "s1")}
    assert not lines(shared, "ü ")
    assert [each.event_type.name for each in life] == ["Starting", "Started", "Stopping", "Stopped"]
    assert {each.component_type for each in life} == {"source"}
    quiet(host)


def test_secrets_of_a_store_that_is_a_plugin(host: Host, other: Host) -> None:
    vault = other.vault(secrets={"db": "gehe\u00efm"})
    asked: list[str] = []

    def resolve(reference: str) -> str | None:
        asked.append(reference)
        name: str = json.loads(reference)["name"]
        secret: str | None = vault.get_secret(name)
        return secret

    host.registration.set_config_resolver(resolve)
    with host.source(secret={"kind": "Secret", "name": "db"}) as source:
        assert json.loads(source.properties())["secret"] == "gehe\u00efm"
    with pytest.raises(host.drasi.CallError, match="no secret none"):
        host.source(secret={"kind": "Secret", "name": "none"})
    assert [json.loads(each)["name"] for each in asked] == ["db", "none"]
    vault.close()


def test_identity_providers(host: Host, made: Made) -> None:
    types = host.drasi.CredentialType
    context = b'{"host": "db"}'
    with host.badge(user="ü", secret="s") as badge:
        told = badge.get_credentials(context)
        expected = (types.UsernamePassword, "ü@db", "s")
        assert (told.credential_type, told.field1, told.field2) == expected
        with badge.clone() as clone:
            assert clone.get_credentials(None).field1 == "ü"
    with host.badge(type="token") as badge:
        assert badge.get_credentials(None).credential_type is types.Token
    with host.badge(type="certificate", secret="key") as badge:
        told = badge.get_credentials(context)
        assert (told.credential_type, told.field2, told.field3) == (
            types.Certificate,
            "key",
            "Jürgen@db",
        )
        assert badge.get_credentials(None).field3 is None
    failing = host.badge(fail=["get_credentials"], message="nein")
    with failing as badge, pytest.raises(host.drasi.CallError, match="get_credentials: nein"):
        badge.get_credentials(None)
    # The SDK's own clone is of the object that there is.
    assert made()["identity"] == 4


def test_an_identity_of_one_plugin_for_another(host: Host, other: Host) -> None:
    log = log_of(host)
    with host.source(identity=True) as source:
        source.initialize(host.context("s1", identity_provider=other.badge(user="ä")))
        source.start()
        source.stop()
    assert lines(log, "identity: ") == ["identity: ä@sensors:geheim"]
    quiet(host)


# --- reactions


class Results:
    """The results of queries, until there are none."""

    def __init__(self, results: list[Any]) -> None:
        self.waiting = iter(results)
        self.gone = threading.Event()

    def __call__(self, flag: Any) -> Any:
        if flag:
            self.gone.set()
            return None
        return next(self.waiting, None)


def records_in(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_reaction_says_what_it_is(host: Host) -> None:
    policies = host.drasi.RecoveryPolicy
    with host.reaction(durable=True, needsSnapshot=True, recovery="auto_skip_gap") as reaction:
        assert (reaction.id(), reaction.type_name()) == ("r1", "upstream-recorders")
        assert reaction.query_ids() == ["q1", "q2"]
        assert not reaction.auto_start()
        assert (reaction.is_durable(), reaction.needs_snapshot_on_fresh_start()) == (True, True)
        assert reaction.default_recovery_policy() is policies.AutoSkipGap
        assert reaction.status() is host.drasi.ComponentStatus.Stopped
        assert json.loads(reaction.properties())["durable"] is True
    for recovery, policy in (("strict", policies.Strict), ("auto_reset", policies.AutoReset)):
        with host.reaction(recovery=recovery) as reaction:
            assert reaction.default_recovery_policy() is policy


def test_results(host: Host, made: Made, tmp_path: Path) -> None:
    """At 0.8.4 no host but one in Rust can make a result; it can only say that there are no more."""
    record, store = tmp_path / "results", Store()
    told = [
        {
            "query_id": "q1",
            "sequence": number,
            "timestamp": "2026-08-21T12:00:00Z",
            "results": [{"type": "ADD", "data": {"n": number, "t": "ü"}, "row_signature": 7}],
            "metadata": {"m": None},
        }
        for number in range(5, 8)
    ]
    results = Results(
        [host.drasi.QueryResult(packed(each)) for each in told] if host.serialized else []
    )
    with host.reaction(record=str(record), durable=True) as reaction:
        reaction.initialize(host.context("r1", state_store=store))
        reaction.start_result_push(results)
        reaction.start()
        assert results.gone.wait(60)
        assert reaction.status() is host.drasi.ComponentStatus.Running
        reaction.stop()
    if host.serialized:
        assert [each["sequence"] for each in records_in(record)] == [5, 6, 7]
        assert records_in(record)[0]["results"] == told[0]["results"]
        assert made()["result"] == 3
        assert int.from_bytes(store.data["r1"]["checkpoint:q1"][:8], "little") == 7


def test_a_result_that_fails_is_skipped(host: Host, made: Made) -> None:
    if not host.serialized:
        results = Results([])
    else:
        told = {
            "query_id": "q1",
            "sequence": 1,
            "timestamp": "2026-08-21T12:00:00Z",
            "results": [],
            "metadata": {},
        }
        results = Results([host.drasi.QueryResult(packed(told))] * 2)
    with host.reaction(fail=["result"]) as reaction:
        reaction.start_result_push(results)
        reaction.start()
        assert results.gone.wait(60)
        reaction.stop()
    assert made()["result"] == (2 if host.serialized else 0)


class Rows:
    """An iterator of rows, in JSON."""

    def __init__(self, rows: list[Any]) -> None:
        self.rows = iter(json.dumps(row) for row in rows)
        self.closed = 0

    def next(self) -> str:
        return next(self.rows, "")

    def close(self) -> None:
        self.closed += 1


class Query:
    """What a host knows of a query, as a bootstrap context and as a snapshot fetcher."""

    query_id = "q1"
    is_reset = True

    def __init__(self, host: Host) -> None:
        self.drasi, self.keyed = host.drasi, host.serialized
        self.iterators: list[Rows] = []
        self.written: list[Any] = []
        self.closed = 0

    def _rows(self, rows: list[Any]) -> Rows:
        self.iterators.append(Rows(rows))
        return self.iterators[-1]

    def fetch_snapshot(self, query_id: str = "q1") -> Any:
        if query_id != "q1":
            raise LookupError(f"not subscribed to {query_id}")
        rows: list[Any] = [{"n": number, "t": "ü"} for number in range(3)]
        if self.keyed:
            rows = [{"k": number, "v": row} for number, row in enumerate(rows)]
        return self.drasi.Snapshot(self._rows(rows), 7, 2**64 - 1)

    def fetch_outbox(self, after_sequence: int) -> Any:
        if after_sequence == 10:
            numbers = {"latest_sequence": 20, "config_hash": 5}
            raise self.drasi.CallError(f"{self.drasi.OUTBOX_GAP_PREFIX}12", value=numbers)
        entry = {
            "query_id": "q1",
            "timestamp": "2026-08-21T12:00:00Z",
            "results": [{"type": "noop"}],
            "metadata": {},
        }
        entries = [{**entry, "sequence": after_sequence + number} for number in (1, 2)]
        return self.drasi.Outbox(self._rows(entries), after_sequence + 2, 5)

    def read_checkpoint(self) -> Any:
        return self.drasi.Checkpoint(41, 42)

    def write_checkpoint(self, checkpoint: Any) -> None:
        self.written.append((checkpoint.sequence, checkpoint.config_hash))

    def close(self) -> None:
        self.closed += 1


@pytest.mark.parametrize("after", [3, 10])
def test_a_reaction_is_brought_up_to_date(host: Host, tmp_path: Path, after: int) -> None:
    record, query = tmp_path / "bootstrap", Query(host)
    with host.reaction(record=str(record), outboxAfter=after) as reaction:
        reaction.start()
        reaction.bootstrap(query)
        reaction.stop()
    (told,) = records_in(record)
    assert (told["bootstrap"], told["reset"]) == ("q1", True)
    assert told["before"] == {"sequence": 41, "config_hash": 42}
    assert told["after"] == {"sequence": 7, "config_hash": 2**64 - 1}
    assert query.written == [(7, 2**64 - 1)]
    assert [_row(host, row)["t"] for row in told["rows"]] == ["ü"] * 3
    if after == 3:
        assert told["outbox"] == {"latest": 5, "sequences": [4, 5]}
    else:
        assert "12" in told["outbox"]["gap"]
    assert [each.closed for each in query.iterators] == [1] * len(query.iterators)


def _row(host: Host, row: Any) -> Any:
    return row["v"] if host.serialized and "v" in row else row


def test_a_snapshot_fetcher(host: Host, tmp_path: Path) -> None:
    record, query = tmp_path / "snapshots", Query(host)
    with host.reaction(record=str(record), fetch=True) as reaction:
        reaction.initialize(host.context("r1", snapshot_fetcher=query))
        reaction.start()
        reaction.stop()
    first, second = records_in(record)
    assert (first["fetched"], first["sequence"], first["hash"]) == ("q1", 7, 2**64 - 1)
    assert len(first["rows"]) == 3
    assert second["fetched"] == "q2"
    assert "error" in second
    assert query.closed == 1


# --- what goes wrong


@pytest.mark.parametrize("how", ["fail", "panic"])
def test_each_step_goes_wrong(host: Host, made: Made, how: str) -> None:
    steps: dict[str, Callable[[Any], object]] = {
        "start": lambda each: each.start(),
        "stop": lambda each: each.stop(),
        "deprovision": lambda each: each.deprovision(),
    }
    for component in (host.source, host.reaction):
        for step, call in steps.items():
            with component(**{how: [step]}, message="schief") as each:
                text = f"{step}: schief" if how == "fail" else "panic"
                with pytest.raises(host.drasi.CallError, match=text):
                    call(each)
                each.status()
    text = "schief" if how == "fail" else "panic"
    reaction = host.reaction(**{how: ["bootstrap"]}, message="schief")
    with reaction, pytest.raises(host.drasi.CallError, match=text):
        reaction.bootstrap(Query(host))
    assert made()["source"] == made()["reaction"] - 1 == 3


def test_a_failure_is_told_as_an_event(host: Host) -> None:
    life: list[Any] = []
    host.registration.set_lifecycle_callback(life.append)
    source = host.source(fail=["start"], message="nein")
    with source, pytest.raises(host.drasi.CallError, match="start: nein"):
        source.start()
    assert [each.event_type.name for each in life] == ["Starting", "Error"]
    assert "nein" in life[-1].message
    quiet(host)


def test_what_is_not_made(host: Host, made: Made) -> None:
    for make in (host.source, host.reaction, host.rows):
        with pytest.raises(host.drasi.CallError, match="create: nein"):
            make(fail=["create"], message="nein")
    # These have no text for it.
    for make in (host.badge, host.vault):
        with pytest.raises(host.drasi.AbiError):
            make(fail=["create"])
    with pytest.raises(host.drasi.CallError):
        host.factories["source"].create_source("s1", "no JSON", True)
    with host.source(fail=["subscribe"]) as source, pytest.raises(host.drasi.AbiError):
        subscribed(source)
    assert {kind: count for kind, count in made().items() if count} == {"source": 1}
