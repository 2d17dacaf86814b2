"""What a host in Python offers to the drasi plugins, and what they offer of the same kind."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from support.drasi_python import (
    Host,
    Identity,
    Store,
    started,
)
from support.unraisable import Unraisable

# --- the state store


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
    assert "ValueError: Store.get_many() at " in said
    assert "2 are needed, not 1" in said


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
        assert found.credential_type is host.drasi.CredentialType[kind]
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
