#ifndef OSBATCH_LINUX_SHIM_H
#define OSBATCH_LINUX_SHIM_H
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <unistd.h>

// Swift does not import variadic functions.
static inline int osbatch_set_dumpable(int isDumpable) {
  return prctl(PR_SET_DUMPABLE, isDumpable, 0, 0, 0);
}

static inline void osbatch_name_this_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

// Swift's module of glibc is read without _GNU_SOURCE, under which <sys/uio.h> has preadv2(2) and its flags.
extern ssize_t preadv2(int file, const struct iovec *pieces, int count, off_t offset, int flags);

static inline ssize_t osbatch_read_cached(int file, void *room, size_t count, off_t offset) {
  struct iovec piece = {room, count};
  return preadv2(file, &piece, 1, offset, 0x8 /* RWF_NOWAIT */);
}

// The path alone, for fstat(2), of a file whose names and number the kernel has in memory; below 0 where it would have to
// wait for them. Kernels before 5.12, and containers that do not let the call through, refuse all.
int osbatch_open_cached(const char *path);

// Of <spawn.h>, for the same reason.
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

static inline int osbatch_spawn_closes_from(posix_spawn_file_actions_t *actions, int from) {
  return posix_spawn_file_actions_addclosefrom_np(actions, from);
}

// Of <unistd.h>, for the same reason.
extern int pipe2(int ends[2], int flags);

// There in programs that are looked at while they run: what was seen is told, or written, at exit.
extern void __sanitizer_set_report_path(const char *path) __attribute__((weak));
extern int __llvm_profile_write_file(void) __attribute__((weak));

static inline _Noreturn void osbatch_end_process(int code) {
  if (__sanitizer_set_report_path || __llvm_profile_write_file) exit(code);
  _exit(code);
}

static inline int osbatch_pipe_closed_on_exec(int ends[2]) { return pipe2(ends, O_CLOEXEC); }
#endif
