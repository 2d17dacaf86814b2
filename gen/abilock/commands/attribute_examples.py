"""Every attribute at work: short descriptions that are accepted as they stand, and what arguments are."""

from __future__ import annotations

import re
from dataclasses import dataclass

from abilock.check.attribute_table import Kind


@dataclass(frozen=True, slots=True)
class Example:
    """A few items that show attributes which belong together."""

    title: str
    text: str

    def shows(self, attribute: str) -> bool:
        return re.search(rf"@{attribute}\b", self.text) is not None


#: What an argument of each kind looks like; all of these are in the examples below.
SHOWN: dict[Kind, str] = {
    Kind.FIELD: "@string(ptr, len)",
    Kind.MEMBER: "@drop(close)",
    Kind.SIBLING: "@written(used)",
    Kind.SLOT: "@clone(copy)",
    Kind.ENUM: "@as(Level)",
    Kind.OBJECT: "@to(Settings)",
    Kind.ALLOCATOR: "@owned(heap)",
    Kind.FUNCTION: "@free(text_free)",
    Kind.POWER: "@align(16)",
    Kind.INTEGER: "@until_value(0xffff)",
    Kind.VERSION: "@since(1.1.0)",
    Kind.STRING: '@truth("not found")',
    Kind.IDENTIFIER: '@py("sell")',
    Kind.C_NAME: '@c("till_mode")',
    Kind.AFFIX: '@strip_types("Till*", "*Vtable")',
    Kind.FORMULA: "@len(n * 2 + 1)",
    Kind.OUTCOME: "@fails(< 0)",
    Kind.MOMENT: "@scope(until(unsubscribe))",
    Kind.WORD: "@thread(creator)",
    Kind.FREE_WORD: "@set(volume)",
}

