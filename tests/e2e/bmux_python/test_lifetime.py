"""When participants end: by hand, in any order, as garbage, with the interpreter; and those of Python."""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from support.bmux_python import Host, Registry
from support.drasi_plugins import PATIENCE, run
from support.unraisable import Unraisable


def test_participants_end_in_any_order(host: Host) -> None:
    registry = host.register("counter=a", "counter=b", "counter=c")
    for name, left in (("b", 2), ("c", 1), ("a", 0)):
        participant = registry[name]
        assert not participant.closed
        participant.close()
        participant.close()
        assert participant.closed
        assert host.probe.live("BmuxStatefulPlugin") == left
    assert host.probe.journal("drop ") == [f"drop id=bmux.test/{name}" for name in "bca"]


def test_a_block_ends_a_participant(host: Host) -> None:
    registry = host.register("counter")
    with registry["counter"] as participant:
        assert participant.id() == "bmux.test/counter"
    with pytest.raises(host.bmux.ClosedError), participant:
        pass
    assert len(host.probe.journal("drop ")) == 1


def test_what_was_closed_raises(host: Host) -> None:
    participant = host.register("counter")["counter"]
    participant.close()
    calls: list[Callable[[], Any]] = [
        participant.id,
        participant.snapshot,
        lambda: participant.restore(1, bytes(4)),
        lambda: participant.abi_version,
    ]
    for call in calls:
        with pytest.raises(host.bmux.ClosedError, match="StatefulPlugin"):
            call()
    assert "closed" in repr(participant)
    assert host.probe.journal("snapshot ") == []


def test_garbage_is_dropped(host: Host) -> None:
    host.register("counter", "notes")
    assert host.probe.live("BmuxStatefulPlugin") == 2
    host.registry.offered.clear()
    host.registry.participants.clear()
    gc.collect()
    assert host.probe.live("BmuxStatefulPlugin") == 0
    assert len(host.probe.journal("drop ")) == 2


def test_a_participant_outlives_the_plugin_object(host: Host) -> None:
    participant = host.register("notes")["notes"]
    gone = weakref.ref(host.plugin)
    path, mode = host.plugin.path, host.plugin.mode
    del host.plugin
    gc.collect()
    assert gone() is None
    participant.restore(1, b"still there")
    assert participant.snapshot().data == b"still there"
    host.plugin = host.bmux.load(path, mode)


def test_a_participant_is_closed_while_it_is_in_use(host: Host) -> None:
    """Each thread either gets its answer or is told; the drop comes once, after all of them."""
    registry = host.register("counter")
    participant = registry["counter"]
    odd: list[BaseException] = []
    working = threading.Barrier(5)

    def work() -> None:
        working.wait(PATIENCE)
        try:
            for _ in range(10_000):
                participant.snapshot()
        except host.bmux.ClosedError:
            pass
        except BaseException as error:
            odd.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    working.wait(PATIENCE)
    participant.close()
    for thread in threads:
        thread.join(PATIENCE)
    assert odd == []
    assert len(host.probe.journal("drop ")) == 1


def test_the_end_of_the_interpreter_drops(
    bmux: ModuleType, library: Callable[..., Path], mode: str
) -> None:
    path = library()
    text = (
        "import atexit, ctypes\n"
        f"probe = ctypes.CDLL({str(path)!r})\n"
        "probe.test_log.restype = ctypes.c_char_p\n"
        "atexit.register(lambda: print(probe.test_live(None), probe.test_log().decode()[-26:]))\n"
        "import bmux\n"
        f"plugin = bmux.load({str(path)!r}, {mode!r})\n"
        "plugin.activate(b'register:counter')\n"
        "held = []\n"
        "class Registry:\n"
        "    def register_plugin(self, plugin): held.append(plugin)\n"
        "plugin.register_stateful(Registry())\n"
        "print(probe.test_live(None))\n"
    )
    folder = Path(str(bmux.__file__)).parents[1]
    done = run(sys.executable, "-c", text, env={"PYTHONPATH": str(folder)})
    assert done.stdout.splitlines()[:2] == ["1", "0 drop id=bmux.test/counter"]
    assert done.stderr == ""


# --- participants of Python, as C sees them


class Participant:
    """A participant in Python, which C gets to know under its own table."""

    def __init__(self, name: str = "bmux.python/ü") -> None:
        self.name = name
        self.state: Any = None
        self.fails: BaseException | None = None
        self.closed = 0

    def id(self) -> str:
        return self.name

    def snapshot(self) -> Any:
        if self.fails is not None:
            raise self.fails
        return self.state

    def close(self) -> None:
        self.closed += 1


class Restorable(Participant):
    def restore(self, version: int, data: bytes) -> None:
        if self.fails is not None:
            raise self.fails
        self.state = (version, data)


class Loop:
    """A registry in Python that Python uses through C: every call goes out and comes back."""

    def __init__(self, host: Host, registry: Registry) -> None:
        bridge = sys.modules[f"{host.bmux.__name__}._bridge"]
        runtime = sys.modules[f"{host.bmux.__name__}._runtime"]
        library = host.plugin._abi_lib
        self._keep = runtime.Keep(library)
        given = bridge.hand_BmuxStatefulRegistry(library, registry, self._keep, "call")
        self.registry = bridge.lend_BmuxStatefulRegistry(library, given)

    def __enter__(self) -> Any:
        return self.registry

    def __exit__(self, *error: object) -> None:
        self._keep.__exit__(*error)


