/*
 * file_state.c: size and time of modification. A file that is replaced by renaming, as compilers
 * and package managers do, keeps its content for those who have it mapped; one that is written in
 * place does not. Descriptors are not kept for the comparison: a program may need hundreds of
 * libraries.
 */
#include "base/file_state.h"

struct file_state file_state_of(const struct stat *status)
{
    return (struct file_state){.device = status->st_dev,
                               .inode = status->st_ino,
                               .bytes = (uint64_t)status->st_size,
                               .seconds = status->st_mtim.tv_sec,
                               .nanoseconds = status->st_mtim.tv_nsec};
}

enum file_change file_state_compare(const struct file_state *before, const char *path)
{
    struct stat status;
    if (!before->device && !before->inode)
        return FILE_SAME;
    if (stat(path, &status) != 0)
        return FILE_REPLACED;
    struct file_state now = file_state_of(&status);
    if (now.device != before->device || now.inode != before->inode)
        return FILE_REPLACED;
    bool is_same = now.bytes == before->bytes && now.seconds == before->seconds &&
                   now.nanoseconds == before->nanoseconds;
    return is_same ? FILE_SAME : FILE_CHANGED;
}
