"""Texts by id, with the grammar of a language; the English catalogue is complete."""

from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO

import pytest
from babel.messages.pofile import read_po

from bot.texts.catalogue import Texts, forms_of, read_catalogue
from tests.said import ENGLISH


def texts(language, po, plurals=2):
    header = f'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n'
    forms = f'"Plural-Forms: nplurals={plurals}; plural=0;\\n"\n\n'
    return Texts(read_po(BytesIO(f"{header}{forms}{po}".encode())))


def plural(*forms):
    lines = "\n".join(f'msgstr[{number}] "{form}"' for number, form in enumerate(forms))
    return f'msgid "n"\nmsgid_plural "n"\n{lines}\n'


FORMATS = """
msgid "format.date"
msgstr "d. MMMM y"

msgid "format.moment"
msgstr "d. MMMM y, HH:mm z"

msgid "format.time"
msgstr "H.mm"
"""


@pytest.mark.parametrize(
    ("language", "forms", "expected"),
    [
        ("en_GB", ("one", "other"), ["other", "one", "other", "other", "other", "other"]),
        ("uk", ("one", "few", "many"), ["many", "one", "few", "many", "one", "many"]),
        ("es", ("one", "other"), ["other", "one", "other", "other", "other", "other"]),
        ("es", ("one", "many", "other"), ["other", "one", "other", "other", "other", "many"]),
        ("ja", ("other",), ["other"] * 6),
    ],
)
def test_plural_form_follows_the_language(language, forms, expected):
    these = texts(language, plural(*forms), len(forms))
    assert [these("n", count=n) for n in (0, 1, 2, 5, 21, 1_000_000)] == expected


def test_placeholders_are_filled_and_integers_formatted_for_the_language():
    german = texts("de", 'msgid "a"\nmsgstr "{name}: {size}, {name}"\n' + plural("{count}"), 1)
    assert german("a", name="1234", size=1234) == "1234: 1.234, 1234"
    assert german("n", count=1_234_567) == "1.234.567"


def test_dates_times_numbers_and_lists_are_formatted_for_the_language():
    german = texts("de", FORMATS)
    kyiv = timezone(timedelta(hours=2))
    late = datetime(2026, 3, 28, 23, 30, tzinfo=kyiv)
    assert german.date(late) == "28. März 2026"
    assert german.moment(late.astimezone(UTC)) == "28. März 2026, 21:30 UTC"
    assert german.clock(8 * 60) == "8.00"
    assert german.number(12345) == "12.345"
    assert german.number(12345.678, 1) == "12.345,7"
    assert german.items(["a", "b", "c"]) == "a, b und c"
    assert german.items([]) == ""


def test_english_dates_times_numbers_and_lists():
    moment = datetime(2026, 11, 28, 8, 5, tzinfo=UTC)
    assert ENGLISH.date(moment) == "28 November 2026"
    assert ENGLISH.moment(moment) == "28 November 2026, 08:05 UTC"
    assert ENGLISH.clock(8 * 60) == "08:00"
    assert ENGLISH.number(12345) == "12,345"
    assert ENGLISH.number(1234.5, 1) == "1,234.5"
    assert ENGLISH.items(["a", "b", "c"]) == "a, b and c"


def test_unknown_id_and_missing_value_are_errors():
    some = texts("en", 'msgid "a"\nmsgstr "{name}"\n')
    with pytest.raises(KeyError, match="b"):
        some("b")
    with pytest.raises(KeyError, match="name"):
        some("a")


def test_catalogue_without_a_language_is_an_error():
    with pytest.raises(ValueError, match="Language"):
        texts("", "")


def test_english_catalogue_is_complete():
    catalogue = read_catalogue("en")
    for message in filter(lambda each: each.id, catalogue):
        forms = forms_of(message)
        assert all(forms), message.id
        assert not message.fuzzy, message.id
        assert len(forms) == (catalogue.num_plurals if message.pluralizable else 1), message.id
    assert not catalogue.obsolete
