/*
 * demangle.c: readable names by libiberty's demanglers for C++ (Itanium ABI) and Rust (legacy and
 * v0, RFC 2603).
 *
 * In: a linkage name. Out: a malloced name. First the suffix that compilers append to copies and
 * pieces is taken off, so that the demanglers see only what they know; then the symbol goes to the
 * one demangler that its prefix calls for. Both print through a callback. A name of a hundred
 * bytes can stand for gigabytes (each back-reference may double the text), so the callback leaves
 * by longjmp when the text grows over MAX_OUTPUT: neither demangler holds memory while it prints,
 * but for the decoded form of a punycode identifier, which is then lost.
 *
 * Left out: old g++ 2, Java, Ada, D and Microsoft manglings.
 */
#include "load/demangle.h"

#include "base/array.h"
#include "base/memory.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_INPUT = 8192,     // bounds the demanglers' recursion, about 200 bytes of stack each
    LIMITED_INPUT = 1000, // libiberty's own recursion limit refuses any longer C++ name
    MAX_OUTPUT = 64 * 1024,
    HASH_BYTES = 20, // "17h", 16 hexadecimal digits, "E"
};

struct output {
    ARRAY(char) text;
    jmp_buf too_long;
};

static void append(const char *text, size_t bytes, void *context)
{
    struct output *output = context;
    if (bytes > MAX_OUTPUT - output->text.count)
        longjmp(output->too_long, 1);
    array_reserve(&output->text, output->text.count + bytes + 1);
    memcpy(output->text.data + output->text.count, text, bytes);
    output->text.count += bytes;
}

static bool is_hash(const char *text)
{
    if (strncmp(text, "17h", 3) != 0)
        return false;
    return strspn(text + 3, "0123456789abcdef") == 16 && text[19] == 'E';
}

/** Returns the end of a Rust legacy symbol, behind its hash, or NULL if it is none. */
static const char *legacy_end(const char *symbol)
{
    const char *end = NULL;
    if (strncmp(symbol, "_ZN", 3) != 0)
        return NULL;
    for (const char *at = strstr(symbol, "17h"); at; at = strstr(at + 1, "17h"))
        if (is_hash(at))
            end = at + HASH_BYTES;
    // Only a suffix may follow, else the digits were part of an identifier.
    return end && (*end == 0 || *end == '.' || *end == '@') ? end : NULL;
}

/** Returns where the compilers' suffix, or the version, of @p symbol begins. */
static const char *suffix_start(const char *symbol)
{
    const char *end = legacy_end(symbol);
    return end ? end : symbol + strcspn(symbol, ".@");
}

/** Appends the suffix's parts that tell one piece or copy of a function from another. */
static void append_suffix(struct output *output, const char *suffix)
{
    static const char *const unique[] = {".llvm.", ".lto_priv.", ".lto_priv"};
    size_t length = strcspn(suffix, "@");
    for (size_t i = 0; i < sizeof unique / sizeof *unique; i++) {
        const char *found = memmem(suffix, length, unique[i], strlen(unique[i]));
        if (found)
            length = (size_t)(found - suffix);
    }
    if (length == 0)
        return;
    append(" [", 2, output);
    append(suffix, length, output);
    append("]", 1, output);
}

static bool demangle_symbol(const char *symbol, struct output *output)
{
    int options = DMGL_PARAMS | DMGL_ANSI;
    if (strncmp(symbol, "_R", 2) == 0 || legacy_end(symbol))
        return rust_demangle_callback(symbol, options, append, output);
    if (strncmp(symbol, "_Z", 2) != 0)
        return false;
    if (strlen(symbol) > LIMITED_INPUT)
        options |= DMGL_NO_RECURSE_LIMIT;
    return cplus_demangle_v3_callback(symbol, options, append, output);
}

static bool is_mangled(const char *name)
{
    return strncmp(name, "_Z", 2) == 0 || strncmp(name, "_R", 2) == 0;
}

