"""Every combination of a type, how it is passed, who owns it and where: as descriptions, and as C that
forwards from one Python object to another.

Each case is a slot of one vtable, on lines of its own, so that a diagnostic tells its case by its line. C
implements all of them by calling the same slot of a table that Python implements, with what it was given:
a value goes out of Python and comes into Python in every call, and nothing but Python makes or frees it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from abilock.diagnostics import catalog
from abilock.diagnostics.catalog import Severity
from abilock.diagnostics.report import Report
from abilock.model.decls import Library, Vtable
from abilock.model.types import Type, Void
from abilock.outputs import OUTPUTS
from abilock.outputs.c_declarations import declare
from abilock.outputs.header.macros import header_naming
from abilock.pipeline import lay_out_all
from support.library import read_text

#: Where something can be: what its slot takes and returns. ``{T}`` is the type as it is spelled there.
POSITIONS: Mapping[str, str] = {
    "parameter": "fn {id}(self: const, v: {T}{n});",
    "result": "fn {id}(self: const{n}) -> {T};",
    "out": "fn {id}(self: const{n}, v: *mut ({t}) {a} @out);",
    "inout": "fn {id}(self: const, v: *mut ({t}) {a} @inout{n});",
    "field": "fn {id}(self: const, v: *const Box_{id});",
    "element": "fn {id}(self: const, v: *const Each_{id} @len(count), count: usize);",
    "callback parameter": "fn {id}(self: const, f: Call_{id} @ctx(ctx) @scope(call), ctx: *mut void);",
    "callback result": "fn {id}(self: const, f: Call_{id} @ctx(ctx) @scope(call), ctx: *mut void);",
    "before a wrong one": "fn {id}(self: const, v: {T}{n}, last: Last);",
    "after a wrong one": "fn {id}(self: const, last: Last, v: {T}{n});",
}
#: Those that the page has no column for: what becomes of them is what becomes of a parameter.
UNSHOWN = ("before a wrong one", "after a wrong one")
#: What a position needs beside its slot.
DECLARED: Mapping[str, str] = {
    "field": "struct Box_{id} {{ v: {T}{n}, tail: i32 }}",
    "element": "type Each_{id} = {T};",
    "callback parameter": "callback Call_{id}(@ctx ctx: *mut void, v: {T}{n});",
    "callback result": "callback Call_{id}(@ctx ctx: *mut void{n}) -> {T};",
}
#: What every description begins with.
COMMON = """abi {NAME} 1.0.0;
allocator heap = malloc/free;
enum Last: u8 { Fine = 0 }
"""
#: Numbers for `Last`: one that no `u8` has, and one that the enum does not have.
UNSENT, UNKNOWN = 256, 9


@dataclass(frozen=True)
class Kind:
    """A type: how it is declared and spelled, and a value of it.

    ``spellings``: label, type and attributes; ``{own}`` is replaced by who owns it. ``sample``: from the
    package to a value; ``seen``: what must be equal of a value that arrived, by default the value.
    ``source``: C of its own, for what ``declarations`` have of entries.
    """

    name: str
    spellings: tuple[tuple[str, str, str], ...]
    sample: Callable[[Any], Any]
    declarations: str = ""
    seen: Callable[[Any], Any] = field(default=lambda value: value)
    skips: tuple[str, ...] = ()
    #: A counted list that is handed over is empty, and not absent.
    is_list: bool = False
    source: str = ""
    #: Samples are what this entry makes, and what C still has of them is what `alive` and `wrong` say.
    entry: str = ""
    #: A parameter that a function needs whose result it is.
    beside: str = ""
    #: Objects inside are handed over, however the whole is passed.
    owns: bool = False
    #: Where a callee that raises makes its caller raise, what that gets, and whether it learns why.
    fails: tuple[str, ...] = ()
    error: str = "CallError"
    says_why: bool = True
    #: Where it is lent, and nothing says until when: C knows it for as long as the process lives.
    lasts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """One combination. ``nullable``: it is called with None as well."""

    id: str
    kind: Kind
    spelling: str
    type: str
    attributes: str
    position: str
    owned: bool
    nullable: bool

    @property
    def takes_length(self) -> bool:
        """Whether the caller of a result says how long it is."""
        asking = ("result", "callback result", "out")
        return "@len(n)" in self.attributes and self.position in asking

    @property
    def hands_over(self) -> bool:
        """Whether objects in it are the receiver's."""
        return self.owned or self.kind.owns

    @property
    def tells(self) -> bool:
        """Whether a callee that raises makes its caller raise."""
        is_carried = "*" not in self.type or "@fails" in self.attributes
        return is_carried and self.position in self.kind.fails

    @property
    def lasts(self) -> bool:
        if "@scope(forever)" in self.attributes:
            return True
        is_endless = not self.owned and "@until(call)" not in self.attributes
        return is_endless and self.position in self.kind.lasts

    @property
    def label(self) -> str:
        return f"{self.kind.name}, {self.spelling}, {self.position}"

    def lines(self) -> tuple[str, str]:
        """What is declared for it, and its slot."""
        words = {
            "id": self.id,
            "T": f"{self.type} {self.attributes}".strip(),
            "t": self.type.removeprefix("own "),
            "a": self.attributes,
            "n": ", n: usize" if "@len(n)" in self.attributes else self.kind.beside,
        }
        slot = POSITIONS[self.position].format(**words)
        if self.position in ("out", "inout") and self.owned:
            slot = slot.replace("v: *mut", "v: own *mut")
        return DECLARED.get(self.position, "").format(**words), slot


