"""C functions that Python calls by themselves: they are there, and no caller can tell but by the time."""

from __future__ import annotations

import contextlib
import gc
import resource
import sys
import threading
import time
import tracemalloc
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.bindings import Bound, Workshop
from support.probe import DESCRIPTION, SOURCE

#: Slots that C does not carry by itself: what they take or make needs Python.
BY_PYTHON = {"Probe_fill", "Probe_hear", "Hear"}
#: The plugin says that it is older than this slot.
TOO_NEW = {"Probe_newer"}

BUILT = pytest.mark.parametrize(
    "mode",
    [pytest.param("compiled", marks=[pytest.mark.slow, pytest.mark.tool("python-headers")])],
    indirect=True,
)


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode, "counted")


@pytest.fixture
def probe(bound: Bound) -> Iterator[Any]:
    """Whatever a test does, each block is freed once."""
    made = bound.plugin.open_probe()
    before = bound.counters.test_live()
    yield made
    assert bound.counters.test_live() == before
    made.close()
    assert bound.counters.test_live() == before - 2


def carriers(bound: Bound) -> dict[str, Any]:
    return dict(vars(bound.plugin._abi_lib.call))


def test_c_carries_what_it_can(bound: Bound, mode: str) -> None:
    made = carriers(bound)
    in_c = {name for name, call in made.items() if isinstance(call, types.BuiltinFunctionType)}
    expected = set(made) - BY_PYTHON - TOO_NEW if mode == "compiled" else set()
    assert in_c == expected
    assert {"Probe_text", "Visit", "Shout"} <= set(made)


def test_numbers(bound: Bound, probe: Any) -> None:
    package = bound.package
    assert probe.nothing() is None
    assert probe.ints(-128, 255, -(2**63), 2**64 - 1) == -128 + 255 - 2**63 - 1
    assert probe.ints(True, False, package.Color.Green, 0) == 2
    assert probe.size(2**64 - 1) == 2**64 - 1
    assert probe.real(0.5, 0.25) == 0.75
    assert probe.real(1, 2) == 3.0
    assert (probe.flag(True), probe.flag(False)) == (True, False)
    assert probe.letter(b"a") == b"b"
    assert probe.color(package.Color.Green) is package.Color.Green
    assert (probe.absent(None), probe.absent(-1), probe.absent(-2)) == (None, None, -2)
    assert (probe.one(4), probe.one(None)) == (4, -5)


def test_text_and_bytes(probe: Any) -> None:
    for text in ("", "a", "café", "\N{SNOWMAN}\N{PILE OF POO}", "a\0b", "x" * 100_000):
        assert probe.text(text) == text
        assert probe.behind(text) == len(text.encode())
    assert probe.behind(None) == -1
    assert (probe.small(b""), probe.small(b"\x01" * 255)) == (0, 255)
    assert (probe.span(None), probe.span(b""), probe.span(b"ab")) == (-1, 0, 2)
    assert (probe.latin(""), probe.latin("ab"), probe.latin("é")) == (0, 2098, 1233)
    assert (probe.nul(None), probe.nul(""), probe.nul("é x")) == (None, "", "é x")
    assert (probe.nul_lent("ab"), probe.nul_lent("")) == ("ab", "")
    assert [probe.lent(which) for which in (0, 1, 2, 3, 4, 6)] == [
        "café",
        "bad ��",
        "",
        "",
        "",
        "a\0b",
    ]
    with pytest.raises((OverflowError, ValueError, MemoryError)):
        probe.lent(5)


def test_pointers(bound: Bound, probe: Any) -> None:
    ffi = bound.plugin._abi_lib.ffi
    where = ffi.new("int *")
    assert probe.raw(where) == where
    assert probe.raw(None) == ffi.NULL


def test_results(probe: Any) -> None:
    assert probe.outcome(0) is None
    assert (probe.found("key"), probe.found(""), probe.found("?")) == (b"key", b"", None)
    # A block with nothing in it is one all the same.
    assert probe.found("=") == b""
    assert probe.number(0) == -(2**63)
    assert probe.plainly("") == 3
    assert probe.plainly("=") == 4
    assert (probe.maybe(0), probe.maybe(-4)) == (None, -4)
    assert (probe.truth(""), probe.truth("n")) == (True, False)
    assert (probe.count(0), probe.count(2**62)) == (0, 2**62)
    assert probe.outs(0) == (0, 0, "")
    assert probe.outs(3) == (3, 6, "abc")
    # What the callee does not write is zero.
    assert probe.outs(-1) == (-1, 0, "")


