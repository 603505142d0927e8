/*
 * lines.c: from addresses to source lines.
 *
 * In: a unit's line table (DWARF 5 section 6.2; versions 2 to 5). Out: rows in the unit's records,
 * one sequence for each piece of code without gaps, and names for file numbers.
 *
 * libdw reads line tables too, but sorts the rows of all sequences together: those of functions
 * that the linker dropped (they start at 0) then mix with real ones. Here a sequence counts only if
 * all of it is code. A row that says the same as the one before it is dropped; of rows at one
 * address the last counts. Columns, statement marks, blocks and views are not kept.
 */
#include "load/debug/internal.h"

#include <stdlib.h>

enum { MAX_PATH_BYTES = 4096, MAX_FORMATS = 255 };

struct line_file {
    const char *name;
    uint64_t folder;
    uint32_t id; // the worker's number, NONE until someone asks
};

struct line_table {
    const uint8_t *key; // where it is in memory
    const struct debug_file *file;
    const char *directory; // of the compilation, NULL
    uint8_t version, offset_bytes, address_bytes;
    uint8_t minimum_instruction, line_range, opcode_base;
    int8_t line_base;
    const uint8_t *opcode_lengths; // opcode_base - 1 of them
    struct reader program;
    ARRAY(const char *) folders;
    ARRAY(struct line_file) files;
    size_t path_budget; // bytes that paths may still take
};

/* ---- Header ---------------------------------------------------------------------------------- */

/** Reads the length and returns a reader that ends with the table. */
static struct reader open_table(const struct debug_file *file, uint64_t offset,
                                uint8_t *ret_offset_bytes)
{
    struct reader reader = reader_at(file->sections[DEBUG_LINE], offset);
    uint64_t length = reader_uint(&reader, 4);
    *ret_offset_bytes = 4;
    if (length == 0xffffffff) {
        length = reader_uint(&reader, 8);
        *ret_offset_bytes = 8;
    }
    if (length > reader_left(&reader))
        reader_fail(&reader);
    else
        reader.end = reader.next + length;
    return reader;
}

uint64_t line_table_bytes(const struct debug_file *file, uint64_t offset)
{
    uint8_t offset_bytes;
    struct reader reader = open_table(file, offset, &offset_bytes);
    return reader.failed ? 0 : reader_left(&reader) + 1;
}

static void read_names_2(struct line_table *table, struct reader *reader)
{
    const char *name;
    array_push(&table->folders, table->directory);
    while ((name = reader_string(reader)) && *name)
        array_push(&table->folders, name);
    array_push(&table->files, (struct line_file){.id = NONE}); // numbers begin with 1
    while ((name = reader_string(reader)) && *name) {
        struct line_file file = {.name = name, .id = NONE};
        file.folder = reader_uleb(reader);
        reader_uleb(reader); // time of change
        reader_uleb(reader); // size
        array_push(&table->files, file);
    }
}

/** Reads one string or number of an entry in the DWARF 5 tables. */
static void read_field(const struct line_table *table, struct reader *reader, uint64_t form,
                       const char **ret_text, uint64_t *ret_number)
{
    const struct debug_file *file = table->file;
    switch (form) {
    case DW_FORM_string:
        *ret_text = reader_string(reader);
        break;
    case DW_FORM_line_strp:
        *ret_text = section_string(file->sections[DEBUG_LINE_STR],
                                   reader_uint(reader, table->offset_bytes));
        break;
    case DW_FORM_strp:
        *ret_text =
            section_string(file->sections[DEBUG_STR], reader_uint(reader, table->offset_bytes));
        break;
    case DW_FORM_udata:
        *ret_number = reader_uleb(reader);
        break;
    case DW_FORM_data1:
        *ret_number = reader_uint(reader, 1);
        break;
    case DW_FORM_data2:
        *ret_number = reader_uint(reader, 2);
        break;
    case DW_FORM_data4:
        *ret_number = reader_uint(reader, 4);
        break;
    case DW_FORM_data8:
        *ret_number = reader_uint(reader, 8);
        break;
    case DW_FORM_data16:
        reader_skip(reader, 16);
        break;
    case DW_FORM_block:
        reader_skip(reader, reader_uleb(reader));
        break;
    default:
        reader_fail(reader);
    }
}