def cases(kind: Kind) -> Iterator[Case]:
    """The product of spellings and positions."""
    number = itertools.count()
    for (label, type_, attributes), position in itertools.product(kind.spellings, POSITIONS):
        if position in kind.skips:
            continue
        is_counted = kind.is_list and "@len" in attributes and type_.startswith("own ")
        nullable = type_.endswith("?") and not is_counted and "@fails(null)" not in attributes
        yield Case(
            f"c{next(number)}",
            kind,
            label,
            type_,
            attributes,
            position,
            type_.startswith("own "),
            nullable,
        )


def pointers(name: str, also: str = "") -> tuple[tuple[str, str, str], ...]:
    """By value, and by pointer: constant or not, null or not, lent or owned."""
    found = [("by value", name, also)]
    for word, null in itertools.product(("const", "mut"), ("", "?")):
        nullable = ", nullable" if null else ""
        found.append((f"`*{word}`{nullable}", f"*{word} {name}{null}", also))
        owned = f"{also} @owned(heap)".strip()
        found.append((f"`own *{word}`{nullable}", f"own *{word} {name}{null}", owned))
    return tuple(found)


def behind(name: str, attribute: str) -> tuple[tuple[str, str, str], ...]:
    """A pointer with a meaning: constant or not, null or not, lent or owned."""
    return tuple(
        (f"{label} {attribute}", type_, f"{attribute} {said}".strip())
        for label, type_, said in pointers(name)[1:]
    )


@dataclass(frozen=True)
class Sorted:
    """``outcomes``: the code of what is refused or not converted, by case, else None for what works."""

    kind: Kind
    description: str
    outcomes: Mapping[Case, str | None]
    library: Library

    @property
    def working(self) -> tuple[Case, ...]:
        return tuple(case for case, code in self.outcomes.items() if code is None)


def sort(kind: Kind) -> Sorted:
    """What becomes of each case, and a description of those that work."""
    left = list(cases(kind))
    outcomes: dict[Case, str | None] = dict.fromkeys(left)
    while True:
        text, by_line = _described(kind, left)
        library, report = judged(text)
        found = codes(report, by_line)
        if not found:
            assert library is not None, report.diagnostics
            return Sorted(kind, text, outcomes, library)
        outcomes |= found
        left = [case for case in left if case not in found]


