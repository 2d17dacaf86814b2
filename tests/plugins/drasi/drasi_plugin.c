/*
 * A drasi plugin in plain C that offers everything the ABI has: sources, a reaction, a bootstrap
 * provider, an identity provider and a secret store. What its objects do is in their configuration;
 * the table is in README.md beside this file. drasi_plugin.rs is the same plugin in Rust.
 *
 * From "components" on, this is how a plugin is written. What comes before is what each plugin needs
 * in some form (texts, JSON, threads), and what only a test needs: everything that is made is counted,
 * every call is written into a journal, and a use after the end is told.
 */
#define _POSIX_C_SOURCE 200809L
#define DRASI_PLUGIN
#include "drasi.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Which library this is: see "variants" in README.md. */
#if !defined(PLUGIN_SDK_VERSION) && defined(PLUGIN_0_8_1)
#define PLUGIN_SDK_VERSION "0.8.1"
#elif !defined(PLUGIN_SDK_VERSION)
#define PLUGIN_SDK_VERSION "0.8.4"
#endif
#ifndef PLUGIN_TRIPLE
#define PLUGIN_TRIPLE "x86_64-unknown-linux-gnu"
#endif
#ifdef PLUGIN_NULL_METADATA
enum { NULL_METADATA = true };
#else
enum { NULL_METADATA = false };
#endif
#ifdef PLUGIN_NULL_INIT
enum { NULL_INIT = true };
#else
enum { NULL_INIT = false };
#endif
#ifdef PLUGIN_NULL_SLOT
enum { NULL_SLOT = true };
#else
enum { NULL_SLOT = false };
#endif
#ifdef PLUGIN_0_8_1
enum { IS_0_8_1 = true };
#else
enum { IS_0_8_1 = false };
#endif

#define FORMATTED(format_at, arguments_at) __attribute__((format(printf, format_at, arguments_at)))

/* When everything happens, in microseconds: journals and events are the same in every run. */
#define NOW INT64_C(1700000000000000)

FORMATTED(1, 2) static _Noreturn void die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("drasi_plugin: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    abort();
}

static void *claim(size_t size)
{
    void *memory = calloc(1, size != 0 ? size : 1);
    if (memory == NULL) {
        die("out of memory");
    }
    return memory;
}

/* --- what is made is counted, under the name of its type in the ABI */

#define KINDS(KIND) \
    KIND(BootstrapPluginVtable) \
    KIND(BootstrapProviderVtable) \
    KIND(FfiBootstrapEvent) \
    KIND(FfiBootstrapReceiver) \
    KIND(FfiBootstrapResult) \
    KIND(FfiBootstrapResultReceiver) \
    KIND(FfiBootstrapSender) \
    KIND(FfiChangeReceiver) \
    KIND(FfiOwnedStr) \
    KIND(FfiPluginRegistration) \
    KIND(FfiSourceEvent) \
    KIND(FfiStringArray) \
    KIND(FfiSubscriptionResponse) \
    KIND(IdentityProviderPluginVtable) \
    KIND(IdentityProviderVtable) \
    KIND(ReactionPluginVtable) \
    KIND(ReactionVtable) \
    KIND(SecretStorePluginVtable) \
    KIND(SecretStoreProviderVtable) \
    KIND(SourcePluginVtable) \
    KIND(SourceVtable) \
    KIND(char)

#define KIND_NUMBER(name) KIND_##name,
typedef enum { KINDS(KIND_NUMBER) KIND_COUNT } Kind;

#define KIND_NAME(name) #name,
static const char *const kind_names[] = {KINDS(KIND_NAME)};

typedef struct {
    atomic_size_t made;
    atomic_size_t live;
} Count;

/* What ends by a call into the plugin, and heap blocks that the host frees. */
static Count objects[KIND_COUNT];
static Count blocks[KIND_COUNT];

static void count_one_more(Count *count)
{
    atomic_fetch_add(&count->made, 1);
    atomic_fetch_add(&count->live, 1);
}

static size_t sum(const Count *counts, const char *kind, bool live)
{
    size_t result = 0;
    bool known = kind == NULL;
    for (size_t number = 0; number < KIND_COUNT; number++) {
        if (kind == NULL || strcmp(kind, kind_names[number]) == 0) {
            result += atomic_load(live ? &counts[number].live : &counts[number].made);
            known = true;
        }
    }
    return known ? result : SIZE_MAX;
}

DRASI_EXPORT size_t test_live(const char *kind)
{
    return sum(objects, kind, true);
}

DRASI_EXPORT size_t test_made(const char *kind)
{
    return sum(objects, kind, false);
}

DRASI_EXPORT size_t test_live_blocks(const char *kind)
{
    return sum(blocks, kind, true);
}

DRASI_EXPORT size_t test_made_blocks(const char *kind)
{
    return sum(blocks, kind, false);
}

/* --- heap blocks that are handed over: `malloc`, of exactly the size that their type has */

typedef struct Block {
    struct Block *next;
    void *memory;
    size_t size;
    Kind kind;
} Block;

#define BUCKETS 4096

static pthread_mutex_t blocks_lock = PTHREAD_MUTEX_INITIALIZER;
static Block *buckets[BUCKETS];

static size_t forget_locked(const void *memory)
{
    Block **link = &buckets[(uintptr_t)memory / 16 % BUCKETS];
    while (*link != NULL && (*link)->memory != memory) {
        link = &(*link)->next;
    }
    Block *found = *link;
    if (found == NULL) {
        return 0;
    }
    size_t size = found->size;
    atomic_fetch_sub(&blocks[found->kind].live, 1);
    *link = found->next;
    free(found);
    return size;
}

/** The host is about to free a block: how large it was made, or 0 if it is not known (any more). */
DRASI_EXPORT size_t test_forget(void *memory)
{
    pthread_mutex_lock(&blocks_lock);
    size_t size = forget_locked(memory);
    pthread_mutex_unlock(&blocks_lock);
    return size;
}

static void *allocate(Kind kind, size_t size)
{
    void *memory = malloc(size);
    if (memory == NULL) {
        die("out of memory");
    }
    Block *block = claim(sizeof *block);
    Block **bucket = &buckets[(uintptr_t)memory / 16 % BUCKETS];
    pthread_mutex_lock(&blocks_lock);
    /* An address that comes again was freed, although nobody said so. */
    forget_locked(memory);
    *block = (Block){*bucket, memory, size, kind};
    *bucket = block;
    count_one_more(&blocks[kind]);
    pthread_mutex_unlock(&blocks_lock);
    return memory;
}

/* --- objects: what is behind the `state` of a table, or the `opaque` of an event */

enum { ALIVE = 0x600d, DEAD = 0xdead };

typedef struct Object {
    atomic_int mark;
    Kind kind;
    struct Object *next;
} Object;

/* Ended objects keep their memory for a while, so that a use after the end is told, and not guessed. */
#define GRAVES 4096

static pthread_mutex_t graves_lock = PTHREAD_MUTEX_INITIALIZER;
static Object *first_grave;
static Object **last_grave = &first_grave;
static size_t graves;

/** Memory for an object, whose type begins with an Object. */
static void *make(Kind kind, size_t size)
{
    Object *object = claim(size);
    atomic_init(&object->mark, ALIVE);
    object->kind = kind;
    count_one_more(&objects[kind]);
    return object;
}

static void *check(const void *state, Kind kind, const char *call)
{
    const Object *object = state;
    if (object == NULL) {
        die("%s: null in place of a %s", call, kind_names[kind]);
    }
    int mark = atomic_load(&object->mark);
    if (mark != ALIVE && mark != DEAD) {
        die("%s: this is no object of the plugin", call);
    }
    if (object->kind != kind) {
        die("%s: this is a %s and no %s", call, kind_names[object->kind], kind_names[kind]);
    }
    if (mark == DEAD) {
        die("%s: this %s was dropped before", call, kind_names[kind]);
    }
    return (void *)(uintptr_t)state;
}

/** The first step of an end: from now on, every use is told. What the object holds is still there. */
static void *dying(void *state, Kind kind, const char *call)
{
    Object *object = check(state, kind, call);
    if (atomic_exchange(&object->mark, DEAD) == DEAD) {
        die("%s: this %s was dropped before", call, kind_names[kind]);
    }
    return object;
}

/** The second step, when what the object held is gone. */
static void bury(void *ended)
{
    Object *object = ended;
    atomic_fetch_sub(&objects[object->kind].live, 1);
    pthread_mutex_lock(&graves_lock);
    object->next = NULL;
    *last_grave = object;
    last_grave = &object->next;
    Object *oldest = NULL;
    if (++graves > GRAVES) {
        oldest = first_grave;
        first_grave = oldest->next;
        graves--;
    }
    pthread_mutex_unlock(&graves_lock);
    free(oldest);
}

/* --- texts */

/* As Rust has it for what is empty: no block, and a pointer that is not null. */
#define DANGLING(type) ((void *)(uintptr_t)_Alignof(type))
/* An initialiser, for texts that are as long as the program. */
#define STATIC_TEXT(literal) {literal, sizeof(literal) - 1}
/* For `%.*s`. */
#define SHOW(text) (int)(text).len, (text).len != 0 ? (text).ptr : ""

/* It grows, and has a NUL behind its end once there is anything in it. */
typedef struct {
    char *bytes;
    size_t length;
    size_t room;
} Text;

static void add(Text *text, const char *bytes, size_t length)
{
    if (text->room - text->length < length + 1) {
        text->room = 2 * text->room + length + 1;
        text->bytes = realloc(text->bytes, text->room);
        if (text->bytes == NULL) {
            die("out of memory");
        }
    }
    if (length != 0) {
        memcpy(text->bytes + text->length, bytes, length);
    }
    text->length += length;
    text->bytes[text->length] = '\0';
}

static void add_formatted(Text *text, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0) {
        die("what cannot be formatted: %s", format);
    }
    char *bytes = claim((size_t)length + 1);
    vsnprintf(bytes, (size_t)length + 1, format, arguments);
    add(text, bytes, (size_t)length);
    free(bytes);
}

FORMATTED(2, 3) static void addf(Text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_formatted(text, format, arguments);
    va_end(arguments);
}

FORMATTED(1, 2) static Text textf(const char *format, ...)
{
    Text text = {0};
    va_list arguments;
    va_start(arguments, format);
    add_formatted(&text, format, arguments);
    va_end(arguments);
    return text;
}

static void clear(Text *text)
{
    free(text->bytes);
    *text = (Text){0};
}

static Text copied(FfiStr text)
{
    Text copy = {0};
    add(&copy, text.ptr, text.len);
    return copy;
}

static FfiStr lent(const Text *text)
{
    return (FfiStr){text->bytes != NULL ? text->bytes : "", text->length};
}

static bool is(FfiStr text, const char *word)
{
    return text.len == strlen(word) && (text.len == 0 || memcmp(text.ptr, word, text.len) == 0);
}

static bool begins(FfiStr text, const char *word)
{
    return text.len >= strlen(word) && memcmp(text.ptr, word, strlen(word)) == 0;
}

static FfiStr behind(FfiStr text, const char *word)
{
    return (FfiStr){text.ptr + strlen(word), text.len - strlen(word)};
}

/** Text for the host, which frees it. */
static FfiOwnedStr owned(FfiStr text)
{
    if (text.len == 0) {
        return (FfiOwnedStr){DANGLING(char), 0, 0};
    }
    char *bytes = allocate(KIND_FfiOwnedStr, text.len);
    return (FfiOwnedStr){memcpy(bytes, text.ptr, text.len), text.len, text.len};
}

/** A C string for the host: exactly its length plus one byte, as Rust finds its size by the NUL. */
static char *c_string(FfiStr text)
{
    char *bytes = allocate(KIND_char, text.len + 1);
    if (text.len != 0) {
        memcpy(bytes, text.ptr, text.len);
    }
    bytes[text.len] = '\0';
    return bytes;
}

/** The content of a text of the host, which is freed. */
static Text taken(FfiOwnedStr text)
{
    Text copy = copied((FfiStr){text.ptr, text.len});
    if (text.cap != 0) {
        free(text.ptr);
    }
    return copy;
}

/** Bytes as a person reads them: quoted if they are printable, in hexadecimal if not. */
static void add_bytes(Text *text, const uint8_t *bytes, size_t length)
{
    bool printable = true;
    for (size_t at = 0; at < length; at++) {
        printable = printable && bytes[at] >= ' ' && bytes[at] < 0x7f;
    }
    add(text, printable ? "\"" : "hex:", printable ? 1 : 4);
    for (size_t at = 0; at < length; at++) {
        addf(text, printable ? "%c" : "%02x", bytes[at]);
    }
    add(text, "\"", printable ? 1 : 0);
}

/* --- the journal */

typedef struct Copy {
    struct Copy *next;
    char *bytes;
} Copy;

static pthread_mutex_t journal_lock = PTHREAD_MUTEX_INITIALIZER;
static Text journal;
/* What test_log has given out; the first one is the journal as it is, unless something was added. */
static Copy *journal_copies;
static bool journal_grew;

/** One line. Calls of the host as they are; calls of the plugin begin with `> `. */
FORMATTED(1, 2) static void note(const char *format, ...)
{
    Text line = {0};
    va_list arguments;
    va_start(arguments, format);
    add_formatted(&line, format, arguments);
    va_end(arguments);
    for (size_t at = 0; at < line.length; at++) {
        if ((unsigned char)line.bytes[at] < ' ') {
            line.bytes[at] = '?';
        }
    }
    add(&line, "\n", 1);
    pthread_mutex_lock(&journal_lock);
    add(&journal, line.bytes, line.length);
    journal_grew = true;
    pthread_mutex_unlock(&journal_lock);
    clear(&line);
}

/** The calls since the last test_reset, one per line. It stays as it is until test_reset. */
DRASI_EXPORT const char *test_log(void)
{
    pthread_mutex_lock(&journal_lock);
    if (journal_grew || journal_copies == NULL) {
        Copy *copy = claim(sizeof *copy);
        *copy = (Copy){journal_copies, copied(lent(&journal)).bytes};
        journal_copies = copy;
        journal_grew = false;
    }
    const char *bytes = journal_copies->bytes;
    pthread_mutex_unlock(&journal_lock);
    return bytes;
}

