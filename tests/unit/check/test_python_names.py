"""What ``@strip_types`` makes of the names of types and constants, and what it refuses."""

from __future__ import annotations

import pytest

from abilock.binding.forms import Forms
from abilock.model.python_names import stripped_type_name, type_name
from support.library import codes_of, library_of, read_text


def test_fields_of_errors_get_names_of_their_own() -> None:
    fields = "text: [char; 8], status: u8, status_: u8"
    assert codes_of(f"@error_buffer(text) struct E {{ {fields} }}") == ["A0107"]
    assert codes_of(f"struct S {{ {fields} }}") == []


def names_of(text: str) -> dict[str, str]:
    return {
        each.name: type_name(each.name, each.attributes) for each in library_of(text).declarations
    }


@pytest.mark.parametrize(
    ("name", "affixes", "wanted"),
    [
        ("FfiChangeOp", ("Ffi*", "*Vtable"), "ChangeOp"),
        ("SourceVtable", ("Ffi*", "*Vtable"), "Source"),
        ("FfiLogVtable", ("Ffi*", "*Vtable"), "Log"),
        ("FfiPushFn", ("*Fn", "*Push", "Ffi*"), "Ffi"),
        ("FfiFfiA", ("Ffi*",), "FfiA"),
        ("Ffi", ("Ffi*",), "Ffi"),
        ("Ffi_", ("Ffi*",), "Ffi_"),
        ("Ffi8", ("Ffi*",), "Ffi8"),
        ("ABI_VERSION_V1", ("ABI_*", "*_V1", "*V1"), "VERSION"),
        ("FfiPlugin", ("Ffi*",), "Plugin_"),
        ("FfiNone", ("Ffi*",), "None_"),
        ("Plain", ("Ffi*",), "Plain"),
    ],
)
def test_each_part_goes_once(name: str, affixes: tuple[str, ...], wanted: str) -> None:
    assert stripped_type_name(name, affixes) == wanted


def test_all_types_and_constants_are_renamed() -> None:
    found = names_of(
        '@strip_types("Ffi*", "FFI_*", "*Vtable", "*Fn")\nabi test 1.0.0;'
        " struct FfiA { x: u8 } union FfiU { x: u8 } enum FfiE { FfiX } flags FfiM: u8 { A = 1 }"
        " type FfiT = u8; callback FfiCbFn(); vtable FfiVVtable { fn f(); } const FFI_N: u8 = 1;"
        ' @py("Given") struct FfiB { x: u8 } @hidden struct FfiC { x: u8 } entry fn FfiD();'
    )
    assert found == {
        "FfiA": "A",
        "FfiU": "U",
        "FfiE": "E",
        "FfiM": "M",
        "FfiT": "T",
        "FfiCbFn": "Cb",
        "FfiVVtable": "V",
        "FFI_N": "N",
        "FfiB": "Given",
        "FfiC": "FfiC",
        "FfiD": "FfiD",
    }


def test_a_callback_gives_its_name_to_no_field() -> None:
    """A field that is a function has the attributes of the function's type, but for its name."""
    library = library_of(
        '@strip_types("*Fn")\nabi test 1.0.0; callback PushFn(@ctx c: *mut void);'
        " @object(c) struct S { c: *mut void, push: PushFn @ctx(c) @scope(call) }"
    )
    (method,) = Forms(library).methods("S")
    assert not method.attributes.has("py")


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        (
            '@strip_types("Ffi*")\nabi test 1.0.0; struct FfiA { x: u8 } struct A { x: u8 }',
            "A0107",
            "`A` and `FfiA` are both `A` in Python",
        ),
        (
            '@strip_types("*A", "*B")\nabi test 1.0.0; struct XA { x: u8 } struct XB { x: u8 }',
            "A0107",
            "`XB` and `XA` are both `X`",
        ),
        (
            '@strip_types("Ffi*")\nabi test 1.0.0;',
            "A0409",
            'no type and no constant begins with "Ffi"',
        ),
        (
            '@strip_types("*Fn")\nabi test 1.0.0; struct Fn { x: u8 } @hidden struct AFn { x: u8 }',
            "A0409",
            'ends with "Fn"',
        ),
    ],
)
def test_what_is_refused(text: str, code: str, says: str) -> None:
    (found,) = read_text(text)[1].sorted()
    assert found.code.number == code
    assert says in found.message
    assert found.hint


@pytest.mark.parametrize("affix", ["Ffi", "*", "", "F*i", "*F*", "1*", "a b*"])
def test_an_affix_has_a_star_at_one_end(affix: str) -> None:
    assert codes_of(f'@strip_types("{affix}")\nabi test 1.0.0;') == ["A0405"]


def test_imported_names_are_those_of_their_own_abi() -> None:
    others = {"base.abi": '@strip_types("Base*") abi base 1.0.0; struct BaseStr { n: u8 }'}
    text = (
        '@strip_types("Ffi*", "*Str")\nabi test 1.0.0; import "base.abi"; struct FfiS { s: BaseStr }'
        " struct OwnStr { n: u8 }"
    )
    found = library_of(text, others).declarations
    assert {each.name: type_name(each.name, each.attributes) for each in found} == {
        "BaseStr": "Str",
        "FfiS": "S",
        "OwnStr": "Own",
    }
