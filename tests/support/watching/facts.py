"""What a watched side has to know of its description: types behind aliases, how calls look to a processor,
what means success."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from abilock.layout.engine import lay_out_all
from abilock.layout.measure import is_signed, scalar_extent
from abilock.layout.shapes import AggregateLayout
from abilock.layout.target import find_target
from abilock.model.attributes import Attributes, Below, Formula, Number, Word
from abilock.model.decls import (
    Alias,
    EntryFunction,
    EntryStatic,
    EnumDecl,
    Library,
    Opaque,
    Vtable,
    members_of,
)
from abilock.model.scalars import FLOAT_SCALARS
from abilock.model.types import (
    Aggregate,
    Array,
    FunctionPointer,
    Named,
    Nested,
    Pointer,
    Scalar,
    Signature,
    Type,
    Void,
)

TARGET = find_target("x86_64-unknown-linux-gnu")


@dataclass(frozen=True, slots=True)
class Meant:
    """A type without its aliases, and what was said of it on the way."""

    type: Type
    own: bool
    attributes: Attributes


#: Where nothing is said.
NOTHING = Attributes()


class Facts:
    """Questions to one library."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._layout = lay_out_all(library, [TARGET])[0]
        self.has_version = any(
            each.attributes.has("version")
            for declared in library.declarations
            for each in (declared, *members_of(declared))
        )

    def meant(self, given: Type, attributes: Attributes = NOTHING, own: bool = False) -> Meant:
        nullable = False
        while isinstance(given, Named):
            declared = self.library.find(given.name)
            if not isinstance(declared, Alias):
                break
            nullable = nullable or given.nullable
            own = own or declared.own
            attributes = Attributes((*attributes.all, *declared.type_attributes.all))
            given = declared.type
        if nullable and isinstance(given, Pointer):
            given = Pointer(given.pointee, given.mutable, True)
        elif nullable and isinstance(given, FunctionPointer):
            given = FunctionPointer(given.signature, True)
        return Meant(given, own, attributes)

    def function(self, given: Type) -> FunctionPointer | None:
        """What a callback is, or a function pointer that is written out."""
        if isinstance(given, FunctionPointer):
            return given
        if isinstance(given, Named):
            declared = self.library.find(given.name)
            signature = getattr(declared, "signature", None)
            if isinstance(signature, Signature):
                return FunctionPointer(signature, given.nullable)
        return None

    def enum(self, given: Type, attributes: Attributes) -> EnumDecl | None:
        """The enum whose value something is, as its type or by ``@as``."""
        said = attributes.get("as")
        name = given.name if isinstance(given, Named) else None
        if said is not None and isinstance(said.arguments[0], Word):
            name = said.arguments[0].text
        declared = self.library.find(name) if name is not None else None
        return declared if isinstance(declared, EnumDecl) else None

    def record(self, given: Type) -> Aggregate | None:
        declared = self.library.find(given.name) if isinstance(given, Named) else None
        return declared if isinstance(declared, Aggregate) else None

    def vtable(self, given: Type) -> Vtable | None:
        declared = self.library.find(given.name) if isinstance(given, Named) else None
        return declared if isinstance(declared, Vtable) else None

    def is_opaque(self, given: Type) -> bool:
        return isinstance(given, Named) and isinstance(self.library.find(given.name), Opaque)

    def scalar_kind(self, name: str) -> str:
        """The letter that ``watch.h`` has for it."""
        if name == "bool":
            return "b"
        if name in FLOAT_SCALARS:
            return "f"
        return "s" if is_signed(name, TARGET) else "u"

    def call(self, signature: Signature) -> str:
        """A call as the processor sees it: how many arguments, of which class and size."""
        inputs = [self._class(each.type) for each in signature.parameters]
        if signature.variadic:
            inputs.append("...")
        result = self._class(signature.result.type) if signature.result else "nothing"
        convention = "" if signature.convention == "C" else f" {signature.convention}"
        return f"({', '.join(inputs)}) -> {result}{convention}"

    def _class(self, given: Type) -> str:
        """ex) ``int32``, ``float64``, ``pointer``, and of what is passed by value also whether it goes in
        registers for integers or for floating point: ``bytes16 integer float``"""
        given = self.meant(given).type
        size = self.size(given)
        match given:
            case Scalar():
                return f"{'float' if given.name in FLOAT_SCALARS else 'int'}{size * 8}"
            case Named() if self.enum(given, Attributes()) is not None:
                return f"int{size * 8}"
            case Named() if self.function(given) is None:
                words = [""] * (-(-size // 8) if size <= 16 else 0)
                for at, is_float in self._parts(given, 0):
                    if words and words[at // 8] != " integer":
                        words[at // 8] = " float" if is_float else " integer"
                return f"bytes{size}{''.join(words)}"
            case _:
                return "pointer"

    def size(self, given: Type) -> int:
        """In bytes, on the target that things are watched on."""
        given = self.meant(given).type
        match given:
            case Scalar():
                return scalar_extent(given.name, TARGET).size
            case Array():
                return given.length * self.size(given.element)
            case Named() if self.function(given) is None and not self.is_opaque(given):
                return self._layout.types[given.name].size
            case Void():
                return 1
            case _:
                return TARGET.pointer_size

    def _parts(self, given: Type, start: int) -> Iterator[tuple[int, bool]]:
        """Where scalars are in a type, and which are floating point."""
        given = self.meant(given).type
        record = given.aggregate if isinstance(given, Nested) else self.record(given)
        if isinstance(given, Array):
            for at in range(given.length):
                yield from self._parts(given.element, start + at * self.size(given.element))
        elif record is not None:
            layout = self._layout.types[record.name] if not isinstance(given, Nested) else None
            members = layout.members if isinstance(layout, AggregateLayout) else ()
            for member, placed in zip(record.fields, members, strict=False):
                yield from self._parts(member.type, start + placed.offset)
        else:
            yield start, isinstance(given, Scalar) and given.name in FLOAT_SCALARS

    def entries(self) -> Iterable[EntryFunction | EntryStatic]:
        return (
            each for each in self.library.declared if isinstance(each, EntryFunction | EntryStatic)
        )


def count_of(attributes: Attributes) -> tuple[str, bool] | None:
    """What says how much is behind a pointer, and whether in bytes. ex) ``("line_count", False)``"""
    for name in ("len", "size"):
        said = attributes.get(name)
        if said is None:
            continue
        argument = said.arguments[0]
        if isinstance(argument, Formula) and len(argument.names) == 1:
            return argument.names[0], name == "size"
        if isinstance(argument, Word):
            return argument.text, name == "size"
    return None


def ending_of(attributes: Attributes) -> str:
    """With what somebody ends what it owns. ex) ``owned heap``"""
    for name in ("owned", "free", "drop", "release", "refcounted"):
        if attributes.has(name):
            return f"{name} {word_of(attributes, name)}"
    return "nothing said"


def word_of(attributes: Attributes, name: str) -> str | None:
    """The word that an attribute has. ex) ``drop`` of ``@until(drop)``"""
    said = attributes.get(name)
    if said is None or not said.arguments:
        return None
    argument = said.arguments[0]
    return argument.text if isinstance(argument, Word) else "until"


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Numbers that mean success, numbers that mean failure, and how a caller tells."""

    good: tuple[int, ...]
    bad: tuple[int, ...]
    failed: str


def verdicts(attributes: Attributes) -> Verdicts | None:
    """What ``@ok`` or ``@fails`` say of a number."""
    for name in ("ok", "fails"):
        said = attributes.get(name)
        if said is None:
            continue
        tests: list[tuple[str, Callable[[int], bool]]] = []
        for argument in said.arguments:
            match argument:
                case Number():
                    value = argument.value
                    tests.append((f"(%s == {value})", lambda x, value=value: x == value))
                case Below():
                    text, value = argument.operator, argument.value
                    tests.append(
                        (f"(%s {text} {value})", lambda x, t=text, v=value: _compare(x, t, v))
                    )
                case _:
                    return None
        named = {x: any(test(x) for _, test in tests) for x in (0, 5, -5)}
        expression = " || ".join(text for text, _ in tests)
        if name == "ok":
            expression = f"!({expression})"
            named = {x: not found for x, found in named.items()}
        good = tuple(x for x, failed in named.items() if not failed)
        bad = tuple(x for x, failed in named.items() if failed)
        return Verdicts(good, bad, expression) if good and bad else None
    return None


def _compare(x: int, operator: str, value: int) -> bool:
    return {"<": x < value, "<=": x <= value, ">": x > value, ">=": x >= value}[operator]
