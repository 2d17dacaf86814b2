"""The Python package: what cffi is told, enums, and what importing it gives."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from abilock.model.c_names import in_own_names
from abilock.model.decls import Constant, EnumDecl, EnumKind, Library
from abilock.model.naming import macro_prefix
from abilock.model.python_names import type_name
from abilock.outputs.cffi.cdef import cdef, cffi_naming, native_cdef
from abilock.outputs.cffi.exports import Exports
from abilock.outputs.cffi.gates import GateView, gates
from abilock.outputs.cffi.growing import Grown, grown_types
from abilock.outputs.cffi.having import member_lines
from abilock.outputs.cffi.modules import (
    BridgeView,
    TypesView,
    bindings_view,
    bridge_view,
    loader_view,
    types_view,
)
from abilock.outputs.cffi.names import enum_member as enum_member
from abilock.outputs.cffi.native import Shim, shims
from abilock.outputs.cffi.natives import Native
from abilock.outputs.cffi.package import Package
from abilock.outputs.cffi.plugins import plugin_source_view, plugin_view
from abilock.outputs.cffi.prose import Prose, python_remarks
from abilock.outputs.cffi.releases import promise_lines, release_lines
from abilock.outputs.cffi.rings import RingView
from abilock.outputs.cffi.stream_classes import streams_view
from abilock.outputs.cffi.witness import witness_lines
from abilock.outputs.comments import banner, visible
from abilock.outputs.header.view import pages as header_pages
from abilock.outputs.header.view import pages_without_proof
from abilock.outputs.spec import Layouts, Page

#: What every package offers to load plugins with, and what it raises.
_LOADER = frozenset(
    """AbiError BuildError CallError CData ClosedError ContractError HostRefusedError LateCallError
    LibraryMissingError LoadError ManifestRefusedError MissingSymbolError NoBindingError NotALibraryError
    NotAvailableError NullRegistrationError NullSlotError Plugin ReleaseRefusedError TargetRefusedError
    VersionRefusedError WitnessDamagedError WitnessRefusedError WrongArchitectureError
    discover late_calls load load_any""".split()
)


@dataclass(frozen=True, slots=True)
class PartView:
    """One call of ``ffi.cdef``."""

    has_pack: bool
    pack: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CdefView:
    """All of ``cffi/_cdef.py.jinja``; ``unsupported`` and ``unaligned`` are Python literals."""

    banner: str
    parts: tuple[PartView, ...]
    unsupported: str
    unaligned: str


@dataclass(frozen=True, slots=True)
class ValueView:
    """ex) ``INSERT = 0``"""

    comment: tuple[str, ...]
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class EnumView:
    """ex) ``class FfiChangeOp(IntEnum)``"""

    name: str
    base: str
    docstring: tuple[str, ...]
    has_values: bool
    values: tuple[ValueView, ...]


@dataclass(frozen=True, slots=True)
class EnumsView:
    """All of ``cffi/_enums.py.jinja``; ``exported`` are Python literals."""

    banner: str
    has_open: bool
    enums: tuple[EnumView, ...]
    exported: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConstantView:
    """ex) ``RESUME_POSITION_MAX_LEN = 65536``"""

    comment: tuple[str, ...]
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class PackageView:
    """All of ``cffi/__init__.py.jinja``; ``version`` and ``exported`` are Python literals."""

    banner: str
    docstring: tuple[str, ...]
    version: str
    constants: tuple[ConstantView, ...]
    has_enums: bool
    enums: tuple[str, ...]
    proxies: tuple[str, ...]
    types: tuple[str, ...]
    exported: tuple[str, ...]
    has_addresses: bool
    streams: tuple[str, ...]
    has_streams: bool


@dataclass(frozen=True, slots=True)
class NativeView:
    """All of ``cffi/_native_source.py.jinja``."""

    banner: str
    parts: tuple[PartView, ...]
    shims: tuple[Shim, ...]
    natives: tuple[Native, ...]
    types: tuple[str, ...]
    type_count: int
    releases: tuple[str, ...]
    release_count: int
    stamp: str
    prefixes: tuple[str, ...]
    header: str
    gates: tuple[GateView, ...]
    rings: tuple[RingView, ...]
    has_rings: bool


@dataclass(frozen=True, slots=True)
class BuildView:
    """All of ``cffi/build.py.jinja``."""

    banner: str
    package: str


@dataclass(frozen=True, slots=True)
class StaticView:
    """Of a module that is the same for every ABI, but for its first line."""

    banner: str


@dataclass(frozen=True, slots=True)
class WitnessRowsView:
    """All of ``cffi/_witness_rows.py.jinja``; ``rows`` and ``promises`` are lines of Python strings."""

    banner: str
    rows: tuple[str, ...]
    promises: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MembersView:
    """All of ``cffi/_members.py.jinja``; ``lines`` are lines of a Python string."""

    banner: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReleasesView:
    """All of ``cffi/_releases.py.jinja``; ``lines`` are lines of a Python string."""

    banner: str
    lines: tuple[str, ...]
    grown: tuple[Grown, ...]


def pages(library: Library, layouts: Layouts) -> tuple[Page, ...]:
    """``python/<abi>/``: the modules of the package, and ``py.typed``"""
    first_line = banner(library.source)
    # What C the package has is for itself alone, so it speaks like its Python.
    library = in_own_names(library)
    package = Package(library, cffi_naming(library))
    has_enums = any(True for _ in _declared_enums(library))
    static = StaticView(first_line)
    grown = grown_types(library, layouts)
    types = types_view(package, first_line, has_enums)
    exports = Exports(package)
    bridge = bridge_view(package, exports, first_line, has_enums)
    views: dict[str, object] = {
        "__init__.py": _package(package, first_line, types, bridge),
        "_bindings.py": bindings_view(library, first_line),
        "_bridge.py": bridge,
        "_cdef.py": _cdef(library, layouts, first_line),
        "_enums.py": _enums(library, package.parts.prose, first_line),
        "_errors.py": static,
        "_loader.py": loader_view(package, first_line, has_enums),
        "_loading.py": static,
        "_manifests.py": static,
        "_members.py": MembersView(first_line, tuple(member_lines(package))),
        "_native_source.py": _native(package, layouts, first_line),
        "_plugin_source.py": plugin_source_view(package, exports, first_line),
        "_releases.py": ReleasesView(first_line, release_lines(library), grown),
        "_runtime.py": static,
        "_serving.py": static,
        "_several.py": static,
        "_symbols.py": static,
        "_types.py": types,
        "_versions.py": static,
        "_witness.py": static,
        "_witness_rows.py": WitnessRowsView(
            first_line, witness_lines(library), promise_lines(library)
        ),
        "build.py": BuildView(first_line, library.stem),
        "plugin.py": plugin_view(package, exports, first_line, has_enums),
        "py.typed": None,
    }
    streams = streams_view(package, bridge, first_line)
    if streams is not None:
        views |= {"_stream.py": static, "_streams.py": streams}
    headers = tuple(
        replace(page, path=f"python/{library.stem}/{page.path}")
        # Hosts have nothing to prove, and plugins have.
        for page in (header_pages if exports.has_any else pages_without_proof)(library, layouts)
    )
    return headers + tuple(
        Page(
            f"python/{library.stem}/{name}",
            f"cffi/{name}.jinja",
            view,
            tells_of_releases=isinstance(view, ReleasesView),
        )
        for name, view in views.items()
    )


def _package(
    package: Package, first_line: str, types: TypesView, bridge: BridgeView
) -> PackageView:
    library, prose = package.library, package.parts.prose
    has_addresses = bool(package.addressed)
    about = library.doc.lines
    enums = [type_name(enum.name, enum.attributes) for enum in _declared_enums(library)]
    more = ("address_of",) if has_addresses else ()
    constants = tuple(
        ConstantView(
            prose.comment((*constant.doc.lines, *python_remarks(constant.attributes))),
            type_name(constant.name, constant.attributes),
            ascii(constant.value),
        )
        for constant in library.declarations
        if isinstance(constant, Constant)
    )
    names = sorted((*enums, *(constant.name for constant in constants)))
    typed = [name[1:-1] for name in types.exported]
    proxies = sorted(each.name for each in bridge.proxies)
    streams = sorted(each.name for each in package.streams.classes.values())
    return PackageView(
        banner=first_line,
        docstring=prose.docstring(about) or (f"The ABI {visible(library.name)}.",),
        version=ascii(str(library.version)),
        constants=constants,
        has_enums=bool(enums),
        enums=tuple(enums),
        proxies=tuple(proxies),
        types=tuple(typed),
        exported=tuple(
            ascii(name) for name in sorted({*names, *typed, *proxies, *streams, *_LOADER, *more})
        ),
        has_addresses=has_addresses,
        streams=tuple(streams),
        has_streams=bool(streams),
    )


def _native(package: Package, layouts: Layouts, first_line: str) -> NativeView:
    parts = native_cdef(package.library, layouts)
    carried = tuple(shims(package))
    known = package.natives.types()
    gated = tuple(gates(package))
    calls = (*package.crossing.calls(), *package.callback_calls())
    natives = tuple(
        native for each in calls if (native := package.natives.native(*each, known)) is not None
    )
    rings = tuple(package.streams.rings.views(known))
    return NativeView(
        banner=first_line,
        parts=tuple(PartView(bool(part.pack), part.pack, part.lines) for part in parts),
        shims=carried,
        natives=natives,
        types=known.texts,
        type_count=len(known.texts),
        releases=known.allocators,
        release_count=len(known.allocators),
        stamp=hashlib.sha256(
            repr((parts, carried, natives, known.texts, gated, rings)).encode()
        ).hexdigest(),
        prefixes=tuple(
            macro_prefix(each.name) for each in (*package.library.all_imports, package.library)
        ),
        header=f"{package.library.stem}.h",
        gates=gated,
        rings=rings,
        has_rings=bool(rings),
    )


def _cdef(library: Library, layouts: Layouts, first_line: str) -> CdefView:
    made = cdef(library, layouts)
    return CdefView(
        banner=first_line,
        parts=tuple(PartView(bool(part.pack), part.pack, part.lines) for part in made.parts),
        unsupported=ascii(made.unsupported),
        unaligned=ascii(made.unaligned),
    )


def _enums(library: Library, prose: Prose, first_line: str) -> EnumsView:
    enums = tuple(_declared_enums(library))
    return EnumsView(
        banner=first_line,
        has_open=any(enum.kind is EnumKind.OPEN for enum in enums),
        enums=tuple(_enum(enum, prose) for enum in enums),
        exported=tuple(ascii(type_name(enum.name, enum.attributes)) for enum in enums),
    )


def _declared_enums(library: Library) -> Iterator[EnumDecl]:
    for declaration in library.declarations:
        if isinstance(declaration, EnumDecl):
            yield declaration


_BASES = {
    EnumKind.CLOSED: "_abi_enum.IntEnum",
    EnumKind.OPEN: "_AbiOpenEnum",
    EnumKind.FLAGS: "_abi_enum.IntFlag",
}


def _enum(enum: EnumDecl, prose: Prose) -> EnumView:
    return EnumView(
        name=type_name(enum.name, enum.attributes),
        base=_BASES[enum.kind],
        docstring=prose.docstring((*enum.doc.lines, *python_remarks(enum.attributes)))
        or (f"The values of {visible(enum.name)}.",),
        has_values=bool(enum.values),
        values=tuple(
            ValueView(
                prose.comment((*value.doc.lines, *python_remarks(value.attributes))),
                enum_member(value.name, value.attributes),
                str(value.value),
            )
            for value in enum.values
        ),
    )
