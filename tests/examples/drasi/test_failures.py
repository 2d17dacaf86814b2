"""Plugins that fail, at each step: it is told, the others go on, and nothing of it is left."""

from __future__ import annotations

import logging
import sqlite3
from typing import Any

import pytest

from support.drasi_example import QUERY, eventually, reaction, source, waited
from support.unraisable import Unraisable

pytestmark = pytest.mark.slow

RELEASES = pytest.mark.parametrize("old", [False, True], ids=["0.11.0", "0.8.4"])
STEPS = ("create", "start", "subscribe", "bootstrap", "stream", "stop", "deprovision")
TOLD = {"subscribe": "subscribe", "bootstrap": "subscribe"}


@RELEASES
@pytest.mark.parametrize("step", STEPS)
def test_a_source_that_fails(lives: Any, old: bool, step: str) -> None:
    """At each step it is told, the others go on, and nothing of it is left."""
    bad = source("bad", old=old, fail=step, records=3)
    bad["bootstrap"]["config"]["fail"] = step
    query = {**QUERY, "sources": ["bad", "s"]}
    host = lives(sources=[bad, source(events=6, people=6)], queries=[query])
    host.start()
    eventually(lambda: host.queries["q"].sequence >= 5)
    if step == "stream":
        eventually(lambda: any(each.broken for each in host._sources[0].subscriptions))
    host.stop(deprovision=True)
    assert [(id, at) for id, at, _ in host.failures] == [("bad", TOLD.get(step, step))]


def test_changes_that_cannot_be_read_are_left_out(
    lives: Any, caplog: pytest.LogCaptureFixture
) -> None:
    host = lives(sources=[source(fail="stream", people=6)])
    host.start()
    waited(host, 3)
    eventually(lambda: host._sources[0].subscriptions[0].broken)
    assert "s: a change that cannot be read is left out: no variant" in caplog.text or (
        "s: a change that cannot be read is left out: no 'event'" in caplog.text
    )


@RELEASES
@pytest.mark.parametrize("step", ["create", "start", "bootstrap", "stream", "stop", "deprovision"])
def test_a_reaction_that_fails(lives: Any, old: bool, step: str) -> None:
    bad = reaction("bad", old=old, fail=step, snapshot=True)
    host = lives(sources=[source(events=600, people=6)], reactions=[bad, reaction()])
    host.start()
    # More than a feed holds: what the bad one does not take holds up nobody.
    waited(host, 600)
    if step == "stream":
        assert host._reactions[0].forwarder_gone.wait(60)
    host.stop(deprovision=True)
    at_step = "start" if step == "bootstrap" else step
    assert [(id, at) for id, at, _ in host.failures] == [("bad", at_step)]


@pytest.mark.parametrize(
    "kind", ["vault@0.13.0", "badge@0.13.0", "vault@0.8.4", "badge@0.8.4", "mysql"]
)
def test_services_that_fail(lives: Any, kind: str) -> None:
    where = "secretStores" if "vault" in kind else "identityProviders"
    bad = {"id": "bad", "kind": kind, "config": {"fail": "create"}}
    host = lives(**{where: [bad]}, sources=[source(events=1)])
    host.start()
    waited(host, 1)
    assert [(id, step) for id, step, _ in host.failures] == [("bad", "create")]


def test_a_state_store_that_fails_is_told_to_plugins(
    lives: Any, caplog: pytest.LogCaptureFixture, unraisable: Unraisable
) -> None:
    caplog.set_level(logging.INFO)
    host = lives(sources=[source(events=1)])

    def broken(*_: object) -> bytes:
        raise sqlite3.OperationalError("disk I/O error")

    host.store.get = broken
    host.start()
    assert "this is start 1" in caplog.text, "a store that fails looks empty, to this plugin"
    assert host.failures == []


def test_names_that_are_nowhere(lives: Any) -> None:
    lost = {**reaction(), "queries": ["nothing"]}
    nobody = {**source("t"), "identity": "clrek"}
    host = lives(sources=[{**source(), "kind": "mysql"}, nobody], reactions=[lost])
    host.start()
    assert [reason.partition(";")[0] for *_, reason in host.failures] == [
        "there is no query 'nothing'",
        "no plugin makes a source of the kind 'mysql'",
        "there is no identity provider 'clrek'",
    ]


