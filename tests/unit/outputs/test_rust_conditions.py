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
    exactly,
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


#: What ``rustc --print cfg`` says of targets, those of abilock and others that are like them.
KNOWN = {
    "x86_64-unknown-linux-gnu": "x86_64 linux gnu 64 little",
    "x86_64-unknown-linux-gnux32": "x86_64 linux gnu 32 little",
    "x86_64-unknown-linux-musl": "x86_64 linux musl 64 little",
    "x86_64-unknown-freebsd": "x86_64 freebsd  64 little",
    "aarch64-unknown-linux-gnu": "aarch64 linux gnu 64 little",
    "aarch64_be-unknown-linux-gnu": "aarch64 linux gnu 64 big",
    "aarch64-unknown-linux-gnu_ilp32": "aarch64 linux gnu 32 little",
    "aarch64-apple-darwin": "aarch64 macos  64 little",
    "aarch64-apple-ios": "aarch64 ios  64 little",
    "x86_64-pc-windows-msvc": "x86_64 windows msvc 64 little",
    "x86_64-pc-windows-gnu": "x86_64 windows gnu 64 little",
    "i686-pc-windows-msvc": "x86 windows msvc 32 little",
    "i686-pc-windows-gnu": "x86 windows gnu 32 little",
    "armv7-unknown-linux-gnueabihf": "arm linux gnu 32 little",
    "armeb-unknown-linux-gnueabi": "arm linux gnu 32 big",
    "powerpc64le-unknown-linux-gnu": "powerpc64 linux gnu 64 little",
    "powerpc64-unknown-linux-gnu": "powerpc64 linux gnu 64 big",
    "s390x-unknown-linux-gnu": "s390x linux gnu 64 big",
    "s390x-unknown-linux-musl": "s390x linux musl 64 big",
    "wasm32-unknown-unknown": "wasm32 unknown  32 little",
    "wasm32-wasip1": "wasm32 wasi p1 32 little",
}


@pytest.mark.parametrize("triple", KNOWN)
def test_a_target_is_told_from_what_is_like_it(triple: str) -> None:
    arch, system, env, bits, order = KNOWN[triple].split(" ")
    told = {
        f'target_arch = "{arch}"',
        f'target_os = "{system}"',
        f'target_env = "{env}"',
        f'target_pointer_width = "{bits}"',
        f'target_endian = "{order}"',
        "windows" if system == "windows" else "unix",
    }
    found = []
    for target in TARGETS:
        assert targets_in(where(exactly(target))) == (target,)
        inner = spelled(exactly(target)).removeprefix("all(").removesuffix(")")
        if told.issuperset(inner.split(", ")):
            found.append(target.triple)
    assert found == [each.triple for each in TARGETS if each.triple == triple]


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
