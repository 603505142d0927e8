/*
 * globals_table.c: owners of bytes and the segments they lie in, as rows. Owners are sorted by
 * address, so those of one segment stand together and their sizes, in order, sum to its own.
 */
#include "report/global/globals_table.h"

#include "program/debug.h"
#include "report/format/names.h"
#include "report/shared/file.h"
#include "report/shared/function.h"
#include "report/shared/place.h"

static struct owner *owner_at(struct report *report, uint32_t row)
{
    return &report->facts->owners[row];
}

static const struct image *image_of(const struct report *report)
{
    return report->program->images[0];
}

static const struct debug_variable *variable_of(struct report *report, uint32_t row)
{
    const struct debug_info *debug = image_of(report)->debug;
    uint32_t variable = owner_at(report, row)->variable;
    return debug && variable < debug->variable_count ? &debug->variables[variable] : NULL;
}

const char *memory_name(unsigned memory)
{
    static const char *const names[] = {
        [MEMORY_CODE] = "code",       [MEMORY_READ_ONLY] = "read_only",
        [MEMORY_RELRO] = "relro",     [MEMORY_DATA] = "data",
        [MEMORY_BSS] = "bss",         [MEMORY_TLS_DATA] = "tls_data",
        [MEMORY_TLS_BSS] = "tls_bss",
    };
    return memory < MEMORY_COUNT ? names[memory] : NULL;
}

const char *owner_kind_name(unsigned kind)
{
    static const char *const names[] = {
        [OWNER_FUNCTION] = "function",
        [OWNER_STATIC] = "static",
        [OWNER_CONSTANT] = "constant",
        [OWNER_ANONYMOUS] = "anonymous",
        [OWNER_STRING] = "string",
        [OWNER_VTABLE] = "vtable",
        [OWNER_TYPE_INFO] = "type_info",
        [OWNER_JUMP_TABLE] = "jump_table",
        [OWNER_TLS_TEMPLATE] = "tls_template",
        [OWNER_PLT] = "plt",
        [OWNER_GOT] = "got",
        [OWNER_FUNCTION_LIST] = "function_list",
        [OWNER_UNWIND] = "unwind",
        [OWNER_RELOCATIONS] = "relocations",
        [OWNER_DYNAMIC] = "dynamic",
        [OWNER_HEADERS] = "headers",
        [OWNER_NOTE] = "note",
        [OWNER_DEAD] = "dead",
        [OWNER_SECTION] = "section",
        [OWNER_PADDING] = "padding",
        [OWNER_UNKNOWN] = "unknown",
    };
    return kind < OWNER_KIND_COUNT ? names[kind] : NULL;
}

/* ---- Owners ---------------------------------------------------------------------------------- */

static bool is_thread_local(const struct owner *owner)
{
    return owner->memory == MEMORY_TLS_DATA || owner->memory == MEMORY_TLS_BSS;
}

static struct cell get_name(struct report *report, uint32_t row)
{
    return cell_text(program_owner_name(report->program, owner_at(report, row)));
}

/* Adds the first bytes of a string literal as a C programmer would write them. */
static void add_quoted(struct text *text, const uint8_t *bytes, uint64_t count)
{
    enum { SHOWN = 60 };
    static const char escapes[] = "\n\\n\t\\t\r\\r\"\\\"\\\\\\";
    text_add(text, "\"");
    for (uint64_t i = 0; i < count && i < SHOWN; i++) {
        const char *escape = NULL;
        for (unsigned e = 0; e + 2 < sizeof escapes; e += 3)
            if (escapes[e] == (char)bytes[i])
                escape = &escapes[e + 1];
        if (escape)
            text_add_bytes(text, escape, 2);
        else if (bytes[i])
            text_add_bytes(text, (const char *)&bytes[i], 1);
        else if (i + 1 < count)
            text_add(text, "\\0");
    }
    text_add(text, count > SHOWN ? "…\"" : "\"");
}

