/*
 * A source of people: `{"events": 12, "threads": 1, "people": 6, "pauseUs": 0}`.
 *
 * Each subscription gets that many changes from as many threads, at most one at a time: people appear, grow
 * older, and every seventh change one of them leaves. Then the stream stays open until somebody ends it.
 * The initial data comes from a provider, if the host gives one: from another plugin.
 */
#include "demo.h"

#define LABEL "Person"

typedef struct Stream Stream;

typedef struct {
    Component base;
    bool has_provider;
    BootstrapProviderVtable provider;
    pthread_mutex_t lock;
    Stream *streams;
} Source;

/* --- changes. A stream belongs to its receiver, its threads and its source, and ends with the last of them. */

struct Stream {
    Stream *next;
    atomic_int owners;
    atomic_int senders;
    atomic_bool over;
    pthread_mutex_t lock;
    pthread_cond_t woken;
    char source[64];
    long events, people, pause_us, sent;
    bool breaks;
    FfiChangePushCallbackFn callback;
    void *ctx;
};

static void disown(Stream *self) {
    if (atomic_fetch_sub(&self->owners, 1) == 1) {
        pthread_cond_destroy(&self->woken);
        pthread_mutex_destroy(&self->lock);
        end(self);
    }
}

static void finish(Stream *self) {
    pthread_mutex_lock(&self->lock);
    atomic_store(&self->over, true);
    pthread_cond_broadcast(&self->woken);
    pthread_mutex_unlock(&self->lock);
}

#ifndef DRASI_0_11_0
static void end_opaque(void *opaque) { end(opaque); }
#endif

/* The n-th change, for the host, who ends the content and frees the block. */
static FfiSourceEvent *change(Stream *self, long n) {
    static const char *const names[] = {"Ada", "Bo", "Cem", "Dana", "Eli", "Fay", "Gus", "Hana"};
    long person = n % self->people, age = 12 + person * 9 + n / self->people * 3;
    FfiChangeOp op = n < self->people ? FfiChangeOp_Insert : FfiChangeOp_Update;
    if (n >= self->people && n % 7 == 6) op = FfiChangeOp_Delete;
#ifdef DRASI_0_11_0
    char element[32], name[32];
    snprintf(element, sizeof element, "person-%ld", person);
    snprintf(name, sizeof name, "%s", names[person % 8]);
    Packed packed = {0};
    if (self->breaks && n == 3) {
        pack_text(&packed, "no change at all");
    } else {
        pack_map(&packed, 5);
        pack_text(&packed, "source_id");
        pack_text(&packed, self->source);
        pack_text(&packed, "event");
        pack_map(&packed, 1);
        pack_text(&packed, "Change");
        pack_person(&packed, op, self->source, element, LABEL, name, age);
        pack_text(&packed, "timestamp_us");
        pack_number(&packed, (uint64_t)now_us());
        pack_text(&packed, "sequence");
        pack_number(&packed, (uint64_t)n + 1);
        pack_text(&packed, "source_position");
        pack_byte(&packed, 0xc0);
    }
    return HAND_OVER(FfiSourceEvent, payload(packed), packed.length, end_payload, op, now_us());
#else
    /* Upstream's content is a Rust object. What it is does not matter to a host that cannot read it. */
    (void)names, (void)age;
    char *opaque = make(64);
    snprintf(opaque, 64, "%s", self->source);
    return HAND_OVER(FfiSourceEvent, opaque, lent(opaque), now_us(), op, TEXT(""), TEXT(""), end_opaque);
#endif
}

static void *send_changes(void *argument) {
    Stream *self = argument;
    pthread_mutex_lock(&self->lock);
    while (!atomic_load(&self->over) && self->sent < self->events) {
        long n = self->sent++;
        if (self->breaks && n == 4) {
            atomic_store(&self->over, true);
            break;
        }
        /* The lock is held: the contract allows one call at a time. */
        if (!self->callback(self->ctx, change(self, n))) atomic_store(&self->over, true);
        if (self->pause_us > 0) {
            pthread_mutex_unlock(&self->lock);
            nanosleep(&(struct timespec){self->pause_us / 1000000, self->pause_us % 1000000 * 1000}, NULL);
            pthread_mutex_lock(&self->lock);
        }
    }
    while (!atomic_load(&self->over)) pthread_cond_wait(&self->woken, &self->lock);
    pthread_cond_broadcast(&self->woken);
    pthread_mutex_unlock(&self->lock);
    if (atomic_fetch_sub(&self->senders, 1) == 1) self->callback(self->ctx, NULL);
    disown(self);
    return NULL;
}

