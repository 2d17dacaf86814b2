"""Descriptions with one change in them, and what the diff must say of each."""

from __future__ import annotations

from support.mutants import functions, meanings, members, wholes
from support.mutants.expected import MUTATORS, Mutant, Mutator, Row

__all__ = ["MUTATORS", "Mutant", "Mutator", "Row", "functions", "meanings", "members", "wholes"]
