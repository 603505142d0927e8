//! inventory: takes a built-in stock list (item,shelf,count,price in cents), or with the argument
//! `-` one from standard input, and prints what lies on each shelf and what it is worth.
//!
//! A small program with all three memories, to be looked at with dwell:
//! - global: the built-in list, the tax table, the counter of skipped lines;
//! - stack: `parse`, `gross` and everything that only borrows;
//! - heap: the map of shelves, the vectors and names in it.

use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::atomic::{AtomicU32, Ordering};

/// What we sell when nobody tells us otherwise: text that is part of the program file.
static BUILT_IN: &str = "\
tea,A1,40,450
coffee,A1,12,1290
mug,B2,7,999
kettle,B2,2,4500
spoon,B3,200,120
";

/// Tax in per mille by first letter of the shelf; ready before the program starts.
static TAX: [u32; 26] = tax_table();

/// Lines that could not be read; written at run time, so it cannot be read-only.
static SKIPPED: AtomicU32 = AtomicU32::new(0);

const fn tax_table() -> [u32; 26] {
    let mut table = [190; 26];
    table[0] = 70; // food lies on the shelves A
    table
}

/// A line of the list; borrows its texts, owns nothing.
struct Line<'a> {
    item: &'a str,
    shelf: &'a str,
    count: u32,
    cents: u32,
}

/// What lies on a shelf; owns its names.
#[derive(Default)]
struct Shelf {
    items: Vec<String>,
    cents: u64,
}

/// Never touches the heap: cuts the text where it lies.
#[inline(never)]
fn parse(text: &str) -> Option<Line<'_>> {
    let mut fields = text.split(',');
    let line = Line {
        item: fields.next()?,
        shelf: fields.next()?,
        count: fields.next()?.trim().parse().ok()?,
        cents: fields.next()?.trim().parse().ok()?,
    };
    (fields.next().is_none() && !line.shelf.is_empty()).then_some(line)
}

/// Never touches the heap: arithmetic and one global table.
#[inline(never)]
fn gross(line: &Line) -> u64 {
    let net = u64::from(line.count) * u64::from(line.cents);
    let letter = line.shelf.as_bytes()[0].to_ascii_uppercase();
    let tax = match letter {
        b'A'..=b'Z' => TAX[usize::from(letter - b'A')],
        _ => 190,
    };
    net + net * u64::from(tax) / 1000
}

/// Touches the heap: the map grows, names are copied.
#[inline(never)]
fn stock(text: &str) -> HashMap<String, Shelf> {
    let mut shelves: HashMap<String, Shelf> = HashMap::new();
    for text in text.lines() {
        let line = match parse(text) {
            Some(line) => line,
            None => {
                SKIPPED.fetch_add(1, Ordering::Relaxed);
                continue;
            }
        };
        let shelf = shelves.entry(line.shelf.to_string()).or_default();
        shelf.items.push(line.item.to_string());
        shelf.cents += gross(&line);
    }
    shelves
}

fn main() -> io::Result<()> {
    let mut given = String::new();
    if std::env::args().nth(1).as_deref() == Some("-") {
        io::stdin().read_to_string(&mut given)?;
    }
    let shelves = stock(if given.is_empty() { BUILT_IN } else { &given });

    let mut names: Vec<&String> = shelves.keys().collect();
    names.sort();
    for name in names {
        let shelf = &shelves[name];
        let (whole, cents) = (shelf.cents / 100, shelf.cents % 100);
        println!("{name:4} {whole:6}.{cents:02}  {}", shelf.items.join(", "));
    }
    match SKIPPED.load(Ordering::Relaxed) {
        0 => {}
        skipped => eprintln!("{skipped} lines skipped"),
    }
    Ok(())
}
