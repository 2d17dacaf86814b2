"""Versions are ordered as Semantic Versioning 2.0.0, item 11, orders them."""

from __future__ import annotations

import pytest

from abilock.model.version import Version

ORDERED = (
    "0.0.1-alpha.0 0.0.1 0.9.0 0.10.0 1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta"
    " 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 2.0.0".split()
)


def test_order() -> None:
    versions = [Version.parse(text) for text in ORDERED]
    assert None not in versions
    assert sorted(versions, key=lambda v: v) == versions  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize("text", ORDERED)
def test_text_round_trip(text: str) -> None:
    assert str(Version.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["1", "1.0", "01.0.0", "1.0.0-", "1.0.0-01", "1.0.0+x", "v1.0.0", ""]
)
def test_not_a_version(text: str) -> None:
    assert Version.parse(text) is None
