"""Shapes: what somebody who calls sees of what crosses. Facts for bindings, in no language's words.

A C signature has pointers, lengths, contexts and error buffers; a caller has text, lists, objects and
exceptions. A shape stands for one thing on the caller's side, and names the C members that carry it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from abilock.model.attributes import Attributes, Text
from abilock.model.types import Doc, Type


class Form(Enum):
    """What a declared struct or vtable is to a caller."""

    TEXT = "text"
    DATA = "data"
    LIST = "list"
    OPTIONAL = "optional"
    RESULT = "result"
    ERROR = "error"
    RECORD = "record"
    RESOURCE = "resource"
    OBJECT = "object"
    PAIR = "pair"
    RAW = "raw"


@dataclass(frozen=True, slots=True)
class Release:
    """How something that is owned ends; all None: with its owner.

    ``allocator`` takes the block back. ``member`` is a function pointer beside it, called with the members
    ``arguments`` of the struct ``owner``. ``entry`` is a function of the library.
    """

    allocator: str | None = None
    member: str | None = None
    arguments: tuple[str, ...] = ()
    entry: str | None = None
    owner: str | None = None

    @property
    def is_known(self) -> bool:
        return bool(self.allocator or self.member or self.entry)


class Content(Enum):
    """What elements are together."""

    TEXT = "text"
    DATA = "data"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Number:
    """ex) ``kind`` is ``int``, ``float`` or ``bool``. ``in_bits``: it is a bit-field."""

    kind: str
    in_bits: bool = False


@dataclass(frozen=True, slots=True)
class Character:
    """One ``char`` or, if ``wide``, one ``wchar_t``."""

    wide: bool


@dataclass(frozen=True, slots=True)
class Enumeration:
    """A value of the declared enum ``name``."""

    name: str


@dataclass(frozen=True, slots=True)
class Sentinel:
    """``shape``, of which ``absent`` stands for nothing, or all beyond it: ``operator`` is ``==``,
    ``<``, ``<=``, ``>`` or ``>=``. ``pointer``: its type, where the value is an address."""

    shape: Shape
    absent: int
    operator: str = "=="
    pointer: Type | None = None

    @property
    def written(self) -> int:
        """The value that is passed for nothing."""
        return self.absent + {"<": -1, ">": 1}.get(self.operator, 0)


@dataclass(frozen=True, slots=True)
class Terminated:
    """Text that ends with NUL."""

    encoding: str
    nullable: bool
    release: Release


@dataclass(frozen=True, slots=True)
class Until:
    """Elements before the one that equals ``last``."""

    element: Shape
    element_type: Type
    last: int
    nullable: bool = False
    release: Release = Release()


@dataclass(frozen=True, slots=True)
class Span:
    """So many elements behind a pointer. ``length`` is an expression over members; ``counter`` the one
    member that it is, if it is nothing else. ``in_bytes``: it counts bytes of larger elements. ``is_room``:
    they are bytes that the callee changes where they are."""

    content: Content
    element: Shape
    element_type: Type
    length: str
    names: tuple[str, ...]
    counter: str | None
    encoding: str
    mutable: bool
    nullable: bool
    release: Release
    in_bytes: bool = False
    is_room: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """As many texts or runs of bytes as ``span`` has elements, which are pointers to them. Their lengths
    are elements of the type ``length_type`` in the array ``lengths``."""

    span: Span
    row: Span
    lengths: str
    length_type: Type


@dataclass(frozen=True, slots=True)
class Fixed:
    """So many elements in place."""

    content: Content
    element: Shape
    length: int
    encoding: str


@dataclass(frozen=True, slots=True)
class Value:
    """A declared struct by value, or one that a pointer leads to. ``release`` ends the block.

    ``encoding`` is that of the use, where it differs from the type's own. ``untyped``: in C it is behind a
    pointer to void.
    """

    name: str
    behind_pointer: bool = False
    nullable: bool = False
    release: Release = Release()
    encoding: str | None = None
    untyped: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """A declared object, pair or resource. ``own``: whoever gets it ends it. ``lent``: for the call only.

    ``pinned``: the address of its table is remembered. ``on_success``: only taken if the call succeeds.
    ``untyped``: in C it is a pointer to void.
    """

    name: str
    behind_pointer: bool
    nullable: bool
    own: bool
    lent: bool
    pinned: bool = False
    on_success: bool = False
    untyped: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """A function pointer of the callback type ``name``. ``context`` is the member that it gets as context,
    ``scope`` how long it may be called. ex) ``call``, ``until(stop)``. ``ends``: the member, of the type
    ``ends_type``, that is called with the context when the function is not needed any more."""

    name: str
    context: str | None
    scope: str
    nullable: bool
    ends: str | None = None
    ends_type: Type | None = None


@dataclass(frozen=True, slots=True)
class Handle:
    """What a creating function made, as an object of the class ``name``."""

    name: str


@dataclass(frozen=True, slots=True)
class Single:
    """One value of a number or enum behind a pointer."""

    shape: Shape
    type: Type
    nullable: bool


@dataclass(frozen=True, slots=True)
class Raw:
    """Something of C's that passes through as it is. ``by_value``: a struct or union. ``is_place``: numbers
    of the host's, as many as the other side looks at, which stay where they are for longer than a call."""

    type: Type
    by_value: bool = False
    is_place: bool = False


Shape: TypeAlias = (
    Number
    | Character
    | Enumeration
    | Sentinel
    | Terminated
    | Until
    | Span
    | Rows
    | Fixed
    | Value
    | Reference
    | Function
    | Handle
    | Single
    | Raw
)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a caller sees, made of the C member ``name`` and of its companions, which are seen
    nowhere else. ``default``: the number where none is given, None where that is nothing."""

    name: str
    shape: Shape
    companions: tuple[str, ...] = ()
    default: int | None = None
    has_default: bool = False
    attributes: Attributes = Attributes()
    doc: Doc = Doc()

    @property
    def python(self) -> str | None:
        """The name that ``@py`` gives."""
        given = self.attributes.get("py")
        argument = given.arguments[0] if given else None
        return argument.text if isinstance(argument, Text) else None
