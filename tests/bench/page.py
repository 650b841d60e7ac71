"""The first page in Chromium with nothing cached: bytes over the wire and requests. A process of its own."""

import json
import sys
from typing import Any

from playwright.sync_api import sync_playwright

from tests.browser import chromium


def load(origin: str, session: str) -> dict[str, Any]:
    """Load the home page of somebody who is signed in; {} where there is no Chromium."""
    path = chromium.find()
    if path is None:
        return {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=chromium.ARGUMENTS)
        context = browser.new_context()
        context.add_cookies([{"name": "session", "value": session, "url": origin}])
        page = context.new_page()
        devtools = context.new_cdp_session(page)
        sizes: dict[str, float] = {}
        devtools.on(
            "Network.loadingFinished", lambda told: sizes.update({told["requestId"]: told["encodedDataLength"]})
        )
        devtools.send("Network.enable")
        page.goto(origin + "/", wait_until="networkidle")
        browser.close()
    return {"bytes": sum(sizes.values()), "requests": len(sizes)}


if __name__ == "__main__":
    print(json.dumps(load(*sys.argv[1:3])))
