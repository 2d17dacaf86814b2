"""What can be different between two descriptions: facts, and no judgement of them."""

from __future__ import annotations

from enum import Enum

from abilock.frozen import frozen
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
    TYPE_KEPT_AS_ALIAS = "type-kept-as-alias"

    # entries
    ENTRY_ADDED = "entry-added"
    ENTRY_REMOVED = "entry-removed"
    ENTRY_RENAMED = "entry-renamed"
    ENTRY_RETARGETED = "entry-retargeted"
    ENTRY_MADE_OPTIONAL = "entry-made-optional"
    ENTRY_MADE_MANDATORY = "entry-made-mandatory"
    VARIABLE_MADE_CONST = "variable-made-const"
    VARIABLE_MADE_MUTABLE = "variable-made-mutable"
    SYMBOL_CHANGED = "symbol-changed"
    HANDSHAKE_ORDER_CHANGED = "handshake-order-changed"

    # constants
    CONSTANT_ADDED = "constant-added"
    CONSTANT_REMOVED = "constant-removed"
    CONSTANT_RENAMED = "constant-renamed"
    CONSTANT_TYPE = "constant-type"
    CONSTANT_VALUE = "constant-value"

    # structs, unions and vtables
    SLOT_APPENDED = "slot-appended"
    SLOT_INSERTED = "slot-inserted"
    SLOT_REMOVED = "slot-removed"
    SLOT_RENAMED = "slot-renamed"
    SLOT_REPLACED = "slot-replaced"
    SLOT_MOVED = "slot-moved"
    SLOTS_SWAPPED = "slots-swapped"
    SLOT_MADE_OPTIONAL = "slot-made-optional"
    SLOT_MADE_MANDATORY = "slot-made-mandatory"
    SLOT_ROLE_CHANGED = "slot-role-changed"
    TABLE_CONVENTION_CHANGED = "table-convention-changed"
    FIELD_APPENDED = "field-appended"
    FIELD_INSERTED = "field-inserted"
    FIELD_REMOVED = "field-removed"
    FIELD_RENAMED = "field-renamed"
    FIELD_REPLACED = "field-replaced"
    FIELD_MOVED = "field-moved"
    FIELDS_SWAPPED = "fields-swapped"
    FIELDS_REGROUPED = "fields-regrouped"
    FIELD_ALIGNMENT_CHANGED = "field-alignment-changed"
    BIT_WIDTH_CHANGED = "bit-width-changed"
    RESERVED_USED = "reserved-used"
    MADE_RESERVED = "made-reserved"
    HOLE_FILLED = "hole-filled"
    PACKING_CHANGED = "packing-changed"
    ALIGNMENT_CHANGED = "alignment-changed"
    MEMBER_RETARGETED = "member-retargeted"
    UNION_MEMBER_ADDED = "union-member-added"
    UNION_MEMBER_REMOVED = "union-member-removed"
    UNION_MEMBER_RENAMED = "union-member-renamed"

    # types of fields, parameters and results
    TYPE_CHANGED = "type-changed"
    SIGN_CHANGED = "sign-changed"
    WIDTH_CHANGED = "width-changed"
    VALUE_KIND_CHANGED = "value-kind-changed"
    TARGET_SCALAR_CHANGED = "target-scalar-changed"
    POINTER_DEPTH_CHANGED = "pointer-depth-changed"
    POINTEE_CHANGED = "pointee-changed"
    POINTEE_MADE_CONST = "pointee-made-const"
    POINTEE_MADE_MUTABLE = "pointee-made-mutable"
    NULL_ALLOWED = "null-allowed"
    NULL_FORBIDDEN = "null-forbidden"
    ARRAY_LENGTH_CHANGED = "array-length-changed"

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
    ENUM_SIGN_CHANGED = "enum-sign-changed"
    ENUM_OPENED = "enum-opened"
    ENUM_CLOSED = "enum-closed"
    ENUM_KIND_CHANGED = "enum-kind-changed"
    VALUE_ADDED = "value-added"
    VALUE_INSERTED = "value-inserted"
    VALUE_ALIAS_ADDED = "value-alias-added"
    VALUE_REMOVED = "value-removed"
    VALUE_RENAMED = "value-renamed"
    VALUE_RENUMBERED = "value-renumbered"
    VALUES_SWAPPED = "values-swapped"
    SENTINEL_MOVED = "sentinel-moved"

    # who owns what, and for how long
    OWNERSHIP_GIVEN = "ownership-given"
    OWNERSHIP_KEPT = "ownership-kept"
    OWNED_ALLOCATOR_CHANGED = "owned-allocator-changed"
    RELEASE_CHANGED = "release-changed"
    DEPTH_CHANGED = "depth-changed"
    FAILURE_OWNER_CHANGED = "failure-owner-changed"
    LIFETIME_SHORTENED = "lifetime-shortened"
    LIFETIME_LENGTHENED = "lifetime-lengthened"
    LIFETIME_CHANGED = "lifetime-changed"
    CLONE_CHANGED = "clone-changed"

    # what values mean
    LENGTH_CHANGED = "length-changed"
    LENGTH_UNIT_CHANGED = "length-unit-changed"
    TERMINATOR_CHANGED = "terminator-changed"
    ROOM_CHANGED = "room-changed"
    DIRECTION_CHANGED = "direction-changed"
    VIEW_CHANGED = "view-changed"
    ENCODING_CHANGED = "encoding-changed"
    WIRE_CHANGED = "wire-changed"
    STRUCT_SIZE_CHANGED = "struct-size-changed"
    ENUM_OF_INTEGER_CHANGED = "enum-of-integer-changed"
    OBJECT_OF_POINTER_CHANGED = "object-of-pointer-changed"
    SPECIAL_VALUE_CHANGED = "special-value-changed"
    DEFAULT_CHANGED = "default-changed"

    # success and failure
    SUCCESS_VALUE_CHANGED = "success-value-changed"
    ERROR_CHANNEL_CHANGED = "error-channel-changed"
    ERROR_NAMES_CHANGED = "error-names-changed"
    STREAM_END_CHANGED = "stream-end-changed"
    UNWINDING_CHANGED = "unwinding-changed"
    CALL_CONTRACT_CHANGED = "call-contract-changed"

    # objects, callbacks, threads
    OBJECT_CHANGED = "object-changed"
    HANDLE_CHANGED = "handle-changed"
    PROPERTY_CHANGED = "property-changed"
    SCOPE_NARROWED = "scope-narrowed"
    SCOPE_WIDENED = "scope-widened"
    SCOPE_CHANGED = "scope-changed"
    CALLBACK_CONTEXT_CHANGED = "callback-context-changed"
    CALLBACK_END_CHANGED = "callback-end-changed"
    THREAD_RESTRICTED = "thread-restricted"
    THREAD_RELAXED = "thread-relaxed"
    BLOCKING_CHANGED = "blocking-changed"

    # loading
    HANDSHAKE_CHANGED = "handshake-changed"
    VERSION_SOURCE_CHANGED = "version-source-changed"

    # ages of elements
    SINCE_MISSING = "since-missing"
    SINCE_OUT_OF_ORDER = "since-out-of-order"
    SINCE_CHANGED = "since-changed"
    SINCE_TOO_OLD = "since-too-old"
    DEPRECATED = "made-deprecated"
    DEPRECATION_WITHDRAWN = "deprecation-withdrawn"
    STABILITY_CHANGED = "stability-changed"

    # any other attribute
    MEANING_CHANGED = "meaning-changed"


@frozen
class Change:
    """One difference, where it was made: what follows from it elsewhere is not a change of its own.

    ``subject``: the element's full name, as the new description has it, or the old one where the new
    one has none. ex) ``SourceVtable.subscribe_fn.key``, ``SourceVtable.subscribe_fn -> ``

    ``before``, ``after``: the element in the language's words, empty where it does not exist.
    ``old``, ``new``: where it stands. ``detail``: the other element of a swap, the attribute, or what
    regrouped fields were called and are called, in pairs.
    ``targets``: those on which it is this kind of change, if it is another one elsewhere, or those that it
    is about.
    """

    kind: Kind
    subject: str
    before: str = ""
    after: str = ""
    old: Span | None = None
    new: Span | None = None
    detail: str = ""
    targets: tuple[str, ...] | None = None
