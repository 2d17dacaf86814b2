"""What a host in Python offers to the drasi plugins, and the objects that are no sources: reactions with
their results and snapshots, identity providers, secret stores, state stores.
"""

from __future__ import annotations

import json
import queue
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import cffi
import pytest

from support.drasi_plugins import PLAIN, plugin_in
from support.drasi_python import WAYS, Host, Unraisable, compiled, package_in


@pytest.fixture(scope="module")
def drasi(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    with package_in(tmp_path_factory.mktemp("package")) as package:
        yield package


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {"": tmp_path_factory.mktemp("plugins")}


@pytest.fixture
def unraisable(monkeypatch: pytest.MonkeyPatch) -> Iterator[Unraisable]:
    """No exception goes unnoticed: a test takes those that it expects."""
    hook = Unraisable()
    monkeypatch.setattr(sys, "unraisablehook", hook)
    yield hook
    assert hook.taken() == []


@pytest.fixture(params=WAYS)
def host(
    request: pytest.FixtureRequest,
    drasi: ModuleType,
    built: dict[str, Path],
    cc: list[str],
    tmp_path: Path,
    unraisable: Unraisable,
) -> Iterator[Host]:
    language, mode = request.param
    if mode == "compiled":
        compiled(drasi)
    if language not in built:
        built[language] = plugin_in(language, cc, built[""], PLAIN)
    late = drasi.late_calls()
    host = Host(drasi, Path(shutil.copy(built[language], tmp_path)), mode)
    yield host
    host.close()
    assert drasi.late_calls() == late


def outcomes(host: Host, steps: list[list[str]]) -> list[str]:
    """What the journal says of steps, in their order."""
    lines = host.journal("> ")
    found = []
    for step in steps:
        start = f"> {' '.join(step)}: "
        found.append(next(line for line in lines if line.startswith(start)).removeprefix(start))
        lines.remove(start + found[-1])
    return found


def started(host: Host, steps: list[list[str]], **services: object) -> list[str]:
    """What came of steps that a source does when it starts."""
    with host.source(start=steps) as source:
        source.initialize(host.context(**services))
        source.start()
        source.stop()
    return outcomes(host, steps)


# --- the state store


class Store:
    """A state store in memory."""

    def __init__(self) -> None:
        self.data: dict[str, dict[str, bytes]] = {}
        self.closed = 0
        self.synced = 0

    def get(self, store_id: str, key: str) -> bytes | None:
        return self.data.get(store_id, {}).get(key)

    def set(self, store_id: str, key: str, value: bytes) -> None:
        self.data.setdefault(store_id, {})[key] = value

    def delete(self, store_id: str, key: str) -> None:
        self.data.get(store_id, {}).pop(key, None)

    def contains_key(self, store_id: str, key: str) -> bool:
        return key in self.data.get(store_id, {})

    def get_many(self, store_id: str, keys: list[str]) -> list[bytes | None]:
        return [self.get(store_id, key) for key in keys]

    def set_many(self, store_id: str, keys: list[str], values: list[bytes]) -> None:
        self.data.setdefault(store_id, {}).update(zip(keys, values, strict=True))

    def delete_many(self, store_id: str, keys: list[str]) -> int:
        store = self.data.get(store_id, {})
        return sum(store.pop(key, None) is not None for key in keys)

    def clear_store(self, store_id: str) -> int:
        return len(self.data.pop(store_id, {}))

    def list_keys(self, store_id: str) -> list[str]:
        return list(self.data.get(store_id, {}))

    def store_exists(self, store_id: str) -> bool:
        return store_id in self.data

    def key_count(self, store_id: str) -> int:
        return len(self.data.get(store_id, {}))

    def sync(self) -> None:
        self.synced += 1

    def close(self) -> None:
        self.closed += 1


def test_a_state_store(host: Host) -> None:
    store = Store()
    script = {
        "set a k text": "ok",
        "set a bytes hex:00ff": "ok",
        "set a empty hex:": "ok",
        "get a k": '"text"',
        "get a bytes": "hex:00ff",
        "get a empty": '""',
        "get a none": "nothing",
        "contains_key a k": "true",
        "contains_key a none": "false",
        "set_many b k1 v1 k2 hex:0001 k3 ü": "ok",
        "get_many b k2 none k1": 'hex:0001 nothing "v1"',
        "delete_many b k1 none k3": "2",
        "list_keys b": "[k2]",
        "list_keys c": "[]",
        "store_exists b": "true",
        "store_exists c": "false",
        "key_count a": "3",
        "delete a k": "ok",
        "clear_store a": "2",
        "sync": "ok",
    }
    said = started(host, [step.split(" ") for step in script], state_store=store)
    assert dict(zip(script, said, strict=True)) == script
    assert store.data == {"b": {"k2": b"\0\x01"}}
    assert (store.closed, store.synced) == (1, 1)


class Broken:
    """A state store of which nothing works."""

    def __getattr__(self, name: str) -> Any:
        if name == "close":
            raise AttributeError(name)

        def fails(*_: object) -> Any:
            raise OSError(f"{name} schlug fehl") from ValueError("die Platte")

        return fails


def test_a_state_store_that_fails(host: Host, unraisable: Unraisable) -> None:
    told = [
        ["get", "a", "k"],
        ["set", "a", "k", "v"],
        ["delete", "a", "k"],
        ["contains_key", "a", "k"],
        ["get_many", "a", "k"],
        ["set_many", "a", "k", "v"],
        ["store_exists", "a"],
        ["sync"],
    ]
    untold = [["delete_many", "a", "k"], ["clear_store", "a"], ["key_count", "a"]]
    lists = [["list_keys", "a"]]
    said = started(host, [*told, *untold, *lists], state_store=Broken())
    for step, text in zip(told, said, strict=False):
        reason = f"OSError: {step[0]} schlug fehl (caused by ValueError: die Platte)"
        assert reason in text, text
    assert all(text.startswith("error") or text == "-1" for text in said[8:11]), said
    assert said[-1] == "[]"
    reported = [text.split(" ")[1] for text in unraisable.taken()]
    assert reported == ["delete_many", "clear_store", "key_count", "list_keys"]


def test_a_store_with_too_few_answers(host: Host) -> None:
    store = Store()
    store.get_many = lambda store_id, keys: [b"only one"]  # type: ignore[method-assign]
    (said,) = started(host, [["get_many", "a", "k1", "k2"]], state_store=store)
    assert "ValueError: 2 are needed, not 1" in said


def test_a_store_that_is_used_by_four_threads(host: Host) -> None:
    store = Store()
    steps = [["set", "a", f"k{index}", "v"] for index in range(50)]
    with host.source(start=steps, workers=4) as source:
        source.initialize(host.context(state_store=store))
        source.start()
        source.stop()
    assert len(host.journal("> set a ")) == 200
    assert len(store.data["a"]) == 50


def test_a_store_that_nobody_offers(host: Host) -> None:
    steps = [["get", "a", "k"], ["credentials"]]
    assert all("error" in text or "no " in text for text in started(host, steps))


# --- identity providers and secrets


class Identity:
    """An identity provider whose credentials say what they are for."""

    def __init__(self, drasi: ModuleType) -> None:
        self.drasi = drasi
        self.asked: list[Any] = []
        self.closed = 0

    def get_credentials(self, context_json: bytes | None) -> Any:
        self.asked.append(context_json)
        wanted = json.loads(context_json) if context_json else {}
        if "fail" in wanted:
            raise PermissionError("not you")
        kind = self.drasi.FfiCredentialType.UsernamePassword
        return self.drasi.FfiCredentials(kind, "jürgen", wanted.get("host", "?"))

    def close(self) -> None:
        self.closed += 1


def test_an_identity_provider_in_python(host: Host) -> None:
    identity = Identity(host.drasi)
    steps = [
        ["credentials"],
        ["credentials", '{"host": "db"}'],
        ["credentials", '{"fail": "yes"}'],
        ["clone_credentials", '{"host": "clone"}'],
    ]
    said = started(host, steps, identity_provider=identity)
    assert "jürgen" in said[0]
    assert "db" in said[1]
    assert "PermissionError: not you" in said[2]
    assert "clone" in said[3]
    assert identity.closed == 2, "the provider and its clone"


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("UsernamePassword", (True, True, False)),
        ("Token", (True, True, False)),
        ("Certificate", (True, True, True)),
    ],
)
def test_an_identity_provider_of_a_plugin(host: Host, kind: str, fields: tuple[bool, ...]) -> None:
    names = {"UsernamePassword": "password"}
    with host.identity(type=names.get(kind, kind.lower()), user="ü", host="db") as identity:
        found = identity.get_credentials(None)
        assert found.credential_type is host.drasi.FfiCredentialType[kind]
        there = (found.field1, found.field2, found.field3)
        assert tuple(each is not None for each in there) == fields
        assert any("ü" in each for each in there if each)
        other = identity.get_credentials(b'{"user": "other"}')
        assert any("other" in each for each in (other.field1, other.field3) if each)
        with pytest.raises(host.drasi.CallError, match="nix da"):
            identity.get_credentials(b'{"fail": "nix da"}')


