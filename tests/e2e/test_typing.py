"""Type checkers have nothing to say of generated packages, nor of hosts that use them rightly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.tool("node")]

ABIS = ("drasi", "statevec", "bmux")
HOSTS = "tests/cases/typing"


@pytest.mark.parametrize("abi", ABIS)
def test_mypy_is_content(abi: str, root: Path) -> None:
    for path in (f"{root}/generated/{abi}/python/{abi}", f"{root}/{HOSTS}/{abi}_host.py"):
        found = checked_by_mypy(root, abi, path)
        assert found.startswith("Success"), found


@pytest.mark.parametrize("abi", ABIS)
def test_pyright_is_content(abi: str, root: Path, tmp_path: Path) -> None:
    package = root / "generated" / abi / "python"
    assert complaints(package, tmp_path, f"{package}/{abi}", mode="standard") == []
    assert complaints(package, tmp_path, f"{root}/{HOSTS}/{abi}_host.py") == []


def test_wrong_hosts_are_told(root: Path, tmp_path: Path) -> None:
    """Each line with `# wrong` is refused by both, and no other."""
    host = root / HOSTS / "wrong_host.py"
    wrong = {
        number
        for number, line in enumerate(host.read_text(encoding="utf-8").splitlines(), 1)
        if line.endswith("# wrong")
    }
    assert wrong
    package = root / "generated" / "drasi" / "python"
    told = {int(each.rsplit(":", 1)[1]) for each in complaints(package, tmp_path, str(host))}
    assert told == wrong
    lines = checked_by_mypy(root, "drasi", str(host)).splitlines()
    assert {int(line.split(":")[1]) for line in lines if ": error: " in line} == wrong


def checked_by_mypy(root: Path, abi: str, path: str) -> str:
    package = root / "generated" / abi / "python"
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-pretty", path],
        cwd=package,
        env={**os.environ, "MYPYPATH": str(package)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def complaints(package: Path, folder: Path, *paths: str, mode: str = "strict") -> list[str]:
    """What pyright finds wrong, each with file and line."""
    config = folder / "pyrightconfig.json"
    config.write_text(
        json.dumps(
            {
                "typeCheckingMode": mode,
                "include": [os.path.relpath(path, folder) for path in paths],
                "extraPaths": [str(package)],
            }
        ),
        encoding="utf-8",
    )
    watched = ("--pythonpath", sys.executable, "--project", str(config))
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", *watched],
        env={**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"], done.stdout
    return [
        f"{each['message']} {each['file']}:{each['range']['start']['line'] + 1}"
        for each in report["generalDiagnostics"]
        if each["severity"] == "error"
    ]
