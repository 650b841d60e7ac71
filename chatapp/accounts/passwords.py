"""How passwords are kept."""

from django.contrib.auth import hashers

from chatapp import processor


class PasswordHasher(hashers.Argon2PasswordHasher):
    """Django's Argon2. It works for a twentieth of a second, for a whole class at once when lessons begin: streams
    need not share their processor with that."""

    def encode(self, password: str, salt: str) -> str:
        with processor.anywhere():
            return str(super().encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        with processor.anywhere():
            return bool(super().verify(password, encoded))
