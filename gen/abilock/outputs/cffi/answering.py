"""Functions from C into Python: ``on_…``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from abilock.binding.calls import Call, Channel, Out, Test
from abilock.binding.rooms import Room
from abilock.binding.shapes import (
    Content,
    Form,
    Function,
    Item,
    Reference,
    Sentinel,
    Shape,
    Span,
    Value,
)
from abilock.model.naming import python_name
from abilock.outputs.cffi.code import Code, in_keep, indented
from abilock.outputs.cffi.failing import Failing
from abilock.outputs.cffi.lifting import At, formula
from abilock.outputs.cffi.locals import RESULT, arriving_name
from abilock.outputs.cffi.lowering import Lowered
from abilock.outputs.cffi.parts import Parts
from abilock.outputs.cffi.signatures import (
    Place,
    Signatures,
    arriving,
    is_asked,
    target_of,
)


class Answering:
    """Trampolines of one library."""

    def __init__(self, parts: Parts, signatures: Signatures) -> None:
        self._parts = parts
        self._signatures = signatures
        self.failing = Failing(parts)

    def trampoline(self, call: Call, place: Place, target: str, is_property: bool = False) -> Code:
        """``target``: the expression that is called, or read. ex) ``entry.target.get``"""
        names = [arriving(each, index) for index, each in enumerate(call.signature.parameters)]
        first = [] if call.context else ["token: CData"]
        head = ", ".join(["abi: Binding", *first, *(f"{name}: Any" for name in names)])
        body = tuple(self._trampoline_body(call, place, target, is_property))
        return Code(f"on_{place.carrier}({head}) -> Any", body)

    def _trampoline_body(
        self, call: Call, place: Place, target: str, is_property: bool
    ) -> Iterator[str]:
        token = arriving_name(call.context) if call.context else "token"
        yield "entry: Optional[Entry] = None"
        given = {
            item.name: f"given{index}" for index, item in enumerate(_on_success(call), start=1)
        }
        for name in given.values():
            yield f"{name}: Any = None"
        yield "try:"
        yield f"    entry = abi.entry({token})"
        yield "    lib = entry.lib"
        # First: what follows may raise, and this call is the last one all the same.
        ended = self._ended_by(call)
        if ended:
            yield f"    if {ended}:"
            yield f"        abi.forget({token})"
        lent: list[str] = []
        arguments: list[str] = []
        taken: dict[str, str] = {}
        first = self._taken_first(call)
        if first:
            taken = {item.name: f"taken{number}" for number, item in enumerate(first, start=1)}
            made = ", ".join(f"lambda: {self._arrived(item)}" for item in first)
            yield f"    {', '.join(taken.values())} = lib.all_made({made})"
        for item in call.inputs:
            text = taken.get(item.name) or self._arrived(item)
            if self._is_lent(item):
                lent.append(f"lent{len(lent) + 1}")
                yield f"    {lent[-1]} = {text}"
                text = lent[-1]
            if item.name in given:
                yield f"    {given[item.name]} = {text}"
                text = given[item.name]
            arguments.append(text)
        made = target if is_property else f"{target}({', '.join(arguments)})"
        results = list(self._given(call, place))
        if lent:
            yield "    try:"
            yield f"        value = {made}"
            yield "    finally:"
            yield f"        invalidate({', '.join(lent)})"
        else:
            yield f"    value = {made}"
        yield "    if isinstance(value, _abi_coroutine):"
        yield f"        abi.unawaited(value, {place.where!r})"
        yield from indented(results)
        yield "except BaseException as error:"
        yield "    abi.caught(error)"
        if given:
            yield f"    disown({', '.join(given.values())})"
        yield from indented(self.failing.refused(call, place))

    def _arrived(self, item: Item) -> str:
        return self._parts.lifting.lift(item.shape, item.name, arriving_name, take=True)

    def _taken_first(self, call: Call) -> list[Item]:
        """What is ours, where something beside it may be refused, and that: it ends in any case."""
        contents = self._parts.contents
        items = [item for item in call.inputs if not is_asked(item)]
        if not contents.may_be_lost([item.shape for item in items]):
            return []
        ours = [item for item in items if contents.ends_here(item.shape)]
        return ours + [
            item for item in items if item not in ours and contents.may_be_refused(item.shape)
        ]

    def _is_lent(self, item: Item) -> bool:
        return self._is_lent_shape(item.shape)

    def _is_lent_shape(self, shape: Shape) -> bool:
        match shape:
            case Sentinel(shape=inner):
                return self._is_lent_shape(inner)
            case Function(scope=scope):
                return scope == "call"
            case Reference(own=own, name=name):
                return not own and not self._parts.forms.attributes(name).has("refcounted")
            case Span(is_room=is_room):
                return is_room
            case Value(behind_pointer=False, name=name):
                return self._parts.forms.form(
                    name
                ) is Form.DATA and self._parts.contents.is_lent_memory(name)
            case _:
                return False

    def _ended_by(self, call: Call) -> str | None:
        """The condition under which no further call follows."""
        for each in call.signature.parameters:
            given = each.attributes.get("end")
            if given is None:
                continue
            word = getattr(given.arguments[0], "text", "")
            if word == "null":
                return f"not {arriving_name(each.name or '')}"
            if word == "nonnull":
                return arriving_name(each.name or "")
        return None

    def _given(self, call: Call, place: Place) -> Iterator[str]:
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
            yield from (*lines, *sent, f"return {text}")
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
        lasting = until in ("drop", "library", "process")
        yield f"lasting, done = entry.lend({place.carrier!r}, {value}, {lasting})"
        yield "if done:"
        yield from indented((*sent, "return lasting.made"))
        yield from (in_keep(line, "lasting") for line in lines)
        yield f"lasting.made = {in_keep(made, 'lasting')}"
        yield from (*sent, "return lasting.made")

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


def _on_success(call: Call) -> list[Item]:
    """What is ours only if the call succeeds."""
    return [item for item in call.inputs if is_asked(item)]


def _behind(room: Room) -> At:
    """Where it stands how large a room is."""
    behind = {room.capacity: "[0]"} if room.is_cell else {}
    return lambda name: f"{arriving_name(name)}{behind.get(name, '')}"


def _said(test: Test) -> str:
    """A result that means this."""
    if test.value is None:
        return "abi.ffi.NULL"
    return str(test.value + {"<": -1, ">": 1}.get(test.operator, 0))
