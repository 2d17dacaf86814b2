"""A bank on the published crates of statevec under the generated binding, with records kept in Python."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from support.unraisable import Unraisable
from support.upstream import STATEVEC, Made, built

pytestmark = [pytest.mark.slow, pytest.mark.tool("cargo")]

OPEN, TRANSFER, CLOSE, FORGE, UNKNOWN = 1, 2, 3, 4, 99


class Records:
    """A host without transactions: records by kind and system id, and a journal of events."""

    def __init__(self, statevec: ModuleType, schema: dict[str, Any]) -> None:
        self.statevec = statevec
        self.kinds = {each["kind"]: each for each in schema["records"]}
        self.records: dict[int, dict[int, bytearray]] = {kind: {} for kind in self.kinds}
        self.events: list[tuple[int, bytes]] = []
        self.log: list[str] = []
        self.last = 0
        self.refuses = ""

    def key_of(self, kind: int, data: bytes) -> bytes:
        """The primary key: its fields, so that their bytes are in the order of their values."""
        fields = {each["name"]: each for each in self.kinds[kind]["fields"]}
        key = b""
        for name in self.kinds[kind]["pkFields"]:
            field = fields[name]
            at, size = field["offset"], field["size"]
            raw = bytearray(data[at : at + size][::-1])
            if field["type"] in ("i32", "i64"):
                raw[0] ^= 0x80
            key += raw
        return key

    def found(self, kind: int, pk: bytes) -> int | None:
        pairs = self.records[kind].items()
        return next((id for id, data in pairs if self.key_of(kind, data) == pk), None)

    def balances(self) -> dict[int, int]:
        return {
            struct.unpack_from("<Q", data)[0]: struct.unpack_from("<q", data, 26)[0]
            for data in self.records[1].values()
        }

    # --- what the table of a host has

    def with_read_typed(self, record_kind: int, sys_id: int, visitor: Any) -> bool:
        data = self.records[record_kind].get(sys_id)
        if data is not None:
            visitor(bytes(data))
        return data is not None

    def with_read_typed_by_pk(self, record_kind: int, pk: bytes, visitor: Any) -> bool:
        if self.refuses == "read":
            raise OSError("the disk is gone")
        id = self.found(record_kind, pk)
        return id is not None and self.with_read_typed(record_kind, id, visitor)

    def create_typed(self, record_kind: int, init: Any) -> Any:
        data = bytearray(self.kinds[record_kind]["dataSize"])
        init(memoryview(data))
        assert self.found(record_kind, self.key_of(record_kind, data)) is None
        self.last += 1
        self.records[record_kind][self.last] = data
        return self.statevec.RecordKey(record_kind, self.last)

    def update_typed_by_pk(self, record_kind: int, pk: bytes, update: Any) -> bool:
        id = self.found(record_kind, pk)
        if id is not None:
            update(memoryview(self.records[record_kind][id]))
        return id is not None

    def delete_by_pk(self, record_kind: int, pk: bytes) -> bool:
        id = self.found(record_kind, pk)
        return id is not None and self.records[record_kind].pop(id) is not None

    def emit_typed_event(self, event_kind: int, payload: bytes) -> None:
        self.events.append((event_kind, bytes(payload)))

    def for_each_record_key(self, record_kind: int, visitor: Any) -> None:
        for id in sorted(self.records[record_kind]):
            visitor(self.statevec.RecordKey(record_kind, id))

    def debug_log(self, message: str) -> None:
        self.log.append(message)


@pytest.fixture
def api(statevec: ModuleType, mode: str, made: Made, unraisable: Unraisable) -> Any:
    return statevec.load(built(STATEVEC), mode).api


@pytest.fixture
def records(statevec: ModuleType, api: Any) -> Records:
    return Records(statevec, json.loads(api.schema_bytes()))


@pytest.fixture
def bank(api: Any) -> Iterator[Any]:
    with api.create_runtime("limit=50") as bank:
        yield bank


def text(value: str) -> bytes:
    data = value.encode()
    return len(data).to_bytes(2, "little") + data


def owner(name: str) -> bytes:
    data = name.encode()
    return len(data).to_bytes(2, "little") + data.ljust(16, b"\0")


def opening(number: int, name: str = "Ü") -> bytes:
    return struct.pack("<Q", number) + owner(name) + b"\2"


def transfer(source: int, to: int, amount: int, note: str = "für die Katz") -> bytes:
    return struct.pack("<QQQ", source, to, amount) + text(note)


def run(statevec: ModuleType, bank: Any, host: Records, kind: int, payload: bytes) -> None:
    bank.run_tx(host, statevec.Command(kind, 7, 1_700_000_000_000_000, payload))


def test_what_it_says_of_itself(api: Any) -> None:
    assert api.plugin_name() == "upstream-bank"
    schema = json.loads(api.schema_bytes())
    assert [each["name"] for each in schema["records"]] == ["Account", "Posting"]
    assert [each["name"] for each in schema["commands"]] == ["Open", "Transfer", "Close", "Forge"]
    assert [each["name"] for each in schema["events"]] == ["Opened", "Moved", "Closed"]
    assert schema["records"][1]["pkFields"] == ["account", "number"]


def test_commands(statevec: ModuleType, bank: Any, records: Records, made: Made) -> None:
    for number, name in ((1, "Ärger"), (2**63, "x" * 16)):
        run(statevec, bank, records, OPEN, opening(number, name))
    for amount in (30, 20):
        run(statevec, bank, records, TRANSFER, transfer(1, 2**63, amount))
    assert records.balances() == {1: -50, 2**63: 50}
    assert [kind for kind, _ in records.events] == [1, 1, 2, 2]
    assert records.events[0][1] == struct.pack("<Q", 1) + owner("Ärger")
    assert records.events[2][1] == transfer(1, 2**63, 30)
    assert len(records.records[2]) == 4
    bank.validate_biz_invariants(records)
    run(statevec, bank, records, TRANSFER, transfer(2**63, 1, 50, ""))
    run(statevec, bank, records, CLOSE, struct.pack("<Q", 1))
    assert records.events[-1] == (3, struct.pack("<Q", 1))
    assert records.log[-1] == "account 1 is closed, one of 2"
    assert [struct.unpack_from("<Q", each)[0] for each in records.records[2].values()] == [
        2**63
    ] * 3
    assert made()["command"] == 6


@pytest.mark.parametrize(
    ("kind", "payload", "why"),
    [
        (OPEN, opening(1), "account 1 is open"),
        (TRANSFER, transfer(1, 2, 51), "account 1 has not enough: -51"),
        (TRANSFER, transfer(1, 3, 1), "no account 3"),
        (TRANSFER, transfer(1, 2, 2**64 - 1), "too much"),
        (CLOSE, struct.pack("<Q", 9), "no account 9"),
        (UNKNOWN, b"", "no command 99"),
    ],
    ids=["open-twice", "not-enough", "nobody", "too-much", "nobody-closes", "unknown"],
)
def test_refusals(
    statevec: ModuleType, bank: Any, records: Records, kind: int, payload: bytes, why: str
) -> None:
    run(statevec, bank, records, OPEN, opening(1))
    run(statevec, bank, records, OPEN, opening(2))
    with pytest.raises(statevec.StatevecError) as caught:
        run(statevec, bank, records, kind, payload)
    assert caught.value.message == why
    assert caught.value.kind is statevec.ErrorKind.PLUGIN_REJECTED
    assert caught.value.phase is statevec.ErrorPhase.RunTx


def test_a_host_that_fails(statevec: ModuleType, bank: Any, records: Records) -> None:
    """Its error comes back as the plugin's, with the text of both."""
    records.refuses = "read"
    with pytest.raises(statevec.StatevecError, match="OSError: the disk is gone") as caught:
        run(statevec, bank, records, OPEN, opening(1))
    assert caught.value.kind is statevec.ErrorKind.PLUGIN_REJECTED
    with pytest.raises(statevec.StatevecError, match="the disk is gone"):
        bank.validate_biz_invariants(records)


def test_an_invariant(statevec: ModuleType, bank: Any, records: Records) -> None:
    run(statevec, bank, records, OPEN, opening(1))
    run(statevec, bank, records, FORGE, struct.pack("<Qq", 1, 5))
    with pytest.raises(statevec.StatevecError) as caught:
        bank.validate_biz_invariants(records)
    assert caught.value.message == "balances add up to 5"
    assert caught.value.phase is statevec.ErrorPhase.ValidateBizInvariants


def test_beginnings_and_ends(statevec: ModuleType, api: Any, made: Made) -> None:
    with pytest.raises(statevec.StatevecError) as caught:
        api.create_runtime("nonsense")
    assert caught.value.message == "not understood: nonsense"
    assert caught.value.kind is statevec.ErrorKind.CONFIG_ERROR
    with api.create_runtime("fails-unload") as bank, api.create_runtime("") as other:
        with pytest.raises(statevec.StatevecError, match="as configured") as caught:
            bank.on_unload()
        assert caught.value.kind is statevec.ErrorKind.PLUGIN_INTERNAL_ERROR
        other.on_unload()
    assert made()["runtime"] == 3
