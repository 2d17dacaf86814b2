"""How things are written: what to say where somebody left off in the middle, and no slip is known."""

from __future__ import annotations

from abilock.syntax.lexemes import PlacedToken

#: What follows a word that begins something.
_AFTER = {
    "struct": "`struct Name { field: type }`",
    "union": "`union Name { member: type }`",
    "vtable": "`vtable Name { state: *mut void, fn slot(self: const); }`",
    "enum": "`enum Name { Value = 1 }`",
    "flags": "`flags Name: u32 { Value = 1 }`",
    "opaque": "`opaque Name;`",
    "type": "`type Name = u32;`",
    "const": "`const NAME: u32 = 1;`",
    "callback": "`callback Name(parameter: type) -> type;`",
    "fn": "`fn name(parameter: type) -> type`",
    "entry": "`entry fn name(parameter: type) -> type;` or `entry static name: type;`",
    "static": "`entry static name: type;`",
    "import": '`import "other.abi";`',
    "allocator": "`allocator name = malloc/free;`",
    "abi": "`abi name 1.0.0;`",
    "@": "`abilock explain` lists the attributes",
}


def usual_hint(before: PlacedToken | None, accepted: frozenset[str]) -> str | None:
    """The form of what was begun, or of what may stand here."""
    if before is not None and before.text in _AFTER:
        return _AFTER[before.text]
    if accepted >= {"STAR", "LSQB", "NAME"}:
        return "a type is a name such as `u32`, or is made of others: `*const T`, `[T; 4]`"
    if accepted >= {"INTEGER", "NAME", "LPAR"}:
        return "an expression is a number, a constant, or made of others: `4 * N`"
    return None
