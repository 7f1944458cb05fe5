import re

import pytest

from qa.language import ENGLISH, codes, load
from qa.language.files import page_lines


def test_a_language_is_read_once():
    assert load("en") is ENGLISH
    assert ENGLISH.code == "en"


def test_every_data_file_can_be_read():
    assert codes() == ["de", "en", "es", "fr", "it", "pl", "pt", "ru", "tr", "uk"]
    assert [load(code).code for code in codes()] == codes()


def test_a_language_without_a_data_file_has_stems_and_sentences():
    dutch = load("nl")
    assert dutch.stem("boeken") == dutch.stem("boek") == "boek"
    assert [dutch.code, load("sk").stemmer, load("fa").stemmer] == ["nl", None, "persian"]
    assert dutch.sentences("Dhr. Jansen kwam. Hij ging.") == [(0, 17), (18, 27)]
    assert load("no").stemmer == load("nb").stemmer == "norwegian"


@pytest.mark.parametrize("code", ["tlh", "mull", "general", "", "e", "..", "en.toml"])
def test_what_is_no_code_of_two_letters_is_not_known(code):
    with pytest.raises(FileNotFoundError):
        load(code)


def test_a_region_has_the_language_of_its_country():
    assert load("pt-BR") is load("pt_PT") is load("pt")
    assert load("en_GB") is load("EN") is ENGLISH
    assert load("uk-UA") is load("uk")


def test_languages_share_scripts():
    assert load("uk").scripts == load("ru").scripts == {"CYRILLIC"}
    assert load("en").scripts == load("vi").scripts == {"LATIN"}
    assert load("sr").scripts == {"LATIN", "CYRILLIC"}
    assert load("ja").scripts & load("zh").scripts == {"CJK"}


def test_words_without_spaces_are_pairs_of_characters():
    assert load("ja").words("東京タワー NATO") == ["東京", "京タ", "タワ", "ワー", "nato"]
    assert load("zh").words("我爱NATO，你") == ["我爱", "nato", "你"]
    assert load("th").words("ฝนตก") == ["ฝน", "นต", "ตก"]
    assert load("zh").content_stems("北京在哪里？") == ["北京", "京在", "在哪", "哪里"]
    assert ENGLISH.words("東京タワー") == ["東京タワー"]


def test_words_keep_their_vowel_signs():
    assert load("hi").words("हिन्दी में।") == ["हिन्दी", "में"]
    assert load("ar").words("مُحَمَّد") == ["محمد"]


def test_what_a_data_file_leaves_out_matches_nothing():
    generic = load("sk")
    assert not generic.negates("")
    assert not generic.leans_back("He left.")
    assert generic.stop_words == frozenset()
    assert generic.stem("bridges") == "bridges"
    assert generic.content_stems("The bridges") == ["the", "bridges"]
    assert generic.words("Ada's") == ["ada", "s"]


def test_parts_fill_patterns_and_counts_stay_counts():
    recent = ENGLISH.time.recent
    assert recent.search("What is the current price?")
    assert not recent.search("What is the current flowing there?")
    assert recent.search("What came in the past 12 days?")
    assert not recent.search("What came in the past 123 days?")


def test_lines_of_a_pattern_are_joined():
    assert ENGLISH.source_tells.match(" reported")
    assert re.fullmatch("|".join(page_lines("en", "lines")), "share this story on mastodon")


@pytest.mark.parametrize(
    ("topic", "can"),
    [
        ("rain", True),
        ("the WHO", True),
        ("US", True),
        ("IT", True),
        ("May", True),
        ("the latest news", False),
        ("from", False),
        ("", False),
    ],
)
def test_a_topic_has_a_content_word_or_a_name(topic, can):
    assert ENGLISH.can_be_topic(topic) is can


def test_months_and_weekdays_are_numbered_as_calendars_do():
    assert (ENGLISH.time.months["sept"], ENGLISH.time.months["may"]) == (9, 5)
    assert (ENGLISH.time.weekdays["monday"], ENGLISH.time.weekdays["sunday"]) == (0, 6)


@pytest.mark.parametrize(
    ("code", "question", "names"),
    [
        ("en", "Did Bertha drive the NATO car in 1888?", {"bertha", "nato", "1888"}),
        ("de", "Fuhr Bertha das Auto der NATO mit 12 Gängen zum G20?", {"nato", "12", "g20"}),
    ],
)
def test_capital_is_no_sign_of_a_name_where_all_nouns_have_one(code, question, names):
    assert load(code).name_stems(question) == names


def test_names_of_a_question_are_told_by_the_rules_of_its_own_language():
    english, german = load("en"), load("de")
    assert german.name_stems("What did Bertha Benz do?", english) == {"bertha", "benz"}
    assert english.name_stems("Was tat Bertha Benz?", german) == set()


@pytest.mark.parametrize(
    ("code", "text", "is_over"),
    [
        ("en", "The town had been evacuated on Monday.", True),
        ("en", "Inspectors had never noticed the crack.", True),
        ("en", "Police found that he had been drinking.", False),
        ("en", "The museum had no guard at night.", False),
        ("de", "Der Landrat hatte die Jagd auf die Tiere erlaubt.", True),
        ("de", "Die Tiere waren im Herbst an den See gebracht worden.", True),
        ("de", "Die Straße war gesperrt.", False),
        ("de", "Sie sagte, die Brücke hatte man längst vergessen.", False),
        ("es", "El concejal había dimitido en marzo.", True),
        ("es", "Dijo que el puente se había hundido.", False),
        ("fr", "Le maire avait promis un nouveau pont.", True),
        ("fr", "Le village avait trois écoles.", False),
        ("it", "Il ponte era stato chiuso in marzo.", True),
        ("it", "La città aveva tre scuole.", False),
        ("pt", "A ponte tinha sido fechada em março.", True),
        ("pt", "A vila tinha três escolas.", False),
        ("tr", "Köprü mart ayında kapatılmıştı.", True),
        ("tr", "Köprü mart ayında kapatıldı.", False),
        ("pl", "Most zamknięto wcześniej z powodu powodzi.", True),
        ("ru", "Ранее мост закрыли из-за паводка.", True),
        ("uk", "Раніше міст закрили через повінь.", True),
        ("uk", "Міст закрили через повінь.", False),
    ],
)
def test_sentence_of_what_was_over_before_is_known_by_its_tense(code, text, is_over):
    assert (load(code).past_perfect.search(text) is not None) == is_over
