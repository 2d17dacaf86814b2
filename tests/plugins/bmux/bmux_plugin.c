/*
 * A bmux plugin in plain C, with participants in snapshots. What each input makes it do is in README.md
 * beside this file.
 *
 * From "the participants" on, this is how a plugin is written. What comes before is what only a test needs:
 * everything that is made is counted, every call is written into a journal, and a misuse ends the process.
 */
#define _POSIX_C_SOURCE 200809L
#define BMUX_PLUGIN
#define BMUX_DEPRECATED(why)

/* Variants export something else in place of what they lack. */
#ifdef PLUGIN_NO_ENTRY
#define bmux_plugin_entry_v1 another_entry
#endif
#ifdef PLUGIN_ENTRY_ONLY
#define bmux_plugin_activate_v1 another_activate
#define bmux_plugin_register_stateful_v1 another_register
#define bmux_plugin_run_command_with_context_v1 another_command
#define bmux_plugin_run_command_v1 another_command_by_name
#define bmux_plugin_handle_event_v1 another_event
#define bmux_plugin_invoke_service_v1 another_service
#define bmux_plugin_deactivate_v1 another_deactivate
#endif
#include "bmux.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMATTED(format_at, arguments_at) __attribute__((format(printf, format_at, arguments_at)))

FORMATTED(1, 2) static _Noreturn void die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("bmux_plugin: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    abort();
}

/* --- the journal: one line per call. This lock is never held while somebody else's code runs. */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char journal[1 << 18];
static size_t journal_length;

FORMATTED(1, 2) static void note(const char *format, ...)
{
    pthread_mutex_lock(&lock);
    size_t room = sizeof journal - journal_length;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(journal + journal_length, room - 1, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= room - 1) {
        die("the journal is full");
    }
    journal_length += (size_t)length;
    journal[journal_length++] = '\n';
    journal[journal_length] = '\0';
    pthread_mutex_unlock(&lock);
}

BMUX_EXPORT const char *test_log(void)
{
    return journal;
}

/* --- everything that is made, by kind; what has ended is remembered until the test resets the plugin */

enum { PARTICIPANT, SNAPSHOT, REASON, KINDS };
static const char *const kind_names[KINDS] = {"BmuxStatefulPlugin", "BmuxSnapshot", "BmuxStatefulError"};

typedef struct Thing {
    int kind;
    bool ended;
    struct Thing *next;
} Thing;

static Thing *things;
static size_t made[KINDS];
static size_t live[KINDS];

static size_t count(const size_t *counts, const char *kind)
{
    size_t result = 0;
    pthread_mutex_lock(&lock);
    for (int each = 0; each < KINDS; each++) {
        if (kind == NULL || strcmp(kind, kind_names[each]) == 0) {
            result += counts[each];
        }
    }
    pthread_mutex_unlock(&lock);
    return result;
}

BMUX_EXPORT size_t test_live(const char *kind)
{
    return count(live, kind);
}

BMUX_EXPORT size_t test_made(const char *kind)
{
    return count(made, kind);
}

/* Memory that begins with a Thing. */
static void *begin(int kind, size_t size)
{
    Thing *thing = calloc(1, size);
    if (thing == NULL) {
        die("out of memory");
    }
    pthread_mutex_lock(&lock);
    thing->kind = kind;
    thing->next = things;
    things = thing;
    made[kind]++;
    live[kind]++;
    pthread_mutex_unlock(&lock);
    return thing;
}

/* The thing behind a pointer of the host; it ends here if `ends`. */
static void *checked(const void *pointer, int kind, bool ends, const char *where)
{
    pthread_mutex_lock(&lock);
    Thing *found = things;
    while (found != NULL && found != pointer) {
        found = found->next;
    }
    if (found == NULL || found->kind != kind) {
        die("%s: this is no %s", where, kind_names[kind]);
    }
    if (found->ended) {
        die("%s: this %s has ended before", where, kind_names[kind]);
    }
    if (ends) {
        found->ended = true;
        live[kind]--;
    }
    pthread_mutex_unlock(&lock);
    return found;
}

