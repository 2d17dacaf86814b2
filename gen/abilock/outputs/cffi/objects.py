"""Which declared types are objects, and what their members are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from abilock.binding.calls import Call
from abilock.binding.forms import NOTHING, Method, words
from abilock.binding.shapes import Form, Item
from abilock.model.attributes import Attributes
from abilock.model.decls import Alias, Opaque, Vtable, members_of
from abilock.model.naming import python_name
from abilock.model.types import Aggregate, Field, Named, Pointer, Scalar, Type
from abilock.model.version import Version
from abilock.outputs.cffi.parts import Parts
from abilock.outputs.cffi.signatures import Place, handle_class


class Objects:
    """The objects of one library."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._calls: dict[tuple[str, str], Call] = {}
        self._ended: dict[str, frozenset[str]] = {}

    def objects(self) -> tuple[str, ...]:
        """Declared types that are classes of objects; tables are not, where pairs lead to them."""
        return self._objects

    @cached_property
    def _objects(self) -> tuple[str, ...]:
        return tuple(
            each.name
            for each in self._parts.library.declarations
            if isinstance(each, (Vtable, Aggregate, Opaque, Alias))
            and self._parts.forms.form(each.name) in (Form.OBJECT, Form.PAIR, Form.RESOURCE)
            and not self._is_only_table(each.name)
        )

    def _is_only_table(self, name: str) -> bool:
        return self._parts.forms.attributes(name).has("context") and bool(
            self._parts.forms.pairs(name)
        )

    def tables(self) -> tuple[str, ...]:
        """Declared types that have functions, each once."""
        return tuple(self._by_table)

    def users(self, table: str) -> tuple[str, ...]:
        """The objects that have this table."""
        return tuple(self._by_table[table])

    @cached_property
    def _by_table(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name in self.objects():
            found.setdefault(self._parts.forms.table(name), []).append(name)
        return found

    def handles(self, name: str) -> dict[str, list[Method]]:
        """The handle classes of an object: their methods, by class name."""
        found: dict[str, list[Method]] = {}
        for method in self._parts.forms.methods(name):
            call = self.call(name, method)
            if call.creates is not None:
                found.setdefault(handle_class(call.creates), [])
        for method in self._parts.forms.methods(name):
            call = self.call(name, method)
            if call.handle is not None and call.creates is None:
                found.setdefault(handle_class(call.handle), []).append(method)
        return found

    def pair(self, name: str) -> tuple[str, ...]:
        """The members of a context and table pair that are these. ex) ``("self", "vtable")``"""
        return words(self._parts.forms.attributes(name).get("object"))

    def call(self, name: str, method: Method) -> Call:
        """How a function of an object is called."""
        found = self._calls.get((name, method.name))
        if found is None:
            found = self._calls[name, method.name] = self._made_call(name, method)
        return found

    def _made_call(self, name: str, method: Method) -> Call:
        call = self._parts.calls.call(
            method.signature, method.attributes, self._parts.forms.attributes(name), method.context
        )
        create = method.attributes.get("create")
        if create is None or create.arguments:
            return call
        return self._parts.calls.returning_handle(call, self._returned_handle(name, method))

    def _returned_handle(self, name: str, creating: Method) -> str:
        """What the functions of a handle call it, which a function returns."""
        result = creating.signature.result
        assert result is not None
        handles = [
            each
            for method in self._parts.forms.methods(name)
            for word in ("handle", "destroy")
            for each in method.signature.parameters
            if each.name in words(method.attributes.get(word))
        ]
        # Two kinds of handles may be one type in C; then their aliases tell which is which.
        for read in (_present, self._behind_aliases):
            for each in handles:
                if read(each.type) == read(result.type):
                    return str(each.name)
        return "handle"

    def _behind_aliases(self, type_: Type) -> Type:
        resolved, _ = self._parts.forms.resolve(type_, NOTHING)
        return _present(resolved)

    def place(self, name: str, method: Method) -> Place:
        """Where a function of the table ``name`` is."""
        since = method.attributes.version("since")
        return Place(
            carrier=f"{python_name(name)}_{python_name(method.name)}",
            where=f"{name}.{method.name}",
            label=self._label(name, method),
            first=("table",),
            since=version_tuple(since) if since else None,
            optional=self._parts.names.at("table", method.name)
            if method.optional or since
            else None,
            lacking=f"is there since {since}" if since and not method.optional else "is optional",
            passes_context=method.context is not None and self._parts.forms.state(name) is None,
            ends_callbacks=method.name if method.name in self._parts.forms.events else None,
            handle=self._ended_handle(name, method),
            python=self._parts.names.method(method, self.owner(name)),
        )

    def _ended_handle(self, name: str, method: Method) -> str | None:
        """The class of handles that a function is about, if these end."""
        call = self.call(name, method)
        about = call.creates or call.handle
        kind = handle_class(about) if about is not None else None
        return kind if kind in self._endings_of(name) else None

    def _endings_of(self, name: str) -> frozenset[str]:
        """The classes of handles that have an end, and are known by a number or an address."""
        found = self._ended.get(name)
        if found is None:
            calls = [self.call(name, method) for method in self._parts.forms.methods(name)]
            found = frozenset(
                handle_class(parameter.name or "")
                for call in calls
                for parameter in call.signature.parameters
                if call.ends is not None and parameter.name == call.handle
                if self._is_address_or_number(parameter.type)
            )
            self._ended[name] = found
        return found

    def _is_address_or_number(self, type_: Type) -> bool:
        resolved, _ = self._parts.forms.resolve(type_, NOTHING)
        return isinstance(resolved, Pointer | Scalar)

    def _label(self, name: str, method: Method) -> str:
        """ex) ``Source.start`` for ``start_fn`` of ``SourceVtable``"""
        pairs = self._parts.forms.pairs(name)
        owner = self._parts.names.type(pairs[0] if len(pairs) == 1 else name)
        own = self._parts.names.method(method, self._parts.forms.attributes(name))
        return f"{owner}.{'close' if method.is_drop else own}"

    def is_clone(self, name: str, method: Method) -> bool:
        return method.name in words(self._parts.forms.attributes(name).get("clone"))

    def serves(self, name: str, method: Method) -> bool:
        """Whether it ends, clones or counts the object, so that nobody calls it by its name."""
        is_counting = method.name in self._parts.forms.counting(name)[:1]
        return method.is_drop or is_counting or self.is_clone(name, method)

    def is_cloned_by(self, name: str, method: Method) -> bool:
        """Whether this makes clones of an object whose state is in its table."""
        return (
            self.is_clone(name, method)
            and not method.optional
            and self._parts.forms.form(name) is Form.OBJECT
            and self._parts.forms.state(name) is not None
        )

    def adapts(self, name: str) -> bool:
        """Whether Python objects can be handed over as this."""
        if self._parts.forms.form(name) is Form.RESOURCE or self.handles(name):
            return False
        # What counts references knows none but the plugin's own objects.
        if self._parts.forms.counting(name):
            return False
        # Python has no variadic functions for C to call; one that may be null is.
        return all(
            method.optional or not method.signature.variadic
            for method in self._parts.forms.methods(name)
        )

    def items(self, name: str) -> tuple[Item, ...]:
        hidden = ("hidden", "reserved", "struct_size")
        fields = [
            field
            for field in self._parts.forms.data_fields(name)
            if not any(field.attributes.has(word) for word in hidden)
        ]
        release = self._parts.contents.release(name)
        ends = {release.member, *release.arguments}
        seen = [field for field in fields if field.name not in ends]
        return self._parts.calls.classifier.items(seen, self._parts.forms.attributes(name))

    def copied(self, name: str, pointer: str) -> str:
        """The expression for a copy of a table, as much of it as the plugin's version has."""
        ctype = self._parts.names.struct(name, " *")
        steps = ", ".join(self._steps(name))
        if not steps:
            return f"lib.moved({ctype!r}, {pointer}[0])"
        return f"lib.prefix({ctype!r}, {pointer}, ({steps},))"

    def _steps(self, name: str) -> Iterator[str]:
        """Members from the first that came later on, and since when; None of one that was always there."""
        is_later = False
        for member in members_of(self._parts.forms.by_name[name]):
            since = member.attributes.version("since")
            is_later = is_later or since is not None
            if is_later and member.name is not None:
                told = version_tuple(since) if since else "None"
                yield f"({self._parts.names.c(member.name)!r}, {told})"

    def owner(self, name: str) -> Attributes:
        return self._parts.forms.attributes(self._parts.forms.table(name))

    def is_moved(self, name: str) -> bool:
        """Whether what the object holds is taken out of it when it arrives."""
        declared = self._parts.forms.declaration(name)
        return (
            isinstance(declared, Aggregate)
            and self._parts.forms.form(name) is Form.OBJECT
            and any(self._parts.contents.shape_owns(item.shape) for item in self.items(name))
        )

    def default(self, field: Field) -> str:
        """The value of ``@default`` in Python."""
        classifier = self._parts.classifier
        shape = classifier.shape(field.type, field.attributes, False)
        value, _ = classifier.default(shape, field.attributes)
        return self._parts.names.default(shape, value)


def _present(type_: Type) -> Type:
    """The type of a handle that is there."""
    return replace(type_, nullable=False) if isinstance(type_, (Named, Pointer)) else type_


def version_tuple(version: Version) -> str:
    """ex) ``(0, 8, 2, 1)``; a pre-release sorts before its release"""
    return f"({version.major}, {version.minor}, {version.patch}, {0 if version.pre else 1})"
