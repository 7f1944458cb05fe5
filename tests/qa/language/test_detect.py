import subprocess
import sys

import pytest

from qa.language import codes
from qa.language.detect import asked_in, detect, scripts

FULL = codes()

QUESTIONS = {
    "en": """
        Who won the vote? | How long is the tunnel? | When did the ferry sink?
        Why was school shut?
        Where is Tallinn? | Is the bridge open? | What happened in Kyiv? | How many people died?
        Latest on the strike | Did Müller resign?
    """,
    "uk": """
        Хто виграв вибори? | Коли відкриють міст? | Де стався вибух? | Чому закрили школу?
        Скільки людей загинуло? | Що сказав президент? | Яка довжина тунелю? | Хто такий Залужний?
        Новини про страйк | Хто розробив Windows?
    """,
    "ru": """
        Кто победил на выборах? | Когда откроют мост? | Где произошёл взрыв? | Почему закрыли школу?
        Сколько людей погибло? | Что сказал президент? | Какова длина тоннеля? | Кто такой Песков?
        Последние новости о забастовке | Кто написал Linux?
    """,
    "de": """
        Wer hat die Wahl gewonnen? | Wann öffnet die Brücke? | Wo war die Explosion?
        Warum ist die Schule geschlossen? | Wie viele Menschen starben? | Was sagte der Kanzler?
        Wie lang ist der Tunnel? | Wer ist Olaf Scholz? | Was kostet die Maut?
        Gibt es Streik in Köln?
    """,
    "es": """
        ¿Quién ganó las elecciones? | ¿Cuándo abre el puente? | ¿Dónde fue la explosión?
        ¿Por qué cerraron la escuela? | ¿Cuántas personas murieron? | ¿Qué dijo el presidente?
        Cuanto mide el tunel | quien es Pedro Sanchez | ¿Cuánto cuesta el peaje?
        últimas noticias de la huelga
    """,
    "fr": """
        Qui a gagné les élections ? | Quand ouvre le pont ? | Où a eu lieu l'explosion ?
        Pourquoi l'école est-elle fermée ? | Combien de personnes sont mortes ?
        Qu'a dit le président ?
        Quelle est la longueur du tunnel ? | Qui est Emmanuel Macron ? | Combien coûte le péage ?
        Y a-t-il une grève à Lyon ?
    """,
    "it": """
        Chi ha vinto le elezioni? | Quando apre il ponte? | Dove è avvenuta l'esplosione?
        Perché hanno chiuso la scuola? | Quante persone sono morte? | Cosa ha detto il presidente?
        Quanto è lungo il tunnel? | Chi è Sergio Mattarella? | Quanto costa il pedaggio?
        C'è sciopero a Milano?
    """,
    "pt": """
        Quem ganhou as eleições? | Quando abre a ponte? | Onde foi a explosão?
        Por que fecharam a escola? | Quantas pessoas morreram? | O que disse o presidente?
        Qual é o comprimento do túnel? | Quem é Lula da Silva? | Quanto custa o pedágio?
        Há greve em Lisboa?
    """,
    "pl": """
        Kto wygrał wybory? | Kiedy otworzą most? | Gdzie był wybuch? | Dlaczego zamknięto szkołę?
        Ile osób zginęło? | Co powiedział prezydent? | Jak długi jest tunel?
        Kto to jest Donald Tusk?
        Ile kosztuje przejazd? | Czy jest strajk w Łodzi?
    """,
    "tr": """
        Seçimi kim kazandı? | Köprü ne zaman açılıyor? | Patlama nerede oldu?
        Okul neden kapatıldı?
        Kaç kişi öldü? | Cumhurbaşkanı ne dedi? | Tünel ne kadar uzun? | Ekrem İmamoğlu kimdir?
        Geçiş ücreti kaç lira? | Ankara'da grev var mı?
    """,
}


@pytest.mark.parametrize(
    ("code", "question"),
    [
        (code, question.strip())
        for code, text in QUESTIONS.items()
        for line in text.strip().splitlines()
        for question in line.split("|")
    ],
)
def test_the_language_of_a_short_question(code, question):
    assert asked_in(question, FULL) == code