/* --- the participants */

typedef enum {
    COUNTER,
    NOTES,
    STATIC,
    SHORT,
    EMPTY,
    FAILS_SNAPSHOT,
    FAILS_RESTORE,
    MISMATCH,
    GARBLED,
    LONG,
    BARE,
    STRANGE,
    NEWER,
    NULL_SLOT,
    BEHAVIOURS
} Behaviour;

static const char *const behaviours[BEHAVIOURS] = {
    "counter",       "notes",    "static",  "short", "empty", "fails-snapshot",
    "fails-restore", "mismatch", "garbled", "long",  "bare",  "strange",
    "newer",         "null-slot"};

enum { ROOM = 200, LONG_TEXT = 100000 };

typedef struct Participant {
    Thing thing;
    Behaviour behaviour;
    char id[ROOM];
    uint32_t value;
    char text[ROOM];
    struct Participant *next;
} Participant;

/* What a snapshot or a failure lives in until it is released. */
typedef struct {
    Thing thing;
    uint8_t bytes[LONG_TEXT];
    char plugin[ROOM];
    uint32_t versions[3];
} Block;

/* The state of all participants. It is not held while the host's code runs, nor needed by the entries. */
static pthread_mutex_t state_lock = PTHREAD_MUTEX_INITIALIZER;
static Participant *participants;

static Participant *participant_of(const void *self, const char *slot)
{
    return checked(self, PARTICIPANT, false, slot);
}

static void release_snapshot(void *release_ctx)
{
    checked(release_ctx, SNAPSHOT, true, "release");
    note("release snapshot");
}

static void release_reason(void *release_ctx)
{
    checked(release_ctx, REASON, true, "release");
    note("release error");
}

/* Fills the error of a call. The texts live in a block that the host releases. */
static Block *explain(BmuxStatefulError *out_error, const char *plugin, const char *details, size_t length)
{
    Block *block = begin(REASON, sizeof *block);
    memcpy(block->bytes, details, length);
    snprintf(block->plugin, sizeof block->plugin, "%s", plugin);
    out_error->plugin = (BmuxStr){block->plugin, strlen(block->plugin)};
    out_error->details = (BmuxStr){(const char *)block->bytes, length};
    out_error->release_ctx = block;
    out_error->release = release_reason;
    return block;
}

static BmuxStatefulStatus
unsupported(const Participant *self, uint32_t version, const uint32_t *known, size_t count,
            BmuxStatefulError *out_error)
{
    Block *block = explain(out_error, self->id, "", 0);
    memcpy(block->versions, known, count * sizeof *known);
    out_error->expected = (BmuxVersionList){block->versions, count};
    out_error->version = version;
    return BmuxStatefulStatus_UNSUPPORTED_VERSION;
}

static void drop(void *self)
{
    Participant *participant = checked(self, PARTICIPANT, true, "drop");
    note("drop id=%s", participant->id);
    pthread_mutex_lock(&state_lock);
    Participant **place = &participants;
    while (*place != participant) {
        place = &(*place)->next;
    }
    *place = participant->next;
    pthread_mutex_unlock(&state_lock);
}

static BmuxStr id(const void *self)
{
    const Participant *participant = participant_of(self, "id");
    note("id id=%s", participant->id);
    return (BmuxStr){participant->id, strlen(participant->id)};
}

static void hand_out(BmuxSnapshot *out_snapshot, uint32_t version, const void *bytes, size_t length)
{
    Block *block = begin(SNAPSHOT, sizeof *block);
    memcpy(block->bytes, bytes, length);
    *out_snapshot = (BmuxSnapshot){
        .version = version,
        .bytes = {block->bytes, length},
        .release_ctx = block,
        .release = release_snapshot,
    };
}

