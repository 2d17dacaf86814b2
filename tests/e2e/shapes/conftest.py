"""Every shape is tried in both ways of calling."""

from __future__ import annotations

import pytest

from support.bindings import MODES, Workshop


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("shapes"))
