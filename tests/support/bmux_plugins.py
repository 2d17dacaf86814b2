"""The bmux plugins of tests/plugins/bmux: built in either language and in every variant."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from support.drasi_plugins import FLAGS, ROOT, SHARED, run
from support.probes import Probe

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


class BmuxProbe(Probe):
    """Also ends a panic."""

    def reset(self) -> None:
        self._library.test_reset()
