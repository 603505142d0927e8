//! S6: the array of S5, never used. The release build has no such frame, warns of nothing and runs; the
//! debug build fills all 8 MiB and crashes.
//!
//! expect debug: stack[name=unused].frame_bytes >= 8_388_608
//! expect debug: entries[kind=main].exceeds_limit == true
//! expect debug: some warnings[kind=frame_exceeds_limit, function=unused]
//! expect release: stack[name=unused].frame_bytes <= 64
//! expect release: stack[name=unused].bound_bytes <= 64
//! expect release: no warnings
//! expect heap[name=unused].allocates in (never, on_panic)
//! expect release: heap[name=unused].allocates == never
//! run debug: killed by 6|11
//! run release: exits 0

static mut LAST: u64 = 0;

#[inline(never)]
fn unused(seed: u64) -> u64 {
    let bytes = [seed as u8; 8 << 20];
    let _length = bytes.len();
    unsafe { LAST = seed };
    seed ^ 1
}

fn main() {
    let count = std::env::args().count() as u64;
    println!("{}", unused(count));
}
