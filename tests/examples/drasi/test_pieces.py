"""The modules of the host that need no plugin: queries, payloads, results, recovery, the state store."""

from __future__ import annotations

import copy
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest

from support.drasi_example import EXAMPLE, imported

with imported() as _load:
    config, payloads, query, recovery, results, state_store = (
        _load(f"host.{name}")
        for name in ("config", "payloads", "query", "recovery", "results", "state_store")
    )
    demo = json.loads((EXAMPLE / "demo.json").read_text("utf-8"))

ADULTS = "MATCH (p:Person) WHERE p.age >= 18 RETURN p.name AS name"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Any]:
    made = state_store.StateStore(tmp_path / "state.sqlite")
    yield made
    made.shut()


# --- queries


@pytest.mark.parametrize(
    ("where", "there"),
    [
        ("p.age = 30", True),
        ("p.age <> 30", False),
        ("p.age > 29.5", True),
        ("p.age <= 29", False),
        ("p.name = 'O\\'Hara'", True),
        ("p.name < 'P' and p.age >= 30", True),
        ("p.name < 'P' AND p.age > 30", False),
        ("p.member = true", True),
        ("p.missing <> 1", False),
        ("p.missing = null", False),
        ("p.name > 7", False),
        ("p.name <> 'Tom AND Jerry' AND p.age = 30", True),
        ("p.name <> ' RETURN p.age' and p.name <> 'it\\'s AND that' AND p.age = 31", False),
        ("p.member = 1", False),
        ("p.member <> 1", True),
        ("p.age <> true", True),
        ("p.age >= 3e1", True),
        ("p.age < +.5", False),
    ],
)
def test_filters(where: str, there: bool) -> None:
    properties = {"name": "O'Hara", "age": 30, "member": True}
    read = query.parse(f"MATCH (p:Person) WHERE {where} RETURN p.age AS years, p.name, p.nothing")
    row = {"years": 30, "p.name": "O'Hara", "p.nothing": None}
    assert read.row(frozenset({"Person", "Other"}), properties) == (row if there else None)


def test_labels() -> None:
    read = query.parse("match (x :A:B) return x.v")
    assert read.row(frozenset("A"), {}) is None
    assert read.row(frozenset("ABC"), {"v": 1}) == {"x.v": 1}
    assert query.parse("MATCH (x) RETURN x.v").row(frozenset(), {"v": 2}) == {"x.v": 2}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "MATCH (p:Person)",
        "MATCH (p)-[:KNOWS]->(q) RETURN p.name",
        "MATCH (p:Person) RETURN q.name",
        "MATCH (p:Person) WHERE q.age = 1 RETURN p.name",
        "MATCH (p:Person) WHERE p.age = 1 OR p.age = 2 RETURN p.name",
        "MATCH (p:Person) WHERE p.age = old RETURN p.name",
        "MATCH (p:Person) RETURN count(p)",
        "MATCH (p:Person) WHERE p.age = 1 AND RETURN p.name",
        "MATCH (p:Person) WHERE p.name = 'open RETURN p.name",
        "MATCH (p:Person) WHERE p.age = nan RETURN p.name",
        "MATCH (p:Person) WHERE p.age = 1_000 RETURN p.name",
        "MATCH (p:Person) WHERE p.age = 1" + "0" * 5000 + " RETURN p.name",
        "MATCH (p:Person) RETURN p.name AS x, p.age AS x",
        "MATCH (p:Person) WHERE " + "p.age = 1 AND " * 5000 + "RETURN p.name",
    ],
)
def test_what_is_no_query_is_told(text: str) -> None:
    with pytest.raises(query.QueryError):
        query.parse(text)


def test_numbers_that_json_does_not_have_are_null_in_rows() -> None:
    row = query.parse("MATCH (p) RETURN p.x").row(
        frozenset(), {"x": [float("nan"), {"y": float("-inf")}, 1.5]}
    )
    assert row == {"p.x": [None, {"y": None}, 1.5]}


