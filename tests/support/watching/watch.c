/* `watch PLUGIN HOST [again]`: has a host work with a plugin and prints what was seen, a line for each kind of it and
 * place: an outcome, a place, and details. Ends with `end`, unless the process died. `again`: one of them was
 * compiled against the other's header, so that its compiler has compared types, and what it does not know is 0. */
#define _GNU_SOURCE
#include "watch.h"

#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

enum { ROUNDS = 4, PLACES = 4096, BLOCKS = 65536, GUARD = 256, BEHIND = 0xA5, FREED = 0xDD };

static pthread_t home;
static void *plugin;
static bool again;

/* --- what was seen */

static void see(const char *outcome, const char *place, const char *details) {
    static char *seen[PLACES];
    static size_t count;
    char line[512];
    snprintf(line, sizeof line, "%s %s", outcome, place);
    for (size_t i = 0; i < count; i++)
        if (strcmp(seen[i], line) == 0) return;
    if (count < PLACES) seen[count++] = strdup(line);
    printf("%s: %s\n", line, details);
    fflush(stdout);
}

/* --- places */

typedef struct {
    char name[160];
    char value[64];
    char word[64];
    bool sent, over, failed;
    size_t turn, names;
    size_t count;
} Place;

static Place *at(const char *name) {
    static Place places[PLACES];
    size_t hash = 5381;
    for (const char *c = name; *c; c++) hash = hash * 33 + (unsigned char)*c;
    for (size_t i = hash % PLACES;; i = (i + 1) % PLACES) {
        if (!places[i].name[0]) snprintf(places[i].name, sizeof places[i].name, "%s", name);
        if (strcmp(places[i].name, name) == 0) return &places[i];
    }
}

static bool filled(const void *bytes, size_t size, unsigned char with) {
    for (size_t i = 0; i < size; i++)
        if (((const unsigned char *)bytes)[i] != with) return false;
    return size > 0;
}

static unsigned long long number(const void *value, size_t size) {
    unsigned long long held = 0;
    memcpy(&held, value, size);
    return held;
}

static void print(char *text, char kind, const void *value, size_t size) {
    unsigned long long held = size <= 8 ? number(value, size) : 0;
    if (kind == 'f') {
        float narrow;
        double wide;
        if (size == sizeof narrow) memcpy(&narrow, value, size), wide = narrow;
        else memcpy(&wide, value, sizeof wide);
        snprintf(text, 64, "float %.9g", wide);
    } else if (kind == 's') {
        long long whole = (long long)(held << (64 - 8 * size)) >> (64 - 8 * size);
        snprintf(text, 64, "%lld", whole);
    } else {
        snprintf(text, 64, kind == 'p' ? "pointer %llx" : "%llu", held);
    }
}

void watch_tell(const char *place, char kind, const void *value, size_t size) {
    Place *p = at(place);
    print(p->value, kind, value, size);
    p->sent = true;
}

/* Values that no other place has, and that change if bits are cut off or the sign is lost. */
void watch_new(const char *place, char kind, void *value, size_t size, int bits) {
    static unsigned long long made;
    unsigned long long n = ++made, width = bits ? (unsigned long long)bits : 8 * size, held;
    if (kind == 'f') {
        float narrow = (float)n + 0.5f;
        double wide = (double)narrow;
        memcpy(value, size == sizeof narrow ? (void *)&narrow : (void *)&wide, size);
    } else {
        unsigned long long step = width >= 64 ? 0x100000001 : width >= 32 ? 0x10001 : width >= 16 ? 0x103 : 1;
        unsigned long long half = width > 1 ? 1ull << (width - 1) : 2;
        held = kind == 'b' ? n & 1 : ~((n * step) % half);
        if (kind == 'u' && width < 64) held &= (1ull << width) - 1;
        memcpy(value, &held, size);
    }
    watch_tell(place, kind == 'b' ? 'u' : kind, value, size);
}

