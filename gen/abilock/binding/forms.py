"""What each declared struct and vtable is to a caller, and which of its members are what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from abilock.binding.handles import Handles
from abilock.binding.shapes import Form, Release
from abilock.model import walks
from abilock.model.attributes import Applied, Attribute, Attributes, Word
from abilock.model.c_names import declared_c_name
from abilock.model.contexts import is_own_context
from abilock.model.decls import (
    Alias,
    Callback,
    Constant,
    Declaration,
    EntryFunction,
    EnumDecl,
    Library,
    Member,
    Opaque,
    Slot,
    Vtable,
    members_of,
)
from abilock.model.types import (
    Aggregate,
    Field,
    FunctionPointer,
    Named,
    Parameter,
    Pointer,
    Signature,
    Type,
)

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

    ``context`` is the parameter that gets the object's context, None if there is none.
    """

    name: str
    signature: Signature
    attributes: Attributes
    member: Member
    context: str | None
    optional: bool
    is_drop: bool

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
        self.handles = Handles(library)

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
        nullable = False
        while isinstance(type_, Named):
            declared = self.by_name[type_.name]
            if not isinstance(declared, Alias):
                break
            nullable = nullable or type_.nullable
            own = tuple(each for each in declared.attributes.all if each.name == "invalid")
            attributes = Attributes((*attributes.all, *declared.type_attributes.all, *own))
            type_ = declared.type
        if nullable and isinstance(type_, Pointer | Named | FunctionPointer):
            type_ = replace(type_, nullable=True)
        return type_, attributes

    def aliases(self, type_: Type) -> Iterator[Alias]:
        """The aliases that a type goes through."""
        while isinstance(type_, Named) and isinstance(declared := self.by_name[type_.name], Alias):
            yield declared
            type_ = declared.type

    def owns(self, type_: Type, own: bool) -> bool:
        """Whether something is owned, by its own word or by that of an alias."""
        return own or any(alias.own for alias in self.aliases(type_))

    def handle_alias(self, type_: Type) -> str | None:
        """The alias by which a handle that is a number or an untyped pointer is known."""
        for alias in self.aliases(type_):
            kind = self.handles.kinds.get(alias.name)
            if kind is not None and kind.is_alias:
                return alias.name
        return None

    def form(self, name: str) -> Form:
        """What a declared aggregate or vtable is."""
        declared = self.by_name[name]
        if isinstance(declared, Vtable):
            return Form.OBJECT
        is_handle = name in self.handles.kinds
        if isinstance(declared, Opaque | Alias):
            return Form.RESOURCE if is_handle or self.ending(name).is_known else Form.RAW
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
        if is_handle:
            return Form.RESOURCE
        if name in self._owned_pointees and _ends(declared.attributes):
            return Form.RESOURCE
        return Form.RECORD

    @cached_property
    def _owned_pointees(self) -> frozenset[str]:
        """Types of which somebody hands over pointers."""
        return frozenset(
            type_.pointee.name
            for used, own in walks.uses(self.library.declarations)
            if self.owns(used, own)
            and isinstance(type_ := self.resolve(used, NOTHING)[0], Pointer)
            and isinstance(type_.pointee, Named)
        )

    def ending(self, name: str) -> Release:
        """How a whole object ends, or its memory: as its type says, or as those say who hand it over."""
        declared = self.by_name[name]
        kind = self.handles.kinds.get(name)
        if kind is not None and kind.ends is not None:
            return Release(entry=declared_c_name(kind.ends))
        said = self.release(NOTHING, _attributes(declared))
        return next((each for each in self.endings.get(name, ()) if each.is_known), said)

    @cached_property
    def endings(self) -> dict[str, tuple[Release, ...]]:
        """How things end that are handed over behind pointers, each way once, by their types."""
        found: dict[str, tuple[Release, ...]] = {}
        for used, said, attributes in walks.handed_over(self.library.declarations):
            own = self.owns(used, said)
            type_, attributes = self.resolve(used, attributes)
            if not own or not isinstance(type_, Pointer):
                continue
            if attributes.has("len") or attributes.has("pinned"):
                continue
            pointee, _ = self.resolve(type_.pointee, NOTHING)
            if isinstance(pointee, Named):
                of = _attributes(self.by_name[pointee.name])
                release = self.release(attributes, of)
                known = found.get(pointee.name, ())
                found[pointee.name] = tuple(dict.fromkeys((*known, release)))
        return found

    @cached_property
    def events(self) -> frozenset[str]:
        """Functions whose call ends callbacks. ex) ``stop`` of ``@scope(until(stop))``"""
        return frozenset(
            argument.arguments[0].text
            for declared in self.library.declarations
            for signature in walks.signatures(declared)
            for each in signature.parameters
            if (scope := each.attributes.get("scope")) is not None
            and isinstance(argument := scope.arguments[0], Applied)
            and isinstance(argument.arguments[0], Word)
        )

    # --- objects

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
        if isinstance(declared, Opaque | Alias):
            return ()
        if isinstance(declared, Vtable):
            drops = (*words(declared.attributes.get("drop")), *self.counting(declared.name)[1:])
            return tuple(
                _slot_method(each, each.name in drops)
                for each in declared.slots
                if not each.attributes.has("hidden")
            )
        assert isinstance(declared, Aggregate)
        has_state = self.state(name) is not None
        found = [self._field_method(each, has_state) for each in self._functions(declared)]
        # What ends an object is one of its functions, as the `drop fn` of a vtable is.
        end = self.end_field(declared) if found or declared.attributes.has("object") else None
        if end is not None:
            found.append(self._end_method(declared, end))
        return tuple(found)

    def end_field(self, declared: Aggregate) -> Field | None:
        """The function pointer with which a struct says that it ends."""
        given = words(declared.attributes.get("release") or declared.attributes.get("drop"))
        return next((each for each in declared.fields if each.name in given[:1]), None)

    def _end_method(self, declared: Aggregate, field: Field) -> Method:
        """Its context is the field that it is given, if the object's other functions get that as well."""
        found = self._field_method(field, has_state=False)
        given = words(declared.attributes.get("release"))[1:]
        context = (
            found.signature.parameters[0].name if given == (self.state(declared.name),) else None
        )
        return replace(found, context=context, is_drop=True)

    def counting(self, name: str) -> tuple[str, ...]:
        """What takes a reference to an object, and what gives it back, if references are counted."""
        found = self.attributes(name).get("refcounted")
        return words(found or self.attributes(self.table(name)).get("refcounted"))

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
        resolved, _ = self.resolve(field.type, Attributes())
        # What a type is called is no name for its fields.
        of_type = self.attributes(resolved.name) if isinstance(resolved, Named) else NOTHING
        attributes = Attributes((*field.attributes.all, *of_type.without("py").all))
        nullable = isinstance(field.type, (Named, FunctionPointer)) and field.type.nullable
        context = context_parameter(signature) if has_state else None
        name = field.name or ""
        return Method(name, signature, attributes, field, context, nullable, is_drop=False)

    # --- functions without a name

    def inline_name(self, signature: Signature) -> str:
        """What a function pointer type is called that the description gives no name."""
        return self.inline[signature]

    def function(self, name: str) -> Signature | None:
        """The signature of the function type that is called so, with a name of its own or not."""
        declared = self.by_name.get(name)
        if isinstance(declared, Callback):
            return declared.signature
        return next((each for each, own in self.inline.items() if own == name), None)

    @cached_property
    def inline(self) -> dict[Signature, str]:
        """Names of the function pointer types that have none: of where they stand first.

        ex) ``FfiPluginRegistration_set_log_callback``
        """
        found: dict[Signature, str] = {}
        for path, type_ in walks.places(self.library.declarations):
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
                return Release(entry=self.symbol(words(given)[0]))
            if (given := each.get("refcounted")) is not None:
                entry = words(given)[1]
                # A slot is one of the object's own functions, which end it as any other does.
                is_entry = isinstance(self.by_name.get(entry), EntryFunction)
                return Release(entry=self.symbol(entry)) if is_entry else Release()
            if (given := each.get("drop")) is not None and each is attributes:
                return Release(member=words(given)[0])
        return Release()

    def symbol(self, name: str) -> str:
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


def _slot_method(slot: Slot, is_named_drop: bool) -> Method:
    first = slot.signature.parameters[0] if slot.receiver is not None else None
    return Method(
        slot.name,
        slot.signature,
        slot.attributes,
        slot,
        first.name if first else None,
        slot.optional,
        is_drop=is_named_drop or slot.drop,
    )


def _ends(attributes: Attributes) -> bool:
    return attributes.has("release") or attributes.has("drop")


def _attributes(declared: Declaration) -> Attributes:
    return declared.attributes


def _fields(declared: Declaration) -> tuple[Field, ...]:
    if isinstance(declared, Vtable):
        return tuple(each for each in declared.members if isinstance(each, Field))
    assert isinstance(declared, (Aggregate, Opaque, Alias))
    return declared.fields if isinstance(declared, Aggregate) else ()