def test_another_query_has_another_hash() -> None:
    assert query.parse(ADULTS).config_hash == query.parse(ADULTS).config_hash
    assert query.parse(ADULTS).config_hash != query.parse(ADULTS.replace("18", "21")).config_hash


# --- payloads

METADATA = {
    "reference": {"source_id": "s", "element_id": "e"},
    "labels": ["Person", "Ü"],
    "effective_from": 1,
}
NODE = {
    "Node": {
        "metadata": METADATA,
        "properties": {
            "values": {
                "name": {"String": "Ü"},
                "age": {"Integer": -5},
                "none": "Null",
                "all": {"List": [{"Bool": True}, {"Object": {"values": {"x": {"Float": 1.5}}}}]},
                "when": {"LocalDateTime": "2026-01-01T00:00:00"},
            }
        },
    }
}
PROPERTIES = {
    "name": "Ü",
    "age": -5,
    "none": None,
    "all": [True, {"x": 1.5}],
    "when": "2026-01-01T00:00:00",
}


def event(content: object) -> bytes:
    told = {"source_id": "s", "event": content, "timestamp_us": 1, "sequence": None}
    return bytes(msgpack.packb(told))


@pytest.mark.parametrize(("kind", "op"), [("Insert", "insert"), ("Update", "update")])
def test_changes_are_read(kind: str, op: str) -> None:
    change = payloads.decode_event(event({"Change": {kind: {"element": NODE}}}))
    assert change == payloads.Change(op, "s", "e", frozenset({"Person", "Ü"}), PROPERTIES)


def test_deletions_and_records_are_read() -> None:
    gone = payloads.decode_event(event({"Change": {"Delete": {"metadata": METADATA}}}))
    assert (gone.op, gone.element_id, gone.properties) == ("delete", "e", {})
    record = msgpack.packb({"source_id": "s", "change": {"Insert": {"element": NODE}}})
    assert payloads.decode_record(record).properties == PROPERTIES


def test_what_is_no_change_is_left_out() -> None:
    assert payloads.decode_event(event({"Control": "FuturesDue"})) is None
    assert payloads.decode_event(event({"Change": {"Future": {"future_ref": {}}}})) is None


def test_whatever_a_plugin_sends_is_read_or_refused() -> None:
    """Each byte of a payload as something else: another length, another type, nothing at all."""
    whole = event({"Change": {"Insert": {"element": NODE}}})
    refused = 0
    for at in range(len(whole)):
        for byte in (0x00, 0x7F, 0x80, 0x91, 0xA3, 0xC0, 0xC1, 0xC4, 0xC7, 0xDF, 0xFF):
            try:
                payloads.decode_event(whole[:at] + bytes([byte]) + whole[at + 1 :])
            except payloads.PayloadError:
                refused += 1
    assert refused > len(whole)


def test_each_part_of_a_change_may_be_damaged() -> None:
    """Cut off anywhere, or with any member gone: told, and no other exception."""
    whole = event({"Change": {"Insert": {"element": NODE}}})
    for length in range(len(whole)):
        with pytest.raises(payloads.PayloadError):
            payloads.decode_event(whole[:length])
    for broken in (
        {"Node": {"metadata": METADATA}},
        {"Node": {"metadata": {**METADATA, "labels": 7}, "properties": {"values": {}}}},
        {"Node": {"metadata": METADATA, "properties": {"values": []}}},
        {"Node": {"metadata": METADATA, "properties": {"values": {"x": 7}}}},
        {"Node": {"metadata": {"labels": []}, "properties": {"values": {}}}},
    ):
        with pytest.raises(payloads.PayloadError):
            payloads.decode_event(event({"Change": {"Insert": {"element": broken}}}))


