/*
 * Stands between a program and libc (LD_PRELOAD): counts what it does to the files below one folder, logs
 * it, and at a chosen operation kills the process, or all of the campaign, or answers with an error.
 *
 *   SIMRUN_TEST_ROOT   the folder; operations elsewhere are let through unseen
 *   SIMRUN_TEST_STATE  a file that all processes of a campaign share: counters, who they are, what has happened
 *   SIMRUN_TEST_LOG    a line an operation: role, process, number in its role, kind, descriptor, outcome, path
 *   SIMRUN_TEST_PLAN   ROLE:KINDS:NUMBER:ACTION[:on]; absent: only count and log
 *   SIMRUN_TEST_FSIZE  a limit on the size of files, in bytes, set at the first operation seen (and no log from
 *                there on): as `ulimit -f`, which the runtime's own caches would meet before the program
 *   SIMRUN_TEST_WATCH  a folder through which a model speaks, by opening files that are not there: "tick-N" is
 *                logged, uncounted, as a step computed; "wait-N" returns when the checkpoint of step N is
 *                durable, so that operations keep their numbers however fast the machine is
 *
 * ROLE is orchestrator or slot; numbers are counted for each, over all processes in that role, so that
 * they are the same from one campaign to the next however the two take turns. KINDS is "change" (all that
 * alter files, and syncs and locks) or a list of kinds with commas; NUMBER counts operations of these only.
 * With "on" everything of these kinds fails from there on, in both roles: a disk that stays full.
 *
 * Syncs are counted and answered, but do not reach the disk: what is killed here are processes, not power.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { OPEN, WRITE, SYNC, RENAME, REMOVE, MKDIR, LINK, TRUNCATE, LOCK, COPY, UTIME, LOOK, KINDS };
static const char *const KIND_NAMES[KINDS] = {"open",  "write",    "sync", "rename", "remove", "mkdir",
                                              "link",  "truncate", "lock", "copy",   "utime",  "look"};
/* Opening for reading changes nothing, and the time of a heartbeat is nobody's state. */
#define CHANGES ((1u << UTIME) - 1)

enum role { ORCHESTRATOR, SLOT, ROLES };
static const char *const ROLE_NAMES[ROLES] = {"orchestrator", "slot"};

enum action { NONE, KILL, KILL_AFTER, KILL_ALL, KILL_ALL_AFTER, FAIL, SHORT, DONE_BUT_FAIL };

#define PROCESSES_MAX 512
struct shared {
  atomic_uint numbers[ROLES];
  atomic_uint matching[ROLES];
  atomic_uint tripped;
  atomic_uint processes;
  struct {
    _Atomic pid_t pid;
    _Atomic unsigned long long start_ticks;
  } process[PROCESSES_MAX];
};

static struct shared *shared;
static const char *root;
static size_t root_bytes;
static const char *watch;
static size_t watch_bytes;
static int log_fd = -1;
static enum role role;
static atomic_long file_bytes_max;

static enum role plan_role;
static unsigned plan_kinds;
static unsigned plan_number;
static enum action plan_action = NONE;
static int plan_errno;
static const char *plan_word = "";
static int plan_stays;

/* What is decided for one operation, and what its line in the log needs. */
struct operation {
  int is_seen;
  enum kind kind;
  unsigned number;
  enum action action;
  int fd;
  char path[4096];
  /* What was renamed; empty for all else. */
  char from[4096];
};

#define NEXT(name) ({ \
  static typeof(&name) found; \
  if (found == NULL) found = (typeof(&name))dlsym(RTLD_NEXT, #name); \
  found; \
})

