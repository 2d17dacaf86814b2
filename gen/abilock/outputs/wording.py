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
    "call": "during the call",
    "drop": "until the object is destroyed",
    "next": "until the next call on the same object",
    "process": "as long as the process runs",
    "library": "as long as the library is loaded",
}
_SCOPES = {
    "call": "Only called during this call.",
    "once": "Called at most once.",
    "drop": "May be called until the object is destroyed.",
    "end": "May be called until the stream ends.",
    "forever": "May be called at any time from now on.",
}
_ENCODINGS = {
    "utf8": "UTF-8",
    "utf8_lossy": "UTF-8, in which invalid bytes are replaced",
    "ascii": "ASCII",
    "latin1": "Latin-1",
    "utf16": "UTF-16",
    "filename": "that of file names on the system",
    "bytes": "none, these are bytes",
}
_THREADS = {
    "any": "May be called from any thread.",
    "creator": "Call it only from the thread that created the object.",
    "main": "Call it only from the main thread.",
}
_ENDS = {
    "null": "Null marks the end of the stream.",
    "nonnull": "Anything but null marks the end of the stream.",
    "empty": "An empty value marks the end of the stream.",
}

#: Attributes that concern bindings or layouts, or that the C text itself says.
SILENT = frozenset(
    "packed align py c hidden strip strip_types get set version triple object".split()
)

#: ``{0}``, ``{1}``: the arguments in words.
SENTENCES: Mapping[str, str] = {
    "struct_size": "The caller sets it to the size that the struct has for the caller.",
    "string": "`{1}` bytes of text at `{0}`, without a NUL at the end.",
    "bytes": "`{1}` bytes at `{0}`.",
    "list": "A list of `{1}` elements at `{0}`.",
    "optional": "There is no value if `{0}` is false.",
    "nul": "Ends with a NUL character.",
    "until_value": "The element {0} marks the end.",
    "len": "Points to `{0}` elements.",
    "lens": "`{0}` holds the length of each element.",
    "size": "Points to `{0}` bytes.",
    "capacity": "Has room for `{0}` elements.",
    "written": "`{0}` tells how many elements were written.",
    "wire": "The content is in the format {0}.",
    "as": "A value of the enum `{0}`.",
    "failure": "The call failed if `{0}` is not empty.",
    "value": "Only valid on success.",
    "error": "If the call fails, `{0}` says why.",
    "errors": "`{0}` names the ways in which it can fail.",
    "to": "Points to a `{0}`.",
    "absent": "If it is null, it counts as one that does nothing and returns {0}.",
    "truth": 'Success means true; a failure with the message "{0}" means false.',
    "must_use": "The result must not be ignored.",
    "noreturn": "Does not return.",
    "unwinds": "An exception or panic may pass through it.",
    "out": "Set by the callee; only valid on success.",
    "inout": "Read and set by the callee.",
    "owned": "The receiver frees it with the allocator `{0}`.",
    "free": "The owner frees it with `{0}`.",
    "drop": "The owner frees it by calling its `{0}`.",
    "refcounted": "Reference-counted: `{0}` takes a reference, `{1}` gives it back.",
    "clone": "`{0}` copies the state, for a copy of the table.",
    "keeps": "`{0}` must live longer than the result.",
    "pinned": "The callee keeps the address, so it must not move.",
    "handle": "Works on the handle `{0}`.",
    "context": "Its functions get the context of the struct that points to this table.",
    "exclusive": "No two calls at the same time.",
    "blocking": "May take a long time.",
    "reentrant": "May be called from within its own callbacks.",
    "handshake": "Called or read when the library is loaded.",
    "path": "The loader passes the library's own file here.",
    "manifest": "Returns the plugin's description of itself as {0}.",
    "range": "A plugin's manifest says under `{0}` with which versions of it the plugin works.",
    "since": "Available since version {0}.",
    "reserved": "Reserved; set it to zero.",
}


def remarks(
    attributes: Attributes, own: bool = False, type_: Type | None = None
) -> tuple[str, ...]:
    """What a reader must know besides the doc text, in the order in which it was written.

    ex) ``("Whoever receives it owns it.", "May be null.", "Points to `len` elements.")``
    """
    found: list[str] = []
    if own:
        found.append("Whoever receives it owns it.")
    if isinstance(type_, (Pointer, Named, FunctionPointer)) and type_.nullable:
        found.append("May be null.")
    for attribute in attributes.all:
        if attribute.name == "destroy" and type_ is not None:
            found.append(_ends_callback(attribute))
        else:
            found += _sentence(attribute)
    return tuple(found)


