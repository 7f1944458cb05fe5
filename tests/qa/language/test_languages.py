"""Languages other than English: sentences, stems, times and questions of each."""

import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from qa.language import codes, load
from qa.language.files import page_lines
from qa.language.question import Kind, answers_kind, read_wording
from qa.language.sources import SourceNames
from qa.language.when import PERIODS, SEASONS, asked_time

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)  # a Tuesday


def rows(table):
    """Each line after its code, as ``(code, line)``."""
    return [
        (code, line.strip()) for code, text in table.items() for line in text.strip().splitlines()
    ]


SENTENCES = {
    "uk": """
        У м. Київ на вул. Хрещатик, 5 був вибух. | Він стався о 5 год. ранку.
        У 2022 р. в Україні почалася війна. | Це змінило все.
        Рис, гречка і т. д. коштують дорого. | Чому?
        «Ми йдемо!» — сказав він. | Потім пішов.
        Театр ім. Франка закрили. | Потім усе відкрили.
    """,
    "ru": """
        В 1999 г. Москва росла. | Это на ул. Ленина, см. рис. 5.
        Он, т. е. поэт, и т. д. писал. | Это 3,5 млн. руб. за год.
        «Мы идём!» — сказал он. | Потом ушёл.
    """,
    "de": """
        Am 3. Oktober kam ca. 5 Mio. Euro. | Er ging.
        Z. B. Dr. Maier sagte u. a. nichts. | Die 2. Liga spielt.
        Sie wohnt in der Str. des 17. Juni. | Das ist bekannt.
        Es waren 12. | Dann gingen sie.
        „Wir gehen!“, sagte er. | Dann ging er.
    """,
    "es": """
        EE. UU. votó ayer. | La Sra. López habló.
        Vino el Dr. Ruiz de EE. UU. y habló. | Costó 3.500 euros.
        ¿Quién ganó? | ¡Nadie! | Eran las 5 p. m. del lunes.
    """,
    "fr": """
        M. Dupont a parlé. | Mme. Martin aussi.
        MM. Petit et Grand sont partis. | Le Dr. Roux reste.
        « C'est vrai ? » demande-t-elle. | Oui, dit-il.
    """,
    "it": """
        Il sig. Rossi venne con il dott. Verdi. | Pagò 3.500 euro.
        Il prof. Bianchi, l'on. Neri e l'avv. Gallo parlano. | È vero?
        Vedi pag. 5 e art. 3 della legge. | Poi basta.
    """,
    "pt": """
        O Sr. Silva falou com a Dra. Ana. | Custa R$ 5,50.
        Mora na Av. Paulista, p. ex. no centro. | Ela veio.
        Vive nos E.U.A. desde 2010. | Gosta disso.
    """,
    "pl": """
        Na ul. Długiej był dr Nowak. | Potem prof. Kowalski odszedł.
        W 2022 r. był pożar. | Spłonęło ok. 5 tys. książek.
        Kupił m.in. chleb, np. biały. | Zapłacił 5 zł. | Wyszedł.
    """,
    "tr": """
        3. Ordu geldi. | Dr. Yılmaz gitti.
        Şehir 19. yüzyıl sonunda kuruldu. | Bugün büyük.
        Prof. Dr. Kaya konuştu. | Kimse gelmedi.
    """,
}


@pytest.mark.parametrize(("code", "text"), rows(SENTENCES))
def test_sentences_are_cut_where_a_reader_would_cut_them(code, text):
    expected = text.split(" | ")
    whole = " ".join(expected)
    assert [whole[start:end] for start, end in load(code).sentences(whole)] == expected


