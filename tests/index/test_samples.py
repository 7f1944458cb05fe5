from index import samples
from index.documents.passages import split
from index.sources.registry import read
from qa.article import Article


def passages():
    articles = list(read(str(samples.folder()), allow_private=False))
    assert all(isinstance(article, Article) for article in articles)
    return {article.title: split(article.text, article.blocks) for article in articles}


def test_samples_are_five_articles_of_several_passages():
    assert {title: len(found) for title, found in passages().items()} == {
        "Eight Days in July: How Apollo 11 Reached the Moon": 8,
        "How the Channel Tunnel Was Dug": 9,
        "Rosetta and the Lander That Bounced": 7,
        "The Vault That Keeps the World's Seeds": 8,
        "The Volcano That Took Away a Summer": 8,
    }


def test_example_questions_are_answered_by_the_samples():
    everything = [passage.text for found in passages().values() for passage in found]
    answers = (
        "The vault can hold 4.5 million seed samples of about 500 seeds each",
        "The harpoons did not fire and the thruster did not work, so Philae bounced.",
        "The new land is now a nature reserve called Samphire Hoe.",
    )
    assert len(samples.EXAMPLES) == len(answers)
    for answer in answers:
        assert sum(answer in text for text in everything) == 1
