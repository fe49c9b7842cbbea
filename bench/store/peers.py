"""Trials asked and told per second: ravine beside Optuna's RDB (SQLite) and JournalStorage, in one run.

Every system keeps its own defaults of safety; ravine syncs every ending. See README.md for how to run it.
"""

import argparse
import json
import logging
import pathlib
import shutil
import subprocess
import threading
import time

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend

SPACE = {f"f{i}": FloatDistribution(0.0, 1.0) for i in range(5)}
SPACE |= {f"l{i}": FloatDistribution(1e-5, 1e-1, log=True) for i in range(2)}
SPACE |= {f"i{i}": IntDistribution(1, 100) for i in range(2)}
SPACE |= {"c": CategoricalDistribution(["a", "b", "c", "d", "e"])}

SAMPLERS = {
    "random": lambda: optuna.samplers.RandomSampler(seed=7),
    "tpe": lambda: optuna.samplers.TPESampler(seed=7, multivariate=True, constant_liar=True),
}


def storage(kind, folder, name):
    if kind == "rdb":
        return RDBStorage(f"sqlite:///{folder}/{name}.db")
    return JournalStorage(JournalFileBackend(f"{folder}/{name}.log"))


def measure(kind, folder, sampler, clients, seconds):
    """Trials per second of so many threads on one study."""
    study = optuna.create_study(
        storage=storage(kind, folder, f"{kind}-{sampler}-{clients}"), sampler=SAMPLERS[sampler]()
    )
    told = [0] * clients
    began = time.perf_counter()

    def client(number):
        while time.perf_counter() - began < seconds:
            trial = study.ask(SPACE)
            study.tell(trial, sum((trial.params[f"f{i}"] - 0.3) ** 2 for i in range(5)))
            told[number] += 1

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(told) / (time.perf_counter() - began)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", help="the ravine-bench-store program, built with --release")
    parser.add_argument("--folder", default="bench-store.tmp", help="on the disk to be measured; made and removed")
    parser.add_argument("--seconds", type=int, default=5, help="for each measurement")
    arguments = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logging.disable(logging.WARNING)
    folder = pathlib.Path(arguments.folder).resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)

    def ravine():
        command = [arguments.program, "throughput", str(folder), str(arguments.seconds)]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])

    try:
        # Before and after the peers, so that a disk whose mood changes is seen.
        before = ravine()
        peers = {
            (kind, sampler, clients): measure(kind, folder, sampler, clients, arguments.seconds)
            for kind in ("rdb", "journal")
            for sampler in SAMPLERS
            for clients in (1, 8)
        }
        after = ravine()
    finally:
        shutil.rmtree(folder, ignore_errors=True)

    for when, rates in (("before", before), ("after", after)):
        print(f"fdatasync {when} the peers: {rates['fdatasync_seconds'] * 1e6:.0f} µs (median, 4 KiB)")
    print(f"{'':42} {'ravine':>15} {'optuna rdb':>12} {'journal':>9} {'× rdb':>8} {'× journal':>9}")
    for name in (name for name in before if name != "fdatasync_seconds"):
        sampler, clients = name.split(",")[0], int(name.split(", ")[-1].split()[0])
        rdb, journal = peers["rdb", sampler, clients], peers["journal", sampler, clients]
        low, high = sorted((before[name], after[name]))
        print(f"{name:42} {low:7.0f}–{high:<7.0f} {rdb:12.1f} {journal:9.1f} {low / rdb:8.0f} {low / journal:9.0f}")


if __name__ == "__main__":
    main()
