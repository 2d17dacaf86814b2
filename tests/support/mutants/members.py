"""Changes to slots, fields and records."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from abilock.syntax import ast
from support.mutants.expected import Edit, Row, mutator
from support.mutants.sides import HOST
from support.mutants.trees import Path, Site, attributes, exchanged, member, put, renamed

_NEW_SLOT = "fn mutant_slot(self: const, mutant_arg: u32) -> u32;"
_NEW_FIELD = "mutant_field: u64,"
_ASTRAY = "ASTRAY ASTRAY"


def _members(site: Site) -> tuple[ast.Member, ...] | None:
    """The members of a struct or vtable that nothing else adds some to."""
    if isinstance(site.node, (ast.Aggregate, ast.VtableDecl)):
        return site.node.members
    return None


def _has_convention(site: Site) -> bool:
    return isinstance(site.owner, ast.VtableDecl) and site.owner.convention is not None


def _takes_slots(site: Site) -> bool:
    return isinstance(site.node, ast.VtableDecl)


def _next_version(file: ast.File) -> str:
    """A version behind that of the description."""
    abi = next(each for each in file.items if isinstance(each, ast.Abi))
    major, minor, rest = abi.version.text.split(".", 2)
    patch = int(rest.partition("-")[0])
    return f"{major}.{minor}.{patch + 1}"


def _with_version(file: ast.File, version: str) -> ast.File:
    at = next(at for at, each in enumerate(file.items) if isinstance(each, ast.Abi))
    path: Path = (("items", at), ("version", None))
    literal = replace(file.items[at].version, text=version)  # type: ignore[union-attr]
    return put(file, path, literal)  # type: ignore[no-any-return]


# --- slots


@mutator(
    "slot",
    Row("slot-inserted", "breaking", _ASTRAY),
    Row("slot-removed", "breaking", _ASTRAY),
)
def slot_inserted(site: Site, random: Random) -> Edit | None:
    new = (*site.siblings[: site.at], member(_NEW_SLOT), *site.siblings[site.at :])
    word = site.path[-1][0]
    return Edit((new), (*site.above, (word, None)), f"{site.beside}mutant_slot")


@mutator(
    "item",
    Row("since-missing", "breaking", "READS_PAST_END FINE"),
    Row("slot-removed", "breaking", "FINE READS_PAST_END"),
)
def slot_appended(site: Site, random: Random) -> Edit | None:
    if not _appendable(site):
        return None
    new = replace(site.node, members=(*site.node.members, member(_NEW_SLOT)))
    return Edit(new, subject=f"{site.name}.mutant_slot")


@mutator("item", Row("slot-appended", "append-only", "GATED FINE"))
def slot_appended_since(site: Site, random: Random) -> Edit | None:
    """Plugins tell their version, tables that begin with their size tell that."""
    if not _appendable(site) or not _is_told(site):
        return None
    version = _next_version(site.file)
    slot = member(f"@since({version}) {_NEW_SLOT}")
    new = put(site.file, site.path, replace(site.node, members=(*site.node.members, slot)))
    return Edit(_with_version(new, version), (), f"{site.name}.mutant_slot")


@mutator("item", Row("slot-appended", "breaking", "READS_PAST_END FINE|GATED"))
def slot_appended_since_untold(site: Site, random: Random) -> Edit | None:
    """Nothing tells a plugin how old its host is."""
    if not _appendable(site) or _is_told(site):
        return None
    version = _next_version(site.file)
    slot = member(f"@since({version}) {_NEW_SLOT}")
    new = put(site.file, site.path, replace(site.node, members=(*site.node.members, slot)))
    host = frozenset({HOST})
    return Edit(_with_version(new, version), (), f"{site.name}.mutant_slot", providers=host)


#: Vtables that stand inside of others, cross by value, or of which many stand side by side.
_WHOLE = frozenset("FfiSnapshotIterator FfiOutboxIterator RuntimePluginApiV1".split())


def _appendable(site: Site) -> bool:
    return _takes_slots(site) and site.node.convention is None and site.name not in _WHOLE


def _is_told(site: Site) -> bool:
    sized = any(
        attribute.name.text == "struct_size"
        for each in site.node.members
        for attribute in each.decor.attributes
    )
    return sized or site.name in _OF_PLUGINS


#: What only plugins make, where a loader knows from their version how old they are: drasi compares it.
_OF_PLUGINS = frozenset(
    "FfiChangeReceiver FfiBootstrapReceiver FfiBootstrapResultReceiver SecretStoreProviderVtable".split()
)


@mutator("slot", Row("slot-renamed", "compatible"), Row("slot-renamed", "compatible"))
def slot_renamed(site: Site, random: Random) -> Edit | None:
    before = site.node.name.text
    new = renamed(site.owner, before, "mutant_slot")
    return Edit(new, site.path[:1], f"{site.beside}mutant_slot", site.name)


@mutator("slot", Row("slots-swapped", "breaking", "WRONG_FUNCTION WRONG_FUNCTION"))
def slots_swapped(site: Site, random: Random) -> Edit | None:
    others = [
        at for at, each in enumerate(site.siblings) if isinstance(each, ast.Slot) and at != site.at
    ]
    if not others:
        return None
    other = random.choice(others)
    first = min(site.at, other)
    new = exchanged(site.siblings, site.at, other)
    word = site.path[-1][0]
    # Named is the one that stands first now, or the other: either is right.
    names = {site.siblings[at].name.text for at in (site.at, other)}
    subject = "|".join(f"{site.beside}{name}" for name in sorted(names))
    return Edit(new, (*site.above, (word, None)), subject) if first >= 0 else None


@mutator(
    "slot",
    Row("slot-made-optional", "breaking", "FINE CALLS_NULL"),
    Row("slot-made-mandatory", "breaking", "CALLS_NULL FINE"),
)
def slot_made_optional(site: Site, random: Random) -> Edit | None:
    return None if site.node.optional else Edit(replace(site.node, optional=True))


@mutator("slot", Row("convention-changed", "breaking", "WRONG_CALL WRONG_CALL"))
def slot_convention(site: Site, random: Random) -> Edit | None:
    if site.node.convention is not None:
        return None
    return Edit(replace(site.node, convention=ast.String("stdcall", site.node.span)))


@mutator("slot", Row("receiver-changed", "compatible"), Row("receiver-changed", "compatible"))
def receiver_made_mutable(site: Site, random: Random) -> Edit | None:
    parameters = site.node.signature.parameters
    if not parameters or parameters[0].name is None or parameters[0].name.text != "self":
        return None
    written = parameters[0].type.type
    if not isinstance(written, ast.NamedType) or written.name != "const":
        return None
    slot = member("fn mutant(self: mut);")
    path: Path = (*site.path, ("signature", None), ("parameters", 0))
    return Edit(slot.signature.parameters[0], path)


# --- fields


def _is_struct(site: Site) -> bool:
    return isinstance(site.owner, ast.Aggregate) and not site.owner.is_union


@mutator(
    "field",
    Row("field-inserted", "breaking", _ASTRAY),
    Row("field-removed", "breaking", _ASTRAY),
)
def field_inserted(site: Site, random: Random) -> Edit | None:
    """Before another; eight bytes wide, so that no padding has room for it."""
    if site.name.startswith("BmuxStatefulPlugin.struct_size"):
        return None
    new = (*site.siblings[: site.at], member(_NEW_FIELD), *site.siblings[site.at :])
    word = site.path[-1][0]
    return Edit(new, (*site.above, (word, None)), f"{site.beside}mutant_field")


@mutator("field", Row("field-renamed", "compatible"), Row("field-renamed", "compatible"))
def field_renamed(site: Site, random: Random) -> Edit | None:
    before = site.node.name.text
    new = renamed(site.owner, before, "mutant_field")
    return Edit(new, site.path[:1], f"{site.beside}mutant_field", site.name)


@mutator("field", Row("fields-swapped", "breaking", _ASTRAY))
def fields_swapped(site: Site, random: Random) -> Edit | None:
    """Two that are one behind the other would be told as one that moved."""
    fields = [
        at for at, each in enumerate(site.siblings) if isinstance(each, ast.Field) and at != site.at
    ]
    if not _is_struct(site) or not fields:
        return None
    other = random.choice(fields)
    names = sorted(site.siblings[at].name.text for at in (site.at, other))
    word = site.path[-1][0]
    subject = "|".join(f"{site.beside}{name}" for name in names)
    return Edit(exchanged(site.siblings, site.at, other), (*site.above, (word, None)), subject)


@mutator(
    "item",
    Row("packing-changed", "breaking", "ANY ANY"),
    Row("packing-changed", "breaking", "ANY ANY"),
)
def packed(site: Site, random: Random) -> Edit | None:
    if not isinstance(site.node, ast.Aggregate) or site.node.is_union:
        return None
    decor = replace(
        site.node.decor, attributes=(*site.node.decor.attributes, *attributes("@packed"))
    )
    return Edit(replace(site.node, decor=decor))


@mutator(
    "item",
    Row("alignment-changed", "breaking", "MISREADS|ASTRAY FINE|ASTRAY"),
    Row("alignment-changed", "breaking", "FINE|ASTRAY MISREADS|ASTRAY"),
)
def aligned(site: Site, random: Random) -> Edit | None:
    if not isinstance(site.node, ast.Aggregate):
        return None
    decor = replace(
        site.node.decor, attributes=(*site.node.decor.attributes, *attributes("@align(32)"))
    )
    return Edit(replace(site.node, decor=decor))


@mutator(
    "field",
    Row("field-alignment-changed", "breaking", "MISREADS|ASTRAY FINE|ASTRAY"),
    Row("field-alignment-changed", "breaking", "FINE|ASTRAY MISREADS|ASTRAY"),
)
def field_aligned(site: Site, random: Random) -> Edit | None:
    if not _is_struct(site):
        return None
    decor = replace(
        site.node.decor, attributes=(*site.node.decor.attributes, *attributes("@align(64)"))
    )
    return Edit(replace(site.node, decor=decor))


@mutator(
    "field slot", Row("made-deprecated", "compatible"), Row("deprecation-withdrawn", "compatible")
)
def deprecated(site: Site, random: Random) -> Edit | None:
    words = {each.name.text for each in site.node.decor.attributes}
    if words & {"deprecated", "reserved"}:
        return None
    # The release at hand is the one since which it is.
    abi = next(each for each in site.file.items if isinstance(each, ast.Abi))
    given = attributes(f'@deprecated({abi.version.text}, "use another")')
    decor = replace(site.node.decor, attributes=(*site.node.decor.attributes, *given))
    return Edit(replace(site.node, decor=decor))
