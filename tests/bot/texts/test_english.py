"""The bot's English texts as people read them: the only tests that pin their wording.

Everything else in the tests asks the catalogue by id.
"""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.commands.help import help_text
from bot.commands.registry import COMMANDS
from bot.subscriptions.model import Interest, Timetable
from bot.texts import alerts, answers, feeds, receipts
from index.outcome import Outcome, Rebuilt
from qa import (
    Answer,
    Article,
    Difference,
    Fidelity,
    Quote,
    Receipt,
    SourceError,
    Status,
    Verdict,
)
from tests.index.feed_helpers import FEED
from tests.said import ENGLISH as TEXTS

MOMENT = datetime(2024, 5, 3, 14, 5, tzinfo=UTC)
ARTICLE = Article(
    "a",
    "Storm & flood",
    "Heavy rain fell on Monday. The river rose by two metres.",
    "https://example.org/storm",
    "Valley Post",
    MOMENT,
)
LINKED = '<a href="https://example.org/storm">Storm &amp; flood</a> – Valley Post · 3 May 2024'
RAIN = Quote(ARTICLE, "Heavy rain fell on Monday.", 0, 26, 0, 1.0)
QUOTED = answers.quotation(TEXTS, RAIN)
SENTENCE = (
    '<a href="https://example.org/storm#:~:text=Heavy%20rain%20fell%20on%20Monday.">'
    "Storm &amp; flood</a>"
)
RECEIPT = Receipt(RAIN.text, Fidelity.VERBATIM, ARTICLE, 0, 26, added_at=MOMENT)
HASH = "994ec3ed526a99c1c3608955ada869c7062a37fd664bbcfb170d9fa75902e42d"
CHANGED = Receipt(
    "Weak rain fell Sunday” on <",
    Fidelity.DIFFERENT,
    ARTICLE,
    0,
    26,
    (Difference("Weak", "Heavy"), Difference("", "on Monday"), Difference("<", "")),
    ((0, 5), (16, 25)),
    added_at=MOMENT,
    changed_at=MOMENT,
)
MANY = ["da", "de", "el", "en", "es", "fr", "hr", "it", "nl", "pl", "pt", "ru"]
KYIV, NIGHT = "Europe/Kyiv", (22 * 60, 7 * 60)
OFF = {"next_poll_at": None}
FEED_LINK = '<a href="https://example.org/feed">A &amp; B</a>'


