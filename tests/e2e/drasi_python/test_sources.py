"""The generated Python package as a host of the drasi plugins: sources, their streams, and ends."""

from __future__ import annotations

import gc
import json
import sys
import threading
import weakref
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import cffi
import pytest

from support.drasi_plugins import (
    PATIENCE,
    run,
)
from support.drasi_python import (
    Host,
    Identity,
    Once,
    Store,
    Stream,
    received,
)
from support.unraisable import Unraisable

# --- descriptors and instances


def test_descriptors(host: Host) -> None:
    assert list(host.factories) == ["ticker", "replayer", "collector", "loader", "badge", "vault"]
    for kind, factory in host.factories.items():
        assert factory.config_version() == "1.2.0"
        name = factory.config_schema_name()
        assert name.split(".")[1] == kind
        assert json.loads(factory.config_schema_json()) == {name: {"type": "object"}}


def test_a_source_says_what_it_is(host: Host) -> None:
    with host.source("süß", dispatch="broadcast", schema={"nodes": []}, events=0) as source:
        assert (source.id(), source.type_name(), source.auto_start()) == ("süß", "ticker", True)
        assert source.dispatch_mode() is host.drasi.DispatchMode.Broadcast
        assert source.status() is host.drasi.ComponentStatus.Stopped
        assert json.loads(source.properties())["dispatch"] == "broadcast"
        assert json.loads(source.describe_schema()) == {"nodes": []}
        assert not source.supports_replay()
    with pytest.raises(host.drasi.ClosedError):
        source.id()
    with host.source(kind="replayer") as source:
        assert source.supports_replay()


def test_log_and_lifecycle(host: Host) -> None:
    log: list[Any] = []
    life: list[Any] = []
    host.registration.set_log_callback(log.append)
    host.registration.set_lifecycle_callback(life.append)
    levels = ("error", "warn", "info", "debug", "trace")
    with host.source(start=[["log", level, f"{level} ü"] for level in levels]) as source:
        source.initialize(host.context())
        source.start()
        assert source.status() is host.drasi.ComponentStatus.Running
        source.stop()
    assert [entry.message for entry in log] == [
        *(f"{each} ü" for each in levels),
        "started",
        "stopped",
    ]
    assert [entry.level.name.lower() for entry in log[:5]] == list(levels)
    assert {entry.component_id for entry in log} == {"s1"}
    assert [event.event_type.name for event in life] == [
        "Starting",
        "Started",
        "Stopping",
        "Stopped",
    ]


def test_a_component_has_callbacks_of_its_own(host: Host) -> None:
    shared: list[Any] = []
    log: list[Any] = []
    life: list[Any] = []
    host.registration.set_log_callback(shared.append)
    host.registration.set_lifecycle_callback(shared.append)
    with host.source(fail="start", message="nein") as source:
        source.initialize(host.context(log_callback=log.append, lifecycle_callback=life.append))
        with pytest.raises(host.drasi.CallError, match="nein"):
            source.start()
        assert source.status() is host.drasi.ComponentStatus.Error
    assert shared == []
    assert log[0].level is host.drasi.LogLevel.Error
    assert [(event.event_type.name, event.message) for event in life] == [
        ("Starting", ""),
        ("Error", "nein"),
    ]


def test_exceptions_of_callbacks_are_reported(host: Host, unraisable: Unraisable) -> None:
    def fails(_: object) -> None:
        raise ValueError("in a callback")

    host.registration.set_log_callback(fails)
    host.registration.set_lifecycle_callback(fails)
    with host.source() as source:
        source.start()
        source.stop()
    assert unraisable.taken() == ["ValueError: in a callback"] * 6


def test_references_are_resolved(host: Host) -> None:
    asked: list[Any] = []

    def resolve(reference: str) -> str | None:
        asked.append(json.loads(reference))
        return "gehe\u00efm"

    host.registration.set_config_resolver(resolve)
    with host.source(password={"kind": "Secret", "name": "db"}) as source:
        assert json.loads(source.properties())["password"] == "gehe\u00efm"
    assert asked == [{"kind": "Secret", "name": "db"}]


