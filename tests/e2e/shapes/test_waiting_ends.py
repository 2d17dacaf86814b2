"""Ends that wait for a thread of the plugin's which calls Python."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.0.0;
type Wheel = *mut void;
callback Call(@ctx user: *mut void) -> i32;
vtable Engine {
    state: *mut void,
    fn on(self: mut, call: Call @scope(drop) @ctx(user), user: *mut void);
    @create fn wheel(self: mut) -> own Wheel;
    @destroy(wheel) fn stop(self: mut, wheel: Wheel);
    drop fn drop(self: own);
}
entry fn engine() -> own *mut Engine;
entry fn waited() -> i32;
"""

SOURCE = r"""
#include <pthread.h>
#include <time.h>
static Call call;
static void *user;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int32_t done, ends;
static void *run(void *unused) {
    (void)unused;
    call(user);
    pthread_mutex_lock(&lock);
    done = 1;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
    return 0;
}
/* Waits for a thread that calls Python, and gives up after a while. */
static void wait_for_it(void) {
    struct timespec until;
    pthread_t thread;
    timespec_get(&until, TIME_UTC);
    until.tv_sec += 5;
    done = 0;
    pthread_create(&thread, 0, run, 0);
    pthread_mutex_lock(&lock);
    while (!done && pthread_cond_timedwait(&changed, &lock, &until) == 0) { }
    ends += done ? 1 : -100;
    pthread_mutex_unlock(&lock);
    pthread_detach(thread);
}
static void on(void *self, Call given, void *context) { (void)self; call = given; user = context; }
static void *wheel(void *self) { return self; }
static void stop(void *self, void *wheel) { (void)self; (void)wheel; wait_for_it(); }
static void drop(void *self) { (void)self; wait_for_it(); }
static Engine theirs = {&ends, on, wheel, stop, drop};
{NAME}_EXPORT Engine *engine(void) { return &theirs; }
{NAME}_EXPORT int32_t waited(void) { return ends; }
"""


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


def test_python_runs_while_something_ends(bound: Bound) -> None:
    called: list[int] = []
    with bound.plugin.engine() as engine:
        engine.on(lambda: called.append(1) or 1)
        engine.wheel().close()
        assert (bound.plugin.waited(), called) == (1, [1])
    assert (bound.plugin.waited(), called) == (2, [1, 1])


def test_what_ends_a_thread_of_the_plugin_is_reported(bound: Bound) -> None:
    def leave() -> int:
        raise SystemExit

    reports: list[Any] = []
    hook, sys.unraisablehook = sys.unraisablehook, reports.append
    try:
        with bound.plugin.engine() as engine:
            engine.on(leave)
    finally:
        sys.unraisablehook = hook
    assert [each.exc_type for each in reports] == [SystemExit]
