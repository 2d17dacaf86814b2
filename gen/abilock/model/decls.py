"""Declarations as they are meant: what one ABI consists of.

Guarantee: every name is resolved, every constant is a number in range, every by-value type is
complete before it is used, declarations stand in dependency order (a declaration follows what it
holds by value; pointers may point forward), names are legal in every language that is generated.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from abilock.model.attributes import Attributes
from abilock.model.types import Type
from abilock.model.version import Version
from abilock.source import Span


@dataclass(frozen=True, slots=True)
class Doc:
    """The doc comment of a declaration: its lines without ``///`` and one leading blank."""

    lines: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """The first paragraph as one line, or nothing."""
        head: list[str] = []
        for line in self.lines:
            if not line.strip():
                if head:
                    break
                continue
            head.append(line.strip())
        return " ".join(head)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. ``receiver`` marks the context that a slot gets as ``self``.

    ``name`` is None where the description gives none. ``own``: the callee owns what it gets.
    """

    name: str | None
    type: Type
    own: bool = False
    receiver: bool = False
    doc: Doc = Doc()
    attributes: Attributes = Attributes()


@dataclass(frozen=True, slots=True)
class Result:
    """What a function returns. ``own``: the caller owns what it gets."""

    type: Type
    own: bool = False
    attributes: Attributes = Attributes()


@dataclass(frozen=True, slots=True)
class Signature:
    """Parameters, result (None: nothing) and calling convention (``"C"`` by default)."""

    parameters: tuple[Parameter, ...]
    result: Result | None
    variadic: bool = False
    convention: str = "C"


@dataclass(frozen=True, slots=True)
class Field:
    """A data member of a struct, union or vtable.

    ``name`` is None for padding bits and for an anonymous nested member. ``bits`` is a bit-field's
    width in bits, ``align`` what ``@align`` on the field asks for, in bytes.
    """

    name: str | None
    type: Type
    own: bool = False
    bits: int | None = None
    align: int | None = None
    doc: Doc = Doc()
    attributes: Attributes = Attributes()
    span: Span | None = field(default=None, compare=False, repr=False)


class SlotKind(Enum):
    PLAIN = "plain"
    OPTIONAL = "optional"
    DROP = "drop"


class Receiver(Enum):
    """How a slot takes its object."""

    CONST = "const"
    MUT = "mut"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Slot:
    """A function pointer of a vtable that is called as a method.

    If ``receiver`` is set, the first parameter of ``signature`` is the object's context.
    """

    name: str
    kind: SlotKind
    signature: Signature
    receiver: Receiver | None = None
    doc: Doc = Doc()
    attributes: Attributes = Attributes()
    span: Span | None = field(default=None, compare=False, repr=False)


Member: TypeAlias = Field | Slot


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A struct or union. ``packed`` and ``align`` are in bytes, None where nothing is asked.

    A nested one has a dotted ``name``: ``N.head``.
    """

    name: str
    is_union: bool
    fields: tuple[Field, ...]
    packed: int | None = None
    align: int | None = None
    doc: Doc = Doc()
    attributes: Attributes = Attributes()
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Vtable:
    """A struct of slots and fields; the members of its ``convention`` are already in place."""

    name: str
    members: tuple[Member, ...]
    convention: str | None = None
    doc: Doc = Doc()
    attributes: Attributes = Attributes()
    span: Span | None = field(default=None, compare=False, repr=False)

    @property
    def slots(self) -> tuple[Slot, ...]:
        return tuple(member for member in self.members if isinstance(member, Slot))


@dataclass(frozen=True, slots=True)
class Opaque:
    name: str
    doc: Doc = Doc()
    attributes: Attributes = Attributes()
    span: Span | None = field(default=None, compare=False, repr=False)


class EnumKind(Enum):
    CLOSED = "enum"
    OPEN = "open enum"
    FLAGS = "flags"


@dataclass(frozen=True, slots=True)
class EnumValue:
    """``alias_of`` is the earlier value of the same number that the description names."""

    name: str
    value: int
    alias_of: str | None = None
    doc: Doc = Doc()
    attributes: Attributes = Attributes()
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class EnumDecl:
    """``underlying`` is the scalar's name, ``c_int`` where the description gives none."""

    name: str
    kind: EnumKind
    underlying: str
    values: tuple[EnumValue, ...]
    doc: Doc = Doc()
    attributes: Attributes = Attributes()
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Alias:
    name: str
    type: Type
    own: bool = False
    doc: Doc = Doc()
    attributes: Attributes = Attributes()
    type_attributes: Attributes = Attributes()
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Constant:
    """An integer of the scalar type ``type``, or a string, then ``type`` is ``"str"``."""

    name: str
    type: str
    value: int | str
    doc: Doc = Doc()
    attributes: Attributes = Attributes()
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Callback:
    """A named function pointer type."""

    name: str
    signature: Signature
    doc: Doc = Doc()
    attributes: Attributes = Attributes()
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class EntryFunction:
    """An exported function; ``optional`` ones may be missing from a library."""

    name: str
    signature: Signature
    optional: bool = False
    doc: Doc = Doc()
    attributes: Attributes = Attributes()
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class EntryStatic:
    """An exported variable."""

    name: str
    type: Type
    optional: bool = False
    doc: Doc = Doc()
    attributes: Attributes = Attributes()
    span: Span | None = field(default=None, compare=False, repr=False)


Declaration: TypeAlias = (
    Alias
    | Constant
    | Aggregate
    | Vtable
    | Opaque
    | EnumDecl
    | Callback
    | EntryFunction
    | EntryStatic
)


@dataclass(frozen=True, slots=True)
class AllocatorScheme:
    """ex) ``malloc/free @unix``; ``family`` None holds on every target."""

    acquire: str
    release: str | None
    family: str | None


@dataclass(frozen=True, slots=True)
class Allocator:
    name: str
    schemes: tuple[AllocatorScheme, ...]
    doc: Doc = Doc()


@dataclass(frozen=True, slots=True)
class Compat:
    """What a loader compares. ``rule`` as written: ``exact``, ``major.minor``, ``semver``,
    ``integer`` (``arguments``: the constant), ``accepts`` (the numbers), ``size_first``."""

    rule: str
    arguments: tuple[int | str, ...] = ()


@dataclass(frozen=True, slots=True)
class Library:
    """One ABI: everything that is declared in its file and the files that it imports.

    ``declarations`` are in dependency order. ``imported`` names those that come from another file.
    """

    name: str
    version: Version
    source: str
    doc: Doc
    attributes: Attributes = field(default=Attributes(), kw_only=True)
    compat: Compat
    targets: tuple[str, ...]
    allocators: tuple[Allocator, ...]
    declarations: tuple[Declaration, ...]
    imported: frozenset[str] = frozenset()

    def find(self, name: str) -> Declaration:
        """The declaration of this name.

        Raises:
            KeyError: there is none; checked libraries refer to nothing undeclared.
        """
        for declaration in self.declarations:
            if declaration.name == name:
                return declaration
        raise KeyError(name)
