"""The files of this output: the Rust module of an ABI, and the program that checks its layouts."""

from __future__ import annotations

from abilock.model.decls import Library
from abilock.outputs.rust.layout_test import layout_test
from abilock.outputs.rust.module import module
from abilock.outputs.rust.records import Records
from abilock.outputs.rust_declarations import RustTypes
from abilock.outputs.spec import Layouts, Page


def pages(library: Library, layouts: Layouts) -> tuple[Page, ...]:
    """``rust/<abi>.rs`` with its witness beside it, and ``tests/layout.rs``."""
    types = RustTypes(library)
    records = Records(library, layouts, types)
    view = module(library, layouts, records, types)
    witness = Page(f"rust/{view.witness.file}", "rust/witness.rs.jinja", view.witness)
    return (
        Page(f"rust/{library.stem}.rs", "rust/library.rs.jinja", view),
        *((witness,) if view.has_witness else ()),
        Page(
            "tests/layout.rs",
            "rust/layout.rs.jinja",
            layout_test(library, layouts, records, types),
        ),
    )
