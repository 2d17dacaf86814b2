"""The Python package of statevec: Python is the host of a plugin, and keeps its records.

There is one plugin in C and one in Rust, which do the same. What that is
stands in tests/plugins/statevec/README.md.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import os
import shutil
import signal
import struct
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import cffi
import pytest

#: Those of drasi and bmux show the same ways, in the fast run too.
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
HERE = ROOT / "tests" / "plugins" / "statevec"
INCLUDE = ROOT / "generated" / "statevec" / "include"
PACKAGE = ROOT / "generated" / "statevec" / "python" / "statevec"

FLAGS = ("-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-pthread")
# Hidden: what the header does not export is not found.
SHARED = ("-fPIC", "-shared", "-fvisibility=hidden")

#: Longer than any of it takes, also on a busy machine.
PATIENCE = 60

CREATE, READ, READ_BY_KEY, UPDATE, DELETE, COUNT, EMIT, LOG = range(1, 9)
REJECT, GARBLED, REFUSED, EVERYTHING, TOO_LONG, EMPTY, NEW_KIND, NO_PHASE = range(9, 17)
KEEP_HOST, CALL_LATE = 17, 18


COMPILED = pytest.param("compiled", marks=[pytest.mark.slow, pytest.mark.tool("python-headers")])


@pytest.fixture(params=["ready-made", COMPILED])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def abi(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A copy of the package, which the compiled mode may be built into."""
    folder = tmp_path_factory.mktemp("packages")
    shutil.copytree(PACKAGE, folder / "statevec", ignore=shutil.ignore_patterns("_native.*"))
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module("statevec")
    finally:
        sys.path.remove(str(folder))
        for name in [each for each in sys.modules if each.partition(".")[0] == "statevec"]:
            del sys.modules[name]


@pytest.fixture
def ready(abi: ModuleType, mode: str) -> None:
    """The mode, built if it has to be."""
    if mode == "compiled" and importlib.util.find_spec("statevec._native") is None:
        importlib.import_module("statevec.build").build()
        importlib.invalidate_caches()


@pytest.fixture(
    params=["c", pytest.param("rust", marks=[pytest.mark.slow, pytest.mark.tool("rustc")])]
)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plugins")


@pytest.fixture
def built(cc: list[str], folder: Path, language: str) -> Callable[..., Path]:
    """The plugin by its switch, made once. ex) ``PLUGIN_ABI_VERSION=2``"""

    def build(switch: str = "") -> Path:
        path = folder / f"{language}-{switch or 'plain'}.so"
        if not path.exists():
            command = in_rust(switch) if language == "rust" else in_c(cc, switch)
            name, _, value = switch.partition("=")
            done = subprocess.run(
                [*command, "-o", str(path)],
                env={**os.environ, name: value} if value else None,
                capture_output=True,
                text=True,
                check=False,
                timeout=300,
            )
            assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return path

    return build


def in_c(cc: list[str], switch: str) -> list[str]:
    macros = [f"-D{switch}"] if switch else []
    return [*cc, *FLAGS, *SHARED, f"-I{INCLUDE}", *macros, str(HERE / "statevec_plugin.c")]


def in_rust(switch: str) -> list[str]:
    cfgs = ["--cfg", switch.lower()] if switch and "=" not in switch else []
    options = ["--edition", "2021", "--crate-type", "cdylib", *cfgs]
    return ["rustc", *options, str(HERE / "statevec_plugin.rs")]


class Journal:
    """What the plugin tells the test."""

    def __init__(self, path: Path) -> None:
        self._ffi = cffi.FFI()
        self._ffi.cdef(
            "size_t test_live(const char *); size_t test_made(const char *);"
            " void test_reset(void); const char *test_log(void);"
        )
        self._lib = self._ffi.dlopen(str(path))
        self.reset()

    def reset(self) -> None:
        """Forget what has ended."""
        self._lib.test_reset()

    def live(self, kind: str | None = None) -> int:
        return int(self._lib.test_live(kind.encode() if kind else self._ffi.NULL))

    def made(self, kind: str) -> int:
        return int(self._lib.test_made(kind.encode()))

    @property
    def lines(self) -> list[str]:
        return (
            self._ffi.string(self._lib.test_log()).decode("utf-8", "surrogateescape").splitlines()
        )

    @property
    def last(self) -> str:
        return self.lines[-1]


@pytest.fixture
def unraisable() -> Iterator[list[BaseException]]:
    """What went to ``sys.unraisablehook``; a test takes out what it expects."""
    found: list[BaseException] = []
    before = sys.unraisablehook
    sys.unraisablehook = lambda each: found.append(each.exc_value)
    yield found
    sys.unraisablehook = before
    assert found == []


@pytest.fixture
def journal(
    built: Callable[..., Path], abi: Any, unraisable: list[BaseException]
) -> Iterator[Journal]:
    """At the end of the test, nothing of the plugin's is left."""
    journal = Journal(built())
    yield journal
    gc.collect()
    assert journal.live() == 0
    journal.reset()
    for mode in abi._bindings.MODES.get():
        assert abi._bindings.binding_for(mode).entries == {}, "registered for ever"


@pytest.fixture
def plugin(abi: Any, built: Callable[..., Path], ready: None, mode: str, journal: Journal) -> Any:
    return abi.load(built(), mode=mode)


