"""JSON bodies, read strictly: what two readers could understand differently is refused."""

import json
from typing import Any, NoReturn

from werkzeug.exceptions import UnsupportedMediaType

from server.errors import BadInput, FieldError
from server.lib.lean_quart import LeanRequest


class JsonRequest(LeanRequest):
    """A request whose JSON body is read by `parse`."""

    async def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """Return the body.

        Raises:
            BadInput: `malformed`, see `parse`.
            UnsupportedMediaType: there is a body, and its Content-Type is not JSON.
        """
        if self.body._complete.is_set():  # noqa: SLF001  # a limit of time would start a task
            data = await self.body
        else:
            data = await self.get_data(cache, as_text=False, parse_form_data=False)
        if data and not (force or self.is_json):
            raise UnsupportedMediaType
        return parse(data)


def parse(data: bytes) -> Any:
    """Return the value of a JSON text.

    Raises:
        BadInput: `malformed`: not UTF-8, not JSON (NaN and Infinity are not), nested too deeply,
            or an object with a name given twice, which readers resolve differently (RFC 8259, 4).
    """
    try:
        return _DECODER.decode(data.decode())
    except RecursionError:
        raise BadInput("The body is nested too deeply.", code="malformed") from None
    except ValueError:
        raise BadInput("The body is not valid JSON in UTF-8.", code="malformed") from None


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    names = [name for name, _ in pairs]
    name = next(name for at, name in enumerate(names) if name in names[:at])
    raise BadInput(
        "The body names a field twice.",
        code="malformed",
        fields=[FieldError(name, "duplicate", "is given twice")],
    )


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_each_once, parse_constant=_no_number)
