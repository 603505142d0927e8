// functions.rs: Rust functions whose use of the heap is known by reading them; see functions.c for
// what is printed and CASES at the end for what is expected, where overflow checks are on. main()
// catches the panics that leave a function. Those that catch panics themselves promise nothing
// while they do: what is behind a panic is no normal path.
//
// Nothing newer than Rust 1.63 is used.
use std::any::Any;
use std::panic::{self, AssertUnwindSafe};

extern "C" {
    static mut allocations: u32;
    static mut frees: u32;
    fn raised() -> u32;
    fn setvbuf(file: *mut u8, buffer: *mut u8, mode: i32, bytes: usize) -> i32;
    fn printf(format: *const u8, ...) -> i32;
    static stdout: *mut u8;
}

mod parts {
    use std::any::Any;
    use std::fmt;
    use std::ptr;

    static mut SINK: u64 = 0;
    static mut KEPT: *mut i64 = ptr::null_mut();

    /// Makes a value used.
    #[inline(never)]
    pub fn sink(value: u64) {
        unsafe { ptr::write_volatile(ptr::addr_of_mut!(SINK), value) }
    }

    /// Makes a value one that the compiler does not know.
    pub fn opaque<T: Copy>(value: T) -> T {
        unsafe { ptr::read_volatile(&value) }
    }

    /// Leaks, so that the optimizer cannot take the allocation away.
    pub fn keep<T: ?Sized>(value: Box<T>) {
        sink(Box::into_raw(value) as *mut u8 as usize as u64);
    }

    pub fn leave(value: Box<i64>) {
        unsafe { ptr::write_volatile(ptr::addr_of_mut!(KEPT), Box::into_raw(value)) }
    }

    pub fn take() -> Option<Box<i64>> {
        unsafe {
            let found = ptr::read_volatile(ptr::addr_of!(KEPT));
            ptr::write_volatile(ptr::addr_of_mut!(KEPT), ptr::null_mut());
            if found.is_null() { None } else { Some(Box::from_raw(found)) }
        }
    }

    pub trait Shape {
        fn area(&self) -> u64;
        fn name(&self) -> &'static str { "shape" }
    }
    pub struct Square(pub u64);
    pub struct Circle(pub u64);
    impl Shape for Square {
        fn area(&self) -> u64 { self.0.wrapping_mul(self.0) }
        fn name(&self) -> &'static str { "square" }
    }
    impl Shape for Circle {
        fn area(&self) -> u64 { self.0.wrapping_mul(3) }
    }

    pub trait Grows {
        fn grow(&mut self, by: u64) -> u64;
    }
    impl Grows for Square {
        fn grow(&mut self, by: u64) -> u64 { self.0 = self.0.wrapping_add(by); self.0 }
    }
    impl Grows for Vec<u64> {
        fn grow(&mut self, by: u64) -> u64 { self.push(by); self.len() as u64 }
    }

    pub trait Makes {
        fn make(&self, v: i64);
    }
    pub struct MakesBox;
    pub struct MakesBytes(pub usize);
    impl Makes for MakesBox {
        fn make(&self, v: i64) { keep(Box::new(v)) }
    }
    impl Makes for MakesBytes {
        fn make(&self, v: i64) { keep(Box::new([v; 9])) }
    }

    pub struct Loud(pub u64);
    impl Drop for Loud {
        fn drop(&mut self) { sink(self.0) }
    }

