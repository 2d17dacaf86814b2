"""Test runs in which every access to memory is watched, and what was found in them.

The interpreter itself is not at issue: its own leaks at exit, and what Valgrind calls uninitialised in its
optimised code, are left out. Wrong reads, writes and frees always count, wherever they happen: what a
plugin freed is mostly read by Python.
"""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from support.building import APART

ROOT = Path(__file__).parents[2]
#: Longer than any of it takes, also on a busy machine.
PATIENCE = 1500
GCC = ("gcc", "-g", "-fno-omit-frame-pointer")
#: Tests of how large the process grows, which says nothing here.
MEASURED = "held"
#: Tests with one fault each, which is found.
PLANTED = "tests/e2e/memory/planted.py"
#: A library that is refused is closed, and with it goes what led to all that it still has: its journal, and
#: what it knows of its blocks. Here it stays, so that what is lost was lost by somebody.
STAY = "int dlclose(void *library) { (void)library; return 0; }\n"
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=undefined")


class Run(NamedTuple):
    """What a run of tests came to, and what it said."""

    passed: bool
    said: str


def under_sanitizers(folder: Path, *selection: str) -> Run:
    """Tests with plugins and compiled modules that are built with AddressSanitizer and UBSan."""
    env = {
        "CC": " ".join((*GCC, *SANITIZERS)),
        # The interpreter is not built with it, so its library has to be there first.
        "LD_PRELOAD": f"{_library('libasan.so')} {_library('libstdc++.so.6')}",
        # To files, as a run that dies takes with it what pytest has caught.
        "ASAN_OPTIONS": f"detect_leaks=0:detect_stack_use_after_return=1:log_path={folder}/report",
        "UBSAN_OPTIONS": f"print_stacktrace=1:log_path={folder}/report",
    }
    done = _tests((), folder, env, selection)
    reports = sorted(folder.glob("report.*"))
    said = "\n".join((done.said, *(each.read_text("utf-8", "replace")[:6000] for each in reports)))
    return Run(done.passed and not reports, said)


def under_valgrind(folder: Path, *selection: str) -> tuple[Run, list[str]]:
    """Tests under Memcheck, and its findings that are ours, each as text."""
    report = folder / "valgrind.xml"
    watch = (
        # Fair, or a thread that polls keeps the others from what it waits for.
        *("valgrind", "--quiet", "--fair-sched=yes"),
        *("--leak-check=full", "--show-leak-kinds=definite"),
        *("--keep-debuginfo=yes", "--num-callers=20", "--child-silent-after-fork=yes"),
        *("--xml=yes", f"--xml-file={report}"),
    )
    # A block of its own for each object of Python's, so that Memcheck sees it end.
    env = {"CC": " ".join(GCC), "PYTHONMALLOC": "malloc", "LD_PRELOAD": _stay(folder), **APART}
    done = _tests(watch, folder, env, selection)
    return done, list(ours(report, folder))


def _tests(
    watch: Sequence[str], folder: Path, env: dict[str, str], selection: Sequence[str]
) -> Run:
    pytest = ("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist")
    command = [*watch, sys.executable, *pytest, f"--basetemp={folder / 'tests'}", *selection]
    inherited = {name: text for name, text in os.environ.items() if "PYTEST" not in name}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**inherited, **env},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=PATIENCE,
    )
    return Run(done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-6000:]}")


def _stay(folder: Path) -> str:
    """A library with ``STAY``."""
    code, built = folder / "stay.c", folder / "stay.so"
    code.write_text(STAY, encoding="utf-8")
    subprocess.run([*GCC, "-shared", "-fPIC", str(code), "-o", str(built)], check=True)
    return str(built)


def _library(name: str) -> str:
    found = subprocess.run(
        ["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=True
    )
    return found.stdout.strip()


def ours(report: Path, folder: Path) -> Iterator[str]:
    for error in ET.parse(report).getroot().iter("error"):
        kind = error.findtext("kind", "")
        stack = error.find("stack")
        frames = [_Frame.of(each) for each in stack] if stack is not None else []
        if kind.startswith("Leak_"):
            wrong = kind == "Leak_DefinitelyLost" and _is_made_by(frames, folder)
        elif kind.startswith("Uninit"):
            wrong = bool(frames) and frames[0].library.startswith(str(folder))
        else:
            # libc compares wide strings a register at a time, and Memcheck has no version of its own.
            wrong = not frames or not frames[0].function.startswith("__wmem")
        if wrong:
            what = error.findtext("what") or error.findtext("xwhat/text") or ""
            yield "\n  ".join([f"{kind}: {what}", *map(str, frames)])


class _Frame(NamedTuple):
    function: str
    library: str

    @classmethod
    def of(cls, frame: ET.Element) -> _Frame:
        return cls(frame.findtext("fn", "?"), frame.findtext("obj", ""))

    def __str__(self) -> str:
        return f"{self.function} ({self.library})"


def _is_made_by(frames: Sequence[_Frame], folder: Path) -> bool:
    """Whether a library of the tests allocated it, or a generated package through cffi."""
    for frame in frames[1:4]:
        if frame.library.startswith(str(folder)) or frame.function == "ffi_call_int":
            return True
        if "python" in Path(frame.library).name and "_cffi_backend" not in frame.library:
            return False
    return False
