"""Objects that leave: from a Python object to a table that C can call."""

from __future__ import annotations

from collections.abc import Iterator

from abilock.binding.forms import NOTHING
from abilock.binding.shapes import Form, Function
from abilock.model.decls import Field
from abilock.model.naming import python_name
from abilock.outputs.cffi.code import Code, mapping
from abilock.outputs.cffi.objects import Objects
from abilock.outputs.cffi.parts import Parts

#: What every such function takes, and the allocator of the block in which what is owned is.
_GIVEN = "lib: Library, value: {}, keep: Keep, how: str"
_BLOCK = ", block: Optional[str] = None"


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
        if not self._objects.adapts(name):
            back = f"return keep.hand_back(value, {proxy}, how)"
            if form is Form.OBJECT and not self._parts.forms.is_own_context(name):
                yield Code(f"fill_{own}({_GIVEN.format(kind)}) -> Any", (f"{back}[0]",))
            yield Code(f"hand_{own}({_GIVEN.format(kind)}{_BLOCK}) -> CData", (back,))
            return
        yield Code(f"fill_{own}({_GIVEN.format(kind)}) -> Any", tuple(self._filled(name, proxy)))
        yield Code(
            f"hand_{own}({_GIVEN.format(kind)}{_BLOCK}) -> CData", tuple(self._handed(name, proxy))
        )

    def _handed(self, name: str, proxy: str) -> Iterator[str]:
        """A pointer to a table of ours, or to that of the other side's own object."""
        pointer = self._parts.names.struct(name, " *")
        filled = f"{pointer!r}, fill_{python_name(name)}(lib, value, keep, how), how, block"
        if self._parts.forms.is_own_context(name):
            yield f"if isinstance(value, {proxy}):"
            yield f"    keep.hand_back(value, {proxy}, how)"
            yield "    return value._abi_context"
            yield f"return keep.itself(value, {filled})"
            return
        # A pair is made anew: its object is known by what is in it.
        if self._parts.forms.form(name) is not Form.PAIR:
            yield f"if isinstance(value, {proxy}):"
            yield f"    return keep.hand_back(value, {proxy}, how, block)"
        state = self._parts.forms.state(name)
        counted = self._parts.forms.is_counted(name) and state is not None
        held = f", {self._parts.names.c(state)!r}" if counted and state else ""
        yield f"return keep.table({filled}{held})"

    def _filled(self, name: str, proxy: str) -> Iterator[str]:
        yield f"if isinstance(value, {proxy}):"
        if self._parts.forms.form(name) is Form.PAIR:
            context, table = (self._parts.names.c(word) for word in self._objects.pair(name))
            itself = self._parts.forms.is_own_context(name)
            yield "    made = keep.hand_back(value, " + proxy + ", how)"
            first = "" if itself else f"{context!r}: value._abi_context, "
            yield f"    return {{{first}{table!r}: made}}"
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
            yield f"return {{{first}{table!r}: {made}}}"
            return
        yield f"    return keep.hand_back(value, {proxy}, how)[0]"
        ends = self._parts.forms.ending(name).entry
        if ends is not None:
            yield f"keep.only_lent(value, {ends!r}, how)"
        lines: list[str] = []
        members: list[tuple[str, str]] = []
        state = self._parts.forms.state(name)
        if any(method.context is None for method in self._parts.forms.methods(name)):
            lines.append("token = keep.register(value, how)")
            if state is not None:
                members.append((self._parts.names.c(state), "token"))
        elif state is not None:
            members.append((self._parts.names.c(state), "keep.register(value, how)"))
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
                lowered = self._parts.lowering.lower(item.shape, item.name, attribute)
                lines.extend(lowered.lines)
                members.extend(
                    (self._parts.names.c(each), text) for each, text in lowered.members.items()
                )
            elif field.attributes.has("hidden") and (stub := self._stub(field)):
                members.append((self._parts.names.c(member), stub))
        members.extend(self._slots(name, name))
        yield from lines
        yield f"return {mapping(members)}"

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
                pointer = f"keep.slot({place.carrier!r}, token, how)"
            if method.optional and not method.is_drop and not method.signature.variadic:
                python = self._parts.names.method(method, self._objects.owner(name))
                pointer = f"{pointer} if implements(value, {kind}, {python!r}) else lib.null"
            yield self._parts.names.c(method.name), pointer
