"""What is only lent with a push is there when the event is read: C overwrites all of it after each call."""

from __future__ import annotations

import importlib
import itertools
import threading

import pytest

from support.bindings import Bound, Workshop
from support.streams import PATIENCE

DESCRIPTION = """
abi {NAME} 1.0.0;
allocator heap = malloc/free;
@string(ptr, len) struct Str { ptr: *const char, len: usize }
@string(ptr, len, cap) @owned(heap) struct Text { ptr: *mut char, len: usize, cap: usize }
@list(ptr, len) struct Numbers { ptr: *const i32, len: u32 }
@list(ptr, len) struct Names { ptr: *const Str, len: usize }
enum Level { Info = 0, Error = 1 }
struct Point { x: f64, y: f64 }
struct Sample {
    at: Point, name: Str, numbers: Numbers, note: *const char? @nul, level: Level, colour: [u8; 3]
}
struct Grown { number: u32, @since(1.0.0) more: u32 }
struct Several { names: Names }

@thread(any)
callback OnLine(@ctx ctx: *mut void, level: Level, text: *const char @nul, file: *const char? @nul);
@thread(any)
callback OnChunk(@ctx ctx: *mut void, data: *const u8 @len(size), size: usize);
@thread(any)
callback OnSample(@ctx ctx: *mut void, sample: *const Sample @until(call));
@thread(any)
callback OnPoint(@ctx ctx: *mut void, number: i64, point: Point);
@thread(any)
callback OnText(@ctx ctx: *mut void, text: Text);
@thread(any)
callback OnGrown(@ctx ctx: *mut void, grown: *const Grown @until(call));
@thread(any)
callback OnSeveral(@ctx ctx: *mut void, several: *const Several @until(call));
@thread(any)
callback OnTurn(@ctx ctx: *mut void, turn: u32);

@object(state) @owned(heap)
vtable Source {
    state: *mut void,
    fn on_line(self: mut, push: OnLine @ctx(ctx) @scope(drop), ctx: *mut void);
    fn on_chunk(self: mut, push: OnChunk @ctx(ctx) @scope(drop), ctx: *mut void);
    fn on_sample(self: mut, push: OnSample @ctx(ctx) @scope(drop), ctx: *mut void);
    fn on_point(self: mut, push: OnPoint @ctx(ctx) @scope(drop), ctx: *mut void);
    fn on_text(self: mut, push: OnText @ctx(ctx) @scope(drop), ctx: *mut void);
    fn on_grown(self: mut, push: OnGrown @ctx(ctx) @scope(drop), ctx: *mut void);
    fn on_several(self: mut, push: OnSeveral @ctx(ctx) @scope(drop), ctx: *mut void);
    fn on_turn(self: mut, push: OnTurn @ctx(ctx) @scope(drop), ctx: *mut void);
    /// Pushes so many of each from a thread, and waits for that.
    @blocking fn push(self: mut, count: u32);
    /// As many threads, of which each pushes so many, the next one when it was told of the former.
    fn take_turns(self: mut, threads: u32, count: u32);
    fn told(self: mut, turn: u32);
    @blocking fn join(self: mut);
    drop fn drop(self: own);
}
entry fn open_source() -> own *mut Source;
"""

SOURCE = r"""
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#define MOST 8
#define KIND(name, type) \
    static type to_##name; \
    static void *ctx_of_##name; \
    static void on_##name(void *self, type push, void *ctx) { \
        (void)self; \
        to_##name = push; \
        ctx_of_##name = ctx; \
    }
KIND(line, OnLine) KIND(chunk, OnChunk) KIND(sample, OnSample) KIND(point, OnPoint) KIND(text, OnText)
KIND(grown, OnGrown) KIND(several, OnSeveral) KIND(turn, OnTurn)
static void push_one(uint32_t i) {
    char text[40], note[40];
    int32_t numbers[3] = {(int32_t)i, -1, 2};
    Str names[2] = {{text, 4}, {text, 2}};
    Level level = (Level)(i % 2);
    Sample sample = {{i, 0.5}, {text, 0}, {numbers, i % 4}, i % 2 ? note : 0, level, {1, 2, 3}};
    Grown grown = {i, 7};
    Several several = {{names, 2}};
    snprintf(text, sizeof text, "text %u", i);
    snprintf(note, sizeof note, "note %u", i);
    sample.name.len = strlen(text);
    if (to_line) to_line(ctx_of_line, level, text, i % 2 ? note : 0);
    if (to_chunk) to_chunk(ctx_of_chunk, i == 3 ? 0 : (const uint8_t *)text, i == 4 ? 0 : strlen(text));
    if (to_sample) to_sample(ctx_of_sample, i == 6 ? 0 : &sample);
    if (to_point) to_point(ctx_of_point, -(int64_t)i, sample.at);
    if (to_text) {
        char *owned = malloc(strlen(text));
        memcpy(owned, text, strlen(text));
        to_text(ctx_of_text, (Text){owned, strlen(text), strlen(text)});
    }
    if (to_grown) to_grown(ctx_of_grown, &grown);
    if (to_several) to_several(ctx_of_several, &several);
    memset(text, 'x', sizeof text);
    memset(note, 'x', sizeof note);
    memset(numbers, 'x', sizeof numbers);
    memset(names, 0, sizeof names);
    memset(&sample, 0, sizeof sample);
    memset(&grown, 0, sizeof grown);
}
static void *push_all(void *count) {
    for (uint32_t i = 0; i < *(uint32_t *)count; i++) push_one(i);
    return 0;
}
static void push(void *self, uint32_t count) {
    pthread_t thread;
    (void)self;
    pthread_create(&thread, 0, push_all, &count);
    pthread_join(thread, 0);
}
static pthread_t turning[MOST];
static uint32_t turners, turns;
static atomic_uint last_told[MOST];
static void *turn_all(void *number) {
    uint32_t own = (uint32_t)(uintptr_t)number;
    for (uint32_t i = 1; i <= turns; i++) {
        to_turn(ctx_of_turn, i * MOST + own);
        while (last_told[own] != i) sched_yield();
        /* Whoever reads goes to sleep now and then. */
        if (i % 4 == 0) nanosleep(&(struct timespec){0, 100000}, 0);
    }
    return 0;
}
static void take_turns(void *self, uint32_t threads, uint32_t count) {
    (void)self;
    turners = threads;
    turns = count;
    for (uint32_t i = 0; i < turners; i++) last_told[i] = 0;
    for (uint32_t i = 0; i < turners; i++) pthread_create(&turning[i], 0, turn_all, (void *)(uintptr_t)i);
}
static void told(void *self, uint32_t turn) { (void)self; last_told[turn % MOST] = turn / MOST; }
static void join(void *self) {
    (void)self;
    for (uint32_t i = 0; i < turners; i++) pthread_join(turning[i], 0);
}
static void drop(void *self) {
    to_line = 0, to_chunk = 0, to_sample = 0, to_point = 0;
    to_text = 0, to_grown = 0, to_several = 0, to_turn = 0;
    free(self);
}
{NAME}_EXPORT Source *open_source(void) {
    Source *made = malloc(sizeof *made);
    *made = (Source){malloc(1), on_line, on_chunk, on_sample, on_point, on_text, on_grown, on_several,
                     on_turn, push, take_turns, told, join, drop};
    return made;
}
"""

