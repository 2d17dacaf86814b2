"""Lengths: what is as long as something else says, what shares a length, and what tells its own."""

from __future__ import annotations

import array
from typing import Any

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.0.0;
allocator heap = malloc/free;
type Text = *const char @nul;
struct Matrix { rows: u32, x: *const f64 @len(rows * 4) }
struct Series { x: *const i32 @len(n), w: *const f64? @len(n), y: *const i32 @len(n), n: u32 }
entry fn three(x: *const f64 @len(3)) -> f64;
entry fn odd(n: usize, x: *const f64 @len(n * 2 + 1)) -> f64;
entry fn between(data: *const u8 @len(n), n: usize, gaps: *const u8 @len(n - 1)) -> u32;
entry fn raw(n: usize, x: *const u16 @size(n * 4)) -> u32;
entry fn matrix(m: *const Matrix) -> f64;
entry fn series(s: Series) -> f64;
entry fn weighted(a: *const i32 @len(n), w: *const f64? @len(n), n: usize) -> f64;
entry fn both_or_none(a: *const i32? @len(n), b: *const i32? @len(n), n: usize) -> i64;
entry fn view(data: *const u8 @len(n), n: usize) -> *const u8 @len(n) @keeps(data);
entry fn primes(n: *mut usize @out) -> *const u16 @len(n) @until(library);
entry fn maybe(want: bool, n: *mut u32 @out, more: *mut u32 @out) -> *const u16? @len(n) @until(library);
entry fn until(xs: *const u16 @until_value(0)) -> usize;
entry fn texts() -> *const Text @until_value(0) @until(library);
entry fn length(text: *const char @nul) -> usize;
entry fn length_or_none(text: *const char? @nul) -> i64;
entry fn lengths(texts: *const Text @len(n), n: usize) -> usize;
callback Visit(@ctx ctx: *mut void) -> i32;
entry fn visit(visit: Visit @scope(call) @ctx(ctx), ctx: *mut void) -> i32;
@bytes(p, n) struct Bytes { p: *const u8?, n: usize }
entry fn in_bytes(bytes: Bytes) -> usize;
entry fn in_span(data: *const void @len(n), n: u16) -> usize;
@failure(why) struct Outcome { why: [char; 16] @nul, @value n: u32 }
entry fn count_texts(texts: *const Text @until_value(0)) -> usize;

