"""What loaders make of a plugin's version: the rule, and what is known of the releases."""

from __future__ import annotations

import functools
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

    def takes(self, found: Any, compiled: tuple[int, ...] = (), other: str = "") -> str:
        """What becomes of a plugin that tells this: the name of the exception, or ``used``. ``other``: the
        release that it proves to be of."""
        runtime: Any = importlib.import_module(f"{self.package.__name__}._runtime")
        self.library = SimpleNamespace(
            path="x.so", version=(), compiled=compiled, told="", other=other,
            proven=other or "1.0.0" if compiled or other else "",
        )  # fmt: skip
        self.library.has = functools.partial(runtime.Library.has, self.library)
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

    def make(
        *releases: KnownRelease,
        rule: str = "major.minor",
        wanted: Any = "1.2.4",
        text: str = "struct S { a: u8 }",
    ) -> Host:
        library = library_of(f"abi test 1.2.4;\n{text}")
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
    return KnownRelease(parsed, version if told is None else told, fit, "0123", reason, "S.f")


def test_a_version_that_is_null_is_missing(made: Made) -> None:
    host = made()
    assert host.takes(None) == "NullRegistrationError"
    assert host.said == (
        "x.so: the plugin does not say its version: there is a null pointer in place of it, and this host"
        " knows 1.2.4; build the plugin again so that it says which version of the ABI it has"
    )
    assert host.takes("") == "NullRegistrationError"
    assert "there is a null pointer or an empty text in place of it" in host.said


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


@pytest.mark.slow
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


GREW = """
compat major.minor;
@version entry static const version: *const char @nul;
struct Item {{ a: u32, @since(1.2.2) b: u32 }}
struct Filled {{ p: *const u8, a: u8, @since(1.2.3) b: u8 }}
struct Box {{ item: Item }}
struct Behind {{ a: u32, @since(1.2.4) b: u32 }}
entry fn one() -> *const Behind;
entry fn filled(all: *const Filled @len(n), n: u32);
{}
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "use",
    [
        "entry fn f(all: *const Item @len(n), n: u32);",
        "entry fn f(all: *const Box @len(n), n: u32);",
        "@list(p, n) struct Items { p: *const Item, n: u32 }",
        "struct Two { items: [Item; 2] }",
        "struct Two { s: struct { items: *const Item @len(n), n: u32 } }",
        "entry static const all: [Item; 4];",
        "entry fn f(item: Item);",
        "entry fn f(rows: *const *const Item @len(n) @lens(sizes), sizes: *const u32, n: u32);",
    ],
)
def test_elements_that_grew_are_not_read_by_their_new_size(made: Made, use: str) -> None:
    host = made(text=GREW.format(use))
    assert [host.takes(each) for each in ("1.2.2", "1.2.3")] == ["used", "used"]
    assert host.takes("1.2.1") == "VersionRefusedError"
    assert (
        "`Item`, which stands in arrays or is passed by value, has its size only since 1.2.2"
        in (host.said.replace("Box", "Item"))
    )
    # What a plugin proves, and what is known of a release, is better.
    assert host.takes("1.2.1", (1, 2, 1, 1)) == "used"


def test_what_is_known_of_a_release_whose_elements_grew(made: Made) -> None:
    use = "entry fn f(all: *const Item @len(n), n: u32);"
    assert made(release("1.2.1", Fit.FITS), text=GREW.format(use)).takes("1.2.1") == "used"


def test_what_grew_behind_a_pointer_may_be_read(made: Made) -> None:
    host = made(text=GREW.format(""))
    assert host.takes("1.2.0") == "used"


def test_of_releases_that_share_a_number_a_witness_tells_which_it_is(made: Made) -> None:
    shared = (
        release("1.2.0", Fit.REFUSED, 7), release("1.2.1", Fit.FITS, 7), release("1.2.4", Fit.SAME, 7),
    )  # fmt: skip
    host = made(*shared, rule="integer", wanted=7)
    assert [host.takes(7, other=each) for each in ("", "1.2.1", "1.2.2")] == ["used"] * 3
    assert host.takes(7, other="1.2.0") == "ReleaseRefusedError"
    assert "but with plugins of release 1.2.0 one side calls the wrong function" in host.said
    assert host.takes(8, other="1.2.1") == "VersionRefusedError"


def test_with_size_first_a_witness_alone_tells_the_release(made: Made) -> None:
    host = made(release("1.1.0", Fit.REFUSED, ""), release("1.2.0", Fit.FITS, ""))
    witness: Any = importlib.import_module("test._witness")
    wanted = SimpleNamespace(version="1.2.4", told="1.2.4", rule="size_first")
    library = SimpleNamespace(path="x.so")
    for fine in ("1.2.0", "1.2.4", "3.0.0"):
        witness._require_release(library, wanted, fine, ())
    with pytest.raises(host.package.ReleaseRefusedError, match=r"with plugins of release 1\.1\.0"):
        witness._require_release(library, wanted, "1.1.0", (1, 1, 0))
