"""Entries: what each is called in Python, how it is called, and which are methods of handles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from abilock.binding.calls import Call, Channel, Out
from abilock.binding.forms import NOTHING, words
from abilock.binding.shapes import Reference, Sentinel, Shape
from abilock.model.c_names import declared_c_name
from abilock.model.decls import EntryFunction
from abilock.model.naming import python_name
from abilock.model.python_names import entry_name, handle_method_name
from abilock.model.walks import said
from abilock.outputs.cffi.objects import version_tuple
from abilock.outputs.cffi.parts import Parts
from abilock.outputs.cffi.signatures import Place

#: What names entries that nobody calls but the package itself.
_SERVES = ("free", "refcounted")


@dataclass(frozen=True, slots=True)
class Entry:
    """An exported function. ``handle``: the declared type of the handles that it is a method of; ``ends``:
    whether it ends them. ``makes_child``: what it makes ends before the handle that it is a method of."""

    declared: EntryFunction
    call: Call
    place: Place
    handle: str | None
    ends: bool
    makes_child: bool


class Entries:
    """The entries of one library."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._library = parts.library
        self._handles = parts.forms.handles

    def all(self) -> Iterator[Entry]:
        """Those that Python calls, in the order in which they stand."""
        ends = {id(kind.ends) for kind in self._handles.kinds.values() if kind.ends is not None}
        for declared in self._own():
            if not declared.attributes.has("hidden") or id(declared) in ends:
                yield self._entry(declared, id(declared) in ends)

    def functions(self) -> Iterator[Entry]:
        """Those that a plugin has itself."""
        return (each for each in self.all() if each.handle is None)

    def methods(self, handle: str) -> Iterator[Entry]:
        """Those that a handle has."""
        return (each for each in self.all() if each.handle == handle and not each.ends)

    def exported(self) -> Iterator[EntryFunction]:
        """All that have to be found in a library: hidden ones too that end what others hand over."""
        called = {each.declared.name for each in self.all()}
        serving = self.serving()
        return (each for each in self._own() if each.name in called | serving)

    def serving(self) -> frozenset[str]:
        """What gives and takes memory, or counts who has some: nobody calls it by its name alone."""
        return frozenset(self._serving())

    def _own(self) -> Iterator[EntryFunction]:
        for declared in self._library.declarations:
            if isinstance(declared, EntryFunction) and declared.name not in self._library.imported:
                yield declared

    def _serving(self) -> Iterator[str]:
        for allocator in self._library.allocators:
            for scheme in allocator.schemes:
                yield scheme.acquire
                yield scheme.release or ""
        for attributes in said(self._library.declarations):
            for word in _SERVES:
                yield from words(attributes.get(word))

    def _entry(self, declared: EntryFunction, ends: bool) -> Entry:
        signature, attributes = self._handles.written_out(declared)
        call = self._parts.calls.call(signature, attributes, NOTHING)
        create = declared.attributes.get("create")
        if create is not None:
            call = _first(call, next(iter(words(create)), None))
        since = declared.attributes.version("since")
        place = Place(
            carrier=python_name(declared.name),
            where=declared.name,
            label=self._label(declared),
            first=(),
            since=version_tuple(since) if since else None,
            raw=f"lib.symbol({declared_c_name(declared)!r})",
            ends_callbacks=declared.name if declared.name in self._parts.forms.events else None,
            python=entry_name(self._library.name, declared.name, declared.attributes),
        )
        kind = self._handles.kind_of(declared)
        handle = kind.name if kind is not None else None
        is_child = handle is not None and create is not None and not self._is_counted(call)
        return Entry(declared, call, place, handle, ends, is_child)

    def _is_counted(self, call: Call) -> bool:
        """Whether what is made lives as long as anybody counts it."""
        shapes = [call.result, *(out.shape for out in call.outs)]
        made = (each.shape if isinstance(each, Sentinel) else each for each in shapes)
        return any(
            isinstance(each, Reference) and each.own and self._parts.forms.counting(each.name)
            for each in made
        )

    # --- names

    def _label(self, entry: EntryFunction) -> str:
        """What people call it. ex) ``plugin_init``, ``Db.errmsg``"""
        kind = self._handles.kind_of(entry)
        if kind is None:
            return self.name(entry)
        return f"{self._parts.names.type(kind.name)}.{self.method_name(entry)}"

    def name(self, entry: EntryFunction) -> str:
        """ex) ``metadata`` for ``@py("metadata") entry fn drasi_plugin_metadata``"""
        return entry_name(self._library.name, entry.name, entry.attributes)

    def method_name(self, entry: EntryFunction) -> str:
        """ex) ``read`` for ``file_read`` of the ABI ``file``; ``close_`` where that is none of its end"""
        return handle_method_name(self._library.name, entry.name, entry.attributes)


def _first(call: Call, name: str | None) -> Call:
    """What is made comes first; where failure is told in another way, success makes it always."""
    is_sure = call.outcome.channel is not Channel.NONE
    if name is None:
        made = _present(call.result) if call.result is not None and is_sure else call.result
        return replace(call, result=made)
    outs = sorted(call.outs, key=lambda out: out.name != name)
    return replace(
        call, outs=tuple(_made(out) if out.name == name and is_sure else out for out in outs)
    )


def _made(out: Out) -> Out:
    return replace(out, shape=_present(out.shape))


def _present(shape: Shape) -> Shape:
    if isinstance(shape, Sentinel):
        shape = shape.shape
    return replace(shape, nullable=False) if isinstance(shape, Reference) else shape