def test_a_participant_in_python(host: Host) -> None:
    mine = Restorable()
    mine.state = host.bmux.Snapshot(version=3, data=b"a\0\xff" * 50_000)
    with Loop(host, host.registry) as registry:
        registry.register_plugin(mine)
    theirs = host.registry.participants[mine.name]
    assert theirs is not mine
    assert theirs.id() == theirs.id() == mine.name
    assert theirs.snapshot() == theirs.snapshot() == mine.state
    assert theirs.restore(9, b"") is None
    assert mine.state == (9, b"")
    theirs.restore(9, b"\0x")
    assert mine.state == (9, b"\0x")
    theirs.close()
    theirs.close()
    assert mine.closed == 1
    with pytest.raises(host.bmux.ClosedError):
        theirs.id()


def test_a_participant_in_python_need_not_restore(host: Host) -> None:
    class Derived(host.bmux.StatefulPlugin):  # type: ignore[misc,name-defined]
        def id(self) -> str:
            return "bmux.python/derived"

        def snapshot(self) -> Any:
            raise NotImplementedError

    derived = Derived()
    assert derived.restore(1, b"") is None
    with Loop(host, host.registry) as registry:
        for each in (Participant(), derived):
            registry.register_plugin(each)
            theirs = host.registry.participants[each.id()]
            assert theirs.restore(1, b"ignored") is None
            assert theirs.abi_version == 1


def test_a_participant_in_python_that_fails(host: Host) -> None:
    mine = Restorable()
    with Loop(host, host.registry) as registry:
        registry.register_plugin(mine)
    theirs = host.registry.participants[mine.name]
    mine.fails = OSError("größer – 大")
    for call, status in (
        (theirs.snapshot, "SNAPSHOT_FAILED"),
        (lambda: theirs.restore(1, b""), "RESTORE_FAILED"),
    ):
        with pytest.raises(host.bmux.StatefulPluginError) as caught:
            call()
        found = caught.value
        assert found.status is host.bmux.StatefulStatus[status]
        assert found.message == "OSError: größer – 大"
        assert (found.plugin, found.expected, found.version) == ("", [], 0)
    mine.fails = host.bmux.StatefulPluginError(
        "",
        host.bmux.StatefulStatus.UNSUPPORTED_VERSION,
        plugin=mine.name,
        expected=[1, 2],
        version=9,
    )
    with pytest.raises(host.bmux.StatefulPluginError) as caught:
        theirs.restore(9, b"")
    found = caught.value
    assert found.status is host.bmux.StatefulStatus.UNSUPPORTED_VERSION
    assert (found.plugin, found.expected, found.version) == (mine.name, [1, 2], 9)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (None, "TypeError: Participant.snapshot() at "),
        ((2**40, b""), "OverflowError: "),
        ((1, "text"), "TypeError: "),
        ((1, None), "TypeError: "),
    ],
)
def test_a_participant_in_python_that_answers_nonsense(
    host: Host, state: Any, message: str
) -> None:
    """It is told, and nothing of the answer is kept for a release that never comes."""
    mine = Participant()
    mine.state = host.bmux.Snapshot(*state) if state else None
    with Loop(host, host.registry) as registry:
        registry.register_plugin(mine)
    theirs = host.registry.participants[mine.name]
    with pytest.raises(host.bmux.StatefulPluginError) as caught:
        theirs.snapshot()
    assert caught.value.status is host.bmux.StatefulStatus.SNAPSHOT_FAILED
    assert caught.value.message.startswith(message)


def test_a_refused_participant_stays_python_s(host: Host) -> None:
    mine = Restorable()
    with Loop(host, host.registry) as registry:
        registry.register_plugin(mine)
        with pytest.raises(host.bmux.CallError) as caught:
            registry.register_plugin(mine)
        assert caught.value.status is host.bmux.RegisterStatus.DUPLICATE_ID
        other = Restorable()
        with pytest.raises(host.bmux.CallError):
            registry.register_plugin(other)
    assert (mine.closed, other.closed) == (0, 0)
    gone = weakref.ref(other)
    del other
    gc.collect()
    assert gone() is None, "C still knows it"
    host.registry.close()
    assert mine.closed == 1


def test_a_participant_moves_to_another_registry(host: Host) -> None:
    host.register("counter")
    participant = host.registry.participants.pop("bmux.test/counter")
    second = Registry(host.bmux)
    with Loop(host, second) as registry:
        registry.register_plugin(participant)
    assert participant.closed
    with pytest.raises(host.bmux.ClosedError):
        participant.id()
    assert second["counter"].snapshot().data == bytes(4)
    assert host.probe.journal("drop ") == []
    second.close()
    assert len(host.probe.journal("drop ")) == 1


def test_a_participant_that_another_registry_refuses_stays_usable(
    host: Host, unraisable: Unraisable
) -> None:
    host.register("counter", "notes")
    participant = host.registry["counter"]
    with Loop(host, host.registry) as registry:
        with pytest.raises(host.bmux.CallError) as caught:
            registry.register_plugin(participant)
        assert caught.value.status is host.bmux.RegisterStatus.DUPLICATE_ID
    assert not participant.closed
    assert participant.snapshot().data == bytes(4)
    assert host.probe.journal("drop ") == []
    participant.close()
    assert len(host.probe.journal("drop ")) == 1
    closed = host.registry["notes"]
    closed.close()
    with Loop(host, Registry(host.bmux)) as registry, pytest.raises(host.bmux.ClosedError):
        registry.register_plugin(closed)