def test_a_resolver_that_fails(host: Host) -> None:
    def resolve(_: str) -> str | None:
        raise KeyError("db")

    host.registration.set_config_resolver(resolve)
    with pytest.raises(host.drasi.CallError, match="KeyError: 'db'"):
        host.source(password={"kind": "Secret", "name": "db"})
    assert [line for line in host.journal("> resolve") if "KeyError: 'db'" in line]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("", "start: das ging schief — 失敗 ✗"),
        ("bad-utf8", "start"),
        ("long", "start"),
        ("empty", ""),
        ("null", ""),
        ("zu früh", "zu früh"),
    ],
)
def test_failures_have_code_and_text(host: Host, message: str, text: str) -> None:
    source = host.source(fail=["start"], message=message, code=-3)
    with source, pytest.raises(host.drasi.CallError) as caught:
        source.start()
    error = caught.value
    assert error.status == -3
    assert error.message.startswith(text)
    assert len(error.message) == len(text) or message in ("bad-utf8", "long")
    assert len(error.message.encode()) > 200_000 or message != "long"
    assert "�" in error.message or message != "bad-utf8"


@pytest.mark.parametrize("slot", ["stop", "deprovision", "subscribe", "remove_position_handle"])
def test_each_slot_fails(host: Host, slot: str) -> None:
    arguments = {
        "subscribe": ("s1", False, "q1", "[]", "[]"),
        "remove_position_handle": ("q1",),
    }
    with host.source(fail=slot) as source, pytest.raises(host.drasi.CallError):
        getattr(source, slot)(*arguments.get(slot, ()))


def test_a_source_is_not_made(host: Host) -> None:
    with pytest.raises(host.drasi.CallError, match="zu früh"):
        host.source("fail:zu früh")
    with pytest.raises(host.drasi.AbiError):
        host.source(fail="table")
    with pytest.raises(host.drasi.CallError):
        host.factories["ticker"].create_source("s1", "no JSON", False)


# --- streams


def test_changes_from_four_threads(host: Host) -> None:
    threads: set[int] = set()

    def taken(event: Any) -> tuple[Any, ...]:
        threads.add(threading.get_native_id())
        with event:
            return event.op.name, event.source_id, event.label, event.timestamp_us

    stream = Stream(taken)
    with host.source(events=1000, threads=4) as source:
        source.start()
        with received(host, source).receiver as receiver:
            receiver.start_push(stream)
            got = stream.wait()
        source.stop()
    assert len(got) == 4000
    assert Counter(op for op, *_ in got) == {"Insert": 1336, "Update": 1332, "Delete": 1332}
    assert {tuple(each[1:3]) for each in got} == {("s1", "")}
    assert host.probe.made("FfiSourceEvent") == 4000
    assert stream.after_end == 0
    assert len(threads) == 4
    assert threading.get_native_id() not in threads, "they are the plugin's own"


def test_receivers_are_streams(host: Host) -> None:
    with host.source(events=500, threads=4, bootstrapEvents=20) as source:
        source.start()
        subscription = received(host, source, enable_bootstrap=True)
        with subscription.receiver as receiver:
            found = Counter()
            for event in receiver.stream(capacity=8, timeout=PATIENCE):
                with event:
                    found[event.op.name] += 1
        initial = subscription.bootstrap_receiver.stream(timeout=PATIENCE)
        assert sorted(event.sequence for event in initial) == list(range(20))
        (outcome,) = subscription.bootstrap_result_receiver.stream(timeout=PATIENCE)
        assert outcome.event_count == 20
        source.stop()
    assert sum(found.values()) == 2000
    del event, subscription, initial, receiver


