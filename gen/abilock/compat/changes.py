"""What can be different between two descriptions: facts, and no judgement of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from abilock.source import Span


class Kind(Enum):
    """The kinds of change that are told apart. The values are stable: rules and reports name them."""

    # the ABI as a whole
    VERSION_LOWERED = "version-lowered"
    COMPAT_CHANGED = "compat-changed"
    TARGET_ADDED = "target-added"
    TARGET_REMOVED = "target-removed"
    ALLOCATOR_CHANGED = "allocator-changed"

    # declarations
    TYPE_ADDED = "type-added"
    TYPE_REMOVED = "type-removed"
    TYPE_RENAMED = "type-renamed"
    TYPE_RETARGETED = "type-retargeted"
    ENTRY_ADDED = "entry-added"
    ENTRY_REMOVED = "entry-removed"
    ENTRY_RETARGETED = "entry-retargeted"
    ENTRY_MADE_OPTIONAL = "entry-made-optional"
    ENTRY_MADE_MANDATORY = "entry-made-mandatory"
    VARIABLE_MADE_CONST = "variable-made-const"
    VARIABLE_MADE_MUTABLE = "variable-made-mutable"
    CONSTANT_ADDED = "constant-added"
    CONSTANT_REMOVED = "constant-removed"
    CONSTANT_TYPE = "constant-type"
    CONSTANT_VALUE = "constant-value"

    # structs, unions and vtables
    PACKING_CHANGED = "packing-changed"
    ALIGNMENT_CHANGED = "alignment-changed"
    SLOT_APPENDED = "slot-appended"
    SLOT_INSERTED = "slot-inserted"
    SLOT_REMOVED = "slot-removed"
    SLOT_RENAMED = "slot-renamed"
    SLOT_MOVED = "slot-moved"
    SLOTS_SWAPPED = "slots-swapped"
    SLOT_MADE_OPTIONAL = "slot-made-optional"
    SLOT_MADE_MANDATORY = "slot-made-mandatory"
    SLOT_ROLE_CHANGED = "slot-role-changed"
    FIELD_APPENDED = "field-appended"
    FIELD_INSERTED = "field-inserted"
    FIELD_REMOVED = "field-removed"
    FIELD_RENAMED = "field-renamed"
    FIELD_MOVED = "field-moved"
    FIELDS_SWAPPED = "fields-swapped"
    FIELD_ALIGNMENT_CHANGED = "field-alignment-changed"
    BIT_WIDTH_CHANGED = "bit-width-changed"
    RESERVED_USED = "reserved-used"
    UNION_MEMBER_ADDED = "union-member-added"
    UNION_MEMBER_REMOVED = "union-member-removed"
    UNION_MEMBER_RENAMED = "union-member-renamed"

    # types of fields, parameters and results
    TYPE_CHANGED = "type-changed"
    SIGN_CHANGED = "sign-changed"
    WIDTH_CHANGED = "width-changed"
    POINTER_DEPTH_CHANGED = "pointer-depth-changed"
    POINTEE_CHANGED = "pointee-changed"
    POINTEE_MADE_CONST = "pointee-made-const"
    POINTEE_MADE_MUTABLE = "pointee-made-mutable"
    NULL_ALLOWED = "null-allowed"
    NULL_FORBIDDEN = "null-forbidden"
    ARRAY_LENGTH_CHANGED = "array-length-changed"
    OWNERSHIP_GIVEN = "ownership-given"
    OWNERSHIP_KEPT = "ownership-kept"

    # functions
    PARAMETER_ADDED = "parameter-added"
    PARAMETER_REMOVED = "parameter-removed"
    PARAMETER_RENAMED = "parameter-renamed"
    PARAMETER_MOVED = "parameter-moved"
    PARAMETERS_SWAPPED = "parameters-swapped"
    RESULT_ADDED = "result-added"
    RESULT_REMOVED = "result-removed"
    RECEIVER_CHANGED = "receiver-changed"
    VARIADIC_CHANGED = "variadic-changed"
    CONVENTION_CHANGED = "convention-changed"

    # enums
    ENUM_WIDTH_CHANGED = "enum-width-changed"
    ENUM_KIND_CHANGED = "enum-kind-changed"
    VALUE_ADDED = "value-added"
    VALUE_REMOVED = "value-removed"
    VALUE_RENAMED = "value-renamed"
    VALUE_RENUMBERED = "value-renumbered"

    # what attributes say
    MEANING_CHANGED = "meaning-changed"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference, where it was made: what follows from it elsewhere is not a change of its own.

    ``subject``: the element's full name, as the new description has it, or the old one where the new
    one has none. ex) ``SourceVtable.subscribe_fn.key``, ``SourceVtable.subscribe_fn -> ``

    ``before``, ``after``: the element in the language's words, empty where it does not exist.
    ``old``, ``new``: where it stands. ``detail``: the other element of a swap, or the attribute.
    """

    kind: Kind
    subject: str
    before: str = ""
    after: str = ""
    old: Span | None = None
    new: Span | None = None
    detail: str = ""
