"""Participants of a plugin: what they hand out, what they take back, and every field of their failures."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from support.bmux_python import Host
from support.drasi_plugins import PATIENCE


def failure(host: Host, call: Any, *arguments: object) -> Any:
    with pytest.raises(host.bmux.StatefulPluginError) as caught:
        call(*arguments)
    assert isinstance(caught.value, host.bmux.CallError)
    assert host.probe.live("BmuxStatefulError") == host.probe.live("BmuxSnapshot") == 0
    return caught.value


def fields(error: Any) -> tuple[object, ...]:
    return (error.status.name, error.message, error.plugin, error.expected, error.version)


# --- snapshots


def test_who_they_are(host: Host) -> None:
    registry = host.register("counter", "notes=ü")
    assert [each.id() for each in registry.participants.values()] == [
        "bmux.test/counter",
        "bmux.test/ü",
    ]
    assert [each.abi_version for each in registry.participants.values()] == [1, 1]


def test_snapshots(host: Host) -> None:
    registry = host.register("counter", "notes", "static", "short", "empty", "mismatch")
    host.event("add:counter:258")
    host.event("text:notes:größer")
    found = {
        name: registry[name].snapshot()
        for name in ("counter", "notes", "static", "short", "empty", "mismatch")
    }
    made = host.bmux.Snapshot
    assert found == {
        "counter": made(version=1, data=b"\2\1\0\0"),
        "notes": made(version=2, data="größer".encode()),
        "static": made(version=1, data=b"fixed\0\xff"),
        "short": made(version=1, data=bytes(4)),
        "empty": made(version=1, data=b""),
        "mismatch": made(version=7, data=bytes(4)),
    }
    assert {type(each.data) for each in found.values()} == {bytes}
    assert host.probe.made("BmuxSnapshot") == len(host.probe.journal("release snapshot")) == 4
    assert host.probe.live("BmuxSnapshot") == 0


def test_a_snapshot_outlives_its_participant(host: Host) -> None:
    registry = host.register("notes")
    host.event("text:notes:kept")
    snapshot = registry["notes"].snapshot()
    registry.close()
    assert snapshot.data == b"kept"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (
            "fails-snapshot",
            ("SNAPSHOT_FAILED", "der Zustand ist weg – 状態", "bmux.test/fails-snapshot", [], 0),
        ),
        ("garbled", ("SNAPSHOT_FAILED", "bad \ufffd\ufffd bytes", "", [], 0)),
        ("long", ("SNAPSHOT_FAILED", "x" * 100_000, "bmux.test/long", [], 0)),
        ("bare", ("SNAPSHOT_FAILED", "", "", [], 0)),
        ("strange", ("unknown_99", "static", "", [], 0)),
    ],
)
def test_a_snapshot_that_fails(host: Host, kind: str, expected: tuple[object, ...]) -> None:
    participant = host.register(kind)[kind]
    assert fields(failure(host, participant.snapshot)) == expected
    # It stays usable.
    assert participant.id() == f"bmux.test/{kind}"
    assert fields(failure(host, participant.snapshot)) == expected


def test_a_failure_tells_people_everything(host: Host) -> None:
    registry = host.register("fails-snapshot", "bare", "mismatch")
    assert str(failure(host, registry["fails-snapshot"].snapshot)) == (
        "SNAPSHOT_FAILED: der Zustand ist weg – 状態 (plugin='bmux.test/fails-snapshot')"
    )
    assert str(failure(host, registry["bare"].snapshot)) == "SNAPSHOT_FAILED"
    assert str(failure(host, registry["mismatch"].restore, 9, b"")) == (
        "UNSUPPORTED_VERSION (plugin='bmux.test/mismatch', expected=[1, 2, 5], version=9)"
    )


# --- restoring


def test_a_state_comes_back(host: Host) -> None:
    registry = host.register("counter", "notes", "counter=other")
    host.event("add:counter:70000")
    host.event("text:notes:ü")
    saved = {name: registry[name].snapshot() for name in ("counter", "notes")}
    host.event("add:counter:1")
    host.event("text:notes:something else")
    assert registry["counter"].snapshot() != saved["counter"]
    for name, snapshot in saved.items():
        for _ in range(2):
            assert registry[name].restore(snapshot.version, snapshot.data) is None
            assert registry[name].snapshot() == snapshot
    other = registry["other"]
    other.restore(saved["counter"].version, saved["counter"].data)
    assert other.snapshot() == saved["counter"]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_of_any_kind(host: Host, kind: type) -> None:
    participant = host.register("notes")["notes"]
    participant.restore(1, kind(b"a\xc3\xbc"))
    assert participant.snapshot().data == b"a\xc3\xbc"


def test_an_empty_snapshot(host: Host) -> None:
    registry = host.register("notes", "empty")
    host.event("text:notes:full")
    registry["notes"].restore(2, b"")
    assert registry["notes"].snapshot().data == b""
    registry["empty"].restore(1, registry["empty"].snapshot().data)
    assert host.probe.journal("restore ") == [
        "restore id=bmux.test/notes version=2 length=0",
        "restore id=bmux.test/empty version=1 length=0",
    ]


@pytest.mark.parametrize("kind", ["static", "short"])
def test_by_default_a_restore_is_accepted_and_ignored(host: Host, kind: str) -> None:
    """The slot is null, or the plugin's table ends before it."""
    participant = host.register(kind)[kind]
    before = participant.snapshot()
    assert participant.restore(99, b"whatever") is None
    assert participant.restore(before.version, before.data) is None
    assert participant.snapshot() == before
    assert host.probe.journal("restore ") == []


