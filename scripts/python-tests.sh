#!/usr/bin/env bash
# Builds the wheel, installs it in a fresh virtual environment, and runs the Python tests against what was installed.
# WHEEL_PROFILE=release builds as for a release; otherwise link-time optimisation is left out. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
venv=target/python/venv
export WHEEL_PROFILE=${WHEEL_PROFILE:-quick}

"${PYTHON:-python3}" -m venv --clear "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check .
"$venv/bin/pip" install --quiet --disable-pip-version-check pytest numpy pandas scikit-learn plotly \
  matplotlib lightgbm xgboost-cpu hyperopt nbclient nbformat ipykernel \
  'tomli; python_version < "3.11"'
# Away from the sources, so that `import ravine` finds the installed package.
cd target/python
venv/bin/python -m pytest -rs --import-mode=importlib -p no:cacheprovider -c "$root/pyproject.toml" --rootdir "$root" "$root/python/tests" "$@"
