#!/usr/bin/env python3
"""layouts.py: do types lie in memory as their compilers and pahole say?

    tests/oracle/layouts.py DWELL [--seed N] [--types N]

In: dwell. Out: a line for each difference, and as the last line `N passed, N failed, N skipped`.
`dwell types --json` is compared with

- what C, C++ and Rust programs print that are made at random here: sizeof, alignof and offsetof of
  structs, unions, classes with bases and virtual functions, bit fields (by setting one and looking at
  the bytes), enums with fields, tuples, closures, async functions;
- pahole, for each struct of SQLite and of the C programs: size, and the offset of each member.

Debug information of C does not say that a struct is packed. Where no member's place shows it, dwell
gives the alignment that the struct would have if it were not; of those only size and places are
compared.
"""

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # leave the source tree as it is
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.checks import check, finish, skip
from sources import sqlite

SCALARS = ("char", "signed char", "short", "int", "long", "long long", "float", "double",
           "long double", "void *", "unsigned char", "unsigned short", "unsigned", "unsigned long",
           "_Bool", "int (*)(int)", "enum color", "__int128")
BIT_TYPES = {"int": 32, "unsigned": 32, "short": 16, "unsigned char": 8, "unsigned long": 64}
C_BUILDS = (("gcc", "-gdwarf-5"), ("gcc", "-gdwarf-4", "-fdebug-types-section"), ("gcc", "-gdwarf-2"),
            ("gcc", "-g", "-gsplit-dwarf"), ("clang", "-gdwarf-5"), ("clang", "-gdwarf-4"))
CPP_BUILDS = (("g++", "-gdwarf-5"), ("g++", "-gdwarf-4", "-fdebug-types-section"),
              ("clang++", "-gdwarf-5", "-fstandalone-debug"))


def types_of(dwell, program):
    out = subprocess.run([dwell, "types", "--json", program], capture_output=True, check=True).stdout
    named = {}
    for layout in json.loads(out)["types"]:
        named.setdefault(layout["name"], []).append(layout)
    return named


def declare(kind, name):
    """A C declaration: arrays and pointers to functions have their name inside."""
    if "(*)" in kind:
        return kind.replace("(*)", f"(*{name})")
    base, _, dimensions = kind.partition("[")
    return f"{base} {name}" + (f"[{dimensions}" if dimensions else "")


# ---- C -------------------------------------------------------------------------------------------

class CProgram:
    """Random structs, and a main() that prints what is true of them."""

    def __init__(self, seed, count):
        self.random = random.Random(seed)
        self.code = ["#include <stdio.h>", "#include <stddef.h>", "#include <string.h>",
                     "enum color { RED, GREEN = -5, BLUE = 100000 };"]
        self.prints = []
        self.known = []
        self.packed = set()
        for number in range(count):
            self.add_type(number)

    def kind(self):
        kind = self.random.choice(SCALARS if not self.known or self.random.random() < 0.75
                                  else self.known)
        if self.random.random() < 0.15 and "(*)" not in kind:
            kind += f"[{self.random.randint(1, 5)}]"
        return kind

    def member(self, name, in_union):
        """Its declaration and the paths that lead to what is in it; a bit field's has its width."""
        if self.random.random() < 0.2:
            kind = self.random.choice(list(BIT_TYPES))
            width = self.random.randint(1, BIT_TYPES[kind])
            return f"{kind} {name} : {width};", [(name, width)]
        if self.random.random() < 0.1:
            around = "struct" if in_union else self.random.choice(("struct", "union"))
            inner = [self.member(f"{name}_{i}", around == "union") for i in range(2)]
            body = " ".join(code for code, _ in inner)
            return f"{around} {{ {body} }};", [path for _, paths in inner for path in paths]
        return declare(self.kind(), name) + ";", [(name, None)]

    def add_type(self, number):
        around = self.random.choice(("struct", "struct", "struct", "union"))
        members = [self.member(f"m{i}", around == "union") for i in range(self.random.randint(1, 8))]
        attributes = self.random.choice(("", "", "", "", " __attribute__((packed))",
                                         " __attribute__((aligned(32)))"))
        body = " ".join(code for code, _ in members)
        if self.random.random() < 0.2:
            kind = name = f"type{number}"
            self.code.append(f"typedef {around}{attributes} {{ {body} }} {name};")
        else:
            name, kind = f"tag{number}", f"{around} tag{number}"
            self.code.append(f"{around}{attributes} tag{number} {{ {body} }};")
        if "packed" in attributes:
            self.packed.add(name)
        else:
            self.known.append(kind)
        self.code.append(f"{kind} value{number};")
        self.prints.append(f'printf("T {name} %zu %zu\\n", sizeof({kind}), _Alignof({kind}));')
        for path, width in (path for _, paths in members for path in paths):
            if width is None:
                self.prints.append(f'printf("F {name} {path} %zu %zu\\n", offsetof({kind}, {path}), '
                                   f"sizeof(value{number}.{path}));")
            else:
                self.prints.append(f"memset(&value{number}, 0, sizeof value{number}); "
                                   f"value{number}.{path} = -1; "
                                   f'bits("{name}", "{path}", &value{number}, sizeof value{number});')

    def source(self):
        return "\n".join([*self.code, """
static void bits(const char *name, const char *path, void *value, size_t bytes)
{
    unsigned char *byte = value;
    size_t first = bytes * 8, count = 0;
    for (size_t i = bytes * 8; i-- > 0;)
        if (byte[i / 8] >> i % 8 & 1)
            first = i, count++;
    printf("B %s %s %zu %zu\\n", name, path, first, count);
}
int main(void)
{
""", *self.prints, "    return 0;\n}\n"])


