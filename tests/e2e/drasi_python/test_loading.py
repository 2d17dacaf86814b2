"""The generated Python package as a host of the drasi plugins: which libraries it takes, and why not."""

from __future__ import annotations

import gc
import os
import struct
import sys
import tempfile
from pathlib import Path
from types import ModuleType

import pytest

from abilock.host import host_triple
from support.drasi_plugins import (
    OLD,
    PLAIN,
    ROOT,
    SANITIZED,
    Variant,
    c_plugin,
    plugin_in,
    run,
)
from support.drasi_python import Host
from support.probes import Probe

IN_BOTH = pytest.mark.parametrize(
    "language", ["c", pytest.param("rust", marks=[pytest.mark.slow, pytest.mark.tool("rustc")])]
)


# --- loading


def test_metadata(host: Host, mode: str) -> None:
    found = host.plugin.metadata
    assert found.sdk_version == "0.8.4"
    assert found.target_triple == host_triple()
    assert host.plugin.mode == mode
    assert host.journal()[:2] == ["Plugin.metadata", "Plugin.init"]


@IN_BOTH
@pytest.mark.parametrize(
    ("variant", "error", "said"),
    [
        (
            Variant(texts=(("PLUGIN_SDK_VERSION", "0.9.0"),)),
            "VersionRefusedError",
            [
                "the plugin has version 0.9.0, and this host knows 0.8.4;",
                "the first two numbers have to be the same (rule: major.minor)",
                "use a plugin or a host of a matching release",
            ],
        ),
        (
            Variant(texts=(("PLUGIN_SDK_VERSION", "soon"),)),
            "VersionRefusedError",
            ["'soon'", "no version", "0.8.4", "matching release"],
        ),
        (
            Variant(texts=(("PLUGIN_TRIPLE", "pdp11-unknown-unix"),)),
            "TargetRefusedError",
            ["pdp11-unknown-unix", host_triple().split("-")[0], "get the plugin for this system"],
        ),
        (
            Variant(("PLUGIN_NULL_METADATA",)),
            "NullRegistrationError",
            ["drasi_plugin_metadata", "null", "look into the plugin's log"],
        ),
        (
            Variant(("PLUGIN_NULL_INIT",)),
            "NullRegistrationError",
            ["drasi_plugin_init", "null", "look into the plugin's log"],
        ),
        (
            Variant(("PLUGIN_NO_METADATA",)),
            "MissingSymbolError",
            ["drasi_plugin_metadata", "no plugin of this ABI", "check the path, or build it again"],
        ),
        (
            Variant(("PLUGIN_NULL_SLOT",)),
            "NullSlotError",
            ["SourcePluginVtable.create_source_fn", "null", "has to have it", "get a build"],
        ),
    ],
    ids=["newer", "no-version", "triple", "metadata", "init", "symbol", "slot"],
)
def test_a_plugin_is_refused(
    drasi: ModuleType,
    cc: list[str],
    tmp_path: Path,
    language: str,
    variant: Variant,
    error: str,
    said: list[str],
) -> None:
    path = plugin_in(language, cc, tmp_path, variant)
    with pytest.raises(drasi.LoadError) as caught:
        drasi.load(path, "ready-made")
    assert type(caught.value) is getattr(drasi, error)
    assert caught.value.path == str(path)
    assert [text for text in [str(path), *said] if text not in str(caught.value)] == []


def _elf(machine: int) -> bytes:
    return b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HH", 3, machine) + bytes(200)


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (None, "LibraryMissingError", ["there is no such file", "check the path"]),
        (
            b"",
            "NotALibraryError",
            ["no shared library", "an empty file", "give the path of a plugin"],
        ),
        (b"#!/bin/sh\n" * 9, "NotALibraryError", ["no shared library", "some other file"]),
        (_elf(22), "WrongArchitectureError", ["s390x", "this process needs", "get the plugin"]),
        (
            _elf(62),
            "NotALibraryError",
            ["the system's loader refuses it: ", "; get a build of the plugin for this system"],
        ),
    ],
    ids=["missing", "empty", "script", "architecture", "truncated"],
)
def test_a_file_is_refused(
    drasi: ModuleType, tmp_path: Path, content: bytes | None, error: str, said: list[str]
) -> None:
    path = tmp_path / "plugin.so"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(drasi.LoadError) as caught:
        drasi.load(path)
    assert type(caught.value) is getattr(drasi, error)
    assert [text for text in [str(path), *said] if text not in str(caught.value)] == []


def test_a_plugin_for_another_machine_is_not_opened(
    drasi: ModuleType, cc: list[str], tmp_path: Path
) -> None:
    path = c_plugin(cc, tmp_path, PLAIN)
    data = bytearray(path.read_bytes())
    data[18:20] = struct.pack("<H", 22)
    path.write_bytes(data)
    with pytest.raises(drasi.WrongArchitectureError, match="it is ELF for s390x, 64 bits"):
        drasi.load(path)


@pytest.mark.parametrize("left", [64, 4096, -1])
def test_a_file_that_was_cut_off_is_refused_before_the_system_stumbles(
    drasi: ModuleType, cc: list[str], tmp_path: Path, left: int
) -> None:
    path = c_plugin(cc, tmp_path, PLAIN)
    data = path.read_bytes()
    with path.open("rb") as file:
        end = drasi._loading.length_of(file)
    path.write_bytes(data[: left if left > 0 else end - 1])
    with pytest.raises(drasi.NotALibraryError) as caught:
        drasi.load(path)
    if left != 64:
        assert f"it has {path.stat().st_size} bytes, and its segments {end}" in str(caught.value)
        assert "copy or download it again" in str(caught.value)


