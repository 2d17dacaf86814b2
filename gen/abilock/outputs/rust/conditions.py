"""Which ``cfg`` predicate holds on a set of targets: the simplest that holds there and, of all
targets that are known, nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import combinations

from abilock.layout.target import TARGETS, Target

_ARCHES = {"i686": "x86", "armv7": "arm", "riscv64gc": "riscv64", "powerpc64le": "powerpc64"}
#: rustfmt breaks the arguments of an attribute that are wider than this (``attr_fn_like_width``).
_ATTRIBUTE_WIDTH = 70


@cache
def predicate(triples: frozenset[str]) -> str | None:
    """The predicate of these targets; None if it always holds.

    ex) ``target_pointer_width = "64"``, ``all(target_arch = "x86", not(windows))``
    """
    wanted = frozenset(triples)
    if wanted == frozenset(target.triple for target in TARGETS):
        return None
    for text, holds in _candidates():
        if holds == wanted:
            return text
    others = frozenset(target.triple for target in TARGETS) - wanted
    for text, holds in _candidates():
        if holds == others:
            return f"not({text})"
    arches = dict.fromkeys(_arch(target) for target in TARGETS if target.triple in wanted)
    return _joined("any", [_within(arch, wanted) for arch in arches])


def cfg_lines(condition: str | None) -> tuple[str, ...]:
    """The ``#[cfg(…)]`` line of a predicate as rustfmt writes it, or no line."""
    return () if condition is None else _attribute_lines("cfg", condition, ())


def cfg_attr_lines(condition: str | None, attribute: str) -> tuple[str, ...]:
    """``#[attribute]`` under a condition.

    ex) ``#[cfg_attr(windows, repr(align(8)))]``
    """
    if condition is None:
        return (f"#[{attribute}]",)
    return _attribute_lines("cfg_attr", condition, (attribute,))


def negated(conditions: list[str]) -> str:
    """Where none of these holds. ex) ``not(any(windows, target_arch = "arm"))``"""
    return f"not({_joined('any', conditions)})"


def _attribute_lines(name: str, condition: str, more: tuple[str, ...]) -> tuple[str, ...]:
    lines = _call_lines(name, [condition, *more])
    lines[0] = f"#[{lines[0]}"
    lines[-1] += "]"
    return tuple(lines)


def _call_lines(name: str, arguments: list[str]) -> list[str]:
    """``name(…)`` as rustfmt breaks it: a single argument stays on the line of its brackets."""
    whole = ", ".join(arguments)
    if len(whole) <= _ATTRIBUTE_WIDTH:
        return [f"{name}({whole})"]
    if len(arguments) == 1:
        lines = _lines(arguments[0])
        lines[0] = f"{name}({lines[0]}"
        lines[-1] += ")"
        return lines
    inner = [[f"    {line}" for line in _lines(each)] for each in arguments]
    for lines in inner[:-1]:
        lines[-1] += ","
    return [f"{name}(", *(line for lines in inner for line in lines), ")"]


def _lines(predicate_: str) -> list[str]:
    head, bracket, rest = predicate_.partition("(")
    return _call_lines(head, list(_split(rest[:-1]))) if bracket else [predicate_]


def _split(arguments: str) -> Iterator[str]:
    """The arguments at the outermost commas; no string in a predicate holds one."""
    depth = start = 0
    for at, char in enumerate(arguments):
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            yield arguments[start:at]
            start = at + 2
    yield arguments[start:]


def _arch(target: Target) -> str:
    name = target.triple.partition("-")[0]
    return _ARCHES.get(name, name)


def _facts(target: Target) -> dict[str, str | None]:
    """What rustc knows of a target; ``None`` stands for a predicate without a value."""
    facts: dict[str, str | None] = {
        "target_arch": _arch(target),
        "target_pointer_width": str(target.pointer_size * 8),
        "target_endian": "big" if target.big_endian else "little",
    }
    if target.is_windows:
        facts |= {"windows": None, "target_env": "msvc" if target.is_msvc else "gnu"}
    elif "-linux-" in target.triple:
        facts |= {"unix": None, "target_os": "linux", "target_env": "gnu"}
    elif "-apple-" in target.triple:
        facts |= {"unix": None, "target_vendor": "apple"}
    return facts


def _spelled(name: str, value: str | None) -> str:
    return name if value is None else f'{name} = "{value}"'


def _within(arch: str, wanted: frozenset[str]) -> str:
    """The predicate of those wanted targets that are of one architecture.

    ex) ``all(target_arch = "x86_64", unix)``
    """
    here = _spelled("target_arch", arch)
    known = frozenset(target.triple for target in TARGETS if _arch(target) == arch)
    for text, holds in (("", known), *_candidates()):
        if known & holds == known & wanted:
            return f"all({here}, {text})" if text else here
    raise AssertionError("literals and pairs of them tell all targets of one architecture apart")


def _joined(word: str, parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{word}({', '.join(parts)})"


_Candidate = tuple[str, frozenset[str]]


@cache
def _literals() -> tuple[_Candidate, ...]:
    """Every single predicate, then every negated one, in a fixed order."""
    order = "target_pointer_width windows unix target_vendor target_os target_arch"
    order += " target_env target_endian"
    found: dict[str, set[str]] = {}
    for name in order.split():
        for target in TARGETS:
            facts = _facts(target)
            if name in facts:
                found.setdefault(_spelled(name, facts[name]), set()).add(target.triple)
    everything = {target.triple for target in TARGETS}
    plain = [(text, frozenset(holds)) for text, holds in found.items()]
    return (*plain, *((f"not({text})", frozenset(everything - holds)) for text, holds in plain))


@cache
def _candidates() -> tuple[_Candidate, ...]:
    """From one literal to three, simplest first; of equal meaning only the first."""
    literals = _literals()
    first: dict[frozenset[str], str] = {}
    for text, holds in literals:
        first.setdefault(holds, text)
    pairs: list[tuple[str, str, str, frozenset[str]]] = []
    for (left, here), (right, there) in combinations(literals, 2):
        pairs.append(("all", left, right, here & there))
        pairs.append(("any", left, right, here | there))
    for word, left, right, holds in pairs:
        first.setdefault(holds, f"{word}({left}, {right})")
    for text, here in literals:
        for word, left, right, there in pairs:
            if word == "any":
                first.setdefault(here & there, f"all({text}, any({left}, {right}))")
            else:
                first.setdefault(here | there, f"any({text}, all({left}, {right}))")
    return tuple((text, holds) for holds, text in first.items())
