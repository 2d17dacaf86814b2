"""Entries that Python answers: what a library that embeds it exports, and what answers that in Python."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from abilock.binding.calls import Channel
from abilock.binding.forms import NOTHING
from abilock.binding.shapes import Form, Item, Reference, Sentinel, Shape, Value
from abilock.diagnostics.report import Report
from abilock.model.c_names import declared_c_name
from abilock.model.decls import EntryFunction, EntryStatic, EnumDecl
from abilock.model.types import FunctionPointer, Named, Pointer, Signature, Void
from abilock.outputs.c_declarations import declare, declare_lines, prototype_lines
from abilock.outputs.cffi.code import Code
from abilock.outputs.cffi.crossing import Trampoline
from abilock.outputs.cffi.defaults import default_answer, version_literal
from abilock.outputs.cffi.endings import Endings
from abilock.outputs.cffi.entries import Entry
from abilock.outputs.cffi.names import Role
from abilock.outputs.cffi.package import Package
from abilock.outputs.cffi.prose import python_remarks, raises
from abilock.outputs.header.macros import header_naming

#: No line of C is broken.
_WIDTH = 1 << 20


@dataclass(frozen=True, slots=True)
class Export:
    """A function that a library exports. ``prototype`` and ``arguments`` are C, and so are ``unanswered``:
    the statements that leave it where there is no Python. ``pointer``: its type in the header."""

    number: int
    symbol: str
    carrier: str
    python: str
    prototype: str
    pointer: str
    arguments: str
    unanswered: tuple[str, ...]
    returns: bool
    is_optional: bool


class Exports:
    """The entries of one library, as a plugin has them that is written in Python."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._naming = header_naming(package.library)
        self._entries = tuple(package.entries.all())
        self._refused = {each.declared.name: self._refusal(each) for each in self._entries}

    @property
    def has_any(self) -> bool:
        """Whether plugins of this ABI can be written in Python."""
        return not any(True for _ in self.refusals())

    def exports(self) -> Iterator[Export]:
        """What can be exported, in the order in which it stands."""
        for number, entry in enumerate(self._answered()):
            yield self._export(number, entry)

    def refusals(self) -> Iterator[str]:
        """Why Python cannot answer what every plugin has to have, a sentence for each entry."""
        found = list(self._refusals())
        if not found and not any(True for _ in self._answered()):
            yield "libraries of this ABI need not export any function that could be"
        yield from found

    def _refusals(self) -> Iterator[str]:
        for each in self._package.library.declared:
            if isinstance(each, EntryStatic) and _is_required(each) and not self._variable(each):
                yield f"`{each.name}` is a variable, and a host may read it before any Python runs"
            if isinstance(each, EntryFunction) and _is_required(each):
                hidden = "is hidden, so nothing in Python answers it"
                refusal = self._refused.get(each.name, hidden)
                if refusal is not None:
                    yield f"`{each.name}` {refusal}"

    def variables(self) -> Iterator[str]:
        """Definitions in C of those variables that tell a version."""
        for each in self._package.library.declared:
            if isinstance(each, EntryStatic) and (text := self._variable(each)):
                yield text

    def lacking(self) -> Iterator[str]:
        """As ``refusals``, of entries that a plugin need not have."""
        for each in self._entries:
            refusal = self._refused[each.declared.name]
            if refusal is not None and not _is_required(each.declared):
                yield f"`{each.declared.name}` {refusal}"

    def methods(self) -> Iterator[Code]:
        """What answers them."""
        for each in self._answered():
            yield self._method(each)

    def trampolines(self) -> Iterator[tuple[Code, Trampoline]]:
        """What C calls."""
        answering = self._package.answering
        for each in self._answered():
            python = self._package.entries.name(each.declared)
            code = answering.trampoline(each.call, each.place, f"entry.target.{python}")
            type_ = self._package.names.ctype(FunctionPointer(each.declared.signature))
            yield code, Trampoline(each.place.carrier, type_, answering.failing.safe(each.call))

    def _answered(self) -> Iterator[Entry]:
        return (each for each in self._entries if self._refused[each.declared.name] is None)

    # --- what cannot be answered

    def _refusal(self, entry: Entry) -> str | None:
        declared, call = entry.declared, entry.call
        if declared.signature.variadic:
            return "takes a variable number of arguments, which no function of Python's can be given by C"
        if entry.handle is not None or declared.attributes.has("create"):
            return "makes, takes or ends a handle, and Python makes none that C could tell apart"
        if declared.name in self._package.entries.serving():
            return "gives or takes memory for others, which is C's"
        for shape in (call.result, *(out.shape for out in call.outs)):
            name = _reference(shape)
            if name is not None and not self._package.objects.adapts(name):
                return f"hands out a `{name}`, which only C can make"
        for item in call.inputs:
            name = _reference(item.shape)
            if name is not None and self._package.forms.form(name) is Form.RESOURCE:
                return f"takes a `{name}`, of which Python knows no end"
        report = Report()
        ends = Endings(self._package, report)
        ends.check_contexts(call.inputs, declared.span)
        given = [("the result", call.result)] if call.result is not None else []
        given += [(f"`{out.name}`", out.shape) for out in call.outs if out.seen]
        for label, shape in given:
            ends.check_given(shape, label, declared.span)
        return next((f"cannot be answered: {each.message}" for each in report.diagnostics), None)

    # --- in C

    def _export(self, number: int, entry: Entry) -> Export:
        declared = entry.declared
        symbol = declared_c_name(declared)
        signature = _numbered(declared.signature)
        lines = prototype_lines(signature, symbol, self._naming, _WIDTH)
        return Export(
            number=number,
            symbol=symbol,
            carrier=entry.place.carrier,
            python=self._package.entries.name(declared),
            prototype=" ".join(lines),
            pointer=f"{symbol}_fn",
            arguments=", ".join(each.name or "" for each in signature.parameters),
            unanswered=tuple(self._unanswered(entry, signature)),
            returns=signature.result is not None,
            is_optional=not _is_required(declared),
        )

    def _unanswered(self, entry: Entry, signature: Signature) -> Iterator[str]:
        """The failure of the ABI, or a safe value."""
        call = entry.call
        if call.outcome.channel is Channel.NONE and call.error is None:
            # Who cannot be told of a failure looks at what was to be written.
            given = {out.name for out in call.outs if not out.given}
            for written, each in zip(
                entry.declared.signature.parameters, signature.parameters, strict=True
            ):
                if written.name in given and _is_sized(each.type):
                    yield f"if ({each.name} != NULL)"
                    yield f"    memset((void *){each.name}, 0, sizeof *{each.name});"
        if signature.result is None:
            yield "return;"
            return
        type_ = signature.result.type
        failing = self._package.answering.failing.safe(call)
        if call.outcome.channel is Channel.STATUS and failing != "None":
            yield f"return ({declare(type_, '', self._naming)}){failing};"
            return
        resolved, _ = self._package.forms.resolve(type_, NOTHING)
        if not isinstance(resolved, Named):
            yield "return 0;"
            return
        declared = self._package.forms.declaration(resolved.name)
        if isinstance(declared, EnumDecl):
            numbers = [each.value for each in declared.values]
            number = 0 if 0 in numbers or not numbers else numbers[0]
            yield f"return ({declare(type_, '', self._naming)}){number};"
            return
        if self._package.forms.signature(resolved) is not None:
            yield "return 0;"
            return
        yield f"{declare(type_, 'abi_nothing', self._naming)};"
        yield "memset(&abi_nothing, 0, sizeof abi_nothing);"
        if call.outcome.channel is Channel.RESULT and isinstance(call.result, Value):
            code = self._package.parts.contents.result(call.result.name).code
            if code is not None:
                yield f"abi_nothing.{self._naming.dotted(call.result.name, code)} = 1;"
        yield "return abi_nothing;"

    def _variable(self, static: EntryStatic) -> str | None:
        """The definition of a variable, if everybody knows what is in it."""
        value = version_literal(self._package, static)
        if value is None:
            return None
        symbol = declared_c_name(static)
        lines = declare_lines(static.type, symbol, self._naming, _WIDTH, const=static.const)
        return f"{' '.join(lines)} = {value};"

    # --- in Python

    def _method(self, entry: Entry) -> Code:
        package, declared, call = self._package, entry.declared, entry.call
        python = package.entries.name(declared)
        answer = default_answer(package, entry)
        decorators: tuple[str, ...] = ()
        body: tuple[str, ...] = ("...",)
        more: tuple[str, ...] = ()
        if answer is not None:
            body = answer
            more = ("", "As it is, it tells what the description says, and nothing of the plugin.")
        elif not _is_required(declared):
            body = (f"raise NotImplementedError({python!r})",)
            more = ("", "Exported if it is overridden.")
        else:
            decorators = ("abc.abstractmethod",)
        parameters = ", ".join(("self", *package.signatures.parameters(call)))
        lines = (*declared.doc.lines, *python_remarks(declared.attributes), *more)
        lines = (*lines, *self._arguments(call.inputs), *raises(call, package.names))
        return Code(
            f"{python}({parameters}) -> {package.signatures.returns(call, Role.PROMISED)}",
            body,
            package.parts.prose.docstring(lines),
            decorators,
        )

    def _arguments(self, inputs: tuple[Item, ...]) -> Iterator[str]:
        described = [item for item in inputs if item.doc.lines]
        if described:
            yield from ("", "Args:")
        for item in described:
            first, *rest = item.doc.lines
            yield f"    {self._package.signatures.local(item)}: {first}"
            yield from (f"        {line}" for line in rest)


def _is_required(entry: EntryFunction | EntryStatic) -> bool:
    return not entry.optional and not entry.attributes.has("since")


def _reference(shape: Shape | None) -> str | None:
    """The object that something leads to."""
    if isinstance(shape, Sentinel):
        return _reference(shape.shape)
    return shape.name if isinstance(shape, Reference) else None


def _numbered(signature: Signature) -> Signature:
    """With names for all parameters that no macro and no type has."""
    parameters = tuple(
        replace(each, name=f"abi_{number}") for number, each in enumerate(signature.parameters)
    )
    return replace(signature, parameters=parameters)


def _is_sized(type_: object) -> bool:
    return isinstance(type_, Pointer) and not isinstance(type_.pointee, Void)
