//! G5: a `static mut` with a value is data; a MiB of zeroes is bss, and takes no bytes in the file.
//!
//! expect globals[name=COUNTER].memory == data
//! expect globals[name=COUNTER].section == ".data"
//! expect globals[name=COUNTER].bytes == 4
//! expect globals[name=TABLE].memory == bss
//! expect globals[name=TABLE].section == ".bss"
//! expect globals[name=TABLE].bytes == 1_048_576
//! expect globals[name=TABLE].writable == true
//! expect globals[name=TABLE].used_by contains tick
//! expect globals[name=COUNTER].used_by contains tick
//! expect report.global.zeroed_bytes >= 1_048_576
//! expect report.global.writable_bytes < 1_048_576
//! expect release: heap[name=tick].allocates == never
//! run exits 0

use std::ptr::{addr_of, addr_of_mut, read_volatile, write_volatile};

static mut COUNTER: u32 = 5;
static mut TABLE: [u8; 1 << 20] = [0; 1 << 20];

#[inline(never)]
fn tick(at: usize) -> u32 {
    unsafe {
        let slot = addr_of_mut!(TABLE).cast::<u8>().wrapping_add(at & 0xf_ffff);
        write_volatile(slot, read_volatile(slot).wrapping_add(1));
        let count = read_volatile(addr_of!(COUNTER)).wrapping_add(u32::from(read_volatile(slot)));
        write_volatile(addr_of_mut!(COUNTER), count);
        count
    }
}

fn main() {
    let count = std::env::args().count();
    println!("{}", tick(count * 4096));
}
