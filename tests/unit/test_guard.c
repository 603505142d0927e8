/* Files that get shorter while they are mapped; each case is a process of its own. */
#include "base/guard.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { FILE_BYTES = 3 * 4096 };

static volatile uint8_t seen;

/** Touches the end of a mapped file after it was cut to nothing; never returns. */
static void touch_cut_file(bool is_guarded, bool is_removed, int message)
{
    char path[] = "/tmp/dwell-guard-XXXXXX";
    int file = mkstemp(path);
    unlink(path);
    dup2(message, STDERR_FILENO);
    if (file < 0 || ftruncate(file, FILE_BYTES) != 0)
        _exit(100);
    const uint8_t *data = mmap(NULL, FILE_BYTES, PROT_READ, MAP_PRIVATE, file, 0);
    guard_install();
    if (is_guarded)
        guard_add(data, FILE_BYTES, "some\033file");
    if (is_removed)
        guard_remove(data);
    if (ftruncate(file, 0) != 0)
        _exit(101);
    seen = data[FILE_BYTES - 1];
    _exit(102);
}

static int run(bool is_guarded, bool is_removed, char *ret_message, size_t size)
{
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (!child) {
        signal(SIGBUS, SIG_DFL); // sanitizers have a handler of their own
        touch_cut_file(is_guarded, is_removed, ends[1]);
    }
    close(ends[1]);
    ssize_t bytes = read(ends[0], ret_message, size - 1);
    ret_message[bytes > 0 ? bytes : 0] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void ends_with_one_line(void **state)
{
    char message[200];
    (void)state;
    int status = run(true, false, message, sizeof message);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 2);
    assert_string_equal(message, "dwell: some\xEF\xBF\xBD"
                                 "file: changed while it was read\n");
}

static void other_faults_stay_faults(void **state)
{
    char message[200];
    (void)state;
    for (int is_guarded = 0; is_guarded < 2; is_guarded++) {
        int status = run(is_guarded, true, message, sizeof message);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGBUS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_with_one_line),
        cmocka_unit_test(other_faults_stay_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
