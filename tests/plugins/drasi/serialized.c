// A plugin of drasi-plugin-sdk 0.11.0, whose payloads are bytes: a bootstrap provider that fails after one
// record, and a reaction that asks for results as soon as it can. Each payload ends with its own function.

#include "drasi.h"

#include <stdlib.h>
#include <string.h>

#define TEXT(text) {text, sizeof(text) - 1}

/// How many bytes the host gave back.
static uintptr_t ended;
/// What the host's results were.
static char seen[64];

static void end(uint8_t *bytes, uintptr_t length) {
    ended += length;
    free(bytes);
}

static uint8_t *bytes(const char *text) { return memcpy(malloc(strlen(text)), text, strlen(text)); }

static void *executor(void *future) {
    (void)future;
    return NULL;
}

static void nothing(void *state) { (void)state; }

static FfiStr constant(const void *state) {
    (void)state;
    return (FfiStr)TEXT("serialized");
}

static FfiOwnedStr schemas(const void *state) {
    (void)state;
    static char empty[] = "{}";
    return (FfiOwnedStr){empty, 2, 0};
}

// --- a bootstrap provider

static void push_events(void *state, FfiBootstrapPushCallbackFn callback, void *ctx) {
    (void)state;
    FfiBootstrapEvent *event = malloc(sizeof *event);
    *event = (FfiBootstrapEvent){bytes("record"), 6, end, 1, 2};
    callback(ctx, event);
    callback(ctx, NULL);
}

static void push_result(void *state, FfiBootstrapResultCallbackFn callback, void *ctx) {
    (void)state;
    FfiBootstrapResult *result = malloc(sizeof *result);
    *result = (FfiBootstrapResult){-1, NULL, 0, NULL, bytes("no table"), 8, end};
    callback(ctx, result);
}

static FfiBootstrapStream *bootstrap(void *state, FfiStr query, const FfiStr *nodes, uintptr_t node_count,
                                     const FfiStr *relations, uintptr_t relation_count, FfiStr request,
                                     FfiStr server, FfiStr source) {
    (void)query, (void)nodes, (void)node_count, (void)relations, (void)relation_count;
    (void)request, (void)server, (void)source;
    FfiBootstrapStream *stream = malloc(sizeof *stream);
    stream->events = malloc(sizeof *stream->events);
    *stream->events = (FfiBootstrapReceiver){state, push_events, nothing};
    stream->result = malloc(sizeof *stream->result);
    *stream->result = (FfiBootstrapResultReceiver){state, push_result, nothing};
    return stream;
}

static FfiCreateResult create_provider(void *state, FfiStr config, FfiStr source) {
    (void)config, (void)source;
    BootstrapProviderVtable *made = malloc(sizeof *made);
    *made = (BootstrapProviderVtable){state, executor, bootstrap, nothing};
    return (FfiCreateResult){made, 0, NULL};
}

// --- a reaction

static FfiStr what_was_seen(const void *state) {
    (void)state;
    return (FfiStr){seen, strlen(seen)};
}

static void pull(void *state, FfiResultPushCallbackFn callback, void *ctx) {
    FfiQueryResult *result;
    while ((result = callback(ctx, NULL)) != NULL) {
        strncat(seen, (const char *)result->payload_ptr, result->payload_len);
        result->payload_drop_fn((uint8_t *)result->payload_ptr, result->payload_len);
        free(result);
    }
    callback(ctx, state);
}

static bool no(const void *state) {
    (void)state;
    return false;
}

static FfiStringArray no_queries(const void *state) {
    (void)state;
    static FfiOwnedStr none[1];
    return (FfiStringArray){none, 0, 0};
}

static FfiResult succeed(void *state) {
    (void)state;
    return (FfiResult){0, NULL};
}

static FfiComponentStatus running(const void *state) {
    (void)state;
    return FfiComponentStatus_Running;
}

static uint8_t strict(const void *state) {
    (void)state;
    return 0;
}

static void initialize(void *state, const FfiRuntimeContext *ctx) { (void)state, (void)ctx; }

static FfiResult catch_up(void *state, const FfiBootstrapContext *ctx) {
    (void)ctx;
    return succeed(state);
}

static FfiCreateResult create_reaction(void *state, FfiStr id, FfiStr ids, FfiStr config, bool starts) {
    (void)id, (void)ids, (void)config, (void)starts;
    ReactionVtable *made = malloc(sizeof *made);
    *made = (ReactionVtable){state,   executor, constant, what_was_seen, no, no_queries, schemas, succeed, succeed,
                             running, succeed,  initialize, pull, no, no, strict, catch_up, nothing};
    return (FfiCreateResult){made, 0, NULL};
}

// --- the library

DRASI_EXPORT uintptr_t test_ended(void);
DRASI_EXPORT uintptr_t test_ended(void) { return ended; }

DRASI_EXPORT const PluginMetadata *drasi_plugin_metadata(void) {
    static const PluginMetadata told = {TEXT("0.13.0"), TEXT(""), TEXT(""), TEXT("1.0.0"),
                                        TEXT(PLUGIN_TRIPLE), TEXT("dev"), TEXT("dev-build")};
    return &told;
}

static FfiLogLevelFilter level = FfiLogLevelFilter_Off;

static void set_log(void *ctx, LogCallbackFn callback) { (void)ctx, (void)callback; }
static void set_lifecycle(void *ctx, LifecycleCallbackFn callback) { (void)ctx, (void)callback; }
static void set_resolver(void *ctx, ConfigResolverFn callback) { (void)ctx, (void)callback; }
static void set_level(FfiLogLevelFilter given) { level = given; }

DRASI_EXPORT FfiPluginRegistration *drasi_plugin_init(void) {
    FfiPluginRegistration *made = calloc(1, sizeof *made);
    made->bootstrap_plugins = malloc(sizeof *made->bootstrap_plugins);
    *made->bootstrap_plugins = (BootstrapPluginVtable){
        &ended, executor, constant, constant, schemas, constant, create_provider, nothing};
    made->bootstrap_plugin_count = 1;
    made->reaction_plugins = malloc(sizeof *made->reaction_plugins);
    *made->reaction_plugins = (ReactionPluginVtable){
        &ended, executor, constant, constant, schemas, constant, create_reaction, nothing};
    made->reaction_plugin_count = 1;
    made->set_log_callback = set_log;
    made->set_lifecycle_callback = set_lifecycle;
    made->set_config_resolver = set_resolver;
    made->set_log_level = set_level;
    return made;
}
