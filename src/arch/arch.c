/*
 * arch.c: the table of machines. In: a machine number of an ELF header. Out: its row.
 */
#include "arch/arch.h"

#include "arch/x86_64.h"

#include <elf.h>

/** A machine that has a name; `arch` is NULL as long as nobody reads its code. */
struct machine_row {
    const char *name;
    const struct arch *arch;
    uint16_t elf_machine;
    unsigned pointer_bytes;
};

static const struct machine_row machines[] = {
    {"x86-64", &arch_x86_64, EM_X86_64, 8},
    {"aarch64", NULL, EM_AARCH64, 8},
    {"arm", NULL, EM_ARM, 4},
    {"riscv32", NULL, EM_RISCV, 4},
    {"riscv64", NULL, EM_RISCV, 8},
    {"i386", NULL, EM_386, 4},
};

static const struct machine_row *find_machine(uint16_t elf_machine, unsigned pointer_bytes)
{
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++)
        if (machines[i].elf_machine == elf_machine && machines[i].pointer_bytes == pointer_bytes)
            return &machines[i];
    return NULL;
}

const struct arch *arch_for_elf(uint16_t elf_machine, unsigned pointer_bytes)
{
    const struct machine_row *machine = find_machine(elf_machine, pointer_bytes);
    return machine ? machine->arch : NULL;
}

const char *arch_machine_name(uint16_t elf_machine, unsigned pointer_bytes)
{
    const struct machine_row *machine = find_machine(elf_machine, pointer_bytes);
    return machine ? machine->name : "unknown";
}
