"""How a caller sees a function: what it passes, what it gets, and how it learns of a failure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from abilock.binding.classify import Classifier
from abilock.binding.forms import Forms, words
from abilock.binding.rooms import Room, Rooms
from abilock.binding.shapes import (
    Form,
    Item,
    Shape,
    Span,
    Value,
)
from abilock.model.attributes import ArgumentValue, Attributes, Below, Number, Word
from abilock.model.decls import EnumDecl
from abilock.model.types import Named, Parameter, Pointer, Signature, Type


class Channel(Enum):
    """How a failure is told: not at all, by the struct that is returned, or by a number or null."""

    NONE = "none"
    RESULT = "result"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Test:
    """One value that means success or failure. ``operator``: ``==``, ``<``, ``<=``, ``>``, ``>=``;
    ``value`` None is null."""

    operator: str
    value: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """``ok``: any of them is success and nothing else is, unless empty; else ``fails`` are the failures.

    ``status_enum`` has names for the numbers. ``is_value``: the number also is what the caller gets.
    ``truth``: this message stands for false and not for a failure, and the caller gets nothing else.
    """

    channel: Channel
    ok: tuple[Test, ...] = ()
    fails: tuple[Test, ...] = ()
    status_enum: str | None = None
    is_value: bool = False
    truth: str | None = None


@dataclass(frozen=True, slots=True)
class Out:
    """A parameter that leads to where the callee writes one value of ``type``.

    ``given``: the callee reads the value of the input of the same name there first. ``nullable``: there
    may be no place for it. ``seen`` is False where it only says how long the result is.
    """

    name: str
    shape: Shape
    type: Type
    given: bool = False
    nullable: bool = False
    seen: bool = True


@dataclass(frozen=True, slots=True)
class NewHandle:
    """A result that is a handle which the call makes.

    ``absent``: the result that means that there is none, where it is no failure. ``is_pointer``: null is
    no handle in any case.
    """

    absent: Test | None
    is_pointer: bool


@dataclass(frozen=True, slots=True)
class Call:
    """A function. ``inputs`` in the order in which a caller passes them; ``context`` and ``handle`` are
    parameters that the object passes itself. ``result``: what the caller gets of the function's own
    result; ``absent``: the one that stands for a slot that is null. ``rooms``: arrays that the callee
    fills; ``retry``: the result that asks for another call with more room. ``error``: the parameter for the
    reason of a failure, of the type ``error_type``. ``creates``: the parameter that receives a handle which
    the call makes; where it is the result, ``returns_handle``, this is what the handle's own functions call
    it.
    """

    signature: Signature
    context: str | None
    handle: str | None
    inputs: tuple[Item, ...]
    outs: tuple[Out, ...]
    rooms: tuple[Room, ...]
    retry: Test | None
    result: Shape | None
    outcome: Outcome
    error: str | None
    error_type: str | None
    blocking: bool
    creates: str | None = None
    returns_handle: NewHandle | None = None
    ends: str | None = None
    absent: Test | None = None

    @property
    def receives(self) -> str | None:
        """The parameter to which a handle is written that the call makes."""
        return None if self.returns_handle is not None else self.creates


class Calls:
    """Calls of the functions of one library."""

    def __init__(self, forms: Forms, classifier: Classifier) -> None:
        self._forms = forms
        self.classifier = classifier
        self._rooms = Rooms(classifier)

    def call(
        self,
        signature: Signature,
        attributes: Attributes,
        around: Attributes,
        context: str | None = None,
    ) -> Call:
        """The caller's view. ``around``: attributes of the object that the function belongs to."""
        result = signature.result
        told = Attributes((*attributes.all, *(result.attributes.all if result else ())))
        error = _first(told, "error")
        handle = _first(attributes, "handle")
        ends = _only(attributes, "destroy", signature)
        creates = _first(attributes, "create")
        rooms = self._rooms.of([each for each in signature.parameters if each.name != error])
        filled = {room.name for room in rooms}
        counts = {room.written for room in rooms}
        outs = tuple(
            self._out(each)
            for each in signature.parameters
            if (each.attributes.has("out") or each.attributes.has("inout"))
            and each.name not in {error, creates, *filled, *counts}
        )
        taken = {error, handle, context, creates, ends}
        taken |= {room.capacity for room in rooms if room.is_chosen}
        taken |= {room.name for room in rooms if not room.is_given}
        taken |= {room.written for room in rooms if not room.is_cell}
        taken |= {out.name for out in outs if not out.given}
        visible = [each for each in signature.parameters if each.name not in taken]
        inputs = self.classifier.items(visible)
        outcome = self._outcome(signature, told, error is not None)
        shape: Shape | None = None
        if result is not None and (outcome.channel is not Channel.STATUS or outcome.is_value):
            shape = self.classifier.shape(result.type, result.attributes, result.own)
        # What only says how long the result is: its own length tells that.
        counter = shape.counter if isinstance(shape, Span) else None
        outs = tuple(
            replace(out, seen=False) if out.name == counter and not out.given else out
            for out in outs
        )
        enum = self._status_enum(signature, told)
        return Call(
            signature=signature,
            context=context,
            handle=handle or ends,
            inputs=inputs,
            outs=outs,
            rooms=rooms,
            retry=next(iter(self._tests(told, "retry", enum)), None),
            result=shape,
            outcome=outcome,
            error=error,
            error_type=self._pointee(signature, error),
            blocking=attributes.has("blocking") or around.has("blocking"),
            creates=creates,
            ends=ends,
            absent=next(iter(self._tests(told, "absent", enum)), None),
        )

    # --- handles

    def returning_handle(self, call: Call, name: str) -> Call:
        """The call of a function whose result is a new handle of this name."""
        result = call.signature.result
        assert result is not None
        resolved, attributes = self._forms.resolve(result.type, result.attributes)
        is_pointer = isinstance(resolved, Pointer)
        given = attributes.get("invalid") or attributes.get("none")
        absent: Test | None = None
        if call.outcome.channel is not Channel.STATUS:
            if _may_be_null(result.type) or _may_be_null(resolved):
                absent = Test("==", None)
            elif not is_pointer and given is not None:
                absent = self._test(given.arguments[0], None)
        return replace(call, creates=name, returns_handle=NewHandle(absent, is_pointer))

    # --- failures

    def _outcome(self, signature: Signature, told: Attributes, has_error: bool) -> Outcome:
        result = signature.result
        if result is None:
            return Outcome(Channel.NONE)
        truth = told.get("truth")
        text = getattr(truth.arguments[0], "text", None) if truth else None
        resolved, _ = self._forms.resolve(result.type, Attributes())
        if isinstance(resolved, Named) and not isinstance(
            self._forms.declaration(resolved.name), EnumDecl
        ):
            shape = self.classifier.shape(result.type, result.attributes, result.own)
            if isinstance(shape, Value) and self._forms.form(shape.name) is Form.RESULT:
                return Outcome(Channel.RESULT, truth=text)
        status_enum = self._status_enum(signature, told)
        ok = self._tests(told, "ok", status_enum)
        fails = self._tests(told, "fails", status_enum)
        if not ok and not fails:
            return Outcome(Channel.NONE)
        is_value = len(ok) > 1 or not ok or any(each.operator != "==" for each in ok)
        if text is not None:
            return Outcome(Channel.STATUS, ok, fails, status_enum, truth=text)
        return Outcome(Channel.STATUS, ok, fails, status_enum, is_value)

    def _status_enum(self, signature: Signature, told: Attributes) -> str | None:
        """The enum that has names for what a function returns."""
        for word in ("errors", "as"):
            given = words(told.get(word))
            if given:
                return given[0]
        if signature.result is None:
            return None
        resolved, _ = self._forms.resolve(signature.result.type, Attributes())
        if isinstance(resolved, Named) and isinstance(
            self._forms.declaration(resolved.name), EnumDecl
        ):
            return resolved.name
        return None

    def _tests(self, told: Attributes, name: str, enum: str | None) -> tuple[Test, ...]:
        given = told.get(name)
        if given is None:
            return ()
        return tuple(self._test(argument, enum) for argument in given.arguments)

    def _test(self, argument: ArgumentValue, enum: str | None) -> Test:
        match argument:
            case Below(operator=operator, value=value):
                return Test(operator, value)
            case Number(value=value):
                return Test("==", value)
            case Word(text="null"):
                return Test("==", None)
            case Word(text=text):
                return Test("==", self.enum_value(text, enum))
        raise AssertionError(f"no outcome: {argument}")

    def enum_value(self, text: str, enum: str | None) -> int:
        """The number of ``Value`` or ``Enum::Value``; ``true`` and ``false`` are 1 and 0."""
        if text in ("true", "false"):
            return int(text == "true")
        named, _, value = text.rpartition("::")
        declared = self._forms.declaration(named or enum or "")
        assert isinstance(declared, EnumDecl)
        return next(each.value for each in declared.values if each.name == value)

    # --- parameters

    def _out(self, parameter: Parameter) -> Out:
        pointer, said = self._forms.resolve(parameter.type, parameter.attributes)
        assert isinstance(pointer, Pointer)
        assert parameter.name is not None
        # What `own` says of an out parameter, it says of what the callee writes there.
        attributes = said.without("out").without("inout")
        own = self._forms.owns(parameter.type, parameter.own)
        shape = self.classifier.shape(pointer.pointee, attributes, own)
        return Out(
            parameter.name,
            shape,
            pointer.pointee,
            given=parameter.attributes.has("inout"),
            nullable=pointer.nullable,
        )

    def _pointee(self, signature: Signature, name: str | None) -> str | None:
        for each in signature.parameters:
            if each.name == name and isinstance(each.type, Pointer):
                pointee, _ = self._forms.resolve(each.type.pointee, Attributes())
                if isinstance(pointee, Named):
                    return pointee.name
        return None


def _may_be_null(type_: Type) -> bool:
    return isinstance(type_, (Named, Pointer)) and type_.nullable


def _first(attributes: Attributes, name: str) -> str | None:
    given = words(attributes.get(name))
    return given[0] if given else None


def _only(attributes: Attributes, name: str, signature: Signature) -> str | None:
    """The parameter that an attribute names, or the only one where it names none."""
    if not attributes.has(name):
        return None
    return _first(attributes, name) or signature.parameters[-1].name
