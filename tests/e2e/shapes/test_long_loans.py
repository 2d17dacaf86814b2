"""What is lent inside of a struct or of a table of functions lives as long as that says."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.0.0;
@string(ptr, len) struct Str { ptr: *const char, len: usize }
struct Options {
    numbers: *const u32 @len(n) @until(drop), n: usize, title: *const char @nul @until(drop),
}
struct Outer { number: i32, options: Options, more: *const Options? }
struct Flag { flag: *const u32 @pinned }
struct Next { text: *const char @nul @until(next) }
struct Info { text: *const char @nul @until(drop) }
vtable Guest {
    state: *mut void,
    label: *const char @nul,
    tag: Str,
    options: *const Options?,
    fn number(self: mut) -> i32;
    fn info(self: mut) -> Info;
    drop fn drop(self: own);
}
@object(self) vtable Own {
    label: *const char @nul,
    fn number(self: mut) -> i32;
    drop fn drop(self: own);
}
@context vtable PairCalls {
    fn number(self: mut) -> i32;
    optional fn more(self: mut) -> i32;
    drop fn drop(self: own);
}
@object(context, calls) struct Pair { context: *mut void, calls: *const PairCalls }
vtable Engine {
    state: *mut void,
    fn set(self: mut, options: *const Options);
    fn outer(self: mut, outer: Outer);
    fn many(self: mut, many: *const Options @len(n), n: usize);
    fn next(self: mut, next: Next);
    fn read(self: mut) -> u64;
    fn guest(self: mut, guest: own *mut Guest);
    fn own_(self: mut, own_: own *mut Own);
    fn pair(self: mut, pair: own Pair);
    fn told(self: mut, what: u8) -> *const char @nul;
    drop fn drop(self: own);
}
entry fn open_engine() -> own *mut Engine;
entry fn pin(flag: *const Flag);
entry fn pinned() -> u32;
"""

SOURCE = r"""
typedef struct {
    Options options[4]; size_t count; Next next; Guest guest; Own *own; Pair pair; Info info;
} State;
static const uint32_t *flag;
static void set(void *self, const Options *options) {
    State *state = self;
    state->options[0] = *options; state->count = 1;
}
static void outer(void *self, Outer outer) {
    State *state = self;
    state->options[0] = outer.options; state->count = 1;
    if (outer.more) { state->options[1] = *outer.more; state->count = 2; }
}
static void many(void *self, const Options *many, size_t n) {
    State *state = self;
    memcpy(state->options, many, n * sizeof *many); state->count = n;
}
static void next(void *self, Next next) { ((State *)self)->next = next; }
static uint64_t read_(void *self) {
    State *state = self;
    uint64_t all = 0;
    for (size_t each = 0; each < state->count; each++) {
        for (size_t at = 0; at < state->options[each].n; at++) all += state->options[each].numbers[at];
        all += strlen(state->options[each].title);
    }
    return all;
}
static void guest(void *self, Guest *guest) { ((State *)self)->guest = *guest; }
static void own(void *self, Own *own) { ((State *)self)->own = own; }
static void pair(void *self, Pair pair) { ((State *)self)->pair = pair; }
static const char *told(void *self, uint8_t what) {
    static char text[64];
    State *state = self;
    switch (what) {
    case 0: return state->guest.label;
    case 1: memcpy(text, state->guest.tag.ptr, state->guest.tag.len); return text;
    case 2: return state->guest.options->title;
    case 3: return state->own->label;
    case 4: text[0] = (char)state->pair.calls->number(state->pair.context); text[1] = 0; return text;
    case 5: state->info = state->guest.info(state->guest.state); return state->info.text;
    case 6: state->guest.info(state->guest.state); return state->info.text;
    default: return state->next.text;
    }
}
static void drop(void *self) {
    State *state = self;
    if (state->guest.drop) state->guest.drop(state->guest.state);
    if (state->own) state->own->drop(state->own);
    if (state->pair.calls) state->pair.calls->drop(state->pair.context);
    counted_free(state);
}
{NAME}_EXPORT Engine *open_engine(void) {
    static Engine engine;
    State *state = counted_malloc(sizeof *state);
    memset(state, 0, sizeof *state);
    engine = (Engine){state, set, outer, many, next, read_, guest, own, pair, told, drop};
    return &engine;
}
{NAME}_EXPORT void pin(const Flag *given) { flag = given->flag; }
{NAME}_EXPORT uint32_t pinned(void) { return *flag; }
"""


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


def churn(bound: Bound) -> None:
    """What was freed is used for something else."""
    gc.collect()
    ffi = bound.plugin._abi_lib.ffi
    kept = [ffi.new("char[]", b"#" * size) for size in range(1, 200) for _ in range(20)]
    kept += [ffi.new("uint32_t[]", [0xFFFF] * 4) for _ in range(500)]
    del kept


def options(bound: Bound, *numbers: int) -> Any:
    return bound.package.Options(numbers=list(numbers), title="title")


@pytest.mark.slow
def test_fields_of_structs(bound: Bound) -> None:
    package = bound.package
    with bound.plugin.open_engine() as engine:
        engine.set(options(bound, 1, 2, 3))
        churn(bound)
        assert engine.read() == 11
        engine.outer(package.Outer(1, options(bound, 4), options(bound, 5)))
        churn(bound)
        assert engine.read() == 19
        engine.many([options(bound, 1), options(bound, 2), options(bound, 3)])
        churn(bound)
        assert engine.read() == 21
        engine.next(package.Next("a text that is not short"))
        churn(bound)
        assert engine.told(9) == "a text that is not short"
    bound.plugin.pin(package.Flag(77))
    churn(bound)
    assert bound.plugin.pinned() == 77


def test_nothing_is_kept_for_longer(bound: Bound) -> None:
    lib = bound.plugin._abi_lib
    before = len(lib.kept)
    with bound.plugin.open_engine() as engine:
        for number in range(5):
            engine.next(bound.package.Next(f"text {number}"))
            engine.set(options(bound, number))
        assert sum(len(each) for each in lib._bound.values()) == 6
    assert not lib._bound
    assert len(lib.kept) == before


class Guest:
    label = "a label of some length"
    tag = "a tag of some length"

    def __init__(self, given: Any, ended: list[str]) -> None:
        self.options = given
        self.ended = ended
        self.infos = iter(["the first text that is lent", "the second text that is lent"])
        self.package: Any = None

    def number(self) -> int:
        return ord("n")

    def info(self) -> Any:
        return self.package.Info(text=next(self.infos))

    def close(self) -> None:
        self.ended.append(type(self).__name__)


def test_fields_of_tables(bound: Bound) -> None:
    ended: list[str] = []
    with bound.plugin.open_engine() as engine:
        guest = Guest(options(bound, 1), ended)
        guest.package = bound.package
        engine.guest(guest)
        engine.own_(Guest(None, ended))
        engine.pair(Guest(None, ended))
        churn(bound)
        assert [engine.told(what) for what in range(5)] == [
            "a label of some length",
            "a tag of some length",
            "title",
            "a label of some length",
            "n",
        ]
        assert engine.told(5) == "the first text that is lent"
        assert engine.told(6) == "the first text that is lent"
        churn(bound)
    assert ended == ["Guest"] * 3
    assert not bound.plugin._abi_lib.binding.entries