def test_failures(bound: Bound, probe: Any) -> None:
    package = bound.package
    with pytest.raises(package.CallError) as caught:
        probe.outcome(1)
    assert (caught.value.message, caught.value.status) == ("café �", 1)
    with pytest.raises(package.CallError) as caught:
        probe.outcome(-2)
    assert (caught.value.message, caught.value.status) == ("", -2)
    with pytest.raises(package.CallError) as caught:
        probe.found("!!!")
    assert (caught.value.message, caught.value.status) == ("refused", 3)
    with pytest.raises(package.CallError, match="no number"):
        probe.number(9)
    with pytest.raises(package.CallError) as caught:
        probe.plainly("x")
    assert (caught.value.message, caught.value.value) == ("x", {"number": 3})
    with pytest.raises(package.CallError, match="failed"):
        probe.truth("f")
    for said in (package.Said.Odd, 12345):
        with pytest.raises(package.CallError) as caught:
            probe.status(said)
        assert caught.value.status == said
    assert probe.status(package.Said.Fine) is None
    with pytest.raises(package.CallError) as caught:
        probe.count(-3)
    assert caught.value.status == -3
    assert probe.why(0) == 5
    with pytest.raises(package.Why) as error:
        probe.why(package.Said.Odd)
    assert (error.value.message, error.value.kind, error.value.status) == ("because", 7, 7)
    assert probe.pair(3) == bound.package.Pair(a=3, b="b")
    with pytest.raises(package.ContractError):
        probe.color(9)


def test_slots_that_are_not_there(bound: Bound, probe: Any) -> None:
    with pytest.raises(bound.package.NotAvailableError, match="optional"):
        probe.missing(1)
    assert probe.there(1) == 2
    assert probe.known() == 3
    with pytest.raises(bound.package.NotAvailableError, match=r"since 1\.2\.3"):
        probe.newer()


class Text(str):
    __slots__ = ()

    def encode(self, *_: Any) -> bytes:
        return b"its own"


class Index:
    def __index__(self) -> int:
        return 3


class Whole:
    def __int__(self) -> int:
        return 3


#: What no method says that it takes, and what C's types just do not hold.
ODD: list[tuple[str, tuple[Any, ...]]] = [
    *(
        ("ints", (value, 0, 0, 0))
        for value in (128, -129, 2**70, "1", None, 1.5, 2.0, Index(), Whole())
    ),
    *(("ints", (0, value, 0, 0)) for value in (256, -1, b"a")),
    *(("ints", (0, 0, value, 0)) for value in (2**63, -(2**63) - 1)),
    *(("ints", (0, 0, 0, value)) for value in (2**64, -1)),
    *(("size", (value,)) for value in (-1, 2**64, 2**63, True, None)),
    *(("real", (value, 0.0)) for value in (3, "1", None, True, 10**400, float("inf"))),
    ("real", (0.0, 1e300)),
    *(("flag", (value,)) for value in (1, 0, 2, -1, None, "yes", 1.0)),
    *(("letter", (value,)) for value in ("a", b"", b"ab", 97, None, bytearray(b"a"))),
    *(("color", (value,)) for value in (1, 7, -1, 2**32, None, "Red", 1.0)),
    *(("absent", (value,)) for value in ("", 2**31, 1.0, True)),
    *(("one", (value,)) for value in (2**31, "", 1.0, True)),
    *(
        ("text", (value,))
        for value in (b"a", None, 1, Text("a"), "\ud800", "a\udcff", bytearray(b"a"))
    ),
    *(("behind", (value,)) for value in (b"a", 1, Text("a"), "\ud800")),
    *(
        ("small", (value,))
        for value in (b"x" * 256, b"x" * 257, bytearray(b"ab"), memoryview(b"ab"), "ab", None)
    ),
    *(
        ("span", (value,))
        for value in (b"x" * 65536, bytearray(b"ab"), memoryview(b"abcd")[::2], "ab", 5)
    ),
    *(("latin", (value,)) for value in ("\u0100", "aé", b"a", None, "\ud800", Text("a"))),
    *(("nul", (value,)) for value in ("a\0b", "\0", b"a", 1, Text("a"), "\ud800")),
    *(("nul_lent", (value,)) for value in ("a\0", b"a", Text("a"))),
    *(("raw", (value,)) for value in (1, b"bytes", "text", object())),
    *(("fill", (value,)) for value in (b"abc", bytearray(b"abc"), None)),
    *(("found", (value,)) for value in (Text("a"), None, b"a")),
    *(("status", (value,)) for value in (None, "Fine", 2**31, True)),
    *(("count", (value,)) for value in (None, 2**63, 1.0)),
    ("lent", (5,)),
    ("nothing", (1,)),
    ("text", ()),
    ("text", ("a", "b")),
]


