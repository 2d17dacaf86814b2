"""What ``@py``, ``@strip`` and ``@strip_types`` make of names: the ones that Python code uses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from abilock.model.attributes import Attributes, Text
from abilock.model.naming import IDENTIFIER, PYTHON_RESERVED, python_name

#: What ``@strip_types`` takes: what stands before names, or behind them. ex) ``Ffi*``, ``*Vtable``
AFFIX = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\*|\*[A-Za-z0-9_]+")

#: What every proxy has already.
_PROXY_MEMBERS = frozenset({"close", "closed", "offers"})
#: What every loaded plugin has already.
_PLUGIN_MEMBERS = frozenset({"path", "mode", "offers", "has"})
#: What every failure of a call has already.
_FAILURE_MEMBERS = frozenset("message status value args with_traceback add_note".split())
#: What the modules of a package call their own: their parts, what they import, and the words of Python
#: that generated code uses.
PACKAGE_NAMES = frozenset(
    """Any Callable Dict Iterator List Optional Protocol Sequence TYPE_CHECKING Tuple TypeAlias Union
    abc build dataclass functools os annotations
    ARGUMENT_ERRORS AFTERS
    Binding CALLS CData Callback Entry Keep Library MODES Proxy RAW READS TRAMPOLINES Trampoline
    Unraisable beside binding_for candidates carry carry_in_c joined declare_once described disown
    implements invalidate known open_library raw_function raw_slot require_range require_shape
    require_symbol require_target require_version shaken status_of take_nul take_nul_or_none
    AbiError BuildError CallError ClosedError ContractError HostRefusedError LateCallError
    LibraryMissingError LoadError ManifestRefusedError MissingSymbolError NoBindingError
    NotALibraryError NotAvailableError NullRegistrationError NullSlotError Plugin ReleaseRefusedError
    TargetRefusedError VersionRefusedError WitnessDamagedError WitnessRefusedError WrongArchitectureError
    discover address_of late_calls load load_any Opened
    EXPORTS LACKING PluginEntries REFUSALS plugin manifest serve
    BaseException Exception NotImplementedError UnicodeError ValueError bool bytes dict float getattr int
    isinstance len list max memoryview min object property setattr str sum super tuple zip""".split()
)
#: Words only in places where no name stands, so that a name may be one of them.
_SOFT_WORDS = frozenset("match case type".split())


def bound_name(name: str, attributes: Attributes) -> str:
    """The name in Python of a type, a field, a parameter or a value."""
    return _text(attributes, "py") or python_name(name)


def type_name(name: str, attributes: Attributes) -> str:
    """The name of a type or constant. ex) ``Library_`` for ``Library``, which packages have already"""
    given = _text(attributes, "py")
    return given if given is not None else _beside_package(name)


def _beside_package(name: str) -> str:
    name = python_name(name)
    return f"{name}_" if name in PACKAGE_NAMES else name


def stripped_type_name(name: str, affixes: Iterable[str]) -> str:
    """The name of a type or constant without what its like share, each taken off once.

    ex) ``ChangeOp`` for ``FfiChangeOp`` with ``Ffi*``; ``Ffi1`` stays, since ``1`` is no name
    """
    for affix in affixes:
        is_prefix = affix.endswith("*")
        part = affix.strip("*")
        rest = name.removeprefix(part) if is_prefix else name.removesuffix(part)
        if IDENTIFIER.fullmatch(rest) and rest.strip("_"):
            name = rest
    return _beside_package(name)


def data_name(name: str, attributes: Attributes) -> str:
    """The name of a field of an object. ex) ``closed_`` for ``closed``, which proxies have already"""
    given = _text(attributes, "py")
    return given if given is not None else method_name(name, attributes)


def fact_name(name: str, attributes: Attributes) -> str:
    """The name of a field of an error, beside its text. ex) ``status_`` for ``status``, which is what was
    returned"""
    name = bound_name(name, attributes)
    return f"{name}_" if name in _FAILURE_MEMBERS else name


def method_name(name: str, attributes: Attributes, endings: Sequence[str] = ()) -> str:
    """The name of a function of an object, without the endings that its like share.

    ex) ``id`` for ``id_fn`` with the ending ``_fn``; ``close_`` for ``close``, which proxies have already
    """
    given = _text(attributes, "py")
    if given is not None:
        return given
    for ending in endings:
        if name != ending:
            name = name.removesuffix(ending)
    name = python_name(name)
    return f"{name}_" if name in _PROXY_MEMBERS else name


def entry_name(abi: str, name: str, attributes: Attributes) -> str:
    """The name of an entry, without that of its ABI. ex) ``plugin_init`` for ``drasi_plugin_init``"""
    given = _text(attributes, "py")
    name = _without_abi(abi, name) if given is None else given.removeprefix(f"{abi}_") or given
    return f"{name}_" if name in _PLUGIN_MEMBERS else name


def handle_method_name(abi: str, name: str, attributes: Attributes) -> str:
    """The name of an entry as a method of a handle. ex) ``read`` for ``x_read``"""
    if _text(attributes, "py") is not None:
        return bound_name(name, attributes)
    name = _without_abi(abi, name)
    return f"{name}_" if name in _PROXY_MEMBERS else name


def _without_abi(abi: str, name: str) -> str:
    """ex) ``class_`` for ``x_class``, ``init____`` for ``x___init__``; ``x_3d`` stays"""
    rest = name.removeprefix(f"{abi}_")
    return python_name(rest if IDENTIFIER.fullmatch(rest) else name)


def stripped_endings(*attributes: Attributes) -> tuple[str, ...]:
    """What ``@strip`` has names leave out, by the vtable and by the ABI around it."""
    given = (_text(each, "strip") for each in attributes)
    return tuple(ending for ending in given if ending)


def python_refusal(name: str) -> str | None:
    """Why ``@py`` may not give this name, or None if it may."""
    if name in PYTHON_RESERVED - _SOFT_WORDS:
        return "is a word of Python"
    if name.startswith("__"):
        return "has a meaning of its own in Python"
    return "is reserved for what generated code needs itself" if name.startswith("_abi_") else None


def _text(attributes: Attributes, name: str) -> str | None:
    attribute = attributes.get(name)
    first = attribute.arguments[0] if attribute is not None else None
    return first.text if isinstance(first, Text) else None
