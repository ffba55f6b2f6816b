"""Which routes may be answered from a replica."""

from server.app import create_app


async def test_only_routes_that_change_nothing_may_be_read_from_a_replica(database):
    app = create_app(database)
    reading = [
        rule
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "reads", False)
    ]

    assert reading
    assert all((rule.methods or set()) <= {"GET", "HEAD"} for rule in reading)


async def test_a_list_named_by_its_version_is_never_read_from_a_replica(database):
    # The name is the newest one, and rows of 5 s ago under it would stay with the client.
    app = create_app(database)
    views = app.view_functions.values()

    assert any(getattr(view, "is_conditional", False) for view in views)
    assert not [
        view
        for view in views
        if getattr(view, "reads", False) and getattr(view, "is_conditional", False)
    ]
