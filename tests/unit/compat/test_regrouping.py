"""Fields that are put together in a struct, or taken out of one: what counts is where they stand."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from abilock.compat.findings import Finding, Level
from abilock.layout.engine import lay_out
from abilock.layout.shapes import AggregateLayout
from abilock.layout.target import TARGETS
from abilock.model.decls import Library
from abilock.model.targets import TRIPLES
from support.library import library_of
from unit.compat.test_judging import PLUGIN, cells_of, verdict_of

S = "struct T {{ {} }} " + PLUGIN
P = "struct P {{ {} }} struct T {{ {} }} " + PLUGIN
XY, HEAD = "x: u32, y: u32, c: u64", "head: struct { x: u32, y: u32 }, c: u64"

#: What was, what is, and of each finding its code, subject, level and cells.
CASES: dict[str, tuple[str, str, list[str]]] = {
    "together": (S.format(XY), S.format(HEAD), ["C0219 T.head compatible: - - compile compile"]),
    "apart": (S.format(HEAD), S.format(XY), ["C0219 T.x compatible: - - compile compile"]),
    "together without a name": (
        S.format(XY),
        S.format("_: struct { x: u32, y: u32 }, c: u64"),
        ["C0219 T._ compatible: - - - -"],
    ),
    "together under the name of a type": (
        S.format(XY),
        P.format("x: u32, y: u32", "head: P, c: u64"),
        ["C0401 P compatible: - - - -", "C0219 T.head compatible: - - compile compile"],
    ),
    "together under the name of an alias": (
        "type Q = P; struct P { x: u32, y: u32 }" + S.format(XY),
        "type Q = P;" + P.format("x: u32, y: u32", "head: Q, c: u64"),
        ["C0219 T.head compatible: - - compile compile"],
    ),
    "one inside of another": (
        S.format(XY),
        S.format("head: struct { p: struct { x: u32 }, y: u32 }, c: u64"),
        ["C0219 T.head compatible: - - compile compile"],
    ),
    "one by itself": (
        S.format("x: u32, c: u64"),
        P.format("v: u32", "x: P, c: u64"),
        ["C0401 P compatible: - - - -", "C0219 T.x compatible: - - compile compile"],
    ),
    "names without what the struct is called": (
        S.format("head_x: u32, head_y: u32, c: u64"),
        S.format(HEAD),
        ["C0219 T.head compatible: - - compile compile"],
    ),
    "what stands behind moves": (
        S.format("x: u32, y: u8, c: u8"),
        S.format("head: struct { x: u32, y: u8 }, c: u8"),
        ["C0219 T.head breaking: misread misread compile compile"],
    ),
    "a function moves with the others": (
        S.format("x: u8, f: fn(), y: u8, g: fn()"),
        S.format("x: u8, head: struct { f: fn(), y: u8 }, g: fn()"),
        ["C0219 T.head compatible: - - compile compile"],
    ),
    "a function stands elsewhere": (
        "@packed " + S.format("x: u8, f: fn(), y: u8, g: fn()"),
        "@packed " + S.format("x: u8, head: struct { f: fn(), y: u8 }, g: fn()"),
        ["C0219 T.head breaking: slot slot compile compile"],
    ),
    "the whole grows": (
        "@packed " + S.format("a: u8, x: u32, y: u8"),
        "@packed " + S.format("a: u8, _: struct { x: u32, y: u8 }"),
        ["C0219 T._ breaking: past - - -"],
    ),
    "the whole grows in calls": (
        "@packed " + S.format("a: u8, x: u32, y: u8") + "entry fn g(t: T);",
        "@packed " + S.format("a: u8, _: struct { x: u32, y: u8 }") + "entry fn g(t: T);",
        ["C0219 T._ breaking: past past - -"],
    ),
    "the whole is passed as before": (
        S.format("x: f32, y: f32") + "entry fn g(t: T) -> T;",
        S.format("v: struct { x: f32, y: f32 }") + "entry fn g(t: T) -> T;",
        ["C0219 T.v compatible: - - compile compile"],
    ),
    "and they stand behind others": (
        S.format(XY),
        S.format("c: u64, head: struct { x: u32, y: u32 }"),
        [
            "C0219 T.head compatible: - - compile compile",
            "C0206 T.head breaking: misread misread - -",
        ],
    ),
    "and they changed places": (
        S.format(XY),
        S.format("head: struct { y: u32, x: u32 }, c: u64"),
        [
            "C0207 T.head breaking: misread misread compile compile",
            "C0203 T.y breaking: - misread compile compile",
        ],
    ),
    "and one has another sign": (
        S.format(XY),
        S.format("head: struct { x: u32, y: i32 }, c: u64"),
        [
            "C0219 T.head compatible: - - compile compile",
            "C0302 T.head.y breaking: misread misread silent silent",
        ],
    ),
    "and one is older than was said": (
        S.format("c: u64, @since(1.1.0) x: u32, @since(1.1.0) y: u32"),
        S.format("c: u64, @since(1.1.0) head: struct { x: u32, y: u32 }"),
        ["C0219 T.head compatible: - - compile compile"],
    ),
    "and the whole says how it ends": (
        "allocator a = malloc/free;" + S.format("x: *mut u8 @len(y), y: usize, c: u64"),
        "allocator a = malloc/free; @owned(a)"
        + P.format("x: *mut u8 @len(y), y: usize", "head: P, c: u64"),
        [
            "C0401 P compatible: - - - -",
            "C0219 T.head compatible: - - compile compile",
            "C0903 T.head breaking: twice leak twice leak",
        ],
    ),
    "and something else was added": (
        S.format("x: u64, y: u8"),
        S.format("head: struct { x: u64, y: u8 }, @since(1.3.0) n: u64"),
        ["C0219 T.head compatible: - - compile compile", "C0201 T.n append-only: gated - - -"],
    ),
    "a struct with an alignment of its own": (
        S.format(XY),
        "@align(16)" + P.format("x: u32, y: u32", "head: P, c: u64"),
        [
            "C0401 P compatible: - - - -",
            "C0207 T.head breaking: misread misread compile compile",
            "C0203 T.y breaking: misread misread compile compile",
        ],
    ),
    "a union is no struct": (
        S.format(XY),
        S.format("head: union { x: u32, y: u32 }, c: u64"),
        [
            "C0207 T.head breaking: misread misread compile compile",
            "C0203 T.y breaking: misread misread compile compile",
        ],
    ),
}


def told(finding: Finding) -> str:
    cells = " ".join(cells_of(finding))
    return f"{finding.rule.code} {finding.subject} {finding.level.value}: {cells}"


@pytest.mark.parametrize("name", CASES)
def test_the_table(name: str) -> None:
    old, new, expected = CASES[name]
    assert [told(each) for each in verdict_of(old, new).findings] == expected


def test_where_only_some_targets_move_these_are_named() -> None:
    old, new = "x: u64, y: u8, c: u32", "head: struct { x: u64, y: u8 }, c: u32"
    (found,) = verdict_of(S.format(old), S.format(new)).findings
    assert found.level is Level.BREAKING
    assert found.targets == tuple(each for each in TRIPLES if each != "i686-unknown-linux-gnu")
    assert found.consequences[0].details == ("c 12 -> 16",)


TYPES = ("u8", "u16", "u32", "u64", "f32", "f64", "[u8; 3]", "*const void", "c_long", "u32 : 5")


def places(library: Library, triple: int) -> tuple[object, ...]:
    """Where everything in ``T`` begins, and how large and aligned it is."""
    types = lay_out(library, TARGETS[triple]).types

    def of(shape: AggregateLayout, base: int) -> Iterator[tuple[str, int]]:
        for each in shape.members:
            inner = each.nested or (types.get("P") if each.name == "p" else None)
            at = base + each.offset * 8
            if isinstance(inner, AggregateLayout):
                yield from of(inner, at)
            else:
                yield each.name, at if each.bit_offset is None else base + each.bit_offset

    shape = types["T"]
    assert isinstance(shape, AggregateLayout)
    return shape.size, shape.align, dict(of(shape, 0))


@pytest.mark.parametrize("seed", range(40))
def test_it_breaks_where_layouts_differ_and_nowhere_else(seed: int) -> None:
    random = Random(seed)
    fields = [f"m{number}: {random.choice(TYPES)}" for number in range(random.randint(3, 6))]
    start = random.randrange(len(fields) - 1)
    stop = random.randint(start + 1, len(fields))
    inner = ", ".join(fields[start:stop])
    packed = random.choice(("", "", "@packed ", "@packed(2) "))
    member, types = random.choice(
        [
            (f"_: struct {{ {inner} }}", ""),
            (f"p: struct {{ {inner} }}", ""),
            ("p: P", f"{random.choice(('', packed))}struct P {{ {inner} }} "),
        ]
    )
    apart = packed + S.format(", ".join(fields))
    together = types + packed + S.format(", ".join([*fields[:start], member, *fields[stop:]]))
    libraries = [library_of("abi test 1.2.0; " + each) for each in (apart, together)]
    same = [
        TRIPLES[number]
        for number in range(len(TARGETS))
        if places(libraries[0], number) == places(libraries[1], number)
    ]
    for old, new in ((apart, together), (together, apart)):
        (found,) = (
            each for each in verdict_of(old, new).findings if each.rule.code.startswith("C02")
        )
        assert found.rule.code == "C0219"
        assert (found.level is Level.COMPATIBLE) == (len(same) == len(TRIPLES))
        if 0 < len(same) < len(TRIPLES):
            assert found.targets == tuple(each for each in TRIPLES if each not in same)


@pytest.mark.parametrize("inner", ["x: u8", "_: struct { x: u8 }", "_: union { x: u8, y: i8 }"])
def test_structs_in_structs_that_stay_are_no_regrouping(inner: str) -> None:
    text = S.format(f"_: struct {{ {inner} }}, a: u32")
    assert verdict_of(text, text.replace("a: u32", "/// Documented.\n a: u32")).findings == ()
    nested = S.format(f"_: struct {{ _: struct {{ {inner} }} }}")
    assert verdict_of(nested, nested.replace("x: u8", "/// Documented.\n x: u8")).findings == ()


def test_a_struct_around_it_may_have_another_name() -> None:
    old = S.format("a: u32, h: struct { x: u32, y: u8, z: u8 }")
    new = S.format("a: u32, head: struct { p: struct { x: u32, y: u8 }, z: u8 }")
    found = {each.rule.code: each for each in verdict_of(old, new).findings}
    assert set(found) == {"C0204", "C0219"}
    assert found["C0219"].level is Level.BREAKING
    assert "`T.head.p` holds what stood by itself" in found["C0219"].message
    assert "not all is where it was" in found["C0219"].message


def test_of_structs_without_names_it_may_be_any() -> None:
    first, second = "_: struct { a: u32 }", "_: struct { x: u32, y: u32, z: u8 }"
    old = S.format(f"{first}, {second}")
    new = S.format(f"{first}, {second.replace('x: u32, y: u32', 'p: struct { x: u32, y: u32 }')}")
    (found,) = verdict_of(old, new).findings
    assert (found.rule.code, found.level) == ("C0219", Level.COMPATIBLE)
