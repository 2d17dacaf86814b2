"""What comparing costs: `abilock diff` of two ABIs of 5,000 slots, for several shapes and changes, as a
process from its start to its end; and judging alone, and how that grows.

Prints seconds of the processor, which depend less on what else the machine does than those of a clock. The
whole is to stay under two. Nothing is remembered from one run to the next but Python's own bytecode.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

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
_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
#: How 5,000 slots are dealt out: the slots of each table.
SHAPES = (5_000, 100, 10)

#: The text of a slot, from the numbers of its table and its own.
Slots = Callable[[int, int], Iterator[str]]


#: What all slots reach, and the same with a member more.
STR = "@string(ptr, len) struct Str { ptr: *const char, len: usize }"
LONGER_STR = "@string(ptr, len) struct Str { ptr: *const char, len: usize, kind: u32 }"


def described(
    version: str, slots: int, per_table: int, write: Slots, name: str = "Table", reached: str = STR
) -> str:
    """An ABI of so many slots in vtables that an entry leads to."""

    def lines() -> Iterator[str]:
        yield f"abi big {version};"
        yield reached
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


#: What stands in the parentheses of slots that are not all alike.
PARAMETERS = (
    "name: Str",
    "data: *const u8? @len(size), size: usize",
    "out: *mut Outcome @out",
    "flags: u32",
    "after: Str, limit: u64",
    "visit: (fn(ctx: *mut void @ctx, item: Str) -> bool) @ctx(ctx) @scope(call), ctx: *mut void",
)
RESULTS = ("", " -> Outcome", " -> i32", " -> bool", " -> *const char? @nul")


def unlike(table: int, slot: int) -> Iterator[str]:
    """As people write them: documented, and each with another signature than those around it."""
    first, second = PARAMETERS[slot % 6], PARAMETERS[slot // 6 % 6]
    both = f"{first}, {second}" if first != second else first
    yield f"    /// Slot {slot} of table {table}, which has something to say."
    if slot % 3 == 0:
        yield "    ///\n    /// It is said at some length."
    optional = "optional " if slot % 7 == 0 else ""
    yield f"    {optional}fn slot_{slot}_fn(self: const, {both}){RESULTS[slot % 5]};"


def one_unlike_inserted(table: int, slot: int) -> Iterator[str]:
    if table == slot == 0:
        yield "fn added_fn(self: const);"
    yield from unlike(table, slot)


def read(text: str) -> Library:
    """What a description means."""
    report = Report()
    library = check(Loaded((parse(SourceFile("big.abi", text), report, shares=True),), {}), report)
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


def processor_seconds(command: Sequence[str], folder: Path) -> float:
    """Seconds of the processor that a process takes, the least of several. It finds something, or not."""
    best = float("inf")
    # Whoever installs a program has its bytecode.
    around = {name: value for name, value in os.environ.items() if name != _NO_BYTECODE}
    for _ in range(ROUNDS):
        with subprocess.Popen(
            command, cwd=folder, env=around, stdout=subprocess.DEVNULL
        ) as process:
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode in (0, 1), command
        best = min(best, used.ru_utime + used.ru_stime)
    return best


def whole() -> None:
    """The table of whole processes."""
    slots = SIZES[-1]
    changes: list[tuple[str, Slots, Slots, str]] = [
        ("nothing changed", usual, usual, STR),
        ("a slot inserted", usual, one_inserted, STR),
        ("unlike slots, one inserted", unlike, one_unlike_inserted, STR),
        ("a struct that all reach", usual, usual, LONGER_STR),
        ("every slot changed", usual, all_changed, STR),
    ]
    head = "".join(f"{f'{slots // each} x {each:,}':>12}" for each in SHAPES)
    print(f"{'`abilock diff`, seconds':<28}{head}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # One that is not installed ends like one that finds something.
        version = [sys.executable, "-m", "abilock", "--version"]
        subprocess.run(version, cwd=folder, stdout=subprocess.DEVNULL, check=True)
        for change, before, after, reached in changes:
            costs = []
            for width in SHAPES:
                old = described("1.0.0", slots, width, before)
                (folder / "old.abi").write_text(old, "utf-8")
                new = described("1.0.1", slots, width, after, reached=reached)
                (folder / "new.abi").write_text(new, "utf-8")
                command = (sys.executable, "-m", "abilock", "diff", "old.abi", "new.abi")
                costs.append(processor_seconds(command, folder))
            late = "" if max(costs) < LIMIT else "  over two seconds"
            print(f"{change:<28}{''.join(f'{cost:>12.3f}' for cost in costs)}{late}")
    print()


def judging() -> None:
    """The table of judging, by size."""
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
    print(f"{'judging, seconds':<24}{head}  growth   reading   findings")
    for name, per_table, write, called in cases:
        row: list[tuple[float, float, int]] = []
        for size in SIZES:
            width = per_table or size
            old = described("1.0.0", size, width, usual)
            row.append(compared(old, described("1.0.1", size, width, write, called)))
        reading, last, found = row[-1]
        costs = "".join(f"{each[1]:>10.3f}" for each in row)
        growth = last / row[0][1] * SIZES[0] / SIZES[-1]
        print(f"{name:<24}{costs}{growth:>8.2f}{reading:>10.3f}{found:>11,}")


if __name__ == "__main__":
    # As the command line does: looking for cycles in growing trees is not linear.
    gc.disable()
    whole()
    judging()