SAME = {
    "uk": """
        міст мости мостів мосту мостами | президент президента президентом | місто міста містах
        говорив говорила говорить | український українські української | річка річки річок
        школа школи шкіл | київ києва києві києвом | м'яч м’ячі мʼяча | суд суди судом
        війна війни воєн | п'ять п’ять пʼять пять | зеленський зеленського | україна україні
    """,
    "ru": """
        мост моста мосты мостов | город города городе | президент президентом | сказал сказали
        ёлка елка ёлки | школа школы школ | река реки рек | российский российские российского
        война войны | тоннель тоннеля | ещё еще | путин путина
    """,
    "de": """
        brücke brücken | haus häuser hauses | präsident präsidenten | kind kinder kindern
        öffnen geöffnet | straße straßen strasse | bauen gebaut | mutter mütter | stadt städte
        starb gestorben sterben | wahl wahlen | müller muller
    """,
    "es": """
        puente puentes | ciudad ciudades | presidente presidentes | canción canciones cancion
        nación naciones | luz luces | rápido rápida | votar votaron | escuela escuelas
        avión aviones avion | niño niños | abrir abierto
    """,
    "fr": """
        pont ponts | ville villes | président présidents présidente | élection élections election
        ouvrir ouvert | école écoles ecole | général généraux | train trains | cheval chevaux
        l'eau eau d’eau | qu'elle elle | prendre pris
    """,
    "it": """
        ponte ponti | città citta | presidente presidenti | ragazzo ragazzi | scuola scuole
        treno treni | elezione elezioni | votare votato | aperto aperta | dell'acqua acqua
        un'isola isola | nazione nazioni
    """,
    "pt": """
        ponte pontes | cidade cidades | presidente presidentes | canção canções | escola escolas
        nação nações | trem trens | eleição eleições | votar votaram | jornal jornais
        animal animais | móvel móveis
    """,
    "pl": """
        most mosty mostów mostu | miasto miasta | prezydent prezydenta prezydentem
        szkoła szkoły szkole | wojna wojny | dom domy domów | pociąg pociągi pociągu | rzeka rzeki
        wybory wyborów | kobieta kobiety | Łódź Lodz | polska polski
    """,
    "tr": """
        köprü köprüler köprünün | ev evler evde | şehir şehirler | okul okullar okulda
        kitap kitaplar | İstanbul'da İSTANBUL istanbul | tren trenler | ülke ülkeler
        Ankara'nın Ankara Ankara’dan | savaş savaşı | ışık IŞIK | nüfus nüfusu
    """,
}


@pytest.mark.parametrize(
    ("code", "forms"), [(code, each) for code, line in rows(SAME) for each in line.split("|")]
)
def test_inflections_and_spellings_have_one_stem(code, forms):
    language = load(code)
    found = language.words(forms)
    assert len(found) == len(forms.split())
    assert len(set(map(language.stem, found))) == 1


@pytest.mark.parametrize(
    ("code", "text", "question"),
    [
        ("uk", "Він ударив по м’ячу.", "Де м'яч?"),
        ("uk", "Гепатит С лікують.", "гепатит С"),
        ("ru", "Ту-154 упал у Орла.", "Ту154"),
        ("de", "Die U-Bahn hält in Köln.", "Hält die UBahn in Koln?"),
        ("es", "El F-16 cayó.", "¿Cayó el F16?"),
        ("fr", "L'eau d’Évian monte.", "Est-ce que l’eau monte ?"),
        ("it", "L'acqua dell’isola è poca.", "Com'è l'acqua?"),
        ("pt", "O guarda-chuva custa 5.", "guardachuva"),
        ("pl", "Bielsko-Biała rośnie.", "BielskoBiała"),
        ("tr", "İstanbul'da deprem oldu.", "ISTANBUL depremi"),
    ],
)
def test_a_question_finds_the_words_of_a_text(code, text, question):
    language = load(code)
    asked = set(language.content_stems(question))
    assert asked <= language.stems(text)
    assert asked <= set(language.index_terms(text).split())


@pytest.mark.parametrize(
    ("code", "text", "stems"),
    [
        ("fr", "l'économie", ["econom"]),
        ("fr", "L’eau d'Évian", ["eau", "evian"]),
        ("fr", "Lʼavion de l'OTAN", ["avion", "otan"]),
        ("fr", "Jusqu'à l'e-mail", ["email"]),
        ("it", "l'economia dell’isola", ["econom", "isol"]),
        ("it", "L'acqua d'Ischia", ["acqua", "ischi"]),
        ("it", "Dell'UE e di D'Annunzio", ["ue", "annunz"]),
        ("en", "l'Oréal", ["loreal"]),
    ],
)
def test_elisions_belong_to_no_content_word(code, text, stems):
    assert load(code).content_stems(text) == stems


