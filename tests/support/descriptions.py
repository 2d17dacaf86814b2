"""Random descriptions that mean something: names resolve, layouts are finite, attributes are legal.

They are made as text, so that no part of what they test had a hand in them. Whoever compiles them can
leave features out by :class:`Wanted`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

#: Types whose size is the same everywhere, by their size.
_FIXED = {"bool": 1, "i8": 1, "u8": 1, "i16": 2, "u16": 2, "i32": 4, "u32": 4, "f32": 4} | {
    "i64": 8,
    "u64": 8,
    "f64": 8,
}
#: Types that differ per target, with the largest size that one has.
_VARYING = {
    "isize": 8, "usize": 8, "size_t": 8, "ptrdiff_t": 8, "wchar_t": 4, "char": 1, "c_char": 1,
    "c_schar": 1, "c_uchar": 1, "c_short": 2, "c_ushort": 2, "c_int": 4, "c_uint": 4, "c_long": 8,
    "c_ulong": 8, "c_longlong": 8, "c_ulonglong": 8, "c_float": 4, "c_double": 8,
}  # fmt: skip
#: What a bit-field may be made of, with its width in bits on every target.
_BIT_TYPES = {
    "u8": 8,
    "i8": 8,
    "u16": 16,
    "i16": 16,
    "u32": 32,
    "i32": 32,
    "u64": 64,
    "i64": 64,
} | {
    "c_int": 32,
    "c_uint": 32,
    "bool": 1,
}
_ENUM_WIDTHS = {"u8": 8, "u16": 16, "u32": 32, "u64": 64, "i8": 7, "i16": 15, "i32": 31, "i64": 63}
#: Names that are words somewhere: in this language, in C++, Rust or Python.
_WORDS = (
    "type fn entry opaque struct_ optional drop own mut class_ def pass lambda match impl trait template"
    " namespace operator Self loop open flags vtable callback_ ref dyn yield async await"
).split()
#: Larger objects are not made: some compilers are slow on them.
_MAX_SIZE = 4096


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a description may have."""

    bit_fields: bool = True
    packed: bool = True
    aligned: bool = True
    varying: bool = True  # types that differ per target
    unions: bool = True
    nested: bool = True
    vtables: bool = True
    variadic: bool = True
    by_value: bool = True  # structs and unions as parameters and results
    strange_names: bool = True


EVERYTHING = Wanted()


@dataclass(slots=True)
class _Scope:
    """What was declared: names by what they can be used for."""

    sizes: dict[str, int] = field(
        default_factory=dict
    )  # objects, with an upper bound of their size
    behind_pointers: list[str] = field(default_factory=list)  # all of them, also those to come
    constants: dict[str, int] = field(default_factory=dict)  # small positive ones
    callbacks: list[str] = field(default_factory=list)
    conventions: list[str] = field(default_factory=list)
    aliases: dict[str, int] = field(default_factory=dict)
    fields: int = 0


@st.composite
def descriptions(draw: st.DrawFn, wanted: Wanted = EVERYTHING) -> str:
    """The text of a whole description."""
    return _Writer(draw, wanted).text()


