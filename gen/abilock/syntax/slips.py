"""Hints for the slips that people make, above all those who come from C, Rust, IDL or protobuf.

Told from the token that did not fit, what stands around it, and what would have fitted. Each function
looks for slips of one kind; the first that knows one is heard.
"""

from __future__ import annotations

from abilock.syntax.c_declarations import member_text, slot_text, type_text
from abilock.syntax.foreign import OF_TYPES, is_type, item_hint, name_hint
from abilock.syntax.item_slips import first_word_hint, item_slip_hint
from abilock.syntax.place import ITEM_WORDS, Place, missing_hint, shown

#: The items that have a body in braces.
_WITH_BODY = frozenset({"STRUCT", "UNION", "ENUM", "FLAGS", "VTABLE"})
_COMPARING = frozenset("EQUAL QMARK LESS MORE LESS_EQUAL MORE_EQUAL".split())
_DOUBLED = frozenset("AMPERSAND VBAR STAR".split())
_SEPARATORS = frozenset({"COMMA", "SEMICOLON"})
_SELF_WORDS = ("const", "mut", "own")

_POINTER = "a pointer is `*const T` or `*mut T`"
_REFERENCE = "a reference is a pointer here: `*const T` or `*mut T`"
_ARRAY = "an array is `[T; N]`"
_NO_PATHS = "names have one word: what `import` brings is used by its own name"
_NO_CASTS = "expressions are computed without a width, so there are no casts"
_NO_VALUE = (
    "only values of enums and constants have a value; what holds where none is given is said with"
    " `@default(…)` before the name"
)


def slip_hint(place: Place) -> str | None:
    """What to do about a syntax error, if that can be told."""
    if place.begins_item:
        return first_word_hint(place)
    for look in (
        _of_type_of_c,
        item_slip_hint,
        _of_words_before_fn,
        _of_attribute,
        _of_member,
        _of_expression,
        _of_signature,
        _of_body,
        _of_pointer,
        _of_array,
        _of_value,
        _of_word,
    ):
        hint = look(place)
        if hint is not None:
            return hint
    return missing_hint(place.accepted) if place.in_list else None


def _of_type_of_c(place: Place) -> str | None:
    """ex) at ``int`` in ``a: unsigned int``, at ``*`` in ``a: char*``"""
    written = place.type_part()
    translated = type_text(written) if written else None
    if translated is None:
        return None
    if translated == "*const char" or translated == "*mut char":
        return f"here that is `{translated}`, and text that ends with a NUL is `*const char @nul`"
    return f"here that is `{translated}`"


def _of_words_before_fn(place: Place) -> str | None:
    before, found = place.kind(-1), place.found.type
    if found in ("OPTIONAL", "DROP", "EXTERN") and before in ("OPTIONAL", "DROP", "STRING"):
        return 'before `fn`, words stand in this order: `optional drop extern "C" fn`'
    if found == "NAME" and before == "OPTIONAL" and "FN" in place.accepted:
        return (
            "`optional` is for slots and entries; a pointer that may be null is `name: *const T?`"
        )
    if before == "EXTERN":
        return 'a calling convention is a string: `extern "C" fn`'
    return None


# --- members and parameters as other languages write them


def _of_member(place: Place) -> str | None:
    if place.found.type == "CONST" and "NAME" in place.accepted:
        translated = member_text(place.part())
        if translated is not None:
            return f"the name comes first: `{translated}`"
        return "`const` is a word of C, so it names nothing here"
    if place.found.type == "INTEGER" and place.accepted >= {"NAME", "RBRACE"}:
        return "a name stands first: `name: type` in a struct, `Name = 1` in an enum"
    if place.in_parameters and place.kind(1 - (place.found.type == "COLON")) == "COLON":
        misplaced = _of_word_before_parameter(place)
        if misplaced is not None:
            return misplaced
    names_self = place.text(0) == "self" and place.text(-1) in _SELF_WORDS
    if names_self and place.in_parameters:
        return f"the object of a slot is `self: {place.text(-1)}`"
    needs_colon = "COLON" in place.accepted and not place.in_expression
    if needs_colon and (place.accepted == {"COLON"} or place.in_parameters):
        return _of_missing_colon(place)
    return None


