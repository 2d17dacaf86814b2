/*
 * A host in plain C that has a bmux plugin do everything it can: it proves bmux_plugin.c and bmux_plugin.rs,
 * and shows what a host must do by hand.
 *
 *     bmux_host PLUGIN          every check; prints what was seen, and the plugin's journal
 *     bmux_host PLUGIN CHECK    `handshake`; or a misuse, which the plugin answers with abort()
 *
 * What it prints is the same for every plugin that behaves the same.
 */
#define _POSIX_C_SOURCE 200809L
#define BMUX_DEPRECATED(why)
#include "bmux.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "bmux_host: line %d: %s\n", __LINE__, #condition); \
            exit(1); \
        } \
    } while (0)

/* --- the plugin: all but the entry is looked up when it is needed, and may be missing */

static struct {
    bmux_plugin_entry_v1_fn entry;
    bmux_plugin_activate_v1_fn activate;
    bmux_plugin_register_stateful_v1_fn register_stateful;
    bmux_plugin_run_command_with_context_v1_fn run_command;
    bmux_plugin_run_command_v1_fn run_command_by_name;
    bmux_plugin_handle_event_v1_fn handle_event;
    bmux_plugin_invoke_service_v1_fn invoke_service;
    bmux_plugin_deactivate_v1_fn deactivate;
    size_t (*live)(const char *kind);
    size_t (*made)(const char *kind);
    void (*reset)(void);
    const char *(*log)(void);
} plugin;

/* C has no conversion from a pointer to a function pointer, POSIX has. */
#define BIND(member, name) (*(void **)&plugin.member = dlsym(library, name))

static void open_plugin(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "bmux_host: %s\n", dlerror());
        exit(1);
    }
    BIND(entry, BMUX_PLUGIN_ENTRY_V1_SYMBOL);
    BIND(activate, "bmux_plugin_activate_v1");
    BIND(register_stateful, "bmux_plugin_register_stateful_v1");
    BIND(run_command, "bmux_plugin_run_command_with_context_v1");
    BIND(run_command_by_name, "bmux_plugin_run_command_v1");
    BIND(handle_event, "bmux_plugin_handle_event_v1");
    BIND(invoke_service, "bmux_plugin_invoke_service_v1");
    BIND(deactivate, "bmux_plugin_deactivate_v1");
    BIND(live, "test_live");
    BIND(made, "test_made");
    BIND(reset, "test_reset");
    BIND(log, "test_log");
    CHECK(plugin.live && plugin.made && plugin.reset && plugin.log);
}

static void print_journal(void)
{
    fputs(plugin.log(), stdout);
    plugin.reset();
}

/* The bytes of a text, without its NUL: what the entries get. */
#define INPUT(text) (const uint8_t *)(text), strlen(text)

static void handshake(void)
{
    printf("entry: %s\n", plugin.entry != NULL ? "there" : "no symbol");
    if (plugin.entry != NULL) {
        const char *manifest = plugin.entry();
        printf("manifest: %s\n", manifest != NULL ? manifest : "null");
    }
    printf("activate: %s\n", plugin.activate != NULL ? "there" : "no symbol");
}

/* --- the entries */

static void check_entries(void)
{
    CHECK(plugin.activate(INPUT("")) == BmuxCallStatus_OK);
    CHECK(plugin.activate(NULL, 0) == BmuxCallStatus_NULL_INPUT);
    CHECK(plugin.activate(INPUT("status:1")) == BmuxCallStatus_FAILURE);
    CHECK(plugin.register_stateful(NULL) == BmuxCallStatus_NULL_INPUT);
    CHECK(plugin.run_command(INPUT("exit:0")) == BmuxCallStatus_OK);
    CHECK(plugin.run_command(INPUT("exit:17")) == 17);
    CHECK(plugin.run_command(INPUT("dance")) == BmuxCallStatus_USAGE);
    const char *arguments[] = {"23", "\xc3\xbc"};
    CHECK(plugin.run_command_by_name("exit", 1, arguments) == 23);
    CHECK(plugin.run_command_by_name("say", 2, arguments) == BmuxCallStatus_OK);
    CHECK(plugin.run_command_by_name("say", 0, NULL) == BmuxCallStatus_OK);
    CHECK(plugin.handle_event(INPUT("add:nobody:1")) == BmuxCallStatus_FAILURE);
    CHECK(plugin.handle_event(INPUT("?")) == BmuxCallStatus_BAD_INPUT);
    CHECK(plugin.deactivate(INPUT("status:70")) == BmuxCallStatus_UNAVAILABLE);
    CHECK(plugin.run_command(INPUT("panic")) == BmuxCallStatus_UNAVAILABLE);
    CHECK(plugin.handle_event(INPUT("add:nobody:1")) == BmuxCallStatus_UNAVAILABLE);
    print_journal();
    CHECK(plugin.deactivate(INPUT("")) == BmuxCallStatus_OK);
}

