"""What is frozen means what the description meant, and stays so without the files that it imported."""

from __future__ import annotations

from pathlib import Path

from abilock.diagnostics.report import Report
from abilock.lock.fingerprint import fingerprint
from abilock.lock.frozen import Frozen, freeze, read_frozen, text_digest
from abilock.model.version import Version
from abilock.pipeline import examine_description
from support.library import library_at

VERSION = Version(1, 2, 0)
SHOP = """\
//! A shop.
abi   shop 1.2.0;
import "../common/points.abi";   // where things are
import "money.abi";

/// A place with a price.
struct Place { at: Point,   price: Money }
"""
MONEY = (
    'abi money 3.0.0;\nimport "../common/points.abi";\nstruct Money { cents: i64, minted: Point }\n'
)
POINTS = "abi points 0.1.0;\nstruct Point { x: i32, y: i32 }\n"


def write(folder: Path) -> None:
    files = {"abi/shop.abi": SHOP, "abi/money.abi": MONEY, "common/points.abi": POINTS}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


def frozen(path: Path) -> Frozen:
    report = Report()
    examined = examine_description(str(path), report)
    assert examined is not None
    assert not report.failed
    return freeze(examined.loaded, VERSION, report.sources)


def test_what_is_imported_is_kept_beside(tmp_path: Path) -> None:
    write(tmp_path)
    found = frozen(tmp_path / "abi/shop.abi")
    assert sorted(found.files) == ["1.2.0.abi", "1.2.0/money.abi", "1.2.0/points.abi"]
    assert found.files["1.2.0.abi"] == (
        "//! A shop.\n\nabi shop 1.2.0;\n\n"
        'import "1.2.0/points.abi"; // where things are\nimport "1.2.0/money.abi";\n\n'
        "/// A place with a price.\nstruct Place { at: Point, price: Money }\n"
    )
    assert 'import "points.abi";\n' in found.files["1.2.0/money.abi"]


def test_it_means_the_same(tmp_path: Path) -> None:
    write(tmp_path)
    library = library_at(tmp_path / "abi/shop.abi")
    for path, text in frozen(tmp_path / "abi/shop.abi").files.items():
        place = tmp_path / "elsewhere" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    kept = tmp_path / "elsewhere/1.2.0.abi"
    assert fingerprint(library_at(kept)) == fingerprint(library)
    # To freeze it again changes nothing, not even where it lies.
    assert frozen(kept).files == frozen(tmp_path / "abi/shop.abi").files


def test_all_of_it_is_read_and_counts(tmp_path: Path) -> None:
    write(tmp_path)
    files = dict(frozen(tmp_path / "abi/shop.abi").files)
    assert read_frozen(VERSION, files.get) == files
    digest = text_digest(files)
    for path in files:
        ends = {**files, path: files[path].replace("\n", "\r\n")}
        assert text_digest(ends) == digest
        other = {**files, path: files[path] + "\n"}
        assert text_digest(read_frozen(VERSION, other.get) or {}) != digest
        fewer = {name: text for name, text in files.items() if name != path}
        assert text_digest(read_frozen(VERSION, fewer.get) or {}) != digest
    assert read_frozen(Version(1, 2, 1), files.get) is None


def test_what_moves_from_one_file_to_another_counts() -> None:
    digests = {text_digest(each) for each in ({"a": "bc"}, {"ab": "c"}, {"a": "b", "c": ""})}
    assert len({*digests, text_digest({"a": "", "c": "b"})}) == 4


def test_nothing_is_read_from_elsewhere() -> None:
    files = {
        "1.2.0.abi": 'abi a 1.2.0;\nimport "../../b.abi";\nimport "/b.abi";\n',
        "../../b.abi": "",
        "/b.abi": "",
    }
    assert list(read_frozen(VERSION, files.get) or {}) == ["1.2.0.abi"]


def test_the_descriptions_of_this_project_freeze_as_they_are(root: Path) -> None:
    for name in ("drasi", "statevec", "bmux"):
        path = root / f"abi/{name}.abi"
        report = Report()
        examined = examine_description(str(path), report)
        assert examined is not None
        assert examined.library is not None
        version = examined.library.version
        files = freeze(examined.loaded, version, report.sources).files
        assert files == {f"{version}.abi": path.read_text("utf-8")}