/* What has no name of its own: a string is shown, for others their user helps, or the address. */
static struct cell get_name_text(struct report *report, uint32_t row)
{
    struct owner *owner = owner_at(report, row);
    const char *name = program_owner_name(report->program, owner);
    bool is_nameless = !owner->linkage_name && owner->variable == NONE;
    const uint8_t *bytes = is_nameless && owner->kind == OWNER_STRING
                               ? image_bytes(image_of(report), owner->address, owner->bytes)
                               : NULL;
    struct text text = {0};
    if (bytes)
        add_quoted(&text, bytes, owner->bytes);
    else
        text_add(&text, name);
    if (is_nameless && !bytes && owner->user_count) {
        uint32_t user = report->facts->owner_users[owner->first_user];
        text_add(&text, " of ");
        text_add_last_parts(&text, program_function_name(report->program, user));
    } else if (owner->kind == OWNER_ANONYMOUS && is_nameless && image_of(report)->is_placed) {
        text_addf(&text, " at 0x%llx", (unsigned long long)owner->address);
    }
    return cell_text(text_keep(&text, &report->arena));
}

static struct cell get_linkage_name(struct report *report, uint32_t row)
{
    return cell_text(owner_at(report, row)->linkage_name);
}

static struct cell get_address(struct report *report, uint32_t row)
{
    const struct owner *owner = owner_at(report, row);
    if (is_thread_local(owner))
        return cell_number(owner->address);
    return cell_number(shown_address(report, image_of(report), owner->address));
}

static struct cell get_bytes(struct report *report, uint32_t row)
{
    return cell_number(owner_at(report, row)->bytes);
}

static struct cell get_section(struct report *report, uint32_t row)
{
    uint32_t section = owner_at(report, row)->image_section;
    const struct image *image = image_of(report);
    return cell_text(section < image->section_count ? image->sections[section].name : NULL);
}

static struct cell get_memory(struct report *report, uint32_t row)
{
    return cell_text(memory_name(owner_at(report, row)->memory));
}

static struct cell get_is_writable(struct report *report, uint32_t row)
{
    return cell_bool(owner_at(report, row)->is_writable);
}

static struct cell get_kind(struct report *report, uint32_t row)
{
    return cell_text(owner_kind_name(owner_at(report, row)->kind));
}

static struct cell get_unit(struct report *report, uint32_t row)
{
    const struct debug_info *debug = image_of(report)->debug;
    const struct debug_variable *variable = variable_of(report, row);
    uint32_t function = owner_at(report, row)->function;
    uint32_t unit = NONE;
    if (variable) {
        unit = variable->unit;
    } else if (debug && function != NONE) {
        uint32_t index = report->program->functions[function].debug_function;
        unit = index < debug->function_count ? debug->functions[index].unit : NONE;
    }
    return cell_text(debug && unit < debug->unit_count ? debug->units[unit].name : NULL);
}

static struct cell get_crate(struct report *report, uint32_t row)
{
    return cell_text(owner_at(report, row)->crate);
}

static struct place place_of_owner(struct report *report, uint32_t row)
{
    const struct debug_variable *variable = variable_of(report, row);
    const struct owner *owner = owner_at(report, row);
    if (variable) {
        const struct debug_info *debug = image_of(report)->debug;
        const char *file = variable->file < debug->file_count ? debug->files[variable->file] : NULL;
        return (struct place){file, variable->line};
    }
    if (owner->kind == OWNER_FUNCTION && owner->function != NONE)
        return place_of_function(report->program, owner->function);
    return (struct place){NULL, 0};
}

static struct cell get_file(struct report *report, uint32_t row)
{
    return cell_file(place_of_owner(report, row));
}

static struct cell get_line(struct report *report, uint32_t row)
{
    return cell_line(place_of_owner(report, row));
}

static struct cell get_place(struct report *report, uint32_t row)
{
    return cell_text(place_text(report, place_of_owner(report, row)));
}

static struct cell get_type(struct report *report, uint32_t row)
{
    return cell_text(owner_at(report, row)->type);
}

static struct cell get_used_by(struct report *report, uint32_t row)
{
    const struct owner *owner = owner_at(report, row);
    size_t begin = list_begin(report);
    for (uint32_t i = 0; i < owner->user_count; i++)
        list_add(report, report->facts->owner_users[owner->first_user + i]);
    return cell_list(report, begin);
}

static struct cell get_zero_bytes(struct report *report, uint32_t row)
{
    return cell_signed(owner_at(report, row)->zero_bytes);
}

