/*
 * A host in plain C that has a drasi plugin do everything it can: it proves drasi_plugin.c and
 * drasi_plugin.rs, and shows what a host must do by hand.
 *
 *     drasi_host PLUGIN          every check; prints what was seen, and the plugin's journal
 *     drasi_host PLUGIN CHECK    one of them; or a misuse, which the plugin answers with abort()
 *
 * What it prints is the same for every plugin that behaves the same.
 */
#define _POSIX_C_SOURCE 200809L
#include "drasi.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "drasi_host: line %d: %s\n", __LINE__, #condition); \
            exit(1); \
        } \
    } while (0)

/* --- the plugin */

static struct {
    const PluginMetadata *(*metadata)(void);
    void (*shutdown)(void);
    FfiPluginRegistration *(*init)(void);
    size_t (*live)(const char *kind);
    size_t (*made)(const char *kind);
    size_t (*live_blocks)(const char *kind);
    size_t (*made_blocks)(const char *kind);
    size_t (*forget)(void *memory);
    void (*reset)(void);
    const char *(*log)(void);
    uint64_t (*position)(const char *source_id, const char *query_id);
} plugin;

static void *symbol(void *library, const char *name, bool required)
{
    void *found = dlsym(library, name);
    if (found == NULL && required) {
        fprintf(stderr, "drasi_host: the plugin has no %s\n", name);
        exit(1);
    }
    return found;
}

/* C has no conversion from a pointer to a function pointer, POSIX has. */
#define BIND(member, name, required) (*(void **)&plugin.member = symbol(library, name, required))

static void open_plugin(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "drasi_host: %s\n", dlerror());
        exit(1);
    }
    BIND(metadata, "drasi_plugin_metadata", false);
    BIND(shutdown, "drasi_plugin_shutdown", false);
    BIND(init, "drasi_plugin_init", true);
    BIND(live, "test_live", true);
    BIND(made, "test_made", true);
    BIND(live_blocks, "test_live_blocks", true);
    BIND(made_blocks, "test_made_blocks", true);
    BIND(forget, "test_forget", true);
    BIND(reset, "test_reset", true);
    BIND(log, "test_log", true);
    BIND(position, "test_position", true);
}

/** Prints the journal, and begins a new one. */
static void print_journal(void)
{
    fputs(plugin.log(), stdout);
    plugin.reset();
}

static bool journal_has(const char *line)
{
    return strstr(plugin.log(), line) != NULL;
}

/* --- values */

#define TEXT(literal) ((FfiStr){literal, sizeof(literal) - 1})
#define SHOW(text) (int)(text).len, (text).ptr

static FfiStr lend(const char *text)
{
    return (FfiStr){text, strlen(text)};
}

static bool same(FfiStr text, const char *expected)
{
    CHECK(text.ptr != NULL);
    return text.len == strlen(expected) && memcmp(text.ptr, expected, text.len) == 0;
}

/** Frees what the plugin allocated. It knows the block, and made it exactly that large. */
static void end_block(void *block, size_t size)
{
    CHECK(plugin.forget(block) == size);
    free(block);
}

/** A text of the plugin with a NUL behind it, for the caller to free. */
static char *take(FfiOwnedStr text)
{
    CHECK(text.ptr != NULL && (text.cap == 0) == (text.len == 0));
    char *copy = calloc(1, text.len + 1);
    CHECK(copy != NULL);
    memcpy(copy, text.ptr, text.len);
    if (text.cap != 0) {
        end_block(text.ptr, text.cap);
    }
    return copy;
}

static void print_owned(const char *what, FfiOwnedStr text)
{
    char *copy = take(text);
    printf("%s: %s\n", what, copy);
    free(copy);
}

static bool same_owned(FfiOwnedStr text, const char *expected)
{
    char *copy = take(text);
    bool result = strcmp(copy, expected) == 0;
    free(copy);
    return result;
}

static bool same_c_string(char *text, const char *expected)
{
    CHECK(text != NULL);
    bool result = strcmp(text, expected) == 0;
    end_block(text, strlen(text) + 1);
    return result;
}

/** What the host hands over, which the plugin frees. */
static FfiOwnedStr give(const char *text)
{
    if (*text == '\0') {
        return (FfiOwnedStr){(char *)(uintptr_t)1, 0, 0};
    }
    return (FfiOwnedStr){strdup(text), strlen(text), strlen(text) + 1};
}

static FfiResult ok(void)
{
    return (FfiResult){0, NULL};
}

static FfiResult refuse(const char *why)
{
    return (FfiResult){1, strdup(why)};
}

static void must_succeed(FfiResult result)
{
    if (result.error_code != 0) {
        fprintf(stderr, "drasi_host: %s\n", result.error_msg);
    }
    CHECK(result.error_code == 0 && result.error_msg == NULL);
}

static void must_fail(FfiResult result, const char *why)
{
    CHECK(result.error_code == 1);
    CHECK(same_c_string(result.error_msg, why));
}

/** Moves a table out of its block, as a host does it that wants to own it. */
#define MOVE(type, into, block) \
    do { \
        type *moved = (block); \
        CHECK(moved != NULL); \
        (into) = *moved; \
        end_block(moved, sizeof *moved); \
    } while (0)

/* --- waiting */

