"""Declarations as they are meant: what one ABI consists of.

Guarantee: every name is resolved, every constant is a number in range, every by-value type is
complete before it is used, declarations stand in dependency order (a declaration follows what it
holds by value; pointers may point forward), names are legal in every language that is generated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import TypeAlias

from abilock.frozen import frozen
from abilock.model.attributes import Attributes
from abilock.model.known import KnownRelease
from abilock.model.types import Aggregate, Doc, Field, Signature, Type
from abilock.model.version import Version
from abilock.source import Span


class Receiver(Enum):
    """How a slot takes its object."""

    CONST = "const"
    MUT = "mut"
    OWN = "own"


@frozen
class Slot:
    """A function pointer of a vtable that is called as a method.

    If ``receiver`` is set, the first parameter of ``signature`` is the object's context.
    ``optional``: it may be null. ``drop``: it ends the object. ``away``: how many characters behind the
    places in ``signature`` its own are, which may be that of another slot that is written alike.
    """

    name: str
    signature: Signature
    receiver: Receiver | None = None
    optional: bool = False
    drop: bool = False
    doc: Doc = Doc()
    attributes: Attributes = Attributes()
    span: Span | None = field(default=None, compare=False, repr=False)
    away: int = field(default=0, compare=False, repr=False)

    def place(self, inside: Span | None) -> Span | None:
        """Where something stands that is at such a place in the signature."""
        if inside is None or not self.away:
            return inside
        return Span(inside.file, inside.start + self.away, inside.end + self.away)


Member: TypeAlias = Field | Slot


@frozen
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


@frozen
class Opaque:
    name: str
    doc: Doc = Doc()
    attributes: Attributes = Attributes()
    span: Span | None = field(default=None, compare=False, repr=False)


class EnumKind(Enum):
    CLOSED = "enum"
    OPEN = "open enum"
    FLAGS = "flags"


@frozen
class EnumValue:
    """``alias_of`` is the earlier value of the same number that the description names."""

    name: str
    value: int
    alias_of: str | None = None
    doc: Doc = Doc()
    attributes: Attributes = Attributes()
    span: Span | None = field(default=None, compare=False, repr=False)


@frozen
class EnumDecl:
    """``underlying`` is the scalar's name, ``c_int`` where the description gives none."""

    name: str
    kind: EnumKind
    underlying: str
    values: tuple[EnumValue, ...]
    doc: Doc = Doc()
    attributes: Attributes = Attributes()
    span: Span | None = field(default=None, compare=False, repr=False)


@frozen
class Alias:
    name: str
    type: Type
    own: bool = False
    doc: Doc = Doc()
    attributes: Attributes = Attributes()
    type_attributes: Attributes = Attributes()
    span: Span | None = field(default=None, compare=False, repr=False)


@frozen
class Constant:
    """An integer of the scalar type ``type``, or a string, then ``type`` is ``"str"``."""

    name: str
    type: str
    value: int | str
    doc: Doc = Doc()
    attributes: Attributes = Attributes()
    span: Span | None = field(default=None, compare=False, repr=False)


@frozen
class Callback:
    """A named function pointer type."""

    name: str
    signature: Signature
    doc: Doc = Doc()
    attributes: Attributes = Attributes()
    span: Span | None = field(default=None, compare=False, repr=False)


@frozen
class EntryFunction:
    """An exported function; ``optional`` ones may be missing from a library."""

    name: str
    signature: Signature
    optional: bool = False
    doc: Doc = Doc()
    attributes: Attributes = Attributes()
    span: Span | None = field(default=None, compare=False, repr=False)


@frozen
class EntryStatic:
    """An exported variable. ``const``: nobody writes to it once the library is loaded."""

    name: str
    type: Type
    optional: bool = False
    const: bool = False
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


def members_of(declaration: Declaration) -> tuple[Member, ...]:
    """The members of a struct, union or vtable, in order; other declarations have none."""
    match declaration:
        case Aggregate():
            return declaration.fields
        case Vtable():
            return declaration.members
        case _:
            return ()


@frozen
class AllocatorScheme:
    """ex) ``malloc/free @unix``; ``family`` None holds on every target."""

    acquire: str
    release: str | None
    family: str | None


