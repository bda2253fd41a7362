/* Loaded before the C library, this tells of each sync, and lets one of them fail. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *setting(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

/* A line in the log: the name of what is synced, its size, the size of the part, whether the target is there. */
static int fails(int fd) {
    static int parts;
    char link[64], path[PATH_MAX] = "", part[PATH_MAX], line[2 * PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = 0;
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    struct stat synced = {0}, collected = {0};
    fstat(fd, &synced);
    snprintf(part, sizeof part, "%s.part", setting("FELT_TEST_PATH"));
    stat(part, &collected);
    int there = access(setting("FELT_TEST_PATH"), F_OK) == 0;
    int size = snprintf(line, sizeof line, "%s %lld %lld %d\n", name, (long long)synced.st_size,
                        (long long)collected.st_size, there);
    int log = open(setting("FELT_TEST_SYNCS"), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (write(log, line, size) != size)
        abort();
    close(log);
    const char *end = strrchr(name, '.');
    return end && !strcmp(end, ".part") && __atomic_add_fetch(&parts, 1, __ATOMIC_SEQ_CST) == atoi(setting("FELT_TEST_FAILS"));
}

static int sync_with(const char *name, int fd) {
    if (fails(fd)) {
        errno = EIO;
        return -1;
    }
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    return real(fd);
}

int fsync(int fd) { return sync_with("fsync", fd); }
int fdatasync(int fd) { return sync_with("fdatasync", fd); }
