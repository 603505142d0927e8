// functions: ten small functions for docs/comparison.md, which tells what different tools say of
// them. With the name of one as its argument the program runs it once, on data that are usual and
// harmless: where a function allocates only now and then, this run does not.
//
// Built with `--cfg realtime` (nightly), RealtimeSanitizer watches each; with `--cfg asserted`, the
// crate assert_no_alloc does.
#![cfg_attr(realtime, feature(sanitize))]

use std::fmt::Write;
use std::sync::Mutex;

pub trait Filter {
    fn apply(&self, sample: f32) -> f32;
    fn table(&self) -> Vec<f32>;
}
pub struct Gain(f32);
impl Filter for Gain {
    fn apply(&self, sample: f32) -> f32 {
        sample * self.0
    }
    fn table(&self) -> Vec<f32> {
        Vec::new()
    }
}
pub struct Echo(usize);
impl Filter for Echo {
    fn apply(&self, sample: f32) -> f32 {
        sample + self.0 as f32
    }
    fn table(&self) -> Vec<f32> {
        vec![0.0; self.0]
    }
}

/// A text of fixed room; what does not fit is an error.
pub struct Label {
    bytes: [u8; 32],
    used: usize,
}
impl Write for Label {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let end = self.used + text.len();
        let place = self.bytes.get_mut(self.used..end).ok_or(std::fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.used = end;
        Ok(())
    }
}

macro_rules! watched {
    ($($(#[$doc:meta])* fn $name:ident($($argument:ident: $type:ty),*) $(-> $result:ty)? $body:block)*) => {
        $($(#[$doc])*
        #[inline(never)]
        #[no_mangle]
        #[cfg_attr(realtime, sanitize(realtime = "nonblocking"))]
        pub fn $name($($argument: $type),*) $(-> $result)? $body)*
    };
}

watched! {
    /// Arithmetic on a slice.
    fn gain(samples: &mut [f32], factor: f32) { for s in samples { *s *= factor; } }
    /// An index that may be out of bounds: then it panics, which allocates.
    fn at(samples: &[f32], index: usize) -> f32 { samples[index] }
    /// Usually there is room.
    fn push(samples: &mut Vec<f32>, sample: f32) { samples.push(sample) }
    fn boxed(sample: f32) -> Box<f32> { Box::new(sample) }
    /// Gives memory back and takes none.
    fn release(sample: Box<f32>) -> f32 { *sample }
    /// A short slice is sorted in place, a long one with a buffer.
    fn sort(keys: &mut [u32]) { keys.sort() }
    /// A virtual call; no implementation allocates.
    fn filtered(filter: &dyn Filter, sample: f32) -> f32 { filter.apply(sample) }
    /// A virtual call; of the two implementations one allocates.
    fn tabled(filter: &dyn Filter) -> usize { filter.table().len() }
    /// Formats a number into an array.
    fn labelled(label: &mut Label, number: u32) -> bool { write!(label, "voice {number}").is_ok() }
    /// Takes a lock.
    fn locked(value: &Mutex<u32>) -> u32 { value.lock().map_or(0, |v| *v) }
}

#[cfg(asserted)]
#[global_allocator]
static ALLOCATOR: assert_no_alloc::AllocDisabler = assert_no_alloc::AllocDisabler;

#[cfg(asserted)]
fn watch<T>(body: impl FnOnce() -> T) -> T {
    assert_no_alloc::assert_no_alloc(body)
}
#[cfg(not(asserted))]
fn watch<T>(body: impl FnOnce() -> T) -> T {
    body()
}

fn main() {
    let name = std::env::args().nth(1).unwrap_or_default();
    let mut samples = Vec::with_capacity(16);
    samples.extend([0.1, 0.2, 0.3]);
    let mut keys = [3, 1, 2];
    let mut label = Label { bytes: [0; 32], used: 0 };
    let value = Mutex::new(7);
    let kept = Box::new(0.5);
    let has_echo = std::env::args().count() > 2;
    let filter: &dyn Filter = if has_echo { &Echo(4) } else { &Gain(0.5) };
    let result = match name.as_str() {
        "gain" => watch(|| { gain(&mut samples, 0.5); samples[0] }),
        "at" => watch(|| at(&samples, 1)),
        "push" => watch(|| { push(&mut samples, 0.4); 0.0 }),
        "boxed" => { let made = watch(|| boxed(0.5)); *made }
        "release" => watch(move || release(kept)),
        "sort" => watch(|| { sort(&mut keys); keys[0] as f32 }),
        "filtered" => watch(|| filtered(filter, 0.5)),
        "tabled" => watch(|| tabled(filter) as f32),
        "labelled" => watch(|| f32::from(labelled(&mut label, 12))),
        "locked" => watch(|| locked(&value) as f32),
        _ => panic!("give the name of a function"),
    };
    println!("{name}: {result}");
}
