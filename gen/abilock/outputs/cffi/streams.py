"""Streams: classes of what callbacks push, and iterators over what objects return one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from abilock.binding.calls import Call
from abilock.binding.forms import NOTHING, context_parameter
from abilock.binding.pushes import Answer, Push, Pushes
from abilock.binding.shapes import Function
from abilock.model.attributes import Attributes
from abilock.model.decls import EntryFunction, EntryStatic
from abilock.model.naming import python_name
from abilock.model.python_names import PACKAGE_NAMES, type_name
from abilock.model.types import Signature
from abilock.outputs.cffi.answering import Answering
from abilock.outputs.cffi.code import Code
from abilock.outputs.cffi.names import Role
from abilock.outputs.cffi.objects import Objects
from abilock.outputs.cffi.parts import Parts
from abilock.outputs.cffi.rings import Rings
from abilock.outputs.cffi.signatures import Signatures

#: What a callback is called besides, where it is a stream. ex) ``LogStream`` for ``LogCallback``
_ENDINGS = ("_callback_fn", "CallbackFn", "_callback", "Callback", "_cb", "Cb", "_fn", "Fn")
_ANSWERS = {
    Answer.NONE: "(None, None)",
    Answer.MORE: "(True, False)",
    Answer.OUTCOME: "(None, CallError)",
}
_OPTIONS = (
    'capacity: int = _abi_stream.CAPACITY, full: _abi_stream.Full = "block",'
    " timeout: float | None = None"
)


@dataclass(frozen=True, slots=True)
class StreamView:
    """A class of streams. ``item`` and ``parameters`` are annotations; ``answers`` and ``ends`` are Python
    literals."""

    name: str
    callback: str
    item: str
    parameters: str
    passed: str
    returns: str
    is_answered: bool
    answers: str
    ends: str
    ring: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A function that an object has, by its name in Python."""

    name: str
    call: Call


class Streams:
    """The streams of one library."""

    def __init__(
        self,
        parts: Parts,
        objects: Objects,
        signatures: Signatures,
        answering: Answering,
        callbacks: Sequence[tuple[str, Signature, Attributes]],
    ) -> None:
        self._parts = parts
        self._signatures = signatures
        self._answering = answering
        self._pushes = Pushes(parts.forms)
        self.classes: dict[str, StreamView] = {}
        self.rings = Rings(parts)
        taken = set(_taken(parts, objects))
        for name, signature, attributes in callbacks:
            call = parts.calls.call(signature, attributes, NOTHING, context_parameter(signature))
            push = self._pushes.push(name, call)
            if push is None or any(answering.is_lent(each.shape) for each in call.inputs):
                continue
            if push.answer is not Answer.MORE and signatures.returns(call, Role.GIVEN) != "None":
                continue
            self.rings.add(name, call, push)
            own = _free(parts.names.type(name), taken)
            taken.add(own)
            self.classes[name] = self._class(own, name, call, push)

    def _class(self, own: str, name: str, call: Call, push: Push) -> StreamView:
        arrived = self._parts.names.of(Role.ARRIVED)
        items = [arrived.annotation(each.shape) for each in push.items]
        if push.ends_at is not None and push.end is not None:
            marked = call.inputs[push.ends_at]
            items = [
                text.removesuffix(" | None") if each is marked else text
                for each, text in zip(push.items, items, strict=True)
            ]
        ends = None if push.end is None else (push.ends_at, push.end.value)
        return StreamView(
            name=own,
            callback=self._parts.names.type(name),
            item=items[0] if len(items) == 1 else f"tuple[{', '.join(items)}]" if items else "None",
            parameters=", ".join(("self", *self._signatures.parameters(call))),
            passed=", ".join(self._signatures.passed(call)),
            returns=self._signatures.returns(call, Role.GIVEN),
            is_answered=push.answer is Answer.MORE,
            answers=_ANSWERS[push.answer],
            ends=repr(ends),
            ring=repr(python_name(name) if python_name(name) in self.rings.names else ""),
        )

    def methods(self, offers: Sequence[Offer], members: Sequence[str]) -> Iterator[Code]:
        """What makes an object a stream, or something to iterate over, if one of its functions does."""
        starts = [each for each in offers if self._started(each.call) is not None]
        if len(starts) == 1 and "stream" not in members:
            yield self._start(starts[0])
        pulls = [each for each in offers if self._pushes.pulls(each.call) is not None]
        if len(pulls) == 1:
            yield from self._iterators(pulls[0])

    def _started(self, call: Call) -> StreamView | None:
        """The stream that a function starts, if it does nothing else."""
        if len(call.inputs) != 1 or self._signatures.returns(call) != "None":
            return None
        shape = call.inputs[0].shape
        if not isinstance(shape, Function) or shape.scope == "call":
            return None
        return self.classes.get(shape.name)

    def _start(self, offer: Offer) -> Code:
        made = self._started(offer.call)
        assert made is not None
        options = "capacity=capacity, full=full, timeout=timeout"
        return Code(
            f"stream(self, *, {_OPTIONS}) -> _abi_streams.{made.name}",
            (f"return _abi_streams.{made.name}(self.{offer.name}, {options})",),
            (f"Start what :meth:`{offer.name}` does, and have what comes of it as an iterator.",),
        )

    def _iterators(self, offer: Offer) -> Iterator[Code]:
        end = self._pushes.pulls(offer.call)
        assert end is not None
        item = self._signatures.returns(offer.call).removesuffix(" | None")
        made = f"return _abi_stream.Pulled(self, self.{offer.name}, {end.value!r})"
        docs = (f"What :meth:`{offer.name}` returns, until its end.",)
        for head in ("__iter__", "__aiter__"):
            yield Code(f"{head}(self) -> _abi_stream.Pulled[{item}]", (made,), docs)


def _taken(parts: Parts, objects: Objects) -> Iterator[str]:
    """Names that a package has already."""
    yield from PACKAGE_NAMES
    for each in parts.library.declarations:
        if not isinstance(each, EntryFunction | EntryStatic):
            yield type_name(each.name, each.attributes)
    for name in objects.objects():
        yield f"{parts.names.type(name)}Proxy"
        yield from objects.handles(name)


def _free(callback: str, taken: set[str]) -> str:
    """A name that nothing else has. ex) ``ChangePushStream`` for ``ChangePushCallback``"""
    short = next(
        (callback.removesuffix(each) for each in _ENDINGS if callback.endswith(each)), callback
    )
    name = next(
        (made for each in (short, callback) if (made := f"{each}Stream") not in taken and each),
        f"{callback}Stream_",
    )
    while name in taken:
        name = f"{name}_"
    return name
