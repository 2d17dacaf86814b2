"""Functions that convert declared structs which are values: ``lift``, ``take``, ``lower``, ``fail``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from abilock.binding.contents import ErrorView, ResultView, View
from abilock.binding.shapes import (
    Content,
    Enumeration,
    Fixed,
    Form,
    Function,
    Item,
    Number,
    Reference,
    Shape,
    Span,
    Terminated,
    Value,
)
from abilock.model.decls import Aggregate, EnumDecl, Library
from abilock.model.naming import python_name
from abilock.outputs.cffi.code import Code, in_keep, indented, mapping
from abilock.outputs.cffi.lifting import released
from abilock.outputs.cffi.lowering import Given
from abilock.outputs.cffi.names import Role
from abilock.outputs.cffi.objects import version_tuple
from abilock.outputs.cffi.parts import Parts

#: What a field of an error is checked for before it crosses.
_KINDS = ("str", "bytes", "bool", "list")
_VALUES = (Form.TEXT, Form.DATA, Form.LIST, Form.RESULT, Form.OPTIONAL, Form.ERROR, Form.RECORD)


class Conversions:
    """The conversion functions of one library."""

    def __init__(self, parts: Parts) -> None:
        self._names = parts.names
        self._forms = parts.forms
        self._contents = parts.contents
        self._lifting = parts.lifting
        self._lowering = parts.lowering

    def functions(self, library: Library) -> Iterator[Code]:
        """All of them, in the order of the declarations."""
        for declared in library.declarations:
            if isinstance(declared, Aggregate) and self._forms.form(declared.name) in _VALUES:
                yield from self._of(declared.name)

    def _of(self, name: str) -> Iterator[Code]:
        form = self._forms.form(name)
        owns = self._contents.owns(name)
        ending = self._contents.ending(name)
        if ending is not None:
            # One function ends it whole, so that what it holds is only looked at.
            value = f"lib.ended_in_place(lambda: lift_{python_name(name)}(lib, c), {ending!r}, c)"
            yield self._take(name, (f"return {value}",))
            owns = False
        if form in (Form.TEXT, Form.DATA, Form.LIST):
            view = self._contents.view(name)
            yield self._lift(name, (f"return {self._view(view, take=False)}",))
            if owns:
                yield self._take(name, (f"return {self._view(view, take=True)}",))
            yield self._lower(name, self._lower_view(view, "value"))
        elif form in (Form.RESULT, Form.OPTIONAL):
            result = self._contents.result(name)
            yield self._lift(name, tuple(self._result(name, result, take=False)))
            if owns:
                yield self._take(name, tuple(self._result(name, result, take=True)))
            yield self._lower(name, tuple(self._lower_result(result)))
            if form is Form.RESULT:
                yield self._fail(name, result)
                yield self._safe(name, result)
        elif form is Form.ERROR:
            error = self._contents.error(name)
            yield self._lift(name, (f"return {self._error(name, error, take=False)}",))
            if owns:
                yield self._take(name, tuple(self._take_error(name, error)))
            yield self._write_error(name, error)
        else:
            yield self._lift(name, (f"return {self._record(name, take=False)}",))
            if owns:
                yield self._take(name, tuple(self._take_record(name)))
            yield self._lower(name, tuple(self._lower_record(name)))

    # --- heads

    def _lift(self, name: str, body: tuple[str, ...]) -> Code:
        return Code(f"lift_{python_name(name)}(lib: Library, c: CData) -> {self._seen(name)}", body)

    def _take(self, name: str, body: tuple[str, ...]) -> Code:
        return Code(f"take_{python_name(name)}(lib: Library, c: CData) -> {self._seen(name)}", body)

    def _lower(self, name: str, body: tuple[str, ...]) -> Code:
        value = self._given(name)
        head = f"lower_{python_name(name)}(lib: Library, value: {value}, keep: Keep)"
        return Code(f"{head} -> Dict[str, Any]", body)

    def _seen(self, name: str) -> str:
        return self._names.of(Role.ARRIVED).value(name)

    def _given(self, name: str) -> str:
        return self._names.value(name)

    def at(self, member: str) -> str:
        return self._names.at("c", member)

    def item(self, item: Item, take: bool) -> str:
        return self._lifting.lift(item.shape, item.name, self.at, take)

    # --- text, bytes, lists

    def _view(self, view: View, take: bool) -> str:
        pointer, length = self.at(view.pointer), self.at(view.length)
        if view.content is Content.LIST:
            one = self._lifting.lift(view.element, "each", lambda _: "each", take)
            elements = f"lib.each({pointer}, {length})"
            value = f"list({elements})" if one == "each" else f"[{one} for each in {elements}]"
        elif view.content is Content.TEXT and view.encoding != "bytes":
            more = "" if view.encoding == "utf-8" else f", {view.encoding!r}"
            value = f"lib.text({pointer}, {length}{more})"
        else:
            mutable = view.mutable and not view.release.is_known
            value = f"lib.{'memory' if mutable else 'data'}({pointer}, {length})"
        if take and (view.release.allocator or view.release.entry):
            block = (
                f"{pointer} if {self.at(view.capacity)} else lib.null" if view.capacity else pointer
            )
            value = released(value, view.release, block)
        return value

    def _lower_view(self, view: View, value: str) -> tuple[str, ...]:
        lines, members = self._view_members(view, value)
        return (*lines, f"return {mapping(members)}")

    def _view_members(
        self, view: View, value: str
    ) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
        span = Span(
            content=view.content,
            element=view.element,
            element_type=view.element_type,
            length=view.length,
            names=(view.length,),
            counter=view.length,
            encoding=view.encoding,
            mutable=view.mutable,
            nullable=False,
            release=view.release,
            is_room=view.content is Content.DATA,
        )
        lowered = self._lowering.lower(span, view.pointer, value)
        members = [(self._names.c(name), text) for name, text in lowered.members.items()]
        if view.capacity is not None:
            members.append((self._names.c(view.capacity), lowered.members[view.length]))
        return lowered.lines, tuple(members)

    # --- results

    def _result(self, name: str, result: ResultView, take: bool) -> Iterator[str]:
        message = self._told_text(result.message, take) if result.message else "''"
        if result.code is not None:
            yield f"if {self.at(result.code)}:"
            yield f"    raise CallError({message} or '', {self._status(name, result.code)})"
        elif result.message is not None:
            facts = mapping((item.name, self.item(item, False)) for item in result.facts)
            yield f"message = {message}"
            yield "if message:"
            yield f"    raise CallError(message, value={facts})"
        if result.view is not None:
            value = self._view(result.view, take)
        elif len(result.values) == 1:
            value = self.item(result.values[0], take)
        elif result.values:
            fields = ", ".join(
                f"{self._field(name, each)}={self.item(each, take)}" for each in result.values
            )
            value = f"{self._names.type(name)}({fields})"
        else:
            return
        if result.found is None:
            yield f"return {value}"
        else:
            yield f"value = {value}"
            yield f"return value if {self.at(result.found)} else None"

    def _status(self, name: str, code: str) -> str:
        item = next(each for each in self._contents.items(name) if each.name == code)
        return self.item(item, take=False)

    def _lower_result(self, result: ResultView) -> Iterator[str]:
        if result.found is not None:
            yield "if value is None:"
            yield "    return {}"
        members: list[tuple[str, str]] = []
        if result.view is not None:
            lines, inner = self._view_members(result.view, "value")
            yield from lines
            members.extend(inner)
        elif len(result.values) == 1:
            yield from self._lower_item(result.values[0], "value", members)
        else:
            yield from self._lower_fields(result.values, members)
        if result.found is not None:
            members.append((self._names.c(result.found), "True"))
        yield f"return {mapping(members)}"

    def _fail(self, name: str, result: ResultView) -> Code:
        members: list[tuple[str, str]] = []
        lines: list[str] = []
        if result.code is not None:
            members.append((self._names.c(result.code), "status or 1"))
        if result.message is not None:
            lines.extend(self._lower_text(result.message, "message", members))
        for item in result.facts:
            members.append((self._names.c(item.name), f"beside.get({item.name!r}, 0)"))
        for item in result.values:
            if isinstance(item.shape, Reference) and not item.shape.behind_pointer:
                members.append((self._names.c(item.name), self._harmless(item.shape.name)))
        more = ", beside: Dict[str, Any]" if result.facts else ""
        head = (
            f"fail_{python_name(name)}(lib: Library, message: str, status: Any, keep: Keep{more})"
        )
        return Code(f"{head} -> Dict[str, Any]", (*lines, f"return {mapping(members)}"))

    def _safe(self, name: str, result: ResultView) -> Code:
        """A failure that is prepared before anything fails, so that it needs nothing then."""
        members: list[tuple[str, str]] = []
        lines: list[str] = []
        if result.code is not None:
            members.append((self._names.c(result.code), "1"))
        elif result.message is not None:
            lines.extend(self._last_words(result.message, members))
        for item in result.values:
            if isinstance(item.shape, Reference) and not item.shape.behind_pointer:
                members.append((self._names.c(item.name), self._harmless(item.shape.name)))
        head = f"safe_{python_name(name)}(lib: Library, keep: Keep) -> Dict[str, Any]"
        return Code(head, (*lines, f"return {mapping(members)}"))

    def _last_words(self, message: Item, members: list[tuple[str, str]]) -> tuple[str, ...]:
        """A text that nobody frees, where the struct can say so; else one in a block of its own."""
        shape = message.shape
        if isinstance(shape, Value) and self._forms.form(shape.name) is Form.TEXT:
            view = self._contents.view(shape.name)
            if view.capacity is not None or not view.release.is_known:
                pointer = self._names.ctype(view.element_type, "*")
                inner = [
                    (self._names.c(view.pointer), f"lib.ffi.cast({pointer!r}, lib.binding.words)"),
                    (self._names.c(view.length), "len(lib.binding.words) - 1"),
                ]
                members.append((self._names.c(message.name), mapping(inner)))
                return ()
        return self._lower_text(message, "'Python failed'", members)

    def _told_text(self, message: Item, take: bool) -> str:
        """The text of a failure, which may also be in an array of bytes."""
        shape = message.shape
        if isinstance(shape, Fixed) and shape.content is Content.DATA:
            return f"lib.fixed_text({self.at(message.name)}, {shape.encoding!r})"
        return self.item(message, take)

    def _lower_text(
        self, message: Item, value: str, members: list[tuple[str, str]]
    ) -> tuple[str, ...]:
        """As much of the text as there is room for: a reason that is cut is better than none."""
        shape = message.shape
        if isinstance(shape, Terminated | Value):
            # There is a text, whatever else there may be.
            message = replace(message, shape=replace(shape, nullable=False))
        if not isinstance(shape, Fixed):
            return self._lower_item(message, value, members)
        text = f"lib.fit({value}, {shape.length}, True, {shape.encoding!r})"
        members.append((self._names.c(message.name), text))
        return ()

    def _harmless(self, name: str) -> str:
        """An object that is not there, where one is in place: its functions are not null."""
        if self._forms.form(name) is not Form.OBJECT:
            return "{}"
        return mapping(
            (
                self._names.c(method.name),
                f"lib.pointer('{python_name(name)}_{python_name(method.name)}')",
            )
            for method in self._forms.methods(name)
        )

    # --- errors

    def _error(self, name: str, error: ErrorView, take: bool) -> str:
        text = self._error_text(error, take)
        fields = "".join(
            f", {self._item_name(each)}={self._error_field(each, take)}" for each in error.fields
        )
        return f"{self._names.type(name)}({text}{fields})"

    def _error_field(self, item: Item, take: bool) -> str:
        """As any item; but a number that an enum does not have must not hide the reason."""
        if isinstance(item.shape, Enumeration):
            return f"known({self._names.type(item.shape.name)}, {self.at(item.name)})"
        return self.item(item, take)

    def _error_text(self, error: ErrorView, take: bool) -> str:
        shape = error.text.shape
        if isinstance(shape, Fixed) and error.length is not None:
            return f"lib.text({self.at(error.text.name)}, min({self.at(error.length)}, {shape.length}))"
        if isinstance(shape, Fixed):
            return f"lib.fixed_text({self.at(error.text.name)}, 'utf-8')"
        return self.item(error.text, take)

    def _take_error(self, name: str, error: ErrorView) -> Iterator[str]:
        yield f"value = {self._error(name, error, take=True)}"
        yield from self._released(name)
        yield "return value"

    def _write_error(self, name: str, error: ErrorView) -> Code:
        """Into the caller's buffer, from any exception."""
        lines: list[str] = []
        members: list[tuple[str, str]] = []
        keep = self._inner_keep(name, lines, members)
        shape = error.text.shape
        text = error.text.name
        if isinstance(shape, Fixed):
            ended = error.length is None
            lines.append(f"data = lib.fit(message, {shape.length}, {ended})")
            lines.append(f"lib.ffi.memmove({self.at(text)}, data, len(data))")
            if error.length is not None:
                lines.append(self._names.set("c", error.length, "len(data)"))
        else:
            lines.extend(self._lower_item(error.text, "message", members, keep))
        for each in error.fields:
            if isinstance(each.shape, (Number, Enumeration)):
                lines.append(self._told(each, each.shape))
                continue
            kind = self._names.annotation(each.shape).partition("[")[0]
            kind = kind if kind in _KINDS else "object"
            said = f"lib.said(error, {self._item_name(each)!r}, {kind}, {self._unset(each.shape)})"
            lines.extend(self._lower_item(each, said, members, keep))
        lines.extend(self._names.set("c", member, value) for member, value in members)
        head = (
            f"write_{python_name(name)}(lib: Library, c: CData, error: BaseException, message: str"
        )
        return Code(f"{head}, keep: Keep) -> None", tuple(lines) or ("return",))

    def _told(self, item: Item, shape: Number | Enumeration) -> str:
        """Sets a number, also where the exception has none that the field can carry."""
        given = [repr(self._names.c(item.name)), "error", repr(self._item_name(item))]
        given.append(self._unset(shape))
        if isinstance(shape, Enumeration):
            given.append(self._names.type(shape.name))
        return f"lib.tell(c, {', '.join(given)})"

    def _unset(self, shape: Shape) -> str:
        """What a field of an error says that no exception says."""
        if isinstance(shape, Enumeration):
            declared = self._forms.declaration(shape.name)
            assert isinstance(declared, EnumDecl)
            return str(declared.values[0].value if declared.values else 0)
        annotation = self._names.annotation(shape)
        if annotation.startswith("list"):
            return "[]"
        return {"str": "''", "bytes": "b''", "int": "0", "float": "0.0", "bool": "False"}.get(
            annotation, "None"
        )

    # --- records

    def _record(self, name: str, take: bool) -> str:
        fields = ", ".join(
            f"{self._item_name(each)}={self._newer(name, each, self.item(each, take))}"
            for each in self._contents.record(name)
        )
        return f"{self._names.type(name)}({fields})"

    def _newer(self, name: str, item: Item, value: str) -> str:
        """The value of a field, unless the other side is older than it."""
        since = item.attributes.version("since")
        if since is None:
            return value
        size = self._forms.size_field(name)
        test = f"lib.has({version_tuple(since)})"
        if size is not None:
            struct, member = self._names.struct(name), self._names.c(item.name)
            test = f"{test} and {self.at(size)} > lib.ffi.offsetof({struct!r}, {member!r})"
        return f"{value} if {test} else None"

    def _take_record(self, name: str) -> Iterator[str]:
        yield f"value = {self._record(name, take=True)}"
        yield from self._released(name)
        yield "return value"

    def _released(self, name: str) -> Iterator[str]:
        release = self._contents.release(name)
        if release.member is not None:
            arguments = ", ".join(self.at(each) for each in release.arguments)
            yield f"if {self.at(release.member)}:"
            yield f"    {self.at(release.member)}({arguments})"

    def _lower_record(self, name: str) -> Iterator[str]:
        lines: list[str] = []
        members: list[tuple[str, str]] = []
        keep = self._inner_keep(name, lines, members)
        size = self._forms.size_field(name)
        if size is not None:
            members.append((self._names.c(size), f"lib.ffi.sizeof({self._names.struct(name)!r})"))
        items = self._contents.record(name)
        newer = [each for each in items if each.attributes.has("since")]
        older = [each for each in items if each not in newer]
        lines.extend(self._lower_fields(older, members, keep))
        yield from lines
        if not newer:
            yield f"return {mapping(members)}"
            return
        yield f"fields: Dict[str, Any] = {mapping(members)}"
        for each in newer:
            given: list[tuple[str, str]] = []
            value = f"value.{self._item_name(each)}"
            prepared = self._lower_item(each, value, given, keep)
            yield f"if {value} is not None:"
            yield from indented((*prepared, f"fields.update({mapping(given)})"))
        yield "return fields"

    def _inner_keep(self, name: str, lines: list[str], members: list[tuple[str, str]]) -> str:
        """What the content lives in: until it is released, if the struct has a function for that."""
        release = self._contents.release(name)
        if release.member is None or len(release.arguments) != 1:
            return "keep"
        field = next(each for each in self._forms.fields(name) if each.name == release.member)
        shape = self._lifting_shape(field.name or "", name)
        assert isinstance(shape, Function)
        lines.append("inner = keep.until_released()")
        members.append((self._names.c(release.arguments[0]), "inner.token"))
        members.append((self._names.c(release.member), f"lib.pointer({python_name(shape.name)!r})"))
        return "inner"

    def _lifting_shape(self, member: str, name: str) -> Shape:
        return next(each.shape for each in self._contents.items(name) if each.name == member)

    # --- items

    def _field(self, name: str, item: Item) -> str:
        return self._item_name(item)

    def _item_name(self, item: Item) -> str:
        return item.python or python_name(item.name)

    def _lower_fields(
        self, items: Sequence[Item], members: list[tuple[str, str]], keep: str = "keep"
    ) -> Iterator[str]:
        """Fields of ``value``, which say of each other how long they are."""
        names = [(each, self._item_name(each)) for each in items]
        given = [Given(each.shape, each.name, f"value.{name}", name, keep) for each, name in names]
        lines, made = self._lowering.together(given)
        members.extend((self._names.c(name), text) for name, text in made.items() if name)
        yield from lines

    def _lower_item(
        self, item: Item, value: str, members: list[tuple[str, str]], keep: str = "keep"
    ) -> tuple[str, ...]:
        lowered = self._lowering.lower(item.shape, item.name, value)
        for name, text in lowered.members.items():
            members.append((self._names.c(name), in_keep(text, keep)))
        return tuple(in_keep(line, keep) for line in lowered.lines)
