/*
 * A host in plain C, without a word of Python, for drasi plugins that embed one: those of
 * examples/python-plugins/drasi.
 *
 *     drasi_host CHECK PLUGIN…    prints what the plugins do
 */
#define _POSIX_C_SOURCE 200809L
#include "drasi_0_11_0.h"

#include <dlfcn.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "drasi_host: line %d: %s\n", __LINE__, #condition); \
            exit(1); \
        } \
    } while (0)

typedef struct {
    void *library;
    drasi_plugin_metadata_fn metadata;
    drasi_plugin_init_fn init;
    FfiPluginRegistration *offer;
} Plugin;

/* C has no conversion from a pointer to a function pointer, POSIX has. */
static Plugin open_plugin(const char *path)
{
    Plugin plugin = {dlopen(path, RTLD_NOW | RTLD_LOCAL), NULL, NULL, NULL};
    if (plugin.library == NULL) {
        fprintf(stderr, "drasi_host: %s\n", dlerror());
        exit(1);
    }
    *(void **)&plugin.metadata = dlsym(plugin.library, "drasi_plugin_metadata");
    *(void **)&plugin.init = dlsym(plugin.library, "drasi_plugin_init");
    CHECK(plugin.metadata != NULL && plugin.init != NULL);
    return plugin;
}

static FfiStr lend(const char *text)
{
    return (FfiStr){text, strlen(text)};
}

#define SHOW(text) (int)(text).len, (text).ptr

static void print_owned(const char *what, FfiOwnedStr text)
{
    printf("%s: %.*s\n", what, SHOW(text));
    if (text.cap != 0) {
        free(text.ptr);
    }
}

static void end_text(FfiOwnedStr text)
{
    if (text.cap != 0) {
        free(text.ptr);
    }
}

static void print_result(const char *what, FfiResult result)
{
    printf("%s: %s\n", what, result.error_code == 0 ? "fine" : result.error_msg);
    free(result.error_msg);
}

static void rest(void)
{
    nanosleep(&(struct timespec){0, 1000000}, NULL);
}

/* --- what the host offers */

static bool quiet;
static atomic_int gone, changes, ends, asked, given_up, freed;

static void on_log(void *ctx, const FfiLogEntry *entry)
{
    CHECK(strcmp(ctx, "log") == 0);
    if (entry->message.len > 4 && memcmp(entry->message.ptr + entry->message.len - 4, "gone", 4) == 0) {
        atomic_fetch_add(&gone, 1);
    }
    if (!quiet) {
        printf("log: %.*s\n", SHOW(entry->message));
    }
}

static bool on_change(void *ctx, FfiSourceEvent *event)
{
    CHECK(strcmp(ctx, "changes") == 0);
    if (event == NULL) {
        atomic_fetch_add(&ends, 1);
        return false;
    }
    CHECK(event->op == FfiChangeOp_Insert && event->timestamp_us > 0);
    CHECK(event->payload_len > 100 && event->payload_ptr[0] == 0xdf);
    CHECK(event->payload_drop_fn != NULL);
    event->payload_drop_fn((uint8_t *)event->payload_ptr, event->payload_len);
    free(event);
    atomic_fetch_add(&changes, 1);
    return true;
}

static void drop_payload(uint8_t *payload, size_t size)
{
    CHECK(size > 0);
    free(payload);
    atomic_fetch_add(&freed, 1);
}

/* {"query_id": "q", "results": [n]}, twice; then no more. */
static void *next_result(void *ctx, void *sign)
{
    static const uint8_t content[] = "\x82\xa8query_id\xa1q\xa7results\x91";
    int number;
    CHECK(strcmp(ctx, "results") == 0);
    if (sign != NULL) {
        atomic_fetch_add(&given_up, 1);
        return NULL;
    }
    number = atomic_fetch_add(&asked, 1);
    if (number >= 2) {
        return NULL;
    }
    FfiQueryResult *result = malloc(sizeof *result);
    uint8_t *payload = malloc(sizeof content);
    CHECK(result != NULL && payload != NULL);
    memcpy(payload, content, sizeof content - 1);
    payload[sizeof content - 1] = (uint8_t)number;
    *result = (FfiQueryResult){payload, sizeof content, drop_payload};
    return result;
}

/* --- a whole life */

/* An interpreter is a guest: what the process has for all of itself stays the host's. */
static void check_guest(bool is_first)
{
    static const int signals[] = {SIGINT, SIGPIPE, SIGTERM};
    static struct sigaction before[3];
    for (int each = 0; each < 3; each++) {
        struct sigaction now;
        CHECK(sigaction(signals[each], NULL, is_first ? &before[each] : &now) == 0);
        CHECK(is_first || now.sa_handler == before[each].sa_handler);
    }
    CHECK(strcmp(setlocale(LC_ALL, NULL), "C") == 0);
}