/* Field 22 of /proc/PID/stat: with the process id it names one process for good. */
static unsigned long long start_ticks(pid_t pid) {
  char name[64], text[1024];
  snprintf(name, sizeof name, "/proc/%d/stat", pid);
  int fd = syscall(SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return 0;
  ssize_t length = syscall(SYS_read, fd, text, sizeof text - 1);
  syscall(SYS_close, fd);
  if (length <= 0) return 0;
  text[length] = 0;
  /* The name in parentheses may hold anything; field 3 follows the last one. */
  char *at = strrchr(text, ')');
  for (int field = 2; at != NULL && field < 22; field++) at = strchr(at + 1, ' ');
  return at == NULL ? 0 : strtoull(at + 1, NULL, 10);
}

static int is_slot(void) {
  char text[8192];
  int fd = syscall(SYS_openat, AT_FDCWD, "/proc/self/cmdline", O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return 0;
  ssize_t length = syscall(SYS_read, fd, text, sizeof text);
  syscall(SYS_close, fd);
  return length > 0 && (memmem(text, length, "slot_main.ts", 12) != NULL ||
                        memmem(text, length, "\0__slot", 7) != NULL);
}

static void read_kinds(char *words) {
  char *rest = NULL;
  for (char *word = strtok_r(words, ",", &rest); word != NULL; word = strtok_r(NULL, ",", &rest)) {
    if (strcmp(word, "change") == 0) plan_kinds |= CHANGES;
    for (int kind = 0; kind < KINDS; kind++)
      if (strcmp(word, KIND_NAMES[kind]) == 0) plan_kinds |= 1u << kind;
  }
}

static void read_action(const char *word) {
  static const struct { const char *word; enum action action; int error; } ACTIONS[] = {
      {"kill", KILL, 0},         {"kill-after", KILL_AFTER, 0},
      {"kill-all", KILL_ALL, 0}, {"kill-all-after", KILL_ALL_AFTER, 0},
      {"EIO", FAIL, EIO},        {"ENOSPC", FAIL, ENOSPC},
      {"EDQUOT", FAIL, EDQUOT},  {"short", SHORT, 0},
      {"done-EIO", DONE_BUT_FAIL, EIO}};
  for (size_t i = 0; i < sizeof ACTIONS / sizeof *ACTIONS; i++) {
    if (strcmp(word, ACTIONS[i].word) != 0) continue;
    plan_action = ACTIONS[i].action;
    plan_errno = ACTIONS[i].error;
    plan_word = ACTIONS[i].word;
  }
}

static void read_plan(const char *text) {
  static char copy[256];
  snprintf(copy, sizeof copy, "%s", text);
  char *rest = NULL;
  char *who = strtok_r(copy, ":", &rest);
  char *kinds = strtok_r(NULL, ":", &rest);
  char *number = strtok_r(NULL, ":", &rest);
  char *action = strtok_r(NULL, ":", &rest);
  char *stays = strtok_r(NULL, ":", &rest);
  if (action == NULL) return;
  plan_role = strcmp(who, ROLE_NAMES[SLOT]) == 0 ? SLOT : ORCHESTRATOR;
  read_kinds(kinds);
  plan_number = strtoul(number, NULL, 10);
  plan_stays = stays != NULL && strcmp(stays, "on") == 0;
  read_action(action);
}

__attribute__((constructor)) static void begin(void) {
  const char *state = getenv("SIMRUN_TEST_STATE");
  const char *log = getenv("SIMRUN_TEST_LOG");
  const char *plan = getenv("SIMRUN_TEST_PLAN");
  const char *limit = getenv("SIMRUN_TEST_FSIZE");
  if (limit != NULL) file_bytes_max = atol(limit);
  root = getenv("SIMRUN_TEST_ROOT");
  watch = getenv("SIMRUN_TEST_WATCH");
  if (state == NULL || root == NULL || *root == 0) return;
  root_bytes = strlen(root);
  if (watch != NULL) watch_bytes = strlen(watch);
  int fd = syscall(SYS_openat, AT_FDCWD, state, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || syscall(SYS_ftruncate, fd, sizeof(struct shared)) != 0) return;
  void *memory = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  syscall(SYS_close, fd);
  if (memory == MAP_FAILED) return;
  if (log != NULL)
    log_fd = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  role = is_slot() ? SLOT : ORCHESTRATOR;
  if (plan != NULL) read_plan(plan);
  shared = memory;
  unsigned place = atomic_fetch_add(&shared->processes, 1);
  if (place < PROCESSES_MAX) {
    atomic_store(&shared->process[place].start_ticks, start_ticks(getpid()));
    atomic_store(&shared->process[place].pid, getpid());
  }
  char line[128];
  int length = snprintf(line, sizeof line, "%s\t%d\t0\tbegin\t-1\tok\t\n", ROLE_NAMES[role], getpid());
  if (log_fd >= 0) syscall(SYS_write, log_fd, line, length);
}

static atomic_long renamed_step = -1;
static atomic_long saved_step = -1;
/* Something failed: checkpoints may not come any more, and nobody is to wait for them. */
static atomic_int is_troubled;

/* A checkpoint is durable when it was renamed and a folder synced behind it. */
static void follow(const struct operation *op, long answer, int error) {
  if (answer < 0) {
    if (error == ENOSPC || error == EDQUOT || error == EFBIG || error == EIO) is_troubled = 1;
    return;
  }
  const char *name = strrchr(op->path, '/');
  if (op->kind == RENAME && strncmp(name, "/step-", 6) == 0) renamed_step = atol(name + 6);
  if (op->kind == SYNC && strstr(op->path, "/.tmp-") == NULL) saved_step = renamed_step;
}

static void hear(const char *word) {
  if (strncmp(word, "wait-", 5) != 0) return;
  long step = atol(word + 5);
  for (int ms = 0; ms < 10000 && saved_step != step; ms++) {
    if (is_troubled || (plan_action >= FAIL && atomic_load(&shared->tripped))) return;
    usleep(1000);
  }
}

static void tell(const struct operation *op, const char *outcome, int fd) {
  if (log_fd < 0) return;
  char line[8500];
  int length = snprintf(line, sizeof line, "%s\t%d\t%u\t%s\t%d\t%s\t%s\t%s\n", ROLE_NAMES[role],
                        getpid(), op->number, KIND_NAMES[op->kind], fd, outcome, op->path,
                        op->kind == RENAME ? op->from : "");
  syscall(SYS_write, log_fd, line, length);
}

/* The others first; whoever has ended since, and whose number may be another's now, is left alone. */
static void die(int with_all) {
  unsigned count = with_all ? atomic_load(&shared->processes) : 0;
  for (unsigned i = 0; i < count && i < PROCESSES_MAX; i++) {
    pid_t pid = atomic_load(&shared->process[i].pid);
    if (pid <= 1 || pid == getpid()) continue;
    if (start_ticks(pid) == atomic_load(&shared->process[i].start_ticks)) kill(pid, SIGKILL);
  }
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

static int is_below(const char *path, const char *folder, size_t bytes) {
  return strncmp(path, folder, bytes) == 0 && (path[bytes] == '/' || path[bytes] == 0);
}

static void path_of(int fd, char *into) {
  char name[64];
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  ssize_t length = syscall(SYS_readlink, name, into, 4095);
  into[length < 0 ? 0 : length] = 0;
}

static void resolve(int folder, const char *path, char *into) {
  if (path[0] == '/') {
    snprintf(into, 4096, "%s", path);
    return;
  }
  char above[4096];
  if (folder == AT_FDCWD) {
    if (syscall(SYS_getcwd, above, sizeof above) < 0) above[0] = 0;
  } else path_of(folder, above);
  size_t length = strlen(above);
  if (length + 1 + strlen(path) >= 4096) length = 0;
  memcpy(into, above, length);
  into[length] = '/';
  strcpy(into + length + 1, strlen(path) < 4000 ? path : "");
}

static void set_limit(void) {
  long bytes = atomic_exchange(&file_bytes_max, 0);
  if (bytes == 0) return;
  log_fd = -1;
  is_troubled = 1;
  struct rlimit limit = {bytes, bytes};
  setrlimit(RLIMIT_FSIZE, &limit);
}

/* Counts, decides, and kills where that is to happen before the operation. */
static void enter(struct operation *op, enum kind kind, int fd) {
  op->is_seen = 0;
  op->action = NONE;
  op->kind = kind;
  op->number = 0;
  op->fd = fd;
  /* The moment's picture is drawn by a clock, and is no part of what must survive. */
  if (!is_below(op->path, root, root_bytes) || strstr(op->path, "live.json") != NULL) return;
  op->is_seen = 1;
  set_limit();
  unsigned bit = 1u << kind;
  if (bit & CHANGES) op->number = atomic_fetch_add(&shared->numbers[role], 1) + 1;
  if (plan_action == NONE || (plan_kinds & bit) == 0) return;
  unsigned matching = atomic_fetch_add(&shared->matching[role], 1) + 1;
  if (role == plan_role && matching == plan_number) {
    atomic_store(&shared->tripped, 1);
    op->action = plan_action;
  } else if (plan_stays && atomic_load(&shared->tripped)) op->action = plan_action;
  if (op->action == KILL || op->action == KILL_ALL) {
    tell(op, plan_word, fd);
    die(op->action == KILL_ALL);
  }
}

/* Logs, and kills where that is to happen afterwards. Gives the answer for the caller. */
static long leave(struct operation *op, long answer, int fd) {
  int error = errno;
  if (!op->is_seen) return answer;
  follow(op, answer, error);
  if (op->action == NONE) {
    char word[32] = "ok";
    if (answer < 0) snprintf(word, sizeof word, "errno %d", error);
    tell(op, word, fd);
  } else tell(op, plan_word, fd);
  if (op->action == KILL_AFTER || op->action == KILL_ALL_AFTER) die(op->action == KILL_ALL_AFTER);
  errno = error;
  if (op->action == FAIL || op->action == DONE_BUT_FAIL) {
    errno = plan_errno;
    return -1;
  }
  return answer;
}

#define IS_OFF (shared == NULL)
#define IF_DONE(op, call) ((op).is_seen && (op).action == FAIL ? -1 : (call))

/* --- files -------------------------------------------------------------------------------------- */

static int opened(int folder, const char *path, int flags, mode_t mode) {
  int (*real)(int, const char *, int, ...) = NEXT(openat);
  if (IS_OFF || path == NULL) return real(folder, path, flags, mode);
  struct operation op;
  resolve(folder, path, op.path);
  int writes = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) != 0;
  if (watch_bytes > 0 && is_below(op.path, watch, watch_bytes)) {
    const char *word = strrchr(op.path, '/') + 1;
    if (strncmp(word, "tick-", 5) == 0 && log_fd >= 0) {
      char line[4300];
      int length = snprintf(line, sizeof line, "%s\t%d\t0\ttick\t-1\tok\t%s\n", ROLE_NAMES[role],
                            getpid(), op.path);
      syscall(SYS_write, log_fd, line, length);
    }
    hear(word);
  }
  enter(&op, writes ? OPEN : LOOK, -1);
  int fd = IF_DONE(op, real(folder, path, flags, mode));
  return leave(&op, fd, fd);
}

#define MODE_OF(flags) ({ \
  mode_t mode = 0; \
  if ((flags) & (O_CREAT | __O_TMPFILE)) { \
    va_list more; \
    va_start(more, flags); \
    mode = va_arg(more, mode_t); \
    va_end(more); \
  } \
  mode; \
})

