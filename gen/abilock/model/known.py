"""Other releases of an ABI, and how their plugins fare under a host of this one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from abilock.model.version import Version


class Fit(Enum):
    """How plugins of a release fare under hosts of the description. The values are those of what is
    generated."""

    SAME = "same"
    #: Either mix is fine: what one side lacks is not used by the other.
    FITS = "fits"
    #: Plugins of it are fine here; plugins of the description would not be fine under hosts of it.
    FITS_HERE = "fits here"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Promise:
    """What plugins of a release promise of an element, and those of the description do not. ``contract``:
    the fingerprint in their witness; ``text``: what is different, empty where nobody can say.

    ex) ``Promise("Shop.sell", 0x5e6f7a8b, "`Shop.sell`: another result means success …")``
    """

    element: str
    contract: int
    text: str


@dataclass(frozen=True, slots=True)
class KnownRelease:
    """A release. ``told``: the version that its plugins tell, a number where the rule compares numbers,
    None where they tell none. ``witness``: the fingerprint of all that theirs has. ``element``: what the
    reason is about, empty for nothing.

    ex) ``KnownRelease(0.8.0, "0.8.0", Fit.REFUSED, "51c8…", "one side …", "Shop.open")``
    """

    version: Version
    told: str | int | None
    fit: Fit
    witness: str
    reason: str = ""
    element: str = ""
    promises: tuple[Promise, ...] = ()

    @property
    def is_harmless(self) -> bool:
        """Whether plugins of it are fine under hosts of the description."""
        return self.fit is not Fit.REFUSED