@pytest.fixture
def api(plugin: Any) -> Any:
    return plugin.api


@pytest.fixture
def runtime(api: Any) -> Iterator[Any]:
    with api.create_runtime("") as runtime:
        yield runtime


# --- a host


class Store:
    """Records in memory. It has the methods of the interfaces, and none of their classes."""

    SIZE = 48

    def __init__(self) -> None:
        self.records: dict[int, bytearray] = {}
        self.events: list[tuple[int, bytes]] = []
        self.log: list[str] = []
        self.calls: list[tuple[Any, ...]] = []
        self.raises: BaseException | None = None
        self.key_type: Any = None

    def _called(self, *what: Any) -> None:
        self.calls.append(what)
        if self.raises is not None:
            raise self.raises

    def _by_key(self, pk: bytes) -> int | None:
        return next((each for each in self.records if key(self.account(each)[0]) == pk), None)

    def account(self, sys_id: int) -> tuple[int, int]:
        return struct.unpack_from("<QQ", self.records[sys_id])

    def with_read_typed(self, record_kind: int, sys_id: int, visitor: Any) -> bool:
        self._called("with_read_typed", record_kind, sys_id)
        if sys_id not in self.records:
            return False
        visitor(bytes(self.records[sys_id]))
        return True

    def with_read_typed_by_pk(self, record_kind: int, pk: bytes, visitor: Any) -> bool:
        self._called("with_read_typed_by_pk", record_kind, pk)
        sys_id = self._by_key(pk)
        if sys_id is None:
            return False
        visitor(bytes(self.records[sys_id]))
        return True

    def create_typed(self, record_kind: int, init: Any) -> Any:
        self._called("create_typed", record_kind)
        record = bytearray(self.SIZE)
        init(record)
        sys_id = 1 + max(self.records, default=0)
        self.records[sys_id] = record
        return self.key_type(record_kind, sys_id)

    def update_typed_by_pk(self, record_kind: int, pk: bytes, update: Any) -> bool:
        self._called("update_typed_by_pk", record_kind, pk)
        sys_id = self._by_key(pk)
        if sys_id is None:
            return False
        update(self.records[sys_id])
        return True

    def delete_by_pk(self, record_kind: int, pk: bytes) -> bool:
        self._called("delete_by_pk", record_kind, pk)
        sys_id = self._by_key(pk)
        return sys_id is not None and self.records.pop(sys_id) is not None

    def emit_typed_event(self, event_kind: int, payload: bytes) -> None:
        self._called("emit_typed_event", event_kind, payload)
        if event_kind == 0:
            raise ValueError("event kind 0 is reserved – 予約済み")
        self.events.append((event_kind, payload))

    def for_each_record_key(self, kind: int, visitor: Any) -> None:
        self._called("for_each_record_key", kind)
        for sys_id in sorted(self.records):
            visitor(self.key_type(kind, sys_id))

    def debug_log(self, message: str) -> None:
        self._called("debug_log", message)
        self.log.append(message)


@pytest.fixture(params=["any class", "the interface's"])
def host(abi: Any, request: pytest.FixtureRequest) -> Store:
    bases = (Store,) if request.param == "any class" else (Store, abi.HostContext)
    return new_host(abi, *bases)


@pytest.fixture
def store(abi: Any) -> Store:
    return new_host(abi, Store)


def new_host(abi: Any, *bases: type) -> Store:
    made: Store = type("Host", bases, {})()
    made.key_type = abi.RecordKey
    return made


def key(number: int) -> bytes:
    return struct.pack(">Q", number)


def numbers(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}Q", *values)


@pytest.fixture
def run(abi: Any, runtime: Any) -> Callable[..., None]:
    def run(host: Any, kind: int, payload: bytes = b"") -> None:
        runtime.run_tx(host, abi.Command(kind, 7, 1_700_000_000_000_000, payload))

    return run


# --- loading


def test_a_plugin_is_loaded(abi: Any, plugin: Any, built: Callable[..., Path], mode: str) -> None:
    assert plugin.mode == mode
    assert plugin.path == str(built())
    assert plugin.api.abi_version == abi.PLUGIN_ABI_VERSION


@pytest.mark.parametrize(
    ("switch", "refusal", "words"),
    [
        (
            "PLUGIN_ABI_VERSION=2",
            "VersionRefusedError",
            ["version 2", "knows 1; it has to be the same", "a matching release"],
        ),
        ("PLUGIN_NULL_SLOT", "NullSlotError", ["`RuntimePluginApiV1.on_unload` is null"]),
        (
            "PLUGIN_NO_ENTRY",
            "MissingSymbolError",
            ["does not export `statevec_runtime_plugin_entry_v1`"],
        ),
    ],
)
def test_a_plugin_is_refused(
    abi: Any,
    built: Callable[..., Path],
    ready: None,
    mode: str,
    switch: str,
    refusal: str,
    words: list[str],
) -> None:
    path = built(switch)
    with pytest.raises(getattr(abi, refusal)) as caught:
        abi.load(path, mode=mode)
    assert isinstance(caught.value, abi.LoadError)
    assert caught.value.path == str(path)
    assert [word for word in words if word not in str(caught.value)] == []


