"""Results, outs, closures, objects and handles; failures in both directions."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.0.0;
allocator heap = malloc/free;
enum Status { Fine = 0, Broken = 1, Full = 2 }
@result(code, message) @owned(heap) struct Outcome { code: i32, message: own *mut char? @nul }
@error_buffer(text) struct Why { kind: Status, text: [char; 16] }
struct Pair { a: i32, b: i32 }

callback Visit(@ctx ctx: *mut void, number: i32) -> bool;
callback Late(number: i32, @ctx ctx: *mut void?);
callback Plain(number: i32) -> i32;

/// What Python implements.
vtable Store {
    state: *mut void,
    fn get(self: const, key: i32) -> i32;
    @ok(Fine) fn put(self: mut, key: i32, value: i32) -> Status;
    @error(why) @ok(Fine) fn fail(self: mut, why: *mut Why) -> Status;
    fn outcome(self: mut) -> Outcome;
    optional fn extra(self: const) -> i32;
    drop fn drop(self: own);
}

vtable Engine {
    state: *mut void,
    @ok(Fine) fn status(self: mut, want: Status) -> Status;
    @fails(< 0) fn number(self: mut, number: i64) -> i64;
    fn outcome(self: mut, code: i32) -> Outcome;
    @error(why) @ok(Fine) fn why(self: mut, want: Status, why: *mut Why) -> Status;
    fn divide(self: const, a: i32, b: i32, quotient: *mut i32 @out, rest: *mut i32 @out);
    fn pair(self: const, pair: *mut Pair @out);
    @ok(Fine) @retry(Full) fn read(self: const, want: usize,
        buffer: *mut u8? @capacity(room) @written(used), room: usize, used: *mut usize @out) -> Status;
    fn each(self: const, count: i32, visit: Visit @ctx(ctx) @scope(call), ctx: *mut void) -> i32;
    @blocking fn from_thread(self: const, visit: Visit @ctx(ctx) @scope(call), ctx: *mut void) -> bool;
    fn keep(self: mut, late: Late? @ctx(ctx) @scope(drop), ctx: *mut void?);
    fn call_kept(self: const, number: i32);
    fn plain(self: const, plain: Plain @scope(forever), number: i32) -> i32;
    fn use_store(self: mut, store: *const Store @until(call), key: i32) -> i32;
    fn take_store(self: mut, store: own *mut Store);
    fn store_outcome(self: mut, store: *const Store @until(call)) -> Outcome;
    fn store_failure(self: mut, store: *const Store @until(call)) -> i32;
    optional fn missing(self: const) -> i32;
    drop fn drop(self: own);
}
entry fn open_engine() -> own *mut Engine? @owned(heap);
entry fn call_late(number: i32);
"""

SOURCE = r"""
#include <pthread.h>
#include <stdio.h>
typedef struct { Late late; void *ctx; Store *store; } State;
static Late last_late; static void *last_ctx;
static Status status(void *self, Status want) { (void)self; return want; }
static int64_t number(void *self, int64_t n) { (void)self; return n; }
static Outcome outcome(void *self, int32_t code) {
    Outcome made = {code, 0};
    (void)self;
    if (code == 1) made.message = strcpy(malloc(16), "caf\303\251 \377");
    return made;
}
static Status why(void *self, Status want, Why *out) {
    (void)self;
    if (want) { out->kind = want; strcpy(out->text, "because"); }
    return want;
}
static void divide(const void *self, int32_t a, int32_t b, int32_t *q, int32_t *r) {
    (void)self; *q = a / b; *r = a % b;
}
static void pair(const void *self, Pair *out) { (void)self; *out = (Pair){1, 2}; }
static Status read_(const void *self, size_t want, uint8_t *buffer, size_t room, size_t *used) {
    (void)self;
    *used = want;
    if (want == 13) return Status_Broken;
    if (want > room) return Status_Full;
    memset(buffer, 'x', want);
    return Status_Fine;
}
static int32_t each(const void *self, int32_t count, Visit visit, void *ctx) {
    int32_t seen = 0;
    (void)self;
    for (int32_t i = 0; i < count; i++) { seen++; if (!visit(ctx, i)) break; }
    return seen;
}
typedef struct { Visit visit; void *ctx; bool said; } Job;
static void *work(void *job) { Job *mine = job; mine->said = mine->visit(mine->ctx, 42); return 0; }
static bool from_thread(const void *self, Visit visit, void *ctx) {
    Job job = {visit, ctx, false};
    pthread_t thread;
    (void)self;
    pthread_create(&thread, 0, work, &job);
    pthread_join(thread, 0);
    return job.said;
}
static void keep(void *self, Late late, void *ctx) {
    State *state = self;
    last_late = state->late = late; last_ctx = state->ctx = ctx;
}
static void call_kept(const void *self, int32_t n) {
    const State *state = self;
    if (state->late) state->late(n, state->ctx);
}
static int32_t plain(const void *self, Plain f, int32_t n) { (void)self; return f(n); }
static int32_t use_store(void *self, const Store *store, int32_t key) {
    (void)self;
    return store->put(store->state, key, 2) == Status_Fine ? store->get(store->state, key) : -1;
}
static void take_store(void *self, Store *store) { ((State *)self)->store = store; }
static Outcome store_outcome(void *self, const Store *store) {
    (void)self;
    return store->outcome(store->state);
}
static int32_t store_failure(void *self, const Store *store) {
    Why out = {Status_Fine, ""};
    Status said = store->fail(store->state, &out);
    (void)self;
    return (int32_t)said * 1000 + (int32_t)out.kind * 100 + (int32_t)strlen(out.text);
}
static void drop(void *self) {
    State *state = self;
    if (state->store) state->store->drop(state->store->state);
    counted_free(state);
}
{NAME}_EXPORT Engine *open_engine(void) {
    Engine *made = malloc(sizeof *made);
    State *state = counted_malloc(sizeof *state);
    memset(state, 0, sizeof *state);
    *made = (Engine){state, status, number, outcome, why, divide, pair, read_, each, from_thread, keep,
                     call_kept, plain, use_store, take_store, store_outcome, store_failure, 0, drop};
    return made;
}
{NAME}_EXPORT void call_late(int32_t number) { last_late(number, last_ctx); }
"""


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


