"""Holds computed layouts against what compilers say of the same models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from hypothesis import HealthCheck, find, settings
from hypothesis.errors import NoSuchExample

from abilock.layout.engine import lay_out
from abilock.layout.shapes import AggregateLayout, TypeLayout
from abilock.layout.target import Target
from abilock.model import decls
from support import c_reference, models
from support.compilers import Answer, Answers, Place, Question

#: A compiler for one target: C text and questions to answers.
Ask = Callable[[str, Sequence[Question]], Answers]


def disagreements(
    libraries: Sequence[decls.Library], target: Target, ask: Ask
) -> Iterator[tuple[decls.Library, str]]:
    """Each library of which the compiler has other numbers, and the first type where it has."""
    asked = [question for library in libraries for question in c_reference.questions(library)]
    theirs = ask(c_reference.reference(libraries), asked)
    for library in libraries:
        for name, answer in computed(library, target).items():
            if theirs[name] != answer:
                yield library, f"{target.triple}: {name}\nours   {answer}\ntheirs {theirs[name]}"
                break


def computed(library: decls.Library, target: Target) -> dict[str, Answer]:
    """The layouts of abilock, under the names that types have in the reference."""
    types = lay_out(library, target).types
    return {f"{library.name}_{name}": as_answer(layout, str) for name, layout in types.items()}


def as_answer(layout: TypeLayout, spelled: Callable[[str], str]) -> Answer:
    """A layout put as a compiler's answer. ``spelled``: what C calls a member."""
    places: dict[str, Place] = {}
    if isinstance(layout, AggregateLayout):
        for field in layout.flat_fields():
            if field.bit_offset is None or field.bit_size is None:
                places[spelled(field.name)] = Place(field.offset * 8, field.size * 8)
            else:
                places[spelled(field.name)] = Place(field.bit_offset, field.bit_size)
    return Answer(layout.size, layout.align, places)


def assert_agreement(
    libraries: Sequence[decls.Library], target: Target, ask: Ask, batch: int = 50
) -> None:
    """Fail with a small model that the compiler lays out otherwise."""
    for start in range(0, len(libraries), batch):
        found = list(disagreements(libraries[start : start + batch], target, ask))
        if found:
            library = _smaller(target, ask) or found[0][0]
            [(_, said)] = disagreements([library], target, ask)
            raise AssertionError(f"{said}\n{c_reference.reference([library])}")


def _smaller(target: Target, ask: Ask) -> decls.Library | None:
    """A small library on which there is no agreement, if a short search finds one."""
    quiet = settings(max_examples=500, database=None, suppress_health_check=list(HealthCheck))
    try:
        return find(
            models.libraries(),
            lambda library: any(disagreements([library], target, ask)),
            settings=quiet,
        )
    except NoSuchExample:
        return None