def test_a_folder_is_searched(
    abi: Any, built: Callable[..., Path], ready: None, mode: str, tmp_path: Path
) -> None:
    shutil.copy(built(), tmp_path / "a.so")
    shutil.copy(built("PLUGIN_ABI_VERSION=2"), tmp_path / "b.so")
    (tmp_path / "c.so").write_text("no library")
    first, second, third = abi.discover(tmp_path, mode=mode)
    assert first.api.plugin_name().startswith("Konto")
    assert isinstance(second, abi.VersionRefusedError)
    assert isinstance(third, abi.NotALibraryError)


def test_name_and_schema(api: Any) -> None:
    assert api.plugin_name() == "Kontoführung – 口座"
    schema = api.schema_bytes()
    assert isinstance(schema, bytes)
    assert b'"name": "Account"' in schema
    assert api.schema_bytes() == schema


# --- runtimes


def test_runtimes_end_in_any_order(api: Any, journal: Journal) -> None:
    first, second, third = (api.create_runtime(text) for text in ("", "limit:9", "ü"))
    assert journal.lines == [f"create_runtime config={text}" for text in ("", "limit:9", "ü")]
    assert (journal.live("Runtime"), journal.made("Runtime")) == (3, 3)
    for left, each in ((2, second), (1, third), (0, first)):
        assert not each.closed
        each.close()
        each.close()
        assert each.closed
        assert journal.live("Runtime") == left
    assert journal.lines.count("destroy_runtime") == 3


def test_garbage_is_destroyed(api: Any, journal: Journal) -> None:
    runtime = api.create_runtime("")
    del runtime
    gc.collect()
    assert (journal.live("Runtime"), journal.made("Runtime")) == (0, 1)


def test_a_parent_ends_its_children(
    abi: Any, built: Callable[..., Path], ready: None, mode: str, journal: Journal
) -> None:
    api = abi.load(built(), mode=mode).api
    first, second = api.create_runtime(""), api.create_runtime("")
    second.close()
    api.close()
    assert first.closed
    assert journal.live() == 0
    assert journal.lines.count("destroy_runtime") == 2
    first.close()
    for use in (
        api.plugin_name,
        lambda: api.create_runtime(""),
        first.on_unload,
        lambda: api.abi_version,
    ):
        with pytest.raises(abi.ClosedError):
            use()


def test_a_parent_forgets_children_that_are_gone(api: Any, journal: Journal) -> None:
    for _ in range(3):
        api.create_runtime("").close()
    first, second = api.create_runtime(""), api.create_runtime("")
    gc.collect()
    assert api._abi_ends.children() == [second, first]
    first.close()
    second.close()


def test_a_child_keeps_its_parent(
    abi: Any, built: Callable[..., Path], ready: None, mode: str, store: Store, journal: Journal
) -> None:
    api = abi.load(built(), mode=mode).api
    alive = weakref.ref(api)
    runtime = api.create_runtime("")
    del api
    gc.collect()
    assert alive() is not None
    runtime.run_tx(store, abi.Command(LOG, 1, 2, b"there"))
    assert store.log == ["there"]
    runtime.close()
    del runtime
    gc.collect()
    assert alive() is None


def test_a_runtime_that_cannot_be_made(abi: Any, api: Any, journal: Journal) -> None:
    with pytest.raises(abi.StatevecError) as caught:
        api.create_runtime("fail:kein Geld – 金")
    error = caught.value
    assert isinstance(error, abi.CallError)
    assert error.message == "ungültig – неверно: kein Geld – 金"
    assert error.status is abi.CallStatus.Failure
    assert error.phase is abi.ErrorPhase.Create
    assert error.kind is abi.ErrorKind.CONFIG_ERROR
    assert (
        str(error)
        == "Failure: ungültig – неверно: kein Geld – 金 (phase=Create, kind=CONFIG_ERROR)"
    )
    assert journal.made("Runtime") == 0


def test_a_reason_that_was_cut(abi: Any, api: Any) -> None:
    with pytest.raises(abi.StatevecError) as caught:
        api.create_runtime("fail-long")
    assert caught.value.message == "!" + 255 * "ü"


def test_unload(abi: Any, api: Any, journal: Journal) -> None:
    with api.create_runtime("") as runtime:
        runtime.on_unload()
    with api.create_runtime("fail-unload:ещё занят") as runtime:
        assert journal.live("char") == 1
        with pytest.raises(abi.StatevecError) as caught:
            runtime.on_unload()
        assert caught.value.message == "ещё занят"
        assert caught.value.phase is abi.ErrorPhase.Unload
        assert caught.value.kind is abi.ErrorKind.PLUGIN_INTERNAL_ERROR
        assert not runtime.closed, "it has to be destroyed all the same"
    assert journal.live() == 0
    for use in (runtime.on_unload, lambda: runtime.validate_biz_invariants(Store())):
        with pytest.raises(abi.ClosedError):
            use()
    with pytest.raises(abi.ClosedError), runtime:
        pass


# --- transactions


