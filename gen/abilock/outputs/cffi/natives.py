"""C functions that Python calls with no cffi between, for slots whose arguments C can take apart.

Each is a guard and a fast path. An argument that is not exactly what it takes, and a result that needs
Python, go to the functions that the other mode has: so both modes do the same, and say the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from abilock.binding.calls import Call
from abilock.binding.forms import NOTHING
from abilock.binding.shapes import Function, Item, Reference, Rows, Span
from abilock.model.types import FunctionPointer, Named, Parameter, Pointer, Type
from abilock.outputs.c_declarations import CNaming, declare
from abilock.outputs.cffi.native_inputs import NativeInputs, Taken, parameter_types
from abilock.outputs.cffi.native_results import Ending, NativeResults
from abilock.outputs.cffi.native_types import NativeTypes
from abilock.outputs.cffi.parts import Parts
from abilock.outputs.cffi.signatures import Place, is_asked
from abilock.outputs.header.macros import header_naming

#: So many objects are made of one call, or handed on: room for them is on C's stack.
_MOST = 16
#: Where lines of C break if they can.
_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Native:
    """A C function for the carrier ``name``. ``since``: the version that has its slot first, as Python
    text. ``has_after``: a Python function comes after the call, always or where it fails."""

    name: str
    since: str
    has_after: bool
    declarations: tuple[str, ...]
    body: tuple[str, ...]


class Natives:
    """Which calls of one library C carries by itself, and how."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._header = header_naming(parts.library)
        self._inputs = NativeInputs(parts.forms, parts.contents, self._header)
        self._results = NativeResults(parts.forms, parts.contents, self._header)
        self._has_after: dict[str, bool] = {}

    def types(self) -> NativeTypes:
        """None yet."""
        allocators = tuple(each.name for each in self._parts.library.allocators)
        return NativeTypes(self._parts.names.naming, allocators)

    def has_after(self, call: Call, place: Place) -> bool:
        """Whether what comes after the call is a function of its own."""
        found = self._has_after.get(place.carrier)
        if found is None:
            native = self.native(call, place, self.types())
            found = native is not None and native.has_after
            self._has_after[place.carrier] = found
        return found

    def lasts(self, call: Call, item: Item) -> tuple[str, ...]:
        """How long memory of an argument is lent, where that is longer than the call: some of ``drop``,
        ``next`` and ``process``."""
        if isinstance(item.shape, (Reference, Function)):
            return ()
        found = (each for each in call.signature.parameters if each.name == item.name)
        return tuple(
            how
            for each in found
            for how in self._parts.lasting.of(each.type, each.attributes, each.own)
        )

    def native(self, call: Call, place: Place, known: NativeTypes) -> Native | None:
        """The function for one call, if there is one."""
        if _is_for_python(call, place) or any(self.lasts(call, item) for item in call.inputs):
            return None
        before = len(known.texts)
        writer = _Writer(self._parts, self._header, self._inputs, self._results, known)
        made = writer.native(call, place)
        if made is None:
            known.only_first(before)
        return made


def _is_for_python(call: Call, place: Place) -> bool:
    """Whether something about a call as a whole takes Python to do."""
    is_entry = not place.first
    fills = call.rooms or any(out.given for out in call.outs)
    # Its length is in what else the call has, which is gone when Python looks at the result.
    is_measured = isinstance(call.result, Span | Rows)
    is_followed = place.ends_callbacks is not None or any(map(is_asked, call.inputs))
    return bool(is_entry or call.signature.variadic or fills or is_measured or is_followed)


