//! H4, H9, C: how much is allocated where the size is decided at run time, and where it is taken back. `array` asks
//! for a number of elements of 24 bytes, `copy` for one byte more than a result, `plain` for what its second
//! argument says, `rest` for 8 bytes less than its own, `from_field` for what is in memory. `local` frees what it
//! allocated, `copy` does not. (Without optimization sizes go through the frame; there only
//! what is sure is asked for.)
//!
//! expect release: sites[function=array].element_bytes == 24
//! expect release: sites[function=array].amount.factor == 24
//! expect release: sites[function=copy].amount.addend == 1
//! expect release: sites[function=plain].amount.from == argument
//! expect release: sites[function=plain].amount.argument == 1
//! expect release: sites[function=rest].amount.addend == -8
//! expect release: sites[function=from_field].amount.from == memory
//! expect sites[function=fixed].bytes == 40
//! expect sites[function=fixed].amount == null
//! expect count sites[function=local].freed.address == 1
//! expect count sites[function=array].freed.address == 0
//! expect count sites[function=copy].freed.address == 0
//! expect count sites[function=fixed].freed.address == 2
//! run exits 0

#include <stdlib.h>
#include <string.h>

#ifdef __clang__
#define KEEP __attribute__((noinline, used))
#else
#define KEEP __attribute__((noipa))
#endif

struct triple {
    long x[3];
};

static void *volatile kept;

KEEP size_t measure(const char *text)
{
    return strlen(text);
}

KEEP void use(void *memory)
{
    memset(memory, 1, 8);
}

KEEP void *array(size_t count)
{
    return malloc(count * sizeof(struct triple));
}

KEEP char *copy(const char *text)
{
    char *made = malloc(measure(text) + 1);
    return made ? strcpy(made, text) : NULL;
}

KEEP void *plain(int unused, size_t bytes)
{
    (void)unused;
    return malloc(bytes);
}

KEEP void *rest(size_t bytes)
{
    return malloc(bytes - 8);
}

KEEP void *from_field(const struct triple *from)
{
    return malloc((size_t)from->x[1]);
}

KEEP long local(size_t bytes)
{
    long *memory = malloc(bytes + 8);
    if (!memory)
        return 0;
    use(memory);
    long result = memory[0];
    free(memory);
    return result;
}

KEEP int fixed(int how)
{
    void *memory = malloc(40);
    if (!memory)
        return 1;
    if (how > 1) {
        use(memory);
        free(memory);
        return measure("two") != 3;
    }
    free(memory);
    return 0;
}

int main(int argc, char **argv)
{
    struct triple from = {{1, 8 * argc, 3}};
    kept = array((size_t)argc);
    kept = copy(argv[0]);
    kept = plain(1, (size_t)argc);
    kept = rest((size_t)argc + 8);
    kept = from_field(&from);
    return local((size_t)argc) == 0 || fixed(argc);
}
