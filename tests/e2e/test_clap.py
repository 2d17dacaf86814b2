"""The core of CLAP as a description: beside the C declarations that CLAP has, and called from Python.

What is below are the names and types of the interface, written out once more for a compiler to judge.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from abilock.host import host_triple
from abilock.layout.engine import lay_out
from abilock.layout.target import find_target
from abilock.model.c_names import c_globals
from support.compilers import ask_compiler
from support.header_layouts import ours, questions
from support.library import library_at
from support.rendering import header_text, rendered

ROOT = Path(__file__).parents[2]
LIBRARY = library_at(ROOT / "tests/cases/good/clap.abi")
FLAGS = ("-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror")

CLAP = r"""
#include <stdbool.h>
#include <stdint.h>
#define CLAP_NAME_SIZE 256
#define CLAP_PLUGIN_FACTORY_ID "clap.plugin-factory"
#define CLAP_EXT_AUDIO_PORTS "clap.audio-ports"
#define CLAP_EXPORT __attribute__((visibility("default")))

typedef struct clap_version { uint32_t major; uint32_t minor; uint32_t revision; } clap_version_t;
typedef uint32_t clap_id;

enum {
    CLAP_EVENT_NOTE_ON = 0, CLAP_EVENT_NOTE_OFF = 1, CLAP_EVENT_NOTE_CHOKE = 2, CLAP_EVENT_NOTE_END = 3,
    CLAP_EVENT_NOTE_EXPRESSION = 4, CLAP_EVENT_PARAM_VALUE = 5
};
typedef struct clap_event_header {
    uint32_t size; uint32_t time; uint16_t space_id; uint16_t type; uint32_t flags;
} clap_event_header_t;
typedef struct clap_event_note {
    clap_event_header_t header; int32_t note_id; int16_t port_index; int16_t channel; int16_t key;
    double velocity;
} clap_event_note_t;
typedef struct clap_event_transport clap_event_transport_t;
typedef struct clap_input_events {
    void *ctx;
    uint32_t (*size)(const struct clap_input_events *list);
    const clap_event_header_t *(*get)(const struct clap_input_events *list, uint32_t index);
} clap_input_events_t;
typedef struct clap_output_events {
    void *ctx;
    bool (*try_push)(const struct clap_output_events *list, const clap_event_header_t *event);
} clap_output_events_t;

typedef struct clap_audio_buffer {
    float **data32; double **data64; uint32_t channel_count; uint32_t latency; uint64_t constant_mask;
} clap_audio_buffer_t;
enum {
    CLAP_PROCESS_ERROR = 0, CLAP_PROCESS_CONTINUE = 1, CLAP_PROCESS_CONTINUE_IF_NOT_QUIET = 2,
    CLAP_PROCESS_TAIL = 3, CLAP_PROCESS_SLEEP = 4
};
typedef int32_t clap_process_status;
typedef struct clap_process {
    int64_t steady_time; uint32_t frames_count; const clap_event_transport_t *transport;
    const clap_audio_buffer_t *audio_inputs; clap_audio_buffer_t *audio_outputs;
    uint32_t audio_inputs_count; uint32_t audio_outputs_count;
    const clap_input_events_t *in_events; const clap_output_events_t *out_events;
} clap_process_t;

