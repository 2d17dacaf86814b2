"""The host with its demo plugins, of both releases."""

from __future__ import annotations

import logging
import shutil
import struct
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from support.drasi_example import QUERY, eventually, reaction, source, waited

pytestmark = pytest.mark.slow

RELEASES = pytest.mark.parametrize("old", [False, True], ids=["0.11.0", "0.8.4"])


def test_each_plugin_gets_the_binding_of_its_release(
    load: Any, plugins: Path, tmp_path: Path, cc: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    folder = Path(shutil.copytree(plugins, tmp_path / "plugins"))
    load("plugins.build").refused(folder, cc)
    with caplog.at_level(logging.INFO):
        found = load("host.plugins").Plugins(folder)
    assert {name: plugin.version for name, plugin in found.loaded.items()} == {
        f"{old}{name}.so": version
        for name in ("people", "register", "journal", "vault")
        for old, version in (("", "0.13.0"), ("old_", "0.8.4"))
    }
    assert set(found.refused) == {"notes.so", "too_new.so"}
    assert "no shared library" in found.refused["notes.so"]
    assert "0.9.0" in found.refused["too_new.so"]
    assert "too_new.so is refused" in caplog.text
    assert type(found.making("source", "people@0.13.0")[0]).__name__ == "Release0110"
    assert type(found.making("source", "people@0.8.4")[0]).__name__ == "Release084"
    assert found.making("source", "people@0.8.4")[1].kind() == "people"
    with pytest.raises(load("host.plugins").UnknownNameError, match="'mysql'; there is people"):
        found.making("source", "mysql")
    found.close()


def test_a_source_and_its_provider_may_be_of_one_kind(
    load: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Upstream's are: `postgres` is a source of one library, and a bootstrap provider of another."""
    found = load("host.plugins").Plugins(tmp_path)

    def taken(name: str, what: str) -> Any:
        made = SimpleNamespace(
            version="1", listen=lambda: None, factories={(what, "postgres"): name}
        )
        found._take(name, made)
        return made

    source, provider = taken("s.so", "source"), taken("b.so", "bootstrap provider")
    assert found.making("source", "postgres") == (source, "s.so")
    assert found.making("bootstrap provider", "postgres@1") == (provider, "b.so")
    with pytest.raises(load("host.plugins").UnknownNameError, match="no plugin makes any"):
        found.making("reaction", "postgres")
    assert caplog.text == ""
    taken("copy.so", "source")
    assert "copy.so: another plugin makes the source postgres@1, and goes on" in caplog.text
    assert found.making("source", "postgres")[0] is source


def test_a_plugin_that_cannot_say_what_it_makes_is_refused(
    load: Any, plugins: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = load("host.plugins")

    def broken(_: object) -> None:
        raise load("drasi_0_11_0").ContractError("a null where none may be")

    monkeypatch.setattr(module, "Release0110", broken)
    found = module.Plugins(plugins)
    assert set(found.loaded) == {
        "old_people.so",
        "old_register.so",
        "old_journal.so",
        "old_vault.so",
    }
    assert found.refused["people.so"] == "it cannot say what it makes: a null where none may be"
    found.close()


def test_providers_and_sources_of_different_releases_do_not_meet(lives: Any) -> None:
    mixed = source(events=2, people=2)
    mixed["bootstrap"] = {"kind": "register@0.8.4"}
    turned = source("t", old=True)
    turned["bootstrap"] = {"kind": "register@0.13.0"}
    host = lives(sources=[mixed, turned])
    host.start()
    assert [(id, step) for id, step, _ in host.failures] == [("s", "create"), ("t", "create")]
    assert host.failures[1][2].startswith(
        "it is of SDK 0.8.4 and its provider of 0.13.0: the records"
    )


def reach(host: Any, store: str = "r") -> int:
    """The sequence of a reaction's checkpoint."""
    return int(struct.unpack("<QQ", host.store.get(store, "checkpoint:q"))[0])


def test_what_a_reaction_missed_is_delivered_again_in_order(lives: Any) -> None:
    first = lives(reactions=[reaction(durable=True)])
    first.start()
    first.stop()
    assert reach(first) == 0
    without = lives(sources=[source(events=6, people=6)])
    without.start()
    missed = waited(without, 6).sequence
    without.stop()
    again = lives(reactions=[reaction(durable=True)])
    again.start()
    query = waited(again, 0)
    assert [each["sequence"] for each in query.results_after(0)] == list(range(1, missed + 1))
    eventually(lambda: reach(again) == missed)
    again.stop()
    assert again.failures == []


@pytest.mark.parametrize("cause", ["gap", "query"])
@pytest.mark.parametrize(
    ("policy", "config"),
    [
        ("strict", {"snapshot": True, "recovery": 0}),
        ("reset", {"snapshot": True, "recovery": 1}),
        ("skip", {"recovery": 2}),
    ],
)
def test_the_three_policies(
    lives: Any, policy: str, config: Any, cause: str, caplog: pytest.LogCaptureFixture
) -> None:
    small = {**QUERY, "outbox": 2}
    other = {**small, "text": QUERY["text"].replace("18", "30")}
    wanted = [reaction(durable=True, **config)]
    first = lives(reactions=wanted, queries=[small])
    first.start()
    first.stop()
    meanwhile = lives(sources=[source(events=6, people=6)], queries=[small])
    meanwhile.start()
    latest = waited(meanwhile, 6).sequence
    meanwhile.stop()
    caplog.clear()
    with caplog.at_level(logging.INFO):
        last = lives(reactions=wanted, queries=[other if cause == "query" else small])
        last.start()
    said = [each.getMessage() for each in caplog.records if each.name == "plugin.r"]
    if policy == "strict":
        (failure,) = last.failures
        assert failure[:2] == ("r", "start")
        assert "its policy is Strict" in failure[2]
        assert reach(last) == 0, "nothing is forgotten until somebody looks"
    else:
        assert last.failures == []
        assert reach(last) == latest
        assert any(each.startswith("starts over with q at") for each in said) == (policy == "reset")


def test_a_durable_reaction_needs_a_store_that_lasts(lives: Any) -> None:
    host = lives(reactions=[reaction(durable=True), reaction("other")], durable=False)
    host.start()
    assert [(id, step) for id, step, _ in host.failures] == [("r", "start")]


@RELEASES
def test_what_is_logged(lives: Any, old: bool, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        host = lives(sources=[source("quiet", old=old), source("loud", old=old, fail="start")])
        host.start()
        host.stop()
    records = [(each.name, each.levelname, each.getMessage()) for each in caplog.records]
    assert ("plugin.quiet", "INFO", "this is start 1") in records
    steps = [text for name, level, text in records if name == "plugin.quiet" and level == "DEBUG"]
    assert steps == ["Starting", "Started", "Stopping", "Stopped"]
    assert ("plugin.loud", "ERROR", "Error: start fails, as configured") in records


@pytest.mark.parametrize(
    ("level", "told"), [(5, "Trace"), (10, "Debug"), (20, "Info"), (30, "Warn"), (50, "Off")]
)
def test_plugins_say_what_is_heard(load: Any, level: int, told: str) -> None:
    logger = logging.getLogger("plugin")
    before = logger.level
    logger.setLevel(level)
    assert load("host.logs").level_wanted() == told
    logger.setLevel(before)


def test_what_nobody_hears_is_not_said(
    lives: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 0.11.0 the plugin is asked; of 0.8.4 everything comes, and `logging` drops it."""
    caplog.set_level(logging.WARNING, "plugin")
    host = lives(sources=[source("new"), source("old", old=True)])
    # From now on everything would be heard.
    caplog.set_level(logging.DEBUG, "plugin")
    host.start()
    said = {each.name for each in caplog.records if each.getMessage() == "this is start 1"}
    assert said == {"plugin.old"}


def test_a_source_remembers_over_restarts(lives: Any) -> None:
    for number in (1, 2, 3):
        host = lives(sources=[source()])
        host.start()
        host.stop()
        assert host.store.get("s", "starts") == str(number).encode()
        host.shut()
