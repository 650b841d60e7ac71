"""What all models here have in common."""

from collections.abc import Collection
from typing import Any, Self

from django.db import models
from django.db.models.base import ModelState


class Record(models.Model):
    """A model that takes a row's values as they are, in one go. Django hands each on by itself, and tells of every
    object before and after; nobody here listens."""

    class Meta:
        abstract = True

    @classmethod
    def from_db(  # type: ignore[override]  # The types are of a later Django.
        cls, db: str | None, field_names: Collection[str], values: Collection[Any]
    ) -> Self:
        record = cls.__new__(cls)
        record._state = state = ModelState()
        state.adding, state.db = False, db
        record.__dict__.update(zip(field_names, values, strict=True))
        return record
