"""Which language a code stands for; and that every catalogue is whole and fits into Telegram."""

import re
import string
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from babel import Locale

from bot.commands.help import help_text
from bot.commands.registry import COMMANDS
from bot.playground.markup import parse_html
from bot.subscriptions.model import Interest, Timetable
from bot.texts import alerts, answers, feeds, receipts
from bot.texts.catalogue import forms_of, read_catalogue
from bot.texts.languages import Languages
from bot.texts.markup import units
from qa import Answer, Article, Difference, Fidelity, Quote, Receipt, SourceError, Verdict
from tests.bot.texts.test_english import FEED
from tests.capitals import CODE, write_catalogues


def messages(language):
    """The messages of a catalogue by their ids."""
    found = [message for message in read_catalogue(language) if message.id]
    return {each.id[0] if each.pluralizable else each.id: each for each in found}


ENGLISH = messages("en")
LANGUAGES = Languages()
ON_BUTTON_TAP = [
    "add.known",
    "add.removed_before",
    "alert.ask_in_private",
    "alert.less",
    "alert.muted",
    "alert.unmuted",
    "alert.which",
    "error.not_admin",
    "error.not_allowed",
    "error.not_chat_admin",
    "feedback.old_button",
    "feedback.thanks",
    "feeds.old_button",
    "feeds.paused",
    "feeds.removed",
    "feeds.resumed",
    "forwarded.old_button",
    "language.old_button",
    "subscribe.nothing_to_follow",
    "subscriptions.changed",
    "subscriptions.old_button",
    "subscriptions.removed",
    "subscriptions.removed_before",
]
LIMITS = {"bot.description": 512, "bot.short_description": 120}
LIMITS |= {each.description: 256 for each in COMMANDS}
LIMITS |= dict.fromkeys(ON_BUTTON_TAP, 200)
LIMITS |= {id_: 64 for id_ in ENGLISH if id_.startswith("button.")}
COUNTS = range(1, 1000)

every_language = pytest.mark.parametrize("language", LANGUAGES.names)


# Which language


@pytest.mark.parametrize(
    ("code", "nearest"),
    [
        ("uk", "uk"),
        ("UK", "uk"),
        ("uk-UA", "uk"),
        ("de-AT", "de"),
        ("pt-br", "pt_BR"),
        ("pt_BR", "pt_BR"),
        ("pt", "pt_BR"),
        ("pt-PT", "pt_BR"),
        ("en-US", "en"),
        ("ja", None),
        ("u", None),
        ("-", None),
        ("ukrainian", None),
        ("", None),
        (None, None),
    ],
)
def test_nearest_language(tmp_path, code, nearest):
    for name in ("de", "en", "pt_BR", "uk"):
        (tmp_path / f"{name}.po").touch()
    assert Languages(folder=tmp_path).nearest(code) == nearest


def test_a_language_is_nearer_to_its_code_than_a_country_of_it(tmp_path):
    for name in ("pt", "pt_BR"):
        (tmp_path / f"{name}.po").touch()
    languages = Languages(folder=tmp_path)
    assert [languages.nearest(code) for code in ("pt", "pt-PT", "pt-br")] == ["pt", "pt", "pt_BR"]


def test_texts_are_those_of_the_first_code_that_has_any_else_the_default(tmp_path):
    languages = write_catalogues(tmp_path)
    assert languages.texts(None, "ja", "eo", "en")("page.send") == "SEND"
    assert languages.texts("ja")("page.send") == languages.texts()("page.send") == "Send"
    assert Languages(CODE, tmp_path).texts("ja")("page.send") == "SEND"


def test_a_catalogue_is_read_once_and_only_if_it_is_needed(tmp_path):
    languages = write_catalogues(tmp_path)
    texts = languages.texts(CODE)
    (tmp_path / f"{CODE}.po").unlink()
    (tmp_path / "en.po").write_text("no catalogue")
    assert languages.texts(CODE) is texts


def test_texts_by_code_are_for_codes_that_telegram_takes(tmp_path):
    write_catalogues(tmp_path)
    for name in ("fil", "pt_BR"):
        (tmp_path / f"{name}.po").write_bytes((tmp_path / "en.po").read_bytes())
    by_code = Languages(folder=tmp_path).by_code()
    assert list(by_code) == ["", "en", CODE, "pt"]
    assert by_code[""] is by_code["en"]


def test_own_names_start_with_a_capital():
    assert [LANGUAGES.own_name(name) for name in ("en", "uk", "pt_BR")] == [
        "English",
        "Українська",
        "Português (Brasil)",
    ]


# Every catalogue


def placeholders(text):
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


def tags(text):
    return sorted(re.findall(r"<[^>]*>", text))


