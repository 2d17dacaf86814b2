"""Objects that leave: from a Python object to a table that C can call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from abilock.binding.forms import NOTHING
from abilock.binding.shapes import Form, Function
from abilock.model.naming import python_name
from abilock.model.types import Field
from abilock.outputs.cffi.code import Code, in_keep, indented, mapping
from abilock.outputs.cffi.lowering import Given
from abilock.outputs.cffi.objects import Objects
from abilock.outputs.cffi.parts import Parts


class Departures:
    """How Python's objects become tables."""

    def __init__(self, parts: Parts, objects: Objects) -> None:
        self._parts = parts
        self._objects = objects

    def codes(self, name: str) -> Iterator[Code]:
        """``fill_…`` and ``hand_…``: from a Python object to a table that C can call."""
        kind = self._parts.names.type(name)
        own = python_name(name)
        form = self._parts.forms.form(name)
        proxy = kind if form is Form.RESOURCE else f"{kind}Proxy"
        release = self._parts.forms.ending(name)
        pointer = self._parts.names.struct(name, " *")
        filled = f"{pointer!r}, fill_{own}(lib, value, keep, how), how, {release.allocator!r}"
        back: tuple[str, ...] = (f"return keep.hand_back(value, {proxy}, how)",)
        is_copy = form is Form.OBJECT and not self._parts.forms.counting(name)
        if is_copy and not release.is_known:
            # It is Python's copy of the table, and nobody says when that is not needed any more.
            kept = "'pinned' if how == 'own' else how"
            back = (f"return keep.hand_back(value, {proxy}, {kept})",)
        state = self._parts.forms.state(name)
        more = f", {self._parts.names.c(state)!r}" if state is not None else ""
        made = f"keep.table({filled}{more})"
        is_own_context = self._parts.forms.is_own_context(name)
        if is_own_context:
            back = (f"keep.hand_back(value, {proxy}, how)", "return value._abi_context")
            made = f"keep.itself(value, len(keep.held), {filled})"
        # A pair is made anew, since its object is known by what was in it.
        is_made = form is Form.PAIR and not is_own_context
        hand = f"hand_{own}(lib: Library, value: {kind}, keep: Keep, how: str) -> CData"
        fill = f"fill_{own}(lib: Library, value: {kind}, keep: Keep, how: str) -> Any"
        if not self._objects.adapts(name):
            if is_made:
                yield Code(fill, tuple(self._pair_back(name, proxy)))
            elif form is Form.OBJECT and not is_own_context:
                yield Code(fill, (f"return keep.hand_back(value, {proxy}, how)[0]",))
            yield Code(hand, (f"return {made}",) if is_made else back)
            return
        yield Code(fill, tuple(self._filled(name, proxy)))
        refused: tuple[str, ...] = ()
        if release.entry is not None:
            refused = ("if how == 'own':", f"    raise lib.only_made_by_c({release.entry!r})")
        told = () if is_made else (f"if isinstance(value, {proxy}):", *indented(back))
        yield Code(hand, (*told, *refused, f"return {made}"))

    def _pair_back(self, name: str, proxy: str) -> Iterator[str]:
        """The fields of a pair that was C's already."""
        context, table = (self._parts.names.c(word) for word in self._objects.pair(name))
        itself = self._parts.forms.is_own_context(name)
        yield f"made = keep.hand_back(value, {proxy}, how)"
        first = "" if itself else f"{context!r}: value._abi_context, "
        yield f"return {{{first}{table!r}: made}}"

    def _filled(self, name: str, proxy: str) -> Iterator[str]:
        yield f"if isinstance(value, {proxy}):"
        if self._parts.forms.form(name) is Form.PAIR:
            context, table = (self._parts.names.c(word) for word in self._objects.pair(name))
            itself = self._parts.forms.is_own_context(name)
            yield from indented(self._pair_back(name, proxy))
            yield f"require_shape(value, {self._parts.names.type(name)})"
            inner = self._parts.forms.table(name)
            slots = mapping(self._slots(inner, name))
            static = not any(
                method.optional or method.context is None
                for method in self._parts.forms.methods(inner)
            )
            made = f"keep.static({self._parts.names.struct(inner, ' *')!r}, lambda: {slots})"
            if not static:
                made = f"keep.struct({self._parts.names.struct(inner, ' *')!r}, {slots})"
            is_told = any(method.context is None for method in self._parts.forms.methods(inner))
            if is_told or not itself:
                yield "token = keep.register(value, how)"
            first = "" if itself else f"{context!r}: token, "
            made = f"{{{first}{table!r}: {made}}}"
            yield f"return {made if static or itself else _lent_with(made)}"
            return
        yield f"    return keep.hand_back(value, {proxy}, how)[0]"
        yield f"require_shape(value, {self._parts.names.type(name)})"
        members: list[tuple[str, str]] = []
        given: list[Given] = []
        seen = {item.name: item for item in self._objects.items(name)}
        for field in self._parts.forms.data_fields(name):
            member = field.name or ""
            if field.attributes.has("struct_size"):
                members.append(
                    (
                        self._parts.names.c(member),
                        f"lib.ffi.sizeof({self._parts.names.struct(name)!r})",
                    )
                )
            elif field.attributes.has("version") and field.attributes.has("default"):
                members.append((self._parts.names.c(member), self._objects.default(field)))
            elif member in seen:
                item = seen[member]
                python = self._parts.names.data(member, field.attributes)
                attribute = f"value.{python}"
                if field.attributes.has("default"):
                    attribute = f"getattr(value, {python!r}, {self._objects.default(field)})"
                given.append(Given(item.shape, item.name, attribute, python))
            elif field.attributes.has("hidden") and (stub := self._stub(field)):
                members.append((self._parts.names.c(member), stub))
        measured, lowered = self._parts.lowering.together(given)
        members.extend((self._parts.names.c(each), text) for each, text in lowered.items() if each)
        members.extend(self._slots(name, name))
        is_told = any(method.context is None for method in self._parts.forms.methods(name))
        # What is lent in the table lives as long as that.
        lends = _lends(lowered.values()) and not self._parts.forms.is_own_context(name)
        state = self._parts.forms.state(name)
        if is_told or lends:
            yield "token = keep.register(value, how)"
        if state is not None:
            token = "token" if is_told or lends else "keep.register(value, how)"
            members.insert(0, (self._parts.names.c(state), token))
        yield from measured
        yield f"return {_lent_with(mapping(members)) if lends else mapping(members)}"

    def _stub(self, field: Field) -> str | None:
        """A function that nobody calls, where there must be one."""
        resolved, _ = self._parts.forms.resolve(field.type, NOTHING)
        signature = self._parts.forms.signature(resolved)
        if signature is None or signature.variadic or getattr(resolved, "nullable", False):
            return None
        shape = self._parts.calls.classifier.shape(field.type, NOTHING, False)
        assert isinstance(shape, Function)
        return f"lib.pointer({f'{python_name(shape.name)}_stub'!r})"

    def _slots(self, table: str, name: str) -> Iterator[tuple[str, str]]:
        kind = self._parts.names.type(name)
        for method in self._parts.forms.methods(table):
            place = self._objects.place(table, method)
            pointer = f"lib.pointer({place.carrier!r})"
            if method.signature.variadic:
                pointer = "lib.null"
            elif method.context is None:
                # Without a context it has to be told apart by its address.
                pointer = f"keep.slot({place.carrier!r}, token)"
            if method.optional and not method.is_drop and not method.signature.variadic:
                python = self._parts.names.method(method, self._objects.owner(name))
                pointer = f"{pointer} if implements(value, {kind}, {python!r}) else lib.null"
            yield self._parts.names.c(method.name), pointer


def _lent_with(fields: str) -> str:
    """The fields of a table, with what is lent in them."""
    return f"keep.lent_with(token, len(keep.held), {fields})"


def _lends(texts: Iterable[str]) -> bool:
    return any(in_keep(text, "") != text for text in texts)
