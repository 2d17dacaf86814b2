"""What a call costs through the generated package, against the other ways to make it, as ratios of one run.

Each way does the same work on the same plugin: a scalar function, a text getter, a function whose status
raises, and a look-up that gives bytes or nothing. Rounds of all ways are interleaved and shorter than a
slice of the scheduler's, the fastest of each counts, and the loop's own time is taken off. How fast it
could be, an extension for this plugin alone shows (``by_hand.c``). What the compiled mode has to reach
stands beside what it does.

Streams are timed from the first event that a thread of the plugin pushes to the last one that is read,
against a callback for each event.

Callbacks are timed by the plugin itself, from the second one of each call on. With the first one a thread
that Python has never seen becomes known to it; what that costs, and the start of the thread before it, have
rows of their own.
"""

from __future__ import annotations

import asyncio
import ctypes
import importlib
import itertools
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
for folder in (ROOT / "gen", ROOT / "tests"):
    sys.path.insert(0, str(folder))

from support.library import library_of  # noqa: E402
from support.rendering import rendered  # noqa: E402

ROUNDS = 60
#: Threads that are started to see what their first callback costs.
FIRSTS = 1_000
CALLS = 2_000
#: For the machine's other work to have its turn before something is measured and not meanwhile.
PAUSE = 0.001

#: The compiled mode in ratios to cffi without shims.
LIMITS = {"scalars": 0.40, "text": 0.45, "status": 0.30, "bytes or none": 0.35}
#: Callbacks on a foreign thread, all but its first one, in ratios to those on the caller's.
CALLBACK_LIMIT = 1.2
#: Events that ``for`` reads from a stream in compiled form, in ratios to callbacks.
STREAM_LIMIT = 0.25
#: So many events are pushed at once.
EVENTS = 4_000

DESCRIPTION = """
abi bench 1.0.0;
allocator heap = malloc/free;
@string(ptr, len) struct Str { ptr: *const char, len: usize }
@result(code, message) @owned(heap) struct Outcome { code: i32, message: own *mut char? @nul }
@result(code, message) @optional(found) @bytes(data, len, cap) @owned(heap)
struct Found {
    data: *mut u8?, len: usize, cap: usize, found: bool, code: i32, message: own *mut char? @nul
}
callback Visit(@ctx ctx: *mut void, number: i32) -> i32;
callback Number(@ctx ctx: *mut void, number: i32);
callback Text(@ctx ctx: *mut void, text: Str);
vtable Engine {
    state: *mut void,
    fn add(self: const, a: i32, b: i32) -> i32;
    fn name(self: const) -> Str @until(drop);
    fn start(self: mut) -> Outcome;
    fn get(self: const, key: Str) -> Found;
    fn each(self: const, count: i32, visit: Visit @ctx(ctx) @scope(call), ctx: *mut void) -> i32;
    @blocking
    fn from_thread(self: const, count: i32, visit: Visit @ctx(ctx) @scope(call), ctx: *mut void) -> i32;
    fn on_number(self: mut, push: Number? @ctx(ctx) @scope(drop), ctx: *mut void?);
    fn on_text(self: mut, push: Text? @ctx(ctx) @scope(drop), ctx: *mut void?);
    fn push(self: mut, count: i32);
    @blocking fn join(self: mut);
    fn elapsed(self: const) -> f64;
    fn first(self: const) -> f64;
    fn started(self: const) -> f64;
    drop fn drop(self: own);
}
entry fn open_engine() -> own *mut Engine? @owned(heap);
"""

