"""What happens when something fails half-way: nothing is lost, nothing leaks, nothing reads as success."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.0.0;
allocator heap = malloc/free;
enum Said { Fine = 0, Refused = 1 }
@string(ptr, len, cap) @owned(heap) struct Text { ptr: *mut char, len: usize, cap: usize }
@result(code, message) struct Outcome { code: i32, message: own *mut char? @nul @owned(heap) }
@failure(why) struct Reason { why: Text, value: i32 }
opaque Session;
callback Late(@ctx ctx: *mut void, number: i32);

/// What has results without room for nothing.
vtable Fragile {
    state: *mut void,
    fn outcome(self: const) -> Outcome;
    fn reason(self: const) -> Reason;
    drop fn drop(self: own);
}
vtable Part {
    state: *mut void,
    fn number(self: const) -> i32;
    drop fn drop(self: own);
}
vtable Engine {
    state: *mut void,
    fn part(self: mut) -> own *mut Part;
    fn take(self: mut, part: own *mut Part, number: u8);
    @ok(Fine) fn offer(self: mut, part: own *mut Part @consumed(success), accept: bool) -> Said;
    fn start(self: mut, late: Late @ctx(ctx) @scope(until(stop)), ctx: *mut void);
    fn tick(self: mut, number: i32);
    fn stop(self: mut);
    /// No `self`: it is the same for all engines.
    fn version() -> i32;
    fn swap(self: const, a: *mut i32 @inout, b: *mut i32? @inout);
    fn lift(self: const, bytes: *mut u8 @len(len), len: usize);
    fn parts(self: mut) -> *const Part @len(2);
    drop fn drop(self: own);
}
struct Registration {
    parts: own *mut Part @len(count) @owned(heap), count: usize,
    again: fn(a: i32) -> i32,
}
entry fn open_engine() -> own *mut Engine;
entry fn check_outcome(fragile: *const Fragile @until(call)) -> i32;
entry fn check_reason(fragile: *const Fragile @until(call)) -> i32;
entry fn check_version(engine: *const Engine @until(call)) -> i32;
entry fn broken() -> own *mut Part;
entry fn registered(broken: bool) -> own *mut Registration @owned(heap);
entry fn dropped() -> i32;
entry fn open_session() -> own *mut Session @free(close_session);
entry fn close_session(session: own *mut Session);
entry fn session_number(session: *const Session) -> i32;
"""

SOURCE = r"""
static int32_t drops;
static Late late_fn; static void *late_ctx;
static int32_t number(const void *self) { (void)self; return 7; }
static void drop_part(void *self) { (void)self; drops++; }
static const Part whole = {&drops, number, drop_part};
static const Part half = {&drops, 0, drop_part};
static Part *part(void *self) { static Part made; (void)self; made = whole; return &made; }
static void take(void *self, Part *given, uint8_t n) { (void)self; (void)n; given->drop(given->state); }
static Said offer(void *self, Part *given, bool accept) {
    (void)self;
    if (!accept) return Said_Refused;
    given->drop(given->state);
    return Said_Fine;
}
static void start(void *self, Late late, void *ctx) { (void)self; late_fn = late; late_ctx = ctx; }
static void tick(void *self, int32_t n) { (void)self; late_fn(late_ctx, n); }
static void stop(void *self) { (void)self; }
static int32_t version(void) { return 3; }
static void swap(const void *self, int32_t *a, int32_t *b) {
    int32_t was = *a;
    (void)self;
    *a = b ? *b : 0;
    if (b) *b = was;
}
static void lift_(const void *self, uint8_t *bytes, size_t len) {
    (void)self;
    for (size_t i = 0; i < len; i++) bytes[i]++;
}
static const Part *parts(void *self) {
    static Part made[2];
    (void)self;
    made[0] = made[1] = whole;
    return made;
}
static void drop_engine(void *self) { (void)self; }
{NAME}_EXPORT Engine *open_engine(void) {
    static Engine made = {&drops, part, take, offer, start, tick, stop, version, swap, lift_, parts,
                          drop_engine};
    return &made;
}
{NAME}_EXPORT int32_t check_outcome(const Fragile *f) { return f->outcome(f->state).code; }
{NAME}_EXPORT int32_t check_reason(const Fragile *f) {
    Reason said = f->reason(f->state);
    return (int32_t)said.why.len;
}
{NAME}_EXPORT int32_t check_version(const Engine *engine) { return engine->version(); }
{NAME}_EXPORT Part *broken(void) { static Part made; made = half; return &made; }
static int32_t registering(int32_t a) { return a; }
{NAME}_EXPORT Registration *registered(bool is_broken) {
    Registration *made = malloc(sizeof *made);
    Part *list = malloc(3 * sizeof *list);
    list[0] = list[2] = whole;
    list[1] = is_broken ? half : whole;
    *made = (Registration){list, 3, registering};
    return made;
}
{NAME}_EXPORT int32_t dropped(void) { return drops; }
struct Session { int32_t number; };
{NAME}_EXPORT Session *open_session(void) {
    Session *made = counted_malloc(sizeof *made);
    made->number = 11;
    return made;
}
{NAME}_EXPORT void close_session(Session *session) { counted_free(session); }
{NAME}_EXPORT int32_t session_number(const Session *session) { return session->number; }
"""


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


