/*
 * A host in plain C, without a word of Python, for bmux plugins that embed one: that of
 * examples/python-plugins/bmux, with what it keeps.
 *
 *     bmux_host CHECK PLUGIN
 */
#define _POSIX_C_SOURCE 200809L
#define BMUX_DEPRECATED(why)
#include "bmux.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "bmux_host: line %d: %s\n", __LINE__, #condition); \
            exit(1); \
        } \
    } while (0)

/* What is optional may be missing. */
static bmux_plugin_entry_v1_fn entry;
static bmux_plugin_activate_v1_fn activate;
static bmux_plugin_register_stateful_v1_fn register_stateful;
static bmux_plugin_run_command_v1_fn run_command;
static bmux_plugin_handle_event_v1_fn handle_event;
static bmux_plugin_invoke_service_v1_fn invoke_service;
static bmux_plugin_deactivate_v1_fn deactivate;

/* C has no conversion from a pointer to a function pointer, POSIX has. */
#define BIND(function, name) (*(void **)&function = dlsym(library, name))
#define INPUT(text) (const uint8_t *)(text), strlen(text)

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
    BIND(run_command, "bmux_plugin_run_command_v1");
    BIND(handle_event, "bmux_plugin_handle_event_v1");
    BIND(invoke_service, "bmux_plugin_invoke_service_v1");
    BIND(deactivate, "bmux_plugin_deactivate_v1");
}

/* --- the registry */

static BmuxStatefulPlugin kept;
static char kept_id[64];
static bool refuses;

static BmuxRegisterStatus keep(void *self, const BmuxStatefulPlugin *plugin)
{
    BmuxStr id;
    CHECK(self == &kept && plugin->abi_version == BMUX_STATEFUL_ABI_VERSION);
    CHECK(plugin->struct_size == sizeof *plugin && plugin->restore != NULL);
    if (refuses) {
        return BmuxRegisterStatus_DUPLICATE_ID;
    }
    kept = *plugin;
    id = kept.id(kept.state);
    snprintf(kept_id, sizeof kept_id, "%.*s", (int)id.len, id.ptr);
    return BmuxRegisterStatus_OK;
}

static const BmuxStatefulRegistry registry = {
    BMUX_STATEFUL_ABI_VERSION, sizeof(BmuxStatefulRegistry), &kept, keep};

static BmuxStatefulStatus restore(uint32_t version, const char *bytes, BmuxStatefulError *error)
{
    memset(error, 0, sizeof *error);
    return kept.restore(kept.state, version, (BmuxBytes){INPUT(bytes)}, error);
}

static void print_snapshot(void)
{
    BmuxSnapshot snapshot = {0};
    BmuxStatefulError error = {0};
    CHECK(kept.snapshot(kept.state, &snapshot, &error) == BmuxStatefulStatus_OK);
    printf("%s, format %u: %.*s\n", kept_id, snapshot.version, (int)snapshot.bytes.len,
           (const char *)snapshot.bytes.ptr);
    CHECK(snapshot.release != NULL);
    snapshot.release(snapshot.release_ctx);
}

/* --- checks */

static void check_life(void)
{
    uint8_t room[64];
    size_t length = 0;
    const char *arguments[] = {"7", "\xc3\xa4pfel"};
    BmuxStatefulError error;
    printf("%s", entry());
    /* Only what the plugin has is exported. */
    CHECK(handle_event == NULL);
    CHECK(activate(INPUT("refuse")) == BmuxCallStatus_UNAVAILABLE);
    CHECK(activate(INPUT("")) == BmuxCallStatus_OK);
    refuses = true;
    CHECK(register_stateful(&registry) == BmuxCallStatus_FAILURE);
    refuses = false;
    CHECK(register_stateful(&registry) == BmuxCallStatus_OK);
    CHECK(run_command("dance", 0, NULL) == BmuxCallStatus_USAGE);
    CHECK(run_command("count", 2, arguments) == BmuxCallStatus_OK);
    print_snapshot();
    CHECK(restore(1, "41", &error) == BmuxStatefulStatus_OK);
    CHECK(restore(3, "?", &error) == BmuxStatefulStatus_UNSUPPORTED_VERSION);
    CHECK(error.version == 3 && error.expected.len == 2 && error.expected.data[1] == 2);
    error.release(error.release_ctx);
    CHECK(restore(2, "many:", &error) == BmuxStatefulStatus_RESTORE_FAILED);
    printf("%.*s\n", (int)error.details.len, error.details.ptr);
    error.release(error.release_ctx);
    CHECK(invoke_service(INPUT("1"), room, 4, &length) == BmuxServiceStatus_BUFFER_TOO_SMALL && length == 9);
    CHECK(invoke_service(INPUT("0"), room, sizeof room, &length) == BmuxServiceStatus_OK);
    printf("%.*s\n", (int)length, (const char *)room);
    CHECK(invoke_service(INPUT("-100"), room, sizeof room, &length) == BmuxServiceStatus_OK);
    BmuxSnapshot snapshot = {0};
    CHECK(kept.snapshot(kept.state, &snapshot, &error) == BmuxStatefulStatus_SNAPSHOT_FAILED);
    CHECK(snapshot.bytes.ptr == NULL && snapshot.release == NULL);
    printf("%.*s\n", (int)error.details.len, error.details.ptr);
    error.release(error.release_ctx);
    kept.drop(kept.state);
    CHECK(deactivate(INPUT("")) == BmuxCallStatus_OK);
}

/* Whatever keeps Python from its work, each entry says so in its own way. */
static void check_broken(void)
{
    uint8_t room[64];
    size_t length = 0;
    CHECK(entry() == NULL && entry() == NULL);
    CHECK(activate(INPUT("")) == BmuxCallStatus_FAILURE);
    CHECK(register_stateful(&registry) == BmuxCallStatus_FAILURE);
    CHECK(invoke_service(INPUT(""), room, sizeof room, &length) != BmuxServiceStatus_OK);
    printf("nothing there\n");
}

static long resident(void)
{
    long size, pages;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file != NULL && fscanf(file, "%ld %ld", &size, &pages) == 2);
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Prints by how much the process has grown in so many calls, in kilobytes. */
static void check_memory(int calls)
{
    long before = 0;
    int rounds = calls / 8;
    for (int round = 0; round < rounds + rounds / 4; round++) {
        uint8_t room[64];
        size_t length;
        BmuxSnapshot snapshot = {0};
        BmuxStatefulError error = {0};
        if (round == rounds / 4) {
            before = resident();
        }
        CHECK(entry() != NULL);
        CHECK(register_stateful(&registry) == BmuxCallStatus_OK);
        CHECK(invoke_service(INPUT("1"), room, sizeof room, &length) == BmuxServiceStatus_OK);
        CHECK(kept.snapshot(kept.state, &snapshot, &error) == BmuxStatefulStatus_OK);
        snapshot.release(snapshot.release_ctx);
        CHECK(restore(1, "1", &error) == BmuxStatefulStatus_OK);
        CHECK(restore(9, "1", &error) == BmuxStatefulStatus_UNSUPPORTED_VERSION);
        error.release(error.release_ctx);
        kept.drop(kept.state);
    }
    printf("grown by %ld\n", resident() - before);
}

int main(int count, char **arguments)
{
    CHECK(count == 3);
    setvbuf(stdout, NULL, _IOLBF, 0);
    open_plugin(arguments[2]);
    if (strcmp(arguments[1], "life") == 0) {
        check_life();
    } else if (strcmp(arguments[1], "broken") == 0) {
        check_broken();
    } else {
        check_memory(atoi(arguments[1]));
    }
    return 0;
}