/* --- services */

static unsigned bridged;

/* The host's side of the bridge: it gives the request back, twice. */
static BmuxServiceStatus bridge(
    const uint8_t *input_ptr,
    size_t input_len,
    uint8_t *output_ptr,
    size_t output_capacity,
    size_t *output_len)
{
    __atomic_fetch_add(&bridged, 1, __ATOMIC_RELAXED);
    *output_len = 2 * input_len;
    if (output_ptr == NULL || output_capacity < *output_len) {
        return BmuxServiceStatus_BUFFER_TOO_SMALL;
    }
    memcpy(output_ptr, input_ptr, input_len);
    memcpy(output_ptr + input_len, input_ptr, input_len);
    return BmuxServiceStatus_OK;
}

/* Calls a service as upstream's host does it, but as often as it is asked to; counts the calls. */
static BmuxServiceStatus serve(const char *request, uint8_t **response, size_t *length, int *calls)
{
    BmuxServiceStatus status;
    size_t room = 64;
    *response = NULL;
    *calls = 0;
    do {
        room = *length > 2 * room ? *length : 2 * room;
        free(*response);
        *response = malloc(room);
        CHECK(*response != NULL);
        status = plugin.invoke_service(INPUT(request), *response, room, length);
        ++*calls;
    } while (status == BmuxServiceStatus_BUFFER_TOO_SMALL && *length > room);
    CHECK(status != BmuxServiceStatus_OK || *length <= room);
    return status;
}

static void check_service(const char *request, BmuxServiceStatus expected, const char *start, int expected_calls)
{
    uint8_t *response;
    size_t length = 0;
    int calls;
    CHECK(serve(request, &response, &length, &calls) == expected);
    if (expected == BmuxServiceStatus_OK) {
        CHECK(length >= strlen(start) && memcmp(response, start, strlen(start)) == 0);
        printf("%zu bytes after %d calls\n", length, calls);
    }
    CHECK(calls == expected_calls);
    free(response);
}

static void check_services(void)
{
    uint8_t room[8];
    size_t length = 99;
    CHECK(plugin.invoke_service(INPUT("echo:x"), room, sizeof room, NULL) == BmuxServiceStatus_NULL_ARGUMENT);
    CHECK(plugin.invoke_service(NULL, 0, room, sizeof room, &length) == BmuxServiceStatus_NULL_ARGUMENT);
    CHECK(plugin.invoke_service(INPUT("echo:123456789"), NULL, 0, &length) == BmuxServiceStatus_BUFFER_TOO_SMALL);
    CHECK(length == 9);
    CHECK(plugin.invoke_service(INPUT("liar"), room, sizeof room, &length) == BmuxServiceStatus_OK);
    CHECK(length == sizeof room + 1);
    CHECK(plugin.invoke_service(INPUT("stuck"), room, sizeof room, &length) == BmuxServiceStatus_BUFFER_TOO_SMALL);
    CHECK(length == sizeof room);
    check_service("echo:hello", BmuxServiceStatus_OK, "hello", 1);
    check_service("echo:", BmuxServiceStatus_OK, "", 1);
    check_service("size:100000", BmuxServiceStatus_OK, "", 2);
    check_service("grow:1000", BmuxServiceStatus_OK, "", 3);
    check_service("status:5", BmuxServiceStatus_BAD_RESPONSE, "", 1);
    check_service("?", BmuxServiceStatus_BAD_REQUEST, "", 1);

    char request[128];
    BmuxHostKernelBridgeFn function = bridge;
    uintptr_t address;
    memcpy(&address, &function, sizeof address);
    snprintf(request, sizeof request, "bridge:%" PRIuPTR ":abc", address);
    check_service(request, BmuxServiceStatus_OK, "abcabc", 1);
    CHECK(bridged == 1);
    snprintf(request, sizeof request, "bridge:%" PRIuPTR ":0123456789", address);
    check_service(request, BmuxServiceStatus_OK, "01234567890123456789", 1);
    CHECK(bridged == 3);
    snprintf(request, sizeof request, "threads:%" PRIuPTR ":ab", address);
    check_service(request, BmuxServiceStatus_OK, "400", 1);
    CHECK(bridged == 403);
    CHECK(strstr(plugin.log(), "bridge status=0\n") != NULL);
    plugin.reset(); /* the journal has addresses, which differ */
}