def test_records_come_and_go(run: Callable[..., None], host: Store, journal: Journal) -> None:
    run(host, CREATE, numbers(500, 30))
    assert journal.lines[-2:] == [
        "run_tx kind=1 seq=7 time=1700000000000000 payload=16",
        "created kind=1 sys_id=1 size=48 calls=1",
    ]
    assert host.records == {1: bytearray(numbers(500, 30) + bytes(32))}
    run(host, CREATE, numbers(2**64 - 1, 2**64 - 1))
    assert host.account(2) == (2**64 - 1, 2**64 - 1)
    run(host, READ, numbers(1))
    assert journal.last == "found=1 id=500 amount=30 size=48 calls=1"
    run(host, READ, numbers(3))
    assert journal.last == "found=0 id=0 amount=0 size=0 calls=0"
    run(host, READ_BY_KEY, numbers(500))
    assert journal.last == "found=1 id=500 amount=30 size=48 calls=1"
    run(host, READ_BY_KEY, numbers(501))
    assert journal.last == "found=0 id=0 amount=0 size=0 calls=0"
    run(host, UPDATE, numbers(500, 12))
    assert journal.last == "updated found=1 amount=42 size=48 calls=1"
    assert host.account(1) == (500, 42)
    run(host, UPDATE, numbers(501, 12))
    assert journal.last == "updated found=0 amount=12 size=0 calls=0"
    run(host, COUNT)
    assert host.events == [(6, numbers(2))]
    run(host, DELETE, numbers(500))
    assert journal.last == "deleted=1"
    run(host, DELETE, numbers(500))
    assert journal.last == "deleted=0"
    assert list(host.records) == [2]
    assert host.calls[:3] == [
        ("create_typed", 1),
        ("create_typed", 1),
        ("with_read_typed", 1, 1),
    ]
    assert host.calls[-1] == ("delete_by_pk", 1, key(500))


def test_events_and_log(run: Callable[..., None], host: Store) -> None:
    run(host, EMIT, b"\0\xff bytes")
    assert host.events == [(1, b"\0\xff bytes"), (2, b"")]
    assert all(type(payload) is bytes for _, payload in host.events)
    run(host, LOG, "Grüße – привет".encode())
    run(host, LOG, b"broken \xff text")
    run(host, LOG)
    assert host.log == ["Grüße – привет", "broken \ufffd text", ""]


def test_everything_in_one_transaction(run: Callable[..., None], host: Store) -> None:
    run(host, EVERYTHING, numbers(8, 4))
    assert host.account(1) == (8, 8)
    assert host.events == [(6, numbers(1)), (1, numbers(8, 4)), (2, b"")]
    assert host.log == ["alles erledigt – готово"]
    assert [name for name, *_ in host.calls] == [
        "create_typed",
        "with_read_typed_by_pk",
        "update_typed_by_pk",
        "with_read_typed_by_pk",
        "for_each_record_key",
        "emit_typed_event",
        "emit_typed_event",
        "emit_typed_event",
        "debug_log",
    ]


def test_a_call_keeps_only_what_c_may_still_look_at(
    abi: Any, run: Callable[..., None], store: Store, mode: str
) -> None:
    held: list[int] = []

    def debug_log(message: str) -> None:
        (entry,) = abi._bindings.binding_for(mode).entries.values()
        held.append(len(entry.held))

    store.debug_log = debug_log  # type: ignore[method-assign]
    run(store, EVERYTHING, numbers(1, 1))
    assert held == [0]


def test_a_thousand_records(run: Callable[..., None], store: Store, journal: Journal) -> None:
    for number in range(1000):
        run(store, CREATE, numbers(number, 1))
    run(store, COUNT)
    assert store.events == [(6, numbers(1000))]


# --- visitors of the plugin


def test_a_visitor_is_lent(
    abi: Any, run: Callable[..., None], store: Store, journal: Journal
) -> None:
    kept: list[Any] = []
    store.records[1] = bytearray(numbers(5, 5))
    for name in ("with_read_typed", "create_typed", "for_each_record_key"):

        def keep(*arguments: Any) -> Any:
            kept.append(arguments[-1])
            return True

        setattr(store, name, keep)
    store.create_typed = lambda kind, init: (kept.append(init), abi.RecordKey(kind, 4))[1]
    run(store, READ, numbers(1))
    assert journal.last == "found=1 id=0 amount=0 size=0 calls=0"
    run(store, CREATE)
    assert journal.last == "created kind=1 sys_id=4 size=0 calls=0"
    run(store, COUNT)
    for visitor, argument in zip(kept, (b"", bytearray(48), abi.RecordKey(1, 1)), strict=True):
        with pytest.raises(abi.ClosedError, match="only lent"):
            visitor(argument)


def test_what_visitors_take(run: Callable[..., None], store: Store, journal: Journal) -> None:
    """Any memory will do that has the right to be written."""
    record = bytearray(64)

    def create_typed(kind: int, init: Any) -> Any:
        with pytest.raises((TypeError, ValueError, BufferError)):
            init(bytes(48))
        init(memoryview(record)[16:])
        record.extend(b"more")  # nobody holds it any longer
        return store.key_type(kind, 2**64 - 1)

    store.create_typed = create_typed  # type: ignore[method-assign]
    run(store, CREATE, numbers(3, 9))
    assert journal.last == f"created kind=1 sys_id={2**64 - 1} size=48 calls=1"
    assert record[16:32] == numbers(3, 9)
    store.with_read_typed = lambda kind, sys_id, visitor: visitor(memoryview(record)[16:64]) or True  # type: ignore[method-assign]
    run(store, READ)
    assert journal.last == "found=1 id=3 amount=9 size=48 calls=1"
    store.with_read_typed = lambda kind, sys_id, visitor: visitor(b"") or True  # type: ignore[method-assign]
    run(store, READ)
    assert journal.last == "found=1 id=0 amount=0 size=0 calls=1"


