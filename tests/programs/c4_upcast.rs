//! Traits that extend others. The vtable of a trait begins with that of the first trait it extends, and
//! serves for it after an upcast; for the others it has the addresses of vtables of their own, which
//! debug information has no names for. So a table that is named for another trait may be the one in
//! use: Sharp is only ever called as Shape through Named's table, Flat through Both's second one.
//! Tables of Empty and of Shape for one type are equal, and the compiler makes them one.
//!
//! skip rustc<1.86: it does not upcast
//! expect debug: some calls[from=first, to contains "*Sharp as c4_upcast::Shape>::area"]
//! expect debug: some calls[from=first, to contains "*Round as c4_upcast::Shape>::area"]
//! expect debug: some calls[from=first, to contains "*Flat as c4_upcast::Shape>::area"]
//! expect debug: no calls[from=first, to contains "*Other*"]
//! expect debug: count calls[from=first, kind=vtable].to == 3
//! expect debug: some calls[from=second, to contains "*Flat as c4_upcast::Color>::color"]
//! expect debug: some calls[from=second, to contains "*Round as c4_upcast::Color>::color"]
//! expect debug: no calls[from=second, to contains "*Shape*"]
//! expect debug: heap[name=first].allocates == never
//! expect debug: count calls[from=own, kind=vtable].to == 1
//! expect debug: some calls[from=own, to contains "*Sharp as c4_upcast::Named>::name"]
//! expect debug: some calls[from=marked, to contains "*Sharp as c4_upcast::Shape>::area"]
//! expect debug: some calls[from=marked, to contains "*Round as c4_upcast::Shape>::area"]
//! expect debug: no calls[from=marked, to contains "*Other*"]
//! expect debug: some calls[from=through_static, to contains "*Round as c4_upcast::Shape>::area"]
//! expect release: no calls[from=first, kind=unresolved]
//! worse first
//! worse marked
//! run exits 0

pub trait Shape {
    fn area(&self) -> u64;
}

pub trait Color {
    fn color(&self) -> u64;
}

pub trait Named: Shape {
    fn name(&self) -> String;
}

pub trait Both: Shape + Color {
    fn both(&self) -> u64 {
        self.area() ^ self.color()
    }
}

pub trait Empty: Shape {}

pub trait Other {
    fn allocates(&self) -> u64;
}

pub struct Sharp(u64);
pub struct Round(u64);
pub struct Flat(u64, u64);

impl Shape for Sharp {
    fn area(&self) -> u64 {
        self.0
    }
}

impl Shape for Round {
    fn area(&self) -> u64 {
        self.0 ^ 1
    }
}

impl Shape for Flat {
    fn area(&self) -> u64 {
        self.0 ^ 2
    }
}

impl Color for Round {
    fn color(&self) -> u64 {
        self.0 ^ 3
    }
}

impl Color for Flat {
    fn color(&self) -> u64 {
        self.1
    }
}

impl Named for Sharp {
    fn name(&self) -> String {
        format!("sharp {}", self.0)
    }
}

impl Both for Flat {}
impl Empty for Sharp {}
impl Empty for Round {}

impl Other for Sharp {
    fn allocates(&self) -> u64 {
        vec![self.0; self.0 as usize].len() as u64
    }
}

impl Other for Flat {
    fn allocates(&self) -> u64 {
        Box::leak(Box::new(self.1)).wrapping_add(1)
    }
}

pub struct Slot<'a, T: ?Sized>(&'a T);

/// Through members, so that the callers do not tell which tables there are.
#[inline(never)]
fn first(slot: &Slot<dyn Shape>) -> u64 {
    slot.0.area()
}

#[inline(never)]
fn second(slot: &Slot<dyn Color>) -> u64 {
    slot.0.color()
}

#[inline(never)]
fn own(slot: &Slot<dyn Named>) -> String {
    slot.0.name()
}

#[inline(never)]
fn marked(slot: &Slot<dyn Empty>) -> u64 {
    slot.0.area()
}

#[inline(never)]
fn other(slot: &Slot<dyn Other>) -> u64 {
    slot.0.allocates()
}

static ROUND: Round = Round(5);
static KEPT: &(dyn Empty + Sync) = &ROUND;

#[inline(never)]
fn through_static(slot: &Slot<dyn Empty + Sync>) -> u64 {
    slot.0.area()
}

fn main() {
    let count = std::env::args().count() as u64;
    let (sharp, round, flat) = (Sharp(count), Round(count), Flat(count, 7));
    let named: &dyn Named = &sharp;
    let both: &dyn Both = &flat;
    let mut sum = first(&Slot(named)) ^ first(&Slot(&round)) ^ first(&Slot(both));
    sum ^= second(&Slot(both)) ^ second(&Slot(&round)) ^ both.both();
    sum ^= marked(&Slot(&sharp)) ^ through_static(&Slot(KEPT)) ^ other(&Slot(&sharp)) ^ other(&Slot(&flat));
    println!("{} {}", sum, own(&Slot(named)));
}
