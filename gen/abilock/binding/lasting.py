"""How long memory that is lent has to live, where that is longer than the call."""

from __future__ import annotations

from collections.abc import Iterator

from abilock.binding.forms import NOTHING, Forms, words
from abilock.binding.shapes import Form
from abilock.model.attributes import Attributes
from abilock.model.decls import Opaque, Vtable
from abilock.model.types import Aggregate, Array, Named, Pointer, Type

#: What is lent until a library is unloaded is lent for good.
_LONG = {"call": None, "library": "process"}
_OBJECTS = (Form.OBJECT, Form.PAIR, Form.RESOURCE)


class Lasting:
    """Answers about the types of one library."""

    def __init__(self, forms: Forms) -> None:
        self._forms = forms

    def of(self, type_: Type, attributes: Attributes, own: bool) -> tuple[str, ...]:
        """Each of ``drop``, ``next`` and ``process`` that is said of it, of what it leads to, or of a field
        of that. Objects and functions have lives of their own."""
        return tuple(dict.fromkeys(self._found(type_, attributes, own, set())))

    def _found(
        self, type_: Type, attributes: Attributes, own: bool, seen: set[str]
    ) -> Iterator[str]:
        resolved, said = self._forms.resolve(type_, attributes)
        if self._is_object(resolved) or self._forms.signature(resolved) is not None:
            return
        if not own:
            until = (words(said.get("until")) or ("call",))[0]
            found = "process" if said.has("pinned") else _LONG.get(until, until)
            if found is not None:
                yield found
        match resolved:
            case Pointer(pointee=inner) | Array(element=inner):
                yield from self._found(inner, NOTHING, False, seen)
            case Named(name=name) if name not in seen:
                seen.add(name)
                if isinstance(self._forms.declaration(name), Aggregate):
                    for field in self._forms.fields(name):
                        yield from self._found(field.type, field.attributes, field.own, seen)

    def _is_object(self, type_: Type) -> bool:
        if isinstance(type_, Pointer):
            type_, _ = self._forms.resolve(type_.pointee, NOTHING)
        if not isinstance(type_, Named):
            return False
        declared = self._forms.declaration(type_.name)
        if isinstance(declared, Aggregate):
            return self._forms.form(type_.name) in _OBJECTS
        return isinstance(declared, Vtable | Opaque)
