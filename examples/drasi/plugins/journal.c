/*
 * A reaction that keeps a journal: `{"durable": true, "snapshot": true, "recovery": 0}`.
 *
 * It says what it gets, keeps the last result of each query in the host's store, and its checkpoint behind
 * that: a result that it has not worked on is delivered again after a restart.
 */
#include "demo.h"

#define MOST_QUERIES 8

typedef struct {
    Component base;
    char *query_ids[MOST_QUERIES];
    size_t query_count;
    atomic_int owners;
    atomic_long results;
} Reaction;

static void disown(Reaction *self) {
    if (atomic_fetch_sub(&self->owners, 1) > 1) return;
    for (size_t at = 0; at < self->query_count; at++) free(self->query_ids[at]);
    end_component(&self->base);
    end(self);
}

UNUSED static void forget(FfiResult done) { free(done.error_code != 0 ? done.error_msg : NULL); }

/* --- results */

#ifdef DRASI_0_11_0
/* Where the value of a member begins, in a map that MessagePack writes with text keys. */
static const unsigned char *value_of(const FfiQueryResult *result, const char *name) {
    size_t length = strlen(name);
    for (size_t at = 0; at + length < result->payload_len; at++) {
        const unsigned char *here = result->payload_ptr + at;
        if (here[0] == (0xa0 | length) && memcmp(here + 1, name, length) == 0) return here + 1 + length;
    }
    return NULL;
}

static uint64_t unpacked_number(const unsigned char *at) {
    static const int widths[] = {1, 2, 4, 8};
    if (at[0] < 0x80) return at[0];
    uint64_t value = 0;
    for (int width = at[0] >= 0xcc && at[0] <= 0xcf ? widths[at[0] - 0xcc] : 0, index = 1; index <= width; index++)
        value = value << 8 | at[index];
    return value;
}

/* The checkpoint as upstream has it: two numbers of eight bytes, the sequence and the hash of the query. */
static void keep(const Component *self, const char *query, uint64_t sequence, const FfiQueryResult *result) {
    char key[96];
    snprintf(key, sizeof key, "checkpoint:%s", query);
    FfiGetResult old = self->store->get_fn(self->store->state, lent(self->id), lent(key));
    if (old.error_code == 0 && old.found && old.len == 16) {
        forget(self->store->set_fn(self->store->state, lent(self->id), lent(query), result->payload_ptr, result->payload_len));
        for (int byte = 0; byte < 8; byte++) old.data[byte] = (uint8_t)(sequence >> 8 * byte);
        forget(self->store->set_fn(self->store->state, lent(self->id), lent(key), old.data, old.len));
    }
    if (old.error_code == 0 && old.found && old.cap != 0) free(old.data);
    free(old.error_code != 0 ? old.error_msg : NULL);
}

static void take(Reaction *self, void *given) {
    FfiQueryResult *result = given;
    const unsigned char *query = value_of(result, "query_id"), *sequence = value_of(result, "sequence");
    if (query != NULL && sequence != NULL && (query[0] & 0xe0) == 0xa0) {
        char name[32];
        snprintf(name, sizeof name, "%.*s", query[0] & 0x1f, (const char *)query + 1);
        if (self->base.store != NULL && number(self->base.config, "durable", 0))
            keep(&self->base, name, unpacked_number(sequence), result);
        say(&self->base, FfiLogLevel_Debug, "result %llu of %s", (unsigned long long)unpacked_number(sequence), name);
    }
    if (result->payload_drop_fn != NULL) result->payload_drop_fn((uint8_t *)result->payload_ptr, result->payload_len);
    free(result);
}
#else
/* A boxed Rust value: only a host in Rust can make one, and none ever comes from another. */
static void take(Reaction *self, void *given) { (void)self, (void)given; }
#endif

typedef struct {
    Reaction *reaction;
    FfiResultPushCallbackFn callback;
    void *ctx;
} Forwarder;

static void *forward(void *argument) {
    Forwarder *self = argument;
    void *result;
    if (fails(&self->reaction->base, "stream")) {
        say(&self->reaction->base, FfiLogLevel_Error, "takes no results, as configured");
    } else {
        while ((result = self->callback(self->ctx, NULL)) != NULL) {
            take(self->reaction, result);
            atomic_fetch_add(&self->reaction->results, 1);
        }
    }
    long linger = number(self->reaction->base.config, "lingerMs", 0);
    nanosleep(&(struct timespec){linger / 1000, linger % 1000 * 1000000}, NULL);
    self->callback(self->ctx, self);
    disown(self->reaction);
    end(self);
    return NULL;
}

static void start_result_push(void *state, FfiResultPushCallbackFn callback, void *ctx) {
    Forwarder *made = make(sizeof *made);
    *made = (Forwarder){state, callback, ctx};
    atomic_fetch_add(&made->reaction->owners, 1);
    run_apart(forward, made);
}

/* --- catching up */

