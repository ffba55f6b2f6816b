import asyncio

from server.lib.per_loop import PerLoop


async def of(held):
    return held.get()


async def taken_from(held):
    return held.take()


async def test_an_event_loop_always_gets_the_same():
    held = PerLoop(object)

    assert held.get() is held.get()


def test_another_event_loop_gets_another():
    held = PerLoop(object)

    assert asyncio.run(of(held)) is not asyncio.run(of(held))


async def test_what_is_taken_is_what_was_held():
    held = PerLoop(object)
    first = held.get()

    assert held.take() is first


async def test_after_it_is_taken_a_new_one_is_made():
    held = PerLoop(object)
    first = held.get()
    held.take()

    assert held.get() is not first


async def test_nothing_is_taken_before_the_first_use():
    assert PerLoop(object).take() is None


def test_what_another_event_loop_made_is_not_taken():
    held = PerLoop(object)
    asyncio.run(of(held))

    assert asyncio.run(taken_from(held)) is None
