"""Where plugins say something of themselves: fields that the handshake leads to, in what holds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from abilock.binding.shapes import Fixed, Form, Item, Reference, Sentinel, Shape, Span, Until, Value
from abilock.model.decls import Vtable
from abilock.model.types import Aggregate, Field
from abilock.outputs.cffi.package import Package

#: What can be asked for its fields; of a view, a failure or a handle there is nothing else to see.
_HOLDING = (Form.RECORD, Form.OBJECT, Form.PAIR)
#: A plugin says in few places what it is; a type that holds itself many times over has endless ones.
_MOST = 64


@dataclass(frozen=True, slots=True)
class Told:
    """A field, and how Python gets to it from what holds it. ex) ``meta.release``

    ``doubtful``: what on the way there may be null, and what that is called in the description.
    """

    field: Field
    path: str
    doubtful: tuple[tuple[str, str], ...] = ()

    @property
    def is_nested(self) -> bool:
        return "." in self.path


def told_fields(package: Package, name: str, attribute: str) -> tuple[Told, ...]:
    """The fields with an attribute that an object or record has, or that are in something that it holds.
    What later plugins added is not gone into: an older one says nothing there."""
    return tuple(islice(_told(package, name, attribute, frozenset()), _MOST))


def tells_later(package: Package, name: str) -> bool:
    """Whether a struct that is read as a whole tells the version that some of its fields wait for."""
    told = told_fields(package, name, "version")
    if not told or is_object(package, name):
        return False
    # All that is read with it waits as well, where the version itself is not the first thing read.
    read = _records(package, name) if any(each.is_nested for each in told) else {name}
    return any(_has_later(package, each) for each in read)


def tells_later_inside(package: Package, name: str) -> bool:
    """The same of a struct that an object holds, and that is read when it is asked for."""
    if not is_object(package, name):
        return False
    held = (_held(item.shape) for item in _items(package, name))
    return any(tells_later(package, each) for each in held if each is not None)


def is_object(package: Package, name: str) -> bool:
    declared = package.forms.declaration(name)
    is_record = isinstance(declared, Aggregate | Vtable)
    return is_record and package.forms.form(name) in (Form.OBJECT, Form.PAIR)


def _told(package: Package, name: str, attribute: str, around: frozenset[str]) -> Iterator[Told]:
    if package.forms.form(name) not in _HOLDING:
        return
    named = package.names.data if is_object(package, name) else package.names.member
    items = _items(package, name)
    read = {item.name for item in items}
    for field in package.forms.fields(package.forms.table(name)):
        if field.name in read and field.attributes.has(attribute):
            yield Told(field, named(field.name or "", field.attributes))
    for item in items:
        held = _held(item.shape)
        if held is None or held in around | {name} or item.attributes.has("since"):
            continue
        python = named(item.name, item.attributes)
        for each in _told(package, held, attribute, around | {name}):
            inner = [(f"{python}.{path}", label) for path, label in each.doubtful]
            if getattr(item.shape, "nullable", False):
                inner.insert(0, (python, f"{package.forms.table(name)}.{item.name}"))
            yield Told(each.field, f"{python}.{each.path}", tuple(inner))


def _items(package: Package, name: str) -> tuple[Item, ...]:
    if is_object(package, name):
        return package.objects.items(name)
    return package.parts.contents.record(name)


def _held(shape: Shape) -> str | None:
    """The type of one thing that is held, whose fields can be judged."""
    return shape.name if isinstance(shape, Value | Reference) else None


def _records(package: Package, name: str) -> frozenset[str]:
    """A struct, and all that is read when it is."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current in found or package.forms.form(current) is not Form.RECORD:
            continue
        found.add(current)
        for item in package.parts.contents.record(current):
            shape: Shape = item.shape
            while isinstance(shape, Span | Until | Fixed | Sentinel):
                shape = shape.shape if isinstance(shape, Sentinel) else shape.element
            if isinstance(shape, Value):
                waiting.append(shape.name)
    return frozenset(found)


def _has_later(package: Package, name: str) -> bool:
    return any(each.attributes.has("since") for each in package.forms.fields(name))
