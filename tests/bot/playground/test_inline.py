"""Inline queries and guests in the double: Telegram's checks, and what the page shows."""

import pytest

from bot.playground.methods import TOO_OLD

RESULT = {"type": "article", "id": "1", "title": "Bridge", "description": "It closed."}
RESULT |= {"input_message_content": {"message_text": "<b>It</b> closed.", "parse_mode": "HTML"}}
BUTTON = {"text": "No answer", "start_parameter": "ask"}


def test_query_is_answered_and_a_result_posted_by_way_of_the_bot(world, call, ann):
    call("getUpdates", allowed_updates=["inline_query", "message"])
    query = world.inline(ann, "why")
    sent = call("getUpdates")["result"][-1]["inline_query"]
    assert (sent["id"], sent["query"], sent["from"]["id"]) == (query.id, "why", ann.id)
    assert call("answerInlineQuery", inline_query_id=query.id, results=[RESULT])["ok"]
    posted = world.choose(query, "Bridge", world.private_chat(ann))
    assert (posted.text, posted.entity_texts("bold")) == ("It closed.", ["It"])
    assert call("getUpdates")["result"][-1]["message"]["via_bot"]["id"] == world.me.id


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        ({"results": [RESULT] * 2}, "RESULT_ID_DUPLICATE"),
        ({"results": [RESULT | {"id": ""}]}, "RESULT_ID_INVALID"),
        ({"results": [RESULT | {"id": "й" * 33}]}, "RESULT_ID_INVALID"),
        (
            {"results": [RESULT | {"id": str(n)} for n in range(51)]},
            "too many inline query results specified",
        ),
        (
            {"results": [RESULT | {"input_message_content": {"message_text": " "}}]},
            "message text is empty",
        ),
        ({"results": [], "button": BUTTON | {"start_parameter": "a b"}}, "START_PARAM_INVALID"),
        ({"results": [], "inline_query_id": "0"}, TOO_OLD),
    ],
)
def test_wrong_answer_is_refused(world, call, ann, params, problem):
    query = world.inline(ann, "why")
    answer = call("answerInlineQuery", **{"inline_query_id": query.id, **params})
    assert answer["description"] == f"Bad Request: {problem}"
    assert query.answer is None


def test_query_is_answered_once_and_within_half_a_minute(world, call, ann):
    query = world.inline(ann, "why")
    query.at -= 31
    late = call("answerInlineQuery", inline_query_id=query.id, results=[])
    assert late["description"] == f"Bad Request: {TOO_OLD}"
    query.at += 31
    assert call("answerInlineQuery", inline_query_id=query.id, results=[])["ok"]
    assert not call("answerInlineQuery", inline_query_id=query.id, results=[])["ok"]


def test_answers_are_repeated_for_everyone_unless_personal(world, call, ann):
    ben = world.user("Ben")
    for text, own in (("why", False), ("who", True)):
        query = world.inline(ann, text)
        call("answerInlineQuery", inline_query_id=query.id, results=[RESULT], is_personal=own)
        assert world.inline(ann, text).answer is query.answer
        assert (world.inline(ben, text).answer is None) is own


def test_mention_elsewhere_asks_a_guest_who_answers_once(world, call, ann):
    chat = world.elsewhere("Friends", ann)
    call("getUpdates", allowed_updates=["guest_message", "message"])
    world.say(chat, ann, "why?")
    asked = world.say(chat, ann, "@pullquote_bot why?")
    (sent,) = call("getUpdates")["result"]
    id_ = sent["guest_message"]["guest_query_id"]
    assert call("sendMessage", chat_id=chat.id, text="no")["error_code"] == 403
    assert (
        "inline_message_id" in call("answerGuestQuery", guest_query_id=id_, result=RESULT)["result"]
    )
    (reply,) = world.replies(chat)
    assert (reply.text, reply.reply_to) == ("It closed.", asked)
    again = call("answerGuestQuery", guest_query_id=id_, result=RESULT)
    assert again["description"] == f"Bad Request: {TOO_OLD}"


def test_page_asks_and_posts_a_result(world, http, call):
    query = world.queries[http.post("/chat/inline", json={"text": "why"}).json()["id"]]
    call("answerInlineQuery", inline_query_id=query.id, results=[RESULT])
    chosen = {"id": query.id, "result": "1"}
    assert http.post("/chat/choose", json=chosen).status_code == 200
    assert [each.text for each in world.chats[1].messages.values()] == ["It closed."]
    for wrong in ({"id": query.id, "result": "2"}, {"id": "0", "result": "1"}):
        assert http.post("/chat/choose", json=wrong).status_code == 404
