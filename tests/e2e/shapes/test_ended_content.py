"""Content that a function beside it ends, which takes its length or does not."""

from __future__ import annotations

import sys

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.0.0;
struct One { data: own *mut u8 @len(len) @drop(end), len: usize, end: fn(data: *mut u8) }
struct Two { data: own *mut u8 @len(len) @drop(end), len: usize, end: fn(data: *mut u8, len: usize) }
callback Next(@ctx ctx: *mut void) -> own One;
entry fn one() -> own One;
entry fn two() -> own Two;
entry fn take_one(one: own One) -> usize;
entry fn take_two(two: own Two) -> usize;
entry fn ask(ctx: *mut void, next: Next @ctx(ctx) @scope(forever), times: usize) -> usize;
"""

SOURCE = r"""
static void end_one(uint8_t *data) { test_free(data); }
static void end_two(uint8_t *data, size_t len) { if (len == 3) test_free(data); }
{NAME}_EXPORT One one(void) { return (One){memcpy(test_malloc(3), "abc", 3), 3, end_one}; }
{NAME}_EXPORT Two two(void) { return (Two){memcpy(test_malloc(3), "abc", 3), 3, end_two}; }
{NAME}_EXPORT size_t take_one(One one) {
    size_t all = one.data[0] + one.len;
    one.end(one.data);
    return all;
}
{NAME}_EXPORT size_t take_two(Two two) {
    size_t all = two.data[0] + two.len;
    two.end(two.data, two.len);
    return all;
}
{NAME}_EXPORT size_t ask(void *ctx, Next next, size_t times) {
    size_t all = 0;
    while (times-- > 0) all += take_one(next(ctx));
    return all;
}
"""


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


def test_content_ends_once(bound: Bound) -> None:
    package, plugin = bound.package, bound.plugin
    assert plugin.one() == package.One(data=b"abc")
    assert plugin.two() == package.Two(data=b"abc")
    assert bound.counters.test_live() == 0
    assert plugin.take_one(package.One(data=b"\1\2")) == 3
    assert plugin.take_two(package.Two(data=b"\1\2")) == 3


def test_answers_are_not_held_by_the_callback(bound: Bound) -> None:
    """It is there for ever, and what it has given away was ended by the other side long ago."""
    package, plugin = bound.package, bound.plugin
    answers = [bytes([1, number]) for number in range(200)]
    count = [sys.getrefcount(each) for each in answers]
    waiting = iter(answers)
    assert plugin.ask(lambda: package.One(data=next(waiting)), 200) == 200 * 3
    assert [sys.getrefcount(each) for each in answers] == count
    assert plugin._abi_lib.binding.lasting == {}
