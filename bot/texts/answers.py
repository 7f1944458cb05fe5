"""What the bot says, as Telegram HTML (pure).

Telegram takes 4,096 characters and 100 entities a message. Every foreign text here has a limit of
its own, in UTF-16 units and before it is escaped, such that the largest message stays below both.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.texts.markup import (
    ELLIPSIS,
    Excerpt,
    escape,
    excerpt,
    isolate,
    link,
    one_line,
    sentence_url,
    units,
    web_url,
)
from index.outcome import Outcome, Rebuilt
from qa import Answer, Article, PullquoteError, Quote, Status, Verdict
from qa.language import ENGLISH

PASSAGE_LENGTH = 800
LEAD_LENGTH = 160
"""A long quote starts this close to its sentence, which is thus seen before the quote unfolds;
unless that leans on what stands before."""
FOLDED_LENGTH = 400
TITLE_LENGTH = 150
SOURCE_LENGTH = 60
ALSO_IN, ALSO_IN_LENGTH = 2, 80
QUOTES, NEAREST = 3, 2
ERROR_LENGTH = 1000

HOW_TO_ASK = (
    "Ask me a question in a few words, such as <code>/ask Who won the race?</code>, "
    "and I answer with the exact words of the articles."
)
NO_WORDS = "I found no words in your question. Please ask in words, such as: Who won the race?"
ONLY_TEXT = "I read text, nothing else. Please write your question."
UNKNOWN_COMMAND = "I do not know this command. /help lists those that I know."
NOT_AN_ADMIN = "Sorry, only the administrators of this bot may do that."
FAILED = "Sorry, something went wrong on my side. Please try again in a moment."
NOTHING_INDEXED = "I have no articles yet, so I cannot answer anything."
HOW_TO_ADD = (
    "Add some with <code>/add https://…</code> here, or with <code>pullquote add</code> "
    "on the computer where I run."
)
NOTHING_NEAR = "None of my articles is about this."
NOT_ANSWERING = "None of my articles answers this. The closest I have:"
UNREADABLE = (
    "I cannot read the script of this question. Please ask in the language of the articles."
)
HOW_TO_USE_ADD = (
    "Tell me which: <code>/add https://example.org/story</code>, or several at once, "
    "or reply with /add to a message that holds links."
)
TOO_SHORT = "This is too short to be an article, and it holds no link to one."
NO_WEB_ADDRESS = "not a web address; it should begin with https://"
REBUILDING = "Rebuilding the index…"
REBUILD_STOPPED = "The rebuild was stopped, because I am going down. The index is as it was before."
ADMIN_HELP = """

As an administrator of this bot you may also use:
/add URL… – add articles; so does a post that you forward to me
/feeds – the feeds that I follow; also <code>/feeds add URL</code>, <code>/feeds remove URL</code>,
<code>/feeds export</code>; an OPML file that you send me is imported
/rebuild – embed all articles again
/status – what I hold"""


def welcome(is_admin: bool) -> str:
    """The text of /start and /help."""
    text = """\
I answer questions about articles with the exact words of the articles, and link to the very \
sentence. When no article answers, I say so.

Just write your question. In a group, use /ask, mention me, or reply to one of my messages.

/ask QUESTION – ask a question
/subscribe TOPIC – be told of new articles about a topic
/subscribe TOPIC from SOURCE – only of those from a source; or just from SOURCE
/subscribe – be told of every new article
/subscriptions – what you are told of, and end or change it
/unsubscribe – end all of it
/digest 08:00 Europe/Kyiv – once a day instead of at once
/quiet 22:00-07:00 – nothing at night
/latest – the newest articles"""
    return text + ADMIN_HELP if is_admin else text


def answer(reply: Answer, is_admin: bool) -> str:
    """An answer with its quotes, or the refusal that fits the verdict."""
    if reply.answered:
        return "\n\n".join(map(quotation, reply.quotes[:QUOTES]))
    if reply.verdict is Verdict.NOT_ANSWERING and reply.quotes:
        return "\n\n".join([NOT_ANSWERING, *map(quotation, reply.quotes[:NEAREST])])
    if reply.verdict is Verdict.NOTHING_INDEXED:
        return nothing_indexed(is_admin)
    return UNREADABLE if reply.verdict is Verdict.UNREADABLE else NOTHING_NEAR


def nothing_indexed(is_admin: bool) -> str:
    """There are no articles; an administrator is told how to add some."""
    return f"{NOTHING_INDEXED} {HOW_TO_ADD}" if is_admin else NOTHING_INDEXED


def quotation(quote: Quote) -> str:
    """Title, source, date, and the passage as a block quote with its sentence in bold."""
    begin, end = quote.highlight or (0, len(quote.text))
    article = quote.article
    url = sentence_url(article.url, article.text, quote.start + begin, quote.start + end)
    heading = link(title(article), url)
    origin = source_and_date(article)
    is_short = units(quote.text) <= FOLDED_LENGTH
    lead = FOLDED_LENGTH if is_short or ENGLISH.leans_back(quote.sentence) else LEAD_LENGTH
    passage = block_quote(excerpt(quote.text, quote.highlight, PASSAGE_LENGTH, lead))
    return "\n".join(filter(None, [heading, origin, passage, also_in(quote.also_in)]))


def title(article: Article) -> str:
    """The article's title on one line, never blank."""
    line = one_line(article.title, TITLE_LENGTH)
    return line if any(map(str.isprintable, line.replace(" ", ""))) else "Untitled"


