"""Hosts of releases of drasi take the plugins of those that work with them, and refuse all others: by what
they know of each release, with a reason, and before anything is called that need not be read alike."""

from __future__ import annotations

import ctypes
import importlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from abilock.diagnostics.report import Report
from abilock.lock.lockfile import Lock
from abilock.lock.shelf import DiskStore, Shelf
from abilock.model.decls import Library
from abilock.progress import unseen
from abilock.releases.bindings import binding_name
from abilock.releases.known import known_releases
from abilock.releases.reading import sound_release
from support.drasi_empty import TOLD, empty_plugin, generate
from support.rendering import unformatted

ROOT = Path(__file__).parents[2]

#: Whether a host may use a plugin: `-` is refused by the rule, `BAD` taken by it and known to be
#: wrong. Rows are plugins, columns are hosts.
MATRIX = """
        0.8.0 0.8.1 0.8.4 0.8.5 0.10.0 0.11.0
0.8.0   ok    BAD   BAD   BAD   -      -
0.8.1   BAD   ok    ok    ok    -      -
0.8.4   BAD   ok    ok    ok    -      -
0.8.5   BAD   BAD   BAD   ok    -      -
0.10.0  -     -     -     -     ok     -
0.11.0  -     -     -     -     -      ok
"""
USED = MATRIX.split("\n")[1].split()

INSERTED = (
    "one side calls the wrong function: `SourceVtable.describe_schema_fn` was added before others that were"
    " there; {} more changes"
)
PAST_END = (
    "one side reads past the end: `FfiRuntimeContext.wal_provider` was added to a released type without"
    " `@since`"
)
#: Why a mix is refused that the rule takes: the plugin, then the host. What only the older side would do
#: wrong does not count for a newer one.
REASONS = {
    ("0.8.0", "0.8.1"): INSERTED.format(11),
    ("0.8.0", "0.8.4"): INSERTED.format(11),
    ("0.8.0", "0.8.5"): INSERTED.format(11),
    ("0.8.1", "0.8.0"): INSERTED.format(10),
    ("0.8.4", "0.8.0"): INSERTED.format(10),
    ("0.8.5", "0.8.0"): INSERTED.format(11),
    ("0.8.5", "0.8.1"): PAST_END,
    ("0.8.5", "0.8.4"): PAST_END,
}

pytestmark = pytest.mark.slow


class Hosts:
    """A package for each release, with what is known of all of them, and an empty plugin of each."""

    def __init__(self, folder: Path, cc: list[str]) -> None:
        self.folder, self._cc = folder, cc
        report = Report()
        shelf = Shelf(DiskStore(ROOT), "abi", "drasi")
        lock = shelf.lock(report)
        assert lock is not None
        lock = Lock(lock.abi, tuple(each for each in lock.releases if str(each.version) in USED))
        read: dict[str, Library | None] = {
            shelf.path(each.version): sound_release(shelf, each, report) for each in lock.releases
        }
        self._packages: dict[str, ModuleType] = {}
        for library in read.values():
            assert library is not None
            named = binding_name(library.name, library.version)
            known = known_releases(library, shelf, lock, report.sources, {}, read, report, unseen)
            for path, text in unformatted(
                replace(library, known=known, binding=named), "cffi"
            ).items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_text(text, encoding="utf-8")
        sys.path.insert(0, str(folder / "python"))
        self._numbers = 0

    def __getitem__(self, release: str) -> Any:
        return importlib.import_module(f"drasi_{release.replace('.', '_')}")

    def plugin(self, release: str, told: str | None = None, *flags: str) -> Path:
        """A library of its own, of which nothing was called so far."""
        self._numbers += 1
        folder = self.folder / f"plugin{self._numbers}"
        generate(release, folder)
        return empty_plugin(self._cc, release, folder, told, *flags)


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory, cc: list[str]) -> Iterator[Hosts]:
    made = Hosts(tmp_path_factory.mktemp("hosts"), cc)
    yield made
    sys.path.remove(str(made.folder / "python"))


def called(built: Path) -> tuple[int, int]:
    """How often the plugin was asked for its metadata, and for its registration."""
    library = ctypes.CDLL(str(built))
    return library.test_called(0), library.test_called(1)


@pytest.mark.parametrize("release", USED)
def test_plugins_are_used_or_refused_as_it_turned_out(hosts: Hosts, release: str) -> None:
    (row,) = (line.split()[1:] for line in MATRIX.split("\n") if line.startswith(f"{release} "))
    built = hosts.plugin(release)
    inits = 0
    for host, expected in zip(USED, row, strict=True):
        package = hosts[host]
        if expected == "ok":
            plugin = package.load(built)
            inits += 1
            assert plugin.metadata.sdk_version == TOLD.get(release, release)
            assert plugin.registration.source_plugins == []
        else:
            with pytest.raises(package.LoadError) as caught:
                package.load(built)
            _check_refusal(package, caught.value, release, host, expected)
        assert called(built)[1] == inits


def _check_refusal(package: Any, error: Any, release: str, host: str, expected: str) -> None:
    told = TOLD.get(release, release)
    said = str(error).partition(": ")[2]
    if expected == "-":
        assert type(error) is package.VersionRefusedError
        assert said == (
            f"the plugin has version {told}, and this host knows {TOLD.get(host, host)}; the first two"
            " numbers have to be the same (rule: major.minor): use a plugin or a host of a matching release"
        )
        return
    assert type(error) is package.ReleaseRefusedError
    reason = REASONS[release, host]
    assert (error.release, error.reason) == (release, reason)
    assert f"`{error.element}`" in reason
    assert said == (
        f"the plugin has version {told}, which the rule (major.minor) takes for {TOLD.get(host, host)}; but"
        f" with plugins of release {release} {reason}; build the plugin again with the header of this"
        f" host's release, or use a host of release {release}"
    )


