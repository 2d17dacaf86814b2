/*
 * What all demo plugins share: the release that they are built for, texts, configuration, a log, and the
 * counters by which the host's tests see that everything that was made has ended.
 *
 * Each source file beside this one is a plugin. It is compiled against the generated header of 0.8.4, or with
 * -DDRASI_0_11_0 against that of 0.11.0; a few lines differ, because that ABI does.
 */
#define _POSIX_C_SOURCE 200809L
#define DRASI_PLUGIN
#ifdef DRASI_0_11_0
#include "drasi_0_11_0.h"
#define SDK_VERSION FFI_SDK_VERSION
#else
#include "drasi.h"
#ifndef SDK_VERSION
#define SDK_VERSION "0.8.4"
#endif
#endif

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef __GNUC__
#define UNUSED __attribute__((unused))
#else
#define UNUSED
#endif

/* --- counters: what is made here and ends by a call of the host */

static atomic_long made, live;

DRASI_EXPORT long demo_made(void);
DRASI_EXPORT long demo_made(void) { return atomic_load(&made); }
DRASI_EXPORT long demo_live(void);
DRASI_EXPORT long demo_live(void) { return atomic_load(&live); }

UNUSED static void *make(size_t size) {
    void *object = calloc(1, size);
    if (object == NULL) abort();
    atomic_fetch_add(&made, 1);
    atomic_fetch_add(&live, 1);
    return object;
}

UNUSED static void end(void *object) {
    atomic_fetch_sub(&live, 1);
    free(object);
}

/* Blocks that the host frees: plain malloc, as the ABI says, and nothing before them. */
UNUSED static void *handed(const void *content, size_t size) {
    void *block = malloc(size);
    if (block == NULL) abort();
    return memcpy(block, content, size);
}

#define HAND_OVER(type, ...) handed(&(type){__VA_ARGS__}, sizeof(type))

/* --- texts */

#define TEXT(literal) ((FfiStr){literal, sizeof(literal) - 1})

UNUSED static FfiStr lent(const char *text) { return (FfiStr){text, strlen(text)}; }

UNUSED static char *copied(FfiStr text) {
    char *copy = malloc(text.len + 1);
    if (copy == NULL) abort();
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return copy;
}

UNUSED static FfiOwnedStr owned(const char *text) {
    size_t length = strlen(text);
    if (length == 0) return (FfiOwnedStr){(char *)(uintptr_t)1, 0, 0};
    return (FfiOwnedStr){handed(text, length), length, length};
}

UNUSED static FfiResult fine(void) { return (FfiResult){0, NULL}; }

UNUSED static FfiResult failure(const char *text) {
    return (FfiResult){1, handed(text, strlen(text) + 1)};
}

UNUSED static FfiCreateResult not_made(const char *text) {
    return (FfiCreateResult){NULL, 1, handed(text, strlen(text) + 1)};
}

/* --- configuration. A plugin of yours has a JSON library; these find members of a flat object. */

UNUSED static const char *member(const char *json, const char *name) {
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\"", name);
    const char *found = strstr(json, quoted);
    if (found == NULL) return NULL;
    found += strlen(quoted);
    return found + strspn(found, " :");
}

UNUSED static long number(const char *json, const char *name, long otherwise) {
    const char *found = member(json, name);
    if (found == NULL) return otherwise;
    return strncmp(found, "true", 4) == 0 ? 1 : strtol(found, NULL, 10);
}

/* The text of a member, empty if there is none. */
UNUSED static void word(const char *json, const char *name, char *room, size_t size) {
    const char *found = member(json, name);
    room[0] = '\0';
    if (found != NULL && *found == '"') {
        size_t length = strcspn(found + 1, "\"");
        snprintf(room, size, "%.*s", (int)length, found + 1);
    }
}

/* --- what the host set for the whole library */

static LogCallbackFn library_log;
/* Level filters count from 1; the host sets another at 0.11.0. */
static atomic_int most_said = 5;
static void *library_log_ctx;
static LifecycleCallbackFn library_life;
static void *library_life_ctx;
static ConfigResolverFn resolver;
static void *resolver_ctx;

static void set_log_callback(void *ctx, LogCallbackFn callback) {
    library_log_ctx = ctx;
    library_log = callback;
}

static void set_lifecycle_callback(void *ctx, LifecycleCallbackFn callback) {
    library_life_ctx = ctx;
    library_life = callback;
}

static void set_config_resolver(void *ctx, ConfigResolverFn callback) {
    resolver_ctx = ctx;
    resolver = callback;
}

static int64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* --- what every source and reaction has */

typedef struct {
    char id[64];
    const char *type;
    char *config;
    /* The step that shall fail: create, start, bootstrap, stream, stop or deprovision. */
    char fail[16];
    atomic_int status;
    LogCallbackFn log;
    void *log_ctx;
    LifecycleCallbackFn life;
    void *life_ctx;
    const StateStoreVtable *store;
    bool has_identity;
    IdentityProviderVtable identity;
    const SnapshotFetcherVtable *snapshots;
} Component;

