"""Handles that entries make, take and end, as most libraries of C have them."""

from __future__ import annotations

import gc
import threading

import pytest

from support.bindings import Bound, Workshop
from support.library import library_of
from support.limits import refusals

DATABASE = """
abi {NAME} 1.0.0;
/// A database.
opaque Db;
/// A statement of a database, which ends first.
opaque Stmt;
enum Rc { OK = 0, ERROR = 1, BUSY = 5, ROW = 100, DONE = 101 }
@create(out) @ok(OK)
entry fn {NAME}_open(name: *const char @nul, out: *mut (*mut Db?) @out) -> Rc;
@destroy(db) @ok(OK) entry fn {NAME}_close(db: own *mut Db?) -> Rc;
entry fn {NAME}_errmsg(db: *mut Db) -> *const char @nul @until(next);
@handle(db) @create(stmt) @ok(OK) entry fn {NAME}_prepare(
    db: *mut Db, sql: *const char @nul, tail: *mut (*const char?) @out @nul,
    stmt: *mut (*mut Stmt?) @out,
) -> Rc;
@ok(ROW, DONE) entry fn {NAME}_step(stmt: *mut Stmt) -> Rc;
entry fn {NAME}_db(stmt: *mut Stmt) -> *mut Db @until(drop);
@destroy(stmt) @ok(OK) entry fn {NAME}_finalize(stmt: own *mut Stmt?) -> Rc;
entry fn {NAME}_attach(db: *mut Db, other: own *mut Db);
callback Progress(@ctx user: *mut void) -> i32;
entry fn {NAME}_progress(db: *mut Db, hook: Progress? @scope(drop) @ctx(user), user: *mut void?);
entry fn {NAME}_run(db: *mut Db, hook: Progress @scope(call) @ctx(user), user: *mut void) -> i32;
entry fn {NAME}_early() -> u32;
"""

DATABASE_SOURCE = r"""
struct Db { int statements; Db *other; Progress hook; void *user; };
struct Stmt { Db *db; int row; };
static uint32_t early;
{NAME}_EXPORT Rc {name}_open(const char *name, Db **out) {
    *out = NULL;
    if (*name == '!') return Rc_ERROR;
    if (*name == '?') return Rc_OK;
    *out = counted_malloc(sizeof **out);
    **out = (Db){0, NULL, NULL, NULL};
    return Rc_OK;
}
{NAME}_EXPORT Rc {name}_close(Db *db) {
    if (db->statements) early++;
    if (db->hook) db->hook(db->user);
    if (db->other) {name}_close(db->other);
    counted_free(db);
    return Rc_OK;
}
{NAME}_EXPORT const char *{name}_errmsg(Db *db) { return db->statements ? "busy" : "fine"; }
{NAME}_EXPORT Rc {name}_prepare(Db *db, const char *sql, const char **tail, Stmt **out) {
    if (*sql == '!') return Rc_ERROR;
    *out = counted_malloc(sizeof **out);
    **out = (Stmt){db, 0};
    db->statements++;
    *tail = sql + 1;
    return Rc_OK;
}
{NAME}_EXPORT Rc {name}_step(Stmt *stmt) { return stmt->row++ ? Rc_DONE : Rc_ROW; }
{NAME}_EXPORT Db *{name}_db(Stmt *stmt) { return stmt->db; }
{NAME}_EXPORT Rc {name}_finalize(Stmt *stmt) {
    int half = stmt->row == 1;
    stmt->db->statements--;
    counted_free(stmt);
    return half ? Rc_BUSY : Rc_OK;
}
{NAME}_EXPORT void {name}_attach(Db *db, Db *other) { db->other = other; }
{NAME}_EXPORT void {name}_progress(Db *db, Progress hook, void *user) { db->hook = hook; db->user = user; }
{NAME}_EXPORT int32_t {name}_run(Db *db, Progress hook, void *user) { (void)db; return hook(user); }
{NAME}_EXPORT uint32_t {name}_early(void) { return early; }
"""