def _of_word_before_parameter(place: Place) -> str | None:
    """ex) ``mut`` in ``fn(mut a: u8)``, ``own`` in ``fn(own a: *mut u8)``"""
    name, word = (-1, -2) if place.found.type == "COLON" else (0, -1)
    match place.text(word):
        case "own":
            return f"`own` stands before the type: `{place.text(name)}: own *mut T`"
        case "in" | "out" | "inout":
            return "a parameter that the callee writes is `name: *mut T @out`, or `@inout`"
        case "mut" | "const":
            return f"a parameter begins with its name: leave `{place.text(word)}` out"
        case _:
            return None


def _of_missing_colon(place: Place) -> str | None:
    part = place.part()
    first, second = (part[0].text, part[1].text) if len(part) > 1 else ("", "")
    translated = member_text(part)
    slot = slot_text(part) if place.introducer == "VTABLE" else None
    if slot is not None:
        return f"a slot begins with `fn`: `{slot}`"
    if first in ("pub", "public", "private"):
        return f"everything here is public: leave `{first}` out"
    if len(part) > 2 and part[1].type == "NAME" and part[2].type == "COLON" and not translated:
        return f"a member begins with its name: leave `{first}` out"
    if is_type(second) and not is_type(first) and first.isidentifier():
        return f"a member is `name: type`: `{first}: {second}`"
    if translated is not None:
        return f"the name comes first: `{translated}`"
    if place.kind(-1) in ("STRUCT", "UNION") and place.found.type == "LBRACE":
        return f"a member has a name, which may be `_`: `_: {place.text(-1)} {{ … }}`"
    if place.found.type == "LPAR" and place.kind(1) != "STAR" and place.introducer == "VTABLE":
        return f"a slot begins with `fn`: `fn {place.text(-1)}(…)`"
    return "a member is `name: type`" if place.accepted == {"COLON"} else None


# --- expressions


def _of_expression(place: Place) -> str | None:
    before, found = place.kind(-1), place.found.type
    needs_value = "INTEGER" in place.accepted
    doubled = found in _DOUBLED and before == found and needs_value
    compares = place.in_expression and found in _COMPARING
    if compares and found == "EQUAL" and place.in_parameters:
        return "arguments have no names here; they stand in their order"
    if doubled or compares:
        return "the operators are `+ - * / % << >> & | ^ ~`; nothing is compared here"
    if place.in_expression and (
        place.found.text == "as" or (found == "INTEGER" and before == "RPAR")
    ):
        return _NO_CASTS
    if place.in_expression and found == "DOT" and not place.in_parameters:
        return f"a value of an enum is `{place.text(-1)}::{place.text(1)}`"
    if before == "EQUAL" and found in ("COMMA", "SEMICOLON", "RBRACE") and needs_value:
        return (
            "a number stands behind `=`, as in `NAME = 1`; a value of an enum may go without both"
        )
    if found == "PLUS" and needs_value:
        return "a positive number has no sign"
    if found == "VERSION" and needs_value:
        return "there are no fractions here"
    if found == "RPAR" and any(place.text(offset) == "sizeof" for offset in range(-5, 0)):
        return "constants are numbers before anything has a size: write the number"
    return None


# --- functions and bodies


def _of_signature(place: Place) -> str | None:
    accepted, before = place.accepted, place.kind(-1)
    match place.found.type:
        case "QMARK" if accepted == {"LPAR"}:
            return "a slot that may be null is `optional fn`"
        case "LBRACE" if place.ends_signature:
            return "functions are declared and have no body here: end with `;`"
        case "COLON" if before == "RPAR" and not place.in_expression:
            return f"a result is written `-> {place.text(1) or 'TYPE'}`"
        case "EQUAL" if place.kind(1) == "MORE" and "ARROW" in accepted:
            return "a result is written `-> TYPE`"
        case "NAME" if "ARROW" in accepted:
            return f"a result is written `-> {shown(place.found)}`"
        case "RPAR" if before == "LPAR" and place.kind(-2) == "ARROW":
            return "a function without a result has no `->`"
        case "SEMICOLON" if place.in_parameters:
            return "parameters and arguments are separated by `,`"
        case "VARIADIC" if before == "NAME":
            return "the rest of the parameters is `...`, without a name"
        case _ if before == "ARROW":
            return "a function without a result has no `->`"
        case _ if accepted == {"RPAR"} and "VARIADIC" in (before, place.kind(-2)):
            return "`...` is the last parameter"
        case _ if accepted == {"LPAR"}:
            return (
                "a function has its parameters in parentheses, also if there are none: `fn name()`"
            )
        case _:
            return None


