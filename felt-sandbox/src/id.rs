//! Random names that nobody can guess.

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// An id like those of Felt: 22 characters of base62, 131 bits.
pub(crate) fn felt_id() -> Result<String, getrandom::Error> {
    let mut id = String::with_capacity(22);
    let mut bytes = [0_u8; 32];
    while id.len() < 22 {
        getrandom::fill(&mut bytes)?;
        for byte in bytes {
            // 248 is the last multiple of 62: what lies above would favour the first letters.
            if byte < 248
                && id.len() < 22
                && let Some(letter) = BASE62.get(usize::from(byte % 62))
            {
                id.push(char::from(*letter));
            }
        }
    }
    Ok(id)
}

/// 32 hexadecimal digits.
pub(crate) fn hex() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

/// A version 4 UUID (RFC 9562), as in the paths of Felt's downloads.
pub(crate) fn uuid() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes)?;
    let random = u128::from_be_bytes(bytes);
    let version = 0x4 << 76;
    let variant = 0b10 << 62;
    let bits = random & !(0xF << 76) & !(0b11 << 62) | version | variant;
    let hex = format!("{bits:032x}");
    let part = |from, to| hex.get(from..to).unwrap_or_default();
    Ok([
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32),
    ]
    .join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_look_like_felts() {
        let id = felt_id().unwrap();
        assert_eq!(id.len(), 22);
        assert!(id.bytes().all(|b| b.is_ascii_alphanumeric()));
        assert_ne!(id, felt_id().unwrap());
    }

    #[test]
    fn uuids_carry_version_and_variant() {
        let uuid = uuid().unwrap();
        let parts: Vec<&str> = uuid.split('-').collect();
        assert_eq!(
            parts.iter().map(|p| p.len()).collect::<Vec<_>>(),
            [8, 4, 4, 4, 12]
        );
        assert!(parts[2].starts_with('4'));
        assert!(parts[3].starts_with(['8', '9', 'a', 'b']));
    }
}
