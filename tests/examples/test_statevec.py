"""The engine of examples/statevec: its command, its records, its log, and what it survives."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.dying import killer_in
from support.examples import ROOT, modules_of, shown_on

EXAMPLE = ROOT / "examples" / "statevec"
GENERATED = ROOT / "generated" / "statevec" / "python"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    with modules_of("statevec", "statevec", copies=tmp_path_factory.mktemp("packages")) as modules:
        yield modules


@pytest.fixture(scope="module")
def library(here: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plugins")
    return Path(here.demo.build(EXAMPLE / "plugins" / "bank.c", folder))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "data" / "commands.log"


class Bank:
    """An engine, opened as often as a test likes on one log."""

    def __init__(self, here: SimpleNamespace, library: Path, log: Path) -> None:
        self.here, self.log = here, log
        self.plugin = here.statevec.load(library)

    def open(self, **options: Any) -> Any:
        return self.here.engine.Engine(self.plugin, self.log, **options)

    def state(self, engine: Any) -> list[tuple[int, int]]:
        return [(each["number"], each["balance"]) for each in engine.read("Account")]

    def refusal(self, engine: Any, name: str, **fields: Any) -> Any:
        with pytest.raises(self.here.statevec.StatevecError) as caught:
            engine.submit(name, **fields)
        return caught.value


@pytest.fixture
def bank(here: SimpleNamespace, library: Path, log: Path) -> Bank:
    return Bank(here, library, log)


@pytest.mark.slow
def test_its_command_prints_what_happens() -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLE], capture_output=True, text=True, check=True, timeout=120
    )
    said = done.stdout
    assert "REFUSED, Failure: another Account has this primary key" in said
    assert "Moved {'source': 10, 'target': 20, 'amount': 30}" in said
    assert "5 commands were run again; the invariants hold" in said
    shown = shown_on(EXAMPLE / "README.md")
    assert len(shown) == 2
    assert all(each in said for each in shown), said
    assert "20000 transfers in " in said
    assert said.count("account 10: 70\n  account 20: 30\n  account 30: 0\n") == 3
    assert done.stderr == ""


# --- the schema


@pytest.mark.parametrize(
    ("name", "smallest", "largest"),
    [("u8", 0, 2**8 - 1), ("u32", 0, 2**32 - 1), ("i32", -(2**31), 2**31 - 1)],
)
def test_keys_sort_as_values_do(
    here: SimpleNamespace, name: str, smallest: int, largest: int
) -> None:
    number = here.schema.Number(name, *here.schema.NUMBERS[name])
    whole = st.integers(smallest, largest)

    @given(whole, whole)
    def check(left: int, right: int) -> None:
        keys = [number.key(number.encode(each)) for each in (left, right)]
        assert (left < right) == (keys[0] < keys[1])
        assert number.decode(number.encode(left) + b"rest") == (left, b"rest")

    check()
    for beyond in (smallest - 1, largest + 1):
        with pytest.raises(here.schema.SchemaError, match="does not fit"):
            number.encode(beyond)


def test_bytes_stand_behind_their_length(here: SimpleNamespace) -> None:
    fixed, free = here.schema.Octets(4), here.schema.Octets(None)
    assert fixed.encode(b"ab") == b"\x02\0ab\0\0"
    assert fixed.key(fixed.encode(b"ab")) == b"ab\0\0"
    assert fixed.decode(b"\x02\0ab\0\0!") == (b"ab", b"!")
    assert free.encode(b"ab") == b"\x02\0ab"
    assert free.decode(b"\x02\0ab!") == (b"ab", b"!")
    for cut in (b"", b"\x01", b"\x05\0abcdef", b"\x02\0a"):
        with pytest.raises(here.schema.SchemaError):
            fixed.decode(cut)
    with pytest.raises(here.schema.SchemaError, match="too many"):
        fixed.encode(b"abcde")
    with pytest.raises(here.schema.SchemaError, match="'ab' is no bytes"):
        fixed.encode("ab")


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("u32", 1.5, "1.5 is no u32"),
        ("u32", float("nan"), "nan is no u32"),
        ("u32", "7", "'7' is no u32"),
        ("i64", None, "None is no i64"),
        ("u8", -1, "-1 does not fit into u8"),
        ("bool", 2, "2 does not fit into bool"),
    ],
)
def test_values_are_what_their_types_say(
    here: SimpleNamespace, name: str, value: Any, why: str
) -> None:
    number = here.schema.Number(name, *here.schema.NUMBERS[name])
    message = here.schema.Message(1, "Pay", (here.schema.Field("sum", number),))
    with pytest.raises(here.schema.SchemaError) as caught:
        message.encode({"sum": value})
    assert str(caught.value) == f"Pay.sum: {why}"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{}",
        b'{"idlVersion": "2.0"}',
        b'{"idlVersion": "1.0"}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_what_is_no_schema_is_told(here: SimpleNamespace, text: bytes) -> None:
    with pytest.raises(here.schema.SchemaError):
        here.schema.parse(text)


# --- transactions


def test_a_refusal_leaves_no_trace(bank: Bank) -> None:
    with bank.open() as engine:
        engine.submit("Open", number=1)
        engine.submit("Deposit", number=1, amount=10)
        before, size = bank.state(engine), bank.log.stat().st_size
        refusal = bank.refusal(engine, "Transfer", source=1, target=2, amount=5)
        assert "there is no such account" in str(refusal)
        assert refusal.kind == bank.here.statevec.ErrorKind.PLUGIN_REJECTED
        assert bank.state(engine) == before == [(1, 10)]
        assert bank.log.stat().st_size == size


def test_the_hosts_reasons_reach_whoever_asked(bank: Bank) -> None:
    with bank.open() as engine:
        engine.submit("Open", number=1)
        refusal = bank.refusal(engine, "Open", number=1)
        assert refusal.kind == bank.here.statevec.ErrorKind.HOST_REJECTED
        assert refusal.phase == bank.here.statevec.ErrorPhase.RunTx
        assert "another Account has this primary key" in str(refusal)
        # The id that the refused one had is free again.
        engine.submit("Open", number=2)
        assert sorted(engine.records.tables[1].rows) == [1, 2]


def test_a_log_that_cannot_be_written_undoes_the_transaction(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bank.open() as engine:
        engine.submit("Open", number=1)

        def full(*_: object) -> int:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr("os.pwrite", full)
            with pytest.raises(OSError, match="No space"):
                engine.submit("Deposit", number=1, amount=10)
        assert bank.state(engine) == [(1, 0)]
        engine.submit("Deposit", number=1, amount=7)
    with bank.open() as engine:
        assert bank.state(engine) == [(1, 7)]


def test_half_a_write_undoes_the_transaction_too(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = os.pwrite
    with bank.open() as engine:
        engine.submit("Open", number=1)
        with monkeypatch.context() as patch:
            patch.setattr("os.pwrite", lambda file, data, at: whole(file, data[:9], at))
            with pytest.raises(OSError, match="only 9 of"):
                engine.submit("Deposit", number=1, amount=10)
        engine.submit("Deposit", number=1, amount=7)
    with bank.open() as engine:
        assert bank.state(engine) == [(1, 7)]


def test_a_disk_that_confirms_nothing_gets_nothing_more(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it has of the entries before is not known: one behind them might be behind a hole."""
    with bank.open() as engine:
        engine.submit("Open", number=1)

        def lost(*_: object) -> None:
            raise OSError(5, "Input/output error")

        with monkeypatch.context() as patch:
            patch.setattr("os.fsync", lost)
            with pytest.raises(OSError, match="Input/output"):
                engine.submit("Deposit", number=1, amount=10)
        with pytest.raises(OSError, match="open the log anew"):
            engine.submit("Deposit", number=1, amount=7)
    with bank.open() as engine:
        assert bank.state(engine) == [(1, 10)]
        engine.submit("Deposit", number=1, amount=7)


