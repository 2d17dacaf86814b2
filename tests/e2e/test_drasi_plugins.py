"""The drasi plugins that bindings are tested with, driven by a host in plain C.

What they do is in tests/plugins/drasi/README.md. Both must behave the same, down to the journal, and
the host, with and without sanitizers, finds nothing wrong with either.
"""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from abilock.host import host_triple
from support.drasi_plugins import (
    FLAGS,
    HERE,
    INCLUDE,
    OLD,
    PLAIN,
    SANITIZED,
    Variant,
    c_plugin,
    plugin_in,
    run,
    rust_plugin,
)


def host_of(cc: Sequence[str], folder: Path, *flags: str) -> Path:
    path = folder / "host"
    run(*cc, *FLAGS, *flags, f"-I{INCLUDE}", HERE / "drasi_host.c", "-ldl", "-o", path)
    return path


IN_BOTH = pytest.mark.parametrize(
    "language", ["c", pytest.param("rust", marks=[pytest.mark.slow, pytest.mark.tool("rustc")])]
)


@pytest.fixture(scope="module")
def host(cc: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return host_of(cc, tmp_path_factory.mktemp("host"))


@pytest.fixture(scope="module")
def plugins(tmp_path_factory: pytest.TempPathFactory, cc: list[str]) -> dict[str, Path]:
    """The plugin in C, and in Rust as soon as a test has asked for it."""
    return {"c": c_plugin(cc, tmp_path_factory.mktemp("plugins"), PLAIN)}


def plain(language: str, plugins: dict[str, Path]) -> Path:
    if language not in plugins:
        plugins[language] = rust_plugin(plugins["c"].parent, PLAIN)
    return plugins[language]


# --- behaviour


@IN_BOTH
def test_the_host_finds_nothing_wrong(host: Path, plugins: dict[str, Path], language: str) -> None:
    done = run(host, plain(language, plugins))
    assert not done.stderr
    assert "> fetch_outbox 10: error" in done.stdout, "the last checks were not reached"
    assert done.stdout.endswith("SecretStorePlugin.drop kind=vault\n")


@pytest.mark.slow
@pytest.mark.tool("rustc")
def test_both_do_the_same(host: Path, plugins: dict[str, Path]) -> None:
    in_c, in_rust = (run(host, plain(language, plugins)).stdout for language in ("c", "rust"))
    assert in_c == in_rust


@IN_BOTH
@pytest.mark.parametrize(
    ("misuse", "complaint"),
    [
        ("double-drop", "Source.drop: this SourceVtable was dropped before"),
        ("use-after-drop", "start: this SourceVtable was dropped before"),
        ("another-state", "this is a SourceVtable and no SecretStorePluginVtable"),
        ("null-state", "SourcePluginVtable.kind: null in place of a SourcePluginVtable"),
        ("event-dropped-twice", "drop_fn: this FfiSourceEvent was dropped before"),
        ("started-twice", "ChangeReceiver.start_push: called twice"),
    ],
)
def test_a_misuse_is_told(
    host: Path, plugins: dict[str, Path], language: str, misuse: str, complaint: str
) -> None:
    done = run(host, plain(language, plugins), misuse, fails=-signal.SIGABRT)
    assert done.stderr.startswith("drasi_plugin: ")
    assert complaint in done.stderr


@pytest.mark.slow
@IN_BOTH
@pytest.mark.parametrize(
    ("variant", "seen"),
    [
        (PLAIN, ["metadata: there", "sdk: 0.8.4", f"target: {host_triple()}", "secret stores: 1"]),
        (Variant(texts=(("PLUGIN_SDK_VERSION", "0.8.0"),)), ["sdk: 0.8.0", "secret stores: 0"]),
        (Variant(texts=(("PLUGIN_SDK_VERSION", "0.9.0"),)), ["sdk: 0.9.0", "secret stores: 1"]),
        (Variant(texts=(("PLUGIN_TRIPLE", "pdp11-unknown-unix"),)), ["target: pdp11-unknown-unix"]),
        (OLD, ["sdk: 0.8.1", "registration: there", "secret stores: 0"]),
        (Variant(("PLUGIN_NULL_METADATA",)), ["metadata: null", "registration: there"]),
        (Variant(("PLUGIN_NO_METADATA",)), ["metadata: no symbol", "registration: there"]),
        (Variant(("PLUGIN_NULL_INIT",)), ["metadata: there", "registration: null"]),
        (
            Variant(("PLUGIN_NULL_SLOT",)),
            ["source 0: create_source_fn there", "source 1: create_source_fn null"],
        ),
        (Variant(("PLUGIN_NO_SHUTDOWN",)), ["shutdown: no symbol"]),
    ],
    ids=lambda value: (
        "-".join((*value.switches, *(text for _, text in value.texts))) or "plain"
        if isinstance(value, Variant)
        else ""
    ),
)
def test_a_variant_is_what_it_says(
    host: Path, cc: list[str], tmp_path: Path, language: str, variant: Variant, seen: list[str]
) -> None:
    done = run(host, plugin_in(language, cc, tmp_path, variant), "handshake")
    lines = done.stdout.splitlines()
    assert [line for line in seen if line not in lines] == []
    assert not done.stderr


# --- what compilers and sanitizers say


@pytest.mark.slow
@pytest.mark.parametrize(
    "compiler",
    [pytest.param(name, marks=pytest.mark.tool(name)) for name in ("gcc", "clang")],
)
def test_no_compiler_warns(tmp_path: Path, compiler: str) -> None:
    host = host_of([compiler], tmp_path)
    for variant in (PLAIN, OLD, Variant(("PLUGIN_NO_METADATA", "PLUGIN_NO_SHUTDOWN"))):
        plugin = c_plugin([compiler], tmp_path, variant)
    assert run(host, plugin, "handshake").stdout.startswith("metadata: no symbol\n")


@pytest.fixture(scope="module")
def sanitized_host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return host_of(["gcc"], tmp_path_factory.mktemp("sanitized"), *SANITIZED)


@pytest.mark.slow
@pytest.mark.tool("gcc", "sanitizers")
@IN_BOTH
@pytest.mark.parametrize("variant", [PLAIN, OLD], ids=["plain", "0.8.1"])
def test_no_sanitizer_reports(
    sanitized_host: Path, tmp_path: Path, language: str, variant: Variant
) -> None:
    """No leak, no block freed twice, nothing read that is not there."""
    done = run(sanitized_host, plugin_in(language, ["gcc"], tmp_path, variant, *SANITIZED))
    assert not done.stderr


@pytest.mark.slow
@pytest.mark.tool("gcc", "sanitizers")
@IN_BOTH
def test_a_read_behind_an_older_registration_is_seen(
    sanitized_host: Path, tmp_path: Path, language: str
) -> None:
    plugin = plugin_in(language, ["gcc"], tmp_path, OLD, *SANITIZED)
    done = run(sanitized_host, plugin, "handshake-careless", fails=None)
    assert "heap-buffer-overflow" in done.stderr


@pytest.mark.slow
@pytest.mark.tool("gcc", "sanitizers")
def test_no_thread_races_another(tmp_path: Path) -> None:
    flags = ("-g", "-fsanitize=thread")
    host = host_of(["gcc"], tmp_path, *flags)
    assert not run(host, c_plugin(["gcc"], tmp_path, PLAIN, *flags)).stderr