# --- visitors of Python's: a host as the other side sees it


@pytest.fixture
def other_side(abi: Any, plugin: Any) -> Callable[[Any], contextlib.AbstractContextManager[Any]]:
    """A host of Python's that went through C: calls go from Python to C and back."""

    @contextlib.contextmanager
    def through(host: Any) -> Iterator[Any]:
        lib = plugin._abi_lib
        with abi._runtime.Keep(lib) as keep:
            fields = abi._bridge.fill_RuntimeHostContextV1(lib, host, keep, "call")
            made = lib.make("RuntimeHostContextV1", fields)
            yield abi._bridge.lend_RuntimeHostContextV1(lib, made)

    return through


def test_python_writes_in_place(abi: Any, store: Store, other_side: Any) -> None:
    views: list[Any] = []

    def init(view: memoryview) -> None:
        assert isinstance(view, memoryview)
        assert (len(view), bytes(view), view.format) == (48, bytes(48), "B")
        view[:16] = numbers(1, 2)
        view[47] = 255
        views.append(view)

    def add(view: memoryview) -> None:
        view[8] += 1
        views.append(view)

    with other_side(store) as host:
        assert host.create_typed(1, init) == abi.RecordKey(1, 1)
        assert store.records[1] == numbers(1, 2) + bytes(31) + b"\xff"
        assert host.update_typed_by_pk(1, key(1), add) is True
        assert store.account(1) == (1, 3)
        assert host.update_typed_by_pk(1, key(7), add) is False
    assert len(views) == 2
    for view in views:
        with pytest.raises(ValueError, match="released"):
            view[0]


def test_python_reads(abi: Any, store: Store, other_side: Any) -> None:
    store.records = {1: bytearray(numbers(1, 2)), 5: bytearray(numbers(3, 4))}
    seen: list[Any] = []
    with other_side(store) as host:
        assert host.with_read_typed(1, 5, seen.append) is True
        assert host.with_read_typed_by_pk(1, key(1), seen.append) is True
        assert host.with_read_typed(1, 9, seen.append) is False
        assert host.with_read_typed_by_pk(1, key(9), seen.append) is False
        assert seen == [numbers(3, 4), numbers(1, 2)]
        assert all(type(each) is bytes for each in seen)
        seen.clear()
        host.for_each_record_key(9, seen.append)
        assert seen == [abi.RecordKey(9, 1), abi.RecordKey(9, 5)]
        assert host.delete_by_pk(1, key(1)) is True
        assert host.delete_by_pk(1, key(1)) is False
        host.emit_typed_event(255, b"\0")
        host.debug_log("так")
    assert (store.events, store.log) == ([(255, b"\0")], ["так"])


def test_a_visitor_that_raises(
    store: Store, other_side: Any, unraisable: list[BaseException]
) -> None:
    """Visitors cannot fail in this ABI."""

    def visitor(data: bytes) -> None:
        raise KeyError("no way out")

    store.records[1] = bytearray(16)
    with other_side(store) as host:
        assert host.with_read_typed(1, 1, visitor) is True
    assert [type(each) for each in unraisable] == [KeyError]
    unraisable.clear()


def test_wrong_arguments_never_reach_c(store: Store, other_side: Any) -> None:
    with other_side(store) as host:
        for kind in (256, -1):
            with pytest.raises(OverflowError):
                host.emit_typed_event(kind, b"")
        with pytest.raises(TypeError):
            host.emit_typed_event(1, "text")
        with pytest.raises((TypeError, AttributeError)):
            host.debug_log(b"bytes")
    assert store.calls == []


def test_a_host_of_the_other_side_is_passed_on(
    abi: Any, run: Callable[..., None], store: Store, other_side: Any
) -> None:
    with other_side(store) as host:
        run(host, CREATE, numbers(1, 1))
        host.close()
        with pytest.raises(abi.ClosedError):
            host.debug_log("")
        with pytest.raises(abi.ClosedError):
            run(host, CREATE, numbers(2, 1))
    assert store.account(1) == (1, 1)
    assert len(store.records) == 1


# --- failing transactions


def failure(abi: Any, run: Callable[..., None], host: Any, kind: int, payload: bytes = b"") -> Any:
    with pytest.raises(abi.StatevecError) as caught:
        run(host, kind, payload)
    assert caught.value.status is abi.CallStatus.Failure
    return caught.value


def test_a_rejection(abi: Any, run: Callable[..., None], store: Store) -> None:
    error = failure(abi, run, store, REJECT, "zu früh".encode())
    assert error.message == "zurückgewiesen – отказано: zu früh"
    assert error.phase is abi.ErrorPhase.RunTx
    assert error.kind is abi.ErrorKind.PLUGIN_REJECTED
    error = failure(abi, run, store, 200)
    assert error.kind is abi.ErrorKind.INVALID_COMMAND
    assert error.message == "no command has the number 200"
    run(store, LOG, b"goes on")
    assert store.log == ["goes on"]