static BmuxStatefulStatus snapshot(const void *self, BmuxSnapshot *out_snapshot, BmuxStatefulError *out_error)
{
    static const uint8_t fixed[] = {'f', 'i', 'x', 'e', 'd', 0, 0xFF};
    static const char why[] = "der Zustand ist weg \xe2\x80\x93 \xe7\x8a\xb6\xe6\x85\x8b";
    const Participant *participant = participant_of(self, "snapshot");
    note("snapshot id=%s", participant->id);
    switch (participant->behaviour) {
    case NOTES:
        pthread_mutex_lock(&state_lock);
        hand_out(out_snapshot, 2, participant->text, strlen(participant->text));
        pthread_mutex_unlock(&state_lock);
        return BmuxStatefulStatus_OK;
    case STATIC:
        *out_snapshot = (BmuxSnapshot){.version = 1, .bytes = {fixed, sizeof fixed}};
        return BmuxStatefulStatus_OK;
    case EMPTY:
        *out_snapshot = (BmuxSnapshot){.version = 1};
        return BmuxStatefulStatus_OK;
    case FAILS_SNAPSHOT:
        explain(out_error, participant->id, why, sizeof why - 1);
        return BmuxStatefulStatus_SNAPSHOT_FAILED;
    case GARBLED:
        explain(out_error, "", "bad \xff\xfe bytes", 12);
        return BmuxStatefulStatus_SNAPSHOT_FAILED;
    case LONG: {
        Block *block = explain(out_error, participant->id, "", 0);
        memset(block->bytes, 'x', LONG_TEXT);
        out_error->details.len = LONG_TEXT;
        return BmuxStatefulStatus_SNAPSHOT_FAILED;
    }
    case BARE:
        return BmuxStatefulStatus_SNAPSHOT_FAILED;
    case STRANGE:
        out_error->details = (BmuxStr){"static", 6};
        return 99;
    default: {
        pthread_mutex_lock(&state_lock);
        uint32_t value = participant->value;
        pthread_mutex_unlock(&state_lock);
        uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16), (uint8_t)(value >> 24)};
        hand_out(out_snapshot, participant->behaviour == MISMATCH ? 7 : 1, bytes, sizeof bytes);
        return BmuxStatefulStatus_OK;
    }
    }
}

static BmuxStatefulStatus
restore(const void *self, uint32_t version, BmuxBytes bytes, BmuxStatefulError *out_error)
{
    static const uint32_t known[] = {1, 2, 5};
    static const char refused[] = "passt nicht \xe2\x80\x93 \xe5\xa3\x8a\xe3\x82\x8c\xe3\x81\x9f";
    Participant *participant = participant_of(self, "restore");
    note("restore id=%s version=%u length=%zu", participant->id, (unsigned)version, bytes.len);
    switch (participant->behaviour) {
    case COUNTER:
    case NEWER:
        if (version != 1) {
            return unsupported(participant, version, known, 1, out_error);
        }
        if (bytes.len != 4) {
            char text[ROOM];
            int length = snprintf(text, sizeof text, "4 bytes are a counter, %zu are not", bytes.len);
            explain(out_error, participant->id, text, (size_t)length);
            return BmuxStatefulStatus_RESTORE_FAILED;
        }
        pthread_mutex_lock(&state_lock);
        participant->value = (uint32_t)bytes.ptr[0] | (uint32_t)bytes.ptr[1] << 8 |
                             (uint32_t)bytes.ptr[2] << 16 | (uint32_t)bytes.ptr[3] << 24;
        pthread_mutex_unlock(&state_lock);
        return BmuxStatefulStatus_OK;
    case NOTES:
        if (version != 1 && version != 2) {
            return unsupported(participant, version, known, 2, out_error);
        }
        if (bytes.len >= sizeof participant->text) {
            explain(out_error, participant->id, refused, sizeof refused - 1);
            return BmuxStatefulStatus_RESTORE_FAILED;
        }
        pthread_mutex_lock(&state_lock);
        if (bytes.len != 0) {
            memcpy(participant->text, bytes.ptr, bytes.len);
        }
        participant->text[bytes.len] = '\0';
        pthread_mutex_unlock(&state_lock);
        return BmuxStatefulStatus_OK;
    case FAILS_RESTORE:
        explain(out_error, participant->id, refused, sizeof refused - 1);
        return BmuxStatefulStatus_RESTORE_FAILED;
    case MISMATCH:
        return unsupported(participant, version, known, 3, out_error);
    default:
        return BmuxStatefulStatus_OK;
    }
}

