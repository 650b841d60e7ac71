"""People. One signs in with an e-mail address and a password; there are no user names."""

from typing import Any, ClassVar
from uuid import uuid4

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import IntegrityError, models, transaction
from django.db.models.functions import Lower

from chatapp.models.record import Record
from chatapp.prepared import Prepared
from chatapp.words import ThinkingPane


class UserManager(BaseUserManager["User"]):
    """Makes people."""

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":
        user: User = self.model(email=email.strip().lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)

    def create_founder(self, email: str, password: str) -> "User | None":
        """The first administrator. None when somebody was quicker: exactly one can be made, ever.

        The database decides between two at once (a unique constraint), not a count that both may read as zero.
        """
        try:
            with transaction.atomic():
                if self.exists():
                    return None
                return self.create_superuser(email, password, is_founder=True)
        except IntegrityError:
            return None

    def get(self, *args: Any, **kwargs: Any) -> "User":
        """As always; by key alone, as for every request, with a statement that is kept."""
        if args or set(kwargs) != {"pk"}:
            return super().get(*args, **kwargs)
        pk = int(kwargs["pk"])
        found = _by_key.first(pk=pk) if 0 < pk <= models.BigIntegerField.MAX_BIGINT else None
        if found is None:
            raise User.DoesNotExist
        return found

    def emptied(self) -> "models.QuerySet[User]":
        """Accounts that are over and of which everything else is gone."""
        return self.filter(deleted_at__isnull=False, conversations__isnull=True, images__isnull=True)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(Record, AbstractBaseUser, PermissionsMixin):
    """A person with conversations of their own."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    email = models.EmailField("e-mail", unique=True, max_length=254)
    is_staff = models.BooleanField("administrator", default=False)
    is_active = models.BooleanField("active", default=True)
    is_founder = models.BooleanField(default=False, editable=False)
    date_joined = models.DateTimeField(auto_now_add=True)
    # Since when the account is over. The row stays until all that it had is gone.
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    thinking_pane = models.CharField(
        max_length=8, choices=[(word.value, word.value) for word in ThinkingPane], default=ThinkingPane.AUTO
    )

    # Parameters the person prefers, by their upstream names; see Conversation.parameters.
    parameters = models.JSONField(default=dict, blank=True)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("email"), name="one_person_an_address"),
            models.UniqueConstraint(fields=["is_founder"], condition=models.Q(is_founder=True), name="one_founder"),
        ]

    def __str__(self) -> str:
        return self.email

    def is_only_administrator(self) -> bool:
        """Whether the site would be nobody's without this person."""
        others = User.objects.filter(is_staff=True, is_active=True).exclude(pk=self.pk)
        return self.is_staff and not others.exists()

    def lock(self) -> None:
        """Within a transaction: keep others from posting for this person, so that a client_id sent twice at once makes
        one message. SQLite lets one transaction write at a time anyway.

        Raises User.DoesNotExist for one who has left by now: nothing begins after a person's end.
        """
        if _locked.first(pk=self.pk) is None:
            raise User.DoesNotExist


_by_key: Prepared[User] = Prepared(lambda pk: User.objects.filter(pk=pk))
_locked: Prepared[tuple[int]] = Prepared(
    lambda pk: User.objects.filter(pk=pk, deleted_at__isnull=True).select_for_update().values_list("pk")
)
