"""Functions that convert declared structs which are values: ``lift``, ``take``, ``lower``, ``fail``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from abilock.binding.contents import ResultView, View
from abilock.binding.shapes import (
    Content,
    Fixed,
    Form,
    Item,
    Reference,
    Span,
    Terminated,
    Value,
)
from abilock.model.decls import Library
from abilock.model.naming import python_name
from abilock.model.types import Aggregate
from abilock.outputs.cffi.code import Code, indented, mapping
from abilock.outputs.cffi.errors import Errors, passed
from abilock.outputs.cffi.lifting import released
from abilock.outputs.cffi.members import Members
from abilock.outputs.cffi.names import Role
from abilock.outputs.cffi.objects import version_tuple
from abilock.outputs.cffi.parts import Parts

_VALUES = (Form.TEXT, Form.DATA, Form.LIST, Form.RESULT, Form.OPTIONAL, Form.ERROR, Form.RECORD)


class Conversions:
    """The conversion functions of one library."""

    def __init__(self, parts: Parts) -> None:
        self._names = parts.names
        self._forms = parts.forms
        self._contents = parts.contents
        self._lifting = parts.lifting
        self._lowering = parts.lowering
        self._members = Members(parts)
        self._errors = Errors(parts, self._members)

    def functions(self, library: Library) -> Iterator[Code]:
        """All of them, in the order of the declarations."""
        errors = passed(library)
        for declared in library.declarations:
            if isinstance(declared, Aggregate) and self._forms.form(declared.name) in _VALUES:
                yield from self._of(declared.name)
                if self._forms.form(declared.name) is Form.ERROR and declared.name in errors:
                    yield self._errors.lower(declared.name)

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
            yield self._lift(name, (f"return {self._errors.lift(name, error, take=False)}",))
            if owns:
                yield self._take(name, tuple(self._errors.take(name, error)))
            yield self._errors.write(name, error)
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

    # --- text, bytes, lists

    def _view(self, view: View, take: bool) -> str:
        pointer, length = self._members.at(view.pointer), self._members.at(view.length)
        may_fail = False
        if view.content is Content.LIST:
            one = self._lifting.lift(view.element, "each", lambda _: "each", take)
            elements = self._lifting.elements(view.element, pointer, length)
            value = f"list({elements})" if one == "each" else f"[{one} for each in {elements}]"
            may_fail = self._lifting.may_fail(view.element)
            if take and may_fail and self._contents.shape_owns(view.element):
                value = f"lib.all_of(lambda each: {one}, {elements})"
        elif view.content is Content.TEXT and view.encoding != "bytes":
            more = "" if view.encoding == "utf-8" else f", {view.encoding!r}"
            value = f"lib.text({pointer}, {length}{more})"
        else:
            mutable = view.mutable and not view.release.is_known
            value = f"lib.{'memory' if mutable else 'data'}({pointer}, {length})"
        if take and (view.release.allocator or view.release.entry):
            block = (
                f"{pointer} if {self._members.at(view.capacity)} else lib.null"
                if view.capacity
                else pointer
            )
            value = released(value, view.release, block, may_fail)
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
            yield f"if {self._members.at(result.code)}:"
            yield f"    raise CallError({message} or '', {self._status(name, result.code)})"
        elif result.message is not None:
            facts = mapping((item.name, self._members.item(item, False)) for item in result.facts)
            yield f"message = {message}"
            yield "if message:"
            yield f"    raise CallError(message, value={facts})"
        if result.view is not None:
            value = self._view(result.view, take)
        elif len(result.values) == 1:
            value = self._members.item(result.values[0], take)
        elif result.values:
            value = self._members.made(self._names.type(name), result.values, take)
        else:
            return
        if result.found is not None and take:
            # There may be a block all the same.
            yield f"value = {value}"
            value = "value"
        if result.found is not None:
            value = f"{value} if {self._members.at(result.found)} else None"
        yield f"return {value}"

    def _status(self, name: str, code: str) -> str:
        item = next(each for each in self._contents.items(name) if each.name == code)
        return self._members.item(item, take=False)

    def _lower_result(self, result: ResultView) -> Iterator[str]:
        members = list(self._nothing_said(result))
        if result.found is not None:
            yield "if value is None:"
            yield f"    return {mapping(members)}"
        if result.view is not None:
            lines, inner = self._view_members(result.view, "value")
            yield from lines
            members.extend(inner)
        elif len(result.values) == 1:
            yield from self._members.lower_item(result.values[0], "value", members)
        else:
            yield from self._members.lower_fields(result.values, members)
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
                length = (self._names.c(view.length), "len(lib.binding.words) - 1")
                inner = [self._somewhere(view), length]
                members.append((self._names.c(message.name), mapping(inner)))
                return ()
        return self._lower_text(message, "'Python failed'", members)

    def _nothing_said(self, result: ResultView) -> Iterator[tuple[str, str]]:
        """The empty text that says that all went well; as Rust has it, its pointer is not null."""
        message = result.message
        if result.code is not None or message is None:
            return
        shape = message.shape
        if isinstance(shape, Value) and self._forms.form(shape.name) is Form.TEXT:
            view = self._contents.view(shape.name)
            if view.capacity is not None or not view.release.is_known:
                yield self._names.c(message.name), mapping([self._somewhere(view)])

    def _somewhere(self, view: View) -> tuple[str, str]:
        """A pointer that is not null to what nobody frees."""
        pointer = self._names.ctype(view.element_type, "*")
        return self._names.c(view.pointer), f"lib.ffi.cast({pointer!r}, lib.binding.words)"

    def _told_text(self, message: Item, take: bool) -> str:
        """The text of a failure, which may also be in an array of bytes."""
        shape = message.shape
        if isinstance(shape, Fixed) and shape.content is Content.DATA:
            return f"lib.fixed_text({self._members.at(message.name)}, {shape.encoding!r})"
        return self._members.item(message, take)

    def _lower_text(
        self, message: Item, value: str, members: list[tuple[str, str]]
    ) -> tuple[str, ...]:
        """As much of the text as there is room for: a reason that is cut is better than none."""
        shape = message.shape
        if isinstance(shape, Terminated | Value):
            # There is a text, whatever else there may be.
            message = replace(message, shape=replace(shape, nullable=False))
        if not isinstance(shape, Fixed):
            return self._members.lower_item(message, value, members)
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

    # --- records

    def _record(self, name: str, take: bool) -> str:
        return self._members.made(
            self._names.type(name),
            self._contents.record(name),
            take,
            lambda item, value: self._newer(name, item, value),
        )

    def _newer(self, name: str, item: Item, value: str) -> str:
        """The value of a field, unless the other side is older than it."""
        since = item.attributes.version("since")
        if since is None:
            return value
        size = self._forms.size_field(name)
        test = f"lib.has({version_tuple(since)})"
        if size is not None:
            struct, member = self._names.struct(name), self._names.c(item.name)
            test = f"{test} and {self._members.at(size)} > lib.ffi.offsetof({struct!r}, {member!r})"
        return f"{value} if {test} else None"

    def _take_record(self, name: str) -> Iterator[str]:
        yield from self._members.released(name, self._record(name, take=True))

    def _lower_record(self, name: str) -> Iterator[str]:
        lines: list[str] = []
        members: list[tuple[str, str]] = []
        keep = self._members.inner_keep(name, lines, members)
        size = self._forms.size_field(name)
        if size is not None:
            members.append((self._names.c(size), f"lib.ffi.sizeof({self._names.struct(name)!r})"))
        items = self._contents.record(name)
        newer = [each for each in items if each.attributes.has("since")]
        older = [each for each in items if each not in newer]
        lines.extend(self._members.lower_fields(older, members, keep))
        yield from lines
        if not newer:
            yield f"return {mapping(members)}"
            return
        yield f"fields: Dict[str, Any] = {mapping(members)}"
        for each in newer:
            given: list[tuple[str, str]] = []
            value = f"value.{self._members.item_name(each)}"
            prepared = self._members.lower_item(each, value, given, keep)
            yield f"if {value} is not None:"
            yield from indented((*prepared, f"fields.update({mapping(given)})"))
        yield "return fields"
