/*
 * test_types.c: the table of types, against what a C compiler lays out.
 *
 * One program of two C files and one C++ file that share a header, built in several forms of debug
 * information. Sizes and offsets are those of the System V ABI for x86-64, computed by hand.
 */
#include "load/load.h"
#include "program/debug.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char header[] = "struct hidden;\n"
                             "typedef int (*reader)(struct hidden *, char *, unsigned long);\n"
                             "struct ops { reader read; void (*close)(struct hidden *); };\n"
                             "struct file {\n"
                             "    short mode;\n"                   // 0
                             "    unsigned a : 3, b : 5;\n"        // bits in the same word
                             "    const struct ops *ops;\n"        // 8
                             "    struct hidden *hidden;\n"        // 16
                             "    double times[2][3];\n"           // 24
                             "    union { long l; void *p; } u;\n" // 72
                             "    void (*signal)(int);\n"          // 80
                             "};\n";                               // 88 bytes

/* Both C files have a private struct of one name. */
static const char first_source[] =
    "#include \"h.h\"\n"
    "#ifdef __cplusplus\n#error\n#endif\n"
    "struct hidden { int first; };\n"
    "typedef struct { char c; int i; } anonymous;\n"
    "__attribute__((used)) anonymous one_of_these = {1, 2};\n"
    "static int read_it(struct hidden *h, char *b, unsigned long n) "
    "{ return h->first + b[0] + (int)n; }\n"
    "static const struct ops table = {read_it, 0};\n"
    "struct file file = {1, 2, 3, &table, 0, {{0}}, {0}, 0};\n"
    "int second(struct file *, float, long);\n"
    "int third(struct file *);\n"
    "int (*volatile pointer)(struct file *, float, long) = second;\n"
    "int main(void) { struct hidden h = {0}; char c = 0; file.hidden = &h;\n"
    "    return file.ops->read(&h, &c, 0) + pointer(&file, 1, 2) + third(&file); }\n";
static const char second_source[] =
    "#include \"h.h\"\n"
    "struct hidden { long second; char *more; };\n"
    "int second(struct file *f, float x, long y) { (void)x; (void)y;\n"
    "    return f->hidden ? 0 : (int)((struct hidden *)f->u.p)->second; }\n";
static const char third_source[] =
    "#include \"h.h\"\n"
    "namespace space { struct inner { int (*call)(struct file *); }; }\n"
    "static int called(struct file *f) { return f->mode - 1; }\n"
    "space::inner inner = {called};\n"
    "struct derived : space::inner { char more; };\n"
    "derived both = {{called}, 1};\n"
    "extern \"C\" int third(struct file *f) { return inner.call(f) + both.call(f); }\n";

static char folder[] = "/tmp/test_types.XXXXXX";

static bool shell(const char *command)
{
    char *line;
    assert_true(asprintf(&line, "cd %s && { %s; } >/dev/null 2>&1", folder, command) > 0);
    int status = system(line);
    free(line);
    return status == 0;
}

static void write_file(const char *name, const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    fclose(file);
}

struct loaded {
    struct program program;
    const struct debug_info *debug;
    const struct type_table *table;
};

static void load(struct loaded *ret, unsigned workers)
{
    char path[64];
    snprintf(path, sizeof path, "%s/p", folder);
    struct load_options options = {.no_libs = true};
    program_init(&ret->program);
    ret->program.workers = workers;
    assert_null(program_load(&ret->program, path, &options));
    image_load_debug(&ret->program, ret->program.images[0], &options);
    ret->debug = ret->program.images[0]->debug;
    assert_non_null(ret->debug);
    ret->table = &ret->debug->types;
}

/** The only defined struct of that name. */
static const struct type *find(const struct loaded *loaded, const char *name, unsigned expected)
{
    const struct type *found = NULL;
    unsigned count = 0;
    for (uint32_t i = 0; i < loaded->table->count; i++) {
        const struct type *type = &loaded->table->types[i];
        if (type->kind != TYPE_STRUCT || type->is_declaration || !type->name ||
            strcmp(type->name, name) != 0)
            continue;
        found = type;
        count++;
    }
    assert_int_equal(count, expected);
    return found;
}

static const struct type *at(const struct loaded *loaded, uint32_t index)
{
    assert_true(index < loaded->table->count);
    return &loaded->table->types[index];
}

static const struct type *target(const struct loaded *loaded, const struct type *type,
                                 enum type_kind kind)
{
    assert_int_equal(type->kind, kind);
    return at(loaded, type->target);
}

static const struct type *member(const struct loaded *loaded, const struct type *type,
                                 const char *name, uint64_t offset)
{
    for (uint32_t i = 0; i < type->member_count; i++) {
        const struct type_member *member = &loaded->table->members[type->first_member + i];
        if (member->name && strcmp(member->name, name) == 0) {
            assert_int_equal(member->offset, offset);
            return at(loaded, member->type);
        }
    }
    fail_msg("no member %s", name);
    return NULL;
}

