"""What a browser needs to put the site among its programs."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.templatetags.static import static

from chatapp.views.errors import only

# The paper of static/css/tokens.css, in light: a manifest knows no dark.
PAPER = "#fdfcf9"


@login_not_required
@only("GET", "HEAD")
def manifest(request: HttpRequest) -> HttpResponseBase:
    """The site's name and icons. Nothing works offline, and nothing pretends to: pages are never kept."""
    described = {
        "name": settings.SITE_NAME,
        "short_name": settings.SITE_NAME,
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": PAPER,
        "icons": [
            _icon("icon.svg", "any", "image/svg+xml"),
            _icon("icons/icon-192.png", "192x192"),
            _icon("icons/icon-512.png", "512x512"),
            _icon("icons/maskable-512.png", "512x512") | {"purpose": "maskable"},
        ],
    }
    return JsonResponse(described, content_type="application/manifest+json")


def _icon(path: str, sizes: str, kind: str = "image/png") -> dict[str, str]:
    return {"src": static(path), "sizes": sizes, "type": kind}