def source_and_date(article: Article) -> str:
    """Such as ``BBC News · 3 May 2024``, escaped; empty when neither is known."""
    source = escape(isolate(one_line(article.source or "", SOURCE_LENGTH)))
    day = plain_date(article.published_at) if article.published_at else ""
    return " · ".join(filter(None, [source, day]))


def plain_date(moment: datetime) -> str:
    """Such as ``3 May 2024``, as the calendar stood where it was written."""
    return f"{moment.day} {moment:%B} {moment.year}"


def block_quote(piece: Excerpt) -> str:
    """The piece, its sentence in bold, an ellipsis where it was cut; folded when it is long."""
    sentence = f"<b>{escape(piece.sentence)}</b>" if piece.sentence else ""
    words = escape(piece.before) + sentence + escape(piece.after)
    before, after = f"{ELLIPSIS} " * piece.cut_before, f" {ELLIPSIS}" * piece.cut_after
    tag = "blockquote expandable" if units(piece.text) > FOLDED_LENGTH else "blockquote"
    return f"<{tag}>{before}{words}{after}</blockquote>"


def also_in(articles: Sequence[Article]) -> str:
    """Where else the same story stands, each source once; empty when nowhere."""
    if not articles:
        return ""
    places: dict[str, Article] = {}
    for each in articles:
        places.setdefault(_source_or_title(each), each)
    named = [
        link(isolate(one_line(name, ALSO_IN_LENGTH)), web_url(each.url))
        for name, each in list(places.items())[:ALSO_IN]
    ]
    more = len(places) - len(named)
    return "Also in " + enumerated([*named, f"{more} more"] if more else named)


def _source_or_title(article: Article) -> str:
    """By what an article is told from others of the same story, which often share their title."""
    return " ".join((article.source or "").split()) or title(article)


def headline(article: Article) -> str:
    """Title with link, source and date on one line."""
    origin = source_and_date(article)
    linked = link(isolate(title(article)), web_url(article.url))
    return f"{linked} – {origin}" if origin else linked


def latest(stories: Sequence[Sequence[Article]]) -> str:
    """The newest stories, a line each: the first article, and below where else it stands."""
    lines = [
        f"• {headline(first)}" + (f"\n↳ {also_in(rest)}" if rest else "")
        for first, *rest in stories
    ]
    return "The newest articles:\n" + "\n".join(lines)


def in_quotes(text: str) -> str:
    """``text`` between curly quotes, escaped."""
    return f"“{escape(isolate(text))}”"


def enumerated(items: Iterable[str]) -> str:
    """Such as ``a, b and c``."""
    *front, last = items
    return f"{', '.join(front)} and {last}" if front else last


def failed(sentence: str) -> str:
    """What one of our own errors says, which is a sentence for a person."""
    return escape(one_line(sentence, ERROR_LENGTH))


def added(article: Article, outcome: Outcome) -> str:
    """What became of an article that an administrator added."""
    return f"{outcome.value.capitalize()}: {headline(article)}"


def not_added(error: PullquoteError) -> str:
    """Why a source did not become an article."""
    return f"Failed: {failed(str(error))}"


def rebuilding(done: int, total: int) -> str:
    """How far a rebuild is, in articles."""
    return f"Rebuilding the index: {done:,} of {total:,} articles are ready."


def rebuilt(result: Rebuilt) -> str:
    """What a rebuild did."""
    return (
        f"The index is rebuilt: {result.passages:,} passages of {result.articles:,} articles"
        f" in {result.seconds:.1f} s (generation {result.generation})."
    )


def status(library: Status, feeds: str, subscriptions: int, waiting: int) -> str:
    """What the bot holds, a line each; ``feeds`` is a summary of them."""
    lines = {
        "Articles": f"{library.articles:,}",
        "Passages": f"{library.passages:,}",
        "Model": library.model,
        "Precision": library.precision or "unknown until the model is loaded",
        "Generation": str(library.generation),
        "Feeds": feeds,
        "Subscriptions": f"{subscriptions:,}",
        "Alerts waiting": f"{waiting:,}",
    }
    return "\n".join(f"{name}: {escape(value)}" for name, value in lines.items())
