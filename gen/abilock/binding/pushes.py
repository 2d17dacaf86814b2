"""Callbacks that push, and functions that are asked for one thing after the other: what marks the end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from abilock.binding.calls import Call, Channel
from abilock.binding.forms import NOTHING, Forms, words
from abilock.binding.shapes import Function, Item, Number, Raw, Reference, Shape
from abilock.model import walks
from abilock.model.types import FunctionPointer, Named, Type


class End(Enum):
    """What marks the end, as a caller sees it: that nothing is there, that something is, or what is like
    nothing, such as an empty text or an address that is null."""

    NOTHING = "nothing"
    SOMETHING = "something"
    EMPTY = "empty"


class Answer(Enum):
    """What a push is answered: nothing, whether more is wanted, or an outcome, of which a failure says that
    nothing is."""

    NONE = "none"
    MORE = "more"
    OUTCOME = "outcome"


@dataclass(frozen=True, slots=True)
class Push:
    """``items``: what each call delivers. ``ends_at``: the input that marks the end as ``end`` says; it is
    one of the items, unless it is there for nothing else."""

    items: tuple[Item, ...]
    ends_at: int | None
    end: End | None
    answer: Answer


class Pushes:
    """What delivers things one by one in one library."""

    def __init__(self, forms: Forms) -> None:
        self._forms = forms

    def push(self, name: str, call: Call) -> Push | None:
        """None of a callback that tells nothing, returns something, writes something, or is only called
        during the call that it is given to."""
        answer = _answer(call)
        if call.signature.variadic or answer is None or name not in self._kept:
            return None
        if call.outs or call.rooms or call.creates is not None or call.error is not None:
            return None
        if any(_is_bound(each.shape) for each in call.inputs):
            return None
        ends_at, end = _marked(call)
        items = tuple(
            each
            for index, each in enumerate(call.inputs)
            if index != ends_at or end is not End.SOMETHING
        )
        return Push(items, ends_at, end, answer) if items else None

    def pulls(self, call: Call) -> End | None:
        """How the results end of a function that is called again and again, with nothing to tell it."""
        result = call.signature.result
        if result is None or call.result is None or call.inputs or call.outs or call.rooms:
            return None
        return _ending(words(result.attributes.get("end")), call.result)

    @cached_property
    def _kept(self) -> frozenset[str]:
        """Callbacks that are called after the call that they are given to, somewhere."""
        found = set()
        for type_, attributes in walks.given(tuple(self._forms.by_name.values())):
            name = self._name(type_) if attributes.has("scope") else None
            if name is not None and words(attributes.get("scope")) != ("call",):
                found.add(name)
        return frozenset(found)

    def _name(self, type_: Type) -> str | None:
        resolved, _ = self._forms.resolve(type_, NOTHING)
        if isinstance(resolved, FunctionPointer):
            return self._forms.inline_name(resolved.signature)
        if isinstance(resolved, Named) and self._forms.signature(resolved) is not None:
            return resolved.name
        return None


def _answer(call: Call) -> Answer | None:
    """None where nobody can tell which result asks for more."""
    outcome = call.outcome
    if outcome.channel is Channel.NONE:
        if call.result is None:
            return Answer.NONE
        is_truth = isinstance(call.result, Number) and call.result.kind == "bool"
        return Answer.MORE if is_truth else None
    if outcome.is_value or outcome.truth is not None:
        return None
    if outcome.channel is Channel.STATUS:
        return Answer.OUTCOME
    return Answer.OUTCOME if call.result is not None else None


def _is_bound(shape: Shape) -> bool:
    """Whether something is there for the call only, or given under conditions."""
    return isinstance(shape, Function) or (isinstance(shape, Reference) and shape.on_success)


def _marked(call: Call) -> tuple[int | None, End | None]:
    attributes = {each.name: each.attributes for each in call.signature.parameters}
    for index, each in enumerate(call.inputs):
        found = attributes.get(each.name)
        end = _ending(words(found.get("end")), each.shape) if found is not None else None
        if end is not None:
            return index, end
    return None, None


def _ending(said: tuple[str, ...], shape: Shape) -> End | None:
    if not said:
        return None
    if said[0] == "nonnull":
        return End.SOMETHING
    return End.EMPTY if said[0] == "empty" or isinstance(shape, Raw) else End.NOTHING
