"""A drasi plugin that offers nothing, for any release of the SDK: built with the header of that release."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from abilock.host import host_triple
from support.building import FLAGS, run
from support.drasi_releases import RELEASES
from support.library import library_at
from support.rendering import unformatted

HISTORY = Path(__file__).parents[2] / "abi/history/drasi"
#: What plugins of a release say, where it is not their release, and what they are not taken for.
TOLD = {"0.10.0": "0.11.0", "0.11.0": "0.13.0"}

#: A plugin that offers nothing.
PLUGIN = r"""
#include "drasi.h"
#include <stdlib.h>
#include <string.h>
#define TEXT(text) {text, sizeof(text) - 1}
static int called[2];
int test_called(int which);
DRASI_EXPORT int test_called(int which) { return called[which]; }
#ifdef WITNESS
DRASI_WITNESS;
#endif
DRASI_EXPORT const PluginMetadata *drasi_plugin_metadata(void) {
    called[0]++;
    static const PluginMetadata told = {TEXT(TOLD), TEXT(""), TEXT(""), TEXT("1.0.0"), TEXT(TRIPLE),
                                        TEXT("dev"), TEXT("dev-build")};
    return &told;
}
static void set_log(void *ctx, LogCallbackFn callback) { (void)ctx, (void)callback; }
static void set_lifecycle(void *ctx, LifecycleCallbackFn callback) { (void)ctx, (void)callback; }
#if RESOLVES
static void set_resolver(void *ctx, ConfigResolverFn callback) { (void)ctx, (void)callback; }
#endif
#if LEVELS
static void set_level(FfiLogLevelFilter level) { (void)level; }
#endif
DRASI_EXPORT FfiPluginRegistration *drasi_plugin_init(void) {
    FfiPluginRegistration *made = malloc(sizeof *made);
    called[1]++;
    memset(made, 0, sizeof *made);
    made->set_log_callback = set_log;
    made->set_lifecycle_callback = set_lifecycle;
#if RESOLVES
    made->set_config_resolver = set_resolver;
#endif
#if LEVELS
    made->set_log_level = set_level;
#endif
    return made;
}
"""


def generate(release: str, folder: Path) -> None:
    """The header and the package of a release."""
    for path, text in unformatted(library_at(HISTORY / f"{release}.abi"), "header", "cffi").items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def empty_plugin(
    cc: Sequence[str], release: str, folder: Path, told: str | None = None, *flags: str
) -> Path:
    """The plugin, of the header that :func:`generate` has made in the folder. ``told``: its version."""
    at = RELEASES.index(release)
    told = told or TOLD.get(release, release)
    defines = (
        f'-DTOLD="{told}"',
        f'-DTRIPLE="{host_triple()}"',
        f"-DRESOLVES={int(at >= RELEASES.index('0.8.2'))}",
        f"-DLEVELS={int(at >= RELEASES.index('0.11.0'))}",
    )
    source, built = folder / "plugin.c", folder / f"plugin-{told}.so"
    source.write_text(PLUGIN, encoding="utf-8")
    include = f"-I{folder / 'include'}"
    run(*cc, *FLAGS, *defines, *flags, include, str(source), "-o", str(built))
    return built