/** The name of a symbol that is not mangled, if there is something to take off. */
static char *plain_name(const char *name)
{
    const char *hash = strstr(name, ".llvm.");
    if (hash && hash > name && hash[6] && strspn(hash + 6, "0123456789") == strlen(hash + 6))
        return xstrndup(name, (size_t)(hash - name));
    const char *version = strchr(name, '@');
    return version && version > name ? xstrndup(name, (size_t)(version - name)) : NULL;
}

/** Demangles and appends the suffix; a frame of its own, because it is left by longjmp. */
static __attribute__((noinline)) bool write_name(const char *symbol, const char *suffix,
                                                 struct output *output)
{
    if (setjmp(output->too_long) != 0)
        return false;
    if (!demangle_symbol(symbol, output) || output->text.count == 0)
        return false;
    append_suffix(output, suffix);
    output->text.data[output->text.count] = 0;
    return true;
}

char *demangle(const char *linkage_name)
{
    if (!is_mangled(linkage_name))
        return plain_name(linkage_name);
    if (strlen(linkage_name) > MAX_INPUT)
        return NULL;
    const char *suffix = suffix_start(linkage_name);
    char *symbol = xstrndup(linkage_name, (size_t)(suffix - linkage_name));
    struct output output = {0};
    bool ok = write_name(symbol, suffix, &output);
    free(symbol);
    if (!ok)
        array_deinit(&output.text);
    return output.text.data;
}

/* ---- The crate of a symbol ------------------------------------------------------------------- */

