"""An ABI with a slot for everything that C carries by itself in the compiled mode, and a plugin of it."""

from __future__ import annotations

DESCRIPTION = """
abi {NAME} 1.2.5;
compat major.minor;
allocator heap = malloc/free;
const GREETING: str = "hello";
enum Color { Red = 0, Green = 1 }
open enum Said: i32 { Fine = 0, Odd = 7 }
@string(ptr, len) struct Str { ptr: *const char?, len: usize }
@bytes(ptr, len) struct Small { ptr: *const u8, len: u8 }
@string(ptr, len, cap) @owned(heap) struct Owned { ptr: *mut char, len: usize, cap: usize }
@bytes(ptr, len) struct Room { ptr: *mut u8, len: usize }
@result(code, message) @owned(heap) struct Outcome { code: i32, message: own *mut char? @nul }
@result(code, message) @optional(found) @bytes(data, len, cap) @owned(heap)
struct Found {
    data: *mut u8?, len: usize, cap: usize, found: bool, code: i32, message: own *mut char? @nul
}
@result(code, message, number) @owned(heap)
struct Number { code: i32, message: own *mut char? @nul, number: i64 }
@failure(message) struct Plainly { @value number: i32, message: Owned }
@optional(found) struct Maybe { found: bool, number: i64 }
@error_buffer(text, used) struct Why { kind: Said, used: usize, text: [char; 32] }
struct Facts { @version version: Str @until(library) }
struct Pair { a: i32, b: Str @until(drop) }
callback Visit(@ctx ctx: *mut void, number: i32);
callback Shout(@ctx ctx: *mut void, text: Str) -> i32;
callback Hear(@ctx ctx: *mut void, shout: Shout? @ctx(with) @scope(call), with: *mut void?);

@owned(heap) vtable Probe {
    state: *mut void,
    fn nothing(self: const);
    fn ints(self: const, a: i8, b: u8, c: i64, d: u64) -> i64;
    fn size(self: const, n: usize) -> usize;
    fn real(self: const, a: f64, b: f32) -> f64;
    fn flag(self: const, on: bool) -> bool;
    fn letter(self: const, c: c_char) -> c_char;
    fn color(self: const, color: Color) -> Color;
    fn absent(self: const, n: i32 @none(-1)) -> i32 @none(-1);
    fn one(self: const, n: *const i32?) -> i32;
    fn text(self: const, text: Str) -> Owned;
    fn behind(self: const, text: *const Str?) -> i64;
    fn small(self: const, data: Small) -> u32;
    fn span(self: const, data: *const u8? @len(n), n: u16) -> i64;
    fn latin(self: const, text: *const char @len(n) @encoding(latin1), n: usize) -> u32;
    fn nul(self: const, text: *const char? @nul) -> own *mut char? @nul @owned(heap);
    fn nul_lent(self: const, text: *const char @nul) -> *const char @nul @until(call);
    fn lent(self: const, which: i32) -> Str @until(drop);
    fn raw(self: const, where: *const void?) -> *const void?;
    fn fill(self: const, room: Room);
    fn outcome(self: mut, code: i32) -> Outcome;
    fn found(self: const, key: Str) -> Found;
    fn number(self: const, code: i32) -> Number;
    fn plainly(self: const, text: Str) -> Plainly;
    fn maybe(self: const, number: i64) -> Maybe;
    @truth("no") fn truth(self: const, text: Str) -> Outcome;
    @ok(Fine) fn status(self: mut, want: Said) -> Said;
    @fails(< 0) fn count(self: mut, number: i64) -> i64;
    @error(why) @ok(Fine) fn why(self: mut, want: Said, out: *mut i32 @out, why: *mut Why) -> Said;
    fn outs(self: const, a: i32, twice: *mut i32 @out, text: *mut Owned @out) -> i32;
    fn pair(self: const, a: i32, pair: *mut Pair @out);
    fn hear(self: const, hear: Hear @ctx(ctx) @scope(call), ctx: *mut void);
    @blocking fn wait(self: const, milliseconds: i32) -> i32;
    fn hold(self: const, milliseconds: i32) -> i32;
    optional fn missing(self: const, n: i32) -> i32;
    optional fn there(self: const, n: i32) -> i32;
    @since(1.2.3) fn newer(self: const) -> i32;
    @since(1.2.1) fn known(self: const) -> i32;
    drop fn drop(self: own);
}
@handshake entry fn facts() -> *const Facts @until(library);
entry fn open_probe() -> own *mut Probe?;
"""

