"""Answers, lists of articles, and messages to administrators, as Telegram HTML (pure).

Telegram allows 4,096 characters and 100 entities in a message. Text from outside is cut to a limit
of its own, in UTF-16 units and before it is escaped, so that the longest message stays within both.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from bot.subscriptions.model import Person
from bot.texts.catalogue import Texts
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
from qa import Answer, Article, PullquoteError, Quote, Turn, Verdict
from qa.article import elsewhere
from qa.language import language_of
from qa.language.detect import language_of_question
from qa.language.talk import Talk
from qa.model.packaged import PACKAGED

if TYPE_CHECKING:  # it would load FAISS
    from qa import Status

PASSAGE_LENGTH = 800
LEAD_LENGTH = 160
"""A long quote starts at most this far before its sentence, so that a folded quote shows it; unless
the sentence depends on what comes before it."""
FOLDED_LENGTH = 400
TITLE_LENGTH = 150
SOURCE_LENGTH = 60
SECTION_LENGTH = 100
ALSO_IN, ALSO_IN_LENGTH = 2, 80
LANGUAGES = 10
UNKNOWN = "und"
"""ISO 639-2's code of an unknown language."""
QUOTES, NEAREST = 3, 2
PEOPLE, NAME_LENGTH = 20, 70
CLAIM_LENGTH, CLAIM_PASSAGE_LENGTH = 120, 600
"""Length of a sentence that was looked up, and of the passage below it."""
ERROR_LENGTH = 1000

_OUTCOMES = {
    Outcome.ADDED: "add.added",
    Outcome.UPDATED: "add.updated",
    Outcome.UNCHANGED: "add.unchanged",
}


def answer(texts: Texts, reply: Answer, is_admin: bool, *, is_one_of_several: bool = False) -> str:
    """An answer with its quotes, or the refusal that fits the verdict.

    It starts with the question if it ``is_one_of_several``, and with the context that it follows.
    """
    question = f"<b>{escape(isolate(one_line(reply.question, TITLE_LENGTH)))}</b>"
    above = [question] if is_one_of_several else []
    above += [about(texts, reply.follows)] if reply.follows else []
    quotes = QUOTES - bool(above)  # there is no room for more
    return "\n\n".join([*above, _said(texts, reply, is_admin, quotes)])


def about(texts: Texts, turn: Turn) -> str:
    """What a question is about: the article, or else the words, of the turn that it follows."""
    subject = one_line(turn.title or turn.question, TITLE_LENGTH)
    return texts("answer.about", subject=escape(isolate(subject)))


def _said(texts: Texts, reply: Answer, is_admin: bool, quotes: int) -> str:
    quoted = partial(quotation, texts)
    if reply.answered:
        return "\n\n".join(map(quoted, reply.quotes[:quotes]))
    if reply.verdict is Verdict.NOT_ANSWERING and reply.quotes:
        nearest = map(quoted, reply.quotes[:NEAREST])
        return "\n\n".join([texts("answer.not_answering"), *nearest])
    if reply.verdict is Verdict.NOTHING_INDEXED:
        return nothing_indexed(texts, is_admin)
    is_unreadable = reply.verdict is Verdict.UNREADABLE
    return (
        unreadable(texts, "answer.unreadable", reply.question)
        if is_unreadable
        else texts("answer.nothing_near")
    )


def shown_quotes(reply: Answer) -> tuple[Quote, ...]:
    """Those quotes of an answer that are shown if it stands alone."""
    most = {Verdict.ANSWERED: QUOTES, Verdict.NOT_ANSWERING: NEAREST}
    return reply.quotes[: most.get(reply.verdict, 0)]


def looked_up(texts: Texts, found: Sequence[Answer], claims: int, is_admin: bool) -> str:
    """The best quotes, each below the sentence that it is about; or a sentence that there are none.

    ``found`` has an answer for each sentence that was looked up, of ``claims`` in all.
    """
    best = _best(found)
    if best:
        parts = [texts("claims.found"), *(_beside(texts, each) for each in best)]
    elif any(each.verdict is Verdict.NOTHING_INDEXED for each in found):
        return nothing_indexed(texts, is_admin)
    elif all(each.verdict is Verdict.UNREADABLE for each in found):
        words = " ".join(each.question for each in found)
        return unreadable(texts, "claims.unreadable", words)
    else:
        parts = [texts("claims.nothing_found")]
    if claims > len(found):
        parts.append(texts("claims.left_out", looked_up=len(found), count=claims))
    return "\n\n".join(parts)


def _best(found: Sequence[Answer]) -> list[Answer]:
    """The most confident answers, in the order of the claims, no passage twice."""
    best: dict[tuple[str, int], Answer] = {}
    for each in sorted(found, key=lambda each: -each.confidence):
        if each.answered and len(best) < QUOTES:
            best.setdefault((each.quotes[0].article.id, each.quotes[0].end), each)
    chosen = list(best.values())
    return [each for each in found if each in chosen]


