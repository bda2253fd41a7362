//! Which bytes of a file are still to come, and which connection brings them. Pure.

use std::collections::BTreeMap;

use rangemap::RangeSet;

/// The number of a piece, for as long as it is not complete.
pub(crate) type Number = u32;

/// Consecutive bytes that are still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// The next byte.
    pub(crate) next: u64,
    /// Before this one it ends; none if nobody knows.
    pub(crate) end: Option<u64>,
    /// The byte from which a connection is at it, if one is.
    pub(crate) taken: Option<u64>,
}

impl Piece {
    /// Bytes to come, where that is known.
    pub(crate) fn missing(&self) -> Option<u64> {
        self.end.map(|end| end.saturating_sub(self.next))
    }
}

/// What is still to come of a file.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    open: BTreeMap<Number, Piece>,
    numbers: Number,
    /// Bytes that have arrived.
    have: u64,
}

impl Pieces {
    /// All but what is there already. Where nothing is missing, one piece of no bytes asks whether that is
    /// so.
    pub(crate) fn missing(there: &RangeSet<u64>, total: Option<u64>) -> Self {
        let mut pieces = Self {
            have: there.iter().map(|range| range.end - range.start).sum(),
            ..Self::default()
        };
        match total {
            Some(total) => {
                for gap in there.gaps(&(0..total)) {
                    pieces.add(gap.start, Some(gap.end));
                }
                if pieces.open.is_empty() {
                    pieces.add(total, Some(total));
                }
            }
            // Then there is only one connection, and it writes from the beginning.
            None => {
                let first = there.first().filter(|first| first.start == 0);
                let next = first.map_or(0, |first| first.end);
                pieces.have = next;
                pieces.add(next, None);
            }
        }
        pieces
    }

    /// All of it once more. No piece has the number of an earlier one, whose connection may still be there.
    pub(crate) fn once_more(&self, total: Option<u64>) -> Self {
        let mut pieces = Self {
            numbers: self.numbers,
            ..Self::default()
        };
        pieces.add(0, total);
        pieces
    }

    fn add(&mut self, next: u64, end: Option<u64>) -> Number {
        let number = self.numbers;
        self.numbers += 1;
        let piece = Piece {
            next,
            end,
            taken: None,
        };
        self.open.insert(number, piece);
        number
    }

    /// Bytes that have arrived, of the whole file.
    pub(crate) fn have(&self) -> u64 {
        self.have
    }

    /// How many connections are at it.
    pub(crate) fn taken(&self) -> usize {
        self.open
            .values()
            .filter(|piece| piece.taken.is_some())
            .count()
    }

    /// Over how many connections something has come.
    pub(crate) fn streaming(&self) -> usize {
        let streams = |piece: &&Piece| piece.taken.is_some_and(|from| piece.next > from);
        self.open.values().filter(streams).count()
    }

    pub(crate) fn get(&self, number: Number) -> Option<Piece> {
        self.open.get(&number).copied()
    }

    /// A piece for one more connection: the first that nobody is at, or the end of the longest, if `least`
    /// bytes remain for each of them.
    ///
    /// Of the longest it is a share, one of twice as many as there will be connections: what the last ones
    /// have to bring gets smaller and smaller, so that all of them end at about the same time. Only the
    /// longest is ever cut, so that elsewhere every byte that was asked for is used.
    pub(crate) fn take(&mut self, least: u64) -> Option<Number> {
        let free = self.open.iter().filter(|(_, piece)| piece.taken.is_none());
        let number = match free.min_by_key(|(_, piece)| piece.next) {
            Some((number, _)) => *number,
            None => self.cut(least)?,
        };
        let piece = self.open.get_mut(&number)?;
        piece.taken = Some(piece.next);
        Some(number)
    }

    fn cut(&mut self, least: u64) -> Option<Number> {
        let shares = 2 * (self.open.len() as u64 + 1);
        let longest = self.open.values_mut().max_by_key(|piece| piece.missing())?;
        let (missing, end) = (longest.missing()?, longest.end?);
        let share = (missing / shares).max(least.max(1));
        if missing < share.saturating_mul(2) {
            return None;
        }
        longest.end = Some(end - share);
        Some(self.add(end - share, Some(end)))
    }

    /// The connection has ended. What is left of its piece is for another one; nothing is left if that was
    /// its end. Returns how many bytes the connection has brought.
    pub(crate) fn give_back(&mut self, number: Number) -> u64 {
        let Some(piece) = self.open.get_mut(&number) else {
            return 0;
        };
        let brought = piece.taken.take().map_or(0, |from| piece.next - from);
        if piece.missing() == Some(0) {
            self.open.remove(&number);
        }
        brought
    }

    /// Undoes a cut: what follows `number` is part of it again, unless a byte of that has arrived. For a
    /// server that sends only the whole.
    pub(crate) fn join(&mut self, number: Number) -> bool {
        let Some(piece) = self.open.get(&number).copied() else {
            return false;
        };
        let mut others = self.open.values_mut();
        match others.find(|other| other.end == Some(piece.next)) {
            Some(before) => {
                before.end = piece.end;
                self.open.remove(&number);
                true
            }
            None => false,
        }
    }

    /// So many bytes have arrived for a piece: where they go, and how many of them are wanted. The rest
    /// is another piece's by now.
    pub(crate) fn arrived(&mut self, number: Number, bytes: u64) -> (u64, u64) {
        let Some(piece) = self.open.get_mut(&number) else {
            return (0, 0);
        };
        let at = piece.next;
        let wanted = piece.missing().map_or(bytes, |missing| missing.min(bytes));
        piece.next += wanted;
        self.have += wanted;
        (at, wanted)
    }

    /// The file has so many bytes, and this piece is the one that goes to its end.
    pub(crate) fn ends_at(&mut self, number: Number, total: u64) {
        if let Some(piece) = self.open.get_mut(&number) {
            piece.end.get_or_insert(total.max(piece.next));
        }
    }
}

#[cfg(test)]
mod tests;
