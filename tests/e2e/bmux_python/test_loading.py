"""The generated Python package as a host of the bmux plugins: which libraries it takes, and why not."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from support.bmux_python import Host

#: TOML can be read from this version on.
READS_TOML = sys.version_info >= (3, 11)


def test_a_plugin_is_loaded(host: Host, mode: str) -> None:
    assert host.plugin.mode == mode
    assert host.plugin.manifest.startswith('id = "bmux.test"\nname = "Prüfstand"\n')
    assert host.probe.journal() == ["entry"]


@pytest.mark.parametrize(
    ("variant", "error", "said"),
    [
        (
            "PLUGIN_NO_ENTRY",
            "MissingSymbolError",
            [
                "`bmux_plugin_entry_v1`",
                "no plugin of this ABI",
                "check the path, or build it again",
            ],
        ),
        (
            "PLUGIN_NULL_MANIFEST",
            "NullRegistrationError",
            ["`bmux_plugin_entry_v1`", "null", "look into the plugin's log"],
        ),
        (
            "PLUGIN_GARBLED_MANIFEST",
            "ManifestRefusedError",
            ["`bmux_plugin_entry_v1`", "UTF-8", "byte 6", "build"],
        ),
        *(
            [
                (
                    "PLUGIN_BAD_MANIFEST",
                    "ManifestRefusedError",
                    ["`bmux_plugin_entry_v1`", "no TOML", "at end of document", "build"],
                ),
                (
                    "PLUGIN_BAD_RANGE",
                    "ManifestRefusedError",
                    ["`native_abi.minimum`", "'1.x'", "a version such as", "get a build"],
                ),
            ]
            if READS_TOML
            else []
        ),
    ],
)
def test_a_plugin_is_refused(
    bmux: ModuleType,
    library: Callable[..., Path],
    mode: str,
    variant: str,
    error: str,
    said: list[str],
) -> None:
    path = library(variant)
    with pytest.raises(bmux.LoadError) as caught:
        bmux.load(path, mode)
    assert type(caught.value) is getattr(bmux, error)
    assert caught.value.path == str(path)
    assert [text for text in [str(path), *said] if text not in str(caught.value)] == []


@pytest.mark.parametrize(
    ("variant", "expected", "said"),
    [
        (
            "PLUGIN_FOR_LATER_HOSTS",
            ("native_abi", "1.0", "1.1", "1.4"),
            "the plugin 'bmux.test' 0.0.1 works with `native_abi` from 1.1 to 1.4, and this host has 1.0:"
            " get a release of the plugin that is for this host, or another host",
        ),
        (
            "PLUGIN_FOR_EARLIER_HOSTS",
            ("plugin_api", "1.0", "0.3", "0.9"),
            "works with `plugin_api` from 0.3 to 0.9, and this host has 1.0",
        ),
    ],
)
def test_a_plugin_for_other_hosts_is_refused(
    bmux: ModuleType,
    library: Callable[..., Path],
    mode: str,
    variant: str,
    expected: tuple[str, ...],
    said: str,
) -> None:
    path = library(variant)
    with pytest.raises(bmux.HostRefusedError) as caught:
        bmux.load(path, mode)
    error = caught.value
    assert isinstance(error, bmux.LoadError)
    assert (error.key, error.found, error.minimum, error.maximum) == expected
    assert said in str(error)
    assert error.path == str(path)


def test_a_plugin_for_any_host_is_loaded(
    bmux: ModuleType, library: Callable[..., Path], mode: str
) -> None:
    assert "minimum" not in bmux.load(library("PLUGIN_FOR_ANY_HOST"), mode).manifest


@pytest.mark.parametrize(
    ("ranges", "mine", "is_for_it"),
    [
        ("", "1.0", True),
        ('minimum = "1.0"', "1.0", True),
        ('minimum = "1"', "1.0", True),
        ('minimum = "1.1"', "1.0", False),
        ('minimum = "1.9"', "1.10", True),
        ('maximum = "1.0"', "1.0", True),
        ('maximum = "1"', "1.1", False),
        ('maximum = "2"', "1.99", True),
        ('minimum = "1.2"\nmaximum = "1.4"', "1.2", True),
        ('minimum = "1.2"\nmaximum = "1.4"', "1.4", True),
        ('minimum = "1.2"\nmaximum = "1.4"', "1.5", False),
        ('minimum = "1.4"\nmaximum = "1.2"', "1.3", False),
        ('minimum = "0.1"', "1.0", True),
    ],
)
def test_both_ends_belong_to_a_range(
    host: Host, bmux: ModuleType, ranges: str, mine: str, is_for_it: bool
) -> None:
    judge = sys.modules[f"{bmux.__name__}._manifests"].require_range
    text = f"[native_abi]\n{ranges}\n"
    if is_for_it:
        judge(host.plugin._abi_lib, "toml", text, "native_abi", mine)
        return
    with pytest.raises(bmux.HostRefusedError, match=f"and this host has {mine}: get"):
        judge(host.plugin._abi_lib, "toml", text, "native_abi", mine)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"host": 7}', "`host` in its manifest is 7, and has to be a table"),
        ("[]", "`host` in its manifest is None"),
        (
            '{"host": {"minimum": 1}}',
            "`host.minimum` in its manifest is 1, and has to be a version",
        ),
        ('{"host": {"maximum": ""}}', "`host.maximum` in its manifest is ''"),
        ('{"host": {"maximum": "1.2.3.4"}}', "'1.2.3.4', and has to be a version"),
    ],
)
def test_a_range_that_is_none(host: Host, bmux: ModuleType, text: str, said: str) -> None:
    judge = sys.modules[f"{bmux.__name__}._manifests"].require_range
    with pytest.raises(bmux.ManifestRefusedError) as caught:
        judge(host.plugin._abi_lib, "json", text, "host", "1.0")
    assert said in str(caught.value)


def test_a_range_that_cannot_be_read_is_a_refusal(host: Host, bmux: ModuleType) -> None:
    judge = sys.modules[f"{bmux.__name__}._manifests"].require_range
    with pytest.raises(bmux.ManifestRefusedError, match="INI is not read here"):
        judge(host.plugin._abi_lib, "ini", "host=1", "host", "1.0")


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (None, "LibraryMissingError"),
        (b"", "NotALibraryError"),
        (b"#!/bin/sh\n", "NotALibraryError"),
        (b"\x7fELF\x02\x01\x01" + bytes(9) + b"\3\0\x16\0", "WrongArchitectureError"),
    ],
)
def test_a_file_is_refused(
    bmux: ModuleType, tmp_path: Path, content: bytes | None, error: str
) -> None:
    path = tmp_path / "plugin.so"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(getattr(bmux, error)) as caught:
        bmux.load(path)
    assert isinstance(caught.value, bmux.LoadError)
    assert caught.value.path == str(path)


def test_a_mode_that_is_not_there(
    bmux: ModuleType, library: Callable[..., Path], mode: str
) -> None:
    with pytest.raises(bmux.BuildError, match="'compiled' and 'ready-made'"):
        bmux.load(library(), "fast")


def test_a_plugin_may_export_the_entry_only(
    bmux: ModuleType, library: Callable[..., Path], mode: str
) -> None:
    plugin = bmux.load(library("PLUGIN_ENTRY_ONLY"), mode)
    calls = {
        "bmux_plugin_activate_v1": lambda: plugin.activate(b""),
        "bmux_plugin_register_stateful_v1": lambda: plugin.register_stateful(object()),
        "bmux_plugin_run_command_with_context_v1": lambda: plugin.run_command(b""),
        "bmux_plugin_run_command_v1": lambda: plugin.run_command_by_name("exit", []),
        "bmux_plugin_handle_event_v1": lambda: plugin.handle_event(b""),
        "bmux_plugin_invoke_service_v1": lambda: plugin.invoke_service(b""),
        "bmux_plugin_deactivate_v1": lambda: plugin.deactivate(b""),
    }
    for symbol, call in calls.items():
        with pytest.raises(bmux.NotAvailableError, match=f"does not export `{symbol}`"):
            call()


def test_a_folder_is_gone_through(
    bmux: ModuleType, library: Callable[..., Path], mode: str, tmp_path: Path
) -> None:
    folder = tmp_path / "plugins"
    folder.mkdir()
    library().rename(folder / "a.so")
    library("PLUGIN_NULL_MANIFEST").rename(folder / "b.so")
    (folder / "c.so").write_text("text")
    (folder / "readme.txt").write_text("text")
    plugin, null, text = bmux.discover(folder, mode)
    assert plugin.manifest.startswith("id = ")
    assert isinstance(null, bmux.NullRegistrationError)
    assert isinstance(text, bmux.NotALibraryError)


def test_what_help_shows(bmux: ModuleType) -> None:
    """Names are Python's, and nothing of C's is left in what a host writes."""
    entries = [name for name in vars(bmux.Plugin) if not name.startswith("_")]
    assert entries == [
        "path",
        "mode",
        "offers",
        "has",
        "activate",
        "register_stateful",
        "run_command",
        "run_command_by_name",
        "handle_event",
        "invoke_service",
        "deactivate",
    ]
    annotations = {
        name: dict(getattr(bmux.Plugin, name).__annotations__)
        for name in ("activate", "run_command_by_name", "invoke_service")
    }
    assert annotations == {
        "activate": {"lifecycle": "bytes", "return": "None"},
        "run_command_by_name": {"name": "str", "arguments": "list[str]", "return": "None"},
        "invoke_service": {"request": "bytes", "return": "bytes"},
    }
    assert [each for each in bmux.__all__ if not hasattr(bmux, each)] == []
