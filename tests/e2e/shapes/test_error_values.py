"""An error of the ABI that crosses as any value does: given, returned, held, and told to a callback."""

from __future__ import annotations

from typing import Any

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.0.0;
enum Phase: u8 { Load = 1, Run = 2 }
@error_buffer(text, len)
struct Fault {
    phase: Phase, code: i32, text: [char; 16], len: usize,
    status: u16, message: u32, value: bool, args: u8, with_traceback: i8, add_note: u8,
}
struct Report { number: u32, fault: Fault }
callback Told(@ctx ctx: *mut void, fault: *const Fault) -> i32;
entry fn weigh(fault: *const Fault) -> i32;
entry fn moved(fault: Fault) -> Fault;
entry fn count(report: *const Report) -> u32;
entry fn tell(told: Told @ctx(ctx) @scope(call), ctx: *mut void) -> i32;
"""

SOURCE = r"""
{NAME}_EXPORT int32_t weigh(const Fault *fault) {
    return fault->code + (int32_t)fault->len + (int32_t)fault->phase * 1000;
}
{NAME}_EXPORT Fault moved(Fault fault) {
    fault.code += 1; fault.text[0] = 'F'; fault.status += 1; fault.args += 1;
    return fault;
}
{NAME}_EXPORT uint32_t count(const Report *report) {
    return report->number + (uint32_t)report->fault.len;
}
{NAME}_EXPORT int32_t tell(Told told, void *ctx) {
    Fault fault = {Phase_Run, 7, "gone", 4, 0, 0, false, 0, 0, 0};
    return told(ctx, &fault);
}
"""


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


@pytest.fixture
def fault(bound: Bound) -> Any:
    return bound.package.Fault("fault", phase=bound.package.Phase.Run, code=40)


def test_given(bound: Bound, fault: Any) -> None:
    assert bound.plugin.weigh(fault) == 2045
    assert bound.plugin.count(bound.package.Report(3, fault)) == 8


def test_returned(bound: Bound, fault: Any) -> None:
    found = bound.plugin.moved(fault)
    assert isinstance(found, bound.package.Fault)
    assert (found.message, found.code, found.phase) == ("Fault", 41, bound.package.Phase.Run)


def test_told(bound: Bound) -> None:
    told: list[Any] = []

    def hear(fault: Any) -> int:
        told.append(fault)
        return int(fault.code)

    assert bound.plugin.tell(hear) == 7
    assert [(each.message, each.phase.name) for each in told] == [("gone", "Run")]


def test_a_text_that_is_too_long_is_cut(bound: Bound) -> None:
    assert bound.plugin.moved(bound.package.Fault("long" * 9)).message == "Fong" + "long" * 3


def test_fields_called_as_what_exceptions_have(bound: Bound) -> None:
    made = bound.package.Fault("fault", 3, code=1, status_=500, message_=7, value_=True, args_=8)
    found = bound.plugin.moved(made)
    assert (found.status, found.status_, found.message_, found.value_) == (None, 501, 7, True)
    assert (found.args_, found.with_traceback_, found.add_note_) == (9, 0, 0)
    assert str(found) == "Fault (phase=Load, code=2, status_=501, message_=7, value_=True, args_=9)"
