"""The smallest honest version under each rule, and what loaders do that apply it."""

from __future__ import annotations

import pytest

from abilock.compat.findings import Loader
from abilock.compat.verdict import judge
from support.library import library_of

_V = "vtable T {{ state: *mut void, {} }} entry fn open() -> *const T;"
BASE = _V.format("fn a(self: const);")
MILD = "/// Words.\n" + BASE + " const N: u32 = 1;"
BROKEN = _V.format("fn n(self: const); fn a(self: const);")
#: A plugin that is newer reads past the end of what its host made, and nobody else suffers.
HOSTS = "struct T {{ a: u32{} }} entry fn take(t: *const T);"


def gated_in(version: str) -> str:
    return _V.format(f"fn a(self: const); @since({version}) fn n(self: const);")


def needed(rule: str, old: str, new: str, before: str, after: str) -> str:
    """What has to be declared by who declares nothing new."""
    verdict = judge(
        library_of(f"abi test {old}; compat {rule}; {before}"),
        library_of(f"abi test {new}; compat {rule}; {after}"),
    )
    return verdict.required


@pytest.mark.parametrize(
    ("rule", "old", "mild", "gated", "broken"),
    [
        ("exact", "1.2.3", "1.2.4", "1.2.4", "1.2.4"),
        ("major.minor", "1.2.3", "1.2.4", "1.2.4", "1.3.0"),
        ("major.minor", "0.8.0", "0.8.1", "0.8.1", "0.9.0"),
        ("semver", "1.2.3", "1.2.4", "1.3.0", "2.0.0"),
        ("semver", "0.2.3", "0.2.4", "0.2.4", "0.3.0"),
        ("semver", "0.0.3", "0.0.4", "0.0.4", "0.0.4"),
        ("major.minor", "1.2.3-rc.1", "1.2.3", "1.2.3", "1.3.0"),
    ],
)
def test_the_smallest_honest_version(
    rule: str, old: str, mild: str, gated: str, broken: str
) -> None:
    assert needed(rule, old, old, BASE, BASE) == old
    assert needed(rule, old, old, BASE, MILD) == mild
    assert needed(rule, old, gated, BASE, gated_in(gated)) == gated
    assert needed(rule, old, old, BASE, BROKEN) == broken


def test_a_version_that_says_more_than_it_must_is_honest() -> None:
    assert needed("major.minor", "0.8.0", "1.0.0", BASE, BROKEN) == "1.0.0"


def test_docs_alone_need_no_version() -> None:
    assert needed("semver", "1.0.0", "1.0.0", BASE, "/// Words.\n" + BASE) == "1.0.0"


def test_who_goes_back_is_told_a_version_that_goes_on() -> None:
    assert needed("semver", "1.2.0", "1.1.0", BASE, BASE) == "1.2.0"


@pytest.mark.parametrize(
    ("declared", "expected"), [(1, (2,)), (2, (2,)), (7, (7,))], ids=["kept", "raised", "leapt"]
)
def test_an_integer_has_to_rise(declared: int, expected: tuple[int, ...]) -> None:
    text = "abi test {}; compat integer(N); const N: u32 = {}; entry static @version v: u32; "
    text = text.replace("entry static @version v", "@version entry static v")
    verdict = judge(
        library_of(text.format("1.0.0", 1) + BASE),
        library_of(text.format("1.1.0", declared) + BROKEN),
    )
    assert verdict.required_numbers == expected
    assert verdict.is_honest == (declared > 1)
    assert verdict.loader.accepts_old_plugin == (declared == 1)


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [("1", (2,)), ("1, 2", (2,)), ("2", (2,))],
    ids=["kept", "both", "new only"],
)
def test_a_set_loses_the_numbers_of_what_it_cannot_load(
    accepted: str, expected: tuple[int, ...]
) -> None:
    text = "abi test {}; compat accepts({}); @version entry static v: u32; "
    verdict = judge(
        library_of(text.format("1.0.0", "1") + BASE),
        library_of(text.format("1.1.0", accepted) + BROKEN),
    )
    assert verdict.required_numbers == expected
    assert verdict.is_honest == (accepted == "2")


def test_a_set_gains_a_number_for_what_is_gated() -> None:
    text = "abi test {}; compat accepts({}); @version entry static v: u32; "
    verdict = judge(
        library_of(text.format("1.0.0", "1") + BASE),
        library_of(text.format("1.1.0", "1") + gated_in("1.1.0")),
    )
    assert verdict.required_numbers == (1, 2)


def test_sizes_tell_of_additions_and_of_nothing_else() -> None:
    text = "abi test {}; compat size_first; struct T {{ @struct_size size: usize, {} }}"
    text += "entry fn open() -> *const T;"
    old = library_of(text.format("1.0.0", "a: u32, b: u32"))
    grown = judge(old, library_of(text.format("1.0.1", "a: u32, b: u32, @since(1.0.1) n: u64")))
    assert grown.is_honest
    assert grown.loader == Loader(True, True, True, True)
    moved = judge(old, library_of(text.format("1.0.1", "b: u32, a: u32")))
    assert moved.loader == Loader(True, True, False, False)
    assert moved.required == "2.0.0"


def test_a_loader_of_the_first_two_numbers_is_deceived() -> None:
    """As with drasi 0.8.0 and 0.8.1."""
    verdict = judge(
        library_of("abi test 0.8.0; compat major.minor; " + BASE),
        library_of("abi test 0.8.1; compat major.minor; " + BROKEN),
    )
    assert verdict.loader == Loader(True, True, False, False)


def test_what_hosts_make_deceives_newer_plugins_only() -> None:
    """As with drasi 0.8.4 and 0.8.5."""
    verdict = judge(
        library_of("abi test 0.8.4; compat major.minor; " + HOSTS.format("")),
        library_of("abi test 0.8.5; compat major.minor; " + HOSTS.format(", b: u32")),
    )
    assert verdict.loader == Loader(True, True, True, False)
    assert verdict.required == "0.9.0"


def test_semver_refuses_older_plugins_without_need() -> None:
    verdict = judge(
        library_of("abi test 1.0.0; compat semver; " + BASE),
        library_of("abi test 1.1.0; compat semver; " + gated_in("1.1.0")),
    )
    assert verdict.is_honest
    assert verdict.loader == Loader(False, True, True, True)
