/*
 * database.c: uses SQLite with callbacks of its own, for indirect.py, which looks at which function
 * each call of the library really enters. The declarations are those of SQLite's documentation.
 */
#include <stdio.h>
#include <string.h>

struct sqlite3;
struct sqlite3_context;
struct sqlite3_value;
int sqlite3_open(const char *, struct sqlite3 **);
int sqlite3_close(struct sqlite3 *);
int sqlite3_exec(struct sqlite3 *, const char *, int (*)(void *, int, char **, char **), void *,
                 char **);
int sqlite3_create_function(struct sqlite3 *, const char *, int, int, void *,
                            void (*)(struct sqlite3_context *, int, struct sqlite3_value **),
                            void (*)(struct sqlite3_context *, int, struct sqlite3_value **),
                            void (*)(struct sqlite3_context *));
int sqlite3_create_collation(struct sqlite3 *, const char *, int, void *,
                             int (*)(void *, int, const void *, int, const void *));
void sqlite3_result_int(struct sqlite3_context *, int);
int sqlite3_value_int(struct sqlite3_value *);

static void twice(struct sqlite3_context *context, int count, struct sqlite3_value **values)
{
    sqlite3_result_int(context, count == 1 ? 2 * sqlite3_value_int(values[0]) : 0);
}

static int backward(void *unused, int a_bytes, const void *a, int b_bytes, const void *b)
{
    (void)unused;
    int order = memcmp(b, a, a_bytes < b_bytes ? a_bytes : b_bytes);
    return order ? order : b_bytes - a_bytes;
}

static int show(void *unused, int count, char **values, char **names)
{
    (void)unused, (void)names;
    for (int i = 0; i < count; i++)
        printf("%s%c", values[i] ? values[i] : "null", i + 1 < count ? ' ' : '\n');
    return 0;
}

int main(void)
{
    struct sqlite3 *database;
    char *message = NULL;
    if (sqlite3_open(":memory:", &database))
        return 1;
    sqlite3_create_function(database, "twice", 1, 1, NULL, twice, NULL, NULL);
    sqlite3_create_collation(database, "backward", 1, NULL, backward);
    int status = sqlite3_exec(
        database,
        "create table t(a integer primary key, b text, c real);"
        "insert into t(b, c) values ('one', 1.5), ('two', 2), ('three', null), ('four', 4);"
        "create index i on t(b collate backward);"
        "select twice(a), b, sum(c), count(*) from t group by b order by b collate backward;"
        "update t set b = upper(b) where a > 2; select group_concat(b), avg(c) from t;"
        "begin; delete from t where a = 1; rollback;"
        "create trigger g after update on t begin insert into t(b) values ('new'); end;"
        "update t set c = 9 where a = 2;"
        "with recursive n(x) as (select 1 union all select x + 1 from n where x < 9)"
        " select max(x), json_array(x), strftime('%Y', 0) from n;"
        "select * from t join t as u on t.a = u.a where t.b like 'T%' order by u.c desc limit 2;",
        show, NULL, &message);
    sqlite3_close(database);
    return status;
}
