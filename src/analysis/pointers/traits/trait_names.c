/*
 * trait_names.c: reads names that rustc makes (its debuginfo/type_names.rs, and the legacy and v0
 * manglings of symbols as demanglers print them).
 *
 * In: readable names. Out: the traits in them. Names nest, as in
 * "<alloc::boxed::Box<dyn a::T> as a::T>::m", so separators count only outside of brackets; ">" is
 * no bracket in "->" (".>" where the legacy mangling wrote it). Whatever is not understood, and
 * names of things inside functions and closures, give no answer.
 */
#include "analysis/pointers/traits/trait_names.h"

#include <stdint.h>
#include <string.h>

/* ---- Brackets -------------------------------------------------------------------------------- */

/** How the character at @p at of @p text changes the nesting. */
static int nesting(struct span text, size_t at)
{
    char before = at ? text.text[at - 1] : 0;
    switch (text.text[at]) {
    case '<':
    case '(':
    case '[':
    case '{':
        return 1;
    case '>':
        return before == '-' || before == '=' || before == '.' ? 0 : -1;
    case ')':
    case ']':
    case '}':
        return -1;
    }
    return 0;
}

static bool begins_with(struct span text, const char *prefix)
{
    size_t bytes = strlen(prefix);
    return text.bytes >= bytes && memcmp(text.text, prefix, bytes) == 0;
}

static struct span behind(struct span text, size_t bytes)
{
    return (struct span){text.text + bytes, text.bytes - bytes};
}

/** Where @p word is in the text outside of brackets; SIZE_MAX if nowhere, or if brackets do not
 *  match. */
static size_t find(struct span text, const char *word, size_t from)
{
    int depth = 0;
    for (size_t i = 0; i < text.bytes && depth >= 0; i++) {
        if (i >= from && depth == 0 && begins_with(behind(text, i), word))
            return i;
        depth += nesting(text, i);
    }
    return SIZE_MAX;
}

/** The only place of the word; SIZE_MAX if there is none. False if there are several. */
static bool find_only(struct span text, const char *word, size_t *ret)
{
    *ret = find(text, word, 0);
    return *ret == SIZE_MAX || find(text, word, *ret + 1) == SIZE_MAX;
}

/** How many bytes a piece takes that ends before a comma, " + " or a closing bracket. */
static size_t piece_bytes(struct span text)
{
    int depth = 0;
    for (size_t i = 0; i < text.bytes; i++) {
        int change = nesting(text, i);
        if (depth + change < 0)
            return i;
        if (depth == 0 && (text.text[i] == ',' || begins_with(behind(text, i), " + ")))
            return i;
        depth += change;
    }
    return text.bytes;
}

bool span_equals(struct span span, const char *text)
{
    return strlen(text) == span.bytes && memcmp(span.text, text, span.bytes) == 0;
}

struct span crate_of_path(struct span path)
{
    size_t end = find(path, "::", 0);
    return (struct span){path.text, end == SIZE_MAX ? path.bytes : end};
}

static bool is_standard(struct span path)
{
    return begins_with(path, "core::") || begins_with(path, "alloc::") ||
           begins_with(path, "std::");
}

/* ---- Traits of types and tables -------------------------------------------------------------- */

struct text {
    char *data;
    size_t bytes;
    bool is_too_long;
};

static void append(struct text *text, struct span span)
{
    if (span.bytes >= MAX_TRAIT_NAME - text->bytes) {
        text->is_too_long = true;
        return;
    }
    memcpy(text->data + text->bytes, span.text, span.bytes);
    text->bytes += span.bytes;
    text->data[text->bytes] = 0;
}

/** Whether an argument says what an associated type is: "Output=u32". */
static bool is_associated(struct span argument)
{
    size_t at = 0;
    while (at < argument.bytes &&
           (argument.text[at] == '_' || (argument.text[at] >= '0' && argument.text[at] <= '9') ||
            ((argument.text[at] | 32) >= 'a' && (argument.text[at] | 32) <= 'z')))
        at++;
    return at > 0 && at < argument.bytes && argument.text[at] == '=';
}

/** Writes the arguments between the brackets without associated types. */
static void append_arguments(struct text *text, struct span arguments, bool *ret_has_associated)
{
    bool has_any = false;
    while (arguments.bytes) {
        struct span argument = {arguments.text, piece_bytes(arguments)};
        if (is_associated(argument)) {
            *ret_has_associated = true;
        } else {
            append(text, (struct span){has_any ? ", " : "<", has_any ? 2 : 1});
            append(text, argument);
            has_any = true;
        }
        if (argument.bytes == arguments.bytes)
            break;
        size_t next = argument.bytes + 1; // the comma
        while (next < arguments.bytes && arguments.text[next] == ' ')
            next++;
        arguments = behind(arguments, next);
    }
    if (has_any)
        append(text, (struct span){">", 1});
}

static bool write_trait(struct span trait, char ret[MAX_TRAIT_NAME])
{
    struct text text = {.data = ret};
    bool has_associated = false;
    size_t open = 0;
    while (open < trait.bytes && trait.text[open] != '<')
        open++;
    append(&text, (struct span){trait.text, open});
    if (open < trait.bytes && trait.text[trait.bytes - 1] != '>')
        return false;
    if (open < trait.bytes)
        append_arguments(&text, (struct span){trait.text + open + 1, trait.bytes - open - 2},
                         &has_associated);
    return !text.is_too_long && text.bytes && find(trait, "::", 0) != SIZE_MAX &&
           (!has_associated || is_standard(trait));
}

