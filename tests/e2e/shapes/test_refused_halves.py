"""Where one of several things is refused, those that were handed over with it end once."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.0.0;
allocator heap = malloc/free;
@string(ptr, len, cap) @owned(heap) struct Str { ptr: *mut char?, len: usize, cap: usize }
enum Kind { A, B }
struct Rec { name: Str, kind: Kind, other: Str }
@list(items, count) @owned(heap) struct Recs { items: *mut Rec, count: usize }
@owned(heap) vtable Thing { state: *mut void, fn number(self: mut) -> u32; drop fn drop(self: own); }
vtable Guest {
    state: *mut void,
    fn both(self: mut, one: own *mut Thing, two: own *mut Thing, text: Str);
    fn kinds(self: mut, kind: Kind, text: Str, thing: own *mut Thing);
    fn records(self: mut, recs: Recs, text: Str);
    fn made(
        self: mut, thing: own *mut (*mut Thing) @out, text: *mut Str @out, number: *mut i32 @out,
    ) -> own *mut Thing?;
    @fails(< 0) fn status(self: mut, text: *mut Str @out, number: *mut i32 @out) -> i32;
    fn record(self: mut, text: *mut Str @out) -> Rec;
    fn fill(
        self: mut, texts: *mut Str @capacity(room) @written(used) @out, room: usize,
        used: *mut usize @out, number: *mut i32 @out,
    );
}
entry fn two(one: own *mut Thing, two: own *mut Thing, text: Str, small: u8) -> u32;
entry fn outs(
    bad: u8, kind: *mut Kind @out, text: *mut Str @out, thing: own *mut (*mut Thing) @out,
) -> own *mut Thing;
entry fn record(bad: u8, text: *mut Str @out) -> Rec;
entry fn records(bad: u8) -> Recs;
entry fn ask(guest: *mut Guest @until(call), what: u8) -> i32;
vtable Desk {
    state: *mut void,
    fn outs(
        self: mut, bad: u8, kind: *mut Kind @out, text: *mut Str @out,
        thing: own *mut (*mut Thing) @out,
    ) -> own *mut Thing;
    fn record(self: mut, bad: u8, text: *mut Str @out) -> Rec;
}
callback Push(@ctx user: *mut void, text: Str, thing: own *mut Thing, kind: Kind);
entry fn push(push: Push @scope(call) @ctx(user), user: *mut void);
entry fn push_again();
entry fn desk() -> *const Desk @until(library);
"""

