"""Telegram HTML becomes text and entities, or the error that Telegram returns."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.playground.errors import BadRequestError
from bot.playground.markup import cut_utf16, detect, parse_html, tidy, utf16_length

WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=40)


def entity(kind, offset, length, **more):
    return {"type": kind, "offset": offset, "length": length, **more}


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("plain", "plain", []),
        ("<b>a</b><strong>b</strong>", "ab", [entity("bold", 0, 1), entity("bold", 1, 1)]),
        ("<i>a</i><em>b</em>", "ab", [entity("italic", 0, 1), entity("italic", 1, 1)]),
        ("<u>a</u><ins>b</ins>", "ab", [entity("underline", 0, 1), entity("underline", 1, 1)]),
        (
            "<s>a</s><strike>b</strike><del>c</del>",
            "abc",
            [entity("strikethrough", n, 1) for n in range(3)],
        ),
        (
            '<span class="tg-spoiler">a</span><tg-spoiler>b</tg-spoiler>',
            "ab",
            [entity("spoiler", 0, 1), entity("spoiler", 1, 1)],
        ),
        (
            '<a href="https://a.example/?x=1&amp;y=2">go</a>',
            "go",
            [entity("text_link", 0, 2, url="https://a.example/?x=1&y=2")],
        ),
        ("<a href='a.example'>go</a>", "go", [entity("text_link", 0, 2, url="http://a.example/")]),
        (
            "<a>https://a.example/b</a>",
            "https://a.example/b",
            [entity("text_link", 0, 19, url="https://a.example/b")],
        ),
        ('<a href="javascript:alert(1)">go</a>', "go", []),
        ('<a href="nonsense">go</a>', "go", []),
        ("<code>x &lt; y</code>", "x < y", [entity("code", 0, 5)]),
        ("<pre>x</pre>", "x", [entity("pre", 0, 1)]),
        (
            '<pre><code class="language-python">x</code></pre>',
            "x",
            [entity("pre", 0, 1, language="python")],
        ),
        ('<code class="language-python">x</code>', "x", [entity("code", 0, 1)]),
        ("<blockquote>q</blockquote>", "q", [entity("blockquote", 0, 1)]),
        ("<blockquote expandable>q</blockquote>", "q", [entity("expandable_blockquote", 0, 1)]),
        ('<blockquote expandable="">q</blockquote>', "q", [entity("expandable_blockquote", 0, 1)]),
        ("<B>a</B>", "a", [entity("bold", 0, 1)]),
        ("<b>a</>", "a", [entity("bold", 0, 1)]),
        ("<b></b>a", "a", []),
        ("😀<b>é😀</b>", "😀é😀", [entity("bold", 2, 3)]),
        ("&lt;&gt;&amp;&quot;&#39;&#x1F600;", "<>&\"'😀", []),
        ("&nbsp;&copy;&unknown;&#0;&#xD800;", "&nbsp;&copy;&unknown;&#0;&#xD800;", []),
        (
            "<blockquote>a <b>b <i>c</i></b></blockquote>",
            "a b c",
            [entity("blockquote", 0, 5), entity("bold", 2, 3), entity("italic", 4, 1)],
        ),
    ],
)
def test_markup_becomes_text_and_entities(source, text, entities):
    assert tidy(*parse_html(source)) == (text, entities)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("é<div>", 'Unsupported start tag "div" at byte offset 2'),
        ("1 <2", "Unclosed start tag at byte offset 2"),
        ("1 < 2 >", 'Unsupported start tag "" at byte offset 2'),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("<b ", 'Unclosed start tag "b" at byte offset 0'),
        ('<a href="x', "Unclosed start tag at byte offset 0"),
        ("<a href=x", "Unclosed start tag at byte offset 0"),
        ("<a href=x/y>", "Unexpected end of name token at byte offset 8"),
        ('<a ="x">', 'Empty attribute name in the tag "a" at byte offset 0'),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b><i>x</i>", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        (
            "<blockquote>a<blockquote>b</blockquote></blockquote>",
            "Blockquote entities can't be nested",
        ),
    ],
)
def test_bad_markup_gets_the_error_text_of_telegram(source, problem):
    with pytest.raises(BadRequestError) as caught:
        parse_html(source)
    assert str(caught.value) == f"Bad Request: can't parse entities: {problem}"


@given(st.lists(st.tuples(st.sampled_from(["b", "i", "u", "s"]), WORDS), max_size=8))
def test_escaped_text_survives_and_entities_slice_it_where_they_were(parts):
    source = "".join(f"<{tag}>{html.escape(words)}</{tag}>" for tag, words in parts)
    text, entities = parse_html(source)
    assert text == "".join(words for _, words in parts)
    cut = [cut_utf16(text, each["offset"], each["length"]) for each in entities]
    assert cut == [words for _, words in parts if words]


@given(WORDS, WORDS)
def test_offsets_count_utf16_units(before, inside):
    _, entities = parse_html(f"{html.escape(before)}<b>{html.escape(inside)}</b>")
    units = [len(part.encode("utf-16-le")) // 2 for part in (before, inside)]
    assert utf16_length(before) == units[0]
    assert entities == ([entity("bold", *units)] if inside else [])


@given(st.text("<>/b=i a&;\"'blockquote", max_size=30))
def test_any_input_is_parsed_or_rejected(source):
    refused = ""
    try:
        text, _ = parse_html(source)
    except BadRequestError as error:
        text, refused = "", str(error)
    assert len(text) <= len(source)
    assert not refused or refused.startswith("Bad Request: can't parse entities: ")


def test_text_is_trimmed_and_entities_with_it():
    text, entities = tidy(*parse_html("\n <b>a </b>b<i> </i>\n "))
    assert (text, entities) == ("a b", [entity("bold", 0, 2)])


def test_space_inside_a_leading_entity_is_kept():
    assert tidy(*parse_html("  <b> a</b>")) == (" a", [entity("bold", 0, 2)])


def test_code_nests_only_with_block_quotes():
    source = "<blockquote><b>a<code>b</code>c</b></blockquote>"
    assert tidy(*parse_html(source)) == (
        "abc",
        [
            entity("blockquote", 0, 3),
            entity("bold", 0, 1),
            entity("code", 1, 1),
            entity("bold", 2, 1),
        ],
    )


def test_entities_over_a_hundred_are_dropped():
    text, entities = tidy(*parse_html("<b>a</b>c" * 150))
    assert (len(text), len(entities)) == (300, 100)
    assert entities[-1] == entity("bold", 198, 1)


def test_message_with_too_many_links_is_too_long():
    source = f'<a href="https://a.example/{"x" * 200}">a</a> ' * 60
    with pytest.raises(BadRequestError, match=r"^Bad Request: ENTITIES_TOO_LONG$"):
        tidy(*parse_html(source))


def test_links_commands_mentions_and_hashtags_are_found_in_plain_text():
    text = "/ask@pullquote_bot 😀 @ann see https://a.example/x. #news and/or a@b.example"
    assert [
        (each["type"], cut_utf16(text, each["offset"], each["length"])) for each in detect(text, [])
    ] == [
        ("bot_command", "/ask@pullquote_bot"),
        ("mention", "@ann"),
        ("url", "https://a.example/x"),
        ("hashtag", "#news"),
    ]


def test_nothing_is_found_in_code_and_links():
    text, entities = parse_html('<code>/ask</code> <a href="https://a.example/">@annie</a> /ask')
    assert [each["type"] for each in detect(text, entities)] == [
        "code",
        "text_link",
        "bot_command",
    ]
