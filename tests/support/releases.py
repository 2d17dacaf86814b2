"""A project with one ABI, whose versions are released."""

from __future__ import annotations

from pathlib import Path
from subprocess import CompletedProcess, run

import pytest

from abilock.cli import main

CONFIG = '[tool.abilock]\nabi = ["abi/shop.abi"]\noutputs = ["layout", "report"]\ncompilers = []\n'
ABI = """\
abi shop {version};

compat major.minor;

/// What a plugin implements.
vtable Shop {{
    state: *mut void,
{slots}    drop fn drop(self: own);
}}

/// The version that a loader compares.
@version
entry static const shop_version: *const char @nul;

/// Makes one.
entry fn shop_open() -> own *mut Shop?;
"""
LOCK, DESCRIPTION = Path("abi/shop.lock"), Path("abi/shop.abi")


def start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go to a new project, in a git repository that has nothing of the user's settings."""
    monkeypatch.chdir(folder)
    for key in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{key}_NAME", "x")
        monkeypatch.setenv(f"GIT_{key}_EMAIL", "x@example.org")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    Path("abi").mkdir()
    Path("pyproject.toml").write_text(CONFIG)
    Path(".gitignore").write_text(".abilock-cache/\n")


def describe(version: str, *slots: str) -> None:
    """Write the description: a version with these slots."""
    lines = "".join(f"    fn {slot}(self: const) -> u32;\n" for slot in slots)
    DESCRIPTION.write_text(ABI.format(version=version, slots=lines))


def release(version: str, *slots: str) -> None:
    """Describe and release it."""
    describe(version, *slots)
    assert main(["release", str(DESCRIPTION)]) == 0


def released() -> list[str]:
    """The versions in the lock."""
    lines = LOCK.read_text().splitlines()
    return [line.split()[0] for line in lines if not line.startswith("#")]


def git(*arguments: str, fails: bool = False) -> CompletedProcess[str]:
    """Run git; with ``fails`` it must."""
    done = run(["git", *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done


def commit(message: str) -> None:
    """Put everything that is there into a commit."""
    git("add", "--all")
    git("commit", "--quiet", "--message", message)
