"""The native entries: what they are given, how they fail, and services with as much room as they want."""

from __future__ import annotations

import threading
from types import ModuleType

import pytest

from support.bmux_python import Host
from support.drasi_plugins import PATIENCE
from support.unraisable import Unraisable

# --- statuses


def test_entries_that_succeed(host: Host) -> None:
    assert host.plugin.activate(b"") is None
    assert host.plugin.run_command(b"exit:0") is None
    host.plugin.run_command_by_name("say", ["a", "", "ü"])
    host.plugin.run_command_by_name("say", [])
    assert host.probe.journal()[1:] == [
        "activate input=",
        "command input=exit:0",
        "command_by_name name=say count=3",
        "argument 0=a",
        "argument 1=",
        "argument 2=ü",
        "command_by_name name=say count=0",
    ]


@pytest.mark.parametrize(
    ("entry", "given", "status"),
    [
        ("activate", b"status:1", "FAILURE"),
        ("activate", b"x" * 5000, "BAD_INPUT"),
        ("run_command", b"dance", "USAGE"),
        ("run_command", b"exit:2", "NULL_INPUT"),
        ("run_command", b"panic", "UNAVAILABLE"),
        ("handle_event", b"?", "BAD_INPUT"),
        ("handle_event", b"add:nobody:1", "FAILURE"),
        ("deactivate", b"status:64", "USAGE"),
    ],
)
def test_a_failure_is_a_member(host: Host, entry: str, given: bytes, status: str) -> None:
    with pytest.raises(host.bmux.CallError, match=f"^{status}$") as caught:
        getattr(host.plugin, entry)(given)
    assert caught.value.status is host.bmux.CallStatus[status]
    assert (caught.value.message, caught.value.value) == ("", None)
    host.probe.reset()


@pytest.mark.parametrize("code", [17, 255, -1, -(2**31), 2**31 - 1])
def test_an_exit_code_of_a_command(host: Host, code: int) -> None:
    with pytest.raises(host.bmux.CallError) as caught:
        host.plugin.run_command_by_name("exit", [str(code)])
    assert caught.value.status == code
    assert isinstance(caught.value.status, host.bmux.CallStatus)
    assert caught.value.status.name == f"unknown_{code}"


def test_a_plugin_that_panicked(host: Host) -> None:
    for call in (
        lambda: host.plugin.run_command(b"panic"),
        lambda: host.plugin.handle_event(b"?"),
        lambda: host.plugin.deactivate(b""),
    ):
        with pytest.raises(host.bmux.CallError) as caught:
            call()
        assert caught.value.status is host.bmux.CallStatus.UNAVAILABLE
    with pytest.raises(host.bmux.CallError) as caught:
        host.plugin.invoke_service(b"echo:x")
    assert caught.value.status is host.bmux.ServiceStatus.UNAVAILABLE
    host.probe.reset()


def test_what_entries_do_not_take(host: Host) -> None:
    for call in (
        lambda: host.plugin.activate("text"),
        lambda: host.plugin.activate(None),
        lambda: host.plugin.invoke_service(7),
        lambda: host.plugin.run_command_by_name(b"exit", []),
    ):
        with pytest.raises(
            TypeError, match=r"(bytes are|a str is) needed, not (str|NoneType|int|bytes)"
        ):
            call()
    with pytest.raises(ValueError, match="cannot contain"):
        host.plugin.run_command_by_name("say", ["a\0b"])
    assert host.probe.journal() == ["entry"]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_input_is_anything_with_bytes(host: Host, kind: type) -> None:
    assert host.plugin.invoke_service(kind(b"echo:\x80\xff")) == b"\x80\xff"


# --- services


@pytest.mark.parametrize(
    ("size", "calls"), [(0, 1), (1, 1), (4095, 1), (4096, 1), (4097, 2), (100_000, 2)]
)
def test_a_response_of_any_size(host: Host, size: int, calls: int) -> None:
    response = host.plugin.invoke_service(b"size:%d" % size)
    assert response == bytes(each % 256 for each in range(size))
    assert len(host.probe.journal("service ")) == calls