/** Begins a new journal, and counts from 0 what is made. What is alive stays counted. */
DRASI_EXPORT void test_reset(void)
{
    pthread_mutex_lock(&journal_lock);
    clear(&journal);
    journal_grew = false;
    while (journal_copies != NULL) {
        Copy *copy = journal_copies;
        journal_copies = copy->next;
        free(copy->bytes);
        free(copy);
    }
    pthread_mutex_unlock(&journal_lock);
    for (size_t number = 0; number < KIND_COUNT; number++) {
        atomic_store(&objects[number].made, 0);
        atomic_store(&blocks[number].made, 0);
    }
}

/* --- JSON */

typedef struct Json {
    char type; /* the first character: { [ " t f n, or 0 for a number; '-' for what is not there */
    Text name; /* of a member */
    Text text; /* what a string says; the characters of anything else */
    struct Json *items;
    size_t count;
} Json;

typedef struct {
    const char *at;
    const char *end;
} Cursor;

static const Json ABSENT = {.type = '-'};

static void end_json(Json *json)
{
    for (size_t index = 0; index < json->count; index++) {
        end_json(&json->items[index]);
    }
    free(json->items);
    clear(&json->name);
    clear(&json->text);
    *json = ABSENT;
}

static bool take(Cursor *cursor, char byte)
{
    while (
        cursor->at < cursor->end && strchr(" \t\r\n", *cursor->at) != NULL && *cursor->at != '\0') {
        cursor->at++;
    }
    if (cursor->at == cursor->end || *cursor->at != byte) {
        return false;
    }
    cursor->at++;
    return true;
}

static bool take_unit(Cursor *cursor, unsigned *unit)
{
    static const char digits[] = "0123456789abcdef";
    *unit = 0;
    for (int count = 0; count < 4; count++) {
        char byte = cursor->at < cursor->end ? *cursor->at++ : '\0';
        const char *digit = byte != '\0' ? strchr(digits, byte | 0x20) : NULL;
        if (digit == NULL) {
            return false;
        }
        *unit = *unit * 16 + (unsigned)(digit - digits);
    }
    return true;
}

/* Behind `\u`. Half of a pair becomes U+FFFD. */
static bool take_code_point(Cursor *cursor, Text *into)
{
    unsigned code, low;
    if (!take_unit(cursor, &code)) {
        return false;
    }
    if (code >= 0xd800 && code < 0xe000) {
        Cursor ahead = *cursor;
        bool pair =
            code < 0xdc00 && ahead.end - ahead.at > 2 && ahead.at[0] == '\\' && ahead.at[1] == 'u';
        ahead.at += pair ? 2 : 0;
        if (pair && take_unit(&ahead, &low) && low >= 0xdc00 && low < 0xe000) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            *cursor = ahead;
        } else {
            code = 0xfffd;
        }
    }
    if (code < 0x80) {
        addf(into, "%c", code);
    } else if (code < 0x800) {
        addf(into, "%c%c", 0xc0 | code >> 6, 0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        addf(into, "%c%c%c", 0xe0 | code >> 12, 0x80 | (code >> 6 & 0x3f), 0x80 | (code & 0x3f));
    } else {
        addf(into, "%c%c%c%c", 0xf0 | code >> 18, 0x80 | (code >> 12 & 0x3f),
            0x80 | (code >> 6 & 0x3f), 0x80 | (code & 0x3f));
    }
    return true;
}

