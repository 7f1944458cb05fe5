"""Find the articles of a story, and their sentences."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from qa.article import Article
from qa.language import Language, language_of
from qa.search.candidate import Candidate
from qa.search.highlight import covered
from qa.search.retrieval import WEIGHTS, Ranking, Retriever
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
there are any, one must be shared: in a small library "week" and "first" are as rare as they are.
And one must be of the subject of either: in its title, or in two of its sentences."""
HEAD = 400
"""Characters of an article by which others are found."""


def on_topic(ranking: Ranking) -> list[Article]:
    """Return the articles of a ranking that are about its question, nearest first.

    Words below the first lines may be a passing mention: an article that has no word of the
    question in them is as near as its meaning. All are in the language of the nearest one: what
    repeats another cannot be told across.
    """
    asked = ranking.question.sought
    heads = {
        number: asked.language.stemmed("\n".join(_first_lines(each, language_of(each.language))))
        for number, each in ranking.articles.items()
    }
    near: dict[int, float] = {}
    for c in ranking.candidates:
        number = c.stored.article
        is_named = c.is_across or covered(heads[number], asked)
        score = c.score if is_named else c.score - _by_words(c)
        near[number] = max(near.get(number, score), score)
    if not near:
        return []
    least = BESIDE * ranking.candidates[0].score
    ordered = sorted(near, key=lambda number: -near[number])
    about = [number for number in ordered if near[number] >= least]
    found = [ranking.articles[number] for number in about or ordered[:1]]
    return [each for each in found if each.language == found[0].language][:ARTICLES]


def _by_words(c: Candidate) -> float:
    """Return what words add to the score of a passage in the question's language."""
    return WEIGHTS.words * c.words + WEIGHTS.coverage * c.coverage + WEIGHTS.answer * c.answer


def _first_lines(article: Article, language: Language) -> Sequence[str]:
    """Return the title and the first two sentences."""
    head = article.text[:HEAD]
    return article.title, *(head[a:b] for a, b in language.sentences(head)[:2])


def on_same_events(article: Article, retriever: Retriever) -> list[Article]:
    """Return ``article``, followed by others in its language about the same events."""
    ranking = retriever.rank(f"{article.title}. {article.text}"[:HEAD])
    language = language_of(article.language)
    head = _first_lines(article, language)
    stems = dict.fromkeys(stem for text in head for stem in language.content_stems(text))
    names, subject = _names(head, language) & stems.keys(), _subject(article, language)
    weights = retriever.idf_weights(list(stems))
    near: dict[int, float] = {}
    for number, dense in _dense(ranking.candidates).items():
        other = ranking.articles[number]
        both = stems.keys() & language.stems(f"{other.title}\n{other.text}")
        shared = sum(weights[stem] * (1 + (stem in names)) for stem in both)
        if (
            number != article.number
            and dense >= LEAST_DENSE
            and shared >= SHARED
            and (not names or names & both)
            and (both & subject or both & _subject(other, language))
        ):
            near[number] = dense * shared
    found = [ranking.articles[each] for each in sorted(near, key=lambda each: -near[each])]
    return [article, *(each for each in found if each.language == article.language)][:ARTICLES]


def _subject(article: Article, language: Language) -> set[str]:
    """Return the stems of the title and those in two sentences, but not those of amounts."""
    sentences = (article.text[a:b] for a, b in language.sentences(article.text))
    places = Counter(stem for each in sentences for stem in _without_amounts(each, language))
    repeated = {stem for stem, count in places.items() if count > 1}
    return repeated | _without_amounts(article.title, language)


def _without_amounts(text: str, language: Language) -> set[str]:
    amounts = (m.group() for measure in language.measures for m in measure.units.finditer(text))
    in_amounts = {stem for amount in amounts for stem in language.content_stems(amount)}
    return {*language.content_stems(text)} - in_amounts


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
