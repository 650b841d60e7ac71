"""The pages of allauth that are switched on, by allauth's own names. What is not here does not exist."""

from typing import Any

from allauth.account import views
from django.urls import path, re_path

from chatapp.views.errors import only
from chatapp.views.requests import takes_a_password, takes_little

# allauth's views would take a PUT for a POST, and answer OPTIONS.
_checked = only("GET", "POST")


def _page(view: Any) -> Any:
    return takes_little(_checked(view))


def _with_password(view: Any) -> Any:
    return takes_a_password(_checked(view))


urlpatterns = [
    path("signup/", _with_password(views.signup), name="account_signup"),
    path("login/", _with_password(views.login), name="account_login"),
    path("logout/", _page(views.logout), name="account_logout"),
    path("inactive/", _page(views.account_inactive), name="account_inactive"),
    path("password/change/", _with_password(views.password_change), name="account_change_password"),
    path("password/reset/", _page(views.password_reset), name="account_reset_password"),
    path("password/reset/done/", _page(views.password_reset_done), name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        _with_password(views.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        _page(views.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
]
