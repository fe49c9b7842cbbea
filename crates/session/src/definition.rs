//! What a study is made of, and how a changed study file differs from the study in the store.

use search::{Earlier, SamplerSpec};
use serde::Serialize;
use serde_json::Value as Json;
use space::Space;
use spec::{Change, Declaration};
use study::{Enqueued, Judge, Settings, StageRules, Study, StudyCreated};

use crate::SessionError;

/// What a study is made of. All of it is recorded when the study is created.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// Its name, unique in its store.
    pub name: String,
    /// All its randomness follows from it; 0…2⁶³−1.
    pub seed: u64,
    /// Objectives, constraints, stop rules.
    pub settings: Settings,
    /// What is searched; `None` where programs suggest it as they go (define-by-run).
    pub space: Option<Declaration>,
    /// How it is searched.
    pub sampler: SamplerSpec,
    /// What is tried first; `given` is set for each.
    pub points: Vec<Enqueued>,
    /// Earlier studies that shape the start. For a study that exists their names do: what is known of them is recorded.
    pub earlier: Vec<Earlier>,
}

impl Definition {
    /// A study without points to begin with.
    pub fn new(name: impl Into<String>, seed: u64, settings: Settings) -> Self {
        let (space, sampler) = (None, SamplerSpec::default());
        let (points, earlier) = (Vec::new(), Vec::new());
        Definition { name: name.into(), seed, settings, space, sampler, points, earlier }
    }

    pub(crate) fn created(&self) -> Result<StudyCreated, SessionError> {
        Ok(StudyCreated {
            space: self.space.as_ref().map(|space| self.json("space", space)).transpose()?,
            sampler: Some(self.json("sampler", &self.sampler)?),
            earlier: if self.earlier.is_empty() { None } else { Some(self.json("transfer", &self.earlier)?) },
            ..StudyCreated::new(&self.name, self.seed, self.settings.clone())
        })
    }

    /// Whether the rule suits the objectives.
    pub(crate) fn check_pruner(&self) -> Result<(), SessionError> {
        let built = self.settings.pruner.as_ref().map(|spec| crate::verdict::build(spec, &self.settings));
        let named = |source| SessionError::Search { study: self.name.clone(), source };
        built.transpose().map(|_| ()).map_err(named)
    }

    fn json(&self, what: &'static str, value: &impl Serialize) -> Result<Json, SessionError> {
        let named = |source| SessionError::Declaration { study: self.name.clone(), what, source };
        serde_json::to_value(value).map_err(named)
    }

    /// The points to begin with: the defaults, if there are any, then those of the study file. Each is looked at
    /// now, so that a mistake is found before anything runs.
    pub(crate) fn first_points(&self, space: Option<&Space>) -> Result<Vec<Enqueued>, SessionError> {
        let mut points = Vec::with_capacity(self.points.len() + 1);
        if let Some(space) = space {
            let defaults = space.defaults();
            let given = space.parameters().iter().enumerate().filter_map(|(i, parameter)| {
                Some((parameter.path.clone(), parameter.domain.to_json(defaults.get(i)?)))
            });
            let point: serde_json::Map<String, Json> = given.collect();
            if !point.is_empty() {
                points.push(Enqueued { point, given: true, ..Enqueued::default() });
            }
        }
        for entry in &self.points {
            if let Some(space) = space {
                space.partial(&entry.point)?;
            }
            points.push(Enqueued { given: true, ..entry.clone() });
        }
        Ok(points)
    }

    /// How this definition differs from a study that exists.
    ///
    /// # Errors
    /// Where the definition itself is at fault.
    pub fn difference(&self, study: &Study) -> Result<Difference, SessionError> {
        Judge::new(&self.settings)?;
        let created = self.created()?;
        let mut difference = Difference::default();
        let refused = &mut difference.refused;
        note(refused, "seed", &study.seed(), &self.seed);
        let (was, is) = (study.space(), created.space.as_ref());
        note(refused, "space", &part(was, "parameters"), &part(is, "parameters"));
        note(refused, "space_constraint", &part(was, "constraints"), &part(is, "constraints"));
        note_method(refused, "sampler", &study.sampler(), &created.sampler.as_ref());
        let earlier = earlier(study)?;
        note(refused, "transfer", &names(&earlier), &names(&self.earlier));
        let (was, is) = (study.settings(), &self.settings);
        note(refused, "objective", &was.objectives, &is.objectives);
        note(refused, "constraint", &was.constraints, &is.constraints);
        note(refused, "cost", &was.cost, &is.cost);
        note(refused, "repeat", &was.repeat, &is.repeat);
        note(refused, "stage", &shape(&was.stages), &shape(&is.stages));
        note_method(refused, "pruner", &was.pruner, &is.pruner);
        note(refused, "lag", &was.lag, &is.lag);
        note(refused, "duplicates", &was.duplicates, &is.duplicates);
        let applied = &mut difference.applied;
        note(applied, "stop", &was.stop, &is.stop);
        if difference.refused.iter().all(|change| change.topic() != "stage") {
            note(applied, "stage", &was.stages, &is.stages);
        }
        Ok(difference)
    }
}

/// The earlier studies that shape the start of a study, as they are recorded.
pub(crate) fn earlier(study: &Study) -> Result<Vec<Earlier>, SessionError> {
    let Some(json) = study.transfer() else { return Ok(Vec::new()) };
    serde::Deserialize::deserialize(json).map_err(|source| SessionError::Declaration {
        study: study.name().to_owned(),
        what: "transfer",
        source,
    })
}

fn names(earlier: &[Earlier]) -> Vec<&str> {
    earlier.iter().map(|earlier| earlier.from.as_str()).collect()
}

/// What of a stage a study is bound to: its name and place, and whether it runs once. How often it is tried is not.
#[derive(PartialEq, Serialize)]
struct Shape<'a> {
    name: &'a str,
    once: bool,
}

fn shape(stages: &[StageRules]) -> Vec<Shape<'_>> {
    stages.iter().map(|stage| Shape { name: &stage.name, once: stage.once }).collect()
}

/// A part of a recorded space.
fn part<'a>(space: Option<&'a Json>, key: &str) -> Option<&'a Json> {
    space?.get(key)
}

fn note<T: Serialize + PartialEq>(changes: &mut Vec<Change>, key: &str, was: &T, is: &T) {
    if was != is {
        let json = |value: &T| serde_json::to_value(value).ok().filter(|json| !json.is_null());
        changes.extend(spec::compare(key, json(was).as_ref(), json(is).as_ref()));
    }
}

/// As [`note`], of what is told apart by its name: the options of another one say nothing.
fn note_method<T: Serialize + PartialEq>(changes: &mut Vec<Change>, key: &str, was: &T, is: &T) {
    let mut found = Vec::new();
    note(&mut found, key, was, is);
    let name = found.iter().position(|change| change.key == format!("{key}.name"));
    match name {
        Some(index) => changes.push(found.swap_remove(index)),
        None => changes.append(&mut found),
    }
}

/// How a study file differs from the study of its name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference {
    /// What can change while a study runs: [`Session::change_settings`](crate::Session::change_settings) applies it.
    pub applied: Vec<Change>,
    /// What cannot: another study is another name.
    pub refused: Vec<Change>,
}
