"""Functions from C into Python: ``on_…``, and what they say when Python fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from abilock.binding.calls import Call, Channel, Out, Outcome
from abilock.binding.forms import NOTHING
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
from abilock.model.decls import EnumDecl, EnumKind, Signature
from abilock.model.naming import python_name
from abilock.model.types import Array, Named, Scalar, Type, Void
from abilock.outputs.cffi.code import Code, indented
from abilock.outputs.cffi.lowering import Lowered
from abilock.outputs.cffi.parts import Parts
from abilock.outputs.cffi.signatures import (
    Place,
    Signatures,
    arriving,
    arriving_name,
    is_asked,
    target_of,
)


class Answering:
    """Trampolines of one library."""

    def __init__(self, parts: Parts, signatures: Signatures) -> None:
        self._parts = parts
        self._signatures = signatures

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
        for item in self._taken_first(call):
            taken[item.name] = f"taken{len(taken) + 1}"
            yield f"    {taken[item.name]} = {self._arrived(item)}"
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
        yield from indented(self._refused(call, place))

    def _arrived(self, item: Item) -> str:
        return self._parts.lifting.lift(item.shape, item.name, arriving_name, take=True)

    def _taken_first(self, call: Call) -> list[Item]:
        """What is ours, where something before it may be refused: it ends in any case."""
        ours = [
            number
            for number, item in enumerate(call.inputs)
            if self._parts.contents.ends_here(item.shape) and not is_asked(item)
        ]
        if not ours or not any(
            number not in ours and self._parts.contents.may_be_refused(item.shape)
            for number, item in enumerate(call.inputs[: ours[-1]])
        ):
            return []
        return [call.inputs[number] for number in ours]

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
        """From ``value`` to what C gets."""
        outs = list(call.outs)
        outcome = call.outcome
        has_value = call.result is not None and self._parts.names.annotation(call.result) != "None"
        if outcome.truth is not None:
            has_value = True
        if outcome.truth is not None and outcome.channel is Channel.STATUS:
            yield "if not value:"
            yield f"    raise CallError({outcome.truth!r})"
            yield from self._success(call)
            return
        count = len(outs) + len(call.out_lists) + has_value + (call.buffer is not None)
        if not count:
            if call.signature.result is None:
                return
            yield from self._success(call, place)
            return
        parts = ["value"] if count == 1 else [f"value[{index}]" for index in range(count)]
        if has_value:
            main = parts.pop(0)
        for out in outs:
            yield from self._write_out(out, parts.pop(0))
        for item in call.out_lists:
            yield from self._write_list(item, parts.pop(0))
        if call.buffer is not None:
            yield from self._fill_back(call, parts.pop(0))
        if not has_value:
            if call.signature.result is not None:
                yield from self._success(call, place)
            return
        yield from self._returned(call, place, main)

    def _success(self, call: Call, place: Place) -> Iterator[str]:
        shape = call.result
        if isinstance(shape, Value) and shape.behind_pointer:
            yield from self._returned(call, place, "None")
        elif isinstance(shape, Value):
            yield "keep = Keep(lib)"
            name, struct = python_name(shape.name), self._parts.names.struct(shape.name)
            yield f"return lib.given(keep, {struct!r}, lower_{name}(lib, None, keep))"
        elif call.outcome.ok and call.outcome.ok[0].value is not None:
            yield f"return {call.outcome.ok[0].value}"
        else:
            yield "return value"

    def _returned(self, call: Call, place: Place, value: str) -> Iterator[str]:
        shape = call.result
        assert shape is not None
        result = call.signature.result
        assert result is not None
        if call.outcome.truth is not None and isinstance(shape, Value):
            name, ctype = python_name(shape.name), self._parts.names.struct(shape.name)
            yield "keep = Keep(lib)"
            yield f"if not {value}:"
            more = ", {}" if self._parts.contents.result(shape.name).facts else ""
            made = f"fail_{name}(lib, {call.outcome.truth!r}, 1, keep{more})"
            yield f"    return lib.given(keep, {ctype!r}, {made})"
            yield f"return lib.given(keep, {ctype!r}, lower_{name}(lib, None, keep))"
            return
        target = target_of(call)
        if target is not None and isinstance(shape, Value):
            name, ctype = python_name(shape.name), self._parts.names.struct(shape.name)
            yield "keep = Keep(lib)"
            yield f"table = hand_{python_name(target)}(lib, {value}, keep, 'own')"
            yield f"return lib.given(keep, {ctype!r}, lower_{name}(lib, table, keep))"
            return
        lowered = self._parts.lowering.lower(shape, "result", value)
        text = lowered.members["result"]
        lines = (*lowered.lines, *self._as_long_as_asked(call, shape, lowered, value))
        if not any("keep" in each for each in (*lines, text)):
            yield from lines
            yield f"return {text}"
            return
        given = result.attributes.get("until")
        until = getattr(given.arguments[0], "text", "call") if given else "call"
        owns = self._parts.contents.shape_owns(shape)
        resolved, _ = self._parts.forms.resolve(result.type, result.attributes)
        struct = (
            self._parts.names.struct(resolved.name)
            if isinstance(resolved, Named) and text.startswith(("lower_", "fill_"))
            else None
        )
        if owns or isinstance(shape, Reference):
            yield "keep = Keep(lib)"
            yield from lines
            yield (
                f"return lib.given(keep, {struct!r}, {text}, entry)"
                if struct
                else f"return lib.handed(keep, {text}, entry)"
            )
        else:
            lasting = until in ("drop", "library", "process")
            yield f"keep, done = entry.lend({place.carrier!r}, {value}, {lasting})"
            yield "if done:"
            yield "    return keep.made"
            yield from lines
            made = f"lib.make({struct!r}, {text})" if struct else text
            yield f"keep.made = {made}"
            yield "return keep.made"

    def _as_long_as_asked(
        self, call: Call, shape: Shape, lowered: Lowered, value: str
    ) -> Iterator[str]:
        """Who asks for a number of elements reads so many."""
        given = {item.name for item in call.inputs}
        if not isinstance(shape, Span) or not given.issuperset(shape.names):
            return
        count = lowered.members.get(shape.counter or "", f"len({value})")
        asked = self._parts.lifting.length(replace(shape, in_bytes=False), arriving_name)
        absent = f"if {value} is not None: " if shape.nullable else ""
        yield f"{absent}lib.same_length('the result', {count}, {asked})"

    def _write_out(self, out: Out, value: str) -> Iterator[str]:
        lowered = self._parts.lowering.lower(out.shape, out.name, value)
        text = lowered.members[out.name]
        where = arriving_name(out.name)
        lines = (*lowered.lines, f"lib.put({where}, {text})")
        if any("keep" in each for each in lines):
            lines = ("with Keep(lib) as keep:", *indented((*lines, "keep.sent_to(entry)")))
        if out.nullable:
            # Whoever gives no place for it does not want it.
            yield f"if {where}:"
            lines = indented(lines)
        yield from lines

    def _write_list(self, item: Item, value: str) -> Iterator[str]:
        shape = item.shape
        assert isinstance(shape, Span)
        one = self._parts.lowering.expression(shape.element, "each")
        count = self._parts.lifting.length(shape, arriving_name)
        yield "with Keep(lib) as keep:"
        yield f"    lib.write({arriving_name(item.name)}, {count}, [{one} for each in {value}])"
        yield "    keep.sent_to(entry)"

    def _fill_back(self, call: Call, value: str) -> Iterator[str]:
        buffer = call.buffer
        assert buffer is not None
        pointer, capacity, written = (
            arriving_name(each) for each in (buffer.pointer, buffer.capacity, buffer.written)
        )
        data = value
        if buffer.content is Content.TEXT and buffer.encoding != "bytes":
            data = f"entry.lib.encoded({value}, {buffer.encoding!r})"
        yield f"data = {data}"
        yield f"if {written}:"
        yield f"    {written}[0] = len(data)"
        yield f"if not {pointer} or len(data) > {capacity}:"
        if buffer.retry is not None:
            yield f"    return {buffer.retry}"
        else:
            yield "    raise ContractError('the result does not fit the buffer')"
        yield f"lib.ffi.memmove({pointer}, data, len(data))"

    # --- when Python fails

    def _refused(self, call: Call, place: Place) -> Iterator[str]:
        """What C gets for an exception: the ABI's own error, or a safe value after a report."""
        where = repr(place.label)
        shape = call.result
        if call.outcome.channel is Channel.RESULT and isinstance(shape, Value):
            name, ctype = python_name(shape.name), self._parts.names.struct(shape.name)
            yield f"lib, message = abi.failing(error, entry, {where})"
            yield "keep = Keep(lib)"
            more = ", beside(error)" if self._parts.contents.result(shape.name).facts else ""
            made = f"fail_{name}(lib, message, status_of(error), keep{more})"
            yield f"return lib.given(keep, {ctype!r}, {made})"
            return
        if call.error is not None and call.error_type is not None:
            error = arriving_name(call.error)
            yield f"lib, message = abi.failing(error, entry, {where})"
            yield f"if {error}:"
            yield "    with Keep(lib) as keep:"
            yield f"        write_{python_name(call.error_type)}(lib, {error}, error, message, keep)"
            yield "        keep.sent_to(entry)"
        elif any(self._tells(out) for out in call.outs):
            yield f"lib, message = abi.failing(error, entry, {where})"
            for out in call.outs:
                yield from self._failed_out(out)
        elif call.outcome.channel is Channel.STATUS:
            # A failure that is meant to cross has no room for more than its number.
            yield "if not isinstance(error, CallError):"
            yield f"    abi.report(error, {where})"
        else:
            yield f"abi.report(error, {where})"
        if call.signature.result is None:
            return
        yield f"return {self._safe(call)}"

    def _tells(self, out: Out) -> bool:
        """Whether an outcome is written there."""
        shape = out.shape
        if not isinstance(shape, Value) or shape.behind_pointer:
            return False
        return self._parts.forms.form(shape.name) is Form.RESULT

    def _failed_out(self, out: Out) -> Iterator[str]:
        if not self._tells(out):
            return
        assert isinstance(out.shape, Value)
        name = out.shape.name
        more = ", beside(error)" if self._parts.contents.result(name).facts else ""
        made = f"fail_{python_name(name)}(lib, message, status_of(error), keep{more})"
        lines = (
            "with Keep(lib) as keep:",
            f"    lib.put({arriving_name(out.name)}, {made})",
            "    keep.sent_to(entry)",
        )
        yield from (f"if {arriving_name(out.name)}:", *indented(lines)) if out.nullable else lines

    def _safe(self, call: Call) -> str:
        outcome = call.outcome
        result = call.signature.result
        assert result is not None
        if outcome.channel is Channel.STATUS:
            failing = self._failing_number(outcome)
            if failing is None:
                return "abi.ffi.NULL"
            return self._asked_for(outcome, failing) if outcome.ok else str(failing)
        return self._zero(result.type)

    def safe(self, call: Call) -> str:
        """What C gets where not even `_refused` worked, or None where zero will do."""
        if call.outcome.channel is Channel.STATUS:
            failing = self._failing_number(call.outcome)
            return "None" if failing is None else str(failing)
        if call.outcome.channel is Channel.RESULT and isinstance(call.result, Value):
            struct = self._parts.names.struct(call.result.name)
            return f"({struct!r}, safe_{python_name(call.result.name)})"
        return "None"

    def _asked_for(self, outcome: Outcome, failing: int) -> str:
        """The status of an exception, if C takes it for a failure and can carry it."""
        if any(test.operator != "==" or test.value is None for test in outcome.ok):
            return str(failing)
        given = [f"status_of(error, {failing}"]
        taken = tuple(test.value for test in outcome.ok)
        if taken != (0,) or outcome.status_enum is not None:
            given.append(repr(taken))
        if outcome.status_enum is not None:
            declared = self._parts.forms.declaration(outcome.status_enum)
            assert isinstance(declared, EnumDecl)
            if declared.kind is not EnumKind.OPEN:
                given.append(self._parts.names.type(outcome.status_enum))
        return f"{', '.join(given)})"

    def _failing_number(self, outcome: Outcome) -> int | None:
        for test in outcome.fails:
            if test.operator == "==":
                return test.value
            assert test.value is not None
            return {"<": test.value - 1, ">": test.value + 1}.get(test.operator, test.value)
        taken = {test.value for test in outcome.ok}
        if outcome.status_enum is not None:
            declared = self._parts.forms.declaration(outcome.status_enum)
            assert isinstance(declared, EnumDecl)
            for value in declared.values:
                if value.value not in taken:
                    return value.value
        return next(number for number in (1, 0, -1) if number not in taken)

    def zero(self, signature: Signature) -> str:
        """A result that means nothing."""
        return "None" if signature.result is None else self._zero(signature.result.type)

    def _zero(self, type_: Type) -> str:
        resolved, _ = self._parts.forms.resolve(type_, NOTHING)
        match resolved:
            case Scalar(name=name):
                return "False" if name == "bool" else "b'\\0'" if name == "c_char" else "0"
            case Named(name=name):
                declared = self._parts.forms.declaration(name)
                if isinstance(declared, EnumDecl):
                    numbers = [each.value for each in declared.values]
                    return str(0 if 0 in numbers or not numbers else numbers[0])
                if self._parts.forms.signature(resolved) is not None:
                    return "abi.ffi.NULL"
                return f"abi.nobody.make({self._parts.names.struct(name)!r}, {{}})"
            case Void() | Array():
                return "None"
            case _:
                return "abi.ffi.NULL"


def _on_success(call: Call) -> list[Item]:
    """What is ours only if the call succeeds."""
    return [item for item in call.inputs if is_asked(item)]
