//! Points between samplers, the log and people.

use serde_json::Value as Json;
use space::{ConfigHash, Point, Space, SpaceError, Stream};
use study::Assignment;

/// A point that was enqueued, whole.
pub(crate) struct Given {
    pub(crate) parameters: Assignment,
    pub(crate) hash: ConfigHash,
}

/// Streams for what enqueued points leave open lie apart from those of samplers.
const ENQUEUED: u64 = u64::MAX;
/// So often what is left open is drawn anew where a space constraint is broken.
const DRAWS: u32 = 1000;

impl Given {
    /// Fills in what a person left open: by the declared defaults, else by a draw that depends on the study's seed
    /// and the entry's number only.
    pub(crate) fn complete(
        space: &Space,
        given: &Assignment,
        seed: u64,
        entry: u64,
    ) -> Result<Self, SpaceError> {
        let partial = space.partial(given)?;
        let mut stream = Stream::new(seed, ENQUEUED, entry);
        let mut draw = |defaults: bool| {
            let point = space.complete_partial(&partial, |i, _| {
                let parameter = &space.parameters()[i];
                let default = parameter.default.clone().filter(|_| defaults);
                default.unwrap_or_else(|| parameter.domain.sample(&mut stream))
            });
            space.validate(&point).map(|()| point)
        };
        // Defaults that break a constraint together give way to draws.
        let mut point = draw(true);
        for _ in 0..DRAWS {
            if point.is_ok() {
                break;
            }
            point = draw(false);
        }
        point.map(|point| Given { parameters: parameters(space, &point), hash: space.hash(&point) })
    }
}

/// The sampled values by path.
pub(crate) fn parameters(space: &Space, point: &Point) -> Assignment {
    let slots = space.parameters().iter().zip(point.iter());
    slots
        .filter_map(|(parameter, slot)| Some((parameter.path.clone(), parameter.domain.to_json(slot?))))
        .collect()
}

/// The point of values by path; what the space does not have is left out.
pub(crate) fn point(space: &Space, parameters: &Assignment) -> Point {
    let mut point = Point::empty(space.parameters().len());
    for (path, value) in parameters {
        if let Some((i, parameter)) = space.index(path).and_then(|i| Some((i, space.parameters().get(i)?))) {
            point.set(i, parameter.domain.from_json(value).ok());
        }
    }
    point
}

/// The stream of a suggestion that nobody prepared: of one name, in one decision.
pub(crate) fn suggestion_stream(seed: u64, decision: u64, name: &str) -> Stream {
    // FNV-1a: any fixed mixing does, since ChaCha makes independent streams of whatever keys.
    let key = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    // The low half of purposes is samplers'.
    Stream::new(seed, key | 1 << 63, decision)
}

/// A value as a person or the log writes it, if the domain has it.
pub(crate) fn fitting(domain: &space::Domain, value: &Json) -> Option<Json> {
    domain.from_json(value).ok().map(|scalar| domain.to_json(&scalar))
}
