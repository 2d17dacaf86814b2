"""Text, bytes, lists and optional values: as parameters, results and fields, lent and owned."""

from __future__ import annotations

import gc

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.0.0;
allocator heap = malloc/free;
@string(ptr, len) struct Str { ptr: *const char, len: usize }
@string(ptr, len, cap) @owned(heap) struct Owned { ptr: *mut char, len: usize, cap: usize }
@bytes(ptr, len) struct Bytes { ptr: *const u8?, len: usize }
@bytes(ptr, len) struct Room { ptr: *mut u8, len: usize }
@list(data, len, cap) @owned(heap) struct Names { data: *mut Owned, len: usize, cap: usize }
@list(data, len) struct Numbers { data: *const i32?, len: usize }
struct Point { x: i32, label: Str, tags: *const Str @len(tag_count), tag_count: u32, name: [char; 8] }
@optional(found) struct Maybe { found: bool, number: i64 }

vtable Echo {
    state: *mut void,
    fn text(self: const, value: Str) -> Owned;
    fn lent(self: const) -> Str @until(drop);
    fn data(self: const, value: Bytes) -> u64;
    fn fill(self: const, room: Room);
    fn names(self: const, count: u32) -> Names;
    fn total(self: const, numbers: Numbers) -> i64;
    fn span(self: const, values: *const u16 @len(count), count: usize) -> u64;
    fn nul(self: const, value: *const char? @nul) -> own *mut char? @nul @owned(heap);
    fn until(self: const, values: *const i32 @until_value(-1)) -> i32;
    fn point(self: const, point: *const Point) -> i32;
    fn points(self: const, points: *const Point @len(n), n: u32) -> i32;
    fn maybe(self: const, number: i64) -> Maybe;
    fn absent(self: const, number: i32) -> i32 @none(-1);
    drop fn drop(self: own);
}
entry fn open_echo() -> own *mut Echo? @owned(heap);
"""

SOURCE = r"""
#include <stdio.h>
static Owned text(const void *self, Str value) {
    Owned made = {0};
    (void)self;
    made.cap = made.len = value.len;
    made.ptr = made.cap ? memcpy(malloc(made.cap), value.ptr, value.len) : (char *)"";
    return made;
}
static Str lent(const void *self) { (void)self; return (Str){"caf\303\251", 5}; }
static uint64_t data(const void *self, Bytes value) {
    uint64_t sum = 0;
    (void)self;
    for (size_t i = 0; i < value.len; i++) sum += value.ptr[i];
    return sum;
}
static void fill(const void *self, Room room) { (void)self; memset(room.ptr, 7, room.len); }
static Names names(const void *self, uint32_t count) {
    Names made = {malloc(count * sizeof(Owned) + 1), count, count ? count : 1};
    (void)self;
    for (uint32_t i = 0; i < count; i++) {
        char *each = malloc(16);
        int length = snprintf(each, 16, "name %u", i);
        made.data[i] = (Owned){each, (size_t)length, 16};
    }
    return made;
}
static int64_t total(const void *self, Numbers numbers) {
    int64_t sum = 0;
    (void)self;
    for (size_t i = 0; i < numbers.len; i++) sum += numbers.data[i];
    return sum;
}
static uint64_t span(const void *self, const uint16_t *values, size_t count) {
    uint64_t sum = 0;
    (void)self;
    for (size_t i = 0; i < count; i++) sum += values[i];
    return sum;
}
static char *nul(const void *self, const char *value) {
    (void)self;
    return value ? strcpy(malloc(strlen(value) + 1), value) : 0;
}
static int32_t until(const void *self, const int32_t *values) {
    int32_t count = 0;
    (void)self;
    while (values[count] != -1) count++;
    return count;
}
static int32_t point(const void *self, const Point *p) {
    (void)self;
    return p->x + (int32_t)p->label.len + (int32_t)p->tag_count + (int32_t)strlen(p->name);
}
static int32_t points(const void *self, const Point *p, uint32_t n) {
    int32_t sum = 0;
    for (uint32_t i = 0; i < n; i++) sum += point(self, p + i);
    return sum;
}
static Maybe maybe(const void *self, int64_t number) { (void)self; return (Maybe){number != 0, number}; }
static int32_t absent(const void *self, int32_t number) { (void)self; return number; }
static void drop(void *self) { counted_free(self); }
{NAME}_EXPORT Echo *open_echo(void) {
    Echo *made = malloc(sizeof *made);
    *made = (Echo){counted_malloc(1), text, lent, data, fill, names, total, span, nul, until, point, points,
                   maybe, absent, drop};
    return made;
}
"""


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


def test_everything(bound: Bound, mode: str) -> None:
    package, plugin, counters = bound
    assert plugin.mode == mode
    echo = plugin.open_echo()
    for text in ("", "a", "café", "a\0b", "x" * 100_000):
        assert echo.text(text) == text
    assert echo.lent() == "café"
    assert echo.data(b"\x01\x02") == 3
    assert echo.data(bytearray(b"")) == 0
    room = bytearray(3)
    echo.fill(room)
    assert room == b"\x07\x07\x07"
    with pytest.raises((TypeError, BufferError, ValueError)):
        echo.fill(b"abc")
    assert echo.names(3) == ["name 0", "name 1", "name 2"]
    assert echo.names(0) == []
    assert echo.total([1, -2, 3]) == 2
    assert echo.total([]) == 0
    assert echo.span([1, 65535]) == 65536
    with pytest.raises(OverflowError):
        echo.span([65536])
    assert (echo.nul("x é"), echo.nul(None), echo.nul("")) == ("x é", None, "")
    with pytest.raises(ValueError, match="NUL"):
        echo.nul("a\0b")
    assert echo.until([5, 6, 7]) == 3
    point = package.Point(x=1, label="ab", tags=["t", "u"], name="é")
    assert echo.point(point) == 1 + 2 + 2 + 2
    assert echo.points([point, point]) == 14
    assert (echo.maybe(0), echo.maybe(5)) == (None, 5)
    assert (echo.absent(-1), echo.absent(4)) == (None, 4)
    assert counters.test_live() == 1
    echo.close()
    echo.close()
    assert counters.test_live() == 0
    with pytest.raises(package.ClosedError):
        echo.lent()


def test_garbage_ends_it_once(bound: Bound) -> None:
    echo = bound.plugin.open_echo()
    assert bound.counters.test_live() == 1
    del echo
    gc.collect()
    assert bound.counters.test_live() == 0
