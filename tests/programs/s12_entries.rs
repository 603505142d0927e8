//! S12, Rust: std::thread::spawn ends in pthread_create with a function of std, which is shown as a
//! thread with the 2 MiB that std gives it. std's handler of stack overflows is a signal handler.
//!
//! expect entries[kind=main].name == main
//! expect entries[kind=main].limit_bytes == 8_388_608
//! expect count entries[kind=thread] == 1
//! expect entries[kind=thread].name == "*std::sys*thread_start"
//! expect entries[kind=thread].limit_bytes == 2_097_152
//! expect some entries[kind=signal]
//! expect entries[kind=signal].name == "*std::sys*signal_handler"
//! run exits 0

fn main() {
    let count = std::env::args().count();
    let thread = std::thread::spawn(move || count + 1);
    println!("{}", thread.join().unwrap());
}
