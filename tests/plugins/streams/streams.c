#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

static atomic_long events;

static void pause_for(uint32_t microseconds)
{
    struct timespec time = {microseconds / 1000000, (long)(microseconds % 1000000) * 1000};
    if (microseconds != 0) {
        nanosleep(&time, NULL);
    }
}

/* --- receivers */

typedef struct {
    atomic_int users;
    atomic_int running, dropped;
    uint32_t threads;
    uint64_t count;
    Push push;
    void *ctx;
} Forwarder;

static void end_event(void *content)
{
    events--;
    free(content);
}

static void give_up(Forwarder *it)
{
    if (atomic_fetch_sub(&it->users, 1) == 1) {
        free(it);
    }
}

static void *forward(void *given)
{
    Forwarder *it = given;
    for (uint64_t number = 0; (it->count == 0 || number < it->count) && !it->dropped; number++) {
        Event *event = malloc(sizeof *event);
        *event = (Event){malloc(1), number, (Kind)(number % 2), end_event};
        events++;
        if (!it->push(it->ctx, event)) {
            break;
        }
    }
    if (atomic_fetch_sub(&it->running, 1) == 1) {
        it->push(it->ctx, NULL);
    }
    give_up(it);
    return NULL;
}

static void receiver_start_push(void *self, Push push, void *ctx)
{
    Forwarder *it = self;
    it->push = push;
    it->ctx = ctx;
    it->running = (int)it->threads;
    it->users += (int)it->threads;
    for (uint32_t index = 0; index < it->threads; index++) {
        pthread_t thread;
        pthread_create(&thread, NULL, forward, it);
        pthread_detach(thread);
    }
}

static void receiver_drop(void *self)
{
    Forwarder *it = self;
    it->dropped = 1;
    give_up(it);
}

/* --- rows */

typedef struct {
    uint64_t left;
    bool fails;
} Reader;

static const char *rows_name(void *self)
{
    Reader *it = self;
    return it->left == 0 && it->fails ? NULL : "rows";
}

static Text rows_next(void *self)
{
    Reader *it = self;
    Text text = {(char *)1, 0, 0};
    pause_for(100);
    if (it->left != 0) {
        text.ptr = malloc(32);
        text.cap = 32;
        text.len = (size_t)snprintf(text.ptr, 32, "row %llu", (unsigned long long)it->left--);
    }
    return text;
}

static void rows_drop(void *self)
{
    free(self);
}

/* --- sources */

typedef struct {
    pthread_mutex_t lock;
    pthread_t threads[64];
    uint32_t running;
    atomic_int stopped;
    atomic_ulong refused;
    uint64_t count;
    uint32_t pause_us;
    NumberFn number; void *number_ctx;
    PairCallback pair; void *pair_ctx;
    NoteCallback note; void *note_ctx;
    StatusCallback status; void *status_ctx;
    BareCallback bare;
    DoneCallback done; void *done_ctx;
    FlagCallback flag; void *flag_ctx;
    atomic_int busy;
} Origin;

static void push_one(Origin *it, uint64_t number)
{
    if (it->number != NULL) {
        it->number(it->number_ctx, number);
    }
    if (it->pair != NULL) {
        char key[32];
        size_t length = (size_t)snprintf(key, sizeof key, "key %llu", (unsigned long long)number);
        it->pair(it->pair_ctx, (Str){key, length}, (int32_t)number);
        memset(key, '?', sizeof key);
    }
    pthread_mutex_lock(&it->lock);
    NoteCallback note = it->note;
    void *note_ctx = it->note_ctx;
    it->busy += note != NULL;
    pthread_mutex_unlock(&it->lock);
    if (note != NULL) {
        char text[32];
        size_t length = (size_t)snprintf(text, sizeof text, "note %llu", (unsigned long long)number);
        int kind = number == 13 ? 7 : (int)(number % 2);
        Note made = {number, {text, length}, Kind_Even};
        memcpy(&made.kind, &kind, sizeof kind);
        note(note_ctx, &made);
        memset(text, '?', sizeof text);
        it->busy--;
    }
    if (it->status != NULL && it->status(it->status_ctx, number) != 0) {
        it->refused++;
    }
    if (it->bare != NULL) {
        it->bare(number);
    }
    if (it->flag != NULL) {
        it->flag(it->flag_ctx, number, NULL);
    }
}

