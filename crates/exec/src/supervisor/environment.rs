//! What a run finds in its environment.

use std::ffi::{CStr, CString};

use crate::layout;
use crate::order::RunOrder;

/// How many threads the usual libraries start, unless told otherwise: as many as the machine has cores, in each run.
const THREAD_COUNTS: [&str; 9] = [
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "JULIA_NUM_THREADS",
];

/// Which GPUs CUDA and HIP see.
const VISIBLE_GPUS: [&str; 3] = ["CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "RAVINE_GPUS"];

/// Without it CUDA counts the fastest GPU first, and its numbers are not those of `nvidia-smi`.
const GPU_ORDER: (&str, &str) = ("CUDA_DEVICE_ORDER", "PCI_BUS_ID");

/// What ravine says to all runs alike: where programs look for their modules.
const SHARED: [&str; 2] = ["RAVINE_BASE_DIR", "RAVINE_IMPORT_PATH"];

/// The environment of a client: what its runs start from.
#[derive(Default)]
pub(super) struct Base(Vec<CString>);

impl Base {
    /// Of names and values; what cannot be in an environment is left out.
    pub(super) fn new(variables: Vec<(String, String)>) -> Self {
        Base(variables.into_iter().filter_map(|(name, value)| variable(&name, &value)).collect())
    }

    /// Whether a variable is set.
    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|variable| name_of(variable) == name.as_bytes())
    }

    /// The environment of a run: `own` (see [`own`]) before what is inherited.
    pub(super) fn with<'a>(&'a self, own: &'a [CString]) -> Vec<&'a CStr> {
        let inherited =
            self.0.iter().filter(|inherited| !own.iter().any(|own| name_of(own) == name_of(inherited)));
        own.iter().chain(inherited).map(CString::as_c_str).collect()
    }
}

/// What a run gets of its own: what the order says, where its files are, and settings that make programs behave, unless
/// somebody has set them.
pub(super) fn own(order: &RunOrder, base: &Base, study: &str) -> Result<Vec<CString>, String> {
    let mut own = Vec::with_capacity(order.environment.len() + 16);
    for (name, value) in &order.environment {
        let unusable = || format!("`{}` cannot be an environment variable", name.escape_debug());
        own.push(variable(name, value).ok_or_else(unusable)?);
    }
    let said = own.len();
    let mut add = |name: &str, value: &str| {
        let told = own[..said].iter().any(|variable| name_of(variable) == name.as_bytes());
        if !told {
            own.extend(variable(name, value));
        }
    };
    let directory = order.directory.to_string_lossy();
    add("RAVINE_RUN", &format!("{study}/{}", order.id));
    add("RAVINE_RUN_DIR", &directory);
    add("RAVINE_REPORT", &format!("{directory}/{}", layout::INBOX));
    if order.config.is_some() {
        add("RAVINE_CONFIG", &format!("{directory}/{}", layout::CONFIG));
    }
    // Python keeps what it prints for a while when it prints to a file; reports are to arrive at once.
    if !base.has("PYTHONUNBUFFERED") {
        add("PYTHONUNBUFFERED", "1");
    }
    let cpus = order.cpus.max(1).to_string();
    add("RAVINE_CPUS", &cpus);
    if let Some(gpus) = &order.gpus {
        let indices: Vec<String> = gpus.indices.iter().map(u32::to_string).collect();
        let indices = indices.join(",");
        // Set and empty hides them all: a run takes nothing that it did not ask for.
        for name in VISIBLE_GPUS {
            add(name, &indices);
        }
        add("RAVINE_GPU_SHARE", &gpus.share.to_string());
        if !base.has(GPU_ORDER.0) {
            add(GPU_ORDER.0, GPU_ORDER.1);
        }
    }
    for name in THREAD_COUNTS {
        if !base.has(name) {
            add(name, &cpus);
        }
    }
    Ok(own)
}

/// Of an environment what all runs of a stage have: what a program that is shared by them may be started with.
pub(super) fn lasting(environment: &[&CStr]) -> Vec<CString> {
    let is_own = |variable: &CStr| {
        let name = name_of(variable);
        let is_said = name.starts_with(b"RAVINE_") && !SHARED.iter().any(|shared| shared.as_bytes() == name);
        is_said || VISIBLE_GPUS.iter().any(|gpus| gpus.as_bytes() == name)
    };
    environment.iter().filter(|variable| !is_own(variable)).map(|&variable| variable.to_owned()).collect()
}

/// The value of a variable.
pub(super) fn get<'a>(environment: &[&'a CStr], name: &str) -> Option<&'a CStr> {
    let variable = environment.iter().find(|variable| name_of(variable) == name.as_bytes())?;
    CStr::from_bytes_with_nul(variable.to_bytes_with_nul().get(name.len() + 1..)?).ok()
}

