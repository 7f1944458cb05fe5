"""What a message asks, or says: questions, paragraphs and forwards."""

import pytest

from qa.language.claims import Reading, read_message

FIRST = (
    "The old bridge at Mill Lane was closed on Monday because the flood had damaged two pillars."
)
SECOND = "Engineers from the county will inspect it next week and write a report for the council."
THIRD = "Until then a small ferry takes people across the river Lenn every half hour."
PARAGRAPH = f"{FIRST} {SECOND} {THIRD}"
CLAIMS = Reading(claims=(FIRST, SECOND, THIRD), language="en")
BAIKAL_CLAIMS = (
    "马拉着货车穿过冰面，因为机车太重了。",
    "湖里住着世界上唯一的淡水海豹。",
    "造纸厂在二零一三年关闭。",
    "湖水从一月到五月结冰。",
)
BAIKAL = "".join(BAIKAL_CLAIMS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Why?",
        "Good morning!",
        FIRST,
        SECOND,
        "Міст зачинили через повінь.",
        "马拉着货车穿过冰面。",
    ],
)
def test_a_short_text_is_a_question(text):
    assert read_message(text) == Reading(text)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        (f"{PARAGRAPH} When will the bridge reopen?", "When will the bridge reopen?"),
        (f"{PARAGRAPH} When will the bridge reopen? 🤔", "When will the bridge reopen?"),
        (f"{PARAGRAPH}\nWhen will it reopen?!", f"{THIRD} When will it reopen?!"),
        (f"Who closed the old bridge? {PARAGRAPH}", "Who closed the old bridge?"),
        (
            f"Who closed the old bridge? {PARAGRAPH} Does the ferry take cars?",
            "Who closed the old bridge? Does the ferry take cars?",
        ),
        (f"{BAIKAL}湖里有多少淡水海豹？", "湖里有多少淡水海豹？"),
    ],
)
def test_of_a_long_text_its_questions_are_asked(text, question):
    assert read_message(text) == Reading(question)


@pytest.mark.parametrize("is_forward", [False, True])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PARAGRAPH, CLAIMS),
        (f"{PARAGRAPH}\n\n{FIRST}\n👇 https://example.org/?news=1\n#Lennfield", CLAIMS),
        (f"{PARAGRAPH} He asked: “Why?”", CLAIMS),
        (BAIKAL, Reading(claims=BAIKAL_CLAIMS, language="zh")),
    ],
)
def test_a_paragraph_without_a_question_is_looked_up(text, is_forward, expected):
    assert read_message(text, is_forward=is_forward) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (FIRST, Reading(claims=(FIRST,), language="en")),
        ("Міст у долині зачинили через повінь.",) * 2,
        (f"Who closed it? {PARAGRAPH}", CLAIMS),
        (f"{PARAGRAPH} Who closed the old bridge?", Reading("Who closed the old bridge?")),
        ("Who closed the bridge? Thanks!", Reading("Who closed the bridge? Thanks!")),
        ("Good morning!", Reading("Good morning!")),
        ("https://example.org/a-b-c-d", Reading("https://example.org/a-b-c-d")),
        ("", Reading("")),
    ],
)
def test_a_forward_is_looked_up_unless_it_asks(text, expected):
    if isinstance(expected, str):
        expected = Reading(claims=(expected,), language="uk")
    assert read_message(text, is_forward=True) == expected