SOURCE = r"""
static long things;
static uint32_t number(void *self) { (void)self; return 1; }
static void drop(void *self) { (void)self; things--; }
{NAME}_EXPORT long live(void);
{NAME}_EXPORT long live(void) { return things + test_live(); }
static Thing *thing(int bad) {
    Thing *made = counted_malloc(sizeof *made);
    things++;
    *made = (Thing){0, bad ? 0 : number, drop};
    return made;
}
static void end(Thing *thing) { if (thing) { thing->drop(thing->state); counted_free(thing); } }
static Str str(const char *text) {
    size_t size = strlen(text);
    return (Str){memcpy(counted_malloc(size), text, size), size, size};
}
static void end_str(Str text) { if (text.cap) counted_free(text.ptr); }
static Rec rec(int bad) { return (Rec){str("name"), bad ? (Kind)7 : Kind_B, str("other")}; }
static Recs recs(int bad) {
    Rec *items = counted_malloc(3 * sizeof *items);
    items[0] = rec(0); items[1] = rec(bad); items[2] = rec(0);
    return (Recs){items, 3};
}
{NAME}_EXPORT uint32_t two(Thing *one, Thing *two, Str text, uint8_t small) {
    end(one); end(two); end_str(text);
    return small;
}
{NAME}_EXPORT Thing *outs(uint8_t bad, Kind *kind, Str *text, Thing **other) {
    *kind = bad == 1 ? (Kind)9 : Kind_A;
    *text = str("text");
    *other = thing(bad == 2);
    return thing(bad == 3);
}
{NAME}_EXPORT Rec record(uint8_t bad, Str *text) { *text = str("text"); return rec(bad); }
{NAME}_EXPORT Recs records(uint8_t bad) { return recs(bad); }
static Thing *desk_outs(void *self, uint8_t bad, Kind *kind, Str *text, Thing **other) {
    (void)self;
    return outs(bad, kind, text, other);
}
static Rec desk_record(void *self, uint8_t bad, Str *text) { (void)self; return record(bad, text); }
{NAME}_EXPORT const Desk *desk(void) {
    static const Desk one = {0, desk_outs, desk_record};
    return &one;
}
static Push kept;
static void *kept_user;
{NAME}_EXPORT void push_again(void) { kept(kept_user, str("x"), thing(0), Kind_A); }
{NAME}_EXPORT void push(Push push, void *user) { kept = push; kept_user = user; push_again(); }
{NAME}_EXPORT int32_t ask(Guest *guest, uint8_t what) {
    void *self = guest->state;
    Str text = {0}, texts[2] = {{0}};
    Thing *other = 0, *made;
    int32_t number = -1, result = 0;
    size_t used = 0;
    Rec record;
    switch (what) {
    case 0: case 1: case 2: guest->both(self, thing(what == 1), thing(what == 2), str("x")); break;
    case 3: case 4: guest->kinds(self, (Kind)(what == 3 ? 0 : 8), str("x"), thing(0)); break;
    case 5: case 6: guest->records(self, recs(what == 6), str("x")); break;
    case 7:
        made = guest->made(self, &other, &text, &number);
        end(made); end(other); end_str(text);
        return number;
    case 8:
        result = guest->status(self, &text, &number);
        if (result >= 0) end_str(text);
        return result;
    case 9:
        record = guest->record(self, &text);
        end_str(record.name); end_str(record.other); end_str(text);
        return record.kind;
    default:
        guest->fill(self, texts, 2, &used, &number);
        for (size_t index = 0; index < used; index++) end_str(texts[index]);
        return number;
    }
    return 0;
}
"""


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode, memory="counted")


@pytest.fixture(autouse=True)
def reports(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    found: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda given: found.append(str(given.exc_value)))
    return found


@pytest.fixture(autouse=True)
def nothing_is_left(bound: Bound) -> Iterator[None]:
    entries = bound.plugin._abi_lib.binding.entries
    before, known = _live(bound), len(entries)
    yield
    assert _live(bound) == before
    assert len(entries) == known


def _live(bound: Bound) -> int:
    return int(ctypes.CDLL(bound.plugin.path).live())


class Thing:
    def __init__(self) -> None:
        self.ended = 0

    def number(self) -> int:
        return 2

    def close(self) -> None:
        self.ended += 1


class Guest:
    """Gets what it is asked for, and gives what it was told to."""

    def __init__(self, **given: Any) -> None:
        self.given = given
        self.got: list[Any] = []

    def both(self, *got: Any) -> None:
        self.got.extend(got)

    kinds = records = both

    def made(self) -> Any:
        return self.given["made"]

    def status(self) -> Any:
        return self.given["status"]

    def record(self) -> Any:
        return self.given["record"]

    def fill(self) -> Any:
        return self.given["fill"]


@pytest.mark.parametrize("what", range(7))
def test_arguments_of_a_host(bound: Bound, what: int, reports: list[str]) -> None:
    guest = Guest()
    bound.plugin.ask(guest, what)
    is_refused = what in (1, 2, 4, 6)
    assert bool(reports) is is_refused
    assert bool(guest.got) is not is_refused
    for each in guest.got:
        if hasattr(each, "close"):
            each.close()