static FfiResult bootstrap(void *state, const FfiBootstrapContext *ctx) {
    Reaction *self = state;
    char query[64];
    snprintf(query, sizeof query, "%.*s", (int)ctx->query_id.len, ctx->query_id.ptr);
    if (fails(&self->base, "bootstrap")) return failure("bootstrap fails, as configured");
    FfiSnapshotIteratorResponse snapshot = ctx->fetch_snapshot_fn(ctx->callback_ctx);
    if (snapshot.error.len != 0) {
        char text[256];
        snprintf(text, sizeof text, "%.*s", (int)snapshot.error.len, snapshot.error.ptr);
        free(snapshot.error.ptr);
        return failure(text);
    }
    say(&self->base, FfiLogLevel_Info, "%s %s at %llu", ctx->is_reset ? "starts over with" : "starts with", query,
        (unsigned long long)snapshot.as_of_sequence);
    for (;;) {
        FfiOwnedStr row = snapshot.iterator.next_fn(snapshot.iterator.iter_ctx);
        if (row.len == 0) break;
        say(&self->base, FfiLogLevel_Info, "row %.*s", (int)row.len, row.ptr);
        if (row.cap != 0) free(row.ptr);
    }
    snapshot.iterator.drop_fn(snapshot.iterator.iter_ctx);
    uint64_t after = (uint64_t)number(self->base.config, "outboxAfter", (long)snapshot.as_of_sequence);
    FfiOutboxIteratorResponse outbox = ctx->fetch_outbox_fn(ctx->callback_ctx, after);
    if (outbox.error.len != 0) {
        say(&self->base, FfiLogLevel_Info, "no outbox: %.*s, the latest is %llu", (int)outbox.error.len,
            outbox.error.ptr, (unsigned long long)outbox.latest_sequence);
        free(outbox.error.ptr);
        return fine();
    }
    long entries = 0;
    for (FfiOwnedStr entry; (entry = outbox.iterator.next_fn(outbox.iterator.iter_ctx)).len != 0; entries++)
        if (entry.cap != 0) free(entry.ptr);
    outbox.iterator.drop_fn(outbox.iterator.iter_ctx);
    say(&self->base, FfiLogLevel_Debug, "%ld results behind %llu", entries, (unsigned long long)after);
    return fine();
}

/* --- the slots of a reaction */

static FfiStr id(const void *state) { return lent(((const Reaction *)state)->base.id); }
static FfiStr type_name(const void *state) { return lent(((const Reaction *)state)->base.type); }
static bool auto_start(const void *state) { return (void)state, true; }
static FfiOwnedStr properties(const void *state) { return owned(((const Reaction *)state)->base.config); }
static FfiComponentStatus status(const void *state) { return atomic_load(&((const Reaction *)state)->base.status); }
static bool is_durable(const void *state) { return number(((const Reaction *)state)->base.config, "durable", 0); }
static bool needs_snapshot(const void *state) { return number(((const Reaction *)state)->base.config, "snapshot", 0); }
static uint8_t policy(const void *state) { return (uint8_t)number(((const Reaction *)state)->base.config, "recovery", 0); }
static void initialize(void *state, const FfiRuntimeContext *ctx) { take_services(&((Reaction *)state)->base, ctx); }

static FfiStringArray query_ids(const void *state) {
    const Reaction *self = state;
    FfiOwnedStr texts[MOST_QUERIES];
    for (size_t at = 0; at < self->query_count; at++) texts[at] = owned(self->query_ids[at]);
    if (self->query_count == 0) return (FfiStringArray){(void *)(uintptr_t)8, 0, 0};
    return (FfiStringArray){handed(texts, self->query_count * sizeof *texts), self->query_count, self->query_count};
}

/* Takes a snapshot by itself, outside of any bootstrap, if the host offers to. */
static void look(Reaction *self) {
    if (self->base.snapshots == NULL || self->query_count == 0) return;
    FfiSnapshotIteratorResponse found =
        self->base.snapshots->fetch_snapshot_fn(self->base.snapshots->state, lent(self->query_ids[0]));
    if (found.error.len != 0) {
        say(&self->base, FfiLogLevel_Warn, "no snapshot: %.*s", (int)found.error.len, found.error.ptr);
        free(found.error.ptr);
        return;
    }
    long rows = 0;
    for (FfiOwnedStr row; (row = found.iterator.next_fn(found.iterator.iter_ctx)).len != 0; rows++)
        if (row.cap != 0) free(row.ptr);
    found.iterator.drop_fn(found.iterator.iter_ctx);
    say(&self->base, FfiLogLevel_Info, "%s has %ld rows", self->query_ids[0], rows);
}

static FfiResult start(void *state) { return step(state, "start", true); }

static FfiResult stop(void *state) {
    Reaction *self = state;
    look(self);
    say(&self->base, FfiLogLevel_Info, "got %ld results", atomic_load(&self->results));
    return step(&self->base, "stop", false);
}

static FfiResult deprovision(void *state) {
    return fails(state, "deprovision") ? failure("deprovision fails, as configured") : fine();
}

static void drop(void *state) { disown(state); }

/* --- the factory */

static FfiStr kind(const void *state) { return (void)state, TEXT("journal"); }

static FfiCreateResult create_reaction(void *state, FfiStr reaction_id, FfiStr query_ids_json, FfiStr config, bool starts) {
    (void)state, (void)starts;
    Reaction *self = make(sizeof *self);
    atomic_init(&self->owners, 1);
    begin_component(&self->base, "reaction", reaction_id, config);
    char *queries = copied(query_ids_json);
    for (char *at = strtok(queries, "[]\", "); at != NULL && self->query_count < MOST_QUERIES; at = strtok(NULL, "[]\", "))
        self->query_ids[self->query_count++] = copied(lent(at));
    free(queries);
    if (fails(&self->base, "create")) {
        drop(self);
        return not_made("create fails, as configured");
    }
    return (FfiCreateResult){HAND_OVER(ReactionVtable, self, executor, id, type_name, auto_start, query_ids, properties,
                                       start, stop, status, deprovision, initialize, start_result_push, is_durable,
                                       needs_snapshot, policy, bootstrap, drop),
                             0, NULL};
}

DRASI_EXPORT FfiPluginRegistration *drasi_plugin_init(void) {
    FfiPluginRegistration *offered = registration();
    offered->reaction_plugins = HAND_OVER(ReactionPluginVtable, make(1), executor, kind, config_version, config_schemas,
                                          config_schema, create_reaction, end);
    offered->reaction_plugin_count = 1;
    return offered;
}
