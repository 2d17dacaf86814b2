"""Loading: what is read and called there, in its order, and what is judged of it before the next step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from abilock.binding.calls import Call, Channel
from abilock.binding.forms import NOTHING, Method
from abilock.binding.shapes import Form, Item, Reference, Shape, Value
from abilock.model.attributes import Attributes
from abilock.model.c_names import declared_c_name
from abilock.model.decls import Constant, EntryFunction, EntryStatic, Library
from abilock.model.python_names import entry_name
from abilock.model.scalars import INTEGER_SCALARS
from abilock.model.types import Aggregate, Named, Pointer, Scalar, Type
from abilock.outputs.cffi.code import Code
from abilock.outputs.cffi.entries import Entry
from abilock.outputs.cffi.objects import version_tuple
from abilock.outputs.cffi.package import Package
from abilock.outputs.cffi.prose import python_remarks
from abilock.outputs.cffi.told import (
    Told,
    is_object,
    tells_later,
    tells_later_inside,
    told_fields,
)
from abilock.outputs.wording import spell_argument


@dataclass(frozen=True, slots=True)
class Step:
    """An entry of the handshake: the attribute of the plugin that it becomes, and how it is made.

    ``types``: the declared types that it or its values are or lead to, if their fields can be judged, each
    behind what leads from the attribute to it.
    """

    entry: EntryFunction | EntryStatic
    name: str
    annotation: str
    made: str
    types: tuple[tuple[str, str], ...]


def handshakes(
    package: Package,
    entries: Sequence[Entry],
    statics: Sequence[EntryStatic],
) -> tuple[Step, ...]:
    """The entries of the handshake, in their order."""
    found = {
        entry.declared.name: _function_step(package, entry)
        for entry in entries
        if entry.declared.attributes.has("handshake")
    } | {
        each.name: _static_step(package, each)
        for each in statics
        if each.attributes.has("handshake")
    }
    return tuple(found[each.name] for each in package.library.declarations if each.name in found)


def _function_step(package: Package, entry: Entry) -> Step:
    call = entry.call
    given = ", ".join(("library", *_given(package, call.inputs)))
    return Step(
        entry.declared,
        package.entries.name(entry.declared),
        package.signatures.returns(call),
        f"call_{entry.place.carrier}({given})",
        tuple(_judgeable(call)),
    )


def _judgeable(call: Call) -> Iterator[tuple[str, str]]:
    """Declared types of what a call gives: of all of it, or of one of several values."""
    found: list[Shape | None] = []
    if call.creates is not None or call.outcome.truth is not None:
        found.append(None)
    elif call.result is not None:
        found.append(call.result if call.outcome.channel is not Channel.RESULT else None)
    found.extend(out.shape for out in call.outs if out.seen)
    found.extend(None for _ in call.rooms)
    for at, shape in enumerate(found):
        name = _declared(shape)
        if name is not None and (len(found) == 1 or not getattr(shape, "nullable", False)):
            yield "" if len(found) == 1 else f"[{at}]", name


def _static_step(package: Package, static: EntryStatic) -> Step:
    shape, where = _found(package, static)
    if isinstance(shape, Reference | Value):
        shape = replace(shape, nullable=False)
    made = package.parts.lifting.lift(shape, static.name, lambda _: where, take=False)
    return Step(
        static,
        _variable_name(package, static),
        package.names.annotation(shape),
        made,
        () if (name := _declared(shape)) is None else (("", name),),
    )


def _declared(shape: Shape | None) -> str | None:
    return shape.name if isinstance(shape, Value | Reference) else None


def _given(package: Package, inputs: Sequence[Item]) -> Iterator[str]:
    """Everything else has a default."""
    for item in inputs:
        if item.attributes.has("path"):
            yield f"{package.signatures.local(item)}=library.path"


def variables(library: Library) -> tuple[EntryStatic, ...]:
    """Those that a plugin has itself."""
    return tuple(
        each
        for each in library.declarations
        if isinstance(each, EntryStatic)
        and each.name not in library.imported
        and not each.attributes.has("hidden")
    )


def variable(package: Package, static: EntryStatic) -> Code:
    """A variable that is read whenever it is asked for."""
    shape, where = _found(package, static)
    value = package.parts.lifting.lift(shape, static.name, lambda _: "found", take=False)
    annotation = package.names.annotation(shape)
    return Code(
        f"{_variable_name(package, static)}(self) -> {annotation}",
        (
            "lib = self._abi_lib",
            f"found = {where}",
            f"value: {annotation} = {value}",
            "return value",
        ),
        package.parts.prose.docstring((*static.doc.lines, *python_remarks(static.attributes))),
        ("property",),
    )


def _variable_name(package: Package, static: EntryStatic) -> str:
    return entry_name(package.library.name, static.name, static.attributes)


def _found(package: Package, static: EntryStatic) -> tuple[Shape, str]:
    """What a variable is, and the expression for it. An object stays where it is."""
    address = f"lib.symbol({declared_c_name(static)!r})"
    resolved, _ = package.forms.resolve(static.type, NOTHING)
    classify = package.parts.classifier.shape
    if isinstance(resolved, Named) and is_object(package, resolved.name):
        return classify(
            Pointer(resolved, mutable=not static.const), static.attributes, False
        ), address
    return classify(static.type, static.attributes, False), f"{address}[0]"


def versions(package: Package, entries: Sequence[Entry]) -> tuple[Step, ...]:
    """Functions that tell the version, and that the handshake need not call for anything else."""
    return tuple(
        _function_step(package, each)
        for each in entries
        if each.declared.attributes.has("version") and not each.declared.attributes.has("handshake")
    )


def steps(
    package: Package,
    handshake: Sequence[Step],
    statics: Sequence[EntryStatic],
    asked: Sequence[Step] = (),
) -> Iterator[str]:
    """The lines of the handshake. ``asked``: functions that tell the version, and are no part of it."""
    if any(each.attributes.has("version") or each.attributes.has("handshake") for each in statics):
        # What lifts is written for the bridge, where the library is called so.
        yield "lib = library"
    for static in statics:
        if static.attributes.has("version"):
            yield from _required_symbol(static)
            found = f"lib.symbol({declared_c_name(static)!r})[0]"
            yield _required(package, static.type, static.attributes, found)
    for step in asked:
        yield from _required_symbol(step.entry)
        yield f"version = shaken(library, {step.entry.name!r}, lambda: {step.made})"
        yield _told_by(package, step, "version")
    for step in handshake:
        symbol, since = declared_c_name(step.entry), step.entry.attributes.version("since")
        if not may_be_left_out(package, step):
            yield from _required_symbol(step.entry)
            yield from _step(package, step)
            continue
        is_new = f"library.has({version_tuple(since)})" if since else ""
        if since and not step.entry.optional:
            yield f"if library.version and {is_new}:"
            yield f"    require_symbol(library, {symbol!r}, 'is there since {since}')"
        yield f"plugin.{step.name} = None"
        yield f"if {symbol!r} in library.symbols{f' and {is_new}' if since else ''}:"
        yield from (f"    {line}" for line in _step(package, step))


def may_be_left_out(package: Package, step: Step) -> bool:
    """Whether a plugin is taken without an entry: the ABI says so, and nothing is compared of it."""
    if not step.entry.optional and not step.entry.attributes.has("since"):
        return False
    manifest = step.entry.attributes.get("manifest")
    has_ranges = manifest is not None and any(
        True for _ in ranges(package, spell_argument(manifest.arguments[0]).lower(), "")
    )
    is_version = step.entry.attributes.has("version") or any(
        any(told_fields(package, name, "version")) for _, name in step.types
    )
    return not has_ranges and not is_version


def _required_symbol(entry: EntryFunction | EntryStatic) -> Iterator[str]:
    """What not every plugin has, and without which none can be judged."""
    if entry.optional or entry.attributes.has("since"):
        yield (
            f"require_symbol(library, {declared_c_name(entry)!r},"
            " 'a plugin may leave out, and by which a host knows its version')"
        )


def _step(package: Package, step: Step) -> Iterator[str]:
    """The lines of one entry."""
    where = f"plugin.{step.name}"
    # Before anything tells how old the plugin is, it is as old as can be.
    is_untold = any(tells_later(package, name) for _, name in step.types)
    if is_untold:
        yield "library.version = _ABI_OLDEST"
    manifest = step.entry.attributes.get("manifest")
    if manifest is not None:
        form = spell_argument(manifest.arguments[0]).lower()
        yield f"{where} = described(library, {step.entry.name!r}, {form!r}, lambda: {step.made})"
        yield from ranges(package, form, where)
    else:
        yield f"{where} = shaken(library, {step.entry.name!r}, lambda: {step.made})"
    if isinstance(step.entry, EntryFunction) and step.entry.attributes.has("version"):
        yield _told_by(package, step, where)
    if any(_is_asked(package, name) for _, name in step.types):
        yield from refused_step(step, where)
    for leading, name in step.types:
        if tells_later_inside(package, name):
            yield "library.version = _ABI_OLDEST"
        for attribute in ("version", "triple"):
            yield from _judged(package, name, attribute, f"{where}{leading}")
    if is_untold:
        yield f"{where} = shaken(library, {step.entry.name!r}, lambda: {step.made})"
    slots = [
        (leading, name, method)
        for leading, name in step.types
        for method in package.forms.methods(name)
        if method.attributes.has("handshake")
    ]
    if slots and (_may_be_null(step) or may_be_left_out(package, step)):
        # What was found to be there is not lost inside of a function.
        yield f"_abi_{step.name} = {where}"
        where = f"_abi_{step.name}"
    for leading, name, method in slots:
        yield from _slot(package, name, method, f"{where}{leading}")


def _told_by(package: Package, step: Step, found: str) -> str:
    """The line that judges what a function says of the version."""
    assert isinstance(step.entry, EntryFunction)
    result = step.entry.signature.result
    assert result is not None, "what `@version` stands on has a type that is judged"
    return _required(package, result.type, result.attributes, found, lifted=True)


def refused_step(step: Step, where: str) -> Iterator[str]:
    """What refuses a plugin of which an entry of the handshake gives null."""
    if _may_be_null(step):
        yield f"if {where} is None:"
        yield f"    {_no_description(f'`{step.entry.name}`')}"


def _may_be_null(step: Step) -> bool:
    return step.annotation.endswith(" | None")


def _is_asked(package: Package, name: str) -> bool:
    """Whether something of a type is judged, or called, before a plugin is taken."""
    return any(any(told_fields(package, name, each)) for each in ("version", "triple")) or any(
        each.attributes.has("handshake") for each in package.forms.methods(name)
    )


def refused_null(where: str, told: Told) -> Iterator[str]:
    """What refuses a plugin that has null on the way to what it says of itself."""
    for path, label in told.doubtful:
        yield f"if {where}.{path} is None:"
        yield f"    {_no_description(f'`{label}`')}"


def _no_description(names: str) -> str:
    """A plugin that does not say what it is is none that a host can judge, whatever else may be null."""
    text = f"{names} has to describe the plugin, and came with null; look into the plugin's log"
    return f"raise NullRegistrationError(library.path, {text!r})"


def ranges(package: Package, form: str, where: str) -> Iterator[str]:
    """The versions of the host for which the manifest has ranges."""
    for each in package.library.declared:
        given = each.attributes.get("range")
        if given is None or not isinstance(each, Constant):
            continue
        key, *more = (spell_argument(argument) for argument in given.arguments)
        mine = ".".join((str(each.value), *more))
        yield f"require_range(library, {form!r}, {where}, {key!r}, {mine!r})"


def _slot(package: Package, name: str, method: Method, where: str) -> Iterator[str]:
    """A function of an object that is called at load."""
    call = package.objects.call(name, method)
    owner = package.objects.owner(name)
    python = package.names.method(method, owner)
    given = ", ".join(_given(package, call.inputs))
    label = f"{package.forms.table(name)}.{method.name}"
    line = f"shaken(library, {label!r}, lambda: {where}.{python}({given}), 'accept this host')"
    since = method.attributes.version("since")
    asked = [f"library.has({version_tuple(since)})"] if since else []
    if method.optional:
        asked.append(package.names.at(f"{where}._abi_table", method.name))
    if asked:
        yield f"if {' and '.join(asked)}:"
        line = f"    {line}"
    yield line


def _judged(package: Package, name: str, attribute: str, where: str) -> Iterator[str]:
    """The fields with ``@version`` or ``@triple`` that an object or record has, or that it leads to. Of
    several, those that are there: one of them has to be."""
    every = told_fields(package, name, attribute)
    for told in every:
        if len(every) == 1:
            yield from refused_null(where, told)
        is_there = " and ".join(f"{where}.{path} is not None" for path, _ in told.doubtful)
        is_open = bool(is_there) and len(every) > 1
        if is_open:
            yield f"if {is_there}:"
        found = f"{where}.{told.path}"
        line = f"require_target(library, {found})"
        if attribute == "version":
            field = told.field
            line = _required(package, field.type, field.attributes, found, lifted=True)
        yield f"    {line}" if is_open else line
    if len(every) > 1 and all(each.doubtful for each in every):
        missing = (
            " or ".join(f"{where}.{path} is None" for path, _ in each.doubtful) for each in every
        )
        yield f"if {' and '.join(f'({each})' for each in missing)}:"
        names = " or ".join(f"`{each.doubtful[-1][1]}`" for each in every)
        yield f"    {_no_description(names)}"


def _required(
    package: Package, type_: Type, attributes: Attributes, found: str, *, lifted: bool = False
) -> str:
    """The line that judges a version."""
    return require_line(package, *told_version(package, type_, attributes, found, lifted=lifted))


def told_version(
    package: Package, type_: Type, attributes: Attributes, found: str, *, lifted: bool = False
) -> tuple[str, bool]:
    """The expression for a version, and whether that is text: it may be text, a number, or a struct of
    numbers."""
    resolved, _ = package.forms.resolve(type_, NOTHING)
    if isinstance(resolved, Named) and (numbers := _numbers(package, resolved.name)):
        read = [
            package.names.member(*each) if lifted else package.names.c(each[0]) for each in numbers
        ]
        return f"joined({', '.join(f'{found}.{each}' for each in read)})", True
    where = found
    shape = package.parts.classifier.shape(type_, attributes, False)
    is_text = package.names.annotation(shape).removesuffix(" | None") == "str"
    if not lifted and is_text:
        found = package.parts.lifting.lift(shape, "found", lambda _: where, take=False)
    return found if is_text or lifted else f"int({found})", is_text


def _numbers(package: Package, name: str) -> list[tuple[str, Attributes]]:
    """The fields of a struct that is a version by itself."""
    declared = package.forms.declaration(name)
    if not isinstance(declared, Aggregate) or package.forms.form(name) is not Form.RECORD:
        return []
    fields = [each for each in declared.fields if each.name is not None]
    if not 2 <= len(fields) <= 3:
        return []
    resolved = [package.forms.resolve(each.type, NOTHING)[0] for each in fields]
    if not all(isinstance(each, Scalar) and each.name in INTEGER_SCALARS for each in resolved):
        return []
    return [(each.name or "", each.attributes) for each in fields]


def require_line(package: Package, found: str, is_text: bool) -> str:
    """The line that judges what is found as a version."""
    compat = package.library.compat
    wanted: object = package.library.compared
    if compat.rule == "integer" and compat.arguments:
        wanted = compat.arguments[0]
        if isinstance(wanted, str):
            constant = package.forms.declaration(wanted)
            wanted = constant.value if isinstance(constant, Constant) else wanted
    elif compat.rule == "accepts" and not is_text:
        wanted = compat.arguments
    return f"require_version(library, {compat.rule!r}, {wanted!r}, {found})"
