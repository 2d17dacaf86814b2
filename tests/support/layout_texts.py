"""Random descriptions of types whose layouts are worth comparing."""

from __future__ import annotations

from hypothesis import strategies as st

_INTEGERS = (
    "u8 i8 u16 i16 u32 i32 u64 i64 usize isize c_short c_int c_uint c_long c_ulong c_longlong"
    " size_t ptrdiff_t"
).split()
_SCALARS = [*_INTEGERS, "bool", "f32", "f64", "c_char", "wchar_t", "c_float", "c_double"]
_BIT_TYPES = "u8 i8 u16 i16 u32 i32 u64 i64 c_int c_long c_ulonglong".split()
_BITS = {"8": 8, "16": 16, "32": 32, "64": 64}


def _bits(scalar: str) -> int:
    """Bits on the narrowest target."""
    return {"c_int": 32, "c_long": 32, "c_ulonglong": 64}.get(scalar) or _BITS[scalar[1:]]


@st.composite
def descriptions(draw: st.DrawFn, types: int = 40) -> str:
    """A description of so many structs, unions and vtables that hold each other."""
    known: list[str] = ["Small", "Wide", "Cb", "Alias"]
    lines = [
        "abi random 1.0.0;",
        "enum Small: u8 { A = 1 } enum Wide { B = -1 } callback Cb(x: u8); type Alias = [u16; 3];",
        "opaque Hidden;",
    ]
    for number in range(types):
        name = f"T{number}"
        lines.append(draw(_aggregate(name, tuple(known))))
        known.append(name)
    return "\n".join(lines)


@st.composite
def _aggregate(draw: st.DrawFn, name: str, known: tuple[str, ...]) -> str:
    kind = draw(st.sampled_from(["struct"] * 6 + ["union", "vtable"]))
    packed = aligned = ""
    may_align = True
    if kind != "vtable":
        packed = draw(
            st.sampled_from([""] * 4 + ["@packed ", "@packed(2) ", "@packed(4) ", "@packed(8) "])
        )
        aligned = draw(st.sampled_from([""] * 5 + ["@align(2) ", "@align(8) ", "@align(32) "]))
        may_align = not packed
    count = draw(st.integers(1, 7))
    members = [draw(_member(f"f{i}", known, kind, may_align, 0)) for i in range(count)]
    # At least one member with a name, so that nothing is empty.
    members.append(f"last: {draw(st.sampled_from(_SCALARS))}")
    return f"{packed}{aligned}{kind} {name} {{ {', '.join(members)} }}"


@st.composite
def _member(
    draw: st.DrawFn, name: str, known: tuple[str, ...], kind: str, may_align: bool, depth: int
) -> str:
    choice = draw(st.integers(0, 11))
    if kind == "vtable":
        return f"fn {name}()" if choice % 2 else f"{name}: {draw(_type(known))}"
    if choice < 4:
        scalar = draw(st.sampled_from(_BIT_TYPES))
        if choice == 0:
            return f"_: {scalar} : {draw(st.sampled_from([0, 0, 3, 8]))}"
        return f"{name}: {scalar} : {draw(st.integers(1, _bits(scalar)))}"
    if choice == 4 and depth < 2:
        inner = draw(st.sampled_from(["struct", "union"]))
        members = [
            draw(_member(f"{name}_{i}", known, inner, may_align, depth + 1))
            for i in range(draw(st.integers(1, 3)))
        ]
        shown = "_" if draw(st.booleans()) else name
        return f"{shown}: {inner} {{ {name}_z: u8, {', '.join(members)} }}"
    align = ""
    if may_align and choice == 5:
        align = f"@align({draw(st.sampled_from([1, 2, 4, 8, 16]))}) "
    return f"{align}{name}: {draw(_type(known))}"


@st.composite
def _type(draw: st.DrawFn, known: tuple[str, ...]) -> str:
    base = draw(
        st.one_of(
            st.sampled_from(_SCALARS),
            st.sampled_from(_SCALARS),
            st.sampled_from(known),
            st.sampled_from(["*mut Hidden", "*const void?", "fn(x: u8) -> u8", "(fn())?"]),
        )
    )
    return f"[{base}; {draw(st.integers(1, 5))}]" if draw(st.integers(0, 5)) == 0 else base
