"""Processes that are killed at every single thing that they do to the files of a folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Killer:
    """Runs a script once for each thing that it does to the files of a folder, and kills it there.

    Files are opened for writing, written, made longer or shorter, synced, renamed and removed; a write is
    half done when the process ends.
    """

    preloaded: Path

    def kill_everywhere(
        self,
        script: Sequence[str | Path],
        folder: Path,
        prepare: Callable[[], None],
        check: Callable[[bool], None],
    ) -> int:
        """How often the script was killed.

        Args:
            script: arguments of Python's.
            folder: where its files are.
            prepare: makes the folder as it is before each run.
            check: looks at the folder after each run; it is told whether the script came to its end.
        """
        killed = 0
        while True:
            prepare()
            settings = {
                "LD_PRELOAD": str(self.preloaded),
                "DYING_FOLDER": str(folder),
                "DYING_AT": str(killed + 1),
            }
            done = subprocess.run(
                [sys.executable, *script],
                env={**os.environ, **settings},
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert done.returncode in (0, -signal.SIGKILL), done.stderr
            check(done.returncode == 0)
            if done.returncode == 0:
                return killed
            killed += 1


def killer_in(folder: Path, cc: Sequence[str]) -> Killer:
    library = folder / "dying.so"
    source = Path(__file__).with_suffix(".c")
    options = ("-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared")
    subprocess.run([*cc, *options, str(source), "-o", str(library), "-ldl"], check=True)
    return Killer(library)
