"""drasi's metadata and one source, through everything that is generated for C and for cffi.

The plugin is C, built against the generated header. The host is Python, and does by hand what the
ABI asks of one: that takes the generated declarations and enums, cffi and libc, and nothing else.

Blocks of the plugin are counted. Each has the size that cffi and the C compiler have to agree on, as
Rust gives it back with the block, and when a test ends there is none left.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import cffi
import pytest

from abilock.host import host_triple
from support.library import library_at
from support.pages import write_pages

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "tests" / "cases" / "plugins" / "drasi_minimal.c"
PACKAGE = "vertical_slice_drasi"

FLAGS = ("-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror")
# Hidden: what the header does not export is not found.
SHARED = ("-fPIC", "-shared", "-pthread", "-fvisibility=hidden")

#: Beside the ABI: how the plugin counts, and how a host frees.
HELPERS = """
size_t test_live_blocks(void);
size_t test_forget(void *memory);
void *malloc(size_t size);
void free(void *memory);
"""

#: Longer than any of it takes, also on a busy machine.
PATIENCE = 60

#: Libraries and callbacks, which must not go before the process does. cffi unloads a library that
#: nobody holds, and frees the code of a callback; a thread of the plugin may still be on its way out
#: of either, after the last call that it tells of.
FOREVER: list[Any] = []


class Refused(Exception):
    """The library is not for this host."""


class Failed(Exception):
    """What a failed call says of itself."""


class Change(NamedTuple):
    source_id: str
    timestamp_us: int
    op: Any
    label: str
    entity_id: str


# --- the generated files, and the plugin made of them


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what is generated for C and for cffi, from the description as it is now."""
    folder = tmp_path_factory.mktemp("vertical slice")
    library = library_at(ROOT / "abi" / "drasi.abi")
    write_pages(library, folder, "header", "layout", "layout_tests", "cffi")
    return folder