def _beside(texts: Texts, found: Answer) -> str:
    """What was said, in short, and the quote about it."""
    said = in_quotes(texts, one_line(found.question, CLAIM_LENGTH))
    return f"<i>{said}</i>\n{quotation(texts, found.quotes[0], CLAIM_PASSAGE_LENGTH)}"


def unreadable(texts: Texts, id_: str, words: str) -> str:
    """The text ``id_``, which says that the model cannot read the language of ``words``.

    May load a model to detect that language.
    """
    return texts(id_, language=escape(texts.language(language_of_question(words) or UNKNOWN)))


def courtesy(texts: Texts, talk: Talk, article: Article | None, *, is_admin: bool) -> str:
    """The reply to a greeting or thanks, with a question about an article as an example."""
    word = texts(f"talk.{talk.value}")
    if talk is Talk.BYE:
        return word
    if article is None:
        return f"{word} {nothing_indexed(texts, is_admin)}"
    question = texts("talk.question", title=title(texts, article))
    return f"{word} {texts('talk.example', question=escape(question))}"


def nothing_indexed(texts: Texts, is_admin: bool) -> str:
    """There are no articles; administrators are told how to add some."""
    nothing = texts("answer.nothing_indexed")
    return f"{nothing} {texts('answer.how_to_add')}" if is_admin else nothing


def quotation(texts: Texts, quote: Quote, limit: int = PASSAGE_LENGTH) -> str:
    """Title, source, date, and the passage as a block quote with its sentence in bold.

    At most ``limit`` UTF-16 units of the passage are shown.
    """
    leans_back = language_of(quote.article.language).leans_back
    is_short = units(quote.text) <= FOLDED_LENGTH
    lead = FOLDED_LENGTH if is_short or leans_back(quote.sentence) else LEAD_LENGTH
    passage = block_quote(excerpt(quote.text, quote.highlight, limit, lead))
    return _with_reference(texts, quote, passage)


def announcement(texts: Texts, quote: Quote) -> str:
    """``quotation``, without the passage if it only repeats the title."""
    if repeats_title(quote, quote.text):
        return _with_reference(texts, quote, "")
    return quotation(texts, quote)


def repeats_title(quote: Quote, words: str) -> bool:
    """Whether ``words`` are just the title of the article, as for an entry without a text."""
    return words.split() == quote.article.title.split()


def _with_reference(texts: Texts, quote: Quote, passage: str) -> str:
    begin, end = quote.highlight or (0, len(quote.text))
    article = quote.article
    url = sentence_url(article, quote.start + begin, quote.start + end)
    heading = link(title(texts, article), url)
    place = [section(quote), page(texts, quote)]
    origin = [source_and_date(texts, article), *place, other_language(texts, article)]
    about = " · ".join(filter(None, origin))
    return "\n".join(filter(None, [heading, about, passage, also_in(texts, quote.also_in)]))


def title(texts: Texts, article: Article) -> str:
    """The article's title on one line, never blank; plain text."""
    line = one_line(article.title, TITLE_LENGTH)
    is_visible = any(map(str.isprintable, line.replace(" ", "")))
    return line if is_visible else texts("answer.untitled")


def source_and_date(texts: Texts, article: Article) -> str:
    """Such as ``BBC News · 3 May 2024``; empty when neither is known."""
    source = escape(isolate(one_line(article.source or "", SOURCE_LENGTH)))
    day = texts.date(article.published_at) if article.published_at else ""
    return " · ".join(filter(None, [source, day]))


def section(quote: Quote) -> str:
    """The chapter of a quote whose article has no link; else empty."""
    heading = quote.section if quote.article.url is None else None
    return escape(isolate(one_line(heading or "", SECTION_LENGTH)))


def page(texts: Texts, quote: Quote) -> str:
    """Such as ``page 12``; empty unless the article has pages."""
    return texts("answer.page", number=quote.page) if quote.page else ""


def other_language(texts: Texts, article: Article) -> str:
    """Such as ``in German``; empty if the article is in the language of the texts, or in none."""
    code = article.language
    if not code or code == texts.locale.language:
        return ""
    return texts("answer.in_language", language=escape(texts.language(code)))


def block_quote(piece: Excerpt) -> str:
    """The piece, its sentence in bold, an ellipsis where it was cut; folded when it is long."""
    sentence = f"<b>{escape(piece.sentence)}</b>" if piece.sentence else ""
    words = escape(piece.before) + sentence + escape(piece.after)
    before, after = f"{ELLIPSIS} " * piece.cut_before, f" {ELLIPSIS}" * piece.cut_after
    tag = "blockquote expandable" if units(piece.text) > FOLDED_LENGTH else "blockquote"
    return f"<{tag}>{before}{words}{after}</blockquote>"


