"""Hints for slips in how items begin, and in those that have no members."""

from __future__ import annotations

from difflib import get_close_matches

from abilock.syntax.c_declarations import item_text
from abilock.syntax.foreign import is_type, item_hint
from abilock.syntax.place import ITEM_WORDS, Place

#: Words that stand before the word of an item.
_MODIFIERS = frozenset({"open", "optional", "extern"})
_CONVENTION = 'a calling convention is a string before `fn`: `extern "C" fn`'


def first_word_hint(place: Place) -> str:
    """What to do where something else than an item begins."""
    word, kind = place.found.text, place.found.type
    if kind in ("LSQB", "STRING", "COLON"):
        return "attributes are written `@name` or `@name(…)`, before an item"
    if kind == "MINUS" and place.kind(1) == "MINUS":
        return "a comment begins with `//`"
    translated = item_text(place.tokens[place.at :])
    if translated is not None and (is_type(word) or word in ("typedef", "extern", "static")):
        return f"here that is `{translated}`"
    if word in ("pub", "unsafe"):
        name = place.function_name()
        if name:
            return f"a function that the plugin exports is `entry fn {name}(…);`"
    known = item_hint(word)
    if known is not None:
        return known
    if is_type(word):
        return "the name comes before the type, as in `const NAME: TYPE = 1;` or `entry fn NAME();`"
    near = get_close_matches(word[:40].lower(), ITEM_WORDS, n=1, cutoff=0.7)
    if near:
        return f"did you mean `{near[0]}`?"
    if translated is not None and translated.startswith("entry fn"):
        return f"here that is `{translated}`"
    if place.kind(1) == "COLON":
        return "members stand between the braces of an item"
    if place.kind(1) == "SEMICOLON" and place.at == 0:
        return "an item ends with its `}`, and no name follows"
    return f"items are {', '.join(f'`{known}`' for known in ITEM_WORDS if known not in _MODIFIERS)}"


def item_slip_hint(place: Place) -> str | None:
    """What to do inside of an item without members, if that can be told."""
    match place.introducer:
        case "ABI":
            return _of_abi(place)
        case "IMPORT":
            return _of_import(place)
        case "TARGETS" if place.accepted == {"STRING"}:
            return 'a target is a string: `targets "x86_64-unknown-linux-gnu";`'
        case "COMPAT" if place.found.type == "STRING":
            return "a rule is a word: `compat semver;`"
        case "TYPE" if place.accepted == {"EQUAL"}:
            return "an alias is `type NAME = TYPE;`"
        case "CONST":
            return _of_constant(place)
        case "EXTERN":
            return _of_extern(place)
        case "CALLBACK" if place.accepted == {"LPAR"}:
            translated = item_text(place.tokens[place.at - 1 :]) or ""
            if translated.startswith("entry fn "):
                return f"here that is `callback {translated.removeprefix('entry fn ')}`"
            return "a callback is `callback NAME(…) -> TYPE;`"
        case "ENTRY" | "OPTIONAL":
            return _of_entry(place)
        case _:
            return None


def _of_abi(place: Place) -> str:
    if place.found.type == "MINUS":
        return f"a name has letters, digits and `_`: `abi {place.text(-1)}_{place.text(1)} 1.0.0;`"
    if place.text(-1)[:1] in ("v", "V") and place.text(-1)[1:].isdigit():
        return "a version is its numbers alone, for example `abi shop 1.0.0;`"
    return "a description starts with `abi NAME VERSION;`, for example `abi shop 1.0.0;`"


def _of_import(place: Place) -> str | None:
    if place.found.type == "COMMA":
        return "each file has an `import` of its own"
    if place.found.text == "as":
        return "what `import` brings is used by its own name"
    return 'a file is joined by `import "other.abi";`' if place.accepted == {"STRING"} else None


def _of_constant(place: Place) -> str | None:
    if "COLON" in place.accepted and place.found.type != "COLON":
        translated = item_text(place.tokens)
        if translated is not None and place.found.type != "EQUAL":
            return f"here that is `{translated}`"
        return "a constant has a type: `const NAME: u32 = 1;`"
    if place.accepted == {"EQUAL"}:
        return "a constant has a value: `const NAME: u32 = 1;`"
    if place.found.type == "STAR" and place.kind(-1) == "COLON":
        return "a constant is an integer or a `str`, never a pointer"
    if place.found.type == "VERSION":
        return "there are no fractions: a constant is an integer or a `str`"
    return None


def _of_extern(place: Place) -> str | None:
    """The item begins with ``extern``."""
    if place.kind(-1) == "EXTERN" and place.found.type == "FN":
        return f"a function that the plugin exports is `entry fn {place.text(1)}(…);`"
    if place.kind(-1) == "EXTERN":
        translated = item_text(place.tokens[place.at - 1 :])
        return f"here that is `{translated}`" if translated is not None else _CONVENTION
    if place.found.type == "LBRACE":
        return "each function that the plugin exports is an `entry fn NAME(…);`, in no block"
    if place.found.type in ("FN", "ENTRY") and place.kind(-1) == "STRING":
        convention = "" if place.text(-1) == '"C"' else f"extern {place.text(-1)} "
        name = place.text(1 if place.found.type == "FN" else 2)
        return f"a function that the plugin exports is `entry {convention}fn {name}(…);`"
    return None


def _of_entry(place: Place) -> str | None:
    if place.kind(-1) == "ENTRY":
        translated = item_text(place.tokens[place.at :])
        if translated is not None and translated.startswith("entry "):
            return f"here that is `{translated}`"
        return "an entry is `entry fn NAME(…) -> TYPE;` or `entry static NAME: TYPE;`"
    if place.kind(-1) == "EXTERN" or (
        place.accepted == {"LPAR"} and place.text(-1).strip("_").endswith(("cdecl", "call"))
    ):
        return _CONVENTION
    if place.found.type == "EQUAL" and place.kind(1) != "MORE" and not place.in_parameters:
        return "what the plugin exports has the value that the plugin gives it"
    return None
