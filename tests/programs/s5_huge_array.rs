//! S5: an array of 8 MiB as a local: the frame says so, report and stack warn that main's usual stack of
//! 8 MiB is smaller, and the program really crashes. In release the value is used, so it stays.
//!
//! expect stack[name=huge].frame_bytes >= 8_388_608
//! expect stack[name=huge].frame == fixed
//! expect entries[kind=main].exceeds_limit == true
//! expect some warnings[kind=frame_exceeds_limit, function=huge]
//! expect warnings[entry_kind=main].function == huge
//! expect warnings[entry_kind=main].limit_bytes == 8_388_608
//! expect warnings[entry_kind=main].frame_bytes == stack[name=huge].frame_bytes
//! expect report.warnings[kind=frame_exceeds_limit, function=huge].limit_bytes == 2_097_152
//! expect report.stack.larger_than_thread_stack[name=huge].frame_bytes >= 8_388_608
//! expect heap[name=huge].allocates in (never, on_panic)
//! expect release: heap[name=huge].allocates == never
//! run killed by 6|11

/// Gives the reference back in a way that the optimizer does not see through.
#[inline(never)]
fn keep<T>(value: &T) -> &T {
    let mut address = value as *const T as usize;
    unsafe {
        std::arch::asm!("/* {0} */", inout(reg) address);
        std::mem::transmute(address)
    }
}

#[inline(never)]
fn huge(seed: u8) -> u8 {
    let bytes = [seed; 8 << 20];
    keep(&bytes)[seed as usize]
}

fn main() {
    let count = std::env::args().count();
    println!("{}", huge(count as u8));
}