def flat_fields(fields):
    for field in fields:
        if field["name"]:
            yield field["name"], field
        else:
            yield from flat_fields(field["fields"])


def build(command, folder, name, source):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(source)
    program = os.path.join(folder, "program")
    built = subprocess.run([*command, "-w", "-o", program, name], cwd=folder, capture_output=True,
                           text=True, check=False)
    return program if built.returncode == 0 else None, built.stderr


def covered_bits(fields):
    """The bits that fields cover; None if one has no place."""
    bits = set()
    for field in fields:
        if field["fields"]:
            inner = covered_bits(field["fields"])
        elif field["offset"] is None or field["bytes"] is None:
            inner = None
        else:
            first = 8 * field["offset"] + (field["first_bit"] or 0)
            inner = set(range(first, first + (field["bits"] or 8 * field["bytes"])))
        if inner is None:
            return None
        bits |= inner
    return bits


def compare_padding(what, named):
    """Holds what is said of padding against what is said of fields."""
    for layouts in named.values():
        for layout in layouts:
            bits = covered_bits(layout["fields"])
            if layout["kind"] != "enum" and bits is not None and layout["bytes"] is not None:
                wanted = (8 * layout["bytes"] - len(bits)) // 8
                check(f"{what}: padding of {layout['name']}", layout["padding_bytes"] == wanted,
                      f"{wanted}, dwell says {layout['padding_bytes']}")


def compare_lines(what, lines, named, packed=()):
    """Holds each line that a program printed against the types."""
    for line in lines.splitlines():
        key, name, *rest = line.split(" ")
        layouts = named.get(name, [])
        if len(layouts) != 1:
            check(f"{what}: {name} is there once", False, f"{len(layouts)} times")
            continue
        layout = layouts[0]
        fields = dict(flat_fields(layout["fields"]))
        if key == "T":
            found = [layout["bytes"], layout["alignment"]]
            wanted = [int(rest[0]), int(rest[1])]
            if name in packed:
                found[1] = wanted[1]
        elif rest[0] not in fields:
            found, wanted = sorted(fields), rest[0]
        elif key == "F":
            found = [fields[rest[0]]["offset"], fields[rest[0]]["bytes"]]
            wanted = [int(rest[1]), int(rest[2])]
        else:
            field = fields[rest[0]]
            # clang says nothing of the width where it is the type's own.
            found = [8 * (field["offset"] or 0) + (field["first_bit"] or 0),
                     field["bits"] or 8 * (field["bytes"] or 0)]
            wanted = [int(rest[1]), int(rest[2])]
        check(f"{what}: {line}", found == wanted, f"dwell says {found}")


