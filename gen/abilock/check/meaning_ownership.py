"""Ownership: what can be owned, how it ends, and whether the function that ends it can."""

from __future__ import annotations

from abilock.check.meaning_types import ENDS, Facts, text
from abilock.check.meaning_walk import Around, Record, Use, Where, named
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.model import decls, types
from abilock.model.attributes import Attribute
from abilock.model.types import Signature

#: What an owner gets, and what an owner does in the end. Whose counts go up is no owner yet.
_OF_OWNERS = ("depth", "consumed", "owned", "free", "drop", "release")
#: About memory, which a number has none of.
_OF_THINGS = ("until", "pinned", "owned")


class Ownership:
    """Judges who owns what, and how it ends."""

    def __init__(self, facts: Facts, report: Report) -> None:
        self._facts = facts
        self._report = report

    def check_use(self, use: Use, around: Around) -> None:
        self._check_own(use)
        self._check_owners(use)
        self._check_things(use)
        for name in ("free", "drop", "release", "refcounted"):
            attribute = use.attributes.get(name)
            if attribute is not None:
                self._check_end(attribute, use, around)

    def check_record(self, record: Record) -> None:
        for name in ("free", "drop", "release", "refcounted"):
            attribute = record.attributes.get(name)
            if attribute is not None:
                self._check_record_end(attribute, record)
        clone = record.attributes.get("clone")
        if clone is not None:
            self._check_clone(clone, record)
        self._check_ends(record)

    # --- own

    def _check_own(self, use: Use) -> None:
        if not use.own:
            return
        subject = self._facts.subject(use)
        if self._facts.element(subject) is not None and self._facts.pointer(subject) is not None:
            return
        if any(self._facts.said(use, name) for name in (*ENDS, "destroy")):
            return
        if self._facts.can_end(subject):
            return
        if self._facts.is_number(subject):
            self._report.add(
                catalog.BAD_OWN,
                use.place(),
                f"nobody can own {use.label}: {text(use.type)} is a plain value",
                hint="say how a handle ends, for example with `@free(close)`",
            )
            return
        self._report.add(
            catalog.BAD_OWN,
            use.place(),
            f"nobody can own {use.label}: nothing in {text(use.type)} has an end",
            hint="say at its declaration how it ends: `@owned(…)`, `@free(…)`, `@drop(…)` or"
            " `@release(…)`, or `own` of its fields",
        )

    def _check_owners(self, use: Use) -> None:
        """What is said of an owner needs one; an alias is owned where it is used."""
        said = [given for given in use.attributes.all if given.name in _OF_OWNERS]
        if not said or use.where is Where.ALIAS or self._facts.owns(use):
            return
        subject = self._facts.subject(use)
        if self._facts.can_end(subject):
            return
        for attribute in said:
            if attribute.name in ENDS and self._facts.pointer(subject) is None:
                continue
            self._report.add(
                catalog.ATTRIBUTE_CONFLICT,
                attribute.span,
                f"`@{attribute.name}` is about an owner, and {use.label} is only lent",
                hint="write `own` before the type, or leave it out",
            )

    def _check_things(self, use: Use) -> None:
        for name in _OF_THINGS:
            attribute = use.attributes.get(name)
            if attribute is not None and self._facts.is_number(self._facts.subject(use)):
                self._report.add(
                    catalog.ATTRIBUTE_TYPE,
                    attribute.span,
                    f"`@{name}` is about memory, and {use.label} is {text(use.type)}, a plain value",
                    hint="leave it out",
                )

    # --- how things end

    def _check_end(self, attribute: Attribute, use: Use, around: Around) -> None:
        subject = self._facts.subject(use)
        for at in range(2 if attribute.name == "refcounted" else 1):
            name = named(attribute, at)
            if name is None:
                continue
            own = self._record_of(subject)
            slot = own.slot(name) if own is not None else None
            if slot is not None:
                self._check_end_slot(attribute, slot)
                continue
            found = self._facts.function(name, around) or self._facts.function(name, own)
            if found is None:
                self._report_no_function(attribute, name)
            else:
                self._check_takes(attribute, name, found, subject)

    def _record_of(self, given: types.Type) -> Record | None:
        """The record that a thing is or points to."""
        pointer = self._facts.pointer(given)
        return self._facts.record(pointer.pointee if pointer is not None else given)

    def _report_no_function(self, attribute: Attribute, name: str) -> None:
        self._report.add(
            catalog.ATTRIBUTE_TYPE,
            attribute.span,
            f"`@{attribute.name}` calls `{name}`, which is no function",
            hint="name an entry, a slot or a function pointer",
        )

    def _check_record_end(self, attribute: Attribute, record: Record) -> None:
        thing: types.Type = types.Named(record.name)
        context = record.find(named(attribute, 1) or "")
        if attribute.name == "release" and context is not None:
            thing = context.type
        for at in range(2 if attribute.name == "refcounted" else 1):
            name = named(attribute, at)
            if name is None:
                continue
            slot = record.slot(name)
            if slot is not None:
                self._check_end_slot(attribute, slot)
                continue
            found = self._facts.function(name, record)
            if found is None:
                self._report_no_function(attribute, name)
            else:
                self._check_takes(attribute, name, found, thing)

    def _check_end_slot(self, attribute: Attribute, slot: decls.Slot) -> None:
        if slot.receiver is None or len(slot.signature.parameters) > 1:
            self._report.add(
                catalog.BAD_ROLE,
                attribute.span,
                f"`@{attribute.name}` calls `{slot.name}` with the object alone, and that is not what"
                " it takes",
                hint=f"`fn {slot.name}(self: own)`",
            )

    def _check_takes(
        self,
        attribute: Attribute,
        name: str,
        signature: Signature,
        thing: types.Type,
    ) -> None:
        given = [parameter for parameter in signature.parameters if not parameter.receiver]
        if not given:
            takes_object = len(signature.parameters) == 1
            problem = "takes the object only" if takes_object else "takes nothing"
            self._bad_end(attribute, name, thing, problem)
            return
        if not self._fits(given[0].type, thing):
            self._bad_end(attribute, name, thing, f"takes {text(given[0].type)} first")
        elif attribute.name == "refcounted" and len(given) > 1:
            self._bad_end(attribute, name, thing, "takes more than that")

    def _bad_end(self, attribute: Attribute, name: str, thing: types.Type, problem: str) -> None:
        self._report.add(
            catalog.BAD_ROLE,
            attribute.span,
            f"`@{attribute.name}` calls `{name}` with {text(thing)}, but `{name}` {problem}",
            hint="it takes the thing itself, or a pointer to it, before anything else",
        )

    def _fits(self, parameter: types.Type, thing: types.Type) -> bool:
        """Whether a function that takes ``parameter`` can be given ``thing``, or a pointer to it."""
        taken, given = self._facts.pointer(parameter), self._facts.pointer(thing)
        if taken is None:
            return given is None and self._facts.resolve(parameter) == self._facts.resolve(thing)
        pointee = self._facts.resolve(taken.pointee)
        if isinstance(pointee, types.Void):
            return given is not None or not self._facts.is_number(thing)
        inner = self._facts.resolve(thing if given is None else given.pointee)
        if isinstance(inner, types.Void) or pointee == inner:
            return True
        # A pointer to the pointer, so that the callee can set it to null.
        again = self._facts.pointer(pointee)
        return again is not None and self._facts.resolve(again.pointee) == inner

    def _check_clone(self, attribute: Attribute, record: Record) -> None:
        name = named(attribute) or ""
        slot = record.slot(name)
        signature = slot.signature if slot is not None else self._facts.function(name, record)
        if signature is None:
            return
        result = signature.result
        takes_object = len(signature.parameters) == 1 and (
            slot is None or slot.receiver in (decls.Receiver.CONST, decls.Receiver.MUT)
        )
        makes_state = (
            result is not None and result.own and self._facts.pointer(result.type) is not None
        )
        if not takes_object or not makes_state:
            self._report.add(
                catalog.BAD_ROLE,
                attribute.span,
                f"`@clone` calls `{name}` with the object alone and takes the new state that it returns,"
                " and that is not its signature",
                hint=f"`fn {name}(self: const) -> own *mut void?`",
            )

    def _check_ends(self, record: Record) -> None:
        """A table has one end."""
        ends = [slot for slot in record.slots if slot.drop]
        for again in ends[1:]:
            self._report.add(
                catalog.BAD_ROLE,
                again.span,
                f"`{again.name}` ends the object, and so does `{ends[0].name}`",
                hint="an object has one `drop fn`; another one that takes `self: own` is a plain `fn`",
            )
        drop = record.attributes.get("drop")
        name = named(drop)
        if drop is not None and ends and name is not None and name != ends[0].name:
            self._report.add(
                catalog.ATTRIBUTE_CONFLICT,
                drop.span,
                f"`@drop` names `{name}`, but the `drop fn` is `{ends[0].name}`",
                hint=f"write `@drop({ends[0].name})`, or make that one a plain `fn`",
            )
