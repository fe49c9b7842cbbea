"""What all tests share."""

from __future__ import annotations

import signal

import pytest
import ravine

# Who starts the tests in the background may have had it ignored, which programs that they start would inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def quiet():
    """Tests that look at logs set the level themselves."""
    ravine.logging.set_verbosity(ravine.logging.ERROR)
    yield
    ravine.logging._reset_library_root_logger()


@pytest.fixture
def url(tmp_path):
    """A database of one's own."""
    return f"sqlite:///{tmp_path}/study.db"


@pytest.fixture(params=["memory", "sqlite"])
def storage(request, url):
    """A storage of each kind."""
    return None if request.param == "memory" else url