def nested(depth: int) -> Any:
    value: Any = "Null"
    for _ in range(depth):
        value = {"List": [value]}
    return value


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({"String": b"\xff"}, "is no String"),
        ({"Bool": 1}, "1 is no Bool"),
        ({"Integer": 2**63}, "9223372036854775808 is more than an Integer can be"),
        ({"Integer": 1.5}, "1.5 is no Integer"),
        ({"LocalDateTime": msgpack.Timestamp(1, 2)}, "is no value of a property"),
        ({"Duration": msgpack.ExtType(5, b"x")}, "is no value of a property"),
        ({"Duration": [1, {"x": b"y"}]}, "is no value of a property"),
        ({"Object": {"values": {b"bytes": "Null"}}}, "is no text"),
        (nested(101), "more than 100 deep"),
        (nested(505), "more than 100 deep"),
        ({"Duration": [[[]]] * 2 + [b"x" * 10_000_000]}, "is no value of a property"),
    ],
    ids=lambda each: each if isinstance(each, str) else "value",
)
def test_values_that_json_does_not_have_are_refused(value: Any, why: str) -> None:
    """The state store, a snapshot or a reaction would fail with them, which is another one's place."""
    node = {"Node": {"metadata": METADATA, "properties": {"values": {"x": value}}}}
    with pytest.raises(payloads.PayloadError) as caught:
        payloads.decode_event(event({"Change": {"Insert": {"element": node}}}))
    assert why in str(caught.value)
    assert len(str(caught.value)) < 200, "it is for people"


def test_ids_and_labels_are_texts() -> None:
    deep: Any = []
    for _ in range(500):
        deep = [deep]
    reference = METADATA["reference"]
    for broken in (
        {**METADATA, "labels": [deep]},
        {**METADATA, "labels": deep},
        {**METADATA, "reference": {**reference, "element_id": deep}},
        {**METADATA, "reference": {**reference, "source_id": 7}},
        deep,
    ):
        with pytest.raises(payloads.PayloadError):
            payloads.decode_event(event({"Change": {"Delete": {"metadata": broken}}}))


def test_values_as_deep_as_may_be_are_kept_and_told(living: Callable[..., Any]) -> None:
    node = {"Node": {"metadata": METADATA, "properties": {"values": {"name": nested(100)}}}}
    node["Node"]["properties"]["values"]["age"] = {"Integer": 2**63 - 1}
    told_of = payloads.decode_event(event({"Change": {"Insert": {"element": node}}}))
    live = living(told_of)
    [(_, row)], _ = live.rows()
    live.stop()
    assert living().rows()[0][0][1] == row
    assert payloads.encode_result(live.results_after(0)[0])


def test_payloads_that_are_too_large_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payloads, "MOST_BYTES", 10)
    with pytest.raises(payloads.PayloadError, match="more than a payload may have"):
        payloads.decode_event(event({"Control": "FuturesDue"}))


# --- the state store


def test_a_transaction_is_all_or_nothing(store: Any) -> None:
    store.set("a", "k", b"before")

    def fails() -> None:
        with store.transaction():
            store.set_many("a", ["k", "l"], [b"1", b"2"])
            assert store.get("a", "l") == b"2"
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        fails()
    assert store.get_many("a", ["k", "l"]) == [b"before", None]
    with pytest.raises(ValueError, match="shorter"):
        store.set_many("a", ["k", "l"], [b"after"])
    assert store.get("a", "k") == b"before"


def test_stores_are_apart(store: Any) -> None:
    store.set_many("a", ["k", "l", "ü"], [b"1", b"", b"\0"])
    store.set("b", "k", b"2")
    assert store.list_keys("a") == ["k", "l", "ü"]
    assert (store.get("a", "l"), store.get("a", "x")) == (b"", None)
    assert store.contains_key("a", "l")
    assert not store.contains_key("b", "l")
    assert store.delete_many("a", ["k", "x", "l"]) == 2
    assert (store.key_count("a"), store.store_exists("a"), store.store_exists("c")) == (
        1,
        True,
        False,
    )
    store.delete("b", "nothing")
    assert (store.clear_store("b"), store.clear_store("b")) == (1, 0)