@pytest.mark.parametrize("when", ["before", "half of it", "all of it", "after"])
def test_an_interrupt_does_all_or_nothing(
    bank: Bank, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Ctrl-C around the entry in the log: what is in memory is what a replay makes of the log."""
    write = os.pwrite

    def interrupted(file: int, data: bytes, at: int) -> int:
        if when != "before":
            write(file, data if when == "all of it" else data[:9], at)
        raise KeyboardInterrupt

    with bank.open() as engine:
        engine.submit("Open", number=1)
        with monkeypatch.context() as patch:
            if when == "after":
                append = engine._log.append

                def and_then(command: Any) -> None:
                    append(command)
                    raise KeyboardInterrupt

                patch.setattr(engine._log, "append", and_then)
            else:
                patch.setattr("os.pwrite", interrupted)
            with pytest.raises(KeyboardInterrupt):
                engine.submit("Deposit", number=1, amount=10)
        # A shorter one, which would not cover the other.
        engine.submit("Open", number=2)
        state, last = bank.state(engine), engine._log.next_seq
        assert state == [(1, 10 if when == "after" else 0), (2, 0)]
    with bank.open() as engine:
        assert (bank.state(engine), engine._log.next_seq) == (state, last)


def test_an_event_that_cannot_be_read_is_refused(visits: Visits) -> None:
    """While its transaction can still be undone."""
    with pytest.raises(visits.here.statevec.StatevecError, match=r"Moved\.source: u32 needs 4"):
        visits.transaction.emit_typed_event(1, b"x")
    assert visits.transaction.events == []


def test_a_second_end_does_nothing(bank: Bank, tmp_path: Path) -> None:
    engine = bank.open()
    engine.close()
    others = [os.open(tmp_path, os.O_RDONLY) for _ in range(3)]
    engine.close()
    for each in others:
        os.close(each)
    with pytest.raises(bank.here.command_log.LogError, match="the log is closed"):
        engine.submit("Open", number=1)


def test_commands_are_judged_before_they_run(bank: Bank) -> None:
    with bank.open() as engine:
        for name, fields in (
            ("Close", {}),
            ("Open", {}),
            ("Open", {"number": 2**32}),
            ("Open", {"number": 1, "name": "x"}),
        ):
            with pytest.raises(bank.here.schema.SchemaError):
                engine.submit(name, **fields)
        assert bank.state(engine) == []


def test_records_come_in_the_order_of_their_keys(bank: Bank) -> None:
    numbers = [300, 2, 70000, 1, 2**32 - 1, 255]
    with bank.open() as engine:
        for each in numbers:
            engine.submit("Open", number=each)
        assert [number for number, _ in bank.state(engine)] == sorted(numbers)


class Visits:
    """The table of a transaction, used as a plugin uses it."""

    def __init__(self, bank: Bank, engine: Any) -> None:
        self.here = bank.here
        self.records = engine.records
        self.transaction = bank.here.records.Transaction(engine.records, engine.schema)

    def create(self, number: int) -> Any:
        def init(room: memoryview) -> None:
            assert bytes(room) == bytes(48)
            room[:4] = number.to_bytes(4, "little")

        return self.transaction.create_typed(1, init)

    def image(self) -> Any:
        table = self.records.tables[1]
        return dict(table.rows), dict(table.ids), list(table.in_order()), self.records.next_sys_id


@pytest.fixture
def visits(bank: Bank) -> Iterator[Visits]:
    with bank.open() as engine:
        for each in (5, 3, 9):
            engine.submit("Open", number=each)
        yield Visits(bank, engine)


def test_what_is_rolled_back_never_was(visits: Visits) -> None:
    before = visits.image()
    transaction = visits.transaction
    visits.create(4)
    transaction.delete_by_pk(1, (3).to_bytes(4, "big"))
    visits.create(3)
    transaction.update_typed_by_pk(
        1, (9).to_bytes(4, "big"), lambda room: room.__setitem__(slice(4, 5), b"\7")
    )
    transaction.delete_by_pk(1, (4).to_bytes(4, "big"))
    transaction.emit_typed_event(1, bytes(16))
    assert visits.image() != before
    transaction.roll_back()
    assert visits.image() == before
    assert transaction.events == []


def test_fields_that_never_change_do_not(visits: Visits) -> None:
    before = visits.image()
    with pytest.raises(visits.here.statevec.StatevecError, match=r"Account\.number never changes"):
        visits.transaction.update_typed_by_pk(
            1, (9).to_bytes(4, "big"), lambda room: room.__setitem__(0, 1)
        )
    assert visits.image() == before


def test_what_is_not_there_is_not_visited(visits: Visits) -> None:
    def never(_: Any) -> None:
        pytest.fail("it was visited")

    transaction, nobody = visits.transaction, (7).to_bytes(4, "big")
    assert transaction.with_read_typed(1, 99, never) is False
    assert transaction.with_read_typed_by_pk(1, nobody, never) is False
    assert transaction.update_typed_by_pk(1, nobody, never) is False
    assert transaction.delete_by_pk(1, nobody) is False
    for call in (
        lambda: transaction.with_read_typed(2, 1, never),
        lambda: transaction.for_each_record_key(2, never),
        lambda: transaction.emit_typed_event(9, b""),
    ):
        with pytest.raises(visits.here.statevec.StatevecError, match="of the kind"):
            call()


def test_invariants_get_a_table_that_cannot_write(visits: Visits) -> None:
    reading = visits.here.records.Reading(visits.records)
    assert not hasattr(reading, "create_typed")
    keys: list[int] = []
    reading.for_each_record_key(1, lambda key: keys.append(key.sys_id))
    assert keys == [2, 1, 3]


# --- the log


def test_everything_comes_back_from_the_log(bank: Bank) -> None:
    with bank.open() as engine:
        engine.submit("Open", number=7)
        bank.refusal(engine, "Open", number=7)
        engine.submit("Open", number=3)
        engine.submit("Deposit", number=7, amount=50)
        rows = dict(engine.records.tables[1].rows)
    with bank.open() as engine:
        assert engine.replayed == 3
        assert engine.records.tables[1].rows == rows
        engine.submit("Deposit", number=3, amount=1)
    with bank.open() as engine:
        assert bank.state(engine) == [(3, 1), (7, 50)]


def test_half_an_entry_at_the_end_is_cut_off(bank: Bank) -> None:
    with bank.open() as engine:
        engine.submit("Open", number=1)
        whole = bank.log.read_bytes()
        engine.submit("Open", number=2)
    longer = bank.log.read_bytes()
    for size in range(len(whole) + 1, len(longer)):
        bank.log.write_bytes(longer[:size])
        with bank.open() as engine:
            assert bank.state(engine) == [(1, 0)]
        assert bank.log.read_bytes() == whole
        assert bank.log.with_name("commands.log.cut").read_bytes() == longer[len(whole) : size]


def test_damage_in_the_middle_is_an_error_and_loses_nothing(bank: Bank) -> None:
    with bank.open() as engine:
        for each in (1, 2):
            engine.submit("Open", number=each)
    damaged = bytearray(bank.log.read_bytes())
    damaged[damaged.index(b"\n") + 12] ^= 1
    bank.log.write_bytes(damaged)
    with pytest.raises(bank.here.command_log.LogError, match="is damaged"):
        bank.open()
    assert bank.log.read_bytes() == damaged


@pytest.mark.parametrize(
    "change",
    [
        lambda log, at: log.__setitem__(at + 1, 0x7F),
        lambda log, at: log.__setitem__(at + 3, 0x7F),
        lambda log, at: log.__setitem__(slice(at, at + 4), bytes(4)),
        lambda log, at: log.__setitem__(at, 0),
        lambda log, at: log.__delitem__(slice(at + 5, at + 9)),
        lambda log, at: log.__delitem__(slice(at + 2, at + 27)),
        lambda log, at: log.__setitem__(slice(at, at), b"?"),
    ],
    ids=[
        "too long",
        "far too long",
        "no length",
        "another length",
        "a part is gone",
        "most is gone",
        "a byte more",
    ],
)
def test_a_wrong_length_in_the_middle_is_no_end(
    bank: Bank, change: Callable[[bytearray, int], object]
) -> None:
    """It would take all entries behind it along, which were answered."""
    with bank.open() as engine:
        ends = []
        for each in (1, 2, 3):
            ends.append(bank.log.stat().st_size)
            engine.submit("Open", number=each)
    damaged = bytearray(bank.log.read_bytes())
    change(damaged, ends[1])
    bank.log.write_bytes(damaged)
    with pytest.raises(bank.here.command_log.LogError, match=f"byte {ends[1]} is damaged"):
        bank.open()
    assert bank.log.read_bytes() == damaged


@pytest.mark.parametrize(
    "order", ["1 2 3 1 2 3", "1 2 2 3", "1 3", "2 3", "1 3 2", "1 1"], ids=lambda each: f"as {each}"
)
def test_entries_follow_each_other(bank: Bank, order: str) -> None:
    """What is there twice would be done twice."""
    with bank.open() as engine:
        ends = [bank.log.stat().st_size]
        for command in (("Open", {"number": 1}), *[("Deposit", {"number": 1, "amount": 5})] * 2):
            engine.submit(command[0], **command[1])
            ends.append(bank.log.stat().st_size)
    log = bank.log.read_bytes()
    entries = [log[: ends[0]], *(log[a:b] for a, b in itertools.pairwise(ends))]
    bank.log.write_bytes(b"".join(entries[each] for each in (0, *map(int, order.split()))))
    before = bank.log.read_bytes()
    with pytest.raises(
        bank.here.command_log.LogError, match="is due: entries are missing or there"
    ):
        bank.open()
    assert bank.log.read_bytes() == before


def test_a_plugin_that_refuses_what_it_took_before_is_told_with_the_command(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bank.open() as engine:
        engine.submit("Open", number=1)
        engine.submit("Open", number=2)
    monkeypatch.setattr(bank.here.records.Records, "__init__", _with_record_two)
    with pytest.raises(bank.here.statevec.StatevecError) as caught:
        bank.open()
    assert caught.value.__notes__ == ["This was command 2 of the log, run again."]


def _with_record_two(records: Any, schema: Any) -> None:
    """As records are before the first command, but for one that a changed plugin could have made."""
    table = sys.modules["records"].Table
    records.tables = {kind: table(record) for kind, record in schema.records.items()}
    records.next_sys_id = 1
    records.tables[1].put(99, (2).to_bytes(4, "little") + bytes(44))


def test_two_engines_do_not_write_into_each_others_log(bank: Bank) -> None:
    with bank.open() as engine:
        with pytest.raises(
            bank.here.command_log.LogError, match="another engine has this log open"
        ):
            bank.open()
        engine.submit("Open", number=1)
    with bank.open() as engine:
        assert bank.state(engine) == [(1, 0)]


def test_a_log_of_another_schema_is_refused(bank: Bank) -> None:
    bank.log.parent.mkdir()
    bank.log.write_bytes(b'{"statevec-log": 1, "records": "00"}\n')
    with pytest.raises(bank.here.command_log.LogError, match="no log of this plugin's schema"):
        bank.open()


def test_records_that_break_an_invariant_are_not_served(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bank.open() as engine:
        engine.submit("Open", number=1)
        [row] = engine.records.tables[1].rows.values()
        engine.records.tables[1].put(
            1, row[:4] + (-1).to_bytes(8, "little", signed=True) + row[12:]
        )
        with pytest.raises(bank.here.statevec.StatevecError, match="an account is below zero"):
            engine.check()


SCRIPT = """
import sys
sys.path[:0] = [{example!r}, {generated!r}]
from pathlib import Path
import statevec
from engine import Engine
with Engine(statevec.load({library!r}), Path({log!r})) as engine:
    for number in range(10, 14):
        engine.submit("Open", number=number)
        print(number, flush=True, file=open({told!r}, "a"))
"""


@pytest.mark.slow
@pytest.mark.parametrize("before", [0, 2], ids=["a new log", "a log that goes on"])
def test_no_kill_loses_a_command_that_was_answered(
    bank: Bank, library: Path, cc: list[str], tmp_path: Path, before: int
) -> None:
    told = tmp_path / "told"
    script = SCRIPT.format(
        example=str(EXAMPLE),
        generated=str(GENERATED),
        library=str(library),
        log=str(bank.log),
        told=str(told),
    )

    def prepare() -> None:
        for each in (told, bank.log, *bank.log.parent.glob("*")):
            each.unlink(missing_ok=True)
        told.touch()
        if before:
            with bank.open() as engine:
                for number in range(before):
                    engine.submit("Open", number=number)

    answered = set()

    def check(survived: bool) -> None:
        promised = [int(each) for each in told.read_text().split()]
        with bank.open() as engine:
            found = [number for number, _ in bank.state(engine)]
            assert found[:before] == list(range(before))
            new = found[before:]
            # One more may be in the log than was answered, and none is missing between.
            assert new == list(range(10, 10 + len(new)))
            assert len(promised) <= len(new) <= len(promised) + 1
            assert survived == (len(promised) == 4)
            engine.submit("Open", number=99)
        answered.add(len(promised))

    killed = killer_in(tmp_path, cc).kill_everywhere(
        ["-c", script], bank.log.parent, prepare, check
    )
    assert killed >= 8
    assert answered == set(range(5))