typedef struct clap_plugin_descriptor {
    clap_version_t clap_version; const char *id; const char *name; const char *vendor; const char *url;
    const char *manual_url; const char *support_url; const char *version; const char *description;
    const char *const *features;
} clap_plugin_descriptor_t;
typedef struct clap_plugin {
    const clap_plugin_descriptor_t *desc;
    void *plugin_data;
    bool (*init)(const struct clap_plugin *plugin);
    void (*destroy)(const struct clap_plugin *plugin);
    bool (*activate)(const struct clap_plugin *plugin, double rate, uint32_t least, uint32_t most);
    void (*deactivate)(const struct clap_plugin *plugin);
    bool (*start_processing)(const struct clap_plugin *plugin);
    void (*stop_processing)(const struct clap_plugin *plugin);
    void (*reset)(const struct clap_plugin *plugin);
    clap_process_status (*process)(const struct clap_plugin *plugin, const clap_process_t *process);
    const void *(*get_extension)(const struct clap_plugin *plugin, const char *id);
    void (*on_main_thread)(const struct clap_plugin *plugin);
} clap_plugin_t;
typedef struct clap_host {
    clap_version_t clap_version;
    void *host_data;
    const char *name; const char *vendor; const char *url; const char *version;
    const void *(*get_extension)(const struct clap_host *host, const char *id);
    void (*request_restart)(const struct clap_host *host);
    void (*request_process)(const struct clap_host *host);
    void (*request_callback)(const struct clap_host *host);
} clap_host_t;
typedef struct clap_plugin_factory {
    uint32_t (*get_plugin_count)(const struct clap_plugin_factory *factory);
    const clap_plugin_descriptor_t *(*get_plugin_descriptor)(
        const struct clap_plugin_factory *factory, uint32_t index);
    const clap_plugin_t *(*create_plugin)(
        const struct clap_plugin_factory *factory, const clap_host_t *host, const char *id);
} clap_plugin_factory_t;

enum {
    CLAP_AUDIO_PORT_IS_MAIN = 1 << 0, CLAP_AUDIO_PORT_SUPPORTS_64BITS = 1 << 1,
    CLAP_AUDIO_PORT_PREFERS_64BITS = 1 << 2, CLAP_AUDIO_PORT_REQUIRES_COMMON_SAMPLE_SIZE = 1 << 3
};
typedef struct clap_audio_port_info {
    clap_id id; char name[CLAP_NAME_SIZE]; uint32_t flags; uint32_t channel_count;
    const char *port_type; clap_id in_place_pair;
} clap_audio_port_info_t;
typedef struct clap_plugin_audio_ports {
    uint32_t (*count)(const clap_plugin_t *plugin, bool is_input);
    bool (*get)(const clap_plugin_t *plugin, uint32_t index, bool is_input, clap_audio_port_info_t *info);
} clap_plugin_audio_ports_t;