@pytest.mark.parametrize(
    ("question", "among", "code"),
    [
        ("Name a common disease.", FULL, "en"),
        ("Windows?", FULL, "en"),
        ("", FULL, "en"),
        ("2024?", FULL, "en"),
        ("Хто це?", ["en", "ru"], "ru"),
        ("Хто це?", ["en"], "en"),
        ("Who is it?", ["ru", "uk"], "en"),
        ("東京タワーはどこ？", ["en", "ja", "ru"], "ja"),
        ("Hvem vandt valget i går?", ["en", "da", "de"], "da"),
        ("여기가 어디입니까?", ["en", "ko"], "ko"),
    ],
)
def test_a_question_is_in_one_of_the_languages_that_there_are(question, among, code):
    assert asked_in(question, among) == code


@pytest.mark.parametrize(
    ("question", "likely", "code"),
    [
        ("Windows 11", [], "en"),
        ("Windows 11", ["de"], "de"),
        ("Windows 11", ["de", "en"], "en"),
        ("Windows 11", ["ru"], "en"),  # of another script
        ("Tunnel Fehmarn", ["de", "fr"], "de"),
        ("Який президент?", ["ru"], "uk"),
        ("Брекзит", ["uk"], "uk"),
        ("Брекзит", ["ru"], "ru"),
        ("Who won the vote?", ["de"], "en"),
        ("Vandt valget?", ["da"], "da"),
    ],
)
def test_a_question_that_may_be_in_several_languages_is_in_a_likely_one(question, likely, code):
    assert asked_in(question, {*FULL, *likely}, likely) == code


ARTICLES = {
    "uk": "Міст через річку відкрили у понеділок після двох років ремонту, повідомила міська рада.",
    "ru": "Мост через реку открыли в понедельник после двух лет ремонта, сообщили власти. "
    "Объезд был долгим.",
    "de": "Die Brücke wurde am Montag nach zwei Jahren wieder geöffnet, teilte die Stadt mit.",
    "nl": "De brug is maandag na twee jaar weer opengegaan, meldde de gemeente in een bericht.",
    "ar": "افتتح الجسر يوم الاثنين بعد عامين من الإصلاح، بحسب ما أعلنته البلدية.",
    "ja": "橋は二年間の修理を経て月曜日に再び開通したと市が発表した。",
}


@pytest.mark.parametrize(("code", "text"), ARTICLES.items())
def test_the_language_of_an_article(code, text):
    assert detect(text) == code
    assert detect(text, hint=code) == code


@pytest.mark.parametrize(
    ("text", "hint", "code"),
    [
        (ARTICLES["de"], "de-AT", "de"),
        (ARTICLES["de"], "nds", "de"),
        (ARTICLES["de"], "x-default", "de"),
        (ARTICLES["de"], "mul", "de"),
        (ARTICLES["de"], "zz", "de"),  # no language
        (ARTICLES["de"], "lb-LU", "lb"),
        (ARTICLES["de"], "../../en\0", "de"),
        (ARTICLES["de"], "uk", "de"),  # of another script
        (ARTICLES["uk"], "en", "uk"),
        (ARTICLES["uk"], "ru", "uk"),  # with і and ї
        (ARTICLES["ru"], "uk_UA", "ru"),  # with ы
        (ARTICLES["ja"], "zh", "ja"),
        ("Sofa so good", "fi", "fi"),
        ("2024: 5 %", "de", None),
        ("", None, None),
    ],
)
def test_what_the_page_says_counts_if_it_can_be_so(text, hint, code):
    assert detect(text, hint) == code


def test_letters_are_counted_by_script():
    assert scripts("Міст, bridge 2024") == {"CYRILLIC": 4, "LATIN": 6}


def test_no_model_is_loaded_until_it_is_needed():
    code = (
        "import sys, qa.language.detect as d; d.asked_in('Who won the vote?', ['en', 'uk']); "
        "d.detect('Міст', 'uk'); print({'py3langid', 'simplemma'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "set()\n"
