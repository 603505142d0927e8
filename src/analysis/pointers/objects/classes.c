/*
 * classes.c: the class hierarchy from type information (Itanium C++ ABI 2.9.5).
 *
 * In: the places in vtables that point to a class's type information. Out: classes with their
 * bases. Type information is a pointer to the virtual table of its own kind, a pointer to the
 * class's name, and the bases: none (__class_type_info), one (__si_class_type_info: a pointer), or
 * several (__vmi_class_type_info: flags, a count, then pairs of a pointer and offset flags). A
 * pointer is a relocation with a symbol, a relocation without one, or an address.
 *
 * Debug information and type information write the names of templates and of what is local to a
 * function differently, so classes are compared by their last name without template arguments.
 * Several classes of one name are taken for each other, which makes more candidates and none fewer.
 * What cannot be read may derive from anything.
 */
#include "analysis/pointers/objects/classes.h"

#include "analysis/pointers/objects/tables.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_BASES = 256, MAX_NAME = 4096 };

/** Limits for files that were made to be slow; real ones stay far below. */
enum { MAX_NAME_BYTES = 1 << 28, MAX_MARKS = 1 << 29 };

#define SYMBOL_PREFIX "_ZTI"

/* ---- Names ----------------------------------------------------------------------------------- */

/** Whether `<` or `>` at @p at is part of an operator's name or an arrow. */
static bool is_operator(const char *text, const char *at)
{
    static const char word[] = "operator";
    size_t length = sizeof word - 1;
    if (*at == '>' && at > text && at[-1] == '-')
        return true;
    while (at > text && (at[-1] == '<' || at[-1] == '>' || at[-1] == '='))
        at--;
    return (size_t)(at - text) >= length && memcmp(at - length, word, length) == 0;
}

/** Returns the last name of a qualified one, without template arguments. */
static const char *simple_name(struct arena *arena, const char *qualified)
{
    const char *begin = qualified, *end = NULL, *at = qualified;
    unsigned depth = 0;
    for (; *at; at++) {
        bool is_bracket = (*at == '<' || *at == '>') && !is_operator(qualified, at);
        if (!depth && at[0] == ':' && at[1] == ':') {
            begin = at + 2;
            end = NULL;
        }
        if (!depth && is_bracket && *at == '<')
            end = at;
        if (*at == '(' || *at == '{' || (is_bracket && *at == '<'))
            depth++;
        else if (depth && (*at == ')' || *at == '}' || is_bracket))
            depth--;
    }
    end = end ? end : at;
    if (begin < end && *begin == ':')
        begin++;
    return arena_strndup(arena, begin, (size_t)(end - begin));
}

/** The readable name of the class that type information calls @p name. */
static const char *readable_name(struct program *program, const char *name)
{
    static const char prefix[] = "typeinfo for ";
    const char *symbol = arena_printf(&program->arena, SYMBOL_PREFIX "%s", name);
    CLEANUP_FREE char *readable = program->demangle ? program->demangle(symbol) : NULL;
    if (!readable || strncmp(readable, prefix, sizeof prefix - 1) != 0)
        return name;
    return arena_strdup(&program->arena, readable + sizeof prefix - 1);
}

/** Returns the class of this name, which may be new and have no type information yet; or NONE. */
static uint32_t class_named(struct classes *classes, const char *name)
{
    uint32_t index = string_map_get(&classes->by_name, name);
    if (index != MAP_NONE)
        return index;
    struct arena *arena = &classes->program->arena;
    classes->name_bytes += strlen(name) + 1;
    if (classes->name_bytes > MAX_NAME_BYTES)
        return NONE;
    index = (uint32_t)classes->all.count;
    const char *readable = readable_name(classes->program, name);
    array_push(&classes->all, (struct class){.simple_name = simple_name(arena, readable),
                                             .info = {.image = NONE},
                                             .is_open = true});
    string_map_set(&classes->by_name, arena_strdup(arena, name), index);
    return index;
}

/* ---- Type information ------------------------------------------------------------------------ */

/** The symbol that the relocation at a word names, or NULL. */
static const struct symbol *symbol_at(const struct image *image, uint64_t place)
{
    const struct relocation *relocation = image_relocation_at(image, place);
    if (!relocation || relocation->symbol == NONE || relocation->kind == RELOCATION_RELATIVE)
        return NULL;
    return &image->symbols[relocation->symbol];
}

/** The name of the class, or NULL: a NUL-terminated string in the image. */
static const char *name_at(const struct classes *classes, struct type_info info)
{
    const struct program *program = classes->program;
    const struct image *image = program->images[info.image];
    struct word word = table_word(program, info.image, info.address + image->pointer_bytes);
    uint32_t section = word.kind == WORD_DATA ? image_section_at(image, word.number) : NONE;
    if (section == NONE || !image->sections[section].data)
        return NULL;
    uint64_t offset = word.number - image->sections[section].address;
    uint64_t room = image->sections[section].bytes - offset;
    const char *name = (const char *)image->sections[section].data + offset;
    size_t length = strnlen(name, room < MAX_NAME ? room : MAX_NAME);
    if (!length || length == room || length == MAX_NAME)
        return NULL;
    return *name == '*' ? name + 1 : name; // a class that other images cannot have
}

