/*
 * calls.c: calls functions of the C library and says for each what the counting allocator
 * (../counting.c) saw during the call:
 *
 *     NAME FILE OFFSET ALLOCATIONS FREES
 *
 * OFFSET is where the function really is in its file: of one that is chosen when the program
 * starts (an IFUNC) that of the choice. Each call returns. Built without optimization and without
 * builtins, so that each call is one.
 */
#define _GNU_SOURCE
#include "calls.h"

#include <argz.h>
#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <envz.h>
#include <execinfo.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <ftw.h>
#include <getopt.h>
#include <glob.h>
#include <grp.h>
#include <iconv.h>
#include <ifaddrs.h>
#include <langinfo.h>
#include <libintl.h>
#include <locale.h>
#include <mntent.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/ether.h>
#include <nl_types.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <regex.h>
#include <sched.h>
#include <search.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>
#include <wchar.h>
#include <wordexp.h>

static FILE *out;
static char buffer[4096], other[4096];
static wchar_t wide[100];

void tell(const char *name, void *address, unsigned seen_allocations, unsigned seen_frees)
{
    Dl_info info;
    if (dladdr(address, &info))
        fprintf(out, "%s %s %#lx %u %u\n", name, info.dli_fname,
                (unsigned long)((char *)address - (char *)info.dli_fbase), seen_allocations,
                seen_frees);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int same_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void streams(void)
{
    char *line = NULL;
    size_t size = 0, length;
    char name[] = "/tmp/soundness-XXXXXX";
    int number = mkstemp(name);
    FILE *file = NULL;
    fpos_t position;
    close(number);
    CALL(fopen, file = fopen("/not/there", "r"));
    CALL(fopen, file = fopen(name, "w+"));
    CALL(fileno, (void)fileno(file));
    CALL(fputs, fputs("one\ntwo\nthree 12\n", file));
    CALL(fputc, fputc('x', file));
    CALL(putc, putc('y', file));
    CALL(fwrite, (void)!fwrite(buffer, 1, 100, file));
    CALL(fprintf, fprintf(file, "%d %s\n", 5, "text"));
    CALL(fflush, fflush(file));
    CALL(fseek, fseek(file, 0, SEEK_SET));
    CALL(ftell, (void)ftell(file));
    CALL(fgetpos, fgetpos(file, &position));
    CALL(fsetpos, fsetpos(file, &position));
    CALL(rewind, rewind(file));
    CALL(fgetc, (void)fgetc(file));
    CALL(getc, (void)getc(file));
    CALL(ungetc, ungetc('q', file));
    CALL(fgets, (void)!fgets(buffer, 100, file));
    CALL(getline, (void)!getline(&line, &size, file));
    CALL(getline, (void)!getline(&line, &size, file));
    CALL(getdelim, (void)!getdelim(&line, &size, '\n', file));
    CALL(fscanf, (void)!fscanf(file, "%s", buffer));
    CALL(fread, (void)!fread(buffer, 1, 10, file));
    CALL(feof, (void)feof(file));
    CALL(ferror, (void)ferror(file));
    CALL(clearerr, clearerr(file));
    CALL(flockfile, flockfile(file));
    CALL(funlockfile, funlockfile(file));
    CALL(setvbuf, setvbuf(file, NULL, _IONBF, 0));
    CALL(fwide, (void)fwide(file, 0));
    CALL(__fpending, (void)__fpending(file));
    CALL(freopen, file = freopen(name, "r", file));
    CALL(fclose, fclose(file));
    file = fopen(name, "w+");
    CALL(fputws, fputws(L"wide", file));
    CALL(fwprintf, fwprintf(file, L"%d", 5));
    CALL(fputwc, fputwc(L'w', file));
    rewind(file);
    CALL(fgetwc, (void)fgetwc(file));
    CALL(ungetwc, ungetwc(L'w', file));
    CALL(fgetws, fgetws(wide, 100, file));
    fclose(file);
    CALL(fmemopen, file = fmemopen(buffer, 100, "w"));
    CALL(fclose, fclose(file));
    CALL(open_memstream, file = open_memstream(&line, &length));
    fputs("text", file);
    CALL(fflush, fflush(file));
    CALL(fclose, fclose(file));
    CALL(tmpfile, file = tmpfile());
    CALL(fclose, fclose(file));
    CALL(tmpnam, (void)!tmpnam(other));
    CALL(tempnam, (void)!tempnam("/tmp", "x"));
    CALL(puts, puts("to a file that nobody reads"));
    CALL(putchar, putchar('x'));
    CALL(perror, perror("expected"));
    CALL(remove, remove(name));
    CALL(fdopen, file = fdopen(open("/dev/null", O_RDWR), "r+"));
    CALL(fclose, fclose(file));
}

static void times_and_places(void)
{
    time_t now = 1000000000, parsed;
    struct tm parts;
    struct timespec moment;
    struct timeval when;
    struct tms spent;
    CALL(time, (void)time(NULL));
    CALL(clock, (void)clock());
    CALL(clock_gettime, clock_gettime(CLOCK_MONOTONIC, &moment));
    CALL(gettimeofday, gettimeofday(&when, NULL));
    CALL(times, (void)times(&spent));
    CALL(gmtime, (void)gmtime(&now));
    CALL(gmtime_r, gmtime_r(&now, &parts));
    CALL(localtime, (void)localtime(&now));
    CALL(localtime_r, localtime_r(&now, &parts));
    CALL(mktime, (void)mktime(&parts));
    CALL(timegm, (void)timegm(&parts));
    CALL(asctime, (void)asctime(&parts));
    CALL(asctime_r, (void)asctime_r(&parts, buffer));
    CALL(ctime, (void)ctime(&now));
    CALL(difftime, (void)difftime(now, 5));
    CALL(strftime, (void)strftime(buffer, 100, "%c %Z %s %a %j", &parts));
    CALL(strptime, (void)strptime("2001-02-03", "%Y-%m-%d", &parts));
    CALL(getdate_r, (void)getdate_r("2001", &parts));
    setenv("TZ", "Europe/Berlin", 1);
    CALL(tzset, tzset());
    CALL(localtime, (void)localtime(&now));
    setenv("TZ", "ABC3DEF,M3.2.0,M11.1.0", 1);
    CALL(tzset, tzset());
    CALL(mktime, parsed = mktime(&parts));
    now = parsed;
    CALL(nanosleep, nanosleep(&(struct timespec){.tv_nsec = 1}, NULL));
    CALL(usleep, usleep(1));
}

static void environment(void)
{
    char *arguments[] = {"program", "-a", "--long", NULL};
    struct option options[] = {{"long", no_argument, NULL, 'l'}, {0}};
    char *value;
    char text[] = "a=1,b";
    char *subject = text;
    void *page;
    char *const tokens[] = {"a", "b", NULL};
    CALL(getenv, (void)getenv("PATH"));
    CALL(secure_getenv, (void)secure_getenv("PATH"));
    CALL(setenv, setenv("SOUNDNESS", "1", 1));
    CALL(setenv, setenv("SOUNDNESS", "2", 1));
    CALL(putenv, putenv("SOUNDNESS=3"));
    CALL(unsetenv, unsetenv("SOUNDNESS"));
    CALL(getopt, (void)getopt(3, arguments, "a"));
    CALL(getopt_long, (void)getopt_long(3, arguments, "a", options, NULL));
    CALL(getsubopt, (void)getsubopt(&subject, tokens, &value));
    CALL(sysconf, (void)sysconf(_SC_PAGESIZE));
    CALL(sysconf, (void)sysconf(_SC_NPROCESSORS_ONLN));
    CALL(confstr, (void)confstr(_CS_PATH, buffer, 100));
    CALL(getpid, (void)getpid());
    CALL(getuid, (void)getuid());
    CALL(gethostname, gethostname(buffer, 100));
    CALL(uname, uname(&(struct utsname){0}));
    CALL(getcwd, (void)!getcwd(buffer, sizeof buffer));
    CALL(getcwd, (void)!getcwd(NULL, 0));
    CALL(get_current_dir_name, (void)!get_current_dir_name());
    CALL(realpath, (void)!realpath("/tmp/..", buffer));
    CALL(realpath, (void)!realpath("/tmp/..", NULL));
    CALL(realpath, (void)!realpath("/not/there", buffer));
    CALL(access, (void)access("/tmp", R_OK));
    CALL(stat, (void)stat("/tmp", &(struct stat){0}));
    CALL(statvfs, (void)statvfs("/tmp", &(struct statvfs){0}));
    CALL(readlink, (void)!readlink("/proc/self/exe", buffer, 100));
    CALL(ttyname, (void)ttyname(0));
    CALL(isatty, (void)isatty(0));
    CALL(ctermid, (void)ctermid(buffer));
    CALL(getrlimit, getrlimit(RLIMIT_STACK, &(struct rlimit){0}));
    CALL(getrusage, getrusage(RUSAGE_SELF, &(struct rusage){0}));
    CALL(getloadavg, (void)getloadavg((double[3]){0}, 3));
    CALL(get_nprocs, (void)get_nprocs());
    CALL(getpagesize, (void)getpagesize());
    CALL(umask, umask(umask(0)));
    CALL(ftok, (void)ftok("/tmp", 1));
    CALL(poll, (void)poll(NULL, 0, 0));
    CALL(sched_yield, sched_yield());
    CALL(mmap, page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    CALL(munmap, munmap(page, 4096));
    CALL(sbrk, (void)sbrk(0));
}

static int visit(const char *path, const struct stat *status, int flag)
{
    (void)path, (void)status, (void)flag;
    return 0;
}

static void folders(void)
{
    DIR *folder = NULL;
    struct dirent **names = NULL;
    glob_t found = {0};
    wordexp_t words = {0};
    FILE *file;
    CALL(opendir, folder = opendir("/not/there"));
    CALL(opendir, folder = opendir("/etc"));
    CALL(readdir, (void)readdir(folder));
    CALL(telldir, (void)telldir(folder));
    CALL(rewinddir, rewinddir(folder));
    CALL(dirfd, (void)dirfd(folder));
    CALL(closedir, closedir(folder));
    CALL(scandir, (void)scandir("/dev", &names, NULL, alphasort));
    CALL(ftw, (void)ftw("/etc/default", visit, 4));
    CALL(glob, (void)glob("/etc/*.conf", 0, NULL, &found));
    CALL(globfree, globfree(&found));
    CALL(fnmatch, (void)fnmatch("*.c", "file.c", 0));
    CALL(fnmatch, (void)fnmatch("[[:alpha:]]*+(a|b)", "file.c", FNM_EXTMATCH));
    CALL(wordexp, (void)wordexp("a $HOME b", &words, WRDE_NOCMD));
    CALL(wordfree, wordfree(&words));
    CALL(setmntent, file = setmntent("/proc/mounts", "r"));
    if (file) {
        CALL(getmntent, (void)getmntent(file));
        CALL(endmntent, endmntent(file));
    }
    CALL(setutent, setutent());
    CALL(getutent, (void)getutent());
    CALL(endutent, endutent());
    CALL(getpwuid, (void)getpwuid(0));
    CALL(getpwnam, (void)getpwnam("root"));
    CALL(getgrgid, (void)getgrgid(0));
    CALL(endpwent, endpwent());
}

static void networks(void)
{
    struct in_addr address;
    struct in6_addr six;
    struct addrinfo *list = NULL, hints = {.ai_flags = AI_NUMERICHOST};
    struct ifaddrs *interfaces = NULL;
    struct ether_addr ethernet;
    CALL(inet_addr, (void)inet_addr("1.2.3.4"));
    CALL(inet_aton, inet_aton("1.2.3.4", &address));
    CALL(inet_ntoa, (void)inet_ntoa(address));
    CALL(inet_pton, inet_pton(AF_INET6, "::1", &six));
    CALL(inet_ntop, (void)inet_ntop(AF_INET6, &six, buffer, 100));
    CALL(inet_network, (void)inet_network("1.2.3.4"));
    CALL(htonl, (void)htonl(5));
    CALL(htons, (void)htons(5));
    CALL(ether_aton_r, (void)ether_aton_r("1:2:3:4:5:6", &ethernet));
    CALL(ether_ntoa, (void)ether_ntoa(&ethernet));
    CALL(getaddrinfo, (void)getaddrinfo("127.0.0.1", NULL, &hints, &list));
    if (list)
        CALL(freeaddrinfo, freeaddrinfo(list));
    CALL(gai_strerror, (void)gai_strerror(EAI_FAIL));
    CALL(hstrerror, (void)hstrerror(1));
    CALL(getservbyname, (void)getservbyname("http", "tcp"));
    CALL(getprotobyname, (void)getprotobyname("tcp"));
    CALL(if_nametoindex, (void)if_nametoindex("lo"));
    CALL(getifaddrs, (void)getifaddrs(&interfaces));
    if (interfaces)
        CALL(freeifaddrs, freeifaddrs(interfaces));
}

static void languages(void)
{
    locale_t locale = NULL;
    iconv_t converter;
    regex_t expression;
    regmatch_t match;
    nl_catd catalog;
    char *from = buffer, *to = other;
    size_t from_left = 4, to_left = 100;
    CALL(setlocale, (void)setlocale(LC_ALL, NULL));
    CALL(setlocale, (void)setlocale(LC_ALL, "C.UTF-8"));
    CALL(setlocale, (void)setlocale(LC_ALL, "xx_not_there"));
    CALL(setlocale, (void)setlocale(LC_ALL, "C"));
    CALL(localeconv, (void)localeconv());
    CALL(nl_langinfo, (void)nl_langinfo(CODESET));
    CALL(newlocale, locale = newlocale(LC_ALL_MASK, "C", NULL));
    CALL(duplocale, (void)duplocale(locale));
    CALL(uselocale, (void)uselocale(NULL));
    CALL(freelocale, freelocale(locale));
    CALL(gettext, (void)gettext("text"));
    CALL(ngettext, (void)ngettext("text", "texts", 2));
    CALL(bindtextdomain, (void)bindtextdomain("soundness", "/tmp"));
    CALL(textdomain, (void)textdomain("soundness"));
    CALL(gettext, (void)gettext("text"));
    CALL(catopen, catalog = catopen("not_there", 0));
    CALL(catgets, (void)(catalog == (nl_catd)-1 ? "" : catgets(catalog, 1, 1, "")));
    strcpy(buffer, "text");
    CALL(iconv_open, converter = iconv_open("UTF-16LE", "UTF-8"));
    CALL(iconv, (void)iconv(converter, &from, &from_left, &to, &to_left));
    CALL(iconv_close, iconv_close(converter));
    CALL(iconv_open, converter = iconv_open("NOT-THERE", "UTF-8"));
    CALL(regcomp, (void)!regcomp(&expression, "^(a|b)+[[:digit:]]*c{2,3}$", REG_EXTENDED));
    CALL(regexec, (void)regexec(&expression, "abab12cc", 1, &match, 0));
    CALL(regexec, (void)regexec(&expression, "nothing", 1, &match, 0));
    CALL(regerror, (void)regerror(REG_BADPAT, &expression, buffer, 100));
    CALL(regfree, regfree(&expression));
    CALL(regcomp, (void)!regcomp(&expression, "(", REG_EXTENDED));
}

static void containers(void)
{
    static char *words[] = {"a", "b", "c"};
    char *key = words[1], *argz = NULL;
    size_t count = 3, argz_length = 0;
    void *tree = NULL;
    struct qelem {
        struct qelem *next, *previous;
    } element = {0}, second = {0};
    CALL(lfind, (void)lfind(&key, words, &count, sizeof *words, same_text));
    CALL(tsearch, (void)tsearch("a", &tree, by_text));
    CALL(tsearch, (void)tsearch("a", &tree, by_text));
    CALL(tfind, (void)tfind("a", &tree, by_text));
    CALL(tdelete, (void)tdelete("a", &tree, by_text));
    CALL(hcreate, hcreate(10));
    CALL(hsearch, (void)hsearch((ENTRY){"a", NULL}, ENTER));
    CALL(hsearch, (void)hsearch((ENTRY){"b", NULL}, FIND));
    CALL(hdestroy, hdestroy());
    CALL(insque, insque(&element, NULL));
    CALL(insque, insque(&second, &element));
    CALL(remque, remque(&second));
    CALL(argz_create_sep, argz_create_sep("a:b:c", ':', &argz, &argz_length));
    CALL(argz_count, (void)argz_count(argz, argz_length));
    CALL(argz_next, (void)argz_next(argz, argz_length, NULL));
    CALL(argz_add, argz_add(&argz, &argz_length, "d"));
    CALL(argz_delete, argz_delete(&argz, &argz_length, argz));
    CALL(envz_add, envz_add(&argz, &argz_length, "e", "5"));
    CALL(envz_get, (void)envz_get(argz, argz_length, "e"));
    CALL(argz_stringify, argz_stringify(argz, argz_length, ':'));
}

static void initialize(void)
{
}

static void at_end(int status, void *unused)
{
    (void)status, (void)unused;
}

static void ignore(int number)
{
    (void)number;
}

static void threads_and_signals(void)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_attr_t attributes;
    pthread_key_t key, keys[40];
    pthread_spinlock_t spin;
    sem_t semaphore;
    sigset_t signals;
    posix_spawn_file_actions_t actions;
    void *frames[10], *handle;
    char **names;
    CALL(pthread_mutex_init, pthread_mutex_init(&mutex, NULL));
    CALL(pthread_mutex_lock, pthread_mutex_lock(&mutex));
    CALL(pthread_mutex_trylock, (void)pthread_mutex_trylock(&mutex));
    CALL(pthread_mutex_unlock, pthread_mutex_unlock(&mutex));
    CALL(pthread_cond_signal, pthread_cond_signal(&condition));
    CALL(pthread_rwlock_rdlock, pthread_rwlock_rdlock(&lock));
    CALL(pthread_rwlock_unlock, pthread_rwlock_unlock(&lock));
    CALL(pthread_spin_init, pthread_spin_init(&spin, 0));
    CALL(pthread_once, pthread_once(&once, initialize));
    CALL(pthread_self, (void)pthread_self());
    CALL(pthread_equal, (void)pthread_equal(pthread_self(), pthread_self()));
    CALL(pthread_attr_init, pthread_attr_init(&attributes));
    CALL(pthread_getattr_np, pthread_getattr_np(pthread_self(), &attributes));
    CALL(pthread_attr_destroy, pthread_attr_destroy(&attributes));
    CALL(pthread_key_create, pthread_key_create(&key, NULL));
    CALL(pthread_setspecific, pthread_setspecific(key, buffer));
    CALL(pthread_getspecific, (void)pthread_getspecific(key));
    for (int i = 0; i < 40; i++)
        pthread_key_create(&keys[i], NULL);
    CALL(pthread_setspecific, pthread_setspecific(keys[39], buffer));
    CALL(pthread_key_delete, pthread_key_delete(key));
    CALL(sem_init, sem_init(&semaphore, 0, 1));
    CALL(sem_wait, sem_wait(&semaphore));
    CALL(sem_post, sem_post(&semaphore));
    CALL(sigemptyset, sigemptyset(&signals));
    CALL(sigaddset, sigaddset(&signals, SIGUSR1));
    CALL(sigismember, (void)sigismember(&signals, SIGUSR1));
    CALL(sigprocmask, sigprocmask(SIG_BLOCK, NULL, &signals));
    CALL(signal, (void)signal(SIGUSR1, ignore));
    CALL(raise, raise(SIGUSR1));
    CALL(alarm, alarm(0));
    for (int i = 0; i < 40; i++)
        CALL(on_exit, on_exit(at_end, NULL));
    CALL(posix_spawn_file_actions_init, posix_spawn_file_actions_init(&actions));
    CALL(posix_spawn_file_actions_addclose, posix_spawn_file_actions_addclose(&actions, 5));
    CALL(posix_spawn_file_actions_destroy, posix_spawn_file_actions_destroy(&actions));
    CALL(backtrace, (void)backtrace(frames, 10));
    CALL(backtrace_symbols, names = backtrace_symbols(frames, 3));
    CALL(dlopen, handle = dlopen(NULL, RTLD_NOW));
    CALL(dlsym, (void)dlsym(handle, "malloc"));
    CALL(dlsym, (void)dlsym(handle, "not_there_at_all"));
    CALL(dlerror, (void)dlerror());
    CALL(dlclose, dlclose(handle));
    free(names);
}

int main(int argument_count, char **arguments)
{
    static char output[1 << 18];
    if (argument_count != 2 || !(out = fopen(arguments[1], "w")))
        return 2;
    setvbuf(out, output, _IOFBF, sizeof output);
    call_text_functions();
    call_system_functions();
    call_thread_functions();
    streams();
    times_and_places();
    environment();
    folders();
    networks();
    containers();
    threads_and_signals();
    languages();
    fclose(out);
    return 0;
}