/** Reads a DWARF 5 table of folders or files: a description of its fields, then the entries. */
static void read_names_5(struct line_table *table, struct reader *reader, bool are_files)
{
    uint64_t types[MAX_FORMATS], forms[MAX_FORMATS];
    unsigned fields = (unsigned)reader_uint(reader, 1);
    for (unsigned i = 0; i < fields; i++) {
        types[i] = reader_uleb(reader);
        forms[i] = reader_uleb(reader);
    }
    uint64_t count = reader_uleb(reader);
    if (fields == 0)
        count = 0;
    for (uint64_t i = 0; i < count && !reader->failed; i++) {
        struct line_file file = {.id = NONE};
        for (unsigned j = 0; j < fields; j++) {
            const char *text = NULL;
            uint64_t number = 0;
            read_field(table, reader, forms[j], &text, &number);
            if (types[j] == DW_LNCT_path)
                file.name = text;
            else if (types[j] == DW_LNCT_directory_index)
                file.folder = number;
        }
        if (reader->failed)
            break;
        if (are_files)
            array_push(&table->files, file);
        else
            array_push(&table->folders, file.name);
    }
}

static bool read_header(struct line_table *table, struct reader *reader)
{
    table->version = (uint8_t)reader_uint(reader, 2);
    if (table->version < 2 || table->version > 5)
        return false;
    if (table->version == 5) {
        table->address_bytes = (uint8_t)reader_uint(reader, 1);
        reader_skip(reader, 1); // segment selectors
    }
    uint64_t header_bytes = reader_uint(reader, table->offset_bytes);
    table->program = *reader;
    reader_skip(&table->program, header_bytes);
    table->minimum_instruction = (uint8_t)reader_uint(reader, 1);
    if (table->version >= 4)
        reader_skip(reader, 1); // operations per instruction, of VLIW machines
    reader_skip(reader, 1);     // whether rows are statements
    table->line_base = (int8_t)reader_uint(reader, 1);
    table->line_range = (uint8_t)reader_uint(reader, 1);
    table->opcode_base = (uint8_t)reader_uint(reader, 1);
    table->opcode_lengths = reader->next;
    if (reader->failed || table->opcode_base == 0 || table->line_range == 0)
        return false;
    reader_skip(reader, table->opcode_base - 1u);
    return !reader->failed && !table->program.failed;
}

static void table_free(struct line_table *table)
{
    if (!table)
        return;
    array_deinit(&table->folders);
    array_deinit(&table->files);
    free(table);
}

void line_tables_free(struct worker *worker)
{
    for (int i = 0; i < LINE_TABLES; i++) {
        table_free(worker->line_tables[i]);
        worker->line_tables[i] = NULL;
    }
}

static struct line_table *read_table(struct worker *worker, const struct unit *unit)
{
    // Units that take turns with one table each, or call it from folders of their own, make it be
    // read again and again.
    uint64_t bytes = line_table_bytes(unit->base, unit->line_offset);
    if (bytes > worker->table_budget)
        return NULL;
    worker->table_budget -= bytes;
    struct line_table *table = xcalloc(1, sizeof *table);
    table->file = unit->base;
    table->directory = unit->directory;
    table->address_bytes = unit->address_bytes;
    struct reader reader = open_table(unit->base, unit->line_offset, &table->offset_bytes);
    table->path_budget = reader_left(&reader) * 64 + (64 << 10);
    if (!read_header(table, &reader)) {
        table_free(table);
        return NULL;
    }
    // The names end where the program begins.
    reader.end = table->program.next > reader.next ? table->program.next : reader.next;
    if (table->version < 5) {
        read_names_2(table, &reader);
    } else {
        read_names_5(table, &reader, false);
        read_names_5(table, &reader, true);
    }
    return table;
}