SOURCE = r"""
#include <time.h>
static char *copied(const char *text) { return strcpy(counted_malloc(strlen(text) + 1), text); }
static void nothing(const void *self) { (void)self; }
static int64_t ints(const void *self, int8_t a, uint8_t b, int64_t c, uint64_t d) {
    (void)self; return a + b + c + (int64_t)d;
}
static size_t size_(const void *self, size_t n) { (void)self; return n; }
static double real_(const void *self, double a, float b) { (void)self; return a + (double)b; }
static bool flag(const void *self, bool on) { (void)self; return on; }
static char letter(const void *self, char c) { (void)self; return (char)(c + 1); }
static Color color(const void *self, Color c) { (void)self; return c; }
static int32_t absent(const void *self, int32_t n) { (void)self; return n; }
static int32_t one(const void *self, const int32_t *n) { (void)self; return n ? *n : -5; }
static Owned owned(const char *data, size_t len) {
    Owned made = {len ? counted_malloc(len) : (char *)"", len, len};
    if (len) memcpy(made.ptr, data, len);
    return made;
}
static Owned text(const void *self, Str t) { (void)self; return owned(t.ptr, t.len); }
static int64_t behind(const void *self, const Str *t) { (void)self; return t ? (int64_t)t->len : -1; }
static uint32_t small_(const void *self, Small data) {
    uint32_t sum = 0;
    (void)self;
    for (uint8_t i = 0; i < data.len; i++) sum += data.ptr[i];
    return sum;
}
static int64_t span(const void *self, const uint8_t *data, uint16_t n) { (void)self; return data ? n : -1; }
static uint32_t latin(const void *self, const char *t, size_t n) {
    (void)self;
    return n ? (uint32_t)n * 1000 + (unsigned char)t[n - 1] : 0;
}
static char *nul(const void *self, const char *t) { (void)self; return t ? copied(t) : 0; }
static const char *nul_lent(const void *self, const char *t) { (void)self; return *t ? t : 0; }
static Str lent(const void *self, int32_t which) {
    static const Str all[] = {
        {"caf\303\251", 5}, {"bad \377\303", 6}, {0, 0}, {0, 7}, {"", 0}, {"x", SIZE_MAX}, {"a\0b", 3},
    };
    (void)self;
    return all[which];
}
static const void *raw(const void *self, const void *where) { (void)self; return where; }
static void fill(const void *self, Room room) { (void)self; memset(room.ptr, 7, room.len); }
static Outcome outcome(void *self, int32_t code) {
    Outcome made = {code, 0};
    (void)self;
    if (code == 1) made.message = copied("caf\303\251 \377");
    return made;
}
static Found found(const void *self, Str key) {
    Found made = {0};
    (void)self;
    if (key.len == 0) { made.found = true; return made; }
    if (*key.ptr == '!') { made.code = (int32_t)key.len; made.message = copied("refused"); return made; }
    made.data = counted_malloc(key.len);
    memcpy(made.data, key.ptr, key.len);
    made.len = made.cap = key.len;
    made.found = *key.ptr != '?';
    if (*key.ptr == '=') made.len = 0;
    return made;
}
static Number number(const void *self, int32_t code) {
    (void)self;
    return (Number){code, code ? copied("no number") : 0, INT64_MIN};
}
static Plainly plainly(const void *self, Str t) {
    (void)self;
    if (t.len && *t.ptr == '=') return (Plainly){4, {counted_malloc(4), 0, 4}};
    return (Plainly){3, owned(t.ptr, t.len)};
}
static Maybe maybe(const void *self, int64_t n) { (void)self; return (Maybe){n != 0, n}; }
static Outcome truth(const void *self, Str t) {
    (void)self;
    return (Outcome){t.len != 0, t.len ? copied(*t.ptr == 'n' ? "no" : "failed") : 0};
}
static Said status(void *self, Said want) { (void)self; return want; }
static int64_t count(void *self, int64_t n) { (void)self; return n; }
static Said why(void *self, Said want, int32_t *out, Why *w) {
    (void)self;
    *out = 5;
    if (want) { w->kind = want; w->used = 7; strcpy(w->text, "because of it"); }
    return want;
}
static int32_t outs(const void *self, int32_t a, int32_t *twice, Owned *t) {
    (void)self;
    if (a < 0) return a;
    *twice = 2 * a;
    *t = owned("abcdefgh", (size_t)a);
    return a;
}
static void pair(const void *self, int32_t a, Pair *p) { (void)self; *p = (Pair){a, {"b", 1}}; }
static int32_t shouted(void *ctx, Str t) { (void)ctx; return (int32_t)t.len; }
static void hear(const void *self, Hear h, void *ctx) { (void)self; h(ctx, shouted, 0); }
static int32_t wait_(const void *self, int32_t ms) {
    struct timespec time = {ms / 1000, ms % 1000 * 1000000L};
    (void)self;
    nanosleep(&time, 0);
    return ms;
}
static int32_t there(const void *self, int32_t n) { (void)self; return n + 1; }
static int32_t newer(const void *self) { (void)self; return 3; }
static void drop(void *self) { counted_free(self); }
{NAME}_EXPORT const Facts *facts(void) {
    static const Facts facts = {{"1.2.2", 5}};
    return &facts;
}
{NAME}_EXPORT Probe *open_probe(void) {
    Probe *made = counted_malloc(sizeof *made);
    *made = (Probe){counted_malloc(1), nothing, ints, size_, real_, flag, letter, color, absent, one, text,
                    behind, small_, span, latin, nul, nul_lent, lent, raw, fill, outcome, found, number,
                    plainly, maybe, truth, status, count, why, outs, pair, hear, wait_, wait_, 0, there,
                    newer, newer, drop};
    return made;
}
"""
