"""What comparing costs: two ABIs of 5,000 slots, from their text to the verdict, for changes of several
kinds, and how that grows.

Prints seconds of the processor: reading both, judging, and the whole, which is to stay under two seconds.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator

from abilock.check import check
from abilock.compat.verdict import judge
from abilock.diagnostics.report import Report
from abilock.model.decls import Library
from abilock.source import SourceFile
from abilock.syntax.loading import Loaded
from abilock.syntax.parser import parse

SIZES = (1_250, 2_500, 5_000)
SLOTS_PER_TABLE = 50
ROUNDS = 2
LIMIT = 2.0

#: The text of a slot, from the numbers of its table and its own.
Slots = Callable[[int, int], Iterator[str]]


def described(version: str, slots: int, per_table: int, write: Slots, name: str = "Table") -> str:
    """An ABI of so many slots in vtables that an entry leads to."""

    def lines() -> Iterator[str]:
        yield f"abi big {version};"
        yield "@string(ptr, len) struct Str { ptr: *const char, len: usize }"
        yield "@result(code, message) struct Outcome { code: i32, message: *mut char? }"
        tables = slots // per_table
        for table in range(tables):
            yield f"vtable {name}{table} {{ state: *mut void,"
            for slot in range(per_table):
                yield from write(table, slot)
            yield "}"
        yield "struct All {"
        for table in range(tables):
            yield f"    table{table}: *const {name}{table},"
        yield "}\nentry fn open() -> *const All?;"

    return "\n".join(lines())


def usual(table: int, slot: int) -> Iterator[str]:
    yield (
        f"fn slot_{slot}_fn(self: const, name: Str, data: *const u8? @len(size), size: usize)"
        " -> Outcome;"
    )


def one_inserted(table: int, slot: int) -> Iterator[str]:
    if table == slot == 0:
        yield "fn added_fn(self: const);"
    yield from usual(table, slot)


def all_inserted(table: int, slot: int) -> Iterator[str]:
    if slot == 0:
        yield f"fn added_{table}_fn(self: const);"
    yield from usual(table, slot)


def all_changed(table: int, slot: int) -> Iterator[str]:
    yield f"fn slot_{slot}_fn(self: const, name: Str, size: u32) -> Outcome;"


def all_renamed(table: int, slot: int) -> Iterator[str]:
    yield from (each.replace("slot_", "call_") for each in usual(table, slot))


def read(text: str) -> Library:
    """What a description means."""
    report = Report()
    library = check(Loaded((parse(SourceFile("big.abi", text), report),), {}), report)
    assert library is not None, report.diagnostics
    return library


def compared(old: str, new: str) -> tuple[float, float, int]:
    """Seconds of reading and of judging, the least of several, and how much was found."""
    best = (float("inf"), float("inf"))
    found = 0
    for _ in range(ROUNDS):
        begun = time.process_time()
        before, after = read(old), read(new)
        middle = time.process_time()
        found = len(judge(before, after).findings)
        best = min(best[0], middle - begun), min(best[1], time.process_time() - middle)
    return *best, found


def main() -> None:
    cases: list[tuple[str, int, Slots, str]] = [
        ("nothing changed", SLOTS_PER_TABLE, usual, "Table"),
        ("a slot inserted", SLOTS_PER_TABLE, one_inserted, "Table"),
        ("one in each table", SLOTS_PER_TABLE, all_inserted, "Table"),
        ("every slot changed", SLOTS_PER_TABLE, all_changed, "Table"),
        ("every slot renamed", SLOTS_PER_TABLE, all_renamed, "Table"),
        ("every table renamed", SLOTS_PER_TABLE, usual, "Board"),
        ("one large table", 0, one_inserted, "Table"),
    ]
    head = "".join(f"{size:>10,}" for size in SIZES)
    print(f"{'judging, seconds':<24}{head}  growth   reading   whole   findings")
    for name, per_table, write, called in cases:
        row: list[tuple[float, float, int]] = []
        for size in SIZES:
            width = per_table or size
            old = described("1.0.0", size, width, usual)
            row.append(compared(old, described("1.0.1", size, width, write, called)))
        reading, judging, found = row[-1]
        costs = "".join(f"{each[1]:>10.3f}" for each in row)
        growth = judging / row[0][1] * SIZES[0] / SIZES[-1]
        late = "" if reading + judging < LIMIT else "  over two seconds"
        print(
            f"{name:<24}{costs}{growth:>8.2f}{reading:>10.3f}{reading + judging:>8.3f}{found:>11,}{late}"
        )


if __name__ == "__main__":
    # As the command line does: looking for cycles in growing trees is not linear.
    gc.disable()
    main()