static void shake_hands(Plugin *plugin)
{
    check_guest(true);
    const PluginMetadata *about = plugin->metadata();
    check_guest(false);
    CHECK(about != NULL && about == plugin->metadata());
    printf("made with %.*s for %.*s, version %.*s\n", SHOW(about->sdk_version), SHOW(about->target_triple),
           SHOW(about->plugin_version));
    plugin->offer = plugin->init();
    CHECK(plugin->offer != NULL);
    CHECK(plugin->offer->source_plugin_count == 1 && plugin->offer->reaction_plugin_count == 1);
    CHECK(plugin->offer->bootstrap_plugin_count == 0 && plugin->offer->secret_store_plugin_count == 0);
    plugin->offer->set_log_callback("log", on_log);
}

static SourceVtable *make_source(Plugin *plugin, const char *config)
{
    SourcePluginVtable *factory = &plugin->offer->source_plugins[0];
    FfiCreateResult made = factory->create_source_fn(factory->state, lend("s1"), lend(config), false);
    if (made.error_code != 0) {
        CHECK(made.ptr == NULL);
        printf("no source: %s\n", made.error_msg);
        free(made.error_msg);
    }
    return made.ptr;
}

static void end_source(SourceVtable *source)
{
    source->drop_fn(source->state);
    free(source);
}

static FfiSubscriptionResponse *subscribe(SourceVtable *source)
{
    return source->subscribe_fn(source->state, lend("s1"), false, lend("q"), lend("[]"), lend("[]"), NULL, 0, false);
}

static void end_subscription(FfiSubscriptionResponse *subscription)
{
    subscription->receiver->drop_fn(subscription->receiver->state);
    free(subscription->receiver);
    end_text(subscription->query_id);
    end_text(subscription->source_id);
    free(subscription);
}

static void check_source(Plugin *plugin)
{
    SourceVtable *source;
    FfiSubscriptionResponse *subscription;
    CHECK(make_source(plugin, "{") == NULL);
    source = make_source(plugin, "{\"refuse\": \"z\xc3\xa4h\"}");
    print_result("start", source->start_fn(source->state));
    end_source(source);
    source = make_source(plugin, "{\"count\": 5}");
    printf("%.*s is a %.*s\n", SHOW(source->id_fn(source->state)), SHOW(source->type_name_fn(source->state)));
    CHECK(source->dispatch_mode_fn(source->state) == FfiDispatchMode_Channel);
    print_owned("properties", source->properties_fn(source->state));
    print_owned("schema", source->describe_schema_fn(source->state));
    source->initialize_fn(source->state, &(FfiRuntimeContext){.instance_id = lend("i"), .component_id = lend("s1")});
    print_result("start", source->start_fn(source->state));
    CHECK(source->status_fn(source->state) == FfiComponentStatus_Running);
    subscription = subscribe(source);
    CHECK(subscription != NULL && subscription->position_handle_ptr == NULL);
    subscription->receiver->start_push_fn(subscription->receiver->state, on_change, "changes");
    while (atomic_load(&ends) == 0) {
        rest();
    }
    printf("%d changes\n", atomic_load(&changes));
    end_subscription(subscription);
    print_result("stop", source->stop_fn(source->state));
    print_result("deprovision", source->deprovision_fn(source->state));
    end_source(source);
}

static void check_reaction(Plugin *plugin)
{
    ReactionPluginVtable *factory = &plugin->offer->reaction_plugins[0];
    FfiCreateResult made =
        factory->create_reaction_fn(factory->state, lend("r1"), lend("[\"q\", \"p\"]"), lend("{}"), false);
    CHECK(made.error_code == 0);
    ReactionVtable *reaction = made.ptr;
    FfiStringArray queries = reaction->query_ids_fn(reaction->state);
    CHECK(queries.len == 2 && queries.data[1].len == 1 && queries.data[1].ptr[0] == 'p');
    for (size_t each = 0; each < queries.len; each++) {
        end_text(queries.data[each]);
    }
    free(queries.data);
    reaction->start_result_push_fn(reaction->state, next_result, "results");
    while (atomic_load(&given_up) == 0) {
        rest();
    }
    print_result("start", reaction->start_fn(reaction->state));
    CHECK(atomic_load(&freed) == 2);
    print_result("stop", reaction->stop_fn(reaction->state));
    reaction->drop_fn(reaction->state);
    free(reaction);
}

static void end_plugin(Plugin *plugin)
{
    FfiPluginRegistration *offer = plugin->offer;
    offer->source_plugins[0].drop_fn(offer->source_plugins[0].state);
    offer->reaction_plugins[0].drop_fn(offer->reaction_plugins[0].state);
    free(offer->source_plugins);
    free(offer->reaction_plugins);
    free(offer);
}

static void check_life(Plugin *plugin)
{
    shake_hands(plugin);
    check_source(plugin);
    check_reaction(plugin);
    end_plugin(plugin);
    printf("%d gone\n", atomic_load(&gone));
    /* It stays, whatever the host says. */
    dlclose(plugin->library);
    CHECK(plugin->metadata() != NULL);
}

/* --- threads */

