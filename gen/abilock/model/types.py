"""Types as they are meant: names resolved, lengths counted, nothing left to look up but layouts."""

from __future__ import annotations

from dataclasses import field
from typing import TypeAlias

from abilock.frozen import frozen
from abilock.model.attributes import Attributes
from abilock.source import Span


@frozen
class Void:
    """Nothing: the pointee of ``*mut void``, or the result of a function without one."""


@frozen
class Scalar:
    """A built-in scalar under the language's own name.

    ex) ``Scalar("u32")``, ``Scalar("c_long")``, ``Scalar("bool")``
    """

    name: str


@frozen
class Pointer:
    """ex) ``*const u8?`` is ``Pointer(Scalar("u8"), mutable=False, nullable=True)``"""

    pointee: Type
    mutable: bool
    nullable: bool = False


@frozen
class Array:
    """ex) ``[u8; 512]``; ``length`` is in elements and at least 1."""

    element: Type
    length: int


@frozen
class Named:
    """A declared struct, union, vtable, enum, opaque type, callback or alias.

    ``nullable`` is only ever set on a callback, or on an alias of something that may be null.
    """

    name: str
    nullable: bool = False


@frozen
class FunctionPointer:
    """ex) ``(fn(x: u8) -> u8)?``"""

    signature: Signature
    nullable: bool = False


@frozen
class Nested:
    """A struct or union that is written out as the type of a member."""

    aggregate: Aggregate


@frozen
class Doc:
    """The doc comment of a declaration: its lines without ``///`` and one leading blank."""

    lines: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """The first paragraph as one line, or nothing."""
        head: list[str] = []
        for line in self.lines:
            if not line.strip():
                if head:
                    break
                continue
            head.append(line.strip())
        return " ".join(head)


@frozen
class Parameter:
    """One parameter. ``receiver`` marks the context that a slot gets as ``self``.

    ``name`` is None where the description gives none. ``own``: the callee owns what it gets.
    """

    name: str | None
    type: Type
    own: bool = False
    receiver: bool = False
    doc: Doc = Doc()
    attributes: Attributes = Attributes()
    span: Span | None = field(default=None, compare=False, repr=False)


@frozen
class Result:
    """What a function returns. ``own``: the caller owns what it gets."""

    type: Type
    own: bool = False
    attributes: Attributes = Attributes()


@frozen
class Signature:
    """Parameters, result (None: nothing) and calling convention (``"C"`` by default)."""

    parameters: tuple[Parameter, ...]
    result: Result | None
    variadic: bool = False
    convention: str = "C"


@frozen
class Field:
    """A data member of a struct, union or vtable.

    ``name`` is None for padding bits and for an anonymous nested member. ``bits`` is a bit-field's
    width in bits, ``align`` what ``@align`` on the field asks for, in bytes.
    """

    name: str | None
    type: Type
    own: bool = False
    bits: int | None = None
    align: int | None = None
    doc: Doc = Doc()
    attributes: Attributes = Attributes()
    span: Span | None = field(default=None, compare=False, repr=False)


@frozen
class Aggregate:
    """A struct or union. ``packed`` and ``align`` are in bytes, None where nothing is asked.

    A nested one has a dotted ``name``: ``N.head``.
    """

    name: str
    is_union: bool
    fields: tuple[Field, ...]
    packed: int | None = None
    align: int | None = None
    doc: Doc = Doc()
    attributes: Attributes = Attributes()
    span: Span | None = field(default=None, compare=False, repr=False)


Type: TypeAlias = Void | Scalar | Pointer | Array | Named | FunctionPointer | Nested
