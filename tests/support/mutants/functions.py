"""Changes to parameters, results and types where they are used."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from abilock.syntax import ast
from support.mutants.expected import Edit, Row, mutator
from support.mutants.trees import Path, Site, exchanged, node_at, parameter, renamed, use

_WRONG_CALL = "WRONG_CALL WRONG_CALL"
_FUNCTIONS = "slot item"


def _signature(site: Site) -> ast.Signature | None:
    """Of a slot, callback or entry."""
    found = getattr(site.node, "signature", None)
    return found if isinstance(found, ast.Signature) else None


@mutator(
    "slot item",
    Row("parameter-added", "breaking", _WRONG_CALL),
    Row("parameter-removed", "breaking", _WRONG_CALL),
)
def parameter_added(site: Site, random: Random) -> Edit | None:
    signature = _signature(site)
    if signature is None:
        return None
    first = 0
    if signature.parameters:
        name = signature.parameters[0].name
        first = int(name is not None and name.text == "self")
    at = random.randint(first, len(signature.parameters))
    new = (*signature.parameters[:at], parameter("mutant_arg: u32"), *signature.parameters[at:])
    path: Path = (*site.path, ("signature", None), ("parameters", None))
    return Edit(new, path, f"{site.name}.mutant_arg")


@mutator("parameter", Row("parameter-removed", "breaking", _WRONG_CALL))
def parameter_removed(site: Site, random: Random) -> Edit | None:
    new = (*site.siblings[: site.at], *site.siblings[site.at + 1 :])
    return Edit(new, (*site.above, ("parameters", None)))


@mutator(
    "parameter", Row("parameter-renamed", "compatible"), Row("parameter-renamed", "compatible")
)
def parameter_renamed(site: Site, random: Random) -> Edit | None:
    function = node_at(site.file, site.above[:-1])
    new = renamed(function, site.node.name.text, "mutant_arg")
    return Edit(new, site.above[:-1], f"{site.beside}mutant_arg", site.name)


@mutator(
    "parameter", Row("parameters-swapped", "breaking", "WRONG_CALL|MISREADS WRONG_CALL|MISREADS")
)
def parameters_swapped(site: Site, random: Random) -> Edit | None:
    others = [
        at
        for at, each in enumerate(site.siblings)
        if at != site.at and each.name is not None and each.name.text != "self"
    ]
    if not others:
        return None
    other_at = random.choice(others)
    names = sorted(site.siblings[at].name.text for at in (site.at, other_at))
    subject = "|".join(f"{site.beside}{name}" for name in names)
    return Edit(
        exchanged(site.siblings, site.at, other_at), (*site.above, ("parameters", None)), subject
    )


@mutator(
    "slot item",
    Row("result-added", "breaking", "MISREADS FINE"),
    Row("result-removed", "breaking", "FINE MISREADS"),
)
def result_added(site: Site, random: Random) -> Edit | None:
    signature = _signature(site)
    if signature is None or signature.result is not None:
        return None
    path: Path = (*site.path, ("signature", None), ("result", None))
    return Edit(use("u32"), path, f"{site.name}.return")


@mutator(
    "item",
    Row("variadic-changed", "breaking", _WRONG_CALL),
    Row("variadic-changed", "breaking", _WRONG_CALL),
)
def variadic(site: Site, random: Random) -> Edit | None:
    signature = _signature(site)
    if not isinstance(site.node, ast.EntryFunction) or signature is None:
        return None
    if not signature.parameters:
        return None
    return Edit(True, (*site.path, ("signature", None), ("variadic", None)))


# --- types where they are used

_PLACES = "field parameter result"


def _with_type(site: Site, new: ast.Type) -> Edit:
    inner: Path = () if site.what == "result" else (("type", None),)
    return Edit(new, (*site.path, *inner, ("type", None)))


def _scalar(site: Site) -> str:
    written = site.use.type
    if site.what == "field" and site.node.bits is not None:
        return ""
    return written.name if isinstance(written, ast.NamedType) else ""


def _renumbered(site: Site, names: dict[str, str]) -> Edit | None:
    new = names.get(_scalar(site))
    return None if new is None else _with_type(site, ast.NamedType(new, site.use.span))


_SIGNS = {"u8": "i8", "i32": "u32", "u32": "i32", "i64": "u64", "u64": "i64", "usize": "isize"}
_WIDTHS = {"u8": "u16", "i32": "i64", "u32": "u64"}
_NARROWER = {"i64": "i32", "u64": "u32", "u32": "u16", "i32": "i16"}
_KINDS = {"u32": "f32", "i32": "f32", "u64": "f64", "i64": "f64", "bool": "u8"}
_RESPELLED = {"u64": "usize", "usize": "u64", "i64": "c_long"}


@mutator(
    _PLACES,
    Row("sign-changed", "breaking", "MISREADS MISREADS"),
    Row("sign-changed", "breaking", "MISREADS MISREADS"),
)
def sign_changed(site: Site, random: Random) -> Edit | None:
    return _renumbered(site, _SIGNS)


@mutator(
    _PLACES,
    Row("width-changed", "breaking", "ASTRAY ASTRAY"),
    Row("width-changed", "breaking", "ASTRAY ASTRAY"),
)
def widened(site: Site, random: Random) -> Edit | None:
    return _renumbered(site, _WIDTHS)


@mutator(
    _PLACES,
    Row("width-changed", "breaking", "ASTRAY ASTRAY"),
    Row("width-changed", "breaking", "ASTRAY ASTRAY"),
)
def narrowed(site: Site, random: Random) -> Edit | None:
    return _renumbered(site, _NARROWER)


@mutator(
    _PLACES, Row("value-kind-changed", "breaking", "MISREADS|WRONG_CALL MISREADS|WRONG_CALL"),
    Row("value-kind-changed", "breaking", "MISREADS|WRONG_CALL MISREADS|WRONG_CALL"),
)  # fmt: skip
def other_kind_of_number(site: Site, random: Random) -> Edit | None:
    return _renumbered(site, _KINDS)


@mutator(
    _PLACES,
    Row("target-scalar-changed", "breaking", "ASTRAY ASTRAY"),
    Row("target-scalar-changed", "breaking", "ASTRAY ASTRAY"),
)
def respelled(site: Site, random: Random) -> Edit | None:
    return _renumbered(site, _RESPELLED)


def _pointer(site: Site) -> ast.PointerType | None:
    written = site.use.type
    if isinstance(written, ast.NullableType):
        written = written.inner
    return written if isinstance(written, ast.PointerType) else None


def _is_untouched(pointer: ast.PointerType, site: Site) -> bool:
    """Whether nobody but who gave it looks into what it leads to: a context, or an opaque object."""
    opaque = {each.name.text for each in site.file.items if isinstance(each, ast.Opaque)}
    named = pointer.pointee.name if isinstance(pointer.pointee, ast.NamedType) else ""
    return named == "void" or named in opaque


def _is_written_by_callee(site: Site) -> bool:
    attributes = {each.name.text for each in site.use.attributes}
    return bool(attributes & {"out", "inout"}) or site.node is None


@mutator(
    _PLACES,
    Row("null-allowed", "breaking", "FINE CALLS_NULL"),
    Row("null-forbidden", "breaking", "CALLS_NULL FINE"),
)
def null_allowed(site: Site, random: Random) -> Edit | None:
    written = site.use.type
    if not isinstance(written, (ast.PointerType, ast.FunctionType)):
        return None
    return _with_type(site, ast.NullableType(written, written.span))


@mutator(_PLACES, Row("null-forbidden", "breaking", "CALLS_NULL FINE"))
def null_forbidden(site: Site, random: Random) -> Edit | None:
    written = site.use.type
    return _with_type(site, written.inner) if isinstance(written, ast.NullableType) else None


@mutator(
    _PLACES,
    Row("pointee-made-mutable", "breaking", "WRITES_READ_ONLY FINE"),
    Row("pointee-made-const", "breaking", "FINE WRITES_READ_ONLY"),
)
def made_mutable(site: Site, random: Random) -> Edit | None:
    pointer = _pointer(site)
    if pointer is None or pointer.mutable or _is_untouched(pointer, site):
        return None
    new: ast.Type = replace(pointer, mutable=True)
    if isinstance(site.use.type, ast.NullableType):
        new = replace(site.use.type, inner=new)
    return _with_type(site, new)


@mutator(
    _PLACES,
    Row("pointer-depth-changed", "breaking", "MISREADS MISREADS"),
    Row("pointer-depth-changed", "breaking", "MISREADS MISREADS"),
)
def pointer_deepened(site: Site, random: Random) -> Edit | None:
    pointer = _pointer(site)
    if pointer is None or site.use.own:
        return None
    new: ast.Type = replace(pointer, pointee=pointer)
    if isinstance(site.use.type, ast.NullableType):
        new = replace(site.use.type, inner=new)
    return _with_type(site, new)


@mutator(
    _PLACES,
    Row("pointee-changed", "breaking", "MISREADS MISREADS"),
    Row("pointee-changed", "breaking", "MISREADS MISREADS"),
)
def leads_elsewhere(site: Site, random: Random) -> Edit | None:
    pointer = _pointer(site)
    if pointer is None or not isinstance(pointer.pointee, ast.NamedType):
        return None
    aliases = {each.name.text for each in site.file.items if isinstance(each, ast.Alias)}
    if pointer.pointee.name in {"void", "i16", *aliases}:
        return None
    new: ast.Type = replace(pointer, pointee=ast.NamedType("i16", pointer.span))
    if isinstance(site.use.type, ast.NullableType):
        new = replace(site.use.type, inner=new)
    return _with_type(site, new)


@mutator(
    "parameter result",
    Row("type-changed", "breaking", _WRONG_CALL),
    Row("type-changed", "breaking", _WRONG_CALL),
)
def struct_made_number(site: Site, random: Random) -> Edit | None:
    """What is a struct of its own crosses as a number."""
    written = site.use.type
    structs = {
        each.name.text
        for each in site.file.items
        if isinstance(each, (ast.Aggregate, ast.VtableDecl))
    }
    if not isinstance(written, ast.NamedType) or written.name not in structs:
        return None
    return _with_type(site, ast.NamedType("u32", site.use.span))


@mutator(
    "field",
    Row("array-length-changed", "breaking", "ASTRAY ASTRAY"),
    Row("array-length-changed", "breaking", "ASTRAY ASTRAY"),
)
def array_longer(site: Site, random: Random) -> Edit | None:
    written = site.use.type
    if not isinstance(written, ast.ArrayType):
        return None
    longer = ast.Binary("+", written.length, ast.Integer("8", 8, written.span), written.span)
    return _with_type(site, replace(written, length=longer))


@mutator(
    "field parameter result",
    Row("ownership-kept", "breaking", "LEAKS FREES_TWICE"),
    Row("ownership-given", "breaking", "FREES_TWICE LEAKS"),
)
def lent(site: Site, random: Random) -> Edit | None:
    if not site.use.own:
        return None
    inner: Path = () if site.what == "result" else (("type", None),)
    return Edit(replace(site.use, own=False), (*site.path, *inner))
