"""What is inside a declared struct that is text, bytes, a list, a result, an error or a record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from abilock.binding.classify import Classifier, encoding_of
from abilock.binding.forms import NOTHING, Forms, words
from abilock.binding.shapes import (
    Content,
    Enumeration,
    Fixed,
    Form,
    Function,
    Item,
    Number,
    Reference,
    Release,
    Rows,
    Sentinel,
    Shape,
    Single,
    Span,
    Terminated,
    Until,
    Value,
)
from abilock.model.decls import EnumDecl, EnumKind
from abilock.model.types import Aggregate, Field, Pointer, Type

_CONTENTS = {Form.TEXT: Content.TEXT, Form.DATA: Content.DATA, Form.LIST: Content.LIST}


@dataclass(frozen=True, slots=True)
class View:
    """Text, bytes or a list: the members that are its pointer, length and capacity."""

    content: Content
    pointer: str
    length: str
    capacity: str | None
    element: Shape
    element_type: Type
    mutable: bool
    encoding: str
    release: Release


@dataclass(frozen=True, slots=True)
class ResultView:
    """An outcome: ``code`` that is 0 on success, or text in ``message`` that is empty then.

    ``found``: the member that is false where there is no value. ``view``: the value is text, bytes or a
    list in place; else ``values`` are what success brings.
    """

    code: str | None
    message: Item | None
    found: str | None
    view: View | None
    values: tuple[Item, ...]

    @property
    def facts(self) -> tuple[Item, ...]:
        """Numbers that may also come beside the text of a failure."""
        if self.code is not None or self.message is None:
            return ()
        return tuple(each for each in self.values if isinstance(each.shape, (Number, Enumeration)))


@dataclass(frozen=True, slots=True)
class ErrorView:
    """The reason of a failure: text, and other fields that describe it."""

    text: Item
    length: str | None
    fields: tuple[Item, ...]
    release: Release


class Contents:
    """Answers about the structs of one library."""

    def __init__(self, forms: Forms, classifier: Classifier) -> None:
        self._forms = forms
        self._classifier = classifier
        self._asked: set[str] = set()

    def inside(self, name: str) -> Iterator[str]:
        """The structs for which a struct stands that is nothing besides: elements, or its one value."""
        form = self._forms.form(name)
        shapes: list[Shape] = []
        if self.has_view(name):
            shapes.append(self.view(name).element)
        elif form in (Form.RESULT, Form.OPTIONAL):
            values = self.result(name).values
            shapes.extend(each.shape for each in values if len(values) == 1)
        for shape in shapes:
            while isinstance(shape, (Span, Until, Fixed, Sentinel)):
                shape = shape.shape if isinstance(shape, Sentinel) else shape.element
            if isinstance(shape, Value):
                yield shape.name

    def view(self, name: str) -> View:
        """Of a struct of the form text, data or list, or of a result that is one besides."""
        attributes = self._forms.attributes(name)
        form, given = next(
            (form, given)
            for word, form in (("string", Form.TEXT), ("bytes", Form.DATA), ("list", Form.LIST))
            if (given := words(attributes.get(word)))
        )
        fields = {each.name: each for each in self._forms.fields(name)}
        pointer = fields[given[0]]
        led, said = self._forms.resolve(pointer.type, pointer.attributes)
        assert isinstance(led, Pointer)
        release = self._forms.release(said, attributes)
        if self.ending(name) is not None and release.entry == self.ending(name):
            release = Release()
        return View(
            content=_CONTENTS[form],
            pointer=given[0],
            length=given[1],
            capacity=given[2] if len(given) > 2 else None,
            element=self._classifier.shape(led.pointee, NOTHING, release.is_known),
            element_type=led.pointee,
            mutable=led.mutable,
            encoding=encoding_of(attributes) or "utf-8",
            release=release,
        )

    def is_lent_memory(self, name: str) -> bool:
        """Whether it is bytes that the receiver may change in place."""
        view = self.view(name)
        return view.content is Content.DATA and view.mutable and not view.release.is_known

    def has_view(self, name: str) -> bool:
        attributes = self._forms.attributes(name)
        return any(attributes.has(word) for word in ("string", "bytes", "list"))

    def result(self, name: str) -> ResultView:
        """Of a struct of the form result or optional."""
        attributes = self._forms.attributes(name)
        given = words(attributes.get("result"))
        code = given[0] if given else None
        told = given[1] if len(given) > 1 else next(iter(words(attributes.get("failure"))), None)
        items = {each.name: each for each in self.items(name)}
        found = next(iter(words(attributes.get("optional"))), None)
        view = self.view(name) if self.has_view(name) else None
        in_view = {view.pointer, view.length, view.capacity} if view else set()
        marked = {
            each.name for each in self._forms.fields(name) if each.attributes.has("value")
        } | set(given[2:])
        if not marked and not given:
            marked = set(items)
        values = tuple(
            item
            for item in items.values()
            if item.name in marked and item.name not in {code, told, found} | in_view
        )
        return ResultView(code, items.get(told) if told else None, found, view, values)

    def error(self, name: str) -> ErrorView:
        """Of an error buffer."""
        attributes = self._forms.attributes(name)
        given = words(attributes.get("error_buffer"))
        items = {each.name: each for each in self.items(name)}
        length = given[1] if len(given) > 1 else None
        release = self.release(name)
        hidden = {given[0], length, release.member, *release.arguments}
        fields = tuple(item for item in items.values() if item.name not in hidden)
        return ErrorView(items[given[0]], length, fields, release)

    def release(self, name: str) -> Release:
        """How the content of a struct ends that says so with ``@release`` or ``@drop``."""
        declared = self._forms.declaration(name)
        attributes = self._forms.attributes(name)
        given = words(attributes.get("release"))
        if not given and isinstance(declared, Aggregate):
            given = words(attributes.get("drop"))
        return Release(member=given[0], arguments=given[1:]) if given else Release()

    def given_to_end(self, declared: Aggregate) -> int | None:
        """How many pointers lead to the struct in what its end gets: none if that is the struct itself,
        and nothing if it is a field."""
        end = self._forms.end_field(declared)
        if end is None or len(words(declared.attributes.get("release"))) > 1:
            return None
        signature = self._forms.signature(end.type)
        assert signature is not None
        taken = self._forms.resolve(signature.parameters[0].type, NOTHING)[0]
        count = 0
        while isinstance(taken, Pointer):
            taken, count = self._forms.resolve(taken.pointee, NOTHING)[0], count + 1
        return count

    def ending(self, name: str) -> str | None:
        """The entry that ends a whole struct with all that it holds, as ``@free`` says of it."""
        return self._forms.release(NOTHING, self._forms.attributes(name)).entry

    def items(self, name: str) -> tuple[Item, ...]:
        """What a caller sees of the fields."""
        items = self._classifier.items(tuple(self._seen(name)), self._forms.attributes(name))
        return tuple(self._of_owner(item, name) for item in items)

    def _of_owner(self, item: Item, name: str) -> Item:
        """The item, knowing the struct that it is in where that is how it ends."""
        match item.shape:
            case Span(release=Release(member=str(member))) as span:
                field = next(each for each in self._forms.fields(name) if each.name == member)
                signature = self._forms.signature(field.type)
                # The function takes the content, and as many lengths as it has room for.
                count = len(signature.parameters) - 1 if signature is not None else 0
                arguments = span.release.arguments[:count]
                release = replace(span.release, owner=name, arguments=arguments)
                return replace(item, shape=replace(span, release=release))
            case _:
                return item

    def record(self, name: str) -> tuple[Item, ...]:
        """The fields of a record: without what only serves to end it."""
        release = self.release(name)
        hidden = {release.member, *release.arguments, self._forms.size_field(name)}
        return tuple(item for item in self.items(name) if item.name not in hidden)

    def _seen(self, name: str) -> Iterator[Field]:
        for field in self._forms.fields(name):
            if not field.attributes.has("hidden") and not field.attributes.has("reserved"):
                yield field

    # --- ownership

    def owns(self, name: str) -> bool:
        """Whether somebody who gets a struct of this type has something to end."""
        if name in self._asked:
            # It is inside of itself, where it adds nothing to what it owns besides.
            return False
        self._asked.add(name)
        try:
            return self._owns(name)
        finally:
            self._asked.discard(name)

    def _owns(self, name: str) -> bool:
        form = self._forms.form(name)
        if form not in (Form.OBJECT, Form.PAIR, Form.RAW, Form.RESOURCE) and self.ending(name):
            return True
        if form in (Form.TEXT, Form.DATA, Form.LIST):
            view = self.view(name)
            return view.release.is_known or self.shape_owns(view.element)
        if form in (Form.OBJECT, Form.PAIR, Form.RAW, Form.RESOURCE):
            return False
        if self.release(name).is_known:
            return True
        if self.has_view(name) and self.view(name).release.is_known:
            return True
        return any(self.shape_owns(item.shape) for item in self.items(name))

    def ends_here(self, shape: Shape) -> bool:
        """Whether something of what arrives is ours; what is owned inside of a struct is, also behind a
        pointer."""
        is_inside = isinstance(shape, Value) and self.owns(shape.name)
        return is_inside or self.shape_owns(shape)

    def may_be_refused(self, shape: Shape) -> bool:
        """Whether something may arrive that this cannot be."""
        return self._may_be_refused(shape, set())

    def may_be_lost(self, shapes: Sequence[Shape]) -> bool:
        """Whether one of them may be refused while another one is ours already, or would be after it."""
        ours = [number for number, shape in enumerate(shapes) if self.ends_here(shape)]
        refused = [number for number, shape in enumerate(shapes) if self.may_be_refused(shape)]
        return any(one != other for one in ours for other in refused)

    def _may_be_refused(self, shape: Shape, seen: set[str]) -> bool:
        """``seen``: structs that were asked already."""
        match shape:
            case Enumeration(name=name):
                declared = self._forms.declaration(name)
                return isinstance(declared, EnumDecl) and declared.kind is EnumKind.CLOSED
            case Sentinel(shape=inner) | Rows(row=inner):
                return self._may_be_refused(inner, seen)
            case Span(element=element) | Until(element=element) | Fixed(element=element):
                return self._may_be_refused(element, seen)
            case Single(shape=inner, nullable=nullable):
                return not nullable or self._may_be_refused(inner, seen)
            case Value(behind_pointer=True, nullable=False) | Reference():
                return True
            case Value(name=name) if name not in seen:
                seen.add(name)
                form = self._forms.form(name)
                if form is Form.LIST:
                    return self._may_be_refused(self.view(name).element, seen)
                is_plain = form in (Form.TEXT, Form.DATA)
                inside = () if is_plain else self.items(name)
                return form is Form.RESULT or any(
                    self._may_be_refused(item.shape, seen) for item in inside
                )
            case _:
                return False

    def shape_owns(self, shape: Shape) -> bool:
        match shape:
            case Terminated(release=release) | Until(release=release):
                return release.is_known
            case Span(release=release, element=element):
                return release.is_known or self.shape_owns(element)
            case Rows(span=span):
                return span.release.is_known
            case Value(behind_pointer=True, release=release):
                return release.is_known
            case Value(name=name):
                return self.owns(name)
            case Reference(own=own):
                return own
            case Fixed(element=element):
                return self.shape_owns(element)
            case Sentinel(shape=inner):
                return self.shape_owns(inner)
            case Function():
                return False
            case _:
                return False
