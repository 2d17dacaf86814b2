"""The stamp says that nothing changed only if nothing did."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from abilock.config import Config, load_config
from abilock.diagnostics.report import Report
from abilock.emit import stamp
from abilock.emit.manifest import digest
from unit.emit.harness import OLD, plan, run, snapshot

TEXT = b"abi x 1.0.0;\n"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A project that was generated just now."""
    (tmp_path / "abi").mkdir()
    (tmp_path / "abi/x.abi").write_bytes(TEXT)
    (tmp_path / "pyproject.toml").write_text('[tool.abilock]\nabi = ["abi/x.abi"]\n')
    found = load_config(tmp_path / "pyproject.toml", Report())
    assert found is not None
    run(tmp_path, OLD)
    record(found)
    assert stamp.is_current(found)
    return found


def record(config: Config) -> None:
    run_key = stamp.run_key(config)
    stamp.record(config, run_key, {"abi/x.abi": digest(TEXT)}, plan(config.root, OLD).digests)


@pytest.mark.parametrize(
    "path", ["abi/x.abi", "generated/x/a.h", "generated/MANIFEST.json", ".abilock-cache/stamp.json"]
)
@pytest.mark.parametrize("content", [b"edited\n", b"", b"[]", None])
def test_a_change_is_noticed(config: Config, path: str, content: bytes | None) -> None:
    at = config.root / path
    at.unlink() if content is None else at.write_bytes(content)
    assert not stamp.is_current(config)


def test_a_file_saved_during_the_run_is_not_taken_for_read(config: Config) -> None:
    (config.root / "abi/x.abi").write_bytes(b"abi x 2.0.0;\n")
    record(config)
    assert not stamp.is_current(config)


def test_a_generated_file_edited_during_the_run_is_noticed(config: Config) -> None:
    found = plan(config.root, OLD)
    (config.root / "generated/x/a.h").write_text("edited\n")
    stamp.record(config, stamp.run_key(config), {}, found.digests)
    assert not stamp.is_current(config)


def test_another_configuration_is_noticed(config: Config) -> None:
    fewer = Config(config.path, config.abi, config.output, config.outputs[1:])
    assert not stamp.is_current(fewer)


def test_other_line_ends_are_no_change(config: Config) -> None:
    for path in ("abi/x.abi", "generated/x/a.h", "generated/MANIFEST.json"):
        at = config.root / path
        at.write_bytes(at.read_bytes().replace(b"\n", b"\r\n"))
    assert stamp.is_current(config)


def test_a_mark_of_byte_order_is_a_change(config: Config) -> None:
    """Readers of a description pass over one; nobody who reads a generated file has to."""
    for path, is_same in (("abi/x.abi", True), ("generated/x/a.h", False)):
        at = config.root / path
        at.write_bytes(b"\xef\xbb\xbf" + at.read_bytes())
        assert stamp.is_current(config) is is_same


@pytest.mark.parametrize("name", ["generated", "generated/x", "generated/x/a.h"])
def test_what_is_behind_a_link_is_not_what_was_written(
    config: Config, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "moved"
    (config.root / name).rename(elsewhere)
    (config.root / name).symlink_to(elsewhere)
    assert not stamp.is_current(config)


def test_the_output_folder_may_be_a_link_within_the_project(config: Config) -> None:
    config.output_folder.rename(config.root / "moved")
    config.output_folder.symlink_to("moved")
    assert stamp.is_current(config)


def test_a_run_that_died_is_noticed(config: Config) -> None:
    (config.output_folder / ".abilock-staging").mkdir()
    assert not stamp.is_current(config)


def test_asking_writes_nothing(config: Config) -> None:
    before = snapshot(config.root)
    stamp.is_current(config)
    assert snapshot(config.root) == before


@pytest.mark.parametrize("path", ["abi/x.abi", "generated/x/a.h", ".abilock-cache/stamp.json"])
def test_a_pipe_is_not_read(config: Config, path: str) -> None:
    (config.root / path).unlink()
    os.mkfifo(config.root / path)
    assert not stamp.is_current(config)


@pytest.mark.parametrize("step", ["write", "replace"])
def test_a_full_disk_leaves_no_half_stamp(
    config: Config, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    folder = config.root / ".abilock-cache"
    before = snapshot(folder)
    (folder / "stamp.json.new").write_bytes(b"what a run that was killed has left")

    def full(*_given: object, **_named: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        if step == "replace":
            patched.setattr(os, "replace", full)
        else:
            opened = Path.open

            def open_full(path: Path, *given: Any, **named: Any) -> Any:
                stream = opened(path, *given, **named)
                if path.name.startswith("stamp.json"):
                    stream.close()
                    full()
                return stream

            patched.setattr(Path, "open", open_full)
        record(config)
    assert snapshot(folder) == before


# --- releases


@pytest.fixture
def released(config: Config) -> Config:
    """The same, with releases that were found to be right."""
    folder = config.root / "abi/history/x"
    folder.mkdir(parents=True)
    (folder / "1.0.0.abi").write_bytes(TEXT)
    (config.root / "abi/x.lock").write_bytes(b"lock\n")
    files = {
        "abi/x.lock": digest(b"lock\n"),
        "abi/history/x/1.0.0.abi": digest(TEXT),
        "abi/y.lock": None,
    }
    stamp.record_releases(config, files, ["abi/history/x", "abi/history/y"])
    assert stamp.is_current(config)
    assert stamp.are_releases_current(config)
    return config


def test_of_releases_nothing_is_known_before_somebody_looked(config: Config) -> None:
    assert not stamp.are_releases_current(config)


@pytest.mark.parametrize(
    "path",
    [
        "abi/x.lock",
        "abi/y.lock",
        "abi/history/x/1.0.0.abi",
        "abi/history/x/1.0.1.abi",
        "abi/history/y/1.0.0.abi",
    ],
)
def test_a_change_of_releases_is_noticed(released: Config, path: str) -> None:
    at = released.root / path
    at.parent.mkdir(exist_ok=True)
    at.write_bytes(b"edited\n")
    assert not stamp.are_releases_current(released)
    # What is generated has nothing to do with it.
    assert stamp.is_current(released)


@pytest.mark.parametrize("path", ["abi/x.lock", "abi/history/x/1.0.0.abi"])
def test_a_release_that_is_gone_is_noticed(released: Config, path: str) -> None:
    (released.root / path).unlink()
    assert not stamp.are_releases_current(released)


def test_other_line_ends_of_releases_are_no_change(released: Config) -> None:
    for path in ("abi/x.lock", "abi/history/x/1.0.0.abi"):
        at = released.root / path
        at.write_bytes(at.read_bytes().replace(b"\n", b"\r\n"))
    assert stamp.are_releases_current(released)


def test_what_is_known_of_releases_goes_with_the_run_that_it_followed(released: Config) -> None:
    record(released)
    assert not stamp.are_releases_current(released)
