"""The generated Python package as a host of the drasi plugins: loading, sources and their streams.

Nothing but the package is used. Each test has a library of its own, of which nothing is left at its end.
"""

from __future__ import annotations

import gc
import json
import shutil
import struct
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from abilock.host import host_triple
from support.drasi_plugins import (
    OLD,
    PLAIN,
    ROOT,
    SANITIZED,
    Probe,
    Variant,
    c_plugin,
    plugin_in,
    run,
)
from support.drasi_python import WAYS, Host, Once, Sender, Stream, Unraisable, compiled, package_in

IN_BOTH = pytest.mark.parametrize(
    "language", ["c", pytest.param("rust", marks=[pytest.mark.slow, pytest.mark.tool("rustc")])]
)


@pytest.fixture(scope="module")
def drasi(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    with package_in(tmp_path_factory.mktemp("package")) as package:
        yield package


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {"": tmp_path_factory.mktemp("plugins")}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> tuple[str, str]:
    language, mode = request.param
    return str(language), str(mode)


@pytest.fixture
def mode(drasi: ModuleType, way: tuple[str, str]) -> str:
    if way[1] == "compiled":
        compiled(drasi)
    return way[1]


@pytest.fixture
def library(built: dict[str, Path], cc: list[str], way: tuple[str, str], tmp_path: Path) -> Path:
    """The plugin, as a file of this test only."""
    language = way[0]
    if language not in built:
        built[language] = plugin_in(language, cc, built[""], PLAIN)
    return Path(shutil.copy(built[language], tmp_path))


@pytest.fixture
def unraisable(monkeypatch: pytest.MonkeyPatch) -> Iterator[Unraisable]:
    """No exception goes unnoticed: a test takes those that it expects."""
    hook = Unraisable()
    monkeypatch.setattr(sys, "unraisablehook", hook)
    yield hook
    assert hook.taken() == []


@pytest.fixture
def host(drasi: ModuleType, library: Path, mode: str, unraisable: Unraisable) -> Iterator[Host]:
    late = drasi.late_calls()
    host = Host(drasi, library, mode)
    yield host
    host.close()
    assert drasi.late_calls() == late


def received(host: Host, source: Any, **subscription: object) -> Any:
    wanted = {"enable_bootstrap": False, "nodes_json": '["A"]', "relations_json": "[]"}
    return source.subscribe(source_id="s1", query_id="q1", **{**wanted, **subscription})


# --- loading


def test_metadata(host: Host, mode: str) -> None:
    found = host.plugin.plugin_metadata
    assert found.sdk_version == "0.8.4"
    assert found.target_triple == host_triple()
    assert host.plugin.mode == mode
    assert host.journal()[:2] == ["Plugin.metadata", "Plugin.init"]


@IN_BOTH
@pytest.mark.parametrize(
    ("variant", "error", "said"),
    [
        (
            Variant(texts=(("PLUGIN_SDK_VERSION", "0.9.0"),)),
            "VersionRefusedError",
            ["0.9.0", "0.8.4", "major.minor", "use a plugin or a host of a matching release"],
        ),
        (
            Variant(texts=(("PLUGIN_SDK_VERSION", "soon"),)),
            "VersionRefusedError",
            ["'soon'", "no version", "0.8.4", "matching release"],
        ),
        (
            Variant(texts=(("PLUGIN_TRIPLE", "pdp11-unknown-unix"),)),
            "TargetRefusedError",
            ["pdp11-unknown-unix", host_triple().split("-")[0], "get the plugin for this system"],
        ),
        (
            Variant(("PLUGIN_NULL_METADATA",)),
            "NullRegistrationError",
            ["drasi_plugin_metadata", "null", "look into the plugin's log"],
        ),
        (
            Variant(("PLUGIN_NULL_INIT",)),
            "NullRegistrationError",
            ["drasi_plugin_init", "null", "look into the plugin's log"],
        ),
        (
            Variant(("PLUGIN_NO_METADATA",)),
            "MissingSymbolError",
            ["drasi_plugin_metadata", "no plugin of this ABI", "build it again"],
        ),
        (
            Variant(("PLUGIN_NULL_SLOT",)),
            "NullSlotError",
            ["SourcePluginVtable.create_source_fn", "null", "has to have it", "get a build"],
        ),
    ],
    ids=["newer", "no-version", "triple", "metadata", "init", "symbol", "slot"],
)
def test_a_plugin_is_refused(
    drasi: ModuleType,
    cc: list[str],
    tmp_path: Path,
    language: str,
    variant: Variant,
    error: str,
    said: list[str],
) -> None:
    path = plugin_in(language, cc, tmp_path, variant)
    with pytest.raises(drasi.LoadError) as caught:
        drasi.load(path, "ready-made")
    assert type(caught.value) is getattr(drasi, error)
    assert caught.value.path == str(path)
    assert [text for text in [str(path), *said] if text not in str(caught.value)] == []


def _elf(machine: int) -> bytes:
    return b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HH", 3, machine) + bytes(200)


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (None, "LibraryMissingError", ["there is no such file", "check the path"]),
        (
            b"",
            "NotALibraryError",
            ["no shared library", "an empty file", "give the path of a plugin"],
        ),
        (b"#!/bin/sh\n" * 9, "NotALibraryError", ["no shared library", "some other file"]),
        (_elf(22), "WrongArchitectureError", ["s390x", "this process needs", "get the plugin"]),
        (_elf(62), "NotALibraryError", ["the system's loader refuses it"]),
    ],
    ids=["missing", "empty", "script", "architecture", "truncated"],
)
def test_a_file_is_refused(
    drasi: ModuleType, tmp_path: Path, content: bytes | None, error: str, said: list[str]
) -> None:
    path = tmp_path / "plugin.so"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(drasi.LoadError) as caught:
        drasi.load(path)
    assert type(caught.value) is getattr(drasi, error)
    assert [text for text in [str(path), *said] if text not in str(caught.value)] == []


