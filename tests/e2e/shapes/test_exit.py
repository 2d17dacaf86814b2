"""The interpreter ends, nobody has ended anything, and threads of a plugin go on: cleanly, each time."""

from __future__ import annotations

import subprocess

import pytest

from support.bindings import Bound, Workshop
from support.streams import ended

pytestmark = pytest.mark.slow

DESCRIPTION = """
abi {NAME} 1.0.0;
allocator heap = malloc/free;
@result(code, message) @owned(heap) struct Outcome { code: i32, message: own *mut char? @nul }
@thread(any) callback Told(@ctx ctx: *mut void, number: u64);
@thread(any) callback Bare(number: u64);
@thread(any) @ok(0) callback Status(@ctx ctx: *mut void, number: u64) -> i32;
@thread(any) callback Counted(@ctx ctx: *mut void, number: u64) -> u64;
@thread(any) callback Judged(@ctx ctx: *mut void, number: u64) -> Outcome;
@object(state) @owned(heap)
vtable Store {
    state: *mut void,
    @thread(any) fn get(self: const, key: u64) -> i64;
    drop fn drop(self: own);
}
entry fn tell(call: Told @ctx(ctx) @scope(forever), ctx: *mut void);
entry fn bare(call: Bare @scope(forever));
entry fn ask(call: Status @ctx(ctx) @scope(forever), ctx: *mut void);
entry fn count(call: Counted @ctx(ctx) @scope(forever), ctx: *mut void);
entry fn judge(call: Judged @ctx(ctx) @scope(forever), ctx: *mut void);
entry fn keep(store: own *mut Store);
/// Each goes on for ever. At the end of the process, what is closed is called once more, if that is said.
entry fn start(threads: u32, pause_us: u32, checks: bool);
"""

SOURCE = r"""
#include "{name}.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static Told told; static void *told_ctx;
static Bare bared;
static Status asked; static void *asked_ctx;
static Counted counted; static void *counted_ctx;
static Judged judged; static void *judged_ctx;
static Store *kept;
static uint32_t pause_for;
static bool checked;

{NAME}_EXPORT void tell(Told call, void *ctx) { told_ctx = ctx; told = call; }
{NAME}_EXPORT void bare(Bare call) { bared = call; }
{NAME}_EXPORT void ask(Status call, void *ctx) { asked_ctx = ctx; asked = call; }
{NAME}_EXPORT void count(Counted call, void *ctx) { counted_ctx = ctx; counted = call; }
{NAME}_EXPORT void judge(Judged call, void *ctx) { judged_ctx = ctx; judged = call; }
{NAME}_EXPORT void keep(Store *store) { kept = store; }

static void doze(long microseconds)
{
    struct timespec time = {0, microseconds * 1000};
    nanosleep(&time, NULL);
}

/* As functions of Rust and C++ do that nobody may leave but by their end. */
static void unwound(void *given)
{
    (void)given;
    fputs("a function of the plugin was unwound\n", stderr);
    abort();
}

static void call_one(uint64_t number)
{
    switch (number % 6) {
    case 0: if (told != NULL) told(told_ctx, number); break;
    case 1: if (bared != NULL) bared(number); break;
    case 2: if (asked != NULL) asked(asked_ctx, number); break;
    case 3: if (counted != NULL) counted(counted_ctx, number); break;
    case 4: if (judged != NULL) free(judged(judged_ctx, number).message); break;
    case 5: if (kept != NULL) kept->get(kept->state, number); break;
    }
}

static void *work(void *first)
{
    pthread_cleanup_push(unwound, NULL);
    for (uint64_t number = (uintptr_t)first; ; number++) {
        call_one(number);
        if (pause_for != 0)
            doze(pause_for);
    }
    pthread_cleanup_pop(0);
    return NULL;
}

{NAME}_EXPORT void start(uint32_t threads, uint32_t pause_us, bool checks)
{
    pause_for = pause_us;
    checked = checks;
    for (uint32_t index = 0; index < threads; index++) {
        pthread_t thread;
        pthread_create(&thread, NULL, work, (void *)(uintptr_t)index);
    }
}

/* Threads go on while the process ends, and the one that ends it calls as well. */
__attribute__((destructor)) static void unloaded(void)
{
    doze(10000);
    if (told != NULL)
        told(told_ctx, 1);
    if (checked && (asked(asked_ctx, 1) == 0 || counted(counted_ctx, 1) != 0))
        _exit(70);
}
"""

#: Each child ends in one of three ways, in the middle of everything, and takes its time.
HOST = """
import os, sys, time
import {name} as package

class Late:
    def __del__(self, sleep=time.sleep):
        sleep({late})

class Store(package.Store):
    def get(self, key):
        return key

def host(turn, mode):
    plugin = package.load({path!r}, mode)
    only = turn % 7
    if only in (0, 1, 6):
        plugin.tell({call})
    if only in (0, 2, 6):
        plugin.bare({bare})
    if only in (0, 3, 6) or mode == "compiled":
        plugin.ask({call})
        plugin.count(lambda number: number)
    if only in (0, 4, 6):
        plugin.judge({call})
    if only in (0, 5, 6):
        plugin.keep(Store())
    plugin.start(8, turn % 4 * 1500, mode == "compiled")
    time.sleep(turn % 5 / 500)

def reap():
    child, status = os.wait()
    code = os.waitstatus_to_exitcode(status)
    if code != children[child] % 3:
        print("turn", children[child], "ended with", code)

late, children = Late(), {{}}
for turn in range({turns}):
    if turn >= {beside}:
        reap()
    child = os.fork()
    if not child:
        break
    children[child] = turn
else:
    for _ in range({beside}):
        reap()
    os._exit(0)
host(turn, {mode!r})
if turn % 3 == 1:
    sys.excepthook = lambda *error: None
    raise ValueError("nobody catches this")
if turn % 3 == 2:
    sys.exit(2)
"""


def ends(bound: Bound, mode: str, **more: object) -> subprocess.CompletedProcess[str]:
    nothing = "lambda number: None"
    values = {"late": 0.02, "call": nothing, "bare": nothing, "turns": 100, "beside": 8, **more}
    name = bound.package.__name__
    code = HOST.format(name=name, path=str(bound.plugin.path), mode=mode, **values)
    return ended(bound, code)


def test_threads_that_never_stop(workshop: Workshop, mode: str) -> None:
    done = ends(workshop.build(DESCRIPTION, SOURCE, mode), mode)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_calls_that_do_not_return_in_time(workshop: Workshop) -> None:
    """They come back while the interpreter ends, which is not waited for: each stays where it is."""
    call = "lambda number: time.sleep(1.02)"
    bound = workshop.build(DESCRIPTION, SOURCE, "compiled")
    done = ends(bound, "compiled", call=call, bare=call, late=0.2, turns=8)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