@pytest.fixture
def engine(bound: Bound) -> Iterator[Any]:
    with bound.plugin.open_engine() as made:
        yield made


class Failing:
    def outcome(self) -> None:
        raise ValueError("no")

    def reason(self) -> int:
        raise ValueError("no")


def test_a_failure_without_memory_is_a_failure(
    bound: Bound, monkeypatch: pytest.MonkeyPatch
) -> None:
    binding = bound.plugin._abi_lib.binding
    monkeypatch.setattr(sys, "unraisablehook", lambda args: None)
    failing = Failing()
    assert bound.plugin.check_outcome(failing) == 1
    assert bound.plugin.check_reason(failing) == len("ValueError: no")
    monkeypatch.setitem(binding.acquire, "heap", lambda size: binding.ffi.NULL)
    for _ in range(3):
        assert bound.plugin.check_outcome(failing) == 1
        assert bound.plugin.check_reason(failing) == len("Python failed")


def test_what_was_given_comes_back_if_the_call_is_not_made(bound: Bound, engine: Any) -> None:
    part = engine.part()
    before = bound.plugin.dropped()
    with pytest.raises(OverflowError):
        engine.take(part, 256)
    assert (part.closed, part.number()) == (False, 7)
    assert bound.plugin.dropped() == before
    engine.take(part, 1)
    assert (part.closed, bound.plugin.dropped()) == (True, before + 1)
    part.close()
    assert bound.plugin.dropped() == before + 1


def test_what_is_refused_stays_with_its_owner(bound: Bound, engine: Any) -> None:
    part = engine.part()
    before = bound.plugin.dropped()
    with pytest.raises(bound.package.CallError):
        engine.offer(part, False)
    assert (part.closed, bound.plugin.dropped()) == (False, before)
    engine.offer(part, True)
    assert (part.closed, bound.plugin.dropped()) == (True, before + 1)


def test_a_refused_object_ends(bound: Bound) -> None:
    before = bound.plugin.dropped()
    with pytest.raises(bound.package.NullSlotError, match="number"):
        bound.plugin.broken()
    assert bound.plugin.dropped() == before + 1
    registration = bound.plugin.registered(False)
    for part in registration.parts:
        part.close()
    before = bound.plugin.dropped()
    with pytest.raises(bound.package.NullSlotError, match="number"):
        bound.plugin.registered(True)
    assert bound.plugin.dropped() == before + 3


def test_callbacks_end_with_their_event(
    bound: Bound, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "unraisablehook", lambda args: None)
    seen: list[int] = []
    engine.start(seen.append)
    engine.tick(1)
    before = bound.package.late_calls()
    engine.stop()
    engine.tick(2)
    assert (seen, bound.package.late_calls()) == ([1], before + 1)


class Version:
    def __getattr__(self, name: str) -> Any:
        return lambda *_: 5


def test_slots_without_a_context_know_their_object(bound: Bound, engine: Any) -> None:
    assert engine.version() == 3
    assert bound.plugin.check_version(Version()) == 5
    assert bound.plugin.check_version(engine) == 3


def test_what_is_read_and_written(engine: Any) -> None:
    assert engine.swap(1, 2) == (2, 1)
    assert engine.swap(1, None) == (0, None)
    room = bytearray(b"abc")
    engine.lift(room)
    assert room == b"bcd"


def test_opaque_objects_end(bound: Bound) -> None:
    before = bound.counters.test_live()
    with bound.plugin.open_session() as session:
        assert isinstance(session, bound.package.Session)
        assert bound.plugin.session_number(session) == 11
        assert bound.counters.test_live() == before + 1
    assert bound.counters.test_live() == before
    with pytest.raises(bound.package.ClosedError):
        bound.plugin.session_number(session)
    other = bound.plugin.open_session()
    bound.plugin.close_session(other)
    other.close()
    assert bound.counters.test_live() == before


@pytest.mark.slow
def test_type_checkers_know_that_proxies_end(bound: Bound, tmp_path: Path) -> None:
    package = bound.package.__name__
    user = tmp_path / "user.py"
    user.write_text(
        f"import {package}\n\n\n"
        f"def use(plugin: {package}.Plugin) -> int:\n"
        "    with plugin.open_engine() as engine, engine.part() as part:\n"
        f"        found: {package}.PartProxy = part\n"
        "        print(engine.closed, [each.number() for each in engine.parts()])\n"
        "        with plugin.open_session() as session:\n"
        "            return found.number() + plugin.session_number(session)\n",
        encoding="utf-8",
    )
    python = Path(bound.package.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", str(user)],
        env={"MYPYPATH": str(python), "PATH": "", "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
