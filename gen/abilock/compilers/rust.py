"""Asks rustc whether Rust modules compile, which state every layout: that they do is remembered."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from abilock.compilers.commands import Compiler
from abilock.compilers.running import Failed, run
from abilock.memory import Memory

_HOST = re.compile(r"^host: (\S+)$", re.M)
_NO_CORE = "E0463"


class Rust:
    """Asks one rustc. ``modules``: the files of each module by their names, the module's own first."""

    def __init__(
        self, compiler: Compiler, root: Path, scratch: Path, memory: Memory, patience: float
    ) -> None:
        self._compiler = compiler
        self._root = root
        self._scratch = scratch
        self._memory = memory
        self._patience = patience

    def target(self) -> tuple[str, str] | Failed:
        """The target that it compiles for, and all that it says of itself."""
        key = self._compiler.key("rustc", "")
        known = self._memory.get(key)
        if known is None:
            said = self._run("-vV")
            if isinstance(said, Failed):
                return said
            found = _HOST.search(said)
            if found is None:
                return Failed("does not say what it compiles for")
            known = self._memory[key] = json.dumps([_named(self._compiler) or found[1], said])
        triple, said = json.loads(known)
        return triple, said

    def compiles(self, said: str, module: Mapping[str, str]) -> Failed | None:
        """Why a module does not compile."""
        key = self._compiler.key("rust", json.dumps([said, *module.items()]))
        if self._memory.get(key) is not None:
            return None
        folder = self._scratch / "rust"
        folder.mkdir(exist_ok=True)
        for name, text in module.items():
            (folder / name).write_text(text, "utf-8", newline="\n")
        crate = folder / "abilock_lib.rs"
        crate.write_text(f'#![no_std]\n#[path = "{next(iter(module))}"]\npub mod abi;\n', "utf-8")
        made = self._scratch / "checked.rmeta"
        options = (
            "--edition",
            "2021",
            "--crate-type",
            "lib",
            "--emit=metadata",
            "--cap-lints=allow",
        )
        found = self._run(*options, "--color=never", "-o", str(made), str(crate))
        if isinstance(found, Failed):
            return found
        self._memory[key] = "compiles"
        return None

    def _run(self, *arguments: str) -> str | Failed:
        return run(self._compiler, arguments, self._root, self._patience)


def has_no_library(failed: Failed) -> bool:
    """Whether the target's ``core`` is not here, so that nothing can be compiled for it."""
    return any(_NO_CORE in each for each in failed.lines)


def _named(compiler: Compiler) -> str | None:
    """The target that a command names."""
    words = iter(compiler.command)
    for word in words:
        if word == "--target":
            return next(words, None)
        if word.startswith("--target="):
            return word.partition("=")[2]
    return None
