"""Arrays that callees fill: made before a call, once more where it asks for more room, read after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from abilock.binding.calls import Call, Test
from abilock.binding.rooms import Room
from abilock.model.types import Pointer, Scalar
from abilock.outputs.cffi.code import indented
from abilock.outputs.cffi.locals import out_name, size_name
from abilock.outputs.cffi.parts import Parts

#: So many elements there is room for at first where that is ours to choose.
_FIRST = 4096
#: Counters that do not hold as much.
_SHORT = frozenset({"u8", "i8", "c_char", "c_uchar", "c_schar"})


@dataclass(frozen=True, slots=True)
class Filling:
    """Statements about the rooms of one call. ``members`` are what C gets for each parameter; those that
    belong to rooms are added to the ``inputs``."""

    parts: Parts
    call: Call
    members: dict[str | None, str]
    inputs: dict[str | None, str]

    def before(self) -> Iterator[str]:
        """What is made once, and how large rooms are."""
        for name in dict.fromkeys(each.written for each in self.call.rooms):
            if name is not None and name not in self._cells():
                yield f"{out_name(name)} = lib.ffi.new({self._cell_type(name)!r})"
                self.members[name] = out_name(name)
        for room in self._by_capacity():
            yield from self._sized(room)
        for room in self.call.rooms:
            if room.capacity is None:
                length = self.parts.lifting.length(room.span, self._given)
                yield f"{self._size(room)} = {length}"
        for room in self.call.rooms:
            self.members[room.name] = out_name(room.name)
        if not self._may_grow():
            yield from self._made()

    def called(self, made: str) -> Iterator[str]:
        """The call, and the one after it that there may be."""
        if not self._may_grow():
            yield made
            return
        assert self.call.retry is not None
        yield "while True:"
        yield from indented(self._made())
        yield f"    {made}"
        asked = [f"({tested(self.call.retry, '_abi_result')})"]
        wants = [self._wanted(room) for room in self._by_capacity()]
        if all(wants):
            # Who says how much is wanted, and that it was there, fails.
            sizes = map(self._size, self._by_capacity())
            more = " or ".join(f"{want} > {size}" for want, size in zip(wants, sizes, strict=True))
            asked.append(f"({more})" if len(wants) > 1 else more)
        yield f"    if not ({' and '.join(asked)}):"
        yield "        break"
        for room in self._by_capacity():
            size = self._size(room)
            wanted = self._wanted(room) or "0"
            more = f"{size} = lib.more({self._counter(room)!r}, {size}, {wanted})"
            yield f"    if {wanted} > {size}:" if len(wants) > 1 and all(wants) else f"    {more}"
            if len(wants) > 1 and all(wants):
                yield f"        {more}"
            if room.is_cell:
                yield f"    {out_name(room.capacity or '')}[0] = {size}"

    def _wanted(self, room: Room) -> str | None:
        """How much the callee says that it wants, if it does."""
        if room.written is None:
            return None
        return f"{out_name(room.written)}[0]{' + 1' if room.is_nul else ''}"

    def values(self) -> Iterator[str]:
        """What the caller gets of each room."""
        for room in self.call.rooms:
            size, filled = self._size(room), self._size(room)
            if room.written is not None:
                word = "within" if self._may_grow() else "filled"
                filled = f"lib.{word}({out_name(room.written)}[0], {size})"
            here = out_name(room.name)
            if room.is_nul:
                encoding = None if room.span.encoding == "bytes" else room.span.encoding
                yield f"lib.room_text({here}, {filled}, {encoding!r})"
                continue
            span = replace(room.span, length="count", names=("count",), in_bytes=False)
            at = {"count": filled, room.name: here}
            yield self.parts.lifting.lift(span, room.name, at.__getitem__, take=True)

    # --- sizes

    def _by_capacity(self) -> tuple[Room, ...]:
        """Rooms whose size is a parameter of its own, each of which says it once."""
        found = {room.capacity: room for room in self.call.rooms if room.capacity is not None}
        return tuple(found.values())

    def _may_grow(self) -> bool:
        return self.call.retry is not None and bool(self._by_capacity())

    def _sized(self, room: Room) -> Iterator[str]:
        assert room.capacity is not None
        size = self._size(room)
        if room.is_chosen:
            yield f"{size} = {self._first(room)}"
        elif not room.is_cell:
            yield f"{size} = {self.members[room.capacity]}"
        if not room.is_cell:
            self.members[room.capacity] = size
            return
        cell = out_name(room.capacity)
        made = f"lib.ffi.new({self._counter(room) + ' *'!r}, {size})"
        yield f"{cell} = {made if room.is_chosen else self.members[room.capacity]}"
        if not room.is_chosen:
            yield f"{size} = {cell}[0]"
        self.members[room.capacity] = cell

    def _first(self, room: Room) -> str:
        assert room.capacity_type is not None
        resolved, _ = self.parts.forms.resolve(room.capacity_type, room.item.attributes)
        is_short = isinstance(resolved, Scalar) and resolved.name in _SHORT
        return f"lib.most({self._counter(room)!r}, {_FIRST})" if is_short else str(_FIRST)

    def _made(self) -> Iterator[str]:
        for room in self.call.rooms:
            here = out_name(room.name)
            array = self.parts.names.ctype(room.span.element_type, "[]")
            made = f"lib.room({array.replace('void []', 'char []')!r}, {self._size(room)})"
            yield f"{here} = {self.inputs[room.name] if room.is_given else made}"

    def _size(self, room: Room) -> str:
        return size_name(room.capacity or room.name)

    def _given(self, name: str) -> str:
        return self.members.get(name, name)

    def _counter(self, room: Room) -> str:
        assert room.capacity_type is not None
        return self.parts.names.ctype(room.capacity_type)

    def _cells(self) -> frozenset[str | None]:
        return frozenset(room.capacity for room in self.call.rooms if room.is_cell)

    def _cell_type(self, name: str) -> str:
        given = next(each.type for each in self.call.signature.parameters if each.name == name)
        assert isinstance(given, Pointer)
        return self.parts.names.ctype(given.pointee, "*")


def tested(test: Test, value: str) -> str:
    """ex) ``_abi_result == 4``, ``not _abi_result``"""
    if test.value is None:
        return f"not {value}"
    return f"{value} {test.operator} {test.value}"
