//! Repeatable chance: a value is a pure function of the seed and of what it is about, so any instant of
//! the past can be asked for again in any order. A generator with state could not do that, and the
//! streams of `rand` may change between versions, so the mixing is SplitMix64 written out.

/// Chance that depends on a seed and on what is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Noise {
    seed: u64,
}

impl Noise {
    /// Chance from a seed.
    pub fn new(seed: u64) -> Noise {
        Noise { seed: mix(seed) }
    }

    /// 64 bits about `tag`, `a` and `b`.
    pub fn bits(self, tag: &str, a: i64, b: i64) -> u64 {
        let tag = tag.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        mix(mix(mix(self.seed ^ tag) ^ a.cast_unsigned()) ^ b.cast_unsigned())
    }

    /// Evenly spread in `0.0..1.0`.
    pub fn unit(self, tag: &str, a: i64, b: i64) -> f64 {
        (self.bits(tag, a, b) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Bell-shaped around 0 with a standard deviation of 1, within -3.5..3.5: twelve even values
    /// would be the textbook sum, four are enough here.
    pub fn bell(self, tag: &str, a: i64, b: i64) -> f64 {
        let sum: f64 = (0..4).map(|nth| self.unit(tag, a, b.wrapping_mul(4).wrapping_add(nth))).sum();
        (sum - 2.0) / (4.0_f64 / 12.0).sqrt()
    }

    /// A slow wander between -1 and 1 along `at`: a new direction at each whole number, straight
    /// between them.
    pub fn wander(self, tag: &str, a: i64, at: f64) -> f64 {
        let step = at.floor();
        let here = self.unit(tag, a, step as i64);
        let next = self.unit(tag, a, step as i64 + 1);
        (here + (next - here) * (at - step)) * 2.0 - 1.0
    }
}

fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_repeats_and_is_spread() {
        let noise = Noise::new(7);
        assert_eq!(noise.bits("a", 1, 2), Noise::new(7).bits("a", 1, 2));
        assert_ne!(noise.bits("a", 1, 2), noise.bits("b", 1, 2));
        assert_ne!(noise.bits("a", 1, 2), Noise::new(8).bits("a", 1, 2));
        let mean = (0..10_000).map(|n| noise.unit("m", n, 0)).sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.01, "{mean}");
        let spread = (0..10_000).map(|n| noise.bell("s", n, 0).powi(2)).sum::<f64>() / 10_000.0;
        assert!((spread - 1.0).abs() < 0.05, "{spread}");
    }
}
