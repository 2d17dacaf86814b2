"""The bmux plugins that bindings are tested with, driven by a host in plain C.

What they do is in tests/plugins/bmux/README.md. Both must behave the same, down to the journal, and
the host, with and without sanitizers, finds nothing wrong with either.
"""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from support.bmux_plugins import HERE, INCLUDE, c_plugin, plugin_in, rust_plugin
from support.drasi_plugins import FLAGS, SANITIZED, run


def host_of(cc: Sequence[str], folder: Path, *flags: str) -> Path:
    path = folder / "host"
    run(*cc, *FLAGS, *flags, f"-I{INCLUDE}", HERE / "bmux_host.c", "-ldl", "-o", path)
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
    return {"c": c_plugin(cc, tmp_path_factory.mktemp("plugins"))}


def plain(language: str, plugins: dict[str, Path]) -> Path:
    if language not in plugins:
        plugins[language] = rust_plugin(plugins["c"].parent)
    return plugins[language]


# --- behaviour


@IN_BOTH
def test_the_host_finds_nothing_wrong(host: Path, plugins: dict[str, Path], language: str) -> None:
    done = run(host, plain(language, plugins))
    assert not done.stderr
    assert "expected 1 2 5" in done.stdout
    assert "details (100000)" in done.stdout
    assert done.stdout.endswith("drop id=bmux.test/late\n"), "the last checks were not reached"


@pytest.mark.slow
@pytest.mark.tool("rustc")
def test_both_do_the_same(host: Path, plugins: dict[str, Path]) -> None:
    in_c, in_rust = (run(host, plain(language, plugins)).stdout for language in ("c", "rust"))
    assert in_c == in_rust


@IN_BOTH
@pytest.mark.parametrize(
    ("misuse", "complaint"),
    [
        ("dropped-twice", "drop: this BmuxStatefulPlugin has ended before"),
        ("used-after-drop", "id: this BmuxStatefulPlugin has ended before"),
        ("released-twice", "release: this BmuxSnapshot has ended before"),
        ("another-context", "release: this is no BmuxSnapshot"),
    ],
)
def test_a_misuse_is_told(
    host: Path, plugins: dict[str, Path], language: str, misuse: str, complaint: str
) -> None:
    done = run(host, plain(language, plugins), misuse, fails=-signal.SIGABRT)
    assert done.stderr == f"bmux_plugin: {complaint}\n"


@IN_BOTH
@pytest.mark.parametrize(
    ("variant", "seen"),
    [
        ("", ["entry: there", 'manifest: id = "bmux.test"', "activate: there"]),
        ("PLUGIN_NO_ENTRY", ["entry: no symbol", "activate: there"]),
        ("PLUGIN_ENTRY_ONLY", ["entry: there", "activate: no symbol"]),
        ("PLUGIN_NULL_MANIFEST", ["manifest: null"]),
        ("PLUGIN_BAD_MANIFEST", ["manifest: id = ["]),
    ],
)
def test_a_variant_is_what_it_says(
    host: Path, cc: list[str], tmp_path: Path, language: str, variant: str, seen: list[str]
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
    c_plugin([compiler], tmp_path)
    plugin = c_plugin([compiler], tmp_path, "PLUGIN_ENTRY_ONLY")
    assert "activate: no symbol" in run(host, plugin, "handshake").stdout


@pytest.mark.slow
@pytest.mark.tool("gcc", "sanitizers")
@IN_BOTH
def test_no_sanitizer_reports(tmp_path: Path, language: str) -> None:
    """No leak, no block freed twice, nothing read that is not there."""
    host = host_of(["gcc"], tmp_path, *SANITIZED)
    done = run(host, plugin_in(language, ["gcc"], tmp_path, "", *SANITIZED))
    assert not done.stderr


@pytest.mark.slow
@pytest.mark.tool("gcc", "sanitizers")
def test_no_thread_races_another(tmp_path: Path) -> None:
    flags = ("-g", "-fsanitize=thread")
    host = host_of(["gcc"], tmp_path, *flags)
    assert not run(host, c_plugin(["gcc"], tmp_path, "", *flags)).stderr