def test_c(dwell, seed, count, folder):
    for command in C_BUILDS:
        if not shutil.which(command[0]):
            skip(f"no {command[0]}")
            continue
        what = " ".join(command) + f", seed {seed}"
        program_text = CProgram(seed, count)
        program, error = build(command, folder, "program.c", program_text.source())
        check(f"{what}: compiles", program, error)
        if program:
            lines = subprocess.run([program], capture_output=True, text=True, check=True).stdout
            named = types_of(dwell, program)
            compare_lines(what, lines, named, program_text.packed)
            compare_padding(what, named)
            if shutil.which("pahole") and "-gsplit-dwarf" not in command:
                compare_pahole(what, dwell, program)


# ---- pahole --------------------------------------------------------------------------------------

MEMBER = re.compile(r"/\*\s*(\d+)(?::\s*(\d+))?\s+(\d+)\s*\*/")


def pahole_structs(program):
    """Name, size and the offsets of the direct members of each named struct."""
    out = subprocess.run(["pahole", "--structs", program], capture_output=True, text=True,
                         check=False).stdout
    structs, name, depth, offsets = {}, None, 0, []
    for line in out.splitlines():
        begin = re.match(r"struct (\w+) \{$", line)
        if begin:
            name, depth, offsets = begin.group(1), 1, []
        elif name and line.startswith("}"):
            structs.setdefault(name, []).append((size, sorted(offsets)))
            name = None
        elif name:
            said = re.search(r"/\* size: (\d+)", line)
            if said:
                size = int(said.group(1))
                continue
            opens = line.rstrip().endswith("{")
            closes = re.match(r"\s*\}", line)
            depth -= bool(closes)
            place = MEMBER.search(line)
            if place and depth == 1 and not opens:
                offsets.append(int(place.group(1)))
            depth += opens
    return structs


def compare_pahole(what, dwell, program):
    named = types_of(dwell, program)
    structs = pahole_structs(program)
    check(f"{what}: pahole finds structs", structs)
    for name, all_of_name in structs.items():
        ours = [(layout["bytes"], sorted(field["offset"] for field in layout["fields"]
                                         if not field["bits"]))
                for layout in named.get(name, []) if layout["kind"] == "struct"]
        has_bits = any(field["bits"] for layout in named.get(name, []) for field in layout["fields"])
        for size, offsets in all_of_name:
            holds = any(size == bytes and (has_bits or offsets == places) for bytes, places in ours)
            check(f"{what}: pahole's struct {name}", holds, f"{size} {offsets}, dwell {ours}")


def test_sqlite(dwell, folder):
    source = sqlite()
    if source.reason or not shutil.which("pahole"):
        skip(source.reason or "no pahole")
        return
    program = os.path.join(folder, "sqlite.o")
    subprocess.run(["cc", "-g", "-w", "-c", "-o", program, *source.files], check=True)
    compare_pahole("sqlite3", dwell, program)


# ---- C++ -----------------------------------------------------------------------------------------

CPP = """
#include <cstddef>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>
namespace one { struct Same { char a; long b; }; }
namespace two { struct Same { char a; char b; }; }
struct Empty {};
struct Base { virtual ~Base() {} int x; };
struct Derived : Base { char y; };
struct Second { long z; };
struct Multiple : Derived, Second { short w; };
struct Virtual : virtual Base { char v; };
struct Diamond : Virtual, virtual Second { char d; };
struct WithEmpty : Empty { int e; };
template <typename T, int N> struct Generic { T values[N]; char last; struct Nested { T one; }; };
class Private { int a; char b; public: static int shared; Private() : a(1), b(2) {} };
struct Reference { int &r; int &&rr; int Base::*member; void (Base::*method)(); };
enum class Strong : unsigned char { A, B = 200 };
struct alignas(64) Line { int value; };
struct HasLine { char c; Line line; Strong strong; };
int Private::shared = 1;
#define T(name, ...) { alignas(__VA_ARGS__) static char room[sizeof(__VA_ARGS__)]; \\
    using Type = __VA_ARGS__; static Type *pointer = (Type *)room; \\
    printf("T\\t%s\\t%zu\\t%zu\\t%p\\n", name, sizeof(Type), alignof(Type), (void *)pointer); }
int main()
{
    T("one::Same", one::Same) T("two::Same", two::Same) T("Empty", Empty) T("Base", Base)
    T("Derived", Derived) T("Second", Second) T("Multiple", Multiple) T("Virtual", Virtual)
    T("Diamond", Diamond) T("WithEmpty", WithEmpty) T("Generic<int, 3>", Generic<int, 3>)
    T("Generic<double, 2>", Generic<double, 2>) T("Generic<double, 2>::Nested", Generic<double, 2>::Nested)
    T("Private", Private) T("Reference", Reference) T("Strong", Strong) T("Line", Line)
    T("HasLine", HasLine) T("std::vector<int, std::allocator<int> >", std::vector<int>)
    T("std::unique_ptr<int, std::default_delete<int> >", std::unique_ptr<int>)
    Diamond diamond; Multiple multiple; std::vector<int> v; std::unique_ptr<int> p; std::string s;
    return (int)(v.size() + s.size() + (p != nullptr) + diamond.d * 0 + multiple.w * 0);
}
"""


