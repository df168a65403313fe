"""A server that has what a test gives it."""

import io
import urllib.request
from collections.abc import Mapping

import pytest


def serving(monkeypatch: pytest.MonkeyPatch, contents: Mapping[str, bytes]) -> list[str]:
    """Instead of the network: what lies at each address. Gives the list of those that are asked for."""
    asked: list[str] = []

    def answer(url: str, timeout: float) -> io.BytesIO:
        assert 0 < timeout <= 60
        asked.append(url)
        return io.BytesIO(contents[url])

    monkeypatch.setattr(urllib.request, "urlopen", answer)
    return asked