/* --- inputs: text such as `verb:rest`; a plugin of the real world decodes bmux's codec here */

typedef struct {
    const char *start;
    size_t length;
} Piece;

static bool begins(Piece text, const char *verb, Piece *rest)
{
    size_t length = strlen(verb);
    if (text.length < length || memcmp(text.start, verb, length) != 0) {
        return false;
    }
    *rest = (Piece){text.start + length, text.length - length};
    return true;
}

/* What stands before a separator, which is taken out of `rest` as well. */
static Piece next_piece(Piece *rest, char separator)
{
    const char *end = rest->length ? memchr(rest->start, separator, rest->length) : NULL;
    Piece piece = {rest->start, end != NULL ? (size_t)(end - rest->start) : rest->length};
    size_t taken = piece.length + (end != NULL);
    *rest = (Piece){rest->start + taken, rest->length - taken};
    return piece;
}

static unsigned long long number(Piece text)
{
    char digits[32] = "";
    if (text.length < sizeof digits) {
        memcpy(digits, text.start, text.length);
    }
    return strtoull(digits, NULL, 10);
}

/* --- registration */

static char configuration[1 << 12];
static BmuxStatefulRegistry kept_registry;

static Participant *new_participant(Piece word)
{
    Piece behaviour = next_piece(&word, '=');
    Piece name = word.length ? word : behaviour;
    Participant *self = begin(PARTICIPANT, sizeof *self);
    while (self->behaviour < BEHAVIOURS) {
        const char *known = behaviours[self->behaviour];
        if (strlen(known) == behaviour.length && memcmp(known, behaviour.start, behaviour.length) == 0) {
            break;
        }
        self->behaviour++;
    }
    if (self->behaviour == BEHAVIOURS) {
        die("there are no participants of this kind: %.*s", (int)behaviour.length, behaviour.start);
    }
    snprintf(self->id, sizeof self->id, "bmux.test/%.*s", (int)name.length, name.start);
    pthread_mutex_lock(&state_lock);
    self->next = participants;
    participants = self;
    pthread_mutex_unlock(&state_lock);
    return self;
}

static void register_participant(const BmuxStatefulRegistry *registry, Piece word)
{
    Participant *participant = new_participant(word);
    bool is_short = participant->behaviour == SHORT;
    size_t size = is_short ? offsetof(BmuxStatefulPlugin, restore) : sizeof(BmuxStatefulPlugin);
    BmuxStatefulPlugin whole = {
        .abi_version = participant->behaviour == NEWER ? 2 : BMUX_STATEFUL_ABI_VERSION,
        .struct_size = (uint32_t)size,
        .state = participant,
        .drop = drop,
        .id = id,
        .snapshot = participant->behaviour == NULL_SLOT ? NULL : snapshot,
        .restore = participant->behaviour == STATIC ? NULL : restore,
    };
    /* The table is a block of exactly its size, and gone after the call: the host has to copy it. */
    BmuxStatefulPlugin *table = malloc(size);
    if (table == NULL) {
        die("out of memory");
    }
    memcpy(table, &whole, size);
    BmuxRegisterStatus status = registry->register_plugin(registry->state, table);
    memset(table, 0xFF, size);
    free(table);
    note("registered id=%s status=%d", participant->id, (int)status);
    if (status != BmuxRegisterStatus_OK) {
        drop(participant);
    }
}

/* --- the entries, which take turns */

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static bool panicked;

/* The input of an entry, or null and the status that the entry returns. */
static const Piece *enter(const char *where, const uint8_t *input, size_t length, int32_t *status, Piece *text)
{
    pthread_mutex_lock(&turn);
    *text = (Piece){(const char *)input, length};
    if (panicked) {
        *status = BmuxCallStatus_UNAVAILABLE;
    } else if (input == NULL) {
        *status = BmuxCallStatus_NULL_INPUT;
    } else {
        note("%s input=%.*s", where, length < 100 ? (int)length : 100, text->start);
        return text;
    }
    note("%s status=%d", where, (int)*status);
    pthread_mutex_unlock(&turn);
    return NULL;
}

