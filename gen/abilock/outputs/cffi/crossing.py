"""Objects that arrive as pointers and leave as tables, and the functions in these."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from abilock.binding.calls import Call
from abilock.binding.forms import NOTHING, Method, words
from abilock.binding.shapes import Form, Function
from abilock.model.decls import Field
from abilock.model.naming import python_name
from abilock.model.types import FunctionPointer
from abilock.outputs.cffi.answering import Answering
from abilock.outputs.cffi.calling import Calling
from abilock.outputs.cffi.code import Code, mapping
from abilock.outputs.cffi.objects import Objects, version_tuple
from abilock.outputs.cffi.parts import Parts
from abilock.outputs.cffi.signatures import Place, arriving


@dataclass(frozen=True, slots=True)
class Trampoline:
    """What C calls: the function ``on_name``, and its type in C."""

    name: str
    ctype: str
    safe: str


class Crossing:
    """How the objects of one library cross."""

    def __init__(
        self, parts: Parts, objects: Objects, calling: Calling, answering: Answering
    ) -> None:
        self._parts = parts
        self._objects = objects
        self._calling = calling
        self._answering = answering

    def codes(self) -> Iterator[Code]:
        """``call_…`` of everything that C may offer."""
        for name in self._objects.tables():
            for method in self._parts.forms.methods(name):
                if self._objects.is_cloned_by(name, method):
                    yield self._clone(name, method)
                elif not method.is_drop and not self._objects.is_clone(name, method):
                    yield self._calling.call(
                        self._objects.call(name, method), self._objects.place(name, method)
                    )

    def calls(self) -> Iterator[tuple[Call, Place]]:
        """Slots that are methods, and neither end nor clone their object."""
        for name in self._objects.tables():
            for method in self._parts.forms.methods(name):
                if not method.is_drop and not self._objects.is_clone(name, method):
                    yield self._objects.call(name, method), self._objects.place(name, method)

    def _clone(self, name: str, method: Method) -> Code:
        """A second object: a copy of the table with a state of its own."""
        own = python_name(name)
        carrier = self._objects.place(name, method).carrier
        state = self._parts.names.c(self._parts.forms.state(name) or "")
        return Code(
            f"call_{carrier}(lib: Library, table: CData) -> {self._parts.names.type(name)}Proxy",
            (
                f"state = lib.raw.{carrier}(table)",
                "if not state:",
                "    raise CallError('', None)",
                f"copy = lib.moved({self._parts.names.struct(name, ' *')!r}, table[0])",
                f"copy.{state} = state",
                f"return own_{own}(lib, copy)",
            ),
        )

    def raw(self) -> Iterator[tuple[str, str]]:
        """Names of carriers, and the expression that makes the ready-made one of each."""
        for name in self._objects.tables():
            state = self._parts.forms.state(name)
            for method in self._parts.forms.methods(name):
                place = self._objects.place(name, method)
                has_state = method.context is not None and state is not None
                field = repr(self._parts.names.c(state)) if has_state and state else "None"
                yield place.carrier, f"raw_slot({self._parts.names.c(method.name)!r}, {field})"

    def arrivals(self, name: str) -> Iterator[Code]:
        """``lend_…`` and ``own_…``: from a pointer to a proxy; ``end_…``: how it ends."""
        kind = self._parts.names.type(name)
        form = self._parts.forms.form(name)
        proxy = kind if form is Form.RESOURCE else f"{kind}Proxy"
        own = python_name(name)
        required = self._required(name)
        if self._parts.forms.is_own_context(name):
            yield from self._itself(name, proxy, required)
            return
        if form is Form.PAIR:
            context, table = (self._parts.names.c(word) for word in self._pair(name))
            yield Code(
                f"lend_{own}(lib: Library, c: CData) -> {proxy}",
                (
                    f"table = lib.there(c.{table}, {name!r})",
                    f"lib.whole(table, {name!r}, {required!r})",
                    f"return {proxy}(lib, table, c.{context})",
                ),
            )
            yield Code(
                f"own_{own}(lib: Library, c: CData, block: bool = False) -> {proxy}",
                (f"return lend_{own}(lib, c)",),
            )
            return
        whole = f"lib.whole(lib.there(table, {name!r}), {name!r}, {required!r})"
        sized = self._sized(name)
        yield Code(
            f"lend_{own}(lib: Library, table: CData) -> {proxy}",
            (*sized, whole, f"return {proxy}(lib, table)"),
        )
        yield Code(
            f"own_{own}(lib: Library, table: CData, block: bool = False) -> {proxy}",
            tuple(self._owned(name, proxy, whole)),
        )
        yield Code(
            f"end_{own}(lib: Library, table: CData, block: bool) -> None",
            tuple(self._end(name)),
        )

    def _required(self, name: str) -> tuple[str, ...]:
        """The functions that no object may lack."""
        return tuple(
            self._parts.names.c(method.name)
            for method in self._parts.forms.methods(name)
            if not method.optional and not method.attributes.has("since")
        )

    def _refusal(self, name: str) -> str:
        """What ends an object that is refused: as any other, if it has the functions for that."""
        own = python_name(name)
        ends = f"functools.partial(end_{own}, lib, table, block)"
        drops = [
            self._parts.names.at("table", method.name)
            for method in self._parts.forms.methods(name)
            if method.is_drop and not method.optional
        ]
        return f"{ends} if {' and '.join(drops)} else None" if drops else ends

    def _itself(self, name: str, proxy: str, required: tuple[str, ...]) -> Iterator[Code]:
        """As ``arrivals``, for what is the context of its own functions: these get the address that C
        knows, also where the table that is read is a copy."""
        own = python_name(name)
        table = self._parts.forms.table(name)
        found = f"lib.there(context, {name!r})"
        if table != name:
            found = f"lib.there({found}.{self._parts.names.c(self._pair(name)[1])}, {table!r})"
        read = (
            f"table = {found}",
            *self._sized(table),
            f"lib.whole(table, {table!r}, {required!r})",
        )
        yield Code(
            f"lend_{own}(lib: Library, context: CData) -> {proxy}",
            (*read, f"return {proxy}(lib, table, context)"),
        )
        ends = f"functools.partial(end_{own}, lib, table, block, context)"
        yield Code(
            f"own_{own}(lib: Library, context: CData, block: bool = False) -> {proxy}",
            (*read, f"return {proxy}(lib, table, context, {ends})"),
        )
        yield Code(
            f"end_{own}(lib: Library, table: CData, block: bool, context: CData) -> None",
            tuple(self._end(name, "context")),
        )

    def _pair(self, name: str) -> tuple[str, ...]:
        return words(self._parts.forms.attributes(name).get("object"))

    def _owned(self, name: str, proxy: str, whole: str) -> Iterator[str]:
        own = python_name(name)
        if not self._objects.is_moved(name):
            yield from self._taken_over(name)
            if self._required(name):
                if not any(line.startswith("table = ") for line in self._taken_over(name)):
                    yield f"lib.there(table, {name!r})"
                yield f"ends = {self._refusal(name)}"
                yield f"if not lib.accepted(table, {name!r}, {self._required(name)!r}, ends):"
                # Told by whoever takes it; nobody gets this.
                yield "    return None  # type: ignore[return-value]"
            yield f"return {proxy}(lib, table, None, functools.partial(end_{own}, lib, table, block))"
            return
        gated = tuple(
            (self._parts.names.c(field.name or ""), version)
            for field in self._parts.forms.fields(name)
            if (version := field.attributes.version("since")) is not None
        )
        steps = ", ".join(f"({field!r}, {version_tuple(version)})" for field, version in gated)
        pointer = self._parts.names.struct(name, " *")
        given = f"({steps}{',' if steps else ''})"
        yield f"c = lib.prefix({pointer!r}, lib.there(table, {name!r}), {given})"
        taken = mapping(
            (item.name, self._parts.lifting.lift(item.shape, item.name, self._in_copy, take=True))
            for item in self._objects.items(name)
        )
        yield f"take: Callable[[], Dict[str, Any]] = lambda: {taken}"
        release = self._parts.forms.release(NOTHING, self._parts.forms.attributes(name))
        yield "release: Callable[[], object] = lambda: None"
        if release.allocator:
            yield "if block:"
            yield f"    release = lambda: lib.free({release.allocator!r}, table)"
        yield f"taken = lib.all_taken(c, {name!r}, {self._required(name)!r}, take, release)"
        yield f"return {proxy}(lib, c)._abi_holding(taken)"

    def _sized(self, name: str) -> tuple[str, ...]:
        """A table that says how long it is may be shorter than ours: what it lacks is null."""
        field = self._parts.forms.size_field(name)
        if field is None:
            return ()
        pointer = self._parts.names.struct(name, " *")
        size = self._parts.names.c(field)
        return (f"table = lib.sized({pointer!r}, lib.there(table, {name!r}), {size!r})",)

    def _taken_over(self, name: str) -> Iterator[str]:
        """The memory of a table that is handed over stays ours only if it is a block of an allocator."""
        attributes = self._parts.forms.attributes(name)
        allocator = self._parts.forms.release(NOTHING, attributes).allocator
        sized = self._sized(name)
        if sized and allocator:
            yield "given, block = table if block else lib.null, False"
            yield from sized
            yield f"lib.free({allocator!r}, given)"
        elif sized:
            yield from sized
        elif not allocator and self._parts.forms.form(name) is Form.OBJECT:
            pointer = self._parts.names.struct(name, " *")
            yield f"table = lib.moved({pointer!r}, lib.there(table, {name!r})[0])"

    def _in_copy(self, member: str) -> str:
        return self._parts.names.at("c", member)

    def _end(self, name: str, address: str = "table") -> Iterator[str]:
        """``address``: where the object is for C."""
        drops = [method for method in self._parts.forms.methods(name) if method.is_drop]
        for method in drops:
            place = self._objects.place(self._parts.forms.table(name), method)
            given = "table" if address == "table" else f"table, {address}"
            call = f"lib.raw.{place.carrier}({given})"
            if method.optional:
                yield f"if {self._parts.names.at('table', method.name)}:"
                yield f"    {call}"
            else:
                yield call
        release = self._parts.contents.release(name)
        if release.member is not None:
            where = address if self._parts.forms.form(name) is Form.PAIR else "table"
            arguments = ", ".join(self._parts.names.at(where, each) for each in release.arguments)
            yield f"if {self._parts.names.at(where, release.member)}:"
            yield f"    {self._parts.names.at(where, release.member)}({arguments})"
        ends = self._parts.forms.ending(name)
        if ends.allocator:
            yield "if block:"
            yield f"    lib.free({ends.allocator!r}, {address})"
        elif ends.entry:
            yield f"lib.symbol({ends.entry!r})({address})"
        yield f"lib.unbind({address})"

    def handle_codes(self, name: str) -> Iterator[Code]:
        """``own_…`` and ``end_…`` of handles."""
        for kind, methods in self._objects.handles(name).items():
            ends = next((each for each in methods if self._objects.call(name, each).ends), None)
            body: tuple[str, ...] = (f"return {kind}(lib, table, handle)",)
            if ends is not None:
                place = self._objects.place(self._parts.forms.table(name), ends)
                body = (
                    f"ends = functools.partial(lib.raw.{place.carrier}, table, handle)",
                    f"return {kind}(lib, table, handle, ends)",
                )
            yield Code(f"own_{kind}(lib: Library, table: CData, handle: CData) -> {kind}", body)

    def departures(self, name: str) -> Iterator[Code]:
        """``fill_…`` and ``hand_…``: from a Python object to a table that C can call."""
        kind = self._parts.names.type(name)
        own = python_name(name)
        form = self._parts.forms.form(name)
        proxy = kind if form is Form.RESOURCE else f"{kind}Proxy"
        if not self._objects.adapts(name):
            yield Code(
                f"hand_{own}(lib: Library, value: {kind}, keep: Keep, how: str) -> CData",
                (f"return keep.hand_back(value, {proxy}, how)",),
            )
            return
        yield Code(
            f"fill_{own}(lib: Library, value: {kind}, keep: Keep, how: str) -> Any",
            tuple(self._filled(name, proxy)),
        )
        release = self._parts.forms.release(NOTHING, self._parts.forms.attributes(name))
        pointer = self._parts.names.struct(name, " *")
        filled = f"{pointer!r}, fill_{own}(lib, value, keep, how), how, {release.allocator!r}"
        back: tuple[str, ...] = (f"    return keep.hand_back(value, {proxy}, how)",)
        made = f"keep.table({filled})"
        if self._parts.forms.is_own_context(name):
            back = (f"    keep.hand_back(value, {proxy}, how)", "    return value._abi_context")
            made = f"keep.itself(value, {filled})"
        yield Code(
            f"hand_{own}(lib: Library, value: {kind}, keep: Keep, how: str) -> CData",
            (f"if isinstance(value, {proxy}):", *back, f"return {made}"),
        )

    def _filled(self, name: str, proxy: str) -> Iterator[str]:
        yield f"if isinstance(value, {proxy}):"
        if self._parts.forms.form(name) is Form.PAIR:
            context, table = (self._parts.names.c(word) for word in self._pair(name))
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

    def trampolines(self) -> Iterator[tuple[Code, Trampoline]]:
        """What C calls of Python's objects."""
        for name in self._objects.tables():
            users = [
                each for each in self._objects.objects() if self._parts.forms.table(each) == name
            ]
            if not any(self._objects.adapts(each) for each in users):
                continue
            for method in self._parts.forms.methods(name):
                if method.signature.variadic:
                    continue
                place = self._objects.place(name, method)
                call = self._objects.call(name, method)
                type_ = self._pointer_type(method)
                safe = "None"
                if method.is_drop:
                    code = self._generic(call, place, "abi.dropped")
                elif self._objects.is_clone(name, method):
                    code = self._generic(call, place, "abi.cloned")
                else:
                    python = self._parts.names.method(method, self._objects.owner(name))
                    target = f"entry.target.{python}"
                    is_property = method.attributes.has("get") and not call.inputs
                    code = self._answering.trampoline(call, place, target, is_property)
                    safe = self._answering.safe(call)
                yield code, Trampoline(place.carrier, type_, safe)

    def _generic(self, call: Call, place: Place, function: str) -> Code:
        names = [arriving(each, index) for index, each in enumerate(call.signature.parameters)]
        if call.context is None:
            names = ["token", *names]
        head = ", ".join(["abi: Binding", *(f"{name}: Any" for name in names)])
        return Code(
            f"on_{place.carrier}({head}) -> Any",
            (f"return {function}({names[0]}, {place.where!r})",),
        )

    def _pointer_type(self, method: Method) -> str:
        return self._parts.names.ctype(FunctionPointer(method.signature))
