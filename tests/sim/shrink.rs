//! Makes a schedule that fails short: delta debugging (Zeller and Hildebrandt, 2002) by leaving out ever smaller stretches.

/// The shortest schedule found that still fails.
pub(crate) fn shrink<T: Clone>(mut ops: Vec<T>, fails: &dyn Fn(&[T]) -> bool) -> Vec<T> {
    let mut stretch = ops.len().div_ceil(2).max(1);
    loop {
        let before = ops.len();
        let mut at = 0;
        while at < ops.len() {
            let mut shorter = ops.clone();
            shorter.drain(at..(at + stretch).min(ops.len()));
            if fails(&shorter) {
                ops = shorter;
            } else {
                at += stretch;
            }
        }
        // One that went last may have been all that another one was there for.
        if stretch == 1 && ops.len() == before {
            return ops;
        }
        stretch = (stretch / 2).max(1);
    }
}

#[test]
fn a_failing_schedule_is_shrunk_to_what_matters() {
    let fails = |ops: &[u32]| ops.iter().filter(|op| **op % 10 == 0).count() >= 3;
    let short = shrink((0..200).collect(), &fails);
    assert_eq!(short.len(), 3, "{short:?}");
}

#[test]
fn what_only_mattered_to_something_left_out_goes_too() {
    // 7 needs 3 before it, and nothing else needs either.
    let fails = |ops: &[u32]| ops.contains(&9) && (!ops.contains(&7) || ops.contains(&3));
    assert_eq!(shrink(vec![1, 3, 5, 7, 9], &fails), [9]);
}
