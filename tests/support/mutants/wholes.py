"""Changes to declarations, entries, constants, enums and the ABI as a whole."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from abilock.model.targets import TRIPLES
from abilock.syntax import ast
from support.mutants.expected import Edit, Row, mutator
from support.mutants.sides import BOTH, PLUGIN
from support.mutants.trees import Site, attributes, exchanged, item, renamed, tree_of, value

_PLUGIN = frozenset({PLUGIN})
_TYPES = (ast.Aggregate, ast.VtableDecl, ast.EnumDecl, ast.Callback)
_ENTRIES = (ast.EntryFunction, ast.EntryStatic)


def _in_front(site: Site, declared: ast.Item) -> ast.File:
    """The description with one declaration more, at this place."""
    items = site.file.items
    return replace(site.file, items=(*items[: site.at], declared, *items[site.at :]))


# --- types


@mutator("item", Row("type-added", "compatible"), Row("type-removed", "compatible"))
def type_added(site: Site, random: Random) -> Edit | None:
    text = random.choice(
        (
            "opaque Mutant;",
            "struct Mutant { a: u8, b: u32 }",
            "enum Mutant { One = 1 }",
            "callback Mutant(a: u32);",
            "union Mutant { a: u8, b: u32 }",
        )
    )
    return Edit(_in_front(site, item(text)), (), "Mutant")


@mutator("item", Row("type-renamed", "compatible"), Row("type-renamed", "compatible"))
def type_renamed(site: Site, random: Random) -> Edit | None:
    if not isinstance(site.node, _TYPES):
        return None
    return Edit(renamed(site.file, site.name, "Mutant"), (), "Mutant", site.name)


@mutator(
    "item",
    Row("type-retargeted", "breaking", "MISREADS|ASTRAY MISREADS|ASTRAY"),
    Row("type-retargeted", "breaking", "MISREADS|ASTRAY MISREADS|ASTRAY"),
)
def struct_made_union(site: Site, random: Random) -> Edit | None:
    if not isinstance(site.node, ast.Aggregate) or site.node.is_union:
        return None
    return Edit(replace(site.node, is_union=True))


@mutator(
    "item",
    Row("type-retargeted", "breaking", "FINE|ASTRAY MISREADS|ASTRAY"),
    Row("type-retargeted", "breaking", "MISREADS|ASTRAY FINE|ASTRAY"),
)
def made_opaque(site: Site, random: Random) -> Edit | None:
    if not isinstance(site.node, ast.Aggregate):
        return None
    return Edit(replace(item("opaque Mutant;"), name=site.node.name))


# --- entries


@mutator(
    "item",
    Row("entry-added", "breaking", "NOT_FOUND FINE"),
    Row("entry-removed", "breaking", "FINE NOT_FOUND"),
)
def entry_added(site: Site, random: Random) -> Edit | None:
    text = random.choice(("entry fn mutant(a: u32) -> u32;", "entry static mutant: u32;"))
    return Edit(_in_front(site, item(text)), (), "mutant", providers=_PLUGIN)


@mutator(
    "item",
    Row("entry-added", "append-only", "FALLS_BACK FINE"),
    Row("entry-removed", "append-only", "FINE FALLS_BACK"),
)
def optional_entry_added(site: Site, random: Random) -> Edit | None:
    return Edit(
        _in_front(site, item("optional entry fn mutant(a: u32) -> u32;")),
        (),
        "mutant",
        providers=_PLUGIN,
    )


@mutator(
    "item",
    Row("entry-renamed", "breaking", "NOT_FOUND NOT_FOUND"),
    Row("entry-renamed", "breaking", "NOT_FOUND NOT_FOUND"),
)
def entry_renamed(site: Site, random: Random) -> Edit | None:
    if not isinstance(site.node, _ENTRIES):
        return None
    return Edit(renamed(site.file, site.name, "mutant"), (), "mutant", site.name)


@mutator(
    "item",
    Row("symbol-changed", "breaking", "NOT_FOUND NOT_FOUND"),
    Row("symbol-changed", "breaking", "NOT_FOUND NOT_FOUND"),
)
def symbol_changed(site: Site, random: Random) -> Edit | None:
    if not isinstance(site.node, _ENTRIES):
        return None
    decor = site.node.decor
    given = (*decor.attributes, *attributes('@c("mutant_symbol")'))
    return Edit(replace(site.node, decor=replace(decor, attributes=given)))


@mutator(
    "item",
    Row("entry-made-optional", "breaking", "FINE NOT_FOUND"),
    Row("entry-made-mandatory", "breaking", "NOT_FOUND FINE"),
)
def entry_made_optional(site: Site, random: Random) -> Edit | None:
    if not isinstance(site.node, _ENTRIES) or site.node.optional:
        return None
    return Edit(replace(site.node, optional=True))


@mutator("item", Row("entry-made-mandatory", "breaking", "NOT_FOUND FINE"))
def entry_made_mandatory(site: Site, random: Random) -> Edit | None:
    if not isinstance(site.node, _ENTRIES) or not site.node.optional:
        return None
    return Edit(replace(site.node, optional=False))


@mutator(
    "item",
    Row("entry-retargeted", "breaking", "MISREADS WRONG_FUNCTION"),
    Row("entry-retargeted", "breaking", "WRONG_FUNCTION MISREADS"),
)
def entry_made_variable(site: Site, random: Random) -> Edit | None:
    if not isinstance(site.node, ast.EntryFunction):
        return None
    new = item("entry static mutant: u32;")
    return Edit(replace(new, name=site.node.name, optional=site.node.optional, decor=ast.Decor()))


@mutator(
    "item",
    Row("convention-changed", "breaking", "WRONG_CALL WRONG_CALL"),
    Row("convention-changed", "breaking", "WRONG_CALL WRONG_CALL"),
)
def function_convention(site: Site, random: Random) -> Edit | None:
    if not isinstance(site.node, (ast.EntryFunction, ast.Callback)) or site.node.convention:
        return None
    return Edit(replace(site.node, convention=ast.String("stdcall", site.node.span)))


@mutator("item", Row("handshake-order-changed", "breaking", "WRONG_TIME WRONG_TIME"))
def handshake_order(site: Site, random: Random) -> Edit | None:
    called = [
        at
        for at, each in enumerate(site.file.items)
        if isinstance(each, _ENTRIES)
        and any(one.name.text == "handshake" for one in each.decor.attributes)
    ]
    if site.at not in called or len(called) < 2:
        return None
    other = random.choice([at for at in called if at != site.at])
    names = sorted(site.file.items[at].name.text for at in (site.at, other))  # type: ignore[union-attr]
    items = exchanged(site.file.items, site.at, other)
    return Edit(items, (("items", None),), "|".join(names))


# --- constants


@mutator("item", Row("constant-added", "compatible"), Row("constant-removed", "compatible"))
def constant_added(site: Site, random: Random) -> Edit | None:
    text = random.choice(("const MUTANT: u32 = 4711;", 'const MUTANT: str = "mutant";'))
    return Edit(_in_front(site, item(text)), (), "MUTANT")


@mutator("item", Row("constant-renamed", "compatible"), Row("constant-renamed", "compatible"))
def constant_renamed(site: Site, random: Random) -> Edit | None:
    if not isinstance(site.node, ast.Constant):
        return None
    return Edit(renamed(site.file, site.name, "MUTANT"), (), "MUTANT", site.name)


@mutator("item", Row("constant-type", "compatible"), Row("constant-type", "compatible"))
def constant_retyped(site: Site, random: Random) -> Edit | None:
    if not isinstance(site.node, ast.Constant) or isinstance(site.node.value, ast.String):
        return None
    new = "i64" if site.node.type.name != "i64" else "i32"
    return Edit(replace(site.node, type=ast.NamedType(new, site.node.span)))


@mutator(
    "item",
    Row("constant-value", "breaking", "MISREADS|ASTRAY MISREADS|ASTRAY"),
    Row("constant-value", "breaking", "MISREADS|ASTRAY MISREADS|ASTRAY"),
)
def constant_changed(site: Site, random: Random) -> Edit | None:
    """But those that say a version, which have to rise."""
    if not isinstance(site.node, ast.Constant) or _is_version(site):
        return None
    if isinstance(site.node.value, ast.String):
        new = item('const MUTANT: str = "mutant";')
    else:
        new = item(f"const MUTANT: u32 = {random.randint(60, 70)};")
    return Edit(replace(site.node, value=new.value))


@mutator("item", Row("constant-value", "compatible"), Row("constant-value", "compatible"))
def number_of_loaders(site: Site, random: Random) -> Edit | None:
    if not isinstance(site.node, ast.Constant) or site.name != "BMUX_PLUGIN_API_MAJOR":
        return None
    return Edit(replace(site.node, value=item("const MUTANT: u32 = 2;").value))


def _is_version(site: Site) -> bool:
    words = {each.name.text for each in site.node.decor.attributes}
    return bool(words & {"version", "range"}) or site.name in (
        "RUNTIME_PLUGIN_ABI_VERSION_V1",
        "BMUX_NATIVE_ABI_MINOR",
        "BMUX_PLUGIN_API_MINOR",
    )


# --- the ABI as a whole


@mutator(
    "item",
    Row("compat-changed", "breaking", "MISJUDGED MISJUDGED"),
    Row("compat-changed", "breaking", "MISJUDGED MISJUDGED"),
)
def compat_changed(site: Site, random: Random) -> Edit | None:
    at = next(at for at, each in enumerate(site.file.items) if isinstance(each, ast.Compat))
    rule = random.choice(("exact", "semver"))
    return Edit(item(f"compat {rule};"), (("items", at),), "*", providers=BOTH)


@mutator(
    "item",
    Row("target-removed", "breaking", "NOT_BUILT NOT_BUILT"),
    Row("target-added", "compatible"),
)
def target_removed(site: Site, random: Random) -> Edit | None:
    gone = random.choice(TRIPLES)
    named = ", ".join(f'"{each}"' for each in TRIPLES if each != gone)
    [targets] = tree_of(f"abi x 1.0.0; targets {named};").items[1:]
    items = site.file.items
    if any(isinstance(each, ast.Targets) for each in items):
        return None
    at = next(at for at, each in enumerate(items) if isinstance(each, ast.Compat))
    return Edit(
        (*items[: at + 1], targets, *items[at + 1 :]), (("items", None),), "*", providers=BOTH
    )


@mutator(
    "item",
    Row("allocator-changed", "breaking", "WRONG_FREE WRONG_FREE"),
    Row("allocator-changed", "breaking", "WRONG_FREE WRONG_FREE"),
)
def allocator_changed(site: Site, random: Random) -> Edit | None:
    if not isinstance(site.node, ast.Allocator):
        return None
    at = next(at for at, each in enumerate(site.node.schemes) if each.acquire.text == "malloc")
    new = replace(
        site.node.schemes[at], acquire=ast.Name("process_heap", site.node.span), release=None
    )
    return Edit(new, (*site.path, ("schemes", at)), providers=BOTH)


# --- enums


def _enum(site: Site) -> ast.EnumDecl | None:
    return site.node if isinstance(site.node, ast.EnumDecl) else None


@mutator(
    "item",
    Row("enum-opened", "breaking", "FINE UNKNOWN_VALUE"),
    Row("enum-closed", "breaking", "UNKNOWN_VALUE FINE"),
)
def enum_opened(site: Site, random: Random) -> Edit | None:
    """An open one has a width: that of the closed one, which is C's int."""
    enum = _enum(site)
    if enum is None or enum.kind is not ast.EnumKind.CLOSED:
        return None
    width = enum.width or ast.NamedType("c_int", enum.span)
    return Edit(replace(enum, kind=ast.EnumKind.OPEN, width=width))