    /// What is formatted ends here and not on the heap.
    pub struct Text { pub bytes: [u8; 64], pub used: usize }
    impl fmt::Write for Text {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            for byte in text.bytes() {
                if self.used == self.bytes.len() { return Err(fmt::Error); }
                self.bytes[self.used] = byte;
                self.used += 1;
            }
            Ok(())
        }
    }

    pub struct Counts;
    impl fmt::Display for Counts {
        fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result { to.write_str("counts") }
    }

    pub enum Node { Leaf(u64), Pair(u64, u64), Nothing }

    #[inline(never)]
    pub fn shape(v: i32) -> &'static dyn Shape {
        static SQUARE: Square = Square(3);
        static CIRCLE: Circle = Circle(2);
        if v & 1 == 0 { &SQUARE } else { &CIRCLE }
    }

    #[inline(never)]
    pub fn maker(v: i32) -> &'static dyn Makes {
        static BYTES: MakesBytes = MakesBytes(5);
        if v & 1 == 0 { &MakesBox } else { &BYTES }
    }

    #[inline(never)]
    pub fn total(shapes: &[&dyn Shape]) -> u64 {
        shapes.iter().fold(0, |sum, shape| shape.area() ^ sum ^ shape.name().len() as u64)
    }

    #[inline(never)]
    pub fn apply(what: &dyn Fn(u64) -> u64, value: u64) -> u64 { what(value) ^ 1 }

    #[inline(never)]
    pub fn apply_any<F: Fn(u64) -> u64>(what: F, value: u64) -> u64 { what(value) ^ 1 }

    #[inline(never)]
    pub fn apply_pointer(what: fn(u64) -> u64, value: u64) -> u64 { what(value) ^ 1 }

    pub fn plus(value: u64) -> u64 { value.wrapping_add(1) }
    pub fn twice(value: u64) -> u64 { value.wrapping_mul(2) }
    pub fn boxed(value: u64) -> u64 { keep(Box::new(value)); value }

    #[inline(never)]
    pub fn wrapped(v: i32) -> Box<i64> { Box::new(v as i64) }

    #[inline(never)]
    pub fn wrapped_twice(v: i32) -> Box<i64> { wrapped(v ^ 1) }

    #[inline(never)]
    pub fn descend(left: i32) -> u64 {
        sink(left as u64);
        if left <= 0 { 0 } else { descend(left ^ (left & left.wrapping_neg())) ^ 1 }
    }

    #[inline(never)]
    pub fn descend_and_box(left: i32) -> u64 {
        if left <= 0 { keep(Box::new(left)); 0 } else { descend_and_box(left >> 1) ^ 1 }
    }

    #[inline(never)]
    pub fn may_panic(v: i32) -> i32 {
        if v == 3 { panic!("number {}", v) }
        v
    }

    #[inline(never)]
    pub fn panic_with(payload: Box<dyn Any + Send>) -> ! { std::panic::resume_unwind(payload) }
}

