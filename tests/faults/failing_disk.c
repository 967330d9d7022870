/* A disk that fails: put before a program by LD_PRELOAD, it refuses what the file named by FAILING_DISK says: "write",
   "sync" or "room", and then, if not at once and for ever, from which call on and how many of them: "sync 7 1".
   Databases fail, or everything under the folder FAILING_UNDER. What was refused is counted in a file beside the first,
   a byte each. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long seen;

static int is_meant(int fd) {
    char link[64], path[4096];
    const char *under = getenv("FAILING_UNDER");
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    if (strstr(path, "-shm")) return 0;
    return under ? !strncmp(path, under, strlen(under)) : strstr(path, ".sqlite3") != NULL;
}

static int refused(int fd, const char *kind) {
    char text[64] = "", wanted[16] = "", beside[4096];
    long from = 1, most = LONG_MAX;
    if (!is_meant(fd)) return 0;
    int control = open(getenv("FAILING_DISK"), O_RDONLY);
    if (control < 0) return 0;
    ssize_t length = read(control, text, sizeof text - 1);
    close(control);
    if (length <= 0 || sscanf(text, "%15s %ld %ld", wanted, &from, &most) < 1) return 0;
    if (strcmp(strcmp(wanted, "room") ? wanted : "write", kind)) return 0;
    long number = ++seen;
    if (number < from || number - from >= most) return 0;
    snprintf(beside, sizeof beside, "%s.refused", getenv("FAILING_DISK"));
    int count = open(beside, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (count >= 0) {
        static ssize_t (*real)(int, const void *, size_t);
        if (!real) real = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
        real(count, "x", 1);
        close(count);
    }
    errno = strcmp(wanted, "room") ? EIO : ENOSPC;
    return 1;
}

#define REAL(name, type) static type real; if (!real) real = (type)dlsym(RTLD_NEXT, name)
typedef ssize_t (*write_type)(int, const void *, size_t);
typedef ssize_t (*pwrite_type)(int, const void *, size_t, off64_t);
typedef int (*sync_type)(int);

ssize_t write(int fd, const void *data, size_t size) {
    REAL("write", write_type);
    return refused(fd, "write") ? -1 : real(fd, data, size);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    REAL("pwrite64", pwrite_type);
    return refused(fd, "write") ? -1 : real(fd, data, size, at);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    REAL("pwrite64", pwrite_type);
    return refused(fd, "write") ? -1 : real(fd, data, size, at);
}
int fsync(int fd) {
    REAL("fsync", sync_type);
    return refused(fd, "sync") ? -1 : real(fd);
}
int fdatasync(int fd) {
    REAL("fdatasync", sync_type);
    return refused(fd, "sync") ? -1 : real(fd);
}
