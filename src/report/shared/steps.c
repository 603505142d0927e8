/* steps.c: a path is its first function and then the target of each step. */
#include "report/shared/steps.h"

#include "report/format/names.h"
#include "report/shared/call.h"
#include "report/shared/function.h"

uint32_t step_kind(const struct program *program, const struct step *step)
{
    return step->target == NONE ? program->calls[step->call].kind
                                : shown_call(program, step->call).kind;
}

bool step_is_loose(const struct program *program, const struct step *step)
{
    return step->target != NONE && program->calls[step->call].kind == CALL_UNRESOLVED;
}

uint32_t steps_kind(const struct program *program, const struct step *steps, uint32_t count)
{
    uint32_t weakest = NONE;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t kind = step_kind(program, &steps[i]);
        if (weakest == NONE || kind > weakest)
            weakest = kind;
    }
    return weakest;
}

struct cell steps_cell(struct report *report, uint32_t function, const struct step *steps,
                       uint32_t count)
{
    size_t begin = list_begin(report);
    list_add(report, function);
    for (uint32_t i = 0; i < count; i++)
        if (steps[i].target != NONE)
            list_add(report, steps[i].target);
    return cell_list(report, begin);
}

enum { SHOWN_ENDS = 2 };

const char *steps_text(struct report *report, uint32_t function, const struct step *steps,
                       uint32_t count)
{
    struct program *program = report->program;
    struct text text = {0};
    text_add(&text, program_function_name(program, function));
    for (uint32_t i = 0; i < count; i++) {
        // What leads into a path and what it ends in tell most.
        if (count > 2 * SHOWN_ENDS + 1 && i == SHOWN_ENDS) {
            text_addf(&text, " → (%u)", (unsigned)(count - 2 * SHOWN_ENDS));
            i = count - SHOWN_ENDS;
        }
        text_add(&text, step_is_loose(program, &steps[i]) ? " ⇢ " : " → ");
        if (steps[i].target == NONE)
            text_add(&text, "?");
        else
            text_add_last_parts(&text, program_function_name(program, steps[i].target));
    }
    const char *string = text_keep(&text, &report->arena);
    return string;
}

const char *call_kind_name(uint32_t kind)
{
    static const char *const names[] = {
        [CALL_DIRECT] = "direct",
        [CALL_PLT] = "plt",
        [CALL_GOT] = "got",
        [CALL_CONSTANT] = "constant",
        [CALL_VTABLE] = "vtable",
        [CALL_FIELD] = "field",
        [CALL_PROTOTYPE] = "prototype",
        [CALL_ADDRESS_TAKEN] = "address_taken",
        [CALL_UNRESOLVED] = "unresolved",
    };
    return kind < sizeof names / sizeof names[0] ? names[kind] : NULL;
}
