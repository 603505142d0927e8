/* text.c: functions of the C library that have a bound: conversion, search, copying.
 *
 * bounded: main parse
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static __attribute__((noinline)) long parse(const char *text)
{
    char copy[200];
    strncpy(copy, text, sizeof copy - 1);
    copy[sizeof copy - 1] = 0;
    char *comma = strchr(copy, ',');
    return comma ? strtol(comma + 1, NULL, 0) : (long)strlen(copy);
}

int main(int argc, char **argv)
{
    char line[64];
    long sum = 0;
    for (int i = 0; i < argc; i++)
        sum += parse(argv[i]);
    sum += parse("12,0x7f");
    memset(line, 'a' + (int)(sum & 7), sizeof line);
    (void)!write(1, line, sizeof line);
    return getpid() == 1;
}