def outcome(call: Callable[[], Any]) -> object:
    """What a call came to, as something to compare."""
    try:
        return repr(call())
    except Exception as error:
        fields = {name: repr(value) for name, value in vars(error).items()}
        return type(error).__name__, fields


@pytest.mark.parametrize(("method", "given"), ODD)
@BUILT
def test_both_modes_say_the_same_to_odd_arguments(
    workshop: Workshop, bound: Bound, probe: Any, method: str, given: tuple[Any, ...]
) -> None:
    other = workshop.build(DESCRIPTION, SOURCE, "ready-made", "counted")
    with other.plugin.open_probe() as slow:
        expected = outcome(lambda: getattr(slow, method)(*given))
        assert outcome(lambda: getattr(probe, method)(*given)) == expected
        # As those do who call the carrier itself, past the method and its signature.
        table, fast = slow._abi_table, probe._abi_table
        carrier = f"Probe_{method}"
        expected = outcome(lambda: getattr(slow._abi_lib.call, carrier)(table, *given))
        assert outcome(lambda: getattr(probe._abi_lib.call, carrier)(fast, *given)) == expected
    assert outcome(lambda: other.plugin.facts.version) == "'1.2.2'"


def test_a_number_is_asked_for_once(probe: Any) -> None:
    """Also where what it says then does not fit."""
    asked: list[int] = []

    class Number:
        def __int__(self) -> int:
            asked.append(1)
            return 2**70

    with pytest.raises((OverflowError, TypeError)):
        probe.size(Number())
    assert len(asked) == 1


def test_carriers_take_keywords_and_refuse_wrong_tables(probe: Any) -> None:
    call = probe._abi_lib.call
    assert call.Probe_text(table=probe._abi_table, text="é") == "é"
    assert call.Probe_text(probe._abi_table, text="é") == "é"
    for wrong in (None, 5, b"table", probe._abi_lib.ffi.new("Str *")):
        with pytest.raises((TypeError, AttributeError)):
            call.Probe_size(wrong, 1)
    with pytest.raises(TypeError):
        call.Probe_text(probe._abi_table, wrong="é")
    with pytest.raises(TypeError):
        call.Probe_text(probe._abi_table, "é", wrong="é")
    with pytest.raises(TypeError):
        call.Probe_nothing()


