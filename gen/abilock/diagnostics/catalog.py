"""Every diagnostic code. A number is never given to another meaning, not even after it was retired.

The page that `abilock explain` prints for a code is ``pages/<number>-<slug>.md``; its bad example is
``tests/cases/bad/<number>-<slug>…``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """Errors stop a run, warnings and notes do not; a note asks for nothing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Code:
    """ex) ``Code("A0201", "unknown-type", Severity.ERROR, "a type that nothing declares")``"""

    number: str
    slug: str
    severity: Severity
    title: str


def _error(number: str, slug: str, title: str) -> Code:
    return Code(number, slug, Severity.ERROR, title)


def _warning(number: str, slug: str, title: str) -> Code:
    return Code(number, slug, Severity.WARNING, title)


# --- A00: text and grammar
FILE_UNREADABLE = _error("A0001", "file-unreadable", "a file that cannot be read")
FILE_TOO_LARGE = _error("A0002", "file-too-large", "a file over the size limit")
NOT_UTF8 = _error("A0003", "not-utf8", "bytes that are not UTF-8")
CONTROL_CHARACTER = _error("A0004", "control-character", "a control character or NUL in the text")
BIDI_CHARACTER = _error("A0005", "bidi-character", "a character that changes the order of the text")
BAD_CHARACTER = _error("A0006", "bad-character", "a character that the language does not use")
UNTERMINATED = _error("A0007", "unterminated", "a string or comment without its end")
BAD_ESCAPE = _error("A0008", "bad-escape", "an unknown escape in a string")
BAD_NUMBER = _error("A0009", "bad-number", "a number that is not written as one")
SYNTAX = _error("A0010", "syntax", "something else was expected here")
UNBALANCED = _error("A0011", "unbalanced", "a bracket without its partner")
TOO_DEEP = _error("A0012", "too-deep", "nesting beyond the limit")
STRAY_DOC = _error("A0013", "stray-doc", "a doc comment that documents nothing")
DOUBTFUL_DOC = _warning("A0014", "doubtful-doc", "a comment that other tools read as docs")
MERGE_CONFLICT = _error("A0015", "merge-conflict", "a merge that nobody has finished")
INVISIBLE_CHARACTER = _warning("A0016", "invisible-character", "a character that nobody sees")

# --- A01: files and names
ABI_MISSING = _error("A0101", "abi-missing", "a file that does not start with `abi`")
ABI_REPEATED = _error("A0102", "abi-repeated", "something that stands once, twice")
IMPORT_MISSING = _error("A0103", "import-missing", "an imported file that is not there")
IMPORT_CYCLE = _error("A0104", "import-cycle", "files that import each other")
DUPLICATE_NAME = _error("A0105", "duplicate-name", "a name declared twice")
RESERVED_NAME = _error("A0106", "reserved-name", "a name that C reserves")
NAME_COLLISION = _error("A0107", "name-collision", "two names that become one in another language")
BUILTIN_NAME = _error("A0108", "builtin-name", "a declaration named as a built-in type")
DISCARDED_NAME = _error("A0109", "discarded-name", "`_` where a name is needed")
LONG_NAME = _error("A0110", "long-name", "a name longer than compilers tell apart")

# --- A02: types
UNKNOWN_NAME = _error("A0201", "unknown-name", "a name that nothing declares")
NOT_A_TYPE = _error("A0202", "not-a-type", "a name that is not a type")
BY_VALUE_CYCLE = _error("A0203", "by-value-cycle", "types that contain each other")
EMPTY_AGGREGATE = _error(
    "A0204", "empty-aggregate", "a struct, union, vtable or enum without members"
)
VOID_BY_VALUE = _error("A0205", "void-by-value", "`void` where a value is needed")
OPAQUE_BY_VALUE = _error("A0206", "opaque-by-value", "an opaque type that is not behind a pointer")
BAD_NULLABLE = _error("A0207", "bad-nullable", "`?` on something that is never null")
ARRAY_BY_VALUE = _error("A0208", "array-by-value", "an array passed or returned by value")
NESTED_OUTSIDE = _error(
    "A0209", "nested-outside", "a written-out struct that is not a member's type"
)
BAD_VARIADIC = _error("A0210", "bad-variadic", "`...` where C does not allow it")
UNKNOWN_CONVENTION = _error("A0211", "unknown-convention", "an unknown calling convention")
BAD_OWN = _error("A0212", "bad-own", "`own` on something that nobody can own")
TOO_LARGE = _error("A0213", "too-large", "an object that overflows an address space")
PACKED_ALIGNED = _error(
    "A0214", "packed-aligned", "packing and alignment that contradict each other"
)
ALIAS_CYCLE = _error("A0215", "alias-cycle", "type aliases that name each other")
DISPUTED_LAYOUT = _warning("A0216", "disputed-layout", "a layout that compilers disagree on")

