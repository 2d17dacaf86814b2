"""Plugins written in Python, loaded by hosts that have no Python, and by one that has."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from abilock.host import host_triple
from support.python_plugins import (
    EXAMPLES,
    HOSTS,
    ROOT,
    exported,
    host_of,
    package_of,
    plugin_of,
    run,
    succeed,
    try_plugin,
    write_package,
)

from .test_typing import complaints

pytestmark = [pytest.mark.slow, pytest.mark.tool("python-headers", "python-library")]

DRASI = package_of("drasi_0_11_0")
BMUX = package_of("bmux")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plugins")


@pytest.fixture(scope="module")
def drasi_host(cc: list[str], folder: Path) -> Path:
    include = ROOT / "generated" / "drasi_0_11_0" / "include"
    return host_of(cc, folder, HOSTS / "drasi_host.c", include)


@pytest.fixture(scope="module")
def bmux_host(cc: list[str], folder: Path) -> Path:
    return host_of(cc, folder, HOSTS / "bmux_host.c", ROOT / "generated" / "bmux" / "include")


@pytest.fixture(scope="module")
def ticker(folder: Path) -> Path:
    output = folder / "libticker.so"
    return plugin_of(DRASI, "drasi_0_11_0", "ticker:Ticker", output, EXAMPLES / "drasi")


@pytest.fixture(scope="module")
def counter(folder: Path) -> Path:
    output = folder / "libcounter.so"
    return plugin_of(BMUX, "bmux", "counter:CounterPlugin", output, EXAMPLES / "bmux")


# --- what is in a library


def test_exports_are_the_entries_and_the_witness(ticker: Path, counter: Path) -> None:
    assert exported(ticker) == {
        "drasi_plugin_metadata",
        "drasi_plugin_init",
        "abilock_witness_drasi",
    }
    entries = (
        "entry_v1 activate_v1 register_stateful_v1 run_command_v1 invoke_service_v1 deactivate_v1"
    )
    assert exported(counter) == {
        "abilock_witness_bmux",
        *(f"bmux_plugin_{each}" for each in entries.split()),
    }


def test_witness_says_fine(ticker: Path, counter: Path) -> None:
    about = {ticker: "abi/history/drasi/0.11.0.abi", counter: "abi/bmux.abi"}
    for library, description in about.items():
        given = ("verify", "--witness", "--abi", ROOT / description, library)
        said = succeed(
            sys.executable, "-m", "abilock", *given, env={"PYTHONPATH": str(ROOT / "gen")}
        )
        assert f"as {ROOT / description} describes it" in said


# --- hosts without Python


def test_drasi_life(drasi_host: Path, ticker: Path) -> None:
    said = succeed(drasi_host, "life", ticker)
    assert said.splitlines() == [
        f"made with 0.13.0 for {host_triple()}, version 1.0.0",
        "no source: JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2"
        " (char 1)",
        "start: RuntimeError: zäh",
        "log: s1 is gone",
        "s1 is a ticker",
        'properties: {"count": 5}',
        'schema: {"nodes": [{"label": "Tick", "properties": [{"name": "number", "dataType": "integer"}]}],'
        ' "relations": []}',
        "log: s1 runs",
        "start: fine",
        "5 changes",
        "stop: fine",
        "deprovision: fine",
        "log: s1 is gone",
        "log: q: [0]",
        "log: q: [1]",
        "log: r1 runs",
        "start: fine",
        "stop: fine",
        "log: r1 is gone",
        "3 gone",
    ]


def test_bmux_life(bmux_host: Path, counter: Path) -> None:
    said = succeed(bmux_host, "life", counter)
    assert said.splitlines()[:3] == [
        'id = "examples.counter"',
        'name = "Counter"',
        'version = "1.0.0"',
    ]
    assert said.splitlines()[-4:] == [
        "examples/counter, format 2: 7:äpfel",
        "ValueError: invalid literal for int() with base 10: 'many'",
        "42 things",
        "there cannot be less than nothing",
    ]


def test_several_plugins_live_in_one_process(drasi_host: Path, ticker: Path, folder: Path) -> None:
    other = folder / "libother.so"
    plugin_of(DRASI, "drasi_0_11_0", "ticker:Ticker", other, EXAMPLES / "drasi")
    copy = shutil.copy(ticker, folder / "libcopy.so")
    said = succeed(drasi_host, "life", ticker, other, copy)
    assert said.count("5 changes") == 3
    assert "9 gone" in said


def test_first_calls_may_come_from_many_threads(
    drasi_host: Path, ticker: Path, folder: Path
) -> None:
    other = folder / "libthreads.so"
    plugin_of(DRASI, "drasi_0_11_0", "ticker:Ticker", other, EXAMPLES / "drasi")
    for _ in range(3):
        done = run(drasi_host, "threads", ticker, other)
        assert (done.returncode, done.stdout) == (0, "all of them are back\n"), done.stderr
        assert not done.stderr


def test_process_ends_while_threads_push(drasi_host: Path, ticker: Path) -> None:
    for _ in range(10):
        done = run(drasi_host, "exit", ticker)
        assert (done.returncode, done.stdout[-8:]) == (0, "the end\n"), done.stderr
        assert not done.stderr


def test_memory_is_flat(drasi_host: Path, bmux_host: Path, ticker: Path, counter: Path) -> None:
    """The hosts count what is dropped themselves; threads of the allocator's make no two runs alike."""
    for host, plugin in ((drasi_host, ticker), (bmux_host, counter)):
        grown = int(succeed(host, "100000", plugin).split()[-1])
        assert grown < 512


