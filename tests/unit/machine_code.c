/*
 * machine_code.c: one image of four sections in memory, and its code read by program_decode().
 */
#include "machine_code.h"

#include "analysis/decode.h"
#include "arch/arch.h"

#include <elf.h>
#include <string.h>

static struct section make_section(const char *name, uint64_t address, uint64_t end,
                                   enum section_role role, uint8_t *file)
{
    return (struct section){.name = name,
                            .address = address,
                            .bytes = end - address,
                            .data = file + address,
                            .offset = address,
                            .alignment = 16,
                            .role = role,
                            .is_allocated = true,
                            .is_writable = role != SECTION_CODE && role != SECTION_READ_ONLY,
                            .is_executable = role == SECTION_CODE};
}

static void init_image(struct machine_code *code)
{
    struct image *image = &code->image;
    code->images[0] = image;
    code->segment = (struct segment){
        .address = 0, .bytes = END, .file_bytes = END, .flags = MEMORY_READ | MEMORY_EXECUTE};
    code->sections[0] = make_section(".text", CODE, CONSTANTS, SECTION_CODE, code->file);
    code->sections[1] = make_section(".rodata", CONSTANTS, SLOTS, SECTION_READ_ONLY, code->file);
    code->sections[2] = make_section(".got", SLOTS, VARIABLES, SECTION_GOT, code->file);
    code->sections[3] = make_section(".data", VARIABLES, END, SECTION_DATA, code->file);
    *image = (struct image){.path = "made",
                            .name = "made",
                            .arch = arch_for_elf(EM_X86_64, 8),
                            .type = IMAGE_PIE,
                            .pointer_bytes = 8,
                            .is_placed = true,
                            .file = code->file,
                            .file_bytes = END,
                            .segments = &code->segment,
                            .sections = code->sections,
                            .relocations = &code->relocation,
                            .unwind_entries = code->unwind_entries,
                            .segment_count = 1,
                            .section_count = 4,
                            .placed_count = 4};
}

void code_init(struct machine_code *code)
{
    memset(code, 0, sizeof *code);
    memset(code->file + CODE, 0x90, CONSTANTS - CODE);
    program_init(&code->program);
    init_image(code);
    code->program.images = code->images;
    code->program.image_count = 1;
    code->program.functions = code->functions;
    code->program.image_functions = code->image_functions;
    code->program.facts = &code->facts;
    code->facts.crates = code->crates;
}

void code_deinit(struct machine_code *code)
{
    program_deinit(&code->program);
}

uint32_t code_function(struct machine_code *code, uint64_t address, const char *bytes, size_t count)
{
    uint32_t index = code->program.function_count++;
    memcpy(code->file + address, bytes, count);
    code->functions[index] = (struct function){.address = address,
                                               .bytes = count,
                                               .linkage_name = "f",
                                               .symbol = NONE,
                                               .debug_function = NONE,
                                               .part_of = NONE,
                                               .first_part = NONE,
                                               .next_part = NONE};
    code->unwind_entries[index] = (struct unwind_entry){.address = address,
                                                        .bytes = count,
                                                        .lsda = code->unwind_entries[index].lsda,
                                                        .entry_cfa_offset = -1};
    code->image.unwind_count = code->program.function_count;
    code->image_functions[1] = code->program.function_count;
    return index;
}

void code_entry(struct machine_code *code, uint64_t table, unsigned index, uint64_t target)
{
    int32_t entry = (int32_t)(target - table);
    memcpy(code->file + table + 4 * index, &entry, sizeof entry);
}

void code_exceptions(struct machine_code *code, const char *bytes, size_t count)
{
    memcpy(code->file + EXCEPTIONS, bytes, count);
    code->unwind_entries[0].lsda = EXCEPTIONS;
}

void code_read(struct machine_code *code)
{
    code->program.workers = 1;
    program_decode(&code->program);
}

void code_read_one(struct machine_code *code, const char *bytes, size_t count)
{
    code_function(code, CODE, bytes, count);
    code_function(code, 0x1100, "\xc3", 1);
    code_function(code, 0x1110, "\xc3", 1);
    code_function(code, 0x1120, "\xc3", 1);
    code_read(code);
}