def slot_remarks(slot: Slot) -> tuple[str, ...]:
    """As ``remarks``, with what the kind of slot says."""
    kinds = ("May be null.",) if slot.optional else ()
    takes = slot.receiver is Receiver.OWN and not slot.drop
    return (
        *kinds,
        *(("Takes the object over; do not use it afterwards.",) if takes else ()),
        *remarks(slot.attributes),
    )


def spell_argument(argument: ArgumentValue) -> str:
    """An argument in words. ex) ``< 0``, ``until `stop_fn` is called``"""
    match argument:
        case Word() | Text() | Formula():
            return argument.text
        case Number():
            return str(argument.value)
        case Below():
            return f"{argument.operator} {argument.value}"
        case Applied():
            inside = ", ".join(f"`{spell_argument(part)}`" for part in argument.arguments)
            return f"{argument.name} {inside} is called"
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
    outcome = OUTCOMES.get(attribute.name)
    if outcome is not None:
        values = " or ".join(spell_outcome(argument) for argument in attribute.arguments)
        return (_capitalised(outcome.format(values)),)
    special = SPECIAL.get(attribute.name)
    if special is not None:
        sentence = special([spell_argument(argument) for argument in attribute.arguments])
        return (sentence,) if sentence else ()
    template = SENTENCES.get(attribute.name)
    if template is None:
        return ()
    words = [spell_argument(argument) for argument in attribute.arguments]
    return (template.format(*words),)


def spell_outcome(argument: ArgumentValue) -> str:
    """What a value is compared with, in words. ex) ``a negative value``, ``null``, `` `Busy` ``"""
    match argument:
        case Word(text) if text == "empty":
            return "an empty value"
        case Word(text) if text not in ("null", "true", "false"):
            return f"`{text}`"
        case Below(operator="<", value=0):
            return "a negative value"
        case Below(operator=">", value=0):
            return "a positive value"
        case Below():
            return f"any value {spell_argument(argument)}"
        case _:
            return spell_argument(argument)


def _capitalised(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"


def _ends_callback(attribute: Attribute) -> str:
    """What ``@destroy`` says of a callback; of a function, it says which handle that destroys."""
    for argument in attribute.arguments:
        return f"`{spell_argument(argument)}` is called when this is no longer needed."
    return "Called when the callback is no longer needed."


def _result(words: list[str]) -> str:
    head = f"The outcome of a call: success if `{words[0]}` is 0"
    return f"{head}, otherwise `{words[1]}` says why." if len(words) > 1 else f"{head}."


def _error_buffer(words: list[str]) -> str:
    length = f", the length of the text to `{words[1]}`" if len(words) > 1 else ""
    return f"The callee writes an error here: its text to `{words[0]}`{length}."


def _release(words: list[str]) -> str:
    given = f" with `{words[1]}`" if len(words) > 1 else ""
    return f"The owner frees it by calling its `{words[0]}`{given}."


def _depth(words: list[str]) -> str:
    shell = words[0] == "shell"
    return (
        "Only the container is handed over, not what it holds."
        if shell
        else "What it holds is handed over as well."
    )


def _consumed(words: list[str]) -> str:
    return (
        "Handed over only if the call succeeds."
        if words[0] == "success"
        else "Handed over even if the call fails."
    )


def _deprecated(words: list[str]) -> str:
    advice = f": {words[1].rstrip('.')}" if len(words) > 1 else ""
    return f"Deprecated since {words[0]}{advice}."


#: Sentences about what a value means; ``{}``: the values, in words.
OUTCOMES: Mapping[str, str] = {
    "ok": "{} means success.",
    "fails": "{} means failure.",
    "retry": "{} means that there was too little room: call again with more.",
    "invalid": "{} is never valid.",
    "none": "{} means that there is nothing.",
    "default": "The default is {}.",
}

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
    "json": lambda words: f"JSON text: {words[0]}." if words else "JSON text.",
    "create": lambda words: f"Creates the handle `{words[0]}`." if words else "Creates a handle.",
    "destroy": lambda words: (
        f"Destroys the handle `{words[0]}`." if words else "Destroys the handle."
    ),
    # Without an argument it stands at the context itself.
    "ctx": lambda words: f"Gets `{words[0]}` as its context." if words else "",
    "until": lambda words: f"Valid {_LIVES.get(words[0], words[0])}; do not free it.",
    "scope": lambda words: _SCOPES.get(words[0], f"May be called {words[0]}."),
    "unstable": lambda words: (
        f"May change without a new version ({words[0]})."
        if words
        else "May change without a new version."
    ),
}