def test_a_plugin_for_another_machine_is_not_opened(
    drasi: ModuleType, cc: list[str], tmp_path: Path
) -> None:
    path = c_plugin(cc, tmp_path, PLAIN)
    data = bytearray(path.read_bytes())
    data[18:20] = struct.pack("<H", 22)
    path.write_bytes(data)
    with pytest.raises(drasi.WrongArchitectureError, match="it is ELF for s390x, 64 bits"):
        drasi.load(path)


def test_a_folder_is_gone_through(drasi: ModuleType, cc: list[str], tmp_path: Path) -> None:
    c_plugin(cc, tmp_path, PLAIN)
    (tmp_path / "another.so").write_text("text")
    (tmp_path / "readme.txt").write_text("text")
    refusal, plugin = drasi.discover(tmp_path, "ready-made")
    assert isinstance(refusal, drasi.NotALibraryError)
    assert isinstance(plugin, drasi.Plugin)
    assert isinstance(plugin.plugin_init.source_plugins[0].kind(), str)
    del plugin
    gc.collect()
    assert Probe(tmp_path / "c_plugin.so").live() == 0


@IN_BOTH
@pytest.mark.parametrize(
    "variant",
    [OLD, Variant(("PLUGIN_0_8_1",), (("PLUGIN_SDK_VERSION", "0.8.0"),))],
    ids=["0.8.1", "0.8.0"],
)
def test_an_older_plugin_has_less(
    drasi: ModuleType, cc: list[str], tmp_path: Path, language: str, variant: Variant
) -> None:
    host = Host(drasi, plugin_in(language, cc, tmp_path, variant), "ready-made")
    assert host.registration.secret_store_plugins == []
    with pytest.raises(drasi.NotAvailableError, match=r"is there since 0\.8\.2, and this plugin"):
        host.registration.set_config_resolver(lambda _: None)
    assert "vault" not in host.factories
    host.source().close()
    host.close()


