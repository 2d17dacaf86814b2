"""Syntax trees to the model. Read :func:`check` as the table of contents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from abilock.check.attribute_scope import Scope
from abilock.check.attribute_table import Place
from abilock.check.attributes import AttributePass
from abilock.check.build import Build
from abilock.check.c_names import check_c_names
from abilock.check.collisions import check_collisions
from abilock.check.constants import ConstantPass
from abilock.check.containment import containment_order
from abilock.check.formulas import Formulas
from abilock.check.header import read_header, versions_by_file
from abilock.check.imports import alone, broken_files, check_imports, shared_targets, tell_unjudged
from abilock.check.meaning import check_meaning
from abilock.check.python_names import with_python_names
from abilock.check.receivers import with_receivers
from abilock.check.soundness import Soundness, declared_name, of_layouts, without
from abilock.check.symbols import Symbols, collect
from abilock.diagnostics.report import Report
from abilock.model.decls import Declaration, EntryFunction, EntryStatic, Library
from abilock.model.version import Version
from abilock.syntax import ast
from abilock.syntax.loading import Loaded

#: What a file is called that does not say it, while the rest of it is looked at.
_UNNAMED = "unnamed"
_UNVERSIONED = Version(0, 0, 0)


@dataclass(frozen=True, slots=True)
class _Known:
    """``sound``: a library as far as nothing is wrong; ``usable``: as far as it can be looked at. Where
    something is wrong, it has a type of one byte, or one element, in place of what is not known.
    ``whole``: all of it, where types may be mentioned that are nowhere."""

    sound: Library
    usable: Library
    whole: Library


@dataclass(frozen=True, slots=True)
class Examined:
    """``library``: what the files describe, None if anything is wrong with them; ``sound``: those of its
    declarations that can be laid out, all of them if nothing is wrong; ``loaded``: the files."""

    library: Library | None
    sound: Library
    loaded: Loaded
    _known: tuple[_Known, ...]

    def laid_out(self, report: Report) -> Library:
        """The declarations of the library whose bytes are known, whatever else is wrong with them."""
        if not report.failed:
            return self.sound
        soundness = Soundness(self.loaded, of_layouts(report))
        return without(self._known[-1].whole, soundness.without_layout())

    def may_declare(self, name: str) -> bool:
        """Whether the files declare something of that name that is in no library, for what is wrong
        with it."""
        return any(
            name in file.broken or any(declared_name(item) == name for item in file.items)
            for file in self.loaded.files
        )

    def check_layouts(self, look: Callable[[Library, Report], None], report: Report) -> None:
        """Have somebody ``look`` at each file by itself, for what is so whatever else is wrong with a
        declaration."""
        found = report if not report.failed else Report()
        for each in self._known:
            look(each.usable, found)
        if found is not report:
            Soundness(self.loaded, report).keep(found, report)

    def check_further(self, look: Callable[[Library, Report], None], report: Report) -> None:
        """Have somebody ``look`` at what nothing was said of so far, and report what is found there."""
        if not report.failed:
            look(self.sound, report)
            return
        soundness = Soundness(self.loaded, report)
        found = Report()
        look(without(self.sound, soundness.unsound), found)
        soundness.keep(found, report)


def check(loaded: Loaded, report: Report) -> Library | None:
    """The library that the files describe, or None after reporting why they describe none.

    Guarantee: that of :mod:`abilock.model.decls`.
    """
    return examine(loaded, report).library


def examine(loaded: Loaded, report: Report, *, shares: bool = False) -> Examined:
    """The library that the files describe, and what is sound of it; what is wrong is reported.

    ``shares``: slots that are written alike get one signature, with the places of one of them; what is
    reported there may belong to another.
    """
    known: dict[str, _Known] = {}
    # What is imported is an ABI by itself, and comes before what imports it.
    for file in loaded.files:
        # An importer has nothing to say about a file that is broken by itself.
        others = broken_files(report) - {file.path}
        found = Report([*report.diagnostics], report.sources)
        known[file.path] = _check_root(alone(loaded, file), known, found, shares=shares)
        for each in found.diagnostics:
            if each.span is None or each.span.file not in others:
                report.include(each)
    tell_unjudged(loaded, report)
    sound = known[loaded.root.path].sound
    library = None if report.failed else sound
    return Examined(library, sound, loaded, tuple(known.values()))


def _check_root(
    loaded: Loaded, known: Mapping[str, _Known], report: Report, *, shares: bool
) -> _Known:
    """What is known of the root file; ``known``: the same of the files that it imports."""
    # Every name stands for one declaration.
    symbols = collect(loaded.files, loaded.imports, report)
    # Constants and enum values are numbers.
    constants = ConstantPass(symbols, report)
    constants.run()
    # Name, version, compat rule, targets and allocators of the root file.
    header = read_header(loaded, symbols, constants, report)
    # What is contained by value comes before what contains it.
    order = containment_order(symbols, report)
    # Every declaration, with its types and attributes.
    attributes = AttributePass(symbols, constants, versions_by_file(loaded), report)
    # What stands before items that the model does not keep says nothing.
    attributes.refuse(item for file in loaded.files for item in file.items)
    build = Build(symbols, constants, attributes, report, shares=shares)
    built = [build.declaration(symbols.declarations[name]) for name in order]
    # What slots take as `self`, where that is an object of a known type.
    typed = with_receivers([each for each in built if each is not None], report)
    direct = loaded.imports.get(loaded.root.path, frozenset())
    imports = tuple(
        known[file.path].sound for file in loaded.files if file.path in direct & known.keys()
    )
    library = Library(
        name=header.name or _UNNAMED,
        version=header.version or _UNVERSIONED,
        source=loaded.root.path,
        doc=header.doc,
        compat=header.compat,
        targets=shared_targets(loaded.root, header.targets, imports),
        allocators=header.allocators,
        declarations=typed,
        imports=imports,
        attributes=attributes.read(_written_on_abi(loaded), Place.ABI, Scope()),
        formulas=Formulas(loaded),
        span=header.span,
    )
    # What everything is called in Python.
    library = with_python_names(library, report)
    # Names that another language cannot tell apart.
    check_c_names(library, report)
    check_collisions(library, report)
    # ABIs that can stand beside those that they import.
    check_imports(library, loaded, report)
    # What is not there since it could not be parsed is not missed.
    if any(file.incomplete for file in loaded.files):
        report.drop(Soundness(loaded, report).rests_on_missing)
    # Attributes that contradict each other, or what they stand on, as far as that is known.
    soundness = Soundness(loaded, report) if report.failed else None
    usable = whole = library
    if soundness is None:
        check_meaning(library, loaded, report)
    else:
        usable = without(library, soundness.unusable)
        later = Report()
        check_meaning(usable, loaded, later)
        soundness.keep(later, report)
        library = without(library, soundness.unsound)
    return _Known(*(_at_home(each, loaded, symbols) for each in (library, usable, whole)))


def _at_home(library: Library, loaded: Loaded, symbols: Symbols) -> Library:
    left = (each for each in library.declarations if _is_usable(each, loaded, symbols))
    return replace(library, declarations=tuple(left))


def _is_usable(declaration: Declaration, loaded: Loaded, symbols: Symbols) -> bool:
    """An entry of another file is exported by the libraries of that file's ABI."""
    home = symbols.declarations[declaration.name].span.file
    return home == loaded.root.path or not isinstance(declaration, EntryFunction | EntryStatic)


def _written_on_abi(loaded: Loaded) -> tuple[ast.Attribute, ...]:
    """The attributes of the root file's ``abi`` item."""
    for item in loaded.root.items:
        if isinstance(item, ast.Abi):
            return tuple(item.decor.attributes)
    return ()
