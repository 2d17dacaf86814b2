"""Declarations as C writes them, in the language's own words: for hints.

What is not understood to its last token is not translated: no hint is better than a wrong one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from abilock.syntax.foreign import own_type
from abilock.syntax.lexemes import PlacedToken

_QUALIFIERS = frozenset(
    "const volatile restrict __restrict register extern static inline constexpr".split()
)
_TAGS = frozenset({"struct", "union", "enum"})
_NUMBER_WORDS = frozenset("char short int long float double signed unsigned".split())
_OPENING = {"(": ")", "[": "]", "{": "}"}
#: A translation that is longer than this explains nothing.
_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Declared:
    """What one declaration of C declares: ``signature`` is set for functions and pointers to them, and
    ``is_function`` for the former. ``has_body``: ``{`` follows. ``value``: what stands behind ``=``."""

    name: str
    type: str
    signature: str = ""
    is_function: bool = False
    is_const: bool = False
    bits: str = ""
    has_body: bool = False
    value: str = ""


def member_text(tokens: Sequence[PlacedToken]) -> str | None:
    """ex) ``name: *const char`` for ``const char *name``"""
    found = _Reader(_words(tokens)).declaration()
    if found is None or not found.name or found.is_function or found.has_body:
        return None
    return _short(f"{found.name}: {found.type}" + (f" : {found.bits}" if found.bits else ""))


def slot_text(tokens: Sequence[PlacedToken]) -> str | None:
    """ex) ``fn get(a: c_int) -> c_int`` for ``int get(int a)``"""
    found = _Reader(_words(tokens)).declaration()
    if found is None or not found.name or not found.is_function or found.has_body:
        return None
    return _short(f"fn {found.name}{found.signature}")


def type_text(tokens: Sequence[PlacedToken]) -> str | None:
    """ex) ``c_uint`` for ``unsigned int``, ``*const char`` for ``const char *``"""
    words = _words(tokens)
    own: list[str] = []
    while words[:1] == ["*"] and words[1:2] and words[1] in ("const", "mut"):
        own += [f"*{words[1]} "]
        words = words[2:]
    found = _Reader(words, is_parameter=True).declaration()
    if found is None or found.name or found.signature or found.bits or found.value:
        return None
    if found.is_const:  # of a value, which is not said here
        return None
    text = "".join(own) + found.type
    return _short(text) if text.replace(" ", "") != "".join(_words(tokens)) else None


def item_text(tokens: Sequence[PlacedToken]) -> str | None:
    """ex) ``callback done(ctx: *mut void);`` for ``typedef void (*done)(void *ctx);``"""
    words = _words(tokens)
    if words[-1:] == [";"]:
        words = words[:-1]
    is_typedef = words[:1] == ["typedef"]
    if is_typedef:
        words = words[1:]
    if words[:1] and words[0] in _TAGS and (is_typedef or len(words) == 2):
        tagged = _tagged(words)
        if tagged is not None:
            return tagged
    found = _Reader(words).declaration()
    if found is None or not found.name or found.bits:
        return None
    return _short(_typedef(found) if is_typedef else _item(found))


def _tagged(words: list[str]) -> str | None:
    """ex) ``struct S { … }`` for ``struct { int a; } S``, ``opaque S;`` for ``struct S S``"""
    tag, name = words[0], words[-1]
    if not name.isidentifier():
        return None
    if "{" in words[1:3]:
        return f"{tag} {name} {{ … }}"
    return f"opaque {name};" if len(words) <= 3 and tag != "enum" else None


def _typedef(found: Declared) -> str | None:
    if found.has_body or found.value:
        return None
    if found.signature:
        return f"callback {found.name}{found.signature};"
    return f"type {found.name} = {found.type};"


def _item(found: Declared) -> str | None:
    if found.is_function:
        return f"entry fn {found.name}{found.signature};"
    if found.is_const and found.value:
        return f"const {found.name}: {found.type} = {found.value};"
    const = "const " if found.is_const else ""
    return None if found.value else f"entry static {const}{found.name}: {found.type};"


def _short(text: str | None) -> str | None:
    return text if text is not None and len(text) <= _LONGEST else None


def _words(tokens: Sequence[PlacedToken]) -> list[str]:
    return [token.text for token in tokens if token.type != "DOC"]


class _Reader:
    """Reads one declaration: specifiers, ``*`` and a declarator."""

    def __init__(self, words: Sequence[str], is_parameter: bool = False) -> None:
        self._words = words
        self._at = 0
        self._is_parameter = is_parameter

    def _peek(self, ahead: int = 0) -> str:
        at = self._at + ahead
        return self._words[at] if at < len(self._words) else ""

    def _accept(self, word: str) -> bool:
        found = self._peek() == word
        self._at += found
        return found

    def declaration(self) -> Declared | None:
        base, is_const = self._base()
        if base is None:
            return None
        type_, is_const = self._pointers(base, is_const)
        if self._peek() == "(":
            return self._function_pointer(type_)
        name = self._name()
        if self._peek() == "(" and name and not self._is_parameter:
            signature = self._signature(type_)
            has_body = self._peek() == "{"
            if signature is None or not (has_body or not self._peek()):
                return None
            return Declared(name, f"fn{signature}", signature, True, has_body=has_body)
        return self._variable(name, type_, is_const)

    def _variable(self, name: str, type_: str, is_const: bool) -> Declared | None:
        lengths = []
        while self._peek() == "[":
            lengths.append(" ".join(self._group() or ()))
        if type_ == "char" and is_const and lengths == [""]:
            lengths, type_ = [], "*const char"
        for length in reversed(lengths[1:]):
            type_ = f"[{type_}; {length}]"
        if lengths and self._is_parameter:
            type_ = f"*{'const' if is_const else 'mut'} {type_}"
        elif lengths:
            type_ = f"[{type_}; {lengths[0]}]"
        bits = self._peek() if self._accept(":") else ""
        if bits and not bits[0].isdigit():
            return None
        self._at += bool(bits)
        value = " ".join(self._words[self._at :]) if self._accept("=") else ""
        if "; ]" in type_ or (self._peek() and not value):
            return None
        if type_ == "*const char" and value.startswith('"'):
            type_, is_const = "str", True
        return Declared(name, type_, is_const=is_const, bits=bits, value=value)

    def _base(self) -> tuple[str | None, bool]:
        """The type before any ``*``, and whether it is const."""
        numbers: list[str] = []
        base: str | None = None
        is_const = False
        while word := self._peek():
            if word in _QUALIFIERS:
                is_const |= word in ("const", "constexpr")
            elif base is None and not numbers and word in _TAGS:
                self._at += 1
                base = self._peek()
            elif base is None and word in _NUMBER_WORDS:
                numbers.append(word)
            elif base is None and not numbers and word.isidentifier():
                base = own_type(word) or word
            else:
                break
            self._at += 1
        if numbers:
            base = _number(numbers)
        return (base if base and (base.isidentifier() or base[0] == "*") else None), is_const

    def _pointers(self, type_: str, is_const: bool) -> tuple[str, bool]:
        while self._accept("*"):
            type_ = f"*{'const' if is_const else 'mut'} {type_}"
            is_const = False
            while (word := self._peek()) in _QUALIFIERS:
                is_const |= word == "const"
                self._at += 1
        return type_, is_const

    def _name(self) -> str:
        word = self._peek()
        if not word.isidentifier():
            return ""
        self._at += 1
        return word

    def _function_pointer(self, result: str) -> Declared | None:
        """ex) ``(*done)(void *ctx)``"""
        self._accept("(")
        if not self._accept("*"):
            return None
        name = self._name()
        if not self._accept(")") or self._peek() != "(":
            return None
        signature = self._signature(result)
        if signature is None or self._peek():
            return None
        return Declared(name, f"fn{signature}", signature)

    def _signature(self, result: str) -> str | None:
        """ex) ``(a: c_int) -> bool``"""
        given = self._group()
        if given is None:
            return None
        texts = []
        for words in _split(given):
            if words == ["void"]:
                continue
            if words == ["..."]:
                texts.append("...")
                continue
            found = _Reader(words, is_parameter=True).declaration()
            if found is None or found.value or found.bits:
                return None
            texts.append(f"{found.name}: {found.type}" if found.name else found.type)
        return f"({', '.join(texts)})" + ("" if result == "void" else f" -> {result}")

    def _group(self) -> list[str] | None:
        """What stands in the brackets that open here, if they close; the place afterwards is behind
        them."""
        depth, start = 0, self._at + 1
        while word := self._peek():
            depth += (word in _OPENING) - (word in _OPENING.values())
            self._at += 1
            if depth == 0:
                return list(self._words[start : self._at - 1])
        return None


def _number(words: Sequence[str]) -> str | None:
    """ex) ``c_ulong`` for ``unsigned long int``"""
    unsigned = "unsigned" in words
    if "char" in words:
        return "c_uchar" if unsigned else "c_schar" if "signed" in words else "char"
    if "float" in words:
        return "f32"
    if "double" in words:
        return None if "long" in words else "f64"
    size = {1: "long", 2: "longlong"}.get(words.count("long"), "int")
    return f"c_{'u' if unsigned else ''}{'short' if 'short' in words else size}"


def _split(words: Sequence[str]) -> list[list[str]]:
    """The words between commas outside of brackets."""
    parts: list[list[str]] = [[]]
    depth = 0
    for word in words:
        depth += (word in _OPENING) - (word in _OPENING.values())
        if word == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(word)
    return [part for part in parts if part]
