"""Parameters may be called as generated code would like to call something of its own."""

from __future__ import annotations

from typing import Any

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.0.0;
@fails(< 0) entry fn filled(x: *mut u8 @capacity(y) @out, y: u8, y_size: *mut u32 @out) -> i32;
entry fn text(x: *const u8 @len(n), n: usize, x_data: *mut u32 @out, data_x: *mut u32 @out) -> u32;
entry fn told(result: *mut u32 @out, error: *mut u32 @out, said: *mut u32 @out) -> u32;
entry fn measured(result: *mut usize @out) -> *const u8 @len(result) @until(library);
entry fn shared(
    a: *const u32? @len(n), b: *const u32? @len(n), n: usize,
    n_count: *mut u32 @out, count_n: *mut u32 @out,
) -> u32;
entry fn words(lib: u32, lib_: u32, keep: *const u8 @len(asked), asked: u8, lib__: u32) -> u32;
vtable Guest {
    state: *mut void,
    fn told(
        self: mut, abi_data_x: *const u8 @len(abi_x), abi_x: u32, _abi_y: u32,
        abi_coroutine: u32, given1: u32, value: u32, entry: u32, result: *mut u32 @out,
    ) -> u32;
    fn measured(self: mut, result: *mut usize @out) -> *const u8 @len(result) @until(drop);
}
entry fn ask(guest: *mut Guest @until(call)) -> u32;
"""

SOURCE = r"""
{NAME}_EXPORT int32_t filled(uint8_t *x, uint8_t y, uint32_t *y_size) {
    memset(x, 'x', y);
    *y_size = 5;
    return y;
}
{NAME}_EXPORT uint32_t text(const uint8_t *x, size_t n, uint32_t *x_data, uint32_t *data_x) {
    *x_data = x[0];
    *data_x = x[1];
    return (uint32_t)n;
}
{NAME}_EXPORT uint32_t told(uint32_t *result, uint32_t *error, uint32_t *said) {
    *result = 1; *error = 2; *said = 3;
    return 4;
}
{NAME}_EXPORT const uint8_t *measured(size_t *result) {
    *result = 3;
    return (const uint8_t *)"abcdef";
}
{NAME}_EXPORT uint32_t shared(
    const uint32_t *a, const uint32_t *b, size_t n, uint32_t *n_count, uint32_t *count_n
) {
    *n_count = a ? a[0] : 0;
    *count_n = b ? b[0] : 0;
    return (uint32_t)n;
}
{NAME}_EXPORT uint32_t words(
    uint32_t lib, uint32_t lib_, const uint8_t *keep, uint8_t asked, uint32_t lib__
) {
    return lib * 1000 + lib_ * 100 + lib__ * 10 + keep[asked - 1];
}
{NAME}_EXPORT uint32_t ask(Guest *guest) {
    uint32_t result = 0;
    size_t length = 0;
    uint32_t told = guest->told(guest->state, (const uint8_t *)"hi", 2, 3, 4, 5, 6, 7, &result);
    const uint8_t *data = guest->measured(guest->state, &length);
    return told * 1000 + result * 100 + (uint32_t)length * 10 + data[length - 1];
}
"""


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


def test_names_of_what_is_written_are_free(bound: Bound) -> None:
    plugin = bound.plugin
    assert plugin.filled(3) == (3, 5, b"xxx")
    assert plugin.text(b"ab") == (2, ord("a"), ord("b"))
    assert plugin.told() == (4, 1, 2, 3)
    assert plugin.measured() == b"abc"
    assert plugin.shared([7, 8], [9, 10]) == (2, 7, 9)
    assert plugin.shared(None, [9]) == (1, 0, 9)


def test_names_of_arguments_are_free(bound: Bound) -> None:
    assert bound.plugin.words(1, 2, b"\3", 4) == 1243
    with pytest.raises(TypeError, match=r"words\(\) argument 'lib__'"):
        bound.plugin.words(1, "2", b"\3", 4)


def test_names_of_what_arrives_are_free(bound: Bound) -> None:
    class Guest:
        def told(self, *given: Any) -> tuple[int, int]:
            assert given == (b"hi", 3, 4, 5, 6, 7)
            return 8, 9

        def measured(self) -> bytes:
            return b"\1\2"

    assert bound.plugin.ask(Guest()) == 8922
