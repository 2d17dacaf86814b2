/*
 * A drasi plugin in plain C: one factory, whose sources send as many made-up changes as they are told.
 *
 * It keeps to the rules of the ABI that a host could trip over: what it hands over is a heap block of
 * exactly the size that its type has, an empty text has no block and a pointer that must not be freed,
 * a text that is lent has no terminator, and after the null that ends a stream it touches nothing more.
 *
 * Every block is on a list, with its size. The host frees with `free`, so it says so through
 * `test_forget`; what is still on the list at the end is a leak.
 */
#define _POSIX_C_SOURCE 200809L
#define DRASI_PLUGIN
#include "drasi.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef PLUGIN_SDK_VERSION
#define PLUGIN_SDK_VERSION "0.8.4"
#endif
#ifndef PLUGIN_TRIPLE
#define PLUGIN_TRIPLE "x86_64-unknown-linux-gnu"
#endif

/* --- blocks */

typedef struct Block {
    struct Block *next;
    void *memory;
    size_t size;
} Block;

static pthread_mutex_t blocks_lock = PTHREAD_MUTEX_INITIALIZER;
static Block *blocks;

static void *allocate(size_t size)
{
    Block *block = malloc(sizeof *block);
    void *memory = malloc(size);
    if (block == NULL || memory == NULL) {
        abort();
    }
    pthread_mutex_lock(&blocks_lock);
    *block = (Block){blocks, memory, size};
    blocks = block;
    pthread_mutex_unlock(&blocks_lock);
    return memory;
}

/** Takes a block off the list: how large it was made, or 0 if it is not on the list (any more). */
DRASI_EXPORT size_t test_forget(void *memory)
{
    size_t size = 0;
    pthread_mutex_lock(&blocks_lock);
    for (Block **link = &blocks; *link != NULL; link = &(*link)->next) {
        if ((*link)->memory == memory) {
            Block *found = *link;
            *link = found->next;
            size = found->size;
            free(found);
            break;
        }
    }
    pthread_mutex_unlock(&blocks_lock);
    return size;
}

DRASI_EXPORT size_t test_live_blocks(void)
{
    size_t count = 0;
    pthread_mutex_lock(&blocks_lock);
    for (const Block *block = blocks; block != NULL; block = block->next) {
        count++;
    }
    pthread_mutex_unlock(&blocks_lock);
    return count;
}

static void release(void *memory)
{
    if (test_forget(memory) == 0) {
        fputs("drasi_minimal: released what is no block\n", stderr);
        abort();
    }
    free(memory);
}

/* --- texts */

/* As Rust has it for what is empty: no block, and a pointer that is not null. */
#define DANGLING(type) ((void *)(uintptr_t)_Alignof(type))
/* An initialiser, for texts that are as long as the program. */
#define STATIC_TEXT(literal) {literal, sizeof(literal) - 1}

static FfiOwnedStr owned(const char *text, size_t length)
{
    if (length == 0) {
        return (FfiOwnedStr){DANGLING(char), 0, 0};
    }
    return (FfiOwnedStr){memcpy(allocate(length), text, length), length, length};
}

static FfiStr lent(const FfiOwnedStr *text)
{
    return (FfiStr){text->ptr, text->len};
}

static void end_text(FfiOwnedStr text)
{
    if (text.cap != 0) {
        release(text.ptr);
    }
}

/* Exactly its length plus one byte: Rust computes the size of the block from the terminator. */
static char *message(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(allocate(size), text, size);
}

static FfiResult success(void)
{
    return (FfiResult){0, NULL};
}

static FfiResult failure(const char *why)
{
    return (FfiResult){1, message(why)};
}

static void *no_executor(void *future)
{
    (void)future;
    return NULL;
}

/* --- the configuration: {"label": "Sensor", "events": 2} */

typedef struct {
    char label[32];
    unsigned events;
} Config;

typedef struct {
    FfiStr text;
    size_t at;
} Reader;

static int next_byte(const Reader *reader)
{
    return reader->at < reader->text.len ? (unsigned char)reader->text.ptr[reader->at] : EOF;
}

static void skip_blanks(Reader *reader)
{
    while (next_byte(reader) == ' ' || next_byte(reader) == '\n') {
        reader->at++;
    }
}

static bool take(Reader *reader, const char *word)
{
    size_t length = strlen(word);
    skip_blanks(reader);
    if (reader->text.len - reader->at < length
        || memcmp(reader->text.ptr + reader->at, word, length) != 0) {
        return false;
    }
    reader->at += length;
    return true;
}

