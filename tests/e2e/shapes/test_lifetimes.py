"""Objects live as long as anything uses them, and end once."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import threading
import types
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.0.0;
allocator heap = malloc/free;
callback Call(@ctx user: *mut void) -> i32;
callback Plain(number: i32) -> i32;
struct Hooks { call: Call @scope(drop) @ctx(user), user: *mut void }
type Text = *const char @nul;
vtable Guest { state: *mut void, optional fn idle(self: mut) -> i32; }
struct Info { number: u32, names: *const Text @len(count), count: usize }
@list(items, count) struct Numbers { items: *const u32?, count: usize }
vtable Host {
    state: *mut void,
    fn info(self: mut) -> *const Info @until(drop);
    fn numbers(self: mut) -> Numbers @until(next);
}
@owned(heap) vtable Engine {
    state: *mut void,
    fn on(self: mut, call: Call @scope(drop) @ctx(user), user: *mut void);
    fn fire(self: mut) -> i32;
    fn once(self: mut, call: Call @scope(once) @ctx(user), user: *mut void);
    fn plain(self: mut, call: Plain @scope(drop));
    fn name(self: mut, numbers: *const u32 @len(count) @until(drop), count: usize);
    fn next(self: mut, numbers: *const u32 @len(count) @until(next), count: usize);
    fn host(self: mut, host: *mut Host);
    fn read(self: mut) -> u64;
    @ok(0) fn fail(self: mut) -> i32;
    @create @fails(null) fn wheel(self: mut) -> own Wheel?;
    @handle(wheel) fn turn(self: mut, wheel: Wheel) -> i32;
    @destroy(wheel) fn stop(self: mut, wheel: Wheel);
    drop fn drop(self: own);
}
type Wheel = *mut void;
entry fn open_() -> own *mut Engine;
entry fn peek() -> *mut Engine @until(library);
entry fn eat(engine: own *mut Engine);
entry fn look(engine: *const Engine, call: Call @scope(call) @ctx(user), user: *mut void) -> i32;
entry fn ended() -> i32;
entry fn plain(call: Plain @scope(call)) -> i32;
entry fn late() -> i32;
entry fn open_hooked(hooks: Hooks) -> own *mut Engine;
entry fn open_named(numbers: *const u32 @len(count) @until(drop), count: usize) -> own *mut Engine;
entry fn open_hosted(host: *mut Host) -> own *mut Engine;
entry fn watch(numbers: *const u32 @len(count) @pinned, count: usize);
entry fn watched() -> u64;
entry fn idle(guest: *mut Guest @until(call)) -> i32;
entry fn ask(host: *mut Host @until(call)) -> u32;
"""

