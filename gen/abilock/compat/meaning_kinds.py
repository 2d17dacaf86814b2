"""Which kind of change it is that an attribute came, went or says something else."""

from __future__ import annotations

from abilock.compat.changes import Kind
from abilock.model.attributes import Applied, Attribute, Word

_KINDS = {
    "owned": Kind.OWNED_ALLOCATOR_CHANGED,
    "free": Kind.RELEASE_CHANGED,
    "drop": Kind.RELEASE_CHANGED,
    "release": Kind.RELEASE_CHANGED,
    "refcounted": Kind.RELEASE_CHANGED,
    "depth": Kind.DEPTH_CHANGED,
    "consumed": Kind.FAILURE_OWNER_CHANGED,
    "clone": Kind.CLONE_CHANGED,
    "len": Kind.LENGTH_CHANGED,
    "lens": Kind.LENGTH_CHANGED,
    "size": Kind.LENGTH_CHANGED,
    "nul": Kind.TERMINATOR_CHANGED,
    "until_value": Kind.TERMINATOR_CHANGED,
    "capacity": Kind.ROOM_CHANGED,
    "written": Kind.ROOM_CHANGED,
    "retry": Kind.ROOM_CHANGED,
    "out": Kind.DIRECTION_CHANGED,
    "inout": Kind.DIRECTION_CHANGED,
    "string": Kind.VIEW_CHANGED,
    "bytes": Kind.VIEW_CHANGED,
    "list": Kind.VIEW_CHANGED,
    "optional": Kind.VIEW_CHANGED,
    "value": Kind.VIEW_CHANGED,
    "encoding": Kind.ENCODING_CHANGED,
    "json": Kind.WIRE_CHANGED,
    "wire": Kind.WIRE_CHANGED,
    "struct_size": Kind.STRUCT_SIZE_CHANGED,
    "as": Kind.ENUM_OF_INTEGER_CHANGED,
    "to": Kind.OBJECT_OF_POINTER_CHANGED,
    "invalid": Kind.SPECIAL_VALUE_CHANGED,
    "none": Kind.SPECIAL_VALUE_CHANGED,
    "absent": Kind.SPECIAL_VALUE_CHANGED,
    "default": Kind.DEFAULT_CHANGED,
    "ok": Kind.SUCCESS_VALUE_CHANGED,
    "fails": Kind.SUCCESS_VALUE_CHANGED,
    "truth": Kind.SUCCESS_VALUE_CHANGED,
    "result": Kind.ERROR_CHANNEL_CHANGED,
    "failure": Kind.ERROR_CHANNEL_CHANGED,
    "error_buffer": Kind.ERROR_CHANNEL_CHANGED,
    "error": Kind.ERROR_CHANNEL_CHANGED,
    "errors": Kind.ERROR_NAMES_CHANGED,
    "end": Kind.STREAM_END_CHANGED,
    "unwinds": Kind.UNWINDING_CHANGED,
    "must_use": Kind.CALL_CONTRACT_CHANGED,
    "noreturn": Kind.CALL_CONTRACT_CHANGED,
    "object": Kind.OBJECT_CHANGED,
    "context": Kind.OBJECT_CHANGED,
    "handle": Kind.HANDLE_CHANGED,
    "create": Kind.HANDLE_CHANGED,
    "get": Kind.PROPERTY_CHANGED,
    "set": Kind.PROPERTY_CHANGED,
    "ctx": Kind.CALLBACK_CONTEXT_CHANGED,
    "blocking": Kind.BLOCKING_CHANGED,
    "handshake": Kind.HANDSHAKE_CHANGED,
    "version": Kind.VERSION_SOURCE_CHANGED,
    "triple": Kind.VERSION_SOURCE_CHANGED,
    "manifest": Kind.VERSION_SOURCE_CHANGED,
    "range": Kind.VERSION_SOURCE_CHANGED,
    "since": Kind.SINCE_CHANGED,
    "unstable": Kind.STABILITY_CHANGED,
}
#: What says nothing that another kind of change does not: where a place is given up or put to use.
_TOLD_ELSEWHERE = frozenset({"reserved"})
_CHANNELS = frozenset({"result", "failure", "error_buffer", "error"})
_SUCCESS = frozenset({"ok", "fails", "truth"})
_TERMINATED = frozenset({"nul", "until_value"})

