/*
 * text.c: calls of functions that work on text and numbers; see calls.c.
 */
#define _GNU_SOURCE
#include "calls.h"

#include <complex.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <fenv.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <math.h>
#include <monetary.h>
#include <printf.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

static char buffer[4096], other[4096];
static wchar_t wide[512], wide_other[512];
static volatile double real = 0.7;

static int by_int(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static int by_int_r(const void *a, const void *b, void *c)
{
    (void)c;
    return by_int(a, b);
}

static void fill(void)
{
    memset(buffer, 0, sizeof buffer);
    strcpy(buffer, "one two,three four");
    memset(other, 0, sizeof other);
    strcpy(other, "two");
}

static void strings(void)
{
    char *rest = NULL, *field = buffer;
    fill();
    CALL(strlen, (void)strlen(buffer));
    CALL(strnlen, (void)strnlen(buffer, 5));
    CALL(strcmp, (void)strcmp(buffer, other));
    CALL(strncmp, (void)strncmp(buffer, other, 3));
    CALL(strcasecmp, (void)strcasecmp(buffer, other));
    CALL(strncasecmp, (void)strncasecmp(buffer, other, 3));
    CALL(strcoll, (void)strcoll(buffer, other));
    CALL(strxfrm, (void)strxfrm(other, "abc", 100));
    CALL(strchr, (void)strchr(buffer, 't'));
    CALL(strrchr, (void)strrchr(buffer, 't'));
    CALL(strchrnul, (void)strchrnul(buffer, 'z'));
    CALL(strstr, (void)strstr(buffer, "three"));
    CALL(strcasestr, (void)strcasestr(buffer, "THREE"));
    CALL(strspn, (void)strspn(buffer, "one"));
    CALL(strcspn, (void)strcspn(buffer, ","));
    CALL(strpbrk, (void)strpbrk(buffer, ",;"));
    CALL(strcpy, strcpy(other, "abc"));
    CALL(strncpy, strncpy(other, "abc", 10));
    CALL(stpcpy, stpcpy(other, "abc"));
    CALL(stpncpy, stpncpy(other, "abc", 10));
    CALL(strcat, strcat(other, "def"));
    CALL(strncat, strncat(other, "def", 2));
    CALL(strverscmp, (void)strverscmp("a-1.10", "a-1.9"));
    CALL(strtok, strtok(buffer, " "));
    CALL(strtok_r, strtok_r(other, " ", &rest));
    fill();
    CALL(strsep, strsep(&field, " "));
    CALL(strdup, strdup(other));
    CALL(strndup, strndup(other, 2));
    CALL(strerror, strerror(ENOENT));
    CALL(strerror, strerror(12345));
    CALL(strerror_r, strerror_r(ENOENT, other, 100));
    CALL(strsignal, strsignal(SIGINT));
    CALL(strsignal, strsignal(1234));
    CALL(strfry, strfry(other));
    CALL(memfrob, memfrob(other, 3));
    CALL(swab, swab(buffer, other, 10));
    CALL(basename, basename("/a/b"));
    CALL(dirname, strcpy(other, "/a/b"), dirname(other));
    CALL(memcpy, memcpy(other, buffer, 100));
    CALL(mempcpy, mempcpy(other, buffer, 100));
    CALL(memmove, memmove(buffer + 1, buffer, 100));
    CALL(memset, memset(other, 1, 100));
    CALL(memcmp, (void)memcmp(other, buffer, 100));
    CALL(memchr, (void)memchr(buffer, 'o', 100));
    CALL(memrchr, (void)memrchr(buffer, 'o', 100));
    CALL(rawmemchr, (void)rawmemchr(buffer, 'o'));
    CALL(memmem, (void)memmem(buffer, 100, "two", 3));
    CALL(memccpy, memccpy(other, buffer, ' ', 100));
    CALL(explicit_bzero, explicit_bzero(other, 100));
    CALL(ffs, (void)ffs(12));
}

static void characters(void)
{
    wctype_t kind;
    CALL(isalpha, (void)(isalpha)('a'));
    CALL(isdigit, (void)(isdigit)('a'));
    CALL(isspace, (void)(isspace)('a'));
    CALL(toupper, (void)(toupper)('a'));
    CALL(tolower, (void)(tolower)('A'));
    CALL(iswalpha, (void)iswalpha(L'a'));
    CALL(towupper, (void)towupper(L'a'));
    CALL(wctype, kind = wctype("alpha"));
    CALL(iswctype, (void)iswctype(L'a', kind));
    CALL(wctrans, (void)wctrans("tolower"));
    CALL(wcwidth, (void)wcwidth(L'a'));
}

static void wide_characters(void)
{
    mbstate_t state = {0};
    const char *source = "some text";
    const wchar_t *wide_source = L"some text";
    wchar_t *rest;
    CALL(wcscpy, wcscpy(wide, L"one two"));
    CALL(wcslen, (void)wcslen(wide));
    CALL(wcscmp, (void)wcscmp(wide, L"one"));
    CALL(wcscasecmp, (void)wcscasecmp(wide, L"ONE"));
    CALL(wcscoll, (void)wcscoll(wide, L"one"));
    CALL(wcsxfrm, (void)wcsxfrm(wide_other, L"abc", 100));
    CALL(wcschr, (void)wcschr(wide, L't'));
    CALL(wcsstr, (void)wcsstr(wide, L"two"));
    CALL(wcstok, (void)wcstok(wide, L" ", &rest));
    CALL(wcscat, wcscat(wide, L"three"));
    CALL(wcsdup, wcsdup(wide));
    CALL(wmemset, wmemset(wide_other, L'a', 100));
    CALL(wmemcmp, (void)wmemcmp(wide, wide_other, 10));
    CALL(wmemchr, (void)wmemchr(wide, L'a', 10));
    CALL(wcstol, (void)wcstol(L"123", NULL, 0));
    CALL(wcstod, (void)wcstod(L"1.5e3", NULL));
    CALL(mbstowcs, (void)mbstowcs(wide, "text", 100));
    CALL(wcstombs, (void)wcstombs(buffer, L"text", 100));
    CALL(mbtowc, (void)mbtowc(wide, "t", 1));
    CALL(wctomb, (void)wctomb(buffer, L't'));
    CALL(mblen, (void)mblen("t", 1));
    CALL(mbrtowc, (void)mbrtowc(wide, "t", 1, &state));
    CALL(wcrtomb, (void)wcrtomb(buffer, L't', &state));
    CALL(mbsrtowcs, (void)mbsrtowcs(wide, &source, 100, &state));
    CALL(wcsrtombs, (void)wcsrtombs(buffer, &wide_source, 100, &state));
    CALL(btowc, (void)btowc('a'));
    CALL(wctob, (void)wctob(L'a'));
    CALL(swprintf, swprintf(wide, 100, L"%d %ls %.3f", 5, L"text", real));
    CALL(swscanf, (void)swscanf(L"12 x", L"%*d %1ls", wide));
    CALL(wcsftime, (void)wcsftime(wide, 100, L"%Y", &(struct tm){.tm_year = 100}));
}

static void conversions(void)
{
    int decimal, sign;
    unsigned short seed[3] = {1, 2, 3};
    unsigned state = 1;
    int pair[4] = {1, 2, 3, 4};
    CALL(atoi, (void)atoi("12"));
    CALL(atof, (void)atof("1.5"));
    CALL(strtol, (void)strtol("0x1f", NULL, 0));
    CALL(strtoul, (void)strtoul("99", NULL, 10));
    CALL(strtoll, (void)strtoll("-99", NULL, 10));
    CALL(strtoimax, (void)strtoimax("7", NULL, 10));
    CALL(strtod, (void)strtod("1.25e-7", NULL));
    CALL(strtod, (void)strtod("123456789012345678901234567890.123456789e200", NULL));
    CALL(strtof, (void)strtof("nan(1)", NULL));
    CALL(strtold, (void)strtold("0x1p5", NULL));
    CALL(strfromd, strfromd(buffer, 100, "%.3f", real));
    CALL(ecvt, ecvt(real, 5, &decimal, &sign));
    CALL(fcvt, fcvt(real, 5, &decimal, &sign));
    CALL(gcvt, gcvt(real, 5, buffer));
    CALL(a64l, (void)a64l("ab"));
    CALL(l64a, (void)l64a(77));
    CALL(abs, (void)abs(-3));
    CALL(labs, (void)labs(-3));
    CALL(div, (void)div(7, 2));
    CALL(ldiv, (void)ldiv(7, 2));
    CALL(rand, (void)rand());
    CALL(srand, srand(3));
    CALL(rand_r, (void)rand_r(&state));
    CALL(random, (void)random());
    CALL(initstate, (void)initstate(3, other, 64));
    CALL(drand48, (void)drand48());
    CALL(erand48, (void)erand48(seed));
    CALL(getentropy, (void)getentropy(buffer, 8));
    CALL(qsort, qsort(pair, 4, sizeof *pair, by_int));
    CALL(qsort_r, qsort_r(pair, 4, sizeof *pair, by_int_r, NULL));
    CALL(bsearch, (void)bsearch(pair, pair, 4, sizeof *pair, by_int));
    static int many[20000];
    for (int i = 0; i < 20000; i++)
        many[i] = (i * 7919) % 20000;
    CALL(qsort, qsort(many, 20000, sizeof *many, by_int));
}

static void formatting(void)
{
    char *text = NULL;
    int a;
    float b;
    char *allocated = NULL;
    CALL(sprintf, sprintf(buffer, "%d", 5));
    CALL(snprintf, (void)snprintf(buffer, 100, "%s %c %x %p %%", "text", 'c', 255, (void *)buffer));
    CALL(snprintf, (void)snprintf(buffer, 4000, "%.2000f", real));
    CALL(snprintf, (void)snprintf(buffer, 4000, "%2$s %1$s", "one", "two"));
    CALL(snprintf, (void)snprintf(buffer, 4000, "%1500d", 5));
    CALL(snprintf, (void)snprintf(buffer, 4000, "%ls", L"wide"));
    CALL(snprintf, (void)snprintf(buffer, 4000, "%m %n", &a));
    CALL(snprintf, (void)snprintf(buffer, 4000, "%a %Lg %'d", real, (long double)real, 1000000));
    CALL(asprintf, a = asprintf(&text, "%d", 5));
    CALL(sscanf, (void)sscanf("12 1.5 word", "%d %f %s", &a, &b, buffer));
    CALL(sscanf, (void)sscanf("word", "%ms", &allocated));
    CALL(sscanf, (void)sscanf("abc", "%[a-c]", buffer));
    CALL(parse_printf_format, (void)parse_printf_format("%d %s", 2, (int[2]){0}));
    CALL(strfmon, (void)strfmon(buffer, 100, "%n", real));
    CALL(dprintf, dprintf(open("/dev/null", O_WRONLY), "%d", 3));
    CALL(register_printf_specifier, (void)register_printf_specifier('Y', NULL, NULL));
    CALL(free, free(text));
}

static void numbers(void)
{
    int exponent, quotient;
    double whole, sine, cosine;
#define ONE(name) CALL(name, real = (name)(0.7))
    ONE(sin);
    ONE(cos);
    ONE(tan);
    ONE(asin);
    ONE(acos);
    ONE(atan);
    ONE(sinh);
    ONE(cosh);
    ONE(tanh);
    ONE(asinh);
    ONE(atanh);
    ONE(exp);
    ONE(exp2);
    ONE(expm1);
    ONE(log);
    ONE(log2);
    ONE(log10);
    ONE(log1p);
    ONE(sqrt);
    ONE(cbrt);
    ONE(floor);
    ONE(ceil);
    ONE(trunc);
    ONE(round);
    ONE(rint);
    ONE(nearbyint);
    ONE(fabs);
    ONE(erf);
    ONE(erfc);
    ONE(tgamma);
    ONE(lgamma);
    ONE(j0);
    ONE(y1);
    CALL(acosh, real = acosh(1.5));
    CALL(log, real = log(-1.0));
    CALL(exp, real = exp(1e9));
    CALL(sin, real = sin(1e300));
    CALL(pow, real = pow(1.5, 2.5));
    CALL(atan2, real = atan2(1.5, 2.5));
    CALL(fmod, real = fmod(7.5, 2.0));
    CALL(remainder, real = remainder(7.5, 2.0));
    CALL(remquo, real = remquo(7.5, 2.0, &quotient));
    CALL(hypot, real = hypot(3, 4));
    CALL(fma, real = fma(3, 4, 5));
    CALL(fmax, real = fmax(3, 4));
    CALL(nextafter, real = nextafter(3, 4));
    CALL(frexp, real = frexp(0.75, &exponent));
    CALL(ldexp, real = ldexp(0.75, 3));
    CALL(modf, real = modf(1.75, &whole));
    CALL(sincos, sincos(0.7, &sine, &cosine));
    CALL(cexp, (void)cexp(1.0 + 2.0 * I));
    CALL(fegetround, (void)fegetround());
    CALL(feclearexcept, feclearexcept(FE_ALL_EXCEPT));
}

void call_text_functions(void)
{
    strings();
    characters();
    wide_characters();
    conversions();
    formatting();
    numbers();
}
