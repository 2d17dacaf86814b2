"""Objects that arrive: from a pointer to a proxy, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator

from abilock.binding.shapes import Form
from abilock.model.naming import python_name
from abilock.model.types import Aggregate, Field
from abilock.outputs.cffi.code import Code, mapping
from abilock.outputs.cffi.objects import Objects
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
        if form is Form.RESOURCE:
            yield from self._resource(name, proxy)
            return
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
                    *(
                        (self._took(name, f"c.{context}"), f"return own_{own}(lib, c)")
                        if self._parts.forms.counting(name)
                        else (f"return {proxy}(lib, table, c.{context})",)
                    ),
                ),
            )
            yield Code(
                f"own_{own}(lib: Library, c: CData, block: bool = False) -> {proxy}",
                tuple(self._owned_pair(name, proxy)),
            )
            yield Code(
                f"end_{own}(lib: Library, table: CData, block: bool, context: CData) -> None",
                tuple(self._end(name, "context")),
            )
            return
        whole = f"lib.whole(lib.there(table, {name!r}), {name!r}, {required!r})"
        sized = self._sized(name)
        lent: tuple[str, ...] = (*sized, whole, f"return {proxy}(lib, table)")
        if self._parts.forms.counting(name):
            took = self._took(name, "table")
            lent = (*sized, whole, took, f"return own_{own}(lib, table, True)")
        yield Code(f"lend_{own}(lib: Library, table: CData) -> {proxy}", lent)
        yield Code(
            f"own_{own}(lib: Library, table: CData, block: bool = False) -> {proxy}",
            tuple(self._owned(name, proxy, whole)),
        )
        yield Code(
            f"end_{own}(lib: Library, table: CData, block: bool) -> None",
            tuple(self._end(name)),
        )

    def _took(self, name: str, address: str) -> str:
        """Takes a reference: as long as Python knows an object that is counted, it has one. ``address``:
        where the object is for C."""
        take = self._parts.forms.counting(name)[0]
        methods = self._parts.forms.methods(name)
        slot = next((method for method in methods if method.name == take), None)
        if slot is None:
            return f"lib.symbol({self._parts.forms.symbol(take)!r})({address})"
        place = self._objects.place(self._parts.forms.table(name), slot)
        return f"lib.raw.{place.carrier}({'table' if address == 'table' else f'table, {address}'})"

    def _resource(self, name: str, proxy: str) -> Iterator[Code]:
        """What is only an address, or a handle that C passes by value."""
        own = python_name(name)
        kind = self._parts.forms.handles.kinds.get(name)
        checked = f"lib.there(table, {name!r})"
        if kind is not None and kind.by_value:
            checked = "table" if kind.is_alias else "lib.copy(table)"
        elif kind is not None and kind.is_alias:
            checked = f"lib.there(table, {proxy!r})"
        lent: tuple[str, ...] = (f"return {proxy}(lib, {checked})",)
        if self._parts.forms.counting(name):
            lent = (self._took(name, checked), f"return own_{own}(lib, table, True)")
        yield Code(f"lend_{own}(lib: Library, table: CData) -> {proxy}", lent)
        yield Code(
            f"own_{own}(lib: Library, table: CData, block: bool = False) -> {proxy}",
            (
                f"table = {checked}",
                f"return {proxy}(lib, table, None, functools.partial(end_{own}, lib, table, block))",
            ),
        )
        body = tuple(self._end(name))
        if kind is not None and kind.ends is not None:
            body = (
                "try:",
                f"    call_{python_name(kind.ends.name)}(lib, table)",
                "finally:",
                "    lib.unbind(table)",
            )
        yield Code(f"end_{own}(lib: Library, table: CData, block: bool) -> None", body)

    def _required(self, name: str) -> tuple[str, ...]:
        """The functions that no object may lack."""
        return tuple(
            self._parts.names.c(method.name)
            for method in self._parts.forms.methods(name)
            if not method.optional and not method.attributes.has("since")
        )

    def _refusal(self, name: str, ends: str) -> str:
        """What ends an object that is refused: as any other, if it has the functions for that."""
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
        read = (f"table = {found}", *self._sized(table))
        yield Code(
            f"lend_{own}(lib: Library, context: CData) -> {proxy}",
            (
                *read,
                f"lib.whole(table, {table!r}, {required!r})",
                *(
                    (self._took(name, "context"), f"return own_{own}(lib, context, True)")
                    if self._parts.forms.counting(name)
                    else (f"return {proxy}(lib, table, context)",)
                ),
            ),
        )
        ends = f"functools.partial(end_{own}, lib, table, block, context)"
        yield Code(
            f"own_{own}(lib: Library, context: CData, block: bool = False) -> {proxy}",
            (
                *read,
                *self._accepted(name, table, ends),
                f"return {proxy}(lib, table, context, {ends})",
            ),
        )
        yield Code(
            f"end_{own}(lib: Library, table: CData, block: bool, context: CData) -> None",
            tuple(self._end(name, "context")),
        )

    def _accepted(self, name: str, label: str, ends: str) -> Iterator[str]:
        """What is ours and refused ends. ``label``: what people call the object."""
        yield f"ends = {self._refusal(name, ends)}"
        yield f"lib.accept(table, {label!r}, {self._required(name)!r}, ends)"

    def _owned(self, name: str, proxy: str, whole: str) -> Iterator[str]:
        own = python_name(name)
        ends = f"functools.partial(end_{own}, lib, table, block)"
        if not self._objects.is_moved(name):
            yield from self._taken_over(name)
            if self._required(name):
                if not any(line.startswith("table = ") for line in self._taken_over(name)):
                    yield f"lib.there(table, {name!r})"
                yield from self._accepted(name, name, ends)
            yield f"return {proxy}(lib, table, None, {ends})"
            return
        yield f"c = {self._objects.copied(name, f'lib.there(table, {name!r})')}"
        taken = mapping(
            (
                item.name,
                f"lambda: {self._parts.lifting.lift(item.shape, item.name, self._in_copy, take=True)}",
            )
            for item in self._objects.items(name)
        )
        yield f"take: Dict[str, Callable[[], Any]] = {taken}"
        yield "release: Callable[[], object] = lambda: None"
        if given_back := self._given_back(name, "table"):
            yield "if block:"
            yield f"    release = lambda: {given_back}"
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
        given_back = self._given_back(name, "given")
        sized = self._sized(name)
        if sized and given_back:
            yield "given, had_block, block = table, block, False"
            yield from sized
            yield "if had_block:"
            yield f"    {given_back}"
        elif sized:
            yield from sized
        elif not given_back and not self._parts.forms.counting(name):
            moved = f"table = {self._objects.copied(name, f'lib.there(table, {name!r})')}"
            if self._is_known_by_address(name):
                yield "if not block:"
                moved = f"    {moved}"
            yield moved

    def _is_known_by_address(self, name: str) -> bool:
        """Whether the end of a struct gets its address, so that a copy is another object to it."""
        declared = self._parts.forms.declaration(name)
        return isinstance(declared, Aggregate) and bool(self._parts.contents.given_to_end(declared))

    def _given_back(self, name: str, address: str) -> str:
        """What gives back the memory that an object is in, empty if that is whoever made it."""
        ends = self._parts.forms.ending(name)
        if ends.allocator:
            return f"lib.free({ends.allocator!r}, {address})"
        return f"lib.symbol({ends.entry!r})({address})" if ends.entry else ""

    def _owned_pair(self, name: str, proxy: str) -> Iterator[str]:
        """All that is needed of a pair is read at once, so that its memory need not stay."""
        context, member = (self._parts.names.c(word) for word in self._objects.pair(name))
        yield f"table, context = lib.there(lib.there(c, {name!r}).{member}, {name!r}), c.{context}"
        if given_back := self._given_back(name, "c"):
            yield "if block:"
            yield f"    {given_back}"
        ends = f"functools.partial(end_{python_name(name)}, lib, table, False, context)"
        yield from self._accepted(name, name, ends)
        yield f"return {proxy}(lib, table, context, {ends})"

    def _in_copy(self, member: str) -> str:
        return self._parts.names.at("c", member)

    def _end(self, name: str, address: str = "table") -> Iterator[str]:
        """``address``: where the object is for C."""
        drops = [method for method in self._parts.forms.methods(name) if method.is_drop]
        for method in drops:
            place = self._objects.place(self._parts.forms.table(name), method)
            given = "table" if address == "table" else f"table, {address}"
            if isinstance(method.member, Field) and method.context is None:
                given = f"{given}, {self._given_to_end(name)}"
            call = f"lib.raw.{place.carrier}({given})"
            if method.optional:
                yield f"if {self._parts.names.at('table', method.name)}:"
                yield f"    {call}"
            else:
                yield call
        release = self._parts.contents.release(name)
        is_pair = self._parts.forms.form(name) is Form.PAIR
        is_in_place = not is_pair or self._parts.forms.is_own_context(name)
        if release.member is not None and is_in_place and not drops:
            where = address if is_pair else "table"
            arguments = self._given_to_end(name, where)
            yield f"if {self._parts.names.at(where, release.member)}:"
            yield f"    {self._parts.names.at(where, release.member)}({arguments})"
        given_back = self._given_back(name, address)
        if given_back and is_in_place:
            yield "if block:"
            yield f"    {given_back}"
        yield f"lib.unbind({address})"

    def _given_to_end(self, name: str, where: str = "table") -> str:
        """What a struct's own end is called with: fields, or the struct itself."""
        declared = self._parts.forms.declaration(name)
        assert isinstance(declared, Aggregate)
        pointers = self._parts.contents.given_to_end(declared)
        if pointers is None:
            arguments = self._parts.contents.release(name).arguments
            return ", ".join(self._parts.names.at(where, each) for each in arguments)
        if pointers > 1:
            return f"lib.ffi.new({self._parts.names.struct(name, ' **')!r}, {where})"
        return where if pointers else f"{where}[0]"

    def of_handles(self, name: str) -> Iterator[Code]:
        """``own_…`` and ``end_…`` of handles."""
        for kind, methods in self._objects.handles(name).items():
            ends = next((each for each in methods if self._objects.call(name, each).ends), None)
            body: tuple[str, ...] = (f"return {kind}(lib, table, handle)",)
            if ends is not None:
                place = self._objects.place(self._parts.forms.table(name), ends)
                end, keyed = f"lib.raw.{place.carrier}", ""
                if place.handle is not None:
                    key = f"(table, {kind!r}, handle)"
                    end, keyed = f"end_{kind}, lib", f"._abi_keyed({key})"
                    yield Code(
                        f"end_{kind}(lib: Library, table: CData, handle: CData) -> None",
                        (
                            "try:",
                            f"    lib.raw.{place.carrier}(table, handle)",
                            "finally:",
                            f"    lib.unbind({key})",
                        ),
                    )
                body = (
                    f"ends = functools.partial({end}, table, handle)",
                    f"return {kind}(lib, table, handle, ends){keyed}",
                )
            yield Code(f"own_{kind}(lib: Library, table: CData, handle: CData) -> {kind}", body)
