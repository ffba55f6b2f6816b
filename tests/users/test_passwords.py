import asyncio

import bcrypt
import pytest
from argon2 import PasswordHasher

from server.users import passwords

PASSWORD = "correct horse battery staple"


def bcrypt_hash(password=PASSWORD, *, cost=10, prefix=b"2b"):
    return bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(cost, prefix=prefix)).decode()


async def test_hashes_are_argon2id_with_the_costs_that_owasp_asks_for():
    assert (await passwords.hash_password(PASSWORD)).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_the_right_password_fits():
    assert await passwords.check_password(await passwords.hash_password(PASSWORD), PASSWORD)


@pytest.mark.parametrize("wrong", ["", PASSWORD + " ", PASSWORD.upper(), PASSWORD[:-1]])
async def test_a_wrong_password_does_not_fit(wrong):
    assert not await passwords.check_password(await passwords.hash_password(PASSWORD), wrong)


async def test_the_same_password_hashes_differently_each_time():
    assert await passwords.hash_password(PASSWORD) != await passwords.hash_password(PASSWORD)


async def test_nobody_has_no_password():
    assert not await passwords.check_password(None, PASSWORD)


async def test_the_hash_that_stands_in_for_nobody_lets_nobody_in():
    assert not await passwords.check_password(None, "nobody signs in with this one")


async def test_an_unknown_user_costs_a_whole_verification(monkeypatch):
    checked = []

    def check(password_hash, _password):
        checked.append(password_hash)
        return False

    monkeypatch.setattr(passwords, "_check", check)

    await passwords.check_password(None, PASSWORD)

    assert checked[0].startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize("prefix", [b"2a", b"2b"])
async def test_a_bcrypt_hash_of_cost_10_is_accepted(prefix):
    assert await passwords.check_password(bcrypt_hash(prefix=prefix), PASSWORD)


async def test_a_bcrypt_hash_made_by_php_is_accepted():
    assert await passwords.check_password(bcrypt_hash().replace("$2b$", "$2y$"), PASSWORD)


async def test_a_wrong_password_does_not_fit_a_bcrypt_hash():
    assert not await passwords.check_password(bcrypt_hash(), "another one")


@pytest.mark.parametrize("cost", [4, 9])
async def test_a_cheaper_bcrypt_hash_is_refused_even_if_the_password_fits(cost):
    assert not await passwords.check_password(bcrypt_hash(cost=cost), PASSWORD)


async def test_bcrypt_reads_72_bytes_as_the_original_did():
    long = "ü" * 100

    assert await passwords.check_password(bcrypt_hash(long), long)


@pytest.mark.parametrize(
    "damaged",
    [
        "",
        "x",
        "$5$sha",
        "$2b$",
        "$2b$10$",
        "$2b$xx$" + "a" * 53,
        "$2b$10$" + "!" * 53,
        "$2b$99$" + "a" * 53,
        "$argon2id$",
        "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA",
    ],
)
async def test_a_damaged_hash_fits_nothing(damaged):
    assert not await passwords.check_password(damaged, PASSWORD)


async def test_a_null_byte_in_the_password_is_only_a_wrong_one():
    assert not await passwords.check_password(bcrypt_hash(), "a\0b")


def test_a_bcrypt_hash_is_upgraded():
    assert passwords.needs_upgrade(bcrypt_hash())


def test_a_cheaper_argon2_hash_is_upgraded():
    assert passwords.needs_upgrade(PasswordHasher(time_cost=1, memory_cost=8192).hash("x"))


async def test_a_hash_of_today_stays():
    assert not passwords.needs_upgrade(await passwords.hash_password(PASSWORD))


async def test_the_event_loop_goes_on_while_a_password_is_hashed():
    turns = 0
    hashing = asyncio.create_task(passwords.hash_password(PASSWORD))
    while not hashing.done():
        turns += 1
        await asyncio.sleep(0.001)

    assert turns > 1


async def test_no_more_than_two_are_hashed_at_once(monkeypatch):
    running, most = 0, 0

    async def slowly(*_):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        running -= 1
        return "hash"

    monkeypatch.setattr(asyncio, "to_thread", slowly)
    await asyncio.gather(*(passwords.hash_password(PASSWORD) for _ in range(10)))

    assert most == 2