UNUSED static void say(const Component *self, FfiLogLevel level, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    LogCallbackFn log = self->log != NULL ? self->log : library_log;
    if (log == NULL || (int)level >= atomic_load(&most_said)) return;
    FfiLogEntry entry = {.level = level,
                         .plugin_id = TEXT("demo"),
                         .target = lent(self->type),
                         .message = lent(text),
                         .timestamp_us = now_us(),
                         .instance_id = TEXT(""),
                         .component_id = lent(self->id)};
    log(self->log != NULL ? self->log_ctx : library_log_ctx, &entry);
}

static void tell(const Component *self, FfiLifecycleEventType step, const char *message) {
    LifecycleCallbackFn life = self->life != NULL ? self->life : library_life;
    if (life == NULL) return;
    FfiLifecycleEvent event = {.component_id = lent(self->id),
                               .component_type = lent(self->type),
                               .event_type = step,
                               .message = lent(message),
                               .timestamp_us = now_us()};
    life(self->life != NULL ? self->life_ctx : library_life_ctx, &event);
}

static bool fails(const Component *self, const char *step) { return strcmp(self->fail, step) == 0; }

/* A step of a component's life, with the lifecycle events around it that the contract demands. */
UNUSED static FfiResult step(Component *self, const char *name, bool up) {
    tell(self, up ? FfiLifecycleEventType_Starting : FfiLifecycleEventType_Stopping, "");
    if (fails(self, name)) {
        char text[64];
        snprintf(text, sizeof text, "%s fails, as configured", name);
        atomic_store(&self->status, FfiComponentStatus_Error);
        tell(self, FfiLifecycleEventType_Error, text);
        return failure(text);
    }
    atomic_store(&self->status, up ? FfiComponentStatus_Running : FfiComponentStatus_Stopped);
    tell(self, up ? FfiLifecycleEventType_Started : FfiLifecycleEventType_Stopped, "");
    return fine();
}

UNUSED static void take_services(Component *self, const FfiRuntimeContext *ctx) {
    self->log = ctx->log_callback;
    self->log_ctx = ctx->log_ctx;
    self->life = ctx->lifecycle_callback;
    self->life_ctx = ctx->lifecycle_ctx;
    self->store = ctx->state_store;
    self->snapshots = ctx->snapshot_fetcher;
    if (ctx->identity_provider != NULL) {
        /* The block is the host's; the state is ours. */
        self->identity = *ctx->identity_provider;
        self->has_identity = true;
    }
}

UNUSED static void begin_component(Component *self, const char *type, FfiStr id, FfiStr config) {
    self->type = type;
    snprintf(self->id, sizeof self->id, "%.*s", (int)id.len, id.ptr);
    self->config = copied(config);
    word(self->config, "fail", self->fail, sizeof self->fail);
    atomic_init(&self->status, FfiComponentStatus_Stopped);
}

UNUSED static void end_component(Component *self) {
    if (self->store != NULL) self->store->drop_fn(self->store->state);
    if (self->has_identity) self->identity.drop_fn(self->identity.state);
    if (self->snapshots != NULL) self->snapshots->drop_fn(self->snapshots->state);
    free(self->config);
}

/* A secret in the configuration, such as {"password": {"kind": "Secret", "name": "db"}}, by the host's
 * resolver. Null if there is none or the host does not know it; otherwise the host's block, to be freed. */
UNUSED static char *secret(const Component *self, const char *name, char *error, size_t size) {
    const char *reference = member(self->config, name);
    error[0] = '\0';
    if (reference == NULL || resolver == NULL) return NULL;
    size_t length = *reference == '{' ? strcspn(reference, "}") + 1 : strcspn(reference, ",}");
    FfiGetSecretResult found = resolver(resolver_ctx, (FfiStr){reference, length});
    if (found.error_code != 0) {
        snprintf(error, size, "%s", found.error_msg != NULL ? found.error_msg : "unknown error");
        free(found.error_msg);
    }
    return found.error_code == 0 ? found.value : NULL;
}

/* --- threads that end by themselves: plugins keep running while the host does other things */

UNUSED static void run_apart(void *(*body)(void *), void *argument) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, body, argument) != 0) abort();
    pthread_detach(thread);
}

/* --- MessagePack, as much of it as the payloads of 0.11.0 need */

typedef struct {
    unsigned char *bytes;
    size_t length, room;
} Packed;

UNUSED static void pack(Packed *packed, const void *bytes, size_t length) {
    if (packed->length + length > packed->room) {
        packed->room = 2 * packed->room + length + 64;
        packed->bytes = realloc(packed->bytes, packed->room);
        if (packed->bytes == NULL) abort();
    }
    memcpy(packed->bytes + packed->length, bytes, length);
    packed->length += length;
}

