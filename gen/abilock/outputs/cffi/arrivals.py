"""Objects that arrive: from a pointer to a proxy, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator

from abilock.binding.shapes import Form
from abilock.model.naming import python_name
from abilock.outputs.cffi.code import Code, mapping
from abilock.outputs.cffi.objects import Objects, version_tuple
from abilock.outputs.cffi.parts import Parts


class Arrivals:
    """How the objects that C offers become Python's."""

    def __init__(self, parts: Parts, objects: Objects) -> None:
        self._parts = parts
        self._objects = objects

    def codes(self, name: str) -> Iterator[Code]:
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
            context, table = (self._parts.names.c(word) for word in self._objects.pair(name))
            yield Code(
                f"lend_{own}(lib: Library, c: CData) -> {proxy}",
                (
                    f"table = lib.there(lib.there(c, {name!r}).{table}, {name!r})",
                    f"lib.whole(table, {name!r}, {required!r})",
                    f"return {proxy}(lib, table, c.{context})",
                ),
            )
            yield from self._owned_pair(name, proxy)
            return
        whole = f"lib.whole(lib.there(table, {name!r}), {name!r}, {required!r})"
        sized = self._sized(name)
        yield Code(
            f"lend_{own}(lib: Library, table: CData) -> {proxy}",
            (*sized, whole, f"return {proxy}(lib, table)"),
        )
        yield Code(
            f"own_{own}(lib: Library, table: CData, block: Optional[str] = None) -> {proxy}",
            tuple(self._owned(name, proxy, whole)),
        )
        yield Code(
            f"end_{own}(lib: Library, table: CData, block: Optional[str]) -> None",
            tuple(self._end(name)),
        )

    def _owned_pair(self, name: str, proxy: str) -> Iterator[Code]:
        """What leads to an object and its functions is copied, so that its block can go at once."""
        own = python_name(name)
        pointer = self._parts.names.struct(name, " *")
        context, table = (self._parts.names.c(word) for word in self._objects.pair(name))
        yield Code(
            f"own_{own}(lib: Library, c: CData, block: Optional[str] = None) -> {proxy}",
            (
                f"given, c = c, lib.moved({pointer!r}, lib.there(c, {name!r})[0])",
                "if block:",
                "    lib.free(block, given)",
                f"table = lib.there(c.{table}, {name!r})",
                f"ends = {self._refusal(name, 'table, c')}",
                f"if not lib.accepted(table, {name!r}, {self._required(name)!r}, ends):",
                "    return None  # type: ignore[return-value]",
                f"ends = functools.partial(end_{own}, lib, table, c)",
                f"return {proxy}(lib, table, c.{context}, ends)",
            ),
        )
        yield Code(
            f"end_{own}(lib: Library, table: CData, c: CData) -> None",
            (*self._drops(name, f"table, c.{context}"), *self._released(name, "c"))
            or ("return None",),
        )

    def _required(self, name: str) -> tuple[str, ...]:
        """The functions that no object may lack."""
        return tuple(
            self._parts.names.c(method.name)
            for method in self._parts.forms.methods(name)
            if not method.optional and not method.attributes.has("since")
        )

    def _refusal(self, name: str, given: str = "table, block") -> str:
        """What ends an object that is refused: as any other, if it has the functions for that."""
        own = python_name(name)
        ends = f"functools.partial(end_{own}, lib, {given})"
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
            found = (
                f"lib.there({found}.{self._parts.names.c(self._objects.pair(name)[1])}, {table!r})"
            )
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
            f"own_{own}(lib: Library, context: CData, block: Optional[str] = None) -> {proxy}",
            (*read, f"return {proxy}(lib, table, context, {ends})"),
        )
        yield Code(
            f"end_{own}(lib: Library, table: CData, block: Optional[str], context: CData) -> None",
            tuple(self._end(name, "context")),
        )

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
            elif self._parts.forms.form(name) is Form.RESOURCE:
                yield f"lib.there(table, {name!r})"
            ends = f"functools.partial(end_{own}, lib, table, block)"
            yield f"return {proxy}(lib, table, None, {ends}, block)"
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
        yield "release: Callable[[], object] = lambda: block and lib.free(block, table)"
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
        """The memory of a table that is handed over stays ours if it is a block of an allocator, or until
        the entry is called that ends it."""
        sized = self._sized(name)
        if sized:
            yield "given, held, block = table, block, None"
            yield from sized
            yield "if held:"
            yield "    lib.free(held, given)"
        elif self._parts.forms.form(name) is Form.OBJECT and not self._stays(name):
            pointer = self._parts.names.struct(name, " *")
            yield f"table = lib.taken({pointer!r}, lib.there(table, {name!r}), block)"

    def _stays(self, name: str) -> bool:
        """Whether the table is where it is until the object ends, as the other side says."""
        ends = self._parts.forms.ending(name).entry
        return ends is not None or self._parts.forms.is_counted(name)

    def _in_copy(self, member: str) -> str:
        return self._parts.names.at("c", member)

    def _end(self, name: str, address: str = "table") -> Iterator[str]:
        """``address``: where the object is for C."""
        yield from self._drops(name, "table" if address == "table" else f"table, {address}")
        is_pair = self._parts.forms.form(name) is Form.PAIR
        yield from self._released(name, address if is_pair else "table")
        ends = self._parts.forms.ending(name)
        if ends.entry:
            yield f"lib.symbol({ends.entry!r})({address})"
        else:
            yield "if block:"
            yield f"    lib.free(block, {address})"
        yield f"lib.unbind({address})"

    def _drops(self, name: str, given: str) -> Iterator[str]:
        for method in self._parts.forms.methods(name):
            if not method.is_drop:
                continue
            place = self._objects.place(self._parts.forms.table(name), method)
            call = f"lib.raw.{place.carrier}({given})"
            if method.optional:
                yield f"if {self._parts.names.at('table', method.name)}:"
                yield f"    {call}"
            else:
                yield call

    def _released(self, name: str, where: str) -> Iterator[str]:
        release = self._parts.contents.release(name)
        if release.member is not None:
            arguments = ", ".join(self._parts.names.at(where, each) for each in release.arguments)
            yield f"if {self._parts.names.at(where, release.member)}:"
            yield f"    {self._parts.names.at(where, release.member)}({arguments})"

    def of_handles(self, name: str) -> Iterator[Code]:
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
