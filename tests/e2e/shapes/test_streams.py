"""What threads of a plugin push, read with ``for``: order, back-pressure, ends, failures."""

from __future__ import annotations

import gc
import itertools
import os
import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from support.bindings import Bound, Workshop
from support.streams import PATIENCE, numbers, settled, watched


@pytest.fixture
def bound(workshop: Workshop, mode: str) -> Iterator[Bound]:
    with watched(workshop, mode) as bound:
        yield bound


# --- what is a stream


def test_which_callbacks_are_streams(bound: Bound) -> None:
    found = {name for name in dir(bound.package) if name.endswith("Stream")}
    assert found == {
        *("PushStream", "NumberStream", "PairStream", "NoteStream", "StatusStream", "BareStream"),
        *("DoneStream", "FlagStream"),
    }


def test_events_come_in_order_until_the_end(bound: Bound) -> None:
    with bound.plugin.open_source() as source, source.receiver(1, 1000) as receiver:
        assert numbers(receiver.stream(capacity=7)) == list(range(1000))


def test_a_stream_of_several_threads_ends_once(bound: Bound) -> None:
    with bound.plugin.open_source() as source, source.receiver(8, 250) as receiver:
        stream = receiver.stream()
        assert sorted(numbers(stream)) == sorted(list(range(250)) * 8)
        assert list(stream) == []
        with pytest.raises(bound.package.ClosedError, match="over"):
            stream.get()


def test_a_receiver_lives_as_long_as_its_stream(bound: Bound) -> None:
    with bound.plugin.open_source() as source:
        assert numbers(source.receiver(1, 300).stream(capacity=2)) == list(range(300))


def test_each_kind_of_push(bound: Bound) -> None:
    package = bound.package
    with bound.plugin.open_source() as source:
        made = {
            "number": package.NumberStream(source.on_number),
            "pair": package.PairStream(source.on_pair),
            "note": package.NoteStream(source.on_note),
            "status": package.StatusStream(source.on_status),
            "bare": package.BareStream(source.on_bare),
            "done": package.DoneStream(source.on_done),
            "flag": package.FlagStream(source.on_flag),
        }
        source.start(1, 3, 0)
        source.join()
        assert list(made["done"]) == [3]
        assert list(made["flag"]) == [0, 1, 2]
        source.off_note()
        notes = list(made["note"])
        assert [(each.number, each.text, each.kind.name) for each in notes] == [
            (0, "note 0", "Even"),
            (1, "note 1", "Odd"),
            (2, "note 2", "Even"),
        ]
        assert [made["status"].get() for _ in range(3)] == [0, 1, 2]
    # The object that they are scoped to has ended.
    assert list(made["number"]) == [0, 1, 2]
    assert list(made["pair"]) == [("key 0", 0), ("key 1", 1), ("key 2", 2)]
    assert list(made["bare"]) == [0, 1, 2]
    with pytest.raises(TimeoutError):
        made["status"].get(timeout=0.01)


def test_several_sources_fill_one_stream(bound: Bound) -> None:
    stream = bound.package.NumberStream(capacity=4)
    first, second = bound.plugin.open_source(), bound.plugin.open_source()
    for source in (first, second):
        source.on_number(stream)
        source.start(1, 100, 0)
    got = [stream.get(PATIENCE) for _ in range(200)]
    first.close()
    with pytest.raises(TimeoutError):
        stream.get(0.01)
    second.close()
    assert list(stream) == []
    assert sorted(got) == sorted(list(range(100)) * 2)
    with pytest.raises(bound.package.ClosedError, match="make another one"):
        bound.plugin.open_source().on_number(stream)


def test_a_stream_of_another_kind_gets_what_there_is(bound: Bound) -> None:
    """Type checkers refuse it; C keeps nothing of a size that it does not have."""
    with bound.plugin.open_source() as source:
        stream = bound.package.NumberStream(capacity=3)
        source.on_pair(stream)
        source.push_here(2)
        assert [stream.get(0), stream.get(0)] == [("key 0", 0), ("key 1", 1)]


@pytest.mark.slow
def test_thousands_of_streams(bound: Bound) -> None:
    """More than C has rings for, and after them others that get the same ones."""
    for count in (5000, 300):
        source = bound.plugin.open_source()
        made = [bound.package.NumberStream(capacity=2) for _ in range(count)]
        for stream in made:
            source.on_number(stream)
        source.push_here(2)
        assert [made[-1].get(0), made[-1].get(0)] == [0, 1]
        source.close()
        assert [list(each) for each in made] == [[]] * count


# --- waiting