/* --- a registry, with copies of the tables */

typedef struct {
    BmuxStatefulPlugin table[32];
    size_t count;
} Registry;

static bool same(BmuxStr left, BmuxStr right)
{
    return left.len == right.len && memcmp(left.ptr, right.ptr, left.len) == 0;
}

static BmuxRegisterStatus register_plugin(void *self, const BmuxStatefulPlugin *given)
{
    Registry *registry = self;
    BmuxStatefulPlugin copy = {0};
    if (given->abi_version != BMUX_STATEFUL_ABI_VERSION) {
        return BmuxRegisterStatus_UNSUPPORTED_ABI;
    }
    memcpy(&copy, given, given->struct_size < sizeof copy ? given->struct_size : sizeof copy);
    if (copy.drop == NULL || copy.id == NULL || copy.snapshot == NULL) {
        return BmuxRegisterStatus_INVALID_PLUGIN;
    }
    BmuxStr id = copy.id(copy.state);
    for (size_t each = 0; each < registry->count; each++) {
        const BmuxStatefulPlugin *other = &registry->table[each];
        if (same(other->id(other->state), id)) {
            return BmuxRegisterStatus_DUPLICATE_ID;
        }
    }
    if (registry->count == sizeof registry->table / sizeof *registry->table) {
        return BmuxRegisterStatus_REFUSED;
    }
    registry->table[registry->count++] = copy;
    return BmuxRegisterStatus_OK;
}

static BmuxCallStatus offer(Registry *registry, const char *configuration)
{
    BmuxStatefulRegistry table = {
        .abi_version = BMUX_STATEFUL_ABI_VERSION,
        .struct_size = sizeof table,
        .state = registry,
        .register_plugin = register_plugin,
    };
    CHECK(plugin.activate(INPUT(configuration)) == BmuxCallStatus_OK);
    return plugin.register_stateful(&table);
}

static void drop_all(Registry *registry)
{
    while (registry->count != 0) {
        BmuxStatefulPlugin *each = &registry->table[--registry->count];
        each->drop(each->state);
    }
    CHECK(plugin.live(NULL) == 0);
}

/* At most `most` bytes, those that are not ASCII as numbers: they may be anything. */
static void print_text(BmuxStr text, size_t most)
{
    for (size_t each = 0; each < text.len && each < most; each++) {
        unsigned char byte = (unsigned char)text.ptr[each];
        printf(byte < 0x80 ? "%c" : "\\x%02x", byte);
    }
}

static void print_id(const BmuxStatefulPlugin *participant)
{
    BmuxStr id = participant->id(participant->state);
    print_text(id, id.len);
    fputs(": ", stdout);
}

static void print_error(BmuxStatefulStatus status, BmuxStatefulError *error)
{
    printf("status %" PRId32 ", plugin ", status);
    print_text(error->plugin, error->plugin.len);
    printf(", details (%zu) ", error->details.len);
    print_text(error->details, 100);
    printf(", version %" PRIu32 ", expected", error->version);
    for (size_t each = 0; each < error->expected.len; each++) {
        printf(" %" PRIu32, error->expected.data[each]);
    }
    putchar('\n');
    if (error->release != NULL) {
        error->release(error->release_ctx);
    }
}

static void print_bytes(BmuxBytes bytes)
{
    for (size_t each = 0; each < bytes.len; each++) {
        printf("%02x", bytes.ptr[each]);
    }
}

static void save(const BmuxStatefulPlugin *participant)
{
    BmuxSnapshot snapshot = {0};
    BmuxStatefulError error = {0};
    print_id(participant);
    BmuxStatefulStatus status = participant->snapshot(participant->state, &snapshot, &error);
    if (status != BmuxStatefulStatus_OK) {
        CHECK(snapshot.release == NULL);
        print_error(status, &error);
        return;
    }
    CHECK(error.release == NULL);
    printf("version %" PRIu32 ", bytes ", snapshot.version);
    print_bytes(snapshot.bytes);
    putchar('\n');
    if (snapshot.release != NULL) {
        snapshot.release(snapshot.release_ctx);
    }
}

