/*
 * raising.c: preloaded; counts the exceptions and panics that begin, in a counter that
 * counting.c finds by name. In a library of its own, so that the program that is looked at keeps
 * the unwinder that it has.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unwind.h>

unsigned raised_count;

_Unwind_Reason_Code _Unwind_RaiseException(struct _Unwind_Exception *exception)
{
    static _Unwind_Reason_Code (*next)(struct _Unwind_Exception *);
    if (!next)
        next = (_Unwind_Reason_Code(*)(struct _Unwind_Exception *))dlsym(RTLD_NEXT,
                                                                         "_Unwind_RaiseException");
    raised_count++;
    return next(exception);
}
