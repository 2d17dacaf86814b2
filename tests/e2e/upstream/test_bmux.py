"""Plugins on the published SDK of bmux under the generated binding, and what of them survives a restart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import ModuleType

import pytest

from support.bmux_codec import Reader, event, invocation, lifecycle, service
from support.bmux_python import Registry
from support.unraisable import Unraisable
from support.upstream import BMUX_NATIVE, BMUX_STATEFUL, Made, Package, built

pytestmark = [pytest.mark.slow, pytest.mark.tool("cargo")]


class Host:
    """A plugin, and its services as calls."""

    def __init__(self, bmux: ModuleType, package: Package, mode: str) -> None:
        self.bmux = bmux
        self.plugin = bmux.load(built(package), mode)

    def activate(self, **settings: object) -> None:
        self.plugin.activate(lifecycle(settings))

    def deactivate(self) -> None:
        self.plugin.deactivate(lifecycle({}))

    def run(self, command: str, *arguments: str) -> None:
        self.plugin.run_command(invocation(command, arguments))

    def call(self, operation: str, payload: bytes = b"") -> tuple[str, int]:
        """The text and the count of the answer; or an exception with code and message."""
        answer = Reader(self.plugin.invoke_service(service("counter/v1", operation, payload)))
        version, request_id, kind = answer.number(), answer.number(), answer.number()
        assert (version, request_id, kind) == (1, 0, 1)
        response = Reader(answer.data())
        told = Reader(response.data())
        if response.number():
            raise RuntimeError(f"{response.text()}: {response.text()}")
        return told.text(), told.signed()

    @property
    def count(self) -> int:
        return self.call("get")[1]


@pytest.fixture(params=[BMUX_NATIVE, BMUX_STATEFUL], ids=["native", "stateful"])
def host(
    bmux: ModuleType, mode: str, made: Made, unraisable: Unraisable, request: pytest.FixtureRequest
) -> Host:
    return Host(bmux, request.param, mode)


@pytest.fixture
def stateful(bmux: ModuleType, mode: str, made: Made, unraisable: Unraisable) -> Host:
    return Host(bmux, BMUX_STATEFUL, mode)


def test_its_manifest(host: Host) -> None:
    assert "plugin_api" in host.plugin.manifest
    assert 'id = "upstream.' in host.plugin.manifest


def test_a_life(host: Host) -> None:
    host.activate(start=5)
    assert host.count == 5
    host.run("add", "1", "20")
    assert host.count == 26
    host.deactivate()
    with pytest.raises(host.bmux.CallError, match="FAILURE"):
        host.deactivate()


def test_exit_codes(host: Host) -> None:
    failures = {
        "NULL_INPUT": lambda: host.run("exit", "2"),
        "USAGE": lambda: host.run("add", "x"),
        "BAD_INPUT": lambda: host.plugin.run_command(b"\xff"),
        "FAILURE": host.deactivate,
    }
    for status, call in failures.items():
        with pytest.raises(host.bmux.CallError) as caught:
            call()
        assert caught.value.status is host.bmux.CallStatus[status]
    with pytest.raises(host.bmux.CallError) as caught:
        host.run("dance")
    assert caught.value.status is host.bmux.CallStatus.USAGE
    with pytest.raises(host.bmux.CallError) as caught:
        host.run("exit", "-9")
    assert caught.value.status == -9
    with pytest.raises(host.bmux.CallError) as caught:
        host.activate(start=-1)
    assert caught.value.status is host.bmux.CallStatus.USAGE


def test_events(host: Host) -> None:
    """The SDK has JSON in its events, which its own codec cannot read: no plugin ever sees one."""
    with pytest.raises(host.bmux.CallError) as caught:
        host.plugin.handle_event(event("upstream.counter/add", 300))
    assert caught.value.status is host.bmux.CallStatus.BAD_INPUT


def test_services(host: Host) -> None:
    host.activate(start=-0)
    for times in (0, 1, 100_000):
        text = "ü" * times
        payload = bytes([2]) + "ü".encode() + _varint(times)
        assert host.call("echo", payload) == (text, 0)
    with pytest.raises(RuntimeError, match="as_asked: das ging schief"):
        host.call("fail")
    with pytest.raises(RuntimeError, match="unsupported_service_operation"):
        host.call("dance")
    with pytest.raises(host.bmux.CallError) as caught:
        host.plugin.invoke_service(b"\xff")
    assert caught.value.status is host.bmux.ServiceStatus.BAD_REQUEST
    host.deactivate()


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


# --- participants


@pytest.fixture
def registry(stateful: Host) -> Iterator[Registry]:
    registry = Registry(stateful.bmux)
    stateful.activate(start=7, participants=["count", "notes", "fails", "again"])
    stateful.plugin.register_stateful(registry)
    yield registry
    registry.close()
    stateful.deactivate()


def test_registration(registry: Registry, made: Made) -> None:
    names = [id.partition("/")[2] for id in registry.participants]
    assert names == ["count", "notes", "fails"]
    assert len(registry.offered) == 4
    assert made()["participant"] == 4


def test_a_save_and_a_restore(stateful: Host, registry: Registry, made: Made) -> None:
    sections, failed = registry.save()
    assert sections == {
        "upstream.stateful/count": (1, b"7"),
        "upstream.stateful/notes": (2, b""),
    }
    (error,) = failed.values()
    assert error.message == "geht nie ✗"
    assert error.plugin == "upstream.stateful/fails"
    saved = {
        "upstream.stateful/count": (1, b"41"),
        "upstream.stateful/notes": (1, "ä\n".encode() * 1000),
        "upstream.stateful/fails": (9, b"\0"),
    }
    assert registry.restore(saved) == {}
    assert stateful.count == 41
    assert registry.save()[0]["upstream.stateful/notes"] == (2, "ä\n".encode() * 1000)
    assert made()["handout"] == 6


def test_what_is_not_restored(stateful: Host, registry: Registry) -> None:
    status = stateful.bmux.StatefulStatus
    saved = {
        "upstream.stateful/count": (2, b"1"),
        "upstream.stateful/notes": (3, b""),
    }
    failed = registry.restore(saved)
    assert [(each.status, each.version, each.expected) for each in failed.values()] == [
        (status.UNSUPPORTED_VERSION, 2, [1]),
        (status.UNSUPPORTED_VERSION, 3, [1, 2]),
    ]
    saved = {
        "upstream.stateful/count": (1, b"{"),
        "upstream.stateful/notes": (2, b"\xff"),
    }
    failed = registry.restore(saved)
    assert {each.status for each in failed.values()} == {status.RESTORE_FAILED}
    assert "utf-8" in failed["upstream.stateful/notes"].message
    assert stateful.count == 7


def test_settings_are_json_in_the_codec() -> None:
    assert json.dumps({"start": 1}).encode() in lifecycle({"start": 1})