/* Of what the file holds, if it is worth a look. */
static struct cell get_zeroes_text(struct report *report, uint32_t row)
{
    enum { WORTH_SAYING = 64 };
    const struct owner *owner = owner_at(report, row);
    bool is_in_file = owner->memory != MEMORY_BSS && owner->memory != MEMORY_TLS_BSS;
    bool is_said = is_in_file && owner->zero_bytes >= WORTH_SAYING;
    return is_said ? cell_number((uint64_t)owner->zero_bytes) : cell_text("");
}

static struct cell get_initializer(struct report *report, uint32_t row)
{
    uint32_t function = owner_at(report, row)->initializer;
    if (function == NONE)
        return cell_null();
    return cell_text(program_function_name(report->program, function));
}

static struct cell get_references(struct report *report, uint32_t row)
{
    return cell_number(owner_at(report, row)->references);
}

static struct cell get_origin(struct report *report, uint32_t row)
{
    return cell_text(origin_name(owner_at(report, row)->origin));
}

static struct cell get_aliases(struct report *report, uint32_t row)
{
    const struct owner *owner = owner_at(report, row);
    bool is_function = owner->kind == OWNER_FUNCTION;
    if (is_thread_local(owner) || owner->symbol == NONE)
        return cell_list(report, list_begin(report));
    return alias_cell(report, image_of(report), owner->address, is_function, owner->linkage_name,
                      program_owner_name(report->program, owner_at(report, row)));
}

static const struct column owner_columns[] = {
    {"name", NULL, UNIT_NAME, get_name, NULL},
    {"linkage_name", NULL, UNIT_NONE, get_linkage_name, NULL},
    {"address", NULL, UNIT_ADDRESS, get_address, NULL},
    {"bytes", "BYTES", UNIT_BYTES, get_bytes, NULL},
    {"zero_bytes", NULL, UNIT_BYTES, get_zero_bytes, NULL},
    {NULL, "ZERO", UNIT_BYTES, get_zeroes_text, NULL},
    {"section", NULL, UNIT_NONE, get_section, NULL},
    {"memory", "MEMORY", UNIT_NONE, get_memory, NULL},
    {"writable", NULL, UNIT_NONE, get_is_writable, NULL},
    {"kind", "KIND", UNIT_NONE, get_kind, NULL},
    {NULL, "NAME", UNIT_NAME, get_name_text, NULL},
    {NULL, "WHERE", UNIT_PATH, get_place, NULL},
    {"unit", NULL, UNIT_NONE, get_unit, NULL},
    {"crate", NULL, UNIT_NONE, get_crate, NULL},
    {"file", NULL, UNIT_PATH, get_file, NULL},
    {"line", NULL, UNIT_LINE, get_line, NULL},
    {"type", NULL, UNIT_NONE, get_type, NULL},
    {"used_by", NULL, UNIT_NONE, get_used_by, &name_table},
    {"references", NULL, UNIT_COUNT, get_references, NULL},
    {"initializer", NULL, UNIT_NONE, get_initializer, NULL},
    {"origin", NULL, UNIT_NONE, get_origin, NULL},
    {"aliases", NULL, UNIT_NONE, get_aliases, &string_table},
};
const struct table owner_table = TABLE(owner_columns);

/* ---- Segments -------------------------------------------------------------------------------- */

void segments_count(struct report *report)
{
    const struct image *image = image_of(report);
    report->segments = arena_calloc(&report->arena, image->segment_count, sizeof *report->segments);
    for (uint32_t i = 0; i < report->facts->owner_count; i++) {
        const struct owner *owner = owner_at(report, i);
        if (owner->segment >= image->segment_count)
            continue;
        struct segment_owners *segment = &report->segments[owner->segment];
        if (segment->count++ == 0)
            segment->first = i;
        segment->kinds[owner->kind].bytes += owner->bytes;
        segment->kinds[owner->kind].count++;
    }
}

static struct cell get_segment_address(struct report *report, uint32_t row)
{
    const struct image *image = image_of(report);
    return cell_number(shown_address(report, image, image->segments[row].address));
}

static struct cell get_segment_bytes(struct report *report, uint32_t row)
{
    return cell_number(image_of(report)->segments[row].bytes);
}

