"""``cfg`` predicates: the simplest there is, for any group of targets, as rustfmt writes them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abilock.layout.target import TARGETS, Target
from abilock.outputs.conditions import ALWAYS, ARCHES, LINUX, UNIX, AnyOf, Not, targets_in, where
from abilock.outputs.rust.conditions import (
    cfg_attr_lines,
    cfg_lines,
    distinct,
    predicate,
    spelled,
)


@pytest.mark.parametrize(
    ("holds", "text"),
    [
        (lambda target: target.pointer_size == 8, 'target_pointer_width = "64"'),
        (lambda target: target.is_windows, "windows"),
        (lambda target: target.is_msvc, 'target_env = "msvc"'),
        (lambda target: target.int64_align == 4, 'all(unix, target_arch = "x86")'),
        (lambda target: target.long_size == 4, 'any(target_pointer_width = "32", windows)'),
        (lambda target: target.big_endian, 'target_arch = "s390x"'),
    ],
)
def test_the_simplest_predicate(holds: Callable[[Target], bool], text: str) -> None:
    assert spelled(predicate(filter(holds, TARGETS))) == text


def test_nothing_is_asked_where_all_agree() -> None:
    assert predicate(TARGETS) == ALWAYS
    assert cfg_lines(ALWAYS) == ()
    assert cfg_attr_lines(ALWAYS, "repr(align(8))") == ("#[repr(align(8))]",)


@given(st.sets(st.sampled_from(TARGETS), min_size=1))
def test_any_group_has_a_predicate(group: set[Target]) -> None:
    found = predicate(group)
    assert set(targets_in(where(found))) == group
    assert all(len(line) <= 100 for line in cfg_lines(found))


def test_odd_groups_go_by_architecture() -> None:
    group = (*filter(lambda target: "x86_64-pc" in target.triple, TARGETS), *TARGETS[8:12])
    assert spelled(predicate(group)).startswith('any(all(target_arch = "x86_64", ')


def test_shapes_that_are_alike_stand_once() -> None:
    assert distinct((target, target.is_windows) for target in TARGETS) == [
        (Not(predicate(filter(lambda target: target.is_windows, TARGETS))), False),
        (predicate(filter(lambda target: target.is_windows, TARGETS)), True),
    ]


def test_short_predicates_stand_on_one_line() -> None:
    assert cfg_lines(UNIX) == ("#[cfg(unix)]",)
    assert cfg_attr_lines(Not(UNIX), "repr(align(8))") == (
        "#[cfg_attr(not(unix), repr(align(8)))]",
    )


def test_long_predicates_are_broken_as_rustfmt_breaks_them() -> None:
    long = Not(AnyOf((LINUX, ARCHES["powerpc64"], ARCHES["riscv64"], ARCHES["wasm32"])))
    assert cfg_lines(long) == (
        "#[cfg(not(any(",
        '    target_os = "linux",',
        '    target_arch = "powerpc64",',
        '    target_arch = "riscv64",',
        '    target_arch = "wasm32"',
        ")))]",
    )
    assert cfg_attr_lines(long, "repr(align(8))") == (
        "#[cfg_attr(",
        "    not(any(",
        '        target_os = "linux",',
        '        target_arch = "powerpc64",',
        '        target_arch = "riscv64",',
        '        target_arch = "wasm32"',
        "    )),",
        "    repr(align(8))",
        ")]",
    )