static bool take_string(Cursor *cursor, Text *into)
{
    static const char escapes[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    if (!take(cursor, '"')) {
        return false;
    }
    add(into, "", 0);
    while (cursor->at < cursor->end && *cursor->at != '"') {
        char byte = *cursor->at++;
        if ((unsigned char)byte < ' ') {
            return false;
        }
        if (byte != '\\') {
            add(into, &byte, 1);
            continue;
        }
        char escape = cursor->at < cursor->end ? *cursor->at++ : '\0';
        const char *known = escape != '\0' ? strchr(escapes, escape) : NULL;
        if (known != NULL) {
            add(into, meanings + (known - escapes), 1);
        } else if (escape != 'u' || !take_code_point(cursor, into)) {
            return false;
        }
    }
    return cursor->at++ < cursor->end;
}

static bool take_value(Cursor *cursor, Json *json, unsigned depth);

static bool take_items(Cursor *cursor, Json *json, bool named, unsigned depth)
{
    char end = named ? '}' : ']';
    if (take(cursor, end)) {
        return true;
    }
    do {
        json->items = realloc(json->items, (json->count + 1) * sizeof *json->items);
        if (json->items == NULL) {
            die("out of memory");
        }
        Json *item = &json->items[json->count++];
        *item = ABSENT;
        if (named && !(take_string(cursor, &item->name) && take(cursor, ':'))) {
            return false;
        }
        if (!take_value(cursor, item, depth)) {
            return false;
        }
    } while (take(cursor, ','));
    return take(cursor, end);
}

static bool take_value(Cursor *cursor, Json *json, unsigned depth)
{
    static const char *const words[] = {"true", "false", "null"};
    if (depth == 64) {
        return false;
    }
    if (take(cursor, '{') || take(cursor, '[')) {
        const char *start = cursor->at - 1;
        json->type = *start;
        bool good = take_items(cursor, json, *start == '{', depth + 1);
        add(&json->text, start, (size_t)(cursor->at - start));
        return good;
    }
    if (take(cursor, '"')) {
        cursor->at--;
        json->type = '"';
        return take_string(cursor, &json->text);
    }
    /* `take` has skipped the blanks. */
    const char *start = cursor->at;
    while (cursor->at < cursor->end && *cursor->at != '\0'
        && strchr("+-.0123456789abcdefghijklmnopqrstuvwxyzE", *cursor->at) != NULL) {
        cursor->at++;
    }
    add(&json->text, start, (size_t)(cursor->at - start));
    for (size_t index = 0; index < sizeof words / sizeof *words; index++) {
        if (is(lent(&json->text), words[index])) {
            json->type = words[index][0];
            return true;
        }
    }
    json->type = '\0';
    return json->text.length != 0
        && strspn(json->text.bytes, "+-.0123456789eE") == json->text.length;
}

/** Whether the text is JSON; `json` must be ended in any case. */
static bool parse(FfiStr text, Json *json)
{
    static const char nothing[] = "";
    const char *start = text.len != 0 ? text.ptr : nothing;
    Cursor cursor = {start, start + text.len};
    *json = ABSENT;
    bool good = take_value(&cursor, json, 0);
    take(&cursor, '\n'); /* skips blanks */
    return good && cursor.at == cursor.end;
}

static const Json *member(const Json *json, const char *name)
{
    for (size_t index = 0; json->type == '{' && index < json->count; index++) {
        if (is(lent(&json->items[index].name), name)) {
            return &json->items[index];
        }
    }
    return &ABSENT;
}

static bool has(const Json *json, const char *name)
{
    return member(json, name)->type != '-';
}

static bool flag(const Json *json, const char *name)
{
    return member(json, name)->type == 't';
}

static int64_t number(const Json *json, const char *name, int64_t otherwise)
{
    const Json *found = member(json, name);
    return found->type == '\0' ? strtoll(found->text.bytes, NULL, 10) : otherwise;
}

static FfiStr text_of(const Json *json, const char *name, const char *otherwise)
{
    const Json *found = member(json, name);
    return found->type == '"' ? lent(&found->text) : (FfiStr){otherwise, strlen(otherwise)};
}

static void add_quoted(Text *text, FfiStr content)
{
    add(text, "\"", 1);
    for (size_t at = 0; at < content.len; at++) {
        char byte = content.ptr[at];
        if (byte == '"' || byte == '\\') {
            addf(text, "\\%c", byte);
        } else if ((unsigned char)byte < ' ') {
            addf(text, "\\u%04x", (unsigned)byte);
        } else {
            add(text, &byte, 1);
        }
    }
    add(text, "\"", 1);
}

static void add_value(Text *text, const Json *json)
{
    if (json->type == '"') {
        add_quoted(text, lent(&json->text));
    } else {
        add(text, json->text.bytes, json->text.length);
    }
}

/* --- failures on demand */

/** Whether the configuration has the slot in its `"fail"`, which is a name or a list of names. */
static bool told_to_fail(const Json *config, const char *slot)
{
    const Json *fail = member(config, "fail");
    bool found = fail->type == '"' && is(lent(&fail->text), slot);
    for (size_t index = 0; index < fail->count; index++) {
        found = found || is(lent(&fail->items[index].text), slot);
    }
    return found;
}

/** What a failure says; without bytes if it says nothing: that is a null, and no empty text. */
static Text complaint(FfiStr wanted, const char *slot)
{
    Text text = {0};
    if (is(wanted, "null")) {
        return text;
    }
    add(&text, "", 0);
    if (is(wanted, "")) {
        addf(&text, "%s: das ging schief — 失敗 ✗", slot);
    } else if (is(wanted, "bad-utf8")) {
        addf(&text, "%s: \xff\xfe", slot);
    } else if (is(wanted, "long")) {
        addf(&text, "%s: ", slot);
        for (unsigned count = 0; count < 100000; count++) {
            addf(&text, "ä");
        }
    } else if (!is(wanted, "empty")) {
        add(&text, wanted.ptr, wanted.len);
    }
    return text;
}

static Text configured_complaint(const Json *config, const char *slot)
{
    return complaint(text_of(config, "message", ""), slot);
}

static FfiResult success(void)
{
    return (FfiResult){0, NULL};
}

/** A failure with the text, which is gone. */
static FfiResult failure(const Json *config, Text *why)
{
    int32_t code = (int32_t)number(config, "code", 1);
    FfiResult result = {code, why->bytes != NULL ? c_string(lent(why)) : NULL};
    clear(why);
    return result;
}

/** Whether the host's result is a success; if not, `why` says what it is, and the message is freed. */
static bool succeeded(int32_t code, char *message, Text *why)
{
    if (code != 0) {
        addf(why, "error %d %s%s%s", (int)code, message ? "\"" : "",
            message ? message : "without a message", message ? "\"" : "");
        free(message);
    }
    return code == 0;
}

/* --- threads */

/* Those that somebody is going to join. */
typedef struct {
    pthread_mutex_t lock;
    pthread_t *threads;
    size_t count;
    bool left; /* nobody joins any more */
} Crew;

static void begin_crew(Crew *crew)
{
    *crew = (Crew){.count = 0};
    pthread_mutex_init(&crew->lock, NULL);
}

static void hire(Crew *crew, void *(*work)(void *), void *argument)
{
    pthread_t thread;
    pthread_mutex_lock(&crew->lock);
    if (pthread_create(&thread, NULL, work, argument) != 0) {
        die("no thread to be had");
    }
    if (crew->left) {
        pthread_detach(thread);
    } else {
        crew->threads = realloc(crew->threads, (crew->count + 1) * sizeof *crew->threads);
        if (crew->threads == NULL) {
            die("out of memory");
        }
        crew->threads[crew->count++] = thread;
    }
    pthread_mutex_unlock(&crew->lock);
}

/** Waits for all threads; for none if it is called by one of them. That is a host that ends things from
    within a callback, and the others may be waiting for their turn behind it. */
static void dismiss(Crew *crew, bool join, bool for_good)
{
    pthread_mutex_lock(&crew->lock);
    pthread_t *threads = crew->threads;
    size_t count = crew->count;
    crew->threads = NULL;
    crew->count = 0;
    crew->left = crew->left || for_good;
    pthread_mutex_unlock(&crew->lock);
    for (size_t index = 0; index < count; index++) {
        join = join && !pthread_equal(threads[index], pthread_self());
    }
    for (size_t index = 0; index < count; index++) {
        if (join) {
            pthread_join(threads[index], NULL);
        } else {
            pthread_detach(threads[index]);
        }
    }
    free(threads);
}

static void end_crew(Crew *crew)
{
    pthread_mutex_destroy(&crew->lock);
}

/* --- the library */

static void *no_executor(void *future)
{
    (void)future;
    return NULL;
}

/* What the setters of the registration were given. */
static struct {
    pthread_mutex_t lock;
    LogCallbackFn log;
    void *log_ctx;
    LifecycleCallbackFn lifecycle;
    void *lifecycle_ctx;
    ConfigResolverFn resolver;
    void *resolver_ctx;
} library = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void set_log_callback(void *ctx, LogCallbackFn callback)
{
    note("Plugin.set_log_callback");
    pthread_mutex_lock(&library.lock);
    library.log = callback;
    library.log_ctx = ctx;
    pthread_mutex_unlock(&library.lock);
}

static void set_lifecycle_callback(void *ctx, LifecycleCallbackFn callback)
{
    note("Plugin.set_lifecycle_callback");
    pthread_mutex_lock(&library.lock);
    library.lifecycle = callback;
    library.lifecycle_ctx = ctx;
    pthread_mutex_unlock(&library.lock);
}

static void set_config_resolver(void *ctx, ConfigResolverFn callback)
{
    note("Plugin.set_config_resolver");
    pthread_mutex_lock(&library.lock);
    library.resolver = callback;
    library.resolver_ctx = ctx;
    pthread_mutex_unlock(&library.lock);
}

/* --- components: what sources and reactions have in common */

/* What the runtime context of `initialize_fn` leaves behind. */
typedef struct {
    Text instance;
    LogCallbackFn log;
    void *log_ctx;
    LifecycleCallbackFn lifecycle;
    void *lifecycle_ctx;
    const StateStoreVtable *store;
    const IdentityProviderVtable *identity;
    const SnapshotFetcherVtable *fetcher;
} Services;

/* A provider from the host: the source holds it, and everyone who is using it. */
typedef struct {
    atomic_int holders;
    BootstrapProviderVtable table;
} Provider;

struct Subscription;

typedef struct {
    Object object;
    const char *name; /* in the journal */
    const char *type; /* in lifecycle events */
    FfiStr kind; /* of the factory */
    Text id;
    Json config;
    bool auto_start;
    atomic_int status;
    Services services;
    /* of a source */
    pthread_mutex_t lock;
    Provider *provider;
    struct Subscription *subscriptions;
    /* of a reaction */
    Json query_ids;
    Crew forwarders;
    bool keeps_snapshot;
    FfiSnapshotIterator snapshot;
} Component;

static Component *component(const void *self, const char *slot)
{
    const Object *object = self;
    Kind kind = object != NULL && object->kind == KIND_ReactionVtable ? KIND_ReactionVtable
                                                                      : KIND_SourceVtable;
    return check(self, kind, slot);
}

/** A record for the component's log, or the library's if it has none or is not there at all. */
static void say(const Component *speaker, FfiLogLevel level, FfiStr message)
{
    static const FfiStr empty = STATIC_TEXT("");
    LogCallbackFn log = speaker != NULL ? speaker->services.log : NULL;
    void *ctx = speaker != NULL ? speaker->services.log_ctx : NULL;
    if (log == NULL) {
        pthread_mutex_lock(&library.lock);
        log = library.log;
        ctx = library.log_ctx;
        pthread_mutex_unlock(&library.lock);
    }
    FfiLogEntry entry = {
        .level = level,
        .plugin_id = STATIC_TEXT("drasi-test-plugin"),
        .target = STATIC_TEXT("drasi_plugin::component"),
        .message = message,
        .timestamp_us = NOW,
        .instance_id = speaker != NULL ? lent(&speaker->services.instance) : empty,
        .component_id = speaker != NULL ? lent(&speaker->id) : empty,
    };
    if (log != NULL) {
        log(ctx, &entry);
    }
}

static void tell(const Component *component, FfiLifecycleEventType step, FfiStr message)
{
    LifecycleCallbackFn lifecycle = component->services.lifecycle;
    void *ctx = component->services.lifecycle_ctx;
    FfiStr type = {component->type, strlen(component->type)};
    if (lifecycle == NULL) {
        pthread_mutex_lock(&library.lock);
        lifecycle = library.lifecycle;
        ctx = library.lifecycle_ctx;
        pthread_mutex_unlock(&library.lock);
        type = (FfiStr)STATIC_TEXT("plugin");
    }
    FfiLifecycleEvent event = {
        .component_id = lent(&component->id),
        .component_type = type,
        .event_type = step,
        .message = message,
        .timestamp_us = NOW,
    };
    if (lifecycle != NULL) {
        lifecycle(ctx, &event);
    }
}

/* --- steps: what a component does with the services of its host, as its configuration says */

/* The steps of one slot. `why` is the first failure. */
typedef struct {
    Component *component;
    const Json *steps;
    const FfiBootstrapContext *bootstrap;
    FfiCheckpoint checkpoint;
    Text why;
} Work;

/* One step: `["set", "store", "key", "value"]`. */
typedef struct {
    Work *work;
    const Json *words;
    Text outcome;
} Step;

static FfiStr word(const Step *step, size_t index)
{
    return index < step->words->count ? lent(&step->words->items[index].text)
                                      : (FfiStr)STATIC_TEXT("");
}

static size_t count_of_words(const Step *step, size_t from)
{
    return step->words->count > from ? step->words->count - from : 0;
}

static uint64_t number_of(const Step *step, size_t index, uint64_t otherwise)
{
    return index < step->words->count ? strtoull(step->words->items[index].text.bytes, NULL, 10)
                                      : otherwise;
}

static bool got_result(Step *step, FfiResult result)
{
    bool good = succeeded(result.error_code, result.error_msg, &step->outcome);
    if (good) {
        addf(&step->outcome, "ok");
    }
    return good;
}

/* Success is true, a failure with a certain message is false, any other one is a failure. */
static bool got_truth(Step *step, FfiResult result)
{
    bool false_ = result.error_code != 0 && result.error_msg != NULL
        && strcmp(result.error_msg, NOT_FOUND_MESSAGE) == 0;
    if (false_) {
        free(result.error_msg);
        addf(&step->outcome, "false");
    } else if (succeeded(result.error_code, result.error_msg, &step->outcome)) {
        addf(&step->outcome, "true");
    } else {
        return false;
    }
    return true;
}

static bool got_count(Step *step, int64_t count)
{
    addf(&step->outcome, count < 0 ? "error %lld" : "%lld", (long long)count);
    return count >= 0;
}

static bool got_value(Step *step, FfiGetResult result)
{
    if (!succeeded(result.error_code, result.error_msg, &step->outcome)) {
        return false;
    }
    if (!result.found) {
        addf(&step->outcome, "nothing");
        return true;
    }
    add_bytes(&step->outcome, result.data, result.len);
    if (result.cap != 0) {
        free(result.data);
    }
    return true;
}

/* `hex:00ff` says bytes that are no text. */
static Text bytes_of(FfiStr word)
{
    Text bytes = {0};
    add(&bytes, "", 0);
    if (!begins(word, "hex:")) {
        add(&bytes, word.ptr, word.len);
        return bytes;
    }
    FfiStr digits = behind(word, "hex:");
    for (size_t at = 0; at + 1 < digits.len; at += 2) {
        char pair[] = {digits.ptr[at], digits.ptr[at + 1], '\0'};
        char byte = (char)strtoul(pair, NULL, 16);
        add(&bytes, &byte, 1);
    }
    return bytes;
}

/** The words from an index on, as an array for a call. It is not null, even if there is none. */
static FfiStr *words_from(const Step *step, size_t from, size_t stride, size_t *count)
{
    *count = (count_of_words(step, from) + stride - 1) / stride;
    FfiStr *words = claim(*count * sizeof *words);
    for (size_t index = 0; index < *count; index++) {
        words[index] = word(step, from + index * stride);
    }
    return words;
}

static bool store_set(Step *step, const StateStoreVtable *store)
{
    Text value = bytes_of(word(step, 3));
    FfiResult result = store->set_fn(
        store->state, word(step, 1), word(step, 2), (const uint8_t *)value.bytes, value.length);
    clear(&value);
    return got_result(step, result);
}

static bool store_get_many(Step *step, const StateStoreVtable *store)
{
    size_t count;
    FfiStr *keys = words_from(step, 2, 1, &count);
    FfiGetResult *values = claim(count * sizeof *values);
    /* Room, and nothing in it that a host may go by. */
    memset(values, 0xa5, count * sizeof *values);
    FfiResult result = store->get_many_fn(store->state, word(step, 1), keys, count, values);
    bool good = succeeded(result.error_code, result.error_msg, &step->outcome);
    for (size_t index = 0; good && index < count; index++) {
        addf(&step->outcome, index == 0 ? "" : " ");
        /* Each is ended, also behind one that failed. */
        got_value(step, values[index]);
    }
    free(keys);
    free(values);
    return good;
}

static bool store_set_many(Step *step, const StateStoreVtable *store)
{
    size_t count;
    FfiStr *keys = words_from(step, 2, 2, &count);
    Text *texts = claim(count * sizeof *texts);
    const uint8_t **values = claim(count * sizeof *values);
    size_t *lengths = claim(count * sizeof *lengths);
    for (size_t index = 0; index < count; index++) {
        texts[index] = bytes_of(word(step, 3 + 2 * index));
        values[index] = (const uint8_t *)texts[index].bytes;
        lengths[index] = texts[index].length;
    }
    FfiResult result =
        store->set_many_fn(store->state, word(step, 1), keys, values, lengths, count);
    for (size_t index = 0; index < count; index++) {
        clear(&texts[index]);
    }
    free(keys);
    free(texts);
    free(values);
    free(lengths);
    return got_result(step, result);
}

static bool store_delete_many(Step *step, const StateStoreVtable *store)
{
    size_t count;
    FfiStr *keys = words_from(step, 2, 1, &count);
    int64_t deleted = store->delete_many_fn(store->state, word(step, 1), keys, count);
    free(keys);
    return got_count(step, deleted);
}

static bool store_list_keys(Step *step, const StateStoreVtable *store)
{
    FfiStringArray keys = store->list_keys_fn(store->state, word(step, 1));
    addf(&step->outcome, "[");
    for (size_t index = 0; index < keys.len; index++) {
        Text key = taken(keys.data[index]);
        addf(&step->outcome, "%s%s", index == 0 ? "" : ", ", key.bytes);
        clear(&key);
    }
    addf(&step->outcome, "]");
    if (keys.cap != 0) {
        free(keys.data);
    }
    return true;
}

static bool store_step(Step *step, FfiStr verb)
{
    const StateStoreVtable *store = step->work->component->services.store;
    if (store == NULL) {
        addf(&step->outcome, "no state store");
        return false;
    }
    if (is(verb, "get")) {
        return got_value(step, store->get_fn(store->state, word(step, 1), word(step, 2)));
    }
    if (is(verb, "set")) {
        return store_set(step, store);
    }
    if (is(verb, "delete")) {
        return got_result(step, store->delete_fn(store->state, word(step, 1), word(step, 2)));
    }
    if (is(verb, "contains_key")) {
        return got_truth(step, store->contains_key_fn(store->state, word(step, 1), word(step, 2)));
    }
    if (is(verb, "get_many")) {
        return store_get_many(step, store);
    }
    if (is(verb, "set_many")) {
        return store_set_many(step, store);
    }
    if (is(verb, "delete_many")) {
        return store_delete_many(step, store);
    }
    if (is(verb, "clear_store")) {
        return got_count(step, store->clear_store_fn(store->state, word(step, 1)));
    }
    if (is(verb, "list_keys")) {
        return store_list_keys(step, store);
    }
    if (is(verb, "store_exists")) {
        return got_truth(step, store->store_exists_fn(store->state, word(step, 1)));
    }
    if (is(verb, "key_count")) {
        return got_count(step, store->key_count_fn(store->state, word(step, 1)));
    }
    if (is(verb, "sync")) {
        return got_result(step, store->sync_fn(store->state));
    }
    addf(&step->outcome, "no such step");
    return false;
}

static void add_field(Text *text, const char *name, char *field)
{
    addf(text, " %s=%s", name, field != NULL ? field : "null");
    free(field);
}

static bool credentials_from(Step *step, const IdentityProviderVtable *identity)
{
    static const char *const types[] = {"UsernamePassword", "Token", "Certificate"};
    FfiStr context = word(step, 1);
    FfiCredentialsResult result = identity->get_credentials_fn(
        identity->state, context.len != 0 ? (const uint8_t *)context.ptr : NULL, context.len);
    if (!succeeded(result.error_code, result.error_msg, &step->outcome)) {
        return false;
    }
    addf(&step->outcome, "%s", types[result.credentials.credential_type]);
    add_field(&step->outcome, "field1", result.credentials.field1);
    add_field(&step->outcome, "field2", result.credentials.field2);
    add_field(&step->outcome, "field3", result.credentials.field3);
    return true;
}

/* A copy of the table with a state of its own, which ends on its own. */
static bool credentials_from_clone(Step *step, const IdentityProviderVtable *identity)
{
    IdentityProviderVtable copy = *identity;
    copy.state = identity->clone_fn(identity->state);
    if (copy.state == NULL) {
        addf(&step->outcome, "no clone");
        return false;
    }
    bool good = credentials_from(step, &copy);
    copy.drop_fn(copy.state);
    return good;
}

static bool identity_step(Step *step, bool cloned)
{
    const IdentityProviderVtable *identity = step->work->component->services.identity;
    if (identity == NULL) {
        addf(&step->outcome, "no identity provider");
        return false;
    }
    return cloned ? credentials_from_clone(step, identity) : credentials_from(step, identity);
}

/** Reads an iterator to its end, or to the limit, and ends it. */
static void read_rows(Text *outcome, void *iterator, FfiOwnedStr (*next)(void *), uint64_t limit)
{
    for (uint64_t count = 0; count < limit; count++) {
        Text row = taken(next(iterator));
        if (row.length == 0) {
            clear(&row);
            addf(outcome, " end");
            break;
        }
        addf(outcome, " %s", row.bytes);
        clear(&row);
    }
}

/** Whether a fetch went well; its error is freed. After a failure there is no iterator. */
static bool fetched(Step *step, FfiOwnedStr error)
{
    if (error.ptr == NULL) {
        die("an error at null, where Rust takes it for a String");
    }
    Text why = taken(error);
    bool good = why.length == 0;
    if (!good) {
        addf(&step->outcome, "error \"%s\"", why.bytes);
    }
    clear(&why);
    return good;
}

static bool got_snapshot(Step *step, FfiSnapshotIteratorResponse response, uint64_t limit)
{
    if (!fetched(step, response.error)) {
        return false;
    }
    step->work->checkpoint = (FfiCheckpoint){response.as_of_sequence, response.config_hash};
    addf(&step->outcome, "as_of=%llu hash=%llu rows:", (unsigned long long)response.as_of_sequence,
        (unsigned long long)response.config_hash);
    FfiSnapshotIterator rows = response.iterator;
    read_rows(&step->outcome, rows.iter_ctx, rows.next_fn, limit);
    rows.drop_fn(rows.iter_ctx);
    return true;
}

static bool got_outbox(Step *step, FfiOutboxIteratorResponse response, uint64_t limit)
{
    bool good = fetched(step, response.error);
    addf(&step->outcome, "%slatest=%llu hash=%llu", good ? "" : " ",
        (unsigned long long)response.latest_sequence, (unsigned long long)response.config_hash);
    if (good) {
        step->work->checkpoint = (FfiCheckpoint){response.latest_sequence, response.config_hash};
        addf(&step->outcome, " entries:");
        FfiOutboxIterator entries = response.iterator;
        read_rows(&step->outcome, entries.iter_ctx, entries.next_fn, limit);
        entries.drop_fn(entries.iter_ctx);
    }
    return good;
}

/* The iterator may outlive the call that it was made in; it is read when the reaction stops. */
static bool kept_snapshot(Step *step, FfiSnapshotIteratorResponse response)
{
    Component *reaction = step->work->component;
    if (!fetched(step, response.error)) {
        return false;
    }
    if (reaction->keeps_snapshot) {
        reaction->snapshot.drop_fn(reaction->snapshot.iter_ctx);
    }
    reaction->keeps_snapshot = true;
    reaction->snapshot = response.iterator;
    addf(&step->outcome, "kept");
    return true;
}

static bool got_checkpoint(Step *step, FfiCheckpointResult result)
{
    if (!fetched(step, result.error)) {
        return false;
    }
    if (result.found) {
        addf(&step->outcome, "sequence=%llu hash=%llu",
            (unsigned long long)result.checkpoint.sequence,
            (unsigned long long)result.checkpoint.config_hash);
    } else {
        addf(&step->outcome, "nothing");
    }
    return true;
}

static bool bootstrap_step(Step *step, FfiStr verb)
{
    const FfiBootstrapContext *context = step->work->bootstrap;
    if (is(verb, "read_checkpoint")) {
        return got_checkpoint(step, context->read_checkpoint_fn(context->callback_ctx));
    }
    if (is(verb, "write_checkpoint")) {
        FfiCheckpoint checkpoint = {
            number_of(step, 1, step->work->checkpoint.sequence),
            number_of(step, 2, step->work->checkpoint.config_hash),
        };
        return got_result(step, context->write_checkpoint_fn(context->callback_ctx, checkpoint));
    }
    if (is(verb, "fetch_snapshot")) {
        FfiSnapshotIteratorResponse response = context->fetch_snapshot_fn(context->callback_ctx);
        return got_snapshot(step, response, number_of(step, 1, UINT64_MAX));
    }
    if (is(verb, "fetch_outbox")) {
        FfiOutboxIteratorResponse response = context->fetch_outbox_fn(
            context->callback_ctx, number_of(step, 1, step->work->checkpoint.sequence));
        return got_outbox(step, response, number_of(step, 2, UINT64_MAX));
    }
    if (is(verb, "keep_snapshot")) {
        return kept_snapshot(step, context->fetch_snapshot_fn(context->callback_ctx));
    }
    addf(&step->outcome, "no such step");
    return false;
}

static bool fetcher_step(Step *step)
{
    const SnapshotFetcherVtable *fetcher = step->work->component->services.fetcher;
    if (fetcher == NULL) {
        addf(&step->outcome, "no snapshot fetcher");
        return false;
    }
    FfiSnapshotIteratorResponse response =
        fetcher->fetch_snapshot_fn(fetcher->state, word(step, 1));
    return got_snapshot(step, response, number_of(step, 2, UINT64_MAX));
}

static bool log_step(Step *step)
{
    static const char *const levels[] = {"error", "warn", "info", "debug", "trace"};
    for (int level = 0; level < 5; level++) {
        if (is(word(step, 1), levels[level])) {
            say(step->work->component, (FfiLogLevel)level, word(step, 2));
            addf(&step->outcome, "said");
            return true;
        }
    }
    addf(&step->outcome, "no such level");
    return false;
}

static bool do_step(Step *step)
{
    FfiStr verb = word(step, 0);
    if (is(verb, "log")) {
        return log_step(step);
    }
    if (is(verb, "credentials") || is(verb, "clone_credentials")) {
        return identity_step(step, is(verb, "clone_credentials"));
    }
    if (is(verb, "fetcher")) {
        return fetcher_step(step);
    }
    if (step->work->bootstrap != NULL
        && (begins(verb, "fetch_") || begins(verb, "keep_") || begins(verb, "read_")
            || begins(verb, "write_"))) {
        return bootstrap_step(step, verb);
    }
    return store_step(step, verb);
}

static void *do_steps(void *argument)
{
    Work *work = argument;
    for (size_t index = 0; index < work->steps->count; index++) {
        Step step = {.work = work, .words = &work->steps->items[index]};
        add(&step.outcome, "", 0);
        bool good = do_step(&step);
        Text words = {0};
        for (size_t at = 0; at < step.words->count; at++) {
            addf(&words, " %s", step.words->items[at].text.bytes);
        }
        note(">%s: %s", words.bytes != NULL ? words.bytes : "", step.outcome.bytes);
        if (!good && work->why.bytes == NULL) {
            addf(&work->why, "%.*s: %s", SHOW(word(&step, 0)), step.outcome.bytes);
        }
        clear(&words);
        clear(&step.outcome);
    }
    return NULL;
}

/** Does the steps of a slot: here, or on as many threads as the configuration says, each of them all.
    False, and why, if one failed and the configuration is `"strict"`. */
static bool work_through(Component *component, const Json *steps,
    const FfiBootstrapContext *bootstrap, size_t threads, Text *why)
{
    bool good = true;
    size_t count = threads != 0 ? threads : 1;
    Work *works = claim(count * sizeof *works);
    Crew crew;
    begin_crew(&crew);
    for (size_t index = 0; index < count; index++) {
        works[index] = (Work){.component = component, .steps = steps, .bootstrap = bootstrap};
        if (threads != 0) {
            hire(&crew, do_steps, &works[index]);
        } else {
            do_steps(&works[index]);
        }
    }
    dismiss(&crew, true, true);
    end_crew(&crew);
    for (size_t index = 0; index < count; index++) {
        if (good && works[index].why.bytes != NULL && flag(&component->config, "strict")) {
            good = false;
            add(why, works[index].why.bytes, works[index].why.length);
        }
        clear(&works[index].why);
    }
    free(works);
    return good;
}

/* --- slots of every component */

static FfiStr component_id(const void *self)
{
    const Component *it = component(self, "id");
    note("%s.id id=%s", it->name, it->id.bytes);
    return lent(&it->id);
}

static FfiStr component_type_name(const void *self)
{
    const Component *it = component(self, "type_name");
    note("%s.type_name id=%s", it->name, it->id.bytes);
    return it->kind;
}

static bool component_auto_start(const void *self)
{
    const Component *it = component(self, "auto_start");
    note("%s.auto_start id=%s", it->name, it->id.bytes);
    return it->auto_start;
}

/* The configuration with what the resolver said in it; a text in it stands for everything. */
static FfiOwnedStr component_properties(const void *self)
{
    const Component *it = component(self, "properties");
    note("%s.properties id=%s", it->name, it->id.bytes);
    const Json *wanted = member(&it->config, "properties");
    if (wanted->type == '"') {
        return owned(lent(&wanted->text));
    }
    Text text = {0};
    for (size_t index = 0; index < it->config.count; index++) {
        add(&text, index == 0 ? "{" : ",", 1);
        add_quoted(&text, lent(&it->config.items[index].name));
        add(&text, ":", 1);
        add_value(&text, &it->config.items[index]);
    }
    addf(&text, it->config.count == 0 ? "{}" : "}");
    FfiOwnedStr properties = owned(lent(&text));
    clear(&text);
    return properties;
}

static FfiComponentStatus component_status(const void *self)
{
    const Component *it = component(self, "status");
    note("%s.status id=%s", it->name, it->id.bytes);
    return (FfiComponentStatus)atomic_load(&it->status);
}

/* From one resting status to the next one, if `from` or an error is where it is. */
static bool set_out(Component *it, FfiComponentStatus from, FfiComponentStatus to)
{
    int status = (int)from;
    int error = FfiComponentStatus_Error;
    return atomic_compare_exchange_strong(&it->status, &status, (int)to)
        || atomic_compare_exchange_strong(&it->status, &error, (int)to);
}

static FfiResult failed(Component *it, Text *why)
{
    atomic_store(&it->status, FfiComponentStatus_Error);
    say(it, FfiLogLevel_Error, lent(why));
    tell(it, FfiLifecycleEventType_Error, lent(why));
    return failure(&it->config, why);
}

static FfiResult component_start(void *self)
{
    Component *it = component(self, "start");
    note("%s.start id=%s", it->name, it->id.bytes);
    Text why = {0};
    if (!set_out(it, FfiComponentStatus_Stopped, FfiComponentStatus_Starting)) {
        addf(&why, "already started — stop it first");
        return failure(&it->config, &why);
    }
    tell(it, FfiLifecycleEventType_Starting, lent(&why));
    const Json *steps = member(&it->config, "start");
    if (!work_through(it, steps, NULL, (size_t)number(&it->config, "workers", 0), &why)) {
        return failed(it, &why);
    }
    if (told_to_fail(&it->config, "start")) {
        why = configured_complaint(&it->config, "start");
        return failed(it, &why);
    }
    atomic_store(&it->status, FfiComponentStatus_Running);
    say(it, FfiLogLevel_Info, (FfiStr)STATIC_TEXT("started"));
    tell(it, FfiLifecycleEventType_Started, lent(&why));
    return success();
}

static void end_subscriptions(Component *source);

/* Only then may threads be waited for: nothing holds them up any more. */
static void let_threads_go(Component *it, bool for_good)
{
    end_subscriptions(it);
    dismiss(&it->forwarders, !has(&it->config, "join") || flag(&it->config, "join"), for_good);
}

static FfiResult component_stop(void *self)
{
    Component *it = component(self, "stop");
    note("%s.stop id=%s", it->name, it->id.bytes);
    Text why = {0};
    if (!set_out(it, FfiComponentStatus_Running, FfiComponentStatus_Stopping)) {
        addf(&why, "not running — start it first");
        return failure(&it->config, &why);
    }
    tell(it, FfiLifecycleEventType_Stopping, lent(&why));
    if (!work_through(it, member(&it->config, "stop"), NULL, 0, &why)) {
        return failed(it, &why);
    }
    if (it->keeps_snapshot) {
        Text rows = {0};
        read_rows(&rows, it->snapshot.iter_ctx, it->snapshot.next_fn, UINT64_MAX);
        it->snapshot.drop_fn(it->snapshot.iter_ctx);
        it->keeps_snapshot = false;
        note("> kept_snapshot:%s", rows.bytes);
        clear(&rows);
    }
    if (told_to_fail(&it->config, "stop")) {
        why = configured_complaint(&it->config, "stop");
        return failed(it, &why);
    }
    if (!flag(&it->config, "keepStreams")) {
        let_threads_go(it, false);
    }
    atomic_store(&it->status, FfiComponentStatus_Stopped);
    say(it, FfiLogLevel_Info, (FfiStr)STATIC_TEXT("stopped"));
    tell(it, FfiLifecycleEventType_Stopped, lent(&why));
    return success();
}

static FfiResult component_deprovision(void *self)
{
    const Component *it = component(self, "deprovision");
    note("%s.deprovision id=%s", it->name, it->id.bytes);
    if (told_to_fail(&it->config, "deprovision")) {
        Text why = configured_complaint(&it->config, "deprovision");
        return failure(&it->config, &why);
    }
    return success();
}

/* The states of the services belong to the component, their tables stay the host's. */
static void end_services(Services *services)
{
    if (services->store != NULL) {
        note("> drop state store");
        services->store->drop_fn(services->store->state);
    }
    if (services->identity != NULL) {
        note("> drop identity provider");
        services->identity->drop_fn(services->identity->state);
    }
    if (services->fetcher != NULL) {
        note("> drop snapshot fetcher");
        services->fetcher->drop_fn(services->fetcher->state);
    }
    clear(&services->instance);
    *services = (Services){.store = NULL};
}

static void component_initialize(void *self, const FfiRuntimeContext *ctx)
{
    Component *it = component(self, "initialize");
    note("%s.initialize id=%s instance=%.*s component=%.*s store=%d log=%d lifecycle=%d "
         "identity=%d fetcher=%d",
        it->name, it->id.bytes, SHOW(ctx->instance_id), SHOW(ctx->component_id),
        ctx->state_store != NULL, ctx->log_callback != NULL, ctx->lifecycle_callback != NULL,
        ctx->identity_provider != NULL, ctx->snapshot_fetcher != NULL);
    end_services(&it->services);
    it->services = (Services){
        .instance = copied(ctx->instance_id),
        .log = ctx->log_callback,
        .log_ctx = ctx->log_ctx,
        .lifecycle = ctx->lifecycle_callback,
        .lifecycle_ctx = ctx->lifecycle_ctx,
        .store = ctx->state_store,
        .identity = ctx->identity_provider,
        .fetcher = ctx->snapshot_fetcher,
    };
}

static void provider_let_go(Provider *provider)
{
    if (provider != NULL && atomic_fetch_sub(&provider->holders, 1) == 1) {
        provider->table.drop_fn(provider->table.state);
        free(provider);
    }
}

static void end_component(Component *it)
{
    note("%s.drop id=%s", it->name, it->id.bytes);
    let_threads_go(it, true);
    if (it->keeps_snapshot) {
        it->snapshot.drop_fn(it->snapshot.iter_ctx);
    }
    provider_let_go(it->provider);
    end_services(&it->services);
    end_json(&it->config);
    end_json(&it->query_ids);
    clear(&it->id);
    end_crew(&it->forwarders);
    pthread_mutex_destroy(&it->lock);
    bury(it);
}

static void source_drop(void *self)
{
    end_component(dying(self, KIND_SourceVtable, "Source.drop"));
}

static void reaction_drop(void *self)
{
    end_component(dying(self, KIND_ReactionVtable, "Reaction.drop"));
}

/* --- changes and initial data */

/* What is behind the `opaque` of an event. */
typedef struct {
    Object object;
    Text source_id;
} Content;

static void end_content(Content *content)
{
    clear(&content->source_id);
    bury(content);
}

static void end_change(void *opaque)
{
    end_content(dying(opaque, KIND_FfiSourceEvent, "FfiSourceEvent.drop_fn"));
}

static void end_record(void *opaque)
{
    end_content(dying(opaque, KIND_FfiBootstrapEvent, "FfiBootstrapEvent.drop_fn"));
}

static FfiSourceEvent *make_change(FfiStr source_id, int64_t timestamp, uint64_t sequence)
{
    Content *content = make(KIND_FfiSourceEvent, sizeof *content);
    content->source_id = copied(source_id);
    FfiSourceEvent *event = allocate(KIND_FfiSourceEvent, sizeof *event);
    *event = (FfiSourceEvent){
        .opaque = content,
        .source_id = lent(&content->source_id),
        .timestamp_us = timestamp,
        .op = (FfiChangeOp)(sequence % 3),
        .label = STATIC_TEXT(""),
        .entity_id = STATIC_TEXT(""),
        .drop_fn = end_change,
    };
    return event;
}

static FfiBootstrapEvent *make_record(FfiStr source_id, int64_t timestamp, uint64_t sequence)
{
    Content *content = make(KIND_FfiBootstrapEvent, sizeof *content);
    content->source_id = copied(source_id);
    FfiBootstrapEvent *event = allocate(KIND_FfiBootstrapEvent, sizeof *event);
    *event = (FfiBootstrapEvent){
        .opaque = content,
        .source_id = lent(&content->source_id),
        .timestamp_us = timestamp,
        .sequence = sequence,
        .label = STATIC_TEXT(""),
        .entity_id = STATIC_TEXT(""),
        .drop_fn = end_record,
    };
    return event;
}

/* --- the outcome of a bootstrap */

typedef struct {
    bool given; /* or null crosses */
    int64_t events;
    int64_t last_sequence;
    bool aligned;
    Text position;
} Outcome;

/* The bytes lie behind it, and are all that the host sees. */
typedef struct {
    Object object;
    uint8_t bytes[];
} Position;

static void end_position(uint8_t *bytes, size_t length)
{
    (void)length;
    bury(dying(
        bytes - offsetof(Position, bytes), KIND_FfiBootstrapResult, "source_position_drop_fn"));
}

static FfiBootstrapResult *make_result(const Outcome *outcome)
{
    if (!outcome->given) {
        return NULL;
    }
    FfiBootstrapResult *result = allocate(KIND_FfiBootstrapResult, sizeof *result);
    *result = (FfiBootstrapResult){
        .event_count = outcome->events,
        .last_sequence = outcome->last_sequence,
        .sequences_aligned = outcome->aligned,
    };
    if (outcome->position.length != 0) {
        Position *position =
            make(KIND_FfiBootstrapResult, sizeof *position + outcome->position.length);
        memcpy(position->bytes, outcome->position.bytes, outcome->position.length);
        result->source_position_ptr = position->bytes;
        result->source_position_len = outcome->position.length;
        result->source_position_drop_fn = end_position;
    }
    return result;
}

/** What a result of the host says; it is freed. */
static Outcome take_result(FfiBootstrapResult *result)
{
    if (result == NULL) {
        return (Outcome){.given = true, .events = -1, .last_sequence = -1};
    }
    Outcome outcome = {
        .given = true,
        .events = result->event_count,
        .last_sequence = result->last_sequence,
        .aligned = result->sequences_aligned,
    };
    if (result->source_position_ptr != NULL) {
        add(&outcome.position, (const char *)result->source_position_ptr,
            result->source_position_len);
        if (result->source_position_drop_fn != NULL) {
            result->source_position_drop_fn(
                (uint8_t *)(uintptr_t)result->source_position_ptr, result->source_position_len);
        }
    }
    free(result);
    return outcome;
}

/* --- subscriptions */

/* Held by the source, by each of its receivers and by each of its threads; the last one ends it. */
typedef struct Subscription {
    struct Subscription *next;
    atomic_int holders;
    Text source_id;
    Text query_id;
    Text server_id;
    Json config;
    Json nodes;
    Json relations;
    Provider *provider;
    Crew crew;

    /* Changes, one at a time. */
    pthread_mutex_t turn;
    FfiChangePushCallbackFn push_change;
    void *change_ctx;
    atomic_uint senders;

    /* Initial data, one record at a time. */
    pthread_mutex_t bootstrap_turn;
    FfiBootstrapPushCallbackFn push_record;
    void *record_ctx;

    FfiBootstrapResultCallbackFn report;
    void *report_ctx;

    /* Whoever ends something holds `lock`, and tells those who wait through `changed`. */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool changes_closed;
    bool bootstrap_begun;
    bool bootstrap_closed;
    bool settled;
    Outcome outcome;
} Subscription;

static Subscription *hold(Subscription *it)
{
    atomic_fetch_add(&it->holders, 1);
    return it;
}

static void let_go(Subscription *it)
{
    if (atomic_fetch_sub(&it->holders, 1) != 1) {
        return;
    }
    provider_let_go(it->provider);
    clear(&it->source_id);
    clear(&it->query_id);
    clear(&it->server_id);
    clear(&it->outcome.position);
    end_json(&it->config);
    end_json(&it->nodes);
    end_json(&it->relations);
    end_crew(&it->crew);
    pthread_mutex_destroy(&it->turn);
    pthread_mutex_destroy(&it->bootstrap_turn);
    pthread_mutex_destroy(&it->lock);
    pthread_cond_destroy(&it->changed);
    free(it);
}

static void set(Subscription *it, bool *mark)
{
    pthread_mutex_lock(&it->lock);
    *mark = true;
    pthread_cond_broadcast(&it->changed);
    pthread_mutex_unlock(&it->lock);
}

static bool is_set(Subscription *it, const bool *mark)
{
    pthread_mutex_lock(&it->lock);
    bool result = *mark;
    pthread_mutex_unlock(&it->lock);
    return result;
}

/** Waits that long, or forever if that is negative, but no longer than until the mark is set. */
static void rest(Subscription *it, const bool *mark, int64_t milliseconds)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    int64_t nanoseconds = until.tv_nsec + milliseconds % 1000 * 1000000;
    until.tv_sec += (time_t)(milliseconds / 1000 + nanoseconds / 1000000000);
    until.tv_nsec = (long)(nanoseconds % 1000000000);
    pthread_mutex_lock(&it->lock);
    int waited = 0;
    while (!*mark && waited == 0 && milliseconds != 0) {
        waited = milliseconds < 0 ? pthread_cond_wait(&it->changed, &it->lock)
                                  : pthread_cond_timedwait(&it->changed, &it->lock, &until);
    }
    pthread_mutex_unlock(&it->lock);
}