def test_errors_that_no_plugin_should_make(
    abi: Any, run: Callable[..., None], store: Store
) -> None:
    """What can be told is told; nothing is read that is not there."""
    garbled = failure(abi, run, store, GARBLED)
    assert garbled.message == "kaputt: " + 504 * "\ufffd"
    too_long = failure(abi, run, store, TOO_LONG)
    assert too_long.message == 512 * "x"
    new_kind = failure(abi, run, store, NEW_KIND)
    assert new_kind.kind == 60000
    assert new_kind.kind.name == "unknown_60000"
    assert new_kind.message == "kaputt – 壊れた"


def test_an_unknown_phase_does_not_hide_the_reason(
    abi: Any, run: Callable[..., None], store: Store
) -> None:
    no_phase = failure(abi, run, store, NO_PHASE)
    assert no_phase.phase == 77
    assert no_phase.kind is abi.ErrorKind.PLUGIN_REJECTED
    assert no_phase.message == "kaputt – 壊れた"
    empty = failure(abi, run, store, EMPTY)
    assert (empty.message, empty.phase, empty.kind) == ("", 0, 0)


# --- exceptions of the host


SLOTS = [
    (CREATE, "create_typed"),
    (READ, "with_read_typed"),
    (READ_BY_KEY, "with_read_typed_by_pk"),
    (UPDATE, "update_typed_by_pk"),
    (DELETE, "delete_by_pk"),
    (EMIT, "emit_typed_event"),
    (COUNT, "for_each_record_key"),
    (LOG, "debug_log"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "slot"), SLOTS)
def test_an_exception_becomes_the_error_of_the_slot(
    abi: Any, run: Callable[..., None], store: Store, journal: Journal, kind: int, slot: str
) -> None:
    store.raises = LookupError("nicht da – нет")
    error = failure(abi, run, store, kind)
    assert store.calls[0][0] == slot
    # The buffer comes with a phase and a kind, which say all that is known of any exception.
    wanted = "phase=3 kind=4002 message=LookupError: nicht da – нет"
    assert error.message == wanted
    assert error.kind is abi.ErrorKind.PLUGIN_REJECTED
    assert (
        journal.last
        == "host failed: phase=3 kind=4002 length=32 message=LookupError: nicht da – нет"
    )


def test_a_failure_of_the_host_is_passed_on(
    abi: Any, run: Callable[..., None], host: Store
) -> None:
    error = failure(abi, run, host, REFUSED)
    assert error.message == (
        "phase=3 kind=4002 message=ValueError: event kind 0 is reserved – 予約済み"
    )


def test_an_error_of_the_abi_keeps_what_it_says(
    abi: Any, run: Callable[..., None], store: Store, journal: Journal
) -> None:
    store.raises = abi.StatevecError(
        "gesperrt – заперто",
        phase=abi.ErrorPhase.Unload,
        kind=abi.ErrorKind.HOST_REJECTED,
    )
    error = failure(abi, run, store, LOG)
    assert error.message == "phase=5 kind=4001 message=gesperrt – заперто"
    store.raises = abi.StatevecError("later", phase=2, kind=65535)
    assert failure(abi, run, store, LOG).message == "phase=2 kind=65535 message=later"


def test_an_error_of_the_abi_that_says_little(
    abi: Any, run: Callable[..., None], store: Store
) -> None:
    store.raises = abi.StatevecError("only a text")
    assert failure(abi, run, store, LOG).message == "phase=3 kind=4002 message=only a text"
    store.raises = abi.StatevecError()
    assert failure(abi, run, store, LOG).message.startswith(
        "phase=3 kind=4002 message=StatevecError: "
    )
    store.raises = abi.CallError("no buffer", 1)
    assert failure(abi, run, store, LOG).message == "phase=3 kind=4002 message=no buffer"


class Odd(Exception):
    """Has members of the same names as the ABI's error, which mean something else."""

    def __init__(self, **members: Any) -> None:
        super().__init__("odd")
        vars(self).update(members)


@pytest.mark.slow
@pytest.mark.parametrize(
    "members",
    [
        {"phase": "full moon", "kind": "special"},
        {"phase": 77, "kind": 70000},
        {"phase": -1, "kind": -1},
        {"phase": None, "kind": None},
        {"status": 404},
        {"status": 2**40},
        {"status": "Success"},
        {"status": 0},
    ],
    ids=str,
)
def test_an_exception_that_only_looks_alike(
    abi: Any, run: Callable[..., None], store: Store, members: dict[str, Any]
) -> None:
    store.raises = Odd(**members)
    assert failure(abi, run, store, LOG).message == "phase=3 kind=4002 message=Odd: odd"


@pytest.mark.parametrize("members", [{"phase": 77, "kind": 70000}, {"status": 2**40}], ids=str)
def test_an_error_of_the_abi_with_numbers_that_it_cannot_carry(
    abi: Any, run: Callable[..., None], store: Store, members: dict[str, Any]
) -> None:
    store.raises = abi.StatevecError("odd", **members)
    assert failure(abi, run, store, LOG).message == "phase=3 kind=4002 message=odd"


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even that")


