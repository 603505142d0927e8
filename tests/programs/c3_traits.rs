//! Calls of methods of trait objects, with debug information: a trait's methods alone are candidates,
//! not those at the same place of other traits' vtables. Quiet and Loud have vtables of one shape,
//! and only implementations of Loud allocate. The trait is known of arguments, of what arrays, vectors and
//! members of structs hold, of counted pointers and of what is dropped. A method with a body in the trait, a
//! trait with an argument, two traits with the same types behind them, and closures do not disturb
//! it. Without debug information all methods at a place are candidates of each other.
//!
//! expect debug, rustc>=1.90: count calls[from=argument, kind=vtable].to == 3
//! expect debug, rustc>=1.90: some calls[from=argument, to contains "*One as c3_traits::Quiet>::pick"]
//! expect debug, rustc>=1.90: some calls[from=argument, to contains "*Two as c3_traits::Quiet>::pick"]
//! expect debug, rustc>=1.90: some calls[from=argument, to contains "*&T as c3_traits::Quiet>::pick"]
//! expect debug: no calls[from=argument, to contains "*Loud*"]
//! expect debug, rustc>=1.90: heap[name=argument].allocates == never
//! expect debug, rustc>=1.90: count calls[from=elements, kind=vtable].to == 3
//! expect debug, rustc>=1.90: count calls[from=boxes, kind=vtable].to == 3
//! expect debug, rustc>=1.90: count calls[from="*Holder<T>::both", kind=vtable].to == 5
//! expect debug, rustc>=1.90: count calls[from="*Holder<T>::quiet", kind=vtable].to == 3
//! expect debug, rustc>=1.90: heap[name="*Holder<T>::quiet"].allocates == never
//! expect debug, rustc>=1.90: heap[name="*Holder<T>::both"].allocates == maybe
//! expect debug, rustc>=1.90: count calls[from=counted, kind=vtable].to == 2
//! expect debug, rustc>=1.90: some calls[from=counted, kind=vtable, to contains "*One as c3_traits::Loud>::pick"]
//! expect debug, rustc>=1.90: count calls[from=converts, kind=vtable].to == 1
//! expect debug, rustc>=1.90: count calls[from=provided, kind=vtable].to == 2
//! expect debug, rustc>=1.90: heap[name=provided].allocates == never
//! expect debug, rustc>=1.90: count calls[from="core::ptr::drop_in_place<alloc::boxed::Box<dyn c3_traits::Loud>>", kind=vtable].to == 1
//! expect debug, rustc>=1.90: some calls[from="core::ptr::drop_in_place<alloc::boxed::Box<dyn c3_traits::Loud>>", to contains "*drop_in_place<c3_traits::Two>"]
//! expect debug: some calls[from=closure, kind=vtable, to contains "*main::{{closure}}"]
//! expect debug: no calls[from=closure, to contains "*Quiet*"]
//! expect release: no calls[from=argument, kind=unresolved]
//! worse argument
//! worse elements
//! worse boxes
//! worse converts
//! worse provided
//! worse "*Holder<T>::quiet"
//! run exits 0

use std::rc::Rc;

pub trait Quiet {
    fn pick(&self, scale: u64) -> u64;
    fn twice(&self) -> u64 {
        2
    }
}

pub trait Loud {
    fn pick(&self, scale: u64) -> u64;
}

pub trait Convert<T> {
    fn convert(&self, value: T) -> u64;
}

#[derive(Debug)]
pub struct One(u64);

#[derive(Debug)]
pub struct Two(u64, Vec<u64>);

impl Quiet for One {
    fn pick(&self, scale: u64) -> u64 {
        self.0 ^ scale
    }
}

impl Quiet for Two {
    fn pick(&self, scale: u64) -> u64 {
        self.0 ^ scale ^ 1
    }
    fn twice(&self) -> u64 {
        self.0
    }
}

impl<T: Quiet> Quiet for &T {
    fn pick(&self, scale: u64) -> u64 {
        (**self).pick(scale)
    }
}

impl Loud for One {
    fn pick(&self, scale: u64) -> u64 {
        vec![scale; 3 + self.0 as usize % 2].len() as u64
    }
}

impl Loud for Two {
    fn pick(&self, scale: u64) -> u64 {
        self.1.iter().map(|x| x ^ scale).collect::<Vec<u64>>().len() as u64
    }
}

impl Convert<u32> for One {
    fn convert(&self, value: u32) -> u64 {
        value as u64
    }
}

impl Convert<String> for One {
    fn convert(&self, value: String) -> u64 {
        value.len() as u64
    }
}

#[inline(never)]
fn argument(value: &dyn Quiet) -> u64 {
    value.pick(3)
}

#[inline(never)]
fn elements(values: &[&dyn Quiet]) -> u64 {
    let mut sum = 0;
    for value in values {
        sum ^= value.pick(4);
    }
    sum
}

#[inline(never)]
fn boxes(values: &Vec<Box<dyn Quiet + Send>>) -> u64 {
    let mut sum = 0;
    for value in values.iter() {
        sum ^= value.pick(5);
    }
    sum
}

pub struct Holder<'a, T> {
    pub name: T,
    pub quiet: &'a dyn Quiet,
    pub loud: Box<dyn Loud>,
}

impl<T> Holder<'_, T> {
    #[inline(never)]
    pub fn quiet(&self) -> u64 {
        self.quiet.pick(6)
    }

    #[inline(never)]
    pub fn both(&self) -> u64 {
        self.quiet.pick(7) ^ self.loud.pick(8)
    }
}

#[inline(never)]
fn counted(value: &Rc<dyn Loud>) -> u64 {
    value.pick(9)
}

#[inline(never)]
fn converts(value: &dyn Convert<u32>) -> u64 {
    value.convert(10)
}

#[inline(never)]
fn provided(value: &dyn Quiet) -> u64 {
    value.twice()
}

#[inline(never)]
fn closure(value: &dyn Fn(u64) -> u64) -> u64 {
    value(11)
}

fn main() {
    let count = std::env::args().count() as u64;
    let (one, two) = (One(count), Two(count, vec![count]));
    let one_again = &one;
    let mut sum = argument(&one) ^ argument(&two) ^ argument(&one_again);
    sum ^= elements(&[&one, &two]);
    sum ^= boxes(&vec![Box::new(One(1)), Box::new(Two(2, vec![]))]);
    let holder = Holder { name: "holder", quiet: &one, loud: Box::new(Two(3, vec![4])) };
    sum ^= holder.quiet() ^ holder.both() ^ holder.name.len() as u64;
    sum ^= counted(&(Rc::new(One(5)) as Rc<dyn Loud>));
    let text: &dyn Convert<String> = &one;
    sum ^= converts(&one) ^ text.convert("text".to_string());
    sum ^= provided(&one) ^ provided(&two) ^ closure(&|x| x + count);
    println!("{} {:?} {:?}", sum, one, two);
}