def test_threads_share_a_store(store: Any) -> None:
    def count() -> None:
        for _ in range(50):
            with store.transaction():
                store.set("n", "n", str(int(store.get("n", "n") or b"0") + 1).encode())

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.get("n", "n") == b"400"


def test_what_was_written_is_there_for_others(store: Any, tmp_path: Path) -> None:
    store.set("a", "k", b"v")
    store.sync()
    (found,) = sqlite3.connect(tmp_path / "state.sqlite").execute("SELECT * FROM entries")
    assert found == ("a", "k", b"v")


@pytest.mark.parametrize("what", ["a folder", "something else", "locked", "nowhere", "read-only"])
def test_a_file_that_cannot_be_used_is_named(
    tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ("none/state.sqlite" if what == "nowhere" else "state.sqlite")
    if what == "a folder":
        path.mkdir()
    elif what == "something else":
        path.write_bytes(b"no database at all " * 100)
    elif what in ("locked", "read-only"):
        state_store.StateStore(path).shut()
    connect = sqlite3.connect
    other = connect(path) if what == "locked" else None
    if other is not None:
        other.execute("BEGIN EXCLUSIVE")
    if what == "read-only":
        # As the file of somebody else is; root may write everything.
        uri = f"file:{path}?mode=ro"
        monkeypatch.setattr(sqlite3, "connect", lambda _, **more: connect(uri, uri=True, **more))
    else:
        monkeypatch.setattr(
            sqlite3, "connect", lambda *given, **more: connect(*given, 0.01, **more)
        )
    with pytest.raises(state_store.StateStoreError) as caught:
        state_store.StateStore(path)
    assert str(caught.value).startswith(f"the state store {path} cannot be used: ")
    if other is not None:
        other.close()


@pytest.mark.parametrize("at", ["in a statement", "at the end"])
def test_a_disk_that_is_full_for_a_while_is_no_end(store: Any, tmp_path: Path, at: str) -> None:
    """Nothing of what failed is there, and what comes later is there for others."""
    store.set("a", "old", b"1")
    if at == "in a statement":
        store._database.execute("PRAGMA max_page_count = 8")
        with pytest.raises(sqlite3.OperationalError, match="disk is full"):
            store.set_many("a", ["old", "large"], [b"2", bytes(1_000_000)])
        store._database.execute("PRAGMA max_page_count = 100000")
    else:
        # The check of what refers to what is made by COMMIT, which leaves the transaction as it is then.
        store._database.executescript(
            "PRAGMA foreign_keys = ON; CREATE TABLE one (id INTEGER PRIMARY KEY);"
            "CREATE TABLE other (id REFERENCES one DEFERRABLE INITIALLY DEFERRED);"
        )

        def both() -> None:
            with store.transaction() as database:
                store.set("a", "old", b"2")
                database.execute("INSERT INTO other VALUES (7)")

        with pytest.raises(sqlite3.IntegrityError):
            both()
    store.set("a", "new", b"3")
    found = sqlite3.connect(tmp_path / "state.sqlite").execute("SELECT key, value FROM entries")
    assert sorted(found) == [("new", b"3"), ("old", b"1")]


@pytest.mark.parametrize("text", ["", "\0", "a\0b", "Ü\U0001f600", "x" * 1_000_000, "'; DROP--"])
def test_keys_may_be_any_text(store: Any, text: str) -> None:
    store.set(text, text, text.encode())
    assert store.get(text, text) == text.encode()
    assert (store.list_keys(text), store.get(text, "a")) == ([text], None)
    assert store.delete_many(text, [text]) == 1


# --- the configuration


def test_the_demos_configuration_is_one() -> None:
    assert config.checked(demo) is demo


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda made: [], "the configuration: an object is needed, not []"),
        (lambda made: made.update(sources={}), "sources: a list is needed, not {}"),
        (
            lambda made: made.update(source=[]),
            "the configuration: 'source' is unknown; it may have",
        ),
        (lambda made: made["sources"].append(7), "sources[2]: an object is needed, not 7"),
        (lambda made: made["sources"][0].pop("id"), "sources[0]: it has no 'id'"),
        (
            lambda made: made["sources"][1].update(kind=7),
            "sources[1].kind: a text is needed, not 7",
        ),
        (
            lambda made: made["sources"][1].update(config="x"),
            "sources[1].config: an object is needed",
        ),
        (
            lambda made: made["sources"][1].update(id="town"),
            "sources[1]: there is another one with",
        ),
        (
            lambda made: made["sources"][0]["bootstrap"].pop("kind"),
            "sources[0].bootstrap: it has no",
        ),
        (
            lambda made: made["queries"][0].update(text="x"),
            "queries[0].text: not of the form MATCH",
        ),
        (lambda made: made["queries"][0].pop("sources"), "queries[0]: it has no 'sources'"),
        (lambda made: made["queries"][0].update(outbox=-1), "queries[0].outbox: it cannot hold -1"),
        (
            lambda made: made["queries"][0].update(outbox=True),
            "queries[0].outbox: a number is needed",
        ),
        (lambda made: made["reactions"][0].pop("queries"), "reactions[0]: it has no 'queries'"),
        (
            lambda made: made["reactions"][0].update(queries=[7]),
            "reactions[0].queries[0]: a text is",
        ),
        (lambda made: made["sources"][0].update(id="\ud800"), "cannot be written as JSON"),
        (
            lambda made: made["sources"][0]["config"].update(x=float("nan")),
            "cannot be written as JSON",
        ),
        (lambda made: made["sources"][0]["config"].update(x=b""), "cannot be written as JSON"),
    ],
)
def test_what_is_no_configuration_is_told(change: Callable[[Any], Any], why: str) -> None:
    made = copy.deepcopy(demo)
    other = change(made)
    with pytest.raises(config.ConfigError) as caught:
        config.checked(other if other == [] else made)
    assert why in str(caught.value)