static const struct debug_function *function(const struct loaded *loaded, const char *name)
{
    for (uint32_t i = 0; i < loaded->debug->function_count; i++)
        if (strcmp(loaded->debug->functions[i].name, name) == 0)
            return &loaded->debug->functions[i];
    fail_msg("no function %s", name);
    return NULL;
}

static const struct type *type_of_variable(const struct loaded *loaded, const char *name)
{
    for (uint32_t i = 0; i < loaded->debug->variable_count; i++)
        if (strcmp(loaded->debug->variables[i].name, name) == 0)
            return at(loaded, type_find(loaded->table, loaded->debug->variables[i].type_key));
    fail_msg("no variable %s", name);
    return NULL;
}

/* ---- What must hold -------------------------------------------------------------------------- */

static void check_layout(const struct loaded *loaded)
{
    const struct type *file = find(loaded, "file", 1);
    assert_int_equal(file->bytes, 88);
    assert_int_equal(file->member_count, 6); // bit fields are left out
    assert_int_equal(member(loaded, file, "mode", 0)->bytes, 2);
    const struct type *times = member(loaded, file, "times", 24);
    assert_int_equal(times->kind, TYPE_ARRAY);
    assert_int_equal(times->elements, 6);
    assert_int_equal(times->bytes, 48);
    assert_int_equal(target(loaded, times, TYPE_ARRAY)->kind, TYPE_FLOAT);
    const struct type *u = member(loaded, file, "u", 72);
    assert_int_equal(u->kind, TYPE_UNION);
    assert_int_equal(u->member_count, 2);
    const struct type *anonymous = type_of_variable(loaded, "one_of_these");
    assert_int_equal(anonymous->bytes, 8);
    // In a type unit of its own it is out of reach of its typedef.
    if (anonymous->name)
        assert_ptr_equal(find(loaded, "anonymous", 1), anonymous);
}

static void check_functions(const struct loaded *loaded)
{
    const struct type *ops = find(loaded, "ops", 1);
    const struct type *read = target(loaded, member(loaded, ops, "read", 0), TYPE_POINTER);
    assert_int_equal(read->kind, TYPE_FUNCTION);
    assert_int_equal(read->member_count, 3);
    assert_int_equal(target(loaded, read, TYPE_FUNCTION)->kind, TYPE_INTEGER);
    uint32_t own = type_find(loaded->table, function(loaded, "read_it")->type_key);
    assert_int_equal(at(loaded, own)->shape, read->shape);
    const struct type *close = target(loaded, member(loaded, ops, "close", 8), TYPE_POINTER);
    assert_int_equal(close->target, UINT32_MAX); // void
    assert_true(close->shape != read->shape);
    uint32_t second = type_find(loaded->table, function(loaded, "second")->type_key);
    const struct type *pointee = target(loaded, type_of_variable(loaded, "pointer"), TYPE_POINTER);
    assert_int_equal(at(loaded, second)->shape, pointee->shape);
    assert_int_equal(at(loaded, second)->member_count, 3);
}

/** Two private structs of one name are two types, and a shared one does not say which it means. */
static void check_identity(const struct loaded *loaded)
{
    find(loaded, "hidden", 2);
    const struct type *file = find(loaded, "file", 1);
    for (uint32_t i = 0; i < file->member_count; i++) {
        const struct type_member *member = &loaded->table->members[file->first_member + i];
        if (strcmp(member->name, "hidden") != 0)
            continue;
        if (member->type != UINT32_MAX)
            assert_true(at(loaded, at(loaded, member->type)->target)->is_declaration);
    }
}

static void check_mutability(const struct loaded *loaded)
{
    assert_false(find(loaded, "ops", 1)->is_mutable);
    assert_true(find(loaded, "file", 1)->is_mutable);
    assert_true(type_of_variable(loaded, "one_of_these")->is_mutable);
}

static void check_cpp(const struct loaded *loaded)
{
    const struct type *inner = find(loaded, "space::inner", 1);
    const struct type *derived = find(loaded, "derived", 1);
    assert_int_equal(derived->bytes, 16);
    const struct type_member *base = &loaded->table->members[derived->first_member];
    assert_null(base->name);
    assert_int_equal(base->offset, 0);
    assert_ptr_equal(at(loaded, base->type), inner);
    const struct type *call = target(loaded, member(loaded, inner, "call", 0), TYPE_POINTER);
    const struct debug_function *called = NULL;
    for (uint32_t i = 0; i < loaded->debug->function_count; i++)
        if (strncmp(loaded->debug->functions[i].name, "called", 6) == 0)
            called = &loaded->debug->functions[i];
    assert_non_null(called);
    assert_int_equal(at(loaded, type_find(loaded->table, called->type_key))->shape, call->shape);
}

static void check(const char *compile)
{
    struct loaded loaded;
    if (!shell(compile))
        skip();
    for (unsigned workers = 1; workers <= 2; workers++) {
        load(&loaded, workers);
        check_layout(&loaded);
        check_functions(&loaded);
        check_identity(&loaded);
        check_mutability(&loaded);
        check_cpp(&loaded);
        program_unload(&loaded.program);
    }
}