/** The name of a symbol at @p address that begins with @p prefix, or NULL. */
static const char *symbol_name_at(const struct image *image, uint64_t address, const char *prefix)
{
    uint32_t low = 0, high = image->symbol_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (image->symbols[middle].is_defined && image->symbols[middle].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < image->symbol_count && image->symbols[low].is_defined &&
           image->symbols[low].address == address;
         low++)
        if (strncmp(image->symbols[low].name, prefix, strlen(prefix)) == 0)
            return image->symbols[low].name;
    return NULL;
}

enum info_kind { INFO_UNKNOWN, INFO_PLAIN, INFO_SINGLE, INFO_MULTIPLE };

/** What the name of a class that describes classes says, or of its virtual table. */
static enum info_kind kind_of_name(const char *name)
{
    if (!name || !strstr(name, "N10__cxxabiv1"))
        return INFO_UNKNOWN;
    if (strstr(name, "20__si_class_type_infoE"))
        return INFO_SINGLE;
    if (strstr(name, "21__vmi_class_type_infoE"))
        return INFO_MULTIPLE;
    return strstr(name, "17__class_type_infoE") ? INFO_PLAIN : INFO_UNKNOWN;
}

/** The name of the virtual table that the type information at @p info has, or NULL. */
static const char *table_name(const struct classes *classes, struct type_info info)
{
    const struct image *image = classes->program->images[info.image];
    const struct symbol *symbol = symbol_at(image, info.address);
    if (symbol)
        return symbol->name;
    struct word word = table_word(classes->program, info.image, info.address);
    return word.kind == WORD_DATA && word.number
               ? symbol_name_at(image, word.number - 2 * image->pointer_bytes, "_ZTV")
               : NULL;
}

/**
 * The kind that a library's own class of type information has, which is described by type
 * information itself: that of one of its bases (libstdc++'s __iosfail_type_info).
 */
static enum info_kind derived_kind(const struct classes *classes, struct type_info info)
{
    const struct image *image = classes->program->images[info.image];
    unsigned bytes = image->pointer_bytes;
    struct word table = table_word(classes->program, info.image, info.address);
    if (table.kind != WORD_DATA || table.number < bytes)
        return INFO_UNKNOWN;
    struct word word = table_word(classes->program, info.image, table.number - bytes);
    struct type_info kind = {info.image, word.number};
    if (word.kind != WORD_DATA || !word.number)
        return INFO_UNKNOWN;
    enum info_kind own = kind_of_name(table_name(classes, kind));
    uint64_t base = kind.address + 2 * bytes + (own == INFO_MULTIPLE ? 8 : 0);
    const struct symbol *symbol = own == INFO_UNKNOWN ? NULL : symbol_at(image, base);
    return symbol ? kind_of_name(symbol->name) : INFO_UNKNOWN;
}

/** Finds the class that the word at @p place points to, and its type information. */
static uint32_t class_at(struct classes *classes, uint32_t image_index, uint64_t place,
                         struct type_info *ret)
{
    const struct image *image = classes->program->images[image_index];
    const struct symbol *symbol = symbol_at(image, place);
    *ret = (struct type_info){.image = NONE};
    if (symbol && strncmp(symbol->name, SYMBOL_PREFIX, strlen(SYMBOL_PREFIX)) == 0) {
        uint32_t definition = string_map_get(&classes->by_symbol, symbol->name);
        if (symbol->is_defined)
            *ret = (struct type_info){image_index, symbol->address};
        else if (definition != MAP_NONE)
            *ret = classes->symbols.data[definition];
        return class_named(classes, symbol->name + strlen(SYMBOL_PREFIX));
    }
    struct word word = table_word(classes->program, image_index, place);
    if (word.kind != WORD_DATA || !word.number)
        return NONE;
    *ret = (struct type_info){image_index, word.number};
    const char *name = name_at(classes, *ret);
    return name ? class_named(classes, name) : NONE;
}

uint32_t classes_add(struct classes *classes, uint32_t image, uint64_t place)
{
    struct type_info info;
    uint32_t index = class_at(classes, image, place, &info);
    if (index != NONE && classes->all.data[index].info.image == NONE)
        classes->all.data[index].info = info;
    return index;
}

/** Returns how many bases there are and where the first one is; MAX_BASES + 1: not known. */
static uint64_t count_bases(const struct classes *classes, struct type_info info,
                            uint64_t *ret_first)
{
    const struct image *image = classes->program->images[info.image];
    enum info_kind kind = kind_of_name(table_name(classes, info));
    uint64_t count;
    *ret_first = info.address + 2 * image->pointer_bytes;
    switch (kind == INFO_UNKNOWN ? derived_kind(classes, info) : kind) {
    case INFO_PLAIN:
        return 0;
    case INFO_SINGLE:
        return 1;
    case INFO_MULTIPLE:
        count = image_read(image, *ret_first + 4, 4, &count) ? count : MAX_BASES + 1;
        *ret_first += 8; // flags and count
        return count;
    default:
        return MAX_BASES + 1;
    }
}

