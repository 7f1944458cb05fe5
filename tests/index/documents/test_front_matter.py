from datetime import UTC, datetime

import pytest

from index.documents.front_matter import (
    LONGEST,
    field_address,
    field_moment,
    field_text,
    split_front_matter,
)
from index.documents.markdown import from_markdown

MAY = datetime(2024, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("title: >-\n  Bridges:\n  a history\n", "Bridges: a history"),
        ("title: |\n  Bridges\n  and locks\n", "Bridges and locks"),
        ("title: Bridges # the draft's name\n", "Bridges"),
        ("# nothing yet\nTitle: Bridges\n", "Bridges"),
        ("title: 'It''s a bridge'\n", "It's a bridge"),
        ('title: "\\"Bridges\\": a history"\n', '"Bridges": a history'),
        ('title: Bridges: a "long" history\n', 'Bridges: a "long" history'),
        ("tags:\n  - a\ntitle: Brücken: a: b\n", "Brücken: a: b"),
        ("title: 1984\n", "1984"),
        ("title: Yes\n", "Yes"),
        ("title: 08:30\n", "08:30"),
        ("title: [Bridges, Locks]\n", ""),
        ("title:\n", ""),
    ],
)
def test_yaml_title_is_read_as_yaml(written, title):
    fields, below = split_front_matter(f"---\n{written}---\nBody.")
    assert (field_text(fields, "title"), below.strip()) == (title, "Body.")


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2024-05-01", MAY),
        ("'2024-05-01'", MAY),
        ("2024-05-01 10:00:00", MAY.replace(hour=10)),
        ("2024-05-01T10:00:00Z", MAY.replace(hour=10)),
        ("2024-05-01 10:00:00 +02:00", MAY.replace(hour=8)),
        ("2024-05-01 10:00:00 +0200", MAY.replace(hour=8)),
        ("2024-05-01T10:00:00-0930", MAY.replace(hour=19, minute=30)),
        ("2024-02-30", None),
        ("soon", None),
        ("[2024]", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("", None),
    ],
)
def test_dates_are_read_as_yaml_and_site_generators_write_them(written, moment):
    fields, _ = split_front_matter(f"---\ndate: {written}\n---\n")
    assert field_moment(fields, "date") == moment


def test_toml_between_plus_signs_is_front_matter():
    text = (
        '+++\ntitle = "Bridges: a history" # a comment\ndate = 2024-05-01T10:00:00+02:00\n'
        'url = "https://oak.example/b"\n[params]\nsource = "no"\n+++\n\n# Below\n\nIt grows.\n'
    )
    read = from_markdown(text, "a.md", "a")
    assert (read.title, read.text) == ("Bridges: a history", "Below\nIt grows.")
    assert (read.url, read.source) == ("https://oak.example/b", None)
    assert read.published_at == MAY.replace(hour=8)
    fields, _ = split_front_matter("+++\ndate = 2024-05-01\ntitle = 7\n+++\n")
    assert (field_moment(fields, "date"), field_text(fields, "title")) == (MAY, "7")


def test_json_is_front_matter():
    text = '{\n  "title": "Bridges",\n  "date": "2024-05-01",\n  "source": "Oak"\n}\nIt grows.'
    read = from_markdown(text, "a.md", "a")
    assert (read.title, read.text, read.source) == ("Bridges", "It grows.", "Oak")
    assert read.published_at == MAY


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("---\ntitle: 'A\n---\n# Oak\n\nIt grows.", "title: 'A\nOak\nIt grows."),
        ("+++\ntitle = Oak\n+++\nIt grows.", "title = Oak\nIt grows."),
        ("{\ntitle: Oak\n}\nIt grows.", "{ title: Oak }\nIt grows."),
        ("---\ntitle: &a [*a, *b]\n---\nIt grows.", "title: &a [*a, *b]\nIt grows."),
        ("---\ntitle: Oak\n\nIt grows.", "title: Oak\nIt grows."),
        ("---\nOnly *words*.\n\n---\n\nIt grows.", "Only words.\nIt grows."),
        ("---\n- one\n- two\n---\nIt grows.", "one\ntwo\nIt grows."),
        ("...\ntitle: Oak\n...\nIt grows.", "... title: Oak ... It grows."),
    ],
)
def test_unparsable_front_matter_stays_as_text(text, body):
    read = from_markdown(text, "a.md", "name")
    assert (read.title, read.text) == ("name", body)


@pytest.mark.parametrize("deep", ["[" * 19_000, "{a: " * 4_000, "a" * LONGEST])
def test_deeply_nested_or_too_long_front_matter_stays_as_text(deep):
    fields, below = split_front_matter(f"---\ntitle: {deep}\n---\nIt grows.")
    assert fields == {}
    assert below.endswith("It grows.")


def test_front_matter_can_be_empty_or_end_with_dots():
    empty = from_markdown("---\n---\nIt grows.", "a", "name")
    assert (empty.title, empty.text) == ("name", "It grows.")
    dotted = from_markdown("---\ntitle: Oak\n...\nIt grows.", "a", "name")
    assert (dotted.title, dotted.text) == ("Oak", "It grows.")


def test_only_http_addresses_are_urls():
    addresses = {"a": "https://oak.example/", "b": "file:///etc/passwd", "c": "http://[oak/"}
    assert [field_address(addresses, name) for name in "abcd"] == [
        "https://oak.example/",
        None,
        None,
        None,
    ]
