"""Names of entries in Python, which begin with that of their ABI in C."""

from __future__ import annotations

import pytest

from abilock.model.attributes import Attribute, Attributes, Text
from abilock.model.python_names import entry_name, handle_method_name

NOTHING = Attributes()


@pytest.mark.parametrize(
    ("name", "python"),
    [
        ("w_read", "read"),
        ("read", "read"),
        ("w_path", "path_"),
        ("w_class", "class_"),
        ("w___init__", "init____"),
        ("w__abi_lib", "abi_lib_"),
        ("w_3d", "w_3d"),
        ("w_", "w_"),
    ],
)
def test_entries_have_names_that_python_can_have(name: str, python: str) -> None:
    assert entry_name("w", name, NOTHING) == python


def test_methods_of_handles_have_names_that_python_can_have() -> None:
    names = ("w_class", "w___init__", "w_3d", "w_close")
    found = [handle_method_name("w", each, NOTHING) for each in names]
    assert found == ["class_", "init____", "w_3d", "close_"]


def test_given_names_stay() -> None:
    given = Attributes((Attribute("py", (Text("type"),)),))
    assert entry_name("w", "w_kind", given) == handle_method_name("w", "w_kind", given) == "type"
