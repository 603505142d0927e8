//! S5, C: the same; the compiler itself tells the frame. A frame of 3 MiB is no reason to warn where all
//! threads have 8.
//!
//! expect stack[name=huge].frame_bytes == su[huge]
//! expect stack[name=huge].frame_bytes >= 8_388_608
//! expect entries[kind=main].exceeds_limit == true
//! expect warnings[entry_kind=main].function == huge
//! expect some warnings[kind=frame_exceeds_limit, function=huge]
//! expect no warnings[function=large]
//! expect stack[name=large].frame_bytes >= 3_145_728
//! expect count warnings == 2
//! run killed by 11

static volatile char sink;

__attribute__((noinline)) static void use(char *bytes, unsigned at)
{
    ((volatile char *)bytes)[at] = 1;
    sink = bytes[at];
}

__attribute__((noinline)) void huge(unsigned at)
{
    char bytes[8 << 20];
    use(bytes, at);
}

__attribute__((noinline)) void large(unsigned at)
{
    char bytes[3 << 20];
    use(bytes, at);
}

int main(int argc, char **argv)
{
    (void)argv;
    large((unsigned)argc);
    huge((unsigned)argc);
    return 0;
}
