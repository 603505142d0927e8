/*
 * json.h: a streaming JSON writer. Keys are NULL inside arrays. Whatever the names it is given,
 * the output is valid JSON in valid UTF-8.
 */
#ifndef DWELL_REPORT_JSON_H
#define DWELL_REPORT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { JSON_BUFFER_BYTES = 1 << 16 };

struct json {
    FILE *out;
    size_t used;
    unsigned depth;
    bool is_first; /* nothing written yet in the innermost object or array */
    char buffer[JSON_BUFFER_BYTES];
};

void json_init(struct json *json, FILE *out);
/** Ends the document's line and hands everything to the stream, whose error flag tells success. */
void json_finish(struct json *json);

void json_begin_object(struct json *json, const char *key);
void json_end_object(struct json *json);
void json_begin_array(struct json *json, const char *key);
void json_end_array(struct json *json);
/** A NULL @p value is written as null. */
void json_string(struct json *json, const char *key, const char *value);
void json_integer(struct json *json, const char *key, uint64_t value);
/** Writes -@p size. */
void json_negative(struct json *json, const char *key, uint64_t size);
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);

#endif