int open(const char *path, int flags, ...) { return opened(AT_FDCWD, path, flags, MODE_OF(flags)); }
int open64(const char *path, int flags, ...) { return opened(AT_FDCWD, path, flags, MODE_OF(flags)); }
int openat(int folder, const char *path, int flags, ...) {
  return opened(folder, path, flags, MODE_OF(flags));
}
int openat64(int folder, const char *path, int flags, ...) {
  return opened(folder, path, flags, MODE_OF(flags));
}

/* An operation on an open file. */
#define ON_FILE(kind, fd, call) \
  if (IS_OFF) return call; \
  struct operation op; \
  path_of(fd, op.path); \
  enter(&op, kind, fd); \
  return leave(&op, IF_DONE(op, call), fd)

/* As above, for what takes `bytes`: half of them where a short write is asked for. */
#define ON_WRITE(kind, fd, bytes, call) \
  if (!IS_OFF) { \
    struct operation op; \
    path_of(fd, op.path); \
    enter(&op, kind, fd); \
    if (op.action == SHORT && bytes > 1) bytes /= 2; \
    return leave(&op, IF_DONE(op, call), fd); \
  } \
  return call

ssize_t write(int fd, const void *data, size_t bytes) {
  ON_WRITE(WRITE, fd, bytes, NEXT(write)(fd, data, bytes));
}
ssize_t pwrite64(int fd, const void *data, size_t bytes, off64_t at) {
  ON_WRITE(WRITE, fd, bytes, NEXT(pwrite64)(fd, data, bytes, at));
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
  int taken = count;
  ON_WRITE(WRITE, fd, taken, NEXT(writev)(fd, parts, taken));
}
ssize_t copy_file_range(int from, off64_t *at, int to, off64_t *target, size_t bytes, unsigned flags) {
  ON_WRITE(COPY, to, bytes, NEXT(copy_file_range)(from, at, to, target, bytes, flags));
}
static int synced(int fd, int (*real)(int)) {
  if (IS_OFF) return real(fd);
  struct operation op;
  path_of(fd, op.path);
  enter(&op, SYNC, fd);
  return leave(&op, op.is_seen ? 0 : real(fd), fd);
}
int fsync(int fd) { return synced(fd, NEXT(fsync)); }
int fdatasync(int fd) { return synced(fd, NEXT(fdatasync)); }
int ftruncate(int fd, off_t bytes) { ON_FILE(TRUNCATE, fd, NEXT(ftruncate)(fd, bytes)); }
int ftruncate64(int fd, off64_t bytes) { ON_FILE(TRUNCATE, fd, NEXT(ftruncate64)(fd, bytes)); }
int flock(int fd, int how) { ON_FILE(LOCK, fd, NEXT(flock)(fd, how)); }
int futimens(int fd, const struct timespec times[2]) { ON_FILE(UTIME, fd, NEXT(futimens)(fd, times)); }