DIFFERENT = {
    "uk": "суд судно | місто місце | право правда | лист листопад | справа справжній",
    "ru": "суд судно | правда право | лист листва | полиция политика | мир мера",
    "de": "staat stadt | wahl wal | polizei politik | stelle stern | land lanze",
    "es": "policía política | estado estadio | pero perro | coma coche | ciudad ciudadano",
    "fr": "police politique | cour course | poisson poison | gare garde | ville village",
    "it": "polizia politica | capello cappello | pena penna | treno trento | mare marea",
    "pt": "polícia política | avó avião | estado estádio | pão pau | carro caro",
    "pl": "miasto miejsce | policja polityka | kot kod | lato las | zamek zamach",
    "tr": "at ata | on onur | kar karar | el elma | göz göl",
}


@pytest.mark.parametrize(
    ("code", "pair"), [(code, each) for code, line in rows(DIFFERENT) for each in line.split("|")]
)
def test_words_that_only_look_alike_do_not_match(code, pair):
    language = load(code)
    one, other = map(language.stem, language.words(pair))
    assert one != other


def days(year, month, day, count=1):
    begin = datetime(year, month, day, tzinfo=UTC)
    return begin, begin + timedelta(days=count)


DAY, YESTERDAY, LAST_WEEK = days(2026, 10, 3), days(2026, 11, 23), days(2026, 11, 16, 7)
TWO_WEEKS, MAY, FRIDAY = days(2026, 11, 9, 7), days(2026, 5, 1, 31), days(2026, 11, 20)
FULL, MONTH, LAST_YEAR = days(2024, 10, 3), days(2024, 10, 1, 31), days(2025, 1, 1, 365)

