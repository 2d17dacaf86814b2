"""Objects: the context that slots get, handles, properties, and sizes that tables carry."""

from __future__ import annotations

from abilock.check.meaning_types import Facts, text
from abilock.check.meaning_walk import Function, Record, Use, named
from abilock.check.symbols import nearest
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Note, Report
from abilock.model import decls, types
from abilock.model.attributes import Attribute
from abilock.model.python_names import method_name, stripped_endings
from abilock.model.types import Aggregate


class Objects:
    """Judges what makes an object of a record and a method of a function."""

    def __init__(self, facts: Facts, report: Report) -> None:
        self._facts = facts
        self._report = report

    def check_record(self, record: Record) -> None:
        if record.kind == "vtable":
            self._check_context(record)
        self._check_pair(record)
        self._check_sizes(record)

    def check_function(self, function: Function) -> None:
        self._check_property(function)
        for name in ("handle", "destroy"):
            attribute = function.attributes.get(name)
            if attribute is not None:
                self._check_handle(attribute, function)
        create = function.attributes.get("create")
        if create is not None:
            self._check_create(create, function)

    # --- the context

    def _check_context(self, record: Record) -> None:
        context = record.find(named(record.attributes.get("object")) or "state")
        if context is None or record.attributes.has("context"):
            return
        takers = [slot for slot in record.slots if slot.receiver is not None]
        if takers or record.attributes.has("object"):
            self._check_object(context, takers, record)

    def _check_pair(self, record: Record) -> None:
        """A struct of a context and a pointer to a table."""
        attribute = record.attributes.get("object")
        if attribute is None or record.kind == "vtable":
            return
        context = record.find(named(attribute) or "")
        table = record.find(named(attribute, 1) or "")
        if context is None and table is None:
            self._wrong(
                attribute,
                f"`@object(self)` on a struct needs to know where the functions of `{record.name}` are",
                "name the field that points to them: `@object(self, table)`",
            )
            return
        pointer = self._facts.pointer(table.type) if table is not None else None
        behind = self._facts.record(pointer.pointee) if pointer is not None else None
        if table is not None and (behind is None or behind.kind != "vtable"):
            self._report.add(
                catalog.ATTRIBUTE_TYPE,
                attribute.span,
                f"`@object` needs a pointer to a vtable here, and {table.label} is {text(table.type)}",
                hint="it names the context, and then the field that points to the functions",
            )
            return
        slots = behind.slots if behind is not None else ()
        takers = [slot for slot in slots if slot.receiver is not None]
        if context is not None:
            self._check_object(context, takers, record)
        elif behind is not None:
            self._check_itself(attribute, takers, record, behind)

    def _check_itself(
        self, attribute: Attribute, takers: list[decls.Slot], record: Record, behind: Record
    ) -> None:
        """The slots of a struct that is its own context take a pointer to it."""
        for slot in takers:
            taken = slot.signature.parameters[0].type
            if isinstance(taken, types.Pointer) and taken.pointee == types.Named(record.name):
                continue
            self._report.add(
                catalog.BAD_CONTEXT,
                attribute.span,
                f"`{record.name}` is its own context, and `{behind.name}.{slot.name}` takes"
                f" {text(taken)}",
                hint=f"say `@context` of `{behind.name}`, in the file that declares both",
                notes=(Note("the slot", slot.span),),
            )
            return

    def _check_object(self, context: Use, takers: list[decls.Slot], record: Record) -> None:
        pointer = self._facts.pointer(context.type)
        if pointer is None:
            self._report.add(
                catalog.BAD_CONTEXT,
                context.span,
                f"slots get {context.label} as a pointer to their object, and it is {text(context.type)}",
                hint="make it `*mut void`",
            )
            return
        if pointer.mutable:
            return
        writer = next((slot for slot in takers if slot.receiver is decls.Receiver.MUT), None)
        if writer is not None:
            self._report.add(
                catalog.BAD_CONTEXT,
                context.span,
                f"{context.label} is `*const`, and `{writer.name}` takes it as `self: mut`",
                hint=f"make {context.label} `*mut`, or the slot `self: const`",
                notes=(Note("the slot", writer.span),),
            )

    def _check_sizes(self, record: Record) -> None:
        sizes = [given for given in record.fields if given.attributes.has("struct_size")]
        for size in sizes:
            attribute = size.attributes.get("struct_size")
            assert attribute is not None
            if self._facts.integer(size.type) is None or size.bits is not None:
                what = "a bit-field" if size.bits is not None else text(size.type)
                self._wrong(
                    attribute,
                    f"`@struct_size` goes on an integer, and {size.label} is {what}",
                    "choose a whole integer such as `u32` or `usize`",
                )
            elif record.kind == "union":
                self._wrong(
                    attribute,
                    "`@struct_size` does not go into a union, whose members overlap",
                    "put the union into a struct, behind its size",
                )
            if size is not sizes[0]:
                self._report.add(
                    catalog.ATTRIBUTE_CONFLICT,
                    attribute.span,
                    f"{size.label} and {sizes[0].label} both hold the size of `{record.name}`",
                    hint="a struct says its size once",
                )

    # --- handles

    def _check_handle(self, attribute: Attribute, function: Function) -> None:
        given = function.find(named(attribute) or "")
        if attribute.name == "destroy" and not attribute.arguments:
            self._check_lone_handle(attribute, function)
        elif given is not None and given.attributes.has("out"):
            self._report.add(
                catalog.ATTRIBUTE_CONFLICT,
                attribute.span,
                f"`@{attribute.name}` takes {given.label}, which is `@out` and holds nothing yet",
                hint="`@create(…)` names the parameter that receives a handle",
            )
        elif given is not None and not self._is_handle(given.type):
            self._wrong(
                attribute,
                f"`@{attribute.name}` needs a handle, and {given.label} is {text(given.type)}",
                "a handle is an integer, a struct, or a pointer to a struct, an opaque type or `void`",
            )

    def _check_lone_handle(self, attribute: Attribute, function: Function) -> None:
        """``@destroy`` without a name: the object, or the one parameter."""
        if function.receiver is not None:
            return
        given = function.supplied()
        if len(given) != 1 or not self._is_handle(given[0].type):
            self._report.add(
                catalog.BAD_ROLE,
                attribute.span,
                f"`@destroy` ends a handle, and it is open which parameter of {function.label} that is",
                hint="name it: `@destroy(handle)`",
            )

    def _check_create(self, attribute: Attribute, function: Function) -> None:
        name = named(attribute)
        if name is None:
            result = function.result
            if result is None or not self._is_handle(result.type):
                shown = "returns nothing" if result is None else f"returns {text(result.type)}"
                self._wrong(
                    attribute,
                    f"`@create` needs a handle, and {function.label} {shown}",
                    "name the parameter that receives it: `@create(out)`",
                )
            return
        given = function.find(name)
        pointer = self._facts.pointer(given.type) if given is not None else None
        if given is None or pointer is None:
            return
        pointee = pointer.pointee
        is_opaque = isinstance(self._facts.resolve(pointee), types.Void) or isinstance(
            self._facts.declaration(pointee), decls.Opaque
        )
        if not pointer.mutable or is_opaque or not self._is_handle(pointee):
            self._wrong(
                attribute,
                f"`@create` has a new handle written to {given.label}, which is {text(given.type)}",
                "it is a `*mut` to the handle, such as `*mut (*mut Session?) @out`",
            )

    def _is_handle(self, given: types.Type) -> bool:
        resolved = self._facts.resolve(given)
        if self._facts.integer(resolved) is not None:
            return True
        if isinstance(resolved, types.Pointer):
            # What leads to numbers, text or other pointers is memory, and no object.
            return isinstance(self._facts.resolve(resolved.pointee), types.Void | types.Named)
        return isinstance(self._facts.declaration(resolved), Aggregate)

    # --- properties

    def _check_property(self, function: Function) -> None:
        get = function.attributes.get("get")
        if get is not None:
            given = function.supplied()
            if given:
                self._bad_role(
                    get, f"a property takes nothing, and {function.label} takes {given[0].label}"
                )
            elif not function.outcome():
                self._bad_role(get, f"a property has a value, and {function.label} returns nothing")
        attribute = function.attributes.get("set")
        if attribute is None:
            return
        given = function.supplied()
        if len(given) != 1:
            self._bad_role(
                attribute,
                f"a property is set to one value, and {function.label} takes"
                f" {len(given) or 'nothing'}{' of them' if given else ''}",
            )
        self._check_set_target(attribute, function)

    def _check_set_target(self, attribute: Attribute, function: Function) -> None:
        wanted = named(attribute)
        if wanted is None or function.record is None:
            return
        endings = stripped_endings(function.record.attributes, self._facts.library.attributes)
        known = [
            method_name(slot.name, slot.attributes, endings)
            for slot in function.record.slots
            if slot.attributes.has("get")
        ]
        if wanted not in known:
            self._report.add(
                catalog.ATTRIBUTE_TARGET,
                attribute.span,
                f"`@set` names `{wanted}`, but `{function.record.name}` has no such property",
                hint=nearest(wanted, known)
                or "a property is a slot with `@get`, by its name in Python",
            )

    def _bad_role(self, attribute: Attribute, message: str) -> None:
        hint = "leave it out: the slot is a plain method"
        self._report.add(catalog.BAD_ROLE, attribute.span, message, hint=hint)

    def _wrong(self, attribute: Attribute, message: str, hint: str) -> None:
        self._report.add(catalog.ATTRIBUTE_TYPE, attribute.span, message, hint=hint)
