"""What each declared struct and vtable is to a caller, and which of its members are what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from abilock.binding.places import places
from abilock.binding.shapes import Form, Release
from abilock.model.attributes import Applied, Attribute, Attributes, Word
from abilock.model.c_names import declared_c_name
from abilock.model.contexts import is_own_context
from abilock.model.decls import (
    Aggregate,
    Alias,
    Callback,
    Constant,
    Declaration,
    EntryFunction,
    EnumDecl,
    Field,
    Library,
    Member,
    Opaque,
    Parameter,
    Signature,
    Slot,
    Vtable,
    members_of,
)
from abilock.model.types import FunctionPointer, Named, Pointer, Type

_FORMS = {
    "result": Form.RESULT,
    "failure": Form.RESULT,
    "error_buffer": Form.ERROR,
    "string": Form.TEXT,
    "bytes": Form.DATA,
    "list": Form.LIST,
    "optional": Form.OPTIONAL,
}


@dataclass(frozen=True, slots=True)
class Method:
    """A function of an object: a slot, or a function pointer that is a field.

    ``context`` is the parameter that gets the object's context, None if there is none. ``counts``: ``take``
    or ``give`` where it takes or gives back a reference; giving back is how the object ends.
    """

    name: str
    signature: Signature
    attributes: Attributes
    member: Member
    context: str | None
    optional: bool
    is_drop: bool
    counts: str | None = None

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Those beside the context."""
        return tuple(each for each in self.signature.parameters if each.name != self.context)


def words(attribute: Attribute | None) -> tuple[str, ...]:
    """The names that an attribute gives. ex) ``@string(ptr, len)`` gives ``("ptr", "len")``"""
    if attribute is None:
        return ()
    return tuple(each.text for each in attribute.arguments if isinstance(each, Word))


#: No attributes at all.
NOTHING = Attributes()


