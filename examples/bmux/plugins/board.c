/*
 * A bmux plugin with two participants in snapshots, written against the generated header:
 *
 * - example.board/notes keeps the texts of all events of the kind "note", a line each
 * - example.board/weather has nothing to say, and fails to be saved while there is a storm
 *
 * Build it as a shared library with generated/bmux/include among the include folders.
 */
#define BMUX_PLUGIN
#include "bmux.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { NOTES_FORMAT = 1, WEATHER_FORMAT = 1, ROOM = 4096 };

/* Any thread may call a participant, so it locks for itself. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char notes[ROOM];
static size_t notes_length;
static bool storm;

/* Literals live as long as the library: nothing has to be released. */
static BmuxStr text(const char *literal)
{
    return (BmuxStr){literal, strlen(literal)};
}

/* --- the notes */

static BmuxStr notes_id(const void *self)
{
    (void)self;
    return text("example.board/notes");
}

static BmuxStatefulStatus notes_snapshot(
    const void *self, BmuxSnapshot *out_snapshot, BmuxStatefulError *out_error)
{
    (void)self;
    pthread_mutex_lock(&lock);
    size_t length = notes_length;
    uint8_t *copy = malloc(length + 1);
    if (copy != NULL) {
        memcpy(copy, notes, length);
    }
    pthread_mutex_unlock(&lock);
    if (copy == NULL) {
        out_error->details = text("there is no memory");
        return BmuxStatefulStatus_SNAPSHOT_FAILED;
    }
    /* The host copies the bytes, then has them freed. */
    out_snapshot->version = NOTES_FORMAT;
    out_snapshot->bytes = (BmuxBytes){copy, length};
    out_snapshot->release = free;
    out_snapshot->release_ctx = copy;
    return BmuxStatefulStatus_OK;
}

static BmuxStatefulStatus notes_restore(
    const void *self, uint32_t version, BmuxBytes bytes, BmuxStatefulError *out_error)
{
    static const uint32_t known[] = {NOTES_FORMAT};
    (void)self;
    if (version != NOTES_FORMAT) {
        out_error->version = version;
        out_error->expected = (BmuxVersionList){known, 1};
        return BmuxStatefulStatus_UNSUPPORTED_VERSION;
    }
    if (bytes.len > ROOM) {
        out_error->details = text("these are too many notes");
        return BmuxStatefulStatus_RESTORE_FAILED;
    }
    pthread_mutex_lock(&lock);
    if (bytes.len != 0) {
        memcpy(notes, bytes.ptr, bytes.len);
    }
    notes_length = bytes.len;
    pthread_mutex_unlock(&lock);
    return BmuxStatefulStatus_OK;
}

static void notes_drop(void *self)
{
    (void)self;
    notes_length = 0;
}

/* --- the weather, which has no restore: null stands for one that accepts and ignores */

static BmuxStr weather_id(const void *self)
{
    (void)self;
    return text("example.board/weather");
}

static BmuxStatefulStatus weather_snapshot(
    const void *self, BmuxSnapshot *out_snapshot, BmuxStatefulError *out_error)
{
    static const char sunny[] = "sunny";
    (void)self;
    pthread_mutex_lock(&lock);
    bool failing = storm;
    pthread_mutex_unlock(&lock);
    if (failing) {
        out_error->details = text("the station is under water");
        return BmuxStatefulStatus_SNAPSHOT_FAILED;
    }
    out_snapshot->version = WEATHER_FORMAT;
    out_snapshot->bytes = (BmuxBytes){(const uint8_t *)sunny, strlen(sunny)};
    return BmuxStatefulStatus_OK;
}

static void weather_drop(void *self)
{
    (void)self;
    storm = false;
}

/* --- the entries */

BMUX_WITNESS;

const char *bmux_plugin_entry_v1(void)
{
    return "id = \"example.board\"\n"
           "name = \"Board\"\n"
           "version = \"1.0.0\"\n"
           "plugin_api = { minimum = \"1.0\", maximum = \"1.0\" }\n"
           "native_abi = { minimum = \"1.0\", maximum = \"1.0\" }\n";
}

