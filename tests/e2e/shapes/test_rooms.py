"""Arrays that callees fill: how much room there is, how much was filled, and what there is no room for."""

from __future__ import annotations

from typing import Any

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.0.0;
struct Point { x: i32, y: i32 }
entry fn said(room: *mut u8 @capacity(most) @out, most: usize) -> i32;
@retry(-2) @fails(< 0) entry fn title(room: *mut char @capacity(most) @out @nul, most: usize) -> i32;
@retry(-2) @fails(< 0) entry fn bytes(want: usize, room: *mut u8 @capacity(most) @out, most: usize) -> i32;
@retry(-2) @fails(< 0) entry fn all_of(want: usize, room: *mut u8 @capacity(most) @written(used) @out,
    most: usize, used: *mut usize @out) -> i32;
entry fn halves(room: *mut f64 @capacity(n) @out, n: usize);
entry fn table(rows: usize, room: *mut u8 @capacity(rows * 3) @written(used) @out, used: *mut u32 @out);
entry fn numbers(want: u32, room: *mut u32 @capacity(most) @written(used) @out, most: usize,
    used: *mut usize @out);
entry fn points(room: *mut Point @capacity(most) @written(used) @out, most: u8, used: *mut u8 @out);
entry fn tiny(want: i32, room: *mut u8 @capacity(most) @written(used) @out, most: u8, used: *mut i32 @out);
entry fn name(room: *mut char @capacity(most) @written(used) @out @nul, most: usize, used: *mut usize @out);
entry fn raw(room: *mut char @capacity(most) @out @nul @encoding(bytes), most: usize);
entry fn cell(room: *mut u32 @len(n) @out, n: *mut usize @inout);
entry fn both(a: *mut u8 @capacity(most) @written(used) @out, most: usize, used: *mut usize @out,
    b: *mut i16 @capacity(more) @written(filled) @out, more: i32, filled: *mut i32 @out) -> u8;
entry fn doubled(from: *const i32 @len(n), n: usize, room: *mut i32 @capacity(n) @written(used) @out,
    used: *mut usize @out);
@retry(1) entry fn endless(room: *mut u8 @capacity(most) @out, most: u8) -> i32;