@dataclass(frozen=True, slots=True)
class _Writer:
    parts: Parts
    header: CNaming
    inputs: NativeInputs
    results: NativeResults
    known: NativeTypes

    def native(self, call: Call, place: Place) -> Native | None:
        taken = self._taken(call, place)
        if taken is None:
            return None
        outs = self._outs(call)
        passed = {name: text for each in taken for name, text in each.passed.items()}
        passed |= {name: f"&{local}" for name, local in outs.items()}
        arguments = self._arguments(call, place, passed)
        ending = self.results.ending(call, outs, self.known)
        raw = self._raw(call, outs) if ending.needs_python else []
        made = ending.values or ()
        if arguments is None or raw is None or max(len(raw), len(made)) > _MOST:
            return None
        slot = "abi_function" if place.table is None else f"abi_table->{self._slot(place)}"
        declarations = (
            *(line for each in taken for line in each.declarations),
            *self._declared(call, outs),
        )
        body = (
            *self._guarded(place, taken),
            *self._called(call, outs, slot, arguments),
            *_finished(ending, raw),
        )
        return Native(place.carrier, str(place.since), ending.needs_python, declarations, body)

    # --- before the call

    def _taken(self, call: Call, place: Place) -> list[Taken] | None:
        """All arguments: what leads to the function, the context, and what the caller gives."""
        types = parameter_types(call.signature.parameters)
        leads: Type = FunctionPointer(call.signature)
        local = "abi_function"
        if place.table is not None:
            leads, local = Pointer(Named(place.table), mutable=True), "abi_table"
        taken = [self.inputs.pointer(leads, "", "abi_args[0]", local, self.known)]
        context = call.handle or (call.context if place.passes_context else None)
        if context is not None:
            given = self.inputs.context(
                types[context], context, "abi_args[1]", "abi_context", self.known
            )
            if given is None:
                return None
            taken.append(given)
        seen: set[str] = set()
        for number, item in enumerate(call.inputs, len(taken)):
            one = self.inputs.take(item, types, f"abi_args[{number}]", f"abi_{number}", self.known)
            # Lists that share a length are compared first, which Python does.
            if one is None or seen & set(one.passed):
                return None
            seen |= set(one.passed)
            taken.append(one)
        return taken

    def _guarded(self, place: Place, taken: list[Taken]) -> Iterator[str]:
        """What is not as it has to be is Python's, before anything was called."""
        wrong = [f"abi_names != NULL || abi_count != {len(taken)}"]
        wrong += [f"|| !{each.guard}" for each in taken]
        if place.optional is not None:
            wrong.append(f"|| abi_table->{self._slot(place)} == NULL")
        first, *more = wrong
        *between, last = (first, *(f"    {each}" for each in more))
        yield from (f"if ({each}" if each is first else each for each in between)
        yield f"{last})"
        yield "    return abi_slow(abi_self, abi_args, abi_count, abi_names);"

    def _slot(self, place: Place) -> str:
        return self.header.member(place.where.rpartition(".")[2])

    # --- the call

    def _outs(self, call: Call) -> dict[str, str]:
        """Locals that the callee writes to, by parameter."""
        names = [*(out.name for out in call.outs), call.receives, call.error]
        return {name: f"abi_out_{number}" for number, name in enumerate(names) if name is not None}

    def _declared(self, call: Call, outs: dict[str, str]) -> Iterator[str]:
        types = parameter_types(call.signature.parameters)
        for name, local in outs.items():
            pointer, _ = self.parts.forms.resolve(types[name], NOTHING)
            assert isinstance(pointer, Pointer)
            yield f"{self._c(pointer.pointee, local)};"
        result = call.signature.result
        if result is not None:
            yield f"{self._c(result.type, 'abi_result')};"
        if call.blocking:
            yield "PyThreadState *abi_thread;"

    def _arguments(self, call: Call, place: Place, passed: dict[str, str]) -> list[str] | None:
        """What C gets, None if that is not known of each parameter."""
        found: list[str] = []
        for each in call.signature.parameters:
            text = self._argument(each, call, place, passed)
            if text is None:
                return None
            found.append(text)
        return found

    def _argument(
        self, parameter: Parameter, call: Call, place: Place, passed: dict[str, str]
    ) -> str | None:
        if parameter.name is None:
            return None
        if parameter.name in passed:
            return passed[parameter.name]
        state = self.parts.forms.state(place.table) if place.table is not None else None
        if parameter.name == call.context and state is not None:
            return f"abi_table->{self.header.member(state)}"
        return None

    def _called(
        self, call: Call, outs: dict[str, str], slot: str, arguments: list[str]
    ) -> Iterator[str]:
        for local in outs.values():
            yield f"memset(&{local}, 0, sizeof {local});"
        head = "" if call.signature.result is None else "abi_result = "
        statement = _wrapped(f"{head}{slot}(", *_separated(arguments or [""]))
        if not call.blocking:
            yield from statement
            return
        yield "abi_thread = PyEval_SaveThread();"
        yield from statement
        yield "PyEval_RestoreThread(abi_thread);"

    # --- after the call

    def _raw(self, call: Call, outs: dict[str, str]) -> list[str] | None:
        """Everything that Python's half of the call takes, in its order."""
        found: list[str | None] = []
        types = parameter_types(call.signature.parameters)
        if call.creates is not None:
            found.append("abi_same(abi_args[0])")
        if call.signature.result is not None:
            found.append(self.results.raw(call.signature.result.type, "abi_result", self.known))
        for name, local in outs.items():
            pointer, _ = self.parts.forms.resolve(types[name], NOTHING)
            assert isinstance(pointer, Pointer)
            found.append(self.results.raw(pointer.pointee, local, self.known))
        texts = [each for each in found if each is not None]
        return texts if len(texts) == len(found) else None

    def _c(self, type_: Type, name: str) -> str:
        return declare(type_, name, self.header)


def _finished(ending: Ending, raw: list[str]) -> Iterator[str]:
    after = ("return abi_after(", *_separated(["abi_self", str(len(raw)), *raw]))
    if ending.values is None:
        yield from _wrapped(*after)
        return
    if ending.conditions:
        yield f"if ({' || '.join(dict.fromkeys(ending.conditions))})"
        yield from (f"    {line}" for line in _wrapped(*after))
    values = [made.text for made in ending.values]
    if len(values) > 1:
        yield from _wrapped("return abi_tuple(", *_separated([str(len(values)), *values]))
    else:
        yield f"return {values[0] if values else 'abi_none()'};"


def _separated(arguments: list[str]) -> list[str]:
    *more, last = arguments
    return [*(f"{each}, " for each in more), f"{last});"]


def _wrapped(head: str, *pieces: str) -> Iterator[str]:
    """In lines that are not too long, if the pieces are not."""
    line = head
    for piece in pieces:
        if len(line) + len(piece) > _WIDTH and line != head:
            yield line.rstrip()
            line = f"    {piece}"
        else:
            line += piece
    yield line
