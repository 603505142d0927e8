/*
 * test_entries.c: threads and handlers by what calls pass on, and the stacks that they usually
 * have. Function 0 is main, 1 and 2 are begun by others, 3 is pthread_create or whom the test
 * names.
 */
#include "analysis/entries/entries.h"
#include "graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { MAIN, FIRST, SECOND, CREATE, WRAPPER, SETTER, FUNCTION_COUNT };

struct fixture {
    struct graph graph;
    struct pointer_argument arguments[8];
    struct argument numbers[2];
    const char *crates[FUNCTION_COUNT];
};

static void fixture_init(struct fixture *f, const char *registrar, const char *interpreter)
{
    memset(f, 0, sizeof *f);
    graph_init(&f->graph, FUNCTION_COUNT);
    f->graph.image.interpreter = interpreter;
    f->graph.image.pointer_bytes = 8;
    f->graph.facts.crates = f->crates;
    f->graph.program.pointer_arguments = f->arguments;
    f->graph.program.arguments = f->numbers;
    graph_name(&f->graph, MAIN, "main");
    graph_name(&f->graph, FIRST, "first");
    graph_name(&f->graph, SECOND, "second");
    graph_name(&f->graph, CREATE, registrar);
    graph_name(&f->graph, WRAPPER, "wrapper");
    graph_name(&f->graph, SETTER, "pthread_attr_setstacksize");
    graph_leaf(&f->graph, FIRST);
    graph_leaf(&f->graph, SECOND);
}

/** Two calls in main and one in the wrapper, numbered 0, 1 and 2. */
static void fixture_call(struct fixture *f, uint32_t first, uint32_t second)
{
    graph_chain(&f->graph, MAIN, (uint32_t[]){first, second}, 2);
    graph_chain(&f->graph, WRAPPER, (uint32_t[]){CREATE}, 1);
    graph_finish(&f->graph);
    f->graph.program.functions[CREATE].image = NONE;
    f->graph.program.functions[SETTER].image = NONE;
}

static void pass(struct fixture *f, uint32_t call, uint8_t argument, enum pointed_kind kind,
                 uint32_t value)
{
    struct program *program = &f->graph.program;
    bool is_function = kind == POINTED_FUNCTION;
    f->arguments[program->pointer_argument_count++] =
        (struct pointer_argument){.call = call,
                                  .argument = argument,
                                  .kind = (uint8_t)kind,
                                  .function = is_function ? value : NONE,
                                  .index = is_function ? 0 : (uint8_t)value};
}

/** Returns the entry of @p kind that begins in @p function, or NULL. */
static const struct entry *entry_at(const struct fixture *f, enum entry_kind kind,
                                    uint32_t function)
{
    const struct facts *facts = &f->graph.facts;
    for (uint32_t i = 0; i < facts->entry_count; i++)
        if (facts->entries[i].kind == kind && facts->entries[i].function == function)
            return &facts->entries[i];
    return NULL;
}

static void expect_thread(const struct fixture *f, uint32_t function, int64_t limit)
{
    const struct entry *entry = entry_at(f, ENTRY_THREAD, function);
    assert_non_null(entry);
    assert_int_equal(entry->limit_bytes, limit);
}

static void threads_of_each_library(void **state)
{
    (void)state;
    static const struct {
        const char *interpreter;
        int64_t bytes;
    } cases[] = {{"/lib64/ld-linux-x86-64.so.2", 8 << 20},
                 {"/lib/ld-musl-x86_64.so.1", 128 << 10},
                 {"/libexec/ld-elf.so.1", -1}};
    for (unsigned i = 0; i < 3; i++) {
        struct fixture f;
        fixture_init(&f, "pthread_create", cases[i].interpreter);
        fixture_call(&f, CREATE, CREATE);
        pass(&f, 0, 2, POINTED_FUNCTION, FIRST);
        pass(&f, 1, 1, POINTED_FUNCTION, SECOND); // not where the thread's function stands
        entries_analyze(&f.graph.program, -1);
        expect_thread(&f, FIRST, cases[i].bytes);
        assert_null(entry_at(&f, ENTRY_THREAD, SECOND));
        assert_int_equal(entry_at(&f, ENTRY_MAIN, MAIN)->limit_bytes, 8 << 20);
        assert_int_equal(f.graph.facts.thread_limit_bytes, cases[i].bytes);
        graph_deinit(&f.graph);
    }
}