# --- results


def change(op: str = "insert", element: str = "e", **properties: object) -> Any:
    return payloads.Change(op, "s", element, frozenset({"Person"}), properties)


@pytest.fixture
def living(store: Any) -> Iterator[Callable[..., Any]]:
    made: list[Any] = []

    def make(*changes: Any, text: str = ADULTS, outbox: int = 100) -> Any:
        live = results.LiveQuery("q", query.parse(text), store, outbox)
        live.start()
        made.append(live)
        for each in changes:
            assert live.push(each)
        assert live.wait_for(len(changes))
        return live

    yield make
    for each in made:
        each.stop()


def told(live: Any, after: int = 0) -> list[Any]:
    """What each result says, without what is the same in all."""
    kept = [each["results"][0] for each in live.results_after(after)]
    return [
        (each["type"], *(each[name] for name in ("before", "data") if name in each))
        for each in kept
    ]


def test_results_are_the_differences_of_rows(living: Callable[..., Any]) -> None:
    live = living(
        change(name="Ada", age=17),
        change("update", age=18),
        change("update", name="Ada L."),
        change("update", city="London"),
        change("update", age=1),
        change("update", age=99),
        change("delete"),
        change("delete"),
        results.Opaque("update"),
    )
    ada, other = {"name": "Ada"}, {"name": "Ada L."}
    assert told(live) == [
        ("ADD", ada),
        ("UPDATE", ada, other),
        ("DELETE", other),
        ("ADD", other),
        ("DELETE", other),
    ]
    assert [each["sequence"] for each in live.results_after(0)] == [1, 2, 3, 4, 5]
    assert live.opaque == {"update": 1}
    assert len({each["results"][0]["row_signature"] for each in live.results_after(0)}) == 1


