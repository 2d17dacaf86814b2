"""Layout tables as the command line prints them, and as they are in files."""

from __future__ import annotations

import json
from pathlib import Path

from abilock.outputs.layout.table import table
from abilock.outputs.layout.view import same_tables
from abilock.pipeline import lay_out_all
from support.library import library_of
from support.pages import write_pages

TEXT = """
struct S { a: u8, lo: u32 : 3, head: struct { x: i32, y: u8 }, _: union { u: u8, v: u16 }, p: *mut void }
vtable V { state: *mut void; fn f(self: const); }
union U { a: u8, b: u64 }
enum E { A, B = 7 }
flags M: u8 { R = 1 }
"""


def test_the_table_of_a_target() -> None:
    library = library_of(TEXT)
    found = table(library, lay_out_all(library)[0])
    assert list(found) == ["abi", "version", "target", "types"]
    assert found["target"] == "x86_64-unknown-linux-gnu"
    types = found["types"]
    assert [types[name]["kind"] for name in "SVUEM"] == "struct vtable union enum flags".split()
    assert types["S"] == {
        "kind": "struct",
        "size": 24,
        "align": 8,
        "fields": [
            {"name": "a", "offset": 0, "size": 1},
            {"name": "lo", "bit_offset": 8, "bit_size": 3},
            {"name": "head", "offset": 4, "size": 8},
            {"name": "head.x", "offset": 4, "size": 4},
            {"name": "head.y", "offset": 8, "size": 1},
            {"name": "u", "offset": 12, "size": 1},
            {"name": "v", "offset": 12, "size": 2},
            {"name": "p", "offset": 16, "size": 8},
        ],
        "holes": [
            {"bit_offset": 11, "bit_size": 21},
            {"offset": 9, "size": 3},
            {"offset": 14, "size": 2},
        ],
        "padding": None,
    }
    assert types["V"]["fields"] == [
        {"name": "state", "offset": 0, "size": 8},
        {"name": "f", "offset": 8, "size": 8, "slot": 0},
    ]
    assert (types["U"]["holes"], types["U"]["padding"]) == ([], None)
    assert types["E"] == {"kind": "enum", "size": 4, "align": 4, "values": {"A": 0, "B": 7}}
    assert types["M"] == {"kind": "flags", "size": 1, "align": 1, "values": {"R": 1}}


def test_files_are_the_tables_of_all_targets(tmp_path: Path) -> None:
    library = library_of(TEXT)
    layouts = lay_out_all(library)
    write_pages(library, tmp_path, "layout")
    files = {
        path.stem: json.loads(path.read_text()) for path in (tmp_path / "layout").glob("*.json")
    }
    seen: list[str] = []
    for name, data in files.items():
        targets = data.pop("targets")
        assert data["target"] == targets[0] == name
        seen += targets
        for layout in layouts:
            if layout.target.triple in targets:
                assert table(library, layout) | {"target": name} == data
    assert sorted(seen) == sorted(library.targets)
    assert len(files) == len(same_tables(library, layouts)) > 1


def test_padding_in_bytes_and_in_bits() -> None:
    library = library_of("struct B { a: u32, b: u8 } struct C { a: u32 : 30 } struct D { a: u8 }")
    types = table(library, lay_out_all(library)[0])["types"]
    assert [types[name]["padding"] for name in "BCD"] == [
        {"offset": 5, "size": 3},
        {"bit_offset": 30, "bit_size": 2},
        None,
    ]


def test_a_type_keeps_to_its_lines(tmp_path: Path) -> None:
    """One for each member, so that an inserted one shows as such; what is unused is on the last."""
    write_pages(library_of("struct S { a: u8, b: u32, c: u8 }\nenum E { A }"), tmp_path, "layout")
    (path,) = (tmp_path / "layout").iterdir()
    text = path.read_text()
    assert (
        text[text.index('    "S"') :]
        == """\
    "S": {"kind": "struct", "size": 12, "align": 4, "fields": [
      {"name": "a", "offset": 0, "size": 1},
      {"name": "b", "offset": 4, "size": 4},
      {"name": "c", "offset": 8, "size": 1}
    ], "holes": [{"offset": 1, "size": 3}], "padding": {"offset": 9, "size": 3}},
    "E": {"kind": "enum", "size": 4, "align": 4, "values": {
      "A": 0
    }}
  }
}
"""
    )


def test_an_abi_without_types_has_a_table(tmp_path: Path) -> None:
    write_pages(library_of("const N: u8 = 1;"), tmp_path, "layout")
    (path,) = (tmp_path / "layout").iterdir()
    assert json.loads(path.read_text())["types"] == {}