mod cases {
    use super::parts::*;
    use std::borrow::Cow;
    use std::cell::{Cell, RefCell};
    use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, VecDeque};
    use std::fmt::Write;
    use std::panic::{self, AssertUnwindSafe};
    use std::rc::Rc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Arc, Mutex, RwLock};

    macro_rules! cases {
        ($($name:ident($v:ident) $body:block)*) => {
            $(#[inline(never)] pub fn $name($v: i32) $body)*
        };
    }

    // never
    cases! {
        nothing(_v) {}
        arithmetic(v) { sink((v as u64).wrapping_mul(17) ^ 5) }
        loops(v) { for i in 0..v { sink(i as u64) } }
        iterates(v) {
            let numbers = [v, 2, 3, v, 5];
            for (i, number) in numbers.iter().enumerate() { sink(i as u64 ^ *number as u64) }
        }
        adapters(v) {
            let numbers = [v as u64, 2, 3, 4, 5];
            sink(numbers.iter().filter(|n| **n & 1 == 0).map(|n| n.wrapping_mul(3)).fold(0, |a, b| a ^ b))
        }
        options(v) { sink(Some(v).filter(|v| *v > 2).map_or(7, |v| v as u64 ^ 1)) }
        results(v) {
            let result: Result<i32, i32> = if v > 2 { Ok(v) } else { Err(v) };
            sink(match result { Ok(v) => v as u64, Err(v) => v as u64 ^ 1 })
        }
        enums(v) {
            let node = match v { 0 => Node::Nothing, 1 | 2 => Node::Leaf(v as u64), _ => Node::Pair(v as u64, 2) };
            sink(match node { Node::Leaf(a) => a, Node::Pair(a, b) => a ^ b, Node::Nothing => 0 })
        }
        dense_match(v) {
            sink(match v { 0 => plus(3), 1 => twice(4), 2 => 5, 3 => plus(6), 4 => 7, 5 => twice(8), _ => 0 })
        }
        closure(v) { let add = |n: u64| n ^ v as u64; sink(add(1) ^ add(2)) }
        generic_closure(v) { sink(apply_any(|n| n ^ v as u64, 1)) }
        borrowed_closure(v) { sink(apply(&|n| n ^ v as u64, 1)) }
        function_pointers(v) {
            sink(apply_pointer(if v & 1 == 0 { plus } else { twice }, v as u64))
        }
        trait_object(v) { sink(shape(v).area()) }
        trait_objects(v) { sink(total(&[shape(v), &Square(2), &Circle(v as u64)])) }
        provided_method(v) { sink(shape(v).name().len() as u64) }
        empty_vec(v) { let none: Vec<u64> = Vec::new(); sink(none.len() as u64 ^ v as u64) }
        empty_string(v) { let none = String::new(); sink(none.len() as u64 ^ v as u64) }
        cells(v) { let cell = Cell::new(v); cell.set(cell.get() ^ 1); sink(cell.get() as u64) }
        atomics(v) {
            static COUNT: AtomicU64 = AtomicU64::new(0);
            sink(COUNT.fetch_add(v as u64, Ordering::Relaxed))
        }
        bytes_found(v) {
            sink(b"a text with words".iter().position(|b| *b == b'a' + v as u8).unwrap_or(9) as u64)
        }
        characters(v) { sink("grüße".chars().filter(|c| *c as u32 > v as u32).count() as u64) }
        zips(v) {
            sink([1, 2, 3].iter().zip([v, 5, 6].iter()).map(|(a, b)| (a ^ b) as u64).max().unwrap_or(0))
        }
        zero_sized(v) { let unit = Box::new(()); sink(v as u64); drop(unit) }
        drops(v) { let _a = Loud(v as u64); let _b = Loud(1); sink(2) }
        recursion(v) { sink(descend(v)) }
        any_type(v) {
            let number = v as i64;
            let any: &dyn std::any::Any = if v & 1 == 0 { &number } else { &"text" };
            sink(any.downcast_ref::<i64>().map_or(0, |n| *n as u64))
        }
        large_values(v) {
            let words = [v as u64; 200];
            let copy = opaque(words);
            sink(copy.iter().fold(0, |a, b| a ^ b))
        }
    }

    // on_panic
    cases! {
        adds(v) { sink((v + opaque(i32::MAX - 2)) as u64) }
        index(v) { let table = opaque([1u64, 2, 3]); sink(table[v as usize]) }
        divides(v) { sink((100 / opaque(v)) as u64) }
        unwraps(v) { sink(Some(v).filter(|v| *v < 3).unwrap() as u64) }
        expects(v) {
            let r: Result<i32, i32> = if v < 4 { Ok(v) } else { Err(v) };
            sink(r.expect("small") as u64)
        }
        asserts(v) { assert!(v != 3, "three: {}", v); sink(v as u64) }
        asserts_equal(v) { assert_eq!(v & 4, 0); sink(v as u64) }
        slices(v) { let table = opaque([1u8, 2, 3]); sink(table[v as usize..].len() as u64) }
        slices_text(v) { let text = "grüße"; sink(text[v as usize..].len() as u64) }
        unreachable_five(v) { if v == 5 { unreachable!() } sink(v as u64) }
        borrows_twice(v) {
            let cell = RefCell::new(v);
            let _first = if v == 3 { Some(cell.borrow_mut()) } else { None };
            sink(*cell.borrow() as u64);
        }
        always_panics(v) { panic!("always {}", v) }
        panics_with_number(v) { if v == 2 { panic::panic_any(v) } sink(v as u64) }
        resumes(v) { if v == 2 { panic_with(Box::new(v)) } sink(v as u64) }
        calls_what_panics(v) { sink(may_panic(v) as u64) }
        cleans_up(v) { let _loud = Loud(v as u64); sink(may_panic(v) as u64) }
        copies(v) {
            let mut table = [0u8; 4];
            table[..v as usize].copy_from_slice(&[1, 2, 3, 4, 5][..v as usize]);
            sink(table[0] as u64)
        }
        catches(v) { sink(panic::catch_unwind(|| may_panic(v)).is_ok() as u64) }
        catches_and_goes_on(v) {
            for i in 0..v { if panic::catch_unwind(|| may_panic(i)).is_err() { sink(9) } }
        }
        binary_search(v) { sink([1, 3, 5, 7].binary_search(&v).unwrap_or_else(|at| at) as u64) }
        chunks(v) { for chunk in [1u64, 2, 3, 4, 5].chunks(v as usize) { sink(chunk[0]) } }
        sorts_in_place(v) {
            let mut numbers = [5, 3, v, 1, 9, 7, 0, 2];
            numbers.sort_unstable();
            sink(numbers[2] as u64)
        }
    }

    // Left open: on the way is what only runs at the first time, or libstd's own choice.
    cases! {
        parses(v) {
            sink(["1", "22", "x", "", "-4", "99999999999"][v as usize].parse::<i32>().unwrap_or(0) as u64)
        }
        finds(v) {
            sink("a text with words".find(['a', 't', 'w', 'x', 's', 'q'][v as usize]).unwrap_or(0) as u64)
        }
        finds_text(v) {
            sink("a text with words".find(["a", "text", "xt w", "zz", "", "s"][v as usize]).unwrap_or(0) as u64)
        }
        splits(v) { sink("a b c d e".split(' ').nth(v as usize).map_or(0, |t| t.len() as u64)) }
        locks(v) { static LOCK: Mutex<i32> = Mutex::new(1); *LOCK.lock().unwrap() ^= v; }
        reads(v) {
            static LOCK: RwLock<i32> = RwLock::new(1);
            sink(*LOCK.read().unwrap() as u64 ^ v as u64)
        }
        formats_to_stack(v) {
            let mut text = Text { bytes: [0; 64], used: 0 };
            let _ = write!(text, "{} of {:>5} {:?} {}", v, 7, Some(v), Counts);
            sink(text.used as u64)
        }
        formats_float(v) {
            let mut text = Text { bytes: [0; 64], used: 0 };
            let _ = write!(text, "{:.3}", v as f64 / 3.0);
            sink(text.used as u64)
        }
        empty_map(v) {
            let none: HashMap<i32, i32> = HashMap::new();
            sink(none.len() as u64 ^ v as u64)
        }
        empty_tree(v) {
            let none: BTreeMap<i32, i32> = BTreeMap::new();
            sink(none.len() as u64 ^ v as u64)
        }
        time(v) { sink(std::time::Instant::now().elapsed().as_secs() ^ v as u64) }
        environment(v) {
            sink(std::env::var_os(if v & 1 == 0 { "PATH" } else { "NOT_THERE" }).is_some() as u64)
        }
        file(v) {
            sink(std::fs::metadata(if v & 1 == 0 { "/dev/null" } else { "/not/there" }).is_ok() as u64)
        }
        thread_local_value(v) {
            thread_local! { static COUNT: Cell<i32> = Cell::new(1); }
            COUNT.with(|count| count.set(count.get() ^ v))
        }
        thread_local_vec(v) {
            thread_local! { static LIST: RefCell<Vec<i32>> = RefCell::new(Vec::new()); }
            LIST.with(|list| list.borrow_mut().push(v))
        }
        borrowed(v) {
            let text = if v & 1 == 0 { Cow::Borrowed("text") } else { Cow::Owned("text".to_string()) };
            sink(text.len() as u64)
        }
        lossy(v) {
            sink(String::from_utf8_lossy(if v & 1 == 0 { b"text" } else { b"te\xfft" }).len() as u64)
        }
    }

    // maybe
    cases! {
        sometimes(v) { if v > 1 { keep(Box::new(v)) } }
        one_arm(v) {
            match v { 0 => sink(plus(3)), 1 => sink(2), 2 => keep(Box::new(v)), _ => sink(4) }
        }
        early_return(v) { if v == 0 { return } keep(wrapped(v)) }
        mixed_pointers(v) { sink([plus, boxed][v as usize & 1](v as u64)) }
        mixed_objects(v) {
            let mut square = Square(2);
            let mut list: Vec<u64> = Vec::new();
            let grows: &mut dyn Grows = if v & 1 == 0 { &mut square } else { &mut list };
            sink(grows.grow(v as u64))
        }
        pushes(v) {
            let mut list = Vec::new();
            for i in 0..v { list.push(i) } sink(list.len() as u64)
        }
        capacity(v) {
            let list: Vec<u64> = Vec::with_capacity(v as usize);
            sink(list.capacity() as u64)
        }
        collects(v) {
            let list: Vec<i32> = (0..v).filter(|n| n & 1 == 1).collect();
            sink(list.len() as u64)
        }
        drops_or_not(v) { let old = take(); if v & 1 == 0 { leave(Box::new(v as i64)) } drop(old) }
        repeats(v) { sink("ab".repeat(v as usize).len() as u64) }
        upper(v) { sink(["", "a", "ß", "b", "c", "d"][v as usize].to_uppercase().len() as u64) }
        clones(v) { let list: Vec<i32> = (0..v).collect(); sink(list.clone().len() as u64) }
        extends(v) {
            let mut list: Vec<i32> = Vec::new();
            list.extend_from_slice(&[1, 2, 3, 4, 5][..v as usize]);
            sink(list.len() as u64)
        }
        inserts(v) {
            let mut map = HashMap::new();
            for i in 0..v { map.insert(i, i); } sink(map.len() as u64)
        }
        tree(v) {
            let mut map = BTreeMap::new();
            for i in 0..v { map.insert(i, i); } sink(map.len() as u64)
        }
        set(v) { let mut set = BTreeSet::new(); if v > 2 { set.insert(v); } sink(set.len() as u64) }
        heap(v) {
            let mut heap = BinaryHeap::new();
            for i in 0..v { heap.push(i) } sink(heap.pop().unwrap_or(0) as u64)
        }
        joins(v) { sink(["a", "b", "c", "d", "e"][..v as usize].concat().len() as u64) }
    }

    // always
    cases! {
        boxes(v) { keep(Box::new(v)) }
        boxes_large(v) { keep(Box::new([v as u64; 100])) }
        boxes_object(v) { let object: Box<dyn Shape> = Box::new(Square(v as u64)); keep(object) }
        boxes_closure(v) {
            let closure: Box<dyn Fn(u64) -> u64> = Box::new(move |n| n ^ v as u64);
            sink(closure(1));
            keep(closure)
        }
        boxes_slice(v) { keep(vec![v; 7].into_boxed_slice()) }
        counted(v) {
            let one = Rc::new(v);
            let other = one.clone();
            sink(*other as u64);
            std::mem::forget(one)
        }
        shared(v) {
            let one = Arc::new(v);
            let other = Arc::clone(&one);
            sink(*other as u64);
            std::mem::forget(one)
        }
        counted_cell(v) { let one = Rc::new(RefCell::new(v)); std::mem::forget(one) }
        tens(v) { let list = vec![v; 10]; sink(opaque(list.as_ptr() as usize) as u64) }
        capacity_ten(v) {
            let mut list: Vec<i32> = Vec::with_capacity(10);
            list.push(v);
            sink(opaque(list.as_ptr() as usize) as u64)
        }
        text(v) { let text = String::from("text"); sink(text.as_ptr() as u64 ^ v as u64) }
        to_text(v) { let text = "text".to_string(); sink(text.as_ptr() as u64 ^ v as u64) }
        owned(v) { let list = [v, 2, 3].to_vec(); sink(list.as_ptr() as u64) }
        wrapper(v) { keep(wrapped(v)) }
        two_wrappers(v) { keep(wrapped_twice(v)) }
        both(v) { if v > 1 { keep(Box::new(v)) } else { keep(Box::new(v as u64)) } }
        at_the_bottom(v) { sink(descend_and_box(v)) }
        then_drops(v) { let kept = Box::new(v); sink(&*kept as *const i32 as u64); drop(kept) }
        all_objects(v) { maker(v).make(v as i64) }
        before_panic(v) { keep(Box::new(v)); sink(may_panic(v) as u64) }
        owner_panics(v) {
            let kept = Box::new(v);
            sink(&*kept as *const i32 as u64);
            sink(may_panic(*kept) as u64)
        }
        queue(v) {
            let mut queue = VecDeque::with_capacity(4);
            queue.push_back(v);
            sink(opaque(&queue as *const _ as usize) as u64)
        }
        one_in_map(v) { let mut map = HashMap::new(); map.insert(v, v); sink(map.len() as u64) }
        one_in_set(v) { let mut set = HashSet::new(); set.insert(v); sink(set.len() as u64) }
        one_in_tree(v) { let mut map = BTreeMap::new(); map.insert(v, v); sink(map.len() as u64) }
        c_text(v) {
            let text = std::ffi::CString::new("text").unwrap();
            sink(text.as_ptr() as u64 ^ v as u64)
        }
        after_loop(v) { for i in 0..v { sink(i as u64) } keep(Box::new(v)) }
        recursive_type(v) {
            struct Link { next: Option<Box<Link>>, value: i32 }
            let list = Link { next: Some(Box::new(Link { next: None, value: v })), value: 1 };
            sink(list.next.as_ref().map_or(0, |next| next.value as u64 ^ list.value as u64))
        }
        formats(v) { sink(format!("number {} of {:?}", v, "text").len() as u64) }
        number_to_text(v) { sink(v.to_string().len() as u64) }
    }
}