static BmuxCallStatus leave(BmuxCallStatus status)
{
    pthread_mutex_unlock(&turn);
    return status;
}

#if defined PLUGIN_FOR_LATER_HOSTS
#define RANGES "native_abi = { minimum = \"1.1\", maximum = \"1.4\" }\n"
#elif defined PLUGIN_FOR_EARLIER_HOSTS
#define RANGES "[plugin_api]\nminimum = \"0.3\"\nmaximum = \"0.9\"\n"
#elif defined PLUGIN_FOR_ANY_HOST
#define RANGES ""
#elif defined PLUGIN_BAD_RANGE
#define RANGES "[native_abi]\nminimum = \"1.x\"\n"
#else
#define RANGES                                                                                     \
    "[plugin_api]\nminimum = \"1.0\"\n[native_abi]\nminimum = \"1.0\"\nmaximum = \"1.0\"\n"
#endif

const char *bmux_plugin_entry_v1(void)
{
    note("entry");
#if defined PLUGIN_NULL_MANIFEST
    return NULL;
#elif defined PLUGIN_GARBLED_MANIFEST
    return "id = \"\xff\xfe\"\n";
#elif defined PLUGIN_BAD_MANIFEST
    return "id = [\n";
#else
    return "id = \"bmux.test\"\n"
           "name = \"Pr\xc3\xbc"
           "fstand\"\n"
           "version = \"0.0.1\"\n"
           RANGES;
#endif
}

BmuxCallStatus bmux_plugin_activate_v1(const uint8_t *input_ptr, size_t input_len)
{
    BmuxCallStatus status;
    Piece text, rest;
    if (enter("activate", input_ptr, input_len, &status, &text) == NULL) {
        return status;
    }
    if (text.length >= sizeof configuration) {
        return leave(BmuxCallStatus_BAD_INPUT);
    }
    memcpy(configuration, text.start, text.length);
    configuration[text.length] = '\0';
    return leave(begins(text, "status:", &rest) ? (BmuxCallStatus)number(rest) : BmuxCallStatus_OK);
}

BmuxCallStatus bmux_plugin_register_stateful_v1(const BmuxStatefulRegistry *registry)
{
    if (registry == NULL) {
        return BmuxCallStatus_NULL_INPUT;
    }
    pthread_mutex_lock(&turn);
    note("register abi_version=%u whole=%d", (unsigned)registry->abi_version,
         registry->struct_size >= sizeof *registry);
    if (registry->abi_version != BMUX_STATEFUL_ABI_VERSION || registry->struct_size < sizeof *registry) {
        return leave(BmuxCallStatus_FAILURE);
    }
    BmuxCallStatus status = BmuxCallStatus_OK;
    Piece words = {configuration, strlen(configuration)};
    while (words.length != 0) {
        Piece word = next_piece(&words, ' ');
        Piece rest;
        if (begins(word, "register:", &rest)) {
            register_participant(registry, rest);
        } else if (begins(word, "then:", &rest)) {
            status = (BmuxCallStatus)number(rest);
        } else if (begins(word, "keep", &rest)) {
            kept_registry = *registry;
        }
    }
    return leave(status);
}

BmuxCallStatus bmux_plugin_run_command_with_context_v1(const uint8_t *input_ptr, size_t input_len)
{
    BmuxCallStatus status;
    Piece text, rest;
    if (enter("command", input_ptr, input_len, &status, &text) == NULL) {
        return status;
    }
    if (begins(text, "exit:", &rest)) {
        return leave((BmuxCallStatus)number(rest));
    }
    if (begins(text, "panic", &rest)) {
        panicked = true;
        return leave(BmuxCallStatus_UNAVAILABLE);
    }
    return leave(BmuxCallStatus_USAGE);
}