COUNTED = """
abi {NAME} 1.0.0;
@refcounted(take, give) opaque Node;
@create entry fn {NAME}_node(value: i32) -> own *mut Node?;
entry fn take(node: *mut Node) -> *mut Node;
entry fn give(node: *mut Node);
@handle(node) entry fn {NAME}_add(node: *mut Node, child: *mut Node);
@handle(node) entry fn {NAME}_child(node: *mut Node) -> *mut Node?;
@handle(node) entry fn {NAME}_value(node: *const Node) -> i32;
callback Seen(node: *mut Node, @ctx user: *mut void);
@handle(node) entry fn {NAME}_walk(node: *mut Node, seen: Seen @scope(call) @ctx(user), user: *mut void);
"""

COUNTED_SOURCE = r"""
struct Node { int32_t value; int count; Node *child; };
{NAME}_EXPORT Node *{name}_node(int32_t value) {
    Node *made = counted_malloc(sizeof *made);
    *made = (Node){value, 1, NULL};
    return made;
}
{NAME}_EXPORT Node *take(Node *node) { node->count++; return node; }
{NAME}_EXPORT void give(Node *node) {
    if (--node->count) return;
    if (node->child) give(node->child);
    node->value = -1;
    counted_free(node);
}
{NAME}_EXPORT void {name}_add(Node *node, Node *child) { node->child = take(child); }
{NAME}_EXPORT Node *{name}_child(Node *node) { return node->child; }
{NAME}_EXPORT int32_t {name}_value(const Node *node) { return node->value; }
{NAME}_EXPORT void {name}_walk(Node *node, Seen seen, void *user) {
    for (; node; node = node->child) seen(node, user);
}
"""

REGISTRY = """
abi {NAME} 1.0.0;
opaque Bus;
opaque Seat;
callback Hear(@ctx user: *mut void, number: i32);
callback End(@ctx user: *mut void);
@create entry fn {NAME}_bus() -> own *mut Bus;
@create entry fn {NAME}_add(
    bus: *mut Bus, hear: Hear @scope(drop) @ctx(user) @destroy(end), user: *mut void,
    end: End? @scope(once) @ctx(user),
) -> own *mut Seat;
entry fn {NAME}_emit(bus: *mut Bus, number: i32);
@destroy(seat) entry fn {NAME}_leave(seat: own *mut Seat);
@destroy(bus) entry fn {NAME}_end(bus: own *mut Bus);
"""

REGISTRY_SOURCE = r"""
struct Seat { Bus *bus; Seat *next; Hear hear; void *user; End end; };
struct Bus { Seat *first; };
{NAME}_EXPORT Bus *{name}_bus(void) {
    Bus *made = counted_malloc(sizeof *made);
    made->first = NULL;
    return made;
}
{NAME}_EXPORT Seat *{name}_add(Bus *bus, Hear hear, void *user, End end) {
    Seat *made = counted_malloc(sizeof *made);
    Seat **last = &bus->first;
    while (*last) last = &(*last)->next;
    *made = (Seat){bus, NULL, hear, user, end};
    return *last = made;
}
{NAME}_EXPORT void {name}_emit(Bus *bus, int32_t number) {
    for (Seat *seat = bus->first; seat; seat = seat->next) seat->hear(seat->user, number);
}
{NAME}_EXPORT void {name}_leave(Seat *seat) {
    Seat **found = &seat->bus->first;
    while (*found != seat) found = &(*found)->next;
    *found = seat->next;
    seat->end(seat->user);
    counted_free(seat);
}
{NAME}_EXPORT void {name}_end(Bus *bus) {
    if (bus->first) abort();
    counted_free(bus);
}
"""

