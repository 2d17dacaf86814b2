"""A registry in Python: whom it takes, whom it refuses, and saving and restoring what it has."""

from __future__ import annotations

import gc
import shutil
import threading
import weakref
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from support.bmux_plugins import plugin_in
from support.bmux_python import Host, Registry
from support.unraisable import Unraisable

EVERYBODY = (
    "counter fails-snapshot notes fails-restore mismatch static short empty garbled bare strange"
).split()


def drops(host: Host) -> list[str]:
    lines = host.probe.journal("drop ")
    return [line.removeprefix("drop id=bmux.test/") for line in lines]


# --- saving and restoring


def test_one_failure_stops_nobody(host: Host) -> None:
    registry = host.register(*EVERYBODY)
    host.event("add:counter:1")
    host.event("text:notes:n")
    sections, failed = registry.save()
    assert list(registry.participants) == [f"bmux.test/{name}" for name in EVERYBODY]
    assert sections == {
        "bmux.test/counter": (1, b"\1\0\0\0"),
        "bmux.test/notes": (2, b"n"),
        "bmux.test/fails-restore": (1, bytes(4)),
        "bmux.test/mismatch": (7, bytes(4)),
        "bmux.test/static": (1, b"fixed\0\xff"),
        "bmux.test/short": (1, bytes(4)),
        "bmux.test/empty": (1, b""),
    }
    assert {id: error.status for id, error in failed.items()} == {
        "bmux.test/fails-snapshot": host.bmux.StatefulStatus.SNAPSHOT_FAILED,
        "bmux.test/garbled": host.bmux.StatefulStatus.SNAPSHOT_FAILED,
        "bmux.test/bare": host.bmux.StatefulStatus.SNAPSHOT_FAILED,
        "bmux.test/strange": 99,
    }
    host.event("add:counter:8")
    host.event("text:notes:changed")
    failed = registry.restore(sections)
    assert {id: error.status.name for id, error in failed.items()} == {
        "bmux.test/fails-restore": "RESTORE_FAILED",
        "bmux.test/mismatch": "UNSUPPORTED_VERSION",
    }
    reset = failed["bmux.test/mismatch"]
    assert (reset.plugin, reset.version, reset.expected) == ("bmux.test/mismatch", 7, [1, 2, 5])
    assert registry.save()[0] == sections


def test_nobody_registers(host: Host) -> None:
    host.register()
    assert host.registry.participants == {}
    assert host.outcomes() == []


# --- whom it takes, and whom not


def test_who_is_refused_is_dropped_by_the_plugin(host: Host, unraisable: Unraisable) -> None:
    host.register("counter", "counter", "newer", "null-slot", "notes")
    status = host.bmux.RegisterStatus
    assert host.outcomes() == [
        f"counter status={status.OK}",
        f"counter status={status.DUPLICATE_ID}",
        f"newer status={status.UNSUPPORTED_ABI}",
        f"null-slot status={status.REFUSED}",
        f"notes status={status.OK}",
    ]
    assert unraisable.taken() == [
        f"NullSlotError: {host.plugin.path}: `BmuxStatefulPlugin.snapshot` is null, and every plugin"
        " has to have it: get a build of the plugin that does"
    ]
    assert drops(host) == ["counter", "newer", "null-slot"]
    assert (host.probe.made("BmuxStatefulPlugin"), host.probe.live("BmuxStatefulPlugin")) == (5, 2)
    assert [each.closed for each in host.registry.offered] == [False, True, True, False]
    for refused in host.registry.offered[1:3]:
        with pytest.raises(host.bmux.ClosedError):
            refused.snapshot()
        refused.close()
    host.registry.close()
    assert drops(host) == ["counter", "newer", "null-slot", "counter", "notes"]


class Fails(Registry):
    def __init__(self, bmux: ModuleType, error: BaseException) -> None:
        super().__init__(bmux)
        self.error = error

    def register_plugin(self, plugin: Any) -> None:
        super().register_plugin(plugin)
        raise self.error


@pytest.mark.parametrize(
    ("make", "status", "told"),
    [
        (lambda bmux: bmux.CallError("", bmux.RegisterStatus.REFUSED), 4, []),
        (lambda bmux: bmux.CallError("", bmux.RegisterStatus.INVALID_PLUGIN), 2, []),
        (lambda bmux: bmux.CallError("", 77), 77, []),
        (lambda bmux: bmux.CallError("no success", bmux.RegisterStatus.OK), 4, []),
        (lambda bmux: bmux.CallError("without a number"), 4, []),
        (lambda bmux: bmux.CallError("", 2**40), 4, []),
        (lambda bmux: ValueError("größer"), 4, ["ValueError: größer"]),
        (lambda bmux: bmux.ClosedError("gone"), 4, ["ClosedError: gone"]),
    ],
)
def test_an_exception_becomes_a_status(
    host: Host, unraisable: Unraisable, make: Any, status: int, told: list[str]
) -> None:
    registry = Fails(host.bmux, make(host.bmux))
    host.register("counter", registry=registry)
    assert host.outcomes() == [f"counter status={status}"]
    assert unraisable.taken() == told
    assert drops(host) == ["counter"]
    (participant,) = registry.offered
    assert participant.closed
    with pytest.raises(host.bmux.ClosedError):
        participant.id()
    registry.close()
    assert drops(host) == ["counter"]


