"""Which argument a call failed for: after the fact, so that calls that do not fail take no longer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from abilock.binding.calls import Call
from abilock.binding.shapes import Item
from abilock.model.decls import EnumDecl
from abilock.model.types import Named, Scalar, Type
from abilock.outputs.cffi.code import Code, indented
from abilock.outputs.cffi.parts import Parts
from abilock.outputs.cffi.signatures import Place, Signatures


class Blaming:
    """Attempts with the arguments of one library's functions, one after the other."""

    def __init__(self, parts: Parts, signatures: Signatures) -> None:
        self._parts = parts
        self._signatures = signatures

    def guarded(self, call: Call, place: Place, body: Iterable[str]) -> Iterator[str]:
        """The body; what fails for an argument names it."""
        if not call.inputs:
            yield from body
            return
        given = ", ".join(("lib", *map(self._signatures.local, call.inputs)))
        yield "try:"
        yield from indented(body)
        yield "except ARGUMENT_ERRORS as _abi_wrong:"
        tried = f"tried_{place.carrier}({given})"
        yield f"    raise lib.blamed(_abi_wrong, {place.called!r}, {tried})"

    def tried(self, call: Call, place: Place) -> Code | None:
        """ex) ``tried_Store_get(lib, key)``: names of arguments, each before an attempt with it"""
        if not call.inputs:
            return None
        given = (f"{self._signatures.local(item)}: Any" for item in call.inputs)
        head = f"tried_{place.carrier}({', '.join(('lib: Library', *given))}) -> Iterator[str]"
        body = [line for item in call.inputs for line in self._attempt(call, item)]
        if any("keep" in line for line in body):
            body = ["with Keep(lib) as keep:", *indented(body)]
        return Code(head, tuple(body))

    def _attempt(self, call: Call, item: Item) -> Iterator[str]:
        local = self._signatures.local(item)
        yield f"yield {(item.python or local)!r}"
        lowered = self._parts.lowering.lower(item.shape, item.name, local)
        yield from lowered.lines
        types = {each.name: each.type for each in call.signature.parameters}
        for name, text in lowered.members.items():
            type_ = types.get(name)
            resolved = self._parts.forms.resolve(type_, item.attributes)[0] if type_ else None
            if type_ is not None and (text == local or self._is_scalar(resolved)):
                yield f"lib.attempt({self._parts.names.ctype(type_, '[]')!r}, {text})"
            elif text != local:
                yield self._parts.lowering.by_value(text, type_, item.attributes) if type_ else text

    def _is_scalar(self, type_: Type | None) -> bool:
        if isinstance(type_, Named):
            return isinstance(self._parts.forms.by_name.get(type_.name), EnumDecl)
        return isinstance(type_, Scalar)
