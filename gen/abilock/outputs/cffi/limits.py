"""What the Python package cannot have, or has only as C has it: told before it is made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from abilock.binding.calls import Call
from abilock.binding.forms import words
from abilock.binding.shapes import (
    Content,
    Enumeration,
    Fixed,
    Form,
    Number,
    Raw,
    Reference,
    Rows,
    Sentinel,
    Shape,
    Single,
    Span,
    Terminated,
    Until,
    Value,
)
from abilock.binding.shapes import (
    Function as FunctionShape,
)
from abilock.diagnostics import catalog
from abilock.diagnostics.catalog import Code
from abilock.diagnostics.report import Report
from abilock.model.attributes import Attributes
from abilock.model.decls import Aggregate, Field, Library, Opaque, Parameter
from abilock.model.types import FunctionPointer, Named, Nested, Pointer, Scalar, Type, Void
from abilock.outputs.cffi.ages import report_ages
from abilock.outputs.cffi.cdef import cdef, cffi_naming
from abilock.outputs.cffi.clashes import report_clashes
from abilock.outputs.cffi.endings import Endings
from abilock.outputs.cffi.losses import report_losses
from abilock.outputs.cffi.package import Package
from abilock.outputs.cffi.passing import Passing
from abilock.outputs.spec import Layouts
from abilock.source import Span as Place

_HIDE = "`@hidden` leaves it out of Python"


def report_limits(library: Library, layouts: Layouts, report: Report) -> None:
    """Report what would be wrong, lost or untyped in the package of a library."""
    Limits(library, layouts, report).check()


@dataclass(frozen=True, slots=True)
class Function:
    """A function, with what messages call it. ``is_called``: by Python, and not only by C."""

    label: str
    call: Call
    attributes: Attributes
    place: Place | None
    is_called: bool = True


class Limits:
    """Judges what everything that crosses would become."""

    def __init__(self, library: Library, layouts: Layouts, report: Report) -> None:
        self._library = library
        self._report = report
        self._package = Package(library, cffi_naming(library))
        unsupported = frozenset(cdef(library, layouts).unsupported)
        self._passing = Passing(library, unsupported)
        self._ends = Endings(self._package, report)
        self._seen: set[str] = set()

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
            for method in package.forms.methods(name):
                call = package.objects.call(name, method)
                label = f"`{name}.{method.name}`"
                yield Function(label, call, method.attributes, method.member.span)
            for field in package.forms.data_fields(name):
                if not field.attributes.has("hidden") and not field.attributes.has("reserved"):
                    around = package.forms.attributes(name)
                    self._member(field, f"`{name}.{field.name}`", around)
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
            yield Function(f"`{declared.name}`", entry.call, declared.attributes, declared.span)

    def _endings(self) -> Iterator[str]:
        """Function types that only end what stands beside them, so that nobody sees them."""
        forms = self._package.forms
        for each in self._library.declarations:
            if not isinstance(each, Aggregate):
                continue
            ends = {word for field in each.fields for word in words(field.attributes.get("drop"))}
            ends.update(words(each.attributes.get("release")))
            for field in each.fields:
                if field.name in ends and isinstance(field.type, FunctionPointer):
                    yield forms.inline_name(field.type.signature)
                elif field.name in ends and isinstance(field.type, Named):
                    yield field.type.name

    # --- functions

    def _function(self, function: Function) -> None:
        call = function.call
        hidden = {call.context, call.handle, call.error, call.creates}
        if call.buffer is not None:
            hidden |= {call.buffer.pointer, call.buffer.capacity, call.buffer.written}
        self._ends.check_contexts(call.inputs, function.place)
        if call.outcome.truth is not None and (call.outs or call.out_lists or call.buffer):
            self._add(
                catalog.NO_BINDING,
                function.place,
                f"{function.label} says whether something is so, and Python drops what it writes",
                "leave out `@truth`: a failure is an exception then",
            )
        for each in call.signature.parameters:
            label = f"`{each.name}`" if each.name else f"a parameter of {function.label}"
            is_passed = self._by_value(each.type, label, each.span or function.place)
            if is_passed and each.name not in hidden:
                self._parameter(each, label, function, call)
        result = call.signature.result
        if result is None:
            return
        label = f"the result of {function.label}"
        if not self._by_value(result.type, label, function.place):
            return
        if call.creates is None:
            self._ends.check_use(result.type, result.own, result.attributes, label, function.place)
        if call.result is not None:
            self._shape(call.result, result.type, result.attributes, label, function.place)

    def _parameter(self, each: Parameter, label: str, function: Function, call: Call) -> None:
        place = each.span or function.place
        shape = next((item.shape for item in call.inputs if item.name == each.name), None)
        out = next((out for out in call.outs if out.name == each.name), None)
        if each.attributes.has("inout"):
            self._inout(None if each.own else shape, label, place)
            return
        if out is not None:
            self._ends.check_use(out.type, each.own, each.attributes, label, place)
            self._shape(out.shape, out.type, each.attributes, label, place)
            return
        listed = next((item.shape for item in call.out_lists if item.name == each.name), None)
        if isinstance(listed, Span):
            if listed.release.is_known:
                self._add(
                    catalog.NO_BINDING,
                    place,
                    f"{label} is an array of the caller, and the callee cannot hand it over",
                    "leave out the `own`: elements say by themselves what they own",
                )
            label = f"an element of {label}"
            self._shape(listed.element, listed.element_type, Attributes(), label, place)
        if shape is None:
            return
        self._ends.check_use(each.type, each.own, each.attributes, label, place)
        if function.is_called:
            self._ends.check_given(shape, label, place)
        if each.own and call.buffer is not None and call.buffer.retry is not None:
            self._add(
                catalog.NO_BINDING,
                place,
                f"{label} is handed over, and {function.label} is called again with more room: it would be"
                " handed over twice",
                "lend it for the call, or return what does not fit in another way",
            )
        self._shape(shape, each.type, each.attributes, label, place)
        if not each.own and not each.attributes.has("capacity"):
            self._written(shape, each.type, label, place)

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

    def _by_value(self, type_: Type, label: str, place: Place | None) -> bool:
        reason = self._passing.refusal(type_)
        if reason is not None:
            self._add(
                catalog.NO_BINDING,
                place,
                f"{label} crosses by value, and Python's libffi cannot pass {reason}",
                f"pass a pointer to it; {_HIDE}",
            )
        return reason is None

    # --- shapes

    def _shape(
        self, shape: Shape, type_: Type, said: Attributes, label: str, place: Place | None
    ) -> None:
        type_, said = self._package.forms.resolve(type_, said)
        if self._is_wide(shape, said):
            self._add(
                catalog.NO_BINDING,
                place,
                f"{label} is UTF-16, which Python packages do not convert",
                "leave out the encoding: `*const u16 @len(…)` is a list of numbers; or pass UTF-8",
            )
            return
        match shape:
            case Raw():
                self._raw(shape, type_, label, place)
            case (
                Span(element=element, element_type=inner)
                | Until(element=element, element_type=inner)
            ):
                self._shape(element, inner, Attributes(), f"an element of {label}", place)
            case Rows(row=row):
                self._shape(row, row.element_type, Attributes(), f"an element of {label}", place)
            case Fixed(element=element) if shape.content is Content.LIST:
                inner = getattr(type_, "element", Void())
                self._shape(element, inner, Attributes(), f"an element of {label}", place)
            case Sentinel(shape=Span() | Rows() | FunctionShape() | Until()):
                self._add(
                    catalog.NO_BINDING,
                    place,
                    f"{label} consists of several values, and `@none` is about one",
                    f"say `?` behind the pointer, and pass null for nothing; {_HIDE}",
                )
            case Sentinel(shape=inside):
                self._shape(inside, type_, said, label, place)
            case Value(name=name) | Reference(name=name):
                self._record(name, label, place)
            case _:
                return

    def _is_wide(self, shape: Shape, said: Attributes) -> bool:
        given = said.get("encoding")
        if given is not None and getattr(given.arguments[0], "text", "") == "utf16":
            return not isinstance(shape, (Number, Enumeration))
        if isinstance(shape, (Terminated, Span)):
            return shape.encoding == "utf16"
        return False

    def _raw(self, shape: Raw, type_: Type, label: str, place: Place | None) -> None:
        forms = self._package.forms
        resolved, _ = forms.resolve(shape.type, Attributes())
        hint = f"say what it means with an attribute; {_HIDE}"
        if isinstance(resolved, Nested):
            hint = "declare it as a struct of its own, and name that here"
        elif isinstance(resolved, Pointer):
            pointee, _ = forms.resolve(resolved.pointee, Attributes())
            if isinstance(pointee, Void) or (
                isinstance(pointee, Named) and isinstance(forms.declaration(pointee.name), Opaque)
            ):
                # An address is all that anybody has of it.
                return
            if isinstance(pointee, Scalar):
                words = (
                    "`@nul` or `@len(…)`"
                    if pointee.name == "c_char"
                    else "`@out`, `@inout` or `@len(…)`"
                )
                hint = f"say what is there: {words}; {_HIDE}"
        elif isinstance(resolved, Named):
            hint = f"pass the member that is meant, with a number that tells which; {_HIDE}"
        self._add(
            catalog.RAW_BINDING,
            place,
            f"Python has {label} as C has it, without a type",
            hint,
        )

    # --- records

    def _record(self, name: str, label: str, place: Place | None) -> None:
        declared = self._package.forms.declaration(name)
        if name in self._passing.unsupported:
            self._add(
                catalog.NO_BINDING,
                place,
                f"{label} is a `{name}`, whose layout cffi cannot be told",
                f"leave its layout to the compiler, or make it opaque; {_HIDE}",
            )
            return
        if name in self._seen or name in self._library.imported:
            return
        self._seen.add(name)
        if not isinstance(declared, Aggregate) or self._package.forms.form(name) is Form.OBJECT:
            return
        if declared.attributes.has("string") and self._is_wide(Raw(Void()), declared.attributes):
            self._add(
                catalog.NO_BINDING,
                declared.span,
                f"`{name}` is UTF-16, which Python packages do not convert",
                "leave out the encoding and say `@list(…)`: that is a list of numbers; or pass UTF-8",
            )
            return
        report_losses(self._package, declared, self._report)
        if self._package.forms.form(name) is Form.RECORD:
            self._ends.check_contexts(self._package.contents.record(name), declared.span)
        for field in self._fields(name):
            if field.attributes.has("hidden") or field.attributes.has("reserved"):
                continue
            if field.name is not None:
                self._member(field, f"`{name}.{field.name}`", declared.attributes)
            elif isinstance(field.type, Nested):
                self._add(
                    catalog.BINDING_LEFT_OUT,
                    field.span or declared.span,
                    f"Python's `{name}` has none of the members of the unnamed {_word(field.type)} in it",
                    "give it a name, or `@hidden`",
                )

    def _fields(self, name: str) -> Iterator[Field]:
        """The fields that a caller sees something of by themselves."""
        contents = self._package.contents
        form = self._package.forms.form(name)
        in_view: set[str | None] = set()
        if contents.has_view(name):
            view = contents.view(name)
            in_view = {view.pointer, view.length, view.capacity}
            span = self._package.forms.declaration(name).span
            self._shape(
                view.element, view.element_type, Attributes(), f"an element of `{name}`", span
            )
        if form in (Form.TEXT, Form.DATA, Form.LIST):
            return
        yield from (each for each in self._package.forms.fields(name) if each.name not in in_view)

    def _member(self, field: Field, label: str, around: Attributes) -> None:
        shape = self._package.parts.classifier.shape(
            field.type, field.attributes, field.own, around
        )
        match shape:
            case Value(name=name, behind_pointer=True) if not (
                field.own or around.has("owned") or not self._package.contents.owns(name)
            ):
                self._add(
                    catalog.NO_BINDING,
                    field.span,
                    f"{label} is lent, and what is behind it is owned: nobody knows who ends it",
                    f"say `own` if it goes with the struct, or make `{name}` lend what it leads to",
                )
                return
            case _:
                pass
        self._ends.check_use(field.type, field.own, field.attributes, label, field.span)
        if self._package.forms.signature(field.type) is None:
            self._shape(shape, field.type, field.attributes, label, field.span)

    def _add(self, code: Code, place: Place | None, message: str, hint: str) -> None:
        self._report.add(code, place, message, hint=hint)


def _word(nested: Nested) -> str:
    return "union" if nested.aggregate.is_union else "struct"
