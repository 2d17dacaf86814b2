/*
 * A bootstrap provider: the people that a register knows. `{"records": 3}`
 *
 * It answers a source of another plugin, which it never sees: the host stands between them.
 */
#include "demo.h"

typedef struct {
    long records;
    bool breaks;
} Provider;

static const char *const names[] = {"Ida", "Jon", "Kai", "Lou", "Mia", "Ned"};

/* The n-th record, for whoever takes it. */
static FfiBootstrapEvent *record(const char *source, const char *label, long n) {
    char element[32];
    snprintf(element, sizeof element, "registered-%ld", n);
#ifdef DRASI_0_11_0
    Packed packed = {0};
    pack_map(&packed, 4);
    pack_text(&packed, "source_id");
    pack_text(&packed, source);
    pack_text(&packed, "change");
    pack_person(&packed, FfiChangeOp_Insert, source, element, label, names[n % 6], 15 + n * 10);
    pack_text(&packed, "timestamp_us");
    pack_number(&packed, (uint64_t)now_us());
    pack_text(&packed, "sequence");
    pack_number(&packed, (uint64_t)n);
    return HAND_OVER(FfiBootstrapEvent, payload(packed), packed.length, end_payload, now_us(), (uint64_t)n);
#else
    (void)names, (void)element;
    return HAND_OVER(FfiBootstrapEvent, make(1), lent(source), now_us(), (uint64_t)n, lent(label), TEXT("registered"), end);
#endif
}

#ifdef DRASI_0_11_0
/* It returns at once, with a stream of records and, behind its end, the outcome. */
typedef struct {
    atomic_int owners;
    atomic_bool over;
    Provider provider;
    char source[64], label[64];
    FfiBootstrapPushCallbackFn callback;
    void *ctx;
    FfiBootstrapResultCallbackFn told;
    void *told_ctx;
} Delivery;

static void disown(void *state) {
    Delivery *self = state;
    if (atomic_fetch_sub(&self->owners, 1) == 1) end(self);
}

static void drop_records(void *state) {
    atomic_store(&((Delivery *)state)->over, true);
    disown(state);
}

static void *deliver(void *argument) {
    Delivery *self = argument;
    long sent = 0;
    while (sent < self->provider.records && !atomic_load(&self->over)) {
        if (!self->callback(self->ctx, record(self->source, self->label, sent))) break;
        sent++;
    }
    self->callback(self->ctx, NULL);
    if (self->told != NULL) {
        FfiBootstrapResult result = {.event_count = sent};
        if (self->provider.breaks) {
            static const char why[] = "the register is closed today";
            Packed text = {0};
            pack(&text, why, sizeof why - 1);
            result = (FfiBootstrapResult){.event_count = -1, .error_ptr = payload(text), .error_len = text.length, .error_drop_fn = end_payload};
        }
        self->told(self->told_ctx, handed(&result, sizeof result));
    }
    disown(self);
    return NULL;
}

static void start_records(void *state, FfiBootstrapPushCallbackFn callback, void *ctx) {
    Delivery *self = state;
    self->callback = callback;
    self->ctx = ctx;
    atomic_fetch_add(&self->owners, 1);
    run_apart(deliver, self);
}

static void await_result(void *state, FfiBootstrapResultCallbackFn callback, void *ctx) {
    Delivery *self = state;
    self->told_ctx = ctx;
    self->told = callback;
}

static FfiBootstrapStream *bootstrap(void *state, FfiStr query_id, const FfiStr *nodes, uintptr_t node_count,
                                     const FfiStr *relations, uintptr_t relation_count, FfiStr request_id,
                                     FfiStr server_id, FfiStr source_id) {
    (void)query_id, (void)relations, (void)relation_count, (void)request_id, (void)server_id;
    Delivery *made = make(sizeof *made);
    made->provider = *(Provider *)state;
    if (made->provider.breaks) made->provider.records = 0;
    atomic_init(&made->owners, 2);
    snprintf(made->source, sizeof made->source, "%.*s", (int)source_id.len, source_id.ptr);
    if (node_count > 0) snprintf(made->label, sizeof made->label, "%.*s", (int)nodes[0].len, nodes[0].ptr);
    return HAND_OVER(FfiBootstrapStream, HAND_OVER(FfiBootstrapReceiver, made, start_records, drop_records),
                     HAND_OVER(FfiBootstrapResultReceiver, made, await_result, disown));
}
#else
/* It returns when all is sent, through the sender of whoever asks. */
static FfiBootstrapResult *bootstrap(void *state, FfiStr query_id, const FfiStr *nodes, uintptr_t node_count,
                                     const FfiStr *relations, uintptr_t relation_count, FfiStr request_id,
                                     FfiStr server_id, FfiStr source_id, FfiBootstrapSender *sender) {
    Provider *self = state;
    (void)query_id, (void)relations, (void)relation_count, (void)request_id, (void)server_id;
    if (self->breaks) return NULL;
    char *source = copied(source_id), *label = copied(node_count > 0 ? nodes[0] : TEXT(""));
    long sent = 0;
    while (sent < self->records && sender->send_fn(sender->state, record(source, label, sent)) == 0) sent++;
    free(source);
    free(label);
    return HAND_OVER(FfiBootstrapResult, sent, sent - 1, true, NULL, 0, NULL);
}
#endif

static FfiStr kind(const void *state) { return (void)state, TEXT("register"); }

static FfiCreateResult create_provider(void *state, FfiStr config_json, FfiStr source_config) {
    (void)state, (void)source_config;
    char *config = copied(config_json), fail[16];
    word(config, "fail", fail, sizeof fail);
    long records = number(config, "records", 3);
    free(config);
    if (strcmp(fail, "create") == 0) return not_made("create fails, as configured");
    Provider *made = make(sizeof *made);
    *made = (Provider){records, strcmp(fail, "bootstrap") == 0};
    return (FfiCreateResult){HAND_OVER(BootstrapProviderVtable, made, executor, bootstrap, end), 0, NULL};
}

DRASI_EXPORT FfiPluginRegistration *drasi_plugin_init(void) {
    FfiPluginRegistration *offered = registration();
    offered->bootstrap_plugins = HAND_OVER(BootstrapPluginVtable, make(1), executor, kind, config_version,
                                           config_schemas, config_schema, create_provider, end);
    offered->bootstrap_plugin_count = 1;
    return offered;
}
