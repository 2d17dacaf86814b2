"""Several functions with one context, as in ``init(context, on_a, on_b)``."""

from __future__ import annotations

import sys
import threading
from typing import Any

import pytest

from support.bindings import Bound, Workshop
from support.library import library_of
from support.limits import refusals

DESCRIPTION = """
abi {NAME} 1.0.0;
allocator heap = malloc/free;
callback Number(number: i32, @ctx user: *mut void) -> i32;
callback Text(@ctx user: *mut void, text: *const char @nul) -> i32;

struct Hooks {
    on_open: Number? @scope(forever) @ctx(user), on_close: Number? @scope(forever) @ctx(user),
    on_text: Text @scope(forever) @ctx(user), user: *mut void,
}
@owned(heap) vtable Engine {
    state: *mut void,
    fn listen(
        self: mut, on_a: Number @scope(drop) @ctx(user), on_b: Number @scope(drop) @ctx(user),
        on_text: Text? @scope(drop) @ctx(user), user: *mut void,
    );
    fn until(
        self: mut, a: Number @scope(until(halt)) @ctx(user), b: Text @scope(drop) @ctx(user),
        user: *mut void,
    );
    fn halt(self: mut);
    fn fire(self: mut, which: u8) -> i32;
    drop fn drop(self: own);
}
vtable Guest {
    state: *mut void,
    fn both(
        self: mut, a: Number @scope(call) @ctx(user), b: Text @scope(call) @ctx(user), user: *mut void,
    ) -> i32;
}
entry fn open_engine() -> own *mut Engine;
entry fn now(a: Number @scope(call) @ctx(user), b: Number @scope(call) @ctx(user), user: *mut void) -> i32;
entry fn hook(hooks: Hooks) -> i32;
entry fn ended(
    a: Number @scope(forever) @ctx(user) @destroy(end), b: Text? @scope(forever) @ctx(user),
    user: *mut void, end: (fn(user: *mut void)),
);
entry fn fire_ended(is_last: bool) -> i32;
entry fn ask(guest: *mut Guest @until(call)) -> i32;
"""

SOURCE = r"""
typedef struct { Number a, b; Text text; void *user; } State;
static State last;
static void (*end_last)(void *);
static void listen(void *self, Number a, Number b, Text text, void *user) {
    *(State *)self = (State){a, b, text, user};
}
static void until(void *self, Number a, Text text, void *user) {
    *(State *)self = (State){a, 0, text, user};
}
static void halt(void *self) { (void)self; }
static int32_t fire_(State *state, uint8_t which) {
    switch (which) {
    case 0: return state->a(1, state->user);
    case 1: return state->b(2, state->user);
    default: return state->text ? state->text(state->user, "text") : -1;
    }
}
static int32_t fire(void *self, uint8_t which) { return fire_(self, which); }
static void drop(void *self) { counted_free(self); }
{NAME}_EXPORT Engine *open_engine(void) {
    Engine *engine = malloc(sizeof *engine);
    *engine = (Engine){counted_malloc(sizeof(State)), listen, until, halt, fire, drop};
    return engine;
}
{NAME}_EXPORT int32_t now(Number a, Number b, void *user) { return a(1, user) * 100 + b(2, user); }
{NAME}_EXPORT int32_t hook(Hooks hooks) {
    int32_t all = hooks.on_text(hooks.user, "hooked");
    if (hooks.on_open) all += hooks.on_open(100, hooks.user);
    if (hooks.on_close) all += hooks.on_close(1000, hooks.user);
    return all;
}
{NAME}_EXPORT void ended(Number a, Text text, void *user, void (*end)(void *)) {
    last = (State){a, 0, text, user}; end_last = end;
}
{NAME}_EXPORT int32_t fire_ended(bool is_last) {
    int32_t all = fire_(&last, 0) * 100 + fire_(&last, 2);
    if (is_last) end_last(last.user);
    return all;
}
static int32_t times(int32_t number, void *user) { return number * *(int32_t *)user; }
static int32_t size(void *user, const char *text) { return (int32_t)strlen(text) + *(int32_t *)user; }
{NAME}_EXPORT int32_t ask(Guest *guest) {
    int32_t three = 3;
    return guest->both(guest->state, times, size, &three);
}
"""


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda given: found.append(str(given.exc_value)))
    return found


