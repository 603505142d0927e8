/*
 * site_type.c: for what type a site allocates, read from the names of the functions around it.
 *
 * In: the site's inlined frames from the innermost outward, then its function. Out: the type as the
 * names spell it, or NULL. Only names tell, so only what they surely say counts: going outward from
 * the allocator, functions that hand amounts on (alloc::alloc::alloc, RawVecInner) are passed over,
 * and the first other name must be that of a known container or maker (Box<T>::new,
 * Vec<T>::push, std::make_unique<T>, std::allocator<T>::allocate). Anything else, a function of the
 * program for instance, ends the search without an answer. Left out on purpose: containers of other
 * libraries, and functions without debug information, whose inlined parts are not seen, unless they
 * do nothing else than allocate.
 */
#include "report/heap/site_type.h"

#include "report/shared/call.h"

#include <string.h>

enum { LONGEST_TYPE = 4096 };

struct maker {
    const char *start;  /* of the name; the type is the first argument behind it */
    const char *format; /* of the type */
    bool is_array;      /* decides the form of what an allocator below it hands out */
    bool is_narrow;     /* does nothing else, so its name tells even without debug information */
};

static const struct maker makers[] = {
    {"alloc::boxed::Box<", "%s", false, false},
    {"alloc::rc::Rc<", "alloc::rc::RcInner<%s>", false, false},
    {"alloc::sync::Arc<", "alloc::sync::ArcInner<%s>", false, false},
    {"alloc::vec::Vec<", "[%s]", false, false},
    {"alloc::raw_vec::RawVec<", "[%s]", false, true},
    {"alloc::collections::vec_deque::VecDeque<", "[%s]", false, false},
    {"hashbrown::raw::RawTable<", "hashbrown::raw::RawTable<%s>", false, false},
    {"std::make_unique<", "%s", false, false},
    {"std::_Function_base::_Base_manager<", "%s", false, true},
    {"std::vector<", "%s[]", true, false},
    {"std::_Vector_base<", "%s[]", true, true},
    {"std::__cxx11::basic_string<", "%s[]", true, false},
    {"std::basic_string<", "%s[]", true, false},
};

/* Their argument is the type, but whether one or many of it is said further out. */
static const char *const cpp_allocators[] = {
    "std::__new_allocator<",
    "__gnu_cxx::new_allocator<",
    "std::allocator<",
    "std::allocator_traits<std::allocator<",
    "__gnu_cxx::__alloc_traits<std::allocator<",
};

/* What only hands amounts on. */
static const char *const plumbing[] = {
    "alloc::alloc::",
    "alloc::raw_vec::RawVecInner",
    "alloc::raw_vec::finish_grow",
    "alloc::raw_vec::{impl",
    "alloc::boxed::box_new",
    "alloc::slice::hack::",
    "core::",
    "std::alloc::",
    "hashbrown::raw::RawTableInner",
    "hashbrown::raw::alloc::",
    "__rustc::",
    "operator new",
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

static bool starts_with(const char *name, const char *start)
{
    return strncmp(name, start, strlen(start)) == 0;
}

/* "<alloc::vec::Vec<T>>::push" is a method of alloc::vec::Vec<T>. */
static const char *plain_name(const char *name)
{
    return name[0] == '<' ? name + 1 : name;
}

/* Returns the length of the first argument of a list that begins at @p text; 0 if it has no end. */
static size_t argument_length(const char *text)
{
    unsigned depth = 0;
    for (size_t i = 0; text[i] && i < LONGEST_TYPE; i++) {
        if (text[i] == '<' || text[i] == '(' || text[i] == '[' || text[i] == '{')
            depth++;
        bool closes = text[i] == '>' && (i == 0 || text[i - 1] != '-');
        if (depth == 0 && (closes || text[i] == ','))
            return i && text[i - 1] == ' ' ? i - 1 : i;
        if (closes || text[i] == ')' || text[i] == ']' || text[i] == '}') {
            if (depth == 0)
                return 0;
            depth--;
        }
    }
    return 0;
}

/* "T" and "A" stand where the older mangling of Rust has lost the type. */
static bool is_placeholder(const char *text, size_t length)
{
    return length <= 2 && text[0] >= 'A' && text[0] <= 'Z';
}

static const char *first_argument(struct report *report, const char *text)
{
    size_t length = argument_length(text);
    if (!length || is_placeholder(text, length) || text[0] == '_' || text[0] == '\'')
        return NULL;
    return arena_strndup(&report->arena, text, length);
}

/* "alloc::boxed::{impl#0}::new<T>": the implementation has no name, its method has the type. */
static const char *made_by_implementation(struct report *report, const char *name)
{
    static const struct {
        const char *start, *format;
    } implementations[] = {{"alloc::boxed::{impl", "%s"},
                           {"alloc::rc::{impl", "alloc::rc::RcInner<%s>"},
                           {"alloc::sync::{impl", "alloc::sync::ArcInner<%s>"}};
    for (size_t i = 0; i < COUNT(implementations); i++) {
        const char *method = strstr(name, "}::new");
        if (!starts_with(name, implementations[i].start) || !method)
            continue;
        const char *list = method + strcspn(method, "<");
        const char *type = *list ? first_argument(report, list + 1) : NULL;
        return type ? arena_printf(&report->arena, implementations[i].format, type) : NULL;
    }
    return NULL;
}

static const char *allocator_argument(const char *name)
{
    for (size_t i = 0; i < COUNT(cpp_allocators); i++)
        if (starts_with(name, cpp_allocators[i]))
            return name + strlen(cpp_allocators[i]);
    return NULL;
}

static bool is_plumbing(const char *name)
{
    for (size_t i = 0; i < COUNT(plumbing); i++)
        if (starts_with(name, plumbing[i]))
            return true;
    return false;
}

bool type_search_look_at(struct type_search *search, const char *name)
{
    name = plain_name(name);
    for (size_t i = 0; i < COUNT(makers); i++) {
        const struct maker *maker = &makers[i];
        if (!starts_with(name, maker->start) || (search->is_narrow_only && !maker->is_narrow))
            continue;
        const char *type =
            search->one ? search->one : first_argument(search->report, name + strlen(maker->start));
        // Where the name has lost its type, one further out may have it.
        if (!type)
            return true;
        if (!search->one || maker->is_array)
            search->type = arena_printf(&search->report->arena, maker->format, type);
        return false;
    }
    const char *argument = allocator_argument(name);
    if (argument) {
        const char *type = first_argument(search->report, argument);
        search->one = search->one ? search->one : type;
        return search->one != NULL;
    }
    if (!search->one)
        search->type = made_by_implementation(search->report, name);
    return !search->type && is_plumbing(name);
}

const char *site_type(struct report *report, const struct site *site)
{
    const struct program *program = report->program;
    const struct call *call = &program->calls[site->call];
    const struct function *function = &program->functions[call->from];
    struct source_frame frames[MAX_INLINED];
    struct type_search search = {.report = report};
    uint32_t count;
    place_of_code(program, call->from, call->address, frames, &count);
    bool goes_on = site->kind != SITE_MAP;
    for (uint32_t i = 0; goes_on && i < count; i++)
        goes_on = type_search_look_at(&search, frames[i].name);
    search.is_narrow_only = function->debug_function == NONE;
    if (goes_on && count < MAX_INLINED)
        type_search_look_at(&search, program_function_name(report->program, call->from));
    return search.type ? search.type : search.one;
}