def test_an_interrupt_is_not_lost(host: Host, unraisable: Unraisable) -> None:
    registry = Fails(host.bmux, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        host.register("counter", registry=registry)
    assert host.outcomes() == ["counter status=4"]
    assert unraisable.taken() == []
    assert drops(host) == ["counter"]


def test_what_was_accepted_stays_when_the_registration_fails(host: Host) -> None:
    with pytest.raises(host.bmux.CallError) as caught:
        host.register("counter", "notes", "then:7")
    assert caught.value.status == 7
    assert list(host.registry.participants) == ["bmux.test/counter", "bmux.test/notes"]
    assert host.registry["counter"].snapshot().data == bytes(4)


# --- registries


def test_a_registry_that_derives_from_the_interface(host: Host) -> None:
    made = type("Derived", (Registry, host.bmux.StatefulRegistry), {})(host.bmux)
    host.register("counter", registry=made)
    assert made["counter"].snapshot().data == bytes(4)
    assert host.probe.journal("register ") == ["register abi_version=1 whole=1"]
    made.close()


def test_a_registry_says_its_version(host: Host) -> None:
    class Newer(Registry):
        abi_version = 2

    with pytest.raises(host.bmux.CallError) as caught:
        host.register("counter", registry=Newer(host.bmux))
    assert caught.value.status is host.bmux.CallStatus.FAILURE
    assert host.probe.journal("register ") == ["register abi_version=2 whole=1"]


def test_an_object_that_is_no_registry(host: Host) -> None:
    """The plugin does not get to see it."""
    with pytest.raises(TypeError) as caught:
        host.register("counter", registry=object())
    assert str(caught.value) == (
        "register_stateful() argument 'registry': an object like StatefulRegistry is needed, and object has"
        " no `register_plugin`"
    )
    assert host.probe.journal("register") == []


def test_a_registry_may_be_made_of_parts(host: Host) -> None:
    """What counts is what an object has, and not where it has it from."""

    class Empty:
        pass

    made: Any = Empty()
    made.register_plugin = host.registry.register_plugin
    host.register("counter", registry=made)
    assert host.outcomes() == ["counter status=0"]
    with pytest.raises(TypeError, match="Empty has no `register_plugin`"):
        host.register("notes", registry=Empty())


def test_a_registry_is_only_lent(host: Host) -> None:
    registry = Registry(host.bmux)
    host.register("counter", registry=registry)
    gone = weakref.ref(registry)
    registry.close()
    del registry
    gc.collect()
    assert gone() is None


def test_a_registration_that_comes_too_late(host: Host, unraisable: Unraisable) -> None:
    host.register("keep")
    host.event("late")
    host.late = 1
    assert host.outcomes() == ["late status=4"]
    (told,) = unraisable.taken()
    assert told.startswith("LateCallError: ")
    assert drops(host) == ["late"]
    assert host.registry.offered == []


def test_a_registry_is_called_on_the_thread_of_the_entry(host: Host) -> None:
    threads: list[threading.Thread] = []

    class Noting(Registry):
        def register_plugin(self, plugin: Any) -> None:
            threads.append(threading.current_thread())
            super().register_plugin(plugin)

    registry = Noting(host.bmux)
    thread = threading.Thread(
        target=host.register, args=("counter",), kwargs={"registry": registry}
    )
    thread.start()
    thread.join(60)
    assert threads == [thread]
    registry.close()


@pytest.mark.slow
@pytest.mark.tool("rustc")
def test_plugins_in_c_and_in_rust_share_a_registry(
    bmux: ModuleType, cc: list[str], tmp_path: Path, unraisable: Unraisable
) -> None:
    """One plugin cannot be loaded, the registration of one fails, and participants fail on both sides: the
    others are saved and restored, in the order in which they came."""
    folders = {name: tmp_path / name for name in ("c", "rust", "broken")}
    for folder in folders.values():
        folder.mkdir()
    in_c = Host(bmux, plugin_in("c", cc, folders["c"]), "ready-made")
    in_rust = Host(bmux, plugin_in("rust", cc, folders["rust"]), "ready-made")
    with pytest.raises(bmux.HostRefusedError):
        bmux.load(plugin_in("rust", cc, folders["broken"], "PLUGIN_FOR_LATER_HOSTS"))
    registry = Registry(bmux)
    in_c.register("counter=one", "fails-snapshot=two", "notes=three", registry=registry)
    with pytest.raises(bmux.CallError) as caught:
        in_rust.register("notes=four", "mismatch=five", "counter=one", "then:7", registry=registry)
    assert caught.value.status == 7
    assert in_rust.outcomes()[-1] == f"one status={bmux.RegisterStatus.DUPLICATE_ID}"
    in_c.event("add:one:258")
    in_rust.event("text:four:ü")
    sections, failed = registry.save()
    assert list(sections) == [f"bmux.test/{name}" for name in ("one", "three", "four", "five")]
    assert {id: error.status.name for id, error in failed.items()} == {
        "bmux.test/two": "SNAPSHOT_FAILED"
    }
    in_c.event("add:one:1")
    in_rust.event("text:four:gone")
    failed = registry.restore(sections)
    assert {id: str(error) for id, error in failed.items()} == {
        "bmux.test/five": "UNSUPPORTED_VERSION (plugin='bmux.test/five', expected=[1, 2, 5], version=7)"
    }
    assert registry["one"].snapshot().data == b"\2\1\0\0"
    assert registry["four"].snapshot().data == "ü".encode()
    registry.close()
    assert [drops(each) for each in (in_c, in_rust)] == [
        ["one", "two", "three"],
        ["one", "four", "five"],
    ]
    in_c.close()
    in_rust.close()


def test_two_plugins_share_a_registry(host: Host, tmp_path: Path) -> None:
    """A participant of one plugin is refused where another plugin has its id."""
    path = Path(shutil.copy(host.plugin.path, tmp_path / "other.so"))
    other = Host(host.bmux, path, host.plugin.mode)
    host.register("counter", "notes")
    other.register("counter", "empty", registry=host.registry)
    assert other.outcomes() == ["counter status=1", "empty status=0"]
    assert len(host.registry.save()[0]) == 3
    host.registry.close()
    other.close()
