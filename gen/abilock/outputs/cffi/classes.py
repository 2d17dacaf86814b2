"""Classes of objects: what both sides implement, and the other side's as proxies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from abilock.binding.calls import Call
from abilock.binding.forms import Method
from abilock.binding.shapes import Form
from abilock.model.attributes import Attributes
from abilock.model.c_names import declared_c_name
from abilock.model.types import Doc, Field
from abilock.outputs.cffi.code import Code, shadowed, shielded, told_at_end
from abilock.outputs.cffi.entries import Entries, Entry
from abilock.outputs.cffi.names import Role
from abilock.outputs.cffi.objects import Objects, version_tuple
from abilock.outputs.cffi.parts import Parts
from abilock.outputs.cffi.prose import python_remarks, raises
from abilock.outputs.cffi.signatures import Signatures
from abilock.outputs.cffi.streams import Offer, Streams


@dataclass(frozen=True, slots=True)
class Offered:
    """A member by its name in Python, and what tells whether it is there: a slot that is not null, the
    version that has it first, a symbol. Each is a Python literal."""

    name: str
    slot: str
    since: str
    symbol: str


@dataclass(frozen=True, slots=True)
class ClassCode:
    """A class. ex) ``SourceProxy(Proxy, Source)``"""

    head: str
    docstring: tuple[str, ...]
    methods: tuple[Code, ...]
    shields: tuple[str, ...] = ()
    offered: tuple[Offered, ...] = ()

    @property
    def name(self) -> str:
        return self.head.partition("(")[0]


def shielded_class(given: ClassCode) -> ClassCode:
    """The class with annotations that mean Python's words, whatever its methods are called."""
    words = shadowed(code.head.partition("(")[0] for code in given.methods)
    if not words:
        return given
    return replace(
        given,
        methods=tuple(
            replace(
                code,
                head=shielded(code.head, words),
                decorators=tuple(shielded(each, words) for each in code.decorators),
            )
            for code in given.methods
        ),
        shields=words,
    )


