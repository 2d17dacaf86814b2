"""What attributes mean, in short sentences: one wording for headers, Rust modules and references.

Sentences are plain text with names in backticks. They are not yet safe in a comment; ``comments.py``
makes them so, as it does with the doc text beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from abilock.model.attributes import (
    Applied,
    ArgumentValue,
    Attribute,
    Attributes,
    Below,
    Formula,
    Number,
    Text,
    Word,
)
from abilock.model.decls import Allocator, Receiver, Slot
from abilock.model.types import FunctionPointer, Named, Pointer, Type
from abilock.model.version import Version

_LIVES = {
    "call": "for the call",
    "drop": "until the object is dropped",
    "next": "until the next call on the same object",
    "process": "as long as the process runs",
    "library": "as long as the library is loaded",
}
_SCOPES = {
    "call": "during the call only",
    "once": "once only",
    "drop": "until the object is dropped",
    "end": "until the stream ends",
    "forever": "at any time from then on",
}
_ENCODINGS = {
    "utf8": "UTF-8",
    "utf8_lossy": "UTF-8, wrong bytes are replaced",
    "ascii": "ASCII",
    "latin1": "Latin-1",
    "utf16": "UTF-16",
    "filename": "that of file names",
    "bytes": "none, any bytes",
}
_THREADS = {
    "any": "May be called from any thread.",
    "creator": "Only called from the thread that made the object.",
    "main": "Only called from the main thread.",
}
_ENDS = {
    "null": "Null marks the end.",
    "nonnull": "Anything but null marks the end.",
    "empty": "An empty one marks the end.",
}

#: Attributes that concern bindings or layouts, or that the C text itself says.
SILENT = frozenset("packed align py c hidden strip get set version triple object".split())

#: ``{0}``, ``{1}``: the arguments in words; ``{all}``: those that are given, with commas.
SENTENCES: Mapping[str, str] = {
    "struct_size": "Holds the size of the struct as the caller knows it.",
    "string": "A string: `{1}` bytes at `{0}`, without a terminator.",
    "bytes": "Bytes: `{1}` of them at `{0}`.",
    "list": "A list: `{1}` elements at `{0}`.",
    "optional": "Absent if `{0}` is false.",
    "nul": "Ends with NUL.",
    "until_value": "Ends with the element {0}.",
    "len": "Number of elements: `{0}`.",
    "lens": "Length of each element: `{0}`.",
    "size": "Size in bytes: `{0}`.",
    "capacity": "Room for elements: `{0}`.",
    "written": "The number of elements written is in `{0}`.",
    "wire": "Format of the content: {0}.",
    "as": "A value of `{0}`.",
    "invalid": "Never valid: {0}.",
    "none": "Absent: {0}.",
    "default": "Unless given: {0}.",
    "failure": "A failure if `{0}` is not empty.",
    "value": "Only valid on success.",
    "error": "Failures are written to `{0}`.",
    "ok": "Success: {all}.",
    "fails": "Failure: {all}.",
    "errors": "Failures are named by `{0}`.",
    "to": "Leads to `{0}`.",
    "retry": "{0} asks for another call with more room.",
    "truth": "Success means true, a failure with the message {0} means false.",
    "must_use": "The result must not be ignored.",
    "noreturn": "Does not return.",
    "unwinds": "An exception may pass through.",
    "out": "Written by the callee, valid only on success.",
    "inout": "Read and written by the callee.",
    "owned": "Its receiver frees it with the allocator `{0}`.",
    "free": "Ends with `{0}`.",
    "drop": "Ends with its own `{0}`.",
    "refcounted": "Counted: `{0}` takes a reference, `{1}` gives it back.",
    "clone": "`{0}` makes a second state for a copy of the table.",
    "keeps": "`{0}` must outlive the result.",
    "pinned": "Its address is remembered, so it must not move.",
    "handle": "A method of the handle `{0}`.",
    "context": "Slots take the context of the struct that points to this table.",
    "exclusive": "No two calls at once.",
    "blocking": "May take long.",
    "reentrant": "May be called from inside its own callbacks.",
    "handshake": "Part of the handshake when the library is loaded.",
    "path": "A loader gives the library's file here.",
    "manifest": "Returns the plugin's description of itself as {0}.",
    "since": "Since {0}.",
    "reserved": "Reserved: writers set it to zero.",
}


def remarks(
    attributes: Attributes, own: bool = False, type_: Type | None = None
) -> tuple[str, ...]:
    """What a reader must know besides the doc text, in the order in which it was written.

    ex) ``("Whoever receives it owns it.", "May be null.", "Number of elements: `len`.")``
    """
    found: list[str] = []
    if own:
        found.append("Whoever receives it owns it.")
    if isinstance(type_, (Pointer, Named, FunctionPointer)) and type_.nullable:
        found.append("May be null.")
    for attribute in attributes.all:
        found += _sentence(attribute)
    return tuple(found)


def slot_remarks(slot: Slot) -> tuple[str, ...]:
    """As ``remarks``, with what the kind of slot says."""
    kinds = ("May be null.",) if slot.optional else ()
    takes = slot.receiver is Receiver.OWN and not slot.drop
    return (
        *kinds,
        *(("Takes the object, which is gone then.",) if takes else ()),
        *remarks(slot.attributes),
    )


def spell_argument(argument: ArgumentValue) -> str:
    """An argument in words. ex) ``< 0``, ``until `stop_fn` ``"""
    match argument:
        case Word() | Text() | Formula():
            return argument.text
        case Number():
            return str(argument.value)
        case Below():
            return f"{argument.operator} {argument.value}"
        case Applied():
            inside = ", ".join(f"`{spell_argument(part)}`" for part in argument.arguments)
            return f"{argument.name} {inside}"
        case Version():
            return str(argument)


def allocator_remarks(allocators: Iterable[Allocator]) -> tuple[str, ...]:
    """A paragraph for each allocator that attributes name.

    ex) ``The allocator `rust`: malloc/free on unix, process_heap on windows.``
    """
    lines: list[str] = []
    for allocator in allocators:
        schemes = ", ".join(
            "/".join(name for name in (scheme.acquire, scheme.release) if name)
            + (f" on {scheme.family}" if scheme.family else "")
            for scheme in allocator.schemes
        )
        lines += (*([""] if lines else []), f"The allocator `{allocator.name}`: {schemes}.")
        lines += allocator.doc.lines
    return tuple(lines)


def _sentence(attribute: Attribute) -> tuple[str, ...]:
    if attribute.name in SILENT:
        return ()
    special = SPECIAL.get(attribute.name)
    if special is not None:
        sentence = special([spell_argument(argument) for argument in attribute.arguments])
        return (sentence,) if sentence else ()
    template = SENTENCES.get(attribute.name)
    if template is None:
        return ()
    words = [spell_argument(argument) for argument in attribute.arguments]
    return (template.format(*words, all=", ".join(words)),)


def _result(words: list[str]) -> str:
    head = f"An outcome: success if `{words[0]}` is 0"
    return f"{head}, else `{words[1]}` says why." if len(words) > 1 else f"{head}."


def _error_buffer(words: list[str]) -> str:
    length = f", its length in `{words[1]}`" if len(words) > 1 else ""
    return f"An error that the callee writes: text in `{words[0]}`{length}."


def _release(words: list[str]) -> str:
    given = f" with `{words[1]}`" if len(words) > 1 else ""
    return f"Ends with a call of its own `{words[0]}`{given}."


def _depth(words: list[str]) -> str:
    shell = words[0] == "shell"
    return (
        "Ownership is of the container only." if shell else "Ownership includes all that it holds."
    )


def _consumed(words: list[str]) -> str:
    return (
        "Taken only if the call succeeds." if words[0] == "success" else "Taken whatever happens."
    )


def _deprecated(words: list[str]) -> str:
    advice = f": {words[1].rstrip('.')}" if len(words) > 1 else ""
    return f"Deprecated since {words[0]}{advice}."


#: Sentences that depend on which arguments are there.
SPECIAL: Mapping[str, Callable[[list[str]], str]] = {
    "result": _result,
    "error_buffer": _error_buffer,
    "release": _release,
    "depth": _depth,
    "consumed": _consumed,
    "deprecated": _deprecated,
    "encoding": lambda words: f"Encoding: {_ENCODINGS[words[0]]}.",
    "thread": lambda words: _THREADS[words[0]],
    "end": lambda words: _ENDS[words[0]],
    "json": lambda words: f"JSON: {words[0]}." if words else "JSON.",
    "create": lambda words: f"Makes the handle `{words[0]}`." if words else "Makes a handle.",
    "destroy": lambda words: f"Ends `{words[0]}`." if words else "Ends what it is for.",
    # Without an argument it stands at the context itself.
    "ctx": lambda words: f"Its context is `{words[0]}`." if words else "",
    "until": lambda words: f"Borrowed {_LIVES.get(words[0], words[0])}.",
    "scope": lambda words: f"May be called {_SCOPES.get(words[0], words[0])}.",
    "unstable": lambda words: (
        f"May change without a version ({words[0]})." if words else "May change without a version."
    ),
}
