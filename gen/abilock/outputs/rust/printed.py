"""What the templates see: finished lines and booleans; lines are not indented for their place.

Each item names the part of the template folder that prints it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Place:
    """One line of a layout check. ex) ``ptr`` at ``0``"""

    field: str
    offset: int


@dataclass(frozen=True, slots=True)
class Check:
    """The layout of one type on the targets of ``condition``: its lines, none if on all.

    ``in_words``: every field is one pointer wide and they follow each other, so that order is all
    there is to check, on any target.
    """

    condition: tuple[str, ...]
    type: str
    in_words: bool
    size: int
    align: int
    places: tuple[Place, ...]
    has_places: bool


@dataclass(frozen=True, slots=True)
class Documented:
    """A field, an enum value or an associated constant.

    ex) ``/// Never empty.`` and ``pub ptr: *const c_char,``
    """

    docs: tuple[str, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LineItem:
    """An alias, constant, callback or entry: docs and one declaration."""

    docs: tuple[str, ...]
    lines: tuple[str, ...]
    part: str = "rust/parts/line.rs.jinja"


@dataclass(frozen=True, slots=True)
class OpaqueItem:
    docs: tuple[str, ...]
    name: str
    part: str = "rust/parts/opaque.rs.jinja"


@dataclass(frozen=True, slots=True)
class EnumItem:
    """A closed enum; aliases and repeated values are associated constants."""

    docs: tuple[str, ...]
    attributes: tuple[str, ...]
    name: str
    values: tuple[Documented, ...]
    has_constants: bool
    constants: tuple[Documented, ...]
    checks: tuple[Check, ...]
    part: str = "rust/parts/enum.rs.jinja"


@dataclass(frozen=True, slots=True)
class NewtypeItem:
    """An open enum or flags: an integer of which some values have names.

    ``contains`` is what the method of flags is called, should a value have that name.
    """

    docs: tuple[str, ...]
    name: str
    integer: str
    has_constants: bool
    constants: tuple[Documented, ...]
    is_flags: bool
    contains: str
    checks: tuple[Check, ...]
    part: str = "rust/parts/newtype.rs.jinja"


@dataclass(frozen=True, slots=True)
class RecordItem:
    """``keyword`` is ``struct`` or ``union``."""

    docs: tuple[str, ...]
    attributes: tuple[str, ...]
    keyword: str
    name: str
    fields: tuple[Documented, ...]
    checks: tuple[Check, ...]
    part: str = "rust/parts/record.rs.jinja"


@dataclass(frozen=True, slots=True)
class StorageGroup:
    """Where everything is on the targets of ``condition``. ex) ``const AT_LO: usize = 3;``"""

    condition: tuple[str, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Accessor:
    """The methods of one field of a stored record, as the arguments of the macro that makes them.

    ``macro`` is ``field``, ``bits``, ``bit`` (a ``bool`` of one bit) or ``address`` (of something that
    must not be copied).

    ex) ``bits`` and ``lo, set_lo: u32, AT_LO, 3``
    """

    macro: str
    has_docs: bool
    docs: tuple[str, ...]
    arguments: str


@dataclass(frozen=True, slots=True)
class StorageItem:
    """A record whose layout Rust cannot spell."""

    docs: tuple[str, ...]
    attributes: tuple[str, ...]
    name: str
    has_zero: bool
    zero: str
    size: str
    groups: tuple[StorageGroup, ...]
    accessors: tuple[Accessor, ...]
    checks: tuple[Check, ...]
    part: str = "rust/parts/storage.rs.jinja"


Item: TypeAlias = LineItem | OpaqueItem | EnumItem | NewtypeItem | RecordItem | StorageItem


@dataclass(frozen=True, slots=True)
class Convention:
    """A calling convention that only ``arch`` has. ex) ``stdcall`` on ``x86``"""

    name: str
    arch: str


@dataclass(frozen=True, slots=True)
class Marker:
    """A type of no size that aligns what follows it. ex) ``AlignTo16``"""

    align: int


@dataclass(frozen=True, slots=True)
class WideChar:
    """C's ``wchar_t`` on the targets of ``condition``."""

    condition: tuple[str, ...]
    integer: str


@dataclass(frozen=True, slots=True)
class TargetView:
    """ex) ``#[cfg(all(target_arch = "x86_64", target_os = "linux"))]``, ``x86_64-unknown-linux-gnu``"""

    condition: tuple[str, ...]
    triple: str


@dataclass(frozen=True, slots=True)
class WitnessView:
    """All of ``rust/witness.rs.jinja``. ``file``: what it is called. ``module``: the name of the module
    that holds the record. ``rows`` and ``texts``: one of each for every row; ``others``: the conditions of
    the ABI's targets."""

    source: str
    name: str
    file: str
    symbol: str
    module: str
    abi: str
    count: int
    targets: tuple[TargetView, ...]
    others: str
    rows: tuple[str, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LibraryView:
    """The whole module. ``inner`` is the name of the private module that holds it, ``functions`` of
    the one beside it. ``value`` and ``other`` are what parameters are called: in Rust, a parameter
    that is called like a constant in scope is a pattern. ``refused``: the targets that the description
    does not list, as an attribute.
    """

    source: str
    name: str
    version: str
    docs: tuple[str, ...]
    refuses: bool
    refused: tuple[str, ...]
    refusal: str
    inner: str
    functions: str
    value: str
    other: str
    has_imports: bool
    imports: tuple[str, ...]
    conventions: tuple[Convention, ...]
    markers: tuple[Marker, ...]
    wide_chars: tuple[WideChar, ...]
    has_layouts: bool
    has_words: bool
    has_flags: bool
    has_strings: bool
    has_fields: bool
    has_addresses: bool
    has_functions: bool
    has_words_or_strings: bool
    has_bit_fields: bool
    has_integer_bits: bool
    has_bool_bits: bool
    items: tuple[Item, ...]
    has_witness: bool
    witness: WitnessView


@dataclass(frozen=True, slots=True)
class NumberCheck:
    """ex) ``abi::FfiChangeOp::Insert`` and ``0``"""

    actual: str
    expected: int


@dataclass(frozen=True, slots=True)
class BitCheck:
    """A bit-field and values that must come back as they were put in; the first is all ones."""

    getter: str
    setter: str
    width: int
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ColumnPlace:
    """One line of a layout test. ex) ``len`` at ``8, 4``"""

    field: str
    offsets: str


@dataclass(frozen=True, slots=True)
class ColumnCheck:
    """The layout of one type, on targets that differ side by side.

    ``targets``: behind the type, the conditions of the columns; nothing if there is one, for all targets.
    ex) `` on [target_pointer_width = "64"] [target_pointer_width = "32"]``, ``16, 8``, ``8, 4``
    """

    type: str
    targets: str
    sizes: str
    aligns: str
    has_places: bool
    places: tuple[ColumnPlace, ...]


@dataclass(frozen=True, slots=True)
class TypeTest:
    """The run-time test of one type."""

    name: str
    function: str
    layout: ColumnCheck
    has_numbers: bool
    numbers: tuple[NumberCheck, ...]
    bits: tuple[BitCheck, ...]


@dataclass(frozen=True, slots=True)
class LayoutTestView:
    source: str
    path: str
    has_layouts: bool
    has_numbers: bool
    has_bits: bool
    types: tuple[TypeTest, ...]
    has_constants: bool
    constants: tuple[NumberCheck, ...]