def entries(bound: Bound) -> int:
    return len(bound.plugin._abi_lib.binding.entries)


def test_each_is_called(bound: Bound) -> None:
    before = entries(bound)
    assert bound.plugin.now(lambda number: number + 10, lambda number: number + 20) == 1122
    with bound.plugin.open_engine() as engine:
        engine.listen(lambda number: number * 2, lambda number: number * 7, len)
        assert [engine.fire(which) for which in range(3)] == [2, 14, 4]
        engine.listen(lambda number: number, lambda number: -number, None)
        assert [engine.fire(which) for which in range(3)] == [1, -2, -1]
    assert entries(bound) == before


def test_each_ends_by_itself(bound: Bound, reports: list[str]) -> None:
    before, late = entries(bound), bound.package.late_calls()
    with bound.plugin.open_engine() as engine:
        engine.until(lambda number: number + 5, len)
        assert engine.fire(0) == 6
        engine.halt()
        assert engine.fire(0) == 0
        assert bound.package.late_calls() == late + 1
        assert engine.fire(2) == 4
    assert (entries(bound), len(reports)) == (before, 1)


def test_fields_share_a_context(bound: Bound) -> None:
    Hooks = bound.package.Hooks
    assert (
        bound.plugin.hook(Hooks(on_open=lambda n: n + 1, on_close=lambda n: n + 2, on_text=len))
        == 1109
    )
    assert bound.plugin.hook(Hooks(on_open=None, on_close=lambda n: n, on_text=len)) == 1006
    assert bound.plugin.hook(Hooks(on_open=None, on_close=None, on_text=len)) == 6


def test_one_end_is_that_of_all(bound: Bound, reports: list[str]) -> None:
    before = entries(bound)
    for text in (lambda text: len(text), None):
        bound.plugin.ended(lambda number: number, text)
        assert bound.plugin.fire_ended(False) == (104 if text else 99)
        assert bound.plugin.fire_ended(True) == (104 if text else 99)
        assert entries(bound) == before
    assert reports == []


def test_functions_of_the_other_side(bound: Bound) -> None:
    class Guest:
        def both(self, a: Any, b: Any) -> int:
            return int(a(5) * 100 + b("four"))

    assert bound.plugin.ask(Guest()) == 1507


def test_what_is_wrong_is_named_and_leaves_nothing(bound: Bound) -> None:
    before = entries(bound)
    for given, name in (((5, abs), "a"), ((abs, 5), "b")):
        with pytest.raises(TypeError, match=rf"now\(\) argument '{name}': a callable is needed"):
            bound.plugin.now(*given)
    with pytest.raises(TypeError, match=r"hook\(\) argument 'hooks': a callable is needed"):
        bound.plugin.hook(bound.package.Hooks(on_open=abs, on_close=abs, on_text=5))
    assert entries(bound) == before


def test_from_many_threads(bound: Bound, reports: list[str]) -> None:
    wrong: list[Any] = []

    def work(number: int) -> None:
        for _ in range(50):
            found = bound.plugin.now(lambda given: given + number, lambda given: given * number)
            if found != (1 + number) * 100 + 2 * number:
                wrong.append(found)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (wrong, reports) == ([], [])


@pytest.mark.parametrize(
    "text",
    [
        "callback F(@ctx user: *mut void, ...); entry fn x(a: F @scope(call) @ctx(user),"
        " b: F @scope(call) @ctx(user), user: *mut void);",
        "callback F(@ctx user: *mut void); "
        "vtable V { state: *mut void, fn x(self: mut, a: F @scope(drop) @ctx(user) @destroy(end),"
        " b: F @scope(drop) @ctx(user), user: *mut void, end: (fn(user: *mut void))); }",
    ],
)
def test_what_nobody_could_tell_apart_is_refused(text: str) -> None:
    said = "`a` and `b` share the context `user`, which Python has for one function"
    assert ("A0701", said) in refusals(library_of(text))
