//! H5: pushing on a borrowed Vec allocates where it is full: `maybe`, and the way to the allocator
//! is the growth. Growing may free, too, since it may move what is there. Where there surely is
//! room nothing grows, but the code cannot know: still `maybe`. Reading never allocates.
//!
//! expect heap[name=push].allocates == maybe
//! expect heap[name=push].frees == maybe
//! expect heap[name=push].witness contains "*grow*"
//! expect heap[name=push].witness contains "*alloc"
//! expect heap[name=push_text].allocates == maybe
//! expect heap[name=last].allocates in (never, on_panic)
//! expect heap[name=pop].allocates in (never, on_panic)
//! expect heap[name=clear].allocates in (never, on_panic)
//! run exits 0

#[inline(never)]
fn push(values: &mut Vec<u32>) {
    values.push(5)
}

#[inline(never)]
fn push_text(text: &mut String) {
    text.push('x')
}

#[inline(never)]
fn last(values: &[u32]) -> u32 {
    values[values.len() - 1]
}

#[inline(never)]
fn pop(values: &mut Vec<u32>) -> Option<u32> {
    values.pop()
}

#[inline(never)]
fn clear(values: &mut Vec<u32>) {
    values.clear()
}

fn main() {
    let mut values = Vec::new();
    let mut text = String::new();
    push(&mut values);
    push_text(&mut text);
    println!("{} {:?} {text}", last(&values), pop(&mut values));
    clear(&mut values);
}
