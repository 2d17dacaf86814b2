"""What a text may not hold: each is told where it stands, and hides nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from abilock.diagnostics import catalog
from abilock.diagnostics.render import render_text
from abilock.diagnostics.report import Report
from abilock.syntax import reading
from abilock.syntax.parser import parse
from abilock.syntax.reading import decode
from support.library import codes_of


def read(data: bytes) -> Report:
    report = Report()
    source = decode(data, "a.abi", report)
    if source is not None:
        parse(source, report)
    return report


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        (b"struct Gr\xf6\xdfe { a: u8 } struct T { a: u8 b: u8 }", "A0003 A0010"),
        (b"struct S { a: u8, \xe4b: int* }", "A0003 A0010"),
        (b"struct S {\0 a: u8 } struct T { a: u8 b: u8 }", "A0004 A0010"),
        ("struct S\u202e { a: int* }".encode(), "A0005 A0010"),
        (b'const A: str = "\xff"; struct T { a: int* }', "A0003 A0010"),
        (b"/// \xff\nstruct T { a: int* }", "A0003 A0010"),
        (b"\xff\nstruct T { a: int* }", "A0003 A0010"),
        (b"struct T { a: \xff }", "A0003"),
        ("struct Größe { a: u8 } // \ufffd".encode(), "A0006"),
    ],
)
def test_what_is_not_utf8_hides_nothing(data: bytes, codes: str) -> None:
    report = read(b"abi a 1.0.0;\n" + data)
    assert " ".join(found.code.number for found in report.sorted()) == codes
    assert all(found.span is not None and found.hint for found in report.diagnostics)


def test_bytes_have_a_place_and_a_line() -> None:
    assert render_text(read(b"abi a 1.0.0;\r\n/// Gr\xf6\xdfe\nopaque O;")) == (
        "error[A0003]: bytes 0xf6 0xdf are not UTF-8\n"
        " --> a.abi:2:7\n"
        "  |\n"
        "2 | /// Gr\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}e\n"
        "  |       ^^\n"
        "  = hint: save the file as UTF-8; in Windows-1252, this is `öß`\n"
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf16_is_told_once(encoding: str) -> None:
    data = "\ufeffabi a 1.0.0;\n" if encoding == "utf-16-be" else "abi a 1.0.0;\n"
    (found,) = read(data.encode(encoding)).diagnostics
    assert found.message == "the file is UTF-16, not UTF-8"


def test_what_is_no_description_is_left_alone_soon() -> None:
    assert len(read(b"\x7fELF\x02\x01\x01\0\xff\xfe\0" * 1000).diagnostics) == 1
    assert len(read(b"\x7fELF\x02\x01\x01\xff\xfe" * 1000).diagnostics) == 4


def test_line_ends_of_a_cr_alone_are_told_once() -> None:
    report = Report()
    source = decode(b"abi a 1.0.0;\rstruct A { x: u8 }\rstruct B { y: u8 }\r", "a.abi", report)
    assert source is not None
    assert source.text.count("\n") == 3
    assert [each.code for each in report.diagnostics] == [catalog.CONTROL_CHARACTER]


def test_a_name_with_something_else_in_it_is_not_unknown_too() -> None:
    assert codes_of("struct A { x: u8_ }") == ["A0201"]
    report = Report()
    source = decode(b"abi a 1.0.0; struct A { x: u8\0 }", "a.abi", report)
    assert source is not None
    assert parse(source, report).broken == {"u8_"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without named pipes")
def test_nothing_is_waited_for(tmp_path: Path) -> None:
    """A pipe into which nobody writes, a device without an end, a folder."""
    os.mkfifo(tmp_path / "pipe.abi")
    (tmp_path / "folder.abi").mkdir()
    said = {}
    for path in (tmp_path / "pipe.abi", tmp_path / "folder.abi", Path("/dev/zero")):
        report = Report()
        assert reading.read_file(path, path.name, report) is None
        [found] = report.diagnostics
        said[found.message] = found.hint
    unread = "name a file; what a pipe has can be passed on standard input, as `-`"
    assert said == {
        "cannot read pipe.abi: it is a device, pipe or socket": unread,
        "cannot read folder.abi: Is a directory": "that is a folder; name a file",
        "cannot read zero: it is a device, pipe or socket": unread,
    }


@pytest.mark.skipif(not Path("/dev/fd").is_dir(), reason="a system without /dev/fd")
def test_what_a_shell_has_opened_is_read() -> None:
    """As for `abilock layout <(git show …)`."""
    ours, theirs = os.pipe()
    os.write(theirs, b"abi a 1.0.0;")
    os.close(theirs)
    report = Report()
    source = reading.read_file(Path(f"/dev/fd/{ours}"), "given", report)
    os.close(ours)
    assert source is not None
    assert source.text == "abi a 1.0.0;"
