/*
 * names.c: names of functions, shortened. Brackets are matched without knowing the language; those
 * of operators and arrows are none.
 */
#include "report/format/names.h"

#include <string.h>

/* Brackets of generic arguments; those of operators and arrows are none. */
static bool opens(const char *name, const char *at)
{
    bool is_operator = (at - name >= 8 && memcmp(at - 8, "operator", 8) == 0) ||
                       (at - name >= 9 && memcmp(at - 9, "operator<", 9) == 0);
    return *at == '<' && at[1] != '<' && at[1] != '=' && !is_operator;
}

static bool closes(const char *name, const char *at)
{
    return *at == '>' && (at == name || (at[-1] != '-' && at[-1] != '='));
}

/*
 * Adds @p name with generic arguments nested @p kept deep or deeper replaced by an ellipsis; the
 * type that a name like "<T as Trait>::f" begins with is one level less deep. Adds the name as it
 * is if its brackets do not match.
 */
static void add_without_arguments(struct text *text, const char *name, unsigned kept)
{
    size_t length = text->length;
    unsigned depth = 0;
    for (const char *at = name; *at; at++) {
        bool is_outermost_type = name[0] == '<' && depth == 0 && at == name;
        if (opens(name, at) && !is_outermost_type && depth++ == kept)
            text_add(text, "<…");
        if (closes(name, at) && depth > 0)
            depth--;
        if (depth <= kept)
            text_add_bytes(text, at, 1);
    }
    if (depth == 0)
        return;
    text->length = length;
    text_add(text, name);
}

void text_add_short_name(struct text *text, const char *name, size_t width)
{
    struct text brief = {0};
    text_add_clean(&brief, name);
    for (unsigned kept = 2; kept-- > 0 && text_width(text_string(&brief)) > width;) {
        text_clear(&brief);
        add_without_arguments(&brief, name, kept);
    }
    text_add_cut(text, text_string(&brief), width, 40);
    text_deinit(&brief);
}

/* What compilers put behind the names of copies that they make. */
static bool is_clone_suffix(const char *at)
{
    static const char *const suffixes[] = {".isra.", ".constprop.", ".part.",      ".cold",
                                           ".llvm.", ".lto_priv.",  ".localalias", ".clone."};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (strncmp(at, suffixes[i], strlen(suffixes[i])) == 0)
            return true;
    return false;
}

/* The length of "f(int)" in "f(int) [clone .isra.0]", and of "f" in "f.isra.0". */
static size_t without_clone_suffix(const char *name)
{
    for (const char *at = name + 1; *name && *at; at++) {
        const char *inside = strncmp(at, " [", 2) == 0 ? at + 2 : NULL;
        if (inside && strncmp(inside, "clone ", 6) == 0)
            inside += 6;
        if (is_clone_suffix(inside ? inside : at))
            return (size_t)(at - name);
    }
    return strlen(name);
}

size_t name_without_parameters(const char *name)
{
    size_t length = without_clone_suffix(name);
    unsigned depth = 0;
    size_t at = length;
    if (length > 6 && strncmp(name + length - 6, " const", 6) == 0)
        at -= 6;
    if (at == 0 || name[at - 1] != ')')
        return length;
    while (at-- > 1) {
        depth += name[at] == ')';
        depth -= name[at] == '(';
        if (depth == 0)
            return at;
    }
    return length;
}

/* Returns where the last part of [name, end) begins, looking outside of brackets only. */
static const char *last_part(const char *name, const char *end)
{
    unsigned depth = 0;
    for (const char *at = end; at - name >= 2; at--) {
        depth += at[-1] == '>';
        depth -= at[-1] == '<' && depth > 0;
        if (depth == 0 && at[-1] == ':' && at[-2] == ':')
            return at;
    }
    return name;
}

/* Of the type that "<a::Type as b::Trait>::f" begins with only "Type" is of use here. */
static void add_type_part(struct text *text, const char *part, const char *end)
{
    if (end - part < 2 || *part != '<' || end[-1] != '>') {
        text_add_bytes(text, part, (size_t)(end - part));
        return;
    }
    const char *trait = memmem(part, (size_t)(end - part), " as ", 4);
    end = trait ? trait : end - 1;
    part = last_part(part + 1, end);
    text_add_bytes(text, part, (size_t)(end - part));
}

void text_add_last_parts(struct text *text, const char *name)
{
    struct text brief = {0};
    add_without_arguments(&brief, name, 0);
    const char *whole = text_string(&brief);
    const char *end = whole + name_without_parameters(whole);
    const char *last = last_part(whole, end);
    if (last > whole) {
        const char *type_end = last - 2;
        add_type_part(text, last_part(whole, type_end), type_end);
        text_add(text, "::");
    }
    text_add_bytes(text, last, (size_t)(end - last));
    text_deinit(&brief);
}

/* Adds what stands before the parameters without what is in brackets. */
static void add_unbracketed(struct text *text, const char *name, size_t length)
{
    unsigned depth = 0;
    for (const char *at = name; at < name + length; at++) {
        depth += opens(name, at);
        if (!depth)
            text_add_bytes(text, at, 1);
        depth -= closes(name, at) && depth > 0;
    }
}

void text_add_bare_name(struct text *text, const char *name)
{
    size_t length = name_without_parameters(name);
    if (*name != '<') {
        add_unbracketed(text, name, length);
        return;
    }
    // "<a::Type as b::Trait>::f": the type stands for the implementation.
    const char *end = name + 1;
    for (unsigned depth = 1; *end && depth; end++) {
        depth += opens(name, end);
        depth -= closes(name, end);
    }
    const char *trait = memmem(name, (size_t)(end - name), " as ", 4);
    const char *type_end = trait ? trait : end - 1;
    add_unbracketed(text, name + 1, (size_t)(type_end - name - 1));
    if (length > (size_t)(end - name))
        add_unbracketed(text, end, length - (size_t)(end - name));
}
