//! What is served: its bytes can be had at any offset, and are never all in memory.

use std::fmt;
use std::sync::Arc;

/// How long the repeated block is: a prime, so that no power of two, no chunk and no page is a multiple of it.
const BLOCK: usize = 1_048_573;

/// A file's bytes, and its `ETag`. Clones share them.
#[derive(Clone)]
pub struct Content {
    /// Repeated until there are `size` bytes. Empty only if `size` is 0.
    block: Arc<[u8]>,
    size: u64,
    etag: String,
}

impl Content {
    /// These bytes, which are held in memory.
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        let block: Arc<[u8]> = bytes.into().into();
        let size = block.len() as u64;
        // FNV-1a: not against those who look for collisions.
        let hash = block.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self {
            block,
            size,
            etag: format!("\"b{hash:016x}-{size:x}\""),
        }
    }

    /// `size` bytes that follow from `seed` alone, of which 1 MiB at most is held in memory.
    ///
    /// They are a pseudo-random block of 1,048,573 bytes, a prime, repeated. A copy that is shifted, by anything but
    /// a multiple of that, differs in nearly every byte.
    pub fn pattern(seed: u64, size: u64) -> Self {
        let length = usize::try_from(size).map_or(BLOCK, |size| size.min(BLOCK));
        let mut state = seed;
        let mut block = vec![0; length];
        for word in block.chunks_mut(8) {
            word.copy_from_slice(&split_mix(&mut state).to_le_bytes()[..word.len()]);
        }
        Self {
            block: block.into(),
            size,
            etag: format!("\"p{seed:016x}-{size:x}\""),
        }
    }

    /// How many bytes there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Fills `buf` with the bytes from `offset` on. Whatever of it lies behind the end stays as it was.
    pub fn read_at(&self, mut offset: u64, mut buf: &mut [u8]) {
        loop {
            let piece = self.piece(offset, buf.len());
            if piece.is_empty() {
                return;
            }
            let (filled, rest) = buf.split_at_mut(piece.len());
            filled.copy_from_slice(piece);
            offset += piece.len() as u64;
            buf = rest;
        }
    }

    /// The strong `ETag`, with its quotes: another one for other bytes, another seed or another size.
    pub fn etag(&self) -> String {
        self.etag.clone()
    }

    /// As many of the bytes from `offset` on as lie beside each other in memory: `most` at most, and none only at
    /// the end or if `most` is 0.
    pub(super) fn piece(&self, offset: u64, most: usize) -> &[u8] {
        let left = self.size.saturating_sub(offset);
        if left == 0 {
            return &[];
        }
        // Smaller than the block, which is in memory.
        let from = (offset % self.block.len() as u64) as usize;
        let most = usize::try_from(left).map_or(most, |left| left.min(most));
        &self.block[from..self.block.len().min(from.saturating_add(most))]
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content")
            .field("size", &self.size)
            .field("etag", &self.etag)
            .finish_non_exhaustive()
    }
}

/// The next number of SplitMix64.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_the_same_wherever_one_begins_to_read() {
        let content = Content::pattern(7, 3_000_000);
        let mut whole = vec![0; 3_000_000];
        content.read_at(0, &mut whole);
        assert_eq!(whole[..1000], whole[BLOCK..BLOCK + 1000]);
        for offset in [0, 1, 1_048_572, 1_048_573, 2_097_140, 2_999_999] {
            let mut part = vec![0; 1_500_000.min(3_000_000 - offset)];
            content.read_at(offset as u64, &mut part);
            assert!(part == whole[offset..offset + part.len()], "{offset}");
        }
        let shifted = whole.windows(2).filter(|pair| pair[0] == pair[1]).count();
        assert!(shifted < whole.len() / 100, "{shifted}");
    }

    #[test]
    fn behind_the_end_nothing_is_filled() {
        for content in [Content::pattern(1, 3), Content::bytes([5, 5, 5])] {
            let mut buf = [255; 4];
            content.read_at(1, &mut buf);
            assert_eq!(buf[2..], [255; 2]);
            assert_ne!(buf[..2], [255; 2]);
        }
        let mut buf = [1];
        Content::bytes([]).read_at(0, &mut buf);
        Content::pattern(1, 0).read_at(u64::MAX, &mut buf);
        assert_eq!(buf, [1]);
    }

    #[test]
    fn etags_differ_as_contents_do() {
        let etags = [
            Content::pattern(1, 10),
            Content::pattern(2, 10),
            Content::pattern(1, 11),
            Content::bytes(*b"a"),
            Content::bytes(*b"b"),
            Content::bytes([]),
        ]
        .map(|content| content.etag());
        for (index, etag) in etags.iter().enumerate() {
            assert!(etag.len() > 2 && etag.starts_with('"') && etag.ends_with('"'));
            assert!(!etags[..index].contains(etag), "{etag}");
        }
        assert_eq!(
            Content::bytes(*b"a").etag(),
            Content::bytes(b"a".to_vec()).etag()
        );
    }
}
