"""Gates of the compiled mode: what C calls in place of Python, and what it gets when Python is gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from abilock.binding.calls import Call
from abilock.model.types import FunctionPointer, Type, Void
from abilock.outputs.c_declarations import CNaming, declare, integer_literal
from abilock.outputs.cffi.package import Package
from abilock.outputs.cffi.signatures import is_plain
from abilock.outputs.header.macros import header_naming


@dataclass(frozen=True, slots=True)
class GateView:
    """A function of C's, before the trampoline ``name``.

    ``entry`` is what C gets: the gate, or what keeps a push before that. ``body`` has what is done in place
    of a call that comes when the gate is closed.
    """

    name: str
    number: int
    pointer: str
    type: str
    head: str
    entry: str
    body: str


def gates(package: Package) -> Iterator[GateView]:
    """One for each function of Python's that C calls by one address."""
    header = header_naming(package.library)
    calls = (*package.crossing.answered(), *package.callback_calls())
    plain = [each for each in calls if is_plain(each[0].signature)]
    for number, (call, place) in enumerate(plain):
        yield _gate(package, place.carrier, number, call, header)


def _gate(package: Package, name: str, number: int, call: Call, header: CNaming) -> GateView:
    signature = call.signature
    pointer = FunctionPointer(signature)
    result: Type = signature.result.type if signature.result else Void()
    names = [f"abi_{index}" for index, _ in enumerate(signature.parameters)]
    parameters = ", ".join(
        declare(each.type, own, header)
        for each, own in zip(signature.parameters, names, strict=True)
    )
    kept = set(package.streams.rings.names)
    called = f"abi_python_{name}({', '.join(names)})"
    return GateView(
        name=name,
        number=number,
        pointer=declare(pointer, f"abi_python_{name}", header),
        type=declare(pointer, "", header),
        head=declare(result, f"abi_gate_{name}({parameters or 'void'})", header),
        entry="push" if name in kept else "gate",
        body=_body(called, package.answering.failing.number(call), result, header),
    )


def _body(called: str, number: int | None, result: Type, header: CNaming) -> str:
    """C answers with a failure that is a number, or nothing; from all else nobody comes back."""
    if isinstance(result, Void):
        return f"ABI_PASS({called}, {'abi_stay()' if number is None else 'abi_rest()'})"
    declared = declare(result, "abi_result", header)
    if number is None:
        late = "abi_stay(); memset(&abi_result, 0, sizeof abi_result)"
        return f"ABI_PASS_BACK({declared}, {called}, {late}, abi_result)"
    literal = integer_literal(number, "i64" if number < 1 << 63 else "u64")
    failing = f"({declare(result, '', header)}){literal}"
    return f"ABI_PASS_BACK({declared}, {called}, abi_rest(), {failing})"