NUMBERS = """
abi {NAME} 1.0.0;
type File = i32 @invalid(-1);
type Tape = *mut void;
type Disc = *mut void;
struct Ticket { id: u32, turn: u32 }
@create entry fn open_file(name: *const char @nul) -> File;
@create(file) @ok(0) entry fn open_sized(
    name: *const char @nul, size: *mut u32 @out, file: *mut File @out,
) -> i32;
@handle(file) entry fn read_file(file: File, count: u32) -> i32;
@destroy(file) entry fn close_file(file: File) -> i32;
entry fn current() -> File;
entry fn are_same(a: File, b: File) -> bool;
entry fn sum(files: *const File @len(count), count: usize) -> i32;
callback Seen(@ctx user: *mut void, file: File, ticket: Ticket);
entry fn each(seen: Seen @scope(call) @ctx(user), user: *mut void);
@create @fails(null) entry fn tape(copies: u32) -> Tape?;
@destroy entry fn tape_end(tape: Tape);
@create entry fn disc(copies: u32) -> own Disc?;
@handle(disc) entry fn copies(disc: Disc) -> u32;
@destroy(disc) entry fn disc_end(disc: Disc);
@create entry fn ticket() -> Ticket;
@handle(ticket) entry fn number(ticket: Ticket) -> u32;
@destroy(ticket) entry fn ticket_end(ticket: Ticket);
"""

NUMBERS_SOURCE = r"""
static int32_t opened;
{NAME}_EXPORT File open_file(const char *name) {
    if (*name == '!') return -1;
    live_blocks++;
    return 100 + opened++;
}
{NAME}_EXPORT int32_t open_sized(const char *name, uint32_t *size, File *file) {
    *size = (uint32_t)strlen(name);
    *file = open_file(name);
    return *file < 0;
}
{NAME}_EXPORT int32_t read_file(File file, uint32_t count) { return file + (int32_t)count; }
{NAME}_EXPORT int32_t close_file(File file) { live_blocks--; return file; }
{NAME}_EXPORT File current(void) { return opened ? 99 + opened : -1; }
{NAME}_EXPORT bool are_same(File a, File b) { return a == b; }
{NAME}_EXPORT int32_t sum(const File *files, size_t count) {
    int32_t total = 0;
    for (size_t i = 0; i < count; i++) total += files[i];
    return total;
}
{NAME}_EXPORT void each(Seen seen, void *user) { seen(user, 7, (Ticket){1, 2}); }
{NAME}_EXPORT Tape tape(uint32_t copies) { return copies ? counted_malloc(copies) : NULL; }
{NAME}_EXPORT void tape_end(Tape tape) { counted_free(tape); }
{NAME}_EXPORT Disc disc(uint32_t copies) {
    uint32_t *made = copies ? counted_malloc(sizeof copies) : NULL;
    if (made) *made = copies;
    return made;
}
{NAME}_EXPORT uint32_t copies(Disc disc) { return *(uint32_t *)disc; }
{NAME}_EXPORT void disc_end(Disc disc) { counted_free(disc); }
{NAME}_EXPORT Ticket ticket(void) { live_blocks++; return (Ticket){3, 4}; }
{NAME}_EXPORT uint32_t number(Ticket ticket) { return ticket.id * 10 + ticket.turn; }
{NAME}_EXPORT void ticket_end(Ticket ticket) { live_blocks -= ticket.id == 3; }
"""


