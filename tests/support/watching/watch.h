/* What a plugin and a host say while they are watched: which function each means to call and which was
 * entered, which value each wrote at a place and which the other read there, what is lent, given and freed.
 * Places have names, which both sides know; everything here is in the process that runs the two. */
#ifndef WATCH_H
#define WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What nobody has written: anything, or zero where source is compiled against a header that is newer than it
 * is, since initialisers set what they do not name to zero. */
#ifdef WATCH_AGAIN
#define WATCH_UNWRITTEN 0
#else
#define WATCH_UNWRITTEN 0xC3
#endif

/* Kinds of scalars: 'u' and 's' are integers without and with a sign, 'f' floating point, 'p' pointers. */

typedef struct watch_name { const char *name; long long value; } watch_name;

/* Values. `bits` is 0 unless a bit-field is meant; `fresh` says that an older writer does not know it. */
void watch_new(const char *place, char kind, void *value, size_t size, int bits);
void watch_tell(const char *place, char kind, const void *value, size_t size);
void watch_got(const char *place, char kind, const void *value, size_t size, bool fresh);
void watch_new_name(const char *place, void *value, size_t size, const watch_name *names, size_t count, bool open);
void watch_got_name(const char *place, const void *value, size_t size, const watch_name *names, size_t count,
                    bool open);
size_t watch_choose(const char *place, const char *const *names, size_t count);
bool watch_chosen(const char *place, const char *name);
void watch_member(const char *place, bool found);
bool watch_turn(const char *place);
void watch_outcome(const char *place, bool failed);
void watch_judged(const char *place, bool failed);
void watch_count(const char *place, size_t count, size_t remainder, bool told);
void watch_text(const char *place, const char *text);

/* Blocks of memory, each with a guard behind it. */
/* `given`: with what the other side ends it, NULL where it is only lent. */
void *watch_make_filled(size_t size, const char *given, int with);
#define watch_make(size, given) watch_make_filled(size, given, WATCH_UNWRITTEN)
void watch_seal(const void *block);
bool watch_reach(const char *place, const void *pointer, size_t size, bool nullable, bool fresh);
void watch_scribble(void *block);
void watch_take_back(const char *place, const void *block);
void watch_take_back_later(const char *place, const void *block, bool next);
void watch_look_later(const char *place, const void *block);
void watch_free(const char *place, void *block, const char *with);
void watch_protect(void *page, size_t size);
void watch_write(void *variable);

/* Calls. */
bool watch_call(const char *place, const char *types, void *function, bool nullable, bool fresh);
bool watch_enter(const char *place, const char *types, bool host, bool at_home);
void watch_done(void);
void watch_scope(const char *place, bool alive);
void watch_in_scope(const char *place);
void watch_later(void (*thunk)(void *), void *argument);
void watch_at_end(void (*thunk)(void *), void *argument);
void watch_try(void (*thunk)(void *), void *argument);
void watch_try_elsewhere(void (*thunk)(void *), void *argument);

/* Loading. */
void *watch_find(const char *name, bool nullable);
void watch_version(const char *version);
bool watch_has(const char *place, const char *version);
bool watch_covers(const char *place, size_t size, size_t needed);

#endif