static struct cell get_segment_file_bytes(struct report *report, uint32_t row)
{
    return cell_number(image_of(report)->segments[row].file_bytes);
}

static struct cell get_segment_flags(struct report *report, uint32_t row)
{
    static const char *const names[] = {"---", "--x", "-w-", "-wx", "r--", "r-x", "rw-", "rwx"};
    return cell_text(names[image_of(report)->segments[row].flags & 7]);
}

static struct cell get_owners_bytes(struct report *report, uint32_t row)
{
    const struct segment_owners *segment = &report->segments[row];
    size_t begin = list_begin(report);
    for (uint32_t i = 0; i < segment->count; i++)
        list_add(report, segment->first + i);
    return cell_list(report, begin);
}

/* Rows of the totals by kind: the segment times the number of kinds, plus the kind. */
static struct cell get_owner_kinds(struct report *report, uint32_t row)
{
    size_t begin = list_begin(report);
    for (uint32_t kind = 0; kind < OWNER_KIND_COUNT; kind++)
        if (report->segments[row].kinds[kind].count)
            list_add(report, row * OWNER_KIND_COUNT + kind);
    return cell_list(report, begin);
}

static const struct byte_count *total_at(struct report *report, uint32_t row)
{
    return &report->segments[row / OWNER_KIND_COUNT].kinds[row % OWNER_KIND_COUNT];
}

static struct cell get_total_kind(struct report *report, uint32_t row)
{
    (void)report;
    return cell_text(owner_kind_name(row % OWNER_KIND_COUNT));
}

static struct cell get_total_bytes(struct report *report, uint32_t row)
{
    return cell_number(total_at(report, row)->bytes);
}

static struct cell get_total_count(struct report *report, uint32_t row)
{
    return cell_number(total_at(report, row)->count);
}

static const struct column total_columns[] = {
    {"kind", "KIND", UNIT_NONE, get_total_kind, NULL},
    {"bytes", "BYTES", UNIT_BYTES, get_total_bytes, NULL},
    {"count", "COUNT", UNIT_COUNT, get_total_count, NULL},
};
static const struct table total_table = TABLE(total_columns);

static const struct column bare_bytes_columns[] = {{NULL, NULL, UNIT_BYTES, get_bytes, NULL}};
static const struct table bare_bytes_table = TABLE(bare_bytes_columns);

static const struct column segment_columns[] = {
    {"address", "SEGMENT", UNIT_ADDRESS, get_segment_address, NULL},
    {"bytes", "BYTES", UNIT_BYTES, get_segment_bytes, NULL},
    {"file_bytes", "IN FILE", UNIT_BYTES, get_segment_file_bytes, NULL},
    {"flags", "FLAGS", UNIT_NONE, get_segment_flags, NULL},
    {"owners", NULL, UNIT_NONE, get_owner_kinds, &total_table},
    {"owners_bytes", NULL, UNIT_NONE, get_owners_bytes, &bare_bytes_table},
};
const struct table segment_table = TABLE(segment_columns);

/* ---- Totals ---------------------------------------------------------------------------------- */

void memory_totals(const struct report *report, struct byte_count *ret)
{
    for (unsigned i = 0; i < MEMORY_COUNT; i++)
        ret[i] = (struct byte_count){0, 0};
    for (uint32_t i = 0; i < report->facts->owner_count; i++) {
        const struct owner *owner = &report->facts->owners[i];
        ret[owner->memory].bytes += owner->bytes;
        ret[owner->memory].count++;
    }
}

uint64_t zeroes_in_file(const struct report *report)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < report->facts->owner_count; i++) {
        const struct owner *owner = &report->facts->owners[i];
        bool is_in_file = owner->memory != MEMORY_BSS && owner->memory != MEMORY_TLS_BSS;
        if (is_in_file && owner->zero_bytes == (int64_t)owner->bytes)
            bytes += owner->bytes;
    }
    return bytes;
}

bool is_user_global(const struct report *report, uint32_t owner)
{
    const struct owner *record = &report->facts->owners[owner];
    return record->origin == ORIGIN_USER && record->memory != MEMORY_CODE &&
           record->kind >= OWNER_STATIC && record->kind <= OWNER_JUMP_TABLE;
}
