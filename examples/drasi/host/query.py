"""A small query language: the part of Cypher that filters elements and projects their properties.

    MATCH (p:Person:Member) WHERE p.age >= 18 AND p.city <> 'Oslo' RETURN p.name AS who, p.age

One element at a time, all labels needed, conditions joined by AND. It is small, and real: what it
says is what is evaluated, on whatever a source sends.
"""

from __future__ import annotations

import hashlib
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_TEXT = r"'(?:[^'\\]|\\.)*'"
#: Something up to a word that is not within a text.
_PART = rf"(?:{_TEXT}|[^'])+?"
_QUERY = re.compile(
    r"\s*MATCH\s*\(\s*(?P<name>\w+)\s*(?P<labels>(?::\s*\w+\s*)*)\)"
    rf"(?:\s*WHERE\s+(?P<where>{_PART}))?"
    r"\s+RETURN\s+(?P<columns>[^']+?)\s*;?\s*",
    re.IGNORECASE | re.DOTALL,
)
_JOINED = re.compile(rf"({_PART})(?:\s+AND\s+|\Z)", re.IGNORECASE | re.DOTALL)
_CONDITION = re.compile(rf"(\w+)\.(\w+)\s*(<=|>=|<>|=|<|>)\s*({_TEXT}|[\w.+-]+)", re.DOTALL)
_NUMBER = re.compile(r"[+-]?(?=\.?[0-9])[0-9]*(?P<point>\.[0-9]*)?(?P<power>[eE][+-]?[0-9]+)?")
_COLUMN = re.compile(r"(\w+)\.(\w+)(?:\s+AS\s+(\w+))?", re.IGNORECASE)

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
#: A number that is written longer is more than anything could be compared with.
_MOST_DIGITS = 30
_WORDS = {"true": True, "false": False, "null": None}

#: A row of a result: columns by their names.
Row = dict[str, Any]


class QueryError(ValueError):
    """The text is no query of this language."""


@dataclass(frozen=True)
class Condition:
    """``property compare value``. Where the two cannot be compared it does not hold, as in Cypher."""

    property: str
    compare: str
    value: Any

    def holds(self, properties: Mapping[str, Any]) -> bool:
        found = properties.get(self.property)
        if found is None or self.value is None:
            return False
        # For Python, true is 1.
        if isinstance(found, bool) != isinstance(self.value, bool):
            return self.compare == "<>"
        try:
            return _COMPARE[self.compare](found, self.value)
        except TypeError:
            return False


@dataclass(frozen=True)
class Query:
    """A query that was read."""

    text: str
    labels: frozenset[str]
    conditions: tuple[Condition, ...]
    #: Property names by the names of their columns.
    columns: Mapping[str, str]

    @property
    def config_hash(self) -> int:
        """A number that is another one when the query is: what a checkpoint remembers of it."""
        return number_of(self.text)

    def row(self, labels: frozenset[str], properties: Mapping[str, Any]) -> Row | None:
        """The row of an element, or ``None`` if it is not in the result."""
        if not self.labels <= labels or not all(each.holds(properties) for each in self.conditions):
            return None
        return {column: _told(properties.get(name)) for column, name in self.columns.items()}


def number_of(text: str) -> int:
    """A number of 64 bits, the same in every process."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def parse(text: str) -> Query:
    """Read a query. What is none is a :class:`QueryError`."""
    found = _QUERY.fullmatch(text)
    if found is None:
        raise QueryError(f"not of the form MATCH (x:Label) WHERE … RETURN …: {text}")
    name = found["name"]
    where = _JOINED.finditer(found["where"] or "")
    conditions = tuple(_condition(name, each[1].strip()) for each in where)
    columns: dict[str, str] = {}
    for part in found["columns"].split(","):
        column, property = _column(name, part.strip())
        if column in columns:
            raise QueryError(f"two columns are called {column!r}: {text}")
        columns[column] = property
    labels = frozenset(label.strip() for label in found["labels"].split(":") if label.strip())
    return Query(text, labels, conditions, columns)


def _condition(variable: str, text: str) -> Condition:
    found = _found(_CONDITION, text, variable, "property = value")
    return Condition(found[2], found[3], _value(found[4]))


def _column(variable: str, text: str) -> tuple[str, str]:
    found = _found(_COLUMN, text, variable, "property AS name")
    return found[3] or f"{variable}.{found[2]}", found[2]


def _found(pattern: re.Pattern[str], text: str, variable: str, form: str) -> re.Match[str]:
    found = pattern.fullmatch(text)
    if found is None or found[1] != variable:
        raise QueryError(f"not of the form {variable}.{form}: {text}")
    return found


def _value(text: str) -> Any:
    if text.startswith("'"):
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    number = _NUMBER.fullmatch(text)
    if number and (number["point"] or number["power"]):
        return float(text)
    if number and len(text) <= _MOST_DIGITS:
        return int(text)
    wanted = f"a number of up to {_MOST_DIGITS} digits, a 'text', true, false or null"
    raise QueryError(f"not {wanted}: {text[:80]}")


def _told(value: Any) -> Any:
    """What a reaction is told. JSON has no number for these, and upstream says null as well."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [_told(each) for each in value]
    if isinstance(value, dict):
        return {name: _told(each) for name, each in value.items()}
    return value
