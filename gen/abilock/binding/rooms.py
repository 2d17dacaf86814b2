"""Room that a caller gives and a callee fills: how much there is, and how much of it was filled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from abilock.binding.classify import Classifier
from abilock.binding.forms import words
from abilock.binding.shapes import Item, Span
from abilock.model.attributes import Attribute, Attributes
from abilock.model.types import Parameter, Pointer, Type

#: What says how much room there is, in this order.
_SIZES = ("capacity", "len", "size")


@dataclass(frozen=True, slots=True)
class Room:
    """An array of the caller. The length of ``span`` is how much room there is.

    ``capacity``: the one parameter that says it, of the type ``capacity_type``, where nothing else depends
    on that, so that there can be more. ``is_chosen``: it is not the caller's to say. ``is_cell``: it is
    behind a pointer. ``written``: the parameter that leads to how many elements were filled. ``is_nul``:
    text that ends with NUL. ``is_given``: the callee reads what is there first.
    """

    item: Item
    span: Span
    capacity: str | None
    capacity_type: Type | None
    is_chosen: bool
    is_cell: bool
    written: str | None
    is_nul: bool
    is_given: bool

    @property
    def name(self) -> str:
        return self.item.name

    @property
    def is_filled_in_part(self) -> bool:
        """Whether somebody says how much of it was filled."""
        return self.written is not None or self.is_nul


class Rooms:
    """Rooms among the parameters of the functions of one library."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    def of(self, parameters: Sequence[Parameter]) -> tuple[Room, ...]:
        return tuple(
            room for each in parameters if (room := self._room(each, parameters)) is not None
        )

    def _room(self, parameter: Parameter, beside: Sequence[Parameter]) -> Room | None:
        said = parameter.attributes
        size = next((given for name in _SIZES if (given := said.get(name)) is not None), None)
        is_filled = any(said.has(word) for word in ("out", "inout", "capacity"))
        if size is None or not is_filled or parameter.name is None:
            return None
        named = "size" if size.name == "size" else "len"
        left = (each for each in said.all if each.name not in ("nul", "lens", *_SIZES))
        counted = Attributes((*left, Attribute(named, size.arguments)))
        (item,) = self._classifier.items([replace(parameter, attributes=counted)])
        if not isinstance(item.shape, Span):
            return None
        capacity = next((each for each in beside if each.name == item.shape.counter), None)
        if said.has("inout") or (
            capacity is not None and set(self._others(capacity, parameter, beside)) - {"capacity"}
        ):
            capacity = None
        type_ = capacity.type if capacity is not None else None
        is_cell = isinstance(type_, Pointer) and bool(capacity and capacity.attributes.has("inout"))
        if isinstance(type_, Pointer):
            type_ = type_.pointee if is_cell else None
        written = next(iter(words(said.get("written"))), None)
        if written is None and is_cell and capacity is not None:
            written = capacity.name
        return Room(
            item=replace(item, companions=(), attributes=said),
            span=replace(item.shape, nullable=False, is_room=False),
            capacity=capacity.name if type_ is not None and capacity is not None else None,
            capacity_type=type_,
            is_chosen=size.name == "capacity" and said.has("written") and type_ is not None,
            is_cell=is_cell,
            written=written,
            is_nul=said.has("nul"),
            is_given=said.has("inout"),
        )

    def _others(
        self, capacity: Parameter, room: Parameter, beside: Sequence[Parameter]
    ) -> Iterator[str]:
        """The attributes in which other parameters say that they are as long."""
        for each in beside:
            for name in _SIZES:
                given = each.attributes.get(name)
                if each.name != room.name and given is not None and capacity.name in _named(given):
                    is_like = each.attributes.has("written") == room.attributes.has("written")
                    yield name if is_like else "other"


def _named(attribute: Attribute) -> tuple[str, ...]:
    """The parameters that an attribute's formula consists of."""
    (argument,) = attribute.arguments
    names = getattr(argument, "names", None)
    return names if names is not None else words(attribute)
