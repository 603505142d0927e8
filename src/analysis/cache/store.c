/*
 * store.c: see store.h. A file is written under a name of its own and then renamed, which replaces
 * an older one at once; who reads that one goes on with it. When a file was last used is its time
 * of modification, which opening sets. Files are not flushed to the disk: after a crash of the
 * machine some may be damaged, which their readers notice.
 *
 * The folder and its files must belong to this user, and nobody else may write them. And it must be
 * the cache's own: it carries a mark, a file CACHEDIR.TAG (the convention for folders that backups
 * leave out) with a line of ours. The mark is only ever put into an empty folder. So a link, or a
 * folder in which somebody keeps other things, is never used, and only files with names of entries
 * are ever removed.
 */
#include "analysis/cache/store.h"

#include "base/array.h"
#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { STALE_SECONDS = 3600, BUFFER_BYTES = 1 << 18 };

static const char DRAFT_PREFIX[] = "draft-";

static const char MARK_NAME[] = "CACHEDIR.TAG";
static const char MARK[] = "Signature: 8a477f597d28d172789f06886806bc55\n"
                           "# dwell keeps here what it found in machine code. It may be removed.\n";

/* ---- The folder ------------------------------------------------------------------------------ */

static bool is_ours(const struct stat *status)
{
    return status->st_uid == geteuid() && !(status->st_mode & (S_IWGRP | S_IWOTH));
}

/** Whether the folder carries the mark. */
static bool is_marked(int folder)
{
    char text[sizeof MARK];
    int file = openat(folder, MARK_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0)
        return false;
    ssize_t bytes = read(file, text, sizeof text);
    close(file);
    return bytes == (ssize_t)sizeof MARK - 1 && memcmp(text, MARK, sizeof MARK - 1) == 0;
}

/** Opens a folder of this user, marked or not. */
static bool open_folder(struct store *store)
{
    struct stat status;
    store->folder = open(store->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (store->folder >= 0 && (fstat(store->folder, &status) != 0 || !is_ours(&status)))
        store_deinit(store);
    return store->folder >= 0;
}

void store_init(struct store *store, const char *path)
{
    store->path = path;
    if (open_folder(store) && !is_marked(store->folder))
        store_deinit(store);
}

/** Returns the folder's contents for reading, or NULL; the caller closes it. */
static DIR *open_listing(const struct store *store)
{
    int descriptor = store->folder < 0 ? -1 : openat(store->folder, ".", O_RDONLY | O_CLOEXEC);
    DIR *folder = descriptor < 0 ? NULL : fdopendir(descriptor);
    if (!folder && descriptor >= 0)
        close(descriptor);
    return folder;
}

/** Whether nothing is in the folder but perhaps a mark of which nothing was written. */
static bool is_empty(const struct store *store)
{
    struct stat status;
    DIR *folder = open_listing(store);
    bool is_empty = folder != NULL;
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        bool is_blank_mark = strcmp(entry->d_name, MARK_NAME) == 0 &&
                             fstatat(store->folder, MARK_NAME, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                             S_ISREG(status.st_mode) && !status.st_size;
        is_empty &=
            strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || is_blank_mark;
    }
    if (folder)
        closedir(folder);
    return is_empty;
}

static bool write_mark(const struct store *store)
{
    int file = openat(store->folder, MARK_NAME,
                      O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (file < 0)
        return false;
    bool is_written = write(file, MARK, sizeof MARK - 1) == (ssize_t)sizeof MARK - 1;
    return close(file) == 0 && is_written;
}

void store_deinit(struct store *store)
{
    if (store->folder >= 0)
        close(store->folder);
    store->folder = -1;
}

bool store_create(struct store *store)
{
    if (store->folder >= 0)
        return true;
    CLEANUP_FREE char *path = strdup(store->path);
    for (char *at = path; at && *at; at++) {
        if (*at != '/' || at == path)
            continue;
        *at = '\0';
        mkdir(path, 0700);
        *at = '/';
    }
    if (path)
        mkdir(path, 0700);
    if (open_folder(store) && !is_marked(store->folder) && !(is_empty(store) && write_mark(store)))
        store_deinit(store);
    return store->folder >= 0;
}

/* ---- Reading --------------------------------------------------------------------------------- */

/** Not by a mapping, which somebody who shortens the file would make a trap. */
static bool read_file(int descriptor, struct store_file *ret)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode) || !is_ours(&status) ||
        status.st_size <= 0)
        return false;
    size_t bytes = (size_t)status.st_size;
    uint8_t *data = malloc(bytes);
    if (!data)
        return false;
    for (size_t done = 0; done < bytes;) {
        ssize_t count = read(descriptor, data + done, bytes - done);
        if (count <= 0) {
            free(data);
            return false;
        }
        done += (size_t)count;
    }
    futimens(descriptor, NULL);
    *ret = (struct store_file){data, bytes};
    return true;
}

