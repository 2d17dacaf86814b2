"""Everything that a library's Python package consists of, put together once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from abilock.binding.calls import Call
from abilock.binding.forms import NOTHING, context_parameter
from abilock.binding.shapes import Form, Item
from abilock.binding.unnamed import with_names
from abilock.model.attributes import Attributes
from abilock.model.decls import Callback, Library
from abilock.model.mentions import mentioned_types
from abilock.model.naming import python_name
from abilock.model.types import Aggregate, FunctionPointer, Named, Signature
from abilock.outputs.c_declarations import CNaming
from abilock.outputs.cffi.answering import Answering
from abilock.outputs.cffi.arrivals import Arrivals
from abilock.outputs.cffi.calling import Calling
from abilock.outputs.cffi.classes import Classes
from abilock.outputs.cffi.code import Code
from abilock.outputs.cffi.conversions import Conversions
from abilock.outputs.cffi.crossing import Crossing, Trampoline
from abilock.outputs.cffi.departures import Departures
from abilock.outputs.cffi.entries import Entries
from abilock.outputs.cffi.names import Role
from abilock.outputs.cffi.natives import Natives
from abilock.outputs.cffi.objects import Objects
from abilock.outputs.cffi.parts import parts_of
from abilock.outputs.cffi.signatures import Place, Signatures
from abilock.outputs.cffi.streams import Streams


class Package:
    """The parts of one library's package, each made of those before it."""

    def __init__(self, library: Library, naming: CNaming) -> None:
        library = with_names(library)
        self.parts = parts_of(library, naming)
        self.library = library
        self.forms = self.parts.forms
        self.names = self.parts.names
        self.contents = self.parts.contents
        self.signatures = Signatures(self.names)
        self.natives = Natives(self.parts)
        self.calling = Calling(self.parts, self.signatures, self.natives)
        self.answering = Answering(self.parts)
        self.conversions = Conversions(self.parts)
        self.objects = Objects(self.parts)
        self.entries = Entries(self.parts)
        self.streams = Streams(
            self.parts, self.objects, self.signatures, self.answering, self.callbacks
        )
        self.classes = Classes(
            self.parts, self.objects, self.signatures, self.entries, self.streams
        )
        self.arrivals = Arrivals(self.parts, self.objects)
        self.departures = Departures(self.parts, self.objects)
        self.crossing = Crossing(self.parts, self.objects, self.calling, self.answering)

    # --- records

    def records(self) -> Iterator[tuple[str, tuple[Item, ...]]]:
        """Structs that are dataclasses, and their fields."""
        for declared in self.library.declarations:
            if not isinstance(declared, Aggregate):
                continue
            form = self.forms.form(declared.name)
            if form is Form.RECORD:
                yield declared.name, self.contents.record(declared.name)
            elif form in (Form.RESULT, Form.OPTIONAL):
                result = self.contents.result(declared.name)
                if result.view is None and len(result.values) > 1:
                    yield declared.name, result.values

    def errors(self) -> Iterator[tuple[str, tuple[Item, ...]]]:
        """Error buffers, which are exceptions, and their fields besides the text."""
        for declared in self.library.declarations:
            if isinstance(declared, Aggregate) and self.forms.form(declared.name) is Form.ERROR:
                yield declared.name, self.contents.error(declared.name).fields

    # --- callbacks

    @cached_property
    def callbacks(self) -> tuple[tuple[str, Signature, Attributes], ...]:
        """Function pointer types that are closures, those without a name under one made for them."""
        methods = {
            id(method.signature)
            for name in self.objects.tables()
            for method in self.forms.methods(name)
        }
        found = [
            (each.name, each.signature, each.attributes)
            for each in self.library.declarations
            if isinstance(each, Callback)
        ]
        found += [
            (name, signature, NOTHING)
            for signature, name in self.forms.inline.items()
            if id(signature) not in methods
        ]
        return tuple(found)

    @cached_property
    def addressed(self) -> tuple[str, ...]:
        """Callbacks that nothing in the description takes, and that get no context: the ABI passes their
        addresses inside its data."""
        mentioned = {
            type_.name
            for each in self.library.declarations
            for type_ in mentioned_types(each)
            if isinstance(type_, Named)
        }
        return tuple(
            each.name
            for each in self.library.declarations
            if isinstance(each, Callback)
            and each.name not in mentioned
            and not each.signature.variadic
            and context_parameter(each.signature) is None
        )

    def callback_call(self, signature: Signature, attributes: Attributes) -> Call:
        return self.parts.calls.call(signature, attributes, NOTHING, context_parameter(signature))

    def callback_place(self, name: str, signature: Signature) -> Place:
        return Place(
            carrier=python_name(name),
            where=name,
            label=self.names.type(name),
            first=("function",),
            passes_context=context_parameter(signature) is not None,
        )

    def callback_type(self, name: str, signature: Signature, attributes: Attributes) -> str:
        """ex) ``Callable[[LogEntry], None]``"""
        call = self.callback_call(signature, attributes)
        if signature.variadic:
            return f"Callable[..., {self.signatures.returns(call)}]"
        taken = ", ".join(self.names.annotation(item.shape) for item in call.inputs)
        return f"Callable[[{taken}], {self.signatures.returns(call, Role.GIVEN)}]"

    def callback_calls(self) -> Iterator[tuple[Call, Place]]:
        """Calls of functions that C has given to Python."""
        for name, signature, attributes in self.callbacks:
            yield (
                self.callback_call(signature, attributes),
                self.callback_place(name, signature),
            )

    def callback_codes(self) -> Iterator[Code]:
        for call, place in self.callback_calls():
            yield self.calling.call(call, place)

    def callback_trampolines(self) -> Iterator[tuple[Code, Trampoline]]:
        for name, signature, attributes in self.callbacks:
            if signature.variadic:
                continue
            call = self.callback_call(signature, attributes)
            place = self.callback_place(name, signature)
            type_ = self.names.ctype(FunctionPointer(signature))
            yield (
                self.answering.trampoline(
                    call, place, "entry.target", is_stream=name in self.streams.classes
                ),
                Trampoline(place.carrier, type_, self.answering.failing.safe(call)),
            )

    def stubs(self) -> Iterator[tuple[Code, Trampoline]]:
        """Functions for hidden fields that must not be null, and that nobody calls."""
        hidden = self._hidden_types()
        for name, signature, _ in self.callbacks:
            if signature.variadic or name not in hidden:
                continue
            yield (
                Code(
                    f"on_{python_name(name)}_stub(abi: Binding, *arguments: Any) -> Any",
                    (f"return {self.answering.failing.zero(signature)}",),
                ),
                Trampoline(
                    f"{python_name(name)}_stub",
                    self.names.ctype(FunctionPointer(signature)),
                    "None",
                ),
            )

    def _hidden_types(self) -> frozenset[str]:
        return frozenset(
            field.type.name
            for table in self.objects.tables()
            for field in self.forms.data_fields(table)
            if field.attributes.has("hidden") and isinstance(field.type, Named)
        )
