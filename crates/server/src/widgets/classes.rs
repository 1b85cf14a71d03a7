//! Classes of a map: where one shade ends and the next begins. Values in, limits out.
//!
//! Every method puts equal values into one class, and never makes more classes than there are different values.

/// How values are parted.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Method {
    /// About as many regions in each class: shows order, hides how far apart.
    #[default]
    Quantile,
    /// Natural breaks (Fisher and Jenks): values in a class are as alike as can be.
    Jenks,
    /// Steps of the same size between lowest and highest: shows distance, may leave classes empty.
    Equal,
    /// These upper limits; what is above the last is a class of its own.
    Fixed(Vec<f64>),
}

/// A class: values above `low` up to `high`, both included where a value stands there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Class {
    /// Lower limit: of quantiles and natural breaks the lowest value in it.
    pub low: f64,
    /// Upper limit: of quantiles and natural breaks the highest value in it.
    pub high: f64,
    /// Values in it.
    pub count: usize,
}

/// Parts values into up to `most` classes, lowest first; no classes without values.
pub fn classes(values: &[f64], method: &Method, most: usize) -> Vec<Class> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let (Some(first), Some(last)) = (sorted.first().copied(), sorted.last().copied()) else {
        return Vec::new();
    };
    let different = 1 + sorted.windows(2).filter(|pair| pair[0] < pair[1]).count();
    let most = most.min(different).max(1);
    match method {
        Method::Quantile => filled(&sorted, &quantile_limits(&sorted, most)),
        Method::Jenks => filled(&sorted, &jenks_limits(&sorted, most)),
        Method::Equal => {
            #[expect(clippy::cast_precision_loss, reason = "a handful of classes")]
            let limits: Vec<f64> =
                (1..most).map(|nth| first + (last - first) * nth as f64 / most as f64).collect();
            limited(&sorted, &limits)
        }
        Method::Fixed(limits) => {
            let mut limits: Vec<f64> = limits.iter().copied().filter(|limit| limit.is_finite()).collect();
            limits.sort_by(f64::total_cmp);
            limits.dedup();
            limited(&sorted, &limits)
        }
    }
}

/// The class of a value, by position.
pub fn class_of(value: f64, classes: &[Class]) -> usize {
    classes.iter().position(|class| value <= class.high).unwrap_or(classes.len().saturating_sub(1))
}

/// Quantiles by linear interpolation between neighbours, the usual definition.
fn quantile_limits(sorted: &[f64], count: usize) -> Vec<f64> {
    let last = sorted.len() - 1;
    (1..=count)
        .map(|nth| {
            let (whole, rest) = (last * nth / count, last * nth % count);
            #[expect(clippy::cast_precision_loss, reason = "a handful of classes")]
            let along = rest as f64 / count as f64;
            sorted[whole] + (sorted[(whole + 1).min(last)] - sorted[whole]) * along
        })
        .collect()
}