def test_events_that_nobody_closes_are_garbage(host: Host) -> None:
    stream = Stream()
    with host.source(events=10) as source:
        source.start()
        with received(host, source).receiver as receiver:
            receiver.start_push(stream)
            stream.wait()
        source.stop()
    assert host.probe.live("FfiSourceEvent") == 10
    assert [event.op.name for event in stream.got[:3]] == ["Insert", "Update", "Delete"]
    stream.got.clear()
    gc.collect()
    assert host.probe.live("FfiSourceEvent") == 0


def test_false_stops_a_stream(host: Host) -> None:
    stream = Stream(lambda event: event.close(), most=3)
    with host.source(events=1000, hold=True) as source:
        source.start()
        with received(host, source).receiver as receiver:
            receiver.start_push(stream)
            assert len(stream.wait()) == 3
        source.stop()


def test_an_exception_stops_a_stream(host: Host, unraisable: Unraisable) -> None:
    ended = threading.Event()

    def take(event: Any) -> bool:
        if event is None:
            ended.set()
        raise RuntimeError("null" if event is None else "event")

    with host.source(events=1000, hold=True) as source:
        source.start()
        with received(host, source).receiver as receiver:
            receiver.start_push(take)
            assert ended.wait(60)
        source.stop()
    assert unraisable.taken() == ["RuntimeError: event", "RuntimeError: null"]
    reference = weakref.ref(take)
    del take
    gc.collect()
    assert reference() is None, "the last call ends the registration, also if it raises"


def test_a_receiver_that_is_closed_ends_its_stream(host: Host) -> None:
    first = threading.Event()

    def taken(event: Any) -> None:
        event.close()
        first.set()

    stream = Stream(taken)
    with host.source(events=5, hold=True) as source:
        source.start()
        receiver = received(host, source).receiver
        receiver.start_push(stream)
        assert first.wait(60)
        receiver.close()
        stream.wait()
        source.stop()
    assert stream.after_end == 0


def test_initial_data_of_its_own(host: Host) -> None:
    with host.source(bootstrapEvents=3, position="hex:00ff") as source:
        source.start()
        response = received(host, source, enable_bootstrap=True)
        assert (response.query_id, response.source_id) == ("q1", "s1")
        records = Stream(lambda record: record.sequence)
        outcome = Once()
        with response.receiver, response.bootstrap_receiver, response.bootstrap_result_receiver:
            response.bootstrap_result_receiver.start(outcome)
            response.bootstrap_receiver.start_push(records)
            assert records.wait() == [0, 1, 2]
            result = outcome.wait()
        source.stop()
    assert (result.event_count, result.last_sequence) == (3, 2)
    assert result.source_position == b"\x00\xff"
    reference = weakref.ref(outcome)
    del outcome
    gc.collect()
    assert reference() is None, "what is called once is forgotten then"


def test_an_outcome_that_failed(host: Host) -> None:
    outcome = Once()
    with host.source(bootstrapEvents=1, fail="outcome") as source:
        source.start()
        response = received(host, source, enable_bootstrap=True)
        records = Stream(lambda record: record.close())
        with response.receiver, response.bootstrap_receiver, response.bootstrap_result_receiver:
            response.bootstrap_result_receiver.start(outcome)
            response.bootstrap_receiver.start_push(records)
            records.wait()
            assert outcome.wait() is None
        source.stop()


def test_a_position_handle(host: Host) -> None:
    with host.source(kind="replayer", events=0) as source:
        asked = received(
            host, source, request_position_handle=True, has_last_sequence=True, last_sequence=41
        )
        assert asked.position_handle
        assert host.probe.position("s1", "q1") == 41
        source.remove_position_handle("q1")
        asked.receiver.close()
        # What the host confirms is what the plugin reads.
        cffi.FFI().cast("uint64_t *", asked.position_handle)[0] = 2**63 + 1
        assert host.probe.position("s1", "q1") == 2**63 + 1
        response = received(host, source, resume_from=b"\x01\x02")
        assert not response.position_handle
        response.receiver.close()
        fresh = received(host, source, query_id="q2", request_position_handle=True)
        assert host.probe.position("s1", "q2") == host.drasi.POSITION_NOTHING_CONFIRMED
        fresh.receiver.close()
    assert [line for line in host.journal("Source.subscribe") if "resume=hex:0102" in line]