UNUSED static void pack_byte(Packed *packed, unsigned byte) { pack(packed, &(unsigned char){(unsigned char)byte}, 1); }

UNUSED static void pack_map(Packed *packed, unsigned count) { pack_byte(packed, 0x80 | count); }

UNUSED static void pack_text(Packed *packed, const char *text) {
    size_t length = strlen(text);
    pack_byte(packed, 0xd9); /* up to 255 bytes */
    pack_byte(packed, (unsigned)length);
    pack(packed, text, length);
}

UNUSED static void pack_number(Packed *packed, uint64_t value) {
    pack_byte(packed, 0xcf);
    for (int shift = 56; shift >= 0; shift -= 8) pack_byte(packed, (unsigned)(value >> shift) & 0xff);
}

/* {"source_id", "element_id"} */
UNUSED static void pack_reference(Packed *packed, const char *source, const char *element) {
    pack_map(packed, 2);
    pack_text(packed, "source_id");
    pack_text(packed, source);
    pack_text(packed, "element_id");
    pack_text(packed, element);
}

UNUSED static void pack_metadata(Packed *packed, const char *source, const char *element, const char *label) {
    pack_map(packed, 3);
    pack_text(packed, "reference");
    pack_reference(packed, source, element);
    pack_text(packed, "labels");
    pack_byte(packed, 0x91);
    pack_text(packed, label);
    pack_text(packed, "effective_from");
    pack_number(packed, 1700000000000);
}

/* A `SourceChange` of drasi-core with one node: a person of a name and an age. */
UNUSED static void pack_person(Packed *packed, FfiChangeOp op, const char *source, const char *element,
                               const char *label, const char *name, long age) {
    pack_map(packed, 1);
    if (op == FfiChangeOp_Delete) {
        pack_text(packed, "Delete");
        pack_map(packed, 1);
        pack_text(packed, "metadata");
        pack_metadata(packed, source, element, label);
        return;
    }
    pack_text(packed, op == FfiChangeOp_Insert ? "Insert" : "Update");
    pack_map(packed, 1);
    pack_text(packed, "element");
    pack_map(packed, 1);
    pack_text(packed, "Node");
    pack_map(packed, 2);
    pack_text(packed, "metadata");
    pack_metadata(packed, source, element, label);
    pack_text(packed, "properties");
    pack_map(packed, 1);
    pack_text(packed, "values");
    pack_map(packed, 2);
    pack_text(packed, "name");
    pack_map(packed, 1);
    pack_text(packed, "String");
    pack_text(packed, name);
    pack_text(packed, "age");
    pack_map(packed, 1);
    pack_text(packed, "Integer");
    pack_number(packed, (uint64_t)age);
}

/* A buffer that leaves: it counts as made here, and ends with `end_payload`. */
UNUSED static const uint8_t *payload(Packed packed) {
    atomic_fetch_add(&made, 1);
    atomic_fetch_add(&live, 1);
    return packed.bytes;
}

UNUSED static void end_payload(uint8_t *bytes, uintptr_t length) {
    (void)length;
    end(bytes);
}

/* --- the library */

UNUSED static void *executor(void *future) {
    (void)future;
    return NULL;
}

static FfiStr config_version(const void *state) {
    (void)state;
    return TEXT("1.0.0");
}

static FfiOwnedStr config_schemas(const void *state) {
    (void)state;
    return owned("{\"demo.Config\": {\"type\": \"object\"}}");
}

static FfiStr config_schema(const void *state) {
    (void)state;
    return TEXT("demo.Config");
}

#ifdef DRASI_0_11_0
static void set_log_level(FfiLogLevelFilter level) { atomic_store(&most_said, (int)level); }
#endif

/* A registration without any factory: each plugin adds its own. */
static FfiPluginRegistration *registration(void) {
    FfiPluginRegistration offered = {.set_log_callback = set_log_callback,
                                     .set_lifecycle_callback = set_lifecycle_callback,
                                     .set_config_resolver = set_config_resolver,
#ifdef DRASI_0_11_0
                                     .set_log_level = set_log_level,
#endif
    };
    return handed(&offered, sizeof offered);
}

DRASI_EXPORT const PluginMetadata *drasi_plugin_metadata(void) {
    static PluginMetadata told;
    told = (PluginMetadata){TEXT(SDK_VERSION), TEXT(""), TEXT(""), TEXT("1.0.0"),
                            TEXT(DRASI_WITNESS_TARGET), TEXT("unknown"), TEXT("dev-build")};
    return &told;
}

/* What the library was compiled against: the host looks at it before it calls anything. */
#ifndef WITHOUT_WITNESS
DRASI_WITNESS;
#endif
