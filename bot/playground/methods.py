"""The Bot API's methods except getUpdates: they take parameters, return results, raise errors."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from bot.playground.contract import Upload
from bot.playground.errors import BadRequestError, ForbiddenError
from bot.playground.markup import Entity, checked_link, detect, parse_html, tidy
from bot.playground.model import Chat, Json, Message, member_json
from bot.playground.rich import read_rich
from bot.playground.state import Event, InlineQuery, State
from bot.playground.updates import Webhook

MAX_TEXT = 4096
MAX_BUTTONS = 100
MAX_ANSWER = 200
MAX_COMMANDS = 100
ANSWER_WITHIN = 150.0
INLINE_WITHIN = 30.0
MAX_RESULTS = 50
CACHE_SECONDS = 300
BUTTON_KINDS = [
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
]
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly "
    "the same as a current content and reply markup of the message"
)
ACTIONS = [
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
]


def get_me(state: State, _: Json) -> Json:
    """Return the bot's own user."""
    return state.me.to_json() | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": state.inline_mode,
        "supports_guest_queries": True,
    }


def send_message(state: State, params: Json) -> Json:
    """Send text; errors are checked in Telegram's order."""
    chat = writable(state, params["chat_id"])
    thread = _open_thread(state, chat, params.get("message_thread_id"))
    text, entities = formatted(params)
    buttons = keyboard(params.get("reply_markup"))
    reply_to = _reply_target(chat, params.get("reply_parameters"))
    if state.rates is not None:
        state.rates.check(chat.id, state.clock())
    message = Message(chat.next_id(), chat, state.me, state.now(), text, entities, buttons)
    message.thread = thread or (reply_to.thread if reply_to else None)
    message.reply_to = reply_to or chat.messages.get(thread or 0)
    message.asks_for_reply = bool((params.get("reply_markup") or {}).get("force_reply"))
    message.link_preview = params.get("link_preview_options")
    return state.put(message).to_json()


def send_rich_message(state: State, params: Json) -> Json:
    """Send a rich message in HTML; it has blocks in place of a text."""
    chat = writable(state, params["chat_id"])
    thread = _thread(chat, params.get("message_thread_id"))
    blocks = read_rich(params["rich_message"].get("html", ""))
    buttons = keyboard(params.get("reply_markup"))
    reply_to = _reply_target(chat, params.get("reply_parameters"))
    extra = {"rich_message": {"blocks": blocks}}
    message = Message(chat.next_id(), chat, state.me, state.now(), extra=extra)
    message.buttons, message.reply_to = buttons, reply_to or chat.messages.get(thread or 0)
    message.thread = thread or (reply_to.thread if reply_to else None)
    return state.put(message).to_json()


def send_document(state: State, params: Json) -> Json:
    """Send an uploaded file; captions are not supported."""
    chat = writable(state, params["chat_id"])
    thread = _open_thread(state, chat, params.get("message_thread_id"))
    upload = params["document"]
    if not isinstance(upload, Upload):
        raise BadRequestError("wrong file identifier/HTTP URL specified")
    if not upload.data:
        raise BadRequestError("file must be non-empty")
    reply_to = _reply_target(chat, params.get("reply_parameters"))
    extra = {"document": state.keep_file(upload.filename, upload.data)}
    message = Message(chat.next_id(), chat, state.me, state.now(), extra=extra)
    message.thread = thread or (reply_to.thread if reply_to else None)
    message.reply_to = reply_to or chat.messages.get(thread or 0)
    return state.put(message).to_json()


def edit_message_text(state: State, params: Json) -> Json:
    """Change a message of the bot; an edit without a keyboard removes the keyboard."""
    message = _own_message(state, params)
    text, entities = formatted(params)
    buttons = keyboard(params.get("reply_markup"))
    if (text, entities, buttons) == (message.text, message.entities, message.buttons):
        raise BadRequestError(NOT_MODIFIED)
    message.text, message.entities, message.buttons = text, entities, buttons
    message.extra.pop("rich_message", None)
    message.link_preview = params.get("link_preview_options")
    message.edited = state.now()
    return state.put(message).to_json()


def edit_message_reply_markup(state: State, params: Json) -> Json:
    """Change the keyboard of a message of the bot; the message is not shown as edited."""
    message = _own_message(state, params)
    buttons = keyboard(params.get("reply_markup"))
    if buttons == message.buttons:
        raise BadRequestError(NOT_MODIFIED)
    message.buttons = buttons
    return state.put(message).to_json()


