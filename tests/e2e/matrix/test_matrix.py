"""Every shape alone: each combination round trips, in both directions at once, or is refused with a code.

``docs/shapes.md`` is written from what is found here.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.bindings import Bound, Workshop
from support.golden import assert_golden
from support.matrix import Case, Kind, plugin, sort, table
from support.matrix_kinds import KINDS

DOCS = Path(__file__).parents[3] / "docs" / "shapes.md"


class Blocks:
    """The blocks of an allocator: each is released once, by whoever has it."""

    def __init__(self, package: Any, binding: Any) -> None:
        self.alive: set[int] = set()
        self.wrong: list[int] = []
        ffi = self._ffi = binding.ffi
        self._acquire, self._release = binding.acquire["heap"], binding.release["heap"]
        binding.acquire["heap"], binding.release["heap"] = self.acquire, self.release
        if binding.bind is not None:
            # C has the addresses of functions, for what it frees by itself.
            self._function = ffi.callback("void (void *)", self.release)
            known = package._bindings
            freed = tuple(int(ffi.cast("uintptr_t", self._function)) for _ in known.RELEASES)
            binding.bind.__self__.setup(tuple(map(ffi.typeof, known.TYPES)), freed)

    def acquire(self, size: int) -> Any:
        block = self._acquire(size)
        self.alive.add(int(self._ffi.cast("uintptr_t", block)))
        return block

    def release(self, block: Any) -> None:
        address = int(self._ffi.cast("uintptr_t", block))
        if address in self.alive:
            self.alive.remove(address)
            self._release(block)
        else:
            self.wrong.append(address)


class Other:
    """The side behind the plugin: it notes what it is given, and gives the sample."""

    def __init__(self, kind: Kind, package: Any, value: Any) -> None:
        self.kind, self.package, self.value = kind, package, value
        self.case: Case | None = None
        self.problems: list[str] = []
        self.arrived = 0

    def note(self, value: Any) -> None:
        self.arrived += 1
        self.problems += problem(self.kind, self.package, self.value, value)

    def answer(self, *given: Any) -> Any:
        assert self.case is not None
        match self.case.position:
            case "parameter":
                self.note(*given)
            case "field":
                self.note(given[0].v)
            case "element":
                self.note(given[0][0])
                self.note(given[0][1])
            case "inout":
                self.note(given[0])
                return made(self.kind, self.package, self.value)
            case "callback parameter":
                given[0](made(self.kind, self.package, self.value))
            case "callback result":
                self.note(given[0](*size(self.case, self.package)))
            case _:
                self.arrived += 1
                return made(self.kind, self.package, self.value)
        return None

    def __getattr__(self, name: str) -> Any:
        if name == "close":
            raise AttributeError(name)
        return self.answer


def size(case: Case, package: Any) -> list[int]:
    """The length that the caller of a function says for its result."""
    value = case.kind.sample(package)
    return [len(value.encode() if isinstance(value, str) else value)] if case.takes_length else []


def made(kind: Kind, package: Any, value: Any) -> Any:
    """A value to give: each time another one."""
    return None if value is None else kind.sample(package)


def problem(kind: Kind, package: Any, sent: Any, seen: Any) -> Iterator[str]:
    if sent is None or seen is None:
        if sent is not seen:
            yield f"{seen!r} arrived for {sent!r}"
        return
    try:
        arrived = kind.seen(seen)
    except Exception as error:
        arrived = f"{type(error).__name__}: {error}"
    wanted = kind.seen(made(kind, package, sent))
    if type(arrived) is not type(wanted) or arrived != wanted:
        yield f"{arrived!r} arrived for {wanted!r}"


def run(case: Case, bound: Bound, echo: Any, other: Other) -> None:
    """Send the sample through a case, and look at what comes of it."""
    kind, package, value = case.kind, bound.package, other.value
    other.case, other.arrived = case, 0
    call = getattr(echo, case.id)
    sizes = size(case, package)
    match case.position:
        case "parameter":
            call(made(kind, package, value))
        case "field":
            box = getattr(package, f"Box_{case.id}")
            call(box(v=made(kind, package, value), tail=1))
        case "element":
            call([made(kind, package, value), made(kind, package, value)])
        case "result" | "out":
            other.problems += problem(kind, package, value, call(*sizes))
        case "inout":
            given = call(made(kind, package, value))
            other.problems += problem(kind, package, value, given)
        case "callback parameter":
            call(other.note)
        case "callback result":
            call(lambda *_: made(kind, package, value))
    if not other.arrived:
        other.problems.append("nothing arrived")


#: Every kind, most of them in the slow tests only.
_SAMPLED = [
    pytest.param(kind, marks=pytest.mark.slow if number % 4 else ())
    for number, kind in enumerate(KINDS)
]


@pytest.mark.parametrize("kind", _SAMPLED, ids=lambda kind: str(kind.name))
def test_what_works_works(
    kind: Kind, workshop: Workshop, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = sort(kind)
    if not found.working:
        return
    bound = workshop.build(found.description, plugin(found.library), mode)
    binding = bound.plugin._abi_lib.binding
    blocks = Blocks(bound.package, binding)
    reports: list[str] = []
    monkeypatch.setattr(
        sys,
        "unraisablehook",
        lambda args: reports.append(f"{args.exc_type.__name__}: {args.exc_value}"),
    )
    problems: dict[str, list[str]] = {}
    # What is there already need not be looked through after each call.
    gc.collect()
    gc.freeze()
    for case in found.working:
        for value in (
            (kind.sample(bound.package), None) if case.nullable else (kind.sample(bound.package),)
        ):
            other = Other(kind, bound.package, value)
            echo = bound.plugin.forward(other)
            try:
                run(case, bound, echo, other)
            except Exception as error:
                other.problems.append(f"{type(error).__name__}: {error}")
            echo.close()
            del echo
            gc.collect()
            other.problems += reports
            reports.clear()
            other.problems += [f"{len(blocks.alive)} blocks are left"] if blocks.alive else []
            other.problems += (
                [f"{len(blocks.wrong)} blocks are freed twice"] if blocks.wrong else []
            )
            blocks.alive.clear()
            blocks.wrong.clear()
            if other.problems:
                problems[f"{case.label} = {value!r}: {' '.join(case.lines())}"] = other.problems
    gc.unfreeze()
    assert not problems, "\n" + "\n".join(f"{label}: {said}" for label, said in problems.items())


def test_the_page_says_what_becomes_of_each(bless: bool) -> None:
    assert_golden(DOCS, table([sort(kind) for kind in KINDS]), bless)
