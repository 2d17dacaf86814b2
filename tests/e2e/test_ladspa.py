"""An interface that others made, described: LADSPA, beside its own header and with plugins of Debian."""

from __future__ import annotations

import gc
import importlib
import itertools
import math
import re
import shutil
import sys
import weakref
from array import array
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from abilock.cli import main
from support.building import FLAGS, run
from support.library import library_at

ROOT = Path(__file__).parents[2]
DESCRIPTION = ROOT / "tests/cases/good/ladspa.abi"
PAGE = (ROOT / "docs/existing-interface.md").read_text("utf-8")
PLUGINS = Path("/usr/lib/ladspa")
OFFICIAL = Path("/usr/include/ladspa.h")
RATE = 48_000

#: What the description calls otherwise than the header.
TYPES = {"Descriptor": "LADSPA_Descriptor", "PortRangeHint": "LADSPA_PortRangeHint"}
SCALARS = {
    "Data": "LADSPA_Data",
    "Properties": "LADSPA_Properties",
    "Port": "LADSPA_PortDescriptor",
    "Hint": "LADSPA_PortRangeHintDescriptor",
    "Handle": "LADSPA_Handle",
}
MEMBERS = {
    "hints": "HintDescriptor",
    "unique_id": "UniqueID",
    "ports": "PortDescriptors",
}
CONSTANTS = {"Properties": "PROPERTY", "Port": "PORT", "Hint": "HINT"}
#: Their types are made of structs, which have two names here.
OF_STRUCTS = {"port_range_hints", "instantiate"}

