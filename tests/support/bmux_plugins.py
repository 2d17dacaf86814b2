"""The bmux plugins of tests/plugins/bmux: built in either language and in every variant, and asked what
they have seen."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from pathlib import Path

from support.drasi_plugins import FLAGS, ROOT, SHARED, run

HERE = ROOT / "tests" / "plugins" / "bmux"
INCLUDE = ROOT / "generated" / "bmux" / "include"


def c_plugin(cc: Sequence[str], folder: Path, variant: str = "", *flags: str) -> Path:
    path = folder / "c_plugin.so"
    macros = [f"-D{variant}"] if variant else []
    source = HERE / "bmux_plugin.c"
    run(*cc, *FLAGS, *SHARED, *flags, f"-I{INCLUDE}", *macros, source, "-o", path)
    return path


def rust_plugin(folder: Path, variant: str = "") -> Path:
    path = folder / "rust_plugin.so"
    cfgs = ["--cfg", variant.lower()] if variant else []
    options = ("--edition", "2021", "--crate-type", "cdylib", *cfgs)
    done = run("rustc", *options, HERE / "bmux_plugin.rs", "-o", path)
    assert not done.stderr, "the compiler warns"
    return path


def plugin_in(
    language: str, cc: Sequence[str], folder: Path, variant: str = "", *flags: str
) -> Path:
    if language == "rust":
        return rust_plugin(folder, variant)
    return c_plugin(cc, folder, variant, *flags)


class Probe:
    """What a plugin tells a test, beside the ABI."""

    def __init__(self, path: Path) -> None:
        self._library = ctypes.CDLL(str(path))
        for name in ("test_live", "test_made"):
            function = getattr(self._library, name)
            function.restype, function.argtypes = ctypes.c_size_t, [ctypes.c_char_p]
        self._library.test_log.restype = ctypes.c_char_p

    def live(self, kind: str | None = None) -> int:
        """How many objects have not ended."""
        return int(self._library.test_live(kind.encode() if kind else None))

    def made(self, kind: str | None = None) -> int:
        return int(self._library.test_made(kind.encode() if kind else None))

    def journal(self, start: str = "") -> list[str]:
        text: bytes = self._library.test_log()
        lines = text.decode("utf-8", "replace").splitlines()
        return [line for line in lines if line.startswith(start)]

    def reset(self) -> None:
        self._library.test_reset()
