"""What the arguments of an attribute may name, where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from abilock.syntax import ast


class Watched(Mapping[str, ast.Type | None]):
    """The members around a slot; ``was_asked``: whether anything was made of them."""

    def __init__(self, members: Mapping[str, ast.Type | None]) -> None:
        self._members = members
        self.was_asked = False

    def __getitem__(self, name: str) -> ast.Type | None:
        self.was_asked = True
        return self._members[name]

    def __iter__(self) -> Iterator[str]:
        self.was_asked = True
        return iter(self._members)

    def __len__(self) -> int:
        self.was_asked = True
        return len(self._members)


@dataclass(frozen=True)
class Scope:
    """What the arguments of an attribute may name.

    ``siblings``: the fields, slots or parameters beside the attributed thing, or inside the
    attributed declaration; ``outer``: the members of the vtable around a slot. A slot has no type.
    """

    siblings: Mapping[str, ast.Type | None] = field(default_factory=dict)
    outer: Mapping[str, ast.Type | None] = field(default_factory=dict)

    @classmethod
    def of_members(cls, members: Iterable[ast.Member]) -> Scope:
        """The members of a struct or vtable; those of anonymous members belong to it."""
        found: dict[str, ast.Type | None] = {}
        for member in members:
            if isinstance(member, ast.Slot):
                found[member.name.text] = None
            elif isinstance(member, ast.Field):
                inner = member.type.type
                if member.name.text != "_":
                    found[member.name.text] = inner
                elif isinstance(inner, ast.AggregateType):
                    found.update(cls.of_members(inner.members).siblings)
        return cls(found)

    @classmethod
    def of_parameters(
        cls,
        parameters: Sequence[ast.Parameter],
        outer: Mapping[str, ast.Type | None] | None = None,
    ) -> Scope:
        named = {given.name.text: given.type.type for given in parameters if given.name is not None}
        return cls(named, {} if outer is None else outer)
