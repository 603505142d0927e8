/*
 * system.c: calls of functions that ask the system, and of some that text.c leaves out; see
 * calls.c. What is made is undone again; what could change the machine is called so that it fails.
 */
#define _GNU_SOURCE
#include "calls.h"

#include <argz.h>
#include <ctype.h>
#include <envz.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <malloc.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <uchar.h>
#include <unistd.h>
#include <utime.h>
#include <wchar.h>
#include <wctype.h>

static char buffer[4096], other[4096];
static wchar_t wide[128], wide_other[128];

static void ids(void)
{
    gid_t groups[64];
    uid_t a, b, c;
    struct rlimit limit;
    struct rlimit64 limit64;
    CALL(getppid, (void)getppid());
    CALL(getpgrp, (void)getpgrp());
    CALL(getpgid, (void)getpgid(0));
    CALL(getsid, (void)getsid(0));
    CALL(gettid, (void)gettid());
    CALL(geteuid, (void)geteuid());
    CALL(getgid, (void)getgid());
    CALL(getegid, (void)getegid());
    CALL(getgroups, (void)getgroups(64, groups));
    CALL(getresuid, getresuid(&a, &b, &c));
    CALL(getresgid, getresgid(&a, &b, &c));
    CALL(group_member, (void)group_member(12345));
    CALL(getpriority, (void)getpriority(PRIO_PROCESS, 0));
    CALL(getrlimit64, getrlimit64(RLIMIT_NOFILE, &limit64));
    CALL(prlimit, prlimit(0, RLIMIT_NOFILE, NULL, &limit));
    CALL(getdtablesize, (void)getdtablesize());
    CALL(getdomainname, (void)getdomainname(buffer, 100));
    CALL(gethostid, (void)gethostid());
    CALL(getauxval, (void)getauxval(AT_PAGESZ));
    CALL(prctl, prctl(PR_GET_DUMPABLE));
    CALL(nice, (void)nice(0));
    CALL(get_phys_pages, (void)get_phys_pages());
    CALL(get_avphys_pages, (void)get_avphys_pages());
    CALL(getrandom, (void)!getrandom(buffer, 16, 0));
    CALL(getentropy, (void)!getentropy(buffer, 16));
    CALL(setpgid, (void)setpgid(-1, 0));
    CALL(setuid, (void)!setuid(getuid()));
    CALL(setgid, (void)!setgid(getgid()));
    CALL(seteuid, (void)!seteuid(geteuid()));
    CALL(setegid, (void)!setegid(getegid()));
    CALL(setfsuid, (void)setfsuid(geteuid()));
    CALL(kill, kill(getpid(), 0));
    CALL(tgkill, tgkill(getpid(), gettid(), 0));
}