def test_what_an_older_plugin_lacks_is_not_used(hosts: Hosts) -> None:
    plugin = hosts["0.8.4"].load(hosts.plugin("0.8.1"))
    assert plugin.has("FfiPluginRegistration.identity_provider_plugins")
    assert not plugin.has("PluginRegistration.set_config_resolver")
    with pytest.raises(
        hosts["0.8.4"].NotAvailableError,
        match=r"PluginRegistration\.secret_store_plugins is there since 0\.8\.2, and .* has 0\.8\.1",
    ):
        plugin.registration.secret_store_plugins  # noqa: B018


def test_releases_are_loaded_side_by_side(hosts: Hosts) -> None:
    old, new = hosts["0.8.4"], hosts["0.11.0"]
    first, second = old.load(hosts.plugin("0.8.4")), new.load(hosts.plugin("0.11.0"))
    assert (first.metadata.sdk_version, second.metadata.sdk_version) == ("0.8.4", "0.13.0")
    assert not hasattr(first.registration, "set_log_level")
    second.registration.set_log_level(new.LogLevelFilter.Debug)
    first.registration.set_log_callback(print)
    assert (old.__version__, new.__version__) == ("0.8.4", "0.11.0")
    assert type(first) is not type(second)


@pytest.mark.parametrize("flags", [(), ("-DWITNESS",)], ids=["told", "witness"])
def test_the_version_selects_the_binding(hosts: Hosts, flags: tuple[str, ...]) -> None:
    bindings = [hosts[each] for each in USED]
    for release in USED:
        built = hosts.plugin(release, None, *flags)
        plugin = hosts["0.8.4"].load_any(built, bindings)
        assert type(plugin) is hosts[release].Plugin
        # Asked by whoever selects, unless the witness tells, and by the binding that was selected.
        assert called(built) == (1 if flags else 2, 1)


def test_what_fits_best_is_selected_where_its_own_is_not_there(hosts: Hosts) -> None:
    bindings = [hosts[each] for each in ("0.11.0", "0.8.0", "0.8.5", "0.8.4")]
    plugin = hosts["0.8.4"].load_any(hosts.plugin("0.8.1"), bindings)
    # With 0.8.5 only this mix is fine, with 0.8.4 the other one is as well.
    assert type(plugin) is hosts["0.8.4"].Plugin


def test_a_plugin_that_no_binding_is_for(hosts: Hosts) -> None:
    first, last = hosts["0.8.4"], hosts["0.11.0"]
    built = hosts.plugin("0.8.5")
    with pytest.raises(first.NoBindingError) as caught:
        first.load_any(built, [first, last])
    assert called(built) == (1, 0)
    refusals: Mapping[str, Exception] = caught.value.refusals
    assert type(refusals["drasi_0_8_4"]) is first.ReleaseRefusedError
    assert type(refusals["drasi_0_11_0"]) is last.VersionRefusedError
    assert str(caught.value).startswith(
        f"{built}: none of the bindings drasi_0_8_4, drasi_0_11_0 is for it: drasi_0_8_4: the plugin has"
        " version 0.8.5, which the rule (major.minor) takes for 0.8.4; but with plugins of release 0.8.5"
        " one side reads past the end: "
    )
    assert "; drasi_0_11_0: the plugin has version 0.8.5, and this host knows 0.13.0;" in str(
        caught.value
    )


def test_a_folder_is_gone_through_with_all_bindings(hosts: Hosts, tmp_path: Path) -> None:
    for release in ("0.8.0", "0.8.5", "0.11.0"):
        hosts.plugin(release).rename(tmp_path / f"{release}.so")
    (tmp_path / "other.so").write_text("text")
    old, new = hosts["0.8.4"], hosts["0.11.0"]
    refused, wrong, used, other = sorted(
        old.discover(tmp_path, bindings=[old, new, hosts["0.8.5"]]),
        key=lambda each: str(each.path).replace("0.11", "0.9"),
    )
    assert type(refused) is old.NoBindingError
    assert type(wrong) is hosts["0.8.5"].Plugin
    assert type(used) is new.Plugin
    assert type(other) is old.NotALibraryError


def test_refusals_of_other_bindings_are_caught_as_ones_own(hosts: Hosts) -> None:
    old, new = hosts["0.8.4"], hosts["0.11.0"]
    with pytest.raises(old.ReleaseRefusedError, match=r"release 0\.8\.0 one side calls") as caught:
        old.load_any(hosts.plugin("0.8.0"), [hosts["0.8.1"]])
    assert caught.value.release == "0.8.0"
    with pytest.raises(new.VersionRefusedError):
        new.load_any(hosts.plugin("0.8.0"), [old, old])
    with pytest.raises(new.BuildError, match=r"run `python -m drasi_0_8_0\.build`"):
        new.load_any(hosts.plugin("0.8.0"), [new, hosts["0.8.0"]], "compiled")
    with pytest.raises(ValueError, match="no binding to choose from"):
        new.load_any(hosts.plugin("0.8.0"), [])