SOURCE = r"""
typedef struct { Call call; void *user; int32_t number; int32_t stopped;
    const uint32_t *numbers; size_t count;
} State;
static int32_t ends;
static void on(void *self, Call call, void *user) {
    State *state = self;
    state->call = call; state->user = user;
}
static int32_t fire(void *self) {
    State *state = self;
    state->call(state->user);
    return state->number;
}
static void once(void *self, Call call, void *user) { (void)self; (void)call; (void)user; }
static void plain_(void *self, Plain call) { ((State *)self)->number = call(7); }
static void host_(void *self, Host *host) { (void)self; (void)host; }
static uint64_t sum(const uint32_t *numbers, size_t count) {
    uint64_t found = 0;
    for (size_t index = 0; index < count; index++) { found += numbers[index]; }
    return found;
}
static void name(void *self, const uint32_t *numbers, size_t count) {
    ((State *)self)->numbers = numbers; ((State *)self)->count = count;
}
static uint64_t read_(void *self) { return sum(((State *)self)->numbers, ((State *)self)->count); }
static int32_t fail(void *self) { (void)self; return 4; }
static void *wheel(void *self) { return self; }
static int32_t turn(void *self, void *wheel) {
    (void)self;
    return ((State *)wheel)->stopped ? -1 : fire(wheel);
}
static void stop(void *self, void *wheel) {
    ends = ((State *)self)->number == 7 ? ends + 100 : -1000;
    ((State *)wheel)->stopped = 1;
}
/* Looked at afterwards, so it is never freed. */
static void drop(void *self) { ends++; ((State *)self)->number = -666; }
static Engine *made(void) {
    static State states[4096];
    static int count;
    Engine *engine = malloc(sizeof *engine);
    State *state = &states[count++];
    state->number = 7;
    *engine = (Engine){
        state, on, fire, once, plain_, name, name, host_, read_, fail, wheel, turn, stop, drop,
    };
    return engine;
}
{NAME}_EXPORT Engine *open_(void) { return made(); }
{NAME}_EXPORT Engine *peek(void) { static Engine *one; if (!one) { one = made(); } return one; }
{NAME}_EXPORT void eat(Engine *engine) { engine->drop(engine->state); free(engine); }
{NAME}_EXPORT int32_t look(const Engine *engine, Call call, void *user) {
    call(user);
    return ((State *)engine->state)->number;
}
{NAME}_EXPORT int32_t ended(void) { return ends; }
static Plain kept;
{NAME}_EXPORT int32_t plain(Plain call) { kept = call; return call(3); }
{NAME}_EXPORT int32_t late(void) { return kept(3); }
{NAME}_EXPORT Engine *open_hooked(Hooks hooks) {
    Engine *engine = made();
    on(engine->state, hooks.call, hooks.user);
    return engine;
}
{NAME}_EXPORT Engine *open_named(const uint32_t *numbers, size_t count) {
    Engine *engine = made();
    name(engine->state, numbers, count);
    return engine;
}
{NAME}_EXPORT Engine *open_hosted(Host *host) { (void)host; return made(); }
static State seen;
{NAME}_EXPORT void watch(const uint32_t *numbers, size_t count) { name(&seen, numbers, count); }
{NAME}_EXPORT uint64_t watched(void) { return read_(&seen); }
{NAME}_EXPORT int32_t idle(Guest *guest) { return guest->idle ? guest->idle(guest->state) : -1; }
static uint32_t told(Host *host) {
    const Info *info = host->info(host->state);
    return info->number * 100 + (uint32_t)info->count * 10 + (uint32_t)host->numbers(host->state).count;
}
{NAME}_EXPORT uint32_t ask(Host *host) {
    const Info *first = host->info(host->state);
    uint32_t before = told(host);
    const Info *last = host->info(host->state);
    /* What was lent stays as it was, and is lent again if nothing has changed. */
    return before * 10000 + told(host) * 10 + (first->number == 1) + (last != host->info(host->state));
}
"""


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


class Ended:
    """How many engines have ended since; a wheel counts as 100."""

    def __init__(self, bound: Bound) -> None:
        self._plugin = bound.plugin
        self._before = bound.plugin.ended()

    def __call__(self) -> int:
        return int(self._plugin.ended()) - self._before


@pytest.fixture
def ended(bound: Bound) -> Ended:
    return Ended(bound)


class Waiting:
    """A callback that is inside until it is let go."""

    def __init__(self) -> None:
        self.is_inside = threading.Event()
        self.may_go = threading.Event()

    def __call__(self) -> int:
        self.is_inside.set()
        assert self.may_go.wait(20)
        return 1