# --- A03: numbers
NOT_CONSTANT = _error("A0301", "not-constant", "a value that is not known")
OUT_OF_RANGE = _error("A0302", "out-of-range", "a value that its type cannot hold")
BAD_ARRAY_LENGTH = _error("A0303", "bad-array-length", "an array length that is not positive")
BAD_BIT_WIDTH = _error("A0304", "bad-bit-width", "a bit-field that its type cannot hold")
BAD_ARITHMETIC = _error("A0305", "bad-arithmetic", "an expression without a value")
CONSTANT_CYCLE = _error("A0306", "constant-cycle", "constants that need each other")
BAD_CONSTANT_TYPE = _error("A0307", "bad-constant-type", "a constant of a type that has none")
BAD_ENUM_WIDTH = _error("A0308", "bad-enum-width", "an enum over something that is not an integer")
DUPLICATE_VALUE = _warning("A0309", "duplicate-value", "two enum values with one number")
BAD_FLAG = _warning("A0310", "bad-flag", "a flag that is not made of single bits")
LONG_TEXT = _error("A0311", "long-text", "a text longer than C compilers take")

# --- A04: attributes
UNKNOWN_ATTRIBUTE = _error("A0401", "unknown-attribute", "an attribute that does not exist")
MISPLACED_ATTRIBUTE = _error("A0402", "misplaced-attribute", "an attribute in the wrong place")
DUPLICATE_ATTRIBUTE = _error("A0403", "duplicate-attribute", "an attribute given twice")
ATTRIBUTE_COUNT = _error("A0404", "attribute-count", "too few or too many arguments")
ATTRIBUTE_ARGUMENT = _error("A0405", "attribute-argument", "an argument of the wrong kind")
ATTRIBUTE_TARGET = _error("A0406", "attribute-target", "an argument that names nothing")
ATTRIBUTE_TYPE = _error(
    "A0407", "attribute-type", "an attribute on, or naming, a thing of the wrong type"
)
ATTRIBUTE_CONFLICT = _error(
    "A0408", "attribute-conflict", "attributes that contradict each other, or their signature"
)
NO_EFFECT = _warning("A0409", "no-effect", "an attribute of which nothing comes where it stands")

# --- A05: versions
BAD_VERSION = _error("A0501", "bad-version", "a version that is not a version")
FUTURE_VERSION = _error("A0502", "future-version", "`@since` or `@deprecated` newer than the ABI")
BAD_COMPAT = _error("A0503", "bad-compat", "an unknown compatibility rule")
UNKNOWN_TARGET = _error("A0504", "unknown-target", "a target that abilock does not know")
DEPRECATED_FIRST = _error("A0505", "deprecated-first", "deprecated before it existed")
IMPORT_TARGET = _error("A0506", "import-target", "a target that an imported ABI does not have")
NOTHING_COMPARED = _error(
    "A0507", "nothing-compared", "a compatibility rule that finds nothing to compare"
)

# --- A06: objects, slots, allocators
BAD_SELF = _error("A0601", "bad-self", "a `self` that says not how, or stands in the wrong place")
NO_CONTEXT = _warning("A0602", "no-context", "a slot with `self` in a vtable without a context")
BAD_GAP = _error("A0603", "bad-gap", "`...` that is missing, repeated or out of place")
NOT_A_CONVENTION = _error("A0604", "not-a-convention", "a vtable that follows something else")
BAD_ALLOCATOR = _error("A0605", "bad-allocator", "an allocator scheme that is not known")
SLOT_OUTSIDE = _error("A0606", "slot-outside", "a slot outside a vtable")
SCOPE_MISSING = _error(
    "A0607", "scope-missing", "a callback that does not say how long it may be called"
)
BAD_CONTEXT = _error(
    "A0608", "bad-context", "a context that is missing, ambiguous or of the wrong type"
)
BAD_ROLE = _error("A0609", "bad-role", "a function that cannot do what an attribute has it do")
ALLOCATOR_GAP = _warning("A0610", "allocator-gap", "an allocator that some targets do not have")

# --- A07: bindings
NO_BINDING = _error("A0701", "no-binding", "something that a Python package cannot have")
RAW_BINDING = _warning("A0702", "raw-binding", "something that Python gets as C has it")
COPIED_BINDING = _warning(
    "A0703", "copied-binding", "something to write to, of which Python passes a copy"
)
BINDING_LEFT_OUT = _warning("A0704", "binding-left-out", "something that Python leaves out")
KEPT_BINDING = _warning("A0705", "kept-binding", "an object that Python keeps for ever")
SINCE_UNTOLD = _warning(
    "A0706", "since-untold", "what only newer plugins have, where none tells how old it is"
)
VERSION_UNREAD = _warning(
    "A0707", "version-unread", "what a plugin says of itself, where nobody reads it"
)

