"""How attributes are written, for people: usage lines, and the hints of messages about arguments."""

from __future__ import annotations

from abilock.check.attribute_table import Argument, AttributeRule, Kind, Need, Place
from abilock.syntax import ast

_NEEDS = {
    Need.POINTER: "stands behind the type of a pointer, such as `*const T` or `*mut T`",
    Need.FUNCTION: "stands behind the name of a callback, or behind `(fn() -> T)?`",
    Need.FUNCTIONS: "stands behind the name of a callback, or behind `(fn() -> T)?`",
}
_WORDS = frozenset(
    {
        Kind.FIELD,
        Kind.MEMBER,
        Kind.SIBLING,
        Kind.SLOT,
        Kind.ENUM,
        Kind.OBJECT,
        Kind.ALLOCATOR,
        Kind.FUNCTION,
    }
)


def usage(rule: AttributeRule) -> str:
    """ex) ``@string(field, field[, field])``"""
    if not rule.arguments:
        return f"@{rule.name}"
    text = ""
    for index, argument in enumerate(rule.arguments):
        shown = " or ".join((*_kind(argument), *argument.words))
        shown = f"{', ' if index else ''}{shown}"
        text += shown if index < rule.required else f"[{shown}]"
    if rule.repeats:
        text += "[, …]"
    return f"@{rule.name}({text})" if rule.required else f"@{rule.name}[({text[1:-1]})]"


def _kind(argument: Argument) -> tuple[str, ...]:
    """The word for what an argument is, unless it is one of a few words."""
    is_choice = argument.words and argument.kind is not Kind.FIELD
    return () if is_choice else (argument.kind.name.lower(),)


def usage_hint(rule: AttributeRule) -> str:
    """ex) ``write `@reserved(zero)`: kept for later use; writers set it to zero``"""
    return f"write `{usage(rule)}`: {rule.summary}"


def argument_hint(given: ast.Argument, expected: Argument, rule: AttributeRule) -> str:
    """What to write for an argument of the wrong kind."""
    if isinstance(given, ast.String) and expected.kind in _WORDS and given.value.isidentifier():
        return f"names have no quotes here: `{given.value}`"
    if expected.kind in (Kind.STRING, Kind.IDENTIFIER, Kind.C_NAME):
        if isinstance(given, ast.Reference) and len(given.parts) == 1:
            return f'write it in quotes: `"{given.parts[0]}"`'
        if expected.kind is not Kind.STRING:
            return "an identifier has ASCII letters, digits and `_`, and begins with no digit"
    return usage_hint(rule)


def place_hint(rule: AttributeRule, place: Place) -> str | None:
    """What to do about an attribute on the wrong side of a type."""
    shown = usage(rule)
    match place:
        case Place.PARAMETER if Place.PARAMETER_TYPE in rule.places:
            return f"it stands behind the type: `name: TYPE {shown}`"
        case Place.FIELD if Place.FIELD_TYPE in rule.places:
            return f"it stands behind the type: `name: TYPE {shown}`"
        case Place.SLOT | Place.ENTRY | Place.CALLBACK if Place.RESULT_TYPE in rule.places:
            return f"it stands behind the type that it is about, such as `-> TYPE {shown}`"
        case Place.FIELD_TYPE if Place.FIELD in rule.places:
            return f"it stands before the name: `{shown} name: TYPE`"
        case Place.PARAMETER_TYPE if Place.PARAMETER in rule.places:
            return f"it stands before the name: `{shown} name: TYPE`"
        case Place.RESULT_TYPE if rule.places & {Place.SLOT, Place.ENTRY}:
            return f"it stands before the function: `{shown} fn name()`"
        case Place.ALIAS_TYPE if Place.ALIAS in rule.places:
            return f"it stands before the item: `{shown} type NAME = TYPE;`"
        case _:
            return None


def type_hint(rule: AttributeRule, need: Need) -> str:
    """What to do about an attribute on something of the wrong type."""
    where = _NEEDS.get(need)
    if where is None:
        return f"choose another, or leave it out; `abilock explain @{rule.name}` shows it at work"
    return f"it {where}; `abilock explain @{rule.name}` shows it at work"