static bool take_label(Reader *reader, char *label, size_t room)
{
    size_t length = 0;
    if (!take(reader, "\"")) {
        return false;
    }
    while (next_byte(reader) != '"') {
        int byte = next_byte(reader);
        if (byte == EOF || byte == '\\' || byte < ' ' || length + 1 == room) {
            return false;
        }
        label[length++] = (char)byte;
        reader->at++;
    }
    label[length] = '\0';
    return take(reader, "\"");
}

static bool take_number(Reader *reader, unsigned *number)
{
    skip_blanks(reader);
    size_t start = reader->at;
    for (*number = 0; next_byte(reader) >= '0' && next_byte(reader) <= '9'; reader->at++) {
        *number = *number * 10 + (unsigned)(next_byte(reader) - '0');
    }
    return reader->at > start && reader->at - start < 9;
}

static bool read_config(Reader *reader, Config *config)
{
    bool read = take(reader, "{") && take(reader, "\"label\"") && take(reader, ":")
        && take_label(reader, config->label, sizeof config->label) && take(reader, ",")
        && take(reader, "\"events\"") && take(reader, ":") && take_number(reader, &config->events)
        && take(reader, "}");
    skip_blanks(reader);
    return read && next_byte(reader) == EOF;
}

/* --- changes */

static void end_change(void *opaque)
{
    FfiOwnedStr *source_id = opaque;
    end_text(*source_id);
    release(source_id);
}

static FfiSourceEvent *make_change(const FfiOwnedStr *source_id, unsigned number)
{
    FfiOwnedStr *content = allocate(sizeof *content);
    FfiSourceEvent *event = allocate(sizeof *event);
    *content = owned(source_id->ptr, source_id->len);
    *event = (FfiSourceEvent){
        .opaque = content,
        .source_id = lent(content),
        .timestamp_us = 1700000000000000 + (int64_t)number,
        .op = number == 0 ? FfiChangeOp_Insert : FfiChangeOp_Update,
        .label = STATIC_TEXT(""),
        .entity_id = STATIC_TEXT(""),
        .drop_fn = end_change,
    };
    return event;
}

/* Held by the receiver and by the thread that sends; whichever lets go last ends it. */
typedef struct {
    atomic_int holders;
    atomic_bool dropped;
    FfiOwnedStr source_id;
    unsigned events;
    FfiChangePushCallbackFn callback;
    void *ctx;
} Stream;

static void let_go(Stream *stream)
{
    if (atomic_fetch_sub(&stream->holders, 1) == 1) {
        end_text(stream->source_id);
        release(stream);
    }
}

static void *send_changes(void *argument)
{
    Stream *stream = argument;
    FfiChangePushCallbackFn callback = stream->callback;
    void *ctx = stream->ctx;
    for (unsigned number = 0; number < stream->events && !atomic_load(&stream->dropped); number++) {
        if (!callback(ctx, make_change(&stream->source_id, number))) {
            break;
        }
    }
    /* Before the null, not after it: who has got it may count blocks. */
    let_go(stream);
    callback(ctx, NULL);
    return NULL;
}

static void receiver_start_push(void *self, FfiChangePushCallbackFn callback, void *callback_ctx)
{
    Stream *stream = self;
    pthread_t thread;
    stream->callback = callback;
    stream->ctx = callback_ctx;
    atomic_fetch_add(&stream->holders, 1);
    if (pthread_create(&thread, NULL, send_changes, stream) == 0) {
        pthread_detach(thread);
    } else {
        let_go(stream);
        callback(callback_ctx, NULL);
    }
}

static void receiver_drop(void *self)
{
    Stream *stream = self;
    atomic_store(&stream->dropped, true);
    let_go(stream);
}

/* --- the source */

typedef struct {
    FfiOwnedStr id;
    Config config;
    bool auto_start;
    atomic_int status;
    LifecycleCallbackFn lifecycle;
    void *lifecycle_ctx;
} Source;

/* Those of the whole library, where the source has none of its own. */
static LifecycleCallbackFn library_lifecycle;
static void *library_lifecycle_ctx;