Wrong = Callable[[Any, Thing], tuple[int, dict[str, Any]]]
ANSWERS: dict[str, Wrong] = {
    "all is right": lambda package, thing: (7, {"made": (thing, Thing(), "text", 1)}),
    "a number": lambda package, thing: (7, {"made": (thing, Thing(), "text", "1")}),
    "a text": lambda package, thing: (7, {"made": (thing, Thing(), 5, 1)}),
    "an object": lambda package, thing: (7, {"made": (thing, 5, "text", 1)}),
    "the result": lambda package, thing: (7, {"made": (5, thing, "text", 1)}),
    "what tells of failures": lambda package, thing: (8, {"status": (0, "text", "1")}),
    "what is beside a failure": lambda package, thing: (8, {"status": (0, 5, 1)}),
    "a field": lambda package, thing: (9, {"record": (package.Rec("a", "b", "c"), "text")}),
    "a later field": lambda package, thing: (9, {"record": (package.Rec("a", 1, 5), "text")}),
    "what is filled": lambda package, thing: (10, {"fill": ("1", ["a", "b"])}),
    "an element": lambda package, thing: (10, {"fill": (1, ["a", 5])}),
    "too many": lambda package, thing: (10, {"fill": (1, ["a", "b", "c"])}),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_answers_of_a_host(bound: Bound, case: str, reports: list[str]) -> None:
    thing = Thing()
    what, given = ANSWERS[case](bound.package, thing)
    bound.plugin.ask(Guest(**given), what)
    is_right = case == "all is right"
    assert bool(reports) is not is_right
    assert thing.ended == is_right


def test_arguments(bound: Bound) -> None:
    package, plugin = bound.package, bound.plugin
    one, two = Thing(), Thing()
    for given in ((one, 5, "a", 1), (5, two, "a", 1), (one, two, 5, 1), (one, two, "a", 256)):
        with pytest.raises(
            (TypeError, OverflowError), match=r"two\(\) argument '(one|two|text|small)'"
        ):
            plugin.two(*given)
    assert (one.ended, two.ended) == (0, 0)
    theirs, *_ = _outs(plugin)
    with pytest.raises(OverflowError):
        plugin.two(theirs, two, "a", 256)
    assert not theirs.closed
    with pytest.raises((TypeError, package.ClosedError)):
        plugin.two(theirs, theirs, "a", 1)
    assert plugin.two(theirs, two, "a", 3) == 3
    assert (theirs.closed, two.ended) == (True, 1)


def _outs(plugin: Any) -> tuple[Any, ...]:
    result, kind, text, other = plugin.outs(0)
    assert (kind, text, other.number()) == (0, "text", 1)
    other.close()
    return result, kind, text


@pytest.mark.parametrize("bad", [1, 2, 3])
def test_results(bound: Bound, bad: int) -> None:
    package, plugin = bound.package, bound.plugin
    for each in (plugin, plugin.desk()):
        with pytest.raises((package.ContractError, package.NullSlotError)):
            each.outs(bad)
        for made in each.outs(0):
            if hasattr(made, "close"):
                made.close()


def test_structs(bound: Bound) -> None:
    package, plugin = bound.package, bound.plugin
    for each in (plugin, plugin.desk()):
        made, text = each.record(0)
        assert (made.name, made.kind, made.other, text) == ("name", 1, "other", "text")
        with pytest.raises(package.ContractError, match="7 is no Kind"):
            each.record(1)
    assert len(plugin.records(0)) == 3
    with pytest.raises(package.ContractError, match="7 is no Kind"):
        plugin.records(1)


def test_calls_that_come_too_late(bound: Bound, reports: list[str]) -> None:
    """What is handed over by a call that nobody answers ends as well."""
    got: list[Any] = []
    bound.plugin.push(lambda *given: got.append(given))
    ((text, thing, kind),) = got
    assert (text, thing.number(), kind) == ("x", 1, 0)
    thing.close()
    late = bound.package.late_calls()
    bound.plugin.push_again()
    assert len(got) == len(reports) == bound.package.late_calls() - late == 1