typedef struct clap_plugin_entry {
    clap_version_t clap_version;
    bool (*init)(const char *plugin_path);
    void (*deinit)(void);
    const void *(*get_factory)(const char *factory_id);
} clap_plugin_entry_t;
extern CLAP_EXPORT const clap_plugin_entry_t clap_entry;
"""

#: A plugin in CLAP's own names, which compiles with either set of declarations.
PLUGIN = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
typedef struct instance { clap_plugin_t plugin; const clap_host_t *host; double rate; } instance;
static int live;
CLAP_EXPORT extern int test_live(void);
int test_live(void) { return live; }
static instance *of(const struct clap_plugin *plugin) { return plugin->plugin_data; }
static const char *const features[] = {"instrument", "mono", NULL};
static const clap_plugin_descriptor_t about = {
    .clap_version = {1, 2, 3}, .id = "org.example.beep", .name = "Beep", .version = "0.1",
    .features = features,
};
static bool init(const struct clap_plugin *plugin) { return strcmp(of(plugin)->host->name, "deaf") != 0; }
static void destroy(const struct clap_plugin *plugin) { live--; free(of(plugin)); }
static bool activate(const struct clap_plugin *plugin, double rate, uint32_t least, uint32_t most) {
    of(plugin)->rate = rate;
    return least <= most;
}
static void nothing(const struct clap_plugin *plugin) { (void)plugin; }
static bool start(const struct clap_plugin *plugin) { return of(plugin)->rate > 0; }
static void reset(const struct clap_plugin *plugin) {
    of(plugin)->host->request_callback(of(plugin)->host);
}
static clap_process_status process(const struct clap_plugin *plugin, const clap_process_t *given) {
    (void)plugin;
    uint32_t count = given->in_events->size(given->in_events);
    for (uint32_t i = 0; i < count; i++) {
        const clap_event_header_t *event = given->in_events->get(given->in_events, i);
        if (event->type == CLAP_EVENT_NOTE_ON) given->out_events->try_push(given->out_events, event);
    }
    return count ? CLAP_PROCESS_CONTINUE : CLAP_PROCESS_SLEEP;
}
static uint32_t count(const clap_plugin_t *plugin, bool is_input) { (void)plugin; return is_input ? 0 : 1; }
static bool get(const clap_plugin_t *plugin, uint32_t index, bool is_input, clap_audio_port_info_t *info) {
    if (is_input || index >= count(plugin, is_input)) return false;
    memset(info, 0, sizeof *info);
    info->id = 7;
    snprintf(info->name, sizeof info->name, "%s", "main");
    info->flags = CLAP_AUDIO_PORT_IS_MAIN | CLAP_AUDIO_PORT_SUPPORTS_64BITS;
    info->channel_count = 2;
    return true;
}
static const clap_plugin_audio_ports_t ports = {count, get};
static const void *extension(const struct clap_plugin *plugin, const char *id) {
    (void)plugin;
    return strcmp(id, CLAP_EXT_AUDIO_PORTS) == 0 ? &ports : NULL;
}
static uint32_t plugins(const struct clap_plugin_factory *factory) { (void)factory; return 1; }
static const clap_plugin_descriptor_t *describe(const struct clap_plugin_factory *factory, uint32_t at) {
    return at < plugins(factory) ? &about : NULL;
}
static const clap_plugin_t *create(
    const struct clap_plugin_factory *factory, const clap_host_t *host, const char *id) {
    (void)factory;
    if (strcmp(id, about.id) != 0) return NULL;
    instance *made = calloc(1, sizeof *made);
    live++;
    made->host = host;
    made->plugin = (clap_plugin_t){&about, made, init, destroy, activate, nothing, start, nothing, reset,
                                   process, extension, nothing};
    return &made->plugin;
}
static const clap_plugin_factory_t factory = {plugins, describe, create};
static bool loaded(const char *path) { return strstr(path, "refused") == NULL; }
static void unloaded(void) {}
static const void *get_factory(const char *id) {
    return strcmp(id, CLAP_PLUGIN_FACTORY_ID) == 0 ? &factory : NULL;
}
const clap_plugin_entry_t clap_entry = {{MAJOR, 2, 3}, loaded, unloaded, get_factory};
"""


def test_layouts_are_those_of_clap(cc: list[str], tmp_path: Path) -> None:
    layout = lay_out(LIBRARY, find_target(host_triple()))
    asked = questions(LIBRARY, layout)
    assert len(asked) == 14
    tags = "".join(f"typedef struct {each.type} {each.type};" for each in asked)
    assert ask_compiler(f"{CLAP}{tags}", asked, cc, tmp_path) == ours(LIBRARY, layout)


def test_names_and_values_are_those_of_clap(cc: list[str], tmp_path: Path) -> None:
    names = sorted(
        name
        for declared in LIBRARY.declared
        for name in c_globals(declared)
        if name.startswith("CLAP_")
    )
    values = [name for name in names if not name.endswith(("_ID", "AUDIO_PORTS"))]
    assert len(values) == 16
    printed = "".join(f'    printf("%d\\n", (int){name});\n' for name in values)
    found = []
    for number, text in enumerate((CLAP, header_text(LIBRARY))):
        source = tmp_path / f"values{number}.c"
        source.write_text(
            f"{text}\n#include <stdio.h>\nint main(void) {{\n{printed}    return 0;\n}}\n"
        )
        program = tmp_path / f"values{number}"
        subprocess.run([*cc, str(source), "-o", str(program)], check=True)
        found.append(subprocess.run([str(program)], check=True, capture_output=True).stdout)
    assert found[0] == found[1]


