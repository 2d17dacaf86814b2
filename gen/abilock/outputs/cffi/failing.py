"""What C gets where Python fails: the ABI's own error, or a safe value after a report."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator

from abilock.binding.calls import Call, Channel, Out, Outcome, Test
from abilock.binding.forms import NOTHING
from abilock.binding.shapes import Form, Value
from abilock.model.decls import EnumDecl, EnumKind
from abilock.model.naming import python_name
from abilock.model.types import Array, Named, Scalar, Signature, Type, Void
from abilock.outputs.cffi.code import indented
from abilock.outputs.cffi.locals import arriving_name
from abilock.outputs.cffi.parts import Parts
from abilock.outputs.cffi.signatures import Place

_COMPARED: dict[str, Callable[[int, int], bool]] = {
    "==": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Failing:
    """Failures of the trampolines of one library."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def refused(self, call: Call, place: Place, *, is_stream: bool) -> Iterator[str]:
        """What C gets for an exception: the ABI's own error, or a safe value after a report, of which the
        reader of a stream hears."""
        where = repr(place.label)
        report = f"abi.report(error, {where}{', entry' if is_stream else ''})"
        shape = call.result
        if call.outcome.channel is Channel.RESULT and isinstance(shape, Value):
            name, ctype = python_name(shape.name), self._parts.names.struct(shape.name)
            yield f"lib, message = abi.failing(error, entry, {where})"
            yield "keep = Keep(lib)"
            more = ", beside(error)" if self._parts.contents.result(shape.name).facts else ""
            made = f"fail_{name}(lib, message, status_of(error), keep{more})"
            told = self._parts.contents.result(shape.name).message
            if told is None or self._parts.contents.shape_owns(told.shape):
                yield f"return lib.given(keep, {ctype!r}, {made})"
            else:
                yield f"return lib.failure(keep, {ctype!r}, {made}, entry, {where})"
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
            yield f"    {report}"
        else:
            yield report
            yield from self._wiped(call)
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

    def _wiped(self, call: Call) -> Iterator[str]:
        """Who cannot be told of a failure looks at what was to be written."""
        for name in (*(out.name for out in call.outs if not out.given), call.receives):
            if name is not None:
                yield f"abi.wipe({arriving_name(name)}, 1)"
        for room in call.rooms:
            if room.written is not None:
                yield f"abi.wipe({arriving_name(room.written)}, 1)"
            if room.is_cell or room.is_given or (room.written is not None and not room.is_nul):
                continue
            size = self._parts.lifting.length(room.span, arriving_name)
            size = f"min({size}, 1)" if room.is_nul else size
            yield f"abi.wipe({arriving_name(room.name)}, {size})"

    def _safe(self, call: Call) -> str:
        outcome = call.outcome
        result = call.signature.result
        assert result is not None
        if outcome.channel is Channel.STATUS:
            failing = self.failing_number(call)
            if failing is None:
                return "abi.ffi.NULL"
            return self._asked_for(outcome, failing)
        return self._zero(result.type)

    def safe(self, call: Call) -> str:
        """What C gets where not even `_refused` worked, or None where zero will do."""
        if call.outcome.channel is Channel.STATUS:
            failing = self.failing_number(call)
            return "None" if failing is None else str(failing)
        if call.outcome.channel is Channel.RESULT and isinstance(call.result, Value):
            struct = self._parts.names.struct(call.result.name)
            return f"({struct!r}, safe_{python_name(call.result.name)})"
        return "None"

    def number(self, call: Call) -> int | None:
        """What C gets of any failure, if that is a number, null or nothing, and all that there is."""
        told = call.error is not None and call.error_type is not None
        if call.outcome.channel is Channel.RESULT or told or any(map(self._tells, call.outs)):
            return None
        if call.outcome.channel is Channel.STATUS:
            return self.failing_number(call) or 0
        if any(True for _ in self._wiped(call)):
            return None
        return 0 if call.signature.result is None else self._plain(call.signature.result.type)

    def _plain(self, type_: Type) -> int | None:
        """A number, or null, that means nothing; None where that takes a struct."""
        text = self._zero(type_)
        if text in ("abi.ffi.NULL", "False", "b'\\0'"):
            return 0
        return int(text) if text.lstrip("-").isdecimal() else None

    def _asked_for(self, outcome: Outcome, failing: int) -> str:
        """The status of an exception, if C takes it for a failure and can carry it."""
        tests = outcome.ok or outcome.fails
        if any(test.value is None for test in tests):
            return str(failing)
        given = [f"status_of(error, {failing}"]
        declared = self._closed(outcome)
        taken = tuple(test.value for test in outcome.ok)
        if any(test.operator != "==" for test in tests) or not taken:
            if len(tests) == 1 and not taken and tests[0].operator == "==":
                return str(failing)
            is_one = " or ".join(f"status {test.operator} {test.value}" for test in tests)
            given.append(f"lambda status: {f'not ({is_one})' if taken else is_one}")
        elif taken != (0,) or outcome.status_enum is not None:
            given.append(repr(taken))
        if declared is not None:
            given.append(self._parts.names.type(declared.name))
        return f"{', '.join(given)})"

    def _closed(self, outcome: Outcome) -> EnumDecl | None:
        """The enum that has each status which there is."""
        if outcome.status_enum is None:
            return None
        declared = self._parts.forms.declaration(outcome.status_enum)
        assert isinstance(declared, EnumDecl)
        return None if declared.kind is EnumKind.OPEN else declared

    def failing_number(self, call: Call) -> int | None:
        """One that C takes for a failure, if there is such a number: rather one with a name, and none
        that asks for more room."""
        outcome = call.outcome
        tests = outcome.ok or outcome.fails
        if outcome.fails and outcome.fails[0].operator == "==":
            return outcome.fails[0].value
        named: list[int] = []
        if outcome.status_enum is not None:
            declared = self._parts.forms.declaration(outcome.status_enum)
            assert isinstance(declared, EnumDecl)
            named = [each.value for each in declared.values]
        near = [
            number
            for test in tests
            if test.operator != "==" and test.value is not None
            for number in (test.value, test.value - 1, test.value + 1)
        ]
        found = [each for each in (*named, *near, 1, 0, -1) if self._is_failure(outcome, each)]
        return next((each for each in found if Test("==", each) != call.retry), found[0])

    def _is_failure(self, outcome: Outcome, number: int) -> bool:
        tests = outcome.ok or outcome.fails
        is_one = any(
            test.value is not None and _COMPARED[test.operator](number, test.value)
            for test in tests
        )
        return is_one is not bool(outcome.ok)

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
