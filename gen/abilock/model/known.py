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
class KnownRelease:
    """A release. ``told``: the version that its plugins tell, a number where the rule compares numbers,
    None where they tell none. ``element``: what the reason is about, empty for nothing.

    ex) ``KnownRelease(0.8.0, "0.8.0", Fit.REFUSED, "one side reads past the end: …", "Shop.open")``
    """

    version: Version
    told: str | int | None
    fit: Fit
    reason: str = ""
    element: str = ""
