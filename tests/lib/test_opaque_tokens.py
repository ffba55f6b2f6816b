import hashlib

from server.lib.opaque_tokens import new_token

PREFIX = "cur_"


def test_tokens_cannot_be_guessed():
    made = {new_token(PREFIX)[0] for _ in range(100)}

    assert len(made) == 100
    assert all(len(token) >= len(PREFIX) + 43 for token in made)


def test_a_token_says_what_it_is_for():
    assert new_token(PREFIX)[0].startswith(PREFIX)


def test_only_the_hash_of_a_token_is_stored():
    token, stored = new_token(PREFIX)

    assert stored == hashlib.sha256(token.encode()).digest()