class Classes:
    """The classes of one library."""

    def __init__(
        self,
        parts: Parts,
        objects: Objects,
        signatures: Signatures,
        entries: Entries,
        streams: Streams,
    ) -> None:
        self._parts = parts
        self._objects = objects
        self._functions = signatures
        self._entries = entries
        self._streams = streams

    def interface(self, name: str) -> ClassCode:
        """What either side implements, with the documentation."""
        declared = self._parts.forms.declaration(name)
        return ClassCode(
            head=f"{self._parts.names.type(name)}(Protocol)",
            docstring=self._parts.prose.docstring(
                (*declared.doc.lines, *python_remarks(declared.attributes))
            )
            or (f"An object of the type {name}.",),
            methods=(
                *(
                    self._attribute(field, annotation)
                    for field, annotation in self._data(name, Role.PROMISED)
                ),
                *(self._signature(name, method) for method in self._visible(name)),
            ),
        )

    def _data(self, name: str, role: Role) -> Iterator[tuple[Field, str]]:
        fields = self._parts.forms.data_fields(name)
        items = {item.name: item for item in self._objects.items(name)}
        for field in fields:
            item = items.get(field.name or "")
            if item is not None:
                yield field, self._parts.names.of(role).annotation(item.shape)

    def _attribute(self, field: Field, annotation: str) -> Code:
        """A field as both sides have it; one with a value of its own need not be given."""
        has_default = field.attributes.has("default")
        return Code(
            f"{self._parts.names.data(field.name or '', field.attributes)}(self) -> {annotation}",
            (f"return {self._objects.default(field)}" if has_default else "...",),
            self._parts.prose.docstring((*field.doc.lines, *python_remarks(field.attributes))),
            ("property",) if has_default else ("property", "abc.abstractmethod"),
        )

    def _visible(self, name: str) -> Iterator[Method]:
        """Methods of the object itself: neither its end, nor those of its handles."""
        for method in self._parts.forms.methods(name):
            call = self._objects.call(name, method)
            if self._objects.serves(name, method):
                continue
            if call.handle is not None and call.creates is None:
                continue
            yield method

    def _signature(self, name: str, method: Method) -> Code:
        call = self._objects.call(name, method)
        own = self._parts.names.method(method, self._objects.owner(name))
        body = (f"raise NotImplementedError({own!r})",) if method.optional else ("...",)
        if call.absent is not None and call.result is None:
            body = ("return None",)
        decorators = () if method.optional else ("abc.abstractmethod",)
        if method.attributes.has("get") and not call.inputs:
            decorators = ("property", *decorators)
        head = self._head(name, method, call, Role.PROMISED)
        return Code(head, body, self._docs(method, call), decorators)

    def _head(self, name: str, method: Method, call: Call, role: Role = Role.ARRIVED) -> str:
        parameters = ", ".join(("self", *self._functions.parameters(call)))
        own = self._parts.names.method(method, self._objects.owner(name))
        return f"{own}({parameters}) -> {self._functions.returns(call, role)}"

    def _docs(self, method: Method, call: Call) -> tuple[str, ...]:
        return self._documented(method.member.doc, method.attributes, call)

    def _documented(self, doc: Doc, attributes: Attributes, call: Call) -> tuple[str, ...]:
        lines = [*doc.lines, *python_remarks(attributes)]
        described = [item for item in call.inputs if item.doc.lines]
        if described:
            lines += ["", "Args:"]
            for item in described:
                first, *rest = item.doc.lines
                lines.append(f"    {self._functions.local(item)}: {first}")
                lines += [f"        {line}" for line in rest]
        lines += raises(call, self._parts.names)
        return self._parts.prose.docstring(lines)

    def proxy(self, name: str) -> ClassCode:
        """The other side's object."""
        kind = self._parts.names.type(name)
        is_resource = self._parts.forms.form(name) is Form.RESOURCE
        methods = [
            self._property(name, field, text) for field, text in self._data(name, Role.ARRIVED)
        ]
        methods += [self._method(name, method) for method in self._visible(name)]
        methods += [self._of_entry(entry) for entry in self._entries.methods(name)]
        methods += [
            self._clone(name, method)
            for method in self._parts.forms.methods(name)
            if self._objects.is_cloned_by(name, method)
        ]
        methods += self._streams.methods(
            (*self._offers(name, self._visible(name)), *self._entry_offers(name)), _names(methods)
        )
        return ClassCode(
            head=f"{kind}(Proxy)" if is_resource else f"{kind}Proxy(Proxy, {kind})",
            docstring=self._about_resource(name)
            if is_resource
            else (f"The other side's :class:`{kind}`.",),
            methods=tuple(methods),
            offered=(*self._offered(name), *self._offered_entries(name)),
        )

    def _offers(self, name: str, methods: Iterable[Method]) -> Iterator[Offer]:
        """Functions that are called by their names."""
        for method in methods:
            call = self._objects.call(name, method)
            if not (method.attributes.has("get") and not call.inputs):
                yield Offer(self._parts.names.method(method, self._objects.owner(name)), call)

    def _entry_offers(self, name: str) -> Iterator[Offer]:
        for entry in self._entries.methods(name):
            yield Offer(self._entries.method_name(entry.declared), entry.call)

    def _offered(self, name: str) -> Iterator[Offered]:
        for field, _ in self._data(name, Role.ARRIVED):
            since = field.attributes.version("since")
            python = self._parts.names.data(field.name or "", field.attributes)
            yield Offered(repr(python), "None", version_tuple(since) if since else "None", "None")
        visible = tuple(self._visible(name))
        for method in self._parts.forms.methods(name):
            if method in visible or self._objects.is_cloned_by(name, method):
                yield self._offered_slot(name, method)

    def _offered_slot(self, name: str, method: Method) -> Offered:
        place = self._objects.place(self._parts.forms.table(name), method)
        slot = repr(self._parts.names.c(method.name)) if place.optional is not None else "None"
        python = self._parts.names.method(method, self._objects.owner(name))
        return Offered(repr(python), slot, str(place.since), "None")

    def _offered_entries(self, name: str) -> Iterator[Offered]:
        for entry in self._entries.methods(name):
            python = self._entries.method_name(entry.declared)
            symbol = declared_c_name(entry.declared)
            yield Offered(repr(python), "None", str(entry.place.since), repr(symbol))

    def _about_resource(self, name: str) -> tuple[str, ...]:
        declared = self._parts.forms.declaration(name)
        lines = (*declared.doc.lines, *python_remarks(declared.attributes))
        return self._parts.prose.docstring(lines) or (f"The other side's `{name}`.",)

    def _of_entry(self, entry: Entry) -> Code:
        """A function of a handle, during which the handle does not end."""
        call = entry.call
        given = ", ".join(("self._abi_lib", "table", *self._functions.passed(call)))
        made = f"call_{entry.place.carrier}({given})"
        if entry.makes_child:
            made = f"self._abi_parent_of({made}, _abi_use)"
        returns = self._functions.returns(call)
        word = "" if returns == "None" else "return "
        parameters = ", ".join(("self", *self._functions.parameters(call)))
        return Code(
            f"{self._entries.method_name(entry.declared)}({parameters}) -> {returns}",
            _using(f"{word}{made}"),
            self._documented(entry.declared.doc, entry.declared.attributes, call),
        )

    def _clone(self, name: str, method: Method) -> Code:
        carrier = self._objects.place(name, method).carrier
        own = self._parts.names.method(method, self._objects.owner(name))
        return Code(
            f"{own}(self) -> {self._parts.names.type(name)}Proxy",
            _using(f"return self._abi_call.{carrier}(table)"),
            self._parts.prose.docstring(
                (*method.member.doc.lines, *python_remarks(method.attributes))
            ),
        )

    def handle(self, name: str, kind: str, methods: list[Method]) -> ClassCode:
        """What a creating function makes."""
        visible = [each for each in methods if self._objects.call(name, each).ends is None]
        codes = [self._method(name, each, documented=True) for each in visible]
        codes += self._streams.methods(tuple(self._offers(name, visible)), _names(codes))
        return ClassCode(
            head=f"{kind}(Proxy)",
            docstring=(
                f"What :class:`{self._parts.names.type(name)}` creates; it ends before that does.",
            ),
            methods=tuple(codes),
            offered=tuple(self._offered_slot(name, each) for each in visible),
        )

    def _property(self, name: str, field: Field, annotation: str) -> Code:
        items = {item.name: item for item in self._objects.items(name)}
        item = items[field.name or ""]
        value = self._parts.lifting.lift(item.shape, item.name, self._in_table, take=False)
        is_moved = self._objects.is_moved(name)
        python = self._parts.names.data(field.name or "", field.attributes)
        since = field.attributes.version("since")
        label = f"{self._parts.names.type(name)}.{python}"
        gate = (f"self._abi_lib.require({version_tuple(since)}, {label!r})",) if since else ()
        body = _using(
            *gate,
            *(
                (f"return self._abi_taken({field.name!r})",)
                if is_moved
                else ("lib = self._abi_lib", f"return {value}")
            ),
        )
        return Code(
            f"{python}(self) -> {annotation}",
            body,
            self._parts.prose.docstring((*field.doc.lines, *python_remarks(field.attributes))),
            ("property",),
        )

    def _method(self, name: str, method: Method, documented: bool = False) -> Code:
        call = self._objects.call(name, method)
        table = self._parts.forms.table(name)
        place = self._objects.place(table, method)
        given = ", ".join(
            (
                "table",
                *(("self._abi_context",) if place.passes_context or call.handle else ()),
                *self._functions.passed(call),
            )
        )
        made = f"self._abi_call.{place.carrier}({given})"
        if call.creates is not None:
            made = f"self._abi_parent_of({made}, _abi_use)"
        word = "" if self._functions.returns(call) == "None" else "return "
        body = _using(f"{word}{made}")
        decorators = ("property",) if method.attributes.has("get") and not call.inputs else ()
        docs = self._docs(method, call) if documented else ()
        return Code(self._head(name, method, call), body, docs, decorators)

    def _in_table(self, member: str) -> str:
        return self._parts.names.at("table", member)


def _names(methods: Iterable[Code]) -> tuple[str, ...]:
    return tuple(code.head.partition("(")[0] for code in methods)


def _using(*lines: str) -> tuple[str, ...]:
    """What is done with an object that does not end meanwhile; no traceback may hold on to that."""
    return (
        "_abi_use = self._abi_use",
        *told_at_end(
            "table = self._abi_table",
            "if table is None:",
            "    raise self._abi_closed()",
            *lines,
            finals=("del _abi_use",),
        ),
    )