SAID = Answer("The <river> rose.", Verdict.ANSWERED, 0.9, (RAIN,))
UNSAID = Answer("It snowed.", Verdict.NOTHING_NEAR, 0.1, ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            answers.looked_up(TEXTS, [UNSAID, SAID], 2, False),
            f"What my articles say about this:\n\n<i>“The &lt;river&gt; rose.”</i>\n{QUOTED}",
        ),
        (
            answers.looked_up(TEXTS, [UNSAID] * 12, 30, False),
            "I found nothing about this in my articles.\n\n"
            "I looked up the first 12 of 30 sentences.",
        ),
        (
            answers.looked_up(TEXTS, [replace(UNSAID, verdict=Verdict.NOTHING_INDEXED)], 1, False),
            "I have no articles yet, so I can't answer anything.",
        ),
        (
            answers.looked_up(
                TEXTS,
                [Answer("Річка піднялася.", Verdict.UNREADABLE, 0.0, ())],
                1,
                False,
            ),
            "This text is in Ukrainian, and I read only English. Whoever runs me can change that "
            "with <code>PULLQUOTE_MODEL=multilingual</code> and a rebuild.",
        ),
        (answers.answer(TEXTS, Answer("?", Verdict.ANSWERED, 0.9, (RAIN,)), False), QUOTED),
        (
            answers.answer(TEXTS, Answer("?", Verdict.NOT_ANSWERING, 0.2, (RAIN,)), False),
            f"None of my articles answers this. Closest matches:\n\n{QUOTED}",
        ),
        (
            answers.answer(TEXTS, Answer("?", Verdict.NOTHING_NEAR, 0.0, ()), False),
            "None of my articles is about this.",
        ),
        (
            answers.answer(TEXTS, Answer("Чому закрили міст?", Verdict.UNREADABLE, 0.0, ()), False),
            "This question is in Ukrainian, and I read only English. Please ask in English. "
            "Whoever runs me can change that with <code>PULLQUOTE_MODEL=multilingual</code> and a "
            "rebuild.",
        ),
        (
            answers.nothing_indexed(TEXTS, is_admin=False),
            "I have no articles yet, so I can't answer anything.",
        ),
        (
            answers.nothing_indexed(TEXTS, is_admin=True),
            "I have no articles yet, so I can't answer anything. Add some with "
            "<code>/add https://…</code>, or run <code>pullquote add</code> on the computer that "
            "hosts me.",
        ),
        (
            answers.also_in(TEXTS, [ARTICLE, *[replace(ARTICLE, source=s) for s in "ABC"]]),
            'Also in <a href="https://example.org/storm">Valley Post</a>, '
            '<a href="https://example.org/storm">A</a> and 2 more',
        ),
        (answers.title(TEXTS, Article("a", " \u200b ", "text")), "Untitled"),
        (answers.latest(TEXTS, [[ARTICLE]]), f"Latest articles:\n• {LINKED}"),
        (answers.added(TEXTS, ARTICLE, Outcome.ADDED), f"Added: {LINKED}"),
        (answers.added(TEXTS, ARTICLE, Outcome.UNCHANGED), f"Unchanged: {LINKED}"),
        (
            answers.not_added(TEXTS, SourceError("<x>", TEXTS("error.not_a_web_address"))),
            "Failed: &lt;x&gt;: not a web address; it should start with https://",
        ),
        (
            TEXTS("rebuild.progress", done=1200, count=3400),
            "Rebuilding the index: 1,200 of 3,400 articles done.",
        ),
        (
            answers.rebuilt(TEXTS, Rebuilt(1, 1234, 5.678, 2)),
            "Index rebuilt: 1,234 passages from 1 article in 5.7 s (generation 2).",
        ),
        (
            answers.status(TEXTS, Status(1234, 5678, "a<b", 384, 3, None), "2, 1 paused", 4, 1),
            "Articles: 1,234\nPassages: 5,678\nModel: a&lt;b\n"
            "Precision: unknown until the model is loaded\nGeneration: 3\nFeeds: 2, 1 paused\n"
            "Subscriptions: 4\nAlerts waiting: 1",
        ),
        (
            answers.status(
                TEXTS,
                Status(1234, 5678, "m", 384, 3, "int8", {"en": 1200, "de": 30, "uk": 4}),
                "0",
                4,
                1,
            ).splitlines()[-2:],
            ["Alerts waiting: 1", "Languages: English (1,200), German (30) and Ukrainian (4)"],
        ),
        (
            answers.status(
                TEXTS, Status(2, 2, "m", 384, 3, "int8", {"en": 2}), "0", 4, 1
            ).splitlines()[-1],
            "Alerts waiting: 1",
        ),
        (
            answers.status(
                TEXTS, Status(2, 2, "m", 384, 3, "int8", dict.fromkeys(MANY, 1)), "0", 4, 1
            ).splitlines()[-1],
            "Languages: Danish (1), German (1), Greek (1), English (1), Spanish (1), French (1), "
            "Croatian (1), Italian (1), Dutch (1), Polish (1) and 2 more",
        ),
        (
            receipts.receipt(TEXTS, RECEIPT, 4096, is_one_of_several=False),
            f"✓ Word for word in this article:\n{SENTENCE} – Valley Post · 3 May 2024\n"
            f"Stored: 3 May 2024, 14:05 UTC\nSHA-256 of the stored text: <code>{HASH}</code>",
        ),
        (
            receipts.receipt(TEXTS, CHANGED, 4096, is_one_of_several=True),
            "“Weak rain fell Sunday” on &lt;”\n"
            "✗ Not word for word. The nearest words are in this article:\n"
            f"{SENTENCE} – Valley Post · 3 May 2024\n"
            "<blockquote><b>Heavy</b> rain fell <b>on Monday</b>.</blockquote>\n"
            "• “Weak” – in the article: “Heavy”\n• “on Monday” – left out of the quote\n"
            "• “&lt;” – not in the article\n"
            "Stored: 3 May 2024, 14:05 UTC · Changed: 3 May 2024, 14:05 UTC\n"
            f"SHA-256 of the stored text: <code>{HASH}</code>",
        ),
        (
            receipts.receipt(TEXTS, Receipt("", Fidelity.TOO_LONG), 4096, is_one_of_several=False),
            "This is too long to check: a quote can have at most 4,096 characters.",
        ),
        (TEXTS("error.unexpected"), "Sorry, something went wrong. Please try again in a moment."),
        (TEXTS("error.unknown_command"), "Unknown command. Send /help for a list."),
    ],
)
def test_answers_and_administration(text, expected):
    assert text == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            alerts.subscribed(TEXTS, Interest("city & buses"), is_new=True),
            "Subscribed: new articles about “city &amp; buses” will be posted here. "
            "Manage with /subscriptions.",
        ),
        (
            alerts.subscribed(TEXTS, Interest("floods", "BBC"), is_new=False),
            "Already subscribed: new articles about “floods” from BBC are posted here.",
        ),
        (
            alerts.subscribed(TEXTS, Interest("x from Y"), is_new=True, no_source="Y"),
            "I don't know a source called “Y”, so I took it as part of the topic. "
            "Subscribed: new articles about “x from Y” will be posted here. "
            "Manage with /subscriptions.",
        ),
        (
            alerts.unfollowed(TEXTS, Interest()),
            "Unsubscribed: all new articles will not be posted here.",
        ),
        (
            alerts.unknown_source(TEXTS, "Z", ["A", "B"]),
            "There are no articles from “Z”, so you were not subscribed. Sources I know: A and B.",
        ),
        (
            alerts.unknown_source(TEXTS, "Z", []),
            "There are no articles from “Z”, so you were not subscribed. "
            "I don't know any sources yet.",
        ),
        (
            alerts.subscriptions(
                TEXTS, [Interest("", "BBC"), Interest()], Timetable(KYIV, 480, 0.0, NIGHT)
            ),
            "Subscriptions here:\n• everything from BBC\n• every new article\n\n"
            "New articles are posted in a daily digest at 08:00 (Europe/Kyiv).\n"
            "Quiet hours are 22:00–07:00 (Europe/Kyiv).\n"
            "Use the buttons to make changes.",
        ),
        (TEXTS("unsubscribe.question", count=1), "Remove the only subscription here?"),
        (TEXTS("unsubscribe.question", count=2), "Remove all 2 subscriptions here?"),
        (alerts.ended_all(TEXTS, 0), "There was nothing left to remove."),
        (alerts.ended_all(TEXTS, 1), "The subscription has been removed."),
        (alerts.ended_all(TEXTS, 2), "All 2 subscriptions have been removed."),
        (
            alerts.digest_state(TEXTS, Timetable()),
            "New articles are posted as they come in.\n\n"
            "<code>/digest 08:00 Europe/Kyiv</code> collects new articles into one message a day, "
            "<code>/digest off</code> posts them as they come in.",
        ),
        (
            alerts.quiet_state(TEXTS, Timetable()),
            "There are no quiet hours here.\n\n"
            "<code>/quiet 22:00-07:00 Europe/Kyiv</code> holds alerts back at night, "
            "<code>/quiet off</code> posts them at any time.",
        ),
        (
            alerts.digest_set(TEXTS, Timetable(None, 480), Timetable()),
            "New articles will be posted here in a daily digest at 08:00 (UTC). "
            "To use another time zone, add it after the time, such as Europe/Kyiv.",
        ),
        (
            alerts.digest_set(TEXTS, Timetable(KYIV, 360, quiet=NIGHT), Timetable()),
            "New articles will be posted here in a daily digest at 06:00 (Europe/Kyiv). "
            "That is during quiet hours, so it waits until 07:00. "
            "Quiet hours, 22:00–07:00, are now in this time zone too.",
        ),
        (
            alerts.quiet_set(TEXTS, Timetable(KYIV, 1380, quiet=NIGHT), Timetable()),
            "Alerts will be held back from 22:00 to 07:00 (Europe/Kyiv). "
            "The digest at 23:00 will wait too. "
            "The digest at 23:00 is now in this time zone too.",
        ),
        (
            alerts.collected_comes_after(TEXTS, NIGHT, Timetable(KYIV)),
            "New articles will be posted as they come in. Those collected so far follow when "
            "quiet hours end, at 07:00 (Europe/Kyiv).",
        ),
        (
            alerts.unknown_time(TEXTS, "<x>"),
            "I don't understand the time “&lt;x&gt;”. Nothing was changed. "
            "Write it like <code>08:00</code>.",
        ),
        (
            alerts.unknown_hours(TEXTS, "x"),
            "I don't understand the hours “x”. Nothing was changed. "
            "Write them like <code>22:00-07:00</code>.",
        ),
        (
            alerts.unknown_zone(TEXTS, "Kyif", KYIV),
            "I don't know the time zone “Kyif”. Did you mean Europe/Kyiv?",
        ),
        (
            alerts.unknown_zone(TEXTS, "<x>", None),
            "I don't know the time zone “&lt;x&gt;”. Use a name such as Europe/Kyiv.",
        ),
    ],
)
def test_subscriptions_digest_and_quiet_hours(text, expected):
    assert text == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            alerts.alert(TEXTS, RAIN, [Interest("a"), Interest("b", "BBC"), Interest("", "BBC")]),
            f"{QUOTED}\n\n<i>Matches your topics “a” and “b” from BBC. "
            "From BBC, which you follow.</i>",
        ),
        (
            alerts.alert(TEXTS, RAIN, [Interest("floods")]),
            f"{QUOTED}\n\n<i>Matches your topic “floods”.</i>",
        ),
        (alerts.alert(TEXTS, RAIN, [Interest()]), f"{QUOTED}\n\n<i>You get every new article.</i>"),
        (TEXTS("alert.muted"), "Muted. Tap Undo to bring it back."),
        (TEXTS("alert.less"), "You'll get fewer articles like this."),
        (TEXTS("digest.title", count=1), "<b>Your digest: 1 new article</b>"),
        (TEXTS("digest.title", count=3), "<b>Your digest: 3 new articles</b>"),
        (TEXTS("digest.continued"), "<b>Your digest, continued</b>"),
        (
            alerts.silent(TEXTS, Interest("floods"), [ARTICLE], 14),
            "Nothing has matched “floods” for 14 days. Closest articles:\n"
            f"• {LINKED}\n\nTry other words, or remove it with /subscriptions.",
        ),
        (
            alerts.silent(TEXTS, Interest("floods", "BBC"), [], 14),
            "Nothing has matched “floods” from BBC for 14 days. "
            "Try other words, or remove it with /subscriptions.",
        ),
        (
            alerts.about_prompt(TEXTS, ARTICLE),
            "What would you like to know about “Storm &amp; flood”?",
        ),
        (
            alerts.about_prompt(TEXTS, ARTICLE, "<b>Ann</b>"),
            "<b>Ann</b>, what would you like to know about “Storm &amp; flood”?",
        ),
    ],
)
def test_alerts_and_digests(text, expected):
    assert text == expected


