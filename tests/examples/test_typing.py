"""The examples are what people copy: they pass the type checker at its strictest."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.examples import ROOT

#: The folders of modules, and the generated packages that they import.
EXAMPLES = [("bmux", ["bmux"]), ("statevec", ["statevec"])]


@pytest.mark.slow
@pytest.mark.parametrize(("example", "packages"), EXAMPLES, ids=[each for each, _ in EXAMPLES])
def test_examples_are_typed(example: str, packages: list[str], tmp_path: Path) -> None:
    folder = ROOT / "examples" / example
    search = [folder, *(ROOT / "generated" / each / "python" for each in packages)]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--explicit-package-bases",
            "--config-file=",
            f"--cache-dir={tmp_path}",
        ]
        + [str(each) for each in sorted(folder.glob("*.py"))],
        env={**os.environ, "MYPYPATH": os.pathsep.join(map(str, search))},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