def test_kinds_of_something_else_are_no_kinds(lives: Any) -> None:
    """A reaction's kind where a source's has to be, and so on: each is told, and the others go on."""
    wrong = {
        "secretStores": [{"id": "a", "kind": "people"}],
        "identityProviders": [{"id": "b", "kind": "vault"}],
        "reactions": [{**reaction("c"), "kind": "register@0.8.4"}],
        "sources": [
            {"id": "d", "kind": "journal"},
            {**source("e"), "bootstrap": {"kind": "badge"}},
            source(events=3),
        ],
    }
    host = lives(**wrong)
    with host:
        waited(host, 3)
    assert [(id, step) for id, step, _ in host.failures] == [(each, "create") for each in "abcde"]
    assert host.failures[3][2] == (
        "no plugin makes a source of the kind 'journal'; there is people, people@0.13.0, people@0.8.4"
    )


def test_a_start_that_is_interrupted_leaves_nothing(
    lives: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``with`` ends only what has begun; threads of plugins are running by then."""
    host = lives(sources=[source(events=100_000), source("t")])
    subscribe = host._subscribe

    def interrupted(each: Any) -> None:
        subscribe(each)
        raise KeyboardInterrupt

    monkeypatch.setattr(host, "_subscribe", interrupted)
    with pytest.raises(KeyboardInterrupt), host:
        pytest.fail("it has started")
    assert host._sources == []
    assert host._stopped


def test_a_query_that_cannot_be_kept_is_told_of(
    lives: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    host = lives(sources=[source(events=600)], reactions=[reaction()])

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with host, monkeypatch.context() as patch:
        patch.setattr(host.store, "set_many", full)
        patch.setattr(host.store, "sync", full)
        eventually(lambda: host.queries["q"].failure is not None)
        host.stop()
    assert [(id, at) for id, at, _ in host.failures if id != "r"] == [
        ("q", "evaluate"),
        ("the state store", "sync"),
    ]


def test_a_store_that_is_locked_fails_whoever_needs_it(
    lives: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = lives(reactions=[reaction()])

    def locked(*_: object) -> None:
        raise sqlite3.OperationalError("database is locked")

    with monkeypatch.context() as patch:
        patch.setattr(host.store, "get", locked)
        host.start()
    assert ("r", "start", "database is locked") in host.failures


def test_a_configuration_that_is_wrong_loads_nothing(lives: Any, counters: Any) -> None:
    made = counters.made
    with pytest.raises(ValueError, match=r"sources\[0\]: it has no 'kind'"):
        lives(sources=[{"id": "s"}])
    assert counters.made == made


def test_everything_fails_in_one_host(lives: Any) -> None:
    """Each step of each release, and one of each that works: those go on."""
    steps, sources, reactions = [*STEPS, ""], [], []
    for old in (False, True):
        for step in steps:
            made = source(f"s-{old}-{step}", old=old, fail=step, events=6, people=6, records=2)
            made["bootstrap"]["config"]["fail"] = step
            sources.append(made)
            reactions.append(reaction(f"r-{old}-{step}", old=old, fail=step, snapshot=True))
    query = {**QUERY, "sources": [each["id"] for each in sources]}
    host = lives(sources=sources, reactions=reactions, queries=[query])
    host.start()
    torn = [each for each in host._sources if each.id.endswith("stream")]
    eventually(lambda: all(each.subscriptions[0].broken for each in torn))
    host.stop(deprovision=True)
    failed = {id for id, *_ in host.failures}
    # A reaction knows nothing of subscriptions.
    wanted = {f"s-{old}-{step}" for old in (False, True) for step in STEPS}
    wanted |= {f"r-{old}-{step}" for old in (False, True) for step in STEPS if step != "subscribe"}
    assert failed == wanted


@RELEASES
def test_a_reaction_that_takes_too_long_is_kept(
    load: Any, lives: Any, old: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its forwarder would come back to an object that is gone."""
    module = load("host.host")
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    host = lives(reactions=[reaction(old=old, lingerMs=700)])
    host.start()
    host.stop()
    (kept,) = module.KEPT
    assert [(id, step) for id, step, _ in host.failures] == [("r", "stream")]
    assert kept.table.status().name == "Stopped", "it has not ended"
    assert kept.forwarder_gone.wait(60)
    module.KEPT.clear()


def test_what_was_not_made_as_a_whole_is_not_started(
    lives: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    mixed = source()
    mixed["bootstrap"] = {"kind": "register@0.8.4"}
    host = lives(sources=[mixed], reactions=[{**reaction(), "queries": ["q", "nothing"]}])
    host.start()
    assert [(id, step) for id, step, _ in host.failures] == [("r", "create"), ("s", "create")]
    assert "Starting" not in caplog.text
