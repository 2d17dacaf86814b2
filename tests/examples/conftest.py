"""Examples build their plugins with ``$CC`` or ``cc``; here it is the compiler of the tests."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def _compiler(cc: list[str]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CC", shlex.join(cc))
        yield
