//! The allocator. Pieces have sizes of powers of two; a freed one waits in the list of its size for the next of that size. That rounds up by a
//! third on average and never gives memory back, which a tracker, whose every buffer is bounded, can afford; and it takes a dozen
//! instructions either way, and a kilobyte less to download than the smallest of the well-kept ones.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::memory_grow;
use core::cell::Cell;
use core::ptr;

/// Every piece is a multiple of this, and begins at one: no type wants more.
const LEAST: usize = 16;
const PAGE: usize = 64 * 1024;

struct Pieces {
    /// The last freed piece of each size, by the size's logarithm; each holds the address of the one before.
    freed: [Cell<*mut u8>; usize::BITS as usize],
    /// What was never given out lies between these two addresses.
    next: Cell<usize>,
    end: Cell<usize>,
}

#[global_allocator]
static PIECES: Pieces = Pieces {
    freed: [const { Cell::new(ptr::null_mut()) }; usize::BITS as usize],
    next: Cell::new(0),
    end: Cell::new(0),
};

#[allow(unsafe_code, reason = "a page's WebAssembly has one thread")]
unsafe impl Sync for Pieces {}

#[allow(
    unsafe_code,
    reason = "an allocator deals in addresses; those it follows are its own, of pieces nobody else holds"
)]
unsafe impl GlobalAlloc for Pieces {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(list) = self.freed.get(logarithm(layout)) else { return ptr::null_mut() };
        let piece = list.get();
        if piece.is_null() {
            return self.cut(1 << logarithm(layout));
        }
        list.set(unsafe { piece.cast::<*mut u8>().read() });
        piece
    }

    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        let Some(list) = self.freed.get(logarithm(layout)) else { return };
        unsafe { piece.cast::<*mut u8>().write(list.get()) };
        list.set(piece);
    }

    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        if logarithm(layout) == logarithm(wanted) {
            return piece;
        }
        let moved = unsafe { self.alloc(wanted) };
        if !moved.is_null() {
            unsafe {
                ptr::copy_nonoverlapping(piece, moved, size.min(layout.size()));
                self.dealloc(piece, layout);
            }
        }
        moved
    }
}

impl Pieces {
    /// A piece that was never given out.
    fn cut(&self, size: usize) -> *mut u8 {
        if self.end.get() - self.next.get() < size {
            let pages = size.div_ceil(PAGE);
            let grown = memory_grow::<0>(pages);
            if grown == usize::MAX {
                return ptr::null_mut();
            }
            // What was left of the last pages continues in these.
            if grown * PAGE != self.end.get() {
                self.next.set(grown * PAGE);
            }
            self.end.set((grown + pages) * PAGE);
        }
        let piece = self.next.get();
        self.next.set(piece + size);
        piece as *mut u8
    }
}

/// Of the power of two that a piece of this layout takes.
fn logarithm(layout: Layout) -> usize {
    (layout.size().max(LEAST) - 1).ilog2() as usize + 1
}