static void files(void)
{
    char name[] = "/tmp/soundness-XXXXXX", moved[64], folder[] = "/tmp/soundness-dir-XXXXXX";
    struct iovec parts[2] = {{buffer, 4}, {buffer + 8, 4}};
    struct stat info;
    struct statfs system;
    struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}};
    struct timeval old_times[2] = {{1, 0}, {1, 0}};
    struct utimbuf older = {1, 1};
    int file, second, pipes[2];
    CALL(mkstemp, file = mkstemp(name));
    snprintf(moved, sizeof moved, "%s.moved", name);
    CALL(write, (void)!write(file, buffer, 64));
    CALL(pwrite, (void)!pwrite(file, buffer, 8, 3));
    CALL(writev, (void)!writev(file, parts, 2));
    CALL(pwritev, (void)!pwritev(file, parts, 2, 5));
    CALL(lseek, lseek(file, 0, SEEK_SET));
    CALL(read, (void)!read(file, buffer, 8));
    CALL(pread, (void)!pread(file, buffer, 8, 3));
    CALL(readv, (void)!readv(file, parts, 2));
    CALL(preadv, (void)!preadv(file, parts, 2, 0));
    CALL(fstat, fstat(file, &info));
    CALL(lstat, lstat(name, &info));
    CALL(fstatat, fstatat(AT_FDCWD, name, &info, 0));
    CALL(statfs, statfs("/", &system));
    CALL(fstatfs, fstatfs(file, &system));
    CALL(ftruncate, (void)!ftruncate(file, 20));
    CALL(truncate, (void)!truncate(name, 10));
    CALL(fsync, fsync(file));
    CALL(fdatasync, fdatasync(file));
    CALL(posix_fadvise, posix_fadvise(file, 0, 0, POSIX_FADV_NORMAL));
    CALL(posix_fallocate, posix_fallocate(file, 0, 100));
    CALL(fchmod, fchmod(file, 0600));
    CALL(chmod, chmod(name, 0600));
    CALL(fchmodat, fchmodat(AT_FDCWD, name, 0600, 0));
    CALL(fchown, (void)!fchown(file, getuid(), getgid()));
    CALL(futimens, futimens(file, times));
    CALL(utimensat, utimensat(AT_FDCWD, name, times, 0));
    CALL(utimes, utimes(name, old_times));
    CALL(utime, utime(name, &older));
    CALL(flock, flock(file, LOCK_SH));
    CALL(lockf, (void)!lockf(file, F_TEST, 0));
    CALL(fcntl, fcntl(file, F_GETFL));
    CALL(ioctl, ioctl(file, FIONREAD, &second));
    CALL(dup, second = dup(file));
    CALL(dup2, dup2(file, second));
    CALL(dup3, dup3(file, second, O_CLOEXEC));
    CALL(close, close(second));
    CALL(open, second = open(name, O_RDONLY));
    close(second);
    CALL(openat, second = openat(AT_FDCWD, name, O_RDONLY));
    close(second);
    CALL(faccessat, faccessat(AT_FDCWD, name, R_OK, 0));
    CALL(euidaccess, euidaccess(name, R_OK));
    CALL(link, (void)!link(name, moved));
    CALL(unlink, unlink(moved));
    CALL(symlink, (void)!symlink(name, moved));
    CALL(readlinkat, (void)!readlinkat(AT_FDCWD, moved, buffer, 100));
    CALL(unlinkat, unlinkat(AT_FDCWD, moved, 0));
    CALL(rename, rename(name, moved));
    CALL(renameat, renameat(AT_FDCWD, moved, AT_FDCWD, name));
    CALL(pathconf, (void)pathconf("/", _PC_NAME_MAX));
    CALL(fpathconf, (void)fpathconf(file, _PC_NAME_MAX));
    CALL(copy_file_range, (void)!copy_file_range(file, NULL, file, NULL, 0, 0));
    CALL(sendfile, (void)!sendfile(file, file, NULL, 0));
    CALL(readahead, (void)!readahead(file, 0, 10));
    close(file);
    unlink(name);
    CALL(mkdtemp, mkdtemp(folder));
    CALL(chdir, (void)!chdir("."));
    CALL(rmdir, rmdir(folder));
    CALL(mkdir, mkdir(folder, 0700));
    rmdir(folder);
    CALL(pipe, (void)!pipe(pipes));
    close(pipes[0]);
    close(pipes[1]);
    CALL(pipe2, (void)!pipe2(pipes, O_CLOEXEC));
    close(pipes[0]);
    close(pipes[1]);
    CALL(mkfifo, mkfifo("/not/there/x", 0600));
    CALL(umask, umask(umask(022)));
    CALL(sync_file_range, sync_file_range(-1, 0, 0, 0));
}

