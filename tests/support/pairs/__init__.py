"""Pairs of descriptions with one change between them, and what it must lead to."""

from __future__ import annotations

from support.pairs.base import Pair
from support.pairs.fields import FIELDS
from support.pairs.meanings import MEANINGS
from support.pairs.names import ENTRIES, ENUMS, SAME
from support.pairs.slots import SLOTS

PAIRS: tuple[Pair, ...] = (*SLOTS, *FIELDS, *ENUMS, *ENTRIES, *MEANINGS, *SAME)