def test_a_query_goes_on_where_it_was(living: Callable[..., Any]) -> None:
    first = living(change(name="Ada", age=40), change("insert", "f", name="Bo", age=50))
    first.stop()
    second = living()
    assert second.rows() == first.rows()
    assert told(second) == told(first)
    second.push(change("update", age=2))
    assert second.wait_for(1)
    assert second.sequence == 3


def test_another_query_begins_anew(living: Callable[..., Any]) -> None:
    living(change(name="Ada", age=40), change("insert", "f", name="Bo", age=50)).stop()
    other = living(text=ADULTS.replace("18", "45"))
    assert [row for _, row in other.rows()[0]] == [{"name": "Bo"}]
    assert other.sequence == 2, "numbers never come again"
    with pytest.raises(results.OutboxGapError) as gap:
        other.results_after(1)
    assert (gap.value.earliest, gap.value.latest) == (3, 2)


def test_an_outbox_keeps_what_it_can(living: Callable[..., Any]) -> None:
    live = living(*(change("insert", f"e{n}", age=20) for n in range(5)), outbox=2)
    assert len(told(live, 3)) == 2
    with pytest.raises(results.OutboxGapError, match="before 4 are gone"):
        live.results_after(2)
    with pytest.raises(results.OutboxGapError):
        live.results_after(6)
    live.stop()
    assert len(told(living(outbox=2), 3)) == 2


