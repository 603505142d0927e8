/*
 * load.c: the stage as a whole: the file, its debug information, the libraries, the functions.
 */
#include "load/load.h"

#include "base/memory.h"
#include "load/demangle.h"
#include "load/elf_file.h"

#include <stdlib.h>
#include <string.h>

static bool is_object_file(const uint8_t *data, size_t bytes)
{
    return bytes > 17 && data[EI_DATA] == ELFDATA2LSB && data[16] == ET_REL && data[17] == 0;
}

/** Object files are relocated in place and need memory of their own. */
static struct error *map_for_loading(const char *path, struct mapping *ret)
{
    struct error *error = map_file(path, false, ret);
    if (error || !is_object_file(ret->data, ret->bytes))
        return error;
    unmap_file(ret);
    return map_file(path, true, ret);
}

static struct error *load_mapping(struct program *program, const char *path, struct mapping mapping,
                                  const struct load_options *options)
{
    struct loader loader = {.program = program, .options = options};
    struct image *image;
    elf_version(EV_CURRENT);
    program->demangle = demangle;
    program->symbol_crate = symbol_crate;
    struct error *error = image_load(&loader, path, mapping, &image);
    if (error)
        return error;
    program->images = arena_alloc(&program->arena, sizeof *program->images);
    program->images[0] = image;
    program->image_count = 1;
    image_load_debug(program, image, options);
    load_libraries(&loader);
    find_functions(&loader);
    bind_symbols(&loader);
    return NULL;
}

static struct error *changed(const char *path)
{
    return error_create("%s: changed while it was read", path);
}

struct error *program_load(struct program *program, const char *path,
                           const struct load_options *options)
{
    struct mapping mapping;
    struct error *error = map_for_loading(path, &mapping);
    if (error)
        return error;
    struct file_state state = mapping.state;
    error = load_mapping(program, path, mapping, options);
    // What seems wrong with it is then of no interest.
    if (!error || file_state_compare(&state, path) != FILE_CHANGED)
        return error;
    error_destroy(error);
    return changed(path);
}

struct error *program_check_files(const struct program *program)
{
    if (program->changed_file)
        return changed(program->changed_file);
    for (uint32_t i = 0; i < program->image_count; i++) {
        const struct image *image = program->images[i];
        if (file_state_compare(&image->file_state, image->path) == FILE_CHANGED)
            return changed(image->path);
    }
    return NULL;
}

struct error *program_load_memory(struct program *program, const char *name, uint8_t *data,
                                  size_t bytes, const struct load_options *options)
{
    struct mapping mapping = {.data = data, .bytes = bytes};
    if (!bytes)
        return error_create("%s: is empty; expected an ELF file", name);
    return load_mapping(program, name, mapping, options);
}

void program_unload(struct program *program)
{
    for (uint32_t i = 0; i < program->image_count; i++) {
        struct load_state *load = program->images[i]->load;
        elf_end(load->elf);
        unmap_file(&load->mapping);
    }
    program_deinit(program);
}
