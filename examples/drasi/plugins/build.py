"""The demo plugins, built with the C compiler that is there: each for both releases, and one that
nobody can load.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
GENERATED = HERE.parents[2] / "generated"
FLAGS = ("-std=c11", "-pthread", "-fPIC", "-shared", "-fvisibility=hidden")
PLUGINS = ("people", "register", "journal", "vault")


def build(folder: Path, compiler: Sequence[str] = (), flags: Sequence[str] = ()) -> None:
    """Build all of them into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in PLUGINS:
        one(folder / f"{name}.so", name, "drasi_0_11_0", compiler, ["-DDRASI_0_11_0", *flags])
        one(folder / f"old_{name}.so", name, "drasi", compiler, flags)


def refused(folder: Path, compiler: Sequence[str] = ()) -> None:
    """What a folder may also have in it: a plugin of a release that no binding is for, and no
    plugin at all.
    """
    version = ['-DSDK_VERSION="0.9.0"', "-DWITHOUT_WITNESS"]
    one(folder / "too_new.so", "people", "drasi", compiler, version)
    (folder / "notes.so").write_text("This is no library.\n", encoding="utf-8")


def one(
    path: Path, name: str, release: str, compiler: Sequence[str] = (), flags: Sequence[str] = ()
) -> None:
    """Build one plugin against the header of one release."""
    cc = list(compiler) or shlex.split(os.environ.get("CC", "cc"))
    include = f"-I{GENERATED / release / 'include'}"
    source = HERE / f"{name}.c"
    try:
        subprocess.run([*cc, *FLAGS, *flags, include, str(source), "-o", str(path)], check=True)
    except FileNotFoundError:
        sys.exit(f"{cc[0]} is not here: install a C compiler, or say which with CC=clang")
