/*
 * test_cache.c: what was found in a library goes to bytes and comes back, in programs that have it
 * at other numbers; bytes that are not as they were written are refused or do no harm.
 */
#include "cached_program.h"
#include "program/debug.h"

#include "analysis/cache/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const struct hash_value key = {{1, 2}};

/** An entry in memory. */
struct bytes {
    uint8_t *data;
    size_t count;
};

static struct bytes write_entry(const struct cached_program *made)
{
    struct bytes bytes;
    FILE *out = open_memstream((char **)&bytes.data, &bytes.count);
    assert_true(cache_entry_write(&made->decoded, &made->numbering, key, out));
    fclose(out);
    return bytes;
}

static struct bytes write_sample(void)
{
    static struct cached_program made;
    cached_program_init(&made, 2);
    cached_program_find(&made);
    struct bytes bytes = write_entry(&made);
    assert_int_equal(bytes.count, cache_entry_bytes(&made.decoded, &made.numbering));
    cached_program_deinit(&made);
    return bytes;
}

static bool read_entry(struct cached_program *made, const uint8_t *data, size_t count)
{
    // A copy of just this size, so that reading behind its end is noticed.
    uint8_t *copy = malloc(count ? count : 1);
    memcpy(copy, data, count);
    bool is_read = cache_entry_read(&made->decoded, &made->numbering, key, 0, copy, count);
    free(copy);
    return is_read;
}

/* ---- There and back -------------------------------------------------------------------------- */

static void assert_same_records(const struct cached_program *read,
                                const struct cached_program *made)
{
    for (uint32_t i = 0; i < OWN_FUNCTIONS; i++)
        for (unsigned k = 0; k < RECORD_KINDS; k++) {
            const struct record_kind *kind = &record_kinds[k];
            const struct found *a = &read->found[read->first + i];
            const struct found *b = &made->found[made->first + i];
            uint32_t count = found_count(b, kind);
            assert_int_equal(found_count(a, kind), count);
            if (!count)
                continue;
            const char *x = record_array_get(&read->outputs[0], kind).data;
            const char *y = record_array_get(&made->outputs[0], kind).data;
            assert_memory_equal(x + found_first(a, kind) * kind->bytes,
                                y + found_first(b, kind) * kind->bytes, count * kind->bytes);
        }
}

static void round_trip(uint32_t before)
{
    static struct cached_program expected, read;
    struct bytes bytes = write_sample();
    cached_program_init(&expected, before);
    cached_program_find(&expected);
    cached_program_init(&read, before);
    assert_true(read_entry(&read, bytes.data, bytes.count));
    assert_same_records(&read, &expected);
    assert_memory_equal(read.frames, expected.frames, sizeof read.frames);
    assert_memory_equal(read.taken_bits, expected.taken_bits, sizeof read.taken_bits);
    cached_program_deinit(&expected);
    cached_program_deinit(&read);
    free(bytes.data);
}

static void comes_back_as_it_was(void **state)
{
    (void)state;
    round_trip(2);
}

static void comes_back_at_other_numbers(void **state)
{
    (void)state;
    round_trip(1);
    round_trip(MAX_BEFORE);
}

static void is_not_read_under_another_key(void **state)
{
    static struct cached_program made;
    struct bytes bytes = write_sample();
    (void)state;
    cached_program_init(&made, 2);
    assert_false(cache_entry_read(&made.decoded, &made.numbering, (struct hash_value){{1, 3}}, 0,
                                  bytes.data, bytes.count));
    cached_program_deinit(&made);
    free(bytes.data);
}

static void what_has_no_number_is_not_written(void **state)
{
    static struct cached_program made;
    char *data;
    size_t count;
    (void)state;
    cached_program_init(&made, 2);
    cached_program_find(&made);
    made.outputs[0].targets.data[0] = made.first + OWN_FUNCTIONS; // no relocation leads there
    FILE *out = open_memstream(&data, &count);
    assert_false(cache_entry_write(&made.decoded, &made.numbering, key, out));
    fclose(out);
    free(data);
    cached_program_deinit(&made);
}

