"""Bootstrap providers of drasi in Python and of plugins, in every combination."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from support.drasi_python import (
    Host,
    Once,
    Sender,
    Stream,
    received,
)
from support.unraisable import Unraisable

# --- bootstrap providers


def test_a_provider_sends_to_python(host: Host) -> None:
    sender = Sender(host.drasi)
    with host.loader(events=5, threads=2, position="hex:07") as loader:
        result = loader.bootstrap("q1", ["Person", "Plän"], [], "request", "server", "s1", sender)
    assert result.event_count == 10
    assert result.source_position == b"\x07"
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
        return self.drasi.BootstrapResult(2, True, 77, b"\x09\x08")

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
    assert result.source_position == b"\x09\x08"
    assert relay.asked[0][:3] == ("q1", ["A"], [])
    assert relay.closed == 1
    with pytest.raises(
        host.drasi.ClosedError, match="was only lent for a call that is over: use it"
    ):
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