static void *work(void *given)
{
    Origin *it = given;
    for (uint64_t number = 0; (it->count == 0 || number < it->count) && !it->stopped; number++) {
        push_one(it, number);
        pause_for(it->pause_us);
    }
    return NULL;
}

static void source_start(void *self, uint32_t threads, uint64_t count, uint32_t pause_us)
{
    Origin *it = self;
    it->count = count;
    it->pause_us = pause_us;
    it->stopped = 0;
    it->running = threads;
    for (uint32_t index = 0; index < threads; index++) {
        pthread_create(&it->threads[index], NULL, work, it);
    }
}

static void source_join(void *self)
{
    Origin *it = self;
    uint32_t running = it->running;
    it->running = 0;
    for (uint32_t index = 0; index < running; index++) {
        pthread_join(it->threads[index], NULL);
    }
    if (running != 0 && it->done != NULL) {
        it->done(it->done_ctx, it->count);
        it->done = NULL;
    }
    if (running != 0 && it->flag != NULL) {
        it->flag(it->flag_ctx, 0, it);
        it->flag = NULL;
    }
}

static void source_stop(void *self)
{
    ((Origin *)self)->stopped = 1;
    source_join(self);
}

static void source_push_here(void *self, uint64_t count)
{
    for (uint64_t number = 0; number < count; number++) {
        push_one(self, number);
    }
}

static void source_visit(void *self, uint64_t count, Visited visit, void *ctx)
{
    (void)self;
    for (uint64_t number = 0; number < count; number++) {
        visit(ctx, number);
    }
}

#define ON(name, type) \
    static void source_on_##name(void *self, type push, void *ctx) \
    { \
        ((Origin *)self)->name = push; \
        ((Origin *)self)->name##_ctx = ctx; \
    }
ON(number, NumberFn)
ON(pair, PairCallback)
ON(note, NoteCallback)
ON(status, StatusCallback)
ON(done, DoneCallback)
ON(flag, FlagCallback)

static void source_off_note(void *self)
{
    Origin *it = self;
    pthread_mutex_lock(&it->lock);
    it->note = NULL;
    pthread_mutex_unlock(&it->lock);
    while (it->busy != 0) {
        pause_for(10);
    }
}

static void source_on_bare(void *self, BareCallback push)
{
    ((Origin *)self)->bare = push;
}

static void source_on_asked(void *self, Asked ask, void *ctx)
{
    (void)self;
    ask(ctx, 1);
}

static void source_on_called(void *self, Called call, void *ctx)
{
    (void)self;
    call(ctx);
}

static uint64_t source_refused(const void *self)
{
    return ((const Origin *)self)->refused;
}

static Receiver *source_receiver(void *self, uint32_t threads, uint64_t count)
{
    (void)self;
    Forwarder *it = calloc(1, sizeof *it);
    it->users = 1;
    it->threads = threads;
    it->count = count;
    Receiver *made = malloc(sizeof *made);
    *made = (Receiver){it, receiver_start_push, receiver_drop};
    return made;
}

static Rows *source_rows(void *self, uint64_t count, bool fails)
{
    (void)self;
    Reader *it = malloc(sizeof *it);
    *it = (Reader){count, fails};
    Rows *made = malloc(sizeof *made);
    *made = (Rows){it, rows_name, rows_next, rows_drop};
    return made;
}

static void source_drop(void *self)
{
    source_stop(self);
    free(self);
}

STREAMS_EXPORT Source *open_source(void)
{
    Origin *it = calloc(1, sizeof *it);
    pthread_mutex_init(&it->lock, NULL);
    Source *made = malloc(sizeof *made);
    *made = (Source){it, source_on_number, source_on_pair, source_on_note, source_off_note, source_on_status,
        source_on_bare, source_on_done, source_on_flag, source_on_asked, source_on_called, source_visit,
        source_start, source_stop, source_join, source_push_here, source_refused, source_receiver,
        source_rows, source_drop};
    return made;
}

STREAMS_EXPORT int64_t live_events(void)
{
    return events;
}
