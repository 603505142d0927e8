"""rust.py: programs in Rust for the hunter (hunt.py): subjects as in model.py, of parts that are Rust's
own. A subject calls a leaf in one of the ways of WAYS, inside of some of CONTROLS. Text comes straight
from random numbers; what breaks is made smaller by leaving out subjects.

The program is a static library with the table of subjects that driver.c calls.
"""

import json
import random
from dataclasses import dataclass

HEAD = """#![allow(dead_code, unused_variables, unused_mut, static_mut_refs, unused_unsafe)]
use std::cell::{Cell, RefCell};
use std::hint::black_box;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
extern "C" { static hunt_one: i64; static mut hunt_raised: u32; }
fn one() -> i64 { unsafe { std::ptr::read_volatile(std::ptr::addr_of!(hunt_one)) } }
fn raised() { unsafe { hunt_raised += 1; } }
static mut SINK: i64 = 0;
fn sink(a: i64) { unsafe { std::ptr::write_volatile(std::ptr::addr_of_mut!(SINK), a) } }
static KEPT: AtomicPtr<u8> = AtomicPtr::new(std::ptr::null_mut());
fn keep(b: Box<[u8]>) { KEPT.store(Box::into_raw(b) as *mut u8, Ordering::Relaxed); }
type F = fn(i64) -> i64;
trait Run { fn run(&self, a: i64) -> i64; fn again(&self, a: i64) -> i64 { self.run(a) + 1 } }
#[repr(C)]
pub struct Subject { name: *const u8, run: extern "C" fn(i64), prepare: *const u8 }
unsafe impl Sync for Subject {}
"""

LEAVES = {
    "none": "a + 1",
    "alloc": "keep(vec![1u8; {bytes}].into_boxed_slice()); a",
    "box": "black_box(Box::new([a; {words}]))[0]",
    "both": "let v: Vec<i64> = (0..{words}).collect(); black_box(&v); v[0] + a",
    "deep": "let room = [a as u8; {deep}]; black_box(&room); room[1] as i64",
    "some": "if a & 1 == 1 {{ keep(vec![0u8; 24].into_boxed_slice()); }} a",
    "text": "format!(\"{{}} {{}}\", a, {bytes}).len() as i64",
    "panics": "if a == 2 {{ raised(); panic!(\"leaf\"); }} a",
}

# Of a leaf f and what does nothing, g.
WAYS = {
    "direct": "sink({f}(v));",
    "pointer": "let p: F = if one() == 1 {{ {f} }} else {{ {g} }}; sink(p(v));",
    "table": "static T: [F; 3] = [{g}, {f}, {g}]; sink(T[one() as usize](v));",
    "changed": "static mut T: [F; 3] = [{g}, {g}, {g}]; unsafe {{ T[one() as usize] = {f}; sink(T[1](v)); }}",
    "row": "struct R {{ id: i64, f: F }} let mut t = [R {{ id: 1, f: {g} }}, R {{ id: 2, f: {g} }}];"
           " t[one() as usize].f = {f}; sink(black_box(&t)[1].f.clone()(v));",
    "atomic": "static A: AtomicUsize = AtomicUsize::new(0); A.store({f} as F as usize, Ordering::SeqCst);"
              " let p: F = unsafe {{ std::mem::transmute(A.load(Ordering::SeqCst)) }}; sink(p(v));",
    "cell": "thread_local!(static C: Cell<F> = const {{ Cell::new({g}) }}); C.with(|c| c.set({f}));"
            " sink(C.with(|c| c.get())(v));",
    "option": "let mut p: Option<F> = None; if one() == 1 {{ p = Some({f}); }} if let Some(p) = black_box(p) {{ sink(p(v)); }}",
    "dyn": "struct A; struct B(i64); impl Run for A {{ fn run(&self, a: i64) -> i64 {{ {f}(a) }} }}"
           " impl Run for B {{ fn run(&self, a: i64) -> i64 {{ {g}(a + self.0) }} }} let (x, y) = (A, B(v));"
           " let r: &dyn Run = if one() == 1 {{ &x }} else {{ &y }}; sink(r.run(v));",
    "default": "struct A; impl Run for A {{ fn run(&self, a: i64) -> i64 {{ {f}(a) }} }}"
               " struct B; impl Run for B {{ fn run(&self, a: i64) -> i64 {{ {g}(a) }} fn again(&self, a: i64) -> i64 {{ a }} }}"
               " let all: [&dyn Run; 2] = [&B, &A]; sink(all[one() as usize].again(v));",
    "boxed": "struct A(F); impl Run for A {{ fn run(&self, a: i64) -> i64 {{ (self.0)(a) }} }}"
             " let r: Box<dyn Run> = Box::new(A({f})); sink(black_box(r).run(v));",
    "closure": "let k = one(); let c: &dyn Fn(i64) -> i64 = &|a| {f}(a) + k; sink(black_box(c)(v));",
    "boxed_closure": "let k = v; let c: Box<dyn Fn(i64) -> i64> = Box::new(move |a| {f}(a) + k); sink(black_box(c)(v));",
    "generic": "#[inline(never)] fn with<T: Fn(i64) -> i64>(t: T, a: i64) -> i64 {{ t(a) + t(a + 1) }} sink(with({f}, v));",
    "iterator": "let s: i64 = [v, 1, 2].iter().map(|a| {f}(*a)).sum(); sink(s);",
    "sort": "let mut a = [3, v, 1, 2]; a.sort_unstable_by_key(|x| {f}(*x)); sink(a[0]);",
    "list": "let all: Vec<Box<dyn Fn(i64) -> i64>> = vec![Box::new({g}), Box::new({f})]; sink(all[one() as usize](v));",
    "drop": "struct D(i64); impl Drop for D {{ #[inline(never)] fn drop(&mut self) {{ sink({f}(self.0)); }} }} let d = D(v); black_box(&d);",
    "enum": "enum E {{ A(F), B(i64) }} let e = if one() == 1 {{ E::A({f}) }} else {{ E::B(v) }};"
            " match black_box(e) {{ E::A(p) => sink(p(v)), E::B(n) => sink(n) }}",
    "raw": "let n = {f} as F as usize ^ 0x5a5a; let p: F = unsafe {{ std::mem::transmute(black_box(n) ^ 0x5a5a) }}; sink(p(v));",
    "ref_cell": "let c = RefCell::new({g} as F); *c.borrow_mut() = {f}; let p = *c.borrow(); sink(p(v));",
}

