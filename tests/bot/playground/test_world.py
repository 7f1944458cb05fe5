"""What people do in a world, and which updates the bot receives."""

import pytest

from bot.playground import World
from qa.errors import PullquoteError


def told(world):
    """Kinds and texts of the updates that are pending for the bot."""
    kinds = [
        next(kind for kind in update if kind != "update_id") for update in world.updates.pending
    ]
    return [
        (kind, update[kind].get("text"))
        for kind, update in zip(kinds, world.updates.pending, strict=True)
    ]


@pytest.mark.parametrize(
    ("text", "is_seen"),
    [
        ("just talking", False),
        ("/ask when?", True),
        ("/ask@pullquote_bot when?", True),
        ("/ask@other_bot when?", False),
        ("hello @pullquote_bot when?", True),
        ("hello @other_bot", False),
    ],
)
def test_privacy_mode_hides_messages_not_addressed_to_the_bot(world, ann, text, is_seen):
    world.say(world.group("G", ann), ann, text)
    assert told(world) == ([("message", text)] if is_seen else [])


def test_replies_to_the_bot_are_seen_in_a_group(world, ann, call):
    group = world.group("G", ann)
    call("sendMessage", chat_id=group.id, text="question?")
    world.say(group, ann, "answer", reply_to=world.replies(group)[0])
    world.say(group, ann, "aside", reply_to=world.say(group, ann, "aside"))
    assert told(world) == [("message", "answer")]


def test_administrator_bot_sees_all_messages(world, ann):
    world.say(world.supergroup("S", ann, bot_admin=True), ann, "just talking")
    assert told(world) == [("message", "just talking")]


def test_channel_posts_are_posts(world, ann):
    world.say(world.channel("C", ann), ann, "news")
    assert told(world) == [("channel_post", "news")]
    assert "from" not in world.updates.pending[0]["channel_post"]


def test_edited_post_is_an_edited_channel_post_update(world, ann):
    world.edit(world.say(world.channel("C", ann), ann, "news"), "new news")
    assert told(world) == [("channel_post", "news"), ("edited_channel_post", "new news")]


def test_adding_the_bot_to_a_channel_makes_it_administrator_without_a_message(world, ann):
    channel = world.channel("C", ann)
    world.kick(channel, ann)
    world.add_bot(channel, ann)
    _, change = (update["my_chat_member"] for update in world.updates.pending)
    assert change["new_chat_member"]["status"] == "administrator"
    assert (change["from"]["id"], change["chat"]["type"]) == (ann.id, "channel")


def test_forwarded_message_carries_its_origin(world, ann, chat):
    world.forward(chat, ann, "news", {"type": "hidden_user", "sender_user_name": "Bob"})
    origin = world.updates.pending[0]["message"]["forward_origin"]
    assert origin == {"type": "hidden_user", "sender_user_name": "Bob", "date": origin["date"]}


def test_a_message_in_a_topic_replies_to_the_topics_first_message(world, ann, call):
    forum = world.forum("F", ann)
    thread = world.topic(forum, "News", ann)
    world.say(forum, ann, "/latest", thread=thread)
    message = world.updates.pending[-1]["message"]
    assert (message["message_thread_id"], message["is_topic_message"]) == (thread, True)
    assert message["reply_to_message"]["forum_topic_created"]["name"] == "News"
    call("sendMessage", chat_id=forum.id, text="here", message_thread_id=thread)
    assert world.replies(forum)[0].thread == thread


def test_a_closed_topic_takes_no_messages_of_the_bot_until_it_is_opened(world, ann, call):
    forum = world.forum("Town", ann)
    thread = world.topic(forum, "News", ann)
    message = {"chat_id": forum.id, "message_thread_id": thread, "text": "Hi"}
    world.close_topic(forum, thread, ann)
    refused = call("sendMessage", **message)
    assert (refused["error_code"], refused["description"]) == (400, "Bad Request: TOPIC_CLOSED")
    assert call("sendMessage", chat_id=forum.id, text="Hi")["ok"]
    forum.standing[world.me.id] = "administrator"
    assert call("sendMessage", **message)["ok"]
    forum.standing[world.me.id] = "member"
    world.reopen(forum, thread, ann)
    assert call("sendMessage", **message)["ok"]
    updates = [update["message"] for update in call("getUpdates")["result"]]
    assert ["forum_topic_closed" in each for each in updates] == [False, True, False]
    assert ["forum_topic_reopened" in each for each in updates] == [False, False, True]