@pytest.mark.parametrize("error", [Mute()])
def test_no_exception_gets_through(
    abi: Any, run: Callable[..., None], store: Store, error: BaseException
) -> None:
    store.raises = error
    assert type(error).__name__ in failure(abi, run, store, LOG).message
    store.raises = None
    run(store, LOG, b"goes on")


@pytest.mark.slow
@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
def test_what_ends_more_than_a_call_goes_through(
    abi: Any, run: Callable[..., None], store: Store, error: BaseException
) -> None:
    store.raises = error
    with pytest.raises(type(error)):
        run(store, LOG)
    store.raises = None
    run(store, LOG, b"goes on")


def test_an_error_that_cannot_be_told_is_still_a_failure(
    abi: Any, run: Callable[..., None], store: Store, unraisable: list[BaseException]
) -> None:
    class Broken(abi.CallError):  # type: ignore[misc]
        @property
        def phase(self) -> int:
            raise ZeroDivisionError

    store.raises = Broken("text")
    failure(abi, run, store, LOG)
    assert [type(each) for each in unraisable] == [ZeroDivisionError]
    unraisable.clear()


def test_a_long_reason_is_cut_between_characters(
    abi: Any, run: Callable[..., None], store: Store, journal: Journal
) -> None:
    store.raises = ValueError("я" * 1000)
    failure(abi, run, store, LOG)
    prefix = "ValueError: "
    assert journal.last.endswith(f"length=512 message={prefix}{'я' * 250}")
    store.raises = ValueError("." + "я" * 1000)
    failure(abi, run, store, LOG)
    assert journal.last.endswith(f"length=511 message={prefix}.{'я' * 249}")
    store.raises = ValueError("\udcff alone")
    failure(abi, run, store, LOG)
    assert journal.last.endswith(f"message={prefix}? alone")


def test_the_cause_is_told(abi: Any, run: Callable[..., None], store: Store) -> None:
    store.raises = ValueError("two\nlines")
    store.raises.__cause__ = KeyError("why")
    assert failure(abi, run, store, LOG).message.endswith(
        "message=ValueError: two lines (caused by KeyError: 'why')"
    )


@pytest.mark.parametrize(
    ("kind", "slot", "result"),
    [
        (READ, "with_read_typed", "yes"),
        (DELETE, "delete_by_pk", None),
        (CREATE, "create_typed", None),
        (CREATE, "create_typed", 4),
    ],
)
def test_a_wrong_result_of_the_host(
    abi: Any, run: Callable[..., None], store: Store, kind: int, slot: str, result: Any
) -> None:
    setattr(store, slot, lambda *_: result)
    assert "message=" in failure(abi, run, store, kind).message


def test_a_number_that_does_not_fit(abi: Any, run: Callable[..., None], store: Store) -> None:
    store.create_typed = lambda kind, init: abi.RecordKey(256, 1)  # type: ignore[method-assign]
    assert "OverflowError" in failure(abi, run, store, CREATE).message


def test_a_host_without_a_method(
    abi: Any, run: Callable[..., None], runtime: Any, store: Store, journal: Journal
) -> None:
    """The plugin does not get to see it."""
    before = journal.lines

    class Half:
        debug_log = create_typed = delete_by_pk = emit_typed_event = print
        update_typed_by_pk = with_read_typed_by_pk = with_read_typed = print

    for host, said in (
        (Half(), "an object like HostContext is needed, and Half has no `for_each_record_key`"),
        (
            None,
            "an object like HostContext is needed, and NoneType has no `create_typed`, `debug_log`,"
            " `delete_by_pk` and 5 more",
        ),
    ):
        with pytest.raises(TypeError) as caught:
            run(host, LOG)
        assert str(caught.value) == f"run_tx() argument 'host': {said}"
    with pytest.raises(
        TypeError,
        match="an object like ReadContext is needed, and Half has no `for_each_record_key`",
    ):
        runtime.validate_biz_invariants(Half())
    assert journal.lines == before
    run(store, LOG, b"goes on")


def test_texts_and_bytes_of_the_wrong_type(
    abi: Any, api: Any, run: Callable[..., None], store: Store
) -> None:
    with pytest.raises(TypeError, match="a str is needed, not bytes"):
        api.create_runtime(b"")
    with pytest.raises(TypeError, match="bytes are needed, not str"):
        run(store, LOG, "text")


# --- invariants


@pytest.mark.parametrize("declared", [False, True])
def test_invariants(abi: Any, api: Any, journal: Journal, declared: bool) -> None:
    bases = (Store, abi.ReadContext) if declared else (Store,)
    store = new_host(abi, *bases)
    store.records = {1: bytearray(numbers(1, 10)), 2: bytearray(numbers(2, 20))}
    with api.create_runtime("limit:15") as runtime:
        with pytest.raises(abi.StatevecError) as caught:
            runtime.validate_biz_invariants(store)
        assert caught.value.message == "Konto 2 überzogen: 20"
        assert caught.value.phase is abi.ErrorPhase.ValidateBizInvariants
        assert caught.value.kind is abi.ErrorKind.PLUGIN_REJECTED
        del store.records[2]
        store.calls.clear()
        runtime.validate_biz_invariants(store)
        assert store.calls == [
            ("for_each_record_key", 1),
            ("with_read_typed", 1, 1),
            ("with_read_typed_by_pk", 1, key(1)),
        ]
        store.raises = OSError("disk")
        with pytest.raises(abi.StatevecError) as caught:
            runtime.validate_biz_invariants(store)
        assert caught.value.message == "phase=4 kind=4002 message=OSError: disk"


