//! S4: enums, `Option`, `Result` and unions are as large as their largest variant, with a tag where there
//! is no niche, and live where their owner lives: here in frames. None of it is the heap. The statics
//! show the sizes: a niche makes Option free for references, a tag does not.
//!
//! expect globals[name=SHAPE].bytes == 24
//! expect globals[name=NICHE].bytes == 8
//! expect globals[name=TAGGED].bytes == 16
//! expect globals[name=EITHER].bytes == 16
//! expect globals[name=OVERLAY].bytes == 8
//! expect heap[name=area].allocates == never
//! expect heap[name=area].frees == never
//! expect heap[name=pick].allocates == never
//! expect heap[name=checked].allocates == never
//! expect heap[name=through_union].allocates == never
//! expect stack[name=area].frame == fixed
//! expect stack[name=pick].frame == fixed
//! expect stack[name=checked].frame == fixed
//! expect stack[name=through_union].frame == fixed
//! expect stack[name=many].frame_bytes >= 520
//! expect heap[name=many].allocates == never
//! run exits 0

/// Gives the reference back in a way that the optimizer does not see through.
#[inline(never)]
fn keep<T>(value: &T) -> &T {
    let mut address = value as *const T as usize;
    unsafe {
        std::arch::asm!("/* {0} */", inout(reg) address);
        std::mem::transmute(address)
    }
}

#[derive(Clone, Copy)]
pub enum Shape {
    Empty,
    Circle(u64),
    Square(u64, u64),
}

#[derive(Clone, Copy)]
pub union Overlay {
    whole: u64,
    parts: [u8; 8],
}

static WORD: u64 = 5;
#[no_mangle]
pub static mut SHAPE: Shape = Shape::Square(1, 2);
#[no_mangle]
pub static mut NICHE: Option<&'static u64> = Some(&WORD);
#[no_mangle]
pub static mut TAGGED: Option<u64> = Some(7);
#[no_mangle]
pub static mut EITHER: Result<u64, u8> = Ok(1);
#[no_mangle]
pub static mut OVERLAY: Overlay = Overlay { whole: 3 };

#[inline(never)]
fn area(shape: Shape) -> u64 {
    match shape {
        Shape::Empty => 0,
        Shape::Circle(radius) => radius ^ 3,
        Shape::Square(width, height) => width ^ height,
    }
}

#[inline(never)]
fn pick(word: Option<&u64>, other: Option<u64>) -> u64 {
    word.copied().or(other).unwrap_or(9)
}

#[inline(never)]
fn checked(value: u64) -> Result<u64, u8> {
    if value > 100 {
        Err(1)
    } else {
        Ok(value ^ 1)
    }
}

#[inline(never)]
fn through_union(overlay: Overlay) -> u8 {
    unsafe { overlay.parts[0] ^ overlay.parts[7] }
}

/// 32 values of 16 bytes, tag included.
#[inline(never)]
fn many(seed: u64) -> u64 {
    let all = [Some(seed); 32];
    keep(&all)[3].unwrap_or(0)
}

fn main() {
    let count = std::env::args().count() as u64;
    unsafe {
        SHAPE = Shape::Circle(count);
        TAGGED = Some(count);
        EITHER = checked(count);
        OVERLAY = Overlay { whole: count };
        println!("{} {}", area(SHAPE), pick(NICHE, TAGGED));
        println!("{} {}", EITHER.unwrap_or(0), through_union(OVERLAY));
    }
    println!("{} {:?}", many(count), area(Shape::Empty));
}