def _of_body(place: Place) -> str | None:
    """The place is where the braces of an item should open, or right behind it."""
    before, found = place.kind(-1), place.found.type
    name, word = place.text(-1), place.text(-2)
    if before in _WITH_BODY and found == "LBRACE":
        return f"an item has a name: `{name} Name {{ … }}`"
    if place.kind(-2) == "ENUM" and name in ("class", "struct"):
        return f"leave `{name}` out: values are used as `NAME::VALUE`"
    if found in _SEPARATORS and before in _SEPARATORS and place.accepted >= {"RBRACE", "NAME"}:
        return "one separator is enough"
    if "LBRACE" not in place.accepted or place.kind(-2) not in _WITH_BODY:
        return None
    match found:
        case "SEMICOLON" if place.introducer in ("ENUM", "FLAGS", "OPEN"):
            return f"an enum has values: `{word} {name} {{ A, B }}`"
        case "SEMICOLON":
            return (
                f"nothing is declared ahead; a type whose inside is not known is `opaque {name};`"
            )
        case "LESS":
            return "nothing is generic here; what may be null is marked with `?`"
        case "COLON" | "NAME" if place.introducer != "ENUM" and item_hint(name) is None:
            return "there are no base types: put the base in as the first member"
        case _:
            return item_hint(name) or f"members have names: `{word} {name} {{ value: u32 }}`"


def _of_attribute(place: Place) -> str | None:
    if place.found.type != "AT":
        return None
    if place.kind(-1) in _WITH_BODY:
        return f"attributes stand before an item: `@packed {place.text(-1)} Name {{ … }}`"
    if place.accepted == {"COLON"} or "LSQB" in place.accepted:
        return "attributes of a member stand before its name, those of its type behind the type"
    if place.accepted & {"LBRACE", "LPAR"}:
        return "attributes stand before an item or slot: `@packed struct Name { … }`"
    if "RPAR" in place.accepted and not place.in_expression:
        return (
            "attributes stand behind the whole type; what holds of each element is said on an alias:"
            " `type Name = *const char @nul;`"
        )
    return None


# --- types and values


def _of_pointer(place: Place) -> str | None:
    accepted, before = place.accepted, place.kind(-1)
    match place.found.type:
        case "LPAR" if place.kind(1) == "STAR" and "LPAR" not in accepted:
            return "a function pointer is `fn(…) -> T`, and one that may be null `(fn(…) -> T)?`"
        case "COMMA" if accepted <= {"RPAR", "QMARK"}:
            return "there are no tuples: declare a struct, whose members have names"
        case "QMARK":
            return "`?` comes after a pointer, a callback or a function type in parentheses"
        case "STAR" if before in ("CONST", "MUT"):
            return f"the `*` comes first: `*{place.text(-1)} {place.text(1) or 'T'}`"
        case "STAR" if place.text(-1) in ("in", "out", "inout"):
            return f"`@{place.text(-1)}` stands behind the type: `*mut T @{place.text(-1)}`"
        case "STAR" if place.text(-1) == "own":
            return (
                "`own` stands before the whole type; with `@out`, it is about what is written there"
            )
        case "STAR" if "INTEGER" not in accepted and not place.in_expression:
            return "the `*` comes before the type: `*const T` or `*mut T`"
        case "AMPERSAND" if not place.in_expression and "INTEGER" not in accepted:
            return _of_reference(place)
        case "LESS" if before == "NAME":
            generic = "nothing is generic here; what may be null is marked with `?`"
            return name_hint(place.text(-1)) or generic
        case "OWN":
            return "`own` stands before the type: `own *mut T`"
        case "PATH" | "DOT" if not place.in_expression:
            return _of_path(place)
        case _ if {"CONST", "MUT"} <= accepted and "NAME" not in accepted:
            return _POINTER
        case "NAME" if before in ("CONST", "MUT"):
            return _POINTER
        case _:
            return None


