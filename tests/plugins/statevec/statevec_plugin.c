/*
 * A statevec plugin in plain C. It keeps accounts: records of the type 1 with an id, which is the primary
 * key, and an amount. What each command and each word of a configuration does is in README.md beside this file.
 *
 * From "the records" on, this is how a plugin is written. What comes before is what only a test needs:
 * everything that is made is counted, every call is written into a journal, and a misuse ends the process.
 */
#define _POSIX_C_SOURCE 200809L
#define STATEVEC_PLUGIN
#include "statevec.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which library this is: see "variants" in README.md. */
#ifndef PLUGIN_ABI_VERSION
#define PLUGIN_ABI_VERSION RUNTIME_PLUGIN_ABI_VERSION_V1
#endif
#ifdef PLUGIN_NULL_SLOT
enum { NULL_SLOT = true };
#else
enum { NULL_SLOT = false };
#endif

#define FORMATTED(format_at, arguments_at) __attribute__((format(printf, format_at, arguments_at)))
#define TEXT(literal) ((RuntimeBytesRef){(const uint8_t *)(literal), sizeof(literal) - 1})

FORMATTED(1, 2) static _Noreturn void die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("statevec_plugin: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    abort();
}

/* --- the journal: one line per call */

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

STATEVEC_EXPORT const char *test_log(void)
{
    return journal;
}

/* --- runtimes, of which one that has ended is remembered until the test resets the plugin */

typedef struct Runtime {
    uint64_t limit;     /* no account may have more */
    char *fails_unload; /* the message, or null */
    bool ended;
    struct Runtime *next;
} Runtime;

static Runtime *runtimes;
static size_t made[2]; /* runtimes, texts */
static size_t live[2];
enum { RUNTIME, TEXTS };

static size_t count(const size_t *counts, const char *kind)
{
    pthread_mutex_lock(&lock);
    size_t result = kind == NULL                  ? counts[RUNTIME] + counts[TEXTS]
                    : strcmp(kind, "Runtime") == 0 ? counts[RUNTIME]
                    : strcmp(kind, "char") == 0    ? counts[TEXTS]
                                                   : SIZE_MAX;
    pthread_mutex_unlock(&lock);
    return result;
}

STATEVEC_EXPORT size_t test_live(const char *kind)
{
    return count(live, kind);
}

STATEVEC_EXPORT size_t test_made(const char *kind)
{
    return count(made, kind);
}

static void *claim(int kind, size_t size)
{
    void *memory = calloc(1, size);
    if (memory == NULL) {
        die("out of memory");
    }
    made[kind]++;
    live[kind]++;
    return memory;
}

static Runtime *new_runtime(void)
{
    pthread_mutex_lock(&lock);
    Runtime *self = claim(RUNTIME, sizeof *self);
    self->next = runtimes;
    runtimes = self;
    pthread_mutex_unlock(&lock);
    return self;
}

static Runtime *checked(void *runtime, const char *where)
{
    pthread_mutex_lock(&lock);
    Runtime *found = runtimes;
    while (found != NULL && found != runtime) {
        found = found->next;
    }
    if (found == NULL) {
        die("%s: this is no runtime", where);
    }
    if (found->ended) {
        die("%s: this runtime was destroyed before", where);
    }
    pthread_mutex_unlock(&lock);
    return found;
}

static char *copied(RuntimeBytesRef text)
{
    pthread_mutex_lock(&lock);
    char *copy = claim(TEXTS, text.len + 1);
    pthread_mutex_unlock(&lock);
    memcpy(copy, text.ptr, text.len);
    return copy;
}

