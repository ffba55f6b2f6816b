import pytest

from server.users import passwords
from tests.factories import PASSWORD
from tests.users.guesses import now_of_test


@pytest.fixture
def evaluated(monkeypatch):
    """Count the wrong passwords that are really compared; the list has their instants."""
    found = []

    def check(password_hash, password):
        if password != PASSWORD:
            found.append(now_of_test[0])
        return password == PASSWORD

    monkeypatch.setattr(passwords, "_check", check)
    return found
