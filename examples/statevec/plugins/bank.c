/*
 * A statevec plugin that keeps accounts, written against the generated header.
 *
 * - Open(number): a new account
 * - Deposit(number, amount)
 * - Transfer(source, target, amount): takes, then gives; it is refused if either is not there, or if the
 *   source would be below zero. What it took by then is the host's to undo.
 *
 * The invariant: no account is below zero. Build it as a shared library with generated/statevec/include
 * among the include folders.
 */
#define STATEVEC_PLUGIN
#include "statevec.h"

#include <stdlib.h>
#include <string.h>

enum { ACCOUNT = 1, ACCOUNT_SIZE = 48, KEY_SIZE = 4 };
enum { OPEN = 1, DEPOSIT = 2, TRANSFER = 3 };
enum { MOVED = 1 };

static const char schema[] =
    "{\"idlVersion\": \"1.0\", \"schemaVersion\": {\"main\": 1, \"minor\": 0},\n"
    " \"fingerprints\": {\"records\": \"6b1f0a2c4d8e4f1097a3b5c7d9e0f112\",\n"
    "  \"commands\": \"0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f\",\n"
    "  \"events\": \"5a4b3c2d1e0f9a8b7c6d5e4f3a2b1c0d\",\n"
    "  \"types\": \"00000000000000000000000000000000\"},\n"
    " \"types\": [],\n"
    " \"records\": [{\"kind\": 1, \"name\": \"Account\", \"version\": 1, \"dataSize\": 48, \"hasPk\": true,\n"
    "  \"pkFields\": [\"number\"], \"supportRangeScan\": false, \"fields\": [\n"
    "   {\"name\": \"number\", \"index\": 0, \"type\": \"u32\", \"offset\": 0, \"size\": 4, \"immutable\": true},\n"
    "   {\"name\": \"balance\", \"index\": 1, \"type\": \"i64\", \"offset\": 4, \"size\": 8, \"immutable\": false}]}],\n"
    " \"commands\": [\n"
    "  {\"kind\": 1, \"name\": \"Open\", \"version\": 1, \"fields\": [\n"
    "   {\"name\": \"number\", \"index\": 0, \"type\": \"u32\"}]},\n"
    "  {\"kind\": 2, \"name\": \"Deposit\", \"version\": 1, \"fields\": [\n"
    "   {\"name\": \"number\", \"index\": 0, \"type\": \"u32\"}, {\"name\": \"amount\", \"index\": 1, \"type\": \"i64\"}]},\n"
    "  {\"kind\": 3, \"name\": \"Transfer\", \"version\": 1, \"fields\": [\n"
    "   {\"name\": \"source\", \"index\": 0, \"type\": \"u32\"}, {\"name\": \"target\", \"index\": 1, \"type\": \"u32\"},\n"
    "   {\"name\": \"amount\", \"index\": 2, \"type\": \"i64\"}]}],\n"
    " \"events\": [{\"kind\": 1, \"name\": \"Moved\", \"version\": 1, \"fields\": [\n"
    "   {\"name\": \"source\", \"index\": 0, \"type\": \"u32\"}, {\"name\": \"target\", \"index\": 1, \"type\": \"u32\"},\n"
    "   {\"name\": \"amount\", \"index\": 2, \"type\": \"i64\"}]}]}\n";

/* --- bytes: little-endian in records and payloads, big-endian in keys */

static uint64_t get(const uint8_t *from, size_t size)
{
    uint64_t value = 0;
    for (size_t each = size; each-- > 0;) {
        value = value << 8 | from[each];
    }
    return value;
}

static void put(uint8_t *to, uint64_t value, size_t size)
{
    for (size_t each = 0; each < size; each++) {
        to[each] = (uint8_t)(value >> 8 * each);
    }
}

typedef struct {
    uint8_t bytes[KEY_SIZE];
} Key;

static Key key_of(uint32_t number)
{
    Key key;
    for (size_t each = 0; each < KEY_SIZE; each++) {
        key.bytes[each] = (uint8_t)(number >> 8 * (KEY_SIZE - 1 - each));
    }
    return key;
}

/* --- failures */

static void reset(RuntimeErrorBuf *out_error, RuntimeErrorPhase phase)
{
    if (out_error != NULL) {
        memset(out_error, 0, sizeof *out_error);
        out_error->phase = phase;
        out_error->kind = RuntimeErrorKind_HOST_INTERNAL_ERROR;
    }
}

