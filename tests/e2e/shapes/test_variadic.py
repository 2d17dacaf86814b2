"""Functions with a variable number of arguments: Python calls them, with values of C, and makes none."""

from __future__ import annotations

import cffi
import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.0.0;
callback Sum(count: u32, ...) -> i32;
@object(self) vtable Host {
    fn add(self: const, count: u32, ...) -> i32;
    optional fn trace(self: const, format: *const char @nul, ...);
}
@object(self) vtable Quiet {
    optional fn trace(self: const, format: *const char @nul, ...);
    fn done(self: const) -> i32;
}
entry fn plugin_sum(count: u32, ...) -> i32;
entry fn plugin_host() -> *const Host;
entry fn plugin_is(host: *const Host @until(call)) -> bool;
entry fn plugin_quiet(quiet: *const Quiet @until(call)) -> i32;
entry fn plugin_function() -> Sum;
entry fn plugin_try(sum: Sum @scope(call)) -> i32;
"""

SOURCE = r"""
#include <stdarg.h>
static int32_t all(uint32_t count, va_list given) {
    int32_t sum = 0;
    while (count--) sum += va_arg(given, int);
    return sum;
}
{NAME}_EXPORT int32_t plugin_sum(uint32_t count, ...) {
    va_list given;
    va_start(given, count);
    int32_t sum = all(count, given);
    va_end(given);
    return sum;
}
static int32_t add(const Host *self, uint32_t count, ...) {
    (void)self;
    va_list given;
    va_start(given, count);
    int32_t sum = all(count, given);
    va_end(given);
    return sum;
}
static const Host host = {add, NULL};
{NAME}_EXPORT const Host *plugin_host(void) { return &host; }
{NAME}_EXPORT bool plugin_is(const Host *given) { return given == &host; }
{NAME}_EXPORT int32_t plugin_quiet(const Quiet *quiet) { return quiet->trace ? -1 : quiet->done(quiet); }
{NAME}_EXPORT Sum plugin_function(void) { return plugin_sum; }
{NAME}_EXPORT int32_t plugin_try(Sum sum) { return sum(2, 30, 12); }
"""

FFI = cffi.FFI()


def numbers(*given: int) -> list[object]:
    return [FFI.cast("int", each) for each in given]


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


def test_entries_slots_and_functions_are_called(bound: Bound) -> None:
    assert bound.plugin.plugin_sum(0) == 0
    assert bound.plugin.plugin_sum(3, *numbers(1, 2, 3)) == 6
    assert bound.plugin.plugin_host().add(2, *numbers(40, 2)) == 42
    assert bound.plugin.plugin_function()(1, *numbers(7)) == 7


def test_the_rest_is_of_c(bound: Bound) -> None:
    with pytest.raises(TypeError, match="variadic part"):
        bound.plugin.plugin_sum(1, 5)


class Adder:
    def add(self, count: int, *rest: object) -> int:
        return count

    def trace(self, format: str, *rest: object) -> None: ...

    def done(self) -> int:
        return 9


def test_no_object_of_ours_has_one(bound: Bound) -> None:
    with pytest.raises(TypeError, match="a HostProxy is needed, not Adder"):
        bound.plugin.plugin_is(Adder())
    assert bound.plugin.plugin_is(bound.plugin.plugin_host()) is True


def test_one_that_may_be_null_is_null(bound: Bound) -> None:
    assert bound.plugin.plugin_quiet(Adder()) == 9


def test_a_function_goes_back_and_none_of_ours_goes(bound: Bound) -> None:
    assert bound.plugin.plugin_try(bound.plugin.plugin_function()) == 42
    with pytest.raises(TypeError, match="a variable number of arguments"):
        bound.plugin.plugin_try(lambda count, *rest: count)