def meanwhile(call: Callable[[], Any], waiting: Waiting, do: Callable[[], object]) -> Any:
    """What a call gives on a thread of its own, while something else is done."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(call()))
    thread.start()
    try:
        assert waiting.is_inside.wait(20)
        do()
    finally:
        waiting.may_go.set()
        thread.join(20)
    return found[0]


def test_an_object_closed_in_its_own_callback_ends_after_the_call(
    bound: Bound, ended: Ended
) -> None:
    engine = bound.plugin.open_()
    seen: list[object] = []

    def close() -> int:
        engine.close()
        seen.extend((engine.closed, ended()))
        return 1

    engine.on(close)
    assert engine.fire() == 7
    assert (seen, ended()) == ([True, 0], 1)
    engine.close()
    assert ended() == 1


def test_an_object_closed_by_another_thread_ends_after_the_call(bound: Bound, ended: Ended) -> None:
    engine, waiting = bound.plugin.open_(), Waiting()
    engine.on(waiting)
    between: list[int] = []

    def close() -> None:
        engine.close()
        between.append(ended())

    assert meanwhile(engine.fire, waiting, close) == 7
    assert (between, ended()) == ([0], 1)


def test_what_made_a_handle_ends_after_calls_of_the_handle(bound: Bound, ended: Ended) -> None:
    engine, waiting = bound.plugin.open_(), Waiting()
    engine.on(waiting)
    wheel = engine.wheel()
    between: list[int] = []

    def close() -> None:
        engine.close()
        between.append(ended())

    assert meanwhile(wheel.turn, waiting, close) == 7
    assert (between, ended()) == ([0], 101)


def test_an_argument_ends_after_the_call(bound: Bound, ended: Ended) -> None:
    engine = bound.plugin.open_()
    assert bound.plugin.look(engine, lambda: engine.close() or 1) == 7
    assert ended() == 1


def test_what_was_raised_does_not_hold_on_to_an_object(bound: Bound, ended: Ended) -> None:
    engine = bound.plugin.open_()
    kept: list[BaseException] = []

    def keeping() -> int:
        try:
            raise ValueError
        except ValueError as error:
            kept.append(error)
        return 1

    engine.on(keeping)
    assert engine.fire() == 7
    with pytest.raises(bound.package.CallError):
        engine.fail()
    engine.close()
    with pytest.raises(bound.package.ClosedError) as refused:
        engine.fire()
    assert ended() == 1
    assert refused.value is not None


def test_an_object_that_is_in_use_is_not_handed_over(bound: Bound, ended: Ended) -> None:
    engine = bound.plugin.open_()
    refused: list[str] = []

    def give() -> int:
        try:
            bound.plugin.eat(engine)
        except bound.package.ClosedError as error:
            refused.append(str(error))
        return 1

    engine.on(give)
    assert engine.fire() == 7
    assert refused == ["this EngineProxy is in use by a call that is running"]
    assert not engine.closed
    bound.plugin.eat(engine)
    assert (engine.closed, ended()) == (True, 1)


def test_what_is_only_lent_is_nobodys_to_give(bound: Bound, ended: Ended) -> None:
    lent = bound.plugin.peek()
    with pytest.raises(TypeError, match="only lent, and this call would end it"):
        bound.plugin.eat(lent)
    assert ended() == 0
    assert not lent.closed


@pytest.mark.parametrize("do", [copy.copy, copy.deepcopy, pickle.dumps])
def test_objects_are_not_copied(bound: Bound, do: Callable[[object], object]) -> None:
    refused = pytest.raises(TypeError, match="it cannot be copied or pickled, as it ends only once")
    with bound.plugin.open_() as engine, refused:
        do(engine)


class Answering:
    """Answers with the same objects each time."""

    def __init__(self, bound: Bound, step: int) -> None:
        self._info = bound.package.Info(1 - step, ["a"])
        self._numbers: list[int] = []
        self._step = step

    def info(self) -> object:
        self._info.number += self._step
        self._info.names.extend(["b"] * self._step)
        return self._info

    def numbers(self) -> list[int]:
        self._numbers.extend([3] * self._step)
        return self._numbers


def test_what_was_changed_since_it_was_lent_is_lent_anew(bound: Bound) -> None:
    assert bound.plugin.ask(Answering(bound, 1)) == 231_0000 + 4520 + 2 + 0
    assert bound.plugin.ask(Answering(bound, 0)) == 110_0000 + 1100 + 1


class Number:
    """A callback, hook and host that tells by its death that nobody holds it."""

    def __call__(self, number: int = 1) -> int:
        return number

    info = numbers = __call__


def left(use: Callable[[Any], object], count: int = 100) -> int:
    """How many of what was used are held by somebody."""
    found = []
    for _ in range(count):
        one = Number()
        found.append(weakref.ref(one))
        use(one)
        del one
    gc.collect()
    return sum(each() is not None for each in found)


def test_a_function_without_context_is_held_for_its_scope(bound: Bound) -> None:
    assert left(bound.plugin.plain, 300) == 0
    assert len(bound.plugin._abi_lib.binding._closures) < 200
    engine = bound.plugin.open_()
    assert left(engine.plain) == 100
    engine.close()
    assert left(lambda one: closed_after(bound.plugin.open_(), "plain", one)) == 0


def closed_after(engine: Any, method: str, one: object) -> None:
    with engine:
        getattr(engine, method)(one)


def test_a_call_without_context_is_late_and_nobody_elses(bound: Bound) -> None:
    called: list[int] = []
    assert bound.plugin.plain(lambda number: called.append(number) or 9) == 9
    before = bound.package.late_calls()
    reports: list[object] = []
    hook, sys.unraisablehook = sys.unraisablehook, reports.append
    try:
        others = [bound.plugin.open_() for _ in range(10)]
        for each in others:
            each.plain(lambda number: called.append(100) or number)
        called.clear()
        assert bound.plugin.late() == 0
    finally:
        sys.unraisablehook = hook
    assert (called, len(reports)) == ([], 1)
    assert bound.package.late_calls() == before + 1


def test_what_an_entry_takes_lives_as_long_as_what_it_makes(bound: Bound) -> None:
    held: list[Any] = []
    hooks = bound.package.Hooks
    assert left(lambda one: held.append(bound.plugin.open_hooked(hooks(one)))) == 100
    assert held[0].fire() == 7
    held.clear()
    assert left(lambda one: bound.plugin.open_hooked(hooks(one)).close()) == 0
    assert left(lambda one: bound.plugin.open_hosted(one).close()) == 0


def test_a_call_that_never_comes_ends_with_its_object(bound: Bound) -> None:
    assert left(lambda one: closed_after(bound.plugin.open_(), "once", one)) == 0


#: So many that their memory is used again at once.
MANY = [7] * 5000


def fill() -> list[object]:
    """Whatever memory was given back, with something else in it."""
    return [bytes([255]) * (20_000 + 8 * index) for index in range(20)]


def test_memory_stays_as_long_as_it_is_lent(bound: Bound) -> None:
    bound.plugin.watch([3] * len(MANY))
    taken = fill()
    assert bound.plugin.watched() == 15_000
    engine, other = bound.plugin.open_(), bound.plugin.open_named(MANY)
    engine.name(MANY)
    taken += fill()
    assert engine.read() == other.read() == 35_000
    engine.next(MANY)
    taken += fill()
    assert engine.read() == 35_000
    del taken


class Dynamic:
    """Has whatever is asked for."""

    def __getattr__(self, name: str) -> Callable[[], int]:
        return lambda: 4


def test_an_optional_function_is_found_wherever_python_finds_it(bound: Bound) -> None:
    class Derived(bound.package.Guest):  # type: ignore[misc, name-defined]
        pass

    derived = Derived()
    assert bound.plugin.idle(derived) == -1
    derived.idle = lambda: 4
    given = (types.SimpleNamespace(idle=lambda: 4), Dynamic(), derived)
    assert [bound.plugin.idle(each) for each in given] == [4, 4, 4]


def test_what_has_nothing_of_an_object_is_refused(bound: Bound) -> None:
    for wrong in (None, 5):
        kind = type(wrong).__name__
        with pytest.raises(TypeError, match=f"like Guest is needed, and {kind} has no `idle`"):
            bound.plugin.idle(wrong)
        with pytest.raises(TypeError, match=f"like Host is needed, and {kind} has no `info`, `num"):
            bound.plugin.ask(wrong)


@pytest.mark.parametrize("raised", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_goes_through_c(bound: Bound, raised: type[BaseException]) -> None:
    def interrupted(*_: object) -> int:
        raise raised

    reports: list[object] = []
    hook, sys.unraisablehook = sys.unraisablehook, reports.append
    try:
        engine = bound.plugin.open_()
        engine.on(interrupted)
        with pytest.raises(raised):
            engine.fire()
        with pytest.raises(raised):
            bound.plugin.plain(interrupted)
        with pytest.raises(raised):
            bound.plugin.look(engine, interrupted)
        engine.on(lambda: 1)
        assert engine.fire() == 7
    finally:
        sys.unraisablehook = hook
    assert reports == []


def test_coroutines_are_refused(bound: Bound) -> None:
    async def later(*_: object) -> int:
        return 5

    reports: list[Any] = []
    hook, sys.unraisablehook = sys.unraisablehook, reports.append
    try:
        assert bound.plugin.plain(later) == 0
    finally:
        sys.unraisablehook = hook
    assert [str(each.exc_value) for each in reports] == [
        "`Plain` was answered with a coroutine, and C cannot wait for it: use `def`"
    ]
