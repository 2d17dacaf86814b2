"""What the host does, step by step, with a plugin in C and a participant in Python."""

from __future__ import annotations

import logging
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import bmux
import snapshot_file
from host import Host
from orchestrator import Outcome
from snapshot_file import Section

HERE = Path(__file__).resolve().parent
INCLUDE = HERE.parents[1] / "generated" / "bmux" / "include"


class Uptime:
    """A participant in Python: no base class is needed, the methods are what counts."""

    abi_version = bmux.STATEFUL_ABI_VERSION

    def __init__(self) -> None:
        self.starts = 1

    def id(self) -> str:
        return "example.host/uptime"

    def snapshot(self) -> bmux.Snapshot:
        return bmux.Snapshot(version=1, data=str(self.starts).encode())

    def restore(self, version: int, data: bytes) -> None:
        self.starts = int(data) + 1


def build(source: Path, folder: Path) -> None:
    """Compile a plugin against the generated header."""
    compiler = shlex.split(os.environ.get("CC", "cc"))
    options = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-pthread"]
    library = folder / f"lib{source.stem}.so"
    command = [*compiler, *options, f"-I{INCLUDE}", str(source), "-o", str(library)]
    try:
        subprocess.run(command, check=True)
    except FileNotFoundError:
        sys.exit(f"{compiler[0]} is not here: install a C compiler, or say which with CC=clang")


def tell(step: str, outcome: Outcome) -> None:
    print(f"{step}:")
    for name in outcome.done:
        print(f"  {name}: done")
    for name, reason in outcome.failed.items():
        print(f"  {name}: FAILED, {reason}")
    for name in outcome.reset:
        print(f"  {name}: reset, its version is not known any more")
    for name in outcome.unknown:
        print(f"  {name}: nobody is here for it; it is kept")


def show(path: Path) -> None:
    print(f"in {path.name}:")
    for section in snapshot_file.read(path) or []:
        print(f"  {section.id}, version {section.version}: {section.data!r}")


def main() -> None:
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", stream=sys.stdout)
    with tempfile.TemporaryDirectory() as name:
        run(Path(name))


def run(folder: Path) -> None:
    plugins, data = folder / "plugins", folder / "data"
    plugins.mkdir()
    build(HERE / "plugins" / "board.c", plugins)
    (plugins / "broken.so").write_bytes(b"this is no library")

    print("--- the first start")
    with Host(data) as host:
        host.registry.register_plugin(Uptime())
        host.start(plugins)
        host.event("note", "buy milk")
        tell("saved", host.save())
        path = host.orchestrator.path
        host.event("weather", "storm")
        host.event("note", "stay at home")
        tell("saved in a storm", host.save())
        show(path)

    print("--- somebody else's section, and one of the future")
    sections = snapshot_file.read(path) or []
    changed = [Section("example.gone/window", 3, b"\x01\x02")]
    for each in sections:
        future = each.id == "example.board/notes"
        changed.append(Section(each.id, 9, b"?") if future else each)
    snapshot_file.write(path, changed)

    print("--- the second start")
    with Host(data) as host:
        uptime = Uptime()
        host.registry.register_plugin(uptime)
        tell("restored", host.start(plugins))
        print(f"this is start number {uptime.starts}")
        host.event("note", "a new page")
        tell("saved", host.save())
        show(path)

    print("--- the third start: nobody says when to save")
    with Host(data, debounce=0.05) as host:
        host.start(plugins)
        for note in ("buy bread", "buy jam"):
            host.event("note", note)
    show(path)