/* --- the stream of changes */

static bool push_change(Subscription *it, uint64_t sequence)
{
    bool more = false;
    pthread_mutex_lock(&it->turn);
    if (!is_set(it, &it->changes_closed)) {
        int64_t timestamp = number(&it->config, "timestamp", NOW + (int64_t)sequence);
        more =
            it->push_change(it->change_ctx, make_change(lent(&it->source_id), timestamp, sequence));
        if (!more) {
            set(it, &it->changes_closed);
        }
    }
    pthread_mutex_unlock(&it->turn);
    return more;
}

static void *push_changes(void *argument)
{
    Subscription *it = argument;
    int64_t events = number(&it->config, "events", 0);
    int64_t pause = number(&it->config, "pauseMs", 0);
    for (int64_t sequence = 0; sequence < events && push_change(it, (uint64_t)sequence);
        sequence++) {
        rest(it, &it->changes_closed, pause);
    }
    if (flag(&it->config, "hold")) {
        rest(it, &it->changes_closed, -1);
    }
    FfiChangePushCallbackFn push = it->push_change;
    void *ctx = it->change_ctx;
    bool last = atomic_fetch_sub(&it->senders, 1) == 1;
    /* Before the null, not after it: who has got it may count what is left. */
    let_go(it);
    if (last) {
        push(ctx, NULL);
    }
    return NULL;
}

