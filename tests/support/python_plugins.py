"""Libraries that embed plugins written in Python, and hosts in C that load them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from support.library import library_of
from support.rendering import unformatted

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "python-plugins"
HOSTS = ROOT / "tests" / "plugins" / "python"
FLAGS = ("-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-pthread")
#: Longer than any of it takes, also on a busy machine.
PATIENCE = 300


def run(
    *command: str | Path, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """What the command says. It knows of no folder of Python's but those in ``env``."""
    around = {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        env={**around, **(env or {})},
        cwd=cwd,
    )


def succeed(
    *command: str | Path, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> str:
    """What it prints."""
    done = run(*command, env=env, cwd=cwd)
    assert done.returncode == 0, f"returned {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def package_of(abi: str) -> Path:
    """Where the package of a checked-in ABI is."""
    return ROOT / "generated" / abi / "python"


def host_of(cc: Sequence[str], folder: Path, source: Path, include: Path, *flags: str) -> Path:
    path = folder / source.stem
    succeed(*cc, *FLAGS, *flags, f"-I{include}", source, "-o", path, "-ldl")
    return path


def try_plugin(
    packages: Path, abi: str, plugin: str, output: Path, modules: Path, *more: str
) -> subprocess.CompletedProcess[str]:
    """What ``--plugin`` says."""
    env = {"PYTHONPATH": f"{packages}{os.pathsep}{modules}"}
    given = ("--plugin", plugin, "--output", output, *more)
    return run(sys.executable, "-m", f"{abi}.build", *given, env=env, cwd=output.parent)


def plugin_of(
    packages: Path, abi: str, plugin: str, output: Path, modules: Path, *more: str
) -> Path:
    """A library that embeds a plugin."""
    done = try_plugin(packages, abi, plugin, output, modules, *more)
    assert done.returncode == 0, done.stdout + done.stderr
    return Path(done.stdout.strip())


def exported(library: Path) -> set[str]:
    """The names of what a library exports."""
    lines = succeed("nm", "-D", "--defined-only", library).splitlines()
    return {line.split()[-1] for line in lines}


def write_package(description: str, folder: Path) -> Path:
    """Header and package of an ABI, and the folder that the package is in."""
    for path, text in unformatted(library_of(description), "header", "cffi").items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return folder / "python"
