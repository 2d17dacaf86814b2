"""Frozen dataclasses that are made fast are like others."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, field, fields, replace

import pytest

from abilock.frozen import frozen


@frozen
class Place:
    """ex) ``Place("x", 1)``"""

    name: str
    at: int = 0
    note: str | None = field(default=None, compare=False, repr=False)


def test_values_are_given_by_place_and_by_name() -> None:
    assert Place("x", 1, "n").note == "n"
    assert Place(name="x", at=1) == Place("x", 1)
    assert Place("x").at == 0
    assert Place("x").note is None
    with pytest.raises(TypeError):
        Place()  # type: ignore[call-arg]  # the name is missing


def test_it_is_a_dataclass() -> None:
    assert repr(Place("x", 1, "n")) == "Place(name='x', at=1)"
    assert Place("x", 1, "n") == Place("x", 1, "m")
    assert hash(Place("x", 1, "n")) == hash(Place("x", 1, "m"))
    assert replace(Place("x", 1, "n"), at=2) == Place("x", 2)
    assert [each.name for each in fields(Place)] == ["name", "at", "note"]


def test_it_is_frozen() -> None:
    place = Place("x")
    with pytest.raises(FrozenInstanceError):
        place.at = 3  # type: ignore[misc]  # that is what is refused
    assert not hasattr(place, "__dict__")
