"""Functions from C into Python: ``on_…``."""

from __future__ import annotations

from collections.abc import Iterator

from abilock.binding.calls import Call
from abilock.binding.shapes import (
    Form,
    Function,
    Item,
    Reference,
    Sentinel,
    Shape,
    Span,
    Value,
)
from abilock.outputs.cffi.code import Code, indented
from abilock.outputs.cffi.failing import Failing
from abilock.outputs.cffi.locals import arriving_name
from abilock.outputs.cffi.parts import Parts
from abilock.outputs.cffi.replying import Replying
from abilock.outputs.cffi.signatures import (
    Place,
    arriving,
    is_asked,
)


class Answering:
    """Trampolines of one library."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._replying = Replying(parts)
        self.failing = Failing(parts)

    def trampoline(
        self,
        call: Call,
        place: Place,
        target: str,
        is_property: bool = False,
        is_stream: bool = False,
    ) -> Code:
        """``target``: the expression that is called, or read. ex) ``entry.target.get``; ``is_stream``: this
        may be a stream, and whoever reads it hears of what goes wrong."""
        names = [arriving(each, index) for index, each in enumerate(call.signature.parameters)]
        first = [] if call.context else ["token: CData"]
        head = ", ".join(["abi: Binding", *first, *(f"{name}: Any" for name in names)])
        body = tuple(self._trampoline_body(call, place, target, is_property, is_stream))
        return Code(f"on_{place.carrier}({head}) -> Any", body)

    def _trampoline_body(
        self, call: Call, place: Place, target: str, is_property: bool, is_stream: bool
    ) -> Iterator[str]:
        token = arriving_name(call.context) if call.context else "token"
        yield "entry: Optional[Entry] = None"
        given = {
            item.name: f"given{index}" for index, item in enumerate(_on_success(call), start=1)
        }
        for name in given.values():
            yield f"{name}: Any = None"
        yield "try:"
        yield f"    entry = abi.entry({token})"
        yield "    lib = entry.lib"
        # First: what follows may raise, and this call is the last one all the same.
        ended = self._ended_by(call)
        if ended:
            yield f"    if {ended}:"
            yield f"        abi.forget({token})"
        lent: list[str] = []
        arguments: list[str] = []
        taken: dict[str, str] = {}
        first = self._taken_first(call)
        if first:
            taken = {item.name: f"taken{number}" for number, item in enumerate(first, start=1)}
            made = ", ".join(f"lambda: {self._arrived(item)}" for item in first)
            yield f"    {', '.join(taken.values())} = lib.all_made({made})"
        for item in call.inputs:
            text = taken.get(item.name) or self._arrived(item)
            if self.is_lent(item.shape):
                lent.append(f"lent{len(lent) + 1}")
                yield f"    {lent[-1]} = {text}"
                text = lent[-1]
            if item.name in given:
                yield f"    {given[item.name]} = {text}"
                text = given[item.name]
            arguments.append(text)
        made = target if is_property else f"{target}({', '.join(arguments)})"
        results = list(self._replying.lines(call, place))
        if lent:
            yield "    try:"
            yield f"        value = {made}"
            yield "    finally:"
            yield f"        invalidate({', '.join(lent)})"
        else:
            yield f"    value = {made}"
        yield "    if isinstance(value, _abi_coroutine):"
        yield f"        abi.unawaited(value, {place.where!r})"
        if results:
            asked = target.partition("entry.target.")[2] or None
            yield "    try:"
            yield from indented(indented(results))
            yield "    except ARGUMENT_ERRORS as wrong:"
            yield f"        raise lib.misanswered(wrong, entry.target, {asked!r}, {place.where!r})"
        yield "except BaseException as error:"
        yield "    abi.caught(error)"
        if given:
            yield f"    disown({', '.join(given.values())})"
        ours = [item for item in call.inputs if self._is_ours(item)]
        if ours:
            made = ", ".join(f"lambda lib: {self._arrived(item)}" for item in ours)
            yield "    if entry is None:"
            yield f"        abi.unwanted({made})"
        yield from indented(self.failing.refused(call, place, is_stream=is_stream))

    def _arrived(self, item: Item) -> str:
        return self._parts.lifting.lift(item.shape, item.name, arriving_name, take=True)

    def _taken_first(self, call: Call) -> list[Item]:
        """What is ours, where something beside it may be refused, and that: it ends in any case."""
        contents = self._parts.contents
        items = [item for item in call.inputs if not is_asked(item)]
        if not contents.may_be_lost([item.shape for item in items]):
            return []
        ours = [item for item in items if self._is_ours(item)]
        return ours + [
            item for item in items if item not in ours and contents.may_be_refused(item.shape)
        ]

    def _is_ours(self, item: Item) -> bool:
        """Whether it is to be ended by us, however the call goes."""
        return self._parts.contents.ends_here(item.shape) and not is_asked(item)

    def is_lent(self, shape: Shape) -> bool:
        """Whether it is gone when the call is over."""
        match shape:
            case Sentinel(shape=inner):
                return self.is_lent(inner)
            case Function(scope=scope):
                return scope == "call"
            case Reference(own=own, name=name):
                return not own and not self._parts.forms.counting(name)
            case Span(is_room=is_room):
                return is_room
            case Value(behind_pointer=False, name=name):
                return self._parts.forms.form(
                    name
                ) is Form.DATA and self._parts.contents.is_lent_memory(name)
            case _:
                return False

    def _ended_by(self, call: Call) -> str | None:
        """The condition under which no further call follows."""
        for each in call.signature.parameters:
            given = each.attributes.get("end")
            if given is None:
                continue
            word = getattr(given.arguments[0], "text", "")
            if word == "null":
                return f"not {arriving_name(each.name or '')}"
            if word == "nonnull":
                return arriving_name(each.name or "")
        return None


def _on_success(call: Call) -> list[Item]:
    """What is ours only if the call succeeds."""
    return [item for item in call.inputs if is_asked(item)]
