"""drasi's own engine, with its published host SDK, runs a source and a reaction written in Python."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from support.python_plugins import EXAMPLES, ROOT, package_of, plugin_of, run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.tool("cargo", "python-headers", "python-library"),
]

CRATE = ROOT / "tests" / "upstream" / "drasi" / "python_host"
#: One folder for all that is built of published crates: what they share is compiled once.
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "tests" / "upstream" / "target"))
PROFILE = {"CARGO_PROFILE_DEV_DEBUG": "false", "CARGO_INCREMENTAL": "0"}


@pytest.fixture(scope="module")
def host() -> Path:
    done = subprocess.run(
        ["cargo", "build", "--locked", "--quiet"],
        cwd=CRATE,
        env={**os.environ, **PROFILE, "CARGO_TARGET_DIR": str(TARGET)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return TARGET / "debug" / "drasi_python_host"


def test_queries_run_from_python_to_python(host: Path, tmp_path: Path) -> None:
    """The changes of the source are decoded and matched, and the results come to the reaction in order."""
    output = tmp_path / "libticker.so"
    plugin = plugin_of(
        package_of("drasi_0_11_0"), "drasi_0_11_0", "ticker:Ticker", output, EXAMPLES / "drasi"
    )
    done = run(host, plugin)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "TypeError: the configuration has to be an object"
    assert "ticks runs" in lines
    assert "notes runs" in lines
    results = [line for line in lines if line.startswith("late:")]
    assert [line.partition(', "row_signature"')[0] for line in results] == [
        f'late: [{{"type": "ADD", "data": {{"number": {number}}}' for number in (2, 3, 4)
    ]
    assert "3 results" in lines