static void judge(const char *place, const char *got, const void *value, size_t size, bool fresh) {
    Place *p = at(place);
    char details[160];
    if (p->sent && strcmp(p->value, got) == 0) return;
    snprintf(details, sizeof details, "%s was read, %s", got, p->sent ? p->value : "nothing was written");
    if (filled(value, size, BEHIND)) see("READS_PAST_END", place, details);
    else if (size >= 4 && filled((const char *)value + size / 2, size / 2, BEHIND)) {
        see("READS_PAST_END", place, details);
        see("MISREADS", place, details);
    } else if (!p->sent && (fresh || again) && filled(value, size, 0)) see("FALLS_BACK", place, "zero: it is not there");
    else if (filled(value, size, FREED)) see("USES_FREED", place, details);
    else see("MISREADS", place, details);
}

void watch_got(const char *place, char kind, const void *value, size_t size, bool fresh) {
    char got[64];
    print(got, kind, value, size);
    judge(place, got, value, size, fresh);
}

void watch_new_name(const char *place, void *value, size_t size, const watch_name *names, size_t count, bool open) {
    Place *p = at(place);
    size_t turn = p->turn++ % (count + open);
    long long chosen = turn < count ? names[turn].value : 0x40;
    memcpy(value, &chosen, size);
    snprintf(p->value, sizeof p->value, "%llu", number(value, size));
    snprintf(p->word, sizeof p->word, "%s", turn < count ? names[turn].name : "");
    p->sent = true;
}

void watch_got_name(const char *place, const void *value, size_t size, const watch_name *names, size_t count,
                    bool open) {
    Place *p = at(place);
    char got[64], details[240];
    const char *word = NULL;
    unsigned long long held = number(value, size);
    for (size_t i = 0; i < count && !word; i++)
        if (number(&names[i].value, size) == held) word = names[i].name;
    snprintf(got, sizeof got, "%llu", held);
    judge(place, got, value, size, false);
    snprintf(details, sizeof details, "%s was meant, %s is read", p->word[0] ? p->word : "no name",
             word ? word : "no name");
    if (!p->sent || strcmp(p->value, got) != 0) return;
    if (!word) {
        if (!open) see("UNKNOWN_VALUE", place, details);
    } else if (p->word[0] && strcmp(p->word, word) != 0) {
        see("MISREADS", place, details);
    }
}

size_t watch_choose(const char *place, const char *const *names, size_t count) {
    Place *p = at(place);
    size_t chosen = p->turn++ % count;
    snprintf(p->word, sizeof p->word, "%s", names[chosen]);
    return chosen;
}

bool watch_chosen(const char *place, const char *name) {
    return strcmp(at(place)->word, name) == 0;
}

void watch_member(const char *place, bool found) {
    Place *p = at(place);
    if (found) return;
    if (p->word[0]) see("UNKNOWN_VALUE", place, p->word);
    else see("MISREADS", place, "no union was written");
}

/* Whether it is the turn of nothing, of a place where there may be nothing. */
bool watch_turn(const char *place) { return at(place)->names++ % 2; }

void watch_outcome(const char *place, bool failed) { at(place)->failed = failed, at(place)->sent = true; }

void watch_judged(const char *place, bool failed) {
    if (at(place)->sent && at(place)->failed != failed)
        see("MISREADS", place, failed ? "success is taken for failure" : "failure is taken for success");
}

void watch_count(const char *place, size_t count, size_t remainder, bool told) {
    Place *p = at(place);
    if (told) p->count = count;
    else if (p->count && (p->count != count || remainder)) see("MISREADS", place, "another number of elements");
}

void watch_text(const char *place, const char *text) {
    if (strcmp(text, "text") != 0 && !at(place)->sent) see("MISREADS", place, "another text");
}

/* --- blocks of memory */

typedef struct {
    unsigned char *start;
    size_t size;
    unsigned sum;
    const char *given;
    bool freed, sealed;
    char place[96];
} Block;