def delete_message(state: State, params: Json) -> bool:
    """Delete the bot's own message, or anyone's in private chats and as an administrator."""
    chat = writable(state, params["chat_id"])
    message = chat.messages.get(params["message_id"])
    if message is None:
        raise BadRequestError("message to delete not found")
    is_admin = chat.standing.get(state.me.id) == "administrator"
    if not (message.sender is state.me or chat.type == "private" or is_admin):
        raise BadRequestError("message can't be deleted")
    del chat.messages[message.id]
    message.deleted = True
    state.put(message)
    return True


def send_chat_action(state: State, params: Json) -> bool:
    """Show people what the bot is doing."""
    chat = writable(state, params["chat_id"])
    _thread(chat, params.get("message_thread_id"))
    if params["action"] not in ACTIONS:
        raise BadRequestError("wrong parameter action in request")
    state.tell(Event("typing", chat.id, {"action": params["action"]}))
    return True


def answer_callback_query(state: State, params: Json) -> bool:
    """Answer a pressed button once and in time; the text becomes a toast or a dialog."""
    press = state.presses.get(params["callback_query_id"])
    late = press is not None and state.clock() - press.at > ANSWER_WITHIN
    if press is None or late or press.answer is not None:
        raise BadRequestError(TOO_OLD)
    if len(params.get("text", "")) > MAX_ANSWER:
        raise BadRequestError("MESSAGE_TOO_LONG")
    url = params.get("url")
    if url is not None and not url.startswith(f"https://t.me/{state.me.username}?start="):
        raise BadRequestError("URL_INVALID")
    press.answer = params
    toast: Json = {"message_id": press.message.id, "data": press.data}
    toast |= {"text": params.get("text", ""), "alert": params.get("show_alert", False)}
    state.tell(Event("toast", press.message.chat.id, toast))
    return True


def answer_inline_query(state: State, params: Json) -> bool:
    """Offer results to a person who types; the same query is answered with them for a while."""
    query = _open_query(state, params["inline_query_id"])
    results, button = params["results"], params.get("button")
    if len(results) > MAX_RESULTS:
        raise BadRequestError("too many inline query results specified")
    if len({result["id"] for result in results}) < len(results):
        raise BadRequestError("RESULT_ID_DUPLICATE")
    for result in results:
        _check_result(result)
    if button is not None:
        _check_results_button(button)
    query.answer = params
    owner = query.user.id if params.get("is_personal") else None
    until = state.clock() + params.get("cache_time", CACHE_SECONDS)
    state.results[query.text, owner] = until, params
    state.tell(inline_event(query))
    return True


def answer_guest_query(state: State, params: Json) -> Json:
    """Answer a message that mentions the bot in a chat where it is no member."""
    query = _open_query(state, params["guest_query_id"])
    if query.message is None:
        raise BadRequestError(TOO_OLD)
    _check_result(params["result"])
    query.answer = params
    content, chat = params["result"]["input_message_content"], query.message.chat
    text, entities = formatted(content | {"text": content["message_text"]})
    extra = {"guest_bot_caller_user": query.user.to_json()}
    message = Message(chat.next_id(), chat, state.me, state.now(), text, entities, extra=extra)
    message.reply_to = query.message
    message.buttons = keyboard(params["result"].get("reply_markup"))
    state.put(message)
    return {"inline_message_id": f"guest-{query.id}"}


def _open_query(state: State, id_: str) -> InlineQuery:
    query = state.queries.get(id_)
    if query is None or query.answer or state.clock() - query.at > INLINE_WITHIN:
        raise BadRequestError(TOO_OLD)
    return query


def _check_result(result: Json) -> None:
    if not 1 <= len(result["id"].encode()) <= 64:
        raise BadRequestError("RESULT_ID_INVALID")
    content = result.get("input_message_content", {})
    if result["type"] != "article" or "message_text" not in content:
        raise BadRequestError("the playground knows results of type article with a text only")
    if not result["title"].strip():
        raise BadRequestError("can't parse inline query result: title of the result is empty")
    formatted(content | {"text": content["message_text"]})
    keyboard(result.get("reply_markup"))


def _check_results_button(button: Json) -> None:
    if not button["text"].strip():
        raise BadRequestError("can't parse inline query results button: text is empty")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", button.get("start_parameter", "")):
        raise BadRequestError("START_PARAM_INVALID")


def inline_event(query: InlineQuery) -> Event:
    """What a page shows below the person's words: results, and a button above them."""
    answer = query.answer or {}
    shown = ("id", "title", "description")
    results = [{k: r[k] for k in shown if k in r} for r in answer.get("results", [])]
    data = {"id": query.id, "query": query.text, "results": results}
    return Event("inline", query.user.id, data | {"button": answer.get("button")})


