#!/bin/sh
# Runs the peers, one process at a time, in the order of what is missed most: bench/search/peers.sh FOLDER, where FOLDER
# holds what setup.sh made. What is in results/ is not run again: start it as often as you like.
cd "$(dirname "$0")"
folder=$1
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1
run() { # family suite method budget seeds [more]
  python=$folder/$1/bin/python
  shift
  [ -x "$python" ] && "$python" -m proof run "$1" "$2" --budget "$3" --seeds "$4" $5 $6
}
quick() { # suite budget: the methods of which an ask takes milliseconds
  run optuna "$1" random "$2" 0:15
  run optuna "$1" optuna-cmaes "$2" 0:15
  run rustuna "$1" rustuna "$2" 0:15
}
base() { "$folder/optuna/bin/python" -m proof baseline "$1" --budget "$2"; }

base bbob-d5 300
quick bbob-d5 300
run optuna bbob-d5 optuna-tpe 100 0:15
run hyperopt bbob-d5 hyperopt 100 0:15
base bbob-d20 300
run optuna bbob-d20 random 300 0:15
run optuna bbob-d20 optuna-cmaes 300 0:15
base tables 200
base hypara 200
quick tables 100
quick hypara 150
run optuna bbob-d20 optuna-tpe 100 0:15
run optuna tables optuna-tpe 100 0:15
run optuna hypara optuna-tpe 150 0:15
run rustuna bbob-d20 rustuna 300 0:15
run optuna-gp bbob-d5 optuna-gp 50 0:2
run hyperopt tables hyperopt 100 0:5
run hyperopt hypara hyperopt 150 0:5
run hyperopt bbob-d20 hyperopt 100 0:3
run smac bbob-d5 smac-forest 100 0:3
base bbob-d10 300
base bbob-d2 100
base mixint-d10 300
quick mixint-d10 100
quick bbob-d2 100
quick bbob-d10 300
run optuna mixint-d10 optuna-tpe 100 0:15
run optuna bbob-d5 optuna-tpe 300 0:15
run optuna-gp bbob-d5 optuna-gp 100 0:2
run hebo bbob-d5 hebo 50 0:1
run smac tables smac-forest 100 0:3
run smac hypara smac-forest 150 0:3
run optuna bbob-d10 optuna-tpe 100 0:15
run optuna bbob-d2 optuna-tpe 100 0:15
run hyperopt tables hyperopt 100 0:15
run hyperopt hypara hyperopt 150 0:15
run hyperopt bbob-d20 hyperopt 100 0:15
run hyperopt mixint-d10 hyperopt 100 0:15
run hyperopt bbob-d2 hyperopt 100 0:15
run hyperopt bbob-d10 hyperopt 100 0:15
run optuna bbob-d20 optuna-tpe 300 0:15
run hyperopt bbob-d5 hyperopt 300 0:15
run optuna-gp bbob-d20 optuna-gp 100 0:1
run smac bbob-d5 smac-gp 50 0:1
run optuna bbob-d5 optuna-tpe 160 0:15 --slots 8
run optuna bbob-d20 optuna-tpe 1280 0:1 --slots 64
