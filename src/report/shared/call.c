/* call.c: what a call may enter, and where it stands: its function, address and source line. */
#include "report/shared/call.h"

#include "report/shared/function.h"

struct call shown_call(const struct program *program, uint32_t index)
{
    struct call call = program->calls[index];
    const struct loose_call *loose =
        call.kind == CALL_UNRESOLVED ? program_loose_call(program, index) : NULL;
    if (loose) {
        call.kind = loose->kind;
        call.first_target = loose->first_target;
        call.target_count = loose->target_count;
    }
    return call;
}

struct place place_of_call(struct report *report, uint32_t row)
{
    const struct call *call = &report->program->calls[row];
    return place_in_function(report->program, call->from, call->address);
}

struct cell get_call_address(struct report *report, uint32_t row)
{
    const struct call *call = &report->program->calls[row];
    return cell_number(shown_code_address(report, call->from, call->address));
}

struct cell get_call_function(struct report *report, uint32_t row)
{
    return get_function_name(report, report->program->calls[row].from);
}

struct cell get_call_file(struct report *report, uint32_t row)
{
    return cell_file(place_of_call(report, row));
}

struct cell get_call_line(struct report *report, uint32_t row)
{
    return cell_line(place_of_call(report, row));
}

struct cell get_call_place(struct report *report, uint32_t row)
{
    return cell_text(place_text(report, place_of_call(report, row)));
}
