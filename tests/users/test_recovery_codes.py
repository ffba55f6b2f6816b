import re
from uuid import UUID

from server.users import recovery_codes

ANA, BEN = UUID(int=1), UUID(int=2)


def test_there_are_ten_and_no_two_are_alike():
    assert len(set(recovery_codes.new_codes())) == 10


def test_a_code_is_80_bits_in_groups_that_people_can_read():
    assert all(
        re.fullmatch(r"[a-z2-7]{4}(-[a-z2-7]{4}){3}", code) for code in recovery_codes.new_codes()
    )


def test_a_code_is_the_same_however_it_is_typed():
    typed = {"k3fq-7z2a-mxue-5wth", "K3FQ 7Z2A MXUE 5WTH", "k3fq7z2amxue5wth"}

    assert len({recovery_codes.hash_code(ANA, code) for code in typed}) == 1


def test_two_users_with_one_code_have_two_hashes():
    code = recovery_codes.new_codes()[0]

    assert recovery_codes.hash_code(ANA, code) != recovery_codes.hash_code(BEN, code)