BmuxCallStatus bmux_plugin_activate_v1(const uint8_t *input_ptr, size_t input_len)
{
    (void)input_len;
    return input_ptr == NULL ? BmuxCallStatus_NULL_INPUT : BmuxCallStatus_OK;
}

BmuxCallStatus bmux_plugin_register_stateful_v1(const BmuxStatefulRegistry *registry)
{
    if (registry == NULL || registry->abi_version != BMUX_STATEFUL_ABI_VERSION) {
        return BmuxCallStatus_FAILURE;
    }
    BmuxStatefulPlugin participants[] = {
        {.id = notes_id, .snapshot = notes_snapshot, .restore = notes_restore, .drop = notes_drop},
        {.id = weather_id, .snapshot = weather_snapshot, .drop = weather_drop},
    };
    for (size_t each = 0; each < sizeof participants / sizeof *participants; each++) {
        BmuxStatefulPlugin *participant = &participants[each];
        participant->abi_version = BMUX_STATEFUL_ABI_VERSION;
        participant->struct_size = sizeof *participant;
        /* The host copies the table. Both keep their state in this library, so a refusal needs no clean-up. */
        if (registry->register_plugin(registry->state, participant) != BmuxRegisterStatus_OK) {
            return BmuxCallStatus_FAILURE;
        }
    }
    return BmuxCallStatus_OK;
}

/* A number of bmux's codec, LEB128. False at the end of the input. */
static bool take_number(const uint8_t **at, const uint8_t *end, size_t *out)
{
    *out = 0;
    for (unsigned shift = 0; *at < end && shift < 28; shift += 7) {
        uint8_t byte = *(*at)++;
        *out |= (size_t)(byte & 127) << shift;
        if (byte < 128) {
            return true;
        }
    }
    return false;
}

/* A text: its length, then its bytes. */
static bool take_text(const uint8_t **at, const uint8_t *end, BmuxStr *out)
{
    size_t length;
    if (!take_number(at, end, &length) || length > (size_t)(end - *at)) {
        return false;
    }
    *out = (BmuxStr){(const char *)*at, length};
    *at += length;
    return true;
}

/* A PluginEvent whose payload is a text: its kind, then its payload. */
static bool take_event(const uint8_t *at, size_t length, BmuxStr *out_kind, BmuxStr *out_payload)
{
    const uint8_t *end = at + length;
    return take_text(&at, end, out_kind) && take_text(&at, end, out_payload);
}

static bool is(BmuxStr left, const char *right)
{
    return left.len == strlen(right) && memcmp(left.ptr, right, left.len) == 0;
}

BmuxCallStatus bmux_plugin_handle_event_v1(const uint8_t *input_ptr, size_t input_len)
{
    BmuxStr kind, payload;
    if (input_ptr == NULL) {
        return BmuxCallStatus_NULL_INPUT;
    }
    if (!take_event(input_ptr, input_len, &kind, &payload)) {
        return BmuxCallStatus_BAD_INPUT;
    }
    BmuxCallStatus status = BmuxCallStatus_OK;
    pthread_mutex_lock(&lock);
    if (is(kind, "weather")) {
        storm = is(payload, "storm");
    } else if (is(kind, "note") && notes_length + payload.len + 1 <= ROOM) {
        memcpy(notes + notes_length, payload.ptr, payload.len);
        notes_length += payload.len;
        notes[notes_length++] = '\n';
    } else {
        status = BmuxCallStatus_FAILURE;
    }
    pthread_mutex_unlock(&lock);
    return status;
}

BmuxCallStatus bmux_plugin_deactivate_v1(const uint8_t *input_ptr, size_t input_len)
{
    (void)input_len;
    return input_ptr == NULL ? BmuxCallStatus_NULL_INPUT : BmuxCallStatus_OK;
}
