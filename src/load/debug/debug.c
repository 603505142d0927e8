/*
 * debug.c: the debug information of an image as plain data.
 *
 * In: an image. Out: image->debug. The steps are in image_load_debug(), in order; what each reads
 * and leaves is in internal.h. Units are spread over the program's workers. A unit that
 * cannot be read costs that unit and leaves one diagnostic.
 *
 * Left out: locals, types of Rust beyond names, sizes and trait objects, macros, location lists,
 * call sites.
 */
#include "base/threads.h"
#include "load/debug/find.h"
#include "load/debug/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SMALL_BYTES = 256 << 10 }; // less is not worth a second thread

/* ---- Code ------------------------------------------------------------------------------------ */

static void find_code(struct session *session)
{
    const struct image *image = session->image;
    for (uint32_t i = 0; i < image->placed_count; i++) {
        const struct section *section = &image->sections[i];
        if (!section->is_executable)
            continue;
        struct range *last =
            session->code.count ? &session->code.data[session->code.count - 1] : NULL;
        if (last && last->address + last->bytes == section->address)
            last->bytes += section->bytes;
        else
            array_push(&session->code, (struct range){section->address, section->bytes});
    }
    // Functions that the linker dropped are at 0 too, so 0 needs a witness.
    for (uint32_t i = 0; i < image->symbol_count && image->symbols[i].is_defined; i++) {
        if (image->symbols[i].address != 0)
            break;
        session->code_at_zero |= image->symbols[i].type == SYMBOL_FUNCTION;
    }
}