STATEVEC_EXPORT void test_reset(void)
{
    pthread_mutex_lock(&lock);
    Runtime **place = &runtimes;
    while (*place != NULL) {
        Runtime *each = *place;
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
    pthread_mutex_unlock(&lock);
}

/* --- the records: numbers are little-endian, except in primary keys */

enum { ACCOUNT = 1, ID_AT = 0, AMOUNT_AT = 8, ACCOUNT_SIZE = 16 };

static uint64_t read_number(const uint8_t *bytes)
{
    uint64_t number = 0;
    for (int at = 7; at >= 0; at--) {
        number = number << 8 | bytes[at];
    }
    return number;
}

static void write_number(uint8_t *bytes, uint64_t number)
{
    for (int at = 0; at < 8; at++) {
        bytes[at] = (uint8_t)(number >> (8 * at));
    }
}

/* A primary key, with room for its bytes. */
typedef struct {
    uint8_t bytes[8];
} Key;

static RuntimeBytesRef key_of(uint64_t id, Key *key)
{
    for (int at = 0; at < 8; at++) {
        key->bytes[at] = (uint8_t)(id >> (56 - 8 * at));
    }
    return (RuntimeBytesRef){key->bytes, sizeof key->bytes};
}

/* --- errors */

static void reset(RuntimeErrorBuf *error)
{
    if (error != NULL) {
        memset(error, 0, sizeof *error);
        error->phase = RuntimeErrorPhase_Load;
        error->kind = RuntimeErrorKind_HOST_INTERNAL_ERROR;
    }
}

/* Writes a failure, whose text is cut between two characters if it is too long. */
FORMATTED(4, 5) static RuntimeCallStatus
fail(RuntimeErrorBuf *error, RuntimeErrorPhase phase, unsigned kind, const char *format, ...)
{
    if (error == NULL) {
        return RuntimeCallStatus_Failure;
    }
    char text[8192];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    size_t length = strlen(text);
    if (length > sizeof error->message_buf) {
        length = sizeof error->message_buf;
        while (length > 0 && ((uint8_t)text[length] & 0xC0) == 0x80) {
            length--;
        }
    }
    error->phase = phase;
    error->kind = (RuntimeErrorKind)kind;
    error->message_len = length;
    memcpy(error->message_buf, text, length);
    return RuntimeCallStatus_Failure;
}

/* What a host slot gets: it finds the phase of the running call. */
static RuntimeErrorBuf preset(RuntimeErrorPhase phase)
{
    return (RuntimeErrorBuf){.phase = phase, .kind = RuntimeErrorKind_HOST_INTERNAL_ERROR};
}

/* A failure of the host becomes a rejection of ours, with the host's reason as its text. */
static RuntimeCallStatus rejected(RuntimeErrorBuf *error, const RuntimeErrorBuf *host)
{
    size_t length = host->message_len < sizeof host->message_buf ? host->message_len
                                                                 : sizeof host->message_buf;
    RuntimeErrorPhase phase = host->phase == RuntimeErrorPhase_ValidateBizInvariants
                                  ? RuntimeErrorPhase_ValidateBizInvariants
                                  : RuntimeErrorPhase_RunTx;
    note("host failed: phase=%d kind=%u length=%zu message=%.*s", (int)host->phase,
         (unsigned)host->kind, host->message_len, (int)length, (const char *)host->message_buf);
    return fail(error, phase, RuntimeErrorKind_PLUGIN_REJECTED, "phase=%d kind=%u message=%.*s",
                (int)host->phase, (unsigned)host->kind, (int)length,
                (const char *)host->message_buf);
}

/* --- visitors. Their context is what they fill, or what they write. */

typedef struct {
    uint64_t id;
    uint64_t amount;
    size_t size;
    int calls;
} Account;

static void read_account(void *visitor_ctx, RuntimeBytesRef bytes)
{
    Account *account = visitor_ctx;
    account->calls++;
    account->size = bytes.len;
    if (bytes.len >= ACCOUNT_SIZE) {
        account->id = read_number(bytes.ptr + ID_AT);
        account->amount = read_number(bytes.ptr + AMOUNT_AT);
    }
}

static void write_account(void *visitor_ctx, RuntimeBytesMutRef bytes)
{
    Account *account = visitor_ctx;
    account->calls++;
    account->size = bytes.len;
    if (bytes.len >= ACCOUNT_SIZE) {
        write_number(bytes.ptr + ID_AT, account->id);
        write_number(bytes.ptr + AMOUNT_AT, account->amount);
    }
}

static void add_to_account(void *visitor_ctx, RuntimeBytesMutRef bytes)
{
    Account *account = visitor_ctx;
    account->calls++;
    account->size = bytes.len;
    if (bytes.len >= ACCOUNT_SIZE) {
        account->amount += read_number(bytes.ptr + AMOUNT_AT);
        write_number(bytes.ptr + AMOUNT_AT, account->amount);
    }
}

typedef struct {
    uint64_t sys_ids[1024];
    size_t count;
} Keys;

static void collect_key(void *visitor_ctx, RuntimeRecordKeyView key)
{
    Keys *keys = visitor_ctx;
    if (key.kind == ACCOUNT && keys->count < sizeof keys->sys_ids / sizeof keys->sys_ids[0]) {
        keys->sys_ids[keys->count++] = key.sys_id;
    }
}

/* --- transactions */

/* What a transaction has: the host, the fields of the command, and where a reason goes. */
typedef struct {
    RuntimeHostContextV1 host;
    RuntimeBytesRef payload;
    RuntimeErrorBuf *error;
} Tx;

static RuntimeHostContextV1 kept_host;

/* Field `index` of the payload; 0 if it is not there. */
static uint64_t field(const Tx *tx, size_t index)
{
    return tx->payload.len >= 8 * (index + 1) ? read_number(tx->payload.ptr + 8 * index) : 0;
}

static RuntimeCallStatus create(const Tx *tx)
{
    Account account = {.id = field(tx, 0), .amount = field(tx, 1)};
    RuntimeErrorBuf reason = preset(RuntimeErrorPhase_RunTx);
    RuntimeRecordKeyView key = {0};
    if (tx->host.vtable->create_typed_raw(tx->host.ctx_ptr, ACCOUNT, &account, write_account, &key,
                                          &reason) != RuntimeCallStatus_Success) {
        return rejected(tx->error, &reason);
    }
    note("created kind=%d sys_id=%" PRIu64 " size=%zu calls=%d", key.kind, key.sys_id, account.size,
         account.calls);
    return RuntimeCallStatus_Success;
}

static void note_read(bool found, const Account *account)
{
    note("found=%d id=%" PRIu64 " amount=%" PRIu64 " size=%zu calls=%d", found, account->id,
         account->amount, account->size, account->calls);
}

static RuntimeCallStatus read_by_sys_id(const Tx *tx)
{
    Account account = {0};
    RuntimeErrorBuf reason = preset(RuntimeErrorPhase_RunTx);
    bool found = false;
    if (tx->host.vtable->with_read_typed_raw(tx->host.ctx_ptr, ACCOUNT, field(tx, 0), &account,
                                             read_account, &found,
                                             &reason) != RuntimeCallStatus_Success) {
        return rejected(tx->error, &reason);
    }
    note_read(found, &account);
    return RuntimeCallStatus_Success;
}

static RuntimeCallStatus read_by_key(const Tx *tx)
{
    Account account = {0};
    Key key;
    RuntimeErrorBuf reason = preset(RuntimeErrorPhase_RunTx);
    bool found = false;
    if (tx->host.vtable->with_read_typed_by_pk_raw(
            tx->host.ctx_ptr, ACCOUNT, key_of(field(tx, 0), &key), &account, read_account, &found,
            &reason) != RuntimeCallStatus_Success) {
        return rejected(tx->error, &reason);
    }
    note_read(found, &account);
    return RuntimeCallStatus_Success;
}

static RuntimeCallStatus update(const Tx *tx)
{
    Account account = {.id = field(tx, 0), .amount = field(tx, 1)};
    Key key;
    RuntimeErrorBuf reason = preset(RuntimeErrorPhase_RunTx);
    bool found = false;
    if (tx->host.vtable->update_typed_by_pk_raw(
            tx->host.ctx_ptr, ACCOUNT, key_of(account.id, &key), &account, add_to_account, &found,
            &reason) != RuntimeCallStatus_Success) {
        return rejected(tx->error, &reason);
    }
    note("updated found=%d amount=%" PRIu64 " size=%zu calls=%d", found, account.amount,
         account.size, account.calls);
    return RuntimeCallStatus_Success;
}

static RuntimeCallStatus delete_by_key(const Tx *tx)
{
    Key key;
    RuntimeErrorBuf reason = preset(RuntimeErrorPhase_RunTx);
    bool deleted = false;
    if (tx->host.vtable->delete_by_pk_raw(tx->host.ctx_ptr, ACCOUNT, key_of(field(tx, 0), &key),
                                          &deleted, &reason) != RuntimeCallStatus_Success) {
        return rejected(tx->error, &reason);
    }
    note("deleted=%d", deleted);
    return RuntimeCallStatus_Success;
}

static RuntimeCallStatus emit(const Tx *tx, uint8_t kind, RuntimeBytesRef payload)
{
    RuntimeErrorBuf reason = preset(RuntimeErrorPhase_RunTx);
    if (tx->host.vtable->emit_typed_event_raw(tx->host.ctx_ptr, kind, payload, &reason) !=
        RuntimeCallStatus_Success) {
        return rejected(tx->error, &reason);
    }
    note("emitted kind=%d length=%zu", kind, payload.len);
    return RuntimeCallStatus_Success;
}

static RuntimeCallStatus emit_count(const Tx *tx)
{
    Keys keys = {.count = 0};
    uint8_t payload[8];
    RuntimeErrorBuf reason = preset(RuntimeErrorPhase_RunTx);
    if (tx->host.vtable->for_each_record_key_raw(tx->host.ctx_ptr, ACCOUNT, &keys, collect_key,
                                                 &reason) != RuntimeCallStatus_Success) {
        return rejected(tx->error, &reason);
    }
    write_number(payload, keys.count);
    return emit(tx, 6, (RuntimeBytesRef){payload, sizeof payload});
}

static RuntimeCallStatus emit_two(const Tx *tx)
{
    /* The second has no content: no address either. */
    return emit(tx, 1, tx->payload) != RuntimeCallStatus_Success
               ? RuntimeCallStatus_Failure
               : emit(tx, 2, (RuntimeBytesRef){NULL, 0});
}

static RuntimeCallStatus log_text(const Tx *tx, RuntimeBytesRef text)
{
    RuntimeErrorBuf reason = preset(RuntimeErrorPhase_RunTx);
    if (tx->host.vtable->debug_log(tx->host.ctx_ptr, text, &reason) != RuntimeCallStatus_Success) {
        return rejected(tx->error, &reason);
    }
    note("logged length=%zu", text.len);
    return RuntimeCallStatus_Success;
}

static RuntimeCallStatus everything(const Tx *tx)
{
    static RuntimeCallStatus (*const steps[])(const Tx *) = {create,     read_by_key, update,
                                                             read_by_key, emit_count,  emit_two};
    for (size_t at = 0; at < sizeof steps / sizeof steps[0]; at++) {
        if (steps[at](tx) != RuntimeCallStatus_Success) {
            return RuntimeCallStatus_Failure;
        }
    }
    return log_text(tx, TEXT("alles erledigt – готово"));
}

/* Uses the host of a transaction that is over, which no plugin may do. */
static RuntimeCallStatus call_late(void)
{
    RuntimeErrorBuf reason = preset(RuntimeErrorPhase_RunTx);
    RuntimeCallStatus status = kept_host.vtable->debug_log(kept_host.ctx_ptr, TEXT("late"), &reason);
    note("late: status=%d message=%.*s", (int)status, (int)reason.message_len,
         (const char *)reason.message_buf);
    return RuntimeCallStatus_Success;
}

/* Failures that no well-made plugin has. */
static RuntimeCallStatus fail_badly(RuntimeErrorBuf *error, uint8_t command_kind)
{
    int no_phase = 77;
    fail(error, RuntimeErrorPhase_RunTx, RuntimeErrorKind_PLUGIN_REJECTED, "kaputt – 壊れた");
    if (error == NULL) {
        return RuntimeCallStatus_Failure;
    }
    switch (command_kind) {
    case 10: /* bytes that are no text, and no room left */
        memset(error->message_buf, 0xFF, sizeof error->message_buf);
        memcpy(error->message_buf, "kaputt: ", 8);
        error->message_len = sizeof error->message_buf;
        break;
    case 13: /* more bytes than there are */
        memset(error->message_buf, 'x', sizeof error->message_buf);
        error->message_len = SIZE_MAX;
        break;
    case 14: /* nothing is written at all */
        memset(error, 0, sizeof *error);
        break;
    case 15: /* a kind of a later version */
        error->kind = 60000;
        break;
    default: /* a phase that there is not */
        memcpy(&error->phase, &no_phase, sizeof no_phase);
    }
    return RuntimeCallStatus_Failure;
}

static RuntimeCallStatus run_tx(void *runtime, RuntimeHostContextV1 host, RuntimeCommandView command,
                                RuntimeErrorBuf *out_error)
{
    reset(out_error);
    if (runtime == NULL || (command.payload.ptr == NULL && command.payload.len != 0)) {
        return fail(out_error, RuntimeErrorPhase_RunTx, RuntimeErrorKind_ABI_CONTRACT_VIOLATION,
                    "null where none may be");
    }
    checked(runtime, "run_tx");
    note("run_tx kind=%d seq=%" PRIu64 " time=%" PRIu64 " payload=%zu", command.command_kind,
         command.ext_seq, command.ref_ext_time_us, command.payload.len);
    Tx tx = {host, command.payload, out_error};
    switch (command.command_kind) {
    case 1:
        return create(&tx);
    case 2:
        return read_by_sys_id(&tx);
    case 3:
        return read_by_key(&tx);
    case 4:
        return update(&tx);
    case 5:
        return delete_by_key(&tx);
    case 6:
        return emit_count(&tx);
    case 7:
        return emit_two(&tx);
    case 8:
        return log_text(&tx, command.payload);
    case 9:
        return fail(out_error, RuntimeErrorPhase_RunTx, RuntimeErrorKind_PLUGIN_REJECTED,
                    "zurückgewiesen – отказано: %.*s", (int)command.payload.len,
                    (const char *)command.payload.ptr);
    case 11: /* the number 0 is reserved: a host refuses it */
        return emit(&tx, 0, (RuntimeBytesRef){NULL, 0});
    case 12:
        return everything(&tx);
    case 10:
    case 13:
    case 14:
    case 15:
    case 16:
        return fail_badly(out_error, command.command_kind);
    case 17:
        kept_host = host;
        return RuntimeCallStatus_Success;
    case 18:
        return call_late();
    default:
        return fail(out_error, RuntimeErrorPhase_RunTx, RuntimeErrorKind_INVALID_COMMAND,
                    "no command has the number %d", command.command_kind);
    }
}

/* Each account that the keys tell of is there, also under its primary key, and has at most the limit. */
static RuntimeCallStatus validate_biz_invariants(void *runtime, RuntimeReadContextV1 host,
                                                 RuntimeErrorBuf *out_error)
{
    const RuntimeErrorPhase phase = RuntimeErrorPhase_ValidateBizInvariants;
    reset(out_error);
    if (runtime == NULL) {
        return fail(out_error, phase, RuntimeErrorKind_ABI_CONTRACT_VIOLATION, "no runtime");
    }
    const Runtime *self = checked(runtime, "validate_biz_invariants");
    Keys keys = {.count = 0};
    RuntimeErrorBuf reason = preset(phase);
    if (host.vtable->for_each_record_key_raw(host.ctx_ptr, ACCOUNT, &keys, collect_key, &reason) !=
        RuntimeCallStatus_Success) {
        return rejected(out_error, &reason);
    }
    note("validate_biz_invariants accounts=%zu", keys.count);
    for (size_t at = 0; at < keys.count; at++) {
        Account account = {0};
        Key key;
        bool found = false;
        bool found_by_key = false;
        reason = preset(phase);
        if (host.vtable->with_read_typed_raw(host.ctx_ptr, ACCOUNT, keys.sys_ids[at], &account,
                                             read_account, &found,
                                             &reason) != RuntimeCallStatus_Success ||
            host.vtable->with_read_typed_by_pk_raw(
                host.ctx_ptr, ACCOUNT, key_of(account.id, &key), &account, read_account,
                &found_by_key, &reason) != RuntimeCallStatus_Success) {
            return rejected(out_error, &reason);
        }
        if (!found || !found_by_key || account.calls != 2 || account.amount > self->limit) {
            return fail(out_error, phase, RuntimeErrorKind_PLUGIN_REJECTED,
                        "Konto %" PRIu64 " überzogen: %" PRIu64, account.id, account.amount);
        }
    }
    return RuntimeCallStatus_Success;
}

/* --- runtimes */

static bool begins(RuntimeBytesRef text, RuntimeBytesRef with)
{
    return text.len >= with.len && memcmp(text.ptr, with.ptr, with.len) == 0;
}

static RuntimeBytesRef after(RuntimeBytesRef text, RuntimeBytesRef prefix)
{
    return (RuntimeBytesRef){text.ptr + prefix.len, text.len - prefix.len};
}

static RuntimeCallStatus create_runtime(RuntimeBytesRef config, void **out_runtime,
                                        RuntimeErrorBuf *out_error)
{
    const RuntimeBytesRef fails = TEXT("fail:");
    const RuntimeBytesRef fails_long = TEXT("fail-long");
    const RuntimeBytesRef fails_unload = TEXT("fail-unload:");
    const RuntimeBytesRef limits = TEXT("limit:");
    reset(out_error);
    if (out_runtime == NULL || (config.ptr == NULL && config.len != 0)) {
        return fail(out_error, RuntimeErrorPhase_Create, RuntimeErrorKind_ABI_CONTRACT_VIOLATION,
                    "null where none may be");
    }
    note("create_runtime config=%.*s", (int)config.len, config.len ? (const char *)config.ptr : "");
    if (begins(config, fails)) {
        RuntimeBytesRef why = after(config, fails);
        return fail(out_error, RuntimeErrorPhase_Create, RuntimeErrorKind_CONFIG_ERROR,
                    "ungültig – неверно: %.*s", (int)why.len, (const char *)why.ptr);
    }
    if (begins(config, fails_long)) {
        char text[2001] = "";
        for (size_t at = 1; at + 1 < sizeof text; at += 2) {
            memcpy(text + at, "ü", 2);
        }
        text[0] = '!';
        text[sizeof text - 2] = '\0';
        return fail(out_error, RuntimeErrorPhase_Create, RuntimeErrorKind_CONFIG_ERROR, "%s", text);
    }
    Runtime *self = new_runtime();
    self->limit = UINT64_MAX;
    if (begins(config, fails_unload)) {
        self->fails_unload = copied(after(config, fails_unload));
    } else if (begins(config, limits)) {
        char *digits = copied(after(config, limits));
        self->limit = strtoull(digits, NULL, 10);
        free(digits);
        live[TEXTS]--;
    }
    *out_runtime = self;
    return RuntimeCallStatus_Success;
}

static RuntimeCallStatus on_unload(void *runtime, RuntimeErrorBuf *out_error)
{
    reset(out_error);
    if (runtime == NULL) {
        return fail(out_error, RuntimeErrorPhase_Unload, RuntimeErrorKind_ABI_CONTRACT_VIOLATION,
                    "no runtime");
    }
    const Runtime *self = checked(runtime, "on_unload");
    note("on_unload");
    if (self->fails_unload != NULL) {
        return fail(out_error, RuntimeErrorPhase_Unload, RuntimeErrorKind_PLUGIN_INTERNAL_ERROR,
                    "%s", self->fails_unload);
    }
    return RuntimeCallStatus_Success;
}

static void destroy_runtime(void *runtime)
{
    if (runtime == NULL) {
        return;
    }
    Runtime *self = checked(runtime, "destroy_runtime");
    note("destroy_runtime");
    pthread_mutex_lock(&lock);
    if (self->fails_unload != NULL) {
        free(self->fails_unload);
        live[TEXTS]--;
    }
    self->ended = true;
    live[RUNTIME]--;
    pthread_mutex_unlock(&lock);
}

/* --- the plugin */

static RuntimeBytesRef plugin_name(void)
{
    return TEXT("Kontoführung – 口座");
}

static RuntimeBytesRef schema_bytes(void)
{
    return TEXT("{\n"
                "  \"idlVersion\": \"1.0\",\n"
                "  \"records\": [{\"kind\": 1, \"name\": \"Account\", \"dataSize\": 48}]\n"
                "}\n");
}

#ifndef PLUGIN_NO_ENTRY
RuntimePluginApiV1 statevec_runtime_plugin_entry_v1(void)
#else
RuntimePluginApiV1 another_entry(void);
RuntimePluginApiV1 another_entry(void)
#endif
{
    return (RuntimePluginApiV1){
        .abi_version = PLUGIN_ABI_VERSION,
        .plugin_name = plugin_name,
        .schema_bytes = schema_bytes,
        .create_runtime = create_runtime,
        .destroy_runtime = destroy_runtime,
        .run_tx = run_tx,
        .validate_biz_invariants = validate_biz_invariants,
        .on_unload = NULL_SLOT ? NULL : on_unload,
    };
}
