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

ROOT = Path(__file__).parents[2]
HISTORY = ROOT / "abi/history/drasi"
SERIALIZED = ROOT / "tests/plugins/drasi/serialized.c"
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

#: A host of 0.11.0: what it reads, and what it hands over, are bytes with a function that ends them.
HOST = r"""
import ctypes
import sys
import drasi
plugin = drasi.load(sys.argv[1])
ended = ctypes.CDLL(sys.argv[1]).test_ended
plugin.registration.set_log_level(drasi.LogLevelFilter.Debug)
(factory,) = plugin.registration.bootstrap_plugins
stream = factory.create_bootstrap_provider("{}", "{}").bootstrap("q", ["Node"], [], "r", "h", "s")
came = []
stream.events.start_push(lambda event: came.append(event) or True)
stream.result.start(came.append)
record, end, result = came
print(record.payload, end, result.event_count, result.error, ended())
(factory,) = plugin.registration.reaction_plugins
reaction = factory.create_reaction("r", "[]", "{}", False)
results = [drasi.QueryResult(b"one, "), drasi.QueryResult(b"two"), None]
reaction.start_result_push(lambda gone: results.pop(0) if results else None)
print(reaction.type_name())
"""

pytestmark = pytest.mark.slow


def generate(release: str, folder: Path) -> None:
    """The header and the package of a release."""
    for path, text in unformatted(library_at(HISTORY / f"{release}.abi"), "header", "cffi").items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def python(program: str, plugin: Path, folder: Path) -> str:
    """What a program prints that imports the package."""
    done = subprocess.run(
        (sys.executable, "-c", program, str(plugin)),
        cwd=folder / "python",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("release", RELEASES)
def test_a_binding_takes_the_plugins_of_its_release(
    release: str, tmp_path: Path, cc: list[str]
) -> None:
    generate(release, tmp_path)
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
        return python(LOAD, built, tmp_path)

    told = TOLD.get(release, release)
    assert loaded(told) == f"0 {release == '0.11.0'}"
    assert loaded("0.12.0") == "refused"
    if told != release:
        assert loaded(release) == "refused"


def test_payloads_of_the_last_release_are_read_and_handed_over(
    tmp_path: Path, cc: list[str]
) -> None:
    generate("0.11.0", tmp_path)
    built = tmp_path / "serialized.so"
    triple = f'-DPLUGIN_TRIPLE="{host_triple()}"'
    run(*cc, *FLAGS, triple, f"-I{tmp_path / 'include'}", str(SERIALIZED), "-o", str(built))
    read, handed = python(HOST, built, tmp_path).splitlines()
    assert read == "b'record' None -1 b'no table' 14"
    assert handed == "one, two"
