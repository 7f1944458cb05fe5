import pytest

from qa.language.files import load
from qa.language.marks import is_of_other_name


def is_other(question, passage, asked="en", language=None):
    read = load(language or asked)
    return is_of_other_name(question, load(asked), read.stemmed_cached(passage), read)


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        ("How much vitamin E is enough?", "Adults need vitamin E daily.", "Vitamin D by e-mail."),
        ("how much vitamin e is enough", "Adults need vitamin E daily.", "Vitamin D is enough."),
        ("Is hepatitis A caught?", "Hepatitis A is caught by food.", "A hepatitis B vaccine."),
        ("How is hepatitis C caught?", "Hepatitis B and C are caught.", "Hepatitis A is caught."),
        ("What did they sell in Q1?", "In Q1 they sold 40.", "In Q3 they sold 50."),
        ("what did they sell in q1?", "In Q1 they sold 40.", "In Q3 they sold 50."),
        ("What is vitamin B12 for?", "Vitamin B-12 helps blood.", "Vitamin B6 helps nerves."),
        ("Who built the GPT-4 model?", "They built GPT 4 there.", "They built GPT-3 there."),
        ("What did Apollo 8 do?", "Apollo 8 went round the Moon.", "Apollo 7 stayed near."),
        ("Who has type 2 diabetes?", "Type 2 diabetes comes late.", "Type 1 comes early."),
        ("When did phase 3 end?", "The phase 3 trial ended.", "The phase 2 trial ended."),
        ("Where does the R language come from?", "The R language is free.", "C is free."),
        ("Which plan is plan B?", "Plan B is dearer.", "Plan A is cheap."),
    ],
)
def test_a_letter_or_number_that_makes_a_name_must_be_in_the_passage(question, right, wrong):
    assert not is_other(question, right)
    assert is_other(question, wrong)


@pytest.mark.parametrize(
    ("question", "passage"),
    [
        ("What did a man find?", "One was found."),
        ("Who Wrote A Tale of Two Cities?", "Dickens wrote it."),
        ("WHO FOUND A CAT?", "The boy did."),
        ("Did J. K. Rowling write it?", "She wrote it."),
        ("Am I right?", "Yes."),
        ("what r u doing", "They are at work."),
        ("what is the average income in the u.s", "The mean is high."),
        ("who won world war 2", "The Allies won World War II."),  # Roman numbers
        ("Who won the 100 m sprint?", "She won over 100 metres."),
        ("What happened on May 3?", "The meeting of May 2 was long."),  # a date
        ("price of ps3 when it first came out", "The PlayStation 3 cost $499."),
        ("What are the 3 largest cities?", "They are Lyon, Paris and Nice."),
        ("Who is D'Artagnan?", "A musketeer."),
    ],
)
def test_letters_and_numbers_that_make_no_name_say_nothing(question, passage):
    assert not is_other(question, passage)


@pytest.mark.parametrize(
    ("asked", "question", "right", "wrong"),
    [
        ("de", "Wie viel Vitamin E braucht man?", "Vitamin E hilft.", "Vitamin D hilft."),
        ("uk", "Скільки вітаміну Е треба?", "Вітамін E корисний.", "Вітамін D корисний."),
        ("uk", "Як передається гепатит С?", "Гепатит C лікують.", "Гепатит B лікують."),
        ("ru", "Сколько витамина Д нужно?", "Витамин D нужен всем.", "Витамин C нужен всем."),
        ("fr", "Combien de vitamine E ?", "La vitamine E protège.", "La vitamine D protège."),
        ("es", "¿Cuánta vitamina A hace falta?", "La vitamina A está.", "La vitamina D a diario."),
        ("tr", "C vitamini ne işe yarar?", "C vitamini korur.", "D vitamini korur."),
    ],
)
def test_they_are_read_in_each_language(asked, question, right, wrong):
    assert not is_other(question, right, asked)
    assert is_other(question, wrong, asked)


@pytest.mark.parametrize(
    ("question", "passage", "expected"),
    [
        ("Скільки вітаміну Е треба?", "Adults need vitamin E.", False),
        ("Скільки вітаміну Е треба?", "A daily dose of vitamin D.", True),
        ("Що було в Q1?", "In Q1 they sold 40.", False),
        ("Що було в Q1?", "In Q3 they sold 40.", True),
        ("Хто програв на етапі 3?", "Stage 2 was lost.", False),  # the word is another
        ("Чому співає Я?", "It sings.", False),  # no letter of theirs
    ],
)
def test_across_languages_letters_and_codes_that_both_write_count(question, passage, expected):
    assert is_other(question, passage, "uk", "en") is expected
