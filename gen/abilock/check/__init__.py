"""Syntax trees to the model. Read :func:`check` as the table of contents."""

from __future__ import annotations

from abilock.check.attribute_arguments import Scope
from abilock.check.attribute_table import Place
from abilock.check.attributes import AttributePass
from abilock.check.build import Build
from abilock.check.collisions import check_collisions
from abilock.check.constants import ConstantPass
from abilock.check.containment import containment_order
from abilock.check.header import read_header, versions_by_file
from abilock.check.meaning import check_meaning
from abilock.check.symbols import collect
from abilock.diagnostics.report import Report
from abilock.model.decls import Library
from abilock.syntax import ast
from abilock.syntax.loading import Loaded


def check(loaded: Loaded, report: Report) -> Library | None:
    """The library that the files describe, or None after reporting why they describe none.

    Guarantee: that of :mod:`abilock.model.decls`.
    """
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
    build = Build(symbols, constants, attributes, report)
    built = [build.declaration(symbols.declarations[name]) for name in order]
    if header.name is None or header.version is None:
        return None
    root = loaded.root.path
    abi = next(item for item in loaded.root.items if isinstance(item, ast.Abi))
    library = Library(
        name=header.name,
        version=header.version,
        source=root,
        doc=header.doc,
        attributes=attributes.read(abi.decor.attributes, Place.ABI, Scope()),
        compat=header.compat,
        targets=header.targets,
        allocators=header.allocators,
        declarations=tuple(declaration for declaration in built if declaration is not None),
        imported=frozenset(
            name for name, declared in symbols.declarations.items() if declared.span.file != root
        ),
    )
    # Names that another language cannot tell apart.
    check_collisions(library, report)
    # Attributes that contradict each other, or what they stand on.
    if not report.failed:
        check_meaning(library, loaded, report)
    return None if report.failed else library