bool store_open(const struct store *store, const char *name, struct store_file *ret)
{
    if (store->folder < 0)
        return false;
    int descriptor = openat(store->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0)
        return false;
    bool is_read = read_file(descriptor, ret);
    close(descriptor);
    return is_read;
}

void store_close(struct store_file *file)
{
    free(file->data);
}

void store_remove(const struct store *store, const char *name)
{
    if (store->folder >= 0)
        unlinkat(store->folder, name, 0);
}

/* ---- Writing --------------------------------------------------------------------------------- */

/** Whether this process may write such a file; trying would end it. */
static bool may_write(uint64_t bytes)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
           bytes <= limit.rlim_cur;
}

bool store_begin(const struct store *store, uint64_t bytes, struct store_draft *ret)
{
    struct timespec now;
    if (!may_write(bytes))
        return false;
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        clock_gettime(CLOCK_REALTIME, &now);
        snprintf(ret->name, sizeof ret->name, "%s%ld-%lld-%ld-%p", DRAFT_PREFIX, (long)getpid(),
                 (long long)now.tv_sec, now.tv_nsec, (void *)ret);
        int descriptor =
            openat(store->folder, ret->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (descriptor < 0 && errno == EEXIST)
            continue;
        ret->out = descriptor < 0 ? NULL : fdopen(descriptor, "w");
        if (ret->out)
            setvbuf(ret->out, NULL, _IOFBF, BUFFER_BYTES);
        else if (descriptor >= 0)
            close(descriptor);
        return ret->out != NULL;
    }
    return false;
}

void store_end(const struct store *store, struct store_draft *draft, const char *name, bool is_good)
{
    is_good = !ferror(draft->out) && is_good;
    is_good = fclose(draft->out) == 0 && is_good;
    if (!is_good || renameat(store->folder, draft->name, store->folder, name) != 0)
        store_remove(store, draft->name);
}

/* ---- Making room ----------------------------------------------------------------------------- */

struct stored {
    char name[STORE_NAME_BYTES];
    struct timespec used;
    uint64_t bytes;
};

struct listing {
    ARRAY(struct stored) files;
    uint64_t bytes;
};

/** Whether a file has the name of an entry: it ends in a key. */
static bool is_entry_name(const char *name)
{
    enum { KEY_LENGTH = 32 };
    const char *dash = strrchr(name, '-');
    return dash && dash > name && strlen(dash + 1) == KEY_LENGTH &&
           strspn(dash + 1, "0123456789abcdef") == KEY_LENGTH;
}

static void list_file(const struct store *store, const char *name, struct listing *listing)
{
    struct stored stored;
    struct stat status;
    if (strlen(name) >= sizeof stored.name ||
        fstatat(store->folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode))
        return;
    strcpy(stored.name, name);
    stored.used = status.st_mtim;
    stored.bytes = (uint64_t)status.st_size;
    bool is_draft = strncmp(name, DRAFT_PREFIX, sizeof DRAFT_PREFIX - 1) == 0;
    if (is_draft && time(NULL) - status.st_mtim.tv_sec > STALE_SECONDS)
        store_remove(store, name); // of somebody who did not come to its end
    if (is_draft || !is_entry_name(name))
        return;
    listing->bytes += stored.bytes;
    array_push(&listing->files, stored);
}

static int by_use(const void *a, const void *b)
{
    const struct stored *x = a, *y = b;
    if (x->used.tv_sec != y->used.tv_sec)
        return x->used.tv_sec < y->used.tv_sec ? -1 : 1;
    if (x->used.tv_nsec != y->used.tv_nsec)
        return x->used.tv_nsec < y->used.tv_nsec ? -1 : 1;
    return strcmp(x->name, y->name);
}

void store_trim(const struct store *store, uint64_t limit)
{
    struct listing listing = {0};
    DIR *folder = open_listing(store);
    if (!folder)
        return;
    for (struct dirent *entry; (entry = readdir(folder));)
        list_file(store, entry->d_name, &listing);
    closedir(folder);
    if (listing.files.count > 1)
        qsort(listing.files.data, listing.files.count, sizeof *listing.files.data, by_use);
    for (size_t i = 0; i < listing.files.count && listing.bytes > limit; i++) {
        store_remove(store, listing.files.data[i].name);
        listing.bytes -= listing.files.data[i].bytes;
    }
    array_deinit(&listing.files);
}