@pytest.mark.parametrize(
    ("feed", "health"),
    [
        (FEED, "read 3 May 2024, 14:05 UTC, 1 article"),
        (replace(FEED, last_success_at=None), "not read yet"),
        (
            replace(FEED, failures=1, last_error="<gone>"),
            "failed once: &lt;gone&gt;; next try 3 May 2024, 14:05 UTC",
        ),
        (
            replace(FEED, failures=3, last_error="slow"),
            "failed 3 times: slow; next try 3 May 2024, 14:05 UTC",
        ),
        (replace(FEED, state="ended", last_error="it says 410", **OFF), "ended: it says 410"),
        (
            replace(FEED, state="switched off", failures=100, last_error="slow", **OFF),
            "switched off after 100 failures: slow",
        ),
        (replace(FEED, state="paused", **OFF), "paused"),
    ],
)
def test_health_of_a_feed(feed, health):
    assert feeds.listed(TEXTS, [feed], 0, 1) == f"• {FEED_LINK} – {health}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            feeds.listed(TEXTS, [FEED], 8, 1234).splitlines()[-1],
            "Feeds 9 to 9 of 1,234.",
        ),
        (
            feeds.listed(TEXTS, [], 0, 0),
            "I follow no feeds yet. Add one with <code>/feeds add https://example.org/feed</code>.",
        ),
        (feeds.following(TEXTS, FEED), f"Now following {FEED_LINK}."),
        (
            feeds.not_following(TEXTS, "https://e.org/?a&b"),
            "Stopped following https://e.org/?a&amp;b. Its articles are kept.",
        ),
        (
            feeds.remove_question(TEXTS, FEED),
            f"Stop following {FEED_LINK}? Its articles will be kept.",
        ),
        (TEXTS("feeds.importing", count=1), "Checking 1 feed…"),
        (TEXTS("feeds.importing", count=2), "Checking 2 feeds…"),
        (
            "|".join(
                feeds.imported(TEXTS, [FEED, SourceError("https://e.org", "this is no feed")])
            ),
            "Following 1 of the 2 feeds in this file.\n• Failed: https://e.org: this is no feed",
        ),
        (
            feeds.have_ended(TEXTS, [replace(FEED, state="ended", last_error="it says 410")]),
            f"A feed has ended:\n• {FEED_LINK} – ended: it says 410\n\n"
            "Use /feeds to resume or remove feeds.",
        ),
        (
            feeds.have_ended(TEXTS, [replace(FEED, state="ended")] * 17).splitlines()[-3],
            "… and 2 more",
        ),
        (
            feeds.summary(
                TEXTS,
                [
                    FEED,
                    replace(FEED, state="paused"),
                    *[replace(FEED, failures=1, title=name) for name in "ABCD"],
                ],
            ),
            "6, 1 paused, 4 failing or ended (A, B, C, …)",
        ),
    ],
)
def test_feeds(text, expected):
    assert text == expected