@pytest.fixture(scope="module")
def layout_test(tree: Path) -> subprocess.CompletedProcess[str]:
    """A run of the generated layout test, which asks cffi."""
    return subprocess.run(
        (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "tests"),
        cwd=tree,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def package(tree: Path, layout_test: subprocess.CompletedProcess[str]) -> Iterator[ModuleType]:
    """The generated package, under a name of its own: others import theirs as ``drasi``."""
    # A call through a wrong slot would take all tests down with it.
    assert layout_test.returncode == 0, "see test_the_generated_test_passes"
    folder = tree / "python" / "drasi"
    spec = importlib.util.spec_from_file_location(
        PACKAGE, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = module
    spec.loader.exec_module(module)
    importlib.import_module(f"{PACKAGE}._cdef")
    yield module
    for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
        del sys.modules[name]


def build(cc: Sequence[str], include: Path, library: Path, **defined: str) -> str:
    """What the compiler says. It makes the library, or there is none."""
    macros = (f'-D{name}="{text}"' for name, text in defined.items())
    command = (*cc, *FLAGS, *SHARED, f"-I{include}", *macros, str(PLUGIN), "-o", str(library))
    done = subprocess.run(command, cwd=library.parent, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == library.exists(), done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def library(tree: Path, cc: list[str]) -> Path:
    path = tree / "minimal.so"
    said = build(cc, tree / "include", path, PLUGIN_TRIPLE=host_triple())
    assert path.exists(), said
    return path


# --- a host, by hand


class Host:
    """A library that was opened; nothing in it has been called."""

    def __init__(self, package: ModuleType, library: Path) -> None:
        self.package = package
        self.ffi = cffi.FFI()
        sys.modules[f"{PACKAGE}._cdef"].declare(self.ffi)
        self.ffi.cdef(HELPERS)
        self.lib = self.ffi.dlopen(str(library))
        self.libc = self.ffi.dlopen(None)
        self.factory: Any = None
        self.steps: list[tuple[str, str, Any]] = []
        self.problems: list[object] = []
        self.ctx = self.ffi.new_handle(self)
        FOREVER.extend((self.lib, self.ctx))

    def handshake(self) -> Any:
        """The registration, of a library that says that it fits."""
        metadata = self.lib.drasi_plugin_metadata()
        if not metadata:
            raise Refused("no metadata")
        theirs = self.text(metadata.sdk_version)
        if theirs.split(".")[:2] != self.package.__version__.split(".")[:2]:
            raise Refused(f"made for {theirs}")
        if (triple := self.text(metadata.target_triple)) != host_triple():
            raise Refused(f"built for {triple}")
        registration = self.lib.drasi_plugin_init()
        if not registration:
            raise Refused("it did not start")
        return registration

    def load(self) -> None:
        """Shake hands, and take over the one factory."""
        registration = self.handshake()
        log = self.callback("LogCallbackFn", lambda ctx, entry: None)
        registration.set_log_callback(self.ctx, log)
        lifecycle = self.callback("LifecycleCallbackFn", self._note_step)
        registration.set_lifecycle_callback(self.ctx, lifecycle)
        assert registration.source_plugin_count == 1
        assert registration.reaction_plugin_count == 0
        assert registration.reaction_plugins, "there is a pointer where there is no reaction"
        assert not registration.bootstrap_plugins
        self.factory = self.moved("SourcePluginVtable", registration.source_plugins)
        self.free(registration, self.ffi.sizeof("FfiPluginRegistration"))

    def unload(self) -> None:
        if self.factory is not None:
            self.factory.drop_fn(self.factory.state)

    def create(self, id: str, config: str) -> Any:
        """The table of a new source."""
        result = self.factory.create_source_fn(
            self.factory.state, self.lent(id), self.lent(config), True
        )
        self.check(result)
        assert result.ptr
        return self.moved("SourceVtable", result.ptr)

    def subscribe(self, source: Any, source_id: str, query_id: str) -> Any:
        """A response, or null."""
        nothing = self.lent("[]")
        return source.subscribe_fn(
            source.state,
            self.lent(source_id),
            False,
            self.lent(query_id),
            nothing,
            nothing,
            self.ffi.NULL,
            0,
            False,
            0,
            False,
        )

    def receiver(self, source: Any, source_id: str, query_id: str = "query") -> Any:
        """The table of a subscription's receiver."""
        response = self.subscribe(source, source_id, query_id)
        assert response
        # An empty text has no block, so it must not be freed although it has a pointer.
        assert (response.query_id.cap == 0) == (query_id == "")
        assert response.query_id.ptr
        assert self.taken(response.query_id) == query_id
        assert self.taken(response.source_id) == source_id
        assert not response.bootstrap_receiver
        assert not response.bootstrap_result_receiver
        assert not response.position_handle_ptr
        receiver = self.moved("FfiChangeReceiver", response.receiver)
        self.free(response, self.ffi.sizeof("FfiSubscriptionResponse"))
        return receiver

    def live(self) -> int:
        """How many blocks of the plugin are somewhere."""
        return int(self.lib.test_live_blocks())

    # --- values

    def lent(self, text: str) -> tuple[Any, int]:
        """An FfiStr, as long as the caller holds it. Its pointer is not null for "" either."""
        held = text.encode()
        return self.ffi.from_buffer("char[]", held), len(held)

    def text(self, value: Any) -> str:
        """The content of an FfiStr or FfiOwnedStr. It ends where its length says, not at a NUL."""
        return bytes(self.ffi.unpack(value.ptr, value.len)).decode()

    def taken(self, value: Any) -> str:
        """The content of an FfiOwnedStr, which is freed."""
        text = self.text(value)
        if value.cap != 0:
            self.free(value.ptr, value.cap)
        return text

    def moved(self, type_: str, block: Any) -> Any:
        """A copy of a struct on the heap, whose block is freed."""
        copy = self.ffi.new(f"{type_} *", self.ffi.cast(f"{type_} *", block)[0])
        self.free(block, self.ffi.sizeof(type_))
        return copy

    def free(self, block: Any, size: int) -> None:
        """Free what the plugin allocated, as ``allocator rust`` says."""
        assert size, "where nothing was allocated there is nothing to free"
        assert self.lib.test_forget(block) == size, "no such block, or one of another size"
        self.libc.free(block)

    def check(self, result: Any) -> None:
        """Raise what an FfiResult or FfiCreateResult says."""
        if result.error_code == 0:
            assert not result.error_msg, "nobody frees the message of a success"
            return
        message = self.ffi.string(result.error_msg)
        self.free(result.error_msg, len(message) + 1)
        raise Failed(message.decode())

    # --- callbacks

    def callback(self, type_: str, function: Any, error: Any = None) -> Any:
        """What C calls; an exception in it becomes a problem, which fails the test."""
        made = self.ffi.callback(type_, function, error=error, onerror=self._note_problem)
        FOREVER.append(made)
        return made

    def _note_problem(self, *raised: object) -> None:
        self.problems.append(raised[1])

    def _note_step(self, ctx: Any, event: Any) -> None:
        assert self.ffi.from_handle(ctx) is self
        step = self.package.LifecycleEventType(event.event_type)
        self.steps.append((self.text(event.component_id), self.text(event.component_type), step))


class Listener:
    """Takes changes until it has ``enough``, and the null that ends them."""

    def __init__(self, host: Host, enough: int | None = None) -> None:
        self.host = host
        self.enough = enough
        self.changes: list[Change] = []
        self.threads: set[int] = set()
        self.nulls = 0
        self.ended = threading.Event()
        self.callback = host.callback("FfiChangePushCallbackFn", self._take, error=False)
        self.ctx = host.ffi.new_handle(self)

    def wait(self) -> None:
        assert self.ended.wait(PATIENCE), f"the stream did not end: {self.host.problems}"

    def _take(self, ctx: Any, event: Any) -> bool:
        host = self.host
        assert host.ffi.from_handle(ctx) is self
        self.threads.add(threading.get_ident())
        if not event:
            self.nulls += 1
            self.ended.set()
            return False
        assert event.label.ptr
        assert event.entity_id.ptr
        change = Change(
            host.text(event.source_id),
            event.timestamp_us,
            host.package.ChangeOp(event.op),
            host.text(event.label),
            host.text(event.entity_id),
        )
        event.drop_fn(event.opaque)
        host.free(event, host.ffi.sizeof("FfiSourceEvent"))
        self.changes.append(change)
        return self.enough is None or len(self.changes) < self.enough


@pytest.fixture
def unloaded(package: ModuleType, library: Path, tmp_path: Path) -> Iterator[Host]:
    """A library that has not been called yet. When the test ends, all that it gave is given back."""
    # A file of its own has variables of its own: what one test leaks is not found by the next.
    host = Host(package, Path(shutil.copy(library, tmp_path)))
    yield host
    host.unload()
    assert not host.problems
    assert host.live() == 0


@pytest.fixture
def host(unloaded: Host) -> Host:
    """A library that was loaded."""
    unloaded.load()
    return unloaded


def config(events: int, label: str = "Sensor") -> str:
    return json.dumps({"label": label, "events": events})


# --- loading


def test_the_generated_test_passes(layout_test: subprocess.CompletedProcess[str]) -> None:
    assert layout_test.returncode == 0, layout_test.stdout + layout_test.stderr
    assert " passed" in layout_test.stdout
    assert "skipped" not in layout_test.stdout, layout_test.stdout


def test_the_metadata_can_be_read_before_anything_starts(unloaded: Host) -> None:
    metadata = unloaded.lib.drasi_plugin_metadata()
    names = [name for name, _ in unloaded.ffi.typeof("PluginMetadata").fields]
    assert {name: unloaded.text(getattr(metadata, name)) for name in names} == {
        "sdk_version": "0.8.4",
        "core_version": "0.5.3",
        "lib_version": "0.8.4",
        "plugin_version": "1.2.3",
        "target_triple": host_triple(),
        "git_commit": "unknown",
        "build_timestamp": "dev-build",
    }
    assert unloaded.lib.drasi_plugin_metadata() == metadata


@pytest.mark.parametrize(
    ("defined", "why"),
    [
        ({"PLUGIN_SDK_VERSION": "0.9.4"}, "made for 0.9.4"),
        ({"PLUGIN_SDK_VERSION": "1.8.4"}, "made for 1.8.4"),
        ({"PLUGIN_TRIPLE": "pdp11-unknown-unix"}, "built for pdp11-unknown-unix"),
    ],
)
def test_a_library_that_does_not_fit_is_not_started(
    package: ModuleType,
    tree: Path,
    cc: list[str],
    tmp_path: Path,
    defined: dict[str, str],
    why: str,
) -> None:
    path = tmp_path / "other.so"
    said = build(cc, tree / "include", path, **{"PLUGIN_TRIPLE": host_triple(), **defined})
    assert path.exists(), said
    host = Host(package, path)
    with pytest.raises(Refused, match=f"^{re.escape(why)}$"):
        host.load()
    assert host.live() == 0


def test_another_patch_version_fits(
    package: ModuleType, tree: Path, cc: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "other.so"
    said = build(
        cc,
        tree / "include",
        path,
        PLUGIN_TRIPLE=host_triple(),
        PLUGIN_SDK_VERSION="0.8.11",
    )
    assert path.exists(), said
    host = Host(package, path)
    host.load()
    host.unload()
    assert host.live() == 0


def test_an_optional_entry_may_be_missing(unloaded: Host) -> None:
    assert not hasattr(unloaded.lib, "drasi_plugin_shutdown")


def test_the_factory_describes_itself(host: Host) -> None:
    factory = host.factory
    assert host.text(factory.kind_fn(factory.state)) == "minimal"
    assert host.text(factory.config_version_fn(factory.state)) == "1.0.0"
    schemas = json.loads(host.taken(factory.config_schema_json_fn(factory.state)))
    assert host.text(factory.config_schema_name_fn(factory.state)) in schemas


# --- a source


def test_a_source_lives(host: Host) -> None:
    status, step = host.package.ComponentStatus, host.package.LifecycleEventType
    before = host.live()
    source = host.create("tür 7", config(events=2))
    state = source.state
    assert host.live() > before

    assert host.text(source.id_fn(state)) == "tür 7"
    assert host.text(source.type_name_fn(state)) == "minimal"
    assert source.auto_start_fn(state) is True
    assert source.supports_replay_fn(state) is False
    mode = host.package.DispatchMode(source.dispatch_mode_fn(state))
    assert mode is host.package.DispatchMode.Channel
    assert json.loads(host.taken(source.properties_fn(state))) == json.loads(config(events=2))
    schema = json.loads(host.taken(source.describe_schema_fn(state)))
    assert schema["nodes"] == [{"label": "Sensor", "properties": []}]

    assert status(source.status_fn(state)) is status.Stopped
    host.check(source.start_fn(state))
    assert status(source.status_fn(state)) is status.Running
    assert host.steps == [("tür 7", "source", step.Starting), ("tür 7", "source", step.Started)]

    listener = Listener(host)
    receiver = host.receiver(source, "tür 7")
    receiver.start_push_fn(receiver.state, listener.callback, listener.ctx)
    listener.wait()
    operations = host.package.ChangeOp
    assert listener.changes == [
        Change("tür 7", 1_700_000_000_000_000, operations.Insert, "", ""),
        Change("tür 7", 1_700_000_000_000_001, operations.Update, "", ""),
    ]
    assert all(isinstance(change.op, operations) for change in listener.changes)
    assert len(listener.threads) == 1
    assert threading.get_ident() not in listener.threads

    host.check(source.remove_position_handle_fn(state, host.lent("query")))
    receiver.drop_fn(receiver.state)
    host.check(source.stop_fn(state))
    assert status(source.status_fn(state)) is status.Stopped
    assert [told[2] for told in host.steps[2:]] == [step.Stopping, step.Stopped]
    host.check(source.deprovision_fn(state))
    source.drop_fn(state)
    assert listener.nulls == 1
    assert host.live() == before


def test_an_empty_text_has_no_block(host: Host) -> None:
    source = host.create("s", config(events=0, label=""))
    live = host.live()
    schema = source.describe_schema_fn(source.state)
    assert (schema.len, schema.cap) == (0, 0)
    assert schema.ptr
    assert host.live() == live
    assert host.taken(schema) == ""
    source.drop_fn(source.state)


def test_a_source_may_outlive_its_factory(host: Host) -> None:
    source = host.create("s", config(events=0))
    host.unload()
    host.factory = None
    assert host.text(source.id_fn(source.state)) == "s"
    source.drop_fn(source.state)


def test_a_context_is_lent_for_one_call(host: Host) -> None:
    """Its callbacks live on: they take the place of the library's."""
    source = host.create("s", config(events=0))
    contexts: list[Any] = []
    ctx = host.ffi.new_handle(contexts)
    callback = host.callback("LifecycleCallbackFn", lambda ctx, event: contexts.append(ctx))
    context = host.ffi.new(
        "FfiRuntimeContext *",
        {
            "instance_id": host.lent("instance"),
            "component_id": host.lent("s"),
            "lifecycle_callback": callback,
            "lifecycle_ctx": ctx,
        },
    )
    source.initialize_fn(source.state, context)
    host.ffi.buffer(context)[:] = b"\xff" * host.ffi.sizeof("FfiRuntimeContext")
    host.check(source.start_fn(source.state))
    assert contexts == [ctx, ctx]
    assert not host.steps
    source.drop_fn(source.state)


def test_the_plugin_frees_what_the_host_allocated(host: Host) -> None:
    dropped: list[Any] = []
    drop = host.callback("void (*)(void *)", dropped.append)
    block = host.libc.malloc(host.ffi.sizeof("BootstrapProviderVtable"))
    provider = host.ffi.cast("BootstrapProviderVtable *", block)
    state = host.ffi.new_handle(host)
    provider[0] = {"state": state, "drop_fn": drop}
    source = host.create("s", config(events=0))
    source.set_bootstrap_provider_fn(source.state, host.ffi.NULL)
    assert not dropped
    source.set_bootstrap_provider_fn(source.state, provider)
    assert dropped == [state]
    source.drop_fn(source.state)


# --- streams that end otherwise


@pytest.mark.parametrize(("enough", "expected"), [(1, 1), (3, 3), (None, 50)])
def test_the_null_comes_once_however_it_ends(host: Host, enough: int | None, expected: int) -> None:
    source = host.create("s", config(events=50))
    receiver = host.receiver(source, "s")
    listener = Listener(host, enough)
    receiver.start_push_fn(receiver.state, listener.callback, listener.ctx)
    listener.wait()
    receiver.drop_fn(receiver.state)
    source.drop_fn(source.state)
    assert (len(listener.changes), listener.nulls) == (expected, 1)


def test_the_null_comes_after_the_receiver_was_dropped(host: Host) -> None:
    source = host.create("s", config(events=1_000_000))
    receiver = host.receiver(source, "s")
    listener = Listener(host)
    receiver.start_push_fn(receiver.state, listener.callback, listener.ctx)
    receiver.drop_fn(receiver.state)
    source.drop_fn(source.state)
    listener.wait()
    assert listener.nulls == 1
    assert len(listener.changes) < 1_000_000


@pytest.mark.parametrize("query_id", ["query", ""])
def test_a_receiver_may_be_dropped_unused(host: Host, query_id: str) -> None:
    source = host.create("s", config(events=2))
    receiver = host.receiver(source, "s", query_id)
    receiver.drop_fn(receiver.state)
    source.drop_fn(source.state)


# --- failures


def test_a_failed_start_says_why(host: Host) -> None:
    source = host.create("s", config(events=0))
    host.check(source.start_fn(source.state))
    with pytest.raises(Failed, match=r"^already started — stop it first$"):
        host.check(source.start_fn(source.state))
    running = host.package.ComponentStatus.Running
    assert host.package.ComponentStatus(source.status_fn(source.state)) is running
    source.drop_fn(source.state)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("", 0),
        ("[]", 0),
        ('{"label": "Sensor", "events": }', 30),
        ('{"label": "Sensor", "events": 2} x', 33),
        ('{"label": "Sensor', 17),
    ],
)
def test_a_bad_configuration_makes_no_source(host: Host, text: str, at: int) -> None:
    live = host.live()
    with pytest.raises(Failed, match=f"^bad configuration at byte {at}$"):
        host.create("s", text)
    assert host.live() == live


def test_a_subscription_to_another_source_is_null(host: Host) -> None:
    source = host.create("s", config(events=0))
    assert not host.subscribe(source, "other", "query")
    source.drop_fn(source.state)


# --- what holds it together


@pytest.mark.parametrize(
    ("type_", "before", "complaint"),
    [
        ("SourceVtable", "status_fn", "SourceVtable.status_fn: not 1 pointers behind stop_fn"),
        ("FfiSourceEvent", "op", "FfiSourceEvent.op: another offset"),
        (
            "FfiPluginRegistration",
            "source_plugin_count",
            "source_plugin_count: not 1 pointers behind source_plugins",
        ),
        ("FfiStr", "len", "FfiStr.len: not 1 pointers behind ptr"),
        ("FfiResult", None, "FfiResult: another size or alignment"),
    ],
)
def test_a_plugin_is_not_built_with_another_layout(
    tree: Path, cc: list[str], tmp_path: Path, type_: str, before: str | None, complaint: str
) -> None:
    """One pointer more, before a member or behind the last one."""
    header = (tree / "include" / "drasi.h").read_text(encoding="utf-8")
    start = header.index(f"\nstruct {type_} {{\n")
    end = header.index("\n};\n", start)
    body = header[start:end]
    if before is None:
        body += "\n    void *inserted;"
    else:
        declared = re.search(rf"^    .*\b{before}(;|\)\()", body, re.MULTILINE)
        assert declared is not None
        body = f"{body[: declared.start()]}    void *inserted;\n{body[declared.start() :]}"
    (tmp_path / "drasi.h").write_text(header[:start] + body + header[end:], encoding="utf-8")
    path = tmp_path / "changed.so"
    said = build(cc, tmp_path, path, PLUGIN_TRIPLE=host_triple())
    assert not path.exists(), "the compiler found nothing"
    assert "static assert" in said.lower().replace("_", " ")
    assert complaint in said