BmuxCallStatus bmux_plugin_run_command_v1(const char *command_name, size_t argc, const BmuxArgument *argv)
{
    pthread_mutex_lock(&turn);
    note("command_by_name name=%s count=%zu", command_name, argc);
    for (size_t each = 0; each < argc; each++) {
        note("argument %zu=%s", each, argv[each]);
    }
    bool is_exit = strcmp(command_name, "exit") == 0 && argc == 1;
    return leave(is_exit ? (BmuxCallStatus)strtol(argv[0], NULL, 10) : BmuxCallStatus_OK);
}

/* Changes participants of a name: `add:NAME:NUMBER` or `text:NAME:TEXT`. */
static bool change(Piece rest, bool is_text)
{
    Piece name = next_piece(&rest, ':');
    bool found = false;
    pthread_mutex_lock(&state_lock);
    for (Participant *each = participants; each != NULL; each = each->next) {
        const char *own = strchr(each->id, '/') + 1;
        if (strlen(own) == name.length && memcmp(own, name.start, name.length) == 0) {
            found = true;
            if (is_text) {
                snprintf(each->text, sizeof each->text, "%.*s", (int)rest.length, rest.start);
            } else {
                each->value += (uint32_t)number(rest);
            }
        }
    }
    pthread_mutex_unlock(&state_lock);
    return found;
}

BmuxCallStatus bmux_plugin_handle_event_v1(const uint8_t *input_ptr, size_t input_len)
{
    BmuxCallStatus status;
    Piece text, rest;
    if (enter("event", input_ptr, input_len, &status, &text) == NULL) {
        return status;
    }
    if (begins(text, "add:", &rest)) {
        return leave(change(rest, false) ? BmuxCallStatus_OK : BmuxCallStatus_FAILURE);
    }
    if (begins(text, "text:", &rest)) {
        return leave(change(rest, true) ? BmuxCallStatus_OK : BmuxCallStatus_FAILURE);
    }
    if (begins(text, "late", &rest) && kept_registry.register_plugin != NULL) {
        register_participant(&kept_registry, (Piece){"counter=late", 12});
        return leave(BmuxCallStatus_OK);
    }
    return leave(BmuxCallStatus_BAD_INPUT);
}

BmuxCallStatus bmux_plugin_deactivate_v1(const uint8_t *input_ptr, size_t input_len)
{
    BmuxCallStatus status;
    Piece text, rest;
    if (enter("deactivate", input_ptr, input_len, &status, &text) == NULL) {
        return status;
    }
    note("deactivate participants=%zu", test_live(kind_names[PARTICIPANT]));
    return leave(begins(text, "status:", &rest) ? (BmuxCallStatus)number(rest) : BmuxCallStatus_OK);
}

/* --- services */

static unsigned grown;

/* What a call of the host's bridge gives, in memory that the caller frees. */
static BmuxServiceStatus ask(BmuxHostKernelBridgeFn bridge, Piece request, uint8_t **answer, size_t *length)
{
    size_t room = 16;
    *answer = malloc(room);
    BmuxServiceStatus status = bridge((const uint8_t *)request.start, request.length, *answer, room, length);
    if (status == BmuxServiceStatus_BUFFER_TOO_SMALL) {
        room = *length;
        free(*answer);
        *answer = malloc(room);
        status = bridge((const uint8_t *)request.start, request.length, *answer, room, length);
    }
    return status;
}

typedef struct {
    BmuxHostKernelBridgeFn bridge;
    Piece request;
    unsigned answered;
} Asker;

enum { ASKERS = 4, QUESTIONS = 100 };

static void *ask_often(void *context)
{
    Asker *asker = context;
    for (int each = 0; each < QUESTIONS; each++) {
        uint8_t *answer;
        size_t length;
        asker->answered += ask(asker->bridge, asker->request, &answer, &length) == BmuxServiceStatus_OK;
        free(answer);
    }
    return NULL;
}

static unsigned ask_from_threads(BmuxHostKernelBridgeFn bridge, Piece request)
{
    Asker askers[ASKERS];
    pthread_t threads[ASKERS];
    unsigned answered = 0;
    for (int each = 0; each < ASKERS; each++) {
        askers[each] = (Asker){bridge, request, 0};
        if (pthread_create(&threads[each], NULL, ask_often, &askers[each]) != 0) {
            die("no thread");
        }
    }
    for (int each = 0; each < ASKERS; each++) {
        pthread_join(threads[each], NULL);
        answered += askers[each].answered;
    }
    return answered;
}

