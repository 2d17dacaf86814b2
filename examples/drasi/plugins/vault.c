/*
 * A secret store, `{"secrets": {"db": "…"}}`, and an identity provider, `{"user": "…"}`: two factories of one
 * library.
 */
#include "demo.h"

typedef struct {
    char *config;
} Keeper;

static Keeper *keeper(FfiStr config) {
    char *copy = copied(config), fail[16];
    word(copy, "fail", fail, sizeof fail);
    if (strcmp(fail, "create") == 0) {
        free(copy);
        return NULL;
    }
    Keeper *made = make(sizeof *made);
    made->config = copy;
    return made;
}

static void drop(void *state) {
    free(((Keeper *)state)->config);
    end(state);
}

static FfiGetSecretResult get_secret(const void *state, FfiStr name) {
    char *wanted = copied(name), found[128];
    word(((const Keeper *)state)->config, wanted, found, sizeof found);
    free(wanted);
    if (found[0] == '\0') return (FfiGetSecretResult){1, handed("no such secret", 15), NULL};
    return (FfiGetSecretResult){0, NULL, handed(found, strlen(found) + 1)};
}

static FfiStr vault_kind(const void *state) { return (void)state, TEXT("vault"); }

static SecretStoreProviderVtable *create_vault(void *state, FfiStr config) {
    (void)state;
    Keeper *made = keeper(config);
    return made == NULL ? NULL : HAND_OVER(SecretStoreProviderVtable, made, get_secret, drop);
}

static FfiCredentialsResult get_credentials(const void *state, const uint8_t *context, uintptr_t length) {
    char user[64], host[64], *wanted = copied((FfiStr){(const char *)context, length});
    word(((const Keeper *)state)->config, "user", user, sizeof user);
    word(wanted, "host", host, sizeof host);
    free(wanted);
    if (user[0] == '\0') return (FfiCredentialsResult){1, handed("nobody", 7), {0}};
    char token[160];
    snprintf(token, sizeof token, "token of %s for %s", user, host);
    return (FfiCredentialsResult){0, NULL,
                                  {FfiCredentialType_Token, handed(user, strlen(user) + 1),
                                   handed(token, strlen(token) + 1), NULL}};
}

static void *clone(const void *state) {
    const char *config = ((const Keeper *)state)->config;
    return keeper(lent(config));
}

static FfiStr badge_kind(const void *state) { return (void)state, TEXT("badge"); }

static IdentityProviderVtable *create_badge(void *state, FfiStr config) {
    (void)state;
    Keeper *made = keeper(config);
    return made == NULL ? NULL : HAND_OVER(IdentityProviderVtable, made, get_credentials, clone, drop);
}

DRASI_EXPORT FfiPluginRegistration *drasi_plugin_init(void) {
    FfiPluginRegistration *offered = registration();
    offered->secret_store_plugins = HAND_OVER(SecretStorePluginVtable, make(1), executor, vault_kind, config_version,
                                              config_schemas, config_schema, create_vault, end);
    offered->secret_store_plugin_count = 1;
    offered->identity_provider_plugins = HAND_OVER(IdentityProviderPluginVtable, make(1), executor, badge_kind,
                                                   config_version, config_schemas, config_schema, create_badge, end);
    offered->identity_provider_plugin_count = 1;
    return offered;
}