def test_a_clone_outlives_its_original(host: Host) -> None:
    identity = host.identity(type="token", user="me")
    with identity.clone() as clone:
        identity.close()
        assert clone.get_credentials(None).field1 == "me"
        with clone.clone() as second:
            assert second.get_credentials(None).field1 == "me"
    assert len(host.journal("IdentityProvider.drop")) == 3


def test_a_clone_that_fails(host: Host) -> None:
    with host.identity(fail="clone") as identity, pytest.raises(host.drasi.AbiError):
        identity.clone()


@pytest.mark.parametrize("kind", ["badge", "vault"])
def test_what_is_not_made_says_so(host: Host, kind: str) -> None:
    make = {"badge": host.identity, "vault": host.secrets}[kind]
    with pytest.raises(host.drasi.CallError):
        make(fail="create")


def test_the_identity_provider_of_one_plugin_for_another(
    host: Host, drasi: ModuleType, tmp_path: Path
) -> None:
    other = Host(
        drasi, Path(shutil.copy(host.plugin.path, tmp_path / "other.so")), host.plugin.mode
    )
    identity = other.identity(type="token", user="from afar")
    (said,) = started(host, [["credentials"]], identity_provider=identity)
    assert "from afar" in said
    assert identity.closed
    other.close()


def test_secrets(host: Host) -> None:
    with host.secrets(secrets={"db": "gehe\u00efm", "none": None, "empty": ""}) as vault:
        assert vault.get_secret("db") == "gehe\u00efm"
        assert not vault.get_secret("none")
        assert vault.get_secret("empty") == ""
        with pytest.raises(host.drasi.CallError):
            vault.get_secret("unknown")
        with pytest.raises(host.drasi.CallError, match="weg"):
            vault.get_secret("fail:weg")
        threads = [threading.Thread(target=vault.get_secret, args=("db",)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert host.journal("SecretStore.get_secret name=db") == ["SecretStore.get_secret name=db"] * 5


# --- reactions


class Results:
    """The queue of a reaction's results; the end is None."""

    def __init__(self) -> None:
        self.waiting: queue.Queue[Any] = queue.Queue()
        self.gone = threading.Event()

    def __call__(self, flag: Any) -> Any:
        if flag:
            self.gone.set()
            return None
        return self.waiting.get(timeout=60)

    def put(self, count: int) -> None:
        for _ in range(count):
            self.waiting.put(cffi.FFI().cast("void *", 64))

    def end(self) -> None:
        self.waiting.put(None)


def test_a_reaction_says_what_it_is(host: Host) -> None:
    with host.reaction(durable=True, recovery=1) as reaction:
        assert (reaction.id(), reaction.type_name()) == ("r1", "collector")
        assert reaction.query_ids() == ["q1", "q2"]
        assert not reaction.auto_start()
        assert reaction.is_durable()
        assert not reaction.needs_snapshot_on_fresh_start()
        assert reaction.default_recovery_policy() is host.drasi.FfiRecoveryPolicy.AutoReset
        assert reaction.status() is host.drasi.FfiComponentStatus.Stopped
    with host.reaction(recovery=9) as reaction:
        assert reaction.default_recovery_policy() == 9


def test_results(host: Host) -> None:
    results = Results()
    with host.reaction() as reaction:
        reaction.initialize(host.context("r1"))
        reaction.start_result_push(results)
        reaction.start()
        results.put(500)
        results.end()
        reaction.stop()
        assert results.gone.wait(60)
    assert host.journal("> results") == ["> results id=r1: 500"]
    drop = host.probe.journal().index("Reaction.drop id=r1")
    assert host.probe.journal().index("> results id=r1: 500") < drop


def test_a_reaction_that_has_enough(host: Host) -> None:
    results = Results()
    with host.reaction(results=3) as reaction:
        reaction.start_result_push(results)
        reaction.start()
        results.put(5)
        assert results.gone.wait(60)
        reaction.stop()
    assert host.journal("> results") == ["> results id=r1: 3"]


def test_results_that_fail_are_over(host: Host, unraisable: Unraisable) -> None:
    gone = threading.Event()

    def fails(flag: Any) -> Any:
        if flag:
            gone.set()
        raise LookupError("gone" if flag else "no queue")

    with host.reaction() as reaction:
        reaction.start_result_push(fails)
        reaction.start()
        assert gone.wait(60)
        reaction.stop()
    assert unraisable.taken() == ["LookupError: no queue", "LookupError: gone"]


# --- snapshots, outboxes, checkpoints


class Rows:
    """An iterator in Python: JSON of what a generator yields."""

    def __init__(self, count: int, error: Exception | None = None) -> None:
        self.rows = (
            json.dumps({"n": index, "t": "ü"}, ensure_ascii=False) for index in range(count)
        )
        self.error = error
        self.closed = 0

    def next(self) -> str:
        row = next(self.rows, "")
        if not row and self.error is not None:
            raise self.error
        return row

    def close(self) -> None:
        self.closed += 1


class Query:
    """What a reaction may ask for while it is brought up to date, and the fetcher of a host."""

    def __init__(self, drasi: ModuleType, error: Exception | None = None) -> None:
        self.query_id = "q1"
        self.is_reset = True
        self.drasi = drasi
        self.error = error
        self.made: list[Rows] = []
        self.written: list[tuple[int, int]] = []
        self.closed = 0

    def _rows(self) -> Rows:
        if self.error is not None:
            raise self.error
        self.made.append(Rows(3))
        return self.made[-1]

    def fetch_snapshot(self, query_id: str = "q1") -> Any:
        if query_id != "q1":
            raise LookupError(f"not subscribed to {query_id}")
        return self.drasi.FfiSnapshotIteratorResponse(self._rows(), 7, 2**64 - 1)

    def fetch_outbox(self, after_sequence: int) -> Any:
        if after_sequence == 10:
            raise self.drasi.CallError(f"{self.drasi.OUTBOX_GAP_PREFIX}12")
        return self.drasi.FfiOutboxIteratorResponse(self._rows(), after_sequence + 3, 5)

    def read_checkpoint(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.drasi.FfiCheckpoint(41, 42) if not self.written else None

    def write_checkpoint(self, checkpoint: Any) -> None:
        if self.error is not None:
            raise self.error
        self.written.append((checkpoint.sequence, checkpoint.config_hash))

    def close(self) -> None:
        self.closed += 1


STEPS = [
    ["read_checkpoint"],
    ["fetch_snapshot"],
    ["fetch_snapshot", "1"],
    ["fetch_outbox", "2"],
    ["write_checkpoint", "8", "9"],
    ["read_checkpoint"],
]


def test_a_reaction_is_brought_up_to_date(host: Host) -> None:
    query = Query(host.drasi)
    with host.reaction(bootstrap=[*STEPS, ["fetch_outbox", "10"]]) as reaction:
        reaction.start()
        reaction.bootstrap(query)
        reaction.stop()
    assert host.journal("Reaction.bootstrap") == ["Reaction.bootstrap id=r1 query=q1 reset=1"]
    said = outcomes(host, [*STEPS, ["fetch_outbox", "10"]])
    assert "41" in said[0]
    assert "42" in said[0]
    assert [text.count('"n"') for text in said[1:4]] == [3, 1, 3]
    assert "18446744073709551615" in said[1]
    assert "ü" in said[1]
    assert query.written == [(8, 9)]
    assert said[5] in ("none", "nothing")
    assert "OutboxGap:12" in said[6]
    assert [rows.closed for rows in query.made] == [1, 1, 1]


def test_a_reaction_is_brought_up_on_a_thread_of_its_own(host: Host) -> None:
    query = Query(host.drasi)
    with host.reaction(bootstrap=[["fetch_snapshot"]] * 5, workers=4) as reaction:
        reaction.bootstrap(query)
    assert [rows.closed for rows in query.made] == [1] * 5


def test_a_query_that_fails(host: Host) -> None:
    reaction = host.reaction(bootstrap=STEPS, strict=True)
    with reaction, pytest.raises(host.drasi.CallError, match="RuntimeError: kaputt"):
        reaction.bootstrap(Query(host.drasi, RuntimeError("kaputt")))
    assert all("RuntimeError: kaputt" in text for text in outcomes(host, STEPS))


def test_rows_that_fail_are_over(host: Host, unraisable: Unraisable) -> None:
    query = Query(host.drasi)
    query._rows = lambda: Rows(2, OSError("line cut"))  # type: ignore[method-assign]
    with host.reaction(bootstrap=[["fetch_snapshot"]]) as reaction:
        reaction.bootstrap(query)
    assert outcomes(host, [["fetch_snapshot"]])[0].count('"n"') == 2
    assert unraisable.taken() == ["OSError: line cut"]


def test_an_iterator_outlives_the_bootstrap(host: Host) -> None:
    query = Query(host.drasi)
    with host.reaction(bootstrap=[["keep_snapshot"]]) as reaction:
        reaction.start()
        reaction.bootstrap(query)
        assert query.made[0].closed == 0
        reaction.stop()
        assert query.made[0].closed == 1
    assert host.journal("> kept_snapshot")[0].count('"n"') == 3


def test_a_snapshot_fetcher(host: Host) -> None:
    fetcher = Query(host.drasi)
    steps = [["fetcher", "q1"], ["fetcher", "q1", "2"], ["fetcher", "q9"]]
    with host.reaction(start=steps) as reaction:
        reaction.initialize(host.context("r1", snapshot_fetcher=fetcher))
        reaction.start()
        reaction.stop()
    said = outcomes(host, steps)
    assert [text.count('"n"') for text in said] == [3, 2, 0]
    assert "LookupError: not subscribed to q9" in said[2]
    assert [rows.closed for rows in fetcher.made] == [1, 1]
    assert fetcher.closed == 1


def test_services_end_in_the_order_of_the_contract(host: Host) -> None:
    store, identity, fetcher = Store(), Identity(host.drasi), Query(host.drasi)
    results = Results()
    with host.reaction() as reaction:
        reaction.initialize(
            host.context(
                "r1", state_store=store, identity_provider=identity, snapshot_fetcher=fetcher
            )
        )
        reaction.start_result_push(results)
        reaction.start()
        results.end()
        reaction.stop()
        assert results.gone.wait(60)
        assert (store.closed, identity.closed, fetcher.closed) == (0, 0, 0)
    assert (store.closed, identity.closed, fetcher.closed) == (1, 1, 1)
    last = [line for line in host.journal() if "drop" in line or line.startswith("> results")]
    assert last[0] == "> results id=r1: 0"
    assert "Reaction.drop id=r1" in last
    assert {"> drop state store", "> drop identity provider", "> drop snapshot fetcher"} < set(last)
