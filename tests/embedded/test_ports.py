import socket

import pytest

from server.embedded.ports import FIRST_PORT, LAST_PORT, choose_port, is_free, next_free_port


@pytest.fixture
def busy():
    """The number of a port on which somebody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_with_a_listener_is_not_free(busy):
    assert not is_free(busy)


def test_the_last_used_port_is_taken_again():
    port = choose_port(None)

    assert choose_port(port) == port


def test_another_port_is_taken_when_the_last_one_is_busy(busy):
    assert choose_port(busy) != busy


def test_a_chosen_port_is_below_those_of_outgoing_connections():
    assert FIRST_PORT <= choose_port(None) <= LAST_PORT < 32_768


def test_a_port_that_another_service_has_is_not_chosen():
    port = choose_port(None)

    assert choose_port(port, without={port}) != port


def test_the_next_free_port_comes_after_a_busy_one(busy):
    assert busy < (next_free_port(busy) or 0) < busy + 100


def test_no_port_is_found_when_all_are_busy(busy):
    assert next_free_port(busy, tries=1) is None
