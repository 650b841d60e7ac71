"""The end of an account: at once for whoever asks, piece by piece in the tables."""

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone

from chatapp.models import User


def leave(user: User) -> None:
    """Nobody signs in with the account any more, and its address is free again. What it has is left to the sweeper:
    deleting ten thousand conversations in one transaction would keep every answer from being written for minutes."""
    user.deleted_at, user.is_active = timezone.now(), False
    user.email = f"{user.public_id}@deleted.invalid"
    user.set_unusable_password()
    with transaction.atomic():
        EmailAddress.objects.filter(user=user).delete()
        user.save(update_fields=["deleted_at", "is_active", "email", "password"])