def test_a_query_that_cannot_be_kept_refuses_its_sources(
    living: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    live = living(change(name="Ada", age=40))

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(live._store, "set_many", full)
    live.push(change("update", age=41))
    live._worker.join(60)
    assert not live.push(change("update", age=42))
    assert "q cannot write to the state store" in caplog.text
    assert live.failure == "it cannot write to the state store: database or disk is full"


def test_a_query_that_fails_in_whatever_way_refuses_its_sources(
    living: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Their threads would wait for ever in front of a full inbox."""
    live = living()
    live.push(change(name={1, 2}, age=20))
    live._worker.join(60)
    assert not live.push(change(name="Ada", age=41))
    assert "it cannot go on: Object of type set" in live.failure
    assert "q cannot go on" in caplog.text


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("state", b"{"),
        ("state", b"[]"),
        ("state", b"\xff"),
        ("element:s:e", b"7"),
        ("element:s:e", b"[" * 100_000),
    ],
)
def test_what_a_query_cannot_read_of_itself_is_told(store: Any, key: str, value: bytes) -> None:
    store.set("query:q", key, value)
    with pytest.raises(
        state_store.StateStoreError, match="without the entries of its store"
    ) as caught:
        results.LiveQuery("q", query.parse(ADULTS), store)
    assert len(str(caught.value)) < 400


def test_a_source_that_is_too_fast_waits(store: Any) -> None:
    live = results.LiveQuery("q", query.parse(ADULTS), store)
    pushed = []

    def push() -> None:
        while live.push(change(age=1)):
            pushed.append(1)

    thread = threading.Thread(target=push)
    thread.start()
    thread.join(0.2)
    assert thread.is_alive()
    assert len(pushed) == results.MOST_WAITING
    live.refuse()
    thread.join(60)
    assert not thread.is_alive()
    assert len(pushed) == results.MOST_WAITING


def test_a_feed_tells_what_was_missed_first_and_nothing_twice() -> None:
    feed = results.Feed()
    numbered = [{"query_id": "q", "sequence": number} for number in range(1, 7)]
    for each in numbered[2:5]:
        feed.offer(each)
    feed.open({"q": 4}, numbered[1:4])
    feed.offer(numbered[5])
    assert [feed.next()["sequence"] for _ in range(5)] == [2, 3, 4, 5, 6]
    feed.offer(numbered[0])
    feed.end()
    assert feed.next() is None
    assert not feed.offer(numbered[0])


# --- recovery


@pytest.mark.parametrize(
    ("old", "needs", "policy", "found"),
    [
        (None, True, "Strict", ("bootstrap", 5)),
        (None, False, "Strict", ("nothing", 5)),
        ((4, 0), True, "Strict", ("missed 1", 5)),
        ((5, 0), True, "Strict", ("missed 0", 5)),
        ((1, 0), True, "Strict", "results before 4 are gone"),
        ((1, 0), True, "AutoReset", ("reset", 5)),
        ((1, 0), False, "AutoSkipGap", ("nothing", 5)),
        ((4, 9), True, "Strict", "another one"),
        ((4, 9), True, "AutoReset", ("reset", 5)),
        ((4, 9), False, "AutoSkipGap", ("nothing", 5)),
    ],
)
def test_the_table_of_recovery(
    old: Any, needs: bool, policy: str, found: Any, living: Callable[..., Any]
) -> None:
    live = living(*(change("insert", f"e{n}", age=20) for n in range(5)), outbox=2)
    right = live.query.config_hash
    checkpoint = old and recovery.Checkpoint(old[0], right + old[1])
    asked = {"needs_snapshot": needs, "deliverable": True}
    if isinstance(found, str):
        with pytest.raises(recovery.RecoveryError, match=found):
            recovery.plan(live, checkpoint, recovery.RecoveryPolicy[policy], **asked)
        return
    made = recovery.plan(live, checkpoint, recovery.RecoveryPolicy[policy], **asked)
    assert made.checkpoint == recovery.Checkpoint(found[1], right)
    done = {
        (True, True): "reset",
        (True, False): "bootstrap",
        (False, False): f"missed {len(made.missed)}" if found[0] != "nothing" else "nothing",
    }
    assert done[made.bootstrap, made.is_reset] == found[0]


def test_what_cannot_be_delivered_is_as_good_as_gone(living: Callable[..., Any]) -> None:
    live = living(change(age=20))
    old = recovery.Checkpoint(0, live.query.config_hash)
    asked = {"needs_snapshot": True, "deliverable": False}
    assert recovery.plan(live, old, recovery.RecoveryPolicy.AutoReset, **asked).is_reset
    now = recovery.Checkpoint(1, live.query.config_hash)
    assert not recovery.plan(live, now, recovery.RecoveryPolicy.Strict, **asked).bootstrap


def test_checkpoints_lie_where_upstream_has_them(store: Any) -> None:
    checkpoints = recovery.Checkpoints(store, "r")
    assert checkpoints.read("q") is None
    checkpoints.write("q", recovery.Checkpoint(258, 2**64 - 1))
    assert store.get("r", "checkpoint:q") == b"\2\1" + bytes(6) + b"\xff" * 8
    assert checkpoints.read("q") == recovery.Checkpoint(258, 2**64 - 1)
    store.set("r", "checkpoint:q", b"short")
    with pytest.raises(recovery.RecoveryError, match="5 bytes"):
        checkpoints.read("q")


def test_unknown_policies_are_strict(living: Callable[..., Any]) -> None:
    other = recovery.Checkpoint(0, 7)
    with pytest.raises(recovery.RecoveryError, match="its policy is Strict"):
        recovery.plan(living(), other, 9, needs_snapshot=True, deliverable=True)


@pytest.mark.parametrize(
    ("policy", "asked", "why"),
    [
        ("Strict", {"durable": True, "store_lasts": False}, "ends with the process"),
        ("AutoSkipGap", {"needs_snapshot": True}, "would skip one"),
        ("AutoReset", {}, "takes none"),
    ],
)
def test_combinations_without_sense(policy: str, asked: Any, why: str) -> None:
    usual = {"durable": False, "needs_snapshot": False, "store_lasts": True}
    with pytest.raises(recovery.RecoveryError, match=why):
        recovery.require_sense(recovery.RecoveryPolicy[policy], **{**usual, **asked})
