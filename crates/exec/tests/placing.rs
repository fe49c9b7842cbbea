//! What a run is given of its machine, and the folders that it starts from.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says so where it cannot go on")]

mod common;

use std::fs;
use std::path::PathBuf;

use common::{Study, id};
use ravine_exec::{Executor, Gpus, RunNews, layout};
use study::How;

#[test]
fn a_run_is_bound_to_its_cores_with_all_it_starts_and_the_next_one_is_free() {
    let mut study = Study::new();
    let show = "grep Cpus_allowed_list /proc/self/status | cut -f2";
    let order = study.shell(0, show);
    study.run(order);
    let all = study.read(0, "stdout.log");
    let first: u32 = all.split(['-', ',', '\n']).next().unwrap().parse().unwrap();
    let mut order = study.shell(1, &format!("sh -c \"{show}\""));
    order.cores = vec![first];
    study.run(order);
    assert_eq!(study.read(1, "stdout.log"), format!("{first}\n"));
    let order = study.shell(2, show);
    study.run(order);
    assert_eq!(study.read(2, "stdout.log"), all);
}

#[test]
fn a_core_that_is_not_there_is_not_the_configurations_fault() {
    let mut study = Study::new();
    let mut order = study.shell(0, "true");
    order.cores = vec![4999];
    let (ended, _) = study.run(order);
    assert_eq!(ended.end.how, How::Killed);
    let why = ended.end.message.unwrap();
    assert!(
        why.starts_with("cannot bind it to its cores: core 4999 is not among those it may use: 0"),
        "{why}"
    );
}

#[test]
fn a_run_sees_its_gpus_and_none_where_it_asked_for_none() {
    let mut study = Study::new();
    let show =
        "echo \"$CUDA_VISIBLE_DEVICES|$HIP_VISIBLE_DEVICES|$RAVINE_GPU_SHARE|${CUDA_VISIBLE_DEVICES-unset}\"";
    let mut order = study.shell(0, show);
    order.gpus = Some(Gpus { indices: vec![1], share: 0.5 });
    study.run(order);
    assert_eq!(study.read(0, "stdout.log"), "1|1|0.5|1\n");
    let mut order = study.shell(1, show);
    order.gpus = Some(Gpus { indices: Vec::new(), share: 0.0 });
    study.run(order);
    assert_eq!(study.read(1, "stdout.log"), "||0|\n");
}

/// The checkpoint of another trial.
fn parent(study: &Study) -> PathBuf {
    let folder = layout::checkpoint(study.directory(7).parent().unwrap());
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("weights"), "1 2 3").unwrap();
    folder
}

#[test]
fn a_run_starts_from_its_parents_folders_once() {
    let mut study = Study::new();
    let from = parent(&study);
    let to = layout::checkpoint(study.directory(0).parent().unwrap());
    let missing = study.path().join("missing");
    let script = format!("cat {0}/weights; echo changed > {0}/weights", to.display());
    let mut order = study.shell(0, &script);
    order.folders = vec![to.clone()];
    order.inherit = vec![(from.clone(), to.clone()), (missing.clone(), study.path().join("nowhere"))];
    let (ended, _) = study.run(order.clone());
    assert_eq!(ended.end.how, How::Ok, "{ended:?}");
    assert_eq!(study.read(0, "stdout.log"), "1 2 3");
    // The parent keeps its own.
    assert_eq!(fs::read_to_string(from.join("weights")).unwrap(), "1 2 3");
    // A second attempt goes on from the first one's.
    order.id.run.attempt = 1;
    order.directory = layout::attempt(order.directory.parent().unwrap(), 1);
    let second = order.directory.clone();
    study.run(order);
    assert_eq!(fs::read_to_string(second.join("stdout.log")).unwrap(), "changed\n");
}

#[test]
fn a_folder_that_cannot_be_copied_is_not_the_configurations_fault() {
    let mut study = Study::new();
    let from = parent(&study);
    fs::write(study.path().join("file"), "").unwrap();
    let mut order = study.shell(0, "true");
    order.inherit = vec![(from, study.path().join("file/checkpoint"))];
    let (ended, _) = study.run(order);
    assert_eq!(ended.end.how, How::Killed);
    assert!(ended.end.message.unwrap().starts_with("cannot copy "));
}

#[test]
fn others_go_on_while_folders_are_copied_and_a_copying_can_be_stopped() {
    let mut study = Study::new();
    let from = parent(&study);
    let big = fs::File::create(from.join("big")).unwrap();
    // Without contents on the disk, but as long to read as any.
    big.set_len(1 << 30).unwrap();
    let to = layout::checkpoint(study.directory(0).parent().unwrap());
    let mut order = study.shell(0, "true");
    order.inherit = vec![(from, to.clone())];
    study.local.start(order);
    let order = study.shell(1, "true");
    study.local.start(order);
    // All three words at once: whoever copied while the others wait would have copied it all.
    study.local.stop(id(0), How::Pruned, Some("enough".into()));
    let (ended, news) = study.until_ended(id(0));
    assert!(!news.iter().any(|news| matches!(news, RunNews::Started { .. })), "{news:?}");
    assert_eq!((ended.end.how, ended.end.message.as_deref()), (How::Pruned, Some("enough")));
    assert!(!to.exists());
}