def test_a_carrier_can_be_replaced(
    bound: Bound, probe: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    kept = bound.plugin._abi_lib.call.Probe_size

    def replaced(table: Any, n: int) -> int:
        seen.append(n)
        return int(kept(table, n)) + 1

    monkeypatch.setattr(bound.plugin._abi_lib.call, "Probe_size", replaced)
    assert probe.size(4) == 5
    assert seen == [4]
    monkeypatch.undo()
    assert probe.size(4) == 4


def test_functions_of_theirs(bound: Bound, probe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A callback that C gives to Python is carried in the same way."""
    said: list[Any] = []

    def hear(shout: Any) -> None:
        said.append(shout("café"))
        said.append(shout(text="a"))
        with pytest.raises(TypeError, match=r"Shout\(\) argument 'text': a str is needed, not int"):
            shout(5)
        said.append(outcome(lambda: shout("\ud800")))

    probe.hear(hear)
    # What fails in a callback fails nothing here: this tells that it came to its end.
    assert said == [5, 1, ("ValueError", {})]
    monkeypatch.setattr(bound.plugin._abi_lib.call, "Shout", lambda *given: given[-1])
    probe.hear(lambda shout: said.append(shout("replaced")))
    assert said[-1] == "replaced"


def test_who_waits_lets_others_run(probe: Any) -> None:
    """``@blocking`` gives the lock away; what is not, keeps it."""
    assert progress(probe, lambda: probe.wait(300)) > 10


@BUILT
def test_who_does_not_wait_keeps_the_lock(probe: Any) -> None:
    assert progress(probe, lambda: probe.hold(300)) <= 2


def progress(probe: Any, call: Callable[[], Any]) -> int:
    """How often another thread came along during a call."""
    steps: list[float] = []
    done = threading.Event()

    def count() -> None:
        while not done.wait(0.001):
            steps.append(time.monotonic())

    thread = threading.Thread(target=count)
    thread.start()
    time.sleep(0.05)
    started = time.monotonic()
    assert call() == 300
    ended = time.monotonic()
    done.set()
    thread.join()
    # One that was on its way when the call began or ended is neither here nor there.
    return sum(started + 0.02 < step < ended - 0.02 for step in steps)


def test_memory_of_allocators_that_are_functions_of_python(workshop: Workshop, mode: str) -> None:
    bound = workshop.build(DESCRIPTION, SOURCE, mode, "python")
    with bound.plugin.open_probe() as probe:
        before = bound.counters.test_live()
        for _ in range(3):
            assert (probe.text("abc"), probe.nul("é"), probe.outs(3)) == ("abc", "é", (3, 6, "abc"))
            assert (probe.found("key"), probe.found("?")) == (b"key", None)
            assert probe.plainly("=") == 4
            with pytest.raises(bound.package.CallError, match="refused"):
                probe.found("!")
        assert bound.counters.test_live() == before
    assert bound.counters.test_live() == before - 2


@pytest.mark.slow
def test_nothing_is_held_or_lost(bound: Bound, probe: Any) -> None:
    """Counts of references, objects and pages stay where they are."""
    package = bound.package
    # New objects: those that all of Python shares have counts that others change.
    text, data, number = "".join(("refer", "ences")), bytes(range(200)), 10**17 + len(sys.path)
    fine, odd = package.Said.Fine, Text("odd")
    watched = (text, data, number, fine, odd, probe._abi_table, None, True)

    def work(times: int) -> None:
        for _ in range(times):
            (
                probe.text(text),
                probe.small(data),
                probe.span(data),
                probe.count(number),
                probe.nul(text),
            )
            probe.found(text), probe.found("?"), probe.status(fine), probe.outcome(0), probe.outs(3)
            (
                probe.why(0),
                probe.raw(None),
                probe.maybe(0),
                probe.flag(True),
                probe.lent(1),
                probe.number(0),
            )
        for _ in range(times // 4):
            for failing in (
                lambda: probe.status(package.Said.Odd),
                lambda: probe.found("!"),
                lambda: probe.why(package.Said.Odd),
                lambda: probe.text("\ud800"),
                lambda: probe.size(-1),
                lambda: probe.missing(1),
            ):
                assert isinstance(outcome(failing), tuple)
            probe.text(odd), probe.pair(1), probe.color(package.Color.Red)

    rounds = 7_000 if bound.plugin.mode == "compiled" else 500
    work(rounds // 10)
    gc.collect()
    counts = [sys.getrefcount(each) for each in watched]
    resident = memory()
    work(rounds)
    gc.collect()
    assert memory() - resident < 1_000_000
    after = [sys.getrefcount(each) for each in watched]
    # None and True are everywhere; a lost reference per call would be thousands.
    assert after[:-2] == counts[:-2]
    assert all(abs(one - other) < 100 for one, other in zip(after, counts, strict=True))
    tracemalloc.start()
    try:
        work(rounds // 20)
        gc.collect()
        first = tracemalloc.get_traced_memory()[0]
        work(rounds // 5)
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] - first < 5_000
    finally:
        tracemalloc.stop()


@BUILT
def test_what_goes_on_in_python_is_not_held(bound: Bound, probe: Any) -> None:
    """Structs that C hands on are cffi's, whose memory nothing traces."""

    def work(times: int) -> None:
        for _ in range(times):
            assert probe.pair(1).a == 1
            with contextlib.suppress(bound.package.Why):
                probe.why(bound.package.Said.Odd)

    work(1_000)
    resident = memory()
    work(30_000)
    assert memory() - resident < 1_000_000


def memory() -> int:
    """Bytes of this process that are in memory now."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * resource.getpagesize()


def test_results_are_new_references(probe: Any) -> None:
    assert sys.getrefcount(probe.text("never seen before")) <= 2
    assert sys.getrefcount(probe.found("neither this")) <= 2
    assert sys.getrefcount(probe.outs(8)) <= 2
    assert sys.getrefcount(probe.outs(8)[2]) <= 2


@BUILT
def test_what_was_built_from_other_files_is_refused(
    bound: Bound, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers of types and functions would mean others."""
    bindings = sys.modules[f"{bound.package.__name__}._bindings"]
    monkeypatch.setattr(bindings, "STAMP", "another")
    monkeypatch.setattr(bindings, "MODES", type(bindings.MODES)())
    with pytest.raises(bound.package.BuildError, match="other generated files"):
        bound.package.load(bound.plugin.path, "compiled")


@BUILT
def test_binding_wants_what_it_knows(bound: Bound) -> None:
    bindings = sys.modules[f"{bound.package.__name__}._bindings"]
    native = bindings._native()
    natives = bindings._natives(native)
    assert natives.__name__ not in sys.modules
    with pytest.raises(IndexError):
        natives.bind(len(bindings.NATIVES), None, None)
    with pytest.raises(IndexError):
        natives.bind(-1, None, None)
    with pytest.raises(ValueError, match="numbers"):
        natives.setup((), ())
    with pytest.raises(TypeError):
        natives.setup([], ())
    names = [natives.bind(number, None, None).__name__ for number in range(len(bindings.NATIVES))]
    assert names == [name for name, _ in bindings.NATIVES]