@pytest.mark.parametrize(
    ("kind", "version", "data", "expected"),
    [
        (
            "counter",
            1,
            b"123",
            (
                "RESTORE_FAILED",
                "4 bytes are a counter, 3 are not",
                "bmux.test/counter",
                [],
                0,
            ),
        ),
        ("counter", 7, bytes(4), ("UNSUPPORTED_VERSION", "", "bmux.test/counter", [1], 7)),
        ("notes", 0, b"", ("UNSUPPORTED_VERSION", "", "bmux.test/notes", [1, 2], 0)),
        (
            "mismatch",
            2**32 - 1,
            b"",
            ("UNSUPPORTED_VERSION", "", "bmux.test/mismatch", [1, 2, 5], 2**32 - 1),
        ),
        (
            "fails-restore",
            1,
            bytes(4),
            ("RESTORE_FAILED", "passt nicht – 壊れた", "bmux.test/fails-restore", [], 0),
        ),
    ],
)
def test_a_restore_that_fails(
    host: Host, kind: str, version: int, data: bytes, expected: tuple[object, ...]
) -> None:
    participant = host.register(kind)[kind]
    before = participant.snapshot()
    error = failure(host, participant.restore, version, data)
    assert fields(error) == expected
    assert error.status is host.bmux.StatefulStatus[str(expected[0])]
    assert participant.snapshot() == before


def test_what_restore_does_not_take(host: Host) -> None:
    participant = host.register("counter")["counter"]
    for version, data in ((2**32, b""), (-1, b"")):
        with pytest.raises(OverflowError):
            participant.restore(version, data)
    for data in (None, "text", 7):
        with pytest.raises(TypeError):
            participant.restore(1, data)
    assert host.probe.journal("restore ") == []


# --- threads


def test_a_participant_from_many_threads(host: Host) -> None:
    registry = host.register("counter", "mismatch")
    failed: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(100):
                snapshot = registry["counter"].snapshot()
                registry["counter"].restore(snapshot.version, snapshot.data)
                with pytest.raises(host.bmux.StatefulPluginError):
                    registry["mismatch"].restore(1, b"")
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert failed == []
    assert host.probe.made("BmuxSnapshot") == host.probe.made("BmuxStatefulError") == 400
    assert host.probe.live("BmuxSnapshot") == host.probe.live("BmuxStatefulError") == 0