@pytest.mark.parametrize("declarations", ["of CLAP", "generated"])
def test_a_plugin_compiles_with_either(cc: list[str], tmp_path: Path, declarations: str) -> None:
    text = CLAP if declarations == "of CLAP" else header_text(LIBRARY)
    _compiled(cc, tmp_path, text)


def _compiled(
    cc: list[str], folder: Path, declarations: str, name: str = "beep", major: int = 1
) -> Path:
    source = folder / f"{name}.c"
    source.write_text(declarations + PLUGIN.replace("MAJOR", str(major)))
    library = folder / f"{name}.clap"
    command = [*cc, *FLAGS, "-fPIC", "-shared", str(source), "-o", str(library)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return library


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The generated Python package."""
    root = tmp_path_factory.mktemp("clap")
    for path, text in rendered(LIBRARY, "cffi").items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    sys.path.insert(0, str(root / "python"))
    try:
        yield importlib.import_module("clap")
    finally:
        sys.path.remove(str(root / "python"))


class Program:
    """A host."""

    vendor = url = None
    version = "1"

    def __init__(self, package: ModuleType, name: str = "test") -> None:
        self.name = name
        self.built_with = package.Version(1, 2, 0)
        self.asked = 0

    def get_extension(self, id: str) -> None:
        return None

    def request_restart(self) -> None: ...

    def request_process(self) -> None: ...

    def request_callback(self) -> None:
        self.asked += 1


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["ready-made", "compiled"])
def test_from_python(cc: list[str], tmp_path: Path, package: ModuleType, mode: str) -> None:
    if mode == "compiled":
        importlib.import_module("clap.build").build()
        importlib.invalidate_caches()
    # Of CLAP's declarations, and not of those that Python is generated beside.
    loaded = package.load(_compiled(cc, tmp_path, CLAP), mode)
    assert loaded.entry_.built_with == package.Version(1, 2, 3)
    factory = loaded.entry_.get_factory(package.PLUGIN_FACTORY_ID)
    assert loaded.entry_.get_factory("another") is None
    assert factory.get_plugin_count() == 1
    about = factory.get_plugin_descriptor(0)
    assert (about.id, about.name, about.vendor) == ("org.example.beep", "Beep", None)
    assert factory.get_plugin_descriptor(1) is None

    program = Program(package)
    with factory.create_plugin(program, about.id) as plugin:
        plugin.init()
        with pytest.raises(package.CallError):
            plugin.start_processing()
        plugin.activate(48000.0, 1, 64)
        plugin.start_processing()
        plugin.reset()
        assert program.asked == 1, "the host is known by its own address"
        ports: Any = plugin.get_extension(package.EXT_AUDIO_PORTS)
        assert (ports.count(plugin, True), ports.count(plugin, False)) == (0, 1)
        port = ports.get(plugin, 0, False)
        assert (port.id, port.name, port.channel_count) == (7, "main", 2)
        flags = package.AudioPortFlags
        assert port.flags == flags.IS_MAIN | flags.SUPPORTS_64BITS
        with pytest.raises(package.CallError):
            ports.get(plugin, 1, False)
    assert factory.create_plugin(program, "another") is None
    with (
        factory.create_plugin(Program(package, "deaf"), about.id) as deaf,
        pytest.raises(package.CallError),
    ):
        deaf.init()


@pytest.mark.slow
def test_what_is_refused_at_load(cc: list[str], tmp_path: Path, package: ModuleType) -> None:
    with pytest.raises(package.VersionRefusedError, match=r"2\.2\.3"):
        package.load(_compiled(cc, tmp_path, CLAP, "newer", major=2))
    with pytest.raises(package.NullRegistrationError, match=r"Entry\.init"):
        package.load(_compiled(cc, tmp_path, CLAP, "refused"))
