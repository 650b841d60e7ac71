"""Pictures of a person: what was given (private), an upright copy for the model, a thumbnail."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from chatapp.models.record import Record
from chatapp.models.user import User

UNUSED_FOR = timedelta(days=1)


class UnknownPicture(Exception):
    """A picture that does not exist, or is another person's."""


class ImageQuerySet(models.QuerySet["Image"]):
    """Sets of pictures."""

    def named(self, owner: User, keys: Sequence[UUID]) -> "list[Image]":
        """Within a transaction: the person's pictures of these ids, in order, none of which is forgotten meanwhile.

        Raises UnknownPicture if one is not there or not theirs.
        """
        if not keys:
            return []
        rows = self.filter(owner=owner, public_id__in=keys).order_by("pk").select_for_update()
        found = {image.public_id: image for image in rows}
        if len(found) != len(set(keys)):
            raise UnknownPicture
        return [found[key] for key in dict.fromkeys(keys)]

    def taken_again(self, owner: User, sha256: str) -> "Image | None":
        """The person's picture of these bytes, which stays for another day. None when there is none."""
        mine = self.filter(owner=owner, sha256=sha256)
        # In this order: what is being forgotten at this moment is not there any more after the update.
        return mine.first() if mine.update(used_at=timezone.now()) else None

    def unused(self) -> "ImageQuerySet":
        """Pictures in no message."""
        return self.filter(parts__isnull=True)

    def stale(self) -> "ImageQuerySet":
        """Pictures in no message: drafts that were not sent for a day, and those of who left."""
        return self.unused().filter(
            models.Q(used_at__lt=timezone.now() - UNUSED_FOR) | models.Q(owner__deleted_at__isnull=False)
        )

    def forget(self) -> list[str]:
        """Delete the rows; gives the pictures' names in the store, to be removed after the commit."""
        with transaction.atomic():
            rows = self.order_by("pk").select_for_update(of=("self",)).only("pk")
            # Locked, then looked at once more: one of them may have been sent, or given again, while we waited.
            gone = list(self.filter(pk__in=[image.pk for image in rows]).values_list("pk", "stored_as"))
            Image.objects.filter(pk__in=[pk for pk, _ in gone]).delete()
            return [name for _, name in gone]


class Image(Record):
    """A picture. The same bytes of the same person are one row. Sizes in px and bytes."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="images")
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=32)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    # The name in images.store, which holds the three files.
    stored_as = models.CharField(max_length=32, unique=True)
    model_media_type = models.CharField(max_length=32)
    model_width = models.PositiveIntegerField()
    model_height = models.PositiveIntegerField()
    model_size = models.PositiveIntegerField()
    thumbnail_media_type = models.CharField(max_length=32)
    thumbnail_width = models.PositiveIntegerField()
    thumbnail_height = models.PositiveIntegerField()
    tokens = models.PositiveIntegerField()
    # When it was uploaded last: a draft may hold it for a day.
    used_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[Any] = ImageQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "sha256"], name="one_image_a_person_and_hash")
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @classmethod
    def stored_among(cls, names: Collection[str]) -> set[str]:
        """Those of the store's names that some row needs."""
        return set(cls.objects.filter(stored_as__in=names).values_list("stored_as", flat=True))
