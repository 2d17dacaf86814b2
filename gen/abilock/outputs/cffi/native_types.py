"""What C functions of the compiled mode are told of cffi's types and of allocators, once, as numbers."""

from __future__ import annotations

from abilock.model.types import Type
from abilock.outputs.c_declarations import CNaming, declare

#: Encodings whose ASCII is ASCII, and that C finds without Python's registry of codecs.
PLAIN_ENCODINGS = frozenset({"utf-8", "ascii", "latin-1"})


class NativeTypes:
    """Types in the order in which they are asked for first; allocators as the ABI declares them."""

    def __init__(self, naming: CNaming, allocators: tuple[str, ...]) -> None:
        self._naming = naming
        self._numbers: dict[str, int] = {}
        self.allocators = allocators

    def number(self, type_: Type) -> str:
        """ex) ``abi_types[3 /* Engine * */]``"""
        text = declare(type_, "", self._naming)
        number = self._numbers.setdefault(text, len(self._numbers))
        return f"abi_types[{number} /* {text} */]"

    def release(self, allocator: str) -> str | None:
        """ex) ``abi_releases[0 /* heap */]``; None for an allocator of another ABI"""
        if allocator not in self.allocators:
            return None
        return f"abi_releases[{self.allocators.index(allocator)} /* {allocator} */]"

    def only_first(self, count: int) -> None:
        """Forget the others: nothing asks for them after all."""
        for text in self.texts[count:]:
            del self._numbers[text]

    @property
    def texts(self) -> tuple[str, ...]:
        """As cffi reads them. ex) ``Engine *``"""
        return tuple(self._numbers)