@pytest.fixture
def database(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(DATABASE, DATABASE_SOURCE, mode)


@pytest.fixture
def counted(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(COUNTED, COUNTED_SOURCE, mode)


@pytest.fixture
def numbers(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(NUMBERS, NUMBERS_SOURCE, mode)


@pytest.mark.parametrize("description", [DATABASE, COUNTED, REGISTRY, NUMBERS])
def test_nothing_of_it_is_refused(description: str) -> None:
    assert refusals(library_of(description.replace("{NAME}", "shape"))) == []


# --- a database with statements


def test_a_handle_is_an_object_of_its_type(database: Bound) -> None:
    before = database.counters.test_live()
    with database.plugin.open("x") as db:
        assert type(db) is database.package.Db
        assert db.errmsg() == "fine"
        assert database.counters.test_live() == before + 1
    db.close()
    assert database.counters.test_live() == before
    with pytest.raises(database.package.ClosedError):
        db.errmsg()


def test_classes_are_part_of_the_package(database: Bound) -> None:
    package = database.package
    assert {"Db", "Stmt"} <= set(package.__all__)
    assert package.Db.__doc__.strip() == "A database."
    methods = {name for name in vars(package.Db) if not name.startswith("_")}
    assert methods == {"errmsg", "prepare", "attach", "progress", "run"}
    entries = {name for name in vars(package.Plugin) if not name.startswith("_")}
    assert entries == {"path", "mode", "offers", "has", "open", "early"}


def test_a_failure_makes_nothing(database: Bound) -> None:
    before = database.counters.test_live()
    with pytest.raises(database.package.CallError) as failure:
        database.plugin.open("!")
    assert failure.value.status is database.package.Rc.ERROR
    with pytest.raises(database.package.ContractError, match="null where the ABI promises Db"):
        database.plugin.open("?")
    with database.plugin.open("x") as db, pytest.raises(database.package.CallError):
        db.prepare("!")
    assert database.counters.test_live() == before


def test_what_a_handle_makes_ends_before_it(database: Bound) -> None:
    before = database.counters.test_live()
    db = database.plugin.open("x")
    first, tail = db.prepare("select")
    second, _ = db.prepare("q")
    assert tail == "elect"
    assert second.db().errmsg() == "busy"
    second.close()
    db.close()
    assert first.closed
    assert database.counters.test_live() == before
    assert database.plugin.early() == 0


def test_garbage_ends_in_the_right_order(database: Bound) -> None:
    before = database.counters.test_live()

    class Ring:
        pass

    for _ in range(20):
        ring = Ring()
        ring.db = database.plugin.open("x")  # type: ignore[attr-defined]
        ring.made = [ring.db.prepare("q")[0] for _ in range(3)]  # type: ignore[attr-defined]
        ring.self = ring  # type: ignore[attr-defined]
    del ring
    gc.collect()
    assert database.counters.test_live() == before
    assert database.plugin.early() == 0


def test_what_is_made_keeps_what_made_it(database: Bound) -> None:
    before = database.counters.test_live()
    statement = database.plugin.open("x").prepare("q")[0]
    gc.collect()
    assert statement.db().errmsg() == "busy"
    del statement
    gc.collect()
    assert database.counters.test_live() == before


def test_an_end_that_fails_is_told_and_is_an_end(database: Bound) -> None:
    before = database.counters.test_live()
    db = database.plugin.open("x")
    statement, _ = db.prepare("q")
    assert statement.step() is database.package.Rc.ROW
    with pytest.raises(database.package.CallError) as failure:
        db.close()
    assert failure.value.status is database.package.Rc.BUSY
    assert statement.closed
    assert db.closed
    db.close()
    assert database.counters.test_live() == before


def test_a_handle_that_is_handed_over_is_gone(database: Bound) -> None:
    before = database.counters.test_live()
    other = database.plugin.open("y")
    with database.plugin.open("x") as db:
        db.attach(other)
        assert other.closed
    assert database.counters.test_live() == before


def test_callbacks_live_as_long_as_the_handle(database: Bound) -> None:
    called: list[int] = []
    late = database.package.late_calls()
    db = database.plugin.open("x")
    db.progress(lambda: called.append(1) or 0)
    gc.collect()
    db.close()
    assert called == [1], "also while it ends"
    assert database.package.late_calls() == late
    assert not database.plugin._abi_lib.binding.entries


def test_a_running_call_ends_first(database: Bound) -> None:
    before = database.counters.test_live()
    db = database.plugin.open("x")

    def hook() -> int:
        closing = threading.Thread(target=db.close)
        closing.start()
        closing.join()
        return int(database.counters.test_live() - before)

    assert db.run(hook) == 1
    assert database.counters.test_live() == before


# --- objects that are counted


def test_what_is_lent_of_a_counted_object_is_counted(counted: Bound) -> None:
    before = counted.counters.test_live()
    parent, child = counted.plugin.node(1), counted.plugin.node(2)
    assert parent.child() is None
    parent.add(child)
    child.close()
    lent = parent.child()
    parent.close()
    assert lent.value() == 2, "it outlives those that lent it"
    lent.close()
    assert counted.counters.test_live() == before


def test_counted_objects_outlive_a_callback(counted: Bound) -> None:
    before = counted.counters.test_live()
    parent, child = counted.plugin.node(1), counted.plugin.node(2)
    parent.add(child)
    seen: list[object] = []
    parent.walk(seen.append)
    del parent, child
    gc.collect()
    assert [node.value() for node in seen] == [1, 2]  # type: ignore[attr-defined]
    seen.clear()
    gc.collect()
    assert counted.counters.test_live() == before


# --- a registry of callbacks


@pytest.fixture
def registry(workshop: Workshop, mode: str) -> Bound:
    return workshop.build(REGISTRY, REGISTRY_SOURCE, mode)


def test_a_function_ends_when_the_other_side_says_so(registry: Bound) -> None:
    before, late = registry.counters.test_live(), registry.package.late_calls()
    known = registry.plugin._abi_lib.binding.entries
    bus = registry.plugin.bus()
    heard: list[int] = []
    first = bus.add(lambda number: heard.append(number))
    second = bus.add(lambda number: heard.append(-number))
    bus.emit(1)
    assert heard == [1, -1]
    first.close()
    assert len(known) == 1
    bus.emit(2)
    assert heard == [1, -1, -2]
    bus.close()
    assert second.closed
    assert not known
    assert registry.package.late_calls() == late
    assert registry.counters.test_live() == before


# --- numbers, untyped pointers, structs


def test_a_number_is_a_handle(numbers: Bound) -> None:
    before = numbers.counters.test_live()
    plugin = numbers.plugin
    with plugin.open_file("a") as file:
        assert type(file) is numbers.package.File
        assert file.read_file(5) == plugin.current().read_file(5)
        assert plugin.are_same(file, plugin.current())
        assert plugin.sum([file, file]) == 2 * file.read_file(0)
    with pytest.raises(numbers.package.ClosedError):
        plugin.are_same(file, file)
    assert plugin.open_file("!") is None
    assert numbers.counters.test_live() == before


def test_a_handle_comes_first_of_what_is_written(numbers: Bound) -> None:
    before = numbers.counters.test_live()
    file, size = numbers.plugin.open_sized("four")
    assert (type(file), size) == (numbers.package.File, 4)
    del file
    with pytest.raises(numbers.package.CallError):
        numbers.plugin.open_sized("!")
    assert numbers.counters.test_live() == before


def test_handles_in_callbacks_are_lent(numbers: Bound) -> None:
    found: list[object] = []

    def seen(file: object, ticket: object) -> None:
        found.extend([file.read_file(0), ticket.number(), file, ticket])  # type: ignore[attr-defined]

    numbers.plugin.each(seen)
    assert found[:2] == [7, 12]
    assert [each.closed for each in found[2:]] == [True, True]  # type: ignore[attr-defined]


def test_aliases_tell_untyped_handles_apart(numbers: Bound) -> None:
    before = numbers.counters.test_live()
    with numbers.plugin.tape(1) as tape, numbers.plugin.disc(7) as disc:
        assert (type(tape).__name__, type(disc).__name__) == ("Tape", "Disc")
        assert disc.copies() == 7
        assert numbers.counters.test_live() == before + 2
    assert numbers.plugin.disc(0) is None
    with pytest.raises(numbers.package.CallError):
        numbers.plugin.tape(0)
    assert numbers.counters.test_live() == before


def test_a_struct_is_a_handle(numbers: Bound) -> None:
    before = numbers.counters.test_live()
    ticket = numbers.plugin.ticket()
    assert ticket.number() == 34
    del ticket
    assert numbers.counters.test_live() == before
