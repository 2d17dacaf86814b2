"""Effects: attributes that are right by themselves, and of which nothing comes where they stand."""

from __future__ import annotations

from abilock.check.meaning_types import Facts
from abilock.check.meaning_walk import Around, Function, Record, Use, named
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.model.attributes import OF_CALLS, Attribute, Attributes, Text

#: Said to bindings and loaders, so nothing that they do not see has a use for it.
_OF_BINDINGS = ("py", "get", "set", "handshake", "manifest")
#: Structs that have a value on success, or if it is there.
_WITH_VALUES = ("result", "failure", "optional")


class Effects:
    """Warns of what says nothing."""

    def __init__(self, facts: Facts, report: Report) -> None:
        self._facts = facts
        self._report = report

    def check_record(self, record: Record) -> None:
        self._check_object(record)
        functions = self._has_functions(record)
        for name in OF_CALLS:
            attribute = record.attributes.get(name)
            if attribute is not None and not functions:
                self._idle(
                    attribute,
                    f"`@{name}` is about calls, and `{record.name}` has no functions",
                    "say it of the function that is called, or of the vtable",
                )
        self._check_strip(record)
        for field in record.fields:
            attribute = field.attributes.get("value")
            if attribute is not None and not any(map(record.attributes.has, _WITH_VALUES)):
                self._idle(
                    attribute,
                    f"`{record.name}` is no result and no optional, so {field.label} is a plain field",
                    "say `@result(…)` or `@optional(…)` of the struct as well, or leave this out",
                )
            self._check_hidden(field.attributes, field.label)

    def check_function(self, function: Function) -> None:
        self._check_hidden(function.attributes, function.label)
        reserved = function.attributes.get("reserved")
        if reserved is not None and function.slot is not None and not function.slot.optional:
            self._report.add(
                catalog.ATTRIBUTE_CONFLICT,
                reserved.span,
                f"writers set {function.label} to null, and a slot is only null if it is optional",
                hint="make it an `optional fn`",
            )

    def check_use(self, use: Use, around: Around) -> None:
        default = use.attributes.get("default")
        if default is not None and isinstance(around, Function) and use.attributes.has("out"):
            self._idle(
                default,
                f"{use.label} is `@out`, so nobody gives a value for it",
                "`@inout` is read as well as written",
            )

    # --- one subject each

    def _check_object(self, record: Record) -> None:
        attribute = record.attributes.get("object") or record.attributes.get("context")
        if attribute is None:
            return
        if record.kind == "vtable":
            if not any(slot.receiver is not None for slot in record.slots):
                self._idle(
                    attribute,
                    f"no slot of `{record.name}` takes `self`, so none gets the context",
                    "write `self: const` or `self: mut` as the first parameter of those that get it",
                )
            elif len(attribute.arguments) > 1:
                self._idle(
                    attribute,
                    f"the functions of `{record.name}` are in it, so no field points to them",
                    "name the context only",
                )
            return
        table = record.find(named(attribute, 1) or "")
        if table is None:
            # That nothing says where the functions of an object are was reported.
            if record.find(named(attribute) or "") is not None and not self._has_functions(record):
                self._idle(
                    attribute,
                    f"`{record.name}` has no functions that could get a context",
                    "functions of an object are the slots of a vtable, or fields of a function type",
                )
            return
        pointer = self._facts.pointer(table.type)
        behind = self._facts.record(pointer.pointee) if pointer is not None else None
        if behind is None or behind.kind != "vtable":
            return
        if not any(slot.receiver is not None for slot in behind.slots):
            self._idle(
                attribute,
                f"no slot of `{behind.name}` takes `self`, so none gets the context",
                "write `self: const` or `self: mut` as the first parameter of those that get it",
            )

    def _has_functions(self, record: Record) -> bool:
        if record.slots or named(record.attributes.get("object"), 1) is not None:
            return True
        return any(self._facts.signature(field.type) is not None for field in record.fields)

    def _check_strip(self, record: Record) -> None:
        attribute = record.attributes.get("strip")
        if attribute is None or not isinstance(attribute.arguments[0], Text):
            return
        ending = attribute.arguments[0].text
        if not any(slot.name.endswith(ending) and slot.name != ending for slot in record.slots):
            self._idle(
                attribute,
                f'no slot of `{record.name}` ends with "{ending}"',
                "leave it out",
            )

    def _check_hidden(self, attributes: Attributes, label: str) -> None:
        if not attributes.has("hidden"):
            return
        for name in _OF_BINDINGS:
            attribute = attributes.get(name)
            if attribute is not None:
                self._idle(
                    attribute,
                    f"{label} is `@hidden`, and `@{name}` is for bindings, which leave it out",
                    f"leave out `@hidden` or `@{name}`",
                )

    def _idle(self, attribute: Attribute, message: str, hint: str) -> None:
        self._report.add(catalog.NO_EFFECT, attribute.span, message, hint=hint)