typedef struct {
    Object object;
    Subscription *subscription;
} Receiver;

static Receiver *make_receiver(Kind kind, Subscription *subscription)
{
    Receiver *receiver = make(kind, sizeof *receiver);
    receiver->subscription = hold(subscription);
    return receiver;
}

static void change_receiver_start_push(
    void *self, FfiChangePushCallbackFn callback, void *callback_ctx)
{
    Receiver *receiver = check(self, KIND_FfiChangeReceiver, "ChangeReceiver.start_push");
    Subscription *it = receiver->subscription;
    note("ChangeReceiver.start_push query=%s", it->query_id.bytes);
    if (it->push_change != NULL) {
        die("ChangeReceiver.start_push: called twice");
    }
    int64_t threads = number(&it->config, "threads", 1);
    if (threads < 1) {
        die("ChangeReceiver.start_push: without a thread nobody says null");
    }
    it->push_change = callback;
    it->change_ctx = callback_ctx;
    atomic_init(&it->senders, (unsigned)threads);
    for (int64_t count = 0; count < threads; count++) {
        hire(&it->crew, push_changes, hold(it));
    }
}

/* It only asks for the end: the thread may be in the callback, and says null when it is out of it. */
static void change_receiver_drop(void *self)
{
    Receiver *receiver = dying(self, KIND_FfiChangeReceiver, "ChangeReceiver.drop");
    Subscription *it = receiver->subscription;
    note("ChangeReceiver.drop query=%s", it->query_id.bytes);
    set(it, &it->changes_closed);
    let_go(it);
    bury(receiver);
}

/* --- the stream of initial data */

static bool push_record(Subscription *it, int64_t timestamp, uint64_t sequence)
{
    bool accepted = false;
    pthread_mutex_lock(&it->bootstrap_turn);
    if (!is_set(it, &it->bootstrap_closed)) {
        accepted = true;
        if (!it->push_record(
                it->record_ctx, make_record(lent(&it->source_id), timestamp, sequence))) {
            set(it, &it->bootstrap_closed);
        }
    }
    pthread_mutex_unlock(&it->bootstrap_turn);
    return accepted;
}

/* What a provider sends to. It lives while the provider runs. */
typedef struct {
    Object object;
    Subscription *subscription;
    atomic_size_t sent;
    atomic_size_t refused;
} Sender;

/* The record comes from the host: what is wanted is copied, then its content and its block end. */
static int32_t sender_send(void *self, FfiBootstrapEvent *event)
{
    Sender *sender = check(self, KIND_FfiBootstrapSender, "BootstrapSender.send");
    if (event == NULL) {
        note("BootstrapSender.send null");
        return -1;
    }
    note("BootstrapSender.send source=%.*s label=%.*s entity=%.*s sequence=%llu timestamp=%lld",
        SHOW(event->source_id), SHOW(event->label), SHOW(event->entity_id),
        (unsigned long long)event->sequence, (long long)event->timestamp_us);
    int64_t timestamp = event->timestamp_us;
    uint64_t sequence = event->sequence;
    event->drop_fn(event->opaque);
    free(event);
    bool accepted = push_record(sender->subscription, timestamp, sequence);
    atomic_fetch_add(accepted ? &sender->sent : &sender->refused, 1);
    return accepted ? 0 : -1;
}

static void sender_drop(void *self)
{
    bury(dying(self, KIND_FfiBootstrapSender, "BootstrapSender.drop"));
}

static FfiStr *labels_of(const Json *labels)
{
    FfiStr *result = claim(labels->count * sizeof *result);
    for (size_t index = 0; index < labels->count; index++) {
        result[index] = lent(&labels->items[index].text);
    }
    return result;
}

/* Has the provider send everything. The sender is the caller's, so it ends here. */
static Outcome bootstrap_by_provider(Subscription *it)
{
    Sender *state = make(KIND_FfiBootstrapSender, sizeof *state);
    state->subscription = it;
    FfiBootstrapSender *sender = claim(sizeof *sender);
    *sender = (FfiBootstrapSender){.state = state, .send_fn = sender_send, .drop_fn = sender_drop};
    FfiStr *nodes = labels_of(&it->nodes);
    FfiStr *relations = labels_of(&it->relations);
    const BootstrapProviderVtable *provider = &it->provider->table;
    FfiBootstrapResult *result = provider->bootstrap_fn(provider->state, lent(&it->query_id), nodes,
        it->nodes.count, relations, it->relations.count, (FfiStr)STATIC_TEXT("request-1"),
        lent(&it->server_id), lent(&it->source_id), sender);
    size_t sent = atomic_load(&state->sent);
    size_t refused = atomic_load(&state->refused);
    sender->drop_fn(sender->state);
    free(sender);
    free(nodes);
    free(relations);
    Outcome outcome = take_result(result);
    note("> bootstrap query=%s: sent=%zu refused=%zu events=%lld last=%lld", it->query_id.bytes,
        sent, refused, (long long)outcome.events, (long long)outcome.last_sequence);
    return outcome;
}

static Outcome bootstrap_by_itself(Subscription *it)
{
    int64_t events = number(&it->config, "bootstrapEvents", 0);
    int64_t sent = 0;
    while (sent < events && push_record(it, NOW + sent, (uint64_t)sent)) {
        sent++;
        rest(it, &it->bootstrap_closed, number(&it->config, "pauseMs", 0));
    }
    bool fails = told_to_fail(&it->config, "bootstrap");
    return (Outcome){
        .given = !told_to_fail(&it->config, "outcome"),
        .events = fails ? -1 : sent,
        .last_sequence = fails ? -1 : sent - 1,
        .aligned = true,
        .position = bytes_of(text_of(&it->config, "position", "")),
    };
}

static void settle(Subscription *it, Outcome outcome)
{
    pthread_mutex_lock(&it->lock);
    if (it->settled) {
        clear(&outcome.position);
    } else {
        it->outcome = outcome;
        it->settled = true;
        pthread_cond_broadcast(&it->changed);
    }
    pthread_mutex_unlock(&it->lock);
}

static void *push_records(void *argument)
{
    Subscription *it = argument;
    if (is_set(it, &it->bootstrap_closed)) {
        settle(it, (Outcome){.given = false});
    } else {
        settle(it, it->provider != NULL ? bootstrap_by_provider(it) : bootstrap_by_itself(it));
    }
    FfiBootstrapPushCallbackFn push = it->push_record;
    void *ctx = it->record_ctx;
    let_go(it);
    push(ctx, NULL);
    return NULL;
}

static void bootstrap_receiver_start_push(
    void *self, FfiBootstrapPushCallbackFn callback, void *callback_ctx)
{
    Receiver *receiver = check(self, KIND_FfiBootstrapReceiver, "BootstrapReceiver.start_push");
    Subscription *it = receiver->subscription;
    note("BootstrapReceiver.start_push query=%s", it->query_id.bytes);
    if (it->push_record != NULL) {
        die("BootstrapReceiver.start_push: called twice");
    }
    it->push_record = callback;
    it->record_ctx = callback_ctx;
    set(it, &it->bootstrap_begun);
    hire(&it->crew, push_records, hold(it));
}

/* Closes the stream. If nothing was ever sent, there will be no outcome either. */
static void give_bootstrap_up(Subscription *it)
{
    set(it, &it->bootstrap_closed);
    if (!is_set(it, &it->bootstrap_begun)) {
        settle(it, (Outcome){.given = false});
    }
}

static void bootstrap_receiver_drop(void *self)
{
    Receiver *receiver = dying(self, KIND_FfiBootstrapReceiver, "BootstrapReceiver.drop");
    Subscription *it = receiver->subscription;
    note("BootstrapReceiver.drop query=%s", it->query_id.bytes);
    give_bootstrap_up(it);
    let_go(it);
    bury(receiver);
}

static void *report_outcome(void *argument)
{
    Subscription *it = argument;
    rest(it, &it->settled, -1);
    FfiBootstrapResultCallbackFn report = it->report;
    void *ctx = it->report_ctx;
    FfiBootstrapResult *result = make_result(&it->outcome);
    let_go(it);
    report(ctx, result);
    return NULL;
}

