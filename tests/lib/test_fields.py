import pytest
from pydantic import TypeAdapter, ValidationError

from server.lib.fields import Whole

WHOLE = TypeAdapter(Whole)


def test_a_whole_number_may_be_written_with_a_point():
    assert WHOLE.validate_json("7.0") == 7


@pytest.mark.parametrize("text", ["7.5", '"7"', "true", "1e400", "null"])
def test_what_is_no_whole_number_is_refused(text):
    with pytest.raises(ValidationError):
        WHOLE.validate_json(text)
