"""Every attribute of the language: where it may stand and what it takes. Data only.

An attribute that is not in this table is an error, so is one in a place that its row does not name,
and so are arguments that its row does not allow.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Place(Enum):
    """Where an attribute stands. The values are the words that messages use."""

    ABI = "the abi"
    STRUCT = "a struct"
    UNION = "a union"
    VTABLE = "a vtable"
    OPAQUE = "an opaque type"
    ENUM = "an enum"
    VALUE = "an enum value"
    ALIAS = "a type alias"
    CONSTANT = "a constant"
    CALLBACK = "a callback"
    ENTRY = "an entry"
    FIELD = "a field"
    SLOT = "a slot"
    PARAMETER = "a parameter"
    FIELD_TYPE = "the type of a field"
    PARAMETER_TYPE = "the type of a parameter"
    RESULT_TYPE = "a result type"
    ALIAS_TYPE = "the type of an alias"
    CONVENTION = "a vtable convention"
    OTHER_ITEM = "an item that declares nothing"


class Kind(Enum):
    """What an argument must be. The values are the words that messages use."""

    FIELD = "the name of a field"
    MEMBER = "the name of a field or slot"
    SIBLING = "the name of a parameter or field beside it"
    SLOT = "the name of a slot"
    ENUM = "the name of an enum"
    OBJECT = "the name of a struct or vtable"
    ALLOCATOR = "the name of an allocator"
    FUNCTION = "the name of an entry or slot"
    POWER = "a power of two"
    INTEGER = "an integer"
    VERSION = "a version"
    STRING = "a string"
    IDENTIFIER = "a string that is an identifier"
    C_NAME = "a string that is an identifier in C"
    AFFIX = "a string with `*` where the name stands"
    FORMULA = "an expression over the parameters or fields beside it"
    OUTCOME = "a number, an enum value, `null` or a comparison such as `< 0`"
    MOMENT = "one of the words below, or `until(…)`"
    WORD = "one of the words below"
    FREE_WORD = "a word"


class Need(Enum):
    """What type a named or attributed thing must have. The values are the words that messages use."""

    ANY = "anything"
    POINTER = "a pointer"
    INTEGER = "an integer"
    TRUTH = "a `bool` or an integer"
    FUNCTION = "a callback or function pointer"
    FUNCTIONS = "a callback, a function pointer or an array of them"
    TEXT = "a struct or pointer that holds text"
    VALUE = "something with a value"


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument; ``words`` lists the choices of WORD and MOMENT, and what FIELD knows beside fields;
    ``need`` types what it names; a text that ``is_prose`` is one line, however it is written."""

    kind: Kind
    words: tuple[str, ...] = ()
    need: Need = Need.ANY
    is_prose: bool = False


@dataclass(frozen=True, slots=True)
class AttributeRule:
    """One row: ``required`` of the ``arguments`` must be given; ``repeats``: the last one may recur;
    ``on``: what the type must be on which it stands."""

    name: str
    places: frozenset[Place]
    arguments: tuple[Argument, ...]
    required: int
    summary: str
    repeats: bool = False
    on: Need = Need.ANY


_P = Place
_TYPE = frozenset({_P.FIELD_TYPE, _P.PARAMETER_TYPE, _P.RESULT_TYPE, _P.ALIAS_TYPE})
_RECORD = frozenset({_P.STRUCT, _P.UNION})
_OBJECT = frozenset({_P.STRUCT, _P.VTABLE})
_FUNCTION = frozenset({_P.SLOT, _P.ENTRY, _P.CALLBACK})
_POINTEE = frozenset({_P.STRUCT, _P.VTABLE, _P.OPAQUE}) | _TYPE
_BARE = frozenset({_P.ABI, _P.CONVENTION, _P.OTHER_ITEM})
_ANY = frozenset(place for place in _P if place not in _TYPE | _BARE)
_NAMED = _ANY - {_P.PARAMETER}

