"""What compilers make of the headers before and after a change, and what a finding claims of that."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from abilock.compat.findings import Finding
from abilock.layout.engine import lay_out
from abilock.layout.shapes import AggregateLayout
from abilock.layout.target import find_target
from abilock.model.decls import Library
from abilock.outputs.c_declarations import CNaming
from support.compilers import Answers, Question, ask_compilers, ask_libclang
from support.rendering import unformatted

_SIZE = re.compile(r"`(\w+)` (?:grows|shrinks) from (\d+) to (\d+) bytes(?: on (.+))?$")
_MOVES = re.compile(
    r"(?:`([\w.]+)` holds it: )?moves \d+ (?:slot|member)s?(?: by [^ ]+ \w+)?(?: on (.+))?$"
)
_DETAIL = re.compile(r"([\w.]+) (bit )?(\d+) -> (bit )?(\d+)$")


@dataclass(frozen=True, slots=True)
class Effects:
    """Sizes in bytes, and places of members in bits, of what is different: before and after."""

    sizes: Mapping[str, tuple[int, int]]
    moved: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Measured:
    """What one compiler says of one header, under the names of the description."""

    sizes: Mapping[str, int]
    places: Mapping[str, int]


class Header:
    """The header of a library, and what to ask of it."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._naming = CNaming.of(library)
        self.text = unformatted(library, "header")[f"include/{library.name}.h"]

    def asked(self, triple: str) -> tuple[Question, ...]:
        return tuple(question for _, question, _ in self._asked(triple))

    def measured(self, triple: str) -> Measured:
        """By libclang, on any target."""
        return self.read(triple, ask_libclang(self.text, self.asked(triple), triple))

    def read(self, triple: str, answers: Answers) -> Measured:
        sizes: dict[str, int] = {}
        places: dict[str, int] = {}
        for name, question, members in self._asked(triple):
            answer = answers[question.type]
            sizes[name] = answer.size
            for member, spelled in members.items():
                places[f"{name}.{member}"] = answer.places[spelled].offset
        return Measured(sizes, places)

    def _asked(self, triple: str) -> Iterator[tuple[str, Question, Mapping[str, str]]]:
        """The layout is asked for names only; no number of it is looked at."""
        for name, shape in lay_out(self._library, find_target(triple)).types.items():
            spelled = {}
            if isinstance(shape, AggregateLayout):
                spelled = {
                    each.name: self._naming.dotted(name, each.name) for each in shape.flat_fields()
                }
            yield name, Question(self._naming.name(name), tuple(spelled.values())), spelled


def measured_here(
    headers: Sequence[Header], triple: str, command: Sequence[str], folder: Path
) -> list[Measured]:
    """By the compiler of this machine, in one run."""
    asked = [(each.text, each.asked(triple)) for each in headers]
    answers = ask_compilers(asked, command, folder)
    return [each.read(triple, found) for each, found in zip(headers, answers, strict=True)]


def effects(old: Measured, new: Measured) -> Effects:
    """What is different of what is in both."""
    sizes = {
        name: (old.sizes[name], size)
        for name, size in new.sizes.items()
        if name in old.sizes and old.sizes[name] != size
    }
    moved: dict[str, tuple[int, int]] = {}
    steps: dict[str, int] = {}
    for name, place in new.places.items():
        before = old.places.get(name)
        if before is None or before == place:
            continue
        steps[name] = place - before
        # What moved along with the member that it stands in is not told again.
        if steps.get(name.rpartition(".")[0]) != place - before:
            moved[name] = before, place
    return Effects(sizes, moved)


def claimed(finding: Finding, triple: str) -> Effects:
    """What the consequences of a finding say of the first target."""
    sizes: dict[str, tuple[int, int]] = {}
    moved: dict[str, tuple[int, int]] = {}
    owner = _owner(finding)
    for each in finding.consequences:
        size, moves = _SIZE.match(each.text), _MOVES.match(each.text.removesuffix(" on "))
        text = each.text.partition(" holds it: ")[2] or each.text
        size = _SIZE.match(text)
        if size and _is_on(size[4], triple):
            sizes[size[1]] = int(size[2]), int(size[3])
        elif moves and _is_on(moves[2], triple):
            holder = (moves[1] or owner).partition(".")[0]
            for line in each.details:
                found = _DETAIL.match(line)
                assert found is not None, line
                before = int(found[3]) * (1 if found[2] else 8)
                after = int(found[5]) * (1 if found[4] else 8)
                moved[f"{holder}.{found[1]}"] = before, after
    return Effects(sizes, moved)


def _owner(finding: Finding) -> str:
    """The type of which the first consequences are told: that of an array which a constant is the length
    of, or the one that the finding is about."""
    for each in finding.consequences:
        array = re.match(r"`(\w+)\.\S+` has another length", each.text)
        if array:
            return array[1]
    return finding.subject.partition(".")[0]


def _is_on(named: str | None, triple: str) -> bool:
    return named is None or triple in named


def claimed_elsewhere(finding: Finding) -> Iterator[tuple[str, str, tuple[int, int] | None, int]]:
    """Lines of targets with other numbers: the target, the type, its sizes, and how many members move."""
    told = _owner(finding)
    for each in finding.consequences:
        holder = re.match(r"`([\w.]+)` holds it: ", each.text)
        if holder:
            told = holder[1].partition(".")[0]
        size_told = _SIZE.match(each.text)
        if size_told:
            told = size_told[1]
        if not each.text.startswith("other numbers on "):
            continue
        for line in each.details:
            targets, _, said = line.partition(": ")
            size = re.search(r"size (\d+) -> (\d+)", said)
            count = re.search(r"moves (\d+)", said)
            for triple in re.findall(r"[a-z0-9_]+(?:-[a-z0-9_]+){2,3}", targets):
                sizes = (int(size[1]), int(size[2])) if size else None
                yield triple, told, sizes, int(count[1]) if count else 0
