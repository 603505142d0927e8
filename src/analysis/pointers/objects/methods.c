/*
 * methods.c: classes from the names of methods.
 *
 * In: the symbols of a function that stands in a virtual table, so that it is no static one and its
 * first argument is an object of its class. Out: the class, which is what the name is nested in.
 *
 * A linker may have folded functions of different classes with equal code (--icf); then the symbols
 * at the address name different classes, and nothing is said. So all symbols must be there: images
 * without a full symbol table say nothing either. Nor do copies of functions whose arguments the
 * compiler may have changed (.constprop, .isra).
 */
#include "analysis/pointers/objects/methods.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/** Cuts a readable name of a function at its parameters; false if it has none. */
static bool cut_parameters(char *name)
{
    // The parameters begin at the parenthesis that the last one closes; "const" may follow it.
    char *end = strrchr(name, ')');
    unsigned depth = 0;
    for (char *at = end; end && at >= name; at--) {
        depth += *at == ')';
        depth -= *at == '(';
        if (!depth) {
            *at = 0;
            return at > name;
        }
    }
    return false;
}

/** Cuts a qualified name at its last `::`; false if it is not nested in anything. */
static bool cut_last_name(char *name)
{
    char *cut = NULL;
    unsigned depth = 0;
    for (char *at = name; *at; at++) {
        depth += *at == '<' || *at == '(' || *at == '{';
        depth -= depth && (*at == '>' || *at == ')' || *at == '}');
        if (!depth && at[0] == ':' && at[1] == ':')
            cut = at;
    }
    if (cut)
        *cut = 0;
    return cut != NULL;
}

/** The class that a symbol's name is nested in, malloced; NULL if it is no plain method's. */
static char *class_of_symbol(const struct program *program, const char *symbol)
{
    bool is_nested = strncmp(symbol, "_ZN", 3) == 0 && !strchr(symbol, '.');
    char *name = is_nested && program->demangle ? program->demangle(symbol) : NULL;
    // An operator's own name may have the characters that names are cut at.
    if (name && !strstr(name, "operator") && cut_parameters(name) && cut_last_name(name))
        return name;
    free(name);
    return NULL;
}

const char *method_class(struct program *program, uint32_t index)
{
    const struct function *function = &program->functions[index];
    const struct image *image = function->image == NONE ? NULL : program->images[function->image];
    if (!image || image->is_stripped || function->symbol == NONE)
        return NULL;
    CLEANUP_FREE char *found = NULL;
    for (uint32_t i = image_first_alias(image, function);
         i < image->symbol_count && image->symbols[i].address == function->address; i++) {
        if (!image->symbols[i].is_defined || image->symbols[i].type != SYMBOL_FUNCTION)
            continue;
        CLEANUP_FREE char *class = class_of_symbol(program, image->symbols[i].name);
        if (!class || (found && strcmp(found, class) != 0))
            return NULL;
        if (!found) {
            found = class;
            class = NULL;
        }
    }
    return found ? arena_strdup(&program->arena, found) : NULL;
}
