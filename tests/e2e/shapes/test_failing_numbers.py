"""The number that C gets for an exception: one that it takes for a failure, and has a name for."""

from __future__ import annotations

from typing import Any

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.0.0;
enum Status: i32 { OK = 0, EOF = 1, BAD = -2, IO = -3 }
open enum Loose: i32 { Fine = 0, Bad = 2, Worse = 3 }
@fails(< 0) callback Named(@ctx ctx: *mut void) -> Status;
@ok(Status::OK) callback Plain(@ctx ctx: *mut void) -> Status;
@fails(< 0) callback Count(@ctx ctx: *mut void) -> i32;
@ok(>= 0) callback AtLeast(@ctx ctx: *mut void) -> i32;
@ok(> 0) callback More(@ctx ctx: *mut void) -> u32;
@fails(-1, -7) callback Two(@ctx ctx: *mut void) -> i32;
@fails(> 1) callback Open(@ctx ctx: *mut void) -> Loose;
@fails(-1) callback One(@ctx ctx: *mut void) -> i32;
enum Said { Fine, TooSmall, Bad }
@ok(Said::Fine) @retry(Said::TooSmall)
callback Again(@ctx ctx: *mut void, room: *mut u8 @capacity(most) @written(used) @out, most: usize,
    used: *mut usize @out) -> Said;
entry fn again(f: Again @ctx(ctx) @scope(call), ctx: *mut void) -> i32;
entry fn named(f: Named @ctx(ctx) @scope(call), ctx: *mut void) -> i32;
entry fn plain(f: Plain @ctx(ctx) @scope(call), ctx: *mut void) -> i32;
entry fn count(f: Count @ctx(ctx) @scope(call), ctx: *mut void) -> i32;
entry fn at_least(f: AtLeast @ctx(ctx) @scope(call), ctx: *mut void) -> i32;
entry fn more(f: More @ctx(ctx) @scope(call), ctx: *mut void) -> i32;
entry fn two(f: Two @ctx(ctx) @scope(call), ctx: *mut void) -> i32;
entry fn open_(f: Open @ctx(ctx) @scope(call), ctx: *mut void) -> i32;
entry fn one(f: One @ctx(ctx) @scope(call), ctx: *mut void) -> i32;
"""

SOURCE = r"""
{NAME}_EXPORT int32_t again(Again f, void *ctx) {
    uint8_t room[8];
    size_t used = 0;
    return (int32_t)f(ctx, room, sizeof room, &used);
}
{NAME}_EXPORT int32_t named(Named f, void *ctx) { return (int32_t)f(ctx); }
{NAME}_EXPORT int32_t plain(Plain f, void *ctx) { return (int32_t)f(ctx); }
{NAME}_EXPORT int32_t count(Count f, void *ctx) { return f(ctx); }
{NAME}_EXPORT int32_t at_least(AtLeast f, void *ctx) { return f(ctx); }
{NAME}_EXPORT int32_t more(More f, void *ctx) { return (int32_t)f(ctx); }
{NAME}_EXPORT int32_t two(Two f, void *ctx) { return f(ctx); }
{NAME}_EXPORT int32_t open_(Open f, void *ctx) { return (int32_t)f(ctx); }
{NAME}_EXPORT int32_t one(One f, void *ctx) { return f(ctx); }
"""


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


def raising(error: BaseException) -> Any:
    def function() -> int:
        raise error

    return function


@pytest.mark.parametrize(
    ("name", "status", "number"),
    [
        # What is asked for, if it is a failure that there is.
        ("named", -3, -3),
        ("named", -9, -2),
        ("named", 1, -2),
        ("plain", -3, -3),
        ("count", -22, -22),
        ("count", 5, -1),
        ("at_least", -22, -22),
        ("at_least", 0, -1),
        ("more", 3, 0),
        ("two", -7, -7),
        ("two", -2, -1),
        ("open_", 9, 9),
        ("one", -5, -1),
        # What cannot be told is a failure all the same.
        *(
            (name, None, number)
            for name, number in (
                ("named", -2),
                ("plain", 1),
                ("count", -1),
                ("at_least", -1),
                ("more", 0),
                ("two", -1),
                ("open_", 2),
                ("one", -1),
                ("again", 2),
            )
        ),
    ],
)
def test_status_of_an_exception(bound: Bound, name: str, status: int | None, number: int) -> None:
    error = bound.package.CallError("no", status)
    assert getattr(bound.plugin, name)(raising(error)) == number
