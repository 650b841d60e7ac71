"""A person's settings."""

import re

import pytest
from django.test import Client

from chatapp.models import User

pytestmark = pytest.mark.django_db

JSON = {"Accept": "application/json"}


@pytest.mark.parametrize("choice", ["open", "folded", "auto"])
def test_a_person_says_how_the_thinking_pane_is_liked(client_of, alice: User, bob: User, choice: str) -> None:
    visitor = client_of(alice)
    response = visitor.post("/settings/", {"thinking_pane": choice})
    assert (response.status_code, response.headers["Location"]) == (302, "/settings/")
    page = visitor.get("/settings/").content.decode()
    assert "Saved." in page
    assert re.search(rf'value="{choice}"[^>]* checked', page)
    alice.refresh_from_db()
    bob.refresh_from_db()
    assert (alice.thinking_pane, bob.thinking_pane) == (choice, "auto")


def test_a_program_does_it_in_json(client_of, alice: User) -> None:
    visitor = client_of(alice)
    usual, changed = {"thinking_pane": "auto", "parameters": {}}, {"thinking_pane": "open", "parameters": {}}
    assert visitor.get("/settings/", headers=JSON).json() == usual
    assert visitor.post("/settings/", {"thinking_pane": "open"}, headers=JSON).json() == changed
    assert visitor.get("/settings/", headers=JSON).json() == changed


@pytest.mark.parametrize("choice", ["", "closed", "OPEN", "open\0", "x" * 900_000, "🦉"], ids=lambda text: text[:12])
def test_another_choice_is_a_complaint_and_changes_nothing(client_of, alice: User, choice: str) -> None:
    visitor = client_of(alice)
    assert visitor.post("/settings/", {"thinking_pane": choice}).status_code == 200
    response = visitor.post("/settings/", {"thinking_pane": choice}, headers=JSON)
    assert (response.status_code, list(response.json()["error"]["fields"])) == (400, ["thinking_pane"])
    alice.refresh_from_db()
    assert alice.thinking_pane == "auto"


def test_nothing_else_of_a_person_is_changed_here(client_of, alice: User, bob: User) -> None:
    form = {
        "thinking_pane": "open",
        "email": "evil@example.com",
        "is_superuser": "1",
        "id": str(bob.pk),
        "password": "x",
    }
    client_of(alice).post("/settings/", form)
    alice.refresh_from_db()
    bob.refresh_from_db()
    assert (alice.email, alice.is_superuser, bob.thinking_pane) == ("alice@example.com", False, "auto")


def test_a_stranger_has_no_settings(visitor: Client, alice: User) -> None:
    assert visitor.post("/settings/", {"thinking_pane": "open"}, headers=JSON).status_code == 401
