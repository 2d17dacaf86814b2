"""Runs of a case of the matrix: what is sent, what the other side does with it, and what is left of it."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from support.bindings import Bound
from support.matrix import UNKNOWN, UNSENT, UNSHOWN, Case, Kind
from support.matrix_kinds import Thing

REASON = "not today"


class Way(Enum):
    """What becomes of the call."""

    WORKS = "works"
    #: Whoever is called raises, after looking at what it was given.
    RAISES = "raises"
    #: The call is not made: an argument beside the one at issue does not fit its type in C.
    UNSENT = "is not made"
    #: The call does not arrive: an argument beside the one at issue means nothing.
    UNKNOWN = "does not arrive"


def ways(case: Case) -> tuple[Way, ...]:
    if case.position in UNSHOWN:
        return Way.UNSENT, Way.UNKNOWN
    return Way.WORKS, Way.RAISES


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

    def problems(self) -> Iterator[str]:
        if self.alive:
            yield f"{len(self.alive)} blocks are left"
        if self.wrong:
            yield f"{len(self.wrong)} blocks are freed twice"
        self.alive.clear()
        self.wrong.clear()


@dataclass
class Samples:
    """Values to send, each time another one, and the objects in them."""

    bound: Bound
    kind: Kind
    absent: bool = False
    made: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._wrong = self.bound.plugin.wrong() if self.kind.entry else 0

    def one(self) -> Any:
        if self.absent:
            return None
        if not self.kind.entry:
            return self.kind.sample(self.bound.package)
        self.made.append(getattr(self.bound.plugin, self.kind.entry)())
        return self.made[-1]

    def look(self, value: Any) -> Any:
        """What must be equal of what was sent and what arrived."""
        if value is None:
            return None
        return self.bound.plugin.number_of(value) if self.kind.entry else self.kind.seen(value)

    def expected(self) -> Any:
        if self.absent or not self.kind.entry:
            return self.look(self.one())
        return 7

    def length(self) -> int:
        value = self.kind.sample(self.bound.package)
        return len(value.encode() if isinstance(value, str) else value)

    def ended(self, handed_over: bool) -> Iterator[str]:
        """Each object has ended once if it was handed over, and else is still whose it was."""
        for each in (*self.made, *Thing.made):
            if int(each.closed) != handed_over:
                yield f"an object has ended {int(each.closed)} times, and not {int(handed_over)}"
        for each in self.made:
            each.close()
        if self.kind.entry:
            plugin = self.bound.plugin
            if plugin.alive():
                yield f"{plugin.alive()} objects of C's are left"
            if plugin.wrong() != self._wrong:
                yield f"{plugin.wrong() - self._wrong} ends of what was no object"


class Other:
    """The side behind the plugin: it notes what it is given, and gives samples."""

    def __init__(self, case: Case, samples: Samples, way: Way) -> None:
        self.case, self.samples, self.way = case, samples, way
        self.problems: list[str] = []
        self.arrived = 0
        # Made here, before anything counts.
        self._expected = samples.expected()
        self._length = samples.length() if case.takes_length else 0
        Thing.made.clear()

    def note(self, value: Any) -> None:
        self.arrived += 1
        self.compare(value)
        self.fail()

    def compare(self, value: Any) -> None:
        try:
            arrived = self.samples.look(value)
        except Exception as error:
            arrived = f"{type(error).__name__}: {error}"
        wanted = self._expected
        if type(arrived) is not type(wanted) or arrived != wanted:
            self.problems.append(f"{arrived!r} arrived for {wanted!r}")

    def fail(self) -> None:
        if self.way is Way.RAISES:
            raise self.samples.bound.package.CallError(REASON)

    def make(self) -> Any:
        self.arrived += 1
        self.fail()
        return self.samples.one()

    def answer(self, *given: Any) -> Any:
        match self.case.position:
            case "parameter":
                self.note(given[0])
            case "field":
                self.note(given[0].v)
            case "element":
                self.compare(given[0][0])
                self.note(given[0][1])
            case "inout":
                self.note(given[0])
                return self.samples.one()
            case "callback parameter":
                given[0](self.samples.one())
            case "callback result":
                self.compare(given[0](*self.lengths()))
            case "before a wrong one" | "after a wrong one":
                self.arrived += 1
            case _:
                return self.make()
        return None

    def lengths(self) -> list[int]:
        """The length that the caller of a function says for its result."""
        if not self.case.takes_length:
            return []
        return [self._length]

    def wrong(self) -> int:
        return UNSENT if self.way is Way.UNSENT else UNKNOWN

    def __getattr__(self, name: str) -> Any:
        if name == "close" or name.startswith("_"):
            raise AttributeError(name)
        return self.answer

    # --- the caller

    def call(self, function: Callable[..., Any]) -> None:
        """Send the sample through the case, and look at what comes of it."""
        case, one = self.case, self.samples.one
        match case.position:
            case "parameter":
                function(one())
            case "field":
                box = getattr(self.samples.bound.package, f"Box_{case.id}")
                function(box(v=one(), tail=1))
            case "element":
                function([one(), one()])
            case "result" | "out":
                self.compare(function(*self.lengths()))
            case "inout":
                self.compare(function(one()))
            case "callback parameter":
                function(self.note)
            case "callback result":
                function(lambda *_: self.make())
            case "before a wrong one":
                function(one(), self.wrong())
            case "after a wrong one":
                function(self.wrong(), one())


def run(case: Case, bound: Bound, blocks: Blocks, absent: bool, way: Way) -> list[str]:
    """What is wrong with one case."""
    samples = Samples(bound, case.kind, absent)
    other = Other(case, samples, way)
    reports: list[str] = []
    raised = ""
    known = set(bound.plugin._abi_lib.binding.entries)
    hook, sys.unraisablehook = sys.unraisablehook, lambda args: reports.append(_told(args))
    try:
        echo = bound.plugin.forward(other)
        try:
            other.call(getattr(echo, case.id))
        except Exception as error:
            raised = f"{type(error).__name__}: {error}"
        echo.close()
        del echo
        gc.collect()
    finally:
        sys.unraisablehook = hook
    problems = list(other.problems) if way is Way.WORKS else []
    problems += _outcome(other, raised, reports)
    problems += samples.ended(handed_over=case.hands_over and way is not Way.UNSENT)
    problems += blocks.problems()
    left = set(bound.plugin._abi_lib.binding.entries) - known
    if left and not case.lasts:
        problems.append(f"{len(left)} objects are still known to C")
    return problems


def _told(args: Any) -> str:
    return f"{args.exc_type.__name__}: {args.exc_value}"


def _outcome(other: Other, raised: str, reports: list[str]) -> Iterator[str]:
    """What callers and reports must have said."""
    told = [*reports, *([raised] if raised else [])]
    # Of a function that was lent, the other side is the caller; its own slot has no room for a failure.
    fails_here = other.case.position != "callback result"
    match other.way:
        case Way.WORKS:
            yield from told
            if not other.arrived:
                yield "nothing arrived"
        case Way.RAISES:
            if not other.arrived:
                yield "nothing arrived"
            if not other.case.tells:
                if not any(REASON in each for each in told):
                    yield f"the exception is lost: {told}"
            elif (
                len(told) != 1
                or not told[0].startswith(other.case.kind.error)
                or (bool(raised) is not fails_here)
            ):
                yield f"the failure became {told}"
            elif other.case.kind.says_why and REASON not in told[0]:
                yield f"the reason became {told}"
        case Way.UNSENT:
            if other.arrived or not raised.startswith("OverflowError") or reports:
                yield f"a call that cannot be made: {told}"
        case Way.UNKNOWN:
            if other.arrived or len(reports) != 1 or not reports[0].startswith("ContractError"):
                yield f"a call that must not arrive: {told}"