@pytest.fixture
def engine(bound: Bound) -> Iterator[Any]:
    with bound.plugin.open_engine() as made:
        yield made
    assert bound.counters.test_live() == 0


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """What went to ``sys.unraisablehook``."""
    found: list[BaseException] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda args: found.append(args.exc_value))
    return found


def test_failures(bound: Bound, engine: Any) -> None:
    package = bound.package
    assert engine.status(package.Status.Fine) is None
    with pytest.raises(package.CallError) as caught:
        engine.status(package.Status.Full)
    assert caught.value.status is package.Status.Full
    assert engine.number(5) == 5
    with pytest.raises(package.CallError):
        engine.number(-2)
    assert engine.outcome(0) is None
    with pytest.raises(package.CallError, match="café �") as caught:
        engine.outcome(1)
    assert caught.value.status == 1
    with pytest.raises(package.CallError, match="2"):
        engine.outcome(2)
    engine.why(package.Status.Fine)
    with pytest.raises(package.Why, match="because") as caught:
        engine.why(package.Status.Full)
    assert (caught.value.kind, caught.value.status) == (package.Status.Full, package.Status.Full)
    with pytest.raises(package.NotAvailableError, match="missing"):
        engine.missing()


def test_outs(bound: Bound, engine: Any) -> None:
    assert engine.divide(17, 5) == (3, 2)
    assert engine.pair() == bound.package.Pair(a=1, b=2)
    for size in (0, 5, 4096, 4097, 100_000):
        assert engine.read(size) == b"x" * size
    with pytest.raises(bound.package.CallError, match="Broken"):
        engine.read(13)


def test_closures(bound: Bound, engine: Any, reported: list[BaseException]) -> None:
    seen: list[int] = []
    assert engine.each(5, lambda number: seen.append(number) or number < 2) == 3
    assert seen == [0, 1, 2]
    threads: list[int] = []
    assert engine.from_thread(lambda number: threads.append(threading.get_ident()) or number == 42)
    assert threads != [threading.get_ident()]
    assert engine.plain(lambda number: number * 2, 21) == 42

    def bad(_: int) -> bool:
        raise KeyError("no")

    assert engine.each(5, bad) == 1
    assert [type(error) for error in reported] == [KeyError]
    kept: list[int] = []
    engine.keep(kept.append)
    engine.call_kept(7)
    assert kept == [7]
    engine.keep(None)
    engine.call_kept(8)


def test_late_calls_are_counted(bound: Bound, reported: list[BaseException]) -> None:
    kept: list[int] = []
    with bound.plugin.open_engine() as engine:
        engine.keep(kept.append)
        bound.plugin.call_late(1)
    before = bound.package.late_calls()
    bound.plugin.call_late(2)
    assert kept == [1]
    assert bound.package.late_calls() == before + 1
    assert [type(error) for error in reported] == [bound.package.LateCallError]


class Memory:
    """A store by its shape alone."""

    def __init__(self) -> None:
        self.held: dict[int, int] = {}
        self.closed = 0

    def get(self, key: int) -> int:
        return self.held[key]

    def put(self, key: int, value: int) -> None:
        if key < 0:
            raise ValueError("negative")
        self.held[key] = value

    def fail(self) -> None:
        raise RuntimeError("éééééééééééééé")

    def outcome(self) -> None:
        raise OSError("disk full") from ValueError("42")

    def close(self) -> None:
        self.closed += 1


def test_objects_of_ours(bound: Bound, reported: list[BaseException]) -> None:
    memory = Memory()
    with bound.plugin.open_engine() as engine:
        assert engine.use_store(memory, 3) == 2
        assert memory.held == {3: 2}
        assert engine.use_store(memory, -3) == -1
        with pytest.raises(bound.package.CallError, match=r"OSError: disk full.*ValueError: 42"):
            engine.store_outcome(memory)
        said = engine.store_failure(memory)
        assert said // 1000 == 1
        assert said % 100 <= 15
        assert memory.closed == 0
        engine.take_store(memory)
    assert memory.closed == 1
    # A status has no room for the reason.
    assert [str(error) for error in reported] == ["negative"]
    assert bound.counters.test_live() == 0
