"""Pictures on their whole way: what upstream is given is upright, of the right colours, and the person's own."""

import base64
from io import BytesIO
from typing import Any
from uuid import uuid4

from PIL import Image

from tests.lab.people import Person, Reader, text_of
from tests.lab.processes import Upstream, wait_for

CORNERS = {"red": (220, 30, 30), "green": (30, 160, 60), "blue": (40, 80, 210), "yellow": (240, 220, 40)}


def quarters(orientation: int = 1) -> bytes:
    """A JPEG that, upright, is red, green, blue and yellow clockwise from the upper left."""
    image = Image.new("RGB", (320, 240))
    red, green, blue, yellow = CORNERS.values()
    for box, colour in (
        ((0, 0, 160, 120), red),
        ((160, 0, 320, 120), green),
        ((160, 120, 320, 240), blue),
        ((0, 120, 160, 240), yellow),
    ):
        image.paste(colour, box)
    if orientation == 6:
        # Stored on its side; the camera says: turn it a quarter clockwise.
        image = image.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "SECRET-PLACE"
    file = BytesIO()
    image.save(file, "JPEG", quality=95, exif=exif)
    return file.getvalue()


def upload(person: Person, data: bytes, name: str = "photo.jpg") -> dict[str, Any]:
    headers = {"X-CSRFToken": person.http.cookies.get("csrf", ""), "Accept": "application/json"}
    reply = person.http.post("/images/", files={"file": (name, data, "image/jpeg")}, headers=headers)
    assert reply.status_code in {200, 201}, reply.text
    return dict(reply.json())


def ask(person: Person, text: str, images: list[str], conversation: str = "") -> dict[str, Any]:
    path = f"/conversations/{conversation}/messages/" if conversation else "/conversations/"
    reply = person.post(path, text=text, client_id=str(uuid4()), images=images)
    assert reply.status_code == 201, reply.text
    return dict(reply.json())


def test_a_picture_on_its_side_arrives_upright_and_stripped(alice: Person, upstream: Upstream) -> None:
    mark = uuid4().hex
    picture = upload(alice, quarters(6))
    assert (picture["width"], picture["height"]) == (320, 240)
    posted = ask(alice, f"{mark} What is in this picture?", [picture["id"]])
    message = alice.ended(posted["message"])
    assert message["state"] == "done"
    assert "320 × 240 px" in text_of(message, "text")
    assert "red, green, blue, yellow" in text_of(message, "text")
    [truth] = upstream.asked(mark)
    content = truth["body"]["messages"][-1]["content"]
    assert [part["type"] for part in content] == ["text", "image_url"]
    sent = base64.b64decode(content[1]["image_url"]["url"].partition(",")[2])
    assert b"SECRET-PLACE" not in sent
    assert b"Exif" not in sent


def test_later_turns_carry_the_picture_again(alice: Person, upstream: Upstream) -> None:
    mark = uuid4().hex
    picture = upload(alice, quarters())
    posted = ask(alice, "simulate: say: seen", [picture["id"]])
    alice.ended(posted["message"])
    more = ask(alice, f"{mark} simulate: say: still", [], posted["conversation"])
    alice.ended(more["message"])
    [truth] = upstream.asked(mark)
    assert truth["body"]["messages"][0]["content"][1]["type"] == "image_url"


def test_a_picture_that_upstream_refuses_bricks_nothing(alice: Person, upstream: Upstream) -> None:
    picture = upload(alice, quarters())
    upstream.play("error 400 image")
    posted = ask(alice, "What is this?", [picture["id"]])
    message = alice.ended(posted["message"])
    assert (message["state"], message["reason"]) == ("failed", "picture")
    mark = uuid4().hex
    more = ask(alice, f"{mark} simulate: say: fine", [], posted["conversation"])
    assert alice.ended(more["message"])["state"] == "done"
    [truth] = upstream.asked(mark)
    assert "image_url" not in str(truth["body"]["messages"])


def test_parameters_arrive_by_their_own_names(alice: Person, upstream: Upstream) -> None:
    mark = uuid4().hex
    fields = {"temperature": "0.7", "top_p": "0.95", "seed": "11", "presence_penalty": "1.5", "max_tokens": "900"}
    reply = alice.post(
        "/conversations/",
        text=f"{mark} simulate: say: ok",
        client_id=str(uuid4()),
        system="Be brief.",
        reasoning='{"max_tokens": 300}',
        **fields,
    )
    message = alice.ended(reply.json()["message"])
    [truth] = upstream.asked(mark)
    body = truth["body"]
    assert {name: body[name] for name in fields} == {
        "temperature": 0.7,
        "top_p": 0.95,
        "seed": 11,
        "presence_penalty": 1.5,
        "max_tokens": 900,
    }
    assert body["reasoning"] == {"max_tokens": 300}
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    assert message["parameters"]["seed"] == 11


def test_what_is_not_chosen_is_not_sent(alice: Person, upstream: Upstream) -> None:
    mark = uuid4().hex
    alice.ended(alice.asks(f"{mark} simulate: say: ok")["message"])
    [truth] = upstream.asked(mark)
    assert set(truth["body"]) == {"model", "stream", "max_tokens", "reasoning", "messages", "user", "session_id"}
    assert (truth["body"]["max_tokens"], truth["body"]["reasoning"]) == (16_384, {"max_tokens": 8_192})


async def test_the_cost_of_a_stopped_answer_is_found_out_and_told(alice: Person) -> None:
    posted = alice.asks("simulate: thinking 10000, rate 200")
    wait_for(lambda: alice.message(posted["message"])["parts"], what="the first thought")
    reader = Reader(alice)
    async with reader.connected():
        await reader.reads(posted["conversation"], posted["message"], frames=1)
        alice.stops(posted["generation"])
        while "$" not in reader.outcome:
            await reader.receive("progress")
    message = alice.ended(posted["message"])
    assert message["state"] == "stopped"
    assert float(message["usage"]["cost"]) > 0
    assert message["usage"]["completion_tokens"] > 0


def test_the_figures_are_those_of_upstream(alice: Person, upstream: Upstream) -> None:
    mark = uuid4().hex
    posted = alice.asks(f"{mark} simulate: tokens 40")
    message = alice.ended(posted["message"])
    [truth] = upstream.asked(mark)
    assert float(message["usage"]["cost"]) == truth["usage"]["cost"]
    page = alice.http.get(f"/c/{posted['conversation']}/").text
    assert truth["id"] in page
    assert "Simulator" in page
