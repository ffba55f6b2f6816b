"""Photos that a file brings: drawn anew and stored one at a time, so that memory stays small."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from server.contacts import queries_photos, service_photos
from server.contacts.drafts import NewPhoto
from server.contacts.import_entries import Entry, Read
from server.contacts.kept_photos import content_of, inline_photos, our_id
from server.contacts.photos import Picture
from server.contacts.service_import_batch import Matched, Target
from server.contacts.service_rows import TABLE
from server.contacts.vcard.card import CardWarning
from server.errors import BadInput
from server.keys.service import Box
from server.lib.ids import uuid7
from server.lib.scope import Scope

_REASONS = {
    "not_an_image": "The photo is not JPEG, PNG, WebP or GIF; kept as it is.",
    "too_many_pixels": "The photo has too many pixels; kept as it is.",
    "has_photo": "The contact has a photo already; this one is kept as it is.",
}


def photo_chars(read: Read) -> int:
    """Return how many characters of photos an entry holds."""
    if not isinstance(read, Entry):
        return 0
    return sum(len(entry[3]) for entry in inline_photos(read.draft.kept_properties))


@dataclass(slots=True)
class ImportPhotos:
    """The photos of one import; a dry run draws them and stores none."""

    scope: Scope
    box: Box
    is_dry: bool
    # The contacts that got one, and which; a dry run leaves no other trace of it.
    given: dict[UUID, UUID] = field(default_factory=dict)

    async def settle(
        self, matched: Sequence[Matched], targets: dict[UUID, Target]
    ) -> list[Matched]:
        """Say with each entry which photo its contact gets; one that has a photo keeps it.

        Raises:
            ProviderError: the store cannot be used.
        """
        return [await self._settled(each, targets) for each in matched]

    async def _settled(self, each: Matched, targets: dict[UUID, Target]) -> Matched:
        photos = inline_photos(each.card.draft.kept_properties) if each.card else []
        if not photos or each.contact_id is None or each.is_known:
            return each
        target = targets.get(each.contact_id)
        current = self.given.get(each.contact_id) or (target and target.photo_id)
        if current:
            own = next((photo for photo in photos if our_id(photo) == current), None)
            return _warned(each, "has_photo") if own is None else _without(each, own)
        try:
            picture = await service_photos.draw(lambda: content_of(photos[0]))
        except BadInput as refused:
            return _warned(each, refused.code)
        except ValueError:  # no base64
            return _warned(each, "not_an_image")
        photo = await self._stored(each.contact_id, picture)
        self.given[each.contact_id] = photo.id
        return replace(_without(each, photos[0]), photo=photo)

    async def _stored(self, contact_id: UUID, picture: Picture) -> NewPhoto:
        """Put a photo into the store; its row follows, and if it does not, the sweep finds it."""
        photo = NewPhoto(uuid7(), picture.width, picture.height)
        if self.is_dry:
            return photo
        key = await service_photos.store(self.scope, photo.id, picture)
        return replace(photo, key=self.box.seal(TABLE, "photo_key", contact_id, key))

    async def write(self, photos: Mapping[UUID, NewPhoto], *, now: datetime) -> None:
        """Give contacts that were just written their photos."""
        if photos and not self.is_dry:
            await queries_photos.set_photos(self.scope, photos, now=now)


def _without(each: Matched, photo: Any) -> Matched:
    """Return an entry whose photo is no kept property any more."""
    if each.card is None:
        raise ValueError("a refused entry has no photo")
    draft = each.card.draft
    kept = [entry for entry in draft.kept_properties or () if entry is not photo]
    return replace(
        each, card=replace(each.card, draft=replace(draft, kept_properties=kept or None))
    )


def _warned(each: Matched, code: str) -> Matched:
    warning = CardWarning(each.read.line, code, _REASONS[code])
    return replace(each, read=replace(each.read, warnings=(*each.read.warnings, warning)))
