"""The rules of compatibility: a stable code for every kind of change. Data only.

The hundreds are topics. A code is never given to anything else, also when its rule is gone.
"""

from __future__ import annotations

from collections.abc import Mapping

from abilock.compat.changes import Kind
from abilock.compat.findings import Rule

# One row per kind of change; a formatter would give each argument a line.
# fmt: off
_ROWS = (
    # the ABI as a whole
    ("C0001", Kind.VERSION_LOWERED, "the version went backwards"),
    ("C0002", Kind.COMPAT_CHANGED, "loaders compare by another rule"),
    ("C0003", Kind.TARGET_ADDED, "a target was added"),
    ("C0004", Kind.TARGET_REMOVED, "a target was dropped"),
    ("C0005", Kind.ALLOCATOR_CHANGED, "an allocator works with other functions"),
    # slots
    ("C0101", Kind.SLOT_APPENDED, "a slot was added behind all others"),
    ("C0102", Kind.SLOT_INSERTED, "a slot was added before others"),
    ("C0103", Kind.SLOT_REMOVED, "a slot is gone"),
    ("C0104", Kind.SLOT_RENAMED, "a slot has another name"),
    ("C0105", Kind.SLOT_MOVED, "a slot stands at another place"),
    ("C0106", Kind.SLOTS_SWAPPED, "two slots changed places"),
    ("C0107", Kind.SLOT_MADE_OPTIONAL, "a slot may be null now"),
    ("C0108", Kind.SLOT_MADE_MANDATORY, "a slot may not be null any more"),
    ("C0109", Kind.SLOT_ROLE_CHANGED, "a slot began or ceased to end its object"),
    ("C0110", Kind.SLOT_REPLACED, "the place of a slot that is gone was given to another one"),
    ("C0111", Kind.TABLE_CONVENTION_CHANGED, "the members that vtables share changed"),
    # fields
    ("C0201", Kind.FIELD_APPENDED, "a field was added behind all others"),
    ("C0202", Kind.FIELD_INSERTED, "a field was added before others"),
    ("C0203", Kind.FIELD_REMOVED, "a field is gone"),
    ("C0204", Kind.FIELD_RENAMED, "a field has another name"),
    ("C0205", Kind.FIELD_MOVED, "a field stands at another place"),
    ("C0206", Kind.FIELDS_SWAPPED, "two fields changed places"),
    ("C0207", Kind.FIELD_REPLACED, "the place of a field that is gone was given to another one"),
    ("C0208", Kind.FIELD_ALIGNMENT_CHANGED, "a field is aligned differently"),
    ("C0209", Kind.BIT_WIDTH_CHANGED, "a bit-field has another width"),
    ("C0210", Kind.RESERVED_USED, "a reserved member was put to use"),
    ("C0211", Kind.MADE_RESERVED, "a member was given up and its place kept"),
    ("C0212", Kind.HOLE_FILLED, "a field was put where there was padding"),
    ("C0213", Kind.PACKING_CHANGED, "a record is packed differently"),
    ("C0214", Kind.ALIGNMENT_CHANGED, "a record is aligned differently"),
    ("C0215", Kind.UNION_MEMBER_ADDED, "a union has a new member"),
    ("C0216", Kind.UNION_MEMBER_REMOVED, "a member of a union is gone"),
    ("C0217", Kind.UNION_MEMBER_RENAMED, "a member of a union has another name"),
    ("C0218", Kind.MEMBER_RETARGETED, "a slot became a field, or a field a slot"),
    ("C0219", Kind.FIELDS_REGROUPED, "fields were put together in a struct, or taken out of one"),
    # types of fields, parameters and results
    ("C0301", Kind.TYPE_CHANGED, "an element has another type"),
    ("C0302", Kind.SIGN_CHANGED, "an integer is signed now, or not any more"),
    ("C0303", Kind.WIDTH_CHANGED, "a number has another width"),
    ("C0304", Kind.VALUE_KIND_CHANGED, "an integer, a float, a truth value or a pointer became another"),
    ("C0305", Kind.TARGET_SCALAR_CHANGED, "a type that is the same on some targets only"),
    ("C0306", Kind.POINTER_DEPTH_CHANGED, "a pointer leads to a pointer now, or not any more"),
    ("C0307", Kind.POINTEE_CHANGED, "a pointer leads to another type"),
    ("C0308", Kind.POINTEE_MADE_CONST, "what a pointer leads to may not be written any more"),
    ("C0309", Kind.POINTEE_MADE_MUTABLE, "what a pointer leads to may be written now"),
    ("C0310", Kind.NULL_ALLOWED, "a pointer or function may be null now"),
    ("C0311", Kind.NULL_FORBIDDEN, "a pointer or function may not be null any more"),
    ("C0312", Kind.ARRAY_LENGTH_CHANGED, "an array has another length"),
    # types
    ("C0401", Kind.TYPE_ADDED, "a type was added"),
    ("C0402", Kind.TYPE_REMOVED, "a type is gone"),
    ("C0403", Kind.TYPE_RENAMED, "a type has another name"),
    ("C0404", Kind.TYPE_RETARGETED, "a name stands for another kind of type"),
    ("C0405", Kind.TYPE_KEPT_AS_ALIAS, "a type has another name, and the former one still works"),
    # entries
    ("C0501", Kind.ENTRY_ADDED, "an entry was added"),
    ("C0502", Kind.ENTRY_REMOVED, "an entry is gone"),
    ("C0503", Kind.ENTRY_RENAMED, "an entry has another name"),
    ("C0504", Kind.ENTRY_RETARGETED, "a function became a variable, or a variable a function"),
    ("C0505", Kind.ENTRY_MADE_OPTIONAL, "an entry may be missing now"),
    ("C0506", Kind.ENTRY_MADE_MANDATORY, "an entry may not be missing any more"),
    ("C0507", Kind.VARIABLE_MADE_CONST, "a variable is never written any more"),
    ("C0508", Kind.VARIABLE_MADE_MUTABLE, "a variable may be written now"),
    ("C0509", Kind.SYMBOL_CHANGED, "an entry is found under another symbol"),
    ("C0510", Kind.HANDSHAKE_ORDER_CHANGED, "entries are called in another order at load"),
    # constants
    ("C0601", Kind.CONSTANT_ADDED, "a constant was added"),
    ("C0602", Kind.CONSTANT_REMOVED, "a constant is gone"),
    ("C0603", Kind.CONSTANT_RENAMED, "a constant has another name"),
    ("C0604", Kind.CONSTANT_TYPE, "a constant has another type"),
    ("C0605", Kind.CONSTANT_VALUE, "a constant has another value"),
    # functions
    ("C0701", Kind.PARAMETER_ADDED, "a function takes another parameter"),
    ("C0702", Kind.PARAMETER_REMOVED, "a parameter is gone"),
    ("C0703", Kind.PARAMETER_RENAMED, "a parameter has another name"),
    ("C0704", Kind.PARAMETER_MOVED, "a parameter stands at another place"),
    ("C0705", Kind.PARAMETERS_SWAPPED, "two parameters changed places"),
    ("C0706", Kind.RESULT_ADDED, "a function returns something now"),
    ("C0707", Kind.RESULT_REMOVED, "a function returns nothing any more"),
    ("C0708", Kind.RECEIVER_CHANGED, "a slot takes its object differently"),
    ("C0709", Kind.VARIADIC_CHANGED, "a function takes any number of arguments now, or not any more"),
    ("C0710", Kind.CONVENTION_CHANGED, "a function is called by another convention"),
    # enums
    ("C0801", Kind.ENUM_WIDTH_CHANGED, "an enum has another width"),
    ("C0802", Kind.ENUM_SIGN_CHANGED, "an enum is signed now, or not any more"),
    ("C0803", Kind.ENUM_OPENED, "an enum may have values without a name now"),
    ("C0804", Kind.ENUM_CLOSED, "an enum may not have values without a name any more"),
    ("C0805", Kind.ENUM_KIND_CHANGED, "an enum became a bit set, or a bit set an enum"),
    ("C0806", Kind.VALUE_ADDED, "an enum has a new value"),
    ("C0807", Kind.VALUE_INSERTED, "a new value took the number of another one"),
    ("C0808", Kind.VALUE_ALIAS_ADDED, "a number of an enum has a second name"),
    ("C0809", Kind.VALUE_REMOVED, "a value of an enum is gone"),
    ("C0810", Kind.VALUE_RENAMED, "a value of an enum has another name"),
    ("C0811", Kind.VALUE_RENUMBERED, "a value of an enum has another number"),
    ("C0812", Kind.VALUES_SWAPPED, "two values of an enum changed numbers"),
    ("C0813", Kind.SENTINEL_MOVED, "the value that counts the others has another number"),
    # who owns what, and for how long
    ("C0901", Kind.OWNERSHIP_GIVEN, "what was lent is handed over now"),
    ("C0902", Kind.OWNERSHIP_KEPT, "what was handed over is only lent now"),
    ("C0903", Kind.OWNED_ALLOCATOR_CHANGED, "what is handed over comes from another allocator"),
    ("C0904", Kind.RELEASE_CHANGED, "what is handed over ends another way"),
    ("C0905", Kind.DEPTH_CHANGED, "more or less is handed over with a container"),
    ("C0906", Kind.FAILURE_OWNER_CHANGED, "another side owns an argument after a failure"),
    ("C0907", Kind.LIFETIME_SHORTENED, "what is lent may be used for a shorter time"),
    ("C0908", Kind.LIFETIME_LENGTHENED, "what is lent has to live longer"),
    ("C0909", Kind.LIFETIME_CHANGED, "what is lent lives until something else happens"),
    ("C0910", Kind.CLONE_CHANGED, "an object is copied another way"),
    # what values mean
    ("C1001", Kind.LENGTH_CHANGED, "the length of an array is told elsewhere"),
    ("C1002", Kind.LENGTH_UNIT_CHANGED, "a length counts bytes now, or elements"),
    ("C1003", Kind.TERMINATOR_CHANGED, "the end of an array is marked differently"),
    ("C1004", Kind.ROOM_CHANGED, "the room for an answer is told differently"),
    ("C1005", Kind.DIRECTION_CHANGED, "a parameter is read or written by another side"),
    ("C1006", Kind.VIEW_CHANGED, "a struct stands for text, bytes, a list or an optional differently"),
    ("C1007", Kind.ENCODING_CHANGED, "text has another encoding"),
    ("C1008", Kind.WIRE_CHANGED, "what is inside of bytes has another format"),
    ("C1009", Kind.STRUCT_SIZE_CHANGED, "a struct began or ceased to tell its size"),
    ("C1010", Kind.ENUM_OF_INTEGER_CHANGED, "an integer is a value of another enum"),
    ("C1011", Kind.OBJECT_OF_POINTER_CHANGED, "an untyped pointer leads to something else"),
    ("C1012", Kind.SPECIAL_VALUE_CHANGED, "another value means that nothing is there"),
    ("C1013", Kind.DEFAULT_CHANGED, "callers that say nothing get another value"),
    # success and failure
    ("C1101", Kind.SUCCESS_VALUE_CHANGED, "another result means success"),
    ("C1102", Kind.ERROR_CHANNEL_CHANGED, "failures are told another way"),
    ("C1103", Kind.ERROR_NAMES_CHANGED, "another enum names the failures"),
    ("C1104", Kind.STREAM_END_CHANGED, "the end of a stream is marked differently"),
    ("C1105", Kind.UNWINDING_CHANGED, "an exception may pass through now, or not any more"),
    ("C1106", Kind.CALL_CONTRACT_CHANGED, "what callers may expect of a call changed"),
    # objects, callbacks, threads
    ("C1201", Kind.OBJECT_CHANGED, "the context of an object is found differently"),
    ("C1202", Kind.HANDLE_CHANGED, "a handle is made, used or ended by other functions"),
    ("C1203", Kind.PROPERTY_CHANGED, "a slot began or ceased to be a property"),
    ("C1204", Kind.SCOPE_NARROWED, "a callback may be called for a shorter time"),
    ("C1205", Kind.SCOPE_WIDENED, "a callback may be called for longer"),
    ("C1206", Kind.SCOPE_CHANGED, "a callback may be called until something else happens"),
    ("C1207", Kind.CALLBACK_CONTEXT_CHANGED, "a callback gets another context"),
    ("C1208", Kind.CALLBACK_END_CHANGED, "what is called when a callback is done with changed"),
    ("C1209", Kind.THREAD_RESTRICTED, "a function may be called from fewer threads"),
    ("C1210", Kind.THREAD_RELAXED, "a function may be called from more threads"),
    ("C1211", Kind.BLOCKING_CHANGED, "a call may take long now, or not any more"),
    # loading
    ("C1301", Kind.HANDSHAKE_CHANGED, "something else is called or read at load"),
    ("C1302", Kind.VERSION_SOURCE_CHANGED, "loaders find the version or the target elsewhere"),
    # ages of elements
    ("C1401", Kind.SINCE_MISSING, "an addition to a released type has no `@since`"),
    ("C1402", Kind.SINCE_OUT_OF_ORDER, "an addition stands before an older element"),
    ("C1403", Kind.SINCE_CHANGED, "the `@since` of a released element changed"),
    ("C1404", Kind.SINCE_TOO_OLD, "an addition claims to be older than it is"),
    ("C1406", Kind.DEPRECATED, "an element is discouraged now"),
    ("C1407", Kind.DEPRECATION_WITHDRAWN, "an element is not discouraged any more"),
    ("C1408", Kind.STABILITY_CHANGED, "an element may change without a version now, or not any more"),
    # any other attribute
    ("C1901", Kind.MEANING_CHANGED, "an attribute says something else"),
)
# fmt: on

#: The rule of every kind of change.
RULES: Mapping[Kind, Rule] = {kind: Rule(code, kind.value, title) for code, kind, title in _ROWS}

#: The same, by code.
RULES_BY_CODE: Mapping[str, Rule] = {rule.code: rule for rule in RULES.values()}
