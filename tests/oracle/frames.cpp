// frames.cpp: exceptions and the stack pointer, for frames.py. Nothing is run.
struct Guard {
    ~Guard();
};

int seven(int, int, int, int, int, int, int);
void use(void *);
bool more(int);

// The call has an argument on the stack when its exception lands; the unwinder takes it away.
int pushed_in_loop(int n)
{
    Guard guard;
    int sum = 0;
    while (more(n)) {
        Guard inner;
        if (!seven(1, 2, 3, 4, 5, 6, n))
            continue;
        sum += seven(n, 2, 3, 4, 5, 6, 7);
    }
    return sum;
}

int caught(int n)
{
    try {
        use(&n);
        return seven(1, 2, 3, 4, 5, 6, n);
    } catch (int number) {
        char bytes[300];
        use(bytes);
        return number;
    }
}

void variable_length_behind_catch(int n)
{
    try {
        use(&n);
    } catch (...) {
        n++;
    }
    char bytes[n];
    use(bytes);
}
