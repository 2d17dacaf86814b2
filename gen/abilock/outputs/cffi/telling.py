"""How a plugin tells its version, by itself: for hosts that have several bindings to choose from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from abilock.binding.forms import NOTHING
from abilock.model.c_names import declared_c_name
from abilock.model.decls import Declaration, EntryFunction, EntryStatic, Library, Vtable
from abilock.model.exact import exact_types
from abilock.model.mentions import mentioned_types
from abilock.model.types import Aggregate, Field, Named, Pointer, Scalar, Type
from abilock.model.witness import rows_of
from abilock.outputs.cffi.handshake import (
    Step,
    ranges,
    refused_null,
    refused_step,
    require_line,
    told_version,
)
from abilock.outputs.cffi.package import Package
from abilock.outputs.cffi.told import tells_later, tells_later_inside, told_fields
from abilock.outputs.wording import spell_argument


@dataclass(frozen=True, slots=True)
class Telling:
    """``fingerprint``: of all that has to be known to read what tells it; empty if nothing does. ``where``:
    the C type of what is looked at, and its member, if only their places have to agree. ``by_size``: it
    is a size that is told. ``told``: the lines that read it; ``judged``: those that judge it."""

    fingerprint: str
    where: tuple[str, str]
    by_size: bool
    told: tuple[str, ...]
    judged: tuple[str, ...]


_NOTHING = Telling("", ("", ""), False, ('raise NotAvailableError("nothing tells it")',), ())
#: Attributes of entries that can fail in other ways than with null.
_FAILING = ("ok", "error", "out", "create")


def telling_of(
    package: Package,
    handshake: Sequence[Step],
    statics: Sequence[EntryStatic],
    asked: Sequence[Step] = (),
) -> Telling:
    """What tells the version of a plugin, or its size, if it can be asked for that and for nothing that
    could not be asked for again."""
    for static in statics:
        if static.attributes.has("version"):
            found = f"library.symbol({declared_c_name(static)!r})[0]"
            expression, is_text = told_version(package, static.type, static.attributes, found)
            lines = ("lib = library", f"return {expression}")
            return _telling(package, static, lines, is_text)
    for step in asked:
        telling = _lifted(package, step)
        if telling is not None:
            return telling
    before: list[EntryFunction] = []
    for step in handshake:
        telling = _by_place(package, step, before)
        if telling is None and not before:
            telling = _lifted(package, step)
        if telling is not None:
            return telling
        if isinstance(step.entry, EntryFunction):
            if not _may_be_repeated(package, step.entry):
                break
            before.append(step.entry)
    return _NOTHING


def _may_be_repeated(package: Package, entry: EntryFunction) -> bool:
    """Whether an entry that is called twice is as good as one that is called once: it takes nothing, and
    hands nothing over."""
    result = entry.signature.result
    if entry.signature.parameters or any(entry.attributes.has(name) for name in _FAILING):
        return False
    if result is None:
        # It has an effect, or would not be there.
        return False
    resolved, _ = package.forms.resolve(result.type, NOTHING)
    return not result.own and isinstance(resolved, Pointer | Scalar)


# --- looked at where it is


def _by_place(package: Package, step: Step, before: Sequence[EntryFunction]) -> Telling | None:
    """A member of what an entry returns, of which nothing else has to be known but how it is returned."""
    given = _given(step.entry)
    if given is None:
        return None
    resolved, _ = package.forms.resolve(given, NOTHING)
    is_pointer = isinstance(resolved, Pointer)
    if isinstance(resolved, Pointer):
        resolved, _ = package.forms.resolve(resolved.pointee, NOTHING)
    if not isinstance(resolved, Named):
        return None
    declared = package.forms.declaration(resolved.name)
    if (
        not isinstance(declared, Aggregate | Vtable)
        or package.forms.table(resolved.name) != resolved.name
    ):
        return None
    field, by_size = _telling_field(package, resolved.name)
    if field is None or field.name is None:
        return None
    symbol = f"lib.symbol({declared_c_name(step.entry)!r})"
    made = f"{symbol}()"
    if isinstance(step.entry, EntryStatic):
        made = f"{symbol}[0]" if is_pointer else symbol
    if is_pointer:
        made = f"lib.there({made}, {resolved.name!r})"
    member = package.names.at("about", field.name)
    expression, is_text = f"int({member})", False
    if not by_size:
        expression, is_text = told_version(package, field.type, field.attributes, member)
    lines = (
        "lib = library",
        *(line for each in before for line in _repeated(package, each)),
        f"about = shaken(library, {step.entry.name!r}, lambda: {made})",
        f"return shaken(library, {step.entry.name!r}, lambda: {expression})",
    )
    signature = step.entry.signature if isinstance(step.entry, EntryFunction) else None
    library = package.library
    known = [
        *(f"{each.name} {row.form:08x}" for each in before for row in rows_of(each, library)),
        f"{step.entry.name} {signature and signature.convention} {is_pointer}",
        *(
            f"{row.form:08x} {row.contract:08x}"
            for row in rows_of(declared, library)
            if row.name == field.name
        ),
        *_known(library, field),
    ]
    is_passed = not is_pointer and isinstance(step.entry, EntryFunction)
    where = package.names.struct(resolved.name, "" if is_passed else " *")
    judged = () if by_size else (require_line(package, "found", is_text),)
    at = (where, package.names.c(field.name))
    return Telling(_fingerprint(known), at, by_size, lines, judged)


def _given(entry: EntryFunction | EntryStatic) -> Type | None:
    """What an entry gives whoever asks, if it takes nothing and hands nothing over."""
    if isinstance(entry, EntryStatic):
        return entry.type
    result = entry.signature.result
    is_plain = not entry.signature.parameters and not any(
        entry.attributes.has(name) for name in (*_FAILING, "version", "manifest")
    )
    return result.type if is_plain and result is not None and not result.own else None


def _telling_field(package: Package, name: str) -> tuple[Field | None, bool]:
    """The member of a type that tells its version, or if the rule is about that, its size."""
    fields = package.forms.fields(name)
    read = {told.field.name for told in told_fields(package, name, "version") if not told.is_nested}
    for each in fields:
        if each.name in read and not each.attributes.has("since"):
            return each, False
    size = package.forms.size_field(name) if package.library.compat.rule == "size_first" else None
    return next((each for each in fields if size is not None and each.name == size), None), True


def _repeated(package: Package, entry: EntryFunction) -> Iterator[str]:
    """The call of an entry that comes before."""
    made = f"lib.symbol({declared_c_name(entry)!r})()"
    result = entry.signature.result
    if result is not None and isinstance(result.type, Pointer):
        if not result.type.nullable or entry.attributes.has("fails"):
            made = f"lib.there({made}, {entry.name!r})"
        made = f"shaken(library, {entry.name!r}, lambda: {made})"
    yield made


# --- read as a whole


def _lifted(package: Package, step: Step) -> Telling | None:
    """All of what an entry gives, which has to be the same for everybody who reads it."""
    made = f"shaken(library, {step.entry.name!r}, lambda: {step.made})"
    before = ("lib = library",) if isinstance(step.entry, EntryStatic) else ()
    manifest = step.entry.attributes.get("manifest")
    if manifest is not None:
        form = spell_argument(manifest.arguments[0]).lower()
        made = f"described(library, {step.entry.name!r}, {form!r}, lambda: {step.made})"
        told = _telling(package, step.entry, (*before, f"return {made}"), is_text=True)
        return replace(told, judged=tuple(ranges(package, form, "found")))
    result = step.entry.signature.result if isinstance(step.entry, EntryFunction) else None
    if result is not None and step.entry.attributes.has("version"):
        expression, is_text = told_version(
            package, result.type, result.attributes, "about", lifted=True
        )
        return _telling(package, step.entry, (f"about = {made}", f"return {expression}"), is_text)
    for leading, name in step.types:
        every = sorted(told_fields(package, name, "version"), key=lambda each: len(each.doubtful))
        for each in every[:1]:
            field, where = each.field, f"about{leading}"
            expression, is_text = told_version(
                package, field.type, field.attributes, f"{where}.{each.path}", lifted=True
            )
            # Before anything tells how old the plugin is, it is as old as can be.
            oldest = ("library.version = _ABI_OLDEST",)
            lines = (
                *before,
                *(oldest if tells_later(package, name) else ()),
                f"about = {made}",
                *(oldest if tells_later_inside(package, name) else ()),
                *refused_step(step, "about"),
                *refused_null(where, each),
                f"return {expression}",
            )
            return _telling(package, step.entry, lines, is_text)
    return None


def _telling(
    package: Package, entry: EntryFunction | EntryStatic, told: tuple[str, ...], is_text: bool
) -> Telling:
    known = _fingerprint(_known(package.library, entry))
    return Telling(known, ("", ""), False, told, (require_line(package, "found", is_text),))


def _fingerprint(known: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(known).encode("utf-8")).hexdigest()[:16]


def _known(library: Library, start: EntryFunction | EntryStatic | Field) -> Iterator[str]:
    """A line for everything that is read with an entry, or with a field; what came later is not, where it
    is behind a pointer."""
    needed: set[str] = set()
    waiting: list[Declaration | Field] = [start]
    if not isinstance(start, Field):
        needed.add(start.name)
    while waiting:
        part = waiting.pop()
        if isinstance(part, Field):
            mentioned = iter((part.type, *mentioned_types(part.type)))
        else:
            mentioned = mentioned_types(part)
        for type_ in mentioned:
            if isinstance(type_, Named) and type_.name not in needed:
                needed.add(type_.name)
                waiting.append(library.find(type_.name))
    exact = exact_types(library)
    for declared in library.declarations:
        if declared.name not in needed:
            continue
        for row in rows_of(declared, library):
            if row.since is None or row.owner in exact or not row.owner:
                yield f"{row.line} {row.form:08x} {row.contract:08x}"
