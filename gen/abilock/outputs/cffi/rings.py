"""Rings of the compiled mode: pushes that C keeps by itself, until Python takes many at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from abilock.binding.calls import Call, Channel
from abilock.binding.forms import NOTHING
from abilock.binding.pushes import Answer, End, Push
from abilock.binding.shapes import Item, Reference, Shape, Value
from abilock.model.naming import python_name
from abilock.model.types import Parameter, Pointer, Void
from abilock.outputs.c_declarations import declare
from abilock.outputs.cffi.code import Code
from abilock.outputs.cffi.lifting import At
from abilock.outputs.cffi.native_results import NativeResults
from abilock.outputs.cffi.native_types import NativeTypes
from abilock.outputs.cffi.parts import Parts
from abilock.outputs.cffi.ring_copies import Copies, Copy
from abilock.outputs.cffi.signatures import is_plain
from abilock.outputs.header.macros import header_naming

#: So many parts of one event are made at once.
_MOST = 16


@dataclass(frozen=True, slots=True)
class RingView:
    """A function that C calls in place of a gate, and what it keeps of a push.

    ``pushes``: the condition under which a call is for a ring. ``fill`` copies arguments, ``done`` frees
    what was copied. ``event`` makes an object of them, or a tuple, which Python finishes where C cannot.
    """

    name: str
    number: int
    context: int
    slot: tuple[str, ...]
    head: str
    pushes: str
    fill: tuple[str, ...]
    event: tuple[str, ...]
    done: tuple[str, ...]
    more: str
    call: str


@dataclass(frozen=True, slots=True)
class _Kept:
    """A parameter that is kept in the field ``place``. ``item``: what it is by itself, None if it says
    something of another one. ``is_content``: not the pointer is kept, but the struct that it leads to."""

    parameter: Parameter
    local: str
    place: str
    item: Item | None
    is_content: bool
    copies: tuple[Copy, ...] = ()


@dataclass(frozen=True, slots=True)
class _Ring:
    view: RingView
    kept: tuple[_Kept, ...]


class Rings:
    """The rings of one library's streams."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._header = header_naming(parts.library)
        self._copies = Copies(parts, self._header)
        self._results = NativeResults(parts.forms, parts.contents, self._header)
        self._rings: dict[str, _Ring] = {}
        self.codes: list[Code] = []

    @property
    def names(self) -> tuple[str, ...]:
        """The callbacks that have one, as Python names them."""
        return tuple(ring.view.name for ring in self._rings.values())

    def views(self, known: NativeTypes) -> Iterator[RingView]:
        for ring in self._rings.values():
            parts = [self._part(each, known) for each in ring.kept]
            yield replace(ring.view, event=tuple(_joined(parts)))

    def add(self, name: str, call: Call, push: Push) -> None:
        """A ring for a callback, if C can do all that there is to do at a push."""
        more = self._more(call, push)
        if more is None or call.context is None or not is_plain(call.signature):
            return
        kept = self._all_kept(call, push)
        conditions = self._pushes(call, push)
        if kept is None or conditions is None:
            return
        own = python_name(name)
        view = self._view(own, call, kept, (*conditions, *_there(kept)))
        self._rings[name] = _Ring(replace(view, more=more), kept)
        read = self._read(own, kept, push)
        if read is not None:
            self.codes.append(read)

    def reads(self) -> Iterator[tuple[str, str]]:
        """What makes events of what C makes of a push: the function, or None where that is one."""
        needed = {code.head.partition("(")[0] for code in self.codes}
        for name in self.names:
            yield name, f"read_{name}" if f"read_{name}" in needed else "None"

    def _view(
        self, own: str, call: Call, kept: tuple[_Kept, ...], conditions: tuple[str, ...]
    ) -> RingView:
        parameters = call.signature.parameters
        locals_ = [_local(index) for index, _ in enumerate(parameters)]
        head = ", ".join(
            declare(each.type, local, self._header)
            for each, local in zip(parameters, locals_, strict=True)
        )
        result = call.signature.result.type if call.signature.result else Void()
        called = f"abi_gate_{own}({', '.join(locals_)});"
        context = next(i for i, each in enumerate(parameters) if each.name == call.context)
        is_ring = f"ABI_IS_RING((uintptr_t){_local(context)})"
        return RingView(
            name=own,
            number=len(self._rings),
            context=context,
            slot=tuple(self._slot(own, kept)),
            head=declare(result, f"abi_push_{own}({head})", self._header),
            pushes=" && ".join(dict.fromkeys((is_ring, *conditions))),
            fill=tuple(_filled(kept)),
            event=(),
            done=tuple(
                f"free((void *)(uintptr_t){copy.pointer});" for each in kept for copy in each.copies
            ),
            more="",
            call=f"return {called}" if call.signature.result else called,
        )

    def _more(self, call: Call, push: Push) -> str | None:
        """What a push is answered that is taken; None where C cannot tell."""
        if push.answer is Answer.NONE:
            return ""
        if push.answer is Answer.MORE:
            return " 1"
        if call.outcome.channel is not Channel.STATUS or not call.outcome.ok:
            return None
        more = call.outcome.ok[0].value
        return None if more is None else f" {more}"

    def _pushes(self, call: Call, push: Push) -> tuple[str, ...] | None:
        """The conditions under which a call is no end; None where C cannot tell."""
        if push.ends_at is None or push.end is None:
            return ()
        marked = call.inputs[push.ends_at].name
        found = enumerate(call.signature.parameters)
        index, parameter = next((i, each) for i, each in found if each.name == marked)
        resolved, _ = self._parts.forms.resolve(parameter.type, NOTHING)
        if not isinstance(resolved, Pointer):
            return None
        return (f"{_local(index)} {'==' if push.end is End.SOMETHING else '!='} NULL",)

    # --- what is kept

    def _all_kept(self, call: Call, push: Push) -> tuple[_Kept, ...] | None:
        """None if there is something that C cannot keep, or does not know."""
        items = {each.name: each for each in push.items}
        companions = {name for each in push.items for name in each.companions}
        known = {call.context, *companions, *(each.name for each in call.inputs)}
        names = [each.name for each in call.signature.parameters]
        wanted = [name for name in names if name in items or name in companions]
        if not known.issuperset(names) or len(wanted) > _MOST:
            return None
        places: dict[str | None, str] = {name: f"f{index}" for index, name in enumerate(wanted)}
        kept = [
            self._kept(each, index, places, items.get(str(each.name)))
            for index, each in enumerate(call.signature.parameters)
            if each.name in places
        ]
        found = tuple(each for each in kept if each is not None)
        return found if len(found) == len(kept) else None

    def _kept(
        self, parameter: Parameter, index: int, places: dict[str | None, str], item: Item | None
    ) -> _Kept | None:
        shape = item.shape if item is not None else None
        copies: tuple[Copy, ...] | None = None
        is_content = shape is not None and self._is_lent_struct(shape)
        type_ = parameter.type
        if shape is None or self._is_handed_over(shape):
            copies = ()
        elif is_content:
            assert isinstance(shape, Value)
            inside = replace(shape, behind_pointer=False, nullable=False)
            copies = self._copies.of(inside, type_, str(parameter.name), _at(places))
        else:
            copies = self._copies.of(shape, type_, str(parameter.name), _at(places))
        made = _Kept(parameter, _local(index), places[parameter.name], item, is_content)
        # What cffi has no way to make, C cannot either.
        is_known = self._part(made, self._unknown()) is not None
        return replace(made, copies=copies) if copies is not None and is_known else None

    def _is_handed_over(self, shape: Shape) -> bool:
        match shape:
            case Reference(own=own, behind_pointer=behind):
                return own and behind
            case Value(behind_pointer=True):
                return self._parts.contents.shape_owns(shape)
            case _:
                return False

    def _is_lent_struct(self, shape: Shape) -> bool:
        """Whether a pointer leads to a struct that is there for the call."""
        match shape:
            case Value(behind_pointer=True, untyped=False):
                return not self._parts.contents.ends_here(shape)
            case _:
                return False

    def _slot(self, own: str, kept: tuple[_Kept, ...]) -> Iterator[str]:
        yield "typedef struct {"
        for each in kept:
            type_ = each.parameter.type
            if each.is_content:
                resolved, _ = self._parts.forms.resolve(type_, NOTHING)
                assert isinstance(resolved, Pointer)
                type_ = resolved.pointee
            yield f"    {declare(type_, each.place, self._header)};"
        yield f"}} abi_slot_{own};"

    # --- what becomes of it

    def _part(self, kept: _Kept, known: NativeTypes) -> str | None:
        """A part of an event: as Python has it, or as cffi does."""
        at = f"abi_slot->{kept.place}"
        type_ = kept.parameter.type
        if kept.is_content:
            return f"_cffi_from_c_pointer((char *)&{at}, {known.number(type_)})"
        return self._made(kept, known) or self._results.raw(type_, at, known)

    def _made(self, kept: _Kept, known: NativeTypes) -> str | None:
        """What is nothing but this for Python."""
        if kept.item is None or kept.is_content:
            return None
        at = f"abi_slot->{kept.place}"
        made = self._results.value(kept.item.shape, kept.parameter.type, at, known)
        return None if made is None or made.freed else made.value

    def _read(self, own: str, kept: tuple[_Kept, ...], push: Push) -> Code | None:
        """What makes an event of the parts, unless they are one."""
        parts = [f"s[{index}]" if len(kept) > 1 else "s" for index, _ in enumerate(kept)]
        places = {each.parameter.name: part for each, part in zip(kept, parts, strict=True)}
        made = {
            each.parameter.name for each in kept if self._made(each, self._unknown()) is not None
        }
        lift = self._parts.lifting.lift
        values = [
            places[each.name]
            if each.name in made
            else lift(each.shape, each.name, lambda member: places[member], take=True)
            for each in push.items
        ]
        if values == parts:
            return None
        text = values[0] if len(values) == 1 else f"({', '.join(values)})"
        return Code(f"read_{own}(lib: Library, s: Any) -> Any", (f"return {text}",))

    def _unknown(self) -> NativeTypes:
        """For what depends on no number."""
        return NativeTypes(self._parts.names.naming, ())


def _local(index: int) -> str:
    return f"abi_{index}"


def _at(places: dict[str | None, str]) -> At:
    return lambda name: f"abi_slot->{places[name]}"


def _there(kept: tuple[_Kept, ...]) -> Iterator[str]:
    """Null is Python's to judge."""
    return (f"{each.local} != NULL" for each in kept if each.is_content)


def _filled(kept: tuple[_Kept, ...]) -> Iterator[str]:
    for each in kept:
        yield f"abi_slot->{each.place} = {'*' if each.is_content else ''}{each.local};"
    for each in kept:
        for copy in each.copies:
            yield f"{copy.pointer} = abi_copied({copy.pointer}, {copy.size}, &abi_is_kept);"


def _joined(parts: list[str | None]) -> Iterator[str]:
    """The one part, or a tuple of all, which is made of new references."""
    *more, last = [each for each in parts if each is not None]
    if not more:
        yield f"return {last};"
        return
    yield f"return abi_tuple({len(parts)},"
    yield from (f"    {each}," for each in more)
    yield f"    {last});"
