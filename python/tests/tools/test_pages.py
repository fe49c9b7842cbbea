"""The pages about Optuna, hyperopt and plots say what is true: their examples run, in order. So do the programs of the
examples, and the notebook."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import ravine

ROOT = Path(__file__).resolve().parents[3]
PAGES = ["from-hyperopt", "from-optuna", "plots"]
PROGRAMS = ["nested_space", "forest", "search_cv"]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_every_example_of_a_page_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = ROOT / "docs" / "python" / f"{page}.md"
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": page}
    blocks = BLOCK.findall(path.read_text(encoding="utf-8"))
    for block in blocks:
        exec(compile(block, f"{page}.md", "exec"), names)
    assert blocks


def environment() -> dict[str, str]:
    """Of a child process that imports the same package."""
    package = Path(ravine.__file__).resolve().parents[1]
    # One thread each: several of a library's own would wait for each other where there are few cores.
    return {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join([str(package), os.environ.get("PYTHONPATH", "")]),
    }


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_examples_run(program: str, tmp_path: Path) -> None:
    path = ROOT / "examples" / "python" / f"{program}.py"
    done = subprocess.run(
        [sys.executable, str(path), "4"], cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "%" in done.stdout


def test_the_notebook_runs(tmp_path: Path) -> None:
    import nbformat
    import nbclient as client

    path = ROOT / "examples" / "python" / "plots.ipynb"
    notebook = nbformat.read(path, as_version=4)
    kernel = client.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    )
    # The kernel is a child process: it finds the package as this one does.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", environment()["PYTHONPATH"])
        kernel.execute()
    shown = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert sum("text/html" in output.get("data", {}) for output in shown) >= 3
    assert not any(output.output_type == "error" for output in shown)
