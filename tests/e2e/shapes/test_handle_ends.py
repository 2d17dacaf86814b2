"""What lives as long as a handle of an object ends with that, and not with the object."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.0.0;
allocator heap = malloc/free;
callback Call(@ctx user: *mut void) -> i32;
type Wheel = *mut void;
type Gear = u32;
@owned(heap) vtable Engine {
    state: *mut void,
    @create fn wheel(self: mut) -> own Wheel;
    @create(gear) fn new_gear(
        self: mut, gear: *mut Gear @out, call: Call @scope(drop) @ctx(user), user: *mut void,
    );
    @handle(wheel) fn on_turn(
        self: mut, wheel: Wheel, call: Call @scope(drop) @ctx(user), user: *mut void,
    );
    @handle(wheel) fn until(
        self: mut, wheel: Wheel, call: Call @scope(until(halt)) @ctx(user), user: *mut void,
    );
    @handle(wheel) fn name(self: mut, wheel: Wheel, numbers: *const u32 @len(n) @until(drop), n: usize);
    @handle(wheel) fn halt(self: mut, wheel: Wheel);
    @handle(wheel) fn turn(self: mut, wheel: Wheel) -> i32;
    @destroy(wheel) fn stop(self: mut, wheel: Wheel);
    @handle(gear) fn shift(self: mut, gear: Gear) -> i32;
    @destroy(gear) fn drop_gear(self: mut, gear: Gear);
    fn on_any(self: mut, call: Call @scope(drop) @ctx(user), user: *mut void);
    drop fn drop(self: own);
}
entry fn open_engine() -> own *mut Engine;
"""

SOURCE = r"""
typedef struct { Call call; void *user; } One;
static One wheels[8], gears[8], any;
static int made, geared;
static int32_t run(One *one) { return one->call ? one->call(one->user) : -2; }
static void *wheel(void *self) { (void)self; return &wheels[made++ % 8]; }
static void new_gear(void *self, Gear *gear, Call call, void *user) {
    (void)self;
    *gear = (Gear)(geared++ % 8);
    gears[*gear] = (One){call, user};
}
static void on_turn(void *self, void *wheel, Call call, void *user) {
    (void)self;
    *(One *)wheel = (One){call, user};
}
static void name(void *self, void *wheel, const uint32_t *numbers, size_t n) {
    (void)self; (void)wheel; (void)numbers; (void)n;
}
static void halt(void *self, void *wheel) { (void)self; (void)wheel; }
static int32_t turn(void *self, void *wheel) { (void)self; return run(wheel); }
static void stop(void *self, void *wheel) { (void)self; run(wheel); }
static int32_t shift(void *self, Gear gear) { (void)self; return run(&gears[gear]); }
static void drop_gear(void *self, Gear gear) { (void)self; (void)gear; }
static void on_any(void *self, Call call, void *user) { (void)self; any = (One){call, user}; }
static void drop(void *self) { (void)self; run(&any); any.call = 0; }
{NAME}_EXPORT Engine *open_engine(void) {
    Engine *engine = malloc(sizeof *engine);
    *engine = (Engine){
        0, wheel, new_gear, on_turn, on_turn, name, halt, turn, stop, shift, drop_gear, on_any, drop,
    };
    return engine;
}
"""


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


@pytest.fixture(autouse=True)
def nothing_is_reported(monkeypatch: pytest.MonkeyPatch) -> Any:
    found: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", found.append)
    yield
    assert found == []


def test_callbacks_end_with_their_handle(bound: Bound) -> None:
    entries = bound.plugin._abi_lib.binding.entries
    before = len(entries)
    with bound.plugin.open_engine() as engine:
        calls: list[str] = []
        engine.on_any(lambda: calls.append("any") or 0)
        one, two = engine.wheel(), engine.wheel()
        one.on_turn(lambda: calls.append("one") or 1)
        two.on_turn(lambda: calls.append("two") or 2)
        one.name([1, 2])
        assert len(entries) == before + 3
        one.close()
        assert calls == ["one"], "the last call, while it ends, is no late one"
        assert len(entries) == before + 2
        assert two.turn() == 2
        two.close()
        assert len(entries) == before + 1
    assert calls == ["one", "two", "two", "any"]
    assert len(entries) == before
    assert not any(isinstance(each, tuple) for each in bound.plugin._abi_lib._bound)


def test_callbacks_of_a_call_that_makes_a_handle(bound: Bound) -> None:
    entries = bound.plugin._abi_lib.binding.entries
    before = len(entries)
    with bound.plugin.open_engine() as engine:
        gears = [engine.new_gear(lambda number=number: number) for number in range(3)]
        assert [each.shift() for each in gears] == [0, 1, 2]
        gears[1].close()
        assert len(entries) == before + 2
        assert [each.shift() for each in (gears[0], gears[2])] == [0, 2]
    assert all(each.closed for each in gears)
    assert len(entries) == before


def test_events_are_those_of_the_handle(bound: Bound) -> None:
    entries = bound.plugin._abi_lib.binding.entries
    before = len(entries)
    with bound.plugin.open_engine() as engine, engine.wheel() as one, engine.wheel() as two:
        one.until(lambda: 1)
        two.until(lambda: 2)
        one.halt()
        assert len(entries) == before + 1
        assert two.turn() == 2
        two.halt()
        assert len(entries) == before
        one.on_turn(lambda: 0)
        two.on_turn(lambda: 0)