TIMES = {
    "uk": {
        "Що сталося 3 жовтня?": DAY,
        "Що сталося 3 жовтня 2024 року?": FULL,
        "Що сталося в жовтні 2024?": MONTH,
        "Що сказали вчора?": YESTERDAY,
        "Хто виграв минулого тижня?": LAST_WEEK,
        "Хто виграв два тижні тому?": TWO_WEEKS,
        "Що було у травні?": MAY,
        "Що було в п’ятницю?": FRIDAY,
        "Хто виграв минулого року?": LAST_YEAR,
        "Хто виграв рік тому?": LAST_YEAR,
    },
    "ru": {
        "Что случилось 3 октября?": DAY,
        "Что случилось 3 октября 2024 года?": FULL,
        "Что случилось в октябре 2024?": MONTH,
        "Что сказали вчера?": YESTERDAY,
        "Кто выиграл на прошлой неделе?": LAST_WEEK,
        "Кто выиграл две недели назад?": TWO_WEEKS,
        "Что было в мае?": MAY,
        "Что было в пятницу?": FRIDAY,
        "Кто выиграл в прошлом году?": LAST_YEAR,
    },
    "de": {
        "Was geschah am 3. Oktober?": DAY,
        "Was geschah am Donnerstag, den 3. Oktober 2024?": FULL,
        "Was geschah im Oktober 2024?": MONTH,
        "Was sagte sie gestern?": YESTERDAY,
        "Wer gewann letzte Woche?": LAST_WEEK,
        "Wer gewann vor zwei Wochen?": TWO_WEEKS,
        "Was war im Mai?": MAY,
        "Was war am Freitag?": FRIDAY,
        "Wer gewann im letzten Jahr?": LAST_YEAR,
    },
    "es": {
        "¿Qué pasó el 3 de octubre?": DAY,
        "¿Qué pasó el 3 de octubre de 2024?": FULL,
        "¿Qué pasó en octubre de 2024?": MONTH,
        "¿Qué dijo ayer?": YESTERDAY,
        "¿Quién ganó la semana pasada?": LAST_WEEK,
        "¿Quién ganó hace dos semanas?": TWO_WEEKS,
        "¿Qué pasó en mayo?": MAY,
        "¿Qué pasó el viernes?": FRIDAY,
        "¿Quién ganó el año pasado?": LAST_YEAR,
    },
    "fr": {
        "Que s'est-il passé le 3 octobre ?": DAY,
        "Que s'est-il passé le 3 octobre 2024 ?": FULL,
        "Que s'est-il passé en octobre 2024 ?": MONTH,
        "Qu'a-t-il dit hier ?": YESTERDAY,
        "Qui a gagné la semaine dernière ?": LAST_WEEK,
        "Qui a gagné il y a deux semaines ?": TWO_WEEKS,
        "Que s'est-il passé en mai ?": MAY,
        "Que s'est-il passé vendredi dernier ?": FRIDAY,
        "Qui a gagné l’année dernière ?": LAST_YEAR,
    },
    "it": {
        "Cosa è successo il 3 ottobre?": DAY,
        "Cosa è successo il 3 ottobre 2024?": FULL,
        "Cosa è successo a ottobre 2024?": MONTH,
        "Cosa ha detto ieri?": YESTERDAY,
        "Chi ha vinto la settimana scorsa?": LAST_WEEK,
        "Chi ha vinto due settimane fa?": TWO_WEEKS,
        "Cosa è successo a maggio?": MAY,
        "Cosa è successo venerdì scorso?": FRIDAY,
        "Chi ha vinto l'anno scorso?": LAST_YEAR,
    },
    "pt": {
        "O que aconteceu em 3 de outubro?": DAY,
        "O que aconteceu a 3 de outubro de 2024?": FULL,
        "O que aconteceu em outubro de 2024?": MONTH,
        "O que disse ontem?": YESTERDAY,
        "Quem ganhou na semana passada?": LAST_WEEK,
        "Quem ganhou há duas semanas?": TWO_WEEKS,
        "O que aconteceu em maio?": MAY,
        "O que aconteceu na sexta-feira?": FRIDAY,
        "Quem ganhou no ano passado?": LAST_YEAR,
    },
    "pl": {
        "Co się stało 3 października?": DAY,
        "Co się stało 3 października 2024 roku?": FULL,
        "Co się stało w październiku 2024?": MONTH,
        "Co powiedział wczoraj?": YESTERDAY,
        "Kto wygrał w zeszłym tygodniu?": LAST_WEEK,
        "Kto wygrał dwa tygodnie temu?": TWO_WEEKS,
        "Co się stało w maju?": MAY,
        "Co się stało w piątek?": FRIDAY,
        "Kto wygrał w zeszłym roku?": LAST_YEAR,
    },
    "tr": {
        "3 Ekim'de ne oldu?": DAY,
        "3 Ekim 2024 tarihinde ne oldu?": FULL,
        "Ekim 2024'te ne oldu?": MONTH,
        "Dün ne dedi?": YESTERDAY,
        "Geçen hafta kim kazandı?": LAST_WEEK,
        "İki hafta önce kim kazandı?": TWO_WEEKS,
        "Mayıs'ta ne oldu?": MAY,
        "Geçen cuma ne oldu?": FRIDAY,
        "Cuma günü ne oldu?": FRIDAY,
        "Geçen yıl kim kazandı?": LAST_YEAR,
    },
}


@pytest.mark.parametrize(
    ("code", "question", "window"),
    [(code, *each) for code, table in TIMES.items() for each in table.items()],
)
def test_a_question_names_a_period(code, question, window):
    assert asked_time(question, NOW, load(code)).windows == (window,)


@pytest.mark.parametrize(
    ("code", "question"),
    [
        ("uk", "Скільки жертв терактів 11 вересня?"),
        ("uk", "Чому він такий лютий?"),
        ("uk", "Що було в п'ятницю 30 лютого?"),
        ("ru", "Сколько жертв терактов 11 сентября?"),
        ("ru", "Кто выиграл чемпионат 2022 года?"),
        ("ru", "Что было 66 миллионов лет назад?"),
        ("uk", "Що було багато років тому?"),
        ("pl", "Co było wiele lat temu?"),
        ("ru", "Это больше, чем в прошлом году?"),
        ("de", "Wer plante die Anschläge vom 11. September?"),
        ("de", "Ist es mehr als im letzten Jahr?"),
        ("de", "Was geschah in der letzten Woche des Krieges?"),
        ("de", "Wann ist Mai?"),
        ("es", "¿Quién planeó los atentados del 11 de septiembre?"),
        ("es", "¿Cómo es el mar?"),
        ("fr", "Qui a planifié les attentats du 11 septembre ?"),
        ("fr", "Que fait-on le vendredi ?"),
        ("it", "Chi ha pianificato gli attentati dell'11 settembre?"),
        ("it", "Quanti set ha vinto?"),
        ("pt", "Quem planejou os ataques de 11 de setembro?"),
        ("pt", "Quem ganhou dez 2000 euros?"),
        ("pt", "Quem ganhou a segunda vez?"),
        ("pl", "Kto zaplanował zamachy z 11 września?"),
        ("pl", "Kto wygrał w 2022 roku?"),
        ("tr", "11 Eylül saldırılarını kim yaptı?"),
        ("tr", "Pazarda ne var?"),
    ],
)
def test_what_is_ambiguous_names_no_period(code, question):
    assert asked_time(question, NOW, load(code)).windows == ()


