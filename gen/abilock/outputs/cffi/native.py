"""C functions of the compiled mode: one per slot, so that no call goes through libffi."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from abilock.binding.calls import Call
from abilock.model.naming import c_name, python_name
from abilock.model.types import FunctionPointer, Parameter, Signature, Type, Void
from abilock.outputs.c_declarations import CNaming, declare
from abilock.outputs.cffi.package import Package
from abilock.outputs.header.macros import header_naming


@dataclass(frozen=True, slots=True)
class Shim:
    """A C function: ``prototype`` for cffi, ``head`` and ``body`` for the compiler.

    ``name`` is that of the carrier. ``blocking``: other Python threads run meanwhile.
    """

    name: str
    prototype: str
    head: str
    body: tuple[str, ...]


def shims(package: Package) -> Iterator[Shim]:
    """All slots and callbacks, but those with a variable number of arguments."""
    header = header_naming(package.library)
    for name in package.objects.tables():
        state = package.forms.state(name)
        for method in package.forms.methods(name):
            call = package.objects.call(name, method)
            if call.signature.variadic:
                continue
            # What ends may wait for threads of its own that call Python.
            blocks = call.blocking or method.is_drop or call.ends is not None
            call = replace(call, blocking=blocks)
            place = package.objects.place(name, method)
            takes_state = method.context is not None and state is not None
            passed = [
                each
                for index, each in enumerate(call.signature.parameters)
                if not (takes_state and index == 0)
            ]
            given = [f"abi_table->{header.member(state)}"] if takes_state and state else []
            function = f"abi_table->{header.member(method.name)}"
            first = f"{c_name(name)} *abi_table"
            yield _shim(package, place.carrier, call, first, function, passed, given, header)
    for name, signature, attributes in package.callbacks:
        if signature.variadic:
            continue
        call = package.callback_call(signature, attributes)
        first = declare(FunctionPointer(signature), "abi_function", header)
        passed = list(signature.parameters)
        yield _shim(package, python_name(name), call, first, "abi_function", passed, [], header)


def _shim(
    package: Package,
    name: str,
    call: Call,
    first: str,
    function: str,
    passed: list[Parameter],
    given: list[str],
    header: CNaming,
) -> Shim:
    result: Type = call.signature.result.type if call.signature.result else Void()
    arguments = [f"abi_{index}" for index, _ in enumerate(passed)]

    def head(naming: CNaming, first: str) -> str:
        parameters = ", ".join(
            [
                first,
                *(
                    declare(each.type, arg, naming)
                    for each, arg in zip(passed, arguments, strict=True)
                ),
            ]
        )
        return declare(result, f"abi_call_{name}({parameters})", naming)

    made = f"{function}({', '.join([*given, *arguments])})"
    body = tuple(_body(result, made, call.blocking, header))
    plain = _plain(package, call.signature, first, name)
    return Shim(
        name, f"{head(package.names.naming, plain)};", f"static {head(header, first)}", body
    )


def _plain(package: Package, signature: Signature, first: str, name: str) -> str:
    """The first parameter as cffi reads it."""
    if first.endswith("*abi_table"):
        return first
    return declare(FunctionPointer(signature), "abi_function", package.names.naming)


def _body(result: Type, made: str, blocking: bool, naming: CNaming) -> Iterator[str]:
    is_void = isinstance(result, Void)
    if not blocking:
        yield f"{made};" if is_void else f"return {made};"
        return
    yield "PyThreadState *abi_thread = PyEval_SaveThread();"
    if not is_void:
        yield f"{declare(result, 'abi_result', naming)} = {made};"
    else:
        yield f"{made};"
    yield "PyEval_RestoreThread(abi_thread);"
    if not is_void:
        yield "return abi_result;"