# --- ends


def test_a_life_in_the_order_of_the_contract(host: Host) -> None:
    """All of it comes once, and where it has its place; nothing of the host's ends before."""
    store, identity = Store(), Identity(host.drasi)
    seen: list[tuple[str, int]] = []
    begin = len(host.journal())
    with host.source(kind="replayer", events=2) as source:
        source.id()
        source.set_bootstrap_provider(host.loader())
        source.initialize(host.context(state_store=store, identity_provider=identity))
        source.start()
        response = received(host, source, request_position_handle=True)
        stream = Stream(lambda event: event.close())
        response.receiver.start_push(stream)
        stream.wait()
        source.remove_position_handle("q1")
        response.receiver.close()
        source.stop()
        source.start()
        source.stop()
        source.deprovision()
        assert source.status() is host.drasi.ComponentStatus.Stopped
        seen += [("before", store.closed), ("before", identity.closed)]
    source.close()
    assert seen == [("before", 0), ("before", 0)]
    assert (store.closed, identity.closed) == (1, 1)
    lines = [line.partition(" id=")[0] for line in host.journal()[begin:]]
    assert [line for line in lines if not line.startswith("BootstrapPlugin")] == [
        "SourcePlugin.create_source kind=replayer",
        "Source.id",
        "Source.set_bootstrap_provider",
        "Source.initialize",
        "Source.start",
        "Source.subscribe",
        "ChangeReceiver.start_push query=q1",
        "Source.remove_position_handle",
        "ChangeReceiver.drop query=q1",
        "Source.stop",
        "Source.start",
        "Source.stop",
        "Source.deprovision",
        "Source.status",
        "Source.drop",
        "BootstrapProvider.drop",
        "> drop state store",
        "> drop identity provider",
    ]


def test_children_end_first(host: Host) -> None:
    source = host.source()
    source.close()
    source.close()
    assert source.closed
    host.factories["ticker"].close()
    assert host.journal("Source")[-2:] == ["Source.drop id=s1", "SourcePlugin.drop kind=ticker"]


def test_parents_end_first(host: Host) -> None:
    source = host.source(events=1)
    source.start()
    receiver = received(host, source).receiver
    host.factories["ticker"].close()
    source.stop()
    source.close()
    receiver.close()
    drops = [line.split(" ")[0] for line in host.journal() if ".drop " in line]
    assert drops == ["SourcePlugin.drop", "Source.drop", "ChangeReceiver.drop"]


def test_garbage_ends(host: Host) -> None:
    source = host.source()
    response = received(host, source, enable_bootstrap=True)
    assert host.probe.live("SourceVtable") == 1
    del source, response
    gc.collect()
    assert host.probe.live("SourceVtable") == 0
    assert host.probe.live("FfiChangeReceiver") == 0


def test_what_never_ends_ends_with_the_interpreter(
    drasi: ModuleType, library: Path, mode: str
) -> None:
    folder = Path(str(drasi.__file__)).parents[1]
    text = (
        "import ctypes, atexit, sys, drasi\n"
        f"probe = ctypes.CDLL({str(library)!r})\n"
        "probe.test_live.argtypes = [ctypes.c_char_p]\n"
        "atexit.register(lambda: print(probe.test_live(None)))\n"
        "import weakref; weakref.finalize(sys, int)\n"
        f"plugin = drasi.load({str(library)!r}, {mode!r})\n"
        "source = plugin.registration.source_plugins[0].create_source('s', '{}', False)\n"
        "receiver = source.subscribe('s', False, 'q', '[]', '[]').receiver\n"
        "print(probe.test_live(None))\n"
    )
    done = run(sys.executable, "-c", text, env={"PYTHONPATH": str(folder)})
    assert done.stdout.split() == ["8", "0"]
    assert not done.stderr
