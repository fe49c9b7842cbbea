#!/usr/bin/env bash
# Builds the wheel, installs it in a fresh virtual environment, and runs the Python tests against what was installed.
# RAVINE_PROFILE=release builds as for a release; otherwise link-time optimisation is left out. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
venv=target/python/venv
export RAVINE_PROFILE=${RAVINE_PROFILE:-quick}

"${PYTHON:-python3}" -m venv --clear "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check .
"$venv/bin/pip" install --quiet --disable-pip-version-check pytest numpy pandas scikit-learn plotly \
  matplotlib lightgbm nbclient nbformat ipykernel
# Away from the sources, so that `import ravine` finds the installed package.
cd target/python
venv/bin/python -m pytest --import-mode=importlib -p no:cacheprovider -c "$root/pyproject.toml" --rootdir "$root" "$root/python/tests" "$@"