/** Returns the unit's table from the worker's cache; NULL if it has none that can be read. */
static struct line_table *table_of(struct worker *worker, const struct unit *unit)
{
    struct bytes section = unit->base->sections[DEBUG_LINE];
    if (unit->line_offset == NO_OFFSET || unit->line_offset >= section.bytes)
        return NULL;
    const uint8_t *key = section.data + unit->line_offset;
    struct line_table **slot = &worker->line_tables[(uintptr_t)key / 16 % LINE_TABLES];
    if (*slot && (*slot)->key == key && (*slot)->directory == unit->directory)
        return *slot;
    struct line_table *table = read_table(worker, unit);
    if (!table)
        return NULL;
    table->key = key;
    table_free(*slot);
    return *slot = table;
}

/* ---- Files ----------------------------------------------------------------------------------- */

struct path {
    char data[MAX_PATH_BYTES];
    size_t length;
};

/** Appends a relative or absolute path to a folder; an absolute one replaces it. */
static void path_add(struct path *path, const char *name)
{
    if (!name)
        return;
    if (*name == '/')
        path->length = 0;
    size_t length = strnlen(name, MAX_PATH_BYTES);
    bool needs_slash = path->length > 0 && path->data[path->length - 1] != '/';
    if (path->length + needs_slash + length >= MAX_PATH_BYTES)
        return;
    if (needs_slash)
        path->data[path->length++] = '/';
    memcpy(path->data + path->length, name, length);
    path->length += length;
}

/** Takes out empty parts and dots; leaves "..", which may lead through a link. */
static void path_clean(struct path *path)
{
    size_t to = 0;
    for (size_t from = 0; from < path->length;) {
        bool at_start = to == 0 || path->data[to - 1] == '/';
        bool is_dot = at_start && from + 1 < path->length && path->data[from] == '.' &&
                      path->data[from + 1] == '/';
        bool is_double = path->data[from] == '/' && to > 0 && at_start;
        if (is_dot) {
            from += 2;
        } else if (is_double) {
            from++;
        } else {
            path->data[to++] = path->data[from++];
        }
    }
    path->length = to;
    path->data[to] = 0;
}

static uint32_t number_file(struct worker *worker, const char *name)
{
    uint32_t id = string_map_get(&worker->file_ids, name);
    if (id != MAP_NONE)
        return id;
    const char *copy = arena_strdup(&worker->arena, name);
    id = (uint32_t)worker->files.count;
    array_push(&worker->files, copy);
    string_map_set(&worker->file_ids, copy, id);
    return id;
}

static uint32_t file_number(struct worker *worker, struct line_table *table, uint64_t index)
{
    if (index >= table->files.count || !table->files.data[index].name)
        return UINT32_MAX;
    struct line_file *file = &table->files.data[index];
    if (file->id != NONE)
        return file->id;
    struct path path = {.length = 0};
    path_add(&path, table->directory);
    if (file->folder < table->folders.count)
        path_add(&path, table->folders.data[file->folder]);
    path_add(&path, file->name);
    path_clean(&path);
    if (path.length > table->path_budget)
        return UINT32_MAX;
    table->path_budget -= path.length;
    return file->id = number_file(worker, path.data);
}

uint32_t line_file(struct worker *worker, const struct unit *unit, uint64_t index)
{
    struct line_table *table = table_of(worker, unit);
    if (!table || (index == 0 && table->version < 5))
        return UINT32_MAX;
    return file_number(worker, table, index);
}

/* ---- The program that makes the rows --------------------------------------------------------- */

struct state {
    struct worker *worker;
    struct line_table *table;
    struct unit_records *records;
    uint64_t address, file, line;
    size_t first;   // row of the present sequence
    uint64_t start; // its address
    bool is_started;
    uint64_t last_file; // of the row before, to number it only once
    uint32_t last_number;
};

static void begin_sequence(struct state *state)
{
    state->address = 0;
    state->file = 1;
    state->line = 1;
    state->first = state->records->lines.count;
    state->is_started = false;
}

