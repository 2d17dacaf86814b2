"""Callbacks of which C says that it needs them no more, whatever has ended them before that."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.0.0;
callback Next(@ctx user: *mut void, n: *const u32? @end(null));
callback Free(@ctx user: *mut void);
entry fn to_the_end(next: Next @scope(end) @ctx(user) @destroy(free), user: *mut void,
    free: Free @scope(once) @ctx(user));
entry fn once(next: Next @scope(once) @ctx(user) @destroy(free), user: *mut void,
    free: Free @scope(once) @ctx(user));
entry fn listen(next: Next @scope(until(unlisten)) @ctx(user) @destroy(free), user: *mut void,
    free: Free @scope(once) @ctx(user));
entry fn unlisten();
/// Numbers, and then the end if it is asked for.
entry fn push(count: u32, is_last: bool);
entry fn end();
"""

SOURCE = r"""
static Next known;
static Free known_end;
static void *known_user;
static void know(Next next, void *user, Free end) {
    known = next;
    known_user = user;
    known_end = end;
}
{NAME}_EXPORT void to_the_end(Next next, void *user, Free end) { know(next, user, end); }
{NAME}_EXPORT void once(Next next, void *user, Free end) { know(next, user, end); }
{NAME}_EXPORT void listen(Next next, void *user, Free end) { know(next, user, end); }
{NAME}_EXPORT void unlisten(void) {}
{NAME}_EXPORT void push(uint32_t count, bool is_last) {
    for (uint32_t n = 0; n < count; n++) known(known_user, &n);
    if (is_last) known(known_user, NULL);
}
{NAME}_EXPORT void end(void) { known_end(known_user); }
"""


class Heard:
    """What a callback has heard; it ends with the callback."""

    def __init__(self) -> None:
        self.numbers: list[int | None] = []

    def __call__(self, number: int | None) -> None:
        self.numbers.append(number)


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


@pytest.fixture
def late(bound: Bound, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What comes too late, as it is told."""
    told: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda given: told.append(str(given.exc_value)))
    before = bound.package.late_calls()
    yield told
    assert bound.package.late_calls() == before + len(told)


@pytest.mark.parametrize("how", ["to_the_end", "once", "listen"])
def test_an_end_may_come_before(bound: Bound, late: list[Any], how: str) -> None:
    plugin, heard = bound.plugin, Heard()
    getattr(plugin, how)(heard)
    plugin.push(1 if how == "once" else 2, how == "to_the_end")
    plugin.unlisten()
    plugin.end()
    assert heard.numbers == {"to_the_end": [0, 1, None], "once": [0], "listen": [0, 1]}[how]
    assert late == []
    plugin.end()
    assert late == ["ended a second time, or after its registration had ended"]


def test_nothing_is_heard_between_both(bound: Bound, late: list[Any]) -> None:
    plugin, heard = bound.plugin, Heard()
    plugin.to_the_end(heard)
    plugin.push(0, True)
    known = weakref.ref(heard)
    del heard
    gc.collect()
    assert known() is None
    plugin.push(1, False)
    plugin.end()
    assert late == ["called after its registration had ended"]


def test_a_stream_may_end_before(bound: Bound, late: list[Any]) -> None:
    stream = bound.package.NextStream(bound.plugin.to_the_end)
    bound.plugin.push(3, True)
    bound.plugin.end()
    assert list(stream) == [0, 1, 2]
    assert late == []