@pytest.mark.slow
@pytest.mark.tool("gcc", "sanitizers")
def test_nothing_is_read_behind_an_older_registration(tmp_path: Path) -> None:
    path = c_plugin(["gcc"], tmp_path, OLD, *SANITIZED)
    text = (
        f"import drasi\nplugin = drasi.load({str(path)!r}, 'ready-made')\n"
        "print(plugin.plugin_init.secret_store_plugins)\n"
        "for each in plugin.plugin_init.source_plugins: print(each.kind())\n"
    )
    preload = run("gcc", "-print-file-name=libasan.so").stdout.strip()
    env = {
        "LD_PRELOAD": preload,
        "ASAN_OPTIONS": "detect_leaks=0",
        "PYTHONPATH": str(ROOT / "generated" / "drasi" / "python"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONMALLOC": "malloc",
    }
    done = run(sys.executable, "-c", text, env=env)
    assert done.stdout == "[]\nticker\nreplayer\n"
    assert "AddressSanitizer" not in done.stderr


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
        assert source.dispatch_mode() is host.drasi.FfiDispatchMode.Broadcast
        assert source.status() is host.drasi.FfiComponentStatus.Stopped
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
        assert source.status() is host.drasi.FfiComponentStatus.Running
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
        assert source.status() is host.drasi.FfiComponentStatus.Error
    assert shared == []
    assert log[0].level is host.drasi.FfiLogLevel.Error
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
    def taken(event: Any) -> tuple[Any, ...]:
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
    assert result.source_position_ptr == b"\x00\xff"


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
        assert asked.position_handle_ptr
        assert host.probe.position("s1", "q1") == 41
        source.remove_position_handle("q1")
        asked.receiver.close()
        response = received(host, source, resume_from_ptr=b"\x01\x02")
        assert not response.position_handle_ptr
        response.receiver.close()
    assert [line for line in host.journal("Source.subscribe") if "resume=hex:0102" in line]


# --- bootstrap providers


def test_a_provider_sends_to_python(host: Host) -> None:
    sender = Sender(host.drasi)
    with host.loader(events=5, threads=2, position="hex:07") as loader:
        result = loader.bootstrap("q1", ["Person", "Plän"], [], "request", "server", "s1", sender)
    assert result.event_count == 10
    assert result.source_position_ptr == b"\x07"
    assert Counter(label for _, label, _ in sender.got) == {"Person": 10}
    assert {entity for *_, entity in sender.got} >= {"entity-0", "entity-4"}
    assert sender.closed == 0, "the sender stays the caller's"


def test_a_sender_that_refuses(host: Host, unraisable: Unraisable) -> None:
    sender = Sender(host.drasi, most=3)
    with host.loader(events=50) as loader:
        assert loader.bootstrap("q1", [], [], "r", "h", "s1", sender).event_count == 3
    assert len(sender.got) == 3


def test_a_provider_that_fails(host: Host) -> None:
    sender = Sender(host.drasi)
    with host.loader(fail="bootstrap") as loader, pytest.raises(host.drasi.CallError):
        loader.bootstrap("q1", [], [], "r", "h", "s1", sender)
    with host.loader(fail="count") as loader:
        assert loader.bootstrap("q1", [], [], "r", "h", "s1", sender).event_count == -1


class Relay:
    """A provider in Python, which has the records of another one: nobody but Rust and C can make any."""

    def __init__(self, drasi: ModuleType, inner: Any, error: Exception | None = None) -> None:
        self.drasi = drasi
        self.inner = inner
        self.error = error
        self.asked: list[tuple[Any, ...]] = []
        self.sender: Any = None
        self.closed = 0

    def bootstrap(self, *request: Any) -> Any:
        *asked, sender = request
        self.asked.append(tuple(asked))
        self.sender = sender
        if self.error is not None:
            raise self.error
        self.inner.bootstrap(*asked, Forward(sender))
        return self.drasi.FfiBootstrapResult(2, True, 77, b"\x09\x08")

    def close(self) -> None:
        self.closed += 1


class Forward:
    """Hands records on as they are."""

    def __init__(self, sender: Any) -> None:
        self.sender = sender

    def send(self, event: Any) -> None:
        self.sender.send(event)


def bootstrapped(host: Host, provider: Any) -> tuple[list[int], Any]:
    """The sequences and the outcome of a source that has this provider."""
    records = Stream(lambda record: record.sequence)
    outcome = Once()
    with host.source(bootstrapEvents=9) as source:
        source.set_bootstrap_provider(provider)
        source.start()
        response = received(host, source, enable_bootstrap=True)
        with response.receiver, response.bootstrap_receiver, response.bootstrap_result_receiver:
            response.bootstrap_result_receiver.start(outcome)
            response.bootstrap_receiver.start_push(records)
            result = outcome.wait()
            records.wait()
        source.stop()
    return records.got, result


def test_a_provider_in_python(host: Host) -> None:
    with host.loader(events=2) as inner:
        relay = Relay(host.drasi, inner)
        got, result = bootstrapped(host, relay)
    assert got == [0, 1]
    assert (result.event_count, result.last_sequence) == (2, 77)
    assert result.source_position_ptr == b"\x09\x08"
    assert relay.asked[0][:3] == ("q1", ["A"], [])
    assert relay.closed == 1
    with pytest.raises(host.drasi.ClosedError):
        relay.sender.send(None)


def test_a_provider_in_python_that_fails(host: Host, unraisable: Unraisable) -> None:
    relay = Relay(host.drasi, None, OSError("no such table"))
    got, result = bootstrapped(host, relay)
    assert got == []
    assert result is None or result.event_count == -1
    assert unraisable.taken() == ["OSError: no such table"]
    assert relay.closed == 1


def test_the_provider_of_another_plugin(host: Host, drasi: ModuleType, library: Path) -> None:
    other = Host(drasi, Path(shutil.copy(library, library.parent / "other.so")), host.plugin.mode)
    provider = other.loader(events=4)
    got, result = bootstrapped(host, provider)
    assert got == [0, 1, 2, 3]
    assert result.event_count == 4
    assert provider.closed
    with pytest.raises(drasi.ClosedError):
        provider.bootstrap("q", [], [], "r", "h", "s", Sender(drasi))
    with pytest.raises(drasi.ClosedError), host.source() as source:
        source.set_bootstrap_provider(provider)
    assert other.journal("BootstrapProvider.drop")
    other.close()


# --- ends


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
        "source = plugin.plugin_init.source_plugins[0].create_source('s', '{}', False)\n"
        "receiver = source.subscribe('s', False, 'q', '[]', '[]').receiver\n"
        "print(probe.test_live(None))\n"
    )
    done = run(sys.executable, "-c", text, env={"PYTHONPATH": str(folder)})
    assert done.stdout.split() == ["8", "0"]
    assert not done.stderr