static void result_receiver_start(void *self, FfiBootstrapResultCallbackFn callback, void *ctx)
{
    Receiver *receiver =
        check(self, KIND_FfiBootstrapResultReceiver, "BootstrapResultReceiver.start");
    Subscription *it = receiver->subscription;
    note("BootstrapResultReceiver.start query=%s", it->query_id.bytes);
    if (it->report != NULL) {
        die("BootstrapResultReceiver.start: called twice");
    }
    it->report = callback;
    it->report_ctx = ctx;
    hire(&it->crew, report_outcome, hold(it));
}

/* Hosts call it right after the start; the outcome still comes. */
static void result_receiver_drop(void *self)
{
    Receiver *receiver =
        dying(self, KIND_FfiBootstrapResultReceiver, "BootstrapResultReceiver.drop");
    note("BootstrapResultReceiver.drop query=%s", receiver->subscription->query_id.bytes);
    let_go(receiver->subscription);
    bury(receiver);
}

/** Closes all streams, waits for their threads, and lets go of them. */
static void end_subscriptions(Component *source)
{
    bool join = !has(&source->config, "join") || flag(&source->config, "join");
    pthread_mutex_lock(&source->lock);
    Subscription *list = source->subscriptions;
    source->subscriptions = NULL;
    pthread_mutex_unlock(&source->lock);
    for (Subscription *it = list; it != NULL; it = it->next) {
        set(it, &it->changes_closed);
        give_bootstrap_up(it);
    }
    while (list != NULL) {
        Subscription *it = list;
        list = it->next;
        dismiss(&it->crew, join, true);
        let_go(it);
    }
}

/* --- position handles */

/* As a Rust `Arc` has it. They are never freed: no host but one in Rust can say when it is done. */
typedef struct Handle {
    struct Handle *next;
    Text source_id;
    Text query_id;
    bool removed;
    atomic_size_t strong;
    atomic_size_t weak;
    _Atomic uint64_t position;
} Handle;

static pthread_mutex_t handles_lock = PTHREAD_MUTEX_INITIALIZER;
static Handle *handles;

static const void *make_handle(FfiStr source_id, FfiStr query_id, uint64_t position)
{
    Handle *handle = claim(sizeof *handle);
    handle->source_id = copied(source_id);
    handle->query_id = copied(query_id);
    /* One reference is the plugin's, one goes to the host. */
    atomic_init(&handle->strong, 2);
    atomic_init(&handle->weak, 1);
    atomic_init(&handle->position, position);
    pthread_mutex_lock(&handles_lock);
    handle->next = handles;
    handles = handle;
    pthread_mutex_unlock(&handles_lock);
    return &handle->position;
}

/* The last one that was made for them, or null. */
static Handle *find_handle(FfiStr source_id, FfiStr query_id)
{
    pthread_mutex_lock(&handles_lock);
    Handle *handle = handles;
    while (handle != NULL
        && !(is(source_id, handle->source_id.bytes) && is(query_id, handle->query_id.bytes))) {
        handle = handle->next;
    }
    pthread_mutex_unlock(&handles_lock);
    return handle;
}

/** What is in the last position handle of a source and a query. */
DRASI_EXPORT uint64_t test_position(const char *source_id, const char *query_id)
{
    Handle *handle =
        find_handle((FfiStr){source_id, strlen(source_id)}, (FfiStr){query_id, strlen(query_id)});
    if (handle == NULL) {
        die("test_position: there is no handle of %s for %s", source_id, query_id);
    }
    return atomic_load(&handle->position);
}

static FfiResult source_remove_position_handle(void *self, FfiStr query_id)
{
    const Component *it = check(self, KIND_SourceVtable, "Source.remove_position_handle");
    Handle *handle = find_handle(lent(&it->id), query_id);
    Text why = {0};
    if (handle == NULL || handle->removed) {
        note(
            "Source.remove_position_handle id=%s query=%.*s unknown", it->id.bytes, SHOW(query_id));
        addf(&why, "no position handle for %.*s", SHOW(query_id));
        return failure(&it->config, &why);
    }
    note("Source.remove_position_handle id=%s query=%.*s position=%llu", it->id.bytes,
        SHOW(query_id), (unsigned long long)atomic_load(&handle->position));
    if (told_to_fail(&it->config, "remove_position_handle")) {
        why = configured_complaint(&it->config, "remove_position_handle");
        return failure(&it->config, &why);
    }
    handle->removed = true;
    return success();
}

/* --- further slots of a source */

static FfiDispatchMode source_dispatch_mode(const void *self)
{
    const Component *it = check(self, KIND_SourceVtable, "Source.dispatch_mode");
    note("Source.dispatch_mode id=%s", it->id.bytes);
    const char *otherwise = is(it->kind, "replayer") ? "broadcast" : "channel";
    return is(text_of(&it->config, "dispatch", otherwise), "broadcast") ? FfiDispatchMode_Broadcast
                                                                        : FfiDispatchMode_Channel;
}

static FfiOwnedStr source_describe_schema(const void *self)
{
    const Component *it = check(self, KIND_SourceVtable, "Source.describe_schema");
    note("Source.describe_schema id=%s", it->id.bytes);
    const Json *schema = member(&it->config, "schema");
    return schema->type == '-' ? owned((FfiStr)STATIC_TEXT("null")) : owned(lent(&schema->text));
}

static bool source_supports_replay(const void *self)
{
    const Component *it = check(self, KIND_SourceVtable, "Source.supports_replay");
    note("Source.supports_replay id=%s", it->id.bytes);
    return is(it->kind, "replayer");
}

/* The struct is moved out and its block, which the host allocated, is freed. */
static void source_set_bootstrap_provider(void *self, BootstrapProviderVtable *table)
{
    Component *it = check(self, KIND_SourceVtable, "Source.set_bootstrap_provider");
    note("Source.set_bootstrap_provider id=%s provider=%d", it->id.bytes, table != NULL);
    if (table == NULL) {
        return;
    }
    Provider *provider = claim(sizeof *provider);
    atomic_init(&provider->holders, 1);
    provider->table = *table;
    free(table);
    pthread_mutex_lock(&it->lock);
    Provider *before = it->provider;
    it->provider = provider;
    pthread_mutex_unlock(&it->lock);
    provider_let_go(before);
}

static Subscription *make_subscription(
    Component *source, FfiStr query_id, FfiStr nodes, FfiStr relations)
{
    Subscription *it = claim(sizeof *it);
    it->source_id = copied(lent(&source->id));
    it->query_id = copied(query_id);
    it->server_id = copied(lent(&source->services.instance));
    parse(lent(&source->config.text), &it->config);
    /* Bad JSON is an empty list. */
    if (!parse(nodes, &it->nodes) || it->nodes.type != '[') {
        end_json(&it->nodes);
    }
    if (!parse(relations, &it->relations) || it->relations.type != '[') {
        end_json(&it->relations);
    }
    begin_crew(&it->crew);
    pthread_mutex_init(&it->turn, NULL);
    pthread_mutex_init(&it->bootstrap_turn, NULL);
    pthread_mutex_init(&it->lock, NULL);
    pthread_cond_init(&it->changed, NULL);
    atomic_init(&it->holders, 1);
    pthread_mutex_lock(&source->lock);
    it->provider = source->provider;
    if (it->provider != NULL) {
        atomic_fetch_add(&it->provider->holders, 1);
    }
    it->next = source->subscriptions;
    source->subscriptions = it;
    pthread_mutex_unlock(&source->lock);
    return it;
}

/* The tables go to the heap: the host moves them and frees the blocks. */
static FfiChangeReceiver *make_change_receiver(Subscription *it)
{
    FfiChangeReceiver *table = allocate(KIND_FfiChangeReceiver, sizeof *table);
    *table = (FfiChangeReceiver){
        .state = make_receiver(KIND_FfiChangeReceiver, it),
        .executor = no_executor,
        .start_push_fn = change_receiver_start_push,
        .drop_fn = change_receiver_drop,
    };
    return table;
}

static FfiBootstrapReceiver *make_bootstrap_receiver(Subscription *it)
{
    FfiBootstrapReceiver *table = allocate(KIND_FfiBootstrapReceiver, sizeof *table);
    *table = (FfiBootstrapReceiver){
        .state = make_receiver(KIND_FfiBootstrapReceiver, it),
        .start_push_fn = bootstrap_receiver_start_push,
        .drop_fn = bootstrap_receiver_drop,
    };
    return table;
}

static FfiBootstrapResultReceiver *make_result_receiver(Subscription *it)
{
    FfiBootstrapResultReceiver *table = allocate(KIND_FfiBootstrapResultReceiver, sizeof *table);
    *table = (FfiBootstrapResultReceiver){
        .state = make_receiver(KIND_FfiBootstrapResultReceiver, it),
        .start_fn = result_receiver_start,
        .drop_fn = result_receiver_drop,
    };
    return table;
}

static FfiSubscriptionResponse *source_subscribe(void *self, FfiStr source_id,
    bool enable_bootstrap, FfiStr query_id, FfiStr nodes_json, FfiStr relations_json,
    const uint8_t *resume_from_ptr, uint32_t resume_from_len, bool has_last_sequence,
    uint64_t last_sequence, bool request_position_handle)
{
    Component *source = check(self, KIND_SourceVtable, "Source.subscribe");
    Text resume = {0};
    Text last = {0};
    if (resume_from_len > RESUME_POSITION_MAX_LEN) {
        say(source, FfiLogLevel_Warn,
            (FfiStr)STATIC_TEXT("a resume position that is too long is ignored"));
        resume_from_len = 0;
    }
    add_bytes(&resume, resume_from_ptr, resume_from_len);
    addf(&last, has_last_sequence ? "%llu" : "none", (unsigned long long)last_sequence);
    note("Source.subscribe id=%s source=%.*s bootstrap=%d query=%.*s nodes=%.*s relations=%.*s "
         "resume=%s "
         "last=%s handle=%d",
        source->id.bytes, SHOW(source_id), enable_bootstrap, SHOW(query_id), SHOW(nodes_json),
        SHOW(relations_json), resume.bytes, last.bytes, request_position_handle);
    clear(&resume);
    clear(&last);
    if (!is(source_id, source->id.bytes) || begins(query_id, "fail:")
        || told_to_fail(&source->config, "subscribe")) {
        say(source, FfiLogLevel_Error, (FfiStr)STATIC_TEXT("this subscription fails"));
        return NULL;
    }
    Subscription *it = make_subscription(source, query_id, nodes_json, relations_json);
    FfiSubscriptionResponse *response = allocate(KIND_FfiSubscriptionResponse, sizeof *response);
    *response =
        (FfiSubscriptionResponse){.query_id = owned(query_id), .source_id = owned(source_id)};
    if (!told_to_fail(&source->config, "receiver")) {
        response->receiver = make_change_receiver(it);
    }
    bool has_data = it->provider != NULL || has(&source->config, "bootstrapEvents");
    if (enable_bootstrap && has_data && resume_from_len == 0) {
        response->bootstrap_receiver = make_bootstrap_receiver(it);
        if (!flag(&source->config, "noOutcome")) {
            response->bootstrap_result_receiver = make_result_receiver(it);
        }
    }
    if (request_position_handle) {
        uint64_t position = has_last_sequence ? last_sequence : POSITION_NOTHING_CONFIRMED;
        response->position_handle_ptr = make_handle(source_id, query_id, position);
    }
    return response;
}

/* --- further slots of a reaction */

static FfiStringArray reaction_query_ids(const void *self)
{
    const Component *it = check(self, KIND_ReactionVtable, "Reaction.query_ids");
    note("Reaction.query_ids id=%s", it->id.bytes);
    size_t count = it->query_ids.count;
    if (count == 0) {
        return (FfiStringArray){DANGLING(FfiOwnedStr), 0, 0};
    }
    FfiOwnedStr *ids = allocate(KIND_FfiStringArray, count * sizeof *ids);
    for (size_t index = 0; index < count; index++) {
        ids[index] = owned(lent(&it->query_ids.items[index].text));
    }
    return (FfiStringArray){ids, count, count};
}

/* It lives longer than the slot that starts it, so it has everything that it needs. */
typedef struct {
    FfiResultPushCallbackFn callback;
    void *ctx;
    Text id;
    uint64_t limit;
} Forwarder;

/* Asks for results until there is none, then says that it is gone. A result is a Rust object that nobody
   but Rust can read or end: it is counted, and that is all. */
static void *forward_results(void *argument)
{
    Forwarder *it = argument;
    FfiResultPushCallbackFn callback = it->callback;
    void *ctx = it->ctx;
    uint64_t count = 0;
    while (count < it->limit && callback(ctx, NULL) != NULL) {
        count++;
    }
    note("> results id=%s: %llu", it->id.bytes, (unsigned long long)count);
    clear(&it->id);
    free(it);
    callback(ctx, (void *)(uintptr_t)1);
    return NULL;
}

static void reaction_start_result_push(
    void *self, FfiResultPushCallbackFn callback, void *callback_ctx)
{
    Component *it = check(self, KIND_ReactionVtable, "Reaction.start_result_push");
    note("Reaction.start_result_push id=%s", it->id.bytes);
    Forwarder *forwarder = claim(sizeof *forwarder);
    *forwarder = (Forwarder){
        .callback = callback,
        .ctx = callback_ctx,
        .id = copied(lent(&it->id)),
        .limit = (uint64_t)number(&it->config, "results", INT64_MAX),
    };
    hire(&it->forwarders, forward_results, forwarder);
}

static bool reaction_is_durable(const void *self)
{
    const Component *it = check(self, KIND_ReactionVtable, "Reaction.is_durable");
    note("Reaction.is_durable id=%s", it->id.bytes);
    return flag(&it->config, "durable");
}

static bool reaction_needs_snapshot_on_fresh_start(const void *self)
{
    const Component *it =
        check(self, KIND_ReactionVtable, "Reaction.needs_snapshot_on_fresh_start");
    note("Reaction.needs_snapshot_on_fresh_start id=%s", it->id.bytes);
    return flag(&it->config, "needsSnapshot");
}