def set_my_commands(state: State, params: Json) -> bool:
    """Set the menu of a scope and language."""
    commands = params["commands"]
    if len(commands) > MAX_COMMANDS:
        raise BadRequestError("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]):
            raise BadRequestError("BOT_COMMAND_INVALID")
        if not 1 <= len(command["description"]) <= 256:
            raise BadRequestError("BOT_COMMAND_DESCRIPTION_INVALID")
    state.commands[_scope(state, params)] = commands
    state.tell(Event("commands", None, {}))
    return True


def delete_my_commands(state: State, params: Json) -> bool:
    """Delete the menu of a scope and language."""
    state.commands.pop(_scope(state, params), None)
    state.tell(Event("commands", None, {}))
    return True


def get_my_commands(state: State, params: Json) -> list[Json]:
    """Return the menu of exactly this scope and language."""
    return state.commands.get(_scope(state, params), [])


def get_chat(state: State, params: Json) -> Json:
    """Return the Bot API's ``ChatFullInfo`` with its required fields."""
    gifts = [
        "unlimited_gifts",
        "limited_gifts",
        "unique_gifts",
        "premium_subscription",
        "gifts_from_channels",
    ]
    return readable(state, params["chat_id"]).to_json() | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(gifts, False),
    }


def get_chat_member(state: State, params: Json) -> Json:
    """Return the ``ChatMember`` of a user."""
    chat = readable(state, params["chat_id"])
    people = {**state.users, state.me.id: state.me}
    user = people.get(params["user_id"])
    if user is None:
        raise BadRequestError("PARTICIPANT_ID_INVALID")
    return member_json(user, chat.standing.get(user.id, "left"))


def leave_chat(state: State, params: Json) -> bool:
    """The bot leaves, and gets 403 from then on."""
    chat = writable(state, params["chat_id"])
    if chat.type == "private":
        raise BadRequestError("chat member status can't be changed in private chats")
    chat.standing[state.me.id] = "left"
    chat.refusal = f"bot is not a member of the {chat.type} chat"
    state.tell(None)
    return True


def get_file(state: State, params: Json) -> Json:
    """Return the ``File`` with the path to download it from."""
    path = params["file_id"]
    if path not in state.files:
        raise BadRequestError("invalid file_id")
    size = len(state.files[path])
    return {"file_id": path, "file_unique_id": path, "file_size": size, "file_path": path}


def set_description(name: str, limit: int) -> Callable[[State, Json], bool]:
    """Make a method that stores one of the bot's descriptions, up to ``limit`` characters."""

    def method(state: State, params: Json) -> bool:
        text = params.get(name, "")
        if len(text) > limit:
            raise BadRequestError(f"BOT_{name.upper()}_TOO_LONG")
        state.descriptions[f"{name} {_language(params)}".strip()] = text
        return True

    return method


def set_webhook(state: State, params: Json) -> bool:
    """Post updates to ``url`` from now on; an empty one is the same as deleteWebhook.

    Unlike Telegram, the double accepts plain http, but only to this machine.
    """
    url, secret = params["url"], params.get("secret_token")
    if not url:
        return delete_webhook(state, params)
    parts = urlsplit(url)
    local = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"}
    if parts.scheme != "https" and not local:
        raise BadRequestError("bad webhook: An HTTPS URL must be provided for webhook")
    if secret is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        raise BadRequestError("secret token contains unallowed characters")
    _drop_pending(state, params)
    if "allowed_updates" in params:
        state.updates.allowed = params["allowed_updates"]
    state.webhook = Webhook(url, secret, params.get("max_connections", 40))
    state.tell(None)
    return True


def delete_webhook(state: State, params: Json) -> bool:
    """Return to getUpdates."""
    _drop_pending(state, params)
    state.webhook = Webhook()
    state.tell(None)
    return True


def get_webhook_info(state: State, _: Json) -> Json:
    """The Bot API's ``WebhookInfo``."""
    webhook = state.webhook
    info: Json = {
        "url": webhook.url,
        "has_custom_certificate": False,
        "pending_update_count": len(state.updates.pending),
    }
    if webhook.url:
        info["max_connections"] = webhook.max_connections
        info["allowed_updates"] = state.updates.allowed
    if webhook.last_error is not None:
        info["last_error_message"] = webhook.last_error
        info["last_error_date"] = webhook.last_error_date
    return info


def _drop_pending(state: State, params: Json) -> None:
    if params.get("drop_pending_updates"):
        state.updates.pending.clear()


def readable(state: State, chat_id: int | str) -> Chat:
    """Return the chat; raise if it has migrated or the bot may not see it."""
    try:
        chat = state.chat(chat_id)
    except BadRequestError:
        if chat_id in state.users:
            raise ForbiddenError("bot can't initiate conversation with a user") from None
        raise
    if chat.moved_to is not None:
        problem = "group chat was upgraded to a supergroup chat"
        raise BadRequestError(problem, migrate_to_chat_id=chat.moved_to)
    return chat


