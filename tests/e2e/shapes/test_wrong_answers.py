"""What a host's function returns and C cannot have: told with the class, the method, and its place."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.0.0;
allocator heap = malloc/free;
@string(ptr, len) struct Str { ptr: *const char, len: usize }
enum Kind { A, B }
struct Point { x: i32, y: u8 }
struct Line { from: Point, many: *const Point @len(n), n: usize }
@result(code, why) @owned(heap) struct Done { code: i32, why: own *mut char? @nul }
vtable Guest {
    state: *mut void,
    @py("short") fn number(self: mut) -> u8;
    fn wide(self: mut) -> c_long;
    fn real(self: mut) -> f64;
    fn flag(self: mut) -> bool;
    fn kind(self: mut) -> Kind;
    fn text(self: mut) -> Str @until(drop);
    fn point(self: mut) -> Point;
    fn outs(self: mut, number: *mut u8 @out, point: *mut Point @out);
    fn done(self: mut, number: *mut u8 @out) -> Done;
    @fails(< 0) fn status(self: mut) -> i32;
    @get fn volume(self: mut) -> u8;
    fn raw(self: mut) -> *mut void?;
}
callback Call(@ctx user: *mut void) -> u8;
entry fn ask(guest: *mut Guest @until(call), what: u8) -> i32;
entry fn why() -> *const char @nul @until(library);
entry fn call(call: Call @scope(call) @ctx(user), user: *mut void) -> u8;
entry fn draw(line: *const Line, many: *const Line @len(n), n: u8) -> i32;
vtable Desk { state: *mut void, fn draw(self: mut, line: Line) -> i32; }
entry fn desk() -> *const Desk @until(library);
"""

SOURCE = r"""
static char told[512];
{NAME}_EXPORT const char *why(void) { return told; }
{NAME}_EXPORT uint8_t call(Call call, void *user) { return call(user); }
{NAME}_EXPORT int32_t draw(const Line *line, const Line *many, uint8_t n) {
    (void)many;
    return line->from.x + n;
}
static int32_t desk_draw(void *self, Line line) { (void)self; return line.from.x; }
{NAME}_EXPORT const Desk *desk(void) { static const Desk one = {0, desk_draw}; return &one; }
{NAME}_EXPORT int32_t ask(Guest *guest, uint8_t what) {
    void *self = guest->state;
    uint8_t number = 0;
    Point point = {0, 0};
    Done done;
    switch (what) {
    case 0: return guest->number(self);
    case 1: return (int32_t)guest->wide(self);
    case 2: return (int32_t)guest->real(self);
    case 3: return guest->flag(self);
    case 4: return guest->kind(self);
    case 5: return (int32_t)guest->text(self).len;
    case 6: return guest->point(self).y;
    case 7: guest->outs(self, &number, &point); return number + point.y;
    case 8:
        done = guest->done(self, &number);
        if (done.code) { strncpy(told, done.why, sizeof told - 1); free(done.why); }
        return done.code ? -1 : number;
    case 9: return guest->status(self);
    case 10: return guest->volume(self);
    default: return guest->raw(self) == 0;
    }
}
"""

SLOTS = "short wide real flag kind text point outs done status volume raw".split()


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []

    def report(given: Any) -> None:
        found.append(f"{type(given.exc_value).__name__}: {given.exc_value}")

    monkeypatch.setattr(sys, "unraisablehook", report)
    return found


class Impl:
    def __init__(self, value: Any) -> None:
        self.value = value

    def short(self) -> Any:
        return self.value

    wide = real = flag = kind = text = point = outs = done = status = raw = short

    @property
    def volume(self) -> Any:
        return self.value


