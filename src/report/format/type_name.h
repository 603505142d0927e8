/*
 * type_name.h: names of types as people say them.
 */
#ifndef DWELL_REPORT_TYPE_NAME_H
#define DWELL_REPORT_TYPE_NAME_H

#include "report/format/text.h"

/**
 * Adds "Vec<String>" for "alloc::vec::Vec<alloc::string::String, alloc::alloc::Global>" and
 * "vector<float>" for "std::vector<float, std::allocator<float> >": without paths and without the
 * arguments that nearly everybody leaves out.
 */
void text_add_type(struct text *text, const char *type);

#endif
