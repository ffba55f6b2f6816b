import pytest

from server.contacts import service
from server.contacts.drafts import ContactDraft, SettingsDraft
from server.contacts.own_properties import own_properties, with_own_properties
from tests.contacts.factories import make_contact
from tests.contacts.imports import exported_text, import_card, import_file, outcomes
from tests.contacts.vcard.cards import vcard

CUSTOM: dict[str, object] = {
    "shoe size": 42,
    "big": 10**15,
    "score": 1.0,
    "small": 1.5e-7,
    "likes tea": True,
    "smokes": False,
    "motto": 'a, b; c: "d" \\ ^ e\nnext line',
    'odd, name; "q" ^n:': "x",
    "empty": "",
    "true": "true",
    "blank": "  around  ",
}


def read(*kept):
    return with_own_properties(ContactDraft(name="Ada", kept_properties=[*kept]), 7)


def entry(name, value, **params):
    return ["", name, [[key.replace("_", "-"), [text]] for key, text in params.items()], value, ""]


async def test_custom_fields_come_back_with_their_types(member, stranger):
    await make_contact(member, "Ada", custom_fields=CUSTOM)

    done = await import_file(stranger, (await exported_text(member)).encode())

    (item,) = done.items
    assert item.contact_id
    found = (await service.get_contact(stranger.scope, item.contact_id)).read().custom_fields
    assert {name: repr(value) for name, value in found.items()} == {
        name: repr(value) for name, value in CUSTOM.items()
    }
    assert item.warnings == []


@pytest.mark.parametrize("cadence", [{"cadence": "monthly"}, {"cadence_days": 12}, {}])
async def test_circle_and_cadence_come_back(member, stranger, cadence):
    await make_contact(member, "Ada", circle="inner", **cadence)

    (item,) = (await import_file(stranger, (await exported_text(member)).encode())).items

    assert item.contact_id
    found = (await service.get_contact(stranger.scope, item.contact_id)).read()
    assert found.circle == "inner"
    assert {name: getattr(found, name) for name in cadence} == cadence


async def test_ones_own_card_changes_nothing(member):
    await make_contact(member, "Ada", custom_fields=CUSTOM, circle="inner", cadence_days=12)
    text = await exported_text(member)

    assert outcomes(await import_file(member, text.encode())) == ["unchanged"]
    assert await exported_text(member) == text


async def test_a_card_does_not_change_the_settings_of_who_has_the_contact(member):
    ada = await import_card(member, "UID:ada", "X-CATCHUP-CIRCLE:close")

    await import_file(member, vcard("UID:ada", "X-CATCHUP-CIRCLE:inner"))

    assert (await service.get_contact(member.scope, ada.id)).read().circle == "close"


@pytest.mark.parametrize(
    "bad",
    [
        entry("X-CATCHUP-CUSTOM", "38"),
        entry("X-CATCHUP-CUSTOM", "no number", X_NAME="shoe", VALUE="integer"),
        entry("X-CATCHUP-CUSTOM", "9" * 5000, X_NAME="shoe", VALUE="integer"),
        entry("X-CATCHUP-CUSTOM", "nan", X_NAME="shoe", VALUE="float"),
        entry("X-CATCHUP-CUSTOM", "yes", X_NAME="shoe", VALUE="boolean"),
        entry("X-CATCHUP-CUSTOM", "x", X_NAME="shoe", VALUE="uri"),
        entry("X-CATCHUP-CUSTOM", "x" * 10_000, X_NAME="shoe"),
        entry("X-CATCHUP-CIRCLE", "outer"),
        entry("X-CATCHUP-CADENCE", "sometimes"),
        entry("X-CATCHUP-CADENCE", "0", VALUE="integer"),
        entry("X-CATCHUP-CADENCE", "soon", VALUE="integer"),
    ],
)
def test_what_cannot_be_read_is_kept_with_a_warning(bad):
    draft, warnings = read(bad)

    assert (draft.kept_properties, draft.custom_fields) == ([bad], {})
    assert draft.settings == SettingsDraft()
    assert [(each.line, each.code) for each in warnings] == [(7, "bad_setting")]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (entry("X-CATCHUP-CADENCE", "weekly"), entry("X-CATCHUP-CADENCE", "9", VALUE="integer")),
        (entry("X-CATCHUP-CIRCLE", "inner"), entry("X-CATCHUP-CIRCLE", "close")),
        (entry("X-CATCHUP-CUSTOM", "a", X_NAME="n"), entry("X-CATCHUP-CUSTOM", "b", X_NAME="n")),
    ],
)
def test_what_contradicts_what_came_first_is_kept_with_a_warning(first, second):
    draft, warnings = read(first, second)

    assert draft.kept_properties == [second]
    assert len(warnings) == 1


def test_a_contact_has_no_more_custom_fields_than_the_api_takes():
    many = [entry("X-CATCHUP-CUSTOM", "x", X_NAME=f"name {n}") for n in range(101)]

    draft, warnings = read(*many)

    assert len(draft.custom_fields) == 100
    assert draft.kept_properties == [many[-1]]
    assert len(warnings) == 1


def test_who_has_none_of_it_gets_no_properties():
    assert own_properties(ContactDraft(name="Ada")) == []