static void add_row(struct state *state)
{
    struct unit_records *records = state->records;
    if (state->file != state->last_file) {
        state->last_file = state->file;
        state->last_number = state->table->version < 5 && state->file == 0
                                 ? UINT32_MAX
                                 : file_number(state->worker, state->table, state->file);
    }
    struct debug_line row = {.address = state->address,
                             .file = state->last_number,
                             .line = state->line <= UINT32_MAX ? (uint32_t)state->line : 0};
    if (!state->is_started) {
        state->start = state->address;
        state->is_started = true;
    }
    struct debug_line *last =
        records->lines.count > state->first ? &records->lines.data[records->lines.count - 1] : NULL;
    if (last && row.address < last->address)
        return; // rows may not go back
    if (last && row.address == last->address) {
        // The row covers nothing after all.
        records->lines.count--;
        last = records->lines.count > state->first ? last - 1 : NULL;
    }
    if (!last || last->file != row.file || last->line != row.line)
        array_push(&records->lines, row);
}

static void end_sequence(struct state *state)
{
    struct unit_records *records = state->records;
    // A row at the end, or behind an end that goes back, covers nothing.
    while (records->lines.count > state->first &&
           records->lines.data[records->lines.count - 1].address >= state->address)
        records->lines.count--;
    bool is_code =
        state->is_started && state->address > state->start &&
        session_has_code(state->worker->session, state->start, state->address - state->start);
    if (is_code && records->lines.count > state->first)
        array_push(&records->sequences,
                   (struct sequence){.address = state->start,
                                     .end = state->address,
                                     .first = state->first,
                                     .count = records->lines.count - state->first});
    else
        records->lines.count = state->first;
    begin_sequence(state);
}

static void run_extended(struct state *state, struct reader *reader)
{
    uint64_t length = reader_uleb(reader);
    if (length == 0 || length > reader_left(reader)) {
        reader_fail(reader);
        return;
    }
    struct reader operands = {.next = reader->next, .end = reader->next + length};
    reader_skip(reader, length);
    switch (reader_uint(&operands, 1)) {
    case DW_LNE_end_sequence:
        end_sequence(state);
        break;
    case DW_LNE_set_address:
        state->address = reader_uint(&operands, (unsigned)(length - 1 > 8 ? 8 : length - 1));
        break;
    }
}

static void run_standard(struct state *state, struct reader *reader, unsigned opcode)
{
    const struct line_table *table = state->table;
    switch (opcode) {
    case DW_LNS_copy:
        add_row(state);
        break;
    case DW_LNS_advance_pc:
        state->address += reader_uleb(reader) * table->minimum_instruction;
        break;
    case DW_LNS_advance_line:
        state->line += (uint64_t)reader_sleb(reader);
        break;
    case DW_LNS_set_file:
        state->file = reader_uleb(reader);
        break;
    case DW_LNS_const_add_pc:
        state->address +=
            (uint64_t)((255 - table->opcode_base) / table->line_range) * table->minimum_instruction;
        break;
    case DW_LNS_fixed_advance_pc:
        state->address += reader_uint(reader, 2);
        break;
    default: // of no interest, or unknown: skip its operands
        for (unsigned i = 0; i < table->opcode_lengths[opcode - 1]; i++)
            reader_uleb(reader);
    }
}

static void run_program(struct state *state)
{
    const struct line_table *table = state->table;
    struct reader reader = table->program;
    begin_sequence(state);
    while (!reader.failed && reader.next < reader.end) {
        unsigned opcode = (unsigned)reader_uint(&reader, 1);
        if (opcode >= table->opcode_base) {
            unsigned special = opcode - table->opcode_base;
            state->address += (uint64_t)(special / table->line_range) * table->minimum_instruction;
            state->line += (uint64_t)(table->line_base + (int)(special % table->line_range));
            add_row(state);
        } else if (opcode == 0) {
            run_extended(state, &reader);
        } else {
            run_standard(state, &reader, opcode);
        }
    }
    state->records->lines.count = state->first; // rows of a sequence that does not end
}

void lines_read(struct worker *worker, struct unit *unit)
{
    struct state state = {.worker = worker,
                          .table = table_of(worker, unit),
                          .records = &unit->records,
                          .last_file = UINT64_MAX,
                          .last_number = UINT32_MAX};
    if (state.table)
        run_program(&state);
}
