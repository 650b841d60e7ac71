"""Whose attempts count as one, over the wire: no header is believed about an address unless the operator says so."""

from collections.abc import Callable

import httpx

from tests.lab.conftest import FOUNDER
from tests.lab.people import PASSWORD
from tests.lab.processes import PATIENCE_SECONDS, Site

ATTEMPTS = 5


def test_wrong_passwords_with_forged_addresses_count_as_those_of_one(serve: Callable[..., Site]) -> None:
    site = serve().ready()

    def tries(password: str, number: int) -> httpx.Response:
        """Sign in from afar, as each of the headers says that proxies use."""
        address = f"203.0.113.{number + 1}"
        forged = {"X-Forwarded-For": address, "Forwarded": f"for={address}", "X-Real-IP": address}
        sent = {"X-CSRFToken": stranger.cookies["csrf"], **forged}
        return stranger.post("/accounts/login/", data={"login": FOUNDER, "password": password}, headers=sent)

    headers = {"Origin": site.origin}
    with httpx.Client(base_url=site.origin, headers=headers, trust_env=False, timeout=PATIENCE_SECONDS) as stranger:
        stranger.get("/accounts/login/")
        for number in range(ATTEMPTS):
            wrong = tries("wrong password", number)
            assert wrong.status_code == 200
            assert "The address or the password is not right." in wrong.text
        refused = tries(PASSWORD, ATTEMPTS)
        assert refused.status_code == 200
        assert "Too many attempts. Wait a few minutes, then try again." in refused.text
        assert stranger.get("/settings/").status_code != 200
    assert "Traceback" not in site.output