/* ---- Damage ---------------------------------------------------------------------------------- */

/** Nothing of a refused entry may be left. */
static void assert_untouched(struct cached_program *made)
{
    static const struct found no_found[MOST_FUNCTIONS];
    static const uint8_t no_taken[3][MOST_FUNCTIONS / 8 + 1];
    assert_memory_equal(made->found, no_found, sizeof no_found);
    assert_memory_equal(made->taken_bits, no_taken, sizeof no_taken);
    for (unsigned k = 0; k < RECORD_KINDS; k++)
        assert_null(record_array_get(&made->outputs[0], &record_kinds[k]).data);
}

static void assert_refused(const uint8_t *data, size_t count)
{
    static struct cached_program made;
    cached_program_init(&made, 2);
    assert_false(read_entry(&made, data, count));
    assert_untouched(&made);
    cached_program_deinit(&made);
}

static void truncated_at_any_length_is_refused(void **state)
{
    struct bytes bytes = write_sample();
    (void)state;
    for (size_t i = 0; i < bytes.count; i++)
        assert_refused(bytes.data, i);
    free(bytes.data);
}

static void any_flipped_bit_is_refused(void **state)
{
    struct bytes bytes = write_sample();
    (void)state;
    for (size_t i = 0; i < bytes.count; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            bytes.data[i] ^= (uint8_t)(1U << bit);
            assert_refused(bytes.data, bytes.count);
            bytes.data[i] ^= (uint8_t)(1U << bit);
        }
    free(bytes.data);
}

static void seal(struct bytes bytes)
{
    struct hash hash;
    hash_init(&hash);
    hash_add(&hash, bytes.data, bytes.count - sizeof(struct hash_value));
    struct hash_value value = hash_get(&hash);
    memcpy(bytes.data + bytes.count - sizeof value, &value, sizeof value);
}

static void assert_path(const struct access_path *path)
{
    assert_true(path->root <= ROOT_VALUE && path->load_count <= MAX_PATH_LOADS);
    assert_int_equal(path->call, NONE);
}

static void assert_function(const struct cached_program *made, uint32_t function)
{
    assert_true(function < made->program.function_count);
    assert_int_equal(made->functions[function].part_of, NONE);
}

static void assert_calls(const struct cached_program *made, const struct output *output)
{
    for (size_t i = 0; i < output->targets.count; i++)
        assert_function(made, output->targets.data[i]);
    for (size_t i = 0; i < output->calls.count; i++) {
        const struct call *call = &output->calls.data[i];
        assert_true(call->kind <= CALL_UNRESOLVED);
        assert_true((size_t)call->first_target + call->target_count <= output->targets.count);
        assert_function(made, call->from);
    }
}

static void assert_pointers(const struct cached_program *made, const struct output *output)
{
    for (size_t i = 0; i < output->pointer_calls.count; i++) {
        assert_path(&output->pointer_calls.data[i].callee);
        assert_path(&output->pointer_calls.data[i].arguments[0]);
        assert_path(&output->pointer_calls.data[i].arguments[1]);
    }
    for (size_t i = 0; i < output->pointer_stores.count; i++) {
        const struct pointer_store *store = &output->pointer_stores.data[i];
        assert_path(&store->place);
        if (store->function != NONE || store->kind == POINTED_FUNCTION)
            assert_function(made, store->function);
    }
}

static void assert_blocks(const struct output *output, const struct found *found)
{
    for (uint32_t i = 0; i < found->block_count; i++) {
        const struct block *block = &output->blocks.data[found->first_block + i];
        assert_true(block->call == NONE || block->call < found->call_count);
        assert_true(block->next[0] == NONE || block->next[0] < found->block_count);
        assert_true(block->next[1] == NONE || block->next[1] < found->block_count);
    }
    for (uint32_t i = 0; i < found->argument_count; i++)
        assert_true(output->arguments.data[found->first_argument + i].call < found->call_count);
}

