/*
 * file.c: files as memory, and reading from them with every offset checked.
 *
 * The whole file is mapped. An object file is mapped privately and writable, since its relocations
 * are applied in place. A file that gets shorter while it is mapped ends the program (guard.h); one
 * that is written otherwise is found out when it is done with.
 */
#include "load/elf_file.h"

#include "base/guard.h"
#include "base/memory.h"

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
    if (data == MAP_FAILED && errno == ENOMEM)
        out_of_memory();
    if (data == MAP_FAILED)
        return error_create("%s: cannot be mapped: %s", path, strerror(errno));
    guard_add(data, (size_t)status.st_size, path);
    *ret = (struct mapping){.data = data,
                            .bytes = (size_t)status.st_size,
                            .state = file_state_of(&status),
                            .is_mapped = true};
    return NULL;
}

struct error *map_file(const char *path, bool writable, struct mapping *ret)
{
    // O_NONBLOCK: opening a fifo must not wait for a writer.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
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

void note_change(struct program *program, const struct file_state *before, const char *path)
{
    if (!program->changed_file && file_state_compare(before, path) == FILE_CHANGED)
        program->changed_file = arena_strdup(&program->arena, path);
}

const uint8_t *file_range(const struct image *image, uint64_t offset, uint64_t bytes)
{
    if (offset > image->file_bytes || bytes > image->file_bytes - offset)
        return NULL;
    return image->file + offset;
}

struct string_table string_table_make(const void *data, uint64_t bytes)
{
    const char *end = data && bytes ? memrchr(data, 0, bytes) : NULL;
    if (!end)
        return (struct string_table){0};
    return (struct string_table){data, (uint64_t)(end - (const char *)data) + 1};
}

const char *string_at(const struct string_table *table, uint64_t offset)
{
    return offset < table->bytes ? table->data + offset : "";
}

const char *take_name(struct loader *loader, struct image *image, const struct string_table *table,
                      uint64_t offset)
{
    struct load_state *load = image->load;
    const char *name = string_at(table, offset);
    size_t length = strnlen(name, load->name_budget);
    if (length < load->name_budget) {
        load->name_budget -= length;
        return name;
    }
    load->name_budget = 0;
    if (!load->has_lost_names)
        diagnose(
            &loader->program->diagnostics, image->path,
            "its names overlap and would take more than %d times the file; the rest of them is "
            "left out",
            NAMES_PER_BYTE);
    load->has_lost_names = true;
    return NULL;
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
    return string_table_make(data, header.sh_size);
}
