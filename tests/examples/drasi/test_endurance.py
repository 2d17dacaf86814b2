"""The host under load: many calls, many threads, and ends in the middle of everything."""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from support.drasi_example import PATHS, PATIENCE, QUERY, reaction, source, told, waited
from support.unraisable import Unraisable

pytestmark = pytest.mark.slow

#: Where every access to memory is watched, all of it takes twenty times as long.
WATCHED = "LD_PRELOAD" in os.environ
#: How many events, and how many rounds; `make endure` asks for all of them.
EVENTS = int(os.environ.get("DRASI_EVENTS", "40_000"))
ROUNDS = 2 if WATCHED else int(os.environ.get("DRASI_ROUNDS", "8"))


def resident() -> int:
    """What the process has in memory, in bytes."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("old", [False, True], ids=["0.11.0", "0.8.4"])
def test_nothing_is_held_of_callbacks(lives: Any, old: bool, counters: Any) -> None:
    """Each event is a call of the plugin's into the host, and each result one of the reaction's."""
    before, sizes = counters.made, []
    host = lives(
        sources=[source(old=old, events=EVENTS, people=50)],
        reactions=[reaction(old=old)],
        durable=False,
    )
    host.start()
    # The first of them is for what is made once.
    for part in range(1, 6):
        waited(host, EVENTS // 5 * part)
        sizes.append(resident())
    assert sizes[-1] - sizes[0] < 4 * 2**20, sizes
    assert host.failures == []
    host.stop()
    assert counters.settled() == 0
    assert counters.made - before > EVENTS


def test_nothing_is_held_of_hosts(
    load: Any, plugins: Path, counters: Any, unraisable: Unraisable
) -> None:
    """What libraries keep for ever, such as log callbacks, is the same for every host."""
    config = {"sources": [source(records=2)], "queries": [QUERY], "reactions": [reaction()]}
    sizes = []
    for _ in range(5):
        for _ in range(4):
            host = load("host.host").Host(config, plugins=plugins, state=None)
            with host:
                waited(host, 5)
            host.shut()
        sizes.append(resident())
    assert counters.settled() == 0
    assert sizes[-1] - sizes[1] < 4 * 2**20, sizes


@pytest.mark.parametrize("old", [False, True], ids=["0.11.0", "0.8.4"])
def test_nothing_is_held_of_calls(
    load: Any, lives: Any, old: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Of each kind: numbers, texts, lists, failures, and objects that are made and end."""
    # pytest keeps every record, and each failure is one.
    caplog.set_level(logging.CRITICAL)
    host = lives(
        sources=[source(old=old, events=0), source("bad", old=old, fail="stop", events=0)],
        reactions=[reaction(old=old)],
    )
    host.start()
    good, bad = (each.table for each in host._sources)
    (listed,) = (each.table for each in host._reactions)
    _, secrets = host.plugins.making("secret store", f"vault@{told(old)}")
    sizes = []
    for _ in range(4):
        for _ in range(EVENTS // 4 // 5):
            assert good.status().name == "Running"
            assert listed.query_ids() == ["q"]
            with pytest.raises(load("host.release").ABI_ERRORS):
                bad.stop()
            with secrets.create_secret_store('{"a": "b"}') as store:
                assert store.get_secret("a") == "b"
        sizes.append(resident())
    assert sizes[-1] - sizes[0] < 4 * 2**20, sizes


@pytest.mark.parametrize("old", [False, True], ids=["0.11.0", "0.8.4"])
def test_eight_threads_push_while_the_host_stops(lives: Any, old: bool) -> None:
    for number in range(ROUNDS):
        host = lives(
            sources=[source(old=old, events=10**9, threads=8, people=20, records=2)],
            reactions=[reaction()],
            durable=False,
        )
        host.start()
        query = waited(host, 1 + number * 7)
        host.stop()
        taken, sequence = query._taken, query.sequence
        time.sleep(0.005)
        assert (query._taken, query.sequence) == (taken, sequence), "an event after the stop"
        assert host.failures == []
        host.shut()


def test_hosts_are_made_and_ended_by_many_threads(lives: Any) -> None:
    """Two hosts at once, on the same libraries: each hears of its own sources only."""
    hosts = [
        lives(
            sources=[source(f"s{n}", events=500, people=7)],
            durable=False,
            queries=[{**QUERY, "sources": [f"s{n}"]}],
        )
        for n in range(2)
    ]
    threads = [threading.Thread(target=host.start) for host in hosts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len({waited(host, 500).sequence for host in hosts}) == 1


# --- the end of the process, at any time

SCRIPT = f"""
import sys
sys.path[:0] = {PATHS!r}
from pathlib import Path
from host.host import Host
people = {{"id": "s", "kind": sys.argv[3], "config": {{"events": 1000000000, "threads": 8, "people": 20}}}}
config = {{
    "sources": [people],
    "queries": [{QUERY!r}],
    "reactions": [{{"id": "r", "kind": "journal", "queries": ["q"], "config": {{"durable": True}}}}],
}}
host = Host(config, plugins=Path(sys.argv[1]), state=Path(sys.argv[2]))
host.start()
host.queries["q"].wait_for(50)
"""


def run(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-X", "faulthandler", "-c", script, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)


@pytest.mark.parametrize("kind", ["people@0.13.0", "people@0.8.4"])
def test_the_interpreter_may_exit_while_plugins_push(
    plugins: Path, tmp_path: Path, kind: str
) -> None:
    for number in range(ROUNDS // 2):
        done = run(SCRIPT, plugins, tmp_path / f"{number}.sqlite", kind)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_state_survives_a_kill(plugins: Path, tmp_path: Path) -> None:
    """Wherever it dies: the file is whole, and sequence, results and checkpoint fit each other."""
    state, reached = tmp_path / "state.sqlite", 0
    for number in range(ROUNDS // 2):
        command = [
            sys.executable,
            "-c",
            SCRIPT + "print('up', flush=True)\nimport time; time.sleep(1000)",
        ]
        process = subprocess.Popen(
            [*command, str(plugins), str(state), "people@0.13.0"], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        time.sleep(0.02 * number)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        with sqlite3.connect(state) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            told = dict(database.execute("SELECT key, value FROM entries WHERE store = 'query:q'"))
            (checkpoint,) = database.execute(
                "SELECT value FROM entries WHERE store = 'r' AND key = 'checkpoint:q'"
            ).fetchone()
        database.close()
        sequence = json.loads(told["state"])["sequence"]
        kept = sorted(int(key.partition(":")[2]) for key in told if key.startswith("outbox:"))
        assert kept[-1] == sequence > reached
        assert kept == list(range(kept[0], sequence + 1))
        assert int.from_bytes(checkpoint[:8], "little") <= sequence
        reached = sequence
