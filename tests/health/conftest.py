import pytest

from server.health import checks


@pytest.fixture(autouse=True)
def roomy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow this process what a run of thousands of tests takes: it is not the server's."""
    monkeypatch.setattr(checks, "MOST_MEMORY_BYTES", 2**40)
