"""Ends that Python cannot bring about, and handles that it cannot know: told before a package is made."""

from __future__ import annotations

from collections.abc import Sequence

from abilock.binding.forms import NOTHING, words
from abilock.binding.handles import Handled, HandleKind
from abilock.binding.shapes import (
    Fixed,
    Form,
    Function,
    Item,
    Reference,
    Release,
    Rows,
    Sentinel,
    Shape,
    Span,
    Terminated,
    Until,
    Value,
)
from abilock.diagnostics import catalog
from abilock.diagnostics.report import Report
from abilock.model.attributes import Attributes
from abilock.model.decls import EntryFunction, Opaque, Vtable
from abilock.model.text import type_text
from abilock.model.types import Aggregate, Named, Pointer, Scalar, Type
from abilock.model.walks import said
from abilock.outputs.cffi.package import Package
from abilock.source import Span as Place

_SYSTEM = ("malloc", "process_heap")


class Endings:
    """Judges how everything ends that Python owns."""

    def __init__(self, package: Package, report: Report) -> None:
        self._package = package
        self._forms = package.forms
        self._handles = package.forms.handles
        self._report = report
        self._entries = {
            each.name: each
            for each in package.library.declarations
            if isinstance(each, EntryFunction) and each.name not in package.library.imported
        }

    def check(self) -> None:
        for each in self._handles.handled:
            self._handled(each)
        for kind in self._handles.kinds.values():
            self._kind(kind)
        self._allocators()
        self._named()
        for name, releases in self._forms.endings.items():
            self._mixed(name, releases)

    # --- handles

    def _handled(self, each: Handled) -> None:
        word, entry = each.attribute.name, each.entry
        place = each.attribute.span
        if each.kind is None:
            self._add(
                place,
                f"`@{word}` makes a class of the handles of `{entry.name}`, and {_text(each.type)} has no"
                " name that it could have",
                self._naming(each.type),
            )
            return
        kind = self._handles.kinds[each.kind]
        if self._forms.form(each.kind) is not Form.RESOURCE:
            self._add(
                place,
                f"`@{word}` makes handles of `{each.kind}`, which is something else to Python",
                f"leave out the `@{word}`, or make `{each.kind}` opaque",
            )
        elif isinstance(self._forms.resolve(each.type, NOTHING)[0], Pointer) is kind.by_value:
            self._add(
                place,
                f"`{each.kind}` is a handle by value in one entry, and behind a pointer in another",
                "an alias tells them apart: `type Handle = *mut void;`",
            )
        elif entry.attributes.has("handshake") and word != "create":
            self._add(
                place,
                f"`{entry.name}` is called at load, and there is no `{each.kind}` yet",
                f"leave out the `@{word}` or the `@handshake`",
            )

    def _naming(self, type_: Type) -> str:
        resolved, _ = self._forms.resolve(type_, NOTHING)
        thing = resolved.pointee if isinstance(resolved, Pointer) else resolved
        if isinstance(thing, Named) and isinstance(self._forms.declaration(thing.name), Vtable):
            return f"leave it out: `{thing.name}` is an object that has functions of its own"
        return f"give them one: `type Handle = {type_text(resolved)};`"

    def _kind(self, kind: HandleKind) -> None:
        about = [each for each in self._handles.handled if each.kind == kind.name]
        ends = [each for each in about if each.attribute.name == "destroy"]
        for again in ends[1:]:
            self._add(
                again.attribute.span,
                f"`{again.entry.name}` ends a `{kind.name}`, and so does `{ends[0].entry.name}`",
                "one entry is its end; another one takes it as `own`, without `@destroy`",
            )
        if kind.made and not self._forms.ending(kind.name).is_known:
            made = next(each for each in about if each.attribute.name == "create")
            self._add(
                made.attribute.span,
                f"`{made.entry.name}` makes a `{kind.name}`, and nothing says how it ends",
                self._advice(kind.name),
            )
        for entry in self._package.entries.all():
            if entry.ends and entry.declared is kind.ends:
                more = [item.name for item in entry.call.inputs if not item.has_default]
                if more or entry.declared.signature.variadic:
                    also = f"`{more[0]}`" if more else "more"
                    self._add(
                        entry.declared.span,
                        f"`{entry.declared.name}` ends a `{kind.name}` and takes {also} besides, which"
                        " nobody gives when it is garbage",
                        "say `@default(…)` of it, or let another entry be the end",
                    )

    def _advice(self, name: str) -> str:
        takers = self._takers(name)
        if takers:
            parameter = takers[0].signature.parameters[0].name
            return f"say it: `@destroy({parameter})` before `{takers[0].name}`"
        return "declare the entry that ends it, with `@destroy(…)`, or say `@free(…)` of the type"

    def _takers(self, name: str) -> list[EntryFunction]:
        """Entries that take one such thing and nothing else."""
        return [
            each
            for each in self._entries.values()
            if len(each.signature.parameters) == 1
            and not each.attributes.has("create")
            and self._handles.known_by(each.signature.parameters[0].type) == name
        ]

    # --- what is owned

    def check_use(
        self, type_: Type, own: bool, said: Attributes, label: str, place: Place | None
    ) -> None:
        """Something that somebody may own, where it crosses."""
        if not self._forms.owns(type_, own):
            return
        alias = self._forms.handle_alias(type_)
        resolved, said = self._forms.resolve(type_, said)
        pointee = resolved.pointee if isinstance(resolved, Pointer) else None
        if alias is not None:
            self._unknown(alias, label, place)
        elif isinstance(resolved, Scalar):
            self._add(
                place,
                f"Python has {label} as a number, and would never end it",
                "give it a type of its own and say `@create` and `@destroy` at its entries, or leave out"
                " the `own`: the caller ends it",
            )
        elif pointee is not None and not any(said.has(word) for word in ("nul", "len", "size")):
            inner, _ = self._forms.resolve(pointee, NOTHING)
            if isinstance(inner, Named):
                self._unknown(inner.name, label, place)

    def _unknown(self, name: str, label: str, place: Place | None) -> None:
        """Of things that Python only knows by their address, and of objects without an end."""
        declared = self._forms.declaration(name)
        is_object = isinstance(declared, Opaque | Vtable) or name in self._handles.kinds
        if not is_object and not self._is(name, Form.PAIR):
            return
        if self._forms.ending(name).is_known or self._package.contents.release(name).is_known:
            return
        if any(method.is_drop for method in self._forms.methods(name)):
            return
        hint = self._advice(name)
        if isinstance(declared, Opaque) and name not in self._handles.kinds:
            takers = self._takers(name)
            hint = f"say it: `@free({takers[0].name if takers else 'function'})` behind the type"
        elif isinstance(declared, Vtable | Aggregate) and name not in self._handles.kinds:
            hint = "give it a `drop fn`, say `@owned(…)` of its memory, or leave out the `own`"
        self._add(place, f"Python owns {label}, and nothing says how a `{name}` ends", hint)

    def _is(self, name: str, *forms: Form) -> bool:
        is_record = isinstance(self._forms.declaration(name), Aggregate | Vtable)
        return is_record and self._forms.form(name) in forms

    def check_given(self, shape: Shape, label: str, place: Place | None) -> None:
        """What Python hands over: memory that only C makes is none of it, nor is what nobody ends."""
        if isinstance(shape, Reference) and shape.own and not shape.pinned:
            declared = self._forms.declaration(shape.name)
            if isinstance(declared, Vtable | Aggregate) and shape.name not in self._handles.kinds:
                self._unknown(shape.name, label, place)
        entry = self._only_c(shape, frozenset())
        if entry is not None:
            self._add(
                place,
                f"{label} goes to whoever ends it with `{entry}`, which knows nothing of Python's memory",
                "say with `@owned(…)` which allocator it is of, or lend it",
            )

    def check_contexts(
        self, items: Sequence[Item], place: Place | None, may_arrive: bool = True
    ) -> None:
        """What ends a context that several functions share is called once, after all of them: of functions
        of C's Python only knows when it does not need one of them any more."""
        seen: dict[str, tuple[str, Function]] = {}
        for item in items:
            if isinstance(item.shape, Function) and item.shape.context is not None:
                context = item.shape.context
                first, other = seen.setdefault(context, (item.name, item.shape))
                if first == item.name:
                    continue
                if self._is_variadic(item.shape) or self._is_variadic(other):
                    hint = "give each one of its own"
                elif may_arrive and (item.shape.ends or other.ends):
                    hint = "give each one of its own, with its own end"
                else:
                    continue
                self._add(
                    place,
                    f"`{first}` and `{item.name}` share the context `{context}`, which Python has for one"
                    " function",
                    hint,
                )

    def _is_variadic(self, shape: Function) -> bool:
        signature = self._forms.function(shape.name)
        return signature is not None and signature.variadic

    def _only_c(self, shape: Shape, seen: frozenset[str]) -> str | None:
        match shape:
            case Terminated(release=release) | Until(release=release):
                return release.entry
            case Span(release=release, element=element):
                return release.entry or self._only_c(element, seen)
            case Rows(span=span):
                return span.release.entry
            case Sentinel(shape=inner) | Fixed(element=inner):
                return self._only_c(inner, seen)
            case Value(behind_pointer=True, release=Release(entry=str() as entry)):
                return entry
            case Value(name=name, behind_pointer=is_behind) if name not in seen:
                return self._only_c_in(name, is_behind, seen | {name})
            case _:
                return None

    def _only_c_in(self, name: str, is_behind: bool, seen: frozenset[str]) -> str | None:
        contents = self._package.contents
        if not is_behind and contents.ending(name) is not None:
            return contents.ending(name)
        if self._forms.form(name) in (Form.TEXT, Form.DATA, Form.LIST):
            view = contents.view(name)
            return view.release.entry or self._only_c(view.element, seen)
        found = (self._only_c(item.shape, seen) for item in contents.items(name))
        return next((each for each in found if each is not None), None)

    # --- what ends

    def _allocators(self) -> None:
        for allocator in self._package.library.allocators:
            for scheme in allocator.schemes:
                if scheme.acquire in _SYSTEM:
                    continue
                for name in filter(None, (scheme.acquire, scheme.release)):
                    if name not in self._entries:
                        self._add(
                            allocator.span,
                            f"the allocator `{allocator.name}` is `{name}`, which libraries of this ABI do"
                            " not export",
                            "declare it as an entry of this ABI",
                        )
                release = self._entries.get(scheme.release or "")
                if release is not None and len(release.signature.parameters) > 1:
                    self._add(
                        release.span,
                        f"`{release.name}` needs the size of what it frees, which Python has not kept",
                        "let the allocator be one that takes the memory alone",
                    )

    def _named(self) -> None:
        """What ends things is called by its symbol."""
        own = {
            (attribute, name)
            for declared in self._package.library.declarations
            if isinstance(declared, Vtable)
            and (attribute := declared.attributes.get("refcounted")) is not None
            for name in {slot.name for slot in declared.slots}
        }
        for attributes in said(self._package.library.declarations):
            for word in ("free", "refcounted"):
                attribute = attributes.get(word)
                for name in words(attribute):
                    if attribute is None or (attribute, name) in own:
                        continue
                    if name not in self._entries:
                        self._add(
                            attribute.span,
                            f"`@{word}` calls `{name}`, which libraries of this ABI do not export",
                            "name an entry of this ABI; `@drop(…)` names a function of the object itself",
                        )

    def _mixed(self, name: str, releases: tuple[Release, ...]) -> None:
        """Memory of an object that is handed over twice goes back where it came from."""
        if len(releases) > 1 and self._is(name, Form.OBJECT, Form.PAIR):
            how = " and ".join(sorted(map(_how, releases)))
            self._add(
                self._forms.declaration(name).span,
                f"a `{name}` is handed over in different ways: {how}",
                "say at its declaration how its memory ends, and nothing where it is handed over",
            )

    def _add(self, place: Place | None, message: str, hint: str) -> None:
        self._report.add(catalog.NO_BINDING, place, message, hint=hint)


def _how(release: Release) -> str:
    if release.allocator:
        return f"`@owned({release.allocator})`"
    return f"`@free({release.entry})`" if release.entry else "without an allocator"


def _text(type_: Type) -> str:
    return f"`{type_text(type_)}`"