static void start_changes(void *state, FfiChangePushCallbackFn callback, void *ctx) {
    Stream *self = state;
    self->callback = callback;
    self->ctx = ctx;
    int threads = atomic_load(&self->senders);
    atomic_fetch_add(&self->owners, threads);
    for (int index = 0; index < threads; index++) run_apart(send_changes, self);
}

static void drop_changes(void *state) {
    Stream *self = state;
    atomic_store(&self->over, true);
    /* Not under the lock, which a thread holds that may be waiting in the host: that one looks by itself. */
    if (pthread_mutex_trylock(&self->lock) == 0) {
        pthread_cond_broadcast(&self->woken);
        pthread_mutex_unlock(&self->lock);
    }
    disown(self);
}

static Stream *stream_of(Source *source) {
    Stream *made = make(sizeof *made);
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->woken, NULL);
    snprintf(made->source, sizeof made->source, "%s", source->base.id);
    made->events = number(source->base.config, "events", 12);
    made->people = number(source->base.config, "people", 6);
    made->pause_us = number(source->base.config, "pauseUs", 0);
    made->breaks = fails(&source->base, "stream");
    atomic_init(&made->owners, 2);
    atomic_init(&made->senders, (int)number(source->base.config, "threads", 1));
    pthread_mutex_lock(&source->lock);
    made->next = source->streams;
    source->streams = made;
    pthread_mutex_unlock(&source->lock);
    return made;
}

/* --- initial data, from the provider that the host gave */

#ifdef DRASI_0_11_0
/* The provider's stream is what the host gets: nothing to do on the way. */
static void ask_provider(Source *self, FfiStr query, const FfiStr *labels, size_t count,
                         FfiSubscriptionResponse *response) {
    FfiBootstrapStream *stream = self->provider.bootstrap_fn(
        self->provider.state, query, labels, count, labels, 0, TEXT("request-1"), TEXT("host"), lent(self->base.id));
    if (stream == NULL) {
        say(&self->base, FfiLogLevel_Error, "the provider of the initial data could not start");
        return;
    }
    response->bootstrap_receiver = stream->events;
    response->bootstrap_result_receiver = stream->result;
    free(stream);
}
#else
/* The provider is called on a thread of ours, and sends to the host's callback through a sender of ours. */
typedef struct {
    atomic_int owners;
    BootstrapProviderVtable provider;
    char *query, *label, source[64];
    FfiBootstrapPushCallbackFn callback;
    void *ctx;
    FfiBootstrapResultCallbackFn told;
    void *told_ctx;
    bool refused;
} Request;

static void disown_request(void *state) {
    Request *self = state;
    if (atomic_fetch_sub(&self->owners, 1) == 1) {
        free(self->query);
        free(self->label);
        end(self);
    }
}

static int32_t send_record(void *state, FfiBootstrapEvent *event) {
    Request *self = state;
    if (self->refused) {
        event->drop_fn(event->opaque);
        free(event);
        return -1;
    }
    /* Texts of a record belong to who sent it, and only for this call; a receiver's are empty. */
    event->label = event->entity_id = TEXT("");
    event->source_id = lent(self->source);
    self->refused = !self->callback(self->ctx, event);
    return self->refused ? -1 : 0;
}

static void end_sender(void *state) { (void)state; }

static void *run_request(void *argument) {
    Request *self = argument;
    FfiBootstrapSender *sender = HAND_OVER(FfiBootstrapSender, self, send_record, end_sender);
    FfiStr label = lent(self->label);
    FfiBootstrapResult *result =
        self->provider.bootstrap_fn(self->provider.state, lent(self->query), &label, 1, &label, 0,
                                    TEXT("request-1"), TEXT("host"), lent(self->source), sender);
    sender->drop_fn(sender->state);
    free(sender);
    self->callback(self->ctx, NULL);
    if (self->told != NULL) self->told(self->told_ctx, result);
    disown_request(self);
    return NULL;
}