@pytest.mark.parametrize(
    ("code", "asks", "asks_not"),
    [
        ("uk", "Які останні новини про міст?", "Хто збудував міст?"),
        ("ru", "Какие последние новости о мосте?", "Кто построил мост?"),
        ("de", "Was sind die neuesten Nachrichten zur Brücke?", "Wer baute die Brücke?"),
        ("es", "¿Cuáles son las últimas noticias del puente?", "¿Quién construyó el puente?"),
        ("fr", "Quelles sont les dernières nouvelles du pont ?", "Qui a construit le pont ?"),
        ("it", "Quali sono le ultime notizie sul ponte?", "Chi ha costruito il ponte?"),
        ("pt", "Quais são as últimas notícias da ponte?", "Quem construiu a ponte?"),
        ("pl", "Jakie są ostatnie wiadomości o moście?", "Kto zbudował most?"),
        ("tr", "Köprüyle ilgili son haberler neler?", "Köprüyü kim yaptı?"),
    ],
)
def test_what_is_new_is_asked_for(code, asks, asks_not):
    assert asked_time(asks, NOW, load(code)).recent
    assert not asked_time(asks_not, NOW, load(code)).recent


KINDS = {
    "uk": "Скільки загинуло? | Коли відкрили міст? | Хто це сказав? | Де стався вибух? | Чому?",
    "ru": "Сколько погибло? | Когда открыли мост? | Кто это сказал? | Где был взрыв? | Почему?",
    "de": "Wie viele starben? | In welchem Jahr war das? | Wer sagte das? | Wo war es? | Warum?",
    "es": "¿Cuántos murieron? | ¿En qué año fue? | ¿Quién lo dijo? | ¿Dónde fue? | ¿Por qué?",
    "fr": "Combien de morts ? | En quelle année ? | Qui l'a dit ? | Où était-ce ? | Pourquoi ?",
    "it": "Quanti morti? | In quale anno? | Chi lo ha detto? | Dov'è stato? | Perché?",
    "pt": "Quantos morreram? | Em que ano foi? | Quem disse isso? | Onde foi? | Por quê?",
    "pl": "Ile osób zginęło? | W którym roku? | Kto to powiedział? | Gdzie to było? | Dlaczego?",
    "tr": "Kaç kişi öldü? | Hangi yılda oldu? | Bunu kim dedi? | Nerede oldu? | Neden?",
}

ANSWERS = {
    "uk": """
        Загинуло 12 людей. | Це було у травні. | Так сказала Анна Коваль. | Це сталося у Львові.
        Його закрили через дощ.
    """,
    "ru": """
        Погибло 12 человек. | Это было в мае. | Так сказала Анна Иванова. | Это было в Казани.
        Его закрыли из-за дождя.
    """,
    "de": """
        Zwölf Menschen starben. | Das war im Mai. | Das sagte Anna Müller. | Es war in Köln.
        Sie ist wegen Regens zu.
    """,
    "es": """
        Murieron doce personas. | Fue en mayo. | Lo dijo Ana López. | Fue en Sevilla.
        Cerró debido a la lluvia.
    """,
    "fr": """
        Il y a douze morts. | C'était en mai. | Selon Anne Petit. | C'était à Lyon.
        Il est fermé à cause de la pluie.
    """,
    "it": """
        I morti sono dodici. | Era maggio. | Lo ha detto Anna Rossi. | È stato a Roma.
        È chiuso a causa della pioggia.
    """,
    "pt": """
        Morreram doze pessoas. | Foi em maio. | Foi dito por Ana Silva. | Foi em Lisboa.
        Fechou por causa da chuva.
    """,
    "pl": """
        Zginęło 12 osób. | To było w maju. | Powiedziała to Anna Nowak. | To było w Krakowie.
        Zamknięto go z powodu deszczu.
    """,
    "tr": """
        On iki kişi öldü. | Bu mayıs ayındaydı. | Bunu Ayşe Yılmaz dedi. | Ankara'da oldu.
        Yağmur nedeniyle kapandı.
    """,
}