#: How long a borrowed thing lives, and how long a callback may be called, the shortest first.
_LIVES = ("call", "next", "drop", "process", "library")
_SCOPES = ("call", "drop", "forever")
#: Who may call, the strictest first; the others cannot be told apart.
_ANY_THREAD = "any"


def kind_of(
    name: str, old: Attribute | None, new: Attribute | None, *, usual: str = "call"
) -> Kind | None:
    """The kind of change of an attribute; None if something else tells of it, or if nothing changed.

    ``usual``: how long what is lent lives where nothing is said of that.
    """
    match name:
        case _ if name in _TOLD_ELSEWHERE:
            return None
        case "until" | "pinned" | "keeps":
            return _lifetime(name, old, new, usual)
        case "scope":
            return _scope(_moment(old), _moment(new))
        case "thread":
            return _thread(_moment(old), _moment(new))
        case "exclusive":
            return Kind.THREAD_RESTRICTED if new else Kind.THREAD_RELAXED
        case "reentrant":
            return Kind.THREAD_RELAXED if new else Kind.THREAD_RESTRICTED
        case "destroy":
            return Kind.CALLBACK_END_CHANGED
        case "deprecated":
            return _deprecation(old, new)
        case "len" | "size" | "nul" | "until_value" | "lens":
            return _length(name, old, new)
        case "ok" | "fails" | "truth":
            was_channel = old is not None and old.name in _CHANNELS
            return Kind.ERROR_CHANNEL_CHANGED if was_channel else Kind.SUCCESS_VALUE_CHANGED
    return _KINDS.get(name, Kind.MEANING_CHANGED)


def _length(name: str, old: Attribute | None, new: Attribute | None) -> Kind:
    names = {each.name for each in (old, new) if each is not None}
    if names & _TERMINATED:
        return Kind.TERMINATOR_CHANGED
    return Kind.LENGTH_UNIT_CHANGED if names == {"len", "size"} else Kind.LENGTH_CHANGED


def _lifetime(name: str, old: Attribute | None, new: Attribute | None, usual: str) -> Kind | None:
    if name == "pinned":
        return Kind.LIFETIME_LENGTHENED if new else Kind.LIFETIME_SHORTENED
    if name == "keeps":
        if old and new:
            return Kind.LIFETIME_CHANGED
        return Kind.LIFETIME_SHORTENED if new else Kind.LIFETIME_LENGTHENED
    before, after = _moment(old) or usual, _moment(new) or usual
    if before == after:
        return None
    if before not in _LIVES or after not in _LIVES:
        return Kind.LIFETIME_CHANGED
    is_shorter = _LIVES.index(after) < _LIVES.index(before)
    return Kind.LIFETIME_SHORTENED if is_shorter else Kind.LIFETIME_LENGTHENED


def _scope(before: str, after: str) -> Kind:
    if before == "forever" or after == "call":
        return Kind.SCOPE_NARROWED
    if after == "forever" or before == "call":
        return Kind.SCOPE_WIDENED
    return Kind.SCOPE_CHANGED


def _thread(before: str, after: str) -> Kind:
    # Of what is not said any more, nobody may rely on any longer that it holds for all threads.
    is_freer = after == _ANY_THREAD or (not after and before != _ANY_THREAD)
    return Kind.THREAD_RELAXED if is_freer else Kind.THREAD_RESTRICTED


def _deprecation(old: Attribute | None, new: Attribute | None) -> Kind | None:
    if new is None:
        return Kind.DEPRECATION_WITHDRAWN
    return Kind.DEPRECATED if old is None else None


def _moment(attribute: Attribute | None) -> str:
    """ex) ``call``, ``until(stop)``; nothing for none"""
    if attribute is None or not attribute.arguments:
        return ""
    first = attribute.arguments[0]
    if isinstance(first, Applied):
        inner = (each.text for each in first.arguments if isinstance(each, Word))
        return f"{first.name}({', '.join(inner)})"
    return first.text if isinstance(first, Word) else ""
