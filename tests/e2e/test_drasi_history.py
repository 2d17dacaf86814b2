"""Every release of drasi-plugin-sdk has bindings, which load what was built with its header."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from abilock.host import host_triple
from support.bindings import FLAGS, run
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
DRASI_EXPORT const PluginMetadata *drasi_plugin_metadata(void) {
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

LOAD = r"""
import sys
import drasi
try:
    plugin = drasi.load(sys.argv[1])
except drasi.VersionRefusedError:
    print("refused")
else:
    print(len(plugin.registration.source_plugins), hasattr(plugin.registration, "set_log_level"))
"""

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("release", RELEASES)
def test_a_binding_takes_the_plugins_of_its_release(
    release: str, tmp_path: Path, cc: list[str]
) -> None:
    for path, text in unformatted(library_at(HISTORY / f"{release}.abi"), "header", "cffi").items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    (tmp_path / "plugin.c").write_text(PLUGIN)

    def loaded(told: str) -> str:
        """What comes of loading a plugin of this release that tells a version."""
        at = RELEASES.index(release)
        defines = (
            f'-DTOLD="{told}"',
            f'-DTRIPLE="{host_triple()}"',
            f"-DRESOLVES={int(at >= RELEASES.index('0.8.2'))}",
            f"-DLEVELS={int(at >= RELEASES.index('0.11.0'))}",
        )
        built = tmp_path / f"plugin-{told}.so"
        include = f"-I{tmp_path / 'include'}"
        run(*cc, *FLAGS, *defines, include, str(tmp_path / "plugin.c"), "-o", str(built))
        return subprocess.run(
            (sys.executable, "-c", LOAD, str(built)),
            cwd=tmp_path / "python",
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    told = TOLD.get(release, release)
    assert loaded(told) == f"0 {release == '0.11.0'}"
    assert loaded("0.12.0") == "refused"
    if told != release:
        assert loaded(release) == "refused"