static void restore(const BmuxStatefulPlugin *participant, uint32_t version, const void *bytes, size_t length)
{
    BmuxStatefulError error = {0};
    print_id(participant);
    if (participant->restore == NULL) {
        puts("nothing to restore");
        return;
    }
    BmuxBytes lent = {bytes, length};
    BmuxStatefulStatus status = participant->restore(participant->state, version, lent, &error);
    if (status != BmuxStatefulStatus_OK) {
        print_error(status, &error);
        return;
    }
    CHECK(error.release == NULL);
    puts("restored");
}

static const char everybody[] =
    "register:counter register:fails-snapshot register:notes register:fails-restore register:mismatch "
    "register:static register:short register:empty register:garbled register:long register:bare "
    "register:strange";

static void check_participants(void)
{
    Registry registry = {.count = 0};
    CHECK(offer(&registry, everybody) == BmuxCallStatus_OK);
    CHECK(registry.count == 12 && plugin.live("BmuxStatefulPlugin") == 12);
    CHECK(plugin.handle_event(INPUT("add:counter:258")) == BmuxCallStatus_OK);
    CHECK(plugin.handle_event(INPUT("text:notes:\xc3\xbc")) == BmuxCallStatus_OK);
    for (size_t each = 0; each < registry.count; each++) {
        save(&registry.table[each]);
    }
    CHECK(plugin.made("BmuxSnapshot") == 5 && plugin.live("BmuxSnapshot") == 0);
    CHECK(plugin.made("BmuxStatefulError") == 3 && plugin.live("BmuxStatefulError") == 0);
    for (size_t each = 0; each < registry.count; each++) {
        restore(&registry.table[each], 1, "\1\2\3\4", 4);
    }
    restore(&registry.table[0], 1, "\1\2\3", 3);
    restore(&registry.table[0], 9, NULL, 0);
    restore(&registry.table[2], 3, NULL, 0);
    restore(&registry.table[2], 1, NULL, 0);
    char large[300] = "";
    restore(&registry.table[2], 2, large, sizeof large);
    save(&registry.table[0]);
    save(&registry.table[2]);
    drop_all(&registry);
    print_journal();
}

static void check_refusals(void)
{
    Registry registry = {.count = 0};
    CHECK(offer(&registry, "register:counter register:counter register:newer register:null-slot register:notes=b then:7") == 7);
    CHECK(registry.count == 2 && plugin.live("BmuxStatefulPlugin") == 2);
    CHECK(plugin.made("BmuxStatefulPlugin") == 5);
    drop_all(&registry);

    BmuxStatefulRegistry other = {.abi_version = 2, .struct_size = sizeof other};
    CHECK(plugin.register_stateful(&other) == BmuxCallStatus_FAILURE);
    other = (BmuxStatefulRegistry){.abi_version = 1, .struct_size = offsetof(BmuxStatefulRegistry, register_plugin)};
    CHECK(plugin.register_stateful(&other) == BmuxCallStatus_FAILURE);

    CHECK(offer(&registry, "keep") == BmuxCallStatus_OK);
    CHECK(plugin.handle_event(INPUT("late")) == BmuxCallStatus_OK);
    CHECK(registry.count == 1);
    drop_all(&registry);
    print_journal();
}

/* --- misuse */

static int misuse(const char *what)
{
    Registry registry = {.count = 0};
    CHECK(offer(&registry, "register:counter") == BmuxCallStatus_OK);
    BmuxStatefulPlugin *participant = &registry.table[0];
    BmuxSnapshot snapshot = {0};
    BmuxStatefulError error = {0};
    CHECK(participant->snapshot(participant->state, &snapshot, &error) == BmuxStatefulStatus_OK);
    if (strcmp(what, "released-twice") == 0) {
        snapshot.release(snapshot.release_ctx);
        snapshot.release(snapshot.release_ctx);
    } else if (strcmp(what, "another-context") == 0) {
        snapshot.release(participant->state);
    } else if (strcmp(what, "dropped-twice") == 0) {
        participant->drop(participant->state);
        participant->drop(participant->state);
    } else if (strcmp(what, "used-after-drop") == 0) {
        participant->drop(participant->state);
        participant->id(participant->state);
    }
    fprintf(stderr, "bmux_host: `%s` was not noticed\n", what);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 3) {
        fputs("usage: bmux_host PLUGIN [CHECK]\n", stderr);
        return 2;
    }
    open_plugin(argv[1]);
    if (argc == 3 && strcmp(argv[2], "handshake") != 0) {
        return misuse(argv[2]);
    }
    handshake();
    if (argc == 2) {
        check_entries();
        check_services();
        check_participants();
        check_refusals();
    }
    return 0;
}