@every_language
def test_catalogue_has_the_texts_of_the_english_one(language):
    catalogue = read_catalogue(language)
    assert messages(language).keys() == ENGLISH.keys()
    assert not [id_ for id_, message in messages(language).items() if message.fuzzy]
    assert not catalogue.obsolete
    assert LANGUAGES.nearest(LANGUAGES.texts(language).tag) == language


@every_language
def test_every_form_has_the_placeholders_and_tags_of_the_english_one(language):
    for id_, message in messages(language).items():
        english = forms_of(ENGLISH[id_])[-1]
        for form in forms_of(message):
            assert form, id_
            assert tags(form) == tags(english), (id_, form)
            # A form for one number only may leave it out: "the only subscription".
            left_out = set(placeholders(english)) - set(placeholders(form))
            assert left_out <= {"count"}, (id_, form)
            assert set(placeholders(form)) <= set(placeholders(english)), (id_, form)


@every_language
def test_plural_forms_are_those_of_the_language(language):
    texts, rule = LANGUAGES.texts(language), Locale.parse(language).plural_form
    counts = {tag: [n for n in COUNTS if rule(n) == tag] for tag in [*rule.tags, "other"]}
    for id_, message in messages(language).items():
        forms, english = forms_of(message), forms_of(ENGLISH[id_])[-1]
        assert len(forms) == (len(counts) if ENGLISH[id_].pluralizable else 1), id_
        if "{count}" not in english:
            continue
        values = dict.fromkeys({*placeholders(english)} - {"count"}, "…")
        for count in (n for same in counts.values() if len(same) > 1 for n in same[:2]):
            assert texts.number(count) in texts(id_, count=count, **values), id_


@every_language
def test_texts_keep_the_limits_of_telegram(language):
    texts = LANGUAGES.texts(language).under("")
    too_long = {id_: len(texts[id_]) for id_, limit in LIMITS.items() if len(texts[id_]) > limit}
    assert too_long == {}
    assert not [id_ for id_ in LIMITS if tags(texts[id_])]  # none of these is read as HTML


@every_language
def test_dates_and_times_are_written(language):
    texts = LANGUAGES.texts(language)
    moment = datetime(2026, 11, 28, 8, 5, tzinfo=UTC)
    assert "28" in texts.date(moment)
    assert "2026" in texts.date(moment)
    assert texts.date(moment) in texts.moment(moment)
    assert re.search(r"\b0?8.05\b", texts.moment(moment))
    assert re.fullmatch(r"0?8.05", texts.clock(8 * 60 + 5))


LONG = Article(
    "a",
    "😀" * 10_000,
    "<&> " * 5_000,
    "https://example.org/" + "&" * 1_900,
    "שלום " * 1_000,
    datetime(2024, 9, 23, tzinfo=UTC),
)
LONG_QUOTE = Quote(LONG, LONG.text, 0, len(LONG.text), 0, 1.0, (3_000, 3_100), (LONG,) * 9)
CHANGED = Receipt(
    LONG.text,
    Fidelity.DIFFERENT,
    LONG,
    0,
    len(LONG.text),
    (Difference("<&> " * 99, "😀" * 200),) * 50,
    tuple((n, n + 3) for n in range(0, 9_000, 4)),
    (LONG,) * 9,
    LONG.published_at,
    LONG.published_at,
)
INTERESTS = [Interest("😀" * 50, f"{n} " + "x" * 900) for n in range(50)]
LONG_FEED = replace(FEED, title="&" * 300, failures=9, last_error="<" * 300)
FAILURES = [SourceError(f"https://example.org/{'x' * 300}", "reason " * 50)] * 40


def longest(texts):
    """The messages that hold most."""
    for verdict in (Verdict.ANSWERED, Verdict.NOT_ANSWERING):
        yield answers.answer(texts, Answer("?", verdict, 0.5, (LONG_QUOTE,) * 5), True)
    yield receipts.receipt(texts, CHANGED, 4096, is_one_of_several=True)
    yield answers.latest(texts, [[LONG] * 5] * 5)
    yield alerts.alert(texts, LONG_QUOTE, INTERESTS)
    yield alerts.subscriptions(texts, INTERESTS, Timetable(digest_at=480, quiet=(1320, 420)))
    yield alerts.silent(texts, INTERESTS[0], [LONG] * 3, 14)
    yield alerts.unknown_source(texts, "x" * 999, ["y" * 999] * 9)
    yield feeds.listed(texts, [LONG_FEED] * 8, 0, 40)
    yield feeds.have_ended(texts, [LONG_FEED] * 40)
    yield from feeds.imported(texts, FAILURES)
    yield help_text(texts, [each for each in COMMANDS if each.name != "help"], is_admin=True)


@every_language
def test_longest_messages_fit(language):
    for html in longest(LANGUAGES.texts(language)):
        text, entities = parse_html(html)
        assert 0 < units(text) <= 4096
        assert len(entities) < 100