def also_in(texts: Texts, articles: Sequence[Article]) -> str:
    """Other places of the same story, each source once; empty when there are none."""
    if not articles:
        return ""
    places: dict[str, Article] = {}
    for each in articles:
        places.setdefault(_source_or_title(texts, each), each)
    named = [
        link(isolate(one_line(name, ALSO_IN_LENGTH)), web_url(each.url))
        for name, each in places.items()
    ]
    return texts("answer.also_in", sources=shortened(texts, named, ALSO_IN))


def _source_or_title(texts: Texts, article: Article) -> str:
    """What distinguishes an article from others of its story, which often have the same title."""
    return " ".join((article.source or "").split()) or title(texts, article)


def shortened(texts: Texts, names: Sequence[str], limit: int) -> str:
    """The first ``limit`` names as a list, such as ``a, b and 3 more``."""
    more = len(names) - limit
    return texts.items([*names[:limit], texts("format.more", count=more)] if more > 0 else names)


def headline(texts: Texts, article: Article) -> str:
    """Title with link, source and date on one line."""
    origin = source_and_date(texts, article)
    linked = link(isolate(title(texts, article)), web_url(article.url))
    return f"{linked} – {origin}" if origin else linked


def latest(texts: Texts, stories: Sequence[Sequence[Article]]) -> str:
    """The latest stories: a line for the first article of each, then where else it appeared."""
    lines = [texts("latest.title")]
    for first, *others in stories:
        lines.append(f"• {headline(texts, first)}")
        lines += [f"↳ {also_in(texts, places)}" for places in [elsewhere(first, others)] if places]
    return "\n".join(lines)


def latest_from(texts: Texts, source: str, found: Sequence[Article]) -> str:
    """The newest articles of a source."""
    name = in_quotes(texts, one_line(source, SOURCE_LENGTH))
    return (
        latest(texts, [[each] for each in found])
        if found
        else texts("latest.nothing_from", name=name)
    )


def in_quotes(texts: Texts, text: str) -> str:
    """``text``, escaped, in quotation marks."""
    return texts("format.quoted", text=escape(isolate(text)))


def failed(sentence: str) -> str:
    """The sentence of one of our own errors, cut and escaped."""
    return escape(one_line(sentence, ERROR_LENGTH))


def added(texts: Texts, article: Article, outcome: Outcome) -> str:
    """What became of an article that an administrator added."""
    return texts(_OUTCOMES[outcome], article=headline(texts, article))


def removed(texts: Texts, article: Article) -> str:
    """An article that was added is removed again."""
    return texts("add.removed", article=headline(texts, article))


def not_added(texts: Texts, error: PullquoteError) -> str:
    """Why a source did not become an article."""
    return texts("add.failed", reason=failed(str(error)))


def rebuilt(texts: Texts, result: Rebuilt) -> str:
    """What a rebuild did."""
    return texts(
        "rebuild.done",
        passages=texts("format.passages", count=result.passages),
        articles=texts("format.articles", count=result.articles),
        seconds=texts.number(result.seconds, 1),
        generation=result.generation,
    )


def model_kept(texts: Texts, model: str, default: str) -> str:
    """For administrators: the index keeps its packaged ``model``, which is not the default."""
    setting = next(word for word, name in PACKAGED.items() if name == model)
    return texts("rebuild.model_kept", model=model, default=default, setting=setting)


def person(who: Person) -> str:
    """A person by name, if known, and id."""
    name, id_ = escape(isolate(one_line(who.name, NAME_LENGTH))), f"<code>{who.id}</code>"
    return f"{name} ({id_})" if name else id_


def nobody_named(texts: Texts, problem: str, blocked: Sequence[Person]) -> str:
    """The text ``problem``, which says how to name a person, and who is blocked."""
    listed = shortened(texts, [person(each) for each in blocked], PEOPLE)
    return "\n".join([texts(problem), *([texts("block.list", people=listed)] if blocked else [])])


def status(texts: Texts, library: "Status", feeds: str, subscriptions: int, waiting: int) -> str:
    """What the bot stores, a line each; ``feeds`` is a summary of them in plain text."""
    report = texts(
        "status.report",
        articles=library.articles,
        passages=library.passages,
        model=escape(library.model),
        precision=escape(library.precision or texts("status.no_precision")),
        generation=library.generation,
        feeds=escape(feeds),
        subscriptions=subscriptions,
        waiting=waiting,
    )
    return "\n".join(filter(None, [report, _by_language(texts, library.languages)]))


def _by_language(texts: Texts, articles: Mapping[str, int]) -> str:
    if len(articles) < 2:
        return ""
    counts = [
        f"{escape(texts.language(code))} ({texts.number(count)})"
        for code, count in articles.items()
    ]
    return texts("status.languages", languages=shortened(texts, counts, LANGUAGES))


def hosts(texts: Texts, holders: Mapping[str, Sequence[str]]) -> str:
    """Which host does what, in /status."""
    each = (f"{holder} ({', '.join(duties)})" for holder, duties in holders.items())
    return texts("status.hosts", hosts=escape("; ".join(each)))
