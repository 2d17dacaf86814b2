"""Random models: libraries with everything that a layout can consist of.

They are what the checks let pass, and no more: a bit-field fits its type where that is narrowest,
packed items have no aligned fields, aggregates have a member with a name.
"""

from __future__ import annotations

from abilock.model import decls, types
from abilock.model.version import Version
from hypothesis import strategies as st

_ALIGNS = st.sampled_from((1, 2, 4, 8, 16, 32, 64))
_PACKINGS = st.sampled_from((1, 2, 4, 8, 16))
_INTEGERS = sorted(types.INTEGER_SCALARS)
_SCALARS = sorted(types.SCALARS)
_SIGNATURE = decls.Signature((), None)
#: Most members are plain; a bit-field likes company of its own kind.
_BIT_TYPES = st.sampled_from(
    (*_INTEGERS, "bool", "u8", "u16", "u32", "u32", "u64", "u64", "i32", "c_long")
)


def _maybe(strategy: st.SearchStrategy[int], one_in: int) -> st.SearchStrategy[int | None]:
    """A value in one case of ``one_in``, else None."""
    return st.integers(1, one_in).flatmap(lambda drawn: strategy if drawn == one_in else st.none())


@st.composite
def libraries(draw: st.DrawFn, name: str = "lib") -> decls.Library:
    """A library of up to seven declarations that use each other."""
    declared: list[decls.Declaration] = []
    for at in range(draw(st.integers(1, 7))):
        declared.append(draw(_declarations(f"T{at}", tuple(declared))))
    if not any(isinstance(each, decls.Aggregate | decls.Vtable) for each in declared):
        declared.append(draw(_aggregates("Last", tuple(declared))))
    return library(declared, name)


def library(declared: list[decls.Declaration], name: str = "lib") -> decls.Library:
    """A library of these declarations."""
    return decls.Library(
        name=name,
        version=Version(1, 0, 0),
        source=f"{name}.abi",
        doc=decls.Doc(),
        compat=decls.Compat("exact"),
        targets=(),
        allocators=(),
        declarations=tuple(declared),
    )


Declared = tuple[decls.Declaration, ...]


def _declarations(name: str, declared: Declared) -> st.SearchStrategy[decls.Declaration]:
    aggregates = _aggregates(name, declared)
    return st.one_of(
        aggregates,
        aggregates,
        aggregates,
        _vtables(name, declared),
        _enums(name),
        st.builds(decls.Alias, st.just(name), _types(declared)),
        st.just(decls.Callback(name, _SIGNATURE)),
    )


@st.composite
def _enums(draw: st.DrawFn, name: str) -> decls.EnumDecl:
    kind = draw(st.sampled_from(decls.EnumKind))
    underlying = draw(st.sampled_from(_INTEGERS))
    if kind is decls.EnumKind.CLOSED and draw(st.booleans()):
        underlying = "c_int"
    values = tuple(
        decls.EnumValue(f"V{value}", value)
        for value in draw(st.lists(st.integers(0, 100), min_size=1, max_size=3, unique=True))
    )
    return decls.EnumDecl(name, kind, underlying, values)


@st.composite
def _vtables(draw: st.DrawFn, name: str, declared: Declared) -> decls.Vtable:
    members: list[decls.Member] = []
    for at in range(draw(st.integers(1, 5))):
        if draw(st.booleans()):
            members.append(decls.Slot(f"slot{at}", decls.SlotKind.PLAIN, _SIGNATURE))
        else:
            members.append(decls.Field(f"field{at}", draw(_types(declared))))
    return decls.Vtable(name, tuple(members))


@st.composite
def _aggregates(draw: st.DrawFn, name: str, declared: Declared, depth: int = 0) -> decls.Aggregate:
    """``depth``: inside how many others it is written; names tell members of all depths apart."""
    packed = draw(_maybe(_PACKINGS, 4))
    crowded = draw(st.booleans())
    fields: list[decls.Field] = []
    for at in range(draw(st.integers(1, 7 if crowded else 5))):
        own = f"{name.lower().replace('.', '_')}_{at}"
        kind = draw(st.integers(0, 9))
        if kind < (7 if crowded else 2):
            fields.append(draw(_bit_fields(own, declared)))
        elif kind == 9 and depth < 2:
            nested = draw(_aggregates(f"{name}.n{at}", declared, depth + 1))
            member_name = draw(st.sampled_from((own, None)))
            fields.append(_field(draw, member_name, types.Nested(nested), packed))
        else:
            fields.append(_field(draw, own, draw(_types(declared)), packed))
    if not any(field.name or isinstance(field.type, types.Nested) for field in fields):
        fields.append(decls.Field("last", types.Scalar(draw(st.sampled_from(_SCALARS)))))
    align = draw(_maybe(_ALIGNS, 6))
    return decls.Aggregate(name, draw(st.integers(0, 3)) == 0, tuple(fields), packed, align)


def _field(draw: st.DrawFn, name: str | None, given: types.Type, packed: int | None) -> decls.Field:
    align = draw(_maybe(_ALIGNS, 8)) if packed is None else None
    return decls.Field(name, given, align=align)


@st.composite
def _bit_fields(draw: st.DrawFn, name: str, declared: Declared) -> decls.Field:
    scalar = draw(_BIT_TYPES)
    most = 1 if scalar == "bool" else types.NARROWEST_BITS[scalar]
    shape = draw(st.integers(0, 7))
    if shape == 0:
        return decls.Field(None, types.Scalar(scalar), bits=0)
    bits = draw(st.integers(1, most))
    return decls.Field(None if shape == 1 else name, types.Scalar(scalar), bits=bits)


def _types(declared: Declared, depth: int = 0) -> st.SearchStrategy[types.Type]:
    scalars = st.sampled_from(_SCALARS).map(types.Scalar)
    choices: list[st.SearchStrategy[types.Type]] = [
        scalars,
        scalars,
        st.just(types.Pointer(types.Void(), mutable=True)),
        st.just(types.FunctionPointer(_SIGNATURE)),
    ]
    if declared:
        named = st.sampled_from([each.name for each in declared]).map(types.Named)
        choices += [named, named, named]
    if depth < 2:
        choices.append(
            st.builds(
                types.Array, st.deferred(lambda: _types(declared, depth + 1)), st.integers(1, 3)
            )
        )
    return st.one_of(choices)