bool session_has_code(const struct session *session, uint64_t address, uint64_t bytes)
{
    size_t low = 0, high = session->code.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (session->code.data[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || (address == 0 && !session->code_at_zero))
        return false;
    const struct range *range = &session->code.data[low - 1];
    uint64_t offset = address - range->address;
    return offset < range->bytes && bytes <= range->bytes - offset;
}

/* ---- Files ----------------------------------------------------------------------------------- */

static void complain(struct session *session, const char *path, struct error *error)
{
    diagnose(&session->program->diagnostics, path, "%s; its debug information is left out",
             error->message);
    error_destroy(error);
}

static bool has_own(const struct image *image)
{
    for (uint32_t i = 0; i < image->section_count; i++) {
        const struct section *section = &image->sections[i];
        if (section->data && section->bytes &&
            (strcmp(section->name, ".debug_info") == 0 ||
             strcmp(section->name, ".zdebug_info") == 0))
            return true;
    }
    return false;
}

/** Whether the user named a file for this image; says so if it is of no use. */
static bool was_given(struct session *session)
{
    const struct image *image = session->image;
    const char *path = session->options ? session->options->debug_file : NULL;
    if (!path || image->load->loaded_by != NONE)
        return false;
    switch (debug_match_file(image, path)) {
    case DEBUG_MATCH:
        return true;
    case DEBUG_MISMATCH:
        diagnose(&session->program->diagnostics, path,
                 "belongs to another build than %s (their build-ids differ) and is left out",
                 image->path);
        return false;
    case DEBUG_MATCH_NO_FILE:
        diagnose(&session->program->diagnostics, path, "cannot be read as an ELF file");
        return false;
    }
    return false;
}

static void open_file(struct session *session, const char *path, enum debug_file_role role)
{
    struct error *error = debug_file_open(path, role, &session->files[role]);
    if (error)
        complain(session, path, error);
}

static void open_main(struct session *session)
{
    struct image *image = session->image;
    bool is_own = !was_given(session) && has_own(image);
    if (is_own) {
        struct error *error = debug_file_wrap(image->path, image->file, image->file_bytes,
                                              DEBUG_FILE_MAIN, &session->files[DEBUG_FILE_MAIN]);
        if (error)
            complain(session, image->path, error);
    } else {
        char *path = NULL;
        if (debug_find_file(image, session->options, &path))
            open_file(session, path, DEBUG_FILE_MAIN);
        free(path);
    }
    const struct debug_file *file = session->files[DEBUG_FILE_MAIN];
    if (file)
        image->debug_path = arena_strdup(&session->program->arena, file->path);
}

static char *hexadecimal(struct bytes bytes)
{
    char *text = xcalloc(bytes.bytes * 2 + 1, 1);
    for (size_t i = 0; i < bytes.bytes; i++)
        sprintf(text + 2 * i, "%02x", bytes.data[i]);
    return text;
}

/** Reads the name and the build-id of the file that dwz moved common parts to. */
static bool read_link(const struct debug_file *file, const char **ret_name, struct bytes *ret_id)
{
    struct reader reader = reader_at(file->alt_link, 0);
    if (file->supplement.data) {
        reader = reader_at(file->supplement, 0);
        uint64_t version = reader_uint(&reader, 2), is_supplement = reader_uint(&reader, 1);
        *ret_name = reader_string(&reader);
        uint64_t bytes = reader_uleb(&reader);
        if (version != 5 || is_supplement || bytes > reader_left(&reader))
            return false;
        reader.end = reader.next + bytes;
    } else {
        *ret_name = reader_string(&reader);
    }
    *ret_id = (struct bytes){reader.next, reader_left(&reader)};
    return !reader.failed && *ret_name && ret_id->bytes <= 64;
}

static void open_alt(struct session *session)
{
    const struct debug_file *file = session->files[DEBUG_FILE_MAIN];
    const char *name;
    struct bytes id_bytes;
    if (!read_link(file, &name, &id_bytes))
        return;
    char *id = hexadecimal(id_bytes);
    char *path = debug_find_supplement(session->options, file->path, name, id);
    if (path)
        open_file(session, path, DEBUG_FILE_ALT);
    else
        diagnose(&session->program->diagnostics, file->path,
                 "parts of the debug information are in %s, which was not found", name);
    free(path);
    free(id);
}

static void open_package(struct session *session)
{
    const char *places[] = {session->image->path, session->files[DEBUG_FILE_MAIN]->path};
    for (int i = 0; i < 2 && !session->files[DEBUG_FILE_PACKAGE]; i++) {
        char *path = arena_printf(&session->program->arena, "%s.dwp", places[i]);
        if (access(path, R_OK) == 0)
            open_file(session, path, DEBUG_FILE_PACKAGE);
    }
}

/* ---- Units ----------------------------------------------------------------------------------- */

static void scan_file(struct session *session, enum debug_file_role role)
{
    const char *problem;
    if (!session->files[role])
        return;
    units_scan(session->files[role], &session->list, &problem);
    if (problem)
        diagnose(&session->program->diagnostics, session->files[role]->path, "%s", problem);
}

static void scan_files(struct session *session)
{
    scan_file(session, DEBUG_FILE_MAIN);
    scan_file(session, DEBUG_FILE_ALT);
    session->package_first = session->list.units.count;
    if (session->files[DEBUG_FILE_PACKAGE])
        package_read(session);
    units_complete(&session->list);
}

static bool has_code(const struct unit *unit)
{
    return unit->file->role == DEBUG_FILE_MAIN &&
           (unit->type == DW_UT_compile || unit->type == DW_UT_skeleton);
}

/**
 * Gives each line table to the first unit that names it. Malformed units can name many tables that
 * overlap, so tables are read only up to twice the size of their section.
 */
static void share_line_tables(struct session *session)
{
    const struct debug_file *file = session->files[DEBUG_FILE_MAIN];
    uint64_t budget = 2 * file->sections[DEBUG_LINE].bytes;
    struct int_map owners;
    int_map_init(&owners);
    for (size_t i = 0; i < session->list.units.count; i++) {
        struct unit *unit = &session->list.units.data[i];
        if (!has_code(unit) || unit->is_closed || unit->line_offset == NO_OFFSET ||
            int_map_get(&owners, unit->line_offset) != MAP_NONE)
            continue;
        int_map_set(&owners, unit->line_offset, (uint32_t)i);
        uint64_t bytes = line_table_bytes(file, unit->line_offset);
        if (bytes == 0 || bytes > budget) {
            diagnose(&session->program->diagnostics, file->path,
                     "the line table of unit %s cannot be read", unit->name ? unit->name : "?");
            continue;
        }
        budget -= bytes;
        unit->owns_lines = true;
    }
    int_map_deinit(&owners);
}

static void read_roots(void *context, unsigned worker, size_t begin, size_t end)
{
    struct session *session = context;
    for (size_t i = begin; i < end; i++)
        unit_read_root(&session->workers[worker], &session->list.units.data[i]);
}

/** The halves of split units in a package are walked when their skeletons are finished. */
static bool is_packaged_code(const struct unit *unit)
{
    return unit->file->role == DEBUG_FILE_PACKAGE && !unit->in_types &&
           unit->type != DW_UT_split_type;
}

static void walk_units(void *context, unsigned worker, size_t begin, size_t end)
{
    struct session *session = context;
    for (size_t i = begin; i < end; i++) {
        struct unit *unit = &session->list.units.data[i];
        if (!is_packaged_code(unit) && worker_begin(&session->workers[worker], unit))
            unit_walk(&session->workers[worker], unit);
    }
}

static void finish_units(void *context, unsigned index, size_t begin, size_t end)
{
    struct session *session = context;
    struct worker *worker = &session->workers[index];
    for (size_t i = begin; i < end; i++) {
        struct unit *unit = &session->list.units.data[i];
        // What was read of a malformed unit is still finished.
        if (!worker_begin(worker, unit))
            continue;
        if (!has_code(unit)) {
            // Types alone: units of types, and parts that units share.
            if (!is_packaged_code(unit)) {
                names_reset(worker, (size_t)(unit->end - unit->start));
                types_finish(worker, unit);
                layouts_finish(worker, unit);
            }
            continue;
        }
        unit->worker = index;
        if (!split_read(worker, unit))
            unit_finish(worker, unit);
        if (!worker->attribute_budget && !unit->problem)
            unit->problem = TOO_MANY_ATTRIBUTES;
        if (unit->owns_lines)
            lines_read(worker, unit);
    }
}

/* ---- All of it ------------------------------------------------------------------------------- */

static void start_workers(struct session *session)
{
    bool is_small = session->files[DEBUG_FILE_MAIN]->sections[DEBUG_INFO].bytes < SMALL_BYTES &&
                    !session->files[DEBUG_FILE_PACKAGE];
    session->worker_count = is_small || !session->program->workers ? 1 : session->program->workers;
    session->workers = xcalloc(session->worker_count, sizeof *session->workers);
    for (unsigned i = 0; i < session->worker_count; i++)
        worker_init(&session->workers[i], session, i);
}

static void read_units(struct session *session)
{
    size_t count = session->list.units.count;
    parallel_for(session->worker_count, count, 16, read_roots, session);
    package_join(session);
    share_line_tables(session);
    parallel_for(session->worker_count, count, 1, walk_units, session);
    parallel_for(session->worker_count, count, 1, finish_units, session);
}

static void report_problems(struct session *session)
{
    for (size_t i = 0; i < session->list.units.count; i++) {
        const struct unit *unit = &session->list.units.data[i];
        if (unit->problem)
            diagnose(&session->program->diagnostics, unit->file->path,
                     "debug information of unit %zu (%s) %s", i, unit->name ? unit->name : "?",
                     unit->problem);
    }
    for (unsigned i = 0; i < session->worker_count && !session->program->changed_file; i++)
        session->program->changed_file = session->workers[i].changed_split;
    const struct worker *first = NULL;
    uint32_t missing = 0;
    for (unsigned i = 0; i < session->worker_count; i++) {
        const struct worker *worker = &session->workers[i];
        missing += worker->missing_split;
        if (worker->missing_split && (!first || worker->missing_number < first->missing_number))
            first = worker;
    }
    if (first)
        diagnose(&session->program->diagnostics, session->image->path,
                 "the debug information of %u unit%s is in files that were not found, such as %s",
                 missing, missing == 1 ? "" : "s", first->missing_name);
}

static void session_deinit(struct session *session)
{
    for (unsigned i = 0; i < session->worker_count; i++)
        worker_deinit(&session->workers[i]);
    free(session->workers);
    units_deinit(&session->list);
    array_deinit(&session->code);
    for (int role = 0; role < DEBUG_FILE_ROLES; role++) {
        const struct debug_file *file = session->files[role];
        if (file)
            note_change(session->program, &file->mapping.state, file->path);
        debug_file_close(session->files[role]);
    }
}

void image_load_debug(struct program *program, struct image *image,
                      const struct load_options *options)
{
    struct session session = {.program = program, .image = image, .options = options};
    if (image->debug)
        return;
    open_main(&session);
    if (session.files[DEBUG_FILE_MAIN]) {
        open_alt(&session);
        open_package(&session);
        find_code(&session);
        scan_files(&session);
        start_workers(&session);
        read_units(&session);
        report_problems(&session);
        image->debug = debug_merge(&session);
    }
    session_deinit(&session);
    // Symbols may be from a file that was of no use when it was opened again.
    const struct load_state *load = image->load;
    if (load->symbol_file)
        note_change(program, &load->symbol_file_state, load->symbol_file);
}
