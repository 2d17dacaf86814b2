"""What generating costs: each stage, for large vtables and for many small types, at three sizes each; and
a run that has nothing to do.

Prints seconds and, per stage, its part of the whole, and how the cost per slot or type at the largest size
compares to that at the smallest: 1.0 is linear.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from abilock.check import check
from abilock.diagnostics.report import Report
from abilock.layout.engine import lay_out
from abilock.layout.target import find_target
from abilock.outputs import OUTPUTS
from abilock.render.environment import make_environment, render
from abilock.render.formatting import finish
from abilock.source import SourceFile
from abilock.syntax.loading import Loaded
from abilock.syntax.parser import parse

SLOTS = (2_500, 5_000, 10_000)
TYPES = (750, 1_500, 3_000)
SLOTS_PER_TABLE = 50
ROUNDS = 3
ROOT = Path(__file__).parents[1]


def large_vtables(slots: int) -> str:
    """An ABI of so many documented slots, fifty to a vtable, as a plugin SDK would have them."""

    def lines() -> Iterator[str]:
        yield "abi big 1.0.0;"
        yield "@string(ptr, len) struct Str { ptr: *const char, len: usize }"
        yield "@result(code, message) struct Outcome { code: i32, message: *mut char? }"
        for table in range(slots // SLOTS_PER_TABLE):
            yield f"/// Table {table}.\nvtable Table{table} {{\n    state: *mut void,"
            for slot in range(SLOTS_PER_TABLE):
                yield f"    /// Slot {slot} of table {table}."
                yield f"    fn slot_{slot}_fn(self: const, name: Str, data: *const u8? @len(size),"
                yield "        size: usize) -> Outcome;"
            yield "}"

    return "\n".join(lines())


def small_types(types: int) -> str:
    """An ABI of so many documented types: a third each are enums, callbacks and structs that hold both."""

    def lines() -> Iterator[str]:
        yield "abi big 1.0.0;"
        before = "*const void?"
        for number in range(types // 3):
            yield f"/// How item {number} is.\nenum State{number} {{ Idle, Busy = 4, Gone }}"
            yield f"/// Told of item {number}."
            yield f"callback Told{number}(ctx: *mut void, state: State{number}, next: {before}) -> bool;"
            yield f"/// Item {number}.\nstruct Item{number} {{"
            yield f"    /// How it is.\n    state: State{number},\n    told: Told{number}?,"
            yield f"    next: {before},\n    mark: u8,\n    size: u64,\n}}"
            before = f"*const Item{number}?"

    return "\n".join(lines())


def stages(text: str) -> Iterator[tuple[str, float]]:
    """The name and the seconds of every stage, in order."""
    report = Report()
    watch = _Watch()
    tree = parse(SourceFile("big.abi", text), report)
    yield "parse", watch.lap()
    library = check(Loaded((tree,), {}), report)
    assert library is not None, report.diagnostics
    yield "check", watch.lap()
    layouts = tuple(lay_out(library, find_target(triple)) for triple in library.targets)
    yield "layout", watch.lap()
    environment = make_environment()
    for output in OUTPUTS:
        watch.lap()
        pages = output.pages(library, layouts)
        yield f"{output.name}: view", watch.lap()
        texts = [(page.path, render(environment, page.template, page.view)) for page in pages]
        yield f"{output.name}: render", watch.lap()
        for path, rendered in texts:
            finish(path, rendered, {})
        yield f"{output.name}: finish", watch.lap()


class _Watch:
    """Seconds since the last look."""

    def __init__(self) -> None:
        self._last = time.perf_counter()

    def lap(self) -> float:
        now = time.perf_counter()
        passed, self._last = now - self._last, now
        return passed


def best(run: Callable[[], float], rounds: int = ROUNDS) -> float:
    """The least of several results: what the work costs when nothing else disturbs it."""
    return min(run() for _ in range(rounds))


def by_size(what: str, sizes: Sequence[int], description: Callable[[int], str]) -> None:
    """The table of stages."""
    names: list[str] = []
    costs: dict[str, list[float]] = {}
    for size in sizes:
        text = description(size)
        for stage, seconds in stages(text):
            if stage not in costs:
                names.append(stage)
            costs.setdefault(stage, []).append(seconds)
    head = "".join(f"{size:>10,}" for size in sizes)
    print(f"{f'seconds for {what}':<24}{head}    part  growth")
    costs["all"] = [sum(costs[name][i] for name in names) for i in range(len(sizes))]
    for name in (*names, "all"):
        row = costs[name]
        growth = row[-1] / row[0] * sizes[0] / sizes[-1]
        part = row[-1] / costs["all"][-1]
        print(f"{name:<24}{''.join(f'{cost:>10.3f}' for cost in row)}{part:>8.0%}{growth:>8.2f}")
    print()


def again() -> None:
    """Runs over the repository's own ABIs: the first, one after a slot was added, one that finds
    nothing to do."""

    def seconds(command: list[str], folder: str) -> float:
        begun = time.perf_counter()
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        return time.perf_counter() - begun

    generate = [sys.executable, "-m", "abilock", "generate"]
    with tempfile.TemporaryDirectory() as folder:
        for name in ("pyproject.toml", "abi"):
            subprocess.run(["cp", "-r", str(ROOT / name), folder], check=True)
        first = seconds(generate, folder)
        slots = best(lambda: _with_one_more_slot(Path(folder), generate, seconds))
        nothing = best(lambda: seconds(generate, folder), 10)
    start = best(lambda: seconds([sys.executable, "-c", ""], str(ROOT)), 10)
    print(f"the three ABIs, generated:   {first:.3f} s")
    print(f"again, with a slot added:    {slots:.3f} s")
    print(
        f"again, with nothing to do:   {nothing:.3f} s, {nothing / start:.1f} times starting Python"
    )


def _with_one_more_slot(
    folder: Path, generate: list[str], seconds: Callable[[list[str], str], float]
) -> float:
    """What a run costs after a slot was added. The names are never those of a run before."""
    path = folder / "abi" / "drasi.abi"
    text = path.read_text("utf-8")
    begin = "vtable SourceVtable: ffi_vtable {"
    assert begin in text
    slot = f"fn added_{time.monotonic_ns()}_fn(self: mut) -> FfiResult;"
    path.write_text(text.replace(begin, f"{begin}\n    {slot}"), "utf-8")
    return seconds(generate, str(folder))


if __name__ == "__main__":
    # As the command line does: looking for cycles in growing trees is not linear.
    gc.disable()
    by_size("slots", SLOTS, large_vtables)
    by_size("small types", TYPES, small_types)
    again()
