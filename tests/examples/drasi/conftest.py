"""The host of examples/drasi, its demo plugins, and hosts of which nothing is left after a test."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.drasi_example import QUERY, Counters, imported
from support.unraisable import Unraisable

Importer = Callable[[str], Any]


@pytest.fixture(scope="module")
def load() -> Iterator[Importer]:
    with imported() as importer:
        yield importer


@pytest.fixture(scope="session")
def plugins(tmp_path_factory: pytest.TempPathFactory, cc: list[str]) -> Path:
    """All demo plugins, of both releases."""
    folder = tmp_path_factory.mktemp("drasi_demo")
    with imported() as importer:
        importer("plugins.build").build(folder, cc)
    return folder


@pytest.fixture
def counters(plugins: Path) -> Counters:
    return Counters(plugins)


class Lives:
    """Makes hosts, one after the other, on one state file."""

    def __init__(self, load: Importer, plugins: Path, state: Path) -> None:
        self._load = load
        self._plugins = plugins
        self._state = state
        self._hosts: list[Any] = []

    def __call__(
        self,
        *,
        sources: Any = (),
        reactions: Any = (),
        queries: Any = (QUERY,),
        durable: bool = True,
        **more: Any,
    ) -> Any:
        config = {"sources": sources, "reactions": reactions, "queries": queries, **more}
        state = self._state if durable else None
        host = self._load("host.host").Host(config, plugins=self._plugins, state=state)
        self._hosts.append(host)
        return host

    def over(self) -> None:
        for host in self._hosts:
            host.stop()
            host.shut()


@pytest.fixture
def lives(
    load: Importer, plugins: Path, counters: Counters, tmp_path: Path, unraisable: Unraisable
) -> Iterator[Lives]:
    """Whatever its hosts have been through: all that was made has ended, and nothing came late."""
    bindings = load("drasi"), load("drasi_0_11_0")
    late = [binding.late_calls() for binding in bindings]
    made = Lives(load, plugins, tmp_path / "state.sqlite")
    yield made
    made.over()
    del made
    gc.collect()
    assert counters.settled() == 0
    assert [binding.late_calls() for binding in bindings] == late