static void sockets(void)
{
    int pair[2], made;
    struct sockaddr_un address;
    socklen_t length = sizeof address;
    struct iovec part = {buffer, 4};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    struct pollfd waits = {0, 0, 0};
    struct timespec none = {0, 0};
    struct timeval no_time = {0, 0};
    struct epoll_event event = {.events = EPOLLIN};
    fd_set set;
    CALL(socketpair, (void)socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    CALL(send, (void)!send(pair[0], buffer, 4, 0));
    CALL(recv, (void)!recv(pair[1], buffer, 4, 0));
    CALL(sendto, (void)!sendto(pair[0], buffer, 4, 0, NULL, 0));
    CALL(recvfrom, (void)!recvfrom(pair[1], buffer, 4, 0, NULL, NULL));
    CALL(sendmsg, (void)!sendmsg(pair[0], &message, 0));
    CALL(recvmsg, (void)!recvmsg(pair[1], &message, 0));
    CALL(getsockname, getsockname(pair[0], (struct sockaddr *)&address, &length));
    CALL(getpeername, getpeername(pair[0], (struct sockaddr *)&address, &length));
    length = sizeof made;
    CALL(getsockopt, getsockopt(pair[0], SOL_SOCKET, SO_TYPE, &made, &length));
    made = 4096;
    CALL(setsockopt, setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &made, sizeof made));
    CALL(sockatmark, (void)sockatmark(pair[0]));
    CALL(shutdown, shutdown(pair[0], SHUT_RDWR));
    close(pair[0]);
    close(pair[1]);
    CALL(socket, made = socket(AF_UNIX, SOCK_DGRAM, 0));
    CALL(bind, bind(made, NULL, 0));
    CALL(connect, connect(made, NULL, 0));
    CALL(listen, listen(made, 1));
    CALL(accept, accept(made, NULL, NULL));
    CALL(accept4, accept4(made, NULL, NULL, 0));
    close(made);
    FD_ZERO(&set);
    CALL(select, select(0, &set, NULL, NULL, &no_time));
    CALL(pselect, pselect(0, &set, NULL, NULL, &none, NULL));
    CALL(ppoll, ppoll(&waits, 0, &none, NULL));
    CALL(epoll_create1, made = epoll_create1(0));
    CALL(epoll_ctl, epoll_ctl(made, EPOLL_CTL_ADD, made, &event));
    CALL(epoll_wait, epoll_wait(made, &event, 1, 0));
    CALL(epoll_pwait, epoll_pwait(made, &event, 1, 0, NULL));
    close(made);
    CALL(eventfd, made = eventfd(1, 0));
    CALL(eventfd_write, eventfd_write(made, 1));
    CALL(eventfd_read, eventfd_read(made, &(eventfd_t){0}));
    close(made);
    CALL(inotify_init1, made = inotify_init1(0));
    CALL(inotify_add_watch, inotify_add_watch(made, "/not/there", IN_CREATE));
    CALL(inotify_rm_watch, inotify_rm_watch(made, 1));
    close(made);
    CALL(timerfd_create, made = timerfd_create(CLOCK_MONOTONIC, 0));
    CALL(timerfd_settime, timerfd_settime(made, 0, &(struct itimerspec){0}, NULL));
    CALL(timerfd_gettime, timerfd_gettime(made, &(struct itimerspec){0}));
    close(made);
    CALL(memfd_create, made = memfd_create("x", 0));
    close(made);
}

static void signals(void)
{
    sigset_t set, second;
    struct sigaction action;
    struct timespec none = {0, 0};
    int made;
    CALL(sigemptyset, sigemptyset(&set));
    CALL(sigfillset, sigfillset(&second));
    CALL(sigaddset, sigaddset(&set, SIGUSR2));
    CALL(sigdelset, sigdelset(&second, SIGUSR2));
    CALL(sigismember, (void)sigismember(&set, SIGUSR2));
    CALL(sigisemptyset, (void)sigisemptyset(&set));
    CALL(sigandset, sigandset(&second, &set, &second));
    CALL(sigorset, sigorset(&second, &set, &second));
    CALL(sigaction, sigaction(SIGUSR2, NULL, &action));
    CALL(signal, signal(SIGUSR2, SIG_IGN));
    CALL(siginterrupt, siginterrupt(SIGUSR2, 0));
    CALL(pthread_sigmask, pthread_sigmask(SIG_BLOCK, &set, NULL));
    CALL(sigpending, sigpending(&second));
    CALL(sigtimedwait, sigtimedwait(&set, NULL, &none));
    CALL(signalfd, made = signalfd(-1, &set, 0));
    close(made);
    CALL(sigprocmask, sigprocmask(SIG_UNBLOCK, &set, NULL));
    CALL(sigaltstack, sigaltstack(NULL, &(stack_t){0}));
    CALL(sigabbrev_np, (void)sigabbrev_np(SIGINT));
    CALL(sigdescr_np, (void)sigdescr_np(SIGINT));
    CALL(alarm, (void)alarm(0));
    CALL(getitimer, getitimer(ITIMER_REAL, &(struct itimerval){0}));
    CALL(setitimer, setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL));
    CALL(pthread_kill, pthread_kill(pthread_self(), 0));
}