static RuntimeCallStatus fail(RuntimeErrorBuf *out_error, RuntimeErrorKind kind, const char *message)
{
    if (out_error != NULL) {
        size_t length = strlen(message);
        out_error->kind = kind;
        out_error->message_len = length;
        memcpy(out_error->message_buf, message, length);
    }
    return RuntimeCallStatus_Failure;
}

/* --- visitors: the host calls them while the call that got them runs, and they cannot fail */

typedef struct {
    uint32_t number;
} NewAccount;

static void fill_account(void *visitor_ctx, RuntimeBytesMutRef bytes)
{
    const NewAccount *new = visitor_ctx;
    put(bytes.ptr, new->number, 4);
}

typedef struct {
    int64_t amount;
    int64_t balance;
} Change;

static void change_balance(void *visitor_ctx, RuntimeBytesMutRef bytes)
{
    Change *change = visitor_ctx;
    change->balance = (int64_t)get(bytes.ptr + 4, 8) + change->amount;
    put(bytes.ptr + 4, (uint64_t)change->balance, 8);
}

/* --- commands */

/* What the host says of its own failure is in the buffer already, which is this call's. */
static RuntimeCallStatus change(
    RuntimeHostContextV1 host, uint32_t number, int64_t amount, RuntimeErrorBuf *out_error)
{
    Key key = key_of(number);
    Change visit = {.amount = amount};
    bool found = false;
    RuntimeCallStatus status = host.vtable->update_typed_by_pk_raw(
        host.ctx_ptr, ACCOUNT, (RuntimeBytesRef){key.bytes, KEY_SIZE}, &visit, change_balance, &found, out_error);
    if (status != RuntimeCallStatus_Success) {
        return status;
    }
    if (!found) {
        return fail(out_error, RuntimeErrorKind_PLUGIN_REJECTED, "there is no such account");
    }
    if (visit.balance < 0) {
        return fail(out_error, RuntimeErrorKind_PLUGIN_REJECTED, "there is not enough on the account");
    }
    return RuntimeCallStatus_Success;
}

static RuntimeCallStatus transfer(
    RuntimeHostContextV1 host, RuntimeBytesRef payload, RuntimeErrorBuf *out_error)
{
    uint32_t source = (uint32_t)get(payload.ptr, 4), target = (uint32_t)get(payload.ptr + 4, 4);
    int64_t amount = (int64_t)get(payload.ptr + 8, 8);
    if (amount <= 0) {
        return fail(out_error, RuntimeErrorKind_PLUGIN_REJECTED, "the amount is not above zero");
    }
    RuntimeCallStatus status = change(host, source, -amount, out_error);
    if (status == RuntimeCallStatus_Success) {
        status = change(host, target, amount, out_error);
    }
    if (status != RuntimeCallStatus_Success) {
        return status;
    }
    return host.vtable->emit_typed_event_raw(host.ctx_ptr, MOVED, payload, out_error);
}

static RuntimeCallStatus run_tx(
    void *runtime, RuntimeHostContextV1 host, RuntimeCommandView command, RuntimeErrorBuf *out_error)
{
    static const size_t sizes[] = {[OPEN] = 4, [DEPOSIT] = 12, [TRANSFER] = 16};
    RuntimeErrorBuf unread;
    if (out_error == NULL) {
        out_error = &unread; /* host slots want one */
    }
    reset(out_error, RuntimeErrorPhase_RunTx);
    if (runtime == NULL) {
        return fail(out_error, RuntimeErrorKind_ABI_CONTRACT_VIOLATION, "there is no runtime");
    }
    if (command.command_kind < OPEN || command.command_kind > TRANSFER
        || command.payload.len != sizes[command.command_kind]) {
        return fail(out_error, RuntimeErrorKind_INVALID_COMMAND, "this is no command of the bank");
    }
    const uint8_t *payload = command.payload.ptr;
    if (command.command_kind == OPEN) {
        NewAccount new = {(uint32_t)get(payload, 4)};
        RuntimeRecordKeyView made;
        return host.vtable->create_typed_raw(host.ctx_ptr, ACCOUNT, &new, fill_account, &made, out_error);
    }
    if (command.command_kind == DEPOSIT) {
        return change(host, (uint32_t)get(payload, 4), (int64_t)get(payload + 4, 8), out_error);
    }
    return transfer(host, command.payload, out_error);
}

