//! The two predictors of TIFF: numbers as differences from the cell to their left, which pack better.

/// Makes differences of the numbers of a row, as the predictor has it.
pub(super) fn apply(predictor: u16, row: &mut [u8], samples: usize, bytes: usize) {
    match (predictor, bytes) {
        (2, 1) => differences::<1>(row, samples, |[a], [b]| [a.wrapping_sub(b)]),
        (2, 2) => differences(row, samples, |a, b| {
            u16::from_ne_bytes(a)
                .wrapping_sub(u16::from_ne_bytes(b))
                .to_ne_bytes()
        }),
        (2, 4) => differences(row, samples, |a, b| {
            u32::from_ne_bytes(a)
                .wrapping_sub(u32::from_ne_bytes(b))
                .to_ne_bytes()
        }),
        (3, _) => {
            regroup(row, bytes, |row, grouped, from, to| grouped[to] = row[from]);
            differences::<1>(row, samples, |[a], [b]| [a.wrapping_sub(b)]);
        }
        _ => {}
    }
}

/// Makes numbers of the differences in a row; `false` if it cannot.
pub(super) fn undo(predictor: u16, row: &mut [u8], samples: usize, bytes: usize) -> bool {
    match (predictor, bytes) {
        (1, _) => {}
        (2, 1) => sums::<1>(row, samples, |[a], [b]| [a.wrapping_add(b)]),
        (2, 2) => sums(row, samples, |a, b| {
            u16::from_ne_bytes(a)
                .wrapping_add(u16::from_ne_bytes(b))
                .to_ne_bytes()
        }),
        (2, 4) => sums(row, samples, |a, b| {
            u32::from_ne_bytes(a)
                .wrapping_add(u32::from_ne_bytes(b))
                .to_ne_bytes()
        }),
        (2, 8) => sums(row, samples, |a, b| {
            u64::from_ne_bytes(a)
                .wrapping_add(u64::from_ne_bytes(b))
                .to_ne_bytes()
        }),
        (3, 4 | 8) => {
            sums::<1>(row, samples, |[a], [b]| [a.wrapping_add(b)]);
            regroup(row, bytes, |grouped, row, to, from| row[to] = grouped[from]);
        }
        _ => return false,
    }
    true
}

fn differences<const N: usize>(
    row: &mut [u8],
    samples: usize,
    minus: fn([u8; N], [u8; N]) -> [u8; N],
) {
    let (cells, _) = row.as_chunks_mut::<N>();
    for at in (samples..cells.len()).rev() {
        cells[at] = minus(cells[at], cells[at - samples]);
    }
}

fn sums<const N: usize>(row: &mut [u8], samples: usize, plus: fn([u8; N], [u8; N]) -> [u8; N]) {
    let (cells, _) = row.as_chunks_mut::<N>();
    for at in samples..cells.len() {
        cells[at] = plus(cells[at], cells[at - samples]);
    }
}

/// Goes through the bytes of a row of floats. `step` gets the row before, the row after, and a byte's place in the row
/// of numbers and in the one where all first bytes, the most significant ones, come first, then all second ones.
fn regroup(row: &mut [u8], bytes: usize, step: impl Fn(&[u8], &mut [u8], usize, usize)) {
    let before = row.to_vec();
    let count = row.len() / bytes;
    for number in 0..count {
        for byte in 0..bytes {
            let significance = if cfg!(target_endian = "little") {
                bytes - 1 - byte
            } else {
                byte
            };
            step(
                &before,
                row,
                number * bytes + byte,
                significance * count + number,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_undone_is_as_it_was() {
        let row: Vec<u8> = (0..96_u32).map(|i| (i * i * 37 % 251) as u8).collect();
        for (predictor, bytes) in [(1, 1), (1, 8), (2, 1), (2, 2), (2, 4), (3, 4), (3, 8)] {
            for samples in [1, 3, 4] {
                let mut changed = row.clone();
                apply(predictor, &mut changed, samples, bytes);
                assert_eq!(changed == row, predictor == 1);
                assert!(undo(predictor, &mut changed, samples, bytes));
                assert_eq!(changed, row, "{predictor} {bytes} {samples}");
            }
        }
        assert!(!undo(3, &mut row.clone(), 1, 2));
        assert!(!undo(4, &mut row.clone(), 1, 1));
    }

    #[test]
    fn floats_are_grouped_by_significance() {
        let mut row: Vec<u8> = [1.0_f32, 1.0]
            .iter()
            .flat_map(|cell| cell.to_ne_bytes())
            .collect();
        apply(3, &mut row, 1, 4);
        // 3F 80 00 00 twice: the most significant bytes first, then each less the one before it.
        assert_eq!(row, [0x3F, 0, 0x41, 0, 0x80, 0, 0, 0]);
    }
}
