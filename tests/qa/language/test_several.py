"""Several questions in one message."""

import pytest

from qa.language.several import questions_in


@pytest.mark.parametrize(
    ("text", "questions"),
    [
        ("How long is it? When was it opened?", ["How long is it?", "When was it opened?"]),
        ("How long is it?\n\nWho dug it??", ["How long is it?", "Who dug it??"]),
        ("Яка його довжина? А коли відкрили?", ["Яка його довжина?", "А коли відкрили?"]),
        ("¿Cuánto mide? ¿Y cuándo se abrió?", ["¿Cuánto mide?", "¿Y cuándo se abrió?"]),
        ("I like tunnels. How long is it? Why?", ["I like tunnels. How long is it?", "Why?"]),
        ("Why? When? I must know.", ["Why?", "When? I must know."]),
        ("Why? Why?", ["Why? Why?"]),
        ("How long is it?", ["How long is it?"]),
        ("Who wrote “Who’s Afraid of Virginia Woolf?”", None),
        ("Tell me how long it is", ["Tell me how long it is"]),
        ("???", ["???"]),
    ],
)
def test_questions_are_told_apart(text, questions):
    assert questions_in(text) == (questions or [text])