def test_block_and_kick_arrive_as_changes_of_the_bots_membership(world, ann, chat):
    group = world.group("G", ann)
    world.block(ann)
    world.unblock(ann)
    world.kick(group, ann)
    world.add_bot(group, ann)
    changes = [update.get("my_chat_member") for update in world.updates.pending]
    standing = [
        (each["chat"]["id"], each["old_chat_member"]["status"], each["new_chat_member"]["status"])
        for each in changes
        if each
    ]
    assert standing == [
        (chat.id, "member", "kicked"),
        (chat.id, "kicked", "member"),
        (group.id, "member", "kicked"),
        (group.id, "kicked", "member"),
    ]
    assert (
        world.updates.pending[-1]["message"]["new_chat_members"][0]["username"] == "pullquote_bot"
    )


def test_both_chats_announce_a_migration(world, ann):
    group = world.group("G", ann)
    moved = world.migrate(group)
    old, new = (update["message"] for update in world.updates.pending)
    assert (old["chat"]["id"], old["migrate_to_chat_id"]) == (group.id, moved.id)
    assert (new["chat"]["id"], new["migrate_from_chat_id"]) == (moved.id, group.id)
    assert (moved.type, moved.title, moved.standing) == ("supergroup", "G", group.standing)


def test_edit_by_a_person_is_a_separate_update(world, ann, chat):
    world.edit(world.say(chat, ann, "/ask wen"), "/ask when")
    assert told(world) == [("message", "/ask wen"), ("edited_message", "/ask when")]


def test_only_existing_buttons_can_be_pressed(world, ann, chat, call):
    row = [{"text": "More", "callback_data": "m"}, {"text": "Read", "url": "https://a.example/"}]
    call("sendMessage", chat_id=chat.id, text="a", reply_markup={"inline_keyboard": [row]})
    message = world.replies(chat)[0]
    assert world.press(message, "m").data == world.press(message, "More").data == "m"
    with pytest.raises(PullquoteError, match=r"^The button 'Read' opens a link\.$"):
        world.press(message, "Read")
    with pytest.raises(
        PullquoteError, match=r"^There is no button 'x'; there are \['More', 'Read'\]"
    ):
        world.press(message, "x")


def test_people_manage_their_groups(world, ann, call):
    ben = world.user("Ben")
    group = world.supergroup("S", ann, ben)
    world.promote(group, ben)
    statuses = [
        call("getChatMember", chat_id=group.id, user_id=user.id)["result"]["status"]
        for user in (ann, ben, world.me, world.user("Cleo"))
    ]
    assert statuses == ["creator", "administrator", "member", "left"]


def test_waiting_in_vain_reports_the_last_message(world, ann, chat):
    world.say(chat, ann, "hello?")
    with pytest.raises(TimeoutError) as caught:
        world.wait_for(lambda: world.replies(chat), timeout=0.05)
    assert str(caught.value) == (
        "nothing came within 0.05 s; last messages: ['hello?'], last requests: []"
    )


def test_the_bots_own_messages_can_be_deleted_and_others_in_private_only(world, ann, chat, call):
    group = world.group("G", ann)
    mine = call("sendMessage", chat_id=group.id, text="a")["result"]["message_id"]
    theirs = world.say(group, ann, "b")
    private = world.say(chat, ann, "c")
    assert call("deleteMessage", chat_id=group.id, message_id=mine)["ok"]
    assert call("deleteMessage", chat_id=group.id, message_id=theirs.id) == {
        "ok": False,
        "error_code": 400,
        "description": "Bad Request: message can't be deleted",
    }
    assert call("deleteMessage", chat_id=chat.id, message_id=private.id)["ok"]
    assert (theirs.deleted, private.deleted) == (False, True)


def test_the_first_user_has_id_1_and_is_not_the_bot():
    world = World()
    assert (world.user("Ann").id, world.me.id) == (1, 5_000_000_001)