enum { PATIENCE_SECONDS = 60 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void count(int *counter)
{
    pthread_mutex_lock(&lock);
    ++*counter;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void wait_for(const int *counter, int value)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_SECONDS;
    pthread_mutex_lock(&lock);
    int waited = 0;
    while (*counter < value && waited == 0) {
        waited = pthread_cond_timedwait(&changed, &lock, &until);
    }
    int result = *counter;
    pthread_mutex_unlock(&lock);
    CHECK(result == value);
}

static int counted(const int *counter)
{
    pthread_mutex_lock(&lock);
    int result = *counter;
    pthread_mutex_unlock(&lock);
    return result;
}

/* --- services: log and lifecycle */

/* The contexts are names. Where threads race, nothing is printed. */
static char library_ctx[] = "library";
static char component_ctx[] = "component";
static bool quiet;
static int logged;
static int reported;

static void on_log(void *ctx, const FfiLogEntry *entry)
{
    count(&logged);
    CHECK(same(entry->plugin_id, "drasi-test-plugin") && entry->timestamp_us > 0);
    if (!quiet) {
        printf("log of %s: level=%d target=%.*s instance=%.*s component=%.*s %.*s\n", (char *)ctx,
            entry->level, SHOW(entry->target), SHOW(entry->instance_id), SHOW(entry->component_id),
            SHOW(entry->message));
    }
}

static void on_lifecycle(void *ctx, const FfiLifecycleEvent *event)
{
    count(&reported);
    CHECK(event->timestamp_us > 0);
    if (!quiet) {
        printf("lifecycle of %s: %.*s %.*s step=%d %.*s\n", (char *)ctx,
            SHOW(event->component_type), SHOW(event->component_id), event->event_type,
            SHOW(event->message));
    }
}

/* --- services: a state store */

typedef struct {
    char name[32]; /* store/key */
    uint8_t *value;
    size_t length;
} Entry;

static struct {
    pthread_mutex_t lock;
    Entry entries[64];
    size_t count;
    int drops;
} store = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void name_of(char *name, FfiStr store_id, FfiStr key)
{
    CHECK(store_id.ptr != NULL && key.ptr != NULL);
    CHECK(snprintf(name, 32, "%.*s/%.*s", SHOW(store_id), SHOW(key)) < 32);
}

/* Where the entry is, or behind the last one. */
static size_t find(const char *name)
{
    size_t index = 0;
    while (index < store.count && strcmp(store.entries[index].name, name) != 0) {
        index++;
    }
    return index;
}

static bool erase(FfiStr store_id, FfiStr key)
{
    char name[32];
    name_of(name, store_id, key);
    size_t index = find(name);
    if (index == store.count) {
        return false;
    }
    free(store.entries[index].value);
    store.count--;
    memmove(
        &store.entries[index], &store.entries[index + 1], (store.count - index) * sizeof(Entry));
    return true;
}

static void put(FfiStr store_id, FfiStr key, const uint8_t *value, size_t length)
{
    CHECK(value != NULL);
    Entry entry = {.value = malloc(length + 1), .length = length};
    name_of(entry.name, store_id, key);
    memcpy(entry.value, value, length);
    erase(store_id, key);
    CHECK(store.count < 64);
    store.entries[store.count++] = entry;
}

static FfiGetResult look_up(FfiStr store_id, FfiStr key)
{
    char name[32];
    name_of(name, store_id, key);
    size_t index = find(name);
    if (same(key, "fail")) {
        return (FfiGetResult){.error_code = 1, .error_msg = strdup("die Platte ist voll")};
    }
    if (index == store.count) {
        return (FfiGetResult){.found = false};
    }
    const Entry *entry = &store.entries[index];
    uint8_t *copy = entry->length != 0 ? malloc(entry->length) : (uint8_t *)(uintptr_t)1;
    memcpy(copy, entry->value, entry->length);
    return (FfiGetResult){.data = copy, .len = entry->length, .cap = entry->length, .found = true};
}

static FfiGetResult store_get(void *state, FfiStr store_id, FfiStr key)
{
    CHECK(state == &store);
    pthread_mutex_lock(&store.lock);
    FfiGetResult result = look_up(store_id, key);
    pthread_mutex_unlock(&store.lock);
    return result;
}

static FfiResult store_set(
    void *state, FfiStr store_id, FfiStr key, const uint8_t *value, size_t value_len)
{
    CHECK(state == &store);
    if (same(key, "fail")) {
        return refuse("die Platte ist voll");
    }
    pthread_mutex_lock(&store.lock);
    put(store_id, key, value, value_len);
    pthread_mutex_unlock(&store.lock);
    return ok();
}

static FfiResult store_delete(void *state, FfiStr store_id, FfiStr key)
{
    CHECK(state == &store);
    pthread_mutex_lock(&store.lock);
    erase(store_id, key);
    pthread_mutex_unlock(&store.lock);
    return ok();
}

static FfiResult store_contains_key(void *state, FfiStr store_id, FfiStr key)
{
    CHECK(state == &store);
    if (same(key, "fail")) {
        return refuse("die Platte ist voll");
    }
    char name[32];
    name_of(name, store_id, key);
    pthread_mutex_lock(&store.lock);
    bool found = find(name) < store.count;
    pthread_mutex_unlock(&store.lock);
    return found ? ok() : refuse(NOT_FOUND_MESSAGE);
}

static FfiResult store_get_many(
    void *state, FfiStr store_id, const FfiStr *keys, size_t keys_count, FfiGetResult *out_values)
{
    CHECK(state == &store && keys != NULL && out_values != NULL);
    if (keys_count != 0 && same(keys[0], "fail")) {
        return refuse("die Platte ist voll");
    }
    pthread_mutex_lock(&store.lock);
    for (size_t index = 0; index < keys_count; index++) {
        out_values[index] = look_up(store_id, keys[index]);
    }
    pthread_mutex_unlock(&store.lock);
    return ok();
}

static FfiResult store_set_many(void *state, FfiStr store_id, const FfiStr *keys,
    const uint8_t *const *values, const size_t *value_lens, size_t count)
{
    CHECK(state == &store && keys != NULL && values != NULL && value_lens != NULL);
    pthread_mutex_lock(&store.lock);
    for (size_t index = 0; index < count; index++) {
        put(store_id, keys[index], values[index], value_lens[index]);
    }
    pthread_mutex_unlock(&store.lock);
    return ok();
}

static int64_t store_delete_many(
    void *state, FfiStr store_id, const FfiStr *keys, size_t keys_count)
{
    CHECK(state == &store && keys != NULL);
    int64_t deleted = 0;
    pthread_mutex_lock(&store.lock);
    for (size_t index = 0; index < keys_count; index++) {
        deleted += erase(store_id, keys[index]);
    }
    pthread_mutex_unlock(&store.lock);
    return deleted;
}

static bool belongs(const Entry *entry, FfiStr store_id)
{
    return strncmp(entry->name, store_id.ptr, store_id.len) == 0
        && entry->name[store_id.len] == '/';
}

static int64_t store_clear(void *state, FfiStr store_id)
{
    CHECK(state == &store);
    int64_t cleared = 0;
    pthread_mutex_lock(&store.lock);
    for (size_t index = store.count; index-- > 0;) {
        if (belongs(&store.entries[index], store_id)) {
            cleared += erase(store_id, lend(store.entries[index].name + store_id.len + 1));
        }
    }
    pthread_mutex_unlock(&store.lock);
    return cleared;
}

static FfiStringArray store_list_keys(void *state, FfiStr store_id)
{
    CHECK(state == &store);
    FfiStringArray keys = {(FfiOwnedStr *)(uintptr_t)8, 0, 0};
    pthread_mutex_lock(&store.lock);
    for (size_t index = 0; index < store.count; index++) {
        if (belongs(&store.entries[index], store_id)) {
            keys.data =
                realloc(keys.cap != 0 ? keys.data : NULL, (keys.len + 1) * sizeof *keys.data);
            keys.data[keys.len++] = give(store.entries[index].name + store_id.len + 1);
            keys.cap = keys.len;
        }
    }
    pthread_mutex_unlock(&store.lock);
    return keys;
}

static int64_t store_key_count(void *state, FfiStr store_id)
{
    CHECK(state == &store);
    int64_t found = 0;
    pthread_mutex_lock(&store.lock);
    for (size_t index = 0; index < store.count; index++) {
        found += belongs(&store.entries[index], store_id);
    }
    pthread_mutex_unlock(&store.lock);
    return same(store_id, "fail") ? -1 : found;
}

static FfiResult store_exists(void *state, FfiStr store_id)
{
    return store_key_count(state, store_id) > 0 ? ok() : refuse(NOT_FOUND_MESSAGE);
}

static FfiResult store_sync(void *state)
{
    CHECK(state == &store);
    return ok();
}

static void store_drop(void *state)
{
    CHECK(state == &store);
    count(&store.drops);
}

static const StateStoreVtable store_table = {
    .state = &store,
    .get_fn = store_get,
    .set_fn = store_set,
    .delete_fn = store_delete,
    .contains_key_fn = store_contains_key,
    .get_many_fn = store_get_many,
    .set_many_fn = store_set_many,
    .delete_many_fn = store_delete_many,
    .clear_store_fn = store_clear,
    .list_keys_fn = store_list_keys,
    .store_exists_fn = store_exists,
    .key_count_fn = store_key_count,
    .sync_fn = store_sync,
    .drop_fn = store_drop,
};

/* --- services: an identity provider */

/* Clones that live, besides the first one. */
static int identity_clones;
static int identity_drops;

static FfiCredentialsResult identity_get_credentials(
    const void *state, const uint8_t *context_json, size_t context_len)
{
    CHECK(*(const int *)state == 42);
    FfiStr context = {context_json != NULL ? (const char *)context_json : "", context_len};
    if (same(context, "{\"fail\": \"yes\"}")) {
        return (FfiCredentialsResult){.error_code = 1, .error_msg = strdup("kein Zutritt")};
    }
    FfiCredentialsResult result = {.error_code = 0};
    result.credentials.credential_type =
        context_len == 0 ? FfiCredentialType_Token : FfiCredentialType_Certificate;
    result.credentials.field1 = strdup("me");
    result.credentials.field2 = strdup("of the host");
    return result;
}

static void *identity_clone(const void *state)
{
    CHECK(*(const int *)state == 42);
    int *clone = malloc(sizeof *clone);
    *clone = 42;
    count(&identity_clones);
    return clone;
}

static void identity_drop(void *state)
{
    CHECK(*(int *)state == 42);
    *(int *)state = 0;
    free(state);
    count(&identity_drops);
}

/* The table stays where it is; each component gets one with a state of its own, which ends with it. */
static IdentityProviderVtable identity_tables[64];
static size_t identity_count;

static const IdentityProviderVtable *make_identity(void)
{
    int *state = malloc(sizeof *state);
    *state = 42;
    CHECK(identity_count < 64);
    identity_tables[identity_count] = (IdentityProviderVtable){
        .state = state,
        .get_credentials_fn = identity_get_credentials,
        .clone_fn = identity_clone,
        .drop_fn = identity_drop,
    };
    return &identity_tables[identity_count++];
}

/* --- services: iterators, snapshots, checkpoints */

typedef struct {
    int next;
    int count;
    const char *what;
} Rows;

static int iterators;

static FfiOwnedStr rows_next(void *state)
{
    Rows *rows = state;
    char text[64];
    if (rows->next == rows->count) {
        return give("");
    }
    snprintf(text, sizeof text, "{\"%s\": %d}", rows->what, ++rows->next);
    return give(text);
}

static void rows_drop(void *state)
{
    free(state);
    pthread_mutex_lock(&lock);
    iterators--;
    pthread_mutex_unlock(&lock);
}

static Rows *make_rows(int length, const char *what)
{
    Rows *rows = malloc(sizeof *rows);
    *rows = (Rows){0, length, what};
    count(&iterators);
    return rows;
}

static FfiOwnedStr no_row(void *state)
{
    (void)state;
    CHECK(!"a failed fetch has no iterator");
    return give("");
}

static void no_drop(void *state)
{
    (void)state;
    CHECK(!"a failed fetch has no iterator");
}

static FfiSnapshotIteratorResponse snapshot(const char *error, int rows)
{
    FfiSnapshotIteratorResponse response = {
        .iterator = {.next_fn = no_row, .drop_fn = no_drop},
        .error = give(error),
    };
    if (*error == '\0') {
        response.iterator = (FfiSnapshotIterator){make_rows(rows, "row"), rows_next, rows_drop};
        response.as_of_sequence = 70;
        response.config_hash = 7;
    }
    return response;
}

static int fetcher_drops;

static FfiSnapshotIteratorResponse fetcher_fetch(void *state, FfiStr query_id)
{
    CHECK(state == &fetcher_drops);
    return snapshot(same(query_id, "q1") ? "" : "diese Abfrage gehört dir nicht", 2);
}

static void fetcher_drop(void *state)
{
    CHECK(state == &fetcher_drops);
    count(&fetcher_drops);
}

static const SnapshotFetcherVtable fetcher_table = {&fetcher_drops, fetcher_fetch, fetcher_drop};

/* What a reaction may use while it is brought up to date. */
typedef struct {
    bool has_checkpoint;
    FfiCheckpoint checkpoint;
    const char *error;
} Catching;

static FfiSnapshotIteratorResponse catching_snapshot(void *ctx)
{
    return snapshot(((Catching *)ctx)->error, 3);
}

static FfiOutboxIteratorResponse catching_outbox(void *ctx, uint64_t after_sequence)
{
    FfiOutboxIteratorResponse response = {
        .iterator = {.next_fn = no_row, .drop_fn = no_drop},
        .latest_sequence = 90,
        .config_hash = 7,
    };
    CHECK(((Catching *)ctx)->error != NULL);
    if (after_sequence < 50) {
        response.error = give(OUTBOX_GAP_PREFIX "50");
    } else {
        response.error = give("");
        response.iterator = (FfiOutboxIterator){make_rows(2, "entry"), rows_next, rows_drop};
    }
    return response;
}

static FfiCheckpointResult catching_read(void *ctx)
{
    const Catching *it = ctx;
    return (FfiCheckpointResult){it->has_checkpoint, it->checkpoint, give(it->error)};
}

static FfiResult catching_write(void *ctx, FfiCheckpoint checkpoint)
{
    Catching *it = ctx;
    it->checkpoint = checkpoint;
    it->has_checkpoint = true;
    return *it->error == '\0' ? ok() : refuse(it->error);
}

static FfiBootstrapContext context_of(Catching *it, bool is_reset)
{
    return (FfiBootstrapContext){
        .query_id = TEXT("q1"),
        .is_reset = is_reset,
        .callback_ctx = it,
        .fetch_snapshot_fn = catching_snapshot,
        .fetch_outbox_fn = catching_outbox,
        .read_checkpoint_fn = catching_read,
        .write_checkpoint_fn = catching_write,
    };
}

/* --- services: secrets for configurations */

static FfiGetSecretResult resolve(const void *ctx, FfiStr config_value_json)
{
    CHECK(ctx == library_ctx);
    printf("resolve %.*s\n", SHOW(config_value_json));
    if (same(config_value_json, "{\"kind\": \"Secret\", \"name\": \"none\"}")) {
        return (FfiGetSecretResult){.error_code = 1, .error_msg = strdup("gibt es nicht")};
    }
    return (FfiGetSecretResult){.value = strdup("s\"cret ü")};
}

/* --- loading */

static FfiPluginRegistration registration;
static SourcePluginVtable ticker, replayer;
static ReactionPluginVtable collector;
static BootstrapPluginVtable loader;
static IdentityProviderPluginVtable badges;
static SecretStorePluginVtable vaults;

/** As a careful host reads a version: whether the registration has what came with it. */
static bool at_least(int minor, int patch)
{
    int major_has, minor_has, patch_has;
    char version[32];
    const PluginMetadata *metadata = plugin.metadata();
    snprintf(version, sizeof version, "%.*s", SHOW(metadata->sdk_version));
    CHECK(sscanf(version, "%d.%d.%d", &major_has, &minor_has, &patch_has) == 3);
    return minor_has > minor || (minor_has == minor && patch_has >= patch);
}

/* The fields since 0.8.2 lie behind the end of an older block. */
static FfiPluginRegistration take_registration(FfiPluginRegistration *block)
{
    FfiPluginRegistration result = {.source_plugins = NULL};
    size_t size =
        at_least(8, 2) ? sizeof result : offsetof(FfiPluginRegistration, secret_store_plugins);
    memcpy(&result, block, size);
    size_t made = plugin.forget(block);
    CHECK(at_least(8, 2) ? made == size : made >= size);
    free(block);
    return result;
}

static void load(void)
{
    CHECK(plugin.metadata != NULL && plugin.metadata() != NULL);
    FfiPluginRegistration *block = plugin.init();
    CHECK(block != NULL);
    registration = take_registration(block);
    registration.set_log_callback(library_ctx, on_log);
    registration.set_lifecycle_callback(library_ctx, on_lifecycle);
    CHECK(registration.source_plugin_count == 2 && registration.reaction_plugin_count == 1);
    CHECK(registration.bootstrap_plugin_count == 1
        && registration.identity_provider_plugin_count == 1);
    ticker = registration.source_plugins[0];
    replayer = registration.source_plugins[1];
    end_block(registration.source_plugins, 2 * sizeof ticker);
    MOVE(ReactionPluginVtable, collector, registration.reaction_plugins);
    MOVE(BootstrapPluginVtable, loader, registration.bootstrap_plugins);
    MOVE(IdentityProviderPluginVtable, badges, registration.identity_provider_plugins);
    if (registration.secret_store_plugin_count != 0) {
        MOVE(SecretStorePluginVtable, vaults, registration.secret_store_plugins);
    }
}

/* An older plugin has neither secret stores nor a place for a resolver. */
static bool has_secrets(void)
{
    return vaults.drop_fn != NULL;
}

static void unload(void)
{
    ticker.drop_fn(ticker.state);
    replayer.drop_fn(replayer.state);
    collector.drop_fn(collector.state);
    loader.drop_fn(loader.state);
    badges.drop_fn(badges.state);
    if (has_secrets()) {
        vaults.drop_fn(vaults.state);
    }
    CHECK(plugin.live(NULL) == 0);
    CHECK(plugin.live_blocks(NULL) == 0);
    for (size_t index = 0; index < store.count; index++) {
        free(store.entries[index].value);
    }
    CHECK(iterators == 0);
    CHECK(identity_drops == identity_clones + (int)identity_count);
}

/* --- components */

static SourceVtable make_source(
    const SourcePluginVtable *factory, const char *id, const char *config)
{
    SourceVtable source;
    FfiCreateResult result =
        factory->create_source_fn(factory->state, lend(id), lend(config), true);
    must_succeed((FfiResult){result.error_code, result.error_msg});
    MOVE(SourceVtable, source, result.ptr);
    return source;
}

static ReactionVtable make_reaction(const char *id, const char *queries, const char *config)
{
    ReactionVtable reaction;
    FfiCreateResult result =
        collector.create_reaction_fn(collector.state, lend(id), lend(queries), lend(config), false);
    must_succeed((FfiResult){result.error_code, result.error_msg});
    MOVE(ReactionVtable, reaction, result.ptr);
    return reaction;
}

/** Everything there is; whoever calls it says what it takes away again. */
static FfiRuntimeContext everything(const char *id)
{
    return (FfiRuntimeContext){
        .instance_id = TEXT("host-7"),
        .component_id = lend(id),
        .state_store = &store_table,
        .log_callback = on_log,
        .log_ctx = component_ctx,
        .lifecycle_callback = on_lifecycle,
        .lifecycle_ctx = component_ctx,
        .identity_provider = make_identity(),
        .snapshot_fetcher = &fetcher_table,
    };
}

/* The context is lent for the call, so its memory is spoilt after it. */
static void initialize(
    void (*slot)(void *, const FfiRuntimeContext *), void *state, FfiRuntimeContext context)
{
    char id[32];
    char instance[] = "host-7";
    snprintf(id, sizeof id, "%.*s", SHOW(context.component_id));
    context.component_id.ptr = id;
    context.instance_id.ptr = instance;
    slot(state, &context);
    memset(&context, 0xff, sizeof context);
    memset(id, 'X', sizeof id);
    memset(instance, 'X', sizeof instance);
}

static FfiSubscriptionResponse subscribe(const SourceVtable *source, const char *id,
    const char *query, bool enable_bootstrap, FfiStr resume, int64_t last_sequence, bool handle)
{
    FfiSubscriptionResponse response;
    FfiSubscriptionResponse *block = source->subscribe_fn(source->state, lend(id), enable_bootstrap,
        lend(query), TEXT("[\"Person\", \"St\\u00e4dte\"]"), TEXT("[]"),
        (const uint8_t *)resume.ptr, (uint32_t)resume.len, last_sequence >= 0,
        last_sequence >= 0 ? (uint64_t)last_sequence : 0, handle);
    MOVE(FfiSubscriptionResponse, response, block);
    CHECK(same_owned(response.query_id, query));
    CHECK(same_owned(response.source_id, id));
    return response;
}

static const FfiStr NOWHERE = {NULL, 0};

/* --- listeners */

typedef struct {
    int events;
    int enough; /* how many are wanted, or 0 for all */
    int nulls;
    atomic_bool busy;
    FfiChangeReceiver receiver; /* to be dropped from inside, if there is one */
    SourceVtable *source; /* to be stopped from inside, if there is one */
} Listener;

/* One call at a time. */
static void enter(Listener *it)
{
    CHECK(!atomic_exchange(&it->busy, true));
}

static bool leave(Listener *it, bool more)
{
    CHECK(atomic_exchange(&it->busy, false));
    return more;
}

/* The null is the last call: who sees it may be gone when it returns. */
static bool on_change(void *ctx, FfiSourceEvent *event)
{
    Listener *it = ctx;
    enter(it);
    if (event == NULL) {
        leave(it, true);
        count(&it->nulls);
        return true;
    }
    CHECK(counted(&it->nulls) == 0);
    CHECK(same(event->label, "") && same(event->entity_id, ""));
    if (!quiet) {
        printf("change of %.*s: at=%lld op=%d\n", SHOW(event->source_id),
            (long long)event->timestamp_us, event->op);
    }
    event->drop_fn(event->opaque);
    end_block(event, sizeof *event);
    count(&it->events);
    if (it->receiver.state != NULL) {
        it->receiver.drop_fn(it->receiver.state);
        it->receiver.state = NULL;
    }
    if (it->source != NULL) {
        must_succeed(it->source->stop_fn(it->source->state));
        it->source = NULL;
    }
    return leave(it, it->enough == 0 || counted(&it->events) < it->enough);
}

static bool on_record(void *ctx, FfiBootstrapEvent *event)
{
    Listener *it = ctx;
    enter(it);
    if (event == NULL) {
        leave(it, true);
        count(&it->nulls);
        return true;
    }
    CHECK(same(event->label, "") && same(event->entity_id, ""));
    if (!quiet) {
        printf("record of %.*s: at=%lld sequence=%llu\n", SHOW(event->source_id),
            (long long)event->timestamp_us, (unsigned long long)event->sequence);
    }
    event->drop_fn(event->opaque);
    end_block(event, sizeof *event);
    count(&it->events);
    return leave(it, it->enough == 0 || counted(&it->events) < it->enough);
}

typedef struct {
    int calls;
    bool given;
    FfiBootstrapResult result;
    char position[16];
} Report;

/* Takes a result that the plugin made. */
static void take_result(Report *report, FfiBootstrapResult *result)
{
    report->given = result != NULL;
    if (result != NULL) {
        report->result = *result;
        CHECK(result->source_position_len < sizeof report->position);
        CHECK((result->source_position_ptr == NULL) == (result->source_position_drop_fn == NULL));
        if (result->source_position_ptr != NULL) {
            memcpy(report->position, result->source_position_ptr, result->source_position_len);
            result->source_position_drop_fn(
                (uint8_t *)(uintptr_t)result->source_position_ptr, result->source_position_len);
        }
        end_block(result, sizeof *result);
    }
}

static void on_result(void *ctx, FfiBootstrapResult *result)
{
    Report *report = ctx;
    take_result(report, result);
    count(&report->calls);
}

static void print_report(const Report *report)
{
    printf("result: given=%d events=%lld last=%lld aligned=%d position=%s\n", report->given,
        (long long)report->result.event_count, (long long)report->result.last_sequence,
        report->result.sequences_aligned, report->position);
}

static FfiChangeReceiver change_receiver(const FfiSubscriptionResponse *response)
{
    FfiChangeReceiver receiver;
    MOVE(FfiChangeReceiver, receiver, response->receiver);
    return receiver;
}

static FfiBootstrapReceiver bootstrap_receiver(const FfiSubscriptionResponse *response)
{
    FfiBootstrapReceiver receiver;
    MOVE(FfiBootstrapReceiver, receiver, response->bootstrap_receiver);
    return receiver;
}

/* Started and dropped at once, as upstream's host does it: the outcome still comes. */
static void ask_for_result(const FfiSubscriptionResponse *response, Report *report)
{
    FfiBootstrapResultReceiver receiver;
    MOVE(FfiBootstrapResultReceiver, receiver, response->bootstrap_result_receiver);
    receiver.start_fn(receiver.state, on_result, report);
    receiver.drop_fn(receiver.state);
}

/* --- checks: factories */

static void check_loading(void)
{
    const PluginMetadata *metadata = plugin.metadata();
    CHECK(plugin.metadata() == metadata);
    printf("sdk %.*s, core %.*s, lib %.*s, plugin %.*s, commit %.*s, built %.*s\n",
        SHOW(metadata->sdk_version), SHOW(metadata->core_version), SHOW(metadata->lib_version),
        SHOW(metadata->plugin_version), SHOW(metadata->git_commit),
        SHOW(metadata->build_timestamp));
    CHECK(plugin.live("no such kind") == SIZE_MAX);
    CHECK(plugin.live("SourcePluginVtable") == 2 && plugin.made("SourcePluginVtable") == 2);
    CHECK(plugin.made_blocks("SourcePluginVtable") == 1 && plugin.live_blocks(NULL) == 0);
}

#define DESCRIBE(factory) \
    do { \
        FfiStr kind = (factory).kind_fn((factory).state); \
        FfiStr version = (factory).config_version_fn((factory).state); \
        FfiStr name = (factory).config_schema_name_fn((factory).state); \
        printf("%.*s %.*s %.*s\n", SHOW(kind), SHOW(version), SHOW(name)); \
        print_owned("schemas", (factory).config_schema_json_fn((factory).state)); \
        CHECK((factory).executor(NULL) == NULL); \
    } while (0)

static void check_factories(void)
{
    DESCRIBE(ticker);
    DESCRIBE(replayer);
    DESCRIBE(collector);
    DESCRIBE(loader);
    DESCRIBE(badges);
    if (has_secrets()) {
        DESCRIBE(vaults);
    }
}

/* --- checks: a source and what it tells */

static void check_source(void)
{
    SourceVtable source = make_source(&ticker, "tür 7",
        "{\"label\": \"T\\u00fcr \\ud83d\\udeaa\", \"n\": [1, {\"a\": null}], \"dispatch\": "
        "\"broadcast\", "
        "\"start\": [[\"log\", \"info\", \"läuft\"], [\"log\", \"trace\", \"\"], [\"log\", "
        "\"loud\", \"?\"]]}");
    void *state = source.state;
    CHECK(same(source.id_fn(state), "tür 7"));
    CHECK(same(source.type_name_fn(state), "ticker"));
    CHECK(source.auto_start_fn(state));
    CHECK(source.dispatch_mode_fn(state) == FfiDispatchMode_Broadcast);
    CHECK(!source.supports_replay_fn(state));
    CHECK(source.executor(NULL) == NULL);
    print_owned("properties", source.properties_fn(state));
    print_owned("schema", source.describe_schema_fn(state));
    CHECK(source.status_fn(state) == FfiComponentStatus_Stopped);

    /* Without a context, what it tells goes through the callbacks of the library. */
    must_succeed(source.start_fn(state));
    must_fail(source.start_fn(state), "already started — stop it first");
    CHECK(source.status_fn(state) == FfiComponentStatus_Running);
    must_succeed(source.stop_fn(state));
    must_fail(source.stop_fn(state), "not running — start it first");

    initialize(source.initialize_fn, state, everything("tür 7"));
    must_succeed(source.start_fn(state));
    must_succeed(source.stop_fn(state));
    CHECK(source.status_fn(state) == FfiComponentStatus_Stopped);
    must_succeed(source.deprovision_fn(state));
    source.set_bootstrap_provider_fn(state, NULL);
    source.drop_fn(state);

    source =
        make_source(&replayer, "", "{\"schema\": {\"nodes\": []}, \"properties\": \"no JSON\"}");
    CHECK(same(source.id_fn(source.state), ""));
    CHECK(source.supports_replay_fn(source.state));
    CHECK(source.dispatch_mode_fn(source.state) == FfiDispatchMode_Broadcast);
    print_owned("properties", source.properties_fn(source.state));
    print_owned("schema", source.describe_schema_fn(source.state));
    source.drop_fn(source.state);
    source = make_source(&ticker, "s", "{\"schema\": \"\"}");
    CHECK(same_owned(source.describe_schema_fn(source.state), ""));
    source.drop_fn(source.state);
}

/** The message of a failed start with `"message"` in its configuration; null if there is none. */
static char *failed_start(const char *message, int code)
{
    char config[128];
    snprintf(config, sizeof config, "{\"fail\": [\"start\"], \"message\": \"%s\", \"code\": %d}",
        message, code);
    SourceVtable source = make_source(&ticker, "s", config);
    FfiResult result = source.start_fn(source.state);
    CHECK(result.error_code == code);
    CHECK(source.status_fn(source.state) == FfiComponentStatus_Error);
    source.drop_fn(source.state);
    return result.error_msg;
}

static void must_not_make(const char *id, const char *config, const char *why)
{
    FfiCreateResult result = ticker.create_source_fn(ticker.state, lend(id), lend(config), false);
    CHECK(result.error_code == 1 && result.ptr == NULL);
    CHECK(same_c_string(result.error_msg, why));
}

static void check_failures(void)
{
    quiet = true;
    CHECK(same_c_string(failed_start("", 1), "start: das ging schief — 失敗 ✗"));
    CHECK(same_c_string(failed_start("bad-utf8", 1), "start: \xff\xfe"));
    CHECK(same_c_string(failed_start("empty", 1), ""));
    CHECK(same_c_string(failed_start("nein", -7), "nein"));
    CHECK(failed_start("null", 1) == NULL);
    char *message = failed_start("long", 1);
    CHECK(strlen(message) == strlen("start: ") + 200000);
    end_block(message, strlen(message) + 1);
    quiet = false;

    must_not_make("s", "", "the configuration is no JSON object");
    must_not_make("s", "[]", "the configuration is no JSON object");
    must_not_make("s", "{\"a\": tru}", "the configuration is no JSON object");
    must_not_make("s", "{\"a\": 1} x", "the configuration is no JSON object");
    must_not_make("fail:", "{}", "create: das ging schief — 失敗 ✗");
    must_not_make("fail:zu früh", "{}", "zu früh");
    must_not_make("s", "{\"fail\": \"create\"}", "create: das ging schief — 失敗 ✗");
    FfiCreateResult result =
        ticker.create_source_fn(ticker.state, TEXT("s"), TEXT("{\"fail\": \"table\"}"), false);
    CHECK(result.ptr == NULL && result.error_code == 0 && result.error_msg == NULL);

    SourceVtable source =
        make_source(&ticker, "s", "{\"fail\": [\"stop\", \"deprovision\", \"subscribe\"]}");
    must_succeed(source.start_fn(source.state));
    must_fail(source.stop_fn(source.state), "stop: das ging schief — 失敗 ✗");
    must_fail(source.deprovision_fn(source.state), "deprovision: das ging schief — 失敗 ✗");
    CHECK(source.subscribe_fn(source.state, TEXT("s"), false, TEXT("q1"), TEXT("[]"), TEXT("[]"),
              NULL, 0, false, 0, false)
        == NULL);
    source.drop_fn(source.state);
    source = make_source(&ticker, "s", "{}");
    CHECK(source.subscribe_fn(source.state, TEXT("other"), false, TEXT("q1"), TEXT("[]"),
              TEXT("[]"), NULL, 0, false, 0, false)
        == NULL);
    CHECK(source.subscribe_fn(source.state, TEXT("s"), false, TEXT("fail:"), TEXT("[]"), TEXT("[]"),
              NULL, 0, false, 0, false)
        == NULL);
    source.drop_fn(source.state);
    source = make_source(&ticker, "s", "{\"fail\": \"receiver\"}");
    CHECK(subscribe(&source, "s", "q1", false, NOWHERE, -1, false).receiver == NULL);
    source.drop_fn(source.state);
}

static void check_secrets(void)
{
    if (!has_secrets()) {
        return;
    }
    static const char config[] =
        "{\"user\": \"me\", \"password\": {\"kind\": \"Secret\", \"name\": \"pw\"}}";
    must_not_make("s", config, "no resolver for password");
    registration.set_config_resolver(library_ctx, resolve);
    SourceVtable source = make_source(&ticker, "s", config);
    print_owned("properties", source.properties_fn(source.state));
    source.drop_fn(source.state);
    must_not_make("s", "{\"password\": {\"kind\": \"Secret\", \"name\": \"none\"}}",
        "cannot resolve password: error 1 \"gibt es nicht\"");
    ReactionVtable reaction = make_reaction("r", "[]",
        "{\"port\": {\"kind\": \"EnvironmentVariable\", \"name\": \"PORT\", \"default\": \"1\"}}");
    print_owned("properties", reaction.properties_fn(reaction.state));
    reaction.drop_fn(reaction.state);
}

/* --- checks: what a component does with the services */

static void check_services(void)
{
    SourceVtable source = make_source(&ticker, "s",
        "{\"start\": ["
        "[\"set\", \"a\", \"k\", \"v\"], [\"set\", \"a\", \"bytes\", \"hex:00ff41\"],"
        "[\"set\", \"a\", \"empty\", \"\"], [\"set\", \"a\", \"fail\", \"v\"],"
        "[\"get\", \"a\", \"k\"], [\"get\", \"a\", \"bytes\"], [\"get\", \"a\", \"empty\"],"
        "[\"get\", \"a\", \"none\"], [\"get\", \"a\", \"fail\"],"
        "[\"contains_key\", \"a\", \"k\"], [\"contains_key\", \"a\", \"none\"],"
        "[\"contains_key\", \"a\", \"fail\"],"
        "[\"set_many\", \"b\", \"k1\", \"v1\", \"k2\", \"v2\", \"k3\", \"\"],"
        "[\"get_many\", \"b\", \"k2\", \"none\", \"k1\", \"fail\", \"k3\"], [\"get_many\", \"b\"],"
        "[\"get_many\", \"b\", \"fail\"],"
        "[\"list_keys\", \"b\"], [\"list_keys\", \"none\"], [\"key_count\", \"b\"], "
        "[\"key_count\", \"fail\"],"
        "[\"store_exists\", \"b\"], [\"store_exists\", \"none\"],"
        "[\"delete_many\", \"b\", \"k1\", \"none\"], [\"delete\", \"b\", \"k2\"], "
        "[\"clear_store\", \"b\"],"
        "[\"sync\"], [\"dance\"], [\"read_checkpoint\"],"
        "[\"credentials\"], [\"credentials\", \"{\\\"host\\\": \\\"db\\\"}\"],"
        "[\"credentials\", \"{\\\"fail\\\": \\\"yes\\\"}\"], [\"clone_credentials\"],"
        "[\"fetcher\", \"q1\"], [\"fetcher\", \"q1\", 1], [\"fetcher\", \"q2\"]"
        "]}");
    initialize(source.initialize_fn, source.state, everything("s"));
    must_succeed(source.start_fn(source.state));
    must_succeed(source.stop_fn(source.state));
    int drops = store.drops;
    source.drop_fn(source.state);
    CHECK(store.drops == drops + 1);

    /* Without any service, and with a start that insists. */
    source = make_source(&ticker, "s",
        "{\"start\": [[\"get\", \"a\", \"k\"], [\"credentials\"], [\"fetcher\", \"q1\"]]}");
    must_succeed(source.start_fn(source.state));
    source.drop_fn(source.state);
    source = make_source(&ticker, "s", "{\"strict\": true, \"start\": [[\"get\", \"a\", \"k\"]]}");
    must_fail(source.start_fn(source.state), "get: no state store");
    source.drop_fn(source.state);
}

static void check_services_in_threads(void)
{
    SourceVtable source = make_source(&ticker, "s",
        "{\"workers\": 4, \"strict\": true, \"start\": [[\"log\", \"info\", \"hello\"], "
        "[\"set\", \"a\", \"k\", \"v\"], [\"get\", \"a\", \"k\"], [\"clone_credentials\"]]}");
    initialize(source.initialize_fn, source.state, everything("s"));
    quiet = true;
    int before = counted(&logged);
    must_succeed(source.start_fn(source.state));
    CHECK(counted(&logged) == before + 4 + 1);
    quiet = false;
    CHECK(journal_has("> get a k: \"v\"\n"));
    source.drop_fn(source.state);
    plugin.reset();
}

/* --- checks: changes */

/** Has one listener follow a source to the end of the stream. */
static void listen(const char *config, Listener *listener)
{
    SourceVtable source = make_source(&ticker, "s", config);
    FfiSubscriptionResponse response = subscribe(&source, "s", "q1", false, NOWHERE, -1, false);
    CHECK(response.bootstrap_receiver == NULL && response.bootstrap_result_receiver == NULL);
    CHECK(response.position_handle_ptr == NULL);
    FfiChangeReceiver receiver = change_receiver(&response);
    CHECK(receiver.executor(NULL) == NULL);
    receiver.start_push_fn(receiver.state, on_change, listener);
    wait_for(&listener->nulls, 1);
    receiver.drop_fn(receiver.state);
    must_succeed(source.start_fn(source.state));
    must_succeed(source.stop_fn(source.state));
    source.drop_fn(source.state);
    CHECK(listener->nulls == 1);
}

static void check_changes(void)
{
    Listener all = {.enough = 0};
    listen("{\"events\": 4}", &all);
    CHECK(all.events == 4);
    Listener none = {.enough = 0};
    listen("{\"events\": 0}", &none);
    CHECK(none.events == 0);
    Listener some = {.enough = 2};
    listen("{\"events\": 1000, \"pauseMs\": 1, \"timestamp\": -1}", &some);
    CHECK(some.events == 2);
    Listener paused = {.enough = 0};
    listen("{\"events\": 2, \"pauseMs\": 20}", &paused);
    CHECK(paused.events == 2);
    CHECK(plugin.made("FfiSourceEvent") == 8 && plugin.live("FfiSourceEvent") == 0);
    CHECK(plugin.made_blocks("FfiSourceEvent") == 8);
}

static void check_changes_of_four_threads(void)
{
    Listener listener = {.enough = 0};
    quiet = true;
    listen("{\"events\": 1000, \"threads\": 4}", &listener);
    CHECK(listener.events == 4000);
    Listener some = {.enough = 1500};
    listen("{\"events\": 1000, \"threads\": 4}", &some);
    CHECK(some.events == 1500);
    quiet = false;
    plugin.reset();
}

static void check_ends_of_changes(void)
{
    quiet = true;
    /* Dropped unused. */
    SourceVtable source = make_source(&ticker, "s", "{\"events\": 1000000, \"hold\": true}");
    FfiSubscriptionResponse response = subscribe(&source, "s", "", false, NOWHERE, -1, false);
    FfiChangeReceiver receiver = change_receiver(&response);
    receiver.drop_fn(receiver.state);

    /* Dropped while it runs: the null still comes. */
    Listener listener = {.enough = 0};
    response = subscribe(&source, "s", "q1", false, NOWHERE, -1, false);
    receiver = change_receiver(&response);
    receiver.start_push_fn(receiver.state, on_change, &listener);
    receiver.drop_fn(receiver.state);
    wait_for(&listener.nulls, 1);

    /* Dropped from inside the callback: no more than that one change. */
    Listener inside = {.enough = 0};
    response = subscribe(&source, "s", "q2", false, NOWHERE, -1, false);
    inside.receiver = change_receiver(&response);
    inside.receiver.start_push_fn(inside.receiver.state, on_change, &inside);
    wait_for(&inside.nulls, 1);
    CHECK(inside.events == 1);
    source.drop_fn(source.state);

    /* A stream that stays open ends with the source's stop. */
    source = make_source(&ticker, "s", "{\"events\": 3, \"hold\": true}");
    must_succeed(source.start_fn(source.state));
    Listener held = {.enough = 0};
    response = subscribe(&source, "s", "q3", false, NOWHERE, -1, false);
    receiver = change_receiver(&response);
    receiver.start_push_fn(receiver.state, on_change, &held);
    wait_for(&held.events, 3);
    CHECK(counted(&held.nulls) == 0);
    must_succeed(source.stop_fn(source.state));
    CHECK(counted(&held.nulls) == 1);
    receiver.drop_fn(receiver.state);
    source.drop_fn(source.state);

    /* Also where the stop comes from inside the callback: there it cannot wait for the stream. */
    source = make_source(&ticker, "s", "{\"events\": 1000, \"threads\": 2}");
    must_succeed(source.start_fn(source.state));
    Listener stopping = {.source = &source};
    response = subscribe(&source, "s", "q6", false, NOWHERE, -1, false);
    receiver = change_receiver(&response);
    receiver.start_push_fn(receiver.state, on_change, &stopping);
    wait_for(&stopping.nulls, 1);
    CHECK(stopping.events == 1);
    receiver.drop_fn(receiver.state);
    source.drop_fn(source.state);

    /* Or with the source, where it outlives the stop. The receiver outlives both. */
    source = make_source(&ticker, "s", "{\"hold\": true, \"keepStreams\": true, \"join\": false}");
    must_succeed(source.start_fn(source.state));
    Listener kept = {.enough = 0};
    response = subscribe(&source, "s", "q4", false, NOWHERE, -1, false);
    receiver = change_receiver(&response);
    receiver.start_push_fn(receiver.state, on_change, &kept);
    must_succeed(source.stop_fn(source.state));
    CHECK(counted(&kept.nulls) == 0);
    response = subscribe(&source, "s", "q5", false, NOWHERE, -1, false);
    source.drop_fn(source.state);
    wait_for(&kept.nulls, 1);
    receiver.drop_fn(receiver.state);

    /* Started when the source is gone, it ends at once. */
    Listener late = {.enough = 0};
    receiver = change_receiver(&response);
    receiver.start_push_fn(receiver.state, on_change, &late);
    wait_for(&late.nulls, 1);
    CHECK(late.events == 0);
    receiver.drop_fn(receiver.state);
    quiet = false;
}

/* --- checks: initial data */

static void follow(const SourceVtable *source, const char *query, Listener *records, Report *report)
{
    FfiSubscriptionResponse response = subscribe(source, "s", query, true, NOWHERE, -1, false);
    ask_for_result(&response, report);
    FfiBootstrapReceiver receiver = bootstrap_receiver(&response);
    receiver.start_push_fn(receiver.state, on_record, records);
    wait_for(&records->nulls, 1);
    wait_for(&report->calls, 1);
    receiver.drop_fn(receiver.state);
    FfiChangeReceiver changes = change_receiver(&response);
    changes.drop_fn(changes.state);
    print_report(report);
}

static void check_bootstrap(void)
{
    Listener all = {.enough = 0};
    Report report = {0};
    SourceVtable source =
        make_source(&ticker, "s", "{\"bootstrapEvents\": 3, \"position\": \"hex:50514f53\"}");
    follow(&source, "q1", &all, &report);
    CHECK(all.events == 3);
    Listener some = {.enough = 2};
    Report some_report = {0};
    follow(&source, "q2", &some, &some_report);
    CHECK(some.events == 2);

    /* With a resume position there is none. One that is too long is ignored. */
    FfiSubscriptionResponse response =
        subscribe(&source, "s", "q3", true, TEXT("\xff-pos"), 17, false);
    CHECK(response.bootstrap_receiver == NULL && response.bootstrap_result_receiver == NULL);
    FfiChangeReceiver changes = change_receiver(&response);
    changes.drop_fn(changes.state);
    FfiStr endless = {calloc(1, RESUME_POSITION_MAX_LEN + 1), RESUME_POSITION_MAX_LEN + 1};
    response = subscribe(&source, "s", "q4", true, endless, -1, false);
    free((void *)(uintptr_t)endless.ptr);
    changes = change_receiver(&response);
    changes.drop_fn(changes.state);

    /* Dropped before it began: null. */
    Report nothing = {0};
    ask_for_result(&response, &nothing);
    FfiBootstrapReceiver receiver = bootstrap_receiver(&response);
    receiver.drop_fn(receiver.state);
    wait_for(&nothing.calls, 1);
    print_report(&nothing);
    source.drop_fn(source.state);

    Listener failed = {.enough = 0};
    Report failed_report = {0};
    source = make_source(&ticker, "s", "{\"bootstrapEvents\": 1, \"fail\": \"bootstrap\"}");
    follow(&source, "q5", &failed, &failed_report);
    source.drop_fn(source.state);
    Listener unknown = {.enough = 0};
    Report unknown_report = {0};
    source = make_source(&ticker, "s", "{\"bootstrapEvents\": 1, \"fail\": \"outcome\"}");
    follow(&source, "q6", &unknown, &unknown_report);
    source.drop_fn(source.state);

    source = make_source(&ticker, "s", "{\"bootstrapEvents\": 1, \"noOutcome\": true}");
    response = subscribe(&source, "s", "q7", true, NOWHERE, -1, false);
    CHECK(response.bootstrap_result_receiver == NULL);
    receiver = bootstrap_receiver(&response);
    receiver.drop_fn(receiver.state);
    changes = change_receiver(&response);
    changes.drop_fn(changes.state);
    source.drop_fn(source.state);
}

/* A provider of the host. How many records it sends is its state; none means that it fails. */
typedef struct {
    int records;
    int drops;
} HostProvider;

static int host_contents;

static void end_host_content(void *opaque)
{
    CHECK(opaque == &host_contents);
    pthread_mutex_lock(&lock);
    host_contents--;
    pthread_mutex_unlock(&lock);
}

static void end_host_position(uint8_t *bytes, size_t length)
{
    CHECK(length == 4);
    free(bytes);
}

static FfiBootstrapResult *host_bootstrap(void *state, FfiStr query_id, const FfiStr *node_labels,
    size_t node_labels_count, const FfiStr *relation_labels, size_t relation_labels_count,
    FfiStr request_id, FfiStr server_id, FfiStr source_id, FfiBootstrapSender *sender)
{
    const HostProvider *it = state;
    printf("bootstrap of %.*s: request=%.*s server=%.*s source=%.*s\n", SHOW(query_id),
        SHOW(request_id), SHOW(server_id), SHOW(source_id));
    CHECK(
        node_labels_count == 2 && same(node_labels[0], "Person") && same(node_labels[1], "Städte"));
    CHECK(relation_labels != NULL && relation_labels_count == 0);
    CHECK(sender->send_fn(sender->state, NULL) == -1);
    int sent = 0;
    for (int number = 0; number < it->records; number++) {
        char entity[] = "e?";
        entity[1] = (char)('0' + number);
        FfiBootstrapEvent *event = malloc(sizeof *event);
        *event = (FfiBootstrapEvent){
            .opaque = &host_contents,
            .source_id = source_id,
            .timestamp_us = number,
            .sequence = (uint64_t)number,
            .label = node_labels[0],
            .entity_id = lend(entity),
            .drop_fn = end_host_content,
        };
        count(&host_contents);
        sent += sender->send_fn(sender->state, event) == 0;
        memset(entity, 'X', sizeof entity);
    }
    if (it->records == 0) {
        return NULL;
    }
    FfiBootstrapResult *result = malloc(sizeof *result);
    uint8_t *position = malloc(4);
    memcpy(position, "host", 4);
    *result = (FfiBootstrapResult){
        .event_count = sent,
        .last_sequence = sent - 1,
        .sequences_aligned = false,
        .source_position_ptr = position,
        .source_position_len = 4,
        .source_position_drop_fn = end_host_position,
    };
    return result;
}

static void host_provider_drop(void *state)
{
    count(&((HostProvider *)state)->drops);
}

static BootstrapProviderVtable *make_host_provider(HostProvider *state)
{
    BootstrapProviderVtable *table = malloc(sizeof *table);
    *table = (BootstrapProviderVtable){
        .state = state,
        .bootstrap_fn = host_bootstrap,
        .drop_fn = host_provider_drop,
    };
    return table;
}

static void check_bootstrap_by_provider(void)
{
    HostProvider replaced = {.records = 1}, three = {.records = 3}, failing = {.records = 0};
    SourceVtable source = make_source(&ticker, "s", "{}");
    initialize(source.initialize_fn, source.state, everything("s"));
    source.set_bootstrap_provider_fn(source.state, make_host_provider(&replaced));
    source.set_bootstrap_provider_fn(source.state, make_host_provider(&three));
    CHECK(replaced.drops == 1 && three.drops == 0);
    Listener all = {.enough = 0};
    Report report = {0};
    follow(&source, "q1", &all, &report);
    CHECK(all.events == 3);
    Listener one = {.enough = 1};
    Report one_report = {0};
    follow(&source, "q2", &one, &one_report);
    CHECK(one.events == 1);
    /* It is being used until the receivers are gone, even where the source has another one by then. */
    FfiSubscriptionResponse response = subscribe(&source, "s", "q3", true, NOWHERE, -1, false);
    source.set_bootstrap_provider_fn(source.state, make_host_provider(&failing));
    Listener old = {.enough = 0};
    Report old_report = {0};
    ask_for_result(&response, &old_report);
    FfiBootstrapReceiver receiver = bootstrap_receiver(&response);
    receiver.start_push_fn(receiver.state, on_record, &old);
    wait_for(&old.nulls, 1);
    receiver.drop_fn(receiver.state);
    FfiChangeReceiver changes = change_receiver(&response);
    changes.drop_fn(changes.state);
    wait_for(&old_report.calls, 1);
    Listener none = {.enough = 0};
    Report none_report = {0};
    follow(&source, "q4", &none, &none_report);
    CHECK(none.events == 0);
    source.drop_fn(source.state);
    CHECK(three.drops == 1 && failing.drops == 1);
    CHECK(host_contents == 0);
    CHECK(plugin.made("FfiBootstrapSender") == 4 && plugin.live("FfiBootstrapSender") == 0);
}

/* --- checks: positions */

static void check_positions(void)
{
    SourceVtable source = make_source(&replayer, "s", "{\"fail\": []}");
    FfiSubscriptionResponse fresh = subscribe(&source, "s", "q1", false, NOWHERE, -1, true);
    FfiSubscriptionResponse resumed = subscribe(&source, "s", "q2", false, TEXT("p"), 17, true);
    FfiChangeReceiver receiver = change_receiver(&fresh);
    receiver.drop_fn(receiver.state);
    receiver = change_receiver(&resumed);
    receiver.drop_fn(receiver.state);
    CHECK(plugin.position("s", "q1") == POSITION_NOTHING_CONFIRMED);
    CHECK(plugin.position("s", "q2") == 17);
    _Atomic uint64_t *handle = (_Atomic uint64_t *)(uintptr_t)fresh.position_handle_ptr;
    atomic_store(handle, 5);
    CHECK(plugin.position("s", "q1") == 5);
    must_succeed(source.remove_position_handle_fn(source.state, TEXT("q1")));
    must_fail(
        source.remove_position_handle_fn(source.state, TEXT("q1")), "no position handle for q1");
    must_fail(
        source.remove_position_handle_fn(source.state, TEXT("q9")), "no position handle for q9");
    source.drop_fn(source.state);
    /* It outlives everything. */
    atomic_store(handle, 6);
    CHECK(plugin.position("s", "q1") == 6);
}

/* --- checks: a reaction */

typedef struct {
    int left; /* results that there are */
    int closed; /* whether there will be no more: until then the plugin waits */
    int asked;
    int gone;
} Results;

static void *on_result_wanted(void *ctx, void *flag)
{
    Results *it = ctx;
    if (flag != NULL) {
        count(&it->gone);
        return NULL;
    }
    CHECK(counted(&it->gone) == 0);
    count(&it->asked);
    if (it->left-- > 0) {
        return it;
    }
    wait_for(&it->closed, 1);
    return NULL;
}

/* As a host does it before each stop. */
static void end_results(Results *it)
{
    CHECK(counted(&it->gone) == 0);
    count(&it->closed);
    wait_for(&it->gone, 1);
}

static void check_reaction(void)
{
    ReactionVtable reaction = make_reaction("r 1", "[\"q1\", \"\", \"fr\\u00fch\"]",
        "{\"durable\": true, \"needsSnapshot\": true, \"recovery\": 1, \"start\": [[\"fetcher\", "
        "\"q1\"]]}");
    void *state = reaction.state;
    CHECK(same(reaction.id_fn(state), "r 1") && same(reaction.type_name_fn(state), "collector"));
    CHECK(!reaction.auto_start_fn(state) && reaction.executor(NULL) == NULL);
    CHECK(reaction.is_durable_fn(state) && reaction.needs_snapshot_on_fresh_start_fn(state));
    CHECK(reaction.default_recovery_policy_fn(state) == FfiRecoveryPolicy_AutoReset);
    print_owned("properties", reaction.properties_fn(state));
    FfiStringArray ids = reaction.query_ids_fn(state);
    CHECK(ids.len == 3 && ids.cap == 3 && ids.data[1].cap == 0);
    CHECK(same_owned(ids.data[0], "q1") && same_owned(ids.data[1], "")
        && same_owned(ids.data[2], "früh"));
    end_block(ids.data, 3 * sizeof *ids.data);

    initialize(reaction.initialize_fn, state, everything("r 1"));
    Results first = {.left = 3}, second = {.left = 0};
    reaction.start_result_push_fn(state, on_result_wanted, &first);
    must_succeed(reaction.start_fn(state));
    CHECK(reaction.status_fn(state) == FfiComponentStatus_Running);
    end_results(&first);
    must_succeed(reaction.stop_fn(state));
    CHECK(first.asked == 4 && first.gone == 1);
    reaction.start_result_push_fn(state, on_result_wanted, &second);
    must_succeed(reaction.start_fn(state));
    end_results(&second);
    must_succeed(reaction.stop_fn(state));
    CHECK(second.asked == 1 && second.gone == 1 && first.gone == 1);
    must_succeed(reaction.deprovision_fn(state));
    reaction.drop_fn(state);

    /* It may also be the one who ends it. */
    Results many = {.left = 1000};
    reaction = make_reaction("r", "[]", "{\"results\": 5, \"join\": false}");
    ids = reaction.query_ids_fn(reaction.state);
    CHECK(ids.len == 0 && ids.cap == 0 && ids.data != NULL);
    reaction.start_result_push_fn(reaction.state, on_result_wanted, &many);
    wait_for(&many.gone, 1);
    CHECK(many.asked == 5);
    CHECK(reaction.default_recovery_policy_fn(reaction.state) == FfiRecoveryPolicy_Strict);
    reaction.drop_fn(reaction.state);

    FfiCreateResult result =
        collector.create_reaction_fn(collector.state, TEXT("r"), TEXT("{}"), TEXT("{}"), false);
    must_fail((FfiResult){result.error_code, result.error_msg}, "the query ids are no JSON array");
    result =
        collector.create_reaction_fn(collector.state, TEXT("fail:"), TEXT("[]"), TEXT("{}"), false);
    must_fail((FfiResult){result.error_code, result.error_msg}, "create: das ging schief — 失敗 ✗");
}

static void bring_up(const char *config, Catching *catching, bool is_reset, const char *why)
{
    ReactionVtable reaction = make_reaction("r", "[\"q1\"]", config);
    initialize(reaction.initialize_fn, reaction.state, everything("r"));
    must_succeed(reaction.start_fn(reaction.state));
    FfiBootstrapContext context = context_of(catching, is_reset);
    FfiResult result = reaction.bootstrap_fn(reaction.state, &context);
    /* Lent for the call. */
    memset(&context, 0xff, sizeof context);
    if (why == NULL) {
        must_succeed(result);
    } else {
        must_fail(result, why);
    }
    must_succeed(reaction.stop_fn(reaction.state));
    reaction.drop_fn(reaction.state);
}

static void check_reaction_bootstrap(void)
{
    quiet = true;
    Catching fresh = {.error = ""};
    bring_up("{}", &fresh, false, NULL);
    CHECK(fresh.has_checkpoint && fresh.checkpoint.sequence == 90
        && fresh.checkpoint.config_hash == 7);
    bring_up("{\"workers\": 1, \"bootstrap\": [[\"read_checkpoint\"], [\"fetch_snapshot\", 1], "
             "[\"fetch_outbox\", 10], [\"fetch_outbox\", 60], [\"fetch_outbox\", 60, 1], "
             "[\"write_checkpoint\", 5, \"18446744073709551615\"], [\"read_checkpoint\"], "
             "[\"fetcher\", \"q1\"], [\"get\", \"r\", \"none\"]]}",
        &fresh, true, NULL);
    CHECK(fresh.checkpoint.sequence == 5 && fresh.checkpoint.config_hash == UINT64_MAX);
    bring_up("{\"bootstrap\": [[\"keep_snapshot\"], [\"keep_snapshot\"]]}", &fresh, false, NULL);

    Catching broken = {.error = "der Speicher fehlt"};
    bring_up("{\"strict\": true}", &broken, false, "read_checkpoint: error \"der Speicher fehlt\"");
    bring_up("{}", &broken, false, NULL);
    bring_up("{\"fail\": \"bootstrap\"}", &fresh, false, "bootstrap: das ging schief — 失敗 ✗");

    /* An iterator that is never read is dropped with the reaction. */
    ReactionVtable reaction = make_reaction("r", "[]", "{\"bootstrap\": [[\"keep_snapshot\"]]}");
    FfiBootstrapContext context = context_of(&fresh, false);
    must_succeed(reaction.bootstrap_fn(reaction.state, &context));
    CHECK(iterators == 1);
    reaction.drop_fn(reaction.state);
    CHECK(iterators == 0);
    quiet = false;
}

/* --- checks: the other factories */

typedef struct {
    atomic_int records;
    int enough;
} Sink;

static int32_t sink_send(void *state, FfiBootstrapEvent *event)
{
    Sink *it = state;
    CHECK(event != NULL);
    if (!quiet) {
        printf("sent by %.*s: at=%lld sequence=%llu label=%.*s entity=%.*s\n",
            SHOW(event->source_id), (long long)event->timestamp_us,
            (unsigned long long)event->sequence, SHOW(event->label), SHOW(event->entity_id));
    }
    event->drop_fn(event->opaque);
    end_block(event, sizeof *event);
    return atomic_fetch_add(&it->records, 1) < it->enough ? 0 : -1;
}

static void sink_drop(void *state)
{
    (void)state;
    CHECK(!"only who made the sender drops it");
}

static void fill(const char *config, Sink *sink, Report *report)
{
    FfiCreateResult made = loader.create_bootstrap_provider_fn(
        loader.state, lend(config), TEXT("{\"of\": \"the source\"}"));
    must_succeed((FfiResult){made.error_code, made.error_msg});
    BootstrapProviderVtable provider;
    MOVE(BootstrapProviderVtable, provider, made.ptr);
    CHECK(provider.executor(NULL) == NULL);
    FfiStr labels[] = {TEXT("Person"), TEXT("Ort")};
    FfiBootstrapSender sender = {sink, sink_send, sink_drop};
    take_result(report,
        provider.bootstrap_fn(provider.state, TEXT("q1"), labels, 2, (FfiStr *)(uintptr_t)8, 0,
            TEXT("request"), TEXT("server"), TEXT("s"), &sender));
    provider.drop_fn(provider.state);
    print_report(report);
}

static void check_bootstrap_plugin(void)
{
    Sink all = {.enough = 10}, two = {.enough = 2}, threads = {.enough = 10000};
    Report report = {0}, refused = {0}, counted_report = {0}, failed = {0}, lost = {0};
    fill("{\"events\": 3, \"position\": \"hex:504f53\"}", &all, &report);
    fill("{\"events\": 10, \"pauseMs\": 1}", &two, &refused);
    CHECK(atomic_load(&two.records) == 3);
    quiet = true;
    fill("{\"events\": 1000, \"threads\": 4}", &threads, &counted_report);
    CHECK(atomic_load(&threads.records) == 4000);
    quiet = false;
    fill("{\"fail\": \"count\"}", &all, &failed);
    fill("{\"fail\": \"bootstrap\"}", &all, &lost);
    FfiCreateResult result =
        loader.create_bootstrap_provider_fn(loader.state, TEXT("nonsense"), TEXT("{}"));
    must_fail(
        (FfiResult){result.error_code, result.error_msg}, "the configuration is no JSON object");
    CHECK(plugin.live("FfiBootstrapEvent") == 0 && plugin.live("FfiBootstrapResult") == 0);
}

static void print_field(const char *name, char *field)
{
    printf(" %s=%s", name, field != NULL ? field : "null");
    if (field != NULL) {
        end_block(field, strlen(field) + 1);
    }
}

static void print_credentials(
    const IdentityProviderVtable *identity, void *state, const char *context)
{
    FfiCredentialsResult result = identity->get_credentials_fn(
        state, (const uint8_t *)context, context != NULL ? strlen(context) : 0);
    if (result.error_code == 0) {
        CHECK(result.error_msg == NULL);
        printf("credentials: type=%d", result.credentials.credential_type);
    } else {
        CHECK(result.credentials.field1 == NULL && result.credentials.field3 == NULL);
        printf("no credentials: code=%d", result.error_code);
        print_field("error", result.error_msg);
    }
    print_field("field1", result.credentials.field1);
    print_field("field2", result.credentials.field2);
    print_field("field3", result.credentials.field3);
    putchar('\n');
}

static IdentityProviderVtable make_badges(const char *config)
{
    IdentityProviderVtable identity;
    MOVE(IdentityProviderVtable, identity,
        badges.create_identity_provider_fn(badges.state, lend(config)));
    return identity;
}

static void check_identity_plugin(void)
{
    IdentityProviderVtable identity = make_badges("{\"type\": \"token\"}");
    print_credentials(&identity, identity.state, NULL);
    print_credentials(&identity, identity.state, "{\"host\": \"db\", \"user\": \"jürgen\"}");
    print_credentials(&identity, identity.state, "{\"type\": \"password\"}");
    print_credentials(&identity, identity.state, "{\"type\": \"certificate\"}");
    print_credentials(&identity, identity.state, "{\"type\": \"certificate\", \"user\": \"me\"}");
    print_credentials(&identity, identity.state, "no JSON");
    print_credentials(&identity, identity.state, "{\"fail\": \"\"}");
    print_credentials(&identity, identity.state, "{\"fail\": \"null\"}");
    /* A clone is an object of its own. */
    void *clone = identity.clone_fn(identity.state);
    void *twin = identity.clone_fn(clone);
    identity.drop_fn(identity.state);
    identity.drop_fn(clone);
    CHECK(plugin.live("IdentityProviderVtable") == 1);
    print_credentials(&identity, twin, "{}");
    identity.drop_fn(twin);

    identity = make_badges("{\"fail\": [\"clone\", \"get_credentials\"], \"code\": 5}");
    CHECK(identity.clone_fn(identity.state) == NULL);
    print_credentials(&identity, identity.state, NULL);
    identity.drop_fn(identity.state);
    CHECK(badges.create_identity_provider_fn(badges.state, TEXT("[]")) == NULL);
    CHECK(badges.create_identity_provider_fn(badges.state, TEXT("{\"fail\": \"create\"}")) == NULL);
}

static void print_secret(const SecretStoreProviderVtable *vault, const char *name)
{
    FfiGetSecretResult result = vault->get_secret_fn(vault->state, lend(name));
    CHECK(result.error_code == 0 ? result.error_msg == NULL : result.value == NULL);
    printf("secret %s: code=%d", name, result.error_code);
    print_field(result.error_code == 0 ? "value" : "error",
        result.error_code == 0 ? result.value : result.error_msg);
    putchar('\n');
}

static SecretStoreProviderVtable make_vault(const char *config)
{
    SecretStoreProviderVtable vault;
    MOVE(SecretStoreProviderVtable, vault,
        vaults.create_secret_store_fn(vaults.state, lend(config)));
    return vault;
}

static void check_secret_plugin(void)
{
    if (!has_secrets()) {
        return;
    }
    SecretStoreProviderVtable vault = make_vault(
        "{\"secrets\": {\"pw\": \"gehe\\u00efm\", \"empty\": \"\", \"null\": null, \"wrong\": 1}}");
    print_secret(&vault, "pw");
    print_secret(&vault, "empty");
    print_secret(&vault, "null");
    print_secret(&vault, "wrong");
    print_secret(&vault, "none");
    print_secret(&vault, "fail:");
    print_secret(&vault, "fail:null");
    print_secret(&vault, "fail:verschlossen");
    vault.drop_fn(vault.state);
    vault = make_vault(
        "{\"secrets\": {\"pw\": \"x\"}, \"fail\": \"get_secret\", \"message\": \"kaputt\"}");
    print_secret(&vault, "pw");
    vault.drop_fn(vault.state);
    CHECK(vaults.create_secret_store_fn(vaults.state, TEXT("")) == NULL);
}

/* --- misuses, which the plugin tells */

static void misuse_double_drop(void)
{
    SourceVtable source = make_source(&ticker, "s", "{}");
    source.drop_fn(source.state);
    source.drop_fn(source.state);
}

static void misuse_after_drop(void)
{
    SourceVtable source = make_source(&ticker, "s", "{}");
    source.drop_fn(source.state);
    source.start_fn(source.state);
}

static void misuse_of_another_state(void)
{
    SourceVtable source = make_source(&ticker, "s", "{}");
    vaults.kind_fn(source.state);
}

static void misuse_of_null(void)
{
    ticker.kind_fn(NULL);
}

static bool drop_twice(void *ctx, FfiSourceEvent *event)
{
    (void)ctx;
    event->drop_fn(event->opaque);
    event->drop_fn(event->opaque);
    return true;
}

static void misuse_of_event(void)
{
    Listener never = {.enough = 0};
    SourceVtable source = make_source(&ticker, "s", "{\"events\": 1}");
    FfiSubscriptionResponse response = subscribe(&source, "s", "q1", false, NOWHERE, -1, false);
    FfiChangeReceiver receiver = change_receiver(&response);
    receiver.start_push_fn(receiver.state, drop_twice, NULL);
    wait_for(&never.nulls, 1);
}

static void misuse_start_twice(void)
{
    Listener listener = {.enough = 0};
    SourceVtable source = make_source(&ticker, "s", "{}");
    FfiSubscriptionResponse response = subscribe(&source, "s", "q1", false, NOWHERE, -1, false);
    FfiChangeReceiver receiver = change_receiver(&response);
    receiver.start_push_fn(receiver.state, on_change, &listener);
    receiver.start_push_fn(receiver.state, on_change, &listener);
}

/* --- which library it is */

/* Tells the variants of the plugin apart; reads no more of a registration than there is. */
static void print_handshake(bool careless)
{
    const PluginMetadata *metadata = plugin.metadata != NULL ? plugin.metadata() : NULL;
    const char *absent = plugin.metadata == NULL ? "no symbol" : "null";
    printf("metadata: %s\n", metadata != NULL ? "there" : absent);
    printf("shutdown: %s\n", plugin.shutdown != NULL ? "there" : "no symbol");
    if (metadata != NULL) {
        printf("sdk: %.*s\ntarget: %.*s\n", SHOW(metadata->sdk_version),
            SHOW(metadata->target_triple));
    }
    FfiPluginRegistration *block = plugin.init();
    printf("registration: %s\n", block == NULL ? "null" : "there");
    if (block == NULL || metadata == NULL) {
        return;
    }
    if (careless) {
        printf("secret stores: %zu\n", block->secret_store_plugin_count);
        return;
    }
    FfiPluginRegistration has = take_registration(block);
    for (size_t index = 0; index < has.source_plugin_count; index++) {
        printf("source %zu: create_source_fn %s\n", index,
            has.source_plugins[index].create_source_fn != NULL ? "there" : "null");
    }
    printf("secret stores: %zu\n", has.secret_store_plugin_count);
}

/* --- all of it */

typedef struct {
    const char *name;
    void (*run)(void);
    bool misuse;
} Item;

static const Item items[] = {
    {"loading", check_loading, false},
    {"factories", check_factories, false},
    {"source", check_source, false},
    {"failures", check_failures, false},
    {"secrets", check_secrets, false},
    {"services", check_services, false},
    {"services-in-threads", check_services_in_threads, false},
    {"changes", check_changes, false},
    {"changes-of-four-threads", check_changes_of_four_threads, false},
    {"ends-of-changes", check_ends_of_changes, false},
    {"bootstrap", check_bootstrap, false},
    {"bootstrap-by-provider", check_bootstrap_by_provider, false},
    {"positions", check_positions, false},
    {"reaction", check_reaction, false},
    {"reaction-bootstrap", check_reaction_bootstrap, false},
    {"bootstrap-plugin", check_bootstrap_plugin, false},
    {"identity-plugin", check_identity_plugin, false},
    {"secret-plugin", check_secret_plugin, false},
    {"double-drop", misuse_double_drop, true},
    {"use-after-drop", misuse_after_drop, true},
    {"another-state", misuse_of_another_state, true},
    {"null-state", misuse_of_null, true},
    {"event-dropped-twice", misuse_of_event, true},
    {"started-twice", misuse_start_twice, true},
};

int main(int count, char **arguments)
{
    const char *wanted = count > 2 ? arguments[2] : "";
    CHECK(count > 1);
    open_plugin(arguments[1]);
    if (strncmp(wanted, "handshake", 9) == 0) {
        print_handshake(strcmp(wanted, "handshake-careless") == 0);
        return 0;
    }
    load();
    int done = 0;
    for (size_t index = 0; index < sizeof items / sizeof *items; index++) {
        const Item *item = &items[index];
        if (*wanted == '\0' ? !item->misuse : strcmp(wanted, item->name) == 0) {
            printf("== %s\n", item->name);
            item->run();
            print_journal();
            CHECK(plugin.live_blocks(NULL) == 0);
            done++;
        }
    }
    CHECK(done > 0);
    unload();
    print_journal();
    return 0;
}
