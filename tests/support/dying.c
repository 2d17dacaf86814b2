/*
 * Preloaded into a process, it ends that at the n-th thing that it does to the files of a folder:
 * DYING_FOLDER names the folder, DYING_AT is n, counted from 1. A write is half done by then. What comes
 * before is done as ever. At the end of a process that survives, the number of things goes to DYING_COUNT.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static long things;

static int is_ours(const char *path)
{
    const char *folder = getenv("DYING_FOLDER");
    return folder != NULL && path != NULL && strncmp(path, folder, strlen(folder)) == 0;
}

static int descriptor_is_ours(int descriptor)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) {
        return 0;
    }
    path[length] = '\0';
    return is_ours(path);
}

static int is_time(void)
{
    const char *at = getenv("DYING_AT");
    return ++things == (at == NULL ? 0 : atol(at));
}

static void die(void)
{
    kill(getpid(), SIGKILL);
    for (;;) {
        pause();
    }
}

__attribute__((destructor)) static void survived(void)
{
    const char *path = getenv("DYING_COUNT");
    FILE *file = path == NULL ? NULL : fopen(path, "w");
    if (file != NULL) {
        fprintf(file, "%ld\n", things);
        fclose(file);
    }
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define OPENING(name)                                                                              \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        va_list arguments;                                                                         \
        va_start(arguments, flags);                                                                \
        mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;      \
        va_end(arguments);                                                                         \
        if ((flags & (O_WRONLY | O_RDWR)) != 0 && is_ours(path) && is_time()) {                    \
            die();                                                                                 \
        }                                                                                          \
        return REAL(name)(path, flags, mode);                                                      \
    }
OPENING(open)
OPENING(open64)

#define OPENING_AT(name)                                                                           \
    int name(int folder, const char *path, int flags, ...)                                         \
    {                                                                                              \
        va_list arguments;                                                                         \
        va_start(arguments, flags);                                                                \
        mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;      \
        va_end(arguments);                                                                         \
        if ((flags & (O_WRONLY | O_RDWR)) != 0 && is_ours(path) && is_time()) {                    \
            die();                                                                                 \
        }                                                                                          \
        return REAL(name)(folder, path, flags, mode);                                              \
    }
OPENING_AT(openat)
OPENING_AT(openat64)

ssize_t write(int descriptor, const void *bytes, size_t length)
{
    if (descriptor_is_ours(descriptor) && is_time()) {
        REAL(write)(descriptor, bytes, length / 2);
        die();
    }
    return REAL(write)(descriptor, bytes, length);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off64_t offset)
{
    if (descriptor_is_ours(descriptor) && is_time()) {
        REAL(pwrite64)(descriptor, bytes, length / 2, offset);
        die();
    }
    return REAL(pwrite64)(descriptor, bytes, length, offset);
}

#define ON_DESCRIPTOR(name)                                                                        \
    int name(int descriptor)                                                                       \
    {                                                                                              \
        if (descriptor_is_ours(descriptor) && is_time()) {                                         \
            die();                                                                                 \
        }                                                                                          \
        return REAL(name)(descriptor);                                                             \
    }
ON_DESCRIPTOR(fsync)
ON_DESCRIPTOR(fdatasync)

int ftruncate64(int descriptor, off64_t length)
{
    if (descriptor_is_ours(descriptor) && is_time()) {
        die();
    }
    return REAL(ftruncate64)(descriptor, length);
}

int rename(const char *from, const char *to)
{
    if (is_ours(to) && is_time()) {
        die();
    }
    return REAL(rename)(from, to);
}

int unlink(const char *path)
{
    if (is_ours(path) && is_time()) {
        die();
    }
    return REAL(unlink)(path);
}