/* The runtime sets the times of an open file past libc's names; everything else is handed on as it is. */
long syscall(long number, ...) {
  va_list more;
  va_start(more, number);
  long a[6];
  for (int i = 0; i < 6; i++) a[i] = va_arg(more, long);
  va_end(more);
  if (number == SYS_utimensat && a[1] == 0) return futimens(a[0], (const struct timespec *)a[2]);
  return NEXT(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* --- names -------------------------------------------------------------------------------------- */

#define ON_NAME(kind, folder, name, call) \
  if (IS_OFF) return call; \
  struct operation op; \
  resolve(folder, name, op.path); \
  enter(&op, kind, -1); \
  return leave(&op, IF_DONE(op, call), -1)

/* Named by where it leads: the tree's file is what counts. */
#define ON_RENAME(source, from, folder, to, call) \
  if (IS_OFF) return call; \
  struct operation op; \
  resolve(source, from, op.from); \
  resolve(folder, to, op.path); \
  enter(&op, RENAME, -1); \
  return leave(&op, IF_DONE(op, call), -1)

int rename(const char *from, const char *to) {
  ON_RENAME(AT_FDCWD, from, AT_FDCWD, to, NEXT(rename)(from, to));
}
int renameat(int a, const char *from, int b, const char *to) {
  ON_RENAME(a, from, b, to, NEXT(renameat)(a, from, b, to));
}
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
  ON_RENAME(a, from, b, to, NEXT(renameat2)(a, from, b, to, flags));
}
int unlink(const char *path) { ON_NAME(REMOVE, AT_FDCWD, path, NEXT(unlink)(path)); }
int unlinkat(int folder, const char *path, int flags) {
  ON_NAME(REMOVE, folder, path, NEXT(unlinkat)(folder, path, flags));
}
int rmdir(const char *path) { ON_NAME(REMOVE, AT_FDCWD, path, NEXT(rmdir)(path)); }
int mkdir(const char *path, mode_t mode) { ON_NAME(MKDIR, AT_FDCWD, path, NEXT(mkdir)(path, mode)); }
int link(const char *from, const char *to) { ON_NAME(LINK, AT_FDCWD, to, NEXT(link)(from, to)); }
int linkat(int a, const char *from, int b, const char *to, int flags) {
  ON_NAME(LINK, b, to, NEXT(linkat)(a, from, b, to, flags));
}
int symlink(const char *to, const char *path) { ON_NAME(LINK, AT_FDCWD, path, NEXT(symlink)(to, path)); }