/** All that later code uses as an index or a kind is one. */
static void assert_harmless(const struct cached_program *made)
{
    assert_calls(made, &made->outputs[0]);
    assert_pointers(made, &made->outputs[0]);
    for (uint32_t i = 0; i < OWN_FUNCTIONS; i++)
        assert_blocks(&made->outputs[0], &made->found[made->first + i]);
}

/** Damage by somebody who knows how entries are sealed. */
static void sealed_damage_is_refused_or_harmless(void **state)
{
    static const uint8_t values[] = {0, 1, 2, 0x7f, 0x80, 0xff};
    static struct cached_program made;
    struct bytes bytes = write_sample();
    (void)state;
    for (size_t i = 0; i < bytes.count - sizeof(struct hash_value); i++)
        for (size_t k = 0; k < sizeof values; k++) {
            uint8_t was = bytes.data[i];
            bytes.data[i] = values[k];
            seal(bytes);
            cached_program_init(&made, 2);
            if (read_entry(&made, bytes.data, bytes.count))
                assert_harmless(&made);
            else
                assert_untouched(&made);
            cached_program_deinit(&made);
            bytes.data[i] = was;
        }
    free(bytes.data);
}

/* ---- Keys ------------------------------------------------------------------------------------ */

static struct hash_value key_of(struct cached_program *made)
{
    numbering_deinit(&made->numbering);
    numbering_init(&made->numbering, &made->program, LIBRARY);
    return key_of_image(&made->numbering, key);
}

static void key_depends_on_what_is_read(void **state)
{
    static struct cached_program made;
    struct debug_local local = {.address = 0x1000, .offset = -8, .type_key = 16};
    struct debug_info no_debug = {.local_count = 0};
    struct debug_info some_debug = {.locals = &local, .local_count = 1};
    (void)state;
    cached_program_init(&made, 2);
    struct hash_value usual = key_of(&made);
#define CHANGES_KEY(place, value)                                                                  \
    do {                                                                                           \
        __typeof__(place) was = (place);                                                           \
        (place) = (value);                                                                         \
        assert_false(hash_equal(key_of(&made), usual));                                            \
        (place) = was;                                                                             \
        assert_true(hash_equal(key_of(&made), usual));                                             \
    } while (0)
    CHANGES_KEY(made.file[77], 1);
    CHANGES_KEY(made.images[LIBRARY].build_id, "abce");
    CHANGES_KEY(made.images[LIBRARY].debug, &no_debug);
    CHANGES_KEY(made.images[LIBRARY].debug, &some_debug);
    made.images[LIBRARY].debug = &some_debug;
    usual = key_of(&made);
    CHANGES_KEY(local.offset, -16);
    CHANGES_KEY(local.is_from_stack_pointer, true);
    made.images[LIBRARY].debug = NULL;
    usual = key_of(&made);
    CHANGES_KEY(made.functions[made.first + 4].bytes, 15);
    CHANGES_KEY(made.functions[made.first + 4].source, FUNCTION_PLT);
    CHANGES_KEY(made.relocations[3].function, made.first + 4);
    CHANGES_KEY(made.relocations[3].function, made.first - 1);
    CHANGES_KEY(made.relocations[5].function, NONE);
    CHANGES_KEY(made.relocations[0].addend, 1);
    CHANGES_KEY(made.wanted_arguments[made.first], 1);
    CHANGES_KEY(made.wanted_arguments[made.relocations[2].function], 1);
    CHANGES_KEY(made.section.role, SECTION_DATA);
    CHANGES_KEY(made.unwind_entry.lsda, 4);
    cached_program_deinit(&made);
}

static void key_does_not_depend_on_other_images(void **state)
{
    static struct cached_program made, other;
    (void)state;
    cached_program_init(&made, 2);
    cached_program_init(&other, MAX_BEFORE);
    other.wanted_arguments[0] = 3; // nothing leads there
    assert_true(hash_equal(key_of(&made), key_of(&other)));
    cached_program_deinit(&made);
    cached_program_deinit(&other);
}

