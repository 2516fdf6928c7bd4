//! The allocator: counts allocations, and searches each block for the marker before it is freed.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// What is plaintext here. Blocks are searched for its three pieces, so that a part is found too.
pub(crate) const MARKER: &str = "Quartzite-Hummingbird-Yodelling-7431";

const PIECE: usize = MARKER.len() / 3;

/// What happened on this thread while it was watched.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Seen {
    pub(crate) allocations: usize,
    /// Blocks that were freed with plaintext in them.
    pub(crate) leaks: usize,
    /// How much was searched, so that a watch that saw nothing shows.
    pub(crate) searched: usize,
}

thread_local! {
    static SEEN: Cell<Option<Seen>> = const { Cell::new(None) };
}

/// Runs `f` and tells what this thread allocated and freed.
pub(crate) fn watch<R>(f: impl FnOnce() -> R) -> (Seen, R) {
    SEEN.set(Some(Seen::default()));
    let result = f();
    let seen = SEEN.take().unwrap();
    (seen, result)
}

/// Runs `f`, which frees no block with plaintext in it, and frees some blocks.
#[track_caller]
pub(crate) fn leaves_nothing(case: &str, f: impl FnOnce()) {
    let (seen, ()) = watch(f);
    assert_eq!(seen.leaks, 0, "{case}: freed blocks hold plaintext");
    assert!(seen.searched > 0, "{case}: nothing was freed at all");
}

struct Watching;

#[global_allocator]
static WATCHING: Watching = Watching;

// SAFETY: blocks come from and go to `System` unchanged. `realloc` is the trait's own: it
// allocates, copies, and frees the old block through `dealloc`, so that no move goes unseen.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Zeroed, so that nothing is found that an earlier owner of the block left, and nothing
        // uninitialised is read in `dealloc`.
        // SAFETY: the caller keeps the contract of `alloc`, which is that of `alloc_zeroed`.
        unsafe { self.alloc_zeroed(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(|seen| seen.allocations += 1);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        note(|seen| {
            // SAFETY: the caller owns the block of this size until it is freed below, and all of
            // it was initialised when it was allocated.
            let content = unsafe { std::slice::from_raw_parts(block, layout.size()) };
            seen.searched += content.len();
            seen.leaks += usize::from(holds_plaintext(content));
        });
        // SAFETY: the block came from `System` with this layout.
        unsafe { System.dealloc(block, layout) }
    }
}

fn note(f: impl FnOnce(&mut Seen)) {
    // Fails only while the thread ends, when nobody watches it any more.
    let _ = SEEN.try_with(|cell| {
        if let Some(mut seen) = cell.get() {
            f(&mut seen);
            cell.set(Some(seen));
        }
    });
}

/// In any case: an index folds it.
fn holds_plaintext(content: &[u8]) -> bool {
    MARKER.as_bytes().chunks_exact(PIECE).any(|piece| {
        content
            .windows(PIECE)
            .any(|window| window.eq_ignore_ascii_case(piece))
    })
}
