/*
 * file_state.h: what tells whether a file is still what it was when it was opened.
 */
#ifndef DWELL_BASE_FILE_STATE_H
#define DWELL_BASE_FILE_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/** All zero: of no file. */
struct file_state {
    uint64_t device, inode, bytes;
    int64_t seconds, nanoseconds; /* when it was last written */
};

enum file_change {
    FILE_SAME,
    FILE_CHANGED,  /* somebody wrote it */
    FILE_REPLACED, /* there is another one, or none; of the one that was opened nothing is known */
};

struct file_state file_state_of(const struct stat *status);

/** Compares the file at @p path with what it was; FILE_SAME where @p before is of no file. */
enum file_change file_state_compare(const struct file_state *before, const char *path);

#endif
