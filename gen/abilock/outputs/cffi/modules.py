"""Views of the modules that carry calls: types, both directions, ways of calling, loading."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from abilock.binding.shapes import Form
from abilock.model.c_names import declared_c_name
from abilock.model.decls import EntryFunction, EntryStatic, Library
from abilock.model.naming import python_name
from abilock.model.python_names import entry_name
from abilock.model.types import FunctionPointer, Pointer
from abilock.outputs.cffi.classes import ClassCode, Offered, shielded_class
from abilock.outputs.cffi.code import Code, shadowed, told_at_end
from abilock.outputs.cffi.crossing import Trampoline
from abilock.outputs.cffi.entries import Entry
from abilock.outputs.cffi.exports import Exports
from abilock.outputs.cffi.handshake import (
    Step,
    handshakes,
    may_be_left_out,
    steps,
    variable,
    variables,
    versions,
)
from abilock.outputs.cffi.names import Role
from abilock.outputs.cffi.objects import version_tuple
from abilock.outputs.cffi.package import Package
from abilock.outputs.cffi.prose import python_remarks, raises
from abilock.outputs.cffi.records import FieldView, RecordView, errors_of, records_of
from abilock.outputs.cffi.telling import telling_of


@dataclass(frozen=True, slots=True)
class AliasView:
    """ex) ``LogCallbackFn = Callable[[FfiLogEntry], None]``"""

    name: str
    text: str
    comment: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TypesView:
    """All of ``cffi/_types.py.jinja``."""

    banner: str
    has_enums: bool
    has_objects: bool
    records: tuple[RecordView, ...]
    errors: tuple[RecordView, ...]
    callbacks: tuple[AliasView, ...]
    interfaces: tuple[ClassCode, ...]
    arriving: tuple[str, ...]
    exported: tuple[str, ...]
    shields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SectionView:
    """Functions of one purpose."""

    title: str
    functions: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class BridgeView:
    """All of ``cffi/_bridge.py.jinja``."""

    banner: str
    has_enums: bool
    proxies: tuple[ClassCode, ...]
    sections: tuple[SectionView, ...]
    trampolines: tuple[Trampoline, ...]
    raw: tuple[AliasView, ...]
    calls: tuple[str, ...]
    afters: tuple[str, ...]
    shields: tuple[str, ...]
    has_streams: bool
    reads: tuple[AliasView, ...]


@dataclass(frozen=True, slots=True)
class BindingsView:
    """All of ``cffi/_bindings.py.jinja``; ``schemes`` is a Python literal."""

    banner: str
    schemes: str


@dataclass(frozen=True, slots=True)
class LoaderView:
    """All of ``cffi/_loader.py.jinja``; ``functions`` and ``variables`` are Python literals, and so are
    ``addressed``, which is empty if the ABI passes no addresses, and ``wanted``: the name of the ABI, its
    version, what plugins of it tell, and its rule."""

    banner: str
    has_enums: bool
    functions: str
    variables: str
    offered: tuple[Offered, ...]
    properties: tuple[FieldView, ...]
    methods: tuple[Code, ...]
    steps: tuple[str, ...]
    has_bridge_names: bool
    bridge_names: str
    addressed: str
    wanted: str
    package: str
    telling: str
    told: tuple[str, ...]
    judged: tuple[str, ...]


def types_view(package: Package, banner: str, has_enums: bool) -> TypesView:
    """``_types.py``"""
    names, forms = package.names, package.forms
    records, errors = tuple(records_of(package)), tuple(errors_of(package))
    callbacks = tuple(
        AliasView(
            names.type(name),
            f"{package.callback_type(name, signature, attributes)!r}",
            package.parts.prose.comment(
                forms.by_name[name].doc.lines if name in forms.by_name else ()
            ),
        )
        for name, signature, attributes in package.callbacks
    )
    interfaces: tuple[ClassCode, ...] = tuple(
        shielded_class(package.classes.interface(name))
        for name in package.objects.objects()
        if forms.form(name) is not Form.RESOURCE
    )
    exported = sorted(
        [each.name for each in (*records, *errors)]
        + [each.name for each in callbacks]
        + [each.head.partition("(")[0] for each in interfaces]
    )
    return TypesView(
        banner,
        has_enums,
        any(each.has_objects for each in records),
        records,
        errors,
        callbacks,
        interfaces,
        _arriving(package, records),
        tuple(map(repr, exported)),
        tuple(
            sorted(
                {
                    word
                    for each in records
                    for word in shadowed(field.name for field in each.fields)
                }.union(*(each.shields for each in interfaces))
            )
        ),
    )


def _arriving(package: Package, records: Sequence[RecordView]) -> tuple[str, ...]:
    """Classes that only the other side makes."""
    read = {
        word
        for record in records
        for field in record.fields
        for word in re.findall(r"\w+", field.arrived)
    }
    proxies = tuple(
        proxy
        for name in package.objects.objects()
        if (proxy := package.names.of(Role.ARRIVED).reference(name)) in read
        and package.forms.form(name) is not Form.RESOURCE
    )
    resources = tuple(
        package.names.type(name)
        for name in package.objects.objects()
        if package.forms.form(name) is Form.RESOURCE
    )
    return (*proxies, *resources, *_handles(package))


def bridge_view(package: Package, exports: Exports, banner: str, has_enums: bool) -> BridgeView:
    """``_bridge.py``"""
    objects = package.objects
    classes = [package.classes.proxy(name) for name in objects.objects()]
    arrivals: list[Code] = []
    departures: list[Code] = []
    for name in objects.objects():
        arrivals.extend(package.arrivals.codes(name))
        departures.extend(package.departures.codes(name))
        for kind, methods in objects.handles(name).items():
            classes.append(package.classes.handle(name, kind, methods))
        arrivals.extend(package.arrivals.of_handles(name))
    classes = [shielded_class(each) for each in classes]
    called = [*package.crossing.codes(), *package.callback_codes()]
    places = (*package.crossing.calls(), *package.callback_calls())
    afters = [after for each in places if (after := package.calling.after(*each)) is not None]
    asked = (*places, *((each.call, each.place) for each in package.entries.all()))
    attempts = (package.calling.blaming.tried(call, place) for call, place in asked)
    tried = [code for code in attempts if code is not None]
    entries = [package.calling.call(each.call, each.place) for each in package.entries.all()]
    made = [*package.crossing.trampolines(), *package.callback_trampolines(), *package.stubs()]
    made += exports.trampolines()
    raw = [AliasView(name, text) for name, text in package.crossing.raw()]
    raw += [AliasView(python_name(name), "raw_function") for name, _, _ in package.callbacks]
    return BridgeView(
        banner=banner,
        has_enums=has_enums,
        proxies=tuple(classes),
        sections=(
            SectionView("values", tuple(package.conversions.functions(package.library))),
            SectionView("objects that arrive", tuple(arrivals)),
            SectionView("objects that leave", tuple(departures)),
            SectionView("Python calls C", (*called, *entries)),
            SectionView("after calls", tuple(afters)),
            SectionView("what calls failed for", tuple(tried)),
            SectionView("C calls Python", tuple(code for code, _ in made)),
            *(
                [SectionView("what C has kept of pushes", tuple(package.streams.rings.codes))]
                if package.streams.rings.codes
                else []
            ),
        ),
        trampolines=tuple(trampoline for _, trampoline in made),
        raw=tuple(raw),
        calls=tuple(_name(code).removeprefix("call_") for code in called),
        afters=tuple(_name(code).removeprefix("after_") for code in afters),
        shields=tuple(sorted({word for each in classes for word in each.shields})),
        reads=tuple(AliasView(name, text) for name, text in package.streams.rings.reads()),
        has_streams=any("_abi_stream" in code.head for each in classes for code in each.methods),
    )


def _name(code: Code) -> str:
    return code.head.partition("(")[0]


def bindings_view(library: Library, banner: str) -> BindingsView:
    """``_bindings.py``"""
    schemes = {
        allocator.name: {
            scheme.family: tuple(name for name in (scheme.acquire, scheme.release) if name)
            for scheme in allocator.schemes
        }
        for allocator in library.allocators
    }
    return BindingsView(banner, repr(schemes))


def loader_view(package: Package, banner: str, has_enums: bool) -> LoaderView:
    """``_loader.py``"""
    library = package.library
    entries = tuple(package.entries.all())
    statics = variables(library)
    handshake = handshakes(package, entries, statics)
    asked = versions(package, entries)
    telling = telling_of(package, handshake, statics, asked)
    others = [
        each
        for each in package.entries.functions()
        if not each.declared.attributes.has("handshake")
    ]
    used = (each for each in entries if each.handle is None)
    bridge_names = (*(f"call_{each.place.carrier}" for each in used), *_handles(package))
    return LoaderView(
        banner=banner,
        has_enums=has_enums,
        functions=repr(
            [
                (
                    declared_c_name(entry),
                    package.names.ctype(FunctionPointer(entry.signature)),
                    _is_required(entry),
                )
                for entry in package.entries.exported()
            ]
        ),
        variables=repr(
            [
                (
                    declared_c_name(each),
                    package.names.ctype(Pointer(each.type, mutable=True)),
                    _is_required(each),
                )
                for each in statics
            ]
        ),
        offered=tuple(_offered(package, statics)),
        properties=tuple(
            FieldView(
                step.name,
                _annotation(package, step),
                package.parts.prose.comment(
                    (*step.entry.doc.lines, *python_remarks(step.entry.attributes))
                ),
            )
            for step in handshake
        ),
        methods=(
            *(_method(package, each) for each in others),
            *(variable(package, each) for each in statics if not each.attributes.has("handshake")),
        ),
        steps=tuple(steps(package, handshake, statics, asked)),
        has_bridge_names=bool(bridge_names),
        bridge_names=", ".join(bridge_names),
        addressed=repr({package.names.type(name): python_name(name) for name in package.addressed})
        if package.addressed
        else "",
        wanted=f"{library.name!r}, {str(library.version)!r}, {library.compared!r}, {library.compat.rule!r}",
        package=library.name,
        telling=repr((telling.fingerprint, *telling.where, telling.by_size)),
        told=telling.told,
        judged=telling.judged,
    )


def _annotation(package: Package, step: Step) -> str:
    if not may_be_left_out(package, step) or step.annotation.endswith("None"):
        return step.annotation
    return f"{step.annotation} | None"


def _handles(package: Package) -> tuple[str, ...]:
    return tuple(
        kind for name in package.objects.objects() for kind in package.objects.handles(name)
    )


def _offered(package: Package, statics: Sequence[EntryStatic]) -> Iterator[Offered]:
    """What a plugin may have, by its name in Python."""
    functions = (each.declared for each in package.entries.functions())
    exported: tuple[EntryFunction | EntryStatic, ...] = (*functions, *statics)
    for each in exported:
        since = each.attributes.version("since")
        python = entry_name(package.library.name, each.name, each.attributes)
        gate = version_tuple(since) if since else "None"
        yield Offered(repr(python), "None", gate, repr(declared_c_name(each)))


def _is_required(entry: EntryFunction | EntryStatic) -> bool:
    return not entry.optional and not entry.attributes.has("since")


def _method(package: Package, entry: Entry) -> Code:
    call, declared = entry.call, entry.declared
    parameters = ", ".join(("self", *package.signatures.parameters(call)))
    given = ", ".join(("self._abi_lib", *package.signatures.passed(call)))
    word = "" if package.signatures.returns(call) == "None" else "return "
    return Code(
        f"{package.entries.name(declared)}({parameters}) -> {package.signatures.returns(call)}",
        told_at_end(f"{word}call_{entry.place.carrier}({given})"),
        package.parts.prose.docstring(
            (
                *declared.doc.lines,
                *python_remarks(declared.attributes),
                *raises(call, package.names),
            )
        ),
    )