def writable(state: State, chat_id: int | str) -> Chat:
    """Return the chat; raise if the bot may not write there."""
    chat = readable(state, chat_id)
    if chat.refusal is not None:
        raise ForbiddenError(chat.refusal)
    return chat


def formatted(params: Json) -> tuple[str, list[Entity]]:
    """Return the text and entities of a request as Telegram stores them."""
    text, mode = params.get("text", ""), params.get("parse_mode", "").lower()
    if mode not in {"", "html"}:
        raise BadRequestError(f"unsupported parse_mode {mode!r}; the playground reads HTML only")
    parsed, entities = parse_html(text) if mode else (text, params.get("entities", []))
    clean, kept = tidy(parsed, entities)
    if not clean:
        raise BadRequestError("message text is empty")
    if len(clean) > MAX_TEXT:
        raise BadRequestError("message is too long")
    return clean, detect(clean, kept)


def keyboard(markup: Json | None) -> list[list[Json]]:
    """Return the validated rows of an inline keyboard; other keyboards have none."""
    rows = [row for row in (markup or {}).get("inline_keyboard", []) if row]
    if sum(map(len, rows)) > MAX_BUTTONS:
        raise BadRequestError("reply markup is too long")
    for button in (button for row in rows for button in row):
        _check_button(button)
    return rows


def _check_button(button: Json) -> None:
    if not button["text"].strip():
        raise BadRequestError("can't parse inline keyboard button: Text of the button is empty")
    if not any(kind in button for kind in BUTTON_KINDS):
        problem = "Text buttons are unallowed in the inline keyboard"
        raise BadRequestError(f"can't parse inline keyboard button: {problem}")
    data = button.get("callback_data")
    if data is not None and not 1 <= len(data.encode()) <= 64:
        raise BadRequestError("BUTTON_DATA_INVALID")
    url = button.get("url")
    if url is not None and checked_link(url) is None:
        raise BadRequestError(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")


def _thread(chat: Chat, thread: int | None) -> int | None:
    if thread is not None and thread not in chat.topics:
        raise BadRequestError("message thread not found")
    return thread


def _open_thread(state: State, chat: Chat, thread: int | None) -> int | None:
    if _thread(chat, thread) in chat.closed and chat.standing[state.me.id] != "administrator":
        raise BadRequestError("TOPIC_CLOSED")
    return thread


def _reply_target(chat: Chat, reply: Json | None) -> Message | None:
    if not reply or "message_id" not in reply:
        return None
    target = chat.messages.get(reply["message_id"])
    if target is None and not reply.get("allow_sending_without_reply"):
        raise BadRequestError("message to be replied not found")
    return target


def _own_message(state: State, params: Json) -> Message:
    if "chat_id" not in params or "message_id" not in params:
        raise BadRequestError("message identifier is not specified")
    message = writable(state, params["chat_id"]).messages.get(params["message_id"])
    if message is None:
        raise BadRequestError("message to edit not found")
    if message.sender is not state.me:
        raise BadRequestError("message can't be edited")
    return message


def _scope(state: State, params: Json) -> tuple[str, str]:
    """Return the key of a menu: the scope's type with its ids, and the language."""
    scope = params.get("scope") or {"type": "default"}
    words = [scope["type"]]
    if "chat_id" in scope:
        words.append(str(readable(state, scope["chat_id"]).id))
    if "user_id" in scope:
        words.append(str(scope["user_id"]))
    return " ".join(words), _language(params)


def _language(params: Json) -> str:
    code = str(params.get("language_code", ""))
    if not re.fullmatch("([a-z]{2})?", code):
        raise BadRequestError("invalid language code specified")
    return code


METHODS: dict[str, Callable[[State, Json], Any]] = {
    "answerCallbackQuery": answer_callback_query,
    "answerGuestQuery": answer_guest_query,
    "answerInlineQuery": answer_inline_query,
    "deleteMessage": delete_message,
    "deleteMyCommands": delete_my_commands,
    "deleteWebhook": delete_webhook,
    "editMessageReplyMarkup": edit_message_reply_markup,
    "editMessageText": edit_message_text,
    "getChat": get_chat,
    "getChatMember": get_chat_member,
    "getFile": get_file,
    "getMe": get_me,
    "getMyCommands": get_my_commands,
    "getWebhookInfo": get_webhook_info,
    "leaveChat": leave_chat,
    "sendChatAction": send_chat_action,
    "sendDocument": send_document,
    "sendMessage": send_message,
    "sendRichMessage": send_rich_message,
    "setMyCommands": set_my_commands,
    "setMyDescription": set_description("description", 512),
    "setMyShortDescription": set_description("short_description", 120),
    "setWebhook": set_webhook,
}
