"""What flows between the plugins of a host: initial data, changes, results, rows, secrets, credentials."""

from __future__ import annotations

import json
import logging
import sqlite3
import struct
from pathlib import Path
from typing import Any

import msgpack
import pytest

from support.drasi_example import QUERY, eventually, reaction, source, told, waited

pytestmark = pytest.mark.slow

RELEASES = pytest.mark.parametrize("old", [False, True], ids=["0.11.0", "0.8.4"])


@RELEASES
def test_initial_data_of_another_plugin_comes_first(lives: Any, old: bool) -> None:
    """The source asks the host's provider, that asks the plugin's, and its records go all the way back."""
    host = lives(sources=[source(old=old, records=5, events=4, people=4)])
    host.start()
    query = waited(host, 9)
    assert host.failures == []
    if old:
        assert query.opaque == {"insert": 9}
        assert query.sequence == 0, "what nobody can read makes no rows"
    else:
        names = [each["results"][0]["data"]["name"] for each in query.results_after(0)]
        assert names == ["Jon", "Kai", "Lou", "Mia", "Bo", "Cem", "Dana"]


def test_results_reach_a_reaction_and_its_memory(lives: Any, tmp_path: Path) -> None:
    host = lives(sources=[source(events=6, people=6)], reactions=[reaction(durable=True)])
    host.start()
    query = waited(host, 6)
    # What has not reached the plugin by then, a stop keeps for the next host. A checkpoint alone may be
    # that of the start, before any result.
    eventually(lambda: all(host.store.get("r", key) for key in ("q", "checkpoint:q")))
    host.stop()
    host.shut()
    # What the plugin wrote, in the file: the last result as it came, and the checkpoint behind it.
    rows = dict(
        sqlite3.connect(tmp_path / "state.sqlite").execute(
            "SELECT key, value FROM entries WHERE store = 'r'"
        )
    )
    last = msgpack.unpackb(rows["q"])
    assert (last["query_id"], last["metadata"]) == ("q", {})
    (difference,) = last["results"]
    assert (difference["type"], set(difference["data"])) == ("ADD", {"name", "age"})
    sequence, config_hash = struct.unpack("<QQ", rows["checkpoint:q"])
    assert (sequence, config_hash) == (last["sequence"], query.query.config_hash)


@RELEASES
def test_a_reaction_boots_from_a_snapshot(
    lives: Any, old: bool, caplog: pytest.LogCaptureFixture
) -> None:
    first = lives(sources=[source(events=6, people=6)])
    first.start()
    sequence = waited(first, 6).sequence
    first.stop()
    with caplog.at_level(logging.INFO):
        second = lives(reactions=[reaction(old=old, snapshot=True)])
        second.start()
        second.stop()
    said = [each.getMessage() for each in caplog.records if each.name == "plugin.r"]
    assert said[0] == f"starts with q at {sequence}"
    rows = [json.loads(each.removeprefix("row ")) for each in said if each.startswith("row ")]
    values = rows if old else [each["v"] for each in rows]
    assert {each["name"] for each in values} == {"Bo", "Cem", "Dana", "Eli", "Fay"}
    assert all("k" in each for each in rows) is not old
    assert "q has 5 rows" in said, "its snapshot fetcher works too"


@RELEASES
def test_secrets_identities_and_the_environment(
    lives: Any, old: bool, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of one release serve plugins of the other: nothing opaque crosses there."""
    monkeypatch.setenv("TOWN_PASSWORD", "12345")
    other = told(not old)
    references = {
        "a": {"kind": "Secret", "name": "town"},
        "b": {"kind": "EnvironmentVariable", "name": "TOWN_PASSWORD"},
        "c": {"kind": "EnvironmentVariable", "name": "NOT_SET", "default": "four"},
        "d": "plain text",
        "e": {"kind": "Secret", "name": "unknown"},
        "f": {"kind": "EnvironmentVariable", "name": "NOT_SET"},
    }
    with caplog.at_level(logging.INFO):
        host = lives(
            secretStores=[
                {"id": "v", "kind": f"vault@{other}", "config": {"secrets": {"town": "sesam"}}}
            ],
            identityProviders=[{"id": "i", "kind": f"badge@{other}", "config": {"user": "Jürgen"}}],
            sources=[
                {**source(id, old=old, password=reference, events=0), "identity": "i"}
                for id, reference in references.items()
            ],
        )
        host.start()
        host.stop()
    said = {
        each.name: each.getMessage() for each in caplog.records if "letters" in each.msg % each.args
    }
    letters = {"a": 5, "b": 5, "c": 4, "d": 10}
    assert said == {f"plugin.{id}": f"the password has {n} letters" for id, n in letters.items()}
    assert [(id, step) for id, step, _ in host.failures] == [("e", "create"), ("f", "create")]
    assert "no secret 'unknown' (v: 1: no such secret)" in host.failures[0][2]
    assert "logged in as Jürgen" in caplog.text


@RELEASES
@pytest.mark.parametrize("kept", [100, 2])
def test_a_reaction_reads_the_outbox(
    lives: Any, old: bool, kept: int, caplog: pytest.LogCaptureFixture
) -> None:
    """What is there comes as JSON, one by one; what is gone is told with what is left."""
    caplog.set_level(logging.DEBUG)
    query = {**QUERY, "outbox": kept}
    first = lives(sources=[source(events=6, people=6)], queries=[query])
    first.start()
    sequence = waited(first, 6).sequence
    first.stop()
    second = lives(reactions=[reaction(old=old, snapshot=True, outboxAfter=1)], queries=[query])
    second.start()
    said = [each.getMessage() for each in caplog.records if each.name == "plugin.r"]
    gone = f"no outbox: OutboxGap:{sequence - 1}, the latest is {sequence}"
    assert (gone if kept == 2 else f"{sequence - 1} results behind 1") in said
