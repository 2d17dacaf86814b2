"""The bmux host of examples/bmux: its command, its file, and what it survives."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from support.bmux_plugins import BmuxProbe, c_plugin
from support.dying import killer_in
from support.examples import ROOT, modules_of, shown_on

EXAMPLE = ROOT / "examples" / "bmux"
GENERATED = ROOT / "generated" / "bmux" / "python"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    with modules_of("bmux", "bmux", copies=tmp_path_factory.mktemp("packages")) as modules:
        yield modules


@pytest.fixture
def file(here: SimpleNamespace) -> Any:
    return here.snapshot_file


def test_its_command_prints_what_happens() -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLE], capture_output=True, text=True, check=True, timeout=60
    )
    said = done.stdout
    assert "refused: " in said
    assert "broken.so: this is no shared library" in said
    assert "this is start number 2" in said
    assert r"example.board/notes, version 1: b'a new page\nbuy bread\nbuy jam\n'" in said
    assert said.rstrip().endswith(r"example.gone/window, version 3: b'\x01\x02'")
    shown = shown_on(EXAMPLE / "README.md")
    assert len(shown) == 2
    assert all(each in said for each in shown), said
    assert done.stderr == ""


# --- the file


def test_the_file_is_what_upstream_writes(file: Any) -> None:
    # The checksum is FNV-1a over `[{"id":"a/é","version":1,"bytes":[91,93]}]`.
    section = file.Section("a/é", 1, b"[]")
    assert file.encode([section]).decode() == (
        '{\n  "version": 1,\n  "checksum": 2490371325765644838,\n  "sections": [\n    {\n'
        '      "id": "a/é",\n      "version": 1,\n      "bytes": [\n        91,\n        93\n      ]\n'
        "    }\n  ]\n}"
    )


def test_what_was_written_is_read(file: Any, tmp_path: Path) -> None:
    sections = [file.Section("b/1", 2**32 - 1, bytes(range(256))), file.Section("a/2", 0, b"")]
    path = tmp_path / "deep" / "down" / "snapshot.json"
    file.write(path, sections)
    assert file.read(path) == sections
    assert [each.name for each in path.parent.iterdir()] == ["snapshot.json"]


def test_no_file_is_no_snapshot(file: Any, tmp_path: Path) -> None:
    assert file.read(tmp_path / "none.json") is None


def _changed(file: Any, change: Callable[[dict[str, Any]], object]) -> bytes:
    envelope = json.loads(file.encode([file.Section("a/b", 1, b"xyz")]))
    change(envelope)
    return json.dumps(envelope).encode()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda each: each.update(version=2), "version 2"),
        (lambda each: each.pop("version"), "`version`"),
        (lambda each: each.update(checksum=1), "damaged"),
        (lambda each: each.update(checksum=-1), "`checksum`"),
        (lambda each: each.pop("sections"), "`sections`"),
        (lambda each: each["sections"][0].pop("id"), "`id`"),
        (lambda each: each["sections"][0].update(version=True), "`version`"),
        (lambda each: each["sections"][0].update(bytes=[256]), "not a list of bytes"),
        (lambda each: each["sections"][0].update(bytes=[True]), "not a list of bytes"),
        (lambda each: each["sections"][0].update(bytes=[1, 2, 3]), "damaged"),
        (lambda each: each["sections"].append(each["sections"][0]), "damaged"),
    ],
)
def test_a_file_that_is_no_snapshot_is_told(
    file: Any, change: Callable[[dict[str, Any]], object], reason: str
) -> None:
    with pytest.raises(file.SnapshotFileError, match=reason):
        file.decode(_changed(file, change))


def test_its_text_is_what_json_makes_of_it(file: Any) -> None:
    """It is put together by hand, which is a matter of memory only."""
    sections = [
        file.Section('a/"\\\b\n\x01\x7fé', 0, bytes(range(256))),
        file.Section("b/1", 7, b""),
    ]
    for some in (sections, sections[:1], sections[1:], []):
        objects = [{"id": each.id, "version": each.version, "bytes": [*each.data]} for each in some]
        compact = json.dumps(objects, ensure_ascii=False, separators=(",", ":"))
        assert f"[{','.join(each.in_one_line() for each in some)}]" == compact
        envelope = {"version": 1, "checksum": file.checksum(some), "sections": objects}
        written = json.dumps(envelope, ensure_ascii=False, indent=2)
        assert file.encode(some).decode() == written


NESTED = b"[" * 100_000
HALF_A_SURROGATE = (
    rb'{"version":1,"checksum":1,"sections":[{"id":"\ud800","version":1,"bytes":[]}]}'
)


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b"null", b"\xff", b'"x"', NESTED, HALF_A_SURROGATE]
)
def test_a_file_that_is_something_else_is_told(file: Any, text: bytes) -> None:
    with pytest.raises(file.SnapshotFileError):
        file.decode(text)


def test_fields_that_nobody_knows_are_passed_over(file: Any) -> None:
    text = _changed(file, lambda each: each["sections"][0].update(comment="new"))
    assert file.decode(text) == [file.Section("a/b", 1, b"xyz")]


# --- saving and restoring


class Participant:
    """One in Python, which does as it is told."""

    def __init__(self, here: SimpleNamespace, name: str, data: bytes = b"") -> None:
        self.here, self.name, self.data = here, name, data
        self.abi_version = 1
        self.error: Exception | None = None
        self.restored: list[tuple[int, bytes]] = []

    def id(self) -> str:
        return self.name

    def snapshot(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.here.bmux.Snapshot(version=1, data=self.data)

    def restore(self, version: int, data: bytes) -> None:
        if self.error is not None:
            raise self.error
        self.restored.append((version, data))


class Saved:
    """An orchestrator with three participants in Python."""

    def __init__(self, here: SimpleNamespace, path: Path) -> None:
        self.here, self.path = here, path
        self.registry = here.orchestrator.Registry()
        self.orchestrator = here.orchestrator.Orchestrator(self.registry, path)
        self.parts = [Participant(here, f"test/{each}", each.encode()) for each in "abc"]
        for each in self.parts:
            self.registry.register_plugin(each)

    def in_file(self) -> list[tuple[str, bytes]]:
        sections = self.here.snapshot_file.read(self.path)
        return [(each.id, each.data) for each in sections]


@pytest.fixture
def saved(here: SimpleNamespace, tmp_path: Path) -> Saved:
    return Saved(here, tmp_path / "snapshot.json")


def again(saved: Saved) -> Saved:
    return Saved(saved.here, saved.path)


def test_one_failure_stops_nobody_and_loses_nothing(saved: Saved) -> None:
    saved.orchestrator.save()
    saved.parts[1].error = saved.here.bmux.StatefulPluginError("no")
    saved.parts[2].data = b"newer"
    outcome = saved.orchestrator.save()
    assert outcome.done == ["test/a", "test/c"]
    assert list(outcome.failed) == ["test/b"]
    assert saved.in_file() == [("test/a", b"a"), ("test/b", b"b"), ("test/c", b"newer")]


def test_it_is_not_lost_after_a_restart_either(saved: Saved) -> None:
    saved.orchestrator.save()
    new = again(saved)
    new.parts[1].error = ValueError("a mistake of its own")
    new.orchestrator.restore()
    new.orchestrator.save()
    assert ("test/b", b"b") in new.in_file()


def test_restoring_goes_in_the_order_of_the_file(saved: Saved) -> None:
    file = saved.here.snapshot_file
    file.write(saved.path, [file.Section(f"test/{each}", 5, b"!") for each in "cab"])
    outcome = saved.orchestrator.restore()
    assert outcome.done == ["test/c", "test/a", "test/b"]
    assert [each.restored for each in saved.parts] == [[(5, b"!")]] * 3


def test_an_unknown_version_is_a_quiet_reset(
    saved: Saved, caplog: pytest.LogCaptureFixture
) -> None:
    saved.orchestrator.save()
    new = again(saved)
    bmux = saved.here.bmux
    new.parts[0].error = bmux.StatefulPluginError(
        "", bmux.StatefulStatus.UNSUPPORTED_VERSION, expected=[2]
    )
    with caplog.at_level(logging.INFO):
        outcome = new.orchestrator.restore()
    assert (outcome.reset, outcome.failed) == (["test/a"], {})
    assert caplog.records == []
    # Its bytes are thrown away: what it cannot save now is not what it had then.
    new.orchestrator.save()
    assert [each for each, _ in new.in_file()] == ["test/b", "test/c"]


def test_sections_of_others_are_kept(saved: Saved) -> None:
    file = saved.here.snapshot_file
    file.write(saved.path, [file.Section("gone/x", 7, b"\0\1")])
    outcome = saved.orchestrator.restore()
    assert outcome.unknown == ["gone/x"]
    for _ in range(2):
        assert saved.orchestrator.save().unknown == ["gone/x"]
    assert file.read(saved.path)[-1] == file.Section("gone/x", 7, b"\0\1")


def test_a_file_that_cannot_be_read_is_put_aside(saved: Saved) -> None:
    saved.path.write_bytes(b"{ damaged")
    assert saved.orchestrator.restore() == saved.here.orchestrator.Outcome()
    assert saved.path.read_bytes() == b"{ damaged"
    saved.orchestrator.save()
    assert len(saved.in_file()) == 3
    assert (saved.path.parent / "snapshot.json.unreadable").read_bytes() == b"{ damaged"


def test_a_disk_that_refuses_leaves_the_old_file(
    saved: Saved, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved.orchestrator.save()
    before = saved.path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    saved.parts[0].data = b"newer"
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            saved.orchestrator.save()
    assert saved.path.read_bytes() == before
    saved.orchestrator.save()
    assert ("test/a", b"newer") in saved.in_file()


@pytest.mark.parametrize("what", ["a folder", "gone meanwhile", "mended meanwhile"])
def test_what_is_there_instead_of_a_file_stops_no_save(saved: Saved, what: str) -> None:
    if what == "a folder":
        saved.path.mkdir()
    else:
        saved.path.write_bytes(b"{ damaged")
    saved.orchestrator.restore()
    if what != "a folder":
        saved.path.unlink()
    if what == "mended meanwhile":
        again(saved).orchestrator.save()
        assert saved.orchestrator.restore().done == ["test/a", "test/b", "test/c"]
    saved.orchestrator.save()
    assert len(saved.in_file()) == 3
    aside = saved.path.with_name("snapshot.json.unreadable")
    assert aside.exists() == (what == "a folder")


def test_nothing_that_was_put_aside_is_lost(saved: Saved) -> None:
    for each in (b"{ first", b"{ second"):
        saved.path.write_bytes(each)
        saved.orchestrator.restore()
        saved.orchestrator.save()
    kept = {each.read_bytes() for each in saved.path.parent.glob("*.unreadable*")}
    assert kept == {b"{ first", b"{ second"}


def test_a_disk_that_refuses_leaves_what_cannot_be_read_as_well(
    saved: Saved, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved.path.write_bytes(b"{ damaged")
    saved.orchestrator.restore()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            saved.orchestrator.save()
    assert saved.path.read_bytes() == b"{ damaged"
    saved.orchestrator.save()
    assert saved.path.with_name("snapshot.json.unreadable").read_bytes() == b"{ damaged"


@pytest.mark.parametrize(
    ("version", "data", "why"),
    [
        (1, "text", "a snapshot is bytes, and not str"),
        (1, [300], "a snapshot is bytes, and not list"),
        (-1, b"", "`version` is not a number"),
        (2**32, b"", "`version` is not a number"),
        (None, b"", "`version` is not a number"),
    ],
)
def test_what_no_file_can_hold_is_a_failure_of_its_own(
    saved: Saved, version: Any, data: Any, why: str
) -> None:
    """And the file can be read again: it would have taken all others along."""
    saved.orchestrator.save()
    snapshot = saved.here.bmux.Snapshot(version=version, data=data)
    saved.parts[1].snapshot = lambda: snapshot  # type: ignore[method-assign]
    outcome = saved.orchestrator.save()
    assert list(outcome.failed) == ["test/b"]
    assert why in outcome.failed["test/b"]
    assert saved.in_file() == [("test/a", b"a"), ("test/b", b"b"), ("test/c", b"c")]


def test_a_plugin_without_a_name_is_refused(
    here: SimpleNamespace, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A manifest may say nothing of the plugin, as long as its ranges are right."""
    with here.host.Host(tmp_path) as host:
        for manifest in ("", "id = 7"):
            nameless = SimpleNamespace(path="nameless.so", manifest=manifest)
            host._activate(nameless)
        assert host.plugins == []
    assert caplog.text.count("refused: nameless.so: its manifest has no `id`") == 2