class Forms:
    """Answers about the declarations of one library."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.by_name: dict[str, Declaration] = {each.name: each for each in library.declarations}

    def declaration(self, name: str) -> Declaration:
        return self.by_name[name]

    def number(self, name: str) -> int:
        """The number that a constant, or a value of an enum, stands for. ex) ``LIMIT``, ``Kind::A``"""
        enum, _, value = name.rpartition("::")
        declared = self.by_name[enum or value]
        if isinstance(declared, EnumDecl):
            return next(each.value for each in declared.values if each.name == value)
        assert isinstance(declared, Constant)
        return int(declared.value)

    def resolve(self, type_: Type, attributes: Attributes) -> tuple[Type, Attributes]:
        """The type behind aliases, with the attributes that the aliases add."""
        while isinstance(type_, Named):
            declared = self.by_name[type_.name]
            if not isinstance(declared, Alias):
                break
            own = tuple(each for each in declared.attributes.all if each.name == "invalid")
            attributes = Attributes((*attributes.all, *declared.type_attributes.all, *own))
            type_ = declared.type
        return type_, attributes

    def form(self, name: str) -> Form:
        """What a declared aggregate or vtable is."""
        declared = self.by_name[name]
        if isinstance(declared, Vtable):
            return Form.OBJECT
        if isinstance(declared, Opaque):
            return Form.RESOURCE if self.ending(name).is_known else Form.RAW
        assert isinstance(declared, Aggregate)
        if declared.is_union:
            return Form.RAW
        for attribute, form in _FORMS.items():
            if declared.attributes.has(attribute):
                return form
        context = declared.attributes.get("object")
        if context is not None:
            return Form.PAIR if len(context.arguments) == 2 else Form.OBJECT
        if any(True for _ in self._functions(declared)):
            return Form.OBJECT
        if name in self._owned_pointees and _ends(declared.attributes):
            return Form.RESOURCE
        return Form.RECORD

    @cached_property
    def _owned_pointees(self) -> frozenset[str]:
        """Types of which somebody hands over pointers."""
        return frozenset(
            type_.pointee.name
            for type_, own in self._uses()
            if own and isinstance(type_, Pointer) and isinstance(type_.pointee, Named)
        )

    def ending(self, name: str) -> Release:
        """How a whole object ends: as its type says, or as those say who hand over opaque ones."""
        declared = self.by_name[name]
        said = self.release(NOTHING, _attributes(declared))
        if said.entry in {each.name for each in _slots(declared)}:
            return Release()
        return self._opaque_endings.get(name, said) if isinstance(declared, Opaque) else said

    @cached_property
    def _opaque_endings(self) -> dict[str, Release]:
        found: dict[str, Release] = {}
        for declared in self.library.declarations:
            for signature in _signatures(declared):
                for type_, own, attributes in _owned_uses(signature):
                    pointee = type_.pointee if own and isinstance(type_, Pointer) else None
                    if isinstance(pointee, Named) and isinstance(
                        self.by_name[pointee.name], Opaque
                    ):
                        of = _attributes(self.by_name[pointee.name])
                        release = self.release(attributes, of)
                        ends = self.by_name.get(release.entry or "")
                        if isinstance(ends, EntryFunction):
                            found.setdefault(pointee.name, release)
        return found

    @cached_property
    def events(self) -> frozenset[str]:
        """Functions whose call ends callbacks. ex) ``stop`` of ``@scope(until(stop))``"""
        return frozenset(
            argument.arguments[0].text
            for declared in self.library.declarations
            for signature in _signatures(declared)
            for each in signature.parameters
            if (scope := each.attributes.get("scope")) is not None
            and isinstance(argument := scope.arguments[0], Applied)
            and isinstance(argument.arguments[0], Word)
        )

    def _uses(self) -> Iterator[tuple[Type, bool]]:
        for declared in self.library.declarations:
            if isinstance(declared, Aggregate):
                yield from ((field.type, field.own) for field in declared.fields)
            if isinstance(declared, Vtable):
                for member in declared.members:
                    if isinstance(member, Field):
                        yield member.type, member.own
                    else:
                        yield from _signature_uses(member.signature)
            if isinstance(declared, (Callback, EntryFunction)):
                yield from _signature_uses(declared.signature)

    # --- objects

    def is_counted(self, name: str) -> bool:
        """Whether functions of its own count the references to an object."""
        return any(each.counts for each in self.methods(name))

    def table(self, name: str) -> str:
        """The declaration that has the functions: of a pair the table's, else the object itself."""
        declared = self.by_name[name]
        pair = words(_attributes(declared).get("object"))
        if len(pair) == 2 and isinstance(declared, Aggregate):
            field = next(each for each in declared.fields if each.name == pair[1])
            assert isinstance(field.type, Pointer)
            assert isinstance(field.type.pointee, Named)
            return field.type.pointee.name
        return name

    def pairs(self, table: str) -> tuple[str, ...]:
        """The pairs whose functions are in this table."""
        return tuple(
            each.name
            for each in self.library.declarations
            if isinstance(each, Aggregate)
            and len(words(each.attributes.get("object"))) == 2
            and self.table(each.name) == table
        )

    def state(self, name: str) -> str | None:
        """The field that holds the object's context, if it is in the table or pair."""
        declared = self.by_name[name]
        if self.is_own_context(name):
            return None
        named = words(_attributes(declared).get("object"))
        if named:
            return named[0]
        if isinstance(declared, Vtable) and any(
            isinstance(each, Field) and each.name == "state" for each in declared.members
        ):
            return "state"
        return None

    def is_own_context(self, name: str) -> bool:
        """Whether functions of an object get its own address as their context."""
        declared = self.by_name[name]
        return isinstance(declared, (Aggregate, Vtable)) and is_own_context(declared)

    def size_field(self, name: str) -> str | None:
        """The field in which a table says how long it is."""
        for field in _fields(self.by_name[name]):
            if field.attributes.has("struct_size"):
                return field.name
        return None

    def methods(self, name: str) -> tuple[Method, ...]:
        """All functions of an object, hidden ones left out."""
        declared = self.by_name[self.table(name)]
        if isinstance(declared, Opaque):
            return ()
        if isinstance(declared, Vtable):
            drops = [
                *words(declared.attributes.get("drop")),
                *words(declared.attributes.get("free")),
            ]
            counts = dict(
                zip(words(declared.attributes.get("refcounted")), ("take", "give"), strict=False)
            )
            return tuple(
                _slot_method(each, each.name in drops, counts.get(each.name))
                for each in declared.slots
                if not each.attributes.has("hidden")
            )
        assert isinstance(declared, Aggregate)
        state = self.state(name)
        return tuple(
            self._field_method(each, state is not None) for each in self._functions(declared)
        )

    def data_fields(self, name: str) -> tuple[Field, ...]:
        """The fields of an object that are neither its context nor its functions."""
        declared = self.by_name[self.table(name)]
        members = members_of(declared)
        functions = {each.name for each in self.methods(name)}
        state = {self.state(name)} if self.table(name) == name else set()
        return tuple(
            each
            for each in members
            if isinstance(each, Field)
            and each.name is not None
            and each.name not in functions | state
        )

    def _functions(self, declared: Aggregate) -> Iterator[Field]:
        """Function fields that are methods: they are no registrations, and they end nothing."""
        ends = {
            word for name in ("release", "drop") for word in words(declared.attributes.get(name))
        } | {word for each in declared.fields for word in words(each.attributes.get("drop"))}
        is_object = declared.attributes.has("object")
        for each in declared.fields:
            if each.name is None or each.name in ends or each.attributes.has("hidden"):
                continue
            if each.attributes.has("scope") and not is_object:
                continue
            if self.signature(each.type) is not None:
                yield each

    def signature(self, type_: Type) -> Signature | None:
        """The signature of a function pointer type, named or not."""
        resolved, _ = self.resolve(type_, Attributes())
        if isinstance(resolved, FunctionPointer):
            return resolved.signature
        if isinstance(resolved, Named):
            declared = self.by_name[resolved.name]
            if isinstance(declared, Callback):
                return declared.signature
        return None

    def _field_method(self, field: Field, has_state: bool) -> Method:
        signature = self.signature(field.type)
        assert signature is not None
        assert field.name is not None
        resolved, _ = self.resolve(field.type, Attributes())
        attributes = field.attributes
        if isinstance(resolved, Named):
            attributes = Attributes((*attributes.all, *self.by_name[resolved.name].attributes.all))
        nullable = isinstance(field.type, (Named, FunctionPointer)) and field.type.nullable
        context = context_parameter(signature) if has_state else None
        return Method(field.name, signature, attributes, field, context, nullable, is_drop=False)

    # --- functions without a name

    def inline_name(self, signature: Signature) -> str:
        """What a function pointer type is called that the description gives no name."""
        return self.inline[signature]

    @cached_property
    def inline(self) -> dict[Signature, str]:
        """Names of the function pointer types that have none: of where they stand first.

        ex) ``FfiPluginRegistration_set_log_callback``
        """
        found: dict[Signature, str] = {}
        for path, type_ in places(self.library):
            if isinstance(type_, FunctionPointer):
                found.setdefault(type_.signature, path)
        return found

    # --- ownership

    def release(self, attributes: Attributes, of: Attributes = NOTHING) -> Release:
        """How something owned ends, by its own attributes or by those of the type around it."""
        for each in (attributes, of):
            if (given := each.get("owned")) is not None:
                return Release(allocator=words(given)[0])
            if (given := each.get("free")) is not None:
                return Release(entry=self._symbol(words(given)[0]))
            if (given := each.get("refcounted")) is not None:
                return Release(entry=self._symbol(words(given)[1]))
            if (given := each.get("drop")) is not None and each is attributes:
                return Release(member=words(given)[0])
        return Release()

    def _symbol(self, name: str) -> str:
        """What an entry is called in its library; anything else has its own name."""
        declared = self.by_name.get(name)
        return declared_c_name(declared) if isinstance(declared, EntryFunction) else name

    def attributes(self, name: str) -> Attributes:
        return _attributes(self.by_name[name])

    def fields(self, name: str) -> tuple[Field, ...]:
        return _fields(self.by_name[name])


