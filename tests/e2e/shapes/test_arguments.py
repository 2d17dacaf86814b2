"""What is wrong with an argument: the same words in both modes, with the name of the argument."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.0.0;
allocator heap = malloc/free;
@string(ptr, len) struct Str { ptr: *const char, len: usize }
enum Mode { Open = 0, Shut = 1 }
struct Point { x: i32, y: u8 }
callback Visit(@ctx ctx: *mut void, number: i32) -> bool;
vtable Till {
    state: *mut void,
    @py("sell") fn sell_fn(self: mut, count: i32, price: u8) -> i32;
    fn name(self: mut, text: Str, nul: *const char @nul);
    fn rate(self: mut, rate: f64, mode: Mode, sure: bool);
    fn point(self: mut, point: *const Point, points: *const Point @len(n), n: u8);
    fn visit(self: mut, visit: Visit @scope(call) @ctx(ctx), ctx: *mut void);
    fn four(self: mut, four: *const u8 @len(4)) -> u32;
    fn data(self: mut, @py("content") data: *const u8 @len(n), n: u8);
    drop fn drop(self: own);
}
entry fn open_till() -> own *mut Till? @owned(heap);
@py("buy") entry fn purchase(count: u16, names: *const Str @len(n), n: usize) -> u32;
entry fn told(error: *const char @nul, name: u8) -> u32;
"""

SOURCE = r"""
static int32_t sell(void *self, int32_t count, uint8_t price) { (void)self; return count * price; }
static void name(void *self, Str text, const char *nul) { (void)self; (void)text; (void)nul; }
static void rate(void *self, double rate, Mode mode, bool sure) {
    (void)self; (void)rate; (void)mode; (void)sure;
}
static void point(void *self, const Point *point, const Point *points, uint8_t n) {
    (void)self; (void)point; (void)points; (void)n;
}
static void visit(void *self, Visit visit, void *ctx) { (void)self; visit(ctx, 1); }
static void data(void *self, const uint8_t *data, uint8_t n) { (void)self; (void)data; (void)n; }
{NAME}_EXPORT uint32_t purchase(uint16_t count, const Str *names, size_t n) {
    (void)names;
    return count + (uint32_t)n;
}
static uint32_t four(void *self, const uint8_t *four) { (void)self; return four[0] + four[3]; }
{NAME}_EXPORT uint32_t told(const char *error, uint8_t name) { return (uint32_t)strlen(error) + name; }
static void drop(void *self) { counted_free(self); }
{NAME}_EXPORT Till *open_till(void) {
    Till *made = malloc(sizeof *made);
    *made = (Till){counted_malloc(1), sell, name, rate, point, visit, four, data, drop};
    return made;
}
"""


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


def test_arguments_are_named(bound: Bound) -> None:
    plugin, package = bound.plugin, bound.package
    point = package.Point(x=1, y=2)
    with plugin.open_till() as till:
        calls: dict[str, Callable[[], Any]] = {
            "TypeError: sell() argument 'count': an integer is required": lambda: till.sell("5", 1),
            "OverflowError: sell() argument 'count': integer 2147483648 does not fit 'int32_t'": lambda: (
                till.sell(2**31, 1)
            ),
            "OverflowError: sell() argument 'price': integer 300 does not fit 'uint8_t'": lambda: (
                till.sell(1, 300)
            ),
            "TypeError: name() argument 'text': a str is needed, not NoneType": lambda: till.name(
                None, ""
            ),
            "TypeError: name() argument 'nul': a str is needed, not bytes": lambda: till.name(
                "", b""
            ),
            "ValueError: name() argument 'nul': text that ends with NUL cannot contain one": lambda: (
                till.name("", "a\0b")
            ),
            "TypeError: rate() argument 'rate': must be real number, not str": lambda: till.rate(
                "1", package.Mode.Open, True
            ),
            "TypeError: rate() argument 'mode': an integer is required": lambda: till.rate(
                1.0, None, True
            ),
            "TypeError: point() argument 'point': something like Point is needed,"
            " and NoneType has no 'x'": lambda: till.point(None, []),
            "OverflowError: point() argument 'point': integer 256 does not fit 'uint8_t'": lambda: (
                till.point(package.Point(x=1, y=256), [])
            ),
            "TypeError: point() argument 'points': something like Point is needed,"
            " and int has no 'x'": lambda: till.point(point, [point, 5]),
            "OverflowError: point() argument 'points': integer 256 does not fit 'uint8_t'": lambda: (
                till.point(point, [point] * 256)
            ),
            "TypeError: visit() argument 'visit': a callable is needed, not NoneType": lambda: (
                till.visit(None)
            ),
            "TypeError: data() argument 'content': bytes are needed, not str": lambda: till.data(
                "text"
            ),
            "OverflowError: data() argument 'content': integer 256 does not fit 'uint8_t'": lambda: (
                till.data(bytes(256))
            ),
            "OverflowError: buy() argument 'count': can't convert negative number to unsigned": lambda: (
                plugin.buy(-1, [])
            ),
            "TypeError: buy() argument 'names': a str is needed, not NoneType": lambda: plugin.buy(
                1, ["a", None]
            ),
            "TypeError: buy() argument 'names': 'int' object is not iterable": lambda: plugin.buy(
                1, 5
            ),
        }
        assert till.four(b"1xx2") == ord("1") + ord("2")
        for wrong in (b"123", b"12345"):
            with pytest.raises(ValueError, match="`four`"):
                till.four(wrong)
        for text, call in calls.items():
            with pytest.raises((TypeError, ValueError, OverflowError)) as caught:
                call()
            assert f"{type(caught.value).__name__}: {caught.value}" == text


def test_names_of_arguments_are_free(bound: Bound) -> None:
    assert bound.plugin.told("abc", 1) == 4
    with pytest.raises(TypeError, match=r"told\(\) argument 'error'"):
        bound.plugin.told(None, 1)
    with pytest.raises(OverflowError, match=r"told\(\) argument 'name'"):
        bound.plugin.told("", 256)


def test_what_else_is_wrong_is_told_as_it_is(bound: Bound) -> None:
    def failing() -> Iterator[str]:
        yield "a"
        raise KeyError("theirs")

    with pytest.raises(KeyError, match="theirs"):
        bound.plugin.buy(1, failing())
