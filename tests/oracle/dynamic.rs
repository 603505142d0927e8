//! dynamic.rs: calls through trait objects, function pointers and boxed closures, for indirect.py,
//! which looks at which function each of them really enters.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Write};
use std::sync::Arc;

trait Shape {
    fn area(&self) -> u32;
    fn name(&self) -> String {
        "shape".to_string()
    }
}
struct Square(u32);
struct Circle(u32);
struct Named {
    inner: Box<dyn Shape>,
    name: String,
}
impl Shape for Square {
    fn area(&self) -> u32 {
        self.0 * self.0
    }
}
impl Shape for Circle {
    fn area(&self) -> u32 {
        3 * self.0 * self.0
    }
    fn name(&self) -> String {
        "circle".to_string()
    }
}
impl Shape for Named {
    fn area(&self) -> u32 {
        self.inner.area() + 1
    }
    fn name(&self) -> String {
        self.name.clone()
    }
}
impl Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.area())
    }
}

#[inline(never)]
fn total(shapes: &[Box<dyn Shape>]) -> u32 {
    shapes.iter().map(|shape| shape.area() + shape.name().len() as u32).sum()
}

#[inline(never)]
fn run(operation: fn(u32) -> u32, x: u32) -> u32 {
    operation(x)
}

#[inline(never)]
fn call_all(actions: &mut [Box<dyn FnMut(u32) -> u32>]) -> u32 {
    actions.iter_mut().map(|action| action(7)).sum()
}

#[inline(never)]
fn shared(shape: Arc<dyn Shape + Send + Sync>) -> u32 {
    shape.area()
}

fn twice(x: u32) -> u32 {
    2 * x
}
fn square(x: u32) -> u32 {
    x * x
}

struct Operation {
    name: &'static str,
    run: fn(u32) -> u32,
}
static OPERATIONS: [Operation; 2] =
    [Operation { name: "twice", run: twice }, Operation { name: "square", run: square }];

struct Upper<'a>(&'a mut dyn Write);
impl Write for Upper<'_> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        self.0.write_str(&s.to_uppercase())
    }
}

fn main() {
    let count = std::env::args().count() as u32;
    let named = Named { inner: Box::new(Square(count)), name: "named".to_string() };
    println!("{named:>10} {:?}", OPERATIONS.iter().map(|o| o.name).collect::<Vec<_>>());
    let shapes: Vec<Box<dyn Shape>> =
        vec![Box::new(Square(count)), Box::new(Circle(2)), Box::new(named)];
    let mut sum = total(&shapes) + run(twice, count) + run(square, 3);
    sum += OPERATIONS.iter().map(|o| (o.run)(sum)).sum::<u32>();
    let mut seen = 0;
    let mut actions: Vec<Box<dyn FnMut(u32) -> u32>> =
        vec![Box::new(move |x| x + count), Box::new(move |x| { seen += x; seen }), Box::new(twice)];
    sum += call_all(&mut actions) + call_all(&mut actions);
    sum += shared(Arc::new(Square(3))) + shared(Arc::new(Circle(1)));
    let handle = std::thread::spawn(move || sum + 1);
    sum = handle.join().unwrap();
    let mut map = BTreeMap::new();
    for word in ["one", "two", "three"] {
        *map.entry(word.len()).or_insert(0) += 1;
    }
    let mut text = String::new();
    write!(Upper(&mut text), "{sum} {map:?}").unwrap();
    let mut words = vec!["b", "a", "c"];
    words.sort_by_key(|w| std::cmp::Reverse(*w));
    println!("{text} {words:?}");
    let caught = std::panic::catch_unwind(|| total(&[]) / count.saturating_sub(1));
    println!("{}", caught.is_err());
}
