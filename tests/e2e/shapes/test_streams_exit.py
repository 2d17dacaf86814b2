"""The interpreter ends while threads of a plugin push: cleanly, each time."""

from __future__ import annotations

import pytest

from support.bindings import Workshop
from support.streams import ended, streams

TURNS = 100

#: Each child is a host that comes to its end in the middle of everything, in one of four ways.
HOST = """
import os, sys, threading, time
import {name} as package

def host(turn):
    plugin = package.load({path!r}, {mode!r})
    source = plugin.open_source()
    receiver = source.receiver(4, 0)
    kept = [source, receiver]
    if turn % 4 == 3:
        source.on_number(lambda number: None)
        source.on_status(lambda number: None)
        source.on_bare(lambda number: None)
        receiver.start_push(lambda event: True)
    else:
        kept += [
            package.NumberStream(source.on_number, capacity=8),
            package.StatusStream(source.on_status, capacity=8),
            package.PairStream(source.on_pair, capacity=3, full="drop"),
            package.BareStream(source.on_bare, capacity=300),
            receiver.stream(capacity=4),
        ]
    if turn % 4 == 1:
        for each in kept[2:]:
            threading.Thread(target=lambda each=each: [None for _ in each], daemon=True).start()
    if turn % 4 >= 2:
        # Nobody ends them, so that their threads go on.
        source._abi_end.detach()
        receiver._abi_end.detach()
    source.start(8, 0, turn % 5 * 200)
    time.sleep(turn % 10 / 1000)
    return kept

for turn in range({turns}):
    child = os.fork()
    if child == 0:
        kept = host(turn)
        break
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code:
        print("turn", turn, "ended with", code)
"""


@pytest.mark.slow
def test_the_interpreter_ends_while_threads_push(workshop: Workshop, mode: str) -> None:
    bound = streams(workshop, mode)
    name = bound.package.__name__
    code = HOST.format(name=name, path=str(bound.plugin.path), mode=mode, turns=TURNS)
    done = ended(bound, code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
