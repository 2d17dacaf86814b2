"""What Python's functions return, and what C gets of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from abilock.binding.calls import Call, Channel, Out, Test
from abilock.binding.rooms import Room
from abilock.binding.shapes import Content, Enumeration, Number, Reference, Shape, Span, Value
from abilock.model.naming import python_name
from abilock.model.scalars import NARROWEST_BITS, SIGNED_SCALARS, UNSIGNED_SCALARS
from abilock.model.types import Result, Scalar
from abilock.outputs.cffi.code import in_keep, indented
from abilock.outputs.cffi.lifting import At, formula
from abilock.outputs.cffi.locals import RESULT, arriving_name
from abilock.outputs.cffi.lowering import Lowered
from abilock.outputs.cffi.parts import Parts
from abilock.outputs.cffi.signatures import Place, target_of


class Replying:
    """From what the functions of a host return to what C gets, for one library."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def lines(self, call: Call, place: Place) -> Iterator[str]:
        """From ``value`` to what C gets; what it owns of that is taken back if any of it is wrong."""
        outs = [out for out in call.outs if out.seen]
        outcome = call.outcome
        has_value = call.result is not None and self._parts.names.annotation(call.result) != "None"
        if outcome.truth is not None:
            has_value = True
        if outcome.truth is not None and outcome.channel is Channel.STATUS:
            yield "if not value:"
            yield f"    raise CallError({outcome.truth!r})"
            yield from _kept(self._success(call, place))
            return
        count = len(outs) + len(call.rooms) + has_value
        parts = ["value"] if count == 1 else [f"value[{index}]" for index in range(count)]
        if count > 1:
            yield f"value = lib.several(value, {count})"
        main = parts.pop(0) if has_value else None
        lines: list[str] = []
        for out in outs:
            lines.extend(self._write_out(out, parts.pop(0)))
        for room in call.rooms:
            lines.extend(self._fill(call, room, parts.pop(0)))
        sent = ("keep.sent_to(entry)",) if _uses_keep(lines) else ()
        if main is not None:
            lines.extend(self._returned(call, place, main, sent))
        elif call.signature.result is not None:
            lines.extend(self._success(call, place, sent))
        else:
            lines.extend(sent)
        yield from _kept(lines)

    def _success(self, call: Call, place: Place, sent: tuple[str, ...] = ()) -> Iterator[str]:
        """``sent``: what is done before the return."""
        shape = call.result
        if isinstance(shape, Value) and shape.behind_pointer:
            yield from self._returned(call, place, "None", sent)
        elif isinstance(shape, Value):
            yield self._handed(shape, f"lower_{python_name(shape.name)}(lib, None, keep)")
        elif call.outcome.ok and call.outcome.ok[0].value is not None:
            yield from (*sent, f"return {call.outcome.ok[0].value}")
        else:
            yield from (*sent, "return value")

    def _handed(self, shape: Value, made: str) -> str:
        return f"return lib.given(keep, {self._parts.names.struct(shape.name)!r}, {made}, entry)"

    def _returned(
        self, call: Call, place: Place, value: str, sent: tuple[str, ...]
    ) -> Iterator[str]:
        shape = call.result
        assert shape is not None
        result = call.signature.result
        assert result is not None
        if call.outcome.truth is not None and isinstance(shape, Value):
            name = python_name(shape.name)
            more = ", {}" if self._parts.contents.result(shape.name).facts else ""
            made = f"fail_{name}(lib, {call.outcome.truth!r}, 1, keep{more})"
            yield f"if not {value}:"
            yield f"    {self._handed(shape, made)}"
            yield self._handed(shape, f"lower_{name}(lib, None, keep)")
            return
        target = target_of(call)
        if target is not None and isinstance(shape, Value):
            yield f"table = hand_{python_name(target)}(lib, {value}, keep, 'own')"
            yield self._handed(shape, f"lower_{python_name(shape.name)}(lib, table, keep)")
            return
        lowered = self._parts.lowering.lower(shape, RESULT, value)
        text = lowered.members[RESULT]
        lines = (*lowered.lines, *self._measured(call, shape, lowered))
        if not _uses_keep((*lines, text)):
            yield from (*lines, *sent, f"return {self._fitting(shape, result, text)}")
            return
        made = self._parts.lowering.by_value(text, result.type, result.attributes)
        if self._parts.contents.shape_owns(shape) or isinstance(shape, Reference):
            yield from lines
            yield f"return lib.handed(keep, {made}, entry)"
            return
        if isinstance(shape, Span):
            yield from lines
            lines = ()
        given = result.attributes.get("until")
        until = getattr(given.arguments[0], "text", "call") if given else "call"
        inside = self._parts.lasting.of(result.type, result.attributes, result.own)
        lasting = until in ("drop", "library", "process") or bool({"drop", "process"} & {*inside})
        yield f"lasting, done = entry.lend({place.carrier!r}, {value}, {lasting})"
        yield "if done:"
        yield from indented((*sent, "return lasting.made"))
        yield from (in_keep(line, "lasting") for line in lines)
        yield f"lasting.made = {in_keep(made, 'lasting')}"
        yield from (*sent, "return lasting.made")

    def _fitting(self, shape: Shape, result: Result, value: str) -> str:
        """The value, if C can have it. What it cannot have, cffi would tell when nobody knows any more
        whose it was."""
        fits = f"lib.fitting({self._parts.names.ctype(result.type, '[]')!r}, {value})"
        resolved, _ = self._parts.forms.resolve(result.type, result.attributes)
        match shape:
            case Number(kind="bool"):
                return f"{value} if {value} is True or {value} is False else {fits}"
            case Number(kind="float"):
                return f"{value} if {value}.__class__ is float else {fits}"
            case Enumeration(name=name):
                return f"{value} if {value}.__class__ is {self._parts.names.type(name)} else {fits}"
            case Number() if isinstance(resolved, Scalar) and (range_ := _range(resolved.name)):
                low, high = range_
                return f"{value} if {value}.__class__ is int and {low} <= {value} <= {high} else {fits}"
            case _:
                return fits

    def _measured(self, call: Call, shape: Shape, lowered: Lowered) -> Iterator[str]:
        """Who says how many elements it wants reads so many; else it is told how many there are."""
        if not isinstance(shape, Span):
            return
        told = next((out for out in call.outs if not out.seen), None)
        if told is not None:
            where = arriving_name(told.name)
            absent = f"if {where}: " if told.nullable else ""
            yield f"{absent}lib.put({where}, {lowered.members[told.name]})"
            return
        behind = {out.name for out in call.outs}
        asked = formula(
            shape, lambda name: f"{arriving_name(name)}{'[0]' if name in behind else ''}"
        )
        absent = f"if {lowered.absent} is not None: " if lowered.absent is not None else ""
        yield f"{absent}lib.as_many('the result', {lowered.count}, {asked})"

    def _write_out(self, out: Out, value: str) -> Iterator[str]:
        lowered = self._parts.lowering.lower(out.shape, out.name, value)
        text = lowered.members[out.name]
        where = arriving_name(out.name)
        lines = (*lowered.lines, f"lib.put({where}, {text})")
        if out.nullable:
            # Whoever gives no place for it does not want it.
            yield f"if {where}:"
            lines = indented(lines)
        yield from lines

    def _fill(self, call: Call, room: Room, value: str) -> Iterator[str]:
        """Into an array of the caller, which hears how much it is, or of how much there is no room for."""
        where, at = arriving_name(room.name), _behind(room)
        size = self._parts.lifting.length(room.span, at)
        if room.is_cell:
            yield f"room = {size}"
            size = "room"
        is_list = room.span.content is Content.LIST and not room.is_nul
        if is_list:
            one = self._parts.lowering.expression(room.span.element, "each")
            # What the elements own is taken back if there are too few or too many of them.
            yield f"data = [{one} for each in {value}]"
            yield from self._placed(call, room, where, size, f"lib.write({where}, data)")
            return
        if room.is_nul:
            encoding = None if room.span.encoding == "bytes" else room.span.encoding
            yield f"data = lib.ended_text({value}, {encoding!r})"
        elif room.span.content is Content.TEXT and room.span.encoding != "bytes":
            yield f"data = lib.encoded({value}, {room.span.encoding!r})"
        else:
            yield f"data = lib.octets({value})"
        yield from self._placed(
            call, room, where, size, f"lib.ffi.memmove({where}, data, len(data))"
        )

    def _placed(self, call: Call, room: Room, where: str, size: str, write: str) -> Iterator[str]:
        """``data`` into its place, if it is as much as that holds."""
        if room.written is not None:
            yield f"if {arriving_name(room.written)}:"
            yield f"    {arriving_name(room.written)}[0] = len(data)"
        if room.is_filled_in_part or (call.retry is not None and room.capacity is not None):
            yield f"if not {where} or len(data) > {size}:"
            if call.retry is not None and room.capacity is not None:
                yield f"    return {_said(call.retry)}"
            else:
                yield "    raise ContractError('the result does not fit the buffer')"
        else:
            yield f"lib.exactly({size}, data)"
        yield write


def _uses_keep(lines: Iterable[str]) -> bool:
    return any(in_keep(line, "") != line for line in lines)


def _kept(lines: Iterable[str]) -> Iterator[str]:
    """The lines, with what they lend and give."""
    lines = tuple(lines)
    if _uses_keep(lines):
        yield "with Keep(lib) as keep:"
        lines = indented(lines)
    yield from lines


def _behind(room: Room) -> At:
    """Where it stands how large a room is."""
    behind = {room.capacity: "[0]"} if room.is_cell else {}
    return lambda name: f"{arriving_name(name)}{behind.get(name, '')}"


def _said(test: Test) -> str:
    """A result that means this."""
    if test.value is None:
        return "abi.ffi.NULL"
    return str(test.value + {"<": -1, ">": 1}.get(test.operator, 0))


def _range(scalar: str) -> tuple[int, int] | None:
    """The least and the greatest number that an integer has on every target."""
    if scalar not in SIGNED_SCALARS | UNSIGNED_SCALARS:
        return None
    bits = NARROWEST_BITS[scalar]
    return (
        (-(1 << bits - 1), (1 << bits - 1) - 1)
        if scalar in SIGNED_SCALARS
        else (0, (1 << bits) - 1)
    )