vtable Host {
    state: *mut void,
    fn tags(self: const, n: *mut usize @out) -> *const Text @len(n) @until(drop);
    fn none(self: const, n: *mut u8 @out) -> *const u8? @len(n) @until(next);
    fn outcome(self: const) -> Outcome;
    fn three(self: const) -> *const i32 @len(3) @until(drop);
    fn divide(self: const, a: i32, b: i32, quotient: *mut i32 @out, rest: *mut i32 @out);
    @get fn data(self: const, n: *mut usize @out) -> *const u8 @len(n) @until(drop),
    @set(data) fn set_data(self: mut, p: *const u8 @len(n), n: usize),
}
entry fn host_tags(host: *const Host @until(call)) -> i64;
entry fn host_none(host: *const Host @until(call)) -> i64;
entry fn host_outcome(host: *const Host @until(call)) -> own *mut char @nul @owned(heap);
entry fn host_three(host: *const Host @until(call)) -> i64;
entry fn host_divide(host: *const Host @until(call)) -> i64;
entry fn open_host() -> *const Host @until(library);
"""

SOURCE = r"""
static double sum(const double *x, size_t n) {
    double r = 0;
    for (size_t i = 0; i < n; i++) r += x[i];
    return r;
}
{NAME}_EXPORT double three(const double *x) { return sum(x, 3); }
{NAME}_EXPORT double odd(size_t n, const double *x) { return sum(x, n * 2 + 1); }
{NAME}_EXPORT uint32_t between(const uint8_t *data, size_t n, const uint8_t *gaps) {
    uint32_t r = 0;
    for (size_t i = 0; i < n; i++) r += data[i] + (i + 1 < n ? gaps[i] : 0);
    return r;
}
{NAME}_EXPORT uint32_t raw(size_t n, const uint16_t *x) {
    uint32_t r = 0;
    for (size_t i = 0; i < n * 2; i++) r += x[i];
    return r;
}
{NAME}_EXPORT double matrix(const Matrix *m) { return sum(m->x, m->rows * 4); }
{NAME}_EXPORT double weighted(const int32_t *a, const double *w, size_t n) {
    double r = 0;
    for (size_t i = 0; i < n; i++) r += a[i] * (w ? w[i] : 1);
    return r;
}
{NAME}_EXPORT double series(Series s) { return weighted(s.x, s.w, s.n) + weighted(s.y, 0, s.n); }
{NAME}_EXPORT int64_t both_or_none(const int32_t *a, const int32_t *b, size_t n) {
    return (int64_t)n * 100 + (a ? 10 : 0) + (b ? 1 : 0);
}
{NAME}_EXPORT const uint8_t *view(const uint8_t *data, size_t n) { (void)n; return data; }
{NAME}_EXPORT const uint16_t *primes(size_t *n) {
    static const uint16_t all[] = {2, 3, 5};
    *n = 3;
    return all;
}
{NAME}_EXPORT const uint16_t *maybe(bool want, uint32_t *n, uint32_t *more) {
    size_t count;
    const uint16_t *all = primes(&count);
    *n = want ? 2 : 77;
    *more = 1;
    return want ? all : 0;
}
{NAME}_EXPORT size_t until(const uint16_t *xs) { size_t n = 0; while (xs[n]) n++; return n; }
{NAME}_EXPORT const Text *texts(void) { static const Text all[] = {"a", "b\303\251", 0}; return all; }
{NAME}_EXPORT size_t length(const char *text) { return strlen(text); }
{NAME}_EXPORT int64_t length_or_none(const char *text) { return text ? (int64_t)strlen(text) : -1; }
{NAME}_EXPORT size_t lengths(const Text *texts, size_t n) {
    size_t r = 0;
    for (size_t i = 0; i < n; i++) r += strlen(texts[i]);
    return r;
}
{NAME}_EXPORT int32_t visit(Visit visit, void *ctx) { return visit(ctx); }
{NAME}_EXPORT size_t in_bytes(Bytes bytes) { return bytes.n * 1000 + (bytes.n ? bytes.p[bytes.n - 1] : 0); }
{NAME}_EXPORT size_t in_span(const void *data, uint16_t n) {
    return n ? ((const uint8_t *)data)[n - 1] : 0;
}
{NAME}_EXPORT size_t count_texts(const Text *texts) { size_t n = 0; while (texts[n]) n++; return n; }
{NAME}_EXPORT int64_t host_tags(const Host *host) {
    size_t n = 1000;
    const Text *tags = host->tags(host->state, &n);
    int64_t r = (int64_t)n * 100;
    for (size_t i = 0; i < n; i++) r += (int64_t)strlen(tags[i]);
    return r;
}
{NAME}_EXPORT int64_t host_none(const Host *host) {
    uint8_t n = 77;
    const uint8_t *data = host->none(host->state, &n);
    return n * 10 + (data != 0);
}
{NAME}_EXPORT int64_t host_three(const Host *host) {
    const int32_t *three = host->three(host->state);
    return three ? three[0] + three[1] + three[2] : -1;
}
{NAME}_EXPORT int64_t host_divide(const Host *host) {
    int32_t quotient = 77, rest = 88;
    host->divide(host->state, 17, 5, &quotient, &rest);
    return quotient * 10 + rest;
}
{NAME}_EXPORT char *host_outcome(const Host *host) {
    Outcome outcome = host->outcome(host->state);
    return strcpy(malloc(16), outcome.why);
}
static Outcome outcome(const void *self) { (void)self; return (Outcome){"", 5}; }
static const Text *tags(const void *self, size_t *n) { (void)self; *n = 2; return texts(); }
static const uint8_t *none(const void *self, uint8_t *n) { (void)self; *n = 9; return 0; }
static const int32_t *host_three_(const void *self) {
    static const int32_t all[] = {1, 2, 3};
    (void)self;
    return all;
}
static void divide(const void *self, int32_t a, int32_t b, int32_t *quotient, int32_t *rest) {
    (void)self; *quotient = a / b; *rest = a % b;
}
static const uint8_t *data(const void *self, size_t *n) { *n = 2; return self; }
static char held[] = "ab";
static void set_data(void *self, const uint8_t *p, size_t n) { memcpy(self, p, n < 2 ? n : 2); }
{NAME}_EXPORT const Host *open_host(void) {
    static Host host = {held, tags, none, outcome, host_three_, divide, data, set_data};
    return &host;
}
"""


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


@pytest.fixture
def plugin(bound: Bound) -> Any:
    return bound.plugin


def test_arrays_are_as_long_as_is_said(bound: Bound, plugin: Any) -> None:
    matrix = bound.package.Matrix
    assert plugin.three([1.0, 2.0, 3.0]) == 6.0
    assert plugin.odd(1, [1.0, 2.0, 3.0]) == 6.0
    assert plugin.between(b"\1\2\3", b"\4\5") == 15
    assert plugin.raw(1, [3, 4]) == 7
    assert plugin.matrix(matrix(rows=1, x=[1.0] * 4)) == 4.0
    for short in (
        lambda: plugin.three([1.0]),
        lambda: plugin.three([1.0] * 4),
        lambda: plugin.odd(1000, [1.0]),
        lambda: plugin.between(b"\1\2\3", b"\4"),
        lambda: plugin.raw(2, [3, 4]),
        lambda: plugin.matrix(matrix(rows=1000, x=[1.0])),
    ):
        with pytest.raises(ValueError, match=r"`x`|`gaps`"):
            short()


def test_arrays_that_share_a_length(bound: Bound, plugin: Any) -> None:
    series = bound.package.Series
    assert plugin.weighted([1, 2], [0.5, 2.0]) == 4.5
    assert plugin.weighted([1, 2], None) == 3.0
    assert plugin.both_or_none([1, 2], None) == 210
    assert plugin.both_or_none(None, [1]) == 101
    assert plugin.both_or_none(None, None) == 0
    assert plugin.series(series(x=[1, 2], w=None, y=[3, 4])) == 10.0
    assert plugin.series(series(x=[1, 2], w=[1.0, 0.0], y=[3, 4])) == 8.0
    with pytest.raises(ValueError, match="`w`"):
        plugin.weighted([1, 2], [1.0])
    with pytest.raises(ValueError, match="`y`"):
        plugin.series(series(x=[1] * 1000, w=None, y=[3]))


def test_results_tell_their_length(plugin: Any) -> None:
    assert plugin.view(b"abc") == b"abc"
    assert plugin.primes() == [2, 3, 5]
    assert plugin.maybe(True) == ([2, 3], 1)
    assert plugin.maybe(False) == (None, 1)
    host = plugin.open_host()
    assert host.tags() == ["a", "bé"]
    assert host.none() is None
    assert host.data == b"ab"
    host.set_data(b"xy")
    assert host.data == b"xy"
    host.set_data(b"ab")


def test_what_ends_an_array_is_not_in_it(plugin: Any) -> None:
    assert plugin.until([1, 2]) == 2
    assert plugin.texts() == ["a", "bé"]
    assert plugin.count_texts(["a", "b", ""]) == 3
    with pytest.raises(ValueError, match="0 marks the end"):
        plugin.until([1, 0, 2])


def test_none_is_no_text_and_no_function(plugin: Any) -> None:
    assert (plugin.length("abc"), plugin.lengths(["a", "bc"])) == (3, 3)
    assert (plugin.length_or_none("ab"), plugin.length_or_none(None)) == (2, -1)
    assert plugin.visit(lambda: 5) == 5
    for wrong in (
        lambda: plugin.length(None),
        lambda: plugin.lengths(["a", None]),
        lambda: plugin.count_texts(["a", None]),
        lambda: plugin.length(5),
        lambda: plugin.visit(None),
    ):
        with pytest.raises(TypeError, match="is needed, not"):
            wrong()


def test_bytes_are_counted_and_not_items(plugin: Any) -> None:
    numbers = memoryview(array.array("I", [1, 2, 0x7000000]))
    assert plugin.in_bytes(numbers) == 12007
    assert plugin.in_bytes(array.array("H", [0x101])) == 2001
    assert plugin.in_bytes(memoryview(b"ab")) == 2000 + ord("b")
    assert plugin.in_span(numbers) == 7
    assert plugin.in_span(b"ab") == ord("b")
    with pytest.raises(TypeError, match="bytes are needed, not str"):
        plugin.in_bytes("text")


class Host:
    data = b""

    def set_data(self, p: bytes) -> None:
        self.data = p

    def tags(self) -> list[str]:
        return ["ab", "c"]

    def none(self) -> bytes | None:
        return None

    def outcome(self) -> int:
        raise ValueError("a reason of more than fifteen bytes")

    def three(self) -> list[int]:
        return [1, 2, 3]

    def divide(self, a: int, b: int) -> tuple[int, int]:
        return divmod(a, b)


def test_hosts_return_what_is_as_long_as_they_say(plugin: Any) -> None:
    host = Host()
    assert plugin.host_tags(host) == plugin.host_tags(host) == 203
    assert plugin.host_none(host) == 0
    host.none = lambda: b"abc"  # type: ignore[method-assign]
    assert plugin.host_none(host) == plugin.host_none(host) == 31
    assert plugin.host_three(host) == 6
    assert plugin.host_divide(host) == 32
    assert plugin.host_outcome(host) == "ValueError: a r"
    assert plugin.open_host().outcome() == 5


def test_what_was_not_written_is_zero(plugin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[str] = []
    monkeypatch.setattr("sys.unraisablehook", lambda args: reported.append(str(args.exc_value)))
    host = Host()
    host.tags = lambda: ["a", 5]  # type: ignore[method-assign, list-item]
    assert plugin.host_tags(host) == 0
    host.none = lambda: b"x" * 300  # type: ignore[method-assign]
    assert plugin.host_none(host) == 0
    host.three = lambda: [1]  # type: ignore[method-assign]
    assert plugin.host_three(host) == -1
    host.divide = lambda a, b: (a, "b")  # type: ignore[method-assign]
    assert plugin.host_divide(host) == 0
    assert len(reported) == 4
