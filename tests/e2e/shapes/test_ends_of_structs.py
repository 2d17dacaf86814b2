"""Structs that end with a function of their own, in both directions: it gets a field, or the struct."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.0.0;
callback Run(@ctx state: *mut void, n: u32) -> u32;
callback End(@ctx state: *mut void);
@object(state) @release(close, state)
struct Field { state: *mut void, run: Run @ctx(state), close: End @ctx(state) }
@object(state) @release(close)
struct Whole { state: *mut void, run: Run @ctx(state), close: (fn(whole: *mut Whole))? }
@drop(close)
struct Itself {
    @default(null) state: *const void?, run: fn(it: *mut Itself, n: u32) -> u32, close: fn(it: *mut Itself)
}
@drop(close) struct Closed { state: *mut void, close: fn(job: *mut Closed) }
@release(close) struct Again { state: *mut void, close: (fn(job: *mut (*mut Again)))? }

entry fn field() -> own Field;
entry fn whole() -> own *mut Whole;
entry fn itself() -> own *mut Itself;
entry fn closed() -> own *mut Closed;
entry fn again() -> own *mut Again;
entry fn ends_field(it: own *mut Field, n: u32) -> u32;
entry fn ends_whole(it: own *mut Whole, n: u32) -> u32;
entry fn ends_itself(it: own *mut Itself, n: u32) -> u32;
entry fn runs_field(it: *mut Field @until(call), n: u32) -> u32;
"""

SOURCE = r"""
static uint32_t run(void *state, uint32_t n) { return *(uint32_t *)state + n; }
static void end(void *state) { test_free(state); }
static void *number(uint32_t n) { return memcpy(test_malloc(sizeof n), &n, sizeof n); }
{NAME}_EXPORT Field field(void) { return (Field){number(1), run, end}; }
static void end_whole(Whole *it) { test_free(it->state); test_free(it); }
{NAME}_EXPORT Whole *whole(void) {
    Whole *it = test_malloc(sizeof *it);
    *it = (Whole){number(2), run, end_whole};
    return it;
}
static uint32_t run_itself(Itself *it, uint32_t n) { return run((void *)it->state, n); }
static void end_itself(Itself *it) { test_free((void *)it->state); test_free(it); }
{NAME}_EXPORT Itself *itself(void) {
    Itself *it = test_malloc(sizeof *it);
    *it = (Itself){number(3), run_itself, end_itself};
    return it;
}
static void end_closed(Closed *it) { test_free(it->state); test_free(it); }
{NAME}_EXPORT Closed *closed(void) {
    Closed *it = test_malloc(sizeof *it);
    *it = (Closed){number(4), end_closed};
    return it;
}
static void end_again(Again **it) { test_free((*it)->state); test_free(*it); *it = NULL; }
{NAME}_EXPORT Again *again(void) {
    Again *it = test_malloc(sizeof *it);
    *it = (Again){number(5), end_again};
    return it;
}
{NAME}_EXPORT uint32_t ends_field(Field *it, uint32_t n) {
    uint32_t all = it->run(it->state, n);
    it->close(it->state);
    return all;
}
{NAME}_EXPORT uint32_t ends_whole(Whole *it, uint32_t n) {
    uint32_t all = it->run(it->state, n);
    it->close(it);
    return all;
}
{NAME}_EXPORT uint32_t ends_itself(Itself *it, uint32_t n) {
    uint32_t all = it->run(it, n);
    it->close(it);
    return all;
}
{NAME}_EXPORT uint32_t runs_field(Field *it, uint32_t n) {
    return it->close ? it->run(it->state, n) : 0;
}
"""


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["field", "whole", "itself", "closed", "again"])
@pytest.mark.parametrize("closed", [True, False])
def test_what_c_made_ends_once(bound: Bound, name: str, closed: bool) -> None:
    made = getattr(bound.plugin, name)()
    assert bound.counters.test_live() > 0
    if closed:
        made.close()
    del made
    gc.collect()
    assert bound.counters.test_live() == 0


@pytest.mark.parametrize("name", ["field", "whole"])
def test_what_c_made_runs_and_goes_back(bound: Bound, name: str) -> None:
    made = getattr(bound.plugin, name)()
    before = made.run(10)
    assert getattr(bound.plugin, f"ends_{name}")(made, 10) == before
    assert made.closed
    assert bound.counters.test_live() == 0


class Mine:
    state = None

    def __init__(self) -> None:
        self.ended = 0

    def run(self, *given: Any) -> int:
        return int(given[-1]) * 2

    def close(self) -> None:
        self.ended += 1


@pytest.mark.parametrize("name", ["field", "whole", "itself"])
def test_what_python_made_ends_once(bound: Bound, name: str) -> None:
    mine = Mine()
    assert getattr(bound.plugin, f"ends_{name}")(mine, 4) == 8
    assert mine.ended == 1


def test_what_is_lent_has_all_its_functions(bound: Bound) -> None:
    mine = Mine()
    assert bound.plugin.runs_field(mine, 4) == 8
    assert mine.ended == 0
