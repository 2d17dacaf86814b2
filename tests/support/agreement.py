"""Holds computed layouts against what compilers say of the same models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from abilock.layout.engine import lay_out
from abilock.layout.shapes import AggregateLayout
from abilock.layout.target import Target
from abilock.model import decls
from hypothesis import HealthCheck, Phase, find, given, seed, settings
from support import c_reference, models
from support.compilers import Answer, Answers, Place, Question

#: A compiler for one target: C text and questions to answers.
Ask = Callable[[str, Sequence[Question]], Answers]


def sample(count: int, start: int = 0) -> list[decls.Library]:
    """As many random libraries, the same every time; ``start`` chooses other ones."""
    found: list[decls.Library] = []

    @settings(
        max_examples=count,
        database=None,
        derandomize=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @seed(start)
    @given(models.libraries())
    def gather(library: decls.Library) -> None:
        found.append(models.library(list(library.declarations), f"m{len(found)}"))

    gather()
    return found


def disagreements(libraries: Sequence[decls.Library], target: Target, ask: Ask) -> Iterator[str]:
    """``type: ours, theirs`` wherever the compiler has other numbers."""
    asked = [question for library in libraries for question in c_reference.questions(library)]
    theirs = ask(c_reference.reference(libraries), asked)
    for library in libraries:
        ours = computed(library, target)
        for name, answer in ours.items():
            if theirs[name] != answer:
                yield f"{target.triple}: {name}\nours   {answer}\ntheirs {theirs[name]}"


def computed(library: decls.Library, target: Target) -> dict[str, Answer]:
    """The layouts of abilock, put as a compiler's answers."""
    answers: dict[str, Answer] = {}
    for name, layout in lay_out(library, target).types.items():
        places: dict[str, Place] = {}
        if isinstance(layout, AggregateLayout):
            for field in layout.flat_fields():
                if field.bit_offset is None or field.bit_size is None:
                    places[field.name] = Place(field.offset * 8, field.size * 8)
                else:
                    places[field.name] = Place(field.bit_offset, field.bit_size)
        answers[f"{library.name}_{name}"] = Answer(layout.size, layout.align, places)
    return answers


def assert_agreement(
    libraries: Sequence[decls.Library], target: Target, ask: Ask, batch: int = 50
) -> None:
    """Fail with the smallest model that the compiler lays out otherwise."""
    for start in range(0, len(libraries), batch):
        found = list(disagreements(libraries[start : start + batch], target, ask))
        assert not found, f"{len(found)} of {batch} models\n{found[0]}\n{_smallest(target, ask)}"


def _smallest(target: Target, ask: Ask) -> str:
    """The text of a small model on which there is no agreement."""
    library = find(
        models.libraries(),
        lambda library: any(disagreements([library], target, ask)),
        settings=settings(
            max_examples=1000, database=None, suppress_health_check=list(HealthCheck)
        ),
    )
    said = "\n".join(disagreements([library], target, ask))
    return f"{c_reference.reference([library])}\n{said}"