/** Segments may say anything where they have no bytes, and may overlap. */
static void odd_segments_do_no_harm(void **state)
{
    static struct cached_program made;
    struct segment segments[] = {{.file_bytes = 200}, {.offset = UINT64_MAX}, {.file_bytes = 56}};
    (void)state;
    cached_program_init(&made, 2);
    made.images[LIBRARY].segments = segments;
    made.images[LIBRARY].segment_count = 3;
    struct hash_value apart = key_of(&made);
    segments[2].file_bytes = 256;
    assert_false(hash_equal(key_of(&made), apart));
    cached_program_deinit(&made);
}

static void program_is_known_by_itself(void **state)
{
    struct hash_value once, again;
    (void)state;
    assert_true(key_of_program(&once));
    assert_true(key_of_program(&again));
    assert_true(hash_equal(once, again));
}

/* ---- Hashes ---------------------------------------------------------------------------------- */

static struct hash_value hash_of(const uint8_t *data, size_t count, size_t cut)
{
    struct hash hash;
    hash_init(&hash);
    hash_add(&hash, data, cut);
    hash_add(&hash, data + cut, count - cut);
    return hash_get(&hash);
}

static void hash_does_not_depend_on_cuts(void **state)
{
    uint8_t data[100];
    (void)state;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)i;
    for (size_t cut = 0; cut <= sizeof data; cut++)
        assert_true(hash_equal(hash_of(data, sizeof data, cut), hash_of(data, sizeof data, 0)));
}

static void hash_depends_on_length_and_bits(void **state)
{
    uint8_t data[100] = {0};
    (void)state;
    for (size_t i = 1; i < sizeof data; i++)
        assert_false(hash_equal(hash_of(data, i, 0), hash_of(data, i - 1, 0)));
    struct hash_value zeros = hash_of(data, sizeof data, 0);
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = 1;
        assert_false(hash_equal(hash_of(data, sizeof data, 0), zeros));
        data[i] = 0;
    }
}

/* ---- Files ----------------------------------------------------------------------------------- */

static char folder[] = "/tmp/dwell-cache-XXXXXX", inner[64];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(inner, sizeof inner, "%s/a/b", folder);
    return 0;
}

