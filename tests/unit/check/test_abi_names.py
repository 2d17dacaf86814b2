"""Names that hide something which the ABI's own files need."""

from __future__ import annotations

import pytest

from support.library import codes_of


@pytest.mark.parametrize("name", ["stdint", "time", "class", "typing", "cffi", "weakref"])
def test_names_that_hide_something_are_refused(name: str) -> None:
    assert codes_of(f"abi {name} 1.0.0; struct S {{ a: u8 }}") == ["A0106"]


@pytest.mark.parametrize("name", ["shop", "zlib", "match", "int_"])
def test_other_names_are_taken(name: str) -> None:
    assert codes_of(f"abi {name} 1.0.0; struct S {{ a: u8 }}") == []
