"""The pages of allauth that are switched on, by allauth's own names. What is not here does not exist."""

from allauth.account import views
from django.urls import path, re_path

from chatapp.views.errors import only

# allauth's views would take a PUT for a POST, and answer OPTIONS.
_page = only("GET", "POST")

urlpatterns = [
    path("signup/", _page(views.signup), name="account_signup"),
    path("login/", _page(views.login), name="account_login"),
    path("logout/", _page(views.logout), name="account_logout"),
    path("inactive/", _page(views.account_inactive), name="account_inactive"),
    path("password/change/", _page(views.password_change), name="account_change_password"),
    path("password/reset/", _page(views.password_reset), name="account_reset_password"),
    path("password/reset/done/", _page(views.password_reset_done), name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        _page(views.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        _page(views.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
]