static void start_request(void *state, FfiBootstrapPushCallbackFn callback, void *ctx) {
    Request *self = state;
    self->callback = callback;
    self->ctx = ctx;
    atomic_fetch_add(&self->owners, 1);
    run_apart(run_request, self);
}

static void await_result(void *state, FfiBootstrapResultCallbackFn callback, void *ctx) {
    Request *self = state;
    self->told_ctx = ctx;
    self->told = callback;
}

static void ask_provider(Source *self, FfiStr query, const FfiStr *labels, size_t count,
                         FfiSubscriptionResponse *response) {
    Request *made = make(sizeof *made);
    atomic_init(&made->owners, 2);
    made->provider = self->provider;
    made->query = copied(query);
    made->label = copied(count > 0 ? labels[0] : TEXT(""));
    snprintf(made->source, sizeof made->source, "%s", self->base.id);
    response->bootstrap_receiver = HAND_OVER(FfiBootstrapReceiver, made, start_request, disown_request);
    response->bootstrap_result_receiver = HAND_OVER(FfiBootstrapResultReceiver, made, await_result, disown_request);
}
#endif

/* --- the slots of a source */

static FfiStr id(const void *state) { return lent(((const Source *)state)->base.id); }
static FfiStr type_name(const void *state) { return lent(((const Source *)state)->base.type); }
static bool auto_start(const void *state) { return (void)state, true; }
static FfiDispatchMode dispatch_mode(const void *state) { return (void)state, FfiDispatchMode_Channel; }
static FfiOwnedStr properties(const void *state) { return owned(((const Source *)state)->base.config); }
static FfiComponentStatus status(const void *state) { return atomic_load(&((const Source *)state)->base.status); }
static bool supports_replay(const void *state) { return (void)state, false; }

static FfiOwnedStr describe_schema(const void *state) {
    (void)state;
    return owned("{\"nodes\": [{\"label\": \"" LABEL "\", \"properties\": [{\"name\": \"name\"}, "
                 "{\"name\": \"age\", \"dataType\": \"integer\"}]}], \"relations\": []}");
}

static void initialize(void *state, const FfiRuntimeContext *ctx) { take_services(&((Source *)state)->base, ctx); }

static void set_bootstrap_provider(void *state, BootstrapProviderVtable *provider) {
    Source *self = state;
    if (provider == NULL) return;
    self->provider = *provider;
    self->has_provider = true;
    free(provider);
}

/* How often this source was started, in the host's store: it outlives the process. */
static void count_starts(Component *self) {
    long before = 0;
    FfiGetResult found = self->store->get_fn(self->store->state, lent(self->id), TEXT("starts"));
    if (found.error_code == 0 && found.found && found.cap != 0) {
        for (size_t at = 0; at < found.len; at++) before = before * 10 + (found.data[at] - '0');
        free(found.data);
    }
    free(found.error_code != 0 ? found.error_msg : NULL);
    char now[24];
    int length = snprintf(now, sizeof now, "%ld", before + 1);
    FfiResult done =
        self->store->set_fn(self->store->state, lent(self->id), TEXT("starts"), (uint8_t *)now, (size_t)length);
    free(done.error_code != 0 ? done.error_msg : NULL);
    say(self, FfiLogLevel_Info, "this is start %s", now);
}

static void log_in(Component *self) {
    static const char host[] = "{\"host\": \"registry\"}";
    FfiCredentialsResult found =
        self->identity.get_credentials_fn(self->identity.state, (const uint8_t *)host, sizeof host - 1);
    if (found.error_code != 0) {
        say(self, FfiLogLevel_Warn, "no credentials: %s", found.error_msg != NULL ? found.error_msg : "");
        free(found.error_msg);
        return;
    }
    say(self, FfiLogLevel_Info, "logged in as %s", found.credentials.field1 != NULL ? found.credentials.field1 : "");
    free(found.credentials.field1);
    free(found.credentials.field2);
    free(found.credentials.field3);
}