def test_help():
    everybody = (
        "I answer questions with the exact words of my articles, and link to the sentence. "
        "If no article has the answer, I say so.\n\n"
        "Just type your question. In a group, use /ask, mention me, or reply to one of my "
        "messages.\n\n"
        "Forward me a post, or paste a paragraph, and I'll show what my articles say about it.\n\n"
        "/ask QUESTION – ask a question\n"
        "/latest – show the latest articles\n"
        "/latest from SOURCE – only from that source\n"
        "/story TOPIC – what was reported so far, in dated quotes\n"
        "/story since Monday – in reply to an answer or alert, what is new\n"
        "/verify QUOTE – check it word for word; also in reply to a message\n"
        "/subscribe TOPIC – get new articles on a topic\n"
        "/subscribe TOPIC from SOURCE – only from that source; the topic is optional\n"
        "/subscribe – get every new article\n"
        "/watch QUESTION – get told when a new article answers it\n"
        "/subscriptions – list, change or remove subscriptions\n"
        "/digest 08:00 Europe/Kyiv – get one message a day\n"
        "/quiet 22:00-07:00 – no alerts at night\n"
        "/unsubscribe TOPIC – remove that subscription\n"
        "/unsubscribe – remove all subscriptions\n"
        "/language – choose the language I speak"
    )
    listed = [command for command in COMMANDS if command.name != "help"]
    assert help_text(TEXTS, listed, is_admin=False) == everybody
    assert help_text(TEXTS, listed, is_admin=True) == (
        f"{everybody}\n\n"
        "For administrators of this bot:\n"
        "/add URL… – add articles; you can also send me a file (PDF, EPUB, DOCX, …) or forward me "
        "a post\n"
        "/feeds – manage the feeds I follow; also <code>/feeds add URL</code>, "
        "<code>/feeds add @channel</code>, <code>/feeds remove URL</code>, "
        "<code>/feeds export</code>; send me an OPML file to import it\n"
        "/rebuild – rebuild the index\n"
        "/status – show what is stored\n"
        "/block ID – stop answering a person; also <code>/block @name</code>, or in reply to their "
        "message\n"
        "/unblock ID – answer that person again"
    )
