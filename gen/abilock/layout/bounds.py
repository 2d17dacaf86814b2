"""How large the types of a library can get at most, on whatever target: one quick look, which says of
nearly every library that none of its types comes near a limit.
"""

from __future__ import annotations

from abilock.model import decls, types

#: No scalar, pointer or enum is larger, or has to be aligned by more, on any target.
_WIDEST = 16


def largest_bound(library: decls.Library) -> int:
    """Bytes that no type of the library exceeds, declared or written out at any depth, padding included."""
    return _Bounds(library).largest()


class _Bounds:
    """``_sizes``: bounds of declared types, which are in dependency order. ``_largest``: the largest
    bound of anything so far, also of what is only pointed to."""

    def __init__(self, library: decls.Library) -> None:
        self._library = library
        self._sizes: dict[str, int] = {}
        self._align = max([_WIDEST, *map(_alignment, library.declarations)])
        self._largest = _WIDEST

    def largest(self) -> int:
        for declared in self._library.declarations:
            match declared:
                case types.Aggregate() | decls.Vtable():
                    self._sizes[declared.name] = self._record(decls.members_of(declared))
                case decls.Alias():
                    self._sizes[declared.name] = self._of(declared.type)
                case decls.EntryStatic():
                    self._of(declared.type)
                case decls.Callback() | decls.EntryFunction():
                    self._signature(declared.signature)
                case _:
                    pass
        return self._largest

    def _record(self, members: tuple[decls.Member, ...]) -> int:
        total = self._align
        for member in members:
            if isinstance(member, decls.Slot):
                self._signature(member.signature)
                total += _WIDEST
            else:
                total += self._of(member.type) + self._align
        self._largest = max(self._largest, total)
        return total

    def _of(self, given: types.Type) -> int:
        match given:
            case types.Named():
                return self._sizes.get(given.name, _WIDEST)
            case types.Pointer():
                self._of(given.pointee)
            case types.FunctionPointer():
                self._signature(given.signature)
            case types.Array():
                size = given.length * self._of(given.element)
                self._largest = max(self._largest, size)
                return size
            case types.Nested():
                return self._record(given.aggregate.fields)
            case _:
                pass
        return _WIDEST

    def _signature(self, signature: types.Signature) -> None:
        for parameter in signature.parameters:
            self._of(parameter.type)
        if signature.result is not None:
            self._of(signature.result.type)


def _alignment(declared: decls.Declaration) -> int:
    """The largest alignment that a declaration asks for, here or in its members."""
    own = declared.align if isinstance(declared, types.Aggregate) else None
    members = decls.members_of(declared)
    asked = (own, *(_asked(each) for each in members if isinstance(each, types.Field)))
    return max(each or 1 for each in asked)


def _asked(field: types.Field) -> int | None:
    if isinstance(field.type, types.Nested):
        return max(field.align or 1, _alignment(field.type.aggregate))
    return field.align