@pytest.mark.tool("sanitizers")
@pytest.mark.parametrize("check", ["life", "threads", "2000"])
def test_addresses_are_right(tmp_path: Path, ticker: Path, check: str) -> None:
    """What goes over to the host, and back, is read, freed and ended as C does it."""
    flags = ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    include = ROOT / "generated" / "drasi_0_11_0" / "include"
    host = host_of(["gcc"], tmp_path, HOSTS / "drasi_host.c", include, *flags)
    # What Python has at its end, it never gives back.
    done = run(host, check, ticker, env={"ASAN_OPTIONS": "detect_leaks=0"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr


@pytest.mark.tool("valgrind")
def test_valgrind_has_nothing_to_say(drasi_host: Path, ticker: Path) -> None:
    """But of values that are not set: an optimised Python has some that are never used."""
    watch = ("valgrind", "--quiet", "--undef-value-errors=no", "--error-exitcode=9")
    done = run(*watch, drasi_host, "life", ticker, env={"PYTHONMALLOC": "malloc"})
    assert done.returncode == 0, done.stderr
    assert "3 gone" in done.stdout


# --- a host that has Python


def test_generated_loader_takes_them(ticker: Path, counter: Path) -> None:
    code = """
import sys, threading
import bmux, drasi_0_11_0 as drasi
plugin = drasi.load(sys.argv[1])
assert plugin.metadata.plugin_version == "1.0.0"
said = []
plugin.registration.set_log_callback(lambda entry: said.append(entry.message))
over, seen = threading.Event(), []
def push(event):
    seen.append(event)
    if event is None:
        over.set()
    return True
with plugin.registration.source_plugins[0].create_source("s1", "{}", False) as source:
    subscription = source.subscribe("s1", False, "q", "[]", "[]")
    subscription.receiver.start_push(push)
    assert over.wait(60)
    try:
        plugin.registration.source_plugins[0].create_source("s2", "?", False)
    except drasi.CallError as error:
        assert error.message.startswith("JSONDecodeError")
assert len(seen) == 4 and said[-1] == "s1 is gone", said
class Registry(bmux.StatefulRegistry):
    def register_plugin(self, plugin):
        self.plugin = plugin
registry = Registry()
other = bmux.load(sys.argv[2])
assert not other.offers("handle_event")
other.register_stateful(registry)
assert other.invoke_service(b"4") == b"4 things"
assert registry.plugin.snapshot().data == b"4:things"
try:
    registry.plugin.restore(7, b"")
except bmux.StatefulPluginError as error:
    assert error.expected == [1, 2]
registry.plugin.close()
print("fine")
"""
    path = os.pathsep.join(map(str, (DRASI, BMUX)))
    said = succeed(sys.executable, "-c", code, ticker, counter, env={"PYTHONPATH": path})
    assert said == "fine\n"


# --- what goes wrong


def test_python_that_does_not_start(
    drasi_host: Path, ticker: Path, bmux_host: Path, counter: Path
) -> None:
    for host, plugin in ((drasi_host, ticker), (bmux_host, counter)):
        done = run(host, "broken", plugin, env={"PYTHONHOME": "/nowhere"})
        assert (done.returncode, done.stdout) == (0, "nothing there\n"), done.stderr
        assert "Python cannot be started" in done.stderr
        assert plugin.name in done.stderr


def test_modules_that_are_not_there(bmux_host: Path, tmp_path: Path) -> None:
    modules = tmp_path / "modules"
    shutil.copytree(EXAMPLES / "bmux", modules)
    plugin = plugin_of(BMUX, "bmux", "counter:CounterPlugin", tmp_path / "libx.so", modules)
    shutil.rmtree(modules)
    done = run(bmux_host, "broken", plugin)
    assert (done.returncode, done.stdout) == (0, "nothing there\n"), done.stderr
    assert "libx.so (the plugin counter:CounterPlugin in Python) cannot be started" in done.stderr
    assert done.stderr.endswith("fails:\nModuleNotFoundError: No module named 'counter'\n")


@pytest.mark.parametrize("ending", ["raise SystemExit(3)", "raise KeyboardInterrupt", "1 / 0"])
def test_modules_that_fail(bmux_host: Path, tmp_path: Path, ending: str) -> None:
    shutil.copy(EXAMPLES / "bmux" / "counter.py", tmp_path / "counter.py")
    plugin = plugin_of(BMUX, "bmux", "counter:CounterPlugin", tmp_path / "libx.so", tmp_path)
    (tmp_path / "counter.py").write_text(ending, encoding="utf-8")
    done = run(bmux_host, "broken", plugin)
    assert (done.returncode, done.stdout) == (0, "nothing there\n"), done.stderr
    assert ending.split()[-1] in done.stderr
    assert done.stderr.count("File ") == 1


def test_other_generated_files_are_refused(bmux_host: Path, tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    shutil.copytree(BMUX, packages)
    plugin = plugin_of(
        packages, "bmux", "counter:CounterPlugin", tmp_path / "libx.so", EXAMPLES / "bmux"
    )
    source = packages / "bmux" / "_native_source.py"
    source.write_text(source.read_text("utf-8").replace('STAMP = "', 'STAMP = "0'), "utf-8")
    done = run(bmux_host, "broken", plugin)
    assert done.returncode == 0
    assert "it was built with other generated files" in done.stderr
    assert "Traceback" not in done.stderr


def test_module_of_the_same_name_is_refused(bmux_host: Path, counter: Path, tmp_path: Path) -> None:
    """It is found first, since somebody has it in `PYTHONPATH`."""
    shutil.copy(EXAMPLES / "bmux" / "counter.py", tmp_path / "counter.py")
    done = run(bmux_host, "broken", counter, env={"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert "the module `counter` of this process is another one" in done.stderr


def test_folders_are_seen_from_the_library(bmux_host: Path, tmp_path: Path) -> None:
    home = tmp_path / "here"
    shutil.copytree(EXAMPLES / "bmux", home / "lib")
    shutil.copytree(BMUX / "bmux", home / "lib" / "bmux")
    given = ("--path", "lib", "--path", ".")
    built = plugin_of(
        BMUX, "bmux", "counter:CounterPlugin", home / "libx.so", EXAMPLES / "bmux", *given
    )
    moved = tmp_path / "there"
    home.rename(moved)
    assert "42 things" in succeed(bmux_host, "life", moved / built.name)


@pytest.mark.parametrize(
    ("plugin", "reason"),
    [
        ("nobody:Plugin", "No module named 'nobody'"),
        ("counter:Nobody", "module 'counter' has no attribute 'Nobody'"),
        ("counter:Counter", "Counter has no `manifest`"),
        ("counter", "counter has no `manifest`"),
        (":Counter", "`` is no module's name: what is wanted is `module:Class`"),
    ],
)
def test_no_plugin_comes_of_this(tmp_path: Path, plugin: str, reason: str) -> None:
    done = try_plugin(BMUX, "bmux", plugin, tmp_path / "libx.so", EXAMPLES / "bmux")
    assert done.returncode == 1
    assert done.stderr == f"python -m bmux.build: no plugin can be made of `{plugin}`: {reason}\n"
    assert not list(tmp_path.iterdir())


#: What a module says, and what is said of it: ``M`` is the module's file.
FAILING = {
    "def f(:": "importing it raised SyntaxError: invalid syntax (line 1 of M)",
    "\nimport sys; sys.exit(5)": "importing it raised SystemExit: 5 (line 2 of M)",
    "1 / 0": "importing it raised ZeroDivisionError: division by zero (line 1 of M)",
    "import nobody": "No module named 'nobody' (line 1 of M)",
    "class P:\n    def __init__(self, x): ...\n    def manifest(self): ...": (
        "it is called as `P()`, and its own takes (x): missing a required argument: 'x'"
    ),
    "class P:\n    def manifest(self, a): ...": (
        "it is called as `manifest()`, and its own takes (self, a): missing a required argument: 'a'"
    ),
    "class P:\n    def manifest(self): ...\n    @classmethod\n    def invoke_service(cls): ...": (
        "it is called as `invoke_service(request)`, and its own takes (): too many positional arguments"
    ),
    "class P:\n    manifest = 3": "it is called as `manifest()`, and is no function but int",
}


@pytest.mark.parametrize("text", FAILING)
def test_no_plugin_comes_of_modules_that_fail(tmp_path: Path, text: str) -> None:
    module = tmp_path / "mine.py"
    module.write_text(text, encoding="utf-8")
    done = try_plugin(BMUX, "bmux", "mine:P", tmp_path / "libx.so", tmp_path)
    reason = FAILING[text].replace("of M)", f"of {module})")
    assert done.returncode == 1
    assert done.stderr == f"python -m bmux.build: no plugin can be made of `mine:P`: {reason}\n"


def test_libraries_are_files(tmp_path: Path) -> None:
    done = try_plugin(BMUX, "bmux", "counter:CounterPlugin", tmp_path, EXAMPLES / "bmux")
    assert done.returncode == 1
    assert done.stderr == f"python -m bmux.build: {tmp_path} is a folder: name the library's file\n"
    file = tmp_path / "file"
    file.write_text("")
    given = ("--plugin", "counter:CounterPlugin", "--output", file / "libx.so")
    path = os.pathsep.join(map(str, (BMUX, EXAMPLES / "bmux")))
    done = run(sys.executable, "-m", "bmux.build", *given, env={"PYTHONPATH": path})
    assert done.returncode == 1
    assert done.stderr.startswith(f"python -m bmux.build: {file}/libx.so cannot be written: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("kind", ["plugin", "package"])
def test_building_takes_a_compiler(tmp_path: Path, kind: str) -> None:
    made = tmp_path / "libx.so"
    plugin = ("--plugin", "counter:CounterPlugin", "--output", made)
    path = os.pathsep.join(map(str, (BMUX, EXAMPLES / "bmux")))
    given = plugin if kind == "plugin" else (made,)
    env = {"PYTHONPATH": path, "CC": "no-such-compiler"}
    done = run(sys.executable, "-m", "bmux.build", *given, env=env)
    assert done.returncode == 1
    assert f"{made} cannot be built, which takes a C compiler and Python's headers: " in done.stderr
    assert "no-such-compiler" in done.stderr
    assert done.stderr.count("\n") == 1


def test_abi_that_python_cannot_answer(tmp_path: Path) -> None:
    done = try_plugin(package_of("statevec"), "statevec", "x:Y", tmp_path / "libx.so", tmp_path)
    assert done.returncode == 1
    assert "`statevec_runtime_plugin_entry_v1` hands out a `RuntimePluginApiV1`" in done.stderr


# --- any ABI

MIXED = """
abi mixed 2.0.0;
compat integer(MIXED_ABI);
allocator heap = malloc/free;
@version const MIXED_ABI: u32 = 7;
enum Kind { Small = 3, Large = 4 }
@result(code, message) @owned(heap)
struct Outcome { code: i32, message: own *mut char? @nul, @value number: u32 }
@result(code, message)
struct Verdict { code: i32, message: *const char? @nul @until(next) }
struct Point { x: f64, y: f64 }
@error_buffer(text) struct Why { text: [char; 32], kind: u32 }
@string(ptr, len) struct Str { ptr: *const char, len: usize }
@object(state) @drop(end) @owned(heap)
vtable Counter { state: *mut void, fn add(self: mut, n: i32) -> i32; drop fn end(self: own); }
struct About { @triple target: *const char @nul, name: *const char? @nul }
@version entry static const mixed_level: u32;
@handshake entry fn mixed_about() -> *const About? @until(library);
entry fn mixed_kind(of: Point) -> Kind;
entry fn mixed_divide(a: u32, b: u32) -> Outcome;
entry fn mixed_check(n: u32) -> Verdict;
entry fn mixed_size(width: *mut u32 @out, height: *mut u32 @out);
@ok(0) @error(why) entry fn mixed_find(name: Str, place: *mut Point @out, why: *mut Why) -> i32;
@fails(null) entry fn mixed_counter(from: i32) -> own *mut Counter?;
callback Visit(@ctx ctx: *mut void, n: u32) -> bool;
entry fn mixed_each(visit: Visit @ctx(ctx) @scope(call), ctx: *mut void);
optional entry fn mixed_extra() -> u64;
optional entry fn mixed_log(format: *const char @nul, ...);
"""

MODULE = """
import mixed

def kind(of):
    return mixed.Kind.Large if of.x > of.y else mixed.Kind.Small

def divide(a, b):
    return a // b

def check(n):
    if n > 1:
        raise ValueError("many " * n)

def size():
    return (640, 480)

def find(name):
    if name != "ä":
        raise mixed.Why("no " + name, kind=5)
    return mixed.Point(1.5, 2.5)

class Counter:
    def __init__(self, n):
        self.n = n
    def add(self, n):
        self.n += n
        return self.n
    def close(self):
        print("closed at", self.n)

def counter(start):
    if start < 0:
        raise ValueError("less than nothing")
    return Counter(start)

def each(visit):
    for n in range(10):
        if not visit(n):
            break
"""

MIXED_HOST = r"""
#include "mixed.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool visit(void *ctx, uint32_t n)
{
    *(uint32_t *)ctx += n;
    return n < 3;
}

#define GET(name) mixed_##name##_fn name; *(void **)&name = dlsym(library, "mixed_" #name)

int main(int count, char **arguments)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    void *library = dlopen(arguments[count - 1], RTLD_NOW);
    if (library == NULL)
        return 1;
    GET(about); GET(kind); GET(divide); GET(size); GET(find);
    GET(counter); GET(each); GET(extra); GET(log); GET(check);
    uint32_t width = 1, height = 1, sum = 0;
    Point place = {0, 0};
    Why why;
    memset(&why, 0, sizeof why);
    const uint32_t *level = dlsym(library, "mixed_level");
    const About *told = about();
    bool is_told = told != NULL && strcmp(told->target, TRIPLE) == 0 && told->name == NULL;
    printf("%u %d %d %d\n", *level, is_told, kind((Point){2, 1}), kind((Point){1, 2}));
    for (uint32_t by = 2; by-- > 0;) {
        Outcome outcome = divide(7, by);
        printf("%d %u %s\n", outcome.code != 0, outcome.number, outcome.message ? outcome.message : "-");
        free(outcome.message);
    }
    Verdict verdict = check(2);
    printf("%d %s %d\n", check(1).code != 0, verdict.message ? verdict.message : "-", verdict.code != 0);
    size(&width, &height);
    printf("%u %u\n", width, height);
    printf("%d", find((Str){"\xc3\xa4", 2}, &place, &why) == 0);
    printf(" %.1f %.1f\n", place.x, place.y);
    printf("%d", find((Str){"b", 1}, &place, &why) == 0);
    printf(" %s %u\n", why.text, why.kind);
    Counter *made = counter(-1);
    printf("%d\n", made == NULL);
    made = counter(5);
    if (made != NULL) {
        printf("%d\n", made->add(made->state, 2));
        made->end(made->state);
        free(made);
    }
    each(visit, &sum);
    printf("%u\n", sum);
    printf("%d %d\n", extra == NULL, log == NULL);
    return 0;
}
"""


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory, cc: list[str]) -> tuple[Path, Path]:
    """A plugin that is a module of functions, and its host."""
    folder = tmp_path_factory.mktemp("mixed")
    packages = write_package(MIXED, folder)
    (folder / "answers.py").write_text(MODULE, encoding="utf-8")
    (folder / "mixed_host.c").write_text(MIXED_HOST, encoding="utf-8")
    plugin = plugin_of(packages, "mixed", "answers", folder / "libanswers.so", folder)
    triple = f'-DTRIPLE="{host_triple()}"'
    return host_of(cc, folder, folder / "mixed_host.c", folder / "include", triple), plugin


def test_every_way_to_answer(mixed: tuple[Path, Path]) -> None:
    host, plugin = mixed
    done = run(host, plugin)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "7 1 4 3",
        "0 7 -",
        "1 0 ZeroDivisionError: integer division or modulo by zero",
        "0 ValueError: many many 1",
        "640 480",
        "1 1.5 2.5",
        "0 no b 5",
        "1",
        "7",
        "closed at 7",
        "6",
        "1 1",
    ]
    # Only what the ABI has no room for is reported.
    assert "ValueError: less than nothing" in done.stderr
    assert "ZeroDivisionError" not in done.stderr
    assert "mixed_log" not in exported(plugin)


def test_every_way_to_fail_without_python(mixed: tuple[Path, Path]) -> None:
    """Numbers that are failures, members of enums, zeros in what was to be written."""
    host, plugin = mixed
    done = run(host, plugin, env={"PYTHONHOME": "/nowhere"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "7 0 3 3",
        "1 0 -",
        "1 0 -",
        "1 - 1",
        "0 0",
        "0 0.0 0.0",
        "0  0",
        "1",
        "0",
        "1 1",
    ]


# --- authors


@pytest.mark.parametrize(
    ("folder_name", "package"), [("drasi", "drasi_0_11_0"), ("bmux", "bmux")], ids=["drasi", "bmux"]
)
def test_mypy_has_nothing_to_say(folder_name: str, package: str) -> None:
    modules = EXAMPLES / folder_name
    command = ("-m", "mypy", "--strict", "--config-file=", "--no-pretty", modules)
    path = os.pathsep.join(map(str, (package_of(package), modules)))
    done = run(sys.executable, *command, env={"MYPYPATH": path}, cwd=modules)
    assert done.stdout.startswith("Success"), done.stdout + done.stderr


@pytest.mark.tool("node")
@pytest.mark.parametrize(
    ("folder_name", "package"), [("drasi", "drasi_0_11_0"), ("bmux", "bmux")], ids=["drasi", "bmux"]
)
def test_pyright_has_nothing_to_say(folder_name: str, package: str, tmp_path: Path) -> None:
    modules = tmp_path / "modules"
    shutil.copytree(EXAMPLES / folder_name, modules)
    assert complaints(package_of(package), modules, str(modules)) == []


def test_type_checkers_tell_of_wrong_answers(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text(
        "from bmux import plugin\n"
        "class Wrong(plugin.PluginEntries):\n"
        "    def activate(self, lifecycle: str) -> None: ...\n"
        "Wrong()\n",
        encoding="utf-8",
    )
    command = ("-m", "mypy", "--strict", "--config-file=", "--no-pretty", wrong)
    done = run(sys.executable, *command, env={"MYPYPATH": str(BMUX)}, cwd=tmp_path)
    assert 'Argument 1 of "activate" is incompatible with supertype' in done.stdout
    assert (
        'Cannot instantiate abstract class "Wrong" with abstract attribute "manifest"'
        in done.stdout
    )