static Plugin shared;
static SourceVtable *shared_source;

static void *first_call(void *plugin)
{
    CHECK(((Plugin *)plugin)->metadata() != NULL);
    return NULL;
}

static void *many_calls(void *unused)
{
    (void)unused;
    for (int call = 0; call < 500; call++) {
        end_text(shared_source->properties_fn(shared_source->state));
        CHECK(shared_source->id_fn(shared_source->state).len == 2);
    }
    return NULL;
}

/* The very first calls come from threads that Python has never seen, into every plugin at once. */
static void check_threads(Plugin *plugins, int count)
{
    pthread_t threads[16];
    for (int each = 0; each < 16; each++) {
        CHECK(pthread_create(&threads[each], NULL, first_call, &plugins[each % count]) == 0);
    }
    for (int each = 0; each < 16; each++) {
        pthread_join(threads[each], NULL);
    }
    shared = plugins[0];
    shared.offer = shared.init();
    CHECK(shared.offer != NULL);
    shared_source = make_source(&shared, "{\"count\": 100000}");
    FfiSubscriptionResponse *subscription = subscribe(shared_source);
    subscription->receiver->start_push_fn(subscription->receiver->state, on_change, "changes");
    for (int each = 0; each < 8; each++) {
        CHECK(pthread_create(&threads[each], NULL, many_calls, NULL) == 0);
    }
    for (int each = 0; each < 8; each++) {
        pthread_join(threads[each], NULL);
    }
    end_subscription(subscription);
    while (atomic_load(&ends) == 0) {
        rest();
    }
    end_source(shared_source);
    printf("all of them are back\n");
}

/* Ends the process while threads of Python's push. */
static void check_exit(Plugin *plugin)
{
    shake_hands(plugin);
    for (int each = 0; each < 4; each++) {
        SourceVtable *source = make_source(plugin, "{\"count\": 1000000000}");
        FfiSubscriptionResponse *subscription = subscribe(source);
        subscription->receiver->start_push_fn(subscription->receiver->state, on_change, "changes");
    }
    while (atomic_load(&changes) < 100) {
        rest();
    }
    printf("the end\n");
}

/* --- memory */

static long resident(void)
{
    long size, pages;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file != NULL && fscanf(file, "%ld %ld", &size, &pages) == 2);
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void one_round(Plugin *plugin)
{
    SourceVtable *source = make_source(plugin, "{}");
    FfiResult refused;
    for (int call = 0; call < 20; call++) {
        CHECK(source->id_fn(source->state).len == 2);
        end_text(source->properties_fn(source->state));
        CHECK(source->dispatch_mode_fn(source->state) == FfiDispatchMode_Channel);
        CHECK(source->start_fn(source->state).error_code == 0);
        CHECK(source->stop_fn(source->state).error_code == 0);
        source->initialize_fn(source->state, &(FfiRuntimeContext){.instance_id = lend("i"), .component_id = lend("s")});
    }
    end_source(source);
    source = make_source(plugin, "{\"refuse\": \"no\"}");
    refused = source->start_fn(source->state);
    CHECK(refused.error_code != 0);
    free(refused.error_msg);
    end_subscription(subscribe(source));
    end_source(source);
}

/* Prints by how much the process has grown in so many calls, in kilobytes. */
static void check_memory(Plugin *plugin, int calls)
{
    long before = 0;
    int rounds = calls / 128;
    quiet = true;
    shake_hands(plugin);
    for (int round = 0; round < rounds + rounds / 4; round++) {
        if (round == rounds / 4) {
            before = resident();
        }
        one_round(plugin);
    }
    CHECK(atomic_load(&gone) == 2 * (rounds + rounds / 4));
    printf("grown by %ld\n", resident() - before);
}

int main(int count, char **arguments)
{
    Plugin plugins[8];
    const char *check = count > 1 ? arguments[1] : "";
    setvbuf(stdout, NULL, _IOLBF, 0);
    CHECK(count > 2 && count <= 10);
    for (int each = 2; each < count; each++) {
        plugins[each - 2] = open_plugin(arguments[each]);
    }
    if (strcmp(check, "life") == 0) {
        for (int each = 2; each < count; each++) {
            atomic_store(&ends, 0);
            atomic_store(&changes, 0);
            atomic_store(&asked, 0);
            atomic_store(&given_up, 0);
            atomic_store(&freed, 0);
            check_life(&plugins[each - 2]);
        }
    } else if (strcmp(check, "threads") == 0) {
        check_threads(plugins, count - 2);
    } else if (strcmp(check, "exit") == 0) {
        check_exit(&plugins[0]);
    } else if (strcmp(check, "broken") == 0) {
        for (int each = 2; each < count; each++) {
            CHECK(plugins[each - 2].metadata() == NULL && plugins[each - 2].init() == NULL);
            CHECK(plugins[each - 2].metadata() == NULL);
        }
        printf("nothing there\n");
    } else {
        check_memory(&plugins[0], atoi(check));
    }
    return 0;
}
