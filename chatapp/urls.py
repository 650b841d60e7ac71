"""The whole URL map, by noun."""

from django.urls import include, path

from chatapp.views import accounts, conversations, health, images, install, messages, settings, staff, trash

urlpatterns = [
    path("", conversations.home, name="home"),
    # Conversations
    path("conversations/", conversations.index, name="conversations"),
    path("c/<uuid:conversation>/", conversations.show, name="conversation"),
    path("c/<uuid:conversation>/turns/", conversations.turns, name="conversation-turns"),
    path("c/<uuid:conversation>/progress/", conversations.progress, name="conversation-progress"),
    path("c/<uuid:conversation>/rename/", conversations.rename, name="conversation-rename"),
    path("c/<uuid:conversation>/delete/", trash.delete, name="conversation-delete"),
    path("c/<uuid:conversation>/restore/", trash.restore, name="conversation-restore"),
    path("c/<uuid:conversation>/purge/", trash.purge, name="conversation-purge"),
    path("trash/", trash.index, name="trash"),
    path("conversations/<uuid:conversation>/messages/", messages.create, name="conversation-messages"),
    # Messages and attempts
    path("messages/<uuid:message>/", messages.show, name="message"),
    path("messages/<uuid:message>/edit/", messages.edit, name="message-edit"),
    path("messages/<uuid:message>/regenerate/", messages.regenerate, name="message-regenerate"),
    path("messages/<uuid:message>/choose/", messages.choose, name="message-choose"),
    path("generations/<uuid:generation>/stop/", messages.stop, name="generation-stop"),
    path("generations/<uuid:generation>/continue/", messages.go_on, name="generation-continue"),
    path("generations/<uuid:generation>/answer-now/", messages.answer_now, name="generation-answer-now"),
    # Pictures
    path("images/", images.create, name="images"),
    path("images/<uuid:image>/", images.show, name="image"),
    path("images/<uuid:image>/thumbnail/", images.thumbnail, name="image-thumbnail"),
    path("images/<uuid:image>/original/", images.original, name="image-original"),
    path("images/<uuid:image>/seen/", images.seen, name="image-seen"),
    # People
    path("setup/", accounts.setup, name="setup"),
    path("settings/", settings.show, name="settings"),
    path("settings/leave/", accounts.leave, name="leave"),
    path("accounts/", include("chatapp.account_urls")),
    # For those who run the site
    path("staff/partials/", staff.partials, name="staff-partials"),
    path("manifest.webmanifest", install.manifest, name="manifest"),
    # Health
    path("up", health.up, name="up"),
    path("ready", health.ready, name="ready"),
]

handler400 = "chatapp.views.errors.bad_request"
handler403 = "chatapp.views.errors.forbidden"
handler404 = "chatapp.views.errors.not_found"
handler429 = "chatapp.views.errors.too_many_requests"
handler500 = "chatapp.views.errors.server_error"
