"""seeds.py: small ELF files of different kinds, built on the spot, to be damaged.

    tests/fuzz/seeds.py FOLDER      builds them into FOLDER

Small matters more than complete: each is read tens of thousands of times.
"""

import os
import shutil
import subprocess
import sys

C_SOURCE = """
static const char *const words[] = {"one", "two"};
static int table[16] = {1, 2, 3};
static char zeroes[300];
__thread int per_thread = 5;
extern void *malloc(unsigned long);
static int twice(int n) { return 2 * n; }
int (*pointer)(int) = twice;
__attribute__((noinline)) int branch(int n)
{
    switch (n) {
    case 0: return table[1];
    case 1: return words[0][1];
    case 2: return zeroes[3];
    case 3: return ++per_thread;
    case 4: return pointer(7);
    case 5: return malloc(9) != 0;
    default: return n <= 9 ? n : branch(n - 1) + 1;
    }
}
int entry(int n) { char room[n + 1]; room[n] = branch(n); return room[n]; }
void _start(void) { for (;;) entry(3); }
"""

CPP_SOURCE = """
struct Base { virtual ~Base() {} virtual int f(int) = 0; int member = 3; };
struct One : Base { int f(int n) override { if (n > 4) throw n; return member; } };
namespace space { template <class T> T *make() { return new T; } }
Base *made = space::make<One>();
int call(Base *base) { try { return base->f(5); } catch (int n) { return n; } }
"""

RUST_SOURCE = """
#![no_std]
pub trait Shape { fn area(&self) -> u32; }
pub struct Square(pub u32);
impl Shape for Square { fn area(&self) -> u32 { self.0 * self.0 } }
pub static SIDES: [u32; 4] = [1, 2, 3, 4];
pub fn total(shapes: &[&dyn Shape]) -> u32 { shapes.iter().map(|s| s.area()).sum() }
pub fn one(at: usize) -> u32 { total(&[&Square(SIDES[at])]) }
"""

SEEDS = {  # name: source suffix, source, command without the output
    "dynamic": ("c", C_SOURCE, ["gcc", "-g", "-O1", "-nostdlib", "-pie", "-Wl,-z,noseparate-code",
                                "-Wl,--unresolved-symbols=ignore-all"]),
    "library": ("c", C_SOURCE, ["gcc", "-O2", "-nostdlib", "-shared", "-fPIC",
                                "-Wl,-z,noseparate-code"]),
    "object": ("c", C_SOURCE, ["gcc", "-g", "-gz", "-O2", "-c"]),
    "cpp": ("cpp", CPP_SOURCE, ["g++", "-g", "-O1", "-shared", "-fPIC", "-nostdlib",
                                "-Wl,-z,noseparate-code"]),
    "dwarf4": ("c", C_SOURCE, ["clang", "-g", "-gdwarf-4", "-O1", "-c"]),
    "sectionless": ("c", C_SOURCE, ["gcc", "-O1", "-nostdlib", "-pie", "-s", "-Wl,--hash-style=both",
                                    "-Wl,--unresolved-symbols=ignore-all"]),
    "rust": ("rs", RUST_SOURCE, ["rustc", "--crate-type", "lib", "--emit", "obj", "-g",
                                 "-C", "panic=abort", "-C", "codegen-units=1"]),
}


def forget_sections(path):
    """Cuts off the section header table, which stands at the end."""
    with open(path, "rb") as file:
        content = bytearray(file.read())
    del content[int.from_bytes(content[0x28:0x30], "little"):]
    content[0x28:0x30] = bytes(8)
    content[0x3a:0x40] = bytes(6)
    with open(path, "wb") as file:
        file.write(content)


def build(folder, name):
    """Returns the path of the seed, None if it cannot be built here."""
    suffix, source, command = SEEDS[name]
    path, source_path = os.path.join(folder, name), os.path.join(folder, f"{name}.{suffix}")
    os.makedirs(folder, exist_ok=True)
    if os.path.exists(path) or not shutil.which(command[0]):
        return path if os.path.exists(path) else None
    with open(source_path, "w", encoding="utf-8") as file:
        file.write(source)
    finished = subprocess.run([*command, os.path.basename(source_path), "-o", name], cwd=folder,
                              capture_output=True, text=True, check=False)
    os.remove(source_path)
    if finished.returncode != 0:
        print(finished.stderr, file=sys.stderr)
    elif name == "sectionless":
        forget_sections(path)
    return path if os.path.exists(path) else None


def build_all(folder):
    return {name: build(folder, name) for name in SEEDS}


if __name__ == "__main__":
    for seed_name, seed_path in build_all(sys.argv[1]).items():
        print(f"{seed_name}: {seed_path or 'cannot be built here'}")