static uint8_t reaction_default_recovery_policy(const void *self)
{
    const Component *it = check(self, KIND_ReactionVtable, "Reaction.default_recovery_policy");
    note("Reaction.default_recovery_policy id=%s", it->id.bytes);
    return (uint8_t)number(&it->config, "recovery", FfiRecoveryPolicy_Strict);
}

static FfiResult reaction_bootstrap(void *self, const FfiBootstrapContext *ctx)
{
    static const FfiStr usual = STATIC_TEXT("[[\"read_checkpoint\"], [\"fetch_snapshot\"], "
                                            "[\"fetch_outbox\"], [\"write_checkpoint\"]]");
    Component *it = check(self, KIND_ReactionVtable, "Reaction.bootstrap");
    note("Reaction.bootstrap id=%s query=%.*s reset=%d", it->id.bytes, SHOW(ctx->query_id),
        ctx->is_reset);
    Json otherwise;
    parse(usual, &otherwise);
    const Json *steps =
        has(&it->config, "bootstrap") ? member(&it->config, "bootstrap") : &otherwise;
    /* On one thread of the plugin, or on the host's: an iterator is nothing for several. */
    size_t threads = number(&it->config, "workers", 0) != 0;
    Text why = {0};
    bool good = work_through(it, steps, ctx, threads, &why);
    end_json(&otherwise);
    if (good && !told_to_fail(&it->config, "bootstrap")) {
        return success();
    }
    if (good) {
        why = configured_complaint(&it->config, "bootstrap");
    }
    return failure(&it->config, &why);
}

/* --- a bootstrap provider */

typedef struct {
    Object object;
    Json config;
} Loader;

/* One bootstrap that is going on. */
typedef struct {
    const Loader *loader;
    FfiBootstrapSender *sender;
    FfiStr source_id;
    FfiStr label;
    atomic_llong accepted;
    atomic_llong refused;
} Loading;

static void *load_records(void *argument)
{
    Loading *it = argument;
    int64_t events = number(&it->loader->config, "events", 0);
    struct timespec pause = {.tv_nsec = (long)number(&it->loader->config, "pauseMs", 0) * 1000000};
    for (int64_t sequence = 0; sequence < events; sequence++) {
        FfiBootstrapEvent *event = make_record(it->source_id, NOW + sequence, (uint64_t)sequence);
        Text entity = textf("entity-%lld", (long long)sequence);
        event->label = it->label;
        event->entity_id = lent(&entity);
        int32_t refused = it->sender->send_fn(it->sender->state, event);
        /* The texts were lent for the call. */
        memset(entity.bytes, '#', entity.length);
        clear(&entity);
        atomic_fetch_add(refused != 0 ? &it->refused : &it->accepted, 1);
        if (refused != 0) {
            break;
        }
        nanosleep(&pause, NULL);
    }
    return NULL;
}

static Text joined(const FfiStr *labels, size_t count)
{
    Text text = textf("[");
    for (size_t index = 0; index < count; index++) {
        addf(&text, "%s%.*s", index == 0 ? "" : ", ", SHOW(labels[index]));
    }
    addf(&text, "]");
    return text;
}

static FfiBootstrapResult *loader_bootstrap(void *self, FfiStr query_id, const FfiStr *node_labels,
    size_t node_labels_count, const FfiStr *relation_labels, size_t relation_labels_count,
    FfiStr request_id, FfiStr server_id, FfiStr source_id, FfiBootstrapSender *sender)
{
    const Loader *loader = check(self, KIND_BootstrapProviderVtable, "BootstrapProvider.bootstrap");
    Text nodes = joined(node_labels, node_labels_count);
    Text relations = joined(relation_labels, relation_labels_count);
    note("BootstrapProvider.bootstrap query=%.*s nodes=%s relations=%s request=%.*s server=%.*s "
         "source=%.*s",
        SHOW(query_id), nodes.bytes, relations.bytes, SHOW(request_id), SHOW(server_id),
        SHOW(source_id));
    clear(&nodes);
    clear(&relations);
    Loading loading = {
        .loader = loader,
        .sender = sender,
        .source_id = source_id,
        .label = node_labels_count != 0 ? node_labels[0] : text_of(&loader->config, "label", ""),
    };
    int64_t threads = number(&loader->config, "threads", 0);
    Crew crew;
    begin_crew(&crew);
    for (int64_t count = 0; count < threads; count++) {
        hire(&crew, load_records, &loading);
    }
    if (threads == 0) {
        load_records(&loading);
    }
    dismiss(&crew, true, true);
    end_crew(&crew);
    long long accepted = atomic_load(&loading.accepted);
    note("> send query=%.*s: accepted=%lld refused=%lld", SHOW(query_id), accepted,
        atomic_load(&loading.refused));
    bool fails = told_to_fail(&loader->config, "count");
    Outcome outcome = {
        .given = !told_to_fail(&loader->config, "bootstrap"),
        .events = fails ? -1 : accepted,
        .last_sequence = fails ? -1 : accepted - 1,
        .aligned = true,
        .position = bytes_of(text_of(&loader->config, "position", "")),
    };
    FfiBootstrapResult *result = make_result(&outcome);
    clear(&outcome.position);
    return result;
}

static void loader_drop(void *self)
{
    Loader *loader = dying(self, KIND_BootstrapProviderVtable, "BootstrapProvider.drop");
    note("BootstrapProvider.drop");
    end_json(&loader->config);
    bury(loader);
}

/* --- an identity provider */

typedef struct {
    Object object;
    Text config;
    unsigned generation; /* 0, and one more for each clone of a clone */
} Badge;

static FfiCredentialsResult no_credentials(const Json *config, Text *why)
{
    FfiResult result = failure(config, why);
    return (FfiCredentialsResult){.error_code = result.error_code, .error_msg = result.error_msg};
}

/* What is in the context goes before what is in the configuration. */
static FfiStr either(
    const Json *context, const Json *config, const char *name, const char *otherwise)
{
    return has(context, name) ? text_of(context, name, "") : text_of(config, name, otherwise);
}

static FfiCredentials credentials_for(const Json *context, const Json *config)
{
    FfiStr type = either(context, config, "type", "password");
    FfiStr user = either(context, config, "user", "user");
    FfiStr host = either(context, config, "host", "everything");
    Text secret = textf("%.*s for %.*s", SHOW(type), SHOW(host));
    FfiCredentials result = {.credential_type = FfiCredentialType_UsernamePassword};
    if (is(type, "certificate")) {
        static const FfiStr certificate = STATIC_TEXT("-----BEGIN CERTIFICATE-----\n");
        bool named = has(context, "user") || has(config, "user");
        result = (FfiCredentials){
            .credential_type = FfiCredentialType_Certificate,
            .field1 = c_string(certificate),
            .field2 = c_string(lent(&secret)),
            .field3 = named ? c_string(user) : NULL,
        };
    } else {
        result.credential_type =
            is(type, "token") ? FfiCredentialType_Token : result.credential_type;
        result.field1 = c_string(user);
        result.field2 = c_string(lent(&secret));
    }
    clear(&secret);
    return result;
}

static FfiCredentialsResult badge_get_credentials(
    const void *self, const uint8_t *context_json, size_t context_len)
{
    const Badge *badge =
        check(self, KIND_IdentityProviderVtable, "IdentityProvider.get_credentials");
    FfiStr text = {(const char *)context_json, context_len};
    note("IdentityProvider.get_credentials generation=%u context=%.*s", badge->generation,
        SHOW(text));
    Json config, context;
    parse(lent(&badge->config), &config);
    if (!parse(text, &context) && context_len != 0) {
        say(NULL, FfiLogLevel_Warn,
            (FfiStr)STATIC_TEXT("a context that is no JSON counts as empty"));
        end_json(&context);
    }
    FfiCredentialsResult result = {.error_code = 0};
    Text why = {0};
    if (has(&context, "fail")) {
        why = complaint(text_of(&context, "fail", ""), "get_credentials");
        result = no_credentials(&config, &why);
    } else if (told_to_fail(&config, "get_credentials")) {
        why = configured_complaint(&config, "get_credentials");
        result = no_credentials(&config, &why);
    } else {
        result.credentials = credentials_for(&context, &config);
    }
    end_json(&config);
    end_json(&context);
    return result;
}

static Badge *make_badge(FfiStr config, unsigned generation)
{
    Badge *badge = make(KIND_IdentityProviderVtable, sizeof *badge);
    badge->config = copied(config);
    badge->generation = generation;
    return badge;
}

static void *badge_clone(const void *self)
{
    const Badge *badge = check(self, KIND_IdentityProviderVtable, "IdentityProvider.clone");
    note("IdentityProvider.clone generation=%u", badge->generation);
    Json config;
    parse(lent(&badge->config), &config);
    bool fails = told_to_fail(&config, "clone");
    end_json(&config);
    return fails ? NULL : make_badge(lent(&badge->config), badge->generation + 1);
}

static void badge_drop(void *self)
{
    Badge *badge = dying(self, KIND_IdentityProviderVtable, "IdentityProvider.drop");
    note("IdentityProvider.drop generation=%u", badge->generation);
    clear(&badge->config);
    bury(badge);
}

/* --- a secret store */

typedef struct {
    Object object;
    Json config;
} Vault;

static FfiGetSecretResult no_secret(const Json *config, Text *why)
{
    FfiResult result = failure(config, why);
    return (FfiGetSecretResult){.error_code = result.error_code, .error_msg = result.error_msg};
}

static FfiGetSecretResult vault_get_secret(const void *self, FfiStr name)
{
    const Vault *vault = check(self, KIND_SecretStoreProviderVtable, "SecretStore.get_secret");
    note("SecretStore.get_secret name=%.*s", SHOW(name));
    Text why = {0};
    if (begins(name, "fail:")) {
        why = complaint(behind(name, "fail:"), "get_secret");
        return no_secret(&vault->config, &why);
    }
    if (told_to_fail(&vault->config, "get_secret")) {
        why = configured_complaint(&vault->config, "get_secret");
        return no_secret(&vault->config, &why);
    }
    Text key = copied(name);
    const Json *secret = member(member(&vault->config, "secrets"), key.bytes);
    clear(&key);
    if (secret->type == 'n') {
        /* Null is another way to say an empty text. */
        return (FfiGetSecretResult){.value = NULL};
    }
    if (secret->type != '"') {
        addf(&why, "no secret named %.*s", SHOW(name));
        return no_secret(&vault->config, &why);
    }
    return (FfiGetSecretResult){.value = c_string(lent(&secret->text))};
}

static void vault_drop(void *self)
{
    Vault *vault = dying(self, KIND_SecretStoreProviderVtable, "SecretStore.drop");
    note("SecretStore.drop");
    end_json(&vault->config);
    bury(vault);
}

/* --- what all factories have in common */

typedef struct {
    Object object;
    const char *name; /* in the journal */
    FfiStr kind;
    FfiStr schema_name;
} Factory;

static const Factory *factory(const void *self, Kind kind, const char *call)
{
    return check(self, kind, call);
}

