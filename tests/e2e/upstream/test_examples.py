"""The examples' hosts, with plugins on the published crates."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from support.examples import modules_of
from support.upstream import BMUX_NATIVE, BMUX_STATEFUL, STATEVEC, built

pytestmark = [pytest.mark.slow, pytest.mark.tool("cargo"), pytest.mark.usefixtures("made")]


def test_the_bmux_host_saves_what_upstreams_plugins_keep(tmp_path: Path) -> None:
    plugins, data = tmp_path / "plugins", tmp_path / "data"
    plugins.mkdir()
    for each in (BMUX_NATIVE, BMUX_STATEFUL):
        shutil.copy(built(each), plugins)
    count, notes = (f"upstream.stateful/{each}" for each in ("count", "notes"))
    with modules_of("bmux", "bmux", copies=tmp_path / "packages") as here:
        for start in (1, 2):
            with here.host.Host(data) as host:
                outcome = host.start(plugins)
                assert outcome.done == ([] if start == 1 else [count, notes])
                assert [each.id for each in host.plugins] == [
                    "upstream.counter",
                    "upstream.stateful",
                ]
                assert host.save().done == [count, notes]
        sections = here.snapshot_file.read(host.orchestrator.path)
        assert [(each.id, each.version) for each in sections] == [(count, 1), (notes, 2)]


def test_the_statevec_engine_runs_upstreams_bank(tmp_path: Path) -> None:
    with modules_of("statevec", "statevec", copies=tmp_path) as here:
        plugin = here.statevec.load(built(STATEVEC))
        log = tmp_path / "commands.log"
        with here.engine.Engine(plugin, log, config="limit=100") as engine:
            engine.submit("Open", number=7, owner=b"seven", level=1)
            engine.submit("Open", number=3, owner=b"three", level=2)
            move = {"from": 7, "to": 3, "amount": 50, "note": b"rent"}
            [moved] = engine.submit("Transfer", **move)
            assert (moved.name, moved.fields) == ("Moved", move)
            before = [dict(each.rows) for each in engine.records.tables.values()]
            # It had changed one account and created two records before it looked for the other one.
            with pytest.raises(here.statevec.StatevecError, match="no account 9"):
                engine.submit("Transfer", **{**move, "to": 9})
            assert [dict(each.rows) for each in engine.records.tables.values()] == before
            balances = {each["number"]: each["balance"] for each in engine.read("Account")}
            assert balances == {3: 50, 7: -50}
        with here.engine.Engine(plugin, log, config="limit=100") as engine:
            assert [dict(each.rows) for each in engine.records.tables.values()] == before
            engine.submit("Forge", number=7, amount=1)
            with pytest.raises(here.statevec.StatevecError, match="add up to 1"):
                engine.check()
        # What breaks the invariants is not served after a replay either.
        with pytest.raises(here.statevec.StatevecError, match="add up to 1"):
            here.engine.Engine(plugin, log, config="limit=100")