static Block blocks[BLOCKS];
static size_t block_count;

void *watch_make_filled(size_t size, const char *given, int with) {
    static unsigned char *arena, *end;
    size_t whole = (size + GUARD + 63) / 64 * 64;
    if (!arena || (size_t)(end - arena) < whole) {
        arena = mmap(NULL, 1 << 24, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        end = arena + (1 << 24);
    }
    if (block_count == BLOCKS) abort();
    Block *made = &blocks[block_count++];
    *made = (Block){.start = arena, .size = size, .given = given};
    memset(arena, with, size);
    memset(arena + size, BEHIND, whole - size);
    arena += whole;
    return made->start;
}

static Block *holding(const void *pointer) {
    const unsigned char *p = pointer;
    for (size_t i = block_count; i-- > 0;)
        if (p >= blocks[i].start && p < blocks[i].start + blocks[i].size + GUARD) return &blocks[i];
    return NULL;
}

static unsigned sum(const Block *block) {
    unsigned total = 1;
    for (size_t i = 0; i < block->size; i++) total = total * 31 + block->start[i];
    return total;
}

void watch_seal(const void *pointer) {
    Block *block = holding(pointer);
    block->sealed = true;
    block->sum = sum(block);
}

/* As somebody does who was promised that it is not null. */
static void follow(void *pointer) { (void)*(const volatile char *)pointer; }

bool watch_reach(const char *place, const void *pointer, size_t size, bool nullable, bool fresh) {
    if (!pointer) {
        if (nullable || fresh) return false;
        watch_try(follow, (void *)pointer);
        return false;
    }
    if (filled(&pointer, sizeof pointer, BEHIND)) {
        see("READS_PAST_END", place, "a pointer is read behind the end");
        return false;
    }
    Block *block = holding(pointer);
    if (!block) {
        see("MISREADS", place, "what is read leads nowhere");
        return false;
    }
    if (block->freed) {
        see("USES_FREED", place, "what it leads to was freed");
        return false;
    }
    (void)size;
    return true;
}

void watch_scribble(void *pointer) { *(unsigned char *)pointer ^= 0x55; }

static void look_behind(const char *place, const Block *block) {
    if (!filled(block->start + block->size, GUARD, BEHIND)) see("WRITES_PAST_END", place, "the guard was overwritten");
}

static void end(Block *block) {
    look_behind(block->place, block);
    block->freed = true;
    memset(block->start, FREED, block->size);
}

void watch_take_back(const char *place, const void *pointer) {
    Block *block = pointer ? holding(pointer) : NULL;
    if (!block) return;
    snprintf(block->place, sizeof block->place, "%s", place);
    if (block->freed) {
        see("FREES_TWICE", place, "what was lent was freed");
        return;
    }
    if (block->sealed && sum(block) != block->sum) see("WRITES_READ_ONLY", place, "what was lent to be read was changed");
    end(block);
}

void watch_free(const char *place, void *pointer, const char *with) {
    Block *block = pointer ? holding(pointer) : NULL;
    if (!block) return;
    if (block->given && strcmp(block->given, with) != 0) see("WRONG_FREE", place, with);
    if (block->freed) see("FREES_TWICE", place, "what was given was freed before");
    else end(block);
}

typedef struct { const void *block; const char *place; bool next; } Later;

static Later lent[BLOCKS], looked[BLOCKS];
static size_t lent_count, looked_count;

void watch_take_back_later(const char *place, const void *block, bool next) {
    if (block && lent_count < BLOCKS) lent[lent_count++] = (Later){block, place, next};
}

void watch_look_later(const char *place, const void *block) {
    if (block && looked_count < BLOCKS) looked[looked_count++] = (Later){block, place, false};
}

static void take_back(bool next) {
    size_t kept = 0;
    for (size_t i = 0; i < lent_count; i++) {
        if (lent[i].next == next || !next) watch_take_back(lent[i].place, lent[i].block);
        else lent[kept++] = lent[i];
    }
    lent_count = kept;
}

/* What is in read-only memory, a page of its own. */
static struct { unsigned char *start; size_t size; } protected[16];
static size_t protected_count;

void watch_protect(void *page, size_t size) {
    if (protected_count == 16) abort();
    protected[protected_count].start = page;
    protected[protected_count++].size = size;
    mprotect(page, size, PROT_READ);
}

static bool is_protected(const unsigned char *address) {
    for (size_t i = 0; i < protected_count; i++)
        if (address >= protected[i].start && address < protected[i].start + protected[i].size) return true;
    return false;
}

/* Writes what stands there. */
void watch_write(void *variable) { *(volatile char *)variable = *(volatile char *)variable; }

/* --- calls */

typedef struct { const char *place, *types; bool entered; } Call;

static Call calls[64];
static size_t depth;
static sigjmp_buf *landing;

static void fault(int signal, siginfo_t *info, void *context) {
    const char *place = depth ? calls[depth - 1].place : "?";
    bool called = false;
#ifdef __x86_64__
    called = (uintptr_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] == (uintptr_t)info->si_addr;
#else
    (void)context;
#endif
    if (signal == SIGSEGV && info->si_code != SI_KERNEL && (uintptr_t)info->si_addr < 4096)
        see("CALLS_NULL", place, "SIGSEGV at a null pointer");
    else if (is_protected(info->si_addr)) see("WRITES_READ_ONLY", place, "SIGSEGV: it is in read-only memory");
    else if (called) see("WRONG_FUNCTION", place, "SIGSEGV: what is called is no function");
    else see("MISREADS", place, "a signal, at an address that is none");
    if (!landing) _exit(9);
    siglongjmp(*landing, 1);
}

void watch_try(void (*thunk)(void *), void *argument) {
    sigjmp_buf here;
    sigjmp_buf *outer = landing;
    size_t before = depth;
    landing = &here;
    if (sigsetjmp(here, 1) == 0) thunk(argument);
    landing = outer;
    depth = before;
}

typedef struct { void (*thunk)(void *); void *argument; } Thunk;

static void *elsewhere(void *given) {
    Thunk *it = given;
    watch_try(it->thunk, it->argument);
    return NULL;
}

void watch_try_elsewhere(void (*thunk)(void *), void *argument) {
    pthread_t other;
    Thunk it = {thunk, argument};
    sigjmp_buf *outer = landing;
    landing = NULL;
    if (pthread_create(&other, NULL, elsewhere, &it) == 0) pthread_join(other, NULL);
    landing = outer;
}

static bool is_code(void *function) {
    Dl_info info;
    return dladdr(function, &info) != 0;
}

bool watch_call(const char *place, const char *types, void *function, bool nullable, bool fresh) {
    if (!function && (nullable || fresh)) return false;
    if (filled(&function, sizeof function, BEHIND)) {
        see("READS_PAST_END", place, "a function is read behind the end");
        return false;
    }
    if (function && !is_code(function)) {
        see("WRONG_FUNCTION", place, "what is called is no function");
        return false;
    }
    if (depth == sizeof calls / sizeof *calls) return false;
    calls[depth++] = (Call){place, types, false};
    return true;
}

/* A result that nobody takes is no other call, unless the caller makes room for it. */
static bool fits(const char *called, const char *entered) {
    const char *result = strstr(called, ") -> "), *made = strstr(entered, ") -> ");
    if (strcmp(called, entered) == 0) return true;
    return result - called == made - entered && strncmp(called, entered, (size_t)(result - called)) == 0 &&
           strcmp(result, ") -> nothing") == 0 && strncmp(made, ") -> bytes", 10) != 0;
}

bool watch_enter(const char *place, const char *types, bool host, bool at_home) {
    Call *call = depth ? &calls[depth - 1] : NULL;
    char details[400];
    if (!host) take_back(true);
    if (!call || call->entered) return true;
    call->entered = true;
    if (strcmp(call->place, place) != 0) {
        snprintf(details, sizeof details, "%s runs", place);
        see("WRONG_FUNCTION", call->place, details);
        return false;
    }
    if (!again && !fits(call->types, types)) {
        snprintf(details, sizeof details, "it is called as %s and is %s", call->types, types);
        see("WRONG_CALL", place, details);
    }
    if (at_home && !pthread_equal(pthread_self(), home)) see("WRONG_THREAD", place, "another thread calls");
    return true;
}

void watch_done(void) {
    if (!calls[--depth].entered) see("WRONG_FUNCTION", calls[depth].place, "nothing that is known ran");
}

void watch_scope(const char *place, bool alive) { at(place)->over = !alive; }

void watch_in_scope(const char *place) {
    if (at(place)->over) see("USES_FREED", place, "the callback is called behind its time");
}

static Thunk late[256], last[256];
static size_t late_count, last_count;

void watch_later(void (*thunk)(void *), void *argument) {
    if (late_count < 256) late[late_count++] = (Thunk){thunk, argument};
}

void watch_at_end(void (*thunk)(void *), void *argument) {
    for (size_t i = 0; i < last_count; i++)
        if (last[i].thunk == thunk && last[i].argument == argument) return;
    if (last_count < 256) last[last_count++] = (Thunk){thunk, argument};
}

/* --- loading */

static char version[64];

void *watch_find(const char *name, bool nullable) {
    void *found = dlsym(plugin, name);
    if (!found) see(nullable ? "FALLS_BACK" : "NOT_FOUND", name, "the symbol is missing");
    return found;
}

void watch_version(const char *text) { snprintf(version, sizeof version, "%s", text); }

bool watch_has(const char *place, const char *since) {
    int here[3] = {0}, there[3] = {0};
    sscanf(version, "%d.%d.%d", &here[0], &here[1], &here[2]);
    sscanf(since, "%d.%d.%d", &there[0], &there[1], &there[2]);
    for (int i = 0; i < 3; i++) {
        if (here[i] > there[i]) return true;
        if (here[i] < there[i]) {
            see("GATED", place, "the version does not have it");
            return false;
        }
    }
    return true;
}

bool watch_covers(const char *place, size_t size, size_t needed) {
    if (size < needed) see("GATED", place, "the size does not cover it");
    return size >= needed;
}

static void round_end(void) {
    for (size_t i = 0; i < late_count; i++) watch_try(late[i].thunk, late[i].argument);
    for (size_t i = 0; i < looked_count; i++) {
        Block *block = holding(looked[i].block);
        if (block && block->freed) see("USES_FREED", looked[i].place, "it is gone too early");
    }
    for (size_t i = 0; i < last_count; i++) watch_try(last[i].thunk, last[i].argument);
    take_back(false);
    late_count = looked_count = last_count = 0;
    version[0] = 0;
}

int main(int count, char **arguments) {
    struct sigaction action = {.sa_sigaction = fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
    if (count < 3) return 2;
    again = count > 3;
    for (int signal = SIGILL; signal <= SIGSEGV; signal++)
        if (signal == SIGILL || signal == SIGBUS || signal == SIGFPE || signal == SIGSEGV)
            sigaction(signal, &action, NULL);
    home = pthread_self();
    alarm(10);
    plugin = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    void *host = dlopen(arguments[2], RTLD_NOW | RTLD_LOCAL);
    if (!plugin || !host) {
        fprintf(stderr, "%s\n", dlerror());
        return 2;
    }
    void (*run)(void) = (void (*)(void))dlsym(host, "watched_host");
    for (int i = 0; i < ROUNDS; i++) {
        run();
        round_end();
    }
    for (size_t i = 0; i < block_count; i++) {
        look_behind(blocks[i].place, &blocks[i]);
        if (blocks[i].given && !blocks[i].freed) see("LEAKS", "memory", "what was given was never freed");
    }
    puts("end");
    return 0;
}