def spaces(name):
    return name.replace(" >", ">")


def test_cpp(dwell, folder):
    for command in CPP_BUILDS:
        if not shutil.which(command[0]):
            skip(f"no {command[0]}")
            continue
        what = " ".join(command)
        program, error = build(command, folder, "program.cpp", CPP)
        check(f"{what}: compiles", program, error)
        if not program:
            continue
        named = {}
        for name, layouts in types_of(dwell, program).items():
            named.setdefault(spaces(name), []).extend(layouts)
        lines = subprocess.run([program], capture_output=True, text=True, check=True).stdout
        for line in lines.splitlines():
            _, name, size, alignment, _ = line.split("\t")
            found = [(layout["bytes"], layout["alignment"]) for layout in named.get(spaces(name), [])]
            check(f"{what}: {name}", found == [(int(size), int(alignment))],
                  f"{size} {alignment}, dwell {found}")


# ---- Rust ----------------------------------------------------------------------------------------

RUST_SCALARS = ("u8", "u16", "u32", "u64", "u128", "i8", "i64", "f32", "f64", "bool", "char", "usize",
                "()", "&'static str", "&'static u8", "String", "Vec<u32>", "Box<u64>",
                "Box<dyn Fn() -> u8>", "Option<Box<u8>>", "Option<u32>", "std::num::NonZeroU32",
                "Option<std::num::NonZeroU8>", "Option<String>", "std::rc::Rc<u8>", "[u16; 5]",
                "(u8, u32)", "&'static [u16]", "Option<char>", "Result<u8, String>", "fn(u32) -> u32")


class RustProgram:
    def __init__(self, seed, count):
        self.random = random.Random(seed)
        self.code, self.prints, self.known = [], [], []
        for number in range(count):
            self.add_struct(number) if self.random.random() < 0.6 else self.add_enum(number)

    def kind(self):
        is_own = self.known and self.random.random() < 0.2
        return self.random.choice(self.known if is_own else RUST_SCALARS)

    def use(self, name):
        """Makes the compiler describe the type, and prints what it says."""
        self.prints.append(f"let place: Option<&{name}> = std::hint::black_box(None); "
                           f"std::hint::black_box(place);")
        self.prints.append(f'println!("T program::{name} {{}} {{}}", size_of::<{name}>(), '
                           f"align_of::<{name}>());")

    def add_struct(self, number):
        name = f"S{number}"
        fields = [(f"m{i}", self.kind()) for i in range(self.random.randint(0, 8))]
        attribute = self.random.choice(("", "", "#[repr(C)] ", "#[repr(packed)] ", "#[repr(align(32))] "))
        body = ", ".join(f"{field}: {kind}" for field, kind in fields)
        self.code.append(f"{attribute}pub struct {name} {{ {body} }}")
        self.use(name)
        for field, kind in fields:
            self.prints.append(f'println!("F program::{name} {field} {{}} {{}}", '
                               f"std::mem::offset_of!({name}, {field}), size_of::<{kind}>());")
        if "packed" not in attribute and "align" not in attribute:
            self.known.append(name)

    def add_enum(self, number):
        name = f"E{number}"
        variants = []
        for i in range(self.random.randint(1, 5)):
            shape = self.random.choice(("unit", "tuple", "struct"))
            kinds = [self.kind() for _ in range(self.random.randint(1, 3))]
            body = {"unit": "", "tuple": "(" + ", ".join(kinds) + ")",
                    "struct": " { " + ", ".join(f"f{j}: {k}" for j, k in enumerate(kinds)) + " }"}
            variants.append(f"V{i}{body[shape]}")
        self.code.append(f"pub enum {name} {{ {', '.join(variants)} }}")
        self.use(name)
        self.known.append(name)

    def source(self):
        return "\n".join(["#![allow(dead_code, unaligned_references)]", "use std::mem::{size_of, align_of};",
                          *self.code, "fn main() {", *self.prints, "}", ""])


