/*
 * type_name.c: shortens the name of a type, without knowing its language: first paths are dropped,
 * then arguments that are some library's usual ones, then what has a shorter name.
 */
#include "report/format/type_name.h"

#include <ctype.h>
#include <string.h>

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/** Adds the name without "a::b::" before its words. */
static void add_without_paths(struct text *text, const char *type)
{
    const char *word = type; /* where the current one begins, its path included */
    const char *at = type;
    while (*at) {
        if (at[0] == ':' && at[1] == ':') {
            at += 2;
            word = at;
            continue;
        }
        if (is_word(*at)) {
            at++;
            continue;
        }
        text_add_bytes(text, word, (size_t)(at + 1 - word));
        word = ++at;
    }
    text_add_bytes(text, word, (size_t)(at - word));
}

/** Returns the length of the argument that begins at @p text. */
static size_t argument_length(const char *text)
{
    unsigned depth = 0;
    size_t i = 0;
    for (; text[i]; i++) {
        bool opens = strchr("<([{", text[i]), closes = strchr(">)]}", text[i]);
        bool is_arrow = text[i] == '>' && i && text[i - 1] == '-';
        if (!depth && ((closes && !is_arrow) || text[i] == ','))
            break;
        depth += opens;
        depth -= closes && !is_arrow;
    }
    return i;
}

static bool is_usual(const char *argument)
{
    static const char *const usual[] = {"Global",       "RandomState",     "allocator<",
                                        "char_traits<", "default_delete<", "less<",
                                        "hash<",        "equal_to<"};
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (strncmp(argument, usual[i], strlen(usual[i])) == 0)
            return true;
    return false;
}

/** Adds the name without ", A" where A is what is usual there. */
static void add_without_usual(struct text *text, const char *type)
{
    for (const char *at = type; *at; at++) {
        bool is_argument = at[0] == ',' && at[1] == ' ';
        if (is_argument && is_usual(at + 2)) {
            at += 1 + argument_length(at + 2);
            at += at[1] == ' ' && at[2] == '>';
            continue;
        }
        // C++ writes a space between two closing brackets.
        if (at[0] == ' ' && at[1] == '>' && at > type && at[-1] == '>')
            continue;
        text_add_bytes(text, at, 1);
    }
}

void text_add_type(struct text *text, const char *type)
{
    static const char string[] = "basic_string<char>";
    struct text bare = {0}, brief = {0};
    add_without_paths(&bare, type);
    add_without_usual(&brief, text_string(&bare));
    const char *at = text_string(&brief);
    for (const char *next; (next = strstr(at, string)); at = next + sizeof string - 1) {
        text_add_bytes(text, at, (size_t)(next - at));
        text_add(text, "string");
    }
    text_add(text, at);
    text_deinit(&bare);
    text_deinit(&brief);
}