pytestmark = [pytest.mark.slow, pytest.mark.tool("ladspa", "swh-plugins")]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of its own, as the page says, with everything generated."""
    folder = tmp_path_factory.mktemp("ladspa")
    (folder / "abi").mkdir()
    shutil.copy(DESCRIPTION, folder / "abi/ladspa.abi")
    configuration = folder / "pyproject.toml"
    configuration.write_text('[tool.abilock]\nabi = ["abi/ladspa.abi"]\noutput = "generated"\n')
    assert main(["generate", "--config", str(configuration)]) == 0
    return folder


@pytest.fixture(scope="module")
def package(project: Path) -> Iterator[ModuleType]:
    path = str(project / "generated/ladspa/python")
    sys.path.insert(0, path)
    try:
        yield importlib.import_module("ladspa")
    finally:
        sys.path.remove(path)
        for name in [each for each in sys.modules if each.partition(".")[0] == "ladspa"]:
            del sys.modules[name]


@pytest.fixture(
    params=["ready-made", pytest.param("compiled", marks=pytest.mark.tool("python-headers"))]
)
def mode(request: pytest.FixtureRequest, package: ModuleType) -> str:
    if request.param == "compiled" and importlib.util.find_spec("ladspa._native") is None:
        importlib.import_module("ladspa.build").build()
        importlib.invalidate_caches()
    return str(request.param)


class Host:
    """Loads plugins in one mode, and runs them."""

    def __init__(self, package: ModuleType, mode: str) -> None:
        self.package = package
        self.mode = mode

    def descriptors(self, plugin: Any) -> list[Any]:
        found = map(plugin.descriptor, itertools.count())
        return list(itertools.takewhile(lambda each: each is not None, found))

    def find(self, library: str, label: str) -> Any:
        plugin = self.package.load(PLUGINS / library, self.mode)
        assert plugin.mode == self.mode
        return next(each for each in self.descriptors(plugin) if each.label == label)

    def connect(self, instance: Any, values: Sequence[Sequence[float]]) -> list[Any]:
        """A buffer for each port."""
        buffers = [array("f", each) for each in values]
        for number, buffer in enumerate(buffers):
            instance.connect_port(number, buffer)
        return buffers

    def play(
        self, descriptor: Any, *values: Sequence[float], rate: int = RATE
    ) -> list[list[float]]:
        """What is in all buffers after one run, as long as the longest of them."""
        with descriptor.instantiate(rate) as instance:
            buffers = self.connect(instance, values)
            with suppress(self.package.NotAvailableError):
                instance.activate()
            instance.run(max(map(len, values)))
            with suppress(self.package.NotAvailableError):
                instance.deactivate()
        return [list(buffer) for buffer in buffers]


@pytest.fixture
def host(package: ModuleType, mode: str) -> Host:
    return Host(package, mode)


# --- beside the header


def _official_name(member: str) -> str:
    """ex) ``PortCount`` for ``port_count``; slots are called alike"""
    return MEMBERS.get(member, "".join(each.capitalize() for each in member.split("_")))


def _assertions() -> Iterator[str]:
    library = library_at(DESCRIPTION)
    declared = {each.name: each for each in library.declarations}
    for name, official in {**TYPES, **SCALARS}.items():
        yield f"sizeof({name}) == sizeof({official})"
        yield f"_Alignof({name}) == _Alignof({official})"
        if name in SCALARS:
            yield f"__builtin_types_compatible_p({name}, {official})"
    for name, official in TYPES.items():
        members = getattr(declared[name], "members", None) or declared[name].fields
        for each in members:
            theirs = each.name if hasattr(each, "signature") else _official_name(each.name)
            yield f"offsetof({name}, {each.name}) == offsetof({official}, {theirs})"
            if each.name not in OF_STRUCTS:
                yield (
                    f"__builtin_types_compatible_p(__typeof__((({name} *)0)->{each.name}), "
                    f"__typeof__((({official} *)0)->{theirs}))"
                )
    for name, word in CONSTANTS.items():
        for value in declared[name].values:
            yield f"{name}_{value.name} == LADSPA_{word}_{value.name}"


def _preamble() -> str:
    shown = re.search(r"```c\n(.*?)_Static_assert", PAGE, re.DOTALL)
    assert shown
    return shown[1]


def test_a_compiler_finds_the_header_and_the_description_alike(
    project: Path, tmp_path: Path, cc: list[str]
) -> None:
    text = _preamble() + "".join(
        f'_Static_assert({each}, "{each}");\n'.replace("\\", "") for each in _assertions()
    )
    (tmp_path / "alike.c").write_text(text)
    run(*cc, "-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{project}", "-I/usr/include",
        "-c", str(tmp_path / "alike.c"), "-o", str(tmp_path / "alike.o"))  # fmt: skip


def test_no_constant_or_member_of_the_header_is_missing() -> None:
    text = re.sub(r"/\*.*?\*/", "", OFFICIAL.read_text("latin-1"), flags=re.DOTALL)
    library = library_at(DESCRIPTION)
    declared = {each.name: each for each in library.declarations}
    assert set(re.findall(r"#define LADSPA_((?:PROPERTY|PORT|HINT)_\w+)\s+0x", text)) == {
        f"{word}_{value.name}"
        for name, word in CONSTANTS.items()
        for value in declared[name].values
    }
    for name, official in TYPES.items():
        (body,) = re.findall(rf"struct _{official} \{{(.*?)\}} {official};", text, re.DOTALL)
        members = getattr(declared[name], "members", None) or declared[name].fields
        assert body.count(";") == len(members)


def test_the_page_shows_a_file_that_compiles(project: Path, tmp_path: Path, cc: list[str]) -> None:
    (shown,) = re.findall(r"```c\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "shown.c").write_text(shown)
    run(*cc, "-std=c11", f"-I{project}", "-I/usr/include", "-c", str(tmp_path / "shown.c"),
        "-o", str(tmp_path / "shown.o"))  # fmt: skip


# --- the page


def test_the_page_quotes_the_description() -> None:
    description = DESCRIPTION.read_text("utf-8")
    quoted = re.findall(r"```abi\n(.*?)```", PAGE, re.DOTALL)
    assert len(quoted) > 5
    for each in quoted:
        assert each in description


def test_the_page_runs(package: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    world: dict[str, Any] = {}
    for each in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(each, "existing-interface.md", "exec"), world)
    said = capsys.readouterr().out
    assert "amp_mono by Richard Furse" in said
    assert "refused" not in said
    assert world["louder"].tolist() == [0.0, 0.25, 0.5, -0.5]


def test_the_description_is_in_canonical_form() -> None:
    assert main(["fmt", "--check", str(DESCRIPTION)]) == 0


# --- all plugins there are


def test_every_plugin_of_the_folder_loads_and_runs(host: Host) -> None:
    package = host.package
    found = list(package.discover(PLUGINS, host.mode))
    assert [each for each in found if isinstance(each, package.LoadError)] == []
    assert len(found) == len(list(PLUGINS.glob("*.so"))) > 90
    described = [each for plugin in found for each in host.descriptors(plugin)]
    assert len(described) > len(found)
    assert len({each.unique_id for each in described}) == len(described)
    for each in described:
        _is_plausible(package, each)
        values = [
            [_start(package, hint)] if package.Port.CONTROL in port else [0.0] * 64
            for port, hint in zip(each.ports, each.port_range_hints, strict=True)
        ]
        assert len(host.play(each, *values)) == len(each.port_names)


def _is_plausible(package: ModuleType, descriptor: Any) -> None:
    assert 0 < descriptor.unique_id < 0x1000000
    assert descriptor.label
    assert not set(descriptor.label) & set(" \t\n")
    assert descriptor.name
    assert isinstance(descriptor.maker, str)
    assert isinstance(descriptor.copyright, str)
    assert isinstance(descriptor.properties, package.Properties)
    assert all(descriptor.port_names)
    for port in descriptor.ports:
        assert (package.Port.INPUT in port) != (package.Port.OUTPUT in port)
        assert (package.Port.AUDIO in port) != (package.Port.CONTROL in port)


def _start(package: ModuleType, hint: Any) -> float:
    """The value that a control begins with, as far as this host goes."""
    Hint = package.Hint
    bounded = hint.hints & (Hint.BOUNDED_BELOW | Hint.BOUNDED_ABOVE)
    factor = RATE if Hint.SAMPLE_RATE in hint.hints else 1
    default = hint.hints & Hint.DEFAULT_MASK
    fixed = {
        Hint.DEFAULT_0: 0.0,
        Hint.DEFAULT_1: 1.0,
        Hint.DEFAULT_100: 100.0,
        Hint.DEFAULT_440: 440.0,
    }
    if default in fixed:
        return fixed[default]
    if bounded == Hint.BOUNDED_BELOW | Hint.BOUNDED_ABOVE and default == Hint.DEFAULT_MAXIMUM:
        return float(hint.upper_bound * factor)
    return float(hint.lower_bound * factor)


# --- real data


def test_an_amplifier_halves(host: Host) -> None:
    amp = host.find("amp.so", "amp_mono")
    assert (amp.unique_id, amp.name) == (1048, "Mono Amplifier")
    assert amp.port_names == ["Gain", "Input", "Output"]
    Port, Hint = host.package.Port, host.package.Hint
    assert amp.ports == [
        Port.INPUT | Port.CONTROL,
        Port.INPUT | Port.AUDIO,
        Port.OUTPUT | Port.AUDIO,
    ]
    assert amp.port_range_hints[0] == host.package.PortRangeHint(
        Hint.BOUNDED_BELOW | Hint.LOGARITHMIC | Hint.DEFAULT_1, 0.0, 0.0
    )
    assert amp.properties == host.package.Properties.HARD_RT_CAPABLE
    sound = [0.0, 0.5, 1.0, -1.0, 0.125]
    assert host.play(amp, [0.5], sound, [9.0] * 5) == [[0.5], sound, [each / 2 for each in sound]]


def test_an_amplifier_of_another_maker_takes_decibels(host: Host) -> None:
    amp = host.find("amp_1181.so", "amp")
    *_, output = host.play(amp, [20 * math.log10(0.5)], [1.0, -0.5], [0.0, 0.0])
    assert output == pytest.approx([0.5, -0.25], rel=1e-3)


def test_input_and_output_may_share_a_buffer(host: Host) -> None:
    amp = host.find("amp.so", "amp_mono")
    assert host.package.Properties.INPLACE_BROKEN not in amp.properties
    gain, both = array("f", [0.5]), array("f", [2.0, 4.0])
    with amp.instantiate(RATE) as instance:
        for number, place in enumerate((gain, both, both)):
            instance.connect_port(number, place)
        instance.run(2)
        gain[0] = 10.0
        instance.run(1)
    assert both.tolist() == [10.0, 2.0]


def test_an_instance_keeps_its_arrays_until_it_ends(host: Host) -> None:
    amp = host.find("amp.so", "amp_mono")
    sound = array("f", [1.0, -1.0])
    kept = weakref.ref(sound)
    with amp.instantiate(RATE) as instance:
        for _ in range(3):
            for number, place in enumerate((array("f", [0.5]), sound, sound)):
                instance.connect_port(number, place)
        del sound, place
        gc.collect()
        instance.run(2)
        left = kept()
        assert left is not None
        assert left.tolist() == [0.5, -0.5]
        with pytest.raises(BufferError):
            left.append(1.0)
        del left
    gc.collect()
    assert kept() is None


def test_an_array_of_something_else_is_refused(host: Host) -> None:
    amp = host.find("amp.so", "amp_mono")
    wrong = {
        "an array of float is needed, and this has items of 8 bytes ('d')": array("d", [1.0]),
        "an array of float is needed, and this has items of 4 bytes ('i')": array("i", [1]),
        "an array of float is needed, not list": [1.0],
        "an array of float is needed, not NoneType": None,
        "memory is needed that can be written, in one piece": memoryview(bytes(4)).cast("f"),
    }
    with amp.instantiate(RATE) as instance:
        for said, given in wrong.items():
            with pytest.raises(TypeError) as caught:
                instance.connect_port(0, given)
            assert str(caught.value) == f"connect_port() argument 'location': {said}"


def test_a_delay_delays_and_forgets_when_it_is_activated_anew(host: Host) -> None:
    delay = host.find("delay.so", "delay_5s")
    rate, late = 8_000, 80
    sound = [1.0, -2.0, *[0.0] * 198]
    expected = [*[0.0] * late, 1.0, -2.0, *[0.0] * (200 - late - 2)]
    silence = [0.0] * 200
    assert host.play(delay, [late / rate], [1.0], sound, silence, rate=rate)[3] == expected
    with delay.instantiate(rate) as instance:
        _, _, source, target = host.connect(instance, ([late / rate], [1.0], sound, silence))
        instance.activate()
        instance.run(50)
        assert list(target) == silence
        instance.activate()
        source[0] = source[1] = 0.0
        instance.run(200)
        assert list(target) == silence


def test_an_oscillator_makes_a_sine(host: Host) -> None:
    sine = host.find("sine.so", "sine_fcac")
    *_, output = host.play(sine, [440.0], [0.5], [0.0] * 500)
    expected = [0.5 * math.sin(2 * math.pi * 440 * each / RATE) for each in range(500)]
    assert output == pytest.approx(expected, abs=2e-3)


def test_instances_of_one_plugin_know_nothing_of_each_other(host: Host) -> None:
    delay = host.find("delay.so", "delay_5s")
    with delay.instantiate(100) as one, delay.instantiate(100) as other:
        first = host.connect(one, ([0.05], [1.0], [1.0] * 20, [0.0] * 20))
        second = host.connect(other, ([0.1], [1.0], [2.0] * 20, [0.0] * 20))
        one.activate()
        other.activate()
        one.run(20)
        other.run(20)
    assert list(first[3]) == [0.0] * 5 + [1.0] * 15
    assert list(second[3]) == [0.0] * 10 + [2.0] * 10


def test_an_output_is_added_with_a_gain(host: Host) -> None:
    invert = host.find("inv_1429.so", "inv")
    with invert.instantiate(RATE) as instance:
        _, output = host.connect(instance, ([1.0, -2.0], [10.0, 10.0]))
        instance.run_adding(2)
        assert list(output) == [9.0, 12.0]
        instance.set_run_adding_gain(0.25)
        instance.run_adding(2)
        assert list(output) == [8.75, 12.5]


# --- what is not there, and what is over


def test_a_function_that_a_plugin_leaves_out_says_so(host: Host) -> None:
    amp = host.find("amp.so", "amp_mono")
    with amp.instantiate(RATE) as instance:
        for call in (instance.activate, instance.deactivate, lambda: instance.run_adding(1)):
            with pytest.raises(host.package.NotAvailableError, match="this plugin has none"):
                call()


def test_an_instance_ends_once_and_before_its_descriptor(host: Host) -> None:
    amp = host.find("amp.so", "amp_mono")
    with amp.instantiate(RATE) as instance:
        assert type(instance).__name__ == "Instance"
    instance.close()
    with pytest.raises(host.package.ClosedError):
        instance.run(0)
    left = amp.instantiate(RATE)
    amp.close()
    assert left.closed
    del left
    gc.collect()


def test_what_is_no_such_plugin_is_refused(host: Host, tmp_path: Path) -> None:
    package = host.package
    shutil.copy(PLUGINS / "amp.so", tmp_path / "amp.so")
    (tmp_path / "text.so").write_text("a plugin, honestly")
    (tmp_path / "empty.so").write_bytes(b"")
    (tmp_path / "cut.so").write_bytes((PLUGINS / "amp.so").read_bytes()[:4096])
    other = bytearray((PLUGINS / "amp.so").read_bytes())
    other[18:20] = (8).to_bytes(2, sys.byteorder)
    (tmp_path / "mips.so").write_bytes(other)
    shutil.copy(importlib.import_module("_cffi_backend").__file__, tmp_path / "python.so")
    found = {Path(each.path).name: type(each) for each in package.discover(tmp_path, host.mode)}
    assert found == {
        "amp.so": package.Plugin,
        "cut.so": package.NotALibraryError,
        "empty.so": package.NotALibraryError,
        "mips.so": package.WrongArchitectureError,
        "python.so": package.MissingSymbolError,
        "text.so": package.NotALibraryError,
    }
    with pytest.raises(package.MissingSymbolError, match="does not export `ladspa_descriptor`"):
        package.load(tmp_path / "python.so", host.mode)
    with pytest.raises(package.LibraryMissingError):
        package.load(tmp_path / "nothing.so", host.mode)


BROKEN = r"""
#include <ladspa.h>
#include <stddef.h>
static LADSPA_Handle none(const LADSPA_Descriptor *descriptor, unsigned long rate) {
    (void)descriptor; (void)rate; return NULL;
}
static void connect(LADSPA_Handle instance, unsigned long port, LADSPA_Data *place) {
    (void)instance; (void)port; (void)place;
}
static void run(LADSPA_Handle instance, unsigned long count) { (void)instance; (void)count; }
static void cleanup(LADSPA_Handle instance) { (void)instance; }
static const LADSPA_Descriptor refusing = {
    .UniqueID = 1, .Label = "refusing", .Name = "\351t\351", .Maker = "", .Copyright = "None",
    .instantiate = none, .connect_port = connect, .run = run, .cleanup = cleanup,
};
static const LADSPA_Descriptor lame = {
    .UniqueID = 2, .Label = "lame", .Name = "lame", .Maker = "", .Copyright = "None",
    .instantiate = none, .connect_port = connect, .cleanup = cleanup,
};
const LADSPA_Descriptor *ladspa_descriptor(unsigned long index) {
    return index == 0 ? &refusing : index == 1 ? &lame : NULL;
}
"""


def test_a_plugin_that_fails_or_breaks_the_rules_is_an_exception(
    host: Host, tmp_path: Path, cc: list[str]
) -> None:
    (tmp_path / "broken.c").write_text(BROKEN)
    run(
        *cc, *FLAGS, "-I/usr/include", str(tmp_path / "broken.c"), "-o", str(tmp_path / "broken.so")
    )
    plugin = host.package.load(tmp_path / "broken.so", host.mode)
    refusing = plugin.descriptor(0)
    assert refusing.name == "\ufffdt\ufffd"
    assert refusing.port_names == []
    with pytest.raises(host.package.CallError):
        refusing.instantiate(RATE)
    with pytest.raises(host.package.NullSlotError, match="run"):
        plugin.descriptor(1)
    assert plugin.descriptor(2) is None
