import pytest

from qa.language import load
from qa.language.corrections import corrections

TOLD = [
    # A figure
    (
        "en",
        "The Hawks won by 28 points on Friday.",
        "The Hawks won by 19 points on Friday.",
        "won by 28 points on → won by 19 points on",
    ),
    (
        "en",
        "Fifty people were hurt when the stand fell.",
        "Thirty people were hurt when the stand fell.",
        "Fifty people were → Thirty people were",
    ),
    (
        "en",
        "The bridge cost 4.2 million euros in all.",
        "The bridge cost 4.2 billion euros in all.",
        "cost 4.2 million euros in → cost 4.2 billion euros in",
    ),
    (
        "en",
        "Rents rose by 3.5% in the old town.",
        "Rents rose by 35% in the old town.",
        "rose by 3.5% in → rose by 35% in",
    ),
    (
        "en",
        "The ferry sank in 1987 off the northern coast.",
        "The ferry sank in 1978 off the northern coast.",
        "sank in 1987 off the → sank in 1978 off the",
    ),
    (
        "en",
        "The town lost 1,200 jobs in a year.",
        "The town lost 12,000 jobs in a year.",
        "town lost 1,200 jobs in → town lost 12,000 jobs in",
    ),
    (
        "en",
        "The film opens in cinemas on Tuesday evening.",
        "The film opens in cinemas on Thursday evening.",
        "cinemas on Tuesday evening → cinemas on Thursday evening",
    ),
    (
        "uk",
        "Міст відремонтували за 28 мільйонів гривень.",
        "Міст відремонтували за 19 мільйонів гривень.",
        "відремонтували за 28 мільйонів гривень → відремонтували за 19 мільйонів гривень",
    ),
    (
        "uk",
        "Унаслідок повені загинули троє людей у двох селах.",
        "Унаслідок повені загинули п’ятеро людей у чотирьох селах.",
        "повені загинули троє людей у двох селах → повені загинули п’ятеро людей у чотирьох селах",
    ),
    (
        "uk",
        "Завод закриють 3 травня через борги.",
        "Завод закриють 3 червня через борги.",
        "закриють 3 травня через борги → закриють 3 червня через борги",
    ),
    (
        "uk",
        "Концерт перенесли на вівторок через негоду.",
        "Концерт перенесли на четвер через негоду.",
        "перенесли на вівторок через негоду → перенесли на четвер через негоду",
    ),
    (
        "uk",
        "Будівля коштувала місту 12 500 гривень на рік.",
        "Будівля коштувала місту 125 000 гривень на рік.",
        "коштувала місту 12 500 гривень на → коштувала місту 125 000 гривень на",
    ),
    (
        "de",
        "Die Stadt zahlt 28 Millionen Euro für das Bad.",
        "Die Stadt zahlt 19 Millionen Euro für das Bad.",
        "Stadt zahlt 28 Millionen Euro → Stadt zahlt 19 Millionen Euro",
    ),
    (
        "de",
        "Bei dem Brand wurden zwölf Menschen verletzt.",
        "Bei dem Brand wurden zwei Menschen verletzt.",
        "Brand wurden zwölf Menschen verletzt → Brand wurden zwei Menschen verletzt",
    ),
    (
        "de",
        "Der Tunnel ist 3,4 Kilometer lang.",
        "Der Tunnel ist 4,3 Kilometer lang.",
        "Tunnel ist 3,4 Kilometer lang → Tunnel ist 4,3 Kilometer lang",
    ),
    (
        "de",
        "Die Wahl findet am 12. Mai statt, hieß es.",
        "Die Wahl findet am 12. Juni statt, hieß es.",
        "am 12. Mai statt, hieß → am 12. Juni statt, hieß",
    ),
    # A name
    (
        "en",
        "The prize went to Marta Lindqvist for her novel.",
        "The prize went to Ingrid Solberg for her novel.",
        "went to Marta Lindqvist for her → went to Ingrid Solberg for her",
    ),
    (
        "en",
        "The minister flew to Iran on the same day.",
        "The minister flew to Iraq on the same day.",
        "flew to Iran on the → flew to Iraq on the",
    ),
    (
        "en",
        "The talks were held in Austria last spring.",
        "The talks were held in Australia last spring.",
        "held in Austria last spring → held in Australia last spring",
    ),
    (
        "en",
        "Kellner said the mill would stay open.\nHe praised Kellner and Orlov.",
        "Orlov said the mill would stay open.\nHe praised Kellner and Orlov.",
        "Kellner said the → Orlov said the",
    ),
    (
        "uk",
        "Міським головою обрали Петра Гриценка торік.",
        "Міським головою обрали Івана Бондаренка торік.",
        "головою обрали Петра Гриценка торік → головою обрали Івана Бондаренка торік",
    ),
    (
        "uk",
        "Потяг зупинився біля Полтави на дві години.",
        "Потяг зупинився біля Вінниці на дві години.",
        "зупинився біля Полтави на дві → зупинився біля Вінниці на дві",
    ),
    (
        "uk",
        "Компанія Світанок виграла тендер на ремонт школи.",
        "Компанія Обрій виграла тендер на ремонт школи.",
        "Компанія Світанок виграла тендер → Компанія Обрій виграла тендер",
    ),
    (
        "de",
        "Das Konzert wurde nach Bremen verlegt, teilte der Chor mit.",
        "Das Konzert wurde nach Lübeck verlegt, teilte der Chor mit.",
        "wurde nach Bremen verlegt, teilte → wurde nach Lübeck verlegt, teilte",
    ),
    (
        "de",
        "Den Preis erhielt Trainer Vogt für sein Lebenswerk.",
        "Den Preis erhielt Trainer Brandt für sein Lebenswerk.",
        "erhielt Trainer Vogt für sein → erhielt Trainer Brandt für sein",
    ),
    (
        "de",
        "Die SPD stimmte am Abend dagegen.",
        "Die CDU stimmte am Abend dagegen.",
        "Die SPD stimmte am → Die CDU stimmte am",
    ),
    # A negation
    (
        "en",
        "The council will close the pool this year.",
        "The council will not close the pool this year.",
        "council will close the → council will not close the",
    ),
    (
        "en",
        "The driver wasn't wearing a seat belt.",
        "The driver was wearing a seat belt.",
        "The driver wasn't wearing a → The driver was wearing a",
    ),
    (
        "en",
        "Police found no weapons in the house.",
        "Police found weapons in the house.",
        "Police found no weapons in → Police found weapons in",
    ),
    (
        "uk",
        "Суд задовольнив позов мешканців будинку.",
        "Суд не задовольнив позов мешканців будинку.",
        "Суд задовольнив позов → Суд не задовольнив позов",
    ),
    (
        "uk",
        "Вода у місті не придатна для пиття.",
        "Вода у місті придатна для пиття.",
        "у місті не придатна для → у місті придатна для",
    ),
    (
        "de",
        "Der Verein darf die Halle weiter nutzen.",
        "Der Verein darf die Halle nicht weiter nutzen.",
        "die Halle weiter nutzen → die Halle nicht weiter nutzen",
    ),
    (
        "de",
        "Es gab keine Verletzten bei dem Unfall.",
        "Es gab Verletzte bei dem Unfall.",
        "Es gab keine Verletzten bei dem → Es gab Verletzte bei dem",
    ),
]
NOT_TOLD = [
    (
        "en",
        "The mill closed on Friday.",
        "The mill closed on Friday.\nTwelve people lost their jobs in Leeds.",
    ),
    ("en", "The mill closed.\nTwo owners left for Spain.", "The mill closed."),
    ("en", "The new bridge was openned by the mayor.", "The new bridge was opened by the mayor."),
    ("en", "The company employs 1,200 people in town.", "The company employs 1200 people in town."),
    ("en", "The company employs three people in town.", "The company employs 3 people in town."),
    ("en", "Shares fell by 5 % in early trading.", "Shares fell by 5.0 percent in early trading."),
    (
        "en",
        "Volodymyr Zelensky spoke by video for an hour.",
        "Volodymyr Zelenskyy spoke by video for an hour.",
    ),
    (
        "en",
        "The talks were led by Anna Jansen from the start.",
        "The talks were led by Anna Janssen from the start.",
    ),
    ("en", "The European Union approved the plan.", "The EU approved the plan."),
    ("en", "Kovalenko said the road would open.", "Petro Kovalenko, 44, said the road would open."),
    ("en", "The road is not open to lorries yet.", "The road isn't open to lorries yet."),
    ("en", "Ten people were hurt.", "Ten people were hurt on 5 May near Bristol."),
    ("en", "The plan was approved. Work begins soon.", "Work begins soon. The plan was approved."),
    ("en", "Officials say the storm has passed.", "Residents believe that the storm has passed."),
    (
        "en",
        "She left the house without a word to anyone there.",
        "She left the house without a word to anyone there, and never told anyone why she went.",
    ),
    ("en", "Hawks\t28\t3\t9", "Hawks\t31\t4\t9"),
    (
        "en",
        "Three men met in Cairo to plan a film.",
        "Seven ships left Odesa with grain for Kenya.",
    ),
    (
        "uk",
        "Школу відкрили у вересні.",
        "Школу відкрили у вересні.\nРемонт коштував 4 мільйони гривень.",
    ),
    ("uk", "Міська рада ухвалила рішеня про парк.", "Міська рада ухвалила рішення про парк."),
    (
        "uk",
        "Місто отримало 1 200 000 гривень субвенції.",
        "Місто отримало 1200000 гривень субвенції.",
    ),
    ("uk", "Нагороду вручили Шевченку у столиці.", "Нагороду отримав у столиці Шевченко."),
    (
        "uk",
        "Роботи очолив Олександр Мельничук із мерії.",
        "Роботи очолив Олексанрд Мельничук із мерії.",
    ),
    ("uk", "Дорогу перекриють на дві години.", "Дорогу перекриють на 2 години."),
    (
        "uk",
        "Мер подякував волонтерам за допомогу.",
        "Мер подякував усім волонтерам міста за допомогу.",
    ),
    ("de", "Der Zoo öffnet wieder.", "Der Zoo öffnet wieder.\nEr hat 300 neue Tiere aus Köln."),
    (
        "de",
        "Die Bürger stimmten für das neue Rathaus.",
        "Die Einwohner stimmten für das neue Rathaus.",
    ),
    ("de", "Der Umbau kostet 1.500.000 Euro im Jahr.", "Der Umbau kostet 1500000 Euro im Jahr."),
    ("de", "Die Polizei nahm drei Männer fest.", "Die Polizei nahm 3 Männer fest."),
    ("de", "Der Bahnhoff wird im Herbst gesperrt.", "Der Bahnhof wird im Herbst gesperrt."),
    (
        "de",
        "Die Brücke in Bremn bleibt gesperrt, sagt die Stadt.",
        "Die Brücke in Bremen bleibt gesperrt, sagt die Stadt.",
    ),
    (
        "de",
        "Der Stadtrat lehnte den Antrag am Abend ab.",
        "Am Abend lehnte der Stadtrat den Antrag nach langer Debatte ab.",
    ),
    ("de", "Das Bad wird saniert.", "Das Bad wird saniert, ohne dass die Preise steigen sollen."),
]


@pytest.mark.parametrize(("code", "before", "after", "told"), TOLD)
def test_changed_figure_name_or_negation_is_told(code, before, after, told):
    found = corrections(before, after, load(code))
    assert [f"{each.before} → {each.after}" for each in found] == [told]
    assert all(each.before in before and each.after in after for each in found)


@pytest.mark.parametrize(("code", "before", "after"), NOT_TOLD)
def test_addition_rewording_or_spelling_is_not_told(code, before, after):
    assert corrections(before, after, load(code)) == []