static void clocks(void)
{
    struct timespec time_ = {0, 1};
    timer_t timer;
    CALL(clock_getres, clock_getres(CLOCK_REALTIME, &time_));
    CALL(clock_nanosleep, clock_nanosleep(CLOCK_REALTIME, 0, &(struct timespec){0, 1}, NULL));
    CALL(clock_getcpuclockid, clock_getcpuclockid(0, &(clockid_t){0}));
    CALL(timespec_get, (void)timespec_get(&time_, TIME_UTC));
    CALL(timer_create,
         timer_create(CLOCK_MONOTONIC, &(struct sigevent){.sigev_notify = SIGEV_NONE}, &timer));
    CALL(timer_settime, timer_settime(timer, 0, &(struct itimerspec){0}, NULL));
    CALL(timer_gettime, timer_gettime(timer, &(struct itimerspec){0}));
    CALL(timer_getoverrun, (void)timer_getoverrun(timer));
    CALL(timer_delete, timer_delete(timer));
    CALL(wait4, (void)wait4(-1, NULL, WNOHANG, NULL));
    CALL(waitpid, (void)waitpid(-1, NULL, WNOHANG));
    CALL(waitid, (void)waitid(P_ALL, 0, &(siginfo_t){0}, WNOHANG | WEXITED));
}

static void memory(void)
{
    void *pages = MAP_FAILED;
    CALL(mmap64,
         pages = mmap64(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    CALL(mprotect, mprotect(pages, 4096, PROT_READ));
    CALL(madvise, madvise(pages, 4096, MADV_NORMAL));
    CALL(posix_madvise, posix_madvise(pages, 4096, POSIX_MADV_NORMAL));
    CALL(mincore, mincore(pages, 4096, (unsigned char *)buffer));
    CALL(msync, msync(pages, 4096, MS_ASYNC));
    CALL(mlock, (void)!mlock(pages, 4096));
    CALL(munlock, munlock(pages, 4096));
    CALL(mremap, pages = mremap(pages, 8192, 16384, MREMAP_MAYMOVE));
    CALL(munmap, munmap(pages, 16384));
    CALL(sbrk, (void)sbrk(0));
}

static void spawning(void)
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    short flags;
    sigset_t set;
    CALL(posix_spawnattr_init, posix_spawnattr_init(&attributes));
    CALL(posix_spawnattr_setflags, posix_spawnattr_setflags(&attributes, 0));
    CALL(posix_spawnattr_getflags, posix_spawnattr_getflags(&attributes, &flags));
    CALL(posix_spawnattr_setpgroup, posix_spawnattr_setpgroup(&attributes, 0));
    CALL(posix_spawnattr_getsigmask, posix_spawnattr_getsigmask(&attributes, &set));
    CALL(posix_spawnattr_setsigmask, posix_spawnattr_setsigmask(&attributes, &set));
    CALL(posix_spawnattr_destroy, posix_spawnattr_destroy(&attributes));
    CALL(posix_spawn_file_actions_init, posix_spawn_file_actions_init(&actions));
    CALL(posix_spawn_file_actions_addopen,
         posix_spawn_file_actions_addopen(&actions, 9, "/dev/null", O_RDONLY, 0));
    CALL(posix_spawn_file_actions_adddup2, posix_spawn_file_actions_adddup2(&actions, 9, 10));
    CALL(posix_spawn_file_actions_destroy, posix_spawn_file_actions_destroy(&actions));
}

static void locales(void)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", NULL);
    struct tm day = {.tm_year = 124, .tm_mday = 3};
    char *rest;
    wchar_t *wide_rest;
    CALL(isalpha_l, (void)isalpha_l('a', c));
    CALL(isdigit_l, (void)isdigit_l('1', c));
    CALL(toupper_l, (void)toupper_l('a', c));
    CALL(tolower_l, (void)tolower_l('A', c));
    CALL(strcoll_l, (void)strcoll_l("a", "b", c));
    CALL(strxfrm_l, (void)strxfrm_l(buffer, "text", 100, c));
    CALL(strcasecmp_l, (void)strcasecmp_l("a", "A", c));
    CALL(strncasecmp_l, (void)strncasecmp_l("a", "A", 1, c));
    CALL(strftime_l, (void)strftime_l(buffer, 100, "%Y-%m-%d %A", &day, c));
    CALL(strptime_l, (void)!strptime_l("2024-01-03", "%Y-%m-%d", &day, c));
    CALL(strtod_l, (void)strtod_l("1.5e10", &rest, c));
    CALL(strtof_l, (void)strtof_l("1.5", &rest, c));
    CALL(strtold_l, (void)strtold_l("1.5", &rest, c));
    CALL(strtol_l, (void)strtol_l("15", &rest, 10, c));
    CALL(nl_langinfo_l, (void)nl_langinfo_l(CODESET, c));
    CALL(strerror_l, (void)strerror_l(ENOENT, c));
    CALL(iswalpha_l, (void)iswalpha_l(L'a', c));
    CALL(towupper_l, (void)towupper_l(L'a', c));
    CALL(wctype_l, (void)wctype_l("alpha", c));
    CALL(wcscoll_l, (void)wcscoll_l(L"a", L"b", c));
    CALL(wcstod_l, (void)wcstod_l(L"1.5", &wide_rest, c));
    CALL(wcstol_l, (void)wcstol_l(L"15", &wide_rest, 10, c));
    freelocale(c);
    CALL(strerrorname_np, (void)strerrorname_np(ENOENT));
    CALL(strerrordesc_np, (void)strerrordesc_np(ENOENT));
}

