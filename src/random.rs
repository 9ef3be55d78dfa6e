//! Numbers that look random, from a seed that the driver fetched once from the browser's generator: xoshiro256++
//! (Blackman and Vigna, 2018). They make ids unique and spread retries; they keep no secret.

/// A deterministic stream of numbers: the same seed gives the same ids and the same waits.
#[derive(Clone, Debug)]
pub struct Random([u64; 4]);

impl Random {
    /// A stream from 256 bits of seed. The all-zero seed, from which the generator would never leave, is moved aside.
    #[must_use]
    pub fn new(seed: [u64; 4]) -> Self {
        Self(if seed == [0; 4] { [1, 2, 3, 4] } else { seed })
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.0;
        let result = a.wrapping_add(*d).rotate_left(23).wrapping_add(*a);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        result
    }

    /// A number from 0 to `limit`, both included. The bias of the remainder is far below what a retry could notice.
    pub fn up_to(&mut self, limit: u64) -> u64 {
        self.bits() % limit.saturating_add(1)
    }

    /// A UUID of version 7: the time of its making, then 74 bits of this stream (RFC 9562, section 5.7).
    pub fn uuid(&mut self, at: crate::time::Wall) -> uuid::Uuid {
        let mut bytes = [0_u8; 10];
        let bits = u128::from(self.bits()) << 64 | u128::from(self.bits());
        for (byte, random) in bytes.iter_mut().zip(bits.to_le_bytes()) {
            *byte = random;
        }
        uuid::Builder::from_unix_timestamp_millis(at.0, &bytes).into_uuid()
    }
}