macro_rules! list {
    ($($expected:ident: $($name:ident)*;)*) => {
        [$($((concat!(stringify!($name), "\0"), concat!(stringify!($expected), "\0"),
              cases::$name as fn(i32))),*),*]
    };
}

/// Calls one function; says what happened.
fn run_case(run: fn(i32), argument: i32) -> (&'static str, [u32; 3]) {
    unsafe {
        let before = raised();
        allocations = 0;
        frees = 0;
        let result: Result<(), Box<dyn Any + Send>> =
            panic::catch_unwind(AssertUnwindSafe(|| run(argument)));
        let counts = [allocations, frees, raised() - before];
        (if result.is_ok() { "returned\0" } else { "diverged\0" }, counts)
    }
}

fn main() {
    let all = list! {
        never: nothing arithmetic loops iterates adapters options results enums dense_match closure
            generic_closure borrowed_closure function_pointers trait_object trait_objects
            provided_method cells atomics characters zips drops recursion;
        any: empty_vec empty_string zero_sized any_type large_values bytes_found;
        on_panic: adds index divides unwraps expects asserts asserts_equal slices slices_text
            unreachable_five borrows_twice always_panics panics_with_number resumes
            calls_what_panics cleans_up copies binary_search chunks sorts_in_place;
        any: catches catches_and_goes_on;
        any: parses finds finds_text splits locks reads formats_to_stack formats_float empty_map
            empty_tree time environment file thread_local_value thread_local_vec borrowed lossy;
        maybe: sometimes one_arm early_return mixed_pointers mixed_objects pushes capacity collects
            drops_or_not repeats upper clones extends inserts tree set heap joins;
        always: boxes boxes_large boxes_object boxes_closure boxes_slice counted shared counted_cell
            tens capacity_ten text to_text owned wrapper two_wrappers both at_the_bottom then_drops
            all_objects before_panic owner_panics queue one_in_map one_in_set one_in_tree c_text
            after_loop recursive_type formats number_to_text;
    };
    let mut output = vec![0u8; 1 << 16];
    panic::set_hook(Box::new(|_| {}));
    unsafe {
        setvbuf(stdout, output.as_mut_ptr(), 0, output.len());
        for (name, expected, run) in all {
            for argument in 0..6 {
                let (how, counts) = run_case(run, argument);
                printf("%s %s %d %s %u %u %u\n\0".as_ptr(), name.as_ptr(), expected.as_ptr(),
                       argument, how.as_ptr(), counts[0], counts[1], counts[2]);
            }
        }
    }
    std::process::exit(0) // while `output` is still there
}