static FfiResult start(void *state) {
    Source *self = state;
    if (self->base.store != NULL) count_starts(&self->base);
    if (self->base.has_identity) log_in(&self->base);
    return step(&self->base, "start", true);
}

static void end_streams(Source *self) {
    pthread_mutex_lock(&self->lock);
    Stream *stream = self->streams;
    self->streams = NULL;
    pthread_mutex_unlock(&self->lock);
    while (stream != NULL) {
        Stream *next = stream->next;
        finish(stream);
        disown(stream);
        stream = next;
    }
}

static FfiResult stop(void *state) {
    end_streams(state);
    return step(state, "stop", false);
}

static FfiResult deprovision(void *state) {
    Component *self = state;
    say(self, FfiLogLevel_Info, "what it had set up elsewhere is gone");
    return fails(self, "deprovision") ? failure("deprovision fails, as configured") : fine();
}

static FfiSubscriptionResponse *subscribe(void *state, FfiStr source_id, bool enable_bootstrap, FfiStr query_id,
                                          FfiStr nodes_json, FfiStr relations_json, const uint8_t *resume_from,
                                          uint32_t resume_from_len,
#ifndef DRASI_0_11_0
                                          bool has_last_sequence, uint64_t last_sequence,
#endif
                                          bool request_position_handle) {
    Source *self = state;
    (void)relations_json, (void)resume_from, (void)resume_from_len, (void)request_position_handle;
#ifndef DRASI_0_11_0
    (void)has_last_sequence, (void)last_sequence;
#endif
    if (fails(&self->base, "subscribe")) return NULL;
    char *query = copied(query_id), *source = copied(source_id), *nodes = copied(nodes_json);
    /* The first label of ["…", "…"]. */
    char label[64] = "";
    if (strchr(nodes, '"') != NULL) snprintf(label, sizeof label, "%.*s", (int)strcspn(strchr(nodes, '"') + 1, "\""), strchr(nodes, '"') + 1);
    FfiSubscriptionResponse response = {
        .query_id = owned(query),
        .source_id = owned(source),
        .receiver = HAND_OVER(FfiChangeReceiver, stream_of(self), executor, start_changes, drop_changes),
    };
    if (enable_bootstrap && self->has_provider) {
        FfiStr labels = lent(label);
        ask_provider(self, query_id, &labels, 1, &response);
    }
    free(query);
    free(source);
    free(nodes);
    return handed(&response, sizeof response);
}

static FfiResult remove_position_handle(void *state, FfiStr query_id) {
    (void)state, (void)query_id;
    return fine();
}

static void drop(void *state) {
    Source *self = state;
    end_streams(self);
    if (self->has_provider) self->provider.drop_fn(self->provider.state);
    end_component(&self->base);
    pthread_mutex_destroy(&self->lock);
    end(self);
}

/* --- the factory */

static FfiStr kind(const void *state) { return (void)state, TEXT("people"); }

static FfiCreateResult create_source(void *state, FfiStr source_id, FfiStr config, bool starts) {
    (void)state, (void)starts;
    Source *self = make(sizeof *self);
    char error[256];
    pthread_mutex_init(&self->lock, NULL);
    begin_component(&self->base, "source", source_id, config);
    char *password = secret(&self->base, "password", error, sizeof error);
    if (fails(&self->base, "create")) snprintf(error, sizeof error, "create fails, as configured");
    if (error[0] == '\0' && password != NULL)
        say(&self->base, FfiLogLevel_Info, "the password has %zu letters", strlen(password));
    free(password);
    if (error[0] != '\0') {
        drop(self);
        return not_made(error);
    }
    return (FfiCreateResult){
        HAND_OVER(SourceVtable, self, executor, id, type_name, auto_start, dispatch_mode, properties, describe_schema,
                  start, stop, status, deprovision, initialize, subscribe, set_bootstrap_provider, supports_replay,
                  remove_position_handle, drop),
        0, NULL};
}

DRASI_EXPORT FfiPluginRegistration *drasi_plugin_init(void) {
    FfiPluginRegistration *offered = registration();
    offered->source_plugins = HAND_OVER(SourcePluginVtable, make(1), executor, kind, config_version, config_schemas,
                                        config_schema, create_source, end);
    offered->source_plugin_count = 1;
    return offered;
}
