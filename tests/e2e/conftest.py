"""Every shape is tried in both ways of calling."""

from __future__ import annotations

import pytest

from support.bindings import Workshop

#: Compiling takes Python's headers, and its time.
COMPILED = pytest.param("compiled", marks=[pytest.mark.slow, pytest.mark.tool("python-headers")])


@pytest.fixture(params=["ready-made", COMPILED])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory, cc: list[str]) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("shapes"), cc)