/* Five tables begin in the same way, but the objects behind them are told apart. */
#define FACTORY_SLOTS(prefix, table) \
    static FfiStr prefix##_kind(const void *self) \
    { \
        const Factory *it = factory(self, KIND_##table, #table ".kind"); \
        note("%s.kind kind=%s", it->name, it->kind.ptr); \
        return it->kind; \
    } \
    static FfiStr prefix##_config_version(const void *self) \
    { \
        const Factory *it = factory(self, KIND_##table, #table ".config_version"); \
        note("%s.config_version kind=%s", it->name, it->kind.ptr); \
        return (FfiStr)STATIC_TEXT("1.2.0"); \
    } \
    static FfiOwnedStr prefix##_config_schema_json(const void *self) \
    { \
        const Factory *it = factory(self, KIND_##table, #table ".config_schema_json"); \
        note("%s.config_schema_json kind=%s", it->name, it->kind.ptr); \
        return schema_of(it); \
    } \
    static FfiStr prefix##_config_schema_name(const void *self) \
    { \
        const Factory *it = factory(self, KIND_##table, #table ".config_schema_name"); \
        note("%s.config_schema_name kind=%s", it->name, it->kind.ptr); \
        return it->schema_name; \
    } \
    static void prefix##_drop(void *self) \
    { \
        Factory *it = dying(self, KIND_##table, #table ".drop"); \
        note("%s.drop kind=%s", it->name, it->kind.ptr); \
        bury(it); \
    }

#define FACTORY_TABLE(prefix) \
    .executor = no_executor, .kind_fn = prefix##_kind, \
    .config_version_fn = prefix##_config_version, \
    .config_schema_json_fn = prefix##_config_schema_json, \
    .config_schema_name_fn = prefix##_config_schema_name, .drop_fn = prefix##_drop

static FfiOwnedStr schema_of(const Factory *factory)
{
    Text text = textf("{\"%s\": {\"type\": \"object\"}}", factory->schema_name.ptr);
    FfiOwnedStr schema = owned(lent(&text));
    clear(&text);
    return schema;
}

FACTORY_SLOTS(source_factory, SourcePluginVtable)
FACTORY_SLOTS(reaction_factory, ReactionPluginVtable)
FACTORY_SLOTS(bootstrap_factory, BootstrapPluginVtable)
FACTORY_SLOTS(identity_factory, IdentityProviderPluginVtable)
FACTORY_SLOTS(secret_factory, SecretStorePluginVtable)

static Factory *make_factory(Kind kind, const char *name, FfiStr kind_name, FfiStr schema_name)
{
    Factory *it = make(kind, sizeof *it);
    it->name = name;
    it->kind = kind_name;
    it->schema_name = schema_name;
    return it;
}

/** The configuration of something that is to be made, or why it is not made. */
static bool read_config(FfiStr text, FfiStr id, Json *config, Text *why)
{
    if (!parse(text, config) || config->type != '{') {
        addf(why, "the configuration is no JSON object");
    } else if (begins(id, "fail:")) {
        *why = complaint(behind(id, "fail:"), "create");
    } else if (told_to_fail(config, "create")) {
        *why = configured_complaint(config, "create");
    } else {
        return true;
    }
    return false;
}

/** A failed creation; configuration and text are gone. */
static FfiCreateResult not_created(Json *config, Text *why)
{
    FfiResult result = failure(config, why);
    end_json(config);
    return (FfiCreateResult){.error_code = result.error_code, .error_msg = result.error_msg};
}

/* One reference of the configuration, such as {"kind": "Secret", "name": "password"}. */
static bool resolve(Json *reference, Text *why)
{
    pthread_mutex_lock(&library.lock);
    ConfigResolverFn resolver = library.resolver;
    void *ctx = library.resolver_ctx;
    pthread_mutex_unlock(&library.lock);
    if (resolver == NULL) {
        addf(why, "no resolver for %s", reference->name.bytes);
        return false;
    }
    FfiGetSecretResult result = resolver(ctx, lent(&reference->text));
    Text outcome = {0};
    bool good = succeeded(result.error_code, result.error_msg, &outcome);
    note("> resolve %s: %s", reference->text.bytes, good ? "ok" : outcome.bytes);
    if (good) {
        Text name = reference->name;
        reference->name = (Text){0};
        end_json(reference);
        *reference = (Json){.type = '"', .name = name};
        const char *value = result.value != NULL ? result.value : "";
        add(&reference->text, value, strlen(value));
        free(result.value);
    } else {
        addf(why, "cannot resolve %s: %s", reference->name.bytes, outcome.bytes);
    }
    clear(&outcome);
    return good;
}

static bool resolve_all(Json *config, Text *why)
{
    for (size_t index = 0; index < config->count; index++) {
        Json *item = &config->items[index];
        FfiStr kind = text_of(item, "kind", "");
        if ((is(kind, "Secret") || is(kind, "EnvironmentVariable")) && !resolve(item, why)) {
            return false;
        }
    }
    return true;
}

static Component *make_component(
    Kind kind, const Factory *factory, FfiStr id, Json config, bool auto_start)
{
    bool source = kind == KIND_SourceVtable;
    Component *it = make(kind, sizeof *it);
    it->name = source ? "Source" : "Reaction";
    it->type = source ? "source" : "reaction";
    it->kind = factory->kind;
    it->id = copied(id);
    it->config = config;
    it->auto_start = auto_start;
    it->query_ids = ABSENT;
    atomic_init(&it->status, FfiComponentStatus_Stopped);
    pthread_mutex_init(&it->lock, NULL);
    begin_crew(&it->forwarders);
    return it;
}

/* --- factories */

static FfiCreateResult create_source(void *self, FfiStr id, FfiStr config_json, bool auto_start)
{
    const Factory *it = check(self, KIND_SourcePluginVtable, "SourcePlugin.create_source");
    note("SourcePlugin.create_source kind=%s id=%.*s auto_start=%d config=%.*s", it->kind.ptr,
        SHOW(id), auto_start, SHOW(config_json));
    Json config;
    Text why = {0};
    if (!read_config(config_json, id, &config, &why) || !resolve_all(&config, &why)) {
        return not_created(&config, &why);
    }
    if (told_to_fail(&config, "table")) {
        /* No table, and yet no failure. */
        end_json(&config);
        return (FfiCreateResult){.ptr = NULL};
    }
    SourceVtable *table = allocate(KIND_SourceVtable, sizeof *table);
    *table = (SourceVtable){
        .state = make_component(KIND_SourceVtable, it, id, config, auto_start),
        .executor = no_executor,
        .id_fn = component_id,
        .type_name_fn = component_type_name,
        .auto_start_fn = component_auto_start,
        .dispatch_mode_fn = source_dispatch_mode,
        .properties_fn = component_properties,
        .describe_schema_fn = source_describe_schema,
        .start_fn = component_start,
        .stop_fn = component_stop,
        .status_fn = component_status,
        .deprovision_fn = component_deprovision,
        .initialize_fn = component_initialize,
        .subscribe_fn = source_subscribe,
        .set_bootstrap_provider_fn = source_set_bootstrap_provider,
        .supports_replay_fn = source_supports_replay,
        .remove_position_handle_fn = source_remove_position_handle,
        .drop_fn = source_drop,
    };
    return (FfiCreateResult){.ptr = table};
}

static FfiCreateResult create_reaction(
    void *self, FfiStr id, FfiStr query_ids_json, FfiStr config_json, bool auto_start)
{
    const Factory *it = check(self, KIND_ReactionPluginVtable, "ReactionPlugin.create_reaction");
    note("ReactionPlugin.create_reaction kind=%s id=%.*s queries=%.*s auto_start=%d config=%.*s",
        it->kind.ptr, SHOW(id), SHOW(query_ids_json), auto_start, SHOW(config_json));
    Json config, query_ids;
    Text why = {0};
    if (!read_config(config_json, id, &config, &why) || !resolve_all(&config, &why)) {
        return not_created(&config, &why);
    }
    if (!parse(query_ids_json, &query_ids) || query_ids.type != '[') {
        end_json(&query_ids);
        addf(&why, "the query ids are no JSON array");
        return not_created(&config, &why);
    }
    Component *reaction = make_component(KIND_ReactionVtable, it, id, config, auto_start);
    reaction->query_ids = query_ids;
    ReactionVtable *table = allocate(KIND_ReactionVtable, sizeof *table);
    *table = (ReactionVtable){
        .state = reaction,
        .executor = no_executor,
        .id_fn = component_id,
        .type_name_fn = component_type_name,
        .auto_start_fn = component_auto_start,
        .query_ids_fn = reaction_query_ids,
        .properties_fn = component_properties,
        .start_fn = component_start,
        .stop_fn = component_stop,
        .status_fn = component_status,
        .deprovision_fn = component_deprovision,
        .initialize_fn = component_initialize,
        .start_result_push_fn = reaction_start_result_push,
        .is_durable_fn = reaction_is_durable,
        .needs_snapshot_on_fresh_start_fn = reaction_needs_snapshot_on_fresh_start,
        .default_recovery_policy_fn = reaction_default_recovery_policy,
        .bootstrap_fn = reaction_bootstrap,
        .drop_fn = reaction_drop,
    };
    return (FfiCreateResult){.ptr = table};
}

static FfiCreateResult create_bootstrap_provider(
    void *self, FfiStr config_json, FfiStr source_config_json)
{
    const Factory *it =
        check(self, KIND_BootstrapPluginVtable, "BootstrapPlugin.create_bootstrap_provider");
    note("BootstrapPlugin.create_bootstrap_provider kind=%s config=%.*s source_config=%.*s",
        it->kind.ptr, SHOW(config_json), SHOW(source_config_json));
    Json config;
    Text why = {0};
    if (!read_config(config_json, (FfiStr)STATIC_TEXT(""), &config, &why)) {
        return not_created(&config, &why);
    }
    Loader *loader = make(KIND_BootstrapProviderVtable, sizeof *loader);
    loader->config = config;
    BootstrapProviderVtable *table = allocate(KIND_BootstrapProviderVtable, sizeof *table);
    *table = (BootstrapProviderVtable){
        .state = loader,
        .executor = no_executor,
        .bootstrap_fn = loader_bootstrap,
        .drop_fn = loader_drop,
    };
    return (FfiCreateResult){.ptr = table};
}

/* A factory whose failures are null: the reason goes to the log. */
static bool read_config_or_log(FfiStr text, Json *config)
{
    Text why = {0};
    bool good = read_config(text, (FfiStr)STATIC_TEXT(""), config, &why);
    if (!good) {
        say(NULL, FfiLogLevel_Error, lent(&why));
        end_json(config);
    }
    clear(&why);
    return good;
}

static IdentityProviderVtable *create_identity_provider(void *self, FfiStr config_json)
{
    const Factory *it = check(
        self, KIND_IdentityProviderPluginVtable, "IdentityProviderPlugin.create_identity_provider");
    note("IdentityProviderPlugin.create_identity_provider kind=%s config=%.*s", it->kind.ptr,
        SHOW(config_json));
    Json config;
    if (!read_config_or_log(config_json, &config)) {
        return NULL;
    }
    IdentityProviderVtable *table = allocate(KIND_IdentityProviderVtable, sizeof *table);
    *table = (IdentityProviderVtable){
        .state = make_badge(config_json, 0),
        .get_credentials_fn = badge_get_credentials,
        .clone_fn = badge_clone,
        .drop_fn = badge_drop,
    };
    end_json(&config);
    return table;
}

static SecretStoreProviderVtable *create_secret_store(void *self, FfiStr config_json)
{
    const Factory *it =
        check(self, KIND_SecretStorePluginVtable, "SecretStorePlugin.create_secret_store");
    note("SecretStorePlugin.create_secret_store kind=%s config=%.*s", it->kind.ptr,
        SHOW(config_json));
    Json config;
    if (!read_config_or_log(config_json, &config)) {
        return NULL;
    }
    Vault *vault = make(KIND_SecretStoreProviderVtable, sizeof *vault);
    vault->config = config;
    SecretStoreProviderVtable *table = allocate(KIND_SecretStoreProviderVtable, sizeof *table);
    *table = (SecretStoreProviderVtable){
        .state = vault,
        .get_secret_fn = vault_get_secret,
        .drop_fn = vault_drop,
    };
    return table;
}

/* --- loading */

/* Each list is a block of exactly as many tables as there are; the host moves them out and frees it. */
static SourcePluginVtable *source_factories(void)
{
    SourcePluginVtable *tables = allocate(KIND_SourcePluginVtable, 2 * sizeof *tables);
    tables[0] = tables[1] = (SourcePluginVtable){
        FACTORY_TABLE(source_factory),
        .create_source_fn = create_source,
    };
    tables[0].state = make_factory(KIND_SourcePluginVtable, "SourcePlugin",
        (FfiStr)STATIC_TEXT("ticker"), (FfiStr)STATIC_TEXT("source.ticker.TickerConfig"));
    tables[1].state = make_factory(KIND_SourcePluginVtable, "SourcePlugin",
        (FfiStr)STATIC_TEXT("replayer"), (FfiStr)STATIC_TEXT("source.replayer.ReplayerConfig"));
    if (NULL_SLOT) {
        tables[1].create_source_fn = NULL;
    }
    return tables;
}

static ReactionPluginVtable *reaction_factories(void)
{
    ReactionPluginVtable *table = allocate(KIND_ReactionPluginVtable, sizeof *table);
    *table = (ReactionPluginVtable){
        FACTORY_TABLE(reaction_factory),
        .state = make_factory(KIND_ReactionPluginVtable, "ReactionPlugin",
            (FfiStr)STATIC_TEXT("collector"),
            (FfiStr)STATIC_TEXT("reaction.collector.CollectorConfig")),
        .create_reaction_fn = create_reaction,
    };
    return table;
}

static BootstrapPluginVtable *bootstrap_factories(void)
{
    BootstrapPluginVtable *table = allocate(KIND_BootstrapPluginVtable, sizeof *table);
    *table = (BootstrapPluginVtable){
        FACTORY_TABLE(bootstrap_factory),
        .state = make_factory(KIND_BootstrapPluginVtable, "BootstrapPlugin",
            (FfiStr)STATIC_TEXT("loader"), (FfiStr)STATIC_TEXT("bootstrap.loader.LoaderConfig")),
        .create_bootstrap_provider_fn = create_bootstrap_provider,
    };
    return table;
}

static IdentityProviderPluginVtable *identity_factories(void)
{
    IdentityProviderPluginVtable *table =
        allocate(KIND_IdentityProviderPluginVtable, sizeof *table);
    *table = (IdentityProviderPluginVtable){
        FACTORY_TABLE(identity_factory),
        .state = make_factory(KIND_IdentityProviderPluginVtable, "IdentityProviderPlugin",
            (FfiStr)STATIC_TEXT("badge"), (FfiStr)STATIC_TEXT("identity.badge.BadgeConfig")),
        .create_identity_provider_fn = create_identity_provider,
    };
    return table;
}

static SecretStorePluginVtable *secret_factories(void)
{
    SecretStorePluginVtable *table = allocate(KIND_SecretStorePluginVtable, sizeof *table);
    *table = (SecretStorePluginVtable){
        FACTORY_TABLE(secret_factory),
        .state = make_factory(KIND_SecretStorePluginVtable, "SecretStorePlugin",
            (FfiStr)STATIC_TEXT("vault"), (FfiStr)STATIC_TEXT("secret.vault.VaultConfig")),
        .create_secret_store_fn = create_secret_store,
    };
    return table;
}

#ifndef PLUGIN_NO_METADATA
const PluginMetadata *drasi_plugin_metadata(void)
{
    static const PluginMetadata metadata = {
        .sdk_version = STATIC_TEXT(PLUGIN_SDK_VERSION),
        .core_version = STATIC_TEXT("0.5.3"),
        .lib_version = STATIC_TEXT("0.8.4"),
        .plugin_version = STATIC_TEXT("1.2.3"),
        .target_triple = STATIC_TEXT(PLUGIN_TRIPLE),
        .git_commit = STATIC_TEXT("unknown"),
        .build_timestamp = STATIC_TEXT("dev-build"),
    };
    note("Plugin.metadata");
    return NULL_METADATA ? NULL : &metadata;
}
#endif

FfiPluginRegistration *drasi_plugin_init(void)
{
    note("Plugin.init");
    if (NULL_INIT) {
        return NULL;
    }
    FfiPluginRegistration registration = {
        .source_plugins = source_factories(),
        .source_plugin_count = 2,
        .reaction_plugins = reaction_factories(),
        .reaction_plugin_count = 1,
        .bootstrap_plugins = bootstrap_factories(),
        .bootstrap_plugin_count = 1,
        .set_log_callback = set_log_callback,
        .set_lifecycle_callback = set_lifecycle_callback,
        .identity_provider_plugins = identity_factories(),
        .identity_provider_plugin_count = 1,
        .secret_store_plugins = IS_0_8_1 ? NULL : secret_factories(),
        .secret_store_plugin_count = 1,
        .set_config_resolver = set_config_resolver,
    };
    /* As 0.8.1 had it: what came with 0.8.2 would lie behind the end of the block. */
    size_t size =
        IS_0_8_1 ? offsetof(FfiPluginRegistration, secret_store_plugins) : sizeof registration;
    return memcpy(allocate(KIND_FfiPluginRegistration, size), &registration, size);
}

/* Every plugin of the SDK has it, and no host may call it. */
#ifndef PLUGIN_NO_SHUTDOWN
void drasi_plugin_shutdown(void)
{
    die("drasi_plugin_shutdown: no host may call it");
}
#endif
