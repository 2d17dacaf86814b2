"""Outcomes: what a function returns, and how it says that it failed."""

from __future__ import annotations

from collections.abc import Iterator

from abilock.check.meaning_types import Facts, text
from abilock.check.meaning_values import Covered, Values
from abilock.check.meaning_walk import Function, Record, Use, named
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Note, Report
from abilock.model import decls
from abilock.model.attributes import OF_OUTCOMES, ArgumentValue, Attribute, Below, Number, Word

#: Said of a result, so there must be one.
_OF_RESULTS = ("ok", "fails", "retry", "absent", "must_use")
#: Attributes of single values, wherever the value stands.
_OF_VALUES = ("none", "invalid", "default")
#: Said of what the callee writes.
_WRITTEN = ("out", "inout", "capacity")
#: What makes a struct an error that a callee can write.
_ERROR_STRUCTS = ("error_buffer", "result", "failure")


class Results:
    """Judges what is said of outcomes."""

    def __init__(self, facts: Facts, report: Report) -> None:
        self._facts = facts
        self._report = report
        self._values = Values(facts, report)

    def check_use(self, use: Use) -> None:
        """Values that single values of a type stand for."""
        for name in _OF_VALUES:
            attribute = use.attributes.get(name)
            if attribute is not None:
                self._values.covered(attribute.arguments[0], attribute, use)
        end = use.attributes.get("end")
        if end is not None:
            self._values.covered(end.arguments[0], end, use)

    def check_function(self, function: Function) -> None:
        self._check_places(function)
        error = self._error(function)
        if function.result is None:
            self._check_no_result(function, has_error=error is not None)
        else:
            self._check_values(function, function.result)
            self._check_retry(function)
            self._check_absent(function, function.result)
            noreturn = function.attributes.get("noreturn")
            if noreturn is not None:
                self._report.add(
                    catalog.ATTRIBUTE_CONFLICT,
                    noreturn.span,
                    f"{function.label} does not return, and yet it has a result",
                    hint="leave out the result, or `@noreturn`",
                )
        self._check_errors(function, error)
        truth = function.said("truth")
        if truth is not None and not self._has_message(function, error):
            self._report.add(
                catalog.ATTRIBUTE_TYPE,
                truth.span,
                f"`@truth` compares a message, and no message comes out of {function.label}",
                hint="return a struct with `@result(code, message)`, or name an error with `@error(…)`",
            )

    def check_record(self, record: Record) -> None:
        """The texts of errors are texts."""
        for name, at in (("result", 1), ("failure", 0), ("error_buffer", 0)):
            attribute = record.attributes.get(name)
            message = record.find(named(attribute, at) or "")
            if attribute is None or message is None:
                continue
            if self._facts.text_unit(message.type) is None:
                self._report.add(
                    catalog.ATTRIBUTE_TYPE,
                    attribute.span,
                    f"`@{name}` needs a text here, and {message.label} is {text(message.type)}",
                    hint="a text is a pointer to characters, an array of them or a struct with `@string`",
                )

    # --- the result

    def _check_places(self, function: Function) -> None:
        of_result = function.result.attributes if function.result is not None else None
        for name in OF_OUTCOMES:
            on_function = function.attributes.get(name)
            on_result = of_result.get(name) if of_result is not None else None
            if on_function is not None and on_result is not None:
                self._report.add(
                    catalog.DUPLICATE_ATTRIBUTE,
                    on_result.span,
                    f"`@{name}` is said of {function.label} and of its result",
                    hint="say it in one of the two places",
                    notes=(Note("first given here", on_function.span),),
                )

    def _check_no_result(self, function: Function, *, has_error: bool) -> None:
        names = _OF_RESULTS if has_error else (*_OF_RESULTS, "errors")
        for name in names:
            attribute = function.attributes.get(name)
            if attribute is not None:
                self._report.add(
                    catalog.ATTRIBUTE_TYPE,
                    attribute.span,
                    f"`@{name}` is about the result, and {function.label} returns nothing",
                    hint="leave it out, or give the function a result",
                )

    def _check_values(self, function: Function, result: Use) -> None:
        enums = self._named_errors(function)
        successes = self._covered(function.said("ok"), result, enums)
        for name, what in (("fails", "a failure"), ("retry", "the wish for more room")):
            attribute = function.said(name)
            shared = (
                _shown(written, success, other)
                for other, written in self._covered(attribute, result, enums)
                for success, _ in successes
                if success.meets(other)
            )
            value = next(shared, None)
            if attribute is not None and value is not None:
                self._report.add(
                    catalog.ATTRIBUTE_CONFLICT,
                    attribute.span,
                    f"{value} is a success of {function.label} and {what}",
                    hint=f"name it in `@ok` or in `@{name}`",
                )

    def _check_retry(self, function: Function) -> None:
        retry = function.said("retry")
        if retry is None or any(given.attributes.has("capacity") for given in function.parameters):
            return
        self._report.add(
            catalog.ATTRIBUTE_TYPE,
            retry.span,
            f"`@retry` asks for more room, and no parameter of {function.label} is room",
            hint="room is a pointer with `@capacity(…)`",
        )

    def _check_absent(self, function: Function, result: Use) -> None:
        """A null slot stands for a success, which nobody was there to write anything for."""
        absent = function.attributes.get("absent")
        if absent is None:
            return
        found = self._covered(absent, result, self._named_errors(function))
        successes = self._covered(function.said("ok"), result, self._named_errors(function))
        failures = self._covered(function.said("fails"), result, self._named_errors(function))
        problem = None
        if function.slot is None or not function.slot.optional:
            problem = ("is never null", "make it an `optional fn`, or leave `@absent` out")
        elif any(given.attributes.has(word) for given in function.parameters for word in _WRITTEN):
            problem = ("writes something, which null does not", "leave `@absent` out")
        elif any(isinstance(written, Below) for _, written in found):
            problem = ("returns one value", "name a single one")
        elif found and (
            any(each.meets(found[0][0]) for each, _ in failures)
            or (successes and not any(each.meets(found[0][0]) for each, _ in successes))
        ):
            problem = ("would fail with that", "name a success")
        if problem is not None:
            self._report.add(
                catalog.ATTRIBUTE_CONFLICT,
                absent.span,
                f"`@absent` says what a null slot returns, and {function.label} {problem[0]}",
                hint=problem[1],
            )

    def _named_errors(self, function: Function) -> list[decls.EnumDecl]:
        """The enum whose values name what comes out."""
        errors = self._facts.find(named(function.said("errors")) or "")
        return [errors] if isinstance(errors, decls.EnumDecl) else []

    def _covered(
        self, attribute: Attribute | None, result: Use, enums: list[decls.EnumDecl]
    ) -> list[tuple[Covered, ArgumentValue]]:
        """What the values of an attribute stand for, without those that were reported."""
        if attribute is None:
            return []
        found = []
        for argument in attribute.arguments:
            covered = self._values.covered(argument, attribute, result, enums)
            if covered is not None:
                found.append((covered, argument))
        return found

    # --- errors

    def _error(self, function: Function) -> Record | None:
        """The struct that ``@error`` has failures written to."""
        attribute = function.said("error")
        given = function.find(named(attribute) or "")
        if attribute is None or given is None:
            return None
        pointer = self._facts.pointer(given.type)
        record = self._facts.record(pointer.pointee) if pointer is not None else None
        if record is None or not any(record.attributes.has(name) for name in _ERROR_STRUCTS):
            self._report.add(
                catalog.ATTRIBUTE_TYPE,
                attribute.span,
                "`@error` needs a pointer to a struct with `@error_buffer`, `@result` or `@failure`, and"
                f" {given.label} is {text(given.type)}",
                hint="mark the struct that describes the failure, and name a pointer to it",
            )
            return None
        assert pointer is not None
        if not pointer.mutable:
            self._report.add(
                catalog.ATTRIBUTE_TYPE,
                attribute.span,
                f"`@error` has failures written to {given.label}, which is `*const`",
                hint="make it `*mut`",
            )
        return record

    def _check_errors(self, function: Function, error: Record | None) -> None:
        attribute = function.said("errors")
        enum = self._facts.find(named(attribute) or "")
        if attribute is None or not isinstance(enum, decls.EnumDecl):
            return
        if function.result is None and error is None:
            return
        carriers = [*self._carriers(function, error)]
        if any(self._facts.enum(given.type) is enum for given in carriers):
            return
        if any(named(self._facts.said(given, "as")) == enum.name for given in carriers):
            return
        numbers = [
            given
            for given in carriers
            if self._facts.integer(given.type) and self._facts.said(given, "as") is None
        ]
        if not numbers:
            self._report.add(
                catalog.ATTRIBUTE_TYPE,
                attribute.span,
                f"nothing that comes out of {function.label} carries a value of `{enum.name}`",
                hint="it is the result, the code of its `@result`, or a field of its `@error`",
            )
            return
        for value in enum.values:
            self._values.covered(Number(value.value), attribute, numbers[0])

    def _carriers(self, function: Function, error: Record | None) -> Iterator[Use]:
        """What can hold a code: the result, the status code in it, and every field of the error."""
        if function.result is not None:
            yield function.result
            record = self._facts.record(function.result.type)
            code = record.find(named(record.attributes.get("result")) or "") if record else None
            if code is not None:
                yield code
        if error is not None:
            code_name = named(error.attributes.get("result"))
            for given in error.fields:
                is_told = self._facts.enum(given.type) or self._facts.said(given, "as")
                if is_told or given.name == code_name:
                    yield given

    def _has_message(self, function: Function, error: Record | None) -> bool:
        result = self._facts.record(function.result.type) if function.result is not None else None
        for record in (error, result):
            if record is None:
                continue
            outcome = record.attributes.get("result")
            if outcome is not None and len(outcome.arguments) > 1:
                return True
            if record.attributes.has("failure") or record.attributes.has("error_buffer"):
                return True
        return False


def _shown(written: ArgumentValue, success: Covered, failure: Covered) -> str:
    """A value that both stand for."""
    if isinstance(written, Word):
        return f"`{written.text}`"
    for least, greatest in success.stretches:
        for other_least, other_greatest in failure.stretches:
            low, high = max(least, other_least), min(greatest, other_greatest)
            if low <= high:
                return str(low if abs(low) <= abs(high) else high)
    raise AssertionError("they do not meet")
