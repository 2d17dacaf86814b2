"""Handles that functions return or write, of every type that a handle may have."""

from __future__ import annotations

import pytest

from support.bindings import Bound, Workshop

DESCRIPTION = """
abi {NAME} 1.0.0;
opaque Session;
type Tape = *mut void;
type Disc = *mut void;
enum Status { Fine = 0, Broken = 1 }

vtable Studio {
    @create fn tape(copies: u32) -> own Tape?;
    @create @fails(null) fn disc(copies: u32) -> own Disc?;
    @create fn always(copies: u32) -> own Disc;
    @create fn number(copies: u32) -> u32 @invalid(0);
    @create(out_session) @ok(Fine)
    fn session(copies: u32, out_session: *mut (*mut Session?) @out) -> Status;
    @create(out_ticket) @ok(Fine) fn ticket(copies: u32, out_ticket: *mut u64 @out) -> Status;

    @handle(disc) fn disc_copies(disc: Disc) -> u32;
    @destroy(disc) fn disc_end(disc: Disc);
    @handle(tape) fn tape_copies(tape: Tape) -> u32;
    @destroy(tape) fn tape_end(tape: Tape?);
    @handle(number) fn number_copies(number: u32) -> u32;
    @destroy(number) fn number_end(number: u32);
    @handle(session) fn session_copies(session: *mut Session) -> u32;
    @destroy(session) fn session_end(session: *mut Session);
    @handle(ticket) fn ticket_copies(ticket: u64) -> u32;
    @destroy(ticket) fn ticket_end(ticket: u64);
}
entry fn open_studio() -> *const Studio;
entry fn ended() -> u32;
"""

SOURCE = r"""
struct Session { uint32_t copies; };
static uint32_t ends;
static void *made(uint32_t copies) {
    Session *session = copies ? malloc(sizeof *session) : 0;
    if (session) session->copies = copies;
    return session;
}
static uint32_t copies_of(void *handle) { return ((Session *)handle)->copies; }
static void end(void *handle) { ends++; free(handle); }
static uint32_t number(uint32_t copies) { return copies; }
static void number_end(uint32_t number) { (void)number; ends++; }
static Status session(uint32_t copies, Session **out) {
    *out = made(copies);
    return *out ? Status_Fine : Status_Broken;
}
static uint32_t session_copies(Session *session) { return session->copies; }
static void session_end(Session *session) { end(session); }
static Status ticket(uint32_t copies, uint64_t *out) {
    *out = copies + (1ull << 40);
    return copies ? Status_Fine : Status_Broken;
}
static uint32_t ticket_copies(uint64_t ticket) { return (uint32_t)(ticket - (1ull << 40)); }
static void ticket_end(uint64_t ticket) { (void)ticket; ends++; }
static const Studio studio = {
    .tape = made, .disc = made, .always = made, .number = number, .session = session, .ticket = ticket,
    .tape_copies = copies_of, .tape_end = end, .disc_copies = copies_of, .disc_end = end,
    .number_copies = number, .number_end = number_end,
    .session_copies = session_copies, .session_end = session_end,
    .ticket_copies = ticket_copies, .ticket_end = ticket_end,
};
{NAME}_EXPORT const Studio *open_studio(void) { return &studio; }
{NAME}_EXPORT uint32_t ended(void) { return ends; }
"""

KINDS = ("tape", "disc", "number", "session", "ticket")


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DESCRIPTION, SOURCE, mode)


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_handle_is_an_object_that_ends_once(bound: Bound, kind: str) -> None:
    studio = bound.plugin.open_studio()
    before = bound.plugin.ended()
    with getattr(studio, kind)(7) as handle:
        assert type(handle).__name__ == kind.capitalize()
        assert getattr(handle, f"{kind}_copies")() == 7
    handle.close()
    assert bound.plugin.ended() == before + 1
    with pytest.raises(bound.package.ClosedError):
        getattr(handle, f"{kind}_copies")()


@pytest.mark.parametrize("kind", KINDS)
def test_handles_end_before_what_made_them(bound: Bound, kind: str) -> None:
    studio = bound.plugin.open_studio()
    handle = getattr(studio, kind)(1)
    studio.close()
    assert handle.closed


def test_the_value_that_no_handle_has_is_none(bound: Bound) -> None:
    studio = bound.plugin.open_studio()
    assert studio.tape(0) is None
    assert studio.number(0) is None


@pytest.mark.parametrize("kind", ["disc", "session", "ticket"])
def test_a_failure_makes_no_handle(bound: Bound, kind: str) -> None:
    before = bound.plugin.ended()
    with pytest.raises(bound.package.CallError):
        getattr(bound.plugin.open_studio(), kind)(0)
    assert bound.plugin.ended() == before


def test_null_where_a_handle_is_promised_breaks_the_contract(bound: Bound) -> None:
    studio = bound.plugin.open_studio()
    assert studio.always(3).disc_copies() == 3
    with pytest.raises(bound.package.ContractError, match="null where the ABI promises Disc"):
        studio.always(0)