static void tell(const Source *source, FfiLifecycleEventType step)
{
    bool own = source->lifecycle != NULL;
    LifecycleCallbackFn callback = own ? source->lifecycle : library_lifecycle;
    FfiLifecycleEvent event = {
        .component_id = lent(&source->id),
        .component_type = STATIC_TEXT("source"),
        .event_type = step,
        .message = STATIC_TEXT(""),
        .timestamp_us = 1700000000000000,
    };
    if (callback != NULL) {
        callback(own ? source->lifecycle_ctx : library_lifecycle_ctx, &event);
    }
}

static FfiStr source_id(const void *self)
{
    const Source *source = self;
    return lent(&source->id);
}

static FfiStr source_type_name(const void *self)
{
    (void)self;
    return (FfiStr)STATIC_TEXT("minimal");
}

static bool source_auto_start(const void *self)
{
    const Source *source = self;
    return source->auto_start;
}

static FfiDispatchMode source_dispatch_mode(const void *self)
{
    (void)self;
    return FfiDispatchMode_Channel;
}

static FfiOwnedStr source_properties(const void *self)
{
    const Source *source = self;
    char text[128];
    int length = snprintf(text, sizeof text, "{\"label\": \"%s\", \"events\": %u}",
        source->config.label, source->config.events);
    return owned(text, (size_t)length);
}

/* Without a label it knows nothing of its graph. */
static FfiOwnedStr source_describe_schema(const void *self)
{
    const Source *source = self;
    char text[128] = "";
    int length = 0;
    if (source->config.label[0] != '\0') {
        length = snprintf(text, sizeof text,
            "{\"nodes\": [{\"label\": \"%s\", \"properties\": []}], \"relations\": []}",
            source->config.label);
    }
    return owned(text, (size_t)length);
}

static FfiResult source_start(void *self)
{
    Source *source = self;
    int stopped = FfiComponentStatus_Stopped;
    if (!atomic_compare_exchange_strong(&source->status, &stopped, FfiComponentStatus_Starting)) {
        return failure("already started — stop it first");
    }
    tell(source, FfiLifecycleEventType_Starting);
    atomic_store(&source->status, FfiComponentStatus_Running);
    tell(source, FfiLifecycleEventType_Started);
    return success();
}

static FfiResult source_stop(void *self)
{
    Source *source = self;
    tell(source, FfiLifecycleEventType_Stopping);
    atomic_store(&source->status, FfiComponentStatus_Stopped);
    tell(source, FfiLifecycleEventType_Stopped);
    return success();
}

static FfiComponentStatus source_status(const void *self)
{
    const Source *source = self;
    return (FfiComponentStatus)atomic_load(&source->status);
}

static FfiResult source_deprovision(void *self)
{
    (void)self;
    return success();
}

static void source_initialize(void *self, const FfiRuntimeContext *ctx)
{
    Source *source = self;
    source->lifecycle = ctx->lifecycle_callback;
    source->lifecycle_ctx = ctx->lifecycle_ctx;
}

static FfiSubscriptionResponse *source_subscribe(
    void *self,
    FfiStr source_id,
    bool enable_bootstrap,
    FfiStr query_id,
    FfiStr nodes_json,
    FfiStr relations_json,
    const uint8_t *resume_from_ptr,
    uint32_t resume_from_len,
    bool has_last_sequence,
    uint64_t last_sequence,
    bool request_position_handle)
{
    const Source *source = self;
    (void)enable_bootstrap;
    (void)nodes_json;
    (void)relations_json;
    (void)resume_from_ptr;
    (void)has_last_sequence;
    (void)last_sequence;
    if (source_id.len != source->id.len || memcmp(source_id.ptr, source->id.ptr, source_id.len) != 0
        || resume_from_len != 0 || request_position_handle) {
        return NULL;
    }
    Stream *stream = allocate(sizeof *stream);
    *stream = (Stream){.source_id = owned(source->id.ptr, source->id.len)};
    stream->events = source->config.events;
    atomic_init(&stream->holders, 1);
    atomic_init(&stream->dropped, false);
    FfiChangeReceiver *receiver = allocate(sizeof *receiver);
    *receiver = (FfiChangeReceiver){
        .state = stream,
        .executor = no_executor,
        .start_push_fn = receiver_start_push,
        .drop_fn = receiver_drop,
    };
    FfiSubscriptionResponse *response = allocate(sizeof *response);
    *response = (FfiSubscriptionResponse){
        .query_id = owned(query_id.ptr, query_id.len),
        .source_id = owned(source_id.ptr, source_id.len),
        .receiver = receiver,
    };
    return response;
}