static int remove_folder(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static void keep(const struct store *store, const char *name, size_t bytes)
{
    struct store_draft draft;
    assert_true(store_begin(store, bytes, &draft));
    for (size_t i = 0; i < bytes; i++)
        fputc('x', draft.out);
    store_end(store, &draft, name, true);
}

static bool has(const struct store *store, const char *name, size_t bytes)
{
    struct store_file file;
    if (!store_open(store, name, &file))
        return false;
    bool is_right = file.bytes == bytes && file.data[0] == 'x';
    store_close(&file);
    return is_right;
}

static void set_age(const struct store *store, const char *name, long seconds)
{
    struct timespec times[2] = {{1000000 - seconds, 0}, {1000000 - seconds, 0}};
    assert_int_equal(utimensat(store->folder, name, times, 0), 0);
}

static void files_are_kept(void **state)
{
    struct store store;
    struct store_draft draft;
    (void)state;
    store_init(&store, inner);
    assert_int_equal(store.folder, -1);
    assert_true(store_create(&store));
    keep(&store, "kept", 5);
    keep(&store, "kept", 6);
    assert_true(has(&store, "kept", 6));
    assert_true(store_begin(&store, 1, &draft));
    store_end(&store, &draft, "bad", false);
    assert_false(has(&store, "bad", 0));
    store_remove(&store, "kept");
    assert_false(has(&store, "kept", 6));
    store_deinit(&store);
    char mark[sizeof inner + 32];
    snprintf(mark, sizeof mark, "%s/CACHEDIR.TAG", inner);
    assert_int_equal(unlink(mark), 0);
    assert_int_equal(rmdir(inner), 0); // no draft is left
}

/** The name of an entry: something, and a key. */
#define ENTRY(name) name "-0123456789abcdef0123456789abcdef"

static void oldest_files_go_first(void **state)
{
    struct store store;
    (void)state;
    store_init(&store, inner);
    assert_true(store_create(&store));
    keep(&store, ENTRY("old"), 10);
    keep(&store, ENTRY("older"), 10);
    keep(&store, ENTRY("oldest but used"), 10);
    set_age(&store, ENTRY("old"), 10);
    set_age(&store, ENTRY("older"), 20);
    set_age(&store, ENTRY("oldest but used"), 30);
    assert_true(has(&store, ENTRY("oldest but used"), 10));
    keep(&store, "somebody's", 1000);
    set_age(&store, "somebody's", 100);
    store_trim(&store, 25);
    assert_true(has(&store, "somebody's", 1000));
    assert_false(has(&store, ENTRY("older"), 10));
    assert_true(has(&store, ENTRY("old"), 10));
    assert_true(has(&store, ENTRY("oldest but used"), 10));
    store_deinit(&store);
}

static void folders_of_others_are_not_used(void **state)
{
    struct store store;
    char other[sizeof inner + 16], file[sizeof other + 16];
    (void)state;
    snprintf(other, sizeof other, "%s-other", inner);
    snprintf(file, sizeof file, "%s/thesis", other);
    assert_int_equal(mkdir(other, 0700), 0);
    FILE *thesis = fopen(file, "w");
    assert_non_null(thesis);
    fclose(thesis);
    store_init(&store, other);
    assert_int_equal(store.folder, -1);
    assert_false(store_create(&store));
    assert_int_equal(unlink(file), 0);
    assert_true(store_create(&store)); // an empty folder becomes the cache's
    store_deinit(&store);
    store_init(&store, other);
    assert_true(store.folder >= 0);
    store_deinit(&store);
    snprintf(file, sizeof file, "%s-link", inner);
    assert_int_equal(symlink(other, file), 0);
    store_init(&store, file);
    assert_int_equal(store.folder, -1);
    assert_false(store_create(&store));
}

static void files_of_others_are_not_read(void **state)
{
    struct store store;
    (void)state;
    store_init(&store, inner);
    assert_true(store_create(&store));
    keep(&store, "open", 3);
    assert_int_equal(fchmodat(store.folder, "open", 0666, 0), 0);
    assert_false(has(&store, "open", 3));
    keep(&store, "aim", 3);
    assert_int_equal(symlinkat("aim", store.folder, "link"), 0);
    assert_false(has(&store, "link", 3));
    assert_int_equal(mkdirat(store.folder, "folder", 0700), 0);
    assert_false(has(&store, "folder", 3));
    store_deinit(&store);
    assert_int_equal(chmod(inner, 0777), 0);
    store_init(&store, inner);
    assert_int_equal(store.folder, -1);
    assert_false(store_create(&store));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_as_it_was),
        cmocka_unit_test(comes_back_at_other_numbers),
        cmocka_unit_test(is_not_read_under_another_key),
        cmocka_unit_test(what_has_no_number_is_not_written),
        cmocka_unit_test(truncated_at_any_length_is_refused),
        cmocka_unit_test(any_flipped_bit_is_refused),
        cmocka_unit_test(sealed_damage_is_refused_or_harmless),
        cmocka_unit_test(key_depends_on_what_is_read),
        cmocka_unit_test(key_does_not_depend_on_other_images),
        cmocka_unit_test(odd_segments_do_no_harm),
        cmocka_unit_test(program_is_known_by_itself),
        cmocka_unit_test(hash_does_not_depend_on_cuts),
        cmocka_unit_test(hash_depends_on_length_and_bits),
        cmocka_unit_test(files_are_kept),
        cmocka_unit_test(oldest_files_go_first),
        cmocka_unit_test(folders_of_others_are_not_used),
        cmocka_unit_test(files_of_others_are_not_read),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
