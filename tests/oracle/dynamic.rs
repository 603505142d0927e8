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

trait Solid {
    fn volume(&self) -> u32;
    fn kind(&self) -> u32 {
        1
    }
}
trait Paint {
    fn coat(&self) -> u32;
}
trait Painted: Solid + Paint {
    fn price(&self) -> u32;
}
impl<T: Solid + ?Sized> Solid for &T {
    fn volume(&self) -> u32 {
        (**self).volume() + 1
    }
}
impl Solid for Square {
    fn volume(&self) -> u32 {
        self.0
    }
}
impl Solid for Circle {
    fn volume(&self) -> u32 {
        self.0 + 2
    }
    fn kind(&self) -> u32 {
        2
    }
}
impl Paint for Square {
    fn coat(&self) -> u32 {
        vec![self.0; 3].len() as u32
    }
}
impl Paint for Circle {
    fn coat(&self) -> u32 {
        self.0 + 4
    }
}
impl Painted for Square {
    fn price(&self) -> u32 {
        self.volume() + self.coat()
    }
}

struct Slots<'a, T> {
    label: T,
    solid: &'a dyn Solid,
    paint: Box<dyn Paint + Send>,
    both: Option<&'a dyn Painted>,
}

impl<T: Display> Slots<'_, T> {
    #[inline(never)]
    fn sum(&self) -> u32 {
        let mut sum = self.solid.volume() + self.solid.kind() + self.paint.coat();
        if let Some(both) = self.both {
            sum += both.price() + both.volume() + both.coat() + both.kind();
        }
        sum + self.label.to_string().len() as u32
    }
}

#[inline(never)]
fn volumes(solids: &[&dyn Solid]) -> u32 {
    let mut sum = 0;
    for solid in solids {
        sum += solid.volume() + solid.kind();
    }
    sum + solids[0].volume()
}

enum Either {
    Solid(Box<dyn Solid>),
    Paint(Box<dyn Paint>),
}

#[inline(never)]
fn either(value: &Either) -> u32 {
    match value {
        Either::Solid(solid) => solid.volume(),
        Either::Paint(paint) => paint.coat(),
    }
}

static SOLID: &(dyn Solid + Sync) = &Circle(6);

#[inline(never)]
fn kept(cell: &std::cell::RefCell<Box<dyn Paint>>, solid: &std::sync::Mutex<Box<dyn Solid>>) -> u32 {
    cell.borrow().coat() + solid.lock().unwrap().volume() + SOLID.volume()
}

fn traits(count: u32) -> u32 {
    let (square, circle) = (Square(count), Circle(count));
    let reference = &square;
    let one = Slots { label: "one", solid: &square, paint: Box::new(Circle(1)), both: None };
    let two = Slots { label: 2, solid: &reference, paint: Box::new(Square(2)), both: Some(&square) };
    let eithers = [Either::Solid(Box::new(Square(1))), Either::Paint(Box::new(Circle(2)))];
    let mut sum = one.sum() + two.sum() + volumes(&[&circle, &square, &reference, SOLID]);
    sum += eithers.iter().map(either).sum::<u32>();
    sum += kept(&std::cell::RefCell::new(Box::new(Square(4))),
                &std::sync::Mutex::new(Box::new(Circle(5))));
    sum
}

fn main() {
    let count = std::env::args().count() as u32;
    println!("{}", traits(count));
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
