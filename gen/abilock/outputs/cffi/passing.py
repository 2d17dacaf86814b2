"""Which types libffi can pass by value: it knows structs of plain members, laid out as C lays them out."""

from __future__ import annotations

from abilock.model.decls import Alias, Library, Vtable
from abilock.model.types import Aggregate, Array, Named, Nested, Type


class Passing:
    """Answers for the types of one library. ``unsupported``: those that cffi cannot lay out."""

    def __init__(self, library: Library, unsupported: frozenset[str]) -> None:
        self._by_name = {each.name: each for each in library.declarations}
        self.unsupported = unsupported
        self._known: dict[str, str | None] = {}

    def refusal(self, type_: Type) -> str | None:
        """What keeps a type from being passed by value, or None if it can be. ex) ``the union `U` ``"""
        match type_:
            case Named(name=name):
                if name not in self._known:
                    self._known[name] = None
                    self._known[name] = self._named(name)
                return self._known[name]
            case Array(element=element):
                return self.refusal(element)
            case Nested(aggregate=aggregate):
                return self._aggregate(aggregate)
            case _:
                return None

    def _named(self, name: str) -> str | None:
        declared = self._by_name[name]
        if isinstance(declared, Alias):
            return self.refusal(declared.type)
        if name in self.unsupported:
            return f"`{name}`, whose layout it cannot be told"
        if isinstance(declared, Aggregate):
            return self._aggregate(declared)
        if isinstance(declared, Vtable):
            fields = (each for each in declared.members if not hasattr(each, "signature"))
            return next((said for each in fields if (said := self.refusal(each.type))), None)
        return None

    def _aggregate(self, declared: Aggregate) -> str | None:
        if declared.is_union:
            return f"the union `{declared.name}`"
        if declared.attributes.has("packed"):
            return f"the packed struct `{declared.name}`"
        if declared.attributes.has("align") or any(
            each.attributes.has("align") for each in declared.fields
        ):
            return f"the aligned struct `{declared.name}`"
        if any(each.bits is not None for each in declared.fields):
            return f"the bit-fields of `{declared.name}`"
        inside = (self.refusal(each.type) for each in declared.fields)
        return next((said for said in inside if said), None)