def _described(kind: Kind, left: list[Case]) -> tuple[str, dict[int, Case]]:
    lines = [*COMMON.splitlines(), *kind.declarations.splitlines()]
    by_line: dict[int, Case] = {}
    slots = [(case, *case.lines()) for case in left]
    for case, declared, _ in slots:
        lines.append(declared)
        by_line[len(lines)] = case
    lines.append("vtable Echo { state: *mut void,")
    for case, _, slot in slots:
        lines.append(slot)
        by_line[len(lines)] = case
    lines += [
        "drop fn drop(self: own); }",
        "entry fn forward(inner: own *mut Echo) -> own *mut Echo;",
    ]
    return "\n".join(lines), by_line


def judged(text: str) -> tuple[Library | None, Report]:
    library, report = read_text(text.replace("{NAME}", "matrix"))
    if library is not None:
        layouts = lay_out_all(library)
        for output in OUTPUTS:
            output.limits(library, layouts, report)
    return library, report


def codes(report: Report, by_line: Mapping[int, Case]) -> dict[Case, str | None]:
    """The worst code of each case that has one. What is copied, or kept, works all the same."""
    found: dict[Case, str | None] = {}
    for each in sorted(report.diagnostics, key=lambda one: one.code.severity is Severity.ERROR):
        if each.code in (catalog.COPIED_BINDING, catalog.KEPT_BINDING):
            continue
        assert each.span is not None, each
        line = report.sources[each.span.file].text.count("\n", 0, each.span.start) + 1
        assert line in by_line, each
        found[by_line[line]] = each.code.number
    return found


def plugin(library: Library) -> str:
    """C whose slots call those of the table that it was given."""
    naming = header_naming(library)
    table = next(
        each for each in library.declarations if isinstance(each, Vtable) and each.name == "Echo"
    )
    lines = []
    for slot in table.slots:
        result: Type = slot.signature.result.type if slot.signature.result else Void()
        names = [f"a{index}" for index, _ in enumerate(slot.signature.parameters)]
        parameters = ", ".join(
            declare(each.type, name, naming)
            for each, name in zip(slot.signature.parameters, names, strict=True)
        )
        word = "" if isinstance(result, Void) else "return "
        lines.append(f"static {declare(result, f'f_{slot.name}({parameters})', naming)} {{")
        lines.append("    const Echo *inner = a0;")
        given = ", ".join(["inner->state", *names[1:]])
        lines.append(f"    {word}inner->{slot.name}({given});")
        lines.append("}")
    slots = ", ".join(f"f_{slot.name}" for slot in table.slots)
    lines.append("{NAME}_EXPORT Echo *forward(Echo *inner) {")
    lines.append("    static Echo made;")
    lines.append(f"    made = (Echo){{inner, {slots}}};")
    lines.append("    return &made;")
    lines.append("}")
    return "\n".join(lines)


def table(found: Sequence[Sorted]) -> str:
    """The page that says what becomes of each combination."""
    positions = [each for each in POSITIONS if each not in UNSHOWN]
    lines = [*_ABOUT]
    for each in found:
        lines += ["", f"## {each.kind.name[0].upper()}{each.kind.name[1:]}", ""]
        lines.append(f"| passed | {' | '.join(positions)} |")
        lines.append(f"| --- |{' --- |' * len(positions)}")
        rows: dict[str, dict[str, str]] = {}
        for case, code in each.outcomes.items():
            rows.setdefault(case.spelling, {})[case.position] = code or "yes"
        for spelling, cells in rows.items():
            lines.append(f"| {spelling} | {' | '.join(cells.get(at, '–') for at in positions)} |")
    return "\n".join(lines) + "\n"


_ABOUT = """# What Python packages carry

Each combination of a type, how it is passed and where, and what becomes of it in a Python package, in both
directions and both ways of calling. This page is written by `tests/e2e/matrix`, which runs every *yes* of
it: the value arrives as it was sent, each block is freed once, each object that is handed over ends once,
and nothing is left. So it is where whoever is called raises, and where another argument makes the call
fail before it is made or before it arrives.

- **yes**: it works.
- **A0701**: it is refused at generation. `abilock explain A0701` says why, and the message what to write.
- **A0702**: Python has it as C has it, without a type; generation warns.
- another code: the description itself is refused.
- **–**: there is no such thing.

*Field* is a field of a struct that is lent, *element* one of an array that is lent, *callback parameter*
and *callback result* those of a function for the call.""".splitlines()
