/*
 * test_debug.c: debug information in every form that compilers and tools leave it in.
 *
 * One C++ program is built by the compilers at hand, in each version of DWARF, and put through
 * what distributions do to binaries: split, packaged, compressed, stripped, shared. Whatever the
 * form, the same facts must come out. Rows whose tools are missing are skipped.
 */
#include "load/debug/find.h"
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

/* The numbers of lines below are facts of the test. */
static const char source[] =
    "namespace ns {\n"                                                             // 1
    "struct A {\n"                                                                 // 2
    "    int x;\n"                                                                 // 3
    "    static int counter;\n"                                                    // 4
    "    __attribute__((noinline)) int method(int y);\n"                           // 5
    "};\n"                                                                         // 6
    "int A::counter = 3;\n"                                                        // 7
    "static inline __attribute__((always_inline)) int helper(volatile int *p) {\n" // 8
    "    int sum = 0; for (int i = 0; i < *p; i++) sum += *p ^ i; return sum;\n"   // 9
    "}\n"                                                                          // 10
    "int A::method(int y) {\n"                                                     // 11
    "    volatile int local = y;\n"                                                // 12
    "    return helper(&local) + x + counter++;\n"                                 // 13
    "}\n"                                                                          // 14
    "}\n"                                                                          // 15
    "static const char *words[3] = {\"a\", \"b\", \"c\"};\n"                       // 16
    "double matrix[2][4];\n"                                                       // 17
    "thread_local int per_thread = 1;\n"                                           // 18
    "__attribute__((used)) void (*callback)(int, const char *);\n"                 // 19
    "volatile ns::A object;\n"                                                     // 20
    "int *const constant_pointer __attribute__((used)) = &ns::A::counter;\n"       // 21
    "int main(int argc, char **) {\n"                                              // 22
    "    static int calls;\n"                                                      // 23
    "    ns::A a{argc};\n"                                                         // 24
    "    words[argc % 3]++; if (callback) callback(argc, words[0]);\n"             // 25
    "    matrix[1][1] += argc;\n"                                                  // 26
    "    return a.method(++calls) + words[1][0] + ++per_thread + object.x + "
    "((long)&constant_pointer >> 60);\n" // 27
    "}\n";                               // 28

static char folder[] = "/tmp/test_debug.XXXXXX";

/** Runs a shell command in the test's folder. */
static bool shell(const char *command)
{
    char *line;
    assert_true(asprintf(&line, "cd %s && { %s; } >/dev/null 2>&1", folder, command) > 0);
    int status = system(line);
    free(line);
    return status == 0;
}

static void write_source(void)
{
    char path[64];
    snprintf(path, sizeof path, "%s/p.cc", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(source, file) >= 0);
    fclose(file);
}

struct loaded {
    struct program program;
    const struct debug_info *debug;
    char path[64];
};

static void load(struct loaded *ret, const char *name, const char *debug_file)
{
    char debug_path[64];
    snprintf(ret->path, sizeof ret->path, "%s/%s", folder, name);
    snprintf(debug_path, sizeof debug_path, "%s/%s", folder, debug_file ? debug_file : "");
    struct load_options options = {.no_libs = true, .debug_file = debug_file ? debug_path : NULL};
    program_init(&ret->program);
    ret->program.workers = 2;
    struct error *error = program_load(&ret->program, ret->path, &options);
    assert_null(error);
    // Not every form of the file is loaded with its debug information at once.
    image_load_debug(&ret->program, ret->program.images[0], &options);
    ret->debug = ret->program.images[0]->debug;
}

static void unload(struct loaded *loaded)
{
    program_unload(&loaded->program);
}

static const struct debug_function *function(const struct loaded *loaded, const char *name)
{
    for (uint32_t i = 0; i < loaded->debug->function_count; i++)
        if (strcmp(loaded->debug->functions[i].name, name) == 0)
            return &loaded->debug->functions[i];
    fail_msg("no function %s", name);
    return NULL;
}

static const struct debug_variable *variable(const struct loaded *loaded, const char *name)
{
    for (uint32_t i = 0; i < loaded->debug->variable_count; i++)
        if (strcmp(loaded->debug->variables[i].name, name) == 0)
            return &loaded->debug->variables[i];
    fail_msg("no variable %s", name);
    return NULL;
}