/* It has no use for one, and ends it. The block is the host's: `free`, and not `release`. */
static void source_set_bootstrap_provider(void *self, BootstrapProviderVtable *provider)
{
    (void)self;
    if (provider != NULL) {
        provider->drop_fn(provider->state);
        free(provider);
    }
}

static bool source_supports_replay(const void *self)
{
    (void)self;
    return false;
}

static FfiResult source_remove_position_handle(void *self, FfiStr query_id)
{
    (void)self;
    (void)query_id;
    return success();
}

static void source_drop(void *self)
{
    Source *source = self;
    end_text(source->id);
    release(source);
}

/* --- the factory */

static FfiStr factory_kind(const void *self)
{
    (void)self;
    return (FfiStr)STATIC_TEXT("minimal");
}

static FfiStr factory_config_version(const void *self)
{
    (void)self;
    return (FfiStr)STATIC_TEXT("1.0.0");
}

static FfiOwnedStr factory_config_schema_json(const void *self)
{
    static const char schemas[] = "{\"source.minimal.Config\": {\"type\": \"object\"}}";
    (void)self;
    return owned(schemas, sizeof schemas - 1);
}

static FfiStr factory_config_schema_name(const void *self)
{
    (void)self;
    return (FfiStr)STATIC_TEXT("source.minimal.Config");
}

static FfiCreateResult factory_create_source(
    void *self, FfiStr id, FfiStr config_json, bool auto_start)
{
    Reader reader = {.text = config_json};
    Config config;
    (void)self;
    if (!read_config(&reader, &config)) {
        char why[64];
        snprintf(why, sizeof why, "bad configuration at byte %zu", reader.at);
        return (FfiCreateResult){.error_code = 1, .error_msg = message(why)};
    }
    Source *source = allocate(sizeof *source);
    *source = (Source){.id = owned(id.ptr, id.len), .config = config, .auto_start = auto_start};
    atomic_init(&source->status, FfiComponentStatus_Stopped);
    SourceVtable *table = allocate(sizeof *table);
    *table = (SourceVtable){
        .state = source,
        .executor = no_executor,
        .id_fn = source_id,
        .type_name_fn = source_type_name,
        .auto_start_fn = source_auto_start,
        .dispatch_mode_fn = source_dispatch_mode,
        .properties_fn = source_properties,
        .describe_schema_fn = source_describe_schema,
        .start_fn = source_start,
        .stop_fn = source_stop,
        .status_fn = source_status,
        .deprovision_fn = source_deprovision,
        .initialize_fn = source_initialize,
        .subscribe_fn = source_subscribe,
        .set_bootstrap_provider_fn = source_set_bootstrap_provider,
        .supports_replay_fn = source_supports_replay,
        .remove_position_handle_fn = source_remove_position_handle,
        .drop_fn = source_drop,
    };
    return (FfiCreateResult){.ptr = table};
}

/* --- the library */

static void set_log_callback(void *ctx, LogCallbackFn callback)
{
    (void)ctx;
    (void)callback;
}

static void set_lifecycle_callback(void *ctx, LifecycleCallbackFn callback)
{
    library_lifecycle_ctx = ctx;
    library_lifecycle = callback;
}

static void set_config_resolver(void *ctx, ConfigResolverFn callback)
{
    (void)ctx;
    (void)callback;
}

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
    return &metadata;
}

FfiPluginRegistration *drasi_plugin_init(void)
{
    SourcePluginVtable *factories = allocate(sizeof *factories);
    *factories = (SourcePluginVtable){
        /* The host moves the table; a state of its own shows that it still drops it. */
        .state = allocate(1),
        .executor = no_executor,
        .kind_fn = factory_kind,
        .config_version_fn = factory_config_version,
        .config_schema_json_fn = factory_config_schema_json,
        .config_schema_name_fn = factory_config_schema_name,
        .create_source_fn = factory_create_source,
        .drop_fn = release,
    };
    FfiPluginRegistration *registration = allocate(sizeof *registration);
    *registration = (FfiPluginRegistration){
        .source_plugins = factories,
        .source_plugin_count = 1,
        /* Both are allowed where there is nothing: a dangling pointer, and null. */
        .reaction_plugins = DANGLING(ReactionPluginVtable),
        .bootstrap_plugins = NULL,
        .set_log_callback = set_log_callback,
        .set_lifecycle_callback = set_lifecycle_callback,
        .set_config_resolver = set_config_resolver,
    };
    return registration;
}