static void threads_of_rust(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "pthread_create", "/lib64/ld-linux-x86-64.so.2");
    f.crates[FIRST] = "std";
    fixture_call(&f, CREATE, CREATE);
    pass(&f, 0, 2, POINTED_FUNCTION, FIRST);
    pass(&f, 1, 2, POINTED_FUNCTION, SECOND);
    entries_analyze(&f.graph.program, -1);
    expect_thread(&f, FIRST, 2 << 20);
    expect_thread(&f, SECOND, 8 << 20);
    assert_int_equal(f.graph.facts.thread_limit_bytes, 2 << 20);
    graph_deinit(&f.graph);
    // Nobody says whose a thread without a name is.
    fixture_init(&f, "pthread_create", "/lib64/ld-linux-x86-64.so.2");
    f.crates[FIRST] = "std";
    fixture_call(&f, CREATE, CREATE);
    pass(&f, 0, 2, POINTED_FUNCTION, SECOND);
    f.graph.program.functions[SECOND].linkage_name = "";
    entries_analyze(&f.graph.program, -1);
    expect_thread(&f, SECOND, -1);
    graph_deinit(&f.graph);
}

static void wrappers_hand_on(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "thrd_create", "/lib/ld-musl-x86_64.so.1");
    fixture_call(&f, WRAPPER, CREATE);
    pass(&f, 0, 3, POINTED_FUNCTION, FIRST);
    pass(&f, 1, 1, POINTED_FUNCTION, SECOND);
    pass(&f, 2, 1, POINTED_ARGUMENT, 3); // the wrapper's argument 3
    entries_analyze(&f.graph.program, -1);
    expect_thread(&f, FIRST, 128 << 10);
    expect_thread(&f, SECOND, 128 << 10);
    graph_deinit(&f.graph);
}

/** With attributes that the program sets, a thread has what they say, if they say one thing. */
static void attributes_count(void **state)
{
    (void)state;
    for (int is_known = 0; is_known < 2; is_known++) {
        struct fixture f;
        fixture_init(&f, "pthread_create", "/lib64/ld-linux-x86-64.so.2");
        graph_call(&f.graph, MAIN, TO(SETTER), NEXT(1));
        graph_call(&f.graph, MAIN, TO(CREATE), NEXT(2));
        graph_call(&f.graph, MAIN, TO(CREATE), NEXT(3));
        graph_leaf(&f.graph, MAIN);
        graph_finish(&f.graph);
        f.graph.program.functions[CREATE].image = NONE;
        f.graph.program.functions[SETTER].image = NONE;
        f.numbers[0] = (struct argument){.number = 1 << 16, .call = 0, .index = 1};
        f.graph.program.argument_count = (uint32_t)is_known;
        pass(&f, 1, 1, POINTED_NOTHING, 0);
        pass(&f, 1, 2, POINTED_FUNCTION, FIRST);
        pass(&f, 2, 2, POINTED_FUNCTION, SECOND);
        entries_analyze(&f.graph.program, -1);
        expect_thread(&f, FIRST, 8 << 20);
        expect_thread(&f, SECOND, is_known ? 1 << 16 : -1);
        graph_deinit(&f.graph);
    }
}

static void handlers_have_no_stack_of_their_own(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "signal", "/lib64/ld-linux-x86-64.so.2");
    fixture_call(&f, CREATE, CREATE);
    pass(&f, 0, 1, POINTED_FUNCTION, FIRST);
    pass(&f, 1, 1, POINTED_FUNCTION, FIRST);
    entries_analyze(&f.graph.program, -1);
    assert_int_equal(entry_at(&f, ENTRY_SIGNAL, FIRST)->limit_bytes, -1);
    assert_int_equal(f.graph.facts.entry_count, 2); // main; the handler once
    graph_deinit(&f.graph);
}

static void the_user_knows_better(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "signal", "/lib64/ld-linux-x86-64.so.2");
    fixture_call(&f, CREATE, CREATE);
    pass(&f, 0, 1, POINTED_FUNCTION, FIRST);
    entries_analyze(&f.graph.program, 4096);
    assert_int_equal(entry_at(&f, ENTRY_SIGNAL, FIRST)->limit_bytes, 4096);
    assert_int_equal(entry_at(&f, ENTRY_MAIN, MAIN)->limit_bytes, 4096);
    assert_int_equal(f.graph.facts.main_limit_bytes, 4096);
    graph_deinit(&f.graph);
}

/** A function of the program's own that has the name of one of the C library is not that. */
static void names_are_those_of_the_library(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "signal", "/lib64/ld-linux-x86-64.so.2");
    graph_leaf(&f.graph, CREATE);
    fixture_call(&f, CREATE, CREATE);
    f.graph.program.functions[CREATE].image = 0;
    pass(&f, 0, 1, POINTED_FUNCTION, FIRST);
    entries_analyze(&f.graph.program, -1);
    assert_null(entry_at(&f, ENTRY_SIGNAL, FIRST));
    graph_deinit(&f.graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_of_each_library),
        cmocka_unit_test(threads_of_rust),
        cmocka_unit_test(wrappers_hand_on),
        cmocka_unit_test(attributes_count),
        cmocka_unit_test(handlers_have_no_stack_of_their_own),
        cmocka_unit_test(the_user_knows_better),
        cmocka_unit_test(names_are_those_of_the_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