def read(code, text):
    return read_wording(text, dict.fromkeys, np.zeros(1, np.float32), load(code))


def each_of(text):
    return [each.strip() for line in text.strip().splitlines() for each in line.split("|")]


@pytest.mark.parametrize(
    ("code", "kind", "question", "answer"),
    [
        (code, *each)
        for code in KINDS
        for each in zip(Kind, each_of(KINDS[code]), each_of(ANSWERS[code]), strict=True)
    ],
)
def test_a_kind_of_answer_is_asked_for_and_given(code, kind, question, answer):
    asked = read(code, question)
    assert asked.kind is kind
    assert answers_kind(asked, answer)


@pytest.mark.parametrize(
    ("code", "question", "answer"),
    [
        ("uk", "Хто це сказав?", "Ніхто цього не знає."),
        ("ru", "Где был взрыв?", "Никто этого не знает."),
        ("de", "Wer sagte das?", "Das Haus ist in der Nähe."),
        ("de", "Wo war es?", "Es war nach Angaben der Polizei laut."),
        ("es", "¿Cuántos murieron?", "Nadie lo sabe."),
        ("fr", "Qui l'a dit ?", "Personne ne le sait."),
        ("it", "Dov'è stato?", "Nessuno lo sa."),
        ("pt", "Quem disse isso?", "Ninguém sabe."),
        ("pl", "Gdzie to było?", "Nikt tego nie wie."),
        ("tr", "Nerede oldu?", "Kimse bilmiyor."),
    ],
)
def test_a_sentence_without_that_kind_does_not_answer(code, question, answer):
    assert not answers_kind(read(code, question), answer)


@pytest.mark.parametrize(
    ("code", "leaning", "alone"),
    [
        ("uk", "Він пішов. | Це сталося вранці. | Її закрили. | Але міст стоїть.", "Мер пішов."),
        ("ru", "Он ушёл. | Это случилось утром. | Её закрыли. | Но мост стоит.", "Мэр ушёл."),
        ("de", "Er ging. | Dies geschah früh. | Diese ist zu. | Aber sie steht.", "Eine Frau kam."),
        ("es", "Ella se fue. | Esto pasó ayer. | Lo cerraron. | Pero sigue.", "El alcalde se fue."),
        ("fr", "Il est parti. | Ce fut hier. | Cela va. | C’est fini.", "Le maire est parti."),
        ("it", "Lei partì. | Questo accadde ieri. | Lo chiusero. | Ma resta.", "Il sindaco partì."),
        ("pt", "Ele saiu. | Isso foi ontem. | Mas continua. | Essa caiu.", "O prefeito saiu."),
        ("pl", "Ona wyszła. | To było rano. | Jego zamknięto. | Ale stoi.", "Burmistrz wyszedł."),
        ("tr", "O gitti. | Bu dün oldu. | Onu kapattılar. | Ama duruyor.", "Oda boş kaldı."),
    ],
)
def test_a_sentence_leans_back_on_the_one_before(code, leaning, alone):
    language = load(code)
    assert all(map(language.leans_back, leaning.split(" | ")))
    assert not language.leans_back(alone)


@pytest.mark.parametrize(
    ("code", "no", "yes"),
    [
        ("uk", "Хто не підписав?", "Хто підписав?"),
        ("ru", "Кто не подписал?", "Кто подписал?"),
        ("de", "Wer hat nicht unterschrieben?", "Wer hat unterschrieben?"),
        ("es", "¿Quién no firmó?", "¿Quién firmó la nota?"),
        ("fr", "Qui n’a pas signé ?", "Qui a signé ?"),
        ("it", "Chi non ha firmato?", "Chi ha firmato la nota?"),
        ("pt", "Quem não assinou?", "Quem assinou a nota?"),
        ("pl", "Kto nie podpisał?", "Kto podpisał?"),
        ("tr", "Kim imzalamadı?", "Kim imzaladı?"),
    ],
)
def test_what_is_not_so_is_asked_for(code, no, yes):
    assert load(code).negates(no)
    assert not load(code).negates(yes)


