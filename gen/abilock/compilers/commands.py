"""Which compilers a check asks: those that the configuration names, or else the ones that are here.

Only files are looked at, so that a run in which nothing changed takes no time for it.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from abilock.config import Config, words_of

#: Asked where neither the configuration nor ``CC`` names any: the first of them that is there.
_USUAL = ("cc", "gcc", "clang")
#: Variables on which it depends what a compiler finds, or what it is told beside its arguments.
_VARIABLES = (
    *("RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "RUST_TARGET_PATH"),
    *("PATH", "CPATH", "C_INCLUDE_PATH", "COMPILER_PATH", "GCC_EXEC_PREFIX", "SDKROOT"),
    *("MACOSX_DEPLOYMENT_TARGET", "CCC_OVERRIDE_OPTIONS", "ZIG_LIB_DIR"),
)


@dataclass(frozen=True, slots=True)
class Compiler:
    """A compiler by the words of its command. ``program``: the file that is run, empty if there is none.
    ``identity``: a digest that is another one if it may answer otherwise.

    ex) ``("gcc", "-m32")``, ``/usr/bin/gcc``
    """

    command: tuple[str, ...]
    program: str
    identity: str

    @property
    def is_rust(self) -> bool:
        """Whether it compiles Rust, and not C."""
        return _is_rust(self.command)

    @property
    def text(self) -> str:
        """The command as one types it."""
        return shlex.join(self.command)

    def key(self, what: str, text: str) -> str:
        """A digest by which to remember what it answered to such a question."""
        told = f"{what} {self.identity} {text}".encode("utf-8", "replace")
        return hashlib.sha256(told).hexdigest()


def compilers_of(config: Config) -> tuple[Compiler, ...]:
    """The compilers that a check of the project asks, those that are not here included."""
    return tuple(_compiler(command, config.root) for command in _commands(config) if command)


def key_of(compilers: Sequence[Compiler]) -> str:
    """A digest of all of them, to see whether they are still the same."""
    return hashlib.sha256("\n".join(each.identity for each in compilers).encode()).hexdigest()


def _commands(config: Config) -> Iterator[tuple[str, ...]]:
    if config.compilers is not None:
        yield from dict.fromkeys(words_of(each) or () for each in config.compilers)
        return
    named = words_of(os.environ.get("CC", "")) or ()
    usual = next((each for each in _USUAL if shutil.which(each)), None)
    if named:
        yield named
    elif usual:
        yield (usual,)
    if "rust" in config.outputs:
        rustc = words_of(os.environ.get("RUSTC", "")) or ()
        if rustc:
            yield rustc
        elif shutil.which("rustc"):
            yield ("rustc",)


def _compiler(command: tuple[str, ...], root: Path) -> Compiler:
    program = _program(command[0], root)
    files = [file for each in (program, *command[1:]) for file in _files(each, root)]
    if _is_rust(command):
        files.extend(_toolchains(root))
    surroundings = [(name, os.environ.get(name)) for name in _VARIABLES]
    told = repr((command, list(map(_state, files)), surroundings))
    return Compiler(command, program, hashlib.sha256(told.encode("utf-8", "replace")).hexdigest())


def _is_rust(command: Sequence[str]) -> bool:
    return any(Path(word).stem == "rustc" for word in command)


def _program(name: str, root: Path) -> str:
    """Paths start at the folder of the configuration, as all in it do; other names are looked up."""
    if os.path.dirname(name):
        path = os.path.join(root, name)
        return path if os.path.isfile(path) else ""
    return shutil.which(name) or ""


def _files(word: str, root: Path) -> Iterator[str]:
    """Files that a word of a command may name. ex) ``gcc`` behind ``ccache``, ``-specs=own.specs``,
    ``@options``"""
    if not word:
        return
    for text in dict.fromkeys((word, word.removeprefix("@"), word.rpartition("=")[2])):
        path = os.path.join(root, text) if os.path.dirname(text) else shutil.which(text)
        for each in (path, os.path.join(root, text)):
            if each and os.path.isfile(each):
                yield each


def _toolchains(root: Path) -> Iterator[str]:
    """Files that tell which rustc is behind the one that rustup puts in front of all."""
    home = os.environ.get("RUSTUP_HOME") or os.path.join(os.path.expanduser("~"), ".rustup")
    yield os.path.join(home, "settings.toml")
    kept = os.path.join(home, "toolchains")
    with suppress(OSError):
        for name in sorted(os.listdir(kept)):
            yield os.path.join(kept, name, "lib", "rustlib", "multirust-channel-manifest.toml")
    for folder in (root.absolute(), *root.absolute().parents):
        yield from (str(folder / name) for name in ("rust-toolchain", "rust-toolchain.toml"))


def _state(path: str) -> tuple[str, int, int]:
    real = os.path.realpath(path)
    try:
        found = os.stat(real)
    except OSError:
        return real, -1, -1
    return real, found.st_size, found.st_mtime_ns
