//! Names in `[stop] when`, and of the cost, that no trial measures: most often misspelt, and then the study would never end
//! by them, or costs not count. It is said once, after the first complete trial.

use study::{Study, Unmeasured};

/// What was looked at.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// The conditions and the cost as they were then.
    seen: Option<(Vec<String>, Option<String>)>,
}

impl Watch {
    /// What a person should know, once for each set of conditions.
    pub(crate) fn tick(&mut self, study: &Study) -> Vec<String> {
        let settings = study.settings();
        let names = (settings.stop.when.clone(), settings.cost.clone());
        if study.counts().complete == 0 || self.seen.as_ref() == Some(&names) {
            return Vec::new();
        }
        self.seen = Some(names);
        study.unmeasured().iter().map(told).collect()
    }
}

fn told(Unmeasured { condition, name, nearest }: &Unmeasured) -> String {
    let meant = nearest.as_ref().map(|nearest| format!("; did you mean `{nearest}`?")).unwrap_or_default();
    match condition {
        Some(place) => {
            format!("stop.when[{place}]: no trial has measured `{name}`, so it cannot hold{meant}")
        }
        None => format!("cost: no trial has measured `{name}`, so no trial costs more than another{meant}"),
    }
}

#[cfg(test)]
mod tests {
    use study::{
        DecisionId, EventBody, Real, Settings, StopRules, StudyCreated, TrialCreated, TrialEnded, TrialId,
    };

    use super::*;

    /// A study with a condition, and so many complete trials that measured `madd`.
    fn study(when: &str, trials: u64) -> Study {
        let stop = StopRules { when: vec![when.to_owned()], ..StopRules::default() };
        of(Settings { stop, ..Settings::default() }, trials)
    }

    fn of(settings: Settings, trials: u64) -> Study {
        let mut bodies = vec![EventBody::StudyCreated(StudyCreated::new("test", 1, settings))];
        for number in 0..trials {
            let (trial, decision) = (TrialId(number), DecisionId(number));
            let metrics = [("madd".to_owned(), Real(1.0))].into_iter().collect();
            bodies.extend([
                EventBody::TrialCreated(TrialCreated::sampled(trial, decision, Default::default())),
                EventBody::TrialEnded(TrialEnded { metrics, ..TrialEnded::complete(trial, [1.0]) }),
            ]);
        }
        Study::of(bodies).unwrap()
    }

    #[test]
    fn a_misspelt_metric_in_a_stop_condition_is_told_once_after_the_first_complete_trial() {
        let mut watch = Watch::default();
        assert!(watch.tick(&study("max(mad) > 200", 0)).is_empty(), "nothing is known yet");
        let want = "stop.when[0]: no trial has measured `mad`, so it cannot hold; did you mean `madd`?";
        assert_eq!(watch.tick(&study("max(mad) > 200", 1)), [want]);
        assert!(watch.tick(&study("max(mad) > 200", 2)).is_empty(), "once");
        assert!(watch.tick(&study("max(madd) > 200", 2)).is_empty(), "that is measured");
    }

    #[test]
    fn a_misspelt_cost_is_told() {
        let costly = |cost: &str| of(Settings { cost: Some(cost.to_owned()), ..Settings::default() }, 1);
        let want =
            "cost: no trial has measured `mad`, so no trial costs more than another; did you mean `madd`?";
        assert_eq!(Watch::default().tick(&costly("mad")), [want]);
        assert!(Watch::default().tick(&costly("madd")).is_empty());
    }
}