RUST_ENVIRONMENTS = """
use std::future::Future;
use std::mem::{align_of_val, size_of_val};
async fn leaf(x: u64) -> u64 { x + 1 }
async fn outer(a: u32) -> u64 {
    let big = [a as u64; 8];
    let r = leaf(big[1]).await;
    leaf(r + big[3]).await + big[2]
}
fn show<T>(what: &str, value: &T) { println!("{what} {} {}", size_of_val(value), align_of_val(value)); }
fn main() {
    let (text, number) = (String::from("x"), 3u8);
    let by_value = move || text.len() + number as usize;
    let counts = [1u16, 2, 3];
    let by_reference = || counts[0] + counts[1];
    show("program::main::{closure_env#0}", &by_value);
    show("program::main::{closure_env#1}", &by_reference);
    show("program::outer::{async_fn_env#0}", &outer(1));
    show("program::leaf::{async_fn_env#0}", &leaf(1));
    let block = async { let kept = [number; 40]; leaf(1).await + kept[0] as u64 };
    show("program::main::{async_block_env#2}", &block);
    let mut all = (Box::pin(outer(3)), Box::pin(block));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let ready = all.0.as_mut().poll(&mut context).is_ready() | all.1.as_mut().poll(&mut context).is_ready();
    std::process::exit((by_value() + by_reference() as usize) as i32 * !ready as i32);
}
"""


def test_rust(dwell, seed, count, folder):
    if not shutil.which("rustc"):
        skip("no rustc")
        return
    command = ("rustc", "--edition", "2021", "-g", "--crate-name", "program", "-Anon_snake_case")
    program, error = build_rust(command, folder, RustProgram(seed, count).source())
    check(f"rustc, seed {seed}: compiles", program, error)
    if program:
        lines = subprocess.run([program], capture_output=True, text=True, check=True).stdout
        compare_lines(f"rustc, seed {seed}", lines, types_of(dwell, program))
    program, error = build_rust(command, folder, RUST_ENVIRONMENTS)
    if "cannot find function `noop`" in error or "noop" in error:
        skip("this rustc has no Waker::noop")
        return
    check("rustc, environments: compiles", program, error)
    lines = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    named = types_of(dwell, program)
    for line in lines.splitlines():
        name, size, alignment = line.rsplit(" ", 2)
        found = [(layout["bytes"], layout["alignment"]) for layout in named.get(name, [])]
        check(f"rustc: {name}", found == [(int(size), int(alignment))],
              f"{size} {alignment}, dwell {found}")


def build_rust(command, folder, source):
    with open(os.path.join(folder, "program.rs"), "w", encoding="utf-8") as file:
        file.write(source)
    program = os.path.join(folder, "program")
    built = subprocess.run([*command, "-Awarnings", "-o", program, "program.rs"], cwd=folder,
                           capture_output=True, text=True, check=False)
    return program if built.returncode == 0 else None, built.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dwell")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--types", type=int, default=60)
    options = parser.parse_args()
    dwell = os.path.abspath(options.dwell)
    with tempfile.TemporaryDirectory() as folder:
        test_c(dwell, options.seed, options.types, folder)
        test_cpp(dwell, folder)
        test_rust(dwell, options.seed, 3 * options.types, folder)
        test_sqlite(dwell, folder)
    return finish()


if __name__ == "__main__":
    sys.exit(main())