class _Writer:
    def __init__(self, draw: st.DrawFn, wanted: Wanted) -> None:
        self._draw = draw
        self._wanted = wanted
        self._scope = _Scope()

    # --- choices

    def _chance(self, one_in: int) -> bool:
        return self._draw(st.integers(1, one_in)) == one_in

    def _pick(self, choices: list[str]) -> str:
        return self._draw(st.sampled_from(choices))

    def _number(self, low: int, high: int) -> int:
        return self._draw(st.integers(low, high))

    # --- the file

    def text(self) -> str:
        kinds = ["struct", "struct", "struct", "enum", "constant", "alias", "opaque", "callback"]
        kinds += ["union"] if self._wanted.unions else []
        kinds += ["vtable", "convention", "vtable"] if self._wanted.vtables else []
        planned = [(self._pick(kinds), f"N{index}") for index in range(self._number(1, 8))]
        self._scope.behind_pointers = [
            name for kind, name in planned if kind in ("struct", "union", "vtable", "opaque")
        ]
        lines = ["abi random 1.2.3;", "compat major.minor;"]
        lines += [getattr(self, f"_{kind}")(name) for kind, name in planned]
        for index in range(self._number(0, 3)):
            optional = "optional " if self._chance(4) else ""
            if self._chance(4):
                const = "const " if self._chance(3) else ""
                lines.append(
                    f"{optional}entry static {const}variable_{index}: {self._object()[0]};"
                )
            else:
                lines.append(f"{optional}entry fn entry_{index}{self._signature()};")
        return "\n".join(lines) + "\n"

    def _docs(self) -> str:
        return self._pick(
            ["", "", "", "/// Text.\n", "/// Two lines,\n///\n/// `code` and */ more.\n"]
        )

    # --- items

    def _constant(self, name: str) -> str:
        value = self._number(1, 9)
        self._scope.constants[name] = value
        written = self._pick(
            [str(value), hex(value), f"{value} * 2 - {value}", f"({value} << 3) >> 3"]
        )
        return f"{self._docs()}const {name}: {self._pick(['u8', 'usize', 'c_int', 'i64'])} = {written};"

    def _alias(self, name: str) -> str:
        text, size = self._object()
        self._scope.aliases[name] = size
        return f"type {name} = {text};"

    def _opaque(self, name: str) -> str:
        return f"{self._docs()}opaque {name};"

    def _callback(self, name: str) -> str:
        text = f"{self._docs()}callback {name}{self._signature()};"
        # Known only now: a callback that takes itself would have no type in C.
        self._scope.callbacks.append(name)
        return text

    def _enum(self, name: str) -> str:
        kind = self._pick(["enum", "enum", "open enum", "flags"])
        width = self._pick(list(_ENUM_WIDTHS))
        if kind == "flags":
            width = self._pick(["u8", "u16", "u32", "u64"])
            bits = self._draw(
                st.lists(
                    st.integers(0, _ENUM_WIDTHS[width] - 1), min_size=1, max_size=4, unique=True
                )
            )
            values = [f"V{at} = 1 << {bit}" for at, bit in enumerate(bits)]
        elif kind == "enum" and self._chance(2):
            width = ""
            values = self._values(31, signed=True)
        else:
            values = self._values(_ENUM_WIDTHS[width], signed=width.startswith("i"))
        self._scope.sizes[name] = _FIXED[width] if width else 4
        head = f"{kind} {name}: {width}" if width else f"{kind} {name}"
        given = f'@c("given_{name}", "{name}_VALUE_") ' if self._chance(6) else ""
        return f"{self._docs()}{given}{head} {{ {', '.join(values)} }}"

    def _values(self, bits: int, signed: bool) -> list[str]:
        low = -(2**bits) if signed else 0
        numbers = st.one_of(
            st.integers(max(low, -3), 5),
            st.sampled_from([low, 2**bits - 1]),
            st.integers(low, 2**bits - 1),
        )
        chosen = self._draw(st.lists(numbers, min_size=1, max_size=5, unique=True))
        values = []
        for at, number in enumerate(chosen):
            follows = number == (chosen[at - 1] + 1 if at else 0)
            values.append(f"V{at}" if follows and self._chance(2) else f"V{at} = {number}")
        return values

    def _struct(self, name: str) -> str:
        attribute, packed = "", False
        if self._wanted.packed and self._chance(5):
            attribute, packed = self._pick(["@packed ", "@packed(2) ", "@packed(4) "]), True
        elif self._wanted.aligned and self._chance(6):
            attribute = f"@align({2 ** self._number(0, 6)}) "
        if self._chance(8):
            attribute += f'@c("given_{name}") '
        members, size = self._members(packed, self._number(1, 6), depth=0)
        self._scope.sizes[name] = size + 64
        return f"{self._docs()}{attribute}struct {name} {{\n{members}}}"

    def _union(self, name: str) -> str:
        members, size = self._members(False, self._number(1, 4), depth=0)
        self._scope.sizes[name] = size + 64
        return f"{self._docs()}union {name} {{\n{members}}}"

    def _convention(self, name: str) -> str:
        self._scope.conventions.append(name)
        extra = "executor: *const void?,\n    " if self._chance(2) else ""
        drop = f"{self._optional()}drop fn drop_fn(self: own);\n" if self._chance(2) else ""
        return f"vtable convention {name} {{\n    state: *mut void,\n    {extra}...\n    {drop}}}"

    def _vtable(self, name: str) -> str:
        convention, attribute = "", ""
        members = ["state: *mut void,"]
        if self._scope.conventions and self._chance(2):
            convention = f": {self._pick(self._scope.conventions)}"
            members = []
        elif self._chance(3):
            attribute, members = "@object(self) ", ["fn itself(self: const);"]
        for index in range(self._number(1, 5)):
            if self._chance(5):
                members.append(f"data_{index}: {self._object()[0]},")
            else:
                optional = self._optional()
                own = self._pick(["self: const", "self: mut", ""])
                members.append(f"{self._docs()}{optional}fn slot_{index}{self._signature(own)};")
        if not convention and self._chance(2):
            members.append(f"{self._optional()}drop fn finish(self: own);")
        self._scope.sizes[name] = 8 * (len(members) + 4) + 1024
        body = "".join(f"    {member}\n" for member in members)
        return f"{self._docs()}{attribute}vtable {name}{convention} {{\n{body}}}"

    def _optional(self) -> str:
        return "optional " if self._chance(4) else ""

    # --- members

    def _members(self, packed: bool, count: int, depth: int) -> tuple[str, int]:
        """The members, each on a line, and an upper bound of their size."""
        lines: list[str] = []
        total = 0
        for _ in range(count):
            kind = self._number(0, 9)
            if kind == 0 and self._wanted.nested and depth < 2:
                name = self._pick(["_", self._field_name()])
                what = self._pick(["struct", "union"]) if self._wanted.unions else "struct"
                inner, size = self._members(False, self._number(1, 3), depth + 1)
                lines.append(f"{name}: {what} {{\n{inner}}},")
            elif kind in (1, 2) and self._wanted.bit_fields and not packed:
                text, size = self._bits()
                lines += text
            else:
                align = ""
                if self._wanted.aligned and not packed and self._chance(12):
                    align = f"@align({2 ** self._number(0, 5)}) "
                text, size = self._object()
                name = self._field_name()
                given = f'@c("m_{name}") ' if self._chance(12) else ""
                lines.append(f"{self._docs()}{align}{given}{name}: {text},")
            total += size + 48
        # Padding bits alone would be no member that anything could use.
        lines.append(f"{self._field_name()}: u8,")
        return "".join(f"{line}\n" for line in lines), total + 1

    def _bits(self) -> tuple[list[str], int]:
        """One or several bit-fields in a row."""
        lines = []
        for _ in range(self._number(1, 4)):
            type_ = self._pick(list(_BIT_TYPES))
            unnamed = self._chance(5)
            width = self._number(0 if unnamed else 1, _BIT_TYPES[type_])
            name = "_" if unnamed else self._field_name()
            lines.append(f"{name}: {type_} : {width},")
        return lines, 8 * len(lines)

    def _field_name(self) -> str:
        """Never the same twice: an anonymous member shares the names of what it is in."""
        self._scope.fields += 1
        plain = f"f{self._scope.fields}"
        if self._wanted.strange_names and self._scope.fields <= len(_WORDS) and self._chance(4):
            return _WORDS[self._scope.fields - 1]
        return plain

    # --- types

    def _scalars(self) -> dict[str, int]:
        return _FIXED | (_VARYING if self._wanted.varying else {})

    def _object(self) -> tuple[str, int]:
        """A type that a field may have, and an upper bound of its size."""
        match self._number(0, 9):
            case 0 | 1:
                return self._pointer(), 8
            case 2:
                return self._function(), 8
            case 3:
                element, size = self._object()
                length = self._length()
                # Too large to be multiplied once more.
                if size * 9 > _MAX_SIZE:
                    return element, size
                return f"[{element}; {length}]", size * 18
            case 4 | 5 | 6:
                known = {**self._scope.sizes, **self._scope.aliases}
                usable = [name for name, size in known.items() if size <= _MAX_SIZE]
                if usable:
                    name = self._pick(usable)
                    return name, known[name]
        name = self._pick(list(self._scalars()))
        return name, self._scalars()[name]

    def _length(self) -> str:
        if self._scope.constants and self._chance(2):
            name = self._pick(list(self._scope.constants))
            return self._pick([name, f"{name} + 1", f"2 * {name}"])
        return str(self._number(1, 8))

    def _pointer(self, depth: int = 0) -> str:
        targets = ["void", "char", "u8", *self._scalars(), *self._scope.behind_pointers]
        target = self._pick(targets)
        if depth < 3 and self._chance(4):
            target = self._pointer(depth + 1)
            target = f"({target})" if target.endswith("?") else target
        nullable = "?" if self._chance(2) else ""
        return f"*{self._pick(['const', 'mut'])} {target}{nullable}"

    def _function(self) -> str:
        if self._scope.callbacks and self._chance(2):
            return self._pick(self._scope.callbacks) + self._pick(["", "?"])
        return (
            f"(fn{self._signature(depth=1)})?"
            if self._chance(2)
            else f"fn{self._signature(depth=1)}"
        )

    def _value(self, depth: int) -> str:
        """A type that a parameter or result may have."""
        kind = self._number(0, 5)
        if kind <= 1:
            return self._pointer()
        if kind == 2 and depth < 2 and self._chance(2):
            return self._function() if depth == 0 else self._pointer()
        if kind == 3 and self._wanted.by_value and self._scope.sizes:
            return self._pick(list(self._scope.sizes))
        return self._pick(list(self._scalars()))

    def _scoped(self, value: str) -> str:
        """A parameter that is a function says how long it may be called."""
        if value.startswith("fn("):
            value = f"({value})"
        elif not value.startswith("(fn(") and value.removesuffix("?") not in self._scope.callbacks:
            return value
        return f"{value} @scope({self._pick(['call', 'once', 'forever'])})"

    def _signature(self, own: str = "", depth: int = 0) -> str:
        parameters = [own] if own else []
        parameters += [
            f"p{at}: {self._scoped(self._value(depth))}" for at in range(self._number(0, 4))
        ]
        if self._wanted.variadic and len(parameters) > bool(own) and self._chance(10):
            parameters.append("...")
        result = f" -> {self._value(1)}" if self._chance(2) else ""
        return f"({', '.join(parameters)}){result}"
