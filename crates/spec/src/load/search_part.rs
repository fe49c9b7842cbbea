//! What to search and how: the space, the points to start with, the sampler.

use std::sync::Arc;

use search::SamplerSpec;
use space::{Json, PartialPoint, Size, Space, SpaceError, Stream};
use study::{Judge, Settings};

use super::Loader;
use crate::diagnostic::Diagnostic;
use crate::file::{File, PointForm};
use crate::study_file::{Declaration, GivenPoint};

impl Loader<'_> {
    pub(super) fn space(&mut self, file: &File) -> Option<(Arc<Space>, Declaration)> {
        if self.is_broken("space") {
            return None;
        }
        if file.space.is_empty() {
            let help = "for example `lr = { float = [1e-5, 1e-1], log = true }`";
            let problem = match self.root.get("space") {
                Some(entry) => Diagnostic::error(entry.key.clone(), "[space] names no parameter"),
                None => Diagnostic::whole("the file has no [space]: what can be tried?"),
            };
            self.problems.push(problem.help(help));
            return None;
        }
        let constraints = file.space_constraint.iter().map(|constraint| constraint.expr.clone()).collect();
        let declaration = Declaration { parameters: file.space.clone(), constraints };
        match declaration.build() {
            Ok(space) if space.size() == Size::Finite(0u32.into()) => {
                let message = "no configuration keeps the space constraints";
                let problem = Diagnostic::error(self.at("space_constraint[0].expr"), message);
                self.problems.push(problem.help("loosen them, or widen what the parameters can be"));
                None
            }
            Ok(space) => {
                self.tied(&space);
                Some((Arc::new(space), declaration))
            }
            Err(errors) => {
                // What could not be read was told; it stands as a table that says nothing.
                let told = |error: &SpaceError| self.is_broken(&error.path);
                let errors: Vec<_> = errors.into_iter().filter(|error| !told(error)).collect();
                for error in errors {
                    let span = self.inside(&error.path, error.span.as_ref());
                    self.problems.push(Diagnostic::error(span, error.message).maybe_help(error.hint));
                }
                None
            }
        }
    }

    /// A trial whose tied values cannot be computed fails; one that is found by trying is told before.
    fn tied(&mut self, space: &Space) {
        let points = self.tried(space);
        let errors: Vec<_> = points.iter().filter_map(|point| space.check_tied(point).err()).collect();
        let Some(first) = errors.first() else { return };
        let share = format!("{} of {} configurations drawn", errors.len(), points.len());
        let span = self.inside(&format!("space.{}.expr", first.path), first.span.as_ref());
        let message = format!("`{}` cannot be computed in {share}: {}", first.path, first.message);
        let problem = match errors.len() == points.len() {
            true => Diagnostic::error(span, message),
            false => Diagnostic::warning(span, message)
                .help("such trials fail; exclude them by a space constraint"),
        };
        self.problems.push(problem);
    }

    pub(super) fn points(
        &mut self,
        points: Vec<PointForm>,
        space: &Space,
        settings: &Settings,
    ) -> Vec<GivenPoint> {
        let judge = Judge::new(settings).ok();
        for (i, point) in points.iter().enumerate() {
            if let Err(error) = space.partial(&point.params).and_then(|partial| whole(space, &partial)) {
                let path = format!("point[{i}].params.{}", error.path);
                // What names nothing is underlined itself, not its value.
                let key = self
                    .root
                    .find(&path)
                    .key
                    .filter(|_| !space.names().any(|name| name == error.path))
                    .cloned();
                let span = key.unwrap_or_else(|| self.at(&path));
                self.problems.push(Diagnostic::error(span, error.message).maybe_help(error.hint));
            }
            let Some(result) = &point.result else { continue };
            let at = self.at(&format!("point[{i}].result"));
            if result.is_empty() {
                self.problems.push(Diagnostic::error(at, "this result names no metric"));
            } else if let Some(Err(error)) = judge.as_ref().map(|judge| judge.judge(&study::told(result))) {
                self.problems.push(Diagnostic::error(at, format!("this result gives no value: {error}")));
            }
        }
        points.into_iter().map(|PointForm { params, result }| GivenPoint { params, result }).collect()
    }

    pub(super) fn transfer(&mut self, from: &[String], sampler: &SamplerSpec) {
        for (i, folder) in from.iter().enumerate() {
            if folder.trim().is_empty() || from[..i].contains(folder) {
                let message = "an earlier study is named once, by its folder";
                let problem = Diagnostic::error(self.at(&format!("transfer.from[{i}]")), message);
                self.problems.push(problem.help("write it as `from = [\"runs/digits-small\"]`"));
            }
        }
        if !from.is_empty() && matches!(sampler, SamplerSpec::Fixed(_)) {
            let message =
                "the sampler `fixed` tries exactly its points, so earlier studies have no say in it";
            self.problems.push(Diagnostic::error(self.at("transfer"), message).help("leave [transfer] out"));
        }
    }

    pub(super) fn sampler(
        &mut self,
        table: Option<&Json>,
        space: &Arc<Space>,
        objectives: usize,
    ) -> Option<SamplerSpec> {
        let Some(table) = table else { return Some(SamplerSpec::default()) };
        let spec = self.options::<SamplerSpec>("sampler", "auto", table)?;
        if let Err(error) = search::build(&spec, Arc::clone(space), objectives.max(1)) {
            let problem = self.unsuitable("sampler", error.to_string());
            self.problems.push(problem);
            return None;
        }
        self.beginning(&spec, space);
        Some(spec)
    }

    /// Where `cmaes` is told to begin is a place in the space, exactly.
    fn beginning(&mut self, spec: &SamplerSpec, space: &Space) {
        let SamplerSpec::Cmaes(options) = spec else { return };
        let start = [("start".to_owned(), &options.start)].into_iter();
        let promising = options.promising.iter().enumerate().map(|(i, at)| (format!("promising[{i}]"), at));
        for (option, values) in start.chain(promising) {
            for (path, value) in values {
                let Some(slot) = space.index(path) else { continue };
                let domain = &space.parameters()[slot].domain;
                if let Err(error) = domain.from_json(value) {
                    let at = self.at(&format!("sampler.{option}.{path}"));
                    self.problems.push(Diagnostic::error(at, format!("{path}: {error}")));
                }
            }
        }
    }
}

/// A point that leaves nothing open must keep the space constraints.
fn whole(space: &Space, partial: &PartialPoint) -> Result<(), SpaceError> {
    let mut open = false;
    let mut stream = Stream::new(0, 0, 0);
    let point = space.complete_partial(partial, |i, _| {
        open = true;
        space.parameters()[i].domain.sample(&mut stream)
    });
    if open { Ok(()) } else { space.validate(&point) }
}
