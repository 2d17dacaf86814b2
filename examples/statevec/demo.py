"""A bank, step by step: its plugin in C decides, the engine in Python keeps the records."""

from __future__ import annotations

import logging
import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import statevec
from engine import Engine

HERE = Path(__file__).resolve().parent
INCLUDE = HERE.parents[1] / "generated" / "statevec" / "include"
TRANSFERS = 20_000


def build(source: Path, folder: Path) -> Path:
    """Compile a plugin against the generated header."""
    compiler = shlex.split(os.environ.get("CC", "cc"))
    options = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared"]
    library = folder / f"lib{source.stem}.so"
    command = [*compiler, *options, f"-I{INCLUDE}", str(source), "-o", str(library)]
    try:
        subprocess.run(command, check=True)
    except FileNotFoundError:
        sys.exit(f"{compiler[0]} is not here: install a C compiler, or say which with CC=clang")
    return library


def ask(engine: Engine, name: str, **fields: Any) -> None:
    said = ", ".join(f"{key} {value}" for key, value in fields.items())
    try:
        events = engine.submit(name, **fields)
    except statevec.StatevecError as error:
        print(f"{name} {said}: REFUSED, {error}")
        return
    print(f"{name} {said}: done")
    for event in events:
        print(f"  {event.name} {event.fields}")


def show(engine: Engine) -> None:
    for each in engine.read("Account"):
        print(f"  account {each['number']}: {each['balance']}")


def main() -> None:
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", stream=sys.stdout)
    with tempfile.TemporaryDirectory() as name:
        run(Path(name))


def run(folder: Path) -> None:
    plugin = statevec.load(build(HERE / "plugins" / "bank.c", folder))
    log = folder / "data" / "commands.log"

    print("--- transactions")
    with Engine(plugin, log) as engine:
        print(f"{engine.name}: {', '.join(engine.schema.commands)}")
        for number in (30, 10, 20):
            ask(engine, "Open", number=number)
        ask(engine, "Open", number=10)
        ask(engine, "Deposit", number=10, amount=100)
        ask(engine, "Transfer", source=10, target=20, amount=30)
        # The source was debited before the plugin found that there is no target.
        ask(engine, "Transfer", source=10, target=99, amount=30)
        ask(engine, "Transfer", source=20, target=30, amount=31)
        show(engine)

    print("--- after a restart, from the log alone")
    with Engine(plugin, log) as engine:
        print(f"{engine.replayed} commands were run again; the invariants hold")
        show(engine)

    print("--- how fast")
    with Engine(plugin, log, sync=False) as engine:
        there = {"source": 10, "target": 20, "amount": 1}
        back = {"source": 20, "target": 10, "amount": 1}
        commands = [("Transfer", each) for each in (there, back)] * (TRANSFERS // 2)
        began = time.perf_counter()
        engine.submit_all(commands)
        took = time.perf_counter() - began
        print(f"{TRANSFERS} transfers in {took:.2f} s: {TRANSFERS / took:,.0f} a second")
        engine.check()
    began = time.perf_counter()
    with Engine(plugin, log) as engine:
        took = time.perf_counter() - began
        count = engine.replayed
        print(f"{count} commands replayed in {took:.2f} s: {count / took:,.0f} a second")
        show(engine)
