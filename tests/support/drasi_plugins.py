"""The drasi plugins of tests/plugins/drasi: built in either language and in every variant, and asked what
they have seen."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from abilock.host import host_triple
from support.probes import Probe

ROOT = Path(__file__).parents[2]
HERE = ROOT / "tests" / "plugins" / "drasi"
INCLUDE = ROOT / "generated" / "drasi" / "include"

FLAGS = ("-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-pthread")
# Hidden: what the header does not export is not found.
SHARED = ("-fPIC", "-shared", "-fvisibility=hidden")
SANITIZED = ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")

#: Longer than any of it takes, also on a busy machine.
PATIENCE = 300


class Variant(NamedTuple):
    """A library that differs from the others: its switches, and the texts in its metadata."""

    switches: tuple[str, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()


PLAIN = Variant()
OLD = Variant(("PLUGIN_0_8_1",))


def run(
    *command: str | Path, fails: int | None = 0, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """What the command says. ``fails``: what it returns, or none of our business."""
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        env={**os.environ, **(env or {})},
    )
    said = f"{done.stdout[-2000:]}\n{done.stderr[-6000:]}"
    assert fails is None or done.returncode == fails, f"returned {done.returncode}\n{said}"
    return done


def c_plugin(cc: Sequence[str], folder: Path, variant: Variant, *flags: str) -> Path:
    path = folder / "c_plugin.so"
    texts = {"PLUGIN_TRIPLE": host_triple(), **dict(variant.texts)}
    macros = [f"-D{name}" for name in variant.switches]
    macros += [f'-D{name}="{text}"' for name, text in texts.items()]
    source = HERE / "drasi_plugin.c"
    run(*cc, *FLAGS, *SHARED, *flags, f"-I{INCLUDE}", *macros, source, "-o", path)
    return path


def rust_plugin(folder: Path, variant: Variant) -> Path:
    path = folder / "rust_plugin.so"
    cfgs = [part for name in variant.switches for part in ("--cfg", name.lower())]
    options = ("--edition", "2021", "--crate-type", "cdylib", *cfgs)
    env = {"PLUGIN_TRIPLE": host_triple(), **dict(variant.texts)}
    done = run("rustc", *options, HERE / "drasi_plugin.rs", "-o", path, env=env)
    assert not done.stderr, "the compiler warns"
    return path


def plugin_in(
    language: str, cc: Sequence[str], folder: Path, variant: Variant, *flags: str
) -> Path:
    if language == "rust":
        return rust_plugin(folder, variant)
    return c_plugin(cc, folder, variant, *flags)


class DrasiProbe(Probe):
    """Asks for positions also."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._library.test_position.restype = ctypes.c_uint64
        self._library.test_position.argtypes = [ctypes.c_char_p, ctypes.c_char_p]

    def position(self, source: str, query: str) -> int:
        return int(self._library.test_position(source.encode(), query.encode()))