def test_a_reader_needs_only_what_reads(abi: Any, runtime: Any, store: Store) -> None:
    class Reader(abi.ReadContext):  # type: ignore[misc]
        def with_read_typed(self, *_: Any) -> bool:
            raise AssertionError

        def with_read_typed_by_pk(self, *_: Any) -> bool:
            raise AssertionError

        def for_each_record_key(self, kind: int, visitor: Any) -> None:
            pass

    runtime.validate_biz_invariants(Reader())
    assert not hasattr(Reader(), "create_typed")


# --- misuse


def test_a_closed_runtime_is_not_called(
    abi: Any, runtime: Any, store: Store, journal: Journal
) -> None:
    runtime.close()
    count = len(journal.lines)
    with pytest.raises(abi.ClosedError):
        runtime.run_tx(store, abi.Command(LOG, 0, 0, b""))
    with pytest.raises(abi.ClosedError):
        runtime.validate_biz_invariants(store)
    assert len(journal.lines) == count


def test_a_runtime_closed_from_inside_ends_afterwards(
    abi: Any, api: Any, store: Store, journal: Journal
) -> None:
    runtime = api.create_runtime("")
    seen: list[int] = []

    def debug_log(message: str) -> None:
        runtime.close()
        seen.append(journal.live("Runtime"))

    store.debug_log = debug_log  # type: ignore[method-assign]
    runtime.run_tx(store, abi.Command(EVERYTHING, 0, 0, numbers(1, 1)))
    assert seen == [1], "a plugin is not destroyed while it works"
    assert runtime.closed
    assert journal.lines[-1] == "destroy_runtime"
    assert journal.live() == 0


def test_a_runtime_closed_from_another_thread_ends_afterwards(
    abi: Any, api: Any, store: Store, journal: Journal
) -> None:
    runtime = api.create_runtime("")
    seen: list[int] = []

    def debug_log(message: str) -> None:
        closing = threading.Thread(target=runtime.close)
        closing.start()
        closing.join(PATIENCE)
        assert not closing.is_alive()
        seen.append(journal.live("Runtime"))

    store.debug_log = debug_log  # type: ignore[method-assign]
    runtime.run_tx(store, abi.Command(LOG, 0, 0, b""))
    assert seen == [1]
    assert journal.live() == 0


def test_a_late_call_is_counted(
    abi: Any,
    run: Callable[..., None],
    store: Store,
    journal: Journal,
    unraisable: list[BaseException],
) -> None:
    before = abi.late_calls()
    run(store, KEEP_HOST)
    run(store, CALL_LATE)
    assert journal.last == (
        "late: status=1 message=LateCallError: called after its registration had ended"
    )
    assert store.log == []
    assert abi.late_calls() == before + 1
    assert [type(each) for each in unraisable] == [abi.LateCallError]
    unraisable.clear()


def test_a_host_is_let_go_after_the_call(
    abi: Any, run: Callable[..., None], store: Store, plugin: Any
) -> None:
    run(store, EVERYTHING, numbers(1, 1))
    store.raises = ValueError()
    failure(abi, run, store, LOG)
    store.raises = None
    gone = weakref.ref(new_host(abi, Store))
    assert gone() is None
    host = new_host(abi, Store)
    gone = weakref.ref(host)
    run(host, EVERYTHING, numbers(1, 1))
    del host
    gc.collect()
    assert gone() is None
    assert plugin._abi_lib.kept == []


# --- the plugins


MISUSE = """
import sys
sys.path.insert(0, sys.argv[1])
import statevec
api = statevec.load(sys.argv[2], mode="ready-made").api
runtime = api.create_runtime("")
table, context = runtime._abi_table, runtime._abi_context
runtime.close()
getattr(table, sys.argv[3])(context, *([runtime._abi_lib.null] * int(sys.argv[4])))
"""


@pytest.mark.parametrize(("slot", "more"), [("destroy_runtime", 0), ("on_unload", 1)])
def test_a_use_after_the_end_ends_the_process(
    built: Callable[..., Path], slot: str, more: int
) -> None:
    """What the other tests rely on, when they say that a runtime ends once."""
    done = subprocess.run(
        [sys.executable, "-c", MISUSE, str(PACKAGE.parent), str(built()), slot, str(more)],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == -signal.SIGABRT
    assert done.stderr.startswith(f"statevec_plugin: {slot}: this runtime was destroyed before")


@pytest.mark.slow
@pytest.mark.parametrize(
    "compiler", [pytest.param(name, marks=pytest.mark.tool(name)) for name in ("gcc", "clang")]
)
@pytest.mark.parametrize("switch", ["", "PLUGIN_NULL_SLOT", "PLUGIN_NO_ENTRY"])
def test_no_compiler_warns(tmp_path: Path, compiler: str, switch: str) -> None:
    command = [*in_c([compiler], switch), "-o", str(tmp_path / "plugin.so")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