SOURCE = r"""
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "bench.h"
static int32_t add(const void *self, int32_t a, int32_t b) { (void)self; return a + b; }
static Str name(const void *self) { (void)self; return (Str){"a name of the engine", 20}; }
static Outcome start(void *self) { (void)self; return (Outcome){0, 0}; }
static Found get(const void *self, Str key) {
    Found found = {malloc(key.len), key.len, key.len, true, 0, 0};
    (void)self;
    memcpy(found.data, key.ptr, key.len);
    return found;
}
static double last_elapsed, last_first, last_started;
static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}
/* Times itself, and the first callback apart: with it a thread becomes known to Python. */
static int32_t each(const void *self, int32_t count, Visit visit, void *ctx) {
    double began = now(), started;
    int32_t sum = visit(ctx, 0);
    started = now();
    last_first = started - began;
    (void)self;
    for (int32_t i = 0; i < count; i++) sum += visit(ctx, i);
    last_elapsed = now() - started;
    return sum;
}
static double elapsed(const void *self) { (void)self; return last_elapsed; }
static double first(const void *self) { (void)self; return last_first; }
static double started(const void *self) { (void)self; return last_started; }
typedef struct { int32_t count, sum; Visit visit; void *ctx; double began; } Job;
static void *work(void *given) {
    Job *job = given;
    last_started = now() - job->began;
    job->sum = each(0, job->count, job->visit, job->ctx);
    return 0;
}
static int32_t from_thread(const void *self, int32_t count, Visit visit, void *ctx) {
    Job job = {count, 0, visit, ctx, now()};
    pthread_t thread;
    (void)self;
    pthread_create(&thread, 0, work, &job);
    pthread_join(thread, 0);
    return job.sum;
}
static Number number;
static Text text;
static void *number_ctx, *text_ctx;
static pthread_t pusher;
static int32_t pushes;
static void on_number(void *self, Number push, void *ctx) { (void)self; number = push; number_ctx = ctx; }
static void on_text(void *self, Text push, void *ctx) { (void)self; text = push; text_ctx = ctx; }
static void *push_all(void *unused) {
    (void)unused;
    for (int32_t i = 0; i < pushes; i++) {
        if (number) number(number_ctx, i);
        if (text) text(text_ctx, (Str){"a text of the engine", 20});
    }
    return 0;
}
static void push(void *self, int32_t count) {
    (void)self;
    pushes = count;
    pthread_create(&pusher, 0, push_all, 0);
}
static void join(void *self) { (void)self; pthread_join(pusher, 0); }
static void drop(void *self) { (void)self; }
BENCH_EXPORT Engine *open_engine(void) {
    static int state;
    Engine *made = malloc(sizeof *made);
    *made = (Engine){&state, add, name, start, get, each, from_thread, on_number, on_text, push, join,
                     elapsed, first, started, drop};
    return made;
}
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        package, library = build(root)
        engines = {
            mode: package.load(library, mode).open_engine() for mode in ("compiled", "ready-made")
        }
        ways: dict[str, Mapping[str, Callable[[], Any]]] = {
            **{f"package, {mode}": typed(engine) for mode, engine in engines.items()},
            "cffi without shims": plain_cffi(engines["ready-made"]),
            "ctypes": with_ctypes(library),
            "C by hand": by_hand(root, engines["ready-made"]),
        }
        found = measure(ways)
        report("calls", found, "cffi without shims")
        compiled, base = found["package, compiled"], found["cffi without shims"]
        for kind, limit in LIMITS.items():
            beside = f", and {compiled[kind] / found['C by hand'][kind]:.1f} times C by hand"
            judge(kind, compiled[kind] / base[kind], limit, beside)
        callbacks = measure_callbacks(engines)
        report("callbacks", callbacks, "own thread, ready-made")
        for mode in engines:
            own, foreign = (callbacks[f"{where} thread, {mode}"] for where in ("own", "foreign"))
            judge(f"foreign thread, {mode}", foreign["callback"] / own["callback"], CALLBACK_LIMIT)
        streams = measure_streams(package, engines)
        report("streams", streams, "callbacks, compiled")
        for kind in ("number", "text"):
            ratio = streams["for, compiled"][kind] / streams["callbacks, compiled"][kind]
            judge(f"stream of {kind}s", ratio, STREAM_LIMIT)
        print(
            "  (neither the start of the thread nor its first callback is in that; here they are)"
        )
        report("first callbacks", measure_first(engines), "own thread, ready-made")


def build(root: Path) -> tuple[Any, Path]:
    """The generated package, compiled form included, and the plugin."""
    for path, text in rendered(library_of(DESCRIPTION), "header", "cffi").items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    (root / "plugin.c").write_text(SOURCE, encoding="utf-8")
    library = root / "plugin.so"
    flags = ("-O2", "-fPIC", "-shared", "-pthread", f"-I{root / 'include'}")
    subprocess.run(["cc", *flags, str(root / "plugin.c"), "-o", str(library)], check=True)
    sys.path.insert(0, str(root / "python"))
    package = importlib.import_module("bench")
    importlib.import_module("bench.build").build()
    importlib.invalidate_caches()
    return package, library


def typed(engine: Any) -> Mapping[str, Callable[[], Any]]:
    return {
        "scalars": lambda: engine.add(3, 4),
        "text": lambda: engine.name(),
        "status": lambda: engine.start(),
        "bytes or none": lambda: engine.get("a key"),
    }


def plain_cffi(engine: Any) -> Mapping[str, Callable[[], Any]]:
    """By hand, through the function pointers of the table."""
    ffi, table = engine._abi_lib.ffi, engine._abi_table
    free = engine._abi_lib.binding.release["heap"]

    def name() -> str:
        made = table.name(table.state)
        return str(ffi.buffer(made.ptr, made.len), "utf-8")

    def start() -> None:
        made = table.start(table.state)
        if made.code:
            raise RuntimeError(ffi.string(made.message))

    def get() -> bytes | None:
        data = b"a key"
        key = ffi.new("Str *", {"ptr": ffi.from_buffer("char[]", data), "len": len(data)})
        made = table.get(table.state, key[0])
        if made.code:
            raise RuntimeError(ffi.string(made.message))
        value = bytes(ffi.buffer(made.data, made.len)) if made.found else None
        if made.cap:
            free(made.data)
        return value

    return {
        "scalars": lambda: table.add(table.state, 3, 4),
        "text": lambda: name(),
        "status": lambda: start(),
        "bytes or none": lambda: get(),
    }


def with_ctypes(library: Path) -> Mapping[str, Callable[[], Any]]:
    class Str(ctypes.Structure):
        _fields_ = (("ptr", ctypes.c_char_p), ("len", ctypes.c_size_t))

    class Outcome(ctypes.Structure):
        _fields_ = (("code", ctypes.c_int32), ("message", ctypes.c_void_p))

    class Found(ctypes.Structure):
        _fields_ = (
            *(("data", ctypes.c_void_p), ("len", ctypes.c_size_t), ("cap", ctypes.c_size_t)),
            *(("found", ctypes.c_bool), ("code", ctypes.c_int32), ("message", ctypes.c_void_p)),
        )

    pointer = ctypes.c_void_p
    number = ctypes.c_int32

    class Engine(ctypes.Structure):
        _fields_ = (
            ("state", pointer),
            ("add", ctypes.CFUNCTYPE(number, pointer, number, number)),
            ("name", ctypes.CFUNCTYPE(Str, pointer)),
            ("start", ctypes.CFUNCTYPE(Outcome, pointer)),
            ("get", ctypes.CFUNCTYPE(Found, pointer, Str)),
        )

    opened = ctypes.CDLL(str(library))
    opened.open_engine.restype = ctypes.POINTER(Engine)
    table = opened.open_engine().contents
    libc = ctypes.CDLL(None)
    libc.free.argtypes = (pointer,)

    def name() -> str:
        made = table.name(table.state)
        return str(ctypes.string_at(made.ptr, made.len), "utf-8")

    def start() -> None:
        if table.start(table.state).code:
            raise RuntimeError

    def get() -> bytes | None:
        made = table.get(table.state, Str(b"a key", 5))
        value = ctypes.string_at(made.data, made.len) if made.found else None
        libc.free(made.data)
        return value

    return {
        "scalars": lambda: table.add(table.state, 3, 4),
        "text": lambda: name(),
        "status": lambda: start(),
        "bytes or none": lambda: get(),
    }


def by_hand(root: Path, engine: Any) -> Mapping[str, Callable[[], Any]]:
    """An extension for this ABI and nothing else."""
    built = root / f"by_hand{sysconfig.get_config_var('EXT_SUFFIX')}"
    code = Path(__file__).with_name("by_hand.c")
    flags = (
        "-O2",
        "-fPIC",
        "-shared",
        f"-I{root / 'include'}",
        f"-I{sysconfig.get_path('include')}",
    )
    subprocess.run(["cc", *flags, str(code), "-o", str(built)], check=True)
    sys.path.insert(0, str(root))
    address = int(engine._abi_lib.ffi.cast("uintptr_t", engine._abi_table))
    made = importlib.import_module("by_hand").engine(address)
    return {
        "scalars": lambda: made.add(3, 4),
        "text": lambda: made.name(),
        "status": lambda: made.start(),
        "bytes or none": lambda: made.get("a key"),
    }


def measure(ways: Mapping[str, Mapping[str, Callable[[], Any]]]) -> dict[str, dict[str, float]]:
    """Seconds per call of each kind, by way."""
    kinds = list(next(iter(ways.values())))
    found = {way: dict.fromkeys(kinds, float("inf")) for way in ways}
    for kind in kinds:
        empty = float("inf")
        for _ in range(ROUNDS):
            empty = min(empty, seconds(lambda: None))
            for way, calls in ways.items():
                found[way][kind] = min(found[way][kind], seconds(calls[kind]))
        for way in ways:
            found[way][kind] = max(found[way][kind] - empty, 1e-10)
    return found


def seconds(call: Callable[[], Any]) -> float:
    time.sleep(PAUSE)
    started = time.perf_counter()
    for _ in range(CALLS):
        call()
    return (time.perf_counter() - started) / CALLS


def measure_callbacks(engines: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for _ in range(ROUNDS):
        for mode, engine in engines.items():
            for where, function in (("own", engine.each), ("foreign", engine.from_thread)):
                time.sleep(PAUSE)
                function(CALLS, lambda number: number)
                cost = engine.elapsed() / CALLS
                best = found.setdefault(f"{where} thread, {mode}", {"callback": cost})
                best["callback"] = min(best["callback"], cost)
    return found


def measure_streams(package: Any, engines: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Seconds per event of a thread of the plugin's: a callback for each, ``for`` and ``async for``."""
    found: dict[str, dict[str, float]] = {}
    for _ in range(ROUNDS):
        for mode, engine in engines.items():
            for kind, stream in (("number", package.NumberStream), ("text", package.TextStream)):
                on = getattr(engine, f"on_{kind}")
                for way, read in READERS.items():
                    time.sleep(PAUSE)
                    cost = read(engine, on, stream) / EVENTS
                    on(None)
                    best = found.setdefault(f"{way}, {mode}", {kind: cost})
                    best[kind] = min(best.get(kind, cost), cost)
    return found


