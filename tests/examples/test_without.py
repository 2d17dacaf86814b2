"""What is said to people who lack what the examples and their tests need."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.examples import ROOT


@pytest.mark.parametrize("example", ["bmux", "drasi", "statevec"])
def test_an_example_without_a_compiler(example: str) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / example],
        env={**os.environ, "CC": "no-such-compiler -O2"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "no-such-compiler is not here: install a C compiler, or say which with CC=clang\n"
    )


def test_the_crates_without_cargo(tmp_path: Path) -> None:
    """`make test-upstream` asks for it before anything else of it is done."""
    for each in ("sh", "dirname"):
        (tmp_path / each).symlink_to(str(shutil.which(each)))
    done = subprocess.run(
        ["sh", ROOT / "tools" / "require.sh", "cargo"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "This needs tools that are not here:\n  cargo: " in done.stderr
    assert "apt-get install" in done.stderr
    plan = subprocess.run(
        ["make", "--dry-run", "test-upstream"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    asked, built = plan.index("tools/require.sh cargo"), plan.index("support.upstream")
    assert asked < built < plan.index("tests/e2e/upstream")