bool trait_of_table(const char *name, char ret[MAX_TRAIT_NAME])
{
    static const char end[] = ">::{vtable}";
    struct span text = {name, strlen(name)};
    size_t as;
    if (name[0] != '<' || text.bytes < sizeof end ||
        strcmp(name + text.bytes - (sizeof end - 1), end) != 0)
        return false;
    struct span inner = {name + 1, text.bytes - sizeof end};
    if (!find_only(inner, " as ", &as) || as == SIZE_MAX)
        return false;
    return write_trait(behind(inner, as + 4), ret);
}

bool trait_of_pointer(const char *name, char ret[MAX_TRAIT_NAME])
{
    static const char *const prefixes[] = {"&mut ", "&", "*const ", "*mut "};
    struct span text = {name, strlen(name)};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (begins_with(text, prefixes[i])) {
            text = behind(text, strlen(prefixes[i]));
            break;
        }
    // What the standard library's types hold is the first of their arguments.
    while (is_standard(text)) {
        const char *open = memchr(text.text, '<', text.bytes);
        if (!open)
            return false;
        text = behind(text, (size_t)(open - text.text) + 1);
    }
    if (begins_with(text, "("))
        text = behind(text, 1);
    if (!begins_with(text, "dyn "))
        return false;
    text = behind(text, 4);
    text.bytes = piece_bytes(text);
    return write_trait(text, ret);
}

/* ---- Methods --------------------------------------------------------------------------------- */

/** Takes off what tells a piece of code that goes between a table and a method. */
static struct span without_shim(struct span name)
{
    for (size_t i = 0; i + 6 <= name.bytes; i++)
        if (begins_with(behind(name, i), "::{shim:"))
            return name.text[name.bytes - 1] == '}' ? (struct span){name.text, i} : name;
    if (name.bytes > 7 && memcmp(name.text + name.bytes - 7, ".shim}}", 7) == 0)
        for (size_t i = name.bytes - 7; i > 0; i--)
            if (begins_with(behind(name, i), "{{"))
                return (struct span){name.text, i};
    return name;
}

static bool is_identifier(struct span text)
{
    for (size_t i = 0; i < text.bytes; i++) {
        unsigned char c = (unsigned char)text.text[i];
        if (c != '_' && !(c >= '0' && c <= '9') && !((c | 32) >= 'a' && (c | 32) <= 'z') &&
            c < 0x80)
            return false;
    }
    return text.bytes > 0;
}

static size_t find_last(struct span text, const char *word)
{
    size_t last = SIZE_MAX;
    for (size_t at = find(text, word, 0); at != SIZE_MAX; at = find(text, word, at + 1))
        last = at;
    return last;
}

/** Takes the arguments off a path; METHOD_UNKNOWN if it is no plain path then. */
static enum method_kind plain_path(struct span path, struct span *ret)
{
    size_t open = 0;
    while (open < path.bytes && path.text[open] != '<')
        open++;
    bool has_arguments = open < path.bytes;
    if (has_arguments &&
        (path.text[path.bytes - 1] != '>' ||
         find((struct span){path.text + open, path.bytes - open}, "::", 1) != SIZE_MAX))
        return METHOD_UNKNOWN;
    *ret = (struct span){path.text, open};
    for (size_t i = 0; i < open; i++)
        if (strchr("{}()[]>, ", path.text[i]))
            return METHOD_UNKNOWN;
    return open ? METHOD_NAMED : METHOD_UNKNOWN;
}

/** The trait in "T as Trait" or "Trait for T"; a function of the type itself has none. */
static enum method_kind trait_in(struct span inner, const char *word, bool is_behind,
                                 struct span *ret)
{
    size_t at;
    if (!find_only(inner, word, &at))
        return METHOD_UNKNOWN;
    if (at == SIZE_MAX) {
        *ret = (struct span){"<", 1};
        return METHOD_NAMED;
    }
    struct span trait =
        is_behind ? behind(inner, at + strlen(word)) : (struct span){inner.text, at};
    return plain_path(trait, ret);
}

static bool is_closure(struct span name)
{
    return begins_with(name, "{{closure}}") || begins_with(name, "{closure#");
}

enum method_kind trait_of_method(const char *name, struct span *ret_trait)
{
    struct span text = without_shim((struct span){name, strlen(name)});
    size_t last = find_last(text, "::");
    if (last == SIZE_MAX)
        return METHOD_UNKNOWN;
    struct span method = behind(text, last + 2), path = {text.text, last};
    if (is_closure(method))
        return METHOD_CLOSURE;
    if (span_equals(path, "core::ptr") && begins_with(method, "drop_in_place<"))
        return plain_path(path, ret_trait);
    if (!is_identifier(method))
        return METHOD_UNKNOWN;
    size_t before = find_last(path, "::");
    struct span owner = before == SIZE_MAX ? path : behind(path, before + 2);
    bool is_bracket = owner.bytes > 2 && owner.text[owner.bytes - 1] == '>';
    if (is_bracket && begins_with(owner, "<impl "))
        return trait_in((struct span){owner.text + 6, owner.bytes - 7}, " for ", false, ret_trait);
    if (is_bracket && before == SIZE_MAX && owner.text[0] == '<')
        return trait_in((struct span){owner.text + 1, owner.bytes - 2}, " as ", true, ret_trait);
    return plain_path(path, ret_trait);
}
