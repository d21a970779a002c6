//! Why a payment was not approved: the features that pushed its score up most.

use serde::Serialize;

use crate::features::COUNT;

/// What a feature stands for, for those who are told a reason. A code is never given another meaning.
struct Meaning {
    code: &'static str,
    feature: &'static str,
    text: &'static str,
}

/// In the order of the features.
const MEANINGS: [Meaning; COUNT] = [
    Meaning {
        code: "R01",
        feature: "amount_eur",
        text: "The amount of the payment is unusual.",
    },
    Meaning {
        code: "R02",
        feature: "amount_to_mean",
        text: "The amount is unusual for this card.",
    },
    Meaning {
        code: "R03",
        feature: "local_hour",
        text: "The time of day is unusual.",
    },
    Meaning {
        code: "R04",
        feature: "weekday",
        text: "The day of the week is unusual.",
    },
    Meaning {
        code: "R05",
        feature: "mcc",
        text: "The merchant's line of business carries a higher risk.",
    },
    Meaning {
        code: "R06",
        feature: "entry_mode",
        text: "The way in which the card was read or entered carries a higher risk.",
    },
    Meaning {
        code: "R07",
        feature: "cross_border",
        text: "The merchant's country and the cardholder's together carry a higher risk.",
    },
    Meaning {
        code: "R08",
        feature: "distance_km",
        text: "The merchant's distance from the cardholder's home is unusual.",
    },
    Meaning {
        code: "R09",
        feature: "device_known",
        text: "The device, or that none is known, carries a higher risk.",
    },
    Meaning {
        code: "R10",
        feature: "chargeback_pct",
        text: "The merchant's share of chargebacks carries a higher risk.",
    },
    Meaning {
        code: "R11",
        feature: "count_1h",
        text: "The number of payments with this card within an hour is unusual.",
    },
    Meaning {
        code: "R12",
        feature: "sum_1h_eur",
        text: "The sum paid with this card within an hour is unusual.",
    },
    Meaning {
        code: "R13",
        feature: "count_24h",
        text: "The number of payments with this card within 24 hours is unusual.",
    },
    Meaning {
        code: "R14",
        feature: "sum_24h_eur",
        text: "The sum paid with this card within 24 hours is unusual.",
    },
    Meaning {
        code: "R15",
        feature: "minutes_since_last",
        text: "The time since this card's last payment is unusual.",
    },
];

/// One feature that spoke for fraud.
#[derive(Debug, PartialEq, Serialize)]
pub struct Reason {
    code: &'static str,
    feature: &'static str,
    text: &'static str,
    /// What it added to the margin.
    contribution: f32,
}

/// The features that pushed the margin up, the strongest first, at most so many. `contributions` are the features' in their order.
pub fn strongest(contributions: &[f32], most: usize) -> Vec<Reason> {
    let named = MEANINGS.iter().zip(contributions);
    let mut reasons: Vec<Reason> = named
        .filter(|(_, contribution)| **contribution > 0.0)
        .map(|(meaning, contribution)| Reason {
            code: meaning.code,
            feature: meaning.feature,
            text: meaning.text,
            contribution: *contribution,
        })
        .collect();
    reasons.sort_by(|a, b| b.contribution.total_cmp(&a.contribution));
    reasons.truncate(most);
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_meaning_stands_where_the_models_feature_does() {
        let names: Vec<String> = MEANINGS
            .iter()
            .map(|meaning| format!("\"{}\"", meaning.feature))
            .collect();
        let model = include_str!("../../fraud/fraud.json");
        let expected = format!("\"feature_names\":[{}]", names.join(","));
        assert!(model.contains(&expected), "{expected}");
    }

    #[test]
    fn codes_are_given_once() {
        let mut codes: Vec<_> = MEANINGS.iter().map(|meaning| meaning.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), COUNT);
    }

    #[test]
    fn only_what_speaks_for_fraud_is_a_reason_and_the_strongest_comes_first() {
        let mut contributions = [-1.0; COUNT];
        contributions[3] = 0.5;
        contributions[7] = 0.0;
        contributions[8] = f32::NAN;
        contributions[14] = 2.0;
        let features = |most| -> Vec<_> {
            let reasons = strongest(&contributions, most);
            reasons.iter().map(|reason| reason.feature).collect()
        };
        assert_eq!(features(3), ["minutes_since_last", "weekday"]);
        assert_eq!(features(1), ["minutes_since_last"]);
    }
}
