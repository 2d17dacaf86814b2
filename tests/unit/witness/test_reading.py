"""Files and records from strangers: read, or refused in words."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from abilock.witness.libraries import images
from abilock.witness.record import DamagedRecord, read_record
from abilock.witness.scan import BrokenFile
from support.witnesses import read_whatever

HEADS = (
    b"\x7fELF\x02\x01\x01",
    b"\x7fELF\x01\x02\x01",
    b"MZ",
    b"\xcf\xfa\xed\xfe",
    b"\xfe\xed\xfa\xce",
    b"\xca\xfe\xba\xbe\0\0\0\x02",
    b"\xca\xfe\xba\xbf\0\0\0\x01",
)


def record(order: str = "<", rows: int = 2, text: bytes | None = None) -> bytes:
    """A struct of one field."""
    if text is None:
        text = b"abi shop 1.2.0\0target x86_64-unknown-linux-gnu\0struct Price\0field cents u64\0"
    numbers = struct.pack(
        f"{order}8I", 1, 40 + rows * 16 + len(text), 8, rows, 40, 40 + rows * 16, len(text), 0
    )
    body = b"".join(
        struct.pack(f"{order}4I", 8, 0 if at else 0xFFFFFFFF, 7, 9) for at in range(rows)
    )
    return b"ABILOCK\0" + numbers + body + text


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_record(order: str) -> None:
    found = read_record(record(order) + b"what follows in the file")
    assert (found.abi, str(found.version), found.target) == (
        "shop",
        "1.2.0",
        "x86_64-unknown-linux-gnu",
    )
    assert found.big_endian is (order == ">")
    price, cents = found.rows
    assert (price.kind, price.name, price.owner, price.size, price.offset) == (
        "struct",
        "Price",
        "",
        8,
        None,
    )
    assert (cents.kind, cents.name, cents.owner, cents.text) == ("field", "cents", "Price", "u64")
    assert (cents.size, cents.offset, cents.form, cents.contract) == (8, 0, 7, 9)


def test_empty_texts_between_others_do_not_count() -> None:
    text = b"abi shop 1.2.0\0target \0\0\0struct Price\0\0field cents u64\0\0"
    assert read_record(record(text=text)).rows == read_record(record()).rows
    assert read_record(record(text=text)).target == ""


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "does not begin as one"),
        (record()[:30], "does not begin as one"),
        (record()[:80], "says that it has"),
        (record().replace(b"\1\0\0\0", b"\2\0\0\0", 1), "of format 2"),
        (record().replace(b"\x08\0\0\0\x02", b"\x03\0\0\0\x02", 1), "3 bytes"),
        (record(text=b"abi shop 1.2.0\0target x\0struct Price\0"), "2 rows, and text for 1"),
        (record(text=b"abi shop 1.2.0\0target x\0field a u8\0field b u8"), "belongs to nothing"),
        (record(text=b"abi shop 1.2\0target x\0struct A\0field b u8"), "of which version"),
        (record(text=b"shop\0target x\0struct A\0field b u8"), "of which ABI"),
        (record(text=b"abi shop 1.2.0\0target x\0struct\0field b u8"), "has no name"),
        (record(text=b"abi shop 1.2.0\0target x\0struct \xff\0field b u8"), "no UTF-8"),
    ],
)
def test_no_record(data: bytes, said: str) -> None:
    with pytest.raises(DamagedRecord, match=said):
        read_record(data)


@given(st.binary(max_size=400))
@example(b"ABILOCK\0" + b"\xff" * 32)
@example(b"ABILOCK\0" + struct.pack("<8I", 1, 40, 8, 0, 0xFFFFFFF0, 40, 0, 0))
def test_random_bytes_are_no_record(data: bytes) -> None:
    with pytest.raises(DamagedRecord):
        read_record(data)
    with pytest.raises(DamagedRecord):
        read_record(b"ABILOCK\0\1\0\0\0" + data[:40])


@given(st.data())
def test_records_that_were_edited(data: st.DataObject) -> None:
    text = bytearray(record(data.draw(st.sampled_from("<>"))))
    for at in data.draw(st.lists(st.integers(0, len(text) - 1), min_size=1, max_size=6)):
        text[at] = data.draw(st.integers(0, 255))
    with contextlib.suppress(DamagedRecord):
        read_record(bytes(text))


@given(st.sampled_from(HEADS), st.binary(max_size=300))
def test_random_bytes_are_no_library(head: bytes, data: bytes) -> None:
    for text in (data, head + data):
        read_whatever(text)


@settings(max_examples=150)
@given(st.data())
def test_libraries_that_were_edited(data: st.DataObject) -> None:
    """The smallest that each reader takes, with a few bytes changed."""
    text = bytearray(data.draw(st.sampled_from((tiny_elf(), tiny_macho(), tiny_pe()))))
    for at in data.draw(st.lists(st.integers(0, len(text) - 1), max_size=5)):
        text[at] = data.draw(st.sampled_from((0, 1, 0x7F, 0x80, 0xFF)))
    whole = data.draw(st.one_of(st.just(len(text)), st.integers(0, len(text))))
    read_whatever(bytes(text[:whole]))


NAME = b"abilock_witness_shop"


def test_the_smallest_libraries_are_whole() -> None:
    for data, kind in ((tiny_elf(), "ELF"), (tiny_macho(), "Mach-O"), (tiny_pe(), "PE")):
        (image,) = images(data)
        assert image.format == kind
        assert read_record(image.records[NAME.decode()]).abi == "shop"


def tiny_elf() -> bytes:
    """Without sections: a segment of everything, and the dynamic section with a hash table."""
    at = {"programs": 64, "dynamic": 64 + 2 * 56}
    at["symbols"] = at["dynamic"] + 5 * 16
    at["names"] = at["symbols"] + 2 * 24
    at["hash"] = at["names"] + 24
    at["record"] = at["hash"] + 16
    size = at["record"] + len(record())
    head = b"\x7fELF\2\1\1".ljust(16, b"\0") + struct.pack(
        "<HHIQQQIHHHHHH", 3, 62, 1, 0, at["programs"], 0, 0, 64, 56, 2, 0, 0, 0
    )
    programs = struct.pack("<IIQQQQQQ", 1, 4, 0, 0x1000, 0, size, size, 0)
    programs += struct.pack("<IIQQQQQQ", 2, 4, at["dynamic"], 0, 0, 80, 80, 0)
    tags = ((4, at["hash"]), (5, at["names"]), (6, at["symbols"]), (11, 24 - 0x1000), (0, -0x1000))
    dynamic = b"".join(struct.pack("<QQ", tag, value + 0x1000) for tag, value in tags)
    symbols = bytes(24) + struct.pack("<IBBHQQ", 1, 0x11, 0, 1, at["record"] + 0x1000, 9)
    names = (b"\0" + NAME + b"\0").ljust(24, b"\0")
    return head + programs + dynamic + symbols + names + struct.pack("<IIII", 1, 2, 1, 0) + record()


def tiny_macho() -> bytes:
    """A segment of everything, and a trie of one name."""
    label = b"_" + NAME + b"\0"
    record_at = 32 + 72 + 48 + 64
    leaf = bytes((3, 0, 0x80 | (record_at & 0x7F), record_at >> 7, 0))
    trie = (b"\0\1" + label + bytes((len(label) + 3,)) + leaf).ljust(64, b"\0")
    size = record_at + len(record())
    head = b"\xcf\xfa\xed\xfe" + struct.pack("<IIIIIII", 0x0100000C, 0, 6, 2, 120, 0, 0)
    segment = struct.pack("<II16sQQQQIIII", 0x19, 72, b"__TEXT", 0x4000, size, 0, size, 5, 5, 0, 0)
    info = struct.pack("<II8III", 0x80000022, 48, *([0] * 8), 32 + 72 + 48, 64)
    return head + segment + info + trie + record()


def tiny_pe() -> bytes:
    """One section with the export table and the record."""
    head = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40) + b"PE\0\0"
    head += struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, 240, 0x2000)
    optional = (
        struct.pack("<H", 0x20B).ljust(108, b"\0") + struct.pack("<III", 16, 0x1000, 90)
    ).ljust(240, b"\0")
    start = len(head) + len(optional) + 40
    body = bytes(20) + struct.pack("<5I", 1, 1, 0x1028, 0x102C, 0x1030)
    body += struct.pack("<IIHxx", 0x1050, 0x1034, 0) + NAME
    body = body.ljust(0x50, b"\0") + record()
    section = b".rdata\0\0" + struct.pack("<IIII", len(body), 0x1000, len(body), start) + bytes(16)
    return head + optional + section + body


def test_what_is_no_library() -> None:
    for data, said in (
        (b"", "an empty file"),
        (b"#!/bin/sh", "neither ELF nor PE nor Mach-O"),
        (b"\xca\xfe\xba\xbe\0\0\0\x41" + bytes(40), "says that it has 65"),
        (b"MZ" + bytes(200), "a program of DOS"),
        # What a library is linked from has its witness, and exports nothing.
        (tiny_elf()[:16] + b"\1" + tiny_elf()[17:], "an object file"),
        (tiny_macho()[:12] + b"\1" + tiny_macho()[13:], "an object file"),
    ):
        with pytest.raises(BrokenFile, match=said):
            images(data)


def test_a_trie_that_leads_back_ends() -> None:
    data = tiny_macho()
    child = data.index(NAME + b"\0") + len(NAME) + 1
    with pytest.raises(BrokenFile, match="leads back into itself"):
        images(data[:child] + b"\0" + data[child + 1 :])
