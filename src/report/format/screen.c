/* screen.c: styles as the SGR sequences of ECMA-48; only the eight colours that themes adapt. */
#include "report/format/screen.h"

#include "report/format/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void screen_print(const struct screen *screen, enum style style, const char *text)
{
    static const char *const begin[] = {
        [STYLE_PLAIN] = NULL,       [STYLE_TITLE] = "\033[1m",  [STYLE_DIM] = "\033[2m",
        [STYLE_GOOD] = "\033[32m",  [STYLE_MAYBE] = "\033[33m", [STYLE_BAD] = "\033[31m",
        [STYLE_DOUBT] = "\033[35m",
    };
    bool is_styled = screen->has_color && begin[style];
    // Styles begin and end on their line, whatever a pager does with the rest of it.
    size_t leading = strspn(text, "\n");
    size_t length = strcspn(text + leading, "\n");
    fwrite(text, 1, leading, screen->out);
    if (is_styled && length)
        fputs(begin[style], screen->out);
    fwrite(text + leading, 1, length, screen->out);
    if (is_styled && length)
        fputs("\033[0m", screen->out);
    fputs(text + leading + length, screen->out);
}

void screen_printf(const struct screen *screen, enum style style, const char *format, ...)
{
    char *text;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    screen_print(screen, style, text);
    free(text);
}
