"""Meaning: attributes agree with each other, and with the types and signatures that they stand on.

Bindings are made of them, so what contradicts itself, or leaves open what a binding would have to guess,
is reported. Read :func:`check_meaning` as the table of contents; each subject has a module.
"""

from __future__ import annotations

from abilock.check.meaning_callbacks import Callbacks
from abilock.check.meaning_effects import Effects
from abilock.check.meaning_loading import Loading
from abilock.check.meaning_names import check_names
from abilock.check.meaning_objects import Objects
from abilock.check.meaning_ownership import Ownership
from abilock.check.meaning_pointers import Pointers
from abilock.check.meaning_results import Results
from abilock.check.meaning_told import Told
from abilock.check.meaning_types import Facts
from abilock.diagnostics.report import Report
from abilock.model.decls import Library
from abilock.syntax.loading import Loaded


def check_meaning(library: Library, loaded: Loaded, report: Report) -> None:
    """Report contradictions in a library whose types, names and single attributes are right.

    ``loaded``: its files, for where things stand of which the model keeps no place.
    """
    facts = Facts(library)
    # What functions return, and how they fail.
    results = Results(facts, report)
    # What is behind pointers, and who writes it.
    pointers = Pointers(facts, report)
    # Who owns what, and how it ends.
    ownership = Ownership(facts, report)
    # Contexts of objects, handles, properties.
    objects = Objects(facts, report)
    # Contexts of callbacks, and how long they may be called.
    callbacks = Callbacks(facts, report)
    # What comes of it all.
    effects = Effects(facts, report)
    for use, around in facts.walk.uses:
        if use.own or use.attributes.all:
            results.check_use(use)
            pointers.check_use(use, around)
            ownership.check_use(use, around)
            effects.check_use(use, around)
        callbacks.check_use(use, around)
    for record in facts.walk.records:
        results.check_record(record)
        pointers.check_record(record)
        ownership.check_record(record)
        objects.check_record(record)
        effects.check_record(record)
    for function in facts.walk.functions:
        if function.says_something:
            results.check_function(function)
            objects.check_function(function)
            effects.check_function(function)
        callbacks.check_function(function)
    # What a loader compares and calls.
    Loading(facts, loaded, report).check()
    Told(facts, report).check()
    # What Python calls it all.
    check_names(facts, report)
