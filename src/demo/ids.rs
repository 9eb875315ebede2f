//! Ids as the server gives them out: short, opaque, and readable again without a table.

/// What an id names. The number is part of the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Account = 1,
    Team,
    Position,
    Membership,
    Project,
    OrganizationRole,
    ProjectRole,
    Email,
    AuthModule,
}

/// The id of the embedded organization.
pub(super) const ORGANIZATION: &str = "2h0Hnc1Kd9Lp";

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LENGTH: usize = 11;
const FIRST: u64 = 0x9e37_79b9_7f4a_7c15;
const SECOND: u64 = 0xd6e8_feb8_6659_fd93;

/// The id of the record of this kind that has this serial number.
pub(super) fn id(kind: Kind, serial: u32) -> String {
    let mut mixed = (u64::from(serial) << 8 | kind as u64).wrapping_mul(FIRST);
    mixed ^= mixed >> 32;
    mixed = mixed.wrapping_mul(SECOND);
    let mut digits = [b'0'; LENGTH];
    for digit in digits.iter_mut().rev() {
        let at = usize::try_from(mixed % 62).expect("less than 62");
        *digit = DIGITS[at];
        mixed /= 62;
    }
    digits.iter().copied().map(char::from).collect()
}

/// The serial number in an id of this kind; `None` when it is another kind's or no id at all.
pub(super) fn serial(kind: Kind, id: &str) -> Option<u32> {
    if id.len() != LENGTH {
        return None;
    }
    let mut mixed: u64 = 0;
    for byte in id.bytes() {
        let digit = DIGITS.iter().position(|digit| *digit == byte)?;
        let digit = u64::try_from(digit).ok()?;
        mixed = mixed.checked_mul(62)?.checked_add(digit)?;
    }
    mixed = mixed.wrapping_mul(const { inverse(SECOND) });
    mixed ^= mixed >> 32;
    mixed = mixed.wrapping_mul(const { inverse(FIRST) });
    let is_kind = mixed & 0xff == kind as u64;
    is_kind.then_some(mixed >> 8)?.try_into().ok()
}

/// The number that undoes a multiplication by the odd number `of`.
const fn inverse(of: u64) -> u64 {
    // Newton's iteration doubles the number of right bits; three are right to begin with.
    let mut found = of;
    let mut round = 0;
    while round < 5 {
        found = found.wrapping_mul(2u64.wrapping_sub(of.wrapping_mul(found)));
        round += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_leads_back_to_its_serial_number_and_only_as_its_kind() {
        for number in [0, 1, 2, 61, 62, 99_999, 1_000_000, u32::MAX] {
            let text = id(Kind::Membership, number);
            assert_eq!(text.len(), LENGTH);
            assert_eq!(serial(Kind::Membership, &text), Some(number));
            assert_eq!(serial(Kind::Account, &text), None);
        }
        for text in ["", "id", "zzzzzzzzzzz", "0000000000é", "00000000000"] {
            assert_eq!(serial(Kind::Account, text), None, "{text}");
        }
    }
}