static void wide_text(void)
{
    wchar_t *rest;
    mbstate_t state = {0};
    char16_t half;
    char32_t whole;
    wcscpy(wide, L"one two three");
    CALL(wcsncpy, wcsncpy(wide_other, wide, 20));
    CALL(wcsncat, wcsncat(wide_other, L"x", 1));
    CALL(wcsncmp, (void)wcsncmp(wide, wide_other, 5));
    CALL(wcsnlen, (void)wcsnlen(wide, 5));
    CALL(wcscspn, (void)wcscspn(wide, L"t"));
    CALL(wcsspn, (void)wcsspn(wide, L"on"));
    CALL(wcspbrk, (void)!wcspbrk(wide, L"w"));
    CALL(wcsrchr, (void)!wcsrchr(wide, L'e'));
    CALL(wcschrnul, (void)!wcschrnul(wide, L'q'));
    CALL(wcsncasecmp, (void)wcsncasecmp(wide, L"ONE", 3));
    CALL(wcpcpy, wcpcpy(wide_other, wide));
    CALL(wcpncpy, wcpncpy(wide_other, wide, 5));
    CALL(wmemcpy, wmemcpy(wide_other, wide, 5));
    CALL(wmemmove, wmemmove(wide_other, wide_other + 1, 5));
    CALL(wmempcpy, wmempcpy(wide_other, wide, 5));
    CALL(wcswidth, (void)wcswidth(wide, 5));
    CALL(wcstof, (void)wcstof(L"1.5", &rest));
    CALL(wcstold, (void)wcstold(L"1.5", &rest));
    CALL(wcstoul, (void)wcstoul(L"15", &rest, 10));
    CALL(wcstoll, (void)wcstoll(L"15", &rest, 10));
    CALL(wcstoimax, (void)wcstoimax(L"15", &rest, 10));
    CALL(mbrlen, (void)mbrlen("a", 1, &state));
    CALL(mbsinit, (void)mbsinit(&state));
    CALL(mbrtoc16, (void)mbrtoc16(&half, "a", 1, &state));
    CALL(mbrtoc32, (void)mbrtoc32(&whole, "a", 1, &state));
    CALL(c16rtomb, (void)c16rtomb(buffer, u'a', &state));
    CALL(c32rtomb, (void)c32rtomb(buffer, U'a', &state));
    CALL(towlower, (void)towlower(L'A'));
    CALL(towctrans, (void)towctrans(L'a', wctrans("toupper")));
    CALL(iswpunct, (void)iswpunct(L'.'));
    CALL(iswxdigit, (void)iswxdigit(L'f'));
}

