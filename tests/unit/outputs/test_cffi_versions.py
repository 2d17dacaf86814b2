"""What loaders make of a plugin's version: the rule, and what is known of the releases."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from abilock.model.known import Fit, KnownRelease
from abilock.model.version import Version
from support.library import library_of
from support.pages import write_pages

Made = Callable[..., "Host"]
HARM = "one side calls the wrong function: `S.f` moved"


class Host:
    """A package of version 1.2.4, and what it makes of versions."""

    def __init__(self, package: ModuleType, rule: str, wanted: Any) -> None:
        self.package = package
        self.versions: Any = importlib.import_module(f"{package.__name__}._versions")
        self.rule, self.wanted = rule, wanted

    def takes(self, found: Any, compiled: tuple[int, ...] = ()) -> str:
        """What becomes of a plugin that tells this: the name of the exception, or ``used``."""
        self.library = SimpleNamespace(path="x.so", version=(), compiled=compiled, told="")
        self.said = ""
        try:
            self.versions.require_version(self.library, self.rule, self.wanted, found)
        except self.package.LoadError as error:
            self.error: Any = error
            self.said = str(error)
            return type(error).__name__
        return "used"


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    monkeypatch.syspath_prepend(str(tmp_path / "python"))
    known = set(sys.modules)

    def make(*releases: KnownRelease, rule: str = "major.minor", wanted: Any = "1.2.4") -> Host:
        library = library_of("abi test 1.2.4;\nstruct S { a: u8 }")
        write_pages(replace(library, known=releases), tmp_path, "cffi")
        return Host(importlib.import_module("test"), rule, wanted)

    yield make
    for name in set(sys.modules) - known:
        del sys.modules[name]


def release(
    version: str, fit: Fit = Fit.REFUSED, told: str | int | None = None, reason: str = HARM
) -> KnownRelease:
    parsed = Version.parse(version)
    assert parsed is not None
    return KnownRelease(parsed, version if told is None else told, fit, reason, "S.f")


def test_without_releases_the_rule_decides(made: Made) -> None:
    host = made()
    assert [host.takes(each) for each in ("1.2.4", "1.2.0", "1.2.9-rc.1", "1.3.0", "soon")] == [
        "used", "used", "used", "VersionRefusedError", "VersionRefusedError"
    ]  # fmt: skip


def test_a_release_that_the_rule_wrongly_takes(made: Made) -> None:
    host = made(release("1.2.0"), release("1.2.3", Fit.FITS), release("1.2.5"))
    assert host.takes("1.2.3") == "used"
    assert host.takes("1.2.5") == "ReleaseRefusedError"
    assert host.takes("1.2.0+build.7") == "ReleaseRefusedError"
    assert host.said == (
        "x.so: the plugin has version 1.2.0+build.7, which the rule (major.minor) takes for 1.2.4; but with"
        " plugins of release 1.2.0 one side calls the wrong function: `S.f` moved; build the plugin again"
        " with the header of this host's release, or use a host of release 1.2.0"
    )
    error = host.error
    assert (error.release, error.element, error.reason) == ("1.2.0", "S.f", HARM)
    assert isinstance(error, host.package.VersionRefusedError)


def test_a_plugin_of_this_version_is_a_matter_of_its_witness(made: Made) -> None:
    assert made(release("1.2.4")).takes("1.2.4") == "used"


@pytest.mark.parametrize("rule", ["semver", "exact"])
def test_a_release_that_the_rule_needlessly_refuses(made: Made, rule: str) -> None:
    releases = (
        release("1.1.0", Fit.FITS_HERE), release("1.2.1", Fit.FITS), release("1.2.2", Fit.SAME),
        release("1.2.3"),
    )  # fmt: skip
    host = made(*releases, rule=rule)
    told = [host.takes(each) for each in ("1.2.1", "1.2.2")]
    assert told == ["used", "used"]
    # What it lacks is told by its version, as ever.
    assert host.library.version == (1, 2, 2, 1)
    assert [host.takes(each) for each in ("1.1.0", "1.2.3", "1.2.0")] == ["VersionRefusedError"] * 3
    assert f"(rule: {rule})" in host.said


@pytest.mark.parametrize(
    ("found", "becomes"),
    [
        ("1.2.0", "ReleaseRefusedError"),
        ("1.2.1-rc.1", "ReleaseRefusedError"),
        ("1.2.2-rc.1", "ReleaseRefusedError"),
        ("1.2.3", "used"),
        ("1.2.4-dev", "used"),
        ("1.2.5", "used"),
        ("1.2.6-rc.1", "ReleaseRefusedError"),
        ("1.2.8", "ReleaseRefusedError"),
    ],
)
def test_versions_between_releases_are_like_those_beside_them(
    made: Made, found: str, becomes: str
) -> None:
    host = made(release("1.2.1"), release("1.2.2", Fit.FITS), release("1.2.6"), release("1.3.0"))
    assert host.takes(found) == becomes
    if becomes != "used":
        nearest = "1.2.1" if found < "1.2.4" else "1.2.6"
        assert (
            "no release that this host knows, and which the rule (major.minor) takes" in host.said
        )
        assert f"with plugins of the nearest release {nearest} one side calls" in host.said


def test_proof_outdoes_what_is_near(made: Made) -> None:
    host = made(release("1.2.1"), release("1.2.6"))
    assert host.takes("1.2.2", compiled=(1, 2, 2, 1)) == "used"
    # A witness says nothing of what a newer plugin reads of this host.
    assert host.takes("1.2.7", compiled=(1, 2, 7, 1)) == "ReleaseRefusedError"


def test_numbers_are_those_that_plugins_tell(made: Made) -> None:
    host = made(
        release("0.9.0", told=1), release("1.0.0", Fit.FITS, 2), release("1.1.0", told=2),
        release("1.2.0", told=3), release("1.3.0", Fit.FITS, 4), rule="accepts", wanted=(1, 2, 3),
    )  # fmt: skip
    # One of those with 2 is fine: the number does not tell which it is.
    assert [host.takes(each) for each in (1, 2, 3, 4)] == [
        "ReleaseRefusedError", "used", "used", "VersionRefusedError"
    ]  # fmt: skip


def test_a_number_of_its_own_is_not_the_release(made: Made) -> None:
    host = made(release("0.11.0", Fit.FITS, "1.2.0"), release("1.2.3", told="2.0.0"))
    assert host.takes("1.2.0") == "used"
    assert host.takes("1.2.3") == "used"


def test_texts_of_releases_stay_texts(made: Made) -> None:
    reason = 'a """ and a \\ and\na \u202e line'
    host = made(release("1.2.0", reason=reason))
    assert host.takes("1.2.0") == "ReleaseRefusedError"
    assert host.error.reason.startswith('a """ and a \\ and a ')
    assert "\u202e" not in host.said