HERE = f"at {__file__}:{Impl.short.__code__.co_firstlineno}"
CASES: dict[tuple[str, str], tuple[Any, str]] = {
    ("short", "a text"): ("x", "TypeError: an integer is required, not str"),
    ("short", "nothing"): (None, "TypeError: an integer is required, not NoneType"),
    ("short", "too large"): (300, "OverflowError: integer 300 does not fit 'uint8_t'"),
    ("wide", "a fraction"): (5.5, "TypeError: an integer is required, not float"),
    ("wide", "far too large"): (2**70, "OverflowError: int too big to convert"),
    ("real", "a text"): ("x", "TypeError: must be real number, not str"),
    ("flag", "a text"): ("x", "TypeError: an integer is required, not str"),
    ("kind", "a text"): ("A", "TypeError: an integer is required, not str"),
    ("text", "bytes"): (b"x", "TypeError: a str is needed, not bytes"),
    ("point", "a tuple"): (
        (1, 2),
        "TypeError: something like Point is needed, and tuple has no 'x'",
    ),
    ("outs", "one value"): (1, "TypeError: a tuple of 2 values is needed, not int"),
    ("outs", "three values"): ((1, 2, 3), "TypeError: a tuple of 2 values is needed, not 3"),
    ("outs", "a text"): (("x", 2), "TypeError: an integer is required, not str"),
    ("status", "a text"): ("x", "TypeError: an integer is required, not str"),
    ("raw", "a number"): (
        5,
        "TypeError: initializer for ctype 'void *' must be a cdata pointer, not int",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_reports_name_the_method(bound: Bound, case: tuple[str, str], reports: list[str]) -> None:
    slot, _ = case
    value, expected = CASES[case]
    bound.plugin.ask(Impl(value), SLOTS.index(slot))
    kind, _, said = expected.partition(": ")
    c_slot = {"short": "number"}.get(slot, slot)
    wanted = f"{kind}: Impl.{slot}() {HERE} has to return what `Guest.{c_slot}` says: {said}"
    assert reports == [wanted]


def test_properties_are_named(bound: Bound, reports: list[str]) -> None:
    assert bound.plugin.ask(Impl("x"), SLOTS.index("volume")) == 0
    (said,) = reports
    assert said.startswith(f"TypeError: Impl.volume() at {__file__}:")


def test_errors_of_the_abi_say_it(bound: Bound, reports: list[str]) -> None:
    assert bound.plugin.ask(Impl("x"), SLOTS.index("done")) == -1
    assert bound.plugin.why() == (
        f"TypeError: Impl.done() {HERE} has to return what `Guest.done` says:"
        " an integer is required, not str"
    )
    assert not reports


def test_what_is_right_is_not_reported(bound: Bound, reports: list[str]) -> None:
    package = bound.package
    right = [
        200,
        -5,
        3.0,
        True,
        package.Kind.B,
        "abc",
        package.Point(1, 7),
        (1, package.Point(1, 2)),
    ]
    right += [9, 4, 5, None]
    answers = [bound.plugin.ask(Impl(value), number) for number, value in enumerate(right)]
    assert answers == [200, -5, 3, 1, 1, 3, 7, 3, 9, 4, 5, 1]
    assert not reports


def test_functions_are_named(bound: Bound, reports: list[str]) -> None:
    def wrong() -> Any:
        return "x"

    assert bound.plugin.call(wrong) == 0
    (said,) = reports
    line = wrong.__code__.co_firstlineno
    assert said == (
        f"TypeError: test_functions_are_named.<locals>.wrong() at {__file__}:{line}"
        " has to return what `Call` says: an integer is required, not str"
    )


def test_records_of_the_wrong_type(bound: Bound) -> None:
    package, plugin = bound.package, bound.plugin
    point = package.Point(1, 2)
    right = package.Line(point, [])
    wrong: list[tuple[Any, str]] = [
        (None, "something like Line is needed, and NoneType has no 'from_'"),
        (point, "something like Line is needed, and Point has no 'from_'"),
        (package.Line(5, []), "something like Point is needed, and int has no 'x'"),
        (package.Line(point, [5]), "something like Point is needed, and int has no 'x'"),
        (package.Line(point, 5), "'int' object is not iterable"),
    ]
    for value, said in wrong:
        for call, where in (
            (lambda value: plugin.draw(value, []), "draw() argument 'line'"),
            (lambda value: plugin.draw(right, [right, value]), "draw() argument 'many'"),
            (lambda value: plugin.desk().draw(value), "draw() argument 'line'"),
        ):
            with pytest.raises(TypeError) as caught:
                call(value)
            assert str(caught.value) == f"{where}: {said}"
    assert plugin.draw(right, [right]) == 2
