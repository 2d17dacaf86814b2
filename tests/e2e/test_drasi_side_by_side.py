"""A host in Python with the bindings that are checked in: plugins in C of two releases of drasi, in one
process, each with the binding that its version selects."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from abilock.cli import main
from abilock.host import host_triple
from support.building import FLAGS
from support.building import run as compiled
from support.drasi_empty import generate

ROOT = Path(__file__).parents[2]

#: Logs when it gets the host's callback, and again when a source is started.
PLUGIN = r"""
#include HEADER
#include <stdlib.h>
#include <string.h>
#define TEXT(text) {text, sizeof(text) - 1}
#ifdef PROVES
DRASI_WITNESS;
#endif
static LogCallbackFn to_log;
static void *to_whom;
static void tell(FfiLogLevel level, const char *text) {
    FfiLogEntry entry;
    memset(&entry, 0, sizeof entry);
    entry.level = level;
    entry.plugin_id.ptr = entry.target.ptr = entry.instance_id.ptr = entry.component_id.ptr = TOLD;
    entry.plugin_id.len = entry.target.len = sizeof(TOLD) - 1;
    entry.message.ptr = text;
    entry.message.len = strlen(text);
    to_log(to_whom, &entry);
}
DRASI_EXPORT const PluginMetadata *drasi_plugin_metadata(void) {
    static const PluginMetadata told = {TEXT(TOLD), TEXT(""), TEXT(""), TEXT("1.0.0"), TEXT(TRIPLE),
                                        TEXT("dev"), TEXT("dev-build")};
    return &told;
}
static void set_log(void *ctx, LogCallbackFn callback) {
    to_whom = ctx, to_log = callback;
    tell(FfiLogLevel_Info, "hello from " TOLD);
}
static void set_lifecycle(void *ctx, LifecycleCallbackFn callback) { (void)ctx, (void)callback; }
#ifdef RESOLVES
static void set_resolver(void *ctx, ConfigResolverFn callback) { (void)ctx, (void)callback; }
#endif
#ifdef LEVELS
static void set_level(FfiLogLevelFilter level) {
    tell(FfiLogLevel_Warn, level == FfiLogLevelFilter_Debug ? "debug" : "another level");
}
#endif
DRASI_EXPORT FfiPluginRegistration *drasi_plugin_init(void) {
    FfiPluginRegistration *made = calloc(1, sizeof *made);
    made->set_log_callback = set_log;
    made->set_lifecycle_callback = set_lifecycle;
#ifdef RESOLVES
    made->set_config_resolver = set_resolver;
#endif
#ifdef LEVELS
    made->set_log_level = set_level;
#endif
    return made;
}
"""
#: What plugins of a release tell, and what a registration of it has.
RELEASES = {
    "0.8.4": ("0.8.4", ("-DRESOLVES",)),
    "0.9.1": ("0.9.1", ("-DRESOLVES",)),
    # The number of a crate, and that of its ABI: 0.11.0 is also what plugins of crate 0.10.0 tell.
    "0.10.0": ("0.11.0", ("-DRESOLVES",)),
    "0.11.0": ("0.13.0", ("-DRESOLVES", "-DLEVELS")),
}
CHECKED_IN = {
    "0.8.4": ROOT / "generated/drasi/include/drasi.h",
    "0.11.0": ROOT / "generated/drasi_0_11_0/include/drasi_0_11_0.h",
}

pytestmark = pytest.mark.slow


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Any]]:
    known = set(sys.modules)
    for name in ("drasi", "drasi_0_11_0"):
        monkeypatch.syspath_prepend(str(ROOT / f"generated/{name}/python"))
    yield importlib.import_module("drasi"), importlib.import_module("drasi_0_11_0")
    for name in set(sys.modules) - known:
        del sys.modules[name]


@pytest.fixture(scope="module", params=["told", "proven"])
def folder(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, cc: list[str]
) -> Path:
    """A plugin of each release."""
    found = tmp_path_factory.mktemp(request.param)
    (found / "plugin.c").write_text(PLUGIN)
    for release, (told, flags) in RELEASES.items():
        header = CHECKED_IN.get(release)
        if header is None:
            generate(release, found / f"of-{release}")
            header = found / f"of-{release}/include/drasi.h"
        proves = ("-DPROVES",) if request.param == "proven" else ()
        defines = (f'-DHEADER="{header}"', f'-DTOLD="{told}"', f'-DTRIPLE="{host_triple()}"')
        built = str(found / f"{release}.so")
        compiled(*cc, *FLAGS, *defines, *flags, *proves, str(found / "plugin.c"), "-o", built)
    return found


def test_each_plugin_has_the_binding_of_its_release(
    folder: Path, packages: tuple[Any, Any]
) -> None:
    old, new = packages
    found = {Path(each.path).stem: each for each in old.discover(folder, None, [old, new])}
    assert type(found["0.8.4"]) is old.Plugin
    assert type(found["0.11.0"]) is new.Plugin
    for release in ("0.9.1", "0.10.0"):
        assert type(found[release]) is old.NoBindingError
        assert list(found[release].refusals) == ["drasi", "drasi_0_11_0"]
        assert str(found[release]).startswith(
            f"{folder / release}.so: none of the bindings drasi, drasi_0_11_0 is for it: drasi: "
        )
    logs: list[tuple[str, Any]] = []
    for release in ("0.8.4", "0.11.0"):
        plugin = found[release]
        plugin.registration.set_log_callback(lambda entry, of=release: logs.append((of, entry)))
    found["0.11.0"].registration.set_log_level(new.LogLevelFilter.Debug)
    assert [(of, each.message, each.plugin_id) for of, each in logs] == [
        ("0.8.4", "hello from 0.8.4", "0.8.4"),
        ("0.11.0", "hello from 0.13.0", "0.13.0"),
        ("0.11.0", "debug", "0.13.0"),
    ]
    assert [type(each) for _, each in logs] == [old.LogEntry, new.LogEntry, new.LogEntry]
    assert [each.level for _, each in logs[1:]] == [new.LogLevel.Info, new.LogLevel.Warn]


def test_the_number_of_a_crate_is_not_that_of_its_abi(
    folder: Path, packages: tuple[Any, Any]
) -> None:
    """What says 0.11.0 is of crate 0.10.0, and no plugin for the binding of crate 0.11.0."""
    old, new = packages
    with pytest.raises(new.VersionRefusedError) as caught:
        new.load(folder / "0.10.0.so")
    assert "0.13.0" in str(caught.value) or "0.11.0" in str(caught.value)
    assert new.load(folder / "0.11.0.so").metadata.sdk_version == "0.13.0"
    with pytest.raises(old.VersionRefusedError):
        old.load(folder / "0.11.0.so")


@pytest.mark.parametrize("described", ["drasi@0.11.0", "abi/history/drasi/0.11.0.abi"])
def test_files_are_judged_as_loaders_judge_them(
    folder: Path,
    described: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    states = {}
    for release in RELEASES:
        command = ("verify", "--witness", "--abi", described, "--format", "json")
        main([*command, str(folder / f"{release}.so")])
        (found,) = json.loads(capsys.readouterr().out)["libraries"]
        states[release] = found["status"]
    refused = "refused" if folder.name.startswith("proven") else "unknown"
    expected = dict.fromkeys(RELEASES, refused)
    expected["0.11.0"] = "matches" if refused == "refused" else refused
    assert states == expected


@pytest.mark.parametrize(
    "told",
    ["{NULL, 5}", '{"\\xff\\xfe", 2}', '{"0.8.4", (size_t)-1}', "{NULL, 0}", '{"0.8.4\\0", 6}'],
)
def test_a_version_that_is_no_text(
    told: str, packages: tuple[Any, Any], tmp_path: Path, cc: list[str]
) -> None:
    old, new = packages
    (tmp_path / "plugin.c").write_text(PLUGIN.replace("{TEXT(TOLD), ", f"{{{told}, "))
    defines = (f'-DHEADER="{CHECKED_IN["0.8.4"]}"', '-DTOLD="x"', f'-DTRIPLE="{host_triple()}"')
    built = tmp_path / "plugin.so"
    compiled(*cc, *FLAGS, *defines, "-DRESOLVES", str(tmp_path / "plugin.c"), "-o", str(built))
    with pytest.raises(old.LoadError) as alone:
        old.load(built)
    with pytest.raises(old.LoadError) as chosen:
        old.load_any(built, [old, new])
    assert str(alone.value).startswith(f"{built}: ")
    assert str(chosen.value).startswith(f"{built}: ")