static void numbers(void)
{
    struct drand48_data data;
    struct random_data random_state = {0};
    char states[64];
    double fraction;
    long number;
    int small;
    char *rest;
    CALL(srand48, srand48(1));
    CALL(lrand48, (void)lrand48());
    CALL(mrand48, (void)mrand48());
    CALL(srand48_r, srand48_r(1, &data));
    CALL(drand48_r, drand48_r(&data, &fraction));
    CALL(lrand48_r, lrand48_r(&data, &number));
    CALL(srandom, srandom(1));
    CALL(initstate_r, initstate_r(1, states, sizeof states, &random_state));
    CALL(random_r, random_r(&random_state, &small));
    CALL(srandom_r, srandom_r(2, &random_state));
    CALL(imaxabs, (void)imaxabs(-3));
    CALL(imaxdiv, (void)imaxdiv(7, 2));
    CALL(llabs, (void)llabs(-3));
    CALL(lldiv, (void)lldiv(7, 2));
    CALL(atol, (void)atol("12"));
    CALL(atoll, (void)atoll("12"));
    CALL(strtoull, (void)strtoull("12", &rest, 10));
    CALL(strtoumax, (void)strtoumax("12", &rest, 10));
    CALL(strfromd, (void)strfromd(buffer, 100, "%.3f", 1.5));
    CALL(strfroml, (void)strfroml(buffer, 100, "%.3f", 1.5L));
    CALL(ffsl, (void)ffsl(8));
    CALL(ffsll, (void)ffsll(8));
    CALL(bcopy, bcopy(buffer, other, 8));
    CALL(bzero, bzero(other, 8));
    CALL(bcmp, (void)bcmp(buffer, other, 8));
    CALL(index, (void)!index("text", 'x'));
    CALL(rindex, (void)!rindex("text", 't'));
    CALL(isblank, (void)isblank(' '));
    CALL(isgraph, (void)isgraph('a'));
    CALL(toascii, (void)toascii('a'));
    CALL(arc4random, (void)arc4random());
    CALL(arc4random_uniform, (void)arc4random_uniform(5));
    CALL(arc4random_buf, arc4random_buf(buffer, 8));
}

static void vectors(void)
{
    char *list = NULL, *environment = NULL;
    size_t size = 0, environment_size = 0;
    char *words[] = {"one", "two", NULL};
    CALL(argz_create, argz_create(words, &list, &size));
    CALL(argz_append, argz_append(&list, &size, "more", 5));
    CALL(argz_add_sep, argz_add_sep(&list, &size, "a:b", ':'));
    CALL(argz_insert, argz_insert(&list, &size, list, "first"));
    CALL(argz_replace, argz_replace(&list, &size, "two", "three", NULL));
    free(list);
    envz_add(&environment, &environment_size, "A", "1");
    CALL(envz_entry, (void)!envz_entry(environment, environment_size, "A"));
    CALL(envz_get, (void)!envz_get(environment, environment_size, "A"));
    CALL(envz_remove, envz_remove(&environment, &environment_size, "A"));
    free(environment);
    struct lconv *conventions;
    CALL(localeconv, conventions = localeconv());
    (void)conventions;
}

static void unlocked(void)
{
    char name[] = "/tmp/soundness-XXXXXX";
    int number = mkstemp(name);
    FILE *file = fdopen(number, "w+");
    CALL(fputs_unlocked, fputs_unlocked("one two\n", file));
    CALL(fputc_unlocked, fputc_unlocked('x', file));
    CALL(fwrite_unlocked, (void)!fwrite_unlocked("abc", 1, 3, file));
    CALL(fflush_unlocked, fflush_unlocked(file));
    CALL(fseeko, fseeko(file, 0, SEEK_SET));
    CALL(ftello, (void)ftello(file));
    CALL(fgetc_unlocked, (void)fgetc_unlocked(file));
    CALL(fgets_unlocked, (void)!fgets_unlocked(buffer, 100, file));
    CALL(fread_unlocked, (void)!fread_unlocked(buffer, 1, 2, file));
    CALL(feof_unlocked, (void)feof_unlocked(file));
    CALL(ferror_unlocked, (void)ferror_unlocked(file));
    CALL(clearerr_unlocked, clearerr_unlocked(file));
    CALL(fileno_unlocked, (void)fileno_unlocked(file));
    CALL(ftrylockfile, ftrylockfile(file));
    funlockfile(file);
    CALL(setlinebuf, setlinebuf(file));
    CALL(setbuf, setbuf(file, NULL));
    CALL(__fsetlocking, (void)__fsetlocking(file, FSETLOCKING_QUERY));
    fclose(file);
    unlink(name);
}

void call_system_functions(void)
{
    ids();
    files();
    sockets();
    signals();
    clocks();
    memory();
    spawning();
    locales();
    wide_text();
    numbers();
    vectors();
    unlocked();
}