@mutator("item", Row("enum-closed", "breaking", "UNKNOWN_VALUE FINE"))
def enum_closed(site: Site, random: Random) -> Edit | None:
    enum = _enum(site)
    if enum is None or enum.kind is not ast.EnumKind.OPEN:
        return None
    return Edit(replace(enum, kind=ast.EnumKind.CLOSED))


_WIDER = {"u8": "u16", "u16": "u32", "i32": "i64"}
_SIGNS = {"u8": "i8", "u16": "i16", "i32": "u32"}


@mutator(
    "item",
    Row("enum-width-changed", "breaking", "ASTRAY ASTRAY"),
    Row("enum-width-changed", "breaking", "ASTRAY ASTRAY"),
)
def enum_widened(site: Site, random: Random) -> Edit | None:
    return _enum_of(site, _WIDER, "i64")


@mutator(
    "item",
    Row("enum-sign-changed", "breaking", "MISREADS MISREADS"),
    Row("enum-sign-changed", "breaking", "MISREADS MISREADS"),
)
def enum_resigned(site: Site, random: Random) -> Edit | None:
    return _enum_of(site, _SIGNS, "u32")


def _enum_of(site: Site, widths: dict[str, str], usual: str) -> Edit | None:
    enum = _enum(site)
    if enum is None:
        return None
    new = widths.get(enum.width.name) if enum.width else usual
    return None if new is None else Edit(replace(enum, width=ast.NamedType(new, enum.span)))