/** The address, or offset in the thread's block, that the symbol table gives. */
static uint64_t symbol_address(const struct loaded *loaded, const char *name)
{
    const struct image *image = loaded->program.images[0];
    for (uint32_t i = 0; i < image->symbol_count; i++)
        if (strcmp(image->symbols[i].name, name) == 0)
            return image->symbols[i].address;
    fail_msg("no symbol %s", name);
    return 0;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static void check_variable(const struct loaded *loaded, const char *name, const char *symbol,
                           const char *type, uint64_t bytes, uint32_t line)
{
    const struct debug_variable *found = variable(loaded, name);
    assert_non_null(found->type);
    assert_string_equal(found->type, type);
    assert_int_equal(found->bytes, bytes);
    assert_int_equal(found->line, line);
    if (symbol)
        assert_int_equal(found->address, symbol_address(loaded, symbol));
    assert_true(found->file < loaded->debug->file_count);
    assert_true(ends_with(loaded->debug->files[found->file], "/p.cc"));
}

static void check_variables(const struct loaded *loaded)
{
    // clang gives the line of the declaration, gcc that of the definition.
    uint32_t line = variable(loaded, "ns::A::counter")->line;
    assert_true(line == 4 || line == 7);
    check_variable(loaded, "ns::A::counter", "_ZN2ns1A7counterE", "int", 4, line);
    check_variable(loaded, "words", "_ZL5words", "const char *[3]", 24, 16);
    check_variable(loaded, "matrix", "matrix", "double[2][4]", 64, 17);
    check_variable(loaded, "callback", "callback", "void (*)(int, const char *)", 8, 19);
    check_variable(loaded, "object", "object", "volatile ns::A", 4, 20);
    check_variable(loaded, "constant_pointer", "_ZL16constant_pointer", "int *const", 8, 21);
    check_variable(loaded, "main::calls", "_ZZ4mainE5calls", "int", 4, 23);
    assert_int_equal(variable(loaded, "matrix")->kind, DEBUG_STATIC);
}

static void check_thread_local(const struct loaded *loaded)
{
    check_variable(loaded, "per_thread", "per_thread", "int", 4, 18);
    assert_int_equal(variable(loaded, "per_thread")->kind, DEBUG_TLS);
}

static void check_functions(const struct loaded *loaded)
{
    const struct debug_info *debug = loaded->debug;
    const struct debug_function *method = function(loaded, "ns::A::method");
    const struct debug_function *main_function = function(loaded, "main");
    assert_int_equal(main_function->line, 22);
    assert_true(main_function->is_external);
    assert_string_equal(method->linkage_name, "_ZN2ns1A6methodEi");
    assert_true(method->line == 5 || method->line == 11);
    assert_int_equal(debug_function_at(debug, method->address), method - debug->functions);
    assert_int_equal(debug_function_at(debug, method->address + 1), UINT32_MAX);
    const struct debug_unit *unit = &debug->units[method->unit];
    assert_int_equal(unit->language, LANGUAGE_CPP);
    assert_true(ends_with(unit->name, "p.cc") || strcmp(unit->name, "<artificial>") == 0);
    assert_true(strstr(unit->producer, "GNU") || strstr(unit->producer, "clang"));
}

static void check_inlined(const struct loaded *loaded)
{
    const struct debug_info *debug = loaded->debug;
    const struct debug_function *method = function(loaded, "ns::A::method");
    uint32_t found = 0, inside[4];
    for (uint64_t at = method->address; at < method->address + method->bytes; at++) {
        uint32_t count = debug_inlined_at(debug, at, 4, inside);
        if (count == 0)
            continue;
        const struct debug_inlined *inlined = &debug->inlined[inside[0]];
        assert_int_equal(count, 1);
        assert_string_equal(inlined->name, "ns::helper");
        assert_int_equal(inlined->call_line, 13);
        assert_true(ends_with(debug->files[inlined->call_file], "/p.cc"));
        assert_int_equal(inlined->depth, 0);
        found++;
    }
    assert_true(found > 0 && found < method->bytes);
}

static void check_lines(const struct loaded *loaded)
{
    const struct debug_info *debug = loaded->debug;
    const struct debug_function *method = function(loaded, "ns::A::method");
    bool seen[32] = {false};
    for (uint64_t at = method->address; at < method->address + method->bytes; at++) {
        const struct debug_line *line = debug_line_at(debug, at);
        assert_non_null(line);
        assert_true(ends_with(debug->files[line->file], "/p.cc"));
        assert_true(line->line == 0 || (line->line >= 8 && line->line <= 14));
        seen[line->line] = true;
    }
    // gcc has two rows at the start; the second is for the line of `local`.
    uint32_t first = debug_line_at(debug, method->address)->line;
    assert_true(first == 11 || first == 12);
    assert_true(seen[9] && seen[13]);
    assert_null(debug_line_at(debug, 1));
    for (uint32_t i = 1; i < debug->line_count; i++)
        assert_true(debug->lines[i - 1].address < debug->lines[i].address);
}

static void check_all(const char *name, const char *debug_file, bool has_tls)
{
    struct loaded loaded;
    load(&loaded, name, debug_file);
    assert_non_null(loaded.debug);
    check_functions(&loaded);
    check_inlined(&loaded);
    check_lines(&loaded);
    check_variables(&loaded);
    if (has_tls)
        check_thread_local(&loaded);
    assert_int_equal(loaded.program.diagnostics.count, 0);
    unload(&loaded);
}

/* ---- Forms ----------------------------------------------------------------------------------- */

struct form {
    const char *name;
    const char *tools;   // must be there, else the row is skipped
    const char *command; // makes the file "p" and removes what must not be needed
};

static const struct form forms[] = {
    {"g++ DWARF 2", "g++", "g++ -O1 -gdwarf-2 p.cc -o p"},
    {"g++ DWARF 3", "g++", "g++ -O1 -gdwarf-3 p.cc -o p"},
    {"g++ DWARF 4", "g++", "g++ -O1 -gdwarf-4 p.cc -o p"},
    {"g++ DWARF 5", "g++", "g++ -O1 -gdwarf-5 p.cc -o p"},
    {"g++ 64-bit DWARF 5", "g++", "g++ -O1 -gdwarf-5 -gdwarf64 p.cc -o p"},
    {"g++ type units 4", "g++", "g++ -O1 -gdwarf-4 -fdebug-types-section p.cc -o p"},
    {"g++ type units 5", "g++", "g++ -O1 -gdwarf-5 -fdebug-types-section p.cc -o p"},
    {"g++ link-time", "g++", "g++ -O1 -g -flto p.cc -o p"},
    {"clang++ DWARF 4", "clang++", "clang++ -O1 -gdwarf-4 p.cc -o p"},
    {"clang++ DWARF 5", "clang++", "clang++ -O1 -gdwarf-5 p.cc -o p"},
    {"static position", "g++", "g++ -O1 -g -no-pie p.cc -o p"},
    {"dropped sections", "g++", "g++ -O1 -g -ffunction-sections -Wl,--gc-sections p.cc -o p"},
    {"g++ .dwo 4", "g++", "g++ -O1 -gdwarf-4 -gsplit-dwarf p.cc -o p"},
    {"g++ .dwo 5", "g++", "g++ -O1 -gdwarf-5 -gsplit-dwarf p.cc -o p"},
    {"clang++ .dwo 4", "clang++", "clang++ -O1 -gdwarf-4 -gsplit-dwarf p.cc -o p"},
    {"clang++ .dwo 5", "clang++", "clang++ -O1 -gdwarf-5 -gsplit-dwarf p.cc -o p"},
    {"moved .dwo", "clang++",
     "mkdir -p away && cd away && cp ../p.cc . && clang++ -O1 -gdwarf-5 -gsplit-dwarf -c p.cc && "
     "clang++ p.o -o ../p && mv p.dwo .. && cd .. && rm -r away"},
    {"single split file", "clang++",
     "clang++ -O1 -gdwarf-5 -gsplit-dwarf=single -c p.cc && clang++ p.o -o p"},
    {"clang++ .dwp 4", "clang++ llvm-dwp",
     "clang++ -O1 -gdwarf-4 -gsplit-dwarf p.cc -o p && llvm-dwp -e p -o p.dwp && rm *.dwo"},
    {"clang++ .dwp 5", "clang++ llvm-dwp",
     "clang++ -O1 -gdwarf-5 -gsplit-dwarf p.cc -o p && llvm-dwp -e p -o p.dwp && rm *.dwo"},
    {"clang++ .dwp 4 type units", "clang++ llvm-dwp",
     "clang++ -O1 -gdwarf-4 -gsplit-dwarf -fdebug-types-section p.cc -o p && "
     "llvm-dwp -e p -o p.dwp && rm *.dwo"},
    {"clang++ .dwp 5 type units", "clang++ llvm-dwp",
     "clang++ -O1 -gdwarf-5 -gsplit-dwarf -fdebug-types-section p.cc -o p && "
     "llvm-dwp -e p -o p.dwp && rm *.dwo"},
    {"g++ .dwp 4", "g++ dwp",
     "g++ -O1 -gdwarf-4 -gsplit-dwarf p.cc -o p && dwp -e p -o p.dwp && rm *.dwo"},
    {"package of several", "clang++ llvm-dwp",
     "echo 'int other(int x) { return x; }' >q.cc && "
     "clang++ -O1 -gdwarf-5 -gsplit-dwarf -c q.cc && clang++ -O1 -gdwarf-5 -gsplit-dwarf -c p.cc "
     "&& "
     "clang++ q.o p.o -o p && llvm-dwp -e p -o p.dwp && rm *.dwo"},
    {"zlib", "g++", "g++ -O1 -g -gz=zlib p.cc -o p"},
    {"zlib as GNU had it", "g++", "g++ -O1 -g -gz=zlib-gnu p.cc -o p"},
    {"zstd", "g++ objcopy", "g++ -O1 -g p.cc -o p && objcopy --compress-debug-sections=zstd p"},
    {"compressed .dwo", "clang++ objcopy",
     "clang++ -O1 -gdwarf-5 -gsplit-dwarf p.cc -o p && "
     "objcopy --compress-debug-sections=zlib *.dwo"},
    {"dwz", "g++ dwz", "g++ -O1 -g p.cc -o p && dwz p"},
};

static bool has_tools(const char *tools)
{
    char command[256];
    snprintf(command, sizeof command, "for t in %s; do command -v $t || exit 1; done", tools);
    return shell(command);
}

static void check_form(void **state)
{
    const struct form *form = *state;
    if (!has_tools(form->tools))
        skip();
    shell("rm -rf *.o *.dwo *.dwp p q r common");
    if (!shell(form->command))
        skip();
    check_all("p", NULL, true);
}

/* ---- Separate files -------------------------------------------------------------------------- */

static bool make_separate(const char *options)
{
    char command[512];
    snprintf(command, sizeof command,
             "rm -rf .debug p p.debug && g++ -O1 -g %s p.cc -o p && "
             "objcopy --only-keep-debug p p.debug && strip -g p",
             options);
    return shell(command);
}

static void link_beside(void **state)
{
    (void)state;
    if (!make_separate("-Wl,--build-id=none") || !shell("objcopy --add-gnu-debuglink=p.debug p"))
        skip();
    check_all("p", NULL, true);
    assert_true(shell("mkdir .debug && mv p.debug .debug"));
    check_all("p", NULL, true);
}

/** Thread-locals go to the shared file too, without an owner, and are not found there. */
static void dwz_of_several(void **state)
{
    (void)state;
    if (!has_tools("dwz") || !shell("g++ -O1 -g p.cc -o p && g++ -O2 -g p.cc -o q && "
                                    "dwz -m common p q && rm q"))
        skip();
    check_all("p", NULL, false);
}

static void link_with_wrong_crc(void **state)
{
    (void)state;
    struct loaded loaded;
    if (!make_separate("-Wl,--build-id=none") || !shell("objcopy --add-gnu-debuglink=p.debug p"))
        skip();
    assert_true(shell("echo >>p.debug"));
    load(&loaded, "p", NULL);
    assert_null(loaded.debug);
    unload(&loaded);
}

static void given_file(void **state)
{
    (void)state;
    if (!make_separate("-Wl,--build-id"))
        skip();
    check_all("p", "p.debug", true);
}

static void given_file_of_another_build(void **state)
{
    (void)state;
    struct loaded loaded;
    if (!make_separate("-Wl,--build-id") ||
        !shell("g++ -O2 -g -Wl,--build-id p.cc -o q && objcopy --only-keep-debug q q.debug"))
        skip();
    load(&loaded, "p", "q.debug");
    assert_null(loaded.debug);
    assert_int_equal(loaded.program.diagnostics.count, 1);
    assert_non_null(strstr(loaded.program.diagnostics.data[0].message, "another build"));
    unload(&loaded);
}

static void build_id_below_sysroot(void **state)
{
    (void)state;
    char path[64], root[64];
    struct program program;
    if (!make_separate("-Wl,--build-id=0x0123456789abcdef") ||
        !shell("mkdir -p root/usr/lib/debug/.build-id/01 && "
               "mv p.debug root/usr/lib/debug/.build-id/01/23456789abcdef.debug"))
        skip();
    snprintf(path, sizeof path, "%s/p", folder);
    snprintf(root, sizeof root, "%s/root", folder);
    struct load_options options = {.no_libs = true, .sysroot = root};
    program_init(&program);
    assert_null(program_load(&program, path, &options));
    image_load_debug(&program, program.images[0], &options);
    assert_non_null(program.images[0]->debug);
    program_unload(&program);
}

static void mini_debug_info(void **state)
{
    (void)state;
    struct loaded loaded;
    uint8_t *data;
    size_t bytes;
    if (!shell("rm -rf p mini* && g++ -O1 p.cc -o p && cp p mini && objcopy -S p && "
               "xz mini && objcopy --add-section .gnu_debugdata=mini.xz p"))
        skip();
    load(&loaded, "p", NULL);
    assert_true(minidebug_extract(loaded.program.images[0], &data, &bytes));
    assert_true(bytes > 4);
    assert_memory_equal(data, "\177ELF", 4);
    free(data);
    assert_int_not_equal(symbol_address(&loaded, "_ZN2ns1A6methodEi"), 0);
    unload(&loaded);
}

/* ---- Damage ---------------------------------------------------------------------------------- */

static void missing_split_file(void **state)
{
    (void)state;
    struct loaded loaded;
    if (!shell("rm -f *.dwo *.dwp && g++ -O1 -gdwarf-5 -gsplit-dwarf p.cc -o p && rm *.dwo"))
        skip();
    load(&loaded, "p", NULL);
    assert_int_equal(loaded.program.diagnostics.count, 1);
    assert_non_null(strstr(loaded.program.diagnostics.data[0].message, "of 1 unit"));
    // The lines are in the image itself.
    const struct debug_line *line =
        debug_line_at(loaded.debug, symbol_address(&loaded, "_ZN2ns1A6methodEi"));
    assert_non_null(line);
    assert_true(line->line == 11 || line->line == 12);
    unload(&loaded);
}

/** One unit's version is wrong; the others' functions are still there. */
static void one_damaged_unit(void **state)
{
    (void)state;
    struct loaded loaded;
    if (!shell("echo 'int other(int x) { return x; }' >q.cc && rm -f *.dwp && "
               "g++ -O1 -gdwarf-5 q.cc p.cc -o p"))
        skip();
    load(&loaded, "p", NULL);
    const struct image *image = loaded.program.images[0];
    uint64_t offset = 0;
    for (uint32_t i = 0; i < image->section_count; i++)
        if (strcmp(image->sections[i].name, ".debug_info") == 0)
            offset = image->sections[i].offset;
    unload(&loaded);
    char command[128];
    snprintf(command, sizeof command, "printf '\\231' | dd of=p bs=1 seek=%llu conv=notrunc",
             (unsigned long long)offset + 4);
    assert_true(offset && shell(command));
    load(&loaded, "p", NULL);
    assert_int_equal(loaded.program.diagnostics.count, 1);
    check_functions(&loaded);
    check_variables(&loaded);
    check_thread_local(&loaded);
    unload(&loaded);
}

/* ---- Other languages and files --------------------------------------------------------------- */

static void rust_names(void **state)
{
    (void)state;
    struct loaded loaded;
    if (!has_tools("rustc") ||
        !shell("echo 'trait T { fn f(&self) -> u64; } struct S(u64);"
               "impl T for S { #[inline(never)] fn f(&self) -> u64 { self.0 } }"
               "mod inner { pub static TABLE: [u8; 16] = [7; 16];"
               " pub static WORDS: &[&str] = &[\"a\"]; }"
               "fn main() { let v: Box<dyn T> = Box::new(S(inner::TABLE[3] as u64));"
               " let c = |x: u64| x + v.f(); println!(\"{} {}\", c(1), inner::WORDS[0]); }' >r.rs "
               "&& rustc -g r.rs -o r"))
        skip();
    load(&loaded, "r", NULL);
    assert_non_null(loaded.debug);
    const struct debug_variable *table = variable(&loaded, "r::inner::TABLE");
    assert_string_equal(table->type, "[u8; 16]");
    assert_int_equal(table->bytes, 16);
    assert_string_equal(variable(&loaded, "r::inner::WORDS")->type, "&[&str]");
    assert_int_equal(variable(&loaded, "<r::S as r::T>::{vtable}")->kind, DEBUG_VTABLE);
    assert_int_equal(variable(&loaded, "<r::S as r::T>::{vtable}")->bytes, 32);
    assert_non_null(function(&loaded, "r::main"));
    assert_non_null(function(&loaded, "r::main::{closure#0}"));
    assert_int_equal(loaded.debug->units[function(&loaded, "r::main")->unit].language,
                     LANGUAGE_RUST);
    unload(&loaded);
}

static void object_file(void **state)
{
    (void)state;
    struct loaded loaded;
    if (!shell("rm -f *.dwo *.dwp && g++ -O1 -g -c p.cc -o p.o"))
        skip();
    load(&loaded, "p.o", NULL);
    assert_non_null(loaded.debug);
    check_functions(&loaded);
    check_inlined(&loaded);
    check_lines(&loaded);
    check_variable(&loaded, "matrix", "matrix", "double[2][4]", 64, 17);
    unload(&loaded);
}

static void no_debug_information(void **state)
{
    (void)state;
    struct loaded loaded;
    if (!shell("rm -f *.dwp && g++ -O1 p.cc -o p"))
        skip();
    load(&loaded, "p", NULL);
    assert_null(loaded.debug);
    assert_int_equal(loaded.program.diagnostics.count, 0);
    assert_null(debug_line_at(NULL, 0));
    assert_int_equal(debug_inlined_at(NULL, 0, 1, NULL), 0);
    assert_int_equal(debug_function_at(NULL, 0), UINT32_MAX);
    unload(&loaded);
}

/** Ranges side by side and inside each other: [10,50) { [10,20) { [12,14) } [30,40) } [60,70). */
static void inlined_ranges(void **state)
{
    (void)state;
    struct debug_inlined inlined[] = {
        {.address = 10, .bytes = 40, .parent = UINT32_MAX},
        {.address = 10, .bytes = 10, .depth = 1, .parent = 0},
        {.address = 12, .bytes = 2, .depth = 2, .parent = 1},
        {.address = 30, .bytes = 10, .depth = 1, .parent = 0},
        {.address = 60, .bytes = 10, .parent = UINT32_MAX},
    };
    struct debug_info debug = {.inlined = inlined, .inlined_count = 5};
    uint32_t found[4];
    assert_int_equal(debug_inlined_at(&debug, 9, 4, found), 0);
    assert_int_equal(debug_inlined_at(&debug, 13, 4, found), 3);
    assert_int_equal(found[0], 2);
    assert_int_equal(found[1], 1);
    assert_int_equal(found[2], 0);
    assert_int_equal(debug_inlined_at(&debug, 13, 2, found), 2);
    assert_int_equal(debug_inlined_at(&debug, 14, 4, found), 2);
    assert_int_equal(debug_inlined_at(&debug, 25, 4, found), 1);
    assert_int_equal(found[0], 0);
    assert_int_equal(debug_inlined_at(&debug, 45, 4, found), 1);
    assert_int_equal(debug_inlined_at(&debug, 50, 4, found), 0);
    assert_int_equal(debug_inlined_at(&debug, 69, 4, found), 1);
    assert_int_equal(debug_inlined_at(&debug, 70, 4, found), 0);
}

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return 1;
    write_source();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

int main(void)
{
    enum { FORMS = sizeof forms / sizeof *forms };
    struct CMUnitTest tests[FORMS + 16] = {{0}};
    size_t count = 0;
    for (size_t i = 0; i < FORMS; i++)
        tests[count++] = (struct CMUnitTest){
            .name = forms[i].name, .test_func = check_form, .initial_state = (void *)&forms[i]};
    const struct CMUnitTest others[] = {
        cmocka_unit_test(link_beside),
        cmocka_unit_test(dwz_of_several),
        cmocka_unit_test(link_with_wrong_crc),
        cmocka_unit_test(given_file),
        cmocka_unit_test(given_file_of_another_build),
        cmocka_unit_test(build_id_below_sysroot),
        cmocka_unit_test(mini_debug_info),
        cmocka_unit_test(missing_split_file),
        cmocka_unit_test(one_damaged_unit),
        cmocka_unit_test(rust_names),
        cmocka_unit_test(object_file),
        cmocka_unit_test(no_debug_information),
        cmocka_unit_test(inlined_ranges),
    };
    memcpy(tests + count, others, sizeof others);
    count += sizeof others / sizeof *others;
    return _cmocka_run_group_tests("debug", tests, count, set_up, tear_down);
}
