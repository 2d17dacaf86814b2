"""Functions from Python into C: ``call_…``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from abilock.binding.calls import Call, Channel, Outcome, Test
from abilock.binding.forms import NOTHING
from abilock.binding.shapes import (
    Function,
    Reference,
    Rows,
    Shape,
    Single,
    Span,
    Terminated,
    Until,
    Value,
)
from abilock.model.naming import python_name
from abilock.model.types import Pointer, Type
from abilock.outputs.cffi.blaming import Blaming
from abilock.outputs.cffi.code import Code, indented
from abilock.outputs.cffi.filling import Filling, tested
from abilock.outputs.cffi.lifting import At
from abilock.outputs.cffi.locals import RESULT, out_name
from abilock.outputs.cffi.lowering import Given
from abilock.outputs.cffi.natives import Natives
from abilock.outputs.cffi.parts import Parts
from abilock.outputs.cffi.signatures import Place, Signatures, handle_class, is_asked, target_of


@dataclass(frozen=True, slots=True)
class Leaving:
    """How a function that has called returns: after the ``finals``, but when the value was made.
    ``with_made``: the variable of what was lent, which is lent to what the call has made."""

    finals: tuple[str, ...] = ()
    with_made: str | None = None

    def returned(self, value: str) -> Iterator[str]:
        if self.with_made is not None:
            value = f"{self.with_made}.with_made({value})"
        if self.finals:
            yield f"_abi_said = {value}"
            value = "_abi_said"
        yield from (*self.finals, f"return {value}")


class Calling:
    """Calls of one library's functions."""

    def __init__(self, parts: Parts, signatures: Signatures, natives: Natives) -> None:
        self._parts = parts
        self._signatures = signatures
        self._natives = natives
        self.blaming = Blaming(parts, signatures)

    def call(self, call: Call, place: Place) -> Code:
        """ex) ``call_StateStoreVtable_get_fn(lib, table, store_id, key)``"""
        more = ["context: CData"] if call.handle or place.passes_context else []
        head = ", ".join(
            [
                "lib: Library",
                *(f"{name}: CData" for name in place.first),
                *more,
                *self._signatures.parameters(call),
            ]
        )
        body = tuple(self._call_body(call, place))
        return Code(f"call_{place.carrier}({head}) -> {self._signatures.returns(call)}", body)

    def after(self, call: Call, place: Place) -> Code | None:
        """What comes after a call that C makes by itself, unless C does that as well.

        ex) ``after_StateStoreVtable_get_fn(lib, _abi_result)``; what was written is given by value
        """
        if not self._natives.has_after(call, place):
            return None
        head = ", ".join(["lib: Library", *(f"{name}: CData" for name, _ in self._left(call))])
        return Code(
            f"after_{place.carrier}({head}) -> {self._signatures.returns(call)}",
            tuple(self._after(call, by_value=True)),
        )

    def _left(self, call: Call) -> Iterator[tuple[str, str]]:
        """What a call leaves: names, and the expressions of their values."""
        if call.creates is not None:
            yield "table", "table"
        if call.signature.result is not None:
            yield "_abi_result", "_abi_result"
        for name in (*(out.name for out in call.outs), call.receives):
            if name is not None:
                yield self._out(name), f"{self._out(name)}[0]"
        if call.error is not None and call.error_type is not None:
            yield "_abi_error", "_abi_error[0]"

    def _call_body(self, call: Call, place: Place) -> Iterator[str]:
        if call.absent is not None and place.optional is not None:
            yield from self._absent(call, place)
        elif place.since is not None:
            yield f"lib.require({place.since}, {place.label!r})"
        if call.absent is None and place.optional is not None:
            yield f"if not {place.optional}:"
            said = f"{place.label} {place.lacking}, and this plugin has none: do without"
            yield f"    raise NotAvailableError({said!r})"
        lines, members = self._lowered_inputs(call)
        if call.handle:
            members[call.handle] = "context"
        if place.passes_context:
            members[call.context] = "context"
        for out in call.outs:
            if out.given:
                lines.append(f"{self._out(out.name)} = {members[out.name]}")
                members[out.name] = self._out(out.name)
                continue
            pointer = self._parts.names.ctype(out.type, "*")
            lines.append(f"{self._out(out.name)} = lib.ffi.new({pointer!r})")
            members[out.name] = self._out(out.name)
        rooms = Filling(self._parts, call, members, inputs=dict(members))
        lines.extend(rooms.before())
        if call.receives is not None:
            pointer = self._parts.names.ctype(_received(call), "*")
            lines.append(f"{self._out(call.receives)} = lib.ffi.new({pointer!r})")
            members[call.receives] = self._out(call.receives)
        if call.error is not None and call.error_type is not None:
            lines.append(
                f"_abi_error = lib.ffi.new({self._parts.names.struct(call.error_type, ' *')!r})"
            )
            members[call.error] = "_abi_error"
        arguments = self._arguments(call, place, members)
        uses_keep = any("keep" in text for text in (*lines, *members.values()))
        asks = any(map(is_asked, call.inputs))
        is_of_handle = call.handle is not None and not place.first
        has_context = place.passes_context or is_of_handle
        owner = "context" if has_context else "".join(place.first[:1])
        if place.handle is not None and call.handle is not None and place.first:
            # Until the handle ends, and not until what made it does.
            owner = f"(table, {place.handle!r}, context)"
        is_void = call.signature.result is None
        made = f"{place.invoked}({arguments})"
        inner = [*lines, *rooms.called(made if is_void else f"_abi_result = {made}")]
        if uses_keep:
            inner.extend(self._sent(call, place, owner))
        # What the other side only takes if it succeeds, and what is over then.
        finals = [f"asked.sent({owner})"] if asks else []
        if place.ends_callbacks is not None:
            finals.append(f"lib.over({owner or None}, {place.ends_callbacks!r})")
        makes = uses_keep and (not owner or call.creates is not None)
        leaving = Leaving(tuple(finals), with_made="keep" if makes and _makes(call) else None)
        inner.extend(self._ended(call, place, members, rooms, leaving))
        keeps = [word for word, used in (("keep", uses_keep), ("asked", asks)) if used]
        if keeps:
            entered = ", ".join(f"Keep(lib) as {word}" for word in keeps)
            inner = [f"with {entered}:", *indented(inner)]
        yield from self.blaming.guarded(call, place, inner)

    def _sent(self, call: Call, place: Place, owner: str) -> Iterator[str]:
        """What was given is C's now, and what is lent for longer than the call stays."""
        more = f", {owner}" if owner else ""
        found = (how for item in call.inputs for how in self._natives.lasts(call, item))
        for how in dict.fromkeys(found):
            named = f"next {place.carrier}" if how == "next" else how
            yield f"keep.stays({named!r}{more})"
        yield f"keep.sent({owner})"

    def _absent(self, call: Call, place: Place) -> Iterator[str]:
        """What the caller gets of a slot that is null."""
        assert call.absent is not None
        older = f"not lib.has({place.since}) or " if place.since is not None else ""
        yield f"if {older}not {place.optional}:"
        if call.result is None:
            yield "    return"
            return
        value = call.absent.value
        is_truth = self._parts.names.annotation(call.result) == "bool"
        text = "lib.null" if value is None else bool(value) if is_truth else value
        yield f"    _abi_result: Any = {text}"
        yield f"    return {self._result(call)}"

    def _lowered_inputs(self, call: Call) -> tuple[list[str], dict[str | None, str]]:
        given = [
            Given(
                item.shape,
                item.name,
                self._signatures.local(item),
                self._signatures.local(item),
                "asked" if is_asked(item) else "keep",
            )
            for item in call.inputs
        ]
        return self._parts.lowering.together(given)

    def _arguments(self, call: Call, place: Place, members: dict[str | None, str]) -> str:
        passed = [
            each
            for each in call.signature.parameters
            if place.passes_context or each.name is None or each.name != call.context
        ]
        texts = [
            self._parts.lowering.by_value(
                members.get(each.name, "lib.null"), each.type, each.attributes
            )
            for each in passed
        ]
        rest = ("*varargs",) if call.signature.variadic else ()
        return ", ".join((*place.first, *texts, *rest))

    def _out(self, name: str) -> str:
        return out_name(name)

    def _written(self, by_value: bool) -> At:
        """Where outs are: behind a pointer, or by value."""
        return lambda name: self._out(name) if by_value else f"{self._out(name)}[0]"

    # --- after the call

    def _ended(
        self,
        call: Call,
        place: Place,
        members: dict[str | None, str],
        rooms: Filling,
        leaving: Leaving,
    ) -> Iterator[str]:
        if not self._natives.has_after(call, place):
            yield from self._after(call, members, rooms, leaving)
            return
        left = ", ".join(("lib", *(value for _, value in self._left(call))))
        after = f"after_{place.carrier}({left})"
        if self._signatures.returns(call) == "None":
            yield from (after, *leaving.finals)
        else:
            yield from leaving.returned(after)

    def _after(
        self,
        call: Call,
        members: Mapping[str | None, str] | None = None,
        rooms: Filling | None = None,
        leaving: Leaving | None = None,
        by_value: bool = False,
    ) -> Iterator[str]:
        leaving = leaving or Leaving()
        outcome = call.outcome
        written = self._written(by_value)
        if outcome.channel is Channel.STATUS:
            yield f"if {self.failed(outcome, '_abi_result')}:"
            if outcome.truth is None:
                yield f"    raise {self._raised(call)}"
            else:
                yield f"    failure = {self._raised(call)}"
                yield f"    if failure.message != {outcome.truth!r}:"
                yield "        raise failure"
                yield "    return False"
                yield from leaving.returned("True")
                return
        values: list[str] = []
        shapes: list[Shape] = []
        if call.creates is not None:
            values.append(self._new_handle(call, call.creates, written(call.creates)))
            shapes.append(Reference(call.creates, True, nullable=False, own=True, lent=False))
        elif outcome.truth is not None and isinstance(call.result, Value):
            taken = self._result(call, members)
            yield "try:"
            yield f"    {taken}"
            yield "except CallError as error:"
            yield f"    if error.message != {outcome.truth!r}:"
            yield "        raise"
            yield "    return False"
            yield from leaving.returned("True")
            return
        elif call.result is not None and self._parts.names.annotation(call.result) == "None":
            yield self._result(call, members)
        elif call.result is not None:
            values.append(self._result(call, members))
            shapes.append(call.result)
        for out in call.outs:
            if not out.seen:
                continue
            value = self._parts.lifting.lift(out.shape, out.name, written, take=True)
            absent = (
                f"None if not {self._out(out.name)} else " if out.given and out.nullable else ""
            )
            values.append(f"{absent}{value}")
            shapes.append(out.shape)
        if rooms is not None:
            values.extend(rooms.values())
            shapes.extend(room.span for room in call.rooms)
        if not values:
            yield from leaving.finals
            return
        if self._parts.contents.may_be_lost(shapes):
            if outcome.channel is Channel.RESULT and call.result is not None:
                # Where it tells of a failure, nothing else was written.
                yield f"_abi_first = {values[0]}"
                values[0] = "_abi_first"
            made = ", ".join(f"lambda: {value}" for value in values)
            yield from leaving.returned(f"lib.all_made({made})")
            return
        text = values[0] if len(values) == 1 else f"({', '.join(values)})"
        yield from leaving.returned(text)

    def _new_handle(self, call: Call, name: str, written: str) -> str:
        """ex) ``own_Runtime(lib, table, _abi_out_runtime[0])``"""
        kind = handle_class(name)
        handle = call.returns_handle
        if handle is None:
            received, _ = self._parts.forms.resolve(_received(call), NOTHING)
            is_pointer = isinstance(received, Pointer)
            made = f"lib.there({written}, {kind!r})" if is_pointer else written
            return f"own_{kind}(lib, table, {made})"
        if handle.absent is not None:
            absent = tested(handle.absent, "_abi_result")
            return f"None if {absent} else own_{kind}(lib, table, _abi_result)"
        made = f"lib.there(_abi_result, {kind!r})" if handle.is_pointer else "_abi_result"
        return f"own_{kind}(lib, table, {made})"

    def _result(self, call: Call, members: Mapping[str | None, str] | None = None) -> str:
        assert call.result is not None
        shape = call.result
        if _never_null(call.outcome):
            shape = _present(shape)
        beside = self._beside_result(call, members or {})
        text = self._parts.lifting.lift(shape, RESULT, beside, take=True)
        result = call.signature.result
        target = target_of(call)
        if target is not None and result is not None and isinstance(shape, Value):
            pointer = self._parts.names.struct(target, " *")
            return f"own_{python_name(target)}(lib, lib.ffi.cast({pointer!r}, {text}), True)"
        return text

    def _beside_result(self, call: Call, members: Mapping[str | None, str]) -> At:
        """Where the result is, and what says how long it is."""
        found = {**members, RESULT: "_abi_result"}
        found |= {out.name: f"{self._out(out.name)}[0]" for out in call.outs}
        return lambda name: found.get(name, "_abi_result")

    def failed(self, outcome: Outcome, value: str) -> str:
        """ex) ``_abi_result != 0``, ``_abi_result < 0``, ``not _abi_result``"""
        if outcome.ok:
            return f"not ({' or '.join(tested(each, value) for each in outcome.ok)})"
        return " or ".join(tested(each, value) for each in outcome.fails)

    def _raised(self, call: Call) -> str:
        outcome = call.outcome
        status = "None"
        if any(each.value is not None for each in (*outcome.ok, *outcome.fails)):
            status = "_abi_result"
            if outcome.status_enum is not None:
                status = f"known({self._parts.names.type(outcome.status_enum)}, _abi_result)"
        if call.error_type is not None:
            error = f"{self._parts.lifting.function(call.error_type, take=True)}(lib, _abi_error)"
            return f"{error}._abi_with({status})"
        return f"CallError('', {status})"


def _makes(call: Call) -> bool:
    """Whether something of the other side's may come of it that Python owns."""
    shapes = (call.result, *(out.shape for out in call.outs))
    is_owned = any(isinstance(each, Reference) and each.own for each in shapes)
    return call.creates is not None or target_of(call) is not None or is_owned


def _received(call: Call) -> Type:
    """The type of the handle that a parameter receives."""
    given = next(each.type for each in call.signature.parameters if each.name == call.receives)
    assert isinstance(given, Pointer)
    return given.pointee


def _present(shape: Shape) -> Shape:
    """The same, of which is known that it is there."""
    match shape:
        case Value() | Reference() | Terminated() | Span() | Until() | Single() | Function():
            return replace(shape, nullable=False)
        case Rows(span=span):
            return replace(shape, span=replace(span, nullable=False))
        case _:
            return shape


def _never_null(outcome: Outcome) -> bool:
    return outcome.fails == (Test("==", None),)