def test_registrations_are_judged(saved: Saved) -> None:
    bmux = saved.here.bmux
    refusals = []
    newer = Participant(saved.here, "test/new")
    newer.abi_version = 2
    named = [Participant(saved.here, each) for each in ("test/a", "nameless", "half/\ud800")]
    for each in (*named, newer):
        with pytest.raises(bmux.CallError) as caught:
            saved.registry.register_plugin(each)
        refusals.append(caught.value.status.name)
    assert refusals == ["DUPLICATE_ID", "INVALID_PLUGIN", "INVALID_PLUGIN", "UNSUPPORTED_ABI"]


# --- when it is saved


def _waited(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_changes_are_saved_after_the_last_one(here: SimpleNamespace) -> None:
    saves: list[float] = []
    autosave = here.autosave.Autosave(lambda: saves.append(time.monotonic()), debounce=0.1)
    for _ in range(5):
        autosave.changed()
        time.sleep(0.02)
        last = time.monotonic()
    _waited(lambda: bool(saves))
    autosave.stop()
    assert len(saves) == 1
    assert saves[0] > last


def test_steady_changes_do_not_put_a_save_off_for_ever(here: SimpleNamespace) -> None:
    saves: list[int] = []
    autosave = here.autosave.Autosave(lambda: saves.append(1), debounce=1000, at_latest=0.1)

    def changed() -> bool:
        autosave.changed()
        return bool(saves)

    _waited(changed)
    autosave.stop()


def test_a_save_that_fails_is_tried_again(here: SimpleNamespace) -> None:
    tries: list[int] = []

    def save() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise OSError("not now")

    autosave = here.autosave.Autosave(save, debounce=0.01)
    autosave.changed()
    _waited(lambda: len(tries) == 3)
    autosave.stop()
    assert len(tries) == 3


def test_stopping_saves_what_is_not_saved_yet(here: SimpleNamespace) -> None:
    saves: list[int] = []
    autosave = here.autosave.Autosave(lambda: saves.append(1), debounce=1000)
    autosave.changed()
    autosave.stop()
    assert saves == [1]


def test_a_host_saves_by_itself_after_events(here: SimpleNamespace, tmp_path: Path) -> None:
    kept = here.demo.Uptime()
    with here.host.Host(tmp_path, debounce=0.02) as host:
        host.registry.register_plugin(kept)
        host.event("note", "one")
        eventually(host.orchestrator.path.exists)
        kept.starts = 7
        host.autosave.changed()
    (section,) = here.snapshot_file.read(host.orchestrator.path)
    assert section.data == b"7", "the end saves what is not saved yet"
    with here.host.Host(tmp_path / "other") as host:
        host.event("note", "one")
        assert host.autosave is None


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


# --- with a plugin

SCRIPT = """
import sys
sys.path[:0] = [{example!r}, {generated!r}]
from pathlib import Path
from host import Host
with Host(Path({data!r})) as host:
    host.start(Path({plugins!r}))
    host.event("note", "new " * 400)
    host.save()
"""


@pytest.mark.slow
def test_no_kill_in_the_middle_of_a_save_loses_the_snapshot(
    here: SimpleNamespace, cc: list[str], tmp_path: Path
) -> None:
    plugins, data = tmp_path / "plugins", tmp_path / "data"
    plugins.mkdir()
    here.demo.build(EXAMPLE / "plugins" / "board.c", plugins)
    path = data / "runtime" / "bmux-snapshot-v1.json"
    file = here.snapshot_file
    old = [file.Section("example.board/notes", 1, b"old\n" * 500)]
    script = SCRIPT.format(
        example=str(EXAMPLE), generated=str(GENERATED), data=str(data), plugins=str(plugins)
    )
    outcomes = set()

    def check(survived: bool) -> None:
        sections = file.read(path)
        found = "old" if sections == old else "new"
        if found == "new":
            notes, weather = sections
            assert notes.data.endswith(b"new \n")
            assert weather.data == b"sunny"
        assert found == "new" or not survived
        outcomes.add(found)

    killed = killer_in(tmp_path, cc).kill_everywhere(
        ["-c", script], data, lambda: file.write(path, old), check
    )
    # At least: the new file is opened, written, synced and renamed, and its folder synced.
    assert killed >= 5
    assert outcomes == {"old", "new"}


class Counting:
    """The plugin of the tests, which counts what it makes, under a host of the example's."""

    def __init__(self, here: SimpleNamespace, library: Path, folder: Path, mode: str) -> None:
        self.plugin = here.bmux.load(library, mode)
        self.probe = BmuxProbe(library)
        self.host = here.host.Host(folder, mode)

    def register(self, kinds: str) -> None:
        self.plugin.activate(" ".join(f"register:{each}" for each in kinds.split()).encode())
        self.plugin.register_stateful(self.host.registry)

    def close(self) -> None:
        self.host.stop()
        assert self.probe.live() == 0, self.probe.journal()[-20:]


def test_everything_that_a_plugin_made_is_dropped_once(
    here: SimpleNamespace, cc: list[str], tmp_path: Path
) -> None:
    counting = Counting(here, c_plugin(cc, tmp_path), tmp_path, "ready-made")
    kinds = "counter notes static short empty fails-snapshot fails-restore mismatch garbled bare"
    counting.register(kinds)
    host = counting.host
    for _ in range(3):
        assert len(host.save().failed) == 3
    assert set(host.orchestrator.restore().reset) == {"bmux.test/mismatch"}
    counting.close()
    assert counting.probe.made("BmuxStatefulPlugin") == len(kinds.split())
    assert counting.probe.made("BmuxSnapshot") > 0


def test_participants_may_be_saved_while_others_call_them(
    here: SimpleNamespace, cc: list[str], tmp_path: Path
) -> None:
    counting = Counting(here, c_plugin(cc, tmp_path), tmp_path, "ready-made")
    counting.register("counter notes empty")
    threads = [
        threading.Thread(target=lambda: [counting.host.save() for _ in range(10)]) for _ in range(4)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(here.snapshot_file.read(counting.host.orchestrator.path)) == 3
    counting.close()