/* --- invariants. A visitor calls no other slot of the host, so the keys are collected first. */

typedef struct {
    uint64_t *ids;
    size_t count, room;
    bool full;
} Keys;

static void collect(void *visitor_ctx, RuntimeRecordKeyView key)
{
    Keys *keys = visitor_ctx;
    if (keys->count == keys->room) {
        size_t room = keys->room * 2 + 64;
        uint64_t *ids = realloc(keys->ids, room * sizeof *ids);
        if (ids == NULL) {
            keys->full = true;
            return;
        }
        keys->ids = ids;
        keys->room = room;
    }
    keys->ids[keys->count++] = key.sys_id;
}

static void read_balance(void *visitor_ctx, RuntimeBytesRef bytes)
{
    int64_t *balance = visitor_ctx;
    *balance = (int64_t)get(bytes.ptr + 4, 8);
}

static RuntimeCallStatus validate_biz_invariants(
    void *runtime, RuntimeReadContextV1 host, RuntimeErrorBuf *out_error)
{
    RuntimeErrorBuf unread;
    Keys keys = {0};
    (void)runtime;
    if (out_error == NULL) {
        out_error = &unread;
    }
    reset(out_error, RuntimeErrorPhase_ValidateBizInvariants);
    RuntimeCallStatus status =
        host.vtable->for_each_record_key_raw(host.ctx_ptr, ACCOUNT, &keys, collect, out_error);
    if (status == RuntimeCallStatus_Success && keys.full) {
        status = fail(out_error, RuntimeErrorKind_PLUGIN_INTERNAL_ERROR, "there is no memory");
    }
    for (size_t each = 0; status == RuntimeCallStatus_Success && each < keys.count; each++) {
        int64_t balance = 0;
        bool found = false;
        status = host.vtable->with_read_typed_raw(
            host.ctx_ptr, ACCOUNT, keys.ids[each], &balance, read_balance, &found, out_error);
        if (status == RuntimeCallStatus_Success && balance < 0) {
            status = fail(out_error, RuntimeErrorKind_PLUGIN_REJECTED, "an account is below zero");
        }
    }
    free(keys.ids);
    return status;
}

/* --- the table */

static RuntimeBytesRef plugin_name(void)
{
    static const char name[] = "bank";
    return (RuntimeBytesRef){(const uint8_t *)name, strlen(name)};
}

static RuntimeBytesRef schema_bytes(void)
{
    return (RuntimeBytesRef){(const uint8_t *)schema, strlen(schema)};
}

static RuntimeCallStatus create_runtime(
    RuntimeBytesRef config, void **out_runtime, RuntimeErrorBuf *out_error)
{
    reset(out_error, RuntimeErrorPhase_Create);
    if (out_runtime == NULL) {
        return fail(out_error, RuntimeErrorKind_ABI_CONTRACT_VIOLATION, "there is no place for the runtime");
    }
    if (config.len != 0) {
        return fail(out_error, RuntimeErrorKind_CONFIG_ERROR, "the bank has no configuration");
    }
    void *runtime = malloc(1);
    if (runtime == NULL) {
        return fail(out_error, RuntimeErrorKind_PLUGIN_INTERNAL_ERROR, "there is no memory");
    }
    *out_runtime = runtime;
    return RuntimeCallStatus_Success;
}

static void destroy_runtime(void *runtime)
{
    free(runtime);
}

static RuntimeCallStatus on_unload(void *runtime, RuntimeErrorBuf *out_error)
{
    (void)runtime;
    reset(out_error, RuntimeErrorPhase_Unload);
    return RuntimeCallStatus_Success;
}

STATEVEC_WITNESS;

RuntimePluginApiV1 statevec_runtime_plugin_entry_v1(void)
{
    return (RuntimePluginApiV1){
        .abi_version = RUNTIME_PLUGIN_ABI_VERSION_V1,
        .plugin_name = plugin_name,
        .schema_bytes = schema_bytes,
        .create_runtime = create_runtime,
        .destroy_runtime = destroy_runtime,
        .run_tx = run_tx,
        .validate_biz_invariants = validate_biz_invariants,
        .on_unload = on_unload,
    };
}
