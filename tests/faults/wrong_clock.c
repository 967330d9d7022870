/* Clocks that go wrong: put before a program by LD_PRELOAD, it adds to them what the file named by WRONG_CLOCK says, as
   three numbers of 8 bytes that a test may change at any time: nanoseconds on the wall clock, nanoseconds on the clocks
   that count time alone, and by how many nanoseconds the wall clock jumps there and back at nearly every reading. A clock
   that counts the time asleep (CLOCK_BOOTTIME) goes with the wall clock, as on a laptop that slept. Who waits until a
   moment means it by the same clock: the system, which knows nothing of all this, is told the right one. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *wrong(void) {
    static const volatile int64_t *told;
    static const int64_t right[3];
    if (told) return told;
    const char *path = getenv("WRONG_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return right;
    void *mapped = mmap(NULL, sizeof right, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    return told = mapped == MAP_FAILED ? right : mapped;
}

static int64_t added(clockid_t clock) {
    static atomic_uint readings;
    const volatile int64_t *told = wrong();
    if (clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_MONOTONIC_COARSE) return told[1];
    if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE && clock != CLOCK_BOOTTIME) return 0;
    if (clock == CLOCK_BOOTTIME || !told[2]) return told[0];
    return told[0] + (int64_t)(atomic_fetch_add(&readings, 1) % 3 - 1) * told[2];
}

static struct timespec later(const struct timespec *time, int64_t more) {
    int64_t all = (int64_t)time->tv_sec * 1000000000 + time->tv_nsec + more;
    return (struct timespec){.tv_sec = all > 0 ? all / 1000000000 : 0, .tv_nsec = all > 0 ? all % 1000000000 : 0};
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(clock, time);
    int64_t more = failed ? 0 : added(clock);
    if (more) *time = later(time, more);
    return failed;
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left) {
    static int (*real)(clockid_t, int, const struct timespec *, struct timespec *);
    if (!real)
        real = (int (*)(clockid_t, int, const struct timespec *, struct timespec *))dlsym(RTLD_NEXT, "clock_nanosleep");
    struct timespec right = flags & TIMER_ABSTIME ? later(until, -added(clock)) : *until;
    return real(clock, flags, &right, left);
}

int sem_clockwait(sem_t *restrict free, clockid_t clock, const struct timespec *restrict until) {
    static int (*real)(sem_t *, clockid_t, const struct timespec *);
    if (!real) real = (int (*)(sem_t *, clockid_t, const struct timespec *))dlsym(RTLD_NEXT, "sem_clockwait");
    struct timespec right = later(until, -added(clock));
    return real(free, clock, &right);
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    (void)zone;
    struct timespec time;
    int failed = clock_gettime(CLOCK_REALTIME, &time);
    now->tv_sec = time.tv_sec;
    now->tv_usec = time.tv_nsec / 1000;
    return failed;
}

time_t time(time_t *where) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (where) *where = now.tv_sec;
    return now.tv_sec;
}