@frozen
class Allocator:
    name: str
    schemes: tuple[AllocatorScheme, ...]
    doc: Doc = Doc()
    span: Span | None = field(default=None, compare=False, repr=False)


@frozen
class Compat:
    """What a loader compares. ``rule`` as written: ``exact``, ``major.minor``, ``semver``,
    ``integer`` (``arguments``: the constant), ``accepts`` (the numbers), ``size_first``."""

    rule: str
    arguments: tuple[int | str, ...] = ()

    @property
    def is_number(self) -> bool:
        """Whether it is a number that is compared, and not a version."""
        return self.rule in ("integer", "accepts")

    @property
    def is_version(self) -> bool:
        """Whether it is a version that is compared."""
        return self.rule in ("exact", "major.minor", "semver")

    @property
    def tells_age(self) -> bool:
        """Whether a loader that applies it knows how old a plugin is, so that ``@since`` keeps it from what
        is newer."""
        return self.is_version or self.rule == "accepts"


@dataclass(frozen=True, slots=True)
class Formula:
    """What numbers of an element are computed from. ``written``: what is to be compared with that of
    another description; ``names``: constants and values that it names. ex) ``CAPACITY``, ``Mode.Shut``"""

    written: object
    names: frozenset[str]


def _unwritten(subject: str) -> Formula | None:
    return None


@dataclass(frozen=True)  # without slots: what is looked up often is kept beside the fields
class Library:
    """One ABI: what its file declares, and what it can use of the files that it imports.

    ``declarations`` are in dependency order and hold every type and constant of the imported files.
    Their entries are not among them: libraries of their own ABI export those.

    ``imports``: the ABIs of the files that it imports, each as it is by itself and behind those of
    these that it imports in its turn.

    ``binding``: what it is called where it stands beside another release of the same ABI.

    ``formulas``: what numbers of an element are computed from, by its full name.

    ``known``: other releases of it, for those outputs that judge plugins; nothing, unless somebody has
    looked.
    """

    name: str
    version: Version
    source: str
    doc: Doc
    compat: Compat
    targets: tuple[str, ...]
    allocators: tuple[Allocator, ...]
    declarations: tuple[Declaration, ...]
    imports: tuple[Library, ...] = ()
    attributes: Attributes = Attributes()
    known: tuple[KnownRelease, ...] = ()
    binding: str = ""
    formulas: Callable[[str], Formula | None] = field(default=_unwritten, compare=False, repr=False)
    span: Span | None = field(default=None, compare=False, repr=False)

    @property
    def stem(self) -> str:
        """What folders, files and packages made of it are called. ex) ``drasi``, ``drasi_0_11_0``"""
        return self.binding or self.name

    def find(self, name: str) -> Declaration:
        """The declaration of this name, in whichever file.

        Raises:
            KeyError: there is none; checked libraries refer to nothing undeclared.
        """
        return self._by_name[name]

    @cached_property
    def compared(self) -> str:
        """What the rule compares with the version that a plugin tells as text: that of the ABI, unless a
        constant says ``@version`` because plugins tell another one than that of their release."""
        texts = (
            each.value
            for each in self.declared
            if isinstance(each, Constant) and each.attributes.has("version")
        )
        return next((each for each in texts if isinstance(each, str)), str(self.version))

    @cached_property
    def compared_version(self) -> Version:
        """:attr:`compared` as a version: the one in which ``@since`` and ``@deprecated`` count."""
        return Version.parse(self.compared) or self.version

    @cached_property
    def all_imports(self) -> tuple[Library, ...]:
        """Every ABI that it imports, directly or not, once, each behind what it imports itself."""
        found = (each for direct in self.imports for each in (*direct.all_imports, direct))
        return tuple({each.name: each for each in found}.values())

    @cached_property
    def imported(self) -> Mapping[str, Library]:
        """The ABI that declares it, for every name that comes from another file."""
        return {
            declaration.name: owner for owner in self.all_imports for declaration in owner.declared
        }

    @cached_property
    def declared(self) -> tuple[Declaration, ...]:
        """What its own file declares, in dependency order."""
        return tuple(each for each in self.declarations if each.name not in self.imported)

    @cached_property
    def _by_name(self) -> Mapping[str, Declaration]:
        everything = (*(owner.declared for owner in self.all_imports), self.declarations)
        return {each.name: each for group in everything for each in group}