# --- A08: libraries and what they prove
LIBRARY_UNREADABLE = _error("A0801", "library-unreadable", "a library that cannot be read")
WITNESS_DAMAGED = _error("A0802", "witness-damaged", "a witness that cannot be read")
WITNESS_MISSING = _warning("A0803", "witness-missing", "a library without a witness")
WITNESS_DIFFERS = _error(
    "A0804", "witness-differs", "a library that was compiled against something else"
)
WITNESS_STRANGE = _warning(
    "A0805", "witness-strange", "a witness of something that nothing here describes"
)
WITNESS_VERSION = _error("A0806", "witness-version", "a library of a version that loaders refuse")

# --- A09: config, generated files
CONFIG_MISSING = _error("A0901", "config-missing", "no configuration")
CONFIG_INVALID = _error("A0902", "config-invalid", "a configuration that cannot be used")
OUTPUT_NOT_OURS = _error("A0903", "output-not-ours", "a file in the way that abilock did not write")
OUTPUT_EDITED = _error("A0904", "output-edited", "a generated file that was edited by hand")
OUTPUT_ESCAPES = _error("A0905", "output-escapes", "an output path that leads elsewhere")
OUTPUT_UNWRITABLE = _error("A0906", "output-unwritable", "a file that cannot be written")
OUTPUT_BUSY = _error("A0907", "output-busy", "another run is writing")
OUTPUT_STALE = _error("A0908", "output-stale", "a generated file that is not up to date")
OUTPUT_MISSING = _error("A0909", "output-missing", "a generated file that is not there")
OUTPUT_SURPLUS = _error(
    "A0910", "output-surplus", "a generated file that nothing generates any more"
)
OUTPUT_DUPLICATE = _error("A0911", "output-duplicate", "two outputs with one path")
MANIFEST_INVALID = _error("A0912", "manifest-invalid", "a manifest that cannot be read")
RENDER_FAILED = _error("A0913", "render-failed", "an output that cannot be made")
OUTPUT_MERGED = _error(
    "A0914", "output-merged", "generated files of two branches that git has put together"
)

# --- A10: released versions
LOCK_INVALID = _error("A1001", "lock-invalid", "a lock that cannot be read")
LOCK_MERGED = _error("A1002", "lock-merged", "a lock that two branches have added releases to")
RELEASED_TWICE = _error("A1003", "released-twice", "one version of two releases")
RELEASE_EDITED = _error("A1004", "release-edited", "a release that was edited")
RELEASE_MISSING = _error("A1005", "release-missing", "a release without its description")
RELEASE_UNLISTED = _error(
    "A1006", "release-unlisted", "a description among the releases that was not released"
)
VERSION_TAKEN = _error(
    "A1007", "version-taken", "a version that was released and means another ABI"
)
VERSION_TOO_LOW = _error("A1008", "version-too-low", "a version that says less than what changed")
RELEASE_LOST = _error("A1009", "release-lost", "a release of another revision that is not here")
UNKNOWN_RELEASE = _error("A1010", "unknown-release", "the name of a release that there is none of")
LOCK_STRAY = _error("A1011", "lock-stray", "a lock of an ABI that nobody describes")

# --- A11: accepted exceptions
ACCEPT_UNKNOWN = _error("A1101", "accept-unknown", "an exception for a rule that there is none of")
ACCEPT_UNUSED = _error("A1102", "accept-unused", "an exception that nothing needs")
ACCEPT_BROAD = _error("A1103", "accept-broad", "an exception that accepts more than it may")
ACCEPT_ENDED = _error("A1104", "accept-ended", "an exception that is past its end")

# --- A12: compilers and what they say
LAYOUT_CONTRADICTED = _error(
    "A1201", "layout-contradicted", "a layout that a compiler makes another one of"
)
COMPILER_FAILED = _error("A1202", "compiler-failed", "a compiler that does not answer")

# --- A13: the command line
WRONG_ARGUMENTS = _error("A1301", "wrong-arguments", "a command that was used wrongly")
SYSTEM_ERROR = _error(
    "A1302", "system-error", "something that the system does not let a command do"
)


def all_codes() -> tuple[Code, ...]:
    """Every code, by number."""
    found = [value for value in globals().values() if isinstance(value, Code)]
    return tuple(sorted(found, key=lambda code: code.number))
