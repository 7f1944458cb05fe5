"""Which articles belong to a story, and their sentences."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from qa.article import Article
from qa.language import Language, language_of
from qa.search.candidate import Candidate
from qa.search.retrieval import Ranking, Retriever
from qa.search.story import Read

ARTICLES = 20
"""Articles of a story that are read, the nearest ones."""
PASSAGES = 12
"""Passages of each, from the first on: news comes before its background."""
BESIDE = 0.35
"""Share of the best article's score that another article on a topic needs."""
LEAST_DENSE, SHARED = 0.25, 0.09
"""How far an article stands out beside another, and the weight of the words of its first lines that
they share, from which on both tell of the same events: other articles on its subject share few
names with it, and others with these names are about something else. Names weigh twice, and where
there are any, one must be shared: in a small library "week" and "first" are as rare as they are."""
HEAD = 400
"""Characters of an article by which others are found."""


def on_topic(ranking: Ranking) -> list[Article]:
    """Return the articles of a ranking that are about its question, nearest first.

    They are in the language of the nearest one: what repeats another cannot be told across.
    """
    best: dict[int, float] = {}
    for c in ranking.candidates:
        best.setdefault(c.stored.article, c.score)
    articles = [ranking.articles[number] for number in best]
    if not articles:
        return []
    first = articles[0]
    least = BESIDE * best[first.number]
    near = (each for each in articles if best[each.number] >= least)
    return [each for each in near if each.language == first.language][:ARTICLES]


def beside(article: Article, retriever: Retriever) -> list[Article]:
    """Return ``article`` and those that tell of the same events, in its language."""
    ranking = retriever.rank(f"{article.title}. {article.text}"[:HEAD])
    language = language_of(article.language)
    first_lines = [article.text[a:b] for a, b in language.sentences(article.text[:HEAD])[:2]]
    head = (article.title, *first_lines)
    stems = dict.fromkeys(stem for text in head for stem in language.content_stems(text))
    names = _names(head, language) & stems.keys()
    weights = retriever.idf_weights(list(stems))
    near: dict[int, float] = {}
    for number, dense in _dense(ranking.candidates).items():
        other = ranking.articles[number]
        own = language.stems(f"{other.title}\n{other.text}")
        shared = sum(weights[stem] * (1 + (stem in names)) for stem in stems.keys() & own)
        is_named = not names or names & own
        if dense >= LEAST_DENSE and is_named and shared >= SHARED and number != article.number:
            near[number] = dense * shared
    found = [ranking.articles[each] for each in sorted(near, key=lambda each: -near[each])]
    return [article, *(each for each in found if each.language == article.language)][:ARTICLES]


def _names(texts: Iterable[str], language: Language) -> set[str]:
    """Return the stems of names other than those of days and months; numbers are none here."""
    time = language.time
    days = {language.stem(word) for word in (*time.weekdays, *time.months)}
    found = {stem for text in texts for stem in language.name_stems(text)}
    return {stem for stem in found - days if not stem.isdecimal()}


def _dense(candidates: Iterable[Candidate]) -> Mapping[int, float]:
    """Return how far the best passage of each article stands out."""
    found: defaultdict[int, float] = defaultdict(float)
    for c in candidates:
        found[c.stored.article] = max(found[c.stored.article], c.dense)
    return found


def read(articles: Iterable[Article], retriever: Retriever) -> Iterator[Read]:
    """Yield the first passages of each article that has a date, with their sentences."""
    store, dimension = retriever.store, retriever.encoder.dimension
    known = {each.number: each for each in articles}
    published = store.published(known)
    for number, at in published.items():
        stored = store.passages_of(number, retriever.generation)[:PASSAGES]
        sentences = store.sentences((each.id for each in stored), dimension)
        for each in stored:
            if each.id in sentences:
                of_passage = sentences[each.id]
                place = each.passage, of_passage.spans, of_passage.vectors
                yield Read(known[number], at, *place)
