"""What the Python package cannot have, or has only as C has it: told before it is made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from abilock.binding.calls import Call
from abilock.binding.forms import words
from abilock.binding.shapes import (
    Content,
    Form,
    Raw,
    Reference,
    Sentinel,
    Shape,
    Single,
    Span,
    Value,
)
from abilock.diagnostics import catalog
from abilock.diagnostics.catalog import Code
from abilock.diagnostics.report import Report
from abilock.model.attributes import Attributes
from abilock.model.decls import Library
from abilock.model.types import Aggregate, FunctionPointer, Named, Parameter, Pointer, Type
from abilock.outputs.cffi.ages import report_ages
from abilock.outputs.cffi.cdef import cdef, cffi_naming
from abilock.outputs.cffi.clashes import report_clashes
from abilock.outputs.cffi.endings import Endings
from abilock.outputs.cffi.measuring import Measuring
from abilock.outputs.cffi.package import Package
from abilock.outputs.cffi.passing import Passing
from abilock.outputs.cffi.shape_limits import ShapeLimits
from abilock.outputs.spec import Layouts
from abilock.source import Span as Place


def report_limits(library: Library, layouts: Layouts, report: Report) -> None:
    """Report what would be wrong, lost or untyped in the package of a library."""
    Limits(library, layouts, report).check()


@dataclass(frozen=True, slots=True)
class Function:
    """A function, with what messages call it. ``is_called``: by Python, and not only by C. ``is_answered``:
    by Python, which C may call. ``is_plugins``: it belongs to no object, and makes none."""

    label: str
    call: Call
    attributes: Attributes
    place: Place | None
    is_called: bool = True
    is_answered: bool = True
    is_plugins: bool = False


class Limits:
    """Judges what everything that crosses would become."""

    def __init__(self, library: Library, layouts: Layouts, report: Report) -> None:
        self._library = library
        self._report = report
        self._package = Package(library, cffi_naming(library))
        unsupported = frozenset(cdef(library, layouts).unsupported)
        self._ends = Endings(self._package, report)
        self._shapes = ShapeLimits(self._package, Passing(library, unsupported), self._ends, report)
        self._measuring = Measuring(self._package, report)

    def check(self) -> None:
        if self._endless():
            return
        for function in self._functions():
            self._function(function)
        self._ends.check()
        report_clashes(self._package, self._report)
        report_ages(self._package, self._report)

    def _endless(self) -> bool:
        """Whether there are lists of nothing but themselves, of which nothing else can be asked."""
        found = False
        for declared in self._library.declarations:
            if not isinstance(declared, Aggregate):
                continue
            seen: set[str] = set()
            left = {declared.name}
            while left:
                name = left.pop()
                inside = set(self._package.contents.inside(name))
                if declared.name in inside:
                    found = True
                    self._add(
                        catalog.NO_BINDING,
                        declared.span,
                        f"`{declared.name}` consists of nothing but others of its kind, which is no type in"
                        " Python",
                        "give it a field of its own: leave out what makes it a list, and say `@len(…)`",
                    )
                    break
                seen.add(name)
                left |= inside - seen
        return found

    def _functions(self) -> Iterator[Function]:
        package = self._package
        for name in package.objects.tables():
            if name in self._library.imported:
                continue
            is_answered = any(map(package.objects.adapts, package.objects.users(name)))
            for method in package.forms.methods(name):
                call = package.objects.call(name, method)
                label = f"`{name}.{method.name}`"
                yield Function(
                    label, call, method.attributes, method.member.span, is_answered=is_answered
                )
            for field in package.forms.data_fields(name):
                if not field.attributes.has("hidden") and not field.attributes.has("reserved"):
                    around = package.forms.attributes(name)
                    self._shapes.member(field, f"`{name}.{field.name}`", around)
        ends = frozenset(self._endings())
        for name, signature, attributes in package.callbacks:
            if name in self._library.imported or attributes.has("hidden") or name in ends:
                continue
            declared = package.forms.by_name.get(name)
            call = package.callback_call(signature, attributes)
            place = declared.span if declared else None
            yield Function(f"`{name}`", call, attributes, place, is_called=False)
        for entry in package.entries.all():
            declared = entry.declared
            is_plugins = entry.handle is None and not self._makes(entry.call)
            label = f"`{declared.name}`"
            yield Function(
                label,
                entry.call,
                declared.attributes,
                declared.span,
                is_answered=False,
                is_plugins=is_plugins,
            )

    def _makes(self, call: Call) -> bool:
        """Whether something comes of it that Python owns."""
        made = [call.result, *(out.shape for out in call.outs)]
        shapes = (each.shape if isinstance(each, Sentinel) else each for each in made)
        return any(isinstance(each, Reference) and each.own for each in shapes)

    def _endings(self) -> Iterator[str]:
        """Function types that only end what stands beside them, so that nobody sees them."""
        forms = self._package.forms
        for each in self._library.declarations:
            if not isinstance(each, Aggregate):
                continue
            ends = {word for field in each.fields for word in words(field.attributes.get("drop"))}
            ends.update(words(each.attributes.get("release")))
            ends.update(words(each.attributes.get("drop")))
            for field in each.fields:
                if field.name in ends and isinstance(field.type, FunctionPointer):
                    yield forms.inline_name(field.type.signature)
                elif field.name in ends and isinstance(field.type, Named):
                    yield field.type.name

    # --- functions

    def _function(self, function: Function) -> None:
        call = function.call
        hidden = {call.context, call.handle, call.error, call.creates}
        hidden |= {room.capacity for room in call.rooms if room.is_chosen}
        hidden |= {room.written for room in call.rooms}
        self._ends.check_contexts(call.inputs, function.place, function.is_answered)
        if call.outcome.truth is not None and (call.outs or call.rooms):
            self._add(
                catalog.NO_BINDING,
                function.place,
                f"{function.label} says whether something is so, and Python drops what it writes",
                "leave out `@truth`: a failure is an exception then",
            )
        for each in call.signature.parameters:
            label = f"`{each.name}`" if each.name else f"a parameter of {function.label}"
            is_passed = self._shapes.by_value(each.type, label, each.span or function.place)
            if is_passed and each.name not in hidden:
                self._parameter(each, label, function, call)
        result = call.signature.result
        if result is None:
            return
        label = f"the result of {function.label}"
        if not self._shapes.by_value(result.type, label, function.place):
            return
        if call.creates is None:
            self._ends.check_use(result.type, result.own, result.attributes, label, function.place)
        if call.result is not None:
            self._shapes.check(call.result, result.type, result.attributes, label, function.place)

    def _parameter(self, each: Parameter, label: str, function: Function, call: Call) -> None:
        place = each.span or function.place
        shape = next((item.shape for item in call.inputs if item.name == each.name), None)
        out = next((out for out in call.outs if out.name == each.name), None)
        room = next((room for room in call.rooms if room.name == each.name), None)
        self._measuring.check(each, shape, call, (label, function.label), place)
        if each.attributes.has("inout"):
            self._inout(None if each.own else shape, label, place)
            return
        if out is not None:
            self._ends.check_use(out.type, each.own, each.attributes, label, place)
            self._shapes.check(out.shape, out.type, each.attributes, label, place)
            return
        if room is not None:
            if room.span.release.is_known:
                self._add(
                    catalog.NO_BINDING,
                    place,
                    f"{label} is an array of the caller, and the callee cannot hand it over",
                    "leave out the `own`: elements say by themselves what they own",
                )
            label = f"an element of {label}"
            self._shapes.check(
                room.span.element, room.span.element_type, Attributes(), label, place
            )
        if shape is None:
            return
        if function.is_called:
            self._ends.check_given(shape, label, place)
        else:
            self._ends.check_use(each.type, each.own, each.attributes, label, place)
        if function.is_plugins and isinstance(shape, Reference):
            self._kept(shape, each, label, function)
        if each.own and call.retry is not None:
            self._add(
                catalog.NO_BINDING,
                place,
                f"{label} is handed over, and {function.label} is called again with more room: it would be"
                " handed over twice",
                "lend it for the call, or return what does not fit in another way",
            )
        self._shapes.check(shape, each.type, each.attributes, label, place)
        if not each.own and not each.attributes.has("capacity"):
            self._written(shape, each.type, label, place)

    def _kept(self, shape: Reference, each: Parameter, label: str, function: Function) -> None:
        """Objects of Python's that nothing ends."""
        _, said = self._package.forms.resolve(each.type, each.attributes)
        is_said = shape.own or shape.pinned or said.has("until")
        if not is_said and self._package.objects.adapts(shape.name):
            self._add(
                catalog.KEPT_BINDING,
                each.span or function.place,
                f"nothing says how long {label} is needed, so Python keeps each object that"
                f" {function.label} gets as long as the process",
                "say `@until(call)` if it is not needed after the call, else `@until(process)`",
            )

    def _inout(self, shape: Shape | None, label: str, place: Place | None) -> None:
        """What is read and written is passed and returned, so it has to be a plain value."""
        match shape:
            case Single():
                return
            case Value(name=name, behind_pointer=True) if not self._package.contents.owns(name):
                self._forgotten(name, label, place)
                return
            case Span(content=Content.LIST, element=element) if not (
                self._owns(element) or isinstance(element, Raw)
            ):
                return
            case Span(content=Content.DATA):
                hint = "leave out `@inout`: bytes behind a `*mut` are changed where they are"
            case _:
                hint = (
                    "`@inout` is for numbers, enums, structs that own nothing, and lists of these"
                )
        self._add(
            catalog.NO_BINDING,
            place,
            f"Python cannot pass {label} to be read and written",
            hint,
        )

    def _forgotten(self, name: str, label: str, place: Place | None) -> None:
        hidden = [
            each for each in self._package.forms.fields(name) if each.attributes.has("hidden")
        ]
        if hidden:
            self._add(
                catalog.NO_BINDING,
                place,
                f"Python passes a copy of {label}, and `{hidden[0].name}` of it is `@hidden`: what is kept"
                " there is lost",
                f"let an entry make it (`@create`), as a handle, or show `{hidden[0].name}`",
            )

    def _owns(self, shape: Shape) -> bool:
        return self._package.contents.shape_owns(shape)

    def _written(self, shape: Shape, type_: Type, label: str, place: Place | None) -> None:
        resolved, _ = self._package.forms.resolve(type_, Attributes())
        if not isinstance(resolved, Pointer) or not resolved.mutable:
            return
        match shape:
            case Span(is_room=True) | Raw() | Reference():
                return
            case Value(name=name) if self._package.forms.form(name) is Form.ERROR:
                return
            case _:
                self._add(
                    catalog.COPIED_BINDING,
                    place,
                    f"{label} is `*mut`, and Python passes a copy: what is written there is lost",
                    "make it `*const`, or say `@inout` or `@out` if it is written",
                )

    def _add(self, code: Code, place: Place | None, message: str, hint: str) -> None:
        self._report.add(code, place, message, hint=hint)