def context_parameter(signature: Signature) -> str | None:
    """The parameter of a callback that gets its context."""
    for each in signature.parameters:
        if each.attributes.has("ctx"):
            return each.name
    return None


def _slots(declared: Declaration) -> tuple[Slot, ...]:
    return declared.slots if isinstance(declared, Vtable) else ()


def _slot_method(slot: Slot, is_named_drop: bool, counts: str | None) -> Method:
    first = slot.signature.parameters[0] if slot.receiver is not None else None
    return Method(
        slot.name,
        slot.signature,
        slot.attributes,
        slot,
        first.name if first else None,
        slot.optional,
        is_drop=is_named_drop or slot.drop or counts == "give",
        counts=counts,
    )


def _ends(attributes: Attributes) -> bool:
    return attributes.has("release") or attributes.has("drop")


def _attributes(declared: Declaration) -> Attributes:
    return declared.attributes


def _fields(declared: Declaration) -> tuple[Field, ...]:
    if isinstance(declared, Vtable):
        return tuple(each for each in declared.members if isinstance(each, Field))
    assert isinstance(declared, (Aggregate, Opaque))
    return declared.fields if isinstance(declared, Aggregate) else ()


def _signatures(declared: Declaration) -> Iterator[Signature]:
    """The signatures of what a declaration has by name."""
    if isinstance(declared, Vtable):
        yield from (slot.signature for slot in declared.slots)
    elif isinstance(declared, (Callback, EntryFunction)):
        yield declared.signature


def _owned_uses(signature: Signature) -> Iterator[tuple[Type, bool, Attributes]]:
    for each in signature.parameters:
        is_out = each.attributes.has("out") and isinstance(each.type, Pointer)
        type_ = each.type.pointee if is_out and isinstance(each.type, Pointer) else each.type
        yield type_, each.own, each.attributes
    if signature.result is not None:
        yield signature.result.type, signature.result.own, signature.result.attributes


def _signature_uses(signature: Signature) -> Iterator[tuple[Type, bool]]:
    yield from ((each.type, each.own) for each in signature.parameters)
    if signature.result is not None:
        yield signature.result.type, signature.result.own