def test_a_response_that_grows(host: Host) -> None:
    assert len(host.plugin.invoke_service(b"grow:5000")) == 5003
    assert len(host.probe.journal("service ")) <= 4


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"status:2", "NULL_ARGUMENT"),
        (b"?", "BAD_REQUEST"),
        (b"stuck", "BUFFER_TOO_SMALL"),
        (b"status:5", "BAD_RESPONSE"),
    ],
)
def test_a_service_that_fails(host: Host, request_: bytes, status: str) -> None:
    with pytest.raises(host.bmux.CallError) as caught:
        host.plugin.invoke_service(request_)
    assert caught.value.status is host.bmux.ServiceStatus[status]
    assert len(host.probe.journal("service ")) == 1


def test_a_response_that_is_longer_than_its_room(host: Host) -> None:
    with pytest.raises(
        host.bmux.ContractError, match="4097 were written, and there was room for 4096"
    ):
        host.plugin.invoke_service(b"liar")


def test_services_from_many_threads(host: Host) -> None:
    found: list[bytes] = []

    def work(name: bytes) -> None:
        for _ in range(50):
            found.append(host.plugin.invoke_service(b"echo:" + name * 2000))

    threads = [threading.Thread(target=work, args=(name,)) for name in (b"a", b"bc", b"def", b"g")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(found) == 200
    assert {response[:3] for response in found} == {b"aaa", b"bcb", b"def", b"ggg"}
    assert {len(response) for response in found} == {2000, 4000, 6000}


# --- the host's bridge


def bridged(host: Host, bmux: ModuleType, function: object, verb: str, text: str) -> bytes:
    address = bmux.address_of("HostKernelBridge", function, host.plugin.mode)
    response = host.plugin.invoke_service(f"{verb}:{address}:{text}".encode())
    assert isinstance(response, bytes)
    return response


def test_a_plugin_calls_the_host(host: Host, bmux: ModuleType) -> None:
    asked: list[bytes] = []

    def bridge(request: bytes) -> bytes:
        asked.append(request)
        return request.upper() * 3

    assert bridged(host, bmux, bridge, "bridge", "abc") == b"ABCABCABC"
    assert asked == [b"abc"]
    # It has room for 16 bytes at first, and runs the service again with more.
    assert bridged(host, bmux, bridge, "bridge", "abcdef") == b"ABCDEF" * 3
    assert asked == [b"abc", b"abcdef", b"abcdef"]
    assert bridged(host, bmux, bridge, "bridge", "") == b""


def test_a_plugin_calls_the_host_from_its_threads(host: Host, bmux: ModuleType) -> None:
    asked: list[bytes] = []

    def bridge(request: bytes) -> bytes:
        asked.append(request)
        return request

    assert bridged(host, bmux, bridge, "threads", "x" * 20) == b"400"
    assert len(asked) == 800


def test_a_bridge_that_fails(host: Host, bmux: ModuleType, unraisable: Unraisable) -> None:
    def fail(request: bytes) -> bytes:
        raise KeyError("service")

    with pytest.raises(bmux.CallError) as caught:
        bridged(host, bmux, fail, "bridge", "abc")
    assert caught.value.status is bmux.ServiceStatus.BAD_RESPONSE
    assert unraisable.taken() == ["KeyError: 'service'"]

    def refuse(request: bytes) -> bytes:
        raise bmux.CallError("", bmux.ServiceStatus.BAD_REQUEST)

    with pytest.raises(bmux.CallError) as caught:
        bridged(host, bmux, refuse, "bridge", "abc")
    assert caught.value.status is bmux.ServiceStatus.BAD_REQUEST


def test_only_functions_without_a_context_have_addresses(bmux: ModuleType) -> None:
    for name in ("Release", "Unknown"):
        with pytest.raises(ValueError, match="HostKernelBridge"):
            bmux.address_of(name, print)
