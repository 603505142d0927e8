/*
 * file.c: files as memory, and reading from them with every offset checked.
 *
 * The whole file is mapped. An object file is mapped privately and writable, since its relocations
 * are applied in place. A file that gets shorter while it is mapped ends the program (guard.h).
 */
#include "load/elf_file.h"

#include "base/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct error *map_descriptor(int fd, const char *path, bool writable, struct mapping *ret)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return error_create("%s: cannot be read: %s", path, strerror(errno));
    if (S_ISDIR(status.st_mode))
        return error_create("%s: is a directory; name a program in it", path);
    if (!S_ISREG(status.st_mode))
        return error_create("%s: is not a regular file; name a compiled program", path);
    if (status.st_size == 0)
        return error_create("%s: is empty; expected an ELF file", path);
    int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
    void *data = mmap(NULL, (size_t)status.st_size, protection, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED)
        return error_create("%s: cannot be mapped: %s", path, strerror(errno));
    guard_add(data, (size_t)status.st_size, path);
    *ret = (struct mapping){.data = data,
                            .bytes = (size_t)status.st_size,
                            .changed_ns = status.st_mtim.tv_sec * INT64_C(1000000000) +
                                          status.st_mtim.tv_nsec,
                            .is_mapped = true};
    return NULL;
}

struct error *map_file(const char *path, bool writable, struct mapping *ret)
{
    // O_NONBLOCK: opening a fifo must not wait for a writer.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return error_create("%s: cannot be opened: %s", path, strerror(errno));
    struct error *error = map_descriptor(fd, path, writable, ret);
    close(fd);
    return error;
}

void unmap_file(struct mapping *mapping)
{
    if (mapping->is_mapped) {
        guard_remove(mapping->data);
        munmap(mapping->data, mapping->bytes);
    }
    *mapping = (struct mapping){0};
}

const uint8_t *file_range(const struct image *image, uint64_t offset, uint64_t bytes)
{
    if (offset > image->file_bytes || bytes > image->file_bytes - offset)
        return NULL;
    return image->file + offset;
}

const char *string_at(const struct string_table *table, uint64_t offset)
{
    if (offset >= table->bytes || !memchr(table->data + offset, 0, table->bytes - offset))
        return "";
    return table->data + offset;
}

bool section_header(const struct image *image, size_t index, GElf_Shdr *ret)
{
    Elf_Scn *section = elf_getscn(image->load->elf, index);
    return section && gelf_getshdr(section, ret);
}

struct string_table string_table_of(const struct image *image, size_t index)
{
    GElf_Shdr header;
    if (!section_header(image, index, &header) || header.sh_type != SHT_STRTAB ||
        (header.sh_flags & SHF_COMPRESSED))
        return (struct string_table){0};
    const uint8_t *data = file_range(image, header.sh_offset, header.sh_size);
    return (struct string_table){(const char *)data, data ? header.sh_size : 0};
}