def with_callbacks(engine: Any, on: Callable[[Any], None], stream: Any) -> float:
    got: list[Any] = []
    on(got.append)
    started = time.perf_counter()
    engine.push(EVENTS)
    engine.join()
    return time.perf_counter() - started


def with_for(engine: Any, on: Callable[[Any], None], stream: Any) -> float:
    with stream(on, capacity=4096) as events:
        started = time.perf_counter()
        engine.push(EVENTS)
        got = list(itertools.islice(events, EVENTS))
        cost = time.perf_counter() - started
        engine.join()
    assert len(got) == EVENTS
    return cost


def with_async_for(engine: Any, on: Callable[[Any], None], stream: Any) -> float:
    async def read() -> float:
        async with stream(on, capacity=4096) as events:
            started = time.perf_counter()
            engine.push(EVENTS)
            left = EVENTS
            async for _ in events:
                left -= 1
                if not left:
                    break
            cost = time.perf_counter() - started
            engine.join()
        return cost

    return asyncio.run(read())


READERS: Mapping[str, Callable[[Any, Callable[[Any], None], Any], float]] = {
    "callbacks": with_callbacks,
    "for": with_for,
    "async for": with_async_for,
}


def measure_first(engines: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """The first callback of a call: on the caller's thread, and on one that has just begun."""
    found: dict[str, dict[str, float]] = {}
    for _ in range(FIRSTS):
        for mode, engine in engines.items():
            for where, function in (("own", engine.each), ("new", engine.from_thread)):
                function(1, lambda number: number)
                costs = {"first": engine.first()}
                if where == "new":
                    costs["start"] = engine.started()
                best = found.setdefault(f"{where} thread, {mode}", costs)
                best.update({kind: min(best[kind], cost) for kind, cost in costs.items()})
    return found


def report(title: str, found: Mapping[str, Mapping[str, float]], base: str) -> None:
    print(f"{title}: nanoseconds, and the ratio to {base}")
    for way, kinds in found.items():
        cells = (
            f"{kind} {1e9 * cost:7.0f}"
            + (f" ({cost / of:.2f})" if (of := found[base].get(kind)) else "")
            for kind, cost in kinds.items()
        )
        print(f"  {way:28}" + "  ".join(cells))


def judge(what: str, ratio: float, limit: float, beside: str = "") -> None:
    print(
        f"  {what:28}{ratio:.2f} of at most {limit:.2f}: {'ok' if ratio <= limit else 'MISSED'}{beside}"
    )


if __name__ == "__main__":
    main()