static bool is_identifier(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool copy_crate(const char *start, size_t length, char *ret, size_t size)
{
    if (length == 0 || length >= size)
        return false;
    memcpy(ret, start, length);
    ret[length] = 0;
    return true;
}

/** The crate at the head of a path as the legacy mangling writes it: `core..fmt..Debug`. */
static bool legacy_path_crate(const char *path, const char *end, char *ret, size_t size)
{
    // References, pointers, slices and trait objects stand before the path.
    static const char *const prefixes[] = {"$RF$",     "$BP$", "mut$u20$", "const$u20$", "$u5b$",
                                           "dyn$u20$", "$LP$", "_$LT$",    "$LT$"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes;) {
        size_t length = strlen(prefixes[i]);
        if ((size_t)(end - path) > length && memcmp(path, prefixes[i], length) == 0) {
            path += length;
            i = 0;
        } else {
            i++;
        }
    }
    const char *stop = path;
    while (stop < end && is_identifier(*stop))
        stop++;
    if (end - stop < 2 || stop[0] != '.' || stop[1] != '.')
        return false;
    return copy_crate(path, (size_t)(stop - path), ret, size);
}

static bool legacy_crate(const char *symbol, char *ret, size_t size)
{
    static const char as[] = "$u20$as$u20$";
    char *first;
    size_t length = strtoul(symbol + 3, &first, 10);
    if (length == 0 || length > strlen(first) || is_hash(symbol + 3))
        return false;
    const char *end = first + length;
    if (strncmp(first, "_$LT$", 5) != 0 && strncmp(first, "$LT$", 4) != 0)
        return copy_crate(first, length, ret, size);
    if (legacy_path_crate(first, end, ret, size))
        return true;
    const char *trait = memmem(first, length, as, sizeof as - 1);
    return trait && legacy_path_crate(trait + sizeof as - 1, end, ret, size);
}

/** A position in a v0 symbol. Back-references count from `start`, behind the "_R". */
struct v0 {
    const char *start, *next, *end;
    unsigned steps; // left before giving up: back-references can be cyclic
};

static bool v0_eat(struct v0 *v0, char c)
{
    if (v0->next == v0->end || *v0->next != c)
        return false;
    v0->next++;
    return true;
}

static bool v0_base62(struct v0 *v0, uint64_t *ret)
{
    uint64_t value = 0;
    for (bool any = false; v0->next < v0->end; any = true) {
        char c = *v0->next++;
        if (c == '_') {
            *ret = any ? value + 1 : 0;
            return true;
        }
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'z' ? (unsigned)(c - 'a') + 10
                         : c >= 'A' && c <= 'Z' ? (unsigned)(c - 'A') + 36
                                                : 62;
        if (digit == 62 || __builtin_mul_overflow(value, 62, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    return false;
}

static bool v0_skip_disambiguator(struct v0 *v0, char mark)
{
    uint64_t ignored;
    return !v0_eat(v0, mark) || v0_base62(v0, &ignored);
}

static bool v0_identifier(struct v0 *v0, char *ret, size_t size)
{
    if (!v0_skip_disambiguator(v0, 's') || v0_eat(v0, 'u'))
        return false; // crates with a punycode name are not worth a decoder
    size_t length = 0;
    while (v0->next < v0->end && *v0->next >= '0' && *v0->next <= '9') {
        length = length * 10 + (size_t)(*v0->next++ - '0');
        if (length > MAX_INPUT)
            return false;
    }
    v0_eat(v0, '_');
    if (length > (size_t)(v0->end - v0->next))
        return false;
    return copy_crate(v0->next, length, ret, size);
}

static bool v0_follow(struct v0 *v0)
{
    uint64_t offset;
    const char *here = v0->next;
    if (!v0_base62(v0, &offset) || offset >= (uint64_t)(here - v0->start))
        return false;
    v0->next = v0->start + offset;
    return true;
}

/**
 * The crate at the head of the path or type at the position. The head of nearly every production
 * is its first child, so this is a loop: `N v Nt C...` goes down to the C.
 */
static bool v0_head(struct v0 *v0, char *ret, size_t size)
{
    while (v0->next < v0->end && v0->steps-- > 0) {
        bool ok = true;
        switch (*v0->next++) {
        case 'C':
            return v0_identifier(v0, ret, size);
        case 'M':
        case 'X': // an impl: its own path comes first
            ok = v0_skip_disambiguator(v0, 's');
            break;
        case 'N': // a name space letter, then the parent's path
            ok = v0->next < v0->end;
            v0->next++;
            break;
        case 'B':
            ok = v0_follow(v0);
            break;
        case 'R':
        case 'Q': // a reference, perhaps with a lifetime
            ok = v0_skip_disambiguator(v0, 'L');
            break;
        case 'D': // a trait object, perhaps with bound lifetimes
            ok = v0_skip_disambiguator(v0, 'G');
            break;
        case 'Y': // <type as trait>: the type
        case 'I':
        case 'P':
        case 'O':
        case 'A':
        case 'S':
        case 'T':
            break;
        default:
            return false;
        }
        if (!ok)
            return false;
    }
    return false;
}

/** `<u32 as core::fmt::Write>::f`: the trait's crate, read off the demangled name. */
static bool trait_crate(const char *symbol, char *ret, size_t size)
{
    char *name = demangle(symbol);
    const char *trait = name ? strstr(name, " as ") : NULL;
    bool found = false;
    if (trait) {
        size_t length = 0;
        while (is_identifier(trait[4 + length]))
            length++;
        found =
            strncmp(trait + 4 + length, "::", 2) == 0 && copy_crate(trait + 4, length, ret, size);
    }
    free(name);
    return found;
}

bool symbol_crate(const char *linkage_name, char *ret, size_t size)
{
    if (strncmp(linkage_name, "_ZN", 3) == 0)
        return legacy_end(linkage_name) && legacy_crate(linkage_name, ret, size);
    if (strncmp(linkage_name, "_R", 2) != 0)
        return false;
    const char *start = linkage_name + 2;
    struct v0 v0 = {.start = start, .next = start, .end = start + strlen(start), .steps = 256};
    // Real ones begin with a path; this keeps names such as _Rank_ out.
    if (!memchr("CMXYNI", *start, 6) || *start == 0)
        return false;
    return v0_head(&v0, ret, size) || trait_crate(linkage_name, ret, size);
}