static void read_bases(struct classes *classes, uint32_t index)
{
    struct type_info info = classes->all.data[index].info;
    uint64_t first, count = info.image == NONE ? MAX_BASES + 1 : count_bases(classes, info, &first);
    uint32_t first_base = (uint32_t)classes->bases.count;
    bool is_open = count > MAX_BASES;
    for (uint64_t i = 0; !is_open && i < count; i++) {
        unsigned stride = 2 * classes->program->images[info.image]->pointer_bytes;
        uint32_t base = classes_add(classes, info.image, first + i * stride);
        if (base == NONE)
            is_open = true;
        else
            array_push(&classes->bases, base);
    }
    struct class *class = &classes->all.data[index];
    class->first_base = first_base;
    class->base_count = (uint32_t)classes->bases.count - first_base;
    class->is_open = is_open;
}

/* ---- Who derives from whom ------------------------------------------------------------------- */

/** Makes rows of the classes that have each as a direct base. */
static void find_derived(struct classes *classes)
{
    size_t count = classes->all.count;
    uint32_t *rows = xcalloc(count + 2, sizeof *rows);
    for (size_t i = 0; i < classes->bases.count; i++)
        rows[classes->bases.data[i] + 2]++;
    for (size_t i = 0; i < count; i++)
        rows[i + 2] += rows[i + 1];
    classes->derived = xmalloc((classes->bases.count + 1) * sizeof *classes->derived);
    for (uint32_t i = 0; i < count; i++) {
        const struct class *class = &classes->all.data[i];
        for (uint32_t k = 0; k < class->base_count; k++)
            classes->derived[rows[classes->bases.data[class->first_base + k] + 1]++] = i;
    }
    classes->derived_rows = rows;
}

void classes_finish(struct classes *classes)
{
    // Bases that were not known before are added behind, and read in their turn.
    for (uint32_t i = 0; i < classes->all.count; i++)
        read_bases(classes, i);
    find_derived(classes);
}

/** Marks what may be or derive from a class of the name; returns whether there is such a class. */
static bool mark_family(const struct classes *classes, const char *name, bool *family)
{
    ARRAY(uint32_t) queue = {0};
    bool is_found = false;
    for (uint32_t i = 0; i < classes->all.count; i++) {
        bool is_called_so = strcmp(classes->all.data[i].simple_name, name) == 0;
        is_found |= is_called_so;
        family[i] = is_called_so || classes->all.data[i].is_open;
        if (family[i])
            array_push(&queue, i);
    }
    while (queue.count) {
        uint32_t base = queue.data[--queue.count];
        for (uint32_t i = classes->derived_rows[base]; i < classes->derived_rows[base + 1]; i++) {
            if (family[classes->derived[i]])
                continue;
            family[classes->derived[i]] = true;
            array_push(&queue, classes->derived[i]);
        }
    }
    array_deinit(&queue);
    return is_found;
}

const bool *classes_derived(struct classes *classes, const char *name)
{
    struct arena *arena = &classes->program->arena;
    const char *simple = simple_name(arena, name);
    uint32_t index = string_map_get(&classes->by_simple_name, simple);
    if (index != MAP_NONE)
        return classes->families.data[index];
    if (classes->families.count * classes->all.count > MAX_MARKS)
        return NULL;
    bool *family = arena_alloc(arena, classes->all.count + 1);
    if (!*simple || !mark_family(classes, simple, family))
        family = NULL;
    string_map_set(&classes->by_simple_name, simple, (uint32_t)classes->families.count);
    array_push(&classes->families, family);
    return family;
}

/* ---- All of them ----------------------------------------------------------------------------- */

static void find_symbols(struct classes *classes)
{
    const struct program *program = classes->program;
    for (uint32_t i = 0; i < program->image_count; i++) {
        const struct image *image = program->images[i];
        for (uint32_t k = 0; k < image->symbol_count; k++) {
            const struct symbol *symbol = &image->symbols[k];
            if (!symbol->is_defined || symbol->binding == BINDING_LOCAL ||
                strncmp(symbol->name, SYMBOL_PREFIX, strlen(SYMBOL_PREFIX)) != 0 ||
                string_map_get(&classes->by_symbol, symbol->name) != MAP_NONE)
                continue;
            string_map_set(&classes->by_symbol, symbol->name, (uint32_t)classes->symbols.count);
            array_push(&classes->symbols, (struct type_info){i, symbol->address});
        }
    }
}

void classes_init(struct classes *ret, struct program *program)
{
    *ret = (struct classes){.program = program};
    string_map_init(&ret->by_name);
    string_map_init(&ret->by_symbol);
    string_map_init(&ret->by_simple_name);
    find_symbols(ret);
}

void classes_deinit(struct classes *classes)
{
    string_map_deinit(&classes->by_name);
    string_map_deinit(&classes->by_symbol);
    string_map_deinit(&classes->by_simple_name);
    array_deinit(&classes->all);
    array_deinit(&classes->bases);
    array_deinit(&classes->symbols);
    array_deinit(&classes->families);
    free(classes->derived_rows);
    free(classes->derived);
}
