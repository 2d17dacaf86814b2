"""A lock is what was released, or it is not used."""

from __future__ import annotations

import pytest

from abilock.diagnostics.report import Report
from abilock.lock.lockfile import Lock, Release, parse_lock
from abilock.model.version import Version

VERSIONS = ("0.8.0", "0.8.1", "0.9.0-rc.1", "0.9.0", "0.10.0")


def release(version: str, digit: str = "a") -> Release:
    parsed = Version.parse(version)
    assert parsed is not None
    return Release.of("shop", parsed, digit * 64, "b" * 64)


def lock(*versions: str) -> Lock:
    found = Lock("shop")
    for version in versions:
        found = found.with_release(release(version))
    return found


def parsed(text: str) -> tuple[Lock | None, list[str]]:
    report = Report()
    found = parse_lock("shop", text, "abi/shop.lock", report)
    assert {each.subject for each in report.diagnostics} <= {"abi/shop.lock"}
    return found, [each.code.number for each in report.diagnostics]


def test_what_is_written_is_read() -> None:
    text = lock(*VERSIONS).text()
    assert parsed(text) == (lock(*VERSIONS), [])
    assert parsed(text.replace("\n", "\r\n")) == (lock(*VERSIONS), [])
    assert parsed(Lock("shop").text()) == (Lock("shop"), [])


def test_a_line_has_its_place_whenever_it_was_added() -> None:
    assert lock(*reversed(VERSIONS)).text() == lock(*VERSIONS).text()
    lines = [line.split()[0] for line in lock(*VERSIONS).text().splitlines() if line[0] != "#"]
    assert lines == list(VERSIONS)


def test_the_last_release_is_the_newest_that_is_not_newer() -> None:
    found = lock("0.8.0", "0.8.1", "0.11.0")
    for version, last in (("0.8.1", "0.8.1"), ("0.10.0", "0.8.1"), ("1.0.0", "0.11.0")):
        until = Version.parse(version)
        assert until is not None
        assert found.last(until) == release(last)
    assert found.last(Version(0, 7, 9)) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [("0.8.0 a", "0.8.2 a"), ("a" * 64, "a" * 63 + "b"), ("b" * 64, "c" * 64)],
)
def test_a_line_that_was_edited_is_not_sealed(before: str, after: str) -> None:
    found, codes = parsed(lock("0.8.0").text().replace(before, after))
    assert codes == []
    assert found is not None
    (line,) = found.releases
    assert not line.is_sealed("shop")
    assert release("0.8.0").is_sealed("shop")
    assert not release("0.8.0").is_sealed("other")


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("# abilock-lock 1\n", "", "A1001"),
        ("# abilock-lock 1\n", "# abilock-lock 2\n", "A1001"),
        ("# abilock-lock 1\n", "# abilock-lock 0\n", "A1001"),
        ("# abilock-lock 1\n", "#\n", "A1001"),
        ("0.8.0 ", "0.8 ", "A1001"),
        ("0.8.0 ", "0.8.0  ", "A1001"),
        ("0.8.0 ", "0.9.9 ", "A1001"),
        ("0.8.1 ", "0.8.0 ", "A1003"),
        ("a" * 64, "a" * 63, "A1001"),
        ("a" * 64, "A" * 64, "A1001"),
        ("\n0.8.1 ", "\n=======\n0.8.1 ", "A1002"),
        ("\n0.8.1 ", "\n<<<<<<< HEAD\n0.8.1 ", "A1002"),
        ("\n0.8.1 ", "\n>>>>>>> other\n0.8.1 ", "A1002"),
        ("\n0.8.1 ", "\n||||||| 1234567\n0.8.1 ", "A1002"),
    ],
)
def test_what_is_damaged_is_not_used(before: str, after: str, code: str) -> None:
    text = lock("0.8.0", "0.8.1").text()
    assert before in text
    found, codes = parsed(text.replace(before, after, 1))
    assert found is None
    assert codes == [code]


@pytest.mark.parametrize(
    ("ours", "base", "theirs", "said", "hint"),
    [
        ("0.9.0 a", "", "0.9.0 b", "both released shop 0.9.0", "of 0.9.0, take line and"),
        ("0.9.0 a", "", "1.0.0 b", "released shop", "keep the lines of both, oldest"),
        ("0.9.0 a", "0.8.0 c", "1.0.0 b", "released shop", "keep the lines of both, oldest"),
        (
            "0.9.0 a,1.0.0 a",
            "",
            "0.9.0 b,1.0.0 b",
            "both released shop 0.9.0 and 1.0.0",
            "of 0.9.0 and 1.0.0, take",
        ),
    ],
)
def test_a_merge_says_what_both_have(
    ours: str, base: str, theirs: str, said: str, hint: str
) -> None:
    """Whether it can be resolved with both lines, or one of them has to go."""
    sides = [
        "".join(f"{release(*each.split()).line()}\n" for each in side.split(",") if each)
        for side in (ours, base, theirs)
    ]
    middle = f"||||||| 123\n{sides[1]}" if base else ""
    text = (
        f"{lock('0.8.0').text()}<<<<<<< HEAD\n{sides[0]}{middle}=======\n{sides[2]}>>>>>>> other\n"
    )
    report = Report()
    assert parse_lock("shop", text, "abi/shop.lock", report) is None
    (found,) = report.diagnostics
    assert found.message.endswith(f"is in the middle of a merge: two branches have {said}")
    assert (found.hint or "").startswith(hint)


def test_a_newer_abilock_is_asked_for() -> None:
    report = Report()
    text = lock("0.8.0").text().replace("abilock-lock 1", "abilock-lock 2")
    assert parse_lock("shop", text, "abi/shop.lock", report) is None
    (found,) = report.diagnostics
    assert found.message == "abi/shop.lock is of a newer abilock"
    assert found.hint == "update abilock"
