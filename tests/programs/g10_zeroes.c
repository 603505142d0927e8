//! G10: how many bytes of an object are zero, and what the file holds for nothing.
//!
//! build -fno-zero-initialized-in-bss
//! expect globals[name=table].zero_bytes == 4096
//! expect globals[name=counts].zero_bytes == 394
//! expect globals[name=pointers].zero_bytes == 8
//! expect globals[name=text].zero_bytes == 1
//! expect globals[name=cleared].zero_bytes == globals[name=cleared].bytes
//! expect no globals[kind=function, zero_bytes>=0]
//! expect report.global.zeroes_in_file_bytes >= 4096
//! run exits 0

static const long table[512] = {0};
static int counts[100] = {1, 2, 0, 0x01010101};
static const char text[] = "seven..";
static const char *pointers[3] = {text, 0, text + 1};
static long cleared[4] __attribute__((section(".bss")));

int main(int argc, char **argv)
{
    (void)argv;
    counts[argc]++;
    cleared[argc]++;
    pointers[argc] = text + argc;
    const volatile long *read = table;
    return (int)read[argc] + *pointers[0] != 's';
}