#define BUILD(c, cpp, flags)                                                                       \
    c " " flags " -c first.c second.c && " cpp " -std=c++17 " flags " -c third.cc && " cpp         \
      " " flags " first.o second.o third.o -o p"

#define FORM(name, c, cpp, flags)                                                                  \
    static void name(void **state)                                                                 \
    {                                                                                              \
        (void)state;                                                                               \
        check(BUILD(c, cpp, flags));                                                               \
    }

FORM(gcc_debug, "gcc", "g++", "-O0 -g")
FORM(gcc_release, "gcc", "g++", "-O2 -g")
FORM(gcc_dwarf_4, "gcc", "g++", "-O2 -gdwarf-4")
FORM(gcc_type_units, "gcc", "g++", "-O2 -g -fdebug-types-section")
FORM(gcc_whole_program, "gcc", "g++", "-O0 -g -flto")
FORM(gcc_split, "gcc", "g++", "-O2 -g -gsplit-dwarf")
FORM(clang_debug, "clang", "clang++", "-O0 -g")
FORM(clang_release, "clang", "clang++", "-O2 -g")
FORM(clang_dwarf_4, "clang", "clang++", "-O2 -gdwarf-4")
FORM(mixed, "clang", "g++", "-O2 -g")

/* ---- Frames and names ------------------------------------------------------------------------ */

/** A local has its place counted from the caller's stack pointer. */
static void local_variables(void **state)
{
    (void)state;
    struct loaded loaded;
    write_file("l.c", "struct box { void (*f)(void); long l[3]; };\n"
                      "void g(struct box *);\n"
                      "int main(void) { struct box box = {0}; g(&box); return 0; }\n"
                      "void g(struct box *b) { b->l[0] = 1; }\n");
    if (!shell("gcc -O0 -g l.c -o p"))
        skip();
    load(&loaded, 1);
    const struct type *box = find(&loaded, "box", 1);
    uint64_t main_address = function(&loaded, "main")->address;
    int found = 0;
    for (uint32_t i = 0; i < loaded.debug->local_count; i++) {
        const struct debug_local *local = &loaded.debug->locals[i];
        if (local->address != main_address)
            continue;
        found++;
        assert_int_equal(local->type_key, box->key);
        // Return address, frame pointer, then 32 bytes that end there.
        assert_int_equal(local->offset, -16 - 32);
    }
    assert_int_equal(found, 1);
    program_unload(&loaded.program);
}

/** Functions that are only declared, and copies that gcc makes of equal ones, have a type. */
static void functions_without_a_place(void **state)
{
    (void)state;
    struct loaded loaded;
    write_file("n.c", "int puts(const char *);\n"
                      "struct a; struct b;\n"
                      "static int f(struct a *x, int y) { (void)x; return y + puts(\"\"); }\n"
                      "static int g(struct b *x, int y) { (void)x; return y + puts(\"\"); }\n"
                      "int (*volatile p)(struct a *, int) = f;\n"
                      "int (*volatile q)(struct b *, int) = g;\n"
                      "int main(void) { return p(0, 1) + q(0, 2); }\n");
    if (!shell("gcc -O2 -g n.c -o p"))
        skip();
    load(&loaded, 1);
    uint64_t puts_key = type_find_by_name(loaded.table, "puts", UINT32_MAX);
    assert_true(puts_key != 0);
    assert_int_equal(at(&loaded, type_find(loaded.table, puts_key))->member_count, 1);
    assert_int_equal(type_find_by_name(loaded.table, "never_heard_of", UINT32_MAX), 0);
    // One of the two is described with its code, the other, if gcc made it a copy, without.
    unsigned described = 0;
    for (uint32_t i = 0; i < loaded.debug->function_count; i++)
        described += strlen(loaded.debug->functions[i].name) == 1;
    if (described == 1) {
        uint64_t copy = type_find_by_name(loaded.table, "g", 0);
        copy = copy ? copy : type_find_by_name(loaded.table, "f", 0);
        assert_int_equal(at(&loaded, type_find(loaded.table, copy))->member_count, 2);
    }
    assert_in_range(described, 1, 2);
    program_unload(&loaded.program);
}

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    write_file("h.h", header);
    write_file("first.c", first_source);
    write_file("second.c", second_source);
    write_file("third.cc", third_source);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return shell("rm -rf \"$PWD\"") ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gcc_debug),         cmocka_unit_test(gcc_release),
        cmocka_unit_test(gcc_dwarf_4),       cmocka_unit_test(gcc_type_units),
        cmocka_unit_test(gcc_whole_program), cmocka_unit_test(gcc_split),
        cmocka_unit_test(clang_debug),       cmocka_unit_test(clang_release),
        cmocka_unit_test(clang_dwarf_4),     cmocka_unit_test(mixed),
        cmocka_unit_test(local_variables),   cmocka_unit_test(functions_without_a_place),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
