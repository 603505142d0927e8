/*
 * names.c: what a name tells of whose code it is: crates of the standard library, start-up code,
 * namespaces of the C++ library.
 */
#include "analysis/origins/names.h"

#include <string.h>

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

static bool has_prefix(const char *name, const char *const *prefixes)
{
    for (; *prefixes; prefixes++)
        if (strncmp(name, *prefixes, strlen(*prefixes)) == 0)
            return true;
    return false;
}

bool is_standard_crate(const char *crate)
{
    static const char *const crates[] = {
        "std",
        "core",
        "alloc",
        "proc_macro",
        "test",
        "panic_unwind",
        "panic_abort",
        "unwind",
        "compiler_builtins",
        "hashbrown",
        "gimli",
        "addr2line",
        "miniz_oxide",
        "rustc_demangle",
        "object",
        "memchr",
        "adler",
        "adler2",
        "std_detect",
        "cfg_if",
        "__rustc",
        "backtrace",
        "rustc_std_workspace_core",
        "rustc_std_workspace_alloc",
        NULL,
    };
    return is_one_of(crate, crates);
}

bool is_start_up(const char *name)
{
    static const char *const names[] = {
        "_start",
        "_init",
        "_fini",
        "deregister_tm_clones",
        "register_tm_clones",
        "__do_global_dtors_aux",
        "frame_dummy",
        "__libc_csu_init",
        "__libc_csu_fini",
        "_dl_relocate_static_pie",
        "__do_global_ctors_aux",
        "__clang_call_terminate",
        "atexit",
        "at_quick_exit",
        "__stack_chk_fail_local",
        NULL,
    };
    return is_one_of(name, names);
}

bool is_start_up_data(const char *name)
{
    static const char *const names[] = {
        "__dso_handle", "_IO_stdin_used",
        "__TMC_END__",  "__rustc_debug_gdb_scripts_section__",
        "completed.0",  "__frame_dummy_init_array_entry",
        NULL,
    };
    static const char *const prefixes[] = {"DW.ref.", "_rust_extern_with_linkage_", NULL};
    return is_one_of(name, names) || has_prefix(name, prefixes);
}

bool is_standard_cpp(const char *name)
{
    static const char *const prefixes[] = {
        "_ZSt",
        "_ZNSt",
        "_ZNKSt",
        "_ZNSa",
        "_ZNSb",
        "_ZNSs",
        "_ZNSi",
        "_ZNSo",
        "_ZNSd",
        "_ZNKSa",
        "_ZNKSb",
        "_ZNKSs",
        "_ZN9__gnu_cxx",
        "_ZNK9__gnu_cxx",
        "_ZN10__cxxabiv1",
        "_ZNK10__cxxabiv1",
        "_ZTVSt",
        "_ZTVNSt",
        "_ZTISt",
        "_ZTINSt",
        "_ZTSSt",
        "_ZTSNSt",
        "_ZTVN10__cxxabiv1",
        "_ZTIN10__cxxabiv1",
        "_ZTSN10__cxxabiv1",
        "_ZnwmRKSt",
        "_ZGVNSt",
        NULL,
    };
    return has_prefix(name, prefixes);
}

bool is_standard_cpp_type(const char *name)
{
    static const char *const prefixes[] = {"std::", "__gnu_cxx::", "__cxxabiv1::", NULL};
    return has_prefix(name, prefixes);
}