/* The address that a request begins with, which is how bmux passes the bridge. */
static BmuxHostKernelBridgeFn bridge_of(Piece *rest)
{
    uintptr_t address = (uintptr_t)number(next_piece(rest, ':'));
    BmuxHostKernelBridgeFn bridge;
    memcpy(&bridge, &address, sizeof bridge);
    return bridge;
}

static BmuxServiceStatus
respond(const void *response, size_t length, uint8_t *output, size_t capacity, size_t *output_len)
{
    *output_len = length;
    if (output == NULL || capacity < length) {
        return BmuxServiceStatus_BUFFER_TOO_SMALL;
    }
    memcpy(output, response, length);
    return BmuxServiceStatus_OK;
}

static BmuxServiceStatus
serve(Piece text, uint8_t *output, size_t capacity, size_t *output_len)
{
    Piece rest;
    if (begins(text, "echo:", &rest)) {
        return respond(rest.start, rest.length, output, capacity, output_len);
    }
    if (begins(text, "status:", &rest)) {
        return (BmuxServiceStatus)number(rest);
    }
    if (begins(text, "liar", &rest)) {
        *output_len = capacity + 1;
        return BmuxServiceStatus_OK;
    }
    if (begins(text, "stuck", &rest)) {
        *output_len = capacity;
        return BmuxServiceStatus_BUFFER_TOO_SMALL;
    }
    if (begins(text, "size:", &rest) || begins(text, "grow:", &rest)) {
        /* `grow:` wants another byte at each of its first three runs. */
        size_t length = (size_t)number(rest);
        if (text.start[0] == 'g') {
            grown = grown < 3 ? grown + 1 : grown;
            length += grown;
        }
        uint8_t *response = malloc(length + 1);
        if (response == NULL) {
            die("out of memory");
        }
        for (size_t each = 0; each < length; each++) {
            response[each] = (uint8_t)each;
        }
        BmuxServiceStatus status = respond(response, length, output, capacity, output_len);
        free(response);
        return status;
    }
    if (begins(text, "bridge:", &rest)) {
        BmuxHostKernelBridgeFn bridge = bridge_of(&rest);
        uint8_t *answer;
        size_t length = 0;
        BmuxServiceStatus status = ask(bridge, rest, &answer, &length);
        note("bridge status=%d", (int)status);
        if (status == BmuxServiceStatus_OK) {
            status = respond(answer, length, output, capacity, output_len);
        }
        free(answer);
        return status;
    }
    if (begins(text, "threads:", &rest)) {
        BmuxHostKernelBridgeFn bridge = bridge_of(&rest);
        char answered[16];
        int length = snprintf(answered, sizeof answered, "%u", ask_from_threads(bridge, rest));
        return respond(answered, (size_t)length, output, capacity, output_len);
    }
    return BmuxServiceStatus_BAD_REQUEST;
}

BmuxServiceStatus bmux_plugin_invoke_service_v1(
    const uint8_t *input_ptr,
    size_t input_len,
    uint8_t *output_ptr,
    size_t output_capacity,
    size_t *output_len)
{
    BmuxServiceStatus status;
    Piece text;
    if (output_len == NULL) {
        return BmuxServiceStatus_NULL_ARGUMENT;
    }
    if (enter("service", input_ptr, input_len, &status, &text) == NULL) {
        return status;
    }
    return leave(serve(text, output_ptr, output_capacity, output_len));
}

BMUX_EXPORT void test_reset(void)
{
    pthread_mutex_lock(&lock);
    Thing **place = &things;
    while (*place != NULL) {
        Thing *each = *place;
        if (each->ended) {
            *place = each->next;
            free(each);
        } else {
            place = &each->next;
        }
    }
    memcpy(made, live, sizeof made);
    journal_length = 0;
    journal[0] = '\0';
    panicked = false;
    grown = 0;
    pthread_mutex_unlock(&lock);
}
