/*
 * wordcount: counts the words of standard input, or of a built-in verse (without the argument
 * "-"), and prints the most frequent ones.
 *
 * A small program with all three memories, to be looked at with dwell:
 * - global: the verse, the table of ignored words, the buckets, the line counter of each thread;
 * - stack: the line buffer in count_lines(), everything in compare() and is_ignored();
 * - heap: a struct word for each different word, the sorted table at the end.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1024, LONGEST_WORD = 64, SHOWN = 10 };

struct word {
    struct word *next;
    unsigned count;
    char text[]; /* allocated with the word */
};

static const char verse[] = "the fox sees the hen and the hen sees the fox\n"
                            "the hen knows what the fox knows of the hen\n";

/* Pointers must be relocated before they can be read: read-only only after the start. */
static const char *const ignored[] = {"a", "an", "and", "of", "the"};

static struct word *buckets[BUCKETS]; /* 8 KiB of zeroes that the file does not hold */
static unsigned different_words = 0;
static _Thread_local unsigned lines = 0;

static int is_ignored(const char *text)
{
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        if (strcmp(ignored[i], text) == 0)
            return 1;
    return 0;
}

static struct word **bucket_of(const char *text)
{
    unsigned hash = 5381;
    while (*text != '\0')
        hash = hash * 33 + (unsigned char)*text++;
    return &buckets[hash % BUCKETS];
}

/* The only function that asks for memory for each word it does not know yet. */
static void count_word(const char *text)
{
    struct word **bucket = bucket_of(text);
    for (struct word *word = *bucket; word != NULL; word = word->next) {
        if (strcmp(word->text, text) == 0) {
            word->count++;
            return;
        }
    }
    struct word *word = malloc(sizeof *word + strlen(text) + 1);
    if (word == NULL)
        abort();
    word->next = *bucket;
    word->count = 1;
    strcpy(word->text, text);
    *bucket = word;
    different_words++;
}

static void count_words(const char *line)
{
    char text[LONGEST_WORD];
    size_t length = 0;
    for (const char *next = line;; next++) {
        if (isalpha((unsigned char)*next)) {
            if (length < sizeof text - 1)
                text[length++] = (char)tolower((unsigned char)*next);
            continue;
        }
        text[length] = '\0';
        if (length > 0 && !is_ignored(text))
            count_word(text);
        length = 0;
        if (*next == '\n')
            lines++;
        if (*next == '\0')
            return;
    }
}

/* 4 KiB of stack for a line; a longer one is counted in pieces. */
static void count_lines(FILE *file)
{
    char line[4096];
    while (fgets(line, sizeof line, file) != NULL)
        count_words(line);
}

static int compare(const void *left, const void *right)
{
    const struct word *const *a = left, *const *b = right;
    if ((*a)->count != (*b)->count)
        return (*a)->count < (*b)->count ? 1 : -1;
    return strcmp((*a)->text, (*b)->text);
}

static void print_most_frequent(void)
{
    const struct word **table = malloc((different_words + 1) * sizeof *table);
    if (table == NULL)
        abort();
    size_t count = 0;
    for (size_t i = 0; i < BUCKETS; i++)
        for (const struct word *word = buckets[i]; word != NULL; word = word->next)
            table[count++] = word;
    qsort(table, count, sizeof *table, compare);
    for (size_t i = 0; i < count && i < SHOWN; i++)
        printf("%6u %s\n", table[i]->count, table[i]->text);
    free(table);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "-") == 0)
        count_lines(stdin);
    else
        count_words(verse);
    printf("%u different words, %u lines\n", different_words, lines);
    print_most_frequent();
    return 0;
}