/// The partition with the least sum of squared distances from the means of the classes, found exactly.
fn jenks_limits(sorted: &[f64], count: usize) -> Vec<f64> {
    let size = sorted.len();
    // From the middle, so that squares of large values far from zero keep their digits.
    let middle = sorted[size / 2];
    let mut sums = vec![(0.0, 0.0)];
    for value in sorted {
        let (sum, squares) = sums[sums.len() - 1];
        let value = value - middle;
        sums.push((sum + value, squares + value * value));
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of regions")]
    let spread = |from: usize, to: usize| {
        let (sum, squares) = (sums[to].0 - sums[from].0, sums[to].1 - sums[from].1);
        squares - sum * sum / (to - from) as f64
    };
    // Least spread of the first so many values in so many classes, and where the last class then begins.
    let mut least: Vec<f64> = (0..=size).map(|to| if to == 0 { 0.0 } else { spread(0, to) }).collect();
    let mut begins = vec![vec![0; size + 1]];
    for class in 1..count {
        let mut next = vec![f64::INFINITY; size + 1];
        let mut begin = vec![0; size + 1];
        for to in class + 1..=size {
            for (from, before) in least.iter().enumerate().take(to).skip(class) {
                let all = before + spread(from, to);
                if all < next[to] {
                    (next[to], begin[to]) = (all, from);
                }
            }
        }
        least = next;
        begins.push(begin);
    }
    let mut limits = Vec::new();
    let mut to = size;
    for begin in begins.iter().rev() {
        limits.push(sorted[to - 1]);
        to = begin[to];
        if to == 0 {
            break;
        }
    }
    limits.reverse();
    limits
}

/// Classes up to each limit that hold something, from their lowest to their highest value.
fn filled(sorted: &[f64], limits: &[f64]) -> Vec<Class> {
    let mut classes = Vec::new();
    let mut start = 0;
    for (nth, limit) in limits.iter().enumerate() {
        // The last limit is the highest value itself, whatever the arithmetic made of it.
        let end = if nth + 1 == limits.len() {
            sorted.len()
        } else {
            sorted.partition_point(|value| value <= limit)
        };
        if end > start {
            classes.push(Class { low: sorted[start], high: sorted[end - 1], count: end - start });
            start = end;
        }
    }
    classes
}

/// Classes between limits, also those that hold nothing.
fn limited(sorted: &[f64], limits: &[f64]) -> Vec<Class> {
    let (first, last) = (sorted[0], sorted[sorted.len() - 1]);
    let mut classes = Vec::new();
    let (mut low, mut start) = (first.min(limits.first().copied().unwrap_or(first)), 0);
    for limit in limits {
        let end = sorted.partition_point(|value| value <= limit);
        classes.push(Class { low, high: *limit, count: end - start });
        (low, start) = (*limit, end);
    }
    if start < sorted.len() || classes.is_empty() {
        classes.push(Class { low, high: last, count: sorted.len() - start });
    }
    classes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Employees per square kilometre in the 58 counties of California: the example by which the package
    /// mapclassify (PySAL) documents its classifiers.
    const CALEMP: [f64; 58] = [
        329.92, 0.42, 5.9, 14.03, 2.78, 1.34, 181.27, 1.65, 10.03, 16.7, 1.32, 3.99, 3.16, 0.22, 8.7, 6.56,
        3.27, 0.33, 370.5, 4.51, 75.29, 0.99, 2.74, 8.68, 0.14, 0.92, 12.63, 28.7, 12.02, 722.85, 36.68,
        0.74, 29.82, 192.05, 3.38, 11.15, 110.74, 4111.45, 49.47, 10.33, 317.11, 20.47, 264.93, 66.26, 5.39,
        0.13, 0.61, 50.65, 40.48, 36.67, 13.09, 1.81, 0.2, 7.6, 2.51, 57.26, 24.32, 6.97,
    ];

    fn highs_and_counts(method: &Method) -> (Vec<f64>, Vec<usize>) {
        let found = classes(&CALEMP, method, 5);
        (found.iter().map(|class| class.high).collect(), found.iter().map(|class| class.count).collect())
    }

    #[test]
    fn the_documented_example_comes_out_as_documented() {
        let limits = quantile_limits(
            &{
                let mut sorted = CALEMP.to_vec();
                sorted.sort_by(f64::total_cmp);
                sorted
            },
            5,
        );
        for (limit, wanted) in limits.iter().zip([1.464, 5.798, 13.278, 54.616, 4111.45]) {
            assert!((limit - wanted).abs() < 1e-9, "{limits:?}");
        }
        assert_eq!(highs_and_counts(&Method::Quantile).1, [12, 11, 12, 11, 12]);
        let (highs, counts) = highs_and_counts(&Method::Equal);
        for (high, wanted) in highs.iter().zip([822.394, 1644.658, 2466.922, 3289.186, 4111.45]) {
            assert!((high - wanted).abs() < 1e-9, "{highs:?}");
        }
        assert_eq!(counts, [57, 0, 0, 0, 1]);
        let (highs, counts) = highs_and_counts(&Method::Jenks);
        assert_eq!(highs, [75.29, 192.05, 370.5, 722.85, 4111.45]);
        assert_eq!(counts, [49, 3, 4, 1, 1]);
        let fixed = Method::Fixed(vec![10.0, 100.0, 1000.0]);
        let (highs, counts) = highs_and_counts(&fixed);
        assert_eq!((highs, counts), (vec![10.0, 100.0, 1000.0, 4111.45], vec![29, 20, 8, 1]));
    }

    #[test]
    fn few_values_make_few_classes() {
        let check = |values: &[f64], method: Method, wanted: &[(f64, f64, usize)]| {
            let found = classes(values, &method, 5);
            let found: Vec<_> = found.iter().map(|class| (class.low, class.high, class.count)).collect();
            assert_eq!(found, wanted, "{values:?} by {method:?}");
        };
        for method in [Method::Quantile, Method::Jenks, Method::Equal] {
            check(&[], method.clone(), &[]);
            check(&[3.0, 3.0, 3.0], method.clone(), &[(3.0, 3.0, 3)]);
            check(&[f64::NAN, 3.0, f64::INFINITY], method, &[(3.0, 3.0, 1)]);
        }
        check(&[1.0, 2.0, 2.0, 2.0, 9.0], Method::Jenks, &[(1.0, 1.0, 1), (2.0, 2.0, 3), (9.0, 9.0, 1)]);
        check(&[5.0], Method::Fixed(vec![]), &[(5.0, 5.0, 1)]);
        check(&[5.0], Method::Fixed(vec![10.0, 20.0]), &[(5.0, 10.0, 1), (10.0, 20.0, 0)]);
    }

    proptest! {
        /// Every value is in exactly one class, classes rise, and equal values are never parted.
        #[test]
        fn classes_part_all_values(values in proptest::collection::vec(-1e6..1e6f64, 1..60), most in 1..8usize, nth in 0..4usize) {
            let method = [Method::Quantile, Method::Jenks, Method::Equal, Method::Fixed(vec![-10.0, 0.0, 500.0])][nth].clone();
            let found = classes(&values, &method, most);
            prop_assert_eq!(found.iter().map(|class| class.count).sum::<usize>(), values.len());
            prop_assert!(nth == 3 || found.len() <= most);
            for pair in found.windows(2) {
                prop_assert!(pair[0].high <= pair[1].low && pair[0].high < pair[1].high, "{found:?}");
            }
            let mut counted = vec![0; found.len()];
            for value in &values {
                counted[class_of(*value, &found)] += 1;
            }
            prop_assert_eq!(counted, found.iter().map(|class| class.count).collect::<Vec<_>>());
        }

        /// No other two-class partition is better than the natural break.
        #[test]
        fn natural_breaks_are_the_best(values in proptest::collection::vec(-1000i32..1000, 2..40)) {
            let mut sorted: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
            sorted.sort_by(f64::total_cmp);
            let spread = |part: &[f64]| {
                let mean = part.iter().sum::<f64>() / part.len() as f64;
                part.iter().map(|value| (value - mean).powi(2)).sum::<f64>()
            };
            let found = classes(&sorted, &Method::Jenks, 2);
            let cut = found[0].count;
            let ours = spread(&sorted[..cut]) + if cut < sorted.len() { spread(&sorted[cut..]) } else { 0.0 };
            for other in 1..sorted.len() {
                prop_assert!(ours <= spread(&sorted[..other]) + spread(&sorted[other..]) + 1e-6);
            }
        }
    }
}
