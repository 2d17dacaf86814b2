"""What Python cannot have of the types that cross, or has only as C has them."""

from __future__ import annotations

from collections.abc import Iterator

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
from abilock.model.decls import Opaque
from abilock.model.types import Aggregate, Field, Named, Nested, Pointer, Scalar, Type, Void
from abilock.outputs.cffi.endings import Endings
from abilock.outputs.cffi.losses import report_losses
from abilock.outputs.cffi.package import Package
from abilock.outputs.cffi.passing import Passing
from abilock.source import Span as Place

_HIDE = "`@hidden` leaves it out of Python"


class ShapeLimits:
    """Judges types where they are used, and each record once."""

    def __init__(self, package: Package, passing: Passing, ends: Endings, report: Report) -> None:
        self._package = package
        self._passing = passing
        self._ends = ends
        self._report = report
        self._seen: set[str] = set()

    def by_value(self, type_: Type, label: str, place: Place | None) -> bool:
        reason = self._passing.refusal(type_)
        if reason is not None:
            self._add(
                catalog.NO_BINDING,
                place,
                f"{label} crosses by value, and Python's libffi cannot pass {reason}",
                f"pass a pointer to it; {_HIDE}",
            )
        return reason is None

    def check(
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
            case Raw(is_place=True):
                return
            case Raw():
                self._raw(shape, type_, label, place)
            case Span(content=Content.DATA, element_type=Void()):
                # Untyped memory of a known size is bytes.
                return
            case (
                Span(element=element, element_type=inner)
                | Until(element=element, element_type=inner)
            ):
                self.check(element, inner, Attributes(), f"an element of {label}", place)
            case Rows(row=row):
                self.check(row, row.element_type, Attributes(), f"an element of {label}", place)
            case Fixed(element=element) if shape.content is Content.LIST:
                inner = getattr(type_, "element", Void())
                self.check(element, inner, Attributes(), f"an element of {label}", place)
            case Sentinel(shape=Span() | Rows() | FunctionShape() | Until()):
                self._add(
                    catalog.NO_BINDING,
                    place,
                    f"{label} consists of several values, and `@none` is about one",
                    f"say `?` behind the pointer, and pass null for nothing; {_HIDE}",
                )
            case Sentinel(shape=inside):
                self.check(inside, type_, said, label, place)
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

    def _record(self, name: str, label: str, place: Place | None) -> None:
        declared = self._package.forms.declaration(name)
        if name in self._passing.unsupported:
            self._add(
                catalog.NO_BINDING,
                place,
                f"{label} is a `{name}`, whose layout cffi cannot be told",
                "leave its layout to the compiler, name what is written out inside, or make it opaque;"
                f" {_HIDE}",
            )
            return
        if name in self._seen or name in self._package.library.imported:
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
                self.member(field, f"`{name}.{field.name}`", declared.attributes)
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
            self.check(
                view.element, view.element_type, Attributes(), f"an element of `{name}`", span
            )
        if form in (Form.TEXT, Form.DATA, Form.LIST):
            return
        yield from (each for each in self._package.forms.fields(name) if each.name not in in_view)

    def member(self, field: Field, label: str, around: Attributes) -> None:
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
            self.check(shape, field.type, field.attributes, label, field.span)

    def _add(self, code: Code, place: Place | None, message: str, hint: str) -> None:
        self._report.add(code, place, message, hint=hint)


def _word(nested: Nested) -> str:
    return "union" if nested.aggregate.is_union else "struct"