fn variable(name: &str, value: &str) -> Option<CString> {
    if name.is_empty() || name.contains('=') {
        return None;
    }
    CString::new(format!("{name}={value}")).ok()
}

fn name_of(variable: &CStr) -> &[u8] {
    let bytes = variable.to_bytes();
    memchr::memchr(b'=', bytes).map_or(bytes, |end| &bytes[..end])
}

#[cfg(test)]
mod tests {
    use search::TrialId;
    use study::RunKey;

    use super::*;
    use crate::order::{Command, Gpus, RunId};

    fn shown(order: &RunOrder, base: &Base) -> Vec<String> {
        let own = own(order, base, "s").unwrap();
        base.with(&own).iter().map(|variable| variable.to_str().unwrap().to_owned()).collect()
    }

    fn order() -> RunOrder {
        let id = RunId { run: RunKey::first(TrialId(3)), epoch: 1 };
        RunOrder::new(id, "/d".into(), Command::Shell(String::new()))
    }

    #[test]
    fn what_the_order_says_wins_over_what_is_inherited() {
        let base = Base::new(vec![("A".into(), "1".into()), ("B".into(), "2".into())]);
        let mut order = order();
        order.environment = vec![("A".into(), "new".into()), ("RAVINE_RUN_DIR".into(), "mine".into())];
        let shown = shown(&order, &base);
        for want in ["A=new", "B=2", "RAVINE_RUN_DIR=mine", "RAVINE_RUN=s/3/0/0/0@1", "PYTHONUNBUFFERED=1"] {
            assert!(shown.iter().any(|variable| variable == want), "{want} in {shown:?}");
        }
        assert!(!shown.iter().any(|variable| variable == "A=1"));
    }

    #[test]
    fn thread_counts_are_the_runs_cpus_unless_the_user_set_them() {
        let base = Base::new(vec![("OMP_NUM_THREADS".into(), "7".into())]);
        let mut order = order();
        order.cpus = 3;
        let shown = shown(&order, &base);
        assert!(shown.contains(&"OMP_NUM_THREADS=7".to_owned()));
        assert!(!shown.contains(&"OMP_NUM_THREADS=3".to_owned()));
        assert!(shown.contains(&"MKL_NUM_THREADS=3".to_owned()));
    }

    #[test]
    fn a_run_sees_the_gpus_that_it_was_given_and_no_others() {
        let base = Base::new(vec![("CUDA_VISIBLE_DEVICES".into(), "0,1,2,3".into())]);
        let mut order = order();
        assert!(shown(&order, &base).contains(&"CUDA_VISIBLE_DEVICES=0,1,2,3".to_owned()));
        order.gpus = Some(Gpus { indices: vec![2, 3], share: 1.0 });
        let some = shown(&order, &base);
        for want in
            ["CUDA_VISIBLE_DEVICES=2,3", "HIP_VISIBLE_DEVICES=2,3", "RAVINE_GPUS=2,3", "RAVINE_GPU_SHARE=1"]
        {
            assert!(some.iter().any(|variable| variable == want), "{want} in {some:?}");
        }
        order.gpus = Some(Gpus { indices: Vec::new(), share: 0.0 });
        let none = shown(&order, &base);
        assert!(none.contains(&"CUDA_VISIBLE_DEVICES=".to_owned()), "{none:?}");
        assert!(none.contains(&"HIP_VISIBLE_DEVICES=".to_owned()), "{none:?}");
    }

    #[test]
    fn what_runs_of_a_stage_have_in_common_says_nothing_of_one_of_them() {
        let base = Base::new(vec![("A".into(), "1".into()), ("RAVINE_IMPORT_PATH".into(), "/lib".into())]);
        let mut order = order();
        order.environment = vec![("RAVINE_TRIAL".into(), "3".into()), ("B".into(), "2".into())];
        order.gpus = Some(Gpus { indices: vec![2], share: 1.0 });
        let own = own(&order, &base, "s").unwrap();
        let lasting = lasting(&base.with(&own));
        let names: Vec<_> =
            lasting.iter().map(|variable| String::from_utf8_lossy(name_of(variable))).collect();
        assert!(
            ["A", "B", "RAVINE_IMPORT_PATH", "OMP_NUM_THREADS"]
                .iter()
                .all(|want| names.contains(&(*want).into()))
        );
        let told =
            |name: &&std::borrow::Cow<'_, str>| name.starts_with("RAVINE_") || name.ends_with("DEVICES");
        assert_eq!(names.iter().filter(told).collect::<Vec<_>>(), ["RAVINE_IMPORT_PATH"]);
    }

    #[test]
    fn a_name_that_cannot_be_one_is_refused() {
        let mut order = order();
        order.environment = vec![("A=B".into(), "1".into())];
        assert!(own(&order, &Base::default(), "s").unwrap_err().contains("`A=B`"));
    }
}