@mutator(
    "item",
    Row("value-added", "breaking", "FINE UNKNOWN_VALUE"),
    Row("value-removed", "breaking", "UNKNOWN_VALUE FINE"),
)
def value_added_to_closed(site: Site, random: Random) -> Edit | None:
    enum = _enum(site)
    if enum is None or enum.kind is not ast.EnumKind.CLOSED:
        return None
    return _with_value(site, enum, random)


@mutator(
    "item",
    Row("value-added", "append-only", "FINE FALLS_BACK"),
    Row("value-removed", "breaking", "UNKNOWN_VALUE FINE"),
)
def value_added_to_open(site: Site, random: Random) -> Edit | None:
    """Who was compiled without it has to be ready for any number; who is compiled without it again is
    not given its name by anybody."""
    enum = _enum(site)
    if enum is None or enum.kind is not ast.EnumKind.OPEN:
        return None
    return _with_value(site, enum, random)


def _with_value(site: Site, enum: ast.EnumDecl, random: Random) -> Edit:
    at = random.randint(0, len(enum.values))
    new = (*enum.values[:at], value("Mutant = 111"), *enum.values[at:])
    return Edit(replace(enum, values=new), subject=f"{site.name}.Mutant")


@mutator("item", Row("value-alias-added", "compatible"), Row("value-removed", "compatible"))
def value_alias(site: Site, random: Random) -> Edit | None:
    enum = _enum(site)
    if enum is None:
        return None
    known = random.choice(enum.values).value
    assert isinstance(known, ast.Integer)
    return Edit(
        replace(enum, values=(*enum.values, value(f"Mutant = {known.text}"))),
        subject=f"{site.name}.Mutant",
    )