EXAMPLES = (
    Example(
        "Layout",
        """\
@packed struct Tight { kind: u8, size: u32 }        // no padding: 5 bytes
@packed(2) struct Tighter { kind: u8, size: u32 }   // aligned to 2 at most: 6 bytes
struct Wide { @align(16) lanes: [f32; 4], n: u8 }
struct Options { @struct_size size: u32, verbose: bool }
""",
    ),
    Example(
        "Structs that are values",
        """\
allocator heap = malloc/free;
@string(ptr, len) struct Str { ptr: *const char, len: usize }
@bytes(ptr, len, cap) @owned(heap) struct Blob { ptr: *mut u8?, len: usize, cap: usize }
@list(items, count) struct Names { items: *const Str?, count: usize }
@optional(found) struct Age { found: bool, @value years: u32 }
@string(ptr, len) @json("person") struct Person { ptr: *const char, len: usize }
@bytes(ptr, len) @wire("bincode") struct Event { ptr: *const u8, len: usize }
""",
    ),
    Example(
        "What is behind a pointer, and how much of it",
        """\
entry fn greet(name: *const char @nul, title: *const char? @nul @encoding(latin1));
entry fn codes() -> *const u16 @until_value(0xffff) @until(library);
entry fn pairs(n: usize, xs: *const f32 @len(n * 2 + 1));
entry fn checksum(data: *const void @size(bytes), bytes: usize) -> u32;
entry fn argv(n: usize, texts: *const (*const char) @len(n) @lens(sizes), sizes: *const usize @len(n));
entry fn read(room: *mut u8 @capacity(most) @written(used) @out, most: usize, used: *mut usize @out);
""",
    ),
    Example(
        "Values that mean something",
        """\
enum Level: u8 { Low, High }
type Port = u32 @invalid(0);
struct Settings { verbose: bool }
entry fn level() -> u8 @as(Level);
entry fn find(name: *const char @nul) -> i32 @none(-1);
entry fn connect(port: Port, @default(3) retries: u32);
entry fn configure(data: *const void @to(Settings));
""",
    ),
    Example(
        "Success and failure",
        """\
enum Error { None, Missing, Busy }
allocator heap = malloc/free;
@string(ptr, len) struct Str { ptr: *const char, len: usize }
@result(code, message) @owned(heap) struct Done { code: i32, message: own *mut char? @nul }
@failure(message) struct Checked { message: Str }
@error_buffer(text, len) struct Why { text: [u8; 256], len: usize, line: u32 }
@fails(< 0) entry fn sell(count: u32) -> i32;
@ok(true) entry fn close_up() -> bool;
@fails(null) entry fn open_up() -> *const void?;
@ok(0) @errors(Error) entry fn buy() -> i32;
@error(why) @ok(true) entry fn deliver(why: *mut Why @out) -> bool;
@truth("not found") entry fn has(name: Str) -> Done;
@must_use entry fn check() -> Checked;
@retry(-2) @fails(< 0) entry fn title(room: *mut u8 @capacity(most) @out, most: usize) -> i32;
vtable Hooks { state: *mut void, @absent(0) optional fn closing(self: mut) -> i32 }
@noreturn entry fn leave();
@unwinds entry fn resume();
""",
    ),
    Example(
        "Parameters that are written",
        """\
entry fn size_of(path: *const char @nul, size: *mut u64 @out);
entry fn advance(position: *mut u64 @inout);
""",
    ),
    Example(
        "Who ends a thing, and how",
        """\
allocator heap = malloc/free;
opaque Session;
opaque Font;
@refcounted(font_take, font_give) opaque Shared;
struct Block { data: own *mut u8 @len(len) @owned(heap), len: usize }
@release(end, data) struct Buffer { data: *mut u8, end: fn(@ctx data: *mut u8) }
@drop(close) struct Job { state: *mut void, close: fn(job: *mut Job) }
@clone(copy) vtable Cursor {
    state: *mut void,
    fn copy(self: const) -> own *mut void?,
    drop fn close(self: own),
}
entry fn text() -> own *mut char @nul @free(text_free);
entry fn text_free(text: *mut char);
entry fn font_take(font: *mut Shared);
entry fn font_give(font: *mut Shared);
entry fn add(block: own *mut Block @depth(shell) @consumed(success)) -> bool @ok(true);
""",
    ),
    Example(
        "How long a borrowed thing lives",
        """\
entry fn motto() -> *const char @nul @until(library);
entry fn view(data: *const u8 @len(len), len: usize) -> *const u8 @keeps(data);
entry fn watch(flag: *const u32 @pinned);
""",
    ),
    Example(
        "Objects, handles and properties",
        """\
@object(me) vtable Player {
    me: *mut void,
    @get fn volume(self: const) -> u32,
    @set(volume) fn set_volume(self: mut, value: u32),
    drop fn drop(self: own),
}
@object(state, calls) struct Plugin { state: *mut void, calls: *const PluginCalls }
@context vtable PluginCalls { fn start(self: mut), drop fn stop(self: own) }
type File = u32;
@create(file) @ok(0) entry fn file_open(path: *const char @nul, file: *mut File @out) -> i32;
@handle(file) entry fn file_size(file: File) -> u64;
@destroy(file) entry fn file_close(file: File);
""",
    ),
    Example(
        "Callbacks and streams",
        """\
callback Compare(a: u32, b: u32, @ctx user: *mut void) -> bool;
callback Next(@ctx user: *mut void, item: *const u32? @end(null));
entry fn sort(less: Compare @scope(call) @ctx(user), user: *mut void);
entry fn each(next: Next @scope(end) @ctx(user), user: *mut void);
callback Free(@ctx user: *mut void);
entry fn subscribe(
    next: Next @scope(until(unsubscribe)) @ctx(user) @destroy(free),
    user: *mut void,
    free: Free @scope(once) @ctx(user),
);
entry fn unsubscribe();
""",
    ),
    Example(
        "Threads",
        """\
@thread(creator) @exclusive vtable Window {
    state: *mut void,
    @blocking fn run(self: mut),
    @thread(any) @reentrant fn post(self: const),
    drop fn drop(self: own),
}
""",
    ),
    Example(
        "Loading",
        """\
compat integer(ABI);
@version const ABI: u32 = 3;
struct About { @version abi: u32, @triple target: *const char @nul }
@handshake entry fn about() -> *const About;
@handshake entry fn start(@path file: *const char @nul) -> bool @ok(true);
@manifest(json) @handshake entry fn manifest() -> *const char @nul @until(library);
/// The version of this host, 4.1; a manifest has `{"host": {"minimum": "4.0", "maximum": "4.7"}}`.
@range("host", 1) const HOST: u16 = 4;
""",
    ),
    Example(
        "Versions and names",
        """\
vtable Till {
    state: *mut void,
    @py("sell") fn sell_fn(self: mut, count: u32),
    @since(1.1.0) @unstable fn count_fn(self: const) -> u32,
    @deprecated(1.1.0, "use `count_fn`") fn old_fn(self: const) -> u32,
    @hidden fn debug_fn(self: const),
    drop fn drop_fn(self: own),
    @reserved(zero) spare: [usize; 2],
}
@strip("_fn") vtable Shelf { state: *mut void, fn size_fn(self: const) -> u32 }
@c("till_mode") enum Mode: u8 { Open, Shut }
@c("till_event", "TILL_EVENT_") enum Event: u8 { SOLD, RETURNED }
""",
    ),
    Example(
        "Names of a whole ABI",
        """\
/// In Python, `TillMode` is `Mode`, and `TillDrawerVtable` is `Drawer`.
@strip_types("Till*", "*Vtable")
abi shop 1.0.0;

enum TillMode: u8 { Open, Shut }
vtable TillDrawerVtable { state: *mut void, fn mode(self: const) -> TillMode }
""",
    ),
)