@pytest.mark.parametrize(
    ("code", "name", "question"),
    [
        ("uk", "Українська правда", "Що пише Українська правда про міст?"),
        ("de", "Die Zeit", "Was schreibt die Zeit über die Brücke?"),
        ("de", "Der Spiegel", "Was steht in dem Spiegel?"),
        ("es", "El País", "¿Qué dice el País del puente?"),
        ("fr", "Le Monde", "Que dit le Monde du pont ?"),
        ("fr", "L'Équipe", "Que dit l’Équipe du match ?"),
        ("it", "La Stampa", "Cosa dice La Stampa del ponte?"),
        ("pt", "O Globo", "O que diz o Globo?"),
    ],
)
def test_a_source_is_named_with_its_article(code, name, question):
    assert list(SourceNames([name], load(code)).find(question)) == [name]


BOILERPLATE = {
    "uk": "Читайте також: Що? | Реклама | Фото: Іван Коваль | Усі права захищені | 5 коментарів",
    "ru": "Читайте также | Реклама | Фото: И. Петров | © Мир. Все права защищены | 5 комментариев",
    "de": "Weiterlesen | Anzeige | Foto: dpa | Alle Rechte vorbehalten | 5 Kommentare",
    "es": "Leer más | Publicidad | Foto: EFE | Todos los derechos reservados | 5 comentarios",
    "fr": "Lire aussi : Quoi ? | Publicité | Crédit photo : AFP | Tous droits réservés",
    "it": "Leggi anche | Pubblicità | Foto: Ansa | Tutti i diritti riservati | 5 commenti",
    "pt": "Leia também | Publicidade | Foto: Lusa | Todos os direitos reservados | 5 comentários",
    "pl": "Czytaj także | Reklama | Fot. PAP | Wszelkie prawa zastrzeżone | 5 komentarzy",
    "tr": "Devamını oku | Reklam | Fotoğraf: AA | Tüm hakları saklıdır | 5 yorum",
}


@pytest.mark.parametrize(
    ("code", "line"),
    [(code, line) for code, text in BOILERPLATE.items() for line in text.split(" | ")],
)
def test_a_line_is_not_of_the_article(code, line):
    assert re.fullmatch("|".join(page_lines(code, "lines")), line, re.IGNORECASE)


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("uk", "Реклама коштує дорого, кажуть у компанії."),
        ("ru", "Реклама стоит дорого, говорят в компании."),
        ("de", "Anzeige gegen den Bürgermeister erstattete eine Frau."),
        ("es", "Publicidad y prensa crecieron en mayo."),
        ("fr", "Publicité et presse ont augmenté en mai."),
        ("de", "Fotovoltaik am Bahnhof"),
        ("it", "Registrati cinque nuovi casi"),
        ("it", "Pubblicità e stampa sono cresciute a maggio."),
        ("pt", "Publicidade e imprensa cresceram em maio."),
        ("pl", "Reklama kosztuje dużo, mówi firma."),
        ("tr", "Reklam pahalı, diyor şirket."),
    ],
)
def test_a_sentence_of_the_article_stays(code, line):
    lines = [each for code in codes() for each in page_lines(code, "lines")]
    assert not re.fullmatch("|".join(lines), line, re.IGNORECASE)


@pytest.mark.parametrize("code", codes())
def test_every_language_says_all_that_a_language_can(code):
    language = load(code)
    assert language.stop_words
    assert {kind.value for kind in Kind} == set(language.asks) == set(language.answers)
    assert set(language.time.periods) == {*PERIODS, *SEASONS, "weekday", "month"}
    assert set(language.time.months.values()) == set(range(1, 13))
    assert set(language.time.weekdays.values()) == set(range(7))
    assert set(language.time.seasons.values()) == set(range(4))
    assert len(language.measures) == 7
    assert language.source_newest.pattern != "(?!)"
