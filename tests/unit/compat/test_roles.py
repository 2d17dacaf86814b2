"""Who provides what follows from the entries."""

from __future__ import annotations

from pathlib import Path

import pytest

from abilock.compat.roles import Roles, roles
from support.library import library_at, library_of

ABIS = Path(__file__).parents[3] / "abi"


def sides(found: Roles, name: str) -> set[str]:
    return {side.value for side in found.providers.get(name, ())}


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("struct S { a: u8 } entry fn f() -> *const S?;", "S", {"plugin"}),
        ("struct S { a: u8 } entry fn f(s: *const S);", "S", {"host"}),
        ("struct S { a: u8 } entry fn f(s: *mut S);", "S", {"host", "plugin"}),
        ("struct S { a: u8 } entry fn f(s: own *mut S);", "S", {"host"}),
        ("struct S { a: u8 } entry fn f(s: *mut S @out);", "S", {"plugin"}),
        ("struct S { a: u8 } entry static s: [S; 2];", "S", {"plugin"}),
        ("struct S { a: u8 } type A = *const S; entry fn f(s: A);", "S", {"host"}),
        ("enum E: u8 { A } entry fn f() -> u32 @as(E);", "E", {"plugin"}),
        (
            "@error_buffer(t) struct S { t: [u8; 8], n: u32 } @error(why) entry fn f(why: *mut S) -> bool;",
            "S",
            {"plugin"},
        ),
        ("struct S { a: u8 }", "S", set()),
    ],
)
def test_values_come_from_who_makes_them(text: str, name: str, expected: set[str]) -> None:
    assert sides(roles(library_of(text)), name) == expected


def test_functions_turn_the_direction_round() -> None:
    found = roles(
        library_of(
            """
            struct Given { a: u8 }
            struct Made { a: u8 }
            callback Told(made: *const Made) -> *const Given;
            vtable Theirs {
                state: *mut void,
                fn go(self: const, given: *const Given, told: Told @scope(call));
            }
            entry fn open() -> *const Theirs?;
            """
        )
    )
    assert sides(found, "Theirs") == {"plugin"}
    assert sides(found, "Told") == {"host"}
    assert sides(found, "Made") == {"plugin"}
    assert sides(found, "Given") == {"host"}
    assert found.paths["Made"] == ("open", "Theirs.go", "Told")


def test_what_stands_inside_others_is_known() -> None:
    found = roles(library_of("struct I { a: u8 } struct S { i: [I; 2] } struct P { i: *mut I }"))
    assert found.embedded == {"I": "S.i"}


@pytest.mark.parametrize(
    ("abi", "name", "expected"),
    [
        ("drasi", "SourceVtable", {"plugin"}),
        ("drasi", "FfiRuntimeContext", {"host"}),
        ("drasi", "StateStoreVtable", {"host"}),
        ("drasi", "BootstrapProviderVtable", {"host", "plugin"}),
        ("statevec", "RuntimePluginApiV1", {"plugin"}),
        ("statevec", "RuntimeHostVTableV1", {"host"}),
        ("statevec", "RuntimeBytesVisitor", {"plugin"}),
        ("statevec", "RuntimeErrorBuf", {"host", "plugin"}),
        ("bmux", "BmuxStatefulPlugin", {"plugin"}),
        ("bmux", "BmuxStatefulError", {"plugin"}),
        ("bmux", "BmuxStatefulRegistry", {"host"}),
    ],
)
def test_the_three_abis(abi: str, name: str, expected: set[str]) -> None:
    assert sides(roles(library_at(ABIS / f"{abi}.abi")), name) == expected
