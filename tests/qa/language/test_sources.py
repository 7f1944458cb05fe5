import pytest

from qa.language.sources import SourceNames


@pytest.mark.parametrize(
    ("question", "source", "named"),
    [
        ("Does 'The Verge' article say so?", "The Verge", True),
        ("What does the Verge say?", "The Verge", True),
        ("Is he on the verge?", "The Verge", False),
        ("What did BBC News report?", "BBC News", True),
        ("What did bbc news report?", "BBC News", False),
        ("Did the Vergers agree?", "The Verge", False),
        ("Was it Wired?", "Wired", True),
        ("Was it rewired?", "wired", False),
        ("Time of death?", "Time", False),
        ("Nature reserves in Kenya: how many?", "Nature", False),
        ("Who won? People want to know.", "People", False),
        ("What did People write?", "People", True),
        ("Time says who won?", "Time", True),
        ("Reuters: who won?", "Reuters", True),
        ("Reuters on the vote?", "Reuters", True),
        ("BBC vote report?", "BBC", True),
        ("The Verge review?", "The Verge", True),
        ("Who?", "  ", False),
    ],
)
def test_source_is_named_as_it_is_spelt(question, source, named):
    found = SourceNames([source, "Another Source"]).find(question)
    assert list(found) == ([source] if named else [])


def test_every_source_is_found_with_all_places():
    names = SourceNames(["BBC", "BBC News", "The Verge", "Die Zeit", "¡Sí!"])
    text = "Do BBC News, the Verge, «¡Sí!» and BBCX say what the BBC says?"
    found = {name: [text[a:b] for a, b in spans] for name, spans in names.find(text).items()}
    assert found == {
        "BBC": ["BBC", "BBC"],
        "BBC News": ["BBC News"],
        "The Verge": ["the Verge"],
        "¡Sí!": ["¡Sí!"],
    }


def test_no_names_are_found_nowhere():
    assert SourceNames([]).find("What does the BBC say?") == {}
    assert SourceNames(["BBC"]).find("") == {}
