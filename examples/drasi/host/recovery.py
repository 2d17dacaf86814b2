"""Where a reaction goes on after a restart. Upstream's table, for each of its queries:

====================================  ==========================================================
no checkpoint, it wants a snapshot    it boots from one, whose sequence is its checkpoint
no checkpoint, it wants none          the latest sequence is its checkpoint: only news count
the checkpoint fits                   what it missed is delivered again, in order
the query is another one now,         Strict: it does not start. AutoReset: it starts over from
or what it missed is gone             a snapshot. AutoSkipGap: it goes on at the latest sequence
====================================  ==========================================================
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from drasi import CHECKPOINT_KEY_PREFIX, Checkpoint, RecoveryPolicy

from . import HostError
from .results import LiveQuery, OutboxGapError, Result
from .state_store import StateStore

#: bincode of two numbers of 64 bits.
_FORMAT = struct.Struct("<QQ")


class RecoveryError(HostError):
    """The reaction must not start."""


@dataclass(frozen=True)
class Plan:
    """What a reaction needs before it gets live results of a query."""

    checkpoint: Checkpoint
    #: Why, for the log.
    reason: str
    #: Whether it boots from a snapshot, and whether an earlier checkpoint is thrown away for that.
    bootstrap: bool = False
    is_reset: bool = False
    missed: Sequence[Result] = ()


class Checkpoints:
    """Those of one reaction, where upstream keeps them too: reactions of its SDK write them."""

    def __init__(self, store: StateStore, reaction_id: str) -> None:
        self._store = store
        self._reaction_id = reaction_id

    def read(self, query_id: str) -> Checkpoint | None:
        found = self._store.get(self._reaction_id, f"{CHECKPOINT_KEY_PREFIX}{query_id}")
        if found is None:
            return None
        if len(found) != _FORMAT.size:
            text = f"the checkpoint of {query_id!r} has {len(found)} bytes, and no meaning"
            raise RecoveryError(text)
        return Checkpoint(*_FORMAT.unpack(found))

    def write(self, query_id: str, checkpoint: Checkpoint) -> None:
        content = _FORMAT.pack(checkpoint.sequence, checkpoint.config_hash)
        self._store.set(self._reaction_id, f"{CHECKPOINT_KEY_PREFIX}{query_id}", content)


def require_sense(policy: int, durable: bool, needs_snapshot: bool, store_lasts: bool) -> None:
    """Combinations that cannot work are refused before the start, by a :class:`RecoveryError`."""
    if durable and not store_lasts:
        raise RecoveryError("it is durable, and this host's state store ends with the process")
    if needs_snapshot and policy == RecoveryPolicy.AutoSkipGap:
        raise RecoveryError("it needs a snapshot when it starts, and would skip one after a gap")
    if not needs_snapshot and policy == RecoveryPolicy.AutoReset:
        raise RecoveryError("it would reset itself from a snapshot, and takes none")


def plan(
    query: LiveQuery, old: Checkpoint | None, policy: int, needs_snapshot: bool, deliverable: bool
) -> Plan:
    """What to do for one query of a reaction.

    Args:
        policy: a ``RecoveryPolicy`` of either release: the numbers are the same.
        deliverable: whether results can be delivered to it. If not, what it missed is as good as gone.

    Raises:
        RecoveryError: the policy is Strict, and there is something to recover from.
    """
    latest = Checkpoint(query.sequence, query.query.config_hash)
    if old is None and needs_snapshot:
        return Plan(latest, "a first start, from a snapshot", bootstrap=True)
    if old is None:
        return Plan(latest, "a first start, from now on")
    if old.config_hash != latest.config_hash:
        trouble = "the query is another one now"
    else:
        try:
            missed = query.results_after(old.sequence)
        except OutboxGapError as gap:
            trouble = f"it has results up to {old.sequence}, and {gap}"
        else:
            if deliverable or not missed:
                reach = missed[-1]["sequence"] if missed else old.sequence
                text = f"{len(missed)} results since {old.sequence}"
                return Plan(Checkpoint(reach, old.config_hash), text, missed=missed)
            trouble = f"{len(missed)} results since {old.sequence} cannot be delivered to it"
    if policy == RecoveryPolicy.AutoReset:
        return Plan(latest, f"{trouble}: it starts over", bootstrap=True, is_reset=True)
    if policy == RecoveryPolicy.AutoSkipGap:
        return Plan(latest, f"{trouble}: it goes on at {latest.sequence}")
    # An unknown number counts as Strict, as with upstream's host.
    raise RecoveryError(f"{trouble}; its policy is Strict, so somebody has to look at it")