#: Of which C keeps what is pushed; the others may be shorter, or lead to more than one run of memory each.
KEPT = ("OnLine", "OnChunk", "OnSample", "OnPoint", "OnText", "OnTurn")


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


def test_what_c_keeps(bound: Bound) -> None:
    native = importlib.import_module(f"{bound.package.__name__}._native_source")
    assert tuple(native.RINGS) == KEPT


def test_it_is_there_when_it_is_read(bound: Bound) -> None:
    package, level = bound.package, bound.package.Level
    with bound.plugin.open_source() as source:
        line = package.OnLineStream(source.on_line)
        chunk = package.OnChunkStream(source.on_chunk)
        point = package.OnPointStream(source.on_point)
        text = package.OnTextStream(source.on_text)
        grown = package.OnGrownStream(source.on_grown)
        several = package.OnSeveralStream(source.on_several)
        source.push(5)
    texts = [f"text {number}" for number in range(5)]
    notes = [f"note {number}" if number % 2 else None for number in range(5)]
    assert list(line) == [(level(number % 2), texts[number], notes[number]) for number in range(5)]
    assert list(chunk) == [*(each.encode() for each in texts[:3]), b"", b""]
    assert list(point) == [(-number, package.Point(number, 0.5)) for number in range(5)]
    assert list(text) == texts
    assert [(each.number, each.more) for each in grown] == [(number, 7) for number in range(5)]
    assert [each.names for each in several] == [["text", "te"]] * 5


def test_records_are_kept_with_all_that_they_lead_to(bound: Bound) -> None:
    package = bound.package
    with bound.plugin.open_source() as source:
        stream = package.OnSampleStream(source.on_sample)
        source.push(7)
    numbers = [0, -1, 2]
    for number in range(6):
        assert stream.get(0) == package.Sample(
            at=package.Point(number, 0.5),
            name=f"text {number}",
            numbers=[number, *numbers[1:]][: number % 4],
            note=f"note {number}" if number % 2 else None,
            level=package.Level(number % 2),
            colour=bytes((1, 2, 3)),
        )
    # Null, which the description does not allow.
    with pytest.raises(package.ContractError):
        stream.get(0)
    assert list(stream) == []


def test_what_nobody_reads_ends(bound: Bound) -> None:
    with bound.plugin.open_source() as source:
        made = [
            bound.package.OnTextStream(source.on_text, capacity=200),
            bound.package.OnSampleStream(source.on_sample, capacity=200),
        ]
        source.push(5)
        for each in made:
            each.close()
        source.push(5)
        assert [list(each) for each in made] == [[], []]


# --- nobody sleeps through an event


@pytest.mark.parametrize(("threads", "readers", "capacity"), [(1, 1, 1), (3, 1, 2), (4, 3, 64)])
def test_each_event_wakes_who_waits(
    bound: Bound, threads: int, readers: int, capacity: int
) -> None:
    """No thread pushes before its former event was read: each comes to readers that wait, or nearly do."""
    turns = 1000
    got: list[int] = []
    with bound.plugin.open_source() as source:
        stream = bound.package.OnTurnStream(source.on_turn, capacity=capacity, timeout=PATIENCE)

        def read() -> None:
            for turn in stream:
                got.append(turn)
                source.told(turn)

        reading = [threading.Thread(target=read) for _ in range(readers)]
        for each in reading:
            each.start()
        source.take_turns(threads, turns)
        source.join()
    for each in reading:
        each.join(PATIENCE)
    wanted = itertools.product(range(1, turns + 1), range(threads))
    assert sorted(got) == [turn * 8 + own for turn, own in wanted]