_FIELD = Argument(Kind.FIELD)
_DATA = Argument(Kind.FIELD, need=Need.POINTER)
_COUNT = Argument(Kind.FIELD, need=Need.INTEGER)
_SIBLING = Argument(Kind.SIBLING)
_VERSION = Argument(Kind.VERSION)
_STRING = Argument(Kind.STRING)
_PROSE = Argument(Kind.STRING, is_prose=True)
_FORMULA = Argument(Kind.FORMULA)
_OUTCOME = Argument(Kind.OUTCOME)


def _words(*words: str) -> Argument:
    return Argument(Kind.WORD, words)


def _rule(
    name: str,
    places: frozenset[Place],
    summary: str,
    *arguments: Argument,
    required: int | None = None,
    repeats: bool = False,
    on: Need = Need.ANY,
) -> AttributeRule:
    count = len(arguments) if required is None else required
    return AttributeRule(name, places, arguments, count, summary, repeats, on)


# One row per attribute; a formatter would give each argument a line.
# fmt: off
_ROWS = (
    # layout
    _rule("packed", _RECORD, "limits the alignment of the item's own members to 1 or n bytes",
          Argument(Kind.POWER), required=0),
    _rule("align", _RECORD | {_P.FIELD}, "raises the alignment to n bytes", Argument(Kind.POWER)),
    _rule("struct_size", frozenset({_P.FIELD}),
          "the caller writes the size of the struct here, the callee reads no further"),
    # views
    _rule("string", frozenset({_P.STRUCT}), "a UTF-8 string: pointer, length in bytes, capacity",
          _DATA, _COUNT, _COUNT, required=2),
    _rule("bytes", frozenset({_P.STRUCT}), "a byte buffer: pointer, length, capacity",
          _DATA, _COUNT, _COUNT, required=2),
    _rule("list", frozenset({_P.STRUCT}), "a list: pointer to the elements, their count, capacity",
          _DATA, _COUNT, _COUNT, required=2),
    _rule("optional", frozenset({_P.STRUCT}), "absent when this `bool` field is false",
          Argument(Kind.FIELD, need=Need.TRUTH)),
    _rule("nul", _TYPE, "a NUL-terminated string", on=Need.POINTER),
    _rule("until_value", _TYPE, "an array that ends with this value",
          Argument(Kind.INTEGER), on=Need.POINTER),
    _rule("encoding", _TYPE | {_P.STRUCT}, "the text's encoding, `utf8` unless said",
          _words("utf8", "utf8_lossy", "ascii", "latin1", "utf16", "filename", "bytes")),
    _rule("len", _TYPE, "the number of elements behind the pointer", _FORMULA, on=Need.POINTER),
    _rule("lens", _TYPE, "the array with the length of each element behind the pointer",
          Argument(Kind.SIBLING, need=Need.POINTER), on=Need.POINTER),
    _rule("size", _TYPE, "the number of bytes behind the pointer", _FORMULA, on=Need.POINTER),
    _rule("capacity", _TYPE, "how many elements the callee may write", _FORMULA, on=Need.POINTER),
    _rule("written", _TYPE, "where the callee says how many it wrote, or would have",
          _SIBLING, on=Need.POINTER),
    _rule("json", _TYPE | {_P.STRUCT}, "the text is JSON, with a schema's name", _STRING, required=0),
    _rule("wire", _TYPE | {_P.STRUCT}, "the format of what crosses inside the bytes", _STRING),
    _rule("as", _TYPE, "the integer is a value of this enum", Argument(Kind.ENUM)),
    _rule("to", _TYPE, "the object that this untyped pointer leads to, or that of the result",
          Argument(Kind.OBJECT)),
    _rule("invalid", _TYPE | {_P.ALIAS}, "the value that no valid handle has", _OUTCOME),
    _rule("none", _TYPE, "the value that means nothing is there", _OUTCOME),
    _rule("default", frozenset({_P.PARAMETER, _P.FIELD}), "the value where the caller gives none",
          _OUTCOME),
    # results
    _rule("result", frozenset({_P.STRUCT}),
          "an outcome: status code (0 is success), message, and the fields that hold the value",
          _COUNT, _FIELD, _FIELD, required=1, repeats=True),
    _rule("failure", frozenset({_P.STRUCT}),
          "an outcome without a code: it failed if this text is not empty", _FIELD),
    _rule("value", frozenset({_P.FIELD}), "the field that holds the value of a result or an optional"),
    _rule("error_buffer", frozenset({_P.STRUCT}),
          "an error that the callee writes: text buffer, its length; other fields describe the error",
          _FIELD, _COUNT, required=1),
    _rule("error", _FUNCTION | {_P.RESULT_TYPE}, "failures are written to this parameter",
          Argument(Kind.SIBLING, need=Need.POINTER)),
    _rule("ok", _FUNCTION | {_P.RESULT_TYPE}, "the results that mean success", _OUTCOME, repeats=True),
    _rule("fails", _FUNCTION | {_P.RESULT_TYPE}, "the results that mean failure", _OUTCOME, repeats=True),
    _rule("errors", _FUNCTION | {_P.RESULT_TYPE}, "the enum whose values name the failures",
          Argument(Kind.ENUM)),
    _rule("retry", _FUNCTION | {_P.RESULT_TYPE},
          "the result that asks for another call with more room", _OUTCOME),
    _rule("absent", frozenset({_P.SLOT}),
          "what an optional slot that is null stands for: one that does nothing and returns this",
          _OUTCOME),
    _rule("truth", _FUNCTION | {_P.RESULT_TYPE},
          "the outcome is a boolean: success is true, this message means false", _STRING),
    _rule("must_use", _FUNCTION, "the caller must look at the result"),
    _rule("noreturn", _FUNCTION, "does not return"),
    _rule("unwinds", _FUNCTION, "an exception may pass through"),
    # parameters
    _rule("out", frozenset({_P.PARAMETER_TYPE}), "written by the callee, valid only on success",
          on=Need.POINTER),
    _rule("inout", frozenset({_P.PARAMETER_TYPE}), "read and written by the callee", on=Need.POINTER),
    # ownership
    _rule("owned", _TYPE | {_P.STRUCT, _P.VTABLE}, "the receiver frees it with this allocator",
          Argument(Kind.ALLOCATOR)),
    _rule("free", _POINTEE, "ends with a call of this function", Argument(Kind.FUNCTION)),
    _rule("drop", _POINTEE, "ends with a call of this slot or function pointer of its own",
          Argument(Kind.MEMBER)),
    _rule("release", _POINTEE, "ends with a call of this field, given the context field",
          Argument(Kind.MEMBER, need=Need.FUNCTION), Argument(Kind.MEMBER, need=Need.POINTER),
          required=1),
    _rule("refcounted", _POINTEE, "counted: these take and give back a reference",
          Argument(Kind.FUNCTION), Argument(Kind.FUNCTION)),
    _rule("clone", _OBJECT, "this slot makes a second state for a copy of the table",
          Argument(Kind.SLOT)),
    _rule("until", _TYPE, "how long a borrowed thing lives",
          Argument(Kind.MOMENT, ("call", "drop", "next", "process", "library"))),
    _rule("keeps", _TYPE | {_P.SLOT, _P.ENTRY}, "this must outlive the result", _SIBLING),
    _rule("pinned", _TYPE, "its address is remembered, so it must not move"),
    _rule("depth", _TYPE, "what `own` hands over: everything, or the container only",
          _words("deep", "shell")),
    _rule("consumed", frozenset({_P.PARAMETER_TYPE}),
          "when `own` hands over: always, or only if the call succeeds", _words("always", "success")),
    # objects and closures
    _rule("object", _OBJECT,
          "the object's context: a field, or `self` for its own address; and the field that points to its"
          " table", Argument(Kind.FIELD, ("self",), Need.POINTER), _DATA, required=1),
    _rule("context", frozenset({_P.VTABLE}),
          "slots take the context of the struct that points to this table"),
    _rule("handle", frozenset({_P.SLOT, _P.ENTRY}),
          "a method of the handle that this parameter is", _SIBLING),
    _rule("create", frozenset({_P.SLOT, _P.ENTRY}),
          "makes the handle that this parameter receives; without one, its result is the handle",
          Argument(Kind.SIBLING, need=Need.POINTER), required=0),
    _rule("destroy", frozenset({_P.SLOT, _P.ENTRY}) | _TYPE,
          "on a slot: ends the handle; on a callback: called when the callback is no longer needed",
          _SIBLING, required=0),
    _rule("ctx", frozenset({_P.PARAMETER, _P.PARAMETER_TYPE, _P.FIELD_TYPE}),
          "on a callback's parameter: its context; at a use: the parameter or field with the context",
          _SIBLING, required=0),
    _rule("scope", frozenset({_P.PARAMETER_TYPE, _P.FIELD_TYPE}), "how long a callback may be called",
          Argument(Kind.MOMENT, ("call", "once", "drop", "end", "forever")), on=Need.FUNCTIONS),
    _rule("end", frozenset({_P.PARAMETER_TYPE, _P.RESULT_TYPE}), "what marks the end of the stream",
          _words("null", "nonnull", "empty")),
    _rule("get", frozenset({_P.SLOT}), "a property"),
    _rule("set", frozenset({_P.SLOT}), "sets the property of this name", Argument(Kind.FREE_WORD)),
    # threads
    _rule("thread", _FUNCTION | _OBJECT, "the thread that may call",
          _words("any", "creator", "main")),
    _rule("exclusive", _FUNCTION | _OBJECT, "no two calls at once"),
    _rule("blocking", _FUNCTION | _OBJECT, "may take long; bindings release the interpreter's lock"),
    _rule("reentrant", _FUNCTION | _OBJECT, "may be called from inside its own callbacks"),
    # handshake
    _rule("version", frozenset({_P.FIELD, _P.CONSTANT, _P.ENTRY}),
          "what the compat rule compares"),
    _rule("triple", frozenset({_P.FIELD}), "the target triple that the plugin was built for"),
    _rule("handshake", frozenset({_P.ENTRY, _P.SLOT}),
          "called or read at load, in the order of the entries; slots after what leads to their table"),
    _rule("path", frozenset({_P.PARAMETER}), "the library's file, which a loader gives"),
    _rule("manifest", frozenset({_P.ENTRY}), "returns the plugin's description of itself, in this format",
          Argument(Kind.FREE_WORD)),
    _rule("range", frozenset({_P.CONSTANT}),
          "the host's version, for which a manifest has a range under this key; then its second number",
          _STRING, Argument(Kind.INTEGER), required=1),
    # names and versions
    _rule("since", _NAMED, "the version that has it first", _VERSION),
    _rule("deprecated", _NAMED, "discouraged from this version on, and what to use", _VERSION, _PROSE,
          required=1),
    _rule("unstable", _NAMED, "may change without a version", Argument(Kind.FREE_WORD), required=0),
    _rule("reserved", frozenset({_P.FIELD, _P.SLOT}), "kept for later use; writers set it to zero",
          _words("zero")),
    _rule("py", _NAMED | {_P.PARAMETER}, "its name in Python", Argument(Kind.IDENTIFIER)),
    _rule("c", _NAMED, "its name in C, which is an entry's symbol; and what the names of an enum's values"
          " begin with", Argument(Kind.C_NAME), _STRING, required=1),
    _rule("strip", frozenset({_P.ABI, _P.VTABLE}), "the ending that Python names leave out", _STRING),
    _rule("strip_types", frozenset({_P.ABI}),
          "what the Python names of types and constants leave out around `*`",
          Argument(Kind.AFFIX), repeats=True),
    _rule("hidden", _NAMED, "part of the layout, not of the bindings"),
)
# fmt: on

#: The table, by name.
ATTRIBUTES: dict[str, AttributeRule] = {rule.name: rule for rule in _ROWS}