def _of_path(place: Place) -> str:
    """ex) at the first ``::`` of ``std::ffi::c_int``"""
    last = 1
    while place.kind(last + 1) == "PATH" and place.kind(last + 2) == "NAME":
        last += 2
    word = place.text(last)
    if is_type(word) and name_hint(word) is None:
        return f"write `{word}`"
    return name_hint(place.text(-1)) or name_hint(word) or _NO_PATHS


def _of_reference(place: Place) -> str | None:
    """ex) at ``&mut self``"""
    mutable = place.kind(1) == "MUT"
    match place.text(2 if mutable else 1):
        case "self" | "Self":
            return f"the object of a slot is `self: {'mut' if mutable else 'const'}`"
        case "str" if place.introducer == "CONST":
            return 'a constant that is text is `const NAME: str = "…";`'
        case "str":
            return name_hint("str")
        case "[":
            return name_hint("Vec")
        case _:
            return _REFERENCE


def _of_array(place: Place) -> str | None:
    before = place.kind(-1)
    match place.found.type:
        case "LSQB" if place.in_list or "RPAR" in place.accepted:
            return _ARRAY
        case "RSQB" if before == "LSQB":
            return name_hint("Vec")
        case "RSQB" | "COMMA" if "SEMICOLON" in place.accepted and not place.in_list:
            return f"{_ARRAY}; a pointer to several is `*const T @len(N)`"
        case "INTEGER" if before == "LSQB":
            return f"{_ARRAY}: the type comes first"
        case "STAR" if before == "SEMICOLON" and "INTEGER" in place.accepted:
            return f"{_ARRAY}; a pointer to several is `*const T @len(N)`"
        case _:
            return None


def _of_value(place: Place) -> str | None:
    match place.found.type:
        case "EQUAL" if "COLON" in place.accepted and not place.in_list:
            return "a member is `name: type`"
        case "EQUAL" if place.in_list or place.in_parameters:
            return _NO_VALUE
        case "COLON" if "EQUAL" in place.accepted and place.in_list:
            return "a value is `NAME = 1`; an attribute says more about it"
        case "LPAR" | "LBRACE" if "EQUAL" in place.accepted and place.in_list:
            return "a value of an enum is an integer; data beside it is a `union` in a `struct`"
        case "STRING" if place.kind(-1) == "EQUAL":
            return "a value of an enum is an integer"
        case "INTEGER" if "STAR" in place.accepted and place.kind(-1) == "COLON":
            return "a bit-field is `name: type : bits`"
        case _:
            return None


def _of_word(place: Place) -> str | None:
    """A word behind something that was complete."""
    if place.text(-1) == "unsafe":
        return "everything here is unsafe: leave `unsafe` out"
    if place.found.text in ITEM_WORDS and "SEMICOLON" in place.accepted:
        return missing_hint(place.accepted)
    if place.text(-1) in ("repeated", "optional", "required") and name_hint(place.text(-1)):
        return name_hint(place.text(-1))
    is_end = place.kind(1) in _SEPARATORS or place.kind(1) in ("RBRACE", "RPAR")
    if place.found.type != "NAME" or "AT" not in place.accepted:
        return None
    if place.text(-1) in ("in", "out", "inout"):
        return "a parameter that the callee writes is `name: *mut T @out`, or `@inout`"
    if place.text(-1) in ("dyn", "impl"):
        return "an object with functions is a `vtable`, and passed as a pointer to its state"
    if is_end and place.found.text in OF_TYPES:
        return f"attributes begin with `@`: `@{shown(place.found)}`"
    if is_end and place.type_part():
        return (
            "a type is a name, `*const T`, `*mut T`, `[T; N]` or `fn(…) -> T`; attributes of it begin"
            " with `@`"
        )
    return None
