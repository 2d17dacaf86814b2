"""The host of examples/drasi with plugins on the published crates, of both releases."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.drasi_example import PATIENCE, eventually, imported
from support.unraisable import Unraisable
from support.upstream import DRASI, Made, built

pytestmark = [pytest.mark.slow, pytest.mark.tool("cargo")]

RELEASES = pytest.mark.parametrize("old", [False, True], ids=["0.11.0", "0.8.4"])


@pytest.fixture(scope="module")
def load() -> Iterator[Any]:
    with imported() as importer:
        yield importer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Libraries of this test's own: each has one log for all that it makes."""
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    for package in DRASI.values():
        shutil.copy(built(package), plugins)
    return plugins


def config(old: bool, **reaction: Any) -> dict[str, Any]:
    """Everything of one release, and of one library."""
    told = "0.8.4" if old else "0.13.0"
    settings = {"durable": True, "needsSnapshot": True, "recovery": "auto_reset", **reaction}
    return {
        "secretStores": [
            {"id": "v", "kind": f"upstream-vaults@{told}", "config": {"secrets": {"a": "sesam"}}}
        ],
        "identityProviders": [{"id": "b", "kind": f"upstream-badges@{told}"}],
        "sources": [
            {
                "id": "s",
                "kind": f"upstream-sensors@{told}",
                "config": {
                    "events": 30,
                    "threads": 2,
                    "store": True,
                    "identity": True,
                    "secret": {"kind": "Secret", "name": "a"},
                },
                "identity": "b",
                "bootstrap": {"kind": f"upstream-rows@{told}", "config": {"events": 4}},
            }
        ],
        "queries": [
            {
                "id": "q",
                "text": "MATCH (s:Sensor) WHERE s.number < 20 RETURN s.name AS name, s.number AS number",
                "sources": ["s"],
            }
        ],
        "reactions": [
            {
                "id": "r",
                "kind": f"upstream-recorders@{told}",
                "queries": ["q"],
                "config": settings,
            }
        ],
    }


def lived(load: Any, folder: Path, settings: Any, changes: int) -> Any:
    """A host that has evaluated so many changes, and is over."""
    host = load("host.host").Host(settings, plugins=folder, state=folder.parent / "state.sqlite")
    host.start()
    query = host.queries["q"]
    assert query.wait_for(changes, PATIENCE)
    feed = host._reactions[0].feed
    eventually(lambda: not feed._waiting)
    host.stop()
    host.shut()
    assert host.failures == []
    return query


@RELEASES
def test_a_host_lives_twice(
    load: Any,
    folder: Path,
    old: bool,
    made: Made,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    unraisable: Unraisable,
) -> None:
    """Bootstrap across plugins, changes, results, services; and what the second start finds of them."""
    caplog.set_level(logging.INFO)
    record = tmp_path / "record"
    settings = config(old, record=str(record))
    first = lived(load, folder, settings, 64)
    said = [each.getMessage() for each in caplog.records if each.name == "plugin.s"]
    assert any(each.startswith("identity: Jürgen@sensors") for each in said)
    assert any(each.startswith("store: starts 1, ") for each in said)
    assert first.opaque == ({"insert": 24, "update": 20, "delete": 20} if old else {})
    assert bool(first.sequence) is not old
    second = lived(load, folder, settings, 64)
    told = [json.loads(line) for line in record.read_text("utf-8").splitlines()]
    boots = [each for each in told if "bootstrap" in each]
    results = [each["sequence"] for each in told if "results" in each]
    assert boots[0]["bootstrap"] == "q"
    assert boots[0]["reset"] is False
    if old:
        assert results == []
    else:
        assert results == sorted(set(results)), "each once, in order"
        assert results[-1] <= second.sequence
        names = {
            each["results"][0]["data"]["name"]
            for each in told
            if "results" in each and each["results"][0]["type"] == "ADD"
        }
        assert {"Zeile 0", "Fühler 0"} <= names


#: How each component is to fail, and at which step of the host's that is told.
SOURCES = {"create": "create", "start": "start", "subscribe": "subscribe", "stop": "stop"}
SOURCES |= {"deprovision": "deprovision", "panic start": "start", "panic stop": "stop"}
REACTIONS = {"create": "create", "start": "start", "bootstrap": "start", "stop": "stop"}
REACTIONS |= {"deprovision": "deprovision", "panic start": "start", "panic stop": "stop"}


def failing(base: Any, name: str, how: str) -> Any:
    """A component as it is, which fails in one method, or panics there."""
    method = how.removeprefix("panic ")
    asked = {"panic" if how != method else "fail": [method], "message": "as asked"}
    return {**base, "id": name, "config": {**base["config"], **asked}}


@RELEASES
def test_every_step_fails(
    load: Any, folder: Path, old: bool, made: Made, unraisable: Unraisable
) -> None:
    """Of the SDK's own components: each is told of, with the plugin's words; the others go on."""
    settings = config(old)
    told = "0.8.4" if old else "0.13.0"
    (good,), (listens,) = settings["sources"], settings["reactions"]
    settings["sources"] = [*(failing(good, f"s {how}", how) for how in SOURCES), good]
    settings["reactions"] = [*(failing(listens, f"r {how}", how) for how in REACTIONS), listens]
    rows = {
        "kind": f"upstream-rows@{told}",
        "config": {"fail": ["bootstrap"], "message": "as asked"},
    }
    settings["sources"].append({**good, "id": "s rows", "bootstrap": rows})
    settings["secretStores"].append(
        {"id": "locked", "kind": f"upstream-vaults@{told}", "config": {"fail": ["create"]}}
    )
    secret = {"kind": "Secret", "name": "none of these"}
    settings["sources"].append(
        {**good, "id": "s secret", "config": {**good["config"], "secret": secret}}
    )
    settings["queries"][0]["sources"] = [each["id"] for each in settings["sources"]]
    host = load("host.host").Host(settings, plugins=folder, state=folder.parent / "state.sqlite")
    host.start()
    assert host.queries["q"].wait_for(64, PATIENCE)
    host.stop(deprovision=True)
    host.shut()
    found = {(id, step) for id, step, _ in host.failures}
    wanted = {(f"s {how}", step) for how, step in SOURCES.items()}
    wanted |= {(f"r {how}", step) for how, step in REACTIONS.items()}
    wanted |= {("s rows", "subscribe"), ("locked", "create"), ("s secret", "create")}
    assert found == wanted
    # The ABI has no text for a source that refuses a query or a factory that makes nothing, and 0.8.4 has
    # none for initial data.
    silent = {"s subscribe", "locked", "s secret", *(["s rows"] if old else [])}
    for id, _, reason in host.failures:
        words = "plugin panic: " if "panic" in id else "as asked"
        assert id in silent or words in reason, (id, reason)
    assert any("no secret 'none of these'" in reason for *_, reason in host.failures)
