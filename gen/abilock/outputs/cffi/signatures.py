"""What functions look like in Python, in either direction: parameters, results, where they are."""

from __future__ import annotations

from dataclasses import dataclass

from abilock.binding.calls import Call, Test
from abilock.binding.shapes import Item, Reference, Value
from abilock.model.naming import python_name
from abilock.model.types import Parameter, Signature
from abilock.outputs.cffi.locals import arriving_name, given_name
from abilock.outputs.cffi.names import Names, Role


@dataclass(frozen=True, slots=True)
class Place:
    """Where a function is: ``carrier`` names it for C calls, ``where`` in C, and ``label`` for people.

    ``first``: what leads to it, a table or a function pointer. ``since``: the version that has it first,
    as a Python tuple. ``optional``: the expression that is false where the plugin has none,
    ``lacking`` why it may have none.
    ``passes_context``: the context is an argument, and not in the table. ``ends_callbacks``: callbacks that
    were given until this event are over after a call. ``handle``: the class of handles that it belongs to,
    or makes, if these have an end. ``python``: its name there, if it is another.
    """

    carrier: str
    where: str
    label: str
    first: tuple[str, ...]
    since: str | None = None
    optional: str | None = None
    lacking: str = "is optional"
    raw: str | None = None
    passes_context: bool = False
    ends_callbacks: str | None = None
    handle: str | None = None
    python: str | None = None

    @property
    def called(self) -> str:
        """What people read who called it in Python. ex) ``put()``"""
        return f"{self.python or self.where.rpartition('.')[2]}()"

    @property
    def table(self) -> str | None:
        """The table that has the slot."""
        return self.where.rpartition(".")[0] if self.first == ("table",) else None

    @property
    def invoked(self) -> str:
        """The function as C has it."""
        return self.raw or f"lib.raw.{self.carrier}"


class Signatures:
    """Signatures of the functions of one library."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def parameters(self, call: Call) -> tuple[str, ...]:
        """ex) ``key: str``, ``*``, ``limit: int = 0``"""
        found: list[str] = []
        has_default = keywords = False
        if call.signature.variadic:
            # Only who calls knows the types of the rest, so they are C's.
            found = [self._declared(item) for item in call.inputs if not item.has_default]
            keyword = (self._declared(item) for item in call.inputs if item.has_default)
            return (*found, "*varargs: CData", *keyword)
        for item in call.inputs:
            text = self._declared(item)
            if item.has_default:
                has_default = True
            elif has_default and not keywords:
                keywords = True
                found.append("*")
            found.append(text)
        return tuple(found)

    def passed(self, call: Call) -> tuple[str, ...]:
        """What hands the parameters on to a function that has the same."""
        if not call.signature.variadic:
            return tuple(self.local(item) for item in call.inputs)
        first = (self.local(item) for item in call.inputs if not item.has_default)
        names = [self.local(item) for item in call.inputs if item.has_default]
        return (*first, "*varargs", *(f"{name}={name}" for name in names))

    def _declared(self, item: Item) -> str:
        text = f"{self.local(item)}: {self._names.annotation(item.shape)}"
        return (
            f"{text} = {self._names.default(item.shape, item.default)}"
            if item.has_default
            else text
        )

    def local(self, item: Item) -> str:
        """A parameter's name in Python, which is not one that the generated code needs itself."""
        name = item.python or python_name(item.name)
        return given_name(name, self._names.taken)

    def returns(self, call: Call, role: Role = Role.ARRIVED) -> str:
        """The annotation of what a caller gets. ex) ``bytes | None``, ``tuple[int, str]``"""
        parts = self._parts(call, self._names.of(role))
        if not parts:
            return "None"
        return parts[0] if len(parts) == 1 else f"tuple[{', '.join(parts)}]"

    def _parts(self, call: Call, names: Names) -> tuple[str, ...]:
        parts: list[str] = []
        if call.creates is not None:
            parts.append(new_handle(call, call.creates))
        elif call.outcome.truth is not None:
            parts.append("bool")
        elif call.result is not None:
            target = target_of(call)
            is_target = target is not None and isinstance(call.result, Value)
            text = (
                names.reference(target) if target and is_target else names.annotation(call.result)
            )
            if call.outcome.fails == (Test("==", None),):
                text = text.removesuffix(" | None")
            parts.append(text)
        for out in call.outs:
            if not out.seen:
                continue
            text = names.annotation(out.shape)
            is_absent = out.given and out.nullable and not text.endswith("| None")
            parts.append(f"{text} | None" if is_absent else text)
        for room in call.rooms:
            text = "bytes" if room.span.encoding == "bytes" else "str"
            parts.append(text if room.is_nul else names.annotation(room.span))
        return tuple(part for part in parts if part != "None")


def handle_class(parameter: str) -> str:
    """The class of what a creating function makes. ex) ``Runtime`` for ``out_runtime``"""
    words = [each for each in parameter.removeprefix("out_").split("_") if each]
    return "".join(each[:1].upper() + each[1:] for each in words)


def new_handle(call: Call, name: str) -> str:
    """The annotation of what a creating function makes. ex) ``Instance | None``"""
    is_optional = call.returns_handle is not None and call.returns_handle.absent is not None
    return f"{handle_class(name)} | None" if is_optional else handle_class(name)


def is_plain(signature: Signature) -> bool:
    """Whether a function of C's can pass on what it gets, in the way in which it is called itself."""
    return not signature.variadic and signature.convention == "C"


def is_asked(item: Item) -> bool:
    """Whether what is handed over stays ours if the call fails."""
    return isinstance(item.shape, Reference) and item.shape.own and item.shape.on_success


def target_of(call: Call) -> str | None:
    """The object that an untyped pointer inside the result leads to."""
    result = call.signature.result
    if not isinstance(call.result, Value) or call.result.behind_pointer:
        return None
    given = result.attributes.get("to") if result else None
    return getattr(given.arguments[0], "text", None) if given else None


def arriving(parameter: Parameter, index: int) -> str:
    """As ``arriving_name``; one without a name is known by its place."""
    return arriving_name(parameter.name) if parameter.name else f"_{index}"