@mutator("value", Row("value-renamed", "compatible"), Row("value-renamed", "compatible"))
def value_renamed(site: Site, random: Random) -> Edit | None:
    new = renamed(site.file, site.node.name.text, "Mutant")
    if sum(each.name.text == site.node.name.text for each in _all_values(site)) > 1:
        new = renamed(site.owner, site.node.name.text, "Mutant")
        return Edit(new, site.path[:1], f"{site.beside}Mutant", site.name)
    return Edit(new, (), f"{site.beside}Mutant", site.name)


def _all_values(site: Site) -> list[ast.EnumValue]:
    return [
        each
        for declared in site.file.items
        if isinstance(declared, ast.EnumDecl)
        for each in declared.values
    ]


@mutator(
    "value",
    Row("value-renumbered", "breaking", "MISREADS MISREADS"),
    Row("value-renumbered", "breaking", "MISREADS MISREADS"),
)
def value_renumbered(site: Site, random: Random) -> Edit | None:
    return Edit(replace(site.node, value=ast.Integer("111", 111, site.node.span)))


@mutator("value", Row("values-swapped", "breaking", "MISREADS MISREADS"))
def values_swapped(site: Site, random: Random) -> Edit | None:
    others = [at for at in range(len(site.siblings)) if at != site.at]
    if not others:
        return None
    other = random.choice(others)
    one, two = site.siblings[site.at], site.siblings[other]
    new = list(site.siblings)
    new[site.at], new[other] = replace(one, value=two.value), replace(two, value=one.value)
    subject = "|".join(sorted(f"{site.beside}{each.name.text}" for each in (one, two)))
    return Edit(tuple(new), (*site.above, ("values", None)), subject)


@mutator("item", Row("value-inserted", "breaking", "MISREADS MISREADS"))
def value_inserted(site: Site, random: Random) -> Edit | None:
    """Before others that are counted on: each gets the number of the one behind it."""
    enum = _enum(site)
    if enum is None or len(enum.values) < 2:
        return None
    numbers = [each.value.value for each in enum.values if isinstance(each.value, ast.Integer)]
    if numbers != list(range(numbers[0], numbers[0] + len(enum.values))):
        return None
    at = random.randint(0, len(enum.values) - 1)
    new = [*enum.values[:at], value("Mutant = 0"), *enum.values[at:]]
    counted = tuple(
        replace(each, value=ast.Integer(str(number), number, enum.span))
        for number, each in enumerate(new, start=numbers[0])
    )
    return Edit(replace(enum, values=counted), subject=f"{site.name}.Mutant")
