"""What more than one file here needs started."""

from collections.abc import Iterator

import pytest

from tests.analysis.browser import BROWSER, Browser


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if BROWSER is None:
        pytest.skip("no Chromium on this machine to open pages in")
    with Browser(tmp_path_factory.mktemp("profile")) as started:
        yield started
