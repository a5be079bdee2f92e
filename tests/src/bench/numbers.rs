//! Quantiles, and medians of repeated rounds.

/// The value below which `per_mille` of all lie; sorts them. Nothing was measured: 0.
pub fn quantile(values: &mut [f64], per_mille: usize) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    values
        .get((last * per_mille).div_ceil(1000))
        .copied()
        .unwrap_or(0.0)
}

/// What was measured of one thing, by name, round after round.
#[derive(Clone, Debug, Default)]
pub struct Notes(Vec<(&'static str, Vec<f64>)>);

impl Notes {
    /// Notes a value of this round.
    pub fn note(&mut self, name: &'static str, value: f64) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => self.0.push((name, vec![value])),
        }
    }

    /// Notes p50, p99 and the largest of `values` under these names.
    pub fn spread(&mut self, names: [&'static str; 3], values: &mut [f64]) {
        for (name, per_mille) in names.into_iter().zip([500, 990, 1000]) {
            self.note(name, quantile(values, per_mille));
        }
    }

    /// The median over all rounds.
    pub fn median(&self, name: &str) -> Option<f64> {
        let (_, values) = self.0.iter().find(|(known, _)| *known == name)?;
        Some(quantile(&mut values.clone(), 500))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_is_at_the_end_and_the_median_in_the_middle() {
        let mut values = [5.0, 1.0, 3.0];
        assert_eq!(quantile(&mut values, 1000), 5.0);
        assert_eq!(quantile(&mut values, 500), 3.0);
        assert_eq!(quantile(&mut [], 500), 0.0);
        let mut hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(quantile(&mut hundred, 990), 100.0);
    }

    #[test]
    fn rounds_of_one_name_are_kept_together() {
        let mut notes = Notes::default();
        for value in [9.0, 1.0, 2.0] {
            notes.note("a", value);
        }
        assert_eq!(notes.median("a"), Some(2.0));
        assert_eq!(notes.median("b"), None);
    }
}