def test_for_waits_so_long(bound: Bound) -> None:
    with bound.plugin.open_source() as source:
        stream = bound.package.NumberStream(source.on_number, timeout=0.02)
        with pytest.raises(TimeoutError, match=r"0\.02"):
            next(stream)
        source.push_here(1)
        assert next(stream) == 0
        source.push_here(1)
        assert stream.get(timeout=0) == 0
        with pytest.raises(TimeoutError):
            stream.get(timeout=0)


def test_who_pushes_waits_for_room(bound: Bound) -> None:
    with bound.plugin.open_source() as source, source.receiver(3, 1000) as receiver:
        with receiver.stream(capacity=5) as stream:
            settled(lambda: bound.plugin.live_events() == 5 + 3)
            time.sleep(0.05)
            assert bound.plugin.live_events() == 5 + 3
            stream.get().close()
        settled(lambda: bound.plugin.live_events() == 0)


def test_what_there_is_no_room_for_is_counted(bound: Bound) -> None:
    with bound.plugin.open_source() as source:
        stream = bound.package.NumberStream(source.on_number, capacity=10, full="drop")
        source.start(4, 100, 0)
        source.join()
        assert len([stream.get(0) for _ in range(10)]) == 10
        assert stream.dropped == 390


def test_a_stream_may_fail_if_it_is_full(bound: Bound) -> None:
    with bound.plugin.open_source() as source, source.receiver(1, 1000) as receiver:
        stream = receiver.stream(capacity=3, full="fail")
        settled(lambda: stream.dropped == 1)
        assert [stream.get().number for _ in range(3)] == [0, 1, 2]
        with pytest.raises(OverflowError, match="3 events"):
            stream.get()
        assert list(stream) == []


def test_whoever_reads_never_waits_for_itself(bound: Bound) -> None:
    with bound.plugin.open_source() as source:
        stream = bound.package.NumberStream(source.on_number, capacity=2)
        source.push_here(10)
        assert [stream.get() for _ in range(10)] == list(range(10))
        source.push_here(10)
        assert [stream.get() for _ in range(10)] == list(range(10))


def test_another_thread_of_python_s_waits(bound: Bound) -> None:
    with bound.plugin.open_source() as source:
        stream = bound.package.BareStream(source.on_bare, capacity=2, timeout=PATIENCE)
        source.push_here(1)
        assert stream.get() == 0
        pushing = threading.Thread(target=source.push_here, args=(50,))
        pushing.start()
        time.sleep(0.02)
        assert pushing.is_alive()
        assert [stream.get() for _ in range(50)] == list(range(50))
        pushing.join()


def test_a_slow_reader_gets_everything(bound: Bound) -> None:
    with bound.plugin.open_source() as source, source.receiver(2, 40) as receiver:
        got = []
        for event in receiver.stream(capacity=1):
            time.sleep(0.001)
            got.append(event.number)
            event.close()
        assert sorted(got) == sorted(list(range(40)) * 2)


def test_several_threads_read_one_stream(bound: Bound) -> None:
    got: list[list[int]] = [[], [], []]
    with bound.plugin.open_source() as source, source.receiver(4, 500) as receiver:
        stream = receiver.stream(capacity=16)
        readers = [
            threading.Thread(target=lambda into=into: into.extend(numbers(stream))) for into in got
        ]
        for each in readers:
            each.start()
        for each in readers:
            each.join(PATIENCE)
    assert sorted(itertools.chain(*got)) == sorted(list(range(500)) * 4)


# --- ends


def test_nothing_comes_after_a_close(bound: Bound) -> None:
    with bound.plugin.open_source() as source:
        stream = bound.package.StatusStream(source.on_status)
        source.start(4, 0, 0)
        stream.get(PATIENCE)
        stream.close()
        assert list(stream) == []
        assert stream.closed
        before = source.refused()
        settled(lambda: source.refused() > before)
        stream.close()
        assert repr(stream) == "<closed StatusStream>"


def test_a_stream_that_nobody_has_is_closed(bound: Bound) -> None:
    with bound.plugin.open_source() as source:
        for event in source.receiver(2, 0).stream(capacity=3):
            event.close()
            break
        del event
        gc.collect()
        settled(lambda: bound.plugin.live_events() == 0)


def test_an_exception_of_a_reader_is_its_own(bound: Bound) -> None:
    with bound.plugin.open_source() as source, source.receiver(1, 10) as receiver:
        stream = receiver.stream()

        def read() -> None:
            for event in stream:
                event.close()
                raise ValueError("of the reader's")

        with pytest.raises(ValueError, match="of the reader's"):
            read()
        assert numbers(stream) == list(range(1, 10))


def test_another_thread_closes(bound: Bound) -> None:
    with bound.plugin.open_source() as source:
        stream = bound.package.NumberStream(source.on_number)
        closing = threading.Timer(0.05, stream.close)
        closing.start()
        assert list(stream) == []
        closing.join()