vtable Host {
    state: *mut void,
    fn name(self: const, room: *mut char @capacity(most) @written(used) @out @nul, most: usize,
        used: *mut usize @out);
    @retry(-2) @fails(-1) fn read(self: const, room: *mut u16 @capacity(most) @written(used) @out,
        most: usize, used: *mut usize @out) -> i32;
    fn fill(self: const, room: *mut i32 @capacity(most) @out, most: usize);
    fn cell(self: const, room: *mut u32 @len(n) @out, n: *mut usize @inout);
}
entry fn host_name(host: *const Host @until(call), most: usize) -> i64;
entry fn host_read(host: *const Host @until(call), most: usize) -> i64;
entry fn host_fill(host: *const Host @until(call)) -> i64;
entry fn host_cell(host: *const Host @until(call)) -> i64;
"""

SOURCE = r"""
{NAME}_EXPORT int32_t said(uint8_t *room, size_t most) { memset(room, 'x', most); return 7; }
{NAME}_EXPORT int32_t title(char *room, size_t most) {
    if (most < 8) return -2;
    memcpy(room, "a title", 8);
    return 8;
}
{NAME}_EXPORT int32_t bytes(size_t want, uint8_t *room, size_t most) {
    if (want > most) return -2;
    memset(room, 'x', most);
    return want == 13 ? -3 : (int32_t)want;
}
{NAME}_EXPORT int32_t all_of(size_t want, uint8_t *room, size_t most, size_t *used) {
    *used = want;
    return bytes(want, room, most);
}
{NAME}_EXPORT void halves(double *room, size_t n) { for (size_t i = 0; i < n; i++) room[i] = i * 0.5; }
{NAME}_EXPORT void table(size_t rows, uint8_t *room, uint32_t *used) {
    memset(room, 'r', rows * 3);
    *used = (uint32_t)rows * 2;
}
{NAME}_EXPORT void numbers(uint32_t want, uint32_t *room, size_t most, size_t *used) {
    for (uint32_t i = 0; i < want && i < most; i++) room[i] = 1000 + i;
    *used = want;
}
{NAME}_EXPORT void points(Point *room, uint8_t most, uint8_t *used) {
    for (int i = 0; i < 2 && i < most; i++) room[i] = (Point){i, most};
    *used = 2;
}
{NAME}_EXPORT void tiny(int32_t want, uint8_t *room, uint8_t most, int32_t *used) {
    memset(room, 't', most);
    *used = want;
}
{NAME}_EXPORT void name(char *room, size_t most, size_t *used) {
    *used = most > 7 ? 7 : 0;
    memcpy(room, "caf\303\251\0x", *used);
}
{NAME}_EXPORT void raw(char *room, size_t most) { memset(room, 0, most); room[0] = '\377'; }
{NAME}_EXPORT void cell(uint32_t *room, size_t *n) {
    for (size_t i = 0; i < *n; i++) room[i] = 5;
    *n = *n > 3 ? 3 : *n;
}
{NAME}_EXPORT uint8_t both(uint8_t *a, size_t most, size_t *used, int16_t *b, int32_t more,
                           int32_t *filled) {
    *used = most > 1; a[0] = 'a'; *filled = more > 2 ? 2 : 0; b[0] = -1; b[1] = -2;
    return 9;
}
{NAME}_EXPORT void doubled(const int32_t *from, size_t n, int32_t *room, size_t *used) {
    for (size_t i = 0; i < n; i++) room[i] = from[i] * 2;
    *used = n;
}
{NAME}_EXPORT int32_t endless(uint8_t *room, uint8_t most) { memset(room, 0, most); return 1; }
{NAME}_EXPORT int64_t host_name(const Host *host, size_t most) {
    char room[16];
    size_t used = 77;
    memset(room, 'z', sizeof room);
    host->name(host->state, room, most, &used);
    return (int64_t)used * 100 + (used ? (int64_t)strlen(room) : room[0]);
}
{NAME}_EXPORT int64_t host_read(const Host *host, size_t most) {
    uint16_t room[8] = {0};
    size_t used = 77;
    int32_t said = host->read(host->state, room, most, &used);
    return said == -2 ? -(int64_t)used : said * 1000 + (int64_t)used * 100 + room[used - 1];
}
{NAME}_EXPORT int64_t host_fill(const Host *host) {
    int32_t room[4] = {9, 9, 9, 9};
    host->fill(host->state, room, 3);
    return room[0] * 1000 + room[1] * 100 + room[2] * 10 + room[3];
}
{NAME}_EXPORT int64_t host_cell(const Host *host) {
    uint32_t room[4] = {0};
    size_t n = 4;
    host->cell(host->state, room, &n);
    return (int64_t)n * 100 + room[0];
}
"""


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


@pytest.fixture
def plugin(bound: Bound) -> Any:
    return bound.plugin


def test_the_caller_says_how_much_room_there_is(bound: Bound, plugin: Any) -> None:
    assert plugin.said(5) == (7, b"xxxxx")
    assert plugin.said(0) == (7, b"")
    with pytest.raises(OverflowError, match="'most'"):
        plugin.said(-1)
    assert plugin.halves(4) == [0.0, 0.5, 1.0, 1.5]
    assert plugin.table(4) == b"rrrrrrrr"
    assert plugin.title(64) == (8, "a title")
    assert plugin.raw(3) == b"\xff"
    assert plugin.cell(2) == [5, 5]
    assert plugin.cell(9) == [5, 5, 5]
    assert plugin.doubled([1, 2, 3]) == [2, 4, 6]


def test_more_room_is_asked_for(bound: Bound, plugin: Any) -> None:
    assert plugin.title(2) == (8, "a title")
    said, data = plugin.bytes(100, 3)
    assert (said, data[:100], len(data) >= 100) == (100, b"x" * 100, True)
    with pytest.raises(bound.package.CallError) as caught:
        plugin.bytes(13, 20)
    assert caught.value.status == -3
    for size in (0, 5, 4096, 4097, 100_000):
        assert plugin.all_of(size) == (size, b"x" * size)
    with pytest.raises(bound.package.ContractError, match="255"):
        plugin.endless(3)


def test_elements_are_counted_and_not_bytes(bound: Bound, plugin: Any) -> None:
    assert plugin.numbers(3) == [1000, 1001, 1002]
    assert plugin.numbers(5000) == [1000 + each for each in range(4096)]
    assert plugin.points() == [bound.package.Point(0, 255), bound.package.Point(1, 255)]
    assert plugin.tiny(2) == b"tt"
    assert plugin.tiny(300) == b"t" * 255
    with pytest.raises(bound.package.ContractError, match="-1"):
        plugin.tiny(-1)
    assert plugin.name() == "café"
    assert plugin.both() == (9, b"a", [-1, -2])


class Host:
    """What Python fills."""

    def __init__(self, name: str = "") -> None:
        self.said = name

    def name(self) -> str:
        return self.said

    def read(self) -> tuple[int, list[int]]:
        return 4, [1, 2, 3]

    def fill(self, most: int) -> list[int]:
        return [7] * most

    def cell(self, n: int) -> list[int]:
        return [n] * 2


def test_python_fills_rooms(plugin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host("abc")
    assert plugin.host_name(host, 16) == 403
    assert plugin.host_read(host, 8) == 4303
    assert plugin.host_read(host, 2) == -3
    assert plugin.host_fill(host) == 7779
    assert plugin.host_cell(host) == 204


def test_what_does_not_fit_is_not_written(plugin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[str] = []
    monkeypatch.setattr("sys.unraisablehook", lambda args: reported.append(str(args.exc_value)))
    assert plugin.host_name(Host("abcd"), 4) == 0
    host = Host()
    host.fill = lambda most: [1]  # type: ignore[method-assign]
    assert plugin.host_fill(host) == 9
    host.cell = lambda n: [1] * (n + 1)  # type: ignore[method-assign]
    assert plugin.host_cell(host) == 0
    assert len(reported) == 3
