"""Frozen dataclasses that are made fast, and so are their values: a long description becomes a million
objects, and a run that has nothing to do still imports all of their types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, Never, TypeVar, dataclass_transform

_Made = TypeVar("_Made")
#: The values of some attributes, as what can be compared.
_Values = Callable[[object], object]


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[_Made]) -> type[_Made]:
    """A frozen dataclass with slots, the values of which are given or have a plain default.

    The ``__init__`` of others looks up the slot of each value by its name, every time; this one has them
    at hand, and takes half the time. What others compile for each class, such as ``__eq__``, is shared.
    """
    # Without one, `dataclass` writes out the signature, which takes longer than all else.
    cls.__doc__ = cls.__doc__ or cls.__name__
    made: Any = dataclass(slots=True, init=False, repr=False, eq=False)(cls)
    parameters, steps, known = [], [], {}
    for each in fields(made):
        known[f"set_{each.name}"] = getattr(made, each.name).__set__
        known[f"default_{each.name}"] = each.default
        default = "" if each.default is MISSING else f"=default_{each.name}"
        parameters.append(f"{each.name}{default}")
        steps.append(f"set_{each.name}(self, {each.name})")
    made.__init__ = _function(["self", *parameters], steps or ["pass"], known)
    _add_comparisons(made, _values([each.name for each in fields(made) if each.compare]))
    made.__repr__ = _shown
    made.__setattr__ = made.__delattr__ = _refuse
    made.__reduce__ = _reduced
    return made  # type: ignore[no-any-return]  # the class, with slots


def _function(
    parameters: list[str], steps: list[str], known: dict[str, object]
) -> Callable[..., None]:
    found: dict[str, Any] = {}
    inner = f"def __init__({', '.join(parameters)}):\n  " + "\n  ".join(steps)
    exec(f"def make({', '.join(known)}):\n {inner}\n return __init__", found)
    made: Callable[..., None] = found["make"](**known)
    return made


def _values(names: Sequence[str]) -> _Values:
    return attrgetter(*names) if names else lambda _: ()


def _add_comparisons(made: Any, values: _Values) -> None:
    def __eq__(self: object, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other):
            return NotImplemented
        return values(self) == values(other)

    def __hash__(self: object) -> int:
        return hash(values(self))

    made.__eq__, made.__hash__ = __eq__, __hash__


def _shown(self: Any) -> str:
    given = (f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return f"{type(self).__qualname__}({', '.join(given)})"


def _refuse(self: object, name: str, _: object = None) -> Never:
    raise FrozenInstanceError(f"cannot change {name!r} of {type(self).__name__}")


def _reduced(self: Any) -> tuple[object, ...]:
    """How it is pickled: by what it is made of."""
    return type(self), tuple(getattr(self, each.name) for each in fields(self))
