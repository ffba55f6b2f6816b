from tests.fakes.script import OK, Behaviour, Script


def test_what_was_said_for_the_next_comes_before_chance():
    script = Script()
    script.sometimes("drop", 1.0)
    script.next("error", times=2)

    assert [script.take().kind for _ in range(3)] == ["error", "error", "drop"]


def test_chance_is_the_same_with_each_seed():
    def kinds(seed):
        script = Script(seed)
        script.sometimes("accept_then_drop", 0.05)
        return [script.take().kind for _ in range(2000)]

    assert kinds(7) == kinds(7)
    assert kinds(7) != kinds(8)
    assert 60 < kinds(7).count("accept_then_drop") < 140


def test_a_cleared_script_behaves_well():
    script = Script()
    script.next("throttle", retry_after="9")
    assert script.take() == Behaviour("throttle", retry_after="9")
    script.sometimes("drop", 1.0)
    script.clear()

    assert script.take() == OK
