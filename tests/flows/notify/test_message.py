"""What is said of a film, in the forms that receivers read."""

from __future__ import annotations

from flows.notify.message import MOST, Message, slack_form


def test_a_message_says_what_became_of_it_and_where_it_is() -> None:
    message = Message(
        "failed", "Boats & <kites>", ("1 take was not rendered", "/films/missing.html"), "http://films.example/runs/1"
    )
    assert message.subject == "Boats & <kites> has failed"
    assert message.text.splitlines()[-1] == "http://films.example/runs/1"
    form = slack_form(message)
    assert form["text"].startswith("*Boats &amp; &lt;kites&gt; has failed*\n1 take was")
    assert [block["type"] for block in form["blocks"]] == ["section", "context"]
    assert len(slack_form(Message("done", "Boats"))["blocks"]) == 1


def test_it_is_no_longer_than_is_taken() -> None:
    form = slack_form(Message("failed", "Boats", ("x" * 9000,)))
    assert len(form["text"]) == len(form["blocks"][0]["text"]["text"]) == MOST


def test_a_title_cannot_begin_a_line_of_its_own() -> None:
    assert Message("done", "Boats\r\nBcc: somebody@x.org").subject == "Boats Bcc: somebody@x.org is made"
