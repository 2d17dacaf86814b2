"""A million calls and callbacks through each host: nothing is held, and all that was made has ended."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.bmux_plugins import c_plugin
from support.examples import ROOT

#: How much larger the process may be at the end, in bytes: far less than a byte for each call.
FLAT = 500_000

START = """
import sys
sys.path[:0] = [{example!r}, {generated!r}, {tests!r}]
from pathlib import Path

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
"""

#: Each round has 1000 calls and 1000 callbacks.
BMUX = """
import bmux
from host import Host
from support.bmux_plugins import BmuxProbe

library = Path({library!r})
plugin, probe = bmux.load(library), BmuxProbe(library)
made = 0

def played():
    global made
    host = Host(Path({folder!r}))
    plugin.register_stateful(host.registry)
    notes = host.registry.get("bmux.test/a")
    # The names are taken now: each time two participants are offered, refused, and dropped by the plugin.
    for _ in range(499):
        plugin.register_stateful(host.registry)
        notes.snapshot()
    host.stop()
    assert probe.live() == 0, probe.live()
    made += probe.made("BmuxStatefulPlugin") + probe.made("BmuxSnapshot")
    probe.reset()

plugin.activate(b"register:notes=a register:counter=b")
for _ in range(100):
    played()
before = resident()
for _ in range(900):
    played()
grown = resident() - before
assert made == 1000 * (500 * 2 + 499), made
print(grown)
"""

#: Each round is a transfer: it runs, and changes two records, which the plugin does when it is asked; the
#: event is the third callback.
STATEVEC = """
import statevec
from engine import Engine

engine = Engine(statevec.load({library!r}), Path({folder!r}) / "log", sync=False)
for number in (1, 2):
    engine.submit("Open", number=number)
    engine.submit("Deposit", number=number, amount=1000)

def played(rounds):
    there = {{"source": 1, "target": 2, "amount": 1}}
    back = {{"source": 2, "target": 1, "amount": 1}}
    for _ in range(rounds):
        engine.submit_all([("Transfer", there), ("Transfer", back)] * 50)

played(334)
before = resident()
played(3006)
grown = resident() - before
assert [each["balance"] for each in engine.read("Account")] == [1000, 1000]
engine.close()
print(grown)
"""


def _grown(example: str, script: str, library: Path, folder: Path) -> int:
    text = (START + script).format(
        example=str(ROOT / "examples" / example),
        generated=str(ROOT / "generated" / example / "python"),
        tests=str(ROOT / "tests"),
        library=str(library),
        folder=str(folder),
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return int(done.stdout)


@pytest.mark.slow
def test_the_bmux_host_holds_no_memory(cc: list[str], tmp_path: Path) -> None:
    assert _grown("bmux", BMUX, c_plugin(cc, tmp_path), tmp_path) < FLAT


@pytest.mark.slow
def test_the_statevec_host_holds_no_memory(cc: list[str], tmp_path: Path) -> None:
    library = tmp_path / "bank.so"
    source = ROOT / "examples" / "statevec" / "plugins" / "bank.c"
    include = ROOT / "generated" / "statevec" / "include"
    options = ["-std=c11", "-O2", "-fPIC", "-shared", f"-I{include}"]
    subprocess.run([*cc, *options, source, "-o", library], check=True)
    assert _grown("statevec", STATEVEC, library, tmp_path) < FLAT
