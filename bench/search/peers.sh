#!/bin/sh
# Runs the peers, one process at a time, in the order of what is missed most: bench/search/peers.sh FOLDER, where FOLDER
# holds what setup.sh made. What is in results/ is not run again: start it as often as you like.
cd "$(dirname "$0")"
folder=$1
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1
proof() { # family, and what to do
  python=$folder/$1/bin/python
  shift
  if [ -x "$python" ]; then "$python" -m proof "$@"; fi
}
quick="-m random -m optuna-cmaes -m optuna-tpe"

proof optuna run $quick bbob-d20/100 --seeds 0:5
proof optuna run $quick tables/100 hypara/150 --seeds 0:5
proof optuna baseline bbob-d5/300 bbob-d20/300 tables/200 hypara/200
proof rustuna run -m rustuna bbob-d5/300 bbob-d20/300 tables/100 hypara/150
proof hyperopt run -m hyperopt bbob-d5/100
proof optuna run $quick bbob-d20/100 tables/100 hypara/150
proof optuna run -m optuna-cmaes -m random bbob-d5/300 bbob-d20/300
proof hyperopt run -m hyperopt tables/100 hypara/150 bbob-d20/100 --seeds 0:3
proof optuna-gp run -m optuna-gp bbob-d5/50 --seeds 0:2
proof smac run -m smac-forest bbob-d5/100 tables/100 hypara/150 --seeds 0:2
proof optuna baseline bbob-d2/100 bbob-d10/300 mixint-d10/300 digits/100
proof optuna run $quick digits/50
proof rustuna run -m rustuna digits/50
proof hyperopt run -m hyperopt digits/50
proof optuna run $quick mixint-d10/100 bbob-d2/100 bbob-d10/100
proof optuna baseline trees/100
proof optuna run $quick trees/100
proof rustuna run -m rustuna trees/100
proof hyperopt run -m hyperopt trees/100
proof optuna-gp run -m optuna-gp trees/100 --seeds 0:3
proof optuna run -m optuna-tpe bbob-d5/300
proof hebo run -m hebo bbob-d5/50 --seeds 0:4
proof hebo run -m hebo bbob-d5/100 --seeds 0:2
proof optuna-gp run -m optuna-gp bbob-d5/100 bbob-d5/50
proof rustuna run -m rustuna mixint-d10/100 bbob-d2/100 bbob-d10/100
proof hyperopt run -m hyperopt tables/100 hypara/150 bbob-d20/100 mixint-d10/100 bbob-d2/100 bbob-d10/100
proof optuna run -m optuna-tpe bbob-d20/300
proof optuna run -m optuna-tpe bbob-d5/160x8 --seeds 0:5
proof optuna run -m optuna-tpe bbob-d5/1280x64 --seeds 0:1
proof hyperopt run -m hyperopt bbob-d5/300
proof optuna-gp run -m optuna-gp bbob-d20/100 --seeds 0:1
proof smac run -m smac-gp bbob-d5/50 --seeds 0:1