CONTROLS = {
    "plain": "{body}",
    "loop": "for k in 0..v {{ sink(k); {body} }}",
    "branch": "if v & 1 == 1 {{ {body} }}",
    "match": "match v {{ 0 => sink(1), 1 => {{ {body} }} 2 => sink(4), 3 => sink(9), _ => {{ {body} }} }}",
    "caught": "let r = std::panic::catch_unwind(move || {{ {body} if v == 2 {{ raised(); panic!(\"caught\"); }} }}); sink(r.is_ok() as i64);",
    "recursion": "#[inline(never)] fn again(v: i64, n: i64) {{ let room = [n; 9]; black_box(&room);"
                 " if n == 0 {{ {body} }} else {{ again(v, n - 1); }} sink(room[2]); }} again(v, 5);",
    "thread": "let h = std::thread::spawn(move || {{ {body} }}); sink(h.join().is_ok() as i64);",
    "index": "let a = [1i64, 2, 3, 4]; let i = (v & 3) as usize; sink(a[i]); {body}",
}

LEVELS = ("0", "1", "2", "3", "s")
OPTIONS = ("", "-Crelocation-model=static", "-Ccode-model=large", "-Cpanic=abort", "-Clto", "-Cdebuginfo=2",
           "-Cforce-frame-pointers=yes", "-Ccodegen-units=1", "-Ctarget-cpu=native")


def leaf(rng, number, effect):
    text = LEAVES[effect].format(bytes=rng.choice((1, 24, 100, 4096)), words=rng.choice((1, 4, 60)),
                                 deep=rng.choice((3000, 20000)))
    attribute = rng.choice(("#[inline(never)]", "#[inline(never)]", ""))
    return f"{attribute} fn leaf_{number}_{effect}(a: i64) -> i64 {{ {text} }}"


@dataclass
class Program:
    """A list of the texts of subjects, each with its leaves, by number."""
    subjects: list
    language: str = "rust"

    def to_json(self):
        return json.dumps({"language": "rust", "subjects": self.subjects})

    def text(self):
        rows = "".join(f"Subject {{ name: c\"subject_{n}\".as_ptr() as *const u8, run: subject_{n},"
                       " prepare: std::ptr::null() }, " for n, _ in self.subjects)
        return (HEAD + "\n".join(lines for _, lines in self.subjects) +
                f"\n#[no_mangle] pub static hunt_subjects: [Subject; {len(self.subjects)}] = [{rows}];\n"
                f"#[no_mangle] pub static hunt_subject_count: i32 = {len(self.subjects)};\n")

    def shrunk(self, fails):
        """The one subject that fails alone, if one does."""
        for subject in self.subjects:
            if fails(Program([subject])):
                return Program([subject])
        return self


def make(seed, subject_count):
    """The program of a seed, and the random numbers that its builds are chosen with."""
    rng, subjects = random.Random(seed), []
    for number in range(subject_count):
        effect = rng.choice(list(LEAVES))
        one, other = f"leaf_{2 * number}_{effect}", f"leaf_{2 * number + 1}_none"
        body = WAYS[rng.choice(sorted(WAYS))].format(f=one, g=other)
        for _ in range(rng.choice((0, 1, 1, 2))):
            body = CONTROLS[rng.choice(sorted(CONTROLS))].format(body=body)
        lines = [leaf(rng, 2 * number, effect), leaf(rng, 2 * number + 1, "none"),
                 f"#[inline(never)] fn work_{number}(v: i64) {{ {body} }}",
                 f"extern \"C\" fn subject_{number}(v: i64) {{ work_{number}(v); }}"]
        subjects.append([number, "\n".join(lines)])
    return Program(subjects), rng


def options(rng):
    chosen = [f"-Copt-level={rng.choice(LEVELS)}"]
    for _ in range(rng.choice((0, 1, 1, 2))):
        option = rng.choice(OPTIONS)
        if option and option not in chosen and not (option == "-Clto" and "-Ccode-model=large" in chosen):
            chosen.append(option)
    return chosen