def test_a_stream_is_over_before_its_object_waits_for_threads(bound: Bound) -> None:
    """The end of the source waits for threads which wait for room."""
    source = bound.plugin.open_source()
    stream = bound.package.NumberStream(source.on_number, capacity=4)
    source.start(8, 0, 0)
    assert stream.get(PATIENCE) == 0
    time.sleep(0.3)
    source.close()
    # What waited has come before the end.
    assert 4 <= len(list(stream)) <= 4 + 8


def test_a_receiver_that_is_closed_ends_its_stream(bound: Bound) -> None:
    with bound.plugin.open_source() as source:
        receiver = source.receiver(8, 0)
        stream = receiver.stream(capacity=4)
        stream.get(PATIENCE).close()
        # One in the hands of each thread that waits for room. One may be missing of the four that there is
        # room for: threads are woken once half of it is free.
        settled(lambda: bound.plugin.live_events() >= 3 + 8)
        receiver.close()
        assert 3 <= len(numbers(stream)) <= 4 + 8
        settled(lambda: bound.plugin.live_events() == 0)


def test_what_cannot_be_read_fails_the_stream(bound: Bound) -> None:
    with bound.plugin.open_source() as source:
        stream = bound.package.NoteStream(source.on_note)
        source.push_here(20)
        assert [stream.get(PATIENCE).number for _ in range(13)] == list(range(13))
        with pytest.raises(bound.package.ContractError, match="7 is no Kind"):
            next(stream)
        assert list(stream) == []
        source.off_note()


def test_a_stream_that_cannot_start_is_closed(bound: Bound) -> None:
    source = bound.plugin.open_source()
    source.close()
    with pytest.raises(bound.package.ClosedError):
        bound.package.NumberStream(source.on_number)


@pytest.mark.parametrize(("option", "value"), [("capacity", 0), ("full", "lose")])
def test_options_that_mean_nothing(bound: Bound, option: str, value: object) -> None:
    with pytest.raises(ValueError, match=str(value)):
        bound.package.NumberStream(**{option: value})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"capacity": "3"}, "capacity is a number, not str"),
        ({"capacity": True}, "capacity is a number, not bool"),
        ({"timeout": "3"}, "timeout is a number, not str"),
        ({"start": 3}, "as in NumberStream(object.method); it is no int"),
    ],
)
def test_options_of_another_type(bound: Bound, given: dict[str, Any], said: str) -> None:
    with pytest.raises(TypeError, match=re.escape(said)):
        bound.package.NumberStream(**given)
    with pytest.raises(TypeError, match="timeout is a number, not str"):
        bound.package.NumberStream().get("3")


# --- what a plugin is asked for


def test_rows_until_the_empty_one(bound: Bound) -> None:
    with bound.plugin.open_source() as source, source.rows(3, False) as rows:
        assert list(rows) == ["row 3", "row 2", "row 1"]
        assert list(rows) == []


def test_rows_of_what_was_closed(bound: Bound) -> None:
    with bound.plugin.open_source() as source:
        rows = source.rows(3, False)
        reading = iter(rows)
        assert next(reading) == "row 3"
        rows.close()
        with pytest.raises(bound.package.ClosedError):
            next(reading)


# --- processes


def test_a_child_process_has_no_streams(bound: Bound) -> None:
    with bound.plugin.open_source() as source:
        stream = bound.package.NumberStream(source.on_number)
        source.start(2, 0, 50)
        stream.get(PATIENCE)
        child = os.fork()
        if child == 0:
            os._exit(0 if list(stream) == [] and stream.closed else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        stream.get(PATIENCE)
        stream.close()
        source.stop()


@pytest.mark.slow
def test_eight_threads_push_while_the_host_stops(bound: Bound) -> None:
    for turn in range(200):
        source = bound.plugin.open_source()
        receiver = source.receiver(8, 0)
        stream = bound.package.NumberStream(source.on_number, capacity=16)
        events = receiver.stream(capacity=16)
        got: list[int] = []
        reading = threading.Thread(
            target=lambda events=events, got=got: got.extend(numbers(events))
        )
        reading.start()
        source.start(8, 0, 0)
        for _ in range(turn % 7):
            stream.get(PATIENCE)
        if turn % 2:
            # Somebody who reads goes on while the host stops, and comes to the end.
            draining = threading.Thread(target=lambda stream=stream: list(stream))
            draining.start()
            source.stop()
            receiver.close()
        else:
            stream.close()
            assert list(stream) == []
            source.stop()
            events.close()
            receiver.close()
        source.close()
        reading.join(PATIENCE)
        assert not reading.is_alive(), turn
        count = len(got)
        if turn % 2:
            draining.join(PATIENCE)
            assert not draining.is_alive(), turn
        assert list(stream) == list(events) == [], turn
        assert len(got) == count