@pytest.mark.parametrize(("order", "data"), [("<", 1), (">", 2)])
@pytest.mark.parametrize("bits", [32, 64])
def test_the_length_that_segments_ask_for(
    drasi: ModuleType, order: str, data: int, bits: int
) -> None:
    head = bytearray(64)
    head[:6] = b"\x7fELF" + bytes([bits // 32, data])
    if bits == 64:
        struct.pack_into(f"{order}Q", head, 32, 64)
        struct.pack_into(f"{order}HH", head, 54, 56, 3)
        table = [
            struct.pack(f"{order}IIQQQQQQ", kind, 0, offset, 0, 0, size, size, 0)
            for kind, offset, size in ((1, 0, 500), (1, 0x300, 0x2000), (4, 0x9000, 9))
        ]
    else:
        struct.pack_into(f"{order}I", head, 28, 64)
        struct.pack_into(f"{order}HH", head, 42, 32, 3)
        table = [
            struct.pack(f"{order}IIIIIIII", kind, offset, 0, 0, size, size, 0, 0)
            for kind, offset, size in ((1, 0, 500), (1, 0x300, 0x2000), (4, 0x9000, 9))
        ]
    with tempfile.TemporaryFile() as file:
        file.write(head + b"".join(table))
        file.flush()
        assert drasi._loading.length_of(file) == 0x2300


def test_a_folder_is_gone_through(drasi: ModuleType, cc: list[str], tmp_path: Path) -> None:
    c_plugin(cc, tmp_path, PLAIN)
    (tmp_path / "another.so").write_text("text")
    (tmp_path / "readme.txt").write_text("text")
    refusal, plugin = drasi.discover(tmp_path, "ready-made")
    assert isinstance(refusal, drasi.NotALibraryError)
    assert isinstance(plugin, drasi.Plugin)
    assert isinstance(plugin.registration.source_plugins[0].kind(), str)
    del plugin
    gc.collect()
    assert Probe(tmp_path / "c_plugin.so").live() == 0


def test_whatever_is_in_a_folder_is_passed_by(
    drasi: ModuleType, cc: list[str], tmp_path: Path
) -> None:
    """A pipe would be waited for, a name that is no text cannot be given to cffi."""
    data = c_plugin(cc, tmp_path, PLAIN).read_bytes()
    (tmp_path / "folder.so").mkdir()
    (tmp_path / "nowhere.so").symlink_to("there is none")
    (tmp_path / "round.so").symlink_to("round.so")
    (tmp_path / "device.so").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.so")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.so")).write_bytes(data)
    (tmp_path / "line\nend ü.so").write_bytes(data)
    found = list(drasi.discover(tmp_path, "ready-made"))
    refused = {each.path: str(each) for each in found if isinstance(each, drasi.LoadError)}
    names = {os.path.basename(path): text for path, text in refused.items()}
    assert "this is a pipe or a device" in names["pipe.so"]
    assert "this is a pipe or a device" in names["device.so"]
    assert "no such file" in names["nowhere.so"]
    assert "cannot be read" in names["round.so"]
    assert f"{tmp_path}/\\udcff.so: its path is not UTF-8" in names["\udcff.so"]
    assert {Path(each.path).name for each in found if isinstance(each, drasi.Plugin)} == {
        "c_plugin.so",
        "line\nend ü.so",
    }


@IN_BOTH
def test_an_older_plugin_has_less(
    drasi: ModuleType, cc: list[str], tmp_path: Path, language: str
) -> None:
    host = Host(drasi, plugin_in(language, cc, tmp_path, OLD), "ready-made")
    for name in (
        "FfiPluginRegistration.secret_store_plugins",
        "PluginRegistration.set_config_resolver",
    ):
        assert not host.plugin.has(name)
    assert host.plugin.has("FfiPluginRegistration.identity_provider_plugins")
    with pytest.raises(
        drasi.NotAvailableError, match=r"secret_store_plugins is there since 0\.8\.2"
    ):
        host.registration.secret_store_plugins  # noqa: B018
    with pytest.raises(drasi.NotAvailableError) as caught:
        host.registration.set_config_resolver(lambda _: None)
    assert str(caught.value) == (
        f"PluginRegistration.set_config_resolver is there since 0.8.2, and {host.plugin.path} has"
        f" {host.plugin.metadata.sdk_version}: get a later release of the plugin, or do without"
    )
    assert "vault" not in host.factories
    host.source().close()
    host.close()


@pytest.mark.slow
@pytest.mark.tool("gcc", "sanitizers")
def test_nothing_is_read_behind_an_older_registration(tmp_path: Path) -> None:
    path = c_plugin(["gcc"], tmp_path, OLD, *SANITIZED)
    text = (
        f"import drasi\nplugin = drasi.load({str(path)!r}, 'ready-made')\n"
        "print(plugin.registration.offers('secret_store_plugins'))\n"
        "try: plugin.registration.secret_store_plugins\n"
        "except drasi.NotAvailableError: pass\n"
        "for each in plugin.registration.source_plugins: print(each.kind())\n"
    )
    preload = run("gcc", "-print-file-name=libasan.so").stdout.strip()
    env = {
        "LD_PRELOAD": preload,
        "ASAN_OPTIONS": "detect_leaks=0",
        "PYTHONPATH": str(ROOT / "generated" / "drasi" / "python"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONMALLOC": "malloc",
    }
    done = run(sys.executable, "-c", text, env=env)
    assert done.stdout == "False\nticker\nreplayer\n"
    assert "AddressSanitizer" not in done.stderr
