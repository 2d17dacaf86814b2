"""Which findings exceptions accept, and when an exception is one itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from abilock.config import Acceptance
from abilock.diagnostics import catalog
from abilock.diagnostics.catalog import Code, Severity
from abilock.diagnostics.changed import Changed, Level
from abilock.diagnostics.report import Diagnostic
from abilock.model.version import Version
from abilock.releases.accepted import Accepted, Project, accepted, by_code_and_slug
from abilock.source import Span

INSERTED = Code("C0102", "slot-inserted", Severity.ERROR, "a slot was added before others")
REMOVED = Code("C0103", "slot-removed", Severity.ERROR, "a slot is gone")
WIDTH = Code("C0303", "width-changed", Severity.ERROR, "a number has another width")
RULES = by_code_and_slug((code.number, code.slug) for code in (INSERTED, REMOVED, WIDTH))
HERE = Span("abi/shop.abi", 1, 2)
PROJECT = Project({"shop": Version(0, 9, 0)}, RULES, date(2030, 1, 31))
BOTH = replace(PROJECT, versions={"shop": Version(0, 9, 0), "bmux": Version(3, 0, 0)})


def finding(element: str, code: Code = INSERTED, abi: str = "shop", **fields: object) -> Diagnostic:
    new = None if code is REMOVED else HERE
    changed = Changed(Level.BREAKING, element, old=HERE, new=new, abi=abi)
    return Diagnostic(code, f"`{element}`", HERE, changed=replace(changed, **fields))


def exception(element: str, rule: str = "slot-inserted", **fields: object) -> Acceptance:
    return replace(Acceptance(element, rule, "agreed", Version(1, 0, 0)), **fields)


def judged(
    found: list[Diagnostic], *exceptions: Acceptance, project: Project = PROJECT
) -> Accepted:
    told = accepted(found, exceptions, project)
    assert len(told.kept) + len(told.accepted) == len(found)
    return told


def refused(
    found: list[Diagnostic], *exceptions: Acceptance, project: Project = PROJECT
) -> Diagnostic:
    """What is wrong with an exception that accepts nothing."""
    told = judged(found, *exceptions, project=project)
    assert list(told.kept) == found
    (problem,) = told.findings
    return problem


@pytest.mark.parametrize("rule", ["slot-inserted", "C0102"])
def test_what_is_named_is_accepted(rule: str) -> None:
    meant, other = finding("Shop.sell"), finding("Shop.sell", WIDTH)
    told = judged([meant, other, finding("Shop.sel")], exception("Shop.sell", rule))
    assert [found for found, _ in told.accepted] == [meant]
    assert told.findings == ()


def test_what_is_in_a_type_is_accepted_together() -> None:
    found = [finding(name) for name in ("A.x", "A.y.z", "A", "AB.x", "A.x -> ")]
    told = judged(found, exception("A.*"))
    assert [one.element for one, _ in told.accepted] == ["A.x", "A.y.z", "A.x -> "]
    assert told.findings == ()


def test_only_changes_can_be_accepted() -> None:
    stale = Diagnostic(catalog.OUTPUT_STALE, "m", None, subject="Shop.sell")
    problem = refused([stale], exception("Shop.sell", "output-stale"))
    assert problem.code is catalog.ACCEPT_UNKNOWN
    assert problem.message.endswith("is not for a change")
    assert "did you mean" not in (refused([stale], exception("Shop.sell", "A0908")).hint or "")


def test_a_rule_that_there_is_none_of() -> None:
    problem = refused([finding("Shop.sell")], exception("Shop.sell", "slot-insrted"))
    assert problem.code is catalog.ACCEPT_UNKNOWN
    assert problem.hint == "did you mean `slot-inserted`?"
    assert "its reason: agreed" in problem.notes[0].message


# --- unused


def test_what_nothing_needs() -> None:
    problem = refused([finding("Shop.buy")], exception("Shop.sell"))
    assert problem.code is catalog.ACCEPT_UNUSED
    assert problem.message == "nothing needs the exception for `slot-inserted` of `Shop.sell`"


def test_what_another_exception_accepts_already() -> None:
    found = [finding("Shop.sell"), finding("Shop.buy")]
    told = judged(found, exception("Shop.*"), exception("Shop.sell", "C0102"))
    assert len(told.accepted) == 2
    assert [one.code for one in told.findings] == [catalog.ACCEPT_UNUSED]


def test_what_was_not_looked_at_may_need_it() -> None:
    part = replace(PROJECT, is_whole=False)
    for abi, count in (("", 0), ("bmux", 0), ("shop", 1)):
        told = judged([], exception("Shop.sell", abi=abi), project=part)
        assert len(told.findings) == count


def test_an_abi_that_there_is_none_of() -> None:
    problem = refused([finding("Shop.sell")], exception("Shop.sell", abi="shpo"))
    assert problem.code is catalog.ACCEPT_UNUSED
    assert problem.hint == "there is no ABI of that name; there are `shop`"


# --- too broad


@pytest.mark.parametrize("found", [[], [finding("Shop.sell")], [finding("A.x"), finding("B.x")]])
def test_nothing_is_for_everything(found: list[Diagnostic]) -> None:
    assert refused(found, exception("*")).code is catalog.ACCEPT_BROAD


def test_all_of_a_type_is_not_for_one_element() -> None:
    problem = refused([finding("Shop.sell"), finding("Shops.x")], exception("Shop.*"))
    assert problem.code is catalog.ACCEPT_BROAD
    assert problem.hint == 'write `element = "Shop.sell"`'


def test_changes_of_several_abis_have_nothing_to_do_with_each_other() -> None:
    found = [finding("Shop.sell"), finding("Shop.sell", abi="bmux")]
    problem = refused(found, exception("Shop.sell"), project=BOTH)
    assert problem.code is catalog.ACCEPT_BROAD
    assert problem.hint == 'say which ABI it is for: `abi = "bmux"`'
    lasting = exception("Shop.sell", abi="bmux", until=Version(4, 0, 0))
    told = judged(found, lasting, project=BOTH)
    assert told.kept == (found[0],)
    assert told.findings == ()


# --- removals


def test_a_removal_is_accepted_by_its_name() -> None:
    told = judged([finding("Shop.sell", REMOVED)], exception("Shop.sell", "slot-removed"))
    assert told.kept == ()


def test_no_removal_is_accepted_unseen() -> None:
    found = [finding("Shop.sell", REMOVED), finding("Shop.buy", REMOVED)]
    problem = refused(found, exception("Shop.*", "slot-removed"))
    assert problem.code is catalog.ACCEPT_BROAD
    assert problem.notes[1].details == ("Shop.buy", "Shop.sell")


def test_what_is_gone_is_removed_whatever_the_rule_is_called() -> None:
    found = [finding("Shop.sell"), finding("Shop.buy", new=None)]
    assert refused(found, exception("Shop.*")).code is catalog.ACCEPT_BROAD


def test_a_removal_is_not_accepted_by_another_rule() -> None:
    problem = refused([finding("Shop.sell", REMOVED)], exception("Shop.sell", "width-changed"))
    assert problem.code is catalog.ACCEPT_UNUSED


# --- ends


@pytest.mark.parametrize(
    ("until", "is_past"),
    [
        (Version(0, 9, 0), True),
        (Version(0, 9, 0, ("rc", "1")), True),
        (Version(0, 8, 9), True),
        (Version(0, 9, 1), False),
        (date(2030, 1, 31), True),
        (date(2029, 12, 31), True),
        (date(2030, 2, 1), False),
    ],
)
@pytest.mark.parametrize("found", [[], [finding("Shop.sell")]])
def test_ends(until: Version | date, is_past: bool, found: list[Diagnostic]) -> None:
    told = judged(found, exception("Shop.sell", until=until))
    if is_past:
        assert list(told.kept) == found
        assert [one.code for one in told.findings] == [catalog.ACCEPT_ENDED]
    else:
        assert len(told.accepted) == len(found)


def test_versions_are_those_of_the_abi_that_is_meant() -> None:
    until = Version(1, 0, 0)
    of_shop, of_bmux = finding("Shop.sell"), finding("Shop.sell", abi="bmux")
    assert not judged([of_shop], exception("Shop.sell", until=until), project=BOTH).findings
    problem = refused([of_bmux], exception("Shop.sell", until=until), project=BOTH)
    assert problem.code is catalog.ACCEPT_ENDED
    assert problem.message.endswith("ended with 1.0.0")
