"""Runs compilers, which may hang, crash, or write without end."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from abilock.compilers.commands import Compiler

#: Seconds that a compiler gets for one question; the largest descriptions take a few.
PATIENCE = 30.0
#: Bytes of what it says that are looked at.
_SAID = 1 << 20
#: How many lines of errors are told.
_LINES = 3


@dataclass(frozen=True, slots=True)
class Failed:
    """A compiler that did not answer: why, as the end of a sentence that begins with its command, and the
    first lines that it said of errors."""

    why: str
    lines: tuple[str, ...] = ()


def run(
    compiler: Compiler, arguments: Sequence[str], folder: Path, patience: float
) -> str | Failed:
    """What a compiler says on standard output, run in ``folder``."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            process = subprocess.Popen(
                (compiler.program, *compiler.command[1:], *arguments),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env={**os.environ, "LC_ALL": "C"},
                # What it started itself ends with it.
                start_new_session=True,
            )
        except OSError as error:
            return Failed(f"cannot be run: {error.strerror or error}")
        try:
            code = process.wait(patience)
        except subprocess.TimeoutExpired:
            return Failed(f"did not answer within {patience:.0f} seconds", _errors(_said(err)))
        finally:
            _end(process)
        if code < 0:
            return Failed(f"crashed ({_signal(-code)})", _errors(_said(err)))
        if code:
            return Failed(f"ended with {code}", _errors(_said(err) or _said(out)))
        return _said(out)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.returncode is not None:
        return
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()


def _said(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read(_SAID).decode("utf-8", "replace")


def _errors(text: str) -> tuple[str, ...]:
    """The first lines that tell of errors, or else the first lines."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return tuple((errors or lines)[:_LINES])


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
