"""Doc text of a package: what it calls by the names of the description is called as Python calls it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property

from abilock.binding.calls import Call, Channel
from abilock.binding.forms import Forms
from abilock.binding.shapes import Form
from abilock.model.attributes import Attributes
from abilock.model.decls import Declaration, EntryFunction, EntryStatic, Library, Vtable
from abilock.model.python_names import entry_name
from abilock.model.types import Aggregate
from abilock.outputs.cffi.names import Names
from abilock.outputs.comments import python_comment_lines, python_docstring_lines
from abilock.outputs.wording import remarks

_SPAN_OR_WORD = re.compile(r"`[^`]*`|\b[A-Za-z_]\w*\b")
_WORD = re.compile(r"\b[A-Za-z_]\w*\b")
#: What no sentence has by chance. ex) ``FfiStr``, ``MAX_LEN``
_DISTINCT = re.compile(r"[a-z0-9][A-Z]|_")
#: What a reader in Python must know; the rest is done by the package, or seen in annotations.
_TOLD = frozenset(
    """json wire scope truth errors must_use noreturn thread exclusive blocking reentrant version range
    handshake manifest since deprecated unstable""".split()
)
_NULL = re.compile(r"\b[nN]ull\b")
_OBJECTS = frozenset({Form.OBJECT, Form.PAIR})
_VIEWS = frozenset({Form.TEXT, Form.DATA, Form.LIST})


def python_remarks(attributes: Attributes) -> tuple[str, ...]:
    """What attributes say to those who neither free memory nor look at codes."""
    return remarks(Attributes(tuple(each for each in attributes.all if each.name in _TOLD)))


def raises(call: Call, names: Names) -> tuple[str, ...]:
    """The section that tells of failures, if there can be any."""
    if call.outcome.channel is Channel.NONE:
        return ()
    error = names.type(call.error_type) if call.error_type is not None else "CallError"
    return "", "Raises:", f"    {error}: it failed."


class Prose:
    """Finished lines of docstrings and comments."""

    def __init__(self, library: Library, forms: Forms, names: Names) -> None:
        self._library = library
        self._forms = forms
        self._names = names

    @cached_property
    def _types(self) -> Mapping[str, str]:
        return _types(self._library, self._forms, self._names)

    @cached_property
    def _functions(self) -> Mapping[str, str]:
        return _functions(self._library, self._forms, self._names)

    def docstring(self, lines: Iterable[str]) -> tuple[str, ...]:
        return python_docstring_lines(map(self._spoken, lines))

    def comment(self, lines: Iterable[str]) -> tuple[str, ...]:
        return python_comment_lines(map(self._spoken, lines))

    def _spoken(self, line: str) -> str:
        """Of a line: nobody in Python sees null."""
        return _SPAN_OR_WORD.sub(self._replaced, line)

    def _replaced(self, found: re.Match[str]) -> str:
        text = found[0]
        if text.startswith("`"):
            known = {**self._functions, **self._types}
            return _WORD.sub(lambda word: known.get(word[0], word[0]), text)
        if _NULL.fullmatch(text):
            return "None"
        return self._types.get(text, text) if _DISTINCT.search(text) else text


def _types(library: Library, forms: Forms, names: Names) -> Mapping[str, str]:
    """Of types and constants. ex) ``ChangeOp`` for ``FfiChangeOp``, ``str`` for ``FfiStr``"""
    return {
        each.name: _type(each, forms, names)
        for each in library.declarations
        if not isinstance(each, EntryFunction | EntryStatic)
    }


def _type(declared: Declaration, forms: Forms, names: Names) -> str:
    if isinstance(declared, Aggregate) and forms.form(declared.name) in _VIEWS:
        return names.value(declared.name)
    # Who sees a table only sees what leads to it.
    pairs = forms.pairs(declared.name) if isinstance(declared, Vtable) else ()
    return names.type(pairs[0] if len(pairs) == 1 else declared.name)


def _functions(library: Library, forms: Forms, names: Names) -> Mapping[str, str]:
    """Of entries, and of slots with one name wherever they stand. ex) ``start`` for ``start_fn``"""
    found: dict[str, set[str]] = {}
    for each in library.declarations:
        if isinstance(each, EntryFunction | EntryStatic):
            made = entry_name(library.name, each.name, each.attributes)
            found.setdefault(each.name, set()).add(made)
        elif isinstance(each, Aggregate | Vtable) and forms.form(each.name) in _OBJECTS:
            owner = forms.attributes(forms.table(each.name))
            for method in forms.methods(each.name):
                name = "close" if method.is_drop else names.method(method, owner)
                found.setdefault(method.name, set()).add(name)
    return {name: made.pop() for name, made in found.items() if len(made) == 1}
